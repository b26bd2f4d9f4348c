//! `oat credential`: other programs ask for a token in their own words, and get it in them.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::cli::words::{Chosen, Credential as Words};
use crate::commands::credential_id_token::id_token;
use crate::commands::credential_setup;
use crate::commands::house::House;
use crate::commands::login;
use crate::commands::token::hand_out;
use crate::config::Config;
use crate::dialect::{Credential, LONGEST, Request, bazel, cargo, docker, git, go, kubectl, terraform, username};
use crate::error::{Error, Kind, Result};
use crate::hosts::Host;
use crate::output;
use crate::plan::Plan;
use crate::plan::choice::choose;
use crate::plan::host::{allowed, lists, profile_of};
use crate::secret::WireSecret;
use crate::session::decision::{Wish, fresh_until};
use crate::session::forget::forget;
use crate::text::escape;

/// Answers, and gives the exit code.
pub fn speak(house: &House, words: &Words) -> Result<u8> {
    let said: Vec<&str> = words.words.iter().map(String::as_str).collect();
    match words.dialect.as_str() {
        "setup" => credential_setup::print(house, &said).map(|()| 0),
        "kubectl" => to_kubectl(house, words, &said).map(|()| 0),
        "cargo" => to_cargo(house, &said).map(|()| 0),
        dialect => answer(house, dialect, &said),
    }
}

/// One question on standard input or in the words, one answer.
fn answer(house: &House, dialect: &str, words: &[&str]) -> Result<u8> {
    let Some((profile, verb, argument)) = parts(dialect, words) else {
        return Err(Error::new(Kind::Usage, format!("`oat credential {dialect}` is asked for nothing that it knows"))
            .hint(format!("oat credential setup {dialect} PROFILE")));
    };
    let said = match (dialect, verb) {
        ("git", "get" | "erase" | "store") => house.terminal.heard(LONGEST, &|line| line == b"\n")?,
        ("docker", "get" | "erase" | "store") | ("bazel", "get") => house.terminal.heard(LONGEST, &|_| false)?,
        _ => Zeroizing::default(),
    };
    let request = match dialect {
        "git" => git::read(verb, &said)?,
        "docker" => docker::read(verb, &said)?,
        "bazel" => bazel::read(verb, &said)?,
        "terraform" => terraform::read(verb, argument)?,
        _ => go::read(Some(argument).filter(|url| !url.is_empty())),
    };
    match request {
        Request::Fixed("") => Ok(0),
        Request::Fixed(text) => output::print(text).map(|()| 0),
        Request::Erase(host, token) => {
            if let Some((plan, config)) = host.as_ref().map(|host| mine(house, profile, host)).transpose()?.flatten() {
                forget(&plan, &token, &house.store(&config)?, plan.timeout + Duration::from_secs(2))?;
            }
            Ok(0)
        }
        Request::Token(host, form) => {
            let Some(host) = host else { return nothing(dialect) };
            let Some((plan, config)) = mine(house, profile, &host)? else { return nothing(dialect) };
            let answer = granted(house, &plan, &config, Some(&host), &|credential| match dialect {
                "git" => git::answer(form, credential),
                "docker" => Ok(docker::answer(&said, credential)),
                "bazel" => Ok(bazel::answer(credential)),
                "terraform" => Ok(terraform::answer(credential)),
                _ => Ok(go::answer(&host, credential)),
            })?;
            output::print(answer.expose()).map(|()| 0)
        }
    }
}

/// The profile, the verb and the argument among the words.
fn parts<'a>(dialect: &str, words: &[&'a str]) -> Option<(Option<&'a str>, &'a str, &'a str)> {
    let is_url = |word: &str| word.contains("://");
    Some(match (dialect, words) {
        ("terraform", [verb, host]) => (None, verb, host),
        ("terraform", [profile, verb, host]) => (Some(*profile), verb, host),
        ("go", []) => (None, "", ""),
        ("go", [url]) if is_url(url) => (None, "", url),
        ("go", [profile]) => (Some(*profile), "", ""),
        ("go", [profile, url]) if is_url(url) => (Some(*profile), "", url),
        ("git" | "docker" | "bazel", [verb]) => (None, verb, ""),
        ("git" | "docker" | "bazel", [profile, verb]) => (Some(*profile), verb, ""),
        _ => return None,
    })
}

/// The server is nobody's: each program has its own word for that, and asks somebody else.
fn nothing(dialect: &str) -> Result<u8> {
    match dialect {
        "docker" => output::print(docker::NOTHING).map(|()| 1),
        "bazel" | "terraform" => output::print("{}").map(|()| 0),
        _ => Ok(0),
    }
}

