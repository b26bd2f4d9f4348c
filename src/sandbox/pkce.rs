//! Proof Key for Code Exchange, with S256 alone (RFC 7636).

use sha2::{Digest, Sha256};

use crate::jose::base64url;
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};

/// The methods of `code_challenge_method`.
pub const METHODS: [&str; 1] = ["S256"];

/// The challenge of a request; None where it has none. RFC 7636 section 4.3: a challenge without a method is a plain one.
pub fn challenge(parameters: &Parameters) -> Result<Option<String>, Refusal> {
    let Some(challenge) = parameters.one("code_challenge") else { return Ok(None) };
    if parameters.one("code_challenge_method") != Some("S256") {
        return Err(Refusal::new(Code::InvalidRequest, "code_challenge_method has to be S256"));
    }
    // Section 4.2: the hash's 32 octets in base64url.
    if base64url::decode(challenge).is_none_or(|hash| hash.len() != 32) {
        return Err(Refusal::new(Code::InvalidRequest, "code_challenge is not a SHA-256 hash in base64url"));
    }
    Ok(Some(challenge.into()))
}

/// Whether the request's `code_verifier` is the one behind `challenge`.
pub fn check(challenge: Option<&str>, parameters: &Parameters) -> Result<(), Refusal> {
    let refused = |why| Err(Refusal::new(Code::InvalidGrant, why));
    match (challenge, parameters.one("code_verifier")) {
        (None, None) => Ok(()),
        // RFC 9700 section 2.1.1: against a challenge that was taken out on the way.
        (None, Some(_)) => refused("code_verifier without a code_challenge before it"),
        (Some(_), None) => refused("code_verifier is missing"),
        (Some(challenge), Some(verifier)) if well_formed(verifier) && hash(verifier) == challenge => Ok(()),
        _ => refused("code_verifier is not the one behind the code_challenge"),
    }
}

/// SHA-256 in base64url.
pub fn hash(text: &str) -> String {
    base64url::encode(Sha256::digest(text))
}

/// Section 4.1: 43 to 128 unreserved characters.
fn well_formed(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::http::Request;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn of(query: &str) -> Parameters {
        Parameters::read(&Request::of("GET", &format!("/?{query}"), &[], "")).ok().unwrap()
    }

    fn checked(challenge: Option<&str>, verifier: &str) -> bool {
        check(challenge, &of(&format!("code_verifier={verifier}"))).is_ok()
    }

    #[test]
    fn the_verifier_of_the_rfc_fits_its_challenge_and_no_other_does() {
        assert!(checked(Some(CHALLENGE), VERIFIER));
        assert!(!checked(Some(CHALLENGE), &VERIFIER.replace('d', "e")));
        assert!(!checked(Some(CHALLENGE), ""));
        assert!(!checked(None, VERIFIER));
        assert!(checked(None, ""));
    }

    #[test]
    fn a_verifier_of_the_wrong_length_or_alphabet_is_refused_whatever_its_hash() {
        for verifier in ["x".repeat(42), "x".repeat(129), format!("{VERIFIER}!")] {
            assert!(!checked(Some(&hash(&verifier)), &verifier), "{verifier}");
        }
        assert!(checked(Some(&hash(&"x".repeat(128))), &"x".repeat(128)));
    }

    #[test]
    fn only_an_s256_challenge_is_taken() {
        let challenge = |query: &str| challenge(&of(query)).map_err(|refusal| refusal.code);
        assert_eq!(challenge(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")), Ok(Some(CHALLENGE.into())));
        assert_eq!(challenge(""), Ok(None));
        for bad in ["&code_challenge_method=plain", "", "x&code_challenge_method=S256", "&code_challenge_method=s256"] {
            assert_eq!(challenge(&format!("code_challenge={CHALLENGE}{bad}")), Err(Code::InvalidRequest), "{bad}");
        }
    }
}
