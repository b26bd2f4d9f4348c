//! `token get --explain`: everything is told, nothing is sent, nothing secret is read.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;

use support::redirect::*;
use support::*;

const TOKEN: &str = "TOKEN-canary";

fn explained(oat: &Oat, more: &[&str]) -> Value {
    let output = oat.run(&[&["--json", "token", "get", "p", "--explain"], more].concat());
    serde_json::from_str(output.lines()).unwrap()
}

/// What is told to a person; nothing secret is in it.
fn told(oat: &Oat, more: &[&str]) -> String {
    let output = oat.get(&[&["--explain"], more].concat());
    let text = output.lines().to_string();
    output.assert_clean(&[SECRET, TOKEN, ACCESS, REFRESH]);
    text
}

#[test]
fn a_first_request_is_told_in_full_and_not_sent() {
    let server = Server::always(Answer::token(TOKEN));
    let lines =
        "scope = \"read\"\ntoken_params = { tenant = \"42\", api_key = \"CANARY-in-the-body\" }\nclient_auth = \"client_secret_post\"";
    let oat = Oat::at(&server.url("/token?key=CANARY-in-the-body"), lines).env("OAT_AUDIENCE", "https://api");
    let text = told(&oat, &["--scope", "a b"]);
    for line in [
        "profile   `p`, named on the command line; config file",
        "  scope = \"a b\"",
        "# --scope",
        "# OAT_AUDIENCE",
        "# line ",
        "# default",
        "  client_secret = { env = \"P_SECRET\" }",
        "cache     not used: nothing is kept for this request",
        "then      the server is asked for a new token, by client_credentials",
        "  grant_type = client_credentials\n",
        "  audience = https://api\n",
        "  tenant = 42\n",
        "  api_key = [redacted]\n",
        "  client_id = cli\n",
        "  client_secret = [redacted]",
    ] {
        assert!(text.contains(line), "no `{line}` in:\n{text}");
    }
    assert!(text.contains(&format!("request   POST {}?…\n", server.url("/token"))), "{text}");
    let told = explained(&oat, &[]);
    assert_eq!(
        (&told["decision"], &told["cache"]["used"], &told["profile"], &told["store"]["key"]),
        (&json!("fetch"), &json!(false), &json!("p"), &json!("file"))
    );
    assert_eq!(told["settings"]["audience"], json!({"value": "https://api", "from": "OAT_AUDIENCE"}));
    assert_eq!(told["settings"]["leeway"], json!({"value": "60s", "from": "default"}));
    assert!(told["requests"][0]["parameters"].as_array().unwrap().contains(&json!(["client_secret", "[redacted]"])), "{told}");
    assert!(!told.to_string().contains("CANARY"), "{told}");
    assert_eq!(server.connections(), 0);
    assert!(oat.state_files().is_empty(), "nothing was made");
}

#[test]
fn what_is_told_is_what_is_then_sent() {
    for more in ["", "token_request_body = \"json\"", "client_auth = \"client_secret_basic\"", "resource = [\"https://a\", \"https://b\"]"]
    {
        let server = Server::always(Answer::token(TOKEN));
        let oat = Oat::at(&server.url("/token"), &format!("scope = \"read write\"\n{more}"));
        let told = explained(&oat, &[]);
        assert_eq!(oat.get(&[]).line(), TOKEN);
        let sent = server.only();
        let request = &told["requests"][0];
        assert_eq!((&request["method"], &request["url"]), (&json!(sent.method), &json!(server.url("/token"))));
        for (name, value) in request["headers"].as_object().unwrap() {
            let real = sent.header(name).unwrap();
            assert!(value == real || (name == "authorization" && value == "[redacted]"), "{name}: {value} {real}");
        }
        let mut parameters: Vec<(String, String)> = match more.contains("json") {
            true => {
                sent.json().as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_string())).collect()
            }
            false => sent.form(),
        };
        for (name, value) in &mut parameters {
            *value = if name == "client_secret" { "[redacted]".into() } else { value.clone() };
        }
        let mut shown: Vec<(String, String)> = serde_json::from_value(request["parameters"].clone()).unwrap();
        parameters.sort();
        shown.sort();
        assert_eq!(shown, parameters, "{more}");
    }
}

