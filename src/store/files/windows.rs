//! Windows: the profile folder's access list keeps others out, so there are no modes to check.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::MetadataExt;
use std::path::Path;

use crate::error::Result;
use crate::store::files::{Refused, Version};

/// Opens a file that nobody else may read; None where there is none.
pub fn open_private(path: &Path) -> std::result::Result<Option<(File, Version)>, Refused> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => return Err(io::Error::from(io::ErrorKind::InvalidInput).into()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let file = File::open(path)?;
    let version = version_of(&file.metadata()?);
    Ok(Some((file, version)))
}

/// Makes a private file that was not there.
pub fn make_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Opens a lock file, made where there is none.
pub fn open_or_make(path: &Path) -> std::result::Result<File, Refused> {
    Ok(OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?)
}

/// Makes a folder that was not there.
pub fn make_new_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Nothing tells; only the profile folder is known to be private.
pub fn private_folder(_: &Path) -> bool {
    false
}

/// There is no mode to tighten.
pub fn tighten_lock(_: &File) -> io::Result<()> {
    Ok(())
}

/// Which state of a file this is.
pub fn version_of(metadata: &fs::Metadata) -> Version {
    // In 100 ns since 1601.
    let written = metadata.last_write_time();
    Version {
        file: metadata.creation_time(),
        seconds: (written / 10_000_000) as i64,
        nanoseconds: (written % 10_000_000) as i64,
        size: metadata.file_size(),
    }
}

/// Makes a private folder and what is missing above it.
pub fn build_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Takes others' access to a folder away, or refuses a folder that is not ours alone.
pub fn mend_folder(_: &Path, _: &fs::Metadata, _: &mut Vec<String>) -> Result<()> {
    Ok(())
}

/// Whether a file could not be opened because it is a link.
pub fn is_link(_: &io::Error, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}
