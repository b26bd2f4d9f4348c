//! A folder with tokens in plain text, for one command that reads them there: private, locked while it is in use, swept after that.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::secret::AccessToken;
use crate::store::files::{cannot, make_folder, make_new_folder, names, random_name, same_file, version};
use crate::store::room::Room;

/// How the folders are called, in front of something random.
const PREFIX: &str = "exec-";
/// In seconds: so young a folder may be empty because its first file is still to come.
const YOUNG: i64 = 60;

/// One folder; removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    /// The folder itself, with a lock that says that somebody cares for it; None where a folder cannot be opened.
    lock: Option<File>,
}

impl Outbox {
    /// Makes one in `base`, a folder of ours in a folder of ours, each made where there is none, and removes what killed processes
    /// left there.
    pub fn make(base: &Path) -> Result<Outbox> {
        let base = std::path::absolute(base).map_err(|error| cannot("find", base, error))?;
        let mut outbox = Outbox { path: base.join(format!("{PREFIX}{}", random_name()?)), lock: None };
        outbox.build()?;
        outbox.sweep(&base);
        Ok(outbox)
    }

    /// One that another process of ours made, with its lock.
    #[cfg(unix)]
    pub fn taken_over(path: PathBuf, lock: File) -> Outbox {
        Outbox { path, lock: Some(lock) }
    }

    /// Where it is.
    #[cfg(unix)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lock as another open file, for a process that goes on with the work: it is free when both are closed.
    #[cfg(unix)]
    pub fn lock_to_hand_over(&self) -> Option<File> {
        self.lock.as_ref()?.try_clone().ok()
    }

    /// Puts a token into the file of that name, as a whole or not at all, and tells the path. A folder that was removed is made anew.
    pub fn put(&mut self, name: &str, token: &AccessToken) -> Result<PathBuf> {
        if !self.stands() {
            self.build()?;
        }
        let path = self.path.join(name);
        let mut room = Room::make(&path, 0)?;
        // No line end: what reads such files often takes them as they are.
        room.fill(token.expose().as_bytes())?;
        room.place(&path)?;
        Ok(path)
    }

    /// Whether the file is there.
    pub fn has(&self, name: &str) -> bool {
        self.stands() && version(&self.path.join(name)).is_some()
    }

    fn stands(&self) -> bool {
        self.lock.as_ref().map_or_else(|| self.path.is_dir(), |lock| same_file(lock, &self.path))
    }

    fn build(&mut self) -> Result<()> {
        // Above the base, whoever could rename it would choose what the command reads.
        let mut above: Vec<&Path> = self.path.ancestors().skip(1).take(2).collect();
        above.reverse();
        above.into_iter().try_for_each(|folder| make_folder(folder, &mut Vec::new()))?;
        make_new_folder(&self.path).map_err(|error| cannot("make the folder", &self.path, error))?;
        // Whoever sweeps looks at it for a moment. Where there are no locks, nobody sweeps.
        self.lock = File::open(&self.path).ok().inspect(|lock| drop(lock.lock()));
        Ok(())
    }

    /// Removes the folders that nobody has locked. Trouble here is left to the next one.
    fn sweep(&self, base: &Path) {
        let Some(now) = version(&self.path).map(|version| version.seconds) else { return };
        for name in names(base).unwrap_or_default() {
            let path = base.join(&name);
            // Not through a link.
            let Some(seen) = version(&path).filter(|_| name.starts_with(PREFIX) && path != self.path && !path.is_symlink()) else {
                continue;
            };
            let locked = File::open(&path).and_then(|folder| folder.try_lock().map(|()| folder).map_err(Into::into));
            let young = now.saturating_sub(seen.seconds) < YOUNG && names(&path).is_ok_and(|files| files.is_empty());
            if locked.is_ok() && !young {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // What stands in its place by now may be somebody else's.
        if self.stands() && self.path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(PREFIX)) {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).map_or(0, |facts| facts.permissions().mode() & 0o7777)
    }

    #[test]
    fn r83_a_token_for_a_command_is_in_a_private_file_of_a_private_folder_and_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("oat");
        let mut outbox = Outbox::make(&base).unwrap();
        let path = outbox.put("TOKEN_FILE", &AccessToken::new("t")).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap()), mode(&base)), (0o600, 0o700, 0o700));
        assert_eq!(fs::read(&path).unwrap(), b"t");
        outbox.put("TOKEN_FILE", &AccessToken::new("u")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"u");
        assert_eq!(names(path.parent().unwrap()).unwrap(), ["TOKEN_FILE"]);
        drop(outbox);
        assert_eq!(names(&base).unwrap(), [""; 0]);
    }

    #[test]
    fn r83_no_token_is_written_below_a_folder_where_others_could_put_another_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let shared = folder.path().join("shared");
        make_new_folder(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
        let error = Outbox::make(&shared.join("exec")).unwrap_err();
        assert!(error.message.contains("shared with others") && !shared.join("exec").exists(), "{error:?}");
        // What is ours alone but for its mode is mended, as the store does it.
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
        drop(Outbox::make(&shared.join("exec")).unwrap());
        assert_eq!(mode(&shared), 0o700);
    }

    #[test]
    fn a_folder_that_was_removed_is_made_anew_at_the_same_place_and_locked_again() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("oat");
        let mut outbox = Outbox::make(&base).unwrap();
        let path = outbox.put("T", &AccessToken::new("t")).unwrap();
        for removed in [path.parent().unwrap(), &base] {
            fs::remove_dir_all(removed).unwrap();
            assert!(!outbox.has("T"));
            assert_eq!(outbox.put("T", &AccessToken::new("t")).unwrap(), path);
            assert!(outbox.has("T"));
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
            drop(Outbox::make(&base).unwrap());
            assert!(outbox.has("T"), "it was swept while it was in use");
        }
    }

    #[test]
    fn what_nobody_cares_for_is_swept_by_the_next_and_what_is_in_use_or_new_or_foreign_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let base = &folder.path().join("oat");
        make_new_folder(base).unwrap();
        let left = base.join("exec-0123456789abcdef");
        make_new_folder(&left).unwrap();
        fs::write(left.join("T"), "CANARY").unwrap();
        make_new_folder(&base.join("exec-new")).unwrap();
        make_new_folder(&base.join("other")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("kept"), "").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), base.join("exec-link")).unwrap();
        let mut alive = Outbox::make(base).unwrap();
        alive.put("T", &AccessToken::new("t")).unwrap();
        drop(Outbox::make(base).unwrap());
        assert!(alive.has("T") && !left.exists() && base.join("exec-new").exists() && base.join("other").exists());
        assert!(elsewhere.path().join("kept").exists() && base.join("exec-link").is_symlink());
    }

    #[test]
    fn what_somebody_put_in_its_place_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::make(&folder.path().join("oat")).unwrap();
        let path = outbox.put("T", &AccessToken::new("t")).unwrap().parent().unwrap().to_path_buf();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        fs::create_dir(&path).unwrap();
        outbox.put("T", &AccessToken::new("t")).unwrap_err();
        drop(outbox);
        assert!(path.exists());
    }
}
