//! `oat login --device`: what is asked, what a person is shown, how often the server is asked, and how it ends.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use support::redirect::*;
use support::*;

const DEVICE_CODE: &str = "CANARY-device-code";

/// What a device authorization endpoint answers (RFC 8628 section 3.2), asked for every second.
fn offer(changes: Value) -> Answer {
    let mut offer = json!({
        "device_code": DEVICE_CODE,
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://idp.example/device",
        "verification_uri_complete": "https://idp.example/device?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 1
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(offer.as_object_mut().unwrap().remove(name)),
            value => offer[name] = value.clone(),
        }
    }
    Answer::json(200, offer)
}

/// A provider with this offer; the n-th poll is answered so.
fn polled(changes: Value, answer: impl Fn(&Facts) -> Answer + Send + Sync + 'static) -> Provider {
    Provider::new(move |request, facts| match request.path() {
        "/device" => Some(offer(changes.clone())),
        "/token" => Some(answer(facts)),
        _ => None,
    })
}

/// The tokens of a device; its ID token has no nonce.
fn granted(facts: &Facts) -> Answer {
    let mut claims = facts.claims();
    claims.as_object_mut().unwrap().remove("nonce");
    facts.granted_with(&facts.signed(&claims))
}

fn pending(times: usize) -> impl Fn(&Facts) -> Answer {
    move |facts| if facts.nth < times { Answer::error(400, "authorization_pending", "wait") } else { granted(facts) }
}

const LOGIN: [&str; 3] = ["login", "p", "--device"];

/// The login ended, and what was secret in it is nowhere; stderr without the addresses.
#[track_caller]
fn ended(mut output: Output, code: i32) -> Output {
    assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{output:#?}");
    output.assert_clean(&[DEVICE_CODE, ACCESS, REFRESH, SECRET, CANARY]);
    let ours = |line: &&str| !line.starts_with("https://idp.example/") && !line.trim_start().starts_with("WDJB");
    output.stderr = output.stderr.lines().filter(ours).map(|line| format!("{line}\n")).collect();
    output.assert_well_behaved();
    output
}

/// The pauses between the device request and the polls.
fn pauses(provider: &Provider) -> Vec<Duration> {
    let requests = provider.server.requests();
    let at: Vec<_> = requests.iter().filter(|request| matches!(request.path(), "/device" | "/token")).map(|request| request.at).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Every case at the same time: most of what they do is to wait.
fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            let check = &check;
            scope.spawn(move || check(case));
        }
    });
}

// ── what is asked ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r35_a_device_signs_in_with_exactly_these_requests() {
    let provider = polled(json!({}), pending(1));
    let oat = provider.oat("audience = \"https://a\"\ndevice_params = { extra = \"x\" }");
    let output = ended(oat.run(&LOGIN), 0);
    output.says(&[&format!("signed in to `p` as {SUBJECT}"), "open this address on any device"]);
    let requests = provider.server.requests();
    let asked = requests.iter().find(|request| request.path() == "/device").unwrap().form();
    let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["audience", "client_id", "code_challenge", "code_challenge_method", "extra", "scope"]);
    assert_eq!(
        (field(&asked, "client_id"), field(&asked, "scope"), field(&asked, "code_challenge_method")),
        (CLIENT, "openid offline_access", "S256")
    );
    let polls = provider.token_forms();
    assert_eq!((polls.len(), &polls[0]), (2, &polls[1]));
    let names: Vec<&str> = polls[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_id", "code_verifier", "device_code", "grant_type"]);
    assert_eq!(field(&polls[0], "grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(field(&polls[0], "device_code"), DEVICE_CODE);
    assert_eq!(base64url(Sha256::digest(field(&polls[0], "code_verifier"))), field(&asked, "code_challenge"));
    // What it got is a session like any other.
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
    oat.assert_state_holds_none_of(&["CANARY"]);
}

#[test]
fn a_confidential_client_proves_itself_on_both_requests_and_pkce_goes_only_where_it_is_known() {
    let provider = Provider::new(|request, facts| match request.path() {
        DISCOVERY => Some(facts.metadata_with(json!({"code_challenge_methods_supported": ["plain"]}))),
        "/device" => Some(offer(json!({}))),
        "/token" => Some(granted(facts)),
        _ => None,
    });
    let more = "client_secret = { env = \"P_SECRET\" }\nclient_auth = \"client_secret_basic\"\ngrant = \"device_code\"";
    let oat = provider.oat(more).env("P_SECRET", SECRET);
    // The profile's grant says it all.
    ended(oat.run(&["login", "p"]), 0);
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    for path in ["/device", "/token"] {
        let request = provider.server.requests().into_iter().find(|request| request.path() == path).unwrap();
        assert_eq!(request.header("authorization"), Some(basic.as_str()), "{path}");
        assert!(!request.form().iter().any(|(name, _)| name.starts_with("code_") || name == "client_secret"), "{path}");
    }
}

#[test]
fn a_refresh_after_a_device_sign_in_works_like_any_other() {
    let provider = polled(json!({}), granted);
    let oat = provider.oat("");
    ended(oat.run(&LOGIN), 0);
    assert_eq!(oat.get(&["--force"]).line(), format!("{ACCESS}1"));
    assert_eq!(field(&provider.token_forms()[1], "refresh_token"), format!("{REFRESH}0"));
}

// ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r36_address_and_code_are_shown_and_no_browser_is_opened_and_no_picture_in_a_pipe() {
    let provider = polled(json!({}), granted);
    let oat = provider.oat("");
    let opened = oat.folder().join("opened");
    let script = oat.file("browser.sh", 0o600, format!("touch '{}'\n", opened.display()));
    let oat = oat.env("BROWSER", &format!("/bin/sh {}", script.display()));
    let output = oat.run(&LOGIN);
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines.contains(&"https://idp.example/device"), "{output:#?}");
    assert!(output.stderr.contains("WDJB-MJHT"), "{output:#?}");
    assert!(!output.stderr.contains("user_code="), "the address that does it all hides the code: {output:#?}");
    assert!(!output.stderr.contains(['█', '▀', '▄']), "no picture where nobody sees it");
    ended(output, 0);
    assert!(!opened.exists());
}

