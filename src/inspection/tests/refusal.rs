//! What an API is asked, where the token goes, and what can be typed against a refusal.

use super::*;
use crate::inspection::refusal::{Cure, explain};
use crate::oauth::world::Response;

const API: &str = "https://api.example.com/v1/me";
const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";
const TOKEN: &str = "CANARY-0123456789abcdef";

fn challenged(status: u16, challenge: &str) -> Response {
    answer(status, &[("www-authenticate", challenge)], "")
}

fn cure() -> Cure {
    Cure { profile: Some("work".into()), by_person: false, audience_key: "audience", others: Vec::new() }
}

fn asked(world: &mut Script, report: &mut Report, token: bool, cure: &Cure) -> Result<()> {
    let token = token.then(|| WireSecret::new(TOKEN));
    explain(world, report, &Endpoint::parse(API).unwrap(), token.as_ref(), cure)
}

/// What is said after the API's own answer, where it gives this challenge to everyone.
fn compared(challenge: &str, claims: Value, cure: &Cure) -> Vec<String> {
    let mut report = report(TokenKind::Access, claims);
    asked(&mut Script::of([challenged(401, challenge)]), &mut report, false, cure).unwrap();
    said(&report).split_off(1)
}

fn metadata(body: Value) -> Script {
    let challenge = format!("Bearer resource_metadata=\"{METADATA}\"");
    Script::of([challenged(401, &challenge), json_answer(200, body.to_string())])
}

#[test]
fn without_token_nothing_of_it_is_sent_and_with_it_to_the_api_alone() {
    let about = json!({ "resource": "https://api.example.com", "authorization_servers": [ISSUER] });
    let mut world = metadata(about.clone());
    let mut found = report(TokenKind::Access, json!({ "iss": ISSUER, "aud": "https://api.example.com/" }));
    asked(&mut world, &mut found, false, &cure()).unwrap();
    assert_eq!(world.urls(), [API, METADATA]);
    assert_eq!(world.sent[0].headers, [("accept".to_string(), "*/*".to_string())]);
    assert!(world.sent.iter().all(|sent| sent.header("authorization").is_none() && sent.body.is_none()));
    assert_eq!(
        said(&found),
        [
            "- api_answer: without a token the API answers 401 Unauthorized, and says what it wants",
            "ok api_scheme: the API takes bearer tokens",
            "ok api_issuer: the API trusts `https://login.example.com`",
            "ok api_audience: the token is for `https://api.example.com`",
        ]
    );
    assert_eq!(
        found.challenge.unwrap(),
        json!({
            "url": API, "status": 401, "challenges": [{ "scheme": "Bearer", "resource_metadata": METADATA }],
            "resource": "https://api.example.com", "authorization_servers": [ISSUER],
        })
    );

    let mut world = metadata(about);
    world.answers.insert(1, Ok(answer(200, &[], "")));
    let mut found = report(TokenKind::Access, json!({}));
    asked(&mut world, &mut found, true, &cure()).unwrap();
    assert_eq!(world.urls(), [API, API, METADATA]);
    let authorization: Vec<Option<&str>> = world.sent.iter().map(|sent| sent.header("authorization")).collect();
    assert_eq!(authorization, [None, Some("Bearer CANARY-0123456789abcdef"), None]);
    assert_eq!(said(&found)[0], "ok api_answer: the API took the token: 200 OK");
}

#[test]
fn a_token_follows_no_redirect_and_no_metadata_elsewhere() {
    for (token, told) in [
        (false, "- api_answer: the API answered 302 Found and points to `https://evil.example/x`: ask that address"),
        (true, "FAIL api_answer: the API answered 302 Found and points to `https://evil.example/x`: a token never follows a redirect"),
    ] {
        let moved = answer(302, &[("location", "https://evil.example/x?y#z")], "");
        let mut world = Script::of([moved.clone(), moved]);
        let mut found = opaque(TokenKind::Access);
        asked(&mut world, &mut found, token, &cure()).unwrap();
        assert_eq!((said(&found), world.urls()), (vec![told.to_string()], vec![API; 1 + usize::from(token)]));
    }
    let mut world = Script::of([challenged(401, "Bearer resource_metadata=\"https://evil.example/x\"")]);
    let mut found = opaque(TokenKind::Access);
    let error = asked(&mut world, &mut found, false, &cure()).unwrap_err();
    assert!(error.kind == Kind::Invalid && error.message.contains("only taken from its own origin"), "{error}");
    assert_eq!((world.urls(), found.challenge.unwrap()["status"].clone()), (vec![API], json!(401)));
    let mut away = Script::default().then(Err(Error::new(Kind::Unavailable, "no connection")));
    assert_eq!(asked(&mut away, &mut opaque(TokenKind::Access), false, &cure()).unwrap_err().kind, Kind::Unavailable);
}

