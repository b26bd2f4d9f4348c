//! The request and the answer of the RFC's own examples, and what must not pass for what was asked for.

use serde_json::{Value, json};

use super::*;
use crate::error::Kind;
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::token::Body;
use crate::oauth::token_type::{TOKEN_TYPE, token_type};
use crate::oauth::world::script::{Script, json as answer};

/// RFC 8693 section 2.3, without the line breaks.
const SUBJECT: &str = "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC";
const ISSUED: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoiYXBpIn0.40y3ZgQedw6rxf59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw";

fn exchange(world: &mut Script, body: Body, parameters: &[(&str, Value)], actor: Option<&str>) -> Result<TokenSet> {
    let endpoint = Endpoint::parse("https://as.example.com/as/token.oauth2").unwrap();
    let client = Client::default();
    let parameters: Vec<(String, Value)> = parameters.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let ask = Ask { endpoint: &endpoint, client: &client, body, parameters: &parameters, pointer: None, token_type: None };
    let handed = |token: &str, name: &str| HandedIn { token: SubjectToken::new(token), token_type: token_type(name).unwrap() };
    token_exchange(world, &ask, &handed(SUBJECT, "access_token"), actor.map(|token| handed(token, "jwt")).as_ref())
}

/// What comes of an answer where this type was asked for; empty where none was.
fn issued(asked: &str, issued: Option<&str>, kind: &str) -> Result<TokenSet> {
    let mut body = json!({ "access_token": "CANARY", "token_type": kind, "expires_in": 60 });
    if let Some(issued) = issued {
        body["issued_token_type"] = if issued.contains(':') { issued.into() } else { format!("{TOKEN_TYPE}{issued}").into() };
    }
    let asked = if asked.is_empty() { None } else { Some(("requested_token_type", Value::from(token_type(asked).unwrap()))) };
    exchange(&mut Script::of([answer(200, body.to_string())]), Body::Form, asked.as_slice(), None)
}

