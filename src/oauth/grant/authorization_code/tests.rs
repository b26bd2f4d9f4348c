//! From the invitation to the exchange, in a scripted World.

use serde_json::{Value, json};

use super::*;
use crate::error::{Error, Kind};
use crate::oauth::client_auth::{Client, Method};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::redirect::Redirect;
use crate::oauth::token::Body;
use crate::oauth::world::script::{Script, answer, json as json_answer};
use crate::secret::ClientSecret;

fn authorized(world: &mut Script) -> Result<Answered> {
    let (endpoint, redirect) = (Endpoint::parse("https://a.example/authorize").unwrap(), Redirect::default());
    let ask = Authorization {
        endpoint: &endpoint,
        client_id: "c",
        redirect: &redirect,
        parameters: &[],
        nonce: true,
        issuer: Some("https://a.example"),
        issuer_pattern: None,
        iss_promised: false,
    };
    authorize(world, &ask)
}

fn exchanged(world: &mut Script, method: Method, parameters: &[(String, Value)], authorized: &Authorized) -> Result<TokenSet> {
    let endpoint = Endpoint::parse("https://a.example/token").unwrap();
    let client =
        Client { id: "c".into(), secret: (method != Method::None).then(|| ClientSecret::new("CANARY-s")), method, ..Client::default() };
    let ask = Ask { endpoint: &endpoint, client: &client, body: Body::Form, parameters, pointer: None, token_type: None };
    exchange(world, &ask, authorized)
}

#[test]
fn r20_state_nonce_and_verifier_are_three_draws_of_256_bit() {
    let mut world = Script::default().redirected(&["code=abc&state=STATE"]);
    let authorized = authorized(&mut world).unwrap().outcome.unwrap();
    let words = [world.asked("state").unwrap(), authorized.nonce.unwrap().expose().into(), authorized.verifier.expose().to_string()];
    assert!(words.iter().all(|word| word.len() == 43), "{words:?}");
    assert!(words[0] != words[1] && words[1] != words[2] && words[0] != words[2]);
    assert_eq!(world.asked("code_challenge"), Some(pkce::challenge(&authorized.verifier)));
    assert_eq!(world.asked("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(world.asked("nonce").as_deref(), Some(words[1].as_str()));
}

#[test]
fn r13_r14_strangers_are_answered_and_ignored_and_the_first_right_one_wins() {
    let mut world = Script::default().redirected(&[
        "code=evil&state=guess",
        "error=access_denied",
        "code=right&state=STATE",
        "code=second&state=STATE",
    ]);
    let answered = authorized(&mut world).unwrap();
    assert_eq!(answered.outcome.unwrap().code.expose(), "right");
    assert_eq!(world.endings, [(0, Ending::Foreign), (1, Ending::Foreign)]);
    assert!(world.closed && world.arrivals.len() == 1);
    assert_eq!(answered.arrival.number, 2);
}

#[test]
fn r24_a_refusal_ends_at_once_and_keeps_the_servers_words_for_the_page() {
    let mut world = Script::default().redirected(&["error=access_denied&error_description=%3Cb%3Eno&state=STATE"]);
    let answered = authorized(&mut world).unwrap();
    let error = answered.outcome.unwrap_err();
    assert_eq!((error.kind, error.oauth_error.as_deref()), (Kind::Denied, Some("access_denied")));
    assert_eq!(answered.refusal, Some(Ending::Refused { error: "access_denied".into(), description: Some("<b>no".into()) }));
    assert!(world.closed && world.sent.is_empty());
}

#[test]
fn nobody_in_time_is_a_sign_in_still_to_be_done() {
    assert_eq!(authorized(&mut Script::default()).err().unwrap().kind, Kind::LoginRequired);
}

#[test]
fn a6_the_code_is_traded_with_its_verifier_by_a_public_and_a_confidential_client() {
    let mut world = Script::of([json_answer(200, r#"{"access_token":"t"}"#), json_answer(200, r#"{"access_token":"t"}"#)])
        .redirected(&["code=a%2Bb&state=STATE"]);
    let authorized = authorized(&mut world).unwrap().outcome.unwrap();
    let scope = [("scope".to_string(), json!("openid offline_access")), ("code".to_string(), json!("no"))];
    exchanged(&mut world, Method::None, &scope, &authorized).unwrap();
    exchanged(&mut world, Method::ClientSecretPost, &[], &authorized).unwrap();
    let common = format!(
        "grant_type=authorization_code&code=a%2Bb&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_verifier={}",
        authorized.verifier.expose()
    );
    assert_eq!(world.bodies()[0], format!("{common}&scope=openid+offline_access&client_id=c"));
    assert_eq!(world.bodies()[1], format!("{common}&client_id=c&client_secret=CANARY-s"));
}

#[test]
fn r55_the_exchange_is_sent_once_whatever_comes_back() {
    for response in [Ok(answer(503, &[("retry-after", "1")], "")), Err(Error::new(Kind::Unavailable, "gone").in_doubt())] {
        let mut world = Script::default().then(response).redirected(&["code=abc&state=STATE"]);
        let authorized = authorized(&mut world).unwrap().outcome.unwrap();
        assert_eq!(exchanged(&mut world, Method::None, &[], &authorized).unwrap_err().kind, Kind::Unavailable);
        assert_eq!((world.sent.len(), world.waits.len()), (1, 0));
    }
}

#[test]
fn r70_an_echo_of_the_code_or_the_verifier_is_not_shown() {
    let mut world = Script::default().redirected(&["code=CANARY-code&state=STATE"]);
    let authorized = authorized(&mut world).unwrap().outcome.unwrap();
    let told = format!("bad code CANARY-code with {}", authorized.verifier.expose());
    world.answers.push_back(Ok(json_answer(400, json!({"error": "invalid_grant", "error_description": told}).to_string())));
    let error = exchanged(&mut world, Method::None, &[], &authorized).unwrap_err();
    assert!(!error.message.contains("CANARY") && !error.message.contains(authorized.verifier.expose()), "{error}");
    assert!(!format!("{authorized:?}").contains("CANARY"));
}