/// The profile whose token this host gets: the one that is named, if it lists the host, else the one that lists it the most exactly. Not
/// over plain http off this machine.
fn mine(house: &House, named: Option<&str>, host: &Host) -> Result<Option<(Plan, Config)>> {
    if !host.guarded() {
        house.terminal.trace(1, &format!("`{}` is asked for over plain http, so it gets no token", host.authority));
        return Ok(None);
    }
    let profile = match named.map(str::to_string).or_else(|| house.environment.get("OAT_PROFILE")) {
        Some(name) => Some(name),
        // They are then those of whatever profile is meant.
        None if house.environment.get("OAT_HOSTS").is_some() => {
            Some(choose(&Chosen::default(), &house.config()?, &house.environment)?.to_string())
        }
        None => profile_of(host, &house.config()?, &house.environment)?,
    };
    let Some(profile) = profile else {
        house.terminal.trace(1, &format!("no profile lists `{}` in `hosts`", host.authority));
        return Ok(None);
    };
    let (plan, config) = house.plan(&Chosen { profile: Some(profile), ..Chosen::default() })?;
    if lists(&plan, host) {
        return Ok(Some((plan, config)));
    }
    if named.is_some() && plan.settings.list("hosts").is_empty() {
        let (profile, host) = (&plan.profile, &host.authority);
        house
            .terminal
            .warn(&format!("profile `{profile}` has no `hosts`, so its token goes to no host: oat profile edit {profile} --hosts {host}"));
    }
    house.terminal.trace(1, &format!("profile `{}` does not list `{}` in `hosts`", plan.profile, host.authority));
    Ok(None)
}

/// A token by the session's policy, in the words of whoever asked.
fn granted(
    house: &House,
    plan: &Plan,
    config: &Config,
    host: Option<&Host>,
    said: &dyn Fn(&Credential) -> Result<WireSecret>,
) -> Result<WireSecret> {
    let (handed, _) = hand_out(house, plan, config, &Wish::default())?;
    let token = &handed.token;
    let own = plan.settings.text("username").filter(|name| !name.is_empty());
    said(&Credential {
        token: token.access_token.expose(),
        username: own.as_deref().or(host.map(username)).unwrap_or_default(),
        expires_at: token.expires_at,
        renew_at: token.expires_at.map(|end| fresh_until(token.received_at, end, plan.leeway)),
    })
}

fn to_kubectl(house: &House, words: &Words, said: &[&str]) -> Result<()> {
    let named = match said {
        [] => house.environment.get("OAT_PROFILE"),
        [profile] => Some(profile.to_string()),
        _ => return Err(Error::new(Kind::Usage, "kubectl gets one token").hint("oat credential kubectl PROFILE")),
    };
    let info = kubectl::read(house.environment.get("KUBERNETES_EXEC_INFO").as_deref())?;
    let (plan, config) = of_cluster(house, named, info.server.as_deref())?;
    let answer = || match words.id_token {
        false => granted(house, &plan, &config, None, &|credential| Ok(info.answer(credential))),
        true => {
            let (token, end) = id_token(house, &plan, &config)?;
            house.mask(token.expose())?;
            Ok(info.answer(&Credential { token: token.expose(), username: "", expires_at: Some(end), renew_at: Some(end) }))
        }
    };
    let answer = match answer() {
        Err(error) if error.kind == Kind::LoginRequired && info.interactive != Some(false) => {
            login::in_between(house, &plan, &config, words.login, error)?;
            answer()?
        }
        answer => answer?,
    };
    output::print(answer.expose())
}

/// The profile for a cluster. The person's own kubeconfig names it, and that is their word for it; but where kubectl names the server
/// too and the profile has `hosts`, the server has to be among them: a kubeconfig that came from elsewhere sends no token there.
fn of_cluster(house: &House, named: Option<String>, server: Option<&str>) -> Result<(Plan, Config)> {
    let shown = escape(server.unwrap_or_default());
    // What has no scheme is plain http to kubectl, unless the cluster has a CA.
    let host = server.filter(|server| server.contains("://")).and_then(Host::parse);
    if server.is_some() && !host.as_ref().is_some_and(Host::guarded) {
        return Err(Error::new(Kind::Config, format!("kubectl wants a token for `{shown}`, which is no https server"))
            .hint("`server` of the cluster in the kubeconfig is https://…"));
    }
    let (plan, config) = match (&named, &host) {
        (None, Some(host)) => mine(house, None, host)?.ok_or_else(|| {
            Error::new(Kind::Config, format!("no profile lists `{}`, which kubectl wants a token for", host.authority))
                .hint("name the profile: oat credential kubectl PROFILE; or add the host to its `hosts`")
        })?,
        _ => house.plan(&Chosen { profile: named, ..Chosen::default() })?,
    };
    if let Some(host) = &host {
        allowed(&plan, Some(host), &host.authority)?;
    }
    Ok((plan, config))
}

/// Cargo asks line by line until it has what it wants. What goes wrong is told in an answer, which cargo shows.
fn to_cargo(house: &House, said: &[&str]) -> Result<()> {
    output::print(cargo::HELLO)?;
    loop {
        let line = house.terminal.heard(LONGEST, &|_| true)?;
        if line.is_empty() {
            return Ok(());
        }
        let answer = cargo_answer(house, said.first().copied(), &line).unwrap_or_else(|error| WireSecret::new(cargo::failure(&error)));
        output::print(answer.expose())?;
    }
}

fn cargo_answer(house: &House, typed: Option<&str>, line: &[u8]) -> Result<WireSecret> {
    let (host, named) = match cargo::read(line)? {
        cargo::Question::Get(host, named) => (host, named),
        cargo::Question::Other => return Ok(WireSecret::new(cargo::refusal("operation-not-supported"))),
    };
    match host.map(|host| mine(house, named.as_deref().or(typed), &host)).transpose()?.flatten() {
        Some((plan, config)) => granted(house, &plan, &config, None, &|credential| Ok(cargo::answer(credential))),
        None => Ok(WireSecret::new(cargo::refusal("url-not-supported"))),
    }
}
