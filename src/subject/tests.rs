//! Each source as its documents say it, and what no token is.

use super::*;
use crate::environment::Environment;
use crate::jose::base64url;
use crate::oauth::world::Response;
use crate::oauth::world::script::{START, Script, answer, json as json_answer};

const CANARY: &str = "CANARY-request-token";

fn jwt(claims: &str) -> String {
    format!("{}.{}.c2ln", base64url::encode("{\"alg\":\"RS256\"}"), base64url::encode(claims))
}

fn world(variables: &[(&str, &str)], answers: impl IntoIterator<Item = Response>) -> Script {
    Script { environment: Environment::of(variables), ..Script::of(answers) }
}

fn fetched(world: &mut Script, subject: &str, audience: Option<&str>) -> Result<String> {
    let token = fetch(world, &Subject::read(subject).unwrap(), audience);
    token.map(|token| token.expose().to_string()).inspect_err(|error| {
        let shown = format!("{error:?}");
        assert!(!shown.contains("CANARY") && error.hint.is_some(), "{shown}");
    })
}

const GITHUB: [(&str, &str); 2] = [
    // github/docs, actions/reference/security/oidc: the URL has a query already.
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.actions.example/_apis/token?api-version=2.0"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", CANARY),
];

#[test]
fn github_is_asked_with_the_audience_behind_what_the_address_has() {
    let mut world = world(&GITHUB, [json_answer(200, r#"{"count":1,"value":"a.b.c"}"#)]);
    assert_eq!(fetched(&mut world, "github-actions", Some("https://a/?x=y z&é")).unwrap(), "a.b.c");
    let sent = &world.sent[0];
    assert_eq!(sent.url, "https://pipelines.actions.example/_apis/token?api-version=2.0&audience=https%3A%2F%2Fa%2F%3Fx%3Dy%20z%26%C3%A9");
    assert_eq!(sent.header("authorization"), Some("bearer CANARY-request-token"));
    assert_eq!(sent.body, None);
}

#[test]
fn a_missing_permission_is_told_with_the_line_to_add() {
    for present in [&GITHUB[..0], &GITHUB[..1], &GITHUB[1..]] {
        let error = fetched(&mut world(present, []), "github-actions", None).unwrap_err();
        assert!(error.kind == Kind::Config && error.hint.as_ref().unwrap().contains("permissions: {id-token: write"), "{error:?}");
    }
    let forgejo = [("GITHUB_ACTIONS", "true"), ("FORGEJO_RUN_ID", "1")];
    let error = fetched(&mut world(&forgejo, []), "github-actions", None).unwrap_err();
    assert!(error.hint.as_ref().unwrap().contains("enable-openid-connect: true"), "{error:?}");
    let error = fetched(&mut world(&[("SYSTEM_OIDCREQUESTURI", "https://a/")], []), "azure-devops", None).unwrap_err();
    assert!(error.message.contains("SYSTEM_ACCESSTOKEN"), "{error:?}");
    assert!(error.hint.as_ref().unwrap().contains("env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"), "{error:?}");
}

#[test]
fn an_identity_endpoint_that_gives_no_token_is_told_by_what_it_did() {
    for (response, kind, told) in [
        (json_answer(403, r#"{"message":"CANARY-request-token"}"#), Kind::Denied, "403 Forbidden"),
        (answer(401, &[], ""), Kind::Denied, "empty body"),
        (answer(200, &[("content-type", "text/html")], "<html>CANARY"), Kind::Invalid, "HTML page"),
        (answer(302, &[("location", "https://evil.example/?CANARY")], ""), Kind::Invalid, "`https://evil.example/`"),
        (json_answer(200, r#"{"count":1}"#), Kind::Invalid, "no `value`"),
        (json_answer(200, r#"{"value":7}"#), Kind::Invalid, "a number, not a string"),
        (json_answer(200, r#"{"value":""}"#), Kind::Invalid, "empty"),
        (json_answer(200, r#"{"value":"a\nCANARY"}"#), Kind::Invalid, "several lines"),
        (json_answer(200, r#"{"value":"a\u0000"}"#), Kind::Invalid, "byte 0x00"),
        (json_answer(200, r#"{"value":"<html>"}"#), Kind::Invalid, "HTML"),
        (answer(404, &[], "x"), Kind::Invalid, "404"),
        (answer(429, &[], ""), Kind::Unavailable, "429"),
    ] {
        let error = fetched(&mut world(&GITHUB, [response]), "github-actions", None).unwrap_err();
        assert!(error.kind == kind && error.message.contains(told), "{told}: {error:?}");
        assert!(error.message.contains("no subject token from") && error.oauth_error.is_none(), "{error:?}");
    }
    let mut world = world(&GITHUB, [answer(503, &[], ""), json_answer(200, r#"{"value":"t"}"#)]);
    assert_eq!(fetched(&mut world, "github-actions", None).unwrap(), "t", "trouble passes");
}

#[test]
fn r32_the_address_of_an_identity_endpoint_is_checked_before_anything_is_sent() {
    for bad in [
        "http://pipelines.example/?k=CANARY",
        "https://u:CANARY@a.example/",
        "https://a.example/#CANARY",
        "file:///CANARY?CANARY",
        "CANARY",
    ] {
        let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", bad), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
        let mut world = world(&variables, []);
        let error = fetch(&mut world, &Subject::read("github-actions").unwrap(), None).unwrap_err();
        assert!(error.kind == Kind::Config && error.message.contains("ACTIONS_ID_TOKEN_REQUEST_URL") && world.sent.is_empty(), "{error:?}");
        assert!(!error.message.contains("k=CANARY"), "{error:?}");
    }
}

#[test]
fn circleci_gives_its_variable_and_its_program_gives_another_audience() {
    let both = [("CIRCLE_OIDC_TOKEN", "v1"), ("CIRCLE_OIDC_TOKEN_V2", "v2")];
    assert_eq!(fetched(&mut world(&both, []), "circleci", None).unwrap(), "v2");
    assert_eq!(fetched(&mut world(&both[..1], []), "circleci", None).unwrap(), "v1");
    let error = fetched(&mut world(&[], []), "circleci", None).unwrap_err();
    assert!(error.message.contains("CIRCLE_OIDC_TOKEN_V2") && error.hint.clone().unwrap().contains("context: [NAME]"), "{error:?}");
    let mut world = world(&both, []);
    world.secrets.insert("the command `circleci`".into(), "own".into());
    assert_eq!(fetched(&mut world, "circleci", Some("a\"b")).unwrap(), "own");
    assert_eq!(world.run, [["circleci", "run", "oidc", "get", "--claims", r#"{"aud":"a\"b"}"#].map(String::from)]);
}

#[test]
fn buildkite_is_asked_as_its_agent_asks_or_the_agent_is() {
    let variables = [
        ("BUILDKITE_AGENT_ENDPOINT", "https://agent.buildkite.example/v3/"),
        ("BUILDKITE_JOB_ID", "0180-a/b"),
        ("BUILDKITE_AGENT_ACCESS_TOKEN", CANARY),
    ];
    let mut asked = world(&variables, [json_answer(200, r#"{"token":"t"}"#)]);
    assert_eq!(fetched(&mut asked, "buildkite,lifetime=5m", Some("a")).unwrap(), "t");
    let sent = &asked.sent[0];
    assert_eq!(sent.url, "https://agent.buildkite.example/v3/jobs/0180-a%2Fb/oidc/tokens");
    assert_eq!(sent.header("authorization"), Some("Token CANARY-request-token"));
    assert_eq!(sent.body.as_deref(), Some(r#"{"audience":"a","lifetime":300}"#));
    let mut world = world(&[], []);
    world.secrets.insert("the command `buildkite-agent`".into(), "own".into());
    assert_eq!(fetched(&mut world, "buildkite", Some("a")).unwrap(), "own");
    assert_eq!(world.run, [["buildkite-agent", "oidc", "request-token", "--audience", "a"].map(String::from)]);
}

#[test]
fn azure_is_asked_with_the_headers_of_its_own_library() {
    let variables = [("SYSTEM_OIDCREQUESTURI", "https://dev.azure.example/o/_apis/oidctoken"), ("SYSTEM_ACCESSTOKEN", CANARY)];
    let mut asked = world(&variables, [json_answer(200, r#"{"oidcToken":"t"}"#)]);
    assert_eq!(fetched(&mut asked, "azure-devops,service_connection=1-2", None).unwrap(), "t");
    let sent = &asked.sent[0];
    assert_eq!(sent.url, "https://dev.azure.example/o/_apis/oidctoken?api-version=7.1&serviceConnectionId=1-2");
    assert_eq!(
        (sent.header("authorization"), sent.header("content-type")),
        (Some("Bearer CANARY-request-token"), Some("application/json"))
    );
    assert_eq!((sent.header("x-tfs-fedauthredirect"), sent.body.as_deref()), (Some("Suppress"), Some("")));
    let error = fetched(&mut world(&variables, []), "azure-devops", None).unwrap_err();
    assert!(error.hint.as_ref().unwrap().contains("service_connection"), "{error:?}");
}

#[test]
fn kubernetes_gives_its_file() {
    let pod = |variables: &[(&str, &str)], subject: &str, path: &str| {
        let mut world = world(variables, []);
        world.secrets.insert(format!("the file `{path}`"), "a.b.c\n".into());
        fetched(&mut world, subject, Some("ignored"))
    };
    assert_eq!(pod(&[], "kubernetes", "/var/run/secrets/kubernetes.io/serviceaccount/token").unwrap(), "a.b.c");
    assert_eq!(pod(&[("AZURE_FEDERATED_TOKEN_FILE", "/aks")], "kubernetes", "/aks").unwrap(), "a.b.c");
    assert_eq!(pod(&[("AZURE_FEDERATED_TOKEN_FILE", "/aks")], "kubernetes,file=/own", "/own").unwrap(), "a.b.c");
    assert!(pod(&[], "kubernetes", "/other").unwrap_err().hint.as_ref().unwrap().contains("serviceAccountToken"));
}

#[test]
fn gcp_is_asked_for_an_audience_by_plain_http_and_nobody_else_is() {
    let mut asked = world(&[], [answer(200, &[("content-type", "text/html")], "a.b.c\n")]);
    assert_eq!(fetched(&mut asked, "gcp", Some("https://a")).unwrap(), "a.b.c");
    let sent = &asked.sent[0];
    assert_eq!(
        sent.url,
        "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=https%3A%2F%2Fa&format=full"
    );
    assert_eq!(sent.header("metadata-flavor"), Some("Google"));
    assert!(fetched(&mut world(&[], []), "gcp", None).unwrap_err().hint.as_ref().unwrap().contains("audience"));
    for (status, body, kind) in [
        (404, "CANARY", Kind::Invalid),
        (403, "<html>", Kind::Denied),
        (200, "<!DOCTYPE html>", Kind::Invalid),
        (200, "\u{e9}", Kind::Invalid),
    ] {
        assert_eq!(fetched(&mut world(&[], [answer(status, &[], body)]), "gcp", Some("a")).unwrap_err().kind, kind, "{body}");
    }
    for host in ["evil.example", "metadata.evil.example", "169.254.169.254.evil.example"] {
        let mut world = world(&[("GCE_METADATA_HOST", host)], []);
        assert!(
            fetched(&mut world, "gcp", Some("a")).unwrap_err().message.contains("GCE_METADATA_HOST") && world.sent.is_empty(),
            "{host}"
        );
    }
}

#[test]
fn a_command_may_print_json_around_its_token() {
    let printing = |text: &str| {
        let mut world = world(&[], []);
        world.secrets.insert("the command `p`".into(), text.into());
        fetched(&mut world, "{ command = [\"p\"], pointer = \"/a/b\" }", None)
    };
    assert_eq!(printing(r#"{"a":{"b":"t"}}"#).unwrap(), "t");
    for bad in [r#"{"a":"CANARY"}"#, "CANARY", r#"{"a":{"b":1}}"#] {
        assert_eq!(printing(bad).unwrap_err().kind, Kind::Invalid, "{bad}");
    }
}

#[test]
fn a_token_that_is_over_is_told_before_anything_is_sent() {
    let of = |end: i64| {
        let token = jwt(&format!("{{\"exp\":{end},\"iss\":\"CANARY\"}}"));
        fetched(&mut world(&[("T", &token)], []).with_secret("`T`", &token), "env:T", None)
    };
    assert!(of(START.0 - 59).is_ok(), "two clocks may differ by so much");
    let error = of(START.0 - 61).unwrap_err();
    assert!(error.kind == Kind::Invalid && error.message.contains("ended at 2026-01-12T09:28:59Z, 61 s ago"), "{error:?}");
    assert!(of(i64::MIN).is_err() && of(i64::MAX).is_ok());
}

#[test]
fn a_token_larger_than_any_server_takes_is_refused() {
    let huge = "a".repeat(LONGEST + 1);
    let error = fetched(&mut world(&[], []).with_secret("`T`", &huge), "env:T", None).unwrap_err();
    assert!(error.message.contains("longer than 1024 KiB"), "{error:?}");
}

#[test]
fn what_a_token_says_is_told_escaped() {
    let token = SubjectToken::new(jwt("{\"iss\":\"https://i\",\"aud\":[\"a\",\"b\\u001b[31m\"],\"secret\":\"CANARY\"}"));
    let told = told(&token).unwrap();
    assert!(told.contains("iss `https://i`, no sub, aud `[\"a\",\"b\\u001b[31m\"]`") && !told.contains("CANARY"), "{told}");
    assert!(super::told(&SubjectToken::new("opaque")).is_none());
}
