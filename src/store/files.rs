//! Files and folders that are private to one user, read and made with a check of who else could.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::random;

/// What a file held, and which state of it that was.
pub struct Found {
    /// Its bytes; empty where it was longer than asked for.
    pub bytes: Vec<u8>,
    /// Which state of the file.
    pub version: Version,
}

/// One state of a file; another state has another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The inode.
    pub file: u64,
    /// When it was written last, in Unix seconds,
    pub seconds: i64,
    /// and nanoseconds.
    pub nanoseconds: i64,
    /// In bytes.
    pub size: u64,
}

/// Reads a file that nobody else may read; None where there is none. A link, a foreign owner or a loose mode is an error.
pub fn read_private(path: &Path, longest: u64) -> Result<Option<Found>> {
    let opened = open_private(path).map_err(|error| refusal(path, error))?;
    let Some((mut file, version)) = opened else { return Ok(None) };
    let mut bytes = vec![0; if version.size > longest { 0 } else { version.size as usize }];
    file.read_exact(&mut bytes).map_err(|error| cannot("read", path, error))?;
    Ok(Some(Found { bytes, version }))
}

/// The state of a file, by one system call; None where there is none.
pub fn version(path: &Path) -> Option<Version> {
    fs::symlink_metadata(path).ok().map(|metadata| version_of(&metadata))
}

/// Opens a lock file, made where there is none, whose content is never trusted.
pub fn open_lock(path: &Path) -> Result<File> {
    let file = open_or_make(path).map_err(|error| refusal(path, error))?;
    tighten_lock(&file).map_err(|error| cannot("protect", path, error))?;
    Ok(file)
}

/// Whether `path` still names the open file.
pub fn same_file(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => version_of(&open).file == version_of(&named).file,
        _ => false,
    }
}

/// Makes sure of a folder that only its owner may enter; says in `notes` what had to be mended.
pub fn make_folder(path: &Path, notes: &mut Vec<String>) -> Result<()> {
    let cannot_make = |error| folder_trouble(path, error);
    match fs::symlink_metadata(path) {
        Ok(_) => {
            let metadata = fs::metadata(path).map_err(cannot_make)?;
            if !metadata.is_dir() {
                return Err(Error::new(Kind::Store, format!("cannot keep anything in `{}`: it is not a folder", path.display()))
                    .hint("move it away, or name another folder with OAT_STATE"));
            }
            mend_folder(path, &metadata, notes)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            build_folder(path).map_err(cannot_make)?;
            path.parent().map_or(Ok(()), sync_folder).map_err(cannot_make)
        }
        Err(error) => Err(cannot_make(error)),
    }
}

/// Removes a file; false where there was none. It is gone for good when this returns.
pub fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => {
            path.parent().map_or(Ok(()), sync_folder).map_err(|error| cannot("remove", path, error))?;
            Ok(true)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(cannot("remove", path, error)),
    }
}

/// Renames a file that cannot be read to `<name>.unreadable-<random>`, so that it is never overwritten.
pub fn set_aside(path: &Path) -> Result<PathBuf> {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".unreadable-{}", random_name()?));
    let aside = PathBuf::from(name);
    fs::rename(path, &aside).map_err(|error| cannot("set aside", path, error))?;
    Ok(aside)
}

/// The names in a folder; none where there is no folder.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(cannot("list", folder, error)),
    }
}

/// A path as one word of a shell command, for hints.
pub fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// 16 random hexadecimal digits.
pub fn random_name() -> Result<String> {
    Ok(format!("{:016x}", u64::from_le_bytes(random::bytes()?)))
}

/// Makes a rename durable.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    // Windows cannot open a folder, and journals renames by itself.
    if cfg!(windows) {
        return Ok(());
    }
    match File::open(path).and_then(|folder| folder.sync_all()) {
        // Some network filesystems cannot sync a folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        // The parent of the state folder need not be ours to read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

/// `cannot <what> <path>`, and the operating system's reason.
pub fn cannot(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(Kind::Store, format!("cannot {what} `{}`", path.display())).because(error)
}

/// A failed write, with the cure for its reason.
pub fn full(target: &Path, error: io::Error) -> Error {
    let folder = target.parent().unwrap_or(target);
    let hint = cure(folder, &error);
    Error::new(Kind::Store, format!("cannot write in `{}`", folder.display())).because(error).hint(hint)
}

fn cure(folder: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!("free some space: `df -h {}`", shell_word(folder)),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "name a folder that can be written with OAT_STATE, or keep nothing: `OAT_STORE=none`".into()
        }
        _ => format!("see `ls -ld {}`, or name another folder with OAT_STATE", shell_word(folder)),
    }
}

