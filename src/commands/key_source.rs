//! What `oat inspect` and `oat jwks` check with and ask: the keys that were named, and the network.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::words::{Chosen, Inspect};
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::inspection::signature::Keys;
use crate::jose::key_file;
use crate::keys::{Key, Value};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::secret::{CLIENT_SECRET, ClientSecret, SecretReference, Wanted};
use crate::session::credentials;
use crate::text::escape;
use crate::time::Seconds;
use crate::world::{Machine, Network};

/// The most bytes of a file of keys.
const LARGEST: u64 = 1 << 20;

/// The network: as the profile has it, else as flags and variables say.
pub fn world(house: &House, words: &Inspect, plan: Option<&Plan>) -> Result<Machine> {
    match plan {
        Some(plan) => Ok(house.world(plan)),
        None => world_of(house, &words.chosen),
    }
}

/// The network without a profile.
pub fn world_of(house: &House, chosen: &Chosen) -> Result<Machine> {
    let said = |name: &str| {
        let flag = chosen.flags.iter().find(|(key, _)| key.name == name).map(|(_, text)| text.clone());
        flag.or_else(|| house.environment.get(&Key::named(name)?.variable()))
    };
    let timeout = match said("timeout").map(|text| Seconds::parse(&text)) {
        None => Seconds(30),
        Some(Some(timeout)) if (1..=3600).contains(&timeout.0) => timeout,
        Some(_) => return Err(Error::new(Kind::Usage, "`--timeout` must be 1 s to 1 h").hint("30s is the default")),
    };
    let ca_file = said("ca_file").and_then(|text| match Key::named("ca_file")?.read(&text) {
        Ok(Value::Text(path)) => Some(path.into()),
        _ => None,
    });
    Ok(house.machine(Network { timeout: timeout.duration(), ca_file, trace: house.common.trace.clone() }))
}

/// The keys that the command line names; None leaves it to the issuer.
pub fn given(house: &House, words: &Inspect, plan: Option<&Plan>, world: &mut dyn World) -> Result<Option<Keys>> {
    if let Some(text) = &words.secret_from {
        let (secret, place) = secret(house, text, plan, world)?;
        return Ok(Some(Keys::Secret(Zeroizing::new(secret.expose().as_bytes().to_vec()), place)));
    }
    let file = match (&words.key, &words.jwks) {
        (Some(path), _) => path.clone(),
        (None, Some(url)) if url.contains("://") => {
            let url = Endpoint::parse(url).map_err(|reason| Error::new(Kind::Usage, format!("`--jwks`: {reason}")))?;
            return Ok(Some(Keys::Server(url)));
        }
        (None, Some(path)) => path.into(),
        (None, None) => return Ok(None),
    };
    let place = format!("`{}`", escape(&file.to_string_lossy()));
    let mut keys = key_file::read(&read(&file, &place)?).map_err(|error| error.saying(|said| format!("{place} is {}", said)))?;
    if words.key.is_none() {
        keys = keys.published();
    }
    Ok(Some(Keys::File(keys, place)))
}

fn read(path: &Path, place: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| Error::new(Kind::Config, format!("cannot read the keys in {place}")).hint("is the path right?").because(error))?;
    match bytes.len() as u64 > LARGEST {
        true => Err(Error::new(Kind::Invalid, format!("{place} is larger than {} KiB, and keys are not", LARGEST >> 10))),
        false => Ok(bytes),
    }
}

/// R72: a reference to a secret, never the secret.
fn secret(house: &House, text: &str, plan: Option<&Plan>, world: &mut dyn World) -> Result<(ClientSecret, String)> {
    const FORMS: &str = "--secret-from env:NAME, file:PATH, credential:NAME, stdin, or profile";
    let reference = match text.split_once(':') {
        Some(("env", name)) => SecretReference::Env(name.into()),
        Some(("file", path)) => SecretReference::File(path.into()),
        Some(("credential", name)) => SecretReference::Credential(name.into()),
        None if text == "stdin" => SecretReference::Stdin,
        None if text == "profile" => {
            let none =
                || Error::new(Kind::Config, "no profile with a client secret goes with this token").hint("oat inspect - --profile NAME");
            let plan = plan.ok_or_else(none)?;
            let config = house.config()?;
            let secret = credentials::secret(plan, &house.store(&config)?, world)?.ok_or_else(none)?;
            return Ok((secret, format!("the client secret of profile `{}`", plan.profile)));
        }
        // It may be the secret itself.
        _ => return Err(Error::new(Kind::Usage, "`--secret-from` says where the secret is, and never what it is").hint(FORMS)),
    };
    let place = format!("the secret from {}", reference.describe());
    let secret = world.reveal(&reference, Wanted { called: "secret", ..CLIENT_SECRET })?;
    Ok((secret, place))
}
