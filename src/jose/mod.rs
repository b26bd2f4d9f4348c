//! JWT, JWS, JWK: decode, verify, sign. Pure: bytes in, bytes out.

pub mod base64url;
#[cfg_attr(not(test), expect(dead_code, reason = "login uses it"))]
pub mod jwa;
pub mod jwk;
#[cfg_attr(not(test), expect(dead_code, reason = "login uses it"))]
pub mod jwks;
pub mod jws;
#[cfg_attr(not(test), expect(dead_code, reason = "login uses it"))]
pub mod jwt;
