//! Hands argv in and an exit code out.

mod cli;
mod config;
mod environment;
mod error;
mod json;
mod keys;
mod name;
mod oauth;
mod plan;
mod provider;
mod secret;
mod text;
mod time;

fn main() {
    let words = cli::parse(std::env::args_os().collect());
    if let Ok(w) = words {
        std::process::exit(w.common.verbose as i32)
    }
}
