//! `token get --to`, and the masks: what each runner reads, what is refused before anyone is asked, and that no token is told elsewhere.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use support::redirect::*;
use support::*;

const TOKEN: &str = "TOKEN-canary.abc~1";
/// The two runners, by the variable that each sets.
const RUNNERS: [(&str, &str); 2] = [("GITHUB_ACTIONS", "true"), ("TF_BUILD", "True")];

/// What a server says that wants to speak to a runner.
const COMMANDS: &str = "x\r\n::add-mask::y\n##vso[task.setvariable variable=PATH]z\n##[add-path]/evil ##vso[task.complete result=Failed]";

struct Step {
    oat: Oat,
    server: Server,
    /// The file of GITHUB_ENV.
    environment: PathBuf,
    /// The file of GITHUB_OUTPUT.
    output: PathBuf,
}

/// A step of a job on GitHub.
fn step(token: &str) -> Step {
    let server = Server::always(Answer::token(token));
    let oat = Oat::against(&server);
    let (environment, output) = (oat.file("set_env", 0o644, ""), oat.file("set_output", 0o644, ""));
    let oat = oat.env("GITHUB_ENV", environment.to_str().unwrap()).env("GITHUB_OUTPUT", output.to_str().unwrap());
    Step { oat: oat.env("GITHUB_ACTIONS", "true"), server, environment, output }
}

/// A file as GitHub's runner reads it (actions/runner, FileCommandManager.cs): `NAME=VALUE`, or a heredoc.
fn as_the_runner_reads(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "{text:?}");
    let (mut found, mut lines) = (Vec::new(), text.lines());
    while let Some(line) = lines.next() {
        match (line.find("<<"), line.find('=')) {
            (Some(heredoc), equals) if equals.is_none_or(|equals| heredoc < equals) => {
                let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
                assert!(!name.is_empty() && !delimiter.is_empty(), "{line:?}");
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                found.push((name.to_string(), value.join("\n")));
            }
            (_, Some(equals)) => found.push((line[..equals].to_string(), line[equals + 1..].to_string())),
            _ => assert_eq!(line, "", "the runner would fail the step"),
        }
    }
    found
}

/// The lines on stderr that are not a runner's: all of them are ours, and no token is in them.
#[track_caller]
fn words(output: &Output, token: &str) -> String {
    let mask = |line: &&str| line.starts_with("::add-mask::") || line.starts_with("##vso[task.setsecret]");
    let words: Vec<&str> = output.stderr.lines().filter(|line| !mask(line)).collect();
    for line in &words {
        assert!(line.starts_with("oat: ") || line.starts_with('{'), "{output:#?}");
        assert!(!line.contains(token), "the token is told: {output:#?}");
    }
    words.join("\n")
}

/// The lines that are a runner's.
fn masks(output: &Output) -> Vec<&str> {
    output.stderr.lines().filter(|line| line.starts_with("::") || line.starts_with("##")).collect()
}

// ── masks ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_token_is_masked_on_stderr_under_each_runner_and_nowhere_else() {
    for (variable, value, mask) in [
        ("GITHUB_ACTIONS", "true", format!("::add-mask::{TOKEN}\n")),
        ("TF_BUILD", "True", format!("##vso[task.setsecret]{TOKEN}\n")),
        ("GITLAB_CI", "true", String::new()),
        ("CI", "true", String::new()),
        ("GITHUB_ACTIONS", "false", String::new()),
    ] {
        let server = Server::always(Answer::token(TOKEN));
        let oat = Oat::against(&server).env(variable, value);
        // Fetched, then kept, then renewed.
        for args in [&["token", "get", "p"][..], &["token", "get", "p", "--format", "header"], &["refresh", "p", "--print"]] {
            let output = oat.run(args);
            assert_eq!(output.code, Some(0), "{output:#?}");
            assert!(output.stdout.contains(TOKEN), "{output:#?}");
            assert_eq!(masks(&output), mask.lines().collect::<Vec<_>>(), "{output:#?}");
            words(&output, TOKEN);
        }
        // A mask is for what somebody gets.
        let silent = oat.run(&["refresh", "p"]);
        assert!(silent.code == Some(0) && !silent.stdout.contains(TOKEN) && !silent.stderr.contains(TOKEN), "{silent:#?}");
    }
}

