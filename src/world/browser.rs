//! The person's browser, started without a shell and without our secrets.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::environment::Environment;
use crate::text::escape;

/// A starter that fails does so within this time; one that still runs then is a browser.
const PATIENCE: Duration = Duration::from_millis(300);
/// Between the programs of `$BROWSER`: as in `$PATH`, a colon stands in every Windows path.
const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Opens a URL with the first program that starts and does not fail at once: those of `$BROWSER`, then the system's. `url` is
/// safe to hand over (`for_browser`); `hidden` names the variables that hold secrets. Gives the program's name, or why there is none.
pub fn open(url: &str, environment: &Environment, hidden: &[String]) -> Result<String, String> {
    let chosen = environment.get("BROWSER").unwrap_or_default();
    first(programs(&chosen, url).into_iter().chain(open::commands(url)), environment, hidden)
}

/// Why no browser is to be expected here. A person who sets `$BROWSER` knows better.
pub fn possible(environment: &Environment) -> Option<String> {
    let set = |name: &str| environment.get(name).is_some();
    if set("BROWSER") {
        return None;
    }
    if set("SSH_CONNECTION") || set("SSH_TTY") {
        return Some("this is an SSH session".into());
    }
    let display = !cfg!(target_os = "linux") || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(set);
    (!display).then(|| "there is no display here".into())
}

fn first(programs: impl Iterator<Item = Command>, environment: &Environment, hidden: &[String]) -> Result<String, String> {
    let mut reason = "there is no program to open it with".to_string();
    for mut program in programs {
        prepare(&mut program, environment, hidden);
        let path = program.get_program().to_os_string();
        let name = escape(&Path::new(&path).file_name().unwrap_or(&path).to_string_lossy());
        match launch(program) {
            Ok(None) => return Ok(name),
            Ok(Some(status)) if status.success() => return Ok(name),
            Ok(Some(status)) => reason = format!("`{name}` failed ({status})"),
            // Most of the system's list is for other desktops.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => reason = format!("`{name}` does not start ({error})"),
        }
    }
    Err(reason)
}

/// `$BROWSER`: programs, each with arguments; the URL stands for `%s` or comes last.
fn programs(chosen: &str, url: &str) -> Vec<Command> {
    let one = |text: &str| {
        // A path with spaces in it is one word.
        let words: Vec<&str> = if Path::new(text).is_file() { vec![text] } else { text.split_whitespace().collect() };
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|word| word.replace("%s", url)));
        if !arguments.iter().any(|word| word.contains("%s")) {
            command.arg(url);
        }
        Some(command)
    };
    chosen.split(SEPARATOR).filter_map(one).collect()
}

