//! Hands argv in and an exit code out.

mod cli;
mod config;
mod environment;
mod error;
mod jose;
mod json;
mod keys;
mod name;
mod oauth;
mod plan;
mod provider;
mod sandbox;
mod secret;
mod store;
mod text;
mod time;
mod world;

fn main() {}
