//! Reads what token endpoints answer: the RFC's form, and the forms seen in the wild.

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::json;
use crate::oauth::token::{Lifetime, TokenSet};
use crate::oauth::token_type::TOKEN_TYPE;
use crate::oauth::world::Response;
use crate::secret::{AccessToken, IdToken, RefreshToken, WireSecret, redact};
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// Lifetimes above forty years are taken for nonsense: what is longer is milliseconds, or a point in time since 1970.
const LONGEST: Seconds = Seconds(40 * 365 * 86_400);

/// What the reader has to know besides the answer itself.
#[derive(Debug, Default)]
pub struct Expectation<'a> {
    /// JSON pointer to a nested token object (Slack: `/authed_user`).
    pub pointer: Option<&'a str>,
    /// The server's own word for Bearer (eBay: `Application Access Token`).
    pub token_type: Option<&'a str>,
    /// Secrets of ours that an echo must not show.
    pub ours: &'a [WireSecret],
    /// Which endpoint it is, by the profile's key; empty is `token_endpoint`.
    pub key: &'static str,
    /// Of an exchange: the type of token that was asked for, empty where none was.
    pub requested: Option<&'a str>,
}

impl Expectation<'_> {
    fn key(&self) -> &'static str {
        if self.key.is_empty() { "token_endpoint" } else { self.key }
    }

    /// `token endpoint`
    fn endpoint(&self) -> String {
        self.key().replace('_', " ")
    }
}

/// Reads a token answer. `error` wins over a token, whatever the status says.
pub fn read(response: &Response, expect: &Expectation) -> Result<TokenSet> {
    let members = object(response, expect)?;
    let nested = expect.pointer.and_then(|pointer| Value::Object(members.clone()).pointer(pointer).and_then(Value::as_object).cloned());
    let set = token_set(nested.unwrap_or(members), expect)?;
    Ok(TokenSet { server_time: server_time(response), ..set })
}

/// The members of an answer that is no error. Fails with what the server says against it, or with why it cannot be read.
pub fn object(response: &Response, expect: &Expectation) -> Result<Map<String, Value>> {
    if (300..400).contains(&response.status) {
        return Err(redirected(response, expect));
    }
    let members = match members(response) {
        Ok(members) => members,
        Err(reason) => return Err(unreadable(response, &reason, expect)),
    };
    if let Some((code, description)) = error_of(&members) {
        // An answer may carry a token and repeat it in its error.
        let tokens = ["access_token", "refresh_token", "id_token"].iter().filter_map(|name| members.get(*name)?.as_str());
        let ours: Vec<WireSecret> = expect.ours.iter().cloned().chain(tokens.map(WireSecret::new)).collect();
        return Err(refused(response, &code, description.as_deref(), &Expectation { ours: &ours, ..*expect }));
    }
    if !(200..300).contains(&response.status) {
        return Err(unreadable(response, "it names no error", expect));
    }
    Ok(members)
}

/// What is told of a member that is not there, or of the wrong type; `what` holds it, in the words of a sentence.
pub fn wrong(what: &str, members: &Map<String, Value>, name: &str, wanted: &str) -> Error {
    let message = match members.get(name) {
        None => format!("{what} has no `{name}`"),
        Some(value) => format!("{what}'s `{name}` is {}, not {wanted}", json::type_name(value)),
    };
    Error::new(Kind::Invalid, message).hint("tell the server's operator")
}

/// The server's clock, as its Date header tells it (RFC 9110 section 6.6.1).
fn server_time(response: &Response) -> Option<UnixTime> {
    let date = httpdate::parse_http_date(response.header("date")?).ok()?;
    i64::try_from(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok().map(UnixTime)
}

/// The members of the answer: a JSON object under any content type, or a form under its own.
fn members(response: &Response) -> std::result::Result<Map<String, Value>, String> {
    let is_form = response.media_type() == "application/x-www-form-urlencoded" && !response.body.trim_ascii_start().starts_with(b"{");
    if is_form && response.cut_short.is_none() {
        // GitHub answers so, unless asked for JSON.
        let mut map = Map::new();
        for (name, value) in url::form_urlencoded::parse(&response.body) {
            if map.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
                return Err("the form has a parameter twice".into());
            }
        }
        return Ok(map);
    }
    json::object(&response.body)
}

