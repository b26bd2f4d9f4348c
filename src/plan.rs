//! Flags, environment, profile and preset become one `Plan`, with nothing left open.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::cli::{Chosen, SANDBOX_PORT};
use crate::config::{Config, Profile};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, KeyKind, Value};
use crate::name::ProfileName;
use crate::oauth::client_auth::Method;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::token::Body;
use crate::provider::{self, Preset};
use crate::secret::{ClientSecret, SecretReference};
use crate::text::{escape, nearest};
use crate::time::Seconds;

/// The client of the built-in profile.
pub const SANDBOX_CLIENT: &str = "sandbox";
/// Its secret, which is none.
pub const SANDBOX_SECRET: &str = "sandbox-secret";
/// The profile of a run that names none but brings its own server.
const UNNAMED: &str = "environment";

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
    /// How it proves itself; None leaves it to discovery.
    pub client_auth: Option<Method>,
    /// How parameters travel.
    pub body: Body,
    /// The parameters of the token request, besides `grant_type` and the client.
    pub parameters: Vec<(String, Json)>,
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
    pub settings: Vec<Setting>,
}

/// How a token is got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628.
    DeviceCode,
    /// RFC 8693.
    TokenExchange,
    /// RFC 7523 section 2.1.
    JwtBearer,
}

/// One key, its value, and where it came from.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The key.
    pub key: &'static Key,
    /// Its value, with variables filled in.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag,
    /// This environment variable.
    Environment(String),
    /// This line of the profile file.
    File(usize),
    /// The preset.
    Preset(String),
    /// The profile is built in.
    BuiltIn,
}

impl Grant {
    /// The name in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Grant::AuthorizationCode => "authorization_code",
            Grant::ClientCredentials => "client_credentials",
            Grant::DeviceCode => "device_code",
            Grant::TokenExchange => "token_exchange",
            Grant::JwtBearer => "jwt_bearer",
        }
    }

    fn named(name: &str) -> Option<Grant> {
        use Grant::*;
        [AuthorizationCode, ClientCredentials, DeviceCode, TokenExchange, JwtBearer].into_iter().find(|grant| grant.name() == name)
    }
}

