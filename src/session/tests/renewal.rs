//! The refresh token of a sign-in: when it is spent, with what, and what survives.

use super::many::{between, crowd};
use super::people::*;
use super::*;
use crate::plan::sign_in::{SignIn, refresh_parameters};
use crate::session::credentials::Secrets;
use crate::session::renewal::ends;

/// What a request that was sent says, by name.
fn sent(machine: &Machine, number: usize) -> Vec<(String, String)> {
    let sent = machine.world.sent[number].body.clone().unwrap();
    url::form_urlencoded::parse(sent.as_bytes()).into_owned().collect()
}

/// A parameter of a refresh request.
fn said<'a>(request: &'a [(String, String)], name: &str) -> Option<&'a str> {
    request.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

fn access_tokens(machine: &Machine) -> Vec<String> {
    machine.kept().unwrap().tokens.iter().map(|token| token.access_token.expose().to_string()).collect()
}

#[test]
fn a_token_that_is_over_is_renewed_without_a_person_and_the_rotated_refresh_token_is_kept() {
    let (plan, mut machine) = (plan(PLAIN, &[]), signed_in(PLAIN, [session("at2", "rt2", json!({})), session("at3", "rt3", json!({}))]));
    assert_eq!(machine.get(&plan, Wish::default()), cached("at1"));
    machine.later(3600);
    assert_eq!(machine.get(&plan, Wish::default()), refreshed("at2"));
    assert_eq!((machine.refresh_token().as_deref(), access_tokens(&machine)), (Some("rt2"), vec!["at2".to_string()]));
    assert_eq!(machine.get(&plan, FORCE), refreshed("at3"));
    let spent: Vec<_> = (0..2).map(|number| said(&sent(&machine, number), "refresh_token").map(str::to_string)).collect();
    assert_eq!(spent, [Some("rt1".to_string()), Some("rt2".to_string())]);
    assert!(machine.world.invitations.is_empty());
}

#[test]
fn r71_an_answer_without_a_refresh_token_leaves_the_old_one() {
    for left_out in [json!({ "refresh_token": null }), json!({ "refresh_token": "" })] {
        let mut machine = signed_in(PLAIN, [session("at2", "rt2", left_out)]);
        assert_eq!(machine.get(&plan(PLAIN, &[]), FORCE), refreshed("at2"));
        assert_eq!(machine.refresh_token().as_deref(), Some("rt1"));
        assert!(machine.signed_in().unwrap().refresh_token);
    }
}

#[test]
fn r81_the_new_refresh_token_is_on_the_disk_before_the_token_is_handed_out_and_the_old_one_until_then() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    let (other, seen) = (store(&machine.folder, KeyPlace::File), Arc::new(Mutex::new(None)));
    let told = seen.clone();
    machine.world.sending = Box::new(move || {
        let kept = other.load_sealed(&ProfileName::parse("p").unwrap()).unwrap().unwrap();
        *told.lock().unwrap() = kept.refresh_token.map(|token| token.expose().to_string());
    });
    machine.get(&plan(PLAIN, &[]), FORCE);
    assert_eq!(seen.lock().unwrap().as_deref(), Some("rt1"));
    assert_eq!(machine.refresh_token().as_deref(), Some("rt2"));
}

const VANTAGE: &str = "[profile.p]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n";

#[test]
fn ab8_a_refresh_at_abbyy_sends_four_parameters_and_no_scope() {
    let mut machine = signed_in(VANTAGE, [session("at2", "rt1", json!({}))]);
    assert_eq!(machine.get(&plan(VANTAGE, &[]), FORCE), refreshed("at2"));
    assert_eq!(machine.world.bodies(), ["grant_type=refresh_token&refresh_token=rt1&client_id=c&client_secret=CANARY-secret"]);
    assert_eq!(machine.world.urls(), ["https://vantage-eu.abbyy.com/auth2/connect/token"]);
}

