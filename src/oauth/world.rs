//! The outside, as the protocol sees it: one trait, and the shapes of what goes out and comes in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::error::Result;
use crate::jose::certificate::Certificate;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::redirect::Redirect;
use crate::secret::{ClientSecret, SecretReference, Wanted, WireSecret};
use crate::time::{Seconds, UnixTime};

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

    /// Tells something to a person who wants to know what happens.
    fn note(&mut self, note: &str);

    /// The variables that this command was started with.
    fn environment(&self) -> &Environment;

    /// 256 random bits, for a state, a nonce or a code_verifier. Fails with `Internal`.
    fn random(&mut self) -> Result<[u8; 32]>;

    /// Begins to listen for the redirect of an authorization, and gives the redirect URI as it was bound. Fails with
    /// `Unavailable` where none of the wanted ports is free.
    fn listen(&mut self, redirect: &Redirect) -> Result<String>;

    /// Shows the person where to sign in.
    fn invite(&mut self, invitation: &Invitation);

    /// The next redirect that came in, by the loopback listener or pasted. Fails with `LoginRequired` when the time for
    /// the sign-in is over.
    fn arrival(&mut self) -> Result<Arrival>;

    /// Listens no more. Who came in already can still be answered.
    fn close(&mut self);

    /// Tells whoever brought this arrival how it ended.
    fn answer(&mut self, arrival: &Arrival, ending: &Ending);

    /// Waits for a person, which is none of the network's time. Fails with `LoginRequired` when the time for the sign-in is over.
    fn linger(&mut self, time: Duration) -> Result<()>;

    /// Reads a secret from where it is kept. Fails with `Config`, or `Store` for one that oat keeps itself.
    fn reveal(&mut self, reference: &SecretReference, wanted: Wanted) -> Result<ClientSecret>;
}

/// Where a person is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitation {
    /// In a browser that ends at our redirect URI (RFC 6749 section 4.1.1).
    Browser {
        /// The authorization request, safe to hand to a browser.
        url: String,
        /// Where it ends.
        redirect_uri: String,
    },
    /// On any device (RFC 8628 section 3.3).
    Device {
        /// `verification_uri`, safe to open.
        verification_uri: String,
        /// `verification_uri_complete`, safe to open.
        complete: Option<String>,
        /// `user_code`, as the server wrote it.
        user_code: String,
        /// How long it may take.
        expires_in: Seconds,
    },
}

/// A redirect that came in. Nothing in it is to be believed yet. Its query holds a code, so Debug does not show it.
pub struct Arrival {
    /// The query of the redirect URI, as sent; or what a person pasted.
    pub query: WireSecret,
    /// Whether a person pasted it.
    pub pasted: bool,
    /// Which one it is, for [`World::answer`].
    pub number: usize,
}

/// How a redirect ended, for the page that the person lands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Signed in: as whom, where an ID token said so.
    SignedIn {
        /// In the server's words, not escaped yet.
        subject: Option<String>,
    },
    /// The server said no, in its own words, not escaped yet.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
    /// It went wrong after the redirect: why, in our words.
    Failed {
        /// One sentence.
        reason: String,
    },
    /// This redirect is not this login's; the login goes on.
    Foreign,
}

/// A request on its way out.
#[derive(Debug, Clone)]
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
    /// What the client shows of itself in the TLS handshake.
    pub identity: Option<Arc<Identity>>,
}

/// What a client shows of itself in a TLS handshake (RFC 8705 section 2). Debug shows its certificate's thumbprint.
pub struct Identity {
    /// The certificate and those above it.
    pub certificate: Arc<Certificate>,
    /// The private key that belongs to it, as DER.
    pub key: Zeroizing<Vec<u8>>,
    /// What PEM calls DER of that form: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    pub form: &'static str,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.certificate.x5t_s256())
    }
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
