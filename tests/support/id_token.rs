//! ID tokens signed by the test: RS256 with a key that is published anyway, HS256 with a client's secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

const KEY: &[u8] = include_bytes!("../../src/sandbox/rs256-test-key.p8");

/// The server's public keys.
pub fn jwks() -> Value {
    let public = PublicKeyComponents::<Vec<u8>>::from(key().public());
    json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": part(&public.n), "e": part(&public.e)}]})
}

/// A JWT of these claims, signed by the server's key.
pub fn rs256(claims: &Value) -> String {
    let signed = signing_input(&json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}), claims);
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", part(&signature))
}

/// The same with a secret, as LINE signs.
pub fn hs256(claims: &Value, secret: &str) -> String {
    let signed = signing_input(&json!({"alg": "HS256", "typ": "JWT"}), claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", part(tag.as_ref()))
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()))
}

fn key() -> KeyPair {
    KeyPair::from_pkcs8(KEY).unwrap()
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
