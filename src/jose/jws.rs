//! Signatures over bytes: made with a private key, checked with a public JWK (RFC 7515, RFC 7518 section 3).

use std::sync::Arc;

use ring::agreement::{ECDH_P256, ECDH_P384, EphemeralPrivateKey, UnparsedPublicKey as UnparsedPoint, agree_ephemeral};
use ring::digest::{SHA512, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ED25519, EcdsaKeyPair, RsaEncoding,
    RsaParameters, UnparsedPublicKey, VerificationAlgorithm,
};
use ring::{error, hmac};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwk::{Jwk, PublicKey};
use crate::jose::private_key::{self, Pair, PrivateKey};

/// A private key and the one algorithm it signs with. Debug shows the algorithm alone.
pub struct SigningKey {
    alg: Alg,
    key: Arc<PrivateKey>,
}

impl SigningKey {
    /// A key that signs with `alg`, which is one for its type ([`PrivateKey::alg`] sees to that).
    pub fn new(key: impl Into<Arc<PrivateKey>>, alg: Alg) -> SigningKey {
        SigningKey { alg, key: key.into() }
    }

    /// A key from its PKCS#8 DER, as `openssl pkcs8 -topk8 -nocrypt -outform DER` writes it. Fails with kind `Invalid`
    /// where it is not a key for `alg`.
    pub fn from_pkcs8(alg: Alg, pkcs8: &[u8]) -> Result<SigningKey> {
        let key = private_key::pkcs8(pkcs8).and_then(|key| key.signing(Some(alg), None));
        key.map_err(|error| error.of(Kind::Invalid).saying(|said| format!("the private key is {said}")))
    }

    /// The PKCS#8 DER of a new random ES256 key. Fails with kind `Internal` where the system has no randomness.
    pub fn generate_es256() -> Result<Vec<u8>> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let document = document.map_err(|_| Error::new(Kind::Internal, "the system gave no random numbers for a key"))?;
        Ok(document.as_ref().to_vec())
    }

    /// A new ES256 key for a test.
    #[cfg(test)]
    pub fn new_es256() -> SigningKey {
        SigningKey::from_pkcs8(Alg::Es256, &SigningKey::generate_es256().unwrap()).unwrap()
    }

    /// The algorithm this key signs with.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// How the server names this key, where its own file says so.
    pub fn kid(&self) -> Option<&str> {
        self.key.kid.as_deref()
    }

    /// The public half, for a JWK set; `kid` is its thumbprint.
    pub fn jwk(&self) -> Jwk {
        Jwk::for_signatures(self.key.public.clone(), self.alg)
    }

    /// The signature over `message`, in the encoding that JWS asks for. Fails with kind `Config` for a damaged RSA key, else `Internal`.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let signature = match &self.key.pair {
            Pair::Ec(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let made = rsa(self.alg).ok_or(error::Unspecified);
                made.and_then(|(_, encoding)| pair.sign(encoding, &random, message, &mut signature)).map(|()| signature)
            }
        };
        signature.map_err(|_| match &self.key.pair {
            // Ring checks what it made, and so finds numbers that it took unseen.
            Pair::Rsa(_) => private_key::damaged("its numbers do not belong together")
                .saying(|said| format!("cannot sign with {}: the key is {said}", self.alg.name())),
            _ => Error::new(Kind::Internal, format!("cannot sign with {}", self.alg.name())),
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} [redacted])", self.alg().name())
    }
}

/// Checks `signature` over `message`. Fails with kind `Invalid` where it does not hold, or where the key is not for
/// this ([`Jwk::fit`]). The key's own type decides, never the token alone.
pub fn verify(alg: Alg, jwk: &Jwk, message: &[u8], signature: &[u8]) -> Result<()> {
    jwk.fit(alg)?;
    whole(alg, jwk.key.signature_length(), signature)?;
    // Ring refuses a point that is not on its curve, and r and s out of range.
    let verify = |algorithm: &'static dyn VerificationAlgorithm, key: &[&[u8]]| {
        UnparsedPublicKey::new(algorithm, key.concat()).verify(message, signature)
    };
    let outcome = match &jwk.key {
        PublicKey::P256 { x, y } => verify(&ECDSA_P256_SHA256_FIXED, &[&[4], x, y]),
        PublicKey::P384 { x, y } => verify(&ECDSA_P384_SHA384_FIXED, &[&[4], x, y]),
        PublicKey::P521 { x, y } => p521_holds(&[&[4][..], x, y].concat(), message, signature),
        PublicKey::Ed25519 { x } => verify(&ED25519, &[x]),
        PublicKey::Rsa { n, e } => {
            rsa(alg).map_or(Err(error::Unspecified), |(padding, _)| PublicKeyComponents { n, e }.verify(padding, message, signature))
        }
    };
    outcome.map_err(|_| match off_curve(&jwk.key) {
        true => Error::new(Kind::Invalid, "the key is damaged: it is not a point on its curve"),
        false => does_not_hold(alg),
    })
}

