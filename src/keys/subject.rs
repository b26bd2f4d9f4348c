//! Whose token is handed in, as a profile says it: a source, and what goes with it.

use serde_json::{Map, Value as Json};
use toml::de::{DeTable, DeValue};

use crate::json::members;
use crate::keys::json;
use crate::secret::SecretReference;
use crate::text::{escape, nearest};
use crate::time::Seconds;

/// A source of tokens with its members, `source` among them. They are text, but for the words of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject(pub Map<String, Json>);

/// Every source, the members that it needs, and those that it may have. `audience` goes with all of them.
pub const SOURCES: [(&str, &str, &[&str]); 12] = [
    ("auto", "", &[]),
    ("github-actions", "", &[]),
    ("gitlab", "", &["name"]),
    ("circleci", "", &[]),
    ("buildkite", "", &["lifetime"]),
    ("azure-devops", "", &["service_connection"]),
    ("kubernetes", "", &["file"]),
    ("gcp", "", &["service_account"]),
    ("env", "name", &[]),
    ("file", "file", &[]),
    ("command", "command", &["pointer"]),
    ("profile", "profile", &["token"]),
];

/// Other words for sources and their members.
const ALIASES: [(&str, &str); 8] = [
    ("github", "github-actions"),
    ("forgejo", "github-actions"),
    ("azure-pipelines", "azure-devops"),
    ("k8s", "kubernetes"),
    ("exec", "command"),
    ("env", "name"),
    ("variable", "name"),
    ("path", "file"),
];

/// What may be written, for whoever wrote something else.
const FORMS: &str = "a source such as `github-actions`, `env:NAME`, `file:PATH` or `profile:NAME`, or a table such as { source = \"github-actions\", audience = \"…\" }";

impl Subject {
    /// Reads the short form of a flag or a variable: `SOURCE`, `SOURCE:VALUE`, each with `,member=value` behind it; or a table in
    /// braces, as TOML or JSON. Fails with what is expected, in words.
    pub fn read(text: &str) -> Result<Subject, String> {
        if text.trim_start().starts_with('{') {
            if let Ok(map) = crate::json::object(text.as_bytes()) {
                return Subject::checked(map);
            }
            let table = format!("subject = {text}");
            let table = DeTable::parse(&table).map_err(|_| FORMS.to_string())?;
            return table.get_ref().get("subject").map_or(Err(FORMS.into()), |value| Subject::read_toml(value.get_ref()));
        }
        let mut parts = text.split(',');
        let head = parts.next().unwrap_or_default();
        let (source, value) = head.split_once(':').map_or((head, None), |(source, value)| (source, Some(value)));
        let source = source_named(source.trim())?;
        let mut pairs: Vec<(&str, String)> = vec![("source", source.0.into())];
        match value {
            Some(_) if source.1.is_empty() => {
                return Err(format!("`{}` alone: it takes `,member=value`, and nothing behind a `:`", source.0));
            }
            Some(value) => pairs.push((source.1, value.into())),
            None => {}
        }
        for part in parts {
            // A comma may belong to a value.
            match part.split_once('=').filter(|(name, _)| member_named(source, name.trim()).is_some()) {
                Some((name, value)) => pairs.push((name.trim(), value.into())),
                None if pairs.len() > 1 => pairs.last_mut().into_iter().for_each(|(_, value)| value.extend([",", part])),
                None => return Err(unknown_member(source, part.split('=').next().unwrap_or_default())),
            }
        }
        Subject::checked(members(pairs.into_iter().map(|(name, value)| (name, Json::from(value)))))
    }

    /// Reads a TOML value: a table, or the short form. Fails with what is expected, in words.
    pub fn read_toml(value: &DeValue) -> Result<Subject, String> {
        match (value, json(value)) {
            (DeValue::String(text), _) => Subject::read(text),
            (DeValue::Table(_), Some(Json::Object(map))) => Subject::checked(map),
            _ => Err(FORMS.into()),
        }
    }

    /// Checks the members, and gives them their own names.
    fn checked(map: Map<String, Json>) -> Result<Subject, String> {
        let named = match map.get("source") {
            Some(Json::String(name)) => Some(source_named(name)?),
            Some(_) => return Err("a table whose `source` is a string".into()),
            // `{ env = "NAME" }` says it all.
            None => SOURCES.iter().find(|(name, needed, _)| !needed.is_empty() && map.contains_key(*name)),
        };
        let source = named.ok_or_else(|| FORMS.to_string())?;
        let mut kept = members([("source", Json::from(source.0))]);
        for (name, value) in map.into_iter().filter(|(name, _)| name != "source") {
            let member = member_named(source, &name).ok_or_else(|| unknown_member(source, &name))?;
            let fits = match &value {
                Json::String(text) => member != "command" && !text.is_empty(),
                Json::Array(words) => member == "command" && !words.is_empty() && words.iter().all(Json::is_string),
                _ => false,
            };
            match (fits, member) {
                (true, "token") if value != "access_token" && value != "id_token" => {
                    return Err("a table whose `token` is `access_token` or `id_token`".into());
                }
                (true, "lifetime") if value.as_str().and_then(Seconds::parse).is_none() => {
                    return Err("a table whose `lifetime` is a length of time such as `5m`".into());
                }
                (true, _) => drop(kept.insert(member.into(), value)),
                (false, "command") => {
                    return Err("a table whose `command` is a list, because no shell runs it: the program, then its arguments".into());
                }
                (false, _) => return Err(format!("a table whose `{member}` is a string that is not empty")),
            }
        }
        match source.1 {
            needed if needed.is_empty() || kept.contains_key(needed) => Ok(Subject(kept)),
            // Its words are a list, which the short form has no place for.
            "command" => Err("a table that says which: { source = \"command\", command = [\"PROGRAM\", …] }".into()),
            needed => Err(format!("`{0}:{1}`, or {{ source = \"{0}\", {needed} = … }}", source.0, needed.to_ascii_uppercase())),
        }
    }

