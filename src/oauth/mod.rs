//! The protocol, read like the RFCs; everything outside is reached through one trait, the `World`.

pub mod answer;
pub mod ask;
pub mod assertion;
pub mod authorization;
pub mod challenge;
pub mod claims;
pub mod client_auth;
pub mod document;
pub mod endpoints;
pub mod grant;
pub mod id_token;
pub mod introspection;
pub mod jwks;
pub mod metadata;
pub mod patience;
pub mod pkce;
pub mod protected_resource;
pub mod redirect;
pub mod revocation;
pub mod signature;
pub mod token;
pub mod token_type;
pub mod typ;
pub mod userinfo;
pub mod world;
