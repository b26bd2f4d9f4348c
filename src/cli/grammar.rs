//! The grammar: every command and flag with its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::words::{COMPLETIONS, FORMATS, SHELLS};
use crate::keys::{KEYS, KeyKind, STORE_KEYS};
use crate::time::Seconds;

/// The whole grammar.
pub fn grammar() -> Clap {
    Clap::new("oat")
        .version(env!("CARGO_PKG_VERSION"))
        .about("OAuth 2.0 and OpenID Connect tokens for shells, people and CI")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .propagate_version(false)
        .args(common_flags().map(|flag| flag.global(true)))
        .subcommands([
            Clap::new("token").about("Hand out tokens").subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true).subcommand(
                Clap::new("get").about("Print a valid access token: the kept one while it is good, else a new one").defer(token_get),
            ),
            Clap::new("login").about("Sign in, so that tokens can be had without you for as long as the server allows").defer(login),
            Clap::new("logout").about("Have the server forget a session's tokens, and forget them here").defer(logout),
            Clap::new("status").about("Show every session: who, until when, kept where").defer(status),
            Clap::new("refresh").about("Renew the token now, whatever the cache says").defer(refresh),
            Clap::new("profile").about("Write and read the profile file").subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true).subcommands([
                Clap::new("add").about("Write a new profile").defer(profile_add),
                Clap::new("list").about("Name every profile"),
                Clap::new("show").about("Show a profile's values and where each came from").defer(profile_show),
                Clap::new("edit").about("Change a profile's keys; comments are kept").defer(profile_edit),
                Clap::new("remove").about("Take a profile away, with what is stored for it").arg(profile_argument().required(true)),
                Clap::new("set-secret").about("Seal a client secret, read from standard input or a hidden prompt").defer(set_secret),
            ]),
            Clap::new("sandbox").about("Serve a small authorization server on loopback, for trying and testing").defer(sandbox),
            Clap::new("completions").about("Print a shell's completion file").arg(
                Arg::new("shell").value_name("SHELL").required(true).value_parser(PossibleValuesParser::new(COMPLETIONS)).help("The shell"),
            ),
            Clap::new("man").about("Print a manual page").arg(Arg::new("page").value_name("PAGE").help("A command, as in `oat man token get`, or `config`").num_args(0..=2)),
        ])
        .after_help(
            "Examples:\n  oat token get sandbox                     a token from the built-in test server\n  export TOKEN=$(oat token get zero)        a bearer token for a script\n  curl -K <(oat token get zero --format curl) https://api.example.com/\n\nExit codes: 0 ok, 1 internal, 2 usage, 3 login required, 4 denied, 5 try later, 6 config,\n7 store, 8 an answer, a certificate or a token does not hold, 130 interrupted.\nThe manual: `oat man`, `oat man token get`, `oat man config`.",
        )
}

/// The grammar of what follows `oat token get`, as far as these words need it: of the flags of the keys, those that
/// they have. A cached token is handed out ten times while the whole grammar is built, so this line gets its own. It
/// knows no help and makes no suggestions; what it refuses, the whole grammar has to explain.
pub fn token_get_alone(words: &[OsString]) -> Clap {
    let typed = words.iter().filter_map(|word| word.to_str()?.strip_prefix("--")?.split('=').next());
    let typed: Vec<String> = typed.map(|flag| flag.replace('-', "_")).collect();
    let command = own_flags(Clap::new("oat token get").no_binary_name(true).disable_help_flag(true).arg(profile_argument()));
    with_wanted_keys(command.args(common_flags()), &|name| typed.iter().any(|flag| flag == name))
}

fn token_get(command: Clap) -> Clap {
    own_flags(with_keys(command.arg(profile_argument())))
        .after_help(
            "Examples:\n  TOKEN=$(oat token get zero) && export TOKEN\n  vars=$(oat token get zero --format env --name API_TOKEN) && eval \"$vars\"\n  oat token get zero --min-ttl 10m --format header\n  oat token get auth0-ci --audience https://api.example.com\n  oat token get --issuer https://login.example.com --client-id ci --client-secret-env CI_SECRET --grant client_credentials",
        )
}

/// What every command understands.
fn common_flags() -> [Arg; 5] {
    [
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("The profile file [env: OAT_CONFIG]"),
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("Tell errors, and what a command reports, as JSON"),
        Arg::new("store")
            .long("store")
            .value_name("PLACE")
            .value_parser(PossibleValuesParser::new(STORE_KEYS))
            .hide_possible_values(true)
            .help("Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]"),
        Arg::new("trace")
            .long("trace")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("Write every request and answer to this file, secrets taken out"),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::Count)
            .help("Say on stderr what happens; -vv says more, never a secret"),
    ]
}

