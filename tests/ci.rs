//! Each CI system's own token, asked for as its documents say and handed in for another, by the whole program and without a file.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use support::redirect::{base64url, now};
use support::tls::{Authority, Fault};
use support::*;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE: &str = "urn:ietf:params:oauth:token-type:";
/// What lets a job ask for its token; no output and no other program may have it.
const REQUEST_TOKEN: &str = "CANARY-request-token";
const AUDIENCE: &str = "https://sts.example/?a=b c&é";
const ENCODED: &str = "https%3A%2F%2Fsts.example%2F%3Fa%3Db%20c%26%C3%A9";

/// A job's token. Its signature is the canary: what it says of itself may be told.
fn jwt(claims: Value) -> String {
    format!("{}.{}.CANARY-subject", base64url(r#"{"alg":"RS256","kid":"k"}"#), base64url(claims.to_string()))
}

fn subject_token() -> String {
    let claims = json!({"iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:ref:refs/heads/main", "aud": AUDIENCE, "exp": 4_000_000_000_i64});
    jwt(claims)
}

fn exchanged() -> Answer {
    let body = json!({"access_token": "exchanged", "issued_token_type": format!("{TYPE}access_token"), "token_type": "Bearer", "expires_in": 3600});
    Answer::json(200, body)
}

/// A server that answers its `/token` so, and anything else with `identity`.
fn server_of(identity: Answer, token: Answer) -> Server {
    Server::start(move |request| if request.path() == "/token" { token.clone() } else { identity.clone() })
}

fn server(identity: Value) -> Server {
    server_of(Answer::json(200, identity), exchanged())
}

/// A job that has no profile file, and hands the token of this source in.
fn job(server: &Server, source: &str) -> Oat {
    Oat::new()
        .env("OAT_TOKEN_ENDPOINT", &server.url("/token"))
        .env("OAT_GRANT", "token_exchange")
        .env("OAT_SUBJECT", source)
        .env("CI", "true")
}

fn github(server: &Server, source: &str) -> Oat {
    job(server, source)
        .env("GITHUB_ACTIONS", "true")
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url("/identity?api-version=2.0&x=%2F"))
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
}

fn buildkite(server: &Server) -> Oat {
    job(server, "auto")
        .env("BUILDKITE", "true")
        .env("BUILDKITE_AGENT_ENDPOINT", &server.url("/v3"))
        .env("BUILDKITE_JOB_ID", "0184990a-477b")
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", REQUEST_TOKEN)
}

fn azure(server: &Server) -> Oat {
    job(server, "azure-devops,service_connection=7f1c-0d3e")
        .env("TF_BUILD", "True")
        .env("SYSTEM_OIDCREQUESTURI", &server.url("/o/_apis/oidctoken"))
        .env("SYSTEM_ACCESSTOKEN", REQUEST_TOKEN)
}

const GET: [&str; 3] = ["token", "get", "-vv"];

/// Two calls print the token that came of one exchange of `handed_in`, and neither says a word of it.
#[track_caller]
fn ends_in_a_token(oat: &Oat, server: &Server, handed_in: &str) {
    let trace = oat.folder().join("trace");
    for _ in 0..2 {
        let output = oat.run(&[&GET[..], &["--trace", trace.to_str().unwrap()]].concat());
        assert_eq!(output.line(), "exchanged");
        output.assert_clean(&[REQUEST_TOKEN, handed_in, "CANARY"]);
    }
    assert!(!fs::read_to_string(trace).unwrap().contains("CANARY"));
    oat.assert_state_holds_none_of(&[REQUEST_TOKEN, handed_in, "exchanged"]);
    let asked: Vec<Recorded> = server.requests().into_iter().filter(|request| request.path() == "/token").collect();
    assert_eq!(asked.len(), 1, "the second is served from the store");
    assert_eq!(asked[0].header("authorization"), None);
    let expected =
        [("grant_type", EXCHANGE.to_string()), ("subject_token", handed_in.into()), ("subject_token_type", format!("{TYPE}jwt"))];
    assert_eq!(asked[0].form(), expected.map(|(name, value)| (name.to_string(), value)));
}

/// The request to the identity endpoint.
fn identity_request(server: &Server) -> Recorded {
    server.requests().into_iter().find(|request| request.path() != "/token").unwrap()
}

// ── each system ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn github_actions_ends_in_a_token() {
    // docs.github.com, "OpenID Connect reference": {"count":…,"value":…}; the address has a query already.
    let server = server(json!({"count": 1000, "value": subject_token()}));
    let oat = github(&server, "auto").env("OAT_SUBJECT_AUDIENCE", AUDIENCE);
    ends_in_a_token(&oat, &server, &subject_token());
    let asked = identity_request(&server);
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", format!("/identity?api-version=2.0&x=%2F&audience={ENCODED}").as_str())
    );
    assert_eq!(asked.header("authorization"), Some(format!("bearer {REQUEST_TOKEN}").as_str()));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert!(asked.body.is_empty());
}

