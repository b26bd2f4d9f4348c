//! Where the inspected token comes from: a profile, or standard input.

use crate::cli::words::{Chosen, Inspect, SANDBOX_PORT};
use crate::commands::house::House;
use crate::commands::token::hand_out;
use crate::config::{Config, Profile};
use crate::error::{Error, Kind, Result};
use crate::inspection::{Form, Report, TokenKind, input, words as in_words};
use crate::jose::compact::Jws;
use crate::keys::Value;
use crate::plan::Plan;
use crate::plan::choice::choose;
use crate::secret::{IdToken, RefreshToken, WireSecret};
use crate::session::decision::Wish;
use crate::session::server::identity;
use crate::session::subject::request;
use crate::store::record::{CachedToken, SignedIn};
use crate::text::escape;
use crate::world;

/// A token, and what is known of it before it is looked at closely.
pub struct Subject {
    /// What stands in the token itself.
    pub report: Report,
    /// The signed form, where it has one.
    pub jws: Option<Jws>,
    /// The token.
    pub token: WireSecret,
    /// The profile that it is of, or that its issuer is known by.
    pub plan: Option<Plan>,
    /// Whether that profile was named, and not found by the issuer.
    pub named: bool,
    /// The profile file.
    pub config: Config,
    /// Who signed in for it.
    pub signed_in: Option<String>,
    /// What nobody else's words may show: the token, and the secret that was sent.
    pub ours: Vec<WireSecret>,
}

/// The token that a word of the command line means; None is the profile that is meant anyway.
pub fn subject(house: &House, words: &Inspect, source: Option<&str>) -> Result<Subject> {
    match source {
        Some("-") => piped(house, words, None),
        None if !house.terminal.typed_at() => match choose(&words.chosen, &house.config()?, &house.environment) {
            // No profile can be meant, so what is piped in is.
            Err(error) => piped(house, words, Some(error)),
            Ok(_) => kept(house, words, None),
        },
        name => kept(house, words, name),
    }
}

/// R72: whether somebody put a token on the command line. A profile's name has at most 64 characters, and no space.
pub fn is_token(text: &str) -> bool {
    text.len() > 64 || text.starts_with("eyJ") || text.contains(char::is_whitespace) || (text.len() > 40 && text.matches('.').count() == 2)
}

/// Which token was asked for.
fn kind(words: &Inspect, otherwise: TokenKind) -> TokenKind {
    match (words.id_token, words.refresh_token) {
        (true, _) => TokenKind::Id,
        (_, true) => TokenKind::Refresh,
        _ => otherwise,
    }
}

/// The token on standard input; where there is nothing, `otherwise` is told if there is one.
fn piped(house: &House, words: &Inspect, otherwise: Option<Error>) -> Result<Subject> {
    let bytes = house.terminal.piped(input::LONGEST, "token")?;
    if let Some(error) = otherwise.filter(|_| bytes.trim_ascii().is_empty()) {
        return Err(error);
    }
    let kind = kind(words, TokenKind::Unknown);
    let token = input::token(&bytes, kind)?;
    let what = match kind {
        TokenKind::Unknown => "token from standard input".to_string(),
        kind => format!("{} from standard input", kind.called().trim_start_matches("the ")),
    };
    let now = world::now();
    if kind == TokenKind::Refresh {
        let mut report = Report::new(what, kind, form_of(&token), token.expose().len(), now);
        report.notes.push("a refresh token is for its server alone: nothing of it is shown, and nothing was asked".into());
        return Ok(Subject {
            report,
            jws: None,
            token,
            plan: None,
            named: false,
            config: Config::default(),
            signed_in: None,
            ours: Vec::new(),
        });
    }
    let (report, jws) = Report::of(what, kind, token.expose(), words.signature_only, now)?;
    let (plan, named, config) = match &words.profile {
        Some(name) => {
            let (plan, config) = house.plan(&Chosen { profile: Some(name.clone()), ..words.chosen.clone() })?;
            (Some(plan), true, config)
        }
        None if words.offline || (words.issuer.is_some() && words.for_url.is_none()) || words.local_keys() => {
            (None, false, Config::default())
        }
        None => {
            let issuer = report.claims.as_ref().and_then(|claims| claims.get("iss")).and_then(|issuer| issuer.as_str());
            let config = match issuer {
                // `--for` may name one of the others.
                Some(issuer) if words.for_url.is_none() => house.config_for_issuer(issuer)?,
                _ => house.config()?,
            };
            (issuer.and_then(|issuer| of_issuer(house, words, &config, issuer)), false, config)
        }
    };
    let ours = vec![token.clone()];
    Ok(Subject { report, jws, token, plan, named, config, signed_in: None, ours })
}

/// The first profile with this issuer, byte for byte: whom the profile file trusts is trusted. The built-in one is the last.
fn of_issuer(house: &House, words: &Inspect, config: &Config, issuer: &str) -> Option<Plan> {
    let plan = |name: Option<&str>| {
        let chosen = Chosen { profile: name.map(str::to_string), ..words.chosen.clone() };
        Plan::make(&chosen, config, &house.environment).ok().filter(|plan| plan.issuer.as_ref().is_some_and(|own| own.as_str() == issuer))
    };
    let overridden = house.environment.get("OAT_ISSUER").is_some();
    if overridden && let Some(plan) = plan(None) {
        // The variables may say it all, without a file.
        return Some(plan);
    }
    // What the file says as it stands need not become a plan to be another's.
    let may_be =
        |profile: &&Profile| match profile.settings.iter().find(|setting| setting.key.name == "issuer").map(|setting| &setting.value) {
            Some(Value::Text(text)) if !overridden && !text.contains("${") => text == issuer,
            Some(_) => true,
            None => overridden || profile.settings.iter().any(|setting| setting.key.name == "provider"),
        };
    let found = config.profiles.iter().filter(may_be).find_map(|profile| plan(Some(profile.name.as_str())));
    found.or_else(|| if issuer.ends_with(&format!(":{SANDBOX_PORT}")) { plan(Some("sandbox")) } else { None })
}

