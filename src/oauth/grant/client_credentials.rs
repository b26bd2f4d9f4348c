//! The client credentials grant (RFC 6749 section 4.4).

use crate::error::Result;
use crate::oauth::ask::Ask;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;

/// Asks for a token. A profile's own grant_type (Zoom: account_credentials) replaces ours.
pub fn client_credentials(world: &mut dyn World, ask: &Ask) -> Result<TokenSet> {
    ask.patiently(world, &mut |_| Ok(vec![("grant_type", "client_credentials".into())]), None)
}

#[cfg(test)]
mod tests;
