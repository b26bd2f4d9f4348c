//! The embedded authorization server, for trying and testing: requests in, responses out.
//!
//! Adding an endpoint is one file and one row in `routes.rs`. Only `keys.rs` and `listen.rs` touch the outside.

pub mod about;
pub mod access_token;
pub mod clients;
pub mod http;
pub mod introspection;
pub mod keys;
pub mod listen;
pub mod metadata;
pub mod parameters;
pub mod random;
pub mod refusal;
pub mod routes;
pub mod state;
pub mod token;
pub mod wire;
