//! How a person gets to the server and back: browsers, pasted addresses, terminals, SSH, and time that runs out.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::redirect::*;
use support::*;

/// A `$BROWSER` that writes down what it was given and what it sees, and talks.
struct Browser {
    program: String,
    argv: PathBuf,
    env: PathBuf,
}

impl Browser {
    fn new(oat: &Oat, more: &str) -> Browser {
        let (argv, env) = (oat.folder().join("argv"), oat.folder().join("env"));
        let script = format!(
            "echo CANARY-browser; echo CANARY-browser >&2; cat\n/usr/bin/env > '{env}'\nprintf '%s\\n' \"$@\" > '{argv}.part'\nmv '{argv}.part' '{argv}'\n{more}\n",
            argv = argv.display(),
            env = env.display()
        );
        let script = oat.file("browser.sh", 0o600, script);
        // Through the shell's own program, not through a shell: no file that was just written is executed.
        Browser { program: format!("/bin/sh {}", script.display()), argv, env }
    }

    /// What it was given, once it is there.
    fn opened(&self) -> Vec<String> {
        let began = Instant::now();
        while !self.argv.exists() {
            assert!(began.elapsed() < Duration::from_secs(10), "no browser was opened");
            thread::sleep(Duration::from_millis(2));
        }
        fs::read_to_string(&self.argv).unwrap().lines().map(str::to_string).collect()
    }
}

/// A profile, its provider, and a `$BROWSER`.
fn with_browser(provider: &Provider, more: &str) -> (Oat, Browser) {
    let oat = provider.oat("client_secret = { env = \"P_SECRET\" }").env("P_SECRET", SECRET);
    let browser = Browser::new(&oat, more);
    let program = browser.program.clone();
    (oat.env("BROWSER", &program), browser)
}

// ── R33, R73: the browser ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r33_r73_the_browser_gets_the_address_and_no_secret_and_its_words_stay_away() {
    let provider = Provider::good();
    // Nor does it get the secret of another profile.
    let other = "\n[profile.other]\nissuer = \"https://b.example\"\nclient_id = \"b\"\nclient_secret = { env = \"OTHER_SECRET\" }\n";
    let (oat, browser) = with_browser(&provider, "");
    let oat = oat.config(&format!("{}{other}", provider.profile("p", "client_secret = { env = \"P_SECRET\" }")));
    let oat = oat.env("OAT_STORE_KEY", "CANARY-key").env("OAT_ANYTHING", "CANARY").env("OTHER_SECRET", "CANARY").env("LANG", "xx");
    let login = Login::run(&oat, &provider, &["login", "p"]);
    assert_eq!(browser.opened(), [login.url.as_str()]);
    let env = fs::read_to_string(&browser.env).unwrap();
    assert!(!env.contains("OAT_") && !env.contains("_SECRET") && !env.contains("CANARY"), "{env}");
    assert!(env.contains("LANG=xx") && env.contains("HOME="), "{env}");
    assert_eq!(login.approve().status, 200);
    let output = login.end();
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""));
    output.assert_well_behaved();
}

#[test]
fn r33_a_hostile_endpoint_is_one_harmless_word_to_the_browser() {
    let provider = Provider::new(|request, facts| {
        let endpoint = format!("{}/a'`$(touch${{IFS}}pwned);|<>^\"()!*{{}}?x='`$(touch${{IFS}}pwned);|&calc=<>^\"{{}}%0a%00", facts.origin);
        (request.path() == DISCOVERY).then(|| facts.metadata_with(json!({ "authorization_endpoint": endpoint })))
    });
    let (oat, browser) = with_browser(&provider, "");
    let login = Login::run(&oat, &provider, &["login", "p", "--login-hint", "'\"`$(touch${IFS}pwned);&|<>%s\u{e9}\u{202e}"]);
    let opened = browser.opened();
    assert_eq!(opened, [login.url.as_str()]);
    assert!(opened[0].bytes().all(|b| b.is_ascii_graphic() && !b"\"'`$;|<>^\\()!*{}".contains(&b)), "{opened:?}");
    assert_eq!(login.query("x").unwrap(), "'`$(touch${IFS}pwned);|");
    assert_eq!(login.query("login_hint").unwrap(), "'\"`$(touch${IFS}pwned);&|<>%s\u{e9}\u{202e}");
    assert_eq!(login.approve().status, 200);
    assert_eq!(login.end().code, Some(0));
    assert!(!oat.folder().join("pwned").exists());
}

