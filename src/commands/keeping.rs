//! Keeps the files of `oat exec --file-env` fresh: renews a token before it ends, and writes it where the command looks for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cli::words::Common;
use crate::commands::house::House;
use crate::commands::token::hand_out;
use crate::config::Config;
use crate::error::{Kind, Result};
use crate::plan::Plan;
use crate::session::decision::{Wish, margin};
use crate::store::outbox::Outbox;
use crate::store::record::CachedToken;
use crate::time::{Seconds, UnixTime};
use crate::world;
use crate::world::terminal::Terminal;

/// So long nothing is looked at, at the most: a laptop that slept has a clock that jumped, and the command may remove its folder.
const LOOK: Duration = Duration::from_secs(10);
/// After so long it is tried again where that may help,
const SOON: Seconds = Seconds(10);
/// and where someone has to do something first.
const LATER: Seconds = Seconds(60);

/// The folder, for as long as the command runs; None from then on.
pub type Shared = Arc<Mutex<Option<Outbox>>>;

/// A profile's token, and the files that it is in.
pub struct Kept {
    /// How it is renewed.
    pub plan: Plan,
    /// The profile file behind the plan.
    pub config: Config,
    /// The variables, which are the names of the files.
    pub names: Vec<String>,
    /// What is in the files.
    pub token: CachedToken,
}

/// How the files are kept.
#[derive(Clone)]
pub struct Manner {
    /// `--config` and the like.
    pub common: Common,
    /// As in [`House`].
    pub own_words: usize,
    /// `--require-scope`
    pub require_scope: bool,
    /// The folder.
    pub outbox: Shared,
}

/// The folder, locked for this thread.
pub fn open(outbox: &Shared) -> MutexGuard<'_, Option<Outbox>> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the files of one profile fresh, until the folder is closed.
pub fn keep(mut kept: Kept, manner: &Manner) {
    // They were told when the first token was got.
    kept.plan.warnings.clear();
    let (mut next, mut written) = (due(&kept.token, kept.plan.leeway), true);
    let (mut renewing, mut writing) = (None, None);
    loop {
        std::thread::park_timeout(world::until(next).min(LOOK));
        let now = world::now();
        // A token from the future: the clock was set back, and nobody knows how long it is good.
        if now >= next || now < kept.token.received_at {
            let outcome = renewed(&kept, manner).map(|token| {
                written = written && token == kept.token;
                kept.token = token;
            });
            next = next_try(&outcome, &kept);
            renewing = tell(&kept, manner, "renewed", outcome, renewing);
        }
        let Some(outcome) = open(&manner.outbox).as_mut().map(|outbox| write(outbox, &kept, written)) else { return };
        written = outcome.is_ok();
        writing = tell(&kept, manner, "written", outcome, writing);
    }
}

fn next_try(outcome: &Result<()>, kept: &Kept) -> UnixTime {
    let now = world::now();
    match outcome {
        // Some servers give the same token again until it ends.
        Ok(()) => due(&kept.token, kept.plan.leeway).max(now + soon(&kept.token)),
        Err(error) if matches!(error.kind, Kind::Denied | Kind::LoginRequired | Kind::Config | Kind::Usage) => now + LATER,
        Err(_) => now + soon(&kept.token),
    }
}

/// Tells a trouble once, and once that it is over; gives what is to be known of it next time.
fn tell(kept: &Kept, manner: &Manner, what: &str, outcome: Result<()>, told: Option<Kind>) -> Option<Kind> {
    let terminal = Terminal { verbose: manner.common.verbose, json: manner.common.json };
    let which = format!("the token of profile `{}` in the file of `{}`", kept.plan.profile, kept.names.join("`, `"));
    match &outcome {
        Err(error) if told != Some(error.kind) => {
            let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            terminal.warn(&format!("{which} was not {what}, and that is tried again: {error}{hint}"));
        }
        Ok(()) if told.is_some() => terminal.say(&format!("{which} is {what} now")),
        _ => {}
    }
    outcome.err().map(|error| error.kind)
}

