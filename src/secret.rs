//! Values that are never printed, and the places they may come from.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

use zeroize::Zeroize;

/// A secret string. Debug prints `[redacted]`; there is no Display, Deref or Serialize; the bytes are wiped on drop.
pub struct Secret<K> {
    value: String,
    kind: PhantomData<K>,
}

/// Says which secret a `Secret` is.
pub mod kind {
    /// An access token (RFC 6749 section 1.4).
    pub enum Access {}
    /// A refresh token (RFC 6749 section 1.5).
    pub enum Refresh {}
    /// An ID token (OpenID Connect Core section 2).
    pub enum Id {}
    /// A client secret (RFC 6749 section 2.3.1).
    pub enum Client {}
    /// An authorization code (RFC 6749 section 1.3.1).
    pub enum Code {}
    /// A code verifier (RFC 7636 section 4.1).
    pub enum Verifier {}
    /// A device code (RFC 8628 section 3.2).
    pub enum Device {}
    /// A state or a nonce: whoever knows it can pass for this login's server.
    pub enum Once {}
    /// A token that stands for whom another token is asked for (RFC 8693 section 1, RFC 7521 section 3).
    pub enum Subject {}
    /// A secret header or body on its way to the server.
    pub enum Wire {}
}

/// An access token.
pub type AccessToken = Secret<kind::Access>;
/// A refresh token.
pub type RefreshToken = Secret<kind::Refresh>;
/// An ID token.
pub type IdToken = Secret<kind::Id>;
/// A client secret.
pub type ClientSecret = Secret<kind::Client>;
/// An authorization code.
pub type AuthorizationCode = Secret<kind::Code>;
/// A code verifier.
pub type CodeVerifier = Secret<kind::Verifier>;
/// A device code.
pub type DeviceCode = Secret<kind::Device>;
/// A state or a nonce.
pub type Once = Secret<kind::Once>;
/// A token that stands for whom another token is asked for: a CI job's, or another profile's.
pub type SubjectToken = Secret<kind::Subject>;
/// A header value or a body that carries a secret.
pub type WireSecret = Secret<kind::Wire>;

impl<K> Secret<K> {
    /// Takes a secret in; from here on it is not printed.
    pub fn new(value: impl Into<String>) -> Secret<K> {
        Secret { value: value.into(), kind: PhantomData }
    }

    /// The only door out. Call it as late as possible and never in a format string.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl<K> Clone for Secret<K> {
    fn clone(&self) -> Secret<K> {
        Secret::new(self.value.clone())
    }
}

impl<K> PartialEq for Secret<K> {
    /// Compares without stopping at the first difference.
    fn eq(&self, other: &Secret<K>) -> bool {
        let (a, b) = (self.value.as_bytes(), other.value.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
    }
}

impl<K> Eq for Secret<K> {}

impl<K> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<K> Drop for Secret<K> {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

/// Takes secrets of ours out of a stranger's text: a server may echo what it was sent (R70). Of a text that was cut already,
/// with `…`, the beginning of one is taken out too.
pub fn redact(text: &str, ours: &[WireSecret]) -> String {
    let secrets = ours.iter().map(|secret| secret.expose().to_ascii_lowercase()).filter(|secret| secret.len() >= 4);
    secrets.fold(text.to_string(), |text, secret| {
        // Whatever case it came back in: ASCII lower case keeps every byte in its place.
        let lower = text.to_ascii_lowercase();
        let (mut safe, mut done) = (String::with_capacity(text.len()), 0);
        for (start, _) in lower.match_indices(&secret) {
            safe.push_str(&text[done..start]);
            safe.push_str("[redacted]");
            done = start + secret.len();
        }
        without_beginning(safe + &text[done..], &secret)
    })
}

/// Where `…` cut an echo, only the beginning of the secret is there to be found.
fn without_beginning(text: String, secret: &str) -> String {
    // Only what was made short is cut; a server's own megabytes are not searched for it.
    let short = text.len() < 1 << 14 && text.contains('…');
    let Some(start) = secret.get(..8).filter(|_| short) else { return text };
    let lower = text.to_ascii_lowercase();
    let cuts = lower.match_indices('…').filter_map(|(end, _)| {
        let found = lower[..end].match_indices(start).find(|(at, _)| secret.starts_with(&lower[*at..end]))?;
        Some((found.0, end))
    });
    let (mut safe, mut done) = (String::with_capacity(text.len()), 0);
    for (start, end) in cuts {
        safe.push_str(&text[done..start]);
        safe.push_str("[redacted]");
        done = end;
    }
    safe + &text[done..]
}

/// Where a secret is to be read from, at the moment it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretReference {
    /// An environment variable.
    Env(String),
    /// A file; it must be private to its owner.
    File(PathBuf),
    /// A program and its arguments, run without a shell; the first line of its output.
    Command(Vec<String>),
    /// Sealed in oat's own store by `oat profile set-secret`.
    Keyring,
    /// A systemd credential: a file in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// The first line of standard input.
    Stdin,
    /// The value itself, written in the profile file. Allowed, and warned of.
    Literal(Secret<kind::Client>),
}

/// What a secret is, and so what its source may look like.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// In a message: `client secret`.
    pub called: &'static str,
    /// The profile's key that refers to it.
    pub key: &'static str,
    /// Whether it is all that the source has, or the first line.
    pub whole: bool,
    /// Whether its file must be its owner's alone (R83).
    pub private: bool,
    /// Whether standard input is somebody else's: what is piped there is not for a command that gives this.
    pub stdin_taken: bool,
}

