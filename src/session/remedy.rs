//! What to do next, by provider, grant and profile.

use serde_json::Value;

use crate::error::{Error, Kind};
use crate::oauth::client_auth::{Client, Method};
use crate::oauth::grant::token_exchange::HandedIn;
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::SecretReference;
use crate::session::decision::Wish;
use crate::store::record::{CachedToken, SignedIn};
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// The remedy, per provider and per grant: at VeriCerts `invalid_grant` means a wrong grant_type.
pub fn remedied(error: Error, plan: &Plan, client: &Client) -> Error {
    let Some(code) = error.oauth_error.clone() else { return error };
    // Another issuer's assertion is no key that somebody could register.
    let by_key = client.proof.key.is_some() || client.method.by_tls();
    let asked = if by_key && matches!(code.as_str(), "invalid_client" | "unauthorized_client") { "client_key" } else { code.as_str() };
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), asked));
    let hint = match code.as_str() {
        // R51: nothing here is wrong, so nothing here is to be changed.
        _ if error.kind == Kind::Unavailable => own,
        "invalid_client" | "unauthorized_client" => {
            let asked = secret_question(plan, client);
            // RFC 6749 section 5.2: this client may not use this grant.
            let grant = (code == "unauthorized_client" && !plan.by_person()).then(|| allowed(plan));
            Some([own.or(grant), Some(asked)].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        "invalid_scope" => own.or_else(|| {
            Some(match plan.scope().filter(|scope| !scope.is_empty()) {
                Some(scope) => {
                    format!("the scope `{}` is not for this client; change `scope` in profile `{}`", escape(scope), plan.profile)
                }
                None => format!("the server wants a scope; set `scope` in profile `{}`", plan.profile),
            })
        }),
        "invalid_grant" | "invalid_request" if plan.subject.is_some() => own.or_else(|| Some(not_trusted(plan))),
        "invalid_target" => {
            own.or_else(|| Some(format!("is `resource` or `audience` of profile `{}` known to this server?", plan.profile)))
        }
        "access_denied" if plan.by_person() => own.or_else(|| {
            Some(format!("someone chose no, or an administrator has to allow this client first; `oat login {}` asks again", plan.profile))
        }),
        "invalid_grant" if plan.by_person() => own.or_else(|| {
            Some(format!("the code was used, had ended, or was for another client or redirect URI: oat login {}", plan.profile))
        }),
        // RFC 7523 section 3.1: what the client signed itself is not taken.
        "invalid_grant" if plan.grant == Grant::JwtBearer && client.proof.key.is_some() => own.or_else(|| {
            Some(format!(
                "{}; is this machine's clock right, and is who `sub` of assertion_claims names allowed?",
                key_question(plan, client)
            ))
        }),
        "unsupported_grant_type" | "invalid_grant" => own.or_else(|| Some(allowed(plan))),
        "invalid_request" => own.or_else(|| {
            Some("`-v` shows what was sent; some servers want token_request_body = \"json\", another client_auth, or an `audience`".into())
        }),
        _ => own.or_else(|| {
            Some(format!("`{code}` is the server's own word; its operator knows what it means for client `{}`", escape(&plan.client_id)))
        }),
    };
    error.hint_maybe(hint)
}

fn allowed(plan: &Plan) -> String {
    format!("is the grant {} allowed for this client at the server?", plan.grant.name())
}

/// A token was handed in, and the server does not take it: what it may dislike.
fn not_trusted(plan: &Plan) -> String {
    let what = match plan.grant {
        Grant::JwtBearer => {
            "is the assertion's iss trusted there, its aud the server's own name or token endpoint (RFC 7523 section 3), and its sub allowed?"
        }
        _ => "is the subject token's iss trusted there, its aud the one that is expected, its sub allowed, and `subject_token_type` right?",
    };
    format!("{what} `-v` shows what was sent")
}

/// With what the token says that was handed in: it is what people compare with the trust configuration.
pub fn with_claims(error: Error, subject: Option<&HandedIn>) -> Error {
    let told = subject.filter(|_| error.kind == Kind::Denied).and_then(|subject| crate::subject::told(&subject.token));
    let Some(told) = told else { return error };
    let hint = error.hint.as_ref().map(|hint| format!("{hint}; {told}")).unwrap_or(told);
    error.hint(hint)
}

fn secret_question(plan: &Plan, client: &Client) -> String {
    let by = client.method.name();
    match &plan.client_secret {
        _ if client.proof.assertion.is_some() => {
            format!(
                "profile `{}` sends an assertion of another issuer by {by}; does the server trust that issuer and subject for this client?",
                plan.profile
            )
        }
        _ if client.proof.key.is_some() => key_question(plan, client),
        _ if client.method.by_tls() => {
            let from = plan.client_certificate.as_ref().map(SecretReference::describe).unwrap_or_default();
            format!(
                "profile `{}` shows the certificate from {from} by {by}; is it the one that the server knows this client by?",
                plan.profile
            )
        }
        Some(reference) if client.method != Method::None => {
            format!(
                "profile `{}` sends client_secret from {} by {by}; is it this client's, and is `client_auth` what the server wants?",
                plan.profile,
                reference.describe()
            )
        }
        _ => format!("profile `{}` sends no client secret; does this client need one?", plan.profile),
    }
}

/// What an assertion said of itself, which the server compares with what it knows.
fn key_question(plan: &Plan, client: &Client) -> String {
    let proof = &client.proof;
    let from = plan.client_key.as_ref().map(SecretReference::describe).unwrap_or_default();
    let alg = proof.key.as_ref().map(|key| key.alg().name()).unwrap_or_default();
    let kid = match proof.header.get("kid").and_then(Value::as_str) {
        Some(kid) => format!("as the key `{}`", escape(kid)),
        None => "without a `kid` (client_key_id)".into(),
    };
    format!(
        "profile `{}` signs with {alg} by the key from {from}, {kid}, for the audience `{}` (assertion_audience); is its public half registered for this client?",
        plan.profile,
        escape(&proof.audience)
    )
}

/// A person has to sign in: why, and how.
pub fn login_required(plan: &Plan, signed_in: Option<&SignedIn>, now: UnixTime) -> Error {
    let profile = &plan.profile;
    let why = match signed_in {
        None => format!("nobody is signed in for profile `{profile}`"),
        Some(SignedIn { refresh_token_expires_at: Some(end), .. }) if *end <= now => {
            format!("the sign-in for profile `{profile}` ended: its refresh token was good until {end}, and nothing prolongs it")
        }
        Some(SignedIn { refresh_token: false, .. }) => {
            format!("the sign-in for profile `{profile}` has ended: its access token is over, and there is no refresh token")
        }
        Some(_) => format!("profile `{profile}` needs a new sign-in"),
    };
    Error::new(Kind::LoginRequired, why).hint(format!("oat login {profile}"))
}

/// The server takes the refresh token no more.
pub fn session_over(error: Error, plan: &Plan) -> Error {
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy("refresh_token", "invalid_grant")).map(|own| format!("; {own}"));
    let message = format!("the server takes the refresh token of profile `{}` no more: {}", plan.profile, error.message);
    error.of(Kind::LoginRequired).saying(|_| message).hint(format!("oat login {}{}", plan.profile, own.unwrap_or_default()))
}

