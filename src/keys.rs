//! Every key that a profile may have: its name, its kind, and the sentence that explains it.

pub mod subject;

use serde_json::{Map, Value as Json};

use toml::de::{DeInteger, DeTable, DeValue};

use crate::json::{members, object};
use crate::keys::subject::Subject;
use crate::secret::{ClientSecret, SecretReference};
use crate::time::Seconds;

/// One key of a profile. The same key is `--client-id` as a flag and `OAT_CLIENT_ID` as a variable.
#[derive(Debug)]
pub struct Key {
    /// As in the profile file: `client_id`.
    pub name: &'static str,
    /// What values it takes.
    pub kind: KeyKind,
    /// The heading it stands under in the manual.
    pub group: &'static str,
    /// One sentence for help and manual.
    pub help: &'static str,
}

/// What values a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Any string.
    Text,
    /// An absolute URL.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of strings; one string is a list of one.
    List,
    /// A list of TCP ports.
    Ports,
    /// `60s`, `15m`, `30d`; a bare number is seconds.
    Duration,
    /// true or false.
    Flag,
    /// A file's path.
    Path,
    /// A reference to a secret.
    Secret,
    /// A table of parameter names and values.
    Parameters,
    /// Any string, or a list of strings with a space in any.
    Texts,
    /// Whose token is handed in.
    Party,
}

/// A key's value, checked against its kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, URL, choice or path.
    Text(String),
    /// A list of strings.
    List(Vec<String>),
    /// TCP ports.
    Ports(Vec<u16>),
    /// A length of time.
    Duration(Seconds),
    /// A switch.
    Flag(bool),
    /// Where a secret comes from.
    Secret(SecretReference),
    /// Extra parameters of a request, as they go into a JSON body.
    Parameters(Map<String, Json>),
    /// Whose token is handed in.
    Subject(Subject),
}

/// The grants of RFC 6749, 8628, 8693 and 7523 by the names that a profile uses.
pub const GRANTS: &[&str] = &["authorization_code", "client_credentials", "device_code", "token_exchange", "jwt_bearer"];

/// Client authentication methods, by their names in the IANA registry.
pub const CLIENT_AUTH: &[&str] = &[
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
];

/// The algorithms that a client's assertion is signed with (RFC 7518 section 3.1, RFC 8037 section 3.1).
pub const ASSERTION_ALGS: &[&str] =
    &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512"];

/// The algorithms that an ID token may be signed with (RFC 7518 section 3.1, RFC 8037 section 3.1).
pub const ID_TOKEN_ALGS: &[&str] =
    &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"];

/// What holds where neither a person nor a preset says anything, by key. A test holds it against the plan.
pub const DEFAULTS: [(&str, &str); 4] =
    [("grant", "authorization_code"), ("token_request_body", "form"), ("leeway", "60s"), ("timeout", "30s")];

/// The places where the store's key may live, by their names in `[store]`, `--store` and `OAT_STORE`.
pub const STORE_KEYS: [&str; 5] = ["keyring", "env", "file", "keyutils", "none"];

use KeyKind::{Choice, Duration, Flag, List, Parameters, Party, Path, Ports, Secret, Text, Texts, Url};

