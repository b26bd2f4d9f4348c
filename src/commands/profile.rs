//! `oat profile add, list, show, edit, remove, set-secret`.

use serde_json::{Value as Json, json};

use crate::cli::words::{Chosen, ProfileCommand};
use crate::commands::house::House;
use crate::commands::profile_file::{ProfileFile, replace};
use crate::commands::{profile_add, profile_secret, profile_show};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, Value};
use crate::output;
use crate::plan::choice;
use crate::provider::Preset;
use crate::text::{escape, nearest};
use crate::world::secrets;

/// Runs one of them.
pub fn profile(house: &House, words: ProfileCommand) -> Result<()> {
    match words {
        ProfileCommand::Add(chosen) => profile_add::add(house, &chosen),
        ProfileCommand::List => list(house),
        ProfileCommand::Show(chosen) => profile_show::show(house, &chosen),
        ProfileCommand::Edit { chosen, unset } => edit(house, &chosen, &unset),
        ProfileCommand::Remove { profile } => remove(house, &profile),
        ProfileCommand::SetSecret { profile } => profile_secret::set_secret(house, &profile),
    }
}

fn list(house: &House) -> Result<()> {
    let config = house.config()?;
    let mut rows = Vec::new();
    for profile in &config.profiles {
        let text = |name: &str| {
            profile
                .settings
                .iter()
                .find(|s| s.key.name == name)
                .and_then(|s| if let Value::Text(text) = &s.value { Some(text.clone()) } else { None })
        };
        let server = text("provider").or_else(|| text("issuer")).or_else(|| text("token_endpoint")).unwrap_or_default();
        let preset = text("provider").and_then(|name| Preset::named(&name).ok());
        let from_preset = preset.and_then(|p| {
            p.settings
                .iter()
                .find(|(key, _)| key.name == "grant")
                .and_then(|(_, v)| if let Value::Text(t) = v { Some(t.clone()) } else { None })
        });
        let grant = text("grant").or(from_preset).unwrap_or_else(|| "authorization_code".into());
        rows.push((profile.name.as_str(), grant, server));
    }
    if house.common.json {
        let default = config.default_profile.as_deref();
        let profiles: Vec<Json> = rows
            .iter()
            .map(|(name, grant, server)| json!({"profile": name, "grant": grant, "server": server, "default": default == Some(*name)}))
            .collect();
        return output::print(&json!({ "profiles": profiles }).to_string());
    }
    if rows.is_empty() {
        house.terminal.say(&format!("no profile in `{}`; write one with `oat profile add NAME --issuer URL`", config.path.display()));
        return Ok(());
    }
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let lines: Vec<String> =
        rows.iter().map(|(name, grant, server)| format!("{name:width$}  {grant:18}  {server}").trim_end().to_string()).collect();
    output::print(&lines.join("\n"))
}

fn edit(house: &House, chosen: &Chosen, unset: &[String]) -> Result<()> {
    let config = house.config()?;
    let name = choice::existing(&config, chosen.profile.as_deref().unwrap_or_default())?;
    if chosen.flags.is_empty() && chosen.secrets.is_empty() && unset.is_empty() {
        return in_editor(house, &config);
    }
    if let Some(both) = unset.iter().find(|name| chosen.flags.iter().any(|(key, _)| key.name == name.as_str())) {
        return Err(Error::new(Kind::Usage, format!("`{}` is both set and taken out", escape(both))).hint("keep one of the two flags"));
    }
    let mut values = Vec::new();
    for (key, text) in &chosen.flags {
        let value = key.read(text).map_err(|expected| Error::new(Kind::Usage, format!("`--{}` must be {expected}", key.flag())))?;
        values.push((*key, value));
    }
    profile_add::check(&values)?;
    let mut file = ProfileFile::open(&config.path)?;
    for (key, value) in &values {
        file.set(name.as_str(), key, value)?;
    }
    for (key, reference) in &chosen.secrets {
        file.set(name.as_str(), key, &Value::Secret(reference.clone()))?;
    }
    for key in unset {
        let known = Key::named(key).ok_or_else(|| {
            Error::new(Kind::Usage, format!("no key `{}`", escape(key))).hint(
                nearest(key, KEYS.iter().map(|k| k.name))
                    .map_or_else(|| "`oat man config` lists every key".into(), |near| format!("did you mean `{near}`?")),
            )
        })?;
        if !file.unset(name.as_str(), known.name)? {
            house.terminal.warn(&format!("profile `{name}` has no `{key}`"));
        }
    }
    file.save()?;
    house.terminal.say(&format!("profile `{name}` changed in `{}`", config.path.display()));
    Ok(())
}

/// Opens a copy in the person's editor, and keeps it only when it holds.
fn in_editor(house: &House, config: &Config) -> Result<()> {
    let editor = house.environment.get("VISUAL").or_else(|| house.environment.get("EDITOR"));
    let Some(editor) = editor.filter(|_| house.terminal.interactive()) else {
        return Err(Error::new(Kind::Usage, "nothing to change was given")
            .hint("give keys as flags, such as --scope, or --unset KEY; on a terminal, with EDITOR set, the file opens in it"));
    };
    let cannot = |what: &str, error: std::io::Error| Error::new(Kind::Config, what.to_string()).because(error);
    // A text that did not hold last time stays where it is.
    let names = std::iter::once("edit.toml".to_string()).chain((2..).map(|n| format!("edit-{n}.toml")));
    let copy = names.map(|name| config.path.with_extension(name)).find(|copy| !copy.exists()).unwrap_or_default();
    let text = std::fs::read_to_string(&config.path).map_err(|error| cannot("cannot read the config file", error))?;
    replace(&copy, &text)?;
    let mut words = editor.split_whitespace();
    let status = secrets::bystander(words.next().unwrap_or("vi")).args(words).arg(&copy).status();
    let status = status.map_err(|error| cannot("cannot run the editor in $VISUAL or $EDITOR", error))?;
    let edited = std::fs::read_to_string(&copy).map_err(|error| cannot("cannot read the edited copy", error))?;
    let checked = Config::parse(&copy, &edited);
    if !status.success() || checked.is_err() {
        let error = checked.err().unwrap_or_else(|| Error::new(Kind::Config, "the editor ended with an error"));
        return Err(error.hint(format!("nothing was changed; your text is kept in `{}`", copy.display())));
    }
    if std::fs::read_to_string(&config.path).map_err(|error| cannot("cannot read the config file", error))? != text {
        return Err(Error::new(Kind::Config, "the config file was changed while the editor had its copy")
            .hint(format!("nothing was overwritten; your text is kept in `{}`", copy.display())));
    }
    replace(&config.path, &edited)?;
    let _ = std::fs::remove_file(copy);
    Ok(())
}

fn remove(house: &House, profile: &str) -> Result<()> {
    let config = house.config()?;
    let name = choice::existing(&config, profile)?;
    let mut file = ProfileFile::open(&config.path)?;
    file.remove(name.as_str());
    file.save()?;
    let store = house.store(&config)?;
    let forgotten = store.forget(&name).and_then(|record| store.forget_secret(&name).map(|secret| record || secret));
    match forgotten {
        Ok(true) => house.terminal.say(&format!("profile `{name}` is gone, with the tokens and the secret kept for it")),
        Ok(false) => house.terminal.say(&format!("profile `{name}` is gone; nothing was kept for it")),
        Err(error) => {
            return Err(Error::new(Kind::Store, format!("profile `{name}` is gone, but what was kept for it is not: {error}"))
                .hint_maybe(error.hint.clone()));
        }
    }
    Ok(())
}
