//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::json::members;
use crate::text::escape;

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
    /// `key_ops`: what the key is for, in other words than `use`.
    pub key_ops: Option<Vec<String>>,
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
    /// A point on P-384.
    P384 {
        /// The x coordinate.
        x: [u8; 48],
        /// The y coordinate.
        y: [u8; 48],
    },
    /// A point on P-521; each coordinate is exactly 66 octets.
    P521 {
        /// The x coordinate.
        x: [u8; 66],
        /// The y coordinate.
        y: [u8; 66],
    },
    /// An Ed25519 key (RFC 8037 section 2).
    Ed25519 {
        /// The compressed point.
        x: [u8; 32],
    },
    /// An RSA key (RFC 7518 section 6.3.1), without leading zero octets: 2048 to 8192 bits, the exponent odd and 3 or more.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
}

impl Jwk {
    /// Reads one member of a JWK set. Fails with kind `Invalid` where a member is missing or malformed, or the key is
    /// weak or of a type not known here. Private members are ignored. That a point is on its curve is seen when it is used.
    pub fn parse(value: &Value) -> Result<Jwk> {
        let members = value.as_object().ok_or_else(|| invalid("a JWK is not a JSON object"))?;
        let key = match (text(members, "kty")?.as_deref(), text(members, "crv")?.as_deref()) {
            (Some("EC"), Some("P-256")) => PublicKey::P256 { x: exact(members, "x")?, y: exact(members, "y")? },
            (Some("EC"), Some("P-384")) => PublicKey::P384 { x: exact(members, "x")?, y: exact(members, "y")? },
            (Some("EC"), Some("P-521")) => PublicKey::P521 { x: exact(members, "x")?, y: exact(members, "y")? },
            (Some("OKP"), Some("Ed25519")) => PublicKey::Ed25519 { x: exact(members, "x")? },
            (Some("RSA"), _) => PublicKey::rsa(octets(members, "n")?, octets(members, "e")?)?,
            (None, _) => return Err(invalid("a JWK has no `kty`")),
            _ => return Err(invalid("a JWK is of a type that is not supported")),
        };
        let key_ops = match members.get("key_ops") {
            None => None,
            Some(said) => {
                let words = said.as_array().and_then(|said| said.iter().map(|word| word.as_str().map(str::to_string)).collect());
                Some(words.ok_or_else(|| invalid("`key_ops` of a JWK is not an array of strings"))?)
            }
        };
        Ok(Jwk { key, kid: text(members, "kid")?, alg: text(members, "alg")?, usage: text(members, "use")?, key_ops })
    }

    /// Says which key this is by its own thumbprint, for signatures of `alg`.
    pub fn for_signatures(key: PublicKey, alg: Alg) -> Jwk {
        Jwk { kid: Some(key.thumbprint()), alg: Some(alg.name().into()), usage: Some("sig".into()), key_ops: None, key }
    }

    /// Whether this key may check signatures of `alg`. Fails with kind `Invalid` where its type or its publisher (`alg`,
    /// `use`, `key_ops`) says otherwise; so no public key is ever the secret of an HMAC.
    pub fn fit(&self, alg: Alg) -> Result<()> {
        let name = alg.name();
        if !self.key.fits(alg) {
            return Err(invalid(format!("the key is not of the type {name} needs: it is {}", self.key.kind())));
        }
        let meant = |why: String| Err(invalid(format!("the key is not meant for {name} signatures: {why}")));
        match (&self.alg, &self.usage, &self.key_ops) {
            (Some(other), ..) if Alg::parse(other) != Some(alg) => meant(format!("its `alg` is `{}`", escape(other))),
            (_, Some(usage), _) if usage != "sig" => meant(format!("its `use` is `{}`", escape(usage))),
            (.., Some(ops)) if !ops.iter().any(|word| word == "verify") => meant("its `key_ops` has no `verify`".into()),
            _ => Ok(()),
        }
    }

    /// The key as a member of a JWK set.
    pub fn to_json(&self) -> Value {
        let mut value = members(self.key.required().into_iter().map(|(name, text)| (name, text.into())));
        for (name, said) in [("kid", &self.kid), ("alg", &self.alg), ("use", &self.usage)] {
            if let Some(said) = said {
                value.insert(name.into(), json!(said));
            }
        }
        if let Some(words) = &self.key_ops {
            value.insert("key_ops".into(), json!(words));
        }
        value.into()
    }
}

