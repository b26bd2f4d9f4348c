//! `oat login` from the authorization request to what is kept: what is asked, what is exchanged, what is told.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use support::redirect::*;
use support::*;

/// The parameters of the authorization request by name; none is there twice.
fn asked(login: &Login) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> = login.url.query_pairs().into_owned().collect();
    let map: BTreeMap<String, String> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter is there twice: {pairs:?}");
    map
}

/// The parameters that these lines of a profile add, and those that are always there.
fn asked_with(provider: &Provider, more: &str) -> BTreeMap<String, String> {
    asked(&Login::start(&provider.oat(more), provider, &[]))
}

const ALWAYS: [&str; 9] =
    ["client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_mode", "response_type", "scope", "state"];

// ── R20, R21: the request ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r20_r21_a_request_has_exactly_what_it_needs_and_fresh_values_each_time() {
    let provider = Provider::good();
    let oat = provider.oat("scope = \"openid\"");
    let logins = [Login::start(&oat, &provider, &[]), Login::start(&oat, &provider, &[])];
    let mut seen = Vec::new();
    for login in &logins {
        assert!(login.url.as_str().starts_with(&provider.server.url("/authorize?")), "{}", login.url);
        let asked = asked(login);
        assert_eq!(asked.keys().map(String::as_str).collect::<Vec<_>>(), ALWAYS);
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
            ("response_mode", "query"),
        ] {
            assert_eq!(asked[name], value);
        }
        for name in ["state", "nonce", "code_challenge"] {
            // 32 octets in base64url.
            assert_eq!(asked[name].len(), 43, "{name}");
            assert!(asked[name].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
            seen.push(asked[name].clone());
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "a value came twice");
    for login in logins {
        let asked = asked(&login);
        assert_eq!(login.approve().status, 200);
        assert_eq!(login.end().code, Some(0));
        let form = provider.token_forms().pop().unwrap();
        // RFC 7636 section 4.6.
        assert_eq!(base64url(Sha256::digest(field(&form, "code_verifier"))), asked["code_challenge"]);
        assert_eq!(field(&form, "redirect_uri"), asked["redirect_uri"]);
    }
}

#[test]
fn r21_pkce_cannot_be_switched_off_and_no_protocol_parameter_comes_from_elsewhere() {
    let provider = Provider::good();
    for parameter in [
        "code_challenge_method = \"plain\"",
        "code_challenge = \"x\"",
        "state = \"x\"",
        "nonce = \"x\"",
        "redirect_uri = \"x\"",
        "response_type = \"token\"",
        "response_mode = \"form_post\"",
        "request = \"x\"",
        "request_uri = \"x\"",
        "client_id = \"x\"",
    ] {
        let output = provider.oat(&format!("authorize_params = {{ {parameter} }}")).run(&["login", "p", "--no-browser"]);
        output.fails_saying(6, &["authorize_params", parameter.split(' ').next().unwrap()]);
    }
    assert_eq!(provider.server.count(), 0);
    // Nor from the endpoint's own query.
    for own in ["state=x", "code_challenge_method=plain", "redirect_uri=https%3A%2F%2Fevil.example", "client_id=x", "%73tate=x"] {
        let provider = Provider::new(move |request, facts| {
            (request.path() == DISCOVERY)
                .then(|| facts.metadata_with(json!({"authorization_endpoint": format!("{}/authorize?{own}", facts.origin)})))
        });
        let output = provider.oat("").run(&["login", "p", "--no-browser"]);
        output.fails_saying(8, &["authorization endpoint"]);
    }
    // A server that lists only `plain` is asked with S256 all the same.
    let provider = Provider::saying(json!({"code_challenge_methods_supported": ["plain"]}));
    assert_eq!(asked_with(&provider, "")["code_challenge_method"], "S256");
}

