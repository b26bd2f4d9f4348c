//! Presets: what is known about a provider, as data.

use serde_json::{Map, Value as Json};
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Kind, Result};
use crate::keys::{Key, Value};
use crate::text::{escape, nearest};

/// The whole table of presets: `providers.toml` without its comments, which `build.rs` takes out. Each line has a line end before it.
const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/providers.toml"));

/// What is known about one provider. Strings may hold `{base_url}` and the other variables of [`Variable`];
/// `{/tenant}` stands for `/` and the tenant where there is one, and for nothing where not (RFC 6570 section 3.2.6).
#[derive(Debug, Default)]
pub struct Preset {
    /// Its name in a profile's `provider`.
    pub name: String,
    /// The provider's own name.
    pub title: String,
    /// What the person has to fill in.
    pub variables: Vec<Variable>,
    /// Keys that hold for every grant.
    pub settings: Vec<(&'static Key, Value)>,
    /// Keys for one grant, which win over `settings`.
    pub by_grant: Vec<(String, Vec<(&'static Key, Value)>)>,
    /// The `remedies` table as it is written: it is read when an error asks for it.
    remedies: &'static str,
    /// Another issuer text that the provider's metadata may carry.
    pub discovered_issuer: Option<String>,
    /// The client secret of an installed app is no secret at this provider, so a literal one gets no warning.
    pub public_secret: bool,
    /// The code exchange of an installed app wants a client secret at this provider too.
    pub confidential: bool,
    /// Keys that a person is asked for on a terminal, though they may be left out.
    pub asks: Vec<&'static Key>,
    /// An audience with this ending belongs to the issuer's own host (Auth0's Management API).
    pub own_audience: Option<String>,
}

/// Something that only the person knows.
#[derive(Debug)]
pub struct Variable {
    /// The profile key that holds it: `base_url`, `domain`, `region`, `tenant`, `realm`.
    pub key: &'static Key,
    /// `url`, `host`, `scope` or `word`.
    pub kind: String,
    /// The only legal values, where they are known.
    pub choices: Vec<String>,
    /// The value where the profile names none.
    pub default: Option<String>,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it looks like.
    pub example: String,
}

impl Preset {
    /// The preset of this name. Fails with `Config` and a suggestion.
    pub fn named(name: &str) -> Result<Preset> {
        let Some(text) = slice(TABLE, name) else {
            let hint = match nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("presets: {}; any other server: set `issuer`", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(Error::new(Kind::Config, format!("unknown provider `{}`", escape(name))).hint(hint));
        };
        let broken = |what: String| Error::new(Kind::Internal, format!("the preset `{name}` is broken: {what}"));
        let (text, remedies) = text.split_at(text.find(&format!("\n[{name}.remedies]")).unwrap_or(text.len()));
        let table = DeTable::parse(text).map_err(|error| broken(error.message().to_string()))?;
        let table = table.get_ref().get(name).and_then(|value| value.get_ref().as_table());
        let preset = read(name, table.ok_or_else(|| broken("no table".into()))?).map_err(broken)?;
        Ok(Preset { remedies, ..preset })
    }

    /// Checks a variable's value. Fails with `Config`.
    pub fn check(&self, variable: &Variable, value: &str) -> Result<String> {
        let key = variable.key.name;
        let wrong = |why: String| {
            Error::new(Kind::Config, format!("`{key}` of provider `{}` is `{}`, {why}", self.name, escape(value)))
                .hint(format!("{key} = \"{}\"", variable.example))
        };
        if !variable.choices.is_empty() {
            return match variable.choices.iter().any(|choice| choice == value) {
                true => Ok(value.to_string()),
                false => {
                    Err(wrong(format!("not one of {}", variable.choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))))
                }
            };
        }
        let legal = |extra: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c)) && !value.is_empty();
        match variable.kind.as_str() {
            // Whether it is https is checked with the endpoint that is made of it.
            "url" if value.contains("://") && !value.contains(['?', '#']) => Ok(value.trim_end_matches('/').to_string()),
            "url" => Err(wrong("not a URL such as https://…, without query and fragment".into())),
            "host" if legal(".-:") && !value.starts_with(['.', '-', ':']) => Ok(value.to_string()),
            "host" => Err(wrong("not a bare host name: no scheme, no path".into())),
            "scope" if legal(" .,:/_-") => Ok(value.to_string()),
            _ if legal("._-") && value != "." && value != ".." => Ok(value.to_string()),
            _ => Err(wrong("which has characters other than letters, digits, `.`, `_` and `-`".into())),
        }
    }

    /// The remedy for an error code under a grant, or for one of our own words: `no_refresh_token`, what to switch on; `register`, what to
    /// tell the provider of a sign-in, with `{redirect_uri}`; `scope`, what a sign-in may well ask for;
    /// `opaque`, why an access token cannot be read; `issuer`, why `iss` may be another.
    pub fn remedy(&self, grant: &str, code: &str) -> Option<String> {
        let table = DeTable::parse(self.remedies).ok()?;
        let all = table.get_ref().get(self.name.as_str())?.get_ref().as_table()?.get("remedies")?.get_ref().as_table()?;
        let own = all.get(grant).and_then(|codes| codes.get_ref().as_table()?.get(code));
        own.or_else(|| all.get(code))?.get_ref().as_str().map(str::to_string)
    }
}

/// The names of all presets, in the order of the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).filter(|name| !name.contains('.'))
}

