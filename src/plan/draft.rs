//! What flags, environment, profile file and preset say of each key.

use crate::cli::words::{Chosen, SANDBOX_PORT};
use crate::config::Profile;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, KeyKind, Value};
use crate::name::ProfileName;
use crate::plan::choice::{SANDBOX, UNNAMED, unknown};
use crate::plan::grant::Grant;
use crate::plan::making::Making;
use crate::plan::setting::{Origin, Setting, Settings};
use crate::plan::substitution::{as_text, from_environment, map_text};
use crate::provider::{self, Preset};
use crate::sandbox::clients::{CLIENT_ID, CLIENT_SECRET};
use crate::secret::{ClientSecret, SecretReference};

/// What is known of each key before the plan is made.
pub struct Draft {
    /// The keys that have a value.
    pub settings: Settings,
    /// The preset that the profile names.
    pub preset: Option<Preset>,
    /// Why the preset's keys are not all there.
    pub lacking: Option<Error>,
    /// Whether this is the built-in profile.
    pub sandbox: bool,
}

impl Draft {
    /// Gathers flags, variables, the profile file and the preset, the first of them winning. The `OAT_…` variables are about the
    /// profile that was chosen, which is the first of those that a command may need.
    pub fn gather(name: &ProfileName, chosen: &Chosen, making: Making) -> Result<Draft> {
        let mut draft = Draft { settings: Settings::default(), preset: None, lacking: None, sandbox: false };
        draft.fill_in(name, chosen, making).map(|()| draft)
    }

    /// What is known of each key before the first one that is wrong.
    pub fn known(name: &ProfileName, chosen: &Chosen, making: Making) -> Vec<Setting> {
        let mut draft = Draft { settings: Settings::default(), preset: None, lacking: None, sandbox: false };
        let _ = draft.fill_in(name, chosen, making);
        draft.settings.all
    }

    fn fill_in(&mut self, name: &ProfileName, chosen: &Chosen, making: Making) -> Result<()> {
        let Making { config, environment, .. } = making;
        let profile = config.profile(name.as_str());
        let sandbox = profile.is_none() && name.as_str() == SANDBOX;
        if profile.is_none() && !sandbox && name.as_str() != UNNAMED {
            return Err(unknown(name.as_str(), config));
        }
        self.settings.path = config.path.display().to_string();
        self.sandbox = sandbox;
        self.flags(chosen)?;
        if making.above.is_empty() {
            self.variables(environment)?;
        }
        self.file(profile, environment)?;
        if sandbox {
            self.built_in(making.of_person);
        }
        if let Some(provider) = self.settings.text("provider") {
            let from = self.settings.origin("provider");
            let preset = Preset::named(&provider).map_err(|error| error.saying(|said| format!("{} ({from})", said)))?;
            self.preset(preset, name, environment)?;
        }
        Ok(())
    }

    fn flags(&mut self, chosen: &Chosen) -> Result<()> {
        for (key, text) in &chosen.flags {
            let value = key.read(text).map_err(|expected| Error::new(Kind::Usage, format!("`--{}` must be {expected}", key.flag())))?;
            self.settings.add(key, value, Origin::Flag);
        }
        for (key, reference) in &chosen.secrets {
            self.settings.add(key, Value::Secret(reference.clone()), Origin::Flag);
        }
        Ok(())
    }

