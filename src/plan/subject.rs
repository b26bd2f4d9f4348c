//! Whose token a profile hands in: where it comes from, what it is, and what tells it from another's.

use serde_json::{Value as Json, json};

use crate::cli::words::Chosen;
use crate::error::{Error, Kind, Result};
use crate::keys::Value;
use crate::keys::subject::Subject;
use crate::name::ProfileName;
use crate::oauth::token_type::{TOKEN_TYPE, token_type};
use crate::plan::grant::Grant;
use crate::plan::making::Making;
use crate::plan::setting::Settings;
use crate::plan::substitution::home;
use crate::plan::{Plan, make};
use crate::subject::mark::{found, mark};

/// Someone whose token is handed in.
#[derive(Debug)]
pub struct Party {
    /// Where the token comes from; `auto` is found by now.
    pub subject: Subject,
    /// Whom the token is asked to be for, where its source can be asked.
    pub audience: Option<String>,
    /// What the token is (RFC 8693 section 3).
    pub token_type: String,
    /// The profile whose token it is, where it is another's.
    pub profile: Option<Box<Plan>>,
    /// Stands for all of this, and for the job that it is of.
    pub mark: String,
}

impl Party {
    /// The party of a key, `subject` or `actor`; None where the profile names none. Fails with `Config`.
    pub fn of(key: &'static str, settings: &Settings, profile: &ProfileName, making: Making) -> Result<Option<Party>> {
        let Some(Value::Subject(written)) = settings.value(key) else { return Ok(None) };
        let mut subject = found(written, making.environment)?;
        if let Some(path) = subject.text("file").map(|path| home(path, making.environment)) {
            subject.0.insert("file".into(), path.to_string_lossy().into());
        }
        let other = subject.text("profile").map(|name| chained(name, profile, making)).transpose()?;
        let token = subject.text("token").unwrap_or("access_token");
        let known = if other.is_some() { token } else { "jwt" };
        let audience = subject.text("audience").map(str::to_string).or_else(|| settings.text("subject_audience"));
        let other_mark = other.as_ref().map(|plan| json!([plan.server(), plan.client_id, plan.grant.name(), plan.request()]));
        let job = mark(&subject, audience.as_deref(), making.environment);
        let token_type = named_type(settings, &format!("{key}_token_type"))?.unwrap_or_else(|| format!("{TOKEN_TYPE}{known}"));
        let mark = crate::subject::mark::digest(&json!([job, token_type, other_mark]));
        Ok(Some(Party { subject, audience, token_type, profile: other.map(Box::new), mark }))
    }
}

/// A type of token that a key names.
pub fn named_type(settings: &Settings, key: &str) -> Result<Option<String>> {
    let named = settings.text(key).filter(|text| !text.is_empty()).map(|text| token_type(&text));
    named.transpose().map_err(|reason| settings.wrong(key, reason).hint(format!("{key} = \"jwt\"")))
}

/// What has to be there for a grant that hands a token in. Fails with `Config`.
pub fn needed(grant: Grant, subject: Option<&Party>, key: bool, profile: &ProfileName, settings: &Settings) -> Result<()> {
    // With a key, the client signs the JWT that is the grant.
    let signs = grant == Grant::JwtBearer && key;
    if subject.is_none() && signs && settings.text("client_id").is_none() {
        return Err(Error::new(
            Kind::Config,
            format!("profile `{profile}` has no `client_id`, which is the issuer of the JWT that its key signs"),
        )
        .hint("client_id = \"…\": of a Google service account its address, of a Salesforce app its consumer key"));
    }
    if subject.is_none() && !signs && grant.by_token() {
        let told = format!("profile `{profile}` names no subject, and the grant {} hands its token in", grant.name());
        return Err(Error::new(Kind::Config, told).hint(format!(
            "subject = {{ source = \"auto\" }} in [profile.{profile}] of `{}`, or OAT_SUBJECT=github-actions",
            settings.path
        )));
    }
    Ok(())
}

/// Whether the grant has a use for the subject and the actor that there are. Fails with `Config`.
pub fn of_use(grant: Grant, profile: &ProfileName, settings: &Settings) -> Result<()> {
    if settings.get("actor").is_some() && grant != Grant::TokenExchange {
        return Err(Error::new(Kind::Config, format!("profile `{profile}` has an `actor`, of which only token_exchange knows"))
            .hint("set grant, or OAT_GRANT, to token_exchange"));
    }
    if settings.get("subject").is_none() || !matches!(grant, Grant::AuthorizationCode | Grant::DeviceCode) {
        return Ok(());
    }
    let told = match settings.get("grant") {
        Some(_) => format!("profile `{profile}` has a `subject`, for which the grant {} has no use", grant.name()),
        None => format!("profile `{profile}` has a `subject`, and does not say what grant it is for"),
    };
    Err(Error::new(Kind::Config, told).hint("set grant, or OAT_GRANT, to token_exchange, jwt_bearer or client_credentials"))
}

/// The plan of the profile whose token is handed in. The variables and flags of this command are about the first profile alone.
fn chained(name: &str, profile: &ProfileName, making: Making) -> Result<Plan> {
    let name = ProfileName::parse(name).map_err(|error| error.of(Kind::Config))?;
    let above: Vec<ProfileName> = making.above.iter().chain([profile]).cloned().collect();
    if above.contains(&name) {
        let circle: Vec<String> = above.iter().chain([&name]).map(|name| format!("`{name}`")).collect();
        return Err(Error::new(Kind::Config, format!("the subjects of these profiles lead in a circle: {}", circle.join(", ")))
            .hint("one of them has to begin: with a client secret, a sign-in, or another source"));
    }
    make(&name, &Chosen::default(), Making { above: &above, ..making })
        .map_err(|error| error.saying(|said| format!("{said} (profile `{name}` is the subject of `{profile}`)")))
}

/// What all requests of one command share has to suit both profiles: the CAs.
pub fn share(plan: &mut Plan) -> Result<()> {
    let parties = [&plan.subject, &plan.actor, &None];
    let files: Vec<_> = parties.into_iter().flatten().filter_map(|party| party.profile.as_ref()?.ca_file.clone()).collect();
    for file in files {
        match &plan.ca_file {
            Some(own) if *own != file => {
                return Err(Error::new(
                    Kind::Config,
                    format!("profile `{}` and the profile of its subject have another `ca_file` each", plan.profile),
                )
                .hint("put the CAs into one file, and name it in both"));
            }
            _ => plan.ca_file = Some(file),
        }
    }
    Ok(())
}

/// The parameters that say what an exchange is to give.
pub fn requested(settings: &Settings, grant: Grant) -> Result<Option<(String, Json)>> {
    let named = named_type(settings, "requested_token_type")?.filter(|_| grant == Grant::TokenExchange);
    Ok(named.map(|named| ("requested_token_type".to_string(), Json::from(named))))
}
