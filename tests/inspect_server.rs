//! `oat inspect` and `oat jwks` against a server: whose keys check a token, what the server says of it, and what it may not do.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use support::inspected::*;
use support::redirect::*;
use support::*;

fn verified(report: &Value) -> bool {
    report["verified"].as_bool().unwrap()
}

fn notes(report: &Value) -> String {
    report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Nothing secret is said, on both streams and in the trace.
#[track_caller]
fn nothing_secret(oat: &Oat, args: &[&str], stdin: &str, secrets: &[&str]) {
    for more in [&[][..], &["--json"], &["-vv"], &["--trace", "trace.txt"]] {
        let output = oat.piped(stdin, &[args, more].concat());
        output.assert_clean(&["CANARY"]);
        for secret in secrets {
            output.assert_holds_nothing_of(secret);
        }
        output.assert_harmless();
        if more.contains(&"--json") {
            let _: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:#?}"));
        }
    }
    let trace = fs::read_to_string(oat.folder().join("trace.txt")).unwrap();
    assert!(trace.contains("HTTP") || trace.contains("http"), "{trace}");
    assert!(!trace.to_lowercase().contains("canary"), "{trace}");
    for secret in secrets {
        assert_nothing_of(&trace, secret);
    }
}

// ── whose keys ──────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_profile_with_the_tokens_issuer_says_whose_keys_check_it() {
    let provider = asked(|_, _| None);
    let oat = client_of(&provider, "");
    let output = oat.inspect(&good(&provider), &["--json"]);
    let report = output.report();
    assert!(verified(&report), "{report:#}");
    assert_eq!((check(&report, "signature").0, check(&report, "iss").0), (&json!(true), &json!(true)));
    assert!(check(&report, "signature").1.contains("`k1`") && check(&report, "iss").1.contains("profile `p`"));
    output.does_not_say(&["NOT VERIFIED"]);
    // Nobody but the issuer was asked, and the token went nowhere.
    assert!(provider.server.requests().iter().all(|request| request.body.is_empty() && request.header("authorization").is_none()));
    assert_eq!((provider.server.count_of("/jwks"), provider.server.count_of("/token")), (1, 0));
}

#[test]
fn an_issuer_is_compared_byte_for_byte() {
    let provider = asked(|_, _| None);
    let slash = format!("{}/", issuer(&provider));
    let oat = client_of(&provider, "");
    let output = oat.inspect(&signed(&claims(&slash)), &["--json"]);
    assert!(!verified(&output.report()), "{output:#?}");
    output.says(&["NOT VERIFIED", "no profile has the issuer", &slash]);
    assert_eq!(provider.server.count(), 0);
    // Named, it is told what differs.
    let output = oat.inspect(&signed(&claims(&slash)), &["--json", "--profile", "p"]);
    let report = output.does_not_hold(8, &["slash"]);
    assert_eq!(check(&report, "iss").0, &json!(false));
    let other = oat.inspect(&signed(&claims("https://other.example")), &["--json", "--profile", "p"]);
    other.does_not_hold(8, &["https://other.example", "profile `p`"]);
}

#[test]
fn of_two_profiles_the_one_with_the_issuer_is_taken() {
    let (first, second) = (asked(|_, _| None), asked(|_, _| None));
    let oat = Oat::new().config(&(first.profile("one", "") + &second.profile("two", "")));
    for (provider, other) in [(&first, &second), (&second, &first)] {
        let before = other.server.count();
        assert!(verified(&oat.report(&good(provider), &[])));
        assert_eq!(other.server.count(), before);
    }
    // The keys of one are no keys of the other.
    oat.inspect(&good(&first), &["--profile", "two"]).reported_and_failed(8, &["profile `two`"]);
}

#[test]
fn an_issuer_in_the_environment_needs_no_file() {
    let provider = asked(|_, _| None);
    let oat = Oat::new().env("OAT_ISSUER", &issuer(&provider)).env("OAT_CLIENT_ID", "cli");
    let report = oat.report(&good(&provider), &[]);
    assert!(verified(&report) && !check(&report, "iss").1.contains("sandbox"), "{report:#}");
    assert!(!verified(&oat.report(&signed(&claims("https://other.example")), &[])));
}

