//! The one master key, and the places where it may live.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::secret::WireSecret;
use crate::store::files;
#[cfg(target_os = "linux")]
use crate::store::kernel;
use crate::store::keyring;
use crate::store::master::Master;
use crate::store::room::Room;

/// Where the master key lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyPlace {
    /// The keyring of the operating system.
    Keyring,
    /// The environment variable `OAT_STORE_KEY`.
    Env,
    /// A 0600 file in the state folder.
    File,
    /// The kernel's user keyring (Linux); it ends with a reboot.
    Keyutils,
    /// Nowhere: nothing is kept.
    None,
}

impl KeyPlace {
    /// Reads a name as it is typed.
    pub fn parse(name: &str) -> Option<KeyPlace> {
        use KeyPlace::*;
        [Keyring, Env, File, Keyutils, None].into_iter().find(|place| place.name() == name)
    }

    /// The name as typed.
    pub fn name(self) -> &'static str {
        match self {
            KeyPlace::Keyring => "keyring",
            KeyPlace::Env => "env",
            KeyPlace::File => "file",
            KeyPlace::Keyutils => "keyutils",
            KeyPlace::None => "none",
        }
    }
}

/// What names a state folder in the kernel's keyring, which all folders of a user share.
pub fn kernel_name(folder: &Path) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, folder.as_os_str().as_encoded_bytes());
    digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The place of the master key, with what is needed to get there.
pub struct Place {
    /// Which place.
    pub kind: KeyPlace,
    /// The key file's path.
    pub file: PathBuf,
    /// Names the state folder in the kernel's keyring.
    pub kernel_name: String,
    /// The value of `OAT_STORE_KEY`.
    pub env_key: Option<WireSecret>,
    /// How long the OS keyring may take to answer.
    pub patience: Duration,
    /// Whether there is a D-Bus session bus.
    pub bus: bool,
}

impl Place {
    /// The master key; None where the place has none yet. Makes nothing.
    pub fn read(&self) -> Result<Option<Master>> {
        match self.kind {
            KeyPlace::Keyring => match keyring::read(self.patience, self.bus)? {
                Some(text) => Master::parse(&text).map(Some).ok_or_else(|| self.malformed()),
                None => Ok(None),
            },
            KeyPlace::Env => self.read_env().map(Some),
            KeyPlace::File => self.read_file(),
            KeyPlace::Keyutils => self.read_kernel(),
            KeyPlace::None => Ok(None),
        }
    }

    /// The master key, and whether it was made now. The caller holds the store's lock.
    pub fn read_or_make(&self) -> Result<(Master, bool)> {
        match self.kind {
            KeyPlace::Keyring => {
                // One connection for both: its key agreement is what a keyring costs.
                let (text, made) = keyring::read_or_write(Master::random()?.text(), self.patience, self.bus)?;
                Ok((Master::parse(&text).ok_or_else(|| self.malformed())?, made))
            }
            KeyPlace::Env | KeyPlace::None => match self.read()? {
                Some(master) => Ok((master, false)),
                None => Err(Error::new(Kind::Store, "nothing is kept with the key place `none`")
                    .hint("name a place: `OAT_STORE=keyring` or `OAT_STORE=file`, or `[store] key` in the config file")),
            },
            KeyPlace::File => match self.read_file()? {
                Some(master) => Ok((master, false)),
                None => self.make_file(),
            },
            KeyPlace::Keyutils => match self.read_kernel()? {
                Some(master) => Ok((master, false)),
                None => self.make_kernel(),
            },
        }
    }

    /// The place in words.
    pub fn describe(&self) -> String {
        match self.kind {
            KeyPlace::Keyring => keyring::NAME.into(),
            KeyPlace::Env => "the environment variable `OAT_STORE_KEY`".into(),
            KeyPlace::File => format!("the key file `{}` (mode 0600)", self.file.display()),
            KeyPlace::Keyutils => "the kernel's user keyring (until the next reboot)".into(),
            KeyPlace::None => "nowhere: nothing is kept".into(),
        }
    }

    /// The description of the cached access key in the kernel's keyring.
    #[cfg(target_os = "linux")]
    pub fn access_name(&self) -> String {
        format!("oat:access:{}", self.kernel_name)
    }

