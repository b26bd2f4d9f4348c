//! stderr, for people: warnings, traces, errors; and what a person types.

use std::io::{BufRead, IsTerminal, Write};

use serde_json::json;

use crate::error::Error;

/// What goes to the person, and how much of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// How many `-v` were given.
    pub verbose: u8,
    /// Whether errors and warnings are JSON.
    pub json: bool,
}

impl Terminal {
    /// Says what happens, from that many `-v` on.
    pub fn trace(&self, level: u8, text: &str) {
        if self.verbose >= level {
            self.line(&format!("oat: {text}"));
        }
    }

    /// Something the person should know, though the command goes on.
    pub fn warn(&self, text: &str) {
        match self.json {
            true => self.line(&json!({ "warning": text }).to_string()),
            false => self.line(&format!("oat: warning: {text}")),
        }
    }

    /// A plain remark.
    pub fn say(&self, text: &str) {
        self.line(&format!("oat: {text}"));
    }

    /// Why the command failed, and what to do.
    pub fn fail(&self, error: &Error) {
        if self.json {
            let object = json!({
                "error": error.to_string(),
                "kind": error.kind.name(),
                "exit_code": error.kind.exit_code(),
                "oauth_error": error.oauth_error,
                "hint": error.hint,
                "retryable": error.retryable(),
            });
            return self.line(&object.to_string());
        }
        self.line(&format!("oat: error: {error}"));
        if let Some(hint) = &error.hint {
            self.line(&format!("oat: hint: {hint}"));
        }
    }

    /// Whether a person sits at the terminal and can be asked.
    pub fn interactive(&self) -> bool {
        std::io::stdin().is_terminal() && terminal_err()
    }

    /// Asks for one line. None at the end of input.
    pub fn ask(&self, question: &str) -> Option<String> {
        self.write(&format!("{question}: "));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_string())
    }

    /// Asks for a secret without showing it.
    pub fn ask_hidden(&self, question: &str) -> Option<String> {
        rpassword::prompt_password(format!("{question}: ")).ok()
    }

    fn line(&self, text: &str) {
        // One message, one line: whatever is quoted in it was escaped where it came in; this is the last net.
        let safe: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.write(&format!("{safe}\n"));
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door to stderr")]
    fn write(&self, text: &str) {
        // A closed stderr is nobody's fault and stops nothing.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the door to stderr")]
fn terminal_err() -> bool {
    std::io::stderr().is_terminal()
}
