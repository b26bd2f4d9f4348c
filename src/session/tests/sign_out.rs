//! A session that ends, at the server and here.

use super::people::*;
use super::*;
use crate::session::sign_out::{Ended, sign_out};

const REVOCABLE: &str = "revocation_endpoint = \"https://a.example/revoke\"\n";

impl Machine {
    fn sign_out(&mut self, plan: &Plan, local: bool, front: bool) -> Result<Ended> {
        sign_out(plan, local, front, &store(&self.folder, self.key), &mut self.world)
    }
}

/// What the server was told to forget: each token with its kind.
fn revoked(machine: &Machine) -> Vec<(String, String)> {
    let bodies = machine.world.sent.iter().filter(|sent| sent.url.ends_with("/revoke")).filter_map(|sent| sent.body.as_deref());
    let of = |body: &str, name: &str| url::form_urlencoded::parse(body.as_bytes()).find(|(other, _)| other == name).unwrap().1.into_owned();
    bodies.map(|body| (of(body, "token"), of(body, "token_type_hint"))).collect()
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(token, kind)| (token.to_string(), kind.to_string())).collect()
}

fn gone() -> Response {
    answer(200, &[], "")
}

#[test]
fn r89_the_refresh_token_is_revoked_first_then_every_access_token_and_then_all_is_forgotten() {
    let text = format!("{PLAIN}{REVOCABLE}");
    let mut machine = signed_in(&text, [session("b", "rt2", json!({}))]);
    machine.get(&plan(&text, &[("audience", "https://b")]), Wish::default());
    machine.goes_on([gone(), gone(), gone()]);
    let (other, seen) = (store(&machine.folder, KeyPlace::File), Arc::new(Mutex::new(Vec::new())));
    let told_by = seen.clone();
    machine.world.sending =
        Box::new(move || told_by.lock().unwrap().push(other.load_access(&ProfileName::parse("p").unwrap()).unwrap().access.is_some()));
    let ended = machine.sign_out(&plan(&text, &[]), false, false).unwrap();
    assert_eq!(revoked(&machine), told(&[("rt2", "refresh_token"), ("at1", "access_token"), ("b", "access_token")]));
    assert_eq!((ended.kept, ended.revoked, ended.not_revoked), (true, 3, None));
    assert_eq!(*seen.lock().unwrap(), [true, true, true], "what the server was not told yet is still kept");
    assert!(machine.kept().is_none() && machine.long_lived().is_none());
    assert!(machine.world.sent.iter().all(|sent| sent.header("authorization").is_some_and(|value| value.starts_with("Basic "))));
    let ended = machine.sign_out(&plan(&text, &[]), false, false).unwrap();
    assert!(!ended.kept && ended.not_revoked.is_none() && machine.requests() == 3);
}

#[test]
fn r89_whatever_the_server_says_all_is_forgotten_here() {
    let text = format!("{PLAIN}{REVOCABLE}");
    for (answers, count) in [
        (vec![refused("invalid_client"), gone()], 1),
        (vec![gone(), answer(503, &[], "")], 1),
        (vec![answer(307, &[("location", "https://b.example/")], ""), answer(404, &[], "")], 0),
    ] {
        let mut machine = signed_in(&text, answers);
        let ended = machine.sign_out(&plan(&text, &[]), false, false).unwrap();
        assert_eq!(revoked(&machine), told(&[("rt1", "refresh_token"), ("at1", "access_token")]), "a failure is no reason to stop");
        assert_eq!((ended.kept, ended.revoked), (true, count));
        assert!(ended.not_revoked.unwrap().contains("revocation endpoint"));
        assert!(machine.kept().is_none() && machine.long_lived().is_none());
    }
}

#[test]
fn what_cannot_be_sent_is_forgotten_all_the_same() {
    let text = format!("{PLAIN}{REVOCABLE}");
    let mut machine = signed_in(&text, []);
    machine.world.secrets.clear();
    let ended = machine.sign_out(&plan(&text, &[]), false, false).unwrap();
    assert!(ended.kept && ended.revoked == 0 && ended.not_revoked.unwrap().contains("client secret"));
    assert!(machine.kept().is_none());
    // No place to revoke at is known.
    let mut machine = signed_in(PLAIN, []);
    let ended = machine.sign_out(&plan(PLAIN, &[]), false, false).unwrap();
    assert!(ended.not_revoked.unwrap().contains("names no revocation endpoint") && machine.kept().is_none());
}

