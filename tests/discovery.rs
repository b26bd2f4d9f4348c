//! Server metadata: where it is looked for, what is believed, what is kept, and what is refused before it is used.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, OnceLock};
#[cfg(feature = "real-parts")]
use std::time::{SystemTime, UNIX_EPOCH};

use support::*;

const OIDC: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// A server that knows its own address.
fn knowing(handler: impl Fn(&Recorded, &str) -> Answer + Send + Sync + 'static) -> Server {
    let origin: Arc<OnceLock<String>> = Arc::default();
    let own = origin.clone();
    let server = Server::start(move |request| handler(request, own.wait()));
    origin.set(server.url("")).unwrap();
    server
}

/// Complete metadata of `issuer` with its token_endpoint at the origin's `/token`.
fn metadata(issuer: &str, origin: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]
    })
}

/// Metadata at `path` for the issuer `origin` + `suffix`; tokens at `/token`; nothing else is there.
fn provider(path: &'static str, suffix: &'static str) -> Server {
    knowing(move |request, origin| match request.path() {
        "/token" => Answer::token(&format!("t{}", request.number)),
        p if p == path => Answer::json(200, metadata(&format!("{origin}{suffix}"), origin)),
        _ => Answer::text(404, "text/html", "<html>not here</html>"),
    })
}

fn oat(issuer: &str) -> Oat {
    Oat::with_profile(&format!("issuer = {issuer:?}"))
}

fn paths(server: &Server) -> Vec<String> {
    server.requests().iter().map(|r| r.target.clone()).collect()
}

/// A get against metadata made by `change` out of good metadata.
fn with_metadata(change: impl Fn(Value, &str) -> Answer + Send + Sync + 'static) -> (Server, Output) {
    let server = knowing(move |request, origin| match request.path() {
        OIDC => change(metadata(origin, origin), origin),
        "/token" => Answer::token("t"),
        _ => Answer::text(404, "", ""),
    });
    let output = oat(&server.url("")).get(&["--timeout", "4s"]);
    (server, output)
}

fn replaced(key: &'static str, value: Value) -> impl Fn(Value, &str) -> Answer + Send + Sync + 'static {
    move |mut good, _| {
        good[key] = value.clone();
        Answer::json(200, good)
    }
}

// ── where ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_metadata_is_fetched_without_any_credential_and_its_token_endpoint_is_used() {
    let server = provider(OIDC, "");
    assert_eq!(oat(&server.url("")).get(&[]).line(), "t1");
    let requests = server.requests();
    assert_eq!(paths(&server), [OIDC, "/token"]);
    assert_eq!((requests[0].method.as_str(), requests[1].method.as_str()), ("GET", "POST"));
    assert_eq!(requests[0].header("accept"), Some("application/json"));
    assert!(requests[0].header("authorization").is_none() && requests[0].header("cookie").is_none() && requests[0].body.is_empty());
    assert!(!format!("{:?}", requests[0]).contains("CANARY"));
}

#[test]
fn an_issuer_with_a_path_has_its_oidc_metadata_behind_the_path() {
    let server = provider("/realms/x/.well-known/openid-configuration", "/realms/x");
    assert_eq!(oat(&server.url("/realms/x")).get(&[]).line(), "t1");
    assert_eq!(paths(&server)[0], "/realms/x/.well-known/openid-configuration");
}

#[test]
fn an_issuer_that_ends_in_a_slash_gets_no_double_slash() {
    let server = provider(OIDC, "/");
    assert_eq!(oat(&server.url("/")).get(&[]).line(), "t1");
    assert_eq!(paths(&server), [OIDC, "/token"]);
}

#[test]
fn rfc_8414_metadata_is_found_before_the_path_of_the_issuer() {
    let server = provider("/.well-known/oauth-authorization-server/realms/x", "/realms/x");
    let output = oat(&server.url("/realms/x")).get(&[]);
    output.line();
    let asked = paths(&server);
    assert_eq!(asked[0], "/realms/x/.well-known/openid-configuration");
    assert!(asked.contains(&"/.well-known/oauth-authorization-server/realms/x".to_string()), "{asked:?}");
    assert!(asked.len() <= 4, "{asked:?}");
}

#[test]
fn rfc_8414_metadata_is_found_without_a_path() {
    let server = provider(OAUTH, "");
    oat(&server.url("")).get(&[]).line();
    assert_eq!(paths(&server), [OIDC, OAUTH, "/token"]);
}

#[test]
fn a_server_without_metadata_is_told_with_the_places_that_were_tried_and_the_way_around() {
    let server = Server::always(Answer::text(404, "text/html", format!("<html>{CANARY}</html>")));
    let output = oat(&server.url("/a")).get(&[]);
    output.fails_saying(8, &["404", ".well-known", "token_endpoint"]);
    assert!(server.requests().iter().all(|r| r.method == "GET"));
}

