//! A person signs in at ABBYY Vantage and Auth0, answered exactly as their documents say: what is sent, what is printed.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use support::id_token::{jwks, rs256};
use support::sign_in::{SignIn, free_port, query};
use support::*;

/// The pairs without those that differ from run to run, whose values come apart.
fn without<const N: usize>(all: Vec<(String, String)>, names: [&str; N]) -> (Vec<(String, String)>, [String; N]) {
    let value = |name: &str| all.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no `{name}` in {all:?}")).1.clone();
    let values = names.map(value);
    (all.into_iter().filter(|(name, _)| !names.contains(&name.as_str())).collect(), values)
}

fn origin_and_path(url: &url::Url) -> String {
    url[..url::Position::AfterPath].to_string()
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

// ── ABBYY Vantage ───────────────────────────────────────────────────────────────────────────────────────────────

const SCOPE: &str = "openid permissions global.wildcard";
const PRODUCT: &str = "a8548c9b-cb90-4c66-8567-d7372bb9b963";

/// What Vantage answers: a day of access, and a refresh token unless the option is off.
fn vantage_answer(number: usize, refresh_token: bool) -> Answer {
    let mut answer = json!({"access_token": format!("vantage-{number}"), "token_type": "Bearer", "expires_in": 86400, "scope": SCOPE});
    if refresh_token {
        answer["refresh_token"] = json!("CANARY-refresh-1");
    }
    Answer::json(200, answer)
}

fn vantage(more: &str) -> String {
    format!(
        "[profile.p]\nprovider = \"abbyy-vantage\"\nclient_id = \"id\"\nclient_secret = {{ env = \"P_SECRET\" }}\nredirect_ports = [{}]\n{more}\n",
        free_port()
    )
}

fn vantage_of(host: &str) -> StandIn {
    StandIn::with(&[host], |request| vantage_answer(request.number, true))
}

#[test]
fn ab1_ab4_the_person_is_sent_to_the_region_with_exactly_the_documented_parameters() {
    for region in ["eu", "us", "au"] {
        let there = vantage_of(&format!("vantage-{region}.abbyy.com"));
        let (url, _) = there.oat(&vantage(&format!("region = \"{region}\""))).signed_in("code-1", &[]);
        assert_eq!(origin_and_path(&url), format!("https://vantage-{region}.abbyy.com/auth2/connect/authorize"));
        let (rest, [state, challenge, redirect_uri]) = without(query(&url), ["state", "code_challenge", "redirect_uri"]);
        let expected =
            [("client_id", "id"), ("code_challenge_method", "S256"), ("productId", PRODUCT), ("response_type", "code"), ("scope", SCOPE)];
        assert_eq!(rest, pairs(&expected));
        assert!(state.len() >= 43 && challenge.len() == 43, "{url}");
        assert!(redirect_uri.starts_with("http://127.0.0.1:") && redirect_uri.ends_with("/callback"), "{url}");
        assert!(url.as_str().contains("scope=openid%20permissions%20global.wildcard"), "{url}");
    }
}

#[test]
fn ab3_a_tenant_is_part_of_both_paths() {
    let there = vantage_of("vantage-eu.abbyy.com");
    let (url, _) = there.oat(&vantage("region = \"eu\"\ntenant = \"0a1b\"")).signed_in("code-1", &[]);
    assert_eq!(origin_and_path(&url), "https://vantage-eu.abbyy.com/auth2/0a1b/connect/authorize");
    assert_eq!(there.server.only().target, "/auth2/0a1b/connect/token");
}

#[test]
fn ab5_scope_and_product_id_can_be_replaced_in_the_profile_and_it_is_shown_where_they_come_from() {
    let there = vantage_of("vantage-us.abbyy.com");
    let own = "region = \"us\"\nscope = \"openid permissions publicapi.all\"\nauthorize_params = { productId = \"another\" }";
    let oat = there.oat(&vantage(own));
    let (url, _) = oat.signed_in("code-1", &[]);
    let (_, [scope, product]) = without(query(&url), ["scope", "productId"]);
    assert_eq!((scope.as_str(), product.as_str()), ("openid permissions publicapi.all", "another"));
    let (_, [scope]) = without(there.server.only().form(), ["scope"]);
    assert_eq!(scope, "openid permissions publicapi.all offline_access", "the token request follows");
    let shown = oat.run(&["profile", "show", "p"]).lines().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("authorize_params = { productId = \"another\" } # line"), "{shown}");
    assert!(shown.contains("refresh_token_lifetime = \"2592000s\" # preset abbyy-vantage"), "{shown}");
}

