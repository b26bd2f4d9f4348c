//! The tokens of subjects: a CI job's own identity, or whatever a profile names as the source of one.

pub mod ci;
pub mod gitlab;
pub mod machine;
pub mod mark;

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::json;
use crate::keys::subject::Subject;
use crate::oauth::world::World;
use crate::secret::{SUBJECT, SubjectToken};
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// The most bytes of a token; no server takes a header or a form of more.
pub const LONGEST: usize = 1 << 20;
/// R43: how far two clocks may be apart.
const SKEW: Seconds = Seconds(60);

/// The token of a subject other than a profile, fetched anew and checked.
pub fn fetch(world: &mut dyn World, subject: &Subject, audience: Option<&str>) -> Result<SubjectToken> {
    let token = raw(world, subject, audience)?;
    checked(token, subject, world.now())
}

/// What the source gives, before [`checked`]. `audience` is asked for where the source can be asked for one. Fails with `Config`
/// where the source is not there, `Denied` where it says no, `Invalid` where its answer does not hold.
pub fn raw(world: &mut dyn World, subject: &Subject, audience: Option<&str>) -> Result<SubjectToken> {
    let told = audience.filter(|_| subject.reference().is_none()).map(|audience| format!(", audience `{}`", escape(audience)));
    world.note(&format!("subject token from {}{}", subject.describe(), told.unwrap_or_default()));
    match subject.source() {
        "github-actions" => ci::github(world, audience),
        "gitlab" => gitlab::token(world, subject, audience),
        "circleci" => ci::circleci(world, audience),
        "buildkite" => ci::buildkite(world, subject, audience),
        "azure-devops" => ci::azure(world, subject),
        "kubernetes" => machine::kubernetes(world, subject),
        "gcp" => machine::gcp(world, subject, audience),
        _ => referred(world, subject),
    }
}

/// From a variable, a file or a command.
fn referred(world: &mut dyn World, subject: &Subject) -> Result<SubjectToken> {
    let reference = subject.reference().ok_or_else(|| Error::new(Kind::Internal, "a subject without a source"))?;
    let text = world.reveal(&reference, SUBJECT)?;
    let Some(pointer) = subject.text("pointer") else { return Ok(SubjectToken::new(text.expose())) };
    let found = json::object(text.expose().as_bytes())
        .map_err(|reason| no_token(subject, &format!("what it printed is not a JSON object: {reason}")))?;
    let found = Value::Object(found);
    let token = found.pointer(pointer).and_then(Value::as_str);
    token.map(SubjectToken::new).ok_or_else(|| {
        no_token(subject, &format!("what it printed has no string at `{}`", escape(pointer)))
            .hint("`pointer` is a JSON pointer (RFC 6901), such as /token")
    })
}

/// One line that a request can carry, and not over yet: with another the server would only say no. Fails with `Invalid`.
pub fn checked(token: SubjectToken, subject: &Subject, now: UnixTime) -> Result<SubjectToken> {
    let text = token.expose().trim_end_matches(['\r', '\n']);
    let fault = match text.bytes().find(|byte| !(0x21..=0x7e).contains(byte)) {
        _ if text.is_empty() => Some("it is empty".to_string()),
        _ if text.len() > LONGEST => Some(format!("it is longer than {} KiB", LONGEST >> 10)),
        _ if text.trim_start().starts_with('<') => Some("it looks like an HTML page".into()),
        Some(b'\n' | b'\r') => Some("it has several lines".into()),
        Some(byte) => Some(format!("it has byte 0x{byte:02x} in it")),
        None => None,
    };
    if let Some(fault) = fault {
        return Err(no_token(subject, &fault).hint("a subject token is one line of printable ASCII; nothing was sent"));
    }
    let end = claims(text).and_then(|claims| claims.get("exp")?.as_f64()).map(|end| UnixTime(end as i64));
    if let Some(end) = end.filter(|end| *end + SKEW <= now) {
        let error = Error::new(Kind::Invalid, format!("the subject token from {} ended at {end}, {} ago", subject.describe(), now - end));
        return Err(error.hint(match subject.source() {
            "gitlab" => "GitLab's tokens live 5 minutes, or as long as the job's `timeout`: raise that, or ask earlier in the job",
            "env" | "circleci" => "a variable does not renew itself: take a source that can be asked anew, or ask earlier in the job",
            _ => "have its source renew it; or is this machine's clock right?",
        }));
    }
    Ok(if text.len() == token.expose().len() { token } else { SubjectToken::new(text) })
}

fn no_token(subject: &Subject, why: &str) -> Error {
    Error::new(Kind::Invalid, format!("no subject token from {}: {why}", subject.describe()))
        .hint("is it the right place? nothing was sent")
}

/// What a JWT says of itself, believed or not: nothing here is decided by it but what is not worth sending. Its signature is for
/// the server to read.
pub fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.').take(4);
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return None };
    json::object(&base64url::decode(payload)?).ok()
}

/// What people compare with the trust configuration of a server that says no. None of it is secret; all of it is the token's word.
pub fn told(token: &SubjectToken) -> Option<String> {
    let claims = claims(token.expose())?;
    let shown = |name: &str| match claims.get(name) {
        None => format!("no {name}"),
        Some(Value::String(text)) => format!("{name} `{}`", escape(text)),
        Some(other) => format!("{name} `{}`", escape(&other.to_string())),
    };
    Some(format!(
        "the token that was handed in says {}, {}, {}; compare them with what the server trusts",
        shown("iss"),
        shown("sub"),
        shown("aud")
    ))
}

#[cfg(test)]
mod tests;