#[test]
fn browser_is_a_list_of_which_the_first_that_works_is_taken_and_the_address_has_its_place() {
    let provider = Provider::good();
    let (oat, browser) = with_browser(&provider, "");
    let list = format!("/nonexistent/browser:/bin/false:{} --new --url=%s:/nonexistent/other", browser.program);
    let oat = oat.env("BROWSER", &list);
    let login = Login::run(&oat, &provider, &["-v", "login", "p"]);
    assert_eq!(browser.opened(), ["--new".to_string(), format!("--url={}", login.url)]);
    login.approve();
    let output = login.end();
    assert_eq!(output.code, Some(0));
    output.does_not_say(&["no browser could be opened"]);
}

#[test]
fn a_browser_that_cannot_be_opened_is_told_and_the_address_still_works() {
    let provider = Provider::good();
    for (name, value) in [("BROWSER", "/nonexistent/browser"), ("BROWSER", "/bin/false"), ("BROWSER", "/"), ("DISPLAY", ":99")] {
        // None of the system's own programs is found either.
        let oat = provider.oat("").env("PATH", "/nonexistent").env(name, value);
        let mut login = Login::run(&oat, &provider, &["login", "p"]);
        login.until("no browser could be opened");
        assert_eq!(login.approve().status, 200);
        let output = login.end();
        assert_eq!(output.code, Some(0), "{output:?}");
        output.assert_well_behaved();
    }
}

