//! Reads secrets from where they are kept: variable, file, command, systemd credential, standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::mailbox::Mailbox;
use crate::secret::{ClientSecret, SecretReference, Wanted};
use crate::text::escape;
use crate::world::terminal::Terminal;

/// R92: a command has this long to print a secret.
const PATIENCE: Duration = Duration::from_secs(10);
/// A pipe on standard input has this long; what fills it may ask a server.
const PIPE: Duration = Duration::from_secs(60);
/// The most bytes of a secret.
const LARGEST: u64 = 1 << 20;

/// The secret behind a reference. Fails with `Config`, naming the place and never the value.
pub fn reveal(reference: &SecretReference, wanted: Wanted, environment: &Environment) -> Result<ClientSecret> {
    match reference {
        SecretReference::Env(name) => environment.get(name).map(ClientSecret::new).ok_or_else(|| {
            let (name, called) = (escape(name), wanted.called);
            Error::new(Kind::Config, format!("the environment variable `{name}` is not set, and the {called} comes from it"))
                .hint(format!("export {name}=…"))
        }),
        SecretReference::File(path) => file(path, wanted),
        SecretReference::Command(words) => command(words, wanted),
        SecretReference::Credential(name) => credential(name, wanted, environment),
        SecretReference::Stdin => stdin(wanted),
        SecretReference::Literal(secret) => Ok(secret.clone()),
        SecretReference::Keyring => Err(Error::new(Kind::Internal, "a sealed secret is not read here")),
    }
}

fn file(path: &Path, wanted: Wanted) -> Result<ClientSecret> {
    let place = format!("the file `{}`", escape(&path.to_string_lossy()));
    let (path, told) = (path.to_path_buf(), place.clone());
    within(PATIENCE, wanted, &place, move || {
        let file = File::open(&path).map_err(|error| {
            Error::new(Kind::Config, format!("cannot read the {} from {told}", wanted.called))
                .hint(format!("is the path in `{} = {{ file = … }}` right?", wanted.key))
                .because(error)
        })?;
        if wanted.private {
            private(&file, &path, wanted)?;
        }
        read(&mut BufReader::new(file), wanted, &told)
    })
}

/// Standard input. A person is asked without showing what is typed; a pipe that says nothing ends the command.
fn stdin(wanted: Wanted) -> Result<ClientSecret> {
    let place = "standard input";
    if std::io::stdin().is_terminal() {
        let typed = Terminal::default().ask_hidden(wanted.called)?.map(ClientSecret::new);
        return typed.ok_or_else(|| Error::new(Kind::Config, format!("no {} was typed", wanted.called)).hint("nothing was sent"));
    }
    within(PIPE, wanted, place, move || read(&mut std::io::stdin().lock(), wanted, place))
}

/// Reads in a thread of its own, so that a fifo without a writer, or a file system that hangs, does not hang the command.
fn within(
    patience: Duration,
    wanted: Wanted,
    place: &str,
    read: impl FnOnce() -> Result<ClientSecret> + Send + 'static,
) -> Result<ClientSecret> {
    let mailbox = Mailbox::new();
    let reader = mailbox.clone();
    std::thread::spawn(move || reader.put(read()));
    mailbox.take(patience).unwrap_or_else(|| {
        Err(Error::new(Kind::Config, format!("no {} came from {place} within {} s", wanted.called, patience.as_secs()))
            .hint("is it the right place?"))
    })
}

