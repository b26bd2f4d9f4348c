//! `oat token get --to`: where a token goes in place of stdout, checked and opened before anyone is asked for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::cli::words::TokenGet;
use crate::commands::hand_off_targets::{Kept, Target};
use crate::commands::house::House;
use crate::commands::runner::{azure_variable, github_variable};
use crate::error::{Error, Kind, Result};
use crate::output::{self, VARIABLE};
use crate::plan::substitution::home;
use crate::random;
use crate::secret::WireSecret;
use crate::store::files::shell_word;
use crate::store::room::Room;
use crate::text::escape;

/// Real bytes beside a file that is to be written, so that a full disk is found before a token is asked for.
const ROOM: u64 = 64 << 10;
/// The most bytes of a dotenv report: GitLab's own limit.
const REPORT: u64 = 5 << 10;

/// A target that can take a token.
pub enum Ready {
    /// Its line goes to stdout, where Azure's agent reads it: the variable's name.
    Line(String),
    /// It is appended to.
    Appended {
        /// Open for that.
        file: File,
        /// As it is told.
        path: PathBuf,
        /// The variable's name.
        name: String,
        /// Whether it is a dotenv report.
        report: bool,
    },
    /// It is put in the place of whatever is there.
    Placed {
        /// Beside the path.
        room: Room,
        /// Where it goes.
        path: PathBuf,
    },
}

/// Opens every target. Fails with what is wrong with it, and then none has changed: `Config` for what the runner should have set,
/// `Usage` for a path that cannot be one, `Store` for a disk.
pub fn ready(house: &House, words: &TokenGet, targets: &[Target]) -> Result<Vec<Ready>> {
    // Variables first: they cost nothing to look at.
    let variable = |target: &Target| match target.kept {
        Kept::Variable(_, "") => Ok(None),
        Kept::Variable(_, variable) => match house.environment.get(variable) {
            Some(path) => Ok(Some(path)),
            None => Err(Error::new(Kind::Config, format!("`{variable}` is not set: only a step of GitHub Actions has it"))
                .hint("elsewhere the token goes to stdout, or into a file: --to file=PATH")),
        },
        Kept::File | Kept::Report => Ok(Some(target.rest.to_string())),
    };
    let places = targets.iter().map(variable).collect::<Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for (target, place) in targets.iter().zip(places) {
        let path = place.as_deref().map(|path| home(path, &house.environment)).unwrap_or_default();
        all.push(match target.kept {
            Kept::Variable(_, "") => Ready::Line(target.rest.into()),
            Kept::Variable(_, variable) => {
                Ready::Appended { file: opened(&path, Some(variable))?, path, name: target.rest.into(), report: false }
            }
            Kept::Report => {
                house.terminal.warn(
                    "whoever may see the job can download a dotenv report, and the token in it, unless `artifacts:access` says otherwise",
                );
                let name = words.name.as_deref().unwrap_or(VARIABLE);
                Ready::Appended { file: opened(&path, None)?, path, name: name.into(), report: true }
            }
            Kept::File => placed(house, &path)?,
        });
    }
    Ok(all)
}

/// A file to append to. The runner's own is there already; a report is made where there is none.
fn opened(path: &Path, variable: Option<&str>) -> Result<File> {
    let shown = escape(&path.to_string_lossy());
    let what = variable.map_or_else(|| format!("`{shown}`"), |variable| format!("`{shown}`, the file of `{variable}`,"));
    let kind = if variable.is_some() { Kind::Config } else { Kind::Usage };
    let fault = match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_symlink() => Some("is a symbolic link, which is not followed"),
        Ok(facts) if facts.is_dir() => Some("is a folder"),
        Err(error) if error.kind() == io::ErrorKind::NotFound && variable.is_some() => Some("is not there"),
        _ => None,
    };
    if let Some(fault) = fault {
        return Err(Error::new(kind, format!("{what} {fault}")).hint(format!("see `ls -ld {}`", shell_word(path))));
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(variable.is_none());
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // NONBLOCK: a FIFO in the place of a file must not stop us.
        options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    options.open(path).map_err(|error| {
        Error::new(kind, format!("{what} cannot be written")).hint(format!("see `ls -ld {}`", shell_word(path))).because(error)
    })
}

/// Room beside a file that is to be made, or to be put in the place of what is there.
pub fn placed(house: &House, path: &Path) -> Result<Ready> {
    // What has no folder in its name is in this one.
    let path = if path.parent() == Some(Path::new("")) { Path::new(".").join(path) } else { path.to_path_buf() };
    let refused = |why: &str, hint: &str| {
        Err(Error::new(Kind::Usage, format!("no token is put in the place of `{}`: {why}", escape(&path.to_string_lossy()))).hint(hint))
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    match fs::symlink_metadata(&path) {
        Ok(facts) if facts.is_dir() => return refused("it is a folder", "name a file in it"),
        Ok(facts) if facts.is_symlink() && !folder.starts_with("/dev") => house.terminal.warn(&format!(
            "`{}` is a symbolic link; the token takes its place, and what it leads to is left alone",
            escape(&path.to_string_lossy())
        )),
        Ok(facts) if !facts.is_file() || facts.is_symlink() => {
            return refused(
                "it is a device, a pipe or a socket",
                "name a file that may be replaced; where none is named, the token goes to stdout",
            );
        }
        _ => {}
    }
    if let Some(mode) = open_to_all(folder) {
        house.terminal.warn(&format!(
            "everybody may put another file in the place of `{}`, since its folder has mode {mode:04o}: chmod o-w {}",
            escape(&path.to_string_lossy()),
            shell_word(folder)
        ));
    }
    let room = Room::make(&path, ROOM).map_err(|error| told(error, folder))?;
    Ok(Ready::Placed { room, path })
}

/// The mode of a folder in which everybody may rename everybody's files.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let mode = fs::metadata(folder).ok()?.mode() & 0o7777;
    (mode & 0o1002 == 0o2).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) -> Option<u32> {
    None
}

