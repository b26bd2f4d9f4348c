//! The three systems this tool was asked for, answered exactly as their documents say: what is sent, what is printed.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::time::Duration;

use base64::Engine;
#[cfg(feature = "real-parts")]
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use support::proxy::{Manner, Proxy};
use support::*;

/// The header of VeriCerts' own sample decodes to `{"alg":"HS256","typ":"JWT"}`.
const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjbGlfMSJ9.c2lnbmF0dXJl";

fn vericerts_answer() -> Answer {
    Answer::json(200, json!({"access_token": JWT, "token_type": "Bearer", "expires_in": 3600}))
}

fn vericerts(server: &Server) -> Oat {
    Oat::new().env("VERICERTS_CLIENT_ID", "cli_0123").env("VERICERTS_CLIENT_SECRET", SECRET).config(&format!(
        r#"[profile.zero]
provider = "vericerts"
base_url = "{}"
client_id = "cli_0123"
client_secret = {{ env = "VERICERTS_CLIENT_SECRET" }}
"#,
        server.url("")
    ))
}

const ZERO: [&str; 3] = ["token", "get", "zero"];

/// The credentials of the request, wherever a preset puts them, and every other pair.
fn form_without_credentials(request: &Recorded) -> (Vec<(String, String)>, String) {
    let mut pairs = request.form();
    let secret = pairs.iter().position(|(k, _)| k == "client_secret").map(|at| pairs.remove(at).1);
    let id = pairs.iter().position(|(k, _)| k == "client_id").map(|at| pairs.remove(at).1);
    let credentials = match request.header("authorization") {
        None => format!("{}:{}", id.unwrap(), secret.unwrap()),
        Some(basic) => {
            assert!(id.is_none() && secret.is_none(), "credentials twice: {request:?}");
            let coded = basic.strip_prefix("Basic ").unwrap();
            String::from_utf8(base64::engine::general_purpose::STANDARD.decode(coded).unwrap()).unwrap()
        }
    };
    (pairs, credentials)
}

// ── VeriCerts Zero ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn vc1_vc2_vc3_vc4_the_request_is_a_json_post_of_exactly_three_strings() {
    let server = Server::always(vericerts_answer());
    assert_eq!(vericerts(&server).run(&ZERO).line(), JWT);
    let request = server.only();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/auth/token"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("cookie"), None);
    assert_eq!(request.json(), json!({"grant_type": "client_credentials", "client_id": "cli_0123", "client_secret": SECRET}));
    let expected = ["accept", "content-length", "content-type", "host", "user-agent"];
    let extra: Vec<String> = request
        .header_names()
        .into_iter()
        .filter(|n| !expected.contains(&n.as_str()) && n != "connection" && n != "accept-encoding")
        .collect();
    assert_eq!(extra, Vec::<String>::new(), "more is sent than is needed");
}

#[test]
fn vc1_the_base_url_may_come_from_an_environment_variable() {
    let server = Server::always(vericerts_answer());
    let config = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"${VERICERTS_API_URL}\"\nclient_id = \"cli_0\"\nclient_secret = { env = \"VERICERTS_CLIENT_SECRET\" }\n";
    let oat = Oat::new().env("VERICERTS_CLIENT_SECRET", SECRET).config(config);
    oat.run(&ZERO).fails_saying(6, &["VERICERTS_API_URL"]);
    assert_eq!(server.count(), 0);
    let oat = oat.env("VERICERTS_API_URL", &server.url(""));
    assert_eq!(oat.run(&ZERO).line(), JWT);
    assert_eq!(server.only().target, "/v1/auth/token");
}

#[test]
fn vc1_a_slash_at_the_end_of_base_url_makes_no_double_slash() {
    let server = Server::always(vericerts_answer());
    let oat = vericerts(&server).env("OAT_BASE_URL", &server.url("/"));
    assert_eq!(oat.run(&ZERO).line(), JWT);
    assert_eq!(server.only().target, "/v1/auth/token");
}

#[test]
fn vc1_a_preset_without_its_base_url_names_it() {
    let oat = Oat::new()
        .env("S", SECRET)
        .config("[profile.zero]\nprovider = \"vericerts\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n");
    oat.run(&ZERO).fails_saying(6, &["base_url"]);
}

