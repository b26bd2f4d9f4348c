//! The Linux kernel's user keyring: it costs four system calls and forgets by itself.

use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::store::master::{KeyId, Keys, Master, SectionKey};
use crate::time::Seconds;

/// The access key under `name`, where it is kept; its time starts anew. Any trouble is silent: the cache is a convenience.
pub fn cached_access(name: &str, lifetime: Seconds) -> Option<Keys> {
    let key = find(name).ok()??;
    let mut payload = Zeroizing::new([0; 40]);
    if key.read(&mut *payload).ok()? != payload.len() {
        return None;
    }
    // A key that cannot be renewed only ends sooner.
    let _ = key.set_timeout(seconds(lifetime));
    let (id, access) = payload.split_first_chunk::<8>()?;
    let mut section = SectionKey::default();
    section.copy_from_slice(access);
    Some(Keys { id: *id, access: section, sealed: None })
}

/// Keeps the access key, and no other, under `name` for `lifetime`. Any trouble is silent.
pub fn cache_access(name: &str, id: &KeyId, access: &SectionKey, lifetime: Seconds) {
    let mut payload = Zeroizing::new([0; 40]);
    payload[..8].copy_from_slice(id);
    payload[8..].copy_from_slice(access.as_slice());
    let _ = keep(name, payload.as_slice(), Some(lifetime));
}

/// Forgets what is kept under `name`, where there is something.
#[cfg(test)]
pub fn forget(name: &str) {
    if let Ok(Some(key)) = find(name) {
        let _ = key.invalidate();
    }
}

/// The master key under `name`; None where there is none (any more).
pub fn read_master(name: &str) -> Result<Option<Master>> {
    let Some(key) = find(name).map_err(trouble)? else { return Ok(None) };
    let mut bytes = Zeroizing::new([0; 32]);
    let length = key.read(&mut *bytes).map_err(trouble)?;
    Ok((length == bytes.len()).then(|| Master::from_bytes(*bytes)))
}

/// Keeps the master key under `name` until the next reboot.
pub fn write_master(name: &str, master: &Master) -> Result<()> {
    keep(name, master.bytes(), None).map_err(trouble)
}

fn find(name: &str) -> std::result::Result<Option<Key>, KeyError> {
    match KeyRing::from_special_id(KeyRingIdentifier::User, false)?.search(name) {
        Ok(key) => Ok(Some(key)),
        Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Made in this process's own keyring first: a session whose keyring is not linked to the user's (cron, systemd) could
/// neither read nor change a key that it added to the user's keyring directly.
fn keep(name: &str, payload: &[u8], lifetime: Option<Seconds>) -> std::result::Result<(), KeyError> {
    let process = KeyRing::from_special_id(KeyRingIdentifier::Process, true)?;
    let user = KeyRing::from_special_id(KeyRingIdentifier::User, true)?;
    let key = process.add_key(name, payload)?;
    let linked = protect(key, lifetime).and_then(|()| user.link_key(key));
    process.unlink_key(key)?;
    linked
}

/// Every session of this user may find, read, replace and renew it; nobody else may anything.
fn protect(key: Key, lifetime: Option<Seconds>) -> std::result::Result<(), KeyError> {
    let user = Permission::VIEW | Permission::READ | Permission::WRITE | Permission::SEARCH | Permission::LINK | Permission::SETATTR;
    key.set_perms(KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(user).build())?;
    match lifetime {
        Some(lifetime) => key.set_timeout(seconds(lifetime)),
        None => Ok(()),
    }
}

/// 0 would mean "for ever" to the kernel.
fn seconds(lifetime: Seconds) -> usize {
    usize::try_from(lifetime.0.clamp(1, i64::from(i32::MAX))).unwrap_or(1)
}

fn trouble(error: KeyError) -> Error {
    let (what, hint) = match error {
        KeyError::PermissionDenied | KeyError::AccessDenied | KeyError::OperationNotSupported | KeyError::Unknown(38) => (
            "the kernel refuses it here, as most containers do".to_string(),
            "use `OAT_STORE=file`, or `OAT_STORE=env` with OAT_STORE_KEY, or keep nothing: `OAT_STORE=none`",
        ),
        KeyError::QuotaExceeded => {
            ("the quota for keys is used up".into(), "see `cat /proc/key-users`, or use `OAT_STORE=file` or `OAT_STORE=none`")
        }
        other => (format!("keyctl answered {other:?}"), "use `OAT_STORE=file`, or keep nothing: `OAT_STORE=none`"),
    };
    Error::new(Kind::Store, format!("cannot use the kernel's user keyring: {what}")).hint(hint)
}