/// R83, as ssh does with its keys: others must not be able to read it.
#[cfg(unix)]
fn private(file: &File, path: &Path, wanted: Wanted) -> Result<()> {
    let called = wanted.called;
    use std::os::unix::fs::MetadataExt;
    let facts = file.metadata().map_err(|error| Error::new(Kind::Config, format!("cannot look at `{}`", path.display())).because(error))?;
    if facts.mode() & 0o077 != 0 && facts.is_file() {
        return Err(Error::new(
            Kind::Config,
            format!("the {called}'s file `{}` can be read by others (mode {:04o})", path.display(), facts.mode() & 0o7777),
        )
        .hint(format!("chmod 600 '{}'", path.display())));
    }
    let me = rustix::process::geteuid().as_raw();
    if facts.uid() != me && facts.uid() != 0 {
        return Err(Error::new(
            Kind::Config,
            format!("the {called}'s file `{}` belongs to another user (uid {})", path.display(), facts.uid()),
        )
        .hint(format!("chown {me} '{}'", path.display())));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &File, _: &Path, _: Wanted) -> Result<()> {
    Ok(())
}

/// systemd.exec(5), LoadCredential=: a file of that name in `$CREDENTIALS_DIRECTORY`, private by systemd's own doing.
fn credential(name: &str, wanted: Wanted, environment: &Environment) -> Result<ClientSecret> {
    let called = wanted.called;
    if name.contains(['/', '\\', '\0']) || name.starts_with('.') || name.is_empty() {
        return Err(Error::new(Kind::Config, format!("`{}` is not the name of a systemd credential", escape(name)))
            .hint("name it as in LoadCredential=NAME:PATH"));
    }
    let folder = environment.get("CREDENTIALS_DIRECTORY").ok_or_else(|| {
        Error::new(Kind::Config, format!("the {called} is the systemd credential `{name}`, but CREDENTIALS_DIRECTORY is not set"))
            .hint(format!("run it in a unit with LoadCredential={name}:/path, or give another source for the {called}"))
    })?;
    let path = Path::new(&folder).join(name);
    let file = File::open(&path).map_err(|error| {
        Error::new(Kind::Config, format!("cannot read the systemd credential `{name}`"))
            .hint(format!("does the unit have LoadCredential={name}:/path?"))
            .because(error)
    })?;
    read(&mut BufReader::new(file), wanted, &format!("the systemd credential `{name}`"))
}

/// Runs a program without a shell; its stderr is the person's, its stdout, or the first line of it, is the secret.
fn command(words: &[String], wanted: Wanted) -> Result<ClientSecret> {
    let called = wanted.called;
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new(Kind::Config, format!("the command for the {called} is empty")));
    };
    let shown = escape(program);
    let late = || {
        Error::new(Kind::Config, format!("`{shown}` did not give the {called} within {} s", PATIENCE.as_secs()))
            .hint("does it wait for a person? run it once by hand")
    };
    let deadline = Instant::now() + PATIENCE;
    // A person can be asked all the same.
    let taken = wanted.stdin_taken && !std::io::stdin().is_terminal();
    let input = if taken { Stdio::null() } else { Stdio::inherit() };
    let mut child = bystander(program).args(arguments).stdin(input).stdout(Stdio::piped()).spawn().map_err(|error| {
        Error::new(Kind::Config, format!("cannot run `{shown}` for the {called}"))
            .hint("no shell runs it: the list holds the program and its arguments, one by one")
            .because(error)
    })?;
    let output = child.stdout.take().map(|out| read_within(out, wanted.whole, PATIENCE));
    let (Some(Some(text)), Some(status)) = (output, ended(&mut child, deadline)) else {
        stop(&mut child);
        return Err(late());
    };
    if !status.success() {
        return Err(Error::new(Kind::Config, format!("`{shown}` failed ({status}) and gave no {called}")).hint("run it by hand to see why"));
    }
    read(&mut text.as_slice(), wanted, &format!("the command `{shown}`"))
}

/// The variables that hold a secret meant for oat: no program that oat starts gets them, the command of `oat exec` included.
const OURS: [&str; 3] = ["OAT_STORE_KEY", "OAT_CLIENT_SECRET", "OAT_CLIENT_KEY"];
/// What lets a CI job ask for tokens of its own: a program on the side has no use for them.
const THE_JOBS: [&str; 3] = ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN"];

/// A program that does not get the secrets that are meant for oat.
pub fn without_ours(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in OURS {
        command.env_remove(name);
    }
    command
}

/// A program that is run on the side.
pub fn bystander(program: impl AsRef<OsStr>) -> Command {
    let mut command = without_ours(&program);
    // Buildkite's own asks in our place.
    if program.as_ref() != "buildkite-agent" {
        for name in THE_JOBS {
            command.env_remove(name);
        }
    }
    command
}

/// How the program ended; None where it goes on after the deadline, though it closed its output.
fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::park_timeout(Duration::from_millis(2)),
            _ => return None,
        }
    }
}

