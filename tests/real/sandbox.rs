//! The embedded authorization server, seen from outside.

use crate::authorization_server::verified;
use crate::support::Oat;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A running `oat sandbox`.
struct Sandbox {
    process: Child,
    endpoints: Value,
}

impl Sandbox {
    fn start(oat: &Oat) -> Sandbox {
        let mut command = oat.command(&["sandbox", "--port", "0", "--json"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
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
    let oat = Oat::new();
    let output = oat.run(&["token", "get", "sandbox"]);
    let token = output.line();
    let sandbox = Sandbox::start(&oat);
    let jwks_uri = sandbox.endpoints["jwks_uri"].as_str().unwrap();
    verified(jwks_uri, token).expect("the token holds");
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(verified(jwks_uri, &format!("{signed}.{}", "A".repeat(342))), None, "the check can fail");
}
