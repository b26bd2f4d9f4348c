//! Every word that a person may type, and what it means.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use crate::error::{Error, Kind, Result};
use crate::keys::{KEYS, Key, KeyKind};
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

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// `oat token get`
    TokenGet(TokenGet),
    /// `oat refresh`
    Refresh(Refresh),
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
    /// A client secret's source given as a flag.
    pub client_secret: Option<SecretReference>,
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
    /// `--opaque`
    pub opaque: bool,
    /// `--delay`
    pub delay: Seconds,
}

/// The formats of `token get`.
pub const FORMATS: [&str; 7] = ["raw", "json", "bearer", "header", "env", "dotenv", "curl"];
/// The shells that `--format env` can speak to.
pub const SHELLS: [&str; 5] = ["sh", "fish", "powershell", "cmd", "nu"];
/// The shells with a committed completion file.
pub const COMPLETIONS: [&str; 6] = ["bash", "zsh", "fish", "powershell", "elvish", "nushell"];
/// The port that `oat sandbox` takes unless told otherwise, and the one in the built-in profile's issuer.
pub const SANDBOX_PORT: u16 = 8417;

/// Reads a command line, its first word being the program's name. Fails with kind `Usage`.
pub fn parse(argv: Vec<OsString>) -> Result<Words> {
    let argv = help_last(argv);
    let mut grammar = grammar_for(&argv);
    let matches = grammar.try_get_matches_from_mut(argv);
    // Taking the grammar apart again would cost a tenth of a cached `token get`, for memory that is freed at the exit.
    std::mem::forget(grammar);
    let matches = match matches {
        Ok(matches) => matches,
        Err(error) => return refused(&error),
    };
    let common = Common {
        config: matches.get_one::<PathBuf>("config").cloned(),
        json: matches.get_flag("json"),
        verbose: matches.get_count("verbose"),
        store: matches.get_one::<String>("store").cloned(),
        trace: matches.get_one::<PathBuf>("trace").cloned(),
    };
    Ok(Words { common, command: command(&matches)? })
}

/// `oat help token get` is `oat token get --help`.
fn help_last(mut argv: Vec<OsString>) -> Vec<OsString> {
    if argv.get(1).is_some_and(|word| word == "help") {
        argv.remove(1);
        argv.push("--help".into());
    }
    argv
}

/// The flags of `token get` that are not keys of a profile.
const OWN_FLAGS: [&str; 12] = [
    "--config",
    "--store",
    "--trace",
    "--json",
    "--verbose",
    "--format",
    "--shell",
    "--name",
    "--min-ttl",
    "--force",
    "--require-store",
    "--require-scope",
];

/// The flags that a command line needs the grammar to have.
enum Wanted {
    /// Every one: for the manual, for help, and for suggesting what a misspelt one may have meant.
    All,
    /// Those without the dashes that the line has. Building the rest takes a third of a cached `token get`.
    Only(Vec<String>),
}

impl Wanted {
    fn by(argv: &[OsString]) -> Wanted {
        let mut names = Vec::new();
        for word in argv.iter().skip(1).filter_map(|word| word.to_str()).filter(|word| word.starts_with('-')) {
            let name = word.split('=').next().unwrap_or_default();
            match name.strip_prefix("--") {
                _ if OWN_FLAGS.contains(&name) => {}
                Some(name) if name.starts_with("client-secret") || KEYS.iter().any(|key| is_flag_of(name, key)) => {
                    names.push(name.to_string())
                }
                None if !name.contains('h') => {}
                _ => return Wanted::All,
            }
        }
        Wanted::Only(names)
    }

    fn key(&self, key: &Key) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Only(names) => names.iter().any(|name| is_flag_of(name, key)),
        }
    }

    fn secrets(&self) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Only(names) => names.iter().any(|name| name.starts_with("client-secret")),
        }
    }
}

fn is_flag_of(name: &str, key: &Key) -> bool {
    name.len() == key.name.len()
        && name.bytes().zip(key.name.bytes()).all(|(typed, known)| typed == if known == b'_' { b'-' } else { known })
}

/// The whole grammar, for the manual and the completions.
#[cfg(test)]
pub fn grammar() -> Clap {
    with_token_get(token_get(&Wanted::All))
}

/// As much of the grammar as a command line needs.
fn grammar_for(argv: &[OsString]) -> Clap {
    with_token_get(token_get(&Wanted::by(argv)))
}

