//! `oat logout` and `oat status`: what the server is told, what is forgotten, and what is seen at a glance.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::redirect::*;
use support::*;

/// The forms that were posted to the revocation endpoint, in order.
fn revoked(provider: &Provider) -> Vec<Vec<(String, String)>> {
    provider.server.requests().iter().filter(|request| request.path() == "/revoke").map(Recorded::form).collect()
}

/// The record files of the state.
fn records(oat: &Oat) -> usize {
    oat.state_files().iter().filter(|file| file.extension().is_some_and(|kind| kind == "record")).count()
}

/// It worked: stdout is empty, and stderr is given back.
#[track_caller]
fn told(output: Output) -> Output {
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.assert_well_behaved();
    output.assert_clean(&["CANARY"]);
    output
}

/// Nobody is signed in any more, and nothing is asked to find that out.
#[track_caller]
fn forgotten(oat: &Oat, provider: &Provider) {
    let asked = provider.server.count();
    oat.get(&[]).fails_saying(3, &["nobody is signed in", "oat login p"]);
    assert_eq!((provider.server.count(), records(oat)), (asked, 0));
}

fn status(oat: &Oat) -> Value {
    serde_json::from_str(oat.run(&["status", "--json"]).lines()).unwrap()
}

// ── R89: logout ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r89_the_refresh_token_is_revoked_first_then_each_access_token_and_all_is_forgotten() {
    let provider = Provider::good();
    let oat = provider.oat("scope = \"openid offline_access read\"");
    sign_in(&oat, &provider);
    oat.get(&["--scope", "read"]).line();
    let output = told(oat.run(&["logout", "p"]));
    output.says(&["profile `p`: 3 tokens revoked at the server; forgotten here"]);
    let forms = revoked(&provider);
    let tokens: Vec<(&str, &str)> = forms.iter().map(|form| (field(form, "token"), field(form, "token_type_hint"))).collect();
    let (first, second, newest) = (format!("{ACCESS}0"), format!("{ACCESS}1"), format!("{REFRESH}1"));
    assert_eq!(tokens, [(newest.as_str(), "refresh_token"), (&first, "access_token"), (&second, "access_token")]);
    assert!(forms.iter().all(|form| form.len() == 3 && field(form, "client_id") == CLIENT), "{forms:?}");
    forgotten(&oat, &provider);
    told(oat.run(&["logout", "p"])).says(&["nothing was kept"]);
    assert_eq!(revoked(&provider).len(), 3);
}

#[test]
fn r89_a_confidential_client_proves_itself_to_the_revocation_endpoint() {
    for (method, basic) in [("client_secret_basic", true), ("client_secret_post", false)] {
        let provider = Provider::good();
        let oat = provider.oat(&format!("client_secret = {{ env = \"P_SECRET\" }}\nclient_auth = {method:?}")).env("P_SECRET", SECRET);
        sign_in(&oat, &provider);
        told(oat.run(&["logout", "p"]));
        for request in provider.server.requests().iter().filter(|request| request.path() == "/revoke") {
            let header = basic.then(|| format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}"))));
            assert_eq!(request.header("authorization"), header.as_deref());
            assert_eq!(request.form().iter().any(|(name, value)| name == "client_secret" && value == SECRET), !basic);
        }
    }
}

#[test]
fn r89_whatever_the_server_says_it_is_forgotten_here_and_told() {
    for (answer, words) in [
        (Answer::error(400, "unsupported_token_type", "no"), "unsupported_token_type"),
        (Answer::error(503, "server_error", "later"), "server_error"),
        (Answer::error(401, "invalid_client", "who"), "invalid_client"),
        (Answer::text(500, "text/html", "<html>CANARY-in-the-body</html>"), "500"),
        (Answer::text(404, "", ""), "404"),
        (Answer::close(), "broke the connection off"),
        (Answer::hang(), "1 s"),
    ] {
        let provider = Provider::new(move |request, _| (request.path() == "/revoke").then(|| answer.clone()));
        let oat = provider.oat("timeout = \"1s\"");
        sign_in(&oat, &provider);
        let output = told(oat.run(&["logout", "p"]));
        output.says(&["forgotten here", "warning", "may live on", words]);
        assert!(output.duration < Duration::from_secs(3), "{:?}", output.duration);
        forgotten(&oat, &provider);
    }
}

