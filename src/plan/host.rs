//! To whom a profile's token may be handed, and which profile lists a host.

use crate::config::Config;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::hosts::{Host, check, listed};
use crate::keys::Value;
use crate::plan::Plan;
use crate::plan::substitution::from_environment;

/// Whether the profile lists the host.
pub fn lists(plan: &Plan, host: &Host) -> bool {
    listed(&plan.settings.list("hosts"), host).is_some()
}

/// Fails with `Config` where the profile has `hosts` and this host is not among them. `None` is a host that cannot be.
pub fn allowed(plan: &Plan, host: Option<&Host>, shown: &str) -> Result<()> {
    if plan.settings.list("hosts").is_empty() || host.is_some_and(|host| lists(plan, host)) {
        return Ok(());
    }
    let profile = &plan.profile;
    Err(Error::new(Kind::Config, format!("`hosts` of profile `{profile}` does not list `{shown}`, so the token is not sent there"))
        .hint(format!("if it is yours, add it: hosts = [\"{shown}\", …]")))
}

/// The profile of the file that lists this host the most exactly. Fails with `Config` for an entry that is no host, and where two
/// profiles list it alike.
pub fn profile_of(host: &Host, config: &Config, environment: &Environment) -> Result<Option<String>> {
    // How exactly, who, and who else.
    let mut best: Option<(usize, &str, Option<&str>)> = None;
    for profile in &config.profiles {
        let Some(setting) = profile.settings.iter().find(|setting| setting.key.name == "hosts") else { continue };
        // Of a variable that is not set, the profile itself is told when it is used.
        let Ok(Value::List(entries)) = from_environment(&setting.value, environment) else { continue };
        if let Some(reason) = entries.iter().find_map(|entry| check(entry).err()) {
            let place = format!("config file `{}`, line {}", config.path.display(), setting.line);
            return Err(Error::new(Kind::Config, format!("{place}: `hosts`: {reason}")).hint("hosts = [\"api.example.com\"]"));
        }
        let Some(rank) = listed(&entries, host) else { continue };
        match best {
            Some((other, _, _)) if other > rank => {}
            Some((other, name, _)) if other == rank => best = Some((rank, name, Some(profile.name.as_str()))),
            _ => best = Some((rank, profile.name.as_str(), None)),
        }
    }
    match best {
        Some((_, one, Some(other))) => {
            let message = format!("profiles `{one}` and `{other}` list `{}` alike", host.authority);
            Err(Error::new(Kind::Config, message).hint("take it out of `hosts` of one of them, or set OAT_PROFILE"))
        }
        best => Ok(best.map(|(_, name, _)| name.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(config: &str, host: &str) -> Result<Option<String>> {
        let config = Config::parse(Path::new("/c"), config).unwrap();
        profile_of(&Host::parse(host).unwrap(), &config, &Environment::of(&[("H", "env.example")]))
    }

    const THREE: &str = "[profile.wide]\nhosts = [\"*.corp.example\", \"${H}\"]\n[profile.near]\nhosts = \"*.git.corp.example\"\n\
        [profile.one]\nhosts = [\"a.git.corp.example\", \"${UNSET}\"]\n[profile.port]\nhosts = [\"a.git.corp.example:8443\"]\n[profile.none]\n";

    #[test]
    fn the_most_exact_entry_decides_whose_token_it_is() {
        for (host, profile) in [
            ("b.corp.example", Some("wide")),
            ("git.corp.example", Some("wide")),
            ("b.git.corp.example", Some("near")),
            ("a.git.corp.example:8443", Some("port")),
            // A variable that is not set lists nothing, and keeps nobody else from being found.
            ("a.git.corp.example", Some("near")),
            ("env.example", Some("wide")),
            ("corp.example", None),
            ("evil.example", None),
        ] {
            assert_eq!(found(THREE, host).unwrap().as_deref(), profile, "{host}");
        }
    }

    #[test]
    fn two_that_list_it_alike_are_named() {
        let error = found("[profile.a]\nhosts = [\"x.example\"]\n[profile.b]\nhosts = [\"X.example.\"]", "x.example").unwrap_err();
        assert!(error.kind == Kind::Config && error.message.contains("`a` and `b`"), "{error:?}");
        // Alike but not the best: no matter.
        let more = "[profile.a]\nhosts = [\"*.example\"]\n[profile.b]\nhosts = [\"*.example\"]\n[profile.c]\nhosts = [\"x.example\"]";
        assert_eq!(found(more, "x.example").unwrap().as_deref(), Some("c"));
    }

    #[test]
    fn an_entry_that_is_no_host_is_told_with_its_line() {
        let error = found("[profile.a]\nhosts = [\"https://x.example\"]", "y.example").unwrap_err();
        assert!(error.message.contains("line 2") && error.message.contains("no host"), "{error:?}");
    }
}