/// The store's own remedies are for its folder; here another one was named.
fn told(error: Error, folder: &Path) -> Error {
    let reason = error.source.as_ref().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    match reason {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => error,
        Some(io::ErrorKind::NotFound) => error.hint(format!("make the folder first: mkdir -p {}", shell_word(folder))),
        _ => error.hint(format!("see `ls -ld {}`, or name a file in another folder", shell_word(folder))),
    }
}

/// Hands a token on: `text` is it in the wished format. What goes to stdout comes last, so that nothing is there after a failure.
pub fn deliver(house: &House, ready: Vec<Ready>, format: &str, text: &WireSecret) -> Result<()> {
    let mut lines = Vec::new();
    for target in ready {
        match target {
            Ready::Line(name) => lines.push(azure_variable(&name, text.expose())),
            Ready::Appended { mut file, path, name, report } => {
                append(&mut file, &path, &name, report, text)?;
                house.terminal.trace(1, &format!("`{name}` added to `{}`", escape(&path.to_string_lossy())));
            }
            Ready::Placed { mut room, path } => {
                let folder = path.parent().unwrap_or(&path).to_path_buf();
                // Programs that read a token from a file send what they read; the other formats are lines.
                let end = if matches!(format, "raw" | "bearer") { "" } else { "\n" };
                let bytes = WireSecret::new([text.expose(), end].concat());
                room.fill(bytes.expose().as_bytes()).and_then(|()| room.place(&path)).map_err(|error| told(error, &folder))?;
                house.terminal.trace(1, &format!("token written to `{}`", escape(&path.to_string_lossy())));
            }
        }
    }
    lines.iter().try_for_each(|line| output::print(line.expose()))
}

/// Appends a variable by one write; where that fails, the file is as it was.
fn append(file: &mut File, path: &Path, name: &str, report: bool, text: &WireSecret) -> Result<()> {
    let trouble = |error: io::Error| {
        Error::new(Kind::Store, format!("the token could not be added to `{}`", escape(&path.to_string_lossy())))
            .because(error)
            .hint(format!("is there space? `df -h {}`", shell_word(path)))
    };
    let facts = file.metadata().map_err(trouble)?;
    let unended = facts.len() > 0 && !ends_in_line_end(file).map_err(trouble)?;
    let block = match report {
        true => report_line(name, text, unended, facts.len())?,
        false => github_variable(name, text.expose(), random::bytes()?, unended),
    };
    file.write_all(block.expose().as_bytes()).and_then(|()| synced(file)).map_err(|error| {
        if facts.is_file() {
            let _ = file.set_len(facts.len());
        }
        trouble(error)
    })
}

fn ends_in_line_end(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Some filesystems find out that they are full only now; what is no file cannot be synced.
fn synced(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

/// GitLab's report takes `NAME=VALUE` as it stands: no quotes, no spaces, and it looks for variables in the value.
fn report_line(name: &str, text: &WireSecret, unended: bool, before: u64) -> Result<WireSecret> {
    let hint = "a file takes every token: --to file=PATH";
    if text.expose().contains(['\'', '"', '`', '$', '\\', '#']) {
        return Err(Error::new(Kind::Usage, "this token has a character in it that a dotenv report cannot carry").hint(hint));
    }
    let line = WireSecret::new([if unended { "\n" } else { "" }, name, "=", text.expose(), "\n"].concat());
    match before + line.expose().len() as u64 > REPORT {
        true => {
            Err(Error::new(Kind::Usage, format!("with this token the dotenv report would be longer than GitLab's {} KiB", REPORT >> 10))
                .hint(hint))
        }
        false => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_runners_file_is_only_ever_added_to() {
        use rustix::fs::{OFlags, fcntl_getfl};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        assert!(opened(&path, Some("GITHUB_ENV")).is_err() && !path.exists());
        fs::write(&path, "A=1").unwrap();
        let mut file = opened(&path, Some("GITHUB_ENV")).unwrap();
        assert!(fcntl_getfl(&file).unwrap().contains(OFlags::APPEND), "others add to it at the same time");
        append(&mut file, &path, "T", false, &WireSecret::new("v")).unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with("A=1\nT<<oat-"));
        // What cannot be added leaves it as it was.
        assert!(append(&mut file, &path, "T", true, &WireSecret::new("v".repeat(6000))).is_err());
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        assert!(opened(&folder.path().join("link"), None).unwrap_err().message.contains("is a symbolic link"));
    }

    #[test]
    fn a_report_holds_what_gitlab_reads_back_or_nothing() {
        let line = |text: &str, before| report_line("T", &WireSecret::new(text), false, before).map(|line| line.expose().to_string());
        assert_eq!(line("a.b-c_d=", 0).unwrap(), "T=a.b-c_d=\n");
        assert!(line("a", REPORT - 4).is_ok() && line("a", REPORT - 3).is_err());
        for odd in ["it's", "a\"b", "$HOME", "a#b", "a\\b", "`id`"] {
            assert_eq!(line(odd, 0).unwrap_err().kind, Kind::Usage, "{odd}");
        }
    }
}
