//! Token introspection: what the server says of a token (RFC 7662), signed where it does that (RFC 9701).

use serde_json::{Map, Value};

use crate::error::Result;
use crate::jose::jwa::Alg;
use crate::oauth::answer::{self, Expectation, wrong};
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::signature::{Signer, signed};
use crate::oauth::token;
use crate::oauth::world::World;
use crate::secret::WireSecret;

/// What a sentence calls the answer.
const WHAT: &str = "the introspection answer";
const TYPE: &str = "token-introspection+jwt";

/// What the server is asked, and who may answer.
pub struct Asked<'a> {
    /// The introspection endpoint.
    pub endpoint: &'a Endpoint,
    /// The client that asks.
    pub client: &'a Client,
    /// The token.
    pub token: &'a WireSecret,
    /// `token_type_hint`: `access_token` or `refresh_token`.
    pub hint: Option<&'a str>,
    /// Who may sign the answer.
    pub signer: Signer<'a>,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq)]
pub struct Introspection {
    /// Whether the token is active; of one that is not, nothing else is to be shown.
    pub active: bool,
    /// All members, `active` among them, as they came: foreign text that may repeat what was sent.
    pub members: Map<String, Value>,
    /// What the answer was signed with, which was checked; None for plain JSON.
    pub signed: Option<Alg>,
}

/// Asks the server about a token (section 2.1). Fails with what the server says against it, and with `Invalid` where the
/// answer does not hold; that a token is not active is no failure.
pub fn introspect(world: &mut dyn World, asked: &Asked) -> Result<Introspection> {
    let mut request = token::about(world, asked.endpoint, asked.client, asked.token, asked.hint)?;
    if let Some((_, accept)) = request.headers.iter_mut().find(|(name, _)| asked.signer.offered && *name == "accept") {
        // RFC 9701 section 4.
        *accept = WireSecret::new("application/token-introspection+jwt, application/json;q=0.5");
    }
    let response = world.send(&request)?;
    let (members, signed) = if signed(&response) {
        let (mut claims, alg) = asked.signer.claims(world, &response, WHAT, Some(TYPE), &request.ours)?;
        // RFC 9701 section 5: what is said of the token stands apart from what is said of the answer.
        match claims.remove("token_introspection") {
            Some(Value::Object(members)) => (members, Some(alg)),
            other => {
                claims.extend(other.map(|value| ("token_introspection".to_string(), value)));
                return Err(wrong(WHAT, &claims, "token_introspection", "an object"));
            }
        }
    } else {
        let expect = Expectation { ours: &request.ours, key: "introspection_endpoint", ..Expectation::default() };
        (answer::object(&response, &expect)?, None)
    };
    // A string "true" is no yes.
    let active = members.get("active").and_then(Value::as_bool).ok_or_else(|| wrong(WHAT, &members, "active", "a boolean"))?;
    Ok(Introspection { active, members, signed })
}

#[cfg(test)]
mod tests;