    /// Which one of [`SOURCES`].
    pub fn source(&self) -> &str {
        self.text("source").unwrap_or_default()
    }

    /// The text of a member.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.0.get(member)?.as_str()
    }

    /// Where it is read from, where it is kept like a secret.
    pub fn reference(&self) -> Option<SecretReference> {
        match (self.source(), self.0.get("command")) {
            ("env", _) => Some(SecretReference::Env(self.text("name")?.into())),
            ("file", _) => Some(SecretReference::File(self.text("file")?.into())),
            (_, Some(Json::Array(words))) => {
                Some(SecretReference::Command(words.iter().filter_map(Json::as_str).map(str::to_string).collect()))
            }
            _ => None,
        }
    }

    /// In a message: `github-actions`, `the file …`.
    pub fn describe(&self) -> String {
        match (self.reference(), self.text("profile")) {
            (Some(reference), _) => reference.describe(),
            (None, Some(profile)) => format!("profile `{}`", escape(profile)),
            (None, None) => self.source().to_string(),
        }
    }
}

type Source = (&'static str, &'static str, &'static [&'static str]);

/// Whether a word is the name of a source.
pub fn is_source(word: &str) -> bool {
    source_named(word.split([':', ',']).next().unwrap_or_default()).is_ok()
}

fn source_named(word: &str) -> Result<&'static Source, String> {
    let name = alias(word);
    SOURCES.iter().find(|(source, ..)| *source == name).ok_or_else(|| {
        let near = nearest(word, SOURCES.iter().map(|(name, ..)| *name)).map(|near| format!(" (did you mean `{near}`?)"));
        let all: Vec<String> = SOURCES.iter().map(|(name, ..)| format!("`{name}`")).collect();
        format!("one of the sources {}, not `{}`{}", all.join(", "), escape(word), near.unwrap_or_default())
    })
}

fn alias(word: &str) -> &str {
    // What is a source is no other word for one.
    let own = SOURCES.iter().any(|(source, ..)| *source == word);
    ALIASES.iter().find(|(other, _)| *other == word && !own).map_or(word, |(_, name)| name)
}

fn member_named(source: &Source, word: &str) -> Option<&'static str> {
    let name = ALIASES.iter().find(|(other, _)| *other == word).map_or(word, |(_, name)| name);
    let mut all = ["audience", source.1].into_iter().chain(source.2.iter().copied());
    all.find(|member| *member == name && !member.is_empty())
}

fn unknown_member(source: &Source, word: &str) -> String {
    let all = || ["audience", source.1].into_iter().chain(source.2.iter().copied()).filter(|member| !member.is_empty());
    let near = nearest(word.trim(), all()).map(|near| format!(" (did you mean `{near}`?)"));
    let list: Vec<String> = all().map(|member| format!("`{member}`")).collect();
    format!("a table without `{}`{}: source `{}` takes {}", escape(word.trim()), near.unwrap_or_default(), source.0, list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        Subject::read(text).map(|subject| Json::Object(subject.0).to_string())
    }

    #[test]
    fn the_short_form_says_what_the_table_says() {
        for (text, same) in [
            ("github-actions", r#"{"source":"github-actions"}"#),
            ("github-actions,audience=https://a/?b=c,d", r#"{"audience":"https://a/?b=c,d","source":"github-actions"}"#),
            ("env:CI_JWT", r#"{"name":"CI_JWT","source":"env"}"#),
            ("file:/a,b", r#"{"file":"/a,b","source":"file"}"#),
            ("profile:work,token=id_token", r#"{"profile":"work","source":"profile","token":"id_token"}"#),
            ("azure-devops,service_connection=1-2", r#"{"service_connection":"1-2","source":"azure-devops"}"#),
            ("{ source = \"gitlab\", name = \"T\" }", r#"{"name":"T","source":"gitlab"}"#),
            ("{\"source\":\"command\",\"command\":[\"a\",\"b c\"]}", r#"{"command":["a","b c"],"source":"command"}"#),
            ("{ env = \"N\" }", r#"{"name":"N","source":"env"}"#),
            ("k8s,path=/t", r#"{"file":"/t","source":"kubernetes"}"#),
        ] {
            assert_eq!(read(text).as_deref(), Ok(same), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_told_with_what_may_have_been_meant() {
        for (text, told) in [
            ("github-action", "did you mean `github-actions`?"),
            ("banana", "`kubernetes`"),
            ("github-actions,audiance=x", "did you mean `audience`?"),
            ("github-actions:x", "nothing behind a `:`"),
            ("env", "name = …"),
            ("buildkite,lifetime=soon", "a length of time"),
            ("profile:a,token=refresh_token", "`access_token` or `id_token`"),
            ("command:ls", "no shell"),
            ("{ source = \"env\", name = \"A\", file = \"b\" }", "a table without `file`"),
            ("{ source = 1 }", "is a string"),
            ("{", "a source such as"),
            ("", "one of the sources"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
