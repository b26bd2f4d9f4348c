//! What the server says, held against what the token says of itself.

use super::*;
use crate::inspection::checks::Expected;
use crate::inspection::server::{check_said, introspected, told_of_person};
use crate::oauth::introspection::Introspection;
use crate::oauth::userinfo::Userinfo;

fn active(answer: Value) -> Introspection {
    let mut answer = members(answer);
    answer.insert("active".into(), true.into());
    Introspection { active: true, members: answer, signed: None }
}

fn person(answer: Value) -> Userinfo {
    Userinfo { members: members(answer), signed: None }
}

#[test]
fn only_what_differs_in_meaning_is_a_difference() {
    for (own, server, told) in [
        (json!({ "scope": "a b" }), json!({ "scope": "b a" }), None),
        (json!({ "scope": "a b" }), json!({ "scope": ["b", "a"] }), None),
        (json!({ "scope": "a b" }), json!({ "scope": "a" }), Some("`scope`: the token says \"a b\", the server says \"a\"")),
        (json!({ "scope": "a" }), json!({ "scope": "A" }), Some("`scope`: the token says \"a\", the server says \"A\"")),
        (json!({ "aud": "a" }), json!({ "aud": ["a"] }), None),
        (json!({ "aud": ["a", "b"] }), json!({ "aud": ["b", "a"] }), None),
        (json!({ "aud": "a b" }), json!({ "aud": ["a", "b"] }), Some("`aud`: the token says \"a b\", the server says [\"a\",\"b\"]")),
        (
            json!({ "aud": ["a", "a"] }),
            json!({ "aud": ["a", "b"] }),
            Some("`aud`: the token says [\"a\",\"a\"], the server says [\"a\",\"b\"]"),
        ),
        (
            json!({ "aud": ["a", "b"] }),
            json!({ "aud": ["a", "a"] }),
            Some("`aud`: the token says [\"a\",\"b\"], the server says [\"a\",\"a\"]"),
        ),
        (json!({ "exp": 1_768_213_800 }), json!({ "exp": 1_768_213_800.0 }), None),
        (json!({ "exp": 1 }), json!({ "exp": 2 }), Some("`exp`: the token says 1, the server says 2")),
        (json!({ "exp": 1 }), json!({ "exp": "1" }), None),
        (json!({ "sub": "\u{202e}" }), json!({ "sub": "x" }), Some("`sub`: the token says \"\\u202e\", the server says \"x\"")),
        (json!({ "jti": null }), json!({ "jti": "" }), Some("`jti`: the token says null, the server says \"\"")),
        (json!({ "iss": "a" }), json!({}), None),
        (json!({}), json!({ "iss": "a" }), None),
        // Names of people and the like are not said again.
        (json!({ "email": "a" }), json!({ "email": "b" }), None),
    ] {
        let mut report = report(TokenKind::Access, own.clone());
        introspected(&mut report, active(server.clone()));
        assert_eq!(report.notes, told.into_iter().collect::<Vec<_>>(), "{own} {server}");
        assert_eq!(said(&report), ["ok active: the server says that it is active"]);
        assert_eq!(report.introspection.unwrap()["active"], true);
    }
    let mut report = opaque(TokenKind::Access);
    introspected(&mut report, Introspection { signed: Some(Alg::Rs256), ..active(json!({ "exp": START.0 + 60 })) });
    assert_eq!(said(&report), ["ok active: the server says that it is active, signed with RS256"]);
    assert_eq!(report.expires_at, Some(UnixTime(START.0 + 60)));
    let mut known = Report { expires_at: Some(START), ..opaque(TokenKind::Access) };
    introspected(&mut known, active(json!({ "exp": START.0 + 60 })));
    assert_eq!(known.expires_at, Some(START), "what the token says of its end goes before");
    let mut odd = opaque(TokenKind::Access);
    introspected(&mut odd, active(json!({ "exp": "never" })));
    assert_eq!(odd.expires_at, None);
}

#[test]
fn of_a_token_that_is_not_active_nothing_else_is_shown() {
    let answer = || Introspection { active: false, members: members(json!({ "active": false, "sub": "CANARY" })), signed: None };
    let told = "FAIL active: the server says that the token is not active (it has ended, was revoked, or is another server's; some servers also \
                say so to a client that may not ask)";
    let mut report = opaque(TokenKind::Refresh);
    introspected(&mut report, answer());
    assert_eq!(said(&report), [told]);
    assert_eq!(report.reason.as_deref(), Some("the server says that it is not active"));
    assert!(!format!("{report:?}").contains("CANARY"));
    // Of a JWT the reason is the signature's to say.
    let mut jwt = super::report(TokenKind::Access, json!({}));
    introspected(&mut jwt, answer());
    assert_eq!((said(&jwt), jwt.reason), (vec![told.to_string()], None));
}

#[test]
fn userinfo_is_about_the_tokens_subject() {
    for (own, signed_in, sub, told) in [
        (json!({ "sub": "ada" }), None, json!("ada"), "ok userinfo: userinfo is about `ada` too"),
        (json!({ "sub": "ada" }), Some("eve"), json!("ada"), "ok userinfo: userinfo is about `ada` too"),
        (json!({}), Some("ada"), json!("ada"), "ok userinfo: userinfo is about `ada` too"),
        (json!({}), None, json!("ada"), "ok userinfo: userinfo is about `ada`"),
        (
            json!({ "sub": "ada" }),
            None,
            json!("Ada\u{7}"),
            "FAIL userinfo: userinfo is about `Ada\\u{7}`, and the token is about `ada` (nothing that userinfo says may be believed of the token's subject)",
        ),
        (
            json!({}),
            Some("ada"),
            json!("eve"),
            "FAIL userinfo: userinfo is about `eve`, and the token is about `ada` (nothing that userinfo says may be believed of the token's subject)",
        ),
    ] {
        let mut report = report(TokenKind::Access, own);
        told_of_person(&mut report, person(json!({ "sub": sub })), signed_in);
        assert_eq!(said(&report), [told]);
        assert!(report.userinfo.is_some());
    }
    let mut report = opaque(TokenKind::Access);
    introspected(&mut report, active(json!({ "sub": "ada" })));
    told_of_person(&mut report, person(json!({ "sub": "eve" })), None);
    assert!(said(&report)[1].starts_with("FAIL userinfo"), "what the server says of an opaque token counts");
}

#[test]
fn what_is_expected_of_an_opaque_token_is_asked_of_the_servers_answer() {
    let expected = Expected { audiences: vec!["a".into()], scopes: vec!["read".into()], ..Expected::default() };
    let checked = |mut report: Report, answer: Introspection| {
        introspected(&mut report, answer);
        check_said(&mut report, &expected);
        said(&report).split_off(1)
    };
    let good = || active(json!({ "aud": "a", "scope": "read" }));
    assert_eq!(checked(opaque(TokenKind::Access), good()), ["ok aud: for `a`", "ok scope: it has `read`"]);
    let bad = checked(opaque(TokenKind::Access), active(json!({ "aud": "b" })));
    assert!(bad[0].starts_with("FAIL aud: the access token is for `b`, not for `a`") && bad[1].starts_with("FAIL scope"), "{bad:?}");
    assert!(checked(report(TokenKind::Access, json!({})), good()).is_empty(), "a JWT has claims of its own");
    let over = Introspection { active: false, ..good() };
    assert!(checked(opaque(TokenKind::Access), over).is_empty());
}
