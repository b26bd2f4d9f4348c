//! Every answer of a token endpoint seen in the wild, and the hostile ones: what is printed, kept and asked again.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::time::Duration;

use support::*;

/// The most memory whatever a server sends, in KiB (96 MiB).
const MEMORY: u64 = 96 * 1024;

/// Runs one get against one answer.
fn get(answer: Answer) -> Output {
    Oat::against(&Server::always(answer)).get(&["--timeout", "3s"])
}

fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer::text(200, "application/json", body)
}

/// The `--format json` object of a get against this answer.
fn told(answer: Answer) -> Value {
    let server = Server::always(answer);
    let output = Oat::against(&server).get(&["--format", "json", "--timeout", "3s"]);
    serde_json::from_str(output.lines()).unwrap()
}

/// Fails as an answer that does not hold: nothing of the body is shown, nothing is kept, nothing is asked twice.
#[track_caller]
fn does_not_hold(answer: Answer, words: &[&str]) {
    let server = Server::always(answer);
    let oat = Oat::against(&server);
    let output = oat.get(&["--timeout", "3s"]);
    output.fails_saying(8, words);
    assert_eq!(server.count(), 1, "asked again");
    oat.assert_state_holds_none_of(&["CANARY"]);
    oat.get(&["--timeout", "3s"]).fails(8);
    assert_eq!(server.count(), 2, "something was kept");
}

// ── R50, R57: not JSON ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r50_an_html_page_with_200_is_named_as_one_and_never_shown() {
    let page = format!("<!DOCTYPE html>\n<html><title>{CANARY}</title>::add-mask::x\x1b[2J</html>");
    does_not_hold(Answer::text(200, "text/html; charset=utf-8", page), &["200", "text/html", "html page"]);
}

#[test]
fn r50_an_html_page_under_the_wrong_content_type_is_still_named() {
    does_not_hold(ok(format!("  <html>{CANARY}</html>")), &["html page"]);
}

#[test]
fn r50_an_html_page_with_an_error_status_is_told_by_status_and_type() {
    for (status, code) in [(400, 4), (401, 4), (403, 4), (404, 8), (500, 5), (502, 5), (503, 5), (504, 5)] {
        // A long Retry-After keeps the test short: nothing is asked again then.
        let output = get(Answer::text(status, "text/html", format!("<html>{CANARY}</html>")).header("Retry-After", "60"));
        output.fails_saying(code, &[&status.to_string(), "html"]);
        output.does_not_say(&["<html"]);
    }
}

#[test]
fn r50_plain_text_is_not_shown_either() {
    does_not_hold(Answer::text(200, "text/plain", CANARY), &["text/plain"]);
}

#[test]
fn r50_an_empty_body_with_200_is_told() {
    does_not_hold(ok(""), &["empty"]);
    does_not_hold(Answer::text(204, "", ""), &["204"]);
}

#[test]
fn r50_a_content_type_that_attacks_the_terminal_is_escaped() {
    does_not_hold(Answer::text(200, "text/x\x1b[31m\u{9b}", CANARY), &[]);
    does_not_hold(Answer::text(200, "text/\u{202e}x", CANARY), &["text/"]);
}

#[test]
fn an_error_with_an_empty_body_is_a_refusal_with_its_status() {
    // glewlwyd
    for status in [400, 401, 403] {
        let output = get(Answer::text(status, "", ""));
        output.fails_saying(4, &[&status.to_string()]);
    }
}

#[test]
fn r57_a_wrong_content_type_is_forgiven_where_the_body_is_one_json_object() {
    let body = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}).to_string();
    for content_type in ["text/plain", "text/html", "", "application/octet-stream", "text/javascript; charset=utf-8", "application/jwt"] {
        assert_eq!(get(Answer::text(200, content_type, body.clone())).line(), "t", "{content_type}");
    }
}

