//! `oat profile show`: every value of a profile, and where it came from.

use serde_json::{Map, Value as Json, json};

use crate::cli::words::Chosen;
use crate::commands::house::House;
use crate::error::Result;
use crate::json::members;
use crate::keys::{KEYS, KeyKind, Value};
use crate::output;
use crate::plan::setting::Setting;
use crate::plan::{Plan, gather};
use crate::secret::SecretReference;

/// Shows the chosen profile, secrets only by where they come from.
pub fn show(house: &House, chosen: &Chosen) -> Result<()> {
    let config = house.config()?;
    let (name, settings) = gather(chosen, &config, &house.environment)?;
    let settings = ordered(&settings);
    if house.common.json {
        output::print(&json!({"profile": name.as_str(), "settings": object(&settings)}).to_string())?;
    } else {
        let mut lines = vec![format!("[profile.{name}]   # {}", config.path.display())];
        lines.extend(rows(&settings));
        output::print(&lines.join("\n"))?;
    }
    // What would stop `token get` is told here, but showing is not stopped by it.
    match Plan::make(chosen, &config, &house.environment) {
        Ok(plan) => plan.warnings.iter().for_each(|warning| house.terminal.warn(warning)),
        Err(error) => house.terminal.warn(&format!(
            "this profile is not complete: {error}{}",
            error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default()
        )),
    }
    Ok(())
}

/// In the order of the manual.
pub fn ordered(settings: &[Setting]) -> Vec<Setting> {
    KEYS.iter().flat_map(|key| settings.iter().filter(|setting| setting.key.name == key.name)).cloned().collect()
}

/// A line for each setting: `key = value   # where it came from`.
pub fn rows(settings: &[Setting]) -> Vec<String> {
    let rows: Vec<(String, String)> =
        settings.iter().map(|setting| (format!("{} = {}", setting.key.name, shown(&bare(setting))), origin(setting))).collect();
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default().min(72);
    rows.iter().map(|(left, from)| format!("{left:width$}   # {from}")).collect()
}

/// The same as an object: `{key: {value, from}}`.
pub fn object(settings: &[Setting]) -> Map<String, Json> {
    members(settings.iter().map(|setting| (setting.key.name, json!({"value": shown_json(&bare(setting)), "from": origin(setting)}))))
}

/// The value without what may be a secret in a URL: its query, and what stands before an `@`.
fn bare(setting: &Setting) -> Value {
    match &setting.value {
        Value::Text(text) if setting.key.kind == KeyKind::Url && text.contains(['?', '@']) => {
            let text = text.split_once('?').map_or(text.to_string(), |(url, _)| format!("{url}?…"));
            Value::Text(text.split_once('@').map_or(text.clone(), |(_, host)| format!("…@{host}")))
        }
        value => value.clone(),
    }
}

fn origin(setting: &Setting) -> String {
    setting.origin.describe(setting.key).replace('`', "")
}

/// A value as it would stand in the profile file; of a secret, where it comes from.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => Json::from(text.as_str()).to_string(),
        Value::List(list) => Json::from(list.clone()).to_string(),
        Value::Ports(ports) => Json::from(ports.clone()).to_string(),
        Value::Duration(length) => format!("\"{}s\"", length.0),
        Value::Flag(flag) => flag.to_string(),
        Value::Secret(reference) => match reference {
            SecretReference::Env(name) => format!("{{ env = \"{name}\" }}"),
            SecretReference::File(path) => format!("{{ file = \"{}\" }}", path.display()),
            SecretReference::Command(words) => format!("{{ command = [\"{}\", …] }}", words.first().map_or("", String::as_str)),
            SecretReference::Keyring => "{ keyring = true }".into(),
            SecretReference::Credential(name) => format!("{{ credential = \"{name}\" }}"),
            SecretReference::Stdin => "standard input".into(),
            SecretReference::Literal(_) => "[redacted]".into(),
        },
        Value::Parameters(map) => table(map, &parameter),
        Value::Subject(subject) => table(&subject.0, &member),
    }
}

fn table(map: &Map<String, Json>, value_of: &dyn Fn(&str, &Json) -> String) -> String {
    let members: Vec<String> = map.iter().map(|(name, value)| format!("{name} = {}", value_of(name, value))).collect();
    format!("{{ {} }}", members.join(", "))
}

/// Of a command, the arguments may be secret.
fn member(_: &str, value: &Json) -> String {
    value.get(0).map_or_else(|| value.to_string(), |program| format!("[{program}, …]"))
}

/// A parameter that is named like a secret may be one.
fn parameter(name: &str, value: &Json) -> String {
    if secretive(name) { "[redacted]".into() } else { value.to_string() }
}

/// Whether a parameter of this name may be a secret; the type of one is none.
pub fn secretive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["secret", "pass", "pwd", "pin", "assertion", "token", "key", "credential", "code"];
    !name.ends_with("_type") && words.iter().any(|word| name.contains(word))
}

fn shown_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.clone().into(),
        Value::Ports(ports) => ports.clone().into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Duration(length) => format!("{}s", length.0).into(),
        Value::Parameters(map) => {
            let shown =
                |(name, value): (&String, &Json)| (name.clone(), if secretive(name) { Json::from("[redacted]") } else { value.clone() });
            Json::Object(members(map.iter().map(shown)))
        }
        Value::Secret(_) | Value::Subject(_) => shown(value).into(),
    }
}