#[test]
fn without_an_audience_github_is_asked_for_its_own() {
    let server = server(json!({"value": subject_token()}));
    assert_eq!(github(&server, "github-actions").run(&GET).line(), "exchanged");
    assert_eq!(identity_request(&server).target, "/identity?api-version=2.0&x=%2F");
}

#[test]
fn gitlab_ends_in_a_token() {
    let server = server(json!({}));
    for (source, name) in [
        ("auto", "VAULT_ID_TOKEN"),
        ("gitlab,name=MY_TOKEN", "MY_TOKEN"),
        ("gitlab,audience=https://a.example", "HTTPS___A_EXAMPLE_ID_TOKEN"),
    ] {
        let fresh = server_of(Answer::json(500, json!({})), exchanged());
        let oat = job(&fresh, source).env("GITLAB_CI", "true").env(name, &subject_token());
        ends_in_a_token(&oat, &fresh, &subject_token());
        assert_eq!(fresh.count(), 1, "there is nothing to fetch");
    }
    let oat = job(&server, "auto").env("GITLAB_CI", "true");
    oat.run(&GET).fails_saying(6, &["no ID token", "id_tokens: {OAT_ID_TOKEN: {aud:"]);
    let oat = oat.env("A_ID_TOKEN", "a").env("B_ID_TOKEN", "b");
    oat.run(&GET).fails_saying(6, &["A_ID_TOKEN, B_ID_TOKEN", "name=A_ID_TOKEN"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn circleci_ends_in_a_token() {
    let server = server(json!({}));
    let oat = job(&server, "auto").env("CIRCLECI", "true").env("CIRCLE_OIDC_TOKEN", "old").env("CIRCLE_OIDC_TOKEN_V2", &subject_token());
    ends_in_a_token(&oat, &server, &subject_token());
}

/// A program of this name in a folder of its own, which writes its arguments and variables down and prints the token.
fn program(oat: &Oat, name: &str) -> (PathBuf, PathBuf) {
    let folder = oat.folder().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let seen = oat.folder().join("seen");
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {0}\nenv >> {0}\nprintf '%s\\n' '{1}'\n", seen.display(), subject_token());
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, seen)
}

/// The PATH with this folder before the rest.
fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn circleci_is_asked_by_its_own_program_for_another_audience() {
    let server = server(json!({}));
    let oat = job(&server, "circleci,audience=https://a.example/\"$(id)").env("CIRCLE_OIDC_TOKEN_V2", "other");
    let (folder, seen) = program(&oat, "circleci");
    let oat = oat.env("PATH", &path_with(&folder));
    ends_in_a_token(&oat, &server, &subject_token());
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.starts_with("run\noidc\nget\n--claims\n{\"aud\":\"https://a.example/\\\"$(id)\"}\n"), "{seen}");
}

#[test]
fn buildkite_ends_in_a_token() {
    // buildkite/agent, api/oidc.go: {"token":…}
    let server = server(json!({"token": subject_token()}));
    let oat = buildkite(&server).env("OAT_SUBJECT_AUDIENCE", "sts.example");
    ends_in_a_token(&oat, &server, &subject_token());
    let asked = identity_request(&server);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/v3/jobs/0184990a-477b/oidc/tokens"));
    assert_eq!(asked.header("authorization"), Some(format!("Token {REQUEST_TOKEN}").as_str()));
    assert_eq!(asked.json(), json!({"audience": "sts.example"}));
}

#[test]
fn buildkites_own_program_is_asked_where_its_variables_are_not_there() {
    let server = server(json!({}));
    let oat = job(&server, "buildkite,audience=a,lifetime=5m").env("BUILDKITE", "true");
    let (folder, seen) = program(&oat, "buildkite-agent");
    let oat = oat.env("PATH", &path_with(&folder));
    ends_in_a_token(&oat, &server, &subject_token());
    assert!(fs::read_to_string(seen).unwrap().starts_with("oidc\nrequest-token\n--audience\na\n--lifetime\n300\n"));
}

#[test]
fn azure_devops_ends_in_a_token() {
    // azure-identity 1.27, azure_pipelines.py
    let server = server(json!({"oidcToken": subject_token()}));
    ends_in_a_token(&azure(&server), &server, &subject_token());
    let asked = identity_request(&server);
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/o/_apis/oidctoken?api-version=7.1&serviceConnectionId=7f1c-0d3e")
    );
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {REQUEST_TOKEN}").as_str()));
    assert_eq!((asked.header("content-type"), asked.header("x-tfs-fedauthredirect")), (Some("application/json"), Some("Suppress")));
    assert!(asked.body.is_empty());
    let oat = azure(&server).unset("SYSTEM_ACCESSTOKEN");
    oat.run(&GET).fails_saying(6, &["SYSTEM_ACCESSTOKEN is not set", "env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"]);
}