#[test]
fn r57_a_byte_order_mark_utf_16_and_broken_utf_8_are_answers_that_do_not_hold_or_are_read_right() {
    let body = format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","expires_in":3600}}"#);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    does_not_hold(ok(utf16), &[]);
    does_not_hold(ok([body.as_bytes(), b"\xff"].concat()), &[]);
    let broken = [br#"{"access_token":"CANARY-in-the-body"#.as_slice(), b"\xc3\x28\"}"].concat();
    does_not_hold(ok(broken), &[]);
}

// ── R58, R59: JSON that does not hold ───────────────────────────────────────────────────────────────────────────

#[test]
fn r58_duplicate_members_are_refused() {
    does_not_hold(ok(format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","access_token":"b","expires_in":3600}}"#)), &["twice"]);
    does_not_hold(ok(format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","expires_in":3600,"expires_in":1}}"#)), &["twice"]);
}

#[test]
fn r58_data_behind_the_object_is_refused() {
    let body = format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","expires_in":3600}}"#);
    for behind in ["x", "{}", &body, "\0", "//c"] {
        does_not_hold(ok(format!("{body}{behind}")), &[]);
    }
    assert_eq!(get(ok("\r\n {\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600} \n")).line(), "t");
}

#[test]
fn r58_values_that_json_does_not_have_are_refused() {
    for value in ["NaN", "Infinity", "-Infinity", "01", "0x10", "'3600'", "undefined", "1."] {
        does_not_hold(ok(format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","expires_in":{value}}}"#)), &[]);
    }
}

#[test]
fn r58_nesting_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!(r#"{{"access_token":"{CANARY}","token_type":"Bearer","x":{}1{}}}"#, open.repeat(100_000), close.repeat(100_000));
        does_not_hold(ok(deep), &[]);
    }
}

#[test]
fn r58_json_that_is_no_object_is_refused() {
    for body in [r#""CANARY-in-the-body""#, r#"["CANARY-in-the-body"]"#, "null", "true", "17"] {
        does_not_hold(ok(body), &[]);
    }
}

#[test]
fn r59_an_error_wins_over_a_token() {
    let body = json!({"error": "invalid_client", "access_token": CANARY, "token_type": "Bearer", "expires_in": 3600});
    get(Answer::json(200, body)).fails_saying(4, &["invalid_client"]);
}

#[test]
fn r59_an_access_token_is_a_string_that_is_not_empty() {
    for token in [json!(""), json!(null), json!(17), json!(["CANARY-in-the-body"]), json!({"t": CANARY}), json!(true)] {
        does_not_hold(Answer::json(200, json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})), &["access_token"]);
    }
    does_not_hold(Answer::json(200, json!({"token_type": "Bearer", "expires_in": 3600})), &["access_token"]);
}

#[test]
fn a_token_with_an_error_status_is_no_token() {
    for status in [400, 401, 403] {
        let output = get(Answer::json(status, json!({"access_token": CANARY, "token_type": "Bearer", "expires_in": 3600})));
        output.fails_saying(4, &[&status.to_string()]);
    }
}

// ── R52, R101: short reads ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r52_a_body_shorter_than_announced_is_an_error() {
    let cut = r#"{"access_token":"CANARY-in-the-body","token_type":"Bea"#;
    for answer in [ok(cut).declaring(200), ok(cut).without_length(), ok(cut)] {
        let output = get(answer);
        assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
        output.fails(output.code.unwrap());
    }
}

#[test]
fn r101_a_whole_object_short_of_its_announced_length_is_taken_or_refused_but_never_half() {
    let output = get(ok(r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#).declaring(5000));
    match output.code {
        Some(0) => assert_eq!(output.line(), "t"),
        Some(code) => assert!(matches!(code, 5 | 8) && output.fails(code).contains("oat: error")),
        None => panic!("{output:?}"),
    }
}

#[test]
fn r52_a_chunked_body_without_its_end_is_an_error() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in ["20\r\n{\"access_token\":\"CANARY-in-the-body", "5\r\n{\"acc\r\n", "zz\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffffff\r\n{}"]
    {
        let output = get(Answer::raw(format!("{head}{chunks}")));
        assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
        output.fails(output.code.unwrap());
    }
}

#[test]
fn a_chunked_token_answer_is_read() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;
    let (a, b) = body.split_at(20);
    assert_eq!(get(Answer::raw(format!("{head}{:x}\r\n{a}\r\n{:x};x=y\r\n{b}\r\n0\r\n\r\n", a.len(), b.len()))).line(), "t");
}

#[test]
fn r55_a_connection_closed_without_an_answer_is_trouble_for_later_and_nothing_is_sent_again() {
    let server = Server::always(Answer::close());
    let output = Oat::against(&server).get(&["--timeout", "3s"]);
    output.fails(5);
    output.does_not_say(&["log in", "login"]);
    assert_eq!(server.count(), 1, "R55: the request had gone out, so it is not sent again");
}

#[test]
fn bytes_that_are_not_http_are_an_error_and_not_shown() {
    for bytes in [
        "CANARY-in-the-body\r\n\r\n",
        "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/9.9 banana\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
        "\0\0\0",
    ] {
        let output = get(Answer::raw(bytes));
        assert!(matches!(output.code, Some(5 | 8)), "{bytes:?}: {output:?}");
        output.fails(output.code.unwrap());
    }
}

// ── R53: caps ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r53_an_endless_body_ends_soon_and_stays_small() {
    for answer in [Answer::endless(false), Answer::endless(true), Answer::endless_headers()] {
        let server = Server::always(answer);
        let output = Oat::against(&server).measured().get(&["--timeout", "5s"]);
        assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
        output.fails(output.code.unwrap());
        assert!(output.peak_kib > 0 && output.peak_kib < MEMORY, "{} KiB", output.peak_kib);
        assert!(output.duration < Duration::from_secs(4), "{:?}", output.duration);
    }
}

#[test]
fn r53_what_never_ends_in_the_framing_ends_soon_and_stays_small() {
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for answer in [
        Answer::repeating("", "HTTP/1.1 100 Continue\r\n\r\n"),
        Answer::repeating("", "\r\n"),
        Answer::repeating("", "HTTP/1.1 "),
        Answer::repeating(&format!("{chunked}5;"), "extension=x;"),
        Answer::repeating(chunked, "1\r\n \r\n"),
        Answer::repeating(chunked, "0"),
        Answer::repeating(&format!("{chunked}0\r\n"), "X-Trailer: x\r\n"),
    ] {
        let server = Server::always(answer.clone());
        let output = Oat::against(&server).measured().get(&["--timeout", "2s"]);
        assert!(matches!(output.code, Some(5 | 8)), "{answer:?}: {output:?}");
        output.fails(output.code.unwrap());
        assert!(output.peak_kib < MEMORY, "{answer:?}: {} KiB", output.peak_kib);
        assert!(output.duration < Duration::from_millis(3500), "{answer:?}: {:?}", output.duration);
    }
}

#[test]
fn r53_a_body_above_the_cap_is_refused_and_one_below_is_read() {
    let padded = |bytes: usize| {
        let body = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "pad": "x".repeat(bytes)});
        Oat::against(&Server::always(Answer::json(200, body))).measured().get(&[])
    };
    assert_eq!(padded(900 << 10).line(), "t");
    let output = padded(5 << 20);
    output.fails_saying(8, &["more than"]);
    assert!(output.peak_kib < MEMORY, "{} KiB", output.peak_kib);
}

