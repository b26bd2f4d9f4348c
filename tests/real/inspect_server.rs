//! `oat inspect` against the server that gave the token: its keys, its introspection, its userinfo.

use crate::authorization_server::{AuthorizationServer, verified};
use crate::quiet;
use crate::report::{Report, inspected, inspected_token};
use crate::sign_in::signed_in;
use crate::support::parts::answer_of;
use crate::support::{Oat, json};
use crate::tokens::{thumbprints, tokens, with_claim_changed};
use serde_json::Value;

/// A home with a profile `p` for a JWT that this algorithm signs.
fn for_algorithm(server: &AuthorizationServer, alg: &str) -> Oat {
    let suffix = if alg == "RS256" { String::new() } else { format!("/{}", alg.to_lowercase()) };
    let mut config = format!("{}resource = [\"https://api.example.com{suffix}\"]\n", server.profile("introspector"));
    if server.issuer().starts_with("https") {
        config.push_str(&format!("ca_file = '{}'\n", server.ca_file().display()));
    }
    server.oat("introspector").config(&config)
}

/// `oat token get p --force`.
#[track_caller]
fn new_token(oat: &Oat) -> String {
    quiet(&oat.get(&["--force"]))
}

#[test]
fn access_tokens_verify_over_http_against_the_keys_of_who_issued_them() {
    access_tokens_verify(&AuthorizationServer::start(&[]));
}

#[test]
fn access_tokens_verify_over_https_against_the_keys_of_who_issued_them() {
    access_tokens_verify(&AuthorizationServer::start(&["--tls"]));
}

fn access_tokens_verify(server: &AuthorizationServer) {
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let oat = for_algorithm(server, alg);
        let token = new_token(&oat);
        // The profile is found by the token's `iss`, and brings the private CA.
        let oat = oat.stdin(token.as_str());
        let piped = inspected(&oat, &["-"]);
        piped.holds();
        assert_eq!((&piped.json["header"]["alg"], &piped.json["claims"]["iss"]), (&json!(alg), &json!(server.issuer())), "{piped:#?}");

        inspected(&oat, &["p"]).holds();
        let forged = with_claim_changed(&token, "introspector", "somebody-else");
        inspected_token(oat, &forged, &["--profile", "p"]).fails_at(&["signature"], &["signature"]);
    }
}

#[test]
fn the_claims_are_those_that_jose_reads() {
    let server = AuthorizationServer::start(&[]);
    let oat = for_algorithm(&server, "RS256");
    let token = new_token(&oat);
    let report = inspected(&oat, &["p"]);
    report.holds();
    let mut read = verified(&server.jwks_uri(), &token).unwrap();
    let header = read.as_object_mut().unwrap().remove("header").unwrap();
    assert_eq!((&report.json["claims"], &report.json["header"]), (&read, &header));
    assert_eq!((&report.json["kind"], &report.json["profile"]), (&json!("access_token"), &json!("p")));
    assert_eq!(report.json["expires_at"], read["exp"]);
    for (name, value) in [("--audience", "https://api.example.com"), ("--issuer", server.issuer())] {
        inspected(&oat, &["p", name, value]).holds();
    }
    inspected(&oat, &["p", "--audience", "https://api.example.com/es256"]).fails_at(&["aud"], &["https://api.example.com/es256"]);
}

#[test]
fn an_issuer_alone_is_enough_and_another_one_is_not() {
    let (server, other) = (AuthorizationServer::start(&[]), AuthorizationServer::start(&[]));
    let token = new_token(&for_algorithm(&server, "ES256"));
    inspected_token(Oat::new(), &token, &["--issuer", server.issuer()]).holds();
    inspected_token(Oat::new(), &token, &["--issuer"]).holds();
    inspected_token(Oat::new(), &token, &["--jwks", &server.jwks_uri()]).holds();
    inspected_token(Oat::new(), &token, &["--issuer", other.issuer()]).fails_at(&["iss"], &[other.issuer()]);
    inspected_token(Oat::new(), &token, &["--jwks", &other.jwks_uri()]).fails_at(&["signature", "kid"], &["key", "signature"]);
    let seen = server.seen();
    inspected_token(Oat::new(), &token, &[]).proves_nothing();
    inspected_token(Oat::new(), &token, &["--offline"]).proves_nothing();
    assert_eq!(server.seen(), seen, "nobody is asked who is not named");
}

#[test]
fn an_unknown_authority_is_refused_before_any_key_is_read() {
    let server = AuthorizationServer::start(&["--tls"]);
    let token = new_token(&for_algorithm(&server, "ES256"));
    let seen = server.seen().requests;
    let output = Oat::new().stdin(token.as_str()).run(&["inspect", "-", "--issuer", server.issuer()]);
    assert_eq!(output.code, Some(8), "{output:#?}");
    output.says(&["certificate", "ca_file"]);
    assert_eq!(server.seen().requests, seen);
    let ca = server.ca_file();
    inspected_token(Oat::new(), &token, &["--issuer", server.issuer(), "--ca-file", ca.to_str().unwrap()]).holds();
}

