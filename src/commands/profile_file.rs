//! Changes the profile file: comments are kept, the result is checked, and it is replaced as a whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table};

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::keys::subject::Subject;
use crate::keys::{Key, Value};
use crate::secret::SecretReference;

/// The profile file, ready to be changed.
pub struct ProfileFile {
    path: PathBuf,
    document: DocumentMut,
    /// Held until the change is saved or given up.
    _lock: Option<File>,
}

impl ProfileFile {
    /// Opens the file, and waits for another change of it to end; a missing one is empty. Fails with `Config` as a reader
    /// of the file would.
    pub fn open(path: &Path) -> Result<ProfileFile> {
        regular(path)?;
        let lock = lock_folder(&folder_of(&behind_links(path)));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::new(Kind::Config, format!("cannot read config file `{}`", path.display())).because(error)),
        };
        Config::parse(path, &text)?;
        let document =
            text.parse::<DocumentMut>().map_err(|_| Error::new(Kind::Config, format!("config file `{}` is not TOML", path.display())))?;
        Ok(ProfileFile { path: path.into(), document, _lock: lock })
    }

    /// Sets a key of a profile; the profile's table is made where there is none.
    pub fn set(&mut self, profile: &str, key: &Key, value: &Value) -> Result<()> {
        let item = item(value)?;
        let table = self.table(profile)?;
        match table.get_mut(key.name) {
            // What stands behind the value, such as a comment, stays.
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = item;
                *old.decor_mut() = decor;
            }
            // A table of its own keeps its comments: its entries are set one by one, and what is not named any more goes.
            Some(Item::Table(old)) => {
                let toml_edit::Value::InlineTable(entries) = item else {
                    table.insert(key.name, Item::Value(item));
                    return Ok(());
                };
                old.retain(|name, _| entries.contains_key(name));
                for (name, value) in entries.iter() {
                    old.insert(name, Item::Value(value.clone()));
                }
            }
            _ => drop(table.insert(key.name, Item::Value(item))),
        }
        Ok(())
    }

    /// Takes a key out; whether it was there.
    pub fn unset(&mut self, profile: &str, key: &str) -> Result<bool> {
        Ok(self.table(profile)?.remove(key).is_some())
    }

    /// Takes a profile out, and `default_profile` with it where that is the one.
    pub fn remove(&mut self, profile: &str) {
        if let Some(profiles) = self.document.get_mut("profile").and_then(Item::as_table_like_mut) {
            profiles.remove(profile);
        }
        if self.document.get("default_profile").and_then(Item::as_str) == Some(profile) {
            self.document.remove("default_profile");
        }
    }

    /// Checks the new text and puts it in the file's place: a private temporary file, then a rename.
    pub fn save(self) -> Result<()> {
        let text = self.document.to_string();
        Config::parse(&self.path, &text)?;
        replace(&self.path, &text)
    }

    fn table(&mut self, profile: &str) -> Result<&mut Table> {
        let not_a_table = || {
            Error::new(Kind::Config, format!("config file `{}`: profile `{profile}` is written in one line", self.path.display()))
                .hint(format!("write it as [profile.{profile}] with a line a key"))
        };
        let profiles = self.document.entry("profile").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        profiles
            .as_table_mut()
            .and_then(|table| table.entry(profile).or_insert_with(|| Item::Table(Table::new())).as_table_mut())
            .ok_or_else(not_a_table)
    }
}

/// Replaces a file as a whole; behind a symlink, the file that it points to.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::new(Kind::Config, format!("cannot write config file `{}`", path.display()))
            .hint("is the folder there, writable, and the disk not full? nothing was changed")
            .because(error)
    };
    let target = behind_links(path);
    regular(&target)?;
    let folder = folder_of(&target);
    make_folder(&folder).map_err(cannot)?;
    let temporary = folder.join(format!(".{}.{}.tmp", target.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        if let Ok(old) = std::fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&temporary, &target)).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        cannot(error)
    })
}

