//! What the server says of a token, held against what the token says of itself.

use serde_json::{Map, Value, json};

use crate::error::{Error, Kind};
use crate::inspection::{Report, checks};
use crate::json::members;
use crate::oauth::claims::Claims;
use crate::oauth::introspection::Introspection;
use crate::oauth::userinfo::Userinfo;
use crate::text::{escape, json_line};

/// The claims that a server says again.
const REPEATED: [&str; 9] = ["iss", "sub", "aud", "client_id", "scope", "exp", "iat", "nbf", "jti"];

/// Writes an introspection answer (RFC 7662) down.
pub fn introspected(report: &mut Report, answer: Introspection) {
    if !answer.active {
        let error = Error::new(Kind::Invalid, "the server says that the token is not active")
            .hint("it has ended, was revoked, or is another server's; some servers also say so to a client that may not ask");
        report.check("active", Err(error));
        if report.claims.is_none() {
            report.reason = Some("the server says that it is not active".into());
        }
        report.introspection = Some(members([("active".to_string(), json!(false))]));
        return;
    }
    let signed = answer.signed.map(|alg| format!(", signed with {}", alg.name())).unwrap_or_default();
    report.check("active", Ok(format!("the server says that it is active{signed}")));
    if let Some(claims) = &report.claims {
        let told = REPEATED.into_iter().filter_map(|name| difference(name, claims, &answer.members)).collect::<Vec<_>>();
        report.notes.extend(told);
    }
    let end = Claims { what: "the introspection answer", set: &answer.members }.time("exp").ok().flatten();
    report.expires_at = report.expires_at.or(end);
    report.introspection = Some(answer.members);
}

/// Writes a userinfo answer down. OpenID Connect Core section 5.3.2: its `sub` must be the one that is known.
pub fn told_of_person(report: &mut Report, answer: Userinfo, signed_in: Option<&str>) {
    let subject = answer.members.get("sub").and_then(Value::as_str).unwrap_or_default().to_string();
    let known = report.said().and_then(|said| said.get("sub")).and_then(Value::as_str).or(signed_in).map(str::to_string);
    let outcome = match known {
        Some(known) if known != subject => {
            Err(Error::new(Kind::Invalid, format!("userinfo is about `{}`, and the token is about `{}`", escape(&subject), escape(&known)))
                .hint("nothing that userinfo says may be believed of the token's subject"))
        }
        Some(_) => Ok(format!("userinfo is about `{}` too", escape(&subject))),
        None => Ok(format!("userinfo is about `{}`", escape(&subject))),
    };
    report.check("userinfo", outcome);
    report.userinfo = Some(answer.members);
}

/// What token and server say otherwise of one claim, in words.
fn difference(name: &str, claims: &Map<String, Value>, members: &Map<String, Value>) -> Option<String> {
    let (own, said) = (claims.get(name)?, members.get(name)?);
    let list = |value: &Value| match value {
        Value::String(text) if name == "scope" => text.split_whitespace().map(str::to_string).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().map(Value::to_string).map(|text| text.trim_matches('"').to_string()).collect(),
        Value::Number(number) => vec![number.as_f64().unwrap_or_default().to_string()],
        other => vec![other.to_string()],
    };
    // Whatever the order, and however often.
    let (ours, theirs): (Vec<String>, Vec<String>) = (list(own), list(said));
    let same = ours.iter().all(|one| theirs.contains(one)) && theirs.iter().all(|one| ours.contains(one));
    let shown = |value: &Value| escape(&json_line(value));
    (!same).then(|| format!("`{name}`: the token says {}, the server says {}", shown(own), shown(said)))
}

/// Checks of an opaque token what the server says of it.
pub fn check_said(report: &mut Report, expected: &checks::Expected) {
    if let (None, Some(members)) = (&report.claims, &report.introspection)
        && members.get("active") == Some(&Value::Bool(true))
    {
        let members = members.clone();
        checks::of_set(report, &members, expected);
    }
}
