//! Proof Key for Code Exchange (RFC 7636): S256, and nothing else.

use sha2::{Digest, Sha256};

use crate::jose::base64url;
use crate::secret::CodeVerifier;

/// Section 4.2: BASE64URL(SHA256(ASCII(code_verifier))).
pub fn challenge(verifier: &CodeVerifier) -> String {
    base64url::encode(Sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_the_example_of_rfc_7636_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
