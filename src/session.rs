//! Use, refresh, fetch or ask: the one policy that every command follows, with the lock.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::jose::jwt::Jwt;
use crate::oauth::client_auth::{Client, Method};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::grant::client_credentials::{Ask, client_credentials};
use crate::oauth::metadata::{self, Asked};
use crate::oauth::token::{Lifetime, TokenSet};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::{ClientSecret, SecretReference};
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

/// What the caller wants of a token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// It must live at least this long.
    pub min_ttl: Option<Seconds>,
    /// A new one, whatever is kept.
    pub force: bool,
    /// Fail when it cannot be kept.
    pub require_store: bool,
    /// Fail when the server grants less scope than was asked for.
    pub require_scope: bool,
}

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

/// What to do about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Hand the kept one out.
    Use,
    /// Ask the server for a new one.
    Fetch,
    /// A person has to sign in.
    LoginRequired,
}

/// The decision, as a pure function of what is kept and what is wanted.
pub fn decide(kept: Option<&CachedToken>, grant: Grant, now: UnixTime, leeway: Seconds, wish: &Wish) -> Decision {
    match kept {
        Some(token) if !wish.force && fresh(token, now, leeway) && enough(token, now, wish) => Decision::Use,
        _ if grant == Grant::ClientCredentials => Decision::Fetch,
        _ => Decision::LoginRequired,
    }
}

/// Served while `expires_at - margin > now`; the margin is the leeway, but at most a tenth of the lifetime. A token
/// received in the future (the clock went back) is not trusted.
fn fresh(token: &CachedToken, now: UnixTime, leeway: Seconds) -> bool {
    let Some(expires_at) = token.expires_at else { return false };
    let tenth = Seconds((expires_at - token.received_at).0 / 10);
    let margin = leeway.min(tenth).max(Seconds(0));
    token.received_at <= now && expires_at - margin > now
}

fn enough(token: &CachedToken, now: UnixTime, wish: &Wish) -> bool {
    wish.min_ttl.is_none_or(|least| token.expires_at.is_some_and(|end| end - now >= least))
}

/// A valid access token for the plan: the kept one while it is good, else one that another process just got, else a new
/// one, kept before it is handed out.
pub fn token(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World) -> Result<Handed> {
    Session { plan, wish, store, world, request: plan.request() }.token()
}

struct Session<'a> {
    plan: &'a Plan,
    wish: &'a Wish,
    store: &'a Store,
    world: &'a mut dyn World,
    /// What tells this token from others of the profile.
    request: String,
}

/// What was kept when this process began to look.
struct Seen {
    token: Option<CachedToken>,
    version: Option<Version>,
    failure: Option<Vec<u8>>,
}

