//! Introspection answers, plain and signed, against a scripted World.

use serde_json::json;

use super::*;
use crate::error::{Error, Kind};
use crate::jose::base64url;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::oauth::client_auth::Method;
use crate::oauth::signature::Algs;
use crate::oauth::world::Response;
use crate::oauth::world::script::{Script, answer, json as json_answer};
use crate::secret::ClientSecret;

const ISSUER: &str = "https://server.example.com/";
const TOKEN: &str = "mF_9.B5f-4.1JqM+opaque";
const SECRET: &str = "s3cr3t+CANARY";

fn ask(world: &mut Script, offered: bool, issuer: Option<&str>) -> Result<Introspection> {
    let client =
        Client { id: "rs".into(), secret: Some(ClientSecret::new(SECRET)), method: Method::ClientSecretBasic, ..Client::default() };
    let (endpoint, jwks_uri) =
        (Endpoint::parse("https://a.example/introspect").unwrap(), Endpoint::parse("https://a.example/jwks").unwrap());
    let signer = Signer {
        issuer,
        client_id: "rs",
        jwks_uri: Some(&jwks_uri),
        algs: Algs::supported(None),
        client_secret: client.secret.as_ref(),
        offered,
    };
    introspect(world, &Asked { endpoint: &endpoint, client: &client, token: &WireSecret::new(TOKEN), hint: Some("access_token"), signer })
}

fn plain(response: Response) -> Result<Introspection> {
    ask(&mut Script::of([response]), false, Some(ISSUER))
}

fn told(outcome: Result<Introspection>) -> Error {
    let error = outcome.unwrap_err();
    let whole = format!("{error} {:?}", error.hint);
    assert!(!whole.contains("CANARY") && !whole.contains(TOKEN) && whole.lines().count() == 1, "{whole}");
    error
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "rs", "iat": 1, "token_introspection": { "active": true, "sub": "x", "scope": "read" } })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn header(key: &SigningKey) -> Value {
    json!({ "kid": key.jwk().kid, "typ": TYPE })
}

fn token(key: &SigningKey, header: Value, claims: &Value) -> String {
    jwt::encode(header.as_object().unwrap().clone(), claims.as_object().unwrap(), key).unwrap()
}

/// Asks a server that has this key and answers so.
fn answered(key: &SigningKey, media: &str, body: String, issuer: Option<&str>) -> Result<Introspection> {
    let keys = json!({ "keys": [key.jwk().to_json()] }).to_string();
    ask(&mut Script::of([answer(200, &[("content-type", media)], body), json_answer(200, keys)]), true, issuer)
}

fn judge(header: Value, claims: &Value, key: &SigningKey) -> Result<Introspection> {
    answered(key, "application/token-introspection+jwt", token(key, header, claims), Some(ISSUER))
}

