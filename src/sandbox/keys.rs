//! Where the sandbox's signing key comes from.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jws::SigningKey;
use crate::sandbox::private_file;

/// A PKCS#8 RSA key of 2048 bits, made with openssl for this purpose. It is published with this source: whoever wants
/// to can sign with it, so it is worth nothing and protects nothing. Making RSA keys is not something ring does.
const RS256_TEST_KEY: &[u8] = include_bytes!("rs256-test-key.p8");

/// The file of the ES256 key in the state folder.
const ES256_FILE: &str = "sandbox-es256.p8";

/// No P-256 key in PKCS#8 is longer than this, in bytes.
const LONGEST: u64 = 4096;

/// The key that signs with `alg`. The ES256 key is made on first use and kept in `folder`, readable by its owner
/// alone, so that tokens stay valid over restarts; processes that race to make it all get the same one. The RS256 key
/// is the published one. Fails with kind `Store`.
pub fn signing_key(folder: &Path, alg: Alg) -> Result<SigningKey> {
    if alg == Alg::Rs256 {
        return SigningKey::from_pkcs8(alg, RS256_TEST_KEY);
    }
    let file = folder.join(ES256_FILE);
    let pkcs8 = match private_file::read(&file, LONGEST) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = make(&file, &SigningKey::generate_es256()?);
            // Whoever was first, the file is what counts.
            made.and_then(|()| private_file::read(&file, LONGEST)).map_err(|e| failed("keep the sandbox's key in", &file, e))?
        }
        read => read.map_err(|e| failed("read the sandbox's key in", &file, e))?,
    };
    SigningKey::from_pkcs8(alg, &pkcs8).map_err(|cause| {
        Error::new(Kind::Store, format!("`{}` is not an ES256 key", file.display()))
            .hint(format!("delete it, and a new one is made: rm '{}'", file.display()))
            .because(cause)
    })
}

/// Leaves a key that is already there alone.
fn make(file: &Path, pkcs8: &[u8]) -> io::Result<()> {
    let draft = private_file::draft(file, pkcs8)?;
    let named = match fs::hard_link(&draft, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // A file system without hard links: the last writer wins, which is as good as it gets there.
        Err(_) => fs::rename(&draft, file),
        Ok(()) => Ok(()),
    };
    // After a rename there is nothing to remove.
    let _ = fs::remove_file(&draft);
    named
}

fn failed(what: &str, file: &Path, cause: io::Error) -> Error {
    let message = format!("cannot {what} `{}`", file.display());
    Error::new(Kind::Store, message).hint("set OAT_STATE to a folder that only you can write to").because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kid(folder: &Path) -> Option<String> {
        signing_key(folder, Alg::Es256).unwrap().jwk().kid
    }

    #[test]
    fn the_es256_key_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("deep/state");
        let first = kid(&state);
        assert_eq!(kid(&state), first);
        let names: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [ES256_FILE]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(state.join(ES256_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn those_who_race_to_make_the_key_agree_on_one() {
        let folder = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(16);
        let race = || {
            start.wait();
            kid(folder.path())
        };
        let kids: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..16).map(|_| scope.spawn(race)).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert!(kids.iter().all(|kid| kid.is_some() && *kid == kids[0]), "{kids:?}");
    }

    #[test]
    fn the_published_rs256_key_signs_and_needs_no_folder() {
        let key = signing_key(Path::new("/nonexistent"), Alg::Rs256).unwrap();
        let signature = key.sign(b"message").unwrap();
        crate::jose::jws::verify(Alg::Rs256, &key.jwk(), b"message", &signature).unwrap();
    }

    #[test]
    fn a_broken_key_is_named_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(ES256_FILE);
        private_file::write(&file, b"garbage").unwrap();
        let error = signing_key(folder.path(), Alg::Es256).unwrap_err();
        assert_eq!(error.kind, Kind::Store);
        assert!(error.hint.clone().unwrap().contains("rm "));
        assert_eq!(fs::read(&file).unwrap(), b"garbage");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_and_a_link_are_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(ES256_FILE);
        kid(folder.path());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(signing_key(folder.path(), Alg::Es256).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(&file, folder.path().join("elsewhere")).unwrap();
        symlink(folder.path().join("elsewhere"), &file).unwrap();
        assert!(signing_key(folder.path(), Alg::Es256).unwrap_err().to_string().contains("not a plain file"));
    }
}