#[test]
fn vc3_a_client_id_of_another_shape_is_sent_as_it_is() {
    let server = Server::always(vericerts_answer());
    vericerts(&server).env("OAT_CLIENT_ID", "not cli+%").run(&ZERO).line();
    assert_eq!(server.only().json()["client_id"], "not cli+%");
}

#[test]
fn vc5_the_answer_is_read_with_its_lifetime() {
    let server = Server::always(vericerts_answer());
    let output = vericerts(&server).run(&["token", "get", "zero", "--format", "json"]);
    let told: Value = serde_json::from_str(output.lines()).unwrap();
    assert_eq!((&told["access_token"], &told["token_type"]), (&json!(JWT), &json!("Bearer")));
    assert!((3590..=3600).contains(&told["expires_in"].as_i64().unwrap()), "{told}");
    assert_eq!(told["profile"], "zero");
    assert_eq!(told["source"], "fetched");
}

#[test]
fn vc6_invalid_client_is_told_with_the_servers_words_and_the_remedy() {
    let server = Server::always(Answer::error(401, "invalid_client", "Invalid client credentials"));
    let oat = vericerts(&server);
    let output = oat.run(&ZERO);
    output.fails_saying(4, &["invalid_client", "Invalid client credentials", "oat: hint: ", "VERICERTS_CLIENT_SECRET"]);
    assert_eq!(server.count(), 1, "a refusal is not asked for again");
    let output = oat.run(&["--json", "token", "get", "zero"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(4), ""));
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert_eq!((&told["kind"], &told["exit_code"], &told["oauth_error"]), (&json!("denied"), &json!(4), &json!("invalid_client")));
    assert_eq!(told["retryable"], false);
    assert!(told["error"].as_str().unwrap().contains("Invalid client credentials") && told["hint"].is_string(), "{told}");
    output.assert_clean(&[SECRET]);
}

#[test]
fn vc7_invalid_grant_means_a_wrong_grant_type_here_and_nobody_is_told_to_log_in() {
    let server = Server::always(Answer::error(400, "invalid_grant", "Invalid grant type"));
    let output = vericerts(&server).run(&ZERO);
    output.fails_saying(4, &["invalid_grant", "grant_type", "client_credentials"]);
    output.does_not_say(&["log in", "login", "sign in"]);
}

#[test]
fn vc7_server_error_is_to_be_tried_again_later() {
    let server = Server::always(Answer::error(400, "server_error", "Internal server error"));
    let output = vericerts(&server).run(&[&ZERO[..], &["--timeout", "2s"]].concat());
    output.fails_saying(5, &["server_error"]);
    output.does_not_say(&["log in", "login", "sign in"]);
}

#[test]
fn vc8_two_server_errors_and_then_a_token_is_a_token() {
    for refusal in
        [Answer::error(500, "server_error", "x"), Answer::text(503, "text/html", "<html>"), Answer::error(200, "server_error", "")]
    {
        let server = Server::script(vec![refusal.clone(), refusal, vericerts_answer()]);
        assert_eq!(vericerts(&server).run(&ZERO).line(), JWT);
        assert_eq!(server.count(), 3);
    }
}

#[test]
fn vc8_retry_after_is_honoured() {
    let server = Server::script(vec![Answer::error(503, "server_error", "x").header("Retry-After", "1"), vericerts_answer()]);
    let output = vericerts(&server).run(&ZERO);
    assert_eq!(output.line(), JWT);
    let times: Vec<_> = server.requests().iter().map(|r| r.at).collect();
    assert!(times[1] - times[0] >= Duration::from_millis(950), "{:?}", times[1] - times[0]);
}

#[test]
fn vc8_a_server_that_stays_broken_ends_in_a_retryable_failure() {
    let server = Server::always(Answer::error(500, "server_error", "x"));
    let output = vericerts(&server).run(&["--json", "token", "get", "zero", "--timeout", "3s"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(5), ""), "{output:?}");
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert_eq!((&told["retryable"], &told["kind"]), (&json!(true), &json!("unavailable")));
    assert!((2..=6).contains(&server.count()), "{}", server.count());
}

