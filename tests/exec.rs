//! `oat exec`: a command with a token, in its own right: its words, its end, its signals, its streams; and nothing of it elsewhere.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use support::redirect::{ACCESS, Provider, sign_in};
use support::*;

/// A token that must be nowhere but where it was asked for.
const TOKEN: &str = "CANARY-the-token";

fn server() -> Server {
    Server::always(Answer::token(TOKEN))
}

/// `oat exec p`, and a script of the shell behind it.
fn script(oat: &Oat, flags: &[&str], script: &str) -> Output {
    oat.run(&[&["exec", "p"], flags, &["--", "sh", "-c", script]].concat())
}

#[test]
fn a_program_that_gives_the_secret_does_not_read_what_the_command_is_to_read() {
    let server = server();
    let lines = "client_secret = { command = [\"sh\", \"-c\", \"cat >&2; echo s\"] }";
    let oat = Oat::with_profile(&format!("token_endpoint = {:?}\n{lines}", server.url("/token"))).stdin("line\n");
    let output = script(&oat, &[], "cat");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("line\n", ""), "{output:?}");
}

#[test]
fn the_token_is_in_the_environment_and_in_no_command_line() {
    let server = server();
    let oat = Oat::against(&server);
    let output = script(&oat, &[], "echo $OAT_ACCESS_TOKEN; tr '\\0' ' ' </proc/$$/cmdline");
    assert_eq!(output.code, Some(0), "{output:?}");
    let (token, line) = output.stdout.split_once('\n').unwrap();
    assert_eq!((token, line.contains(TOKEN), output.stderr.as_str()), (TOKEN, false, ""));
    assert!(line.starts_with("sh -c echo"), "it takes the place of oat: {line}");
    let output = script(&oat, &["--env", "API_TOKEN"], "echo $API_TOKEN ${OAT_ACCESS_TOKEN-none}");
    assert_eq!((output.stdout.as_str(), server.count()), ("CANARY-the-token none\n", 1), "one request, kept for the second");
}

#[test]
fn every_exit_code_of_the_command_is_its_own() {
    let server = server();
    let oat = Oat::against(&server);
    for code in 0..=255 {
        let output = script(&oat, &[], &format!("exit {code}"));
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(code), "", ""));
    }
    assert_eq!(script(&oat, &["--file-env", "T"], "exit 77").code, Some(77));
}

#[test]
fn a_signal_that_ends_the_command_is_what_the_caller_sees() {
    let server = server();
    let oat = Oat::against(&server);
    for (name, number) in [("TERM", 15), ("KILL", 9), ("INT", 2), ("HUP", 1), ("PIPE", 13), ("QUIT", 3)] {
        let script = format!("kill -{name} $$; sleep 20");
        for flags in [&[][..], &["--file-env", "T"]] {
            let words = [&["exec", "p"], flags, &["--", "sh", "-c", &script]].concat();
            let status = oat.command(&words).stdin(Stdio::null()).status().unwrap();
            assert_eq!((status.signal(), status.code()), (Some(number), None), "{name} {flags:?}");
        }
    }
}

#[test]
fn a_signal_to_oat_is_a_signal_to_the_command_for_they_are_one_process() {
    let server = server();
    let oat = Oat::against(&server);
    let words =
        ["exec", "p", "--file-env", "T", "--", "sh", "-c", "trap 'echo caught; exit 5' TERM; echo $$; while :; do sleep 0.05; done"];
    let mut child = oat.command(&words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert_eq!(lines.next().unwrap().unwrap(), child.id().to_string());
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "caught");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn several_profiles_and_both_kinds_work_together_with_one_request_a_profile() {
    let server = Server::start(|request| Answer::token(&format!("t{}", request.path().replace('/', "-"))));
    let profile = |name: &str| {
        let url = server.url(&format!("/{name}"));
        format!(
            "[profile.{name}]\ngrant = \"client_credentials\"\nclient_id = \"c\"\nclient_secret = {{ env = \"P_SECRET\" }}\ntoken_endpoint = \"{url}\"\n"
        )
    };
    let oat = Oat::new()
        .env("P_SECRET", SECRET)
        .config(&(profile("one") + &profile("two") + "[store]\nkey = \"none\"\n"))
        .env("OAT_STORE", "none");
    let words = ["exec", "two", "--env", "A=one", "--env", "B=two", "--env", "D", "--file-env", "C=one", "--file-env", "E", "--"];
    let output = oat.run(&[&words[..], &["sh", "-c", "echo $A $B $D $(cat $C) $(cat $E)"]].concat());
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "t-one t-two t-two t-one t-two\n"), "{output:?}");
    assert_eq!((server.count_of("/one"), server.count_of("/two"), server.count()), (1, 1, 2));
}

