//! `oat token get --explain`: what would be used and sent, and why, without a request and without a secret.

use serde_json::{Map, Value, json};

use crate::cli::words::TokenGet;
use crate::commands::house::House;
use crate::commands::profile_show::{object, ordered, rows, secretive};
use crate::config::Config;
use crate::error::Result;
use crate::json::{self, members};
use crate::keys::{DEFAULTS, Key};
use crate::name::ProfileName;
use crate::oauth::token::plain;
use crate::oauth::world::Request;
use crate::output;
use crate::plan::Plan;
use crate::plan::choice::choose_by;
use crate::plan::draft::Draft;
use crate::plan::making::Making;
use crate::plan::setting::{Origin, Setting};
use crate::session::decision::{Decision, Wish};
use crate::session::foresight::{Foresight, foresee};
use crate::text::{escape, escape_whole, json_line};
use crate::world::rehearsal::REDACTED;

/// Headers whose values are no secrets.
const SHOWN_HEADERS: [&str; 2] = ["accept", "content-type"];

/// Tells everything. Where the profile makes no plan, what is known of it is told all the same, and then that is the failure.
pub fn explain(house: &House, words: &TokenGet, wish: &Wish) -> Result<()> {
    let config = house.config()?;
    let (name, by) = choose_by(&words.chosen, &config, &house.environment)?;
    let plan = house.plan_of(&words.chosen, &config);
    let settings = match &plan {
        Ok(plan) => plan.settings.all.clone(),
        Err(_) => Draft::known(&name, &words.chosen, Making::new(&config, &house.environment)),
    };
    let plan = match plan {
        // There is nothing to tell.
        Err(error) if settings.is_empty() => return Err(error),
        plan => plan,
    };
    let mut told = Told { json: house.common.json, ..Told::default() };
    told.profile(&name, by, &config, &with_defaults(settings));
    let outcome = plan.and_then(|plan| foreseen(house, words, &config, &plan, wish, &mut told));
    output::print(&told.finish())?;
    outcome
}

fn foreseen(house: &House, words: &TokenGet, config: &Config, plan: &Plan, wish: &Wish, told: &mut Told) -> Result<()> {
    let store = house.store(config)?;
    let mut world = house.rehearsal(plan);
    let foresight = foresee(plan, wish, &store, &mut world, REDACTED);
    let record = store.record_path(&plan.profile);
    told.store(&record.display().to_string(), &store.place(), store.place_name());
    told.decision(plan, &foresight, &words.to);
    let mut after_metadata = false;
    for request in &world.requests {
        told.request(request, after_metadata);
        // An identity endpoint is asked by GET too, and names none.
        after_metadata = request.url.url().path().contains("/.well-known/");
    }
    house.told_by(&store);
    world.warnings.iter().for_each(|warning| house.terminal.warn(warning));
    Ok(())
}

/// All settings in the order of the manual, with those that nobody made.
fn with_defaults(mut settings: Vec<Setting>) -> Vec<Setting> {
    for (name, text) in DEFAULTS {
        if let Some(key) = Key::named(name).filter(|key| !settings.iter().any(|setting| setting.key.name == key.name))
            && let Ok(value) = key.read(text)
        {
            settings.push(Setting { key, value, origin: Origin::Default });
        }
    }
    ordered(&settings)
}

/// What is told, as lines for people or as one object for programs.
#[derive(Default)]
struct Told {
    json: bool,
    lines: Vec<String>,
    object: Map<String, Value>,
    requests: Vec<Value>,
}

impl Told {
    fn line(&mut self, label: &str, text: &str) {
        self.lines.push(format!("{label:9} {text}"));
    }

    fn put(&mut self, name: &str, value: Value) {
        self.object.insert(name.into(), value);
    }

    fn profile(&mut self, name: &ProfileName, by: &str, config: &Config, settings: &[Setting]) {
        let path = config.path.display().to_string();
        self.put("profile", name.as_str().into());
        self.put("chosen_by", by.into());
        self.put("config_file", path.as_str().into());
        self.put("settings", Value::Object(object(settings)));
        self.line("profile", &format!("`{name}`, {by}; config file `{}`", escape_whole(&path)));
        self.lines.push("settings".into());
        self.lines.extend(rows(settings).iter().map(|row| format!("  {}", escape_whole(row))));
    }

