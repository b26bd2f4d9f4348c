//! One grant a file.

pub mod client_credentials;