#[test]
fn an_issuer_on_the_command_line_is_found_by_discovery() {
    let provider = asked(|_, _| None);
    let oat = Oat::new();
    let report = oat.report(&good(&provider), &["--issuer", &issuer(&provider)]);
    assert!(verified(&report) && check(&report, "iss").1.contains("the issuer asked for"), "{report:#}");
    let report = oat.report(&good(&provider), &["--issuer"]);
    assert!(verified(&report) && check(&report, "iss").1.contains("its own word"), "{report:#}");
    let output = oat.inspect(&signed(&claims("https://other.example")), &["--json", "--issuer", &issuer(&provider)]);
    assert_eq!(check(&output.does_not_hold(8, &["https://other.example"]), "iss").0, &json!(false));
    for (token, words) in [
        (signed(&but(claims("x"), json!({"iss": null}))), "who issued it"),
        (signed(&claims("not a url")), "no issuer"),
        (signed(&claims("http://plain.example")), "plain http"),
        ("opaque".to_string(), "who issued it"),
    ] {
        oat.inspect(&token, &["--issuer"]).fails_saying(8, &[words]);
    }
    oat.inspect(&good(&provider), &["--issuer", "not a url"]).fails_saying(2, &["--issuer"]);
}

#[test]
fn a_changed_token_is_not_verified_and_exits_with_8() {
    let provider = asked(|_, _| None);
    let oat = client_of(&provider, "");
    let token = good(&provider);
    let parts: Vec<&str> = token.split('.').collect();
    let eve = base64url(but(claims(&issuer(&provider)), json!({"sub": "eve"})).to_string());
    let stranger = jwt(&json!({"alg": "ES256", "kid": "k1"}), &claims(&issuer(&provider)), |signed| sign_es256("stranger", signed));
    for token in [format!("{}.{eve}.{}", parts[0], parts[2]), stranger, format!("{}.{}.", parts[0], parts[1])] {
        let output = oat.inspect(&token, &["--json"]);
        let report = output.does_not_hold(8, &["signature"]);
        assert!(!verified(&report) && check(&report, "signature").0 == &json!(false));
        output.says(&["NOT VERIFIED"]);
    }
}

#[test]
fn r45_keys_and_addresses_in_the_header_are_not_looked_at() {
    let stranger = Server::always(Answer::json(200, json!({"keys": [jwk("stranger")]})));
    let provider = asked(|_, _| None);
    let header = json!({"alg": "ES256", "kid": "k1", "jwk": jwk("stranger"), "jku": stranger.url("/jwks"), "x5u": stranger.url("/x")});
    let token = jwt(&header, &claims(&issuer(&provider)), |signed| sign_es256("stranger", signed));
    let report = client_of(&provider, "").inspect(&token, &["--json"]).does_not_hold(8, &["signature"]);
    assert!(notes(&report).contains("a key of its own"));
    assert_eq!(stranger.connections(), 0);
}

#[test]
fn r41_a_token_with_a_symmetric_algorithm_is_refused_against_public_keys() {
    let provider = asked(|_, _| None);
    let token = support::id_token::hs256(&claims(&issuer(&provider)), SECRET);
    let oat = client_of(&provider, "");
    let output = oat.inspect(&token, &["--json"]);
    let report = output.does_not_hold(8, &["HS256", "symmetric"]);
    assert!(!verified(&report) && check(&report, "alg").0 == &json!(false));
    assert_eq!(provider.server.count_of("/jwks"), 0, "no key was needed to say so");
    // With the secret of the profile, by its name.
    let report = oat.report(&token, &["--profile", "p", "--secret-from", "profile"]);
    assert!(verified(&report) && check(&report, "signature").1.contains("client secret of profile `p`"), "{report:#}");
}

#[test]
fn vericerts_symmetric_tokens_are_shown_as_not_verified_and_nothing_fails() {
    let token = support::id_token::hs256(&json!({"sub": "client-1", "exp": now() + 600, "iat": now()}), "a secret of VeriCerts's own");
    let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": 600});
    let server = Server::always(Answer::json(200, answer));
    let oat = Oat::new().env("P_SECRET", SECRET).config(&format!(
        "[profile.p]\nprovider = \"vericerts\"\nbase_url = {:?}\nclient_id = \"cli\"\nclient_secret = {{ env = \"P_SECRET\" }}\n",
        server.url("")
    ));
    let output = oat.run(&["inspect", "p", "--json"]);
    let report = output.report();
    output.says(&["NOT VERIFIED", "symmetric"]);
    assert!(!verified(&report) && report["reason"].as_str().unwrap().contains("HS256 is symmetric"), "{report:#}");
    assert_eq!(server.count(), 1);
    let page = oat.run(&["inspect", "p"]);
    assert!(page.lines().contains("NOT VERIFIED") && page.stdout.contains("client-1"));
}

// ── Auth0 ───────────────────────────────────────────────────────────────────────────────────────────────────────

const TENANT: &str = "tenant.us.auth0.com";

