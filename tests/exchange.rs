//! Tokens handed in for others: chains of profiles, what each provider is sent, and no client where there is none.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::sync::{Arc, Mutex};

use support::redirect::*;
use support::*;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TYPE: &str = "urn:ietf:params:oauth:token-type:";
const JOB: &str = "CANARY.job.token";

/// The one form that was sent to this path.
#[track_caller]
fn form_at(server: &Server, path: &str) -> Vec<(String, String)> {
    let found: Vec<Recorded> = server.requests().into_iter().filter(|request| request.path() == path).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].form()
}

/// Each path gives tokens named after it, numbered.
fn numbering() -> Server {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    Server::start(move |request| {
        let mut seen = seen.lock().unwrap();
        seen.push(request.path().to_string());
        let nth = seen.iter().filter(|path| *path == request.path()).count() - 1;
        Answer::token(&format!("CANARY{}-{nth}", request.path().replace('/', "-")))
    })
}

/// A machine's profile `base`, and profiles that hand one another's tokens in.
fn chain(server: &Server, links: &[(&str, &str)]) -> Oat {
    let mut text = format!(
        "[profile.base]\ntoken_endpoint = {:?}\ngrant = \"client_credentials\"\nclient_id = \"base\"\nclient_secret = {{ env = \"P_SECRET\" }}\nclient_auth = \"client_secret_post\"\nscope = \"base\"\n",
        server.url("/base")
    );
    for (name, subject) in links {
        let subject =
            if subject.starts_with('{') { subject.to_string() } else { format!("{{ source = \"profile\", profile = \"{subject}\" }}") };
        text += &format!(
            "[profile.{name}]\ntoken_endpoint = {:?}\ngrant = \"token_exchange\"\nsubject = {subject}\n",
            server.url(&format!("/{name}"))
        );
    }
    Oat::new().env("P_SECRET", SECRET).config(&text)
}

