//! A person's folders and variables, made for one test, and `oat` run in them.

use crate::parts::part;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The binary under test.
pub const OAT: &str = env!("CARGO_BIN_EXE_oat");

/// HOME, the profile file and the state folder of one test; nothing of the machine's own shows through.
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
    client: (String, String),
}

/// How a run of `oat` ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// The answer.
    pub stdout: String,
    /// What was told to the person.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
}

impl Home {
    /// A home with this profile file, the key in a file beside the records, and the secret of `client` (id, secret) in `CLIENT_SECRET`.
    pub fn new(config: &str, client: (&str, &str)) -> Home {
        let (id, secret) = client;
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "run"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(0o700)).unwrap();
        }
        let home = Home { folder, variables: Vec::new(), client: (id.to_string(), secret.to_string()) }.with("CLIENT_SECRET", secret);
        home.configure(config);
        home.with("OAT_STORE", "file")
    }

    /// Replaces the profile file.
    pub fn configure(&self, config: &str) {
        let file = self.path("config.toml");
        std::fs::write(&file, config).unwrap();
        std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// The same home with one more variable, or another value for it.
    pub fn with(self, name: &str, value: &str) -> Home {
        let mut home = self.without(name);
        home.variables.push((name.to_string(), value.to_string()));
        home
    }

    /// The same home with one variable less.
    pub fn without(mut self, name: &str) -> Home {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// A path in this home's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `program` with the environment of this home alone, ended after 30 s.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = part("timeout");
        command.args(["-k", "1", "30"]).arg(program.as_ref());
        command.env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("OAT_CONFIG", self.path("config.toml")).env("OAT_STATE", self.path("state"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `oat WORDS`.
    pub fn oat(&self, words: &[&str]) -> Outcome {
        self.finish(self.command(OAT).args(words))
    }

    /// Runs `oat WORDS` under another program: `strace …`, `keyctl session -`.
    pub fn oat_under(&self, wrapper: &[&str], words: &[&str]) -> Outcome {
        let (program, rest) = wrapper.split_first().unwrap();
        drop(part(program));
        self.finish(self.command(program).args(rest).arg(OAT).args(words))
    }

    fn finish(&self, command: &mut Command) -> Outcome {
        let start = Instant::now();
        let output = command.output().unwrap();
        self.outcome(output, start.elapsed())
    }

    /// Reads a finished run, which must not have told the secret, nor the token anywhere but on stdout.
    pub fn outcome(&self, output: Output, took: Duration) -> Outcome {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let outcome = Outcome { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr), took };
        for (told, place) in [(&outcome.stdout, "stdout"), (&outcome.stderr, "stderr")] {
            for form in forms(&self.client) {
                assert!(!told.contains(&form), "the client secret was told on {place}:\n{told}");
            }
        }
        let token = outcome.stdout.trim();
        assert!(token.is_empty() || !outcome.stderr.contains(token), "the token was told on stderr:\n{}", outcome.stderr);
        outcome
    }
}

impl Outcome {
    /// The token on stdout: one line and nothing else, exit 0.
    #[track_caller]
    pub fn token(&self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        let token = self.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line on stdout: {self:#?}"));
        assert!(token.len() > 20 && !token.contains(char::is_whitespace), "not a token: {self:#?}");
        token.to_string()
    }

    /// The token of a run that had nothing to say besides.
    #[track_caller]
    pub fn quiet_token(&self) -> String {
        assert_eq!(self.stderr, "", "{self:#?}");
        self.token()
    }

    /// What stderr says of a failure with this exit code; nothing stands on stdout.
    #[track_caller]
    pub fn failure(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{self:#?}");
        &self.stderr
    }
}

/// The ways a secret could show: as it is, in a form or a URL, and in a Basic header.
fn forms((id, secret): &(String, String)) -> [String; 4] {
    let form = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let basic = STANDARD.encode(format!("{}:{}", form(id), form(secret)));
    [secret.clone(), form(secret), form(secret).replace('+', "%20"), basic]
}
