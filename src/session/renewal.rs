//! A new token for the refresh token of a sign-in, with all that rotation asks for.

use crate::error::{Error, Kind, Result};
use crate::oauth::grant::refresh_token::refresh_token;
use crate::oauth::token::TokenSet;
use crate::plan::sign_in::{SignIn, refresh_parameters};
use crate::secret::{ClientSecret, RefreshToken};
use crate::session::fetch::cached;
use crate::session::id_token::{Before, checked, prepare};
use crate::session::remedy::{login_required, maybe_rotated, remedied, session_over};
use crate::session::server::{ask, at_server, client, identity, secret};
use crate::session::{Renewed, Session, Source};
use crate::store::record::{Access, LongLived, SignedIn};
use crate::time::{Seconds, UnixTime};

/// What the server gave for a refresh token.
struct Spent {
    answer: TokenSet,
    secret: Option<ClientSecret>,
}

impl Session<'_> {
    /// Spends the refresh token. What the server refuses is forgotten, unless another process has replaced it meanwhile.
    pub(super) fn refresh(&mut self) -> Result<Renewed> {
        let (long_lived, signed_in) = self.signed_in()?;
        let Some(token) = long_lived.refresh_token.clone() else {
            return Err(login_required(self.plan, Some(&signed_in), self.world.now()));
        };
        match self.spend(&token, &long_lived) {
            Ok(spent) => self.renewed_by(spent, long_lived, signed_in),
            Err(error) if error.oauth_error.as_deref() == Some("invalid_grant") => {
                let (now_kept, signed_in) = self.signed_in()?;
                match now_kept.refresh_token.clone() {
                    Some(newer) if newer != token => {
                        let spent = self.spend(&newer, &now_kept)?;
                        self.renewed_by(spent, now_kept, signed_in)
                    }
                    _ => {
                        self.forget_refresh_token(now_kept, signed_in)?;
                        Err(session_over(error, self.plan))
                    }
                }
            }
            Err(error) => Err(error),
        }
    }

    /// What the last sign-in left. Fails with `LoginRequired` where there is none of this identity.
    fn signed_in(&self) -> Result<(LongLived, SignedIn)> {
        let identity = identity(self.plan);
        let signed_in = self.access()?.signed_in;
        let long_lived = self.store.load_sealed(&self.plan.profile)?.filter(|long_lived| long_lived.identity == identity);
        match (long_lived, signed_in) {
            (Some(long_lived), Some(signed_in)) => Ok((long_lived, signed_in)),
            (_, signed_in) => Err(login_required(self.plan, signed_in.as_ref(), self.world.now())),
        }
    }

    fn spend(&mut self, token: &RefreshToken, long_lived: &LongLived) -> Result<Spent> {
        let plan = self.plan;
        let secret = secret(plan, self.store, self.world)?;
        let parameters = refresh_parameters(plan, &long_lived.asked, long_lived.redirect_uri.as_deref());
        if long_lived.id_token.is_some() {
            // The keys are at hand before the request: between its answer and the disk there is no time for more.
            prepare(plan, self.world);
        }
        let answer = at_server(plan, self.world, &mut |world, found| {
            let client = client(plan, found, secret.clone());
            let ask = ask(plan, &found.token_endpoint, &client, &parameters);
            refresh_token(world, &ask, token).map_err(|error| remedied(maybe_rotated(error, plan), plan, &client))
        })?;
        Ok(Spent { answer, secret })
    }

    /// What is kept of a refresh. An answer without a refresh token leaves the old one (RFC 6749 section 6).
    fn renewed_by(&mut self, spent: Spent, old: LongLived, signed_in: SignedIn) -> Result<Renewed> {
        let Spent { answer, secret } = spent;
        let sign_in = SignIn::of(self.plan)?;
        let now = self.world.now();
        let mut long_lived = LongLived { refresh_token: answer.refresh_token.clone().or(old.refresh_token), ..old };
        let expires_at = ends(&sign_in, &answer, now, signed_in.refresh_token_expires_at);
        let signed_in = SignedIn { refresh_token_expires_at: expires_at, refresh_token: true, ..signed_in };
        let before = Before { subject: signed_in.subject.as_deref(), secret: secret.as_ref(), ..Before::default() };
        match checked(self.plan, &sign_in, self.world, &answer, &before) {
            Ok(Some(_)) => long_lived.id_token = answer.id_token.clone(),
            // Nobody's identity is told by it, so the old one will do.
            Ok(None) => {}
            Err(error) if error.kind == Kind::Unavailable => {}
            Err(error) => return Err(self.keep_session_only(error, long_lived, signed_in)),
        }
        let token = cached(self.plan, self.world, answer);
        if let Some(told) = self.not_granted(&token).filter(|_| !self.wish.require_scope) {
            self.world.warn(&told);
        }
        Ok(Renewed { token, source: Source::Refreshed, session: Some((long_lived, signed_in)) })
    }

    /// The answer does not hold, but its refresh token may be the only one that still works.
    fn keep_session_only(&mut self, error: Error, long_lived: LongLived, signed_in: SignedIn) -> Error {
        match self.save_session(long_lived, signed_in) {
            Ok(()) => error,
            Err(second) => Error { message: format!("{}; and the new refresh token was not kept: {second}", error.message), ..error },
        }
    }

    fn forget_refresh_token(&mut self, long_lived: LongLived, signed_in: SignedIn) -> Result<()> {
        self.save_session(LongLived { refresh_token: None, ..long_lived }, SignedIn { refresh_token: false, ..signed_in })
    }

    fn save_session(&mut self, long_lived: LongLived, signed_in: SignedIn) -> Result<()> {
        let access = Access { signed_in: Some(signed_in), ..self.access()? };
        self.store.save(&self.plan.profile, None, &access, Some(&long_lived))
    }
}

/// When the refresh token ends. A profile's `refresh_token_lifetime` counts from the sign-in and no refresh moves it, unless it is
/// said to slide (ABBYY: 30 days from the first authentication); else the server's own word counts.
pub fn ends(sign_in: &SignIn, answer: &TokenSet, now: UnixTime, before: Option<UnixTime>) -> Option<UnixTime> {
    let told = |length: Seconds| now + length;
    match (sign_in.refresh_token_lifetime, before) {
        (Some((length, sliding)), before) if sliding || before.is_none() => {
            [Some(told(length)), answer.refresh_token_lifetime.map(told)].into_iter().flatten().min()
        }
        (Some(_), before) => before,
        (None, before) => answer.refresh_token_lifetime.map(told).or(before),
    }
}
