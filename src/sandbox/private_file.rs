//! The sandbox's files: readable by their owner alone, and never half-written.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::sandbox::random;

/// Reads up to `longest` bytes of a file that nobody else may read or write.
pub fn read(file: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let found = fs::symlink_metadata(file)?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other("others may read or write it; run chmod 600 on it"));
        }
    }
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(longest).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes `bytes` into a new file beside `file`, whose name the caller is to give it. The folder is made where there is none.
pub fn draft(file: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    private_folder(file.parent().unwrap_or(file))?;
    let name = random::name().map_err(|_| io::Error::other("no random numbers"))?;
    let mut draft = file.as_os_str().to_os_string();
    draft.push(format!(".{name}.tmp"));
    let draft = PathBuf::from(draft);
    let written = write(&draft, bytes);
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map(|()| draft)
}

/// Opens a private file for writing, made where there is none; what it holds is left alone.
pub fn open(file: &Path) -> io::Result<fs::File> {
    private_folder(file.parent().unwrap_or(file))?;
    options().create(true).truncate(false).open(file)
}

/// Writes a new private file, down to the disk.
pub fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = options().create_new(true).open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
