//! Which variable of a command gets the token of which profile: `--env` and `--file-env` of `oat exec`, understood.

use crate::cli::words::{Chosen, Exec};
use crate::commands::house::House;
use crate::commands::obeyed::{named_in, obeyed};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::output::{VARIABLE, variable};
use crate::plan::Plan;
use crate::secret::SecretReference;

/// One variable of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Whether it gets the path of a file with the token, and not the token.
    pub file: bool,
    /// Whose token; None is the profile that a command without a name takes.
    pub profile: Option<String>,
}

/// A profile that was asked for.
pub struct Planned {
    /// As in the targets.
    pub profile: Option<String>,
    /// How its token is got.
    pub plan: Plan,
    /// The profile file behind the plan.
    pub config: Config,
}

/// Variables that have a meaning to oat, or that a CI runner gives its files by.
const RESERVED: &str = "OAT_* GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY RUNNER_*";

/// The variables that were asked for, `OAT_ACCESS_TOKEN` where none was. Fails with `Usage`, before anything is asked of anyone.
pub fn targets(words: &Exec) -> Result<Vec<Target>> {
    let asked = words.env.iter().map(|text| (text, false)).chain(words.file_env.iter().map(|text| (text, true)));
    let mut targets: Vec<Target> = Vec::new();
    for (text, file) in asked {
        let target = target(text, file, words.chosen.profile.as_deref())?;
        if targets.iter().any(|other| other.name.eq_ignore_ascii_case(&target.name)) {
            return Err(wrong(format!("the variable `{}` is named twice", target.name)).hint("each token needs a variable of its own"));
        }
        targets.push(target);
    }
    if targets.is_empty() {
        targets.push(Target { name: VARIABLE.into(), file: false, profile: words.chosen.profile.clone() });
    }
    at_odds(&words.chosen, &targets).map_or(Ok(targets), Err)
}

/// The profiles, each once.
fn profiles(targets: &[Target]) -> Vec<Option<&str>> {
    let mut profiles = Vec::new();
    for target in targets {
        if !profiles.contains(&target.profile.as_deref()) {
            profiles.push(target.profile.as_deref());
        }
    }
    profiles
}

/// The plan of every profile, so that what is wrong in any of them is told before anyone is asked.
pub fn plans(house: &House, words: &Exec, targets: &[Target]) -> Result<Vec<Planned>> {
    let mut planned = Vec::new();
    for profile in profiles(targets) {
        let profile = profile.map(str::to_string);
        let (plan, config) = house.plan(&Chosen { profile: profile.clone(), ..words.chosen.clone() })?;
        let sources = [&plan.client_secret, &plan.client_key, &plan.client_certificate];
        if sources.into_iter().flatten().any(|reference| *reference == SecretReference::Stdin) {
            return Err(no_stdin());
        }
        planned.push(Planned { profile, plan, config });
    }
    Ok(planned)
}

fn target(text: &str, file: bool, profile: Option<&str>) -> Result<Target> {
    let (name, profile) = text.split_once('=').map_or((text, profile), |(name, profile)| (name, Some(profile)));
    let flag = if file { "--file-env TOKEN_FILE" } else { "--env API_TOKEN" };
    let name = variable(name).map_err(|error| error.hint(format!("use letters, digits and `_`, and do not start with a digit: {flag}")))?;
    if reserved(name) {
        return Err(wrong(format!("the variable `{name}` means something to other programs, so it gets no token")).hint(flag));
    }
    if profile == Some("") {
        return Err(wrong(format!("the variable `{name}` gets the token of no profile")).hint(format!("{flag}=PROFILE")));
    }
    Ok(Target { name: name.into(), file, profile: profile.map(str::to_string) })
}

fn reserved(name: &str) -> bool {
    obeyed(name) || named_in(RESERVED, name) && !name.to_ascii_uppercase().starts_with(VARIABLE)
}

/// What does not go together.
fn at_odds(chosen: &Chosen, targets: &[Target]) -> Option<Error> {
    if chosen.secrets.iter().any(|(_, reference)| *reference == SecretReference::Stdin) {
        return Some(no_stdin());
    }
    let several = profiles(targets);
    if chosen.profile.is_some() && !several.contains(&chosen.profile.as_deref()) {
        return Some(wrong("no variable gets the token of the profile that is named first").hint("`--env NAME` gives it one"));
    }
    if several.len() > 1 && (!chosen.flags.is_empty() || !chosen.secrets.is_empty()) {
        return Some(
            wrong("the flags of one profile do not go with several").hint("write them into the profiles: `oat profile edit NAME`"),
        );
    }
    None
}

