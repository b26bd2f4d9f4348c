//! `oat inspect` of what is piped in: every form of it, what it says, whether it holds, and how it is shown.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::process::Stdio;
use std::time::Duration;

use support::inspected::*;
use support::redirect::*;
use support::*;

const ISSUER: &str = "https://nobody.example";

/// The most memory whatever is piped in, in KiB (64 MiB).
const MEMORY: u64 = 64 * 1024;

/// A token of an issuer that nobody has a profile for.
fn strangers() -> String {
    signed(&claims(ISSUER))
}

// ── what is piped in ────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_token_is_found_in_every_form_in_which_people_have_one() {
    let (oat, token) = (Oat::new(), strangers());
    let broken: Vec<&str> = token.as_bytes().chunks(64).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    for text in [
        token.clone(),
        format!("{token}\n"),
        format!("\u{feff}  {token}\r\n"),
        format!("Bearer {token}"),
        format!("bearer {token}\n"),
        format!("Authorization: Bearer {token}\r\n"),
        format!("'authorization: bearer {token}'"),
        format!("\"{token}\""),
        json!({"access_token": token, "id_token": "x", "refresh_token": "y"}).to_string(),
        broken.join("\n"),
    ] {
        let report = oat.report(&text, &[]);
        assert_eq!((&report["claims"]["sub"], &report["length"]), (&json!(SUBJECT), &json!(token.len())), "{text}");
        assert_eq!((&report["kind"], &report["format"]), (&json!("token"), &json!("jwt")));
    }
}

#[test]
fn of_a_token_answer_the_flag_says_which_token() {
    let answer =
        json!({"access_token": signed(&claims("https://access.example")), "id_token": strangers(), "refresh_token": "CANARY-refresh"});
    let (oat, answer) = (Oat::new(), answer.to_string());
    assert_eq!(oat.report(&answer, &["--offline"])["claims"]["iss"], "https://access.example");
    let report = oat.report(&answer, &["--id-token", "--offline"]);
    assert_eq!((&report["kind"], &report["claims"]["iss"]), (&json!("id_token"), &json!(ISSUER)));
    let output = oat.inspect(&answer, &["--refresh-token", "--json"]);
    let report = output.report();
    assert_eq!((&report["kind"], &report["claims"]), (&json!("refresh_token"), &Value::Null));
    output.assert_clean(&["CANARY", "eyJ"]);
    let output = oat.inspect(&json!({"id_token": "x"}).to_string(), &[]);
    output.fails_saying(8, &["`access_token`", "--id-token"]);
}

#[test]
fn a_token_of_another_kind_is_told_by_its_typ() {
    let (oat, token) = (Oat::new().config(""), strangers());
    // at+jwt
    let report = oat.inspect(&token, &["--id-token", "--json"]).does_not_hold(8, &["another kind of token"]);
    assert_eq!(check(&report, "typ").0, &json!(false));
    assert_eq!(made(&report), ["alg", "typ", "sub", "exp", "iat"]);
}

#[test]
fn r72_a_token_on_the_command_line_is_refused_and_never_repeated() {
    let (oat, token) = (Oat::new(), strangers());
    let bearer = format!("Bearer {token}");
    for words in [
        vec!["inspect", &token],
        vec!["inspect", &bearer],
        vec!["inspect", "-", &token],
        vec!["inspect", "work", &token],
        vec!["inspect", &token, "--json"],
        vec!["inspect", "--token", &token],
        vec!["inspect", "--token", &token, "--json"],
        vec!["--json", "inspect", &format!("--token={token}")],
        vec!["inspect", &token, "-vv"],
        vec!["inspect", "-", "--profile", &token],
        vec!["jwks", &token],
        vec!["inspect", "a", "b", &token],
        vec!["inspect", "a", &format!("--header={token}")],
    ] {
        let output = oat.piped(&token, &words);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:#?}");
        output.assert_holds_nothing_of(&token);
    }
    let output = oat.run(&["inspect", &token]);
    output.says(&["never taken from the command line", "oat inspect -"]);
}

