//! The profile file, parsed and kept whole.

pub mod cut;
pub mod stamp;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::cut::{only, with_issuer};
use crate::config::stamp::{settled, stamp};
use crate::error::{Error, Kind, Result};
use crate::keys::subject::Subject;
use crate::keys::{KEYS, Key, STORE_KEYS, Value};
use crate::name::ProfileName;
use crate::secret::SecretReference;
use crate::text::{escape, nearest};
use crate::time::Seconds;

/// The most bytes of a profile file.
const LARGEST: u64 = 4 << 20;

/// The profile file. A missing file is an empty one.
#[derive(Debug, Default)]
pub struct Config {
    /// Where it is.
    pub path: PathBuf,
    /// Whether there is such a file.
    pub exists: bool,
    /// `default_profile`
    pub default_profile: Option<String>,
    /// `[store]`
    pub store: StoreTable,
    /// `[profile.…]`, in the order of the file's names.
    pub profiles: Vec<Profile>,
}

/// The `[store]` table.
#[derive(Debug, Default)]
pub struct StoreTable {
    /// Where the master key lives.
    pub key: Option<String>,
    /// How long the kernel keeps the access-token key after its last use.
    pub key_cache: Option<Seconds>,
}

/// One `[profile.NAME]` table.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Its keys, in the order of the file's names.
    pub settings: Vec<Setting>,
}

/// One key of a profile.
#[derive(Debug)]
pub struct Setting {
    /// Which key.
    pub key: &'static Key,
    /// Its value.
    pub value: Value,
    /// The line it stands in, from 1.
    pub line: usize,
}

impl Config {
    /// Reads the file at `path`. Fails with `Config`, naming line, column and key.
    pub fn load(path: &Path) -> Result<Config> {
        match Text::read(path)? {
            Some(text) => text.parse(),
            None => Ok(Config { path: path.into(), ..Config::default() }),
        }
    }

    /// Reads the file's text. Fails with `Config`, naming line, column and key.
    pub fn parse(path: &Path, text: &str) -> Result<Config> {
        let reader = Reader { path, text, line_ends: line_ends(text) };
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let message = escape(error.message().lines().next().unwrap_or("this is not TOML"));
            let key = text.get(span.clone()).filter(|_| message.contains("duplicate")).map(|key| format!(" `{}`", escape(key)));
            reader.error(span.start, message + &key.unwrap_or_default())
        })?;
        reader.config(table.get_ref())
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name.as_str() == name)
    }

    fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.profiles.iter().flat_map(|profile| &profile.settings).filter_map(|setting| match &setting.value {
            Value::Secret(reference) => Some(reference),
            _ => None,
        })
    }

    fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.profiles.iter().flat_map(|profile| &profile.settings).filter_map(|setting| match &setting.value {
            Value::Subject(subject) => Some(subject),
            _ => None,
        })
    }

    /// Whether a token of one profile may be handed in for another's.
    pub fn chained(&self) -> bool {
        self.subjects().any(|subject| subject.source() == "profile")
    }
}

/// The profile file's text, and a stamp that changes whenever the file does.
pub struct Text {
    path: PathBuf,
    text: String,
    /// The program's version, and the file's place, size and times to the nanosecond.
    pub stamp: String,
    facts: std::fs::Metadata,
    /// Whether it was last written so long ago that a later change must have another stamp.
    pub settled: bool,
}

impl Text {
    /// Reads the file at `path`, but never an endless one. None where there is none. Fails with `Config`.
    pub fn read(path: &Path) -> Result<Option<Text>> {
        let cannot =
            |error: std::io::Error| Error::new(Kind::Config, format!("cannot read config file `{}`", path.display())).because(error);
        let file = match open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(cannot(error)),
        };
        let facts = file.metadata().map_err(cannot)?;
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() as u64 > LARGEST {
            return Err(cannot(std::io::Error::other("it is larger than 4 MiB")));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| Error::new(Kind::Config, format!("config file `{}` is not UTF-8", path.display())))?;
        Ok(Some(Text { path: path.into(), text, stamp: stamp(&facts), settled: settled(&facts), facts }))
    }

    /// Whether leaving the other profiles out saves more than finding out whether one may.
    pub fn long(&self) -> bool {
        self.text.len() > LONG
    }

    /// The whole file. Fails with `Config`, naming line, column and key.
    pub fn parse(&self) -> Result<Config> {
        let config = Config::parse(&self.path, &self.text)?;
        private(&config, &self.facts)?;
        Ok(config)
    }

    /// The profile with this issuer, where the file says so word for word.
    pub fn with_issuer(&self, issuer: &str) -> Option<&str> {
        with_issuer(&self.text, issuer)
    }

    /// The file without the profiles other than `name`, for a file that was parsed whole before and did not change since.
    /// None where it cannot be cut with certainty.
    pub fn parse_only(&self, name: &str) -> Option<Config> {
        Config::parse(&self.path, &only(&self.text, name)?).ok()
    }
}

