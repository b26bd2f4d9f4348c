//! The manual's page about the profile file, made from the table of keys, the presets and the prose below.

use crate::commands::man_page::Sheet;
use crate::keys::{DEFAULTS, KEYS, Key, KeyKind, STORE_KEYS, Value};
use crate::provider::{self, Preset};

/// A whole file, as a person may write it. A test reads it.
const EXAMPLE: &str = r#"# The profile when none is named.
default_profile = "zero"

[store]
# Where the key that seals tokens lives: keyring, env, file,
# keyutils or none.
key = "keyring"
# How long the kernel may keep the access tokens' key (Linux).
key_cache = "15m"

# A provider that oat knows. The preset has the rest.
[profile.zero]
provider = "vericerts"
base_url = "https://zero-engine-stg.vericerts.io"
client_id = "cli_1234"
client_secret = { env = "VERICERTS_CLIENT_SECRET" }

# Another one, with a secret from a password manager.
[profile.auth0-ci]
provider = "auth0"
domain = "tenant.us.auth0.com"
grant = "client_credentials"
client_id = "${CI_CLIENT_ID}"
client_secret = { command = ["pass", "show", "auth0-ci"] }
audience = "https://api.example.com"

# Any server that publishes its metadata.
[profile.api]
issuer = "https://login.example.com"
grant = "client_credentials"
client_id = "reports"
client_secret = { keyring = true }
scope = "read write"
resource = ["https://api.example.com"]

# Any server that does not.
[profile.old]
token_endpoint = "https://old.example.com/token"
grant = "client_credentials"
client_id = "reports"
client_secret = { file = "~/.secrets/old" }
client_auth = "client_secret_post"
token_request_body = "json"
token_params = { tenant = "42" }
default_lifetime = "10m"
leeway = "30s"
ca_file = "~/.config/company-ca.pem"
timeout = "10s"
"#;

const DESCRIPTION: &str = "The profile file says which servers and clients `oat` gets tokens from. It is TOML. One table is one profile; its name has 1 to 64 letters, digits, `.`, `_` and `-`, and starts with a letter or a digit.\n\nThe file is ~/.config/oat/config.toml; on macOS ~/Library/Application Support/oat/config.toml, on Windows %APPDATA%\\oat\\config\\config.toml. OAT_CONFIG names another, and `--config` wins over it. No file is read from the working directory. A missing file is an empty one.\n\nAn unknown key, a key given twice and a value of the wrong kind are errors. The message names the line, the column, and what may have been meant.\n\n`oat profile add`, `edit`, `remove` and `set-secret` write this file and keep its comments. `oat profile show` says for every value where it came from.";

const PRECEDENCE: &str = "Each key takes its value from the first of these that has one: its flag, such as `--client-id`; its variable, such as OAT_CLIENT_ID; the profile; the provider's preset; the default. So a CI job needs no file: with OAT_ISSUER (or OAT_PROVIDER, or OAT_TOKEN_ENDPOINT), OAT_CLIENT_ID, OAT_CLIENT_SECRET and OAT_GRANT set, `oat token get` works without one. A variable that is empty counts as not set.\n\nIn a flag or a variable, a list is written with spaces between its items, several audiences as a JSON array, ports with commas, and parameters as `name=value&name=value` or as a JSON object.\n\nA table of parameters takes the place of the preset's. `token_params` and `assertion_claims` stand beside it, parameter by parameter: those of the same name are replaced, and an empty one is left out.";

const VARIABLES: &str = "A string of a profile may hold `${NAME}`: the value of that environment variable. It is an error when the variable is not set. Secrets have a form of their own, below.";

const SECRETS: &str = "`client_secret`, `client_key` and `client_certificate` say where each is, in one of the forms below, and it is read when a token is asked for. Of a secret in a file, a command or standard input, the first line counts; a key or a certificate is all there is. The flags of a key begin with `--client-key-`, those of a certificate with `--client-certificate-`. A certificate is no secret: others may read its file.";

const CLIENT_KEYS: &str = "`client_key` is a private key: PEM (PKCS#8, PKCS#1 or SEC 1), a JWK, a JWK set with one private key or with that of `client_key_id`, or the file of a Google or Zitadel service account. PEM may have \\n for its line ends, or be base64 as a whole. RSA of 2048, 3072 or 4096 bits, P-256, P-384 and Ed25519 keys sign. A key in place of a secret means private_key_jwt (RFC 7523), whatever a preset says of secrets: each request has a JWT of its own, for one minute, with the issuer for its audience or what `assertion_audience` says.\n\nWith tls_client_auth or self_signed_tls_client_auth (RFC 8705) the key and `client_certificate`, which may hold its intermediate certificates too, are shown in the TLS handshake, at the server's mtls_endpoint_aliases where it has any. Beside private_key_jwt a certificate is named (x5t, x5t#S256) and not shown, as Entra wants it.\n\nWithout `client_auth` the server's metadata decides between what is possible; it is never a reason to refuse.";