impl PublicKey {
    /// An RSA key from its numbers, big-endian. Fails with kind `Invalid` for a weak one.
    pub fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<PublicKey> {
        // RFC 7518 section 6.3.1.1 warns of libraries that write a zero octet first.
        let [n, e] = [n, e].map(|number| number.into_iter().skip_while(|octet| *octet == 0).collect::<Vec<u8>>());
        let bits = n.len() * 8 - n.first().map_or(0, |octet| octet.leading_zeros() as usize);
        // RFC 7518 section 3.3: 2048 bits or more; above 8192 a check only costs time.
        if !(2048..=8192).contains(&bits) {
            return Err(invalid(format!("an RSA key has {bits} bits, and 2048 to 8192 are taken")));
        }
        if e == [1] || e.last().is_none_or(|octet| octet % 2 == 0) {
            return Err(invalid("the exponent of an RSA key is not an odd number from 3 on"));
        }
        Ok(PublicKey::Rsa { n, e })
    }

    /// What it is, in words: `an RSA key`.
    pub fn kind(&self) -> &'static str {
        match self {
            PublicKey::P256 { .. } => "an EC key on P-256",
            PublicKey::P384 { .. } => "an EC key on P-384",
            PublicKey::P521 { .. } => "an EC key on P-521",
            PublicKey::Ed25519 { .. } => "an Ed25519 key",
            PublicKey::Rsa { .. } => "an RSA key",
        }
    }

    /// Whether signatures of `alg` are made with a key of this type.
    pub fn fits(&self, alg: Alg) -> bool {
        match self {
            PublicKey::P256 { .. } => alg == Alg::Es256,
            PublicKey::P384 { .. } => alg == Alg::Es384,
            PublicKey::P521 { .. } => alg == Alg::Es512,
            PublicKey::Ed25519 { .. } => alg == Alg::EdDsa,
            PublicKey::Rsa { .. } => matches!(alg, Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512),
        }
    }

    /// How many octets every signature of this key has: RFC 7518 sections 3.3 to 3.5, RFC 8032 section 5.1.6.
    pub fn signature_length(&self) -> usize {
        match self {
            PublicKey::P256 { .. } | PublicKey::Ed25519 { .. } => 64,
            PublicKey::P384 { .. } => 96,
            PublicKey::P521 { .. } => 132,
            PublicKey::Rsa { n, .. } => n.len(),
        }
    }

    /// RFC 7638 section 3: SHA-256 of the required members in lexical order, base64url.
    pub fn thumbprint(&self) -> String {
        // Written out, because the order of the members and the missing white space are the point; no value needs an escape.
        let members: Vec<String> = self.required().iter().map(|(name, text)| format!(r#""{name}":"{text}""#)).collect();
        base64url::encode(digest(&SHA256, format!("{{{}}}", members.join(",")).as_bytes()))
    }

    /// The required members, in lexical order: RFC 7638 section 3.2, RFC 8037 section 2.
    fn required(&self) -> Vec<(&'static str, String)> {
        let number = |bytes: &[u8]| base64url::encode(bytes);
        let ec = |crv: &str, x: &[u8], y: &[u8]| vec![("crv", crv.into()), ("kty", "EC".into()), ("x", number(x)), ("y", number(y))];
        match self {
            PublicKey::P256 { x, y } => ec("P-256", x, y),
            PublicKey::P384 { x, y } => ec("P-384", x, y),
            PublicKey::P521 { x, y } => ec("P-521", x, y),
            PublicKey::Ed25519 { x } => vec![("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", number(x))],
            PublicKey::Rsa { n, e } => vec![("e", number(e)), ("kty", "RSA".into()), ("n", number(n))],
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

fn octets(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>> {
    let text = text(members, name)?.ok_or_else(|| invalid(format!("a JWK has no `{name}`")))?;
    base64url::decode(&text).ok_or_else(|| invalid(format!("`{name}` of a JWK is not base64url")))
}

fn exact<const N: usize>(members: &Map<String, Value>, name: &str) -> Result<[u8; N]> {
    octets(members, name)?.try_into().map_err(|_| invalid(format!("`{name}` of a JWK is not {N} octets")))
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
    fn rfc_8037_appendix_a_3_thumbprint_of_an_ed25519_key() {
        // RFC 8037 appendices A.1 (with the private member, which is passed over) and A.3.
        let (d, x) = ("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let jwk = Jwk::parse(&json!({ "kty": "OKP", "crv": "Ed25519", "d": d, "x": x })).unwrap();
        assert_eq!(jwk.key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert!(jwk.to_json().get("d").is_none());
    }

    fn one_of_each() -> [Jwk; 5] {
        [
            Jwk::for_signatures(PublicKey::P256 { x: [7; 32], y: [9; 32] }, Alg::Es256),
            Jwk::for_signatures(PublicKey::P384 { x: [7; 48], y: [9; 48] }, Alg::Es384),
            Jwk::for_signatures(PublicKey::P521 { x: [7; 66], y: [9; 66] }, Alg::Es512),
            Jwk::for_signatures(PublicKey::Ed25519 { x: [7; 32] }, Alg::EdDsa),
            Jwk::for_signatures(PublicKey::Rsa { n: vec![0x81; 256], e: vec![1, 0, 1] }, Alg::Rs256),
        ]
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        for jwk in one_of_each() {
            assert_eq!(Jwk::parse(&jwk.to_json()).unwrap(), jwk);
            let with_ops = Jwk { key_ops: Some(vec!["verify".into()]), ..jwk };
            assert_eq!(Jwk::parse(&with_ops.to_json()).unwrap(), with_ops);
        }
    }

    #[test]
    fn r41_the_type_of_a_key_decides_what_it_may_check() {
        let silent = |jwk: Jwk| Jwk { alg: None, usage: None, kid: None, ..jwk };
        let [ec, ec_384, ec_521, ed, rsa] = one_of_each().map(silent);
        for (jwk, algs) in [
            (ec, &["ES256"][..]),
            (ec_384, &["ES384"]),
            (ec_521, &["ES512"]),
            (ed, &["EdDSA"]),
            (rsa, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        ] {
            for alg in Alg::ASYMMETRIC.into_iter().chain(Alg::SYMMETRIC) {
                assert_eq!(jwk.fit(alg).is_ok(), algs.contains(&alg.name()), "{} {jwk:?}", alg.name());
            }
        }
    }

    #[test]
    fn r41_use_key_ops_and_alg_must_fit() {
        let [.., rsa] = one_of_each();
        let words = |words: &[&str]| Some(words.iter().map(|word| word.to_string()).collect());
        rsa.fit(Alg::Rs256).unwrap();
        assert!(Jwk { key_ops: words(&["sign", "verify"]), ..rsa.clone() }.fit(Alg::Rs256).is_ok());
        for (unfit, why) in [
            (Jwk { usage: Some("enc".into()), ..rsa.clone() }, "its `use` is `enc`"),
            (Jwk { usage: Some("".into()), ..rsa.clone() }, "its `use` is ``"),
            (Jwk { key_ops: words(&["sign", "encrypt"]), ..rsa.clone() }, "its `key_ops` has no `verify`"),
            (Jwk { key_ops: words(&[]), ..rsa.clone() }, "its `key_ops` has no `verify`"),
            (Jwk { alg: Some("RS512".into()), ..rsa.clone() }, "its `alg` is `RS512`"),
            (Jwk { alg: Some("RSA-OAEP\n".into()), ..rsa.clone() }, "its `alg` is `RSA-OAEP\\n`"),
        ] {
            assert_eq!(unfit.fit(Alg::Rs256).unwrap_err().message, format!("the key is not meant for RS256 signatures: {why}"));
        }
        assert_eq!(rsa.fit(Alg::Es256).unwrap_err().message, "the key is not of the type ES256 needs: it is an RSA key");
    }

    #[test]
    fn r41_a_weak_rsa_key_is_refused() {
        let number = |octets: &[u8]| base64url::encode(octets);
        let read = |n: &[u8], e: &[u8]| Jwk::parse(&json!({ "kty": "RSA", "n": number(n), "e": number(e) }));
        let n = [0x81; 256];
        for good in [&[3][..], &[1, 0, 1], &[0, 1, 0, 1]] {
            assert!(read(&n, good).is_ok(), "{good:?}");
        }
        let padded = read(&[&[0], &n[..]].concat(), &[3]).unwrap();
        assert_eq!(padded.key, PublicKey::Rsa { n: n.to_vec(), e: vec![3] });
        for bad in [&[1][..], &[0], &[], &[2], &[1, 0, 0]] {
            assert!(read(&n, bad).unwrap_err().message.contains("odd"), "{bad:?}");
        }
        for (bad, bits) in [(vec![0x7f; 256], 2047), (vec![0x81; 128], 1024), (vec![0; 300], 0), (vec![0x81; 1025], 8200)] {
            assert!(read(&bad, &[3]).unwrap_err().message.contains(&format!("has {bits} bits")), "{bits}");
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
            json!({ "kty": "EC", "crv": "P-384", "x": coordinate, "y": coordinate }),
            json!({ "kty": "EC", "crv": "P-521", "x": coordinate, "y": coordinate }),
            json!({ "kty": "EC", "crv": "secp256k1", "x": coordinate, "y": coordinate }),
            json!({ "kty": "OKP", "crv": "Ed448", "x": coordinate }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode([7; 33]) }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": coordinate, "key_ops": "verify" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": coordinate, "key_ops": ["verify", 7] }),
            json!({ "kty": "RSA", "n": "", "e": "AQAB" }),
            json!({ "kty": "RSA", "n": N, "e": 65537 }),
            json!({ "kty": "RSA", "n": N, "e": "AQAB", "kid": 1 }),
        ] {
            assert_eq!(Jwk::parse(&bad).unwrap_err().kind, Kind::Invalid, "{bad}");
        }
    }
}