#[test]
fn r53_many_headers_are_no_reason_to_refuse() {
    let answer = (0..60).fold(Answer::token("t"), |answer, n| answer.header(&format!("X-Fill-{n}"), &"a".repeat(500)));
    assert_eq!(get(answer).line(), "t");
}

#[test]
fn bytes_behind_the_announced_length_are_not_read() {
    let body = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;
    assert_eq!(get(ok(format!("{body}{CANARY}")).declaring(body.len())).line(), "t");
}

#[test]
fn r53_a_million_small_members_stay_small() {
    let many =
        format!("{{{}\"access_token\":\"t\",\"token_type\":\"Bearer\"}}", (0..300_000).map(|n| format!("\"{n}\":[],")).collect::<String>());
    let output = Oat::against(&Server::always(ok(many))).measured().get(&[]);
    assert!(output.peak_kib < MEMORY, "{} KiB", output.peak_kib);
}

#[test]
fn r53_a_compressed_answer_was_not_asked_for_and_is_not_inflated() {
    let server = Server::always(ok(b"\x1f\x8b\x08\0\0\0\0\0".to_vec()).header("Content-Encoding", "gzip"));
    let output = Oat::against(&server).get(&[]);
    output.fails(8);
    let asked = server.requests()[0].header("accept-encoding").unwrap_or("identity").to_string();
    assert_eq!(asked, "identity", "compression is asked for");
}

#[test]
fn r63_a_token_of_64_kib_is_handed_out_and_kept() {
    let token = "a".repeat(64 << 10);
    let server = Server::always(Answer::token(&token));
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), token);
    assert_eq!(oat.get(&[]).line(), token);
    assert_eq!(server.count(), 1);
}

#[test]
fn r53_a_cookie_is_never_sent_back() {
    let server = Server::script(vec![Answer::error(503, "server_error", "").header("Set-Cookie", "sid=1; Path=/"), Answer::token("t")]);
    assert_eq!(Oat::against(&server).get(&[]).line(), "t");
    assert!(server.requests().iter().all(|r| r.header("cookie").is_none()));
}

// ── R51, R55, R67, R68: what is asked again, and which exit code ────────────────────────────────────────────────