#[test]
fn r56_r105_a_redirected_revocation_takes_no_token_along() {
    let stranger = Server::always(Answer::text(200, "", ""));
    let target = stranger.url("/revoke");
    let provider = Provider::new(move |request, _| (request.path() == "/revoke").then(|| Answer::redirect(307, &target)));
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    told(oat.run(&["logout", "p"])).says(&["may live on", &stranger.address.to_string()]);
    assert_eq!(stranger.connections(), 0);
    forgotten(&oat, &provider);
}

#[test]
fn r89_when_only_one_of_the_tokens_is_revoked_that_is_told() {
    let provider = Provider::new(|request, facts| match (request.path(), facts.nth) {
        ("/revoke", 0) => Some(Answer::error(503, "server_error", "")),
        _ => None,
    });
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    told(oat.run(&["logout", "p"])).says(&["1 token revoked", "some of its tokens"]);
    assert_eq!(revoked(&provider).len(), 2, "the access token is revoked all the same");
    forgotten(&oat, &provider);
}

#[test]
fn r89_a_server_that_cannot_revoke_or_is_gone_is_told() {
    let provider = Provider::saying(json!({"revocation_endpoint": null}));
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    told(oat.run(&["logout", "p"])).says(&["names no revocation endpoint", "forgotten here"]);
    forgotten(&oat, &provider);
    let provider = Provider::good();
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    drop(provider);
    // Its port may take one more connection before it closes.
    told(oat.run(&["logout", "p"])).says(&["may live on", "forgotten here"]);
    oat.get(&[]).fails(3);
}

#[test]
fn local_asks_nobody() {
    let provider = Provider::good();
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let asked = provider.server.count();
    told(oat.run(&["logout", "p", "--local"])).says(&["forgotten here; the server was not asked"]);
    assert_eq!(provider.server.count(), asked);
    forgotten(&oat, &provider);
}

#[test]
fn all_ends_every_session_also_of_profiles_that_are_gone_and_one_failure_stops_no_other() {
    let (first, second) =
        (Provider::good(), Provider::new(|request, _| (request.path() == "/revoke").then(|| Answer::error(503, "x", ""))));
    let gone = Provider::good();
    let mut oat = Oat::new().config(&(first.profile("p", "") + &second.profile("q", "") + &gone.profile("r", "")));
    for (name, provider) in [("p", &first), ("q", &second), ("r", &gone)] {
        let login = Login::run(&oat, provider, &["login", name, "--no-browser"]);
        assert_eq!(login.approve().status, 200);
        assert_eq!(login.end().code, Some(0));
    }
    oat = oat.config(&(first.profile("p", "") + &second.profile("q", "")));
    let output = told(oat.run(&["logout", "--all"]));
    output.says(&["profile `p`: 2 tokens revoked", "profile `q`: forgotten here", "profile `r`: forgotten here"]);
    assert_eq!((records(&oat), revoked(&first).len(), revoked(&gone).len()), (0, 2, 0));
    told(oat.run(&["logout", "--all"])).says(&["nothing is kept"]);
    oat.run(&["logout", "--all", "p"]).fails(2);
}

#[test]
fn a_profile_that_is_gone_is_forgotten_by_its_name_and_one_that_can_be_mended_is_not() {
    let provider = Provider::good();
    let mut oat = provider.oat("");
    sign_in(&oat, &provider);
    oat = oat.config(&provider.profile("p", "audience = \"${OAT_TEST_UNSET}\"\n"));
    oat.run(&["logout", "p"]).fails_saying(6, &["OAT_TEST_UNSET"]);
    oat.run(&["logout", "q", "--local"]).fails_saying(6, &["no profile `q`"]);
    assert_eq!(records(&oat), 1, "nothing is lost by a slip");
    told(oat.run(&["logout", "p", "--local"])).says(&["profile `p`: forgotten here; the server was not asked"]);
    assert_eq!(records(&oat), 0);

    oat = oat.config(&provider.profile("p", ""));
    sign_in(&oat, &provider);
    oat = oat.config("");
    told(oat.run(&["logout", "p"])).says(&["profile `p`: forgotten here; its server could not be told", "no profile `p`"]);
    assert_eq!((records(&oat), revoked(&provider).len()), (0, 0));
    oat.run(&["logout", "p"]).fails_saying(6, &["no profile `p`"]);
}

