//! Many processes and one rotating refresh token, some of them killed: the sign-in lives on.

use crate::authorization_server::AuthorizationServer;
use crate::sign_in::signed_in;
use crate::support::Oat;
use crate::{quiet, tell};
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[test]
fn one_hundred_processes_on_an_expired_token_make_one_refresh_and_no_reuse() {
    let server = AuthorizationServer::start(&["--ttl", "1"]);
    let oat = signed_in(&server, "public");
    std::thread::sleep(Duration::from_millis(1100));
    server.set(&json!({ "ttl": 600, "delay": 200, "delay-after": 100 }));
    let before = server.granted("refresh_token");
    let began = Instant::now();
    let mut tokens: Vec<String> = oat.swarm(100, &["token", "get", "p"]).iter().map(quiet).collect();
    let refreshes = server.granted("refresh_token") - before;
    tell(&format!("100 processes, {refreshes} refreshes, {} reuses, in {:?}", server.reuses(), began.elapsed()));
    tokens.dedup();
    assert_eq!((tokens.len(), refreshes, server.reuses()), (1, 1, 0));
    assert!(server.active(&tokens[0]));
}

/// The narrowest place: the server has rotated the token, and who asked is dead before the answer leaves.
#[test]
fn a_kill_between_the_rotation_and_its_answer_loses_nothing() {
    let server = AuthorizationServer::start(&[]);
    let oat = signed_in(&server, "public");
    for refreshes in 1..4 {
        server.set(&json!({ "delay-after": 500 }));
        let mut process = start(&oat, &["refresh", "p"]);
        let began = Instant::now();
        while server.granted("refresh_token") < 2 * refreshes - 1 {
            assert!(began.elapsed() < Duration::from_secs(20), "no refresh was asked for");
        }
        process.kill().unwrap();
        process.wait().unwrap();
        server.set(&json!({ "delay-after": 0 }));
        let output = oat.run(&["refresh", "p"]);
        assert_eq!(output.code, Some(0), "{output:#?}");
        // Who waited may take what the dead one asked for; the count of the next round stands on one more.
        if server.granted("refresh_token") < 2 * refreshes {
            assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
        }
        assert!(server.active(&quiet(&oat.get(&[]))));
        assert_eq!((server.granted("refresh_token"), server.reuses()), (2 * refreshes, 0));
    }
}

#[test]
fn one_hundred_rounds_of_kills_at_random_moments_leave_the_sign_in_alive() {
    // The client's clock is moved past the access token's end before each round, which no ID token of an hour would survive.
    let server = AuthorizationServer::start(&["--id-token-ttl", "100000000"]);
    let mut oat = signed_in(&server, "public");
    server.set(&json!({ "delay": "0-15", "delay-after": "0-25" }));
    let mut now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let (mut kills, began) = (0, Instant::now());
    for round in 1..=100 {
        now += 700;
        oat.clock(now);
        kills += one_round(&oat);
        let survived = oat.get(&[]);
        assert_eq!(survived.code, Some(0), "round {round}, after {kills} kills: {survived:#?}");
        assert!(server.active(survived.line()), "round {round}, after {kills} kills: the server has ended the sign-in");
        assert_eq!(server.reuses(), 0, "round {round}, after {kills} kills");
        assert!(server.granted("refresh_token") >= round, "round {round} had no need to refresh");
    }
    let refreshes = server.granted("refresh_token");
    tell(&format!("100 rounds, {kills} kills, {refreshes} refreshes, {} reuses, in {:?}", server.reuses(), began.elapsed()));
    assert!(kills >= 50, "only {kills} of the kills hit a living process");
}

/// Three at once, one or two of them killed within 60 ms; gives how many were still alive to be killed.
fn one_round(oat: &Oat) -> usize {
    let words: [&[&str]; 3] = [&["token", "get", "p"], &["refresh", "p"], &["token", "get", "p"]];
    let mut processes = words.map(|words| start(oat, words));
    let mut killed = [false; 3];
    for _ in 0..=random(2) {
        std::thread::sleep(Duration::from_micros(random(60_000)));
        let index = random(3) as usize;
        if !killed[index] && processes[index].try_wait().unwrap().is_none() {
            processes[index].kill().unwrap();
            killed[index] = true;
        }
    }
    for (process, killed) in processes.iter_mut().zip(killed) {
        let status = process.wait().unwrap();
        if !killed && !status.success() {
            let mut why = String::new();
            process.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("one that nobody killed failed: {status}: {why}");
        }
    }
    killed.iter().filter(|killed| **killed).count()
}

fn start(oat: &Oat, words: &[&str]) -> Child {
    oat.command(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Below `limit`.
fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}
