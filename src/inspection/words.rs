//! What a token says, in words: the registered claims by what they mean, the others whole.

use serde_json::{Map, Value};

use crate::json::members;
use crate::oauth::claims::Claims;
use crate::text::{escape, escape_whole, json_line};
use crate::time::{Seconds, UnixTime};

/// The claims that have a meaning to everyone, in the order in which a person wants to read them: RFC 7519 section 4.1, RFC 9068
/// section 2.2, OpenID Connect Core sections 2 and 5.1, RFC 8693 section 4, RFC 7800 section 3.
const MEANINGS: [(&str, &str); 34] = [
    ("iss", "issuer"),
    ("sub", "subject"),
    ("aud", "audience"),
    ("azp", "issued to"),
    ("client_id", "client"),
    ("cid", "client"),
    ("scope", "scope"),
    ("scp", "scope"),
    ("permissions", "permissions"),
    ("roles", "roles"),
    ("groups", "groups"),
    ("entitlements", "entitlements"),
    ("name", "name"),
    ("preferred_username", "user name"),
    ("email", "email"),
    ("email_verified", "email checked"),
    ("org_id", "organization"),
    ("tid", "tenant"),
    ("act", "acting for it"),
    ("may_act", "may act for it"),
    ("cnf", "bound to a key"),
    ("acr", "level of sign-in"),
    ("amr", "signed in by"),
    ("auth_time", "signed in"),
    ("iat", "issued"),
    ("nbf", "not before"),
    ("exp", "expires"),
    ("jti", "token id"),
    ("sid", "session"),
    ("nonce", "answers sign-in"),
    ("at_hash", "access token hash"),
    ("c_hash", "code hash"),
    ("updated_at", "person updated"),
    ("active", "active"),
];

/// The claims that are points in time.
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// The most characters of a list on one line.
const WIDE: usize = 90;

/// One claim, ready to be shown.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// `issuer (iss)`, or the bare name.
    pub label: String,
    /// What it says, escaped; one or more lines.
    pub lines: Vec<String>,
}

/// Every claim: first those with a meaning, then the others as they come.
pub fn rows(set: &Map<String, Value>, now: UnixTime) -> Vec<Row> {
    let known = MEANINGS.iter().filter_map(|(name, meaning)| Some((*name, Some(*meaning), set.get(*name)?)));
    let others = set.iter().filter(|(name, _)| !MEANINGS.iter().any(|(known, _)| known == name));
    let all = known.chain(others.map(|(name, value)| (name.as_str(), None, value)));
    all.map(|(name, meaning, value)| {
        let label = match meaning {
            Some(meaning) if meaning != name => format!("{meaning} ({name})"),
            _ => at_start(name),
        };
        Row { label, lines: lines(name, value, now) }
    })
    .collect()
}

/// A stranger's text where a line starts, white space aside: what speaks to a CI runner there (`::add-mask::`) is quoted.
pub fn at_start(text: &str) -> String {
    let safe = escape_whole(text);
    if speaks_to_a_runner(&safe) { format!("`{safe}`") } else { safe }
}

/// Whether a line of this is a command to a CI runner. GitHub's passes over white space first.
pub fn speaks_to_a_runner(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.trim_start().starts_with("##")
}

/// A stranger's text as one word of a shell command that a person is to type.
pub fn for_shell(text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/".contains(&b));
    if plain { text.into() } else { quoted(text) }
}

/// The same, quoted in any case.
pub fn quoted(text: &str) -> String {
    format!("'{}'", escape(text).replace('\'', "'\\''"))
}

/// What one claim says.
pub fn lines(name: &str, value: &Value, now: UnixTime) -> Vec<String> {
    if TIMES.contains(&name) {
        let set = members([(name, value.clone())]);
        if let Ok(Some(time)) = (Claims { what: "", set: &set }).time(name) {
            return vec![point(time, now)];
        }
    }
    if let Some(line) = one_line(value) {
        return vec![line];
    }
    let mut out = Vec::new();
    nested(value, 0, &mut out);
    out
}

/// `2026-01-12 09:30:00 UTC, in 54 min`
pub fn point(time: UnixTime, now: UnixTime) -> String {
    let text = time.to_string();
    match text.strip_suffix('Z').and_then(|text| text.split_once('T')) {
        Some((day, hour)) => format!("{day} {hour} UTC, {}", distance(time, now)),
        // A year that no calendar has.
        None => format!("{text}, {}", distance(time, now)),
    }
}

/// `in 54 min`, `6 min ago`, `now`
pub fn distance(time: UnixTime, now: UnixTime) -> String {
    match time - now {
        Seconds(0) => "now".into(),
        ahead if ahead > Seconds(0) => format!("in {ahead}"),
        ago => format!("{} ago", Seconds(ago.0.saturating_neg())),
    }
}

