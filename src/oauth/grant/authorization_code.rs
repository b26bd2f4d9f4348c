//! The authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636), for an app on this machine (RFC 8252).

use crate::error::Result;
use crate::jose::base64url;
use crate::oauth::ask::Ask;
use crate::oauth::authorization::{self, Authorization, Expected, Reading};
use crate::oauth::pkce;
use crate::oauth::token::TokenSet;
use crate::oauth::world::{Arrival, Ending, Invitation, World};
use crate::secret::{AuthorizationCode, CodeVerifier, Once};

/// An authorization that was given: all that the token request needs.
#[derive(Debug)]
pub struct Authorized {
    /// The code.
    pub code: AuthorizationCode,
    /// What proves that the code is ours.
    pub verifier: CodeVerifier,
    /// What the ID token has to repeat.
    pub nonce: Option<Once>,
    /// The redirect URI as it was sent.
    pub redirect_uri: String,
}

/// How a person's answer came in.
pub struct Answered {
    /// The authorization, or why there is none.
    pub outcome: Result<Authorized>,
    /// Whoever brought it, and waits to be told how it ends.
    pub arrival: Arrival,
    /// What the server said, where it said no.
    pub refusal: Option<Ending>,
}

/// Sends a person to the authorization endpoint and waits for the one redirect that is this login's. Whatever else comes in is
/// answered and ignored. Fails with `LoginRequired` when nobody answers in time.
pub fn authorize(world: &mut dyn World, ask: &Authorization) -> Result<Answered> {
    let redirect_uri = world.listen(ask.redirect)?;
    let state = Once::new(base64url::encode(world.random()?));
    let verifier = CodeVerifier::new(base64url::encode(world.random()?));
    let nonce = if ask.nonce { Some(Once::new(base64url::encode(world.random()?))) } else { None };
    let url = authorization::url(ask, &redirect_uri, &state, &pkce::challenge(&verifier), nonce.as_ref())?;
    world.invite(&Invitation::Browser { url, redirect_uri: redirect_uri.clone() });
    let expected = Expected { state: &state, issuer: ask.issuer, issuer_pattern: ask.issuer_pattern, iss_promised: ask.iss_promised };
    loop {
        let arrival = world.arrival()?;
        let outcome = match authorization::read(arrival.query.expose(), arrival.pasted, &expected) {
            Reading::Foreign => {
                world.answer(&arrival, &Ending::Foreign);
                continue;
            }
            Reading::Failed(error) => Err(error),
            Reading::Refused { error, description } => {
                world.close();
                let outcome = Err(authorization::refused(&error, description.as_deref()));
                return Ok(Answered { outcome, arrival, refusal: Some(Ending::Refused { error, description }) });
            }
            Reading::Code(code) => Ok(Authorized { code, verifier, nonce, redirect_uri }),
        };
        // RFC 8252 section 8.10: one answer is all that this listener was for.
        world.close();
        return Ok(Answered { outcome, arrival, refusal: None });
    }
}

/// Trades the code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5), once.
pub fn exchange(world: &mut dyn World, ask: &Ask, authorized: &Authorized) -> Result<TokenSet> {
    let own = [
        ("code", authorized.code.expose()),
        ("redirect_uri", authorized.redirect_uri.as_str()),
        ("code_verifier", authorized.verifier.expose()),
    ];
    ask.once(world, "authorization_code", &own)
}

#[cfg(test)]
mod tests;