/// Fills `{variable}` and `{/variable}` in. Fails with the name of a variable that has no value.
pub fn expand(template: &str, value: &dyn Fn(&str) -> Option<String>) -> std::result::Result<String, String> {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}').filter(|_| !before.ends_with('$')) else {
            text.push_str(before);
            text.push('{');
            rest = after;
            continue;
        };
        text.push_str(before);
        match (name.strip_prefix('/'), value(name.trim_start_matches('/'))) {
            (Some(_), Some(value)) => text.extend(["/", &value]),
            (Some(_), None) => {}
            (None, Some(value)) => text.push_str(&value),
            (None, None) => return Err(name.to_string()),
        }
        rest = behind;
    }
    text.push_str(rest);
    Ok(text)
}

/// The part of the table that belongs to one preset, so that a command parses one preset and not twenty.
fn slice<'t>(table: &'t str, name: &str) -> Option<&'t str> {
    let own = format!("\n[{name}]\n");
    let start = table.find(&own)?;
    let mut end = start + own.len();
    while let Some(next) = table[end..].find("\n[") {
        end += next;
        match table[end + 2..].strip_prefix(name).is_some_and(|rest| rest.starts_with('.')) {
            true => end += 2,
            false => return table.get(start..end),
        }
    }
    table.get(start..)
}

fn read(name: &str, table: &DeTable) -> std::result::Result<Preset, String> {
    let mut preset = Preset { name: name.to_string(), ..Preset::default() };
    let text = |value: &DeValue| value.as_str().map(str::to_string).ok_or("a string is missing".to_string());
    for (name, value) in table {
        let value = value.get_ref();
        match name.get_ref().as_ref() {
            "title" => preset.title = text(value)?,
            "discovered_issuer" => preset.discovered_issuer = Some(text(value)?),
            "own_audience" => preset.own_audience = Some(text(value)?),
            "confidential" => preset.confidential = value.as_bool().unwrap_or_default(),
            "asks" => {
                let names = value.as_array().ok_or("`asks` is no list")?;
                preset.asks = names.iter().filter_map(|name| Key::named(name.get_ref().as_str()?)).collect();
            }
            "public_secret" => preset.public_secret = value.as_bool().unwrap_or_default(),
            "variables" => {
                preset.variables =
                    pairs(value)?.into_iter().map(|(name, value)| variable(&name, &value)).collect::<std::result::Result<_, _>>()?
            }
            "with" => {
                for (grant, table) in value.as_table().ok_or("`with` is no table")? {
                    let table = table.get_ref().as_table().ok_or("`with` holds tables")?;
                    preset
                        .by_grant
                        .push((grant.get_ref().to_string(), settings(table.iter().map(|(k, v)| (k.get_ref().as_ref(), v.get_ref())))?));
                }
            }
            key => preset.settings.extend(settings([(key, value)])?),
        }
    }
    Ok(preset)
}

fn settings<'t, 'i: 't>(
    entries: impl IntoIterator<Item = (&'t str, &'t DeValue<'i>)>,
) -> std::result::Result<Vec<(&'static Key, Value)>, String> {
    let one = |(name, value): (&str, &DeValue)| {
        let key = Key::named(name).ok_or_else(|| format!("unknown key `{name}`"))?;
        Ok((key, key.read_toml(value).map_err(|expected| format!("`{name}` must be {expected}"))?))
    };
    entries.into_iter().map(one).collect()
}

