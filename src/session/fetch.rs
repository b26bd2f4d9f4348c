//! Asks the server for a token of the machine's own, and reads what came.

use crate::error::{Error, Kind, Result};
use crate::jose::jwt::Jwt;
use crate::oauth::ask::Ask;
use crate::oauth::assertion::{self, By};
use crate::oauth::client_auth::Client;
use crate::oauth::grant::client_credentials::client_credentials;
use crate::oauth::grant::jwt_bearer::jwt_bearer;
use crate::oauth::grant::token_exchange::token_exchange;
use crate::oauth::token::{Lifetime, TokenSet};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::WireSecret;
use crate::session::Session;
use crate::session::credentials::audience;
use crate::session::remedy::{remedied, with_claims};
use crate::session::server::{Found, ask, at_server};
use crate::store::record::CachedToken;
use crate::text::escape;
use crate::time::UnixTime;

impl Session<'_> {
    /// Asks the server for a token of the machine's own.
    pub(super) fn fetch(&mut self) -> Result<CachedToken> {
        for warning in &self.plan.warnings {
            self.world.warn(warning);
        }
        // The secret first: what it waits for is no time of the server's.
        let mut credentials = self.credentials()?;
        let plan = self.plan;
        let subject = plan.subject.as_ref().filter(|_| plan.hands_in()).map(|party| self.handed_in(party)).transpose()?;
        let actor = plan.actor.as_ref().map(|party| self.handed_in(party)).transpose()?;
        let ready = subject.as_ref().map(|subject| WireSecret::new(subject.token.expose()));
        if plan.proven_by_subject() {
            credentials.assertion = ready.clone();
        }
        let answer = at_server(plan, self.world, &mut |world, found| {
            let client = credentials.client(plan, found)?;
            let ask = ask(plan, &found.token_endpoint, &client, &plan.parameters);
            let answer = match (plan.grant, &subject, &ready) {
                (Grant::TokenExchange, Some(subject), _) => token_exchange(world, &ask, subject, actor.as_ref()),
                (Grant::JwtBearer, _, Some(ready)) => jwt_bearer(world, &ask, &mut |_| Ok(ready.clone())),
                (Grant::JwtBearer, _, None) => signed(world, plan, found, &ask),
                _ => client_credentials(world, &ask),
            };
            answer.map_err(|error| with_claims(remedied(error, plan, &client), subject.as_ref()))
        })?;
        credentials.bound(&answer)?;
        if answer.refresh_token.is_some() {
            self.world.note(&format!("the answer has a refresh token, which is not kept: {} is asked again instead", plan.grant.name()));
        }
        let token = CachedToken { request: self.request.clone(), ..cached(plan, self.world, answer) };
        if let Some(told) = not_granted(self.plan, &token).filter(|_| !self.wish.require_scope) {
            self.world.warn(&told);
        }
        Ok(token)
    }
}

/// RFC 7523 section 2.1 with an assertion of our own. It says who the client is, so where the profile does not want more nothing else
/// does; Google has the scope in it too.
fn signed(world: &mut dyn World, plan: &Plan, found: &Found, ask: &Ask) -> Result<TokenSet> {
    let proof = &ask.client.proof;
    let audience = audience(plan, found);
    let mut made = |world: &mut dyn World| {
        // Where nothing is read, what stands for the signed one is ready.
        let Some(key) = &proof.key else {
            return proof.assertion.clone().ok_or_else(|| Error::new(Kind::Internal, "there is no key to sign with"));
        };
        let mut claims = assertion::claims(world, &plan.client_id, &plan.client_id, &audience)?;
        claims.extend(plan.settings.parameters("assertion_claims"));
        // As with parameters: Google wants `sub` only where somebody is acted for.
        claims.retain(|_, value| *value != "");
        assertion::sign(&claims, &By::Key(key), proof.header.clone())
    };
    let nobody = Client::default();
    let client = if plan.client_auth.is_none() { &nobody } else { ask.client };
    jwt_bearer(world, &Ask { client, ..*ask }, &mut made)
}

/// R69: the server may grant less than was asked for; what is missing, in words.
pub fn not_granted(plan: &Plan, token: &CachedToken) -> Option<String> {
    let (asked, granted) = (plan.scope()?, token.scope.as_deref()?);
    let granted_as =
        |word: &str, granted: &str| granted == word || (plan.by_person() && (short_for(word, granted) || short_for(granted, word)));
    // These are about an ID token and a refresh token, and many servers leave them out of what they granted; so is Entra's `.default`.
    let told_elsewhere =
        |word: &str| plan.by_person() && (matches!(word, "openid" | "offline_access" | "offline") || word.ends_with("/.default"));
    let lacks =
        |word: &&str| !word.is_empty() && !told_elsewhere(word) && !granted.split([' ', ',']).any(|granted| granted_as(word, granted));
    // Slack's are separated by commas.
    let missing: Vec<&str> = asked.split([' ', ',']).filter(lacks).collect();
    let told = || format!("the server did not grant the scope `{}`; it granted `{}`", escape(&missing.join(" ")), escape(granted));
    (!missing.is_empty()).then(told)
}

/// Google grants `https://www.googleapis.com/auth/userinfo.email` for `email`, Entra `User.Read` for `https://graph.microsoft.com/User.Read`.
fn short_for(short: &str, long: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|before| before.starts_with("https://") && (before.ends_with('/') || before.ends_with("/userinfo.")))
}

/// What is kept of an answer.
pub fn cached(plan: &Plan, world: &mut dyn World, answer: TokenSet) -> CachedToken {
    let now = world.now();
    let expires_at = end(plan, world, &answer, now);
    if !is_b64token(answer.access_token.expose()) {
        world.warn("the token has characters that RFC 6750 does not allow in a bearer token; some servers will refuse it");
    }
    CachedToken {
        request: plan.request(),
        access_token: answer.access_token,
        token_type: answer.token_type,
        // RFC 6749 section 5.1: left out, it is what was asked for.
        scope: answer.scope.or_else(|| plan.scope().map(str::to_string)),
        received_at: now,
        expires_at,
        extra: answer.extra,
    }
}

/// When a new token ends: what the answer says, else the JWT's `exp`, else the profile's `default_lifetime`.
fn end(plan: &Plan, world: &mut dyn World, answer: &TokenSet, now: UnixTime) -> Option<UnixTime> {
    if let Lifetime::Known(length) = answer.lifetime {
        return Some(now + length);
    }
    let told = if answer.lifetime == Lifetime::Missing { "names no lifetime" } else { "names a lifetime that makes no sense" };
    if let Some(end) = jwt_end(answer.access_token.expose()) {
        return Some(end);
    }
    if let Some(length) = plan.default_lifetime {
        return Some(now + length);
    }
    world.warn(&format!("the server's answer {told}, so the token is not kept; set `default_lifetime` in the profile to keep it"));
    None
}

/// RFC 7519 section 4.1.4; the claim is only used to decide how long to keep the token.
fn jwt_end(token: &str) -> Option<UnixTime> {
    let end = Jwt::decode(token).ok()?.claims.get("exp")?.as_f64()?;
    (end.is_finite() && end > 0.0 && end < 253_402_300_800.0).then_some(UnixTime(end as i64))
}

/// RFC 6750 section 2.1: letters, digits, `-._~+/`, then `=`.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}
