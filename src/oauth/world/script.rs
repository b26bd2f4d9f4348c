//! A World for tests: it gives prepared answers, and records what it was asked to do.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::redirect::Redirect;
use crate::oauth::world::{Arrival, Ending, Invitation, Request, Response, World};
use crate::secret::{ClientSecret, SecretReference, Wanted, WireSecret};
use crate::time::{Seconds, UnixTime};

/// 2026-01-12T09:30:00Z: when every script begins.
pub const START: UnixTime = UnixTime(1_768_210_200);

/// The scripted World. It never touches a clock, a socket or a file.
pub struct Script {
    /// The time now; waiting moves it.
    pub clock: UnixTime,
    /// What is left of the deadline; waiting takes from it.
    pub left: Duration,
    /// What `send` gives next.
    pub answers: VecDeque<Result<Response>>,
    /// Every request, as it went out.
    pub sent: Vec<Sent>,
    /// Every wait.
    pub waits: Vec<Duration>,
    /// What `recall` knows.
    pub cache: HashMap<String, Vec<u8>>,
    /// Every warning.
    pub warnings: Vec<String>,
    /// Every note.
    pub notes: Vec<String>,
    /// The variables.
    pub environment: Environment,
    /// Client secrets, by the words that describe their references.
    pub secrets: HashMap<String, String>,
    /// Every program that was run, with its arguments.
    pub run: Vec<Vec<String>>,
    /// Every random number.
    pub jitter: u16,
    /// Called when `time_left` is asked for, which a session does between its first look and its lock.
    pub about_to_wait: Box<dyn Fn() + Send>,
    /// Called at the start of every `send`.
    pub sending: Box<dyn Fn() + Send>,
    /// The queries that come in at the redirect URI, or that are pasted (`true`); `STATE` in them is the state that was sent.
    pub arrivals: VecDeque<(String, bool)>,
    /// Where people were sent.
    pub invitations: Vec<Invitation>,
    /// What each arrival was told, by its number.
    pub endings: Vec<(usize, Ending)>,
    /// Called at the start of every `answer`, that is, before a person is told how it ended.
    pub answering: Box<dyn Fn() + Send>,
    /// Whether the listener was closed.
    pub closed: bool,
    /// How much random was drawn.
    pub drawn: u8,
    /// How long a person takes at the most.
    pub patience: Seconds,
}

/// A request that was sent, laid open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub url: String,
    /// By lower-case name.
    pub headers: Vec<(String, String)>,
    /// None for a GET.
    pub body: Option<String>,
    /// The thumbprint of the certificate that the handshake showed.
    pub certificate: Option<String>,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            clock: START,
            left: Duration::from_secs(30),
            answers: VecDeque::new(),
            sent: Vec::new(),
            waits: Vec::new(),
            cache: HashMap::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
            environment: Environment::of(&[]),
            secrets: HashMap::new(),
            run: Vec::new(),
            jitter: 0,
            about_to_wait: Box::new(|| {}),
            sending: Box::new(|| {}),
            arrivals: VecDeque::new(),
            invitations: Vec::new(),
            endings: Vec::new(),
            answering: Box::new(|| {}),
            closed: false,
            drawn: 0,
            patience: Seconds(300),
        }
    }
}

impl Script {
    /// A World that gives these answers, one a request.
    pub fn of(answers: impl IntoIterator<Item = Response>) -> Script {
        Script { answers: answers.into_iter().map(Ok).collect(), ..Script::default() }
    }

    /// Gives this answer after all others.
    pub fn then(mut self, answer: Result<Response>) -> Script {
        self.answers.push_back(answer);
        self
    }

    /// With a secret, by the words that describe its reference.
    pub fn with_secret(mut self, reference: &str, value: &str) -> Script {
        self.secrets.insert(reference.into(), value.into());
        self
    }

    /// The bodies of all POSTs.
    pub fn bodies(&self) -> Vec<&str> {
        self.sent.iter().filter_map(|sent| sent.body.as_deref()).collect()
    }

