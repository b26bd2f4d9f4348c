//! A refresh token in use: what is sent, what is kept of each answer, and what is told when it works no more.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::redirect::*;
use support::*;

/// A provider whose sign-ins give an access token that is over at once, and whose refreshes are answered so.
fn refreshing(answer: impl Fn(&Recorded, &Facts) -> Answer + Send + Sync + 'static) -> Provider {
    Provider::granting(move |request, facts| {
        let by_code = request.form().iter().any(|(name, value)| name == "grant_type" && value == "authorization_code");
        if by_code { Answer::json(200, facts.granted(0)) } else { answer(request, facts) }
    })
}

/// A new token pair without an ID token.
fn pair(facts: &Facts) -> Value {
    let mut granted = facts.granted(3600);
    granted.as_object_mut().unwrap().remove("id_token");
    granted
}

fn rotating() -> Provider {
    refreshing(|_, facts| Answer::json(200, pair(facts)))
}

/// Signed in, with nothing but the refresh token left.
fn signed_in(provider: &Provider) -> Oat {
    let oat = provider.oat("");
    sign_in(&oat, provider);
    oat
}

/// The refresh tokens that were sent, in order.
fn spent(provider: &Provider) -> Vec<String> {
    let forms = provider.token_forms();
    forms.iter().filter_map(|form| form.iter().find(|(name, _)| name == "refresh_token").map(|(_, value)| value.clone())).collect()
}

fn refresh_tokens(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|n| format!("{REFRESH}{n}")).collect()
}

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut form: Vec<(String, String)> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    form.sort();
    form
}

fn status(oat: &Oat) -> Value {
    let output = oat.run(&["status", "--json"]);
    serde_json::from_str::<Value>(output.lines()).unwrap()["profiles"][0].clone()
}

// ── what is sent ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_expired_token_costs_one_refresh_of_exactly_these_parameters() {
    let secret = "client_secret = { env = \"P_SECRET\" }\nclient_auth = ";
    for (more, own, authorization) in [
        ("", &[("client_id", CLIENT)][..], None),
        (&format!("{secret}\"client_secret_post\""), &[("client_id", CLIENT), ("client_secret", SECRET)], None),
        (&format!("{secret}\"client_secret_basic\""), &[], Some(format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}"))))),
    ] {
        let provider = rotating();
        let oat = provider.oat(more).env("P_SECRET", SECRET);
        sign_in(&oat, &provider);
        for _ in 0..3 {
            assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
        }
        let first = format!("{REFRESH}0");
        let expected = [&[("grant_type", "refresh_token"), ("refresh_token", &first)], own].concat();
        assert_eq!(provider.token_forms()[1..], [form(&expected)], "{more}");
        let sent = provider.server.requests().into_iter().rfind(|request| request.path() == "/token").unwrap();
        assert_eq!(sent.header("authorization"), authorization.as_deref());
        assert_eq!(sent.header("accept"), Some("application/json"));
        // And the next one is the one that came with it.
        assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
        assert_eq!(spent(&provider), refresh_tokens(&[0, 1]));
    }
}

#[test]
fn one_refresh_token_gives_tokens_of_other_audiences_resources_and_narrower_scopes() {
    let provider = refreshing(|_, facts| Answer::json(200, pair(facts)));
    let oat = provider.oat("scope = \"openid offline_access read write\"\naudience = \"https://a\"");
    sign_in(&oat, &provider);
    let asked = |args: &[&str], expected: &[(&str, &str)]| {
        let before = spent(&provider).len();
        let token = oat.get(args).line().to_string();
        assert_eq!(oat.get(args).line(), token, "{args:?} is kept by itself");
        assert_eq!(spent(&provider).len(), before + 1, "{args:?}");
        let last = format!("{REFRESH}{before}");
        let own = [("grant_type", "refresh_token"), ("refresh_token", last.as_str()), ("client_id", CLIENT)];
        assert_eq!(provider.token_forms().pop().unwrap(), form(&[&own, expected].concat()), "{args:?}");
    };
    asked(&[], &[]);
    asked(&["--scope", "read"], &[("scope", "read")]);
    asked(&["--audience", "https://b"], &[("audience", "https://b")]);
    asked(&["--resource", "https://c", "--resource", "https://d"], &[("resource", "https://c"), ("resource", "https://d")]);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"), "the first is still there");
}

