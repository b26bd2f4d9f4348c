//! What a person allowed.

use crate::sandbox::random;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::wanted::Wanted;
use crate::time::UnixTime;

/// One sign-in: who allowed what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What was allowed.
    pub wanted: Wanted,
    /// Who allowed it.
    pub sub: String,
    /// When.
    pub auth_time: UnixTime,
    /// The name of this sign-in in each of its tokens; to revoke it is to revoke them.
    pub sid: String,
}

impl Grant {
    /// `sub` allows what is wanted.
    pub fn new(wanted: Wanted, sub: &str, now: UnixTime) -> Result<Grant, Refusal> {
        Ok(Grant { wanted, sub: sub.into(), auth_time: now, sid: random::name()? })
    }
}
