//! The keys that a server signs with: fetched, and kept for at most a day.

use crate::error::Result;
use crate::jose::jwks::JwkSet;
use crate::oauth::document::{self, Known, Words};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::World;
use crate::time::{Seconds, UnixTime};

/// How long nobody asks once more for keys that were just asked for once more.
const PAUSE: Seconds = Seconds(60);
const HINT: &str = "is `jwks_uri` right? it comes from the server's metadata, or from the profile";
const WORDS: Words = Words { rule: "keys are only taken from the origin of `jwks_uri`", hint: HINT };

/// A server's keys, and where they were found.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The keys that can be used here; there may be none.
    pub set: JwkSet,
    /// Whether an earlier command kept them.
    pub kept: bool,
}

/// The keys at `jwks_uri`. What was kept is read as if it came from a stranger, and fetched anew where it does not hold.
/// Fails with `Unavailable` for network trouble and a server in trouble, and with `Invalid` for what is not a JWK set.
pub fn keys(world: &mut dyn World, jwks_uri: &Endpoint, known: Known) -> Result<Keys> {
    let key = format!("jwks {}", jwks_uri.as_str());
    if known == Known::Kept
        && let Some(kept) = world.recall(&key)
        && let Ok(set) = JwkSet::parse(&kept)
    {
        return Ok(Keys { set, kept: true });
    }
    let response = document::get(world, jwks_uri, WORDS)?;
    let set =
        document::body(&response).and_then(JwkSet::parse).map_err(|error| document::unusable(&response, jwks_uri, "keys", HINT, error))?;
    world.remember(&key, &response.body);
    Ok(Keys { set, kept: false })
}

/// The keys once more, where those that were kept do not do (R47). None where they were asked for again within the last
/// minute: a thousand bad tokens are no thousand requests.
pub fn again(world: &mut dyn World, jwks_uri: &Endpoint) -> Result<Option<Keys>> {
    let (key, now) = (format!("jwks again {}", jwks_uri.as_str()), world.now());
    let asked = world.recall(&key).and_then(|kept| String::from_utf8(kept).ok()?.parse().ok()).map(UnixTime);
    if asked.is_some_and(|asked| (Seconds(0)..PAUSE).contains(&(now - asked))) {
        return Ok(None);
    }
    world.remember(&key, now.0.to_string().as_bytes());
    keys(world, jwks_uri, Known::Anew).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};
    use crate::oauth::world::Response;
    use crate::oauth::world::script::{Script, answer, json};

    const URI: &str = "https://login.example.com/jwks";
    const KEY: &str = "jwks https://login.example.com/jwks";
    // RFC 8037 appendix A.2.
    const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"AKP"}]}"#;

    fn found(world: &mut Script, known: Known) -> Result<Keys> {
        keys(world, &Endpoint::parse(URI).unwrap(), known)
    }

    #[test]
    fn r34_keys_are_asked_for_once_and_kept_for_the_next_command() {
        let mut world = Script::of([json(200, SET)]);
        let fetched = found(&mut world, Known::Kept).unwrap();
        assert_eq!((fetched.set.keys.len(), fetched.kept), (1, false));
        assert_eq!((world.urls(), world.sent[0].body.as_deref()), (vec![URI], None));
        assert_eq!(world.sent[0].headers, [("accept".to_string(), "application/json".to_string())]);
        let mut later = Script { cache: world.cache, ..Script::default() };
        let kept = found(&mut later, Known::Kept).unwrap();
        assert!(kept.kept && kept.set == fetched.set && later.sent.is_empty());
        // Asked anew, the server is asked.
        later.answers.push_back(Ok(json(200, r#"{"keys":[]}"#)));
        assert!(found(&mut later, Known::Anew).unwrap().set.keys.is_empty());
        assert_eq!(later.cache[KEY], br#"{"keys":[]}"#);
    }

    #[test]
    fn r34_a_poisoned_cache_is_passed_over_and_replaced() {
        for poison in ["", "<html>", "\0\x01", "{}", r#"{"keys":7}"#, "[", r#"{"keys":[],"keys":[]}"#] {
            let mut world = Script::of([json(200, SET)]);
            world.cache.insert(KEY.into(), poison.into());
            assert!(!found(&mut world, Known::Kept).unwrap().kept, "{poison:?}");
            assert_eq!(world.cache[KEY], SET.as_bytes());
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_in_one_line_and_not_kept() {
        for (response, told) in [
            (answer(404, &[], "CANARY"), "no keys at https://login.example.com/jwks: 404 Not Found"),
            (answer(200, &[], "<html>CANARY"), "https://login.example.com/jwks is not a JWK set: it is not JSON (line 1, column 1)"),
            (json(200, r#"{"keys":"CANARY"}"#), "https://login.example.com/jwks is not a JWK set: it has no array `keys`"),
            (json(204, ""), "no keys at https://login.example.com/jwks: 204 No Content"),
        ] {
            let mut world = Script::of([response]);
            let error = found(&mut world, Known::Kept).unwrap_err();
            assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, told));
            assert!(error.hint.clone().unwrap().contains("`jwks_uri`") && world.cache.is_empty() && world.sent.len() == 1);
        }
    }

    #[test]
    fn trouble_that_may_pass_is_told_as_such() {
        let cut = Response { cut_short: Some("missing bytes".into()), ..json(200, r#"{"keys":["#) };
        for response in [answer(429, &[], ""), answer(500, &[], ""), answer(503, &[], ""), cut] {
            assert_eq!(found(&mut Script::of([response]), Known::Kept).unwrap_err().kind, Kind::Unavailable);
        }
        let mut world = Script::default().then(Err(Error::new(Kind::Unavailable, "no connection")));
        assert_eq!(found(&mut world, Known::Kept).unwrap_err().message, "no connection");
    }

    #[test]
    fn r56_keys_are_not_fetched_from_another_origin() {
        let moved = answer(302, &[("location", "/keys/1")], "");
        assert!(found(&mut Script::of([moved, json(200, SET)]), Known::Kept).is_ok());
        for to in ["https://evil.example/jwks", "http://login.example.com/jwks", "https://login.example.com:8443/jwks"] {
            let mut world = Script::of([answer(302, &[("location", to)], "")]);
            let error = found(&mut world, Known::Kept).unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.contains("keys are only taken from the origin"), "{}", error.message);
            assert_eq!(world.urls(), [URI]);
        }
    }
}