/// A signature of another length was cut, or is in another form: then nothing is to be suspected of the claims.
fn whole(alg: Alg, length: usize, signature: &[u8]) -> Result<()> {
    let name = alg.name();
    let fails = |why: String| Err(Error::new(Kind::Invalid, why));
    match signature.len() {
        0 => fails(format!("the {name} signature does not hold: it is empty")),
        found if found == length => Ok(()),
        // RFC 7518 section 3.4: what OpenSSL makes is DER, and a JWS has none.
        found if matches!(alg, Alg::Es256 | Alg::Es384 | Alg::Es512) && signature[0] == 0x30 && found > length => {
            fails(format!("the {name} signature does not hold: it is {found} bytes of DER, and a JWS has {length} bytes of two numbers"))
        }
        found => fails(format!("the {name} signature does not hold: it is {found} bytes long, and {length} are right")),
    }
}

/// Whether a key is no key at all. Checked only for the sake of the sentence: with such a key no signature holds.
fn off_curve(key: &PublicKey) -> bool {
    let refused = |algorithm, point: &[&[u8]]| {
        let Ok(own) = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()) else { return false };
        agree_ephemeral(own, &UnparsedPoint::new(algorithm, point.concat()), |_| ()).is_err()
    };
    match key {
        PublicKey::P256 { x, y } => refused(&ECDH_P256, &[&[4], x, y]),
        PublicKey::P384 { x, y } => refused(&ECDH_P384, &[&[4], x, y]),
        PublicKey::P521 { x, y } => p521::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4][..], x, y].concat()).is_err(),
        PublicKey::Ed25519 { .. } | PublicKey::Rsa { .. } => false,
    }
}

/// Ring has no P-521, but the hash. This refuses a point off the curve and r and s out of range, as ring does.
fn p521_holds(point: &[u8], message: &[u8], signature: &[u8]) -> std::result::Result<(), error::Unspecified> {
    use p521::ecdsa::signature::hazmat::PrehashVerifier;
    use p521::ecdsa::{Signature, VerifyingKey};
    let hash = digest(&SHA512, message);
    let key = VerifyingKey::from_sec1_bytes(point);
    let holds = key.and_then(|key| key.verify_prehash(hash.as_ref(), &Signature::from_slice(signature)?));
    holds.map_err(|_| error::Unspecified)
}

/// Checks an HMAC over `message`, in constant time. Fails with kind `Invalid` where it does not hold, for an empty secret,
/// and for an algorithm with a public key.
pub fn verify_hmac(alg: Alg, secret: &[u8], message: &[u8], signature: &[u8]) -> Result<()> {
    let key = hmac_key(alg, secret)?;
    whole(alg, key.algorithm().digest_algorithm().output_len(), signature)?;
    hmac::verify(&key, message, signature).map_err(|_| does_not_hold(alg))
}

/// The HMAC of `message` (RFC 7518 section 3.2). Fails with kind `Invalid` for an empty secret and for an algorithm with a public key.
pub fn sign_hmac(alg: Alg, secret: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    Ok(hmac::sign(&hmac_key(alg, secret)?, message).as_ref().to_vec())
}

fn hmac_key(alg: Alg, secret: &[u8]) -> Result<hmac::Key> {
    let algorithm = match alg {
        Alg::Hs256 => hmac::HMAC_SHA256,
        Alg::Hs384 => hmac::HMAC_SHA384,
        Alg::Hs512 => hmac::HMAC_SHA512,
        _ => return Err(Error::new(Kind::Invalid, format!("{} works with a key pair, not with a secret", alg.name()))),
    };
    match secret.is_empty() {
        true => Err(Error::new(Kind::Invalid, "an empty secret signs nothing")),
        false => Ok(hmac::Key::new(algorithm, secret)),
    }
}