fn auth0(token: impl Fn() -> String + Send + Sync + 'static) -> StandIn {
    StandIn::with(&[TENANT, "login.northwind.com"], move |request| match request.path() {
        "/oauth/token" => Answer::token(&token()),
        "/.well-known/jwks.json" => Answer::json(200, json!({"keys": [jwk("k1")]})),
        DISCOVERY => {
            let host = request.header("host").unwrap();
            let jwks = format!("https://{host}/.well-known/jwks.json");
            Answer::json(
                200,
                json!({"issuer": format!("https://{host}/"), "jwks_uri": jwks, "token_endpoint": format!("https://{host}/oauth/token"), "authorization_endpoint": format!("https://{host}/authorize"), "response_types_supported": ["code"]}),
            )
        }
        _ => Answer::text(404, "", ""),
    })
}

fn auth0_profile(domain: &str, more: &str) -> String {
    format!(
        "[profile.p]\nprovider = \"auth0\"\ndomain = {domain:?}\ngrant = \"client_credentials\"\nclient_id = \"id\"\nclient_secret = {{ env = \"P_SECRET\" }}\n{more}\n"
    )
}

#[test]
fn an_opaque_token_of_auth0_points_to_the_audience() {
    let there = auth0(|| "CANARY-opaque-token-of-32-letters".into());
    let oat = there.oat(&auth0_profile(TENANT, ""));
    let output = oat.run(&["inspect", "p", "--json"]);
    let report = output.report();
    assert_eq!((&report["format"], verified(&report)), (&json!("opaque"), false));
    assert!(notes(&report).contains("audience"), "{report:#}");
    output.assert_clean(&["CANARY"]);
    let output = there.oat(&auth0_profile(TENANT, "audience = \"https://api\"")).run(&["inspect", "p", "--json"]);
    assert!(!notes(&output.report()).contains("`audience`"), "the profile names one: {output:#?}");
}

