//! Each claim alone.

use super::*;
use crate::inspection::checks::{Expected, claims, required, scopes, unsaid};

const OPERATOR: &str = "(tell the server's operator)";

fn expected() -> Expected {
    Expected { whose: "the profile's issuer".into(), standing: true, ..Expected::default() }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| word.to_string()).collect()
}

/// What the checks of this name say of these claims.
fn judged(name: &str, kind: TokenKind, set: Value, expected: &Expected) -> Vec<String> {
    let mut report = report(kind, set);
    claims(&mut report, expected);
    of(name, &report)
}

#[test]
fn a_token_of_another_kind_by_the_same_issuer_is_told_by_its_typ() {
    use TokenKind::{Access, Id, Unknown};
    let other = |typ: &str, called: &str, what: &str| format!("FAIL typ: {called} is another kind of token: its `typ` is `{typ}`, {what}");
    for (kind, typ, told) in [
        (Access, json!("at+jwt"), "ok typ: `at+jwt`".to_string()),
        (Access, json!("JWT"), "ok typ: `JWT`".into()),
        (Id, json!("JWT"), "ok typ: `JWT`".into()),
        (Id, json!("\u{1b}[31m"), "ok typ: `\\u{1b}[31m`".into()),
        (Id, json!("at+jwt"), other("at+jwt", "the ID token", "an access token (RFC 9068)")),
        (Id, json!("application/AT+JWT"), other("application/AT+JWT", "the ID token", "an access token (RFC 9068)")),
        (Access, json!("logout+jwt"), other("logout+jwt", "the access token", "a logout token")),
        (Id, json!("Logout+JWT"), other("Logout+JWT", "the ID token", "a logout token")),
        (Access, json!("dpop+jwt"), other("dpop+jwt", "the access token", "a DPoP proof (RFC 9449)")),
        (Id, json!("secevent+jwt"), other("secevent+jwt", "the ID token", "a security event (RFC 8417)")),
        (
            Access,
            json!("token-introspection+jwt"),
            other("token-introspection+jwt", "the access token", "an introspection answer (RFC 9701)"),
        ),
        // Nobody said that it is not one.
        (Unknown, json!("logout+jwt"), "ok typ: `logout+jwt`".into()),
        (Unknown, json!("dpop+jwt"), "ok typ: `dpop+jwt`".into()),
        (Unknown, json!("secevent+jwt"), "ok typ: `secevent+jwt`".into()),
        (Unknown, json!("token-introspection+jwt"), "ok typ: `token-introspection+jwt`".into()),
        (Unknown, json!(7), "FAIL typ: the token has a `typ` that is a number, not a string".into()),
        (Access, json!(["at+jwt"]), "FAIL typ: the access token has a `typ` that is an array, not a string".into()),
    ] {
        let mut report = Report { header: Some(members(json!({ "alg": "ES256", "typ": typ }))), ..report(kind, json!({})) };
        claims(&mut report, &expected());
        assert_eq!(of("typ", &report), [told], "{kind:?} {typ}");
    }
    assert!(judged("typ", Access, json!({}), &expected()).is_empty(), "what has no `typ` says nothing of its kind");
}

