//! The decision: use what is kept, ask the server, or ask a person.

use crate::plan::Plan;
use crate::store::record::{CachedToken, SignedIn};
use crate::time::{Seconds, UnixTime};

/// So long before a sign-in is over, a person is told.
pub const SOON: Seconds = Seconds(3 * 86_400);

/// What the caller wants of a token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// It must live at least this long.
    pub min_ttl: Option<Seconds>,
    /// A new one, whatever is kept.
    pub force: bool,
    /// Fail when it cannot be kept.
    pub require_store: bool,
    /// Fail when the server grants less scope than was asked for.
    pub require_scope: bool,
}

/// What to do about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Hand the kept one out.
    Use,
    /// Ask the server for a new one, by the refresh token.
    Refresh,
    /// Ask the server for a new one.
    Fetch,
    /// A person has to sign in.
    LoginRequired,
}

/// How a new token could be got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// By asking: a machine's own token.
    Fetch,
    /// By the refresh token of a sign-in.
    Refresh,
    /// By a person only.
    SignIn,
}

/// How a new token could be got, with what is known of the last sign-in. A refresh token past its own end is not tried.
pub fn renewal(plan: &Plan, signed_in: Option<&SignedIn>, now: UnixTime) -> Renewal {
    let alive = |signed_in: &SignedIn| signed_in.refresh_token && signed_in.refresh_token_expires_at.is_none_or(|end| end > now);
    match plan.by_person() {
        false => Renewal::Fetch,
        true if signed_in.is_some_and(alive) => Renewal::Refresh,
        true => Renewal::SignIn,
    }
}

/// When a sign-in is over, where that is known and no refresh puts it off. A refresh token that never had more time than [`SOON`]
/// is of the kind that each refresh replaces, whatever it says (Keycloak: half an hour).
pub fn over_at(plan: &Plan, signed_in: Option<&SignedIn>) -> Option<UnixTime> {
    let signed_in = signed_in.filter(|signed_in| signed_in.refresh_token && !plan.settings.on("refresh_token_sliding"))?;
    signed_in.refresh_token_expires_at.filter(|end| *end - signed_in.at > SOON)
}

/// The decision, as a pure function of what is kept and what is wanted.
pub fn decide(kept: Option<&CachedToken>, renewal: Renewal, now: UnixTime, leeway: Seconds, wish: &Wish) -> Decision {
    match (kept, renewal) {
        (Some(token), _) if !wish.force && fresh(token, now, leeway) && enough(token, now, wish) => Decision::Use,
        (_, Renewal::Fetch) => Decision::Fetch,
        (_, Renewal::Refresh) => Decision::Refresh,
        (_, Renewal::SignIn) => Decision::LoginRequired,
    }
}

/// Served while `expires_at - margin > now`; the margin is the leeway, but at most a tenth of the lifetime. A token
/// received in the future (the clock went back) is not trusted.
pub fn fresh(token: &CachedToken, now: UnixTime, leeway: Seconds) -> bool {
    token.received_at <= now && served_until(token, leeway).is_some_and(|end| end > now)
}

/// How long a token is served, by the rule of [`fresh`]; None where its end is not known.
pub fn served_until(token: &CachedToken, leeway: Seconds) -> Option<UnixTime> {
    Some(fresh_until(token.received_at, token.expires_at?, leeway))
}

/// How long before its end a token is served no more; None where its end is not known.
pub fn margin(token: &CachedToken, leeway: Seconds) -> Option<Seconds> {
    Some(token.expires_at? - served_until(token, leeway)?)
}

/// From when on a token with this beginning and end is not served any more.
pub fn fresh_until(received_at: UnixTime, expires_at: UnixTime, leeway: Seconds) -> UnixTime {
    let tenth = Seconds((expires_at - received_at).0 / 10);
    expires_at - leeway.min(tenth).max(Seconds(0))
}

/// Whether a token lives as long as the wish asks.
pub fn enough(token: &CachedToken, now: UnixTime, wish: &Wish) -> bool {
    wish.min_ttl.is_none_or(|least| token.expires_at.is_some_and(|end| end - now >= least))
}
