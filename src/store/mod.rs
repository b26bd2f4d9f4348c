//! What is kept between two commands, and who may read it.
//!
//! One random master key lives in a [`keys::Place`]; what is kept lies beside it in sealed files ([`sealed`]), one a
//! profile, private to the user ([`files`]), replaced as a whole ([`room`]) under the profile's own lock ([`lock`]).

pub mod files;
#[cfg(target_os = "linux")]
mod kernel;
pub mod keyring;
pub mod keys;
pub mod lock;
pub mod master;
mod open;
pub mod outbox;
pub mod record;
pub mod room;
pub mod sealed;

use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::name::ProfileName;
use crate::secret::{ClientSecret, WireSecret};
use crate::time::Seconds;

use files::Version;
use keys::KeyPlace;
use lock::{Lock, Locked};
use record::{Access, LongLived};
use room::Room;

use files::Found;
use keys::Place;
use master::Keys;
use open::master_only;
use sealed::{LONGEST, Record, Unreadable};

/// The longest note that a failure may leave, in bytes.
const LONGEST_NOTE: u64 = 4096;

/// Where things are kept, and under which key.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The state folder; made with mode 0700 on the first write.
    pub folder: PathBuf,
    /// Where the master key lives.
    pub key: KeyPlace,
    /// How long the kernel may keep the access key since its last use; 0 turns that off.
    pub key_cache: Seconds,
    /// How long the OS keyring may take to answer: 4 s for a person, so that a command ends within 5 s; 2 s in CI.
    pub keyring_patience: Duration,
    /// The value of `OAT_STORE_KEY`.
    pub env_key: Option<WireSecret>,
    /// Whether there is a D-Bus session bus: `DBUS_SESSION_BUS_ADDRESS` is set or `$XDG_RUNTIME_DIR/bus` exists.
    pub bus: bool,
}

/// The store. Making one touches nothing; reading one never writes.
pub struct Store {
    place: Place,
    key_cache: Seconds,
    folder: PathBuf,
    sessions: PathBuf,
    memory: Mutex<Memory>,
}

/// What one command learned; the keys are wiped on drop.
#[derive(Default)]
struct Memory {
    keys: Option<Arc<Keys>>,
    folders_made: bool,
    notes: Vec<String>,
    trouble: Option<open::Trouble>,
}

/// The short-lived half of a record.
#[derive(Debug)]
pub struct Loaded {
    /// None where there is no record, or none that can be read; `notes` says which.
    pub access: Option<Access>,
    /// The state of the record that was read; None where there is none.
    pub version: Option<Version>,
}

type Opened<T> = std::result::Result<T, Unreadable>;

impl Store {
    /// A store; nothing is read or made yet.
    pub fn new(settings: Settings) -> Store {
        let folder = settings.folder;
        let place = Place {
            kind: settings.key,
            file: folder.join("store.key"),
            kernel_name: keys::kernel_name(&folder),
            env_key: settings.env_key,
            patience: settings.keyring_patience,
            bus: settings.bus,
        };
        Store { place, key_cache: settings.key_cache, sessions: folder.join("sessions"), folder, memory: Mutex::default() }
    }

    /// Whether anything is kept at all.
    pub fn keeps(&self) -> bool {
        self.place.kind != KeyPlace::None
    }

    /// Where the key lives, in words.
    pub fn place(&self) -> String {
        self.place.describe()
    }

