//! `oat login`: a person signs in, and nothing is printed on stdout.

use std::time::Duration;

use crate::cli::words::Login;
use crate::commands::house::House;
use crate::commands::status::entry;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::session::sign_in::{Report, Way, sign_in};
use crate::store::Store;
use crate::store::lock::Locked;
use crate::text::escape;
use crate::time::Seconds;
use crate::world::browser;
use crate::world::reception::{Manner, Opener};

/// How long a sign-in may take, unless told otherwise.
const PATIENCE: Seconds = Seconds(300);
/// After so many sign-ins that nobody answered, none begins by itself.
const UNANSWERED: u8 = 2;

/// Signs a person in.
pub fn login(house: &House, words: &Login) -> Result<()> {
    let (plan, config) = house.plan_of_person(&words.chosen)?;
    if !plan.by_person() {
        let (profile, grant) = (&plan.profile, plan.grant.name());
        return Err(Error::new(Kind::Usage, format!("profile `{profile}` has the grant {grant}, for which nobody signs in"))
            .hint(format!("oat token get {profile}")));
    }
    if words.auto_approve && !plan.sandbox {
        return Err(Error::new(Kind::Usage, "`--auto-approve` goes with the built-in profile `sandbox` only")
            .hint("oat login sandbox --auto-approve"));
    }
    let store = house.store(&config)?;
    // A person is here, so that the next sign-in may begin by itself again.
    if let Ok(Locked::Held(lock)) = store.lock_sign_in(&plan.profile, Duration::ZERO) {
        store.note_unanswered(&lock, 0);
    }
    let patience = patience(house, words.timeout)?;
    receive(house, &plan, &store, words, patience)
}

/// Signs a person in because `token get` needs it and may ask: with `--login` or `auto_login`, on a terminal, one at a time, and
/// not again where nobody answered twice. Fails with `error` where it may not.
pub fn in_between(house: &House, plan: &Plan, config: &Config, asked: bool, error: Error) -> Result<()> {
    if !plan.by_person() || !(asked || plan.settings.on("auto_login")) {
        return Err(error);
    }
    if !house.terminal.interactive() {
        house.terminal.trace(1, "no sign-in begins by itself, because there is no terminal");
        return Err(error);
    }
    let store = house.store(config)?;
    let patience = patience(house, None)?;
    let before = store.version(&plan.profile);
    let Locked::Held(lock) = store.lock_sign_in(&plan.profile, patience.duration())? else { return Err(error) };
    if store.version(&plan.profile) != before {
        // Someone signed in while this one waited.
        return Ok(());
    }
    let unanswered = store.unanswered(&plan.profile);
    if unanswered >= UNANSWERED {
        return Err(error.saying(|said| format!("{said}; nobody answered the last {unanswered} sign-ins, so none begins by itself")));
    }
    house.terminal.say(&error.message);
    // Noted before: whoever ends the wait with ctrl-c did not answer either.
    store.note_unanswered(&lock, unanswered + 1);
    let received = receive(house, plan, &store, &Login::default(), patience);
    if !received.as_ref().is_err_and(|error| error.kind == Kind::LoginRequired) {
        store.note_unanswered(&lock, 0);
    }
    received
}

fn receive(house: &House, plan: &Plan, store: &Store, words: &Login, patience: Seconds) -> Result<()> {
    let way =
        if words.device || (plan.grant == Grant::DeviceCode && !words.no_browser && !words.paste) { Way::Device } else { Way::Browser };
    let opener = opener(house, words);
    let why = if let Opener::Person(why) = &opener { format!(", without a browser of this machine: {why}") } else { String::new() };
    house
        .terminal
        .trace(1, &format!("signing in {}{why}", if way == Way::Device { "with a device code" } else { "by a redirect to this machine" }));
    let server = plan.issuer.as_ref().map(|issuer| issuer.endpoint()).or(plan.token_endpoint.as_ref()).map(Endpoint::host);
    let manner = Manner {
        profile: plan.profile.to_string(),
        server: server.unwrap_or_default().to_string(),
        opener,
        paste: words.paste,
        patience,
        hidden: house.secret_variables(plan),
    };
    let mut world = house.world_of(plan, words.auto_approve).receiving(manner);
    let report = sign_in(plan, way, store, &mut world);
    house.told_by(store);
    tell(house, plan, store, &report?, &world);
    Ok(())
}

/// Who opens the address.
fn opener(house: &House, words: &Login) -> Opener {
    let named = house.environment.get("BROWSER").is_some();
    match () {
        () if words.auto_approve => Opener::Itself,
        () if words.paste => Opener::Person("`--paste`".into()),
        () if words.no_browser => Opener::Person("`--no-browser`".into()),
        () if !named && house.environment.in_ci() => Opener::Person("this is CI".into()),
        () => browser::possible(&house.environment).map_or(Opener::Browser, Opener::Person),
    }
}

/// The flag, else `OAT_LOGIN_TIMEOUT`, else five minutes.
fn patience(house: &House, flag: Option<Seconds>) -> Result<Seconds> {
    let patience = match (flag, house.environment.get("OAT_LOGIN_TIMEOUT")) {
        (Some(length), _) => length,
        (None, None) => PATIENCE,
        (None, Some(text)) => Seconds::parse(&text).ok_or_else(|| {
            Error::new(Kind::Config, format!("OAT_LOGIN_TIMEOUT is `{}`, which is no length of time", escape(&text)))
                .hint("export OAT_LOGIN_TIMEOUT=300")
        })?,
    };
    match (1..=86_400).contains(&patience.0) {
        true => Ok(patience),
        false => Err(Error::new(Kind::Usage, "a sign-in may take 1 s to 24 h").hint("--timeout 5m")),
    }
}

/// Who signed in, until when, and where that is kept.
fn tell(house: &House, plan: &Plan, store: &Store, report: &Report, world: &dyn World) {
    let (now, signed_in) = (world.now(), &report.signed_in);
    if house.common.json {
        return house.terminal.object(&entry(plan.profile.as_str(), Some(signed_in), report.token.expires_at, store));
    }
    let who = signed_in.name.as_ref().or(signed_in.subject.as_ref()).map(|who| format!(" as {}", escape(who))).unwrap_or_default();
    let access = report.token.expires_at.map_or("of unknown lifetime".into(), |end| format!("for {}", end - now));
    let refresh = match (signed_in.refresh_token, signed_in.refresh_token_expires_at) {
        (true, Some(end)) => format!("refreshed in silence until {end}"),
        (true, None) => "refreshed in silence from then on".into(),
        (false, _) if report.offline || plan.issuer.is_none() => "no refresh token".into(),
        (false, _) => "no refresh token: the scope `offline_access` asks for one".into(),
    };
    let file = store.record_path(&plan.profile);
    house.terminal.say(&format!(
        "signed in to `{}`{who}; access token {access}, {refresh}; kept in `{}`, its key in {}",
        plan.profile,
        file.display(),
        store.place()
    ));
}