fn kept(house: &House, words: &Inspect, name: Option<&str>) -> Result<Subject> {
    if words.profile.is_some() {
        return Err(Error::new(Kind::Usage, "--profile goes with a token from standard input")
            .hint(format!("oat inspect - --profile {}", words.profile.as_deref().map(escape).unwrap_or_default())));
    }
    let (plan, config) = house.plan(&Chosen { profile: name.map(str::to_string), ..words.chosen.clone() })?;
    let kind = kind(words, TokenKind::Access);
    let now = world::now();
    let what = format!("{} of profile `{}`", kind.called().trim_start_matches("the "), plan.profile);
    let known = signed_in(house, &plan, &config);
    let (token, granted, expires_at) = match kind {
        TokenKind::Access => {
            let token = access(house, words, &plan, &config)?;
            (WireSecret::new(token.access_token.expose()), token.scope, token.expires_at)
        }
        kind => (long_lived(house, &plan, &config, kind)?, None, None),
    };
    let (mut report, jws) = match kind {
        TokenKind::Refresh => (refresh_token(what, kind, &token, known.as_ref()), None),
        _ => Report::of(what, kind, token.expose(), words.signature_only, now)?,
    };
    report.profile = Some(plan.profile.to_string());
    report.expires_at = report.expires_at.or(expires_at);
    report.granted = granted;
    let signed_in = known.and_then(|signed_in| signed_in.subject);
    let ours = vec![token.clone()];
    Ok(Subject { report, jws, token, plan: Some(plan), named: true, config, signed_in, ours })
}

/// The access token: by the policy of `token get`, or without a network as it is kept, over or not.
pub fn access(house: &House, words: &Inspect, plan: &Plan, config: &Config) -> Result<CachedToken> {
    if !words.offline {
        return hand_out(house, plan, config, &Wish::default()).map(|(handed, _)| handed.token);
    }
    let store = house.store(config)?;
    let access = store.load_access(&plan.profile)?.access.filter(|access| access.identity == identity(plan));
    let request = request(plan, &store, &mut house.world(plan), &mut Vec::new());
    let token = access.and_then(|access| access.tokens.into_iter().find(|token| token.request == request));
    token.ok_or_else(|| {
        let kind = if plan.by_person() { Kind::LoginRequired } else { Kind::Unavailable };
        Error::new(kind, format!("no access token is kept for profile `{}`", plan.profile)).hint(format!("oat token get {}", plan.profile))
    })
}

fn signed_in(house: &House, plan: &Plan, config: &Config) -> Option<SignedIn> {
    let access = house.store(config).ok()?.load_access(&plan.profile).ok()?.access?;
    (access.identity == identity(plan)).then_some(access.signed_in)?
}

fn long_lived(house: &House, plan: &Plan, config: &Config, kind: TokenKind) -> Result<WireSecret> {
    let kept = house.store(config)?.load_sealed(&plan.profile)?.filter(|kept| kept.identity == identity(plan));
    let token = kept.and_then(|kept| match kind {
        TokenKind::Id => kept.id_token.as_ref().map(IdToken::expose).map(WireSecret::new),
        _ => kept.refresh_token.as_ref().map(RefreshToken::expose).map(WireSecret::new),
    });
    token.ok_or_else(|| {
        let (name, scope) = if kind == TokenKind::Id { ("ID token", "openid") } else { ("refresh token", "offline_access") };
        Error::new(Kind::LoginRequired, format!("no {name} is kept for profile `{}`", plan.profile)).hint(match plan.by_person() {
            true => format!("oat login {}; most servers want `{scope}` in the scope for one", plan.profile),
            false => format!("{} gives none: nobody signs in", plan.grant.name()),
        })
    })
}

/// The facts of a refresh token. It is for its server alone, so nothing in it is read.
fn refresh_token(what: String, kind: TokenKind, token: &WireSecret, signed_in: Option<&SignedIn>) -> Report {
    let now = world::now();
    let mut report = Report::new(what, kind, form_of(token), token.expose().len(), now);
    if let Some(signed_in) = signed_in {
        let who = signed_in.name.as_ref().or(signed_in.subject.as_ref()).map(|who| format!(" as `{}`", escape(who))).unwrap_or_default();
        report.notes.push(format!("signed in{who}: {}", in_words::point(signed_in.at, now)));
        report.expires_at = signed_in.refresh_token_expires_at;
    }
    if report.expires_at.is_none() {
        report.notes.push("nobody said when it ends".into());
    }
    report.notes.push("it is for its server alone: nothing in it is shown, and nothing was asked".into());
    report
}

fn form_of(token: &WireSecret) -> Form {
    match token.expose().split('.').take(6).count() {
        3 if token.expose().starts_with("eyJ") => Form::Jwt,
        5 if token.expose().starts_with("eyJ") => Form::Jwe,
        _ => Form::Opaque,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r72_a_token_on_the_command_line_is_seen_as_one() {
        for token in ["eyJhbGciOiJub25lIn0.e30.", "eyJ", "Bearer x", &"x".repeat(65), "MTk4NjIyNDgzNDcx.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"]
        {
            assert!(is_token(token), "{token}");
        }
        for name in ["work", "auth0-ci", "api.example.com", "a.b.c", "team_1.eu-west.staging"] {
            assert!(!is_token(name), "{name}");
        }
    }
}
