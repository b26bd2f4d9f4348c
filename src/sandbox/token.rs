//! The token endpoint (RFC 6749 section 3.2).

use serde_json::{Map, Value, json};

use crate::sandbox::clients::Client;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::random;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

/// The values of `grant_type` that are granted.
pub const GRANT_TYPES: [&str; 1] = ["client_credentials"];

/// Hands out a token, or says why not.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    sandbox.count_token_request();
    grant(sandbox, request, now).unwrap_or_else(|refusal| refusal.response())
}

fn grant(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<Response, Refusal> {
    let parameters = Parameters::read(request)?;
    let client = sandbox.clients.authenticate(request, &parameters)?;
    match parameters.required("grant_type")? {
        "client_credentials" => client_credentials(sandbox, client, &parameters, now),
        _ => Err(Refusal::new(Code::UnsupportedGrantType, format!("this sandbox grants {}", GRANT_TYPES.join(", ")))),
    }
}

/// RFC 6749 section 4.4. The RFC keeps this grant from public clients; here it lets a person try out the client
/// authentication `none`, and protects nothing.
fn client_credentials(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let scope = parameters.one("scope").map(scope).transpose()?;
    let mut claims = access_token_claims(sandbox, client, now)?;
    claims.insert("aud".into(), audience(sandbox, parameters)?);
    if let Some(scope) = scope {
        claims.insert("scope".into(), json!(scope));
    }
    if let Some(organization) = parameters.one("organization") {
        // Auth0 names the claim so.
        claims.insert("org_id".into(), json!(organization));
    }
    let mut answer = json!({
        "access_token": sandbox.access_tokens.issue(claims)?,
        "token_type": "Bearer",
        "expires_in": sandbox.lifetime.0.max(0),
    });
    if let Some(scope) = scope {
        answer["scope"] = json!(scope);
    }
    Ok(Response::json(200, &answer))
}

/// RFC 9068 section 2.2; a client that asks for itself is its own subject.
fn access_token_claims(sandbox: &Sandbox, client: Client, now: UnixTime) -> Result<Map<String, Value>, Refusal> {
    Ok(Map::from_iter([
        ("iss".into(), json!(sandbox.issuer)),
        ("sub".into(), json!(client.id())),
        ("client_id".into(), json!(client.id())),
        ("iat".into(), json!(now)),
        ("exp".into(), json!(now + sandbox.lifetime)),
        ("jti".into(), json!(random::name()?)),
    ]))
}

/// What was asked for in `audience` and `resource`, each once: a string, or an array of several; else the issuer.
fn audience(sandbox: &Sandbox, parameters: &Parameters) -> Result<Value, Refusal> {
    let mut audience: Vec<&str> = Vec::new();
    for resource in parameters.several("resource") {
        // RFC 8707 section 2: an absolute URI without a fragment.
        if !url::Url::parse(resource).is_ok_and(|url| url.fragment().is_none()) {
            return Err(Refusal::new(Code::InvalidTarget, "resource has to be an absolute URI without a fragment"));
        }
    }
    for wanted in parameters.several("audience").chain(parameters.several("resource")) {
        if !audience.contains(&wanted) {
            audience.push(wanted);
        }
    }
    Ok(match audience[..] {
        [] => json!(sandbox.issuer),
        [one] => json!(one),
        _ => json!(audience),
    })
}

/// RFC 6749 section 3.3: words of printable ASCII without `"` and `\`, one space between two.
fn scope(text: &str) -> Result<&str, Refusal> {
    let legal = |word: &str| !word.is_empty() && word.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if text.split(' ').all(legal) {
        return Ok(text);
    }
    Err(Refusal::new(Code::InvalidScope, "scope has a character that is not allowed, or a space too many"))
}

#[cfg(test)]
mod tests {
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
