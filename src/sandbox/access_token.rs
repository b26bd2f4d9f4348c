//! Tokens that are signed: access tokens, made and recognised, and ID tokens.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::jose::jwk::Jwk;
use crate::jose::jws::SigningKey;
use crate::jose::jwt::{self, Jwt};
use crate::json::members;
use crate::sandbox::random;
use crate::time::UnixTime;

/// What an access token looks like to those who read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// A signed JWT (RFC 9068).
    Jwt,
    /// A random name; what it stands for is kept in memory and told by introspection.
    Opaque,
}

/// The most opaque tokens that are remembered; beyond it the one that ends first is forgotten.
const MOST_KEPT: usize = 10_000;

/// The maker of access tokens.
pub struct AccessTokens {
    key: SigningKey,
    jwk: Jwk,
    format: TokenFormat,
    kept: Mutex<HashMap<String, Map<String, Value>>>,
}

impl AccessTokens {
    /// A maker that signs with `key`.
    pub fn new(key: SigningKey, format: TokenFormat) -> AccessTokens {
        AccessTokens { jwk: key.jwk(), key, format, kept: Mutex::default() }
    }

    /// The public half of the key, with its thumbprint as `kid`.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// A new token for `claims`, which hold `exp`. Fails with kind `Internal`.
    pub fn issue(&self, claims: Map<String, Value>) -> Result<String> {
        if self.format == TokenFormat::Opaque {
            let token = random::name()?;
            self.keep(token.clone(), claims);
            return Ok(token);
        }
        // RFC 9068 section 2.1.
        self.sign("at+jwt", &claims)
    }

    /// An ID token, which is nobody's access token, bound to the access token that it comes with.
    pub fn id_token(&self, mut claims: Map<String, Value>, access_token: &str) -> Result<String> {
        claims.insert("at_hash".into(), json!(self.key.alg().half_hash(access_token)));
        self.sign("JWT", &claims)
    }

    /// The token of a CI job, which is nobody's access token either.
    pub fn job_token(&self, claims: &Map<String, Value>) -> Result<String> {
        self.sign("JWT", claims)
    }

    /// The claims of an ID token or a job's token that was signed here and has not expired at `now`.
    pub fn signed(&self, token: &str, now: UnixTime) -> Option<Map<String, Value>> {
        let jwt = Jwt::decode(token).ok()?;
        jwt.verify(&self.jwk).ok()?;
        (jwt.header.get("typ") == Some(&json!("JWT")) && expiry(&jwt.claims) > now).then_some(jwt.claims)
    }

    fn sign(&self, typ: &str, claims: &Map<String, Value>) -> Result<String> {
        let header = members([("typ", json!(typ)), ("kid", json!(self.jwk.kid))]);
        jwt::encode(header, claims, &self.key)
    }

    /// The claims of a token that was issued here and has not expired at `now`.
    pub fn recognise(&self, token: &str, now: UnixTime) -> Option<Map<String, Value>> {
        let claims = match self.format {
            TokenFormat::Opaque => self.lock().get(token).cloned()?,
            TokenFormat::Jwt => {
                let jwt = Jwt::decode(token).ok()?;
                jwt.verify(&self.jwk).ok()?;
                (jwt.header.get("typ") == Some(&json!("at+jwt"))).then_some(jwt.claims)?
            }
        };
        (expiry(&claims) > now).then_some(claims)
    }

    fn keep(&self, token: String, claims: Map<String, Value>) {
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT
            && let Some(first) = kept.iter().min_by_key(|(_, claims)| expiry(claims)).map(|(token, _)| token.clone())
        {
            kept.remove(&first);
        }
        kept.insert(token, claims);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Map<String, Value>>> {
        // A map is whole between two calls, even where a thread died.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn expiry(claims: &Map<String, Value>) -> UnixTime {
    UnixTime(claims.get("exp").and_then(Value::as_i64).unwrap_or(i64::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(format: TokenFormat) -> AccessTokens {
        AccessTokens::new(SigningKey::new_es256(), format)
    }

    fn claims(exp: i64) -> Map<String, Value> {
        Map::from_iter([("exp".to_string(), json!(exp))])
    }

    #[test]
    fn a_token_is_recognised_until_it_expires_and_only_where_it_was_issued() {
        for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
            let (ours, stranger) = (tokens(format), tokens(format));
            let token = ours.issue(claims(100)).unwrap();
            assert_eq!(ours.recognise(&token, UnixTime(99)), Some(claims(100)));
            assert_eq!(ours.recognise(&token, UnixTime(100)), None);
            assert_eq!(stranger.recognise(&token, UnixTime(99)), None);
            assert_eq!(ours.recognise("", UnixTime(99)), None);
        }
    }

    #[test]
    fn another_kind_of_jwt_by_the_same_key_is_not_an_access_token() {
        let ours = tokens(TokenFormat::Jwt);
        let other = ours.id_token(claims(100), "token").unwrap();
        assert_eq!(ours.recognise(&other, UnixTime(0)), None);
    }

    #[test]
    fn memory_is_bounded_and_the_token_that_ends_first_is_forgotten() {
        let ours = tokens(TokenFormat::Opaque);
        for exp in 0..MOST_KEPT {
            ours.keep(format!("t{exp}"), claims(exp as i64));
        }
        ours.keep("last".into(), claims(7));
        assert_eq!(ours.lock().len(), MOST_KEPT);
        assert_eq!(ours.recognise("t0", UnixTime(-1)), None);
        assert!(ours.recognise("t1", UnixTime(-1)).is_some() && ours.recognise("last", UnixTime(-1)).is_some());
    }
}