    fn variables(&mut self, environment: &Environment) -> Result<()> {
        // Looked for one by one, they would cost a tenth of a cached token.
        let set = environment.starting_with("OAT_");
        for key in KEYS {
            let Some((variable, text)) = set.iter().find(|(name, _)| key.is_variable(name)) else { continue };
            let variable = variable.clone();
            let value = match key.kind {
                KeyKind::Secret => Value::Secret(SecretReference::Env(variable.clone())),
                _ => key
                    .read(text)
                    .map_err(|expected| Error::new(Kind::Config, format!("the environment variable `{variable}` must be {expected}")))?,
            };
            self.settings.add(key, value, Origin::Environment(variable));
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
                        self.settings.path, setting.line, setting.key.name
                    ),
                )
                .hint(format!("export {variable}=…"))
            })?;
            self.settings.add(setting.key, value, Origin::File(setting.line));
        }
        Ok(())
    }

    fn built_in(&mut self, of_person: bool) {
        let issuer = format!("http://127.0.0.1:{SANDBOX_PORT}");
        let grant = if of_person { "authorization_code" } else { "client_credentials" };
        let mut texts = vec![("issuer", issuer), ("client_id", CLIENT_ID.into()), ("grant", grant.into())];
        texts.extend(of_person.then(|| ("scope", "openid offline_access".into())));
        for (name, text) in texts {
            if let Some(key) = Key::named(name) {
                self.settings.add(key, Value::Text(text), Origin::BuiltIn);
            }
        }
        if let Some(key) = Key::named("client_secret") {
            self.settings.add(key, Value::Secret(SecretReference::Literal(ClientSecret::new(CLIENT_SECRET))), Origin::BuiltIn);
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
                self.settings.add(variable.key, value, Origin::Preset(preset.name.clone()));
            }
            if let Some(text) = self.settings.text(variable.key.name) {
                let checked = preset.check(variable, &text)?;
                self.settings.replace(variable.key.name, Value::Text(checked));
            }
        }
        let grant = self
            .settings
            .text("grant")
            .or_else(|| preset.settings.iter().find(|(key, _)| key.name == "grant").and_then(|(_, v)| as_text(v)));
        let grant = grant.unwrap_or_else(|| Grant::AuthorizationCode.name().into());
        let for_grant =
            preset.by_grant.iter().find(|(name, _)| *name == grant).map(|(_, settings)| settings.as_slice()).unwrap_or_default();
        let for_any = preset.settings.iter().filter(|(key, _)| !for_grant.iter().any(|(own, _)| own.name == key.name));
        for (key, value) in for_grant.iter().chain(for_any) {
            // An unset variable of the environment leaves the key open: it is asked for by its name below.
            let Ok(mut value) = from_environment(value, environment) else { continue };
            let own = self.settings.value(key.name).cloned();
            if preset.variables.iter().any(|variable| variable.key.name == key.name) || !beside(key.name, &mut value, own.as_ref()) {
                continue;
            }
            match self.fill(&value, &preset) {
                Ok(value) => match (value, own) {
                    (Value::Parameters(mut map), Some(Value::Parameters(own))) => {
                        map.extend(own);
                        self.settings.replace(key.name, Value::Parameters(map));
                    }
                    (value, _) => self.settings.add(key, value, Origin::Preset(preset.name.clone())),
                },
                Err(missing) if self.lacking.is_none() => self.lacking = Some(self.lacks(&preset, &missing, profile)),
                Err(_) => {}
            }
        }
        self.preset = Some(preset);
        Ok(())
    }

    /// Puts the person's own values where a preset's strings have `{variable}`; any other key may stand there too, with the
    /// preset's own value where the profile has none. Fails with the missing one's name.
    fn fill(&self, value: &Value, preset: &Preset) -> std::result::Result<Value, String> {
        let own = |name: &str| preset.settings.iter().find(|(key, _)| key.name == name).and_then(|(_, value)| as_text(value));
        let known = |name: &str| self.settings.text(name).or_else(|| own(name).filter(|text| !text.contains('{')));
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
}

/// Leaves of a preset's value what stands beside the person's `own`: what else a token request and an assertion have in them. Whether there
/// is anything to be had of it. A sign-in is as the person says it: at Slack, a bot's has no `user_scope`.
fn beside(key: &str, value: &mut Value, own: Option<&Value>) -> bool {
    match (value, own) {
        (Value::Parameters(map), Some(Value::Parameters(own))) if matches!(key, "token_params" | "assertion_claims") => {
            map.retain(|name, _| !own.contains_key(name));
            !map.is_empty()
        }
        (_, own) => own.is_none(),
    }
}