/// The error code and its description, in any of the shapes that servers use.
fn error_of(members: &Map<String, Value>) -> Option<(String, Option<String>)> {
    let text = |value: &Value, names: &[&str]| names.iter().find_map(|name| value.get(*name)?.as_str()).map(str::to_string);
    let described = ["error_description", "errorDescription", "message", "error_message"];
    let outer = members.get("error").filter(|error| !matches!(error, Value::Null | Value::Bool(false)) && error.as_str() != Some(""));
    if let Some(error) = outer {
        let all = Value::Object(members.clone());
        return Some(match error {
            Value::String(code) => (code.clone(), text(&all, &described)),
            // `error` as an object, as Facebook and Google APIs have it.
            Value::Object(_) => {
                let code = text(error, &["code", "error", "type", "status"]).unwrap_or_else(|| "error".into());
                (code, text(error, &["message", "description", "error_description"]).or_else(|| text(&all, &described)))
            }
            Value::Number(number) => (number.to_string(), text(&all, &described)),
            // An array may hold anything, so it is not told.
            _ => ("error".into(), text(&all, &described)),
        });
    }
    // Fitbit: {"errors":[{"errorType":"invalid_client","message":"…"}]}
    let first = members.get("errors").and_then(Value::as_array).and_then(|errors| errors.first());
    if let Some(first) = first {
        return Some((
            text(first, &["errorType", "code", "error"]).unwrap_or_else(|| "error".into()),
            text(first, &["message", "description"]),
        ));
    }
    // Some gateways send the code under another name, or none at all beside `ok: false`.
    let code = ["errorCode", "error_code"].iter().find_map(|name| members.get(*name)).and_then(Value::as_str);
    match code {
        Some(code) => Some((code.to_string(), text(&Value::Object(members.clone()), &described))),
        None => (members.get("ok") == Some(&Value::Bool(false))).then(|| ("error".into(), None)),
    }
}

fn token_set(members: Map<String, Value>, expect: &Expectation) -> Result<TokenSet> {
    let mut members = members;
    // plentymarkets and a few others write camelCase.
    let mut take = |snake: &str, camel: &str| members.remove(snake).or_else(|| members.remove(camel)).filter(|value| !value.is_null());
    let issued = take("issued_token_type", "issuedTokenType").and_then(|value| value.as_str().map(str::to_string));
    exchanged(issued.as_deref(), expect)?;
    let access_token = token(take("access_token", "accessToken"))?;
    let token_type = token_type(take("token_type", "tokenType").as_ref(), issued.as_deref(), expect)?;
    // `expires` is Facebook's; 0 is Mailchimp's, for never; PayPal sends a string.
    let lives = take("expires_in", "expiresIn").or_else(|| take("expires", "expires"));
    let lives = lives.map_or(Lifetime::Missing, |value| lifetime(&value));
    let scope = take("scope", "scopes").and_then(|value| scope(&value)).map(|scope| redact(&scope, expect.ours));
    let refresh_token =
        take("refresh_token", "refreshToken").and_then(|v| v.as_str().map(RefreshToken::new)).filter(|t| !t.expose().is_empty());
    let refresh_token_lifetime = take("refresh_token_expires_in", "refresh_expires_in").and_then(|value| match lifetime(&value) {
        // Keycloak's offline tokens say 0: no end.
        Lifetime::Known(Seconds(seconds)) if seconds > 0 => Some(Seconds(seconds)),
        _ => None,
    });
    let id_token = take("id_token", "idToken").and_then(|v| v.as_str().map(IdToken::new)).filter(|t| !t.expose().is_empty());
    for foreign in [refresh_token.as_ref().map(|t| t.expose()), id_token.as_ref().map(|t| t.expose())].into_iter().flatten() {
        printable(foreign, "a refresh token or ID token")?;
    }
    let mut extra = members;
    extra.retain(|name, value| harmless(name, value, expect.ours));
    if let Some(issued) = issued.filter(|_| expect.requested.is_some()) {
        extra.insert("issued_token_type".into(), shown(&issued, expect.ours).into());
    }
    Ok(TokenSet {
        access_token,
        token_type,
        lifetime: lives,
        scope,
        refresh_token,
        refresh_token_lifetime,
        id_token,
        server_time: None,
        extra,
    })
}

fn token(value: Option<Value>) -> Result<AccessToken> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => {
            printable(&text, "an access token")?;
            Ok(AccessToken::new(text))
        }
        None => Err(Error::new(Kind::Invalid, "the token endpoint's answer has no `access_token`")
            .hint("is `token_endpoint` the token endpoint? `-v` shows where the request went; a nested token needs `token_pointer`")),
        Some(Value::String(_)) => Err(Error::new(Kind::Invalid, "the token endpoint's answer has an empty `access_token`")
            .hint("this is the server's fault: tell its operator")),
        Some(other) => Err(Error::new(
            Kind::Invalid,
            format!("`access_token` in the token endpoint's answer is {}, not a string", json::type_name(&other)),
        )
        .hint("this is the server's fault: tell its operator")),
    }
}

