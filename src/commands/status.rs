//! `oat status`: every session at a glance, without asking a server.

use serde_json::{Value, json};

use crate::cli::words::Chosen;
use crate::commands::house::House;
use crate::config::Config;
use crate::error::Result;
use crate::json::members;
use crate::name::ProfileName;
use crate::output;
use crate::plan::Plan;
use crate::session::server::identity;
use crate::store::Store;
use crate::store::record::{Identity, SignedIn};
use crate::text::{escape, json_line};
use crate::time::UnixTime;
use crate::world;

/// Shows the profiles of the file, and whatever else something is kept for.
pub fn status(house: &House) -> Result<()> {
    let config = house.config()?;
    let store = house.store(&config)?;
    let mut names: Vec<ProfileName> = config.profiles.iter().map(|profile| profile.name.clone()).collect();
    let others: Vec<ProfileName> = store.profiles()?.into_iter().filter(|name| !names.contains(name)).collect();
    names.extend(others);
    let rows: Vec<Row> = names.iter().map(|name| row(name, &store, identity_of(house, &config, name).as_ref())).collect();
    house.told_by(&store);
    if house.common.json {
        let profiles: Vec<Value> =
            rows.iter().map(|row| entry(row.profile.as_str(), row.signed_in.as_ref(), row.access_token_expires_at, &store)).collect();
        return output::print(&json_line(&json!({ "profiles": profiles })));
    }
    if rows.is_empty() {
        house.terminal.say("no profile yet; `oat profile add NAME --issuer URL` writes one, `oat login sandbox` tries it out");
        return Ok(());
    }
    output::print(&format!("{}\n\nkey: {}", table(&rows, world::now()), store.place()))
}

struct Row {
    profile: ProfileName,
    signed_in: Option<SignedIn>,
    access_token_expires_at: Option<UnixTime>,
    /// Why nothing can be said.
    unreadable: Option<String>,
}

/// Whose tokens a profile would use now; None where it is not in the file, or makes no plan.
fn identity_of(house: &House, config: &Config, name: &ProfileName) -> Option<Identity> {
    config.profile(name.as_str())?;
    let chosen = Chosen { profile: Some(name.to_string()), ..Chosen::default() };
    Plan::make(&chosen, config, &house.environment).ok().map(|plan| identity(&plan))
}

/// What is kept for a profile; what another identity left is not this one's.
fn row(name: &ProfileName, store: &Store, identity: Option<&Identity>) -> Row {
    match store.load_access(name) {
        Ok(loaded) => {
            let own = loaded.access.filter(|access| identity.is_none_or(|identity| *identity == access.identity));
            let (signed_in, tokens) = own.map(|access| (access.signed_in, access.tokens)).unwrap_or_default();
            let end = tokens.iter().filter_map(|token| token.expires_at).max();
            Row { profile: name.clone(), signed_in, access_token_expires_at: end, unreadable: None }
        }
        Err(error) => {
            Row { profile: name.clone(), signed_in: None, access_token_expires_at: None, unreadable: Some(error.message.clone()) }
        }
    }
}

/// One session as JSON; what is not there is left out.
pub fn entry(profile: &str, signed_in: Option<&SignedIn>, access_token_expires_at: Option<UnixTime>, store: &Store) -> Value {
    let mut entry = members([
        ("profile".to_string(), json!(profile)),
        ("signed_in".to_string(), json!(signed_in.is_some_and(|signed_in| lives(signed_in, access_token_expires_at, world::now())))),
        ("store".to_string(), json!(store.place_name())),
    ]);
    let mut put = |name: &str, value: Option<Value>| drop(value.map(|value| entry.insert(name.into(), value)));
    put("subject", signed_in.and_then(|signed_in| signed_in.subject.as_deref()).map(Value::from));
    put("name", signed_in.and_then(|signed_in| signed_in.name.as_deref()).map(Value::from));
    put("access_token_expires_at", access_token_expires_at.map(|end| end.0.into()));
    put("refresh_token_expires_at", signed_in.and_then(|signed_in| signed_in.refresh_token_expires_at).map(|end| end.0.into()));
    Value::Object(entry)
}

/// Whether tokens can be had without a new sign-in.
fn lives(signed_in: &SignedIn, access_token_expires_at: Option<UnixTime>, now: UnixTime) -> bool {
    let refreshed = signed_in.refresh_token && signed_in.refresh_token_expires_at.is_none_or(|end| end > now);
    refreshed || access_token_expires_at.is_some_and(|end| end > now)
}

fn table(rows: &[Row], now: UnixTime) -> String {
    let mut cells = vec![["PROFILE".to_string(), "SIGNED IN AS".into(), "ACCESS TOKEN".into(), "REFRESH TOKEN".into()]];
    for row in rows {
        let who = match (&row.signed_in, &row.unreadable) {
            (_, Some(why)) => escape(why),
            (Some(signed_in), _) => signed_in.name.as_ref().or(signed_in.subject.as_ref()).map_or("somebody".into(), |who| escape(who)),
            (None, _) => "-".into(),
        };
        let left = |end: Option<UnixTime>| end.map(|end| if end > now { format!("{} left", end - now) } else { "ended".into() });
        let refresh = row.signed_in.as_ref().map(|signed_in| match signed_in.refresh_token {
            false => "none".into(),
            true => left(signed_in.refresh_token_expires_at).unwrap_or_else(|| "yes".into()),
        });
        cells.push([
            row.profile.to_string(),
            who,
            left(row.access_token_expires_at).unwrap_or_else(|| "-".into()),
            refresh.unwrap_or_else(|| "-".into()),
        ]);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())));
        format!("{}  {}", padded.collect::<Vec<_>>().join("  "), row[3])
    };
    cells.iter().map(line).collect::<Vec<_>>().join("\n")
}