#[test]
fn ab6_ab7_the_code_is_traded_with_pkce_the_secret_and_the_scope_of_its_own() {
    let there = vantage_of("vantage-eu.abbyy.com");
    let (url, output) = there.oat(&vantage("region = \"eu\"")).signed_in("CANARY-code", &[]);
    let (_, [challenge, redirect_uri]) = without(query(&url), ["code_challenge", "redirect_uri"]);
    let request = there.server.only();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/auth2/connect/token"));
    assert_eq!(request.header("authorization"), None);
    let (rest, [verifier]) = without(request.form(), ["code_verifier"]);
    let expected = [
        ("client_id", "id"),
        ("client_secret", SECRET),
        ("code", "CANARY-code"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", &redirect_uri),
        ("scope", "openid permissions global.wildcard offline_access"),
    ];
    assert_eq!(rest, pairs(&expected));
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())), challenge, "RFC 7636 section 4.6");
    output.says(&["signed in to `p`", "refreshed in silence until"]);
    output.assert_clean(&["CANARY-code", "CANARY-refresh-1", "vantage-0", &verifier]);
}

#[test]
fn ab8_a_refresh_names_no_scope_and_an_answer_without_a_refresh_token_leaves_the_old_one() {
    let there = StandIn::with(&["vantage-eu.abbyy.com"], |request| vantage_answer(request.number, request.number == 0));
    let oat = there.oat(&vantage("region = \"eu\""));
    oat.signed_in("code-1", &[]);
    assert_eq!(oat.get(&[]).line(), "vantage-0");
    for number in 1..3 {
        assert_eq!(oat.run(&["refresh", "p", "--print"]).line(), format!("vantage-{number}"));
        let request = &there.server.requests()[number];
        let expected =
            [("client_id", "id"), ("client_secret", SECRET), ("grant_type", "refresh_token"), ("refresh_token", "CANARY-refresh-1")];
        assert_eq!(request.form(), pairs(&expected));
        assert_eq!(request.header("authorization"), None);
    }
    oat.assert_state_holds_none_of(&["CANARY-refresh-1", "vantage-2"]);
}

#[test]
fn ab9_without_a_refresh_token_the_option_that_is_off_is_named() {
    let there = StandIn::with(&["vantage-eu.abbyy.com"], |request| vantage_answer(request.number, false));
    let (_, output) = there.oat(&vantage("region = \"eu\"")).signed_in("code-1", &[]);
    let warning = "oat: warning: the server gave no refresh token for profile `p`, though one was asked for: switch \"Allow issuing refresh tokens to refresh access tokens\" on in this client's settings";
    assert!(output.stderr.lines().any(|line| line == warning), "{output:#?}");
}

#[test]
fn ab11_a_fixed_port_that_is_busy_is_told_with_what_else_can_be_done() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let there = vantage_of("vantage-eu.abbyy.com");
    let uri = format!("redirect_uri = \"http://127.0.0.1:{port}/vantage\"");
    let oat = there.oat(&vantage(&format!("region = \"eu\"\n{uri}")));
    let Err(output) = oat.try_sign_in(&[]) else { panic!("another process has the port") };
    output.fails_saying(5, &["cannot listen on 127.0.0.1", &port.to_string(), "oat: hint: ", "redirect_ports"]);
    assert_eq!(there.server.connections(), 0);
    drop(holder);
    let (url, _) = oat.signed_in("code-1", &[]);
    let (_, [redirect_uri]) = without(query(&url), ["redirect_uri"]);
    assert_eq!(redirect_uri, format!("http://127.0.0.1:{port}/vantage"), "exactly as it is registered");
}