/// R61: a line break or a control byte in a token would inject a header or a variable.
fn printable(token: &str, what: &str) -> Result<()> {
    match token.bytes().find(|byte| !(0x21..=0x7e).contains(byte)) {
        None => Ok(()),
        Some(byte) => {
            Err(Error::new(Kind::Invalid, format!("the server sent {what} with byte 0x{byte:02x} in it, which no header can carry"))
                .hint("the token was neither printed nor kept; tell the server's operator"))
        }
    }
}

/// RFC 8693 section 2.2.1: what came of an exchange has to be what was asked for. An access token and a JWT are both what a
/// bearer can use; servers that do not say what they issued mean an access token.
fn exchanged(issued: Option<&str>, expect: &Expectation) -> Result<()> {
    let Some(asked) = expect.requested else { return Ok(()) };
    let short = |urn: &str| urn.strip_prefix(TOKEN_TYPE).unwrap_or(urn).to_string();
    let bearer = |urn: &str| matches!(short(urn).as_str(), "access_token" | "jwt");
    let right = match issued {
        None => asked.is_empty() || bearer(asked),
        Some(issued) if asked.is_empty() => !matches!(short(issued).as_str(), "refresh_token" | "saml1" | "saml2"),
        Some(issued) => issued == asked || (bearer(issued) && bearer(asked)),
    };
    if right {
        return Ok(());
    }
    let asked = if asked.is_empty() { "access_token".into() } else { short(asked) };
    let Some(issued) = issued.map(|issued| shown(&short(issued), expect.ours)) else {
        let told = format!("the exchange does not say what it gave (`issued_token_type`), and `{}` was asked for", escape(&asked));
        return Err(Error::new(Kind::Invalid, told).hint("it was neither printed nor kept; tell the server's operator"));
    };
    Err(Error::new(Kind::Invalid, format!("the exchange gave a token of type `{issued}`, and `{}` was asked for", escape(&asked)))
        .hint(format!("it was neither printed nor kept; if it is what you need, set requested_token_type = \"{issued}\" in the profile")))
}

fn token_type(value: Option<&Value>, issued: Option<&str>, expect: &Expectation) -> Result<String> {
    match value {
        // weibo and douban leave it out.
        None => Ok("Bearer".into()),
        // RFC 8693 section 2.2.1: what is not an access token is not presented as one.
        Some(Value::String(word))
            if word.eq_ignore_ascii_case("N_A")
                && expect.requested.is_some()
                && issued.is_some_and(|issued| issued.strip_prefix(TOKEN_TYPE) != Some("access_token")) =>
        {
            Ok("N_A".into())
        }
        Some(Value::String(word)) if word.eq_ignore_ascii_case("bearer") => Ok("Bearer".into()),
        Some(Value::String(word)) if expect.token_type.is_some_and(|own| own.eq_ignore_ascii_case(word)) => Ok("Bearer".into()),
        // RFC 6749 section 7.1: a client must not use a token of a type that it does not understand.
        Some(other) => {
            let word = other.as_str().map_or_else(|| json::type_name(other).to_string(), |word| shown(word, expect.ours));
            Err(Error::new(Kind::Invalid, format!("the server sent a token of type `{word}`; oat knows only Bearer"))
                .hint(format!("if this server means Bearer by it, set `token_type = \"{word}\"` in the profile")))
        }
    }
}

fn lifetime(value: &Value) -> Lifetime {
    match json::seconds(value) {
        Some(length) if length <= LONGEST => Lifetime::Known(length.max(Seconds(0))),
        _ => Lifetime::Garbled,
    }
}

