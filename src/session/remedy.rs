//! What to do next, by provider, grant and profile.

use crate::error::{Error, Kind};
use crate::oauth::client_auth::{Client, Method};
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::session::decision::Wish;
use crate::store::record::CachedToken;
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// The remedy, per provider and per grant: at VeriCerts `invalid_grant` means a wrong grant_type.
pub fn remedied(error: Error, plan: &Plan, client: &Client) -> Error {
    let Some(code) = error.oauth_error.clone() else { return error };
    let own = plan.preset.as_ref().and_then(|preset| preset.remedy(plan.grant.name(), &code));
    let hint = match code.as_str() {
        // R51: nothing here is wrong, so nothing here is to be changed.
        _ if error.kind == Kind::Unavailable => own,
        "invalid_client" | "unauthorized_client" => {
            let asked = secret_question(plan, client);
            Some(own.map_or(asked.clone(), |own| format!("{own}; {asked}")))
        }
        "invalid_scope" => own.or_else(|| {
            Some(format!(
                "the scope `{}` is not for this client; change `scope` in profile `{}`",
                escape(plan.scope().unwrap_or_default()),
                plan.profile
            ))
        }),
        "invalid_target" => {
            own.or_else(|| Some(format!("is `resource` or `audience` of profile `{}` known to this server?", plan.profile)))
        }
        "unsupported_grant_type" | "invalid_grant" => {
            own.or_else(|| Some(format!("is the grant {} allowed for this client at the server?", plan.grant.name())))
        }
        "invalid_request" => own.or_else(|| {
            Some("`-v` shows what was sent; some servers want token_request_body = \"json\", another client_auth, or an `audience`".into())
        }),
        _ => own.or_else(|| {
            Some(format!("`{code}` is the server's own word; its operator knows what it means for client `{}`", escape(&plan.client_id)))
        }),
    };
    error.hint_maybe(hint)
}

fn secret_question(plan: &Plan, client: &Client) -> String {
    let by = client.method.name();
    match &plan.client_secret {
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

/// A person has to sign in, which this version cannot do.
pub fn login_required(plan: &Plan) -> Error {
    match plan.grant {
        Grant::AuthorizationCode | Grant::DeviceCode => {
            Error::new(Kind::LoginRequired, format!("profile `{}` needs a sign-in (grant {})", plan.profile, plan.grant.name()))
                .hint("this version of oat cannot sign a person in yet; for a machine's own token set grant = \"client_credentials\"")
        }
        _ => Error::new(
            Kind::Config,
            format!("the grant {} of profile `{}` is not there yet in this version of oat", plan.grant.name(), plan.profile),
        )
        .hint("set grant = \"client_credentials\""),
    }
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
