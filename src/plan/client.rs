//! Who the client is, and what proves it.

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::name::ProfileName;
use crate::oauth::client_auth::Method;
use crate::plan::draft::Draft;
use crate::plan::grant::Grant;
use crate::plan::setting::{Origin, Settings};
use crate::plan::subject::{self, Party};
use crate::plan::substitution::{as_text, home};
use crate::secret::SecretReference;

/// Where what proves a client is.
pub struct Evidence {
    /// Where its secret is.
    pub secret: Option<SecretReference>,
    /// Where its private key is.
    pub key: Option<SecretReference>,
    /// Where its certificate is.
    pub certificate: Option<SecretReference>,
    /// How it is used, as far as the profile says.
    pub method: Option<Method>,
}

impl Evidence {
    /// What the settings say of it. Fails with `Config` for what is missing, and for what does not go together.
    pub fn of(
        settings: &Settings,
        grant: Grant,
        subject: Option<&Party>,
        profile: &ProfileName,
        environment: &Environment,
    ) -> Result<Evidence> {
        let of = |key: &str| settings.secret(key).map(|reference| at_home(reference, environment));
        let (secret, key, certificate) = (of("client_secret"), of("client_key"), of("client_certificate"));
        if [&secret, &key, &certificate].into_iter().filter(|source| **source == Some(SecretReference::Stdin)).count() > 1 {
            return Err(Error::new(Kind::Config, "standard input can be one of client_secret, client_key and client_certificate only")
                .hint("give the others by `file` or `env`"));
        }
        subject::needed(grant, subject, key.is_some(), profile, settings)?;
        let method = client_auth(settings, grant, subject.is_some(), key.is_some());
        let evidence = Evidence { secret, key, certificate, method };
        let by_key = evidence.key.is_some() || (subject.is_some() && method == Some(Method::PrivateKeyJwt));
        provable(profile, grant, &evidence, by_key)?;
        Ok(evidence)
    }
}

/// The client's identifier; empty where there need be none. Fails with `Config`.
pub fn id(draft: &Draft, grant: Grant, profile: &ProfileName) -> Result<String> {
    let named = draft.settings.text("client_id");
    if let Some(client_id) = named.or_else(|| grant.by_token().then(String::new)) {
        return Ok(client_id);
    }
    let variable =
        draft.preset.as_ref().and_then(|p| p.settings.iter().find(|(key, _)| key.name == "client_id")).and_then(|(_, v)| as_text(v));
    let or = variable.map(|template| format!("set {}, or ", template.trim_matches(|c| "${}".contains(c)))).unwrap_or_default();
    Err(Error::new(Kind::Config, format!("profile `{profile}` has no `client_id`"))
        .hint(format!("{or}set client_id = \"…\" in [profile.{profile}] of `{}`, or OAT_CLIENT_ID", draft.settings.path)))
}

/// How the client proves itself, as far as the profile says. A preset says how a secret is sent: whoever has a key instead sends none,
/// a job's token is all that some clients have (RFC 7523 section 2.2), and who signs the grant itself says by that who it is.
fn client_auth(settings: &Settings, grant: Grant, subject: bool, key: bool) -> Option<Method> {
    let named = settings.text("client_auth").and_then(|name| Method::named(&name));
    let own = !matches!(settings.get("client_auth").map(|setting| &setting.origin), Some(Origin::Preset(_)));
    match grant {
        Grant::ClientCredentials if subject => named.filter(|_| own).or(Some(Method::PrivateKeyJwt)),
        Grant::JwtBearer if !subject => named.filter(|method| own && *method != Method::None),
        _ => named.filter(|method| own || !key || !method.by_secret()),
    }
}

/// RFC 8705 section 5: a certificate may be shown at other addresses than those that a preset knows, which the server tells. What a
/// person wrote is asked as it is.
pub fn found_by_certificate(settings: &mut Settings) {
    let by_tls = settings.text("client_auth").and_then(|name| Method::named(&name)).is_some_and(Method::by_tls);
    if by_tls && settings.get("issuer").is_some() {
        settings.all.retain(|setting| !setting.key.name.ends_with("_endpoint") || !matches!(setting.origin, Origin::Preset(_)));
    }
}

/// `~/` in the path of a secret's file.
fn at_home(reference: SecretReference, environment: &Environment) -> SecretReference {
    match reference {
        SecretReference::File(path) => SecretReference::File(home(&path.to_string_lossy(), environment)),
        other => other,
    }
}

/// A machine has nothing but its secret or its key to prove itself by, unless it says that it needs none; and a method that is
/// named needs what it works with, except that a person's app has no secret.
fn provable(profile: &ProfileName, grant: Grant, evidence: &Evidence, key: bool) -> Result<()> {
    let named = evidence.method;
    let lacks = |what: &str| match named {
        Some(method) => Error::new(Kind::Config, format!("profile `{profile}` has no `{what}`, which {} needs", method.name())),
        None => Error::new(Kind::Config, format!("profile `{profile}` has no `{what}`")),
    };
    if named.is_some_and(Method::by_tls) && evidence.certificate.is_none() {
        return Err(lacks("client_certificate")
            .hint("set client_certificate = { file = \"CERT.pem\" }, or OAT_CLIENT_CERTIFICATE to the PEM itself"));
    }
    let by_key = named.is_some_and(|method| method == Method::PrivateKeyJwt || method.by_tls());
    if by_key && !key {
        return Err(lacks("client_key").hint(format!(
            "set client_key = {{ file = \"KEY.pem\" }}, seal one with `oat profile set-secret {profile} < KEY.pem`, or set OAT_CLIENT_KEY to the key itself"
        )));
    }
    let by_secret = match named {
        None => !key,
        Some(method) => method.by_secret(),
    };
    if by_secret && evidence.secret.is_none() && (grant == Grant::ClientCredentials || named == Some(Method::ClientSecretJwt)) {
        return Err(lacks("client_secret").hint(format!(
            "set client_secret = {{ env = \"NAME\" }}, seal one with `oat profile set-secret {profile}`, set OAT_CLIENT_SECRET, give a `client_key`, or say client_auth = \"none\" for a public client"
        )));
    }
    Ok(())
}
