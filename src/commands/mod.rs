//! One file a command: words become a Plan, a session, an output.

#[cfg(unix)]
mod apart;
mod completions;
mod credential;
mod credential_id_token;
mod credential_setup;
#[cfg(test)]
mod generated;
mod house;
mod inspect;
mod inspect_examination;
mod inspect_source;
mod jwks;
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

use crate::cli;
use crate::cli::words::Command;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::world::terminal::Terminal;

/// Runs a command line and tells how it ended: the exit code.
pub fn run(argv: Vec<OsString>) -> u8 {
    harden();
    // The panic message may quote a value, so only the fact is told.
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(unix)]
    if argv.first().is_some_and(|name| name == apart::NAME) {
        return apart::serve(argv);
    }
    let json = argv.iter().any(|word| word == "--json");
    match caught(|| command(argv)) {
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

fn command(argv: Vec<OsString>) -> Result<u8> {
    let words = cli::parse(argv)?;
    if let Command::Print(text) = &words.command {
        return output::print(text).map(|()| 0);
    }
    let mut house = House::new(words.common);
    let done = match words.command {
        Command::Credential(words) => {
            house.by_request = true;
            return credential::speak(&house, &words);
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
    };
    done.map(|()| 0)
}

/// R74: no core dump, and no other process of this user may look into the memory.
fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Where the kernel refuses, nothing else is worse for it.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r98_a_panic_is_an_internal_error_that_quotes_nothing() {
        let error = caught::<u8>(|| panic!("CANARY {}", "value")).unwrap_err();
        assert_eq!(error.kind.exit_code(), 1);
        assert_eq!(error.message, "internal error");
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("report")) && !format!("{error:?}").contains("CANARY"), "{error:?}");
        assert_eq!(caught::<u8>(|| Err(Error::new(Kind::Store, "x"))).unwrap_err().kind, Kind::Store);
    }
}