/// Standard input is the command's.
fn no_stdin() -> Error {
    wrong("standard input belongs to the command, so no secret, key or certificate can come from it")
        .hint("name another source, such as `--client-secret-env NAME` or `--client-key-file FILE`, or seal it: `oat profile set-secret`")
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Key;

    fn words(profile: Option<&str>, env: &[&str], file_env: &[&str]) -> Exec {
        let list = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        let chosen = Chosen { profile: profile.map(str::to_string), ..Chosen::default() };
        Exec { chosen, env: list(env), file_env: list(file_env), ..Exec::default() }
    }

    fn read(profile: Option<&str>, env: &[&str], file_env: &[&str]) -> Vec<(String, bool, Option<String>)> {
        targets(&words(profile, env, file_env)).unwrap().into_iter().map(|target| (target.name, target.file, target.profile)).collect()
    }

    #[test]
    fn every_variable_knows_whose_token_it_gets_and_how() {
        let some = |profile: &str| Some(profile.to_string());
        assert_eq!(read(None, &[], &[]), [("OAT_ACCESS_TOKEN".into(), false, None)]);
        assert_eq!(read(Some("p"), &[], &[]), [("OAT_ACCESS_TOKEN".into(), false, some("p"))]);
        assert_eq!(
            read(Some("p"), &["A", "B=q"], &["C"]),
            [("A".into(), false, some("p")), ("B".into(), false, some("q")), ("C".into(), true, some("p"))]
        );
        let mixed = targets(&words(Some("p"), &["A", "B=q", "C=p"], &["D=q"])).unwrap();
        assert_eq!(profiles(&mixed), [Some("p"), Some("q")]);
        assert_eq!(read(None, &["OAT_ACCESS_TOKEN_TWO"], &["OAT_ACCESS_TOKEN_FILE"]).len(), 2);
    }

    #[test]
    fn r62_a_name_that_would_do_something_else_is_refused() {
        let names = ["", "1A", "A B", "A\nB", "A\u{1b}[31m", "Ä", "A-B", "=p", "A=", "A\0"];
        let reserved =
            ["PATH", "Path", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "NODE_OPTIONS", "OAT_STORE_KEY"];
        let more = ["OAT_CLIENT_SECRET", "OAT_PROFILE", "OAT_", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "https_proxy", "IFS", "GITHUB_ENV"];
        for name in names.iter().chain(&reserved).chain(&more) {
            for error in [targets(&words(None, &[name], &[])).unwrap_err(), targets(&words(None, &[], &[name])).unwrap_err()] {
                assert_eq!(error.kind, Kind::Usage, "{name}");
                assert!(crate::text::harmless(&error.message) && error.hint.is_some(), "{error:?}");
            }
        }
        for name in ["API_TOKEN", "GITHUB_TOKEN", "GIT_TOKEN", "NPM_TOKEN", "_", "a", "KUBE_TOKEN", "PATH_TOKEN", "LDAP_TOKEN"] {
            assert!(targets(&words(None, &[name], &[])).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_said() {
        for (profile, env, file_env) in [(None, &["A", "A=p"][..], &[][..]), (None, &["A"], &["a"]), (Some("p"), &["A=q"], &["B=r"])] {
            assert_eq!(targets(&words(profile, env, file_env)).unwrap_err().kind, Kind::Usage, "{profile:?} {env:?} {file_env:?}");
        }
        let mut flagged = words(None, &["A=p", "B=p"], &[]);
        flagged.chosen.flags.push((Key::named("scope").unwrap(), "read".into()));
        assert!(targets(&flagged).is_ok());
        flagged.env.push("C=q".into());
        assert!(targets(&flagged).unwrap_err().message.contains("several"));
        let mut piped = words(None, &[], &[]);
        piped.chosen.secrets.push((Key::named("client_key").unwrap(), SecretReference::Stdin));
        assert!(targets(&piped).unwrap_err().message.contains("standard input"));
    }
}
