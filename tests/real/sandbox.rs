//! The embedded authorization server, seen from outside.

use crate::authorization_server::verified;
use crate::home::{Home, OAT};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A running `oat sandbox`.
struct Sandbox {
    process: Child,
    endpoints: Value,
}

impl Sandbox {
    fn start(home: &Home) -> Sandbox {
        let mut command = home.command(OAT);
        command.args(["sandbox", "--port", "0", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoints = serde_json::from_str(&line).unwrap_or_else(|why| panic!("`oat sandbox --json` printed `{line}`: {why}"));
        Sandbox { process, endpoints }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn its_token_holds_against_the_keys_it_serves() {
    let home = Home::new("", ("sandbox", "CANARY-unused"));
    let token = home.oat(&["token", "get", "sandbox"]).token();
    let sandbox = Sandbox::start(&home);
    let jwks_uri = sandbox.endpoints["jwks_uri"].as_str().unwrap();
    verified(jwks_uri, &token).expect("the token holds");
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(verified(jwks_uri, &format!("{signed}.{}", "A".repeat(342))), None, "the check can fail");
}
