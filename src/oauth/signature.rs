//! Who signed an answer: the algorithms that may be, and the keys (OpenID Connect Core section 3.1.3.7, 6 to 8).

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwks::JwkSet;
use crate::jose::jwt::Jwt;
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::jwks;
use crate::oauth::world::World;
use crate::secret::ClientSecret;
use crate::text::escape;

/// What a checked ID token is called in a sentence; a few hints are for it alone.
pub const ID_TOKEN: &str = "the ID token";

/// The signature algorithms that a token may have, known before the token is looked at (RFC 8725 section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algs(Vec<Alg>);

impl Algs {
    /// The one that the client is registered for, `id_token_signed_response_alg`; the only way to an HMAC. Fails with
    /// kind `Config` for a name that is not known here.
    pub fn registered(name: &str) -> Result<Algs> {
        Alg::parse(name).map(|alg| Algs(vec![alg])).ok_or_else(|| {
            let known = Algs([&Alg::ASYMMETRIC[..], &Alg::SYMMETRIC].concat());
            Error::new(Kind::Config, format!("`id_token_signed_response_alg` is `{}`, which cannot be checked", escape(name)))
                .hint(format!("one of {}", known.names()))
        })
    }

    /// What the server says it signs with, such as `id_token_signing_alg_values_supported`, as far as a public key checks
    /// it; where the server says nothing, every algorithm with a public key.
    pub fn supported(names: Option<&[String]>) -> Algs {
        let with_a_public_key = |name: &String| Alg::parse(name).filter(|alg| !alg.symmetric());
        Algs(names.map_or(Alg::ASYMMETRIC.to_vec(), |names| names.iter().filter_map(with_a_public_key).collect()))
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|alg| alg.name()).collect();
        if names.is_empty() { "nothing".into() } else { names.join(", ") }
    }
}

/// Checks the signature and says what it was made with; `what` is the token in the words of a sentence. A key that an
/// earlier command kept and that does not do is asked for once more, because servers change their keys. Fails with
/// `Invalid`, or as [`jwks::keys`] does.
pub fn check(
    world: &mut dyn World,
    jwt: &Jwt,
    what: &str,
    algs: &Algs,
    jwks_uri: Option<&Endpoint>,
    client_secret: Option<&ClientSecret>,
) -> Result<Alg> {
    let alg = allowed(jwt, what, algs)?;
    let name = alg.name();
    if alg.symmetric() {
        let secret = client_secret.ok_or_else(|| {
            invalid(format!("{what} is signed with {name}, which needs the client secret, and the profile has none"))
                .hint("set `client_secret` in the profile, or register the client for RS256")
        })?;
        jwt.verify_hmac(secret.expose().as_bytes()).map_err(|error| {
            invalid(format!("{what} cannot be trusted: {}", error.message))
                .hint("is `client_secret` the one of this client? it may have been replaced at the server")
        })?;
        return Ok(alg);
    }
    let uri = jwks_uri.ok_or_else(|| {
        invalid(format!("{what} is signed with {name}, and no keys are known to check it with"))
            .hint("set `jwks_uri`, or `issuer` for discovery, in the profile")
    })?;
    let known = jwks::keys(world, uri, Known::Kept)?;
    match signed_by_one_of(&known.set, jwt, what, alg, uri) {
        Err(_) if known.kept => signed_by_one_of(&jwks::keys(world, uri, Known::Anew)?.set, jwt, what, alg, uri)?,
        outcome => outcome?,
    }
    Ok(alg)
}

fn allowed(jwt: &Jwt, what: &str, algs: &Algs) -> Result<Alg> {
    let named = jwt.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let setting = if what == ID_TOKEN { "`id_token_signed_response_alg`" } else { "algorithm" };
    let register = format!("register the client at the server for another {setting}, such as RS256");
    match jwt.alg() {
        _ if jwt.header.get("kid").is_some_and(|kid| !kid.is_string()) => {
            Err(invalid(format!("{what}'s `kid` is not a string")).hint("tell the server's operator"))
        }
        Some(alg) if algs.0.contains(&alg) => Ok(alg),
        Some(alg) => {
            Err(invalid(format!("{what} is signed with {}, and what may be is {}", alg.name(), algs.names())).hint(if what == ID_TOKEN {
                format!("if the client is registered for that, set id_token_signed_response_alg = \"{}\" in the profile", alg.name())
            } else {
                register
            }))
        }
        None if named.eq_ignore_ascii_case("none") => Err(invalid(format!("{what} is not signed (`alg` is `none`)")).hint(register)),
        None => Err(invalid(format!("{what} is signed with `{}`, which cannot be checked", escape(named))).hint(register)),
    }
}

fn signed_by_one_of(set: &JwkSet, jwt: &Jwt, what: &str, alg: Alg, uri: &Endpoint) -> Result<()> {
    let mut refusal = None;
    for key in set.find(jwt.kid(), alg) {
        match jwt.verify(key) {
            Ok(()) => return Ok(()),
            Err(error) => refusal = Some(error.message),
        }
    }
    let changing = "the server may be changing its keys; try again in a minute";
    Err(match (refusal, jwt.kid()) {
        (Some(why), _) => invalid(format!("{what} cannot be trusted: {why}")).hint(if what == ID_TOKEN {
            "it may have been changed on its way: sign in again, and tell the server's operator if it comes back"
        } else {
            "it may have been changed on its way: try again, and tell the server's operator if it comes back"
        }),
        (None, Some(kid)) => invalid(format!("{what} is signed with the key `{}`, which is not at {uri}", escape(kid))).hint(changing),
        (None, None) => invalid(format!("{what} is signed with {}, and no key at {uri} is for that", alg.name())).hint(changing),
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}
