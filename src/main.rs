//! Hands argv in and an exit code out.
mod environment;
mod error;
mod name;
mod secret;
mod store;
mod text;
mod time;
fn main() {}