#[test]
fn what_a_provider_wants_on_refresh_comes_from_the_profile() {
    let provider = rotating();
    let more = "scope = \"read\"\nsend_scope_on_refresh = true\nsend_redirect_uri_on_refresh = true\nrefresh_params = { extra = \"x\", client_id = \"never\" }\nredirect_uri = \"http://127.0.0.1/cb\"";
    let oat = provider.oat(more);
    sign_in(&oat, &provider);
    oat.get(&[]).line();
    let forms = provider.token_forms();
    let uri = field(&forms[0], "redirect_uri");
    let token = format!("{REFRESH}0");
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &token),
        ("client_id", CLIENT),
        ("scope", "read"),
        ("redirect_uri", uri),
        ("extra", "x"),
    ];
    assert_eq!(forms[1], form(&expected));
}

#[test]
fn oat_refresh_renews_whatever_the_cache_says_and_prints_only_when_told() {
    let provider = rotating();
    let oat = signed_in(&provider);
    oat.get(&[]).line();
    let output = oat.run(&["refresh", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:?}");
    output.assert_clean(&["CANARY"]);
    assert_eq!(oat.run(&["refresh", "p", "--print"]).line(), format!("{ACCESS}3"));
    let told: Value = serde_json::from_str(oat.get(&["--force", "--format", "json"]).lines()).unwrap();
    assert_eq!((&told["source"], &told["access_token"]), (&json!("refresh"), &json!(format!("{ACCESS}4"))));
    assert_eq!(spent(&provider), refresh_tokens(&[0, 1, 2, 3]));
}

// ── R71, R81: what is kept ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r71_a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    for value in [None, Some(json!(null)), Some(json!("")), Some(json!(7)), Some(json!(["x"]))] {
        let shown = format!("{value:?}");
        let provider = refreshing(move |_, facts| {
            let mut granted = pair(facts);
            match &value {
                None => drop(granted.as_object_mut().unwrap().remove("refresh_token")),
                Some(value) => granted["refresh_token"] = value.clone(),
            }
            Answer::json(200, granted)
        });
        let oat = signed_in(&provider);
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
        assert_eq!(oat.get(&["--force"]).line(), format!("{ACCESS}2"));
        assert_eq!(spent(&provider), refresh_tokens(&[0, 0]), "{shown}");
    }
}

#[test]
fn r81_the_new_refresh_token_is_on_the_disk_before_anything_is_printed() {
    let provider = rotating();
    let oat = signed_in(&provider);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = oat.command(&["token", "get", "p"]).stdin(Stdio::null()).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert!(!status.success());
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"), "kept, though it could not be printed");
    oat.get(&["--force"]).line();
    assert_eq!(spent(&provider), refresh_tokens(&[0, 1]));
    oat.assert_state_holds_none_of(&["CANARY"]);
}