const SECRET_FORMS: [(&str, &str); 7] = [
    ("{ env = \"NAME\" }", "An environment variable. Flag: `--client-secret-env NAME`."),
    ("{ file = \"~/.secrets/zero\" }", "A file that its owner alone can read (mode 0600). Flag: `--client-secret-file FILE`."),
    (
        "{ command = [\"pass\", \"show\", \"zero\"] }",
        "A program and its arguments. No shell runs it, and it has 10 seconds. Flag: `--client-secret-command PROGRAM ARGUMENT... \\;`.",
    ),
    ("{ keyring = true }", "Sealed in oat's own store by `oat profile set-secret`. Flag: `--client-secret-keyring`."),
    ("{ credential = \"NAME\" }", "A systemd credential, as LoadCredential= passes it. Flag: `--client-secret-credential NAME`."),
    ("{ stdin = true }", "The first line of standard input. Flag: `--client-secret-stdin`."),
    (
        "\"the secret itself\"",
        "Allowed with a warning, and only in a file that its owner alone can read. There is no flag for it, because other users can read a command line. OAT_CLIENT_SECRET holds the secret itself.",
    ),
];

const STORE: &str = "Tokens are kept in the state folder, sealed with a key. This table says where that key lives. Nothing steps down by itself: where the chosen place does not work, the token is printed, not kept, and a warning says what to do.";

const STORE_PLACES: [(&str, &str); 5] = [
    (
        "keyring",
        "The keyring of the operating system: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. The default.",
    ),
    ("env", "The variable OAT_STORE_KEY: 32 bytes in base64, from `openssl rand -base64 32`. For CI with a cache between jobs."),
    ("file", "The file store.key in the state folder, mode 0600, made on first use. Whoever can read your files can read your tokens."),
    ("keyutils", "The kernel's keyring of this user (Linux). It is empty after a restart, and the tokens are then asked for anew."),
    ("none", "Nothing is kept. Every command asks the server."),
];

const SUBJECTS: &str = "`subject` says whose token is handed in: to the grants token_exchange (RFC 8693) and jwt_bearer (RFC 7523), and to client_credentials as the proof of the client, in place of a secret (RFC 7523 section 2.2). It is fetched anew each time and never kept; it has to be one line of printable ASCII, and a JWT that is over is told before anything is sent. The access token that comes of it is kept for this job alone: with another job, another request token or another file it is asked for anew.\n\nA flag or a variable has a short form: `SOURCE`, or `SOURCE:VALUE` for env, file and profile, with `,member=value` behind it, as in OAT_SUBJECT=github-actions,audience=api://AzureADTokenExchange; or the table in braces. `audience` goes with every source, and has an effect where a CI system is asked; else `subject_audience` is asked for. `actor` has the same forms.";

const SUBJECT_FORMS: [(&str, &str); 12] = [
    (
        "{ source = \"auto\" }",
        "The first of the systems below whose variables are there, or gcp on a machine of Google's. It is an error when none is.",
    ),
    (
        "{ source = \"github-actions\", audience = \"...\" }",
        "GitHub Actions and Forgejo Actions. The job needs `permissions: {id-token: write}`, on Forgejo `enable-openid-connect: true`. A pull request from a fork has none.",
    ),
    (
        "{ source = \"gitlab\", name = \"NAME\" }",
        "The variable that `id_tokens:` of the job names. Without `name`, that of the audience (`SIGSTORE_ID_TOKEN` for sigstore), else the one for the audience, else the only one.",
    ),
    ("{ source = \"circleci\" }", "CIRCLE_OIDC_TOKEN_V2 or CIRCLE_OIDC_TOKEN; with an audience, `circleci run oidc get`."),
    (
        "{ source = \"buildkite\", lifetime = \"5m\" }",
        "The agent's endpoint, or where its variables are not there `buildkite-agent oidc request-token`.",
    ),
    (
        "{ source = \"azure-devops\", service_connection = \"ID\" }",
        "The step needs `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`. Without the member, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID.",
    ),
    (
        "{ source = \"kubernetes\", file = \"PATH\" }",
        "A projected service account token. Without `file`, AZURE_FEDERATED_TOKEN_FILE, else /var/run/secrets/kubernetes.io/serviceaccount/token.",
    ),
    (
        "{ source = \"gcp\", audience = \"...\" }",
        "The metadata server of a Google machine; `service_account` names another than the default one.",
    ),
    ("{ source = \"env\", name = \"NAME\" }", "A variable."),
    ("{ source = \"file\", file = \"PATH\" }", "A file. It may be a link, and others may read it."),
    (
        "{ source = \"command\", command = [\"PROGRAM\", \"ARGUMENT\"], pointer = \"/token\" }",
        "What a program prints, run without a shell, within 10 seconds; with `pointer`, a JSON pointer, a string in the object that it prints.",
    ),
    (
        "{ source = \"profile\", profile = \"NAME\", token = \"id_token\" }",
        "The access token of another profile, kept or renewed as for `oat token get`, or its ID token. Variables and flags are about the first profile. A circle is an error.",
    ),
];