#[test]
fn r67_refusals_exit_4_and_are_asked_once() {
    // The last four are no RFC 6749 codes: GitHub, a vendor, Okta.
    let codes = [
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_request",
        "access_denied",
    ];
    let odd = ["invalid_code", "bad_verification_code", "incorrect_client_credentials", "some-vendor.code"];
    for code in codes.into_iter().chain(odd) {
        let server = Server::always(Answer::error(400, code, "the server's words"));
        let output = Oat::against(&server).get(&[]);
        output.fails_saying(4, &[code, "the server's words"]);
        assert_eq!(server.count(), 1, "{code}");
    }
}

#[test]
fn r51_a_5xx_never_suggests_to_log_in_again() {
    for status in [500, 502, 503, 504, 599] {
        let output = get(Answer::error(status, "invalid_grant", "x").header("Retry-After", "60"));
        output.fails(5);
        output.does_not_say(&["log in", "login", "sign in"]);
    }
}

#[test]
fn r68_temporarily_unavailable_and_429_are_asked_again_after_what_the_server_says() {
    for first in [
        Answer::error(429, "slow", "").header("Retry-After", "1"),
        Answer::error(400, "temporarily_unavailable", "").header("Retry-After", "1"),
        Answer::error(503, "temporarily_unavailable", "").header("Retry-After", "1"),
    ] {
        let server = Server::script(vec![first, Answer::token("t")]);
        let output = Oat::against(&server).get(&[]);
        assert_eq!(output.line(), "t");
        let requests = server.requests();
        let waited = requests[1].at - requests[0].at;
        assert!(waited >= Duration::from_millis(950) && waited < Duration::from_secs(3), "{waited:?}");
    }
}

#[test]
fn r68_a_retry_after_of_more_than_ten_seconds_is_told_and_not_waited() {
    for value in ["11", "3600", "99999999999999999999", "Wed, 21 Oct 2099 07:28:00 GMT"] {
        let server = Server::always(Answer::error(503, "server_error", "").header("Retry-After", value));
        let output = Oat::against(&server).get(&[]);
        output.fails(5);
        assert!(output.duration < Duration::from_secs(2), "{value}: {:?}", output.duration);
        assert_eq!(server.count(), 1, "asked again in spite of Retry-After: {value}");
    }
}

#[test]
fn r68_a_retry_after_that_makes_no_sense_does_not_hang_or_crash() {
    for value in ["-1", "soon", "", "1e9", "Wed, 21 Oct 1970 07:28:00 GMT"] {
        let server = Server::script(vec![Answer::error(503, "server_error", "").header("Retry-After", value), Answer::token("t")]);
        let output = Oat::against(&server).get(&[]);
        assert!(output.duration < Duration::from_secs(6), "{value}: {:?}", output.duration);
        assert!(matches!(output.code, Some(0 | 5)), "{value}: {output:?}");
    }
}

// ── R56, R105: redirects ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r105_a_redirected_token_request_is_refused_with_the_target_named() {
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    for status in [301, 302, 303, 307, 308] {
        let server = Server::always(Answer::redirect(status, &stranger.url("/token?secret=CANARY-in-the-body")));
        let oat = Oat::against(&server);
        let output = oat.get(&[]);
        output.fails_saying(8, &[&status.to_string(), &stranger.address.to_string()]);
        output.assert_clean(&["CANARY-stranger"]);
        assert_eq!(server.count(), 1);
    }
    assert_eq!(stranger.connections(), 0, "the stranger was asked");
}

#[test]
fn r56_a_redirect_to_the_same_server_is_refused_too() {
    for location in ["/elsewhere", "//127.0.0.1/", "", "\x1b[31m", "http://[::1", "javascript:alert(1)"] {
        let target = location.to_string();
        let server =
            Server::start(move |r| if r.path() == "/token" { Answer::redirect(307, &target) } else { Answer::token("CANARY-moved") });
        Oat::against(&server).get(&[]).fails(8);
        assert_eq!(server.count(), 1, "{location:?}");
    }
}

// ── R61, R62, R64, R66, R69, R70: what a token and a sentence may hold ──────────────────────────────────────────

#[test]
fn r61_a_token_with_a_byte_outside_printable_ascii_is_refused_before_print_and_store() {
    for bad in [
        "CANARY-a\nOAT_X=1",
        "CANARY-a\r\nb",
        "CANARY a b",
        " CANARY",
        "CANARY ",
        "CANARY\tb",
        "CANARY\0b",
        "CANARY\u{7f}",
        "CANARY\u{1b}[2J",
        "CANARYé",
        "CANARY\u{202e}",
        "\n",
    ] {
        does_not_hold(
            Answer::json(200, json!({"access_token": bad, "token_type": "Bearer", "expires_in": 3600})),
            &["access token", "byte 0x"],
        );
    }
}

