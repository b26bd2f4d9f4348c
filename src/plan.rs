//! Flags, environment, profile and preset become one `Plan`, with nothing left open.

pub mod choice;
pub mod client;
pub mod draft;
pub mod grant;
pub mod host;
pub mod making;
pub mod setting;
pub mod sign_in;
pub mod subject;
pub mod substitution;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::words::Chosen;
use crate::config::Config;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::hosts;
use crate::json::members;
use crate::keys::KeyKind;
use crate::name::ProfileName;
use crate::oauth::client_auth::Method;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::token::Body;
use crate::plan::choice::choose;
use crate::plan::client::Evidence;
use crate::plan::draft::Draft;
use crate::plan::grant::Grant;
use crate::plan::making::Making;
use crate::plan::setting::{Origin, Setting, Settings};
use crate::plan::subject::Party;
use crate::plan::substitution::home;
use crate::provider::Preset;
use crate::secret::SecretReference;
use crate::text::escape;
use crate::time::Seconds;

/// All that a command needs to know to get a token.
#[derive(Debug)]
pub struct Plan {
    /// Whose token this is.
    pub profile: ProfileName,
    /// The preset's name for the provider, where there is one.
    pub preset: Option<Preset>,
    /// How a token is got.
    pub grant: Grant,
    /// Who issues the tokens, where known.
    pub issuer: Option<Issuer>,
    /// The only hosts that discovered endpoints may be on.
    pub pin_hosts: Vec<String>,
    /// Where tokens are asked for; None leaves it to discovery.
    pub token_endpoint: Option<Endpoint>,
    /// The client's identifier.
    pub client_id: String,
    /// Where its secret comes from.
    pub client_secret: Option<SecretReference>,
    /// Where its private key comes from.
    pub client_key: Option<SecretReference>,
    /// Where its certificate comes from.
    pub client_certificate: Option<SecretReference>,
    /// How it proves itself; None leaves it to discovery.
    pub client_auth: Option<Method>,
    /// How parameters travel.
    pub body: Body,
    /// What a token is asked for with, besides `grant_type` and the client: a machine's token request in full. A person agrees
    /// to it in the authorization request, which `plan/sign_in.rs` makes.
    pub parameters: Vec<(String, Json)>,
    /// Whose token is handed in, or proves the client.
    pub subject: Option<Party>,
    /// Who acts for the subject.
    pub actor: Option<Party>,
    /// JSON pointer to a nested token object.
    pub token_pointer: Option<String>,
    /// The server's own word for Bearer.
    pub token_type: Option<String>,
    /// How long before its end a token counts as expired.
    pub leeway: Seconds,
    /// The lifetime of a token whose answer names none.
    pub default_lifetime: Option<Seconds>,
    /// CAs to trust besides the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// The most that all network work may take.
    pub timeout: Duration,
    /// Whether the embedded server answers.
    pub sandbox: bool,
    /// What the person should know about these settings.
    pub warnings: Vec<String>,
    /// Every key that has a value, and where it came from.
    pub settings: Settings,
}