const KINDS: &str = "Under each key stand what it takes, its flag, its variable, and its default where it has one. A URL is https, or http on 127.0.0.1, [::1] or localhost. A list may be one string. A time is a string such as \"60s\", \"15m\" or \"30d\", or a number of seconds. A file may start with ~/ for the home folder. Parameters are a table of strings, numbers, booleans and lists.";

/// The roff of oat-config(5).
pub fn page() -> String {
    let mut sheet = Sheet::new("oat-config", "5");
    sheet.heading("NAME").text("oat-config - the profile file of oat");
    sheet.heading("SYNOPSIS").text("~/.config/oat/config.toml");
    sheet.heading("DESCRIPTION").paragraphs(DESCRIPTION);
    sheet.heading("EXAMPLE").literal(&EXAMPLE.lines().collect::<Vec<_>>());
    sheet.heading("WHERE A VALUE COMES FROM").paragraphs(PRECEDENCE);
    sheet.paragraphs(VARIABLES);
    sheet.heading("CLIENT SECRETS").paragraphs(SECRETS);
    SECRET_FORMS.iter().for_each(|(form, text)| sheet.entry(form, text));
    sheet.heading("KEYS AND CERTIFICATES").paragraphs(CLIENT_KEYS);
    sheet.heading("SUBJECTS").paragraphs(SUBJECTS);
    SUBJECT_FORMS.iter().for_each(|(form, text)| sheet.entry(form, text));
    top_level(&mut sheet);
    store(&mut sheet);
    keys(&mut sheet);
    presets(&mut sheet);
    sheet.heading("SEE ALSO").text("`oat`(1), `oat-token-get`(1), `oat-profile`(1)");
    sheet.finish()
}

fn top_level(sheet: &mut Sheet) {
    sheet.heading("KEYS AT THE TOP");
    sheet.entry("default_profile", "The profile when neither the command line nor OAT_PROFILE names one.");
}

fn store(sheet: &mut Sheet) {
    assert_eq!(STORE_PLACES.map(|(place, _)| place), STORE_KEYS);
    sheet.heading("KEYS OF [store]").paragraphs(STORE);
    sheet.entry("key", "Where the key lives; OAT_STORE wins over it. One of:");
    STORE_PLACES.iter().for_each(|(place, text)| sheet.entry(place, text));
    sheet.entry(
        "key_cache",
        "How long after its last use the kernel may keep the key of the access tokens, so that the keyring is asked less often (Linux). The key of long-lived secrets is never kept there. 0 turns it off. Default: 15m.",
    );
}

fn keys(sheet: &mut Sheet) {
    sheet.heading("KEYS OF [profile.NAME]").paragraphs(KINDS);
    let mut group = "";
    for key in KEYS {
        if key.group != group {
            group = key.group;
            sheet.subheading(group);
        }
        sheet.entry(key.name, &described(key));
    }
}

/// What it is for; then what it takes, its flag, its variable and its default.
fn described(key: &Key) -> String {
    let flag = match key.kind {
        KeyKind::Secret => format!("`--{}-env` and others", key.flag()),
        _ => format!("`--{}`", key.flag()),
    };
    let default = DEFAULTS.iter().find(|(name, _)| *name == key.name).map(|(_, value)| format!("; default {value}")).unwrap_or_default();
    format!("{}.\n{}; {flag}; {}{default}", key.help, taken(key.kind), key.variable())
}

