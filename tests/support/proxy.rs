//! A scripted HTTP proxy on loopback: records every request to it; tunnels, refuses or hangs.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::server::{Recorded, read_request};

/// What the proxy does with a request.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// Tunnels every CONNECT to this address, whatever was asked for.
    Tunnel(SocketAddr),
    /// Answers this status.
    Refuse(u16),
    Hang,
}

/// A proxy that stops when it is dropped.
pub struct Proxy {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    stop: Arc<AtomicBool>,
}

impl Proxy {
    pub fn start(manner: Manner) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let proxy = Proxy { address, requests: requests.clone(), stop: stop.clone() };
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (requests, stop) = (requests.clone(), stop.clone());
                thread::spawn(move || serve(stream, manner, &requests, &stop));
            }
        });
        proxy
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn url_with(&self, credentials: &str) -> String {
        format!("http://{credentials}@{}", self.address)
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(mut stream: TcpStream, manner: Manner, requests: &Mutex<Vec<Recorded>>, stop: &AtomicBool) {
    let Some(request) = read_request(&mut stream) else { return };
    let connects = request.method == "CONNECT";
    requests.lock().unwrap().push(request);
    match manner {
        Manner::Tunnel(target) if connects => {
            let Ok(server) = TcpStream::connect(target) else { return };
            let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
            let (one, other) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
            let back = thread::spawn(move || pump(server, one));
            pump(stream, other);
            let _ = back.join();
        }
        Manner::Tunnel(_) => {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
        Manner::Refuse(status) => {
            let body = "<html>CANARY-in-the-body</html>";
            let head = format!("HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
        Manner::Hang => {
            for _ in 0..3000 {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16_384];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
