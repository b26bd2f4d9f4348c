//! `oat inspect --for URL`: what an API wants, held against the token, and to whom the token goes.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use support::inspected::*;
use support::redirect::*;
use support::*;

/// An API that answers 401 with these challenges.
fn wants(challenge: &str) -> Server {
    Server::always(refusal(challenge))
}

fn refusal(challenge: &str) -> Answer {
    Answer::text(401, "application/json", format!("{{\"error\":\"{CANARY}\"}}")).header("WWW-Authenticate", challenge)
}

/// A provider, a user with the profile `p` there, and a token of it.
struct Case {
    provider: Provider,
    oat: Oat,
    token: String,
}

impl Case {
    fn new() -> Case {
        Case::with("", json!({}))
    }

    fn with(lines: &str, changes: Value) -> Case {
        let provider = asked(move |_, _| None);
        let oat = client_of(&provider, lines);
        let token = signed(&but(claims(&issuer(&provider)), changes));
        Case { provider, oat, token }
    }

    fn at(&self, api: &Server, more: &[&str]) -> Output {
        let url = api.url("/orders");
        self.oat.inspect(&self.token, &[&["--json", "--for", &url], more].concat())
    }
}

/// One check does not hold; its sentence and its cure.
#[track_caller]
fn refused(output: &Output, name: &str) -> (String, String) {
    let report = output.does_not_hold(8, &[]);
    let (ok, detail) = check(&report, name);
    assert_eq!(ok, &json!(false), "{report:#}");
    let hint = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()["hint"].clone();
    output.assert_harmless();
    // One sentence on the screen, and what to type.
    assert!(output.error().starts_with(detail), "{output:#?}");
    (detail.to_string(), hint.as_str().unwrap_or_default().to_string())
}

// ── to whom the token goes ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn without_send_no_request_holds_the_token() {
    let (case, api) = (Case::new(), wants("Bearer scope=\"read\""));
    let output = case.at(&api, &[]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(check(&output.report(), "api_scope").0, &json!(true));
    for request in api.requests().iter().chain(&case.provider.server.requests()) {
        let text = format!("{request:?} {}", String::from_utf8_lossy(&request.body));
        assert_nothing_of(&text, &case.token);
        assert!(request.header("authorization").is_none() && request.header("cookie").is_none(), "{request:?}");
    }
    assert_eq!((api.count(), api.only().method.as_str(), api.only().target.as_str()), (1, "GET", "/orders"));
}

