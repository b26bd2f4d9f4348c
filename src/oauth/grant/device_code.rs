//! The device authorization grant (RFC 8628).

use serde_json::{Map, Value};
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::json;
use crate::oauth::answer::{self, Expectation};
use crate::oauth::ask::Ask;
use crate::oauth::endpoints::{Endpoint, for_browser};
use crate::oauth::pkce;
use crate::oauth::token::{self, Body, TokenSet};
use crate::oauth::world::{Invitation, World};
use crate::secret::{CodeVerifier, DeviceCode};
use crate::text::escape;
use crate::time::Seconds;

/// Section 3.2: the pause where the server names none.
const INTERVAL: Seconds = Seconds(5);
/// Section 3.5: what `slow_down` adds.
const SLOWER: Seconds = Seconds(5);
/// A connection that fails makes the pause twice as long, up to this.
const LONGEST_PAUSE: Seconds = Seconds(60);
/// A server that names no lifetime (section 3.2 wants one) is asked for so long.
const LIFETIME: Seconds = Seconds(600);

/// What is asked of a device authorization endpoint.
#[derive(Debug)]
pub struct Device<'a> {
    /// The device authorization endpoint.
    pub endpoint: &'a Endpoint,
    /// scope, audience, … in order.
    pub parameters: &'a [(String, Value)],
    /// Whether the server knows PKCE, which then binds the device code to this process.
    pub pkce: bool,
}

/// What the endpoint answered (section 3.2).
struct Offer {
    device_code: DeviceCode,
    invitation: Invitation,
    interval: Seconds,
    expires_in: Seconds,
}

/// Shows a person where to sign in, and polls until they did. Fails with `LoginRequired` where nobody did in time, `Denied`
/// where they said no.
pub fn device_code(world: &mut dyn World, device: &Device, ask: &Ask) -> Result<TokenSet> {
    let verifier = if device.pkce { Some(CodeVerifier::new(base64url::encode(world.random()?))) } else { None };
    let offer = offer(world, device, ask, verifier.as_ref())?;
    world.invite(&offer.invitation);
    let mut own = vec![("device_code", offer.device_code.expose())];
    own.extend(verifier.iter().map(|verifier| ("code_verifier", verifier.expose())));
    let end = world.now() + offer.expires_in;
    let mut interval = offer.interval;
    loop {
        if world.now() + interval >= end {
            return Err(expired());
        }
        world.linger(interval.duration())?;
        let error = match ask.once(world, "urn:ietf:params:oauth:grant-type:device_code", &own) {
            Ok(tokens) => return Ok(tokens),
            Err(error) => error,
        };
        match error.oauth_error.as_deref() {
            Some("authorization_pending") => {}
            Some("slow_down") => interval = interval + SLOWER,
            // GitHub has both words.
            Some("expired_token" | "token_expired") => return Err(expired()),
            Some("access_denied") => return Err(error.saying(|said| format!("the sign-in was denied: {said}"))),
            Some(_) => return Err(error),
            // Section 3.5: a connection that fails is tried again, less often.
            None if error.kind == Kind::Unavailable => interval = Seconds(interval.0.saturating_mul(2)).min(LONGEST_PAUSE).max(interval),
            None => return Err(error),
        }
    }
}

fn expired() -> Error {
    Error::new(Kind::LoginRequired, "the code ended before anyone signed in with it")
}

fn offer(world: &mut dyn World, device: &Device, ask: &Ask, verifier: Option<&CodeVerifier>) -> Result<Offer> {
    let mut parameters = device.parameters.to_vec();
    if let Some(verifier) = verifier {
        parameters.push(("code_challenge".into(), pkce::challenge(verifier).into()));
        parameters.push(("code_challenge_method".into(), "S256".into()));
    }
    // RFC 8628 section 3.1: the client's identifier is a parameter, also beside Basic; a server may look for it there alone.
    if !parameters.iter().any(|(name, _)| name == "client_id") {
        parameters.push(("client_id".into(), ask.client.id.as_str().into()));
    }
    let request = token::request(world, device.endpoint, Body::Form, ask.client, &parameters)?;
    let response = world.send(&request)?;
    let expect = Expectation { ours: &request.ours, key: "device_authorization_endpoint", ..Expectation::default() };
    read(&answer::object(&response, &expect)?)
}

/// The answer, with what servers call things. `verification_url` is Google's.
fn read(members: &Map<String, Value>) -> Result<Offer> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let needed = |name: &str, value: Option<&str>| {
        value.map(str::to_string).ok_or_else(|| {
            invalid(format!("the device authorization endpoint's answer has no `{name}`")).hint("is `device_authorization_endpoint` right?")
        })
    };
    let device_code = DeviceCode::new(needed("device_code", text("device_code"))?);
    let user_code = needed("user_code", text("user_code"))?;
    let verification_uri = page(&needed("verification_uri", text("verification_uri").or_else(|| text("verification_url")))?)?;
    let complete = text("verification_uri_complete").or_else(|| text("verification_url_complete")).map(page).transpose()?;
    let number = |name: &str| members.get(name).and_then(json::seconds);
    let expires_in = number("expires_in").filter(|length| length.0 > 0).unwrap_or(LIFETIME);
    let interval = number("interval").unwrap_or(INTERVAL).max(Seconds(1));
    Ok(Offer { device_code, invitation: Invitation::Device { verification_uri, complete, user_code, expires_in }, interval, expires_in })
}

/// Where a person is sent must be a page of the web.
fn page(text: &str) -> Result<String> {
    let url = Url::parse(text).map_err(|_| invalid(format!("the server's verification address `{}` is no URL", escape(text))))?;
    for_browser(&url).map_err(|reason| invalid(format!("the server's verification address cannot be used: {reason}")))
}

fn invalid(message: String) -> Error {
    Error::new(Kind::Invalid, message).hint("tell the server's operator")
}

#[cfg(test)]
mod tests;
