//! Signatures over bytes: made with a private key, checked with a public JWK (RFC 7515, RFC 7518 section 3).

use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair, UnparsedPublicKey,
};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwk::{Jwk, PublicKey};

/// A private key and the one algorithm it signs with. Debug shows the algorithm alone.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

impl SigningKey {
    /// A key from its PKCS#8 DER, as `openssl pkcs8 -topk8 -nocrypt -outform DER` writes it. Fails with kind `Invalid`
    /// where it is not a key for `alg`; RSA needs 2048 bits or more.
    pub fn from_pkcs8(alg: Alg, pkcs8: &[u8]) -> Result<SigningKey> {
        let rejected =
            |why: ring::error::KeyRejected| Error::new(Kind::Invalid, format!("the private key does not fit {}: {why}", alg.name()));
        match alg {
            Alg::Es256 => {
                let random = SystemRandom::new();
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random).map_err(rejected)?;
                let public = point(pair.public_key().as_ref())?;
                Ok(SigningKey { pair: Pair::Es256(pair), public })
            }
            Alg::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                Ok(SigningKey { pair: Pair::Rs256(pair), public: PublicKey::Rsa { n, e } })
            }
        }
    }

    /// The PKCS#8 DER of a new random ES256 key. Fails with kind `Internal` where the system has no randomness.
    pub fn generate_es256() -> Result<Vec<u8>> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let document = document.map_err(|_| Error::new(Kind::Internal, "the system gave no random numbers for a key"))?;
        Ok(document.as_ref().to_vec())
    }

    /// The algorithm this key signs with.
    pub fn alg(&self) -> Alg {
        match self.pair {
            Pair::Es256(_) => Alg::Es256,
            Pair::Rs256(_) => Alg::Rs256,
        }
    }

    /// The public half, for a JWK set; `kid` is its thumbprint.
    pub fn jwk(&self) -> Jwk {
        Jwk::for_signatures(self.public.clone(), self.alg())
    }

    /// The signature over `message`, in the encoding that JWS asks for. Fails with kind `Internal`.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| Error::new(Kind::Internal, format!("cannot sign with {}", self.alg().name())))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} [redacted])", self.alg().name())
    }
}

/// Checks `signature` over `message`. Fails with kind `Invalid` where it does not hold, or where `jwk` says that it is
/// not for this: another `alg`, or a `use` other than `sig`. The key's own type decides, never the token alone.
pub fn verify(alg: Alg, jwk: &Jwk, message: &[u8], signature: &[u8]) -> Result<()> {
    let name = alg.name();
    if jwk.alg.as_deref().is_some_and(|other| other != name) || jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(Error::new(Kind::Invalid, format!("the key is not meant for {name} signatures")));
    }
    let outcome = match (alg, &jwk.key) {
        (Alg::Es256, PublicKey::P256 { x, y }) => {
            let point = [&[4], &x[..], &y[..]].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
        }
        (Alg::Rs256, PublicKey::Rsa { n, e }) => PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        _ => return Err(Error::new(Kind::Invalid, format!("the key is not of the type {name} needs"))),
    };
    outcome.map_err(|_| Error::new(Kind::Invalid, format!("the {name} signature does not hold")))
}

/// SEC 1 section 2.3.3: an uncompressed point is `04 || x || y`.
fn point(sec1: &[u8]) -> Result<PublicKey> {
    let halves = sec1.strip_prefix(&[4]).and_then(|rest| rest.split_at_checked(32));
    let point = halves.and_then(|(x, y)| Some(PublicKey::P256 { x: x.try_into().ok()?, y: y.try_into().ok()? }));
    point.ok_or_else(|| Error::new(Kind::Internal, "a P-256 public key is not an uncompressed point"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        let key = SigningKey::from_pkcs8(Alg::Es256, &SigningKey::generate_es256().unwrap()).unwrap();
        let stranger = SigningKey::from_pkcs8(Alg::Es256, &SigningKey::generate_es256().unwrap()).unwrap();
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
        let key = SigningKey::from_pkcs8(Alg::Es256, &SigningKey::generate_es256().unwrap()).unwrap();
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
