//! What the registered claims have to say, one rule a claim (RFC 7519 section 4.1, OpenID Connect Core section 3.1.3.7).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::oauth::answer;
use crate::oauth::signature::ID_TOKEN;
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// How far the server's clock and this one may be apart (R43).
pub const SKEW: Seconds = Seconds(60);
/// Where RFC 3339 ends, in Unix seconds. What is later is no date, but most likely milliseconds.
const LAST: f64 = 253_402_300_800.0;

const OPERATOR: &str = "tell the server's operator; without `openid` in `scope` there is no ID token to check";

/// A claims set, and what its sentences call the token: `the ID token`.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// The subject of every sentence.
    pub what: &'static str,
    /// The claims.
    pub set: &'a Map<String, Value>,
}

impl<'a> Claims<'a> {
    /// `iss` is the issuer, byte for byte, or the pattern with the token's own `tid` for `{tenantid}`. `whose` is what the
    /// issuer is called.
    pub fn issued_by(&self, whose: &str, issuer: &str, pattern: Option<&str>) -> Result<&'a str> {
        let said = self.required("iss")?;
        let tenant = self.set.get("tid").and_then(Value::as_str).unwrap_or_default();
        let plain = !tenant.is_empty() && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if said == issuer || (plain && pattern.is_some_and(|pattern| pattern.replace("{tenantid}", tenant) == said)) {
            return Ok(said);
        }
        let shown = escape(said);
        let slash = said.trim_end_matches('/') == issuer.trim_end_matches('/');
        let difference = if slash { "; only the slash at the end differs, but it must be the same" } else { "" };
        Err(self
            .fails(format!("is from `{shown}`, and {whose} is `{}`{difference}", escape(issuer)))
            .hint(format!("if that is the server you mean, set issuer = \"{shown}\"")))
    }

    /// `aud`: a string or an array of strings.
    pub fn audiences(&self) -> Result<Vec<&'a str>> {
        let audiences: Option<Vec<&str>> = match self.set.get("aud") {
            Some(Value::String(one)) => Some(vec![one]),
            Some(Value::Array(several)) => several.iter().map(Value::as_str).collect(),
            _ => None,
        };
        audiences.ok_or_else(|| self.wrong("aud", "a string or an array of strings"))
    }

    /// Whom the token is for, in words.
    pub fn audiences_shown(audiences: &[&str]) -> String {
        if audiences.is_empty() { "nobody".into() } else { format!("`{}`", escape(&audiences.join("`, `"))) }
    }

    /// `aud` has the client, and `azp` is the client where there are others.
    pub fn for_the_client(&self, client_id: &str) -> Result<()> {
        let audiences = self.audiences()?;
        let client = escape(client_id);
        if !audiences.contains(&client_id) {
            let shown = Claims::audiences_shown(&audiences);
            return Err(self.fails(format!("is for {shown}, not for the client `{client}`")).hint("is `client_id` right?"));
        }
        match self.text("azp")? {
            Some(party) if party != client_id => {
                Err(self.fails(format!("was issued to the client `{}`, not to `{client}`", escape(party))).hint("is `client_id` right?"))
            }
            None if audiences.iter().any(|audience| *audience != client_id) => {
                Err(self.fails("is for several audiences and does not say to which of them it was issued (`azp`)").hint(OPERATOR))
            }
            _ => Ok(()),
        }
    }

    /// `sub`: never empty.
    pub fn subject(&self) -> Result<&'a str> {
        match self.required("sub")? {
            "" => Err(self.fails("is about nobody: `sub` is empty").hint(OPERATOR)),
            subject => Ok(subject),
        }
    }

    /// `exp` is not over.
    pub fn unexpired(&self, now: UnixTime) -> Result<UnixTime> {
        let end = self.time("exp")?.ok_or_else(|| self.wrong("exp", "a number"))?;
        if now - end >= SKEW { Err(self.apart(format!("expired {} ago", now - end), now)) } else { Ok(end) }
    }

    /// `iat` is not to come.
    pub fn issued(&self, now: UnixTime) -> Result<UnixTime> {
        let at = self.time("iat")?.ok_or_else(|| self.wrong("iat", "a number"))?;
        if at - now > SKEW { Err(self.apart(format!("was issued {} in the future", at - now), now)) } else { Ok(at) }
    }

    /// `nbf`, where there is one, is not to come.
    pub fn begun(&self, now: UnixTime) -> Result<Option<UnixTime>> {
        match self.time("nbf")? {
            Some(start) if start - now > SKEW => Err(self.apart(format!("is not valid for another {}", start - now), now)),
            start => Ok(start),
        }
    }

    fn apart(&self, what: String, now: UnixTime) -> Error {
        self.fails(format!("{what}, and clocks may differ by {SKEW}")).hint(format!("is this machine's clock right? it says {now}"))
    }

    /// A NumericDate (RFC 7519 section 2), without its fraction. A wrong type is a failure, and not the same as none.
    pub fn time(&self, name: &str) -> Result<Option<UnixTime>> {
        let Some(value) = self.set.get(name) else { return Ok(None) };
        match value.as_f64() {
            Some(seconds) if (0.0..LAST).contains(&seconds) => Ok(Some(UnixTime(seconds as i64))),
            Some(_) => Err(self.blamed(Error::new(
                Kind::Invalid,
                format!("{}'s `{name}` is no point in time: {}", self.what, escape(&value.to_string())),
            ))),
            None => Err(self.wrong(name, "a number")),
        }
    }

    /// A claim's text, where it is there.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.set.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| self.wrong(name, "a string")),
        }
    }

    /// A claim's text.
    pub fn required(&self, name: &str) -> Result<&'a str> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "a string"))
    }

    /// What a claim is instead.
    pub fn wrong(&self, name: &str, wanted: &str) -> Error {
        self.blamed(answer::wrong(self.what, self.set, name, wanted))
    }

    /// Whose fault it is that a token is not as it must be.
    fn blamed(&self, error: Error) -> Error {
        error.hint(if self.what == ID_TOKEN { OPERATOR } else { "tell the server's operator" })
    }

    /// `the ID token …`
    pub fn fails(&self, why: impl std::fmt::Display) -> Error {
        Error::new(Kind::Invalid, format!("{} {why}", self.what))
    }
}
