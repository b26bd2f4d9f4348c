//! Where an authorization may end on this machine: the loopback redirect URI (RFC 8252 section 7.3).

use url::{Host, Url};

use crate::text::escape;

/// A loopback redirect URI whose port may still be open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Which loopback address, as the server knows it.
    pub host: LoopbackHost,
    /// The ports to try in turn; empty takes any free one.
    pub ports: Vec<u16>,
    /// The path, as in the request line: `/callback`.
    pub path: String,
}

/// A name of this machine in a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopbackHost {
    /// 127.0.0.1
    V4,
    /// [::1]
    V6,
    /// `localhost`: a browser may try either address, so both are listened on, on one port.
    Localhost,
}

impl LoopbackHost {
    /// As it stands in a URL.
    pub fn name(self) -> &'static str {
        match self {
            LoopbackHost::V4 => "127.0.0.1",
            LoopbackHost::V6 => "[::1]",
            LoopbackHost::Localhost => "localhost",
        }
    }
}

impl Default for Redirect {
    /// RFC 8252 section 7.3: 127.0.0.1, any free port.
    fn default() -> Redirect {
        Redirect { host: LoopbackHost::V4, ports: Vec::new(), path: "/callback".into() }
    }
}

impl Redirect {
    /// Reads a registered redirect URI; one without a port takes any free one, or one of `ports`. Fails with the reason in
    /// words: only plain http on loopback ends in this process.
    pub fn parse(text: &str, ports: &[u16]) -> Result<Redirect, String> {
        let shown = escape(text);
        let url = Url::parse(text).map_err(|error| format!("`{shown}` is not an absolute URL ({error})"))?;
        let host = match url.host() {
            Some(Host::Ipv4(ip)) if ip.octets() == [127, 0, 0, 1] => LoopbackHost::V4,
            Some(Host::Ipv6(ip)) if ip.segments() == [0, 0, 0, 0, 0, 0, 0, 1] => LoopbackHost::V6,
            Some(Host::Domain("localhost")) => LoopbackHost::Localhost,
            _ => {
                return Err(format!(
                    "`{shown}` does not lead to this machine; a redirect URI here is http on 127.0.0.1, [::1] or localhost"
                ));
            }
        };
        if url.scheme() != "http" {
            return Err(format!("`{shown}` is not plain http, which is all that a loopback redirect can be"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(format!("`{shown}` has more than a host, a port and a path"));
        }
        // `Url` drops a port of 80, as if it were not there; but it was written.
        let port = url.port().or_else(|| text.contains(":80/").then_some(80)).or_else(|| text.ends_with(":80").then_some(80));
        let path = if url.path() == "/" && !text.ends_with('/') { String::new() } else { url.path().to_string() };
        Ok(Redirect { host, ports: port.map_or_else(|| ports.to_vec(), |port| vec![port]), path })
    }

    /// The redirect URI for a port that was bound.
    pub fn uri(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host.name(), self.path)
    }

    /// What is to be registered at the server: one URI a port; without a port where any is taken (RFC 8252 section 7.3).
    pub fn registered(&self) -> Vec<String> {
        match self.ports.as_slice() {
            [] => vec![format!("http://{}{}", self.host.name(), self.path)],
            ports => ports.iter().map(|port| self.uri(*port)).collect(),
        }
    }

    /// The path as a browser asks for it: never empty.
    pub fn request_path(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Redirect, String> {
        Redirect::parse(text, &[])
    }

    #[test]
    fn a_registered_uri_is_kept_as_it_was_written() {
        for text in [
            "http://127.0.0.1:8400/callback",
            "http://[::1]:8400/a/b%20c",
            "http://localhost:8400",
            "http://localhost:8400/",
            "http://127.0.0.1:80/x",
        ] {
            let redirect = parse(text).unwrap();
            assert_eq!(redirect.uri(redirect.ports[0]), text);
        }
        assert_eq!(parse("http://localhost:8400").unwrap().request_path(), "/");
    }

    #[test]
    fn without_a_port_any_free_one_or_one_of_the_list_is_taken() {
        assert_eq!(parse("http://localhost/cb").unwrap().ports, Vec::<u16>::new());
        assert_eq!(parse("http://localhost").unwrap().registered(), ["http://localhost"]);
        assert_eq!(Redirect::parse("http://[::1]/cb", &[1, 2]).unwrap().registered(), ["http://[::1]:1/cb", "http://[::1]:2/cb"]);
        assert_eq!(Redirect::parse("http://localhost/cb", &[1, 2]).unwrap().ports, [1, 2]);
        assert_eq!(Redirect::parse("http://localhost:3/cb", &[1, 2]).unwrap().ports, [3]);
    }

    #[test]
    fn r10_what_does_not_end_on_this_machine_is_refused() {
        for bad in [
            "https://127.0.0.1/cb",
            "http://0.0.0.0/cb",
            "http://127.0.0.2/cb",
            "http://example.com/cb",
            "http://localhost.example.com/cb",
            "http://user@localhost/cb",
            "http://localhost/cb?x=1",
            "http://localhost/cb#x",
            "myapp:/cb",
            "urn:ietf:wg:oauth:2.0:oob",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
