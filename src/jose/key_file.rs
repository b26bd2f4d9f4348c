//! Keys as people keep them: PEM or DER (RFC 7468), a JWK, or a JWK set.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use spki::der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use spki::der::{Decode, Reader, SliceReader, Tag};
use spki::{SubjectPublicKeyInfoRef, der};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::{Jwk, PublicKey};
use crate::jose::jwks::JwkSet;
use crate::json;
use crate::text::escape;

/// What a file of keys holds.
#[derive(Debug, Default)]
pub struct KeyFile {
    /// The public keys.
    pub public: JwkSet,
    /// The secrets of its `oct` keys (RFC 7518 section 6.4), for an HMAC.
    pub secrets: Vec<Oct>,
}

/// A secret of a JWK. Debug shows its name alone.
pub struct Oct {
    /// `kid`: how a signature names it.
    pub kid: Option<String>,
    /// `alg`: the one algorithm that it is for.
    pub alg: Option<String>,
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
}

impl Oct {
    /// Whether its owner means it for a signature of `alg` that names the key `kid`.
    pub fn fits(&self, alg: Alg, kid: Option<&str>) -> bool {
        let named = |own: &Option<String>, said: Option<&str>| own.is_none() || said.is_none() || own.as_deref() == said;
        named(&self.alg, Some(alg.name())) && named(&self.kid, kid)
    }
}

impl std::fmt::Debug for Oct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Oct({:?} [redacted])", self.kid)
    }
}

impl KeyFile {
    /// A file that everyone may read holds no secrets: what is called one there is passed over, and checks nothing.
    pub fn published(mut self) -> KeyFile {
        let secret = "it is a secret (`kty` is `oct`), and the keys of a set are public";
        self.public.refused.extend(self.secrets.drain(..).map(|oct| (oct.kid, secret.to_string())));
        self
    }
}

/// rsaEncryption (RFC 8017 appendix C).
pub const PKCS1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-RSASSA-PSS.
pub const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// id-ecPublicKey (RFC 5480 section 2.1.1).
pub const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1.
pub const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// secp384r1.
pub const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// secp521r1.
pub const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
/// id-Ed25519 (RFC 8410 section 3).
pub const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Reads a file of keys. Fails with kind `Invalid`, and says what the file is where it is known for something else.
pub fn read(bytes: &[u8]) -> Result<KeyFile> {
    let text = String::from_utf8_lossy(bytes);
    match text.trim_start() {
        json if json.starts_with('{') => jwks(json.as_bytes()),
        _ if text.contains("-----BEGIN ") => pem(&text),
        // DER begins with a SEQUENCE.
        _ if bytes.first() == Some(&0x30) => public(der_key(bytes)?),
        _ => Err(invalid("neither PEM, nor DER, nor a JWK")),
    }
}

fn jwks(bytes: &[u8]) -> Result<KeyFile> {
    let members = json::object(bytes).map_err(|reason| invalid(format!("not a JWK: {reason}")))?;
    let Some(keys) = members.get("keys") else { return one(&members) };
    let keys = keys.as_array().ok_or_else(|| invalid("not a JWK set: `keys` is not an array"))?;
    let mut file = KeyFile::default();
    // RFC 7517 section 5: what is of no use here is passed over.
    for key in keys.iter().filter_map(Value::as_object) {
        match one(key) {
            Ok(one) => {
                file.public.keys.extend(one.public.keys);
                file.secrets.extend(one.secrets);
            }
            Err(error) => file.public.refused.push((key.get("kid").and_then(Value::as_str).map(str::to_string), error.message.clone())),
        }
    }
    Ok(file)
}

fn one(members: &Map<String, Value>) -> Result<KeyFile> {
    if members.get("kty").and_then(Value::as_str) != Some("oct") {
        return Ok(KeyFile {
            public: JwkSet { keys: vec![Jwk::parse(&Value::Object(members.clone()))?], ..JwkSet::default() },
            ..KeyFile::default()
        });
    }
    let secret = members.get("k").and_then(Value::as_str).and_then(base64url::decode).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| invalid("`k` of a JWK is not base64url"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_string);
    Ok(KeyFile { secrets: vec![Oct { kid: text("kid"), alg: text("alg"), secret: Zeroizing::new(secret) }], ..KeyFile::default() })
}

