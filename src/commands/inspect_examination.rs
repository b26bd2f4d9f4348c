//! Everything that `oat inspect` looks at for one token: its signature, its claims, its server, and an API.

use serde_json::Value;

use crate::cli::words::{Chosen, Inspect};
use crate::commands::house::House;
use crate::commands::inspect_source::{Subject, access, subject};
use crate::commands::key_source;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::hosts::Host;
use crate::inspection::checks::{self, Expected};
use crate::inspection::refusal::{self, Cure};
use crate::inspection::server::{check_said, introspected, told_of_person};
use crate::inspection::signature::{self, Keys};
use crate::inspection::words::quoted;
use crate::inspection::{Form, Report, TokenKind, redacted};
use crate::oauth::document::Known;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::introspection::{self, introspect};
use crate::oauth::metadata::{self, Asked, Metadata};
use crate::oauth::signature::{Algs, Signer};
use crate::oauth::userinfo::{Userinfo, userinfo};
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::host;
use crate::plan::sign_in::SignIn;
use crate::secret::{AccessToken, ClientSecret, WireSecret};
use crate::session::credentials::{Credentials, Secrets};
use crate::session::server::{self, Found};
use crate::text::escape;

/// Everything that was asked about one source.
pub fn examined(house: &House, words: &Inspect, source: Option<&str>) -> Result<Report> {
    let mut subject = subject(house, words, source)?;
    if subject.report.kind == TokenKind::Refresh {
        return Ok(subject.report);
    }
    let mut world = key_source::world(house, words, subject.plan.as_ref())?;
    let mut examination = Examination { house, words, world: &mut world, metadata: None };
    examination.run(&mut subject)?;
    Ok(subject.report)
}

struct Examination<'a> {
    house: &'a House,
    words: &'a Inspect,
    world: &'a mut dyn World,
    /// What the profile's issuer says of itself, once it was asked.
    metadata: Option<Metadata>,
}