fn own_flags(command: Clap) -> Clap {
    command.args([
        Arg::new("format")
            .long("format")
            .short('f')
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(FORMATS))
            .help("How the token is printed [default: raw]"),
        Arg::new("shell")
            .long("shell")
            .value_name("SHELL")
            .value_parser(PossibleValuesParser::new(SHELLS))
            .help("The shell that --format env speaks to [default: sh]"),
        Arg::new("name").long("name").value_name("NAME").help("The variable of --format env and dotenv [default: OAT_ACCESS_TOKEN]"),
        Arg::new("min-ttl")
            .long("min-ttl")
            .value_name("TIME")
            .value_parser(length)
            .help("The token must be good for at least this long, such as 10m"),
        Arg::new("force").long("force").action(ArgAction::SetTrue).help("Ask the server, whatever the cache says"),
        require_store(),
        Arg::new("require-scope")
            .long("require-scope")
            .action(ArgAction::SetTrue)
            .help("Fail when the server grants less scope than was asked for"),
        Arg::new("login").long("login").action(ArgAction::SetTrue).help("On a terminal, sign in where that is needed"),
    ])
}

fn login(command: Clap) -> Clap {
    // A key of the profile, `timeout`, is the network's; here the word is the person's.
    with_wanted_keys(command.arg(profile_argument()), &|name| name != "timeout")
        .args([
            Arg::new("no-browser").long("no-browser").action(ArgAction::SetTrue).help("Open no browser; the address is printed"),
            Arg::new("paste").long("paste").action(ArgAction::SetTrue).help("Open no browser, and read the address that the browser ends at from standard input"),
            Arg::new("device").long("device").action(ArgAction::SetTrue).conflicts_with_all(["no-browser", "paste"]).help("Sign in on any device, with a code"),
            Arg::new("login-timeout").long("timeout").value_name("TIME").value_parser(length).help("How long the sign-in may take [env: OAT_LOGIN_TIMEOUT; default: 5m]"),
            Arg::new("auto-approve").long("auto-approve").action(ArgAction::SetTrue).help("With the profile `sandbox`: its server asks nobody, for scripts"),
        ])
        .after_help("Examples:\n  oat login sandbox               try it: the server is built in\n  oat login work\n  oat login work --paste          over SSH: paste the address that the browser ends at\n  oat login work --device         on another device, with a code\n\nNothing is printed on standard output; `oat token get` prints the token.")
}

fn logout(command: Clap) -> Clap {
    command
        .args([
            profile_argument(),
            Arg::new("all").long("all").action(ArgAction::SetTrue).conflicts_with("profile").help("Every profile with something kept"),
            Arg::new("local").long("local").action(ArgAction::SetTrue).help("Forget here only; the server is not asked"),
            Arg::new("browser").long("browser").action(ArgAction::SetTrue).conflicts_with("local").help("Sign out at the server too, in the browser"),
        ])
        .after_help("Examples:\n  oat logout work\n  oat logout --all --local\n\nThe refresh token is revoked first, then the access tokens (RFC 7009). Whatever the server says, they are forgotten here.")
}

fn status(command: Clap) -> Clap {
    command.after_help("Examples:\n  oat status\n  oat status --json\n\nNo server is asked.")
}

/// It renews what a profile says, so of the keys it has only those of the network.
fn refresh(command: Clap) -> Clap {
    with_wanted_keys(command.arg(profile_argument()), &|name| matches!(name, "ca_file" | "timeout"))
        .args([Arg::new("print").long("print").action(ArgAction::SetTrue).help("Print the new token"), require_store()])
        .after_help("Examples:\n  oat refresh zero\n  oat refresh zero --print\n\nA client_credentials profile has no refresh token: a new token is fetched, and said so.")
}

fn profile_add(command: Clap) -> Clap {
    with_keys(command.arg(Arg::new("profile").value_name("PROFILE").required(true).help("The new profile's name"))).after_help(
        "Examples:\n  oat profile add zero --provider vericerts --base-url https://zero-engine-stg.vericerts.io\n  oat profile add api --issuer https://login.example.com --client-id cli --grant client_credentials\n\nWith --issuer, the server's metadata is fetched and checked before anything is written.\nOn a terminal, what is missing is asked for.",
    )
}

fn profile_show(command: Clap) -> Clap {
    command.arg(profile_argument()).after_help("Examples:\n  oat profile show zero\n  OAT_SCOPE=read oat profile show zero      a variable wins over the file, and is named\n\nSecrets are never shown, only where they come from.")
}

fn profile_edit(command: Clap) -> Clap {
    with_keys(command.arg(Arg::new("profile").value_name("PROFILE").required(true).help("The profile"))).arg(
        Arg::new("unset").long("unset").value_name("KEY").action(ArgAction::Append).help("Take this key out"),
    ).after_help("Examples:\n  oat profile edit zero --scope 'read write'\n  oat profile edit zero --unset audience\n\nWithout a flag, the profile file opens in $VISUAL or $EDITOR and is checked before it is kept.")
}

