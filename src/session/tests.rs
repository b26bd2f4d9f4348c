//! The policy, with a real store in a folder of its own and a scripted World.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::cli::words::Chosen;
use crate::config::Config;
use crate::environment::Environment;
use crate::jose::base64url;
use crate::keys::Key;
use crate::name::ProfileName;
use crate::oauth::world::Response;
use crate::oauth::world::script::{START, Script, answer, json as json_answer};
use crate::secret::{AccessToken, ClientSecret};
use crate::store::keys::KeyPlace;
use crate::store::{Settings, Store};
use serde_json::Value;

const RAW: &str = "[profile.p]\ntoken_endpoint = \"https://a.example/token\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
const ZERO: &str = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"https://zero.example\"\nclient_id = \"cli_1\"\nclient_secret = { env = \"S\" }\n";

fn plan(text: &str, flags: &[(&str, &str)]) -> Plan {
    let config = Config::parse(Path::new("/c/config.toml"), text).unwrap();
    let flags = flags.iter().map(|(name, text)| (Key::named(name).unwrap(), text.to_string())).collect();
    Plan::make(&Chosen { flags, ..Chosen::default() }, &config, &Environment::of(&[])).unwrap()
}

fn store(folder: &TempDir, key: KeyPlace) -> Store {
    Store::new(Settings {
        folder: folder.path().join("oat"),
        key,
        key_cache: Seconds(0),
        keyring_patience: Duration::from_secs(2),
        env_key: None,
        bus: false,
    })
}

/// One machine: a store's folder and a World, used by one command after another.
struct Machine {
    folder: TempDir,
    key: KeyPlace,
    world: Script,
}

impl Machine {
    fn new(answers: impl IntoIterator<Item = Response>) -> Machine {
        Machine { folder: tempfile::tempdir().unwrap(), key: KeyPlace::File, world: world(answers) }
    }

    /// What a new process gets; the store is opened anew.
    fn run(&mut self, plan: &Plan, wish: Wish) -> Result<Handed> {
        token(plan, &wish, &store(&self.folder, self.key), &mut self.world)
    }

    /// The token and its source, of a call that must work.
    fn get(&mut self, plan: &Plan, wish: Wish) -> (String, Source) {
        let handed = self.run(plan, wish).unwrap();
        (handed.token.access_token.expose().to_string(), handed.source)
    }

    fn requests(&self) -> usize {
        self.world.sent.len()
    }

    fn kept(&self) -> Option<Access> {
        store(&self.folder, self.key).load_access(&ProfileName::parse("p").unwrap()).unwrap().access
    }
}

fn world(answers: impl IntoIterator<Item = Response>) -> Script {
    let mut world = Script::of(answers);
    world.secrets.insert("`S`".into(), "CANARY-secret".into());
    world
}

fn granted(token: &str, expires_in: i64) -> Response {
    json_answer(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in }).to_string())
}

fn body(value: Value) -> Response {
    json_answer(200, value.to_string())
}

fn refused(code: &str) -> Response {
    json_answer(401, json!({ "error": code, "error_description": "no" }).to_string())
}

#[cfg(unix)]
fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &Path) {}

fn fetched(token: &str) -> (String, Source) {
    (token.into(), Source::Fetched)
}

fn cached(token: &str) -> (String, Source) {
    (token.into(), Source::Cache)
}

fn min_ttl(seconds: i64) -> Wish {
    Wish { min_ttl: Some(Seconds(seconds)), ..Wish::default() }
}

const FORCE: Wish = Wish { min_ttl: None, force: true, require_store: false, require_scope: false };
const KEPT: Wish = Wish { min_ttl: None, force: false, require_store: true, require_scope: false };
const SCOPED: Wish = Wish { min_ttl: None, force: false, require_store: false, require_scope: true };

mod credentials;
mod decision;
mod failures;
mod keeping;
mod many;
mod people;
mod renewal;
mod sign_in;
mod sign_out;
