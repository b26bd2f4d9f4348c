//! Use, refresh, fetch or ask: the one policy that every command follows, with the lock.

pub mod apart;
pub mod credentials;
pub mod decision;
pub mod failure;
pub mod fetch;
pub mod foresight;
pub mod forget;
pub mod id_token;
pub mod remedy;
pub mod renewal;
pub mod server;
pub mod sign_in;
pub mod sign_out;
pub mod subject;

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::secret::SecretReference;
use crate::session::apart::Apart;
use crate::session::credentials::{Credentials, Secrets, read_such};
use crate::session::decision::{Decision, Renewal, Wish, decide, enough, over_at, renewal};
use crate::session::fetch::not_granted;
use crate::session::remedy::{login_required, maybe_rotated, too_short};
use crate::session::server::identity;
use crate::session::subject::{Read, request};
use crate::store::Store;
use crate::store::files::Version;
use crate::store::lock::{Lock, Locked};
use crate::store::record::{Access, CachedToken, Identity, LongLived, SignedIn};
use crate::store::room::Room;
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
    /// When the sign-in behind it is over, where that is known and no refresh puts it off.
    pub sign_in_ends_at: Option<UnixTime>,
}

/// How a token was got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was kept.
    Cache,
    /// Another process got it while this one waited.
    Shared,
    /// The server was asked for a new one.
    Fetched,
    /// The server gave a new one for the refresh token.
    Refreshed,
}

impl Source {
    /// The name in `--format json`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Cache => "cache",
            Source::Shared => "shared",
            Source::Fetched => "fetched",
            Source::Refreshed => "refresh",
        }
    }
}

/// A valid access token for the plan: the kept one while it is good, else one that another process just got, else a new
/// one, kept before it is handed out.
pub fn token(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World) -> Result<Handed> {
    begin(plan, wish, store, world, None)
}

/// The same, where a refresh token is spent by `apart`: a process of its own, which ends its work though this one is killed.
pub fn token_apart(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World, apart: &Apart) -> Result<Handed> {
    begin(plan, wish, store, world, Some(apart))
}

fn begin(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World, apart: Option<&Apart>) -> Result<Handed> {
    let mut read = Read::new();
    let request = request(plan, store, world, &mut read);
    Session { plan, wish, store, world, request, read, typed: Secrets::default(), apart, redacted: None }.token()
}

/// Spends the refresh token for a process that holds the lock and waits: the other side of [`token_apart`].
pub fn renew_for_another(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World, lock: Lock, typed: Secrets) -> Result<Handed> {
    let (request, read) = (plan.request(), Read::new());
    Session { plan, wish, store, world, request, read, typed, apart: None, redacted: None }.renew_and_keep(Some(lock))
}

struct Session<'a> {
    plan: &'a Plan,
    wish: &'a Wish,
    store: &'a Store,
    world: &'a mut dyn World,
    /// What tells this token from others of the profile.
    request: String,
    /// Subject tokens that were read to tell that.
    read: Read,
    /// Secrets that only this process can read: from standard input, read before anyone is kept waiting; of a program that may ask
    /// at the terminal.
    typed: Secrets,
    /// Where refresh tokens are spent, if not here.
    apart: Option<&'a Apart<'a>>,
    /// What stands for every secret where none is to be read.
    redacted: Option<&'a str>,
}

/// A new token, and what has to be kept with it.
struct Renewed {
    token: CachedToken,
    source: Source,
    /// The long-lived section, and what is told of it; None leaves both as they are.
    session: Option<(LongLived, SignedIn)>,
}

/// What was kept when this process began to look.
struct Seen {
    token: Option<CachedToken>,
    signed_in: Option<SignedIn>,
    version: Option<Version>,
    failure: Option<Vec<u8>>,
    /// Whether what is kept is another identity's.
    foreign: bool,
}

