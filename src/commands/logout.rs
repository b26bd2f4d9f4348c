//! `oat logout`: the server forgets a session's tokens, and so does the store.

use crate::cli::words::{Chosen, Logout};
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::name::ProfileName;
use crate::session::sign_out::{Ended, sign_out};
use crate::world::browser;

/// Ends one session, or all of them.
pub fn logout(house: &House, words: &Logout) -> Result<()> {
    if !words.all {
        return one(house, &words.chosen, words).or_else(|error| without_profile(house, words, error));
    }
    let profiles = house.store(&house.config()?)?.profiles()?;
    if profiles.is_empty() {
        house.terminal.say("nothing is kept for any profile");
    }
    let mut first: Option<Error> = None;
    for profile in profiles {
        let chosen = Chosen { profile: Some(profile.to_string()), ..Chosen::default() };
        let done = one(house, &chosen, words).or_else(|error| orphan(house, &profile, words.local, error));
        if let Err(error) = done {
            house.terminal.warn(&format!("profile `{profile}`: {error}"));
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(()), Err)
}

/// One profile by its name that makes no plan. What can be mended in the file is told instead, so that the server can be told too;
/// what is in no file any more, or what `--local` is about, is forgotten.
fn without_profile(house: &House, words: &Logout, error: Error) -> Result<()> {
    let Some(profile) = words.chosen.profile.as_deref().and_then(|name| ProfileName::parse(name).ok()) else { return Err(error) };
    let config = house.config()?;
    let known = house.store(&config)?.profiles()?.contains(&profile);
    match known && (words.local || config.profile(profile.as_str()).is_none()) {
        true => orphan(house, &profile, words.local, error),
        false => Err(error),
    }
}

/// What is kept for a profile that makes no plan: it can only be forgotten.
fn orphan(house: &House, profile: &ProfileName, local: bool, error: Error) -> Result<()> {
    if error.kind != Kind::Config {
        return Err(error);
    }
    let store = house.store(&house.config()?)?;
    if store.forget(profile)? {
        let server = if local { "the server was not asked".into() } else { format!("its server could not be told, because {error}") };
        house.terminal.say(&format!("profile `{profile}`: forgotten here; {server}"));
    }
    Ok(())
}

fn one(house: &House, chosen: &Chosen, words: &Logout) -> Result<()> {
    let (plan, config) = house.plan(chosen)?;
    let store = house.store(&config)?;
    let mut world = house.world(&plan);
    let ended = sign_out(&plan, words.local, words.browser, &store, &mut world);
    house.told_by(&store);
    let ended = ended?;
    let profile = &plan.profile;
    house.terminal.say(&format!("profile `{profile}`: {}", told(&ended, words.local)));
    if let Some(why) = &ended.not_revoked {
        house.terminal.warn(&format!("profile `{profile}`: {} at the server may live on until they end: {why}", which(&ended)));
    }
    if let Some(url) = &ended.sign_out_url {
        match browser::open(url, &house.environment, &house.secret_variables(&plan)) {
            Ok(_) => house.terminal.say("the browser opens the server's sign-out page"),
            Err(why) => {
                house.terminal.say(&format!("to sign out of the server too, open this address ({why}):"));
                house.terminal.address(url);
            }
        }
    } else if words.browser && ended.kept {
        house.terminal.warn(&format!("the server of profile `{profile}` names no page to sign out at"));
    }
    Ok(())
}

fn which(ended: &Ended) -> &'static str {
    if ended.revoked > 0 { "some of its tokens" } else { "its tokens" }
}

fn told(ended: &Ended, local: bool) -> String {
    match (ended.kept, ended.revoked) {
        (false, _) => "nothing was kept for it".into(),
        (true, _) if local => "forgotten here; the server was not asked".into(),
        (true, 0) => "forgotten here".into(),
        (true, 1) => "1 token revoked at the server; forgotten here".into(),
        (true, count) => format!("{count} tokens revoked at the server; forgotten here"),
    }
}