#[test]
fn a_given_token_endpoint_wins_over_the_metadata() {
    let server = knowing(|request, origin| match request.path() {
        OIDC => Answer::json(200, metadata(origin, origin)),
        "/mine" => Answer::token("mine"),
        _ => Answer::token("CANARY-theirs"),
    });
    let output = oat(&server.url("")).env("OAT_TOKEN_ENDPOINT", &server.url("/mine")).get(&[]);
    assert_eq!(output.line(), "mine");
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn the_token_endpoint_may_be_on_another_host_than_the_issuer() {
    // Cognito
    let elsewhere = Server::always(Answer::token("there"));
    let endpoint = elsewhere.url("/oauth2/token");
    let (_server, output) = with_metadata(move |mut good, _| {
        good["token_endpoint"] = json!(endpoint);
        Answer::json(200, good)
    });
    assert_eq!(output.line(), "there");
}

// ── R30, R31: what is believed ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn r31_an_issuer_that_differs_by_a_slash_is_told_with_the_right_value() {
    let server = provider(OIDC, "/");
    let output = oat(&server.url("")).get(&[]);
    assert!(matches!(output.code, Some(6 | 8)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["issuer", &format!("{}`", server.url("/"))]);
    assert_eq!(server.count_of("/token"), 0);

    let server = provider(OIDC, "");
    let output = oat(&server.url("/")).get(&[]);
    assert!(matches!(output.code, Some(6 | 8)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["issuer", &format!("{}`", server.url(""))]);
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn r31_another_issuer_is_refused_and_nothing_is_sent_to_its_token_endpoint() {
    for other in [json!("https://evil.example"), json!(""), json!(null), json!(17), json!(["http://127.0.0.1"]), json!("HTTP://127.0.0.1")]
    {
        let (server, output) = with_metadata(replaced("issuer", other));
        output.fails_saying(8, &["issuer"]);
        assert_eq!(server.count_of("/token"), 0);
    }
}

#[test]
fn r31_the_other_issuer_is_shown_escaped() {
    let (server, output) = with_metadata(replaced("issuer", json!("https://x\u{1b}[2J\u{202e}\n::add-mask::y")));
    output.fails(8);
    assert!(!output.stderr.contains(['\u{1b}', '\u{202e}']));
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn r30_broken_metadata_is_one_line_and_nothing_is_sent_to_a_token_endpoint() {
    let bodies = [
        format!("<html>{CANARY}</html>"),
        String::new(),
        format!("{{\"issuer\":\"{CANARY}"),
        "[]".into(),
        "null".into(),
        "\"x\"".into(),
        format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        "{}".into(),
        "{} {}".into(),
        "\u{feff}\u{feff}{}".into(),
    ];
    for body in bodies {
        let (server, output) = with_metadata(move |_, _| Answer::text(200, "application/json", body.clone()));
        output.fails(8);
        assert!(server.requests().iter().all(|r| r.method == "GET"));
    }
}

#[test]
fn r30_metadata_with_two_token_endpoints_is_refused() {
    let (server, output) = with_metadata(|good, origin| {
        let text = good.to_string();
        Answer::text(200, "application/json", format!("{},\"token_endpoint\":\"{origin}/other\"}}", &text[..text.len() - 1]))
    });
    output.fails_saying(8, &["twice"]);
    assert!(server.requests().iter().all(|r| r.method == "GET"));
}

#[test]
fn r30_metadata_without_a_token_endpoint_says_so() {
    let (_server, output) = with_metadata(|mut good, _| {
        good.as_object_mut().unwrap().remove("token_endpoint");
        Answer::json(200, good)
    });
    output.fails_saying(8, &["token_endpoint"]);
}

#[test]
fn r30_a_server_in_trouble_is_no_server_without_metadata() {
    let (server, output) = with_metadata(|_, _| Answer::text(503, "text/html", "<html>"));
    output.fails_saying(5, &["503"]);
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn r53_metadata_without_end_ends_soon_and_stays_small() {
    for answer in [Answer::endless(true), Answer::endless(false)] {
        let server = Server::always(answer);
        let output = oat(&server.url("")).measured().get(&["--timeout", "5s"]);
        assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
        output.fails(output.code.unwrap());
        assert!(output.peak_kib < 96 * 1024, "{} KiB", output.peak_kib);
    }
}

#[test]
fn metadata_that_leaves_out_grants_and_auth_methods_refuses_nothing() {
    // glewlwyd and lemonldap-ng list less than they can.
    let (server, output) = with_metadata(|mut good, _| {
        good["grant_types_supported"] = json!(["authorization_code"]);
        good["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]);
        good["scopes_supported"] = json!([]);
        Answer::json(200, good)
    });
    assert_eq!(output.line(), "t");
    assert_eq!(server.count_of("/token"), 1);
}

/// How the client authenticated where the profile leaves that open.
fn authentication(methods: Value) -> (bool, bool) {
    let server = knowing(move |request, origin| {
        let mut good = metadata(origin, origin);
        good["token_endpoint_auth_methods_supported"] = methods.clone();
        if request.path() == OIDC { Answer::json(200, good) } else { Answer::token("t") }
    });
    let config = format!(
        "[profile.p]\nissuer = \"{}\"\ngrant = \"client_credentials\"\nclient_id = \"cli\"\nclient_secret = {{ env = \"P_SECRET\" }}\n",
        server.url("")
    );
    Oat::new().env("P_SECRET", SECRET).config(&config).get(&[]).line();
    let request = server.requests().pop().unwrap();
    (request.header("authorization").is_some(), request.form().iter().any(|(k, _)| k == "client_secret"))
}

#[test]
fn the_client_authentication_is_chosen_from_the_metadata_and_basic_is_the_default() {
    assert_eq!(authentication(json!(["client_secret_post"])), (false, true));
    assert_eq!(authentication(json!(["private_key_jwt", "client_secret_basic"])), (true, false));
    // OpenID Connect Discovery section 3: left out means client_secret_basic.
    assert_eq!(authentication(json!(null)), (true, false));
}

// ── R32: endpoints ──────────────────────────────────────────────────────────────────────────────────────────────

const BAD_ENDPOINTS: [&str; 14] = [
    "http://login.example.com/token",
    "http://10.0.0.1/token",
    "http://127.0.0.1.evil.example/token",
    "http://127.0.0.2.example/token",
    "http://localhost.evil.example/token",
    "http://[2001:db8::1]/token",
    "https://user:CANARY-userinfo@login.example.com/token",
    "https://user@login.example.com/token",
    "https://login.example.com/token#fragment",
    "https://login.example.com/to\u{1b}ken",
    "ftp://login.example.com/token",
    "javascript:alert(1)",
    "/token",
    "",
];

#[test]
fn r32_a_token_endpoint_of_the_metadata_that_must_not_be_used_is_refused_before_dns() {
    for bad in BAD_ENDPOINTS {
        let (server, output) = with_metadata(replaced("token_endpoint", json!(bad)));
        output.fails_saying(8, &["token_endpoint"]);
        output.does_not_say(&["resolve", "lookup", "dns", "CANARY-userinfo"]);
        assert!(server.requests().iter().all(|r| r.method == "GET"), "{bad:?}");
    }
}

#[test]
fn r32_a_token_endpoint_of_the_profile_that_must_not_be_used_is_refused_before_dns() {
    for bad in BAD_ENDPOINTS {
        let output = Oat::with_profile(&format!("token_endpoint = {}", json!(bad))).get(&[]);
        output.fails_saying(6, &["token_endpoint"]);
        output.does_not_say(&["resolve", "lookup", "dns", "CANARY-userinfo"]);
    }
}

#[test]
fn r32_a_token_endpoint_of_a_flag_is_checked_too() {
    let output = Oat::at("https://127.0.0.1:1/token", "").get(&["--token-endpoint", "http://login.example.com/token"]);
    assert!(matches!(output.code, Some(2 | 6)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["token", "endpoint", "https"]);
}

#[test]
fn r32_an_issuer_that_must_not_be_used_is_refused_before_dns() {
    for bad in [
        "http://login.example.com",
        "https://u:CANARY-userinfo@login.example.com",
        "https://login.example.com#x",
        "https://login.example.com?x=1",
        "login.example.com",
        "",
    ] {
        let output = oat(bad).get(&[]);
        output.fails_saying(6, &["issuer"]);
        output.does_not_say(&["resolve", "lookup", "dns", "CANARY-userinfo"]);
    }
}

#[test]
fn r32_http_is_good_on_loopback_by_name_and_address() {
    let server = Server::always(Answer::token("t"));
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        assert_eq!(Oat::at(&server.url_as(host, "/token"), "").get(&[]).line(), "t");
    }
}

// ── R56: redirects of metadata ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn r56_metadata_may_be_redirected_within_its_origin() {
    let server = knowing(|request, origin| match request.path() {
        OIDC => Answer::redirect(302, "/moved"),
        "/moved" => Answer::json(200, metadata(origin, origin)),
        _ => Answer::token("t"),
    });
    assert_eq!(oat(&server.url("")).get(&[]).line(), "t");
    let server = knowing(|request, origin| match request.path() {
        OIDC => Answer::redirect(301, &format!("{origin}/moved")),
        "/moved" => Answer::json(200, metadata(origin, origin)),
        _ => Answer::token("t"),
    });
    assert_eq!(oat(&server.url("")).get(&[]).line(), "t");
}

#[test]
fn r56_metadata_redirected_to_another_origin_is_refused_with_the_target_named() {
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    let target = stranger.url("/.well-known/openid-configuration");
    let (server, output) = with_metadata(move |_, _| Answer::redirect(302, &target));
    output.fails_saying(8, &[&stranger.address.to_string()]);
    assert_eq!((stranger.connections(), server.count_of("/token")), (0, 0));
}

#[test]
fn r56_a_circle_of_redirects_ends() {
    let (server, output) = with_metadata(|_, _| Answer::redirect(302, OIDC));
    output.fails(8);
    assert!(server.count() < 15, "{}", server.count());
}

// ── R34: what is kept ───────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "real-parts")]
#[test]
fn r34_metadata_is_kept_for_a_day_by_issuer() {
    let server = provider(OIDC, "");
    let mut user = oat(&server.url(""));
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    user.clock(now);
    user.get(&["--force"]).line();
    user.clock(now + 24 * 3600 - 60);
    user.get(&["--force"]).line();
    assert_eq!(server.count_of(OIDC), 1, "fetched again within a day");
    user.clock(now + 24 * 3600 + 60);
    user.get(&["--force"]).line();
    assert_eq!(server.count_of(OIDC), 2, "older than a day");
    // The clock went back: what comes from the future is not trusted.
    user.clock(now - 3600);
    user.get(&["--force"]).line();
    assert_eq!(server.count_of(OIDC), 3);
}

#[test]
fn r34_fifty_processes_fetch_the_metadata_once() {
    let server = provider(OIDC, "");
    let outputs = oat(&server.url("")).swarm(50, &["token", "get", "p"]);
    assert!(outputs.iter().all(|o| o.line() == "t1"));
    assert_eq!(paths(&server), [OIDC, "/token"]);
}

#[test]
fn r34_another_issuer_does_not_get_the_kept_metadata() {
    let (one, other) = (provider(OIDC, ""), provider(OIDC, ""));
    let user = oat(&one.url(""));
    user.get(&["--force"]).line();
    let user = user.env("OAT_ISSUER", &other.url(""));
    user.get(&["--force"]).line();
    assert_eq!((one.count(), other.count()), (2, 2));
}

#[test]
fn r34_refused_metadata_is_not_kept() {
    let server = knowing(|request, origin| match (request.path(), request.number) {
        (OIDC, 0) => Answer::json(200, metadata("https://evil.example", origin)),
        (OIDC, _) => Answer::json(200, metadata(origin, origin)),
        _ => Answer::token("t"),
    });
    let user = oat(&server.url(""));
    user.get(&[]).fails(8);
    assert_eq!(user.get(&[]).line(), "t");
}

#[test]
fn r34_a_poisoned_copy_is_ignored() {
    let server = provider(OIDC, "");
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    let user = oat(&server.url(""));
    user.get(&["--force"]).line();
    let copies: Vec<_> =
        user.state_files().into_iter().filter(|p| fs::read_to_string(p).is_ok_and(|t| t.contains("token_endpoint"))).collect();
    assert_eq!(copies.len(), 1, "one readable copy: {:?}", user.state_files());
    let good = fs::read_to_string(&copies[0]).unwrap();
    assert_eq!(fs::metadata(&copies[0]).unwrap().permissions().mode() & 0o077, 0, "open to others");
    let token_endpoint = server.url("/token");
    let poisons = [
        "not json at all".to_string(),
        String::new(),
        "null".into(),
        good[..good.len() / 2].to_string(),
        good.replace(&format!("\"{}\"", server.url("")), &format!("\"{}\"", stranger.url("")))
            .replace(&token_endpoint, &stranger.url("/token")),
        good.replace(&token_endpoint, "http://evil.example/token"),
        good.replace(&token_endpoint, "https://u:p@evil.example/token"),
        "[".repeat(1 << 20),
        "0".repeat(40 << 20),
    ];
    for (n, poison) in poisons.iter().enumerate() {
        fs::write(&copies[0], poison).unwrap();
        let before = server.count_of(OIDC);
        user.get(&["--force"]).line();
        assert_eq!(server.count_of(OIDC), before + 1, "poison {n} was believed");
    }
    assert_eq!(stranger.connections(), 0);
}

#[test]
fn r34_where_nothing_can_be_kept_discovery_still_works() {
    let server = provider(OIDC, "");
    let user = oat(&server.url("")).env("OAT_STATE", "/proc/nowhere/oat");
    user.get(&[]).line();
    user.get(&[]).line();
    assert_eq!(server.count_of("/token"), 2);
}
