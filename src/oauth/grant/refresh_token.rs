//! The refresh token grant (RFC 6749 section 6).

use crate::error::Result;
use crate::oauth::ask::Ask;
use crate::oauth::token::TokenSet;
use crate::oauth::world::World;
use crate::secret::RefreshToken;

/// Asks for new tokens. The request is sent once: the server may have taken another refresh token in place of this one
/// though its answer was lost, and a second try would then look like a theft (RFC 9700 section 4.14.2).
pub fn refresh_token(world: &mut dyn World, ask: &Ask, token: &RefreshToken) -> Result<TokenSet> {
    ask.once(world, "refresh_token", &[("refresh_token", token.expose())])
}