#[test]
fn at_auth0_the_tenants_domain_and_its_own_are_two_issuers() {
    let token = |issuer: &str| signed(&but(claims(issuer), json!({"aud": ["https://api", &format!("https://{TENANT}/userinfo")]})));
    let there = auth0(move || token(&format!("https://{TENANT}/")));
    let report = there.oat(&auth0_profile(TENANT, "audience = \"https://api\"")).run(&["inspect", "p", "--json"]).report();
    assert!(verified(&report), "{report:#}");
    assert_eq!(check(&report, "aud").0, &json!(true), "one of an array will do");
    let output = there.oat(&auth0_profile("login.northwind.com", "audience = \"https://api\"")).run(&["inspect", "p", "--json"]);
    let report = output.does_not_hold(8, &[&format!("https://{TENANT}/"), "https://login.northwind.com/"]);
    assert_eq!(check(&report, "iss").0, &json!(false));
    assert!(output.stderr.contains("hint"), "{output:#?}");
    let output = there.oat(&auth0_profile(TENANT, "audience = \"https://other\"")).run(&["inspect", "p", "--json"]);
    assert_eq!(check(&output.does_not_hold(8, &["https://other"]), "aud").0, &json!(false));
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r34_keys_and_metadata_are_kept_for_the_next_time() {
    let provider = asked(|_, _| None);
    let oat = client_of(&provider, "");
    for _ in 0..3 {
        assert!(verified(&oat.report(&good(&provider), &[])));
    }
    assert_eq!((provider.server.count_of("/jwks"), provider.server.count_of(DISCOVERY), provider.server.count()), (1, 1, 2));
}

#[test]
fn r47_an_unknown_key_is_asked_for_once_more_and_not_again_within_a_minute() {
    let turned = Arc::new(AtomicBool::new(false));
    let after = turned.clone();
    let provider = asked(move |request, _| {
        let keys = if after.load(SeqCst) { json!([jwk("k1"), jwk("k2")]) } else { json!([jwk("k1")]) };
        (request.path() == "/jwks").then(|| Answer::json(200, json!({"keys": keys})))
    });
    let oat = client_of(&provider, "");
    let by = |kid: &'static str| jwt(&json!({"alg": "ES256", "kid": kid}), &claims(&issuer(&provider)), |signed| sign_es256(kid, signed));
    assert!(verified(&oat.report(&by("k1"), &[])));
    turned.store(true, SeqCst);
    assert!(verified(&oat.report(&by("k2"), &[])), "the new key is found");
    assert_eq!(provider.server.count_of("/jwks"), 2);
    for _ in 0..5 {
        oat.inspect(&by("stranger"), &[]).reported_and_failed(8, &["`stranger`"]);
    }
    assert_eq!(provider.server.count_of("/jwks"), 2, "a bad token is no reason to ask so soon");
    // A key that nobody has is asked for at most once from fresh keys.
    let fresh = client_of(&provider, "");
    fresh.inspect(&by("stranger"), &[]).reported_and_failed(8, &["`stranger`"]);
    assert_eq!(provider.server.count_of("/jwks"), 3);
    fresh.inspect(&by("stranger"), &[]).reported_and_failed(8, &["`stranger`"]);
    assert_eq!(provider.server.count_of("/jwks"), 4);
}

#[test]
fn keys_that_cannot_be_had_are_no_verdict_and_the_report_is_printed() {
    for answer in [Answer::text(503, "", "").header("Retry-After", "60"), Answer::close()] {
        let provider = asked(move |request, _| (request.path() == "/jwks").then(|| answer.clone()));
        let output = client_of(&provider, "").inspect(&good(&provider), &["--json", "--timeout", "2s"]);
        let report = output.does_not_hold(5, &[]);
        assert!(!verified(&report) && check(&report, "signature").0.is_null(), "{report:#}");
        assert!(report["reason"].as_str().unwrap().contains("cannot be had") && report["claims"]["sub"] == SUBJECT);
        output.says(&["NOT VERIFIED"]);
    }
    // Nobody is there at all.
    let token = signed(&claims("http://127.0.0.1:1"));
    let output = Oat::new().inspect(&token, &["--json", "--issuer", "--timeout", "2s"]);
    let report = output.does_not_hold(5, &[]);
    assert!(!verified(&report) && report["claims"]["sub"] == SUBJECT);
}

#[test]
fn r30_metadata_of_another_issuer_is_refused() {
    let provider =
        asked(|request, facts| (request.path() == DISCOVERY).then(|| facts.metadata_with(json!({"issuer": "https://evil.example"}))));
    let output = client_of(&provider, "").inspect(&good(&provider), &["--json"]);
    let report = output.does_not_hold(8, &["https://evil.example"]);
    assert!(!verified(&report), "{report:#}");
    assert_eq!(provider.server.count_of("/jwks"), 0);
}

#[test]
fn keys_of_another_origin_by_redirect_or_no_keys_at_all_verify_nothing() {
    let evil = Server::always(Answer::json(200, json!({"keys": [jwk("k1")]})));
    let to = evil.url("/jwks");
    let provider = asked(move |request, _| (request.path() == "/jwks").then(|| Answer::redirect(302, &to)));
    client_of(&provider, "").inspect(&good(&provider), &[]).reported_and_failed(8, &["origin"]);
    assert_eq!(evil.connections(), 0);
    let provider = asked(|request, _| (request.path() == "/jwks").then(|| Answer::text(200, "text/html", format!("<html>{CANARY}"))));
    client_of(&provider, "").inspect(&good(&provider), &[]).reported_and_failed(8, &["not a JWK set"]);
    let provider = asked(|request, facts| (request.path() == DISCOVERY).then(|| facts.metadata_with(json!({"jwks_uri": null}))));
    let output = client_of(&provider, "").inspect(&good(&provider), &["--json"]);
    assert!(!verified(&serde_json::from_str(&output.stdout).unwrap()), "{output:#?}");
}

// ── introspection ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn introspection_is_the_request_of_rfc_7662_in_the_name_of_the_profile() {
    let provider = asked(|_, _| None);
    let token = good(&provider);
    let report = client_of(&provider, "").report(&token, &["--introspect"]);
    assert_eq!((check(&report, "active").0, &report["introspection"]["active"]), (&json!(true), &json!(true)));
    assert!(verified(&report));
    let requests = provider.server.requests();
    let request = requests.iter().find(|request| request.path() == "/introspect").unwrap();
    assert_eq!((request.method.as_str(), request.header("accept")), ("POST", Some("application/json")));
    let form = request.form();
    assert_eq!((field(&form, "token"), field(&form, "token_type_hint")), (token.as_str(), "access_token"));
    assert_eq!((field(&form, "client_id"), field(&form, "client_secret")), ("cli", SECRET));
    let report = client_of(&provider, "client_auth = \"client_secret_basic\"").report(&token, &["--introspect"]);
    assert!(verified(&report));
    let request = provider.server.requests().into_iter().rfind(|request| request.path() == "/introspect").unwrap();
    assert!(request.header("authorization").unwrap().starts_with("Basic "), "{request:?}");
    assert!(request.form().iter().all(|(name, _)| name != "client_secret"));
}

