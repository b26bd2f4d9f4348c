//! The tokens that come of what was allowed (RFC 6749 section 5.1).

use serde_json::{Map, Value, json};

use crate::json::members;
use crate::sandbox::grant::Grant;
use crate::sandbox::http::Response;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::state::Sandbox;
use crate::sandbox::wanted::Wanted;
use crate::sandbox::{random, user};
use crate::secret::RefreshToken;
use crate::time::{Seconds, UnixTime};

/// How long ID tokens live, whatever the options say of access tokens: one that is born expired signs nobody in.
const ID_TOKEN_LIFETIME: Seconds = Seconds(3600);

impl Grant {
    /// The first answer of the token endpoint: where offline_access was allowed, with a refresh token.
    pub fn begin(&self, sandbox: &Sandbox, wanted: &Wanted, now: UnixTime) -> Result<Response, Refusal> {
        let mut refresh_token = None;
        if self.wanted.has("offline_access") {
            let mut ledger = sandbox.ledger.open()?;
            refresh_token = Some(ledger.sessions.begin(self, now + sandbox.refresh_lifetime, now)?);
            ledger.save()?;
        }
        self.answer(sandbox, wanted, refresh_token.as_ref(), now)
    }

    /// RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3. `wanted` is what was allowed, or less.
    pub fn answer(
        &self,
        sandbox: &Sandbox,
        wanted: &Wanted,
        refresh_token: Option<&RefreshToken>,
        now: UnixTime,
    ) -> Result<Response, Refusal> {
        let mut claims = wanted.claims(sandbox, &self.sub, now)?;
        claims.insert("sid".into(), json!(self.sid));
        let access_token = sandbox.access_tokens.issue(claims)?;
        let mut answer = json!({ "token_type": "Bearer", "expires_in": sandbox.lifetime.0.max(0) });
        if let Some(scope) = &wanted.scope {
            answer["scope"] = json!(scope);
        }
        if wanted.has("openid") {
            answer["id_token"] = json!(self.id_token(sandbox, wanted, &access_token, now)?);
        }
        if let Some(token) = refresh_token {
            answer["refresh_token"] = json!(token.expose());
            answer["refresh_token_expires_in"] = json!(sandbox.refresh_lifetime.0.max(0));
        }
        answer["access_token"] = json!(access_token);
        Ok(Response::json(200, &answer))
    }

    /// OpenID Connect Core section 2.
    fn id_token(&self, sandbox: &Sandbox, wanted: &Wanted, access_token: &str, now: UnixTime) -> Result<String, Refusal> {
        let mut claims = members([
            ("iss", json!(sandbox.issuer)),
            ("sub", json!(self.sub)),
            ("aud", json!(wanted.client.id())),
            ("iat", json!(now)),
            ("exp", json!(now + ID_TOKEN_LIFETIME)),
            ("auth_time", json!(self.auth_time)),
        ]);
        claims.extend(user::claims(&self.sub));
        if let Some(nonce) = &wanted.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        Ok(sandbox.access_tokens.id_token(claims, access_token)?)
    }
}

impl Wanted {
    /// The claims of an access token for `sub` (RFC 9068 section 2.2).
    pub fn claims(&self, sandbox: &Sandbox, sub: &str, now: UnixTime) -> Result<Map<String, Value>, Refusal> {
        let aud = match &self.targets[..] {
            [] => json!(sandbox.issuer),
            [one] => json!(one),
            several => json!(several),
        };
        let mut claims = members([
            ("iss", json!(sandbox.issuer)),
            ("sub", json!(sub)),
            ("client_id", json!(self.client.id())),
            ("aud", aud),
            ("iat", json!(now)),
            ("exp", json!(now + sandbox.lifetime)),
            ("jti", json!(random::name()?)),
        ]);
        if let Some(scope) = &self.scope {
            claims.insert("scope".into(), json!(scope));
        }
        Ok(claims)
    }
}
