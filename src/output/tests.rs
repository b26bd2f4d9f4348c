//! Every format with every character that a token may have.

use super::*;
use crate::secret::AccessToken;

const NOW: UnixTime = UnixTime(1_768_210_200);

/// Tokens that are legal, bytes 0x21 to 0x7E, and as awkward as can be.
fn awkward() -> Vec<String> {
    let every: String = (0x21..=0x7e_u8).map(char::from).collect();
    let mut tokens: Vec<String> = [
        "plain.token-_~+/09==",
        "'",
        "''",
        "'\\''",
        "a'b'c",
        "\"",
        "\\",
        "\\\\",
        "tail\\",
        "\\'",
        "\\n\\t\\0\\x41",
        "$HOME",
        "${HOME}",
        "$(id)",
        "`id`",
        "!!",
        "!$",
        "%PATH%",
        "%%",
        "^&|<>()",
        "#comment",
        "a#b",
        ";id;",
        "&&id",
        "|id",
        ">x",
        "*",
        "?",
        "[a-z]",
        "~",
        "{a,b}",
        "-n",
        "--help",
        "-e\\n",
        "@file",
        "=",
        "a=b",
    ]
    .map(str::to_string)
    .to_vec();
    tokens.push("x".repeat(64 << 10));
    tokens.push(every);
    tokens
}

fn token(text: &str) -> CachedToken {
    CachedToken {
        request: "{}".into(),
        access_token: AccessToken::new(text),
        token_type: "Bearer".into(),
        scope: Some("a b".into()),
        received_at: NOW,
        expires_at: Some(UnixTime(NOW.0 + 3600)),
        extra: Map::new(),
    }
}

fn shaped(format: &str, token: &CachedToken, name: &str, shell: &str) -> Result<String> {
    let facts = Facts { token, profile: "p", issuer: "https://a.example", source: "cache", now: NOW, name, shell };
    super::format(format, &facts).map(|secret| secret.expose().to_string())
}

fn plain(format: &str, text: &str) -> String {
    shaped(format, &token(text), VARIABLE, "sh").unwrap()
}

fn env(shell: &str, text: &str) -> Result<String> {
    shaped("env", &token(text), "T", shell)
}

#[test]
fn vc12_raw_bearer_and_header_hold_the_token_as_it_is() {
    for text in awkward() {
        assert_eq!(plain("raw", &text), text);
        assert_eq!(plain("bearer", &text), format!("Bearer {text}"));
        assert_eq!(plain("header", &text), format!("Authorization: Bearer {text}"));
    }
}

