//! A JWT as the grant (RFC 7523 section 2.1).

use crate::error::Result;
use crate::oauth::ask::Ask;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;
use crate::secret::SubjectToken;

/// Asks for a token for whom the assertion is about.
pub fn jwt_bearer(world: &mut dyn World, ask: &Ask, assertion: &SubjectToken) -> Result<TokenSet> {
    ask.patiently(world, &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose())], None)
}

#[cfg(test)]
mod tests;
