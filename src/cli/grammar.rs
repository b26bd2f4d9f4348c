//! The grammar: every command and flag with its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::words::{COMPLETIONS, CREDENTIAL_WORDS, FORMATS, SHELLS};
use crate::keys::{KEYS, Key, KeyKind, STORE_KEYS};
use crate::time::Seconds;

/// A flag: its name as in the words that are made of it, what stands behind it, and its help. As data, because to build
/// one costs a thousand instructions, and few are typed.
struct Flag(&'static str, Takes, &'static str);

/// What stands behind a flag.
#[derive(Clone, Copy)]
enum Takes {
    /// Nothing: it is on or off.
    Nothing,
    /// Nothing: it counts.
    Count,
    /// A file's path.
    File,
    /// A port.
    Port,
    /// A length of time.
    Time,
    /// Text, called so in the help.
    Text(&'static str),
    /// The same, more than once.
    Texts(&'static str),
    /// The same, or nothing, which is empty text.
    Perhaps(&'static str),
    /// One of these words, called so in the help.
    Word(&'static str, &'static [&'static str]),
}

use Takes::{Count, File, Nothing, Perhaps, Port, Text, Texts, Time, Word};

/// The flags that have a letter too.
const LETTERS: [(&str, char); 2] = [("format", 'f'), ("verbose", 'v')];

impl Flag {
    fn build(&self) -> Arg {
        let Flag(name, takes, help) = *self;
        let mut flag = Arg::new(name).long(name.replace('_', "-")).help(help);
        if let Some((_, letter)) = LETTERS.iter().find(|(long, _)| *long == name) {
            flag = flag.short(*letter);
        }
        let (called, parser) = match takes {
            Nothing => return flag.action(ArgAction::SetTrue),
            Count => return flag.action(ArgAction::Count),
            File => ("FILE", clap::value_parser!(PathBuf)),
            Port => ("PORT", clap::value_parser!(u16).into()),
            Time => ("TIME", ValueParser::new(length)),
            Text(called) => (called, ValueParser::string()),
            Texts(called) => {
                flag = flag.action(ArgAction::Append);
                (called, ValueParser::string())
            }
            Perhaps(called) => {
                flag = flag.num_args(0..=1).default_missing_value("");
                (called, ValueParser::string())
            }
            Word(called, words) => (called, PossibleValuesParser::new(words).into()),
        };
        flag.value_name(called).value_parser(parser)
    }
}

fn with(command: Clap, flags: &[Flag]) -> Clap {
    command.args(flags.iter().map(Flag::build))
}

/// The whole grammar.
pub fn grammar() -> Clap {
    let plain = |command| command;
    of_several("oat", "OAuth 2.0 and OpenID Connect tokens for shells, people and CI")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(false)
        .args(COMMON_FLAGS.iter().map(|flag| common_flag(flag).global(true)))
        .subcommands([
            of_several("token", "Hand out tokens").subcommands([
                of_one("get", "Print a valid access token: the kept one while it is good, else a new one", token_get),
                of_one("subject", "Print the token that a CI system gives to the job, for a tool that wants that one", token_subject),
            ]),
            of_one("exec", "Run a command with a token in its environment, or in a file that is kept fresh for it", exec),
            of_one("login", "Sign in, so that tokens can be had without you for as long as the server allows", login),
            of_one("logout", "Have the server forget a session's tokens, and forget them here", logout),
            of_one("status", "Show every session: who, until when, kept where", status),
            of_one("refresh", "Renew the token now, whatever the cache says", refresh),
            of_one("inspect", "Show what a token says, whether it holds, and why an API refused it", inspect),
            of_one("credential", "Answer another program that asks for a token: kubectl, git, docker, bazel, cargo, go, terraform", credential),
            of_one("jwks", "List the keys that a server signs with", jwks),
            of_several("profile", "Write and read the profile file").subcommands([
                of_one("add", "Write a new profile", profile_add),
                of_one("list", "Name every profile", plain),
                of_one("show", "Show a profile's values and where each came from", profile_show),
                of_one("edit", "Change a profile's keys; comments are kept", profile_edit),
                of_one("remove", "Take a profile away, with what is stored for it", plain)
                    .arg(profile_argument().required(true)),
                of_one("set-secret", "Seal a client secret or key, read from standard input or a hidden prompt", set_secret),
            ]),
            of_one("sandbox", "Serve a small authorization server on loopback, for trying and testing", sandbox),
            of_one("completions", "Print a shell's completion file", plain).arg(shell_argument()),
            of_one("man", "Print a manual page", plain).arg(page_argument()),
        ])
        .after_help(
            "Examples:\n  oat token get sandbox                     a token from the built-in test server\n  export TOKEN=$(oat token get zero)        a bearer token for a script\n  curl -K <(oat token get zero --format curl) https://api.example.com/\n\nExit codes: 0 ok, 1 internal, 2 usage, 3 login required, 4 denied, 5 try later, 6 config,\n7 store, 8 an answer, a certificate or a token does not hold, 126 and 127 as env(1), 130 interrupted.\nThe manual: `oat man`, `oat man token get`, `oat man config`.",
        )
}

/// A command that does something.
fn of_one(name: &'static str, about: &'static str, rest: fn(Clap) -> Clap) -> Clap {
    Clap::new(name).about(about).defer(rest)
}

/// A command that has commands.
fn of_several(name: &'static str, about: &'static str) -> Clap {
    Clap::new(name).about(about).subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true)
}

/// The grammar of what follows `oat token get`, as far as these words need it: of the flags, those that they have. A
/// cached token is handed out ten times while the whole grammar is built, so this line gets its own. It knows no help
/// and makes no suggestions; what it refuses, the whole grammar has to explain.
pub fn token_get_alone(words: &[OsString]) -> Clap {
    alone("oat token get", [profile_argument()], &TOKEN_GET_FLAGS, &|_| true, words)
}

/// The same for `oat exec`. What stands behind `--` is the command's.
pub fn exec_alone(words: &[OsString]) -> Clap {
    let ours = words.iter().position(|word| word == "--").unwrap_or(words.len());
    alone("oat exec", [profile_argument()], &EXEC_FLAGS, &|_| true, &words[..ours]).arg(command_argument())
}

/// The same for `oat inspect`.
pub fn inspect_alone(words: &[OsString]) -> Clap {
    alone("oat inspect", [source_argument()], &INSPECT_FLAGS, &of_the_network, words)
}

/// The same for `oat credential`.
pub fn credential_alone(words: &[OsString]) -> Clap {
    alone("oat credential", dialect_arguments(), &CREDENTIAL_FLAGS, &|_| false, words)
}

fn alone<const N: usize>(name: &'static str, arguments: [Arg; N], flags: &[Flag], keys: &dyn Fn(&str) -> bool, words: &[OsString]) -> Clap {
    let typed = words.iter().filter_map(|word| word.to_str()?.strip_prefix('-')?.split('=').next());
    let typed: Vec<String> = typed.map(|flag| flag.replace('-', "_")).collect();
    let wanted = |name: &str| {
        typed.iter().any(|flag| match flag.strip_prefix('_') {
            Some(flag) => flag == name,
            // `-` alone is no letter.
            None => !flag.is_empty() && LETTERS.iter().any(|(long, _)| *long == name),
        })
    };
    let command = Clap::new(name).no_binary_name(true).disable_help_flag(true).args(arguments);
    let flags = flags.iter().filter(|flag| wanted(flag.0)).map(Flag::build);
    let command = command.args(flags).args(COMMON_FLAGS.iter().filter(|flag| wanted(flag.0)).map(common_flag));
    with_wanted_keys(command, &|name| keys(name) && wanted(name))
}

fn token_get(command: Clap) -> Clap {
    with(with_keys(command.arg(profile_argument())), &TOKEN_GET_FLAGS)
        .after_help(
            "Examples:\n  TOKEN=$(oat token get zero) && export TOKEN\n  vars=$(oat token get zero --format env --name API_TOKEN) && eval \"$vars\"\n  oat token get zero --min-ttl 10m --format header\n  oat token get auth0-ci --audience https://api.example.com\n  oat token get zero --to github-env=API_TOKEN\n  oat token get zero --explain\n  oat token get --issuer https://login.example.com --client-id ci --client-secret-env CI_SECRET --grant client_credentials",
        )
}

fn token_subject(command: Clap) -> Clap {
    let source = Arg::new("source")
        .value_name("SOURCE")
        .help("A source, such as github-actions or env:NAME, or a profile with a subject [env: OAT_SUBJECT, OAT_PROFILE; else auto]");
    let command = with_wanted_keys(command.arg(source), &of_the_network);
    with(command, &[
        Flag("audience", Text("TEXT"), "Whom the token is to be for"),
        Flag("out", File, "Write it to this file, mode 0600, instead of printing it"),
    ])
    .after_help("Examples:\n  oat token subject --audience sts.amazonaws.com --out token.jwt     for AWS_WEB_IDENTITY_TOKEN_FILE\n  oat token subject github-actions --audience https://api.example.com\n\nIt is fetched anew each time, and never kept.")
}

/// What every command understands.
const COMMON_FLAGS: [Flag; 5] = [
    Flag("config", File, "The profile file [env: OAT_CONFIG]"),
    Flag("json", Nothing, "Tell errors, and what a command reports, as JSON"),
    Flag("store", Word("PLACE", &STORE_KEYS), "Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]"),
    Flag("trace", File, "Write every request and answer to this file, secrets taken out"),
    Flag("verbose", Count, "Say on stderr what happens; -vv says more, never a secret"),
];

fn common_flag(flag: &Flag) -> Arg {
    match flag.0 {
        // Its help tells them.
        "store" => flag.build().hide_possible_values(true),
        _ => flag.build(),
    }
}

const EXEC_FLAGS: [Flag; 5] = [
    Flag(
        "env",
        Texts("NAME[=PROFILE]"),
        "The variable that gets the token, of another profile if one is named [default: OAT_ACCESS_TOKEN]",
    ),
    Flag(
        "file_env",
        Texts("NAME[=PROFILE]"),
        "The variable that gets the path of a private file with the token, kept fresh until the command ends",
    ),
    Flag("min_ttl", Time, "The token must be good for at least this long when the command starts, such as 10m"),
    REQUIRE_SCOPE,
    LOGIN,
];

fn exec(command: Clap) -> Clap {
    let command = command.override_usage("oat exec [OPTIONS] [PROFILE] -- <COMMAND>...");
    with(with_keys(command.arg(profile_argument()).arg(command_argument())), &EXEC_FLAGS).after_help(
        "Examples:\n  oat exec zero -- ./deploy.sh\n  oat exec zero --env API_TOKEN -- terraform apply\n  oat exec --env A=one --env B=two -- ./compare.py\n  oat exec zero --file-env TOKEN_FILE -- ./two-hours.sh\n\nWhat stands behind `--` is run as it is, without a shell. It takes the place of this process, so its exit code, signals and terminal are its own.",
    )
}

/// Whatever it is, it is passed on.
fn command_argument() -> Arg {
    Arg::new("command")
        .value_name("COMMAND")
        .help("The command and its arguments, behind `--`")
        .num_args(1..)
        .last(true)
        .value_parser(clap::value_parser!(OsString))
}

const TOKEN_GET_FLAGS: [Flag; 10] = [
    Flag("format", Word("FORMAT", &FORMATS), "How the token is printed [default: raw]"),
    Flag("shell", Word("SHELL", &SHELLS), "The shell that --format env speaks to [default: sh]"),
    Flag("name", Text("NAME"), "The variable of --format env and dotenv, and of --to dotenv [default: OAT_ACCESS_TOKEN]"),
    Flag("min_ttl", Time, "The token must be good for at least this long, such as 10m"),
    Flag("force", Nothing, "Ask the server, whatever the cache says"),
    REQUIRE_STORE,
    REQUIRE_SCOPE,
    LOGIN,
    Flag(
        "to",
        Texts("WHERE"),
        "Hand the token on, and print nothing: github-env=NAME, github-output=NAME, ado-var=NAME, file=PATH, dotenv=PATH",
    ),
    Flag("explain", Nothing, "Tell what would be used and sent, and why; nothing is"),
];

const REQUIRE_SCOPE: Flag = Flag("require_scope", Nothing, "Fail when the server grants less scope than was asked for");
const LOGIN: Flag = Flag("login", Nothing, "On a terminal, sign in where that is needed");

fn login(command: Clap) -> Clap {
    // A key of the profile, `timeout`, is the network's; here the word is the person's.
    with_wanted_keys(command.arg(profile_argument()), &|name| name != "timeout")
        .args([
            Flag("no_browser", Nothing, "Open no browser; the address is printed").build(),
            Flag("paste", Nothing, "Open no browser, and read the address that the browser ends at from standard input").build(),
            Flag("device", Nothing, "Sign in on any device, with a code").build().conflicts_with_all(["no_browser", "paste"]),
            Flag("timeout", Time, "How long the sign-in may take [env: OAT_LOGIN_TIMEOUT; default: 5m]").build().id("login_timeout"),
            Flag("auto_approve", Nothing, "With the profile `sandbox`: its server asks nobody, for scripts").build(),
        ])
        .after_help("Examples:\n  oat login sandbox               try it: the server is built in\n  oat login work\n  oat login work --paste          over SSH: paste the address that the browser ends at\n  oat login work --device         on another device, with a code\n\nNothing is printed on standard output; `oat token get` prints the token.")
}

fn logout(command: Clap) -> Clap {
    command
        .args([
            profile_argument(),
            Flag("all", Nothing, "Every profile with something kept").build().conflicts_with("profile"),
            Flag("local", Nothing, "Forget here only; the server is not asked").build(),
            Flag("browser", Nothing, "Sign out at the server too, in the browser").build().conflicts_with("local"),
        ])
        .after_help("Examples:\n  oat logout work\n  oat logout --all --local\n\nThe refresh token is revoked first, then the access tokens (RFC 7009). Whatever the server says, they are forgotten here.")
}

fn status(command: Clap) -> Clap {
    command.after_help("Examples:\n  oat status\n  oat status --json\n\nNo server is asked.")
}

/// The keys of the commands that take everything else from a profile.
pub fn of_the_network(key: &str) -> bool {
    matches!(key, "ca_file" | "timeout")
}

const INSPECT_FLAGS: [Flag; 18] = [
    Flag("id_token", Nothing, "Look at the ID token"),
    Flag("refresh_token", Nothing, "Tell the facts of the refresh token, and nothing in it"),
    Flag("profile", Text("NAME"), "With `-`: the profile whose issuer, keys and client the token is checked with"),
    Flag("issuer", Perhaps("URL"), "Who must have issued it; without a URL, whom the token names. The keys are found by discovery"),
    Flag("offline", Nothing, "Ask nobody, and check nothing but what other flags name"),
    Flag("jwks", Text("FILE|URL"), "Check the signature with this JWK set"),
    Flag("key", File, "Check the signature with this PEM public key or certificate, JWK or JWK set"),
    Flag("secret_from", Text("REF"), "Check HS256, HS384 or HS512: env:NAME, file:PATH, credential:NAME, stdin or profile"),
    Flag("signature_only", Nothing, "Check nothing but the signature, over any payload"),
    Flag("audience", Texts("TEXT"), "`aud` must have this"),
    Flag("require_scope", Texts("SCOPE"), "The token must have this scope"),
    Flag("introspect", Nothing, "Ask the server what it says of the token (RFC 7662)"),
    Flag("userinfo", Nothing, "Ask the server who the token is about (OpenID Connect)"),
    Flag("for", Text("URL"), "Ask this API, without the token, what it wants, and compare"),
    Flag("send", Nothing, "With --for: send the token there too"),
    Flag("claim", Text("NAME"), "Print one claim alone; /outer/inner for one within another"),
    Flag("header", Nothing, "Print the header alone, as JSON"),
    // Refused wherever it is found.
    Flag("token", Text("TOKEN"), ""),
];

fn inspect(command: Clap) -> Clap {
    let command = with_wanted_keys(command.arg(source_argument()), &of_the_network);
    let flags = INSPECT_FLAGS.iter().map(|flag| if flag.2.is_empty() { flag.build().hide(true) } else { flag.build() });
    command.args(flags).after_help(
        "Examples:\n  oat inspect work\n  pbpaste | oat inspect -\n  oat inspect -                                  asks for it without showing it\n  oat inspect work --for https://api.example.com/orders\n  oat inspect - --issuer https://login.example.com --audience https://api.example.com\n  oat inspect work other                         what differs\n  oat inspect work --claim sub\n\nExit 8 where a check fails; the report is printed all the same.",
    )
}

const CREDENTIAL_FLAGS: [Flag; 2] = [
    Flag("id_token", Nothing, "kubectl: the ID token of the sign-in, in place of the access token"),
    Flag("login", Nothing, "kubectl: sign in where that is needed and kubectl says that a person is there"),
];

fn credential(command: Clap) -> Clap {
    with(command.args(dialect_arguments()), &CREDENTIAL_FLAGS).after_help(
        "Examples:\n  oat credential setup kubectl work            what to write where, for each of the seven\n  oat credential setup git work\n  printf 'protocol=https\\nhost=git.example.com\\n' | oat credential git get\n\nA token is given to the hosts that `hosts` of its profile lists, and to no other.",
    )
}

fn dialect_arguments() -> [Arg; 2] {
    let dialect = Arg::new("dialect").value_name("DIALECT").required(true).value_parser(PossibleValuesParser::new(CREDENTIAL_WORDS));
    let words = Arg::new("words").value_name("WORDS").num_args(0..=3);
    [
        dialect.help("Who asks; or `setup`, for what to write where"),
        words.help("A profile, then what the other program says itself; behind `setup`, a dialect and a profile [env: OAT_PROFILE]"),
    ]
}

fn source_argument() -> Arg {
    Arg::new("source")
        .value_names(["SOURCE", "OTHER"])
        .num_args(0..=2)
        .help("A profile, or `-` for standard input; two to compare [env: OAT_PROFILE]")
}

fn jwks(command: Clap) -> Clap {
    let server = Arg::new("server").value_name("SERVER").help("An issuer's URL, or a profile [env: OAT_PROFILE]");
    with_wanted_keys(command.arg(server), &of_the_network)
        .after_help("Examples:\n  oat jwks https://login.example.com\n  oat jwks work --json\n\nThe keys are fetched anew each time.")
}

/// It renews what a profile says, so of the keys it has only those of the network.
fn refresh(command: Clap) -> Clap {
    let command = with_wanted_keys(command.arg(profile_argument()), &of_the_network);
    with(command, &[Flag("print", Nothing, "Print the new token"), REQUIRE_STORE])
        .after_help("Examples:\n  oat refresh zero\n  oat refresh zero --print\n\nA client_credentials profile has no refresh token: a new token is fetched, and said so.")
}

fn profile_add(command: Clap) -> Clap {
    with_keys(command.arg(profile_argument().required(true).help("The new profile's name"))).after_help(
        "Examples:\n  oat profile add zero --provider vericerts --base-url https://zero-engine-stg.vericerts.io\n  oat profile add api --issuer https://login.example.com --client-id cli --grant client_credentials\n\nWith --issuer, the server's metadata is fetched and checked before anything is written.\nOn a terminal, what is missing is asked for.",
    )
}

fn profile_show(command: Clap) -> Clap {
    command.arg(profile_argument()).after_help("Examples:\n  oat profile show zero\n  OAT_SCOPE=read oat profile show zero      a variable wins over the file, and is named\n\nSecrets are never shown, only where they come from.")
}

fn profile_edit(command: Clap) -> Clap {
    with_keys(command.arg(profile_argument().required(true).help("The profile")))
        .arg(Flag("unset", Text("KEY"), "Take this key out").build().action(ArgAction::Append))
        .after_help("Examples:\n  oat profile edit zero --scope 'read write'\n  oat profile edit zero --unset audience\n\nWithout a flag, the profile file opens in $VISUAL or $EDITOR and is checked before it is kept.")
}

fn set_secret(command: Clap) -> Clap {
    command
        .arg(profile_argument().required(true))
        .after_help("Examples:\n  oat profile set-secret zero\n  pass show zero | oat profile set-secret zero\n  oat profile set-secret ci < key.pem       a private key: PEM or JWK\n\nThe profile then says client_secret = { keyring = true }, or client_key.")
}

fn sandbox(command: Clap) -> Clap {
    command
        .args([
            Flag("port", Port, "The loopback port; 0 takes any free one").build().default_value("8417"),
            Flag("alg", Word("ALG", &["ES256", "RS256"]), "How tokens are signed").build().default_value("ES256"),
            Flag("lifetime", Time, "How long tokens live").build().default_value("1h"),
            Flag("refresh_lifetime", Time, "How long refresh tokens live, each from when it was issued").build().default_value("30d"),
            Flag("auto_approve", Nothing, "Sign in as alice and allow everything, without a page").build(),
            Flag("opaque", Nothing, "Hand out opaque tokens instead of JWTs").build(),
            Flag("delay", Time, "Wait before each token answer").build().default_value("0"),
        ])
        .after_help("Examples:\n  oat sandbox\n  oat sandbox --port 0 --lifetime 30s --json\n  oat sandbox --auto-approve                sign-ins without a person, for tests\n\nFor trying and testing only: every program on this machine can get its tokens.")
}

fn profile_argument() -> Arg {
    Arg::new("profile").value_name("PROFILE").help("The profile [env: OAT_PROFILE; else default_profile, else the only one]")
}

fn shell_argument() -> Arg {
    Arg::new("shell").value_name("SHELL").required(true).value_parser(PossibleValuesParser::new(COMPLETIONS)).help("The shell")
}

fn page_argument() -> Arg {
    Arg::new("page").value_name("PAGE").help("A command, as in `oat man token get`, or `config`").num_args(0..=2)
}

const REQUIRE_STORE: Flag = Flag("require_store", Nothing, "Fail when the token cannot be kept");

/// Where the client's secret, key and certificate may come from: how the flag ends, what stands behind it, and its help.
const SOURCES: [Flag; 7] = [
    Flag("_env", Text("NAME"), "from this variable"),
    Flag("_file", Text("FILE"), "from this file; a secret's must be private"),
    Flag("_credential", Text("NAME"), "from this systemd credential"),
    Flag("_command", Text("PROGRAM"), "from what this program prints, run without a shell; its arguments follow, and `;` ends them"),
    Flag("_stdin", Nothing, "from standard input"),
    Flag("_keyring", Nothing, "from oat's store, where `oat profile set-secret` sealed it"),
    // Refused wherever it is found.
    Flag("", Text("SECRET"), ""),
];

/// Adds a flag for every key of a profile. They show in `--help`, not in `-h`.
fn with_keys(command: Clap) -> Clap {
    with_wanted_keys(command, &|_| true)
}

fn with_wanted_keys(command: Clap, wanted: &dyn Fn(&str) -> bool) -> Clap {
    let keys = KEYS.iter().filter(|key| key.kind != KeyKind::Secret && wanted(key.name)).map(|key| {
        let repeats = matches!(key.kind, KeyKind::Texts | KeyKind::List | KeyKind::Parameters);
        Arg::new(key.name)
            .long(key.flag())
            .value_name(placeholder(key.kind))
            .help(key.help)
            .help_heading(key.group)
            .hide_short_help(true)
            .action(if repeats { ArgAction::Append } else { ArgAction::Set })
    });
    let secret = KEYS.iter().filter(|key| key.kind == KeyKind::Secret);
    let sources = secret.flat_map(|key| SOURCES.iter().map(move |source| (key, source)));
    command.args(keys).args(sources.filter_map(|(key, source)| secret_flag(key, source, wanted)))
}

fn secret_flag(key: &Key, Flag(ending, takes, help): &Flag, wanted: &dyn Fn(&str) -> bool) -> Option<Arg> {
    let name = [key.name, ending].concat();
    if !wanted(&name) {
        return None;
    }
    let flag = Arg::new(name.clone()).long(name.replace('_', "-")).help_heading(key.group).hide_short_help(true);
    let flag = match takes {
        Text(called) => flag.value_name(*called),
        _ => flag.action(ArgAction::SetTrue),
    };
    Some(
        match *ending {
            "" => flag.hide(true).num_args(0..=1).default_missing_value(""),
            "_command" => flag.num_args(1..).allow_hyphen_values(true).value_terminator(";"),
            _ => flag,
        }
        .help(format!("Take the {} {help}", key.name.replace('_', " "))),
    )
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
        KeyKind::Party => "SOURCE",
        KeyKind::Text | KeyKind::Texts | KeyKind::List | KeyKind::Secret => "TEXT",
    }
}

fn length(text: &str) -> std::result::Result<Seconds, String> {
    Seconds::parse(text).ok_or_else(|| "expected a length of time such as `60s` or `15m`".into())
}
