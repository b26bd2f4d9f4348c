//! The userinfo endpoint (OpenID Connect Core section 5.3).

use serde_json::{Value, json};

use crate::json::members;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::state::Sandbox;
use crate::sandbox::user;
use crate::sandbox::wanted::words;
use crate::time::UnixTime;

/// Says who signed in for the token.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    tell(sandbox, request, now).unwrap_or_else(|error| Refusal::from(error).response())
}

fn tell(sandbox: &Sandbox, request: &Request, now: UnixTime) -> crate::error::Result<Response> {
    // RFC 6750 section 3.1: who sends no token at all is told no error.
    let Some(header) = request.header("Authorization") else { return Ok(refused(401, "")) };
    let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")).map(|(_, token)| token.trim());
    let claims = match token {
        Some(token) => sandbox.active(token, now)?,
        None => None,
    };
    let Some(claims) = claims else { return Ok(refused(401, "invalid_token")) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match text("sub") {
        // A client that got a token for itself is nobody.
        Some(sub) if text("sid").is_some() && words(text("scope")).any(|word| word == "openid") => {
            let mut answer = members(user::claims(sub));
            answer.insert("sub".into(), json!(sub));
            Ok(Response::json(200, &Value::Object(answer)))
        }
        _ => Ok(refused(403, "insufficient_scope")),
    }
}

/// RFC 6750 section 3.
fn refused(status: u16, error: &str) -> Response {
    let mut challenge = r#"Bearer realm="oat sandbox""#.to_string();
    if !error.is_empty() {
        challenge += &format!(r#", error="{error}""#);
    }
    if status == 403 {
        challenge += r#", scope="openid""#;
    }
    Response::json(status, &json!({ "error": error })).with("WWW-Authenticate", challenge)
}
