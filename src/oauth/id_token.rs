//! What an ID token says of a person, believed after every check of OpenID Connect Core sections 3.1.3.7 and 12.2.

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwt::Jwt;
use crate::oauth::answer;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::signature::{self, Algs, ID_TOKEN};
use crate::oauth::world::World;
use crate::secret::{AccessToken, ClientSecret, IdToken, WireSecret};
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// How far the server's clock and this one may be apart (R43).
const SKEW: Seconds = Seconds(60);
/// Where RFC 3339 ends, in Unix seconds. What is later is no date, but most likely milliseconds.
const LAST: f64 = 253_402_300_800.0;

const OPERATOR: &str = "tell the server's operator; without `openid` in `scope` there is no ID token to check";
const AGAIN: &str = "sign in again: oat login";

/// What an ID token must agree with.
pub struct Expected<'a> {
    /// The issuer, byte for byte.
    pub issuer: &'a str,
    /// What else the issuer may be: `{tenantid}` stands for the token's own `tid`. Entra's `common` signs for each tenant so.
    pub issuer_pattern: Option<&'a str>,
    /// Who the token must be for.
    pub client_id: &'a str,
    /// The nonce of the authorization request; None for refresh and device answers, and then none is compared.
    pub nonce: Option<&'a str>,
    /// The access token that came along, for `at_hash`.
    pub access_token: Option<&'a AccessToken>,
    /// The authorization code that it was issued for, for `c_hash`.
    pub code: Option<&'a str>,
    /// On refresh: whom the first ID token was about.
    pub subject: Option<&'a str>,
    /// The `max_age` that was asked for; then the time of sign-in must be told, and not be longer ago.
    pub max_age: Option<Seconds>,
    /// The algorithms that may sign.
    pub algs: Algs,
    /// The time now.
    pub now: UnixTime,
}

/// What is believed of a checked ID token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenClaims {
    /// `sub`: the person, for this issuer; never empty.
    pub subject: String,
    /// A name to show to a person, foreign text as it came: the first of `email`, `preferred_username`, `name`, `upn`.
    pub name: Option<String>,
    /// When the person signed in, where the server says.
    pub auth_time: Option<UnixTime>,
    /// How the person signed in, where the server says.
    pub acr: Option<String>,
    /// From when on the token is not to be accepted any more.
    pub expires_at: UnixTime,
}

/// Checks an ID token: its form, its signature, then what it says. Without `jwks_uri` only an HMAC with the client secret
/// can be checked. Fails with `Invalid` where anything does not hold, `Unavailable` where the keys cannot be fetched now.
pub fn verify(
    world: &mut dyn World,
    token: &IdToken,
    expected: &Expected,
    jwks_uri: Option<&Endpoint>,
    client_secret: Option<&ClientSecret>,
) -> Result<IdTokenClaims> {
    let jwt = Jwt::decode(token.expose()).map_err(|error| invalid(format!("the ID token is {}", error.message)).hint(OPERATOR))?;
    // RFC 8725 section 3.12: another kind of token by the same issuer is none (RFC 9068, OpenID Connect Back-Channel Logout).
    let kind = jwt.header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if matches!(kind.trim_start_matches("application/"), "at+jwt" | "logout+jwt") {
        return Err(invalid(format!("the ID token is another kind of token: its `typ` is `{kind}`")).hint(OPERATOR));
    }
    let alg = signature::check(world, &jwt, ID_TOKEN, &expected.algs, jwks_uri, client_secret)?;
    check(&jwt.claims, alg, expected)
}

/// Checks the claims of a token that was signed with `alg`; the signature is the caller's to check.
pub fn check(claims: &Map<String, Value>, alg: Alg, expected: &Expected) -> Result<IdTokenClaims> {
    same_issuer(claims, expected)?;
    for_the_client(claims, expected.client_id)?;
    let subject = same_subject(claims, expected.subject)?;
    let expires_at = valid_now(claims, expected.now)?;
    if let Some(nonce) = expected.nonce {
        answers(claims, nonce)?;
    }
    let access_token = expected.access_token.map(AccessToken::expose);
    for (name, given, what) in [("at_hash", access_token, "access token"), ("c_hash", expected.code, "authorization code")] {
        if let (Some(given), Some(hash)) = (given, text(claims, name)?)
            && !same(hash, &alg.half_hash(given))
        {
            return Err(invalid(format!("the ID token was not issued with the {what} that it came with (`{name}` differs)")).hint(AGAIN));
        }
    }
    let words = |name: &str| claims.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_string);
    Ok(IdTokenClaims {
        subject,
        name: ["email", "preferred_username", "name", "upn"].into_iter().find_map(words),
        auth_time: recent_sign_in(claims, expected)?,
        acr: words("acr"),
        expires_at,
    })
}

fn same_issuer(claims: &Map<String, Value>, expected: &Expected) -> Result<()> {
    let (issuer, wanted) = (required(claims, "iss")?, expected.issuer);
    let tenant = claims.get("tid").and_then(Value::as_str).unwrap_or_default();
    let plain = !tenant.is_empty() && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if issuer == wanted || (plain && expected.issuer_pattern.is_some_and(|pattern| pattern.replace("{tenantid}", tenant) == issuer)) {
        return Ok(());
    }
    let shown = escape(issuer);
    let slash = issuer.trim_end_matches('/') == wanted.trim_end_matches('/');
    let difference = if slash { "; only the slash at the end differs, but it must be the same" } else { "" };
    Err(invalid(format!("the ID token is from `{shown}`, and the profile's issuer is `{}`{difference}", escape(wanted)))
        .hint(format!("if that is the server you mean, set issuer = \"{shown}\"")))
}

