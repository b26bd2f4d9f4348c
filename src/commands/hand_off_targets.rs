//! `--to` of `oat token get`, understood: where a token goes, and in which formats.

use crate::cli::words::TokenGet;
use crate::commands::runner::{Scope, may_be_set};
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::text::{escape, nearest};

/// The kinds of targets, by the word before the `=`.
const KINDS: [(&str, Kept); 5] = [
    ("github-env", Kept::Variable(Scope::GitHubEnvironment, "GITHUB_ENV")),
    ("github-output", Kept::Variable(Scope::GitHubOutput, "GITHUB_OUTPUT")),
    ("ado-var", Kept::Variable(Scope::AzureVariable, "")),
    ("file", Kept::File),
    ("dotenv", Kept::Report),
];

/// How a target keeps a token.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// As a variable, in the file that this variable of the environment names; on stdout where it names none.
    Variable(Scope, &'static str),
    /// In a file of its own.
    File,
    /// In a line of a report that GitLab makes variables of.
    Report,
}

/// A target as it was typed; its words make sense.
#[derive(Debug)]
pub struct Target<'a> {
    /// How it keeps a token.
    pub kept: Kept,
    /// The name of the variable, or the path.
    pub rest: &'a str,
}

/// What `--to` says, checked as far as words can be. Fails with `Usage`.
pub fn targets(words: &TokenGet) -> Result<Vec<Target<'_>>> {
    let mut targets: Vec<Target> = Vec::new();
    for (index, word) in words.to.iter().enumerate() {
        let target = target(word)?;
        if words.to[..index].contains(word) {
            return Err(Error::new(Kind::Usage, format!("`--to {}` is given twice", escape(word))).hint("leave one of them out"));
        }
        suits(&target, &words.format)?;
        targets.push(target);
    }
    Ok(targets)
}

fn target(word: &str) -> Result<Target<'_>> {
    let (kind, rest) = word.split_once('=').unwrap_or((word, ""));
    let Some((_, kept)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let names = KINDS.map(|(name, _)| name);
        let hint = nearest(kind, names).map(|near| format!("did you mean `{near}`?"));
        return Err(Error::new(Kind::Usage, format!("`--to` knows no `{}`", escape(kind)))
            .hint(hint.unwrap_or_else(|| "--to github-env=NAME, github-output=NAME, ado-var=NAME, file=PATH or dotenv=PATH".into())));
    };
    match kept {
        Kept::Variable(scope, _) => {
            output::variable(rest).map_err(|error| error.hint(format!("letters, digits and `_`: --to {kind}=API_TOKEN")))?;
            if !may_be_set(*scope, rest) {
                return Err(Error::new(Kind::Usage, format!("a token in `{rest}` would change how later steps run, so it is not set"))
                    .hint(format!("take another name: --to {kind}=API_TOKEN")));
            }
        }
        Kept::File | Kept::Report if rest.is_empty() || rest.ends_with(['/', '\\']) || rest.contains('\0') => {
            return Err(Error::new(Kind::Usage, format!("`--to {kind}=` needs the path of a file")).hint(format!("--to {kind}=token.txt")));
        }
        Kept::File | Kept::Report => {}
    }
    Ok(Target { kept: *kept, rest })
}

/// A variable holds a token, or what stands behind `Authorization:`; only a file of its own holds any text.
fn suits(target: &Target, format: &str) -> Result<()> {
    let (fits, only) = match target.kept {
        Kept::File => (true, ""),
        Kept::Variable(..) => (matches!(format, "raw" | "bearer"), "raw or bearer"),
        Kept::Report => (format == "raw", "raw"),
    };
    if fits {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("a variable takes no `--format {format}`"))
        .hint(format!("with this target the format is {only}; any format goes into a file: --to file=PATH")))
}

/// Whether the options of `--format dotenv` mean something to one of these.
pub fn named(targets: &[Target]) -> bool {
    targets.iter().any(|target| matches!(target.kept, Kept::Report))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(to: &[&str], format: &str) -> Result<usize> {
        let words = TokenGet { to: to.iter().map(|word| word.to_string()).collect(), format: format.into(), ..TokenGet::default() };
        targets(&words).map(|targets| targets.len())
    }

    #[test]
    fn words_that_name_no_target_are_refused_with_what_was_meant() {
        assert_eq!(said(&["github-env=A", "github-output=A", "ado-var=A", "file=x=y", "dotenv=build.env"], "raw").unwrap(), 5);
        for word in [
            "",
            "github-env",
            "github-env=",
            "github-env=A-B",
            "github-env=1A",
            "github-env=A\nB=C",
            "github-env=A=B",
            "ado-var=a;b",
            "ado-var=a]b",
        ] {
            assert_eq!(said(&[word], "raw").unwrap_err().kind, Kind::Usage, "{word:?}");
        }
        for word in ["file=", "file=x/", "dotenv=", "file", "stdout=x", "file=a\0b"] {
            assert_eq!(said(&[word], "raw").unwrap_err().kind, Kind::Usage, "{word:?}");
        }
        assert_eq!(said(&["github-evn=A"], "raw").unwrap_err().hint.clone().unwrap(), "did you mean `github-env`?");
        assert!(said(&["file=a", "file=a"], "raw").unwrap_err().message.contains("twice"));
        assert!(said(&["github-env=LD_PRELOAD"], "raw").unwrap_err().message.contains("later steps"));
    }

    #[test]
    fn a_format_goes_only_where_it_means_something() {
        for format in ["raw", "bearer", "header", "json", "curl", "env", "dotenv"] {
            assert!(said(&["file=x"], format).is_ok(), "{format}");
            assert_eq!(said(&["github-env=A"], format).is_ok(), matches!(format, "raw" | "bearer"), "{format}");
            assert_eq!(said(&["ado-var=A"], format).is_ok(), matches!(format, "raw" | "bearer"), "{format}");
            assert_eq!(said(&["dotenv=x"], format).is_ok(), format == "raw", "{format}");
        }
    }
}
