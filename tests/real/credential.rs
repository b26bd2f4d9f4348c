//! What a program that asks oat for a token needs: a guarded server, a server of tokens, and a user who is set up for both.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::oat::profile;
use crate::support::parts::part;
use crate::support::server::{Answer, Recorded, Server};
use crate::support::tls::{Authority, Fault};
use crate::support::{Oat, SECRET};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the token server hands out, by the number of the request.
pub const TOKEN: &str = "CANARY-token-";

/// A guarded server with a certificate of its own authority, a server of tokens, and a user who is set up for both.
pub struct Case {
    pub guarded: Server,
    pub tokens: Server,
    pub oat: Oat,
    pub ca: PathBuf,
}

impl Case {
    /// `hosts` of the profile `p`, with `PORT` for the port of the guarded server, which asks with this challenge.
    pub fn new(hosts: &str, challenge: &'static str, content: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Case {
        let authority = Authority::new();
        let guarded = Server::start_tls(authority.server("localhost", Fault::None), move |request| {
            refused(request, challenge).unwrap_or_else(|| content(request))
        });
        Case::with(guarded, Some(authority), hosts)
    }

    pub fn with(guarded: Server, authority: Option<Authority>, hosts: &str) -> Case {
        let tokens = Server::start(|request| Answer::token(&format!("{TOKEN}{}", request.number)));
        let hosts = hosts.replace("PORT", &guarded.address.port().to_string());
        let config = profile(&format!("token_endpoint = {:?}\nhosts = [{hosts:?}]", tokens.url("/token")));
        let oat = Oat::new().env("P_SECRET", SECRET).config(&config);
        let ca = oat.file("ca.pem", 0o600, authority.map(|authority| authority.pem()).unwrap_or_default());
        let bin = oat.folder().join("bin");
        fs::create_dir(&bin).unwrap();
        for name in ["oat", "git-credential-oat", "docker-credential-oat"] {
            symlink(env!("CARGO_BIN_EXE_oat"), bin.join(name)).unwrap();
        }
        Case { guarded, tokens, oat, ca }
    }

    /// The program with oat beside it, in the home of the user.
    pub fn program(&self, program: impl AsRef<Path>) -> Command {
        let mut command = part(program.as_ref());
        let words = self.oat.command(&[]);
        let variables: Vec<(OsString, OsString)> =
            words.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let path = std::env::var("PATH").unwrap();
        command.envs(variables).env("PATH", format!("{}:{path}", self.oat.folder().join("bin").display()));
        command.current_dir(self.oat.folder()).stdin(Stdio::null());
        command
    }

    /// What `oat credential setup` prints.
    pub fn setup(&self, what: &str) -> String {
        self.oat.run(&["credential", "setup", what, "p"]).lines().to_string()
    }

    /// The Authorization headers that came, without those requests that had none.
    pub fn seen(&self) -> Vec<String> {
        self.guarded.requests().iter().filter_map(|request| request.header("authorization").map(String::from)).collect()
    }

    pub fn url(&self, path: &str) -> String {
        self.guarded.url_as("localhost", path)
    }
}

/// The refusal of a request without a good token; None where it has one.
pub fn refused(request: &Recorded, challenge: &str) -> Option<Answer> {
    let sent = request.header("authorization").unwrap_or_default();
    let basic = sent.strip_prefix("Basic ").and_then(|coded| STANDARD.decode(coded).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
    let token = basic.as_deref().and_then(|pair| pair.split_once(':').map(|(_, token)| token)).or(sent.strip_prefix("Bearer "));
    // A challenge that ends so takes no first token.
    let good = |token: &str| token.starts_with(TOKEN) && !(challenge.ends_with("late\"") && token.ends_with("-0"));
    let refusal = || Answer::text(401, "text/plain", "no").header("WWW-Authenticate", challenge);
    // docker 20 wants this of a refusal too.
    (!token.is_some_and(good)).then(|| refusal().header("Docker-Distribution-Api-Version", "registry/2.0"))
}

pub fn basic(token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("oauth2:{token}")))
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