#[test]
fn ab13_invalid_client_at_the_exchange_mentions_that_secrets_expire() {
    let there = StandIn::of("vantage-eu.abbyy.com", Answer::error(400, "invalid_client", ""));
    let oat = there.oat(&vantage("region = \"eu\""));
    let sign_in = oat.sign_in(&[]);
    let page = sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
    assert!(page.text.contains("invalid_client"), "{page:?}");
    sign_in.end().fails_saying(4, &["invalid_client", "expires (after 6 months unless set otherwise)", "P_SECRET"]);
}

#[test]
fn ab15_an_answer_with_another_state_is_not_this_logins_and_nothing_is_sent() {
    let there = vantage_of("vantage-eu.abbyy.com");
    let oat = there.oat(&vantage("region = \"eu\""));
    let sign_in = oat.sign_in(&[]);
    let state = sign_in.parameter("state");
    for parameters in [&[("code", "forged"), ("state", "forged")][..], &[("code", "forged")], &[("error", "access_denied"), ("state", "x")]]
    {
        assert_eq!(sign_in.redirect(parameters).status, 400);
    }
    assert_eq!(there.server.connections(), 0);
    sign_in.redirect(&[("code", "code-1"), ("state", &state)]);
    let output = sign_in.end();
    assert_eq!(output.code, Some(0), "{output:#?}");
    output.says(&["ignored a redirect that is not this login's"]);
    let (_, [code]) = without(there.server.only().form(), ["code"]);
    assert_eq!(code, "code-1");
}

#[cfg(feature = "real-parts")]
mod ab10 {
    use super::*;

    const LOGIN: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;

    /// Someone who signed in at `LOGIN`. Vantage sends another refresh token with each refresh, which changes nothing.
    fn signed_in() -> (StandIn, Oat) {
        let there = StandIn::with(&["vantage-eu.abbyy.com"], |request| vantage_answer(request.number, true));
        let mut oat = there.oat(&vantage("region = \"eu\""));
        oat.clock(LOGIN);
        let (_, output) = oat.signed_in("code-1", &[]);
        // 30 days after 2027-01-15T08:00:00Z.
        output.says(&["access token for 24 h", "refreshed in silence until 2027-02-14T08:00:00Z"]);
        (there, oat)
    }

    fn end(oat: &Oat) -> i64 {
        let told: Value = serde_json::from_str(oat.run(&["status", "--json"]).line()).unwrap();
        told["profiles"][0]["refresh_token_expires_at"].as_i64().unwrap()
    }

    #[test]
    fn thirty_days_from_the_sign_in_and_no_refresh_moves_it() {
        let (there, mut oat) = signed_in();
        assert_eq!(end(&oat), LOGIN + 30 * DAY);
        for day in [1, 10, 20, 29] {
            oat.clock(LOGIN + day * DAY);
            oat.get(&[]).line();
            assert_eq!(end(&oat), LOGIN + 30 * DAY, "day {day}");
        }
        assert_eq!(there.server.count(), 5, "one exchange, four refreshes");
    }

    #[test]
    fn after_it_the_refresh_token_is_not_tried_and_the_way_out_is_named() {
        let (there, mut oat) = signed_in();
        oat.clock(LOGIN + 30 * DAY);
        let output = oat.get(&[]);
        output.fails_saying(3, &["refresh token was good until 2027-02-14T08:00:00Z", "nothing prolongs it", "oat: hint: oat login p"]);
        oat.run(&["refresh", "p"]).fails_saying(3, &["oat login p"]);
        assert_eq!(there.server.count(), 1);
        let (_, output) = oat.signed_in("code-2", &[]);
        output.says(&["until 2027-03-16T08:00:00Z"]);
        assert_eq!(end(&oat), LOGIN + 60 * DAY, "a new sign-in is a new start");
    }