#[test]
fn what_is_no_token_is_refused_in_one_line_and_never_repeated() {
    let oat = Oat::new();
    for (stdin, words) in [
        (b"".to_vec(), "no token on standard input"),
        (b" \n\t\r\n".to_vec(), "no token on standard input"),
        (b"\x7fELF\x02\x01\0CANARY\xff\xfe\0".to_vec(), "not UTF-8"),
        (b"CANARY\0x".to_vec(), "no token has"),
        (b"CANARY CANARY".to_vec(), "white space"),
        ("CANARY\u{1b}[2J".into(), "no token has"),
        (b"{\"CANARY\":".to_vec(), "ends too early"),
        (b"{\"access_token\":\"a\",\"access_token\":\"CANARY\"}".to_vec(), "twice"),
        (b"{\"payload\":\"CANARY\",\"signatures\":[]}".to_vec(), "compact"),
        (b"eyJhbGciOiJSUzI1NiJ9.CANARY".to_vec(), "not"),
        (b"eyJhbGciOiJSUzI1NiJ9.CANARY!.x".to_vec(), "base64url"),
        (b"eyJhbGciOiJSUzI1NiJ9.e30.x.y".to_vec(), "4 parts"),
        (b"eyJDQU5BUlkiOjEsIkNBTkFSWSI6Mn0.e30.eA".to_vec(), "twice"),
        (b"eyJhbGciOiJSUzI1NiJ9.WyJDQU5BUlkiXQ.eA".to_vec(), "an array"),
    ] {
        for more in [&[][..], &["--json"], &["-vv"], &["--claim", "sub"], &["--header"]] {
            let output = oat.piped(&stdin, &[&["inspect", "-"], more].concat());
            output.fails_before(8, &[words]);
            output.assert_clean(&["CANARY", "ELF", "eyJ"]);
            output.assert_harmless();
        }
    }
}

#[test]
fn five_mebibytes_of_standard_input_are_refused() {
    let output = Oat::new().measured().piped(vec![b'a'; (5 << 20) + 1], &["inspect", "-"]);
    output.fails_saying(8, &["longer than 5 MiB"]);
    assert!(output.peak_kib < MEMORY, "{} KiB", output.peak_kib);
    Oat::new().piped(vec![b'a'; (4 << 20) + 1], &["inspect", "-"]).fails_saying(8, &["longer than 4 MiB"]);
}

