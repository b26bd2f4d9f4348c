//! `oat profile set-secret`: a client secret, sealed in the store.

use crate::commands::house::House;
use crate::commands::profile_file::ProfileFile;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::jose::private_key;
use crate::keys::{Key, Value};
use crate::name::ProfileName;
use crate::plan::choice;
use crate::secret::{CLIENT_SECRET, ClientSecret, SecretReference, Wanted};
use crate::store::Store;
use crate::world::secrets;

/// Reads a secret from a hidden prompt or from standard input, and seals it.
pub fn set_secret(house: &House, profile: &str) -> Result<()> {
    let config = house.config()?;
    let name = choice::existing(&config, profile)?;
    // A store that does not work is told before the secret is typed.
    sealing_store(house, &config)?;
    let secret = if house.terminal.interactive() {
        let typed = house.terminal.ask_hidden(&format!("client secret of profile `{name}`"))?.map(ClientSecret::new);
        typed.ok_or_else(|| Error::new(Kind::Usage, "no secret was typed").hint("nothing was changed"))?
    } else {
        secrets::reveal(&SecretReference::Stdin, Wanted { whole: true, ..CLIENT_SECRET }, &house.environment)?
    };
    // A key is all lines, and known by its first; of anything else the first line counts.
    let is_key = secret.expose().contains("-----BEGIN ") || secret.expose().trim_start().starts_with('{');
    let first = secret.expose().lines().next().unwrap_or_default();
    match (is_key, Key::named("client_key"), Key::named("client_secret")) {
        (true, Some(key), _) => {
            // Sealed for good only when it signs.
            private_key::read(secret.expose(), None).map_err(|error| error.saying(|said| format!("the client key is {said}")))?;
            seal(house, &config, &name, key, &secret)
        }
        (_, _, Some(key)) => seal(house, &config, &name, key, &ClientSecret::new(first)),
        _ => Ok(()),
    }
}

/// Seals a secret or a key, and has the profile say so. There is one sealed thing a profile, so the other key says so no more.
pub fn seal(house: &House, config: &Config, name: &ProfileName, key: &Key, secret: &ClientSecret) -> Result<()> {
    let store = sealing_store(house, config)?;
    store.seal_secret(name, secret)?;
    for note in store.notes() {
        house.terminal.warn(&note);
    }
    let mut file = ProfileFile::open(&config.path)?;
    let sealed = Value::Secret(SecretReference::Keyring);
    let profile = config.profile(name.as_str()).map(|profile| profile.settings.as_slice()).unwrap_or_default();
    for other in profile.iter().filter(|setting| setting.value == sealed && setting.key.name != key.name) {
        file.unset(name.as_str(), other.key.name)?;
    }
    file.set(name.as_str(), key, &sealed)?;
    file.save()?;
    let called = key.name.replace('_', " ");
    house.terminal.say(&format!("the {called} of profile `{name}` is sealed; its key is in {}", store.place()));
    Ok(())
}

/// The store, where it is one that can seal. Fails with `Store` before anything was changed.
pub fn sealing_store(house: &House, config: &Config) -> Result<Store> {
    let store = house.store(config)?;
    if !store.keeps() {
        return Err(Error::new(Kind::Store, "the store is switched off (`none`), so nothing can be sealed")
            .hint("set OAT_STORE, or `key` of [store], to keyring, file or keyutils"));
    }
    store.probe()?;
    Ok(store)
}
