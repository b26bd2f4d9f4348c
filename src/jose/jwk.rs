//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6).

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;

/// A public key with what its publisher says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// The key itself.
    pub key: PublicKey,
    /// `kid`: how a signature names this key.
    pub kid: Option<String>,
    /// `alg`: the one algorithm this key is for, by name; it may be one that is not known here.
    pub alg: Option<String>,
    /// `use`: `sig` or `enc`.
    pub usage: Option<String>,
}

/// The numbers of a public key, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point on P-256; each coordinate is exactly 32 octets (RFC 7518 section 6.2.1).
    P256 {
        /// The x coordinate.
        x: [u8; 32],
        /// The y coordinate.
        y: [u8; 32],
    },
    /// An RSA key (RFC 7518 section 6.3.1), without leading zero octets.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
}

impl Jwk {
    /// Reads one member of a JWK set. Fails with kind `Invalid` where a member is missing or malformed, or the key is
    /// of a type not known here. Private members are ignored.
    #[cfg_attr(not(test), expect(dead_code, reason = "inspect reads a server's keys"))]
    pub fn parse(value: &Value) -> Result<Jwk> {
        let members = value.as_object().ok_or_else(|| invalid("a JWK is not a JSON object"))?;
        let key = match (text(members, "kty")?.as_deref(), text(members, "crv")?.as_deref()) {
            (Some("EC"), Some("P-256")) => PublicKey::P256 { x: coordinate(members, "x")?, y: coordinate(members, "y")? },
            (Some("RSA"), _) => PublicKey::Rsa { n: number(members, "n")?, e: number(members, "e")? },
            (None, _) => return Err(invalid("a JWK has no `kty`")),
            _ => return Err(invalid("a JWK is of a type that is not supported")),
        };
        Ok(Jwk { key, kid: text(members, "kid")?, alg: text(members, "alg")?, usage: text(members, "use")? })
    }

    /// Says which key this is by its own thumbprint, for signatures of `alg`.
    pub fn for_signatures(key: PublicKey, alg: Alg) -> Jwk {
        Jwk { kid: Some(key.thumbprint()), alg: Some(alg.name().into()), usage: Some("sig".into()), key }
    }

    /// The key as a member of a JWK set.
    pub fn to_json(&self) -> Value {
        let mut value = self.key.required();
        for (name, said) in [("kid", &self.kid), ("alg", &self.alg), ("use", &self.usage)] {
            if let Some(said) = said {
                value[name] = json!(said);
            }
        }
        value
    }
}

impl PublicKey {
    /// RFC 7638 section 3: SHA-256 of the required members in lexical order, base64url.
    pub fn thumbprint(&self) -> String {
        // Written out, because the order of the members and the missing white space are the point.
        let canonical = match self {
            PublicKey::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, base64url::encode(x), base64url::encode(y))
            }
            PublicKey::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url::encode(e), base64url::encode(n))
            }
        };
        base64url::encode(digest(&SHA256, canonical.as_bytes()))
    }

    fn required(&self) -> Value {
        match self {
            PublicKey::P256 { x, y } => {
                json!({ "kty": "EC", "crv": "P-256", "x": base64url::encode(x), "y": base64url::encode(y) })
            }
            PublicKey::Rsa { n, e } => json!({ "kty": "RSA", "n": base64url::encode(n), "e": base64url::encode(e) }),
        }
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(format!("`{name}` of a JWK is not a string"))),
    }
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>> {
    let text = text(members, name)?.ok_or_else(|| invalid(format!("a JWK has no `{name}`")))?;
    let bytes = base64url::decode(&text).filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| invalid(format!("`{name}` of a JWK is not base64url")))
}

fn coordinate(members: &Map<String, Value>, name: &str) -> Result<[u8; 32]> {
    let bytes = number(members, name)?;
    bytes.try_into().map_err(|_| invalid(format!("`{name}` of a P-256 JWK is not 32 octets")))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7638 section 3.1.
    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    #[test]
    fn rfc_7638_section_3_1_thumbprint() {
        let jwk = Jwk::parse(&json!({ "kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" })).unwrap();
        assert_eq!(jwk.key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn rfc_9449_section_6_thumbprint_of_an_ec_key() {
        // RFC 9449: the key in the example proofs, and its `jkt` in figure 9.
        let (x, y) = ("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA");
        let jwk = Jwk::parse(&json!({ "kty": "EC", "x": x, "y": y, "crv": "P-256" })).unwrap();
        assert_eq!(jwk.key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let ec = PublicKey::P256 { x: [7; 32], y: [9; 32] };
        let rsa = PublicKey::Rsa { n: vec![1; 256], e: vec![1, 0, 1] };
        for jwk in [Jwk::for_signatures(ec, Alg::Es256), Jwk::for_signatures(rsa, Alg::Rs256)] {
            assert_eq!(Jwk::parse(&jwk.to_json()).unwrap(), jwk);
        }
    }

    #[test]
    fn a_malformed_key_is_refused_and_not_guessed_at() {
        let coordinate = base64url::encode([7; 32]);
        for bad in [
            json!([]),
            json!({}),
            json!({ "kty": "oct", "k": "AAAA" }),
            json!({ "kty": "EC", "crv": "P-256", "x": coordinate }),
            json!({ "kty": "EC", "crv": "P-256", "x": coordinate, "y": base64url::encode([7; 31]) }),
            json!({ "kty": "EC", "crv": "P-256", "x": coordinate, "y": format!("{coordinate}=") }),
            json!({ "kty": "EC", "crv": "P-521", "x": coordinate, "y": coordinate }),
            json!({ "kty": "RSA", "n": "", "e": "AQAB" }),
            json!({ "kty": "RSA", "n": N, "e": 65537 }),
            json!({ "kty": "RSA", "n": N, "e": "AQAB", "kid": 1 }),
        ] {
            assert_eq!(Jwk::parse(&bad).unwrap_err().kind, Kind::Invalid, "{bad}");
        }
    }
}