impl Session<'_> {
    fn token(mut self) -> Result<Handed> {
        let seen = match self.look() {
            Ok(seen) => seen,
            Err(error) => return self.without_store(error),
        };
        let now = self.world.now();
        match self.decision(&seen, now) {
            Decision::Use => match seen.token {
                Some(token) => Ok(Handed { token, source: Source::Cache, sign_in_ends_at: over_at(self.plan, seen.signed_in.as_ref()) }),
                None => Err(Error::new(Kind::Internal, "a token was to be used, but there is none")),
            },
            Decision::LoginRequired => Err(login_required(self.plan, seen.signed_in.as_ref(), now)),
            Decision::Fetch | Decision::Refresh => {
                if let Some(error) = self.known_to_be_too_short(seen.token.as_ref(), now) {
                    return Err(error);
                }
                if !self.store.keeps() {
                    return self.without_store(switched_off());
                }
                let stdin = |reference: &SecretReference| *reference == SecretReference::Stdin;
                read_such(self.plan, self.world, stdin, &mut self.typed)?;
                let failure = self.store.failure_left(&self.plan.profile);
                self.renew(Seen { failure, ..seen })
            }
        }
    }

    /// The decision about what was found.
    fn decision(&self, seen: &Seen, now: UnixTime) -> Decision {
        // A narrower token may have become a wider one at the server since.
        let kept = seen.token.as_ref().filter(|token| !self.wish.require_scope || not_granted(self.plan, token).is_none());
        let renewal = renewal(self.plan, seen.signed_in.as_ref(), now);
        decide(kept, renewal, now, self.plan.leeway, self.wish)
    }

    /// What is kept for this request, of this identity only.
    fn look(&self) -> Result<Seen> {
        let loaded = self.store.load_access(&self.plan.profile)?;
        let there = loaded.access.is_some();
        let access = loaded.access.filter(|access| access.identity == identity(self.plan));
        let foreign = there && access.is_none();
        let (signed_in, tokens) = access.map(|access| (access.signed_in, access.tokens)).unwrap_or_default();
        let token = tokens.into_iter().find(|token| token.request == self.request);
        Ok(Seen { token, signed_in, version: loaded.version, failure: None, foreign })
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
                Locked::Held(lock) => {
                    if let Some(handed) = self.renewed_apart(&lock, &seen) {
                        return handed;
                    }
                    return self.renew_and_keep(Some(lock));
                }
                Locked::Unlocked(why) => {
                    self.world.warn(&why);
                    return self.renew_and_keep(None);
                }
                // The record changed, but not for this request: wait on for the lock, whatever else changes.
                Locked::News => watching = false,
            }
        }
    }

    /// Takes a token, or a failure, that another process got since this one began to look.
    fn adopt(&mut self, seen: &Seen) -> Result<Option<Handed>> {
        let (token, signed_in) = self.look().map(|found| (found.token, found.signed_in)).unwrap_or_default();
        let now = self.world.now();
        // Not by the token alone: some servers send the same one again until it ends.
        let news = token.filter(|token| Some(token) != seen.token.as_ref());
        if let Some(token) = news.filter(|token| token.expires_at.is_some_and(|end| end > now) && token.received_at <= now) {
            return self.checked(token, Source::Shared, over_at(self.plan, signed_in.as_ref())).map(Some);
        }
        let failure = self.store.failure_left(&self.plan.profile);
        match failure.filter(|left| Some(left) != seen.failure.as_ref()).and_then(|left| failure::read(&left, &self.fingerprint())) {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// A rotating refresh token is spent when the server answers, and lost when nobody keeps the answer: so another process
    /// asks, which nobody kills who kills this one. It has the lock too, for as long as it needs it.
    fn renewed_apart(&mut self, lock: &Lock, seen: &Seen) -> Option<Result<Handed>> {
        let apart = self.apart.filter(|_| self.plan.by_person())?;
        if let Err(error) = read_such(self.plan, self.world, |reference| matches!(reference, SecretReference::Command(_)), &mut self.typed)
        {
            return Some(Err(error));
        }
        Some(match apart(self.plan, lock, &self.typed)? {
            Ok(handed) => self.checked(handed.token, handed.source, handed.sign_in_ends_at),
            // It was killed, maybe after it had kept what came. If not, R55: the refresh token may have gone out already.
            Err(error) if error.in_doubt => self.adopt(seen).transpose().unwrap_or_else(|| Err(maybe_rotated(error, self.plan))),
            Err(error) => Err(error),
        })
    }

    /// Asks the server, keeps the answer, and hands it out. What cannot be kept is handed out with a warning.
    fn renew_and_keep(mut self, lock: Option<Lock>) -> Result<Handed> {
        // Found out now, while nothing was asked: a full disk.
        let room = match self.store.reserve(&self.plan.profile) {
            Err(error) if self.plan.by_person() => {
                return Err(error.saying(|said| format!("{}; the refresh token was not used", said)));
            }
            Err(error) if self.wish.require_store => return Err(error),
            room => room,
        };
        let renewed = match self.renewed() {
            Ok(renewed) => renewed,
            Err(error) => {
                // What is wrong here alone, such as an unset variable, is no news for the others.
                let news = matches!(error.kind, Kind::Denied | Kind::Unavailable | Kind::Invalid | Kind::LoginRequired);
                if let Some(lock) = lock.as_ref().filter(|_| news) {
                    self.store.leave_failure(lock, &failure::write(&error, &self.fingerprint(), self.world.now()));
                }
                return Err(error);
            }
        };
        if let Some(lock) = &lock {
            self.store.leave_failure(lock, &[]);
        }
        let lasting = renewed.token.expires_at.is_some_and(|end| end > self.world.now());
        if lasting || renewed.session.is_some() {
            let kept = room.and_then(|room| self.keep(&renewed, lasting, room));
            if let Err(error) = kept {
                self.not_kept(error, renewed.session.as_ref())?;
            }
        }
        if !lasting && self.wish.require_store {
            return Err(Error::new(Kind::Store, "the token was not kept: its lifetime is not known, or over")
                .hint("set `default_lifetime` in the profile"));
        }
        drop(lock);
        let sign_in_ends_at = over_at(self.plan, renewed.session.as_ref().map(|(_, signed_in)| signed_in));
        self.checked(renewed.token, renewed.source, sign_in_ends_at)
    }

    fn renewed(&mut self) -> Result<Renewed> {
        match self.plan.by_person() {
            true => self.refresh(),
            false => Ok(Renewed { token: self.fetch()?, source: Source::Fetched, session: None }),
        }
    }

    fn credentials(&mut self) -> Result<Credentials> {
        match self.redacted {
            Some(redacted) => Ok(Credentials::foreseen(self.plan, redacted)),
            None => Credentials::read(self.plan, self.store, self.world, &self.typed),
        }
    }

    fn keep(&self, renewed: &Renewed, lasting: bool, room: Room) -> Result<()> {
        let now = self.world.now();
        if self.plan.redefined() && self.somebody_else_is_signed_in()? {
            return Err(Error::new(Kind::Store, format!("it would take the place of the sign-in to profile `{}`", self.plan.profile))
                .hint(format!("give such a token a profile of its own, or end the sign-in: oat logout {}", self.plan.profile)));
        }
        let mut access = self.access()?;
        access.tokens.retain(|other| other.request != renewed.token.request && other.expires_at.is_some_and(|end| end > now));
        if lasting {
            access.tokens.push(renewed.token.clone());
        }
        if let Some((_, signed_in)) = &renewed.session {
            access.signed_in = Some(signed_in.clone());
        }
        self.store.save(&self.plan.profile, Some(room), &access, renewed.session.as_ref().map(|(long_lived, _)| long_lived))
    }

    /// Whether a person's session is kept here, of another grant, client or server.
    fn somebody_else_is_signed_in(&self) -> Result<bool> {
        let kept = self.store.load_access(&self.plan.profile)?.access;
        Ok(kept.is_some_and(|access| access.signed_in.is_some() && access.identity != identity(self.plan)))
    }

    /// The access section as it is now, or a new one where it is another identity's.
    fn access(&self) -> Result<Access> {
        let identity = identity(self.plan);
        let access = self.store.load_access(&self.plan.profile)?.access.filter(|access| access.identity == identity);
        Ok(access.unwrap_or(Access { identity, signed_in: None, tokens: Vec::new() }))
    }

    /// The store does not work: a token can be had all the same where no person is needed.
    fn without_store(mut self, error: Error) -> Result<Handed> {
        if self.needs_store() {
            return Err(error);
        }
        let token = self.fetch()?;
        if self.store.keeps() {
            self.not_kept(error, None)?;
        }
        self.checked(token, Source::Fetched, None)
    }

    /// Whether there is no token without a store that works.
    fn needs_store(&self) -> bool {
        renewal(self.plan, None, self.world.now()) != Renewal::Fetch || self.wish.require_store
    }

    fn not_kept(&mut self, error: Error, session: Option<&(LongLived, SignedIn)>) -> Result<()> {
        if self.wish.require_store {
            return Err(error);
        }
        let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let what = match session {
            None => "the token was not kept",
            Some(_) => "the token was not kept, nor was the new refresh token",
        };
        let then = session.map(|_| format!("; if the server has replaced the old one: oat login {}", self.plan.profile));
        self.world.warn(&format!("{what}: {error}{hint}{}", then.unwrap_or_default()));
        Ok(())
    }

    /// What only the caller's wish makes wrong. The token is kept by now: the next caller may wish for less.
    fn checked(&self, token: CachedToken, source: Source, sign_in_ends_at: Option<UnixTime>) -> Result<Handed> {
        let now = self.world.now();
        if let Some(told) = not_granted(self.plan, &token).filter(|_| self.wish.require_scope) {
            return Err(Error::new(Kind::Denied, told).hint("ask the server's operator to allow it for this client, or ask for less"));
        }
        if !enough(&token, now, self.wish) {
            return Err(too_short(self.plan, &token, now, self.wish));
        }
        Ok(Handed { token, source, sign_in_ends_at })
    }

    fn known_to_be_too_short(&self, token: Option<&CachedToken>, now: UnixTime) -> Option<Error> {
        let token = token.filter(|token| !self.wish.force && token.received_at <= now && now - token.received_at <= RECENT)?;
        let granted = token.expires_at? - token.received_at;
        let least = self.wish.min_ttl?;
        (least > granted).then(|| too_short(self.plan, token, now, self.wish))
    }

    /// Stands for this request of this identity where it is not sealed: its parameters may be private.
    fn fingerprint(&self) -> String {
        let Identity { server, client_id, grant } = identity(self.plan);
        let plan = self.plan;
        let secret =
            [&plan.client_secret, &plan.client_key, &plan.client_certificate].map(|source| source.as_ref().map(SecretReference::describe));
        let signed = ["client_key_id", "token_endpoint_auth_signing_alg", "assertion_audience"].map(|key| plan.settings.text(key));
        let how = format!("{:?} {:?} {:?} {:?}", plan.client_auth, plan.body, plan.ca_file, plan.timeout);
        let digest = Sha256::digest(json!([server, client_id, grant, self.request, secret, signed, how]).to_string().as_bytes());
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest)
    }
}

fn switched_off() -> Error {
    Error::new(Kind::Store, "the store is switched off (`none`)").hint("set OAT_STORE, or `key` of [store], to keyring, file or keyutils")
}

#[cfg(test)]
mod tests;