/// A string, an array, or a list with commas (GitHub, Slack): separated by spaces. Anything else says nothing.
fn scope(value: &Value) -> Option<String> {
    let words: Vec<&str> = match value {
        Value::String(text) => text.split([' ', ',']).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether an unknown member may be kept and shown: short, flat, printable, and not named like a secret.
fn harmless(name: &str, value: &Value, ours: &[WireSecret]) -> bool {
    let lower = name.to_ascii_lowercase();
    let secretive = ["token", "secret", "password", "assertion", "code", "key", "signature"].iter().any(|word| lower.contains(word));
    let small = match value {
        Value::String(text) => text.len() <= 1024 && !text.chars().any(char::is_control) && redact(text, ours) == *text,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    !secretive && small && name.len() <= 64 && !name.chars().any(char::is_control)
}

/// R105: credentials never follow a redirect.
fn redirected(response: &Response, expect: &Expectation) -> Error {
    let target = response
        .header("location")
        .map_or_else(|| "nowhere".into(), |to| format!("`{}`", shown(to.split(['?', '#']).next().unwrap_or_default(), expect.ours)));
    let (endpoint, words) = (expect.endpoint(), status(response.status));
    Error::new(Kind::Invalid, format!("the {endpoint} answered {words} and points to {target}; credentials never follow a redirect"))
        .hint(format!("if that is the right address, set it as `{}` in the profile", expect.key()))
}

/// An OAuth error answer (RFC 6749 section 5.2), or one that looks like it.
pub fn refused(response: &Response, code: &str, description: Option<&str>, expect: &Expectation) -> Error {
    let (ours, endpoint) = (expect.ours, expect.endpoint());
    let code = shown(code, ours);
    let kind = match code.as_str() {
        "server_error" | "temporarily_unavailable" | "slow_down" => Kind::Unavailable,
        _ if response.status >= 500 || response.status == 429 => Kind::Unavailable,
        _ => Kind::Denied,
    };
    let why = description.map(|text| format!(" ({})", shown(text, ours))).unwrap_or_default();
    let what = match (kind, code.as_str()) {
        (Kind::Unavailable, _) => format!("{endpoint} has trouble: {code}{why}"),
        (_, "invalid_client" | "unauthorized_client" | "incorrect_client_credentials") => {
            format!("{endpoint} refused the client: {code}{why}")
        }
        _ => format!("{endpoint} refused the request: {code}{why}"),
    };
    let error = Error::new(kind, what).oauth(code);
    if kind == Kind::Unavailable { error.hint(later(response, ours)) } else { error }
}

/// R50: an answer that cannot be read is told by its status and kind, never by its body.
fn unreadable(response: &Response, reason: &str, expect: &Expectation) -> Error {
    let (status_code, words, ours) = (response.status, status(response.status), expect.ours);
    let (endpoint, key) = (expect.endpoint(), expect.key());
    let what = shape(response, reason, ours);
    if let Some(cut) = response.cut_short.as_ref().filter(|_| (200..300).contains(&status_code)) {
        let error = Error::new(
            Kind::Unavailable,
            format!("the {endpoint}'s answer was cut short ({}) after {} bytes", escape(cut), response.body.len()),
        );
        return error.hint("try again; if it stays, a proxy or the server breaks answers off").in_doubt();
    }
    match status_code {
        429 | 500.. => Error::new(Kind::Unavailable, format!("{endpoint} answered {words}{what}")).hint(later(response, ours)),
        400 | 401 | 403 => Error::new(Kind::Denied, format!("{endpoint} refused the request: {words}{what}"))
            .hint("the server gives no reason; check the client's id and secret, `client_auth` and `token_request_body` (`-v` shows what was sent)"),
        400..500 => Error::new(Kind::Invalid, format!("{endpoint} answered {words}{what}")).hint(format!("is `{key}` right, and does it take this `token_request_body`?")),
        _ => Error::new(Kind::Invalid, format!("{endpoint} answered {words}, but {}", what.trim_start_matches([',', ' '])))
            .hint(format!("is `{key}` the {endpoint}? `-v` shows where the request went")),
    }
}

fn shape(response: &Response, reason: &str, ours: &[WireSecret]) -> String {
    let start = response.body.trim_ascii_start();
    let head: Vec<u8> = start.iter().take(15).map(u8::to_ascii_lowercase).collect();
    let media = response.media_type();
    if start.is_empty() {
        ", with an empty body".into()
    } else if head.starts_with(b"<!doctype") || head.starts_with(b"<html") || media == "text/html" {
        format!(", the answer ({}) looks like an HTML page", if media.is_empty() { "no content type".into() } else { shown(&media, ours) })
    } else if media.is_empty() {
        format!(", the answer names no content type and is not usable: {reason}")
    } else {
        format!(", the answer ({}) is not usable: {reason}", shown(&media, ours))
    }
}

/// R51: nobody is told to sign in again because a server is down.
fn later(response: &Response, ours: &[WireSecret]) -> String {
    let reset =
        response.header("x-ratelimit-reset").map(|at| format!("; the rate limit resets at {}", shown(at, ours))).unwrap_or_default();
    match response.header("retry-after") {
        Some(after) => format!("try again later; the server asks to wait: {}{reset}", shown(after, ours)),
        None => format!("try again later{reset}"),
    }
}

/// `503 Service Unavailable`
pub fn status(code: u16) -> String {
    let reason = match code {
        200 => " OK",
        201 => " Created",
        204 => " No Content",
        301 => " Moved Permanently",
        302 => " Found",
        303 => " See Other",
        307 => " Temporary Redirect",
        308 => " Permanent Redirect",
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not Found",
        405 => " Method Not Allowed",
        406 => " Not Acceptable",
        415 => " Unsupported Media Type",
        429 => " Too Many Requests",
        500 => " Internal Server Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Gateway Timeout",
        _ => "",
    };
    format!("{code}{reason}")
}

/// R66 and R70: a stranger's text without our secrets and without what moves a cursor.
pub fn shown(text: &str, ours: &[WireSecret]) -> String {
    escape(&redact(text, ours))
}

#[cfg(test)]
mod tests;
