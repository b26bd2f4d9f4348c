//! `oat exec`: a command with a token in its environment, or in a file that is kept fresh for as long as it runs.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::process::Command;

use crate::cli::words::Exec;
use crate::commands::Before;
use crate::commands::exec_targets::{Planned, Target, plans, targets};
use crate::commands::house::House;
#[cfg(unix)]
use crate::commands::keeper;
use crate::commands::token::hand_out_asking;
use crate::error::{Error, Kind, Result};
use crate::session::Handed;
use crate::session::decision::Wish;
use crate::store::outbox::Outbox;
use crate::text::escape;
use crate::world::secrets::without_ours;

/// What the command needs.
struct Ready {
    #[cfg(not(unix))]
    planned: Vec<Planned>,
    handed: Vec<Handed>,
    /// The folder of its files, where it has any.
    outbox: Option<Outbox>,
}

/// Runs the command: in the place of this process, where the system knows how; else its exit code is given.
pub fn exec(house: &House, words: &Exec, before: &Before) -> Result<u8> {
    let targets = targets(words)?;
    let planned = plans(house, words, &targets)?;
    let wish = Wish { min_ttl: words.min_ttl, require_scope: words.require_scope, ..Wish::default() };
    let mut handed = Vec::new();
    for Planned { plan, config, .. } in &planned {
        handed.push(hand_out_asking(house, plan, config, &wish, words.login)?.0);
    }
    let (program, arguments) = words.command.split_first().ok_or_else(|| Error::new(Kind::Internal, "there is no command"))?;
    let mut command = without_ours(program);
    command.args(arguments);
    let outbox = put(house, &mut command, &targets, &planned, &handed)?;
    let ready = Ready {
        #[cfg(not(unix))]
        planned,
        handed,
        outbox,
    };
    run(house, words, command, ready, before)?.map_err(|error| not_run(error, program))
}

/// Puts every token where its variable says.
fn put(house: &House, command: &mut Command, targets: &[Target], planned: &[Planned], handed: &[Handed]) -> Result<Option<Outbox>> {
    let mut outbox = None;
    if targets.iter().any(|target| target.file) {
        outbox = Some(new_outbox(house)?);
    }
    for target in targets {
        let found = planned.iter().zip(handed).find(|(planned, _)| planned.profile == target.profile);
        let Some(token) = found.map(|(_, handed)| &handed.token.access_token) else { continue };
        match outbox.as_mut().filter(|_| target.file) {
            Some(outbox) => command.env(&target.name, outbox.put(&target.name, token)?),
            None => command.env(&target.name, token.expose()),
        };
    }
    Ok(outbox)
}

fn new_outbox(house: &House) -> Result<Outbox> {
    let mut trouble = Error::new(Kind::Store, "there is no home folder, so there is no place for the token's file");
    for folder in house.outbox_folders() {
        match Outbox::make(&folder) {
            Err(error) => trouble = error,
            made => return made,
        }
    }
    let hint = trouble.hint.take().unwrap_or_else(|| "set OAT_STATE to a private folder".into());
    Err(trouble.hint(hint))
}

/// The command takes the place of this process: its number, its signals, its terminal and its end are then the command's own.
#[cfg(unix)]
fn run(house: &House, _: &Exec, mut command: Command, ready: Ready, before: &Before) -> Result<io::Result<u8>> {
    if let Some(outbox) = &ready.outbox {
        keeper::start(house, outbox, ready.handed)?;
    }
    before.restore();
    Ok(Err(std::os::unix::process::CommandExt::exec(&mut command)))
}

/// The command is waited for, and its files are kept by threads.
#[cfg(not(unix))]
fn run(house: &House, words: &Exec, mut command: Command, ready: Ready, _: &Before) -> Result<io::Result<u8>> {
    use crate::commands::keeping::{Kept, Manner, keep, open};
    let outbox = std::sync::Arc::new(std::sync::Mutex::new(ready.outbox));
    let targets = targets(words)?;
    for (Planned { profile, plan, config }, handed) in ready.planned.into_iter().zip(ready.handed) {
        let names: Vec<String> = targets.iter().filter(|target| target.file && target.profile == profile).map(|t| t.name.clone()).collect();
        let common = house.common.clone();
        let manner = Manner { common, own_words: house.own_words, require_scope: words.require_scope, outbox: outbox.clone() };
        if !names.is_empty() {
            std::thread::spawn(move || keep(Kept { plan, config, names, token: handed.token }, &manner));
        }
    }
    let ended = command.status();
    drop(open(&outbox).take());
    // What does not fit is a failure all the same.
    Ok(ended.map(|status| status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1))))
}

/// Why there is no command, as env(1) would say it.
fn not_run(error: io::Error, program: &OsStr) -> Error {
    let shown = escape(&program.to_string_lossy());
    let (kind, hint) = match error.kind() {
        ErrorKind::NotFound if shown.contains('/') => {
            (Kind::NotFound, format!("see `ls -l {shown}`, and the first line of it where it is a script"))
        }
        ErrorKind::NotFound if shown.is_empty() => (Kind::NotFound, "its name is empty: is a variable in front of it not set?".into()),
        ErrorKind::NotFound => (Kind::NotFound, format!("no shell runs it; `command -v {shown}` says what your shell takes it for")),
        ErrorKind::ArgumentListTooLong => {
            (Kind::NotExecutable, "`--file-env NAME` in place of `--env NAME` keeps a long token out of its environment".into())
        }
        _ => (Kind::NotExecutable, format!("is it a program? see `ls -l {shown}`")),
    };
    Error::new(kind, format!("cannot run the command `{shown}`")).because(error).hint(hint)
}
