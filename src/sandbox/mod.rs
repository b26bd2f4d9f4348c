//! The embedded authorization server, for trying and testing: requests in, responses out.
//!
//! Adding an endpoint is one file and one row in `routes.rs`. Only `keys.rs`, `ledger.rs` and
//! `private_file.rs` below them, and `listen.rs` touch the outside.

pub mod about;
pub mod access_token;
pub mod authorization;
pub mod clients;
pub mod desk;
pub mod device;
pub mod exchange;
pub mod grant;
pub mod http;
pub mod introspection;
pub mod issuance;
pub mod keys;
pub mod ledger;
pub mod listen;
pub mod logout;
pub mod metadata;
pub mod page;
pub mod parameters;
pub mod pkce;
pub mod private_file;
pub mod random;
pub mod redirect;
pub mod refusal;
pub mod revocation;
pub mod routes;
pub mod sessions;
pub mod sign_in;
pub mod state;
#[cfg(test)]
mod tests;
pub mod token;
pub mod user;
pub mod userinfo;
pub mod wanted;
pub mod wire;
