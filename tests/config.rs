//! The profile file, its variables and flags, and where secrets come from.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use support::*;

fn server() -> Server {
    Server::start(|r| Answer::token(&format!("t{}", r.number)))
}

fn config(text: &str) -> Oat {
    Oat::new().env("P_SECRET", SECRET).config(text)
}

/// A profile whose client_secret is given by this line alone.
fn secret_from(server: &Server, line: &str) -> Oat {
    let endpoint = server.url("/token");
    Oat::new().config(&format!(
        "[profile.p]\ngrant = \"client_credentials\"\ntoken_endpoint = \"{endpoint}\"\nclient_id = \"cli\"\nclient_auth = \"client_secret_post\"\n{line}\n"
    ))
}

/// The secret that the one request carried.
fn sent_secret(server: &Server) -> String {
    server.requests().pop().unwrap().form().into_iter().find(|(k, _)| k == "client_secret").unwrap().1
}

// ── R90: errors that point at the line ──────────────────────────────────────────────────────────────────────────

#[test]
fn r90_an_unknown_key_is_refused_with_file_line_and_suggestion() {
    let oat = config("# mine\n\n[profile.p]\nclient_id = \"a\"\n\nscopes = \"x\"\n");
    let output = oat.get(&[]);
    output.fails_saying(6, &["config.toml", "line 6", "`scopes`", "did you mean `scope`"]);
    output.fails_saying(6, &[oat.config_file().to_str().unwrap()]);
}

#[test]
fn r90_an_unknown_key_far_from_any_other_is_refused_without_a_suggestion() {
    let output = config("[profile.p]\nbanana = 1\n").get(&[]);
    output.fails_saying(6, &["line 2", "`banana`"]);
    output.does_not_say(&["did you mean"]);
}

#[test]
fn r90_unknown_keys_are_refused_at_the_top_and_in_the_store_too() {
    config("default_profil = \"p\"\n").get(&[]).fails_saying(6, &["line 1", "`default_profil`", "did you mean `default_profile`"]);
    config("[store]\nkye = \"file\"\n").get(&[]).fails_saying(6, &["line 2", "`kye`", "did you mean `key`"]);
    config("[profile.p]\nclient_secret = { evn = \"X\" }\n").get(&[]).fails_saying(6, &["line 2", "client_secret", "{ env ="]);
}

#[test]
fn r90_a_file_that_is_no_toml_is_told_with_line_and_column() {
    config("[profile.p]\nclient_id = \"a\nscope = 1\n").get(&[]).fails_saying(6, &["line 2", "column"]);
    config("[profile.p\n").get(&[]).fails_saying(6, &["line 1"]);
}

#[test]
fn r90_a_syntax_error_in_the_line_of_a_secret_does_not_show_it() {
    for text in [
        format!("[profile.p]\nclient_secret = \"{SECRET}\n"),
        format!("[profile.p]\nclient_secret = {SECRET}\n"),
        format!("[profile.p]\nclient_secret = [\"{SECRET}\"]\n"),
    ] {
        let output = config(&text).get(&[]);
        output.fails_saying(6, &["line 2"]);
        output.assert_clean(&[SECRET, "CANARY"]);
    }
}

#[test]
fn r90_duplicate_profiles_and_keys_are_refused() {
    config("[profile.p]\nclient_id = \"a\"\n[profile.p]\nclient_id = \"b\"\n").get(&[]).fails_saying(6, &["line 3", "p"]);
    config("[profile.p]\nclient_id = \"a\"\nclient_id = \"b\"\n").get(&[]).fails_saying(6, &["line 3", "client_id"]);
}

#[test]
fn r90_a_value_of_the_wrong_type_is_told_with_its_key_and_line() {
    for (line, key) in
        [("client_id = 17", "client_id"), ("scope = [1]", "scope"), ("leeway = true", "leeway"), ("token_params = \"x\"", "token_params")]
    {
        config(&format!("[profile.p]\n{line}\n")).get(&[]).fails_saying(6, &["line 2", key]);
    }
}

