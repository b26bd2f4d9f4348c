//! What one running sandbox knows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::jose::jws::SigningKey;
use crate::sandbox::access_token::{AccessTokens, TokenFormat};
use crate::sandbox::clients::{CLIENT_SECRET, Clients};
use crate::sandbox::desk::Desk;
use crate::sandbox::http::Request;
use crate::sandbox::ledger::Ledger;
use crate::secret::ClientSecret;
use crate::time::{Seconds, UnixTime};

/// How a sandbox is to behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// The issuer and the stem of every endpoint, without a slash at the end: `http://127.0.0.1:8417`.
    pub issuer: String,
    /// How long access tokens live; with 0 or less they are born expired.
    pub lifetime: Seconds,
    /// How long refresh tokens live, each from when it was issued.
    pub refresh_lifetime: Seconds,
    /// The secret of the client `sandbox`.
    pub client_secret: ClientSecret,
    /// Whether access tokens are JWTs or opaque.
    pub token_format: TokenFormat,
    /// How long the token endpoint waits before it answers, to try out slow servers.
    pub delay: Duration,
    /// Whether `alice` signs in and allows everything, without a page.
    pub auto_approve: bool,
    /// How far apart a device's polls have to be; 1 s with `auto_approve`.
    pub device_interval: Seconds,
    /// The private folder where refresh tokens outlive the process, shared with other processes; None keeps them in memory.
    pub sessions: Option<PathBuf>,
}

impl Options {
    /// The defaults: JWTs of an hour, refresh tokens of 30 days in memory, the published secret, no delay, people are asked.
    pub fn new(issuer: impl Into<String>) -> Options {
        Options {
            issuer: issuer.into(),
            lifetime: Seconds(3600),
            refresh_lifetime: Seconds(30 * 24 * 3600),
            client_secret: ClientSecret::new(CLIENT_SECRET),
            token_format: TokenFormat::Jwt,
            delay: Duration::ZERO,
            auto_approve: false,
            device_interval: Seconds(5),
            sessions: None,
        }
    }
}

/// An authorization server for trying and testing. [`Sandbox::respond`] is all it does.
pub struct Sandbox {
    /// See [`Options::issuer`].
    pub issuer: String,
    /// See [`Options::lifetime`].
    pub lifetime: Seconds,
    /// See [`Options::refresh_lifetime`].
    pub refresh_lifetime: Seconds,
    /// See [`Options::auto_approve`].
    pub auto_approve: bool,
    /// See [`Options::device_interval`].
    pub device_interval: Seconds,
    /// Who may ask.
    pub clients: Clients,
    /// The maker of tokens, with the signing key.
    pub access_tokens: AccessTokens,
    /// Refresh tokens, and what was revoked. Where [`Sandbox::desk`] is locked too, this comes second.
    pub ledger: Ledger,
    desk: Mutex<Desk>,
    delay: Duration,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Sandbox {
    /// A server that signs with `key`; the key's algorithm is the tokens'.
    pub fn new(options: Options, key: SigningKey) -> Sandbox {
        Sandbox {
            issuer: options.issuer,
            lifetime: options.lifetime,
            refresh_lifetime: options.refresh_lifetime,
            auto_approve: options.auto_approve,
            device_interval: options.device_interval,
            clients: Clients::new(options.client_secret),
            access_tokens: AccessTokens::new(key, options.token_format),
            ledger: Ledger::new(options.sessions),
            desk: Mutex::default(),
            delay: options.delay,
            counts: Mutex::default(),
        }
    }

    /// The absolute URL of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// How long whoever carries the answer has to wait before it asks for it.
    pub fn delay(&self, request: &Request) -> Duration {
        if request.path() == "/token" { self.delay } else { Duration::ZERO }
    }

    /// What is under way.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the last access token that was issued before `now` has ended.
    pub fn last_access(&self, now: UnixTime) -> UnixTime {
        now + self.lifetime + Seconds(1)
    }

    /// The claims of an access token that is good at `now`. Fails with kind `Store`.
    pub fn active(&self, token: &str, now: UnixTime) -> Result<Option<Map<String, Value>>> {
        let Some(claims) = self.access_tokens.recognise(token, now) else { return Ok(None) };
        let revoked = self.ledger.open()?.sessions.revoked(&claims);
        Ok((!revoked).then_some(claims))
    }

    /// Notes one more of `what`.
    pub fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// How many of `what` there were.
    pub fn counted(&self, what: &str) -> u64 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).get(what).copied().unwrap_or_default()
    }
}

#[cfg(test)]
impl Sandbox {
    /// The sandbox of a test: issuer `http://127.0.0.1:8417`, a new ES256 key.
    pub fn of_test(change: impl FnOnce(&mut Options)) -> Sandbox {
        let mut options = Options::new("http://127.0.0.1:8417");
        change(&mut options);
        Sandbox::new(options, SigningKey::new_es256())
    }
}

#[cfg(test)]
impl Sandbox {
    /// Signs `client` in as alice at a server that approves by itself: the answer of its token endpoint.
    pub fn signed_in(&self, client: &str, scope: &str, now: UnixTime) -> Value {
        // RFC 7636 appendix B.
        let pkce = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        let redirect = "redirect_uri=http://127.0.0.1:1/cb";
        let query = format!("/authorize?response_type=code&client_id={client}&{redirect}&{pkce}&scope={scope}&nonce=n");
        let response = self.respond(&Request::of("GET", &query, &[], ""), now);
        let back = url::Url::parse(response.header("Location").unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let secret = if client == "sandbox" { "&client_secret=sandbox-secret" } else { "" };
        let verifier = "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let form = format!("grant_type=authorization_code&client_id={client}{secret}&code={code}&{redirect}&{verifier}");
        self.respond(&Request::form("/token", &form), now).value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_endpoint_is_slow() {
        let sandbox = Sandbox::of_test(|options| options.delay = Duration::from_secs(2));
        let delay = |target| sandbox.delay(&Request::of("POST", target, &[], ""));
        assert_eq!(delay("/token?x"), Duration::from_secs(2));
        assert_eq!(delay("/jwks"), Duration::ZERO);
    }
}
