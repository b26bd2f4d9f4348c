//! Hands argv in and an exit code out.

mod cli;
mod commands;
mod config;
mod dialect;
mod environment;
mod error;
#[cfg(test)]
mod fuzz;
mod hosts;
mod inspection;
mod jose;
mod json;
mod keys;
mod mailbox;
mod name;
mod oauth;
mod output;
mod plan;
mod provider;
mod random;
mod sandbox;
mod secret;
mod session;
mod store;
mod subject;
mod text;
mod time;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(commands::run(std::env::args_os().collect()))
}
