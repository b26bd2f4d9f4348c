//! What a token says, whether it holds, and why it was refused: one report, made check by check.

pub mod checks;
pub mod comparison;
pub mod input;
pub mod page;
pub mod refusal;
pub mod server;
pub mod signature;
pub mod words;

use serde_json::{Map, Value, json};

use crate::error::{Error, Kind, Result};
use crate::jose::compact::{self, Jws};
use crate::json;
use crate::oauth::claims::Claims;
use crate::secret::{WireSecret, redact};
use crate::time::UnixTime;

/// Which token of a token answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// An ID token.
    Id,
    /// A refresh token, of which only facts are told.
    Refresh,
    /// Nobody said.
    Unknown,
}

impl TokenKind {
    /// The name in JSON; also its member of a token answer, but for `token`.
    pub fn name(self) -> &'static str {
        match self {
            TokenKind::Access => "access_token",
            TokenKind::Id => "id_token",
            TokenKind::Refresh => "refresh_token",
            TokenKind::Unknown => "token",
        }
    }

    /// `the access token`
    pub fn called(self) -> &'static str {
        match self {
            TokenKind::Access => "the access token",
            TokenKind::Id => "the ID token",
            TokenKind::Refresh => "the refresh token",
            TokenKind::Unknown => "the token",
        }
    }
}

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A signed JWT.
    Jwt,
    /// Something else, signed.
    Jws,
    /// Encrypted: its header is all there is to see.
    Jwe,
    /// Something that only the server can read.
    Opaque,
}

impl Form {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Form::Jwt => "jwt",
            Form::Jws => "jws",
            Form::Jwe => "jwe",
            Form::Opaque => "opaque",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, by the name of its claim or header parameter.
    pub name: &'static str,
    /// Whether it holds; None where that was not checked.
    pub ok: Option<bool>,
    /// Why: one line, foreign text in it escaped.
    pub detail: String,
    /// What to type where it does not hold.
    pub hint: Option<String>,
}

/// All that is known of one token.
#[derive(Debug)]
pub struct Report {
    /// What it is, in words: ``access token of profile `work` ``.
    pub what: String,
    /// Which token it is.
    pub kind: TokenKind,
    /// Whose it is.
    pub profile: Option<String>,
    /// How it is written.
    pub form: Form,
    /// Its length in bytes.
    pub length: usize,
    /// The JOSE header.
    pub header: Option<Map<String, Value>>,
    /// The claims set.
    pub claims: Option<Map<String, Value>>,
    /// What was signed, where it is no claims set.
    pub payload: Option<Vec<u8>>,
    /// What was checked, in order.
    pub checks: Vec<Check>,
    /// Whether the signature was checked with a key that is believed, and held.
    pub verified: bool,
    /// Why not.
    pub reason: Option<String>,
    /// What else a person should know.
    pub notes: Vec<String>,
    /// When it ends, as the claims, the server or the store have it.
    pub expires_at: Option<UnixTime>,
    /// The scope as the token answer had it.
    pub granted: Option<String>,
    /// What the server says of it (RFC 7662).
    pub introspection: Option<Map<String, Value>>,
    /// What the server says of the person (OpenID Connect Core section 5.3).
    pub userinfo: Option<Map<String, Value>>,
    /// What an API wants.
    pub challenge: Option<Value>,
    /// What kept a check from being made.
    pub trouble: Option<Error>,
    /// The time of the report.
    pub now: UnixTime,
}

impl Report {
    /// A report of a token of which nothing is known yet.
    pub fn new(what: String, kind: TokenKind, form: Form, length: usize, now: UnixTime) -> Report {
        Report {
            what,
            kind,
            profile: None,
            form,
            length,
            header: None,
            claims: None,
            payload: None,
            checks: Vec::new(),
            verified: false,
            reason: None,
            notes: Vec::new(),
            expires_at: None,
            granted: None,
            introspection: None,
            userinfo: None,
            challenge: None,
            trouble: None,
            now,
        }
    }

    /// A report of what stands in the token itself, and the JWS to check. `any` takes every payload. Fails with kind `Invalid`
    /// for what looks like a JWT and is none.
    pub fn of(what: String, kind: TokenKind, token: &str, any: bool, now: UnixTime) -> Result<(Report, Option<Jws>)> {
        let report = |form| Report::new(what.clone(), kind, form, token.len(), now);
        if let Some(header) = compact::encrypted(token) {
            let notes = vec!["it is encrypted to someone else: only its header can be read here".into()];
            return Ok((Report { header: Some(header), notes, ..report(Form::Jwe) }, None));
        }
        let jws = match Jws::decode(token) {
            Err(error) if looks_like_jwt(token) => return Err(error.hint("was it copied whole?")),
            Err(_) => {
                let mut report = report(Form::Opaque);
                if token.split('.').take(6).filter(|part| part.len() >= 10).count() == 3 {
                    report.notes.push("it has three parts as a JWT has, but does not begin as one: was it copied whole?".into());
                }
                report.notes.extend(size(token.len()));
                return Ok((report, None));
            }
            Ok(jws) => jws,
        };
        let (mut report, claims) = match jws.claims() {
            Ok(claims) => (report(Form::Jwt), Some(claims)),
            Err(_) if any || jws.understood().is_err() => (report(Form::Jws), None),
            Err(error) => return Err(error.hint("--signature-only checks the signature over any bytes")),
        };
        report.payload = claims.is_none().then(|| jws.payload.clone());
        report.expires_at = claims.as_ref().and_then(|set| Claims { what: kind.called(), set }.time("exp").ok().flatten());
        report.notes.extend(noted(&jws.header, token.len()));
        (report.claims, report.header) = (claims, Some(jws.header.clone()));
        Ok((report, Some(jws)))
    }

