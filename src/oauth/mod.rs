//! The protocol, read like the RFCs; everything outside is reached through one trait, the `World`.

pub mod answer;
pub mod client_auth;
pub mod document;
pub mod endpoints;
pub mod grant;
#[cfg_attr(not(test), expect(dead_code, reason = "login uses it"))]
pub mod id_token;
pub mod jwks;
pub mod metadata;
pub mod token;
pub mod world;
