//! The advisory lock that makes one process of many ask the server.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::store::files;

/// A held lock. The operating system frees it when this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    /// None where nothing is kept, so that there is nothing to guard.
    pub(in crate::store) file: Option<File>,
}

impl Lock {
    /// The same lock as another open file, to be handed to a child: it is free when both are closed. None where there is none.
    #[cfg(unix)]
    pub fn to_hand_over(&self) -> Option<File> {
        self.file.as_ref()?.try_clone().ok()
    }
}

/// How waiting for a lock ended.
#[derive(Debug)]
pub enum Locked {
    /// The lock is ours.
    Held(Lock),
    /// `news` said true while another process held it.
    News,
    /// This filesystem has no locks, and why; replacing files by rename is still atomic.
    Unlocked(String),
}

/// Tries until the lock at `path` is ours, `news` says true or `patience` is over; `whom` names what it guards.
pub fn acquire(path: &Path, whom: &str, patience: Duration, news: &mut dyn FnMut() -> bool) -> Result<Locked> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        let file = files::open_lock(path)?;
        loop {
            match file.try_lock() {
                Ok(()) if files::same_file(&file, path) => return Ok(Locked::Held(Lock { file: Some(file) })),
                // Someone removed the folder in between: the lock held guards nothing.
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(TryLockError::Error(error)) if no_locks(&error) => {
                    return Ok(Locked::Unlocked(format!("the filesystem of `{}` has no locks ({error})", path.display())));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::new(Kind::Store, format!("cannot lock `{}`", path.display())).because(error));
                }
            }
            if news() {
                return Ok(Locked::News);
            }
            let waited = start.elapsed();
            if waited >= patience {
                return Err(busy(path, whom, patience));
            }
            wait(pause.min(patience - waited));
            pause = (pause * 2).min(Duration::from_millis(25));
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a bounded wait for another process, which no test's World can script")]
fn wait(pause: Duration) {
    std::thread::sleep(pause);
}

fn busy(path: &Path, whom: &str, patience: Duration) -> Error {
    let message = format!("another oat has been busy with {whom} for {} s", patience.as_secs_f32());
    Error::new(Kind::Unavailable, message).hint(format!("try again; `fuser {}` names the process", files::shell_word(path)))
}

/// NFS without a lock daemon, and some FUSE and network filesystems.
fn no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let without = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::INVAL, Errno::NOTTY];
        if error.raw_os_error().is_some_and(|code| without.iter().any(|errno| errno.raw_os_error() == code)) {
            return true;
        }
    }
    error.kind() == io::ErrorKind::Unsupported
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> bool {
        false
    }

    fn held(path: &Path) -> Lock {
        match acquire(path, "profile `a`", Duration::ZERO, &mut || unreachable!("asked before the first try")).unwrap() {
            Locked::Held(lock) => lock,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn r80_a_second_one_waits_in_vain_and_learns_for_whom() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let lock = held(&path);
        let error = acquire(&path, "profile `a`", Duration::from_millis(30), &mut never).unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        assert_eq!(error.message, "another oat has been busy with profile `a` for 0.03 s");
        drop(lock);
        held(&path);
    }

    #[test]
    fn r80_news_end_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let _lock = held(&path);
        let mut asked = 0;
        let mut third = || {
            asked += 1;
            asked == 3
        };
        assert!(matches!(acquire(&path, "x", Duration::from_secs(60), &mut third).unwrap(), Locked::News));
        assert_eq!(asked, 3);
    }

    #[test]
    fn r80_a_waiter_gets_the_lock_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let lock = held(&path);
        std::thread::scope(|scope| {
            let (asked, knows) = std::sync::mpsc::channel();
            let waiter = scope.spawn({
                let path = &path;
                move || {
                    acquire(path, "x", Duration::from_secs(60), &mut || {
                        asked.send(()).unwrap();
                        false
                    })
                }
            });
            knows.recv().unwrap();
            drop(lock);
            assert!(matches!(waiter.join().unwrap().unwrap(), Locked::Held(_)));
            drop(knows);
        });
    }

    #[test]
    #[cfg(unix)]
    fn r80_a_lock_on_a_removed_file_is_not_taken_for_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let mut old = Some(held(&path));
        let removed = &mut || {
            let _ = std::fs::remove_file(&path);
            old = None;
            false
        };
        let new = acquire(&path, "x", Duration::from_secs(60), removed).unwrap();
        assert!(path.exists(), "the lock is on a file that nobody else finds");
        assert!(acquire(&path, "x", Duration::ZERO, &mut never).is_err());
        drop(new);
    }

    #[test]
    #[cfg(unix)]
    fn r84_errors_of_filesystems_without_locks_are_known() {
        use rustix::io::Errno;
        for errno in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert!(no_locks(&io::Error::from_raw_os_error(errno.raw_os_error())), "{errno}");
        }
        assert!(!no_locks(&io::Error::from_raw_os_error(Errno::IO.raw_os_error())));
    }
}