fn token_of(oat: &Oat, profile: &str) -> String {
    let output = oat.run(&["token", "get", profile]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{output:#?}");
    output.stdout.trim_end().to_string()
}

// ── chains ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_token_of_another_profile_is_handed_in_and_each_is_asked_for_once() {
    let server = numbering();
    let oat = chain(&server, &[("api", "base"), ("far", "api")]);
    for _ in 0..3 {
        assert_eq!(token_of(&oat, "far"), "CANARY-far-0");
        assert_eq!(token_of(&oat, "api"), "CANARY-api-0");
        assert_eq!(token_of(&oat, "base"), "CANARY-base-0");
    }
    assert_eq!(server.count(), 3, "one request for all");
    let handed_in =
        |token: &str| pairs(&[("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", &format!("{TYPE}access_token"))]);
    assert_eq!(form_at(&server, "/api"), handed_in("CANARY-base-0"));
    assert_eq!(form_at(&server, "/far"), handed_in("CANARY-api-0"));
    oat.assert_state_holds_none_of(&["CANARY"]);
}

#[test]
fn flags_and_variables_are_about_the_first_profile_of_a_chain() {
    let server = numbering();
    let oat = chain(&server, &[("api", "base")]).env("OAT_SCOPE", "wide").env("OAT_AUDIENCE", "https://api");
    let output = oat.run(&["token", "get", "api", "--resource", "https://r"]);
    assert_eq!(output.stdout, "CANARY-api-0\n");
    let base = form_at(&server, "/base");
    assert_eq!(base, pairs(&[("client_id", "base"), ("client_secret", SECRET), ("grant_type", "client_credentials"), ("scope", "base")]));
    let api = form_at(&server, "/api");
    for pair in [("scope", "wide"), ("audience", "https://api"), ("resource", "https://r")] {
        assert!(api.contains(&(pair.0.to_string(), pair.1.to_string())), "{api:?}");
    }
    // By a variable, every profile of the file may be one.
    let oat = chain(&server, &[("other", "{ env = \"X\" }")]).env("OAT_SUBJECT", "profile:base").env("OAT_PROFILE", "other");
    assert_eq!(oat.run(&["token", "get"]).stdout, "CANARY-other-0\n");
}

#[test]
fn a_circle_of_profiles_is_named_and_nothing_is_sent() {
    let server = numbering();
    let oat = chain(&server, &[("a", "b"), ("b", "c"), ("c", "a"), ("self", "self"), ("lost", "nobody"), ("bad", "../x")]);
    oat.run(&["token", "get", "a"]).fails_saying(6, &["in a circle: `a`, `b`, `c`, `a`"]);
    oat.run(&["token", "get", "self"]).fails_saying(6, &["in a circle: `self`, `self`"]);
    oat.run(&["token", "get", "lost"]).fails_saying(6, &["no profile `nobody`", "subject of `lost`"]);
    oat.run(&["token", "get", "bad"]).fails(6);
    let oat = oat.env("OAT_SUBJECT", "profile:base");
    oat.run(&["token", "get", "base"]).fails_saying(6, &["in a circle: `base`, `base`"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn trouble_of_a_profile_below_is_told_with_its_name() {
    let server = Server::start(|request| match request.path() {
        "/base" => Answer::error(401, "invalid_client", "no"),
        _ => Answer::token("t"),
    });
    let oat = chain(&server, &[("api", "base")]);
    oat.run(&["token", "get", "api"]).fails_saying(4, &["no subject token from profile `base`", "invalid_client", "P_SECRET"]);
    assert_eq!(server.count_of("/api"), 0);
}

#[test]
fn fifty_processes_on_a_chain_make_one_request_of_each() {
    let server = numbering();
    let oat = chain(&server, &[("api", "base")]);
    for output in oat.swarm(50, &["token", "get", "api"]) {
        assert_eq!(output.stdout, "CANARY-api-0\n", "{output:#?}");
    }
    assert_eq!(server.count(), 2);
}

/// A person's profile `p` at a provider, and `api`, which hands its token in.
fn person(provider: &Provider, exchange: &Server, subject: &str) -> Oat {
    let api = format!("[profile.api]\ntoken_endpoint = {:?}\ngrant = \"token_exchange\"\nsubject = {subject}\n", exchange.url("/api"));
    Oat::new().config(&format!("{}{api}", provider.profile("p", "scope = \"openid offline_access\"")))
}

#[test]
fn the_token_of_a_person_is_renewed_by_the_process_apart_and_handed_in() {
    // The access token is over at once, so each exchange needs a refresh; the refresh tokens rotate.
    let provider = Provider::granting(|_, facts| Answer::json(200, facts.granted(if facts.nth == 0 { 0 } else { 3600 })));
    let exchange = numbering();
    let oat = person(&provider, &exchange, "{ source = \"profile\", profile = \"p\" }");
    oat.run(&["token", "get", "api"]).fails_saying(3, &["no subject token from profile `p`", "oat login p"]);
    sign_in(&oat, &provider);
    let oat = oat.env("OAT_SCOPE", "wide");
    assert_eq!(oat.run(&["token", "get", "api"]).stdout, "CANARY-api-0\n");
    let api = form_at(&exchange, "/api");
    assert!(api.contains(&("subject_token".into(), format!("{ACCESS}1"))) && api.contains(&("scope".into(), "wide".into())), "{api:?}");
    let refresh = provider.token_forms().pop().unwrap();
    assert!(
        refresh.contains(&("refresh_token".into(), format!("{REFRESH}0"))) && !refresh.iter().any(|(name, _)| name == "scope"),
        "{refresh:?}"
    );
    // It is kept for the next.
    assert_eq!(oat.run(&["token", "get", "api"]).stdout, "CANARY-api-0\n");
    assert_eq!((exchange.count(), provider.token_forms().len()), (1, 2));
}

#[test]
fn what_was_exchanged_for_one_person_is_never_served_to_the_next() {
    let (provider, exchange) = (Provider::good(), numbering());
    let oat = person(&provider, &exchange, "{ source = \"profile\", profile = \"p\" }");
    sign_in(&oat, &provider);
    assert_eq!(oat.run(&["token", "get", "api"]).stdout, "CANARY-api-0\n");
    assert_eq!(oat.run(&["logout", "p"]).code, Some(0));
    oat.run(&["token", "get", "api"]).fails_saying(3, &["oat login p"]);
    // Sign-ins are told apart by the second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    sign_in(&oat, &provider);
    assert_eq!(oat.run(&["token", "get", "api"]).stdout, "CANARY-api-1\n");
}

#[test]
fn the_id_token_of_a_person_is_handed_in_as_one() {
    let (provider, exchange) = (Provider::good(), numbering());
    let oat = person(&provider, &exchange, "{ source = \"profile\", profile = \"p\", token = \"id_token\" }");
    sign_in(&oat, &provider);
    assert_eq!(oat.run(&["token", "get", "api"]).stdout, "CANARY-api-0\n");
    let api = form_at(&exchange, "/api");
    let token = api.iter().find(|(name, _)| name == "subject_token").unwrap().1.clone();
    assert_eq!(token.split('.').count(), 3);
    assert!(api.contains(&("subject_token_type".into(), format!("{TYPE}id_token"))), "{api:?}");
    let base = chain(&exchange, &[("machine", "{ source = \"profile\", profile = \"base\", token = \"id_token\" }")]);
    base.run(&["token", "get", "machine"]).fails_saying(6, &["client_credentials brings no ID token"]);
}

// ── clients and actors ──────────────────────────────────────────────────────────────────────────────────────────

/// A job with this token and more variables, against `/token` of this server.
fn job(server: &Server, grant: &str, variables: &[(&str, &str)]) -> Oat {
    let oat = Oat::new().env("OAT_TOKEN_ENDPOINT", &server.url("/token")).env("OAT_GRANT", grant).env("JOB", JOB);
    let oat = oat.env("OAT_SUBJECT", "env:JOB");
    variables.iter().fold(oat, |oat, (name, value)| oat.env(name, value))
}

fn sent(grant: &str, variables: &[(&str, &str)]) -> Recorded {
    let server = Server::always(Answer::token("granted"));
    let output = job(&server, grant, variables).run(&["token", "get"]);
    assert_eq!(output.line(), "granted");
    output.assert_clean(&["CANARY"]);
    server.only()
}

#[test]
fn a_client_is_sent_where_there_is_one() {
    let own = [("grant_type", EXCHANGE), ("subject_token", JOB), ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")];
    let request = sent("token_exchange", &[]);
    assert_eq!((request.form(), request.header("authorization")), (pairs(&own), None));
    let request = sent("token_exchange", &[("OAT_CLIENT_ID", "c")]);
    assert_eq!((request.form(), request.header("authorization")), (pairs(&[&own[..], &[("client_id", "c")]].concat()), None));
    let request =
        sent("token_exchange", &[("OAT_CLIENT_ID", "c"), ("OAT_CLIENT_SECRET", SECRET), ("OAT_CLIENT_AUTH", "client_secret_post")]);
    assert_eq!(request.form(), pairs(&[&own[..], &[("client_id", "c"), ("client_secret", SECRET)]].concat()));
    let request = sent("token_exchange", &[("OAT_CLIENT_ID", "c"), ("OAT_CLIENT_SECRET", SECRET)]);
    assert!(request.header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    // A preset's way to send a secret says nothing where there is none.
    let request = sent("token_exchange", &[("OAT_CLIENT_ID", "c"), ("OAT_CLIENT_AUTH", "client_secret_post")]);
    assert_eq!(request.form(), pairs(&[&own[..], &[("client_id", "c")]].concat()));
}

#[test]
fn a_jwt_is_the_grant_itself() {
    let request = sent("jwt_bearer", &[("OAT_SCOPE", "read write")]);
    assert_eq!(request.form(), pairs(&[("grant_type", BEARER), ("assertion", JOB), ("scope", "read write")]));
}

#[test]
fn an_actor_and_the_types_of_all_tokens_are_sent() {
    let variables = [
        ("OAT_ACTOR", "env:ACTOR"),
        ("ACTOR", "CANARY-actor"),
        ("OAT_ACTOR_TOKEN_TYPE", "access_token"),
        ("OAT_SUBJECT_TOKEN_TYPE", "urn:example:own"),
        ("OAT_REQUESTED_TOKEN_TYPE", "jwt"),
    ];
    let server = Server::always(Answer::json(
        200,
        json!({"access_token": "granted", "issued_token_type": format!("{TYPE}jwt"), "token_type": "N_A", "expires_in": 60, "refresh_token": "CANARY-refresh"}),
    ));
    let oat = job(&server, "token_exchange", &variables);
    let output = oat.run(&["token", "get", "-v"]);
    assert_eq!(output.line(), "granted");
    output.says(&["a refresh token, which is not kept"]);
    output.assert_clean(&["CANARY"]);
    let expected = [
        ("grant_type", EXCHANGE),
        ("subject_token", JOB),
        ("subject_token_type", "urn:example:own"),
        ("actor_token", "CANARY-actor"),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    assert_eq!(server.only().form(), pairs(&expected));
    let told: Value = serde_json::from_str(oat.run(&["token", "get", "--format", "json"]).lines()).unwrap();
    assert_eq!(
        (&told["issued_token_type"], &told["token_type"], &told["source"]),
        (&json!(format!("{TYPE}jwt")), &json!("N_A"), &json!("cache"))
    );
    job(&server, "token_exchange", &[("OAT_SUBJECT_TOKEN_TYPE", "acces_token")])
        .run(&["token", "get"])
        .fails_saying(6, &["OAT_SUBJECT_TOKEN_TYPE", "did you mean `access_token`?"]);
    oat.run(&["token", "get", "--requested-token-type", "jvt"]).fails_saying(2, &["requested-token-type"]);
}

#[test]
fn several_audiences_are_a_list_in_the_file_and_one_text_is_one() {
    let server = Server::always(Answer::token("granted"));
    let audience = |line: &str, body: &str| {
        let text = format!(
            "[profile.p]\ntoken_endpoint = {:?}\ngrant = \"token_exchange\"\nsubject = {{ env = \"JOB\" }}\ntoken_request_body = \"{body}\"\n{line}\n",
            server.url("/token")
        );
        let oat = Oat::new().env("JOB", JOB).config(&text);
        assert_eq!(oat.get(&["--force"]).line(), "granted");
        server.requests().pop().unwrap()
    };
    let several =
        |request: &Recorded| request.form().into_iter().filter(|(name, _)| name == "audience").map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(several(&audience("audience = [\"https://a\", \"b c\"]", "form")), ["b c", "https://a"]);
    assert_eq!(several(&audience("audience = \"a b\"", "form")), ["a b"]);
    assert_eq!(several(&audience("audience = [\"one\"]", "form")), ["one"]);
    assert_eq!(audience("audience = [\"https://a\", \"b c\"]", "json").json()["audience"], json!(["https://a", "b c"]));
    assert_eq!(audience("audience = [\"one\"]", "json").json()["audience"], "one");
}

#[test]
fn what_is_missing_or_of_no_use_is_told() {
    let server = Server::always(Answer::token("granted"));
    job(&server, "token_exchange", &[])
        .unset("OAT_SUBJECT")
        .run(&["token", "get"])
        .fails_saying(6, &["names no subject", "OAT_SUBJECT=github-actions"]);
    job(&server, "authorization_code", &[("OAT_CLIENT_ID", "c")]).run(&["token", "get"]).fails_saying(6, &["no use", "token_exchange"]);
    assert_eq!(server.count(), 0);
}

// ── providers ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn googles_token_service_gets_what_its_reference_says_and_no_client() {
    let provider = "//iam.googleapis.com/projects/12/locations/global/workloadIdentityPools/ci/providers/github";
    let request = sent("token_exchange", &[("OAT_PROVIDER", "google-sts"), ("OAT_AUDIENCE", provider)]);
    let expected = [
        ("grant_type", EXCHANGE),
        ("audience", provider),
        ("scope", "https://www.googleapis.com/auth/cloud-platform"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token", JOB),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    assert_eq!((request.form(), request.header("authorization")), (pairs(&expected), None));
    // The job's token is asked for with the audience that the provider expects unless told otherwise.
    let identity = Server::always(Answer::json(200, json!({"value": JOB})));
    let oat = Oat::new().env("OAT_PROVIDER", "google-sts").env("OAT_AUDIENCE", provider).env("OAT_TOKEN_ENDPOINT", &identity.url("/token"));
    let oat = oat
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &identity.url("/id"))
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CANARY")
        .env("OAT_SUBJECT", "auto");
    oat.run(&["token", "get"]).fails(8);
    assert_eq!(identity.requests()[0].target, format!("/id?audience=https%3A{}", provider.replace('/', "%2F")));
    Oat::new()
        .env("OAT_PROVIDER", "google-sts")
        .env("OAT_SUBJECT", "auto")
        .run(&["token", "get"])
        .fails_saying(6, &["audience", "workloadIdentityPools"]);
}

#[test]
fn openai_openrouter_and_anthropic_get_what_their_references_say() {
    let request = sent("token_exchange", &[("OAT_PROVIDER", "openai"), ("OAT_REALM", "idp_1"), ("OAT_TENANT", "svc_1")]);
    let expected = json!({
        "grant_type": EXCHANGE, "subject_token_type": format!("{TYPE}jwt"), "subject_token": JOB,
        "identity_provider_id": "idp_1", "service_account_id": "svc_1",
    });
    assert_eq!(request.json(), expected);
    let request = sent("token_exchange", &[("OAT_PROVIDER", "openrouter"), ("OAT_REALM", "4b2f")]);
    let expected = [
        ("grant_type", EXCHANGE),
        ("federation_policy_id", "4b2f"),
        ("subject_token", JOB),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    assert_eq!((request.form(), request.header("authorization")), (pairs(&expected), None));
    let anthropic = [("OAT_PROVIDER", "anthropic"), ("OAT_REALM", "fdrl_1"), ("OAT_TENANT", "7f1c"), ("OAT_ORGANIZATION", "svac_1")];
    let expected = json!({ "grant_type": BEARER, "assertion": JOB, "federation_rule_id": "fdrl_1", "organization_id": "7f1c", "service_account_id": "svac_1" });
    assert_eq!(sent("jwt_bearer", &anthropic).json(), expected);
}

#[test]
fn dex_keycloak_and_zoom_get_what_is_theirs_alone() {
    let dex = [
        ("OAT_PROVIDER", "dex"),
        ("OAT_BASE_URL", "https://dex.example"),
        ("OAT_REALM", "github-actions"),
        ("OAT_CLIENT_ID", "c"),
        ("OAT_CLIENT_SECRET", SECRET),
    ];
    let request = sent("token_exchange", &dex);
    let expected = [
        ("grant_type", EXCHANGE),
        ("connector_id", "github-actions"),
        ("scope", "openid"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token", JOB),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
    ];
    assert_eq!(request.form(), pairs(&expected));
    assert!(request.header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    let keycloak = [
        ("OAT_PROVIDER", "keycloak"),
        ("OAT_BASE_URL", "https://sso.example"),
        ("OAT_REALM", "main"),
        ("OAT_CLIENT_ID", "c"),
        ("OAT_CLIENT_SECRET", SECRET),
        ("OAT_AUDIENCE", "target"),
    ];
    let form = sent("token_exchange", &keycloak).form();
    for (name, value) in [("subject_token_type", "access_token"), ("requested_token_type", "access_token")] {
        assert!(form.contains(&(name.into(), format!("{TYPE}{value}"))), "{form:?}");
    }
    assert!(form.contains(&("audience".into(), "target".into())));
    // Server-to-server OAuth: a grant_type of its own, as data.
    let server = Server::always(Answer::token("granted"));
    let oat =
        Oat::new().env("OAT_PROVIDER", "zoom").env("OAT_GRANT", "client_credentials").env("OAT_TENANT", "AbC").env("OAT_CLIENT_ID", "c");
    let oat = oat.env("OAT_CLIENT_SECRET", SECRET).env("OAT_TOKEN_ENDPOINT", &server.url("/oauth/token"));
    assert_eq!(oat.run(&["token", "get"]).line(), "granted");
    assert_eq!(server.only().form(), pairs(&[("account_id", "AbC"), ("grant_type", "account_credentials")]));
}

// ── proofs ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_token_of_a_job_proves_a_client_at_entra_and_at_buildkite() {
    let scope = "https://graph.microsoft.com/.default";
    let entra = [("OAT_PROVIDER", "entra"), ("OAT_TENANT", "contoso.onmicrosoft.com"), ("OAT_CLIENT_ID", "app-1"), ("OAT_SCOPE", scope)];
    let proof = [
        ("client_assertion", JOB),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("grant_type", "client_credentials"),
    ];
    let request = sent("client_credentials", &entra);
    assert_eq!(request.form(), pairs(&[&proof[..], &[("client_id", "app-1"), ("scope", scope)]].concat()));
    assert_eq!(request.header("authorization"), None);
    let buildkite = [("OAT_PROVIDER", "buildkite"), ("OAT_CLIENT_ID", "wi-1")];
    assert_eq!(sent("client_credentials", &buildkite).form(), pairs(&[&proof[..], &[("client_id", "wi-1")]].concat()));
    // A job's token is asked for with the audience that Entra expects.
    let server = Server::start(|request| match request.path() {
        "/token" => Answer::error(401, "invalid_client", "AADSTS700213: No matching federated identity record found"),
        _ => Answer::json(
            200,
            json!({"value": format!("{}.{}.CANARY", base64url("{}"), base64url(json!({"iss": "https://i.example", "sub": "repo:o/r"}).to_string()))}),
        ),
    });
    let oat = job(&server, "client_credentials", &entra)
        .env("OAT_SUBJECT", "github-actions")
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url("/id?x"));
    let output = oat.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CANARY").run(&["token", "get"]);
    output.fails_saying(4, &["AADSTS700213", "iss `https://i.example`", "sub `repo:o/r`"]);
    output.does_not_say(&["client_key", "CANARY"]);
    assert_eq!(server.requests()[0].target, "/id?x&audience=api%3A%2F%2FAzureADTokenExchange");
}

#[test]
fn the_token_of_a_job_proves_a_client_that_exchanges_it_too() {
    let request = sent("token_exchange", &[("OAT_CLIENT_ID", "c"), ("OAT_CLIENT_AUTH", "private_key_jwt")]);
    let form = request.form();
    for (name, value) in [("subject_token", JOB), ("client_assertion", JOB), ("client_id", "c")] {
        assert!(form.contains(&(name.into(), value.into())), "{form:?}");
    }
}

const KEY: &str = include_str!("../src/jose/private_key/test-keys/rsa.pkcs8.pem");

/// The claims and header of a JWT that is signed with the key.
fn signed(assertion: &str) -> (Value, Value) {
    let (input, signature) = assertion.rsplit_once('.').unwrap();
    let packed: String = KEY.lines().skip_while(|line| !line.starts_with('-')).filter(|line| !line.starts_with('-')).collect();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, packed);
    let pair = ring::rsa::KeyPair::from_pkcs8(&der.unwrap()).unwrap();
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
    public.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &unbase64url(signature)).unwrap();
    let part = |part: &str| serde_json::from_slice::<Value>(&unbase64url(part)).unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    (part(header), part(claims))
}

fn unbase64url(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text).unwrap()
}

/// A profile `p` that signs its grant, with these lines, against `/token`.
fn signing(server: &Server, key: &str, lines: &str) -> Oat {
    let text = format!(
        "[profile.p]\ngrant = \"jwt_bearer\"\ntoken_endpoint = {:?}\nclient_key = {{ file = \"key\" }}\n{lines}",
        server.url("/token")
    );
    let oat = Oat::new().config(&text);
    oat.file("key", 0o600, key);
    oat
}

#[test]
fn a_google_service_account_signs_what_googles_document_says() {
    let server = Server::always(Answer::token("granted"));
    // The file that Google hands out.
    let file = json!({
        "type": "service_account", "project_id": "p", "private_key_id": "kid-1", "private_key": KEY,
        "client_email": "ci@p.iam.gserviceaccount.com", "client_id": "1234", "token_uri": "https://oauth2.googleapis.com/token",
    });
    let lines = "provider = \"google-service-account\"\nclient_id = \"ci@p.iam.gserviceaccount.com\"\n";
    let oat = signing(&server, &file.to_string(), lines);
    for _ in 0..2 {
        assert_eq!(oat.get(&[]).line(), "granted");
    }
    let form = server.only().form();
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, form[1].1.as_str()), (vec!["assertion", "grant_type"], BEARER), "neither a client nor a scope");
    let (header, claims) = signed(&form[0].1);
    assert_eq!(header, json!({"alg": "RS256", "kid": "kid-1", "typ": "JWT"}));
    assert_eq!(
        (&claims["iss"], &claims["scope"]),
        (&json!("ci@p.iam.gserviceaccount.com"), &json!("https://www.googleapis.com/auth/cloud-platform"))
    );
    assert_eq!((&claims["aud"], claims.get("sub")), (&json!(server.url("/token")), None));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=3600).contains(&life), "{claims}");
    // Somebody is acted for: another claim is another token.
    let lines = format!("{lines}assertion_claims = {{ sub = \"ada@example.com\", scope = \"a b\" }}\n");
    let oat = signing(&server, &file.to_string(), &lines);
    assert_eq!(oat.get(&[]).line(), "granted");
    let (_, claims) = signed(&server.requests()[1].form()[0].1);
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!("ada@example.com"), &json!("a b")));
}