#[test]
fn what_the_profile_adds_is_in_the_request() {
    let provider = Provider::good();
    let asked = asked_with(
        &provider,
        "scope = \"openid read\"\naudience = \"https://a\"\norganization = \"org_1\"\nresource = \"https://r\"\nprompt = \"select_account\"\nmax_age = \"15m\"\nlogin_hint = \"ada@example.com\"\nacr_values = \"urn:mfa\"\nauthorize_params = { productId = \"a-1\", access_type = \"offline\", n = 3, yes = true }",
    );
    let added: Vec<(&str, &str)> =
        asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| !ALWAYS.contains(name)).collect();
    let expected = [
        ("access_type", "offline"),
        ("acr_values", "urn:mfa"),
        ("audience", "https://a"),
        ("login_hint", "ada@example.com"),
        ("max_age", "900"),
        ("n", "3"),
        ("organization", "org_1"),
        ("productId", "a-1"),
        ("prompt", "select_account"),
        ("resource", "https://r"),
        ("yes", "true"),
    ];
    assert_eq!(added, expected);
    assert_eq!(asked["scope"], "openid read");
    // A flag of one login wins.
    let oat = provider.oat("login_hint = \"ada\"");
    let login = Login::start(&oat, &provider, &["--login-hint", "eve", "--prompt", "login"]);
    assert_eq!((login.query("login_hint").unwrap(), login.query("prompt").unwrap()), ("eve".into(), "login".into()));
}

#[test]
fn several_resources_are_repeated_on_both_legs() {
    let provider = Provider::good();
    let oat = provider.oat("resource = [\"https://a\", \"https://b\"]");
    let login = Login::start(&oat, &provider, &[]);
    let resources: Vec<String> =
        login.url.query_pairs().filter(|(name, _)| name == "resource").map(|(_, value)| value.into_owned()).collect();
    assert_eq!(resources, ["https://a", "https://b"]);
    login.approve();
    assert_eq!(login.end().code, Some(0));
    let form = provider.token_forms().pop().unwrap();
    assert_eq!(form.iter().filter(|(name, _)| name == "resource").count(), 2, "RFC 8707 section 2.2: {form:?}");
}

#[test]
fn offline_access_brings_prompt_consent_unless_the_profile_says_what_to_prompt() {
    let provider = Provider::good();
    assert_eq!(asked_with(&provider, "")["prompt"], "consent");
    for (more, prompt) in [
        ("scope = \"openid\"", None),
        ("scope = \"openid offline_access\"\nprompt = \"login\"", Some("login")),
        ("scope = \"openid offline_access\"\nprompt = \"\"", None),
        ("scope = \"openid offline_access\"\nauthorize_params = { prompt = \"none\" }", Some("none")),
        ("scope = \"openid offline_access\"\nauthorize_params = { prompt = \"\" }", None),
    ] {
        assert_eq!(asked_with(&provider, more).get("prompt").map(String::as_str), prompt, "{more}");
    }
}

#[test]
fn the_endpoints_own_query_is_kept_and_response_mode_is_named_only_where_it_is_known() {
    let provider = Provider::new(|request, facts| {
        let endpoint = format!("{}/authorize?tenant=a%20b&policy=p", facts.origin);
        (request.path() == DISCOVERY)
            .then(|| facts.metadata_with(json!({"authorization_endpoint": endpoint, "response_modes_supported": ["form_post"]})))
    });
    let asked = asked_with(&provider, "");
    assert_eq!((asked["tenant"].as_str(), asked["policy"].as_str(), asked.get("response_mode")), ("a b", "p", None));
}

#[test]
fn a_server_without_openid_connect_gets_no_nonce_and_needs_no_keys() {
    let provider = Provider::granting(|_, _| Answer::json(200, json!({"access_token": format!("{ACCESS}0"), "expires_in": 60})));
    let at = |path: &str| provider.server.url(path);
    let oat = Oat::new().config(&format!(
        "[profile.p]\nauthorization_endpoint = {:?}\ntoken_endpoint = {:?}\nclient_id = {CLIENT:?}\nscope = \"repo\"\n",
        at("/login/authorize"),
        at("/token")
    ));
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!((login.query("nonce"), login.query("scope").as_deref(), login.query("prompt")), (None, Some("repo"), None));
    assert_eq!(login.approve().status, 200);
    assert_eq!(login.end().code, Some(0));
    assert_eq!(provider.server.count(), 1, "the code, and nothing else");
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}0"));
}