#[test]
fn r48_four_mebibytes_of_hostile_input_take_little_memory_and_time() {
    let oat = Oat::new().measured();
    let payload = |json: String| format!("eyJhbGciOiJSUzI1NiJ9.{}.AAAA", base64url(json));
    let keys = |count: usize| (0..count).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
    let small = |count: usize| format!("{{\"a\":[{}]}}", vec![r#"{"a":0}"#; count].join(","));
    let inputs = [
        ("deep", payload("[".repeat(3_000_000)), Some("nested")),
        ("deep objects", payload(r#"{"a":"#.repeat(590_000)), Some("nested")),
        ("small objects", payload(small(390_000)), Some("50,000 values")),
        ("as many small objects as may be", payload(small(24_900)), None),
        ("many keys", payload(format!("{{{}}}", keys(260_000))), Some("50,000 values")),
        ("as many keys as may be", payload(format!("{{{}}}", keys(49_900))), None),
        ("one string", payload(format!("{{\"a\":\"{}\"}}", "x".repeat(3_100_000))), None),
        ("one escaped string", payload(format!("{{\"a\":\"{}\"}}", "\\u001b".repeat(510_000))), None),
        ("one number", payload(format!("{{\"a\":{}}}", "1".repeat(3_000_000))), Some("")),
        ("dots", ".".repeat(400_000), Some("more than 5 parts")),
        ("dots behind a header", format!("eyJhbGciOiJSUzI1NiJ9{}", ".".repeat(4_000_000)), Some("parts")),
        ("a header", format!("{}.e30.AAAA", base64url(format!("{{\"a\":\"{}\"}}", "x".repeat(3_000_000)))), None),
        ("one word", "a".repeat(4 << 20), None),
        ("a deep token answer", format!("{{\"a\":{}", "[".repeat(4 << 20)), Some("nested")),
        ("a wide token answer", format!("{{\"a\":[{}0]}}", "0,".repeat(2 << 20)), Some("50,000 values")),
    ];
    // What is refused is refused before the report has a form.
    let every = [&[][..], &["--offline", "--json"]];
    let run = |(name, input, reason): &(&str, String, Option<&str>)| {
        for more in &every[..if reason.is_some() { 1 } else { 2 }] {
            let output = oat.piped(input, &[&["inspect", "-"], *more].concat());
            let told =
                format!("{name} {more:?}: {:?}, {} KiB, {:?}: {:.300}", output.code, output.peak_kib, output.duration, output.stderr);
            assert!(output.peak_kib < MEMORY, "{told}");
            // Under a second where it was optimized.
            assert!(output.duration < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 }), "{told}");
            assert!(matches!(output.code, Some(0 | 8)) && !output.stderr.contains("panicked"), "{told}");
            assert!(output.stderr.lines().count() <= 2 && output.stderr.lines().all(|line| line.len() < 400), "{told}");
            if let Some(reason) = reason {
                assert!(output.code == Some(8) && output.stdout.is_empty() && output.stderr.contains(reason), "{told}");
            }
        }
    };
    std::thread::scope(|scope| inputs.chunks(8).for_each(|some| drop(scope.spawn(|| some.iter().for_each(run)))));
}

#[cfg(feature = "real-parts")]
#[test]
fn on_a_terminal_the_token_is_asked_for_and_not_shown_however_long_it_is() {
    let oat = Oat::new();
    // A terminal's line ends at 4095 bytes.
    for length in [10, 5000, 40_000] {
        let token = signed(&but(claims(ISSUER), json!({"pad": "x".repeat(length)})));
        let (code, screen) = oat.on_terminal(&["inspect", "-", "--claim", "sub"], &[("token", &token)]);
        assert_eq!(code, Some(0), "{screen}");
        assert!(screen.contains(SUBJECT) && screen.contains("NOT VERIFIED"), "{screen}");
        assert_nothing_of(&screen, &token);
    }
    let (code, screen) = oat.on_terminal(&["inspect", "-"], &[("token", "")]);
    assert!(code == Some(8) && screen.contains("no token on standard input"), "{screen}");
}

// ── what the report is ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r40_without_keys_the_report_says_not_verified_everywhere_and_exits_with_0() {
    let (oat, token) = (Oat::new(), strangers());
    let output = oat.inspect(&token, &["--json"]);
    let report = output.report();
    output.says(&["NOT VERIFIED", "no profile has the issuer", &format!("--issuer '{ISSUER}'")]);
    assert_eq!((&report["verified"], report["reason"].as_str().unwrap().contains("no profile")), (&json!(false), true));
    assert_eq!((&report["header"]["kid"], &report["claims"]["sub"]), (&json!("k1"), &json!(SUBJECT)));
    assert_eq!(check(&report, "alg"), (&Value::Null, "ES256"));
    assert_eq!((check(&report, "exp").0, check(&report, "iat").0), (&json!(true), &json!(true)));
    assert!((report["expires_in"].as_i64().unwrap() - 600).abs() < 10 && report["expires_at"].as_i64().unwrap() > now());
    let page = oat.inspect(&token, &[]);
    page.says(&["NOT VERIFIED"]);
    let text = page.lines();
    assert!(text.starts_with("NOT VERIFIED  token from standard input: a signed JWT, "), "{text}");
    for row in ["  issuer (iss)        https://nobody.example", "  subject (sub)       ada-17", "  scope               read write"] {
        assert!(text.lines().any(|line| line == row), "`{row}` in {text}");
    }
    for quiet in [&["--claim", "sub"][..], &["--header"]] {
        oat.inspect(&token, quiet).says(&["NOT VERIFIED"]);
    }
}

#[test]
fn the_names_in_the_report_are_those_that_scripts_rely_on() {
    let report = Oat::new().report(&strangers(), &[]);
    let names: Vec<&String> = report.as_object().unwrap().keys().collect();
    for name in ["kind", "format", "header", "claims", "checks", "verified", "reason", "expires_at", "expires_in", "notes"] {
        assert!(names.iter().any(|other| *other == name), "{name} in {names:?}");
    }
    for name in ["profile", "introspection", "userinfo", "challenge"] {
        assert!(!names.iter().any(|other| *other == name), "{name} in {names:?}");
    }
    for check in report["checks"].as_array().unwrap() {
        assert!(check["name"].is_string() && (check["ok"].is_boolean() || check["ok"].is_null()) && check["detail"].is_string(), "{check}");
    }
}

#[test]
fn an_expired_token_exits_with_8_and_offline_with_0() {
    let (oat, token) = (Oat::new(), signed(&but(claims(ISSUER), json!({"exp": now() - 3600, "iat": now() - 7200}))));
    let report = oat.inspect(&token, &["--json"]).does_not_hold(8, &["expired 60 min ago", "60 s"]);
    assert_eq!((&report["verified"], check(&report, "exp").0), (&json!(false), &json!(false)));
    assert!(report["expires_in"].as_i64().unwrap() < -3500);
    let page = oat.inspect(&token, &[]);
    page.reported_and_failed(8, &["expired"]);
    assert!(page.stdout.starts_with("NOT VERIFIED, AND DOES NOT HOLD  "), "{page:#?}");
    let report = oat.report(&token, &["--offline"]);
    assert_eq!((&report["verified"], made(&report)), (&json!(false), Vec::<&str>::new()));
}

#[test]
fn r43_a_time_of_the_wrong_type_is_a_failure_and_not_absent() {
    let oat = Oat::new();
    for (changes, words) in [
        (json!({"exp": "1"}), "`exp` is a string"),
        (json!({"exp": null, "nbf": [1]}), "`exp`"),
        (json!({"nbf": now() + 3600}), "not valid for another"),
        (json!({"iat": now() + 3600}), "in the future"),
        (json!({"exp": (now() + 600) * 1000}), "no point in time"),
        (json!({"cnf": "x"}), "`cnf`"),
    ] {
        oat.inspect(&signed(&but(claims(ISSUER), changes)), &[]).reported_and_failed(8, &[words]);
    }
}

#[test]
fn audience_and_scope_are_checked_where_they_are_asked_for() {
    let (oat, token) = (Oat::new(), strangers());
    let report = oat.report(&token, &["--audience", "https://api.example", "--require-scope", "write read"]);
    assert_eq!((check(&report, "aud").0, check(&report, "scope").0), (&json!(true), &json!(true)));
    // Also where nothing else is checked.
    oat.inspect(&token, &["--offline", "--audience", "other"]).reported_and_failed(8, &["https://api.example", "other"]);
    let output = oat.inspect(&token, &["--require-scope", "read", "--require-scope", "delete"]);
    output.reported_and_failed(8, &["`read write`", "`delete` is missing"]);
    let listed = signed(&but(claims(ISSUER), json!({"aud": ["a", "b"], "scope": null, "scp": ["x", "y"], "permissions": ["z"]})));
    let report = oat.report(&listed, &["--audience", "a", "--audience", "b", "--require-scope", "x"]);
    assert_eq!((check(&report, "aud").0, check(&report, "scope").0), (&json!(true), &json!(true)));
    let output = oat.inspect(&listed, &["--require-scope", "z"]);
    output.reported_and_failed(8, &["`z` is missing"]);
    output.says(&["`permissions`"]);
}

#[test]
fn a_claim_alone_is_raw_text_or_json() {
    let claims =
        but(claims(ISSUER), json!({"number": 12.5, "yes": true, "nothing": [null], "a/b": {"c~d": ["x", {"y": "z z"}]}, "empty": ""}));
    let (oat, token) = (Oat::new(), signed(&claims));
    for (name, wanted) in [
        ("sub", SUBJECT),
        ("number", "12.5"),
        ("yes", "true"),
        ("nothing", "[null]"),
        ("a/b", "{\"c~d\":[\"x\",{\"y\":\"z z\"}]}"),
        ("/a~1b/c~0d/1/y", "z z"),
        ("/sub", SUBJECT),
        ("empty", ""),
    ] {
        let output = oat.inspect(&token, &["--claim", name]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), format!("{wanted}\n").as_str()), "{name}: {output:#?}");
    }
    for name in ["nobody", "/a~1b/nobody", "Sub", "sub/x"] {
        oat.inspect(&token, &["--claim", name]).fails_saying(8, &["no claim", name]);
    }
    // A script that forgets the exit code gets nothing of what does not hold; unchecked, it gets what the token says.
    let expired = signed(&but(claims, json!({"exp": 1})));
    for one in [&["--claim", "sub"][..], &["--header"]] {
        oat.inspect(&expired, one).fails_saying(8, &["expired"]);
    }
    let output = oat.inspect(&expired, &["--claim", "sub", "--offline"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "ada-17\n"), "{output:#?}");
    oat.inspect("opaque", &["--claim", "sub"]).fails_saying(8, &["no claim"]);
}

