//! `oat completions SHELL`: the committed completion file.

use crate::commands::packed::unpack;
use crate::error::{Error, Kind, Result};
use crate::output;

/// The committed files, by shell.
pub const FILES: [(&str, &str); 6] =
    [("bash", "oat.bash"), ("zsh", "_oat"), ("fish", "oat.fish"), ("powershell", "_oat.ps1"), ("elvish", "oat.elv"), ("nushell", "oat.nu")];

/// Prints the file for a shell.
pub fn print(shell: &str) -> Result<()> {
    match FILES.iter().find(|(name, _)| *name == shell) {
        Some((_, file)) => output::print(unpack(&format!("completions/{file}"))?.trim_end()),
        None => Err(Error::new(Kind::Usage, format!("no completions for `{}`", crate::text::escape(shell)))),
    }
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;
    use clap_complete_nushell::Nushell;

    use super::*;
    use crate::cli::words::COMPLETIONS;
    use crate::commands::generated::{generated, undeferred};

    #[test]
    fn the_committed_completions_are_those_of_the_grammar() {
        assert_eq!(FILES.map(|(shell, _)| shell), COMPLETIONS);
        for (shell, file) in FILES {
            let mut text = Vec::new();
            let mut grammar = undeferred();
            match shell {
                "nushell" => clap_complete::generate(Nushell, &mut grammar, "oat", &mut text),
                name => clap_complete::generate(name.parse::<Shell>().unwrap(), &mut grammar, "oat", &mut text),
            }
            generated(&format!("completions/{file}"), &String::from_utf8(text).unwrap());
        }
    }
}