// ── the exchange ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_code_is_exchanged_with_exactly_these_parameters() {
    let secret = "client_secret = { env = \"P_SECRET\" }\nclient_auth = ";
    for (more, own, authorization) in [
        ("", &["client_id"][..], None),
        (&format!("{secret}\"client_secret_post\""), &["client_id", "client_secret"], None),
        (&format!("{secret}\"client_secret_basic\""), &[], Some(format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}"))))),
    ] {
        let provider = Provider::good();
        let oat = provider.oat(more).env("P_SECRET", SECRET);
        sign_in(&oat, &provider);
        let form = provider.token_forms().pop().unwrap();
        let mut names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| !own.contains(name));
        assert_eq!(names, ["code", "code_verifier", "grant_type", "redirect_uri"], "{more}");
        assert_eq!((field(&form, "grant_type"), field(&form, "code")), ("authorization_code", CODE));
        if own.contains(&"client_secret") {
            assert_eq!(field(&form, "client_secret"), SECRET);
        }
        let sent = provider.server.requests().into_iter().find(|request| request.path() == "/token").unwrap();
        assert_eq!(sent.header("authorization"), authorization.as_deref());
        assert!(sent.header("cookie").is_none() && sent.header("origin").is_none());
    }
}

#[test]
fn ab6_the_scope_may_differ_on_the_two_legs() {
    let provider = Provider::good();
    let oat = provider.oat("scope = \"openid permissions\"\ntoken_params = { scope = \"openid permissions offline_access\" }");
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!(login.query("scope").unwrap(), "openid permissions");
    login.approve();
    assert_eq!(login.end().code, Some(0));
    assert_eq!(field(&provider.token_forms()[0], "scope"), "openid permissions offline_access");
}

/// The exchange is answered so: the login ends with this code, the code is sent once, and nothing is kept.
#[track_caller]
fn exchange_fails(answer: Answer, code: i32, words: &[&str]) {
    let provider = Provider::granting(move |_, _| answer.clone());
    let oat = provider.oat("timeout = \"1s\"");
    let login = Login::start(&oat, &provider, &[]);
    let page = login.approve();
    assert!(page.body.contains("The sign-in did not work"), "{page:?}");
    login.end().fails_saying(code, words);
    assert_eq!(provider.server.count_of("/token"), 1, "the code is sent once");
    oat.get(&[]).fails(3);
}

#[test]
fn r55_the_code_is_sent_once_whatever_becomes_of_the_answer() {
    exchange_fails(Answer::error(503, "temporarily_unavailable", "x").header("Retry-After", "0"), 5, &["temporarily_unavailable"]);
    exchange_fails(Answer::error(429, "slow_down", "x").header("Retry-After", "0"), 5, &["slow_down"]);
    exchange_fails(Answer::close(), 5, &["broke the connection off"]);
    exchange_fails(Answer::hang(), 5, &["1 s"]);
    exchange_fails(Answer::text(200, "application/json", "{\"access_token\":\"CANARY").declaring(99), 5, &[]);
    exchange_fails(Answer::error(400, "invalid_grant", "Code expired"), 4, &["invalid_grant", "Code expired"]);
    exchange_fails(Answer::error(401, "invalid_client", "x"), 4, &["invalid_client", "client secret"]);
}

#[test]
fn r56_r105_a_redirected_exchange_is_refused_and_the_code_goes_nowhere() {
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    for status in [301, 302, 303, 307, 308] {
        exchange_fails(Answer::redirect(status, &stranger.url("/token?CANARY")), 8, &[&stranger.address.to_string(), "redirect"]);
    }
    assert_eq!(stranger.connections(), 0);
}

#[test]
fn r59_an_exchange_without_a_token_is_none() {
    let id_token = |mut answer: Value| {
        answer["refresh_token"] = json!("CANARY-refresh-x");
        Answer::json(200, answer)
    };
    exchange_fails(id_token(json!({"error": "invalid_scope", "access_token": "CANARY-access-x"})), 4, &["invalid_scope"]);
    for token in [json!(""), json!(null), json!(7), json!("CANARY\nx")] {
        exchange_fails(id_token(json!({"access_token": token, "token_type": "Bearer", "expires_in": 60})), 8, &[]);
    }
    exchange_fails(Answer::text(200, "text/html", "<html>CANARY</html>"), 8, &["html"]);
}

