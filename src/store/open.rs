//! Opening what was sealed: which key, from where, and why not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::name::ProfileName;
use crate::secret::{ClientSecret, Secret};
use crate::store::files::Found;
#[cfg(target_os = "linux")]
use crate::store::kernel;
use crate::store::keys::KeyPlace;
use crate::store::master::{KeyId, Keys, SectionKey};
use crate::store::record::{Access, LongLived};
use crate::store::sealed::{self, LONGEST, Record, Unreadable};
use crate::store::{Opened, Store, lock};
#[cfg(target_os = "linux")]
use crate::time::Seconds;

/// A command that runs for hours may find a keyring unlocked later.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// What the keyring said when it was asked last.
pub(super) struct Trouble {
    met: Instant,
    message: String,
    hint: Option<String>,
}

impl Store {
    /// The access section of a record, or why it cannot be read.
    pub(super) fn open_access(&self, found: &Found, profile: &ProfileName) -> Result<Opened<Access>> {
        let record = match parse(found, Record::parse) {
            Ok(record) => record,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.keys_of(&record.key_id, false)?.and_then(|keys| {
            let plain = record.open_access(&keys.access, profile)?;
            Access::decode(&plain).ok_or(Unreadable::Foreign)
        }))
    }

    /// The long-lived section of a record, or why it cannot be read.
    pub(super) fn open_sealed(&self, found: &Found, profile: &ProfileName) -> Result<Opened<Option<LongLived>>> {
        let record = match parse(found, Record::parse) {
            Ok(record) => record,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.keys_of(&record.key_id, true)?.and_then(|keys| {
            // The access section vouches that this sealed section is the one that was saved last.
            record.open_access(&keys.access, profile)?;
            let key = keys.sealed.as_ref().ok_or(Unreadable::NoKey)?;
            match record.open_sealed(key, profile)? {
                Some(plain) => LongLived::decode(&plain).ok_or(Unreadable::Foreign).map(Some),
                None => Ok(None),
            }
        }))
    }

    /// The client secret in a file, or why it cannot be read.
    pub(super) fn open_secret_file(&self, found: &Found, profile: &ProfileName) -> Result<Opened<ClientSecret>> {
        let (id, section) = match parse(found, sealed::parse_secret) {
            Ok(parts) => parts,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.keys_of(&id, true)?.and_then(|keys| {
            let key = keys.sealed.as_ref().ok_or(Unreadable::NoKey)?;
            let plain: Zeroizing<Vec<u8>> = sealed::open_secret(key, &id, profile, section)?;
            str::from_utf8(&plain).map(Secret::new).map_err(|_| Unreadable::Foreign)
        }))
    }

    /// The keys named by a file: the ones at hand, else the kernel's, else those of the key's place.
    fn keys_of(&self, id: &KeyId, long_lived: bool) -> Result<Opened<Arc<Keys>>> {
        let fits = |keys: &Arc<Keys>| keys.id == *id && (keys.sealed.is_some() || !long_lived);
        if let Some(keys) = self.remembered().filter(fits) {
            return Ok(Ok(keys));
        }
        if let Some(keys) = self.cached_in_kernel().filter(|_| !long_lived).map(Arc::new).filter(fits) {
            self.memory().keys = Some(keys.clone());
            return Ok(Ok(keys));
        }
        Ok(match self.master_keys()? {
            Some(keys) if keys.id == *id => Ok(keys),
            Some(_) => Err(Unreadable::OtherKey),
            None => Err(Unreadable::NoKey),
        })
    }

    /// All keys, where this command has seen them, as bytes for a process of ours that goes on with its work: so that it need not
    /// ask the keyring again.
    #[cfg(unix)]
    pub fn keys_to_hand_over(&self) -> Zeroizing<Vec<u8>> {
        let keys = self.remembered().and_then(|keys| {
            let sealed = keys.sealed.as_ref()?;
            Some(Zeroizing::new([keys.id.as_slice(), keys.access.as_slice(), sealed.as_slice()].concat()))
        });
        keys.unwrap_or_default()
    }

    /// Takes what [`Store::keys_to_hand_over`] gave; anything else is passed over.
    #[cfg(unix)]
    pub fn take_over_keys(&self, bytes: &[u8]) {
        let Some((id, rest)) = bytes.split_first_chunk::<8>() else { return };
        let (Some((access, rest)), mut keys) = (rest.split_first_chunk::<32>(), SectionKey::default()) else { return };
        let Ok(sealed) = <[u8; 32]>::try_from(rest) else { return };
        keys.copy_from_slice(access);
        self.memory().keys = Some(Arc::new(Keys { id: *id, access: keys, sealed: Some(SectionKey::new(sealed)) }));
    }

    /// The keys that this command has seen already.
    pub(super) fn remembered(&self) -> Option<Arc<Keys>> {
        self.memory().keys.clone()
    }

