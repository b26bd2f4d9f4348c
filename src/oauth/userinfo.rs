//! What a token tells of the person it is about (OpenID Connect Core section 5.3).

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::oauth::answer::{self, Expectation, wrong};
use crate::oauth::challenge::challenges;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::signature::{Signer, signed};
use crate::oauth::token::LIMIT;
use crate::oauth::world::{Identity, Request, World};
use crate::secret::{AccessToken, WireSecret};

/// What a sentence calls the answer.
const WHAT: &str = "the userinfo answer";

/// What the server said.
#[derive(Debug, Clone, PartialEq)]
pub struct Userinfo {
    /// All members as they came, foreign text. `sub` is among them, a string and not empty; whether it is the ID token's
    /// is the caller's to check (section 5.3.2).
    pub members: Map<String, Value>,
    /// What the answer was signed with, which was checked; None for plain JSON.
    pub signed: Option<Alg>,
}

/// Asks whom a token is about, with the token as Bearer (section 5.3.1); one that is bound to a certificate is shown with that
/// `identity` (RFC 8705 section 3). Fails with what the server says against it, and
/// with `Invalid` where the answer does not hold.
pub fn userinfo(
    world: &mut dyn World,
    endpoint: &Endpoint,
    token: &AccessToken,
    signer: &Signer,
    identity: Option<Arc<Identity>>,
) -> Result<Userinfo> {
    if let Some(byte) = token.expose().bytes().find(|byte| !(0x21..=0x7e).contains(byte)) {
        return Err(Error::new(Kind::Invalid, format!("the token has byte 0x{byte:02x} in it, which no header can carry")));
    }
    let request = Request {
        url: endpoint.clone(),
        headers: vec![
            // Which of them comes is the client's registration at the server, not a choice of now.
            ("accept", WireSecret::new("application/json, application/jwt")),
            ("authorization", WireSecret::new(format!("Bearer {}", token.expose()))),
        ],
        body: None,
        limit: LIMIT,
        ours: vec![WireSecret::new(token.expose())],
        identity,
    };
    let response = world.send(&request)?;
    let (members, signed) = if signed(&response) {
        let (claims, alg) = signer.claims(world, &response, WHAT, None, &request.ours)?;
        (claims, Some(alg))
    } else {
        let expect = Expectation { ours: &request.ours, key: "userinfo_endpoint", ..Expectation::default() };
        let denied = |error: Error| match error.kind {
            Kind::Denied => error.hint("is the token still valid, and was `openid` in its scope?"),
            _ => error,
        };
        // RFC 6750 section 3: the reason is in the challenge, and the body may be anything.
        let said = if matches!(response.status, 400 | 401 | 403) { challenges(&response) } else { Vec::new() };
        if let Some((challenge, code)) = said.iter().find_map(|challenge| Some((challenge, challenge.parameter("error")?))) {
            return Err(denied(answer::refused(&response, code, challenge.parameter("error_description"), &expect)));
        }
        (answer::object(&response, &expect).map_err(denied)?, None)
    };
    match members.get("sub").and_then(Value::as_str) {
        Some("") => Err(Error::new(Kind::Invalid, format!("{WHAT} is about nobody: `sub` is empty")).hint("tell the server's operator")),
        Some(_) => Ok(Userinfo { members, signed }),
        None => Err(wrong(WHAT, &members, "sub", "a string")),
    }
}

#[cfg(test)]
mod tests;