#[test]
fn an_inactive_token_does_not_hold_and_nothing_else_the_server_says_of_it_is_shown() {
    let provider = asked(|request, _| {
        (request.path() == "/introspect").then(|| Answer::json(200, json!({"active": false, "why": "CANARY-of-a-server"})))
    });
    let output = client_of(&provider, "").inspect(&good(&provider), &["--json", "--introspect"]);
    let report = output.does_not_hold(8, &["not active"]);
    assert_eq!((&report["introspection"], check(&report, "active").0), (&json!({"active": false}), &json!(false)));
    output.assert_clean(&["CANARY"]);
    // What the keys say of the signature stands.
    assert_eq!((check(&report, "signature").0, verified(&report)), (&json!(true), false));
}

#[test]
fn what_token_and_server_say_otherwise_is_pointed_out() {
    let provider = asked(|request, facts| {
        let said = json!({"active": true, "iss": facts.origin, "sub": "eve", "scope": "write read", "aud": ["https://api.example"], "exp": 17, "new": "n"});
        (request.path() == "/introspect").then(|| Answer::json(200, said))
    });
    let report = client_of(&provider, "").report(&good(&provider), &["--introspect"]);
    let notes = notes(&report);
    assert!(notes.contains(r#"`sub`: the token says "ada-17", the server says "eve""#) && notes.contains("`exp`: "), "{notes}");
    assert!(
        !notes.contains("`scope`") && !notes.contains("`aud`") && !notes.contains("`iss`"),
        "order and form are no difference: {notes}"
    );
    let page = client_of(&provider, "").inspect(&good(&provider), &["--introspect"]);
    assert!(page.lines().contains("what the server says of it besides") && page.stdout.lines().any(|line| line.starts_with("  new ")));
}

#[test]
fn an_introspection_that_goes_wrong_is_told_and_the_report_is_printed() {
    let elsewhere = Server::always(Answer::json(200, json!({"active": true})));
    for (answer, code, words) in [
        (Answer::text(200, "text/html", format!("<html>{CANARY}</html>")), 8, "html"),
        (Answer::redirect(302, &elsewhere.url("/")), 8, "redirect"),
        (Answer::redirect(307, &elsewhere.url("/")), 8, "redirect"),
        (Answer::text(500, "", CANARY).header("Retry-After", "60"), 5, "500"),
        (Answer::hang(), 5, "1 s"),
        (Answer::json(200, json!({"active": "true"})), 8, "`active`"),
        (Answer::json(200, json!({"sub": "x"})), 8, "`active`"),
        (Answer::json(200, json!(["CANARY"])), 8, "array"),
        (Answer::error(401, "invalid_client", "nope"), 4, "invalid_client"),
        (Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Type: application/json\r\n\r\n{\"active\":"), 5, ""),
        (Answer::endless(true), 8, ""),
    ] {
        let given = format!("{answer:?}");
        let provider = asked(move |request, _| (request.path() == "/introspect").then(|| answer.clone()));
        let output = client_of(&provider, "").inspect(&good(&provider), &["--json", "--introspect", "--timeout", "1s"]);
        assert_eq!(output.code, Some(code), "{given}: {output:#?}");
        let report = output.does_not_hold(code, &[words]);
        assert!(report.get("introspection").is_none() && report["claims"]["sub"] == SUBJECT);
        assert_eq!(provider.server.count_of("/introspect"), 1, "{given}");
    }
    assert_eq!(elsewhere.connections(), 0, "credentials and token follow no redirect");
}

#[test]
fn the_opaque_token_of_a_profile_is_introspected_by_itself() {
    let provider = asked(|request, _| {
        (request.path() == "/introspect")
            .then(|| Answer::json(200, json!({"active": true, "sub": "s", "scope": "a b", "aud": "https://api"})))
    });
    let oat = client_of(&provider, "");
    let output = oat.run(&["inspect", "p", "--json", "--require-scope", "a"]);
    let report = output.report();
    assert_eq!((&report["format"], &report["claims"], &report["introspection"]["sub"]), (&json!("opaque"), &Value::Null, &json!("s")));
    assert_eq!((verified(&report), check(&report, "active").0, check(&report, "scope").0), (false, &json!(true), &json!(true)));
    output.assert_clean(&["CANARY"]);
    let page = oat.run(&["inspect", "p"]);
    assert!(page.lines().starts_with("ACTIVE, BY THE SERVER'S WORD  access token of profile `p`: opaque"), "{page:#?}");
    oat.run(&["inspect", "p", "--require-scope", "c"]).reported_and_failed(8, &["`c` is missing"]);
    assert_eq!(oat.run(&["inspect", "p", "--claim", "scope"]).line(), "a b");
    let asked_so_far = provider.server.count_of("/introspect");
    let offline = oat.run(&["inspect", "p", "--json", "--offline"]);
    assert!(offline.report().get("introspection").is_none());
    offline.says(&["NOT VERIFIED"]);
    // Nor is one from elsewhere that nobody said is the profile's.
    assert!(oat.report("opaque-of-somebody", &[]).get("introspection").is_none());
    assert_eq!(provider.server.count_of("/introspect"), asked_so_far);
}

#[test]
fn an_opaque_token_whose_server_cannot_be_asked_is_a_note_and_no_failure() {
    for answer in [Some(Answer::text(500, "", "").header("Retry-After", "60")), Some(Answer::error(403, "access_denied", CANARY)), None] {
        let provider = Provider::new(move |request, facts| match request.path() {
            DISCOVERY => answer.as_ref().map(|_| facts.metadata_with(endpoints(&facts.origin))),
            "/introspect" => answer.clone(),
            _ => None,
        });
        let output = client_of(&provider, "").run(&["inspect", "p", "--json"]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(output.code, Some(0), "{output:#?}");
        assert!(notes(&report).contains("could not be asked"), "{report:#}");
        output.says(&["NOT VERIFIED"]);
    }
}

#[test]
fn a_server_is_only_asked_in_the_name_of_a_profile() {
    let provider = asked(|_, _| None);
    let oat = Oat::new();
    for flag in ["--introspect", "--userinfo"] {
        let output = oat.inspect(&good(&provider), &[flag, "--issuer", &issuer(&provider)]);
        assert_eq!(output.code, Some(2), "{output:#?}");
        output.says(&["--profile"]);
    }
    assert_eq!(provider.server.count_of("/introspect") + provider.server.count_of("/userinfo"), 0);
}

// ── userinfo ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn userinfo_is_asked_with_the_token_and_must_be_about_the_same_person() {
    let provider = asked(|_, _| None);
    let token = good(&provider);
    let report = client_of(&provider, "").report(&token, &["--userinfo"]);
    assert_eq!((&report["userinfo"]["sub"], check(&report, "userinfo").0), (&json!(SUBJECT), &json!(true)));
    let request = provider.server.requests().into_iter().rfind(|request| request.path() == "/userinfo").unwrap();
    assert_eq!((request.method.as_str(), request.header("authorization")), ("GET", Some(format!("Bearer {token}").as_str())));
    assert!(request.body.is_empty());

    let provider = asked(|request, _| (request.path() == "/userinfo").then(|| Answer::json(200, json!({"sub": "eve", "name": "Eve"}))));
    let report = client_of(&provider, "").inspect(&good(&provider), &["--json", "--userinfo"]).does_not_hold(8, &["eve", SUBJECT]);
    assert_eq!(check(&report, "userinfo").0, &json!(false));
}

#[test]
fn an_issuer_on_the_command_line_is_asked_for_keys_and_never_about_the_token() {
    let (own, other) = (asked(|_, _| None), asked(|_, _| None));
    let (token, elsewhere) = (good(&own), issuer(&other));
    for word in [&["--profile", "p"][..], &[]] {
        let words = [&["--introspect", "--userinfo", "--json", "--issuer", &elsewhere], word].concat();
        let output = client_of(&own, "").inspect(&token, &words);
        assert_ne!(output.code, Some(0), "{output:#?}");
    }
    assert!(other.server.count_of("/jwks") > 0 && own.server.count_of("/introspect") > 0);
    let sent = |request: &Recorded| request.header("authorization").is_some() || !request.body.is_empty();
    assert!(!other.server.requests().iter().any(sent), "the token, or a secret, went to another server");
}

#[test]
fn an_audience_to_check_is_no_wish_for_another_token() {
    let provider = asked(|request, facts| (request.path() == "/token").then(|| Answer::token(&signed(&claims(&facts.origin)))));
    let oat = client_of(&provider, "");
    oat.run(&["inspect", "p", "--audience", "https://api.example"]).says(&[]);
    let output = oat.run(&["inspect", "p", "--json", "--audience", "https://other.example"]);
    let report = output.does_not_hold(8, &["not for `https://other.example`"]);
    assert_eq!((&report["claims"]["aud"], provider.server.count_of("/token")), (&json!("https://api.example"), 1));
    let asked = provider.server.requests().into_iter().find(|request| request.path() == "/token").unwrap();
    assert!(!String::from_utf8_lossy(asked.body.as_ref()).contains("audience"));
}

#[test]
fn what_introspection_refuses_does_not_keep_userinfo_from_being_asked() {
    let provider = asked(|request, _| (request.path() == "/introspect").then(|| Answer::json(401, json!({"error": "invalid_client"}))));
    let output = client_of(&provider, "").inspect(&good(&provider), &["--json", "--introspect", "--userinfo"]);
    let report = output.does_not_hold(4, &["invalid_client"]);
    assert_eq!((check(&report, "active").0, check(&report, "userinfo").0), (&Value::Null, &json!(true)));
}

#[test]
fn a_userinfo_that_goes_wrong_is_told_and_the_report_is_printed() {
    let elsewhere = Server::always(Answer::json(200, json!({"sub": SUBJECT})));
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"over {}\"", "\u{9b}31m");
    for (answer, code, words) in [
        (Answer::redirect(302, &elsewhere.url("/")), 8, "redirect"),
        (Answer::text(401, "", "").header("WWW-Authenticate", &challenge), 4, "invalid_token"),
        (Answer::json(200, json!({})), 8, "`sub`"),
        (Answer::json(200, json!({"sub": ""})), 8, "nobody"),
        (Answer::text(200, "text/html", "<html>CANARY"), 8, "html"),
    ] {
        let provider = asked(move |request, _| (request.path() == "/userinfo").then(|| answer.clone()));
        let output = client_of(&provider, "").inspect(&good(&provider), &["--json", "--userinfo"]);
        let report = output.does_not_hold(code, &[words]);
        assert!(report.get("userinfo").is_none() && verified(&report));
        output.assert_clean(&["CANARY"]);
        output.assert_harmless();
    }
    assert_eq!(elsewhere.connections(), 0, "a token follows no redirect");
}

// ── R66, R70: what a server says ────────────────────────────────────────────────────────────────────────────────

#[test]
fn r66_whatever_a_server_says_of_a_token_is_harmless() {
    let provider = asked(|request, _| match request.path() {
        "/introspect" => Some(Answer::json(
            200,
            json!({"active": true, "sub": HOSTILE, HOSTILE: HOSTILE, "::add-mask::x": {"::y::": [HOSTILE, {}]}, "scope": HOSTILE, "aud": HOSTILE}),
        )),
        "/userinfo" => Some(Answer::json(200, json!({"sub": HOSTILE, HOSTILE: [HOSTILE], "::add-mask::z": "::"}))),
        _ => None,
    });
    let oat = client_of(&provider, "");
    let jwt = good(&provider);
    for words in [
        &["inspect", "p"][..],
        &["inspect", "p", "--json"],
        &["inspect", "p", "--claim", "sub"],
        &["inspect", "p", "--claim", "::add-mask::x"],
        &["inspect", "p", "--require-scope", "a", "--audience", "b"],
        &["inspect", "p", "--userinfo"],
        &["inspect", "-", "--introspect", "--userinfo"],
        &["inspect", "-", "--introspect", "--userinfo", "--json"],
        &["inspect", "p", "-"],
        &["inspect", "-", "p", "--json"],
        &["inspect", "p", "-vv"],
    ] {
        let output = oat.piped(&jwt, words);
        assert!(matches!(output.code, Some(0 | 8)) && !output.stdout.is_empty(), "{output:#?}");
        output.assert_harmless();
        output.assert_told();
        if words.contains(&"--json") {
            let _: Value = serde_json::from_str(&output.stdout).unwrap();
        }
    }
    for path in ["/introspect", "/userinfo"] {
        let provider = asked(move |request, _| (request.path() == path).then(|| Answer::error(400, HOSTILE, HOSTILE)));
        let output = client_of(&provider, "").inspect(&good(&provider), &["--introspect", "--userinfo"]);
        assert_ne!(output.code, Some(0), "{output:#?}");
        output.assert_harmless();
        output.assert_told();
    }
}

/// What a server does that repeats whatever it is sent, in every place.
fn echo(request: &Recorded) -> Vec<String> {
    let mut echoes: Vec<String> =
        request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value.clone()).collect();
    if !request.body.is_empty() {
        echoes.extend(request.form().into_iter().filter(|(name, _)| name != "token_type_hint").map(|(_, value)| value));
        echoes.push(String::from_utf8_lossy(&request.body).into_owned());
    }
    echoes
}