#[test]
fn every_status_says_what_it_says_of_tokens() {
    let bearer = "Bearer error=\"invalid_token\", error_description=\"it\u{1b}ended\"";
    for (with, without, token) in [
        (
            challenged(401, bearer),
            "- api_answer: without a token the API answers 401 Unauthorized, and says what it wants",
            "FAIL api_answer: the API refused the token: 401 Unauthorized: invalid_token (it\\u{1b}ended)",
        ),
        (
            challenged(403, "Bearer error=\"insufficient_scope\""),
            "- api_answer: without a token the API answers 403 Forbidden, and says what it wants",
            "FAIL api_answer: the API knows the token, and does not let it do this: 403 Forbidden: insufficient_scope",
        ),
        (
            answer(401, &[], ""),
            "- api_answer: the API answered 401 Unauthorized without a WWW-Authenticate header: it does not say what it wants; --send shows what it says to the token",
            "FAIL api_answer: the API refused the token: 401 Unauthorized",
        ),
        (
            answer(204, &[], ""),
            "- api_answer: the API answered 204 No Content without any token: this address is open to everyone",
            "ok api_answer: the API took the token: 204 No Content",
        ),
        (
            answer(404, &[], ""),
            "- api_answer: the API answered 404 Not Found without a token, which says nothing of tokens; --send shows what it says to this one",
            "- api_answer: the API answered 404 Not Found, which says nothing of tokens",
        ),
        (
            answer(431, &[], ""),
            "- api_answer: the API answered 431 without a token, which says nothing of tokens; --send shows what it says to this one",
            "FAIL api_answer: the API refused the size of the token: 431",
        ),
        (
            answer(307, &[], ""),
            "- api_answer: the API answered 307 Temporary Redirect and points to nowhere: ask that address",
            "FAIL api_answer: the API answered 307 Temporary Redirect and points to nowhere: a token never follows a redirect",
        ),
    ] {
        for (send, told) in [(false, without), (true, token)] {
            let mut found = opaque(TokenKind::Access);
            asked(&mut Script::of([with.clone(), with.clone()]), &mut found, send, &cure()).unwrap();
            assert_eq!(said(&found)[0], told);
        }
    }
}

#[test]
fn r70_what_an_api_repeats_of_the_token_is_taken_out() {
    let echo = format!("{TOKEN} realm=\"{TOKEN}\", Bearer error=\"{TOKEN}\", {TOKEN}=\"x\", scope=\"{TOKEN}\"");
    let location = format!("https://api.example.com/{TOKEN}");
    for second in [challenged(401, &echo), answer(302, &[("location", &location), ("www-authenticate", &echo)], "")] {
        let mut found = opaque(TokenKind::Access);
        asked(&mut Script::of([answer(401, &[], ""), second]), &mut found, true, &cure()).unwrap();
        let all = format!("{found:?}").to_ascii_lowercase();
        assert!(!all.contains("canary") && all.contains("[redacted]"), "{all}");
    }
}

#[test]
fn what_the_api_says_of_this_token_goes_before_what_it_says_of_none() {
    let mut found = report(TokenKind::Access, json!({ "scope": "a" }));
    let world = &mut Script::of([challenged(401, "Bearer scope=\"first\""), challenged(403, "Bearer scope=\"second\"")]);
    asked(world, &mut found, true, &cure()).unwrap();
    assert!(said(&found).last().unwrap().contains("`second` is missing"), "{:?}", said(&found));
    assert_eq!(found.challenge.unwrap()["status_with_token"], 403);
}

#[test]
fn the_scheme_is_one_that_a_token_can_be_sent_by() {
    for (challenge, told) in [
        ("Bearer", "ok api_scheme: the API takes bearer tokens"),
        ("bEARER realm=\"x\"", "ok api_scheme: the API takes bearer tokens"),
        ("DPoP, Bearer", "ok api_scheme: the API takes bearer tokens"),
        ("DPoP algs=\"ES256\"", "FAIL api_scheme: the API takes DPoP-bound tokens only (RFC 9449), not bearer tokens"),
        (
            "Basic realm=\"x\", Negotiate",
            "FAIL api_scheme: the API wants `Basic, Negotiate`, not a bearer token (is this the address of the API, or of something before it?)",
        ),
    ] {
        assert_eq!(compared(challenge, json!({}), &cure()), [told]);
    }
}