#[test]
fn every_format_is_one_line() {
    for text in awkward() {
        for format in ["raw", "bearer", "header", "curl", "json", "dotenv"] {
            if let Ok(shown) = shaped(format, &token(&text), VARIABLE, "sh") {
                assert!(shown.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{format} {text:.50}");
            }
        }
        for shell in ["sh", "fish", "powershell", "cmd", "nu"] {
            if let Ok(shown) = env(shell, &text) {
                assert!(shown.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{shell} {text:.50}");
            }
        }
    }
}

/// Runs a script with a shell that must be there, and gives its stdout.
#[cfg(unix)]
fn run(shell: &str, script: &str) -> String {
    // In a file: one argument may have 128 KiB only.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(script.as_bytes()).unwrap();
    let output = std::process::Command::new(shell).arg(file.path()).output();
    let output = output.unwrap_or_else(|error| panic!("this test needs `{shell}`; tests/run installs it: {error}"));
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(unix)]
fn reads_back(shell: &str, dialect: &str) {
    let tokens = awkward();
    let script: String = tokens.iter().map(|text| format!("{}\nprintf '%s\\n' \"$T\"\n", env(dialect, text).unwrap())).collect();
    assert!(run(shell, &script).lines().eq(tokens.iter().map(String::as_str)), "{shell}");
}

#[cfg(unix)]
#[test]
fn r62_the_shell_that_is_here_reads_back_the_very_token() {
    reads_back("sh", "sh");
}

#[cfg(all(unix, feature = "real-parts"))]
#[test]
fn r62_every_shell_reads_back_the_very_token() {
    for shell in ["bash", "dash", "zsh", "ksh"] {
        reads_back(shell, "sh");
    }
    reads_back("fish", "fish");
}

#[cfg(unix)]
#[test]
fn r62_the_variable_is_exported_to_child_processes() {
    let script = format!("{}\nsh -c 'printf %s \"$T\"'\n", env("sh", "a'b\\c$d").unwrap());
    assert_eq!(run("sh", &script), "a'b\\c$d");
}

#[cfg(unix)]
#[test]
fn dotenv_sourced_by_a_shell_gives_the_very_token_or_is_refused() {
    let tokens: Vec<String> = awkward().into_iter().filter(|text| shaped("dotenv", &token(text), "T", "sh").is_ok()).collect();
    assert!(tokens.len() > 25, "{}", tokens.len());
    let script: String =
        tokens.iter().map(|text| format!("{}\nprintf '%s\\n' \"$T\"\n", shaped("dotenv", &token(text), "T", "sh").unwrap())).collect();
    for shell in if cfg!(feature = "real-parts") { &["sh", "bash", "dash"][..] } else { &["sh"] } {
        assert!(run(shell, &script).lines().eq(tokens.iter().map(String::as_str)), "{shell}");
    }
}

#[test]
fn the_quoting_of_every_dialect_as_text() {
    for (shell, text, line) in [
        ("sh", "abc", "export T='abc'"),
        ("sh", "a'b", r"export T='a'\''b'"),
        ("sh", r"a\b$c`d", r"export T='a\b$c`d'"),
        ("fish", "a'b", r"set -gx T 'a\'b'"),
        ("fish", r"a\b", r"set -gx T 'a\\b'"),
        ("fish", r"a\'b", r"set -gx T 'a\\\'b'"),
        ("powershell", "a'b`c$d", "$env:T = 'a''b`c$d'"),
        ("cmd", "a^b&c|d<e>f(g)", "set \"T=a^b&c|d<e>f(g)\""),
        ("nu", r#"a\b"c$d"#, r#"$env.T = 'a\b"c$d'"#),
        ("nu", r#"a'b\c"d"#, r#"$env.T = "a'b\\c\"d""#),
    ] {
        assert_eq!(env(shell, text).unwrap(), line);
    }
    assert_eq!(plain("curl", r#"a"b\c"#), r#"header = "Authorization: Bearer a\"b\\c""#);
    assert_eq!(plain("dotenv", "a$b"), "OAT_ACCESS_TOKEN='a$b'");
    assert_eq!(plain("dotenv", "a'b"), "OAT_ACCESS_TOKEN=\"a'b\"");
}

#[test]
fn what_cmd_cannot_take_in_is_refused_with_another_way() {
    for text in ["a\"b", "%PATH%", "a!b"] {
        let error = env("cmd", text).unwrap_err();
        assert_eq!((error.kind, error.hint.as_deref()), (Kind::Usage, Some("use --shell powershell")));
        assert!(!error.message.contains(text));
    }
}

#[test]
fn what_no_dotenv_dialect_takes_in_alike_is_refused() {
    for text in ["a'b\"c", "a'$b", "a'\\b", "a'`b"] {
        let error = shaped("dotenv", &token(text), "T", "sh").unwrap_err();
        assert!(error.kind == Kind::Usage && error.hint.is_some() && !error.message.contains(text), "{text}");
    }
}

#[test]
fn a_name_that_is_no_variable_is_refused() {
    for bad in ["", "1A", "A B", "A-B", "A=B", "A;id", "$A", "A\n", "é", "A'", "A\"", "A.B", "-A", "\u{1b}[31m"] {
        let error = variable(bad).unwrap_err();
        assert!(error.kind == Kind::Usage && error.message.chars().all(|c| !c.is_control()), "{bad:?}: {error}");
        for format in ["env", "dotenv"] {
            assert!(shaped(format, &token("t"), bad, "sh").is_err(), "{bad:?}");
        }
    }
    for good in ["A", "_", "_1", "OAT_ACCESS_TOKEN", "a1_b"] {
        assert_eq!(variable(good).unwrap(), good);
    }
}

#[test]
fn the_members_of_json_are_stable_and_never_overruled_by_the_server() {
    let mut token = token("t");
    for name in ["access_token", "token_type", "expires_at", "expires_in", "scope", "profile", "issuer", "source", "instance_url"] {
        token.extra.insert(name.into(), "the server's".into());
    }
    let object: Map<String, Value> = serde_json::from_str(&shaped("json", &token, VARIABLE, "sh").unwrap()).unwrap();
    let expected = serde_json::json!({
        "access_token": "t", "token_type": "Bearer", "expires_at": NOW.0 + 3600, "expires_in": 3600, "scope": "a b",
        "profile": "p", "issuer": "https://a.example", "source": "cache", "instance_url": "the server's",
    });
    assert_eq!(Value::Object(object), expected);
}

#[test]
fn json_leaves_out_what_is_not_known() {
    let mut token = CachedToken { scope: None, expires_at: None, ..token("t") };
    // A server's own idea of these must not be taken for ours.
    for name in ["expires_at", "expires_in", "scope"] {
        token.extra.insert(name.into(), "the server's".into());
    }
    let object: Map<String, Value> = serde_json::from_str(&shaped("json", &token, VARIABLE, "sh").unwrap()).unwrap();
    let names: Vec<&str> = object.keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "issuer", "profile", "source", "token_type"]);
}

#[test]
fn json_carries_every_token_and_no_negative_lifetime() {
    for text in awkward() {
        let object: Map<String, Value> = serde_json::from_str(&plain("json", &text)).unwrap();
        assert_eq!(object["access_token"], text);
    }
    for (end, left) in [(NOW.0 - 5, 0), (i64::MIN, 0), (i64::MAX, i64::MAX - NOW.0)] {
        let token = CachedToken { expires_at: Some(UnixTime(end)), ..token("t") };
        let object: Map<String, Value> = serde_json::from_str(&shaped("json", &token, VARIABLE, "sh").unwrap()).unwrap();
        assert_eq!((&object["expires_at"], &object["expires_in"]), (&Value::from(end), &Value::from(left)));
    }
}

#[test]
fn a_format_or_shell_that_is_not_there_is_our_own_fault() {
    assert_eq!(shaped("xml", &token("t"), VARIABLE, "sh").unwrap_err().kind, Kind::Internal);
    assert_eq!(env("tcsh", "t").unwrap_err().kind, Kind::Internal);
}
