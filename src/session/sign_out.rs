//! A session ends: the server forgets its tokens, and so does the store.

use url::Url;

use crate::error::{Error, Kind, Result};
use crate::oauth::client_auth::Client;
use crate::oauth::document::Known;
use crate::oauth::endpoints::{Endpoint, for_browser};
use crate::oauth::metadata::Metadata;
use crate::oauth::revocation::revoke;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::secret::WireSecret;
use crate::session::credentials::{Credentials, Secrets};
use crate::session::server::{Found, identity, metadata};
use crate::store::Store;
use crate::store::lock::Locked;
use crate::store::record::LongLived;

/// What became of a session.
#[derive(Debug, Default)]
pub struct Ended {
    /// Whether anything was kept.
    pub kept: bool,
    /// How many tokens the server was told to forget, and did.
    pub revoked: usize,
    /// Why the server did not forget the rest.
    pub not_revoked: Option<String>,
    /// Where a person can sign out of the server too (OpenID Connect RP-Initiated Logout).
    pub sign_out_url: Option<String>,
}

/// Has the server forget the refresh token and then the access tokens, unless `local`; then forgets them here, whatever the server
/// says. Fails with `Store` where they cannot be forgotten.
pub fn sign_out(plan: &Plan, local: bool, front: bool, store: &Store, world: &mut dyn World) -> Result<Ended> {
    let patience = world.time_left();
    // So that no refresh brings back what is being forgotten.
    let _lock = match store.lock(&plan.profile, patience, &mut || false)? {
        Locked::Held(lock) => Some(lock),
        _ => None,
    };
    let mut ended = Ended::default();
    let tokens = kept(plan, store);
    ended.kept = tokens.any;
    if !local
        && tokens.any
        && let Err(error) = at_server(plan, store, world, &tokens, front, &mut ended)
    {
        ended.not_revoked = Some(format!("{error}{}", error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default()));
    }
    ended.kept |= store.forget(&plan.profile)?;
    Ok(ended)
}

#[derive(Default)]
struct Kept {
    any: bool,
    long_lived: Option<LongLived>,
    access: Vec<WireSecret>,
}

/// What is kept of this identity. What cannot be read cannot be revoked, and is forgotten all the same.
fn kept(plan: &Plan, store: &Store) -> Kept {
    let identity = identity(plan);
    let access = store.load_access(&plan.profile).ok().and_then(|loaded| loaded.access).filter(|access| access.identity == identity);
    let long_lived = store.load_sealed(&plan.profile).ok().flatten().filter(|long_lived| long_lived.identity == identity);
    let any = access.is_some() || long_lived.is_some();
    let tokens = access.map(|access| access.tokens).unwrap_or_default();
    Kept { any, long_lived, access: tokens.iter().map(|token| WireSecret::new(token.access_token.expose())).collect() }
}

fn at_server(plan: &Plan, store: &Store, world: &mut dyn World, kept: &Kept, front: bool, ended: &mut Ended) -> Result<()> {
    let (revocation, end_session, metadata) = endpoints(plan, front, world)?;
    let page = end_session.filter(|_| front).map(|endpoint| sign_out_url(plan, &endpoint)).transpose();
    let revoked = match revocation {
        Some(endpoint) => {
            let found = Found::beside(&endpoint, plan, metadata.as_ref());
            let client =
                Credentials::read(plan, store, world, &Secrets::default()).and_then(|credentials| credentials.client(plan, &found));
            client.and_then(|client| revoke_all(world, kept, &endpoint, &client, ended))
        }
        None => Err(Error::new(Kind::Config, "the server names no revocation endpoint")),
    };
    ended.sign_out_url = page?;
    revoked
}

/// The refresh token first: with it, many servers forget what came of it. The first failure is told, and is no reason to stop.
fn revoke_all(world: &mut dyn World, kept: &Kept, endpoint: &Endpoint, client: &Client, ended: &mut Ended) -> Result<()> {
    let refresh = kept.long_lived.as_ref().and_then(|long_lived| long_lived.refresh_token.as_ref());
    let refresh = refresh.map(|token| (WireSecret::new(token.expose()), "refresh_token"));
    let access = kept.access.iter().map(|token| (token.clone(), "access_token"));
    let mut first = Ok(());
    for (token, kind) in refresh.into_iter().chain(access) {
        let revoked = revoke(world, endpoint, client, &token, kind);
        ended.revoked += usize::from(revoked.is_ok());
        first = first.and(revoked);
    }
    first
}

type Endpoints = (Option<Endpoint>, Option<Endpoint>, Option<Metadata>);

/// Where tokens are revoked and where a person signs out: from the profile, else by discovery.
fn endpoints(plan: &Plan, front: bool, world: &mut dyn World) -> Result<Endpoints> {
    let (revocation, end_session) = (plan.settings.endpoint("revocation_endpoint")?, plan.settings.endpoint("end_session_endpoint")?);
    if plan.issuer.is_none() || (revocation.is_some() && (end_session.is_some() || !front)) {
        return Ok((revocation, end_session, None));
    }
    let metadata = match metadata(plan, world, Known::Kept) {
        // The page may be missing, but the tokens can be revoked.
        Err(_) if revocation.is_some() => return Ok((revocation, end_session, None)),
        metadata => metadata?,
    };
    let revocation = revocation.or(metadata.revocation_endpoint.clone());
    Ok((revocation, end_session.or(metadata.end_session_endpoint.clone()), Some(metadata)))
}

/// RP-Initiated Logout section 2. Without `id_token_hint` the server asks the person to confirm; with it, everyone who sees the
/// browser's arguments would have the ID token.
fn sign_out_url(plan: &Plan, endpoint: &Endpoint) -> Result<String> {
    let mut url: Url = endpoint.url().clone();
    url.query_pairs_mut().append_pair("client_id", &plan.client_id);
    for_browser(&url).map_err(|reason| Error::new(Kind::Invalid, reason))
}