impl Plan {
    /// Makes the plan. Fails with `Config` for what is missing or wrong in a profile, `Usage` for a flag.
    pub fn make(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<Plan> {
        make(&choose(chosen, config, environment)?, chosen, Making::new(config, environment))
    }

    /// The same, where the built-in profile, be it the chosen one or one whose token is handed in, is that of a person.
    pub fn of_person(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<Plan> {
        let making = Making { of_person: true, ..Making::new(config, environment) };
        make(&choose(chosen, config, environment)?, chosen, making)
    }

    /// Whether this command alone says whose tokens these are: another grant, client or server than the profile's.
    pub fn redefined(&self) -> bool {
        let here = |key: &str| matches!(self.settings.get(key).map(|setting| &setting.origin), Some(Origin::Flag | Origin::Environment(_)));
        ["provider", "issuer", "token_endpoint", "client_id", "grant"].into_iter().any(here)
    }

    /// Those whose tokens are handed in.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.subject.iter().chain(&self.actor)
    }

    /// Whether the subject's token is what proves the client (RFC 7523 section 2.2).
    pub fn proven_by_subject(&self) -> bool {
        self.client_key.is_none() && self.client_auth == Some(Method::PrivateKeyJwt)
    }

    /// Whether a subject's token is handed in at all.
    pub fn hands_in(&self) -> bool {
        self.grant != Grant::ClientCredentials || self.proven_by_subject()
    }

    /// Whether the embedded server answers, to this profile or to one whose token it hands in.
    pub fn in_sandbox(&self) -> bool {
        self.sandbox || self.parties().filter_map(|party| party.profile.as_ref()).any(|plan| plan.in_sandbox())
    }

    /// Whether a person has to sign in for its tokens.
    pub fn by_person(&self) -> bool {
        matches!(self.grant, Grant::AuthorizationCode | Grant::DeviceCode)
    }

    /// The issuer, else the token endpoint: who this profile's tokens belong to.
    pub fn server(&self) -> String {
        let endpoint = self.token_endpoint.as_ref().map(|url| url.as_str().to_string());
        self.issuer.as_ref().map(|issuer| issuer.as_str().to_string()).or(endpoint).unwrap_or_default()
    }

    /// The scope that is asked for, where one is.
    pub fn scope(&self) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == "scope").and_then(|(_, value)| value.as_str())
    }

    /// What tells the tokens of one profile apart: everything that shapes them.
    pub fn request(&self) -> String {
        let mut map = members(self.parameters.iter().cloned());
        if let Some(pointer) = &self.token_pointer {
            // Not a parameter, and so not a name that one could have.
            map.insert("#token_pointer".into(), pointer.as_str().into());
        }
        for (name, party) in [("#subject", &self.subject), ("#actor", &self.actor)] {
            if let Some(party) = party {
                map.insert(name.into(), party.mark.as_str().into());
            }
        }
        let claims = self.settings.parameters("assertion_claims");
        if self.grant == Grant::JwtBearer && !claims.is_empty() {
            map.insert("#assertion_claims".into(), Json::Object(claims));
        }
        // A token that is bound to a certificate is of no use with another.
        if let Some(certificate) = self.client_certificate.as_ref().filter(|_| self.client_auth.is_none_or(Method::by_tls)) {
            map.insert("#client_certificate".into(), certificate.describe().into());
        }
        Json::Object(map).to_string()
    }
}

