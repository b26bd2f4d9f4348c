//! Where the sessions are: in memory, or in a file that several processes share.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::json::object;
use crate::sandbox::private_file;
use crate::sandbox::sessions::Sessions;

/// The file in the state folder, and the lock beside it.
const FILE: &str = "sandbox-sessions.json";
const LOCK: &str = "sandbox-sessions.lock";
/// Sessions are bounded in number; what is longer than this is cut, and refused for that.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The sessions of one server.
pub struct Ledger {
    folder: Option<PathBuf>,
    sessions: Mutex<Sessions>,
}

/// The sessions while nobody else, thread or process, can change them.
pub struct Open<'a> {
    /// As they are now. What is changed is kept by [`Open::save`].
    pub sessions: MutexGuard<'a, Sessions>,
    /// Where to; the lock is freed with it.
    file: Option<(PathBuf, File)>,
}

impl Ledger {
    /// Sessions in `folder`, which is private; without one they end with the process.
    pub fn new(folder: Option<PathBuf>) -> Ledger {
        Ledger { folder, sessions: Mutex::default() }
    }

    /// Waits for its turn and reads what others have written. Fails with kind `Store`.
    pub fn open(&self) -> Result<Open<'_>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &self.folder else { return Ok(Open { sessions, file: None }) };
        let lock = lock(&folder.join(LOCK))?;
        *sessions = read(folder)?;
        Ok(Open { sessions, file: Some((folder.join(FILE), lock)) })
    }
}

/// The sessions that are kept in `folder`. Fails with kind `Store` where they cannot be trusted; better before the
/// server starts than in one of its answers.
pub fn read(folder: &Path) -> Result<Sessions> {
    let file = folder.join(FILE);
    match private_file::read(&file, LONGEST) {
        Ok(bytes) => {
            let kept = object(&bytes)
                .map_err(io::Error::other)
                .and_then(|kept| Sessions::read(&kept).ok_or_else(|| io::Error::other("it is not what the sandbox writes")));
            kept.map_err(|error| failed("read", &file, error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sessions::default()),
        Err(error) => Err(failed("read", &file, error)),
    }
}

impl Open<'_> {
    /// Keeps what was changed. Fails with kind `Store`.
    pub fn save(self) -> Result<()> {
        let Some((file, _lock)) = &self.file else { return Ok(()) };
        let kept = self.sessions.json().to_string();
        let written = private_file::draft(file, kept.as_bytes())
            .and_then(|draft| fs::rename(&draft, file).inspect_err(|_| drop(fs::remove_file(&draft))));
        written.map_err(|error| failed("write", file, error))
    }
}

/// Held for as long as one request takes. A file system without locks has none, and renames are atomic all the same.
fn lock(path: &Path) -> Result<File> {
    let file = private_file::open(path).map_err(|error| failed("open", path, error))?;
    match file.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(failed("lock", path, error)),
        _ => Ok(file),
    }
}

/// The cause is part of the message: it goes to the client as an error_description.
fn failed(what: &str, file: &Path, cause: io::Error) -> Error {
    let message = format!("cannot {what} the sandbox's sessions in `{}`: {cause}", file.display());
    Error::new(Kind::Store, message).hint(format!("delete it, and sign in anew: rm '{}'", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::http::Request;
    use crate::sandbox::state::{Options, Sandbox};
    use crate::time::UnixTime;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    /// The server of another process: the same folder and issuer.
    fn another(folder: &Path) -> Sandbox {
        let key = crate::sandbox::keys::signing_key(folder, crate::jose::jwa::Alg::Es256).unwrap();
        let mut options = Options::new("http://127.0.0.1:8417");
        options.sessions = Some(folder.into());
        options.auto_approve = true;
        Sandbox::new(options, key)
    }

    fn refresh(sandbox: &Sandbox, token: &str) -> (u16, String) {
        let form = format!("grant_type=refresh_token&client_id=sandbox-public&refresh_token={token}");
        let response = sandbox.respond(&Request::form("/token", &form), NOW);
        let member = if response.status == 200 { "refresh_token" } else { "error_description" };
        (response.status, response.value()[member].as_str().unwrap().to_string())
    }

    #[test]
    fn a_refresh_token_is_good_in_the_next_process_and_its_reuse_is_seen_there() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let signed_in = another(&state).signed_in("sandbox-public", "openid+offline_access", NOW);
        let first = signed_in["refresh_token"].as_str().unwrap();
        let (status, second) = refresh(&another(&state), first);
        assert_eq!(status, 200);
        let kept = fs::read_to_string(state.join(FILE)).unwrap();
        assert!(!kept.contains(first) && !kept.contains(&second));
        let (status, why) = refresh(&another(&state), first);
        assert!(status == 400 && why.contains("used before"), "{why}");
        assert_eq!(refresh(&another(&state), &second).0, 400);
        let introspected = Request::form("/introspect", &format!("token={}", signed_in["access_token"].as_str().unwrap()));
        assert_eq!(another(&state).respond(&introspected.basic("sandbox:sandbox-secret"), NOW).value()["active"], false);
    }

    #[test]
    fn those_who_change_it_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let change = |name: String| {
            let ledger = Ledger::new(Some(folder.path().into()));
            let mut open = ledger.open().unwrap();
            open.sessions.revoke(&name, UnixTime(9));
            open.save().unwrap();
        };
        let change = &change;
        std::thread::scope(|scope| (0..16).for_each(|number| drop(scope.spawn(move || change(format!("r{number}"))))));
        let ledger = Ledger::new(Some(folder.path().into()));
        let claims = |number| serde_json::Map::from_iter([("jti".to_string(), format!("r{number}").into())]);
        assert!((0..16).all(|number| ledger.open().unwrap().sessions.revoked(&claims(number))));
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [FILE, LOCK]);
    }

    #[test]
    fn a_file_that_cannot_be_trusted_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        private_file::write(&file, b"garbage").unwrap();
        let answer = refresh(&another(folder.path()), "x");
        assert!(answer.0 == 500 && answer.1.contains("cannot read the sandbox's sessions"), "{answer:?}");
        assert!(read(folder.path()).unwrap_err().hint.clone().unwrap().contains("rm "));
        assert_eq!(fs::read(&file).unwrap(), b"garbage");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::remove_file(&file).unwrap();
            another(folder.path()).signed_in("sandbox-public", "offline_access", NOW);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            let answer = refresh(&another(folder.path()), "x");
            assert!(answer.0 == 500 && answer.1.contains("chmod 600"), "{answer:?}");
        }
    }
}
