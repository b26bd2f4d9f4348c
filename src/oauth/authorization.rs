//! The authorization request and its answer (RFC 6749 sections 4.1.1 and 4.1.2, RFC 7636, RFC 9207).

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::oauth::endpoints::{Endpoint, for_browser};
use crate::oauth::redirect::Redirect;
use crate::oauth::token::plain;
use crate::secret::{AuthorizationCode, Once};
use crate::text::escape;

/// What the request itself says: nobody else may, not the endpoint's own query and not a profile.
pub const PROTOCOL: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
];

/// A typed code has at least so many characters: less is a slip of the keys.
const SHORTEST_CODE: usize = 8;

/// What is asked of an authorization endpoint, and what its answer must agree with.
#[derive(Debug)]
pub struct Authorization<'a> {
    /// The authorization endpoint.
    pub endpoint: &'a Endpoint,
    /// The client's identifier.
    pub client_id: &'a str,
    /// Where it is to end.
    pub redirect: &'a Redirect,
    /// scope, audience, prompt, … in order.
    pub parameters: &'a [(String, Value)],
    /// Whether an ID token is asked for, which then has to repeat a nonce.
    pub nonce: bool,
    /// The issuer that `iss` of the answer must be.
    pub issuer: Option<&'a str>,
    /// An issuer with a place for a tenant's id (Entra).
    pub issuer_pattern: Option<&'a str>,
    /// Whether the server says that its answers carry `iss`.
    pub iss_promised: bool,
}

/// What an answer must agree with.
pub struct Expected<'a> {
    /// The state that was sent.
    pub state: &'a Once,
    /// The issuer that `iss` must be, byte for byte; None where none is known.
    pub issuer: Option<&'a str>,
    /// An issuer with a place for a tenant's id.
    pub issuer_pattern: Option<&'a str>,
    /// Whether `iss` must be there (RFC 9207 section 2.4).
    pub iss_promised: bool,
}

/// What an answer turned out to be.
pub enum Reading {
    /// Not this login's: it is ignored.
    Foreign,
    /// This login's, with a code.
    Code(AuthorizationCode),
    /// This login's, and the server said no: its own words.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
    /// This login's, and it does not hold.
    Failed(Error),
}

/// The address to sign in at, safe to hand to a browser. Fails with `Invalid` where the endpoint's own query says what is ours to say.
pub fn url(ask: &Authorization, redirect_uri: &str, state: &Once, challenge: &str, nonce: Option<&Once>) -> Result<String> {
    let mut url = ask.endpoint.url().clone();
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| PROTOCOL.contains(&name.as_ref())) {
        return Err(Error::new(Kind::Invalid, format!("the authorization endpoint {} says `{}` by itself", ask.endpoint, escape(&name)))
            .hint("this is not how a server announces itself; set `authorization_endpoint` in the profile"));
    }
    let mut query = url.query_pairs_mut();
    query.append_pair("response_type", "code").append_pair("client_id", ask.client_id).append_pair("redirect_uri", redirect_uri);
    for (name, value) in ask.parameters {
        match value {
            Value::Array(values) => {
                for value in values {
                    query.append_pair(name, &plain(value));
                }
            }
            value => {
                query.append_pair(name, &plain(value));
            }
        }
    }
    query.append_pair("state", state.expose()).append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
    if let Some(nonce) = nonce {
        query.append_pair("nonce", nonce.expose());
    }
    drop(query);
    // Every server reads `%20`; some read `+` as it stands.
    let spaced = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(spaced.as_deref());
    for_browser(&url).map_err(|reason| Error::new(Kind::Invalid, reason).hint("set `authorization_endpoint` in the profile"))
}

/// Reads a redirect's query, or what a person pasted: the whole address, its query, or the bare code.
pub fn read(text: &str, pasted: bool, expected: &Expected) -> Reading {
    let text = text.trim();
    let word = !text.contains(['=', '?']) && !text.contains("://") && text.bytes().all(|byte| byte.is_ascii_graphic());
    let bare = pasted && word && text.len() >= SHORTEST_CODE;
    if bare {
        // Only PKCE binds it to this login then; a server that promises `iss` has more to say.
        return if expected.iss_promised { Reading::Foreign } else { code(text) };
    }
    let query = if pasted { query_of(text) } else { text };
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let all = |name: &str| parameters.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
    // Without the state nothing else counts, not even an error (RFC 6749 section 10.12).
    match all("state")[..] {
        [state] if Once::new(state) == *expected.state => {}
        _ => return Reading::Foreign,
    }
    for name in ["iss", "error", "error_description", "code"] {
        if all(name).len() > 1 {
            return failed(format!("the server's redirect has `{name}` more than once"));
        }
    }
    let one = |name: &str| all(name).first().map(|value| value.to_string());
    if let Some(error) = wrong_issuer(one("iss").as_deref(), expected) {
        return Reading::Failed(error);
    }
    match (one("error").filter(|error| !error.is_empty()), one("code").filter(|code| !code.is_empty())) {
        (Some(_), Some(_)) => failed("the server's redirect has both a code and an error"),
        (Some(error), None) => Reading::Refused { error, description: one("error_description").filter(|text| !text.is_empty()) },
        (None, Some(text)) => code(&text),
        (None, None) => failed("the server's redirect has neither a code nor an error"),
    }
}

/// What the server's refusal means for the person.
pub fn refused(error: &str, description: Option<&str>) -> Error {
    let (code, why) = (escape(error), description.map(|text| format!(" ({})", escape(text))).unwrap_or_default());
    let (kind, what) = match error {
        "access_denied" => (Kind::Denied, "the sign-in was denied"),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            (Kind::LoginRequired, "the server wants a person to act")
        }
        "server_error" | "temporarily_unavailable" => (Kind::Unavailable, "the authorization endpoint has trouble"),
        _ => (Kind::Denied, "the server refused the sign-in"),
    };
    Error::new(kind, format!("{what}: {code}{why}")).oauth(code)
}

/// The query of a pasted address; a server that answers in the fragment is understood too.
fn query_of(text: &str) -> &str {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    match before.split_once('?') {
        Some((_, query)) => query,
        None if before.contains("://") => fragment,
        None => before,
    }
}

/// RFC 6749 appendix A.11: a code is of printable ASCII.
fn code(text: &str) -> Reading {
    match text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        true => Reading::Code(AuthorizationCode::new(text)),
        false => failed("the server's redirect has a code with characters that no code can have"),
    }
}

/// RFC 9207 section 2.4. An answer of another server is not this one's, so its error text is not shown.
fn wrong_issuer(iss: Option<&str>, expected: &Expected) -> Option<Error> {
    let issuer = expected.issuer?;
    let told = match iss {
        Some(iss) if iss == issuer || expected.issuer_pattern.is_some_and(|pattern| fits(iss, pattern)) => return None,
        Some(iss) => format!("the redirect came from `{}`, not from the issuer `{}`", escape(iss), escape(issuer)),
        None if expected.iss_promised => {
            format!("the redirect does not say which server it comes from, though `{}` promises that", escape(issuer))
        }
        None => return None,
    };
    Some(Error::new(Kind::Invalid, told).hint("its code was not used; if it happens again, someone may be mixing two servers up"))
}

/// Whether an issuer is the pattern with some tenant's id in it.
fn fits(iss: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once("{tenantid}") else { return false };
    let tenant = iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    tenant.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

fn failed(message: impl Into<String>) -> Reading {
    Reading::Failed(
        Error::new(Kind::Invalid, message).hint("this is the server's fault, or someone changed its answer; nothing was sent on"),
    )
}

#[cfg(test)]
mod tests;
