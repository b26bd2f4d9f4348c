//! `oat profile set-secret`: a client secret, sealed in the store.

use crate::commands::house::House;
use crate::commands::profile_file::ProfileFile;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::keys::{Key, Value};
use crate::name::ProfileName;
use crate::plan::choice;
use crate::secret::{CLIENT_SECRET, ClientSecret, SecretReference};
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
        secrets::reveal(&SecretReference::Stdin, CLIENT_SECRET, &house.environment)?
    };
    seal(house, &config, &name, &secret)
}

/// Seals a secret, and has the profile say so.
pub fn seal(house: &House, config: &Config, name: &ProfileName, secret: &ClientSecret) -> Result<()> {
    let store = sealing_store(house, config)?;
    store.seal_secret(name, secret)?;
    for note in store.notes() {
        house.terminal.warn(&note);
    }
    let mut file = ProfileFile::open(&config.path)?;
    if let Some(key) = Key::named("client_secret") {
        file.set(name.as_str(), key, &Value::Secret(SecretReference::Keyring))?;
    }
    file.save()?;
    house.terminal.say(&format!("the client secret of profile `{name}` is sealed; its key is in {}", store.place()));
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