/// R73: no secret of ours, none of our streams, and a ctrl-c that is meant for us does not end it.
fn prepare(command: &mut Command, environment: &Environment, hidden: &[String]) {
    let ours = environment.starting_with("OAT_").into_iter().map(|(name, _)| name);
    for name in ours.chain(hidden.iter().cloned()) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Starts a program; None where it still runs when the patience is over. It is waited for by a thread, so that it leaves
/// no zombie.
fn launch(mut command: Command) -> std::io::Result<Option<ExitStatus>> {
    let mut child = command.spawn()?;
    let ended = Arc::new((Mutex::new(None), Condvar::new()));
    let seen = Arc::clone(&ended);
    let _ = thread::Builder::new().name("browser".into()).spawn(move || {
        let status = child.wait().ok();
        *seen.0.lock().unwrap_or_else(PoisonError::into_inner) = status;
        seen.1.notify_all();
    });
    let status = ended.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, _) = ended.1.wait_timeout_while(status, PATIENCE, |s| s.is_none()).unwrap_or_else(PoisonError::into_inner);
    Ok(*status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://idp.example/authorize?a=1&b=%27";

    fn shown(command: &Command) -> Vec<String> {
        let words = [command.get_program()].into_iter().chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn argv(chosen: &str) -> Vec<Vec<String>> {
        programs(chosen, URL).iter().map(shown).collect()
    }

    #[cfg(unix)]
    #[test]
    fn browser_is_a_list_of_programs_with_arguments_and_no_shell() {
        assert_eq!(argv("firefox"), [["firefox", URL]]);
        assert_eq!(argv("firefox --new-window:lynx"), [&["firefox", "--new-window", URL][..], &["lynx", URL]]);
        assert_eq!(argv("w --url=%s -x"), [["w", &format!("--url={URL}"), "-x"]]);
        assert_eq!(argv("x; rm -rf / $(id)"), [["x;", "rm", "-rf", "/", "$(id)", URL]]);
        assert_eq!(argv("::  :"), Vec::<Vec<String>>::new());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_whose_path_has_a_space_is_one_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my browser");
        std::fs::write(&path, "").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(argv(path), [[path, URL]]);
    }

    #[cfg(windows)]
    #[test]
    fn a_drive_letter_is_no_separator() {
        assert_eq!(argv("C:\\b.exe;D:\\c.exe"), [["C:\\b.exe", URL], ["D:\\c.exe", URL]]);
    }

    #[test]
    fn r73_no_variable_of_ours_reaches_the_browser() {
        let environment = Environment::of(&[("OAT_STORE_KEY", "CANARY"), ("OAT_X", "CANARY"), ("HOME", "/"), ("IDP_SECRET", "CANARY")]);
        let mut command = Command::new("x");
        prepare(&mut command, &environment, &["IDP_SECRET".into()]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(removed, ["IDP_SECRET", "OAT_STORE_KEY", "OAT_X"]);
    }

    #[cfg(unix)]
    fn start(commands: &[&[&str]]) -> Result<String, String> {
        let commands: Vec<Command> = commands
            .iter()
            .map(|words| {
                let mut command = Command::new(words[0]);
                command.args(&words[1..]);
                command
            })
            .collect();
        first(commands.into_iter(), &Environment::of(&[]), &[])
    }

    #[cfg(unix)]
    #[test]
    fn the_first_that_starts_and_does_not_fail_wins() {
        assert_eq!(start(&[&["/nonexistent/x"], &["true"], &["false"]]), Ok("true".into()));
        assert_eq!(start(&[&["false"], &["/bin/true"]]), Ok("true".into()));
    }

    #[cfg(unix)]
    #[test]
    fn a_browser_that_goes_on_running_is_a_success() {
        let begun = std::time::Instant::now();
        assert_eq!(start(&[&["sleep", "3"]]), Ok("sleep".into()));
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[cfg(unix)]
    #[test]
    fn without_a_browser_the_reason_is_told() {
        assert!(start(&[]).unwrap_err().contains("no program"));
        assert!(start(&[&["/nonexistent/x"]]).unwrap_err().contains("no program"));
        assert!(start(&[&["false"], &["/nonexistent/x"]]).unwrap_err().contains("`false` failed"));
        assert!(start(&[&["/"]]).unwrap_err().contains("does not start"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_browser_is_a_process_group_of_its_own_with_silent_streams() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let script = "cut -d' ' -f1,5 /proc/$$/stat; readlink /proc/$$/fd/0 /proc/$$/fd/2";
        let script = format!("({script}) > '{}'", told.display());
        assert_eq!(start(&[&["sh", "-c", &script]]), Ok("sh".into()));
        let text = std::fs::read_to_string(told).unwrap();
        let mut lines = text.lines();
        let (pid, group) = lines.next().unwrap().split_once(' ').unwrap();
        assert_eq!(pid, group);
        assert_eq!(lines.collect::<Vec<_>>(), ["/dev/null", "/dev/null"]);
    }

    #[test]
    fn r26_where_no_browser_can_be_the_reason_is_told() {
        let of = |variables: &[(&str, &str)]| possible(&Environment::of(variables));
        if cfg!(target_os = "linux") {
            assert_eq!(of(&[]).as_deref(), Some("there is no display here"));
            assert_eq!(of(&[("DISPLAY", "")]).as_deref(), Some("there is no display here"));
        }
        for here in ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "BROWSER"] {
            assert_eq!(of(&[(here, "x")]), None);
        }
        assert_eq!(of(&[("DISPLAY", ":10"), ("SSH_CONNECTION", "x")]).as_deref(), Some("this is an SSH session"));
        assert_eq!(of(&[("SSH_TTY", "x"), ("BROWSER", "x")]), None);
    }
}
