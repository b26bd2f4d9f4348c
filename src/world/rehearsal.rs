//! An outside that nothing leaves and no secret comes in from: what would be sent is noted, for `--explain`.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::redirect::Redirect;
use crate::oauth::world::{Arrival, Ending, Invitation, Request, Response, World};
use crate::secret::{ClientSecret, SUBJECT, SecretReference, Wanted};
use crate::time::UnixTime;
use crate::world::{cache, secrets};

/// Stands where a secret would.
pub const REDACTED: &str = "[redacted]";

/// The same grants run in it as in a [`crate::world::Machine`]; they get as far as their first request that cannot be made up.
pub struct Rehearsal {
    cache: Option<PathBuf>,
    issuer: String,
    environment: Environment,
    /// What would be sent, in order. Behind a GET for metadata, the next one's URL is not known and stands for what that names.
    pub requests: Vec<Request>,
    /// What a person would be told.
    pub warnings: Vec<String>,
}

impl Rehearsal {
    /// Reads metadata that was kept in `cache`; `issuer` is who would be asked for more.
    pub fn new(cache: Option<PathBuf>, issuer: &str, environment: &Environment) -> Rehearsal {
        let environment = environment.clone();
        Rehearsal { cache, issuer: issuer.into(), environment, requests: Vec::new(), warnings: Vec::new() }
    }
}

/// Whose metadata is at this address (RFC 8414 section 3.1, OpenID Connect Discovery section 4).
fn issuer_of(url: &str) -> Option<String> {
    let (origin, document) = url.split_once("/.well-known/")?;
    Some(document.split_once('/').map_or_else(|| origin.to_string(), |(_, path)| format!("{origin}/{path}")))
}

fn nobody<T>() -> Result<T> {
    Err(Error::new(Kind::Internal, "nothing is sent in a rehearsal"))
}

impl World for Rehearsal {
    fn now(&self) -> UnixTime {
        crate::world::now()
    }

    fn send(&mut self, request: &Request) -> Result<Response> {
        self.requests.push(request.clone());
        if request.body.is_some() {
            return nobody();
        }
        // Metadata that says no more than who it is from: the grant goes on to the request that would follow. Another profile, whose
        // token is handed in, has an issuer of its own.
        let issuer = issuer_of(request.url.as_str()).filter(|issuer| *issuer != self.issuer.trim_end_matches('/'));
        let issuer = issuer.unwrap_or_else(|| self.issuer.clone());
        let body = json!({ "issuer": issuer, "token_endpoint": issuer }).to_string().into_bytes();
        Ok(Response { status: 200, body, ..Response::default() })
    }

    fn time_left(&self) -> Duration {
        Duration::ZERO
    }

    fn wait(&mut self, _: Duration) {}

    fn jitter(&mut self) -> u16 {
        0
    }

    fn recall(&mut self, key: &str) -> Option<Vec<u8>> {
        cache::recall(self.cache.as_deref()?, &cache::name_of(key))
    }

    fn remember(&mut self, _: &str, _: &[u8]) {}

    fn warn(&mut self, warning: &str) {
        self.warnings.push(warning.into());
    }

    fn note(&mut self, _: &str) {}

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn random(&mut self) -> Result<[u8; 32]> {
        Ok([0; 32])
    }

    fn listen(&mut self, _: &Redirect) -> Result<String> {
        nobody()
    }

    fn invite(&mut self, _: &Invitation) {}

    fn arrival(&mut self) -> Result<Arrival> {
        nobody()
    }

    fn close(&mut self) {}

    fn answer(&mut self, _: &Arrival, _: &Ending) {}

    fn linger(&mut self, _: Duration) -> Result<()> {
        nobody()
    }

    fn reveal(&mut self, reference: &SecretReference, wanted: Wanted) -> Result<ClientSecret> {
        match reference {
            // Whose token is kept depends on whose is in the file: its hash, and no more of it, is told from others.
            SecretReference::File(_) if wanted.key == SUBJECT.key => secrets::reveal(reference, wanted, &self.environment),
            _ => Ok(ClientSecret::new(REDACTED)),
        }
    }
}