/// R82: the answer to a refresh was lost.
pub fn maybe_rotated(error: Error, plan: &Plan) -> Error {
    if !error.in_doubt {
        return error;
    }
    let message = format!("{}; the server may have replaced the refresh token of profile `{}` all the same", error.message, plan.profile);
    error
        .saying(|_| message)
        .hint(format!("try again: the old one is kept and tried once more; if the server refuses it, `oat login {}`", plan.profile))
}

/// No refresh token came, though it was asked for: which switch is off.
pub fn no_refresh_token(plan: &Plan) -> String {
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), "no_refresh_token"));
    let switch = own.unwrap_or_else(|| {
        "does the server allow offline_access (refresh tokens) for this client, and does it want prompt = \"consent\" with it?".into()
    });
    format!("the server gave no refresh token for profile `{}`, though one was asked for: {switch}", plan.profile)
}

/// The server does not give a token that lives long enough.
pub fn too_short(plan: &Plan, token: &CachedToken, now: UnixTime, wish: &Wish) -> Error {
    let least = wish.min_ttl.unwrap_or(Seconds(0));
    let message = match token.expires_at {
        Some(end) => {
            format!("the server grants {} s, but --min-ttl asks for {} s", (end - token.received_at).0.max((end - now).0), least.0)
        }
        None => format!("the server does not say how long its token lives, but --min-ttl asks for {} s", least.0),
    };
    Error::new(Kind::Invalid, message)
        .hint(format!("ask for less, or have the lifetime of the tokens of profile `{}` raised at the server", plan.profile))
}
