//! What is kept, for how long, and for whom.

use super::*;

/// A token that looks like a JWT with these claims.
fn jwt(claims: Value) -> String {
    format!("{}.{}.{}", base64url::encode(r#"{"alg":"HS256"}"#), base64url::encode(claims.to_string()), base64url::encode("x"))
}

#[test]
fn a_kept_token_is_served_without_a_request() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600)]));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    for _ in 0..5 {
        assert_eq!(machine.get(&plan, Wish::default()), cached("one"));
    }
    assert_eq!(machine.requests(), 1);
    assert!(machine.world.warnings.is_empty(), "{:?}", machine.world.warnings);
}

#[test]
fn vc10_after_its_end_exactly_one_request_is_made() {
    let (plan, mut machine) = (plan(ZERO, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    machine.world.clock = START + Seconds(3539);
    assert_eq!(machine.get(&plan, Wish::default()), cached("one"));
    machine.world.clock = START + Seconds(3540);
    assert_eq!(machine.get(&plan, Wish::default()), fetched("two"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("two"));
    assert_eq!(machine.requests(), 2);
}

#[test]
fn expires_at_counts_from_the_receipt_not_from_the_first_try() {
    let trouble = answer(503, &[("retry-after", "5")], "");
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([trouble, granted("one", 100)]));
    let token = machine.run(&plan, Wish::default()).unwrap().token;
    assert_eq!((token.received_at, token.expires_at), (START + Seconds(5), Some(START + Seconds(105))));
}

#[test]
fn another_audience_is_another_token_in_the_same_record() {
    let mut machine = Machine::new([granted("a", 3600), granted("b", 3600), granted("plain", 3600)]);
    let (a, b, none) = (plan(RAW, &[("audience", "https://a")]), plan(RAW, &[("audience", "https://b")]), plan(RAW, &[]));
    assert_eq!(machine.get(&a, Wish::default()), fetched("a"));
    assert_eq!(machine.get(&b, Wish::default()), fetched("b"));
    assert_eq!(machine.get(&none, Wish::default()), fetched("plain"));
    for (plan, token) in [(&a, "a"), (&b, "b"), (&none, "plain")] {
        assert_eq!(machine.get(plan, Wish::default()), cached(token));
    }
    assert_eq!(machine.kept().unwrap().tokens.len(), 3);
    assert_eq!(machine.requests(), 3);
}

#[test]
fn a_renewed_token_takes_the_place_of_the_old_one_and_dead_ones_are_swept() {
    let mut machine = Machine::new([granted("a", 10), granted("b1", 3600), granted("b2", 3600)]);
    machine.get(&plan(RAW, &[("audience", "https://a")]), Wish::default());
    let b = plan(RAW, &[("audience", "https://b")]);
    machine.get(&b, Wish::default());
    machine.world.clock = START + Seconds(60);
    assert_eq!(machine.get(&b, FORCE), fetched("b2"));
    let tokens = machine.kept().unwrap().tokens;
    assert_eq!(tokens.iter().map(|token| token.access_token.expose()).collect::<Vec<_>>(), ["b2"]);
}

#[test]
fn a_changed_profile_never_serves_the_old_identitys_token() {
    let changes = [
        RAW.replace("c1", "c2"),
        RAW.replace("a.example", "b.example"),
        RAW.replace(
            "token_endpoint = \"https://a.example/token\"",
            "token_endpoint = \"https://a.example/token\"\nissuer = \"https://a.example\"",
        ),
        RAW.replace("https://a.example/token", "https://a.example/token?tenant=2"),
    ];
    for changed in changes {
        let mut machine = Machine::new([granted("old", 3600), granted("new", 3600)]);
        assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), fetched("old"));
        assert_eq!(machine.get(&plan(&changed, &[]), Wish::default()), fetched("new"), "{changed}");
        assert_eq!(machine.get(&plan(&changed, &[]), Wish::default()), cached("new"), "{changed}");
        // The new record replaced the old one: coming back is a change as well.
        assert_eq!(machine.run(&plan(RAW, &[]), Wish::default()).unwrap_err().kind, Kind::Internal);
        assert_eq!(machine.requests(), 3);
    }
}

