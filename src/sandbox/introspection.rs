//! The introspection endpoint (RFC 7662).

use serde_json::{Value, json};

use crate::sandbox::clients::Client;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

/// Says whether a token is active, and if so what it says.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    introspect(sandbox, request, now).unwrap_or_else(|refusal| refusal.response())
}

fn introspect(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<Response, Refusal> {
    let parameters = Parameters::read(request)?;
    // Section 2.1: the caller has to be authorized, against token scanning.
    if sandbox.clients.authenticate(request, &parameters)? == Client::Public {
        return Err(Refusal::new(Code::InvalidClient, "introspection needs a client with a secret"));
    }
    let claims = sandbox.active(parameters.required("token")?, now)?;
    // Section 2.2: nothing is said about a token that is not active.
    let Some(mut claims) = claims else { return Ok(Response::json(200, &json!({ "active": false }))) };
    claims.insert("active".into(), json!(true));
    claims.insert("token_type".into(), json!("Bearer"));
    Ok(Response::json(200, &Value::Object(claims)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::access_token::TokenFormat;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn token(sandbox: &Sandbox) -> String {
        let request = Request::form("/token", "grant_type=client_credentials&scope=read").basic("sandbox:sandbox-secret");
        sandbox.respond(&request, NOW).value()["access_token"].as_str().unwrap().to_string()
    }

    fn introspected(sandbox: &Sandbox, token: &str, now: UnixTime) -> Value {
        let request = Request::form("/introspect", &format!("token={token}")).basic("sandbox:sandbox-secret");
        sandbox.respond(&request, now).value()
    }

    #[test]
    fn a_token_is_active_until_it_expires() {
        for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
            let sandbox = Sandbox::of_test(|options| options.token_format = format);
            let token = token(&sandbox);
            let active = introspected(&sandbox, &token, UnixTime(NOW.0 + 3599));
            assert_eq!((&active["active"], &active["scope"], &active["client_id"]), (&json!(true), &json!("read"), &json!("sandbox")));
            assert_eq!((&active["token_type"], &active["exp"]), (&json!("Bearer"), &json!(NOW.0 + 3600)));
            assert_eq!(introspected(&sandbox, &token, UnixTime(NOW.0 + 3600)), json!({ "active": false }));
        }
    }

    #[test]
    fn nothing_is_said_about_a_foreign_or_forged_token() {
        let sandbox = Sandbox::of_test(|_| {});
        let foreign = token(&Sandbox::of_test(|_| {}));
        let ours = token(&sandbox);
        let forged = format!("{}.{}", ours.rsplit_once('.').unwrap().0, foreign.rsplit_once('.').unwrap().1);
        for token in [&foreign, &forged, "garbage", "a.b.c", &"x".repeat(100_000)] {
            assert_eq!(introspected(&sandbox, token, NOW), json!({ "active": false }));
        }
    }

    #[test]
    fn who_asks_has_to_have_a_secret() {
        let sandbox = Sandbox::of_test(|_| {});
        for body in ["token=x", "token=x&client_id=sandbox-public", "token=x&client_id=sandbox&client_secret=wrong"] {
            let refused = sandbox.respond(&Request::form("/introspect", body), NOW);
            assert_eq!((refused.status, &refused.value()["error"]), (401, &json!("invalid_client")), "{body}");
        }
        let posted = "token=x&client_id=sandbox&client_secret=sandbox-secret";
        assert_eq!(sandbox.respond(&Request::form("/introspect", posted), NOW).status, 200);
        let without = Request::form("/introspect", "").basic("sandbox:sandbox-secret");
        let refused = sandbox.respond(&without, NOW);
        assert_eq!((refused.status, &refused.value()["error"]), (400, &json!("invalid_request")));
    }
}
