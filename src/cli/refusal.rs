//! What clap refuses, in our own voice.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::words::{Command, Common, Words};
use crate::error::{Error, Kind, Result};
use crate::text::escape;

/// Help and version are to be printed; the rest is a usage error in our own voice.
pub fn refused(error: &clap::Error) -> Result<Words> {
    let rendered = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Ok(Words { common: Common::default(), command: Command::Print(rendered.trim_end().to_string()) })
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            Err(Error::new(Kind::Usage, "a command is missing").hint("`oat --help` lists them; `oat token get sandbox` tries one out"))
        }
        ErrorKind::UnknownArgument => Err(unknown(error, &rendered)),
        ErrorKind::TooManyValues => Err(one_too_many()),
        _ => Err(usage(&rendered)),
    }
}

/// A word too many may be a secret that slipped in, so only flags are repeated, without their values.
fn unknown(error: &clap::Error, rendered: &str) -> Error {
    let word = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => word.split('=').next().unwrap_or_default(),
        _ => "",
    };
    if ["--client-secret", "--client-key", "--client-certificate"].iter().any(|flag| word.starts_with(flag)) {
        return no_secret_here();
    }
    if !word.starts_with('-') {
        return one_too_many();
    }
    let told = usage(rendered);
    // clap's tip to pass it "as a value" is true for no command here.
    let hint = told.hint.clone().filter(|hint| !hint.contains("as a value")).unwrap_or_else(|| "`oat --help` lists every command".into());
    Error::new(Kind::Usage, format!("unexpected argument `{}`", escape(word))).hint(hint)
}

fn one_too_many() -> Error {
    Error::new(Kind::Usage, "there is a word too many on the command line")
        .hint("`oat --help` says what each command takes; a secret is never one of the words")
}

/// R72: other users can read a command line.
pub fn no_secret_here() -> Error {
    Error::new(Kind::Usage, "a secret is never taken from the command line: other users can read it there").hint(
        "use `--client-secret-env NAME`, `--client-secret-file FILE`, `--client-secret-stdin` (`--client-key-…` for a key), or `oat profile set-secret`",
    )
}

/// What is to be run is not told from what is oat's own.
pub fn no_command_here() -> Error {
    Error::new(Kind::Usage, "there is no command to run: it stands behind `--`")
        .hint("oat exec PROFILE -- COMMAND ARGUMENTS; a `;` ends the words of a flag such as `--client-secret-command`")
}

fn usage(rendered: &str) -> Error {
    let mut paragraphs = rendered.split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let tips: Vec<&str> = paragraphs.filter(|p| !p.starts_with("For more")).collect();
    let tip = tips.iter().find_map(|p| p.strip_prefix("tip: ")).map(|tip| tip.lines().next().unwrap_or_default().trim());
    let usage =
        tips.iter().find_map(|p| p.strip_prefix("Usage: ")).map(|usage| format!("usage: {}", usage.lines().next().unwrap_or_default()));
    let hint = tip.map(str::to_string).or(usage).unwrap_or_else(|| "`oat --help` lists every command".into());
    Error::new(Kind::Usage, message.replace('\'', "`")).hint(hint.replace('\'', "`"))
}

/// R72: a token in argv.
pub fn no_token_here() -> Error {
    Error::new(Kind::Usage, "a token is never taken from the command line: other users can read it there")
        .hint("`oat inspect -` reads it from a pipe, or asks for it without showing it; that token is in your shell's history now")
}