impl Examination<'_> {
    fn run(&mut self, subject: &mut Subject) -> Result<()> {
        let expected = self.expected(subject)?;
        if let Some(jws) = subject.jws.take() {
            let checks_signature = !self.words.offline || self.words.local_keys();
            let keys = if checks_signature { self.keys(subject, &expected) } else { Ok(Keys::None("--offline asks for no check".into())) };
            match keys {
                Ok(Keys::None(reason)) if !checks_signature => subject.report.reason = Some(reason),
                Ok(keys) => signature::check(self.world, &mut subject.report, &jws, &keys),
                Err(error) => unchecked(&mut subject.report, error),
            }
        } else {
            subject.report.reason = Some(match subject.report.form {
                Form::Jwe => "it is encrypted to someone else".into(),
                _ if subject.named => "it is opaque: only the server can say what it is".into(),
                _ => "it is opaque: only the server can say what it is, and `--profile NAME` asks it".into(),
            });
        }
        if self.words.issuer.as_deref() == Some("") {
            let note = "its issuer is taken on its own word: the checks say that this server made it, not that the server can be trusted";
            subject.report.notes.push(note.into());
        }
        self.demand(&mut subject.report);
        if self.words.signature_only {
            return Ok(());
        }
        checks::claims(&mut subject.report, &expected);
        self.opaque(subject);
        match self.ask_server(subject) {
            Err(error) if error.kind == Kind::Usage => return Err(error),
            Err(error) => drop(subject.report.trouble.get_or_insert(error)),
            Ok(()) => {}
        }
        check_said(&mut subject.report, &expected);
        checks::unsaid(&mut subject.report, &expected);
        if let Some(url) = &self.words.for_url
            && let Err(error) = self.explain(subject, url)
        {
            if matches!(error.kind, Kind::Usage | Kind::Config) {
                return Err(error);
            }
            subject.report.trouble.get_or_insert(error);
        }
        // Nobody repeats what nobody was told.
        if self.words.introspect || self.words.userinfo || self.words.for_url.is_some() || subject.report.form == Form::Opaque {
            subject.report.redact(&subject.ours);
        }
        Ok(())
    }

    /// Who named a key or an issuer is not told that all is well where no signature was checked: else any text would do.
    fn demand(&self, report: &mut Report) {
        let asked = self.words.local_keys() || self.words.issuer.is_some() || self.words.signature_only;
        let told = report.trouble.is_some() || report.checks.iter().any(|check| check.ok == Some(false));
        if asked && !report.verified && !told {
            let reason = report.reason.clone().unwrap_or_default();
            report.check("signature", Err(Error::new(Kind::Invalid, format!("no signature was checked: {reason}"))));
        }
    }

    /// What the token has to agree with: what was typed, else what the profile says.
    fn expected(&self, subject: &Subject) -> Result<Expected> {
        let words = self.words;
        let mut expected = Expected {
            audiences: words.audience.clone(),
            scopes: words.require_scope.clone(),
            standing: !words.offline || words.local_keys(),
            ..Expected::default()
        };
        if let Some(plan) = &subject.plan {
            expected.whose = format!("the issuer of profile `{}`", plan.profile);
            expected.issuer = plan.issuer.as_ref().map(|issuer| issuer.as_str().to_string());
            expected.issuer_pattern = SignIn::of(plan).ok().and_then(|sign_in| sign_in.issuer_pattern);
            expected.issuer_hint = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), "issuer"));
            expected.client_id = Some(plan.client_id.clone());
            if subject.named && words.audience.is_empty() {
                let asked = plan.parameters.iter().filter(|(name, _)| matches!(name.as_str(), "audience" | "resource"));
                expected.asked = asked.flat_map(|(_, value)| texts(value)).collect();
            }
        }
        match words.issuer.as_deref() {
            None => {}
            Some("") => {
                let own = subject.report.claims.as_ref().and_then(|claims| claims.get("iss")).and_then(Value::as_str);
                let own = own.ok_or_else(|| Error::new(Kind::Invalid, "the token does not say who issued it").hint("--issuer URL"))?;
                Issuer::parse(own).map_err(|reason| Error::new(Kind::Invalid, format!("the token's `iss` is no issuer: {reason}")))?;
                (expected.whose, expected.issuer, expected.issuer_hint) = ("its own word".into(), Some(own.into()), None);
            }
            Some(url) => {
                Issuer::parse(url).map_err(|reason| Error::new(Kind::Usage, format!("`--issuer`: {reason}")))?;
                let hint = "it is from another server, or `--issuer` is not what the server calls itself";
                (expected.whose, expected.issuer, expected.issuer_hint) =
                    ("the issuer asked for".into(), Some(url.into()), Some(hint.into()));
            }
        }
        Ok(expected)
    }

    /// What there is to check the signature with: what was typed, else the issuer's keys.
    fn keys(&mut self, subject: &Subject, expected: &Expected) -> Result<Keys> {
        if let Some(keys) = key_source::given(self.house, self.words, subject.plan.as_ref(), self.world)? {
            return Ok(keys);
        }
        let own = subject.plan.as_ref().filter(|_| self.words.issuer.is_none());
        if let Some(plan) = own
            && let Some(uri) = plan.settings.endpoint("jwks_uri")?
        {
            return Ok(Keys::Server(uri));
        }
        if expected.issuer.is_none() {
            return Ok(Keys::None(nothing_known(subject)));
        }
        let jwks_uri = match own {
            Some(plan) => self.metadata(plan)?.jwks_uri.clone(),
            None => {
                // Nobody asks this server for anything else: it is not the profile's.
                let issuer = Issuer::parse(expected.issuer.as_deref().unwrap_or_default());
                let issuer = issuer.map_err(|reason| Error::new(Kind::Usage, format!("`--issuer`: {reason}")))?;
                let asked = Asked { issuer: &issuer, also: None, pin_hosts: &[], known: Known::Kept };
                metadata::discover(self.world, asked)?.jwks_uri
            }
        };
        Ok(jwks_uri.map_or_else(|| Keys::None("the server's metadata names no keys (`jwks_uri`)".into()), Keys::Server))
    }

    /// What the profile's issuer says of itself.
    fn metadata(&mut self, plan: &Plan) -> Result<&Metadata> {
        let found = match self.metadata.take() {
            Some(known) => known,
            None => server::metadata(plan, self.world, Known::Kept)?,
        };
        Ok(self.metadata.insert(found))
    }

    /// Why the provider of a profile gives opaque tokens.
    fn opaque(&self, subject: &mut Subject) {
        let Some(plan) = subject.plan.as_ref().filter(|_| subject.report.form == Form::Opaque) else { return };
        let told = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), "opaque"));
        let audience = plan.parameters.iter().any(|(name, _)| name == "audience");
        subject.report.notes.extend(told.filter(|_| !audience));
    }

    /// Introspection and userinfo, where they are asked for; an opaque token of a profile is introspected by itself.
    fn ask_server(&mut self, subject: &mut Subject) -> Result<()> {
        let words = self.words;
        let by_itself = subject.report.form == Form::Opaque && subject.named && !words.offline;
        if !words.introspect && !words.userinfo && !by_itself {
            return Ok(());
        }
        let Some(plan) = &subject.plan else {
            return Err(Error::new(Kind::Usage, "the server is asked in a profile's name, and none is known to go with this token")
                .hint("oat inspect - --profile NAME"));
        };
        let credentials = Credentials::read(plan, &self.house.store(&subject.config)?, self.world, &Secrets::default())?;
        subject.ours.extend(credentials.secret.as_ref().map(|secret| WireSecret::new(secret.expose())));
        // What one of the two says does not depend on the other.
        let mut first = Ok(());
        if words.introspect || by_itself {
            let asked = self.introspected(plan, &credentials, subject);
            match asked {
                Ok(answer) => introspected(&mut subject.report, answer),
                Err(error) if words.introspect => {
                    subject.report.unchecked("active", error.to_string());
                    first = Err(error);
                }
                // Why it is opaque was told, and that says enough.
                Err(error) if error.kind == Kind::Config && !subject.report.notes.is_empty() => {}
                Err(error) => subject.report.notes.push(format!("the server could not be asked about it: {error}")),
            }
        }
        if words.userinfo {
            let token = self.opening(subject, plan)?;
            subject.ours.push(WireSecret::new(token.expose()));
            match self.person(plan, &credentials, &token) {
                Ok(answer) => {
                    let members = redacted(answer.members, &subject.ours);
                    told_of_person(&mut subject.report, Userinfo { members, ..answer }, subject.signed_in.as_deref());
                }
                Err(error) => {
                    subject.report.unchecked("userinfo", error.to_string());
                    first = first.and(Err(error));
                }
            }
        }
        first
    }

    /// The access token that userinfo is asked with. OpenID Connect Core section 5.3.1: an ID token opens nothing.
    fn opening(&self, subject: &Subject, plan: &Plan) -> Result<AccessToken> {
        match subject.report.kind {
            TokenKind::Id => access(self.house, self.words, plan, &subject.config).map(|token| token.access_token),
            _ => Ok(AccessToken::new(subject.token.expose())),
        }
    }

    fn person(&mut self, plan: &Plan, credentials: &Credentials, token: &AccessToken) -> Result<Userinfo> {
        let endpoint = self.endpoint(plan, "userinfo_endpoint", |metadata| metadata.userinfo_endpoint.clone())?;
        let known = self.metadata.as_ref();
        let signer = signer(plan, known, known.and_then(|known| known.userinfo_signing_algs.as_deref()), credentials.secret.as_ref());
        let client = credentials.client(plan, &Found::beside(&endpoint, plan, known))?;
        userinfo(self.world, &endpoint, token, &signer, client.proof.identity)
    }

    fn introspected(&mut self, plan: &Plan, credentials: &Credentials, subject: &Subject) -> Result<introspection::Introspection> {
        let endpoint = self.endpoint(plan, "introspection_endpoint", |metadata| metadata.introspection_endpoint.clone())?;
        let known = self.metadata.as_ref();
        let methods = known.and_then(|known| known.introspection_auth_methods.clone().or_else(|| known.auth_methods.clone()));
        let client = credentials.client(plan, &Found { auth_methods: methods, ..Found::beside(&endpoint, plan, known) })?;
        let algs = known.and_then(|known| known.introspection_signing_algs.as_deref());
        let signer = signer(plan, known, algs, credentials.secret.as_ref());
        let hint = (subject.report.kind != TokenKind::Id).then_some("access_token");
        let asked = introspection::Asked { endpoint: &endpoint, client: &client, token: &subject.token, hint, signer };
        let answer = introspect(self.world, &asked)?;
        let ours = [client.traces(), vec![subject.token.clone()]].concat();
        Ok(introspection::Introspection { members: redacted(answer.members, &ours), ..answer })
    }

    /// An endpoint of the profile, else of the server's metadata, which is asked for either way where it may say more.
    fn endpoint(&mut self, plan: &Plan, key: &'static str, of: fn(&Metadata) -> Option<Endpoint>) -> Result<Endpoint> {
        let written = plan.settings.endpoint(key)?;
        let discovered = match plan.issuer {
            Some(_) => self.metadata(plan).map(of),
            None => Ok(None),
        };
        match (written, discovered) {
            (Some(endpoint), _) => Ok(endpoint),
            (None, discovered) => discovered?.ok_or_else(|| {
                Error::new(Kind::Config, format!("the server names no {}", key.replace('_', " ")))
                    .hint(format!("set `{key}` in the profile"))
            }),
        }
    }

    fn explain(&mut self, subject: &mut Subject, url: &str) -> Result<()> {
        let api = Endpoint::parse(url).map_err(|reason| Error::new(Kind::Usage, format!("`--for`: {reason}")))?;
        if let Some(plan) = subject.plan.as_ref().filter(|_| self.words.send) {
            host::allowed(plan, Host::parse(api.as_str()).as_ref(), &escape(api.host()))?;
        }
        let token = self.words.send.then_some(&subject.token);
        let cure =
            cure(self.house, &subject.config, subject.plan.as_ref().filter(|plan| subject.named || issued_to(&subject.report, plan)));
        refusal::explain(self.world, &mut subject.report, &api, token, &cure)
    }
}