#[test]
fn a7_a_token_of_unknown_lifetime_is_handed_out_not_kept_and_that_is_said() {
    for (expires_in, word) in [(None, "names no lifetime"), (Some(json!("soon")), "makes no sense"), (Some(json!(1e300)), "makes no sense")]
    {
        let mut answer = json!({ "access_token": "opaque", "token_type": "Bearer" });
        if let Some(value) = expires_in {
            answer["expires_in"] = value;
        }
        let mut machine = Machine::new([body(answer.clone()), body(answer)]);
        let plan = plan(RAW, &[]);
        assert_eq!(machine.get(&plan, Wish::default()), fetched("opaque"));
        let [warning] = machine.world.warnings.as_slice() else { panic!("{:?}", machine.world.warnings) };
        assert!(warning.contains(word) && warning.contains("`default_lifetime`"), "{warning}");
        assert_eq!(machine.get(&plan, Wish::default()), fetched("opaque"));
        assert_eq!(machine.requests(), 2);
    }
}

#[test]
fn a7_without_a_lifetime_the_jwts_exp_counts() {
    let end = START.0 + 900;
    for (exp, kept) in [
        (json!(end), true),
        (json!(end as f64 + 0.5), true),
        (json!(end.to_string()), false),
        (json!(0), false),
        (json!(-5), false),
        (json!(1e300), false),
        (Value::Null, false),
    ] {
        let token = jwt(json!({ "exp": exp }));
        let mut machine = Machine::new([body(json!({ "access_token": token, "token_type": "Bearer" }))]);
        let handed = machine.run(&plan(RAW, &[]), Wish::default()).unwrap();
        assert_eq!(handed.token.expires_at, kept.then_some(UnixTime(end)), "{exp}");
        assert_eq!(machine.kept().is_some(), kept, "{exp}");
    }
}

#[test]
fn expires_in_beats_the_jwts_exp_which_beats_default_lifetime() {
    let with_default = format!("{RAW}default_lifetime = \"10m\"\n");
    for (answer, lifetime) in [
        (json!({ "access_token": jwt(json!({ "exp": START.0 + 900 })), "expires_in": 60 }), 60),
        (json!({ "access_token": jwt(json!({ "exp": START.0 + 900 })), "expires_in": "x" }), 900),
        (json!({ "access_token": jwt(json!({ "sub": null })) }), 600),
        (json!({ "access_token": "opaque" }), 600),
    ] {
        let mut machine = Machine::new([body(answer.clone())]);
        let handed = machine.run(&plan(&with_default, &[]), Wish::default()).unwrap();
        assert_eq!(handed.token.expires_at, Some(START + Seconds(lifetime)), "{answer}");
        assert!(machine.world.warnings.is_empty() && machine.kept().is_some());
    }
}

#[test]
fn r65_a_token_that_is_over_on_arrival_is_never_kept() {
    for expires_in in [json!(0), json!(-3600), json!("0")] {
        let dead = body(json!({ "access_token": "t", "expires_in": expires_in }));
        let mut machine = Machine::new([dead.clone(), dead.clone(), dead]);
        let plan = plan(RAW, &[]);
        assert_eq!(machine.get(&plan, Wish::default()), fetched("t"));
        assert_eq!(machine.get(&plan, Wish::default()), fetched("t"));
        assert!(machine.kept().is_none());
        assert_eq!(machine.run(&plan, KEPT).unwrap_err().kind, Kind::Store);
    }
}

#[test]
fn min_ttl_above_the_grant_fails_clearly_and_is_not_asked_again_at_once() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    let error = machine.run(&plan, min_ttl(7200)).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert_eq!(error.message, "the server grants 3600 s, but --min-ttl asks for 7200 s");
    assert!(error.hint.as_ref().unwrap().contains("ask for less"));
    // The token is kept for whoever wishes for less, and the answer stands for five seconds.
    assert_eq!(machine.get(&plan, Wish::default()), cached("one"));
    machine.world.clock = START + Seconds(5);
    assert_eq!(machine.run(&plan, min_ttl(7200)).unwrap_err().message, error.message);
    assert_eq!(machine.requests(), 1);
    machine.world.clock = START + Seconds(6);
    assert!(machine.run(&plan, min_ttl(7200)).is_err());
    assert_eq!(machine.requests(), 2);
}

#[test]
fn min_ttl_that_the_kept_token_no_longer_has_fetches_a_new_one() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    machine.get(&plan, Wish::default());
    machine.world.clock = START + Seconds(2);
    assert_eq!(machine.get(&plan, min_ttl(3600)), fetched("two"));
    assert_eq!(machine.get(&plan, min_ttl(3600)), cached("two"));
}

