//! The strict alphabet of profile names.

use std::fmt;

use crate::error::{Error, Kind, Result};

/// A profile's name: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, starting with a letter or a digit, so that it is
/// the same in a file name, an environment variable's value and a TOML key on every system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(String);

impl ProfileName {
    /// Reads a name. Fails with kind `Usage`.
    pub fn parse(text: &str) -> Result<ProfileName> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        // Windows opens a device, not a file, for these, whatever their extension.
        let stem = text.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
            || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem.ends_with(|c: char| c.is_ascii_digit()));
        if text.len() <= 64 && starts_well && text.bytes().all(legal) && !device {
            return Ok(ProfileName(text.to_string()));
        }
        // It may be a token that somebody pasted.
        let shown = if text.len() > 64 || text.starts_with("eyJ") { "that".into() } else { format!("`{}`", crate::text::escape(text)) };
        Err(Error::new(Kind::Usage, format!("{shown} is not a profile name"))
            .hint("use 1 to 64 letters, digits, `.`, `_` or `-`, starting with a letter or a digit"))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r93_names_that_could_leave_the_folder_are_refused() {
        for bad in ["", "../x", "a/b", "a\\b", ".hidden", "-flag", "a\0b", "a b", "é", "nul", "COM1.x", &"a".repeat(65)] {
            assert!(ProfileName::parse(bad).is_err(), "{bad:?}");
        }
        for token in ["eyJhbGciOiJub25lIn0.e30.CANARY_/", &"CANARY".repeat(20)] {
            assert!(!format!("{:?}", ProfileName::parse(token).unwrap_err()).contains("CANARY"), "R72");
        }
        for good in ["zero", "auth0-ci", "a.b_c-1", "0", "com", "console"] {
            assert_eq!(ProfileName::parse(good).unwrap().as_str(), good);
        }
    }
}