fn set_secret(command: Clap) -> Clap {
    command
        .arg(profile_argument().required(true))
        .after_help("Examples:\n  oat profile set-secret zero\n  pass show zero | oat profile set-secret zero\n\nThe profile then says client_secret = { keyring = true }.")
}

fn sandbox(command: Clap) -> Clap {
    command
        .args([
            Arg::new("port").long("port").value_name("PORT").value_parser(clap::value_parser!(u16)).default_value("8417").help("The loopback port; 0 takes any free one"),
            Arg::new("alg").long("alg").value_name("ALG").default_value("ES256").value_parser(PossibleValuesParser::new(["ES256", "RS256"])).help("How tokens are signed"),
            Arg::new("lifetime").long("lifetime").value_name("TIME").default_value("1h").value_parser(length).help("How long tokens live"),
            Arg::new("refresh-lifetime").long("refresh-lifetime").value_name("TIME").default_value("30d").value_parser(length).help("How long refresh tokens live, each from when it was issued"),
            Arg::new("auto-approve").long("auto-approve").action(ArgAction::SetTrue).help("Sign in as alice and allow everything, without a page"),
            Arg::new("opaque").long("opaque").action(ArgAction::SetTrue).help("Hand out opaque tokens instead of JWTs"),
            Arg::new("delay").long("delay").value_name("TIME").default_value("0").value_parser(length).help("Wait before each token answer"),
        ])
        .after_help("Examples:\n  oat sandbox\n  oat sandbox --port 0 --lifetime 30s --json\n  oat sandbox --auto-approve                sign-ins without a person, for tests\n\nFor trying and testing only: every program on this machine can get its tokens.")
}

fn profile_argument() -> Arg {
    Arg::new("profile").value_name("PROFILE").help("The profile [env: OAT_PROFILE; else default_profile, else the only one]")
}

fn require_store() -> Arg {
    Arg::new("require-store").long("require-store").action(ArgAction::SetTrue).help("Fail when the token cannot be kept")
}

/// The flags that say where the client's secret comes from, by the names of their values.
const SECRET_FLAGS: [&str; 7] = [
    "client_secret_env",
    "client_secret_file",
    "client_secret_credential",
    "client_secret_command",
    "client_secret_stdin",
    "client_secret_keyring",
    "client_secret",
];

/// Adds a flag for every key of a profile. They show in `--help`, not in `-h`.
fn with_keys(command: Clap) -> Clap {
    with_wanted_keys(command, &|_| true)
}

fn with_wanted_keys(command: Clap, wanted: &dyn Fn(&str) -> bool) -> Clap {
    let keys = KEYS.iter().filter(|key| key.kind != KeyKind::Secret && wanted(key.name)).map(|key| {
        let repeats = matches!(key.kind, KeyKind::List | KeyKind::Parameters);
        Arg::new(key.name)
            .long(key.flag())
            .value_name(placeholder(key.kind))
            .help(key.help)
            .help_heading(key.group)
            .hide_short_help(true)
            .action(if repeats { ArgAction::Append } else { ArgAction::Set })
    });
    let secret = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id.replace('_', "-")).value_name(value).help(help).help_heading("Client").hide_short_help(true)
    };
    let command = command.args(keys);
    if !SECRET_FLAGS.iter().any(|flag| wanted(flag)) {
        return command;
    }
    let sources = [
        secret("client_secret_env", "NAME", "Read the client secret from this variable"),
        secret("client_secret_file", "FILE", "Read the client secret from this file; it must be private"),
        secret("client_secret_credential", "NAME", "Read the client secret from this systemd credential"),
        secret(
            "client_secret_command",
            "PROGRAM",
            "Run this program, without a shell, and take its first line; its arguments follow, and `;` ends them",
        )
        .num_args(1..)
        .allow_hyphen_values(true)
        .value_terminator(";"),
        secret("client_secret_stdin", "", "Read the client secret from the first line of standard input")
            .num_args(0)
            .action(ArgAction::SetTrue),
        secret("client_secret_keyring", "", "Take the client secret that `oat profile set-secret` sealed")
            .num_args(0)
            .action(ArgAction::SetTrue),
        Arg::new("client_secret").long("client-secret").hide(true).num_args(0..=1).action(ArgAction::Set).default_missing_value(""),
    ];
    command.args(sources.into_iter().filter(|source| wanted(source.get_id().as_str())))
}

fn placeholder(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Url => "URL",
        KeyKind::Choice(_) => "WORD",
        KeyKind::Ports => "PORTS",
        KeyKind::Duration => "TIME",
        KeyKind::Flag => "BOOL",
        KeyKind::Path => "FILE",
        KeyKind::Parameters => "NAME=VALUE",
        KeyKind::Text | KeyKind::List | KeyKind::Secret => "TEXT",
    }
}

fn length(text: &str) -> std::result::Result<Seconds, String> {
    Seconds::parse(text).ok_or_else(|| "expected a length of time such as `60s` or `15m`".into())
}
