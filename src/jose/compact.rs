//! The compact serialization of a JWS, taken apart (RFC 7515 section 7.1).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::jose::jws;
use crate::json;
use crate::text::escape;

/// The most bytes of a token; longer ones are not looked at.
pub const LONGEST: usize = 4 << 20;

/// Signed bytes under a header. Nothing in it is to be believed before [`Jws::verify`].
#[derive(Debug, Clone)]
pub struct Jws {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The bytes that are signed; as they stand in the token where the header says that they are packed otherwise.
    pub payload: Vec<u8>,
    signing_input: String,
    signature: Vec<u8>,
}

impl Jws {
    /// Takes a compact token apart: three strict base64url parts, the first a JSON object. Fails with kind `Invalid`, and
    /// says what the text is where it is known for something else. Keys that the header brings along or points to (`jwk`,
    /// `jku`, `x5u`, `x5c`) are nothing to go by, so nothing here reads them.
    pub fn decode(token: &str) -> Result<Jws> {
        if token.len() > LONGEST {
            return Err(not_signed(format!("it is longer than {} MiB", LONGEST >> 20)));
        }
        if token.trim_start().starts_with('{') {
            return Err(not_signed("it is JSON, and only the compact serialization is read"));
        }
        // At most six parts, however many dots there are.
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let [header, payload, signature] = parts[..] else { return Err(not_signed(other_form(parts.len()))) };
        let signing_input = token[..header.len() + 1 + payload.len()].to_string();
        let header = object(&octets(header, "header")?, "header")?;
        let mut jws = Jws { payload: Vec::new(), signing_input, signature: octets(signature, "signature")?, header };
        jws.payload = if jws.packed() { payload.as_bytes().to_vec() } else { octets(payload, "claims set")? };
        Ok(jws)
    }

    /// The claims set (RFC 7519 section 4). Fails with kind `Invalid` where the payload is none, or is packed otherwise.
    pub fn claims(&self) -> Result<Map<String, Value>> {
        // With these the claims are not what they seem, and nothing is unpacked here.
        if self.packed() {
            return Err(not_signed("its claims set is packed otherwise (`b64` or `zip` in the header)"));
        }
        object(&self.payload, "claims set")
    }

    /// RFC 7797 and RFC 7516 section 4.1.3: whether the payload is not simply what it is.
    fn packed(&self) -> bool {
        self.header.get("b64").is_some_and(|encoded| *encoded != Value::Bool(true)) || self.header.contains_key("zip")
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
    /// and on a header that is not [`Jws::understood`].
    pub fn verify(&self, jwk: &Jwk) -> Result<()> {
        jws::verify(self.known_alg()?, jwk, self.signing_input.as_bytes(), &self.signature)
    }

    /// The same with a shared secret, for HS256 and its fellows alone.
    pub fn verify_hmac(&self, secret: &[u8]) -> Result<()> {
        jws::verify_hmac(self.known_alg()?, secret, self.signing_input.as_bytes(), &self.signature)
    }

    /// Whether the header asks for nothing that is not done here. Fails with kind `Invalid`.
    pub fn understood(&self) -> Result<()> {
        let refused = |why: String| Err(Error::new(Kind::Invalid, format!("the JWT {why}")));
        // RFC 7515 section 4.1.11: what is critical and not understood is refused, and nothing is understood yet.
        if let Some(names) = self.header.get("crit") {
            return refused(format!("has a `crit` header that is not understood: {}", escape(&names.to_string())));
        }
        match ["b64", "zip"].into_iter().find(|_| self.packed()).filter(|name| self.header.contains_key(*name)) {
            Some("b64") => refused("has `b64` in its header: its payload is not base64url (RFC 7797), which is not taken".into()),
            _ if self.packed() => refused("has `zip` in its header: nothing is unpacked here".into()),
            _ => Ok(()),
        }
    }

    fn known_alg(&self) -> Result<Alg> {
        self.understood()?;
        self.alg().ok_or_else(|| Error::new(Kind::Invalid, "the JWT's `alg` is not one that can be verified"))
    }
}

/// The header of an encrypted token (RFC 7516 section 7.1); None for any other text. What is in it is for its recipient.
pub fn encrypted(token: &str) -> Option<Map<String, Value>> {
    if token.len() > LONGEST || token.split('.').take(6).count() != 5 {
        return None;
    }
    let header = json::object(&base64url::decode(token.split('.').next()?)?).ok()?;
    header.contains_key("enc").then_some(header)
}

/// What a text of so many parts is, if not a signed JWT.
fn other_form(parts: usize) -> String {
    match parts {
        5 => "it is encrypted (JWE), and only whom it is for can read it".into(),
        6 => "more than 5 parts instead of 3".into(),
        _ => format!("{parts} part{} instead of 3", if parts == 1 { "" } else { "s" }),
    }
}

fn octets(part: &str, what: &str) -> Result<Vec<u8>> {
    base64url::decode(part).ok_or_else(|| not_signed(format!("its {what} is not base64url{}", base64url::fault(part))))
}

fn object(bytes: &[u8], what: &str) -> Result<Map<String, Value>> {
    json::object(bytes).map_err(|reason| not_signed(format!("its {what} cannot be read: {reason}")))
}

fn not_signed(reason: impl std::fmt::Display) -> Error {
    Error::new(Kind::Invalid, format!("not a signed JWT: {reason}"))
}
