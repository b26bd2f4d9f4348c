//! A person signs in, and what came of it is kept.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::oauth::ask::Ask;
use crate::oauth::authorization::Authorization;
use crate::oauth::client_auth::Client;
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::grant::authorization_code::{self, Authorized};
use crate::oauth::grant::device_code::{Device, device_code};
use crate::oauth::metadata::Metadata;
use crate::oauth::token::TokenSet;
use crate::oauth::world::{Ending, World};
use crate::plan::Plan;
use crate::plan::sign_in::SignIn;
use crate::session::credentials::{Credentials, Secrets};
use crate::session::fetch::{cached, not_granted};
use crate::session::id_token::{Before, checked, prepare};
use crate::session::remedy::{no_refresh_token, remedied};
use crate::session::renewal::ends;
use crate::session::server::{Found, ask, found, identity, metadata};
use crate::store::Store;
use crate::store::lock::Locked;
use crate::store::record::{Access, CachedToken, LongLived, SignedIn};

/// How long another process may have the profile's lock.
const PATIENCE: Duration = Duration::from_secs(35);

/// How a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In a browser on this machine, or one whose redirect reaches it.
    Browser,
    /// On any device, with a code (RFC 8628).
    Device,
}

/// What came of a sign-in.
#[derive(Debug)]
pub struct Report {
    /// Who signed in, and until when.
    pub signed_in: SignedIn,
    /// The first access token.
    pub token: CachedToken,
    /// Whether a refresh token was asked for.
    pub offline: bool,
}

/// All that is asked of the server, ready.
struct Server {
    authorization_endpoint: Option<Endpoint>,
    device_authorization_endpoint: Option<Endpoint>,
    found: Found,
    /// What it says of itself, where it was asked.
    metadata: Option<Metadata>,
}

/// Signs a person in. The store is tried first: nobody is to sign in for nothing. Fails with `Store` where nothing can be kept,
/// `LoginRequired` where nobody signed in in time, `Denied` where the person or the server said no.
pub fn sign_in(plan: &Plan, way: Way, store: &Store, world: &mut dyn World) -> Result<Report> {
    if !store.keeps() {
        return Err(Error::new(Kind::Store, "the store is switched off (`none`), so a sign-in would be for nothing")
            .hint("set OAT_STORE, or `key` of [store], to keyring, file or keyutils"));
    }
    store.probe().and_then(|()| store.reserve(&plan.profile)).map(drop).map_err(kept_somewhere)?;
    let sign_in = SignIn::of(plan)?;
    plan.warnings.iter().for_each(|warning| world.warn(warning));
    let credentials = Credentials::read(plan, store, world, &Secrets::default())?;
    let server = server(plan, &sign_in, way, world)?;
    if sign_in.openid() && plan.issuer.is_some() {
        // So that nothing but the exchange is left to wait for after the redirect.
        prepare(plan, &sign_in, world);
    }
    Task { plan, sign_in: &sign_in, store, client: credentials.client(plan, &server.found)?, credentials, server: &server }.run(way, world)
}

/// Keeping nothing is no way out of a trouble with the store here.
fn kept_somewhere(error: Error) -> Error {
    let hint = error.hint.as_ref().map(|hint| hint.replace(", or keep nothing: `OAT_STORE=none`", ""));
    error.hint_maybe(hint)
}

struct Task<'a> {
    plan: &'a Plan,
    sign_in: &'a SignIn,
    store: &'a Store,
    server: &'a Server,
    client: Client,
    credentials: Credentials,
}

