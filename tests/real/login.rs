//! `oat login` against a certified server, with a person at a real browser.

use crate::authorization_server::AuthorizationServer;
use crate::browser::Browser;
use crate::desktop::{Desktop, Prompter};
use crate::sign_in::{Login, signed_in, signs_in, succeeded, told};
use crate::support::Oat;
use crate::{quiet, tell};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[test]
fn a_person_signs_in_over_http_and_every_command_after_it_works() {
    a_whole_life(&AuthorizationServer::start(&[]));
}

#[test]
fn a_person_signs_in_over_https_and_every_command_after_it_works() {
    a_whole_life(&AuthorizationServer::start(&["--tls"]));
}

/// From login to logout, the master key in gnome-keyring.
fn a_whole_life(server: &AuthorizationServer) {
    let desktop = Desktop::unlocked(Prompter::Installed);
    let browser = Browser::new("sign-in", &[]);
    let oat = desktop.seat(browser.seat(server.person("public")));
    signs_in(&oat, &browser, "p");

    let first = quiet(&oat.get(&[]));
    assert_eq!(server.introspected(&first)["sub"], "alice");
    let seen = server.seen();
    assert_eq!(quiet(&oat.get(&[])), first);
    assert_eq!(server.seen(), seen, "a kept token costs no request");

    server.set(&json!({ "ttl": 2 }));
    renewed(&oat);
    let second = quiet(&oat.get(&[]));
    assert_ne!(second, first);
    assert_eq!((server.granted("refresh_token"), server.reuses()), (1, 0));

    std::thread::sleep(Duration::from_secs(3));
    server.set(&json!({ "ttl": 600 }));
    let third = quiet(&oat.get(&[]));
    assert_ne!(third, second);
    assert_eq!(quiet(&oat.get(&[])), third);
    assert!(server.active(&third));
    assert_eq!((server.granted("refresh_token"), server.reuses()), (2, 0), "after expiry, one refresh");

    assert_eq!(subject(&oat, "p"), json!("alice"));
    assert!(oat.run(&["status"]).lines().contains("alice"));

    let left = oat.run(&["logout", "p"]);
    assert_eq!((left.code, left.stdout.as_str()), (Some(0), ""), "{left:#?}");
    left.assert_well_behaved();
    assert!(!server.active(&third), "the server has heard of it");
    assert!(server.requests_to("/token/revocation") > 0);
    oat.get(&[]).fails_saying(3, &["oat login p"]);
    assert_eq!(subject(&oat, "p"), Value::Null);
}

/// Who is signed in, as `oat status --json` tells it.
fn subject(oat: &Oat, profile: &str) -> Value {
    let output = oat.run(&["status", "--json"]);
    let status: Value = serde_json::from_str(output.lines()).unwrap();
    let profiles = status["profiles"].as_array().unwrap();
    profiles.iter().find(|row| row["profile"] == profile).map(|row| row["subject"].clone()).unwrap_or_default()
}

#[track_caller]
fn renewed(oat: &Oat) {
    let output = oat.run(&["refresh", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.assert_well_behaved();
}

#[test]
fn the_page_says_who_signed_in_to_what_and_gives_nothing_away() {
    let server = AuthorizationServer::start(&[]);
    let browser = Browser::new("sign-in", &[]);
    let oat = browser.seat(server.person("public"));
    let output = told(oat.run(&["login", "p"]));
    let exit = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    succeeded(&output);
    let page = browser.report();
    browser.keep_pictures("login");
    reads(&page, &["alice", "`p`", "close"]);
    harmless(&page);
    // R15: the browser holds its sockets open, which is no reason to stay.
    let took = exit - page["landed_at"].as_u64().unwrap();
    tell(&format!("from the redirect to the exit: {took} ms"));
    assert!(took < 2000, "{took} ms");
}

#[track_caller]
fn reads(page: &Value, words: &[&str]) {
    let text = page["text"].as_str().unwrap();
    for word in words {
        let bare = word.trim_matches('`');
        assert!(text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|w| w == bare), "no {word} on the page: {page:#}");
    }
}

/// R16, R17: small, quiet, of one piece, and without the code.
#[track_caller]
fn harmless(page: &Value) {
    assert!(page["html_bytes"].as_u64().unwrap() < 4096, "{page:#}");
    assert_eq!((&page["console"], &page["foreign"]), (&json!([]), &json!([])), "{page:#}");
    let shown = format!("{} {} {}", page["location"], page["title"], page["text"]);
    assert!(!shown.contains("code=") && !shown.contains("state="), "{page:#}");
    for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")] {
        assert_eq!(page["headers"][name], value, "{page:#}");
    }
    assert!(page["headers"]["content-security-policy"].as_str().unwrap().contains("default-src 'none'"), "{page:#}");
}

