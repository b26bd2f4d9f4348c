//! What every test of the whole binary stands on: a scripted server, a scripted proxy, certificates with faults, and
//! one builder that runs `oat` in a home of its own.
#![allow(dead_code, unused_imports, reason = "no test target uses all of it")]

#[cfg(feature = "real-parts")]
pub mod clock;
pub mod id_token;
pub mod inspected;
pub mod manual;
pub mod oat;
#[cfg(feature = "real-parts")]
pub mod parts;
pub mod proxy;
pub mod redirect;
pub mod server;
pub mod sign_in;
pub mod stand_in;
pub mod tls;

pub use serde_json::{Value, json};

pub use oat::{Oat, Output, SECRET, mode};
pub use server::{Answer, Recorded, Server, pairs};
pub use stand_in::StandIn;

/// A key of the server's answer that must never be printed on a failure.
pub const CANARY: &str = "CANARY-in-the-body";