fn for_the_client(claims: &Map<String, Value>, client_id: &str) -> Result<()> {
    let audiences: Option<Vec<&str>> = match claims.get("aud") {
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(several)) => several.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let audiences = audiences.ok_or_else(|| wrong(claims, "aud", "a string or an array of strings"))?;
    let client = escape(client_id);
    if !audiences.contains(&client_id) {
        let shown = if audiences.is_empty() { "nobody".into() } else { format!("`{}`", escape(&audiences.join("`, `"))) };
        return Err(invalid(format!("the ID token is for {shown}, not for the client `{client}`")).hint("is `client_id` right?"));
    }
    match text(claims, "azp")? {
        Some(party) if party != client_id => {
            Err(invalid(format!("the ID token was issued to the client `{}`, not to `{client}`", escape(party)))
                .hint("is `client_id` right?"))
        }
        None if audiences.iter().any(|audience| *audience != client_id) => {
            Err(invalid("the ID token is for several audiences and does not say to which of them it was issued (`azp`)").hint(OPERATOR))
        }
        _ => Ok(()),
    }
}

fn same_subject(claims: &Map<String, Value>, before: Option<&str>) -> Result<String> {
    match (required(claims, "sub")?, before) {
        ("", _) => Err(invalid("the ID token is about nobody: `sub` is empty").hint(OPERATOR)),
        (now, Some(before)) if now != before => {
            Err(invalid(format!("the ID token is about `{}`, and the one before was about `{}`", escape(now), escape(before))).hint(AGAIN))
        }
        (subject, _) => Ok(subject.to_string()),
    }
}

/// The end of the token's life, after a look at all three of its times.
fn valid_now(claims: &Map<String, Value>, now: UnixTime) -> Result<UnixTime> {
    let missing = |name| wrong(claims, name, "a number");
    let expires_at = time(claims, "exp")?.ok_or_else(|| missing("exp"))?;
    let issued_at = time(claims, "iat")?.ok_or_else(|| missing("iat"))?;
    let apart = |what: String| {
        invalid(format!("the ID token {what}, and clocks may differ by {SKEW}"))
            .hint(format!("is this machine's clock right? it says {now}"))
    };
    if now - expires_at >= SKEW {
        return Err(apart(format!("expired {} ago", now - expires_at)));
    }
    if issued_at - now > SKEW {
        return Err(apart(format!("was issued {} in the future", issued_at - now)));
    }
    match time(claims, "nbf")? {
        Some(start) if start - now > SKEW => Err(apart(format!("is not valid for another {}", start - now))),
        _ => Ok(expires_at),
    }
}

fn answers(claims: &Map<String, Value>, nonce: &str) -> Result<()> {
    match text(claims, "nonce")? {
        Some(said) if same(said, nonce) => Ok(()),
        Some(_) => Err(invalid("the ID token answers another sign-in: its `nonce` is not the one that was sent").hint(AGAIN)),
        None => Err(invalid("the ID token does not say which sign-in it answers: it has no `nonce`").hint(OPERATOR)),
    }
}

fn recent_sign_in(claims: &Map<String, Value>, expected: &Expected) -> Result<Option<UnixTime>> {
    // Where nothing hangs on it, what is malformed is not worth a failure.
    let Some(max_age) = expected.max_age else { return Ok(time(claims, "auth_time").ok().flatten()) };
    let signed_in = time(claims, "auth_time")?.ok_or_else(|| wrong(claims, "auth_time", "a number"))?;
    if signed_in + max_age + SKEW < expected.now {
        let ago = expected.now - signed_in;
        return Err(invalid(format!("the ID token is from a sign-in {ago} ago, and `max_age` allows {max_age}, with {SKEW} for clocks"))
            .hint(AGAIN));
    }
    Ok(Some(signed_in))
}

/// A NumericDate (RFC 7519 section 2), without its fraction. A wrong type is a failure, and not the same as none.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<UnixTime>> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    match value.as_f64() {
        Some(seconds) if (0.0..LAST).contains(&seconds) => Ok(Some(UnixTime(seconds as i64))),
        Some(_) => Err(invalid(format!("the ID token's `{name}` is no point in time: {}", escape(&value.to_string()))).hint(OPERATOR)),
        None => Err(wrong(claims, name, "a number")),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| wrong(claims, name, "a string")),
    }
}

fn required<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    text(claims, name)?.ok_or_else(|| wrong(claims, name, "a string"))
}

/// Without stopping at the first difference.
fn same(a: &str, b: &str) -> bool {
    WireSecret::new(a) == WireSecret::new(b)
}

fn wrong(claims: &Map<String, Value>, name: &str, wanted: &str) -> Error {
    answer::wrong(ID_TOKEN, claims, name, wanted).hint(OPERATOR)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}

#[cfg(test)]
mod tests;