#[test]
fn r70_a_server_that_repeats_token_and_secret_is_not_repeated() {
    for auth in ["client_secret_post", "client_secret_basic"] {
        let provider = asked(|request, facts| {
            let all = echo(request).join(" ");
            let mut members = json!({"active": true, "sub": all, "scope": all, "aud": [all], "iss": all, "jti": all, "client_id": all, "deep": {"a": [all]}});
            if !all.is_empty() {
                members[format!("name {all}")] = json!("x");
                members["deep"][&all] = json!("y");
            }
            match request.path() {
                DISCOVERY => None,
                "/introspect" | "/userinfo" => Some(Answer::json(200, members)),
                "/token" => Some(Answer::token(&format!("{ACCESS}{}{}", "x".repeat(500), facts.nth))),
                _ => None,
            }
        });
        let oat = client_of(&provider, &format!("client_auth = {auth:?}"));
        let long = signed(&but(claims(&issuer(&provider)), json!({"pad": "p".repeat(900)})));
        let basic = base64_of(&format!("cli:{SECRET}"));
        let secrets = [long.as_str(), SECRET, &basic, &format!("{ACCESS}{}", "x".repeat(500))];
        nothing_secret(&oat, &["inspect", "p"], "", &secrets);
        nothing_secret(&oat, &["inspect", "p", "--userinfo", "--require-scope", "a", "--audience", "b"], "", &secrets);
        nothing_secret(&oat, &["inspect", "-", "--introspect", "--userinfo"], &long, &secrets);
        nothing_secret(&oat, &["inspect", "-", "p", "--introspect"], &long, &secrets);
    }
}