#[test]
fn a_missing_scope_is_asked_for_beside_what_there_is() {
    let more = "FAIL api_scope: the API wants more scope: the token";
    let bearer = "ok api_scheme: the API takes bearer tokens".to_string();
    for (wanted, claims, by_person, told) in [
        ("read", json!({ "scope": "write read" }), false, "ok api_scope: it has `read`".to_string()),
        ("read", json!({ "scp": ["read"] }), false, "ok api_scope: it has `read`".into()),
        (
            "read",
            json!({ "scope": "openid" }),
            false,
            format!(
                "{more} has the scope `openid`, and `read` is missing (oat profile edit work --scope 'openid read' && oat token get work --force)"
            ),
        ),
        (
            "read write",
            json!({ "scope": "write" }),
            true,
            format!("{more} has the scope `write`, and `read` is missing (oat profile edit work --scope 'write read' && oat login work)"),
        ),
        (
            "read",
            json!({ "sub": "x" }),
            false,
            format!("{more} names no scope, and `read` is missing (oat profile edit work --scope read && oat token get work --force)"),
        ),
        (
            "it's;$(x)",
            json!({ "sub": "x" }),
            true,
            format!("{more} names no scope, and `it's;$(x)` is missing (oat profile edit work --scope 'it'\\''s;$(x)' && oat login work)"),
        ),
        // What begins with a hyphen would be a flag.
        (
            "-x",
            json!({ "sub": "x" }),
            true,
            format!("{more} names no scope, and `-x` is missing (oat profile edit work --scope=-x && oat login work)"),
        ),
        (
            "--force a",
            json!({ "sub": "x" }),
            true,
            format!("{more} names no scope, and `--force a` is missing (oat profile edit work --scope='--force a' && oat login work)"),
        ),
        ("read", json!({}), false, "- api_scope: the API wants the scope `read`; of this token's scope nothing is known".into()),
    ] {
        let told_of = compared(&format!("Bearer scope=\"{wanted}\""), claims, &Cure { by_person, ..cure() });
        assert_eq!(told_of, [bearer.clone(), told]);
    }
    let told = compared("Bearer scope=\"a b\"", json!({ "scope": "" }), &Cure::default());
    assert!(told[1].ends_with("(ask for a token with scope = 'a b')"), "{told:?}");
    // What the token answer granted counts where the token cannot be read.
    let mut granted = Report { granted: Some("read".into()), ..opaque(TokenKind::Access) };
    asked(&mut Script::of([challenged(401, "Bearer scope=\"read\"")]), &mut granted, false, &cure()).unwrap();
    assert_eq!(of("api_scope", &granted), ["ok api_scope: it has `read`"]);
}

#[test]
fn the_profile_that_has_the_wanted_issuer_is_named() {
    let others = vec![("home".to_string(), "https://home.example/".to_string()), ("azure".into(), "https://sts.windows.net/t1/".into())];
    let with = Cure { others, ..cure() };
    let judged = |servers: Value, iss: Option<&str>| {
        let mut found = report(TokenKind::Access, iss.map_or_else(|| json!({}), |iss| json!({ "iss": iss })));
        let mut world = metadata(json!({ "resource": API, "authorization_servers": servers }));
        asked(&mut world, &mut found, false, &with).unwrap();
        of("api_issuer", &found)
    };
    for (servers, iss, told) in [
        (json!([ISSUER, "https://b.example"]), Some("https://b.example"), "ok api_issuer: the API trusts `https://b.example`"),
        (
            json!(["https://home.example"]),
            Some(ISSUER),
            "FAIL api_issuer: the API trusts `https://home.example`, and the token is from `https://login.example.com` (profile `home` has that issuer: oat token get home)",
        ),
        (
            json!(["https://x.example/a", "https://home.example"]),
            Some(ISSUER),
            "FAIL api_issuer: the API trusts `https://x.example/a`, `https://home.example`, and the token is from `https://login.example.com` (profile `home` has that issuer: oat token get home)",
        ),
        (
            json!(["https://x.example/a"]),
            Some(ISSUER),
            "FAIL api_issuer: the API trusts `https://x.example/a`, and the token is from `https://login.example.com` (oat profile add NAME --issuer https://x.example/a)",
        ),
        (
            json!(["https://x.example/?a=1&b=$(c)"]),
            Some(ISSUER),
            "FAIL api_issuer: the API trusts `https://x.example/?a=1&b=$(c)`, and the token is from `https://login.example.com` (oat profile add NAME --issuer 'https://x.example/?a=1&b=$(c)')",
        ),
        (json!([ISSUER]), None, "- api_issuer: the API trusts `https://login.example.com`; the token does not say who issued it"),
    ] {
        assert_eq!(judged(servers, iss), [told]);
    }
    assert!(judged(json!([]), Some(ISSUER)).is_empty());
}

