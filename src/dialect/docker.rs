//! docker's credential helpers: the protocol of docker-credential-helpers.

use serde_json::json;

use crate::dialect::{Credential, Form, Request, no_verb};
use crate::error::Result;
use crate::hosts::Host;
use crate::secret::WireSecret;
use crate::text::json_line;

/// The text by which docker knows that a helper has nothing; the exit code is 1.
pub const NOTHING: &str = "credentials not found in native keychain";

/// What docker wants. After a login it stores, and a store that fails breaks the login; a logout erases, several times.
pub fn read(verb: &str, said: &[u8]) -> Result<Request> {
    match verb {
        "get" => Ok(Request::Token(Host::parse(server(said)), Form::Password)),
        "store" | "erase" => Ok(Request::Fixed("")),
        "list" => Ok(Request::Fixed("{}")),
        "version" => Ok(Request::Fixed(concat!("docker-credential-oat ", env!("CARGO_PKG_VERSION")))),
        _ => Err(no_verb("docker", "get, store, erase, list and version")),
    }
}

/// The server as docker writes it.
fn server(said: &[u8]) -> &str {
    str::from_utf8(said).unwrap_or_default().trim()
}

/// The answer to `get` for the server that was said.
pub fn answer(said: &[u8], credential: &Credential) -> WireSecret {
    WireSecret::new(json_line(&json!({ "ServerURL": server(said), "Username": credential.username, "Secret": credential.token })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_asked_for_with_and_without_a_scheme() {
        for (said, host) in [
            ("https://index.docker.io/v1/\n", Some("index.docker.io")),
            ("gcr.io", Some("gcr.io")),
            ("localhost:5000", Some("localhost:5000")),
            ("gcr.io@evil.example", None),
            ("", None),
            ("a b", None),
            ("{\"a\":1}", None),
        ] {
            match read("get", said.as_bytes()).unwrap() {
                Request::Token(found, Form::Password) => assert_eq!(found.as_ref().map(|found| found.authority.as_str()), host),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(read("get", b"\xff\xfe"), Ok(Request::Token(None, _))));
        assert!(matches!(read("store", b"{\"Secret\":\"x\"}"), Ok(Request::Fixed(""))));
        assert!(read("steal", b"").is_err());
        let credential = Credential { token: "T\"", username: "u", expires_at: None, renew_at: None };
        let said: serde_json::Value = serde_json::from_str(answer(b"gcr.io\n", &credential).expose()).unwrap();
        assert_eq!(said, serde_json::json!({"ServerURL": "gcr.io", "Username": "u", "Secret": "T\""}));
    }
}
