//! Codes and refresh tokens at the token endpoint.

use serde_json::json;

use super::*;
use crate::jose::base64url;
use crate::jose::jwk::Jwk;
use crate::jose::jwt::Jwt;
use crate::sandbox::access_token::TokenFormat;
use crate::time::Seconds;

fn code(sandbox: &Sandbox, extra: &str) -> String {
    sent(&authorize(sandbox, &good(extra)), "code").unwrap()
}

fn exchange(sandbox: &Sandbox, code: &str, extra: &str) -> Response {
    token(sandbox, &format!("grant_type=authorization_code&code={code}&{REDIRECT}{extra}"), NOW)
}

fn decoded(sandbox: &Sandbox, token: &Value) -> Jwt {
    let keys = get(sandbox, "/jwks").value();
    let jwt = Jwt::decode(token.as_str().unwrap()).unwrap();
    jwt.verify(&Jwk::parse(&keys["keys"][0]).unwrap()).unwrap();
    jwt
}

fn active(sandbox: &Sandbox, answer: &Value) -> bool {
    let form = format!("token={}", answer["access_token"].as_str().unwrap());
    sandbox.respond(&Request::form("/introspect", &form).basic("sandbox:sandbox-secret"), NOW).value()["active"] == true
}

#[test]
fn a_code_becomes_tokens_that_say_who_signed_in() {
    let sandbox = approving();
    let code = code(&sandbox, "&scope=openid+offline_access&nonce=n&resource=https://api.example");
    let response = exchange(&sandbox, &code, &format!("&{VERIFIER}"));
    let answer = response.value();
    assert_eq!((response.status, response.header("Cache-Control")), (200, Some("no-store")));
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!((&answer["scope"], &answer["refresh_token_expires_in"]), (&json!("openid offline_access"), &json!(2_592_000)));

    let access = decoded(&sandbox, &answer["access_token"]);
    assert_eq!(access.header["typ"], "at+jwt");
    assert_eq!((&access.claims["sub"], &access.claims["aud"]), (&json!("alice"), &json!("https://api.example")));

    let mut id = decoded(&sandbox, &answer["id_token"]);
    assert_eq!(id.header["typ"], "JWT");
    let half = &<sha2::Sha256 as sha2::Digest>::digest(answer["access_token"].as_str().unwrap())[..16];
    assert_eq!(id.claims.remove("at_hash").unwrap(), base64url::encode(half));
    let expected = json!({
        "iss": "http://127.0.0.1:8417", "sub": "alice", "aud": "sandbox-public", "iat": NOW, "exp": later(3600), "auth_time": NOW,
        "nonce": "n", "name": "Alice", "preferred_username": "alice", "email": "alice@sandbox.invalid",
    });
    assert_eq!(Value::Object(id.claims), expected);
}

#[test]
fn only_openid_gets_an_id_token_and_only_offline_access_a_refresh_token() {
    let sandbox = approving();
    for (scope, id, refresh) in [("", false, false), ("openid", true, false), ("offline_access", false, true), ("openidx", false, false)] {
        let answer = sandbox.signed_in("sandbox", scope, NOW);
        assert_eq!((answer.get("id_token").is_some(), answer.get("refresh_token").is_some()), (id, refresh), "{scope}");
        assert!(answer["access_token"].is_string());
    }
}

#[test]
fn an_id_token_lives_an_hour_even_where_access_tokens_are_born_expired_or_opaque() {
    let sandbox = changed(|options| {
        options.lifetime = Seconds(-5);
        options.token_format = TokenFormat::Opaque;
    });
    let answer = sandbox.signed_in("sandbox-public", "openid", NOW);
    assert_eq!((&answer["expires_in"], decoded(&sandbox, &answer["id_token"]).claims["exp"].clone()), (&json!(0), json!(later(3600))));
}

#[test]
fn a_code_is_good_once_and_its_reuse_revokes_what_came_of_it() {
    let sandbox = approving();
    let code = code(&sandbox, "&scope=offline_access");
    let answer = exchange(&sandbox, &code, &format!("&{VERIFIER}")).value();
    assert!(active(&sandbox, &answer));
    let again = exchange(&sandbox, &code, &format!("&{VERIFIER}"));
    assert_eq!(error(&again), (400, "invalid_grant".into()));
    assert!(again.value()["error_description"].as_str().unwrap().contains("used before"));
    assert!(!active(&sandbox, &answer));
    assert_eq!(error(&refresh(&sandbox, &answer, "", NOW)), (400, "invalid_grant".into()));
    assert_eq!((count(&sandbox, "reuse"), count(&sandbox, "refresh")), (1, 0));
}

#[test]
fn a_code_is_bound_to_client_redirect_uri_challenge_and_minute() {
    let sandbox = approving();
    for (form, now) in [
        (format!("client_id=sandbox-public&{REDIRECT}x&{VERIFIER}"), NOW),
        (format!("client_id=sandbox-public&{REDIRECT}&{VERIFIER}x"), NOW),
        (format!("client_id=sandbox-public&{REDIRECT}"), NOW),
        (format!("client_id=sandbox-public&{REDIRECT}&{VERIFIER}"), later(60)),
        (format!("client_id=sandbox&client_secret=sandbox-secret&{REDIRECT}&{VERIFIER}"), NOW),
    ] {
        let form = format!("grant_type=authorization_code&code={}&{form}", code(&sandbox, ""));
        assert_eq!(error(&post(&sandbox, "/token", &form, now)), (400, "invalid_grant".into()), "{form}");
    }
    let invented = exchange(&sandbox, "invented", &format!("&{VERIFIER}"));
    assert_eq!(error(&invented), (400, "invalid_grant".into()));
    let incomplete = token(&sandbox, &format!("grant_type=authorization_code&code={}&{VERIFIER}", code(&sandbox, "")), NOW);
    assert_eq!(error(&incomplete), (400, "invalid_request".into()));
    assert_eq!(count(&sandbox, "reuse"), 0);
}

