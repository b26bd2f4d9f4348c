//! The client_credentials grant at a certified server.

use crate::authorization_server::{AuthorizationServer, verified};
use crate::home::{Home, OAT};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn a_basic_client_with_every_awkward_character_gets_a_token_the_server_calls_active() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    let token = home.oat(&["token", "get", "api"]).quiet_token();
    assert!(server.active(&token));
    assert!(!server.active("a-token-nobody-issued"));
    assert_eq!(server.last_token_post(), json!({ "scheme": "Basic", "body_keys": ["grant_type"], "status": 200 }));
}

#[test]
fn a_second_call_hands_out_the_same_token_without_a_request() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    let first = home.oat(&["token", "get", "api"]).quiet_token();
    let seen = server.seen();
    assert_eq!(seen.token_posts, 1);
    assert_eq!(home.oat(&["token", "get", "api"]).quiet_token(), first);
    assert_eq!(server.seen(), seen);
}

#[test]
fn after_expiry_exactly_one_request_is_made() {
    let server = AuthorizationServer::start(&["--short-ttl", "6"]);
    let home = Home::new(&server.profile("short"), server.client("short"));
    let start = Instant::now();
    let first = home.oat(&["token", "get", "api"]).quiet_token();
    let expired = Instant::now() + Duration::from_secs(7);
    let seen = server.seen();
    let cached = home.oat(&["token", "get", "api"]).quiet_token();
    assert!(start.elapsed() < Duration::from_secs(4), "this machine is too slow for a token of 6 s");
    assert_eq!((cached, server.seen()), (first.clone(), seen));

    std::thread::sleep(expired.saturating_duration_since(Instant::now()));
    let second = home.oat(&["token", "get", "api"]).quiet_token();
    assert_ne!(second, first);
    assert_eq!(home.oat(&["token", "get", "api"]).quiet_token(), second);
    let after = server.seen();
    assert_eq!((after.requests, after.token_posts), (seen.requests + 1, seen.token_posts + 1));
    assert!(server.active(&second));
}

#[test]
fn a_post_client_sends_its_secret_in_the_body_and_gets_an_active_token() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("post"), server.client("post"));
    let token = home.oat(&["token", "get", "api"]).quiet_token();
    assert!(server.active(&token));
    let sent = json!({ "scheme": null, "body_keys": ["client_id", "client_secret", "grant_type"], "status": 200 });
    assert_eq!(server.last_token_post(), sent);
}

#[test]
fn a_wrong_secret_is_denied_with_the_servers_word_for_it() {
    let server = AuthorizationServer::start(&[]);
    for client in ["basic", "post"] {
        let (id, _) = server.client(client);
        let home = Home::new(&server.profile(client), (id, "CANARY-wrong %+:secret"));
        let outcome = home.oat(&["token", "get", "api"]);
        assert!(outcome.failure(4).contains("invalid_client"), "{outcome:#?}");
        assert!(outcome.stderr.contains("CLIENT_SECRET"), "the hint names where the secret came from: {outcome:#?}");
    }
    assert_eq!(server.seen().token_posts, 2, "a refusal is not asked for twice");
}

#[test]
fn traces_tell_the_request_and_never_a_secret() {
    let server = AuthorizationServer::start(&[]);
    for client in ["basic", "post"] {
        let home = Home::new(&server.profile(client), server.client(client));
        // The token and the secret are looked for by `Home::outcome`.
        let traced = home.oat(&["-vv", "token", "get", "api"]);
        traced.token();
        assert!(traced.stderr.contains("/token"), "{traced:#?}");
    }
}

#[test]
fn a_resource_gives_a_jwt_for_it_that_holds_against_the_servers_keys() {
    let server = AuthorizationServer::start(&[]);
    let config = server.profile("basic") + "resource = [\"https://api.example.com\"]\n";
    let home = Home::new(&config, server.client("basic"));
    let token = home.oat(&["token", "get", "api"]).quiet_token();
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
    let opaque = server.profile("basic");
    let home = Home::new(&(opaque.clone() + "resource = [\"https://api.example.com\"]\n"), server.client("basic"));
    let jwt = home.oat(&["token", "get", "api"]).quiet_token();
    home.configure(&opaque);
    let token = home.oat(&["token", "get", "api"]).quiet_token();
    assert_ne!(token, jwt);
    assert!(server.active(&token));
    assert_eq!(server.seen().token_posts, 2);
}

#[test]
fn a_resource_the_server_does_not_know_is_named_as_the_servers_refusal() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&(server.profile("basic") + "resource = [\"https://other.example.com\"]\n"), server.client("basic"));
    let outcome = home.oat(&["token", "get", "api"]);
    assert!(outcome.failure(4).contains("invalid_target"), "{outcome:#?}");
}

#[test]
fn json_output_holds_the_token_its_end_and_its_type() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    let token = home.oat(&["token", "get", "api"]).quiet_token();
    let outcome = home.oat(&["token", "get", "api", "--format", "json"]);
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&answer["access_token"], &answer["token_type"]), (&json!(token), &json!("Bearer")));
    assert!((590..=600).contains(&answer["expires_in"].as_i64().unwrap()), "{answer}");
}

#[test]
fn one_hundred_processes_at_once_make_one_request_and_print_one_token() {
    let server = AuthorizationServer::start(&["--delay", "300"]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    let start = Instant::now();
    let spawn = |_| home.command(OAT).args(["token", "get", "api"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let processes: Vec<_> = (0..100).map(spawn).collect();
    let finished = processes.into_iter().map(|p| home.outcome(p.wait_with_output().unwrap(), start.elapsed()));
    let mut tokens: Vec<String> = finished.map(|outcome| outcome.quiet_token()).collect();
    assert_eq!(tokens.len(), 100);
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(server.active(&tokens[0]));
    assert_eq!(server.seen().token_posts, 1);
}