#[test]
fn kubernetes_ends_in_a_token_and_its_file_is_read_each_time() {
    let server = server(json!({}));
    let oat = job(&server, "auto").env("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    // As kubelet lays it out: token -> ..data/token, ..data -> ..2026_01_12
    let volume = oat.folder().join("volume");
    for (version, text) in [("..1", subject_token()), ("..2", "a.second.token".into())] {
        fs::create_dir_all(volume.join(version)).unwrap();
        fs::write(volume.join(version).join("token"), text).unwrap();
    }
    symlink("..1", volume.join("..data")).unwrap();
    symlink("..data/token", volume.join("token")).unwrap();
    let oat = oat.env("AZURE_FEDERATED_TOKEN_FILE", volume.join("token").to_str().unwrap());
    ends_in_a_token(&oat, &server, &subject_token());
    fs::remove_file(volume.join("..data")).unwrap();
    symlink("..2", volume.join("..data")).unwrap();
    assert_eq!(oat.run(&["token", "get", "--force"]).line(), "exchanged");
    let last = server.requests().pop().unwrap().form();
    assert!(last.contains(&("subject_token".into(), "a.second.token".into())), "{last:?}");
}

#[test]
fn a_google_machine_ends_in_a_token_and_no_proxy_is_asked() {
    let server = server_of(Answer::text(200, "text/html", format!("{}\n", subject_token())), exchanged());
    let host = server.address.to_string();
    let oat = job(&server, "gcp,audience=https://a.example").env("GCE_METADATA_HOST", &host).env("HTTPS_PROXY", "http://127.0.0.1:1");
    ends_in_a_token(&oat.env("HTTP_PROXY", "http://127.0.0.1:1"), &server, &subject_token());
    let asked = identity_request(&server);
    let target = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=https%3A%2F%2Fa.example&format=full";
    assert_eq!((asked.target.as_str(), asked.header("metadata-flavor")), (target, Some("Google")));
    let oat = job(&server, "gcp").env("GCE_METADATA_HOST", &host);
    oat.run(&GET).fails_saying(6, &["audience", "OAT_SUBJECT_AUDIENCE"]);
    let oat = job(&server, "gcp,audience=a").env("GCE_METADATA_HOST", "metadata.evil.example");
    oat.run(&GET).fails_saying(6, &["GCE_METADATA_HOST", "plain http"]);
}

#[test]
fn a_variable_a_file_and_a_command_end_in_a_token() {
    let token = subject_token();
    let server = server(json!({}));
    ends_in_a_token(&job(&server, "env:MY_JWT").env("MY_JWT", &token), &server, &token);
    let server = server_of(Answer::hang(), exchanged());
    let oat = job(&server, "file:~/token");
    fs::write(oat.home().join("token"), format!("{token}\n")).unwrap();
    ends_in_a_token(&oat, &server, &token);
    let server = server_of(Answer::hang(), exchanged());
    let oat = job(&server, "");
    let file = oat.file("answer", 0o644, json!({"a": {"token": token}}).to_string());
    let source = json!({"source": "command", "command": ["cat", file], "pointer": "/a/token"}).to_string();
    ends_in_a_token(&oat.env("OAT_SUBJECT", &source), &server, &token);
}

#[test]
fn where_no_system_is_found_it_is_told_what_was_looked_for() {
    let server = server(json!({}));
    job(&server, "auto")
        .run(&GET)
        .fails_saying(6, &["GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "TF_BUILD", "KUBERNETES_SERVICE_HOST"]);
    job(&server, "github-action").run(&GET).fails_saying(6, &["OAT_SUBJECT", "did you mean `github-actions`?"]);
    let oat = Oat::new().config("[profile.p]\nissuer = \"https://a.example\"\nsubject = { source = \"gitlab\", audiance = \"x\" }\n");
    oat.get(&[]).fails_saying(6, &["line 3", "did you mean `audience`?"]);
}

#[test]
fn the_flow_of_a_job_can_be_tried_with_nothing_set_up() {
    let oat = Oat::new()
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:8417/ci?job=1")
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "sandbox-ci");
    for (grant, audience) in [("token_exchange", "x"), ("jwt_bearer", "http://127.0.0.1:8417")] {
        let source = format!("github-actions,audience={audience}");
        let args = ["token", "get", "sandbox", "--grant", grant, "--subject", &source, "--scope", "read"];
        let token = oat.run(&args).line().to_string();
        assert_eq!(oat.run(&args).line(), token, "it is kept");
        let claims = oat.piped(&token, &["inspect", "-", "--profile", "sandbox", "--claim", "sub"]);
        assert_eq!(claims.line(), "repo:octo-org/octo-repo:ref:refs/heads/main");
    }
    let args = ["token", "get", "sandbox", "--grant", "jwt_bearer", "--subject", "github-actions,audience=another"];
    oat.run(&args).fails_saying(4, &["invalid_grant", "aud", "iss `http://127.0.0.1:8417/ci`", "aud `another`"]);
}

// ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_missing_permission_is_told_with_the_lines_to_add() {
    let server = server(json!({}));
    let oat = github(&server, "github-actions").unset("ACTIONS_ID_TOKEN_REQUEST_URL").unset("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    oat.run(&GET).fails_saying(6, &["ACTIONS_ID_TOKEN_REQUEST_URL", "permissions:", "id-token: write"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn an_identity_endpoint_that_gives_no_token_is_explained_and_nothing_is_exchanged() {
    let stranger = Server::always(exchanged());
    for (answer, code, told) in [
        (Answer::text(403, "text/plain", CANARY), 4, &["403", "fork", "id-token: write"][..]),
        (Answer::error(401, "access_denied", REQUEST_TOKEN), 4, &["access_denied", "[redacted]"]),
        (Answer::redirect(302, &stranger.url("/identity?CANARY")), 8, &["302", "points to", "never follow a redirect"]),
        (Answer::text(200, "text/html", "<html>CANARY"), 8, &["HTML page"]),
        (Answer::json(200, json!({"value": "<html>CANARY"})), 8, &["HTML page"]),
        (Answer::json(200, json!({"value": ""})), 8, &["empty"]),
        (Answer::json(200, json!({"value": "a\nb"})), 8, &["several lines"]),
        (Answer::json(200, json!({"value": "a b"})), 8, &["byte 0x20"]),
        (Answer::json(200, json!({"value": "x".repeat((1 << 20) + 1)})), 8, &["longer than 1024 KiB"]),
        (Answer::endless(true), 8, &["more than"]),
        (Answer::hang(), 5, &["did not answer within 1 s"]),
        (Answer::close(), 5, &["broke the connection off"]),
    ] {
        let server = server_of(answer, exchanged());
        let output = github(&server, "github-actions").env("OAT_TIMEOUT", "1s").run(&GET);
        output.fails_saying(code, told);
        output.assert_clean(&["CANARY"]);
        assert_eq!(server.count_of("/token"), 0, "{told:?}");
    }
    assert_eq!(stranger.count(), 0, "the request token stays where it belongs");
}

#[test]
fn r32_an_identity_endpoint_must_be_https_or_on_this_machine() {
    let server = server(json!({}));
    for bad in ["http://192.0.2.1/x?k=CANARY", "https://u:CANARY@a.example/", "CANARY", "file:///etc/passwd"] {
        let output = github(&server, "github-actions").env("ACTIONS_ID_TOKEN_REQUEST_URL", bad).run(&GET);
        output.fails_saying(6, &["ACTIONS_ID_TOKEN_REQUEST_URL"]);
    }
}

#[test]
fn a_file_that_holds_no_token_is_told_and_nothing_is_sent() {
    let server = server(json!({}));
    let oat = job(&server, "");
    for (name, bytes, code, told) in [
        ("empty", Vec::new(), 6, "is empty"),
        ("newline", b"\n".to_vec(), 6, "is empty"),
        ("huge", vec![b'a'; (1 << 20) + 1], 6, "longer than"),
        ("binary", vec![0xff, 0xfe, 0], 6, "not UTF-8"),
        ("page", b"<!DOCTYPE html>\n<p>CANARY".to_vec(), 8, "HTML page"),
        ("lines", b"CANARY\nCANARY\n".to_vec(), 8, "several lines"),
    ] {
        let file = oat.file(name, 0o644, bytes);
        let oat = job(&server, &format!("file:{}", file.display()));
        oat.run(&GET).fails_saying(code, &[told]);
    }
    job(&server, "file:/nonexistent").run(&GET).fails_saying(6, &["cannot read the subject token", "/nonexistent"]);
    job(&server, "file:/tmp").run(&GET).fails_saying(6, &["cannot read the subject token"]);
    job(&server, "file:/dev/null").run(&GET).fails_saying(6, &["is empty"]);
    job(&server, "file:/dev/zero").run(&GET).fails_saying(6, &["longer than"]);
    let fifo = oat.folder().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    job(&server, &format!("file:{}", fifo.display())).run(&GET).fails_saying(6, &["within 10 s"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn a_token_that_can_be_read_only_once_is() {
    let server = server(json!({}));
    let oat = job(&server, "");
    let fifo = oat.folder().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let path = fifo.clone();
    let writer = std::thread::spawn(move || fs::write(path, subject_token()).unwrap());
    assert_eq!(oat.env("OAT_SUBJECT", &format!("file:{}", fifo.display())).run(&GET).line(), "exchanged");
    writer.join().unwrap();
}

#[test]
fn a_token_that_is_over_is_told_with_its_times_and_nothing_is_sent() {
    let server = server(json!({"value": jwt(json!({"exp": now() - 3600}))}));
    github(&server, "github-actions").run(&GET).fails_saying(8, &["ended at 20", "60 min ago"]);
    let old = jwt(json!({"exp": now() - 3600}));
    job(&server, "gitlab").env("A_ID_TOKEN", &old).run(&GET).fails_saying(8, &["ended at 20", "`timeout`"]);
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn a_server_that_does_not_trust_the_token_is_told_with_what_the_token_says() {
    let server = server_of(Answer::json(200, json!({"value": subject_token()})), Answer::error(400, "invalid_request", "no such provider"));
    let output = github(&server, "github-actions").run(&["token", "get"]);
    output.fails_saying(
        4,
        &[
            "no such provider",
            "iss `https://token.actions.githubusercontent.com`",
            "sub `repo:o/r:ref:refs/heads/main`",
            "aud `https://sts.example",
        ],
    );
    output.assert_clean(&["CANARY"]);
    let hostile = jwt(json!({"iss": "x\u{1b}[31m\n::add-mask::y", "sub": "##vso[task]", "aud": "\u{202e}"}));
    let server = server_of(Answer::json(200, json!({"value": hostile})), Answer::error(400, "invalid_target", "no"));
    github(&server, "github-actions").run(&["token", "get"]).fails_saying(4, &["iss `x\\u{1b}[31m\\n::add-mask::y`"]);
}

#[test]
fn an_exchange_that_gives_something_else_is_refused_and_not_kept() {
    let other = json!({"access_token": "CANARY", "issued_token_type": format!("{TYPE}saml2"), "token_type": "N_A", "expires_in": 3600});
    let server = server_of(Answer::json(200, json!({"value": subject_token()})), Answer::json(200, other));
    let oat = github(&server, "github-actions").env("OAT_REQUESTED_TOKEN_TYPE", "access_token");
    for _ in 0..2 {
        oat.run(&GET).fails_saying(8, &["`saml2`", "`access_token` was asked for", "requested_token_type"]);
    }
    assert_eq!(server.count_of("/token"), 2);
    let oat = oat.env("OAT_REQUESTED_TOKEN_TYPE", "saml2");
    assert_eq!(oat.run(&["token", "get"]).stdout, "CANARY\n");
    let form = server.requests().pop().unwrap().form();
    assert!(form.contains(&("requested_token_type".into(), format!("{TYPE}saml2"))), "{form:?}");
}

// ── jobs apart ──────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_is_kept_for_one_job_is_never_served_to_another() {
    let server = Server::start(|request| match request.path() {
        "/token" => Answer::token(&format!("exchanged-{}", request.number)),
        _ => Answer::json(200, json!({"value": subject_token()})),
    });
    let oat = github(&server, "github-actions").env("GITHUB_RUN_ID", "1");
    let first = oat.run(&GET).line().to_string();
    assert_eq!(oat.run(&GET).line(), first);
    let oat = oat.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CANARY-of-another-job");
    let second = oat.run(&GET).line().to_string();
    assert_ne!(first, second);
    let oat = oat.env("GITHUB_RUN_ID", "2");
    let third = oat.run(&GET).line().to_string();
    assert!(third != first && third != second);
    let oat = oat.env("OAT_SUBJECT_AUDIENCE", "another");
    let fourth = oat.run(&GET).line().to_string();
    assert!(![&first, &second, &third].contains(&&fourth));
    // The first job is still there.
    let oat = oat.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN).env("GITHUB_RUN_ID", "1").unset("OAT_SUBJECT_AUDIENCE");
    assert_eq!(oat.run(&GET).line(), first);
    assert_eq!(server.count_of("/token"), 4);
}

#[test]
fn another_token_in_the_same_variable_or_file_is_another_identity() {
    let server = Server::start(|request| Answer::token(&format!("exchanged-{}", request.number)));
    let oat = job(&server, "env:MY_JWT").env("MY_JWT", "CANARY.a.b");
    let first = oat.run(&GET).line().to_string();
    let oat = oat.env("MY_JWT", "CANARY.a.c");
    assert_ne!(oat.run(&GET).line(), first);
    let oat = oat.env("MY_JWT", "CANARY.a.b");
    assert_eq!(oat.run(&GET).line(), first);
    let file = oat.file("token", 0o600, "CANARY.a.b");
    let oat = oat.env("OAT_SUBJECT", &format!("file:{}", file.display()));
    let first = oat.run(&GET).line().to_string();
    assert_eq!(oat.run(&GET).line(), first);
    oat.file("token", 0o600, "CANARY.a.d");
    assert_ne!(oat.run(&GET).line(), first);
    assert_eq!(server.count(), 4);
}

#[test]
fn thirty_steps_of_a_job_at_once_make_one_exchange() {
    let server = server(json!({"value": subject_token()}));
    let oat = github(&server, "github-actions");
    for output in oat.swarm(30, &["token", "get"]) {
        assert_eq!(output.line(), "exchanged");
    }
    assert_eq!((server.count_of("/identity"), server.count_of("/token")), (1, 1));
}

#[test]
fn no_program_on_the_side_learns_what_lets_the_job_ask() {
    let server = server(json!({"value": subject_token()}));
    let oat = github(&server, "github-actions").env("SYSTEM_ACCESSTOKEN", REQUEST_TOKEN).env("BUILDKITE_AGENT_ACCESS_TOKEN", REQUEST_TOKEN);
    let (folder, seen) = program(&oat, "secret");
    let program = folder.join("secret");
    let output = oat.run(&["token", "get", "--client-id", "c", "--client-secret-command", program.to_str().unwrap(), ";"]);
    assert_eq!(output.line(), "exchanged");
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("GITHUB_ACTIONS=true") && !seen.contains("CANARY"), "{seen}");
}

// ── the bare token ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_bare_token_is_printed_or_written_whole_and_private() {
    let server = Server::start(|request| Answer::json(200, json!({"value": format!("token.{}.x", request.number)})));
    let oat = github(&server, "env:UNUSED");
    assert_eq!(oat.run(&["token", "subject", "github-actions", "--audience", "sts.amazonaws.com"]).line(), "token.0.x");
    assert_eq!(server.requests()[0].target, "/identity?api-version=2.0&x=%2F&audience=sts.amazonaws.com");
    let file = oat.file("token.jwt", 0o644, "old");
    let link = oat.folder().join("link");
    fs::hard_link(&file, &link).unwrap();
    let output = oat.run(&["token", "subject", "github", "--out", "token.jwt"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", "::add-mask::token.1.x\n"));
    assert_eq!((fs::read_to_string(&file).unwrap(), fs::read_to_string(&link).unwrap()), ("token.1.x".into(), "old".into()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(oat.folder()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("tmp")).count(),
        0
    );
    // Without a word: OAT_SUBJECT, else whatever this runs in.
    assert_eq!(oat.unset("OAT_SUBJECT").run(&["token", "subject"]).line(), "token.2.x");
    assert_eq!(server.count_of("/token"), 0);
    github(&server, "auto").run(&["token", "subject", "--out", "/nonexistent/x/token"]).fails_saying(7, &["`/nonexistent/x`", "mkdir -p"]);
}

#[test]
fn the_bare_token_of_a_profile_is_that_of_its_subject() {
    let server = server(json!({"value": subject_token()}));
    let lines = |subject: &str| format!("token_endpoint = {:?}\ngrant = \"token_exchange\"\nsubject = {subject}\n", server.url("/token"));
    let config = format!(
        "[profile.ci]\n{}[profile.chain]\n{}[profile.none]\nissuer = \"https://a.example\"\nclient_id = \"c\"\n",
        lines("{ source = \"github-actions\", audience = \"a\" }"),
        lines("{ source = \"profile\", profile = \"ci\" }")
    );
    let oat = github(&server, "auto").unset("OAT_SUBJECT").unset("OAT_TOKEN_ENDPOINT").unset("OAT_GRANT").config(&config);
    assert_eq!(oat.run(&["token", "subject", "ci"]).stdout, format!("{}\n", subject_token()));
    assert!(identity_request(&server).target.ends_with("&audience=a"));
    oat.run(&["token", "subject", "none"]).fails_saying(6, &["has no subject"]);
    oat.run(&["token", "subject", "chain"]).fails_saying(6, &["oat token get ci"]);
    oat.run(&["token", "subject", "nobody"]).fails_saying(6, &["no profile `nobody`"]);
    oat.run(&["token", "subject", "gitlab"]).fails_saying(6, &["id_tokens:"]);
    assert_eq!(server.count_of("/token"), 0);
}

#[test]
fn certificates_are_checked_where_a_job_asks_for_its_token_too() {
    let server =
        Server::start_tls(Authority::new().server("127.0.0.1", Fault::None), |_| Answer::json(200, json!({"value": subject_token()})));
    let oat = github(&server, "github-actions").env("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url("/identity"));
    oat.run(&["token", "subject"]).fails_saying(8, &["certificate"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn a_mistyped_source_is_told_with_what_was_meant() {
    let oat = Oat::new();
    let subject = |source: &str| oat.run(&["token", "subject", source]);
    subject("githubactions").fails_saying(6, &["no profile `githubactions`", "the source `github-actions`"]);
    subject("env:").fails_saying(2, &["`name`", "not empty"]);
    subject("env").fails_saying(2, &["`env:NAME`"]);
    subject("file").fails_saying(2, &["`file:FILE`"]);
    subject("command").fails_saying(2, &["command = [\"PROGRAM\", …]"]);
    subject("buildkite").fails_saying(6, &["buildkite-agent", "is this a Buildkite job?"]);
    Oat::new().env("OAT_SUBJECT", "githb").run(&["token", "subject"]).fails_saying(6, &["OAT_SUBJECT", "oat man config"]);
    let output = Oat::new().env("T", "x").run(&["token", "subject", "env:T", "--out", "/dev/full"]);
    assert!(!output.fails_saying(2, &["/dev/full"]).contains("--to"), "{output:#?}");
}
