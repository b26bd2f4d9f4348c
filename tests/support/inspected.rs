//! What `oat inspect` looks at: tokens of a scripted provider, and what no report may hold.

use super::oat::{Oat, Output};
use super::redirect::{DISCOVERY, Facts, Provider, SUBJECT, jwt, now, sign_es256};
use super::server::{Answer, Recorded};
use super::{Value, json};

/// Text that moves a cursor, writes a clipboard, turns letters round, ends a line and speaks to a CI runner.
pub const HOSTILE: &str =
    "::add-mask::x\u{1b}]52;c;Zm9v\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}\r\n::stop-commands::y\n##vso[z]";

/// The claims of an access token that holds.
pub fn claims(issuer: &str) -> Value {
    json!({
        "iss": issuer, "sub": SUBJECT, "aud": "https://api.example", "client_id": "cli", "scope": "read write",
        "exp": now() + 600, "iat": now() - 60, "jti": "j-1"
    })
}

/// These claims with others in place of some; null takes one out.
pub fn but(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// Signed with ES256 by the provider's key `k1`.
pub fn signed(claims: &Value) -> String {
    signed_under(&json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), claims)
}

pub fn signed_under(header: &Value, claims: &Value) -> String {
    jwt(header, claims, |signed| sign_es256("k1", signed))
}

/// A token that holds, of this provider.
pub fn good(provider: &Provider) -> String {
    signed(&claims(&issuer(provider)))
}

pub fn issuer(provider: &Provider) -> String {
    provider.server.url("")
}

/// A provider that can be asked about its tokens. What `answer` does not answer is answered as a good one does.
pub fn asked(answer: impl Fn(&Recorded, &Facts) -> Option<Answer> + Send + Sync + 'static) -> Provider {
    Provider::new(move |request, facts| {
        answer(request, facts).or_else(|| match request.path() {
            DISCOVERY => Some(facts.metadata_with(endpoints(&facts.origin))),
            "/introspect" => Some(Answer::json(200, json!({"active": true, "sub": SUBJECT}))),
            "/userinfo" => Some(Answer::json(200, json!({"sub": SUBJECT}))),
            _ => None,
        })
    })
}

/// The members of metadata that name where a token is asked about.
pub fn endpoints(origin: &str) -> Value {
    json!({"introspection_endpoint": format!("{origin}/introspect"), "userinfo_endpoint": format!("{origin}/userinfo")})
}

/// A user with a profile `p` for client_credentials at this provider, and `more` lines.
pub fn client_of(provider: &Provider, more: &str) -> Oat {
    Oat::with_profile(&format!("issuer = {:?}\n{more}", issuer(provider)))
}

impl Oat {
    /// `oat inspect -` and more words, the token on standard input.
    pub fn inspect(&self, token: &str, more: &[&str]) -> Output {
        self.piped(token, &[&["inspect", "-"], more].concat())
    }

    /// The same with `--json`, which must end with exit 0.
    #[track_caller]
    pub fn report(&self, token: &str, more: &[&str]) -> Value {
        self.inspect(token, &[&["--json"], more].concat()).report()
    }
}

impl Output {
    /// The one object that a command printed that worked.
    #[track_caller]
    pub fn report(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.assert_told();
        self.object()
    }

    /// It printed its report, and failed with this exit code and one error that says these words.
    #[track_caller]
    pub fn does_not_hold(&self, code: i32, words: &[&str]) -> Value {
        self.reported_and_failed(code, words);
        self.object()
    }

    /// The same for a page.
    #[track_caller]
    pub fn reported_and_failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.stdout.ends_with('\n') && self.stdout.len() > 1, "no report: {self:#?}");
        let told = self.error().to_lowercase();
        for word in words {
            assert!(told.contains(&word.to_lowercase()), "the error does not say `{word}`: {self:#?}");
        }
    }

    /// It failed with this exit code before there was a report; the error says these words.
    #[track_caller]
    pub fn fails_before(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:#?}");
        let told = self.error().to_lowercase();
        for word in words {
            assert!(told.contains(&word.to_lowercase()), "the error does not say `{word}`: {self:#?}");
        }
    }

    /// The one error, in words for people or, with `--json`, as an object.
    #[track_caller]
    pub fn error(&self) -> String {
        self.assert_told();
        let object = |line: &str| serde_json::from_str::<Value>(line).ok()?.get("error")?.as_str().map(String::from);
        let plain = |line: &str| line.strip_prefix("oat: error: ").map(String::from);
        let errors: Vec<String> = self.stderr.lines().filter_map(|line| if self.as_json() { object(line) } else { plain(line) }).collect();
        assert_eq!(errors.len(), 1, "not one error line: {self:#?}");
        errors.into_iter().next().unwrap()
    }

    fn as_json(&self) -> bool {
        self.command.split(' ').any(|word| word == "--json")
    }

    #[track_caller]
    fn object(&self) -> Value {
        serde_json::from_str(self.stdout.strip_suffix('\n').unwrap()).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// As [`Output::assert_well_behaved`] has it; with `--json` warnings and errors are objects.
    #[track_caller]
    pub fn assert_told(&self) {
        if !self.as_json() {
            return self.assert_well_behaved();
        }
        for line in self.stderr.lines() {
            let object: Result<serde_json::Map<String, Value>, _> = serde_json::from_str(line);
            assert!(
                (object.is_ok() || line.starts_with("oat: ")) && !line.chars().any(char::is_control) && line.chars().count() < 2000,
                "{self:#?}"
            );
        }
        self.assert_clean(&[super::SECRET, super::CANARY, "panicked"]);
    }

    /// R66: nothing on either stream moves a cursor, breaks a line, or speaks to a CI runner (which passes over leading
    /// white space).
    #[track_caller]
    pub fn assert_harmless(&self) {
        for line in self.stdout.lines().chain(self.stderr.lines()) {
            let strange = |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}".contains(c);
            assert!(!line.contains(strange), "`{}`: {self:#?}", line.escape_debug());
            assert!(!line.trim_start().starts_with("::") && !line.trim_start().starts_with("##"), "a CI command: {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
    }

    /// No 24 bytes of it in a row are on either stream.
    #[track_caller]
    pub fn assert_holds_nothing_of(&self, token: &str) {
        let printed = format!("{}{}", self.stdout, self.stderr);
        assert_nothing_of(&printed, token);
    }
}

/// No 24 bytes of the secret in a row are in this text.
#[track_caller]
pub fn assert_nothing_of(text: &str, secret: &str) {
    let length = secret.len().min(24);
    for part in secret.as_bytes().chunks(length).filter(|part| part.len() == length) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!text.contains(part), "`{part}` of a secret was printed: {text}");
    }
}

/// A check of a report by its name: whether it holds, and why.
#[track_caller]
pub fn check<'a>(report: &'a Value, name: &str) -> (&'a Value, &'a str) {
    let checks = report["checks"].as_array().unwrap();
    let found: Vec<&Value> = checks.iter().filter(|check| check["name"] == name).collect();
    assert_eq!(found.len(), 1, "`{name}` in {report:#}");
    (&found[0]["ok"], found[0]["detail"].as_str().unwrap())
}

/// The names of the checks that were made, in order.
pub fn made(report: &Value) -> Vec<&str> {
    report["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect()
}