fn folder_trouble(path: &Path, error: io::Error) -> Error {
    Error::new(Kind::Store, format!("cannot make the folder `{}`", path.display()))
        .because(error)
        .hint("name a folder that can be written with OAT_STATE, or keep nothing: `OAT_STORE=none`")
}

/// Why a file is not used: the operating system's reason, or ours.
pub enum Refused {
    Io(io::Error),
    Ours(Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Io(error)
    }
}

fn refusal(path: &Path, refused: Refused) -> Error {
    match refused {
        Refused::Ours(error) => error,
        Refused::Io(error) if is_link(&error, path) => {
            Error::new(Kind::Store, format!("cannot use `{}`: it is a symbolic link", path.display()))
                .hint(format!("remove it: `rm {}`", shell_word(path)))
        }
        Refused::Io(error) => {
            let hint = cure(path.parent().unwrap_or(path), &error);
            cannot("open", path, error).hint(hint)
        }
    }
}

#[cfg(unix)]
use unix::{build_folder, is_link, mend_folder, open_or_make, tighten_lock};
#[cfg(unix)]
pub use unix::{make_new, make_new_folder, open_private, private_folder, version_of};
#[cfg(windows)]
use windows::{build_folder, is_link, mend_folder, open_or_make, tighten_lock};
#[cfg(windows)]
pub use windows::{make_new, make_new_folder, open_private, private_folder, version_of};

#[cfg(unix)]
mod unix;

#[cfg(windows)]
mod windows;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn r83_a_foreign_or_loose_or_special_file_is_at_fault() {
        let path = Path::new("/s/a.record");
        let fault = |mode, owner| unix::fault(path, mode, owner, 1000).map(|error| (error.message.clone(), error.hint.clone().unwrap()));
        assert_eq!(fault(0o100_600, 1000), None);
        assert_eq!(fault(0o100_400, 1000), None);
        let (message, hint) = fault(0o100_600, 0).unwrap();
        assert_eq!(message, "cannot use `/s/a.record`: it belongs to another user (uid 0, and this is uid 1000)");
        assert_eq!(hint, "run as that user, or `sudo chown 1000 /s/a.record`, or name another folder with OAT_STATE");
        for loose in [0o604, 0o640, 0o660, 0o620, 0o601, 0o777] {
            assert!(fault(0o100_000 | loose, 1000).unwrap().1.starts_with("run `chmod 600 "), "{loose:o}");
        }
        assert!(fault(0o040_700, 1000).unwrap().0.ends_with("it is not a file"));
    }

    #[test]
    fn a_path_in_a_hint_is_one_word_of_the_shell() {
        assert_eq!(shell_word(Path::new("/home/a/.local/state/oat")), "/home/a/.local/state/oat");
        assert_eq!(shell_word(Path::new("/home/it's $HOME")), "'/home/it'\\''s $HOME'");
    }

    #[test]
    fn a_file_that_is_written_or_replaced_has_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        assert_eq!(version(&path), None);
        drop(make_new(&path).unwrap());
        let first = version(&path);
        assert_eq!(first, version(&path));
        drop(make_new(&other).unwrap());
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(version(&path), first);
        let second = version(&path);
        std::fs::write(&path, "x").unwrap();
        assert_ne!(version(&path), second);
    }

    #[test]
    fn a_file_longer_than_asked_for_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = make_new(&path).unwrap();
        file.set_len(17).unwrap();
        let found = read_private(&path, 16).unwrap().unwrap();
        assert_eq!((found.bytes.len(), found.version.size), (0, 17));
        assert_eq!(read_private(&path, 17).unwrap().unwrap().bytes.len(), 17);
    }
}
