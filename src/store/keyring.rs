//! The operating system's keyring, which gets a deadline because it may wait for a person who is not there.

use std::sync::Arc;
use std::time::Duration;

use keyring::{CredentialStore, Entry};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::mailbox::Mailbox;

const SERVICE: &str = "oat";
const USER: &str = "master-key";

/// The thread that asks. A panic in it is the library's, and leaves it without an answer.
pub const KEYRING_THREAD: &str = "keyring";

/// The keyring in words.
pub const NAME: &str = if cfg!(target_os = "macos") {
    "the OS keyring (macOS Keychain)"
} else if cfg!(windows) {
    "the OS keyring (Windows Credential Manager)"
} else {
    "the OS keyring (Secret Service)"
};

/// The value kept, if there is one. `bus`: whether a D-Bus session bus is there to be asked.
pub fn read(patience: Duration, bus: bool) -> Result<Option<Zeroizing<String>>> {
    within(patience, bus, read_entry)
}

/// The value kept, or `value` from now on; and whether it was written now.
pub fn read_or_write(value: Zeroizing<String>, patience: Duration, bus: bool) -> Result<(Zeroizing<String>, bool)> {
    within(patience, bus, move |entry| match read_entry(entry)? {
        Some(kept) => Ok((kept, false)),
        None => {
            entry.set_password(&value)?;
            Ok((value, true))
        }
    })
}

fn read_entry(entry: &Entry) -> keyring::Result<Option<Zeroizing<String>>> {
    match entry.get_password() {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks on a thread of its own; past the deadline the thread is left behind and ends with the process.
fn within<T: Send + 'static>(patience: Duration, bus: bool, ask: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static) -> Result<T> {
    // Without this, libdbus would try to start a bus by itself, with dbus-launch.
    if cfg!(target_os = "linux") && !bus {
        return Err(Trouble::NoBus.error());
    }
    answer_within(patience, move || native_store().and_then(|store| store.build(SERVICE, USER, None)).and_then(|entry| ask(&entry)))
}

fn answer_within<T: Send + 'static>(patience: Duration, ask: impl FnOnce() -> keyring::Result<T> + Send + 'static) -> Result<T> {
    let answered = Mailbox::new();
    let answer = answered.clone();
    let asked =
        std::thread::Builder::new().name(KEYRING_THREAD.into()).spawn(move || answer.put(ask().map_err(|error| Trouble::of(&error))));
    asked.map_err(|error| Error::new(Kind::Store, "cannot ask the OS keyring").because(error))?;
    answered.take(patience).unwrap_or(Err(Trouble::TimedOut(patience))).map_err(Trouble::error)
}

fn native_store() -> keyring::Result<Arc<CredentialStore>> {
    #[cfg(target_os = "linux")]
    return dbus_secret_service_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>);
    #[cfg(target_os = "macos")]
    return apple_native_keyring_store::keychain::Store::new().map(|store| store as Arc<CredentialStore>);
    #[cfg(windows)]
    return windows_native_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>);
    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    return Err(keyring::Error::NotSupportedByStore("this system has no keyring that is known".into()));
}

/// What may be wrong with a keyring; each has its own cure.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    NoBus,
    NoService,
    NoCollection,
    Locked,
    Dismissed,
    Denied,
    TimedOut(Duration),
    Twice,
    Other(String),
}

impl Trouble {
    /// D-Bus errors are told apart by their names, which are part of the protocols; the crates keep them in Debug only.
    fn of(error: &keyring::Error) -> Trouble {
        use keyring::Error as E;
        let cause = match error {
            E::PlatformFailure(cause) | E::NoStorageAccess(cause) => format!("{cause:?} {cause}"),
            E::Ambiguous(_) => return Trouble::Twice,
            // Other variants carry bytes of the entry, which are not for an error message.
            E::BadEncoding(_) | E::BadDataFormat(..) => return Trouble::Other("its entry is not text".into()),
            other => return Trouble::Other(other.to_string()),
        };
        let any = |names: &[&str]| names.iter().any(|name| cause.contains(name));
        if any(&["DBus.Error.NoReply", "DBus.Error.Timeout", "DBus.Error.TimedOut"]) {
            Trouble::TimedOut(Duration::ZERO)
        } else if any(&[
            "DBus.Error.NoServer",
            "DBus.Error.FileNotFound",
            "DBus.Error.BadAddress",
            "DBus.Error.Spawn.ExecFailed /usr/bin/dbus-launch",
        ]) || any(&["DBus.Error.NotSupported", "DBus.Error.Disconnected", "DBus.Error.IOError", "DBus.Error.AuthFailed"])
        {
            Trouble::NoBus
        } else if any(&[
            "DBus.Error.ServiceUnknown",
            "DBus.Error.NameHasNoOwner",
            "DBus.Error.Spawn",
            "DBus.Error.UnknownObject",
            "Unavailable",
        ]) {
            Trouble::NoService
        } else if any(&["NoResult"]) {
            Trouble::NoCollection
        } else if any(&["Locked", "User interaction is not allowed"]) {
            Trouble::Locked
        } else if any(&["Prompt"]) {
            Trouble::Dismissed
        } else if any(&["DBus.Error.AccessDenied", "User canceled", "user name or passphrase"]) {
            Trouble::Denied
        } else {
            Trouble::Other(crate::text::escape(&error.to_string()))
        }
    }

