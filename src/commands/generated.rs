//! The committed files that are made from the grammar: how a test makes them anew and compares.

use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command as Clap, ValueHint};

use crate::cli::grammar::grammar;
use crate::environment::Environment;
use crate::keys::{Key, KeyKind};
use crate::provider;

/// Compares a committed file with what it should be; with `OAT_WRITE=1`, writes it.
pub fn generated(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == text {
        return;
    }
    assert!(Environment::process().get("OAT_WRITE").is_some(), "`{path}` is not what the grammar makes: run OAT_WRITE=1 cargo test");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// The grammar with every deferred part in its place, and with all that a reader or a shell may want to know: the
/// parser itself does without, because every command would pay for it.
pub fn undeferred() -> Clap {
    let mut grammar = grammar();
    grammar.build();
    let mut spelled_out = spelled_out(&grammar);
    spelled_out.build();
    spelled_out
}

/// The command without its hidden words, which clap's generators would show.
fn spelled_out(command: &Clap) -> Clap {
    let shown = Clap::new(command.get_name().to_string())
        // The version is wanted by --version, and stands in no file.
        .version("0")
        .about(command.get_about().cloned().unwrap_or_default())
        .after_help(command.get_after_help().cloned().unwrap_or_default())
        .subcommand_required(command.is_subcommand_required_set())
        // Where there is one, it is among the arguments by now.
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true);
    let arguments = command.get_arguments().filter(|arg| !arg.is_hide_set()).cloned();
    shown
        .args(arguments.map(|arg| with_hint(with_words(arg.hide_short_help(false)))))
        .subcommands(command.get_subcommands().map(spelled_out))
}

/// The words that an option takes, where there is a list of them.
fn with_words(arg: Arg) -> Arg {
    match Key::named(arg.get_id().as_str()).map(|key| (key.name, key.kind)) {
        Some((_, KeyKind::Choice(words))) => arg.value_parser(PossibleValuesParser::new(words)),
        Some((_, KeyKind::Flag)) => arg.value_parser(PossibleValuesParser::new(["true", "false"])),
        Some(("provider", _)) => arg.value_parser(PossibleValuesParser::new(provider::names())),
        _ => arg,
    }
}

/// Files are completed where a file is meant, and nowhere else.
fn with_hint(arg: Arg) -> Arg {
    if !arg.get_action().takes_values() || !arg.get_possible_values().is_empty() {
        return arg;
    }
    let key = Key::named(arg.get_id().as_str()).map(|key| key.kind);
    let hint = match arg.get_id().as_str() {
        "config" | "client-secret-file" => ValueHint::FilePath,
        "client-secret-command" => ValueHint::CommandName,
        _ if key == Some(KeyKind::Path) => ValueHint::FilePath,
        _ => ValueHint::Other,
    };
    arg.value_hint(hint)
}