#[test]
fn a_denied_sign_in_exits_with_4_and_the_page_says_so() {
    let server = AuthorizationServer::start(&[]);
    let browser = Browser::new("deny", &[]);
    let oat = browser.seat(server.person("public"));
    told(oat.run(&["login", "p"])).fails_saying(4, &["access_denied", "End-User aborted interaction"]);
    let page = browser.report();
    browser.keep_pictures("login-denied");
    reads(&page, &["aborted", "close"]);
    harmless(&page);
    oat.get(&[]).fails_saying(3, &["oat login p"]);
    assert_eq!(server.seen().token_posts, 0);
}

#[test]
fn a_wrong_password_costs_another_try_and_nothing_else() {
    let server = AuthorizationServer::start(&[]);
    let browser = Browser::new("wrong-password-first", &[]);
    let oat = browser.seat(server.person("public"));
    let page = signs_in(&oat, &browser, "p");
    assert!(page["steps"][1]["text"].as_str().unwrap().contains("Wrong login or password"), "{page:#}");
    assert!(server.active(&quiet(&oat.get(&[]))));
}

#[test]
fn r26_a_closed_tab_ends_the_wait_in_time_with_other_ways_to_sign_in() {
    let server = AuthorizationServer::start(&[]);
    let browser = Browser::new("close-tab", &[]);
    let oat = browser.seat(server.person("public"));
    let output = told(oat.run(&["login", "p", "--timeout", "3s"]));
    output.fails_saying(3, &["--device", "--no-browser"]);
    assert!((3..8).contains(&output.duration.as_secs()), "{:?}", output.duration);
    assert_eq!(browser.report()["steps"][0]["title"], "Sign in");
}

#[test]
fn confidential_clients_prove_themselves_at_login_and_refresh() {
    let server = AuthorizationServer::start(&[]);
    for (client, scheme, keys) in
        [("person-basic", json!("Basic"), vec![]), ("person-post", Value::Null, vec!["client_id", "client_secret"])]
    {
        let oat = signed_in(&server, client);
        let sent = |more: &[&str]| {
            let mut keys = [&keys, more].concat();
            keys.sort_unstable();
            json!({ "scheme": scheme, "body_keys": keys, "status": 200 })
        };
        assert_eq!(server.last_token_post(), sent(&["code", "code_verifier", "grant_type", "redirect_uri"]));
        renewed(&oat);
        assert_eq!(server.last_token_post(), sent(&["grant_type", "refresh_token"]));
        assert!(server.active(&quiet(&oat.get(&[]))));
    }
}

#[test]
fn id_tokens_hold_whatever_asymmetric_key_signs_them() {
    let server = AuthorizationServer::start(&[]);
    for client in ["ps256", "es256", "eddsa", "rs512"] {
        let oat = signed_in(&server, client);
        assert_eq!(subject(&oat, "p"), "alice", "{client}");
    }
}

#[test]
fn r41_an_id_token_under_the_clients_secret_is_refused() {
    let server = AuthorizationServer::start(&[]);
    let browser = Browser::new("sign-in", &[]);
    let oat = browser.seat(server.person("hs256"));
    told(oat.run(&["login", "p"])).fails_saying(8, &["HS256"]);
    browser.report();
    oat.get(&[]).fails_saying(3, &["oat login p"]);
}