#[test]
fn r70_an_error_that_repeats_token_and_secret_is_not_repeated() {
    for status in [200, 400, 401, 403] {
        let provider = asked(move |request, _| {
            let all = echo(request).join(" ");
            match request.path() {
                "/introspect" => Some(Answer::error(status, &all, &all)),
                "/userinfo" => Some(
                    Answer::error(status, &all, &all)
                        .header("WWW-Authenticate", &format!("Bearer error=\"{all}\", error_description=\"{all}\"")),
                ),
                _ => None,
            }
        });
        let oat = client_of(&provider, "");
        let long = signed(&but(claims(&issuer(&provider)), json!({"pad": "p".repeat(900)})));
        nothing_secret(&oat, &["inspect", "-", "--introspect"], &long, &[&long, SECRET]);
        nothing_secret(&oat, &["inspect", "-", "--userinfo"], &long, &[&long, SECRET]);
        nothing_secret(&oat, &["inspect", "p"], "", &[SECRET]);
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

// ── oat jwks ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_keys_of_an_issuer_and_of_a_profile_are_listed_anew_each_time() {
    let provider = asked(|_, _| None);
    let url = issuer(&provider);
    let oat = client_of(&provider, "");
    for server in [url.as_str(), "p"] {
        let output = oat.run(&["jwks", server]);
        let lines: Vec<&str> = output.lines().lines().collect();
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["KID", "TYPE", "ALG", "USE", "THUMBPRINT"]);
        assert!(lines[1].starts_with("k1   EC P-256  ES256  sig  ") && lines.len() == 2, "{lines:?}");
        let report = oat.run(&["jwks", server, "--json"]).report();
        let key = &report["keys"][0];
        assert_eq!((&key["kid"], &key["kty"], &key["crv"], &key["x"]), (&json!("k1"), &json!("EC"), &json!("P-256"), &jwk("k1")["x"]));
        assert!(lines[1].ends_with(key["thumbprint"].as_str().unwrap()) && key["thumbprint"].as_str().unwrap().len() == 43);
    }
    assert_eq!(provider.server.count_of("/jwks"), 4);
    oat.run(&["jwks", "nobody"]).fails(6);
    oat.run(&["jwks", "http://plain.example"]).fails_saying(2, &["plain http"]);
}

