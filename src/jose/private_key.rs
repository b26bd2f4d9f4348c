//! Private keys as people keep them, to sign with: PEM, a JWK, a JWK set, or the file that Google or Zitadel hands out.
//!
//! What is wrong is told as what the key is: "… is encrypted with a password". Every failure is of kind `Config`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use spki::der::asn1::{AnyRef, BitStringRef, ContextSpecific, ObjectIdentifier, OctetStringRef, UintRef};
use spki::der::{Decode, Reader, SliceReader, TagNumber};
use spki::{AlgorithmIdentifierRef, der};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::PublicKey;
use crate::jose::jws::SigningKey;
use crate::jose::key_file::{EC, ED25519, P256, P384, P521, PKCS1, PSS};
use crate::jose::private_jwk;
use crate::text::escape;

/// A private key, before it is settled what it signs with. Debug shows its public half.
pub struct PrivateKey {
    /// How it signs.
    pub pair: Pair,
    /// Its public half.
    pub public: PublicKey,
    /// `kid` of its JWK, or `private_key_id` of its file: how the server names it.
    pub kid: Option<String>,
    /// The DER that it came in, and its label in PEM; None for a JWK.
    pub der: Option<(&'static str, Zeroizing<Vec<u8>>)>,
    /// The one algorithm that its owner means it for, by name.
    pub(super) alg: Option<String>,
}

/// A private key's numbers.
pub enum Pair {
    /// P-256 or P-384.
    Ec(EcdsaKeyPair),
    /// Ed25519.
    Ed25519(Ed25519KeyPair),
    /// RSA, with its primes.
    Rsa(RsaKeyPair),
}

const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// What is signed with here, the first of a type where nothing else decides.
const ALGS: [Alg; 9] = [Alg::Rs256, Alg::Ps256, Alg::Rs384, Alg::Ps384, Alg::Rs512, Alg::Ps512, Alg::Es256, Alg::Es384, Alg::EdDsa];
pub(super) const NEW: &str = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY.pem, and register its public half";
const NEW_RSA: &str = "openssl genrsa -out KEY.pem 2048, and register its public half: openssl pkey -in KEY.pem -pubout";
const DECRYPT: &str = "openssl pkey -in KEY.pem -out PLAIN.pem; chmod 600 PLAIN.pem";
const PAIR: &str = "the private key was made together with it; PEM says `PRIVATE KEY` there";

/// Text as people keep it, laid open.
pub enum Open {
    /// Text, out of its base64.
    Text(Zeroizing<String>),
    /// What was base64 without PEM's lines around it: DER, where it is anything.
    Der(Zeroizing<Vec<u8>>),
}

/// Takes base64 off text that is nothing but that.
pub fn open(text: &str) -> Open {
    let text = text.trim_start_matches('\u{feff}').trim();
    let plain = |text: &str| text.starts_with('{') || text.contains("-----BEGIN ");
    if plain(text) {
        return Open::Text(Zeroizing::new(text.into()));
    }
    let packed: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
    let whole = STANDARD.decode(packed.as_bytes()).ok().or_else(|| base64url::decode(&packed)).map(Zeroizing::new).unwrap_or_default();
    match str::from_utf8(&whole).map(str::trim) {
        Ok(text) if plain(text) => Open::Text(Zeroizing::new(text.into())),
        _ => Open::Der(whole),
    }
}

/// Reads a private key: PEM (PKCS#8, PKCS#1 or SEC 1), also with `\n` for its line ends or as a whole in base64; a JWK; a JWK set with
/// one private key, or with one of this `kid`; the JSON file of a Google or Zitadel service account.
pub fn read(text: &str, kid: Option<&str>) -> Result<PrivateKey> {
    match open(text) {
        Open::Text(text) if text.starts_with('{') => private_jwk::read(&text, kid),
        Open::Text(text) => pem(&text),
        // DER begins with a SEQUENCE.
        Open::Der(der) if der.first() == Some(&0x30) => kept("PRIVATE KEY", der),
        Open::Der(_) => Err(wrong("neither PEM nor a JWK", "it begins with `-----BEGIN PRIVATE KEY-----` or with `{`")),
    }
}

impl PrivateKey {
    /// The key with what it signs with ([`PrivateKey::alg`]).
    pub fn signing(self, named: Option<Alg>, offered: Option<&[String]>) -> Result<SigningKey> {
        let alg = self.alg(named, offered)?;
        Ok(SigningKey::new(self, alg))
    }