#[test]
fn the_issuer_is_the_same_byte_for_byte() {
    let from =
        |iss: Value| judged("iss", TokenKind::Access, json!({ "iss": iss }), &Expected { issuer: Some(ISSUER.into()), ..expected() });
    assert_eq!(from(json!(ISSUER)), ["ok iss: `https://login.example.com` is the profile's issuer"]);
    for (iss, told) in [
        (
            json!("https://login.example.com/"),
            "FAIL iss: the access token is from `https://login.example.com/`, and the profile's issuer is `https://login.example.com`; only \
             the slash at the end differs, but it must be the same (if that is the server you mean, set issuer = \"https://login.example.com/\")",
        ),
        (
            json!("https://LOGIN.example.com"),
            "FAIL iss: the access token is from `https://LOGIN.example.com`, and the profile's issuer is `https://login.example.com` (if that \
             is the server you mean, set issuer = \"https://LOGIN.example.com\")",
        ),
        (json!(7), &format!("FAIL iss: the access token's `iss` is a number, not a string {OPERATOR}")),
    ] {
        assert_eq!(from(iss), [told]);
    }
    let told = |set: Value, expected: Expected| judged("iss", TokenKind::Access, set, &expected);
    let missing = told(json!({}), Expected { issuer: Some(ISSUER.into()), ..expected() });
    assert_eq!(missing, [format!("FAIL iss: the access token has no `iss` {OPERATOR}")]);
    // The preset knows better.
    let hinted = Expected { issuer: Some(ISSUER.into()), issuer_hint: Some("set domain".into()), ..expected() };
    assert!(told(json!({ "iss": "x" }), hinted)[0].ends_with("is `https://login.example.com` (set domain)"));
    assert!(told(json!({ "iss": "x" }), expected()).is_empty(), "no issuer is expected");
    let unasked = Expected { issuer: Some(ISSUER.into()), standing: false, ..expected() };
    assert!(told(json!({ "iss": "x" }), unasked).is_empty(), "the signature alone was asked for");
}

#[test]
fn entras_pattern_takes_the_tokens_own_tenant_and_no_other() {
    let pattern = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let from = |set: Value| {
        let entra = Expected { issuer: Some(pattern.into()), issuer_pattern: Some(pattern.into()), ..expected() };
        let [line] = judged("iss", TokenKind::Access, set, &entra).try_into().unwrap();
        line
    };
    let at = |tenant: &str| pattern.replace("{tenantid}", tenant);
    assert_eq!(
        from(json!({ "iss": at("9188040d-6c67"), "tid": "9188040d-6c67" })),
        "ok iss: `https://login.microsoftonline.com/9188040d-6c67/v2.0` is the profile's issuer"
    );
    for (iss, tid) in [
        (at("9188040d-6c67"), json!("other")),
        (at("9188040d-6c67"), Value::Null),
        (at(""), json!("")),
        (at("a/../b"), json!("a/../b")),
        (format!("{}/", at("a")), json!("a")),
        ("https://evil.example/a/v2.0".into(), json!("a")),
    ] {
        assert!(from(json!({ "iss": iss, "tid": tid })).starts_with(&format!("FAIL iss: the access token is from `{iss}`")), "{iss}");
    }
}

#[test]
fn every_audience_that_is_named_must_be_there_and_one_that_the_profile_asks_for() {
    use TokenKind::{Access, Id};
    let mine = "(an API takes only tokens that name it in `aud`: is this the audience that the API expects?)";
    let asked = "(the server gave a token for another audience than the profile asks for: does it know `audience`, or `resource`?)";
    for (kind, aud, wanted, asks, told) in [
        (Access, json!("a"), &["a"][..], &[][..], vec!["ok aud: for `a`".to_string()]),
        (Access, json!(["a", "b"]), &["b", "a"], &[], vec!["ok aud: for `a`, `b`".into()]),
        (Access, json!(["a"]), &["a", "b"], &[], vec![format!("FAIL aud: the access token is for `a`, not for `b` {mine}")]),
        (Access, json!("a b"), &["a"], &[], vec![format!("FAIL aud: the access token is for `a b`, not for `a` {mine}")]),
        (Access, json!([]), &["a"], &[], vec![format!("FAIL aud: the access token is for nobody, not for `a` {mine}")]),
        (Access, json!("\u{9b}"), &["a"], &[], vec![format!("FAIL aud: the access token is for `\\u{{9b}}`, not for `a` {mine}")]),
        (
            Access,
            json!(7),
            &["a"],
            &[],
            vec![format!("FAIL aud: the access token's `aud` is a number, not a string or an array of strings {OPERATOR}")],
        ),
        (
            Access,
            json!(["a", 7]),
            &["a"],
            &[],
            vec![format!("FAIL aud: the access token's `aud` is an array, not a string or an array of strings {OPERATOR}")],
        ),
        (Access, json!(["b"]), &[], &["a", "b"], vec!["ok aud: for `b`".into()]),
        (Access, json!("c"), &[], &["a", "b"], vec![format!("FAIL aud: the access token is for `c`, not for `a`, `b` {asked}")]),
        (
            Access,
            json!("c"),
            &["c"],
            &["a"],
            vec!["ok aud: for `c`".into(), format!("FAIL aud: the access token is for `c`, not for `a` {asked}")],
        ),
        // What the profile asks for is for access tokens; an ID token is for the client.
        (Id, json!("c"), &[], &["a"], vec![]),
        (Id, json!("c"), &["c"], &["a"], vec!["ok aud: for `c`".into()]),
        (Access, json!("c"), &[], &[], vec![]),
    ] {
        let expected = Expected { audiences: words(wanted), asked: words(asks), ..expected() };
        assert_eq!(judged("aud", kind, json!({ "aud": aud }), &expected), told, "{kind:?} {aud}");
    }
    let missing = judged("aud", Access, json!({}), &Expected { audiences: words(&["a"]), ..expected() });
    assert_eq!(missing, [format!("FAIL aud: the access token has no `aud` {OPERATOR}")]);
}

