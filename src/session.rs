//! Use, refresh, fetch or ask: the one policy that every command follows, with the lock.

pub mod decision;
pub mod failure;
pub mod remedy;
pub mod server;

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::jose::jwt::Jwt;
use crate::oauth::grant::client_credentials::{Ask, client_credentials};
use crate::oauth::token::{Lifetime, TokenSet};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::{ClientSecret, SecretReference};
use crate::session::decision::{Decision, Wish, decide, enough};
use crate::session::remedy::{login_required, remedied, too_short};
use crate::session::server::{Found, Known, client, find, identity, secret};
use crate::store::Store;
use crate::store::files::Version;
use crate::store::lock::{Lock, Locked};
use crate::store::record::{Access, CachedToken, Identity};
use crate::store::room::Room;
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// How long a failed `--min-ttl` speaks for the server: whoever asks the same within it gets the same answer.
const RECENT: Seconds = Seconds(5);
/// How much longer than the network's deadline one process waits for another.
const GRACE: Duration = Duration::from_secs(2);

/// A token for the caller.
#[derive(Debug)]
pub struct Handed {
    /// The token.
    pub token: CachedToken,
    /// How it was got.
    pub source: Source,
}

/// How a token was got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was kept.
    Cache,
    /// Another process got it while this one waited.
    Shared,
    /// The server was asked.
    Fetched,
}

impl Source {
    /// The name in `--format json`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Cache => "cache",
            Source::Shared => "shared",
            Source::Fetched => "fetched",
        }
    }
}

/// A valid access token for the plan: the kept one while it is good, else one that another process just got, else a new
/// one, kept before it is handed out.
pub fn token(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World) -> Result<Handed> {
    Session { plan, wish, store, world, request: plan.request(), typed: None }.token()
}

struct Session<'a> {
    plan: &'a Plan,
    wish: &'a Wish,
    store: &'a Store,
    world: &'a mut dyn World,
    /// What tells this token from others of the profile.
    request: String,
    /// A secret from standard input, read before anyone is kept waiting.
    typed: Option<ClientSecret>,
}

/// What was kept when this process began to look.
struct Seen {
    token: Option<CachedToken>,
    version: Option<Version>,
    failure: Option<Vec<u8>>,
}

