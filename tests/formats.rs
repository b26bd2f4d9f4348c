//! Every format of `token get`, for every token it lets through, read back by the real programs where they are here.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::process::Command;

use support::*;

/// Legal bytes (0x21 to 0x7E) that shells, curl and dotenv files give a meaning to.
const AWKWARD: [&str; 20] = [
    "plain.JWT-like_token~1+/==",
    "it's",
    "'",
    "''",
    "\"",
    "a\"b\"c",
    "$HOME",
    "${HOME}$(id)`id`",
    "\\",
    "\\n\\\\",
    "trailing\\",
    "%PATH%",
    "100%",
    "!history!",
    "a;b&c|d<e>f",
    "*?[a-z]{a,b}~",
    "#comment",
    "^caret^",
    "-n",
    "=(x)=,@:#",
];

fn get(token: &str, args: &[&str]) -> Output {
    Oat::against(&Server::always(Answer::token(token))).get(args)
}

/// All printable bytes at once.
fn everything() -> String {
    (0x21_u8..=0x7e).map(char::from).collect()
}

fn tokens() -> Vec<String> {
    AWKWARD.iter().map(|t| t.to_string()).chain([everything()]).collect()
}

/// What `program` prints, without a newline at the end.
fn printed(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).env("HOME", "/CANARY-home").output();
    let output = output.unwrap_or_else(|e| panic!("this test needs `{program}`; tests/run installs it: {e}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix("\r\n").or(text.strip_suffix('\n')).unwrap_or(&text).to_string()
}

#[test]
fn raw_is_the_default_and_nothing_but_the_token() {
    for token in tokens() {
        assert_eq!(get(&token, &[]).stdout, format!("{token}\n"));
        assert_eq!(get(&token, &["--format", "raw"]).stdout, format!("{token}\n"));
    }
}

#[test]
fn bearer_and_header_are_one_line_each() {
    for token in tokens() {
        assert_eq!(get(&token, &["--format", "bearer"]).stdout, format!("Bearer {token}\n"));
        assert_eq!(get(&token, &["--format", "header"]).stdout, format!("Authorization: Bearer {token}\n"));
    }
}

#[test]
fn json_keeps_the_rfcs_names() {
    for token in tokens() {
        let output = get(&token, &["--format", "json", "--scope", "a b"]);
        let told: Value = serde_json::from_str(output.lines()).unwrap();
        assert_eq!(told["access_token"], token);
        assert_eq!((&told["token_type"], &told["profile"], &told["source"]), (&json!("Bearer"), &json!("p"), &json!("fetched")));
        assert!((3590..=3600).contains(&told["expires_in"].as_i64().unwrap()), "{told}");
        assert!(told["expires_at"].as_i64().unwrap() > 1_700_000_000, "{told}");
        assert_eq!(told["scope"], "a b", "RFC 6749 section 5.1: left out means as asked");
        assert!(told.get("issuer").is_some(), "{told}");
    }
}

#[test]
fn json_says_null_where_the_lifetime_is_unknown() {
    let server = Server::always(Answer::json(200, json!({"access_token": "t", "token_type": "Bearer"})));
    let told: Value = serde_json::from_str(Oat::against(&server).get(&["--format", "json"]).lines()).unwrap();
    assert!(told["expires_in"].is_null() && told["expires_at"].is_null(), "{told}");
}

// ── env ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn is_right_in(shell: &[&str]) {
    for token in tokens() {
        let output = get(&token, &["--format", "env"]);
        assert!(output.line().starts_with("export OAT_ACCESS_TOKEN="), "{output:?}");
        assert_eq!(output.stdout, get(&token, &["--format", "env", "--shell", "sh"]).stdout);
        let script = "eval \"$1\"; printf %s \"$OAT_ACCESS_TOKEN\"";
        assert_eq!(printed(shell[0], &[&shell[1..], &["-c", script, "x", &output.stdout]].concat()), token, "{shell:?}");
    }
}