#[test]
fn an_id_token_is_for_the_client_and_azp_says_which_of_several() {
    use TokenKind::{Access, Id, Unknown};
    let mine = Expected { client_id: Some("me".into()), ..expected() };
    let right = "(is `client_id` right?)";
    for (set, told) in [
        (json!({ "aud": "me" }), "ok aud: for the client `me`".to_string()),
        (json!({ "aud": ["me"] }), "ok aud: for the client `me`".into()),
        (json!({ "aud": ["me", "you"], "azp": "me" }), "ok aud: for the client `me`".into()),
        (
            json!({ "aud": ["me", "you"], "azp": "you" }),
            format!("FAIL aud: the ID token was issued to the client `you`, not to `me` {right}"),
        ),
        (json!({ "aud": "me", "azp": "you" }), format!("FAIL aud: the ID token was issued to the client `you`, not to `me` {right}")),
        (json!({ "aud": "you", "azp": "me" }), format!("FAIL aud: the ID token is for `you`, not for the client `me` {right}")),
    ] {
        assert_eq!(judged("aud", Id, set.clone(), &mine), [told], "{set}");
    }
    let [several] = judged("aud", Id, json!({ "aud": ["me", "you"] }), &mine).try_into().unwrap();
    assert!(several.starts_with("FAIL aud: the ID token is for several audiences and does not say to which of them it was issued (`azp`)"));
    for kind in [Access, Unknown] {
        assert!(judged("aud", kind, json!({ "aud": "you" }), &mine).is_empty());
    }
    let unasked = Expected { standing: false, ..mine };
    assert!(judged("aud", Id, json!({ "aud": "you" }), &unasked).is_empty(), "the signature alone was asked for");
}

#[test]
fn an_id_token_is_about_somebody() {
    let about = |set: Value| judged("sub", TokenKind::Id, set, &expected());
    assert_eq!(about(json!({ "sub": "ada" })), ["ok sub: about `ada`"]);
    assert!(about(json!({ "sub": "" }))[0].starts_with("FAIL sub: the ID token is about nobody"));
    assert!(about(json!({}))[0].starts_with("FAIL sub: the ID token has no `sub`"));
    assert!(judged("sub", TokenKind::Access, json!({}), &expected()).is_empty());
}

