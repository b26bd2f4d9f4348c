//! JWTs that a client signs itself (RFC 7523 section 3).

use serde_json::{Map, Value};

use crate::error::Result;
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::json::members;
use crate::oauth::world::World;
use crate::secret::WireSecret;
use crate::time::Seconds;

/// R94: an assertion is good for so long.
pub const LIFETIME: Seconds = Seconds(60);

/// What an assertion is signed with.
#[derive(Debug)]
pub enum By<'a> {
    /// A private key.
    Key(&'a SigningKey),
    /// A secret that the server knows too, as an HMAC of this algorithm.
    Secret(Alg, &'a [u8]),
}

/// The claims of one assertion: who says it, about whom, to whom, with an end and a `jti` of its own. There is no `nbf`: it is no
/// more than `iat` says, and a server whose clock is behind by a second would refuse the assertion for it.
pub fn claims(world: &mut dyn World, issuer: &str, subject: &str, audience: &str) -> Result<Map<String, Value>> {
    let now = world.now();
    let jti = base64url::encode(world.random()?);
    let texts = [("iss", issuer), ("sub", subject), ("aud", audience), ("jti", &jti)];
    let times = [("iat", now), ("exp", now + LIFETIME)];
    // RFC 7523 section 3 takes `aud` as a list too; servers refuse more than one (OpenID Connect Core section 9 as amended).
    let texts = texts.into_iter().map(|(name, text)| (name.to_string(), Value::from(text)));
    Ok(members(texts.chain(times.into_iter().map(|(name, time)| (name.to_string(), time.0.into())))))
}

/// Signs claims. `header` holds what the server may know the key by (`kid`, `x5t`); `alg` and `typ` are set here. Fails with
/// `Internal`, and with `Invalid` for an empty secret.
pub fn sign(claims: &Map<String, Value>, by: &By, mut header: Map<String, Value>) -> Result<WireSecret> {
    header.insert("typ".into(), "JWT".into());
    let signed = match by {
        By::Key(key) => jwt::encode(header, claims, key),
        By::Secret(alg, secret) => jwt::encode_hmac(header, claims, *alg, secret),
    };
    signed.map(WireSecret::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwt::Jwt;
    use crate::oauth::world::script::{START, Script};

    #[test]
    fn r94_an_assertion_is_for_one_audience_lives_a_minute_and_is_never_the_same_twice() {
        let key = SigningKey::new_es256();
        let mut world = Script::default();
        let mut made = || {
            let claims = claims(&mut world, "c", "s", "https://a.example").unwrap();
            let header = members([("kid".to_string(), Value::from("k"))]);
            let jwt = Jwt::decode(sign(&claims, &By::Key(&key), header).unwrap().expose()).unwrap();
            jwt.verify(&key.jwk()).unwrap();
            jwt
        };
        let (first, second) = (made(), made());
        assert_eq!(Value::Object(first.header.clone()), serde_json::json!({ "alg": "ES256", "kid": "k", "typ": "JWT" }));
        let claims = &first.claims;
        assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&"c".into(), &"s".into(), &"https://a.example".into()));
        assert_eq!((&claims["iat"], &claims["exp"], claims.len()), (&START.0.into(), &(START.0 + 60).into(), 6));
        let jti = |jwt: &Jwt| base64url::decode(jwt.claims["jti"].as_str().unwrap()).unwrap();
        assert!(jti(&first) != jti(&second) && jti(&first).len() >= 16);
    }

    #[test]
    fn a_shared_secret_signs_what_the_server_checks_with_it() {
        let claims = claims(&mut Script::default(), "c", "c", "https://a.example").unwrap();
        let signed = sign(&claims, &By::Secret(Alg::Hs256, b"secret"), Map::new()).unwrap();
        let jwt = Jwt::decode(signed.expose()).unwrap();
        jwt.verify_hmac(b"secret").unwrap();
        assert!(jwt.verify_hmac(b"Secret").is_err());
        assert!(sign(&claims, &By::Secret(Alg::Hs256, b""), Map::new()).is_err());
        assert!(sign(&claims, &By::Secret(Alg::Es256, b"secret"), Map::new()).is_err());
    }
}
