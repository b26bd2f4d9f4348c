//! Userinfo answers, plain and signed, against a scripted World.

use serde_json::json;

use super::*;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::oauth::signature::Algs;
use crate::oauth::world::Response;
use crate::oauth::world::script::{Script, answer, json as json_answer};

const TOKEN: &str = "SlAV32hkKG-CANARY";

fn ask(world: &mut Script, token: &str) -> Result<Userinfo> {
    let (endpoint, jwks_uri) = (Endpoint::parse("https://a.example/userinfo").unwrap(), Endpoint::parse("https://a.example/jwks").unwrap());
    let issuer = Some("https://a.example");
    let algs = Algs::supported(None);
    let signer = Signer { issuer, client_id: "c", jwks_uri: Some(&jwks_uri), algs, client_secret: None, offered: false };
    userinfo(world, &endpoint, &AccessToken::new(token), &signer, None)
}

fn told(response: Response) -> Error {
    let error = ask(&mut Script::of([response]), TOKEN).unwrap_err();
    let whole = format!("{error} {:?} {:?}", error.hint, error.oauth_error);
    assert!(!whole.contains("CANARY") && whole.lines().count() == 1, "{whole}");
    error
}

fn signed_answer(header: Value, claims: Value) -> Result<Userinfo> {
    let key = SigningKey::new_es256();
    let body = jwt::encode(header.as_object().unwrap().clone(), claims.as_object().unwrap(), &key).unwrap();
    let keys = json!({ "keys": [key.jwk().to_json()] }).to_string();
    ask(&mut Script::of([answer(200, &[("content-type", "application/jwt")], body), json_answer(200, keys)]), TOKEN)
}

#[test]
fn the_token_goes_in_the_header_and_nowhere_else() {
    let mut world = Script::of([json_answer(200, r#"{"sub":"248289761001","email":"j@example.com"}"#)]);
    let said = ask(&mut world, TOKEN).unwrap();
    assert_eq!((said.members["sub"].as_str(), said.members.len(), said.signed), (Some("248289761001"), 2, None));
    assert_eq!((world.urls(), &world.sent[0].body), (vec!["https://a.example/userinfo"], &None));
    assert_eq!(world.sent[0].header("authorization"), Some("Bearer SlAV32hkKG-CANARY"));
}

#[test]
fn r61_a_token_that_no_header_can_carry_is_not_sent() {
    for bad in ["a b", "a\r\nX: y", "a\0", "é"] {
        let mut world = Script::default();
        let error = ask(&mut world, bad).unwrap_err();
        assert!(error.kind == Kind::Invalid && error.message.contains("no header can carry") && world.sent.is_empty(), "{error}");
    }
}

#[test]
fn an_answer_about_nobody_is_refused() {
    for (body, sentence) in [
        ("{}", "the userinfo answer has no `sub`"),
        (r#"{"sub":7}"#, "the userinfo answer's `sub` is a number, not a string"),
        (r#"{"sub":null}"#, "the userinfo answer's `sub` is null, not a string"),
        (r#"{"sub":""}"#, "the userinfo answer is about nobody: `sub` is empty"),
    ] {
        let error = told(json_answer(200, body));
        assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, sentence));
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_its_challenge() {
    let challenge = |status, header: &str, body: &str| answer(status, &[("www-authenticate", header)], body);
    for (response, code, sentence) in [
        (
            // In the form of OpenID Connect Core section 5.3.3.
            challenge(401, r#"Bearer error="invalid_token", error_description="The Access Token expired""#, ""),
            "invalid_token",
            "userinfo endpoint refused the request: invalid_token (The Access Token expired)",
        ),
        (
            challenge(403, r#"DPoP algs="ES256", Bearer error="insufficient_scope", scope="openid""#, "<html>CANARY"),
            "insufficient_scope",
            "userinfo endpoint refused the request: insufficient_scope",
        ),
        (
            challenge(401, &format!(r#"Bearer error="{TOKEN}", error_description="no {TOKEN}""#), r#"{"error":"other"}"#),
            "[redacted]",
            "userinfo endpoint refused the request: [redacted] (no [redacted])",
        ),
        (
            challenge(401, "Bearer", r#"{"error":"invalid_token","error_description":"gone"}"#),
            "invalid_token",
            "userinfo endpoint refused the request: invalid_token (gone)",
        ),
    ] {
        let error = told(response);
        assert_eq!((error.kind, error.oauth_error.as_deref(), error.message.as_str()), (Kind::Denied, Some(code), sentence));
        assert!(error.hint.clone().unwrap().contains("`openid`"));
    }
    let error = told(challenge(401, r#"Bearer realm="x""#, "CANARY"));
    assert!(error.kind == Kind::Denied && error.message.starts_with("userinfo endpoint refused the request: 401 Unauthorized"), "{error}");
    assert!(error.hint.clone().unwrap().contains("is the token still valid"), "nothing is said of the client's secret");
}

#[test]
fn what_goes_wrong_otherwise_is_told_by_the_endpoints_name() {
    for (response, kind, sentence) in [
        (answer(429, &[], ""), Kind::Unavailable, "userinfo endpoint answered 429 Too Many Requests"),
        (answer(503, &[("www-authenticate", r#"Bearer error="x""#)], ""), Kind::Unavailable, "userinfo endpoint answered 503"),
        (answer(302, &[("location", "https://b.example/x")], ""), Kind::Invalid, "credentials never follow a redirect"),
        (answer(200, &[("content-type", "text/html")], "<!DOCTYPE html>CANARY"), Kind::Invalid, "looks like an HTML page"),
    ] {
        let error = told(response);
        assert!(error.kind == kind && error.message.contains(sentence), "{error}");
    }
}

#[test]
fn a_signed_answer_is_from_the_issuer_and_for_the_client_where_it_says() {
    let sub = json!({ "sub": "s" });
    assert_eq!(signed_answer(json!({}), sub).unwrap().signed, Some(Alg::Es256));
    let full = json!({ "sub": "s", "iss": "https://a.example", "aud": ["c"] });
    assert_eq!(signed_answer(json!({ "typ": "JWT" }), full).unwrap().members["sub"], "s");
    for (claims, sentence) in [
        (
            json!({ "sub": "s", "iss": "https://b.example" }),
            "the userinfo answer is from `https://b.example`, and the issuer is `https://a.example`",
        ),
        (json!({ "sub": "s", "iss": ["https://a.example"] }), "the userinfo answer's `iss` is an array, not a string"),
        (json!({ "sub": "s", "aud": "d" }), "the userinfo answer is not for the client `c`"),
        (json!({ "aud": "c" }), "the userinfo answer has no `sub`"),
    ] {
        let error = signed_answer(json!({}), claims).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, sentence));
    }
    let error = signed_answer(json!({ "kid": "other" }), json!({ "sub": "s" })).unwrap_err();
    assert!(error.message.starts_with("the userinfo answer is signed with the key `other`"), "{error}");
}