#[test]
fn another_client_cannot_use_a_code_up() {
    let sandbox = approving();
    let code = code(&sandbox, "");
    let form = format!("grant_type=authorization_code&code={code}&{REDIRECT}&{VERIFIER}");
    let foreign = sandbox.respond(&Request::form("/token", &form).basic("sandbox:sandbox-secret"), NOW);
    assert_eq!(error(&foreign), (400, "invalid_grant".into()));
    assert_eq!(exchange(&sandbox, &code, &format!("&{VERIFIER}")).status, 200);
}

#[test]
fn the_client_with_a_secret_has_to_show_it() {
    let sandbox = approving();
    let query = good("").replace("sandbox-public", "sandbox");
    let form = |client: &str| {
        let code = sent(&authorize(&sandbox, &query), "code").unwrap();
        Request::form("/token", &format!("grant_type=authorization_code&code={code}&{REDIRECT}&{VERIFIER}{client}"))
    };
    assert_eq!(error(&sandbox.respond(&form("&client_id=sandbox"), NOW)), (401, "invalid_client".into()));
    assert_eq!(sandbox.respond(&form("&client_id=sandbox&client_secret=sandbox-secret"), NOW).status, 200);
    assert_eq!(sandbox.respond(&form("").basic("sandbox:sandbox-secret"), NOW).status, 200);
}

#[test]
fn a_refresh_rotates_and_keeps_who_signed_in_and_when() {
    let sandbox = approving();
    let first = sandbox.signed_in("sandbox-public", "openid+offline_access", NOW);
    let second = refresh(&sandbox, &first, "", later(100)).value();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!((&second["scope"], &second["refresh_token_expires_in"]), (&json!("openid offline_access"), &json!(2_592_000)));
    let id = decoded(&sandbox, &second["id_token"]).claims;
    assert_eq!((&id["sub"], &id["auth_time"], &id["iat"]), (&json!("alice"), &json!(NOW), &json!(later(100))));
    assert_eq!(refresh(&sandbox, &second, "", later(200)).status, 200);
    assert_eq!((count(&sandbox, "refresh"), count(&sandbox, "reuse")), (2, 0));
}

#[test]
fn the_reuse_of_a_refresh_token_ends_the_sign_in_and_says_so() {
    let sandbox = approving();
    let first = sandbox.signed_in("sandbox-public", "offline_access", NOW);
    let other = sandbox.signed_in("sandbox-public", "offline_access", NOW);
    let second = refresh(&sandbox, &first, "", NOW).value();
    let again = refresh(&sandbox, &first, "", NOW);
    assert_eq!(error(&again), (400, "invalid_grant".into()));
    assert!(again.value()["error_description"].as_str().unwrap().contains("used before"));
    assert_eq!(error(&refresh(&sandbox, &second, "", NOW)), (400, "invalid_grant".into()));
    assert!(!active(&sandbox, &first) && !active(&sandbox, &second) && active(&sandbox, &other));
    assert_eq!(refresh(&sandbox, &other, "", NOW).status, 200);
    assert_eq!(count(&sandbox, "reuse"), 1);
}

#[test]
fn a_refresh_may_ask_for_less_and_never_for_more_and_a_refused_one_rotates_nothing() {
    let sandbox = approving();
    let answer =
        sandbox.signed_in("sandbox-public", "openid+offline_access+read&resource=https://a.example&resource=https://b.example", NOW);
    for (extra, code) in [
        ("&scope=read+write", "invalid_scope"),
        ("&scope=a++b", "invalid_scope"),
        ("&resource=https://c.example", "invalid_target"),
        ("&resource=relative", "invalid_target"),
    ] {
        assert_eq!(error(&refresh(&sandbox, &answer, extra, NOW)), (400, code.into()));
    }
    let less = refresh(&sandbox, &answer, "&scope=read&resource=https://b.example", NOW).value();
    assert_eq!((&less["scope"], less.get("id_token")), (&json!("read"), None));
    assert_eq!(decoded(&sandbox, &less["access_token"]).claims["aud"], "https://b.example");
    let whole = refresh(&sandbox, &less, "", NOW).value();
    assert_eq!(whole["scope"], "openid offline_access read");
    assert_eq!(decoded(&sandbox, &whole["access_token"]).claims["aud"], json!(["https://a.example", "https://b.example"]));
}

#[test]
fn a_refresh_token_is_bound_to_its_client_and_its_lifetime() {
    let sandbox = changed(|options| options.refresh_lifetime = Seconds(100));
    let answer = sandbox.signed_in("sandbox-public", "offline_access", NOW);
    assert_eq!(answer["refresh_token_expires_in"], 100);
    let form = format!("grant_type=refresh_token&refresh_token={}", answer["refresh_token"].as_str().unwrap());
    let foreign = sandbox.respond(&Request::form("/token", &form).basic("sandbox:sandbox-secret"), NOW);
    assert_eq!(error(&foreign), (400, "invalid_grant".into()));
    let second = refresh(&sandbox, &answer, "", later(99)).value();
    assert_eq!(error(&refresh(&sandbox, &second, "", later(199))), (400, "invalid_grant".into()), "each lives from its own beginning");
    assert_eq!(error(&token(&sandbox, "grant_type=refresh_token", NOW)), (400, "invalid_request".into()));
}
