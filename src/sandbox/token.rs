//! The token endpoint (RFC 6749 section 3.2).

use serde_json::json;

use crate::sandbox::clients::Client;
use crate::sandbox::desk::Answer;
use crate::sandbox::exchange;
use crate::sandbox::grant::Grant;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::pkce;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::sessions::Found;
use crate::sandbox::state::Sandbox;
use crate::sandbox::user::ALICE;
use crate::sandbox::wanted::Wanted;
use crate::secret::RefreshToken;
use crate::time::{Seconds, UnixTime};

/// RFC 8628 section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The values of `grant_type` that are granted.
pub const GRANT_TYPES: [&str; 6] =
    ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE, exchange::TOKEN_EXCHANGE, exchange::JWT_BEARER];

/// Hands out a token, or says why not.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    grant(sandbox, request, now).unwrap_or_else(|refusal| refusal.response())
}

fn grant(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<Response, Refusal> {
    let parameters = Parameters::read(request)?;
    let by_token = matches!(parameters.one("grant_type"), Some(exchange::TOKEN_EXCHANGE | exchange::JWT_BEARER));
    let client = match by_token && parameters.one("client_id").is_none() && !request.has_header("Authorization") {
        // RFC 8693 section 2.1 and RFC 7521 section 4.1: whose token is handed in need not be a client's.
        true => Client::Public,
        false => sandbox.clients.authenticate(request, &parameters)?,
    };
    match parameters.required("grant_type")? {
        "authorization_code" => authorization_code(sandbox, client, &parameters, now),
        "refresh_token" => refresh_token(sandbox, client, &parameters, now),
        "client_credentials" => client_credentials(sandbox, client, &parameters, now),
        DEVICE_CODE => device_code(sandbox, client, &parameters, now),
        exchange::TOKEN_EXCHANGE => exchange::token_exchange(sandbox, client, &parameters, now),
        exchange::JWT_BEARER => exchange::jwt_bearer(sandbox, client, &parameters, now),
        _ => Err(Refusal::new(Code::UnsupportedGrantType, format!("this sandbox grants {}", GRANT_TYPES.join(", ")))),
    }
}

/// RFC 6749 section 4.1.3.
fn authorization_code(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let code = parameters.required("code")?;
    let redirect_uri = parameters.required("redirect_uri")?;
    let grant = match redeemed(sandbox, client, code, redirect_uri, parameters, now)? {
        Redeemed::Now(grant) => grant,
        Redeemed::Before(sid) => {
            // Section 4.1.2: what came of it the first time is revoked.
            let mut ledger = sandbox.ledger.open()?;
            ledger.sessions.revoke(&sid, sandbox.last_access(now));
            ledger.save()?;
            sandbox.count("reuse");
            return Err(invalid_grant("the code was used before; the tokens that came of it are revoked"));
        }
    };
    let wanted = grant.wanted.chosen(parameters)?;
    grant.begin(sandbox, &wanted, now)
}

enum Redeemed {
    Now(Grant),
    /// The sign-in that came of it.
    Before(String),
}

/// A code is used up by the first request of its client, be it right or wrong.
fn redeemed(
    sandbox: &Sandbox,
    client: Client,
    code: &str,
    redirect_uri: &str,
    parameters: &Parameters,
    now: UnixTime,
) -> Result<Redeemed, Refusal> {
    let mut desk = sandbox.desk();
    let found = desk.codes.find(code, now).filter(|found| found.grant.wanted.client == client);
    let found = found.ok_or_else(|| invalid_grant("the code is unknown, too old or another client's"))?;
    if std::mem::replace(&mut found.used, true) {
        return Ok(Redeemed::Before(found.grant.sid.clone()));
    }
    if found.expires_at <= now {
        return Err(invalid_grant("the code has expired"));
    }
    if found.redirect_uri != redirect_uri {
        return Err(invalid_grant("redirect_uri is not that of the authorization request"));
    }
    pkce::check(found.challenge.as_deref(), parameters)?;
    Ok(Redeemed::Now(found.grant.clone()))
}

/// RFC 6749 section 6, with rotation (RFC 9700 section 4.14.2). A request that is refused rotates nothing.
fn refresh_token(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let presented = RefreshToken::new(parameters.required("refresh_token")?);
    let mut ledger = sandbox.ledger.open()?;
    let family = match ledger.sessions.find(&presented, client, sandbox.last_access(now), now) {
        Found::Current(family) => family,
        Found::Reused => {
            ledger.save()?;
            sandbox.count("reuse");
            return Err(invalid_grant("the refresh_token was used before; its whole family is revoked, so sign in again"));
        }
        Found::Foreign => return Err(invalid_grant("the refresh_token was issued to another client")),
        Found::Unknown => return Err(invalid_grant("the refresh_token is unknown, expired or revoked")),
    };
    let wanted = family.grant.wanted.chosen(parameters)?.narrowed(parameters)?;
    let next = family.rotate(&presented, now + sandbox.refresh_lifetime)?;
    let grant = family.grant.clone();
    ledger.save()?;
    let answer = grant.answer(sandbox, &wanted, Some(&next), now)?;
    sandbox.count("refresh");
    Ok(answer)
}

/// RFC 8628 section 3.4.
fn device_code(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let code = parameters.required("device_code")?;
    let mut desk = sandbox.desk();
    let device = desk.devices.find(code, now).filter(|device| device.wanted.client == client);
    let device = device.ok_or_else(|| invalid_grant("the device_code is unknown, used or another client's"))?;
    if device.expires_at <= now {
        return Err(Refusal::new(Code::ExpiredToken, "the device_code has expired"));
    }
    if sandbox.auto_approve && device.answer == Answer::None {
        device.answer = Answer::Allowed(Grant::new(device.wanted.clone(), ALICE, now)?);
    }
    let last = device.polled.replace(now);
    match device.answer.clone() {
        Answer::Denied => Err(Refusal::new(Code::AccessDenied, "the person said no")),
        Answer::None if last.is_some_and(|last| now - last < device.interval) => {
            // Section 3.5: for this and all later requests.
            device.interval = Seconds(device.interval.0 + 5);
            Err(Refusal::new(Code::SlowDown, format!("wait {} seconds between two requests", device.interval.0)))
        }
        Answer::None => Err(Refusal::new(Code::AuthorizationPending, "the person has not answered yet")),
        Answer::Allowed(grant) => {
            pkce::check(device.challenge.as_deref(), parameters)?;
            let wanted = grant.wanted.chosen(parameters)?;
            desk.devices.take(code, now);
            drop(desk);
            grant.begin(sandbox, &wanted, now)
        }
    }
}

/// RFC 6749 section 4.4. The RFC keeps this grant from public clients; here it lets a person try out the client
/// authentication `none`, and protects nothing.
fn client_credentials(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let wanted = Wanted::read(client, parameters)?;
    // A client that asks for itself is its own subject.
    let mut claims = wanted.claims(sandbox, client.id(), now)?;
    if let Some(organization) = parameters.one("organization") {
        // Auth0 names the claim so.
        claims.insert("org_id".into(), json!(organization));
    }
    let mut answer = json!({
        "access_token": sandbox.access_tokens.issue(claims)?,
        "token_type": "Bearer",
        "expires_in": sandbox.lifetime.0.max(0),
    });
    if let Some(scope) = wanted.scope {
        answer["scope"] = json!(scope);
    }
    Ok(Response::json(200, &answer))
}

fn invalid_grant(why: &str) -> Refusal {
    Refusal::new(Code::InvalidGrant, why)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::jose::jwk::Jwk;
    use crate::jose::jwt::Jwt;
    use crate::sandbox::access_token::TokenFormat;
    use crate::time::Seconds;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn asked(sandbox: &Sandbox, extra: &str) -> Response {
        let body = format!("grant_type=client_credentials{extra}");
        sandbox.respond(&Request::form("/token", &body).basic("sandbox:sandbox-secret"), NOW)
    }

    fn claims(extra: &str) -> Map<String, Value> {
        let response = asked(&Sandbox::of_test(|_| {}), extra);
        Jwt::decode(response.value()["access_token"].as_str().unwrap()).unwrap().claims
    }

    fn error(request: &Request) -> (u16, String) {
        let response = Sandbox::of_test(|_| {}).respond(request, NOW);
        (response.status, response.value()["error"].as_str().unwrap_or_default().to_string())
    }

    #[test]
    fn the_token_is_an_rfc_9068_jwt_that_verifies_against_the_published_keys() {
        let sandbox = Sandbox::of_test(|_| {});
        let response = asked(&sandbox, "&scope=read+write&audience=https%3A%2F%2Fapi.example.com");
        assert_eq!(response.status, 200);
        assert_eq!((response.header("Cache-Control"), response.header("Pragma")), (Some("no-store"), Some("no-cache")));
        let answer = response.value();
        assert_eq!(
            (&answer["token_type"], &answer["expires_in"], &answer["scope"]),
            (&json!("Bearer"), &json!(3600), &json!("read write"))
        );

        let keys = sandbox.respond(&Request::of("GET", "/jwks", &[], ""), NOW).value();
        let jwk = Jwk::parse(&keys["keys"][0]).unwrap();
        let mut jwt = Jwt::decode(answer["access_token"].as_str().unwrap()).unwrap();
        jwt.verify(&jwk).unwrap();
        assert_eq!(jwt.header["typ"], "at+jwt");
        assert_eq!(jwt.kid(), jwk.kid.as_deref());
        assert_eq!(jwt.claims.remove("jti").unwrap().as_str().unwrap().len(), 32);
        let expected = json!({
            "iss": "http://127.0.0.1:8417", "sub": "sandbox", "client_id": "sandbox", "aud": "https://api.example.com",
            "scope": "read write", "iat": 1_800_000_000, "exp": 1_800_003_600,
        });
        assert_eq!(Value::Object(jwt.claims), expected);
    }

    #[test]
    fn the_audience_is_what_was_asked_for_else_the_issuer() {
        assert_eq!(claims("")["aud"], "http://127.0.0.1:8417");
        assert_eq!(
            claims("&resource=https://a.example&resource=https://b.example")["aud"],
            json!(["https://a.example", "https://b.example"])
        );
        assert_eq!(claims("&audience=x&resource=urn:y&audience=x")["aud"], json!(["x", "urn:y"]));
        assert_eq!(claims("&organization=org_1")["org_id"], "org_1");
        assert!(!claims("").contains_key("scope") && !claims("").contains_key("org_id"));
    }

    #[test]
    fn a_json_body_gets_the_same_token_as_a_form() {
        let body = json!({
            "grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox-secret",
            "scope": "read", "resource": ["https://a.example", "https://b.example"],
        });
        let request = Request::of("POST", "/token", &[("Content-Type", "application/json")], &body.to_string());
        let response = Sandbox::of_test(|_| {}).respond(&request, NOW);
        let claims = Jwt::decode(response.value()["access_token"].as_str().unwrap()).unwrap().claims;
        assert_eq!((&claims["aud"], &claims["scope"]), (&json!(["https://a.example", "https://b.example"]), &json!("read")));
    }

    #[test]
    fn lifetime_and_format_are_those_of_the_options() {
        let sandbox = Sandbox::of_test(|options| {
            options.lifetime = Seconds(-5);
            options.token_format = TokenFormat::Opaque;
        });
        let answer = asked(&sandbox, "").value();
        assert_eq!(answer["expires_in"], 0);
        assert!(Jwt::decode(answer["access_token"].as_str().unwrap()).is_err());
        assert_ne!(answer["access_token"], asked(&sandbox, "").value()["access_token"]);
    }

    #[test]
    fn each_refusal_has_the_code_and_the_status_of_the_rfc() {
        let ours = |body: &str| Request::form("/token", body).basic("sandbox:sandbox-secret");
        let granted = "grant_type=client_credentials";
        for (request, status, code) in [
            (ours(""), 400, "invalid_request"),
            (ours("grant_type="), 400, "invalid_request"),
            (ours("grant_type=password"), 400, "unsupported_grant_type"),
            (ours("grant_type=client_credentials&grant_type=client_credentials"), 400, "invalid_request"),
            (ours(&format!("{granted}&scope=a%22b")), 400, "invalid_scope"),
            (ours(&format!("{granted}&scope=a++b")), 400, "invalid_scope"),
            (ours(&format!("{granted}&scope=%C3%A9")), 400, "invalid_scope"),
            (ours(&format!("{granted}&scope=a%0Ab")), 400, "invalid_scope"),
            (ours(&format!("{granted}&resource=relative")), 400, "invalid_target"),
            (ours(&format!("{granted}&resource=https://a.example/%23x")), 400, "invalid_target"),
            (Request::form("/token", granted), 401, "invalid_client"),
            (Request::form("/token", granted).basic("sandbox:wrong"), 401, "invalid_client"),
            (Request::of("POST", "/token", &[("Content-Type", "text/plain")], granted), 400, "invalid_request"),
            (Request::of("GET", "/token?grant_type=client_credentials", &[], ""), 405, "method_not_allowed"),
        ] {
            assert_eq!(error(&request), (status, code.to_string()), "{}", String::from_utf8_lossy(&request.body));
        }
        let public = Request::form("/token", &format!("{granted}&client_id=sandbox-public"));
        assert_eq!(Sandbox::of_test(|_| {}).respond(&public, NOW).status, 200);
    }
}
