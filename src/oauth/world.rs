//! The outside, as the protocol sees it: one trait, and the shapes of what goes out and comes in.

use std::time::Duration;

use crate::error::Result;
use crate::oauth::endpoints::Endpoint;
use crate::secret::{ClientSecret, SecretReference, WireSecret};
use crate::time::UnixTime;

/// Everything a grant may touch. The real one is in `world/`; tests use a script.
pub trait World {
    /// The time now.
    fn now(&self) -> UnixTime;

    /// Sends a request once and reads the whole answer; redirects are not followed. Fails with `Unavailable` for
    /// network trouble, `Invalid` for a certificate or an answer that does not hold.
    fn send(&mut self, request: &Request) -> Result<Response>;

    /// How much of the command's network time is left.
    fn time_left(&self) -> Duration;

    /// Waits.
    fn wait(&mut self, time: Duration);

    /// A random number, for spreading retries; not for secrets.
    fn jitter(&mut self) -> u16;

    /// What was kept under this key at most 24 hours ago. Whoever asks checks it as if it came from a stranger.
    fn recall(&mut self, key: &str) -> Option<Vec<u8>>;

    /// Keeps a public document for later commands; failing to is not told.
    fn remember(&mut self, key: &str, document: &[u8]);

    /// Tells the person something that does not stop the command.
    fn warn(&mut self, warning: &str);

    /// Reads a secret from where it is kept. Fails with `Config`, or `Store` for one that oat keeps itself.
    fn reveal(&mut self, reference: &SecretReference) -> Result<ClientSecret>;
}

/// A request on its way out.
#[derive(Debug)]
pub struct Request {
    /// Where to.
    pub url: Endpoint,
    /// Headers by lower-case name; their values may be secret.
    pub headers: Vec<(&'static str, WireSecret)>,
    /// The body of a POST; None makes it a GET.
    pub body: Option<WireSecret>,
    /// The most bytes of an answer's body.
    pub limit: usize,
    /// Secrets of ours that an echo must not show.
    pub ours: Vec<WireSecret>,
}

/// An answer, read whole.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// Headers by lower-case name, in order.
    pub headers: Vec<(String, String)>,
    /// The body, at most the request's limit.
    pub body: Vec<u8>,
    /// Why the body may be incomplete, where the connection broke before its announced end.
    pub cut_short: Option<String>,
}

impl Response {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The media type without its parameters, in lower case.
    pub fn media_type(&self) -> String {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

#[cfg(test)]
pub mod script;