fn nested(value: &Value, depth: usize, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                match one_line(value) {
                    Some(text) => out.push(format!("{indent}{}: {text}", at_start(name))),
                    None => {
                        out.push(format!("{indent}{}:", at_start(name)));
                        nested(value, depth + 1, out);
                    }
                }
            }
        }
        Value::Array(items) if one_line(value).is_none() => {
            for item in items {
                match one_line(item) {
                    Some(text) => out.push(format!("{indent}- {text}")),
                    None => {
                        out.push(format!("{indent}-"));
                        nested(item, depth + 1, out);
                    }
                }
            }
        }
        value => out.push(format!("{indent}{}", one_line(value).unwrap_or_else(|| json_line(value)))),
    }
}

/// What fits a line: text as it is, plain words of a list behind one another. None for what has parts of its own.
fn one_line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(escape_whole(text)),
        Value::Object(members) => members.is_empty().then(|| "{}".into()),
        Value::Array(items) => {
            let plain = |item: &Value| match item {
                Value::String(text) => !text.is_empty() && !text.contains([',', ' ', '"']),
                Value::Array(_) | Value::Object(_) => false,
                _ => true,
            };
            let words: Vec<String> = items.iter().filter(|item| plain(item)).filter_map(one_line).collect();
            let line = if words.is_empty() { "[]".into() } else { words.join(", ") };
            (words.len() == items.len() && line.chars().count() <= WIDE).then_some(line)
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime(1_768_210_200);

    fn shown(value: Value) -> Vec<(String, Vec<String>)> {
        rows(value.as_object().unwrap(), NOW).into_iter().map(|row| (row.label, row.lines)).collect()
    }

    #[test]
    fn registered_claims_come_first_and_in_words() {
        let rows = shown(
            json!({ "zoneinfo": "UTC", "exp": NOW.0 + 3240, "iat": NOW.0 - 360, "iss": "https://a.example", "aud": ["a", "b"], "scope": "read write" }),
        );
        let text: Vec<String> = rows.iter().map(|(label, lines)| format!("{label}: {}", lines.join("|"))).collect();
        assert_eq!(
            text,
            [
                "issuer (iss): https://a.example",
                "audience (aud): a, b",
                "scope: read write",
                "issued (iat): 2026-01-12 09:24:00 UTC, 6 min ago",
                "expires (exp): 2026-01-12 10:24:00 UTC, in 54 min",
                "zoneinfo: UTC",
            ]
        );
    }

    #[test]
    fn nested_claims_are_readable_and_whole() {
        let rows = shown(json!({
            "realm_access": { "roles": ["a", "b c"], "deep": { "x": null, "y": [[1, 2], { "z": true }] } },
            "empty": {}, "none": [], "number": 12.5, "long": "x".repeat(1000),
        }));
        let lines = |name: &str| rows.iter().find(|(label, _)| label == name).unwrap().1.clone();
        assert_eq!(
            lines("realm_access"),
            ["deep:", "  x: null", "  y:", "    - 1, 2", "    -", "      z: true", "roles:", "  - a", "  - b c"]
        );
        assert_eq!((lines("empty"), lines("none"), lines("number")), (vec!["{}".into()], vec!["[]".into()], vec!["12.5".to_string()]));
        assert_eq!(lines("long")[0].len(), 1000);
    }

    #[test]
    fn r66_a_strangers_text_stays_on_its_line() {
        let rows = shown(
            json!({ "a\u{1b}[2J": "x\n::add-mask::y\u{202e}", "iss": ["\u{9b}31m", { "k\r": "\u{2028}" }], " ::x::": { "##[y]": [{}] } }),
        );
        assert!(
            rows.iter().all(|(label, lines)| !speaks_to_a_runner(label) && !lines.iter().any(|line| speaks_to_a_runner(line))),
            "{rows:?}"
        );
        assert!(
            rows.iter().all(|(label, lines)| crate::text::harmless(label) && lines.iter().all(|line| crate::text::harmless(line))),
            "{rows:?}"
        );
    }

    #[test]
    fn what_is_no_point_in_time_is_shown_as_it_is() {
        assert_eq!(shown(json!({ "exp": "1768210200" }))[0].1, ["1768210200"]);
        assert_eq!(shown(json!({ "exp": 1e300 }))[0].1, ["1e+300"]);
        assert_eq!(shown(json!({ "exp": -1 }))[0].1, ["-1"]);
        assert_eq!(distance(UnixTime(i64::MIN), UnixTime(i64::MAX)), format!("{} ago", Seconds(i64::MAX)));
    }
}
