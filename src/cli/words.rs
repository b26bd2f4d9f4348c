//! What a person may say: the words of every command, understood.

#[cfg(unix)]
use std::ffi::OsString;
use std::path::PathBuf;

use crate::keys::Key;
use crate::secret::SecretReference;
use crate::time::Seconds;

/// A command line, understood.
#[derive(Debug)]
pub struct Words {
    /// What holds for every command.
    pub common: Common,
    /// What to do.
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--json`: errors, and what a command tells, as JSON.
    pub json: bool,
    /// How many `-v` were given.
    pub verbose: u8,
    /// `--store PLACE`: where the store's key lives, before `OAT_STORE` and the profile file.
    pub store: Option<String>,
    /// `--trace FILE`
    pub trace: Option<PathBuf>,
}

#[cfg(unix)]
impl Common {
    /// The words that say the same.
    pub fn line(&self) -> Vec<OsString> {
        let mut line = Vec::new();
        let mut put = |flag: &str, value: Option<OsString>| {
            if let Some(value) = value {
                line.extend([OsString::from(flag), value]);
            }
        };
        put("--config", self.config.clone().map(OsString::from));
        put("--store", self.store.clone().map(OsString::from));
        put("--trace", self.trace.clone().map(OsString::from));
        line.extend(self.json.then(|| OsString::from("--json")));
        line.extend((0..self.verbose).map(|_| OsString::from("-v")));
        line
    }
}

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// `oat token get`
    TokenGet(TokenGet),
    /// `oat exec`
    Exec(Exec),
    /// `oat token subject`
    TokenSubject(TokenSubject),
    /// `oat credential`
    Credential(Credential),
    /// `oat refresh`
    Refresh(Refresh),
    /// `oat login`
    Login(Login),
    /// `oat logout`
    Logout(Logout),
    /// `oat status`
    Status,
    /// `oat inspect`
    Inspect(Inspect),
    /// `oat jwks`
    Jwks(Jwks),
    /// `oat profile …`
    Profile(ProfileCommand),
    /// `oat sandbox`
    Sandbox(SandboxWords),
    /// `oat completions SHELL`
    Completions(String),
    /// `oat man [PAGE]`
    Man(Option<String>),
    /// `--help` or `--version`: the text is to be printed.
    Print(String),
}

/// Which profile, and which of its keys the command line overrides.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// The profile's name, as typed.
    pub profile: Option<String>,
    /// Keys given as flags, with their text.
    pub flags: Vec<(&'static Key, String)>,
    /// The sources of the client's secret, key and certificate that are given as flags.
    pub secrets: Vec<(&'static Key, SecretReference)>,
}

/// `oat token get`
#[derive(Debug, Clone, Default)]
pub struct TokenGet {
    /// Profile and keys.
    pub chosen: Chosen,
    /// `--format`
    pub format: String,
    /// `--shell`, for `--format env`
    pub shell: String,
    /// `--name`, for `--format env` and `dotenv`
    pub name: Option<String>,
    /// `--min-ttl`
    pub min_ttl: Option<Seconds>,
    /// `--force`
    pub force: bool,
    /// `--require-store`
    pub require_store: bool,
    /// `--require-scope`
    pub require_scope: bool,
    /// `--login`: a person may be asked to sign in.
    pub login: bool,
    /// `--to`: where the token goes in place of stdout.
    pub to: Vec<String>,
    /// `--explain`: what would be done is told, and not done.
    pub explain: bool,
}

/// `oat exec`
#[derive(Debug, Clone, Default)]
pub struct Exec {
    /// Profile and keys.
    pub chosen: Chosen,
    /// `--env`: `NAME` or `NAME=PROFILE`.
    pub env: Vec<String>,
    /// `--file-env`: the same, for a file.
    pub file_env: Vec<String>,
    /// `--min-ttl`
    pub min_ttl: Option<Seconds>,
    /// `--require-scope`
    pub require_scope: bool,
    /// `--login`: a person may be asked to sign in.
    pub login: bool,
    /// What is to be run, word for word; at least one.
    pub command: Vec<OsString>,
}

/// `oat token subject`
#[derive(Debug, Clone, Default)]
pub struct TokenSubject {
    /// The keys of the network that were given as flags.
    pub chosen: Chosen,
    /// A profile, or a source in its short form.
    pub source: Option<String>,
    /// `--audience`
    pub audience: Option<String>,
    /// `--out`
    pub out: Option<PathBuf>,
}

/// `oat credential`
#[derive(Debug, Clone, Default)]
pub struct Credential {
    /// A name of [`DIALECTS`], or `setup`.
    pub dialect: String,
    /// What the other program says behind it.
    pub words: Vec<String>,
    /// `--id-token`: kubectl gets the ID token.
    pub id_token: bool,
    /// `--login`: a person may be asked to sign in, where kubectl says that there is one.
    pub login: bool,
}

/// `oat login`
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// Profile and keys.
    pub chosen: Chosen,
    /// `--no-browser`
    pub no_browser: bool,
    /// `--paste`
    pub paste: bool,
    /// `--device`
    pub device: bool,
    /// `--timeout`: how long the sign-in may take.
    pub timeout: Option<Seconds>,
    /// `--auto-approve`: the sandbox asks nobody.
    pub auto_approve: bool,
}

/// `oat logout`
#[derive(Debug, Clone, Default)]
pub struct Logout {
    /// The profile.
    pub chosen: Chosen,
    /// `--all`
    pub all: bool,
    /// `--local`: the server is not asked.
    pub local: bool,
    /// `--browser`: sign out at the server too.
    pub browser: bool,
}

/// `oat refresh`
#[derive(Debug, Clone, Default)]
pub struct Refresh {
    /// Profile and keys.
    pub chosen: Chosen,
    /// `--print`: the new token goes to stdout.
    pub print: bool,
    /// `--require-store`
    pub require_store: bool,
}

/// `oat inspect`
#[derive(Debug, Clone, Default)]
pub struct Inspect {
    /// The keys of the network that were given as flags.
    pub chosen: Chosen,
    /// At most two: a profile's name, or `-`.
    pub sources: Vec<String>,
    /// `--id-token`
    pub id_token: bool,
    /// `--refresh-token`
    pub refresh_token: bool,
    /// `--profile`: whose issuer, keys and client check a token from standard input.
    pub profile: Option<String>,
    /// `--issuer`; empty is the token's own word.
    pub issuer: Option<String>,
    /// `--offline`
    pub offline: bool,
    /// `--jwks`: a file or a URL.
    pub jwks: Option<String>,
    /// `--key`
    pub key: Option<PathBuf>,
    /// `--secret-from`
    pub secret_from: Option<String>,
    /// `--signature-only`
    pub signature_only: bool,
    /// `--audience`
    pub audience: Vec<String>,
    /// `--require-scope`, word by word.
    pub require_scope: Vec<String>,
    /// `--introspect`
    pub introspect: bool,
    /// `--userinfo`
    pub userinfo: bool,
    /// `--for`
    pub for_url: Option<String>,
    /// `--send`
    pub send: bool,
    /// `--claim`
    pub claim: Option<String>,
    /// `--header`
    pub header: bool,
}

impl Inspect {
    /// Whether keys were named on the command line.
    pub fn local_keys(&self) -> bool {
        self.jwks.is_some() || self.key.is_some() || self.secret_from.is_some()
    }

    /// Whether something else than the signature is to be looked at.
    pub fn asks_of_claims(&self) -> bool {
        !self.audience.is_empty() || !self.require_scope.is_empty() || self.introspect || self.userinfo || self.for_url.is_some()
    }
}

/// `oat jwks`
#[derive(Debug, Clone, Default)]
pub struct Jwks {
    /// The keys of the network that were given as flags.
    pub chosen: Chosen,
    /// An issuer's URL, or a profile's name.
    pub server: Option<String>,
}

/// `oat profile …`
#[derive(Debug)]
pub enum ProfileCommand {
    /// Writes a new profile.
    Add(Chosen),
    /// Names every profile.
    List,
    /// Says for every value where it came from.
    Show(Chosen),
    /// Changes keys of a profile.
    Edit {
        /// Profile and new values.
        chosen: Chosen,
        /// Keys to take out.
        unset: Vec<String>,
    },
    /// Takes a profile and what is stored for it away.
    Remove {
        /// The profile.
        profile: String,
    },
    /// Seals a client secret in the store.
    SetSecret {
        /// The profile.
        profile: String,
    },
}

/// `oat sandbox`
#[derive(Debug, Clone)]
pub struct SandboxWords {
    /// `--port`; 0 is any free port.
    pub port: u16,
    /// `--alg`
    pub alg: String,
    /// `--lifetime`
    pub lifetime: Seconds,
    /// `--refresh-lifetime`
    pub refresh_lifetime: Seconds,
    /// `--auto-approve`
    pub auto_approve: bool,
    /// `--opaque`
    pub opaque: bool,
    /// `--delay`
    pub delay: Seconds,
}

/// The formats of `token get`.
pub const FORMATS: [&str; 7] = ["raw", "json", "bearer", "header", "env", "dotenv", "curl"];
/// The dialects of `oat credential`, and the names by which other programs start this one for them.
pub const DIALECTS: [(&str, &str); 7] = [
    ("kubectl", "kubectl-oat"),
    ("git", "git-credential-oat"),
    ("docker", "docker-credential-oat"),
    ("bazel", "bazel-credential-oat"),
    ("cargo", "cargo-credential-oat"),
    ("go", "go-credential-oat"),
    ("terraform", "terraform-credentials-oat"),
];
/// What stands behind `oat credential`.
pub const CREDENTIAL_WORDS: [&str; 8] = ["kubectl", "git", "docker", "bazel", "cargo", "go", "terraform", "setup"];
/// The shells that `--format env` can speak to.
pub const SHELLS: [&str; 5] = ["sh", "fish", "powershell", "cmd", "nu"];
/// The shells with a committed completion file.
pub const COMPLETIONS: [&str; 6] = ["bash", "zsh", "fish", "powershell", "elvish", "nushell"];
/// The port that `oat sandbox` takes unless told otherwise, and the one in the built-in profile's issuer.
pub const SANDBOX_PORT: u16 = 8417;