#[test]
fn a_browser_that_stays_open_delays_nothing() {
    let provider = Provider::good();
    let (oat, browser) = with_browser(&provider, "sleep 3");
    let login = Login::run(&oat, &provider, &["login", "p"]);
    browser.opened();
    let began = Instant::now();
    assert_eq!(login.approve().status, 200);
    assert_eq!(login.end().code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn no_browser_is_opened_where_none_is_wanted_or_to_be_expected() {
    let provider = Provider::good();
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let unwanted: [Case; 5] = [
        (&["--no-browser"], &[("DISPLAY", ":99")], "`--no-browser`"),
        (&["--paste"], &[("DISPLAY", ":99")], "`--paste`"),
        (&[], &[("DISPLAY", ":99"), ("CI", "true")], "this is ci"),
        (&[], &[("DISPLAY", ":99"), ("SSH_CONNECTION", "192.0.2.1 5000 192.0.2.2 22")], "ssh session"),
        (&[], &[], "no display"),
    ];
    for (flags, variables, why) in unwanted {
        let mut oat = provider.oat("");
        // What the system's list would start.
        let opened = oat.folder().join("opened");
        let bin = oat.folder().join("bin");
        fs::create_dir(&bin).unwrap();
        for name in ["xdg-open", "gio", "wslview", "gnome-open", "kde-open", "open"] {
            oat.file(&format!("bin/{name}"), 0o755, format!("#!/bin/sh\ntouch '{}'\n", opened.display()));
        }
        oat = oat.env("PATH", bin.to_str().unwrap());
        for (name, value) in variables {
            oat = oat.env(name, value);
        }
        let login = Login::run(&oat, &provider, &[&["login", "p"], flags].concat());
        assert_eq!(login.approve().status, 200);
        let output = login.end();
        assert_eq!(output.code, Some(0), "{output:?}");
        output.says(&[why, "open this address"]);
        assert!(!opened.exists(), "{why}");
    }
    let (oat, browser) = with_browser(&provider, "");
    let login = Login::run(&oat, &provider, &["login", "p", "--no-browser"]);
    login.approve();
    assert_eq!(login.end().code, Some(0));
    assert!(!browser.argv.exists(), "--no-browser holds for $BROWSER too");
}

#[test]
fn over_ssh_the_line_that_forwards_the_port_is_told() {
    let provider = Provider::good();
    for (redirect, connection, expected) in [
        ("http://127.0.0.1/cb", "192.0.2.1 50000 192.0.2.2 22", "ssh -L PORT:127.0.0.1:PORT ada@192.0.2.2"),
        ("http://localhost/cb", "192.0.2.1 50000 host.example 2222", "ssh -p 2222 -L PORT:127.0.0.1:PORT ada@host.example"),
    ] {
        let oat = provider.oat(&format!("redirect_uri = \"{redirect}\"")).env("SSH_CONNECTION", connection).env("USER", "ada");
        let login = Login::run(&oat, &provider, &["login", "p"]);
        let port = login.port().to_string();
        login.approve();
        let output = login.end();
        assert_eq!(output.code, Some(0));
        output.says(&[&expected.replace("PORT", &port)]);
    }
    for odd in ["", "x", "a b c d e", "\u{1b}[2J 1 \u{1b}]0;x\u{7} 22"] {
        let oat = provider.oat("").env("SSH_CONNECTION", odd);
        let login = Login::run(&oat, &provider, &["login", "p"]);
        login.approve();
        let output = login.end();
        assert_eq!(output.code, Some(0));
        output.assert_well_behaved();
    }
}

// ── pasted addresses ────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r13_a_pasted_address_counts_by_its_state_and_a_bare_code_by_its_verifier() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let mut login = Login::run(&oat, &provider, &["login", "p", "--paste"]);
    let (uri, state) = (login.redirect_uri(), login.state());
    for wrong in [
        "hello".to_string(),
        "what is this good for?".into(),
        uri.to_string(),
        format!("{uri}?code={CODE}&state=wrong"),
        format!("{uri}?code=x"),
        format!("code=x&state={}", &state[1..]),
        "https://evil.example/?error=access_denied".into(),
    ] {
        login.type_line(&wrong);
        login.until("that is not the answer to this sign-in");
    }
    assert_eq!(provider.server.count_of("/token"), 0);
    let right = format!("  {uri}?{}  ", login.good());
    login.type_line("");
    login.type_line(&right);
    let output = login.end();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(provider.server.count_of("/token"), 1);
    assert_eq!(field(&provider.token_forms()[0], "code"), CODE);
    // The query alone, what stands behind a #, and the bare code.
    for form in ["?{}", "{}", "{uri}#{}", "bare"] {
        let mut login = Login::run(&oat, &provider, &["login", "p", "--paste"]);
        let line = match form {
            "bare" => {
                login.good();
                CODE.replace('=', "")
            }
            form => form.replace("{}", &login.good()).replace("{uri}", login.redirect_uri().as_str()),
        };
        login.type_line(&line);
        let output = login.end();
        assert_eq!(output.code, Some(0), "{form}: {output:?}");
    }
    // A denial counts too, with its state.
    let mut login = Login::run(&oat, &provider, &["login", "p", "--paste"]);
    let denied = format!("{}?error=access_denied&state={}", login.redirect_uri(), login.state());
    login.type_line(&denied);
    login.end().fails_saying(4, &["access_denied"]);
}

#[test]
fn r22_where_iss_is_promised_a_bare_code_is_not_enough() {
    let provider = Provider::saying(json!({"authorization_response_iss_parameter_supported": true}));
    let oat = provider.oat("");
    let mut login = Login::run(&oat, &provider, &["login", "p", "--paste"]);
    login.type_line("CANARY-code-alone");
    login.until("that is not the answer");
    let iss: String = url::form_urlencoded::byte_serialize(provider.server.url("").as_bytes()).collect();
    let right = format!("{}&iss={iss}", login.good());
    login.type_line(&right);
    assert_eq!(login.end().code, Some(0));
}

#[test]
fn a_paste_of_any_bytes_does_not_end_the_reading() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let mut login = Login::run(&oat, &provider, &["login", "p", "--paste", "--timeout", "20s"]);
    let stdin = login.stdin.as_mut().unwrap();
    stdin.write_all(b"\xff\xfe CANARY\n\x1b[200~CANARY\x1b[201~\n\0\n").unwrap();
    stdin.write_all(&[b"CANARY ".repeat(50_000), b"\n".to_vec()].concat()).unwrap();
    let right = login.good();
    login.type_line(&right);
    let output = login.end();
    assert_eq!(output.code, Some(0), "{output:?}");
    output.assert_well_behaved();
}

