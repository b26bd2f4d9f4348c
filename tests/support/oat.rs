//! The whole binary in a home of its own: cleared environment, own configuration and state, a time limit.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::server::Server;

/// The client secret of every profile made here; no output may hold it.
pub const SECRET: &str = "CANARY-client-secret";

/// No run takes longer; a longer one is killed and fails the test.
const LONGEST: Duration = Duration::from_secs(60);

/// One user with one machine.
pub struct Oat {
    folder: tempfile::TempDir,
    env: BTreeMap<String, String>,
    wrapper: Vec<String>,
    stdin: Option<Vec<u8>>,
    measured: bool,
}

impl Oat {
    pub fn new() -> Oat {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let path = std::env::var("PATH").unwrap();
        let env = BTreeMap::new();
        let oat = Oat { folder, env, wrapper: Vec::new(), stdin: None, measured: false };
        let (config, state) = (oat.config_file(), oat.state());
        oat.env("PATH", &path)
            .env("HOME", home.to_str().unwrap())
            .env("OAT_CONFIG", config.to_str().unwrap())
            .env("OAT_STATE", state.to_str().unwrap())
            .env("OAT_STORE", "file")
    }

    /// A profile `p` for client_credentials at `server`'s `/token`.
    pub fn against(server: &Server) -> Oat {
        Oat::at(&server.url("/token"), "")
    }

    /// A profile `p` with this token_endpoint and `more` lines.
    pub fn at(token_endpoint: &str, more: &str) -> Oat {
        Oat::with_profile(&format!("token_endpoint = {token_endpoint:?}\n{more}"))
    }

    /// A profile `p` for client_credentials with these lines.
    pub fn with_profile(lines: &str) -> Oat {
        Oat::new().env("P_SECRET", SECRET).config(&profile(lines))
    }