#[test]
fn r81_a_full_disk_is_found_before_the_refresh_token_is_sent() {
    let provider = rotating();
    // Every write to a file fails; a signal for it is ignored.
    let oat = signed_in(&provider).under(&["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]);
    let before = oat.state_files();
    for args in [&["token", "get", "p"][..], &["refresh", "p"], &["token", "get", "p", "--require-store"]] {
        oat.run(args).fails_saying(7, &["the refresh token was not used"]);
    }
    assert_eq!((spent(&provider), oat.state_files()), (Vec::new(), before));
    let oat = oat.under(&[]);
    assert_eq!(oat.get(&["--require-store"]).line(), format!("{ACCESS}1"), "with room again, it works");
}

#[test]
fn r81_a_profile_that_became_wrong_is_found_before_the_refresh_token_is_sent() {
    let provider = rotating();
    let mut oat = signed_in(&provider);
    for wrong in
        ["redirect_uri = \"https://a.example/cb\"", "authorize_params = { state = \"x\" }", "authorization_endpoint = \"ftp://a/\""]
    {
        oat = oat.config(&provider.profile("p", wrong));
        oat.get(&[]).fails(6);
        assert_eq!(spent(&provider), Vec::<String>::new(), "{wrong}");
    }
    oat = oat.config(&provider.profile("p", ""));
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
}

#[test]
fn an_id_token_of_someone_else_is_refused_and_the_new_refresh_token_kept_all_the_same() {
    let provider = refreshing(|_, facts| {
        let mut claims = facts.claims();
        claims.as_object_mut().unwrap().remove("nonce");
        if facts.nth == 1 {
            claims["sub"] = json!("eve");
        }
        facts.granted_with(&facts.signed(&claims))
    });
    let oat = signed_in(&provider);
    oat.get(&[]).fails_saying(8, &["eve", SUBJECT]);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"));
    assert_eq!(spent(&provider), refresh_tokens(&[0, 1]));
    assert_eq!(status(&oat)["subject"], SUBJECT);
}

// ── R51, R55, R56, R59, R82: answers that are none ──────────────────────────────────────────────────────────────

/// The first refresh is answered so, the following ones well.
fn first(answer: Answer) -> Provider {
    refreshing(move |_, facts| if facts.nth == 1 { answer.clone() } else { Answer::json(200, pair(facts)) })
}

#[test]
fn r51_r55_trouble_at_the_server_is_told_once_costs_no_session_and_nobody_is_sent_to_sign_in() {
    for answer in [
        Answer::error(500, "server_error", "x"),
        Answer::error(503, "invalid_grant", "x").header("Retry-After", "0"),
        Answer::error(400, "temporarily_unavailable", "x"),
        Answer::text(502, "text/html", "<html>CANARY-in-the-body</html>"),
        Answer::error(429, "slow_down", "x").header("Retry-After", "1"),
    ] {
        let provider = first(answer);
        let oat = signed_in(&provider);
        let output = oat.get(&[]);
        output.fails(5);
        output.does_not_say(&["login", "log in", "sign in", "replaced"]);
        assert_eq!(spent(&provider).len(), 1, "R55: a refresh token is sent once");
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"));
        assert_eq!(spent(&provider), refresh_tokens(&[0, 0]));
    }
}

#[test]
fn r82_a_lost_answer_keeps_the_old_token_says_so_and_tries_it_once_next_time() {
    let cut = Answer::text(200, "application/json", "{\"access_token\":\"CANARY-in-the-body\",\"refr").declaring(500);
    for answer in [Answer::close(), Answer::hang(), cut, Answer::raw("HTTP/1.1 200 OK\r\nContent-")] {
        let provider = first(answer);
        let oat = signed_in(&provider);
        let output = oat.get(&["--timeout", "1s"]);
        assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
        output.fails_saying(output.code.unwrap(), &["may have replaced the refresh token", "try again"]);
        assert_eq!(spent(&provider).len(), 1, "R55: sent once");
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"));
        assert_eq!(spent(&provider), refresh_tokens(&[0, 0]));
    }
    // The server had rotated: the old one is refused, and then it is over.
    let provider = refreshing(|_, facts| if facts.nth == 1 { Answer::close() } else { Answer::error(400, "invalid_grant", "reused") });
    let oat = signed_in(&provider);
    oat.get(&[]).fails(5);
    oat.get(&[]).fails_saying(3, &["invalid_grant", "oat login p"]);
    oat.get(&[]).fails(3);
    assert_eq!(spent(&provider).len(), 2);
}

#[test]
fn r56_r105_a_redirected_refresh_is_refused_and_the_token_goes_nowhere() {
    let stranger = Server::always(Answer::token("CANARY-stranger"));
    for code in [301, 302, 307, 308] {
        let provider = first(Answer::redirect(code, &stranger.url("/token")));
        let oat = signed_in(&provider);
        oat.get(&[]).fails_saying(8, &[&stranger.address.to_string()]);
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"), "the session is kept");
        assert_eq!(spent(&provider), refresh_tokens(&[0, 0]));
    }
    assert_eq!(stranger.connections(), 0);
}

#[test]
fn r59_an_error_wins_over_tokens_and_an_access_token_is_a_string_that_is_not_empty() {
    let with = |name: &str, value: Value| {
        let mut granted = json!({"access_token": "CANARY-in-the-body", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "CANARY-in-the-body"});
        granted[name] = value;
        Answer::json(200, granted)
    };
    for (answer, code) in [
        (with("error", json!("invalid_scope")), 4),
        (with("access_token", json!("")), 8),
        (with("access_token", json!(null)), 8),
        (with("refresh_token", json!("a\nb")), 8),
        (with("token_type", json!("mac")), 8),
    ] {
        let provider = first(answer);
        let oat = signed_in(&provider);
        oat.get(&[]).fails(code);
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"));
        assert_eq!(spent(&provider), refresh_tokens(&[0, 0]));
    }
}

#[test]
fn refusals_of_the_client_keep_the_session() {
    for (error, word) in [("invalid_client", "client secret"), ("invalid_scope", "scope"), ("invalid_target", "audience")] {
        let provider = first(Answer::error(400, error, ""));
        let oat = signed_in(&provider);
        oat.get(&[]).fails_saying(4, &[error, word]);
        assert_eq!(oat.get(&[]).line(), format!("{ACCESS}2"));
    }
}

// ── the end of a session ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r67_invalid_grant_ends_the_session_and_is_not_asked_again() {
    let provider = refreshing(|_, _| Answer::error(400, "invalid_grant", "Token is not active"));
    let oat = signed_in(&provider);
    let output = oat.get(&[]);
    output.fails_saying(3, &["no more", "invalid_grant", "Token is not active", "oat login p"]);
    for _ in 0..3 {
        oat.get(&[]).fails_saying(3, &["oat login p"]);
        oat.run(&["refresh", "p"]).fails(3);
    }
    assert_eq!(spent(&provider).len(), 1, "no loop");
    let told = status(&oat);
    assert_eq!((&told["signed_in"], told.get("refresh_token_expires_at")), (&json!(false), None));
    assert!(oat.run(&["status"]).stdout.contains("none"));
    // A new sign-in is a new session.
    sign_in(&oat, &provider);
}

#[test]
fn r67_the_same_as_json_has_every_member() {
    let provider = refreshing(|_, _| Answer::error(400, "invalid_grant", "x"));
    let oat = signed_in(&provider);
    let output = oat.run(&["--json", "token", "get", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(3), ""));
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert_eq!(
        (&told["kind"], &told["exit_code"], &told["oauth_error"], &told["retryable"]),
        (&json!("login_required"), &json!(3), &json!("invalid_grant"), &json!(false))
    );
    assert!(told["hint"].as_str().unwrap().contains("oat login p"), "{told}");
    let output = oat.run(&["--json", "refresh", "p"]);
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    assert_eq!((output.code, &told["exit_code"]), (Some(3), &json!(3)));
}

#[test]
fn what_another_machine_rotated_meanwhile_is_adopted_instead_of_forgotten() {
    // Files of the same home on two machines without a common lock: while this refresh is refused, the other's record arrives.
    type Files = Vec<(PathBuf, Vec<u8>)>;
    let arriving: Arc<Mutex<Option<Files>>> = Arc::default();
    let arrives = arriving.clone();
    let provider = refreshing(move |_, facts| match arrives.lock().unwrap().take() {
        Some(files) => {
            files.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
            Answer::error(400, "invalid_grant", "reused")
        }
        None => Answer::json(200, pair(facts)),
    });
    let oat = signed_in(&provider);
    let records = || -> Files {
        let files = oat.state_files().into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "record"));
        files.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
    };
    let before = records();
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    *arriving.lock().unwrap() = Some(records());
    before.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    assert_eq!(oat.get(&["--force"]).line(), format!("{ACCESS}3"));
    assert_eq!(spent(&provider), refresh_tokens(&[0, 0, 1]));
}