#[test]
fn the_mask_is_out_before_the_first_byte_of_the_token() {
    for (variable, value) in RUNNERS {
        let server = Server::always(Answer::token(TOKEN));
        let oat = Oat::against(&server).env(variable, value).under(&["sh", "-c", "exec \"$@\" 2>&1", "sh"]);
        for args in [
            &["token", "get", "p"][..],
            &["token", "get", "p", "--to", "ado-var=T"],
            &["refresh", "p", "--print"],
            &["token", "get", "p", "-vv"],
        ] {
            let output = oat.run(args);
            let first = output.stdout.lines().find(|line| line.contains(TOKEN)).unwrap();
            assert!(first.starts_with("::add-mask::") || first.starts_with("##vso[task.setsecret]"), "{output:#?}");
        }
    }
}

#[test]
fn a_token_with_colons_or_percents_is_masked_as_the_runner_decodes_it() {
    let output = step("abcd::ef::ghij%25").oat.get(&[]);
    assert_eq!(masks(&output), ["::add-mask::abcd", "::add-mask::ghij%2525", "::add-mask::abcd::ef::ghij%2525"]);
    assert_eq!(output.stdout, "abcd::ef::ghij%25\n");
}

#[test]
fn masks_and_json_errors_are_lines_of_their_own() {
    let step = step(TOKEN);
    let output = step.oat.run(&["--json", "token", "get", "p", "--min-ttl", "5h", "-v"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(8), ""), "{output:#?}");
    let last: Value = serde_json::from_str(output.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(last["exit_code"], 8);
    // The file of the runner is not there: the token was masked before, and the error stays readable.
    let full = step.oat.env("GITHUB_ENV", "/dev/full").run(&["--json", "token", "get", "p", "--to", "github-env=T"]);
    let lines: Vec<&str> = full.stderr.lines().collect();
    assert_eq!((full.code, lines.len(), lines[0]), (Some(7), 2, format!("::add-mask::{TOKEN}").as_str()), "{full:#?}");
    assert_eq!(serde_json::from_str::<Value>(lines[1]).unwrap()["kind"], "store");
}

#[test]
fn r66_a_token_that_is_a_command_is_not_handed_out_under_a_runner() {
    for token in ["::stop-commands::x", "##vso[task.complete]", "a##[add-path]/evil"] {
        for (variable, value) in RUNNERS {
            let server = Server::always(Answer::token(token));
            let oat = Oat::against(&server).env(variable, value);
            for format in ["raw", "json", "env"] {
                let output = oat.get(&["--format", format]);
                output.fails_saying(8, &["command to the ci runner"]);
                assert!(!output.stderr.contains(token), "{output:#?}");
            }
        }
        let server = Server::always(Answer::token(token));
        assert_eq!(Oat::against(&server).get(&[]).stdout.trim_end(), token);
    }
}

#[test]
fn r66_nothing_that_a_server_says_becomes_a_command_of_a_runner() {
    let hostile = || {
        Answer::json(400, json!({"error": "invalid_client", "error_description": COMMANDS, "error_uri": COMMANDS}))
            .header("X-::add-mask::", COMMANDS.lines().last().unwrap())
    };
    let narrowed = || Answer::json(200, json!({"access_token": TOKEN, "token_type": "Bearer", "scope": COMMANDS}));
    let no_type = || Answer::json(200, json!({"access_token": TOKEN, "token_type": COMMANDS, "expires_in": 60}));
    for (variable, value) in RUNNERS {
        for (answer, code) in
            [(hostile(), Some(4)), (narrowed(), Some(0)), (no_type(), Some(8)), (Answer::redirect(302, "https://x/##vso[a]::b"), None)]
        {
            for more in [&[][..], &["--json"], &["-v"], &["-vv"]] {
                let server = Server::always(answer.clone());
                let oat = Oat::against(&server).env(variable, value);
                let output = oat.get(&[&["--scope", "a b"], more].concat());
                assert!(code.is_none() || output.code == code, "{output:#?}");
                let told = words(&output, TOKEN);
                assert!(!told.contains("##vso[") && !told.contains("##["), "{output:#?}");
                assert!(!told.lines().any(|line| line.trim_start().starts_with("::")), "{output:#?}");
            }
        }
    }
}

#[test]
fn r66_what_a_server_adds_to_its_answer_is_no_command_on_stdout() {
    let evil = "##vso[task.setvariable variable=PATH]/evil ##[add-path]/evil";
    let server = Server::always(Answer::json(
        200,
        json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "instance_url": evil, "scope": evil, "::x": evil}),
    ));
    let oat = Oat::against(&server).env("TF_BUILD", "True");
    for format in ["json", "raw"] {
        let output = oat.get(&["--format", format]);
        assert_eq!(output.code, Some(0), "{output:#?}");
        assert!(!output.stdout.contains("##vso[") && !output.stdout.contains("##["), "{output:#?}");
        assert!(format == "raw" || serde_json::from_str::<Value>(&output.stdout).unwrap()["instance_url"] == evil, "{output:#?}");
    }
}