#[test]
fn r43_clocks_may_differ_by_60_seconds_to_the_second() {
    let clock = "and clocks may differ by 60 s (is this machine's clock right? it says 2026-01-12T09:30:00Z)";
    for (name, away, told) in [
        ("exp", 3600, "ok exp: ends in 60 min".to_string()),
        ("exp", 1, "ok exp: ends in 1 s".into()),
        ("exp", 0, "ok exp: ended 0 s ago, and clocks may differ by 60 s".into()),
        ("exp", -59, "ok exp: ended 59 s ago, and clocks may differ by 60 s".into()),
        ("exp", -60, format!("FAIL exp: the access token expired 60 s ago, {clock}")),
        ("exp", -61, format!("FAIL exp: the access token expired 61 s ago, {clock}")),
        ("nbf", -1, "ok nbf: its time has begun".into()),
        ("nbf", 60, "ok nbf: its time has begun".into()),
        ("nbf", 61, format!("FAIL nbf: the access token is not valid for another 61 s, {clock}")),
        ("iat", -7200, "ok iat: issued 2 h ago".into()),
        ("iat", 0, "ok iat: issued 0 s ago".into()),
        ("iat", 60, "ok iat: issued 60 s in the future, and clocks may differ by 60 s".into()),
        ("iat", 61, format!("FAIL iat: the access token was issued 61 s in the future, {clock}")),
    ] {
        assert_eq!(judged(name, TokenKind::Access, json!({ name: START.0 + away }), &expected()), [told], "{name} {away}");
    }
    for name in ["exp", "nbf", "iat"] {
        for (value, what) in [
            (json!("1"), "is a string, not a number"),
            (Value::Null, "is null, not a number"),
            (json!(-1), "is no point in time: -1"),
            (json!(START.0 * 1000), "is no point in time: 1768210200000"),
        ] {
            let told = judged(name, TokenKind::Access, json!({ name: value }), &expected());
            assert_eq!(told, [format!("FAIL {name}: the access token's `{name}` {what} {OPERATOR}")]);
        }
        let unasked = Expected { standing: false, ..expected() };
        assert!(judged(name, TokenKind::Access, json!({ name: "1" }), &unasked).is_empty());
    }
}

#[test]
fn what_must_say_when_it_ends_fails_where_it_does_not_and_another_has_a_note() {
    for (kind, typ, must) in [
        (TokenKind::Id, "JWT", true),
        (TokenKind::Access, "at+jwt", true),
        (TokenKind::Unknown, "application/AT+jwt", true),
        (TokenKind::Access, "JWT", false),
        (TokenKind::Unknown, "JWT", false),
    ] {
        let mut report = Report { header: Some(members(json!({ "typ": typ }))), ..report(kind, json!({})) };
        claims(&mut report, &expected());
        let missing = |name: &str| of(name, &report).iter().any(|line| line.contains(&format!("has no `{name}`")));
        assert_eq!([missing("exp"), missing("iat"), missing("nbf")], [must, must, false], "{kind:?} {typ}");
        let notes = if must { vec![] } else { vec!["it has no `exp`: nothing in it says when it ends"] };
        assert_eq!(report.notes, notes);
    }
}

#[test]
fn what_a_token_is_bound_to_is_told_and_not_taken_for_checked() {
    let bound = |to: &str| format!("- cnf: it is bound to {to}; whether you hold it was not checked");
    for (cnf, told) in [
        (json!({ "jkt": "x" }), bound("a DPoP key (RFC 9449): sent as a plain Bearer token it is refused")),
        (json!({ "x5t#S256": "x" }), bound("a client certificate (RFC 8705): sent over a connection without it, it is refused")),
        (json!({ "jwk": {} }), bound("a key (RFC 7800): whoever sends it has to prove that it is theirs")),
        (json!({ "kid": "x" }), bound("a key (RFC 7800): whoever sends it has to prove that it is theirs")),
        (json!({}), bound("a key (RFC 7800): whoever sends it has to prove that it is theirs")),
        (json!({ "new": 1, "jkt": 7 }), bound("a DPoP key (RFC 9449): sent as a plain Bearer token it is refused")),
        (json!("x"), "FAIL cnf: `cnf` is a string, not an object".into()),
        (Value::Null, "FAIL cnf: `cnf` is null, not an object".into()),
    ] {
        assert_eq!(judged("cnf", TokenKind::Access, json!({ "cnf": cnf }), &expected()), [told]);
    }
}