fn with_token_get(token_get: Clap) -> Clap {
    Clap::new("oat")
        .version(env!("CARGO_PKG_VERSION"))
        .about("OAuth 2.0 and OpenID Connect tokens for shells, people and CI")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .propagate_version(false)
        .args([
            Arg::new("config").long("config").global(true).value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help("The profile file [env: OAT_CONFIG]"),
            Arg::new("json").long("json").global(true).action(ArgAction::SetTrue).help("Tell errors, and what a command reports, as JSON"),
            Arg::new("store")
                .long("store")
                .global(true)
                .value_name("PLACE")
                .value_parser(PossibleValuesParser::new(["keyring", "env", "file", "keyutils", "none"]))
                .hide_possible_values(true)
                .help("Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]"),
            Arg::new("trace")
                .long("trace")
                .global(true)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Write every request and answer to this file, secrets taken out"),
            Arg::new("verbose").short('v').long("verbose").global(true).action(ArgAction::Count).help("Say on stderr what happens; -vv says more, never a secret"),
        ])
        .subcommands([
            Clap::new("token").about("Hand out tokens").subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true).subcommand(token_get),
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

fn token_get(wanted: &Wanted) -> Clap {
    let command = Clap::new("get").about("Print a valid access token: the kept one while it is good, else a new one");
    own_flags(with_wanted_keys(command.arg(profile_argument()), wanted))
        .after_help(
            "Examples:\n  export TOKEN=$(oat token get zero)\n  eval \"$(oat token get zero --format env --name API_TOKEN)\"\n  oat token get zero --min-ttl 10m --format header\n  oat token get auth0-ci --audience https://api.example.com\n  oat token get --issuer https://login.example.com --client-id ci --client-secret-env CI_SECRET --grant client_credentials",
        )
}

fn own_flags(command: Clap) -> Clap {
    command.args([
        Arg::new("format")
            .long("format")
            .short('f')
            .value_name("FORMAT")
            .default_value("raw")
            .value_parser(PossibleValuesParser::new(FORMATS))
            .help("How the token is printed"),
        Arg::new("shell")
            .long("shell")
            .value_name("SHELL")
            .default_value("sh")
            .value_parser(PossibleValuesParser::new(SHELLS))
            .help("The shell that --format env speaks to"),
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
    ])
}

fn refresh(command: Clap) -> Clap {
    with_keys(command.arg(profile_argument()))
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
            Arg::new("opaque").long("opaque").action(ArgAction::SetTrue).help("Hand out opaque tokens instead of JWTs"),
            Arg::new("delay").long("delay").value_name("TIME").default_value("0").value_parser(length).help("Wait before each token answer"),
        ])
        .after_help("Examples:\n  oat sandbox\n  oat sandbox --port 0 --lifetime 30s --json\n\nFor trying and testing only: every program on this machine can get its tokens.")
}

fn profile_argument() -> Arg {
    Arg::new("profile").value_name("PROFILE").help("The profile [env: OAT_PROFILE; else default_profile, else the only one]")
}

fn require_store() -> Arg {
    Arg::new("require-store").long("require-store").action(ArgAction::SetTrue).help("Fail when the token cannot be kept")
}

/// Adds a flag for every key of a profile. They show in `--help`, not in `-h`.
fn with_keys(command: Clap) -> Clap {
    with_wanted_keys(command, &Wanted::All)
}