// ── before anybody is sent anywhere ─────────────────────────────────────────────────────────────────────────────

/// Fails before an address is shown and before anything but metadata is asked for.
#[track_caller]
fn nobody_is_sent(oat: &Oat, code: i32, words: &[&str]) {
    let output = oat.run(&["login", "p", "--no-browser"]);
    output.fails_saying(code, words);
    output.does_not_say(&["open this address"]);
}

#[test]
fn r31_a_server_that_calls_itself_something_else_is_not_signed_in_at() {
    for (issuer, word) in [("https://evil.example", "evil.example"), ("/", "slash")] {
        let provider = Provider::new(move |request, facts| {
            let issuer = if issuer == "/" { format!("{}/", facts.origin) } else { issuer.into() };
            (request.path() == DISCOVERY).then(|| facts.metadata_with(json!({ "issuer": issuer })))
        });
        nobody_is_sent(&provider.oat(""), 8, &[word, "set issuer ="]);
    }
}

#[test]
fn r32_r33_an_endpoint_that_no_browser_should_see_is_refused() {
    for endpoint in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://evil.example/authorize",
        "https://user:CANARY@evil.example/",
        "https://a.example/#x",
        "https://a.example/\u{1b}[2J",
        "ms-settings:x",
        "data:text/html,x",
        "https://b\u{fc}cher.example/",
        "//evil.example/",
        "",
    ] {
        nobody_is_sent(&Provider::saying(json!({"authorization_endpoint": endpoint})).oat(""), 8, &["authorization_endpoint"]);
    }
    // A host that a shell could read is no host.
    for endpoint in ["https://a$(id).example/x", "https://a'b.example/x", "https://a;b.example/"] {
        let output = Provider::saying(json!({"authorization_endpoint": endpoint})).oat("").run(&["login", "p", "--no-browser"]);
        output.fails(8);
    }
    let provider = Provider::saying(json!({"authorization_endpoint": null}));
    nobody_is_sent(&provider.oat(""), 6, &["authorization endpoint", "--device"]);
}

#[test]
fn a_store_that_keeps_nothing_or_has_no_room_is_told_before_anybody_signs_in() {
    let provider = Provider::good();
    nobody_is_sent(&provider.oat("").env("OAT_STORE", "none"), 7, &["switched off"]);
    nobody_is_sent(&provider.oat("").under(&["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]), 7, &[]);
    nobody_is_sent(&provider.oat("").env("OAT_STATE", "/proc/nowhere"), 7, &["/proc/nowhere"]);
    assert_eq!(provider.server.count(), 0);
}

#[test]
fn r100_a_ca_file_that_cannot_be_read_is_told_before_anybody_signs_in() {
    // Endpoints that are known: nothing is asked of the server before the person is.
    let lines = "authorization_endpoint = \"https://a.example/a\"\ntoken_endpoint = \"https://a.example/t\"\nclient_id = \"c\"\n";
    let oat = Oat::new().config(&format!("[profile.p]\n{lines}ca_file = \"/nonexistent/ca.pem\"\n"));
    nobody_is_sent(&oat, 6, &["/nonexistent/ca.pem"]);
}

#[test]
fn a_machines_profile_is_nobodys_to_sign_in_to() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::against(&server);
    oat.run(&["login", "p"]).fails_saying(2, &["client_credentials", "oat token get p"]);
    oat.run(&["login", "q"]).fails(6);
    assert_eq!(server.count(), 0);
}

// ── R76, R77: what is told ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r77_stdout_is_empty_and_one_line_says_who_until_when_and_where() {
    let provider = Provider::granting(|_, facts| {
        let mut claims = facts.claims();
        claims["email"] = json!("ada@example.com");
        let mut granted = facts.granted(7230);
        granted["id_token"] = json!(facts.signed(&claims));
        granted["refresh_token_expires_in"] = json!(86_400 * 30);
        Answer::json(200, granted)
    });
    let oat = provider.oat("");
    let output = sign_in(&oat, &provider);
    let last = output.stderr.lines().last().unwrap();
    for word in ["signed in to `p` as ada@example.com", "access token for 2 h", "refreshed in silence until", oat.state().to_str().unwrap()]
    {
        assert!(last.contains(word), "{word}: {output:?}");
    }
    assert!(!output.stderr.contains("warning"), "{output:?}");
    oat.assert_state_holds_none_of(&["CANARY", "ada@example.com"]);
}

#[test]
fn r77_as_json_the_address_and_the_outcome_are_one_object_each_on_stderr() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let login = Login::run(&oat, &provider, &["--json", "login", "p", "--no-browser"]);
    let redirect_uri = login.redirect_uri();
    assert_eq!(redirect_uri.path(), "/callback");
    assert_eq!(login.approve().status, 200);
    let output = login.end();
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""));
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!((&told["profile"], &told["signed_in"], &told["subject"]), (&json!("p"), &json!(true), &json!(SUBJECT)));
    assert!(told["access_token_expires_at"].as_i64().unwrap() > now());
    let denied = Login::run(&oat, &provider, &["--json", "login", "p", "--no-browser"]);
    denied.get(&format!("error=access_denied&state={}", denied.state()));
    let output = denied.end();
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert_eq!((output.code, &told["oauth_error"], &told["exit_code"]), (Some(4), &json!("access_denied"), &json!(4)));
}

