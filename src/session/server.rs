//! The server and the client of a plan, ready to be asked and to ask.

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::oauth::ask::Ask;
use crate::oauth::client_auth::{Client, Has, Method};
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::metadata::{self, Asked, Metadata};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::store::record::Identity;
use crate::text::escape;

/// Where the server is found to be.
pub struct Found {
    /// Where tokens are asked for.
    pub token_endpoint: Endpoint,
    /// How the server says a client may prove itself.
    pub auth_methods: Option<Vec<String>>,
    /// What it says an assertion may be signed with.
    pub auth_signing_algs: Option<Vec<String>>,
    /// Whether that was known from metadata that an earlier command kept.
    pub kept: bool,
}

impl Found {
    /// A server with this token endpoint, and what it says of itself where it was asked.
    pub fn at(token_endpoint: Endpoint, metadata: Option<&Metadata>) -> Found {
        let auth_methods = metadata.and_then(|metadata| metadata.auth_methods.clone());
        let auth_signing_algs = metadata.and_then(|metadata| metadata.auth_signing_algs.clone());
        Found { token_endpoint, auth_methods, auth_signing_algs, kept: false }
    }

    /// The same for a request to another endpoint: an assertion is for the token endpoint there too, where one is known.
    pub fn beside(endpoint: &Endpoint, plan: &Plan, metadata: Option<&Metadata>) -> Found {
        let token_endpoint = plan.token_endpoint.as_ref().or(metadata.and_then(|metadata| metadata.token_endpoint.as_ref()));
        Found::at(token_endpoint.unwrap_or(endpoint).clone(), metadata)
    }
}

/// The token endpoint: from the profile, else by discovery.
pub fn find(plan: &Plan, world: &mut dyn World, known: Known) -> Result<Found> {
    if let Some(endpoint) = &plan.token_endpoint {
        return Ok(Found::at(endpoint.clone(), None));
    }
    found(plan, &metadata(plan, world, known)?)
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
    let found = metadata::discover(world, Asked { issuer, also, pin_hosts: &plan.pin_hosts, known })?;
    let has = Has { secret: plan.client_secret.is_some(), key: plan.client_key.is_some(), certificate: plan.client_certificate.is_some() };
    let method = plan.client_auth.unwrap_or_else(|| Method::choose(has, found.auth_methods.as_deref()));
    Ok(if method.by_tls() { found.over_mtls() } else { found })
}

/// The token endpoint of metadata.
pub fn found(plan: &Plan, metadata: &Metadata) -> Result<Found> {
    let Some(token_endpoint) = &metadata.token_endpoint else {
        return Err(Error::new(Kind::Invalid, format!("the metadata of `{}` names no token endpoint", escape(&plan.server())))
            .hint("set `token_endpoint` in the profile"));
    };
    Ok(Found { kept: metadata.kept, ..Found::at(token_endpoint.clone(), Some(metadata)) })
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

/// Who this profile's tokens belong to: a changed profile never serves another's.
pub fn identity(plan: &Plan) -> Identity {
    let endpoint =
        plan.token_endpoint.as_ref().filter(|_| plan.issuer.is_some()).map(|url| format!(" {}", url.as_str())).unwrap_or_default();
    // However a person signed in, in a browser or with a device code, it is the same session.
    let grant = if plan.by_person() { Grant::AuthorizationCode } else { plan.grant };
    Identity { server: format!("{}{endpoint}", plan.server()), client_id: plan.client_id.clone(), grant: grant.name().into() }
}
