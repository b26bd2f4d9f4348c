//! A new token for the refresh token of a sign-in, with all that rotation asks for.

use crate::error::{Error, Kind, Result};
use crate::oauth::grant::refresh_token::refresh_token;
use crate::oauth::token::TokenSet;
use crate::plan::sign_in::{SignIn, refresh_parameters};
use crate::secret::RefreshToken;
use crate::session::credentials::Credentials;
use crate::session::fetch::{cached, not_granted};
use crate::session::id_token::{Before, checked, prepare};
use crate::session::remedy::{login_required, maybe_rotated, remedied, session_over};
use crate::session::server::{ask, at_server, identity};
use crate::session::{Renewed, Session, Source};
use crate::store::record::{Access, LongLived, SignedIn};
use crate::time::UnixTime;

/// What the server gave for a refresh token.
struct Spent {
    answer: TokenSet,
    credentials: Credentials,
}

impl Session<'_> {
    /// Spends the refresh token. What the server refuses is forgotten, unless another process has replaced it meanwhile.
    pub(super) fn refresh(&mut self) -> Result<Renewed> {
        // What is wrong in the profile is told while nothing is spent.
        let sign_in = SignIn::of(self.plan)?;
        let mut refused: Option<(RefreshToken, Error)> = None;
        // Each turn needs a refresh token that was not there in the turn before.
        loop {
            let (long_lived, signed_in) = self.signed_in()?;
            let Some(token) = long_lived.refresh_token.clone() else {
                return Err(login_required(self.plan, Some(&signed_in), self.world.now()));
            };
            if let Some((spent, error)) = refused.take()
                && spent == token
            {
                return Err(self.session_over(error, long_lived, signed_in));
            }
            match self.spend(&token, &long_lived, &sign_in) {
                Ok(spent) => return self.renewed_by(spent, &sign_in, long_lived, signed_in),
                Err(error) if error.kind == Kind::Denied && error.oauth_error.as_deref() == Some("invalid_grant") => {
                    refused = Some((token, error));
                }
                Err(error) => return Err(error),
            }
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

    fn spend(&mut self, token: &RefreshToken, long_lived: &LongLived, sign_in: &SignIn) -> Result<Spent> {
        let plan = self.plan;
        plan.warnings.iter().for_each(|warning| self.world.warn(warning));
        let credentials = Credentials::read(plan, self.store, self.world, &self.typed)?;
        let parameters = refresh_parameters(plan, &long_lived.asked, long_lived.redirect_uri.as_deref());
        if long_lived.id_token.is_some() {
            // The keys are at hand before the request: between its answer and the disk there is no time for more.
            prepare(plan, sign_in, self.world);
        }
        let answer = at_server(plan, self.world, &mut |world, found| {
            let client = credentials.client(plan, found)?;
            let ask = ask(plan, &found.token_endpoint, &client, &parameters);
            refresh_token(world, &ask, token).map_err(|error| remedied(maybe_rotated(error, plan), plan, &client))
        })?;
        Ok(Spent { answer, credentials })
    }

    /// What is kept of a refresh. An answer without a refresh token leaves the old one (RFC 6749 section 6).
    fn renewed_by(&mut self, spent: Spent, sign_in: &SignIn, old: LongLived, mut signed_in: SignedIn) -> Result<Renewed> {
        let Spent { answer, credentials } = spent;
        let now = self.world.now();
        let mut long_lived = LongLived { refresh_token: answer.refresh_token.clone().or(old.refresh_token), ..old };
        signed_in.refresh_token_expires_at = ends(sign_in, &answer, now, signed_in.at, signed_in.refresh_token_expires_at);
        let before = Before { subject: signed_in.subject.as_deref(), secret: credentials.secret.as_ref(), ..Before::default() };
        match checked(self.plan, sign_in, self.world, &answer, &before) {
            Ok(Some(claims)) => {
                long_lived.id_token = answer.id_token.clone();
                // The sign-in may have had no ID token; from the first one on it is this person's.
                if signed_in.subject.is_none() {
                    (signed_in.subject, signed_in.name) = (Some(claims.subject), claims.name);
                }
            }
            // Nobody's identity is told by it, so the old one will do.
            Ok(None) => {}
            // The keys cannot be had now; what was asked for is the access token, and who it is for was checked at the sign-in.
            Err(error) if error.kind == Kind::Unavailable => {}
            // The answer does not hold, but its refresh token may be the only one that still works.
            Err(error) => return Err(self.with_session_kept(error, long_lived, signed_in)),
        }
        if let Err(error) = credentials.bound(&answer) {
            return Err(self.with_session_kept(error, long_lived, signed_in));
        }
        let token = cached(self.plan, self.world, answer);
        if let Some(told) = not_granted(self.plan, &token).filter(|_| !self.wish.require_scope) {
            self.world.warn(&told);
        }
        Ok(Renewed { token, source: Source::Refreshed, session: Some((long_lived, signed_in)) })
    }

    /// The server takes the refresh token no more: it alone is forgotten, for the access tokens may still be good.
    fn session_over(&mut self, error: Error, long_lived: LongLived, signed_in: SignedIn) -> Error {
        let signed_in = SignedIn { refresh_token: false, refresh_token_expires_at: None, ..signed_in };
        self.with_session_kept(session_over(error, self.plan), LongLived { refresh_token: None, ..long_lived }, signed_in)
    }

    /// The error, after what is left of the session was kept.
    fn with_session_kept(&mut self, error: Error, long_lived: LongLived, signed_in: SignedIn) -> Error {
        let kept = self.access().and_then(|access| {
            let access = Access { signed_in: Some(signed_in), ..access };
            self.store.save(&self.plan.profile, None, &access, Some(&long_lived))
        });
        match kept {
            Ok(()) => error,
            Err(second) => error.saying(|said| format!("{}; and what is left of the sign-in was not kept: {second}", said)),
        }
    }
}

/// When the refresh token ends that an answer left, with what was known before. A profile's `refresh_token_lifetime` counts from the
/// sign-in and no refresh moves it, unless it is said to slide (ABBYY: 30 days from the first authentication); a server that names
/// an earlier end is believed, and where the profile says nothing, its word alone counts.
pub fn ends(sign_in: &SignIn, answer: &TokenSet, now: UnixTime, signed_in_at: UnixTime, before: Option<UnixTime>) -> Option<UnixTime> {
    let told = answer.refresh_token_lifetime.map(|length| now + length);
    match sign_in.refresh_token_lifetime {
        Some((length, true)) => [Some(now + length), told].into_iter().flatten().min(),
        Some((length, false)) => [Some(signed_in_at + length), told, before].into_iter().flatten().min(),
        None => told.or(before),
    }
}