#[test]
fn the_cache_is_explained_by_the_decision_that_the_session_makes() {
    let server =
        Server::always(Answer::json(200, json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": "a"})));
    let oat = Oat::at(&server.url("/token"), "scope = \"a b\"");
    assert_eq!(oat.get(&[]).code, Some(0));
    for (more, used, reason) in [
        (&[][..], true, "it is good until 20"),
        (&["--force"], false, "`--force` wants a new one"),
        (&["--min-ttl", "30m"], true, "it is good until"),
        (&["--min-ttl", "2h"], false, "`--min-ttl` asks for 7200 s"),
        (&["--require-scope"], false, "`--require-scope`: the server did not grant the scope `b`"),
        (&["--scope", "c"], false, "nothing is kept for this request"),
        (&["--client-id", "other"], false, "of another server, client or grant"),
        (&["--leeway", "2h"], true, "it is good until"),
        (&["--store", "none"], false, "the store is switched off"),
    ] {
        let told = explained(&oat, more);
        assert_eq!(told["cache"]["used"], used, "{more:?}: {told}");
        assert!(told["cache"]["reason"].as_str().unwrap().contains(reason), "{more:?}: {told}");
        assert_eq!(told["decision"] == "use", used, "{more:?}: {told}");
        assert_eq!(told["requests"].as_array().unwrap().is_empty(), used || told.get("failure").is_some(), "{more:?}: {told}");
    }
    // A server that cannot give that much was asked just now.
    assert_eq!(explained(&oat, &["--min-ttl", "2h"])["failure"]["kind"], "invalid");
    assert_eq!(explained(&oat, &["--store", "none", "--require-store"])["failure"]["kind"], "store");
    assert!(told(&oat, &[]).contains("cache     used: it is good until"));
    assert_eq!(server.count(), 1);
}

#[test]
fn short_and_ended_tokens_are_told_apart() {
    let server = Server::start(|request| Answer::token_for(TOKEN, if request.number == 0 { 10 } else { 1 }));
    let oat = Oat::against(&server);
    oat.get(&[]);
    assert_eq!(explained(&oat, &[])["cache"]["used"], true);
    oat.get(&["--force"]);
    let ended = || explained(&oat, &[])["cache"]["reason"].as_str().unwrap().contains("it ended at");
    let began = std::time::Instant::now();
    while !ended() {
        assert!(began.elapsed().as_secs() < 10, "it never ends");
    }
}

#[test]
fn no_secret_is_read_to_explain() {
    let server = Server::always(Answer::token(TOKEN));
    let ran = tempfile::tempdir().unwrap();
    let witness = ran.path().join("ran");
    for secret in [
        format!("{{ command = [\"touch\", {:?}] }}", witness),
        "{ file = \"/nowhere/CANARY\" }".into(),
        "{ env = \"NOT_SET\" }".into(),
        "{ keyring = true }".into(),
        "{ credential = \"x\" }".into(),
    ] {
        let oat = Oat::at(&server.url("/token"), &format!("client_secret = {secret}"));
        let told = explained(&oat, &[]);
        assert_eq!(told["decision"], "fetch", "{secret}");
        assert!(told["requests"][0]["parameters"].as_array().unwrap().contains(&json!(["client_secret", "[redacted]"])), "{told}");
    }
    let oat = Oat::against(&server);
    let literal = Oat::at(&server.url("/token"), &format!("client_secret = {SECRET:?}"));
    assert!(told(&literal, &[]).contains("client_secret = [redacted]"));
    assert!(told(&oat, &["--client-secret-stdin"]).contains("client_secret = standard input"));
    assert!(!witness.exists(), "the command ran");
    assert_eq!(server.connections(), 0);
}

#[test]
fn discovery_that_is_needed_is_told_and_what_is_kept_is_used() {
    let server = Server::start(|request| match request.path() {
        "/token" => Answer::token(TOKEN),
        _ => {
            let origin = format!("http://{}", request.header("host").unwrap());
            Answer::json(
                200,
                json!({"issuer": origin, "token_endpoint": format!("{origin}/token"), "token_endpoint_auth_methods_supported": ["client_secret_post"]}),
            )
        }
    });
    let oat = Oat::with_profile(&format!("issuer = {:?}\nclient_auth = \"client_secret_basic\"", server.url("")));
    let first = explained(&oat, &[]);
    assert_eq!(first["requests"][0]["url"], server.url(DISCOVERY));
    assert_eq!((&first["requests"][1]["method"], &first["requests"][1]["url"]), (&json!("POST"), &json!(null)));
    assert!(told(&oat, &[]).contains(&format!("request   GET {}\n", server.url(DISCOVERY))));
    assert_eq!(server.connections(), 0);
    assert_eq!(oat.get(&[]).line(), TOKEN);
    let then = explained(&oat, &["--force"]);
    assert_eq!((then["requests"].as_array().unwrap().len(), &then["requests"][0]["url"]), (1, &json!(server.url("/token"))));
}

#[test]
fn where_a_subjects_token_would_go_is_told_behind_the_request_for_it() {
    let server = Server::always(Answer::token(TOKEN));
    let lines = "grant = \"token_exchange\"\nsubject = { source = \"github-actions\", audience = \"a\" }";
    let mut oat = Oat::at(&server.url("/token"), lines).env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SECRET);
    oat = oat.env("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url("/identity?x=y"));
    let requests = explained(&oat, &[])["requests"].clone();
    let told = |at: usize| (requests[at]["method"].as_str().unwrap(), requests[at]["url"].as_str().unwrap_or("unknown"));
    assert_eq!((told(0), told(1)), (("GET", &*server.url("/identity?…")), ("POST", &*server.url("/token"))));
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_persons_profile_is_refreshed_or_signed_in_to() {
    let provider = Provider::granting(|_, facts| Answer::json(200, facts.granted(0)));
    let oat = provider.oat("");
    let before = explained(&oat, &[]);
    assert_eq!(
        (&before["decision"], &before["failure"]["kind"], &before["requests"]),
        (&json!("login_required"), &json!("login_required"), &json!([]))
    );
    assert!(told(&oat, &[]).contains("then      exit code 3: nobody is signed in"));
    sign_in(&oat, &provider);
    let asked = provider.server.count();
    let after = explained(&oat, &[]);
    assert_eq!(after["decision"], "refresh");
    assert_eq!(
        after["requests"][0]["parameters"],
        json!([["grant_type", "refresh_token"], ["refresh_token", "[redacted]"], ["client_id", CLIENT]])
    );
    told(&oat, &[]);
    assert_eq!(provider.server.count(), asked);
}

#[test]
fn a_profile_that_is_not_complete_is_told_as_far_as_it_goes() {
    let oat = Oat::new().config("[profile.p]\nissuer = \"https://a.example\"\ngrant = \"client_credentials\"\nscope = \"${NOT_SET}\"\n");
    for (oat, last) in [
        (oat.env("NOT_SET", "x"), "scope"),
        (Oat::new().config("[profile.p]\nissuer = \"https://a.example\"\nscope = \"${NOT_SET}\"\n"), "issuer"),
    ] {
        let output = oat.get(&["--explain"]);
        assert_eq!(output.code, Some(6), "{output:#?}");
        assert!(output.stdout.contains("profile   `p`, named") && output.stdout.contains(&format!("  {last} = ")), "{output:#?}");
        assert_eq!(output.stderr.lines().filter(|line| line.starts_with("oat: error: ")).count(), 1, "{output:#?}");
        let json = oat.run(&["--json", "token", "get", "p", "--explain"]);
        assert!(serde_json::from_str::<Value>(&json.stdout).unwrap()["settings"]["issuer"].is_object(), "{json:#?}");
        assert_eq!(serde_json::from_str::<Value>(&json.stderr).unwrap()["exit_code"], 6);
    }
}

#[test]
fn of_a_profile_that_is_not_there_nothing_is_told() {
    let output = Oat::new().run(&["token", "get", "nowhere", "--explain"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(6), ""), "{output:#?}");
}

#[test]
fn it_is_told_how_the_profile_was_chosen() {
    let oat = Oat::at("https://a.example/token", "");
    let chosen = |oat: &Oat, args: &[&str]| {
        let output = oat.run(&[&["token", "get", "--explain"], args].concat());
        output.lines().lines().next().unwrap().to_string()
    };
    assert!(chosen(&oat, &[]).contains("`p`, the only one in the config file"));
    assert!(chosen(&oat, &["p"]).contains("named on the command line"));
    let oat = oat.env("OAT_PROFILE", "p");
    assert!(chosen(&oat, &[]).contains("named by OAT_PROFILE"));
    let text = fs::read_to_string(oat.config_file()).unwrap();
    let oat = oat.unset("OAT_PROFILE").config(&format!("default_profile = \"p\"\n{text}\n[profile.q]\nissuer = \"https://b.example\"\n"));
    assert!(chosen(&oat, &[]).contains("the default_profile"));
    let bare = Oat::new().env("OAT_CLIENT_SECRET", SECRET);
    let args = ["--token-endpoint", "https://a.example/token", "--client-id", "c", "--grant", "client_credentials"];
    assert!(chosen(&bare, &args).contains("flags and variables say it all"));
}

#[test]
fn the_sandbox_is_explained_and_not_started() {
    let oat = Oat::new();
    let output = oat.run(&["token", "get", "sandbox", "--explain"]);
    assert!(output.lines().contains("server    the embedded one"), "{output:#?}");
    assert!(oat.state_files().is_empty(), "{:?}", oat.state_files());
}

#[test]
fn a_store_that_cannot_be_read_is_the_reason() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    oat.get(&[]);
    let record = oat.state().join("sessions/p.record");
    fs::set_permissions(&record, fs::Permissions::from_mode(0o644)).unwrap();
    let told = explained(&oat, &[]);
    assert!(told["cache"]["reason"].as_str().unwrap().contains("others may read it"), "{told}");
    assert_eq!(told["decision"], "fetch");
    assert_eq!(server.count(), 1);
}

/// The name and the query-less address of each request, with the names of its parameters.
fn outline(method: &str, url: &str, mut names: Vec<String>) -> (String, String, Vec<String>) {
    names.sort();
    (method.into(), url.split('?').next().unwrap().into(), names)
}

#[test]
fn what_is_told_is_what_is_sent_by_every_proof_and_every_token_that_is_handed_in() {
    const KEY: &str = include_str!("../src/jose/private_key/test-keys/p256.sec1.pem");
    let exchange = "grant = \"token_exchange\"\nsubject = ";
    for lines in [
        "grant = \"client_credentials\"\nclient_key = { file = KEY }".into(),
        "grant = \"jwt_bearer\"\nclient_key = { file = KEY }\nassertion_claims = { sub = \"s\" }".into(),
        "grant = \"jwt_bearer\"\nsubject = { source = \"env\", name = \"J\" }".into(),
        "grant = \"client_credentials\"\nsubject = \"github-actions\"".into(),
        format!("{exchange}\"github-actions,audience=a\"\nactor = \"env:J\"\naudience = [\"a\", \"b\"]"),
        format!("{exchange}\"azure-devops,service_connection=1\"\ntoken_request_body = \"json\""),
        format!("{exchange}\"profile:q\""),
    ] {
        let server = Server::always(Answer::json(
            200,
            json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "value": "ci", "oidcToken": "ci"}),
        ));
        let oat = Oat::new();
        let key = oat.file("key.pem", 0o600, KEY);
        let lines = lines.replace("KEY", &format!("{:?}", key.to_str().unwrap()));
        let inner = format!(
            "[profile.q]\ngrant = \"client_credentials\"\nclient_id = \"q\"\ntoken_endpoint = {:?}\nclient_key = {{ file = {:?} }}\n",
            server.url("/inner"),
            key
        );
        let oat = oat
            .config(&format!("[profile.p]\nclient_id = \"cli\"\ntoken_endpoint = {:?}\n{lines}\n{inner}", server.url("/token")))
            .env("J", "job.token.x")
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url("/ci?api-version=2.0"))
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r")
            .env("SYSTEM_OIDCREQUESTURI", &server.url("/ado"))
            .env("SYSTEM_ACCESSTOKEN", "r");
        let told = explained(&oat, &[]);
        assert_eq!((&told["decision"], told.get("failure"), server.connections()), (&json!("fetch"), None, 0), "{lines}: {told}");
        let told: Vec<_> = told["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|request| {
                let names = request["parameters"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap().to_string()).collect();
                outline(request["method"].as_str().unwrap(), request["url"].as_str().unwrap_or_default(), names)
            })
            .collect();
        assert_eq!(oat.get(&[]).line(), TOKEN, "{lines}");
        let sent: Vec<_> = server
            .requests()
            .iter()
            .map(|request| {
                let names = match (request.header("content-type"), request.body.is_empty()) {
                    (_, true) => Vec::new(),
                    (Some("application/json"), _) => request.json().as_object().unwrap().keys().cloned().collect(),
                    _ => request.form().into_iter().map(|(name, _)| name).collect(),
                };
                outline(&request.method, &server.url(&request.target), names)
            })
            .collect();
        assert_eq!(told, sent, "{lines}");
    }
}

#[test]
fn what_is_not_set_up_is_told_as_the_end_that_it_comes_to() {
    let lines = |subject: &str| {
        format!(
            "[profile.p]\ngrant = \"token_exchange\"\ntoken_endpoint = \"https://a.example/token\"\nsubject = {subject:?}\n[profile.person]\nissuer = \"https://b.example\"\nclient_id = \"c\"\n"
        )
    };
    for (subject, code, told) in
        [("github-actions", 6, "id-token: write"), ("azure-devops", 6, "SYSTEM_ACCESSTOKEN"), ("profile:person", 3, "oat login person")]
    {
        let oat = Oat::new().config(&lines(subject));
        let foreseen = explained(&oat, &[]);
        assert!(foreseen["failure"].to_string().contains(told), "{subject}: {foreseen}");
        assert_eq!(foreseen["requests"], json!([]), "{subject}");
        let real = oat.get(&[]);
        assert_eq!(real.code, Some(code), "{real:#?}");
        assert!(real.stderr.contains(foreseen["failure"]["error"].as_str().unwrap()), "{foreseen} {real:#?}");
    }
}
