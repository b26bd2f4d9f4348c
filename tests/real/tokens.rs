//! The tokens of `tokens.mjs`: made by npm's jose, or forged by hand.

use crate::support::parts::{part, succeeded};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::OnceLock;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real");

/// Every algorithm, by its name in the header. RFC 9864 calls one of them anew.
pub const ALGORITHMS: [&str; 14] =
    ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/// What one run of `tokens.mjs` made, for all tests of this process.
pub struct Tokens {
    json: Value,
    /// Where the forged headers point to; nothing answers there.
    trap: TcpListener,
}

/// The tokens, which the first who asks has made.
pub fn tokens() -> &'static Tokens {
    static TOKENS: OnceLock<Tokens> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let trap = TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        let url = format!("http://{}", trap.local_addr().unwrap());
        let made = part("node").current_dir(FOLDER).args(["tokens.mjs", &url]).output().unwrap();
        Tokens { json: serde_json::from_str(&succeeded("tokens.mjs", &made)).unwrap(), trap }
    })
}

impl Tokens {
    /// A good token of this algorithm and its keys: `token`, `jwk`, `pem`, `secret`, `other`, `other_jwk`.
    pub fn good(&self, alg: &str) -> &Value {
        &self.json["good"][alg]
    }

    /// The token at this JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("tokens.mjs makes no {pointer}"))
    }

    /// Whatever is at this JSON pointer.
    #[track_caller]
    pub fn value(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or_else(|| panic!("tokens.mjs makes no {pointer}"))
    }

    /// No forged header made anybody go where it points.
    #[track_caller]
    pub fn nobody_was_lured(&self) {
        let caught = self.trap.accept();
        assert!(caught.as_ref().is_err_and(|why| why.kind() == ErrorKind::WouldBlock), "somebody came: {caught:?}");
    }
}

/// The RFC 7638 thumbprints of a JWK set, by kid.
pub fn thumbprints(jwks: &Value) -> Value {
    let mut command = part("node");
    command.current_dir(FOLDER).args(["tokens.mjs", "--thumbprints"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(jwks.to_string().as_bytes()).unwrap();
    serde_json::from_str(&succeeded("tokens.mjs", &process.wait_with_output().unwrap())).unwrap()
}

/// The token with another signature, as `change` makes it from the bytes of this one.
pub fn resigned(token: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", encoded(&change(decoded(signature))))
}

/// The token with another payload under the same signature.
#[track_caller]
pub fn with_claim_changed(token: &str, from: &str, to: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let payload = String::from_utf8(decoded(parts[1])).unwrap();
    assert!(payload.contains(from), "{payload}");
    format!("{}.{}.{}", parts[0], encoded(payload.replace(from, to).as_bytes()), parts[2])
}

/// base64url without padding.
pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes from base64url without padding.
pub fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