#[test]
fn r90_a_value_nobody_knows_is_told_with_the_ones_there_are() {
    config(&profile_with("grant = \"client_credential\"")).get(&[]).fails_saying(6, &["client_credential", "client_credentials"]);
    config(&profile_with("client_auth = \"post\"")).get(&[]).fails_saying(6, &["client_auth", "client_secret_post"]);
    config(&profile_with("token_request_body = \"xml\"")).get(&[]).fails_saying(6, &["form", "json"]);
    config(&profile_with("leeway = \"soon\"")).get(&[]).fails_saying(6, &["leeway", "length of time"]);
    config(&profile_with("provider = \"vericert\"")).get(&[]).fails_saying(6, &["vericert", "vericerts"]);
    config(&profile_with("")).env("OAT_STORE", "plain").get(&[]).fails_saying(6, &["plain", "file"]);
}

fn profile_with(line: &str) -> String {
    support::oat::profile(&format!("token_endpoint = \"https://127.0.0.1:1/token\"\n{line}"))
}

#[test]
fn r90_bytes_that_are_no_utf_8_and_a_folder_for_a_file_are_told() {
    let oat = Oat::new();
    fs::write(oat.config_file(), b"[profile.p]\nclient_id = \"\xff\"\n").unwrap();
    fs::set_permissions(oat.config_file(), fs::Permissions::from_mode(0o600)).unwrap();
    oat.get(&[]).fails_saying(6, &["config.toml"]);
    let oat = Oat::new();
    fs::create_dir(oat.config_file()).unwrap();
    oat.get(&[]).fails_saying(6, &["config.toml"]);
}

// ── which profile ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn nothing_at_all_is_a_hint_what_to_type() {
    let output = Oat::new().run(&["token", "get"]);
    assert!(matches!(output.code, Some(2 | 6)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["profile", "oat: hint: ", "oat "]);
}

#[test]
fn a_profile_that_is_not_there_is_told_with_the_nearest_one() {
    let oat = config("[profile.zero]\nclient_id = \"a\"\n[profile.other]\nclient_id = \"b\"\n");
    let output = oat.run(&["token", "get", "zreo"]);
    assert!(matches!(output.code, Some(2 | 6)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["`zreo`", "`zero`"]);
}

#[test]
fn the_profile_is_the_argument_else_the_variable_else_the_default_else_the_only_one() {
    let server = Server::start(|r| Answer::token(&r.form().into_iter().find(|(k, _)| k == "client_id").unwrap().1));
    let profile = |name: &str| {
        support::oat::profile(&format!("token_endpoint = \"{}\"\nclient_id = \"{name}\"", server.url("/token")))
            .replace("profile.p", &format!("profile.{name}"))
    };
    let only = config(&profile("one"));
    assert_eq!(only.run(&["token", "get"]).line(), "one");
    let three = ["one", "two", "three"].map(profile).concat();
    let output = config(&three).run(&["token", "get"]);
    assert!(matches!(output.code, Some(2 | 6)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["one", "two", "three"]);
    let default = config(&format!("default_profile = \"two\"\n{three}"));
    assert_eq!(default.run(&["token", "get"]).line(), "two");
    let variable = default.env("OAT_PROFILE", "three");
    assert_eq!(variable.run(&["token", "get"]).line(), "three");
    assert_eq!(variable.run(&["token", "get", "one"]).line(), "one");
}

#[test]
fn r93_a_profile_name_that_could_leave_the_folder_is_refused() {
    for bad in ["../x", "a/b", "a\\b", ".hidden", "a b", "é", "nul", "a\u{202e}b", ""] {
        let output = config("[profile.p]\nclient_id = \"a\"\n").run(&["token", "get", "--", bad]);
        assert!(matches!(output.code, Some(2 | 6)), "{bad:?}: {output:?}");
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.contains('\u{202e}'));
        let output = config(&format!("[profile.{}]\nclient_id = \"a\"\n", json!(bad))).run(&["token", "get"]);
        output.fails_saying(6, &["line 1"]);
    }
}

#[test]
fn r91_a_config_in_the_working_directory_is_never_read() {
    let evil = Server::always(Answer::token("CANARY-evil"));
    let oat = Oat::new().env("P_SECRET", SECRET).unset("OAT_CONFIG");
    let text = support::oat::profile(&format!("token_endpoint = \"{}\"", evil.url("/token")));
    for name in ["config.toml", "oat.toml", ".oat.toml", ".config/oat/config.toml", "oat/config.toml"] {
        let path = oat.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let output = oat.get(&[]);
    assert!(matches!(output.code, Some(2 | 6)), "{output:?}");
    assert_eq!(evil.connections(), 0);
}

#[test]
fn the_config_is_found_under_the_home_and_under_xdg_config_home() {
    let server = server();
    let text = support::oat::profile(&format!("token_endpoint = \"{}\"", server.url("/token")));
    let oat = Oat::new().env("P_SECRET", SECRET).unset("OAT_CONFIG");
    let folder = oat.home().join(".config/oat");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), &text).unwrap();
    oat.get(&[]).line();
    let oat = Oat::new().env("P_SECRET", SECRET).unset("OAT_CONFIG");
    let folder = oat.folder().join("xdg/oat");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), &text).unwrap();
    let xdg = oat.folder().join("xdg");
    oat.env("XDG_CONFIG_HOME", xdg.to_str().unwrap()).get(&[]).line();
}

