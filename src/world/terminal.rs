//! stderr, for people: warnings, traces, errors; and what a person types.

use std::io::{BufRead, IsTerminal, Read, Write};

use serde_json::json;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::secret::WireSecret;
use crate::text::{json_line, without_commands};
use crate::time::Seconds;

/// The most bytes of a pasted address.
const LONGEST_PASTE: u64 = 64 << 10;

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
            true => self.object(&json!({ "warning": text })),
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
            return self.object(&object);
        }
        self.line(&format!("oat: error: {error}"));
        if let Some(hint) = &error.hint {
            self.line(&format!("oat: hint: {hint}"));
        }
    }

    /// An address on a line of its own, to be clicked or copied. It was made of safe characters.
    pub fn address(&self, url: &str) {
        self.line(url);
    }

    /// What happens, for a program that reads.
    pub fn object(&self, object: &serde_json::Value) {
        self.line(&json_line(object));
    }

    /// Commands for the CI runner that reads this log, a line each: the only lines here that hold a secret, or that are no words for people.
    pub fn command(&self, lines: &WireSecret) {
        self.write(lines.expose());
    }

    /// A picture of several lines.
    pub fn picture(&self, picture: &str) {
        picture.lines().for_each(|line| self.line(line));
    }

    /// How much time is left, on a line that the next one takes the place of.
    pub fn countdown(&self, left: Seconds) {
        if self.on_screen() && !self.json {
            self.write(&format!("\roat: {}:{:02} left \x1b[K\r", left.0 / 60, left.0 % 60));
        }
    }

    /// Passes on what another process of ours says, until it ends.
    pub fn relay(&self, mut words: impl Read) {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = words.read(&mut buffer) {
            self.write(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    /// Whether a person sees what is told.
    pub fn on_screen(&self) -> bool {
        terminal_err()
    }

    /// Whether a line can be read without being stopped: the terminal's owner is this job (`oat login &` is not).
    pub fn in_foreground(&self) -> bool {
        #[cfg(unix)]
        let owner = rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|owner| owner == rustix::process::getpgrp());
        #[cfg(not(unix))]
        let owner = true;
        self.interactive() && owner
    }

    /// One pasted line; None at the end of input.
    pub fn pasted(&self) -> Option<WireSecret> {
        let mut line = Zeroizing::new(Vec::new());
        let read = std::io::stdin().lock().take(LONGEST_PASTE).read_until(b'\n', &mut line).ok()?;
        // What is no text is no answer either, but not the end.
        (read > 0).then(|| WireSecret::new(String::from_utf8_lossy(&line).trim()))
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

    /// Asks for a secret without showing it. None where nothing was typed. Fails with `Interrupted` on ctrl-c, with the
    /// terminal as it was before.
    pub fn ask_hidden(&self, question: &str) -> Result<Option<String>> {
        let typed = hidden_line(|| self.write(&format!("{question}: ")));
        // The key that ended it was not shown.
        #[cfg(unix)]
        self.write("\n");
        match typed {
            Some(text) if text.contains(CTRL_C) => Err(Error::new(Kind::Interrupted, "interrupted")),
            typed => Ok(typed.filter(|text| !text.is_empty())),
        }
    }

    /// Whether standard input is a terminal.
    pub fn typed_at(&self) -> bool {
        std::io::stdin().is_terminal()
    }

    /// Standard input, whole; a person is asked for it without showing it. Fails with `Invalid` where it is longer than
    /// `longest` bytes, and as [`Terminal::ask_hidden`] does.
    pub fn piped(&self, longest: usize, question: &str) -> Result<Zeroizing<Vec<u8>>> {
        if self.typed_at() {
            let typed = self.ask_hidden(question)?.unwrap_or_default();
            return Ok(Zeroizing::new(typed.into_bytes()));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let read = std::io::stdin().lock().take(longest as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::new(Kind::Config, "cannot read standard input").hint("is it open?").because(error))?;
        match bytes.len() > longest {
            true => Err(Error::new(Kind::Invalid, format!("standard input is longer than {} MiB, and no token is", longest >> 20))),
            false => Ok(bytes),
        }
    }

    /// What a program says on standard input: up to a line that is the last one, or the end. Fails with `Invalid` where it is longer
    /// than `longest` bytes.
    pub fn heard(&self, longest: usize, last: &dyn Fn(&[u8]) -> bool) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(8192));
        let mut input = std::io::stdin().lock().take(longest as u64 + 1);
        loop {
            let before = bytes.len();
            let read = input.read_until(b'\n', &mut bytes);
            let count = read.map_err(|error| Error::new(Kind::Config, "cannot read standard input").hint("is it open?").because(error))?;
            if bytes.len() > longest {
                return Err(Error::new(Kind::Invalid, format!("standard input is longer than {} MiB, and no request is", longest >> 20)));
            }
            if count == 0 || last(&bytes[before..]) {
                return Ok(bytes);
            }
        }
    }

    fn line(&self, text: &str) {
        // One message, one line: whatever is quoted in it was escaped where it came in; this is the last net.
        let safe: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.write(&(without_commands(safe) + "\n"));
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

/// What ctrl-c types where it is no signal.
const CTRL_C: char = '\u{3}';
#[cfg(unix)]
const CTRL_D: u8 = 4;
#[cfg(unix)]
const BACKSPACE: u8 = 8;
#[cfg(unix)]
const CTRL_U: u8 = 0x15;
#[cfg(unix)]
const DELETE: u8 = 0x7f;
/// The most bytes of a hidden line.
#[cfg(unix)]
const LONGEST_HIDDEN: usize = 1 << 20;

/// One line of the terminal, not shown, asked for once nothing is shown any more: what is typed before that is thrown away. Every key
/// comes by itself: a terminal's own line ends after 4095 bytes, and tokens do not; and ctrl-c ends the line instead of the process,
/// which would leave the terminal without its echo.
#[cfg(unix)]
fn hidden_line(ask: impl FnOnce()) -> Option<String> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
    let mut tty = std::fs::File::open("/dev/tty").ok()?;
    let before = tcgetattr(&tty).ok()?;
    let mut keys = before.clone();
    keys.local_modes.remove(LocalModes::ISIG | LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
    (keys.special_codes[SpecialCodeIndex::VMIN], keys.special_codes[SpecialCodeIndex::VTIME]) = (1, 0);
    tcsetattr(&tty, OptionalActions::Flush, &keys).ok()?;
    ask();
    let (mut line, mut key) = (Zeroizing::new(Vec::with_capacity(1 << 16)), [0]);
    while tty.read(&mut key).is_ok_and(|count| count > 0) && line.len() < LONGEST_HIDDEN {
        match key[0] {
            b'\n' | b'\r' | CTRL_D => break,
            BACKSPACE | DELETE => drop(line.pop()),
            CTRL_U => line.clear(),
            byte => line.push(byte),
        }
        if key[0] == CTRL_C as u8 {
            break;
        }
    }
    let _ = tcsetattr(&tty, OptionalActions::Now, &before);
    String::from_utf8(line.to_vec()).ok()
}

#[cfg(not(unix))]
fn hidden_line(ask: impl FnOnce()) -> Option<String> {
    ask();
    rpassword::read_password().ok()
}
