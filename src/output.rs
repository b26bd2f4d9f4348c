//! The table of formats: a token becomes bytes for stdout.

use std::io::{ErrorKind, IsTerminal, Write};

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::secret::WireSecret;
use crate::store::record::CachedToken;
use crate::text::json_line;
use crate::time::UnixTime;

/// What a format may use.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The token.
    pub token: &'a CachedToken,
    /// The profile's name.
    pub profile: &'a str,
    /// The issuer, or the token endpoint.
    pub issuer: &'a str,
    /// How it was got.
    pub source: &'a str,
    /// The time now.
    pub now: UnixTime,
    /// The variable's name, for `env` and `dotenv`.
    pub name: &'a str,
    /// The shell, for `env`.
    pub shell: &'a str,
}

/// The variable that `env` and `dotenv` set unless told otherwise.
pub const VARIABLE: &str = "OAT_ACCESS_TOKEN";

/// The token in a format, one line without its end. A token has bytes 0x21 to 0x7E only, which every format relies on.
/// Fails with `Usage` for a name or a token that the format cannot carry.
pub fn format(format: &str, facts: &Facts) -> Result<WireSecret> {
    let token = facts.token.access_token.expose();
    let text = match format {
        "raw" => token.to_string(),
        "bearer" => format!("Bearer {token}"),
        "header" => format!("Authorization: Bearer {token}"),
        "curl" => format!("header = \"Authorization: Bearer {}\"", backslashed(token)),
        "json" => json(facts),
        "env" => assignment(variable(facts.name)?, token, facts.shell)?,
        "dotenv" => dotenv(variable(facts.name)?, token)?,
        other => return Err(Error::new(Kind::Internal, format!("no format `{other}`"))),
    };
    Ok(WireSecret::new(text))
}

/// Writes the answer and one line end to stdout. A closed pipe is quiet; a full disk is a failure.
#[allow(clippy::disallowed_methods, reason = "this is the door to stdout")]
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Internal, "cannot write to stdout").hint("is the disk full, or the output closed?").because(error))
        }
        _ => Ok(()),
    }
}

/// Whether somebody looks at stdout.
#[allow(clippy::disallowed_methods, reason = "this is the door to stdout")]
pub fn on_screen() -> bool {
    std::io::stdout().is_terminal()
}

/// stdout where it is a socket to a process of ours.
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "this is the door to stdout")]
pub fn socket() -> std::io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::AsFd;
    std::io::stdout().as_fd().try_clone_to_owned()
}

fn json(facts: &Facts) -> String {
    let token = facts.token;
    let mut object = Map::new();
    // Where these are not known, they are left out: a server's own `expires_at` may be of any form.
    for (name, value) in token.extra.iter().filter(|(name, _)| !matches!(name.as_str(), "expires_at" | "expires_in" | "scope")) {
        object.insert(name.clone(), value.clone());
    }
    let mut put = |name: &str, value: Value| drop(object.insert(name.into(), value));
    put("access_token", token.access_token.expose().into());
    put("token_type", token.token_type.as_str().into());
    if let Some(end) = token.expires_at {
        put("expires_at", end.0.into());
        put("expires_in", (end - facts.now).0.max(0).into());
    }
    if let Some(scope) = &token.scope {
        put("scope", scope.as_str().into());
    }
    put("profile", facts.profile.into());
    put("issuer", facts.issuer.into());
    put("source", facts.source.into());
    // R66: what the server added is not to speak to whoever reads a log.
    json_line(&Value::Object(object))
}

/// Checks the name of a variable: letters, digits and `_`, not starting with a digit. Fails with `Usage`.
pub fn variable(name: &str) -> Result<&str> {
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if starts && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(name);
    }
    let told = match name {
        "" => "a variable needs a name".into(),
        _ => format!("`{}` is not the name of a variable", crate::text::escape(name)),
    };
    Err(Error::new(Kind::Usage, told).hint("use letters, digits and `_`, and do not start with a digit: --name API_TOKEN"))
}

fn assignment(name: &str, token: &str, shell: &str) -> Result<String> {
    Ok(match shell {
        "sh" => format!("export {name}='{}'", token.replace('\'', "'\\''")),
        // In fish, single quotes take \' and \\.
        "fish" => format!("set -gx {name} '{}'", token.replace('\\', "\\\\").replace('\'', "\\'")),
        "powershell" => format!("$env:{name} = '{}'", token.replace('\'', "''")),
        "cmd" => cmd(name, token)?,
        "nu" => format!("$env.{name} = {}", nu(token)),
        other => return Err(Error::new(Kind::Internal, format!("no shell `{other}`"))),
    })
}

/// `set "NAME=VALUE"`: inside the quotes only `"`, `%` and, with delayed expansion, `!` are special, and cmd has no way to
/// quote them that holds both at its prompt and in a batch file.
fn cmd(name: &str, token: &str) -> Result<String> {
    match token.chars().find(|c| matches!(c, '"' | '%' | '!')) {
        None => Ok(format!("set \"{name}={token}\"")),
        Some(c) => {
            Err(Error::new(Kind::Usage, format!("this token has a `{c}`, which cmd cannot take in safely")).hint("use --shell powershell"))
        }
    }
}

/// Nushell: a double-quoted string takes backslash escapes; a single-quoted one takes everything but `'`.
fn nu(token: &str) -> String {
    match token.contains('\'') {
        false => format!("'{token}'"),
        true => format!("\"{}\"", backslashed(token)),
    }
}

/// In single quotes, the dotenv dialects agree on all but `'`, `\` and `${`, which python-dotenv takes for its own; a token
/// with `'` goes into double quotes, where they agree on less.
fn dotenv(name: &str, token: &str) -> Result<String> {
    let (quote, special): (char, &[&str]) = if token.contains('\'') { ('"', &["\"", "$", "\\", "`"]) } else { ('\'', &["\\", "${"]) };
    match special.iter().find(|text| token.contains(**text)) {
        None => Ok(format!("{name}={quote}{token}{quote}")),
        Some(text) => {
            Err(Error::new(Kind::Usage, format!("this token has `{text}` in it, which the dotenv dialects do not take in alike"))
                .hint("use --format env, or `raw`"))
        }
    }
}

fn backslashed(token: &str) -> String {
    token.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