fn does_not_hold(alg: Alg) -> Error {
    Error::new(Kind::Invalid, format!("the {} signature does not hold", alg.name()))
}

/// How an RSA algorithm is checked and made.
fn rsa(alg: Alg) -> Option<(&'static RsaParameters, &'static dyn RsaEncoding)> {
    match alg {
        Alg::Rs256 => Some((&signature::RSA_PKCS1_2048_8192_SHA256, &signature::RSA_PKCS1_SHA256)),
        Alg::Rs384 => Some((&signature::RSA_PKCS1_2048_8192_SHA384, &signature::RSA_PKCS1_SHA384)),
        Alg::Rs512 => Some((&signature::RSA_PKCS1_2048_8192_SHA512, &signature::RSA_PKCS1_SHA512)),
        Alg::Ps256 => Some((&signature::RSA_PSS_2048_8192_SHA256, &signature::RSA_PSS_SHA256)),
        Alg::Ps384 => Some((&signature::RSA_PSS_2048_8192_SHA384, &signature::RSA_PSS_SHA384)),
        Alg::Ps512 => Some((&signature::RSA_PSS_2048_8192_SHA512, &signature::RSA_PSS_SHA512)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &[u8] = include_bytes!("../sandbox/rs256-test-key.p8");

    /// A key for each algorithm with a public key.
    fn keys() -> Vec<SigningKey> {
        let random = SystemRandom::new();
        let p384 = EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
        let ed25519 = signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let pkcs8 = |alg| match alg {
            Alg::Es256 => SigningKey::generate_es256().unwrap(),
            Alg::Es384 => p384.as_ref().to_vec(),
            Alg::EdDsa => ed25519.as_ref().to_vec(),
            _ => RSA.to_vec(),
        };
        let signing = Alg::ASYMMETRIC.into_iter().filter(|alg| *alg != Alg::Es512);
        signing.map(|alg| SigningKey::from_pkcs8(alg, &pkcs8(alg)).unwrap()).collect()
    }

    #[test]
    fn each_algorithm_checks_its_own_signatures_and_no_others() {
        let silent = |key: &SigningKey| Jwk { alg: None, ..key.jwk() };
        let keys = keys();
        for key in &keys {
            let signature = key.sign(b"message").unwrap();
            for checker in &keys {
                let holds = verify(checker.alg(), &silent(checker), b"message", &signature).is_ok();
                assert_eq!(holds, checker.alg() == key.alg(), "{key:?} {checker:?}");
            }
            assert!(verify(key.alg(), &key.jwk(), b"massage", &signature).is_err());
            assert!(verify(key.alg(), &key.jwk(), b"message", &[]).is_err());
            assert!(verify(key.alg(), &key.jwk(), b"message", &[&signature[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn r41_r_and_s_out_of_range_and_points_off_the_curve_are_refused() {
        let key = SigningKey::new_es256();
        let signature = key.sign(b"message").unwrap();
        // CVE-2022-21449 took a signature of zeros; the order of the curve and above are as bad.
        for half in [[0; 32], [0xff; 32]] {
            assert!(verify(Alg::Es256, &key.jwk(), b"message", &[half, half].concat()).is_err());
            assert!(verify(Alg::Es256, &key.jwk(), b"message", &[&half, &signature[32..]].concat()).is_err());
            assert!(verify(Alg::Es256, &key.jwk(), b"message", &[&signature[..32], &half].concat()).is_err());
        }
        for off in [PublicKey::P256 { x: [7; 32], y: [9; 32] }, PublicKey::P256 { x: [0; 32], y: [0; 32] }] {
            assert!(verify(Alg::Es256, &Jwk::for_signatures(off, Alg::Es256), b"message", &signature).is_err());
        }
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_told_by_its_cause() {
        let key = SigningKey::new_es256();
        let (good, der) = (key.sign(b"message").unwrap(), [&[0x30][..], &[1; 69]].concat());
        let off = Jwk::for_signatures(PublicKey::P256 { x: [7; 32], y: [9; 32] }, Alg::Es256);
        let p521 = Jwk::for_signatures(PublicKey::P521 { x: [0; 66], y: [9; 66] }, Alg::Es512);
        for (alg, jwk, signature, told) in [
            (Alg::Es256, &key.jwk(), &[][..], "the ES256 signature does not hold: it is empty"),
            (Alg::Es256, &key.jwk(), &good[..63], "it is 63 bytes long, and 64 are right"),
            (Alg::Es256, &key.jwk(), &der, "it is 70 bytes of DER, and a JWS has 64 bytes of two numbers"),
            (Alg::Es256, &key.jwk(), &[0; 64], "the ES256 signature does not hold"),
            (Alg::Es256, &off, &good, "the key is damaged: it is not a point on its curve"),
            (Alg::Es512, &p521, &[1; 132], "the key is damaged: it is not a point on its curve"),
        ] {
            let error = verify(alg, jwk, b"message", signature).unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.ends_with(told), "{told}: {}", error.message);
        }
        let error = verify_hmac(Alg::Hs256, b"secret", b"message", &[7; 31]).unwrap_err();
        assert!(error.message.ends_with("it is 31 bytes long, and 32 are right"), "{}", error.message);
    }

    #[test]
    fn an_hmac_is_checked_with_a_secret_and_never_with_a_key() {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), b"message");
        verify_hmac(Alg::Hs256, b"secret", b"message", mac.as_ref()).unwrap();
        assert!(verify_hmac(Alg::Hs256, b"Secret", b"message", mac.as_ref()).is_err());
        assert!(verify_hmac(Alg::Hs256, b"secret", b"message", &mac.as_ref()[..31]).is_err());
        assert!(verify_hmac(Alg::Hs384, b"secret", b"message", mac.as_ref()).is_err());
        let empty = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), b"message");
        assert!(verify_hmac(Alg::Hs256, b"", b"message", empty.as_ref()).is_err());
        for key in keys() {
            assert!(verify_hmac(key.alg(), b"secret", b"message", mac.as_ref()).is_err());
            for alg in Alg::SYMMETRIC {
                assert!(verify(alg, &Jwk { alg: None, ..key.jwk() }, b"message", mac.as_ref()).is_err());
            }
        }
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        let key = SigningKey::new_es256();
        let stranger = SigningKey::new_es256();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), 64);
        verify(Alg::Es256, &key.jwk(), b"message", &signature).unwrap();
        assert!(verify(Alg::Es256, &key.jwk(), b"massage", &signature).is_err());
        assert!(verify(Alg::Es256, &stranger.jwk(), b"message", &signature).is_err());
        assert!(verify(Alg::Es256, &key.jwk(), b"message", &signature[..63]).is_err());
        assert!(verify(Alg::Es256, &key.jwk(), b"message", &[0; 64]).is_err());
    }

    #[test]
    fn a_key_is_used_only_for_what_its_publisher_says() {
        let key = SigningKey::new_es256();
        let signature = key.sign(b"message").unwrap();
        let encrypting = Jwk { usage: Some("enc".into()), ..key.jwk() };
        let other_alg = Jwk { alg: Some("RS256".into()), ..key.jwk() };
        let silent = Jwk { usage: None, alg: None, kid: None, ..key.jwk() };
        assert!(verify(Alg::Es256, &encrypting, b"message", &signature).is_err());
        assert!(verify(Alg::Es256, &other_alg, b"message", &signature).is_err());
        assert!(verify(Alg::Rs256, &silent, b"message", &signature).is_err());
        verify(Alg::Es256, &silent, b"message", &signature).unwrap();
    }

    #[test]
    fn a_key_of_another_type_is_refused_and_never_shown() {
        let pkcs8 = SigningKey::generate_es256().unwrap();
        assert_eq!(SigningKey::from_pkcs8(Alg::Rs256, &pkcs8).unwrap_err().kind, Kind::Invalid);
        assert_eq!(SigningKey::from_pkcs8(Alg::Es256, b"garbage").unwrap_err().kind, Kind::Invalid);
        let key = SigningKey::from_pkcs8(Alg::Es256, &pkcs8).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(ES256 [redacted])");
    }
}
