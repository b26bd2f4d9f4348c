//! Whether an ID token may be believed, by the keys of the plan's issuer; and the one that is kept.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::jose::jwt::Jwt;
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::id_token::{self, Expected, IdTokenClaims};
use crate::oauth::jwks;
use crate::oauth::signature::Algs;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::sign_in::SignIn;
use crate::secret::{AuthorizationCode, ClientSecret, IdToken, Once};
use crate::session::server::{identity, metadata};
use crate::store::Store;
use crate::time::{Seconds, UnixTime};

/// More seconds than these between two clocks are told.
const SKEW: u64 = 60;

/// Gets the issuer's keys before they are needed. Where there are none, that is found out when they are.
pub fn prepare(plan: &Plan, sign_in: &SignIn, world: &mut dyn World) {
    if !symmetric(sign_in)
        && let Ok((Some(uri), _)) = keys_at(plan, world)
    {
        let _ = jwks::keys(world, &uri, Known::Kept);
    }
}

/// The ID token that is kept for a profile, which was checked when it came, with its beginning, where it says one, and its end. Fails
/// with `Invalid` for one that cannot be read.
pub fn kept(plan: &Plan, store: &Store) -> Result<Option<(IdToken, Option<UnixTime>, UnixTime)>> {
    let kept = store.load_sealed(&plan.profile)?.filter(|kept| kept.identity == identity(plan));
    let Some(token) = kept.and_then(|kept| kept.id_token) else { return Ok(None) };
    let claims = Jwt::decode(token.expose())?.claims;
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map(|seconds| UnixTime(seconds as i64));
    let begin = time("iat");
    Ok(time("exp").map(|end| (token, begin, end)))
}

/// What is known of a person before the ID token is read.
#[derive(Default)]
pub struct Before<'a> {
    /// At a sign-in in the browser: what the token has to repeat.
    pub nonce: Option<&'a Once>,
    /// At a sign-in in the browser: what was traded for the token.
    pub code: Option<&'a AuthorizationCode>,
    /// At a refresh: who signed in.
    pub subject: Option<&'a str>,
    /// The client's secret, for a server that signs with it (LINE).
    pub secret: Option<&'a ClientSecret>,
}

/// The claims of an answer's ID token; None where there is none, or no issuer is known, so that nothing can be said about a
/// person. Fails with `Invalid` where it does not hold, `Unavailable` where the keys cannot be had.
pub fn checked(plan: &Plan, sign_in: &SignIn, world: &mut dyn World, answer: &TokenSet, before: &Before) -> Result<Option<IdTokenClaims>> {
    let (Some(token), Some(issuer)) = (&answer.id_token, &plan.issuer) else { return Ok(None) };
    let (uri, offered) = if symmetric(sign_in) { (None, None) } else { keys_at(plan, world)? };
    let now = world.now();
    let expected = Expected {
        issuer: issuer.as_str(),
        issuer_pattern: sign_in.issuer_pattern.as_deref(),
        client_id: &plan.client_id,
        nonce: before.nonce.map(Once::expose),
        access_token: Some(&answer.access_token),
        subject: before.subject,
        max_age: sign_in.max_age.filter(|_| before.code.is_some()),
        code: before.code.map(AuthorizationCode::expose),
        algs: match &sign_in.id_token_alg {
            Some(name) => Algs::registered(name)?,
            None => Algs::supported(offered.as_deref()),
        },
        now,
    };
    let mut verify = |expected: &Expected| id_token::verify(world, token, expected, uri.as_ref(), before.secret);
    let error = match verify(&expected) {
        Ok(claims) => return Ok(Some(claims)),
        Err(error) => error,
    };
    match answer.server_time {
        // R75: a token that holds by the server's clock is right, and this machine's clock is wrong.
        Some(server) if (now - server).0.unsigned_abs() > SKEW && verify(&Expected { now: server, ..expected }).is_ok() => {
            Err(clock_told(error, now - server))
        }
        _ => Err(error),
    }
}

/// Whether the client's secret is the key (LINE).
fn symmetric(sign_in: &SignIn) -> bool {
    sign_in.id_token_alg.as_deref().is_some_and(|alg| alg.starts_with("HS"))
}

/// Where the keys are, and which algorithms the server says it signs with.
fn keys_at(plan: &Plan, world: &mut dyn World) -> Result<(Option<Endpoint>, Option<Vec<String>>)> {
    if let Some(uri) = plan.settings.endpoint("jwks_uri")? {
        return Ok((Some(uri), None));
    }
    let found = metadata(plan, world, Known::Kept)?;
    Ok((found.jwks_uri, found.id_token_algs))
}

fn clock_told(error: Error, ahead: Seconds) -> Error {
    let how = if ahead > Seconds(0) { format!("{ahead} ahead of") } else { format!("{} behind", Seconds(-ahead.0)) };
    let message = format!("{}; this machine's clock is {how} the server's", error.message);
    error.saying(|_| message).hint("set this machine's clock, and sign in again")
}