#[test]
fn r62_a_token_that_is_no_b64token_is_handed_out_with_a_warning() {
    let output = get(Answer::token("it's!odd"));
    assert_eq!(output.line(), "it's!odd");
    output.says(&["oat: warning"]);
    get(Answer::token("Az09-._~+/==")).does_not_say(&["warning"]);
}

#[test]
fn r64_bearer_is_read_in_any_case_and_a_missing_type_is_forgiven() {
    let answer = |kind: Value| Answer::json(200, json!({"access_token": "t", "token_type": kind, "expires_in": 3600}));
    for kind in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(get(answer(json!(kind))).line(), "t");
        assert_eq!(told(answer(json!(kind)))["token_type"], "Bearer");
    }
    // weibo and douban leave it out
    assert_eq!(get(Answer::json(200, json!({"access_token": "t", "expires_in": 3600}))).line(), "t");
    assert_eq!(get(answer(json!(null))).line(), "t");
}

#[test]
fn r64_a_token_of_an_unknown_type_is_refused() {
    for kind in [json!("mac"), json!("DPoP"), json!("N_A"), json!("Bearer2"), json!("\u{1b}[31mx"), json!(17)] {
        does_not_hold(Answer::json(200, json!({"access_token": CANARY, "token_type": kind, "expires_in": 3600})), &["token_type"]);
    }
}

#[test]
fn r66_a_description_that_attacks_the_terminal_is_one_harmless_line() {
    let attack = "a\x1b]52;c;Zm9v\x07\u{9b}31m\x7f\u{202e}\u{2066}\u{200f}\u{2028}\u{2029}\r\n::add-mask::x\n##vso[task.setvariable variable=x]y\noat: error: forged";
    let output = get(Answer::json(400, json!({"error": attack, "error_description": attack, "error_uri": attack})));
    let stderr = output.fails(4);
    assert!(stderr.lines().all(|l| !l.starts_with("::") && !l.starts_with("##")), "{stderr}");
    for c in ['\x1b', '\x07', '\u{9b}', '\x7f', '\u{202e}', '\u{2066}', '\u{200f}', '\u{2028}', '\u{2029}', '\r'] {
        assert!(!stderr.contains(c), "{c:?} in {stderr:?}");
    }
}

#[test]
fn r66_a_description_without_end_is_cut() {
    let output = get(Answer::error(400, "invalid_client", &"long ".repeat(10_000)));
    assert!(output.fails(4).len() < 2000);
}

#[test]
fn r66_json_errors_are_escaped_too() {
    let server = Server::always(Answer::error(400, "invalid_client\u{1b}", "x\u{1b}[2J\u{202e}\n"));
    let output = Oat::against(&server).run(&["--json", "token", "get", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(4), ""));
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert!(!told["error"].as_str().unwrap().contains(['\u{1b}', '\u{202e}', '\n']), "{told}");
    assert!(!told["oauth_error"].as_str().unwrap().contains('\u{1b}'), "{told}");
}

#[test]
fn r70_our_own_secret_in_the_servers_words_is_not_repeated() {
    let echo = format!("client cli with secret {SECRET} is unknown");
    get(Answer::error(401, "invalid_client", &echo)).fails_saying(4, &["is unknown"]);
    get(Answer::json(401, json!({"error": SECRET}))).fails(4);
    for echo in [SECRET.replace('-', "%2D"), base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("cli:{SECRET}"))] {
        let output = get(Answer::error(401, "invalid_client", &format!("got {echo}")));
        output.fails(4);
    }
}

/// With every trace on, an answer that repeats our secret does not make us repeat it.
#[track_caller]
fn echoes_nothing(answer: Answer) {
    let server = Server::always(answer);
    let output = Oat::against(&server).run(&["-vv", "token", "get", "p", "--timeout", "3s"]);
    assert!(matches!(output.code, Some(4 | 5 | 8)), "{output:?}");
    output.assert_well_behaved();
}

#[test]
fn r70_our_own_secret_in_the_target_of_a_redirect_is_not_repeated() {
    echoes_nothing(Answer::redirect(302, &format!("https://x.example/?client_secret={SECRET}")));
    echoes_nothing(Answer::redirect(302, &format!("https://x.example/{SECRET}")));
}