fn with_wanted_keys(command: Clap, wanted: &Wanted) -> Clap {
    let keys = KEYS.iter().filter(|key| key.kind != KeyKind::Secret && wanted.key(key)).map(|key| {
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
        Arg::new(id).long(id).value_name(value).help(help).help_heading("Client").hide_short_help(true)
    };
    let command = command.args(keys);
    if !wanted.secrets() {
        return command;
    }
    command.args([
        secret("client-secret-env", "NAME", "Read the client secret from this variable"),
        secret("client-secret-file", "FILE", "Read the client secret from this file; it must be private"),
        secret("client-secret-credential", "NAME", "Read the client secret from this systemd credential"),
        secret("client-secret-command", "PROGRAM", "Run this program, without a shell, and take its first line")
            .num_args(1..)
            .value_terminator(";"),
        secret("client-secret-stdin", "", "Read the client secret from the first line of standard input")
            .num_args(0)
            .action(ArgAction::SetTrue),
        secret("client-secret-keyring", "", "Take the client secret that `oat profile set-secret` sealed")
            .num_args(0)
            .action(ArgAction::SetTrue),
        Arg::new("client-secret").long("client-secret").hide(true).num_args(0..=1).action(ArgAction::Set).default_missing_value(""),
    ])
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

fn command(matches: &ArgMatches) -> Result<Command> {
    Ok(match path(matches) {
        (["token", "get"], m) => Command::TokenGet(TokenGet {
            chosen: chosen(m)?,
            format: text(m, "format").unwrap_or_default(),
            shell: text(m, "shell").unwrap_or_default(),
            name: text(m, "name"),
            min_ttl: m.get_one("min-ttl").copied(),
            force: m.get_flag("force"),
            require_store: m.get_flag("require-store"),
            require_scope: m.get_flag("require-scope"),
        }),
        (["refresh", _], m) => {
            Command::Refresh(Refresh { chosen: chosen(m)?, print: m.get_flag("print"), require_store: m.get_flag("require-store") })
        }
        (["profile", "add"], m) => Command::Profile(ProfileCommand::Add(chosen(m)?)),
        (["profile", "list"], _) => Command::Profile(ProfileCommand::List),
        (["profile", "show"], m) => Command::Profile(ProfileCommand::Show(chosen(m)?)),
        (["profile", "edit"], m) => {
            let unset = m.get_many::<String>("unset").unwrap_or_default().cloned().collect();
            Command::Profile(ProfileCommand::Edit { chosen: chosen(m)?, unset })
        }
        (["profile", "remove"], m) => Command::Profile(ProfileCommand::Remove { profile: text(m, "profile").unwrap_or_default() }),
        (["profile", "set-secret"], m) => Command::Profile(ProfileCommand::SetSecret { profile: text(m, "profile").unwrap_or_default() }),
        (["sandbox", _], m) => Command::Sandbox(SandboxWords {
            port: m.get_one("port").copied().unwrap_or(SANDBOX_PORT),
            alg: text(m, "alg").unwrap_or_default(),
            lifetime: m.get_one("lifetime").copied().unwrap_or(Seconds(3600)),
            opaque: m.get_flag("opaque"),
            delay: m.get_one("delay").copied().unwrap_or(Seconds(0)),
        }),
        (["completions", _], m) => Command::Completions(text(m, "shell").unwrap_or_default()),
        (["man", _], m) => Command::Man(m.get_many::<String>("page").map(|words| words.cloned().collect::<Vec<_>>().join("-"))),
        (path, _) => return Err(Error::new(Kind::Internal, format!("no meaning for the command {path:?}"))),
    })
}

/// The one or two words of the command, and the matches below them.
fn path(matches: &ArgMatches) -> ([&str; 2], &ArgMatches) {
    match matches.subcommand() {
        None => (["", ""], matches),
        Some((first, below)) => match below.subcommand() {
            None => ([first, ""], below),
            Some((second, deepest)) => ([first, second], deepest),
        },
    }
}

/// The text of an argument; None also where the small grammar does not have it.
fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

fn switched_on(matches: &ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten().is_some_and(|on| *on)
}

fn chosen(matches: &ArgMatches) -> Result<Chosen> {
    if text(matches, "client-secret").is_some() {
        return Err(Error::new(Kind::Usage, "a secret is never taken from the command line: other users can read it there")
            .hint("use `--client-secret-env NAME`, `--client-secret-file FILE`, `--client-secret-stdin`, or `oat profile set-secret`"));
    }
    let given = |key: &&Key| matches!(matches.try_contains_id(key.name), Ok(true));
    let mut flags = Vec::new();
    for key in KEYS.iter().filter(given) {
        let words: Vec<&str> = matches.get_many::<String>(key.name).unwrap_or_default().map(String::as_str).collect();
        flags.push((key, words.join(if key.kind == KeyKind::Parameters { "&" } else { " " })));
    }
    Ok(Chosen { profile: text(matches, "profile"), flags, client_secret: secret_reference(matches)? })
}

fn secret_reference(matches: &ArgMatches) -> Result<Option<SecretReference>> {
    let command = matches
        .try_get_many::<String>("client-secret-command")
        .ok()
        .flatten()
        .map(|words| SecretReference::Command(words.cloned().collect()));
    let sources: Vec<SecretReference> = [
        text(matches, "client-secret-env").map(SecretReference::Env),
        text(matches, "client-secret-file").map(|path| SecretReference::File(path.into())),
        text(matches, "client-secret-credential").map(SecretReference::Credential),
        command,
        switched_on(matches, "client-secret-stdin").then_some(SecretReference::Stdin),
        switched_on(matches, "client-secret-keyring").then_some(SecretReference::Keyring),
    ]
    .into_iter()
    .flatten()
    .collect();
    match sources.len() {
        0 | 1 => Ok(sources.into_iter().next()),
        _ => Err(Error::new(Kind::Usage, "more than one source is given for the client secret").hint("keep one `--client-secret-…` flag")),
    }
}

/// Help and version are to be printed; the rest is a usage error in our own voice.
fn refused(error: &clap::Error) -> Result<Words> {
    let rendered = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Ok(Words { common: Common::default(), command: Command::Print(rendered.trim_end().to_string()) })
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            Err(Error::new(Kind::Usage, "a command is missing").hint("`oat --help` lists them; `oat token get sandbox` tries one out"))
        }
        _ => Err(usage(&rendered)),
    }
}

