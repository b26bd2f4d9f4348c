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

const OPERATOR: &str = "tell the server's operator";
const OPERATOR_OR_NONE: &str = "tell the server's operator; without `openid` in `scope` there is no ID token to check";

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
                Err(self.fails("is for several audiences and does not say to which of them it was issued (`azp`)").hint(self.operator()))
            }
            _ => Ok(()),
        }
    }

    /// `sub`: never empty.
    pub fn subject(&self) -> Result<&'a str> {
        match self.required("sub")? {
            "" => Err(self.fails("is about nobody: `sub` is empty").hint(self.operator())),
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
        error.hint(self.operator())
    }

    /// An ID token can also be left out.
    fn operator(&self) -> &'static str {
        if self.what == ID_TOKEN { OPERATOR_OR_NONE } else { OPERATOR }
    }

    /// `the ID token …`
    pub fn fails(&self, why: impl std::fmt::Display) -> Error {
        Error::new(Kind::Invalid, format!("{} {why}", self.what))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime(1_768_210_200);

    fn time(value: Value) -> Result<Option<UnixTime>> {
        let set = json!({ "exp": value });
        Claims { what: "the token", set: set.as_object().unwrap() }.time("exp")
    }

    #[test]
    fn rfc_7519_section_2_a_point_in_time_is_a_number_of_seconds_that_a_calendar_has() {
        for (value, seconds) in [
            (json!(0), 0),
            (json!(-0.0), 0),
            (json!(0.9), 0),
            (json!(1_768_210_200.999), 1_768_210_200),
            (json!(253_402_300_799_u64), 253_402_300_799),
            (json!(253_402_300_799.9), 253_402_300_799),
        ] {
            assert_eq!(time(value.clone()).unwrap(), Some(UnixTime(seconds)), "{value}");
        }
        for value in [json!(253_402_300_800_u64), json!(-1), json!(-0.1), json!(i64::MIN), json!(u64::MAX), json!(f64::MAX)] {
            assert_eq!(time(value.clone()).unwrap_err().message, format!("the token's `exp` is no point in time: {value}"));
        }
        let none = Map::new();
        assert_eq!(Claims { what: "the token", set: &none }.time("exp").unwrap(), None);
    }

    #[test]
    fn no_clock_overflows() {
        for now in [i64::MIN, -1, 0, i64::MAX].map(UnixTime) {
            for at in [0, 253_402_300_799_i64] {
                let set = json!({ "exp": at, "nbf": at, "iat": at });
                let claims = Claims { what: "the token", set: set.as_object().unwrap() };
                let held = [claims.unexpired(now).is_ok(), claims.begun(now).is_ok(), claims.issued(now).is_ok()];
                let (over, to_come) = (now.0 >= at + 60, now.0 < at - 60);
                assert_eq!(held, [!over, !to_come, !to_come], "{now:?} {at}");
            }
        }
    }

    #[test]
    fn only_of_an_id_token_there_can_be_none() {
        for (what, hint) in [("the access token", OPERATOR), ("the ID token", OPERATOR_OR_NONE)] {
            let set = json!({ "exp": "soon", "sub": "" });
            let claims = Claims { what, set: set.as_object().unwrap() };
            for error in [claims.unexpired(NOW).unwrap_err(), claims.subject().unwrap_err(), claims.required("iss").unwrap_err()] {
                assert_eq!(error.hint.as_deref(), Some(hint), "{error}");
            }
        }
    }

    #[test]
    fn whom_it_is_for_is_shown_on_one_line() {
        for (audiences, shown) in [(&[][..], "nobody"), (&["a"], "`a`"), (&["a", "b\n"], "`a`, `b\\n`")] {
            assert_eq!(Claims::audiences_shown(audiences), shown);
        }
    }
}
