//! Hands argv in and an exit code out.
mod environment;
mod error;
mod jose;
mod name;
mod sandbox;
mod secret;
mod text;
mod time;
fn main() {}
