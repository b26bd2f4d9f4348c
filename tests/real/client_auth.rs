//! Clients that prove themselves to a certified server by a key or a certificate.

use crate::authorization_server::AuthorizationServer;
use crate::browser::Browser;
use crate::quiet;
use crate::sign_in::signs_in;
use crate::tokens::decoded;
use serde_json::{Value, json};

const RESOURCE: &str = "resource = [\"https://api.example.com\"]\n";

#[test]
fn private_key_jwt_works_in_every_algorithm_and_each_assertion_is_good_once() {
    let server = AuthorizationServer::start(&["--keys"]);
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let named = format!("token_endpoint_auth_signing_alg = \"{alg}\"");
        let oat = server.keyed(&format!("jwt-{alg}"), if alg == "PS256" { &named } else { "" });
        let first = quiet(&oat.get(&[]));
        assert!(server.active(&first), "{alg}");
        let keys = ["client_assertion", "client_assertion_type", "client_id", "grant_type"];
        assert_eq!(server.last_token_post(), json!({ "scheme": null, "body_keys": keys, "status": 200 }));
        // The server keeps every `jti`, and would refuse one that comes again.
        for _ in 0..3 {
            assert_ne!(quiet(&oat.get(&["--force"])), first);
        }
    }
}

#[test]
fn the_audience_may_be_the_token_endpoint_and_another_is_refused() {
    let server = AuthorizationServer::start(&["--keys"]);
    for (audience, works) in [("issuer", true), ("token_endpoint", true), ("https://another.example", false)] {
        let output = server.keyed("jwt-ES256", &format!("assertion_audience = \"{audience}\"")).get(&[]);
        match works {
            true => assert!(server.active(output.line())),
            false => drop(output.fails_saying(4, &["invalid_client", "https://another.example", "assertion_audience"])),
        }
    }
}

#[test]
fn another_key_and_another_algorithm_are_refused_with_what_was_sent() {
    let server = AuthorizationServer::start(&["--keys"]);
    let oat = server.keyed("jwt-ES256", "");
    let another = include_str!("../../src/jose/private_key/test-keys/p256.sec1.pem");
    oat.file("home/key", 0o600, another);
    oat.get(&[]).fails_saying(4, &["invalid_client", "ES256", "`key-ES256`", "home/key"]);
    let oat = server.keyed("jwt-RS256", "token_endpoint_auth_signing_alg = \"PS256\"");
    oat.get(&[]).fails_saying(4, &["invalid_client", "PS256"]);
}

#[test]
fn client_secret_jwt_works_and_the_secret_is_not_sent() {
    let server = AuthorizationServer::start(&["--keys"]);
    let oat = server.oat("secret-jwt");
    assert!(server.active(&quiet(&oat.get(&[]))));
    assert!(server.active(&quiet(&oat.get(&["--force"]))));
    let keys = ["client_assertion", "client_assertion_type", "client_id", "grant_type"];
    assert_eq!(server.last_token_post(), json!({ "scheme": null, "body_keys": keys, "status": 200 }));
}

#[test]
fn a_person_signs_in_refreshes_and_signs_out_with_private_key_jwt() {
    let server = AuthorizationServer::start(&["--keys"]);
    let browser = Browser::new("sign-in", &[]);
    let lines = "scope = \"openid offline_access\"";
    let oat = browser.seat(server.with_key("person-jwt-EdDSA", lines));
    signs_in(&oat, &browser, "p");
    let first = quiet(&oat.get(&[]));
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    let second = quiet(&oat.get(&[]));
    assert!(first != second && server.active(&second));
    assert_eq!((server.granted("refresh_token"), server.reuses()), (1, 0));
    let output = oat.run(&["logout", "p"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    output.does_not_say(&["warning"]);
    assert!(!server.active(&second));
}

/// RFC 8705: both forms over https, at the addresses for clients with a certificate, with tokens that are bound to it.
#[test]
fn a_certificate_proves_the_client_and_its_tokens_are_bound_to_it() {
    let server = AuthorizationServer::start(&["--keys", "--tls"]);
    for (client, method) in [("tls", "tls_client_auth"), ("self-signed", "self_signed_tls_client_auth")] {
        let oat = server.keyed(client, &format!("client_auth = \"{method}\"\n{RESOURCE}"));
        let token = quiet(&oat.get(&[]));
        let claims: Value = serde_json::from_slice(&decoded(token.split('.').nth(1).unwrap())).unwrap();
        assert!(claims["cnf"]["x5t#S256"].is_string(), "{claims}");
        assert_eq!(server.last_token_post()["body_keys"], json!(["client_id", "grant_type", "resource"]));
        // An opaque one is asked about, and revoked, at the same addresses.
        let oat = server.keyed(client, &format!("client_auth = \"{method}\""));
        let token = quiet(&oat.get(&[]));
        assert!(server.introspected(&token)["cnf"]["x5t#S256"].is_string());
        let output = oat.run(&["inspect", "p", "--introspect", "--json"]);
        let report: Value = serde_json::from_str(output.stdout.trim()).unwrap_or_else(|_| panic!("{output:#?}"));
        let active = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "active").unwrap();
        assert_eq!(active["ok"], true, "{report}");
        let output = oat.run(&["logout", "p"]);
        assert_eq!(output.code, Some(0), "{output:#?}");
        assert!(!server.active(&token));
    }
}

#[test]
fn a_certificate_that_the_server_does_not_know_is_refused_in_words() {
    let server = AuthorizationServer::start(&["--keys", "--tls"]);
    let oat = server.keyed("tls", "client_auth = \"tls_client_auth\"");
    let other = server.keyed("self-signed", "");
    for name in ["key", "cert"] {
        std::fs::copy(other.home().join(name), oat.home().join(name)).unwrap();
    }
    oat.get(&[]).fails_saying(4, &["invalid_client", "home/cert", "tls_client_auth"]);
    // Not at the alias, nobody asks for a certificate.
    let direct = format!("client_auth = \"tls_client_auth\"\ntoken_endpoint = '{}/token'", server.issuer());
    server.keyed("tls", &direct).get(&[]).fails_saying(4, &["invalid_client"]);
}