#[test]
fn salesforce_and_zitadel_get_a_jwt_of_the_clients_own() {
    let server = Server::always(Answer::token("granted"));
    let salesforce = "provider = \"salesforce\"\nclient_id = \"3MVG9\"\nassertion_claims = { sub = \"ada@example.com\" }\n";
    assert_eq!(signing(&server, KEY, salesforce).get(&[]).line(), "granted");
    let form = server.requests()[0].form();
    assert_eq!(form.len(), 2, "{form:?}");
    let (_, claims) = signed(&form[0].1);
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&json!("3MVG9"), &json!("ada@example.com"), &json!("https://login.salesforce.com"))
    );
    let zitadel = "provider = \"zitadel\"\nbase_url = \"https://example.zitadel.cloud\"\nclient_id = \"1234\"\n";
    // Trouble passes, and each try says it anew.
    let server = Server::script(vec![Answer::text(503, "", ""), Answer::token("granted")]);
    assert_eq!(signing(&server, KEY, zitadel).get(&[]).line(), "granted");
    let forms: Vec<_> = server.requests().iter().map(Recorded::form).collect();
    assert_eq!(forms[0][2], ("scope".to_string(), "openid".to_string()));
    let claims = [0, 1].map(|at: usize| signed(&forms[at][0].1).1);
    assert_eq!(
        (&claims[0]["iss"], &claims[0]["sub"], &claims[0]["aud"]),
        (&json!("1234"), &json!("1234"), &json!("https://example.zitadel.cloud"))
    );
    assert_ne!(claims[0]["jti"], claims[1]["jti"]);
    let oat = signing(&server, KEY, "");
    oat.get(&[]).fails_saying(6, &["no `client_id`", "issuer of the JWT"]);
}

