//! Tokens for tokens: token exchange (RFC 8693), a JWT as the grant (RFC 7523 section 2.1), and the CI job whose token can be tried.

use serde_json::{Map, Value, json};

use crate::json::members;
use crate::sandbox::clients::Client;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::random;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::sandbox::wanted::Wanted;
use crate::time::{Seconds, UnixTime};

/// RFC 8693 section 2.1.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// RFC 7523 section 2.1.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Where a job of the sandbox's own CI asks for its token, as GitHub Actions has it.
pub const CI: &str = "/ci";
/// What lets it ask. It is public and worth nothing.
pub const CI_TOKEN: &str = "sandbox-ci";

/// RFC 8693 section 3: what stands before the names of types.
const TYPE: &str = "urn:ietf:params:oauth:token-type:";
/// How long a job's token lives.
const JOB: Seconds = Seconds(300);

/// RFC 8693 section 2: a token of this server, or of its CI, for another.
pub fn token_exchange(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let subject = party(sandbox, parameters, "subject", now)?;
    let has_actor = ["actor_token", "actor_token_type"].iter().any(|name| parameters.one(name).is_some());
    let actor = if has_actor { Some(party(sandbox, parameters, "actor", now)?) } else { None };
    let requested = parameters.one("requested_token_type").unwrap_or("urn:ietf:params:oauth:token-type:access_token");
    if !matches!(requested.strip_prefix(TYPE), Some("access_token" | "jwt")) {
        return Err(invalid("requested_token_type has to be that of an access_token, or a jwt"));
    }
    answer(sandbox, client, parameters, &subject, actor, Some(requested), now)
}

/// RFC 7523 sections 2.1 and 3.
pub fn jwt_bearer(sandbox: &Sandbox, client: Client, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    let refused = |why: &str| Refusal::new(Code::InvalidGrant, why);
    let claims = sandbox.access_tokens.signed(parameters.required("assertion")?, now);
    let claims = claims.ok_or_else(|| refused("the assertion is not signed by this server or its CI, or it has expired"))?;
    let own = [sandbox.issuer.clone(), sandbox.url("/token")];
    let named = |aud: &Value| aud.as_str().is_some_and(|aud| own.iter().any(|own| own == aud));
    let for_us = claims.get("aud").is_some_and(|aud| named(aud) || aud.as_array().is_some_and(|all| all.iter().any(named)));
    if !for_us {
        return Err(refused("aud of the assertion has to be the issuer or the token endpoint of this server"));
    }
    answer(sandbox, client, parameters, &sub(&claims), None, None, now)
}

/// A token for `subject`, with whoever acts for it in `act` (RFC 8693 section 4.1).
fn answer(
    sandbox: &Sandbox,
    client: Client,
    parameters: &Parameters,
    subject: &str,
    actor: Option<String>,
    requested: Option<&str>,
    now: UnixTime,
) -> Result<Response, Refusal> {
    let wanted = Wanted::read(client, parameters)?;
    let mut claims = wanted.claims(sandbox, subject, now)?;
    if let Some(actor) = actor {
        claims.insert("act".into(), json!({ "sub": actor }));
    }
    let mut answer = json!({
        "access_token": sandbox.access_tokens.issue(claims)?,
        "token_type": "Bearer",
        "expires_in": sandbox.lifetime.0.max(0),
    });
    if let Some(requested) = requested {
        answer["issued_token_type"] = json!(requested);
    }
    if let Some(scope) = wanted.scope {
        answer["scope"] = json!(scope);
    }
    Ok(Response::json(200, &answer))
}

/// Whose token was handed in. Section 2.2.2: whatever is wrong with it is an invalid_request.
fn party(sandbox: &Sandbox, parameters: &Parameters, whose: &str, now: UnixTime) -> Result<String, Refusal> {
    let token = parameters.required(&format!("{whose}_token"))?;
    let kind = parameters.required(&format!("{whose}_token_type"))?.strip_prefix(TYPE);
    let claims = match kind {
        Some("access_token") => sandbox.active(token, now)?,
        Some("jwt") => sandbox.active(token, now)?.or_else(|| sandbox.access_tokens.signed(token, now)),
        Some("id_token") => sandbox.access_tokens.signed(token, now),
        _ => return Err(invalid(format!("{whose}_token_type has to be that of an access_token, an id_token or a jwt"))),
    };
    claims.map(|claims| sub(&claims)).ok_or_else(|| invalid(format!("the {whose}_token is none of this server or its CI, or it has ended")))
}