    #[cfg(target_os = "linux")]
    fn master_name(&self) -> String {
        format!("oat:master:{}", self.kernel_name)
    }

    fn malformed(&self) -> Error {
        let cure = match self.kind {
            KeyPlace::File => format!("move it away to start anew: `mv {0} {0}.bad`", files::shell_word(&self.file)),
            _ => "delete the entry `master-key` of service `oat` there to start anew, or use `OAT_STORE=file`".into(),
        };
        Error::new(Kind::Store, format!("cannot use the key in {}: it is not base64 of exactly 32 bytes", self.describe())).hint(cure)
    }

    fn read_env(&self) -> Result<Master> {
        let hint = "make one once with `openssl rand -base64 32`, keep it as a secret, and set OAT_STORE_KEY to it for every run";
        let Some(value) = &self.env_key else {
            return Err(Error::new(Kind::Config, "cannot open the store: `OAT_STORE_KEY` is not set").hint(hint));
        };
        Master::parse(value.expose())
            .ok_or_else(|| Error::new(Kind::Config, "cannot open the store: `OAT_STORE_KEY` is not base64 of exactly 32 bytes").hint(hint))
    }

    fn read_file(&self) -> Result<Option<Master>> {
        let Some(found) = files::read_private(&self.file, 4096)? else { return Ok(None) };
        let bytes = Zeroizing::new(found.bytes);
        str::from_utf8(&bytes).ok().and_then(Master::parse).map(Some).ok_or_else(|| self.malformed())
    }

    fn make_file(&self) -> Result<(Master, bool)> {
        let text = Master::random()?.text();
        let mut room = Room::make(&self.file, 0)?;
        room.fill(&Zeroizing::new([text.as_bytes(), b"\n"].concat()))?;
        let made = room.place_first(&self.file)?;
        // Whoever was first, its key is the one on disk.
        let master = self.read_file()?.ok_or_else(|| Error::new(Kind::Store, format!("cannot keep {}", self.describe())))?;
        Ok((master, made))
    }

    #[cfg(target_os = "linux")]
    fn read_kernel(&self) -> Result<Option<Master>> {
        kernel::read_master(&self.master_name())
    }

    #[cfg(target_os = "linux")]
    fn make_kernel(&self) -> Result<(Master, bool)> {
        kernel::write_master(&self.master_name(), &Master::random()?)?;
        let master = self.read_kernel()?.ok_or_else(|| Error::new(Kind::Store, format!("cannot keep a key in {}", self.describe())))?;
        Ok((master, true))
    }

    #[cfg(not(target_os = "linux"))]
    fn read_kernel(&self) -> Result<Option<Master>> {
        Err(Error::new(Kind::Config, "cannot use the key place `keyutils`: only Linux has it")
            .hint("use `OAT_STORE=keyring`, or `[store] key = \"keyring\"`"))
    }

    #[cfg(not(target_os = "linux"))]
    fn make_kernel(&self) -> Result<(Master, bool)> {
        self.read_kernel()?;
        Master::random().map(|master| (master, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_named_and_read_by_its_name() {
        for name in crate::keys::STORE_KEYS {
            assert_eq!(KeyPlace::parse(name).unwrap().name(), name);
        }
        assert_eq!(KeyPlace::parse("Keyring"), None);
    }

    #[test]
    fn a_key_file_that_holds_something_else_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.key");
        let place = Place {
            kind: KeyPlace::File,
            file: file.clone(),
            kernel_name: String::new(),
            env_key: None,
            patience: Duration::ZERO,
            bus: false,
        };
        let mut room = Room::make(&file, 0).unwrap();
        room.fill(b"CANARY").unwrap();
        room.place(&file).unwrap();
        let error = place.read_or_make().err().unwrap();
        assert_eq!(error.message, format!("cannot use the key in {}: it is not base64 of exactly 32 bytes", place.describe()));
        assert_eq!(error.hint.clone().unwrap(), format!("move it away to start anew: `mv {0} {0}.bad`", file.display()));
        assert_eq!(std::fs::read(&file).unwrap(), b"CANARY");
    }
}
