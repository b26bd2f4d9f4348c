//! Which profile is meant.

use crate::cli::words::Chosen;
use crate::config::Config;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::Key;
use crate::name::ProfileName;
use crate::text::{escape, nearest};

/// The profile of a run that names none but brings its own server.
pub const UNNAMED: &str = "environment";
/// The built-in profile.
pub const SANDBOX: &str = "sandbox";

/// The profile: the argument, else `OAT_PROFILE`, else `default_profile`, else the only one.
pub fn choose(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<ProfileName> {
    choose_by(chosen, config, environment).map(|(name, _)| name)
}

/// The same, and by which of them, in words.
pub fn choose_by(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<(ProfileName, &'static str)> {
    if let Some(name) = &chosen.profile {
        return Ok((ProfileName::parse(name)?, "named on the command line"));
    }
    if let Some(name) = environment.get("OAT_PROFILE") {
        return Ok((ProfileName::parse(&name)?, "named by OAT_PROFILE"));
    }
    if let Some(name) = &config.default_profile {
        return match config.profile(name) {
            Some(profile) => Ok((profile.name.clone(), "the default_profile of the config file")),
            None => Err(unknown(name, config)),
        };
    }
    if let [only] = config.profiles.as_slice() {
        return Ok((only.name.clone(), "the only one in the config file"));
    }
    let brings_server = |key: &str| {
        chosen.flags.iter().any(|(k, _)| k.name == key) || Key::named(key).is_some_and(|k| environment.get(&k.variable()).is_some())
    };
    if ["provider", "issuer", "token_endpoint"].into_iter().any(brings_server) {
        return Ok((ProfileName::parse(UNNAMED)?, "none is named; flags and variables say it all"));
    }
    if config.profiles.is_empty() {
        let missing = if config.exists { "has no profile" } else { "does not exist" };
        return Err(Error::new(Kind::Config, format!("no profile is named, and config file `{}` {missing}", config.path.display()))
            .hint("write one with `oat profile add NAME --issuer URL`, or try `oat token get sandbox`"));
    }
    let names = config.profiles.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ");
    Err(Error::new(Kind::Config, format!("which profile? there are {names}"))
        .hint("name one, set OAT_PROFILE, or write `default_profile = \"NAME\"` at the top of the config file"))
}

/// There is no such profile; what may have been meant.
pub fn unknown(name: &str, config: &Config) -> Error {
    let names = config.profiles.iter().map(|p| p.name.as_str()).chain([SANDBOX]);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`oat profile list` names every profile; `oat profile add {} --issuer URL` writes it", escape(name)),
    };
    Error::new(Kind::Config, format!("no profile `{}` in config file `{}`", escape(name), config.path.display())).hint(hint)
}

/// A profile of the file. Fails with `Usage` for what is no name, `Config` for one that is not there.
pub fn existing(config: &Config, profile: &str) -> Result<ProfileName> {
    let name = ProfileName::parse(profile)?;
    match config.profile(name.as_str()) {
        Some(profile) => Ok(profile.name.clone()),
        None if name.as_str() == SANDBOX => {
            Err(Error::new(Kind::Config, "profile `sandbox` is built in and cannot be changed")
                .hint("`oat sandbox` prints a profile that can"))
        }
        None => Err(unknown(name.as_str(), config)),
    }
}