fn sub(claims: &Map<String, Value>) -> String {
    claims.get("sub").and_then(Value::as_str).unwrap_or_default().into()
}

/// A job's token, as GitHub Actions gives it: docs.github.com, "OpenID Connect reference".
pub fn ci(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    let credentials = request.header("Authorization").unwrap_or_default();
    let (scheme, token) = credentials.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || token != CI_TOKEN {
        return Response::json(401, &json!({ "message": "the Authorization header has to be: bearer sandbox-ci" }));
    }
    let asked = url::form_urlencoded::parse(request.query().as_bytes()).find(|(name, _)| name == "audience");
    let audience = asked.map_or_else(|| "https://github.example/octo-org".to_string(), |(_, audience)| audience.into_owned());
    let claims = members([
        ("iss", json!(sandbox.url(CI))),
        ("sub", json!("repo:octo-org/octo-repo:ref:refs/heads/main")),
        ("aud", json!(audience)),
        ("repository", json!("octo-org/octo-repo")),
        ("ref", json!("refs/heads/main")),
        ("jti", json!(random::name().unwrap_or_default())),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("exp", json!(now + JOB)),
    ]);
    match sandbox.access_tokens.job_token(&claims) {
        Ok(token) => Response::json(200, &json!({ "count": token.len(), "value": token })),
        Err(error) => Refusal::from(error).response(),
    }
}

