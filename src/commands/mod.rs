//! One file a command: words become a Plan, a session, an output.

#[cfg(unix)]
mod apart;
mod completions;
mod credential;
mod credential_id_token;
mod credential_setup;
mod exec;
mod exec_targets;
mod explain;
#[cfg(test)]
mod generated;
mod hand_off;
mod hand_off_targets;
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
mod man_ci;
#[cfg(test)]
mod man_config;
#[cfg(test)]
mod man_page;
mod obeyed;
mod packed;
mod profile;
mod profile_add;
mod profile_file;
mod profile_secret;
mod profile_show;
mod refresh;
mod runner;
mod sandbox;
mod status;
mod token;
mod token_subject;

use std::ffi::OsString;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli;
use crate::cli::words::Command;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::store::keyring::KEYRING_THREAD;
use crate::world::terminal::Terminal;

/// Runs a command line and tells how it ended: the exit code.
pub fn run(argv: Vec<OsString>) -> u8 {
    let ours = || argv.iter().take_while(|word| *word != "--");
    // A command is to have its limit of core files back.
    let before = harden(ours().any(|word| word == "exec"));
    let json = ours().any(|word| word == "--json");
    end_panics(json);
    #[cfg(unix)]
    match argv.first().and_then(|name| name.to_str()) {
        Some(apart::NAME) => return apart::serve(argv),
        Some(keeper::FIRST) => return keeper::begin(&argv),
        Some(keeper::NAME) => return keeper::serve(argv),
        _ => {}
    }
    match command(argv, &before) {
        Ok(code) => code,
        Err(error) => {
            Terminal { verbose: 0, json }.fail(&error);
            error.kind.exit_code()
        }
    }
}

/// R98: a panic ends as an error, without a word of what it said, for that may quote a value. It ends here, in the hook: the
/// release is built without unwinding, which would be an eighth of the program.
#[allow(clippy::disallowed_methods, reason = "a panic is the one end that main.rs does not see")]
fn end_panics(json: bool) {
    std::panic::set_hook(Box::new(move |_| {
        if std::thread::current().name() == Some(KEYRING_THREAD) {
            // A keyring's library that fails is no answer from the keyring, which is waited for with a deadline.
            loop {
                std::thread::park();
            }
        }
        let error = Error::new(Kind::Internal, "internal error");
        Terminal { verbose: 0, json }.fail(&error.hint("this is a fault of oat: report it with the command line, without secrets"));
        std::process::exit(Kind::Internal.exit_code().into())
    }));
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
        Command::Credential(words) => {
            house.by_request = true;
            return credential::speak(&house, &words);
        }
        Command::TokenGet(words) => token::get(&house, &words),
        Command::TokenSubject(words) => token_subject::subject(&house, &words),
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
    #![allow(clippy::disallowed_methods, reason = "these tests run processes of their own")]

    use super::*;

    /// In a process of its own, which a test starts anew with this variable set: a panic is that process's end.
    const PANICS: &str = "OAT_TEST_PANICS";

    fn panicking() -> bool {
        std::env::var_os(PANICS).is_some()
    }

    fn in_a_process(test: &str) -> std::process::Output {
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", &format!("commands::tests::{test}")]).env(PANICS, "1").output().unwrap()
    }

    fn ends_as_an_internal_error(test: &str) {
        let output = in_a_process(test);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.starts_with("oat: error: internal error\noat: hint: ") && !told.contains("CANARY"), "{told}");
    }

    #[test]
    fn r98_a_panic_is_an_internal_error_that_quotes_nothing() {
        if panicking() {
            end_panics(false);
            panic!("CANARY {}", "value");
        }
        ends_as_an_internal_error("r98_a_panic_is_an_internal_error_that_quotes_nothing");
    }

    #[test]
    fn r98_so_is_a_panic_of_another_thread() {
        if panicking() {
            end_panics(false);
            std::thread::spawn(|| panic!("CANARY")).join().unwrap_err();
        }
        ends_as_an_internal_error("r98_so_is_a_panic_of_another_thread");
    }

    #[test]
    fn a_panic_of_a_keyrings_library_does_not_end_the_command() {
        if panicking() {
            end_panics(false);
            let began = crate::mailbox::Mailbox::new();
            let begun = began.clone();
            let keyring = std::thread::Builder::new().name(KEYRING_THREAD.into());
            let _left_behind = keyring.spawn(move || {
                begun.put(());
                panic!("CANARY")
            });
            began.take(std::time::Duration::from_secs(10)).unwrap();
            // The hook is still at it, and the test's own end would wait for it.
            std::process::exit(0);
        }
        assert_eq!(in_a_process("a_panic_of_a_keyrings_library_does_not_end_the_command").status.code(), Some(0));
    }
}