#[test]
fn without_a_word_what_is_piped_in_is_meant_where_no_profile_can_be() {
    let oat = Oat::new();
    let token = strangers();
    let output = oat.piped(&token, &["inspect"]);
    assert!(output.code == Some(0) && output.stdout.contains("token from standard input"), "{output:#?}");
    oat.piped("", &["inspect"]).fails_saying(6, &["no profile is named"]);
    oat.piped(&token, &["inspect", "--profile", "p"]).fails_saying(6, &["no profile"]);
    // With a profile, that is meant, and said.
    let oat = Oat::with_profile("issuer = \"https://127.0.0.1:1\"");
    oat.piped(&token, &["inspect"]).fails_saying(5, &["127.0.0.1"]);
}

#[test]
fn the_header_alone_is_json() {
    let oat = Oat::new();
    let output = oat.inspect(&strangers(), &["--header"]);
    assert_eq!(serde_json::from_str::<Value>(output.line()).unwrap(), json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}));
    oat.inspect("opaque", &["--header"]).fails_saying(8, &["no header"]);
}

#[test]
fn two_sources_are_compared_and_only_what_differs_is_shown() {
    let provider = asked(|request, facts| {
        let token = signed(&but(claims(&facts.origin), json!({"scope": "other", "extra": {"a": 1}})));
        (request.path() == "/token").then(|| Answer::token(&token))
    });
    let oat = client_of(&provider, "");
    let token = good(&provider);
    let output = oat.piped(&token, &["inspect", "-", "p", "--json"]);
    let report = output.report();
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one.get("name").unwrap_or(one).as_str().unwrap().to_string()).collect()
    };
    assert!(names(&report["differences"]).iter().all(|name| ["extra", "scope", "exp", "iat"].contains(&name.as_str())), "{report:#}");
    assert!(names(&report["same"]).contains(&"header.kid".to_string()) && names(&report["same"]).contains(&"verified".to_string()));
    let scope = report["differences"].as_array().unwrap().iter().find(|one| one["name"] == "scope").unwrap();
    assert_eq!((&scope["left"], &scope["right"]), (&json!("read write"), &json!("other")));
    assert_eq!((&report["left"]["verified"], &report["right"]["verified"]), (&json!(true), &json!(true)));
    let page = oat.piped(&token, &["inspect", "p", "-"]);
    assert!(
        page.lines().lines().any(|line| line.starts_with("scope") && line.contains("other") && line.ends_with("read write")),
        "{page:#?}"
    );
    assert!(page.stdout.contains("the same in both: ") && !page.stdout.contains('\u{1b}'));
    // What does not hold of either is the failure of both.
    let expired = signed(&but(claims(&issuer(&provider)), json!({"exp": 1})));
    oat.piped(&expired, &["inspect", "p", "-"]).reported_and_failed(8, &["expired"]);
    oat.piped(&token, &["inspect", "-", "-"]).fails(2);
    for flag in ["--header", "--claim=sub"] {
        oat.piped(&token, &["inspect", "-", "p", flag]).fails_saying(2, &["comparison"]);
    }
}