#[test]
fn vc9_refresh_asks_anew_and_never_for_a_refresh_token_grant() {
    let server = Server::start(|request| {
        let mut answer = json!({"access_token": format!("token-{}", request.number), "token_type": "Bearer", "expires_in": 3600});
        answer["refresh_token"] = json!("CANARY-refresh");
        Answer::json(200, answer)
    });
    let oat = vericerts(&server);
    assert_eq!(oat.run(&ZERO).line(), "token-0");
    let refreshed = oat.run(&["refresh", "zero"]);
    assert_eq!((refreshed.code, refreshed.stdout.as_str()), (Some(0), ""), "{refreshed:?}");
    assert_eq!(oat.run(&["refresh", "zero", "--print"]).line(), "token-2");
    assert_eq!(oat.run(&ZERO).line(), "token-2", "the cache holds the newest");
    let grants: Vec<Value> = server.requests().iter().map(|r| r.json()["grant_type"].clone()).collect();
    assert_eq!(grants, vec![json!("client_credentials"); 3]);
    refreshed.assert_clean(&["CANARY-refresh", "token-1"]);
}

#[cfg(feature = "real-parts")]
#[test]
fn vc10_a_token_is_served_until_60_seconds_before_its_end_and_not_at_that_instant() {
    let server = Server::start(|r| Answer::token(&format!("t{}", r.number)));
    let mut oat = vericerts(&server);
    let received = 1_800_000_000;
    oat.clock(received);
    assert_eq!(oat.run(&ZERO).line(), "t0");
    oat.clock(received + 3539);
    assert_eq!(oat.run(&ZERO).line(), "t0");
    oat.clock(received + 3540);
    assert_eq!(oat.run(&ZERO).line(), "t1");
    assert_eq!(server.count(), 2);
}

#[test]
fn vc11_a_hundred_gets_are_one_request() {
    let server = Server::always(vericerts_answer().after(Duration::from_millis(200)));
    let outputs = vericerts(&server).swarm(100, &ZERO);
    assert!(outputs.iter().all(|o| o.line() == JWT));
    assert_eq!(server.count(), 1);
}

#[test]
fn vc12_the_header_format_is_the_authorization_line() {
    let server = Server::always(vericerts_answer());
    let output = vericerts(&server).run(&["token", "get", "zero", "--format", "header"]);
    assert_eq!(output.line(), format!("Authorization: Bearer {JWT}"));
}