impl Task<'_> {
    fn run(&self, way: Way, world: &mut dyn World) -> Result<Report> {
        match way {
            Way::Browser => self.in_browser(world),
            Way::Device => self.with_device(world),
        }
    }

    fn in_browser(&self, world: &mut dyn World) -> Result<Report> {
        let missing = || no_endpoint(self.plan, "authorization_endpoint", &format!("oat login {} --device", self.plan.profile));
        let ask = Authorization {
            endpoint: self.server.authorization_endpoint.as_ref().ok_or_else(missing)?,
            client_id: &self.plan.client_id,
            redirect: &self.sign_in.redirect,
            parameters: &self.authorize_parameters(),
            // Without an issuer no ID token is believed, so none has to be bound to this sign-in (ABBYY's page names each parameter it takes).
            nonce: self.sign_in.openid() && self.plan.issuer.is_some(),
            issuer: self.plan.issuer.as_ref().map(|issuer| issuer.as_str()),
            issuer_pattern: self.sign_in.issuer_pattern.as_deref(),
            iss_promised: self.server.metadata.as_ref().is_some_and(|metadata| metadata.iss_promised),
        };
        let answered = authorization_code::authorize(world, &ask)?;
        let report = answered.outcome.map_err(|error| remedied(error, self.plan, &self.client)).and_then(|authorized| {
            let answer =
                authorization_code::exchange(world, &self.ask(), &authorized).map_err(|error| remedied(error, self.plan, &self.client))?;
            self.keep(world, answer, Some(&authorized))
        });
        let ending = answered.refusal.unwrap_or_else(|| match &report {
            Ok(report) => Ending::SignedIn { subject: report.signed_in.name.clone().or(report.signed_in.subject.clone()) },
            Err(error) => Ending::Failed { reason: error.message.clone() },
        });
        world.answer(&answered.arrival, &ending);
        report
    }

    fn with_device(&self, world: &mut dyn World) -> Result<Report> {
        let missing = || no_endpoint(self.plan, "device_authorization_endpoint", &format!("oat login {} --no-browser", self.plan.profile));
        let device = Device {
            endpoint: self.server.device_authorization_endpoint.as_ref().ok_or_else(missing)?,
            parameters: &self.sign_in.device,
            pkce: self.server.metadata.as_ref().is_some_and(|metadata| metadata.pkce),
        };
        let answer = device_code(world, &device, &self.ask()).map_err(|error| remedied(error, self.plan, &self.client))?;
        self.keep(world, answer, None)
    }

    /// RFC 6749 section 4.1.2 makes the query the answer's place; it is named where the server says that it knows the word.
    fn authorize_parameters(&self) -> Vec<(String, serde_json::Value)> {
        let mut parameters = self.sign_in.authorize.clone();
        if self.server.metadata.as_ref().is_some_and(|metadata| metadata.query_mode)
            && !parameters.iter().any(|(name, _)| name == "response_mode")
        {
            parameters.push(("response_mode".into(), "query".into()));
        }
        parameters
    }

    fn ask(&self) -> Ask<'_> {
        ask(self.plan, &self.server.found.token_endpoint, &self.client, &self.sign_in.code)
    }

    /// Checks who it was, and keeps what came, before anyone is told that it worked.
    fn keep(&self, world: &mut dyn World, answer: TokenSet, authorized: Option<&Authorized>) -> Result<Report> {
        let nonce = authorized.and_then(|authorized| authorized.nonce.as_ref());
        let code = authorized.map(|authorized| &authorized.code);
        let before = Before { nonce, code, secret: self.credentials.secret.as_ref(), subject: None };
        let claims = checked(self.plan, self.sign_in, world, &answer, &before)?;
        self.credentials.bound(&answer)?;
        let now = world.now();
        let signed_in = SignedIn {
            at: now,
            subject: claims.as_ref().map(|claims| claims.subject.clone()),
            name: claims.as_ref().and_then(|claims| claims.name.clone()),
            refresh_token: answer.refresh_token.is_some(),
            refresh_token_expires_at: answer.refresh_token.is_some().then(|| ends(self.sign_in, &answer, now, now, None)).flatten(),
        };
        let long_lived = LongLived {
            identity: identity(self.plan),
            asked: self.plan.request(),
            redirect_uri: authorized.map(|authorized| authorized.redirect_uri.clone()),
            refresh_token: answer.refresh_token.clone(),
            // One that nobody checked is nobody's.
            id_token: claims.and(answer.id_token.clone()),
        };
        let token = cached(self.plan, world, answer);
        let kept = token.expires_at.is_some_and(|end| end > now);
        let tokens = if kept { vec![token.clone()] } else { Vec::new() };
        let access = Access { identity: identity(self.plan), signed_in: Some(signed_in.clone()), tokens };
        self.save(world, &access, &long_lived)?;
        if let Some(told) = not_granted(self.plan, &token) {
            world.warn(&told);
        }
        if self.sign_in.offline() && !signed_in.refresh_token {
            world.warn(&no_refresh_token(self.plan));
        }
        Ok(Report { signed_in, token, offline: self.sign_in.offline() })
    }

    fn save(&self, world: &mut dyn World, access: &Access, long_lived: &LongLived) -> Result<()> {
        let lock = match self.store.lock(&self.plan.profile, PATIENCE, &mut || false)? {
            Locked::Unlocked(why) => {
                world.warn(&why);
                None
            }
            Locked::Held(lock) => Some(lock),
            Locked::News => None,
        };
        if let Some(lock) = &lock {
            self.store.leave_failure(lock, &[]);
        }
        self.store.save(&self.plan.profile, None, access, Some(long_lived))
    }
}

/// The endpoints: those of the profile, else those of the issuer's metadata, which is asked for what is missing.
fn server(plan: &Plan, sign_in: &SignIn, way: Way, world: &mut dyn World) -> Result<Server> {
    let (authorization_endpoint, device_authorization_endpoint) =
        (sign_in.authorization_endpoint.clone(), sign_in.device_authorization_endpoint.clone());
    let front = if way == Way::Browser { &authorization_endpoint } else { &device_authorization_endpoint };
    if let (Some(_), Some(token_endpoint)) = (front, &plan.token_endpoint) {
        let found = Found::at(token_endpoint.clone(), None);
        return Ok(Server { authorization_endpoint, device_authorization_endpoint, found, metadata: None });
    }
    // A person's time is worth a request: kept metadata may tell where the server was yesterday.
    let metadata = metadata(plan, world, Known::Anew)?;
    let found = match &plan.token_endpoint {
        Some(endpoint) => Found::at(endpoint.clone(), Some(&metadata)),
        None => found(plan, &metadata)?,
    };
    Ok(Server {
        authorization_endpoint: authorization_endpoint.or(metadata.authorization_endpoint.clone()),
        device_authorization_endpoint: device_authorization_endpoint.or(metadata.device_authorization_endpoint.clone()),
        found,
        metadata: Some(metadata),
    })
}

fn no_endpoint(plan: &Plan, key: &str, other: &str) -> Error {
    Error::new(Kind::Config, format!("the server of profile `{}` names no {}", plan.profile, key.replace('_', " ")))
        .hint(format!("`{other}` may work, or set `{key}` in the profile"))
}