#[test]
fn with_send_the_token_goes_to_that_address_once_and_nowhere_else() {
    let case = Case::new();
    let api = Server::start(|request| match request.header("authorization") {
        None => refusal("Bearer"),
        Some(_) => Answer::json(200, json!({"secret": CANARY})),
    });
    let output = case.at(&api, &["--send"]);
    let report = output.report();
    assert_eq!((check(&report, "api_answer").0, &report["challenge"]["status"]), (&json!(true), &json!(401)));
    assert_eq!(report["challenge"]["status_with_token"], 200);
    let sent: Vec<Option<String>> = api.requests().iter().map(|request| request.header("authorization").map(String::from)).collect();
    assert_eq!(sent, [None, Some(format!("Bearer {}", case.token))]);
    assert!(case.provider.server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_token_never_follows_a_redirect() {
    let case = Case::new();
    let elsewhere = Server::always(Answer::json(200, json!({})));
    for to in [elsewhere.url("/take?x=CANARY"), "/other".to_string(), "//127.0.0.1:1/".to_string()] {
        for status in [301, 302, 303, 307, 308] {
            let location = to.clone();
            let api = Server::start(move |request| match request.path() {
                "/orders" => Answer::redirect(status, &location),
                _ => Answer::json(200, json!({})),
            });
            let output = case.at(&api, &["--send"]);
            let (sentence, _) = refused(&output, "api_answer");
            assert!(sentence.contains("never follows a redirect"), "{sentence}");
            output.assert_clean(&["CANARY"]);
            assert_eq!((api.count(), api.count_of("/orders")), (2, 2));
            assert_eq!(case.at(&api, &[]).code, Some(0), "without the token it is no failure");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn the_hosts_of_a_profile_say_where_its_token_may_go() {
    let api = wants("Bearer");
    let case = Case::with("hosts = [\"api.example\"]", json!({}));
    let output = case.oat.inspect(&case.token, &["--for", &api.url("/orders"), "--send", "--profile", "p"]);
    output.fails_before(6, &["`hosts`", "127.0.0.1", "not sent"]);
    let output = case.oat.inspect(&case.token, &["--for", &api.url("/orders"), "--send"]);
    output.fails_before(6, &["`hosts`"]);
    assert_eq!(api.connections(), 0);
    // To be asked without a token is everyone's right.
    assert_eq!(case.at(&api, &[]).code, Some(0));
    let case = Case::with("hosts = [\"127.0.0.1\"]", json!({}));
    case.at(&api, &["--send"]);
    assert_eq!(api.count(), 3);
}

#[test]
fn an_address_that_a_token_may_not_go_to_is_refused_before_anything_is_sent() {
    let case = Case::new();
    for url in ["http://api.example/x", "ftp://api.example/", "https://user:pw@api.example/", "not a url", "https://api.example/#x"] {
        for more in [&[][..], &["--send"]] {
            let output = case.oat.inspect(&case.token, &[&["--for", url], more].concat());
            output.fails_saying(2, &["--for"]);
            output.assert_clean(&["user:pw"]);
        }
    }
    case.oat.inspect(&case.token, &["--send"]).fails_saying(2, &["--for URL --send"]);
    case.oat.inspect(&case.token, &["--for", "https://api.example", "--offline"]).fails(2);
}

// ── what the API wants ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_scope_that_is_missing_is_told_with_what_asks_for_it() {
    let output = Case::new().at(&wants("Bearer error=\"insufficient_scope\", scope=\"read orders:write\""), &[]);
    let (sentence, cure) = refused(&output, "api_scope");
    assert!(sentence.contains("`read write`") && sentence.contains("`orders:write` is missing"), "{sentence}");
    assert_eq!(cure, "oat profile edit p --scope 'read write orders:write' && oat token get p --force");
    output.says(&["oat profile edit p --scope"]);
}

#[test]
fn nobody_is_told_to_change_a_profile_whose_client_the_token_was_not_issued_to() {
    let output = Case::with("", json!({"client_id": "another"})).at(&wants("Bearer scope=\"orders:write\""), &[]);
    let (_, cure) = refused(&output, "api_scope");
    assert_eq!(cure, "ask for a token with scope = 'read write orders:write'");
}

#[test]
fn a_scope_of_an_opaque_token_is_the_one_that_was_granted_or_introspected() {
    let provider = asked(|request, _| match request.path() {
        "/introspect" => Some(Answer::json(200, json!({"active": true, "scope": "read"}))),
        _ => None,
    });
    let api = wants("Bearer scope=\"read\"");
    let output = client_of(&provider, "").run(&["inspect", "p", "--json", "--for", &api.url("/")]);
    assert_eq!(check(&output.report(), "api_scope").0, &json!(true));
    // Of what nobody knows, nothing is said.
    let output = Oat::new().inspect("opaque-token", &["--json", "--for", &api.url("/")]);
    assert_eq!(check(&output.report(), "api_scope").0, &Value::Null);
}

#[test]
fn the_scope_that_was_granted_with_an_opaque_token_counts() {
    let provider = Provider::granting(|_, _| {
        Answer::json(200, json!({"access_token": "opaque-1", "token_type": "Bearer", "expires_in": 600, "scope": "read"}))
    });
    let api = wants("Bearer scope=\"read write\"");
    let output = client_of(&provider, "").run(&["inspect", "p", "--json", "--for", &api.url("/")]);
    let (sentence, cure) = refused(&output, "api_scope");
    assert!(sentence.contains("`write` is missing") && cure.contains("--scope 'read write'"), "{sentence} {cure}");
}

/// An API with RFC 9728 metadata.
fn described(metadata: impl Fn(&str) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        let origin = format!("http://{}", request.header("host").unwrap());
        match request.path() {
            "/.well-known/oauth-protected-resource" => Answer::json(200, metadata(&origin)),
            _ => refusal(&format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource\"")),
        }
    })
}

#[test]
fn another_audience_is_told_with_the_parameter_that_this_profile_has() {
    let api = described(|origin| json!({"resource": origin}));
    let output = Case::new().at(&api, &[]);
    let (sentence, cure) = refused(&output, "api_audience");
    assert!(sentence.contains(&api.url("")) && sentence.contains("https://api.example"), "{sentence}");
    assert_eq!(cure, format!("oat profile edit p --resource {} && oat token get p --force", api.url("")));
    let case = Case::with("audience = \"https://api.example\"", json!({}));
    let (_, cure) = refused(&case.at(&api, &[]), "api_audience");
    assert!(cure.starts_with("oat profile edit p --audience "), "{cure}");
    let case = Case::with("", json!({"aud": ["https://other", api.url("/")]}));
    let report = case.at(&api, &[]).report();
    assert_eq!((check(&report, "api_audience").0, &report["challenge"]["resource"]), (&json!(true), &json!(api.url(""))));
    assert!(api.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn another_issuer_is_told_with_the_profile_that_has_it() {
    let other = asked(|_, _| None);
    let wanted = issuer(&other);
    let named = wanted.clone();
    let api = described(move |origin| json!({"resource": origin, "authorization_servers": [named]}));
    let case = Case::new();
    let (sentence, cure) = refused(&case.at(&api, &[]), "api_issuer");
    assert!(sentence.contains(&wanted) && sentence.contains(&issuer(&case.provider)), "{sentence}");
    assert_eq!(cure, format!("oat profile add NAME --issuer {wanted}"));
    let profiles = oat_profile(&issuer(&case.provider)) + &other.profile("other", "");
    let oat = Oat::new().env("P_SECRET", SECRET).config(&profiles);
    let output = oat.inspect(&case.token, &["--json", "--for", &api.url("/orders")]);
    let (_, cure) = refused(&output, "api_issuer");
    assert_eq!(cure, "profile `other` has that issuer: oat token get other");
    let output = oat.inspect(&signed(&claims(&wanted)), &["--json", "--for", &api.url("/orders")]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(check(&report, "api_issuer").0, &json!(true));
}

fn oat_profile(issuer: &str) -> String {
    support::oat::profile(&format!("issuer = {issuer:?}"))
}

#[test]
fn a_level_of_sign_in_and_its_age_are_told_with_what_to_type() {
    let challenge =
        "Bearer error=\"insufficient_user_authentication\", error_description=\"more\", acr_values=\"gold silver\", max_age=\"5\"";
    let case = Case::with("", json!({"acr": "bronze", "auth_time": now() - 3600}));
    let output = case.at(&wants(challenge), &[]);
    let report = output.does_not_hold(8, &["`gold silver`", "`bronze`", "and 1 more"]);
    assert_eq!((check(&report, "api_acr").0, check(&report, "api_max_age").0), (&json!(false), &json!(false)));
    assert!(check(&report, "api_max_age").1.contains("within 5 s") && check(&report, "api_max_age").1.contains("60 min ago"));
    output.says(&["oat profile edit p --acr-values 'gold silver'"]);
    let case = Case::with("", json!({"acr": "silver", "auth_time": now()}));
    let report = case.at(&wants(challenge), &[]).report();
    assert_eq!((check(&report, "api_acr").0, check(&report, "api_max_age").0), (&json!(true), &json!(true)));
    // A token that says nothing of it does not have it.
    let report = Case::new().at(&wants(challenge), &[]).does_not_hold(8, &["names no level"]);
    assert!(check(&report, "api_max_age").1.contains("does not say"));
}

#[test]
fn for_a_person_the_cure_is_a_sign_in() {
    let provider = asked(|_, _| None);
    let oat = provider.oat("");
    let output = oat.inspect(&good(&provider), &["--json", "--for", &wants("Bearer max_age=60").url("/")]);
    let (_, cure) = refused(&output, "api_max_age");
    assert_eq!(cure, "oat profile edit p --max-age 60s && oat login p");
}

#[test]
fn what_says_nothing_is_told_as_such_and_is_no_failure() {
    let case = Case::new();
    for (answer, words) in [
        (Answer::text(401, "", ""), "without a WWW-Authenticate header"),
        (Answer::text(403, "text/html", "<html>CANARY"), "without a WWW-Authenticate header"),
        (Answer::json(200, json!({"x": CANARY})), "open to everyone"),
        (Answer::text(204, "", ""), "open to everyone"),
        (Answer::text(404, "", ""), "404"),
        (Answer::text(429, "", "").header("Retry-After", "60"), "429"),
        (Answer::redirect(302, "https://login.example/authorize?state=CANARY"), "https://login.example/authorize"),
    ] {
        let output = case.at(&Server::always(answer), &[]);
        let report = output.report();
        let (ok, detail) = check(&report, "api_answer");
        assert!(ok.is_null() && detail.contains(words), "{report:#}");
        output.assert_clean(&["CANARY"]);
    }
}

#[test]
fn other_schemes_than_bearer_are_told() {
    let case = Case::new();
    for (challenge, words) in
        [("Basic realm=\"x\"", "`Basic`, not a bearer token"), ("Negotiate, NTLM", "`Negotiate, NTLM`"), ("DPoP algs=\"ES256\"", "DPoP")]
    {
        let (sentence, _) = refused(&case.at(&wants(challenge), &[]), "api_scheme");
        assert!(sentence.contains(words), "{sentence}");
    }
    for challenge in ["Basic realm=\"x\", Bearer", "DPoP algs=\"ES256\", Bearer", "bearer"] {
        assert_eq!(check(&case.at(&wants(challenge), &[]).report(), "api_scheme").0, &json!(true), "{challenge}");
    }
    let bound = Case::with("", json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}));
    let report = bound.at(&wants("Bearer"), &[]).report();
    assert!(check(&report, "cnf").0.is_null() && check(&report, "cnf").1.contains("DPoP"));
}

#[test]
fn what_an_api_says_of_the_token_is_one_sentence() {
    let case = Case::new();
    for (status, word) in [(401, "refused the token"), (403, "does not let it do this")] {
        let api = Server::start(move |request| match request.header("authorization") {
            None => refusal("Bearer"),
            Some(_) => Answer::text(status, "", CANARY)
                .header("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"The token expired\""),
        });
        let (sentence, _) = refused(&case.at(&api, &["--send"]), "api_answer");
        assert!(sentence.contains(word) && sentence.contains("invalid_token (The token expired)"), "{sentence}");
    }
    let api = Server::always(Answer::text(431, "", ""));
    assert!(refused(&case.at(&api, &["--send"]), "api_answer").0.contains("size"));
    let api = Server::always(Answer::text(500, "", ""));
    assert_eq!(check(&case.at(&api, &["--send"]).report(), "api_answer").0, &Value::Null);
}

#[test]
fn an_api_that_cannot_be_reached_is_trouble_and_the_report_is_printed() {
    let case = Case::new();
    for answer in [Answer::hang(), Answer::close()] {
        let output = case.at(&Server::always(answer), &["--timeout", "1s"]);
        let report = output.does_not_hold(5, &[]);
        assert_eq!((&report["claims"]["sub"], &report["verified"]), (&json!(SUBJECT), &json!(true)));
    }
}

#[test]
fn metadata_of_another_origin_or_of_another_api_is_refused() {
    let case = Case::new();
    let evil = Server::always(Answer::json(200, json!({"resource": "https://evil.example"})));
    let output = case.at(&wants(&format!("Bearer resource_metadata=\"{}\"", evil.url("/x"))), &[]);
    let report = output.does_not_hold(8, &["origin"]);
    assert_eq!((evil.connections(), &report["challenge"]["status"]), (0, &json!(401)));
    let output = case.at(&described(|_| json!({"resource": "https://evil.example"})), &[]);
    output.does_not_hold(8, &["https://evil.example"]);
}

// ── R66, R70: what an API says ──────────────────────────────────────────────────────────────────────────────────

/// Header values that nobody may send, and some do.
const EVIL: &str = "\u{9b}31m\u{202e}\u{2028}\u{200f}::add-mask::x";

#[test]
fn r66_whatever_an_api_says_is_harmless_and_json_stays_json() {
    let case = Case::new();
    let challenge = format!(
        "Bearer realm=\"{EVIL}\", error=\"{EVIL}\", error_description=\"{EVIL}\", scope=\"{EVIL}\", acr_values=\"{EVIL}\", max_age=\"{EVIL}\", resource_id=\"{EVIL}\", authorization_uri=\"{EVIL}\", x=\"{}\"",
        "y".repeat(5000)
    );
    let location = format!("https://x.example/{EVIL}");
    for answer in [refusal(&challenge), Answer::redirect(302, &location), refusal("::add-mask:: x=\"y\", ##vso[a] b=c, Bearer")] {
        let api = Server::always(answer);
        for more in [&[][..], &["--send"], &["--send", "-vv"]] {
            let output = case.at(&api, more);
            output.assert_harmless();
            output.assert_told();
            let _: Value = serde_json::from_str(&output.stdout).unwrap();
            let page = case.oat.inspect(&case.token, &[&["--for", &api.url("/")], more].concat());
            page.assert_harmless();
            page.assert_well_behaved();
        }
    }
    let api = described(|origin| json!({"resource": origin, "authorization_servers": [HOSTILE, HOSTILE]}));
    let output = case.at(&api, &[]);
    output.assert_harmless();
    output.assert_told();
    let api = described(|_| json!({"resource": HOSTILE}));
    let output = case.at(&api, &[]);
    output.assert_harmless();
    output.assert_told();
}

#[test]
fn what_a_hint_tells_to_type_is_quoted_for_a_shell() {
    let case = Case::new();
    for (parameter, name) in [("scope", "api_scope"), ("acr_values", "api_acr")] {
        for evil in ["a'; rm -rf ~ #", "$(id)", "`id`", "a\\\" && id", "!!", "*", "~", "-x", "--force", "a\u{9b}b"] {
            let output = case.at(&wants(&format!("Bearer {parameter}=\"{evil}\"")), &[]);
            let (_, cure) = refused(&output, name);
            let words = cure.strip_suffix(" && oat token get p --force").unwrap_or_else(|| panic!("{cure}"));
            // A shell that prints the words says what they are.
            let shell = words.replacen("oat profile edit p", "printf '<%s>'", 1);
            let printed = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
            let printed = String::from_utf8(printed.stdout).unwrap();
            let flags = printed.matches('<').count();
            assert!(printed.starts_with("<--") && (flags == 2 || printed.contains('=')), "{cure}: {printed}");
            let value = printed.split_once(['>', '=']).unwrap().1.trim_start_matches('<').trim_end_matches('>');
            let wanted = evil.replace("\\\"", "\"").replace('\u{9b}', "\\u{9b}");
            assert!(value.ends_with(&wanted), "{cure}: {value}");
        }
    }
}

#[test]
fn a_server_that_an_api_names_is_quoted_for_a_shell_too() {
    let evil = "https://x.example/';id;'$(id)";
    let api = described(move |origin| json!({"resource": origin, "authorization_servers": [evil]}));
    let (_, cure) = refused(&Case::new().at(&api, &[]), "api_issuer");
    let shell = cure.replacen("oat profile add", "printf '<%s>'", 1);
    let printed = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), format!("<NAME><--issuer><{evil}>"), "{cure}");
    // And what a token says of its issuer.
    let token = signed(&claims(evil));
    let output = Oat::new().inspect(&token, &[]);
    let typed = output.stderr.split_once("--issuer ").unwrap().1.rsplit_once(" takes it").unwrap().0;
    let printed = std::process::Command::new("sh").args(["-c", &format!("printf '<%s>' {typed}")]).output().unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), format!("<{evil}>"), "{output:#?}");
}