#[test]
fn googles_verification_url_is_understood() {
    let provider = polled(
        json!({"verification_uri": null, "verification_uri_complete": null, "verification_url": "https://idp.example/device"}),
        granted,
    );
    let output = provider.oat("").run(&LOGIN);
    assert!(output.stderr.lines().any(|line| line == "https://idp.example/device"), "{output:#?}");
    ended(output, 0);
}

#[test]
fn r36_a_code_that_attacks_the_terminal_is_escaped() {
    let provider = polled(json!({"user_code": "WDJB\u{1b}]52;c;Zm9v\u{7}\u{202e}\r\noat: signed in\u{9b}31m"}), granted);
    let output = ended(provider.oat("").run(&LOGIN), 0);
    assert!(!output.stderr.lines().any(|line| line.starts_with("oat: signed in\u{9b}") || line == "oat: signed in"), "{output:#?}");
    assert!(!output.stderr.contains('\u{202e}'));
}

#[test]
fn r36_an_address_that_is_no_web_page_is_refused() {
    for uri in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://x/",
        "https://user:CANARY-in-the-body@idp.example/",
        "/device",
        "",
        "https://",
        "https://a$(id).example/",
    ] {
        for name in ["verification_uri", "verification_uri_complete"] {
            if name == "verification_uri_complete" && uri.is_empty() {
                continue;
            }
            let provider = polled(json!({ name: uri }), granted);
            let output = ended(provider.oat("").run(&LOGIN), 8);
            output.says(&["verification"]);
            assert_eq!(provider.server.count_of("/token"), 0, "{uri}");
        }
    }
}

#[test]
fn as_json_the_invitation_is_one_object_on_stderr() {
    let provider = polled(json!({}), granted);
    let oat = provider.oat("");
    let output = oat.run(&["--json", "login", "p", "--device"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""));
    let objects: Vec<Value> = output.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let invitation = json!({
        "verification_uri": "https://idp.example/device",
        "verification_uri_complete": "https://idp.example/device?user_code=WDJB-MJHT",
        "user_code": "WDJB-MJHT",
        "expires_in": 600
    });
    assert_eq!((objects.len(), &objects[0], &objects[1]["signed_in"]), (2, &invitation, &json!(true)));
    output.assert_clean(&["CANARY"]);
}

// ── R35: how often, and how it ends ─────────────────────────────────────────────────────────────────────────────

#[test]
fn r35_the_interval_is_kept_and_at_least_a_second() {
    at_once([json!(0), json!(-5), json!(1), json!("1"), json!(0.2)], |interval| {
        let provider = polled(json!({ "interval": interval }), pending(1));
        ended(provider.oat("").run(&LOGIN), 0);
        let pauses = pauses(&provider);
        assert!(
            pauses.len() == 2 && pauses.iter().all(|pause| (Duration::from_millis(990)..Duration::from_millis(1900)).contains(pause)),
            "{interval}: {pauses:?}"
        );
    });
}

#[test]
fn r35_without_an_interval_it_is_five_seconds_and_slow_down_adds_five() {
    let provider = polled(json!({"interval": null}), granted);
    let slowed = polled(json!({}), |facts| if facts.nth == 0 { Answer::error(400, "slow_down", "") } else { granted(facts) });
    std::thread::scope(|scope| {
        scope.spawn(|| ended(provider.oat("").run(&LOGIN), 0));
        scope.spawn(|| ended(slowed.oat("").run(&LOGIN), 0));
    });
    let near = |pause: Duration, seconds: u64| {
        (Duration::from_secs(seconds)..Duration::from_millis(seconds * 1000 + 900)).contains(&(pause + Duration::from_millis(10)))
    };
    assert!(near(pauses(&provider)[0], 5), "{:?}", pauses(&provider));
    let pauses = pauses(&slowed);
    assert!(near(pauses[0], 1) && near(pauses[1], 6), "{pauses:?}");
}

