//! What is kept: one request for many processes, kills, full disks, tampering, and poor surroundings.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

#[cfg(feature = "real-parts")]
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use support::*;

const DELAY: Duration = Duration::from_millis(200);

/// The n-th request is answered `t<n>`, good for an hour.
fn counting() -> Server {
    Server::start(|r| Answer::token(&format!("t{}", r.number)))
}

#[track_caller]
fn all_equal(outputs: &[Output]) -> String {
    let first = outputs[0].line().to_string();
    assert!(outputs.iter().all(|o| o.line() == first), "different tokens");
    first
}

// ── R80: one request ────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r80_a_hundred_processes_on_an_empty_store_make_one_request() {
    let server = Server::start(|r| Answer::token(&format!("t{}", r.number)).after(DELAY));
    let outputs = Oat::against(&server).swarm(100, &["token", "get", "p"]);
    assert_eq!(all_equal(&outputs), "t0");
    assert_eq!(server.count(), 1);
}

#[test]
fn r80_two_hundred_processes_on_an_expired_token_make_one_request() {
    let server = Server::start(|r| match r.number {
        0 => Answer::token_for("old", 1),
        n => Answer::token(&format!("t{n}")).after(DELAY),
    });
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "old");
    thread::sleep(Duration::from_millis(1100));
    let outputs = oat.swarm(200, &["token", "get", "p"]);
    assert_eq!(all_equal(&outputs), "t1");
    assert_eq!(server.count(), 2);
}

#[test]
fn r80_a_hundred_processes_that_force_share_what_was_issued_while_they_waited() {
    let server = Server::start(|r| Answer::token(&format!("t{}", r.number)).after(DELAY));
    let oat = Oat::against(&server);
    let outputs = oat.swarm(100, &["token", "get", "p", "--force"]);
    assert!(outputs.iter().all(|o| o.line().starts_with('t')));
    assert!(server.count() < 20, "{} requests", server.count());
}

#[test]
fn r80_a_hundred_processes_that_want_more_time_than_there_is_make_at_most_two_requests() {
    let server = Server::start(|r| Answer::token(&format!("t{}", r.number)).after(DELAY));
    let outputs = Oat::against(&server).swarm(100, &["token", "get", "p", "--min-ttl", "2h"]);
    assert!(server.count() <= 2, "{} requests", server.count());
    for output in &outputs {
        if output.code == Some(0) {
            output.line();
        } else {
            output.fails_saying(output.code.unwrap(), &["min-ttl"]);
        }
    }
}

#[test]
fn r80_a_hundred_processes_without_a_store_all_get_a_token() {
    let server = Server::always(Answer::token("t"));
    let outputs = Oat::against(&server).env("OAT_STORE", "none").swarm(100, &["token", "get", "p"]);
    assert_eq!(all_equal(&outputs), "t");
}

#[test]
fn r80_thirty_processes_with_thirty_scopes_lose_no_token() {
    let server = Server::start(|r| Answer::token(&r.form().into_iter().find(|(k, _)| k == "scope").unwrap().1));
    let oat = Oat::against(&server);
    for _ in 0..2 {
        thread::scope(|scope| {
            for n in 0..30 {
                let oat = &oat;
                scope.spawn(move || assert_eq!(oat.get(&["--scope", &format!("s{n}")]).line(), format!("s{n}")));
            }
        });
        assert_eq!(server.count(), 30);
    }
}

#[test]
fn r80_a_refusal_is_not_asked_for_a_hundred_times_at_once() {
    let server = Server::always(Answer::error(401, "invalid_client", "x").after(DELAY));
    let outputs = Oat::against(&server).swarm(20, &["token", "get", "p", "--timeout", "20s"]);
    assert!(outputs.iter().all(|o| o.fails(4).contains("invalid_client")));
}

#[test]
fn r80_profiles_do_not_wait_for_one_another() {
    let server = Server::start(|r| match r.path() {
        "/slow" => Answer::token("slow").after(Duration::from_secs(2)),
        _ => Answer::token("fast"),
    });
    let slow = support::oat::profile(&format!("token_endpoint = \"{}\"", server.url("/slow")));
    let fast = support::oat::profile(&format!("token_endpoint = \"{}\"", server.url("/fast"))).replace("profile.p", "profile.q");
    let oat = Oat::new().env("P_SECRET", SECRET).config(&(slow + &fast));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| oat.get(&[]));
        while server.count() == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        let output = oat.run(&["token", "get", "q"]);
        assert_eq!(output.line(), "fast");
        assert!(output.duration < Duration::from_millis(1500), "{:?}", output.duration);
        assert_eq!(waiting.join().unwrap().line(), "slow");
    });
}