#[test]
fn with_paste_the_listener_still_listens_also_when_the_input_has_ended() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let mut login = Login::run(&oat, &provider, &["login", "p", "--paste"]);
    drop(login.stdin.take());
    assert_eq!(login.approve().status, 200);
    assert_eq!(login.end().code, Some(0));
}

#[test]
fn without_paste_and_a_terminal_the_input_is_left_alone() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let mut login = Login::start(&oat, &provider, &[]);
    let right = login.good();
    login.type_line(&right);
    assert_eq!(login.get("state=x").status, 400);
    assert_eq!(provider.server.count_of("/token"), 0);
    assert_eq!(login.approve().status, 200);
    login.end().does_not_say(&["paste the address"]);
}

// ── R15, R26: time ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r15_r26_nobody_in_time_exits_3_with_the_ways_out() {
    let provider = Provider::good();
    let oat = provider.oat("");
    for (oat, more) in [
        (&oat, &["--timeout", "1s"][..]),
        (&provider.oat("").env("OAT_LOGIN_TIMEOUT", "1"), &[]),
        (&provider.oat("").env("OAT_LOGIN_TIMEOUT", "1h"), &["--timeout", "1"]),
    ] {
        let login = Login::start(oat, &provider, more);
        // An answer in the fragment never reaches a server: the browser asks for the bare path.
        let page = login.get("");
        assert_eq!(page.status, 400);
        let began = Instant::now();
        let output = login.end();
        output.fails_saying(3, &["nobody signed in to profile `p` within 1 s", "--paste", "--device", "--timeout", "ignored a redirect"]);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    assert_eq!(provider.server.count_of("/token"), 0);
}

#[test]
fn a_time_that_is_none_is_refused_before_anything() {
    let provider = Provider::good();
    for text in ["soon", "-1", "0", "25h", "1e9"] {
        let output = provider.oat("").env("OAT_LOGIN_TIMEOUT", text).run(&["login", "p"]);
        assert!(matches!(output.code, Some(2 | 6)), "{text}: {output:?}");
        provider.oat("").run(&["login", "p", &format!("--timeout={text}")]).fails(2);
    }
    assert_eq!(provider.server.count(), 0);
}

#[test]
fn ctrl_c_ends_a_login_at_once_with_130_and_nothing_is_kept() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    let began = Instant::now();
    assert!(Command::new("kill").args(["-INT", &login.child.id().to_string()]).status().unwrap().success());
    let output = login.end();
    assert!(matches!(output.code, None | Some(130)), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(1));
    oat.get(&[]).fails(3);
}