#[test]
fn every_loopback_address_takes_the_redirect() {
    let server = AuthorizationServer::start(&[]);
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let redirect_uri = format!("http://{host}:{port}/callback");
        let browser = Browser::new("sign-in", &[]);
        let profile = format!("{}redirect_uri = '{redirect_uri}'\n", server.person_profile("public"));
        let oat = browser.seat(server.person("public").config(&profile));
        let page = signs_in(&oat, &browser, "p");
        assert!(page["location"].as_str().unwrap().starts_with(&format!("http://{host}:{port}/")), "{page:#}");
        assert!(server.active(&quiet(&oat.get(&[]))));
    }
}

#[test]
fn without_a_browser_the_url_is_there_to_be_copied() {
    let server = AuthorizationServer::start(&[]);
    let ours = Browser::new("sign-in", &[]);
    let oat = ours.seat(server.person("public"));
    let mut login = Login::start(&oat, &["login", "p", "--no-browser"]);
    let url = login.url();
    Browser::new("sign-in", &["--login", "bob"]).visit(&url);
    succeeded(&login.ends());
    assert_eq!(ours.said(), "", "no browser was asked for");
    assert_eq!(subject(&oat, "p"), "bob");
}

#[test]
fn a_redirect_that_ended_on_another_machine_is_pasted() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.person("public");
    let mut login = Login::start(&oat, &["login", "p", "--paste"]);
    let page = Browser::new("redirect", &[]).visit(&login.url());
    login.types(page["redirect_url"].as_str().unwrap());
    succeeded(&login.ends());
    assert!(server.active(&quiet(&oat.get(&[]))));
}

#[test]
fn a_device_is_signed_in_from_another_browser() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.person("device");
    let mut login = Login::start(&oat, &["login", "p", "--device"]);
    let url = login.url();
    let code = login.hears("code", |line| line.strip_prefix("oat: code: ").map(str::to_string));
    let page = Browser::new("device", &["--code", &code]).visit(&url);
    assert_eq!(page["title"], "Device signed in");
    succeeded(&login.ends());
    assert_eq!(server.introspected(&quiet(&oat.get(&[])))["sub"], "alice");
    renewed(&oat);
    assert_eq!((server.granted("refresh_token"), server.reuses()), (1, 0));
}

#[test]
fn a_device_tells_programs_its_link_and_a_cancelled_one_is_denied() {
    let server = AuthorizationServer::start(&[]);
    let oat = server.person("device");
    let mut login = Login::start(&oat, &["login", "p", "--device", "--json"]);
    let told: Value = login.hears("line of JSON", |line| serde_json::from_str(line).ok());
    assert!(told["expires_in"].as_u64().unwrap() > 500, "{told}");
    let link = told["verification_uri_complete"].as_str().unwrap();
    assert!(link.contains(told["user_code"].as_str().unwrap()) && link.starts_with(told["verification_uri"].as_str().unwrap()));
    Browser::new("deny", &[]).visit(link);
    let output = login.ends();
    assert_eq!((output.code, output.stdout.as_str()), (Some(4), ""), "{output:#?}");
    assert!(output.stderr.contains("access_denied"), "{output:#?}");
}

#[test]
fn a_newcomer_signs_in_to_the_sandbox_with_nothing_set_up() {
    let browser = Browser::new("sign-in", &[]);
    let oat = browser.seat(Oat::new());
    let page = signs_in(&oat, &browser, "sandbox");
    browser.keep_pictures("login-sandbox");
    reads(&page, &["alice", "`sandbox`", "close"]);
    harmless(&page);
    let token = quiet(&oat.run(&["token", "get", "sandbox"]));
    assert_eq!(quiet(&oat.run(&["token", "get", "sandbox"])), token);
    assert_eq!(oat.run(&["refresh", "sandbox"]).code, Some(0));
    assert_ne!(quiet(&oat.run(&["token", "get", "sandbox"])), token);
    assert_eq!(subject(&oat, "sandbox"), "alice");
    assert_eq!(oat.run(&["logout", "sandbox"]).code, Some(0));
    assert_eq!(subject(&oat, "sandbox"), Value::Null);
}

#[test]
fn who_says_no_in_the_sandbox_is_denied() {
    let browser = Browser::new("deny", &[]);
    let oat = browser.seat(Oat::new());
    told(oat.run(&["login", "sandbox"])).fails_saying(4, &["access_denied"]);
    harmless(&browser.report());
}