/// Opens a file. A fifo without a writer is empty instead of holding the command up; a pipe with one is read as usual.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    let file = File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(path)?;
    if file.metadata()?.file_type().is_fifo() {
        rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty())?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Files below this many bytes are parsed whole.
const LONG: usize = 600;

/// R83: a file with a secret in it must be its owner's alone, and one that names a program to run must not be a stranger's.
#[cfg(unix)]
fn private(config: &Config, facts: &std::fs::Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let path = config.path.display();
    let me = rustix::process::geteuid().as_raw();
    if facts.uid() != me
        && facts.uid() != 0
        && (config.secrets().any(|secret| matches!(secret, SecretReference::Literal(_) | SecretReference::Command(_)))
            || config.subjects().any(|subject| subject.source() == "command"))
    {
        return Err(Error::new(
            Kind::Config,
            format!("config file `{path}` belongs to another user (uid {}), and holds a secret or names a program to run", facts.uid()),
        )
        .hint(format!("chown {me} '{path}', if you trust what it says")));
    }
    if facts.mode() & 0o077 != 0 && config.secrets().any(|secret| matches!(secret, SecretReference::Literal(_))) {
        return Err(Error::new(
            Kind::Config,
            format!("config file `{path}` holds a secret and can be read by others (mode {:04o})", facts.mode() & 0o7777),
        )
        .hint(format!("chmod 600 '{path}'; after that, `oat profile set-secret NAME` seals the secret instead")));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &Config, _: &std::fs::Metadata) -> Result<()> {
    Ok(())
}

/// Byte by byte: what is left of a cut file is mostly empty lines, and a search would start anew at each of them.
fn line_ends(text: &str) -> Vec<usize> {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place).collect()
}

/// What is needed to say where something stands.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    /// Found once: every key's line is wanted.
    line_ends: Vec<usize>,
}

