//! The decision: use what is kept, ask the server, or ask a person.

use crate::plan::grant::Grant;
use crate::store::record::CachedToken;
use crate::time::{Seconds, UnixTime};

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
    /// Ask the server for a new one.
    Fetch,
    /// A person has to sign in.
    LoginRequired,
}

/// The decision, as a pure function of what is kept and what is wanted.
pub fn decide(kept: Option<&CachedToken>, grant: Grant, now: UnixTime, leeway: Seconds, wish: &Wish) -> Decision {
    match kept {
        Some(token) if !wish.force && fresh(token, now, leeway) && enough(token, now, wish) => Decision::Use,
        _ if grant == Grant::ClientCredentials => Decision::Fetch,
        _ => Decision::LoginRequired,
    }
}

/// Served while `expires_at - margin > now`; the margin is the leeway, but at most a tenth of the lifetime. A token
/// received in the future (the clock went back) is not trusted.
pub fn fresh(token: &CachedToken, now: UnixTime, leeway: Seconds) -> bool {
    let Some(expires_at) = token.expires_at else { return false };
    let tenth = Seconds((expires_at - token.received_at).0 / 10);
    let margin = leeway.min(tenth).max(Seconds(0));
    token.received_at <= now && expires_at - margin > now
}

/// Whether a token lives as long as the wish asks.
pub fn enough(token: &CachedToken, now: UnixTime, wish: &Wish) -> bool {
    wish.min_ttl.is_none_or(|least| token.expires_at.is_some_and(|end| end - now >= least))
}