#[test]
fn a_config_named_by_the_flag_wins_and_one_that_is_not_there_is_told() {
    let server = server();
    let oat = config("[profile.p]\nclient_id = \"wrong\"\n");
    let other = oat.file("other.toml", 0o600, support::oat::profile(&format!("token_endpoint = \"{}\"", server.url("/token"))));
    oat.run(&["--config", other.to_str().unwrap(), "token", "get", "p"]).line();
    oat.run(&["--config", "/nowhere/x.toml", "token", "get", "p"]).fails_saying(6, &["/nowhere/x.toml"]);
}

// ── flag, variable, file ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_flag_beats_the_variable_and_the_variable_beats_the_file() {
    let server = Server::start(|r| Answer::token(&r.form().into_iter().find(|(k, _)| k == "scope").unwrap().1));
    let oat = Oat::at(&server.url("/token"), "scope = \"file\"");
    assert_eq!(oat.get(&[]).line(), "file");
    let oat = oat.env("OAT_SCOPE", "variable");
    assert_eq!(oat.get(&[]).line(), "variable");
    assert_eq!(oat.get(&["--scope", "flag"]).line(), "flag");
    assert_eq!(server.count(), 3, "one scope's token is no other's");
    assert_eq!(oat.get(&["--scope", "file"]).line(), "file");
    assert_eq!(server.count(), 3, "and each is kept");
}

#[test]
fn ci_needs_no_file() {
    let server = server();
    let oat = Oat::new()
        .env("OAT_TOKEN_ENDPOINT", &server.url("/token"))
        .env("OAT_GRANT", "client_credentials")
        .env("OAT_CLIENT_ID", "ci")
        .env("OAT_CLIENT_SECRET", SECRET)
        .env("OAT_CLIENT_AUTH", "client_secret_post")
        .env("OAT_AUDIENCE", "https://api")
        .env("OAT_RESOURCE", "https://r");
    oat.run(&["token", "get"]).line();
    let form = server.only().form();
    for pair in [("client_id", "ci"), ("client_secret", SECRET), ("audience", "https://api"), ("resource", "https://r")] {
        assert!(form.contains(&(pair.0.into(), pair.1.into())), "{pair:?} in {form:?}");
    }
}

