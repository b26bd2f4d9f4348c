//! The signature algorithms by their registered names (RFC 7518 section 3.1, RFC 8037 section 3.1).

use ring::digest::{self, digest};

use crate::jose::base64url;

/// A signature algorithm. There is no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256; the salt is as long as the hash (RFC 7518 section 3.5).
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256; the signature is `R || S`, 64 octets (RFC 7518 section 3.4).
    Es256,
    /// ECDSA on P-384 with SHA-384; 96 octets.
    Es384,
    /// ECDSA on P-521 with SHA-512; 132 octets.
    Es512,
    /// Ed25519 (RFC 8037 section 3.1); the other curve of that name, Ed448, is not supported.
    EdDsa,
    /// HMAC with SHA-256 (RFC 7518 section 3.2): whoever can check can also sign.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl Alg {
    /// Every algorithm with a public key.
    pub const ASYMMETRIC: [Alg; 10] =
        [Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512, Alg::Es256, Alg::Es384, Alg::Es512, Alg::EdDsa];
    /// Every algorithm with a shared secret; apart, because a public key must never be taken for one.
    pub const SYMMETRIC: [Alg; 3] = [Alg::Hs256, Alg::Hs384, Alg::Hs512];

    /// Whether one secret both signs and checks.
    pub fn symmetric(self) -> bool {
        Alg::SYMMETRIC.contains(&self)
    }

    /// The name in the `alg` header parameter.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Reads the `alg` header parameter: case-sensitive, None for a name not in the table.
    pub fn parse(name: &str) -> Option<Alg> {
        // RFC 9864 section 2.2 calls EdDSA by its curve.
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Alg::ASYMMETRIC.into_iter().chain(Alg::SYMMETRIC).find(|alg| alg.name() == name)
    }

    /// OpenID Connect Core section 3.1.3.6: what `at_hash` and `c_hash` hold, the left half of the hash in base64url.
    pub fn half_hash(self, text: &str) -> String {
        let hash = digest(self.row().1, text.as_bytes());
        base64url::encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }

    fn row(self) -> (&'static str, &'static digest::Algorithm) {
        match self {
            Alg::Rs256 => ("RS256", &digest::SHA256),
            Alg::Rs384 => ("RS384", &digest::SHA384),
            Alg::Rs512 => ("RS512", &digest::SHA512),
            Alg::Ps256 => ("PS256", &digest::SHA256),
            Alg::Ps384 => ("PS384", &digest::SHA384),
            Alg::Ps512 => ("PS512", &digest::SHA512),
            Alg::Es256 => ("ES256", &digest::SHA256),
            Alg::Es384 => ("ES384", &digest::SHA384),
            Alg::Es512 => ("ES512", &digest::SHA512),
            Alg::EdDsa => ("EdDSA", &digest::SHA512),
            Alg::Hs256 => ("HS256", &digest::SHA256),
            Alg::Hs384 => ("HS384", &digest::SHA384),
            Alg::Hs512 => ("HS512", &digest::SHA512),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_none_is_not_among_them() {
        for alg in Alg::ASYMMETRIC.into_iter().chain(Alg::SYMMETRIC) {
            assert_eq!(Alg::parse(alg.name()), Some(alg));
        }
        assert_eq!(Alg::parse("Ed25519"), Some(Alg::EdDsa));
        for bad in ["none", "None", "es256", "ES256K", "Ed448", ""] {
            assert_eq!(Alg::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn r41_hmac_is_never_among_the_algorithms_with_a_public_key() {
        assert!(Alg::ASYMMETRIC.into_iter().all(|alg| !alg.symmetric() && !alg.name().starts_with("HS")));
        assert!(Alg::SYMMETRIC.into_iter().all(|alg| alg.symmetric() && alg.name().starts_with("HS")));
    }

    #[test]
    fn the_half_hash_of_openid_connect_core_appendix_a() {
        // OpenID Connect Core 1.0 appendix A.3 and A.4: the access token and the code, with their hashes in RS256 ID tokens.
        assert_eq!(Alg::Rs256.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Alg::Rs256.half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"), "LDktKdoQak3Pk0cnXxCltA");
        // As long as half of each hash.
        let length = |alg: Alg| base64url::decode(&alg.half_hash("x")).unwrap().len();
        assert_eq!([Alg::Ps256, Alg::Es384, Alg::Rs512, Alg::EdDsa].map(length), [16, 24, 32, 32]);
    }
}