impl Session<'_> {
    fn token(self) -> Result<Handed> {
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
        loop {
            let (store, profile, before) = (self.store, &self.plan.profile, seen.version);
            let locked = match store.lock(profile, patience, &mut || store.version(profile) != before) {
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
                Locked::News => {
                    let locked = store.lock(profile, patience, &mut || false)?;
                    if let Some(handed) = self.adopt(&seen)? {
                        return Ok(handed);
                    }
                    match locked {
                        Locked::Held(lock) => return self.fetch_and_keep(Some(lock)),
                        Locked::Unlocked(_) => return self.fetch_and_keep(None),
                        Locked::News => {}
                    }
                }
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
        match failure.filter(|left| Some(left) != seen.failure.as_ref()).and_then(|left| read_failure(&left, &self.fingerprint())) {
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
                    self.store.leave_failure(lock, &failure(&error, &self.fingerprint(), self.world.now()));
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
        let found = find(self.plan, self.world)?;
        let client = client(self.plan, &found, self.store, self.world)?;
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
        let digest = Sha256::digest(json!([server, client_id, grant, self.request]).to_string().as_bytes());
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

/// Where the server is found to be.
struct Found {
    token_endpoint: Endpoint,
    auth_methods: Option<Vec<String>>,
}

/// The endpoints: from the profile, else by discovery.
fn find(plan: &Plan, world: &mut dyn World) -> Result<Found> {
    if let Some(endpoint) = &plan.token_endpoint {
        return Ok(Found { token_endpoint: endpoint.clone(), auth_methods: None });
    }
    let Some(issuer) = &plan.issuer else {
        return Err(Error::new(Kind::Config, format!("profile `{}` names no server", plan.profile)));
    };
    let also = plan.preset.as_ref().and_then(|preset| preset.discovered_issuer.as_deref());
    let found = metadata::discover(world, Asked { issuer, also, pin_hosts: &plan.pin_hosts })?;
    let Some(token_endpoint) = found.token_endpoint else {
        return Err(Error::new(Kind::Invalid, format!("the metadata of `{}` names no token endpoint", escape(issuer.as_str())))
            .hint("set `token_endpoint` in the profile"));
    };
    Ok(Found { token_endpoint, auth_methods: found.auth_methods })
}

fn client(plan: &Plan, found: &Found, store: &Store, world: &mut dyn World) -> Result<Client> {
    let secret = match &plan.client_secret {
        _ if plan.client_auth == Some(Method::None) => None,
        None => None,
        Some(SecretReference::Keyring) => Some(sealed_secret(plan, store)?),
        Some(reference) => Some(world.reveal(reference)?),
    };
    let method = plan.client_auth.unwrap_or_else(|| Method::choose(secret.is_some(), found.auth_methods.as_deref()));
    Ok(Client { id: plan.client_id.clone(), secret, method })
}

fn sealed_secret(plan: &Plan, store: &Store) -> Result<ClientSecret> {
    store.open_secret(&plan.profile)?.ok_or_else(|| {
        Error::new(Kind::Config, format!("no client secret is sealed for profile `{}`", plan.profile))
            .hint(format!("oat profile set-secret {}", plan.profile))
    })
}

/// Who this profile's tokens belong to: a changed profile never serves another's.
pub fn identity(plan: &Plan) -> Identity {
    let endpoint =
        plan.token_endpoint.as_ref().filter(|_| plan.issuer.is_some()).map(|url| format!(" {}", url.as_str())).unwrap_or_default();
    Identity { server: format!("{}{endpoint}", plan.server()), client_id: plan.client_id.clone(), grant: plan.grant.name().into() }
}

/// The remedy, per provider and per grant: at VeriCerts `invalid_grant` means a wrong grant_type.
fn remedied(error: Error, plan: &Plan, client: &Client) -> Error {
    let Some(code) = error.oauth_error.clone() else { return error };
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), &code));
    let hint = match code.as_str() {
        // R51: nothing here is wrong, so nothing here is to be changed.
        _ if error.kind == Kind::Unavailable => own,
        "invalid_client" | "unauthorized_client" => {
            let asked = secret_question(plan, client);
            Some(own.map_or(asked.clone(), |own| format!("{own}; {asked}")))
        }
        "invalid_scope" => own.or_else(|| {
            Some(format!(
                "the scope `{}` is not for this client; change `scope` in profile `{}`",
                escape(plan.scope().unwrap_or_default()),
                plan.profile
            ))
        }),
        "invalid_target" => {
            own.or_else(|| Some(format!("is `resource` or `audience` of profile `{}` known to this server?", plan.profile)))
        }
        "unsupported_grant_type" | "invalid_grant" => {
            own.or_else(|| Some(format!("is the grant {} allowed for this client at the server?", plan.grant.name())))
        }
        "invalid_request" => own.or_else(|| {
            Some("`-v` shows what was sent; some servers want token_request_body = \"json\", another client_auth, or an `audience`".into())
        }),
        _ => own.or_else(|| {
            Some(format!("`{code}` is the server's own word; its operator knows what it means for client `{}`", escape(&plan.client_id)))
        }),
    };
    error.hint_maybe(hint)
}

fn secret_question(plan: &Plan, client: &Client) -> String {
    let by = client.method.name();
    match &plan.client_secret {
        Some(reference) if client.method != Method::None => {
            format!(
                "profile `{}` sends client_secret from {} by {by}; is it this client's, and is `client_auth` what the server wants?",
                plan.profile,
                reference.describe()
            )
        }
        _ => format!("profile `{}` sends no client secret; does this client need one?", plan.profile),
    }
}

fn login_required(plan: &Plan) -> Error {
    match plan.grant {
        Grant::AuthorizationCode | Grant::DeviceCode => {
            Error::new(Kind::LoginRequired, format!("profile `{}` needs a sign-in (grant {})", plan.profile, plan.grant.name()))
                .hint("this version of oat cannot sign a person in yet; for a machine's own token set grant = \"client_credentials\"")
        }
        _ => Error::new(
            Kind::Config,
            format!("the grant {} of profile `{}` is not there yet in this version of oat", plan.grant.name(), plan.profile),
        )
        .hint("set grant = \"client_credentials\""),
    }
}

fn too_short(plan: &Plan, token: &CachedToken, now: UnixTime, wish: &Wish) -> Error {
    let least = wish.min_ttl.unwrap_or(Seconds(0));
    let message = match token.expires_at {
        Some(end) => {
            format!("the server grants {} s, but --min-ttl asks for {} s", (end - token.received_at).0.max((end - now).0), least.0)
        }
        None => format!("the server does not say how long its token lives, but --min-ttl asks for {} s", least.0),
    };
    Error::new(Kind::Invalid, message).hint(format!(
        "ask for less, or have the lifetime raised at the server; the token is kept, and `oat token get {}` prints it",
        plan.profile
    ))
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

/// A failure, for those who waited for this process. Nothing in it is secret: it is what stderr says.
fn failure(error: &Error, fingerprint: &str, now: UnixTime) -> Vec<u8> {
    let by = std::process::id();
    json!({"at": now, "by": by, "request": fingerprint, "exit_code": error.kind.exit_code(), "error": error.to_string(), "hint": error.hint, "oauth_error": error.oauth_error}).to_string().into_bytes()
}

fn read_failure(left: &[u8], fingerprint: &str) -> Option<Error> {
    let note = crate::json::object(left).ok()?;
    let text = |name: &str| note.get(name).and_then(Value::as_str).map(escape);
    if note.get("request").and_then(Value::as_str) != Some(fingerprint) {
        return None;
    }
    let kind = Kind::from_exit_code(u8::try_from(note.get("exit_code")?.as_u64()?).ok()?)?;
    let mut error = Error::new(kind, text("error")?).hint_maybe(text("hint"));
    error.oauth_error = text("oauth_error");
    Some(error)
}

#[cfg(test)]
mod tests;
