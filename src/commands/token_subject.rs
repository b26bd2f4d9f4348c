//! `oat token subject`: the token that a CI system gives to a job, bare, on stdout or in a file.

use crate::cli::words::{Chosen, TokenSubject};
use crate::commands::hand_off::{deliver, placed};
use crate::commands::house::House;
use crate::commands::key_source;
use crate::error::{Error, Kind, Result};
use crate::keys::subject::{SOURCES, Subject, is_source};
use crate::output;
use crate::plan::Plan;
use crate::secret::{SubjectToken, WireSecret};
use crate::subject::{fetch, mark::found};
use crate::text::{escape, nearest};

/// Prints the token, or writes it to a file.
pub fn subject(house: &House, words: &TokenSubject) -> Result<()> {
    // A file that cannot be written is found out before anyone is asked.
    let file = words.out.as_deref().map(|path| placed(house, path)).transpose()?;
    let token = WireSecret::new(token(house, words)?.expose());
    house.mask(token.expose())?;
    match file {
        None => output::print(token.expose()),
        Some(file) => deliver(house, vec![file], "raw", &token),
    }
}

/// Of the source that is named, else of the profile; else of OAT_SUBJECT; else of the system that this runs in.
fn token(house: &House, words: &TokenSubject) -> Result<SubjectToken> {
    let of_environment = |name: &str| house.environment.get(name);
    let source = words.source.clone().filter(|word| is_source(word) || word.starts_with('{'));
    let profile = words.source.clone().or_else(|| of_environment("OAT_PROFILE"));
    if let (None, Some(profile)) = (&source, profile) {
        let chosen = Chosen { profile: Some(profile), ..words.chosen.clone() };
        let (plan, _) = house.plan(&chosen).map_err(|error| meant(error, house, words.source.as_deref().unwrap_or_default()))?;
        return of_profile(house, &plan, words.audience.as_deref());
    }
    let subject = found(&written(house, source)?, &house.environment)?;
    if subject.source() == "profile" {
        return Err(Error::new(Kind::Usage, "the token of a profile is no CI system's")
            .hint(format!("oat token get {}", escape(subject.text("profile").unwrap_or_default()))));
    }
    let asked =
        words.audience.clone().or_else(|| subject.text("audience").map(str::to_string)).or_else(|| of_environment("OAT_SUBJECT_AUDIENCE"));
    let mut world = key_source::world_of(house, &words.chosen)?;
    fetch(&mut world, &subject, asked.as_deref())
}

/// The source that is typed, else that of the variable, else the system that this runs in.
fn written(house: &House, source: Option<String>) -> Result<Subject> {
    let (kind, place, text) = match (source, house.environment.get("OAT_SUBJECT")) {
        (Some(text), _) => (Kind::Usage, "the source", text),
        (None, Some(text)) => (Kind::Config, "the environment variable `OAT_SUBJECT`", text),
        (None, None) => (Kind::Internal, "the source", "auto".into()),
    };
    Subject::read(&text).map_err(|expected| {
        Error::new(kind, format!("{place} must be {expected}"))
            .hint("such as github-actions, gitlab,name=VARIABLE or env:VARIABLE; `oat man config` has them all")
    })
}

/// A word that is neither a source nor a profile may be a source that was mistyped.
fn meant(error: Error, house: &House, word: &str) -> Error {
    let known = word == "sandbox" || house.config().is_ok_and(|config| config.profile(word).is_some());
    match nearest(word, SOURCES.iter().map(|(name, ..)| *name)).filter(|_| !known) {
        Some(source) => error.hint(format!("did you mean the source `{source}`?")),
        None => error,
    }
}

fn of_profile(house: &House, plan: &Plan, audience: Option<&str>) -> Result<SubjectToken> {
    let Some(party) = &plan.subject else {
        return Err(Error::new(Kind::Config, format!("profile `{}` has no subject", plan.profile))
            .hint("name a source: oat token subject github-actions, or another of `oat man config`"));
    };
    if party.profile.is_some() {
        return Err(Error::new(Kind::Config, format!("the subject of profile `{}` is {}", plan.profile, party.subject.describe()))
            .hint(format!("oat token get {}", escape(party.subject.text("profile").unwrap_or_default()))));
    }
    fetch(&mut house.world(plan), &party.subject, audience.or(party.audience.as_deref()))
}
