//! Installed programs the tests lean on, with a clear sentence where one is missing.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command for an installed `program`, or for one by its path, with nothing of this process's environment but PATH.
pub fn part(program: impl AsRef<OsStr>) -> Command {
    let program = Path::new(program.as_ref());
    let path = std::env::var_os("PATH").expect("PATH is set");
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    let found =
        found.unwrap_or_else(|| panic!("the real-parts tests need `{}`, which is not installed; tests/run installs it", program.display()));
    let mut command = Command::new(found);
    command.env_clear().env("PATH", path).stdin(Stdio::null());
    command
}

/// What `program` prints, as text; it has to succeed.
pub fn answer_of(program: &str, words: &[impl AsRef<OsStr>]) -> String {
    succeeded(program, &part(program).args(words).output().unwrap())
}

/// The standard output of a finished program, which has to have succeeded.
pub fn succeeded(program: &str, output: &Output) -> String {
    assert!(output.status.success(), "{program}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Gives a file to another user, as only root can.
pub fn give_away(path: &Path, owner: u32) {
    if std::os::unix::fs::chown(path, Some(owner), None).is_ok() {
        return;
    }
    let file = path.to_str().unwrap();
    answer_of("sudo", &["-n", "chown", &owner.to_string(), file]);
}

/// Runs a command with the rights of a plain user: root may write wherever it likes.
pub fn without_privileges() -> Vec<&'static str> {
    drop(part("setpriv"));
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if root { vec!["setpriv", "--bounding-set=-all"] } else { Vec::new() }
}
