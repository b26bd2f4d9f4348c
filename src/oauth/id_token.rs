//! What an ID token says of a person, believed after every check of OpenID Connect Core sections 3.1.3.7 and 12.2.

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwt::Jwt;
use crate::oauth::claims::{Claims, SKEW};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::signature::{self, Algs, ID_TOKEN};
use crate::oauth::typ;
use crate::oauth::world::World;
use crate::secret::{AccessToken, ClientSecret, IdToken, WireSecret};
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

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
    let named = typ::typ(&jwt.header);
    if let Some(kind) = typ::kind_of(&named) {
        return Err(invalid(format!("the ID token is another kind of token: its `typ` is `{named}`, {kind}")).hint(OPERATOR));
    }
    let alg = signature::check(world, &jwt, ID_TOKEN, &expected.algs, jwks_uri, client_secret)?;
    check(&jwt.claims, alg, expected)
}

/// Checks the claims of a token that was signed with `alg`; the signature is the caller's to check.
pub fn check(set: &Map<String, Value>, alg: Alg, expected: &Expected) -> Result<IdTokenClaims> {
    let claims = Claims { what: ID_TOKEN, set };
    claims.issued_by("the profile's issuer", expected.issuer, expected.issuer_pattern)?;
    claims.for_the_client(expected.client_id)?;
    let subject = same_subject(&claims, expected.subject)?;
    let missing = |name| claims.wrong(name, "a number");
    // All are there before one is judged.
    claims.time("exp")?.ok_or_else(|| missing("exp"))?;
    claims.time("iat")?.ok_or_else(|| missing("iat"))?;
    let expires_at = claims.unexpired(expected.now)?;
    claims.issued(expected.now)?;
    claims.begun(expected.now)?;
    if let Some(nonce) = expected.nonce {
        answers(&claims, nonce)?;
    }
    let access_token = expected.access_token.map(AccessToken::expose);
    for (name, given, what) in [("at_hash", access_token, "access token"), ("c_hash", expected.code, "authorization code")] {
        if let (Some(given), Some(hash)) = (given, claims.text(name)?)
            && !same(hash, &alg.half_hash(given))
        {
            return Err(claims.fails(format!("was not issued with the {what} that it came with (`{name}` differs)")).hint(AGAIN));
        }
    }
    let words = |name: &str| set.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_string);
    Ok(IdTokenClaims {
        subject,
        name: ["email", "preferred_username", "name", "upn"].into_iter().find_map(words),
        auth_time: recent_sign_in(&claims, expected)?,
        acr: words("acr"),
        expires_at,
    })
}

fn same_subject(claims: &Claims, before: Option<&str>) -> Result<String> {
    match (claims.subject()?, before) {
        (now, Some(before)) if now != before => {
            Err(claims.fails(format!("is about `{}`, and the one before was about `{}`", escape(now), escape(before))).hint(AGAIN))
        }
        (subject, _) => Ok(subject.to_string()),
    }
}

fn answers(claims: &Claims, nonce: &str) -> Result<()> {
    match claims.text("nonce")? {
        Some(said) if same(said, nonce) => Ok(()),
        Some(_) => Err(claims.fails("answers another sign-in: its `nonce` is not the one that was sent").hint(AGAIN)),
        None => Err(claims.fails("does not say which sign-in it answers: it has no `nonce`").hint(OPERATOR)),
    }
}

fn recent_sign_in(claims: &Claims, expected: &Expected) -> Result<Option<UnixTime>> {
    // Where nothing hangs on it, what is malformed is not worth a failure.
    let Some(max_age) = expected.max_age else { return Ok(claims.time("auth_time").ok().flatten()) };
    let signed_in = claims.time("auth_time")?.ok_or_else(|| claims.wrong("auth_time", "a number"))?;
    if signed_in + max_age + SKEW < expected.now {
        let ago = expected.now - signed_in;
        return Err(claims
            .fails(format!("is from a sign-in {ago} ago, and `max_age` allows {max_age}, with {SKEW} for clocks"))
            .hint(AGAIN));
    }
    Ok(Some(signed_in))
}

/// Without stopping at the first difference.
fn same(a: &str, b: &str) -> bool {
    WireSecret::new(a) == WireSecret::new(b)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}

#[cfg(test)]
mod tests;