/// Who may sign what the server says, and with what.
fn signer<'a>(plan: &'a Plan, known: Option<&'a Metadata>, algs: Option<&[String]>, client_secret: Option<&'a ClientSecret>) -> Signer<'a> {
    Signer {
        issuer: plan.issuer.as_ref().map(Issuer::as_str),
        client_id: &plan.client_id,
        jwks_uri: known.and_then(|known| known.jwks_uri.as_ref()),
        algs: Algs::supported(algs),
        client_secret,
        offered: algs.is_some(),
    }
}

/// Whether a token that was only found to have a profile's issuer was issued to its client, too.
fn issued_to(report: &Report, plan: &Plan) -> bool {
    let client = |name: &str| report.claims.as_ref()?.get(name)?.as_str();
    ["client_id", "azp", "cid"].into_iter().find_map(client) == Some(&plan.client_id)
}

fn cure(house: &House, config: &Config, plan: Option<&Plan>) -> Cure {
    let audience = plan.is_some_and(|plan| {
        plan.settings.get("audience").is_some() || plan.preset.as_ref().is_some_and(|preset| preset.own_audience.is_some())
    });
    let issuer_of = |name: &str| {
        let chosen = Chosen { profile: Some(name.into()), ..Chosen::default() };
        let plan = Plan::make(&chosen, config, &house.environment).ok()?;
        Some((name.to_string(), plan.issuer?.as_str().to_string()))
    };
    Cure {
        // The built-in one cannot be edited.
        profile: plan.filter(|plan| !plan.sandbox).map(|plan| plan.profile.to_string()),
        by_person: plan.is_some_and(Plan::by_person),
        audience_key: if audience { "audience" } else { "resource" },
        others: config.profiles.iter().filter_map(|profile| issuer_of(profile.name.as_str())).collect(),
    }
}

fn unchecked(report: &mut Report, error: Error) {
    report.reason = Some(error.to_string());
    report.unchecked("signature", error.to_string());
    report.trouble = Some(error);
}

/// Why there is nothing to check a token with, and what would do.
fn nothing_known(subject: &Subject) -> String {
    let own = subject.report.claims.as_ref().and_then(|claims| claims.get("iss")).and_then(Value::as_str);
    match (&subject.plan, own) {
        (Some(plan), _) => {
            format!("profile `{}` names no issuer; set `issuer` or `jwks_uri`, or say --issuer, --jwks, --key", plan.profile)
        }
        (None, Some(own)) => format!("no profile has the issuer `{}`; --issuer {} takes it, if you trust it", escape(own), quoted(own)),
        (None, None) => "it does not say who issued it; --issuer, --jwks, --key or --secret-from says what to check it with".into(),
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_string).collect(),
        _ => Vec::new(),
    }
}
