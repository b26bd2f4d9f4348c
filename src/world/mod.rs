//! The real outside: network, files, clock and terminal behind the protocol's `World`.

pub mod browser;
pub mod cache;
pub mod http;
pub mod loopback;
pub mod page;
pub mod proxy;
pub mod qr;
pub mod reception;
pub mod rehearsal;
pub mod secrets;
pub mod terminal;
pub mod tls;
pub mod trace;

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, SystemTimeError, UNIX_EPOCH};

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::redirect::Redirect;
use crate::oauth::world::{Arrival, Ending, Invitation, Request, Response, World};
use crate::random;
use crate::secret::{ClientSecret, SecretReference, Wanted};
use crate::time::{Seconds, UnixTime};
use crate::world::http::Http;
use crate::world::reception::{Manner, Reception};
use crate::world::terminal::Terminal;

/// This machine, as one command sees it.
pub struct Machine {
    http: Http,
    terminal: Terminal,
    environment: Environment,
    /// Where public documents are kept between commands; None keeps none.
    cache: Option<PathBuf>,
    /// The most that all network work may take; it begins with the first request.
    timeout: Duration,
    deadline: Option<Instant>,
    /// Starts the embedded server before the first request, where it is to answer.
    starter: Option<Starter>,
    /// Where a person is received who signs in.
    reception: Option<Reception>,
    stdin_taken: bool,
}

/// Starts the embedded server; gives the authority that its tokens name, and the loopback port it is really on.
pub type Starter = Box<dyn FnOnce() -> Result<(String, u16)>>;

/// How the network is to be used.
#[derive(Debug, Clone)]
pub struct Network {
    /// The most that all network work of the command may take.
    pub timeout: Duration,
    /// A PEM file of CAs to trust besides the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// Where every request and answer is written down, redacted.
    pub trace: Option<PathBuf>,
}

impl Machine {
    /// Reads nothing and connects to nothing until it is asked to.
    pub fn new(
        network: Network,
        cache: Option<PathBuf>,
        environment: &Environment,
        terminal: Terminal,
        starter: Option<Starter>,
    ) -> Machine {
        let timeout = network.timeout;
        Machine {
            http: Http::new(network, environment.clone(), terminal),
            terminal,
            environment: environment.clone(),
            cache,
            timeout,
            deadline: None,
            starter,
            reception: None,
            stdin_taken: false,
        }
    }

    /// The same machine; with `taken`, what is piped to standard input is for somebody else.
    pub fn with_stdin(self, taken: bool) -> Machine {
        Machine { stdin_taken: taken, ..self }
    }

    /// The same machine, with a person who is to sign in.
    pub fn receiving(mut self, manner: Manner) -> Machine {
        self.reception = Some(Reception::new(manner, self.terminal, self.environment.clone()));
        self
    }

    fn reception(&mut self) -> Result<&mut Reception> {
        self.reception.as_mut().ok_or_else(|| Error::new(Kind::Internal, "nobody was to sign in here"))
    }

    /// The embedded server, where it is to answer.
    fn start(&mut self) -> Result<()> {
        if let Some(start) = self.starter.take() {
            let (authority, port) = start()?;
            self.http.detour(authority, port);
        }
        Ok(())
    }
}

impl World for Machine {
    fn now(&self) -> UnixTime {
        now()
    }

    fn send(&mut self, request: &Request) -> Result<Response> {
        self.start()?;
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + self.timeout);
        self.http.send(request, deadline)
    }

    fn time_left(&self) -> Duration {
        self.deadline.map_or(self.timeout, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    #[allow(clippy::disallowed_methods, reason = "this is `World::wait`")]
    fn wait(&mut self, time: Duration) {
        self.terminal.trace(1, &format!("waiting {} ms before the next try", time.as_millis()));
        std::thread::sleep(time);
    }

    fn jitter(&mut self) -> u16 {
        // A failing random source costs the spread of retries, nothing else.
        u16::from_le_bytes(random::bytes().unwrap_or_default())
    }

    fn recall(&mut self, key: &str) -> Option<Vec<u8>> {
        let found = cache::recall(self.cache.as_deref()?, &cache::name_of(key))?;
        self.terminal.trace(1, &format!("metadata of {key} from the cache"));
        Some(found)
    }

    fn remember(&mut self, key: &str, document: &[u8]) {
        if let Some(folder) = &self.cache {
            cache::remember(folder, &cache::name_of(key), document);
        }
    }

    fn warn(&mut self, warning: &str) {
        self.terminal.warn(warning);
    }

    fn note(&mut self, note: &str) {
        self.terminal.trace(1, note);
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn random(&mut self) -> Result<[u8; 32]> {
        random::bytes()
    }

    fn listen(&mut self, redirect: &Redirect) -> Result<String> {
        self.start()?;
        self.http.ready()?;
        self.reception()?.listen(redirect)
    }

    fn invite(&mut self, invitation: &Invitation) {
        let address = |url: &str| self.http.detoured(url);
        let really = match invitation {
            Invitation::Browser { url, redirect_uri } => Invitation::Browser { url: address(url), redirect_uri: redirect_uri.clone() },
            Invitation::Device { verification_uri, complete, user_code, expires_in } => Invitation::Device {
                verification_uri: address(verification_uri),
                complete: complete.as_deref().map(address),
                user_code: user_code.clone(),
                expires_in: *expires_in,
            },
        };
        if let Some(reception) = &mut self.reception {
            reception.invite(&really);
        }
    }

    fn arrival(&mut self) -> Result<Arrival> {
        // A person's time is none of the network's.
        self.deadline = None;
        self.reception()?.arrival()
    }

    fn close(&mut self) {
        if let Some(reception) = &mut self.reception {
            reception.close();
        }
    }

    fn answer(&mut self, arrival: &Arrival, ending: &Ending) {
        if let Some(reception) = &mut self.reception {
            reception.answer(arrival, ending);
        }
    }

    fn linger(&mut self, time: Duration) -> Result<()> {
        self.deadline = None;
        self.reception()?.linger(time)
    }

    fn reveal(&mut self, reference: &SecretReference, wanted: Wanted) -> Result<ClientSecret> {
        self.terminal.trace(1, &format!("{} from {}", wanted.called, reference.describe()));
        secrets::reveal(reference, Wanted { stdin_taken: self.stdin_taken, ..wanted }, &self.environment)
    }
}

/// The clock.
pub fn now() -> UnixTime {
    match clock() {
        Ok(since) => UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
        Err(before) => UnixTime(-i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX)),
    }
}

/// How long it is until then, to a fraction of the second; nothing where it is past.
pub fn until(then: UnixTime) -> Duration {
    Seconds(then.0).duration().saturating_sub(clock().unwrap_or_default())
}

#[allow(clippy::disallowed_methods, reason = "this is the clock")]
fn clock() -> std::result::Result<Duration, SystemTimeError> {
    SystemTime::now().duration_since(UNIX_EPOCH)
}