impl Plan {
    /// Makes the plan. Fails with `Config` for what is missing or wrong in a profile, `Usage` for a flag.
    pub fn make(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<Plan> {
        let name = choose(chosen, config, environment)?;
        let draft = Draft::gather(&name, chosen, config, environment)?;
        draft.plan(name, environment)
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
        let map: Map<String, Json> = self.parameters.iter().cloned().collect();
        Json::Object(map).to_string()
    }
}

/// Every value of the chosen profile with its origin, also where they do not make a plan yet.
pub fn gather(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<(ProfileName, Vec<Setting>)> {
    let name = choose(chosen, config, environment)?;
    let draft = Draft::gather(&name, chosen, config, environment)?;
    Ok((name, draft.settings))
}

/// The profile: the argument, else `OAT_PROFILE`, else `default_profile`, else the only one.
pub fn choose(chosen: &Chosen, config: &Config, environment: &Environment) -> Result<ProfileName> {
    if let Some(name) = &chosen.profile {
        return ProfileName::parse(name);
    }
    if let Some(name) = environment.get("OAT_PROFILE") {
        return ProfileName::parse(&name);
    }
    if let Some(name) = &config.default_profile {
        return match config.profile(name) {
            Some(profile) => Ok(profile.name.clone()),
            None => Err(unknown(name, config)),
        };
    }
    if let [only] = config.profiles.as_slice() {
        return Ok(only.name.clone());
    }
    let brings_server = |key: &str| {
        chosen.flags.iter().any(|(k, _)| k.name == key) || Key::named(key).is_some_and(|k| environment.get(&k.variable()).is_some())
    };
    if ["provider", "issuer", "token_endpoint"].into_iter().any(brings_server) {
        return ProfileName::parse(UNNAMED);
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
    let names = config.profiles.iter().map(|p| p.name.as_str()).chain(["sandbox"]);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`oat profile list` names every profile; `oat profile add {} --issuer URL` writes it", escape(name)),
    };
    Error::new(Kind::Config, format!("no profile `{}` in config file `{}`", escape(name), config.path.display())).hint(hint)
}

/// What is known of each key before the plan is made.
struct Draft {
    settings: Vec<Setting>,
    preset: Option<Preset>,
    sandbox: bool,
    path: String,
}

impl Draft {
    fn gather(name: &ProfileName, chosen: &Chosen, config: &Config, environment: &Environment) -> Result<Draft> {
        let profile = config.profile(name.as_str());
        let sandbox = profile.is_none() && name.as_str() == "sandbox";
        if profile.is_none() && !sandbox && (chosen.profile.is_some() || name.as_str() != UNNAMED) {
            return Err(unknown(name.as_str(), config));
        }
        let mut draft = Draft { settings: Vec::new(), preset: None, sandbox, path: config.path.display().to_string() };
        draft.flags(chosen)?;
        draft.variables(environment)?;
        draft.file(profile, environment)?;
        if sandbox {
            draft.built_in();
        }
        if let Some(provider) = draft.text("provider") {
            let from = draft.origin("provider");
            let preset = Preset::named(&provider).map_err(|error| Error { message: format!("{} ({from})", error.message), ..error })?;
            draft.preset(preset, name, environment)?;
        }
        Ok(draft)
    }

    fn add(&mut self, key: &'static Key, value: Value, origin: Origin) {
        if !self.settings.iter().any(|setting| setting.key.name == key.name) {
            self.settings.push(Setting { key, value, origin });
        }
    }

    fn flags(&mut self, chosen: &Chosen) -> Result<()> {
        for (key, text) in &chosen.flags {
            let value = key.read(text).map_err(|expected| Error::new(Kind::Usage, format!("`--{}` must be {expected}", key.flag())))?;
            self.add(key, value, Origin::Flag);
        }
        if let (Some(reference), Some(key)) = (&chosen.client_secret, Key::named("client_secret")) {
            self.add(key, Value::Secret(reference.clone()), Origin::Flag);
        }
        Ok(())
    }

    fn variables(&mut self, environment: &Environment) -> Result<()> {
        for key in KEYS {
            let variable = key.variable();
            let Some(text) = environment.get(&variable) else { continue };
            let value = match key.kind {
                KeyKind::Secret => Value::Secret(SecretReference::Env(variable.clone())),
                _ => key
                    .read(&text)
                    .map_err(|expected| Error::new(Kind::Config, format!("the environment variable `{variable}` must be {expected}")))?,
            };
            self.add(key, value, Origin::Environment(variable));
        }
        Ok(())
    }

    fn file(&mut self, profile: Option<&Profile>, environment: &Environment) -> Result<()> {
        for setting in profile.map(|p| p.settings.as_slice()).unwrap_or_default() {
            let value = from_environment(&setting.value, environment).map_err(|variable| {
                Error::new(
                    Kind::Config,
                    format!(
                        "config file `{}`, line {}: `{}` needs the environment variable `{variable}`, which is not set",
                        self.path, setting.line, setting.key.name
                    ),
                )
                .hint(format!("export {variable}=…"))
            })?;
            self.add(setting.key, value, Origin::File(setting.line));
        }
        Ok(())
    }

    fn built_in(&mut self) {
        let texts = [
            ("issuer", format!("http://127.0.0.1:{SANDBOX_PORT}")),
            ("client_id", SANDBOX_CLIENT.into()),
            ("grant", "client_credentials".into()),
        ];
        for (name, text) in texts {
            if let Some(key) = Key::named(name) {
                self.add(key, Value::Text(text), Origin::BuiltIn);
            }
        }
        if let Some(key) = Key::named("client_secret") {
            self.add(key, Value::Secret(SecretReference::Literal(ClientSecret::new(SANDBOX_SECRET))), Origin::BuiltIn);
        }
    }

    fn preset(&mut self, preset: Preset, profile: &ProfileName, environment: &Environment) -> Result<()> {
        // The preset's own values for its variables come last: an environment variable it names, then its default.
        for variable in &preset.variables {
            let named = preset.settings.iter().find(|(key, _)| key.name == variable.key.name);
            let value = named
                .and_then(|(_, value)| from_environment(value, environment).ok())
                .or_else(|| variable.default.clone().map(Value::Text));
            if let Some(value) = value {
                self.add(variable.key, value, Origin::Preset(preset.name.clone()));
            }
            if let Some(text) = self.text(variable.key.name) {
                let checked = preset.check(variable, &text)?;
                self.replace(variable.key.name, Value::Text(checked));
            }
        }
        let grant =
            self.text("grant").or_else(|| preset.settings.iter().find(|(key, _)| key.name == "grant").and_then(|(_, v)| as_text(v)));
        let grant = grant.unwrap_or_else(|| Grant::AuthorizationCode.name().into());
        let for_grant =
            preset.by_grant.iter().find(|(name, _)| *name == grant).map(|(_, settings)| settings.as_slice()).unwrap_or_default();
        for (key, value) in for_grant.iter().chain(&preset.settings) {
            // An unset variable of the environment leaves the key open: it is asked for by its name below.
            let Ok(value) = from_environment(value, environment) else { continue };
            if preset.variables.iter().any(|variable| variable.key.name == key.name) || self.text(key.name).is_some() {
                continue;
            }
            let value = self.fill(&value).map_err(|missing| self.lacks(&preset, &missing, profile))?;
            self.add(key, value, Origin::Preset(preset.name.clone()));
        }
        self.preset = Some(preset);
        Ok(())
    }

    /// Puts the person's own values where a preset's strings have `{variable}`. Fails with the missing one's name.
    fn fill(&self, value: &Value) -> std::result::Result<Value, String> {
        let known = |name: &str| self.text(name);
        map_text(value, &|text| provider::expand(text, &known))
    }

    fn lacks(&self, preset: &Preset, variable: &str, profile: &ProfileName) -> Error {
        let found = preset.variables.iter().find(|v| v.key.name == variable);
        let example = found.map(|v| v.example.as_str()).unwrap_or_default();
        let choices = found.filter(|v| !v.choices.is_empty()).map(|v| format!(" (one of {})", v.choices.join(", "))).unwrap_or_default();
        let from = preset.settings.iter().find(|(key, _)| key.name == variable).and_then(|(_, value)| as_text(value));
        let or = from.map(|template| format!(", or set {}", template.trim_matches(|c| "${}".contains(c)))).unwrap_or_default();
        Error::new(Kind::Config, format!("profile `{profile}` lacks `{variable}`, which provider `{}` needs", preset.name))
            .hint(format!("{variable} = \"{example}\" in [profile.{profile}]{choices}{or}"))
    }

    fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key.name == key)
    }

