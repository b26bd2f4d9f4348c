//! Sets of public keys, as a server publishes them (RFC 7517 section 5).

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::json;

/// The most keys that are read; servers publish fewer than twenty.
const MOST: usize = 1000;

/// The keys of a set that can be used here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JwkSet {
    /// In the order of the document.
    pub keys: Vec<Jwk>,
    /// What was passed over: its `kid`, and why.
    pub refused: Vec<(Option<String>, String)>,
}

impl JwkSet {
    /// Reads a JWK set. A key that is malformed, weak or of an unknown type is passed over, as section 5 asks. Fails with
    /// kind `Invalid` where the document is not one JSON object with an array `keys`.
    pub fn parse(bytes: &[u8]) -> Result<JwkSet> {
        let invalid = |reason: &str| Error::new(Kind::Invalid, format!("not a JWK set: {reason}"));
        let document = json::object(bytes).map_err(|reason| invalid(&reason))?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or_else(|| invalid("it has no array `keys`"))?;
        let mut set = JwkSet::default();
        for key in keys.iter().take(MOST) {
            match Jwk::parse(key) {
                Ok(key) => set.keys.push(key),
                Err(error) => set.refused.push((key.get("kid").and_then(Value::as_str).map(str::to_string), error.message.clone())),
            }
        }
        Ok(set)
    }

    /// The keys that may have made a signature of `alg`: those of its `kid` and no other, where it names one; else every
    /// key that fits.
    pub fn find<'a>(&'a self, kid: Option<&'a str>, alg: Alg) -> impl Iterator<Item = &'a Jwk> {
        self.keys.iter().filter(move |key| match kid {
            Some(kid) => key.kid.as_deref() == Some(kid),
            None => key.fit(alg).is_ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::base64url;
    use crate::jose::jwk::PublicKey;

    fn ec(kid: Option<&str>) -> Value {
        let jwk = Jwk::for_signatures(PublicKey::P256 { x: [7; 32], y: [9; 32] }, Alg::Es256);
        Jwk { kid: kid.map(str::to_string), ..jwk }.to_json()
    }

    fn set(keys: &[Value]) -> JwkSet {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_key_of_no_use_here_spoils_nothing() {
        let weak = json!({ "kty": "RSA", "n": base64url::encode([0x81; 128]), "e": "AQAB" });
        let others = [json!(null), json!([]), json!({}), json!({ "kty": "oct", "k": "AAAA" }), json!({ "kty": "AKP" }), weak];
        let keys = set(&[&others[..], &[ec(Some("a"))]].concat()).keys;
        assert_eq!(keys.iter().map(|key| key.kid.as_deref()).collect::<Vec<_>>(), [Some("a")]);
    }

    #[test]
    fn a_kid_that_is_named_is_the_only_one_looked_for() {
        let set = set(&[ec(Some("a")), ec(Some("b")), ec(Some("b")), ec(None)]);
        let count = |kid, alg| set.find(kid, alg).count();
        assert_eq!([count(Some("a"), Alg::Es256), count(Some("b"), Alg::Es256), count(Some("c"), Alg::Es256)], [1, 2, 0]);
        assert_eq!([count(Some(""), Alg::Es256), count(Some("A"), Alg::Es256)], [0, 0]);
        assert_eq!([count(None, Alg::Es256), count(None, Alg::Rs256), count(None, Alg::Hs256)], [4, 0, 0]);
    }

    #[test]
    fn what_is_not_a_jwk_set_is_refused_in_one_line_without_a_word_of_it() {
        for (bad, reason) in [
            ("", "too early"),
            ("<html>CANARY", "not JSON"),
            ("[\"CANARY\"]", "an array"),
            ("{}", "no array `keys`"),
            (r#"{"keys":{"CANARY":1}}"#, "no array `keys`"),
            (r#"{"keys":[],"keys":["CANARY"]}"#, "twice"),
            (r#"{"keys":[{"kid":"CANARY","kid":"b"}]}"#, "twice"),
        ] {
            let error = JwkSet::parse(bad.as_bytes()).unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.contains(reason), "{bad}: {error}");
            assert!(!error.message.contains("CANARY") && error.message.lines().count() == 1);
        }
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        assert_eq!(set(&vec![ec(None); MOST + 7]).keys.len(), MOST);
    }
}