#[test]
fn r70_our_own_secret_in_a_header_that_is_shown_is_not_repeated() {
    let limited = || Answer::error(429, "slow_down", "x");
    echoes_nothing(limited().header("Retry-After", SECRET));
    echoes_nothing(limited().header("X-RateLimit-Reset", SECRET));
    echoes_nothing(limited().header("X-RateLimit-Remaining", SECRET));
    echoes_nothing(Answer::text(200, &format!("text/{SECRET}"), "x"));
}

#[test]
fn r70_our_own_secret_in_an_error_of_any_shape_is_not_repeated() {
    echoes_nothing(Answer::text(400, "application/x-www-form-urlencoded", format!("error={SECRET}&error_description={SECRET}")));
    echoes_nothing(Answer::json(400, json!({"error": {"code": SECRET, "message": SECRET}})));
    echoes_nothing(Answer::json(400, json!({"errors": [{"errorType": SECRET, "message": SECRET}]})));
    echoes_nothing(Answer::json(400, json!({"error": "x", "error_description": format!("a{SECRET}b{SECRET}")})));
    echoes_nothing(Answer::json(200, json!({"access_token": "t", "token_type": SECRET, "expires_in": 3600})));
    echoes_nothing(Answer::json(200, json!({SECRET: "t", "token_type": "Bearer", "expires_in": SECRET})));
    echoes_nothing(Answer::text(200, "application/json", format!("{{\"{SECRET}\": {SECRET}")));
}

