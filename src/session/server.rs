//! The server and the client of a plan, ready to be asked and to ask.

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::oauth::ask::Ask;
use crate::oauth::client_auth::{Client, Method};
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::metadata::{self, Asked, Metadata};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::{CLIENT_SECRET, ClientSecret, SecretReference};
use crate::store::Store;
use crate::store::record::Identity;
use crate::text::escape;

/// Where the server is found to be.
pub struct Found {
    /// Where tokens are asked for.
    pub token_endpoint: Endpoint,
    /// How the server says a client may prove itself.
    pub auth_methods: Option<Vec<String>>,
    /// Whether that was known from metadata that an earlier command kept.
    pub kept: bool,
}

/// The token endpoint: from the profile, else by discovery.
pub fn find(plan: &Plan, world: &mut dyn World, known: Known) -> Result<Found> {
    if let Some(endpoint) = &plan.token_endpoint {
        return Ok(Found { token_endpoint: endpoint.clone(), auth_methods: None, kept: false });
    }
    found(plan, metadata(plan, world, known)?)
}

/// Asks the server by `ask`, once more where kept metadata told where it was yesterday.
pub fn at_server<T>(plan: &Plan, world: &mut dyn World, ask: &mut dyn FnMut(&mut dyn World, &Found) -> Result<T>) -> Result<T> {
    let found = find(plan, world, Known::Kept)?;
    match ask(world, &found) {
        Err(error) if found.kept && error.kind == Kind::Invalid && error.oauth_error.is_none() && !error.in_doubt => {
            let anew = find(plan, world, Known::Anew)?;
            if anew.token_endpoint == found.token_endpoint { Err(error) } else { ask(world, &anew) }
        }
        asked => asked,
    }
}

/// What the issuer says of itself. Fails with `Config` where the profile names no issuer.
pub fn metadata(plan: &Plan, world: &mut dyn World, known: Known) -> Result<Metadata> {
    let Some(issuer) = &plan.issuer else {
        return Err(Error::new(Kind::Config, format!("profile `{}` names no issuer to ask", plan.profile))
            .hint("set `issuer`, or the endpoints one by one: `authorization_endpoint`, `token_endpoint`, …"));
    };
    let also = plan.preset.as_ref().and_then(|preset| preset.discovered_issuer.as_deref());
    metadata::discover(world, Asked { issuer, also, pin_hosts: &plan.pin_hosts, known })
}

/// The token endpoint of metadata.
pub fn found(plan: &Plan, metadata: Metadata) -> Result<Found> {
    let Some(token_endpoint) = metadata.token_endpoint else {
        return Err(Error::new(Kind::Invalid, format!("the metadata of `{}` names no token endpoint", escape(&plan.server())))
            .hint("set `token_endpoint` in the profile"));
    };
    Ok(Found { token_endpoint, auth_methods: metadata.auth_methods, kept: metadata.kept })
}

/// The client's secret, read from where it is kept; None where none is sent.
pub fn secret(plan: &Plan, store: &Store, world: &mut dyn World) -> Result<Option<ClientSecret>> {
    match &plan.client_secret {
        _ if plan.client_auth == Some(Method::None) => Ok(None),
        None => Ok(None),
        Some(SecretReference::Keyring) => sealed_secret(plan, store).map(Some),
        Some(reference) => world.reveal(reference, CLIENT_SECRET).map(Some),
    }
}

/// The client, ready to prove itself.
pub fn client(plan: &Plan, found: &Found, secret: Option<ClientSecret>) -> Client {
    // A person's grant goes without a secret too: a native app has none (RFC 8252 section 8.4), whatever a preset says.
    // Who hands a token in may need none either.
    let chosen = plan.client_auth.filter(|_| secret.is_some() || plan.grant == Grant::ClientCredentials);
    let method = chosen.unwrap_or_else(|| Method::choose(secret.is_some(), found.auth_methods.as_deref()));
    Client { id: plan.client_id.clone(), secret, method }
}

/// What is asked of the token endpoint, in the plan's way.
pub fn ask<'a>(plan: &'a Plan, token_endpoint: &'a Endpoint, client: &'a Client, parameters: &'a [(String, Value)]) -> Ask<'a> {
    Ask {
        endpoint: token_endpoint,
        client,
        body: plan.body,
        parameters,
        pointer: plan.token_pointer.as_deref(),
        token_type: plan.token_type.as_deref(),
    }
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
    // However a person signed in, in a browser or with a device code, it is the same session.
    let grant = if plan.by_person() { Grant::AuthorizationCode } else { plan.grant };
    Identity { server: format!("{}{endpoint}", plan.server()), client_id: plan.client_id.clone(), grant: grant.name().into() }
}
