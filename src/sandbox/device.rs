//! The device flow (RFC 8628): the device's own request, and the page where a person types its code.

use serde_json::json;

use crate::random;
use crate::sandbox::desk::{Answer, Device, Purpose, Question};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::metadata::DEVICE;
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::state::Sandbox;
use crate::sandbox::user::{self, ALICE};
use crate::sandbox::wanted::Wanted;
use crate::sandbox::{page, pkce, random as names, sign_in};
use crate::time::{Seconds, UnixTime};

/// How long a person has.
const LIFETIME: Seconds = Seconds(300);
/// How long a device code is remembered, so that it can be said that it expired.
const MEMORY: Seconds = Seconds(900);
/// RFC 8628 section 6.1: no vowels, so that no words come about.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Gives a device its codes (sections 3.1 and 3.2).
pub fn authorization(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    authorize(sandbox, request, now).unwrap_or_else(|refusal| refusal.response())
}

fn authorize(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<Response, Refusal> {
    let parameters = Parameters::read(request)?;
    let client = sandbox.clients.authenticate(request, &parameters)?;
    let wanted = Wanted::read(client, &parameters)?;
    let (device_code, user_code) = (names::name()?, user_code()?);
    // Whom nobody is asked about need not wait.
    let interval = if sandbox.auto_approve { Seconds(1) } else { sandbox.device_interval };
    let shown = format!("{}-{}", &user_code[..4], &user_code[4..]);
    let verification_uri = sandbox.url(DEVICE);
    let answer = json!({
        "device_code": device_code,
        "user_code": shown,
        "verification_uri": verification_uri,
        "verification_uri_complete": format!("{verification_uri}?user_code={shown}"),
        "expires_in": LIFETIME,
        "interval": interval,
    });
    let (challenge, expires_at) = (pkce::challenge(&parameters)?, now + LIFETIME);
    let device = Device { wanted, user_code, challenge, expires_at, interval, polled: None, answer: Answer::None };
    sandbox.desk().devices.put(device_code, now + MEMORY, now, device);
    Ok(Response::json(200, &answer))
}

/// Asks for the code (section 3.3); the link that has it already fills it in.
pub fn form(_: &Sandbox, request: &Request, _: UnixTime) -> Response {
    let parameters = Parameters::read(request);
    let user_code = parameters.as_ref().ok().and_then(|parameters| parameters.one("user_code")).unwrap_or_default();
    page::device(user_code, ALICE, "")
}

/// Who typed a code and a name is asked for consent.
pub fn entered(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    let parameters = match Parameters::read(request) {
        Ok(parameters) => parameters,
        Err(refusal) => return page::trouble(&refusal.description),
    };
    let (code, name) = (parameters.one("user_code").unwrap_or_default(), parameters.one("username").unwrap_or_default());
    let sub = match user::named(name) {
        Ok(sub) => sub.into(),
        Err(complaint) => return page::device(code, name, complaint),
    };
    // Section 6.1: how a person writes the code does not matter.
    let typed = code.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphabetic(), "");
    let waits = |device: &Device| device.user_code == typed && device.expires_at > now && device.answer == Answer::None;
    let found = sandbox.desk().devices.iter().find(|(_, device)| waits(device)).map(|(code, device)| (code.clone(), device.wanted.clone()));
    let Some((device_code, wanted)) = found else { return page::device(code, name, "No device waits with this code.") };
    let question = Question { wanted, purpose: Purpose::Device(device_code), sub };
    sign_in::question(sandbox, question, "", "", now).unwrap_or_else(|refusal| page::trouble(&refusal.description))
}

/// Eight letters: 34 bits.
fn user_code() -> Result<String, Refusal> {
    let mut number = u64::from_le_bytes(random::bytes()?);
    let mut letter = || {
        let at = (number % 20) as usize;
        number /= 20;
        char::from(ALPHABET[at])
    };
    Ok((0..8).map(|_| letter()).collect())
}