#[test]
fn the_request_is_that_of_rfc_7662_section_2_1() {
    let mut world = Script::of([json_answer(200, r#"{"active":false}"#)]);
    ask(&mut world, false, None).unwrap();
    assert_eq!(world.bodies(), ["token=mF_9.B5f-4.1JqM%2Bopaque&token_type_hint=access_token"]);
    assert!(world.sent[0].header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(world.sent[0].header("accept"), Some("application/json"));
    let mut world = Script::of([json_answer(200, r#"{"active":false}"#)]);
    assert_eq!(ask(&mut world, true, None).unwrap().signed, None, "JSON will do where a signed answer was asked for");
    assert_eq!(world.sent[0].header("accept"), Some("application/token-introspection+jwt, application/json;q=0.5"));
    assert_eq!(world.sent[0].headers.iter().filter(|(name, _)| name == "accept").count(), 1);
}

#[test]
fn the_answers_of_rfc_7662_section_2_2_are_read() {
    let body = r#"{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis","aud":"https://protected.example.net/resource","iss":"https://server.example.com/","exp":1419356238,"iat":1419350238,"extension_field":"twenty-seven"}"#;
    let said = plain(json_answer(200, body)).unwrap();
    assert!(said.active && said.signed.is_none() && said.members.len() == 10);
    assert_eq!((&said.members["exp"], &said.members["extension_field"]), (&json!(1_419_356_238), &json!("twenty-seven")));
    let said = plain(json_answer(200, r#"{"active":false,"sub":"kept"}"#)).unwrap();
    assert!(!said.active && said.members["sub"] == "kept");
}

#[test]
fn active_is_a_boolean_or_nothing_is_believed() {
    for (body, sentence) in [
        (r#"{"active":"true"}"#, "the introspection answer's `active` is a string, not a boolean"),
        (r#"{"active":1}"#, "the introspection answer's `active` is a number, not a boolean"),
        (r#"{"active":null}"#, "the introspection answer's `active` is null, not a boolean"),
        (r#"{"sub":"x"}"#, "the introspection answer has no `active`"),
    ] {
        let error = told(plain(json_answer(200, body)));
        assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, sentence));
    }
}

#[test]
fn what_goes_wrong_is_told_by_the_endpoints_name() {
    let moved = answer(307, &[("location", "https://b.example/i")], "");
    let cut = Response { cut_short: Some("missing bytes".into()), ..answer(200, &[("content-type", "application/jwt")], "eyJ") };
    for (response, kind, sentence) in [
        (json_answer(401, r#"{"error":"invalid_client"}"#), Kind::Denied, "introspection endpoint refused the client: invalid_client"),
        (
            json_answer(400, format!(r#"{{"error":"x","error_description":"no {TOKEN} of {SECRET}"}}"#)),
            Kind::Denied,
            "refused the request: x (no [redacted] of [redacted])",
        ),
        (answer(503, &[], ""), Kind::Unavailable, "introspection endpoint answered 503 Service Unavailable"),
        (answer(200, &[("content-type", "text/html")], "<html>CANARY"), Kind::Invalid, "looks like an HTML page"),
        (answer(404, &[("content-type", "application/jwt")], "CANARY"), Kind::Invalid, "introspection endpoint answered 404 Not Found"),
        (moved, Kind::Invalid, "the introspection endpoint answered 307 Temporary Redirect and points to `https://b.example/i`"),
        (cut, Kind::Unavailable, "cut short"),
    ] {
        let error = told(plain(response));
        assert!(error.kind == kind && error.message.contains(sentence), "{error}");
    }
}

#[test]
fn a_signed_answer_is_believed_by_the_servers_key() {
    let key = SigningKey::new_es256();
    for (header, claims) in [
        (header(&key), claims()),
        (header(&key), with("aud", json!(["other", "rs"]))),
        (json!({ "typ": "application/Token-Introspection+JWT" }), claims()),
    ] {
        let said = judge(header, &claims, &key).unwrap();
        assert!(said.active && said.signed == Some(Alg::Es256) && said.members["scope"] == "read" && said.members.len() == 3);
    }
    // Under the media type of any JWT, with a line break behind it; and JSON under that of a JWT is only JSON.
    let body = token(&key, header(&key), &claims()) + "\n";
    assert_eq!(answered(&key, "application/jwt; charset=utf-8", body, Some(ISSUER)).unwrap().signed, Some(Alg::Es256));
    assert_eq!(answered(&key, "application/jwt", r#" {"active":true}"#.into(), Some(ISSUER)).unwrap().signed, None);
    let off = judge(header(&key), &with("token_introspection", json!({ "active": false })), &key).unwrap();
    assert!(!off.active && off.signed.is_some());
}

#[test]
fn a_signed_answer_that_does_not_hold_has_its_own_sentence() {
    let key = SigningKey::new_es256();
    let typ = |typ: Value| json!({ "kid": key.jwk().kid, "typ": typ });
    for (header, claims, sentence) in [
        (typ("JWT".into()), claims(), "is another kind of token: its `typ` is `jwt`, not `token-introspection+jwt`"),
        (typ("at+jwt".into()), claims(), "its `typ` is `at+jwt`"),
        (typ(7.into()), claims(), "its `typ` is ``"),
        (typ(TOKEN.into()), claims(), "its `typ` is `[redacted]`"),
        (
            header(&key),
            with("iss", "https://server.example.com".into()),
            "is from `https://server.example.com`, and the issuer is `https://server.example.com/`",
        ),
        (header(&key), with("iss", TOKEN.into()), "is from `[redacted]`"),
        (header(&key), with("iss", 7.into()), "'s `iss` is a number, not a string"),
        (header(&key), without("iss"), "has no `iss`"),
        (header(&key), with("aud", "RS".into()), "is not for the client `rs`"),
        (header(&key), with("aud", json!([])), "is not for the client `rs`"),
        (header(&key), with("aud", json!({ "rs": "rs" })), "is not for the client `rs`"),
        (header(&key), without("aud"), "has no `aud`"),
        (header(&key), with("token_introspection", "x".into()), "'s `token_introspection` is a string, not an object"),
        (header(&key), without("token_introspection"), "has no `token_introspection`"),
        (header(&key), with("token_introspection", json!({ "active": "true" })), "'s `active` is a string, not a boolean"),
        (json!({ "typ": TYPE, "kid": "k" }), claims(), "is signed with the key `k`, which is not at https://a.example/jwks"),
        (json!({ "typ": TYPE, "kid": TOKEN }), claims(), "cannot be trusted, and its header repeats what was sent"),
    ] {
        let error = told(judge(header, &claims, &key));
        assert!(error.kind == Kind::Invalid && error.message.starts_with("the introspection answer"), "{error}");
        assert!(error.message.contains(sentence), "{error}\n{sentence}");
        assert!(!error.hint.clone().unwrap().contains("sign in"));
    }
    let error = told(answered(&key, "application/jwt", token(&key, header(&key), &claims()), None));
    assert_eq!(error.message, "the introspection answer is signed, and no issuer is known that it could be from");
}

#[test]
fn r41_nothing_of_an_unsigned_forged_or_encrypted_answer_is_believed() {
    let (key, stranger) = (SigningKey::new_es256(), SigningKey::new_es256());
    let raw = |header: Value| format!("{}.{}.", base64url::encode(header.to_string()), base64url::encode(claims().to_string()));
    let forged = token(&stranger, header(&key), &claims());
    for (body, sentence, hint) in [
        (raw(json!({ "alg": "none", "typ": TYPE })), "is not signed (`alg` is `none`)", "for another algorithm, such as RS256"),
        (raw(json!({ "alg": "HS256", "typ": TYPE })), "is signed with HS256, and what may be is", "for another algorithm"),
        (forged, "cannot be trusted: the ES256 signature does not hold", "try again"),
        ("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d".into(), "is not a signed JWT: it is encrypted (JWE)", "signed and not encrypted"),
        ("CANARY".into(), "is not a signed JWT: 1 part instead of 3", "operator"),
    ] {
        let error = told(answered(&key, "application/token-introspection+jwt", body, Some(ISSUER)));
        assert!(error.kind == Kind::Invalid && error.message.contains(sentence), "{error}");
        assert!(error.hint.as_ref().unwrap().contains(hint) && !error.hint.clone().unwrap().contains("id_token"), "{hint}");
    }
    // What says of itself that it is signed is not read as plain JSON.
    assert!(answered(&key, "application/token-introspection+jwt", r#"{"active":true}"#.into(), Some(ISSUER)).is_err());
}
