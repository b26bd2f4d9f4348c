//! Reads a command line.

pub mod grammar;
pub mod meaning;
pub mod refusal;
pub mod words;

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command as Clap};

use crate::cli::grammar::{credential_alone, exec_alone, grammar, inspect_alone, token_get_alone};
use crate::cli::meaning::{command, common, credential, exec, inspect, token_get};
use crate::cli::refusal::{no_command_here, refused};
use crate::cli::words::{Command, DIALECTS, Words};
use crate::error::Result;

/// Reads a command line, its first word being the program's name. Fails with kind `Usage`.
pub fn parse(argv: Vec<OsString>) -> Result<Words> {
    let argv = help_last(in_words(argv));
    let alone = match argv.as_slice() {
        [_, token, get, rest @ ..] if token == "token" && get == "get" => token_get_of(rest),
        [_, inspect, rest @ ..] if inspect == "inspect" => inspect_of(rest),
        [_, exec, rest @ ..] if exec == "exec" => exec_of(rest),
        [_, credential, rest @ ..] if credential == "credential" => credential_of(rest),
        _ => None,
    };
    if let Some(words) = alone {
        return words;
    }
    // A word too many of `oat exec` is the command's.
    let undivided = argv.iter().any(|word| word == "exec") && !argv.iter().any(|word| word == "--");
    match grammar().try_get_matches_from(argv) {
        Ok(matches) => Ok(Words { common: common(&matches), command: command(&matches)? }),
        Err(error) if undivided && error.kind() == ErrorKind::UnknownArgument => Err(no_command_here()),
        Err(error) => refused(&error),
    }
}

/// The words behind `oat token get`; None where they are not understood, or ask for help.
fn token_get_of(words: &[OsString]) -> Option<Result<Words>> {
    let matches = matched(token_get_alone(words), words)?;
    Some(token_get(&matches).map(|get| Words { common: common(&matches), command: Command::TokenGet(get) }))
}

/// The words behind `oat inspect`, likewise.
fn inspect_of(words: &[OsString]) -> Option<Result<Words>> {
    let matches = matched(inspect_alone(words), words)?;
    Some(inspect(&matches).map(|inspect| Words { common: common(&matches), command: Command::Inspect(inspect) }))
}

/// The words behind `oat exec`, likewise.
fn exec_of(words: &[OsString]) -> Option<Result<Words>> {
    let matches = matched(exec_alone(words), words)?;
    Some(exec(&matches).map(|exec| Words { common: common(&matches), command: Command::Exec(exec) }))
}

/// The words behind `oat credential`, likewise.
fn credential_of(words: &[OsString]) -> Option<Result<Words>> {
    let matches = matched(credential_alone(words), words)?;
    Some(Ok(Words { common: common(&matches), command: Command::Credential(credential(&matches)) }))
}

fn matched(mut grammar: Clap, words: &[OsString]) -> Option<ArgMatches> {
    let matches = grammar.try_get_matches_from_mut(words);
    // Taking the grammar apart again would cost as much as building it, for memory that is freed at the exit.
    std::mem::forget(grammar);
    matches.ok()
}

/// Other programs start this one by a name that says what they want, such as `git-credential-oat`; cargo, by its own, with `--cargo-plugin`
/// and nothing else.
fn in_words(mut argv: Vec<OsString>) -> Vec<OsString> {
    let cargo = argv.iter().position(|word| word == "--cargo-plugin").filter(|place| *place == 1);
    let name = argv.first().and_then(|name| Path::new(name).file_stem()?.to_str());
    let dialect = DIALECTS.iter().find(|(dialect, program)| name == Some(program) || (cargo.is_some() && *dialect == "cargo"));
    if let Some((dialect, _)) = dialect {
        argv.splice(1..1 + usize::from(cargo.is_some()), ["credential", dialect].map(OsString::from));
    }
    argv
}