#[test]
fn min_ttl_for_a_token_of_unknown_lifetime_says_so() {
    let mut machine = Machine::new([body(json!({ "access_token": "opaque" }))]);
    let error = machine.run(&plan(RAW, &[]), min_ttl(60)).unwrap_err();
    assert!(error.kind == Kind::Invalid && error.message.contains("does not say how long"), "{error}");
}

#[test]
fn force_asks_although_a_good_token_is_kept() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    machine.get(&plan, Wish::default());
    assert_eq!(machine.get(&plan, FORCE), fetched("two"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("two"));
}

#[test]
fn vc9_renewing_is_a_new_client_credentials_request() {
    let (plan, mut machine) = (plan(ZERO, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
    machine.get(&plan, FORCE);
    machine.get(&plan, FORCE);
    for sent in machine.world.bodies() {
        let sent: Value = serde_json::from_str(sent).unwrap();
        assert_eq!(sent, json!({ "grant_type": "client_credentials", "client_id": "cli_1", "client_secret": "CANARY-secret" }));
    }
    assert_eq!(machine.requests(), 2);
}

#[test]
fn vc9_a_refresh_token_in_the_answer_changes_nothing() {
    let with_refresh = |token: &str| body(json!({ "access_token": token, "expires_in": 60, "refresh_token": "CANARY-refresh" }));
    let (plan, mut machine) = (plan(ZERO, &[]), Machine::new([with_refresh("one"), with_refresh("two")]));
    machine.get(&plan, Wish::default());
    machine.world.clock = START + Seconds(60);
    assert_eq!(machine.get(&plan, Wish::default()), fetched("two"));
    assert!(machine.world.bodies().iter().all(|sent| !sent.contains("CANARY-refresh")));
}

#[test]
fn r104_after_the_clock_went_back_one_request_is_made_and_then_served() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600), granted("three", 3600)]));
    machine.get(&plan, Wish::default());
    machine.world.clock = START - Seconds(86_400);
    assert_eq!(machine.get(&plan, Wish::default()), fetched("two"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("two"));
    // Once the clock is right, what was received "yesterday" is over, whatever it says.
    machine.world.clock = START;
    assert_eq!(machine.get(&plan, Wish::default()), fetched("three"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("three"));
    assert_eq!(machine.requests(), 3);
}

#[test]
fn r104_absurd_clocks_neither_loop_nor_overflow() {
    for clock in [i64::MIN, -1, 0, i64::MAX] {
        let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600), granted("two", 3600)]));
        machine.world.clock = UnixTime(clock);
        assert_eq!(machine.get(&plan, Wish::default()), fetched("one"), "{clock}");
        machine.get(&plan, Wish::default());
        assert!(machine.requests() <= 2);
    }
}

#[test]
fn r69_a_narrower_scope_is_warned_of_once_and_the_token_handed_out() {
    let narrow = body(json!({ "access_token": "t", "expires_in": 3600, "scope": "read" }));
    let (plan, mut machine) = (plan(RAW, &[("scope", "read write  admin")]), Machine::new([narrow]));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("t"));
    assert_eq!(machine.world.warnings, ["the server did not grant the scope `write admin`; it granted `read`"]);
    assert_eq!(machine.get(&plan, Wish::default()), cached("t"));
    assert_eq!(machine.world.warnings.len(), 1);
}

#[test]
fn r69_the_same_or_a_wider_scope_and_none_at_all_are_no_news() {
    for scope in [json!("read write"), json!("write extra read"), json!(["write", "read"]), json!("write,read"), Value::Null] {
        let mut machine = Machine::new([body(json!({ "access_token": "t", "expires_in": 3600, "scope": scope }))]);
        machine.get(&plan(RAW, &[("scope", "read write")]), SCOPED);
        assert!(machine.world.warnings.is_empty(), "{scope}");
    }
}

#[test]
fn r69_require_scope_fails_also_when_the_narrower_token_is_kept() {
    let narrow = |token: &str| body(json!({ "access_token": token, "expires_in": 3600, "scope": "read" }));
    let wide = body(json!({ "access_token": "wide", "expires_in": 3600, "scope": "read write" }));
    let (plan, mut machine) = (plan(RAW, &[("scope", "read write")]), Machine::new([narrow("one"), narrow("two"), wide]));
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    let error = machine.run(&plan, SCOPED).unwrap_err();
    assert_eq!((error.kind, machine.requests()), (Kind::Denied, 2));
    assert!(error.message.contains("`write`") && error.hint.is_some());
    // The server has changed its mind meanwhile.
    assert_eq!(machine.get(&plan, SCOPED), fetched("wide"));
    assert_eq!(machine.get(&plan, SCOPED), cached("wide"));
}