impl Session<'_> {
    fn token(mut self) -> Result<Handed> {
        let seen = match self.look() {
            Ok((token, version)) => Seen { token, version, failure: None },
            Err(error) => return self.without_store(error),
        };
        let now = self.world.now();
        // A narrower token may have become a wider one at the server since.
        let kept = seen.token.as_ref().filter(|token| !self.wish.require_scope || self.not_granted(token).is_none());
        match decide(kept, self.plan.grant, now, self.plan.leeway, self.wish) {
            Decision::Use => match seen.token {
                Some(token) => Ok(Handed { token, source: Source::Cache }),
                None => Err(Error::new(Kind::Internal, "a token was to be used, but there is none")),
            },
            Decision::LoginRequired => Err(login_required(self.plan)),
            Decision::Fetch => {
                if let Some(error) = self.known_to_be_too_short(seen.token.as_ref(), now) {
                    return Err(error);
                }
                if !self.store.keeps() {
                    return self.without_store(
                        Error::new(Kind::Store, "the store is switched off (`none`)")
                            .hint("set OAT_STORE, or `key` of [store], to keyring, file or keyutils"),
                    );
                }
                if let Some(reference @ SecretReference::Stdin) = &self.plan.client_secret {
                    self.typed = Some(self.world.reveal(reference)?);
                }
                let failure = self.store.failure_left(&self.plan.profile);
                self.renew(Seen { failure, ..seen })
            }
        }
    }

    /// The kept token for this request, of this identity only.
    fn look(&self) -> Result<(Option<CachedToken>, Option<Version>)> {
        let loaded = self.store.load_access(&self.plan.profile)?;
        let access = loaded.access.filter(|access| access.identity == identity(self.plan));
        let token = access.and_then(|access| access.tokens.into_iter().find(|token| token.request == self.request));
        Ok((token, loaded.version))
    }

    /// One process asks, the others wait for it and take what it got.
    fn renew(mut self, seen: Seen) -> Result<Handed> {
        let patience = self.world.time_left() + GRACE;
        let (store, profile, before) = (self.store, &self.plan.profile, seen.version);
        let mut watching = true;
        loop {
            let locked = match store.lock(profile, patience, &mut || watching && store.version(profile) != before) {
                Ok(locked) => locked,
                Err(error) if error.kind == Kind::Store => return self.without_store(error),
                Err(error) => return Err(error),
            };
            if let Some(handed) = self.adopt(&seen)? {
                return Ok(handed);
            }
            match locked {
                Locked::Held(lock) => return self.fetch_and_keep(Some(lock)),
                Locked::Unlocked(why) => {
                    self.world.warn(&why);
                    return self.fetch_and_keep(None);
                }
                // The record changed, but not for this request: wait on for the lock, whatever else changes.
                Locked::News => watching = false,
            }
        }
    }

    /// Takes a token, or a failure, that another process got since this one began to look.
    fn adopt(&mut self, seen: &Seen) -> Result<Option<Handed>> {
        let (token, _) = self.look().unwrap_or_default();
        let now = self.world.now();
        // Not by the token alone: some servers send the same one again until it ends.
        let news = token.filter(|token| Some(token) != seen.token.as_ref());
        if let Some(token) = news.filter(|token| token.expires_at.is_some_and(|end| end > now) && token.received_at <= now) {
            return self.checked(token, Source::Shared).map(Some);
        }
        let failure = self.store.failure_left(&self.plan.profile);
        match failure.filter(|left| Some(left) != seen.failure.as_ref()).and_then(|left| failure::read(&left, &self.fingerprint())) {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// Asks the server, keeps the answer, and hands it out. What cannot be kept is handed out with a warning.
    fn fetch_and_keep(mut self, lock: Option<Lock>) -> Result<Handed> {
        // Found out now, while nothing was asked: a full disk.
        let room = match self.store.reserve(&self.plan.profile) {
            Err(error) if self.wish.require_store => return Err(error),
            room => room,
        };
        let token = match self.fetch() {
            Ok(token) => token,
            Err(error) => {
                // What is wrong here alone, such as an unset variable, is no news for the others.
                if let Some(lock) = lock.as_ref().filter(|_| matches!(error.kind, Kind::Denied | Kind::Unavailable | Kind::Invalid)) {
                    self.store.leave_failure(lock, &failure::write(&error, &self.fingerprint(), self.world.now()));
                }
                return Err(error);
            }
        };
        if let Some(lock) = &lock {
            self.store.leave_failure(lock, &[]);
        }
        if token.expires_at.is_some_and(|end| end > self.world.now()) {
            let kept = room.and_then(|room| self.keep(&token, room));
            if let Err(error) = kept {
                self.not_kept(error)?;
            }
        } else if self.wish.require_store {
            return Err(Error::new(Kind::Store, "the token was not kept: its lifetime is not known, or over")
                .hint("set `default_lifetime` in the profile"));
        }
        drop(lock);
        self.checked(token, Source::Fetched)
    }

    fn keep(&self, token: &CachedToken, room: Room) -> Result<()> {
        let now = self.world.now();
        let loaded = self.store.load_access(&self.plan.profile)?;
        let identity = identity(self.plan);
        let mut access = loaded.access.filter(|access| access.identity == identity).unwrap_or(Access { identity, tokens: Vec::new() });
        access.tokens.retain(|other| other.request != token.request && other.expires_at.is_some_and(|end| end > now));
        access.tokens.push(token.clone());
        self.store.save(&self.plan.profile, Some(room), &access, None)
    }

    /// The store does not work: a token can be had all the same where no person is needed.
    fn without_store(mut self, error: Error) -> Result<Handed> {
        if self.plan.grant != Grant::ClientCredentials || self.wish.require_store {
            return Err(error);
        }
        let token = self.fetch()?;
        if self.store.keeps() {
            self.not_kept(error)?;
        }
        self.checked(token, Source::Fetched)
    }

    fn not_kept(&mut self, error: Error) -> Result<()> {
        if self.wish.require_store {
            return Err(error);
        }
        let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        self.world.warn(&format!("the token was not kept: {error}{hint}"));
        Ok(())
    }

    /// What only the caller's wish makes wrong. The token is kept by now: the next caller may wish for less.
    fn checked(&self, token: CachedToken, source: Source) -> Result<Handed> {
        let now = self.world.now();
        if let Some(told) = self.not_granted(&token).filter(|_| self.wish.require_scope) {
            return Err(Error::new(Kind::Denied, told).hint("ask the server's operator to allow it for this client, or ask for less"));
        }
        if !enough(&token, now, self.wish) {
            return Err(too_short(self.plan, &token, now, self.wish));
        }
        Ok(Handed { token, source })
    }

    fn known_to_be_too_short(&self, token: Option<&CachedToken>, now: UnixTime) -> Option<Error> {
        let token = token.filter(|token| !self.wish.force && token.received_at <= now && now - token.received_at <= RECENT)?;
        let granted = token.expires_at? - token.received_at;
        let least = self.wish.min_ttl?;
        (least > granted).then(|| too_short(self.plan, token, now, self.wish))
    }

    fn fetch(&mut self) -> Result<CachedToken> {
        for warning in &self.plan.warnings {
            self.world.warn(warning);
        }
        // The secret first: what it waits for is no time of the server's.
        let secret = match self.typed.take() {
            Some(secret) => Some(secret),
            None => secret(self.plan, self.store, self.world)?,
        };
        let found = find(self.plan, self.world, Known::Kept)?;
        match self.ask(&found, secret.clone()) {
            // Metadata that was kept may tell where the server was yesterday.
            Err(error) if found.kept && error.kind == Kind::Invalid && error.oauth_error.is_none() => {
                let anew = find(self.plan, self.world, Known::Anew)?;
                if anew.token_endpoint == found.token_endpoint { Err(error) } else { self.ask(&anew, secret) }
            }
            asked => asked,
        }
    }

    fn ask(&mut self, found: &Found, secret: Option<ClientSecret>) -> Result<CachedToken> {
        let client = client(self.plan, found, secret);
        let ask = Ask {
            endpoint: &found.token_endpoint,
            client: &client,
            body: self.plan.body,
            parameters: &self.plan.parameters,
            pointer: self.plan.token_pointer.as_deref(),
            token_type: self.plan.token_type.as_deref(),
        };
        let answer = client_credentials(self.world, &ask).map_err(|error| remedied(error, self.plan, &client))?;
        let token = self.cached(answer);
        if let Some(told) = self.not_granted(&token).filter(|_| !self.wish.require_scope) {
            self.world.warn(&told);
        }
        Ok(token)
    }

    /// R69: the server may grant less than was asked for; what is missing, in words.
    fn not_granted(&self, token: &CachedToken) -> Option<String> {
        let (asked, granted) = (self.plan.scope()?, token.scope.as_deref()?);
        let missing: Vec<&str> = asked.split(' ').filter(|word| !word.is_empty() && !granted.split(' ').any(|g| g == *word)).collect();
        let told = || format!("the server did not grant the scope `{}`; it granted `{}`", escape(&missing.join(" ")), escape(granted));
        (!missing.is_empty()).then(told)
    }

    /// Stands for this request of this identity where it is not sealed: its parameters may be private.
    fn fingerprint(&self) -> String {
        let Identity { server, client_id, grant } = identity(self.plan);
        let plan = self.plan;
        let secret = plan.client_secret.as_ref().map(SecretReference::describe);
        let how = format!("{:?} {:?} {:?} {:?}", plan.client_auth, plan.body, plan.ca_file, plan.timeout);
        let digest = Sha256::digest(json!([server, client_id, grant, self.request, secret, how]).to_string().as_bytes());
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest)
    }

    fn cached(&mut self, answer: TokenSet) -> CachedToken {
        let now = self.world.now();
        let expires_at = self.end(&answer, now);
        if !is_b64token(answer.access_token.expose()) {
            self.world.warn("the token has characters that RFC 6750 does not allow in a bearer token; some servers will refuse it");
        }
        CachedToken {
            request: self.request.clone(),
            access_token: answer.access_token,
            token_type: answer.token_type,
            // RFC 6749 section 5.1: left out, it is what was asked for.
            scope: answer.scope.or_else(|| self.plan.scope().map(str::to_string)),
            received_at: now,
            expires_at,
            extra: answer.extra,
        }
    }

    /// When a new token ends: what the answer says, else the JWT's `exp`, else the profile's `default_lifetime`.
    fn end(&mut self, answer: &TokenSet, now: UnixTime) -> Option<UnixTime> {
        if let Lifetime::Known(length) = answer.lifetime {
            return Some(now + length);
        }
        let told = if answer.lifetime == Lifetime::Missing { "names no lifetime" } else { "names a lifetime that makes no sense" };
        if let Some(end) = jwt_end(answer.access_token.expose()) {
            return Some(end);
        }
        if let Some(length) = self.plan.default_lifetime {
            return Some(now + length);
        }
        self.world.warn(&format!("the server's answer {told}, so the token is not kept; set `default_lifetime` in the profile to keep it"));
        None
    }
}

/// RFC 7519 section 4.1.4; the claim is only used to decide how long to keep the token.
fn jwt_end(token: &str) -> Option<UnixTime> {
    let end = Jwt::decode(token).ok()?.claims.get("exp")?.as_f64()?;
    (end.is_finite() && end > 0.0 && end < 253_402_300_800.0).then_some(UnixTime(end as i64))
}

/// RFC 6750 section 2.1: letters, digits, `-._~+/`, then `=`.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests;