    /// Lets these queries come in at the redirect URI.
    pub fn redirected(mut self, queries: &[&str]) -> Script {
        self.arrivals.extend(queries.iter().map(|query| (query.to_string(), false)));
        self
    }

    /// A parameter of the authorization request that a person was sent to.
    pub fn asked(&self, name: &str) -> Option<String> {
        let Some(Invitation::Browser { url, .. }) = self.invitations.first() else { return None };
        let url = url::Url::parse(url).ok()?;
        url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
    }

    /// The addresses of all requests.
    pub fn urls(&self) -> Vec<&str> {
        self.sent.iter().map(|sent| sent.url.as_str()).collect()
    }
}

impl Sent {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl World for Script {
    fn now(&self) -> UnixTime {
        self.clock
    }

    fn send(&mut self, request: &Request) -> Result<Response> {
        (self.sending)();
        self.sent.push(Sent {
            url: request.url.as_str().into(),
            headers: request.headers.iter().map(|(name, value)| (name.to_string(), value.expose().to_string())).collect(),
            body: request.body.as_ref().map(|body| body.expose().to_string()),
            certificate: request.identity.as_ref().map(|identity| identity.certificate.x5t_s256()),
        });
        self.answers
            .pop_front()
            .unwrap_or_else(|| Err(Error::new(Kind::Internal, format!("the script has no answer left for {}", request.url))))
    }

    fn time_left(&self) -> Duration {
        (self.about_to_wait)();
        self.left
    }

    fn wait(&mut self, time: Duration) {
        self.waits.push(time);
        self.left = self.left.saturating_sub(time);
        self.clock = self.clock + Seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    }

    fn jitter(&mut self) -> u16 {
        self.jitter
    }

    fn recall(&mut self, key: &str) -> Option<Vec<u8>> {
        self.cache.get(key).cloned()
    }

    fn remember(&mut self, key: &str, document: &[u8]) {
        self.cache.insert(key.into(), document.into());
    }

    fn warn(&mut self, warning: &str) {
        self.warnings.push(warning.into());
    }

    fn note(&mut self, note: &str) {
        self.notes.push(note.into());
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn random(&mut self) -> Result<[u8; 32]> {
        self.drawn += 1;
        Ok([self.drawn; 32])
    }

    fn listen(&mut self, redirect: &Redirect) -> Result<String> {
        Ok(redirect.uri(redirect.ports.first().copied().unwrap_or(49152)))
    }

    fn invite(&mut self, invitation: &Invitation) {
        self.invitations.push(invitation.clone());
    }

    fn arrival(&mut self) -> Result<Arrival> {
        let state = self.asked("state").unwrap_or_default();
        let (query, pasted) = self.arrivals.pop_front().ok_or_else(|| Error::new(Kind::LoginRequired, "nobody signed in in time"))?;
        let number = self.endings.len();
        Ok(Arrival { query: WireSecret::new(query.replace("STATE", &state)), pasted, number })
    }

    fn close(&mut self) {
        self.closed = true;
    }

    fn answer(&mut self, arrival: &Arrival, ending: &Ending) {
        (self.answering)();
        self.endings.push((arrival.number, ending.clone()));
    }

    fn linger(&mut self, time: Duration) -> Result<()> {
        self.waits.push(time);
        self.clock = self.clock + Seconds(time.as_secs() as i64);
        match self.clock > START + self.patience {
            true => Err(Error::new(Kind::LoginRequired, "nobody signed in in time")),
            false => Ok(()),
        }
    }

    fn reveal(&mut self, reference: &SecretReference, wanted: Wanted) -> Result<ClientSecret> {
        if let SecretReference::Command(words) = reference {
            self.run.push(words.clone());
        }
        let found = self.secrets.get(&reference.describe()).map(ClientSecret::new);
        found.ok_or_else(|| Error::new(Kind::Config, format!("no {} in {}", wanted.called, reference.describe())).hint("tell the script"))
    }
}

/// An answer with this status and body, of type `application/json`.
pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Response {
    answer(status, &[("content-type", "application/json")], body)
}

/// An answer with these headers and this body.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Response { status, headers, body: body.into(), cut_short: None }
}