#[test]
fn r66_what_the_process_apart_says_is_no_command_either() {
    for (variable, value) in RUNNERS {
        let provider = Provider::granting(|request, facts| match request.form().iter().any(|(_, value)| value == "authorization_code") {
            true => Answer::json(200, facts.granted(0)),
            false => Answer::error(400, "invalid_scope", COMMANDS),
        });
        let oat = provider.oat("");
        sign_in(&oat, &provider);
        let oat = oat.env(variable, value);
        for more in [&[][..], &["-vv"], &["--json"]] {
            let output = oat.get(more);
            assert_eq!((output.code, output.stdout.as_str()), (Some(4), ""), "{output:#?}");
            assert!(output.stderr.contains("add-mask"), "the description is told: {output:#?}");
            let told = words(&output, ACCESS);
            assert!(!told.contains("##vso[") && !told.contains("##["), "{output:#?}");
        }
    }
}

#[test]
fn a_refreshed_token_is_masked_and_told_nowhere() {
    let provider = Provider::granting(|request, facts| match request.form().iter().any(|(_, value)| value == "authorization_code") {
        true => Answer::json(200, facts.granted(0)),
        false => Answer::json(200, json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 60})),
    });
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let output = oat.env("GITHUB_ACTIONS", "true").get(&["-vv", "--to", "file=t"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    assert!(output.stderr.contains(&format!("::add-mask::{TOKEN}\n")), "{output:#?}");
    words(&output, TOKEN);
}

// ── github-env, github-output ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_runner_reads_the_token_back_from_its_files() {
    for token in [TOKEN, "a<<b=c", "EOF", "=", "it's\"$HOME`id`\\"] {
        let step = step(token);
        fs::write(&step.environment, "BEFORE=1\n").unwrap();
        let output = step.oat.get(&["--to", "github-env=API_TOKEN", "--to", "github-output=token", "--to", "github-env=_second"]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
        assert_eq!(masks(&output), [format!("::add-mask::{token}")]);
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(as_the_runner_reads(&step.environment), [pair("BEFORE", "1"), pair("API_TOKEN", token), pair("_second", token)]);
        assert_eq!(as_the_runner_reads(&step.output), [pair("token", token)]);
        assert_eq!(step.server.count(), 1);
    }
}

#[test]
fn a_file_without_a_line_end_gets_one_first_and_every_delimiter_is_another() {
    let step = step(TOKEN);
    fs::write(&step.environment, "BEFORE=1").unwrap();
    for _ in 0..3 {
        assert_eq!(step.oat.get(&["--to", "github-env=T", "--format", "bearer"]).code, Some(0));
    }
    let text = fs::read_to_string(&step.environment).unwrap();
    let delimiters: std::collections::BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("T<<")).collect();
    assert_eq!(delimiters.len(), 3, "{text}");
    assert!(delimiters.iter().all(|delimiter| delimiter.strip_prefix("oat-").unwrap().len() == 32), "{text}");
    let read = as_the_runner_reads(&step.environment);
    assert_eq!((read.len(), &read[0].1, &read[3].1), (4, &"1".to_string(), &format!("Bearer {TOKEN}")));
}

#[test]
fn twenty_writers_at_once_leave_whole_variables() {
    let step = step(TOKEN);
    assert_eq!(step.oat.get(&[]).code, Some(0));
    let outputs = step.oat.swarm(20, &["token", "get", "p", "--to", "github-env=T"]);
    assert!(outputs.iter().all(|output| output.code == Some(0)), "{outputs:#?}");
    assert_eq!(as_the_runner_reads(&step.environment), vec![("T".to_string(), TOKEN.to_string()); 20]);
}

