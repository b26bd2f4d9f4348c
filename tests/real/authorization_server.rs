//! The certified `oidc-provider` as a child process, and what it saw.

use crate::support::Oat;
use crate::support::parts::{answer_of, part, succeeded};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real");

/// A running server. It ends when this value, or the test's process, does: its standard input closes.
pub struct AuthorizationServer {
    process: Child,
    ready: Value,
}

/// How much of the server's attention was taken so far.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Seen {
    /// Connections, also those that never became a request.
    pub connections: u64,
    /// Requests of every kind.
    pub requests: u64,
    /// Requests to the token endpoint.
    pub token_posts: u64,
}

impl AuthorizationServer {
    /// Starts one with the options of `server.mjs`, ready to be asked.
    pub fn start(options: &[&str]) -> AuthorizationServer {
        // Seen on a loaded machine: once in some hundred starts, node waits for a lock of its own for ever.
        (0..3).find_map(|_| AuthorizationServer::started(options)).expect("oidc-provider did not start in three times 20 s")
    }

    /// None where it neither comes up nor ends in good time.
    fn started(options: &[&str]) -> Option<AuthorizationServer> {
        let mut complaints: File = tempfile::tempfile().unwrap();
        let mut command = part("node");
        command.current_dir(FOLDER).arg("server.mjs").args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints.try_clone().unwrap());
        let mut process = command.spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let _ = tell.send(line);
        });
        let Ok(line) = told.recv_timeout(Duration::from_secs(20)) else {
            process.kill().unwrap();
            process.wait().unwrap();
            return None;
        };
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut why = String::new();
            complaints.rewind().unwrap();
            complaints.read_to_string(&mut why).unwrap();
            panic!("oidc-provider did not start; is it installed (`npm ci` in tests/real, or tests/run)?\n{why}")
        });
        Some(AuthorizationServer { process, ready })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        self.ready["issuer"].as_str().unwrap()
    }

    /// The private authority that signed its certificate; with `--tls` only.
    pub fn ca_file(&self) -> PathBuf {
        PathBuf::from(self.ready["ca_file"].as_str().expect("started with --tls"))
    }

    /// The id and the secret of one of the clients in `clients.mjs`; a public one has an empty secret.
    pub fn client(&self, name: &str) -> (&str, &str) {
        let client = &self.ready["clients"][name];
        let id = client["client_id"].as_str().unwrap_or_else(|| panic!("clients.mjs has no client `{name}`"));
        (id, client["client_secret"].as_str().unwrap_or(""))
    }

    /// A home with a profile `p` for one of its clients, and the client's secret.
    pub fn oat(&self, client: &str) -> Oat {
        Oat::new().env("CLIENT_SECRET", self.client(client).1).config(&self.profile(client))
    }

    /// A profile `p` for one of its clients, whose secret is in `CLIENT_SECRET`.
    pub fn profile(&self, client: &str) -> String {
        let (id, _) = self.client(client);
        let auth = self.ready["clients"][client]["token_endpoint_auth_method"].as_str().unwrap();
        let issuer = self.issuer();
        format!(
            "[profile.p]\nissuer = '{issuer}'\nclient_id = '{id}'\nclient_secret = {{ env = \"CLIENT_SECRET\" }}\n\
             grant = \"client_credentials\"\nclient_auth = \"{auth}\"\n"
        )
    }

    /// A home with a profile `p` for one of the clients of `--keys` that a machine is: its key in `key`, and its certificate, where it
    /// has one, in `cert`. The method is what the server's metadata says.
    pub fn keyed(&self, client: &str, more: &str) -> Oat {
        self.with_key(client, &format!("grant = \"client_credentials\"\n{more}"))
    }

    /// The same with these lines.
    pub fn with_key(&self, client: &str, lines: &str) -> Oat {
        let own = &self.ready["keys"][client];
        let mut profile = format!(
            "[profile.p]\nissuer = '{}'\nclient_id = '{}'\nclient_key = {{ file = \"~/key\" }}\n{lines}\n",
            self.issuer(),
            self.client(client).0
        );
        if let Some(kid) = own["kid"].as_str() {
            profile.push_str(&format!("client_key_id = '{kid}'\n"));
        }
        if let Some(file) = self.ready["ca_file"].as_str() {
            profile.push_str(&format!("ca_file = '{file}'\n"));
        }
        if own["certificate"].is_string() {
            profile.push_str("client_certificate = { file = \"~/cert\" }\n");
        }
        let oat = Oat::new().config(&profile);
        oat.file("home/key", 0o600, own["key"].as_str().unwrap());
        oat.file("home/cert", 0o644, own["certificate"].as_str().unwrap_or_default());
        oat
    }

    /// A home with a profile `p` for one of the clients that a person signs in to, and its secret where it has one.
    pub fn person(&self, client: &str) -> Oat {
        Oat::new().env("CLIENT_SECRET", self.client(client).1).config(&self.person_profile(client))
    }

    /// A profile `p` for one of the clients that a person signs in to, with a refresh token; the private CA is trusted.
    pub fn person_profile(&self, client: &str) -> String {
        let (id, secret) = self.client(client);
        let auth = self.ready["clients"][client]["token_endpoint_auth_method"].as_str().unwrap();
        let device = self.ready["clients"][client]["redirect_uris"] == json!([]);
        let grant = if device { "device_code" } else { "authorization_code" };
        let issuer = self.issuer();
        let mut profile = format!(
            "[profile.p]\nissuer = '{issuer}'\nclient_id = '{id}'\nclient_auth = \"{auth}\"\ngrant = \"{grant}\"\n\
             scope = \"openid offline_access email\"\n"
        );
        if !secret.is_empty() {
            profile.push_str("client_secret = { env = \"CLIENT_SECRET\" }\n");
        }
        if let Some(file) = self.ready["ca_file"].as_str() {
            profile.push_str(&format!("ca_file = '{file}'\n"));
        }
        profile
    }

    /// From now on these options of `server.mjs` have these values: `{"ttl": 1, "delay": "0-40"}`.
    pub fn set(&self, options: &Value) {
        self.control(&["--data", &options.to_string()]);
    }

    /// How many tokens it gave out for this grant_type.
    pub fn granted(&self, grant_type: &str) -> u64 {
        self.counters()["granted"][grant_type].as_u64().unwrap_or(0)
    }

    /// How many refresh tokens came back after they had been rotated; each ends the sign-in it belongs to.
    pub fn reuses(&self) -> u64 {
        self.counters()["reuses"].as_u64().unwrap()
    }

    /// From now on new keys sign, under new names, and its JWKS holds no others.
    pub fn rotate(&self) {
        self.set(&json!({ "rotate": true }));
    }

    /// The media type of the last answer at `/token/introspection` or `/me`.
    pub fn last_media_type(&self, path: &str) -> String {
        let counters = self.counters();
        let answers = counters["media_types"][path].as_array().unwrap();
        answers.last().unwrap_or_else(|| panic!("nobody asked at {path}")).as_str().unwrap().to_string()
    }

    /// The requests to this path so far.
    pub fn requests_to(&self, path: &str) -> usize {
        self.counters()["paths"].as_array().unwrap().iter().filter(|seen| seen.as_str().unwrap().ends_with(&format!(" {path}"))).count()
    }

    /// What it was asked so far; asking this counts for nothing.
    pub fn seen(&self) -> Seen {
        let seen = self.counters();
        let count = |name: &str| seen[name].as_u64().unwrap();
        Seen { connections: count("connections"), requests: count("requests"), token_posts: count("token_posts") }
    }

    /// The Authorization scheme, the body's keys and the answered status of the last request to the token endpoint.
    pub fn last_token_post(&self) -> Value {
        self.counters()["last_token_post"].clone()
    }

    fn counters(&self) -> Value {
        self.control(&[])
    }

    fn control(&self, words: &[&str]) -> Value {
        let url = self.ready["requests_url"].as_str().unwrap();
        serde_json::from_str(&answer_of("curl", &[&["-sS", "--fail", "--max-time", "20", url], words].concat())).unwrap()
    }

    /// Whether the server itself calls this token active (RFC 7662).
    pub fn active(&self, token: &str) -> bool {
        self.introspected(token)["active"].as_bool().unwrap()
    }

    /// What the server itself says of this token (RFC 7662): `active`, `sub`, `scope`, …
    pub fn introspected(&self, token: &str) -> Value {
        let (id, secret) = self.client("introspector");
        let token = format!("token={token}");
        self.post("/token/introspection", &["--user", &format!("{id}:{secret}"), "--data-urlencode", &token])
    }

    /// Tells the server that this client's token is to be good no more (RFC 7009).
    pub fn revoke(&self, client: &str, token: &str) {
        let (id, secret) = self.client(client);
        let user = format!("{id}:{secret}");
        let who: &[&str] = if secret.is_empty() { &["--data-urlencode", &format!("client_id={id}")] } else { &["--user", &user] };
        let token = format!("token={token}");
        let mut words = vec!["-sS", "--fail", "--max-time", "20", "--data-urlencode", &token];
        words.extend(who);
        let url = format!("{}/token/revocation", self.issuer());
        words.push(&url);
        answer_of("curl", &words);
    }

    /// The answer to a POST at this path, whatever its status, with more words for curl.
    pub fn post(&self, path: &str, words: &[&str]) -> Value {
        let url = format!("{}{path}", self.issuer());
        let mut all = vec!["-sS", "--max-time", "20", &url];
        if let Some(file) = self.ready["ca_file"].as_str() {
            all.extend(["--cacert", file]);
        }
        all.extend(words);
        serde_json::from_str(&answer_of("curl", &all)).unwrap()
    }

    /// Where its public keys are.
    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer())
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// The payload of a JWT, with its `header`, once code that is not ours has checked it against the JWKS; None where it does not hold.
pub fn verified(jwks_uri: &str, token: &str) -> Option<Value> {
    let mut command = part("node");
    command.current_dir(FOLDER).args(["verify.mjs", jwks_uri]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    if String::from_utf8_lossy(&output.stderr).starts_with("verify: ") {
        return None;
    }
    Some(serde_json::from_str(&succeeded("verify.mjs", &output)).unwrap())
}