fn write(outbox: &mut Outbox, kept: &Kept, written: bool) -> Result<()> {
    for name in &kept.names {
        if !written || !outbox.has(name) {
            outbox.put(name, &kept.token.access_token)?;
        }
    }
    Ok(())
}

/// A new token by the session's policy: what another process got meanwhile is taken too.
fn renewed(kept: &Kept, manner: &Manner) -> Result<CachedToken> {
    let mut house = House::new(manner.common.clone());
    house.own_words = manner.own_words;
    // Where the policy would still serve the kept one, it is asked for one that lives longer.
    let min_ttl = lead(&kept.token, kept.plan.leeway).map(|lead| lead + Seconds(1));
    let wish = Wish { require_scope: manner.require_scope, min_ttl, ..Wish::default() };
    hand_out(&house, &kept.plan, &kept.config, &wish).map(|(handed, _)| handed.token)
}

/// When a token is to be renewed: when the policy stops serving it, and some time before its end in any case, because clocks tick
/// in whole seconds and a request takes time. Never, where its end is not known.
fn due(token: &CachedToken, leeway: Seconds) -> UnixTime {
    let Some(end) = token.expires_at else { return UnixTime(i64::MAX) };
    end - lead(token, leeway).or(margin(token, leeway)).unwrap_or(Seconds(0))
}

/// How long before its end a token is renewed for which the policy's margin is too short.
fn lead(token: &CachedToken, leeway: Seconds) -> Option<Seconds> {
    let least = match lifetime(token)?.0 {
        ..3 => 0,
        3..10 => 1,
        _ => 2,
    };
    (margin(token, leeway)?.0 < least).then_some(Seconds(least))
}

fn lifetime(token: &CachedToken) -> Option<Seconds> {
    Some(token.expires_at? - token.received_at)
}

/// How long to wait for the next try: shorter than [`SOON`] only where a token does not live long enough for that. One that does not
/// live at all is no reason to hurry.
fn soon(token: &CachedToken) -> Seconds {
    let lifetime = lifetime(token).filter(|lifetime| *lifetime > Seconds(0));
    lifetime.map_or(SOON, |lifetime| SOON.min(Seconds((lifetime.0 / 10).max(1))))
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::secret::AccessToken;

    fn token(lifetime: Option<i64>) -> CachedToken {
        CachedToken {
            request: "{}".into(),
            access_token: AccessToken::new("t"),
            token_type: "Bearer".into(),
            scope: None,
            received_at: UnixTime(1000),
            expires_at: lifetime.map(|length| UnixTime(1000 + length)),
            extra: Map::new(),
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end_at_the_margin_and_a_short_one_early_enough() {
        let leeway = Seconds(60);
        for (lifetime, before) in
            [(3600, 60), (86_400, 60), (600, 60), (300, 30), (30, 3), (20, 2), (12, 2), (10, 2), (9, 1), (5, 1), (3, 1)]
        {
            let token = token(Some(lifetime));
            assert_eq!(due(&token, leeway), UnixTime(1000 + lifetime - before), "{lifetime}");
            let now = due(&token, leeway);
            let served = crate::session::decision::fresh(&token, now, leeway);
            assert!(!served || lead(&token, leeway).is_some(), "{lifetime}: the policy would serve the old one again");
        }
        assert_eq!(due(&token(Some(3600)), Seconds(0)), UnixTime(4598), "a leeway of nothing is too late");
        assert_eq!(due(&token(None), leeway), UnixTime(i64::MAX), "its end is not known");
    }

    #[test]
    fn a_try_is_repeated_every_ten_seconds_and_sooner_only_for_short_tokens() {
        let patience = |lifetime| soon(&token(lifetime)).0;
        assert_eq!([None, Some(3600), Some(100), Some(50), Some(9), Some(1)].map(patience), [10, 10, 10, 5, 1, 1]);
        assert_eq!([Some(0), Some(-5)].map(patience), [10, 10], "a server that gives tokens that have ended is not asked every second");
    }
}
