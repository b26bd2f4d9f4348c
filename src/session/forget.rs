//! Forgetting one token that a server refused, and nothing else.

use std::time::Duration;

use crate::error::Result;
use crate::plan::Plan;
use crate::secret::{AccessToken, WireSecret};
use crate::session::server::identity;
use crate::store::Store;
use crate::store::record::Access;

/// Takes a token out of what is kept for this plan; whether it was there. A token that came in its place meanwhile stays. Fails with
/// `Store` where it cannot be taken out, `Unavailable` where another process holds the lock for longer than `patience`.
pub fn forget(plan: &Plan, token: &WireSecret, store: &Store, patience: Duration) -> Result<bool> {
    let token = AccessToken::new(token.expose());
    if kept(plan, &token, store)?.is_none() {
        return Ok(false);
    }
    let _lock = store.lock(&plan.profile, patience, &mut || false)?;
    // Read again under the lock.
    let Some(mut access) = kept(plan, &token, store)? else { return Ok(false) };
    access.tokens.retain(|other| other.access_token != token);
    store.save(&plan.profile, None, &access, None)?;
    Ok(true)
}

/// What is kept, where this token is among it.
fn kept(plan: &Plan, token: &AccessToken, store: &Store) -> Result<Option<Access>> {
    let access = store.load_access(&plan.profile)?.access.filter(|access| access.identity == identity(plan));
    Ok(access.filter(|access| access.tokens.iter().any(|other| other.access_token == *token)))
}