    pub fn config(self, text: &str) -> Oat {
        let _ = fs::remove_file(self.config_file());
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(self.config_file()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Oat {
        self.env.insert(name.into(), value.into());
        self
    }

    pub fn unset(mut self, name: &str) -> Oat {
        self.env.remove(name);
        self
    }

    /// Runs under another program: `["prlimit", "--nofile=16"]`.
    pub fn under(mut self, wrapper: &[&str]) -> Oat {
        self.wrapper = wrapper.iter().map(|w| w.to_string()).collect();
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Oat {
        self.stdin = Some(bytes.into());
        self
    }

    /// Watches the peak of the memory.
    pub fn measured(mut self) -> Oat {
        self.measured = true;
        self
    }

    /// Stops the wall clock at `now`.
    #[cfg(feature = "real-parts")]
    pub fn clock(&mut self, now: i64) {
        self.env.insert("LD_PRELOAD".into(), super::clock::preload().to_str().unwrap().into());
        self.env.insert("TEST_CLOCK".into(), now.to_string());
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A folder that is neither the home nor the state.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Writes a file with this mode beside the home.
    pub fn file(&self, name: &str, mode: u32, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Every file below the state folder.
    pub fn state_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.state()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found.sort();
        found
    }

    /// No file of the state or the home holds any of these in plain text.
    pub fn assert_state_holds_none_of(&self, canaries: &[&str]) {
        for path in self.state_files() {
            let bytes = fs::read(&path).unwrap_or_default();
            for canary in canaries {
                let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
                assert!(!found, "{} holds `{canary}` in plain text", path.display());
            }
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut words = self.wrapper.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_oat")]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(args).env_clear().envs(&self.env).current_dir(self.folder.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, self.stdin.as_deref())
    }

    /// With this on standard input.
    pub fn piped(&self, stdin: impl AsRef<[u8]>, args: &[&str]) -> Output {
        self.run_with(args, Some(stdin.as_ref()))
    }

    /// Runs with these bytes on standard input, or with none.
    pub fn run_with(&self, args: &[&str], stdin: Option<&[u8]>) -> Output {
        let mut command = self.command(args);
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(bytes) = stdin {
            let _ = child.stdin.take().unwrap().write_all(bytes);
        }
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let mut peak_kib = 0;
        let status = loop {
            if self.measured {
                peak_kib = peak_kib.max(peak_of(child.id()));
            }
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LONGEST {
                let _ = child.kill();
                panic!("`oat {}` ran for more than {LONGEST:?}", args.join(" "));
            }
            thread::sleep(Duration::from_millis(2));
        };
        Output {
            command: args.join(" "),
            code: status.code(),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
            duration: began.elapsed(),
            peak_kib,
        }
    }

    /// Runs on a terminal of its own, as a person would: at each of these prompts the answer is typed, and the rest is
    /// read. Gives the exit code and all that was to be seen.
    #[cfg(feature = "real-parts")]
    pub fn on_terminal(&self, args: &[&str], answers: &[(&str, &str)]) -> (Option<i32>, String) {
        drop(super::parts::part("script"));
        let words: Vec<String> = args.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        let line = format!("exec '{}' {}", env!("CARGO_BIN_EXE_oat"), words.join(" "));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().envs(&self.env).current_dir(self.folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = screen.read(&mut buffer) {
                if count == 0 || tell.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut seen = Vec::new();
        let mut behind = 0;
        for (prompt, answer) in answers {
            while !String::from_utf8_lossy(&seen[behind..]).contains(prompt) {
                let more = told.recv_timeout(LONGEST / 3);
                seen.extend(more.unwrap_or_else(|_| panic!("no `{prompt}` after {:?}", String::from_utf8_lossy(&seen))));
            }
            behind = seen.len();
            keys.write_all(format!("{answer}\n").as_bytes()).unwrap();
        }
        loop {
            match told.recv_timeout(LONGEST / 3) {
                Ok(more) => seen.extend(more),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    let _ = child.kill();
                    panic!("`oat {}` waits for more after {:?}", args.join(" "), String::from_utf8_lossy(&seen));
                }
            }
        }
        let status = child.wait().unwrap();
        (status.code(), String::from_utf8(seen).unwrap())
    }

    /// `oat token get p` and more words.
    pub fn get(&self, more: &[&str]) -> Output {
        let mut args = vec!["token", "get", "p"];
        args.extend_from_slice(more);
        self.run(&args)
    }

    /// Many at once, each with its outputs in files; all of them are waited for.
    pub fn swarm(&self, count: usize, args: &[&str]) -> Vec<Output> {
        let outputs = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let children: Vec<(Child, PathBuf, PathBuf)> = (0..count)
            .map(|n| {
                let (out, err) = (outputs.path().join(format!("{n}.out")), outputs.path().join(format!("{n}.err")));
                let mut command = self.command(args);
                command.stdin(Stdio::null()).stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
                (command.spawn().unwrap(), out, err)
            })
            .collect();
        let finish = |(mut child, out, err): (Child, PathBuf, PathBuf)| {
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if began.elapsed() > LONGEST {
                    let _ = child.kill();
                    panic!("one of {count} `oat {}` ran for more than {LONGEST:?}", args.join(" "));
                }
                thread::sleep(Duration::from_millis(2));
            };
            Output {
                command: args.join(" "),
                code: status.code(),
                stdout: fs::read_to_string(out).unwrap(),
                stderr: fs::read_to_string(err).unwrap(),
                duration: began.elapsed(),
                peak_kib: 0,
            }
        };
        children.into_iter().map(finish).collect()
    }
}

/// A profile `p` for client_credentials, the secret from `P_SECRET`, sent in the body.
pub fn profile(lines: &str) -> String {
    let mut text = String::from("[profile.p]\n");
    let defaults = [
        ("grant", "\"client_credentials\""),
        ("client_id", "\"cli\""),
        ("client_secret", "{ env = \"P_SECRET\" }"),
        ("client_auth", "\"client_secret_post\""),
    ];
    for (key, value) in defaults {
        if !lines.lines().any(|line| line.split('=').next().unwrap().trim() == key) {
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    text + lines + "\n"
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("output is UTF-8")
    })
}

fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
}

/// What one run left behind.
#[derive(Debug)]
pub struct Output {
    pub command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub duration: Duration,
    pub peak_kib: u64,
}

impl Output {
    /// It worked: stdout is one line, which is given back without its newline.
    #[track_caller]
    pub fn line(&self) -> &str {
        let line = self.lines();
        assert_eq!(line.lines().count(), 1, "stdout is not one line: {self:#?}");
        line
    }

    /// It worked: stdout without its one trailing newline.
    #[track_caller]
    pub fn lines(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.assert_well_behaved();
        self.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no trailing newline: {self:#?}"))
    }

    /// It failed with this exit code: stdout is empty, stderr one sentence and hints. Gives stderr back.
    #[track_caller]
    pub fn fails(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "", "stdout on a failure: {self:#?}");
        self.assert_well_behaved();
        let errors = self.stderr.lines().filter(|l| l.starts_with("oat: error: ")).count();
        assert_eq!(errors, 1, "not one error line: {self:#?}");
        &self.stderr
    }

    /// It failed with this exit code and says all of these words, whatever their case.
    #[track_caller]
    pub fn fails_saying(&self, code: i32, words: &[&str]) -> &str {
        let stderr = self.fails(code);
        self.says(words);
        stderr
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        let told = self.stderr.to_lowercase();
        for word in words {
            assert!(told.contains(&word.to_lowercase()), "stderr does not say `{word}`: {self:#?}");
        }
    }

    #[track_caller]
    pub fn does_not_say(&self, words: &[&str]) {
        let told = self.stderr.to_lowercase();
        for word in words {
            assert!(!told.contains(&word.to_lowercase()), "stderr says `{word}`: {self:#?}");
        }
    }

    /// Every line on stderr is ours or has a CI runner mask a value, none holds a control character, nothing secret is in it.
    #[track_caller]
    pub fn assert_well_behaved(&self) {
        let masks = ["::add-mask::", "##vso[task.setsecret]"];
        for line in self.stderr.lines().filter(|line| !masks.iter().any(|mask| line.starts_with(mask))) {
            assert!(line.starts_with("oat: "), "a foreign line on stderr: {self:#?}");
            assert!(!line.chars().any(|c| c.is_control()), "a control character on stderr: {self:#?}");
            assert!(line.chars().count() < 1200, "an endless line on stderr: {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self.assert_clean(&[SECRET, super::CANARY]);
    }

    /// Neither stream holds any of these, in any case: a media type is lower-cased before it is shown.
    #[track_caller]
    pub fn assert_clean(&self, canaries: &[&str]) {
        let printed = format!("{}{}", self.stdout, self.stderr).to_lowercase();
        for canary in canaries {
            assert!(!printed.contains(&canary.to_lowercase()), "`{canary}` was printed: {self:#?}");
        }
    }
}

/// The mode of what is at this path, not through a link.
pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}
