//! The real parts of a sign-in by themselves: the pages of the authorization server, and the browser that walks through them.

use crate::authorization_server::AuthorizationServer;
use crate::browser::Browser;
use crate::support::{Answer, Server};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// RFC 7636 section 4.1: 43 characters at least.
const VERIFIER: &str = "a-code-verifier-that-is-as-long-as-it-has-to-be";

const PAGE: &str = "<!doctype html><title>Signed in</title><link rel=icon href=data:,><p>You may close this window.\
                    <script>history.replaceState(null, '', '/')</script>";

/// Where the redirect ends: a page that is not `oat`'s.
fn home() -> Server {
    Server::always(Answer::text(200, "text/html", PAGE))
}

fn authorization_url(server: &AuthorizationServer, client: &str, home: &Server) -> String {
    let mut url = url::Url::parse(&format!("{}/auth", server.issuer())).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", server.client(client).0),
        ("redirect_uri", &home.url("/callback")),
        ("scope", "openid offline_access email"),
        ("prompt", "consent"),
        ("state", "a-state"),
        ("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))),
        ("code_challenge_method", "S256"),
    ]);
    url.into()
}

/// A parameter of the one redirect that came home.
fn redirected(home: &Server, name: &str) -> String {
    let requests = home.requests();
    let callbacks: Vec<_> = requests.iter().filter(|request| request.path() == "/callback").collect();
    assert_eq!(callbacks.len(), 1, "{requests:#?}");
    parameter(&home.url(&callbacks[0].target), name)
}

fn parameter(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

fn token(server: &AuthorizationServer, parameters: &[(&str, &str)]) -> Value {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    server.post("/token", &["--data", &body])
}

#[test]
fn a_person_signs_in_and_a_refresh_token_that_comes_back_ends_the_sign_in() {
    let (server, home) = (AuthorizationServer::start(&[]), home());
    let page = Browser::new("sign-in", &["--login", "bob"]).visit(&authorization_url(&server, "public", &home));
    assert_eq!(page["steps"].as_array().unwrap().len(), 2, "sign-in and consent: {page:#}");
    assert_eq!((&page["title"], &page["text"]), (&json!("Signed in"), &json!("You may close this window.")));
    assert_eq!((&page["status"], &page["html_bytes"]), (&json!(200), &json!(PAGE.len())));
    assert_eq!((&page["location"], &page["console"], &page["foreign"]), (&json!(home.url("/")), &json!([]), &json!([])));

    let id = ("client_id", server.client("public").0);
    let (code, redirect_uri) = (redirected(&home, "code"), home.url("/callback"));
    let code = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &redirect_uri), ("code_verifier", VERIFIER), id];
    let first = token(&server, &code);
    assert_eq!(server.introspected(first["access_token"].as_str().unwrap())["sub"], "bob");
    let refresh = |answer: &Value| {
        let refresh_token = answer["refresh_token"].as_str().unwrap();
        token(&server, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token), id])
    };
    let second = refresh(&first);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!((server.granted("refresh_token"), server.reuses()), (1, 0));

    let newest = second["access_token"].as_str().unwrap();
    assert!(server.active(newest));
    assert_eq!(refresh(&first)["error"], "invalid_grant");
    assert_eq!(refresh(&second)["error"], "invalid_grant");
    assert_eq!((server.granted("refresh_token"), server.reuses()), (1, 1));
    assert!(!server.active(newest));
}

#[test]
fn a_wrong_password_is_asked_for_again_and_then_denied_consent_comes_home_as_an_error() {
    let (server, home) = (AuthorizationServer::start(&["--tls"]), home());
    let page = Browser::new("wrong-password-first", &[]).visit(&authorization_url(&server, "eddsa", &home));
    let steps = page["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3, "{page:#}");
    assert!(steps[1]["text"].as_str().unwrap().contains("Wrong login or password"), "{page:#}");
    redirected(&home, "code");

    let home = self::home();
    Browser::new("deny", &[]).visit(&authorization_url(&server, "person-post", &home));
    assert_eq!(redirected(&home, "error"), "access_denied");
}

#[test]
fn a_closed_tab_redirects_nowhere_and_a_caught_redirect_is_told() {
    let (server, home) = (AuthorizationServer::start(&[]), home());
    let page = Browser::new("close-tab", &[]).visit(&authorization_url(&server, "public", &home));
    assert_eq!(page["steps"][0]["title"], "Sign in");
    let page = Browser::new("redirect", &[]).visit(&authorization_url(&server, "public", &home));
    assert_eq!(parameter(page["redirect_url"].as_str().unwrap(), "state"), "a-state");
    assert_eq!(home.count(), 0);
}

#[test]
fn a_device_is_signed_in_by_its_link_or_its_code_and_cancelled() {
    let server = AuthorizationServer::start(&[]);
    let id = ("client_id", server.client("device").0);
    let sign_in = |script: &str, typed: bool| -> Value {
        let device = server.post("/device/auth", &["--data", &format!("client_id={}&scope=openid", id.1)]);
        let told = |name: &str| device[name].as_str().unwrap();
        let code = ["--code", told("user_code")];
        let page = if typed {
            Browser::new(script, &code).visit(told("verification_uri"))
        } else {
            Browser::new(script, &[]).visit(told("verification_uri_complete"))
        };
        let poll = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", told("device_code")), id];
        json!({ "page": page["text"], "token": token(&server, &poll) })
    };
    for typed in [false, true] {
        let done = sign_in("device", typed);
        assert!(done["page"].as_str().unwrap().contains("Device signed in"), "{done:#}");
        assert_eq!(server.introspected(done["token"]["access_token"].as_str().unwrap())["sub"], "alice");
    }
    assert_eq!(sign_in("deny", true)["token"]["error"], "access_denied");
}
