//! Owners, modes and links, as Unix has them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags, fstat};
use rustix::process::geteuid;

use crate::error::{Error, Kind, Result};
use crate::store::files::{Refused, Version, cannot, shell_word};

/// Opens a file that nobody else may read; None where there is none.
pub fn open_private(path: &Path) -> std::result::Result<Option<(File, Version)>, Refused> {
    // NONBLOCK: a FIFO in the place of a file must not stop us.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(io::Error::from(errno).into()),
    };
    let stat = fstat(&file).map_err(io::Error::from)?;
    // The types of these fields differ from system to system.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "they differ from system to system")]
    let version = Version {
        file: stat.st_ino as u64,
        seconds: stat.st_mtime as i64,
        nanoseconds: stat.st_mtime_nsec as i64,
        size: stat.st_size as u64,
    };
    #[allow(clippy::unnecessary_cast, reason = "it is 16 bits wide on macOS")]
    match fault(path, stat.st_mode as u32, stat.st_uid, geteuid().as_raw()) {
        Some(error) => Err(Refused::Ours(error)),
        None => Ok(Some((file, version))),
    }
}

/// What is wrong with a file of this mode and owner, as ssh would say it.
pub fn fault(path: &Path, mode: u32, owner: u32, user: u32) -> Option<Error> {
    let told = |why: String| Error::new(Kind::Store, format!("cannot use `{}`: {why}", path.display()));
    let word = || shell_word(path);
    if mode & 0o170_000 != 0o100_000 {
        Some(told("it is not a file".into()).hint(format!("see `ls -ld {}`", word())))
    } else if owner != user {
        Some(
            told(format!("it belongs to another user (uid {owner}, and this is uid {user})"))
                .hint(format!("run as that user, or `sudo chown {user} {}`, or name another folder with OAT_STATE", word())),
        )
    } else if mode & 0o077 != 0 {
        Some(told(format!("others may read it (mode {:04o})", mode & 0o7777)).hint(format!("run `chmod 600 {}`", word())))
    } else {
        None
    }
}

/// Makes a private file that was not there.
pub fn make_new(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits() as i32;
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).custom_flags(flags).open(path)?;
    // A umask may have taken bits that we need ourselves.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Opens a lock file, made where there is none.
pub fn open_or_make(path: &Path) -> std::result::Result<File, Refused> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    Ok(OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)?)
}

/// A lock file holds no secret, so a loose mode is mended without a word.
pub fn tighten_lock(file: &File) -> io::Result<()> {
    if file.metadata()?.mode() & 0o7777 != 0o600 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Which state of a file this is.
pub fn version_of(metadata: &fs::Metadata) -> Version {
    Version { file: metadata.ino(), seconds: metadata.mtime(), nanoseconds: metadata.mtime_nsec(), size: metadata.size() }
}

/// Makes a private folder and what is missing above it.
pub fn build_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Makes a private folder that was not there.
pub fn make_new_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)?;
    // A umask may have taken bits that we need ourselves.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Whether it is a folder of this user that nobody else may enter.
pub fn private_folder(path: &Path) -> bool {
    let ours = |facts: fs::Metadata| facts.is_dir() && facts.uid() == geteuid().as_raw() && facts.mode() & 0o077 == 0;
    path.is_absolute() && fs::metadata(path).is_ok_and(ours)
}

/// Takes others' access to a folder away, or refuses a folder that is not ours alone.
pub fn mend_folder(path: &Path, metadata: &fs::Metadata, notes: &mut Vec<String>) -> Result<()> {
    let (mode, owner, user) = (metadata.mode() & 0o7777, metadata.uid(), geteuid().as_raw());
    let refused = |why: String| {
        Err(Error::new(Kind::Store, format!("cannot keep tokens in `{}`: {why}", path.display()))
            .hint("name a folder of your own with OAT_STATE"))
    };
    if owner != user {
        return refused(format!("it belongs to another user (uid {owner}, and this is uid {user})"));
    }
    if mode & 0o1000 != 0 {
        return refused(format!("it is shared with others (mode {mode:04o})"));
    }
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|error| cannot("protect", path, error))?;
        notes.push(format!("others could enter `{}` (mode {mode:04o}); its mode is 0700 now", path.display()));
    }
    Ok(())
}

/// Whether a file could not be opened because it is a link.
pub fn is_link(error: &io::Error, path: &Path) -> bool {
    // FreeBSD answers EMLINK, NetBSD EFTYPE; so the file itself is asked.
    error.raw_os_error().is_some() && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}
