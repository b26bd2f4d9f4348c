//! What a server says of itself: OpenID Connect Discovery 1.0 and RFC 8414.

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::json;
use crate::oauth::answer::status;
use crate::oauth::document::{self, Known, Words};
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::world::World;
use crate::text::escape;

const WORDS: Words = Words {
    rule: "metadata is only taken from the issuer's own origin",
    hint: "set `issuer` to what the server calls itself, or set the endpoints by hand: `token_endpoint`, …",
};

/// A server's metadata, checked: the issuer is the one asked for, every endpoint is https or on loopback.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Where tokens are asked for; absent at servers with the implicit grant only.
    pub token_endpoint: Option<Endpoint>,
    /// Where a person signs in.
    pub authorization_endpoint: Option<Endpoint>,
    /// Where a device code is asked for (RFC 8628).
    pub device_authorization_endpoint: Option<Endpoint>,
    /// Where a token is revoked (RFC 7009).
    pub revocation_endpoint: Option<Endpoint>,
    /// Where a token is asked about (RFC 7662).
    pub introspection_endpoint: Option<Endpoint>,
    /// Where a token tells whom it is about (OpenID Connect Core section 5.3).
    pub userinfo_endpoint: Option<Endpoint>,
    /// Where a person signs out (OpenID Connect RP-Initiated Logout).
    pub end_session_endpoint: Option<Endpoint>,
    /// Where the server's public keys are.
    pub jwks_uri: Option<Endpoint>,
    /// `token_endpoint_auth_methods_supported`, where the server says.
    pub auth_methods: Option<Vec<String>>,
    /// `token_endpoint_auth_signing_alg_values_supported`, where the server says.
    pub auth_signing_algs: Option<Vec<String>>,
    /// `mtls_endpoint_aliases` (RFC 8705 section 5): where those endpoints are for a client with a certificate.
    pub mtls_aliases: Vec<(String, Endpoint)>,
    /// `introspection_endpoint_auth_methods_supported` (RFC 8414 section 2), where the server says.
    pub introspection_auth_methods: Option<Vec<String>>,
    /// `id_token_signing_alg_values_supported`
    pub id_token_algs: Option<Vec<String>>,
    /// `introspection_signing_alg_values_supported` (RFC 9701 section 7); None where no answer is signed.
    pub introspection_signing_algs: Option<Vec<String>>,
    /// `userinfo_signing_alg_values_supported`
    pub userinfo_signing_algs: Option<Vec<String>>,
    /// Whether authorization answers carry `iss` (RFC 9207 section 3).
    pub iss_promised: bool,
    /// Whether `code_challenge_methods_supported` has S256.
    pub pkce: bool,
    /// Whether authorization answers can come as a query; left out, they can (RFC 8414 section 2).
    pub query_mode: bool,
    /// `grant_types_supported`, where the server says. Never a reason to refuse: glewlwyd leaves out grants that work.
    pub grant_types: Option<Vec<String>>,
    /// Whether an earlier command kept it.
    pub kept: bool,
}

impl Metadata {
    /// The same for a client that shows a certificate: RFC 8705 section 5 has it ask at other addresses, where there are any.
    pub fn over_mtls(mut self) -> Metadata {
        for (name, alias) in &self.mtls_aliases {
            let endpoint = match name.as_str() {
                "token_endpoint" => &mut self.token_endpoint,
                "device_authorization_endpoint" => &mut self.device_authorization_endpoint,
                "revocation_endpoint" => &mut self.revocation_endpoint,
                "introspection_endpoint" => &mut self.introspection_endpoint,
                "userinfo_endpoint" => &mut self.userinfo_endpoint,
                // A browser has no certificate, and the rest is not asked for here.
                _ => continue,
            };
            *endpoint = Some(alias.clone());
        }
        self
    }
}

/// What metadata must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The issuer, which the document must name byte for byte.
    pub issuer: &'a Issuer,
    /// Another issuer text that a preset allows: Entra's `common` answers with a literal `{tenantid}`.
    pub also: Option<&'a str>,
    /// The only hosts that endpoints may be on; empty allows any.
    pub pin_hosts: &'a [String],
    /// Whether metadata that was kept will do.
    pub known: Known,
}

/// The metadata of an issuer: kept for at most a day, else fetched.
/// Fails with `Unavailable` for network trouble and `Invalid` for a document that does not hold; nothing is sent on then.
pub fn discover(world: &mut dyn World, asked: Asked) -> Result<Metadata> {
    let key = asked.issuer.as_str();
    if asked.known == Known::Kept
        && let Some(kept) = world.recall(key)
        && let Ok(metadata) = read(&kept, asked)
    {
        return Ok(Metadata { kept: true, ..metadata });
    }
    let (body, metadata) = fetch(world, asked)?;
    world.remember(key, &body);
    Ok(metadata)
}

fn fetch(world: &mut dyn World, asked: Asked) -> Result<(Vec<u8>, Metadata)> {
    let mut first_failure = None;
    for url in asked.issuer.metadata_urls() {
        let response = document::get(world, &url, WORDS)?;
        match response.status {
            200 if response.cut_short.is_none() || json::object(&response.body).is_ok() => match read(&response.body, asked) {
                Ok(metadata) => return Ok((response.body, metadata)),
                // A page for people at the first place does not mean that there is no document at the next.
                Err(error) if json::object(&response.body).is_err() => drop(first_failure.get_or_insert(at(error, &url))),
                Err(error) => return Err(at(error, &url)),
            },
            200 => return Err(Error::new(Kind::Unavailable, format!("the metadata at {url} was cut short")).hint("try again")),
            429 | 500.. => {
                return Err(Error::new(Kind::Unavailable, format!("{url} answered {}", status(response.status)))
                    .hint("try again later, or set `token_endpoint` to do without discovery"));
            }
            other => drop(first_failure.get_or_insert_with(|| not_there(&url, other))),
        }
    }
    Err(first_failure.unwrap_or_else(|| Error::new(Kind::Config, "the issuer has no address for its metadata")))
}

