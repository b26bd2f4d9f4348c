//! A sign-in: what comes before it, what is checked, what is kept, and what the person is told.

use super::people::*;
use super::*;
use crate::oauth::world::{Ending, Invitation};
use crate::session::sign_in::{Way, sign_in};

/// What became of a sign-in that must fail: nothing is kept, and the page says so.
fn failed(machine: &mut Machine, text: &str) -> Error {
    let error = machine.sign_in(&plan(text, &[])).unwrap_err();
    assert!(machine.kept().is_none() && machine.long_lived().is_none(), "something is kept: {error}");
    assert_eq!(machine.world.endings, [(0, Ending::Failed { reason: error.message.clone() })]);
    error
}

#[test]
fn r87_a_store_that_keeps_nothing_is_told_before_anyone_is_invited() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    machine.key = KeyPlace::None;
    let error = machine.sign_in(&plan(PLAIN, &[])).unwrap_err();
    assert_eq!((error.kind, machine.requests(), machine.world.invitations.len()), (Kind::Store, 0, 0));
    assert!(error.hint.clone().unwrap().contains("OAT_STORE") && !machine.folder.path().join("oat").exists());
}

#[test]
fn r103_a_store_that_cannot_be_written_is_told_before_anyone_is_invited() {
    let in_the_way: [fn(&Path); 3] = [
        |folder| fs::write(folder.join("oat"), "").unwrap(),
        |folder| {
            fs::create_dir(folder.join("oat")).unwrap();
            private(&folder.join("oat"));
            fs::write(folder.join("oat/sessions"), "").unwrap();
        },
        |folder| {
            fs::create_dir_all(folder.join("oat/store.key")).unwrap();
            private(&folder.join("oat"));
        },
    ];
    for put in in_the_way {
        let mut machine = machine([Issuer::new().metadata()]);
        put(machine.folder.path());
        let error = machine.sign_in(&plan(ISSUED, &[])).unwrap_err();
        assert_eq!((error.kind, machine.requests(), machine.world.invitations.len()), (Kind::Store, 0, 0), "{error}");
    }
}

#[test]
fn a_secret_that_is_not_there_and_a_wrong_setting_are_told_before_anyone_is_invited() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    machine.world.secrets.clear();
    assert_eq!(machine.sign_in(&plan(PLAIN, &[])).unwrap_err().kind, Kind::Config);
    let wrong = plan(&format!("{PLAIN}authorize_params = {{ state = \"mine\" }}\n"), &[]);
    assert_eq!(machine.sign_in(&wrong).unwrap_err().kind, Kind::Config);
    assert_eq!((machine.requests(), machine.world.invitations.len()), (0, 0));
}

#[test]
fn r81_the_tokens_are_on_the_disk_before_the_page_is_answered() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    let (other, seen) = (store(&machine.folder, KeyPlace::File), Arc::new(Mutex::new(None)));
    let told = seen.clone();
    machine.world.answering = Box::new(move || {
        let profile = ProfileName::parse("p").unwrap();
        let access = other.load_access(&profile).unwrap().access.unwrap();
        let long_lived = other.load_sealed(&profile).unwrap().unwrap();
        let tokens = (access.tokens[0].access_token.expose().to_string(), long_lived.refresh_token.unwrap().expose().to_string());
        *told.lock().unwrap() = Some(tokens);
    });
    let report = machine.sign_in(&plan(PLAIN, &[])).unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(("at".to_string(), "rt".to_string())));
    assert_eq!(report.token.access_token.expose(), "at");
    assert!(report.signed_in.refresh_token && report.offline && machine.world.closed);
    assert_eq!(machine.world.endings, [(0, Ending::SignedIn { subject: None })]);
    assert_eq!(machine.get(&plan(PLAIN, &[]), Wish::default()), cached("at"));
}

