//! A stand-in for real hosts: their certificate, and a proxy that leads their names to a scripted server.

use super::oat::{Oat, SECRET};
use super::proxy::{Manner, Proxy};
use super::server::{Answer, Recorded, Server};
use super::tls::{Authority, Fault};

/// It stands in for the hosts that it was made for, and for no other.
pub struct StandIn {
    pub server: Server,
    pub proxy: Proxy,
    authority: Authority,
}

impl StandIn {
    /// One answer to everything.
    pub fn of(host: &str, answer: Answer) -> StandIn {
        StandIn::with(&[host], move |_| answer.clone())
    }

    /// Several hosts, an answer a request.
    pub fn with(hosts: &[&str], handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> StandIn {
        let authority = Authority::new();
        let server = Server::start_tls(authority.server_of(hosts, Fault::None), handler);
        let proxy = Proxy::start(Manner::Tunnel(server.address));
        StandIn { server, proxy, authority }
    }

    /// A user whose traffic ends here; `P_SECRET` is set.
    pub fn oat(&self, config: &str) -> Oat {
        let oat = Oat::new().env("P_SECRET", SECRET).env("HTTPS_PROXY", &self.proxy.url());
        let ca = oat.file("ca.pem", 0o600, self.authority.pem());
        oat.env("OAT_CA_FILE", ca.to_str().unwrap()).config(config)
    }

    /// The requests to the token endpoint with this path.
    pub fn sent_to(&self, path: &str) -> Vec<Recorded> {
        self.server.requests().into_iter().filter(|request| request.path() == path).collect()
    }
}
