//! Whether the signature holds, with whatever there is to check it with.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::inspection::Report;
use crate::jose::compact::Jws;
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::jose::jwks::JwkSet;
use crate::jose::key_file::KeyFile;
use crate::json;
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::jwks;
use crate::oauth::world::World;
use crate::text::escape;

/// What there is to check a signature with.
pub enum Keys {
    /// Nothing, and why.
    None(String),
    /// What a file holds, and its place in words.
    File(KeyFile, String),
    /// A shared secret, and its place in words.
    Secret(Zeroizing<Vec<u8>>, String),
    /// A server's keys.
    Server(Endpoint),
}

/// Why a signature is not known to hold.
enum Refusal {
    /// It does not: a check says so already, or this says why.
    Fails(Option<Error>),
    /// That cannot be known now.
    Unknown(Error),
}

/// Checks the header and the signature, and says of whose key it is.
pub fn check(world: &mut dyn World, report: &mut Report, jws: &Jws, keys: &Keys) {
    if let Err(error) = jws.understood() {
        let name = if jws.header.contains_key("crit") { "crit" } else { "payload" };
        report.check(name, Err(error));
        report.reason = Some("its header asks for what is not done here".into());
        return;
    }
    let alg = match algorithm(jws, keys) {
        Ok(alg) => alg,
        Err(error) => {
            report.reason = Some(error.message.clone());
            report.check("alg", Err(error));
            return;
        }
    };
    if let Keys::None(reason) = keys {
        report.unchecked("alg", alg.name());
        report.reason = Some(match alg.symmetric() {
            true => format!("{} is symmetric: it cannot be verified without the secret, which --secret-from names", alg.name()),
            false => reason.clone(),
        });
        return;
    }
    report.check("alg", Ok(alg.name().into()));
    match by_key(world, jws, alg, keys) {
        Ok(whose) => report.verified = report.check("signature", Ok(whose)),
        Err(Refusal::Fails(error)) => {
            let error = error.unwrap_or_else(|| graph(jws, fails(format!("the {} signature does not hold", alg.name()))));
            report.reason = Some(error.message.clone());
            report.check("signature", Err(error));
        }
        Err(Refusal::Unknown(error)) => {
            report.reason = Some(format!("the keys cannot be had: {error}"));
            report.unchecked("signature", format!("the keys cannot be had: {error}"));
            report.trouble = Some(error);
        }
    }
}

/// R41: the algorithm, where what there is can check it. Public keys never check an HMAC.
fn algorithm(jws: &Jws, keys: &Keys) -> Result<Alg> {
    if let Some(kid) = jws.header.get("kid").filter(|kid| !kid.is_string()) {
        return Err(fails(format!("the token's `kid` is {}, not a string", json::type_name(kid))));
    }
    let named = match jws.header.get("alg") {
        None => return Err(fails("the header names no `alg`: nothing says how it is signed")),
        Some(Value::String(name)) => name,
        Some(other) => return Err(fails(format!("the token's `alg` is {}, not a string", json::type_name(other)))),
    };
    let alg = match jws.alg() {
        Some(alg) => alg,
        None if named.trim().eq_ignore_ascii_case("none") => {
            return Err(fails(format!("the token is not signed: its `alg` is `{}`", escape(named)))
                .hint("anyone can write such a token; never take one"));
        }
        None => return Err(fails(format!("the token is signed with `{}`, which is not known here", escape(named)))),
    };
    let (public, secret) = match keys {
        Keys::None(_) => (true, true),
        Keys::Server(_) => (true, false),
        Keys::Secret(..) => (false, true),
        Keys::File(file, _) => (!file.public.keys.is_empty() || file.secrets.is_empty(), !file.secrets.is_empty()),
    };
    match (alg.symmetric(), public, secret) {
        (true, _, false) => Err(fails(format!(
            "the token is signed with {}, which is symmetric: no public key can check it, only the secret that made it",
            alg.name()
        ))
        .hint("--secret-from env:NAME names the secret, if you have it; an API should have RS256 or ES256 instead")),
        (false, false, _) => {
            Err(fails(format!("the token is signed with {}, which is checked with a public key, not with a secret", alg.name()))
                .hint("--jwks or --key names the public key"))
        }
        _ => Ok(alg),
    }
}

