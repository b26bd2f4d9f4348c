//! `oat exec --file-env`: a file that always holds a good token, for exactly as long as the command runs.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use support::redirect::{ACCESS, Provider, field, sign_in};
use support::*;

const TOKEN: &str = "CANARY-token-";

/// Tokens that live so many seconds, each with its number.
fn short(seconds: i64) -> Server {
    Server::start(move |request| Answer::token_for(&format!("{TOKEN}{}", request.number), seconds))
}

/// A command that runs under `oat exec p --file-env T`.
struct Job {
    child: Child,
    /// The file with the token.
    file: PathBuf,
    stderr: JoinHandle<String>,
    /// What was said on stderr so far.
    said: Arc<Mutex<String>>,
}

impl Job {
    /// The script is run by a shell after it told where its file is.
    fn start(oat: &Oat, flags: &[&str], script: &str) -> Job {
        let script = format!("echo $T; {script}");
        let words = [&["exec", "p", "--file-env", "T"], flags, &["--", "sh", "-c", &script]].concat();
        let mut child = oat.command(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said: Arc<Mutex<String>> = Arc::default();
        let (heard, pipe) = (said.clone(), BufReader::new(child.stderr.take().unwrap()));
        let stderr = thread::spawn(move || {
            for line in pipe.lines().map_while(Result::ok) {
                heard.lock().unwrap().push_str(&(line + "\n"));
            }
            heard.lock().unwrap().clone()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it did not start: {}", said.lock().unwrap());
        Job { child, file: PathBuf::from(line.trim_end()), stderr, said }
    }

    fn token(&self) -> Option<String> {
        fs::read_to_string(&self.file).ok()
    }

    /// The process that keeps the file.
    fn keeper(&self) -> Pid {
        keepers(&self.file)[0]
    }

    fn says(&self, what: &str) {
        until(&format!("`{what}` in `{}`", self.said.lock().unwrap()), || self.said.lock().unwrap().contains(what));
    }

    fn kill(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; gives what was said, after the file and the keeper were seen to be gone, soon after the command.
    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let ended = Instant::now();
        let said = self.stderr.join().unwrap();
        let folder = self.file.parent().unwrap();
        until("end of the folder", || !folder.exists());
        until("end of the keeper", || keepers(&self.file).is_empty());
        assert!(ended.elapsed() < Duration::from_secs(2), "the keeper held on for {:?}", ended.elapsed());
        (status, said)
    }
}

/// The processes that keep the folder of a file, by the process table.
fn keepers(file: &Path) -> Vec<Pid> {
    let folder = file.parent().unwrap().to_str().unwrap();
    let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| words_of(*id).is_some_and(|words| words[0] == "oat-keeper" && words.last().is_some_and(|last| last == folder)))
        .filter_map(Pid::from_raw)
        .collect()
}

fn words_of(id: i32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{id}/cmdline")).ok().filter(|line| !line.is_empty())?;
    Some(line.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

fn until(what: &str, mut seen: impl FnMut() -> bool) {
    let began = Instant::now();
    while !seen() {
        assert!(began.elapsed() < Duration::from_secs(25), "no {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Where nothing else is kept, in a runtime folder of its own.
fn at_runtime(oat: Oat) -> (Oat, PathBuf) {
    let runtime = oat.folder().join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let oat = oat.env("XDG_RUNTIME_DIR", runtime.to_str().unwrap());
    (oat, runtime)
}

#[test]
fn r83_the_file_is_private_in_a_private_folder_and_gone_with_the_command_however_that_ends() {
    let server = short(3600);
    for end in [Signal::TERM, Signal::KILL, Signal::INT] {
        for (oat, place) in [
            {
                let (oat, runtime) = at_runtime(Oat::against(&server));
                (oat, runtime.join("oat"))
            },
            {
                let oat = Oat::against(&server);
                let state = oat.state();
                (oat, state.join("exec"))
            },
        ] {
            let job = Job::start(&oat, &[], "exec sleep 60");
            assert!(job.file.starts_with(&place) && job.file.ends_with("T"), "{:?}", job.file);
            assert_eq!((mode(&job.file), mode(job.file.parent().unwrap()), mode(&place)), (0o600, 0o700, 0o700));
            assert!(job.token().unwrap().starts_with(TOKEN));
            job.kill(end);
            let (status, said) = job.end();
            assert_eq!((status.code(), said.as_str()), (None, ""));
            assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
        }
    }
}

#[test]
fn r83_a_runtime_folder_that_others_may_enter_is_not_used() {
    let server = short(3600);
    let (oat, runtime) = at_runtime(Oat::against(&server));
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
    for place in [runtime.to_str().unwrap(), "/nowhere", "relative"] {
        let oat =
            oat.command(&["exec", "p", "--file-env", "T", "--", "sh", "-c", "echo $T"]).env("XDG_RUNTIME_DIR", place).output().unwrap();
        let file = String::from_utf8(oat.stdout).unwrap();
        assert!(file.starts_with('/') && file.contains("/state/exec/"), "{place}: {file}");
    }
}

#[test]
fn a_job_of_three_lifetimes_always_finds_a_good_token_with_one_request_a_lifetime() {
    const LIFETIME: u64 = 8;
    // With a store, and where nothing is kept.
    let jobs = ["file", "none"].map(|store| {
        thread::spawn(move || {
            let server = short(LIFETIME as i64);
            let oat = Oat::against(&server).env("OAT_STORE", store);
            let job = Job::start(&oat, &[], &format!("exec sleep {}", 3 * LIFETIME + 1));
            let began = Instant::now();
            let mut seen = BTreeSet::new();
            while began.elapsed() < Duration::from_secs(3 * LIFETIME) {
                let token = job.token().unwrap_or_else(|| panic!("{store}: no file after {:?}", began.elapsed()));
                let number: usize = token.strip_prefix(TOKEN).and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("`{token}`"));
                let age = server.requests()[number].at.elapsed();
                assert!(age < Duration::from_secs(LIFETIME), "{store}: token {number} is {age:?} old");
                seen.insert(number);
                thread::sleep(Duration::from_millis(3));
            }
            let (status, said) = job.end();
            assert_eq!((status.code(), said.as_str()), (Some(0), ""));
            // Renewed one second before each end.
            assert_eq!((seen.len(), server.count()), (4, 4), "{store}: 3 lifetimes and the beginning of a fourth");
        })
    });
    jobs.into_iter().for_each(|job| job.join().unwrap());
}

#[test]
fn no_token_is_in_the_environment_or_the_command_line_of_the_keeper_and_no_stream_of_the_command_is_held_open() {
    let server = short(3600);
    let oat = Oat::against(&server);
    let job = Job::start(&oat, &["--env", "U"], "exec sleep 60");
    let keeper = job.keeper().as_raw_nonzero().get();
    let proc = PathBuf::from(format!("/proc/{keeper}"));
    // Where it is not to be looked into, it cannot be.
    for file in ["environ", "cmdline"] {
        let bytes = fs::read(proc.join(file)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "{file}");
    }
    let words = words_of(keeper).unwrap();
    assert!(!words.iter().any(|word| word.contains("sleep") || word == "sh"), "the command's words are its own: {words:?}");
    let stat = fs::read_to_string(proc.join("stat")).unwrap();
    let parent: i32 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap();
    let command = job.child.id();
    assert_ne!(parent as u32, command, "a command that waits for its children does not wait for the keeper");
    let children = fs::read_to_string(format!("/proc/{command}/task/{command}/children")).unwrap();
    assert_eq!(children, "", "the command has no child that it did not make");
    if let Ok(streams) = fs::read_dir(proc.join("fd")) {
        let pipe = |id: u32, number: &str| fs::read_link(format!("/proc/{id}/fd/{number}")).unwrap();
        let held: Vec<PathBuf> = streams.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        assert!(!held.contains(&pipe(command, "1")), "{held:?}");
    }
    job.kill(Signal::TERM);
    job.end();
}

#[test]
fn a_folder_that_was_removed_under_the_command_is_made_anew() {
    let server = short(3600);
    let oat = Oat::against(&server);
    let job = Job::start(&oat, &[], "exec sleep 60");
    let token = job.token();
    fs::remove_dir_all(job.file.parent().unwrap()).unwrap();
    until("new file", || job.token().is_some());
    assert_eq!((job.token(), mode(&job.file), mode(job.file.parent().unwrap()), server.count()), (token, 0o600, 0o700, 1));
    job.kill(Signal::KILL);
    job.end();
}

#[test]
fn a_job_that_is_stopped_as_a_whole_leaves_no_file() {
    // systemd and CI runners send the signal to every process of a job.
    let server = short(3600);
    let oat = Oat::against(&server);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let job = Job::start(&oat, &[], "exec sleep 60");
        kill_process(job.keeper(), signal).unwrap();
        job.kill(signal);
        let file = job.file.clone();
        job.end();
        assert!(!file.parent().unwrap().exists(), "{signal:?}");
    }
}

#[test]
fn what_a_killed_keeper_left_is_swept_by_the_next_one() {
    let server = short(3600);
    let oat = Oat::against(&server);
    let job = Job::start(&oat, &[], "exec sleep 60");
    kill_process(job.keeper(), Signal::KILL).unwrap();
    until("end of the keeper", || keepers(&job.file).is_empty());
    assert!(job.token().is_some());
    let other = Job::start(&oat, &[], "exec sleep 60");
    assert!(!job.file.parent().unwrap().exists() && other.token().is_some());
    let third = Job::start(&oat, &[], "true");
    third.end();
    assert!(other.token().is_some(), "what is in use is not swept");
    for job in [other, job] {
        job.kill(Signal::KILL);
        job.end();
    }
}

#[test]
fn r81_a_full_disk_is_a_failure_before_the_command_starts_and_a_warning_after_it() {
    let server = short(4);
    let oat = Oat::against(&server).env("OAT_STORE", "none").under(&["sh", "-c", "trap '' XFSZ; ulimit -Sf 0; exec \"$@\"", "sh"]);
    oat.run(&["exec", "p", "--file-env", "T", "--", "sh", "-c", "echo ran"]).fails_saying(7, &["cannot write in"]);
    assert!(oat.state_files().is_empty(), "nothing is left behind");
    let oat = oat.under(&["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
    let job = Job::start(&oat, &[], "exec sleep 60");
    let keeper = job.keeper();
    let before = job.token();
    let limit = |current| prlimit(Some(keeper), Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    limit(Some(0));
    job.says("was not written");
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(job.token(), before, "the old one is intact");
    limit(None);
    job.says("is written now");
    assert_ne!(job.token(), before);
    job.kill(Signal::TERM);
    let (_, said) = job.end();
    assert_eq!(said.matches("oat: warning: ").count(), 1, "a trouble is told once: {said}");
}

#[test]
fn a_server_that_is_down_is_told_once_and_asked_until_it_is_up_again() {
    let up: Arc<Mutex<bool>> = Arc::new(Mutex::new(true));
    let state = up.clone();
    let server = Server::start(move |request| match *state.lock().unwrap() {
        true => Answer::token_for(&format!("{TOKEN}{}", request.number), 4),
        false => Answer::text(503, "text/plain", "down"),
    });
    let oat = Oat::at(&server.url("/token"), "timeout = \"1s\"");
    let job = Job::start(&oat, &[], "exec sleep 60");
    *up.lock().unwrap() = false;
    job.says("was not renewed");
    let asked = server.count();
    until("further requests", || server.count() > asked + 4);
    *up.lock().unwrap() = true;
    job.says("is renewed now");
    let last = server.count() - 1;
    until("new token", || job.token().is_some_and(|token| token >= format!("{TOKEN}{last}")));
    job.kill(Signal::TERM);
    let (_, said) = job.end();
    assert_eq!((said.lines().count(), said.matches("503").count()), (2, 1), "{said}");
}

#[test]
fn the_end_of_the_command_is_not_held_up_by_a_server_that_hangs() {
    let server = Server::start(|request| match request.number {
        0 => Answer::token_for("t", 3),
        _ => Answer::hang(),
    });
    let oat = Oat::against(&server);
    let job = Job::start(&oat, &[], "exec sleep 60");
    until("second request", || server.count() == 2);
    job.kill(Signal::TERM);
    job.end();
}

#[test]
fn a_token_that_another_process_got_is_taken_and_not_asked_for_again() {
    let server = short(8);
    let oat = Oat::against(&server);
    let job = Job::start(&oat, &[], "exec sleep 60");
    thread::sleep(Duration::from_secs(3));
    assert_eq!(oat.get(&["--force"]).line(), format!("{TOKEN}1"));
    until("other token", || job.token().is_some_and(|token| token == format!("{TOKEN}1")));
    assert_eq!(server.count(), 2);
    job.kill(Signal::TERM);
    job.end();
}

#[test]
fn a_refresh_token_is_spent_by_a_process_of_its_own_here_too() {
    let provider = Provider::granting(|request, facts| {
        let mut granted = facts.granted(4);
        if field(&request.form(), "grant_type") != "refresh_token" {
            return Answer::json(200, granted);
        }
        granted.as_object_mut().unwrap().remove("id_token");
        Answer::json(200, granted).after(Duration::from_millis(500))
    });
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let job = Job::start(&oat, &[], "exec sleep 60");
    let first = job.token().unwrap();
    assert!(first.starts_with(ACCESS));
    let renewal = || {
        let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let mine = fs::metadata(oat.folder()).unwrap().ino();
        let ours = |id: &i32| fs::metadata(format!("/proc/{id}/cwd")).is_ok_and(|folder| folder.ino() == mine);
        ids.filter(ours)
            .filter_map(words_of)
            .any(|words| words[0] == "oat-renewal" && words[1..] == ["exec", "p", "--file-env", "T", "--", "p"])
    };
    until("renewal", renewal);
    until("new token", || job.token().is_some_and(|token| token != first));
    job.kill(Signal::TERM);
    let (_, said) = job.end();
    assert_eq!(said, "");
}

#[test]
fn a_profile_file_that_can_be_read_only_once_is_told_before_the_command_starts() {
    let server = short(3600);
    let oat = Oat::against(&server);
    let config = oat.config_file();
    let line = format!("exec {} --config <(cat {}) exec p --file-env T -- echo ran", env!("CARGO_BIN_EXE_oat"), config.display());
    let output = std::process::Command::new("bash")
        .args(["-c", &line])
        .env_clear()
        .envs([("P_SECRET", SECRET)])
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", oat.home())
        .env("OAT_STATE", oat.state())
        .env("OAT_STORE", "none")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(6), 0), "{told}");
    until("end of the folder", || fs::read_dir(oat.state().join("exec")).unwrap().count() == 0);
}
