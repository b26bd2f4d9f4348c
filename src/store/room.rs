//! Room for a file on the disk before its content is known, and its move into place as a whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::store::files::{cannot, full, make_new, names, open_private, random_name, sync_folder, version_of};

/// In seconds: what nobody has touched for so long, nobody is writing any more.
const STALE: i64 = 3600;

/// A private temporary file beside the one that it is to become; removed on drop unless it was placed.
#[derive(Debug)]
pub struct Room {
    /// None where nothing is kept.
    file: Option<File>,
    path: PathBuf,
}

impl Room {
    /// Makes one beside `target`, with `size` real bytes, after sweeping what killed processes left.
    pub fn make(target: &Path, size: u64) -> Result<Room> {
        let (Some(folder), Some(name)) = (target.parent(), target.file_name().and_then(|name| name.to_str())) else {
            return Err(Error::new(Kind::Internal, format!("`{}` cannot be written", target.display())));
        };
        let prefix = format!(".{name}.");
        let path = folder.join(format!("{prefix}{}.tmp", random_name()?));
        let mut file = make_new(&path).map_err(|error| full(target, error))?;
        // Sweepers leave a locked file alone. Where there are no locks, they look at its age.
        let _ = file.try_lock();
        sweep(folder, &prefix, &path, &file);
        let reserved = reserve(&mut file, size);
        let room = Room { file: Some(file), path };
        reserved.map_err(|error| full(target, error))?;
        Ok(room)
    }

    /// Room where nothing is kept.
    pub fn nowhere() -> Room {
        Room { file: None, path: PathBuf::new() }
    }

    /// Writes the content, durably.
    pub fn fill(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| fill(file, bytes)).map_err(|error| full(&self.path, error))
    }

    /// Puts the file in the place of `target`, whatever is there, durably.
    pub fn place(mut self, target: &Path) -> Result<()> {
        self.rename(target)?;
        target.parent().map_or(Ok(()), sync_folder).map_err(|error| cannot("keep", target, error))
    }

    /// Puts the file at `target` unless something is there; whether it did.
    pub fn place_first(mut self, target: &Path) -> Result<bool> {
        let made = match fs::hard_link(&self.path, target) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            // No hard links here, as on FAT. The caller holds the store's lock.
            Err(_) if fs::symlink_metadata(target).is_err() => self.rename(target).map(|()| true)?,
            Err(_) => false,
        };
        target.parent().map_or(Ok(()), sync_folder).map_err(|error| cannot("keep", target, error))?;
        Ok(made)
    }

    fn rename(&mut self, target: &Path) -> Result<()> {
        // Closed first: on Windows nobody could read the file while we hold its lock.
        let Some(file) = self.file.take() else { return Ok(()) };
        drop(file);
        fs::rename(&self.path, target).map_err(|error| {
            let _ = fs::remove_file(&self.path);
            full(target, error)
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Zeros that are really written, since a length alone takes no room.
fn reserve(file: &mut File, size: u64) -> io::Result<()> {
    let zeros = [0; 16 << 10];
    let mut missing = size;
    while missing > 0 {
        let now = missing.min(zeros.len() as u64);
        file.write_all(&zeros[..now as usize])?;
        missing -= now;
    }
    // Some filesystems find out that they are full, or over quota, only now.
    if size > 0 { file.sync_data() } else { Ok(()) }
}

fn fill(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Removes the temporary files of processes that were killed. Trouble here is left to the next sweep.
fn sweep(folder: &Path, prefix: &str, own: &Path, file: &File) {
    let Ok(now) = file.metadata().map(|metadata| version_of(&metadata).seconds) else { return };
    for name in names(folder).unwrap_or_default() {
        let path = folder.join(&name);
        let random = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".tmp"));
        if path == own || random.is_none_or(|random| random.len() != 16) {
            continue;
        }
        let Ok(Some((left, version))) = open_private(&path) else { continue };
        let old = now.saturating_sub(version.seconds) > STALE;
        let stale = match left.try_lock() {
            // A live one is not locked yet while it is empty.
            Ok(()) => version.size > 0 || old,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => old,
        };
        if stale {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.record");
        (folder, target)
    }

    #[test]
    fn r81_room_is_real_and_gone_when_unused() {
        let (folder, target) = target();
        let room = Room::make(&target, 160 << 10).unwrap();
        let metadata = fs::metadata(&room.path).unwrap();
        assert_eq!(metadata.len(), 160 << 10);
        #[cfg(unix)]
        assert!(std::os::unix::fs::MetadataExt::blocks(&metadata) * 512 >= 160 << 10, "the bytes are not on the disk");
        drop(room);
        assert_eq!(names(folder.path()).unwrap(), [""; 0]);
    }

    #[test]
    fn r81_a_placed_file_has_its_content_and_no_more() {
        let (folder, target) = target();
        fs::write(&target, "old").unwrap();
        let mut room = Room::make(&target, 160 << 10).unwrap();
        room.fill(b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        room.place(&target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(names(folder.path()).unwrap(), ["a.record"]);
    }

    #[test]
    fn place_first_never_replaces() {
        let (folder, target) = target();
        for (content, made) in [("one", true), ("two", false)] {
            let mut room = Room::make(&target, 0).unwrap();
            room.fill(content.as_bytes()).unwrap();
            assert_eq!(room.place_first(&target).unwrap(), made);
        }
        assert_eq!(fs::read(&target).unwrap(), b"one");
        assert_eq!(names(folder.path()).unwrap(), ["a.record"]);
    }

    #[test]
    #[cfg(unix)]
    fn r81_what_a_killed_process_left_is_swept_and_nothing_else() {
        let (folder, target) = target();
        let leave = |name: &str, content: &[u8]| make_new(&folder.path().join(name)).unwrap().write_all(content).unwrap();
        leave(".a.record.0123456789abcdef.tmp", b"half");
        leave(".a.record.0000000000000000.tmp", b"");
        leave(".a.b.record.0123456789abcdef.tmp", b"half");
        leave(".a.secret.0123456789abcdef.tmp", b"half");
        let alive = Room::make(&target, 10).unwrap();
        drop(Room::make(&target, 10).unwrap());
        let mut left = names(folder.path()).unwrap();
        left.sort();
        let living = alive.path.file_name().unwrap().to_str().unwrap();
        let mut expected = [".a.b.record.0123456789abcdef.tmp", ".a.record.0000000000000000.tmp", ".a.secret.0123456789abcdef.tmp", living];
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn r81_a_full_disk_is_named_with_its_cure() {
        let mut disk = File::options().read(true).write(true).open("/dev/full").unwrap();
        let error = reserve(&mut disk, 160 << 10).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let error = full(Path::new("/state/oat/a.record"), error);
        assert_eq!(error.kind, Kind::Store);
        assert_eq!(error.to_string(), "cannot write in `/state/oat`: No space left on device (os error 28)");
        assert_eq!(error.hint.clone().unwrap(), "free some space: `df -h /state/oat`");
    }

    #[test]
    fn r81_a_failed_rename_leaves_no_temporary_file() {
        let (folder, target) = target();
        fs::create_dir(&target).unwrap();
        let mut room = Room::make(&target, 0).unwrap();
        room.fill(b"new").unwrap();
        room.place(&target).unwrap_err();
        assert_eq!(names(folder.path()).unwrap(), ["a.record"]);
    }
}