/// A table as name and JSON value, in the table's order.
fn pairs(value: &DeValue) -> std::result::Result<Map<String, Json>, String> {
    let parameters = Key::named("token_params").ok_or("no parameters")?.read_toml(value)?;
    match parameters {
        Value::Parameters(map) => Ok(map),
        _ => Err("a table is missing".into()),
    }
}

fn variable(name: &str, value: &Json) -> std::result::Result<Variable, String> {
    let text = |field: &str| value.get(field).and_then(Json::as_str).map(str::to_string);
    Ok(Variable {
        key: Key::named(name).ok_or_else(|| format!("unknown variable `{name}`"))?,
        kind: text("kind").unwrap_or_else(|| "word".into()),
        choices: value
            .get("choices")
            .and_then(Json::as_array)
            .map(|c| c.iter().filter_map(Json::as_str).map(str::to_string).collect())
            .unwrap_or_default(),
        default: text("default"),
        optional: value.get("optional") == Some(&Json::Bool(true)),
        example: text("example").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::GRANTS;

    #[test]
    fn every_preset_can_be_read_and_says_who_it_is() {
        assert!(names().count() >= 20, "{}", names().count());
        let whole = DeTable::parse(TABLE).unwrap();
        assert_eq!(whole.get_ref().len(), names().count());
        for name in names() {
            let preset = Preset::named(name).unwrap();
            assert!(!preset.title.is_empty(), "{name}");
            let has = |key: &str| preset.settings.iter().any(|(k, _)| k.name == key);
            assert!(has("issuer") || has("token_endpoint"), "{name}");
            let told = whole.get_ref()[name].get_ref().as_table().unwrap().get("remedies");
            for (code, text) in told.map(|t| t.get_ref().as_table().unwrap()).into_iter().flatten() {
                match text.get_ref().as_table() {
                    None => assert_eq!(preset.remedy("any", code.get_ref()).as_deref(), text.get_ref().as_str(), "{name}"),
                    Some(codes) => {
                        let grant: &str = code.get_ref();
                        assert!(GRANTS.contains(&grant) || grant == "refresh_token", "{name}: {grant}");
                        for (code, text) in codes {
                            assert_eq!(preset.remedy(grant, code.get_ref()).as_deref(), text.get_ref().as_str(), "{name}");
                        }
                    }
                }
            }
            for variable in &preset.variables {
                assert!(preset.check(variable, &variable.example).is_ok(), "{name}.{}", variable.key.name);
            }
        }
    }

    #[test]
    fn every_template_of_a_preset_is_filled_by_its_own_variables() {
        for name in names() {
            let preset = Preset::named(name).unwrap();
            let value = |wanted: &str| preset.variables.iter().find(|v| v.key.name == wanted && !v.optional).map(|v| v.example.clone());
            let value = |wanted: &str| value(wanted).or_else(|| preset.variables.iter().any(|v| v.key.name == wanted).then(|| "x".into()));
            for (key, setting) in preset.settings.iter().chain(preset.by_grant.iter().flat_map(|(_, s)| s)) {
                if let Value::Text(text) = setting {
                    let filled = expand(text, &value).unwrap_or_else(|missing| panic!("{name}.{}: {missing}", key.name));
                    assert!(!filled.replace("${", "").contains('{'), "{name}.{}: {filled}", key.name);
                }
            }
        }
    }

    #[test]
    fn a_part_of_the_path_is_left_out_with_its_variable() {
        let with = |name: &str| (name == "tenant").then(|| "t1".to_string());
        assert_eq!(expand("https://a/auth2{/tenant}/x", &with).unwrap(), "https://a/auth2/t1/x");
        assert_eq!(expand("https://a/auth2{/tenant}/x", &|_| None).unwrap(), "https://a/auth2/x");
        assert_eq!(expand("{region}", &|_| None).unwrap_err(), "region");
        assert_eq!(expand("${HOME}/{tenant}", &with).unwrap(), "${HOME}/t1");
    }

    #[test]
    fn a_variable_that_would_leave_its_place_is_refused() {
        let auth0 = Preset::named("auth0").unwrap();
        let domain = &auth0.variables[0];
        for bad in ["https://t.auth0.com", "t.auth0.com/x", "a@b", "", "a b", "t.auth0.com?x"] {
            assert!(auth0.check(domain, bad).is_err(), "{bad}");
        }
        assert!(auth0.check(domain, "t.us.auth0.com").is_ok());
        assert!(Preset::named("auth").unwrap_err().hint.clone().unwrap().contains("auth0"));
    }
}