#[test]
#[cfg(unix)]
fn r81_a_sign_in_that_cannot_be_kept_is_not_told_as_one() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    let sessions = machine.folder.path().join("oat/sessions");
    machine.world.sending = Box::new(move || fs::remove_dir_all(&sessions).unwrap());
    let error = machine.sign_in(&plan(PLAIN, &[])).unwrap_err();
    assert_eq!(error.kind, Kind::Store);
    assert_eq!(machine.world.endings, [(0, Ending::Failed { reason: error.message.clone() })]);
}

const VANTAGE: &str = "[profile.p]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\nredirect_uri = \"http://127.0.0.1:8400/cb\"\n";
const AUTH0: &str = "[profile.p]\nprovider = \"auth0\"\ndomain = \"t.auth0.com\"\nclient_id = \"c\"\nscope = \"offline_access\"\naudience = \"https://api\"\nredirect_ports = [8400]\n";

/// The address that the person was sent to, without what is random in it.
fn invited(world: &Script) -> String {
    let Some(Invitation::Browser { url, .. }) = world.invitations.first() else { panic!("{:?}", world.invitations) };
    let random = ["state", "code_challenge", "nonce"];
    let (address, query) = url.split_once('?').unwrap();
    let kept = query.split('&').filter(|pair| !random.contains(&pair.split('=').next().unwrap()));
    format!("{address}?{}", kept.collect::<Vec<_>>().join("&"))
}

#[test]
fn ab4_ab6_ab7_abbyy_gets_its_product_and_another_scope_in_each_request() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    machine.sign_in(&plan(VANTAGE, &[])).unwrap();
    assert_eq!(
        invited(&machine.world),
        "https://vantage-eu.abbyy.com/auth2/connect/authorize?response_type=code&client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcb\
         &scope=openid%20permissions%20global.wildcard&productId=a8548c9b-cb90-4c66-8567-d7372bb9b963&code_challenge_method=S256"
    );
    assert_eq!(machine.world.urls(), ["https://vantage-eu.abbyy.com/auth2/connect/token"]);
    let verifier = base64url::encode([2; 32]);
    assert_eq!(
        machine.world.bodies(),
        [format!(
            "grant_type=authorization_code&code=C&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcb&code_verifier={verifier}\
             &scope=openid+permissions+global.wildcard+offline_access&client_id=c&client_secret=CANARY-secret"
        )]
    );
    assert!(machine.world.sent[0].header("authorization").is_none());
    // AB10: 30 days from now on.
    assert_eq!(machine.signed_in().unwrap().refresh_token_expires_at, Some(START + Seconds(30 * 86_400)));
}

#[test]
fn a5_a6_auth0_hears_the_audience_in_the_authorization_request_and_a_native_app_sends_no_secret() {
    for (text, proof) in [
        (AUTH0.to_string(), "client_id=c"),
        (format!("{AUTH0}client_secret = {{ env = \"S\" }}\n"), "client_id=c&client_secret=CANARY-secret"),
    ] {
        let mut machine = machine([session("at", "rt", json!({}))]);
        machine.sign_in(&plan(&text, &[])).unwrap();
        assert_eq!(
            invited(&machine.world),
            "https://t.auth0.com/authorize?response_type=code&client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcallback\
             &scope=offline_access&audience=https%3A%2F%2Fapi&code_challenge_method=S256"
        );
        let verifier = base64url::encode([2; 32]);
        let exchange = "grant_type=authorization_code&code=C&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcallback";
        assert_eq!(machine.world.bodies(), [format!("{exchange}&code_verifier={verifier}&{proof}")]);
    }
}

#[test]
fn rfc_8707_the_resource_is_named_in_both_requests() {
    let mut machine = machine([session("at", "rt", json!({}))]);
    machine.sign_in(&plan(&format!("{PLAIN}resource = [\"https://x\", \"https://y\"]\n"), &[])).unwrap();
    assert!(invited(&machine.world).contains("&resource=https%3A%2F%2Fx&resource=https%3A%2F%2Fy&"), "{}", invited(&machine.world));
    assert!(machine.world.bodies()[0].contains("&resource=https%3A%2F%2Fx&resource=https%3A%2F%2Fy"), "{:?}", machine.world.bodies());
}

