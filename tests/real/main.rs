//! `oat` against parts it did not write: a certified authorization server, a Secret Service, the kernel's keyring.
//!
//! Built with `--features real-parts` only. A part that is missing is a failure that names it; `tests/run` installs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may stop, and may look at the machine"
)]

mod authorization_server;
mod browser;
mod chromium;
mod client_auth;
mod client_credentials;
mod credential;
mod credential_git;
mod credential_programs;
mod desktop;
mod inspect;
mod inspect_forged;
mod inspect_server;
mod kernel_keyring;
mod keyring;
mod login;
mod private_authority;
mod report;
mod rotation;
mod sandbox;
mod sign_in;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod workflows;

use std::io::Write;
use support::Output;

/// The token of a run that had nothing to say besides.
#[track_caller]
fn quiet(output: &Output) -> String {
    assert_eq!(output.stderr, "", "{output:#?}");
    output.line().to_string()
}

/// Past the capture of the test's output: some numbers are to be seen also where all is well.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
