//! The master key in a real Secret Service: gnome-keyring on a bus of its own.

use crate::authorization_server::AuthorizationServer;
use crate::browser::Browser;
use crate::desktop::{Desktop, Prompter};
use crate::quiet;
use crate::sign_in::signs_in;
use crate::support::parts::part;
use crate::support::{Answer, Oat, Output, Server};
use std::time::Duration;

/// Every command asks the Secret Service anew.
fn uncached(server: &AuthorizationServer) -> Oat {
    server.oat("basic").config(&format!("[store]\nkey_cache = \"0\"\n\n{}", server.profile("basic")))
}

#[test]
fn the_master_key_is_made_by_the_first_process_and_read_by_the_second() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    let token = quiet(&oat.get(&[]));
    let seen = server.seen();
    assert_eq!(quiet(&oat.get(&[])), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn the_master_key_survives_a_restart_of_the_keyring() {
    let server = AuthorizationServer::start(&[]);
    let mut desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    let token = quiet(&oat.get(&[]));
    let seen = server.seen();
    desktop.log_in();
    assert_eq!(quiet(&oat.get(&[])), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn without_the_keyring_the_records_are_of_no_use() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    let token = quiet(&oat.get(&[]));
    let elsewhere = Desktop::unlocked(Prompter::Installed);
    assert_ne!(elsewhere.seat(oat).get(&[]).line(), token);
}

#[test]
fn a_locked_keyring_costs_a_warning_and_nothing_that_was_kept() {
    let server = AuthorizationServer::start(&[]);
    let mut desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    let kept = quiet(&oat.get(&[]));
    desktop.lock();
    let unkept = oat.get(&[]);
    assert_ne!(printed_with_a_warning(&server, &unkept, "locked"), kept);
    refused_in_time(&oat.get(&["--require-store"]), "locked");

    desktop.log_in();
    let posts = server.seen().token_posts;
    assert_eq!(quiet(&oat.get(&[])), kept);
    assert_eq!(server.seen().token_posts, posts);
}

#[test]
fn a_keyring_that_was_locked_from_the_start_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    desktop.lock();
    printed_with_a_warning(&server, &oat.get(&[]), "locked");
    refused_in_time(&oat.get(&["--require-store"]), "locked");
}

#[test]
fn a_password_prompt_nobody_answers_is_given_up_in_time() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Silent);
    let oat = desktop.seat(uncached(&server));
    desktop.lock();
    printed_with_a_warning(&server, &oat.get(&[]), "did not answer");
    refused_in_time(&oat.env("CI", "true").get(&["--require-store"]), "did not answer within 2 s");
}

#[test]
fn a_bus_without_a_secret_service_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::start(Prompter::Absent);
    let oat = desktop.seat(uncached(&server));
    printed_with_a_warning(&server, &oat.get(&[]), "no Secret Service");
    refused_in_time(&oat.get(&["--require-store"]), "no Secret Service");
}

#[test]
fn no_bus_at_all_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let oat = uncached(&server).unset("OAT_STORE");
    printed_with_a_warning(&server, &oat.get(&[]), "no D-Bus session bus");
    refused_in_time(&oat.get(&["--require-store"]), "no D-Bus session bus");
}

#[test]
fn the_second_call_reads_the_kernels_copy_of_the_key_and_opens_no_socket() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(server.oat("basic"));
    let token = quiet(&oat.get(&[]));
    let trace = tempfile::NamedTempFile::new().unwrap();
    drop(part("strace"));
    let oat = oat.under(&["strace", "-f", "-e", "trace=network", "-o", trace.path().to_str().unwrap()]);
    let sockets = || -> Vec<String> {
        let calls = std::fs::read_to_string(&trace).unwrap();
        calls.lines().filter(|line| line.contains("socket(") || line.contains("connect(")).map(str::to_string).collect()
    };
    assert_eq!(quiet(&oat.get(&[])), token);
    assert_eq!(sockets(), [""; 0]);
    assert_eq!(server.seen().token_posts, 1);

    quiet(&oat.get(&["--force"]));
    assert_ne!(sockets(), [""; 0], "strace sees the sockets of a call that needs them");
}