// ── a sign-in in between ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn token_get_never_opens_a_browser_without_a_terminal() {
    let provider = Provider::good();
    for (more, args) in [("", &[][..]), ("", &["--login"]), ("auto_login = true", &[]), ("auto_login = true", &["--login"])] {
        let oat = provider.oat(more);
        let browser = Browser::new(&oat, "");
        let oat = oat.env("BROWSER", &browser.program);
        let output = oat.run(&[&["-v", "token", "get", "p"], args].concat());
        output.fails_saying(3, &["nobody is signed in", "oat login p"]);
        assert!(!browser.argv.exists() && !output.stderr.contains("/authorize"), "{output:?}");
        oat.run(&[&["refresh", "p"][..]].concat()).fails(3);
    }
    assert_eq!(provider.server.count(), 0);
}

/// Plays the person for a login on a terminal: takes the address that the browser was given, and answers it.
#[cfg(feature = "real-parts")]
fn answer(browser: &Browser, provider: &Provider) {
    let url = url::Url::parse(&browser.opened()[0]).unwrap();
    let get = |name: &str| url.query_pairs().find(|(other, _)| other == name).unwrap().1.into_owned();
    let uri = url::Url::parse(&get("redirect_uri")).unwrap();
    provider.expect_nonce(&get("nonce"));
    let authority = format!("127.0.0.1:{}", uri.port().unwrap());
    let request = format!("GET {}?code=CANARY-code&state={} HTTP/1.1\r\nHost: {authority}\r\n\r\n", uri.path(), get("state"));
    assert_eq!(Page::read(std::net::TcpStream::connect(&authority).unwrap(), request.as_bytes()).status, 200);
}

#[cfg(feature = "real-parts")]
#[test]
fn on_a_terminal_token_get_signs_in_where_it_may_once_at_a_time() {
    for (more, args) in [("", &["token", "get", "p", "--login"][..]), ("auto_login = true", &["token", "get", "p"])] {
        let provider = Provider::good();
        let oat = provider.oat(more);
        let browser = Browser::new(&oat, "");
        let oat = oat.env("BROWSER", &browser.program);
        let seen: Vec<(Option<i32>, String)> = thread::scope(|scope| {
            let gets: Vec<_> = (0..3).map(|_| scope.spawn(|| oat.on_terminal(args, &[]))).collect();
            answer(&browser, &provider);
            gets.into_iter().map(|get| get.join().unwrap()).collect()
        });
        for (code, screen) in &seen {
            assert_eq!(*code, Some(0), "{screen}");
            assert!(screen.trim_end().ends_with(&format!("{ACCESS}0")), "{screen}");
        }
        assert_eq!(seen.iter().filter(|(_, screen)| screen.contains("/authorize?")).count(), 1, "one of three opened a browser: {seen:#?}");
        assert_eq!(provider.server.count_of("/token"), 1);
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn after_two_sign_ins_that_nobody_answered_none_begins_by_itself_until_oat_login() {
    let provider = Provider::good();
    let oat = provider.oat("auto_login = true").env("BROWSER", "/bin/true").env("OAT_LOGIN_TIMEOUT", "1");
    let get = || oat.on_terminal(&["token", "get", "p"], &[]);
    for begins in [true, true, false, false] {
        let (code, screen) = get();
        assert_eq!(code, Some(3), "{screen}");
        assert_eq!(screen.contains("/authorize?"), begins, "{screen}");
        assert_eq!(screen.contains("none begins by itself"), !begins, "{screen}");
    }
    assert_eq!(oat.run(&["login", "p", "--no-browser"]).code, Some(3));
    assert!(get().1.contains("/authorize?"), "a person was here");
}

#[cfg(feature = "real-parts")]
#[test]
fn on_a_terminal_a_pasted_address_is_taken_beside_the_redirect() {
    let provider = Provider::good();
    let oat = provider.oat("");
    let (code, screen) =
        oat.on_terminal(&["login", "p", "--timeout", "2s"], &[("waiting up to", "http://127.0.0.1/callback?code=x&state=wrong")]);
    assert_eq!(code, Some(3), "{screen}");
    assert!(screen.contains("or paste the address here") && screen.contains("that is not the answer to this sign-in"), "{screen}");
}