#[test]
fn r62_env_is_right_in_the_posix_shell_that_is_here() {
    is_right_in(&["sh"]);
}

#[cfg(feature = "real-parts")]
#[test]
fn r62_env_is_right_in_every_posix_shell() {
    for shell in [&["dash"][..], &["bash"], &["zsh"], &["ksh"], &["busybox", "sh"]] {
        is_right_in(shell);
    }
}

#[test]
fn r62_env_is_exported_to_children() {
    let output = get("it's", &["--format", "env", "--name", "MY_TOKEN"]);
    assert_eq!(printed("sh", &["-c", "eval \"$1\"; sh -c 'printf %s \"$MY_TOKEN\"'", "x", &output.stdout]), "it's");
}

/// The text between the quotes, read by the rules of the shell: `escapes` are its two-character sequences.
fn unquoted<'a>(line: &'a str, before: &str, quote: &str, escapes: &[(&str, &'a str)]) -> String {
    let mut rest = line.strip_prefix(before).and_then(|rest| rest.strip_prefix(quote)).unwrap_or_else(|| panic!("{line}"));
    let mut text = String::new();
    loop {
        if let Some((sequence, meaning)) = escapes.iter().find(|(sequence, _)| rest.starts_with(sequence)) {
            text.push_str(meaning);
            rest = &rest[sequence.len()..];
        } else if let Some(behind) = rest.strip_prefix(quote) {
            assert_eq!(behind, "", "something stands behind the quotes: {line}");
            return text;
        } else {
            text.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
}

#[test]
fn r62_env_for_fish() {
    assert_eq!(get("a.b", &["--format", "env", "--shell", "fish"]).line(), "set -gx OAT_ACCESS_TOKEN 'a.b'");
    assert_eq!(get("it's\\", &["--format", "env", "--shell", "fish"]).line(), r"set -gx OAT_ACCESS_TOKEN 'it\'s\\'");
    for token in tokens() {
        let output = get(&token, &["--format", "env", "--shell", "fish"]);
        // fish, `Quotes`: within single quotes, only \' and \\ are escapes.
        assert_eq!(unquoted(output.line(), "set -gx OAT_ACCESS_TOKEN ", "'", &[(r"\'", "'"), (r"\\", r"\")]), token);
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn r62_env_is_right_in_fish() {
    for token in tokens() {
        let output = get(&token, &["--format", "env", "--shell", "fish"]);
        assert_eq!(printed("fish", &["-c", &format!("{}printf %s \"$OAT_ACCESS_TOKEN\"", output.stdout)]), token);
    }
}

/// PowerShell is not on a Debian machine: its rules are held to by their text.
#[test]
fn r62_env_for_powershell() {
    assert_eq!(get("a.b", &["--format", "env", "--shell", "powershell"]).line(), "$env:OAT_ACCESS_TOKEN = 'a.b'");
    assert_eq!(get("it's$x`", &["--format", "env", "--shell", "powershell"]).line(), "$env:OAT_ACCESS_TOKEN = 'it''s$x`'");
    for token in tokens() {
        let output = get(&token, &["--format", "env", "--shell", "powershell"]);
        // about_Quoting_Rules: in a verbatim string, only '' is not itself.
        assert_eq!(unquoted(output.line(), "$env:OAT_ACCESS_TOKEN = ", "'", &[("''", "'")]), token);
    }
}

#[test]
fn r62_env_for_cmd_is_right_or_refused() {
    assert_eq!(get("a.b-c_d", &["--format", "env", "--shell", "cmd"]).line(), "set \"OAT_ACCESS_TOKEN=a.b-c_d\"");
    for token in tokens() {
        let output = get(&token, &["--format", "env", "--shell", "cmd"]);
        // cmd has no quoting that survives these.
        if token.contains(['"', '%', '!', '^']) && output.code != Some(0) {
            output.fails_saying(output.code.unwrap(), &["cmd"]);
        } else {
            assert!(output.line().starts_with("set \"OAT_ACCESS_TOKEN=") && output.line().ends_with('"'), "{output:?}");
        }
    }
}

/// Nushell is not on a Debian machine: its rules are held to by their text.
#[test]
fn r62_env_for_nushell() {
    assert_eq!(get("a.b", &["--format", "env", "--shell", "nu"]).line(), "$env.OAT_ACCESS_TOKEN = 'a.b'");
    for token in tokens() {
        let output = get(&token, &["--format", "env", "--shell", "nu"]);
        // The book, `Strings`: nothing is special in single quotes; backslash escapes hold in double quotes.
        let (quote, escapes): (&str, &[(&str, &str)]) =
            if token.contains('\'') { ("\"", &[(r"\\", r"\"), ("\\\"", "\"")]) } else { ("'", &[]) };
        assert_eq!(unquoted(output.line(), "$env.OAT_ACCESS_TOKEN = ", quote, escapes), token);
    }
}
#[test]
fn a_name_that_is_none_is_refused_before_anything_is_sent() {
    let server = Server::always(Answer::token("t"));
    for name in ["", "1A", "A-B", "A B", "A=B", "A;id", "é", "A\nB", "$(id)", "'"] {
        for format in ["env", "dotenv"] {
            let output = Oat::against(&server).get(&["--format", format, &format!("--name={name}")]);
            assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{name:?}: {output:?}");
        }
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(get("t", &["--format", "env", "--name", "_My_2"]).line().split('=').next().unwrap(), "export _My_2");
}

#[test]
fn a_format_or_shell_nobody_knows_is_refused_with_the_ones_there_are() {
    for (args, word) in [(["--format", "yaml"], "dotenv"), (["--shell", "tcsh"], "fish")] {
        let output = get("t", &args);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:?}");
        output.says(&[word]);
    }
}

// ── dotenv ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// A token in a dotenv file: its line, or None where no quoting means the same to all readers of such files.
fn dotenv(token: &str) -> Option<String> {
    let output = get(token, &["--format", "dotenv"]);
    if output.code == Some(0) {
        return Some(output.line().to_string());
    }
    assert!(token.contains(['\'', '"', '\\', '$', '`']), "refused without need: {output:?}");
    output.fails_saying(output.code.unwrap(), &["dotenv"]);
    None
}

#[test]
fn r62_dotenv_is_quoted_or_refused_for_every_token() {
    for token in tokens() {
        let Some(line) = dotenv(&token) else { continue };
        let quote = if token.contains('\'') { "\"" } else { "'" };
        assert_eq!(unquoted(&line, "OAT_ACCESS_TOKEN=", quote, &[]), token);
    }
    assert_eq!(dotenv("plain.JWT-x_y").unwrap(), "OAT_ACCESS_TOKEN='plain.JWT-x_y'");
    assert!(dotenv("it's").is_some() && dotenv("100%").is_some(), "these need no refusal");
}

#[cfg(feature = "real-parts")]
#[test]
fn r62_dotenv_is_read_alike_by_node_python_and_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    let file = file.to_str().unwrap();
    let pythons = ["python3", "/usr/bin/python3"].into_iter();
    let with_dotenv = |p: &&str| Command::new(p).args(["-c", "import dotenv"]).output().is_ok_and(|o| o.status.success());
    let python = pythons.into_iter().find(with_dotenv).expect("this test needs python-dotenv; tests/run installs it");
    let script = "import sys, dotenv; sys.stdout.write(dotenv.dotenv_values(sys.argv[1])['OAT_ACCESS_TOKEN'])";
    for token in tokens() {
        let Some(line) = dotenv(&token) else { continue };
        std::fs::write(file, line.clone() + "\n").unwrap();
        assert_eq!(printed("node", &[&format!("--env-file={file}"), "-p", "process.env.OAT_ACCESS_TOKEN"]), token, "node: {line}");
        assert_eq!(printed(python, &["-c", script, file]), token, "python-dotenv: {line}");
        assert_eq!(printed("sh", &["-c", ". \"$1\"; printf %s \"$OAT_ACCESS_TOKEN\"", "x", file]), token, "sh: {line}");
    }
}

// ── curl ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "real-parts")]
#[test]
fn curl_reads_its_format_as_the_header_for_every_token() {
    let api = Server::always(Answer::text(200, "text/plain", "hello"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    for token in tokens() {
        let output = get(&token, &["--format", "curl"]);
        assert_eq!(output.code, Some(0), "{output:?}");
        std::fs::write(&file, &output.stdout).unwrap();
        assert_eq!(printed("curl", &["-sS", "-q", "-K", file.to_str().unwrap(), &api.url("/api")]), "hello");
        let sent = api.requests().pop().unwrap();
        assert_eq!(sent.header("authorization"), Some(format!("Bearer {token}").as_str()));
    }
}

#[test]
fn curls_format_is_one_line_that_its_manual_reads_back_as_the_header() {
    for token in tokens() {
        // curl(1), --config: within double quotes, \\ and \" stand for themselves.
        let line = get(&token, &["--format", "curl"]);
        let header = unquoted(line.line(), "header = ", "\"", &[(r"\\", r"\"), ("\\\"", "\"")]);
        assert_eq!(header, format!("Authorization: Bearer {token}"));
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn curl_with_a_process_substitution_works_as_documented() {
    let server = Server::start(|r| if r.path() == "/token" { Answer::token("a'b\"c") } else { Answer::text(200, "text/plain", "hello") });
    let script = format!("curl -sS -q -K <(\"$@\") {}", server.url("/api"));
    let output = Oat::against(&server).under(&["bash", "-c", &script, "bash"]).get(&["--format", "curl"]);
    assert_eq!(output.stdout, "hello", "{output:?}");
    assert_eq!(server.requests().pop().unwrap().header("authorization"), Some("Bearer a'b\"c"));
}

// ── R61, R63 ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r61_no_format_prints_a_token_that_could_start_a_new_line_or_word() {
    for bad in ["CANARY\nexport X=1", "CANARY x", "CANARY\tx", "CANARY\u{1b}[2J", "CANARYé", "CANARY\0"] {
        for format in ["raw", "json", "bearer", "header", "env", "dotenv", "curl"] {
            let server = Server::always(Answer::token(bad));
            let oat = Oat::against(&server);
            oat.get(&["--format", format]).fails_saying(8, &["access token"]).contains("CANARY").then(|| panic!("{bad:?} was shown"));
            oat.assert_state_holds_none_of(&["CANARY"]);
        }
    }
}

#[test]
fn r63_64_kib_go_through_every_format() {
    let token: String = "0123456789abcdef".repeat(4096);
    let server = Server::always(Answer::token(&token));
    let oat = Oat::against(&server);
    for format in ["raw", "json", "bearer", "header", "env", "dotenv", "curl"] {
        let output = oat.get(&["--format", format]);
        assert_eq!(output.code, Some(0), "{format}: {}", output.stderr);
        assert!(output.stdout.contains(&token), "{format}");
    }
    for shell in ["sh", "fish", "powershell", "nu"] {
        assert!(oat.get(&["--format", "env", "--shell", shell]).stdout.contains(&token), "{shell}");
    }
    assert_eq!(server.count(), 1);
}

#[test]
fn a_cached_token_has_the_same_bytes_in_every_format() {
    for token in tokens() {
        let server = Server::always(Answer::token(&token));
        let oat = Oat::against(&server);
        assert_eq!(oat.get(&["--format", "header"]).stdout, oat.get(&["--format", "header"]).stdout);
        assert_eq!(oat.get(&[]).stdout, format!("{token}\n"));
        assert_eq!(server.count(), 1);
    }
}