#[test]
fn weak_and_foreign_keys_are_passed_over_with_a_warning() {
    let provider = asked(|request, _| {
        let weak = json!({"kty": "RSA", "kid": format!("weak{HOSTILE}"), "n": base64url([0xff; 128]), "e": "AQAB"});
        let keys = json!([jwk("k1"), weak, {"kty": "oct", "kid": "o", "k": "CANARY"}, {"kty": "EC", "crv": "P-256", "kid": "off", "x": "AAAA", "y": "AAAA"}]);
        (request.path() == "/jwks").then(|| Answer::json(200, json!({"keys": keys})))
    });
    let output = client_of(&provider, "").run(&["jwks", "p"]);
    assert_eq!(output.lines().lines().count(), 2, "{output:#?}");
    output.says(&["the key `weak", "passed over", "1024", "`off`"]);
    output.assert_harmless();
    output.assert_clean(&["CANARY"]);
    let output = client_of(&provider, "").run(&["jwks", "p", "--json"]);
    let report = output.report();
    assert_eq!(report["keys"].as_array().unwrap().len(), 1);
    assert!(report["refused"].as_array().unwrap().iter().any(|key| key["kid"] == "off" && key["reason"].is_string()), "{report:#}");
    output.assert_harmless();
    // A token by such a key says why it is not verified.
    let token = jwt(&json!({"alg": "ES256", "kid": "off"}), &claims(&issuer(&provider)), |signed| sign_es256("k1", signed));
    client_of(&provider, "").inspect(&token, &[]).reported_and_failed(8, &["the key `off`", "cannot be used"]);
}