#[test]
fn vc13_the_secret_comes_from_its_variable_and_a_missing_one_is_named() {
    let server = Server::always(vericerts_answer());
    let oat = vericerts(&server).unset("VERICERTS_CLIENT_SECRET");
    oat.run(&ZERO).fails_saying(6, &["VERICERTS_CLIENT_SECRET"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn vc13_a_literal_secret_works_and_is_warned_of() {
    let server = Server::always(vericerts_answer());
    let oat = Oat::new().config(&format!(
        "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"{}\"\nclient_id = \"c\"\nclient_secret = \"{SECRET}\"\n",
        server.url("")
    ));
    let output = oat.run(&ZERO);
    assert_eq!(output.line(), JWT);
    output.says(&["oat: warning", "client secret", "set-secret"]);
}

#[test]
fn vc14_an_error_that_is_a_web_page_is_a_sentence_and_not_the_page() {
    let page = format!("<!DOCTYPE html><html><body>{CANARY}</body></html>");
    let server = Server::always(Answer::text(401, "text/html; charset=utf-8", page));
    let output = vericerts(&server).run(&ZERO);
    output.fails_saying(4, &["401", "html"]);
    output.does_not_say(&["<html", "doctype"]);
}

#[test]
fn vc14_an_error_without_a_description_is_told_without_one() {
    for body in [json!({"error": "invalid_client"}), json!({"error": "invalid_client", "error_description": null})] {
        let server = Server::always(Answer::json(401, body));
        let output = vericerts(&server).run(&ZERO);
        output.fails_saying(4, &["invalid_client"]);
        output.does_not_say(&["null", "()"]);
    }
}

// ── Auth0 ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn auth0(domain: &str, more: &str) -> String {
    format!(
        "[profile.p]\nprovider = \"auth0\"\ndomain = \"{domain}\"\ngrant = \"client_credentials\"\nclient_id = \"id\"\nclient_secret = {{ env = \"P_SECRET\" }}\n{more}\n"
    )
}

fn auth0_answer() -> Answer {
    Answer::json(200, json!({"access_token": "auth0-token", "token_type": "Bearer", "expires_in": 86400}))
}

#[test]
fn a1_a2_the_request_is_a_form_at_the_tenants_own_domain() {
    for domain in ["t.us.auth0.com", "login.northwind.com"] {
        let there = StandIn::of(domain, auth0_answer());
        let output = there.oat(&auth0(domain, "audience = \"https://api.example.com\"")).get(&[]);
        assert_eq!(output.line(), "auth0-token");
        let connect = there.proxy.requests().remove(0);
        assert_eq!((connect.method.as_str(), connect.target), ("CONNECT", format!("{domain}:443")));
        let request = there.server.only();
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/oauth/token"));
        assert_eq!(request.header("host"), Some(domain));
        let (rest, credentials) = form_without_credentials(&request);
        assert_eq!(credentials, format!("id:{SECRET}"));
        assert_eq!(rest, pairs(&[("audience", "https://api.example.com"), ("grant_type", "client_credentials")]));
    }
}

#[test]
fn a1_the_form_holds_the_secret_in_the_body_and_an_organization_only_when_asked() {
    let there = StandIn::of("t.eu.auth0.com", auth0_answer());
    let oat = there.oat(&auth0("t.eu.auth0.com", "audience = \"https://api\""));
    assert_eq!(oat.get(&["--organization", "org_9"]).line(), "auth0-token");
    let request = there.server.only();
    assert_eq!(request.header("authorization"), None);
    let expected = [
        ("audience", "https://api"),
        ("client_id", "id"),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("organization", "org_9"),
    ];
    assert_eq!(request.form(), pairs(&expected));
}

#[test]
fn a3_a_day_of_life_is_read() {
    let there = StandIn::of("t.us.auth0.com", auth0_answer());
    let output = there.oat(&auth0("t.us.auth0.com", "")).get(&["--format", "json"]);
    let told: Value = serde_json::from_str(output.lines()).unwrap();
    assert!((86_390..=86_400).contains(&told["expires_in"].as_i64().unwrap()), "{told}");
}

#[cfg(feature = "real-parts")]
fn jwt_until(exp: i64) -> String {
    let part = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
    format!("{}.{}.c2ln", part(json!({"alg": "RS256", "typ": "JWT"})), part(json!({"iss": "https://i/", "exp": exp})))
}

#[cfg(feature = "real-parts")]
#[test]
fn a7_without_expires_in_the_jwts_own_end_counts() {
    let now = 1_800_000_000;
    let token = jwt_until(now + 600);
    let server = Server::always(Answer::json(200, json!({"access_token": token, "token_type": "Bearer"})));
    let mut oat = Oat::against(&server);
    oat.clock(now);
    assert_eq!(oat.get(&[]).line(), token);
    oat.clock(now + 530);
    assert_eq!(oat.get(&[]).line(), token);
    assert_eq!(server.count(), 1, "cached until a margin before exp");
    oat.clock(now + 599);
    oat.get(&[]);
    assert_eq!(server.count(), 2);
}

#[cfg(feature = "real-parts")]
#[test]
fn a7_without_expires_in_an_opaque_token_lives_for_the_profiles_default_lifetime() {
    let server = Server::always(Answer::json(200, json!({"access_token": "opaque", "token_type": "Bearer"})));
    let mut oat = Oat::at(&server.url("/token"), "default_lifetime = \"10m\"");
    oat.clock(1_800_000_000);
    oat.get(&[]).line();
    oat.clock(1_800_000_500);
    oat.get(&[]).line();
    assert_eq!(server.count(), 1);
    oat.clock(1_800_000_601);
    oat.get(&[]).line();
    assert_eq!(server.count(), 2);
}

#[test]
fn a7_without_any_lifetime_the_token_is_printed_not_kept_and_that_is_said() {
    let server = Server::always(Answer::json(200, json!({"access_token": "opaque", "token_type": "Bearer"})));
    let oat = Oat::against(&server);
    let output = oat.get(&[]);
    assert_eq!(output.line(), "opaque");
    output.says(&["oat: warning", "lifetime"]);
    assert_eq!(oat.get(&[]).line(), "opaque");
    assert_eq!(server.count(), 2);
}

#[test]
fn a14_a_management_audience_of_another_host_is_warned_of() {
    let domain = "login.northwind.com";
    let there = StandIn::of(domain, auth0_answer());
    let oat = there.oat(&auth0(domain, ""));
    let output = oat.get(&["--audience", "https://northwind.auth0.com/api/v2/"]);
    assert_eq!(output.line(), "auth0-token");
    output.says(&["oat: warning", "management api", "northwind.auth0.com", "login.northwind.com"]);
    let output = oat.get(&["--audience", "https://login.northwind.com/api/v2/"]);
    assert_eq!(output.line(), "auth0-token");
    output.does_not_say(&["warning"]);
}

#[test]
fn a18_too_many_requests_is_for_later_and_the_quota_is_shown_when_asked() {
    let limited = || {
        Answer::error(429, "too_many_requests", "Global limit has been reached")
            .header("X-RateLimit-Limit", "300")
            .header("X-RateLimit-Remaining", "0")
            .header("X-RateLimit-Reset", "1800000000")
    };
    let server = Server::always(limited().header("Retry-After", "120"));
    let oat = Oat::against(&server);
    let output = oat.run(&["-v", "token", "get", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(5), ""), "{output:?}");
    output.says(&["429", "x-ratelimit-remaining"]);
    assert!(output.duration < Duration::from_secs(5), "a wait of two minutes is not waited");
    assert_eq!(server.count(), 1);

    let server = Server::script(vec![limited().header("Retry-After", "1"), Answer::token("after")]);
    assert_eq!(Oat::against(&server).get(&[]).line(), "after");
}

// ── ABBYY Vantage ───────────────────────────────────────────────────────────────────────────────────────────────

fn vantage(more: &str) -> String {
    format!(
        "[profile.p]\nprovider = \"abbyy-vantage\"\ngrant = \"client_credentials\"\nclient_id = \"id\"\nclient_secret = {{ env = \"P_SECRET\" }}\n{more}\n"
    )
}

#[test]
fn ab2_ab12_client_credentials_is_a_form_at_the_region_with_the_documented_scope() {
    for region in ["eu", "us", "au"] {
        let host = format!("vantage-{region}.abbyy.com");
        let there = StandIn::of(&host, Answer::token("vantage-token"));
        let output = there.oat(&vantage(&format!("region = \"{region}\""))).get(&[]);
        assert_eq!(output.line(), "vantage-token");
        assert_eq!(there.proxy.requests()[0].target, format!("{host}:443"));
        let request = there.server.only();
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/auth2/connect/token"));
        assert_eq!(request.header("authorization"), None);
        let expected = [
            ("client_id", "id"),
            ("client_secret", SECRET),
            ("grant_type", "client_credentials"),
            ("scope", "openid permissions global.wildcard"),
        ];
        assert_eq!(request.form(), pairs(&expected));
    }
}

#[test]
fn ab3_a_tenant_is_part_of_the_path() {
    let there = StandIn::of("vantage-eu.abbyy.com", Answer::token("vantage-token"));
    let output = there.oat(&vantage("region = \"eu\"\ntenant = \"0a1b\"")).get(&[]);
    assert_eq!(output.line(), "vantage-token");
    assert_eq!(there.server.only().target, "/auth2/0a1b/connect/token");
}

#[test]
fn ab5_the_scope_of_the_preset_can_be_replaced() {
    let there = StandIn::of("vantage-us.abbyy.com", Answer::token("vantage-token"));
    there.oat(&vantage("region = \"us\"\nscope = \"openid permissions publicapi.all\"")).get(&[]).line();
    let scope = there.server.only().form().into_iter().find(|(k, _)| k == "scope").unwrap().1;
    assert_eq!(scope, "openid permissions publicapi.all");
}

#[test]
fn ab2_a_region_that_does_not_exist_is_refused_before_anything_is_sent() {
    let proxy = Proxy::start(Manner::Refuse(502));
    let oat = Oat::new().env("P_SECRET", SECRET).env("HTTPS_PROXY", &proxy.url()).config(&vantage("region = \"evil.example/\""));
    oat.get(&[]).fails_saying(6, &["region"]);
    assert!(proxy.requests().is_empty());
}

#[test]
fn ab13_invalid_client_at_vantage_mentions_that_its_secrets_expire() {
    let there = StandIn::of("vantage-eu.abbyy.com", Answer::error(400, "invalid_client", ""));
    let output = there.oat(&vantage("region = \"eu\"")).get(&[]);
    output.fails_saying(4, &["invalid_client", "expire"]);
}
