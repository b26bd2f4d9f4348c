//! `oat jwks`: the keys that a server signs with.

use serde_json::{Value, json};

use crate::cli::refusal::no_token_here;
use crate::cli::words::{Chosen, Jwks};
use crate::commands::house::House;
use crate::commands::inspect_source::is_token;
use crate::commands::key_source;
use crate::error::{Error, Kind, Result};
use crate::inspection::comparison::pad;
use crate::jose::jwk::{Jwk, PublicKey};
use crate::oauth::document::Known;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::jwks;
use crate::oauth::metadata::{self, Asked};
use crate::oauth::world::World;
use crate::output;
use crate::session::server;
use crate::text::{escape, json_line};

/// Fetches the keys of an issuer or a profile, and lists them.
pub fn list(house: &House, words: &Jwks) -> Result<()> {
    if words.server.as_deref().is_some_and(|server| !server.contains("://") && is_token(server)) {
        return Err(no_token_here());
    }
    let no_keys = || Error::new(Kind::Invalid, "the server's metadata names no keys (`jwks_uri`)");
    let keys = match words.server.as_deref().filter(|server| server.contains("://")) {
        Some(issuer) => {
            let issuer = Issuer::parse(issuer).map_err(|reason| Error::new(Kind::Usage, reason))?;
            let mut world = key_source::world_of(house, &words.chosen)?;
            let asked = Asked { issuer: &issuer, also: None, pin_hosts: &[], known: Known::Kept };
            let uri = metadata::discover(&mut world, asked)?.jwks_uri.ok_or_else(no_keys)?;
            fetch(&mut world, &uri)?
        }
        None => {
            let (plan, _) = house.plan(&Chosen { profile: words.server.clone(), ..words.chosen.clone() })?;
            let mut world = house.world(&plan);
            let uri = match plan.settings.endpoint("jwks_uri")? {
                Some(uri) => uri,
                None => server::metadata(&plan, &mut world, Known::Kept)?.jwks_uri.ok_or_else(no_keys)?,
            };
            fetch(&mut world, &uri)?
        }
    };
    if house.common.json {
        let all: Vec<Value> = keys.set.keys.iter().map(entry).collect();
        let refused: Vec<Value> = keys.set.refused.iter().map(|(kid, why)| json!({ "kid": kid, "reason": why })).collect();
        return output::print(&json_line(&json!({ "keys": all, "refused": refused })));
    }
    for (kid, why) in &keys.set.refused {
        house.terminal.warn(&format!("the key `{}` is passed over: {why}", escape(kid.as_deref().unwrap_or_default())));
    }
    output::print(&table(&keys.set.keys))
}

fn fetch(world: &mut dyn World, uri: &Endpoint) -> Result<jwks::Keys> {
    jwks::keys(world, uri, Known::Anew)
}

fn entry(key: &Jwk) -> Value {
    let mut entry = key.to_json();
    entry["thumbprint"] = key.key.thumbprint().into();
    entry
}

fn table(keys: &[Jwk]) -> String {
    let said = |text: &Option<String>| text.as_deref().map_or_else(|| "-".into(), escape);
    let mut rows = vec![["KID", "TYPE", "ALG", "USE", "THUMBPRINT"].map(String::from)];
    rows.extend(keys.iter().map(|key| [said(&key.kid), kind(&key.key), said(&key.alg), said(&key.usage), key.key.thumbprint()]));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let lines =
        rows.iter().map(|row| (0..5).map(|column| pad(&row[column], width(column))).collect::<Vec<_>>().join("  ").trim_end().to_string());
    lines.collect::<Vec<_>>().join("\n")
}

fn kind(key: &PublicKey) -> String {
    match key {
        PublicKey::P256 { .. } => "EC P-256".into(),
        PublicKey::P384 { .. } => "EC P-384".into(),
        PublicKey::P521 { .. } => "EC P-521".into(),
        PublicKey::Ed25519 { .. } => "Ed25519".into(),
        PublicKey::Rsa { n, .. } => format!("RSA {}", n.len() * 8),
    }
}
