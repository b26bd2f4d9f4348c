//! `--trace FILE`: every request and answer, with whatever could be secret taken out.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::json;
use crate::oauth::world::{Request, Response};
use crate::text::escape;
use crate::time::UnixTime;

/// Headers whose values are shown: none of them can carry a secret.
const SHOWN_HEADERS: [&str; 6] = ["accept", "content-type", "content-length", "date", "cache-control", "retry-after"];
/// Parameters of a request whose values are shown.
const SHOWN_PARAMETERS: [&str; 5] = ["grant_type", "scope", "audience", "resource", "client_id"];
/// Members of an answer whose values are shown. Not `error_description`: servers echo what they were sent.
const SHOWN_MEMBERS: [&str; 3] = ["token_type", "expires_in", "error"];

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
            text.push_str(&format!("  {}\n", body_of(body.expose().as_bytes(), &SHOWN_PARAMETERS)));
        }
        self.write(&text);
    }

    /// Writes down an answer.
    pub fn response(&mut self, response: &Response, now: UnixTime) {
        let mut text = format!("{now} < {}\n", response.status);
        for (name, value) in &response.headers {
            let shown = if SHOWN_HEADERS.contains(&name.as_str()) { escape(value) } else { "[redacted]".into() };
            text.push_str(&format!("  {}: {shown}\n", escape(name)));
        }
        let cut = response.cut_short.as_ref().map(|_| ", cut short").unwrap_or_default();
        text.push_str(&format!("  {}{cut}\n", body_of(&response.body, &SHOWN_MEMBERS)));
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        // A trace that cannot be written stops nothing.
        let _ = self.0.write_all(text.as_bytes());
    }
}

/// A body as its names, with the values of the shown ones; anything but JSON or a form only by its size.
fn body_of(body: &[u8], shown: &[&str]) -> String {
    let value = |name: &str, value: String| if shown.contains(&name) { escape(&value) } else { "[redacted]".into() };
    if let Ok(members) = json::object(body) {
        let parts: Vec<String> = members
            .iter()
            .map(|(name, member)| {
                let text = match member {
                    Value::String(text) => text.clone(),
                    Value::Object(_) | Value::Array(_) => "[redacted]".into(),
                    other => other.to_string(),
                };
                format!("{}={}", escape(name), value(name, text))
            })
            .collect();
        return format!("json {}", parts.join(" "));
    }
    let is_form = body.contains(&b'=') && !body.iter().any(|b| b.is_ascii_whitespace() || *b == b'<');
    if is_form {
        let pairs = url::form_urlencoded::parse(body);
        let parts: Vec<String> = pairs.map(|(name, text)| format!("{}={}", escape(&name), value(&name, text.into_owned()))).collect();
        return format!("form {}", parts.join(" "));
    }
    format!("{} bytes, not shown", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r76_only_harmless_values_are_shown() {
        let form = body_of(b"grant_type=client_credentials&client_id=c&client_secret=CANARY&x=CANARY", &SHOWN_PARAMETERS);
        assert_eq!(form, "form grant_type=client_credentials client_id=c client_secret=[redacted] x=[redacted]");
        let answer =
            body_of(br#"{"access_token":"CANARY","expires_in":60,"error_description":"CANARY","a":{"b":"CANARY"}}"#, &SHOWN_MEMBERS);
        assert_eq!(answer, "json a=[redacted] access_token=[redacted] error_description=[redacted] expires_in=60");
        assert_eq!(body_of(b"<html>CANARY=1</html>", &SHOWN_MEMBERS), "21 bytes, not shown");
        assert_eq!(body_of(b"CANARY", &SHOWN_MEMBERS), "6 bytes, not shown");
    }
}