#[test]
fn bad_targets_are_refused_before_anything_is_asked_or_changed() {
    let step = step(TOKEN);
    for to in [
        "github-env=A-B",
        "github-env=",
        "github-env",
        "github-env=A\nPATH=x",
        "github-env=GITHUB_TOKEN",
        "github-output=RUNNER_X",
        "github-env=NODE_OPTIONS",
        "github-env=PATH",
        "github-env=LD_PRELOAD",
        "github-env=bash_env",
        "ado-var=a;issecret=false",
        "ado-var=system_accesstoken",
        "nowhere=A",
        "file=",
        "file=.",
        "file=..",
        "dotenv=",
    ] {
        for order in [[to, "github-env=GOOD"], ["github-env=GOOD", to]] {
            let output = step.oat.get(&["--to", order[0], "--to", order[1]]);
            assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{to:?}: {output:#?}");
        }
    }
    for format in ["json", "header", "curl", "env", "dotenv"] {
        step.oat.get(&["--to", "github-env=T", "--format", format]).fails_saying(2, &["--format", "raw or bearer"]);
    }
    step.oat.get(&["--to", "file=t", "--name", "X"]).fails_saying(2, &["--name"]);
    assert_eq!((step.server.connections(), fs::read(&step.environment).unwrap().len()), (0, 0));
}

#[test]
fn what_the_runner_should_have_set_is_named_before_anything_is_asked() {
    let Step { oat, server, environment, .. } = step(TOKEN);
    let to = |oat: &Oat| oat.get(&["--to", "file=t", "--to", "github-env=T"]);
    let oat = oat.unset("GITHUB_ENV");
    to(&oat).fails_saying(6, &["`github_env` is not set", "github actions"]);
    let missing = oat.folder().join("missing");
    let oat = oat.env("GITHUB_ENV", missing.to_str().unwrap());
    to(&oat).fails_saying(6, &["github_env", "is not there"]);
    assert!(!missing.exists(), "it is the runner's to make");
    let link = oat.folder().join("link");
    symlink(&environment, &link).unwrap();
    let oat = oat.env("GITHUB_ENV", link.to_str().unwrap());
    to(&oat).fails_saying(6, &["symbolic link"]);
    let folder = oat.folder().to_str().unwrap().to_string();
    let oat = oat.env("GITHUB_ENV", &folder);
    to(&oat).fails_saying(6, &["is a folder"]);
    assert_eq!(server.connections(), 0);
    assert!(!oat.folder().join("t").exists(), "no target was changed");
}

#[test]
fn r103_a_full_disk_is_told_and_the_token_is_kept() {
    let step = step(TOKEN);
    let oat = step.oat.env("GITHUB_ENV", "/dev/full");
    let output = oat.get(&["--to", "github-env=T"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(7), ""), "{output:#?}");
    output.says(&["could not be added to `/dev/full`", "no space left", "df -h"]);
    words(&output, TOKEN);
    assert!(oat.get(&[]).stdout.contains(TOKEN));
    assert_eq!(step.server.count(), 1, "it was kept");
}

// ── ado-var ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn azures_agent_reads_a_secret_variable_from_stdout() {
    let server = Server::always(Answer::token("a%b;c]d"));
    let oat = Oat::against(&server).env("TF_BUILD", "True");
    let output = oat.get(&["--to", "ado-var=apiToken"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(output.stdout, "##vso[task.setvariable variable=apiToken;issecret=true]a%AZP25b;c]d\n");
    assert_eq!(masks(&output), ["##vso[task.setsecret]a%AZP25b;c]d"]);
    let bearer = oat.get(&["--to", "ado-var=t", "--to", "file=t", "--format", "bearer"]);
    assert_eq!(bearer.stdout, "##vso[task.setvariable variable=t;issecret=true]Bearer a%AZP25b;c]d\n");
    assert_eq!(fs::read_to_string(oat.folder().join("t")).unwrap(), "Bearer a%b;c]d");
}

// ── file ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_file_is_private_whatever_the_umask_and_holds_the_format() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    let path = oat.folder().join("t");
    for (format, text) in [
        ("raw", TOKEN.to_string()),
        ("bearer", format!("Bearer {TOKEN}")),
        ("header", format!("Authorization: Bearer {TOKEN}\n")),
        ("curl", format!("header = \"Authorization: Bearer {TOKEN}\"\n")),
        ("dotenv", format!("OAT_ACCESS_TOKEN='{TOKEN}'\n")),
    ] {
        let output = oat.get(&["--to", "file=t", "--format", format]);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""), "{output:#?}");
        assert_eq!((fs::read_to_string(&path).unwrap(), mode(&path)), (text, 0o600), "{format}");
    }
    oat.get(&["--to", "file=t", "--format", "json"]);
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap()["access_token"], TOKEN);
    for umask in ["000", "777"] {
        let oat = Oat::against(&server).under(&["sh", "-c", &format!("umask {umask}; exec \"$@\""), "sh"]);
        let oat = oat.env("OAT_STORE", "none");
        assert_eq!(oat.get(&["--to", "file=u"]).code, Some(0));
        assert_eq!(mode(&oat.folder().join("u")), 0o600, "R103, umask {umask}");
    }
    let left: Vec<_> =
        fs::read_dir(oat.folder()).unwrap().flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_is_replaced_as_a_whole_and_a_link_is_not_followed() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    let (path, elsewhere) = (oat.folder().join("t"), oat.file("elsewhere", 0o644, "old"));
    oat.file("t", 0o644, "old");
    let before = fs::metadata(&path).unwrap().ino();
    assert_eq!(oat.get(&["--to", &format!("file={}", path.display())]).stderr, "");
    assert_ne!(fs::metadata(&path).unwrap().ino(), before, "whoever reads the old one has it whole");
    fs::remove_file(&path).unwrap();
    symlink(&elsewhere, &path).unwrap();
    oat.get(&["--to", "file=t"]).says(&["`./t` is a symbolic link"]);
    assert_eq!(
        (fs::read_to_string(&elsewhere).unwrap().as_str(), mode(&path), fs::read_to_string(&path).unwrap().as_str()),
        ("old", 0o600, TOKEN)
    );
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn a_place_that_cannot_take_a_file_is_told_before_anything_is_asked() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    fs::create_dir(oat.folder().join("folder")).unwrap();
    oat.get(&["--to", "file=folder"]).fails_saying(2, &["it is a folder"]);
    oat.get(&["--to", "file=missing/t"]).fails_saying(7, &["no such file or directory", "mkdir -p missing"]);
    oat.get(&["--to", "file=/dev/null"]).fails_saying(2, &["device"]);
    oat.get(&["--to", "file=/dev/stdout"]).fails_saying(2, &["device", "stdout"]);
    oat.get(&["--to", "file=/sys/oat-token"]).fails_saying(7, &["cannot write in `/sys`", "ls -ld /sys"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_folder_in_which_everybody_may_rename_is_told() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    let folder = oat.folder().join("open");
    fs::create_dir(&folder).unwrap();
    for (bits, told) in [(0o777, true), (0o1777, false), (0o755, false), (0o775, false)] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(bits)).unwrap();
        let output = oat.get(&["--to", "file=open/t"]);
        assert_eq!((output.code, output.stderr.contains("chmod o-w open")), (Some(0), told), "{bits:o}: {output:#?}");
    }
}