#[test]
fn a_token_outside_rfc_6750s_alphabet_is_handed_out_with_a_warning() {
    for (token, warned) in [("abc-._~+/09==", false), ("a=b", true), ("a!b", true), ("a'b$c", true), ("==", true)] {
        let mut machine = Machine::new([granted(token, 3600)]);
        assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), fetched(token));
        assert_eq!(machine.world.warnings.iter().any(|warning| warning.contains("RFC 6750")), warned, "{token}");
    }
}

#[test]
fn extra_members_come_back_out_of_the_store() {
    let mut machine = Machine::new([body(json!({ "access_token": "t", "expires_in": 60, "instance_url": "https://eu.example" }))]);
    let plan = plan(RAW, &[]);
    machine.get(&plan, Wish::default());
    assert_eq!(machine.run(&plan, Wish::default()).unwrap().token.extra["instance_url"], "https://eu.example");
}

#[test]
fn r63_a_token_of_64_kib_is_kept_and_served_whole() {
    let token = "x".repeat(64 << 10);
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted(&token, 3600)]));
    assert_eq!(machine.get(&plan, Wish::default()), fetched(&token));
    assert_eq!(machine.get(&plan, Wish::default()), cached(&token));
}

#[test]
fn discovery_is_asked_once_and_then_remembered() {
    let text = "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
    let metadata = json!({ "issuer": "https://a.example", "token_endpoint": "https://t.example/token", "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    let (plan, mut machine) = (plan(text, &[]), Machine::new([body(metadata), granted("one", 60), granted("two", 60)]));
    machine.get(&plan, Wish::default());
    assert_eq!(machine.get(&plan, FORCE), fetched("two"));
    let urls = ["https://a.example/.well-known/openid-configuration", "https://t.example/token", "https://t.example/token"];
    assert_eq!(machine.world.urls(), urls);
    assert!(machine.world.bodies().iter().all(|sent| sent.contains("client_secret=CANARY-secret")));
}

#[test]
fn r30_nothing_is_sent_to_a_token_endpoint_when_the_metadata_does_not_hold() {
    let text = "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
    for metadata in [
        json!({ "issuer": "https://a.example/", "token_endpoint": "https://t.example/" }),
        json!({ "issuer": "https://a.example", "token_endpoint": "http://t.example/" }),
        json!({ "issuer": "https://a.example", "token_endpoint": "https://t.example/", "jwks_uri": "file:///x" }),
        json!({ "issuer": "https://a.example" }),
    ] {
        let mut machine = Machine::new([body(metadata.clone()), granted("t", 60)]);
        assert_eq!(machine.run(&plan(text, &[]), Wish::default()).unwrap_err().kind, Kind::Invalid, "{metadata}");
        assert_eq!((machine.requests(), machine.world.bodies().len()), (1, 0));
    }
}

#[test]
fn kept_metadata_of_a_server_that_moved_is_asked_for_anew_once() {
    let text = "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
    let at = |path: &str| body(json!({ "issuer": "https://a.example", "token_endpoint": format!("https://t.example/{path}") }));
    let gone = answer(404, &[], "not here");
    let answers = [at("old"), granted("one", 60), gone.clone(), at("new"), granted("two", 60), gone.clone(), at("new")];
    let (plan, mut machine) = (plan(text, &[]), Machine::new(answers));
    machine.get(&plan, Wish::default());
    assert_eq!(machine.get(&plan, FORCE), fetched("two"));
    assert_eq!(machine.run(&plan, FORCE).unwrap_err().kind, Kind::Invalid, "the same place again is not asked again");
    let metadata = "https://a.example/.well-known/openid-configuration";
    let (old, new) = ("https://t.example/old", "https://t.example/new");
    assert_eq!(machine.world.urls(), [metadata, old, old, metadata, new, new, metadata]);
}

#[test]
fn another_part_of_the_answer_is_another_token() {
    let nested = |pointer: &str| plan(&format!("{RAW}token_pointer = \"{pointer}\"\n"), &[]);
    let both = json!({ "access_token": "bot", "expires_in": 60, "authed_user": { "access_token": "user", "expires_in": 60 } });
    let mut machine = Machine::new([body(both.clone()), body(both)]);
    assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), fetched("bot"));
    assert_eq!(machine.get(&nested("/authed_user"), Wish::default()), fetched("user"));
    assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), cached("bot"));
}
