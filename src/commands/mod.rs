//! One file a command: words become a Plan, a session, an output.

#[cfg(unix)]
mod apart;
mod completions;
mod exec;
mod exec_targets;
#[cfg(test)]
mod generated;
mod house;
mod inspect;
mod inspect_examination;
mod inspect_source;
mod jwks;
#[cfg(unix)]
mod keeper;
mod keeping;
mod key_source;
mod login;
mod logout;
mod man;
#[cfg(test)]
mod man_config;
#[cfg(test)]
mod man_page;
mod packed;
mod profile;
mod profile_add;
mod profile_file;
mod profile_secret;
mod profile_show;
mod refresh;
mod sandbox;
mod status;
mod token;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli;
use crate::cli::words::Command;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::world::terminal::Terminal;

/// Runs a command line and tells how it ended: the exit code.
pub fn run(argv: Vec<OsString>) -> u8 {
    let ours = || argv.iter().take_while(|word| *word != "--");
    // A command is to have its limit of core files back.
    let before = harden(ours().any(|word| word == "exec"));
    // The panic message may quote a value, so only the fact is told.
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(unix)]
    match argv.first().and_then(|name| name.to_str()) {
        Some(apart::NAME) => return apart::serve(argv),
        Some(keeper::FIRST) => return keeper::begin(&argv),
        Some(keeper::NAME) => return keeper::serve(argv),
        _ => {}
    }
    let json = ours().any(|word| word == "--json");
    match caught(|| command(argv, &before)) {
        Ok(code) => code,
        Err(error) => {
            Terminal { verbose: 0, json }.fail(&error);
            error.kind.exit_code()
        }
    }
}

/// R98: a panic ends as an error, without a word of what it said.
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new(Kind::Internal, "internal error").hint("this is a fault of oat: report it with the command line, without secrets"))
    })
}

fn command(argv: Vec<OsString>, before: &Before) -> Result<u8> {
    let count = argv.len();
    let words = cli::parse(argv)?;
    if let Command::Print(text) = &words.command {
        return output::print(text).map(|()| 0);
    }
    let mut house = House::new(words.common);
    match words.command {
        Command::Exec(words) => {
            house.own_words = count - 1 - words.command.len();
            return exec::exec(&house, &words, before);
        }
        Command::TokenGet(words) => token::get(&house, &words),
        Command::Refresh(words) => refresh::refresh(&house, &words),
        Command::Login(words) => login::login(&house, &words),
        Command::Logout(words) => logout::logout(&house, &words),
        Command::Inspect(words) => inspect::inspect(&house, &words),
        Command::Jwks(words) => jwks::list(&house, &words),
        Command::Status => status::status(&house),
        Command::Profile(words) => profile::profile(&house, words),
        Command::Sandbox(words) => sandbox::serve(&house, &words),
        Command::Completions(shell) => completions::print(&shell),
        Command::Man(page) => man::print(page.as_deref()),
        Command::Print(text) => output::print(&text),
    }?;
    Ok(0)
}

/// What this process changed of itself, as it was before.
struct Before {
    /// The limit of core files, where it is to be set back.
    #[cfg(unix)]
    core: Option<Rlimit>,
}

impl Before {
    /// Sets it back, for a program that takes the place of this one. That it cannot be looked into ends by itself then.
    #[cfg(unix)]
    fn restore(&self) {
        let _ = self.core.map(|limit| setrlimit(Resource::Core, limit));
    }
}

/// R74: no core dump, and no other process of this user may look into the memory. A limit that is to be set back is not lowered
/// for good: only the kernel's upper one cannot be raised again.
#[cfg(unix)]
fn harden(for_now: bool) -> Before {
    let core = for_now.then(|| getrlimit(Resource::Core));
    // Where the kernel refuses, nothing else is worse for it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.map_or(Some(0), |limit| limit.maximum) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    Before { core }
}

#[cfg(not(unix))]
fn harden(_: bool) -> Before {
    Before {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r98_a_panic_is_an_internal_error_that_quotes_nothing() {
        let error = caught::<()>(|| panic!("CANARY {}", "value")).unwrap_err();
        assert_eq!(error.kind.exit_code(), 1);
        assert_eq!(error.message, "internal error");
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("report")) && !format!("{error:?}").contains("CANARY"), "{error:?}");
        assert_eq!(caught::<()>(|| Err(Error::new(Kind::Store, "x"))).unwrap_err().kind, Kind::Store);
    }
}