/// `oat help token get` is `oat token get --help`.
fn help_last(mut argv: Vec<OsString>) -> Vec<OsString> {
    if argv.get(1).is_some_and(|word| word == "help") {
        argv.remove(1);
        argv.push("--help".into());
    }
    argv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn read(line: &str) -> Result<Words> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn the_grammar_holds_together() {
        grammar().debug_assert();
    }

    #[test]
    fn every_key_of_a_profile_is_a_flag() {
        let words =
            read("oat token get p --client-id c --resource https://a --resource https://b --token-params a=1 --token-params b=2").unwrap();
        let Command::TokenGet(get) = words.command else { panic!() };
        let flags: Vec<(&str, &str)> = get.chosen.flags.iter().map(|(key, text)| (key.name, text.as_str())).collect();
        assert_eq!(flags, [("client_id", "c"), ("resource", "https://a https://b"), ("token_params", "a=1&b=2")]);
    }

    #[test]
    fn token_get_alone_says_what_the_whole_grammar_says() {
        let lines = [
            "p -f json --min-ttl=5m --force --json -vv --ca-file=x",
            "",
            "--scope a --resource x --resource y",
            "p --client-secret-env S",
            "p --client-secret-command a b ; p",
        ];
        for line in lines {
            let rest: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            token_get_alone(&rest).debug_assert();
            let alone = token_get_of(&rest).map(|words| format!("{words:?}"));
            let argv = ["oat", "token", "get"].map(OsString::from).into_iter().chain(rest);
            let whole = grammar().try_get_matches_from(argv).ok().map(|m| command(&m).map(|command| Words { common: common(&m), command }));
            assert_eq!(alone, whole.map(|words| format!("{words:?}")), "{line}");
        }
        let words = read("oat token get p --client-secret-env S").unwrap();
        assert!(format!("{words:?}").contains("Env(\"S\")"), "{words:?}");
        for line in ["-h", "--help", "--scop x", "a b", "--min-ttl soon"] {
            let rest: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(token_get_of(&rest).is_none(), "{line}");
        }
        assert!(read("oat token get --scop x").unwrap_err().hint.clone().unwrap().contains("--scope"));
    }

    #[test]
    fn exec_alone_says_what_the_whole_grammar_says_and_leaves_the_command_as_it_is() {
        let lines = [
            "p -- ls",
            "-- ls -v --json -- --env X",
            "p --env A=one --env B --file-env C -v --min-ttl=5m --login --require-scope --scope a -- sh -c x",
            "p --client-secret-command a -- b ; --env T -- ls",
        ];
        for line in lines {
            let mut rest: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            #[cfg(unix)]
            rest.push(std::os::unix::ffi::OsStringExt::from_vec(vec![0xff, b'=', 0x80]));
            exec_alone(&rest).debug_assert();
            let alone = exec_of(&rest).map(|words| format!("{words:?}"));
            let argv = ["oat", "exec"].map(OsString::from).into_iter().chain(rest.iter().cloned());
            let whole =
                grammar().try_get_matches_from(argv.clone()).map(|m| command(&m).map(|command| Words { common: common(&m), command }));
            let whole = format!("{:?}", whole.unwrap());
            assert!(alone.is_none_or(|alone| alone == whole), "{line}: {whole}");
            let Command::Exec(exec) = parse(argv.collect()).unwrap().command else { panic!() };
            assert!(rest.ends_with(&exec.command) && rest[rest.len() - exec.command.len() - 1] == "--", "{exec:?}");
        }
        for line in ["-h", "--envy x -- ls", "a b -- ls"] {
            let rest: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(exec_of(&rest).is_none(), "{line}");
        }
        for line in ["oat exec", "oat exec p --", "oat exec p ls", "oat -v exec p ls -l", "oat exec p --client-secret-command a -- ls"] {
            let error = read(line).unwrap_err();
            assert!(error.kind == Kind::Usage && error.message.contains("`--`"), "{line}: {error:?}");
        }
        assert!(read("oat exec --scop x -- ls").unwrap_err().hint.clone().unwrap().contains("--scope"));
    }

    #[test]
    fn the_name_of_the_program_says_the_dialect() {
        for (line, dialect, rest) in [
            ("oat credential git p get", "git", vec!["p", "get"]),
            ("git-credential-oat get", "git", vec!["get"]),
            ("/usr/local/bin/docker-credential-oat list", "docker", vec!["list"]),
            ("docker-credential-oat.exe list", "docker", vec!["list"]),
            ("terraform-credentials-oat p get app.terraform.io", "terraform", vec!["p", "get", "app.terraform.io"]),
            ("kubectl-oat p", "kubectl", vec!["p"]),
            ("bazel-credential-oat get", "bazel", vec!["get"]),
            ("go-credential-oat https://a.example/x", "go", vec!["https://a.example/x"]),
            ("cargo-credential-oat --cargo-plugin", "cargo", vec![]),
            ("oat --cargo-plugin", "cargo", vec![]),
            ("/x/oat --cargo-plugin", "cargo", vec![]),
        ] {
            let Command::Credential(words) = read(line).unwrap().command else { panic!("{line}") };
            assert_eq!((words.dialect.as_str(), words.words), (dialect, rest.into_iter().map(String::from).collect()), "{line}");
        }
        let names: Vec<&str> = DIALECTS.iter().map(|(name, _)| *name).chain(["setup"]).collect();
        assert_eq!(names, crate::cli::words::CREDENTIAL_WORDS);
        assert!(matches!(read("oat token get p").unwrap().command, Command::TokenGet(_)));
        assert!(read("oat credential svn get").unwrap_err().message.contains("svn"));
        let Command::Print(text) = read("git-credential-oat --help").unwrap().command else { panic!() };
        assert!(text.contains("oat credential"), "{text}");
    }

    #[test]
    fn what_holds_for_every_command_can_be_said_again() {
        let line = "oat --config c --store file --trace t --json -vv status";
        let common = read(line).unwrap().common;
        let again: Vec<OsString> = ["oat", "status"].map(OsString::from).into_iter().chain(common.line()).collect();
        assert_eq!(format!("{:?}", parse(again).unwrap().common), format!("{common:?}"));
    }

    #[test]
    fn r72_a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for line in
            ["oat token get --client-secret CANARY", "oat token get --client-secret=CANARY", "oat profile add x --client-secret CANARY"]
        {
            let error = read(line).unwrap_err();
            assert_eq!(error.kind, Kind::Usage);
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn a_wrong_word_gets_one_line_and_a_hint() {
        let error = read("oat tokn get").unwrap_err();
        assert_eq!((error.kind, error.message.lines().count()), (Kind::Usage, 1));
        assert!(error.hint.clone().unwrap().contains("token"));
        let error = read("oat token get --min-ttl soon").unwrap_err();
        assert!(error.message.contains("length of time"), "{}", error.message);
        for line in
            ["oat profile set-secret zero CANARY", "oat profile set-secret zero --client-secret=CANARY", "oat token get p --formt=CANARY"]
        {
            let error = read(line).unwrap_err();
            assert!(error.kind == Kind::Usage && !format!("{error:?}").contains("CANARY"), "{error:?}");
        }
        assert_eq!(read("oat").unwrap_err().kind, Kind::Usage);
        let Command::Print(text) = read("oat help token get").unwrap().command else { panic!() };
        assert!(text.contains("--min-ttl"));
    }
}