impl Reader<'_> {
    fn config(&self, table: &DeTable) -> Result<Config> {
        let mut config = Config { path: self.path.into(), exists: true, ..Config::default() };
        for (name, value) in table {
            match name.get_ref().as_ref() {
                "default_profile" => config.default_profile = Some(self.string(name, value)?),
                "store" => config.store = self.store(self.table(name, value)?)?,
                "profile" => {
                    for (name, value) in self.table(name, value)? {
                        config.profiles.push(self.profile(name, value)?);
                    }
                }
                other => return Err(self.unknown(name.span().start, other, ["default_profile", "store", "profile"])),
            }
        }
        Ok(config)
    }

    fn store(&self, table: &DeTable) -> Result<StoreTable> {
        let mut store = StoreTable::default();
        for (name, value) in table {
            match name.get_ref().as_ref() {
                "key" => {
                    let key = self.string(name, value)?;
                    if !STORE_KEYS.contains(&key.as_str()) {
                        let list = STORE_KEYS.map(|k| format!("`{k}`")).join(", ");
                        return Err(self
                            .error(value.span().start, format!("`key` of [store] must be one of {list}, not `{}`", escape(&key)))
                            .hint_maybe(nearest(&key, STORE_KEYS).map(|near| format!("did you mean `{near}`?"))));
                    }
                    store.key = Some(key);
                }
                "key_cache" => {
                    let length = match value.get_ref() {
                        DeValue::String(text) => Seconds::parse(text),
                        DeValue::Integer(number) => number.as_str().parse().ok().map(Seconds),
                        _ => None,
                    };
                    let expected =
                        || self.error(value.span().start, "`key_cache` of [store] must be a length of time such as `\"15m\"`".into());
                    store.key_cache = Some(length.ok_or_else(expected)?);
                }
                other => return Err(self.unknown(name.span().start, other, ["key", "key_cache"])),
            }
        }
        Ok(store)
    }

    fn profile(&self, name: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue>) -> Result<Profile> {
        let parsed = ProfileName::parse(name.get_ref())
            .map_err(|error| self.error(name.span().start, error.message.clone()).hint_maybe(error.hint.clone()))?;
        let mut profile = Profile { name: parsed, settings: Vec::new() };
        for (name, value) in self.table(name, value)? {
            let start = name.span().start;
            let Some(key) = Key::named(name.get_ref()) else {
                return Err(self.unknown(start, name.get_ref(), KEYS.iter().map(|key| key.name)));
            };
            let expected = |what| self.error(value.span().start, format!("`{}` of profile `{}` must be {what}", key.name, profile.name));
            let value = key.read_toml(value.get_ref()).map_err(expected)?;
            profile.settings.push(Setting { key, value, line: self.line(start) });
        }
        Ok(profile)
    }

    fn table<'t, 'i>(&self, name: &Spanned<std::borrow::Cow<'_, str>>, value: &'t Spanned<DeValue<'i>>) -> Result<&'t DeTable<'i>> {
        value.get_ref().as_table().ok_or_else(|| {
            let name = escape(name.get_ref());
            self.error(value.span().start, format!("`{name}` must be a table")).hint(match name.as_str() {
                "profile" => "a profile starts with a line `[profile.NAME]`".to_string(),
                "store" => "it starts with a line `[store]`".to_string(),
                _ => format!("it starts with a line `[profile.{name}]`"),
            })
        })
    }

    fn string(&self, name: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue>) -> Result<String> {
        let text = value.get_ref().as_str().map(str::to_string);
        text.ok_or_else(|| self.error(value.span().start, format!("`{}` must be a string", escape(name.get_ref()))))
    }

    fn unknown<'w>(&self, start: usize, word: &str, known: impl IntoIterator<Item = &'w str>) -> Error {
        self.error(start, format!("unknown key `{}`", escape(word)))
            .hint(nearest(word, known).map_or_else(|| "`oat man config` lists every key".into(), |near| format!("did you mean `{near}`?")))
    }

    fn error(&self, start: usize, message: String) -> Error {
        let (line, column) = self.place(start);
        Error::new(Kind::Config, format!("config file `{}`, line {line}, column {column}: {message}", self.path.display()))
    }

    /// Line and column, both from 1; columns count characters.
    fn place(&self, start: usize) -> (usize, usize) {
        let before = self.text.get(..start).unwrap_or(self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (self.line(start), column)
    }

    fn line(&self, start: usize) -> usize {
        self.line_ends.partition_point(|end| *end < start) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse(Path::new("/c/config.toml"), text)
    }

    #[test]
    fn r90_an_unknown_key_is_named_with_its_place_and_a_suggestion() {
        let error = parse("[profile.a]\nissuer = \"https://a\"\n  scopes = \"x\"\n").unwrap_err();
        assert_eq!(error.message, "config file `/c/config.toml`, line 3, column 3: unknown key `scopes`");
        assert_eq!(error.hint.as_deref(), Some("did you mean `scope`?"));
        let error = parse("default_profil = \"a\"").unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("did you mean `default_profile`?"));
    }

    #[test]
    fn r90_a_profile_twice_and_broken_toml_are_told_by_line() {
        for (text, line) in [
            ("[profile.a]\n[profile.a]\n", "line 2"),
            ("[profile.a]\nscope = \"x\"\nscope = \"y\"\n", "line 3"),
            ("a = \n", "line 1"),
            ("[profile.a\n", "line 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind, Kind::Config);
            assert!(error.message.contains(line) && error.message.lines().count() == 1, "{text:?}: {}", error.message);
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_what_is_expected() {
        for (text, expected) in [
            ("[profile.a]\ngrant = \"client_credential\"", "did you mean `client_credentials`?"),
            ("[profile.a]\nleeway = \"soon\"", "length of time"),
            ("[profile.a]\nresource = [1]", "list of strings"),
            ("[profile.a]\nclient_secret = { command = \"pass show\" }", "no shell"),
            ("[profile.a]\nclient_secret = { env = \"A\", file = \"b\" }", "a reference"),
            ("[profile.a]\nredirect_ports = [0]", "ports"),
            ("[store]\nkey = \"kering\"", "must be one of"),
            ("[profile.\"../x\"]", "not a profile name"),
            ("profile = 1", "must be a table"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(expected), "{text}: {}", error.message);
        }
    }

    #[test]
    fn a_secret_in_the_file_is_not_shown_by_debug() {
        let config = parse("[profile.a]\nclient_secret = \"CANARY\"").unwrap();
        assert!(config.secrets().count() == 1 && !format!("{config:?}").contains("CANARY"));
    }
}
