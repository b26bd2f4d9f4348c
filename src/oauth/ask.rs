//! One request to a token endpoint, and its answer.

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::oauth::answer::{self, Expectation};
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::patience::patiently;
use crate::oauth::token::{self, Body, TokenSet};
use crate::oauth::world::World;
use crate::secret::WireSecret;

/// What is asked of a token endpoint, and how.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The token endpoint.
    pub endpoint: &'a Endpoint,
    /// The client.
    pub client: &'a Client,
    /// How parameters travel.
    pub body: Body,
    /// Everything but what the grant itself says: scope, audience, resource, …
    pub parameters: &'a [(String, Value)],
    /// JSON pointer to a nested token object.
    pub pointer: Option<&'a str>,
    /// The server's own word for Bearer.
    pub token_type: Option<&'a str>,
}

impl Ask<'_> {
    /// What an answer is read with.
    pub fn expectation<'a>(&'a self, ours: &'a [WireSecret]) -> Expectation<'a> {
        Expectation { pointer: self.pointer, token_type: self.token_type, ours, key: "token_endpoint", requested: None }
    }

    /// Sends what a grant says, and the rest, once: a code or a refresh token that went out may be spent (R55).
    pub fn once(&self, world: &mut dyn World, grant_type: &str, own: &[(&str, &str)]) -> Result<TokenSet> {
        let mut parameters = vec![("grant_type".to_string(), Value::from(grant_type))];
        parameters.extend(own.iter().map(|(name, value)| (name.to_string(), Value::from(*value))));
        // RFC 6749 section 3.2: no parameter twice; the grant's own win.
        let more = self.parameters.iter().filter(|(name, _)| !parameters.iter().any(|(own, _)| own == name)).cloned().collect::<Vec<_>>();
        parameters.extend(more);
        let request = token::request(world, self.endpoint, self.body, self.client, &parameters);
        token::wipe(&mut parameters);
        let mut request = request?;
        // Whatever the server echoes of what makes this request ours is not shown.
        request.ours.extend(own.iter().filter(|(name, _)| SECRET.contains(name)).map(|(_, value)| WireSecret::new(*value)));
        let response = world.send(&request)?;
        answer::read(&response, &self.expectation(&request.ours))
    }

    /// Sends what a grant says, and the rest, as often as there is hope: nothing is spent by it. What the profile says itself takes
    /// the grant's place. Of an exchange, `requested` is the type of token that is asked for, or empty.
    pub fn patiently(&self, world: &mut dyn World, own: &mut Own, requested: Option<&str>) -> Result<TokenSet> {
        // Made anew for each try: what proves the client may be good once.
        let mut request = |world: &mut dyn World| {
            let own = own(world)?.into_iter().filter(|(name, _)| !self.parameters.iter().any(|(profile, _)| profile == name));
            let mut parameters: Vec<(String, Value)> = own.map(|(name, value)| (name.to_string(), value.into())).collect();
            let secret = parameters.iter().filter(|(name, _)| SECRET.contains(&name.as_str())).filter_map(|(_, value)| value.as_str());
            let ours: Vec<WireSecret> = secret.map(WireSecret::new).collect();
            parameters.extend_from_slice(self.parameters);
            let request = token::request(world, self.endpoint, self.body, self.client, &parameters);
            token::wipe(&mut parameters);
            let mut request = request?;
            request.ours.extend(ours);
            Ok(request)
        };
        let mut tokens = None;
        patiently(world, &mut request, &mut |request, response| {
            tokens = Some(answer::read(response, &Expectation { requested, ..self.expectation(&request.ours) })?);
            Ok(())
        })?;
        tokens.ok_or_else(|| Error::new(Kind::Internal, "an answer was read, and is not there"))
    }
}

/// Makes the parameters that a grant says itself.
pub type Own<'a> = dyn FnMut(&mut dyn World) -> Result<Vec<(&'static str, String)>> + 'a;

/// The parameters of a grant that nobody else may learn.
const SECRET: [&str; 7] = ["code", "code_verifier", "refresh_token", "device_code", "subject_token", "actor_token", "assertion"];
