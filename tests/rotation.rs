//! A rotating refresh token under many processes, kills and interruptions: one request, no reuse, and a session that survives.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::redirect::*;
use support::*;

/// What a server with reuse detection knows of one session (RFC 9700 section 4.14.2).
#[derive(Debug, Default)]
struct Family {
    current: usize,
    refreshes: usize,
    /// Refresh tokens that came a second time.
    reused: Vec<String>,
}

/// A provider that rotates with every refresh, and ends the session at the first token that comes twice. It answers after a
/// pause of up to `delay`; an access token lives for `expires_in` seconds.
fn strict(delay: Duration, expires_in: i64) -> (Provider, Arc<Mutex<Family>>) {
    let family: Arc<Mutex<Family>> = Arc::default();
    let kept = family.clone();
    let provider = Provider::granting(move |request, facts| {
        let form = request.form();
        let mut granted = facts.granted(expires_in);
        let mut family = kept.lock().unwrap();
        if field(&form, "grant_type") == "authorization_code" {
            *family = Family { current: facts.nth, ..Family::default() };
            return Answer::json(200, facts.granted(0));
        }
        let token = field(&form, "refresh_token");
        if token != format!("{REFRESH}{}", family.current) || !family.reused.is_empty() {
            family.reused.push(token.into());
            return Answer::error(400, "invalid_grant", "reuse of a consumed refresh token");
        }
        // It is spent from now on, whatever becomes of the answer.
        (family.current, family.refreshes) = (facts.nth, family.refreshes + 1);
        granted.as_object_mut().unwrap().remove("id_token");
        Answer::json(200, granted).after(delay * (facts.nth as u32 % 5) / 4)
    });
    (provider, family)
}

fn signed_in(provider: &Provider) -> Oat {
    let oat = provider.oat("");
    sign_in(&oat, provider);
    oat
}