/// Every value of the chosen profile with its origin, also where they do not make a plan yet.
pub fn gather(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<(ProfileName, Vec<Setting>)> {
    let name = choose(chosen, config, environment)?;
    let draft = Draft::gather(&name, chosen, Making::new(config, environment))?;
    Ok((name, draft.settings.all))
}

/// The plan of a profile.
fn make(name: &ProfileName, chosen: &Chosen, making: Making) -> Result<Plan> {
    let mut draft = Draft::gather(name, chosen, making)?;
    if let Some(error) = draft.lacking.take() {
        return Err(error);
    }
    close(draft, name.clone(), making)
}

/// Checks what a person wrote at once; the preset's own URLs are held by a test, and those that are used are checked when the plan is made.
fn written_well(settings: &Settings) -> Result<()> {
    let written = |setting: &&Setting| setting.key.kind == KeyKind::Url && !matches!(setting.origin, Origin::Preset(_));
    for setting in settings.all.iter().filter(written).filter(|setting| !matches!(setting.key.name, "issuer" | "token_endpoint")) {
        settings.endpoint(setting.key.name)?;
    }
    for entry in settings.list("hosts") {
        hosts::check(&entry).map_err(|reason| settings.wrong("hosts", reason).hint("hosts = [\"api.example.com\"]"))?;
    }
    Ok(())
}

/// Turns what is known of each key into a plan. Fails with what is missing or wrong, and where.
fn close(mut draft: Draft, profile: ProfileName, making: Making) -> Result<Plan> {
    let environment = making.environment;
    client::found_by_certificate(&mut draft.settings);
    written_well(&draft.settings)?;
    let timeout = draft.settings.length("timeout").unwrap_or(Seconds(30));
    if !(1..=3600).contains(&timeout.0) {
        return Err(draft.settings.wrong("timeout", "it must be 1 s to 1 h").hint("30s is the default"));
    }
    let issuer =
        draft.settings.text("issuer").map(|text| Issuer::parse(&text)).transpose().map_err(|reason| {
            draft.settings.wrong("issuer", reason).hint("an issuer is https, or http on 127.0.0.1, [::1] or localhost")
        })?;
    let token_endpoint = draft.settings.endpoint("token_endpoint")?;
    if issuer.is_none() && token_endpoint.is_none() {
        return Err(Error::new(Kind::Config, format!("profile `{profile}` names no server"))
            .hint(format!("set `issuer`, `provider` or `token_endpoint` in [profile.{profile}] of `{}`", draft.settings.path)));
    }
    let grant = draft.settings.text("grant").and_then(|name| Grant::named(&name)).unwrap_or(Grant::AuthorizationCode);
    subject::of_use(grant, &profile, &draft.settings)?;
    let client_id = client::id(&draft, grant, &profile)?;
    let subject = Party::of("subject", &draft.settings, &profile, making)?;
    let actor = Party::of("actor", &draft.settings, &profile, making)?;
    let evidence = Evidence::of(&draft.settings, grant, subject.as_ref(), &profile, environment)?;
    let mut plan = Plan {
        grant,
        issuer,
        pin_hosts: draft.settings.list("pin_hosts"),
        token_endpoint,
        client_id,
        client_secret: evidence.secret,
        client_key: evidence.key,
        client_certificate: evidence.certificate,
        client_auth: evidence.method,
        body: draft.settings.text("token_request_body").and_then(|name| Body::named(&name)).unwrap_or_default(),
        parameters: parameters(&draft.settings, grant)?,
        subject,
        actor,
        token_pointer: draft.settings.text("token_pointer").filter(|pointer| !pointer.is_empty()),
        token_type: draft.settings.text("token_type"),
        leeway: draft.settings.length("leeway").unwrap_or(Seconds(60)),
        default_lifetime: draft.settings.length("default_lifetime"),
        ca_file: draft.settings.text("ca_file").map(|path| home(&path, environment)),
        timeout: timeout.duration(),
        sandbox: draft.sandbox,
        warnings: Vec::new(),
        settings: draft.settings,
        preset: draft.preset,
        profile,
    };
    plan.warnings = warnings(&plan);
    subject::share(&mut plan)?;
    Ok(plan)
}

/// What a token is for, as the profile's own keys say it.
pub fn asked(settings: &Settings) -> Vec<(String, Json)> {
    let mut asked = Vec::new();
    for key in ["scope", "audience", "organization", "resource"] {
        asked.extend(settings.words(&[key]));
        match settings.list(key).as_slice() {
            [] => {}
            [one] => asked.push((key.into(), Json::String(one.clone()))),
            several => asked.push((key.into(), several.to_vec().into())),
        }
    }
    asked
}

fn parameters(settings: &Settings, grant: Grant) -> Result<Vec<(String, Json)>> {
    let mut parameters = asked(settings);
    parameters.extend(subject::requested(settings, grant)?);
    settings.override_with("token_params", &mut parameters);
    Ok(parameters)
}

fn warnings(plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    let public = plan.sandbox || plan.preset.as_ref().is_some_and(|preset| preset.public_secret);
    for (reference, what) in [(&plan.client_secret, "secret"), (&plan.client_key, "key")] {
        if matches!(reference, Some(SecretReference::Literal(_))) && !public {
            warnings.push(format!(
                "profile `{0}` has its client {what} in the config file; `oat profile set-secret {0}` seals it instead",
                plan.profile
            ));
        }
    }
    // Auth0: a Management API token that was asked for on a custom domain works on that domain only.
    let audience = plan.parameters.iter().find(|(name, _)| name == "audience").and_then(|(_, value)| value.as_str());
    let ending = plan.preset.as_ref().and_then(|preset| preset.own_audience.as_deref());
    if let (Some(audience), Some(ending)) = (audience, ending)
        && audience.ends_with(ending)
        && let (Ok(api), Some(server)) =
            (Endpoint::parse(audience), plan.issuer.as_ref().map(Issuer::endpoint).or(plan.token_endpoint.as_ref()))
        && api.host() != server.host()
    {
        warnings.push(format!(
            "the audience is on `{}`, but the token comes from `{}`: a Management API token only works on the domain it was asked on",
            escape(api.host()),
            escape(server.host())
        ));
    }
    warnings
}

#[cfg(test)]
mod tests;