/// Whose key it was, in words.
fn by_key(world: &mut dyn World, jws: &Jws, alg: Alg, keys: &Keys) -> std::result::Result<String, Refusal> {
    let by = |place: &str| format!("{}, by {place}", alg.name());
    match keys {
        Keys::Secret(secret, place) => jws.verify_hmac(secret).map(|()| by(place)).map_err(|error| Refusal::Fails(Some(error))),
        Keys::File(file, place) if alg.symmetric() => {
            let holds = file.secrets.iter().any(|oct| oct.fits(alg, jws.kid()) && jws.verify_hmac(&oct.secret).is_ok());
            if holds { Ok(by(&format!("the secret in {place}"))) } else { Err(Refusal::Fails(None)) }
        }
        Keys::File(file, place) => one_of(&file.public, jws, alg, place, true),
        Keys::Server(uri) => {
            let place = uri.to_string();
            let known = jwks::keys(world, uri, Known::Kept).map_err(Refusal::Unknown)?;
            match one_of(&known.set, jws, alg, &place, false) {
                // R47: servers change their keys.
                Err(refusal) if known.kept => match jwks::again(world, uri).map_err(Refusal::Unknown)? {
                    Some(anew) => one_of(&anew.set, jws, alg, &place, false),
                    None => Err(refusal),
                },
                outcome => outcome,
            }
        }
        Keys::None(_) => Err(Refusal::Fails(None)),
    }
}

/// Tries the keys that may have made the signature. In a file, a key without a name may be any.
fn one_of(set: &JwkSet, jws: &Jws, alg: Alg, place: &str, nameless: bool) -> std::result::Result<String, Refusal> {
    let mut refusal = None;
    let candidates = set.keys.iter().filter(|key| match (jws.kid(), key.kid.as_deref()) {
        (Some(kid), Some(name)) => kid == name,
        (Some(_), None) => nameless,
        (None, _) => nameless || key.fit(alg).is_ok(),
    });
    for key in candidates {
        match jws.verify(key) {
            Ok(()) => return Ok(format!("{}, by {} in {place}", alg.name(), called(key))),
            // A key that is not for this says less than one that is and failed.
            Err(error) if refusal.is_none() || key.fit(alg).is_ok() => refusal = Some((error, key)),
            Err(_) => {}
        }
    }
    Err(Refusal::Fails(Some(match (refusal, jws.kid()) {
        (Some((error, key)), _) => {
            let by = format!(" (checked with {} in {place})", called(key));
            graph(jws, error.saying(|said| said.to_string() + &by))
        }
        (None, Some(kid)) => match set.refused.iter().find(|(name, _)| name.as_deref() == Some(kid)) {
            Some((_, why)) => fails(format!("the key `{}` in {place} cannot be used: {why}", escape(kid))),
            None => fails(format!("the token is signed with the key `{}`, which is not in {place} ({} there)", escape(kid), count(set)))
                .hint("is it from another server, or older than the server's keys? a new token is signed with a new key"),
        },
        (None, None) => match set.refused.first() {
            Some((_, why)) if set.keys.is_empty() => fails(format!("no key in {place} can be used: {why}")),
            _ => fails(format!("the token is signed with {}, and no key in {place} is for that ({} there)", alg.name(), count(set))),
        },
    })))
}

fn count(set: &JwkSet) -> String {
    let keys = set.keys.len();
    format!("{keys} key{}", if keys == 1 { "" } else { "s" })
}

fn called(key: &Jwk) -> String {
    match &key.kid {
        Some(kid) => format!("the key `{}`", escape(kid)),
        None => format!("the key with the thumbprint `{}`", key.key.thumbprint()),
    }
}

/// Microsoft signs the tokens of its own APIs over a header with a hashed `nonce`, so that nobody else can verify them.
fn graph(jws: &Jws, error: Error) -> Error {
    match jws.header.contains_key("nonce") {
        true => {
            error.hint("with a `nonce` in its header it is for one of Microsoft's own APIs, such as Graph, and only they can verify it")
        }
        false => error.hint("it was changed, or made by someone else: do not take it"),
    }
}

fn fails(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}
