//! JSON Web Tokens: claims, signed in the compact serialization (RFC 7519, RFC 7515 section 7.1).

use std::ops::Deref;

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::compact::Jws;
use crate::jose::jwa::Alg;
use crate::jose::jws::{self, SigningKey};

/// A JWS whose payload is a claims set. Nothing in it is to be believed before [`Jws::verify`].
#[derive(Debug, Clone)]
pub struct Jwt {
    jws: Jws,
    /// The claims set.
    pub claims: Map<String, Value>,
}

/// Signs `claims` under `header`; `alg` is set from the key, whatever the header says. Fails with kind `Internal`.
pub fn encode(header: Map<String, Value>, claims: &Map<String, Value>, key: &SigningKey) -> Result<String> {
    signed(header, claims, key.alg(), &|input| key.sign(input))
}

/// The same with a shared secret. Fails with kind `Invalid` for an empty one, and for an algorithm with a key pair.
pub fn encode_hmac(header: Map<String, Value>, claims: &Map<String, Value>, alg: Alg, secret: &[u8]) -> Result<String> {
    signed(header, claims, alg, &|input| jws::sign_hmac(alg, secret, input))
}

fn signed(
    mut header: Map<String, Value>,
    claims: &Map<String, Value>,
    alg: Alg,
    sign: &dyn Fn(&[u8]) -> Result<Vec<u8>>,
) -> Result<String> {
    header.insert("alg".into(), alg.name().into());
    let part = |members: &Map<String, Value>| -> Result<String> {
        let json = serde_json::to_vec(members);
        Ok(base64url::encode(json.map_err(|e| Error::new(Kind::Internal, "cannot write a token").because(e))?))
    };
    let signing_input = format!("{}.{}", part(&header)?, part(claims)?);
    let signature = sign(signing_input.as_bytes())?;
    Ok(format!("{signing_input}.{}", base64url::encode(signature)))
}

impl Jwt {
    /// Takes a compact token apart, as [`Jws::decode`] does, with a JSON object for its payload. Fails with kind `Invalid`.
    pub fn decode(token: &str) -> Result<Jwt> {
        let mut jws = Jws::decode(token)?;
        let claims = jws.claims()?;
        // They are read, and a token may be megabytes long.
        jws.payload = Vec::new();
        Ok(Jwt { jws, claims })
    }
}

impl Deref for Jwt {
    type Target = Jws;

    fn deref(&self) -> &Jws {
        &self.jws
    }
}

#[cfg(test)]
mod tests;
