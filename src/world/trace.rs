//! `--trace FILE`: every request and answer, with whatever could be secret taken out.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::json;
use crate::oauth::world::{Request, Response};
use crate::secret::redact;
use crate::text::escape;
use crate::time::UnixTime;

/// Headers of a request whose values are shown: we wrote them.
const SHOWN_HEADERS: [&str; 2] = ["accept", "content-type"];
/// Values that may be shown wherever they stand in an answer: a server echoes what it was sent, so anything else may be ours.
const HARMLESS: [&str; 20] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/html",
    "text/plain",
    "bearer",
    "dpop",
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "slow_down",
    "close",
    "keep-alive",
    "no-store",
];
/// Parameters of a request whose values are shown.
const SHOWN_PARAMETERS: [&str; 6] = ["grant_type", "scope", "audience", "resource", "client_id", "client_assertion_type"];

/// The trace file; mode 0600, appended to.
pub struct Trace(File);

impl Trace {
    /// Opens the file. Fails with `Config`.
    pub fn open(path: &Path) -> Result<Trace> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(Trace).map_err(|error| {
            Error::new(Kind::Config, format!("cannot write the trace file `{}`", escape(&path.to_string_lossy())))
                .hint("--trace FILE")
                .because(error)
        })
    }

    /// Writes down a request.
    pub fn request(&mut self, request: &Request, now: UnixTime) {
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let mut text = format!("{now} > {method} {}\n", escape(&request.url.without_query()));
        for (name, value) in &request.headers {
            let shown = if SHOWN_HEADERS.contains(name) { escape(value.expose()) } else { "[redacted]".into() };
            text.push_str(&format!("  {name}: {shown}\n"));
        }
        if let Some(body) = &request.body {
            text.push_str(&format!(
                "  {}\n",
                body_of(body.expose().as_bytes(), &|name, value| if SHOWN_PARAMETERS.contains(&name) {
                    escape(value)
                } else {
                    "[redacted]".into()
                })
            ));
        }
        self.write(&text);
    }

    /// Writes down an answer.
    pub fn response(&mut self, request: &Request, response: &Response, now: UnixTime) {
        let mut text = format!("{now} < {}\n", response.status);
        for (name, value) in &response.headers {
            text.push_str(&format!("  {}: {}\n", escape(name), harmless(value.split(';').next().unwrap_or_default())));
        }
        let cut = response.cut_short.as_ref().map(|_| ", cut short").unwrap_or_default();
        text.push_str(&format!("  {}{cut}\n", body_of(&response.body, &|_, value| harmless(value))));
        // Names are a stranger's, too.
        self.write(&redact(&text, &request.ours));
    }

    fn write(&mut self, text: &str) {
        // A trace that cannot be written stops nothing.
        let _ = self.0.write_all(text.as_bytes());
    }
}

/// A known word, a number or a date; anything else is taken for a secret.
fn harmless(value: &str) -> String {
    let count = !value.is_empty() && value.len() <= 12 && value.bytes().all(|b| b.is_ascii_digit());
    let known = HARMLESS.iter().any(|word| word.eq_ignore_ascii_case(value)) || httpdate::parse_http_date(value).is_ok();
    if count || known { value.to_string() } else { "[redacted]".into() }
}

/// A body as its names and what `shown` makes of their values; anything but JSON or a form only by its size.
fn body_of(body: &[u8], shown: &dyn Fn(&str, &str) -> String) -> String {
    if let Ok(members) = json::object(body) {
        let parts: Vec<String> = members
            .iter()
            .map(|(name, member)| {
                let text = match member {
                    Value::String(text) => text.clone(),
                    Value::Object(_) | Value::Array(_) => "[redacted]".into(),
                    other => other.to_string(),
                };
                format!("{}={}", escape(name), shown(name, &text))
            })
            .collect();
        return format!("json {}", parts.join(" "));
    }
    let is_form = body.contains(&b'=') && !body.iter().any(|b| b.is_ascii_whitespace() || *b == b'<');
    if is_form {
        let pairs = url::form_urlencoded::parse(body);
        let parts: Vec<String> = pairs.map(|(name, text)| format!("{}={}", escape(&name), shown(&name, &text))).collect();
        return format!("form {}", parts.join(" "));
    }
    format!("{} bytes, not shown", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r76_only_harmless_values_are_shown() {
        let answer = |body: &[u8]| body_of(body, &|_, value| harmless(value));
        let told = answer(
            br#"{"access_token":"CANARY","expires_in":60,"error":"invalid_client","error_description":"CANARY","a":{"b":"CANARY"}}"#,
        );
        assert_eq!(told, "json a=[redacted] access_token=[redacted] error=invalid_client error_description=[redacted] expires_in=60");
        assert_eq!(answer(br#"{"error":"no CANARY","token_type":"CANARY"}"#), "json error=[redacted] token_type=[redacted]");
        assert_eq!(answer(b"<html>CANARY=1</html>"), "21 bytes, not shown");
        assert_eq!(answer(b"CANARY"), "6 bytes, not shown");
        assert_eq!(harmless("Sun, 06 Nov 1994 08:49:37 GMT"), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
