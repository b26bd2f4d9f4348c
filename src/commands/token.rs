//! `oat token get`: a valid access token on stdout.

use crate::cli::words::TokenGet;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::oauth::world::World;
use crate::output::{self, Facts, VARIABLE};
use crate::plan::Plan;
use crate::session::decision::Wish;
use crate::session::{self, Handed, Source};

/// Hands out a token in the wished format.
pub fn get(house: &House, words: &TokenGet) -> Result<()> {
    let (plan, config) = house.plan(&words.chosen)?;
    // A bad name is told before anything is asked or kept.
    let name = words.name.as_deref().unwrap_or(VARIABLE);
    if words.name.is_some() && !matches!(words.format.as_str(), "env" | "dotenv") {
        return Err(Error::new(Kind::Usage, "`--name` goes with --format env or dotenv").hint(format!(
            "oat token get {} --format env --name {}",
            plan.profile,
            crate::text::escape(name)
        )));
    }
    output::variable(name)?;
    let wish = Wish { min_ttl: words.min_ttl, force: words.force, require_store: words.require_store, require_scope: words.require_scope };
    let (handed, now) = hand_out(house, &plan, &config, &wish)?;
    let server = plan.server();
    let facts = Facts {
        token: &handed.token,
        profile: plan.profile.as_str(),
        issuer: &server,
        source: handed.source.name(),
        now,
        name,
        shell: &words.shell,
    };
    output::print(output::format(&words.format, &facts)?.expose())
}

/// A token by the session's policy, with the store's remarks told.
pub fn hand_out(house: &House, plan: &Plan, config: &crate::config::Config, wish: &Wish) -> Result<(Handed, crate::time::UnixTime)> {
    let store = house.store(config)?;
    let mut world = house.world(plan);
    let handed = session::token(plan, wish, &store, &mut world);
    for note in store.notes() {
        house.terminal.warn(&note);
    }
    let handed = handed?;
    let now = world.now();
    house.terminal.trace(1, &told(&handed, now));
    Ok((handed, now))
}

fn told(handed: &Handed, now: crate::time::UnixTime) -> String {
    let source = match handed.source {
        Source::Cache => "the cache",
        Source::Shared => "another process, which was waited for",
        Source::Fetched => "the server",
    };
    match handed.token.expires_at {
        Some(end) => format!("token from {source}, good until {end} (in {})", end - now),
        None => format!("token from {source}, lifetime unknown"),
    }
}
