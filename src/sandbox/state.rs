//! What one running sandbox knows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::jose::jws::SigningKey;
use crate::sandbox::access_token::{AccessTokens, TokenFormat};
use crate::sandbox::clients::{CLIENT_SECRET, Clients};
use crate::sandbox::http::Request;
use crate::secret::ClientSecret;
use crate::time::Seconds;

/// How a sandbox is to behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// The issuer and the stem of every endpoint, without a slash at the end: `http://127.0.0.1:8417`.
    pub issuer: String,
    /// How long access tokens live; with 0 or less they are born expired.
    pub lifetime: Seconds,
    /// The secret of the client `sandbox`.
    pub client_secret: ClientSecret,
    /// Whether access tokens are JWTs or opaque.
    pub token_format: TokenFormat,
    /// How long the token endpoint waits before it answers, to try out slow servers.
    pub delay: Duration,
}

impl Options {
    /// The defaults: JWTs of an hour, the published secret, no delay.
    pub fn new(issuer: impl Into<String>) -> Options {
        Options {
            issuer: issuer.into(),
            lifetime: Seconds(3600),
            client_secret: ClientSecret::new(CLIENT_SECRET),
            token_format: TokenFormat::Jwt,
            delay: Duration::ZERO,
        }
    }
}

/// An authorization server for trying and testing. [`Sandbox::respond`] is all it does.
pub struct Sandbox {
    /// See [`Options::issuer`].
    pub issuer: String,
    /// See [`Options::lifetime`].
    pub lifetime: Seconds,
    /// Who may ask.
    pub clients: Clients,
    /// The maker of tokens, with the signing key.
    pub access_tokens: AccessTokens,
    delay: Duration,
    token_requests: AtomicU64,
}

impl Sandbox {
    /// A server that signs with `key`; the key's algorithm is the tokens'.
    pub fn new(options: Options, key: SigningKey) -> Sandbox {
        Sandbox {
            issuer: options.issuer,
            lifetime: options.lifetime,
            clients: Clients::new(options.client_secret),
            access_tokens: AccessTokens::new(key, options.token_format),
            delay: options.delay,
            token_requests: AtomicU64::new(0),
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

    /// Notes one more request to the token endpoint.
    pub fn count_token_request(&self) {
        self.token_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests reached the token endpoint, refused ones too.
    pub fn token_requests(&self) -> u64 {
        self.token_requests.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
impl Sandbox {
    /// The sandbox of a test: issuer `http://127.0.0.1:8417`, a new ES256 key.
    pub fn of_test(change: impl FnOnce(&mut Options)) -> Sandbox {
        let mut options = Options::new("http://127.0.0.1:8417");
        change(&mut options);
        let pkcs8 = SigningKey::generate_es256().unwrap();
        Sandbox::new(options, SigningKey::from_pkcs8(crate::jose::jwa::Alg::Es256, &pkcs8).unwrap())
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
