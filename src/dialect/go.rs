//! The go command's GOAUTH (Go 1.24 and later; `go help goauth`).

use crate::dialect::{Credential, Form, Request};
use crate::hosts::Host;
use crate::secret::WireSecret;

/// What go wants: nothing at first, when it names no URL; then a token for the URL that was refused.
pub fn read(url: Option<&str>) -> Request {
    match url {
        // It goes on without one where none is wanted, so none is handed out before that.
        None => Request::Fixed(""),
        // go asks for https alone, and knows the URL by what stands behind that.
        Some(url) => Request::Token(Host::parse(url).filter(|_| url.starts_with("https://")), Form::Bearer),
    }
}

/// URLs, an empty line, headers, an empty line; the last line end is left to whoever prints it.
pub fn answer(host: &Host, credential: &Credential) -> WireSecret {
    WireSecret::new(format!("https://{}\n\nAuthorization: Bearer {}\n", host.authority, credential.token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_url_gets_a_header_for_its_host_alone() {
        let Request::Token(Some(host), _) = read(Some("https://Proxy.example:8443/mod/@v/list")) else { panic!() };
        let credential = Credential { token: "T", username: "", expires_at: None, renew_at: None };
        assert_eq!(answer(&host, &credential).expose(), "https://Proxy.example:8443\n\nAuthorization: Bearer T\n");
        assert!(matches!(read(None), Request::Fixed("")));
        for none in ["http://127.0.0.1/", "proxy.example", "https://a@b/", "https://proxy.example\n\nhttps://evil.example"] {
            assert!(matches!(read(Some(none)), Request::Token(None, _)), "{none}");
        }
    }
}