#[test]
fn flags_alone_are_enough() {
    let server = server();
    let oat = Oat::new().env("MY", SECRET);
    let args = ["--grant", "client_credentials", "--client-id", "c", "--client-secret-env", "MY", "--client-auth", "client_secret_basic"];
    oat.run(&[&["token", "get", "--token-endpoint", &server.url("/token")][..], &args].concat()).line();
    assert!(server.only().header("authorization").unwrap().starts_with("Basic "));
}

#[test]
fn an_unset_variable_inside_a_value_is_named_with_its_key() {
    let output = config(&profile_with("audience = \"https://${NO_SUCH_VARIABLE}/x\"")).get(&[]);
    output.fails_saying(6, &["NO_SUCH_VARIABLE", "audience"]);
}

// ── R72, R83, R92: secrets ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r72_a_secret_in_argv_is_refused_and_not_repeated() {
    let server = server();
    for args in [vec!["--client-secret", SECRET], vec!["--client-secret=CANARY-client-secret"]] {
        let output = Oat::against(&server).get(&args);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:?}");
        output.assert_clean(&[SECRET]);
        output.says(&["--client-secret-file"]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_secret_comes_from_a_variable() {
    let server = server();
    secret_from(&server, "client_secret = { env = \"MY_SECRET\" }").env("MY_SECRET", SECRET).get(&[]).line();
    assert_eq!(sent_secret(&server), SECRET);
    for value in [None, Some("")] {
        let oat = secret_from(&server, "client_secret = { env = \"MY_SECRET\" }");
        let oat = if let Some(value) = value { oat.env("MY_SECRET", value) } else { oat };
        oat.get(&[]).fails_saying(6, &["MY_SECRET"]);
    }
}

#[test]
fn a_secret_comes_from_a_private_file_without_its_newline() {
    for ending in ["", "\n", "\r\n"] {
        let server = server();
        let oat = secret_from(&server, "");
        let path = oat.file("secret", 0o600, format!("{SECRET}{ending}"));
        let oat = oat.env("OAT_CLIENT_SECRET_FILE", "").config(&format!(
            "{}client_secret = {{ file = {path:?} }}\n",
            fs::read_to_string(secret_from(&server, "").config_file()).unwrap()
        ));
        oat.get(&[]).line();
        assert_eq!(sent_secret(&server), SECRET);
    }
}

#[test]
fn r83_a_secret_file_that_others_can_read_is_refused_with_the_cure() {
    let server = server();
    for mode in [0o644, 0o640, 0o604, 0o666, 0o620] {
        let oat = secret_from(&server, "");
        let path = oat.file("secret", mode, SECRET);
        let output = oat.get(&["--client-secret-file", path.to_str().unwrap()]);
        output.fails_saying(6, &["chmod 600", path.to_str().unwrap()]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_secret_file_of_the_flag_wins_and_one_that_is_empty_or_missing_is_told() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { env = \"NOT_SET\" }");
    let path = oat.file("secret", 0o400, SECRET);
    oat.get(&["--client-secret-file", path.to_str().unwrap()]).line();
    assert_eq!(sent_secret(&server), SECRET);
    let empty = oat.file("empty", 0o600, "\n");
    for path in [empty.to_str().unwrap(), "/nowhere/secret"] {
        oat.get(&["--force", "--client-secret-file", path]).fails_saying(6, &[path]);
    }
}

#[test]
fn a_secret_larger_than_any_secret_is_refused_and_not_cut() {
    let server = server();
    let oat = secret_from(&server, "");
    let path = oat.file("secret", 0o600, "x".repeat(2 << 20));
    oat.get(&["--client-secret-file", path.to_str().unwrap()]).fails_saying(6, &[path.to_str().unwrap()]);
    secret_from(&server, "").stdin("x".repeat(2 << 20)).get(&["--client-secret-stdin"]).fails_saying(6, &["standard input"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_secret_comes_from_standard_input() {
    let server = server();
    secret_from(&server, "").stdin(format!("{SECRET}\n")).get(&["--client-secret-stdin"]).line();
    assert_eq!(sent_secret(&server), SECRET);
    secret_from(&server, "").stdin("").get(&["--client-secret-stdin"]).fails_saying(6, &["standard input"]);
}

#[test]
fn a_secret_comes_from_a_named_variable_of_the_flag() {
    let server = server();
    secret_from(&server, "").env("ELSEWHERE", SECRET).get(&["--client-secret-env", "ELSEWHERE"]).line();
    assert_eq!(sent_secret(&server), SECRET);
}

#[test]
fn a_secret_comes_from_a_systemd_credential() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { credential = \"oat-secret\" }");
    oat.get(&[]).fails_saying(6, &["CREDENTIALS_DIRECTORY"]);
    let path = oat.file("oat-secret", 0o400, SECRET);
    let oat = oat.env("CREDENTIALS_DIRECTORY", path.parent().unwrap().to_str().unwrap());
    oat.get(&[]).line();
    assert_eq!(sent_secret(&server), SECRET);
    for name in ["../oat-secret", "/etc/passwd", "a/b", ".."] {
        secret_from(&server, &format!("client_secret = {{ credential = {name:?} }}"))
            .env("CREDENTIALS_DIRECTORY", "/tmp")
            .get(&[])
            .fails_saying(6, &["credential"]);
    }
}

#[test]
fn r92_a_secret_comes_from_the_first_line_of_a_command_without_a_shell() {
    let server = server();
    secret_from(&server, "client_secret = { command = [\"printf\", \"%s\\\\n%s\", \"CANARY-client-secret\", \"second line\"] }")
        .get(&[])
        .line();
    assert_eq!(sent_secret(&server), SECRET);
    // A shell would expand these.
    secret_from(&server, "client_secret = { command = [\"echo\", \"$HOME;`id`*\"] }").get(&[]).line();
    assert_eq!(sent_secret(&server), "$HOME;`id`*");
}

#[test]
fn r92_a_command_that_fails_is_told_without_its_output() {
    let server = server();
    for (command, words) in [
        ("[\"sh\", \"-c\", \"echo CANARY-client-secret; exit 3\"]", &["`sh`", "3"][..]),
        ("[\"no-such-program-here\"]", &["no-such-program-here"]),
        ("[\"true\"]", &["`true`"]),
        ("[]", &["command"]),
    ] {
        secret_from(&server, &format!("client_secret = {{ command = {command} }}")).get(&[]).fails_saying(6, words);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn r92_a_command_is_a_list_and_not_a_line_for_a_shell() {
    secret_from(&server(), "client_secret = { command = \"echo x\" }").get(&[]).fails_saying(6, &["line 6"]);
}

#[test]
fn r92_a_command_that_hangs_is_ended() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { command = [\"sleep\", \"30\"] }");
    let output = oat.get(&["--timeout", "1s"]);
    assert!(output.duration < Duration::from_secs(11), "{:?}", output.duration);
    output.fails_saying(6, &["sleep"]);
}

#[test]
fn r92_a_command_that_closes_its_output_and_goes_on_is_ended() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { command = [\"sh\", \"-c\", \"echo s; exec >&- 2>&-; sleep 30\"] }");
    let output = oat.get(&[]);
    assert!(output.duration < Duration::from_secs(12), "{:?}", output.duration);
    output.fails_saying(6, &["sh"]);
}

#[test]
fn a_secret_command_of_the_flag_takes_arguments_with_dashes() {
    let server = server();
    let oat = secret_from(&server, "");
    oat.get(&["--client-secret-command", "sh", "-c", "printf from-command"]).line();
    assert!(String::from_utf8_lossy(&server.only().body).contains("from-command"));
}

#[test]
fn what_is_piped_in_has_its_own_time_and_not_the_servers() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { command = [\"sh\", \"-c\", \"sleep 2; echo late\"] }");
    oat.get(&["--timeout", "1s"]).line();
}

#[test]
fn r92_a_command_with_endless_output_is_ended() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { command = [\"cat\", \"/dev/zero\"] }").measured();
    let began = Instant::now();
    let output = oat.get(&["--timeout", "3s"]);
    output.fails(6);
    assert!(began.elapsed() < Duration::from_secs(11) && output.peak_kib < 96 * 1024, "{output:?}");
}

#[test]
fn r83_a_literal_secret_in_a_config_that_others_can_read_is_refused_with_the_cure() {
    let server = server();
    let oat = secret_from(&server, &format!("client_secret = \"{SECRET}\""));
    let output = oat.get(&[]);
    output.line();
    output.says(&["oat: warning", "client secret", "set-secret"]);
    for mode in [0o640, 0o644, 0o604] {
        fs::set_permissions(oat.config_file(), fs::Permissions::from_mode(mode)).unwrap();
        oat.get(&["--force"]).fails_saying(6, &["chmod 600", "config.toml"]);
    }
}

#[test]
fn a_config_without_secrets_may_be_read_by_others() {
    let server = server();
    let oat = Oat::against(&server);
    fs::set_permissions(oat.config_file(), fs::Permissions::from_mode(0o644)).unwrap();
    let output = oat.get(&[]);
    output.line();
    output.does_not_say(&["chmod"]);
}

#[test]
fn a_secret_with_control_characters_is_refused_and_not_shown() {
    let server = server();
    let output = secret_from(&server, "client_secret = { env = \"MY\" }").env("MY", "CANARY-client-secret\nX: y").get(&[]);
    assert_eq!(output.stdout.lines().count().min(1), output.stdout.lines().count());
    output.assert_well_behaved();
}

#[test]
fn a_profile_without_a_needed_key_names_it() {
    let output = config(
        "[profile.p]\ngrant = \"client_credentials\"\ntoken_endpoint = \"https://127.0.0.1:1/t\"\nclient_secret = { env = \"P_SECRET\" }\n",
    )
    .get(&[]);
    output.fails_saying(6, &["client_id"]);
    let output =
        config("[profile.p]\ngrant = \"client_credentials\"\nclient_id = \"c\"\nclient_secret = { env = \"P_SECRET\" }\n").get(&[]);
    output.fails_saying(6, &["issuer", "token_endpoint"]);
}

#[test]
fn words_nobody_knows_are_usage_errors_with_a_suggestion() {
    let oat = config("[profile.p]\nclient_id = \"c\"\n");
    for (args, word) in
        [(&["tokn", "get"][..], "token"), (&["token", "gett"], "get"), (&["token", "get", "p", "--frmat", "raw"], "--format")]
    {
        let output = oat.run(args);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:?}");
        output.says(&[word]);
    }
}

#[test]
fn a_secret_command_may_leave_a_helper_behind_and_say_more_than_one_line() {
    let server = server();
    for script in ["echo s; sleep 20 2>&- &", "echo s; head -c 3000000 /dev/zero"] {
        let oat = secret_from(&server, &format!("client_secret = {{ command = [\"sh\", \"-c\", \"{script}\"] }}"));
        let output = oat.get(&["--force"]);
        output.line();
        assert!(output.duration < Duration::from_secs(5), "{script}: {:?}", output.duration);
    }
}

#[test]
fn a_config_is_read_from_a_pipe_and_a_fifo_without_a_writer_holds_nothing_up() {
    let server = server();
    let oat = secret_from(&server, "client_secret = { env = \"S\" }").env("S", "s");
    let text = std::fs::read_to_string(oat.config_file()).unwrap();
    let fifo = oat.config_file().with_extension("fifo");
    let oat = oat.stdin(text);
    oat.run(&["--config", "/dev/stdin", "token", "get", "p"]).line();
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).unwrap();
    oat.run(&["--config", fifo.to_str().unwrap(), "token", "get", "p"]).fails_saying(6, &["no profile"]);
}
