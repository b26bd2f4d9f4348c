//! The master key in a real Secret Service: gnome-keyring on a bus of its own.

use crate::authorization_server::AuthorizationServer;
use crate::desktop::{Desktop, Prompter};
use crate::home::{Home, Outcome};
use std::time::Duration;

const GET: [&str; 3] = ["token", "get", "api"];

/// A home at `desktop` whose every command asks the Secret Service anew.
fn home_at(desktop: &Desktop, server: &AuthorizationServer) -> Home {
    let config = format!("[store]\nkey_cache = \"0\"\n\n{}", server.profile("basic"));
    desktop.home(Home::new(&config, server.client("basic")))
}

#[test]
fn the_master_key_is_made_by_the_first_process_and_read_by_the_second() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let home = home_at(&desktop, &server);
    let token = home.oat(&GET).quiet_token();
    let seen = server.seen();
    assert_eq!(home.oat(&GET).quiet_token(), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn the_master_key_survives_a_restart_of_the_keyring() {
    let server = AuthorizationServer::start(&[]);
    let mut desktop = Desktop::unlocked(Prompter::Installed);
    let home = home_at(&desktop, &server);
    let token = home.oat(&GET).quiet_token();
    let seen = server.seen();
    desktop.log_in();
    assert_eq!(home.oat(&GET).quiet_token(), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn without_the_keyring_the_records_are_of_no_use() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let home = home_at(&desktop, &server);
    let token = home.oat(&GET).quiet_token();
    let elsewhere = Desktop::unlocked(Prompter::Installed);
    assert_ne!(elsewhere.home(home).oat(&GET).token(), token);
}

#[test]
fn a_locked_keyring_costs_a_warning_and_nothing_that_was_kept() {
    let server = AuthorizationServer::start(&[]);
    let mut desktop = Desktop::unlocked(Prompter::Installed);
    let home = home_at(&desktop, &server);
    let kept = home.oat(&GET).quiet_token();
    desktop.lock();
    let unkept = home.oat(&GET);
    assert_ne!(printed_with_a_warning(&server, &unkept, "locked"), kept);
    refused_in_time(&home.oat(&["token", "get", "api", "--require-store"]), "locked");

    desktop.log_in();
    let posts = server.seen().token_posts;
    assert_eq!(home.oat(&GET).quiet_token(), kept);
    assert_eq!(server.seen().token_posts, posts);
}

#[test]
fn a_keyring_that_was_locked_from_the_start_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let home = home_at(&desktop, &server);
    desktop.lock();
    printed_with_a_warning(&server, &home.oat(&GET), "locked");
    refused_in_time(&home.oat(&["token", "get", "api", "--require-store"]), "locked");
}

#[test]
fn a_password_prompt_nobody_answers_is_given_up_in_time() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Silent);
    let home = home_at(&desktop, &server);
    desktop.lock();
    printed_with_a_warning(&server, &home.oat(&GET), "locked");
    refused_in_time(&home.oat(&["token", "get", "api", "--require-store"]), "locked");
}

#[test]
fn a_bus_without_a_secret_service_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::start(Prompter::Absent);
    let home = home_at(&desktop, &server);
    printed_with_a_warning(&server, &home.oat(&GET), "no Secret Service");
    refused_in_time(&home.oat(&["token", "get", "api", "--require-store"]), "no Secret Service");
}

#[test]
fn no_bus_at_all_costs_a_warning() {
    let server = AuthorizationServer::start(&[]);
    let config = format!("[store]\nkey_cache = \"0\"\n\n{}", server.profile("basic"));
    let home = Home::new(&config, server.client("basic")).without("OAT_STORE");
    printed_with_a_warning(&server, &home.oat(&GET), "no session bus");
    refused_in_time(&home.oat(&["token", "get", "api", "--require-store"]), "no session bus");
}

#[test]
fn the_second_call_reads_the_kernels_copy_of_the_key_and_opens_no_socket() {
    let server = AuthorizationServer::start(&[]);
    let desktop = Desktop::unlocked(Prompter::Installed);
    let home = desktop.home(Home::new(&server.profile("basic"), server.client("basic")));
    let sockets = |trace: &str| -> Vec<String> {
        let file = home.path(trace);
        home.oat_under(&["strace", "-f", "-e", "trace=network", "-o", file.to_str().unwrap()], &GET).token();
        let calls = std::fs::read_to_string(file).unwrap();
        calls.lines().filter(|line| line.contains("socket(") || line.contains("connect(")).map(str::to_string).collect()
    };
    assert_ne!(sockets("first"), [""; 0], "the first call talks to the bus and the server, and strace sees it");
    assert_eq!(sockets("second"), [""; 0]);
    assert_eq!(server.seen().token_posts, 1);
}

fn printed_with_a_warning(server: &AuthorizationServer, outcome: &Outcome, why: &str) -> String {
    let token = outcome.token();
    assert!(server.active(&token));
    assert!(outcome.stderr.contains("warning") && outcome.stderr.contains(why), "`{why}` is not said: {outcome:#?}");
    assert_in_time(outcome);
    token
}

fn refused_in_time(outcome: &Outcome, why: &str) {
    assert!(outcome.failure(7).contains(why), "`{why}` is not said: {outcome:#?}");
    assert_in_time(outcome);
}

fn assert_in_time(outcome: &Outcome) {
    assert!(outcome.took < Duration::from_secs(5), "took {:?}: {}", outcome.took, outcome.stderr);
}