#[test]
fn what_cannot_be_is_told_before_anyone_is_asked() {
    let server = server();
    let oat = Oat::against(&server);
    let refused: [&[&str]; 16] = [
        &["--env", "PATH"],
        &["--env", "LD_PRELOAD"],
        &["--file-env", "LD_LIBRARY_PATH"],
        &["--env", "OAT_STORE_KEY"],
        &["--env", "A\nB"],
        &["--env", "A=p", "--env", "A=p"],
        &["--env", ""],
        &["--env", "1"],
        &["--env", "A="],
        &["--env", "GOOD", "--file-env", "BASH_ENV"],
        &["--env", "A", "--env", "B=q", "--scope", "read"],
        &["--client-secret-stdin"],
        &["--client-secret", "CANARY"],
        &["--format", "json"],
        &["--env", "A=q"],
        &["--client-secret-command", "echo", "x"],
    ];
    for flags in refused {
        let words = [&["exec", "p"], flags, &["--", "sh", "-c", "echo ran"]].concat();
        let output = oat.run(&words);
        output.fails(2);
        assert!(output.stderr.contains("oat: hint: "), "{flags:?}: {output:?}");
    }
    oat.run(&["exec", "--env", "A=nowhere", "--", "true"]).fails_saying(6, &["`nowhere`"]);
    oat.run(&["exec", "nowhere", "--", "true"]).fails(6);
    let oat = Oat::at(&server.url("/token"), "client_secret = { stdin = true }");
    script(&oat, &[], "echo ran").fails_saying(2, &["standard input"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn without_dashes_there_is_no_command_and_the_hint_says_where_it_stands() {
    let server = server();
    let oat = Oat::against(&server);
    for words in
        [&["exec"][..], &["exec", "p"], &["exec", "p", "ls"], &["exec", "p", "ls", "-l"], &["exec", "ls", "-la", "/"], &["exec", "p", "--"]]
    {
        oat.run(words).fails_saying(2, &["`--`", "oat exec profile -- command"]);
    }
    let help = oat.run(&["exec", "--help"]);
    assert!(help.stdout.contains("--file-env") && help.code == Some(0), "{help:?}");
}

#[test]
fn the_words_of_the_command_are_passed_on_as_they_are() {
    let server = server();
    let oat = Oat::against(&server);
    let words = ["--json", "-v", "--help", "--", "a b", "", "$HOME", "*", "--env", "é\n"];
    let output = oat.run(&[&["exec", "p", "--", "sh", "-c", "for word; do printf '<%s>' \"$word\"; done", "sh"], &words[..]].concat());
    let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
    assert_eq!((output.stdout, output.stderr.as_str()), (expected, ""));
    // Bytes that are no UTF-8, also where the whole grammar reads the line.
    for before in [&["exec", "p"][..], &["-v", "exec", "p"]] {
        let mut command = oat.command(&[before, &["--", "sh", "-c", "printf %s \"$1\" | od -An -tx1", "sh"]].concat());
        let output = command.arg(OsStr::from_bytes(b"\xff\xfe=\x80")).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "ff fe 3d 80");
    }
    // An error of ours is no JSON because the command has such a flag.
    let output = oat.run(&["exec", "p", "--", "/nowhere/at-all", "--json"]);
    assert!(output.stderr.starts_with("oat: error: "), "{output:?}");
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_cannot_be_run_is_126() {
    let server = server();
    let oat = Oat::against(&server);
    let plain = oat.file("plain", 0o644, "#!/bin/sh\n");
    let broken = oat.file("broken", 0o755, "#!/nowhere/at-all\n");
    let plain = plain.to_str().unwrap();
    for flags in [&[][..], &["--file-env", "T"]] {
        for (code, word) in
            [(127, "not-there-at-all"), (127, "/nowhere/at-all"), (127, ""), (127, broken.to_str().unwrap()), (126, plain), (126, "/")]
        {
            let output = oat.run(&[&["exec", "p"], flags, &["--", word]].concat());
            output.fails_saying(code, &["hint: "]);
        }
    }
    let told = oat.run(&["--json", "exec", "p", "--", "not-there-at-all"]);
    let told: Value = serde_json::from_str(told.stderr.trim()).unwrap();
    assert_eq!((&told["exit_code"], &told["kind"]), (&json!(127), &json!("not_found")));
    let long = Server::always(Answer::token(&"t".repeat(200_000)));
    script(&Oat::against(&long), &[], "true").fails_saying(126, &["--file-env"]);
    assert_eq!(script(&Oat::against(&long), &["--file-env", "T"], "wc -c <$T").stdout.trim(), "200000");
}

#[test]
fn before_the_command_starts_the_exit_codes_are_ours() {
    let refusing = Server::always(Answer::error(401, "invalid_client", "no"));
    script(&Oat::against(&refusing), &[], "echo ran").fails(4);
    let oat = Oat::at(&refusing.url("/token"), "grant = \"authorization_code\"\nauthorization_endpoint = \"https://a.example/\"");
    script(&oat, &["--login"], "echo ran").fails_saying(3, &["oat login p"]);
    let short = server();
    script(&Oat::against(&short), &["--min-ttl", "2h"], "echo ran").fails_saying(8, &["--min-ttl"]);
    let narrow = Server::always(Answer::json(200, json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 60, "scope": "a"})));
    let oat = Oat::at(&narrow.url("/token"), "scope = \"a b\"");
    script(&oat, &["--require-scope"], "echo ran").fails(4);
    assert_eq!(script(&oat, &[], "echo ran").stdout, "ran\n");
}

#[test]
fn r73_secrets_that_are_meant_for_oat_are_not_passed_on_and_everything_else_is() {
    let server = server();
    let oat = Oat::against(&server)
        .env("OAT_STORE", "env")
        .env("OAT_STORE_KEY", &"A".repeat(43))
        .env("OAT_CLIENT_SECRET", SECRET)
        .env("OTHER", "x");
    for flags in [&[][..], &["--file-env", "T"]] {
        let output = script(&oat, flags, "env");
        assert_eq!(output.code, Some(0), "{output:?}");
        let names: Vec<&str> = output.stdout.lines().filter_map(|line| line.split('=').next()).collect();
        assert!(!names.contains(&"OAT_STORE_KEY") && !names.contains(&"OAT_CLIENT_SECRET"), "{names:?}");
        // Those that a profile names are for nested calls of oat.
        assert!(["OTHER", "P_SECRET", "OAT_STORE", "OAT_CONFIG", "HOME"].iter().all(|name| names.contains(name)), "{names:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_oat_is_left_open_ignored_or_lowered_in_the_command() {
    // As a shell has it that starts the command without oat.
    let look = "ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status; grep 'core file' /proc/self/limits; umask";
    let limited = ["sh", "-c", "ulimit -Hc 4000; ulimit -Sc 2000; exec \"$@\"", "sh"];
    let server = server();
    let oat = Oat::against(&server).under(&limited);
    let plain = std::process::Command::new("sh")
        .args(["-c", &format!("ulimit -Hc 4000; ulimit -Sc 2000; exec sh -c '{}'", look.replace('\'', "'\\''"))])
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains("SigIgn") && plain.contains("2048000"), "{plain}");
    for flags in [&[][..], &["--file-env", "T"]] {
        let output = script(&oat, flags, look);
        assert_eq!((output.stdout.as_str(), output.code), (plain.as_str(), Some(0)), "{flags:?}: {output:?}");
    }
    let output = script(&Oat::against(&server), &[], "yes | head -n 1; echo end");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("y\nend\n", ""), "a broken pipe is quiet, as ever");
}

#[cfg(target_os = "linux")]
#[test]
fn r74_while_oat_asks_there_is_no_core_file() {
    let server = Server::always(Answer::hang());
    let oat = Oat::against(&server);
    let mut child = oat.command(&["exec", "p", "--", "true"]).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.count() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn standard_input_is_the_commands() {
    let server = server();
    let oat = Oat::against(&server);
    for flags in [&[][..], &["--file-env", "T"]] {
        let output = oat.piped("one\ntwo\n", &[&["exec", "p"], flags, &["--", "cat"]].concat());
        assert_eq!(output.stdout, "one\ntwo\n");
    }
}

#[test]
fn a_person_who_signed_in_has_their_token_in_the_command() {
    let provider = Provider::granting(|_, facts| Answer::json(200, facts.granted(3600)));
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let output = script(&oat, &[], "echo $OAT_ACCESS_TOKEN");
    assert!(output.stdout.starts_with(ACCESS), "{output:?}");
}