fn quiet(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let began = Instant::now();
    while !seen() {
        assert!(began.elapsed() < Duration::from_secs(20), "no {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn signal(name: &str, target: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), "--", target]).status().unwrap().success());
}

#[test]
fn r80_a_hundred_processes_on_an_expired_token_make_one_refresh() {
    let (provider, family) = strict(Duration::from_millis(200), 3600);
    let oat = signed_in(&provider);
    let began = Instant::now();
    let outputs = oat.swarm(100, &["token", "get", "p"]);
    let took = began.elapsed();
    let first = outputs[0].line();
    assert!(outputs.iter().all(|output| output.line() == first));
    let family = family.lock().unwrap();
    assert_eq!((family.refreshes, family.reused.len(), provider.server.count_of("/token")), (1, 0, 2));
    println!("a hundred processes on an expired token: 1 refresh, {took:?}");
}

#[test]
fn r80_whoever_forces_a_refresh_while_one_is_under_way_shares_it() {
    let (provider, family) = strict(Duration::from_millis(200), 3600);
    let oat = signed_in(&provider);
    let outputs = oat.swarm(30, &["refresh", "p", "--print"]);
    assert!(outputs.iter().all(|output| output.line().starts_with(ACCESS)));
    let family = family.lock().unwrap();
    assert!(family.refreshes < 10, "{family:?}");
    assert!(family.reused.is_empty(), "{family:?}");
}

#[test]
fn r67_a_session_that_is_over_is_asked_about_once_by_all_who_wait() {
    let provider = Provider::granting(|request, facts| match field(&request.form(), "grant_type") {
        "authorization_code" => Answer::json(200, facts.granted(0)),
        _ => Answer::error(400, "invalid_grant", "over").after(Duration::from_millis(200)),
    });
    let oat = signed_in(&provider);
    for output in oat.swarm(20, &["token", "get", "p"]) {
        output.fails_saying(3, &["oat login p"]);
    }
    assert_eq!(provider.server.count_of("/token"), 2);
}

/// Ends the process that asked while the server holds its answer back; the new refresh token is in the store afterwards.
fn survives(end: impl Fn(&Child)) {
    let (provider, family) = strict(Duration::from_millis(400), 3600);
    let oat = signed_in(&provider);
    // The answer to the second one is late.
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    for args in [&["token", "get", "p", "--force"][..], &["refresh", "p"]] {
        let asked = provider.server.count_of("/token");
        let mut command = oat.command(args);
        command.process_group(0);
        let mut child = quiet(command);
        wait_for("refresh", || provider.server.count_of("/token") > asked);
        end(&child);
        let began = Instant::now();
        child.wait().unwrap();
        assert!(began.elapsed() < Duration::from_millis(150), "it does not wait for the answer: {:?}", began.elapsed());
        // Whoever comes now waits for the other half of the killed one, and takes what it got.
        assert_eq!(oat.run(&["refresh", "p", "--print"]).line(), format!("{ACCESS}{asked}"));
    }
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    let family = family.lock().unwrap();
    assert_eq!((family.refreshes, family.reused.len()), (4, 0), "{family:?}");
}

#[test]
fn r81_kill_9_of_the_process_that_asked_does_not_lose_the_answer() {
    survives(|child| signal("KILL", &child.id().to_string()));
}

#[test]
fn r81_ctrl_c_to_the_whole_group_does_not_lose_the_answer() {
    survives(|child| signal("INT", &format!("-{}", child.id())));
}

#[test]
fn r81_a_terminal_that_is_closed_does_not_lose_the_answer() {
    survives(|child| signal("HUP", &format!("-{}", child.id())));
    survives(|child| signal("TERM", &format!("-{}", child.id())));
}

#[test]
fn r81_thirty_rounds_of_kill_9_lose_no_session_and_reuse_no_token() {
    const ROUNDS: u64 = 30;
    let (provider, family) = strict(Duration::from_millis(20), 3600);
    let oat = signed_in(&provider);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let (mut started, mut killed) = (0, 0);
    for round in 0..ROUNDS {
        let mut children: Vec<Child> = (0..4)
            .map(|n| {
                let args: &[&str] = if n % 2 == 0 { &["token", "get", "p", "--force"] } else { &["refresh", "p"] };
                quiet(oat.command(args))
            })
            .collect();
        started += children.len();
        for _ in 0..2 {
            thread::sleep(Duration::from_micros(draw(25_000)));
            let victim = draw(children.len() as u64) as usize;
            let mut child = children.swap_remove(victim);
            killed += usize::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        for mut child in children {
            let status = child.wait().unwrap();
            assert!(status.success(), "round {round}: {status}");
        }
        let output = oat.get(&[]);
        assert!(output.line().starts_with(ACCESS), "round {round}");
        assert_eq!(output.stderr, "", "round {round}");
        assert_eq!(family.lock().unwrap().reused, Vec::<String>::new(), "round {round}");
    }
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    let family = family.lock().unwrap();
    println!("{ROUNDS} rounds: {started} processes, {killed} of them killed while they ran, {} refreshes, no reuse", family.refreshes);
    assert!(killed > 5 && family.refreshes > 10, "{killed} killed, {} refreshes", family.refreshes);
    assert!(oat.state_files().len() < 10, "stale files are swept: {:#?}", oat.state_files());
}

#[test]
fn r55_r82_kill_9_of_the_renewal_itself_sends_nothing_twice_and_keeps_the_old_token() {
    let provider = Provider::granting(|request, facts| match (field(&request.form(), "grant_type"), facts.nth) {
        ("authorization_code", _) => Answer::json(200, facts.granted(0)),
        (_, 1) => Answer::hang(),
        _ => Answer::json(200, facts.granted(3600)),
    });
    let oat = signed_in(&provider);
    let mut asking = oat.command(&["token", "get", "p"]);
    let asking = asking.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("refresh", || provider.server.count_of("/token") == 2);
    let renewals = children_of(asking.id());
    assert_eq!(renewals.len(), 1, "one process has it in hand");
    signal("KILL", &renewals.first().unwrap().to_string());
    let output = asking.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(5), 0), "{told}");
    assert!(told.contains("may have replaced the refresh token") && told.contains("try again"), "{told}");
    assert_eq!(provider.server.count_of("/token"), 2, "R55: sent once");
    assert!(oat.get(&[]).line().starts_with(ACCESS), "and tried once more by the next");
}

/// The children of a process, by the process table.
fn children_of(parent: u32) -> BTreeSet<u32> {
    let ids = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent_of = |id: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

#[test]
fn r80_a_sign_in_and_refreshes_at_once_leave_the_newest_session() {
    // Each refresh token says from which sign-in it comes.
    let provider = Provider::granting(|request, facts| {
        let form = request.form();
        let session = match field(&form, "grant_type") {
            "authorization_code" => facts.nth.to_string(),
            _ => field(&form, "refresh_token").rsplit('-').next().unwrap().to_string(),
        };
        let mut granted = facts.granted(3600);
        granted["refresh_token"] = json!(format!("{REFRESH}{}-{session}", facts.nth));
        granted.as_object_mut().unwrap().remove(if session == facts.nth.to_string() { "" } else { "id_token" });
        Answer::json(200, granted).after(Duration::from_millis(30))
    });
    let oat = signed_in(&provider);
    let login = Login::start(&oat, &provider, &[]);
    let children: Vec<Child> = (0..4).map(|_| quiet(oat.command(&["refresh", "p"]))).collect();
    assert_eq!(login.approve().status, 200);
    assert_eq!(login.end().code, Some(0));
    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert_eq!(oat.run(&["refresh", "p"]).code, Some(0));
    let forms = provider.token_forms();
    let second = forms.iter().rposition(|form| field(form, "grant_type") == "authorization_code").unwrap();
    assert!(second > 0 && field(forms.last().unwrap(), "refresh_token").ends_with(&format!("-{second}")), "{forms:#?}");
}

#[test]
fn the_renewals_own_words_reach_the_person_once() {
    let provider = Provider::granting(|request, facts| match field(&request.form(), "grant_type") {
        "authorization_code" => Answer::json(200, facts.granted(0)),
        _ => Answer::json(200, json!({"access_token": "it's!odd", "expires_in": 60, "scope": "openid"})),
    });
    let oat = provider.oat("scope = \"openid read\"");
    sign_in(&oat, &provider);
    let output = oat.run(&["-v", "token", "get", "p"]);
    assert_eq!(output.line(), "it's!odd");
    assert_eq!(output.stderr.matches("RFC 6750").count(), 1, "{output:?}");
    assert_eq!(output.stderr.matches("did not grant the scope `read`").count(), 1, "{output:?}");
    assert_eq!(output.stderr.matches("/token").count(), 1, "the request is told with -v: {output:?}");
}

#[test]
fn a_program_that_asks_for_the_secret_is_run_once_by_the_process_at_the_terminal() {
    let (provider, family) = strict(Duration::from_millis(50), 3600);
    let oat = provider.oat("client_secret = { command = [\"head\", \"-n\", \"1\"] }\nclient_auth = \"client_secret_post\"");
    let oat = oat.env("OAT_CLIENT_SECRET", SECRET);
    sign_in(&oat, &provider);
    // What it reads is typed to the asking process; the renewing one has the lock there.
    let oat = oat.unset("OAT_CLIENT_SECRET").stdin(format!("{SECRET}\n"));
    let token = oat.get(&[]).line().to_string();
    assert_eq!(field(provider.token_forms().last().unwrap(), "client_secret"), SECRET);
    assert_eq!((family.lock().unwrap().refreshes, oat.stdin("").get(&[]).line()), (1, token.as_str()));
}