#[test]
fn r35_a_connection_that_fails_is_tried_again_less_often() {
    let provider = polled(json!({}), |facts| match facts.nth {
        0 => Answer::close(),
        1 => Answer::text(503, "text/html", "<html>CANARY-in-the-body</html>"),
        _ => granted(facts),
    });
    ended(provider.oat("").run(&LOGIN), 0);
    let pauses = pauses(&provider);
    assert!(pauses[1] >= Duration::from_millis(1990) && pauses[2] >= Duration::from_millis(3990), "{pauses:?}");
}

#[test]
fn r35_the_end_of_the_code_ends_the_login() {
    at_once(
        [
            (json!({"expires_in": 2}), Answer::error(400, "authorization_pending", "")),
            (json!({}), Answer::error(400, "expired_token", "x")),
            (json!({}), Answer::error(400, "token_expired", "x")),
            (json!({"expires_in": 1}), Answer::error(400, "authorization_pending", "")),
        ],
        |(changes, answer)| {
            let provider = polled(changes, move |_| answer.clone());
            let oat = provider.oat("");
            let output = ended(oat.run(&LOGIN), 3);
            output.says(&["the code ended"]);
            assert!(output.duration < Duration::from_secs(3) && provider.server.count_of("/token") <= 2, "{output:#?}");
            oat.get(&[]).fails(3);
        },
    );
}

#[test]
fn r35_a_denial_and_unknown_errors_stop_at_once() {
    at_once(["access_denied", "invalid_grant", "incorrect_device_code", "device_flow_disabled", "\u{1b}[2J"], |error| {
        let provider = polled(json!({}), move |_| Answer::error(400, error, "the server's words"));
        let oat = provider.oat("");
        ended(oat.run(&LOGIN), 4).says(&["the server's words"]);
        assert_eq!(provider.server.count_of("/token"), 1, "{error}");
        oat.get(&[]).fails(3);
    });
}

#[test]
fn r35_nobody_in_time_exits_3() {
    let provider = polled(json!({}), |_| Answer::error(400, "authorization_pending", ""));
    let output = ended(provider.oat("").run(&[&LOGIN[..], &["--timeout", "2s"]].concat()), 3);
    output.says(&["nobody signed in", "2 s"]);
    assert!(output.duration < Duration::from_secs(4), "{:?}", output.duration);
}

#[test]
fn an_offer_that_lacks_something_or_none_at_all_is_told() {
    for (name, word) in [("device_code", "device_code"), ("user_code", "user_code")] {
        for value in [json!(null), json!(""), json!(7)] {
            let provider = polled(json!({ name: value }), granted);
            ended(provider.oat("").run(&LOGIN), 8).says(&[word, "device authorization endpoint"]);
        }
    }
    let provider =
        Provider::new(|request, _| (request.path() == "/device").then(|| Answer::error(400, "unauthorized_client", "not for devices")));
    ended(provider.oat("").run(&LOGIN), 4).says(&["device authorization endpoint", "not for devices"]);
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    let target = stranger.url("/device");
    let provider = Provider::new(move |request, _| (request.path() == "/device").then(|| Answer::redirect(307, &target)));
    ended(provider.oat("").run(&LOGIN), 8).says(&["redirect"]);
    assert_eq!(stranger.connections(), 0, "R56");
    let provider = Provider::saying(json!({"device_authorization_endpoint": null}));
    provider.oat("").run(&LOGIN).fails_saying(6, &["device authorization endpoint", "oat login"]);
}

#[test]
fn r41_the_id_token_of_a_device_is_checked_like_any_other() {
    let provider = polled(json!({}), |facts| {
        let mut claims = facts.claims();
        claims["aud"] = json!("another");
        facts.granted_with(&facts.signed(&claims))
    });
    let oat = provider.oat("");
    ended(oat.run(&LOGIN), 8).says(&["another"]);
    oat.get(&[]).fails(3);
}

#[test]
fn r76_device_code_and_verifier_are_in_no_output_and_in_no_trace() {
    let provider =
        polled(json!({}), |facts| if facts.nth == 0 { Answer::error(400, "authorization_pending", DEVICE_CODE) } else { granted(facts) });
    let oat = provider.oat("");
    let trace = oat.folder().join("trace");
    ended(oat.run(&[&["-vv", "--trace", trace.to_str().unwrap()], &LOGIN[..]].concat()), 0);
    let verifier = field(&provider.token_forms()[0], "code_verifier").to_string();
    let written = fs::read_to_string(trace).unwrap();
    assert!(written.contains("device_code=[redacted]"), "{written}");
    for secret in ["CANARY", &verifier, "eyJ"] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
}
