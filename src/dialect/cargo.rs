//! Cargo's credential provider protocol, version 1 ("Credential Provider Protocol" of its reference).

use serde_json::{Value, json};

use crate::dialect::{Credential, malformed};
use crate::error::{Error, Result};
use crate::hosts::{Host, listed};
use crate::json::object;
use crate::secret::WireSecret;
use crate::text::json_line;

/// What a provider says first: the versions that it speaks.
pub const HELLO: &str = r#"{"v":[1]}"#;

/// Where this registry's requests go.
const CRATES_IO: &str = "crates.io";

/// What cargo wants.
#[derive(Debug)]
pub enum Question {
    /// A token for the host of an index; for the named profile alone, where one is named.
    Get(Option<Host>, Option<String>),
    /// Something else, which is not there.
    Other,
}

/// Reads a line. Fails with `Invalid`.
pub fn read(line: &[u8]) -> Result<Question> {
    let wrong = |why: &dyn std::fmt::Display| malformed("cargo's request", why);
    let request = object(line).map_err(|why| wrong(&why))?;
    if request.get("v").and_then(Value::as_u64) != Some(1) {
        return Err(wrong(&"it is of another version than 1"));
    }
    if request.get("kind").and_then(Value::as_str) != Some("get") {
        return Ok(Question::Other);
    }
    let words = request.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    // As somebody would type it who did not know that cargo runs the program alone.
    if words.starts_with(&["credential", "cargo"]) {
        words.drain(..2);
    }
    if words.len() > 1 {
        return Err(wrong(&"`credential-provider` has more than a profile behind the program"));
    }
    let profile = words.first().map(|word| word.to_string());
    let registry = request.get("registry");
    let text = |name: &str| registry.and_then(|registry| registry.get(name)).and_then(Value::as_str);
    let index = text("index-url").ok_or_else(|| wrong(&"it has no `index-url`"))?;
    Ok(Question::Get(host(index, profile.is_some()), profile))
}

/// The host that an index answers for.
fn host(index: &str, named: bool) -> Option<Host> {
    // Its index is on a forge, and its API is not. What a registry is called proves nothing: a project's own file calls it so.
    if index.trim_end_matches('/') == "https://github.com/rust-lang/crates.io-index" {
        return Host::parse(CRATES_IO);
    }
    match index.strip_prefix("sparse+") {
        Some(index) => {
            let host = Host::parse(index).filter(|_| index.contains("://"))?;
            let own = host.guarded() && listed(&[format!("*.{CRATES_IO}")], &host).is_some();
            if own { Host::parse(CRATES_IO) } else { Some(host) }
        }
        // Anyone may have a repository on a forge, and its config.json says where the token is sent: a named profile alone says that
        // somebody trusts this one.
        None => Host::parse(index.strip_prefix("registry+").unwrap_or(index)).filter(|_| named && index.contains("://")),
    }
}

/// The answer with a token, which cargo sends as the whole Authorization header.
pub fn answer(credential: &Credential) -> WireSecret {
    let mut ok =
        json!({ "kind": "get", "token": format!("Bearer {}", credential.token), "cache": "session", "operation_independent": true });
    if let Some(end) = credential.renew_at {
        ok["cache"] = "expires".into();
        ok["expiration"] = end.0.into();
    }
    WireSecret::new(json!({ "Ok": ok }).to_string())
}

/// An answer without one: `url-not-supported`, `operation-not-supported`.
pub fn refusal(kind: &str) -> String {
    json!({ "Err": { "kind": kind } }).to_string()
}

/// What went wrong, in cargo's own form; it shows it.
pub fn failure(error: &Error) -> String {
    json_line(&json!({ "Err": { "kind": "other", "message": error.to_string(), "caused-by": error.hint.iter().collect::<Vec<_>>() } }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::time::UnixTime;

    fn asked(index: &str, name: &str, args: &[&str]) -> (Option<String>, Option<String>) {
        let line = json!({"v": 1, "registry": {"index-url": index, "name": name}, "kind": "get", "operation": "read", "args": args});
        match read(line.to_string().as_bytes()).unwrap() {
            Question::Get(host, profile) => (host.map(|host| host.authority), profile),
            Question::Other => panic!(),
        }
    }

    #[test]
    fn the_host_is_that_of_the_index() {
        assert_eq!(asked("sparse+https://crates.corp.example/index/", "corp", &[]), (Some("crates.corp.example".into()), None));
        assert_eq!(asked("sparse+https://a.example/", "a", &["p"]), (Some("a.example".into()), Some("p".into())));
        assert_eq!(asked("sparse+https://a.example/", "a", &["credential", "cargo", "p"]), (Some("a.example".into()), Some("p".into())));
        for none in ["sparse+https://b@a.example/", "sparse+a.example", "sparse+file:///x", "ssh://git@a.example/x", "file:///x", ""] {
            assert_eq!(asked(none, "a", &["p"]).0, None, "{none}");
        }
    }

    #[test]
    fn an_index_on_a_forge_does_not_get_the_forges_token() {
        for index in ["https://github.com/rust-lang/crates.io-index".to_string(), format!("sparse+https://index.{CRATES_IO}/")] {
            assert_eq!(asked(&index, "crates-io", &[]).0.as_deref(), Some("crates.io"));
        }
        assert_eq!(asked("https://github.com/rust-lang/crates.io-index", "x", &["p"]).0.as_deref(), Some("crates.io"));
        for stranger in ["a.example", "crates.io.a.example", "a-crates.io"] {
            assert_eq!(asked(&format!("sparse+https://{stranger}/"), "crates-io", &[]).0.as_deref(), Some(stranger));
        }
        assert_ne!(asked(&format!("sparse+http://index.{CRATES_IO}/"), "crates-io", &[]).0.as_deref(), Some("crates.io"));
        assert_eq!(asked("https://github.com/somebody/index", "x", &[]).0, None);
        assert_eq!(asked("https://github.com/ours/index", "x", &["p"]).0.as_deref(), Some("github.com"));
    }

    #[test]
    fn what_is_no_request_is_told_without_a_word_of_it() {
        for bad in [
            "",
            "CANARY",
            "[]",
            "{}",
            r#"{"v":2,"kind":"get"}"#,
            r#"{"v":1,"kind":"get"}"#,
            r#"{"v":1,"kind":"get","registry":{"index-url":"x"},"args":["a","CANARY"]}"#,
        ] {
            let error = read(bad.as_bytes()).unwrap_err();
            assert!(error.kind == Kind::Invalid && !format!("{error:?}").contains("CANARY"), "{error:?}");
        }
        for other in ["login", "logout", "owners"] {
            assert!(matches!(read(json!({"v": 1, "kind": other}).to_string().as_bytes()), Ok(Question::Other)));
        }
    }

    #[test]
    fn answers_are_those_of_the_reference() {
        let mut credential = Credential { token: "T", username: "", expires_at: None, renew_at: Some(UnixTime(1_693_942_857)) };
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(
            json(answer(&credential).expose()),
            json(r#"{"Ok":{"kind":"get","token":"Bearer T","cache":"expires","expiration":1693942857,"operation_independent":true}}"#)
        );
        credential.renew_at = None;
        assert_eq!(json(answer(&credential).expose())["Ok"]["cache"], "session");
        assert_eq!(refusal("url-not-supported"), r#"{"Err":{"kind":"url-not-supported"}}"#);
        let told = json(&failure(&Error::new(Kind::LoginRequired, "no\u{1b}").hint("oat login p")));
        assert_eq!(told, json!({"Err": {"kind": "other", "message": "no\u{1b}", "caused-by": ["oat login p"]}}));
    }
}