#[test]
fn ab10_30_days_after_the_sign_in_the_refresh_token_is_not_tried_and_no_refresh_moves_that() {
    let (plan, end) = (plan(VANTAGE, &[]), 30 * 86_400);
    let mut machine = signed_in(VANTAGE, [session("at2", "rt2", json!({})), session("at3", "rt3", json!({ "refresh_token": null }))]);
    for (token, days) in [("at2", 20), ("at3", 9)] {
        machine.later(days * 86_400);
        assert_eq!(machine.get(&plan, Wish::default()), refreshed(token));
        assert_eq!(machine.signed_in().unwrap().refresh_token_expires_at, Some(START + Seconds(end)));
    }
    machine.later(86_400);
    let error = machine.run(&plan, Wish::default()).unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref(), machine.requests()), (Kind::LoginRequired, Some("oat login p"), 2));
    assert!(error.message.contains("was good until") && error.message.contains("nothing prolongs it"), "{error}");
    assert_eq!(machine.run(&plan, FORCE).unwrap_err().kind, Kind::LoginRequired);
}

#[test]
fn ab10_when_a_refresh_token_ends() {
    let days = |number: i64| Seconds(number * 86_400);
    let sign_in = |lifetime: Option<(Seconds, bool)>| SignIn { refresh_token_lifetime: lifetime, ..SignIn::of(&plan(PLAIN, &[])).unwrap() };
    let answer = |lifetime: Option<Seconds>| {
        let members = json!({ "access_token": "t", "refresh_token_expires_in": lifetime });
        crate::oauth::answer::read(&body(merged(members, json!({}))), &Default::default()).unwrap()
    };
    let fixed = |length| Some((days(length), false));
    let sliding = |length| Some((days(length), true));
    // The profile's lifetime, the answer's own word, what was known before: all in days, ten days after the sign-in.
    for (profile, told, before, end) in [
        (None, None, None, None),
        (None, Some(5), None, Some(15)),
        (None, Some(5), Some(12), Some(15)),
        (None, None, Some(12), Some(12)),
        (fixed(30), None, Some(30), Some(30)),
        (fixed(30), Some(90), Some(30), Some(30)),
        (fixed(30), Some(5), Some(30), Some(15)),
        // The lifetime was written into the profile after the sign-in, from which it counts.
        (fixed(30), None, None, Some(30)),
        (sliding(30), None, Some(30), Some(40)),
        (sliding(30), Some(5), Some(30), Some(15)),
        (sliding(30), Some(90), Some(30), Some(40)),
    ] {
        let (now, at) = (START + days(10), |day: Option<i64>| day.map(|day| START + days(day)));
        let found = ends(&sign_in(profile), &answer(told.map(days)), now, START, at(before));
        assert_eq!(found, at(end), "{profile:?} {told:?} {before:?}");
    }
}