#[test]
fn a_local_sign_out_asks_no_server() {
    let text = format!("{PLAIN}{REVOCABLE}");
    let mut machine = signed_in(&text, []);
    let ended = machine.sign_out(&plan(&text, &[]), true, true).unwrap();
    assert_eq!((ended.kept, ended.revoked, ended.not_revoked, ended.sign_out_url), (true, 0, None, None));
    assert!(machine.requests() == 0 && machine.kept().is_none());
}

#[test]
fn r89_tokens_of_another_identity_are_forgotten_but_never_sent() {
    let mut machine = signed_in(PLAIN, []);
    let other = plan(&format!("{}{REVOCABLE}", PLAIN.replace("c1", "c2")), &[]);
    let ended = machine.sign_out(&other, false, false).unwrap();
    assert!(ended.kept && machine.requests() == 0 && machine.kept().is_none() && machine.long_lived().is_none());
}

#[test]
fn a_machines_own_tokens_are_revoked_too() {
    let text = format!("{RAW}{REVOCABLE}");
    let mut machine = Machine::new([granted("one", 60), gone()]);
    machine.get(&plan(&text, &[]), Wish::default());
    let ended = machine.sign_out(&plan(&text, &[]), false, false).unwrap();
    assert_eq!((revoked(&machine), ended.revoked), (told(&[("one", "access_token")]), 1));
}

/// Signed in at an issuer, whose metadata is known.
fn at_issuer(text: &str, issuer: &Issuer) -> Machine {
    let first = session("at1", "rt1", json!({ "id_token": issuer.id_token(json!({})) }));
    let mut machine = machine([issuer.metadata(), issuer.jwks(), first]);
    machine.sign_in(&plan(text, &[])).unwrap();
    machine.goes_on([]);
    machine
}

#[test]
fn r72_the_page_to_sign_out_at_gets_no_token_and_only_where_a_browser_is_wished_for() {
    let issuer = Issuer::new();
    for front in [false, true] {
        let mut machine = at_issuer(ISSUED, &issuer);
        machine.world.answers.extend([Ok(gone()), Ok(gone())]);
        let ended = machine.sign_out(&plan(ISSUED, &[]), false, front).unwrap();
        assert_eq!((ended.revoked, ended.not_revoked), (2, None));
        assert_eq!(ended.sign_out_url.as_deref(), front.then_some("https://a.example/logout?client_id=c1"));
        assert!(machine.world.urls().iter().all(|url| url.ends_with("/revoke")), "the metadata was kept");
    }
}

#[test]
fn a_page_to_sign_out_at_that_cannot_be_found_does_not_spare_the_tokens() {
    let text = format!("{PLAIN}{REVOCABLE}issuer = \"https://a.example\"\njwks_uri = \"https://a.example/jwks\"\n");
    let issuer = Issuer::new();
    let first = session("at1", "rt1", json!({ "id_token": issuer.id_token(json!({})) }));
    let mut machine = machine([issuer.jwks(), first]);
    machine.sign_in(&plan(&text, &[])).unwrap();
    machine.goes_on([answer(503, &[], ""), gone(), gone()]);
    let ended = machine.sign_out(&plan(&text, &[]), false, true).unwrap();
    assert_eq!(revoked(&machine), told(&[("rt1", "refresh_token"), ("at1", "access_token")]));
    assert_eq!((ended.revoked, ended.not_revoked, ended.sign_out_url), (2, None, None));
}

#[test]
fn the_lock_is_waited_for_so_that_no_refresh_brings_back_what_is_forgotten() {
    let mut machine = signed_in(PLAIN, []);
    let profile = ProfileName::parse("p").unwrap();
    let holder = store(&machine.folder, KeyPlace::File);
    let held = holder.lock(&profile, Duration::ZERO, &mut || false).unwrap();
    machine.world.left = Duration::from_millis(5);
    assert_eq!(machine.sign_out(&plan(PLAIN, &[]), true, false).unwrap_err().kind, Kind::Unavailable);
    assert!(machine.kept().is_some());
    drop(held);
    assert!(machine.sign_out(&plan(PLAIN, &[]), true, false).unwrap().kept);
}