fn usage(rendered: &str) -> Error {
    let mut paragraphs = rendered.split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let tips: Vec<&str> = paragraphs.filter(|p| !p.starts_with("For more")).collect();
    let tip = tips.iter().find_map(|p| p.strip_prefix("tip: ")).map(|tip| tip.lines().next().unwrap_or_default().trim());
    let usage =
        tips.iter().find_map(|p| p.strip_prefix("Usage: ")).map(|usage| format!("usage: {}", usage.lines().next().unwrap_or_default()));
    let hint = tip.map(str::to_string).or(usage).unwrap_or_else(|| "`oat --help` lists every command".into());
    Error::new(Kind::Usage, message.replace('\'', "`")).hint(hint.replace('\'', "`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Words> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn the_grammar_holds_together() {
        grammar().debug_assert();
    }

    #[test]
    fn every_key_of_a_profile_is_a_flag() {
        let words =
            read("oat token get p --client-id c --resource https://a --resource https://b --token-params a=1 --token-params b=2").unwrap();
        let Command::TokenGet(get) = words.command else { panic!() };
        let flags: Vec<(&str, &str)> = get.chosen.flags.iter().map(|(key, text)| (key.name, text.as_str())).collect();
        assert_eq!(flags, [("client_id", "c"), ("resource", "https://a https://b"), ("token_params", "a=1&b=2")]);
    }

    #[test]
    fn the_small_grammar_understands_what_it_is_used_for() {
        for line in ["oat token get", "oat token get p --scope x --client-secret-env S", "oat token get --help"] {
            let argv: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            grammar_for(&argv).debug_assert();
        }
        let words = read("oat token get p -f json --min-ttl=5m --force --json -vv --ca-file=x").unwrap();
        let Command::TokenGet(get) = words.command else { panic!() };
        assert_eq!((get.format.as_str(), get.min_ttl, get.force, words.common.verbose), ("json", Some(Seconds(300)), true, 2));
        assert_eq!((get.chosen.flags[0].0.name, get.chosen.flags[0].1.as_str()), ("ca_file", "x"));
        let wanted = |line: &str| Wanted::by(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        for line in ["oat --help", "oat token get -h", "oat token get --formt", "oat token get --scop x"] {
            assert!(matches!(wanted(line), Wanted::All), "{line}");
        }
        assert!(read("oat token get --scop x").unwrap_err().hint.unwrap().contains("--scope"));
    }

    #[test]
    fn r72_a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for line in
            ["oat token get --client-secret CANARY", "oat token get --client-secret=CANARY", "oat profile add x --client-secret CANARY"]
        {
            let error = read(line).unwrap_err();
            assert_eq!(error.kind, Kind::Usage);
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn a_wrong_word_gets_one_line_and_a_hint() {
        let error = read("oat tokn get").unwrap_err();
        assert_eq!((error.kind, error.message.lines().count()), (Kind::Usage, 1));
        assert!(error.hint.unwrap().contains("token"));
        let error = read("oat token get --min-ttl soon").unwrap_err();
        assert!(error.message.contains("length of time"), "{}", error.message);
        assert_eq!(read("oat").unwrap_err().kind, Kind::Usage);
        let Command::Print(text) = read("oat help token get").unwrap().command else { panic!() };
        assert!(text.contains("--min-ttl"));
    }
}
