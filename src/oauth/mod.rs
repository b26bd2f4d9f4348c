//! The protocol, read like the RFCs; everything outside is reached through one trait, the `World`.

pub mod answer;
pub mod ask;
pub mod authorization;
#[allow(dead_code, reason = "for the command that inspects tokens")]
pub mod challenge;
pub mod client_auth;
pub mod document;
pub mod endpoints;
pub mod grant;
pub mod id_token;
#[allow(dead_code, reason = "for the command that inspects tokens")]
pub mod introspection;
pub mod jwks;
pub mod metadata;
pub mod pkce;
#[allow(dead_code, reason = "for the command that inspects tokens")]
pub mod protected_resource;
pub mod redirect;
pub mod revocation;
pub mod signature;
pub mod token;
#[allow(dead_code, reason = "for the command that inspects tokens")]
pub mod userinfo;
pub mod world;