    #[test]
    fn three_days_before_a_person_is_told_also_from_the_cache_and_a_script_never() {
        let (_there, mut oat) = signed_in();
        for (later, fresh, warned) in [
            (27 * DAY - 1, true, None),
            (27 * DAY, false, Some("in 3 days (2027-02-14T08:00:00Z)")),
            (28 * DAY, true, Some("in 2 days (2027-02-14T08:00:00Z)")),
            (28 * DAY + 60, false, Some("in 47 h")),
        ] {
            oat.clock(LOGIN + later);
            let (code, screen) = oat.on_terminal(&["-v", "token", "get", "p"], &[]);
            assert_eq!(code, Some(0), "{screen}");
            assert_eq!(screen.contains("token from the cache"), !fresh, "{screen}");
            let told: Vec<&str> = screen.lines().filter(|line| line.contains("warning")).collect();
            match warned {
                None => assert!(told.is_empty(), "{screen}"),
                Some(left) => {
                    assert!(matches!(told[..], [line] if line.contains(left) && line.contains("oat login p")), "{screen}");
                    let quiet = oat.get(&[]);
                    quiet.line();
                    assert_eq!(quiet.stderr, "", "no terminal, no warning");
                }
            }
        }
    }
}

// ── Auth0 ───────────────────────────────────────────────────────────────────────────────────────────────────────

const AUTH0: &str = "t.us.auth0.com";
const API: &str = "https://api.example.com";

fn auth0_at(domain: &str, more: &str) -> String {
    let ports = if more.contains("redirect_ports") { String::new() } else { format!("redirect_ports = [{}]\n", free_port()) };
    format!("[profile.p]\nprovider = \"auth0\"\ndomain = \"{domain}\"\nclient_id = \"id\"\n{ports}{more}\n")
}

fn auth0(more: &str) -> String {
    auth0_at(AUTH0, more)
}

/// What the sample of a code exchange has: no `expires_in`.
fn auth0_sample(access_token: &str) -> Answer {
    Answer::json(200, json!({"access_token": access_token, "refresh_token": "CANARY-refresh-1", "token_type": "Bearer"}))
}

/// Auth0 with ID tokens: what the claims are, beside those that every one of them has.
struct Issuer {
    there: StandIn,
    nonce: Arc<Mutex<Option<String>>>,
}

impl Issuer {
    fn of(domain: &'static str, issuer: &str, more: Value) -> Issuer {
        let nonce: Arc<Mutex<Option<String>>> = Arc::default();
        let (seen, issuer) = (nonce.clone(), issuer.to_string());
        let there = StandIn::with(&[domain], move |request| match request.path() {
            "/.well-known/jwks.json" => Answer::json(200, jwks()),
            "/oauth/token" => {
                let number = request.number;
                let mut claims = json!({"iss": issuer, "sub": "auth0|1", "aud": "id", "email": "ada@example.com", "iat": unix_now(), "exp": unix_now() + 36_000});
                if let Some(nonce) = seen.lock().unwrap().take() {
                    claims["nonce"] = json!(nonce);
                }
                claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let access =
                    rs256(&json!({"iss": issuer, "aud": [API, format!("{issuer}userinfo")], "exp": unix_now() + 86_400, "jti": number}));
                Answer::json(
                    200,
                    json!({"access_token": access, "refresh_token": format!("CANARY-refresh-{number}"), "id_token": rs256(&claims), "token_type": "Bearer"}),
                )
            }
            _ => Answer::text(404, "text/plain", "no"),
        });
        Issuer { there, nonce }
    }

    fn tell(&self, sign_in: &SignIn) {
        *self.nonce.lock().unwrap() = Some(sign_in.parameter("nonce"));
    }
}

#[test]
fn a5_the_authorization_request_is_the_documented_one_with_pkce() {
    let there = StandIn::of(AUTH0, auth0_sample("opaque"));
    let more = format!("audience = \"{API}\"\nscope = \"offline_access\"\ndefault_lifetime = \"1h\"");
    let (url, _) = there.oat(&auth0(&more)).signed_in("code-1", &[]);
    assert_eq!(origin_and_path(&url), "https://t.us.auth0.com/authorize");
    let (rest, [_, _, redirect_uri]) = without(query(&url), ["state", "code_challenge", "redirect_uri"]);
    let expected =
        [("audience", API), ("client_id", "id"), ("code_challenge_method", "S256"), ("response_type", "code"), ("scope", "offline_access")];
    assert_eq!(rest, pairs(&expected));
    assert!(redirect_uri.starts_with("http://127.0.0.1:"), "{redirect_uri}");
}