#[test]
fn r69_a_narrower_scope_warns_and_fails_where_the_scope_is_required() {
    let narrow = || Answer::json(200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": "read"}));
    let server = Server::always(narrow());
    let oat = Oat::at(&server.url("/token"), "scope = \"read write\"");
    let output = oat.get(&[]);
    assert_eq!(output.line(), "t");
    output.says(&["oat: warning", "write"]);
    let oat = Oat::at(&server.url("/token"), "scope = \"read write\"");
    let output = oat.get(&["--require-scope"]);
    assert!(matches!(output.code, Some(4 | 8)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["write"]);
    let server =
        Server::always(Answer::json(200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": "write read"})));
    let output = Oat::at(&server.url("/token"), "scope = \"read write\"").get(&["--require-scope"]);
    assert_eq!(output.line(), "t");
    output.does_not_say(&["warning"]);
}

// ── R65: lifetimes ──────────────────────────────────────────────────────────────────────────────────────────────

/// How long the answer is said to live, and whether a second get asks again.
fn lifetime(expires_in: Value) -> (Option<i64>, usize) {
    let body = json!({"access_token": "t", "token_type": "Bearer", "expires_in": expires_in}).to_string();
    let server = Server::always(ok(body));
    let oat = Oat::against(&server);
    let output = oat.get(&["--format", "json"]);
    let told: Value = serde_json::from_str(output.lines()).unwrap();
    assert_eq!(oat.get(&[]).line(), "t");
    (told["expires_in"].as_i64(), server.count())
}

#[test]
fn r65_expires_in_may_be_a_string_or_a_float() {
    // PayPal sends a string.
    for value in [json!(3600), json!("3600"), json!(3600.0), json!(3600.9), json!("3600.5"), json!(3.6e3)] {
        let (seconds, requests) = lifetime(value.clone());
        assert!((3590..=3600).contains(&seconds.unwrap()), "{value}: {seconds:?}");
        assert_eq!(requests, 1, "{value}");
    }
}

#[test]
fn r65_a_lifetime_of_nothing_is_printed_and_never_kept() {
    // Mailchimp sends 0.
    for value in [json!(0), json!(-1), json!("-3600"), json!("0"), json!(-9_223_372_036_854_775_808_i64), json!(0.2)] {
        assert_eq!(lifetime(value.clone()).1, 2, "{value}");
    }
}

#[test]
fn r65_a_missing_or_senseless_lifetime_is_unknown_said_and_not_kept_for_long() {
    for value in ["null", "\"soon\"", "\"\"", "[]", "{}", "true", "\"0x10\""] {
        let server = Server::always(ok(format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{value}}}"#)));
        let output = Oat::against(&server).get(&[]);
        assert_eq!(output.line(), "t", "{value}");
        output.says(&["oat: warning", "lifetime"]);
    }
}

#[test]
fn r65_absurd_lifetimes_do_not_overflow() {
    for value in ["9223372036854775807", "18446744073709551616", "1e300", "\"99999999999999999999999\"", "-1e300", "1e-300"] {
        let server = Server::always(ok(format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{value}}}"#)));
        let oat = Oat::against(&server);
        assert_eq!(oat.get(&[]).line(), "t", "{value}");
        assert_eq!(oat.get(&["--format", "json"]).code, Some(0), "{value}");
    }
}

#[test]
fn facebooks_expires_is_read_as_expires_in() {
    let server = Server::always(Answer::json(200, json!({"access_token": "t", "token_type": "bearer", "expires": 3600})));
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(server.count(), 1);
}

// ── Answers seen in the wild ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_form_answer_is_read_under_its_own_content_type_only() {
    // GitHub without an Accept header.
    let form = "access_token=t%2Bx&token_type=bearer&expires_in=3600&scope=repo%2Cgist";
    assert_eq!(get(Answer::text(200, "application/x-www-form-urlencoded; charset=utf-8", form)).line(), "t+x");
    does_not_hold(Answer::text(200, "text/plain", format!("access_token={CANARY}&token_type=bearer")), &["text/plain"]);
    does_not_hold(Answer::text(200, "application/json", format!("access_token={CANARY}&token_type=bearer")), &[]);
}

#[test]
fn a_form_answer_may_be_an_error_too() {
    let form = "error=incorrect_client_credentials&error_description=The+client_id+is+wrong";
    get(Answer::text(200, "application/x-www-form-urlencoded", form))
        .fails_saying(4, &["incorrect_client_credentials", "The client_id is wrong"]);
}

#[test]
fn a_form_answer_with_duplicates_or_a_bad_token_is_refused() {
    for (form, word) in [
        ("access_token=CANARY-in-the-body&access_token=b&token_type=bearer", "twice"),
        ("access_token=CANARY%0Ab&token_type=bearer", "byte 0x0a"),
        ("access_token=&token_type=bearer", "access_token"),
    ] {
        does_not_hold(Answer::text(200, "application/x-www-form-urlencoded", form), &[word]);
    }
}

#[test]
fn an_error_with_200_is_an_error() {
    // GitHub
    get(Answer::error(200, "bad_verification_code", "The code passed is incorrect")).fails_saying(4, &["bad_verification_code"]);
    // Slack
    get(Answer::json(200, json!({"ok": false, "error": "invalid_client_id"}))).fails_saying(4, &["invalid_client_id"]);
    get(Answer::json(200, json!({"ok": false, "access_token": CANARY, "token_type": "Bearer"}))).fails(4);
}

#[test]
fn slacks_nested_user_token_is_found_by_its_pointer() {
    let nested = json!({"ok": true, "authed_user": {"id": "U1", "access_token": "xoxp-1", "token_type": "user", "scope": "chat:write", "expires_in": 3600}});
    let server = Server::always(Answer::json(200, nested));
    let output = Oat::at(&server.url("/token"), "token_pointer = \"/authed_user\"\ntoken_type = \"user\"").get(&[]);
    assert_eq!(output.line(), "xoxp-1");
}

#[test]
fn an_error_inside_an_object_or_a_list_is_told() {
    // Google's APIs, Fitbit
    let google = json!({"error": {"code": 401, "message": "Request had invalid credentials", "status": "UNAUTHENTICATED"}});
    get(Answer::json(401, google)).fails_saying(4, &["invalid credentials"]);
    let fitbit = json!({"errors": [{"errorType": "invalid_client", "message": "Invalid authorization header format"}], "success": false});
    get(Answer::json(401, fitbit)).fails_saying(4, &["invalid_client", "Invalid authorization header"]);
}

#[test]
fn camel_case_keys_are_read() {
    // plentymarkets
    let server =
        Server::always(Answer::json(200, json!({"accessToken": "t", "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": "r"})));
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(server.count(), 1);
}

#[test]
fn scope_may_be_null_a_list_or_separated_by_commas() {
    for scope in [json!(null), json!(["read", "write"]), json!("read,write"), json!("write read"), json!("")] {
        let server =
            Server::always(Answer::json(200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": scope})));
        let output = Oat::at(&server.url("/token"), "scope = \"read write\"").get(&[]);
        assert_eq!(output.line(), "t", "{scope}");
        if scope != json!("") {
            output.does_not_say(&["warning"]);
        }
    }
}

#[test]
fn members_nobody_knows_are_ignored() {
    let body = json!({
        "access_token": "t", "token_type": "Bearer", "expires_in": 3600, "not-before-policy": 0, "session_state": null, "created_at": 1,
        "issued_at": "1278448384422", "instance_url": "https://x", "ext_expires_in": 3599, "id_token": null, "refresh_token": null,
        "refresh_expires_in": 0, "foo": {"bar": [1, 2, {"access_token": "no"}]}
    });
    assert_eq!(get(Answer::json(200, body)).line(), "t");
}

#[test]
fn a_sub_of_null_in_a_client_credentials_jwt_does_no_harm() {
    // lemonldap-ng: {"alg":"RS256"}.{"sub":null,"iss":"x"}
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOm51bGwsImlzcyI6IngifQ.c2ln";
    assert_eq!(get(Answer::token(token)).line(), token);
}

#[test]
fn a_token_with_201_is_a_token() {
    assert_eq!(get(Answer::json(201, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}))).line(), "t");
}

#[test]
fn informational_answers_before_the_real_one_are_passed_over() {
    let body = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;
    let bytes = format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(get(Answer::raw(bytes)).line(), "t");
}

#[test]
fn client_secret_basic_form_encodes_id_and_secret() {
    // RFC 6749 section 2.3.1, which the systems that check it mean to the letter.
    let server = Server::always(Answer::token("t"));
    let oat =
        Oat::at(&server.url("/token"), "client_auth = \"client_secret_basic\"\nclient_id = \"a:b c%+é\"").env("P_SECRET", "CANARY :%+&=é");
    assert_eq!(oat.get(&[]).line(), "t");
    let request = server.only();
    let coded = request.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, coded).unwrap();
    assert_eq!(String::from_utf8(decoded).unwrap(), "a%3Ab+c%25%2B%C3%A9:CANARY+%3A%25%2B%26%3D%C3%A9");
    assert_eq!(request.form(), [("grant_type".to_string(), "client_credentials".to_string())]);
}

#[test]
fn client_auth_none_sends_the_client_id_alone() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::new().config(&format!(
        "[profile.p]\ngrant = \"client_credentials\"\ntoken_endpoint = \"{}\"\nclient_id = \"cli\"\nclient_auth = \"none\"\n",
        server.url("/token")
    ));
    assert_eq!(oat.get(&[]).line(), "t");
    let request = server.only();
    assert_eq!(request.header("authorization"), None);
    assert_eq!(
        request.form(),
        [("client_id".into(), "cli".into()), ("grant_type".into(), "client_credentials".into())] as [(String, String); 2]
    );
}

#[test]
fn scope_audience_organization_resource_and_token_params_are_sent_as_given() {
    let server = Server::always(Answer::token("t"));
    let more = "scope = \"a b\"\naudience = \"https://api\"\norganization = \"org\"\nresource = [\"https://r1\", \"https://r2\"]\ntoken_params = { extra = \"1 2\" }";
    assert_eq!(Oat::at(&server.url("/token?tenant=x"), more).get(&[]).line(), "t");
    let request = server.only();
    assert_eq!(request.target, "/token?tenant=x", "the endpoint's own query stays");
    let expected = [
        ("audience", "https://api"),
        ("client_id", "cli"),
        ("client_secret", SECRET),
        ("extra", "1 2"),
        ("grant_type", "client_credentials"),
        ("organization", "org"),
        ("resource", "https://r1"),
        ("resource", "https://r2"),
        ("scope", "a b"),
    ];
    let expected: Vec<(String, String)> = expected.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    assert_eq!(request.form(), expected);
}

#[test]
fn token_params_never_send_a_parameter_twice() {
    // RFC 6749 section 3.2: parameters must not be included more than once. Zoom replaces grant_type this way.
    for key in ["grant_type", "client_id", "client_secret", "scope"] {
        let server = Server::always(Answer::token("t"));
        let output = Oat::at(&server.url("/token"), &format!("scope = \"s\"\ntoken_params = {{ {key} = \"mine\" }}")).get(&[]);
        if output.code == Some(0) {
            let sent = server.only().form();
            assert_eq!(sent.iter().filter(|(k, _)| k == key).count(), 1, "{sent:?}");
        } else {
            output.fails_saying(6, &[key]);
            assert_eq!(server.connections(), 0);
        }
    }
}

#[test]
fn r71_a_refresh_token_of_client_credentials_is_not_kept() {
    let server = Server::start(|r| {
        let body =
            json!({"access_token": format!("t{}", r.number), "token_type": "Bearer", "expires_in": 1, "refresh_token": "CANARY-refresh"});
        Answer::json(200, body)
    });
    let oat = Oat::against(&server);
    for _ in 0..2 {
        oat.get(&["--force"]).assert_clean(&["CANARY-refresh"]);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|r| r.form().contains(&("grant_type".into(), "client_credentials".into()))));
}