#[test]
fn the_refresh_tokens_own_end_is_kept_shown_and_respected() {
    let telling = |name: &'static str, length: i64| {
        Provider::granting(move |_, facts| {
            let mut granted = facts.granted(0);
            granted[name] = json!(length);
            Answer::json(200, granted)
        })
    };
    for (provider, more, length) in [
        (telling("refresh_token_expires_in", 86_400), "", Some(86_400)),
        (telling("refresh_expires_in", 1800), "", Some(1800)),
        (telling("refresh_expires_in", 0), "", None),
        (Provider::good(), "refresh_token_lifetime = \"30d\"", Some(30 * 86_400)),
        (telling("refresh_token_expires_in", 60), "refresh_token_lifetime = \"30d\"", Some(60)),
        (Provider::good(), "", None),
    ] {
        let oat = provider.oat(more);
        sign_in(&oat, &provider);
        let end = status(&oat).get("refresh_token_expires_at").and_then(Value::as_i64);
        assert_eq!(end.is_some(), length.is_some(), "{more}");
        if let (Some(end), Some(length)) = (end, length) {
            assert!((end - now() - length).abs() <= 2, "{more}: {end}");
        }
    }
    // Over: nothing is sent, and it is said when it ended.
    let provider = telling("refresh_token_expires_in", 1);
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    std::thread::sleep(Duration::from_millis(1100));
    oat.get(&[]).fails_saying(3, &["good until", "oat login p"]);
    assert_eq!(spent(&provider), Vec::<String>::new());
    assert!(oat.run(&["status"]).stdout.contains("ended"));
}

