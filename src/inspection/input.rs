//! The token in what was piped in or pasted: bare, behind `Bearer`, in a header line, or in a token answer.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::inspection::TokenKind;
use crate::json;
use crate::secret::WireSecret;

/// The most bytes that are read: the longest token, and what may stand around it.
pub const LONGEST: usize = crate::jose::compact::LONGEST + (1 << 20);

/// Finds the token. `kind` says which one of a token answer. Fails with kind `Invalid`, and never with a word of the text.
pub fn token(bytes: &[u8], kind: TokenKind) -> Result<WireSecret> {
    let text = std::str::from_utf8(bytes).map_err(|_| invalid("standard input is not text (it is not UTF-8)"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.is_empty() {
        return Err(invalid("there is no token on standard input").hint("did the command before the pipe fail?"));
    }
    if text.starts_with('{') {
        return member(text, kind);
    }
    bare(unquoted(header_value(unquoted(text))))
}

/// One token of a token answer, or of what `oat token get --format json` prints.
fn member(text: &str, kind: TokenKind) -> Result<WireSecret> {
    let members =
        json::object(text.as_bytes()).map_err(|reason| invalid(format!("the JSON on standard input cannot be read: {reason}")))?;
    let wanted = if kind == TokenKind::Unknown { TokenKind::Access.name() } else { kind.name() };
    let token = |name: &str| text_of(&members, name).filter(|token| !token.is_empty());
    // Slack nests the token of a person.
    let nested = members.get("authed_user").and_then(Value::as_object).and_then(|user| text_of(user, wanted));
    if let Some(token) = token(wanted).or(nested) {
        return bare(token);
    }
    if members.contains_key("payload") || members.contains_key("ciphertext") {
        return Err(invalid("it is a JWS or JWE in its JSON serialization, and only the compact one is read"));
    }
    let error = invalid(format!("the JSON on standard input has no `{wanted}`"));
    Err(match ["id_token", "refresh_token"].into_iter().find(|name| token(name).is_some()) {
        Some(name) => error.hint(format!("it has an `{name}`: oat inspect - --{}", name.replace('_', "-"))),
        None => error.hint("a token answer has `access_token`; a bare token will do as well"),
    })
}

fn text_of<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// What stands behind the name of a header and its scheme.
fn header_value(text: &str) -> &str {
    let named = text.split_once(':').filter(|(name, _)| {
        name.eq_ignore_ascii_case("authorization") || (name.contains('-') && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))
    });
    let value = unquoted(named.map_or(text, |(_, value)| value).trim());
    let end = value.bytes().take(8).position(|byte| matches!(byte, b' ' | b'\t'));
    let scheme = end
        .map(|end| value.split_at(end))
        .filter(|(scheme, _)| ["bearer", "dpop", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    scheme.map_or(value, |(_, token)| token.trim())
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

fn bare(token: &str) -> Result<WireSecret> {
    // R61: bytes that no token has.
    match token.bytes().find(|byte| !byte.is_ascii_graphic()) {
        None => Ok(WireSecret::new(token)),
        // A JWT that a terminal or a mail broke into lines.
        Some(byte) if byte.is_ascii_whitespace() && token.starts_with("eyJ") => {
            bare(&Zeroizing::new(token.split_whitespace().collect::<String>()))
        }
        Some(b' ' | b'\t' | b'\r' | b'\n') => Err(invalid("there is white space in the token").hint("one token, and nothing else")),
        Some(_) => Err(invalid("the token has a character that no token has").hint("tokens are printable ASCII (RFC 6750 section 2.1)")),
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String> {
        token(text.as_bytes(), TokenKind::Unknown).map(|token| token.expose().to_string())
    }

    #[test]
    fn a_token_is_found_in_whatever_people_copy() {
        for text in [
            "t0k.en",
            " t0k.en\r\n",
            "\u{feff}t0k.en",
            "Bearer t0k.en",
            "bearer  t0k.en\n",
            "DPoP t0k.en",
            "Authorization: Bearer t0k.en",
            "authorization:Bearer t0k.en",
            "'Authorization: Bearer t0k.en'",
            "\"t0k.en\"",
            "X-Forwarded-Access-Token: t0k.en",
            r#"{"access_token":"t0k.en","id_token":"other"}"#,
            r#"{"ok":true,"authed_user":{"access_token":"t0k.en"}}"#,
        ] {
            assert_eq!(read(text).unwrap(), "t0k.en", "{text}");
        }
        assert_eq!(read("eyJh\n  bGci\r\n.e30.x").unwrap(), "eyJhbGci.e30.x");
        assert_eq!(token(br#"{"access_token":"a","id_token":"i"}"#, TokenKind::Id).unwrap().expose(), "i");
    }

    #[test]
    fn r61_what_is_no_token_is_told_without_a_word_of_it() {
        for (bad, told) in [
            ("", "no token on standard input"),
            (" \n", "no token on standard input"),
            ("CANARY x", "white space"),
            ("CANARY\nx", "white space"),
            ("CANARY\u{1b}[31m", "no token has"),
            ("CANARY\u{e9}", "no token has"),
            (r#"{"CANARY":1}"#, "has no `access_token`"),
            (r#"{"access_token":7,"x":"CANARY"}"#, "has no `access_token`"),
            (r#"{"access_token":"CANARY x"}"#, "white space"),
            (r#"{"payload":"CANARY","signatures":[]}"#, "only the compact one"),
            (r#"{"CANARY"#, "cannot be read: the JSON ends too early"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.contains(told), "{bad}: {}", error.message);
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
        }
        assert!(token(b"\xff\xfe", TokenKind::Unknown).unwrap_err().message.contains("not UTF-8"));
        assert_eq!(read(r#"{"id_token":"i"}"#).unwrap_err().hint.clone().unwrap(), "it has an `id_token`: oat inspect - --id-token");
    }
}