#[test]
fn r88_a_command_reads_the_keyring_at_most_once_and_writes_it_at_most_once() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(uncached(&server));
    let calls = |heard: &str, member: &str| heard.lines().filter(|l| l.contains(&format!("member={member}"))).count();
    let heard = desktop.overheard(|| drop(quiet(&oat.get(&[]))));
    assert_eq!(calls(&heard, "CreateItem"), 1, "{heard}");
    for _ in 0..2 {
        let heard = desktop.overheard(|| drop(quiet(&oat.get(&["--force"]))));
        let reads = ["GetSecret", "GetSecrets"].map(|member| calls(&heard, member)).iter().sum::<usize>();
        assert_eq!((reads, calls(&heard, "CreateItem"), calls(&heard, "SetSecret")), (1, 0, 0), "{heard}");
    }
}

#[test]
fn r85_a_token_of_64_kib_is_kept_under_a_key_in_the_keyring() {
    let token = "a".repeat(64 << 10);
    let server = Server::always(Answer::token(&token));
    let desktop = Desktop::unlocked(Prompter::Installed);
    let oat = desktop.seat(Oat::against(&server));
    assert_eq!(quiet(&oat.get(&[])), token);
    assert_eq!(quiet(&oat.get(&[])), token);
    assert_eq!(server.count(), 1);
}

#[test]
fn r88_a_sign_in_and_a_refresh_ask_the_keyring_once_each() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let browser = Browser::new("sign-in", &[]);
    let oat = server.person("public").config(&format!("[store]\nkey_cache = \"0\"\n\n{}", server.person_profile("public")));
    let oat = desktop.seat(browser.seat(oat));
    let calls = |heard: &str, member: &str| heard.lines().filter(|l| l.contains(&format!("member={member}"))).count();
    let heard = desktop.overheard(|| drop(signs_in(&oat, &browser, "p")));
    assert_eq!(calls(&heard, "CreateItem"), 1, "{heard}");
    for words in [&["refresh", "p"][..], &["token", "get", "p", "--force"]] {
        let heard = desktop.overheard(|| assert_eq!(oat.run(words).code, Some(0)));
        let reads = ["GetSecret", "GetSecrets"].map(|member| calls(&heard, member)).iter().sum::<usize>();
        assert_eq!((reads, calls(&heard, "CreateItem"), calls(&heard, "SetSecret")), (1, 0, 0), "{words:?}: {heard}");
    }
    assert_eq!((server.granted("refresh_token"), server.reuses()), (2, 0));
}

#[test]
fn r86_a_keyring_in_trouble_is_told_before_anyone_signs_in() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let browser = Browser::new("sign-in", &[]);
    let oat = desktop.seat(browser.seat(server.person("public")));
    desktop.lock();
    let locked = oat.run(&["login", "p"]);
    locked.fails_saying(7, &["locked", "OAT_STORE=file"]);
    locked.does_not_say(&["http", "OAT_STORE=none"]);
    let absent = oat.unset("DBUS_SESSION_BUS_ADDRESS").run(&["login", "p"]);
    absent.fails_saying(7, &["no D-Bus session bus", "OAT_STORE=file"]);
    assert_in_time(&absent);
    assert_eq!(server.seen().requests, 0);
}

fn printed_with_a_warning(server: &AuthorizationServer, output: &Output, why: &str) -> String {
    let token = output.line();
    assert!(server.active(token));
    output.says(&["oat: warning: ", why]);
    assert_in_time(output);
    token.to_string()
}

fn refused_in_time(output: &Output, why: &str) {
    output.fails_saying(7, &[why]);
    assert_in_time(output);
}

fn assert_in_time(output: &Output) {
    assert!(output.duration < Duration::from_secs(5), "took {:?}: {}", output.duration, output.stderr);
}
