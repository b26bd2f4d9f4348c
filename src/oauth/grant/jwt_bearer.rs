//! A JWT as the grant (RFC 7523 section 2.1).

use crate::error::Result;
use crate::oauth::ask::Ask;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;
use crate::secret::WireSecret;

/// Asks for a token for whom the assertion is about. It is made anew for each try: what is in it may be good once.
pub fn jwt_bearer(world: &mut dyn World, ask: &Ask, assertion: &mut dyn FnMut(&mut dyn World) -> Result<WireSecret>) -> Result<TokenSet> {
    let mut own = |world: &mut dyn World| {
        let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        Ok(vec![("grant_type", grant_type.into()), ("assertion", assertion(world)?.expose().into())])
    };
    ask.patiently(world, &mut own, None)
}

#[cfg(test)]
mod tests;
