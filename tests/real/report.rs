//! What `oat inspect --json` says, and how a test reads it.

use crate::support::{Oat, Output};
use serde_json::Value;

/// One run with its report.
#[derive(Debug)]
pub struct Report {
    /// The whole run.
    pub output: Output,
    /// Its standard output.
    pub json: Value,
}

/// `oat inspect --json` with these words.
#[track_caller]
pub fn inspected(oat: &Oat, words: &[&str]) -> Report {
    let output = oat.run(&[&["inspect", "--json"], words].concat());
    let json = serde_json::from_str(&output.stdout).unwrap_or_else(|why| panic!("no report: {why}: {output:#?}"));
    assert!(output.stdout.ends_with('\n') && !output.stdout.ends_with("\n\n"), "{output:#?}");
    assert!(!output.stderr.contains("panicked"), "{output:#?}");
    Report { output, json }
}

/// The same for a token on standard input.
#[track_caller]
pub fn inspected_token(oat: Oat, token: &str, words: &[&str]) -> Report {
    inspected(&oat.stdin(token), &[&["-"], words].concat())
}

impl Report {
    /// Whether the check of this name holds; Null where it was not made.
    #[track_caller]
    pub fn check(&self, name: &str) -> &Value {
        self.checks().iter().find(|check| check["name"] == name).map_or(&Value::Null, |check| &check["ok"])
    }

    /// The signature is good, and so is everything else that was looked at.
    #[track_caller]
    pub fn holds(&self) -> &Report {
        assert_eq!(self.output.code, Some(0), "{self:#?}");
        assert_eq!(self.json["verified"], true, "{self:#?}");
        assert_eq!(self.check("signature"), true, "{self:#?}");
        assert!(self.checks().iter().all(|check| check["ok"] != false), "{self:#?}");
        assert!(!self.output.stderr.contains("NOT VERIFIED"), "{self:#?}");
        self
    }

    /// Nothing is wrong, and nothing is proved.
    #[track_caller]
    pub fn proves_nothing(&self) -> &Report {
        assert_eq!(self.output.code, Some(0), "{self:#?}");
        assert_eq!(self.json["verified"], false, "{self:#?}");
        assert_ne!(self.check("signature"), true, "{self:#?}");
        assert!(self.output.stderr.contains("NOT VERIFIED"), "{self:#?}");
        self
    }

    /// A check does not hold: the exit code, the report and stderr say so. Gives the failed checks, as `name: detail`.
    #[track_caller]
    pub fn fails(&self) -> Vec<String> {
        assert_eq!(self.output.code, Some(8), "{self:#?}");
        assert_eq!(self.json["verified"], false, "{self:#?}");
        assert!(self.json["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{self:#?}");
        assert!(self.output.stderr.contains("error"), "{self:#?}");
        let failed = self.checks().iter().filter(|check| check["ok"] == false);
        let failed: Vec<String> =
            failed.map(|check| format!("{}: {}", check["name"].as_str().unwrap(), check["detail"].as_str().unwrap())).collect();
        assert!(!failed.is_empty(), "{self:#?}");
        failed
    }

    /// One of these checks does not hold, and one of these words is in what is said about it, whatever its case.
    #[track_caller]
    pub fn fails_at(&self, checks: &[&str], words: &[&str]) -> String {
        let failed = self.fails();
        let at = failed.iter().find(|failed| checks.iter().any(|name| failed.starts_with(&format!("{name}: "))));
        let at = at.unwrap_or_else(|| panic!("none of {checks:?} failed: {self:#?}")).clone();
        let said = format!("{at} {}", self.json["reason"]).to_lowercase();
        assert!(words.iter().any(|word| said.contains(&word.to_lowercase())), "none of {words:?} is said: {self:#?}");
        at
    }

    #[track_caller]
    fn checks(&self) -> &[Value] {
        self.json["checks"].as_array().unwrap_or_else(|| panic!("no checks: {self:#?}"))
    }
}