/// All keys, in the order of the manual.
pub const KEYS: &[Key] = &[
    Key { name: "provider", kind: Text, group: "Server", help: "A preset: the endpoints and quirks of a known provider" },
    Key {
        name: "issuer",
        kind: Url,
        group: "Server",
        help: "The issuer URL, exactly as the server names itself; endpoints are found by discovery",
    },
    Key { name: "token_endpoint", kind: Url, group: "Server", help: "Where tokens are asked for; overrides discovery" },
    Key { name: "authorization_endpoint", kind: Url, group: "Server", help: "Where a person signs in; overrides discovery" },
    Key {
        name: "device_authorization_endpoint",
        kind: Url,
        group: "Server",
        help: "Where a device code is asked for; overrides discovery",
    },
    Key { name: "introspection_endpoint", kind: Url, group: "Server", help: "Where the server tells about a token; overrides discovery" },
    Key { name: "revocation_endpoint", kind: Url, group: "Server", help: "Where a token is revoked; overrides discovery" },
    Key { name: "userinfo_endpoint", kind: Url, group: "Server", help: "Where the signed-in user is described; overrides discovery" },
    Key { name: "end_session_endpoint", kind: Url, group: "Server", help: "Where a person signs out; overrides discovery" },
    Key { name: "jwks_uri", kind: Url, group: "Server", help: "Where the server's public keys are; overrides discovery" },
    Key { name: "pin_hosts", kind: List, group: "Server", help: "The only hosts that discovered endpoints may be on" },
    Key { name: "base_url", kind: Url, group: "Preset variables", help: "The base URL that a preset asks for" },
    Key { name: "domain", kind: Text, group: "Preset variables", help: "The domain that a preset asks for" },
    Key { name: "region", kind: Text, group: "Preset variables", help: "The region that a preset asks for" },
    Key { name: "tenant", kind: Text, group: "Preset variables", help: "The tenant that a preset asks for" },
    Key {
        name: "realm",
        kind: Text,
        group: "Preset variables",
        help: "The realm, pool, environment or application that a preset asks for",
    },
    Key { name: "client_id", kind: Text, group: "Client", help: "The client's identifier at the server" },
    Key { name: "client_secret", kind: Secret, group: "Client", help: "Where the client's secret comes from" },
    Key { name: "client_key", kind: Secret, group: "Client", help: "Where the client's private key comes from: PEM, a JWK or a JWK set" },
    Key {
        name: "client_key_id",
        kind: Text,
        group: "Client",
        help: "The `kid` that the server knows the client's key by; else the JWK's own",
    },
    Key {
        name: "client_certificate",
        kind: Secret,
        group: "Client",
        help: "Where the client's certificate comes from: for mutual TLS, and for the x5t of an assertion (Entra)",
    },
    Key {
        name: "client_auth",
        kind: Choice(CLIENT_AUTH),
        group: "Client",
        help: "How the client proves itself; else by what there is and what the server's metadata offers",
    },
    Key {
        name: "token_endpoint_auth_signing_alg",
        kind: Choice(ASSERTION_ALGS),
        group: "Client",
        help: "What the client's assertions are signed with; else by the key and the server's metadata",
    },
    Key {
        name: "assertion_audience",
        kind: Text,
        group: "Client",
        help: "Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known",
    },
    Key {
        name: "grant",
        kind: Choice(GRANTS),
        group: "Request",
        help: "How a token is got; authorization_code unless the preset says otherwise",
    },
    Key { name: "scope", kind: Text, group: "Request", help: "The scopes to ask for, separated by spaces" },
    Key { name: "audience", kind: Texts, group: "Request", help: "The API the token is for, where the server knows `audience`" },
    Key { name: "organization", kind: Text, group: "Request", help: "The organization to ask for (Auth0)" },
    Key { name: "resource", kind: List, group: "Request", help: "The resources the token is for (RFC 8707)" },
    Key {
        name: "token_request_body",
        kind: Choice(&["form", "json"]),
        group: "Request",
        help: "The body of token requests; form unless the server wants json",
    },
    Key { name: "token_params", kind: Parameters, group: "Request", help: "Extra parameters of the token request" },
    Key { name: "authorize_params", kind: Parameters, group: "Request", help: "Extra parameters of the authorization request" },
    Key { name: "refresh_params", kind: Parameters, group: "Request", help: "Extra parameters of the refresh request" },
    Key { name: "device_params", kind: Parameters, group: "Request", help: "Extra parameters of the device authorization request" },
    Key { name: "token_pointer", kind: Text, group: "Request", help: "JSON pointer (RFC 6901) to a nested token object in the answer" },
    Key { name: "token_type", kind: Text, group: "Request", help: "The server's own word for Bearer (eBay: `Application Access Token`)" },
    Key {
        name: "subject",
        kind: Party,
        group: "Subject",
        help: "Whose token is handed in: that of a CI job, a variable, a file, a command or another profile",
    },
    Key {
        name: "subject_audience",
        kind: Text,
        group: "Subject",
        help: "The audience that the CI system is asked for, where `subject` names none",
    },
    Key {
        name: "subject_token_type",
        kind: Text,
        group: "Subject",
        help: "What the subject's token is: jwt, id_token, access_token, saml2 or a URN",
    },
    Key { name: "actor", kind: Party, group: "Subject", help: "Who acts for the subject (RFC 8693)" },
    Key { name: "actor_token_type", kind: Text, group: "Subject", help: "What the actor's token is" },
    Key { name: "requested_token_type", kind: Text, group: "Subject", help: "What an exchange is to give (RFC 8693)" },
    Key {
        name: "assertion_claims",
        kind: Parameters,
        group: "Subject",
        help: "More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope",
    },
    Key { name: "redirect_uri", kind: Url, group: "Sign-in", help: "The registered loopback redirect URI, where it must be exact" },
    Key { name: "redirect_ports", kind: Ports, group: "Sign-in", help: "The registered loopback ports, tried in turn" },
    Key { name: "prompt", kind: Text, group: "Sign-in", help: "What the server asks the person again: login, consent, select_account" },
    Key { name: "login_hint", kind: Text, group: "Sign-in", help: "Who is going to sign in, so that the server need not ask" },
    Key { name: "max_age", kind: Duration, group: "Sign-in", help: "How long ago the person may have signed in at the server" },
    Key { name: "acr_values", kind: Text, group: "Sign-in", help: "How strongly the person has to be authenticated" },
    Key {
        name: "id_token_signed_response_alg",
        kind: Choice(ID_TOKEN_ALGS),
        group: "Sign-in",
        help: "The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here",
    },
    Key { name: "auto_login", kind: Flag, group: "Sign-in", help: "Let `token get` open the browser on a terminal when a sign-in is due" },
    Key { name: "leeway", kind: Duration, group: "Lifetime", help: "How long before its end a token counts as expired; 60s" },
    Key { name: "default_lifetime", kind: Duration, group: "Lifetime", help: "The lifetime of a token whose answer names none" },
    Key {
        name: "send_scope_on_refresh",
        kind: Flag,
        group: "Lifetime",
        help: "Whether a refresh names the scope again, as Entra wants it",
    },
    Key {
        name: "send_redirect_uri_on_refresh",
        kind: Flag,
        group: "Lifetime",
        help: "Whether a refresh names the redirect URI again, as GitLab wants it",
    },
    Key { name: "refresh_token_lifetime", kind: Duration, group: "Lifetime", help: "How long after sign-in the refresh token works" },
    Key {
        name: "refresh_token_sliding",
        kind: Flag,
        group: "Lifetime",
        help: "Whether each refresh starts that lifetime anew, so that nobody is warned of its end",
    },
    Key {
        name: "hosts",
        kind: List,
        group: "Network",
        help: "The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it",
    },
    Key {
        name: "username",
        kind: Text,
        group: "Network",
        help: "The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2",
    },
    Key { name: "ca_file", kind: Path, group: "Network", help: "PEM file of CAs to trust besides the built-in ones" },
    Key { name: "timeout", kind: Duration, group: "Network", help: "The most that all network work of one command may take; 30s" },
];