    /// Where the key lives, by its name in the configuration.
    pub fn place_name(&self) -> &'static str {
        self.place.kind.name()
    }

    /// Where a profile's tokens are.
    pub fn record_path(&self, profile: &ProfileName) -> PathBuf {
        self.file(profile, "record")
    }

    /// Warnings for the person, each told once.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.memory().notes)
    }

    /// Makes sure that something could be kept: the folder, and the key, which is made where there is none.
    pub fn probe(&self) -> Result<()> {
        match self.keeps() {
            true => self.keys_or_new().map(drop),
            false => Ok(()),
        }
    }

    /// The access tokens of a profile. Opens no more than that, and writes nothing.
    pub fn load_access(&self, profile: &ProfileName) -> Result<Loaded> {
        let Some(found) = self.find(profile)? else { return Ok(Loaded { access: None, version: None }) };
        let access = self.open_access(&found, profile)?;
        Ok(Loaded { access: self.or_note(profile, access), version: Some(found.version) })
    }

    /// The refresh token of a profile and what lives as long. Needs the master key; writes nothing.
    pub fn load_sealed(&self, profile: &ProfileName) -> Result<Option<LongLived>> {
        let Some(found) = self.find(profile)? else { return Ok(None) };
        let opened = self.open_sealed(&found, profile)?;
        Ok(self.or_note(profile, opened).flatten())
    }

    /// The state of a profile's record, by one system call; None where there is none.
    pub fn version(&self, profile: &ProfileName) -> Option<Version> {
        if self.keeps() { files::version(&self.file(profile, "record")) } else { None }
    }

    /// Waits for the profile's lock, at most for `patience`. While another process holds it, `news` is asked whether
    /// there is something new to read. Fails with kind `Unavailable` when patience ends, with kind `Store` where
    /// no lock file can be made.
    pub fn lock(&self, profile: &ProfileName, patience: Duration, news: &mut dyn FnMut() -> bool) -> Result<Locked> {
        if !self.keeps() {
            return Ok(Locked::Held(Lock { file: None }));
        }
        self.make_folders()?;
        lock::acquire(&self.file(profile, "lock"), &format!("profile `{profile}`"), patience, news)
    }

    /// Waits for the right to sign a person in for a profile, so that no two processes open a browser for the same thing.
    /// Fails like [`Store::lock`].
    pub fn lock_sign_in(&self, profile: &ProfileName, patience: Duration) -> Result<Locked> {
        if !self.keeps() {
            return Ok(Locked::Held(Lock { file: None }));
        }
        self.make_folders()?;
        lock::acquire(&self.file(profile, "login"), &format!("the sign-in of profile `{profile}`"), patience, &mut || false)
    }

    /// How often in a row a person was asked to sign in and did not.
    pub fn unanswered(&self, profile: &ProfileName) -> u8 {
        if !self.keeps() {
            return 0;
        }
        let found = files::read_private(&self.file(profile, "login"), LONGEST_NOTE).ok().flatten();
        found.and_then(|found| found.bytes.first().copied()).unwrap_or(0)
    }

    /// Notes how often a person did not answer.
    pub fn note_unanswered(&self, lock: &Lock, count: u8) {
        self.leave_failure(lock, if count == 0 { &[] } else { std::slice::from_ref(&count) });
    }

    /// A lock that another process of ours took, and handed on as an open file. Fails with kind `Internal` where it is not that
    /// of the profile.
    pub fn inherited_lock(&self, profile: &ProfileName, file: std::fs::File) -> Result<Lock> {
        match files::same_file(&file, &self.file(profile, "lock")) {
            true => Ok(Lock { file: Some(file) }),
            false => Err(Error::new(Kind::Internal, "what was handed over is not the lock of this profile")),
        }
    }

    /// Room on the disk for the next state of a record, so that a full disk is found before a refresh token is spent.
    pub fn reserve(&self, profile: &ProfileName) -> Result<Room> {
        if !self.keeps() {
            return Ok(Room::nowhere());
        }
        self.make_folders()?;
        let old = self.version(profile).map_or(0, |version| version.size.min(LONGEST));
        Room::make(&self.file(profile, "record"), (old + (128 << 10)).max(160 << 10))
    }

    /// Replaces a record, durably; `None` keeps the long-lived section as it is. A record that cannot be read is
    /// set aside. The old record stays until the new one is on the disk.
    pub fn save(&self, profile: &ProfileName, room: Option<Room>, access: &Access, long_lived: Option<&LongLived>) -> Result<()> {
        if !self.keeps() {
            return Ok(());
        }
        self.make_folders()?;
        let path = self.file(profile, "record");
        let old = self.find(profile)?;
        let readable = match &old {
            Some(found) => Some(self.open_access(found, profile)?.map(drop)),
            None => None,
        };
        let keys = match (&readable, long_lived, self.remembered()) {
            // The cached access key is enough to replace what it opened.
            (Some(Ok(())), None, Some(keys)) => keys,
            _ => self.keys_or_new()?,
        };
        let sealed = match (long_lived, &old, &readable) {
            (Some(long_lived), ..) => sealed::seal_long_lived(&keys, master_only(&keys)?, profile, &long_lived.encode())?,
            (None, Some(found), Some(Ok(()))) => Record::parse(&found.bytes).map_or_else(|_| Vec::new(), |record| record.sealed.to_vec()),
            _ => Vec::new(),
        };
        let file = sealed::build(&keys, profile, &sealed, &access.encode())?;
        let mut room = match room {
            Some(room) => room,
            None => Room::make(&path, 0)?,
        };
        room.fill(&file)?;
        if let Some(Err(why)) = readable {
            self.set_aside(profile, "record", why)?;
        }
        room.place(&path)
    }

    /// Forgets a profile's tokens, also where nothing is kept now; whether there were any.
    pub fn forget(&self, profile: &ProfileName) -> Result<bool> {
        files::remove(&self.file(profile, "record"))
    }

    /// Seals a client secret. Fails where nothing is kept.
    pub fn seal_secret(&self, profile: &ProfileName, secret: &ClientSecret) -> Result<()> {
        let keys = self.keys_or_new()?;
        let path = self.file(profile, "secret");
        let file = sealed::build_secret(&keys, master_only(&keys)?, profile, secret.expose().as_bytes())?;
        let mut room = Room::make(&path, 0)?;
        room.fill(&file)?;
        if let Some(old) = files::read_private(&path, LONGEST)?
            && let Err(why) = self.open_secret_file(&old, profile)?
        {
            self.set_aside(profile, "secret", why)?;
        }
        room.place(&path)
    }

    /// The client secret that was sealed for a profile.
    pub fn open_secret(&self, profile: &ProfileName) -> Result<Option<ClientSecret>> {
        if !self.keeps() {
            return Ok(None);
        }
        let path = self.file(profile, "secret");
        let Some(found) = files::read_private(&path, LONGEST)? else { return Ok(None) };
        match self.open_secret_file(&found, profile)? {
            Ok(secret) => Ok(Some(secret)),
            Err(why) => Err(Error::new(Kind::Store, format!("cannot read the client secret in `{}`: {why}", path.display()))
                .hint(format!("seal it anew with `oat profile set-secret {profile}`"))),
        }
    }

    /// Forgets a profile's client secret; whether there was one.
    pub fn forget_secret(&self, profile: &ProfileName) -> Result<bool> {
        files::remove(&self.file(profile, "secret"))
    }

    /// The profiles that have a record, in alphabetical order.
    pub fn profiles(&self) -> Result<Vec<ProfileName>> {
        if !self.keeps() {
            return Ok(Vec::new());
        }
        let names = files::names(&self.sessions)?;
        let profiles = names.iter().filter_map(|name| ProfileName::parse(name.strip_suffix(".record")?).ok());
        // A sort would take 4 kB of code, and they are few.
        let mut sorted: Vec<ProfileName> = Vec::new();
        for profile in profiles {
            sorted.insert(sorted.partition_point(|other| *other < profile), profile);
        }
        Ok(sorted)
    }

    /// What a process that failed left for those who waited for it. Not authenticated: show it, do not obey it.
    pub fn failure_left(&self, profile: &ProfileName) -> Option<Vec<u8>> {
        if !self.keeps() {
            return None;
        }
        let found = files::read_private(&self.file(profile, "lock"), LONGEST_NOTE).ok()??;
        (!found.bytes.is_empty()).then_some(found.bytes)
    }

    /// Leaves a note for those who wait; an empty one, or one of more than 4 KiB, leaves none. A note is a favour: trouble is silent.
    pub fn leave_failure(&self, lock: &Lock, note: &[u8]) {
        let Some(mut file) = lock.file.as_ref() else { return };
        let note = if note.len() as u64 > LONGEST_NOTE { b"" } else { note };
        let mut first = [0];
        if note.is_empty() && file.rewind().and_then(|()| file.read(&mut first)).is_ok_and(|length| length == 0) {
            return;
        }
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(note));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, profile: &ProfileName, kind: &str) -> PathBuf {
        self.sessions.join(format!("{profile}.{kind}"))
    }

    fn find(&self, profile: &ProfileName) -> Result<Option<Found>> {
        if self.keeps() { files::read_private(&self.file(profile, "record"), LONGEST) } else { Ok(None) }
    }

    fn make_folders(&self) -> Result<()> {
        let mut memory = self.memory();
        if !memory.folders_made {
            files::make_folder(&self.folder, &mut memory.notes)?;
            files::make_folder(&self.sessions, &mut memory.notes)?;
            memory.folders_made = true;
        }
        Ok(())
    }

    fn note(&self, note: String) {
        let notes = &mut self.memory().notes;
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    fn or_note<T>(&self, profile: &ProfileName, opened: Opened<T>) -> Option<T> {
        let path = self.file(profile, "record");
        let told = |why| match why {
            // A Secret Service that was not unlocked yet says so too.
            Unreadable::NoKey => format!("cannot read `{}`: there is no key in {}", path.display(), self.place()),
            why => format!("cannot read `{}`: {why}", path.display()),
        };
        opened.map_err(|why| self.note(told(why))).ok()
    }

    fn set_aside(&self, profile: &ProfileName, kind: &str, why: Unreadable) -> Result<()> {
        let aside = files::set_aside(&self.file(profile, kind))?;
        self.note(format!("the old {kind} of profile `{profile}` is now `{}`: {why}", aside.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
