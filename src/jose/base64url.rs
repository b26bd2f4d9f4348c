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
}