/// A client's secret (RFC 6749 section 2.3.1): one line.
pub const CLIENT_SECRET: Wanted = Wanted { called: "client secret", key: "client_secret", whole: false, private: true, stdin_taken: false };
/// A client's private key (RFC 7523 section 2.2): all lines of it.
pub const CLIENT_KEY: Wanted = Wanted { called: "client key", key: "client_key", whole: true, private: true, stdin_taken: false };
/// A client's certificate (RFC 8705 section 2), which everyone may see.
pub const CLIENT_CERTIFICATE: Wanted =
    Wanted { called: "client certificate", key: "client_certificate", whole: true, private: false, stdin_taken: false };

impl Wanted {
    /// What the value of this key of a profile is.
    pub fn of(key: &str) -> Option<Wanted> {
        [CLIENT_SECRET, CLIENT_KEY, CLIENT_CERTIFICATE].into_iter().find(|wanted| wanted.key == key)
    }
}

/// The token of a subject, all that its source has. Its file need not be private: kubelet's is not.
pub const SUBJECT: Wanted = Wanted { called: "subject token", key: "subject", whole: true, private: false, stdin_taken: false };

impl SecretReference {
    /// The reference in words for a message: `VERICERTS_CLIENT_SECRET`, `the file ~/x`. Never the value.
    pub fn describe(&self) -> String {
        match self {
            SecretReference::Env(name) => format!("`{name}`"),
            SecretReference::File(path) => format!("the file `{}`", path.display()),
            SecretReference::Command(argv) => format!("the command `{}`", argv.first().map_or("", String::as_str)),
            SecretReference::Keyring => "oat's store (`oat profile set-secret`)".into(),
            SecretReference::Credential(name) => format!("the systemd credential `{name}`"),
            SecretReference::Stdin => "standard input".into(),
            SecretReference::Literal(_) => "the profile file itself".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let secret = ClientSecret::new("CANARY");
        assert_eq!(format!("{secret:?}"), "[redacted]");
        let reference = SecretReference::Literal(secret);
        assert!(!format!("{reference:?}{}", reference.describe()).contains("CANARY"));
    }

    #[test]
    fn r70_an_echo_is_taken_out_also_where_it_was_cut() {
        let ours = [WireSecret::new("CANARY-0123456789")];
        for (text, safe) in [
            ("a CANARY-0123456789 b canary-0123456789", "a [redacted] b [redacted]"),
            ("a CANARY-0123…", "a [redacted]…"),
            ("`é CANARY-0…` and `CANARY-01…` but CANARY-0x", "`é [redacted]…` and `[redacted]…` but CANARY-0x"),
            ("CANARY…", "CANARY…"),
            ("nothing…", "nothing…"),
        ] {
            assert_eq!(redact(text, &ours), safe);
        }
    }

    #[test]
    fn equality_is_by_value() {
        assert_eq!(AccessToken::new("a"), AccessToken::new("a"));
        assert_ne!(AccessToken::new("a"), AccessToken::new("b"));
        assert_ne!(AccessToken::new("a"), AccessToken::new("aa"));
    }
}
