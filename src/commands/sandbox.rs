//! `oat sandbox`: the embedded authorization server, for trying and testing.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use serde_json::json;

use crate::cli::words::SandboxWords;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::output;
use crate::sandbox::access_token::TokenFormat;
use crate::sandbox::clients::{CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID};
use crate::sandbox::exchange::{CI, CI_TOKEN};
use crate::sandbox::keys::signing_key;
use crate::sandbox::listen;
use crate::sandbox::metadata::ENDPOINTS;
use crate::sandbox::state::{Options, Sandbox};
use crate::world;

/// Serves until it is stopped. stdout has its endpoints and three ready-made profiles.
pub fn serve(house: &House, words: &SandboxWords) -> Result<()> {
    let folder = house.state_folder().ok_or_else(|| {
        Error::new(Kind::Config, "there is no home folder for the sandbox's key").hint("set OAT_STATE to a private folder")
    })?;
    let alg = Alg::parse(&words.alg).ok_or_else(|| Error::new(Kind::Usage, format!("no algorithm `{}`", words.alg)))?;
    let key = signing_key(&folder, alg)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, words.port)).map_err(|error| {
        Error::new(Kind::Unavailable, format!("cannot listen on 127.0.0.1:{}", words.port))
            .hint("take another port: oat sandbox --port 0")
            .because(error)
    })?;
    let address = listener.local_addr().map_err(|error| Error::new(Kind::Unavailable, "cannot tell the port").because(error))?;
    let issuer = format!("http://{address}");
    let mut options = Options::new(issuer.clone());
    options.lifetime = words.lifetime;
    options.refresh_lifetime = words.refresh_lifetime;
    options.auto_approve = words.auto_approve;
    options.delay = words.delay.duration();
    options.token_format = if words.opaque { TokenFormat::Opaque } else { TokenFormat::Jwt };
    output::print(&told(house.common.json, &issuer))?;
    house.terminal.say("this server is for trying and testing: every program on this machine can get its tokens; stop it with ctrl-c");
    let terminal = house.terminal;
    let log: Option<listen::Log> = (terminal.verbose > 0).then(|| Box::new(move |line: &str| terminal.trace(1, line)) as listen::Log);
    listen::serve(listener, Arc::new(Sandbox::new(options, key)), world::now, log)
        .map_err(|error| Error::new(Kind::Unavailable, "the sandbox stopped").because(error))
}

fn told(as_json: bool, issuer: &str) -> String {
    if as_json {
        let mut all = json!({ "issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
        for (name, path) in ENDPOINTS {
            all[name] = json!(format!("{issuer}{path}"));
        }
        return all.to_string();
    }
    let mut text = format!("# {issuer}\n# {:30}{issuer}/.well-known/openid-configuration\n", "metadata");
    for (name, path) in ENDPOINTS {
        text += &format!("# {name:30}{issuer}{path}\n");
    }
    // So that the flow of a CI job can be tried: a profile of such a job names no client.
    text += &format!("#\n# export ACTIONS_ID_TOKEN_REQUEST_URL='{issuer}{CI}?job=1' ACTIONS_ID_TOKEN_REQUEST_TOKEN={CI_TOKEN}\n");
    text + &format!(
        "\n[profile.local]\nissuer = \"{issuer}\"\ngrant = \"client_credentials\"\nclient_id = \"{PUBLIC_CLIENT_ID}\"\nclient_auth = \"none\"   # or client_id = \"{CLIENT_ID}\" with the secret {CLIENT_SECRET}\n\n[profile.local-login]\nissuer = \"{issuer}\"\nclient_id = \"{PUBLIC_CLIENT_ID}\"\nscope = \"openid offline_access\"\n\n[profile.local-ci]\nissuer = \"{issuer}\"\ngrant = \"token_exchange\"\nsubject = {{ source = \"github-actions\", audience = \"{issuer}\" }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_printed_is_a_profile_file_with_three_profiles() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, told(false, "http://127.0.0.1:8417")).unwrap();
        let config = Config::load(&file).unwrap();
        assert_eq!(config.profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), ["local", "local-ci", "local-login"]);
    }

    #[test]
    fn json_has_every_endpoint_and_the_client() {
        let told: serde_json::Value = serde_json::from_str(&told(true, "http://127.0.0.1:1")).unwrap();
        for (name, path) in ENDPOINTS {
            assert_eq!(told[name], format!("http://127.0.0.1:1{path}"));
        }
        for name in ["issuer", "client_id", "client_secret", "token_endpoint", "introspection_endpoint", "jwks_uri"] {
            assert!(told[name].is_string(), "{name}");
        }
    }
}