    /// What it signs with: `named`, else what its JWK says, else what its type does, which for RSA is RS256 unless the server
    /// `offered` only others.
    pub fn alg(&self, named: Option<Alg>, offered: Option<&[String]>) -> Result<Alg> {
        let own = self.alg.as_deref().filter(|_| named.is_none());
        let alg = match own.map(|name| Alg::parse(name).ok_or(name)) {
            Some(Err(name)) => return Err(wrong(format!("meant for `{}` alone, which nothing is signed with here", escape(name)), NEW)),
            Some(Ok(alg)) => Some(alg),
            None => named,
        };
        let mut fitting = ALGS.into_iter().filter(|alg| self.public.fits(*alg));
        let is_offered = |alg: &Alg| offered.is_some_and(|names| names.iter().any(|name| Alg::parse(name) == Some(*alg)));
        let alg = match alg {
            Some(alg) if fitting.clone().any(|other| other == alg) => Some(alg),
            Some(alg) => {
                let names: Vec<&str> = fitting.map(Alg::name).collect();
                let told = format!("{}, which does not sign with {}", self.public.kind(), alg.name());
                return Err(wrong(told, format!("it signs with {}", names.join(", "))));
            }
            None => fitting.clone().find(is_offered).or_else(|| fitting.next()),
        };
        // Whatever was read is of one of the types.
        alg.ok_or_else(|| unsupported(self.public.kind()))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({:?} {:?} [redacted])", self.kid, self.public)
    }
}

/// The sections of PEM: the label, what stands under it, and whether it has an end. Lines may end in `\n`, as in a file of variables.
pub fn sections(text: &str) -> Vec<(String, Zeroizing<String>, bool)> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let section = |section: &str| {
        let (label, rest) = section.split_once("-----")?;
        let (body, ended) = rest.split_once("-----END ").map_or((rest, false), |(body, _)| (body, true));
        Some((label.to_string(), Zeroizing::new(body.to_string()), ended))
    };
    text.split("-----BEGIN ").skip(1).filter_map(section).collect()
}

/// The first section that is a private key; what else there is, is told.
pub(super) fn pem(text: &str) -> Result<PrivateKey> {
    let mut other = None;
    for (label, body, ended) in sections(text) {
        let told = match label.as_str() {
            "ENCRYPTED PRIVATE KEY" => return Err(encrypted()),
            // RFC 1421 section 4.6.1.1, as OpenSSL writes its own forms.
            label if body.contains("ENCRYPTED") && label.ends_with("PRIVATE KEY") => return Err(encrypted()),
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if !ended => {
                return Err(wrong("cut off: its END line is missing", "copy the whole file"));
            }
            "PRIVATE KEY" => return kept("PRIVATE KEY", unpacked(&body)?),
            "RSA PRIVATE KEY" => return kept("RSA PRIVATE KEY", unpacked(&body)?),
            "EC PRIVATE KEY" => return kept("EC PRIVATE KEY", unpacked(&body)?),
            "DSA PRIVATE KEY" => return Err(unsupported("a DSA key")),
            "OPENSSH PRIVATE KEY" => ("a key in the form of OpenSSH", "ssh-keygen -p -m PKCS8 -f COPY, which rewrites that copy"),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => ("a certificate, not a private key", PAIR),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => ("a public key, not a private one", PAIR),
            _ => continue,
        };
        other = other.or(Some(told));
    }
    let (what, hint) = other.unwrap_or(("PEM without a private key", PAIR));
    Err(wrong(what, hint))
}

