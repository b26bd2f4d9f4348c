//! The keys with their values, and where each came from.

use serde_json::{Map, Value as Json};

use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, Value};
use crate::oauth::endpoints::Endpoint;
use crate::plan::substitution::as_text;
use crate::secret::SecretReference;
use crate::time::Seconds;

/// One key, its value, and where it came from.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The key.
    pub key: &'static Key,
    /// Its value, with variables filled in.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag,
    /// This environment variable.
    Environment(String),
    /// This line of the profile file.
    File(usize),
    /// The preset.
    Preset(String),
    /// The profile is built in.
    BuiltIn,
}

impl Origin {
    /// In words: `--scope`, `OAT_SCOPE`, `line 7`, `preset auth0`.
    pub fn describe(&self, key: &Key) -> String {
        match self {
            Origin::Flag => format!("`--{}`", key.flag()),
            Origin::Environment(variable) => format!("`{variable}`"),
            Origin::File(line) => format!("line {line}"),
            Origin::Preset(name) => format!("preset `{name}`"),
            Origin::BuiltIn => "built in".into(),
        }
    }
}

/// The keys that have a value.
#[derive(Debug, Default)]
pub struct Settings {
    /// In the order in which they were found.
    pub all: Vec<Setting>,
    /// The profile file's path, for messages.
    pub path: String,
}

impl Settings {
    /// The setting of a key.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.all.iter().find(|setting| setting.key.name == key)
    }

    /// Puts another value in place of a key's.
    pub fn replace(&mut self, key: &str, value: Value) {
        if let Some(setting) = self.all.iter_mut().find(|setting| setting.key.name == key) {
            setting.value = value;
        }
    }

    /// A key's text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(|setting| as_text(&setting.value))
    }

    /// A key's length of time.
    pub fn length(&self, key: &str) -> Option<Seconds> {
        self.get(key).and_then(|setting| match setting.value {
            Value::Duration(length) => Some(length),
            _ => None,
        })
    }

    /// Whether a switch is on.
    pub fn on(&self, key: &str) -> bool {
        self.value(key) == Some(&Value::Flag(true))
    }

    /// A table of parameters; empty where there is none.
    pub fn parameters(&self, key: &str) -> Map<String, Json> {
        match self.value(key) {
            Some(Value::Parameters(map)) => map.clone(),
            _ => Map::new(),
        }
    }

    /// The parameters that some keys of the same names are, where they have a text.
    pub fn words(&self, names: &[&str]) -> Vec<(String, Json)> {
        let word = |name: &&str| Some((name.to_string(), self.text(name).filter(|text| !text.is_empty())?.into()));
        names.iter().filter_map(word).collect()
    }

    /// Puts a key's table of parameters in the place of those with the same names; an empty text takes one out.
    pub fn override_with(&self, key: &str, parameters: &mut Vec<(String, Json)>) {
        let extra = self.parameters(key);
        parameters.retain(|(name, _)| !extra.contains_key(name));
        parameters.extend(extra.into_iter().filter(|(_, value)| *value != ""));
    }

    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.get(key).map(|setting| &setting.value)
    }

    /// Adds a value, unless the key has one.
    pub fn add(&mut self, key: &'static Key, value: Value, origin: Origin) {
        if self.get(key.name).is_none() {
            self.all.push(Setting { key, value, origin });
        }
    }

    /// A key's list; empty where there is none.
    pub fn list(&self, key: &str) -> Vec<String> {
        match self.get(key).map(|setting| &setting.value) {
            Some(Value::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    /// Where a key's value came from, in words.
    pub fn origin(&self, key: &str) -> String {
        self.get(key).map_or_else(String::new, |setting| setting.origin.describe(setting.key))
    }

    /// Where a value came from, before what is wrong with it.
    pub fn wrong(&self, key: &str, reason: impl std::fmt::Display) -> Error {
        let setting = self.get(key);
        let kind = if setting.is_some_and(|s| s.origin == Origin::Flag) { Kind::Usage } else { Kind::Config };
        let place = match setting.map(|s| &s.origin) {
            Some(Origin::File(line)) => format!("config file `{}`, line {line}: ", self.path),
            Some(origin) => format!("{}: ", origin.describe(KEYS.iter().find(|k| k.name == key).unwrap_or(&KEYS[0]))),
            None => String::new(),
        };
        Error::new(kind, format!("{place}`{key}`: {reason}"))
    }

    /// A key's URL, checked.
    pub fn endpoint(&self, key: &str) -> Result<Option<Endpoint>> {
        let text = self.text(key).map(|text| Endpoint::parse(&text));
        text.transpose().map_err(|reason| self.wrong(key, reason).hint("endpoints are https, or http on 127.0.0.1, [::1] or localhost"))
    }

    /// Where a secret comes from.
    pub fn secret(&self, key: &str) -> Option<SecretReference> {
        match self.value(key) {
            Some(Value::Secret(reference)) => Some(reference.clone()),
            _ => None,
        }
    }
}
