//! The polls, in a scripted World.

use serde_json::json;

use super::*;
use crate::oauth::client_auth::{Client, Method};
use crate::oauth::world::Response;
use crate::oauth::world::script::{Script, answer, json as json_answer};
use crate::secret::ClientSecret;

fn offered(more: Value) -> Response {
    let mut body =
        json!({"device_code": "CANARY-dc", "user_code": "WDJB-MJHT", "verification_uri": "https://a.example/device", "expires_in": 1800});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    json_answer(200, body.to_string())
}

fn error(code: &str) -> Response {
    json_answer(400, json!({ "error": code }).to_string())
}

fn granted() -> Response {
    json_answer(200, r#"{"access_token":"t","expires_in":60}"#)
}

fn run(world: &mut Script, method: Method, pkce: bool) -> Result<TokenSet> {
    let (device, token) = (Endpoint::parse("https://a.example/dc").unwrap(), Endpoint::parse("https://a.example/token").unwrap());
    let client =
        Client { id: "c".into(), secret: (method != Method::None).then(|| ClientSecret::new("CANARY-s")), method, ..Client::default() };
    let ask = Ask { endpoint: &token, client: &client, body: Body::Form, parameters: &[], pointer: None, token_type: None };
    let scope = [("scope".to_string(), json!("a b"))];
    device_code(world, &Device { endpoint: &device, parameters: &scope, pkce }, &ask)
}

fn seconds(world: &Script) -> Vec<u64> {
    world.waits.iter().map(|wait| wait.as_secs()).collect()
}

#[test]
fn a17_both_requests_are_those_of_rfc_8628() {
    let mut world = Script::of([offered(json!({})), error("authorization_pending"), granted()]);
    assert_eq!(run(&mut world, Method::None, false).unwrap().access_token.expose(), "t");
    assert_eq!(world.bodies()[0], "scope=a+b&client_id=c");
    assert_eq!(world.bodies()[1], "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=CANARY-dc&client_id=c");
    assert_eq!(world.bodies()[2], world.bodies()[1]);
    let Invitation::Device { verification_uri, complete, user_code, expires_in } = &world.invitations[0] else { panic!() };
    assert_eq!(
        (verification_uri.as_str(), complete, user_code.as_str(), expires_in.0),
        ("https://a.example/device", &None, "WDJB-MJHT", 1800)
    );
}

#[test]
fn the_client_is_named_in_the_form_also_where_it_proves_itself_by_basic() {
    let mut world = Script::of([offered(json!({})), granted()]);
    run(&mut world, Method::ClientSecretBasic, false).unwrap();
    assert_eq!(world.bodies()[0], "scope=a+b&client_id=c");
    assert!(world.sent[0].header("authorization").unwrap().starts_with("Basic "));
}

#[test]
fn pkce_binds_the_device_code_where_the_server_knows_it() {
    let mut world = Script::of([offered(json!({})), granted()]);
    run(&mut world, Method::None, true).unwrap();
    let bodies = world.bodies();
    let verifier = bodies[1].split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
    let challenge = pkce::challenge(&CodeVerifier::new(verifier));
    assert!(bodies[0].contains(&format!("code_challenge={challenge}&code_challenge_method=S256")), "{bodies:?}");
}

#[test]
fn r35_the_interval_is_5_s_at_least_1_and_grows_by_5_on_slow_down() {
    let mut world = Script::of([offered(json!({})), error("authorization_pending"), error("slow_down"), error("slow_down"), granted()]);
    run(&mut world, Method::None, false).unwrap();
    assert_eq!(seconds(&world), [5, 5, 10, 15]);
    let mut world = Script::of([offered(json!({"interval": 0})), error("authorization_pending"), granted()]);
    run(&mut world, Method::None, false).unwrap();
    assert_eq!(seconds(&world), [1, 1]);
}

#[test]
fn r35_a_connection_that_fails_is_tried_again_less_often() {
    let trouble = || Err(Error::new(Kind::Unavailable, "no connection"));
    let mut world = Script::of([offered(json!({}))]).then(trouble()).then(trouble()).then(Ok(answer(503, &[], ""))).then(Ok(granted()));
    run(&mut world, Method::None, false).unwrap();
    assert_eq!(seconds(&world), [5, 10, 20, 40]);
}

#[test]
fn r35_the_end_of_the_code_is_never_passed() {
    let mut world = Script::of([offered(json!({"expires_in": 12})), error("authorization_pending"), error("authorization_pending")]);
    assert_eq!(run(&mut world, Method::None, false).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!(seconds(&world), [5, 5]);
}

#[test]
fn r35_what_the_server_says_else_ends_it() {
    for (code, kind) in [
        ("access_denied", Kind::Denied),
        ("expired_token", Kind::LoginRequired),
        ("token_expired", Kind::LoginRequired),
        ("invalid_grant", Kind::Denied),
        ("of_its_own", Kind::Denied),
    ] {
        let mut world = Script::of([offered(json!({})), error(code), granted()]);
        assert_eq!(run(&mut world, Method::None, false).unwrap_err().kind, kind, "{code}");
        assert_eq!(world.sent.len(), 2, "{code}");
    }
    let mut world = Script::of([offered(json!({})), answer(200, &[("content-type", "text/html")], "<html>")]);
    assert_eq!(run(&mut world, Method::None, false).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn googles_word_and_a_complete_address_are_understood() {
    let mut body = json!({"device_code": "d", "user_code": "u", "verification_url": "https://www.google.com/device", "interval": "2"});
    body["verification_uri_complete"] = "https://www.google.com/device?c=u".into();
    let mut world = Script::of([json_answer(200, body.to_string()), granted()]);
    run(&mut world, Method::None, false).unwrap();
    let Invitation::Device { verification_uri, complete, .. } = &world.invitations[0] else { panic!() };
    assert_eq!(
        (verification_uri.as_str(), complete.as_deref()),
        ("https://www.google.com/device", Some("https://www.google.com/device?c=u"))
    );
    assert_eq!(seconds(&world), [2]);
}

#[test]
fn r36_a_verification_address_that_is_no_page_of_the_web_is_refused() {
    for bad in ["javascript:alert(1)", "file:///etc/passwd", "ssh://a.example", "device", ""] {
        let mut world = Script::of([offered(json!({ "verification_uri": bad }))]);
        assert_eq!(run(&mut world, Method::None, false).unwrap_err().kind, Kind::Invalid, "{bad}");
        assert!(world.invitations.is_empty());
        let mut world = Script::of([offered(json!({ "verification_uri_complete": bad }))]);
        assert_eq!(run(&mut world, Method::None, false).is_err(), !bad.is_empty() || world.sent.len() > 1, "{bad}");
    }
    let mut world = Script::of([offered(json!({ "device_code": null }))]);
    assert!(run(&mut world, Method::None, false).unwrap_err().message.contains("device_code"));
}