#[test]
fn id_tokens_verify_whatever_asymmetric_key_signs_them() {
    let server = AuthorizationServer::start(&[]);
    for (client, alg) in [("public", "RS256"), ("ps256", "PS256"), ("es256", "ES256"), ("eddsa", "EdDSA")] {
        let oat = signed_in(&server, client);
        let report = inspected(&oat, &["p", "--id-token"]);
        report.holds();
        assert_eq!((&report.json["kind"], &report.json["header"]["alg"]), (&json!("id_token"), &json!(alg)), "{report:#?}");
        assert_eq!((&report.json["claims"]["sub"], &report.json["claims"]["aud"]), (&json!("alice"), &json!(server.client(client).0)));
        for check in ["iss", "aud", "exp"] {
            assert_eq!(report.check(check), true, "{check}: {report:#?}");
        }
    }
}

#[test]
fn an_opaque_token_is_called_so_and_the_server_is_asked_about_it() {
    let server = AuthorizationServer::start(&[]);
    for client in ["basic", "post", "introspector"] {
        let oat = server.oat(client);
        let token = new_token(&oat);
        let asked = server.requests_to("/token/introspection");
        let offline = inspected(&oat, &["p", "--offline"]);
        offline.proves_nothing();
        assert_eq!((&offline.json["format"], &offline.json["claims"]), (&json!("opaque"), &Value::Null), "{offline:#?}");
        assert_eq!(server.requests_to("/token/introspection"), asked);

        let report = inspected(&oat, &["p"]);
        is_active(&report, &json!(server.client(client).0));
        report.output.assert_clean(&[&token, server.client(client).1]);
        assert_eq!(server.requests_to("/token/introspection"), asked + 1);
    }
}

/// An opaque token that the server calls active, of this client.
#[track_caller]
fn is_active(report: &Report, client_id: &Value) {
    assert_eq!(report.output.code, Some(0), "{report:#?}");
    assert_eq!((report.check("active"), &report.json["format"]), (&json!(true), &json!("opaque")), "{report:#?}");
    assert_eq!(
        (&report.json["introspection"]["active"], &report.json["introspection"]["client_id"]),
        (&json!(true), client_id),
        "{report:#?}"
    );
}

#[test]
fn a_revoked_token_is_active_no_more() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("introspector");
    let token = new_token(&oat);
    is_active(&inspected(&oat, &["p", "--introspect"]), &json!("introspector"));
    server.revoke("introspector", &token);
    for words in [&["p", "--introspect"][..], &["p"]] {
        let report = inspected(&oat, words);
        report.fails_at(&["active"], &["active"]);
        assert_eq!(report.json["introspection"], json!({ "active": false }), "{report:#?}");
    }
    let piped = inspected(&oat.stdin(token), &["-", "--profile", "p", "--introspect"]);
    piped.fails_at(&["active"], &["active"]);
}

/// oidc-provider introspects no token that it keeps no record of.
#[test]
fn a_server_that_introspects_no_jwt_is_quoted_and_the_signature_counts_all_the_same() {
    let server = AuthorizationServer::start(&[]);
    let oat = for_algorithm(&server, "ES256");
    new_token(&oat);
    let report = inspected(&oat, &["p", "--introspect"]);
    assert_ne!(report.output.code, Some(0), "{report:#?}");
    assert!(format!("{} {}", report.json, report.output.stderr).contains("unsupported_token_type"), "{report:#?}");
    assert_eq!((report.check("signature"), report.check("active") == true), (&json!(true), false), "{report:#?}");
}

/// RFC 9701.
#[test]
fn a_signed_introspection_answer_is_asked_for_and_checked() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("introspector-jwt");
    let token = new_token(&oat);
    is_active(&inspected(&oat, &["p", "--introspect"]), &json!("introspector-jwt"));
    assert_eq!(server.last_media_type("/token/introspection"), "application/token-introspection+jwt");
    server.revoke("introspector-jwt", &token);
    inspected(&oat, &["p", "--introspect"]).fails_at(&["active"], &["active"]);
}

/// Encrypted to the client's secret, which is nothing to read answers with here.
#[test]
fn an_encrypted_introspection_answer_is_not_believed() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.oat("introspector-jwe");
    new_token(&oat);
    let report = inspected(&oat, &["p", "--introspect"]);
    assert_eq!(server.last_media_type("/token/introspection"), "application/token-introspection+jwt");
    assert_eq!(
        (report.output.code, report.check("active"), report.json.get("introspection")),
        (Some(8), &Value::Null, None),
        "{report:#?}"
    );
    report.output.says(&["encrypted (JWE)", "signed and not encrypted"]);
}

