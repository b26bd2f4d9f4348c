//! What a parsed line means: matches become words.

use clap::ArgMatches;

use crate::cli::refusal::no_secret_here;
use crate::cli::words::{Chosen, Command, Common, Login, Logout, ProfileCommand, Refresh, SANDBOX_PORT, SandboxWords, TokenGet};
use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, KeyKind};
use crate::secret::SecretReference;
use crate::time::Seconds;

/// The command that was typed. Fails with `Usage`.
pub fn command(matches: &ArgMatches) -> Result<Command> {
    Ok(match path(matches) {
        (["token", "get"], m) => Command::TokenGet(token_get(m)?),
        (["refresh", _], m) => {
            Command::Refresh(Refresh { chosen: chosen(m)?, print: m.get_flag("print"), require_store: m.get_flag("require_store") })
        }
        (["login", _], m) => Command::Login(Login {
            chosen: chosen(m)?,
            no_browser: m.get_flag("no_browser"),
            paste: m.get_flag("paste"),
            device: m.get_flag("device"),
            timeout: m.get_one("login_timeout").copied(),
            auto_approve: m.get_flag("auto_approve"),
        }),
        (["logout", _], m) => Command::Logout(Logout {
            chosen: chosen(m)?,
            all: m.get_flag("all"),
            local: m.get_flag("local"),
            browser: m.get_flag("browser"),
        }),
        (["status", _], _) => Command::Status,
        (["profile", "add"], m) => Command::Profile(ProfileCommand::Add(chosen(m)?)),
        (["profile", "list"], _) => Command::Profile(ProfileCommand::List),
        (["profile", "show"], m) => Command::Profile(ProfileCommand::Show(chosen(m)?)),
        (["profile", "edit"], m) => {
            let unset = m.get_many::<String>("unset").unwrap_or_default().cloned().collect();
            Command::Profile(ProfileCommand::Edit { chosen: chosen(m)?, unset })
        }
        (["profile", "remove"], m) => Command::Profile(ProfileCommand::Remove { profile: text(m, "profile").unwrap_or_default() }),
        (["profile", "set-secret"], m) => Command::Profile(ProfileCommand::SetSecret { profile: text(m, "profile").unwrap_or_default() }),
        (["sandbox", _], m) => Command::Sandbox(SandboxWords {
            port: m.get_one("port").copied().unwrap_or(SANDBOX_PORT),
            alg: text(m, "alg").unwrap_or_default(),
            lifetime: m.get_one("lifetime").copied().unwrap_or(Seconds(3600)),
            refresh_lifetime: m.get_one("refresh_lifetime").copied().unwrap_or(Seconds(30 * 86_400)),
            auto_approve: m.get_flag("auto_approve"),
            opaque: m.get_flag("opaque"),
            delay: m.get_one("delay").copied().unwrap_or(Seconds(0)),
        }),
        (["completions", _], m) => Command::Completions(text(m, "shell").unwrap_or_default()),
        (["man", _], m) => Command::Man(m.get_many::<String>("page").map(|words| words.cloned().collect::<Vec<_>>().join("-"))),
        (path, _) => return Err(Error::new(Kind::Internal, format!("no meaning for the command {path:?}"))),
    })
}

/// What `oat token get` was told. Fails with `Usage`.
pub fn token_get(m: &ArgMatches) -> Result<TokenGet> {
    Ok(TokenGet {
        chosen: chosen(m)?,
        format: text(m, "format").unwrap_or_else(|| "raw".into()),
        shell: text(m, "shell").unwrap_or_else(|| "sh".into()),
        name: text(m, "name"),
        min_ttl: value(m, "min_ttl"),
        force: switched_on(m, "force"),
        require_store: switched_on(m, "require_store"),
        require_scope: switched_on(m, "require_scope"),
        login: switched_on(m, "login"),
    })
}

/// What every command was told.
pub fn common(matches: &ArgMatches) -> Common {
    Common {
        config: value(matches, "config"),
        json: switched_on(matches, "json"),
        verbose: value(matches, "verbose").unwrap_or_default(),
        store: text(matches, "store"),
        trace: value(matches, "trace"),
    }
}

/// The one or two words of the command, and the matches below them.
fn path(matches: &ArgMatches) -> ([&str; 2], &ArgMatches) {
    match matches.subcommand() {
        None => (["", ""], matches),
        Some((first, below)) => match below.subcommand() {
            None => ([first, ""], below),
            Some((second, deepest)) => ([first, second], deepest),
        },
    }
}

/// The value of an argument; None also where the grammar of `token get` alone left it out.
fn value<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    matches.try_get_one::<T>(id).ok().flatten().cloned()
}

fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    value(matches, id)
}

fn switched_on(matches: &ArgMatches, id: &str) -> bool {
    value(matches, id).unwrap_or_default()
}

fn chosen(matches: &ArgMatches) -> Result<Chosen> {
    if text(matches, "client_secret").is_some() {
        return Err(no_secret_here());
    }
    let given = |key: &&Key| matches!(matches.try_contains_id(key.name), Ok(true));
    let mut flags = Vec::new();
    for key in KEYS.iter().filter(given) {
        let words: Vec<&str> = matches.get_many::<String>(key.name).unwrap_or_default().map(String::as_str).collect();
        flags.push((key, words.join(if key.kind == KeyKind::Parameters { "&" } else { " " })));
    }
    Ok(Chosen { profile: text(matches, "profile"), flags, client_secret: secret_reference(matches)? })
}

fn secret_reference(matches: &ArgMatches) -> Result<Option<SecretReference>> {
    let command = matches
        .try_get_many::<String>("client_secret_command")
        .ok()
        .flatten()
        .map(|words| SecretReference::Command(words.cloned().collect()));
    let sources: Vec<SecretReference> = [
        text(matches, "client_secret_env").map(SecretReference::Env),
        text(matches, "client_secret_file").map(|path| SecretReference::File(path.into())),
        text(matches, "client_secret_credential").map(SecretReference::Credential),
        command,
        switched_on(matches, "client_secret_stdin").then_some(SecretReference::Stdin),
        switched_on(matches, "client_secret_keyring").then_some(SecretReference::Keyring),
    ]
    .into_iter()
    .flatten()
    .collect();
    match sources.len() {
        0 | 1 => Ok(sources.into_iter().next()),
        _ => Err(Error::new(Kind::Usage, "more than one source is given for the client secret").hint("keep one `--client-secret-…` flag")),
    }
}