/// A key with the DER that it came in, which a TLS handshake wants.
fn kept(label: &'static str, der: Zeroizing<Vec<u8>>) -> Result<PrivateKey> {
    let key = match label {
        "RSA PRIVATE KEY" => pkcs1(&der)?,
        "EC PRIVATE KEY" => sec1(&der, None)?,
        _ => pkcs8(&der)?,
    };
    Ok(PrivateKey { der: Some((label, der)), ..key })
}

/// The bytes of a section.
pub fn unpacked(body: &str) -> Result<Zeroizing<Vec<u8>>> {
    let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD.decode(body.as_bytes()).map(Zeroizing::new).map_err(|_| damaged("what stands between its BEGIN and END is not base64"))
}

/// Reads PKCS#8 (RFC 5958 section 2, and RFC 5208 section 5 before it), as DER.
pub fn pkcs8(bytes: &[u8]) -> Result<PrivateKey> {
    let info = SliceReader::new(bytes).and_then(|mut reader| {
        reader.sequence(|info| {
            UintRef::decode(info)?;
            let algorithm = AlgorithmIdentifierRef::decode(info)?;
            let key = OctetStringRef::decode(info)?;
            // Attributes, and the public key that a newer version repeats.
            info.read_slice(info.remaining_len())?;
            Ok((algorithm, key.as_bytes()))
        })
    });
    let (algorithm, key) = info.map_err(not_der)?;
    match algorithm.oid {
        PKCS1 => pkcs1(key),
        // RFC 4055 section 1.2: such a key is for RSASSA-PSS alone.
        PSS => Ok(PrivateKey { alg: Some(Alg::Ps256.name().into()), ..pkcs1(key)? }),
        EC => sec1(key, algorithm.parameters_oid().ok()),
        // RFC 8410 section 7: an OCTET STRING once more.
        ED25519 => ed25519(OctetStringRef::from_der(key).map_err(not_der)?.as_bytes()),
        DSA => Err(unsupported("a DSA key")),
        _ => Err(unsupported("a key of another type")),
    }
}

/// RFC 8017 appendix A.1.2.
fn pkcs1(bytes: &[u8]) -> Result<PrivateKey> {
    let numbers = SliceReader::new(bytes).and_then(|mut reader| {
        reader.sequence(|key| {
            let mut numbers = [&[][..]; 9];
            for number in &mut numbers {
                *number = UintRef::decode(key)?.as_bytes();
            }
            key.read_slice(key.remaining_len())?;
            Ok(numbers)
        })
    });
    let [_, n, e, d, p, q, dp, dq, qi] = numbers.map_err(not_der)?;
    rsa([n, e, d, p, q, dp, dq, qi])
}

/// RFC 5915 section 3. The curve stands before it in PKCS#8, else in it.
fn sec1(bytes: &[u8], curve: Option<ObjectIdentifier>) -> Result<PrivateKey> {
    let read = SliceReader::new(bytes).and_then(|mut reader| {
        reader.sequence(|key| {
            UintRef::decode(key)?;
            let d = OctetStringRef::decode(key)?.as_bytes();
            let own = ContextSpecific::<AnyRef>::decode_explicit(key, TagNumber::N0)?;
            let point = ContextSpecific::<BitStringRef>::decode_explicit(key, TagNumber::N1)?;
            key.read_slice(key.remaining_len())?;
            Ok((d, own.and_then(|own| own.value.decode_as().ok()), point.and_then(|point| point.value.as_bytes())))
        })
    });
    let (d, own, point) = read.map_err(not_der)?;
    let curve = match curve.or(own) {
        Some(P256) => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Some(P384) => &ECDSA_P384_SHA384_FIXED_SIGNING,
        Some(P521) => return Err(unsupported("an EC key on P-521")),
        Some(SECP256K1) => return Err(unsupported("an EC key on secp256k1")),
        _ => return Err(unsupported("an EC key on another curve")),
    };
    // SEC 1 section 2.3.3: an uncompressed point is `04 || x || y`.
    let point = point.filter(|point| point.first() == Some(&4)).ok_or_else(|| {
        wrong("an EC key without its public half as a whole point", "openssl ec -in KEY.pem -conv_form uncompressed -out WHOLE.pem")
    })?;
    ec(curve, d, point)
}

