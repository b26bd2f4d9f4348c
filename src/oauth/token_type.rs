//! The types of tokens, as exchanges name them (RFC 8693 section 3).

use crate::text::{escape, nearest};

/// What stands before the names of [`TOKEN_TYPES`].
pub const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:";

/// Section 3's types of tokens.
pub const TOKEN_TYPES: [&str; 6] = ["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"];

/// The identifier of a type of token, by its short name or as it is. Fails with what is expected, in words.
pub fn token_type(text: &str) -> std::result::Result<String, String> {
    if TOKEN_TYPES.contains(&text) {
        return Ok(format!("{TOKEN_TYPE}{text}"));
    }
    // A type of the server's own is a URI.
    if text.contains(':') && !text.contains(char::is_whitespace) {
        return Ok(text.into());
    }
    let near = nearest(text, TOKEN_TYPES).map(|near| format!(" (did you mean `{near}`?)"));
    Err(format!("`{}` is neither one of {} nor a URI{}", escape(text), TOKEN_TYPES.join(", "), near.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_short_name_or_a_uri() {
        assert_eq!(token_type("jwt").unwrap(), "urn:ietf:params:oauth:token-type:jwt");
        assert_eq!(token_type("urn:x:y").unwrap(), "urn:x:y");
        assert!(token_type("acces_token").unwrap_err().contains("did you mean `access_token`?"));
        assert!(token_type("a b:c").is_err() && token_type("").is_err());
    }
}
