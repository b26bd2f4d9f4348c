//! A person at headless Chromium, who does what a script of `browser.mjs` says.

use crate::support::Oat;
use crate::support::parts::{part, succeeded};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/browser.mjs");
/// More than the browser gives itself.
const LONGEST: Duration = Duration::from_secs(60);

/// One visit, and what it left behind.
pub struct Browser {
    folder: TempDir,
}

impl Browser {
    /// A browser that will follow `script`, with more words of `browser.mjs` (`--login bob`).
    pub fn new(script: &str, words: &[&str]) -> Browser {
        let browser = Browser { folder: tempfile::tempdir().unwrap() };
        // `oat` starts it with little of our environment.
        let [node, chromium] = ["node", "chromium"].map(|program| part(program).get_program().to_str().unwrap().to_string());
        let out = browser.folder.path().join("out");
        let mut line = format!("#!/bin/sh\nexec '{node}' '{SCRIPT}' --chromium '{chromium}' --script '{script}' --out '{}'", out.display());
        for word in words {
            line.push_str(&format!(" '{word}'"));
        }
        // Written by another process: a file that this one had open for writing may not be started while another test forks.
        let program = browser.program();
        let draft = program.with_extension("draft");
        fs::write(&draft, format!("{line} \"$1\"\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(Command::new("cp").arg(&draft).arg(&program).status().unwrap().success());
        browser
    }

    /// `oat` with this as its `$BROWSER`.
    pub fn seat(&self, oat: Oat) -> Oat {
        oat.env("BROWSER", self.program().to_str().unwrap())
    }

    /// Goes to `url`, as `oat` would make it, and gives the report.
    pub fn visit(&self, url: &str) -> Value {
        let home = self.folder.path();
        let output = part(self.program()).arg(url).env("HOME", home).output().unwrap();
        let report = self.report();
        succeeded("browser.mjs", &output);
        report
    }

    /// What `browser.mjs` says of the last page, once it is done.
    pub fn report(&self) -> Value {
        let began = Instant::now();
        let report = loop {
            if let Ok(text) = fs::read_to_string(self.out("page.json")) {
                break serde_json::from_str::<Value>(&text).unwrap();
            }
            assert!(began.elapsed() < LONGEST, "no browser reported within {LONGEST:?}");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(report["error"], Value::Null, "the browser: {report:#}");
        report
    }

    /// The report as it is so far, for a sentence; empty where no browser was started, or it is not done.
    pub fn said(&self) -> String {
        fs::read_to_string(self.out("page.json")).unwrap_or_default()
    }

    /// Keeps the pictures of the last page as target/tmp/NAME.png and NAME-dark.png, for people to look at.
    pub fn keep_pictures(&self, name: &str) {
        for (from, to) in [("page.png", format!("{name}.png")), ("page-dark.png", format!("{name}-dark.png"))] {
            fs::copy(self.out(from), Path::new(env!("CARGO_TARGET_TMPDIR")).join(to)).unwrap();
        }
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("browser")
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }
}