#[test]
fn azures_apis_name_the_place_of_the_sign_in_which_is_no_issuer() {
    let challenge =
        "Bearer authorization_uri=\"https://login.microsoftonline.com/t1/oauth2/authorize\", resource_id=\"https://api.example.com\"";
    for iss in ["https://login.microsoftonline.com/t1/v2.0", "https://sts.windows.net/t1/"] {
        let told = compared(challenge, json!({ "iss": iss, "aud": "https://api.example.com" }), &cure());
        let place = "the API has people sign in at `https://login.microsoftonline.com/t1/oauth2/authorize`";
        assert_eq!(told[1], format!("- api_issuer: {place}; the token is from `{iss}`"));
        assert_eq!(told[2], "ok api_audience: the token is for `https://api.example.com`");
    }
}

#[test]
fn an_issuer_that_another_only_begins_with_is_another() {
    for (server, holds) in [(format!("{ISSUER}/"), true), (format!("{ISSUER}/tenant"), false), (format!("{ISSUER}.evil.example"), false)] {
        let mut found = report(TokenKind::Access, json!({ "iss": ISSUER }));
        let mut world = metadata(json!({ "resource": API, "authorization_servers": [server] }));
        asked(&mut world, &mut found, false, &cure()).unwrap();
        assert_eq!(of("api_issuer", &found)[0].starts_with("ok "), holds, "{server}");
    }
}

#[test]
fn the_audience_is_changed_by_the_key_that_this_server_knows() {
    let judged = |claims: Value, cure: &Cure| {
        let mut found = report(TokenKind::Access, claims);
        asked(&mut metadata(json!({ "resource": "https://api.example.com/v1" })), &mut found, false, cure).unwrap();
        of("api_audience", &found)
    };
    let resource = Cure { audience_key: "resource", by_person: true, ..cure() };
    for (claims, cure, told) in [
        (json!({ "aud": ["x", "https://api.example.com/v1/"] }), cure(), "ok api_audience: the token is for `https://api.example.com/v1`"),
        (
            json!({ "aud": ["x", "y"] }),
            cure(),
            "FAIL api_audience: the API is `https://api.example.com/v1`, and the token is for `x`, `y` (oat profile edit work --audience https://api.example.com/v1 && oat token get work --force)",
        ),
        (
            json!({ "aud": "https://api.example.com" }),
            resource,
            "FAIL api_audience: the API is `https://api.example.com/v1`, and the token is for `https://api.example.com` (oat profile edit work --resource https://api.example.com/v1 && oat login work)",
        ),
        (json!({}), cure(), "- api_audience: the API is `https://api.example.com/v1`; the token does not say whom it is for"),
        (json!({ "aud": 7 }), cure(), "- api_audience: the API is `https://api.example.com/v1`; the token does not say whom it is for"),
    ] {
        assert_eq!(judged(claims, &cure), [told]);
    }
}

#[test]
fn rfc_9470_how_and_how_long_ago_the_sign_in_has_to_be() {
    let person = Cure { by_person: true, ..cure() };
    for (challenge, claims, told) in [
        ("Bearer acr_values=\"gold silver\"", json!({ "acr": "silver" }), "ok api_acr: the sign-in was at the level `silver`"),
        (
            "Bearer acr_values=\"gold silver\"",
            json!({ "acr": "gold silver" }),
            "FAIL api_acr: the API wants a sign-in of the level `gold silver`, and the token is of the level `gold silver` (oat profile edit work --acr-values 'gold silver' && oat login work)",
        ),
        (
            "Bearer acr_values=\"gold\"",
            json!({ "acr": 7 }),
            "FAIL api_acr: the API wants a sign-in of the level `gold`, and the token names no level (oat profile edit work --acr-values gold && oat login work)",
        ),
        ("Bearer max_age=\"60\"", json!({ "auth_time": START.0 - 120 }), "ok api_max_age: the sign-in was 2 min ago"),
        (
            "Bearer max_age=\"60\"",
            json!({ "auth_time": START.0 - 121 }),
            "FAIL api_max_age: the API wants a sign-in within 60 s, and the token is from one 2 min ago (oat profile edit work --max-age 60s && oat login work)",
        ),
        (
            "Bearer max_age=5",
            json!({}),
            "FAIL api_max_age: the API wants a sign-in within 5 s, and the token does not say when it was (oat profile edit work --max-age 5s && oat login work)",
        ),
    ] {
        assert_eq!(compared(challenge, claims, &person)[1..], [told.to_string()]);
    }
    for challenge in ["Bearer max_age=\"soon\"", "Bearer max_age=\"\"", "Bearer acr_values=\"\"", "Basic acr_values=\"gold\""] {
        assert_eq!(compared(challenge, json!({}), &person).len(), 1, "{challenge}");
    }
    assert_eq!(compared(&format!("Bearer max_age=\"{}\"", i64::MAX), json!({ "auth_time": 0 }), &person).len(), 2, "no overflow");
}