#[test]
fn r80_waiting_for_another_process_is_bounded_and_says_so() {
    let server = Server::always(Answer::hang());
    let oat = Oat::against(&server);
    let mut holder = oat.command(&["token", "get", "p", "--timeout", "20s"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let output = oat.get(&["--timeout", "1s"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(matches!(output.code, Some(5 | 7)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["another"]);
    // Its own deadline, and some seconds for the other one to save.
    assert!(output.duration < Duration::from_secs(8), "{:?}", output.duration);
    assert_eq!(server.count(), 1);
}

// ── DESIGN: cache ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_second_get_makes_no_request_and_force_makes_one() {
    let server = counting();
    let oat = Oat::against(&server);
    for (args, token) in [(&[][..], "t0"), (&[], "t0"), (&["--force"], "t1"), (&[], "t1"), (&["--min-ttl", "30m"], "t1")] {
        assert_eq!(oat.get(args).line(), token);
    }
    assert_eq!(server.count(), 2);
}

#[test]
fn the_source_says_whether_it_was_cached() {
    let server = counting();
    let oat = Oat::against(&server);
    for source in ["fetched", "cache"] {
        let told: Value = serde_json::from_str(oat.get(&["--format", "json"]).lines()).unwrap();
        assert_eq!(told["source"], source);
    }
}

#[test]
fn a_short_token_is_cached_too() {
    let server = Server::start(|r| Answer::token_for(&format!("t{}", r.number), 30));
    let oat = Oat::against(&server);
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t0"));
}

#[test]
fn min_ttl_asks_anew_and_fails_clearly_where_the_server_grants_less() {
    let server = Server::start(|r| Answer::token_for(&format!("t{}", r.number), 600));
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t0");
    let output = oat.get(&["--min-ttl", "20m"]);
    assert!(output.code.is_some_and(|c| c != 0 && c != 1), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["min-ttl", "600 s"]);
    // A server that said so a moment ago need not be asked again.
    assert!(server.count() <= 2, "{}", server.count());
    let asked = server.count();
    assert_eq!(oat.get(&[]).line(), format!("t{}", asked - 1), "what was granted is kept all the same");
    assert_eq!(server.count(), asked);
}

#[test]
fn r89_a_changed_identity_never_serves_the_old_token() {
    let (server, other) = (counting(), Server::always(Answer::token("other")));
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t0");
    assert_eq!(oat.get(&["--client-id", "someone-else"]).line(), "t1");
    assert_eq!(oat.get(&["--token-endpoint", &other.url("/token")]).line(), "other");
    assert_eq!(oat.get(&["--audience", "https://a"]).line(), "t2");
    assert_eq!(oat.get(&["--resource", "https://a"]).line(), "t3");
    assert_eq!(oat.get(&["--organization", "o"]).line(), "t4");
    assert_eq!(oat.get(&["--scope", "s"]).line(), "t5");
    assert_eq!(server.count(), 6);
}

// ── R81: kill -9 ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r81_kill_9_at_any_moment_leaves_a_store_that_works() {
    let (answered, told) = mpsc::channel();
    let answered = Mutex::new(answered);
    let server = Server::start(move |r| {
        let _ = answered.lock().unwrap().send(());
        Answer::token(&format!("t{}", r.number))
    });
    let oat = Oat::against(&server);
    oat.get(&[]).line();
    told.recv().unwrap();
    for round in 0..30_u64 {
        let mut child = oat.command(&["token", "get", "p", "--force"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        told.recv_timeout(Duration::from_secs(10)).unwrap();
        // From before the answer arrives until after the save.
        thread::sleep(Duration::from_micros(round * 150));
        child.kill().unwrap();
        child.wait().unwrap();
        let output = oat.get(&[]);
        assert!(output.line().starts_with('t'));
        output.does_not_say(&["warning"]);
        while told.try_recv().is_ok() {}
    }
    oat.get(&["--force"]).line();
    oat.get(&[]).line();
    assert!(oat.state_files().len() < 10, "stale files are swept: {:#?}", oat.state_files());
}

#[test]
fn r80_a_killed_process_frees_its_lock() {
    let server = Server::start(|r| if r.number == 0 { Answer::hang() } else { Answer::token("t") });
    let oat = Oat::against(&server);
    let mut holder = oat.command(&["token", "get", "p"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    let output = oat.get(&[]);
    assert_eq!(output.line(), "t");
    assert!(output.duration < Duration::from_secs(2), "{:?}", output.duration);
}

// ── R81: no room, no right ──────────────────────────────────────────────────────────────────────────────────────

/// Every write to a file fails, as on a full disk; a signal for it is ignored, as a shell can ask.
const NO_ROOM: [&str; 4] = ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"];

#[test]
fn r81_on_a_full_disk_the_token_is_printed_with_a_warning_and_the_old_one_stays() {
    let server = counting();
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t0");
    let before: Vec<_> = oat.state_files();
    let oat = oat.under(&NO_ROOM);
    let output = oat.get(&["--force"]);
    assert_eq!(output.line(), "t1");
    output.says(&["oat: warning", "kept"]);
    let oat = oat.under(&[]);
    assert_eq!(oat.get(&[]).line(), "t0", "the old one is intact");
    assert_eq!(oat.state_files(), before, "nothing is left behind");
}

#[test]
fn r81_on_a_full_disk_require_store_exits_7() {
    let server = counting();
    let oat = Oat::against(&server).under(&NO_ROOM);
    oat.get(&["--require-store"]).fails(7);
    assert_eq!(Oat::against(&server).get(&["--require-store"]).code, Some(0));
}

#[test]
fn r81_a_state_folder_that_cannot_be_made_is_a_warning_and_with_require_store_a_failure() {
    let server = counting();
    let oat = Oat::against(&server);
    let file = oat.file("a-file", 0o600, "");
    let below = file.join("state");
    for state in ["/proc/nowhere/oat", file.to_str().unwrap(), below.to_str().unwrap(), "/dev/null/x"] {
        let oat = Oat::against(&server).env("OAT_STATE", state);
        let output = oat.get(&[]);
        assert!(output.line().starts_with('t'), "{state}");
        output.says(&["oat: warning", state]);
        oat.get(&["--require-store"]).fails_saying(7, &[state]);
    }
}

#[test]
fn r81_a_disk_that_fills_up_halfway_through_a_record_keeps_the_old_one() {
    let long = "a".repeat(64 << 10);
    let server = Server::script(vec![Answer::token("t0"), Answer::token(&long), Answer::token(&long), Answer::token("t3")]);
    let oat = Oat::against(&server);
    assert_eq!(oat.get(&[]).line(), "t0");
    let before = oat.state_files();
    // In units of 512 or 1024 bytes: what is kept now fits, what comes does not.
    let oat = oat.under(&["sh", "-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"]);
    let output = oat.get(&["--force"]);
    assert_eq!(output.line(), long);
    output.says(&["oat: warning", "kept"]);
    oat.get(&["--force", "--require-store"]).fails(7);
    assert_eq!(oat.state_files(), before, "nothing is left behind");
    let oat = oat.under(&[]);
    assert_eq!(oat.get(&[]).line(), "t0", "the old one is intact");
}

#[cfg(feature = "real-parts")]
#[test]
fn r81_a_state_folder_that_became_read_only_serves_what_it_has_and_prints_what_it_cannot_keep() {
    let server = counting();
    let oat = Oat::against(&server).under(&support::parts::without_privileges());
    assert_eq!(oat.get(&[]).line(), "t0");
    let mode = |mode: u32| {
        let folders: BTreeSet<_> = oat.state_files().iter().map(|f| f.parent().unwrap().to_path_buf()).chain([oat.state()]).collect();
        folders.iter().for_each(|folder| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap());
    };
    mode(0o500);
    let (cached, forced, required) = (oat.get(&[]), oat.get(&["--force"]), oat.get(&["--force", "--require-store"]));
    mode(0o700);
    assert_eq!((cached.line(), cached.stderr.as_str()), ("t0", ""));
    assert_eq!(forced.line(), "t1");
    forced.says(&["oat: warning", "kept"]);
    required.fails(7);
    assert_eq!(oat.get(&[]).line(), "t0", "the old one is intact");
}

// ── R83, R87: modes, owners, links, plain text ──────────────────────────────────────────────────────────────────

#[test]
fn r87_nothing_in_the_state_is_plain_text() {
    let server = Server::always(Answer::token("CANARY-access-token"));
    for store in ["file", "env", "none", "keyring", "keyutils"] {
        let oat = Oat::against(&server).env("OAT_STORE", store).env("OAT_STORE_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        assert_eq!(oat.get(&[]).line(), "CANARY-access-token", "{store}");
        oat.assert_state_holds_none_of(&["CANARY", SECRET]);
    }
}

#[test]
fn r83_folders_are_0700_and_files_0600_whatever_the_umask() {
    let server = counting();
    let oat = Oat::against(&server).under(&["sh", "-c", "umask 000; exec \"$@\"", "sh"]);
    oat.get(&[]).line();
    assert_eq!(fs::metadata(oat.state()).unwrap().mode() & 0o777, 0o700);
    assert!(!oat.state_files().is_empty());
    for path in oat.state_files() {
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700, "{}", path.display());
    }
}

#[test]
fn r83_a_umask_that_takes_everything_still_works() {
    let server = counting();
    let oat = Oat::against(&server).under(&["sh", "-c", "umask 777; exec \"$@\"", "sh"]);
    assert_eq!(oat.get(&[]).line(), "t0");
}

/// Every file of the state that is read on a cached get, changed by `change`, one at a time.
fn each_state_file(change: impl Fn(&std::path::Path, &Oat), check: impl Fn(&Output, &std::path::Path)) {
    let server = counting();
    let oat = Oat::against(&server);
    oat.get(&[]).line();
    for path in oat.state_files() {
        let (bytes, mode) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions());
        if bytes.is_empty() {
            continue; // a lock
        }
        change(&path, &oat);
        let output = oat.get(&[]);
        check(&output, &path);
        fs::remove_file(&path).ok();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, mode).unwrap();
    }
}

#[test]
fn r83_store_files_open_to_others_are_refused_with_the_cure() {
    for mode in [0o644, 0o640, 0o606] {
        let change = |path: &std::path::Path, _: &Oat| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        each_state_file(change, |output, path| {
            assert!(matches!(output.code, Some(0 | 7)), "{output:?}");
            output.says(&["chmod 600", path.file_name().unwrap().to_str().unwrap()]);
            assert_ne!(output.stdout, "t0\n", "served from it: {output:?}");
        });
    }
}

#[test]
fn r83_store_files_that_are_links_are_refused_and_not_followed() {
    let change = |path: &std::path::Path, oat: &Oat| {
        let target = oat.folder().join("target");
        fs::rename(path, &target).unwrap();
        symlink(&target, path).unwrap();
    };
    each_state_file(change, |output, path| {
        assert!(matches!(output.code, Some(0 | 7)), "{output:?}");
        output.says(&["link", path.file_name().unwrap().to_str().unwrap()]);
        assert_ne!(output.stdout, "t0\n", "served from it: {output:?}");
    });
}

/// Only root may give files away; `tests/run` leaves this one out, and says so, where neither root nor sudo is at hand.
#[cfg(feature = "real-parts")]
#[test]
fn r83_store_files_of_another_owner_are_refused() {
    let change = |path: &std::path::Path, _: &Oat| support::parts::give_away(path, 12_345);
    each_state_file(change, |output, _| {
        assert!(matches!(output.code, Some(0 | 7)), "{output:?}");
        output.says(&["own"]);
        assert_ne!(output.stdout, "t0\n", "served from it: {output:?}");
    });
}

#[cfg(feature = "real-parts")]
#[test]
fn r83_config_files_of_another_owner_are_refused_where_they_hold_a_secret_or_name_a_program() {
    let server = counting();
    for (secret, refused) in [("{ command = [\"echo\", \"s\"] }", true), ("\"literal\"", true), ("{ env = \"CLIENT_SECRET\" }", false)] {
        let oat = Oat::new().env("CLIENT_SECRET", "s").config(&format!(
            "[profile.p]\ntoken_endpoint = \"{}\"\nclient_id = \"c\"\ngrant = \"client_credentials\"\nclient_secret = {secret}\n",
            server.url("/token")
        ));
        support::parts::give_away(&oat.config_file(), 12_345);
        let output = oat.get(&[]);
        match refused {
            true => drop(output.fails_saying(6, &["another user", "chown"])),
            false => drop(output.line().to_string()),
        }
    }
}

#[test]
fn r83_a_link_in_the_place_of_a_temporary_file_or_a_lock_changes_nothing_elsewhere() {
    let server = counting();
    let oat = Oat::against(&server);
    oat.get(&[]).line();
    let precious = oat.file("precious", 0o644, "precious");
    for path in oat.state_files() {
        fs::remove_file(&path).unwrap();
        symlink(&precious, &path).unwrap();
    }
    let output = oat.get(&["--force"]);
    assert!(matches!(output.code, Some(0 | 7)), "{output:?}");
    output.assert_well_behaved();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(fs::metadata(&precious).unwrap().mode() & 0o777, 0o644);
}

// ── tampering ───────────────────────────────────────────────────────────────────────────────────────────────────

/// The kept files that hold something, in order; locks are empty.
fn kept(oat: &Oat) -> Vec<std::path::PathBuf> {
    oat.state_files().into_iter().filter(|p| fs::metadata(p).unwrap().len() > 0).collect()
}

/// Bytes with one bit changed in twelve places, cut, wiped, longer, and replaced.
fn broken(good: &[u8]) -> Vec<Vec<u8>> {
    let flip = |at: usize| {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let flipped = (0..good.len()).step_by((good.len() / 12).max(1)).map(flip);
    let others = [good[..good.len() / 2].to_vec(), vec![0; good.len()], [good, &[0]].concat(), b"x".to_vec(), vec![0xff; 1 << 20]];
    flipped.chain(others).collect()
}

#[test]
fn every_byte_that_is_kept_is_authenticated_and_what_is_broken_is_told_and_not_served() {
    let server = counting();
    let sample = Oat::against(&server);
    sample.get(&[]).line();
    for file in 0..kept(&sample).len() {
        for change in 0..broken(&fs::read(&kept(&sample)[file]).unwrap()).len() {
            let oat = Oat::against(&server);
            let old = oat.get(&[]).line().to_string();
            let path = &kept(&oat)[file];
            let good = fs::read(path).unwrap();
            let Some(bytes) = broken(&good).into_iter().nth(change) else { continue };
            fs::write(path, bytes).unwrap();
            let output = oat.get(&[]);
            assert_ne!(output.line(), old, "change {change} of {} was not seen", path.display());
            output.says(&["oat: warning"]);
            // And from then on it works, or goes on saying why not.
            let again = oat.get(&[]);
            assert!(again.line() == output.line() || again.stderr.contains("oat: warning"), "{again:?}");
        }
    }
}

#[test]
fn an_empty_record_is_no_crash() {
    let server = counting();
    let oat = Oat::against(&server);
    oat.get(&[]).line();
    for path in oat.state_files() {
        fs::write(&path, "").unwrap();
        let output = oat.get(&[]);
        assert!(matches!(output.code, Some(0 | 7)), "{output:?}");
        output.assert_well_behaved();
    }
}

#[test]
fn a_record_is_bound_to_its_profile() {
    let server = counting();
    let two = |name: &str, id: &str| {
        support::oat::profile(&format!("token_endpoint = \"{}\"\nclient_id = \"{id}\"", server.url("/token")))
            .replace("profile.p", &format!("profile.{name}"))
    };
    let oat = Oat::new().env("P_SECRET", SECRET).config(&(two("a", "one") + &two("b", "two")));
    let before = oat.state_files();
    assert!(before.is_empty());
    assert_eq!(oat.run(&["token", "get", "a"]).line(), "t0");
    let first = oat.state_files();
    assert_eq!(oat.run(&["token", "get", "b"]).line(), "t1");
    let second: Vec<_> = oat.state_files().into_iter().filter(|p| !first.contains(p) && fs::metadata(p).unwrap().len() > 0).collect();
    assert_eq!(second.len(), 1, "one record a profile: {second:?}");
    // The record of `a` under the name of `b`: it must not be served.
    for path in first.iter().filter(|p| fs::metadata(p).unwrap().len() > 0) {
        let good = fs::read(&second[0]).unwrap();
        fs::copy(path, &second[0]).unwrap();
        let output = oat.run(&["token", "get", "b"]);
        assert_ne!(output.line(), "t0");
        fs::write(&second[0], good).unwrap();
    }
}

// ── where the key lives ─────────────────────────────────────────────────────────────────────────────────────────

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const OTHER_KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=";

#[test]
fn a_key_in_the_environment_keeps_and_another_key_opens_nothing() {
    let server = counting();
    let oat = Oat::against(&server).env("OAT_STORE", "env").env("OAT_STORE_KEY", KEY);
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t0"));
    let oat = oat.env("OAT_STORE_KEY", OTHER_KEY);
    let output = oat.get(&[]);
    assert_eq!(output.line(), "t1");
    output.says(&["oat: warning"]);
    output.assert_clean(&[OTHER_KEY, KEY]);
}

#[test]
fn a_key_in_the_environment_that_is_none_is_told_and_not_shown() {
    let server = counting();
    for bad in ["", "short", "MDEyMzQ1", "!!!!", "CANARY-not-base64-at-all-not-base64-at-all!"] {
        let oat = Oat::against(&server).env("OAT_STORE", "env").env("OAT_STORE_KEY", bad);
        let output = oat.get(&[]);
        assert!(matches!(output.code, Some(0 | 6 | 7)), "{bad}: {output:?}");
        output.says(&["OAT_STORE_KEY"]);
        output.assert_clean(&["CANARY-not"]);
        let output = oat.get(&["--require-store"]);
        assert!(matches!(output.code, Some(6 | 7)), "{output:?}");
    }
}

#[test]
fn store_none_keeps_nothing_and_touches_no_file() {
    let server = counting();
    let oat = Oat::against(&server).env("OAT_STORE", "none");
    let output = oat.get(&[]);
    assert_eq!(output.line(), "t0");
    output.does_not_say(&["warning"]);
    assert_eq!(oat.get(&[]).line(), "t1");
    assert!(oat.state_files().is_empty(), "{:?}", oat.state_files());
    oat.get(&["--require-store"]).fails(7);
}

#[test]
fn r86_without_a_keyring_the_token_is_printed_with_the_choices_named_and_nothing_steps_down() {
    let server = Server::start(|r| Answer::token(&format!("CANARY-token-{}", r.number)));
    let oat = Oat::against(&server).unset("OAT_STORE");
    let output = oat.get(&[]);
    assert_eq!(output.line(), "CANARY-token-0");
    output.says(&["oat: warning", "keyring", "OAT_STORE"]);
    assert!(output.duration < Duration::from_secs(5), "{:?}", output.duration);
    oat.assert_state_holds_none_of(&["CANARY"]);
    assert_eq!(oat.get(&[]).line(), "CANARY-token-1", "nothing was kept");
    oat.get(&["--require-store"]).fails_saying(7, &["keyring"]);
}

#[test]
fn r86_a_bus_that_hangs_costs_no_more_than_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let _silent = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let server = counting();
    let oat = Oat::against(&server)
        .unset("OAT_STORE")
        .env("CI", "true")
        .env("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", path.display()));
    let output = oat.get(&[]);
    assert_eq!(output.line(), "t0");
    output.says(&["oat: warning", "keyring"]);
    assert!(output.duration < Duration::from_secs(4), "2 s in CI: {:?}", output.duration);
}

#[test]
fn the_store_of_the_config_is_used_and_the_variable_wins() {
    let server = counting();
    let text = format!("[store]\nkey = \"none\"\n{}", support::oat::profile(&format!("token_endpoint = \"{}\"", server.url("/token"))));
    let oat = Oat::new().env("P_SECRET", SECRET).unset("OAT_STORE").config(&text);
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t1"));
    let oat = oat.env("OAT_STORE", "file");
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t2", "t2"));
}

// ── R76, R77: what is printed ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn r76_verbose_tells_method_url_status_and_time_and_no_secret() {
    let body = json!({"access_token": "TOKEN-CANARY", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "CANARY-refresh", "id_token": "CANARY-id"});
    let server = Server::always(Answer::json(200, body).header("X-Secret", "CANARY-header").header("Set-Cookie", "CANARY-cookie"));
    for verbose in ["-v", "-vv"] {
        for auth in ["client_secret_post", "client_secret_basic"] {
            let oat = Oat::at(
                &server.url("/token?q=CANARY-query"),
                &format!("client_auth = \"{auth}\"\ntoken_params = {{ x = \"CANARY-parameter\" }}"),
            );
            let output = oat.run(&[verbose, "token", "get", "p"]);
            assert_eq!(output.line(), "TOKEN-CANARY");
            output.says(&["post", &server.url("/token"), "200"]);
            let canaries = ["CANARY-refresh", "CANARY-id", "CANARY-header", "CANARY-cookie", "CANARY-query", "CANARY-parameter", SECRET];
            output.assert_clean(&canaries);
            assert!(!output.stderr.contains("TOKEN-CANARY"), "{output:?}");
            let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("cli:{SECRET}"));
            output.assert_clean(&[&basic, &basic[..20]]);
        }
    }
}

#[test]
fn r77_without_verbose_a_good_get_says_nothing_on_stderr() {
    let server = counting();
    let oat = Oat::against(&server);
    for _ in 0..2 {
        let output = oat.get(&[]);
        output.line();
        assert_eq!(output.stderr, "");
    }
}

#[test]
fn r77_refresh_prints_no_token_unless_asked() {
    let server = Server::always(Answer::token("CANARY-token"));
    let output = Oat::against(&server).run(&["refresh", "p"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:?}");
    output.assert_clean(&["CANARY-token"]);
}

#[test]
fn r76_a_trace_file_is_private_and_shows_bodies_without_their_secrets() {
    let body = json!({"access_token": "CANARY-access", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "CANARY-refresh", "id_token": "CANARY-id"});
    let server = Server::always(Answer::json(200, body).header("Set-Cookie", "CANARY-cookie"));
    for auth in ["client_secret_post", "client_secret_basic"] {
        let oat = Oat::at(&server.url("/token?q=CANARY-query"), &format!("client_auth = \"{auth}\"\nscope = \"seen-scope\""));
        let trace = oat.folder().join("trace");
        let output = oat.get(&["--trace", trace.to_str().unwrap()]);
        assert_eq!(output.line(), "CANARY-access");
        assert_eq!(fs::metadata(&trace).unwrap().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&trace).unwrap();
        for word in ["POST", "/token", "200", "grant_type", "seen-scope", "expires_in", "3600", "redacted"] {
            assert!(text.contains(word), "no `{word}` in {text}");
        }
        let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("cli:{SECRET}"));
        assert!(!text.contains("CANARY") && !text.contains(&basic[..12]), "{text}");
    }
}

#[test]
fn r70_a_trace_shows_no_echo_of_our_secret_whatever_it_stands_in() {
    let body = json!({"error": format!("no {SECRET}"), "token_type": SECRET, SECRET: 1});
    let server = Server::always(Answer::json(400, body).header(&format!("X-{SECRET}"), "1").header("Retry-After", SECRET));
    let oat = Oat::at(&server.url("/token"), "client_auth = \"client_secret_post\"");
    let trace = oat.folder().join("trace");
    let output = oat.get(&["-vv", "--trace", trace.to_str().unwrap()]);
    let shown = format!("{}{}", output.stderr, fs::read_to_string(&trace).unwrap());
    assert!(!shown.to_ascii_lowercase().contains(&SECRET.to_ascii_lowercase()), "{shown}");
}

#[test]
fn r67_the_exit_code_says_what_to_do() {
    let server = Server::start(|r| match r.path() {
        "/good" => Answer::token("t"),
        "/denied" => Answer::error(401, "invalid_client", "x"),
        "/later" => Answer::error(503, "server_error", "x").header("Retry-After", "60"),
        _ => Answer::text(200, "text/html", "<html>"),
    });
    for (path, more, args, code, kind) in [
        ("/denied", "", &[][..], 4, "denied"),
        ("/later", "", &[], 5, "unavailable"),
        ("/page", "", &[], 8, "invalid"),
        ("/good", "banana = 1", &[], 6, "config"),
        ("/good", "", &["--format", "yaml"], 2, "usage"),
        ("/good", "grant = \"authorization_code\"", &[], 3, "login_required"),
    ] {
        let output = Oat::at(&server.url(path), more).run(&[&["--json", "token", "get", "p"], args].concat());
        assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{path} {more}: {output:?}");
        let told: Value = serde_json::from_str(output.stderr.lines().last().unwrap()).unwrap();
        assert_eq!((&told["exit_code"], &told["kind"]), (&json!(code), &json!(kind)), "{told}");
    }
    let oat = Oat::at(&server.url("/good"), "").env("OAT_STORE", "none");
    assert_eq!((oat.get(&["--require-store"]).code, oat.get(&[]).code), (Some(7), Some(0)));
}

#[test]
fn json_errors_are_one_object_with_the_published_keys() {
    let server = Server::always(Answer::text(503, "text/html", "<html>"));
    let output = Oat::against(&server).run(&["--json", "token", "get", "p", "--timeout", "1s"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.lines().count()), (Some(5), "", 1), "{output:?}");
    let told: Value = serde_json::from_str(output.stderr.trim_end()).unwrap();
    let mut keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["error", "exit_code", "hint", "kind", "oauth_error", "retryable"]);
    assert_eq!((&told["exit_code"], &told["kind"], &told["retryable"]), (&json!(5), &json!("unavailable"), &json!(true)));
}

// ── R74, R103: surroundings ─────────────────────────────────────────────────────────────────────────────────────

#[cfg(target_os = "linux")]
#[test]
fn r74_the_limit_of_core_files_is_nothing() {
    let server = Server::always(Answer::hang());
    let oat = Oat::against(&server);
    let mut child = oat.command(&["token", "get", "p", "--timeout", "20s"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap_or_default();
    child.kill().unwrap();
    child.wait().unwrap();
    let core = limits.lines().find(|l| l.starts_with("Max core file size")).unwrap_or_default().to_string();
    let numbers: Vec<&str> = core.split_whitespace().filter(|w| w.parse::<u64>().is_ok() || *w == "unlimited").collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
}

#[cfg(target_os = "linux")]
#[test]
fn r103_a_full_stdout_is_a_failure() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let server = counting();
    for format in ["raw", "json", "env"] {
        let oat = Oat::against(&server);
        let child = oat
            .command(&["token", "get", "p", "--format", format])
            .stdout(full.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|c| c != 0), "{format}: {stderr}");
        assert!(stderr.starts_with("oat: error: ") && !stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn r103_a_closed_pipe_is_quiet() {
    let server = counting();
    let oat = Oat::against(&server);
    let mut child = oat.command(&["token", "get", "p"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn r103_closed_standard_streams_are_no_crash() {
    let server = counting();
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let script = format!("exec \"$@\" {closed}");
        let oat = Oat::against(&server).under(&["sh", "-c", &script, "sh"]);
        let output = oat.get(&[]);
        assert!(output.code.is_some_and(|c| c != 1 && c != 101), "{closed}: {output:?}");
        assert!(!output.stderr.contains("panicked"), "{output:?}");
    }
}

#[test]
fn r103_an_interrupt_ends_it_at_once_and_frees_the_lock() {
    let server = Server::start(|r| if r.number == 0 { Answer::hang() } else { Answer::token("t") });
    let oat = Oat::against(&server);
    let child = oat.command(&["token", "get", "p"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while server.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let began = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    // Either our own exit code or the signal itself: a shell says 130 in both cases.
    assert!(matches!(output.status.code(), None | Some(130)), "{output:?}");
    assert!(output.stdout.is_empty());
    assert_eq!(oat.get(&[]).line(), "t");
}

#[test]
fn r103_sixteen_file_descriptors_are_enough() {
    let server = counting();
    let oat = Oat::against(&server).under(&["sh", "-c", "ulimit -n 16; exec \"$@\"", "sh"]);
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t0"));
}

#[test]
fn r103_sixteen_file_descriptors_are_enough_for_tls_and_discovery_too() {
    let authority = support::tls::Authority::new();
    let server = Server::start_tls(authority.server("127.0.0.1", support::tls::Fault::None), |r| {
        let origin = format!("https://{}", r.header("host").unwrap());
        let endpoint = |path: &str| format!("{origin}/{path}");
        match r.path() {
            "/token" => Answer::token("t"),
            _ => Answer::json(
                200,
                json!({"issuer": origin, "token_endpoint": endpoint("token"), "authorization_endpoint": endpoint("a"), "jwks_uri": endpoint("k"), "response_types_supported": ["code"]}),
            ),
        }
    });
    let oat = Oat::with_profile(&format!("issuer = \"{}\"", server.url("")));
    let ca = oat.file("ca.pem", 0o644, authority.pem());
    let oat = oat.env("OAT_CA_FILE", ca.to_str().unwrap()).under(&["sh", "-c", "ulimit -n 16; exec \"$@\"", "sh"]);
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t", "t"));
    assert_eq!(server.count_of("/token"), 1);
}

#[cfg(feature = "real-parts")]
#[test]
fn r103_a_home_that_is_read_only_costs_a_warning_and_nothing_goes_to_tmp() {
    let server = counting();
    let oat = Oat::against(&server).unset("OAT_STATE").under(&support::parts::without_privileges());
    let tmp = oat.folder().join("tmp");
    fs::create_dir(&tmp).unwrap();
    let oat = oat.env("TMPDIR", tmp.to_str().unwrap());
    fs::set_permissions(oat.home(), fs::Permissions::from_mode(0o500)).unwrap();
    let (printed, required) = (oat.get(&[]), oat.get(&["--require-store"]));
    fs::set_permissions(oat.home(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(printed.line(), "t0");
    printed.says(&["oat: warning", oat.home().to_str().unwrap()]);
    required.fails(7);
    assert_eq!(fs::read_dir(tmp).unwrap().count() + fs::read_dir(oat.home()).unwrap().count(), 0);
}

#[test]
fn r103_without_a_home_it_works_where_folders_are_named() {
    let server = counting();
    let oat = Oat::against(&server).unset("HOME");
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t0"));
}

#[test]
fn r103_an_empty_environment_as_under_cron_works() {
    let server = counting();
    let oat = Oat::against(&server).unset("PATH").unset("HOME");
    assert_eq!(oat.get(&[]).line(), "t0");
}

#[test]
fn r103_a_home_that_is_not_there_still_prints_the_token_and_nothing_goes_to_tmp() {
    let server = counting();
    let oat = Oat::against(&server).unset("OAT_STATE").env("HOME", "/proc/nowhere");
    let tmp = oat.folder().join("tmp");
    fs::create_dir(&tmp).unwrap();
    let output = oat.env("TMPDIR", tmp.to_str().unwrap()).get(&[]);
    assert_eq!(output.line(), "t0");
    output.says(&["oat: warning"]);
    assert_eq!(fs::read_dir(tmp).into_iter().flatten().count(), 0);
}

#[test]
fn the_state_is_found_under_the_home() {
    let server = counting();
    let oat = Oat::against(&server).unset("OAT_STATE");
    assert_eq!((oat.get(&[]).line(), oat.get(&[]).line()), ("t0", "t0"));
    let mode = |p: &str| fs::metadata(oat.home().join(p)).unwrap().mode() & 0o777;
    assert_eq!(mode(".local/state/oat"), 0o700);
}

/// The calls of these names that a run makes.
#[cfg(feature = "real-parts")]
fn traced(oat: Oat, calls: &str, args: &[&str]) -> (Output, Vec<String>) {
    drop(support::parts::part("strace"));
    let trace = oat.folder().join("trace");
    let calls = format!("trace={calls}");
    let oat = oat.under(&["strace", "-f", "-e", &calls, "-o", trace.to_str().unwrap()]);
    let output = oat.run(args);
    let lines = fs::read_to_string(&trace).unwrap();
    (output, lines.lines().filter(|l| l.contains('(') && !l.contains("+++")).map(str::to_string).collect())
}

#[cfg(feature = "real-parts")]
#[test]
fn r80_a_cached_get_opens_no_socket_starts_no_thread_and_takes_no_lock() {
    let server = counting();
    let calls = "socket,connect,clone,clone3,flock";
    let (output, made) = traced(Oat::against(&server), calls, &["token", "get", "p"]);
    assert_eq!(output.line(), "t0");
    assert!(made.iter().any(|c| c.contains("socket(")) && made.iter().any(|c| c.contains("flock(")), "the trace sees both: {made:#?}");
    let oat = Oat::against(&server);
    oat.get(&[]).line();
    let (output, made) = traced(oat, calls, &["token", "get", "p"]);
    assert_eq!((output.line(), made), ("t1", Vec::new()));
}

#[cfg(feature = "real-parts")]
#[test]
fn r74_dumps_are_switched_off_before_any_file_is_read_or_anything_is_sent() {
    let server = counting();
    let oat = Oat::against(&server);
    let config = oat.config_file();
    let (output, made) = traced(oat, "prctl,prlimit64,openat,connect", &["token", "get", "p"]);
    assert_eq!(output.line(), "t0");
    let at = |what: &dyn Fn(&str) -> bool| made.iter().position(|call| what(call)).unwrap_or_else(|| panic!("{made:#?}"));
    let undumpable = at(&|c| c.contains("PR_SET_DUMPABLE, SUID_DUMP_DISABLE") && c.ends_with("= 0"));
    let no_core = at(&|c| c.contains("RLIMIT_CORE, {rlim_cur=0, rlim_max=0}") && c.ends_with("= 0"));
    let first_read = at(&|c| c.contains(config.to_str().unwrap()));
    assert!(undumpable < first_read && no_core < first_read, "{made:#?}");
    assert!(first_read < at(&|c| c.contains("connect(")), "{made:#?}");
}

// ── R104: clocks ────────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "real-parts")]
#[test]
fn r104_a_clock_set_back_makes_one_new_request_and_serves_nothing_expired_once_it_is_right() {
    let server = counting();
    let mut oat = Oat::against(&server);
    let now = 1_800_000_000;
    oat.clock(now);
    assert_eq!(oat.get(&[]).line(), "t0");
    oat.clock(now - 100_000);
    assert_eq!(oat.get(&[]).line(), "t1", "a record from the future is not trusted");
    assert_eq!(oat.get(&[]).line(), "t1", "but its successor is");
    oat.clock(now);
    assert_eq!(oat.get(&[]).line(), "t2", "t1 ended long ago");
    assert_eq!(oat.get(&[]).line(), "t2");
    assert_eq!(server.count(), 3);
}

#[cfg(feature = "real-parts")]
#[test]
fn r104_a_clock_set_forward_and_back_makes_one_request_each_time() {
    let server = counting();
    let mut oat = Oat::against(&server);
    let now = 1_800_000_000;
    oat.clock(now);
    for (n, time) in [now, now + 400_000_000, now].into_iter().enumerate() {
        oat.clock(time);
        for _ in 0..2 {
            assert_eq!(oat.get(&[]).line(), format!("t{n}"));
        }
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn r104_absurd_clocks_overflow_nothing() {
    let server = Server::start(|r| Answer::token_for(&format!("t{}", r.number), i64::MAX));
    for time in [0, 1, 253_402_300_800, 1 << 40, -1] {
        let mut oat = Oat::against(&server);
        oat.clock(time);
        for format in ["raw", "json"] {
            let output = oat.get(&["--format", format]);
            assert_eq!(output.code, Some(0), "{time}: {output:?}");
            output.assert_well_behaved();
        }
    }
}

#[test]
fn the_whole_swarm_is_fast() {
    let server = Server::start(|_| Answer::token("t").after(DELAY));
    let oat = Oat::against(&server);
    let began = Instant::now();
    all_equal(&oat.swarm(100, &["token", "get", "p"]));
    // Debug builds on two loaded cores; the bench holds the real bound.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
