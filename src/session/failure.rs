//! The note that a failed process leaves for those who waited for it.

use serde_json::{Value, json};

use crate::error::{Error, Kind};
use crate::text::escape;
use crate::time::UnixTime;

/// A failure, for those who waited for this process. Nothing in it is secret: it is what stderr says.
pub fn write(error: &Error, fingerprint: &str, now: UnixTime) -> Vec<u8> {
    let by = std::process::id();
    json!({"at": now, "by": by, "request": fingerprint, "exit_code": error.kind.exit_code(), "error": error.to_string(), "hint": error.hint, "oauth_error": error.oauth_error}).to_string().into_bytes()
}

/// The failure in a note, where it is one about this request.
pub fn read(left: &[u8], fingerprint: &str) -> Option<Error> {
    let note = crate::json::object(left).ok()?;
    let text = |name: &str| note.get(name).and_then(Value::as_str).map(escape);
    if note.get("request").and_then(Value::as_str) != Some(fingerprint) {
        return None;
    }
    let kind = Kind::from_exit_code(u8::try_from(note.get("exit_code")?.as_u64()?).ok()?)?;
    let mut error = Error::new(kind, text("error")?).hint_maybe(text("hint"));
    error.oauth_error = text("oauth_error");
    Some(error)
}