#[test]
fn the_example_of_rfc_8693_section_2_3() {
    // The answer as it stands there.
    let body = json!({ "access_token": ISSUED, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 60 });
    let mut world = Script::of([answer(200, body.to_string())]);
    let tokens = exchange(&mut world, Body::Form, &[("resource", "https://backend.example.com/api".into())], None).unwrap();
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(world.bodies()[0].as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("resource", "https://backend.example.com/api"),
        ("subject_token", SUBJECT),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    assert_eq!(sent.len(), expected.len(), "neither an empty client_id nor anything else: {sent:?}");
    assert!(expected.iter().all(|(name, value)| sent.contains(&(name.to_string(), value.to_string()))), "{sent:?}");
    assert!(world.sent[0].header("authorization").is_none());
    assert_eq!((tokens.access_token.expose(), tokens.token_type.as_str()), (ISSUED, "Bearer"));
    assert_eq!(tokens.extra["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
}

#[test]
fn an_actor_several_audiences_and_resources_go_into_both_bodies() {
    let several = [
        ("audience", json!(["https://a", "b c"])),
        ("resource", json!(["https://r", "https://s"])),
        ("requested_token_type", json!("urn:ietf:params:oauth:token-type:jwt")),
    ];
    let good = || answer(200, r#"{"access_token":"t","issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"bearer"}"#);
    let mut world = Script::of([good(), good()]);
    exchange(&mut world, Body::Form, &several, Some("actor.jwt.x")).unwrap();
    exchange(&mut world, Body::Json, &several, Some("actor.jwt.x")).unwrap();
    let form = world.bodies()[0];
    for part in
        ["actor_token=actor.jwt.x&actor_token_type=urn%3Aietf", "audience=https%3A%2F%2Fa&audience=b+c&resource=https%3A%2F%2Fr&resource="]
    {
        assert!(form.contains(part), "{form}");
    }
    let sent: Value = serde_json::from_str(world.bodies()[1]).unwrap();
    let expected = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": SUBJECT, "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "actor_token": "actor.jwt.x", "actor_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "audience": ["https://a", "b c"], "resource": ["https://r", "https://s"],
        "requested_token_type": "urn:ietf:params:oauth:token-type:jwt",
    });
    assert_eq!(sent, expected);
}

#[test]
fn what_was_not_asked_for_is_refused_and_not_shown() {
    for (asked, got, kind) in [
        ("id_token", Some("access_token"), "Bearer"),
        ("id_token", None, "Bearer"),
        ("access_token", Some("saml2"), "N_A"),
        ("access_token", Some("refresh_token"), "N_A"),
        ("access_token", Some("id_token"), "N_A"),
        ("access_token", Some("urn:x:y"), "Bearer"),
        ("jwt", Some("id_token"), "N_A"),
        ("", Some("refresh_token"), "N_A"),
        ("", Some("saml1"), "Bearer"),
    ] {
        let error = issued(asked, got, kind).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{asked} {got:?}");
        assert!(error.hint.is_some() && !format!("{error:?}").contains("CANARY"), "{error:?}");
    }
    // Nobody could type a type that was not named.
    let error = issued("id_token", None, "Bearer").unwrap_err();
    assert!(error.message.contains("issued_token_type") && !error.hint.clone().unwrap().contains("requested_token_type"), "{error:?}");
    let error = issued("access_token", Some("urn:x:\u{1b}[31m"), "Bearer").unwrap_err();
    assert!(!format!("{error}{}", error.hint.clone().unwrap()).contains('\u{1b}'), "{error:?}");
}

#[test]
fn what_a_bearer_can_use_and_what_was_asked_for_is_taken() {
    for (asked, got, kind) in [
        ("", None, "Bearer"),
        ("", Some("access_token"), "bearer"),
        ("", Some("jwt"), "Bearer"),
        ("", Some("id_token"), "N_A"),
        ("access_token", None, "Bearer"),
        ("access_token", Some("jwt"), "Bearer"),
        ("jwt", Some("access_token"), "Bearer"),
        ("id_token", Some("id_token"), "N_A"),
        ("saml2", Some("saml2"), "N_A"),
        ("urn:x:y", Some("urn:x:y"), "N_A"),
    ] {
        assert!(issued(asked, got, kind).is_ok(), "{asked} {got:?} {kind}");
    }
    // N_A is said of what is none, and nowhere else.
    assert!(issued("access_token", Some("access_token"), "N_A").is_err());
    assert!(issued("", None, "N_A").is_err());
}

#[test]
fn r70_an_echo_of_the_subject_token_is_not_shown() {
    let body = json!({ "error": "invalid_request", "error_description": format!("bad {SUBJECT}") });
    let error = exchange(&mut Script::of([answer(400, body.to_string())]), Body::Form, &[], None).unwrap_err();
    assert_eq!(error.message, "token endpoint refused the request: invalid_request (bad [redacted])");
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let good = answer(200, r#"{"access_token":"t","token_type":"Bearer"}"#);
    let mut world = Script::of([answer(503, ""), good]);
    assert!(exchange(&mut world, Body::Form, &[], None).is_ok());
    assert_eq!((world.sent.len(), world.waits.len()), (2, 1));
    assert_eq!(world.bodies()[0], world.bodies()[1]);
}

#[test]
fn a_profiles_own_word_takes_the_place_of_ours() {
    let mut world = Script::of([answer(200, r#"{"access_token":"t"}"#)]);
    exchange(&mut world, Body::Form, &[("grant_type", "urn:x:exchange".into()), ("connector_id", "ci".into())], None).unwrap();
    let body = world.bodies()[0];
    assert!(body.contains("grant_type=urn%3Ax%3Aexchange") && body.contains("connector_id=ci"), "{body}");
    assert_eq!(body.matches("grant_type=").count(), 1);
}