impl Key {
    /// The key of this name.
    pub fn named(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Its flag without the dashes: `client-id`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Its environment variable: `OAT_CLIENT_ID`.
    pub fn variable(&self) -> String {
        // Every command asks for every one of them.
        let mut name = String::with_capacity(4 + self.name.len());
        name.push_str("OAT_");
        name.push_str(self.name);
        name.make_ascii_uppercase();
        name
    }

    /// Whether an environment variable is this key's.
    pub fn is_variable(&self, name: &str) -> bool {
        // Windows knows no difference between upper and lower case there.
        let exact = cfg!(windows) || !name.bytes().any(|byte| byte.is_ascii_lowercase());
        exact && name.strip_prefix("OAT_").is_some_and(|rest| rest.eq_ignore_ascii_case(self.name))
    }

    /// Reads a value from one string, as a flag or a variable has it. Fails with what is expected, in words.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Texts if text.starts_with('[') => Ok(several(text).map_or_else(|| Value::Text(text.into()), Value::List)),
            Text | Texts | Url | Path | Choice(_) => self.check(Value::Text(text.to_string())),
            Party => Subject::read(text).map(Value::Subject),
            List => Ok(Value::List(text.split_whitespace().map(str::to_string).collect())),
            Ports => text
                .split([',', ' '])
                .filter(|word| !word.is_empty())
                .map(|word| word.parse().ok().filter(|port| *port != 0))
                .collect::<Option<Vec<u16>>>()
                .map(Value::Ports)
                .ok_or_else(|| "a list of ports such as `8400,8401`".into()),
            Duration => Seconds::parse(text).map(Value::Duration).ok_or_else(|| "a length of time such as `60s` or `15m`".into()),
            Flag => match text {
                "true" | "1" => Ok(Value::Flag(true)),
                "false" | "0" => Ok(Value::Flag(false)),
                _ => Err("`true` or `false`".into()),
            },
            Secret => Ok(Value::Secret(SecretReference::Literal(ClientSecret::new(text)))),
            Parameters => parameters(text).map(Value::Parameters).ok_or_else(|| "`name=value&name=value` or a JSON object".into()),
        }
    }

    /// Reads a value from TOML. Fails with what is expected, in words.
    pub fn read_toml(&self, value: &DeValue) -> Result<Value, String> {
        match (self.kind, value) {
            (Secret, DeValue::String(text)) => Ok(Value::Secret(SecretReference::Literal(ClientSecret::new(text.as_ref())))),
            (Secret, DeValue::Table(table)) => secret_reference(table).map(Value::Secret),
            (Secret, _) => Err(SECRET_FORMS.into()),
            (Text | Texts | Url | Path | Choice(_), DeValue::String(text)) => self.check(Value::Text(text.to_string())),
            (Party, value) => Subject::read_toml(value).map(Value::Subject),
            (List, DeValue::String(text)) => Ok(Value::List(vec![text.to_string()])),
            (List | Texts, DeValue::Array(_)) => strings(value).map(Value::List).ok_or_else(|| "a list of strings".into()),
            (Ports, DeValue::Array(items)) => items
                .iter()
                .map(|item| {
                    item.get_ref().as_integer().and_then(integer).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)
                })
                .collect::<Option<_>>()
                .map(Value::Ports)
                .ok_or_else(|| "a list of ports such as `[8400, 8401]`".into()),
            (Duration, DeValue::String(text)) => self.read(text),
            (Duration, DeValue::Integer(seconds)) => integer(seconds)
                .filter(|s| *s >= 0)
                .map(|s| Value::Duration(Seconds(s)))
                .ok_or_else(|| "a length of time such as `60s`".into()),
            (Flag, DeValue::Boolean(value)) => Ok(Value::Flag(*value)),
            (Parameters, DeValue::Table(table)) => {
                let pairs = table.iter().map(|(name, value)| json(value.get_ref()).map(|value| (name.get_ref().to_string(), value)));
                pairs
                    .collect::<Option<Vec<_>>>()
                    .map(|pairs| Value::Parameters(members(pairs)))
                    .ok_or_else(|| "a table of strings, numbers, booleans and lists of them".into())
            }
            (kind, _) => Err(expected(kind).into()),
        }
    }

    /// Checks a text value against the kind. Fails with what is expected, in words.
    pub fn check(&self, value: Value) -> Result<Value, String> {
        match (&self.kind, &value) {
            (Choice(words), Value::Text(text)) if !words.contains(&text.as_str()) => {
                let near = crate::text::nearest(text, words.iter().copied()).map(|word| format!(" (did you mean `{word}`?)"));
                Err(format!("one of {}{}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "), near.unwrap_or_default()))
            }
            _ => Ok(value),
        }
    }
}

