//! What fails, what is said then, and what is not lost.

use super::*;

/// What a person reads of an error.
fn told(error: &Error) -> String {
    format!("{error} | {}", error.hint.as_deref().unwrap_or("no hint"))
}

fn denied(text: &str, flags: &[(&str, &str)], response: Response) -> Error {
    let error = Machine::new([response]).run(&plan(text, flags), Wish::default()).unwrap_err();
    assert!(!told(&error).contains("CANARY") && error.hint.is_some(), "{}", told(&error));
    error
}

#[test]
fn vc7_invalid_grant_at_vericerts_is_a_wrong_grant_type_and_nobody_signs_in() {
    let error = denied(ZERO, &[], refused("invalid_grant"));
    let hint = error.hint.clone().unwrap();
    assert_eq!((error.kind, error.oauth_error.as_deref()), (Kind::Denied, Some("invalid_grant")));
    assert_eq!(hint, "at VeriCerts this means a wrong grant_type: set grant = \"client_credentials\"");
    assert!(!told(&error).contains("login") && !told(&error).contains("log in"), "{}", told(&error));
}

#[test]
fn vc7_invalid_client_at_vericerts_asks_for_id_and_secret_and_names_their_source() {
    let hint = denied(ZERO, &[], refused("invalid_client")).hint.clone().unwrap();
    assert!(hint.starts_with("check the Client ID and the Client Secret"), "{hint}");
    assert!(hint.contains("profile `zero` sends client_secret from `S` by client_secret_post"), "{hint}");
}

#[test]
fn vc7_server_error_at_vericerts_is_outwaited_and_then_unavailable() {
    let mut machine = Machine::new((0..4).map(|_| json_answer(400, r#"{"error":"server_error"}"#)));
    let error = machine.run(&plan(ZERO, &[]), Wish::default()).unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref(), error.retryable()), (Kind::Unavailable, Some("wait a moment and try again"), true));
    assert_eq!(machine.requests(), 4);
}

#[test]
fn vc14_a_refusal_without_json_has_a_hint_too() {
    let error = denied(ZERO, &[], answer(401, &[("content-type", "text/html")], "<html>CANARY"));
    assert_eq!((error.kind, error.oauth_error.clone()), (Kind::Denied, None));
}

#[test]
fn ab13_invalid_client_at_vantage_recalls_that_secrets_expire() {
    let text = "[profile.v]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
    let hint = denied(text, &[], refused("invalid_client")).hint.clone().unwrap();
    assert!(hint.contains("expires (after 6 months unless set otherwise)"), "{hint}");
}

#[test]
fn every_code_has_a_hint_that_names_what_to_look_at() {
    for (code, word) in [
        ("invalid_client", "`S`"),
        ("unauthorized_client", "`S`"),
        ("invalid_scope", "`read`"),
        ("invalid_target", "`resource` or `audience`"),
        ("unsupported_grant_type", "client_credentials"),
        ("invalid_grant", "client_credentials"),
        ("invalid_request", "token_request_body"),
        ("access_denied", "`access_denied`"),
        ("invented_here", "`invented_here`"),
    ] {
        let error = denied(RAW, &[("scope", "read")], refused(code));
        assert_eq!(error.kind, Kind::Denied);
        assert!(error.hint.as_ref().unwrap().contains(word), "{}", told(&error));
    }
}

#[test]
fn a_person_is_told_of_a_denied_sign_in_and_a_refused_code_with_the_way_to_ask_again() {
    use crate::oauth::client_auth::Client;
    let client = Client { id: "c1".into(), ..Client::default() };
    let person = |code: &str, text: &str| {
        let plan = plan(text, &[("grant", "authorization_code")]);
        crate::session::remedy::remedied(Error::new(Kind::Denied, "no").oauth(code), &plan, &client).hint.clone().unwrap()
    };
    for (code, word) in [("access_denied", "someone chose no"), ("invalid_grant", "the code was used")] {
        let hint = person(code, RAW);
        assert!(hint.contains(word) && hint.contains("oat login p"), "{hint}");
    }
    let auth0 = "[profile.p]\nprovider = \"auth0\"\ndomain = \"t.auth0.com\"\nclient_id = \"c1\"\n";
    assert!(!person("access_denied", auth0).contains("Machine To Machine"));
}

#[test]
fn r51_under_a_5xx_no_hint_asks_for_a_change() {
    for code in ["invalid_client", "invalid_grant", "invalid_request", "invented_here"] {
        let response = json_answer(503, json!({ "error": code }).to_string());
        let mut machine = Machine::new((0..4).map(|_| response.clone()));
        let error = machine.run(&plan(RAW, &[]), Wish::default()).unwrap_err();
        assert_eq!((error.kind, error.hint.as_deref()), (Kind::Unavailable, Some("try again later")), "{code}");
    }
}

#[test]
fn a_public_client_is_asked_whether_it_needs_a_secret() {
    let text = RAW.replace("client_secret = { env = \"S\" }", "client_auth = \"none\"");
    let error = denied(&text, &[], refused("invalid_client"));
    assert!(error.hint.clone().unwrap().contains("sends no client secret"));
}

#[test]
fn a_failed_request_leaves_the_kept_token_as_it_was() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), refused("invalid_grant"), refused("invalid_client")]));
    machine.get(&plan, Wish::default());
    for _ in 0..2 {
        assert_eq!(machine.run(&plan, FORCE).unwrap_err().kind, Kind::Denied);
        assert_eq!(machine.get(&plan, Wish::default()), cached("one"));
    }
}

