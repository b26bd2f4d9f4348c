//! Token exchange (RFC 8693).

use crate::error::Result;
use crate::oauth::ask::Ask;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;
use crate::secret::SubjectToken;

/// A token that is handed in, and what it is.
#[derive(Debug)]
pub struct HandedIn {
    /// The token.
    pub token: SubjectToken,
    /// One of section 3's identifiers, or the server's own.
    pub token_type: String,
}

/// Asks for a token in place of the subject's, which the actor may use where there is one. Section 2.1 has the parameters.
pub fn token_exchange(world: &mut dyn World, ask: &Ask, subject: &HandedIn, actor: Option<&HandedIn>) -> Result<TokenSet> {
    let mut own = |_: &mut dyn World| {
        let mut own = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".into()),
            ("subject_token", subject.token.expose().into()),
            ("subject_token_type", subject.token_type.clone()),
        ];
        if let Some(actor) = actor {
            own.extend([("actor_token", actor.token.expose().into()), ("actor_token_type", actor.token_type.clone())]);
        }
        Ok(own)
    };
    let requested = ask.parameters.iter().find(|(name, _)| name == "requested_token_type").and_then(|(_, value)| value.as_str());
    ask.patiently(world, &mut own, Some(requested.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