/// Refuses to change a device, a pipe or a folder: `OAT_CONFIG=/dev/null` must not cost the machine its /dev/null.
fn regular(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(facts) if !facts.is_file() => {
            Err(Error::new(Kind::Config, format!("config file `{}` is not a regular file, and is not replaced by one", path.display()))
                .hint("name another with --config or OAT_CONFIG"))
        }
        _ => Ok(()),
    }
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// XDG Base Directory Specification: a missing folder is made with 0700.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The folder's own lock, so that no lock file lies beside the profiles. Where there is none to be had (a read-only
/// place, Windows), two changes at the same moment may still overwrite one another, but never halve the file.
fn lock_folder(folder: &Path) -> Option<File> {
    make_folder(folder).ok()?;
    let file = File::open(folder).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// The file that a path leads to, also where there is none yet at the end of its links.
fn behind_links(path: &Path) -> PathBuf {
    let mut target = path.to_path_buf();
    // As many as Linux follows.
    for _ in 0..40 {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

/// A value as TOML.
fn item(value: &Value) -> Result<toml_edit::Value> {
    Ok(match value {
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.iter().collect::<Array>().into(),
        Value::Ports(ports) => ports.iter().map(|port| i64::from(*port)).collect::<Array>().into(),
        Value::Duration(length) => format!("{}s", length.0).into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Secret(reference) => secret(reference)?.into(),
        Value::Parameters(map) | Value::Subject(Subject(map)) => table(map)?.into(),
    })
}

fn secret(reference: &SecretReference) -> Result<InlineTable> {
    let mut table = InlineTable::new();
    match reference {
        SecretReference::Env(name) => drop(table.insert("env", name.as_str().into())),
        SecretReference::File(path) => drop(table.insert("file", path.to_string_lossy().as_ref().into())),
        SecretReference::Command(words) => drop(table.insert("command", words.iter().collect::<Array>().into())),
        SecretReference::Keyring => drop(table.insert("keyring", true.into())),
        SecretReference::Credential(name) => drop(table.insert("credential", name.as_str().into())),
        SecretReference::Stdin | SecretReference::Literal(_) => {
            return Err(Error::new(Kind::Usage, "a secret is not written into the config file")
                .hint("pipe it into `oat profile set-secret NAME`, which seals it"));
        }
    }
    Ok(table)
}

fn table(map: &serde_json::Map<String, Json>) -> Result<InlineTable> {
    let mut table = InlineTable::new();
    for (name, value) in map {
        table.insert(name, json(value)?);
    }
    Ok(table)
}

fn json(value: &Json) -> Result<toml_edit::Value> {
    Ok(match value {
        Json::String(text) => text.as_str().into(),
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Json::Array(items) => items.iter().map(json).collect::<Result<Array>>()?.into(),
        Json::Object(map) => table(map)?.into(),
        Json::Null => return Err(Error::new(Kind::Usage, "a parameter cannot be null")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ProfileFile {
        ProfileFile { path: "/c/config.toml".into(), document: text.parse().unwrap(), _lock: None }
    }

    #[test]
    fn comments_stay_where_they_are() {
        let mut file = file("# mine\ndefault_profile = \"a\" # yes\n\n[profile.a] # first\n# why\nscope = \"x\" # because\n");
        file.set("a", Key::named("scope").unwrap(), &Value::Text("y".into())).unwrap();
        file.set("a", Key::named("resource").unwrap(), &Value::List(vec!["https://a".into()])).unwrap();
        file.set("b", Key::named("client_secret").unwrap(), &Value::Secret(SecretReference::Env("S".into()))).unwrap();
        let text = file.document.to_string();
        assert_eq!(
            text,
            "# mine\ndefault_profile = \"a\" # yes\n\n[profile.a] # first\n# why\nscope = \"y\" # because\nresource = [\"https://a\"]\n\n[profile.b]\nclient_secret = { env = \"S\" }\n"
        );
        file.remove("a");
        assert!(!file.document.to_string().contains("default_profile"));
    }

    #[test]
    fn a_literal_secret_is_never_written() {
        let secret = Value::Secret(SecretReference::Literal(crate::secret::ClientSecret::new("CANARY")));
        assert!(file("").set("a", Key::named("client_secret").unwrap(), &secret).is_err());
    }
}