#[test]
fn r76_code_state_verifier_and_tokens_are_in_no_output_and_in_no_trace() {
    let echo = |request: &Recorded| request.form().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    for fails in [false, true] {
        let provider = Provider::granting(move |request, facts| match fails {
            true => Answer::error(400, "invalid_request", &echo(request)).header("X-Echo", &echo(request)),
            false => Answer::json(200, facts.granted(3600)),
        });
        let oat = provider.oat("client_secret = { env = \"P_SECRET\" }").env("P_SECRET", SECRET);
        let trace = oat.folder().join("trace");
        let login = Login::start(&oat, &provider, &["-vv", "--trace", trace.to_str().unwrap()]);
        let (state, nonce) = (login.state(), login.query("nonce").unwrap());
        login.get("code=CANARY-foreign&state=CANARY-foreign");
        login.approve();
        let output = login.end();
        assert_eq!(output.code, Some(if fails { 4 } else { 0 }));
        let form = provider.token_forms().pop().unwrap();
        let written = fs::read_to_string(&trace).unwrap();
        assert!(written.contains("grant_type=authorization_code") && written.contains("code_verifier=[redacted]"), "{written}");
        for secret in [field(&form, "code_verifier"), &state, &nonce, CODE, "CANARY", SECRET, "eyJ"] {
            output.assert_clean(&[secret]);
            assert!(!written.contains(secret), "`{secret}` in {written}");
        }
    }
}

#[test]
fn ab9_when_no_refresh_token_came_the_switch_is_named() {
    let without = || {
        Provider::granting(|_, facts| {
            let mut granted = facts.granted(3600);
            granted.as_object_mut().unwrap().remove("refresh_token");
            Answer::json(200, granted)
        })
    };
    let provider = without();
    sign_in(&provider.oat(""), &provider).says(&["warning", "no refresh token", "offline_access"]);
    let provider = without();
    let oat = provider.oat("scope = \"openid\"");
    let output = sign_in(&oat, &provider);
    output.does_not_say(&["warning"]);
    output.says(&["`offline_access` asks for one"]);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}0"));
    oat.get(&["--force"]).fails_saying(3, &["oat login p"]);
}

#[test]
fn a_second_sign_in_takes_the_place_of_the_first() {
    let provider = Provider::granting(|_, facts| {
        let mut claims = facts.claims();
        claims["sub"] = json!(["ada", "eve"][facts.nth % 2]);
        facts.granted_with(&facts.signed(&claims))
    });
    let oat = provider.oat("");
    sign_in(&oat, &provider).says(&["as ada"]);
    sign_in(&oat, &provider).says(&["as eve"]);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
    // One that fails leaves what was there.
    let login = Login::start(&oat, &provider, &[]);
    login.get(&format!("error=access_denied&state={}", login.state()));
    login.end().fails(4);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
}
