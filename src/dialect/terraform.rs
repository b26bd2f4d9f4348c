//! Terraform's credentials helpers (its document "Credentials Helpers").

use serde_json::json;

use crate::dialect::{Credential, Form, Request, no_verb};
use crate::error::{Error, Kind, Result};
use crate::hosts::Host;
use crate::secret::WireSecret;

/// What terraform wants for this host. What cannot be stored or forgotten has to fail.
pub fn read(verb: &str, host: &str) -> Result<Request> {
    match verb {
        // A host is no URL.
        "get" => Ok(Request::Token(Host::parse(host).filter(|found| found.authority == host), Form::Bearer)),
        "store" | "forget" => Err(Error::new(Kind::Usage, "oat keeps no token of terraform's own")
            .hint("`oat login PROFILE` signs in; `oat credential setup terraform PROFILE` says how terraform asks for it")),
        _ => Err(no_verb("terraform", "get, store and forget")),
    }
}

/// The answer to `get`.
pub fn answer(credential: &Credential) -> WireSecret {
    WireSecret::new(json!({ "token": credential.token }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_gets_a_token_and_nothing_is_stored() {
        assert!(matches!(read("get", "app.terraform.io"), Ok(Request::Token(Some(_), _))));
        for none in ["https://app.terraform.io", "app.terraform.io/x", "a@b", ""] {
            assert!(matches!(read("get", none), Ok(Request::Token(None, _))), "{none}");
        }
        for verb in ["store", "forget", "x"] {
            assert_eq!(read(verb, "app.terraform.io").unwrap_err().kind, Kind::Usage);
        }
        let credential = Credential { token: "T", username: "", expires_at: None, renew_at: None };
        assert_eq!(answer(&credential).expose(), r#"{"token":"T"}"#);
    }
}