#[test]
fn r40_the_id_token_is_checked_with_the_issuers_keys_and_says_who_signed_in() {
    let issuer = Issuer::new();
    let answer = session("at", "rt", json!({ "id_token": issuer.id_token(json!({})) }));
    let mut machine = machine([issuer.metadata(), issuer.jwks(), answer]);
    let report = machine.sign_in(&plan(ISSUED, &[])).unwrap();
    assert_eq!((report.signed_in.subject.as_deref(), report.signed_in.name.as_deref()), (Some("24400320"), Some("ada@example.com")));
    assert_eq!(machine.signed_in(), Some(report.signed_in));
    assert!(machine.long_lived().unwrap().id_token.is_some());
    assert_eq!(machine.world.urls(), [METADATA, JWKS, TOKEN]);
    assert_eq!(machine.world.endings, [(0, Ending::SignedIn { subject: Some("ada@example.com".into()) })]);
}

#[test]
fn the_keys_are_at_hand_before_the_person_is_so_that_only_the_exchange_is_left() {
    let issuer = Issuer::new();
    let mut machine = Machine::new([issuer.metadata(), issuer.jwks()]);
    // Nobody comes back.
    assert_eq!(machine.sign_in(&plan(ISSUED, &[])).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!(machine.world.urls(), [METADATA, JWKS]);
    // Without `openid` there is no ID token to check, and no key is asked for.
    let mut machine = Machine::new([issuer.metadata()]);
    assert_eq!(machine.sign_in(&plan(ISSUED, &[("scope", "read")])).unwrap_err().kind, Kind::LoginRequired);
    assert_eq!((machine.world.urls(), machine.world.asked("nonce")), (vec![METADATA], None));
}

#[test]
fn r42_r44_an_id_token_that_does_not_hold_leaves_nothing_behind() {
    let issuer = Issuer::new();
    for (claims, told) in [
        (json!({ "nonce": "another" }), "answers another sign-in"),
        (json!({ "nonce": null }), "it has no `nonce`"),
        (json!({ "aud": "c2" }), "is for `c2`"),
        (json!({ "iss": "https://a.example/" }), "only the slash at the end differs"),
        (json!({ "exp": START.0 - 61 }), "expired 61 s ago"),
        (json!({ "at_hash": "x" }), "`at_hash` differs"),
        (json!({ "c_hash": "x" }), "`c_hash` differs"),
        (json!({ "sub": "" }), "`sub` is empty"),
    ] {
        let answer = session("at", "rt", json!({ "id_token": issuer.id_token(claims) }));
        let mut machine = machine([issuer.metadata(), issuer.jwks(), answer]);
        let error = failed(&mut machine, ISSUED);
        assert!(error.kind == Kind::Invalid && error.message.contains(told), "{error}");
    }
}

#[test]
fn r41_an_id_token_of_another_key_or_of_none_leaves_nothing_behind() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let unsigned = format!("{}.{}.", base64url::encode(r#"{"alg":"none"}"#), base64url::encode(r#"{"sub":"x"}"#));
    for id_token in [other.id_token(json!({})), unsigned, "no token".replace(' ', ".")] {
        let answer = session("at", "rt", json!({ "id_token": id_token }));
        // R47: the keys were kept before the redirect, so they are asked for once more.
        let mut machine = machine([issuer.metadata(), issuer.jwks(), answer, issuer.jwks()]);
        assert_eq!(failed(&mut machine, ISSUED).kind, Kind::Invalid);
    }
}

#[test]
fn without_an_issuer_nobodys_name_is_told_and_the_id_token_is_not_kept() {
    let answer = session("at", "rt", json!({ "id_token": Issuer::new().id_token(json!({})) }));
    let mut machine = machine([answer]);
    let report = machine.sign_in(&plan(PLAIN, &[])).unwrap();
    assert_eq!((report.signed_in.subject, report.signed_in.name), (None, None));
    assert!(machine.long_lived().unwrap().id_token.is_none());
    assert_eq!((machine.refresh_token().as_deref(), machine.requests()), (Some("rt"), 1));
}

#[test]
fn a_server_that_gives_no_id_token_signs_in_somebody_without_a_name() {
    let issuer = Issuer::new();
    let mut machine = machine([issuer.metadata(), issuer.jwks(), session("at", "rt", json!({}))]);
    let report = machine.sign_in(&plan(ISSUED, &[])).unwrap();
    assert_eq!((report.signed_in.subject, report.signed_in.name), (None, None));
    assert_eq!((machine.refresh_token().as_deref(), machine.world.endings), (Some("rt"), vec![(0, Ending::SignedIn { subject: None })]));
}

/// An ID token with an HMAC over it, as LINE makes them.
fn hs256(secret: &str) -> String {
    let claims = json!({ "iss": "https://a.example", "aud": "c1", "sub": "u", "nonce": nonce(), "exp": START.0 + 60, "iat": START.0 });
    let message = format!("{}.{}", base64url::encode(r#"{"alg":"HS256"}"#), base64url::encode(claims.to_string()));
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", base64url::encode(tag))
}

#[test]
fn r41_an_hmac_is_taken_only_where_the_profile_says_so_and_only_with_the_clients_secret() {
    let issuer = Issuer::new();
    let named = format!("{ISSUED}id_token_signed_response_alg = \"HS256\"\n");
    for (text, secret, holds) in [(named.as_str(), "CANARY-secret", true), (&named, "another", false), (ISSUED, "CANARY-secret", false)] {
        let answer = session("at", "rt", json!({ "id_token": hs256(secret) }));
        // Where the secret is the key, the issuer's are not asked for.
        let keys = (text == ISSUED).then(|| issuer.jwks());
        let mut machine = machine([Some(issuer.metadata()), keys, Some(answer)].into_iter().flatten());
        match holds {
            true => assert_eq!(machine.sign_in(&plan(text, &[])).unwrap().signed_in.subject.as_deref(), Some("u")),
            false => assert_eq!(failed(&mut machine, text).kind, Kind::Invalid),
        }
    }
}

/// The error about an ID token with these claims, where the server's clock is ahead so many seconds.
fn apart(seconds: i64, claims: Value) -> Error {
    let issuer = Issuer::new();
    let mut answer = session("at", "rt", json!({ "id_token": issuer.id_token(claims) }));
    let date = std::time::UNIX_EPOCH + (START + Seconds(seconds) - UnixTime(0)).duration();
    answer.headers.push(("date".into(), httpdate::fmt_http_date(date)));
    failed(&mut machine([issuer.metadata(), issuer.jwks(), answer]), ISSUED)
}

#[test]
fn r75_a_clock_that_is_off_is_named_where_the_token_holds_by_the_servers() {
    let at = |seconds: i64| json!({ "iat": START.0 + seconds, "exp": START.0 + seconds + 300 });
    let error = apart(600, at(600));
    assert!(error.message.ends_with("; this machine's clock is 10 min behind the server's"), "{error}");
    assert_eq!((error.kind, error.hint.as_deref()), (Kind::Invalid, Some("set this machine's clock, and sign in again")));
    assert!(apart(-600, at(-600)).message.ends_with("; this machine's clock is 10 min ahead of the server's"));
    assert!(apart(61, at(61)).message.contains("this machine's clock is 61 s behind"));
}

#[test]
fn r75_a_token_that_is_wrong_by_either_clock_is_not_put_down_to_the_clock() {
    // Both clocks agree, or as good as.
    for ahead in [0, 60] {
        let error = apart(ahead, json!({ "iat": START.0 + 900, "exp": START.0 + 1200 }));
        assert!(!error.message.contains("this machine's clock"), "{error}");
    }
    for claims in [json!({ "nonce": "another" }), json!({ "aud": "c2" })] {
        let error = apart(600, claims);
        assert!(!error.message.contains("clock") && !error.hint.as_ref().unwrap().contains("clock"), "{error}");
    }
}

#[test]
fn ab15_a_foreign_state_is_passed_over_and_the_own_one_still_counts() {
    let mut machine = Machine::new([session("at", "rt", json!({}))]);
    for query in ["code=EVIL&state=other", "error=access_denied&state=other", "code=C&state=STATE"] {
        machine.world.arrivals.push_back((query.into(), false));
    }
    machine.sign_in(&plan(PLAIN, &[])).unwrap();
    let endings: Vec<&Ending> = machine.world.endings.iter().map(|(_, ending)| ending).collect();
    assert_eq!(endings, [&Ending::Foreign, &Ending::Foreign, &Ending::SignedIn { subject: None }]);
    assert!(machine.world.bodies()[0].contains("&code=C&"));
}

#[test]
fn r24_a_denied_sign_in_ends_at_once_and_the_page_has_the_servers_words() {
    let mut machine = Machine::new([]);
    machine.world.arrivals.push_back(("error=access_denied&error_description=no&state=STATE".into(), false));
    let error = machine.sign_in(&plan(PLAIN, &[])).unwrap_err();
    assert_eq!((error.kind, error.oauth_error.as_deref(), machine.requests()), (Kind::Denied, Some("access_denied"), 0));
    let refused = Ending::Refused { error: "access_denied".into(), description: Some("no".into()) };
    assert_eq!(machine.world.endings, [(0, refused)]);
    assert!(machine.kept().is_none());
}

#[test]
fn a_refused_exchange_is_told_on_the_page_and_nothing_is_sent_again() {
    let mut machine = machine([refused("invalid_grant"), session("at", "rt", json!({}))]);
    let error = failed(&mut machine, PLAIN);
    assert_eq!((error.kind, machine.requests()), (Kind::Denied, 1));
}

#[test]
fn a9_ab9_a_refresh_token_that_did_not_come_is_missed_by_the_option_that_is_off() {
    for (text, word) in [
        (PLAIN, "offline_access (refresh tokens)"),
        (VANTAGE, "\"Allow issuing refresh tokens to refresh access tokens\""),
        (AUTH0, "\"Allow Offline Access\""),
    ] {
        let mut machine = machine([granted("at", 60)]);
        let report = machine.sign_in(&plan(text, &[])).unwrap();
        let [warning] = machine.world.warnings.as_slice() else { panic!("{:?}", machine.world.warnings) };
        assert!(warning.contains("no refresh token") && warning.contains(word), "{warning}");
        assert!(!report.signed_in.refresh_token && report.offline);
        assert_eq!(machine.signed_in().unwrap().refresh_token_expires_at, None);
        // It is good until its end, and then a person has to come back.
        assert_eq!(machine.get(&plan(text, &[]), Wish::default()), cached("at"));
        machine.later(60);
        let error = machine.run(&plan(text, &[]), Wish::default()).unwrap_err();
        assert_eq!((error.kind, error.hint.as_deref(), machine.requests()), (Kind::LoginRequired, Some("oat login p"), 1));
    }
}

#[test]
fn nothing_is_missed_where_no_refresh_token_was_asked_for() {
    let mut machine = machine([granted("at", 60)]);
    machine.sign_in(&plan(PLAIN, &[("scope", "read")])).unwrap();
    assert_eq!(machine.world.warnings, [""; 0]);
}

#[test]
fn r69_a_narrower_scope_is_told_at_the_sign_in() {
    let mut machine = machine([session("at", "rt", json!({ "scope": "read" }))]);
    machine.sign_in(&plan(PLAIN, &[("scope", "openid offline_access read write")])).unwrap();
    assert_eq!(machine.world.warnings, ["the server did not grant the scope `write`; it granted `read`"]);
}

#[test]
fn a7_a_sign_in_whose_token_has_no_lifetime_is_kept_for_its_refresh_token() {
    let mut machine = machine([session("at", "rt", json!({ "expires_in": null })), session("at2", "rt2", json!({}))]);
    machine.sign_in(&plan(PLAIN, &[])).unwrap();
    assert_eq!(machine.kept().unwrap().tokens.len(), 0);
    assert_eq!(machine.get(&plan(PLAIN, &[]), Wish::default()), refreshed("at2"));
}

#[test]
fn a_server_that_names_no_place_to_sign_in_is_told_before_anyone_is_invited() {
    let metadata = || body(json!({ "issuer": "https://a.example", "token_endpoint": TOKEN }));
    for (way, key, other) in [
        (Way::Browser, "authorization_endpoint", "oat login p --device"),
        (Way::Device, "device_authorization_endpoint", "oat login p --no-browser"),
    ] {
        let mut machine = machine([metadata(), metadata()]);
        let store = store(&machine.folder, KeyPlace::File);
        let error = sign_in(&plan(ISSUED, &[("scope", "read")]), way, &store, &mut machine.world).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        let hint = error.hint.clone().unwrap();
        assert!(hint.contains(key) && hint.contains(&format!("`{other}`")), "{hint}");
        assert_eq!((machine.requests(), machine.world.invitations.len()), (1, 0));
    }
}

#[test]
fn a17_a_sign_in_with_a_device_code_is_kept_like_any_other() {
    let issuer = Issuer::new();
    let offer = body(json!({ "device_code": "D", "user_code": "U-1", "verification_uri": "https://a.example/go", "expires_in": 300 }));
    let answer = session("at", "rt", json!({ "id_token": issuer.id_token(json!({ "nonce": null })) }));
    let mut machine = Machine::new([issuer.metadata(), issuer.jwks(), offer, refused("authorization_pending"), answer]);
    let (plan, store) = (plan(ISSUED, &[("audience", "https://api")]), store(&machine.folder, KeyPlace::File));
    let report = sign_in(&plan, Way::Device, &store, &mut machine.world).unwrap();
    assert_eq!(report.signed_in.name.as_deref(), Some("ada@example.com"));
    assert_eq!(machine.world.bodies()[0], "scope=openid+offline_access&audience=https%3A%2F%2Fapi&client_id=c1");
    assert_eq!(machine.get(&plan, Wish::default()), cached("at"));
    assert_eq!(machine.refresh_token().as_deref(), Some("rt"));
}

#[test]
fn r89_who_signs_in_takes_the_place_of_whoever_was_there() {
    let mut machine = signed_in(PLAIN, [session("at2", "rt2", json!({}))]);
    machine.world.arrivals.push_back(("code=C&state=STATE".into(), false));
    machine.sign_in(&plan(PLAIN, &[("audience", "https://b")])).unwrap();
    let tokens: Vec<String> = machine.kept().unwrap().tokens.iter().map(|token| token.access_token.expose().to_string()).collect();
    assert_eq!((tokens, machine.refresh_token().as_deref()), (vec!["at2".to_string()], Some("rt2")));
}

#[test]
fn a_failure_that_was_left_for_others_is_wiped_by_a_sign_in() {
    let mut machine = signed_in(PLAIN, [refused("invalid_grant")]);
    assert_eq!(machine.run(&plan(PLAIN, &[]), FORCE).unwrap_err().kind, Kind::LoginRequired);
    let profile = ProfileName::parse("p").unwrap();
    assert!(store(&machine.folder, KeyPlace::File).failure_left(&profile).is_some());
    machine.goes_on([session("at2", "rt2", json!({}))]);
    machine.world.arrivals.push_back(("code=C&state=STATE".into(), false));
    machine.sign_in(&plan(PLAIN, &[])).unwrap();
    assert_eq!(store(&machine.folder, KeyPlace::File).failure_left(&profile), None);
}