fn invalid(why: impl AsRef<str>) -> Refusal {
    Refusal::new(Code::InvalidRequest, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwt::Jwt;
    use crate::sandbox::access_token::TokenFormat;

    const NOW: UnixTime = UnixTime(1_800_000_000);
    /// RFC 8693 section 2.3.
    const UNKNOWN: &str = "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC";

    fn sandbox() -> Sandbox {
        Sandbox::of_test(|options| options.auto_approve = true)
    }

    fn job(sandbox: &Sandbox, query: &str) -> String {
        let request = Request::of("GET", &format!("{CI}?{query}"), &[("Authorization", "bearer sandbox-ci")], "");
        sandbox.respond(&request, NOW).value()["value"].as_str().unwrap().into()
    }

    fn asked(sandbox: &Sandbox, form: &str) -> (u16, Value) {
        let response = sandbox.respond(&Request::form("/token", form), NOW);
        (response.status, response.value())
    }

    fn exchange(sandbox: &Sandbox, token: &str, kind: &str, more: &str) -> (u16, Value) {
        asked(sandbox, &format!("grant_type={TOKEN_EXCHANGE}&subject_token={token}&subject_token_type={TYPE}{kind}{more}"))
    }

    fn claims(answer: &Value) -> Map<String, Value> {
        Jwt::decode(answer["access_token"].as_str().unwrap()).unwrap().claims
    }

    #[test]
    fn the_token_of_a_job_is_exchanged_without_a_client() {
        let sandbox = sandbox();
        let token = job(&sandbox, "job=1&audience=https://a");
        let told = Jwt::decode(&token).unwrap();
        assert_eq!((&told.claims["iss"], &told.claims["aud"]), (&json!("http://127.0.0.1:8417/ci"), &json!("https://a")));
        let (status, answer) = exchange(&sandbox, &token, "jwt", "&scope=read&audience=x&resource=https://b.example");
        assert_eq!(
            (status, &answer["issued_token_type"], &answer["token_type"]),
            (200, &json!(format!("{TYPE}access_token")), &json!("Bearer"))
        );
        let claims = claims(&answer);
        assert_eq!((&claims["sub"], &claims["scope"]), (&json!("repo:octo-org/octo-repo:ref:refs/heads/main"), &json!("read")));
        assert_eq!((&claims["aud"], claims.get("act")), (&json!(["x", "https://b.example"]), None));
    }

    #[test]
    fn rfc_8693_appendix_a_2_an_actor_is_named_in_the_token() {
        let sandbox = sandbox();
        let person = sandbox.signed_in("sandbox", "openid", NOW);
        let subject = person["id_token"].as_str().unwrap();
        let actor = job(&sandbox, "");
        let more = format!("&actor_token={actor}&actor_token_type={TYPE}jwt&requested_token_type={TYPE}jwt");
        let (status, answer) = exchange(&sandbox, subject, "id_token", &more);
        assert_eq!((status, &answer["issued_token_type"]), (200, &json!(format!("{TYPE}jwt"))));
        let claims = claims(&answer);
        assert_eq!((&claims["sub"], &claims["act"]), (&json!("alice"), &json!({ "sub": "repo:octo-org/octo-repo:ref:refs/heads/main" })));
    }

    #[test]
    fn rfc_8693_section_2_2_2_what_is_wrong_with_a_token_is_an_invalid_request() {
        let sandbox = sandbox();
        let token = job(&sandbox, "");
        let late = sandbox.respond(
            &Request::form("/token", &format!("grant_type={TOKEN_EXCHANGE}&subject_token={token}&subject_token_type={TYPE}jwt")),
            NOW + JOB,
        );
        assert_eq!(late.value()["error"], "invalid_request");
        for (token, kind, more) in [
            // The request of section 2.3: the token is another server's.
            (UNKNOWN, "access_token", "&resource=https%3A%2F%2Fbackend.example.com%2Fapi"),
            (&token, "access_token", ""),
            (&token, "saml2", ""),
            (&token, "jwt", "&actor_token=x"),
            (&token, "jwt", &format!("&actor_token_type={TYPE}jwt")),
            (&token, "jwt", &format!("&requested_token_type={TYPE}saml2")),
            ("", "jwt", ""),
        ] {
            let (status, answer) = exchange(&sandbox, token, kind, more);
            assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_request")), "{kind} {more}");
        }
        assert_eq!(exchange(&sandbox, &token, "jwt", "&resource=relative").1["error"], "invalid_target");
        assert_eq!(exchange(&sandbox, &token, "jwt", "&client_id=stranger").1["error"], "invalid_client");
    }

    #[test]
    fn an_access_token_is_exchanged_until_it_is_revoked_opaque_or_not() {
        for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
            let sandbox = Sandbox::of_test(|options| options.token_format = format);
            let own = "client_id=sandbox&client_secret=sandbox-secret";
            let token = asked(&sandbox, &format!("grant_type=client_credentials&{own}")).1["access_token"].as_str().unwrap().to_string();
            assert_eq!(exchange(&sandbox, &token, "access_token", &format!("&{own}")).0, 200);
        }
    }

    #[test]
    fn rfc_7523_section_3_an_assertion_is_for_this_server() {
        let sandbox = sandbox();
        for (audience, status) in
            [("http://127.0.0.1:8417", 200), ("http://127.0.0.1:8417/token", 200), ("http://127.0.0.1:8417/", 400), ("x", 400)]
        {
            let assertion = job(&sandbox, &format!("audience={audience}"));
            let (found, answer) = asked(&sandbox, &format!("grant_type={JWT_BEARER}&assertion={assertion}&scope=read"));
            assert_eq!(found, status, "{answer}");
            assert_eq!(answer["error"].as_str(), (status == 400).then_some("invalid_grant"));
        }
        // The form of section 4's example, whose JWT is another server's.
        let example = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3Mi.J9l-ZhwP";
        assert_eq!(asked(&sandbox, example).1["error"], "invalid_grant");
    }

    #[test]
    fn only_a_job_gets_its_token() {
        let sandbox = sandbox();
        for header in ["", "bearer", "bearer wrong", "Basic sandbox-ci", "sandbox-ci"] {
            let response = sandbox.respond(&Request::of("GET", CI, &[("Authorization", header)], ""), NOW);
            assert!(response.status == 401 && response.value().get("value").is_none(), "{header}");
        }
    }
}
