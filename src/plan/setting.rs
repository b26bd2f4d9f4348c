//! One key with its value, and where that came from.

use crate::keys::{Key, Value};

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
