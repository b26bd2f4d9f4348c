//! `oat token get`: a valid access token on stdout.

use crate::cli::words::TokenGet;
#[cfg(unix)]
use crate::commands::apart;
use crate::commands::house::House;
use crate::commands::login;
use crate::commands::{explain, hand_off, hand_off_targets};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::oauth::world::World;
use crate::output::{self, Facts, VARIABLE};
use crate::plan::Plan;
#[cfg(unix)]
use crate::session::decision::{SOON, Wish};
use crate::session::{self, Handed, Source};
use crate::store::Store;
#[cfg(unix)]
use crate::time::UnixTime;

/// Hands out a token in the wished format.
pub fn get(house: &House, words: &TokenGet) -> Result<()> {
    let wish = Wish { min_ttl: words.min_ttl, force: words.force, require_store: words.require_store, require_scope: words.require_scope };
    let targets = hand_off_targets::targets(words)?;
    if words.explain {
        return explain::explain(house, words, &wish);
    }
    let (plan, config) = house.plan(&words.chosen)?;
    // A bad name is told before anything is asked or kept.
    let name = words.name.as_deref().unwrap_or(VARIABLE);
    if words.name.is_some() && !matches!(words.format.as_str(), "env" | "dotenv") && !hand_off_targets::named(&targets) {
        return Err(Error::new(Kind::Usage, "`--name` goes with --format env or dotenv, or with --to dotenv").hint(format!(
            "oat token get {} --format env --name {}",
            plan.profile,
            crate::text::escape(name)
        )));
    }
    output::variable(name)?;
    let ready = hand_off::ready(house, words, &targets)?;
    let (handed, now) = hand_out_asking(house, &plan, &config, &wish, words.login)?;
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
    let text = output::format(&words.format, &facts)?;
    match ready.is_empty() {
        true => output::print(text.expose()),
        false => hand_off::deliver(house, ready, &words.format, &text),
    }
}

/// A token by the session's policy; where a person has to sign in, and may be asked to, after that.
pub fn hand_out_asking(house: &House, plan: &Plan, config: &Config, wish: &Wish, login: bool) -> Result<(Handed, UnixTime)> {
    match hand_out(house, plan, config, wish) {
        Err(error) if error.kind == Kind::LoginRequired => {
            login::in_between(house, plan, config, login, error)?;
            hand_out(house, plan, config, &Wish { force: false, ..*wish })
        }
        handed => handed,
    }
}

/// A token by the session's policy, for a command that gives it to someone: it is masked in the log of a CI runner before that.
pub fn hand_out(house: &House, plan: &Plan, config: &Config, wish: &Wish) -> Result<(Handed, UnixTime)> {
    let (handed, now) = obtain(house, plan, config, wish)?;
    house.mask(handed.token.access_token.expose())?;
    Ok((handed, now))
}

/// A token by the session's policy, with the store's remarks told; whoever calls this shows nothing of it.
pub fn obtain(house: &House, plan: &Plan, config: &Config, wish: &Wish) -> Result<(Handed, UnixTime)> {
    let store = house.store(config)?;
    let mut world = house.world(plan);
    let handed = by_policy(house, plan, wish, &store, &mut world);
    house.told_by(&store);
    house.keep_open(store);
    let handed = handed?;
    let now = world.now();
    house.terminal.trace(1, &told(&handed, now));
    if let Some(end) = handed.sign_in_ends_at.filter(|end| *end - now <= SOON && house.terminal.on_screen()) {
        house.terminal.warn(&over_soon(plan, end, now));
    }
    Ok((handed, now))
}

/// AB10: nobody is to find out in the middle of their work.
fn over_soon(plan: &Plan, end: UnixTime, now: UnixTime) -> String {
    let profile = &plan.profile;
    match end > now {
        true => format!(
            "the sign-in for profile `{profile}` is over in {} ({end}), and no refresh puts that off: oat login {profile}",
            end - now
        ),
        false => format!("the sign-in for profile `{profile}` was over at {end}, and this token is its last: oat login {profile}"),
    }
}

#[cfg(unix)]
fn by_policy(house: &House, plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World) -> Result<Handed> {
    if !plan.by_person() && plan.parties().all(|party| party.profile.is_none()) {
        return session::token(plan, wish, store, world);
    }
    session::token_apart(plan, wish, store, world, &|whose, lock, secrets| {
        apart::renew(store, lock, secrets, house.terminal, house.line(plan, whose))
    })
}

#[cfg(not(unix))]
fn by_policy(_: &House, plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World) -> Result<Handed> {
    session::token(plan, wish, store, world)
}

fn told(handed: &Handed, now: UnixTime) -> String {
    let source = match handed.source {
        Source::Cache => "the cache",
        Source::Shared => "another process, which was waited for",
        Source::Fetched => "the server",
        Source::Refreshed => "the server, for the refresh token",
    };
    match handed.token.expires_at {
        Some(end) => format!("token from {source}, good until {end} (in {})", end - now),
        None => format!("token from {source}, lifetime unknown"),
    }
}
