//! JWT, JWS, JWK: decode, verify, sign. Pure: bytes in, bytes out.

pub mod base64url;
pub mod certificate;
pub mod compact;
pub mod jwa;
pub mod jwk;
pub mod jwks;
pub mod jws;
pub mod jwt;
pub mod key_file;
pub mod private_jwk;
pub mod private_key;
