//! What a session would do, found out without asking anyone: the same decision, and the same grant in a world that sends nothing.

use crate::error::{Error, Kind, Result};
use crate::oauth::grant::refresh_token::refresh_token;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::sign_in::refresh_parameters;
use crate::secret::RefreshToken;
use crate::session::credentials::Secrets;
use crate::session::decision::{Decision, Wish, enough, fresh, served_until};
use crate::session::fetch::not_granted;
use crate::session::remedy::login_required;
use crate::session::server::{ask, at_server};
use crate::session::subject::{Read, request};
use crate::session::{Seen, Session, switched_off};
use crate::store::Store;
use crate::store::record::CachedToken;
use crate::text::escape;
use crate::time::UnixTime;

/// What a session would do, and why.
pub struct Foresight {
    /// Use, refresh, fetch, or ask a person.
    pub decision: Decision,
    /// The token that is kept for this request, whether or not it would be used.
    pub kept: Option<CachedToken>,
    /// Why the kept token would be used, or would not, in words.
    pub why: String,
    /// How it would end before anything is sent, where it would.
    pub failure: Option<Error>,
}

/// What [`crate::session::token`] would do now. In `world`, which answers no request, the grant runs as far as it gets; `redacted` stands
/// for every secret.
pub fn foresee(plan: &Plan, wish: &Wish, store: &Store, world: &mut dyn World, redacted: &str) -> Foresight {
    let (typed, mut read) = (Secrets::default(), Read::new());
    let request = request(plan, store, world, &mut read);
    let mut session = Session { plan, wish, store, world, request, read, typed, apart: None, redacted: Some(redacted) };
    let now = session.world.now();
    let (seen, trouble) = match session.look() {
        Ok(seen) => (seen, if store.keeps() { None } else { Some(switched_off()) }),
        Err(error) => (Seen { token: None, signed_in: None, version: None, failure: None, foreign: false }, Some(error)),
    };
    let decision = session.decision(&seen, now);
    let why = why(&session, &seen, trouble.as_ref(), now);
    let failure = match decision {
        Decision::Use => None,
        Decision::LoginRequired if trouble.is_none() => Some(login_required(plan, seen.signed_in.as_ref(), now)),
        _ => session.known_to_be_too_short(seen.token.as_ref(), now).or_else(|| trouble.filter(|_| session.needs_store())),
    };
    let ended = match decision {
        _ if failure.is_some() => Ok(()),
        Decision::Fetch => session.fetch().map(drop),
        Decision::Refresh => session.refresh_foreseen(redacted),
        Decision::Use | Decision::LoginRequired => Ok(()),
    };
    // How it ends is known, for the world sends nothing; unless it ends before that, by what is not set up.
    let here = |error: &Error| matches!(error.kind, Kind::Config | Kind::LoginRequired | Kind::Store);
    let failure = failure.or(ended.err().filter(here));
    Foresight { decision, kept: seen.token, why, failure }
}

impl Session<'_> {
    /// A refresh as it goes out after a sign-in that asked for what the plan asks for now; the real one would be unsealed.
    fn refresh_foreseen(&mut self, redacted: &str) -> Result<()> {
        let (plan, credentials) = (self.plan, self.credentials()?);
        let parameters = refresh_parameters(plan, &self.request, None);
        at_server(plan, self.world, &mut |world, found| {
            let client = credentials.client(plan, found)?;
            refresh_token(world, &ask(plan, &found.token_endpoint, &client, &parameters), &RefreshToken::new(redacted)).map(drop)
        })
    }
}

/// Why the kept token would be used or not, in the order in which the session looks at it.
fn why(session: &Session, seen: &Seen, trouble: Option<&Error>, now: UnixTime) -> String {
    let (plan, wish) = (session.plan, session.wish);
    if let Some(error) = trouble {
        return error.to_string();
    }
    let Some(token) = &seen.token else {
        return match seen.foreign {
            true => "what is kept is of another server, client or grant".into(),
            false => "nothing is kept for this request".into(),
        };
    };
    if wish.force {
        return "`--force` wants a new one".into();
    }
    if let Some(told) = not_granted(plan, token).filter(|_| wish.require_scope) {
        return format!("`--require-scope`: {told}");
    }
    let (Some(end), Some(served)) = (token.expires_at, served_until(token, plan.leeway)) else { return "nobody knows when it ends".into() };
    if !fresh(token, now, plan.leeway) {
        return match () {
            () if token.received_at > now => format!("it is from {}, which is to come: the clock went back", token.received_at),
            () if end <= now => format!("it ended at {end}"),
            () => format!("it ends at {end}, and counts as ended {} before", end - served),
        };
    }
    match wish.min_ttl.filter(|_| !enough(token, now, wish)) {
        Some(least) => format!("it is good for {} s more, and `--min-ttl` asks for {} s", (end - now).0, least.0),
        None => format!("it is good until {end}, and used until {served}{}", scope_of(token)),
    }
}

fn scope_of(token: &CachedToken) -> String {
    token.scope.as_ref().map(|scope| format!(", with the scope `{}`", escape(scope))).unwrap_or_default()
}