#[test]
fn the_built_in_profile_hands_in_the_token_of_whoever_is_signed_in_to_it() {
    let config = "[profile.api]\nissuer = \"http://127.0.0.1:8417\"\ngrant = \"token_exchange\"\nclient_id = \"sandbox\"\n\
        client_secret = { env = \"S\" }\nsubject = { source = \"profile\", profile = \"sandbox\" }\n";
    let oat = Oat::new().config(config).env("S", "sandbox-secret");
    let subject = |oat: &Oat| {
        let token = oat.run(&["token", "get", "api"]).line().to_string();
        oat.piped(token, &["inspect", "-", "--offline", "--claim", "sub"]).stdout.trim().to_string()
    };
    assert_eq!(subject(&oat), "sandbox", "a machine's own, as long as nobody is signed in");
    oat.run(&["login", "sandbox", "--auto-approve"]).says(&["signed in"]);
    assert_eq!(subject(&oat), "alice");
    assert!(oat.run(&["status"]).stdout.contains("alice@sandbox.invalid"));
}

#[test]
fn a_grant_of_one_command_does_not_end_a_persons_sign_in() {
    let oat = Oat::new();
    oat.run(&["login", "sandbox", "--auto-approve"]).says(&["signed in"]);
    let output = oat.run(&["token", "get", "sandbox", "--grant", "client_credentials", "--scope", ""]);
    assert_eq!(output.line().split('.').count(), 3);
    output.says(&["not kept", "sign-in to profile `sandbox`", "oat logout sandbox"]);
    oat.run(&["token", "get", "sandbox", "--grant", "client_credentials", "--require-store"]).fails(7);
    assert!(oat.run(&["status"]).stdout.contains("alice@sandbox.invalid"));
    assert_eq!(oat.run(&["refresh", "sandbox"]).code, Some(0));
}
