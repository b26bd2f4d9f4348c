//! Sends a request again that changes nothing at the server, as long as there is hope.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::oauth::world::{Request, Response, World};
use crate::time::UnixTime;

/// A request is sent at most this often in all.
const TRIES: u32 = 4;
/// R68: a longer Retry-After is left to the person.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sends what `request` makes, a new one for each try, until `read` is content. It is sent again on a 5xx, on `server_error`, and
/// on a 429 that says when; waits are bounded by the command's deadline.
pub fn patiently(
    world: &mut dyn World,
    request: &mut dyn FnMut(&mut dyn World) -> Result<Request>,
    read: &mut dyn FnMut(&Request, &Response) -> Result<()>,
) -> Result<()> {
    let mut tried = 0;
    loop {
        let made = request(world)?;
        let response = world.send(&made)?;
        let error = match read(&made, &response) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        tried += 1;
        let Some(pause) = pause(&response, &error, tried, world.now(), world.jitter()) else { return Err(error) };
        if tried == TRIES || pause > LONGEST_WAIT || pause >= world.time_left() {
            return Err(error);
        }
        world.wait(pause);
    }
}

/// How long to wait before the request may be sent again; None where it must not be.
fn pause(response: &Response, error: &Error, tried: u32, now: UnixTime, jitter: u16) -> Option<Duration> {
    if error.kind != Kind::Unavailable || response.status == 501 {
        return None;
    }
    let asked = response.header("retry-after").and_then(|text| retry_after(text, now));
    if response.status == 429 && asked.is_none() {
        return None;
    }
    let worth_it = response.status == 429 || response.status >= 500 || error.oauth_error.as_deref().is_some_and(|code| code != "slow_down");
    // 250 ms, 500 ms, 1 s, each up to a quarter longer, so that many clients do not come back together.
    let own = Duration::from_millis(250 << (tried - 1).min(4));
    worth_it.then(|| asked.unwrap_or(own + own * u32::from(jitter) / (4 * u32::from(u16::MAX))))
}

/// RFC 9110 section 10.2.3: seconds, or a date.
fn retry_after(text: &str, now: UnixTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // What is too large for a number is too long to wait, not "no word of when".
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(at.as_secs().saturating_sub(now.0.max(0).unsigned_abs())))
}