#[test]
fn a6_a_confidential_client_sends_its_secret_in_the_body() {
    let there = StandIn::of(AUTH0, auth0_sample("opaque"));
    let more = "client_secret = { env = \"P_SECRET\" }\ndefault_lifetime = \"1h\"";
    let (url, _) = there.oat(&auth0(more)).signed_in("code-1", &[]);
    let (_, [redirect_uri]) = without(query(&url), ["redirect_uri"]);
    let request = there.server.only();
    assert_eq!((request.target.as_str(), request.header("authorization")), ("/oauth/token", None));
    let (rest, _) = without(request.form(), ["code_verifier"]);
    let expected = [
        ("client_id", "id"),
        ("client_secret", SECRET),
        ("code", "code-1"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", &redirect_uri),
    ];
    assert_eq!(rest, pairs(&expected));
}

#[test]
fn a6_a_native_client_sends_no_secret_but_pkce() {
    let there = StandIn::of(AUTH0, auth0_sample("opaque"));
    let (url, _) = there.oat(&auth0("default_lifetime = \"1h\"")).signed_in("code-1", &[]);
    let (_, [redirect_uri, challenge]) = without(query(&url), ["redirect_uri", "code_challenge"]);
    let (rest, [verifier]) = without(there.server.only().form(), ["code_verifier"]);
    let expected = [("client_id", "id"), ("code", "code-1"), ("grant_type", "authorization_code"), ("redirect_uri", redirect_uri.as_str())];
    assert_eq!(rest, pairs(&expected));
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())), challenge);
}

#[test]
fn a7_without_expires_in_the_jwts_end_then_the_profiles_lifetime_then_nothing_counts() {
    let jwt = rs256(&json!({"iss": "https://t.us.auth0.com/", "exp": unix_now() + 86_400}));
    for (token, more, asked) in [(jwt.as_str(), "", 1), ("opaque", "default_lifetime = \"10m\"", 1), ("opaque", "", 2)] {
        let there = StandIn::of(AUTH0, auth0_sample(token));
        let oat = there.oat(&auth0(more));
        let (_, output) = oat.signed_in("code-1", &[]);
        assert_eq!(output.stderr.contains("names no lifetime"), asked == 2, "{output:#?}");
        assert_eq!(oat.get(&[]).line(), token);
        assert_eq!(there.server.count(), asked, "{more}");
    }
}

#[test]
fn a8_a_refresh_brings_a_new_id_token_which_is_checked_and_rotates() {
    let auth0_server = Issuer::of(AUTH0, "https://t.us.auth0.com/", json!({}));
    let oat = auth0_server.there.oat(&auth0(&format!("audience = \"{API}\"\nscope = \"openid offline_access\"")));
    let (_, output) = oat.signed_in_after("code-1", &[], |sign_in| auth0_server.tell(sign_in));
    output.says(&["signed in to `p` as ada@example.com"]);
    let first = oat.get(&[]).line().to_string();
    let second = oat.run(&["refresh", "p", "--print"]).line().to_string();
    let third = oat.run(&["refresh", "p", "--print"]).line().to_string();
    assert!(first != second && second != third, "each is new");
    let requests = auth0_server.there.sent_to("/oauth/token");
    for (before, request) in requests.iter().zip(&requests[1..]) {
        let token = format!("CANARY-refresh-{}", before.number);
        assert_eq!(request.form(), pairs(&[("client_id", "id"), ("grant_type", "refresh_token"), ("refresh_token", &token)]));
    }
    assert_eq!(requests.len(), 3);
}

#[test]
fn a9_without_a_refresh_token_the_switch_of_the_api_is_named() {
    let there = StandIn::of(AUTH0, Answer::token("t"));
    let (_, output) = there.oat(&auth0("scope = \"offline_access\"")).signed_in("code-1", &[]);
    let warning = "oat: warning: the server gave no refresh token for profile `p`, though one was asked for: switch \"Allow Offline Access\" on in the dashboard: APIs, the API of `audience`, Settings; and the grant \"Refresh Token\" of the application";
    assert!(output.stderr.lines().any(|line| line == warning), "{output:#?}");
    let (_, output) = there.oat(&auth0("")).signed_in("code-1", &[]);
    output.does_not_say(&["warning"]);
}