#[test]
fn a_lifetime_that_the_server_tells_is_kept_and_moves_with_each_refresh() {
    let told = |seconds: i64| json!({ "refresh_token_expires_in": seconds });
    let mut machine = machine([session("at1", "rt1", told(600))]);
    machine.sign_in(&plan(PLAIN, &[])).unwrap();
    assert_eq!(machine.signed_in().unwrap().refresh_token_expires_at, Some(START + Seconds(600)));
    machine.goes_on([session("at2", "rt2", told(600)), session("at3", "rt3", json!({}))]);
    machine.later(300);
    machine.get(&plan(PLAIN, &[]), FORCE);
    assert_eq!(machine.signed_in().unwrap().refresh_token_expires_at, Some(START + Seconds(900)));
    machine.later(600);
    assert_eq!(machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!(machine.requests(), 1);
}

#[test]
fn r82_after_a_lost_answer_the_old_refresh_token_is_kept_and_tried_once_more() {
    let (plan, mut machine) = (plan(PLAIN, &[]), signed_in(PLAIN, []));
    machine.world.answers.push_back(Err(Error::new(Kind::Unavailable, "the connection broke").in_doubt()));
    machine.world.answers.push_back(Ok(session("at2", "rt2", json!({}))));
    let error = machine.run(&plan, FORCE).unwrap_err();
    assert_eq!((error.kind, machine.requests()), (Kind::Unavailable, 1), "R55: it is not sent again by itself");
    assert!(error.message.contains("may have replaced the refresh token of profile `p`"), "{error}");
    assert!(error.hint.as_ref().unwrap().contains("`oat login p`"), "{error:?}");
    assert_eq!((machine.refresh_token().as_deref(), machine.signed_in().unwrap().refresh_token), (Some("rt1"), true));
    assert_eq!(machine.get(&plan, FORCE), refreshed("at2"));
}

#[test]
fn r82_a_request_that_never_went_out_is_in_no_doubt() {
    let mut machine = signed_in(PLAIN, []);
    machine.world.answers.push_back(Err(Error::new(Kind::Unavailable, "no route")));
    let error = machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err();
    assert!(!error.message.contains("replaced") && machine.refresh_token().is_some(), "{error}");
}

#[test]
fn r67_a_refused_refresh_token_is_forgotten_and_asks_for_a_sign_in_once() {
    let (plan, mut machine) = (plan(PLAIN, &[]), signed_in(PLAIN, [refused("invalid_grant")]));
    let error = machine.run(&plan, FORCE).unwrap_err();
    assert_eq!((error.kind, error.oauth_error.as_deref()), (Kind::LoginRequired, Some("invalid_grant")));
    assert!(error.message.starts_with("the server takes the refresh token of profile `p` no more: "), "{error}");
    assert_eq!(error.hint.as_deref(), Some("oat login p"));
    let signed_in = machine.signed_in().unwrap();
    assert_eq!((machine.refresh_token(), signed_in.refresh_token, signed_in.refresh_token_expires_at), (None, false, None));
    // The access token is still good, and when it is over nothing is sent.
    assert_eq!(machine.get(&plan, Wish::default()), cached("at1"));
    machine.later(3600);
    let error = machine.run(&plan, Wish::default()).unwrap_err();
    assert_eq!((error.kind, machine.requests()), (Kind::LoginRequired, 1));
}

#[test]
fn r51_no_trouble_of_the_server_costs_a_sign_in() {
    let invalid_grant = |status| json_answer(status, r#"{"error":"invalid_grant"}"#);
    let others = ["invalid_client", "invalid_scope", "invalid_request", "unauthorized_client"].map(refused);
    for response in [invalid_grant(503), invalid_grant(429), answer(500, &[], ""), answer(404, &[], "")].into_iter().chain(others) {
        let mut machine = signed_in(PLAIN, [response.clone()]);
        let error = machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err();
        assert_ne!(error.kind, Kind::LoginRequired, "{error}");
        let hint = error.hint.clone().unwrap_or_default();
        assert!(!hint.contains("oat login") && machine.refresh_token().as_deref() == Some("rt1"), "{}: {error} ({hint})", response.status);
    }
}

#[test]
fn after_a_refusal_a_refresh_token_that_came_meanwhile_is_tried_once() {
    for (second, outcome) in [(session("at3", "rt3", json!({})), Ok("at3")), (refused("invalid_grant"), Err(Kind::LoginRequired))] {
        let mut machine = signed_in(PLAIN, [refused("invalid_grant"), second]);
        // Without a lock another process gets through while this one asks.
        let (other, once) = (store(&machine.folder, KeyPlace::File), Mutex::new(true));
        let kept = (machine.kept().unwrap(), machine.long_lived().unwrap());
        machine.world.sending = Box::new(move || {
            if std::mem::take(&mut *once.lock().unwrap()) {
                let newer = LongLived { refresh_token: Some(crate::secret::RefreshToken::new("rt2")), ..kept.1.clone() };
                other.save(&ProfileName::parse("p").unwrap(), None, &kept.0, Some(&newer)).unwrap();
            }
        });
        let got = machine.run(&plan(PLAIN, &[]), FORCE);
        assert_eq!(machine.requests(), 2);
        assert_eq!(said(&sent(&machine, 1), "refresh_token"), Some("rt2"));
        match outcome {
            Ok(token) => assert_eq!(got.unwrap().token.access_token.expose(), token),
            Err(kind) => {
                assert_eq!(got.unwrap_err().kind, kind);
                assert_eq!((machine.refresh_token(), machine.signed_in().unwrap().refresh_token), (None, false));
            }
        }
    }
}

#[test]
fn access_tokens_of_other_requests_survive_a_refresh_and_a_refusal() {
    let (first, second) = (plan(PLAIN, &[]), plan(PLAIN, &[("audience", "https://b")]));
    let answers = [session("b1", "rt2", json!({})), session("b2", "rt3", json!({})), refused("invalid_grant")];
    let mut machine = signed_in(PLAIN, answers);
    assert_eq!(machine.get(&second, Wish::default()), refreshed("b1"));
    assert_eq!(machine.get(&first, Wish::default()), cached("at1"));
    assert_eq!(machine.get(&second, FORCE), refreshed("b2"));
    assert_eq!(access_tokens(&machine), ["at1", "b2"]);
    assert!(machine.run(&second, FORCE).is_err());
    assert_eq!(access_tokens(&machine), ["at1", "b2"]);
    // What is over is swept.
    machine.goes_on([]);
    assert_eq!(machine.get(&first, Wish::default()), cached("at1"));
}

/// What a refresh says for the plan of these flags, after a sign-in with PLAIN and `more`.
fn parameters(more: &str, flags: &[(&str, &str)]) -> Vec<(String, Value)> {
    let text = format!("{PLAIN}{more}");
    refresh_parameters(&plan(&text, flags), &plan(&text, &[]).request(), Some("http://127.0.0.1:8400/callback"))
}

#[test]
fn a_refresh_names_only_what_is_not_what_the_person_agreed_to() {
    let named = |pairs: &[(&str, Value)]| pairs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect::<Vec<_>>();
    let more = "audience = \"https://a\"\norganization = \"o\"\n";
    assert_eq!(parameters(more, &[]), []);
    assert_eq!(parameters(more, &[("audience", "https://b")]), named(&[("audience", "https://b".into())]));
    assert_eq!(parameters(more, &[("organization", "o2")]), named(&[("organization", "o2".into())]));
    assert_eq!(parameters(more, &[("scope", "openid")]), named(&[("scope", "openid".into())]));
    // RFC 8707 section 2.2: the resource every time.
    let resource = named(&[("resource", "https://x".into())]);
    assert_eq!(parameters("resource = \"https://x\"\n", &[]), resource);
    assert_eq!(parameters("", &[("resource", "https://x")]), resource);
    // What is only for the exchange of the code is not repeated.
    assert_eq!(parameters("token_params = { audience2 = \"x\" }\n", &[]), []);
}

#[test]
fn a_profile_can_have_the_scope_and_the_redirect_uri_sent_again() {
    let named = |name: &str, value: &str| (name.to_string(), Value::from(value));
    let redirect_uri = named("redirect_uri", "http://127.0.0.1:8400/callback");
    assert_eq!(parameters("send_scope_on_refresh = true\n", &[]), [named("scope", "openid offline_access")]);
    assert_eq!(parameters("send_redirect_uri_on_refresh = true\n", &[]), [redirect_uri]);
    let both = "send_scope_on_refresh = true\nrefresh_params = { scope = \"\", x = \"1\" }\n";
    assert_eq!(parameters(both, &[]), [named("x", "1")]);
    assert_eq!(refresh_parameters(&plan(&format!("{PLAIN}send_redirect_uri_on_refresh = true\n"), &[]), "{}", None).len(), 1);
    // GitLab hears the one that the sign-in ended at.
    let text =
        "[profile.p]\nprovider = \"gitlab\"\nclient_id = \"c\"\nscope = \"api\"\nredirect_uri = \"http://127.0.0.1:8400/callback\"\n";
    let mut machine = signed_in(text, [session("at2", "rt2", json!({}))]);
    machine.get(&plan(text, &[]), FORCE);
    assert_eq!(said(&sent(&machine, 0), "redirect_uri"), Some("http://127.0.0.1:8400/callback"));
    assert_eq!(said(&sent(&machine, 0), "scope"), None);
    // Entra takes the resource from the scope.
    let text = "[profile.p]\nprovider = \"entra\"\ntenant = \"common\"\nclient_id = \"c\"\nscope = \"offline_access User.Read\"\n";
    let mut machine = signed_in(text, [session("at2", "rt2", json!({}))]);
    machine.get(&plan(text, &[]), FORCE);
    assert_eq!(said(&sent(&machine, 0), "scope"), Some("offline_access User.Read"));
}

#[test]
fn another_audience_is_another_token_of_the_same_sign_in() {
    let (first, second) = (plan(PLAIN, &[]), plan(PLAIN, &[("audience", "https://b")]));
    let mut machine = signed_in(PLAIN, [session("b", "rt2", json!({})), session("a", "rt3", json!({}))]);
    assert_eq!(machine.get(&second, Wish::default()), refreshed("b"));
    assert_eq!(machine.get(&second, Wish::default()), cached("b"));
    assert_eq!(said(&sent(&machine, 0), "audience"), Some("https://b"));
    // Back to what the person agreed to: nothing is named.
    assert_eq!(machine.get(&first, FORCE), refreshed("a"));
    assert_eq!(said(&sent(&machine, 1), "audience"), None);
}

#[test]
fn r69_a_narrower_scope_of_a_refresh_is_told_but_not_that_openid_is_left_out() {
    let text = PLAIN.replace("offline_access", "offline_access read write");
    let mut machine =
        signed_in(&text, [session("at2", "rt2", json!({ "scope": "read write" })), session("at3", "rt3", json!({ "scope": "read" }))]);
    machine.get(&plan(&text, &[]), FORCE);
    assert_eq!(machine.world.warnings, [""; 0]);
    machine.get(&plan(&text, &[]), FORCE);
    assert_eq!(machine.world.warnings, ["the server did not grant the scope `write`; it granted `read`"]);
}

/// A machine where Ada signed in at this issuer, before these answers.
fn ada(issuer: &Issuer, answers: impl IntoIterator<Item = Response>) -> Machine {
    let first = session("at1", "rt1", json!({ "id_token": issuer.id_token(json!({})) }));
    let mut machine = machine([issuer.metadata(), issuer.jwks(), first]);
    machine.sign_in(&plan(ISSUED, &[])).unwrap();
    machine.goes_on(answers);
    machine
}

#[test]
fn a8_the_id_token_of_a_refresh_is_checked_without_a_nonce_and_kept() {
    let issuer = Issuer::new();
    let id_token = issuer.id_token(json!({ "nonce": null, "email": "new@example.com" }));
    let mut machine = ada(&issuer, [session("at2", "rt2", json!({ "id_token": id_token }))]);
    let before = machine.signed_in().unwrap();
    assert_eq!(machine.get(&plan(ISSUED, &[]), FORCE), refreshed("at2"));
    assert_eq!(machine.long_lived().unwrap().id_token.unwrap().expose(), id_token);
    assert_eq!(machine.signed_in(), Some(before));
    assert_eq!(machine.world.urls(), [TOKEN], "keys and metadata are those of the sign-in");
}

#[test]
fn an_id_token_of_another_person_is_refused_but_the_rotated_refresh_token_is_kept() {
    let issuer = Issuer::new();
    for claims in [json!({ "sub": "mallory" }), json!({ "aud": "c2" }), json!({ "exp": START.0 - 100 })] {
        let id_token = issuer.id_token(merged(json!({ "nonce": "x" }), claims));
        let mut machine = ada(&issuer, [session("at2", "rt2", json!({ "id_token": id_token }))]);
        let old = machine.long_lived().unwrap().id_token;
        let error = machine.run(&plan(ISSUED, &[]), FORCE).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{error}");
        assert_eq!((machine.refresh_token().as_deref(), machine.long_lived().unwrap().id_token), (Some("rt2"), old));
        // The new access token is nobody's; the old one is still Ada's.
        assert_eq!(access_tokens(&machine), ["at1"]);
    }
}

#[test]
fn keys_that_cannot_be_had_do_not_cost_the_refreshed_token() {
    let issuer = Issuer::new();
    let id_token = Issuer::new().id_token(json!({}));
    let mut machine = ada(&issuer, [session("at2", "rt2", json!({ "id_token": id_token })), answer(503, &[], "")]);
    let old = machine.long_lived().unwrap().id_token;
    assert_eq!(machine.get(&plan(ISSUED, &[]), FORCE), refreshed("at2"));
    assert_eq!((machine.refresh_token().as_deref(), machine.long_lived().unwrap().id_token), (Some("rt2"), old));
    assert_eq!(machine.world.urls(), [TOKEN, JWKS]);
}

#[test]
fn keys_are_fetched_before_a_refresh_token_is_spent() {
    let issuer = Issuer::new();
    let id_token = issuer.id_token(json!({ "nonce": null }));
    let mut machine = ada(&issuer, [issuer.metadata(), issuer.jwks(), session("at2", "rt2", json!({ "id_token": id_token }))]);
    machine.world.cache.clear();
    machine.get(&plan(ISSUED, &[]), FORCE);
    assert_eq!(machine.world.urls(), [METADATA, JWKS, TOKEN]);
}

#[test]
fn whom_the_first_id_token_comes_late_for_is_known_from_then_on() {
    let issuer = Issuer::new();
    let of = |subject: &str| json!({ "id_token": issuer.id_token(json!({ "nonce": null, "sub": subject })) });
    let mut machine = machine([issuer.metadata(), issuer.jwks(), session("at1", "rt1", json!({}))]);
    machine.sign_in(&plan(ISSUED, &[])).unwrap();
    machine.goes_on([session("at2", "rt2", of("ada")), session("at3", "rt3", of("mallory"))]);
    assert_eq!(machine.get(&plan(ISSUED, &[]), FORCE), refreshed("at2"));
    assert_eq!(machine.signed_in().unwrap().subject.as_deref(), Some("ada"));
    assert_eq!(machine.run(&plan(ISSUED, &[]), FORCE).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_wrong_setting_is_told_before_the_refresh_token_is_spent() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    let wrong = plan(&format!("{PLAIN}authorize_params = {{ state = \"mine\" }}\n"), &[]);
    assert_eq!(machine.run(&wrong, FORCE).unwrap_err().kind, Kind::Config);
    machine.world.secrets.clear();
    assert_eq!(machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err().kind, Kind::Config);
    assert_eq!((machine.requests(), machine.refresh_token().as_deref()), (0, Some("rt1")));
}

#[test]
#[cfg(unix)]
fn r81_where_there_is_no_room_the_refresh_token_is_not_sent() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    let (sessions, away) = (machine.folder.path().join("oat/sessions"), machine.folder.path().join("away"));
    // Under the lock, before the room is made.
    let no_room = |_: &Plan, _: &Lock, _: &Secrets| {
        fs::rename(&sessions, &away).unwrap();
        None
    };
    let (plan, store) = (plan(PLAIN, &[]), store(&machine.folder, KeyPlace::File));
    let error = token_apart(&plan, &FORCE, &store, &mut machine.world, &no_room).unwrap_err();
    assert_eq!((error.kind, machine.requests()), (Kind::Store, 0));
    assert!(error.message.ends_with("; the refresh token was not used"), "{error}");
    fs::rename(&away, &sessions).unwrap();
    assert_eq!(machine.get(&plan, FORCE), refreshed("at2"));
}

#[test]
#[cfg(unix)]
fn r81_a_new_refresh_token_that_cannot_be_kept_is_told_and_the_access_token_handed_out() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    let sessions = machine.folder.path().join("oat/sessions");
    machine.world.sending = Box::new(move || fs::remove_dir_all(&sessions).unwrap());
    assert_eq!(machine.get(&plan(PLAIN, &[]), FORCE), refreshed("at2"));
    let [warning] = machine.world.warnings.as_slice() else { panic!("{:?}", machine.world.warnings) };
    assert!(warning.starts_with("the token was not kept, nor was the new refresh token: "), "{warning}");
    assert!(warning.contains("oat login p"), "{warning}");
}

#[test]
fn a16_a_crowd_spends_the_refresh_token_once() {
    let machine = signed_in(PLAIN, []);
    let (got, requests) = crowd(&machine.folder, |number| {
        let answers = [session(&format!("at-{number}"), &format!("rt-{number}"), json!({}))];
        (plan(PLAIN, &[]), FORCE, world(answers))
    });
    let tokens: Vec<&str> = got.iter().map(|handed| handed.as_ref().unwrap().token.access_token.expose()).collect();
    assert!(requests == 1 && tokens.iter().all(|token| *token == tokens[0] && *token != "at1"), "{requests} {tokens:?}");
    let refreshed = got.iter().filter(|handed| handed.as_ref().unwrap().source == Source::Refreshed).count();
    assert_eq!(refreshed, 1);
    assert_eq!(machine.refresh_token(), Some(tokens[0].replace("at-", "rt-")));
}

#[test]
fn r82_a_crowd_does_not_try_a_refresh_token_again_whose_answer_was_lost() {
    let machine = signed_in(PLAIN, []);
    let (got, requests) = crowd(&machine.folder, |_| {
        let lost = Err(Error::new(Kind::Unavailable, "the connection broke").in_doubt());
        (plan(PLAIN, &[]), FORCE, world([]).then(lost))
    });
    assert_eq!(requests, 1);
    for handed in got {
        let error = handed.unwrap_err();
        assert!(error.kind == Kind::Unavailable && error.message.contains("may have replaced"), "{error}");
    }
}

#[test]
fn a_crowd_with_two_audiences_spends_each_refresh_token_in_turn() {
    let machine = signed_in(PLAIN, []);
    let (got, requests) = crowd(&machine.folder, |number| {
        let audience = ["https://a", "https://b"][number % 2];
        let answers = [session(audience, &format!("rt-{audience}"), json!({}))];
        (plan(PLAIN, &[("audience", audience)]), Wish::default(), world(answers))
    });
    for (number, handed) in got.iter().enumerate() {
        assert_eq!(handed.as_ref().unwrap().token.access_token.expose(), ["https://a", "https://b"][number % 2]);
    }
    assert_eq!(requests, 2);
    assert_eq!(access_tokens(&machine).len(), 3);
}

#[test]
fn a_sign_in_that_came_while_waiting_is_adopted() {
    let mut machine = signed_in(PLAIN, []);
    let folder = machine.folder.path().to_path_buf();
    between(&mut machine, move || {
        let other = Store::new(Settings {
            folder: folder.join("oat"),
            key: KeyPlace::File,
            key_cache: Seconds(0),
            keyring_patience: Duration::from_secs(2),
            env_key: None,
            bus: false,
        });
        let mut world = world([session("theirs", "rt2", json!({}))]).redirected(&["code=C&state=STATE"]);
        world.clock = START + Seconds(1);
        let _ = crate::session::sign_in::sign_in(&plan(PLAIN, &[]), crate::session::sign_in::Way::Browser, &other, &mut world).unwrap();
    });
    machine.later(1);
    assert_eq!(machine.get(&plan(PLAIN, &[]), FORCE), ("theirs".into(), Source::Shared));
    assert_eq!(machine.requests(), 0);
}

#[test]
fn r89_a_changed_identity_never_serves_the_old_token_nor_sends_its_refresh_token() {
    let issued = format!("{PLAIN}issuer = \"https://a.example\"\n");
    for changed in [
        PLAIN.replace("c1", "c2"),
        PLAIN.replace("a.example/token", "b.example/token"),
        PLAIN.replace("a.example/token", "a.example/token?tenant=2"),
        issued,
    ] {
        let mut machine = signed_in(PLAIN, []);
        for wish in [Wish::default(), FORCE] {
            let error = machine.run(&plan(&changed, &[]), wish).unwrap_err();
            assert_eq!((error.kind, error.message.as_str()), (Kind::LoginRequired, "nobody is signed in for profile `p`"));
        }
        assert_eq!((machine.requests(), machine.refresh_token().as_deref()), (0, Some("rt1")));
        assert_eq!(machine.get(&plan(PLAIN, &[]), Wish::default()), cached("at1"), "what is not meant is not touched");
    }
    // In a browser or by a device code, it is the same session.
    let mut machine = signed_in(PLAIN, []);
    assert_eq!(machine.get(&plan(&format!("{PLAIN}grant = \"device_code\"\n"), &[]), Wish::default()), cached("at1"));
}

#[test]
fn r89_each_half_of_a_record_is_served_to_its_own_identity_only() {
    let mut machine = signed_in(PLAIN, []);
    let other = plan(&PLAIN.replace("c1", "c2"), &[]);
    // However it came to be: the access section is the changed profile's, and the refresh token is not.
    let access = Access { identity: identity(&other), ..machine.kept().unwrap() };
    store(&machine.folder, KeyPlace::File).save(&other.profile, None, &access, None).unwrap();
    assert_eq!(machine.refresh_token().as_deref(), Some("rt1"));
    assert_eq!(machine.run(&other, FORCE).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!(machine.requests(), 0);
}

#[test]
fn a_machine_that_signed_out_while_another_waited_sends_nothing() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    let other = store(&machine.folder, KeyPlace::File);
    between(&mut machine, move || {
        assert!(other.forget(&ProfileName::parse("p").unwrap()).unwrap());
    });
    assert_eq!(machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!(machine.requests(), 0);
}

#[test]
fn what_is_spent_apart_is_checked_by_the_wish_and_falls_back_where_nobody_could_begin() {
    let (plan, mut machine) = (plan(PLAIN, &[]), signed_in(PLAIN, [session("here", "rt2", json!({}))]));
    let kept = machine.kept().unwrap().tokens[0].clone();
    let handed =
        |_: &Plan, _: &Lock, _: &Secrets| Some(Ok(Handed { token: kept.clone(), source: Source::Refreshed, sign_in_ends_at: None }));
    let opened = store(&machine.folder, KeyPlace::File);
    let got = token_apart(&plan, &FORCE, &opened, &mut machine.world, &handed).unwrap();
    assert_eq!((got.token.access_token.expose(), got.source, machine.requests()), ("at1", Source::Refreshed, 0));
    let error = token_apart(&plan, &min_ttl(7200), &opened, &mut machine.world, &handed).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    let got = token_apart(&plan, &FORCE, &opened, &mut machine.world, &|_: &Plan, _: &Lock, _: &Secrets| None).unwrap();
    assert_eq!((got.token.access_token.expose(), machine.requests()), ("here", 1));
}
