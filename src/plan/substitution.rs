//! Values of the environment inside a profile's texts: `${NAME}` and `~/`.

use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use crate::environment::Environment;
use crate::keys::Value;
use crate::keys::subject::Subject;
use crate::text::escape;

/// Puts environment variables in for `${NAME}`. Fails with the name of one that is not set.
pub fn from_environment(value: &Value, environment: &Environment) -> std::result::Result<Value, String> {
    map_text(value, &|text| {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(&environment.get(name).ok_or_else(|| escape(name))?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    })
}

/// Changes every text in a value. Fails with what `change` fails with.
pub fn map_text(value: &Value, change: &dyn Fn(&str) -> std::result::Result<String, String>) -> std::result::Result<Value, String> {
    Ok(match value {
        Value::Text(text) if text.contains('{') => Value::Text(change(text)?),
        Value::List(list) => Value::List(list.iter().map(|text| change(text)).collect::<std::result::Result<_, _>>()?),
        Value::Parameters(map) => Value::Parameters(map_members(map, change)?),
        Value::Subject(subject) => Value::Subject(Subject(map_members(&subject.0, change)?)),
        other => other.clone(),
    })
}

fn map_members(
    map: &Map<String, Json>,
    change: &dyn Fn(&str) -> std::result::Result<String, String>,
) -> std::result::Result<Map<String, Json>, String> {
    let mut changed = map.clone();
    for value in changed.values_mut() {
        if let Json::String(text) = value
            && text.contains('{')
        {
            *text = change(text)?;
        }
    }
    Ok(changed)
}

/// The text of a value that is one.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// `~/x` is in the home folder.
pub fn home(path: &str, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~/"), environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}
