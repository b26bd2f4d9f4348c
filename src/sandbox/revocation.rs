//! The revocation endpoint (RFC 7009).

use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::sessions::Found;
use crate::sandbox::state::Sandbox;
use crate::secret::RefreshToken;
use crate::time::{Seconds, UnixTime};

/// Revokes a token: a refresh token with all that came of its sign-in, an access token alone.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    revoke(sandbox, request, now).unwrap_or_else(|refusal| refusal.response())
}

fn revoke(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<Response, Refusal> {
    let parameters = Parameters::read(request)?;
    let client = sandbox.clients.authenticate(request, &parameters)?;
    // The hint is none that is needed: no access token looks like a refresh token.
    let token = parameters.required("token")?;
    let foreign = || Refusal::new(Code::InvalidGrant, "the token was issued to another client");
    let mut ledger = sandbox.ledger.open()?;
    let until = sandbox.last_access(now);
    match ledger.sessions.find(&RefreshToken::new(token), client, until, now) {
        Found::Current(family) => {
            let sid = family.grant.sid.clone();
            ledger.sessions.revoke(&sid, until);
        }
        // Looking it up has revoked the family.
        Found::Reused => {}
        Found::Foreign => return Err(foreign()),
        Found::Unknown => {
            // Section 2.2: what is not a token, or not one any more, is revoked enough.
            let Some(claims) = sandbox.access_tokens.recognise(token, now) else { return Ok(Response::text(200, "")) };
            let text = |name: &str| claims.get(name).and_then(|value| value.as_str()).unwrap_or_default();
            if text("client_id") != client.id() {
                return Err(foreign());
            }
            let expires_at = claims.get("exp").and_then(|value| value.as_i64()).map_or(until, UnixTime);
            ledger.sessions.revoke(text("jti"), expires_at + Seconds(1));
        }
    }
    ledger.save()?;
    Ok(Response::text(200, ""))
}