    fn error(self) -> Error {
        let elsewhere = "or keep the key in a 0600 file: `OAT_STORE=file` (or `[store] key = \"file\"`), or keep nothing: `OAT_STORE=none`";
        let (what, cure) = match self {
            Trouble::NoBus => ("there is no D-Bus session bus here".into(), "run in a desktop session or under `dbus-run-session`"),
            Trouble::NoService => (
                "no Secret Service answers on the session bus".into(),
                "start one (`gnome-keyring-daemon --start --components=secrets`, KWallet, KeePassXC)",
            ),
            Trouble::NoCollection => (
                "the Secret Service has no default collection; it was never unlocked".into(),
                "log in to the desktop, or give `gnome-keyring-daemon --unlock` a password on standard input, which makes one",
            ),
            Trouble::Locked => {
                ("it is locked".into(), "unlock it (log in to the desktop, or `gnome-keyring-daemon --unlock`) and try again")
            }
            // gnome-keyring says the same when it has no display for its prompt.
            Trouble::Dismissed => (
                "it is locked, and its prompt for the password was dismissed or could not be shown".into(),
                "try again and give it the password (without a display: `gnome-keyring-daemon --unlock`)",
            ),
            Trouble::Denied => ("it denied access".into(), "try again and allow `oat` the access"),
            Trouble::TimedOut(Duration::ZERO) => {
                ("it did not answer in time".into(), "see whether it waits for its password in a window, unlock it and try again")
            }
            Trouble::TimedOut(patience) => (
                format!("it did not answer within {} s", patience.as_secs_f32()),
                "see whether it waits for its password in a window, unlock it and try again",
            ),
            Trouble::Twice => (
                "it has more than one entry `master-key` of service `oat`".into(),
                "delete all but one (`secret-tool search --all service oat username master-key`)",
            ),
            Trouble::Other(told) => (told, "see that it works (`secret-tool store --label=x a b`)"),
        };
        Error::new(Kind::Store, format!("cannot use {NAME}: {what}")).hint(format!("{cure}, {elsewhere}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &'static str) -> Trouble {
        Trouble::of(&keyring::Error::PlatformFailure(text.into()))
    }

    #[test]
    fn r86_every_trouble_has_its_own_message_and_its_own_cure() {
        let all = [
            Trouble::NoBus,
            Trouble::NoService,
            Trouble::NoCollection,
            Trouble::Locked,
            Trouble::Dismissed,
            Trouble::Denied,
            Trouble::TimedOut(Duration::from_secs(5)),
            Trouble::Twice,
        ];
        let errors: Vec<Error> = all.into_iter().map(Trouble::error).collect();
        let messages: std::collections::BTreeSet<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        let hints: std::collections::BTreeSet<&str> = errors.iter().filter_map(|error| error.hint.as_deref()).collect();
        assert_eq!((messages.len(), hints.len()), (8, 8));
        for error in &errors {
            assert_eq!(error.kind, Kind::Store);
            assert!(error.hint.as_ref().unwrap().contains("OAT_STORE=file") && error.hint.as_ref().unwrap().contains("OAT_STORE=none"));
        }
    }

    #[test]
    fn r86_troubles_are_told_apart_by_the_names_of_the_protocols() {
        for (text, trouble) in [
            ("(org.freedesktop.DBus.Error.NoServer)", Trouble::NoBus),
            ("(org.freedesktop.DBus.Error.ServiceUnknown)", Trouble::NoService),
            ("(org.freedesktop.DBus.Error.Spawn.ChildExited)", Trouble::NoService),
            ("(org.freedesktop.Secret.Error.IsLocked)", Trouble::Locked),
            ("Secret Service: unlock prompt was dismissed Prompt", Trouble::Dismissed),
            ("(org.freedesktop.DBus.Error.AccessDenied)", Trouble::Denied),
            ("(org.freedesktop.DBus.Error.NoReply)", Trouble::TimedOut(Duration::ZERO)),
            ("NoResult", Trouble::NoCollection),
        ] {
            assert_eq!(told(text), trouble, "{text}");
        }
        assert_eq!(Trouble::of(&keyring::Error::Ambiguous(Vec::new())), Trouble::Twice);
        assert_eq!(Trouble::of(&keyring::Error::BadEncoding(b"CANARY".to_vec())), Trouble::Other("its entry is not text".into()));
    }

    #[test]
    fn r86_a_keyring_that_never_answers_is_left_at_the_deadline() {
        let (_never, stuck) = std::sync::mpsc::channel::<()>();
        let asked = answer_within(Duration::from_millis(20), move || {
            let _ = stuck.recv();
            Ok(())
        });
        assert_eq!(asked.unwrap_err().message, format!("cannot use {NAME}: it did not answer within 0.02 s"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn without_a_bus_nothing_is_started_or_waited_for() {
        let error = read(Duration::from_secs(3600), false).unwrap_err();
        assert_eq!(error.message, "cannot use the OS keyring (Secret Service): there is no D-Bus session bus here");
    }
}