const SECRET_FORMS: &str =
    "a reference: { env = \"NAME\" }, { file = \"PATH\" }, { command = [\"PROGRAM\", …] }, { keyring = true } or { credential = \"NAME\" }";

fn expected(kind: KeyKind) -> &'static str {
    match kind {
        Text | Choice(_) => "a string",
        Texts => "a string, or a list of strings",
        Party => "a table such as `{ source = \"github-actions\" }`",
        Url => "a URL in quotes",
        List => "a list of strings",
        Ports => "a list of ports such as `[8400, 8401]`",
        Duration => "a length of time such as `\"60s\"`",
        Flag => "`true` or `false`",
        Path => "a file's path in quotes",
        Secret => SECRET_FORMS,
        Parameters => "a table such as `{ name = \"value\" }`",
    }
}

fn secret_reference(table: &DeTable) -> Result<SecretReference, String> {
    let mut entries = table.iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else { return Err(SECRET_FORMS.into()) };
    match (name.get_ref().as_ref(), value.get_ref()) {
        ("env", DeValue::String(name)) => Ok(SecretReference::Env(name.to_string())),
        ("file", DeValue::String(path)) => Ok(SecretReference::File(path.as_ref().into())),
        ("credential", DeValue::String(name)) => Ok(SecretReference::Credential(name.to_string())),
        ("keyring", DeValue::Boolean(true)) => Ok(SecretReference::Keyring),
        ("stdin", DeValue::Boolean(true)) => Ok(SecretReference::Stdin),
        ("command", DeValue::Array(_)) => match strings(value.get_ref()) {
            Some(words) if !words.is_empty() => Ok(SecretReference::Command(words)),
            _ => Err("`command` as a list: the program, then its arguments".into()),
        },
        ("command", _) => Err("`command` as a list, because no shell runs it: [\"pass\", \"show\", \"zero\"]".into()),
        _ => Err(SECRET_FORMS.into()),
    }
}