#[test]
fn r70_an_api_that_repeats_the_token_is_not_repeated() {
    let provider = asked(|_, _| None);
    let oat = client_of(&provider, "");
    let long = signed(&but(claims(&issuer(&provider)), json!({"pad": "p".repeat(900)})));
    let echoes =
        |place: fn(&str) -> Answer| Server::start(move |request| place(request.header("authorization").unwrap_or("nothing of the kind")));
    let lower = |text: &str| text.to_lowercase();
    for api in [
        echoes(|all| refusal(&format!("Bearer error=\"{all}\", error_description=\"{all}\""))),
        echoes(|all| refusal(&format!("Bearer realm=\"{all}\", x=\"{}\"", all.to_uppercase()))),
        echoes(|all| refusal(&format!("Bearer scope=\"{all}\", acr_values=\"{all}\""))),
        echoes(|all| refusal(&format!("Bearer resource_id=\"{all}\", authorization_uri=\"{all}\""))),
        echoes(|all| refusal(&format!("Bearer resource_metadata=\"http://127.0.0.1:1/{}\"", all.replace(' ', "/")))),
        echoes(|all| refusal(&all.replacen(' ', "-", 1))),
        echoes(|all| refusal(&format!("Bearer {}=\"x\"", all.rsplit(' ').next().unwrap()))),
        echoes(|all| Answer::redirect(302, &format!("https://x.example/{}", all.replace(' ', "/")))),
        echoes(|all| Answer::text(400, "application/json", json!({"error": all, "error_description": all}).to_string())),
    ] {
        for more in [&["--send"][..], &["--send", "--json"], &["--send", "-vv"], &["--send", "--trace", "trace.txt"]] {
            let output = oat.inspect(&long, &[&["--for", &api.url("/")], more].concat());
            output.assert_holds_nothing_of(&long);
            assert_nothing_of(&lower(&output.stdout), &lower(&long));
            assert_nothing_of(&lower(&output.stderr), &lower(&long));
            output.assert_harmless();
        }
        let trace = std::fs::read_to_string(oat.folder().join("trace.txt")).unwrap();
        assert_nothing_of(&lower(&trace), &lower(&long));
    }
}