#[test]
fn a_pipe_gets_no_colour_and_no_timeline() {
    let output = Oat::new().env("TERM", "xterm-256color").env("CLICOLOR_FORCE", "1").inspect(&strangers(), &[]);
    assert!(!output.lines().contains(['\u{1b}', '├', '●']), "{output:#?}");
}

#[cfg(feature = "real-parts")]
#[test]
fn a_terminal_gets_colour_and_a_timeline_and_no_color_is_obeyed() {
    let oat = Oat::new();
    let file = oat.file("token", 0o600, strangers());
    let line = format!("'{}' inspect - < '{}'", env!("CARGO_BIN_EXE_oat"), file.display());
    let screen = |oat: &Oat| {
        let mut command = std::process::Command::new("script");
        let given = oat.command(&[]);
        command.args(["-qec", &line, "/dev/null"]).env_clear();
        command.envs(given.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
        let output = command.stdin(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = screen(&oat);
    assert!(shown.contains("\u{1b}[33mNOT VERIFIED\u{1b}[0m") && shown.contains('├') && shown.contains("of 11 min left"), "{shown}");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let oat = Oat::new().env(name, value);
        let shown = screen(&oat);
        assert!(!shown.contains('\u{1b}') && shown.contains('├') && shown.contains("NOT VERIFIED"), "{shown}");
    }
}

// ── R66 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r66_nothing_a_token_says_moves_a_cursor_breaks_a_line_or_speaks_to_a_runner() {
    let oat = Oat::with_profile("token_endpoint = \"https://nobody.example/token\"");
    let hostile = json!({
        "iss": HOSTILE, "sub": HOSTILE, "aud": [HOSTILE, "x"], "azp": HOSTILE, "scope": HOSTILE, "acr": HOSTILE, "exp": now() + 60,
        HOSTILE: HOSTILE, "::add-mask::x": "::add-mask::y", "::group::a": {"::error::b": ["::c::", HOSTILE, {"::d::": {"::e::": HOSTILE}}]},
        "cnf": {HOSTILE: HOSTILE}, "list": vec![HOSTILE; 5],
    });
    let header = json!({"alg": "ES256", "kid": HOSTILE, "typ": HOSTILE, HOSTILE: HOSTILE, "::add-mask::x": 1, "jku": HOSTILE});
    let token = signed_under(&header, &hostile);
    let keys = oat.file("keys.json", 0o600, json!({"keys": [jwk("k1")]}).to_string());
    let keys = keys.to_str().unwrap();
    let nested = "/::group::a/::error::b/1";
    for more in [
        &[][..],
        &["--json"],
        &["--id-token"],
        &["--id-token", "--json"],
        &["--header"],
        &["--claim", "sub"],
        &["--claim", "aud"],
        &["--claim", HOSTILE],
        &["--claim", "::add-mask::x"],
        &["--claim", nested],
        &["--offline"],
        &["--audience", "other", "--require-scope", "other"],
        &["--jwks", keys],
        &["--jwks", keys, "--json"],
        &["--issuer"],
        &["--issuer", "https://nobody.example", "--offline"],
        &["-vv"],
    ] {
        let output = oat.inspect(&token, more);
        output.assert_harmless();
        output.assert_told();
        if more.contains(&"--json") {
            let report: Value = serde_json::from_str(&output.stdout).unwrap();
            assert_eq!((&report["claims"]["sub"], &report["header"]["kid"]), (&json!(HOSTILE), &json!(HOSTILE)), "JSON says what was said");
        }
    }
    // A header first that is somebody's words, and bytes that are no claims set.
    let words = jwt(&json!({"::add-mask::x": 1, "alg": "ES256"}), &json!("::add-mask::x"), |signed| sign_es256("k1", signed));
    for more in [&["--signature-only"][..], &["--signature-only", "--json"]] {
        let output = oat.inspect(&words, more);
        assert_eq!(output.code, Some(8), "{output:#?}");
        output.assert_harmless();
    }
    let payload = format!("{}.{}.{}", base64url(r#"{"alg":"ES256"}"#), base64url(HOSTILE), base64url([0; 64]));
    oat.inspect(&payload, &["--signature-only"]).assert_harmless();
}

#[test]
fn r66_a_comparison_is_as_harmless_as_a_page() {
    let provider = asked(|request, facts| {
        let hostile = json!({HOSTILE: HOSTILE, "::add-mask::x": "::y::", "sub": [HOSTILE, HOSTILE]});
        let header = json!({"alg": "ES256", "kid": "k1", HOSTILE: HOSTILE, "::h::": 1});
        (request.path() == "/token").then(|| Answer::token(&signed_under(&header, &but(claims(&facts.origin), hostile))))
    });
    let oat = client_of(&provider, "");
    let same = signed_under(
        &json!({"alg": "ES256", "kid": "k1", HOSTILE: HOSTILE, "::h::": 1}),
        &json!({HOSTILE: "other", "::add-mask::x": "::y::", "::z::": HOSTILE}),
    );
    for words in [&["inspect", "p", "-"][..], &["inspect", "-", "p"], &["inspect", "p", "-", "--json"], &["inspect", "p", "p"]] {
        let output = oat.piped(&same, words);
        assert_eq!(output.code, Some(0), "{output:#?}");
        output.assert_harmless();
    }
}

// ── keys on the command line ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn keys_of_a_file_verify_without_a_network() {
    let oat = Oat::new();
    let set = oat.file("set.json", 0o600, json!({"keys": [jwk("other"), jwk("k1")]}).to_string());
    let one = oat.file("one.json", 0o600, jwk("k1").to_string());
    for flags in [["--jwks", set.to_str().unwrap()], ["--key", one.to_str().unwrap()]] {
        let report = oat.report(&strangers(), &[&flags[..], &["--offline"]].concat());
        assert_eq!((&report["verified"], check(&report, "signature").0), (&json!(true), &json!(true)));
        assert_eq!(report.get("reason"), None);
    }
    let wrong = oat.file("wrong.json", 0o600, json!({"keys": [jwk("other")]}).to_string());
    let report = oat.inspect(&strangers(), &["--json", "--jwks", wrong.to_str().unwrap()]).does_not_hold(8, &["`k1`"]);
    assert_eq!((&report["verified"], check(&report, "signature").0), (&json!(false), &json!(false)));
    oat.inspect(&strangers(), &["--jwks", "nowhere.json"]).reported_and_failed(6, &["cannot read the keys"]);
}

#[test]
fn r41_an_hmac_is_never_checked_with_public_keys() {
    let oat = Oat::new().env("HMAC", "CANARY-shared-secret-of-32-bytes");
    let token = support::id_token::hs256(&claims(ISSUER), "CANARY-shared-secret-of-32-bytes");
    let oct = json!({"kty": "oct", "kid": "o", "k": base64url("CANARY-shared-secret-of-32-bytes")});
    let set = oat.file("set.json", 0o600, json!({"keys": [jwk("k1"), oct]}).to_string());
    let output = oat.inspect(&token, &["--json", "--jwks", set.to_str().unwrap()]);
    let report = output.does_not_hold(8, &["HS256", "symmetric"]);
    assert_eq!((&report["verified"], check(&report, "alg").0), (&json!(false), &json!(false)));
    output.says(&["--secret-from"]);
    let output = oat.inspect(&token, &["--json", "--secret-from", "env:HMAC"]);
    assert_eq!(output.report()["verified"], true);
    output.assert_clean(&["CANARY"]);
    let output = oat.inspect(&token, &["--secret-from", "CANARY-shared-secret-of-32-bytes"]);
    assert_ne!(output.code, Some(0));
    output.assert_clean(&["CANARY"]);
}

#[test]
fn a_token_that_nobody_signed_does_not_hold() {
    for alg in ["none", "None", "NONE"] {
        let token = jwt(&json!({"alg": alg}), &claims(ISSUER), |_| Vec::new());
        let report = Oat::new().inspect(&token, &["--json"]).does_not_hold(8, &["not signed"]);
        assert_eq!(report["verified"], false);
    }
}

#[test]
fn r46_headers_that_would_change_the_meaning_do_not_hold() {
    for header in [json!({"alg": "ES256", "crit": ["x"]}), json!({"alg": "ES256", "b64": false}), json!({"alg": "ES256", "zip": "DEF"})] {
        let output = Oat::new().inspect(&signed_under(&header, &claims(ISSUER)), &["--json"]);
        assert_eq!(output.does_not_hold(8, &[])["verified"], false);
    }
}

// ── the embedded sandbox ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_sandboxs_token_is_verified_without_any_set_up() {
    let oat = Oat::new();
    let output = oat.run(&["inspect", "sandbox", "--json"]);
    let report = output.report();
    assert_eq!((&report["kind"], &report["profile"], &report["verified"]), (&json!("access_token"), &json!("sandbox"), &json!(true)));
    output.does_not_say(&["NOT VERIFIED"]);
    let token = oat.run(&["token", "get", "sandbox"]);
    let report = oat.report(token.line(), &[]);
    assert_eq!((&report["kind"], &report["verified"]), (&json!("token"), &json!(true)));
    let page = oat.run(&["inspect", "sandbox"]);
    assert!(page.lines().starts_with("VERIFIED  access token of profile `sandbox`: a signed JWT"), "{page:#?}");
    page.assert_holds_nothing_of(token.line());
}

#[test]
fn what_is_not_kept_is_told_with_what_gets_it() {
    let oat = Oat::new();
    oat.run(&["inspect", "sandbox", "--offline"]).fails_saying(5, &["no access token", "oat token get sandbox"]);
    oat.run(&["inspect", "sandbox", "--id-token"]).fails_saying(3, &["no ID token"]);
    oat.run(&["inspect", "sandbox", "--refresh-token"]).fails_saying(3, &["no refresh token"]);
    oat.run(&["inspect", "nobody"]).fails_saying(6, &["nobody"]);
}

// ── surroundings ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r103_a_full_disk_is_a_failure_and_a_closed_pipe_is_quiet() {
    let oat = Oat::new();
    let token = oat.file("token", 0o600, strangers());
    let run = |stdout: Stdio| {
        let mut command = oat.command(&["inspect", "-"]);
        command.stdin(std::fs::File::open(&token).unwrap()).stdout(stdout).stderr(Stdio::piped()).output().unwrap()
    };
    let full = run(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into());
    let told = String::from_utf8(full.stderr).unwrap();
    assert!(full.status.code() == Some(1) && told.contains("cannot write to stdout") && !told.contains("panicked"), "{told}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = run(writer.into());
    let told = String::from_utf8(closed.stderr).unwrap();
    assert!(closed.status.code() == Some(0) && told.lines().all(|line| line.contains("NOT VERIFIED")), "{told}");
}

#[test]
fn r103_without_a_home_a_token_is_inspected_all_the_same() {
    let oat = Oat::new().unset("HOME").unset("OAT_CONFIG").unset("OAT_STATE").unset("OAT_STORE").unset("PATH");
    let report = oat.report(&strangers(), &[]);
    assert_eq!(report["claims"]["sub"], SUBJECT);
    assert_eq!(oat.report(&strangers(), &["--offline"])["claims"]["sub"], SUBJECT);
}