#[test]
fn r81_what_was_there_stays_until_there_is_a_new_token() {
    let server = Server::always(Answer::error(400, "invalid_client", "no"));
    let oat = Oat::against(&server);
    let path = oat.file("t", 0o600, "old");
    oat.get(&["--to", "file=t"]).fails(4);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(
        fs::read_dir(oat.folder()).unwrap().flatten().filter(|entry| entry.file_name().to_string_lossy().contains(".tmp")).count(),
        0
    );
}

#[test]
fn r63_64_kib_go_to_every_target() {
    let token = "0123456789abcdef".repeat(4096);
    let step = step(&token);
    let output = step.oat.get(&["--to", "github-env=T", "--to", "file=t", "--to", "ado-var=T"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr.len());
    assert_eq!(as_the_runner_reads(&step.environment), [("T".to_string(), token.clone())]);
    assert_eq!(fs::read_to_string(step.oat.folder().join("t")).unwrap(), token);
    assert!(output.stdout.ends_with(&format!("]{token}\n")));
}

// ── dotenv ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_dotenv_report_is_appended_to_within_gitlabs_rules() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    let path = oat.file("build.env", 0o644, "BEFORE=1");
    let output = oat.get(&["--to", "dotenv=build.env", "--name", "API_TOKEN"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.says(&["artifacts:access"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("BEFORE=1\nAPI_TOKEN={TOKEN}\n"));
    assert_eq!(oat.get(&["--to", "dotenv=new.env"]).code, Some(0));
    assert_eq!(
        (fs::read_to_string(oat.folder().join("new.env")).unwrap(), mode(&oat.folder().join("new.env"))),
        (format!("OAT_ACCESS_TOKEN={TOKEN}\n"), 0o600)
    );
    fs::write(&path, "x".repeat(5100)).unwrap();
    oat.get(&["--to", "dotenv=build.env"]).fails_saying(2, &["5 kib"]);
    assert_eq!(fs::metadata(&path).unwrap().len(), 5100);
    let server = Server::always(Answer::token("it's$HOME"));
    Oat::against(&server).get(&["--to", "dotenv=x"]).fails_saying(2, &["file="]);
    symlink(&path, oat.folder().join("link.env")).unwrap();
    oat.get(&["--to", "dotenv=link.env"]).fails_saying(2, &["symbolic link"]);
}