fn strings(value: &DeValue) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_string)).collect()
}

/// A list as one variable or flag has it: a JSON array, for there may be a space in each.
fn several(text: &str) -> Option<Vec<String>> {
    let list = object(format!("{{\"list\":{text}}}").as_bytes()).ok()?;
    list.get("list")?.as_array()?.iter().map(|item| item.as_str().map(str::to_string)).collect()
}

fn integer(value: &DeInteger) -> Option<i64> {
    i64::from_str_radix(value.as_str(), value.radix()).ok()
}

/// A TOML value as JSON has it; None for a time.
fn json(value: &DeValue) -> Option<Json> {
    match value {
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Integer(number) => integer(number).map(Json::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok().map(Json::from),
        DeValue::Boolean(value) => Some(Json::Bool(*value)),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect::<Option<_>>().map(Json::Array),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(k, v)| Some((k.get_ref().to_string(), json(v.get_ref())?)));
            pairs.collect::<Option<Vec<_>>>().map(|pairs| Json::Object(members(pairs)))
        }
        DeValue::Datetime(_) => None,
    }
}

fn parameters(text: &str) -> Option<Map<String, Json>> {
    if text.trim_start().starts_with('{') {
        return object(text.as_bytes()).ok();
    }
    let mut map = Map::new();
    for pair in text.split('&') {
        let (name, _) = pair.split_once('=').filter(|(name, _)| !name.is_empty())?;
        if map.contains_key(name) {
            return None;
        }
        for (name, value) in url::form_urlencoded::parse(pair.as_bytes()) {
            map.insert(name.into_owned(), Json::String(value.into_owned()));
        }
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_named_once_and_in_snake_case() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..index].iter().all(|other| other.name != key.name), "{}", key.name);
            assert!(key.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", key.name);
            assert!(!key.help.ends_with('.'), "{}", key.name);
            assert!(key.is_variable(&key.variable()) && !key.is_variable(&format!("OAT_{}", key.name)), "{}", key.name);
        }
    }

    #[test]
    fn text_is_read_by_the_kind_of_the_key() {
        let read = |name: &str, text: &str| Key::named(name).unwrap().read(text);
        assert_eq!(read("resource", "https://a https://b"), Ok(Value::List(vec!["https://a".into(), "https://b".into()])));
        assert_eq!(read("audience", "a b"), Ok(Value::Text("a b".into())));
        assert_eq!(read("audience", r#"["a b","c"]"#), Ok(Value::List(vec!["a b".into(), "c".into()])));
        assert_eq!(read("audience", "[a"), Ok(Value::Text("[a".into())));
        assert_eq!(read("leeway", "2m"), Ok(Value::Duration(Seconds(120))));
        assert_eq!(read("redirect_ports", "8400,8401"), Ok(Value::Ports(vec![8400, 8401])));
        assert!(read("redirect_ports", "0").is_err());
        assert!(read("grant", "client_credential").unwrap_err().contains("did you mean `client_credentials`"));
        let Ok(Value::Parameters(map)) = read("token_params", "a=b%20c&d=") else { panic!() };
        assert_eq!(map["a"], "b c");
        assert!(read("token_params", "a=1&a=2").is_err());
        assert!(read("token_params", "=1").is_err());
    }
}
