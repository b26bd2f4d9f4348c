//! What a parsed line means: matches become words.

use std::ffi::OsString;

use clap::{ArgMatches, Id};
use serde_json::Value as Json;

use crate::cli::grammar;
use crate::cli::refusal::{no_command_here, no_secret_here, no_token_here};
use crate::cli::words::{
    Chosen, Command, Common, Credential, Exec, Inspect, Jwks, Login, Logout, ProfileCommand, Refresh, SANDBOX_PORT, SandboxWords, TokenGet,
    TokenSubject,
};
use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, KeyKind};
use crate::secret::SecretReference;
use crate::time::Seconds;

/// The command that was typed. Fails with `Usage`.
pub fn command(matches: &ArgMatches) -> Result<Command> {
    Ok(match path(matches) {
        (["token", "get"], m) => Command::TokenGet(token_get(m)?),
        (["exec", _], m) => Command::Exec(exec(m)?),
        (["token", "subject"], m) => Command::TokenSubject(TokenSubject {
            chosen: of_the_network(m)?,
            source: text(m, "source"),
            audience: text(m, "audience"),
            out: m.get_one("out").cloned(),
        }),
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
        (["inspect", _], m) => Command::Inspect(inspect(m)?),
        (["credential", _], m) => Command::Credential(credential(m)),
        (["jwks", _], m) => Command::Jwks(Jwks { chosen: chosen(m)?, server: text(m, "server") }),
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
        to: texts(m, "to"),
        explain: switched_on(m, "explain"),
    })
}

/// What `oat exec` was told. Fails with `Usage`.
pub fn exec(m: &ArgMatches) -> Result<Exec> {
    let command: Vec<OsString> = m.try_get_many("command").ok().flatten().unwrap_or_default().cloned().collect();
    if command.is_empty() {
        return Err(no_command_here());
    }
    Ok(Exec {
        chosen: chosen(m)?,
        env: texts(m, "env"),
        file_env: texts(m, "file_env"),
        min_ttl: value(m, "min_ttl"),
        require_scope: switched_on(m, "require_scope"),
        login: switched_on(m, "login"),
        command,
    })
}

/// What `oat credential` was told.
pub fn credential(m: &ArgMatches) -> Credential {
    Credential {
        dialect: text(m, "dialect").unwrap_or_default(),
        words: texts(m, "words"),
        id_token: switched_on(m, "id_token"),
        login: switched_on(m, "login"),
    }
}

/// What `oat inspect` was told. Fails with `Usage`.
pub fn inspect(m: &ArgMatches) -> Result<Inspect> {
    if text(m, "token").is_some() {
        return Err(no_token_here());
    }
    let words = Inspect {
        chosen: of_the_network(m)?,
        sources: texts(m, "source"),
        id_token: switched_on(m, "id_token"),
        refresh_token: switched_on(m, "refresh_token"),
        profile: text(m, "profile"),
        issuer: text(m, "issuer"),
        offline: switched_on(m, "offline"),
        jwks: text(m, "jwks"),
        key: value(m, "key"),
        secret_from: text(m, "secret_from"),
        signature_only: switched_on(m, "signature_only"),
        audience: texts(m, "audience"),
        require_scope: texts(m, "require_scope").iter().flat_map(|text| text.split_whitespace()).map(str::to_string).collect(),
        introspect: switched_on(m, "introspect"),
        userinfo: switched_on(m, "userinfo"),
        for_url: text(m, "for"),
        send: switched_on(m, "send"),
        claim: text(m, "claim"),
        header: switched_on(m, "header"),
    };
    match at_odds(&words) {
        Some((one, other)) => Err(Error::new(Kind::Usage, format!("{one} does not go with {other}")).hint("leave one of them out")),
        None if words.send && words.for_url.is_none() => {
            Err(Error::new(Kind::Usage, "`--send` needs to be told where to").hint("oat inspect --for URL --send"))
        }
        None => Ok(words),
    }
}

/// Of the keys that are given as flags, those of the network: `--audience` and `--issuer` of `oat inspect` are checks, and
/// no wish for another token.
fn of_the_network(m: &ArgMatches) -> Result<Chosen> {
    let mut chosen = Chosen { profile: None, ..chosen(m)? };
    chosen.flags.retain(|(key, _)| grammar::of_the_network(key.name));
    Ok(chosen)
}