#[test]
fn a_missing_secret_is_told_before_anything_is_sent() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600)]));
    machine.world.secrets.clear();
    assert_eq!(machine.run(&plan, Wish::default()).unwrap_err().kind, Kind::Config);
    let sealed = super::plan(&RAW.replace("{ env = \"S\" }", "{ keyring = true }"), &[]);
    let error = machine.run(&sealed, Wish::default()).unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref(), machine.requests()), (Kind::Config, Some("oat profile set-secret p"), 0));
}

#[test]
fn a_sealed_secret_is_opened_for_the_request() {
    let (plan, mut machine) = (plan(&RAW.replace("{ env = \"S\" }", "{ keyring = true }"), &[]), Machine::new([granted("one", 3600)]));
    store(&machine.folder, KeyPlace::File).seal_secret(&plan.profile, &ClientSecret::new("sealed")).unwrap();
    machine.get(&plan, Wish::default());
    // `c1:sealed`
    assert_eq!(machine.world.sent[0].header("authorization"), Some("Basic YzE6c2VhbGVk"));
}

#[test]
fn a_grant_that_needs_a_person_says_so_and_sends_nothing() {
    for grant in ["authorization_code", "device_code"] {
        let mut machine = Machine::new([granted("one", 3600)]);
        let error = machine.run(&plan(RAW, &[("grant", grant)]), Wish::default()).unwrap_err();
        assert_eq!((error.kind, machine.requests()), (Kind::LoginRequired, 0), "{grant}");
        assert!(told(&error).contains("oat login p"), "{}", told(&error));
    }
}

#[test]
fn a_switched_off_store_is_quiet_unless_the_token_must_be_kept() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    machine.key = KeyPlace::None;
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("two"));
    assert!(machine.world.warnings.is_empty() && !machine.folder.path().join("oat").exists());
    let error = machine.run(&plan, KEPT).unwrap_err();
    assert_eq!((error.kind, machine.requests()), (Kind::Store, 2));
    assert!(error.hint.clone().unwrap().contains("OAT_STORE"));
}

#[test]
fn r81_what_cannot_be_kept_is_handed_out_with_a_warning() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    // The key file's place is taken: nothing can be sealed.
    fs::create_dir_all(machine.folder.path().join("oat/store.key")).unwrap();
    private(&machine.folder.path().join("oat"));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    let [warning] = machine.world.warnings.as_slice() else { panic!("{:?}", machine.world.warnings) };
    assert!(warning.starts_with("the token was not kept: "), "{warning}");
    assert_eq!(machine.run(&plan, KEPT).unwrap_err().kind, Kind::Store);
}

#[cfg(unix)]
#[test]
fn r81_a_save_that_fails_after_the_answer_does_not_lose_the_token() {
    for (wish, kept) in [(Wish::default(), false), (KEPT, true)] {
        let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600)]));
        let sessions = machine.folder.path().join("oat/sessions");
        // The folder goes away while the server is asked.
        machine.world.sending = Box::new(move || fs::remove_dir_all(&sessions).unwrap());
        let answer = machine.run(&plan, wish);
        match kept {
            true => assert_eq!(answer.unwrap_err().kind, Kind::Store),
            false => {
                assert_eq!(answer.unwrap().token.access_token.expose(), "one");
                assert!(machine.world.warnings[0].starts_with("the token was not kept: "), "{:?}", machine.world.warnings);
            }
        }
    }
}

#[test]
fn a_store_that_cannot_be_read_does_not_stop_a_machines_token() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    let sessions = machine.folder.path().join("oat/sessions");
    fs::create_dir_all(sessions.join("p.record")).unwrap();
    private(&machine.folder.path().join("oat"));
    private(&sessions);
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    assert_eq!(machine.world.warnings.len(), 1, "{:?}", machine.world.warnings);
    assert_eq!(machine.run(&plan, KEPT).unwrap_err().kind, Kind::Store);
    assert_eq!(machine.requests(), 1);
}

#[test]
fn a_record_under_another_key_is_set_aside_and_the_new_token_kept() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    machine.get(&plan, Wish::default());
    fs::remove_file(machine.folder.path().join("oat/store.key")).unwrap();
    assert_eq!(machine.get(&plan, Wish::default()), fetched("two"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("two"));
}

#[test]
fn a_note_of_a_failure_is_read_back_and_a_foreign_one_is_not() {
    let error = Error::new(Kind::Denied, "told").hint("do this").oauth("invalid_client");
    let note = failure::write(&error, "mark", START);
    let read = failure::read(&note, "mark").unwrap();
    assert_eq!(
        (read.kind, read.message.as_str(), read.hint.as_deref(), read.oauth_error.as_deref()),
        (Kind::Denied, "told", Some("do this"), Some("invalid_client"))
    );
    assert!(failure::read(&note, "other").is_none());
    for bad in [
        &b""[..],
        b"{}",
        b"\xff",
        b"[]",
        br#"{"request":"mark"}"#,
        br#"{"request":"mark","exit_code":0,"error":"x"}"#,
        br#"{"request":"mark","exit_code":260,"error":"x"}"#,
        br#"{"request":"mark","exit_code":4}"#,
    ] {
        assert!(failure::read(bad, "mark").is_none());
    }
    // Whoever may write the lock file cannot move a cursor.
    let hostile = json!({ "request": "mark", "exit_code": 4, "error": "\u{1b}[31m\n", "hint": "\r" }).to_string();
    let read = failure::read(hostile.as_bytes(), "mark").unwrap();
    assert!(told(&read).chars().all(|c| !c.is_control()), "{:?}", told(&read));
}