#[test]
fn a_fixed_lifetime_is_never_moved_by_a_refresh_and_a_sliding_one_is() {
    for (sliding, moved) in [(false, false), (true, true)] {
        let provider = rotating();
        let oat = provider.oat(&format!("refresh_token_lifetime = \"30d\"\nrefresh_token_sliding = {sliding}"));
        sign_in(&oat, &provider);
        let before = status(&oat)["refresh_token_expires_at"].as_i64().unwrap();
        std::thread::sleep(Duration::from_millis(1100));
        oat.get(&[]).line();
        let after = status(&oat)["refresh_token_expires_at"].as_i64().unwrap();
        assert_eq!(after > before, moved, "{sliding}: {before} {after}");
    }
}

#[test]
fn r89_another_issuer_client_or_token_endpoint_never_gets_the_refresh_token() {
    let (provider, other) = (rotating(), rotating());
    let oat = signed_in(&provider);
    let elsewhere =
        [("--issuer", other.server.url("")), ("--client-id", "another".into()), ("--token-endpoint", other.server.url("/token"))];
    for (flag, value) in &elsewhere {
        oat.get(&[flag, value]).fails_saying(3, &["oat login p"]);
    }
    assert_eq!(other.server.count_of("/token"), 0);
    assert_eq!(spent(&provider), Vec::<String>::new());
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"), "and it is not forgotten");
}

#[test]
fn r69_a_narrower_scope_on_refresh_warns_and_fails_where_it_is_required() {
    let provider = refreshing(|_, facts| {
        let mut granted = pair(facts);
        granted["scope"] = json!("read");
        Answer::json(200, granted)
    });
    let oat = provider.oat("scope = \"openid offline_access read write\"");
    sign_in(&oat, &provider);
    let output = oat.get(&[]);
    output.line();
    output.says(&["warning", "write"]);
    oat.get(&["--require-scope", "--force"]).fails_saying(4, &["write"]);
    oat.get(&["--force"]).line();
    assert_eq!(spent(&provider), refresh_tokens(&[0, 1, 2]), "every new refresh token was kept");
}

// ── R76: what is told ───────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r76_neither_traces_nor_verbose_output_nor_echoes_hold_a_token() {
    let provider = refreshing(|request, facts| {
        let sent = request.form().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        match facts.nth {
            1 => Answer::error(400, "invalid_scope", &sent),
            2 => Answer::text(200, &format!("text/{REFRESH}0"), sent),
            _ => Answer::json(200, pair(facts)),
        }
    });
    let oat = signed_in(&provider);
    let trace = oat.folder().join("trace");
    let get = ["-vv", "--trace", trace.to_str().unwrap(), "token", "get", "p"];
    oat.run(&get).fails(4);
    oat.run(&get).fails(8);
    let output = oat.run(&[&get[..], &["--format", "json"]].concat());
    output.lines();
    assert!(!output.stderr.contains("CANARY"), "{output:?}");
    let trace = fs::read_to_string(trace).unwrap();
    assert!(trace.contains("grant_type=refresh_token") && !trace.contains("CANARY"), "{trace}");
}

// ── R88: the store's key ────────────────────────────────────────────────────────────────────────────────────────

/// The renewal is a process of its own, but the key was read by then.
#[cfg(feature = "real-parts")]
#[test]
fn r88_the_stores_key_is_read_once_by_a_login_and_once_by_a_refresh_with_both_its_processes() {
    drop(support::parts::part("strace"));
    let provider = rotating();
    let mut oat = provider.oat("");
    let trace = oat.folder().join("trace");
    let reads = |oat: &Oat, act: &dyn Fn(&Oat)| {
        let _ = fs::remove_file(&trace);
        act(oat);
        let lines = fs::read_to_string(&trace).unwrap();
        let key = |line: &&str| line.contains(oat.state().to_str().unwrap()) && line.contains("key\"");
        lines.lines().filter(key).map(str::to_string).collect::<Vec<_>>()
    };
    sign_in(&oat, &provider);
    oat = oat.under(&["strace", "-f", "-e", "trace=open,openat,openat2", "-o", trace.to_str().unwrap()]);
    let by_login = reads(&oat, &|oat| drop(sign_in(oat, &provider)));
    let by_refresh = reads(&oat, &|oat| assert_eq!(oat.run(&["refresh", "p"]).code, Some(0)));
    assert_eq!((by_login.len(), by_refresh.len()), (1, 1), "{by_login:#?} {by_refresh:#?}");
}