pub(super) fn ec(curve: &'static ring::signature::EcdsaSigningAlgorithm, d: &[u8], point: &[u8]) -> Result<PrivateKey> {
    let length = point.len() / 2;
    let d = stripped(d);
    // Some writers leave leading zero octets out, or put one more in.
    let mut whole = Zeroizing::new(vec![0; length.saturating_sub(d.len())]);
    whole.extend_from_slice(d);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &whole, point, &SystemRandom::new());
    let pair = pair.map_err(|_| damaged("its private and its public half do not belong together"))?;
    let public = public_point(pair.public_key().as_ref()).ok_or_else(|| damaged("its point is not whole"))?;
    Ok(of(Pair::Ec(pair), public))
}

pub(super) fn ed25519(seed: &[u8]) -> Result<PrivateKey> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| damaged("an Ed25519 key has 32 octets"))?;
    let x = pair.public_key().as_ref().try_into().map_err(|_| damaged("an Ed25519 key has 32 octets"))?;
    Ok(of(Pair::Ed25519(pair), PublicKey::Ed25519 { x }))
}

/// n, e, d, p, q, dp, dq, qi, big-endian.
pub(super) fn rsa(numbers: [&[u8]; 8]) -> Result<PrivateKey> {
    let [n, e, d, p, q, dp, dq, qi] = numbers.map(stripped);
    let bits = n.len() * 8 - n.first().map_or(0, |octet| octet.leading_zeros() as usize);
    // RFC 7518 section 3.3 wants 2048 bits or more; ring signs with no other sizes than these.
    if ![2048, 3072, 4096].contains(&bits) {
        return Err(wrong(format!("an RSA key of {bits} bits, and 2048, 3072 or 4096 are taken"), NEW_RSA));
    }
    let public_key = PublicKeyComponents { n, e };
    let pair = RsaKeyPair::from_components(&KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi });
    let pair = pair.map_err(|why| damaged(&format!("its numbers do not belong together ({why})")))?;
    Ok(of(Pair::Rsa(pair), PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() }))
}

fn stripped(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|octet| **octet == 0).count()..]
}

fn of(pair: Pair, public: PublicKey) -> PrivateKey {
    PrivateKey { pair, public, kid: None, der: None, alg: None }
}

/// SEC 1 section 2.3.3.
fn public_point(sec1: &[u8]) -> Option<PublicKey> {
    let point = sec1.strip_prefix(&[4])?;
    let (x, y) = point.split_at(point.len() / 2);
    match x.len() {
        32 => Some(PublicKey::P256 { x: x.try_into().ok()?, y: y.try_into().ok()? }),
        _ => Some(PublicKey::P384 { x: x.try_into().ok()?, y: y.try_into().ok()? }),
    }
}

fn encrypted() -> Error {
    wrong("encrypted with a password, which nobody can be asked for here", DECRYPT)
}

pub(super) fn unsupported(what: &str) -> Error {
    wrong(format!("{what}, and nothing but RSA, P-256, P-384 and Ed25519 keys signs here"), NEW)
}

fn not_der(_: der::Error) -> Error {
    damaged("it is not the DER of a private key")
}

pub(super) fn damaged(why: &str) -> Error {
    wrong(format!("damaged: {why}"), "openssl pkey -in KEY.pem -check -noout")
}

pub(super) fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Kind::Config, what).hint(hint)
}

#[cfg(test)]
mod tests;
