//! `oat profile add`: a new profile, checked before it is written; on a terminal, what is missing is asked for.

use crate::cli::words::Chosen;
use crate::commands::house::House;
use crate::commands::profile_file::ProfileFile;
use crate::commands::profile_secret::{seal, sealing_store};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::hosts;
use crate::keys::{Key, KeyKind, Value};
use crate::name::ProfileName;
use crate::oauth::client_auth::Method;
use crate::oauth::document::Known;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::metadata::{self, Asked};
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::plan::sign_in::SignIn;
use crate::plan::substitution::{as_text, home};
use crate::provider::{self, Preset};
use crate::secret::{ClientSecret, SecretReference, Wanted};
use crate::text::escape;
use crate::time::Seconds;
use crate::world::{Machine, Network};

/// What is to be written.
struct Draft {
    name: ProfileName,
    values: Vec<(&'static Key, Value)>,
    /// A secret that was typed in, to be sealed once the profile is there.
    typed: Option<(&'static Key, ClientSecret)>,
    /// The scope that a sign-in may well ask for, where nobody could be asked.
    suggested: Option<String>,
}

/// Writes a new profile.
pub fn add(house: &House, chosen: &Chosen) -> Result<()> {
    let config = house.config()?;
    let name = ProfileName::parse(chosen.profile.as_deref().unwrap_or_default())?;
    if config.profile(name.as_str()).is_some() {
        return Err(Error::new(Kind::Config, format!("there is a profile `{name}` already in `{}`", config.path.display()))
            .hint(format!("`oat profile edit {name} …` changes it, `oat profile remove {name}` takes it away")));
    }
    let mut draft = Draft { name, values: Vec::new(), typed: None, suggested: None };
    for (key, text) in &chosen.flags {
        let value = key.read(text).map_err(|expected| Error::new(Kind::Usage, format!("`--{}` must be {expected}", key.flag())))?;
        draft.values.push((key, value));
    }
    for (key, reference) in &chosen.secrets {
        match (reference, Wanted::of(key.name)) {
            (SecretReference::Stdin, Some(wanted)) => {
                draft.typed = Some((key, crate::world::secrets::reveal(reference, wanted, &house.environment)?));
            }
            _ => draft.values.push((key, Value::Secret(reference.clone()))),
        }
    }
    draft.server(house)?;
    let preset = draft.preset(house)?;
    draft.discovered(house)?;
    draft.client(house, preset.as_ref())?;
    check(&draft.values)?;
    if draft.typed.is_some() {
        sealing_store(house, &config)?;
    }
    draft.write(house, &config)
}

impl Draft {
    fn text(&self, key: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(k, _)| k.name == key)
            .and_then(|(_, value)| if let Value::Text(text) = value { Some(text.as_str()) } else { None })
    }

    fn put(&mut self, key: &str, text: String) {
        if let Some(key) = Key::named(key) {
            self.values.push((key, Value::Text(text)));
        }
    }

    /// A provider, an issuer or a token endpoint is needed.
    fn server(&mut self, house: &House) -> Result<()> {
        if ["provider", "issuer", "token_endpoint"].iter().any(|key| self.text(key).is_some()) {
            return Ok(());
        }
        let missing = || {
            Error::new(Kind::Usage, "which server? no provider, issuer or token endpoint was given").hint(format!(
                "--issuer URL for any OpenID Connect server, --provider NAME for one of {}",
                provider::names().collect::<Vec<_>>().join(", ")
            ))
        };
        if !house.terminal.interactive() {
            return Err(missing());
        }
        let answer = house.terminal.ask("issuer URL, or the name of a provider").filter(|text| !text.is_empty()).ok_or_else(missing)?;
        self.put(if answer.contains("://") { "issuer" } else { "provider" }, answer);
        Ok(())
    }

    /// The preset, its variables asked for and checked.
    fn preset(&mut self, house: &House) -> Result<Option<Preset>> {
        let Some(name) = self.text("provider").map(str::to_string) else { return Ok(None) };
        let preset = Preset::named(&name)?;
        for variable in &preset.variables {
            let key = variable.key.name;
            // A preset may name an environment variable for it; that one has to be there.
            let named = preset.settings.iter().find_map(|(k, value)| match value {
                Value::Text(text) if k.name == key => text.strip_prefix("${")?.strip_suffix('}'),
                _ => None,
            });
            let known = named.is_some_and(|name| house.environment.get(name).is_some());
            if self.text(key).is_none() && variable.default.is_none() && !variable.optional && !known {
                let choices =
                    if variable.choices.is_empty() { format!("such as {}", variable.example) } else { variable.choices.join(", ") };
                let answer = if house.terminal.interactive() { house.terminal.ask(&format!("{key} ({choices})")) } else { None };
                let missing = || {
                    let or = named.map(|name| format!(", or set {name}")).unwrap_or_default();
                    Error::new(Kind::Usage, format!("provider `{name}` needs `{key}` ({choices})")).hint(format!(
                        "--{} {}{or}",
                        variable.key.flag(),
                        variable.example
                    ))
                };
                self.put(key, answer.filter(|text| !text.is_empty()).ok_or_else(missing)?);
            }
            if let Some(text) = self.text(key).filter(|text| !text.contains("${")) {
                preset.check(variable, text)?;
            }
        }
        Ok(Some(preset))
    }

    /// With an issuer, the server is asked at once; nothing is written when its metadata does not hold.
    fn discovered(&self, house: &House) -> Result<()> {
        let Some(text) = self.text("issuer").filter(|text| self.text("token_endpoint").is_none() && !text.contains("${")) else {
            return Ok(());
        };
        let issuer = Issuer::parse(text).map_err(|reason| Error::new(Kind::Usage, format!("`--issuer`: {reason}")))?;
        let timeout = self.values.iter().find_map(|(key, value)| match value {
            Value::Duration(length) if key.name == "timeout" => Some(*length),
            _ => None,
        });
        let network = Network {
            timeout: timeout.unwrap_or(Seconds(30)).min(Seconds(3600)).duration(),
            ca_file: self.text("ca_file").map(|path| home(path, &house.environment)),
            trace: house.common.trace.clone(),
        };
        let pins = self.values.iter().find_map(|(key, value)| match value {
            Value::List(hosts) if key.name == "pin_hosts" => Some(hosts.clone()),
            _ => None,
        });
        let pins = pins.unwrap_or_default();
        let mut world = Machine::new(network, None, &house.environment, house.terminal, None);
        let found = metadata::discover(&mut world, Asked { issuer: &issuer, also: None, pin_hosts: &pins, known: Known::Anew })?;
        house.terminal.say(&format!("the metadata of {} is there and holds", escape(text)));
        if let (Some(grant), Some(offered)) = (self.text("grant"), &found.grant_types)
            && !offered.iter().any(|name| name == grant)
        {
            // Never a refusal: some servers leave out grants that work.
            house
                .terminal
                .warn(&format!("the server's metadata does not list the grant `{grant}`; it lists {}", escape(&offered.join(", "))));
        }
        Ok(())
    }

    /// The client's id, the grant and what it asks for.
    fn client(&mut self, house: &House, preset: Option<&Preset>) -> Result<()> {
        let of_preset = |key: &str| preset.and_then(|preset| preset.settings.iter().find(|(k, _)| k.name == key)).map(|(_, value)| value);
        let on_terminal = house.terminal.interactive();
        let named = self.text("grant").map(str::to_string).or_else(|| of_preset("grant").and_then(as_text));
        let by_token = named.and_then(|name| Grant::named(&name)).is_some_and(Grant::by_token);
        if self.text("client_id").is_none() && of_preset("client_id").is_none() && !by_token {
            let answer = if on_terminal { house.terminal.ask("client_id") } else { None };
            let missing =
                || Error::new(Kind::Usage, "no `client_id` was given").hint("--client-id ID, as the server's operator registered it");
            self.put("client_id", answer.filter(|text| !text.is_empty()).ok_or_else(missing)?);
        }
        if self.text("grant").is_none() && of_preset("grant").is_none() && on_terminal {
            let question = "grant (empty: authorization_code, a person signs in; client_credentials: a machine's own token)";
            self.ask(house, "grant", question, "")?;
        }
        let grant = self.text("grant").map(str::to_string).or_else(|| of_preset("grant").and_then(as_text));
        let grant = grant.unwrap_or_else(|| Grant::AuthorizationCode.name().into());
        let has_secret = self.typed.is_some()
            || of_preset("client_secret").is_some()
            // A job's token proves a client too (RFC 7523 section 2.2).
            || self.values.iter().any(|(key, _)| key.kind == KeyKind::Secret || key.name == "subject")
            || self.text("client_auth") == Some(Method::None.name());
        match Grant::named(&grant) {
            Some(Grant::ClientCredentials) if !has_secret => self.secret(house),
            Some(grant @ (Grant::AuthorizationCode | Grant::DeviceCode)) => {
                self.scope(house, preset, grant)?;
                if preset.is_some_and(|preset| preset.confidential) && grant == Grant::AuthorizationCode && !has_secret {
                    return self.secret(house);
                }
                if !has_secret {
                    house.terminal.trace(1, "no client secret: a public client, which an app on a person's machine is");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a sign-in asks for: the preset's own suggestion, or an ID token and a refresh token at any other issuer.
    fn scope(&mut self, house: &House, preset: Option<&Preset>, grant: Grant) -> Result<()> {
        let on_terminal = house.terminal.interactive();
        let told = |key: &str| preset.is_some_and(|preset| preset.settings.iter().any(|(k, _)| k.name == key));
        let suggested = match preset {
            Some(preset) => preset.remedy(grant.name(), "scope"),
            None => self.text("issuer").map(|_| "openid offline_access".to_string()),
        };
        if let Some(suggested) = suggested.filter(|_| self.text("scope").is_none() && !told("scope")) {
            match on_terminal {
                true => self.ask(house, "scope", &format!("scope (empty: {suggested})"), &suggested)?,
                false => self.suggested = Some(suggested),
            }
        }
        for key in preset.map(|preset| preset.asks.as_slice()).unwrap_or_default() {
            if on_terminal && self.text(key.name).is_none() {
                self.ask(house, key.name, &format!("{} (empty: none): {}", key.name, key.help), "")?;
            }
        }
        Ok(())
    }

    /// Asks for a key's value; an empty answer is `default`, and nothing is written where that is empty too.
    fn ask(&mut self, house: &House, key: &str, question: &str, default: &str) -> Result<()> {
        let answer = house.terminal.ask(question).unwrap_or_default();
        let text = if answer.is_empty() { default } else { &answer };
        if let Some(key) = Key::named(key).filter(|_| !text.is_empty()) {
            let wrong = |expected| Error::new(Kind::Usage, format!("`{}` must be {expected}", key.name));
            self.values.push((key, key.read(text).map_err(wrong)?));
        }
        Ok(())
    }

    /// A secret, where there has to be one.
    fn secret(&mut self, house: &House) -> Result<()> {
        if !house.terminal.interactive() {
            house.terminal.warn(&format!(
                "this profile has no client secret yet: `oat profile set-secret {0}`, or `oat profile edit {0} --client-secret-env NAME`",
                self.name
            ));
            return Ok(());
        }
        let variable = house
            .terminal
            .ask("environment variable with the client secret (empty: type the secret in, and it is sealed)")
            .unwrap_or_default();
        match (variable.is_empty(), Key::named("client_secret")) {
            (false, Some(key)) => self.values.push((key, Value::Secret(SecretReference::Env(variable)))),
            (_, Some(key)) => self.typed = house.terminal.ask_hidden("client secret")?.map(|secret| (key, ClientSecret::new(secret))),
            _ => {}
        }
        Ok(())
    }

    fn write(&self, house: &House, config: &Config) -> Result<()> {
        let mut file = ProfileFile::open(&config.path)?;
        for (key, value) in &self.values {
            file.set(self.name.as_str(), key, value)?;
        }
        file.save()?;
        house.terminal.say(&format!("profile `{}` written to `{}`", self.name, config.path.display()));
        if let Some((key, secret)) = &self.typed {
            seal(house, &Config::load(&config.path)?, &self.name, key, secret)?;
        }
        let config = Config::load(&config.path)?;
        let chosen = Chosen { profile: Some(self.name.to_string()), ..Chosen::default() };
        match Plan::make(&chosen, &config, &house.environment) {
            Ok(plan) if !plan.by_person() => house.terminal.say(&format!("try it: oat token get {}", self.name)),
            Ok(plan) => {
                register(house, &plan)?;
                if let Some(scope) = &self.suggested {
                    house.terminal.say(&format!("no scope is asked for yet: oat profile edit {} --scope \"{scope}\"", self.name));
                }
                house.terminal.say(&format!("try it: oat login {}", self.name));
            }
            Err(_) => {}
        }
        Ok(())
    }
}

/// What the server has to know before anyone can sign in.
fn register(house: &House, plan: &Plan) -> Result<()> {
    let redirect_uri = SignIn::of(plan)?.redirect.registered().join(", ");
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), "register"));
    let needed = own.unwrap_or_else(|| match plan.grant {
        Grant::DeviceCode => "the device authorization grant, for this client".into(),
        _ if plan.settings.value("redirect_uri").is_some() || plan.settings.value("redirect_ports").is_some() => {
            "the redirect URI {redirect_uri}".into()
        }
        _ => "the redirect URI {redirect_uri}, on any port; where the server wants it exact, give ports with --redirect-ports 8400,8401"
            .into(),
    });
    house.terminal.say(&format!("register first: {}", needed.replace("{redirect_uri}", &redirect_uri)));
    Ok(())
}

/// Whether the URLs and the hosts among these may be used at all.
pub fn check(values: &[(&'static Key, Value)]) -> Result<()> {
    for (key, value) in values {
        if let (Value::List(entries), "hosts") = (value, key.name) {
            for entry in entries.iter().filter(|entry| !entry.contains("${")) {
                hosts::check(entry).map_err(|reason| {
                    Error::new(Kind::Usage, format!("`--hosts`: {reason}")).hint("--hosts \"api.example.com git.example.com\"")
                })?;
            }
        }
        let Value::Text(text) = value else { continue };
        if key.kind != KeyKind::Url || text.contains("${") {
            continue;
        }
        let checked = if key.name == "issuer" { Issuer::parse(text).map(drop) } else { Endpoint::parse(text).map(drop) };
        checked.map_err(|reason| {
            Error::new(Kind::Usage, format!("`--{}`: {reason}", key.flag()))
                .hint("endpoints are https, or http on 127.0.0.1, [::1] or localhost")
        })?;
    }
    Ok(())
}