fn not_there(url: &Endpoint, code: u16) -> Error {
    Error::new(Kind::Invalid, format!("no metadata at {url}: {}", status(code)))
        .hint("is `issuer` right? a server without discovery needs `token_endpoint` and its fellows in the profile")
}

fn at(error: Error, url: &Endpoint) -> Error {
    error.saying(|said| format!("{} (metadata at {url})", said))
}

/// Checks a metadata document.
pub fn read(body: &[u8], asked: Asked) -> Result<Metadata> {
    let invalid = |message: String| Error::new(Kind::Invalid, message);
    let document = json::object(body).map_err(|reason| {
        let page = body.trim_ascii_start().first() == Some(&b'<');
        invalid(format!("the server's metadata cannot be read: {}", if page { "it looks like an HTML page" } else { &reason }))
            .hint("is `issuer` right? a server without discovery needs its endpoints in the profile")
    })?;
    same_issuer(&document, asked)?;
    let read = |members: &Map<String, Value>, name: &str| {
        // The name may be as foreign as the value.
        let shown = escape(name);
        match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => match Endpoint::parse(text) {
                Ok(url) if pinned(&url, asked.pin_hosts) => Ok(Some(url)),
                Ok(url) => Err(invalid(format!(
                    "the server's metadata puts `{shown}` on `{}`, which `pin_hosts` does not list",
                    escape(url.host())
                ))),
                Err(reason) => Err(invalid(format!("the server's metadata has a bad `{shown}`: {reason}")).hint(
                    "nothing was sent there; tell the server's operator, or set `token_endpoint` in the profile to do without discovery",
                )),
            },
            Some(other) => Err(invalid(format!("`{shown}` in the server's metadata is {}, not a URL", json::type_name(other)))),
        }
    };
    let endpoint = |name: &str| read(&document, name);
    for (name, value) in &document {
        if (name.ends_with("_endpoint") || name.ends_with("_uri")) && value.is_string() && name != "op_policy_uri" && name != "op_tos_uri" {
            endpoint(name)?;
        }
    }
    let list = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_array)
            .map(|items| items.iter().filter_map(Value::as_str).map(str::to_string).collect::<Vec<_>>())
    };
    let mut mtls_aliases = Vec::new();
    if let Some(aliases) = document.get("mtls_endpoint_aliases").and_then(Value::as_object) {
        for name in aliases.keys().filter(|name| name.ends_with("_endpoint")) {
            mtls_aliases.extend(read(aliases, name)?.map(|url| (name.clone(), url)));
        }
    }
    let lists = |name: &str, word: &str| list(name).is_some_and(|words| words.iter().any(|other| other == word));
    Ok(Metadata {
        token_endpoint: endpoint("token_endpoint")?,
        authorization_endpoint: endpoint("authorization_endpoint")?,
        device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
        revocation_endpoint: endpoint("revocation_endpoint")?,
        introspection_endpoint: endpoint("introspection_endpoint")?,
        userinfo_endpoint: endpoint("userinfo_endpoint")?,
        end_session_endpoint: endpoint("end_session_endpoint")?,
        jwks_uri: endpoint("jwks_uri")?,
        auth_methods: list("token_endpoint_auth_methods_supported"),
        auth_signing_algs: list("token_endpoint_auth_signing_alg_values_supported"),
        mtls_aliases,
        introspection_auth_methods: list("introspection_endpoint_auth_methods_supported"),
        id_token_algs: list("id_token_signing_alg_values_supported"),
        introspection_signing_algs: list("introspection_signing_alg_values_supported"),
        userinfo_signing_algs: list("userinfo_signing_alg_values_supported"),
        iss_promised: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        pkce: lists("code_challenge_methods_supported", "S256"),
        query_mode: list("response_modes_supported").is_none() || lists("response_modes_supported", "query"),
        grant_types: list("grant_types_supported"),
        kept: false,
    })
}

/// RFC 8414 section 3.3: the issuer must be identical; a slash is a difference, and the most common one.
fn same_issuer(document: &Map<String, Value>, asked: Asked) -> Result<()> {
    let wanted = asked.issuer.as_str();
    match document.get("issuer") {
        Some(Value::String(issuer)) if issuer == wanted || Some(issuer.as_str()) == asked.also => Ok(()),
        Some(Value::String(issuer)) => {
            let shown = escape(issuer);
            let slash = issuer.trim_end_matches('/') == wanted.trim_end_matches('/');
            let difference = if slash { "; only the slash at the end differs, but it must be the same" } else { "" };
            Err(Error::new(Kind::Invalid, format!("the profile's issuer is `{wanted}`, but the server calls itself `{shown}`{difference}"))
                .hint(format!("if that is the server you mean, set issuer = \"{shown}\"")))
        }
        _ => Err(Error::new(Kind::Invalid, "the server's metadata names no issuer")
            .hint("set `token_endpoint` in the profile to do without discovery")),
    }
}

fn pinned(url: &Endpoint, hosts: &[String]) -> bool {
    hosts.is_empty() || hosts.iter().any(|host| host.eq_ignore_ascii_case(url.host()))
}

#[cfg(test)]
mod tests;