    fn replace(&mut self, key: &str, value: Value) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.key.name == key) {
            setting.value = value;
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(|setting| as_text(&setting.value))
    }

    fn length(&self, key: &str) -> Option<Seconds> {
        self.get(key).and_then(|setting| match setting.value {
            Value::Duration(length) => Some(length),
            _ => None,
        })
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.get(key).map(|setting| &setting.value) {
            Some(Value::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    fn origin(&self, key: &str) -> String {
        self.get(key).map_or_else(String::new, |setting| setting.origin.describe(setting.key))
    }

    /// Where a value came from, before what is wrong with it.
    fn wrong(&self, key: &str, reason: impl std::fmt::Display) -> Error {
        let setting = self.get(key);
        let kind = if setting.is_some_and(|s| s.origin == Origin::Flag) { Kind::Usage } else { Kind::Config };
        let place = match setting.map(|s| &s.origin) {
            Some(Origin::File(line)) => format!("config file `{}`, line {line}: ", self.path),
            Some(origin) => format!("{}: ", origin.describe(KEYS.iter().find(|k| k.name == key).unwrap_or(&KEYS[0]))),
            None => String::new(),
        };
        Error::new(kind, format!("{place}`{key}`: {reason}"))
    }

    fn endpoint(&self, key: &str) -> Result<Option<Endpoint>> {
        let text = self.text(key).map(|text| Endpoint::parse(&text));
        text.transpose().map_err(|reason| self.wrong(key, reason).hint("endpoints are https, or http on 127.0.0.1, [::1] or localhost"))
    }

    fn plan(self, profile: ProfileName, environment: &Environment) -> Result<Plan> {
        for setting in self.settings.iter().filter(|setting| setting.key.kind == KeyKind::Url && setting.key.name != "issuer") {
            self.endpoint(setting.key.name)?;
        }
        let timeout = self.length("timeout").unwrap_or(Seconds(30));
        if timeout.0 < 1 {
            return Err(self.wrong("timeout", "it must be at least 1 s").hint("30s is the default"));
        }
        let issuer = self
            .text("issuer")
            .map(|text| Issuer::parse(&text))
            .transpose()
            .map_err(|reason| self.wrong("issuer", reason).hint("an issuer is https, or http on 127.0.0.1, [::1] or localhost"))?;
        let token_endpoint = self.endpoint("token_endpoint")?;
        if issuer.is_none() && token_endpoint.is_none() {
            return Err(Error::new(Kind::Config, format!("profile `{profile}` names no server"))
                .hint(format!("set `issuer`, `provider` or `token_endpoint` in [profile.{profile}] of `{}`", self.path)));
        }
        let Some(client_id) = self.text("client_id") else {
            let variable =
                self.preset.as_ref().and_then(|p| p.settings.iter().find(|(key, _)| key.name == "client_id")).and_then(|(_, v)| as_text(v));
            let or = variable.map(|template| format!("set {}, or ", template.trim_matches(|c| "${}".contains(c)))).unwrap_or_default();
            return Err(Error::new(Kind::Config, format!("profile `{profile}` has no `client_id`"))
                .hint(format!("{or}set client_id = \"…\" in [profile.{profile}] of `{}`, or OAT_CLIENT_ID", self.path)));
        };
        let grant = self.text("grant").and_then(|name| Grant::named(&name)).unwrap_or(Grant::AuthorizationCode);
        let client_auth = self.text("client_auth").and_then(|name| Method::named(&name));
        let client_secret = self.client_secret();
        if grant == Grant::ClientCredentials && client_secret.is_none() && client_auth != Some(Method::None) {
            return Err(Error::new(Kind::Config, format!("profile `{profile}` has no `client_secret`"))
                .hint("set client_secret = { env = \"NAME\" }, seal one with `oat profile set-secret`, or say client_auth = \"none\" for a public client"));
        }
        let mut plan = Plan {
            grant,
            issuer,
            pin_hosts: self.list("pin_hosts"),
            token_endpoint,
            client_id,
            client_secret,
            client_auth,
            body: self.text("token_request_body").and_then(|name| Body::named(&name)).unwrap_or_default(),
            parameters: self.parameters(grant),
            token_pointer: self.text("token_pointer").filter(|pointer| !pointer.is_empty()),
            token_type: self.text("token_type"),
            leeway: self.length("leeway").unwrap_or(Seconds(60)),
            default_lifetime: self.length("default_lifetime"),
            ca_file: self.text("ca_file").map(|path| home(&path, environment)),
            timeout: timeout.duration(),
            sandbox: self.sandbox,
            warnings: Vec::new(),
            settings: self.settings,
            preset: self.preset,
            profile,
        };
        if let Some(SecretReference::File(path)) = &plan.client_secret {
            plan.client_secret = Some(SecretReference::File(home(&path.to_string_lossy(), environment)));
        }
        plan.warnings = warnings(&plan);
        Ok(plan)
    }

    fn client_secret(&self) -> Option<SecretReference> {
        match self.get("client_secret").map(|setting| &setting.value) {
            Some(Value::Secret(reference)) => Some(reference.clone()),
            _ => None,
        }
    }

    /// What goes into the token request. A sign-in's scope and audience belong to the authorization request instead.
    fn parameters(&self, grant: Grant) -> Vec<(String, Json)> {
        let mut parameters = Vec::new();
        if grant == Grant::ClientCredentials {
            for name in ["scope", "audience", "organization"] {
                if let Some(text) = self.text(name).filter(|text| !text.is_empty()) {
                    parameters.push((name.to_string(), Json::String(text)));
                }
            }
            match self.list("resource").as_slice() {
                [] => {}
                [one] => parameters.push(("resource".into(), Json::String(one.clone()))),
                several => parameters.push(("resource".into(), several.to_vec().into())),
            }
        }
        if let Some(Value::Parameters(extra)) = self.get("token_params").map(|setting| &setting.value) {
            parameters.retain(|(name, _)| !extra.contains_key(name));
            parameters.extend(extra.clone());
        }
        parameters
    }
}

impl Origin {
    /// In words: `--scope`, `OAT_SCOPE`, `line 7`, `preset auth0`.
    pub fn describe(&self, key: &Key) -> String {
        match self {
            Origin::Flag => format!("`--{}`", key.flag()),
            Origin::Environment(variable) => format!("`{variable}`"),
            Origin::File(line) => format!("line {line}"),
            Origin::Preset(name) => format!("preset `{name}`"),
            Origin::BuiltIn => "built in".into(),
        }
    }
}

fn warnings(plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    let public = plan.sandbox || plan.preset.as_ref().is_some_and(|preset| preset.public_secret);
    if matches!(plan.client_secret, Some(SecretReference::Literal(_))) && !public {
        warnings.push(format!(
            "profile `{0}` has its client secret in the config file; `oat profile set-secret {0}` seals it instead",
            plan.profile
        ));
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

/// Puts environment variables in for `${NAME}`. Fails with the name of one that is not set.
fn from_environment(value: &Value, environment: &Environment) -> std::result::Result<Value, String> {
    map_text(value, &|text| {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(&environment.get(name).ok_or_else(|| escape(name))?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    })
}

fn map_text(value: &Value, change: &dyn Fn(&str) -> std::result::Result<String, String>) -> std::result::Result<Value, String> {
    Ok(match value {
        Value::Text(text) if text.contains('{') => Value::Text(change(text)?),
        Value::List(list) => Value::List(list.iter().map(|text| change(text)).collect::<std::result::Result<_, _>>()?),
        Value::Parameters(map) => {
            let changed = map.iter().map(|(name, value)| {
                Ok((
                    name.clone(),
                    match value {
                        Json::String(text) if text.contains('{') => Json::String(change(text)?),
                        other => other.clone(),
                    },
                ))
            });
            Value::Parameters(changed.collect::<std::result::Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// `~/x` is in the home folder.
fn home(path: &str, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~/"), environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn plan(text: &str, flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Plan> {
        let config = Config::parse(Path::new("/c/config.toml"), text)?;
        let flags = flags.iter().map(|(name, text)| (Key::named(name).unwrap(), text.to_string())).collect();
        Plan::make(&Chosen { flags, ..Chosen::default() }, &config, &Environment::of(variables))
    }

    const ZERO: &str = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"https://zero.example\"\nclient_id = \"cli_1\"\nclient_secret = { env = \"S\" }\nscope = \"from-file\"\n";

    #[test]
    fn a_flag_beats_a_variable_beats_the_file_beats_the_preset() {
        let scope = |flags: &[(&str, &str)], variables: &[(&str, &str)]| plan(ZERO, flags, variables).unwrap().scope().map(str::to_string);
        assert_eq!(scope(&[("scope", "flag")], &[("OAT_SCOPE", "variable")]).as_deref(), Some("flag"));
        assert_eq!(scope(&[], &[("OAT_SCOPE", "variable")]).as_deref(), Some("variable"));
        assert_eq!(scope(&[], &[]).as_deref(), Some("from-file"));
        let made = plan(&format!("{ZERO}token_request_body = \"form\"\n"), &[], &[]).unwrap();
        assert_eq!(made.body, Body::Form);
        let client_auth = made.settings.iter().find(|setting| setting.key.name == "client_auth").unwrap();
        assert_eq!(client_auth.origin, Origin::Preset("vericerts".into()));
        assert_eq!(made.token_endpoint.unwrap().as_str(), "https://zero.example/v1/auth/token");
    }

    #[test]
    fn vc1_the_base_url_may_come_from_a_variable_and_an_unset_one_is_named() {
        let text = ZERO.replace("https://zero.example", "${ZERO_URL}");
        let made = plan(&text, &[], &[("ZERO_URL", "https://z.example/")]).unwrap();
        assert_eq!(made.token_endpoint.unwrap().as_str(), "https://z.example/v1/auth/token");
        let error = plan(&text, &[], &[]).unwrap_err();
        assert!(error.message.contains("ZERO_URL") && error.message.contains("line 3"), "{}", error.message);
        let error = plan("[profile.zero]\nprovider = \"vericerts\"\n", &[], &[]).unwrap_err();
        assert!(error.message.contains("base_url") && error.hint.unwrap().contains("VERICERTS_API_URL"), "{}", error.message);
    }

    #[test]
    fn no_file_is_needed_when_the_environment_brings_the_server() {
        let variables = [
            ("OAT_TOKEN_ENDPOINT", "https://a.example/t"),
            ("OAT_CLIENT_ID", "c"),
            ("OAT_CLIENT_SECRET", "s"),
            ("OAT_GRANT", "client_credentials"),
        ];
        let made = plan("", &[], &variables).unwrap();
        assert_eq!(made.profile.as_str(), "environment");
        assert_eq!(made.client_secret, Some(SecretReference::Env("OAT_CLIENT_SECRET".into())));
        let error = plan("", &[], &[("OAT_GRANT", "password"), ("OAT_ISSUER", "https://a.example")]).unwrap_err();
        assert!(error.message.contains("OAT_GRANT"), "{}", error.message);
    }

    #[test]
    fn what_is_missing_is_named_with_the_line_to_write() {
        for (text, word) in [
            ("[profile.a]\nclient_id = \"x\"", "names no server"),
            ("[profile.a]\nissuer = \"https://a\"", "client_id"),
            ("[profile.a]\nissuer = \"https://a\"\nclient_id = \"x\"\ngrant = \"client_credentials\"", "client_secret"),
            ("[profile.a]\nprovider = \"abbyy-vantage\"", "region"),
            ("[profile.a]\nprovider = \"abbyy-vantage\"\nregion = \"de\"", "eu"),
            ("[profile.a]\nprovider = \"vantage\"", "unknown provider"),
            ("[profile.a]\nissuer = \"http://a.example\"", "plain http"),
            ("[profile.a]\n[profile.b]\n", "which profile"),
            ("default_profile = \"x\"\n[profile.a]\n", "no profile `x`"),
        ] {
            let error = plan(text, &[], &[]).unwrap_err();
            assert_eq!(error.kind, Kind::Config, "{text}");
            assert!(error.message.contains(word) && error.hint.is_some(), "{text}: {error:?}");
        }
    }

    #[test]
    fn ab3_the_tenant_stands_in_the_path_only_where_there_is_one() {
        let text = "[profile.v]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
        let made = plan(text, &[], &[]).unwrap();
        assert_eq!(made.token_endpoint.as_ref().unwrap().as_str(), "https://vantage-eu.abbyy.com/auth2/connect/token");
        assert_eq!(made.parameters, [("scope".to_string(), Json::from("openid permissions global.wildcard"))]);
        let made = plan(text, &[("tenant", "t-1")], &[]).unwrap();
        assert_eq!(made.token_endpoint.unwrap().as_str(), "https://vantage-eu.abbyy.com/auth2/t-1/connect/token");
    }

    #[test]
    fn a14_a_management_audience_on_another_host_is_warned_of() {
        let text = |audience: &str| {
            format!(
                "[profile.a]\nprovider = \"auth0\"\ndomain = \"login.example.com\"\ngrant = \"client_credentials\"\nclient_id = \"c\"\nclient_secret = {{ env = \"S\" }}\naudience = \"{audience}\"\n"
            )
        };
        assert_eq!(plan(&text("https://t.auth0.com/api/v2/"), &[], &[]).unwrap().warnings.len(), 1);
        assert_eq!(plan(&text("https://login.example.com/api/v2/"), &[], &[]).unwrap().warnings.len(), 0);
        assert_eq!(plan(&text("https://api.example.com"), &[], &[]).unwrap().warnings.len(), 0);
    }
}
