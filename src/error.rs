//! What went wrong: a kind (the exit code), a sentence, a hint that can be typed, and a cause.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The class of a failure. Its number is the process's exit code and is never renumbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A fault of this program.
    Internal = 1,
    /// The command line does not make sense.
    Usage = 2,
    /// A person has to sign in.
    LoginRequired = 3,
    /// The server, or the person, said no.
    Denied = 4,
    /// Network or server trouble: the same command may work later.
    Unavailable = 5,
    /// The profile file, the environment or a secret's source is wrong.
    Config = 6,
    /// The token store cannot be read or written.
    Store = 7,
    /// An answer, a certificate or a token does not hold.
    Invalid = 8,
    /// The command of `oat exec` cannot be run, as env(1) has it.
    NotExecutable = 126,
    /// There is no such command for `oat exec`, as env(1) has it.
    NotFound = 127,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl Kind {
    /// The exit code, 1 to 8, 126, 127 or 130.
    pub fn exit_code(self) -> u8 {
        self as u8
    }

    /// The stable name of this kind in `--json` errors.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Internal => "internal",
            Kind::Usage => "usage",
            Kind::LoginRequired => "login_required",
            Kind::Denied => "denied",
            Kind::Unavailable => "unavailable",
            Kind::Config => "config",
            Kind::Store => "store",
            Kind::Invalid => "invalid",
            Kind::NotExecutable => "not_executable",
            Kind::NotFound => "not_found",
            Kind::Interrupted => "interrupted",
        }
    }

    /// The kind behind an exit code, where there is one.
    pub fn from_exit_code(code: u8) -> Option<Kind> {
        use Kind::*;
        [Internal, Usage, LoginRequired, Denied, Unavailable, Config, Store, Invalid, NotExecutable, NotFound, Interrupted]
            .into_iter()
            .find(|kind| kind.exit_code() == code)
    }
}

/// A failure as a person reads it. Nothing secret may be put in. It is one pointer, because nearly every function may fail, and
/// what a failure would take on its way is carved out for each.
#[derive(Debug)]
pub struct Error(Box<Failure>);

/// What a failure holds.
#[derive(Debug)]
pub struct Failure {
    /// Which class of failure, and so which exit code.
    pub kind: Kind,
    /// What failed, in the user's words: lower case, no final period.
    pub message: String,
    /// What to type or to look at next.
    pub hint: Option<String>,
    /// The `error` code of an OAuth error answer (RFC 6749 section 5.2), escaped.
    pub oauth_error: Option<String>,
    /// What lies behind it.
    pub source: Option<anyhow::Error>,
    /// Whether a request may have been carried out all the same: its answer was lost on the way.
    pub in_doubt: bool,
}

/// The result of everything that may fail here.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure of `kind`, told by `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error::made(kind, message.into())
    }

    fn made(kind: Kind, message: String) -> Error {
        Error(Box::new(Failure { kind, message, hint: None, oauth_error: None, source: None, in_doubt: false }))
    }

    /// Tells the same failure in other words, made of those it had.
    pub fn saying(mut self, words: impl FnOnce(&str) -> String) -> Error {
        self.message = words(&self.message);
        self
    }

    /// The same failure, of another class.
    pub fn of(mut self, kind: Kind) -> Error {
        self.kind = kind;
        self
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what to do next, where that is known.
    pub fn hint_maybe(mut self, hint: Option<String>) -> Error {
        if hint.is_some() {
            self.hint = hint;
        }
        self
    }

    /// Adds the server's error code; the caller has escaped it.
    pub fn oauth(mut self, code: impl Into<String>) -> Error {
        self.oauth_error = Some(code.into());
        self
    }

    /// Adds the cause.
    pub fn because(mut self, source: impl Into<anyhow::Error>) -> Error {
        self.source = Some(source.into());
        self
    }

    /// Says that the request may have been carried out, though its answer was lost.
    pub fn in_doubt(mut self) -> Error {
        self.in_doubt = true;
        self
    }

    /// Whether the same command may work later without a change.
    pub fn retryable(&self) -> bool {
        self.kind == Kind::Unavailable
    }
}

impl Deref for Error {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Failure {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source:#}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_published_ones() {
        let codes: Vec<u8> = (0..=255).filter(|c| Kind::from_exit_code(*c).is_some()).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 126, 127, 130]);
        assert_eq!(Kind::Unavailable.exit_code(), 5);
        assert_eq!(Kind::from_exit_code(7), Some(Kind::Store));
    }

    #[test]
    fn the_cause_stands_behind_the_sentence() {
        let error = Error::new(Kind::Store, "cannot write `x`").because(anyhow::anyhow!("disk full"));
        assert_eq!(error.to_string(), "cannot write `x`: disk full");
    }
}