    fn remember(&self, keys: Keys) -> Arc<Keys> {
        let keys = Arc::new(keys);
        self.cache_in_kernel(&keys);
        self.memory().keys = Some(keys.clone());
        keys
    }

    /// All keys, from the key's place; None where it has none.
    pub(super) fn master_keys(&self) -> Result<Option<Arc<Keys>>> {
        if let Some(keys) = self.remembered().filter(|keys| keys.sealed.is_some()) {
            return Ok(Some(keys));
        }
        let Some(master) = self.asked(|| self.place.read())? else { return Ok(None) };
        Ok(Some(self.remember(Keys::derive(&master)?)))
    }

    /// All keys, from the key's place; made where it has none, by one process only.
    pub(super) fn keys_or_new(&self) -> Result<Arc<Keys>> {
        if let Some(keys) = self.remembered().filter(|keys| keys.sealed.is_some()) {
            return Ok(keys);
        }
        let (master, made) = self.asked(|| {
            if !self.keeps() {
                return self.place.read_or_make();
            }
            self.make_folders()?;
            let patience = self.place.patience * 2 + Duration::from_secs(5);
            let _held = lock::acquire(&self.folder.join("store.lock"), "the store's key", patience, &mut || false)?;
            self.place.read_or_make()
        })?;
        let keys = self.remember(Keys::derive(&master)?);
        if made {
            self.name_the_lost()?;
        }
        Ok(keys)
    }

    /// One command asks a keyring in trouble once, and not again at its next step: each time would cost its patience.
    fn asked<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        let fresh = |trouble: &&Trouble| trouble.met.elapsed() < ASK_AGAIN;
        if let Some(trouble) = self.memory().trouble.as_ref().filter(fresh) {
            return Err(Error::new(Kind::Store, trouble.message.clone()).hint_maybe(trouble.hint.clone()));
        }
        let answer = ask();
        if let (Err(error), KeyPlace::Keyring) = (&answer, self.place.kind)
            && error.kind == Kind::Store
        {
            self.memory().trouble = Some(Trouble { met: Instant::now(), message: error.to_string(), hint: error.hint.clone() });
        }
        answer
    }

    /// Says which profiles a new key cannot open. Their files stay until they are saved anew, for the old key may come back.
    fn name_the_lost(&self) -> Result<()> {
        let lost: Vec<String> = self.profiles()?.iter().map(|profile| format!("`{profile}`")).collect();
        if !lost.is_empty() {
            self.note(format!("made a new key in {}: what was kept under another key cannot be read ({})", self.place(), lost.join(", ")));
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn cached_in_kernel(&self) -> Option<Keys> {
        self.kernel_caches().then(|| kernel::cached_access(&self.place.access_name(), self.key_cache)).flatten()
    }

    #[cfg(target_os = "linux")]
    fn cache_in_kernel(&self, keys: &Keys) {
        if self.kernel_caches() {
            kernel::cache_access(&self.place.access_name(), &keys.id, &keys.access, self.key_cache);
        }
    }

    /// For the other places a read is as cheap, so a second copy of a key would only add risk.
    #[cfg(target_os = "linux")]
    fn kernel_caches(&self) -> bool {
        self.place.kind == KeyPlace::Keyring && self.key_cache > Seconds(0)
    }

    #[cfg(not(target_os = "linux"))]
    fn cached_in_kernel(&self) -> Option<Keys> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    fn cache_in_kernel(&self, _: &Keys) {}
}

fn parse<'a, T>(found: &'a Found, parse: impl FnOnce(&'a [u8]) -> Opened<T>) -> Opened<T> {
    if found.version.size > LONGEST { Err(Unreadable::TooLong) } else { parse(&found.bytes) }
}

/// The long-lived key, in functions that asked for all keys.
pub(super) fn master_only(keys: &Keys) -> Result<&SectionKey> {
    keys.sealed.as_ref().ok_or_else(|| Error::new(Kind::Internal, "the long-lived key is not at hand"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Settings;

    fn asked_twice(key: KeyPlace) -> (usize, Vec<Error>) {
        let (folder, key_cache) = ("/nowhere".into(), crate::time::Seconds(0));
        let store = Store::new(Settings { folder, key, key_cache, keyring_patience: Duration::ZERO, env_key: None, bus: false });
        let mut count = 0;
        let mut ask = || {
            count += 1;
            Err::<(), _>(Error::new(Kind::Store, format!("trouble {count}")).hint("unlock it"))
        };
        let errors = vec![store.asked(&mut ask).unwrap_err(), store.asked(&mut ask).unwrap_err()];
        (count, errors)
    }

    #[test]
    fn r86_a_keyring_in_trouble_is_asked_once_a_command() {
        let (count, errors) = asked_twice(KeyPlace::Keyring);
        assert_eq!(count, 1);
        for error in errors {
            assert_eq!((error.message.as_str(), error.hint.as_deref()), ("trouble 1", Some("unlock it")));
        }
        assert_eq!(asked_twice(KeyPlace::File).0, 2);
    }
}
