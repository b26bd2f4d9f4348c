//! Base64url as JOSE writes it: no padding, no line breaks, no spare bits (RFC 7515 section 2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Writes bytes in the URL-safe alphabet without `=`.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`encode`] writes and nothing else; None for padding, white space, a foreign character or spare bits.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Why a text is not base64url, where its writer followed other rules: a clause for a sentence, or nothing.
pub fn fault(text: &str) -> &'static str {
    match text.bytes().find(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_')) {
        Some(b'=') => ": it is padded with `=`",
        Some(b'+' | b'/') => ": it has `+` or `/`, which plain base64 has",
        Some(byte) if byte.is_ascii_whitespace() => ": there is white space in it",
        Some(_) => ": there is a foreign character in it",
        None if text.len() % 4 == 1 => ": it is cut off",
        None => ": there are spare bits at its end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7515_appendix_c_is_written_and_read() {
        // RFC 7515 appendix C: the octets 3, 236, 255, 224, 193.
        assert_eq!(encode([3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(decode("A-z_4ME"), Some(vec![3, 236, 255, 224, 193]));
    }

    #[test]
    fn only_the_one_spelling_of_a_value_is_read() {
        for bad in ["A-z_4ME=", "A+z/4ME", "A-z_4M\nE", " A-z_4ME", "A-z_4MF", "A", "é"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_told_by_its_cause() {
        for (bad, cause) in [
            ("A-z_4ME=", "padded"),
            ("A+z", "plain base64"),
            ("A\nB", "white space"),
            ("A!b", "foreign"),
            ("A", "cut off"),
            ("A-z_4MF", "spare bits"),
        ] {
            assert!(decode(bad).is_none() && fault(bad).contains(cause), "{bad:?}: {}", fault(bad));
        }
    }
}