    fn store(&mut self, record: &str, place: &str, name: &str) {
        self.put("store", Value::Object(members([("record", record.into()), ("key", name.into())])));
        match name {
            "none" => self.line("store", "nothing is kept"),
            _ => self.line("store", &format!("`{}`, its key in {}", escape_whole(record), escape_whole(place))),
        }
    }

    fn decision(&mut self, plan: &Plan, foresight: &Foresight, to: &[String]) {
        let used = foresight.decision == Decision::Use;
        let mut cache = members([("used", Value::from(used)), ("reason", foresight.why.as_str().into())]);
        if let Some(end) = foresight.kept.as_ref().and_then(|token| token.expires_at) {
            cache.insert("expires_at".into(), end.0.into());
        }
        self.put("cache", Value::Object(cache));
        self.line("cache", &format!("{}: {}", if used { "used" } else { "not used" }, foresight.why));
        let (name, text) = match foresight.decision {
            Decision::Use => ("use", "the kept token is handed out, and nothing is sent".into()),
            Decision::Refresh => ("refresh", "the refresh token of the last sign-in gets a new token".into()),
            Decision::Fetch => ("fetch", format!("the server is asked for a new token, by {}", plan.grant.name())),
            Decision::LoginRequired => ("login_required", String::new()),
        };
        self.put("decision", name.into());
        match &foresight.failure {
            None => self.line("then", &text),
            Some(error) => {
                self.put("failure", json!({"error": error.to_string(), "kind": error.kind.name(), "hint": error.hint}));
                self.line("then", &format!("exit code {}: {error}", error.kind.exit_code()));
                let hint = error.hint.as_ref().map(|hint| format!("{:9} {hint}", ""));
                self.lines.extend(hint);
            }
        }
        if !to.is_empty() {
            self.put("to", to.into());
            self.line("to", &escape_whole(&to.join(", ")));
        }
        if plan.sandbox && !used {
            self.line("server", "the embedded one, started on loopback for this command");
        }
    }

    /// A request, with every secret redacted. Behind one for metadata, its URL is not known yet.
    fn request(&mut self, request: &Request, after_metadata: bool) {
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let query = if request.url.url().query().is_some() { "?…" } else { "" };
        let url = format!("{}{query}", request.url);
        let shown = |name: &str, value: &str| if SHOWN_HEADERS.contains(&name) { value.to_string() } else { REDACTED.into() };
        let headers: Vec<(String, Value)> =
            request.headers.iter().map(|(name, value)| (name.to_string(), shown(name, value.expose()).into())).collect();
        let parameters = parameters(request);
        self.line("request", &match after_metadata {
            true => format!("{method} to the token_endpoint that it names; how the client proves itself follows from it too, unless `client_auth` says it"),
            false => format!("{method} {}", escape_whole(&url)),
        });
        self.lines.extend(headers.iter().map(|(name, value)| format!("  {name}: {}", escape(&plain(value)))));
        self.lines.extend(parameters.iter().map(|(name, value)| format!("  {} = {}", escape_whole(name), escape_whole(&plain(value)))));
        self.requests.push(json!({
            "method": method,
            "url": if after_metadata { Value::Null } else { url.into() },
            "headers": Value::Object(members(headers)),
            "parameters": parameters.into_iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        }));
    }

    fn finish(mut self) -> String {
        if !self.json {
            return self.lines.join("\n");
        }
        let requests = std::mem::take(&mut self.requests);
        self.put("requests", Value::Array(requests));
        json_line(&Value::Object(self.object))
    }
}

/// The parameters of a request's body, in the order in which they go out.
fn parameters(request: &Request) -> Vec<(String, Value)> {
    let Some(body) = request.body.as_ref().map(|body| body.expose().as_bytes()) else { return Vec::new() };
    let pairs: Vec<(String, Value)> = match json::pairs(body) {
        Ok(pairs) => pairs,
        Err(_) => url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect(),
    };
    let shown = |(name, value): (String, Value)| if secretive(&name) { (name, REDACTED.into()) } else { (name, value) };
    pairs.into_iter().map(shown).collect()
}
