//! The protocol, read like the RFCs; everything outside is reached through one trait, the `World`.

pub mod answer;
pub mod client_auth;
pub mod endpoints;
pub mod grant;
pub mod metadata;
pub mod redirect;
pub mod token;
pub mod world;