    /// Whether the signature holds, and so does whatever else was looked at: what a script may go by.
    pub fn holds(&self) -> bool {
        self.verified && self.failed().is_none()
    }

    fn failed(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.ok == Some(false))
    }

    /// Writes down how a check ended: Ok says why it holds.
    pub fn check(&mut self, name: &'static str, outcome: Result<String>) -> bool {
        let held = outcome.is_ok();
        let (detail, hint) = match outcome {
            Ok(detail) => (detail, None),
            Err(error) => (error.to_string(), error.hint.clone()),
        };
        self.checks.push(Check { name, ok: Some(held), detail, hint });
        held
    }

    /// Writes down what was not checked.
    pub fn unchecked(&mut self, name: &'static str, detail: impl Into<String>) {
        self.checks.push(Check { name, ok: None, detail: detail.into(), hint: None });
    }

    /// Whether every asked check holds. Fails with `Invalid` for the first that does not, or with what kept one from being made.
    pub fn outcome(&mut self) -> Result<()> {
        let failed: Vec<&Check> = self.checks.iter().filter(|check| check.ok == Some(false)).collect();
        let Some(first) = failed.first() else { return self.trouble.take().map_or(Ok(()), Err) };
        let more = if failed.len() > 1 { format!(" (and {} more)", failed.len() - 1) } else { String::new() };
        let error = Error::new(Kind::Invalid, format!("{}{more}", first.detail));
        Err(match &first.hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }

    /// R70: the last net under all that a server or an API made us say. What they said was cleaned where it came in, so this is
    /// for what is long enough not to be a word of ours.
    pub fn redact(&mut self, ours: &[WireSecret]) {
        let ours: Vec<WireSecret> = ours.iter().filter(|secret| secret.expose().len() >= 16).cloned().collect();
        let ours = ours.as_slice();
        for check in &mut self.checks {
            check.detail = redact(&check.detail, ours);
            check.hint = check.hint.take().map(|hint| redact(&hint, ours));
        }
        for note in &mut self.notes {
            *note = redact(note, ours);
        }
        self.reason = self.reason.take().map(|reason| redact(&reason, ours));
        self.trouble = self.trouble.take().map(|error| error.saying(|said| redact(said, ours)));
    }

    /// The report as one object; what is not known is left out.
    pub fn json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail, "hint": check.hint }))
            .collect();
        let mut object = json!({
            "kind": self.kind.name(),
            "format": self.form.name(),
            "length": self.length,
            "header": self.header,
            "claims": self.claims,
            "checks": checks,
            "verified": self.holds(),
            "notes": self.notes,
        });
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                object[name] = value;
            }
        };
        put("profile", self.profile.as_deref().map(Value::from));
        let reason = self.reason.as_deref().or_else(|| Some(self.failed()?.detail.as_str()));
        put("reason", reason.map(Value::from));
        put("payload", self.payload.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into()));
        put("scope", self.granted.as_deref().map(Value::from));
        put("expires_at", self.expires_at.map(|end| end.0.into()));
        put("expires_in", self.expires_at.map(|end| (end - self.now).0.into()));
        put("introspection", self.introspection.clone().map(Value::Object));
        put("userinfo", self.userinfo.clone().map(Value::Object));
        put("challenge", self.challenge.clone());
        object
    }

    /// What is said of the token: by itself, else by the server.
    pub fn said(&self) -> Option<&Map<String, Value>> {
        self.claims.as_ref().or(self.introspection.as_ref())
    }
}

/// R70: what a server said, without what it repeats of our secrets, be it in a name.
pub fn redacted(members: Map<String, Value>, ours: &[WireSecret]) -> Map<String, Value> {
    json::members(members.into_iter().map(|(name, value)| (redact(&name, ours), without(value, ours))))
}

fn without(value: Value, ours: &[WireSecret]) -> Value {
    match value {
        Value::String(text) => redact(&text, ours).into(),
        Value::Array(items) => items.into_iter().map(|item| without(item, ours)).collect(),
        Value::Object(members) => redacted(members, ours).into(),
        other => other,
    }
}

/// Whether a text means to be a JWT: it begins with a JSON object in base64url, or has more dots than a name has.
fn looks_like_jwt(token: &str) -> bool {
    let mut start = token.bytes();
    let object = start.next() == Some(b'e') && start.next().is_some_and(|byte| matches!(byte, b'w'..=b'z' | b'0'..=b'9'));
    (object && token.contains('.')) || token.starts_with("eyJ") || token.len() > compact::LONGEST || token.split('.').take(6).count() == 6
}

/// What is worth a remark in the header and the size.
fn noted(header: &Map<String, Value>, length: usize) -> Vec<String> {
    let keys: Vec<&str> = ["jwk", "jku", "x5u", "x5c"].into_iter().filter(|name| header.contains_key(*name)).collect();
    let mut notes = Vec::new();
    if !keys.is_empty() {
        notes.push(format!("the header brings a key of its own (`{}`), which nobody may go by: it was not looked at", keys.join("`, `")));
    }
    notes.extend(size(length));
    notes
}

/// Servers and libraries that do not take a header this long.
pub fn size(length: usize) -> Option<String> {
    let limit = match length {
        0..8_000 => return None,
        8_000..16_000 => "nginx and Apache stop at 8 KiB a header line",
        16_000..65_000 => "nginx and Apache stop at 8 KiB a header line, Node.js at 16 KiB for all of them",
        _ => "Python's http library stops at 64 KiB a header line, most servers far below",
    };
    Some(format!("it is {length} bytes long, and {limit}: an API may answer 400 or 431 for its size alone"))
}

#[cfg(test)]
mod tests;
