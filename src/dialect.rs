//! The protocols by which other programs ask for a token: what they say becomes a request, and a token becomes their answer.

pub mod bazel;
pub mod cargo;
pub mod docker;
pub mod git;
pub mod go;
pub mod kubectl;
pub mod terraform;

use crate::error::{Error, Kind, Result};
use crate::hosts::Host;
use crate::secret::WireSecret;
use crate::time::UnixTime;

/// The most bytes that a program may say.
pub const LONGEST: usize = 1 << 20;

/// What a program asks for.
#[derive(Debug)]
pub enum Request {
    /// A token for a server. None names no server that a token may go to.
    Token(Option<Host>, Form),
    /// To forget this token, which the server refused.
    Erase(Option<Host>, WireSecret),
    /// Something whose answer is always the same; empty is none at all.
    Fixed(&'static str),
}

/// How the answer has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A user name and a password.
    Password,
    /// A token of its own kind.
    Bearer,
}

/// What an answer is made of.
#[derive(Debug)]
pub struct Credential<'a> {
    /// The token.
    pub token: &'a str,
    /// The user name beside it, where a program wants one.
    pub username: &'a str,
    /// When it ends, where that is known.
    pub expires_at: Option<UnixTime>,
    /// When a new one should be asked for: the end less the leeway.
    pub renew_at: Option<UnixTime>,
}

/// User names that servers want beside a token, where neither profile nor preset has one: entries as in `hosts`.
const USERNAMES: [(&[&str], &str); 4] = [
    // Google: "oauth2accesstoken" for both of its registries.
    (&["gcr.io", "*.gcr.io", "*.pkg.dev"], "oauth2accesstoken"),
    (&["github.com", "*.github.com", "*.ghe.com", "ghcr.io"], "x-access-token"),
    (&["bitbucket.org"], "x-token-auth"),
    (&["quay.io"], "$oauthtoken"),
];

/// The user name beside a token for this host. GitLab takes `oauth2` alone; those that are in no list take anything.
pub fn username(host: &Host) -> &'static str {
    let names = |entries: &[&str]| entries.iter().any(|entry| crate::hosts::listed(&[entry.to_string()], host).is_some());
    USERNAMES.iter().find(|(entries, _)| names(entries)).map_or("oauth2", |(_, name)| name)
}

/// What a program said does not hold; its words are not repeated.
fn malformed(what: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Kind::Invalid, format!("{what} does not hold: {why}")).hint("`oat man credential` has the protocols")
}

/// A verb that a dialect does not have.
fn no_verb(dialect: &str, verbs: &str) -> Error {
    Error::new(Kind::Usage, format!("`oat credential {dialect}` is asked for something else than {verbs}"))
        .hint(format!("oat credential setup {dialect} PROFILE"))
}

/// For a program that cannot take this token.
fn unfit(why: &str) -> Result<WireSecret> {
    Err(Error::new(Kind::Invalid, why).hint("`oat inspect PROFILE` tells the size of its token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_name_is_the_one_that_the_server_wants() {
        for (host, name) in [
            ("https://github.com", "x-access-token"),
            ("https://api.github.com", "x-access-token"),
            ("https://github.com.evil.example", "oauth2"),
            ("eu.gcr.io", "oauth2accesstoken"),
            ("europe-docker.pkg.dev", "oauth2accesstoken"),
            ("gitlab.com", "oauth2"),
            ("quay.io", "$oauthtoken"),
        ] {
            assert_eq!(username(&Host::parse(host).unwrap()), name, "{host}");
        }
    }
}