/// The first section that is a key or a certificate.
fn pem(text: &str) -> Result<KeyFile> {
    let mut other = None;
    for section in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = section.split_once("-----") else { continue };
        let body: String = rest.split("-----END").next().unwrap_or_default().split_whitespace().collect();
        let bytes = STANDARD.decode(body).map_err(|_| invalid(format!("damaged: what follows BEGIN {} is not base64", escape(label))))?;
        match label {
            "PUBLIC KEY" => return public(public_key(&bytes)?),
            "RSA PUBLIC KEY" => return public(rsa(&bytes)?),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => return public(certificate(&bytes)?),
            _ if label.ends_with("PRIVATE KEY") => other = other.or(Some("a private key, which signs; its public half checks")),
            _ => {}
        }
    }
    let what = other.unwrap_or("PEM without a public key or a certificate");
    Err(invalid(what).hint("openssl pkey -in KEY.pem -pubout"))
}

fn public(key: PublicKey) -> Result<KeyFile> {
    let jwk = Jwk { key, kid: None, alg: None, usage: None, key_ops: None };
    Ok(KeyFile { public: JwkSet { keys: vec![jwk], ..JwkSet::default() }, ..KeyFile::default() })
}

fn der_key(bytes: &[u8]) -> Result<PublicKey> {
    if SubjectPublicKeyInfoRef::from_der(bytes).is_ok() { public_key(bytes) } else { certificate(bytes) }
}

fn public_key(bytes: &[u8]) -> Result<PublicKey> {
    of_info(SubjectPublicKeyInfoRef::from_der(bytes).map_err(damaged)?)
}

/// The public key of a certificate. Whom it is for, who signed it and until when is nobody's question here.
fn certificate(bytes: &[u8]) -> Result<PublicKey> {
    parts(bytes).map(|(_, key)| key)
}

/// RFC 5280 section 4.1: the contents of `validity`, and the public key. Fails with kind `Invalid`.
pub fn parts(bytes: &[u8]) -> Result<(&[u8], PublicKey)> {
    let mut reader = SliceReader::new(bytes).map_err(damaged)?;
    let parts = reader.sequence(|certificate| {
        let parts = certificate.sequence(|body| {
            // An explicit version, then serialNumber, signature and issuer, before validity and subject.
            let skipped = if matches!(body.peek_tag()?, Tag::ContextSpecific { .. }) { 4 } else { 3 };
            for _ in 0..skipped {
                AnyRef::decode(body)?;
            }
            let validity = AnyRef::decode(body)?.value();
            AnyRef::decode(body)?;
            let info = SubjectPublicKeyInfoRef::decode(body)?;
            body.read_slice(body.remaining_len())?;
            Ok((validity, info))
        })?;
        certificate.read_slice(certificate.remaining_len())?;
        Ok(parts)
    });
    let (validity, info) = parts.map_err(damaged)?;
    Ok((validity, of_info(info)?))
}

fn of_info(info: SubjectPublicKeyInfoRef) -> Result<PublicKey> {
    let bits = info.subject_public_key.as_bytes().ok_or_else(|| invalid("damaged: the key is not whole octets"))?;
    let curve = info.algorithm.parameters_oid().ok();
    let unsupported = || invalid("a public key of a type that is not supported");
    // SEC 1 section 2.3.3: an uncompressed point is `04 || x || y`.
    let point = || bits.strip_prefix(&[4]).map(|point| point.split_at(point.len() / 2));
    let key = match (info.algorithm.oid, curve) {
        (PKCS1 | PSS, _) => return rsa(bits),
        (EC, Some(P256)) => point().and_then(|(x, y)| Some(PublicKey::P256 { x: x.try_into().ok()?, y: y.try_into().ok()? })),
        (EC, Some(P384)) => point().and_then(|(x, y)| Some(PublicKey::P384 { x: x.try_into().ok()?, y: y.try_into().ok()? })),
        (EC, Some(P521)) => point().and_then(|(x, y)| Some(PublicKey::P521 { x: x.try_into().ok()?, y: y.try_into().ok()? })),
        (ED25519, _) => bits.try_into().ok().map(|x| PublicKey::Ed25519 { x }),
        _ => None,
    };
    key.ok_or_else(unsupported)
}

