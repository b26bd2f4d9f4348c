//! The client_credentials grant at a certified server.

use crate::authorization_server::{AuthorizationServer, verified};
use crate::quiet;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RESOURCE: &str = "resource = [\"https://api.example.com\"]\n";

#[test]
fn a_basic_client_with_every_awkward_character_gets_a_token_the_server_calls_active() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("basic");
    let token = quiet(&oat.get(&[]));
    assert!(server.active(&token));
    assert!(!server.active("a-token-nobody-issued"));
    assert_eq!(server.last_token_post(), json!({ "scheme": "Basic", "body_keys": ["grant_type"], "status": 200 }));
}

#[test]
fn a_second_call_hands_out_the_same_token_without_a_request() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("basic");
    let first = quiet(&oat.get(&[]));
    let seen = server.seen();
    assert_eq!(seen.token_posts, 1);
    assert_eq!(quiet(&oat.get(&[])), first);
    assert_eq!(server.seen(), seen);
}

#[test]
fn after_expiry_exactly_one_request_is_made() {
    let server = AuthorizationServer::start(&["--short-ttl", "8"]);
    let oat = server.oat("short");
    let start = Instant::now();
    let first = quiet(&oat.get(&[]));
    let expired = Instant::now() + Duration::from_secs(9);
    let seen = server.seen();
    let cached = quiet(&oat.get(&[]));
    assert!(start.elapsed() < Duration::from_secs(6), "this machine is too slow for a token of 8 s");
    assert_eq!((cached, server.seen()), (first.clone(), seen));

    std::thread::sleep(expired.saturating_duration_since(Instant::now()));
    let second = quiet(&oat.get(&[]));
    assert_ne!(second, first);
    assert_eq!(quiet(&oat.get(&[])), second);
    let after = server.seen();
    assert_eq!((after.requests, after.token_posts), (seen.requests + 1, seen.token_posts + 1));
    assert!(server.active(&second));
}

#[test]
fn a_post_client_sends_its_secret_in_the_body_and_gets_an_active_token() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("post");
    let token = quiet(&oat.get(&[]));
    assert!(server.active(&token));
    let sent = json!({ "scheme": null, "body_keys": ["client_id", "client_secret", "grant_type"], "status": 200 });
    assert_eq!(server.last_token_post(), sent);
}

#[test]
fn a_wrong_secret_is_denied_with_the_servers_word_for_it() {
    let server = AuthorizationServer::start(&[]);
    for client in ["basic", "post"] {
        let refused = server.oat(client).env("CLIENT_SECRET", "CANARY-client-secret of another %+:").get(&[]);
        refused.fails_saying(4, &["invalid_client", "CLIENT_SECRET"]);
    }
    assert_eq!(server.seen().token_posts, 2, "a refusal is not asked for twice");
}

#[test]
fn traces_tell_the_request_and_never_a_secret_or_a_token() {
    let server = AuthorizationServer::start(&[]);
    for client in ["basic", "post"] {
        // What `line` looks for are the secret's words, as they stand in every form but base64.
        let traced = server.oat(client).get(&["-vv"]);
        let token = traced.line();
        let (id, secret) = server.client(client);
        let form = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        traced.assert_clean(&[&STANDARD.encode(format!("{}:{}", form(id), form(secret)))]);
        assert!(traced.stderr.contains("/token"), "{traced:#?}");
        assert!(!traced.stderr.contains(token), "{traced:#?}");
    }
}

#[test]
fn a_resource_gives_a_jwt_for_it_that_holds_against_the_servers_keys() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("basic").config(&(server.profile("basic") + RESOURCE));
    let token = quiet(&oat.get(&[]));
    let payload = verified(&server.jwks_uri(), &token).expect("the signature holds");
    assert_eq!(payload["aud"], "https://api.example.com");
    assert_eq!(payload["iss"], server.issuer());
    assert_eq!(payload["client_id"], server.client("basic").0);
    assert_eq!(payload["header"]["alg"], "RS256");
    assert_eq!(server.last_token_post()["body_keys"], json!(["grant_type", "resource"]));

    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(verified(&server.jwks_uri(), &format!("{signed}.{}", "A".repeat(342))), None, "the check can fail");
}

#[test]
fn a_token_for_a_resource_is_not_handed_out_for_none() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("basic").config(&(server.profile("basic") + RESOURCE));
    let jwt = quiet(&oat.get(&[]));
    let token = quiet(&oat.config(&server.profile("basic")).get(&[]));
    assert_ne!(token, jwt);
    assert!(server.active(&token));
    assert_eq!(server.seen().token_posts, 2);
}

#[test]
fn a_resource_the_server_does_not_know_is_told_in_the_servers_word() {
    let server = AuthorizationServer::start(&[]);
    server.oat("basic").get(&["--resource", "https://other.example.com"]).fails_saying(4, &["invalid_target"]);
}

#[test]
fn json_output_holds_the_token_its_end_and_its_type() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("basic");
    let token = quiet(&oat.get(&[]));
    let outcome = oat.get(&["--format", "json"]);
    let answer: Value = serde_json::from_str(outcome.line()).unwrap();
    assert_eq!((&answer["access_token"], &answer["token_type"]), (&json!(token), &json!("Bearer")));
    assert!((590..=600).contains(&answer["expires_in"].as_i64().unwrap()), "{answer}");
}

#[test]
fn one_hundred_processes_at_once_make_one_request_and_print_one_token() {
    let server = AuthorizationServer::start(&["--delay", "300"]);
    let oat = server.oat("basic");
    let mut tokens: Vec<String> = oat.swarm(100, &["token", "get", "p"]).iter().map(quiet).collect();
    assert_eq!(tokens.len(), 100);
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(server.active(&tokens[0]));
    assert_eq!(server.seen().token_posts, 1);
}