#[test]
fn scopes_are_read_in_every_place_where_servers_put_them() {
    for (set, read) in [
        (json!({ "scope": "a  b" }), Some(vec!["a", "b"])),
        (json!({ "scope": ["a", "b c", 7] }), Some(vec!["a", "b", "c"])),
        (json!({ "scp": "a b" }), Some(vec!["a", "b"])),
        (json!({ "scp": ["a", "b"] }), Some(vec!["a", "b"])),
        (json!({ "scp": "b", "scope": "a" }), Some(vec!["a"])),
        (json!({ "scope": "" }), Some(vec![])),
        (json!({ "scope": 7 }), None),
        (json!({ "roles": ["a"] }), None),
    ] {
        assert_eq!(scopes(set.as_object().unwrap()), read.map(|read| words(&read)), "{set}");
    }
}

#[test]
fn a_missing_scope_is_named_and_where_else_it_is() {
    let fetch = "(ask for it with `scope` in the profile, and sign in or fetch anew)";
    for (set, told) in [
        (json!({ "scope": "write read x" }), "ok scope: it has `read write`".to_string()),
        (json!({ "scp": ["write", "read"] }), "ok scope: it has `read write`".into()),
        (json!({ "scope": "read" }), format!("FAIL scope: the token has the scope `read`, and `write` is missing {fetch}")),
        (json!({ "scope": "Read WRITE" }), format!("FAIL scope: the token has the scope `Read WRITE`, and `read write` is missing {fetch}")),
        (json!({}), format!("FAIL scope: the token names no scope, and `read write` is missing {fetch}")),
        (
            json!({ "scope": "read", "permissions": ["write"] }),
            "FAIL scope: the token has the scope `read`, and `write` is missing (it is among its `permissions`, which is where this server puts it)".into(),
        ),
        (
            json!({ "roles": ["write", "read"] }),
            "FAIL scope: the token names no scope, and `read write` is missing (it is among its `roles`, which is where this server puts it)".into(),
        ),
        (json!({ "permissions": ["write"] }), format!("FAIL scope: the token names no scope, and `read write` is missing {fetch}")),
    ] {
        let expected = Expected { scopes: words(&["read", "write"]), ..expected() };
        assert_eq!(judged("scope", TokenKind::Access, set.clone(), &expected), [told], "{set}");
    }
    assert!(judged("scope", TokenKind::Access, json!({}), &expected()).is_empty());
    assert!(required(None, &[], &Map::new()).is_ok());
}

#[test]
fn what_nobody_said_of_an_opaque_token_does_not_hold() {
    let wanted = Expected { audiences: words(&["a"]), scopes: words(&["read"]), ..expected() };
    let asked = |change: fn(&mut Report)| {
        let mut report = opaque(TokenKind::Access);
        change(&mut report);
        unsaid(&mut report, &wanted);
        said(&report)
    };
    let unknown = |name: &str, what: &str| {
        format!("FAIL {name}: of the access token {what} is not known: only its server can read it (--introspect asks the server)")
    };
    assert_eq!(asked(|_| {}), [unknown("aud", "the audience"), unknown("scope", "the scope")]);
    // Of the scope, the token answer will do.
    assert_eq!(
        asked(|report| report.granted = Some("write read".into())),
        [unknown("aud", "the audience"), "ok scope: it has `read`".into()]
    );
    let told = asked(|report| report.granted = Some("write".into()));
    assert!(told[1].starts_with("FAIL scope: the token has the scope `write`, and `read` is missing"), "{told:?}");
    // Somebody did, or something else was in the way.
    assert!(asked(|report| report.introspection = Some(Map::new())).is_empty());
    assert!(asked(|report| report.claims = Some(Map::new())).is_empty());
    assert!(asked(|report| report.trouble = Some(Error::new(Kind::Unavailable, "no connection"))).is_empty());
    let mut report = opaque(TokenKind::Access);
    unsaid(&mut report, &expected());
    assert!(report.checks.is_empty(), "nothing was asked for");
}