#[test]
fn what_belongs_to_another_server_is_forgotten_and_shown_to_nobody() {
    let (provider, other) = (Provider::good(), Provider::good());
    let mut oat = provider.oat("");
    sign_in(&oat, &provider);
    oat = oat.config(&other.profile("p", ""));
    told(oat.run(&["logout", "p"]));
    assert_eq!((revoked(&provider).len(), revoked(&other).len(), records(&oat)), (0, 0, 0));
}

#[test]
fn a_sealed_session_that_cannot_be_read_is_forgotten_too() {
    let provider = Provider::good();
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    for file in oat.state_files().iter().filter(|file| file.extension().is_some_and(|kind| kind == "record")) {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(file, bytes).unwrap();
    }
    let output = oat.run(&["logout", "p"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(records(&oat), 0);
}

#[test]
fn a_logout_waits_for_a_refresh_under_way_and_what_it_brought_is_revoked() {
    let provider =
        Provider::granting(|_, facts| Answer::json(200, facts.granted(3600)).after(Duration::from_millis(300 * facts.nth as u64)));
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let mut refresh = oat.command(&["refresh", "p"]).spawn().unwrap();
    let began = Instant::now();
    while provider.server.count_of("/token") < 2 {
        assert!(began.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(1));
    }
    told(oat.run(&["logout", "p"]));
    refresh.wait().unwrap();
    let forms = revoked(&provider);
    assert_eq!(field(&forms[0], "token"), format!("{REFRESH}1"), "the new one, which lives");
    forgotten(&oat, &provider);
}

// ── the server's own sign-out page ──────────────────────────────────────────────────────────────────────────────

#[test]
fn r33_r73_with_browser_the_sign_out_page_is_opened_without_any_secret() {
    let provider = Provider::new(|request, facts| {
        let end = format!("{}/logout?x='$(id)", facts.origin);
        (request.path() == DISCOVERY).then(|| facts.metadata_with(json!({ "end_session_endpoint": end })))
    });
    let oat = provider.oat("client_secret = { env = \"P_SECRET\" }").env("P_SECRET", SECRET).env("OAT_ANYTHING", "CANARY");
    sign_in(&oat, &provider);
    let seen = oat.folder().join("seen");
    let script =
        oat.file("browser.sh", 0o600, format!("(/usr/bin/env; echo \"URL $1\") > '{0}.part'; mv '{0}.part' '{0}'", seen.display()));
    let oat = oat.env("BROWSER", &format!("/bin/sh {}", script.display()));
    told(oat.run(&["logout", "p", "--browser"])).says(&["the browser opens"]);
    let seen = fs::read_to_string(seen).unwrap();
    let url = url::Url::parse(seen.lines().find_map(|line| line.strip_prefix("URL ")).unwrap()).unwrap();
    let get = |name: &str| url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned());
    assert_eq!((get("client_id").as_deref(), get("x").as_deref()), (Some(CLIENT), Some("'$(id)")));
    // Other users can read a browser's command line: the ID token is no part of it.
    assert_eq!(get("id_token_hint"), None);
    assert!(!url.as_str().contains(['\'', '$', '(']), "{url}");
    assert!(!seen.contains("eyJ") && !seen.contains("OAT_") && !seen.contains("P_SECRET") && !seen.contains("CANARY"), "{seen}");
    assert_eq!(revoked(&provider).len(), 2);
}

#[test]
fn without_a_browser_the_sign_out_address_is_told_and_a_server_without_one_too() {
    let provider = Provider::saying(json!({"end_session_endpoint": "https://idp.example/logout"}));
    let oat = provider.oat("").env("PATH", "/nonexistent").env("BROWSER", "/nonexistent/x");
    sign_in(&oat, &provider);
    let output = oat.run(&["logout", "p", "--browser"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stderr.lines().any(|line| line == "https://idp.example/logout?client_id=cli"), "{output:?}");
    let provider = Provider::good();
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    told(oat.run(&["logout", "p", "--browser"])).says(&["names no page to sign out at"]);
}

// ── status ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn status_shows_every_profile_and_asks_nobody() {
    let provider = Provider::granting(|_, facts| {
        let mut claims = facts.claims();
        claims["preferred_username"] = json!("ada");
        let mut granted = facts.granted(7200);
        granted["id_token"] = json!(facts.signed(&claims));
        granted["refresh_token_expires_in"] = json!(86_400 * 10);
        Answer::json(200, granted)
    });
    let oat = Oat::new().config(&(provider.profile("p", "") + &provider.profile("never", "")));
    sign_in(&oat, &provider);
    let asked = provider.server.connections();
    let output = oat.run(&["status"]);
    let lines: Vec<&str> = output.lines().lines().collect();
    let cells = |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(cells(lines[0]), ["PROFILE", "SIGNED IN AS", "ACCESS TOKEN", "REFRESH TOKEN"]);
    let row = |name: &str| cells(lines.iter().find(|line| line.starts_with(name)).unwrap());
    assert_eq!(row("never"), ["never", "-", "-", "-"]);
    let p = row("p ");
    assert_eq!((p[0].as_str(), p[1].as_str()), ("p", "ada"));
    assert!(p[2].ends_with(" left") && p[3].ends_with(" left"), "{p:?}");
    assert!(lines.last().unwrap().starts_with("key: ") && lines.last().unwrap().contains(oat.state().to_str().unwrap()), "{lines:?}");
    assert_eq!(provider.server.connections(), asked);
    output.assert_clean(&["CANARY", "eyJ"]);
}

#[test]
fn status_as_json_leaves_out_what_is_not_there() {
    let provider = Provider::granting(|_, facts| {
        let mut granted = facts.granted(3600);
        if facts.nth == 0 {
            granted["refresh_token_expires_in"] = json!(86_400);
        }
        Answer::json(200, granted)
    });
    let oat = Oat::new().config(&(provider.profile("p", "") + &provider.profile("never", "")));
    sign_in(&oat, &provider);
    let asked = provider.server.connections();
    let profiles = status(&oat)["profiles"].clone();
    let of = |name: &str| profiles.as_array().unwrap().iter().find(|entry| entry["profile"] == name).unwrap().clone();
    assert_eq!(of("never"), json!({"profile": "never", "signed_in": false, "store": "file"}));
    let p = of("p");
    assert_eq!((&p["signed_in"], &p["subject"], &p["store"]), (&json!(true), &json!(SUBJECT), &json!("file")));
    let near = |name: &str, length: i64| (p[name].as_i64().unwrap() - now() - length).abs() <= 2;
    assert!(near("access_token_expires_at", 3600) && near("refresh_token_expires_at", 86_400), "{p}");
    assert_eq!(provider.server.connections(), asked);
    told(oat.run(&["logout", "p", "--local"]));
    assert_eq!(status(&oat)["profiles"].as_array().unwrap().iter().filter(|entry| entry["signed_in"] == true).count(), 0);
}

#[test]
fn status_escapes_what_a_server_called_a_person_and_goes_on_where_a_record_cannot_be_read() {
    let provider = Provider::granting(|_, facts| {
        let mut claims = facts.claims();
        claims["name"] = json!("ada\u{1b}]52;c;Zm9v\u{7}\u{202e}\nq  eve  1 h left");
        facts.granted_with(&facts.signed(&claims))
    });
    let oat = Oat::new().config(&(provider.profile("p", "") + &provider.profile("q", "")));
    sign_in(&oat, &provider);
    let output = oat.run(&["status"]);
    assert!(
        !output.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']) && output.stdout.lines().filter(|line| line.starts_with('q')).count() == 1,
        "{output:?}"
    );
    for file in oat.state_files().iter().filter(|file| file.extension().is_some_and(|kind| kind == "record")) {
        fs::write(file, b"CANARY").unwrap();
    }
    for args in [&["status"][..], &["status", "--json"]] {
        let output = oat.run(args);
        assert_eq!(output.code, Some(0), "{output:?}");
        assert!(output.stdout.contains('q') && !output.stdout.contains("CANARY"), "{output:?}");
    }
}

#[test]
fn status_without_anything_says_what_to_do() {
    let output = Oat::new().run(&["status"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""));
    output.says(&["oat profile add", "oat login sandbox"]);
    assert_eq!(status(&Oat::new()), json!({"profiles": []}));
}