/// Two words of `oat inspect` that contradict each other.
fn at_odds(words: &Inspect) -> Option<(&'static str, &'static str)> {
    let url = words.jwks.as_ref().is_some_and(|jwks| jwks.contains("://"));
    let piped = words.sources.iter().filter(|source| *source == "-").count();
    let signature = words.local_keys() || words.issuer.is_some() || words.signature_only;
    [
        (words.id_token && words.refresh_token, "`--id-token`", "`--refresh-token`"),
        (words.offline && words.introspect, "`--offline`", "`--introspect`"),
        (words.offline && words.userinfo, "`--offline`", "`--userinfo`"),
        (words.offline && words.for_url.is_some(), "`--offline`", "`--for`"),
        (words.offline && url, "`--offline`", "a URL for `--jwks`"),
        (words.key.is_some() && words.jwks.is_some(), "`--key`", "`--jwks`"),
        (words.secret_from.is_some() && words.jwks.is_some(), "`--secret-from`", "`--jwks`"),
        (words.secret_from.is_some() && words.key.is_some(), "`--secret-from`", "`--key`"),
        (words.secret_from.as_deref() == Some("stdin") && piped > 0, "`--secret-from stdin`", "a token on standard input"),
        (piped > 1, "`-`", "another `-`"),
        (words.claim.is_some() && words.header, "`--claim`", "`--header`"),
        (words.sources.len() > 1 && (words.claim.is_some() || words.header), "a comparison", "`--claim` or `--header`"),
        (words.refresh_token && words.send, "`--refresh-token`", "`--send`"),
        // It is asked with an access token, and of a profile there is one.
        (words.id_token && words.userinfo && piped > 0, "`--userinfo`", "an ID token on standard input"),
        // What is not looked at must not seem to hold.
        (words.refresh_token && (words.asks_of_claims() || signature), "`--refresh-token`", "a check: only its server can read it"),
        (words.signature_only && words.asks_of_claims(), "`--signature-only`", "a check of anything else"),
    ]
    .into_iter()
    .find_map(|(both, one, other)| both.then_some((one, other)))
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

fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    matches.try_get_many::<String>(id).ok().flatten().unwrap_or_default().cloned().collect()
}

fn switched_on(matches: &ArgMatches, id: &str) -> bool {
    value(matches, id).unwrap_or_default()
}

fn chosen(matches: &ArgMatches) -> Result<Chosen> {
    let given = |key: &&Key| matches!(matches.try_contains_id(key.name), Ok(true));
    let mut flags = Vec::new();
    for key in KEYS.iter().filter(given) {
        let words: Vec<&str> = matches.get_many::<String>(key.name).unwrap_or_default().map(String::as_str).collect();
        let words = match key.kind {
            KeyKind::Parameters => words.join("&"),
            // There may be a space in each.
            KeyKind::Texts if words.len() > 1 => Json::from(words).to_string(),
            _ => words.join(" "),
        };
        flags.push((key, words));
    }
    Ok(Chosen { profile: text(matches, "profile"), flags, secrets: secrets(matches)? })
}

/// Where the client's secret, key and certificate come from, each from one source, and standard input once.
fn secrets(matches: &ArgMatches) -> Result<Vec<(&'static Key, SecretReference)>> {
    let mut found: Vec<(&'static Key, SecretReference)> = Vec::new();
    for id in matches.ids().map(Id::as_str) {
        let of = |key: &&'static Key| key.kind == KeyKind::Secret && id.starts_with(key.name);
        let Some(key) = KEYS.iter().find(of) else { continue };
        let reference = match &id[key.name.len()..] {
            "" => return Err(no_secret_here()),
            "_env" => text(matches, id).map(SecretReference::Env),
            "_file" => text(matches, id).map(|path| SecretReference::File(path.into())),
            "_credential" => text(matches, id).map(SecretReference::Credential),
            "_command" => Some(SecretReference::Command(texts(matches, id))),
            "_stdin" => switched_on(matches, id).then_some(SecretReference::Stdin),
            "_keyring" => switched_on(matches, id).then_some(SecretReference::Keyring),
            _ => None,
        };
        let Some(reference) = reference else { continue };
        if found.iter().any(|(other, _)| other.name == key.name) {
            let called = key.name.replace('_', " ");
            return Err(Error::new(Kind::Usage, format!("more than one source is given for the {called}"))
                .hint(format!("keep one `--{}-…` flag", key.flag())));
        }
        found.push((key, reference));
    }
    Ok(found)
}
