//! The kinds of JWT that one issuer signs, told apart by `typ` (RFC 8725 sections 3.11 and 3.12).

use serde_json::{Map, Value};

/// The `typ` of an access token (RFC 9068 section 2.1).
pub const AT_JWT: &str = "at+jwt";

/// The `typ` header parameter in lower case and without `application/` (RFC 7515 section 4.1.9), so that two can be compared;
/// empty where there is none.
pub fn typ(header: &Map<String, Value>) -> String {
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    typ.strip_prefix("application/").map(String::from).unwrap_or(typ)
}

/// What a token with this [`typ`] is; None where that is not said, as with `JWT`, and an ID token may be it.
pub fn kind_of(typ: &str) -> Option<&'static str> {
    Some(match typ {
        AT_JWT => "an access token (RFC 9068)",
        "logout+jwt" => "a logout token",
        "dpop+jwt" => "a DPoP proof (RFC 9449)",
        "secevent+jwt" => "a security event (RFC 8417)",
        "token-introspection+jwt" => "an introspection answer (RFC 9701)",
        _ => return None,
    })
}