fn read_within(source: impl Read + Send + 'static, whole: bool, patience: Duration) -> Option<Zeroizing<Vec<u8>>> {
    let mailbox = Mailbox::new();
    let reader = mailbox.clone();
    std::thread::spawn(move || {
        let mut text = Zeroizing::new(Vec::new());
        let mut source = BufReader::new(source);
        let _ = up_to_its_end(&mut source, whole, &mut text);
        reader.put(text);
        // That is all that counts; whatever follows is let through, so that the program ends as it likes.
        let _ = std::io::copy(&mut source, &mut std::io::sink());
    });
    mailbox.take(patience)
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A secret's bytes: all there are, or the first line.
fn up_to_its_end(source: &mut dyn BufRead, whole: bool, text: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut source = source.take(LARGEST + 1);
    if whole { source.read_to_end(text) } else { source.read_until(b'\n', text) }
}

fn read(source: &mut dyn BufRead, wanted: Wanted, place: &str) -> Result<ClientSecret> {
    let Wanted { called, whole, .. } = wanted;
    let mut text = Vec::new();
    let read = up_to_its_end(source, whole, &mut text);
    read.map_err(|error| {
        Error::new(Kind::Config, format!("cannot read the {called} from {place}")).hint("is it the right place?").because(error)
    })?;
    if text.len() as u64 > LARGEST {
        return Err(Error::new(Kind::Config, format!("the {called} from {place} is longer than {} KiB", LARGEST >> 10))
            .hint("is it the right place?"));
    }
    // Windows editors begin a file with a byte order mark.
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    while text.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        text.pop();
    }
    let text = String::from_utf8(text)
        .map_err(|_| Error::new(Kind::Config, format!("the {called} from {place} is not UTF-8")).hint("is it the right place?"))?;
    if text.is_empty() {
        let hint = if whole { "is it the right place?" } else { "its first line must be it" };
        return Err(Error::new(Kind::Config, format!("the {called} from {place} is empty")).hint(hint));
    }
    Ok(ClientSecret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::CLIENT_SECRET;

    fn from(reference: SecretReference) -> Result<ClientSecret> {
        reveal(&reference, CLIENT_SECRET, &Environment::of(&[("S", "from-env")]))
    }

    fn words(list: &[&str]) -> SecretReference {
        SecretReference::Command(list.iter().map(|w| w.to_string()).collect())
    }

    #[test]
    fn a_secret_comes_from_a_variable_or_the_variable_is_named() {
        assert_eq!(from(SecretReference::Env("S".into())).unwrap().expose(), "from-env");
        assert!(from(SecretReference::Env("T".into())).unwrap_err().message.contains("`T`"));
    }

    #[cfg(unix)]
    #[test]
    fn r92_a_command_runs_without_a_shell_and_gives_its_first_line() {
        assert_eq!(from(words(&["printf", "a $(id)\\nb\\n"])).unwrap().expose(), "a $(id)");
        let whole = reveal(&words(&["printf", "\\nb\\nc\\n"]), Wanted { whole: true, ..CLIENT_SECRET }, &Environment::of(&[]));
        assert_eq!(whole.unwrap().expose(), "\nb\nc", "a key is more than a line");
        assert!(from(words(&["/nonexistent"])).is_err());
        assert!(from(words(&["false"])).unwrap_err().message.contains("failed"));
        assert!(from(words(&["true"])).unwrap_err().message.contains("empty"));
    }

    #[cfg(unix)]
    #[test]
    fn r92_a_command_that_hangs_is_stopped() {
        assert_eq!(read_within(std::io::empty(), false, PATIENCE).as_deref(), Some(&Vec::new()));
        let (_keep, silent) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(read_within(silent, true, Duration::from_millis(20)), None);
        let mut child = Command::new("sleep").arg("20").spawn().unwrap();
        assert_eq!(ended(&mut child, Instant::now() + Duration::from_millis(20)), None);
        stop(&mut child);
    }

    #[cfg(unix)]
    #[test]
    fn r83_a_file_that_others_can_read_is_refused_with_the_chmod() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "CANARY\nrest\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = from(SecretReference::File(path.clone())).unwrap_err();
        assert!(error.hint.as_ref().unwrap().starts_with("chmod 600") && !format!("{error:?}").contains("CANARY"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(from(SecretReference::File(path)).unwrap().expose(), "CANARY");
    }

    #[test]
    fn a_credential_is_a_file_in_its_folder_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("zero"), "s3cret").unwrap();
        let environment = Environment::of(&[("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())]);
        assert_eq!(reveal(&SecretReference::Credential("zero".into()), CLIENT_SECRET, &environment).unwrap().expose(), "s3cret");
        assert!(reveal(&SecretReference::Credential("../zero".into()), CLIENT_SECRET, &environment).is_err());
        assert!(from(SecretReference::Credential("zero".into())).unwrap_err().message.contains("CREDENTIALS_DIRECTORY"));
    }
}