#[test]
fn a11_an_audience_may_be_an_array_in_both_tokens() {
    let more = json!({"aud": ["id"]});
    let auth0_server = Issuer::of(AUTH0, "https://t.us.auth0.com/", more);
    let oat = auth0_server.there.oat(&auth0(&format!("audience = \"{API}\"\nscope = \"openid\"")));
    oat.signed_in_after("code-1", &[], |sign_in| auth0_server.tell(sign_in));
    let token = oat.get(&[]).line().to_string();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], json!([API, "https://t.us.auth0.com/userinfo"]));
    assert_eq!(auth0_server.there.sent_to("/oauth/token").len(), 1, "its end was read, and it is kept");
}

#[test]
fn a13_the_issuer_of_a_custom_domain_is_that_domain_with_its_slash() {
    let auth0_server = Issuer::of("login.northwind.com", "https://login.northwind.com/", json!({}));
    let oat = auth0_server.there.oat(&auth0_at("login.northwind.com", "scope = \"openid\""));
    let (url, output) = oat.signed_in_after("code-1", &[], |sign_in| auth0_server.tell(sign_in));
    assert_eq!(origin_and_path(&url), "https://login.northwind.com/authorize");
    output.says(&["as ada@example.com"]);
}

#[test]
fn a13_an_id_token_of_the_other_domain_or_without_the_slash_is_refused() {
    for issuer in ["https://northwind.auth0.com/", "https://login.northwind.com"] {
        let auth0_server = Issuer::of("login.northwind.com", issuer, json!({}));
        let oat = auth0_server.there.oat(&auth0_at("login.northwind.com", "scope = \"openid\""));
        let sign_in = oat.sign_in(&[]);
        auth0_server.tell(&sign_in);
        sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
        let output = sign_in.end();
        output.fails_saying(8, &[issuer, "https://login.northwind.com/", "issuer"]);
        oat.get(&[]).fails_saying(3, &["oat login p"]);
    }
}

#[test]
fn a14_a_management_audience_of_another_host_is_warned_of_at_the_sign_in() {
    let there = StandIn::of("login.northwind.com", Answer::token("t"));
    let oat = there.oat(&auth0_at("login.northwind.com", "audience = \"https://northwind.auth0.com/api/v2/\""));
    let (_, output) = oat.signed_in("code-1", &[]);
    output.says(&["oat: warning", "management api", "northwind.auth0.com"]);
}

#[cfg(feature = "real-parts")]
#[test]
fn a15_after_its_day_a_token_is_refreshed_or_a_new_sign_in_is_due() {
    for refreshed in [true, false] {
        let there = StandIn::with(&[AUTH0], move |request| {
            let mut answer = json!({"access_token": format!("t{}", request.number), "token_type": "Bearer", "expires_in": 86_400});
            if refreshed {
                answer["refresh_token"] = json!("CANARY-refresh");
            }
            Answer::json(200, answer)
        });
        let mut oat = there.oat(&auth0(&format!("audience = \"{API}\"\nscope = \"offline_access\"")));
        oat.clock(1_800_000_000);
        oat.signed_in("code-1", &[]);
        oat.clock(1_800_000_000 + 86_400 - 61);
        assert_eq!(oat.get(&[]).line(), "t0");
        oat.clock(1_800_000_000 + 86_400 - 60);
        match refreshed {
            true => assert_eq!(oat.get(&[]).line(), "t1"),
            false => drop(oat.get(&[]).fails_saying(3, &["there is no refresh token", "oat login p"])),
        }
    }
}