fn taken(kind: KeyKind) -> String {
    match kind {
        KeyKind::Text => "String".into(),
        KeyKind::Texts => "String, or in the file a list".into(),
        KeyKind::Party => "A form of SUBJECTS".into(),
        KeyKind::Url => "URL".into(),
        KeyKind::Choice(words) => format!("One of {}", words.join(", ")),
        KeyKind::List => "List".into(),
        KeyKind::Ports => "List of ports".into(),
        KeyKind::Duration => "Time".into(),
        KeyKind::Flag => "true or false".into(),
        KeyKind::Path => "File".into(),
        KeyKind::Secret => "A form of CLIENT SECRETS".into(),
        KeyKind::Parameters => "Parameters".into(),
    }
}

fn presets(sheet: &mut Sheet) {
    sheet.heading("PROVIDERS").paragraphs(
        "A preset knows a provider's endpoints and quirks. `provider` names it, the keys below fill it in, and every other key of the profile wins over it. A provider that is not here needs `issuer`, or its endpoints.",
    );
    for name in provider::names() {
        let preset = Preset::named(name).unwrap();
        sheet.entry(name, &filled_in(&preset));
    }
}

fn filled_in(preset: &Preset) -> String {
    let variables: Vec<String> = preset
        .variables
        .iter()
        .map(|variable| {
            let looks = match (&variable.default, variable.choices.is_empty()) {
                (Some(default), _) => format!("default {default}"),
                (None, true) => format!("such as {}", variable.example),
                (None, false) => format!("one of {}", variable.choices.join(", ")),
            };
            let optional = if variable.optional { "optional, " } else { "" };
            format!("`{}` ({optional}{looks})", variable.key.name)
        })
        .collect();
    let from: Vec<String> =
        preset.settings.iter().filter_map(|(key, value)| Some(format!("`{}` from {}", key.name, variable(value)?))).collect();
    let mut text = format!("{}.", preset.title);
    if !variables.is_empty() {
        text.push_str(&format!(" Keys: {}.", variables.join(", ")));
    }
    if !from.is_empty() {
        text.push_str(&format!(" Where the profile is silent: {}.", from.join(", ")));
    }
    text
}

/// The environment variable that a preset takes a value from.
fn variable(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => text.strip_prefix("${")?.strip_suffix('}').map(str::to_string),
        Value::Secret(crate::secret::SecretReference::Env(name)) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::words::Chosen;
    use crate::config::Config;
    use crate::environment::Environment;
    use crate::plan::Plan;

    fn plan(config: &Config, profile: &str) -> Plan {
        let chosen = Chosen { profile: Some(profile.into()), ..Chosen::default() };
        Plan::make(&chosen, config, &Environment::of(&[("CI_CLIENT_ID", "ci"), ("HOME", "/h")])).unwrap()
    }

    #[test]
    fn the_example_of_the_manual_makes_a_plan_for_each_profile() {
        let config = Config::parse(Path::new("/c/config.toml"), EXAMPLE).unwrap();
        assert_eq!(config.profiles.len(), 4);
        for profile in &config.profiles {
            plan(&config, profile.name.as_str());
        }
    }

    #[test]
    fn the_defaults_of_the_manual_are_those_of_the_plan() {
        let config = Config::parse(Path::new("/c/config.toml"), "[profile.a]\nissuer = \"https://a.example\"\nclient_id = \"c\"").unwrap();
        let plan = plan(&config, "a");
        let default = |key: &str| DEFAULTS.iter().find(|(name, _)| *name == key).unwrap().1;
        assert_eq!(plan.grant.name(), default("grant"));
        assert_eq!(plan.body, crate::oauth::token::Body::named(default("token_request_body")).unwrap());
        assert_eq!(format!("{}s", plan.leeway.0), default("leeway"));
        assert_eq!(format!("{}s", plan.timeout.as_secs()), default("timeout"));
    }

    #[test]
    fn every_source_of_a_subject_is_in_the_manual_and_every_form_is_read() {
        assert!(
            SUBJECT_FORMS
                .iter()
                .zip(crate::keys::subject::SOURCES)
                .all(|((form, _), (source, ..))| form.contains(&format!("\"{source}\"")))
        );
        for (form, _) in SUBJECT_FORMS {
            Config::parse(Path::new("/c/config.toml"), &format!("[profile.a]\nsubject = {form}")).unwrap();
        }
    }

    #[test]
    fn every_form_of_a_secret_in_the_manual_is_read() {
        for (form, _) in SECRET_FORMS {
            let text = format!("[profile.a]\nclient_secret = {form}");
            Config::parse(Path::new("/c/config.toml"), &text).unwrap();
        }
    }
}