#[test]
fn a_person_is_the_same_in_every_answer_of_the_server() {
    let server = AuthorizationServer::start(&[]);
    let oat = signed_in(&server, "public");
    let token = quiet(&oat.get(&[]));
    let report = inspected(&oat, &["p", "--introspect", "--userinfo"]);
    is_active(&report, &json!("cli-public"));
    assert_eq!((&report.json["introspection"]["sub"], &report.json["userinfo"]["sub"]), (&json!("alice"), &json!("alice")), "{report:#?}");
    assert_eq!((report.check("userinfo"), server.last_media_type("/me")), (&json!(true), "application/json".to_string()), "{report:#?}");
    let id_token = inspected(&oat, &["p", "--id-token", "--userinfo"]);
    id_token.holds();
    assert_eq!(id_token.check("userinfo"), true, "{id_token:#?}");

    server.revoke("public", &token);
    let report = inspected(&oat, &["p", "--introspect", "--userinfo"]);
    report.fails_at(&["active"], &["not active"]);
    let asked = report.json["checks"].as_array().unwrap().iter().find(|check| check["name"] == "userinfo").unwrap();
    assert!(asked["ok"].is_null() && asked["detail"].as_str().unwrap().contains("invalid_token"), "{report:#?}");
    assert_eq!(report.json.get("userinfo"), None, "{report:#?}");
}

/// OpenID Connect Core section 5.3.1: an ID token opens nothing, so it is never sent there.
#[test]
fn an_id_token_is_never_sent_to_userinfo() {
    let server = AuthorizationServer::start(&[]);
    let oat = signed_in(&server, "public");
    let asked = server.requests_to("/me");
    let piped = oat.stdin(tokens().at("/good/ES256/token")).run(&["inspect", "-", "--id-token", "--profile", "p", "--userinfo"]);
    assert_eq!((piped.code, piped.stdout.as_str()), (Some(2), ""), "{piped:#?}");
    assert_eq!(server.requests_to("/me"), asked);
}

#[test]
fn signed_userinfo_is_checked_like_an_id_token() {
    let server = AuthorizationServer::start(&[]);
    let oat = signed_in(&server, "userinfo-jwt");
    let report = inspected(&oat, &["p", "--userinfo"]);
    assert_eq!(server.last_media_type("/me"), "application/jwt");
    assert_eq!(report.output.code, Some(0), "{report:#?}");
    assert_eq!((report.check("userinfo"), &report.json["userinfo"]["sub"]), (&json!(true), &json!("alice")), "{report:#?}");
}

#[test]
fn new_keys_are_fetched_once_and_a_token_of_the_old_ones_is_refused_by_their_name() {
    let server = AuthorizationServer::start(&[]);
    let oat = for_algorithm(&server, "RS256");
    let old = new_token(&oat);
    inspected(&oat, &["p"]).holds();
    let fetched = server.requests_to("/jwks");
    assert_eq!(fetched, 1);
    inspected(&oat, &["p"]).holds();
    assert_eq!(server.requests_to("/jwks"), fetched, "the keys are kept");

    server.rotate();
    assert_ne!(new_token(&oat), old);
    let report = inspected(&oat, &["p"]);
    report.holds();
    assert_eq!(report.json["header"]["kid"], "real-2", "{report:#?}");
    assert_eq!(server.requests_to("/jwks"), fetched + 1);
    inspected(&oat, &["p"]).holds();
    assert_eq!(server.requests_to("/jwks"), fetched + 1, "the new keys are kept");
    // Within a minute the server is not asked again for keys that it does not have, however many names are tried.
    inspected(&oat.stdin(old), &["-", "--profile", "p"]).fails_at(&["kid", "signature"], &["real-1"]);
    assert_eq!(server.requests_to("/jwks"), fetched + 1, "an unknown name made a request");
}

#[test]
fn the_servers_keys_are_listed_with_the_thumbprints_that_jose_computes() {
    let server = AuthorizationServer::start(&[]);
    let jwks: Value = serde_json::from_str(&answer_of("curl", &["-sS", "--fail", "--max-time", "20", &server.jwks_uri()])).unwrap();
    let thumbprints = thumbprints(&jwks);
    let kids: Vec<&String> = thumbprints.as_object().unwrap().keys().collect();
    assert_eq!(kids.len(), 5);
    for who in [server.issuer(), "p"] {
        let output = server.oat("basic").run(&["jwks", who, "--json"]);
        for kid in &kids {
            assert!(output.lines().contains(&format!("\"{kid}\"")), "{kid}: {output:#?}");
            assert!(output.lines().contains(thumbprints[kid.as_str()].as_str().unwrap()), "{kid}: {output:#?}");
        }
        let shown = server.oat("basic").run(&["jwks", who]);
        assert!(kids.iter().all(|kid| shown.lines().contains(kid.as_str())), "{shown:#?}");
    }
}

#[test]
fn the_sandboxs_token_verifies_with_nothing_set_up() {
    let oat = Oat::new();
    let token = quiet(&oat.run(&["token", "get", "sandbox"]));
    inspected(&oat, &["sandbox"]).holds();
    let oat = oat.stdin(token.as_str());
    let report = inspected(&oat, &["-"]);
    report.holds();
    let shown = oat.run(&["inspect", "-"]);
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    shown.does_not_say(&["NOT VERIFIED"]);
    let subject = report.json["claims"]["sub"].as_str().unwrap();
    let forged = with_claim_changed(&token, subject, "mallory");
    inspected(&oat.stdin(forged), &["-"]).fails_at(&["signature"], &["signature"]);
}
