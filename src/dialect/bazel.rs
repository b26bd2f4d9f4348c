//! The credential helpers of Bazel and others (EngFlow's credential-helper-spec).

use serde_json::{Value, json};

use crate::dialect::{Credential, Form, Request, malformed, no_verb};
use crate::error::Result;
use crate::hosts::Host;
use crate::json::object;
use crate::secret::WireSecret;

/// What Bazel wants: a JSON object with the `uri`. Other members are passed over.
pub fn read(verb: &str, said: &[u8]) -> Result<Request> {
    if verb != "get" {
        return Err(no_verb("bazel", "get"));
    }
    let request = object(said).map_err(|why| malformed("the request on standard input", why))?;
    match request.get("uri") {
        // The scheme is not guessed at.
        Some(Value::String(uri)) => {
            Ok(Request::Token(Some(uri).filter(|uri| uri.contains("://")).and_then(|uri| Host::parse(uri)), Form::Bearer))
        }
        _ => Err(malformed("the request on standard input", "it has no `uri`")),
    }
}

/// The answer to `get`.
pub fn answer(credential: &Credential) -> WireSecret {
    let mut answer = json!({ "headers": { "Authorization": [format!("Bearer {}", credential.token)] } });
    if let Some(end) = credential.renew_at {
        answer["expires"] = end.to_string().into();
    }
    WireSecret::new(answer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    #[test]
    fn a_uri_becomes_headers_with_their_end() {
        let host = |said: &str| match read("get", said.as_bytes()) {
            Ok(Request::Token(host, _)) => host.map(|host| host.authority),
            other => panic!("{other:?}"),
        };
        assert_eq!(host(r#"{"uri":"https://cache.example:1/a/b","more":[1]}"#).as_deref(), Some("cache.example:1"));
        for none in
            [r#"{"uri":"cache.example"}"#, r#"{"uri":"grpcs://cache.example"}"#, r#"{"uri":"https://a@cache.example"}"#, r#"{"uri":""}"#]
        {
            assert_eq!(host(none), None, "{none}");
        }
        for bad in ["", "[]", "{}", r#"{"uri":1}"#, r#"{"uri":"https://a","uri":"https://b"}"#, "CANARY"] {
            assert!(!format!("{:?}", read("get", bad.as_bytes()).unwrap_err()).contains("CANARY"), "{bad}");
        }
        assert!(read("list", b"{}").is_err());
        let mut credential = Credential { token: "T", username: "", expires_at: None, renew_at: Some(UnixTime(1_768_210_200)) };
        assert_eq!(answer(&credential).expose(), r#"{"expires":"2026-01-12T09:30:00Z","headers":{"Authorization":["Bearer T"]}}"#);
        credential.renew_at = None;
        assert_eq!(answer(&credential).expose(), r#"{"headers":{"Authorization":["Bearer T"]}}"#);
    }
}
