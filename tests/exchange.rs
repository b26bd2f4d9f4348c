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

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    pairs.sort();
    pairs
}

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