/// RFC 8017 appendix A.1.1.
fn rsa(bytes: &[u8]) -> Result<PublicKey> {
    let numbers = SliceReader::new(bytes).and_then(|mut reader| {
        reader.sequence(|key| Ok((UintRef::decode(key)?.as_bytes().to_vec(), UintRef::decode(key)?.as_bytes().to_vec())))
    });
    let (n, e) = numbers.map_err(damaged)?;
    PublicKey::rsa(n, e)
}

fn damaged(_: der::Error) -> Error {
    invalid("damaged: it is not the DER of a public key or a certificate")
}

fn invalid(what: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::jws::SigningKey;

    // RFC 8410 section 10.1 and 10.3 (the public key, and the private one).
    const ED25519_PEM: &str =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn rfc_8410_section_10_1_is_read() {
        let file = read(ED25519_PEM.as_bytes()).unwrap();
        assert!(matches!(file.public.keys[0].key, PublicKey::Ed25519 { .. }) && file.secrets.is_empty());
        // Whatever stands around it, and however the lines are broken.
        let crlf = format!("Bag Attributes\n  friendlyName: x\n{}\n", ED25519_PEM.replace('\n', "\r\n"));
        assert_eq!(read(crlf.as_bytes()).unwrap().public, file.public);
    }

    #[test]
    fn a_certificate_gives_its_key_in_pem_and_der() {
        for (algorithm, alg) in
            [(&rcgen::PKCS_ECDSA_P256_SHA256, Alg::Es256), (&rcgen::PKCS_ECDSA_P384_SHA384, Alg::Es384), (&rcgen::PKCS_ED25519, Alg::EdDsa)]
        {
            let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let certificate = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap().self_signed(&pair).unwrap();
            let key = SigningKey::from_pkcs8(alg, &pair.serialize_der()).unwrap().jwk().key;
            for text in [certificate.pem().into_bytes(), certificate.der().to_vec(), pair.public_key_pem().into_bytes()] {
                assert_eq!(read(&text).unwrap().public.keys[0].key, key);
            }
            let both = format!("{}{}", pair.serialize_pem(), certificate.pem());
            assert_eq!(read(both.as_bytes()).unwrap().public.keys[0].key, key, "the private key beside it is passed over");
        }
    }

    #[test]
    fn jwks_and_secrets_are_read_and_the_rest_is_told() {
        let ec = Jwk::for_signatures(PublicKey::P256 { x: [7; 32], y: [9; 32] }, Alg::Es256);
        let oct = json!({ "kty": "oct", "k": "AQID", "kid": "o" });
        let set = json!({ "keys": [ec.to_json(), oct, { "kty": "AKP" }, 7] }).to_string();
        let file = read(set.as_bytes()).unwrap();
        assert_eq!((&file.public.keys, file.secrets[0].secret.as_slice()), (&vec![ec.clone()], &[1, 2, 3][..]));
        assert_eq!(format!("{:?}", file.secrets), r#"[Oct(Some("o") [redacted])]"#);
        let file = file.published();
        assert!(file.secrets.is_empty() && file.public.keys == std::slice::from_ref(&ec));
        assert!(file.public.refused.iter().any(|(kid, why)| kid.as_deref() == Some("o") && why.contains("`oct`")), "{file:?}");
        assert_eq!(read(ec.to_json().to_string().as_bytes()).unwrap().public.keys, [ec]);
        for (bad, told) in [
            ("", "neither PEM"),
            ("hello", "neither PEM"),
            ("{", "not a JWK: the JSON ends too early"),
            (r#"{"kty":"oct","k":""}"#, "`k`"),
            (r#"{"kty":"EC"}"#, "not supported"),
            (r#"{"keys":7}"#, "not an array"),
            ("-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----", "not base64"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "damaged"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "damaged"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "a private key, which signs"),
            ("-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----", "without a public key"),
        ] {
            let error = read(bad.as_bytes()).unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.contains(told), "{bad}: {}", error.message);
        }
    }
}