#[test]
fn a17_the_device_flow_sends_what_is_documented_and_polls_the_token_endpoint() {
    let there = StandIn::with(&[AUTH0], |request| match (request.path(), request.number) {
        ("/oauth/device/code", _) => Answer::json(
            200,
            json!({"device_code": "CANARY-device", "user_code": "QTZL-MCBW", "verification_uri": "https://t.us.auth0.com/activate",
                   "verification_uri_complete": "https://t.us.auth0.com/activate?user_code=QTZL-MCBW", "expires_in": 900, "interval": 1}),
        ),
        (_, 1) => Answer::error(403, "authorization_pending", "User has yet to authorize device code."),
        _ => {
            Answer::json(200, json!({"access_token": "t", "refresh_token": "CANARY-refresh", "token_type": "Bearer", "expires_in": 86_400}))
        }
    });
    let oat = there.oat(&auth0(&format!("audience = \"{API}\"\nscope = \"offline_access\"\ngrant = \"device_code\"")));
    let output = oat.run(&["login", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.says(&["https://t.us.auth0.com/activate", "QTZL-MCBW", "signed in to `p`"]);
    output.assert_clean(&["CANARY-device", "CANARY-refresh"]);
    let requests = there.server.requests();
    assert_eq!(requests[0].form(), pairs(&[("audience", API), ("client_id", "id"), ("scope", "offline_access")]));
    let poll =
        pairs(&[("client_id", "id"), ("device_code", "CANARY-device"), ("grant_type", "urn:ietf:params:oauth:grant-type:device_code")]);
    assert_eq!((requests[1].form(), requests[2].form()), (poll.clone(), poll));
    assert!(requests[2].at - requests[1].at >= Duration::from_millis(950), "the interval is kept");
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(there.server.count(), 3);
}

#[test]
fn a19_of_the_registered_ports_the_first_free_one_is_taken() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let (busy, free) = (holder.local_addr().unwrap().port(), free_port());
    let there = StandIn::of(AUTH0, Answer::token("t"));
    let oat = there.oat(&auth0(&format!("redirect_ports = [{busy}, {free}]")));
    let (url, _) = oat.signed_in("code-1", &[]);
    let (_, [redirect_uri]) = without(query(&url), ["redirect_uri"]);
    assert_eq!(redirect_uri, format!("http://127.0.0.1:{free}/callback"));
    let (_, [sent]) = without(there.server.only().form(), ["redirect_uri"]);
    assert_eq!(sent, redirect_uri, "the exchange names the one that was used");
}

#[test]
fn a_person_who_says_no_is_not_told_about_machines() {
    let there = StandIn::of(AUTH0, Answer::token("t"));
    let oat = there.oat(&auth0(""));
    let sign_in = oat.sign_in(&[]);
    let state = sign_in.parameter("state");
    let page = sign_in.redirect(&[("error", "access_denied"), ("error_description", "User did not authorize"), ("state", &state)]);
    assert!(page.text.contains("User did not authorize"), "{page:?}");
    let output = sign_in.end();
    output.fails_saying(4, &["the sign-in was denied: access_denied (User did not authorize)", "oat login p"]);
    output.does_not_say(&["machine to machine"]);
    assert_eq!(there.server.connections(), 0);
}

#[test]
fn another_scope_is_another_token_for_the_same_sign_in() {
    let there = StandIn::with(&[AUTH0], |request| {
        let mut answer = json!({"access_token": format!("t{}", request.number), "token_type": "Bearer", "expires_in": 3600});
        answer["refresh_token"] = json!("CANARY-refresh");
        Answer::json(200, answer)
    });
    let oat = there.oat(&auth0("scope = \"read write offline_access\"\nresource = [\"https://api.example\"]"));
    let (url, _) = oat.signed_in("code-1", &[]);
    let (_, [resource]) = without(query(&url), ["resource"]);
    assert_eq!(resource, "https://api.example", "RFC 8707 section 2.1");
    assert_eq!(oat.get(&[]).line(), "t0");
    assert_eq!(oat.get(&["--scope", "read"]).line(), "t1");
    assert_eq!(oat.get(&["--scope", "read"]).line(), "t1");
    assert_eq!(oat.get(&[]).line(), "t0", "both are kept");
    let (_, [scope, resource]) = without(there.server.requests()[1].form(), ["scope", "resource"]);
    assert_eq!((scope.as_str(), resource.as_str()), ("read", "https://api.example"));
}
