//! The sockets of the redirect listener: on loopback addresses only, one port for all of them.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use crate::error::{Error, Kind, Result};
use crate::oauth::redirect::{LoopbackHost, Redirect};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// How often a free port is drawn that is free in both families.
const DRAWS: usize = 16;

/// Binds the first free one of the redirect's ports, or any where it names none. Fails with `Unavailable`, naming each
/// port that was tried.
pub fn bind(redirect: &Redirect) -> Result<(u16, Vec<TcpListener>)> {
    let any = [0; DRAWS];
    let ports = if redirect.ports.is_empty() { &any[..] } else { &redirect.ports };
    let mut faults: Vec<String> = Vec::new();
    for port in ports {
        match on(redirect.host, *port) {
            Ok(bound) => return Ok(bound),
            Err(error) => faults.push(fault(*port, &error)),
        }
    }
    faults.dedup();
    let error = Error::new(Kind::Unavailable, format!("cannot listen on {} for the redirect: {}", redirect.host.name(), faults.join(", ")));
    Err(match redirect.ports.first() {
        Some(port) => error.hint(format!("{} shows who holds it; `redirect_ports` names others, if the server knows them", finder(*port))),
        None => error,
    })
}

/// Every address of the host on one port; with port 0, on any one.
fn on(host: LoopbackHost, mut port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let addresses = match host {
        LoopbackHost::V4 => &[V4][..],
        LoopbackHost::V6 => &[V6],
        LoopbackHost::Localhost => &[V4, V6],
    };
    let mut listeners = Vec::new();
    let mut absent = None;
    for address in addresses {
        // std sets SO_REUSEADDR on Unix: there it only lets a port be taken again whose old connections are still in
        // TIME_WAIT. Two listeners on one address would both need SO_REUSEPORT, which is not set.
        match TcpListener::bind((*address, port)) {
            Ok(listener) => {
                port = listener.local_addr()?.port();
                listeners.push(listener);
            }
            // Someone else's: a browser that tries this family first would hand the code to them.
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => return Err(error),
            // A machine without IPv6, or without IPv4.
            Err(error) => absent = Some(error),
        }
    }
    match absent {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok((port, listeners)),
    }
}

fn fault(port: u16, error: &io::Error) -> String {
    let port = if port == 0 { "a free port".to_string() } else { format!("port {port}") };
    match error.kind() {
        ErrorKind::AddrInUse => format!("{port} is in use"),
        ErrorKind::PermissionDenied => format!("{port} is not allowed to this user"),
        _ => format!("{port}: {error}"),
    }
}

/// What to type to see who holds a port.
fn finder(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!("`ss -ltnp 'sport = :{port}'`")
    } else if cfg!(windows) {
        format!("`netstat -ano | findstr :{port}`")
    } else {
        format!("`lsof -nP -iTCP:{port} -sTCP:LISTEN`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(host: LoopbackHost, ports: &[u16]) -> Redirect {
        Redirect { host, ports: ports.to_vec(), path: "/callback".into() }
    }

    #[test]
    fn r10_a_port_that_another_process_holds_is_named_and_the_next_is_taken() {
        let other = TcpListener::bind((V4, 0)).unwrap();
        let taken = other.local_addr().unwrap().port();
        let error = bind(&redirect(LoopbackHost::V4, &[taken])).unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        assert!(error.message.contains(&format!("port {taken} is in use")), "{error}");
        let hint = error.hint.clone().unwrap();
        assert!(hint.contains(&taken.to_string()) && hint.contains("redirect_ports"), "{hint}");

        let free = TcpListener::bind((V4, 0)).unwrap().local_addr().unwrap().port();
        assert_eq!(bind(&redirect(LoopbackHost::V4, &[taken, free])).unwrap().0, free);
    }

    #[test]
    fn r10_every_port_that_was_tried_is_named() {
        let others = [TcpListener::bind((V4, 0)).unwrap(), TcpListener::bind((V4, 0)).unwrap()];
        let taken = others.each_ref().map(|other| other.local_addr().unwrap().port());
        let message = bind(&redirect(LoopbackHost::V4, &taken)).unwrap_err().message.clone();
        assert!(taken.iter().all(|port| message.contains(&format!("port {port} is in use"))), "{message}");
    }

    #[test]
    fn r10_whoever_listens_on_every_address_of_a_port_keeps_it() {
        let other = TcpListener::bind("0.0.0.0:0").unwrap();
        let taken = other.local_addr().unwrap().port();
        let bound = bind(&redirect(LoopbackHost::V4, &[taken]));
        assert!(bound.is_err() || !cfg!(target_os = "linux"));
    }

    #[test]
    fn r10_localhost_is_one_port_on_both_families_and_nobody_elses_on_either() {
        let (port, listeners) = bind(&redirect(LoopbackHost::Localhost, &[])).unwrap();
        let addresses: Vec<IpAddr> = listeners.iter().map(|listener| listener.local_addr().unwrap().ip()).collect();
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap().port() == port));
        let Ok(other) = TcpListener::bind((V6, 0)) else {
            assert_eq!(addresses, [V4], "a machine without IPv6");
            return;
        };
        assert_eq!(addresses, [V4, V6]);
        let taken = other.local_addr().unwrap().port();
        assert!(bind(&redirect(LoopbackHost::Localhost, &[taken])).unwrap_err().message.contains("in use"));
    }

    #[test]
    fn r10_each_host_is_bound_on_its_own_address() {
        for (host, ip) in [(LoopbackHost::V4, V4), (LoopbackHost::V6, V6)] {
            // Where the machine has no IPv6, there is nothing to see.
            if let Ok((_, listeners)) = bind(&redirect(host, &[])) {
                assert_eq!(listeners.iter().map(|l| l.local_addr().unwrap().ip()).collect::<Vec<_>>(), [ip]);
            }
        }
    }

    #[test]
    fn a_port_may_be_taken_again_right_after_a_connection_on_it() {
        let (port, listeners) = bind(&redirect(LoopbackHost::V4, &[])).unwrap();
        let client = std::net::TcpStream::connect((V4, port)).unwrap();
        // The side that hangs up first is left in TIME_WAIT.
        drop(listeners[0].accept().unwrap());
        drop((listeners, client));
        assert_eq!(bind(&redirect(LoopbackHost::V4, &[port])).unwrap().0, port);
    }
}
