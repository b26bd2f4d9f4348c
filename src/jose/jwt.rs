//! Compact JSON Web Tokens: a header and claims, signed (RFC 7519, RFC 7515 section 7.1).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::jose::jws::{self, SigningKey};
use crate::json;

/// The most bytes of a token; longer ones are not looked at.
pub const LONGEST: usize = 4 << 20;

/// A token taken apart. Nothing in it is to be believed before [`Jwt::verify`].
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims set.
    pub claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// Signs `claims` under `header`; `alg` is set from the key, whatever the header says. Fails with kind `Internal`.
pub fn encode(mut header: Map<String, Value>, claims: &Map<String, Value>, key: &SigningKey) -> Result<String> {
    header.insert("alg".into(), key.alg().name().into());
    let part = |members: &Map<String, Value>| -> Result<String> {
        let json = serde_json::to_vec(members);
        Ok(base64url::encode(json.map_err(|e| Error::new(Kind::Internal, "cannot write a token").because(e))?))
    };
    let signing_input = format!("{}.{}", part(&header)?, part(claims)?);
    let signature = key.sign(signing_input.as_bytes())?;
    Ok(format!("{signing_input}.{}", base64url::encode(signature)))
}

impl Jwt {
    /// Takes a compact token apart: three strict base64url parts, the first two JSON objects. Fails with kind `Invalid`, and
    /// says what the text is where it is known for something else. Keys that the header brings along or points to (`jwk`,
    /// `jku`, `x5u`, `x5c`) are nothing to go by, so nothing here reads them.
    pub fn decode(token: &str) -> Result<Jwt> {
        if token.len() > LONGEST {
            return Err(not_signed(format!("it is longer than {} MiB", LONGEST >> 20)));
        }
        if token.trim_start().starts_with('{') {
            return Err(not_signed("it is JSON, and only the compact serialization is read"));
        }
        // At most six parts, however many dots there are.
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let [header, claims, signature] = parts[..] else { return Err(not_signed(other_form(parts.len()))) };
        let signing_input = token[..header.len() + 1 + claims.len()].to_string();
        let header = object(header, "header")?;
        // RFC 7797 and RFC 7516 section 4.1.3: with these the claims are not what they seem, and nothing is unpacked here.
        if header.get("b64").is_some_and(|encoded| *encoded != Value::Bool(true)) || header.contains_key("zip") {
            return Err(not_signed("its claims set is packed otherwise (`b64` or `zip` in the header)"));
        }
        Ok(Jwt {
            header,
            claims: object(claims, "claims set")?,
            signing_input,
            signature: base64url::decode(signature).ok_or_else(|| not_signed("its signature is not base64url"))?,
        })
    }

    /// The `alg` header parameter, where it is one known here.
    pub fn alg(&self) -> Option<Alg> {
        Alg::parse(self.header.get("alg")?.as_str()?)
    }

    /// The `kid` header parameter: any text, to be compared and nothing else.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// Checks the signature alone, not the claims, with a public key. Fails with kind `Invalid`, also on an unknown `alg`
    /// and on any `crit`.
    pub fn verify(&self, jwk: &Jwk) -> Result<()> {
        jws::verify(self.known_alg()?, jwk, self.signing_input.as_bytes(), &self.signature)
    }

    /// The same with a shared secret, for HS256 and its fellows alone.
    pub fn verify_hmac(&self, secret: &[u8]) -> Result<()> {
        jws::verify_hmac(self.known_alg()?, secret, self.signing_input.as_bytes(), &self.signature)
    }

    /// RFC 7515 section 4.1.11: what is critical and not understood is refused, and nothing is understood yet.
    fn known_alg(&self) -> Result<Alg> {
        if self.header.contains_key("crit") {
            return Err(Error::new(Kind::Invalid, "the JWT has a `crit` header that is not understood"));
        }
        self.alg().ok_or_else(|| Error::new(Kind::Invalid, "the JWT's `alg` is not one that can be verified"))
    }
}

/// What a text of so many parts is, if not a signed JWT.
fn other_form(parts: usize) -> String {
    match parts {
        5 => "it is encrypted (JWE), and only whom it is for can read it".into(),
        6 => "more than 5 parts instead of 3".into(),
        _ => format!("{parts} part{} instead of 3", if parts == 1 { "" } else { "s" }),
    }
}

fn object(part: &str, what: &str) -> Result<Map<String, Value>> {
    let bytes = base64url::decode(part).ok_or_else(|| not_signed(format!("its {what} is not base64url")))?;
    json::object(&bytes).map_err(|reason| not_signed(format!("its {what} cannot be read: {reason}")))
}

fn not_signed(reason: impl std::fmt::Display) -> Error {
    Error::new(Kind::Invalid, format!("not a signed JWT: {reason}"))
}

#[cfg(test)]
mod tests;
