//! The page, to the letter.

use super::*;
use crate::inspection::page::{Look, page};

const PLAIN: Look = Look { colour: false, screen: false };
const SCREEN: Look = Look { colour: false, screen: true };

fn small() -> Report {
    let claims = json!({ "scope": "read", "iss": ISSUER, "iat": START.0 - 360, "exp": START.0 + 3240, "team": ["a b", "c"] });
    let mut report = Report {
        what: "the access token of profile `work`".into(),
        header: Some(members(json!({ "alg": "ES256", "kid": "\u{1b}k" }))),
        reason: Some("no keys are known".into()),
        notes: vec!["it is long".into()],
        ..report(TokenKind::Access, claims)
    };
    report.unchecked("alg", "ES256");
    report.check("exp", Ok("ends in 54 min".into()));
    report.check("scope", Err(Error::new(Kind::Invalid, "`write` is missing").hint("ask for it")));
    report
}

#[test]
fn a_page_is_aligned_and_plain_where_nobody_looks() {
    assert_eq!(
        page(&small(), PLAIN),
        "\
NOT VERIFIED, AND DOES NOT HOLD  the access token of profile `work`: a signed JWT, 100 bytes
not verified: no keys are known
alg ES256, kid \\u{1b}k

  issuer (iss)   https://login.example.com
  scope          read
  issued (iat)   2026-01-12 09:24:00 UTC, 6 min ago
  expires (exp)  2026-01-12 10:24:00 UTC, in 54 min
  team           - a b
                 - c

  -     alg    ES256
  ok    exp    ends in 54 min
  FAIL  scope  `write` is missing
               ask for it

note: it is long"
    );
}

#[test]
fn colours_are_by_meaning_and_change_no_letter() {
    let coloured = page(&small(), Look { colour: true, screen: true });
    for part in [
        "\x1b[1;31mNOT VERIFIED, AND DOES NOT HOLD\x1b[0m  the access",
        "\x1b[33mnot verified: no keys are known\x1b[0m",
        "\x1b[2malg ES256, kid \\u{1b}k\x1b[0m",
        "  \x1b[2mscope        \x1b[0m  read",
        "  \x1b[33m-   \x1b[0m  alg",
        "  \x1b[32mok  \x1b[0m  exp",
        "  \x1b[1;31mFAIL\x1b[0m  scope",
        "\x1b[2m               ask for it\x1b[0m",
        "\x1b[32m├",
    ] {
        assert!(coloured.contains(part), "{part:?}\n{coloured}");
    }
    let without = ["1;31", "33", "32", "2", "0"].iter().fold(coloured, |text, code| text.replace(&format!("\x1b[{code}m"), ""));
    assert_eq!(without, page(&small(), SCREEN));
    assert!(!page(&small(), PLAIN).contains('\x1b') && !page(&small(), PLAIN).contains('├'));
}

#[test]
fn the_first_word_says_what_may_be_believed() {
    let head = |change: fn(&mut Report)| {
        let mut report = report(TokenKind::Access, json!({}));
        change(&mut report);
        page(&report, PLAIN).lines().next().unwrap_or_default().to_string()
    };
    fn fail(report: &mut Report) {
        report.check("exp", Err(Error::new(Kind::Invalid, "over")));
    }
    assert_eq!(head(|report| report.verified = true), "VERIFIED  the token: a signed JWT, 100 bytes");
    assert_eq!(head(|_| {}), "NOT VERIFIED  the token: a signed JWT, 100 bytes");
    assert_eq!(head(fail), "NOT VERIFIED, AND DOES NOT HOLD  the token: a signed JWT, 100 bytes");
    let both = |report: &mut Report| {
        report.verified = true;
        fail(report);
    };
    assert_eq!(head(both), "DOES NOT HOLD  the token: a signed JWT, 100 bytes");
    assert_eq!(head(|report| report.form = Form::Jws), "NOT VERIFIED  the token: signed bytes (JWS), 100 bytes");
    assert_eq!(head(|report| report.form = Form::Jwe), "NOT VERIFIED  the token: encrypted (JWE), 100 bytes");
    assert_eq!(head(|report| *report = opaque(TokenKind::Refresh)), "the token: opaque, 20 bytes");
    let by_word = |report: &mut Report| *report = Report { introspection: Some(Map::new()), ..opaque(TokenKind::Access) };
    assert_eq!(head(by_word), "ACTIVE, BY THE SERVER'S WORD  the token: opaque, 20 bytes");
    let over = |report: &mut Report| {
        *report = Report { introspection: Some(Map::new()), ..opaque(TokenKind::Access) };
        fail(report);
    };
    assert_eq!(head(over), "NOT VERIFIED, AND DOES NOT HOLD  the token: opaque, 20 bytes");
}

#[test]
fn what_the_server_says_again_is_shown_once() {
    let told = |report: Report| {
        let told = Report {
            introspection: Some(members(json!({ "sub": "ada", "client_id": "c1" }))),
            userinfo: Some(members(json!({ "name": "Ada" }))),
            ..report
        };
        page(&told, PLAIN)
    };
    let jwt = told(report(TokenKind::Access, json!({ "sub": "ada" })));
    assert!(jwt.contains("  subject (sub)  ada\n\nwhat the server says of it besides\n  client (client_id)  c1\n\n"), "{jwt}");
    let opaque = told(opaque(TokenKind::Access));
    assert!(opaque.contains("\nwhat the server says of it\n  subject (sub)       ada\n  client (client_id)  c1\n"), "{opaque}");
    assert!(opaque.ends_with("\nwhat the server says of the person\n  name  Ada"), "{opaque}");
}

#[test]
fn of_a_token_that_says_nothing_its_end_is_shown() {
    let ended = Report { expires_at: Some(UnixTime(START.0 + 600)), ..opaque(TokenKind::Access) };
    assert_eq!(page(&ended, SCREEN), "NOT VERIFIED  the token: opaque, 20 bytes\n\n  ends  2026-01-12 09:40:00 UTC, in 10 min");
    let bytes = Report { form: Form::Jws, payload: Some(b"::add-mask::x\n".to_vec()), ..opaque(TokenKind::Access) };
    assert!(page(&bytes, PLAIN).ends_with("\n\n`::add-mask::x\\n`"));
}

/// The timeline of a token with these claims, at a time so long after START.
fn timeline(claims: Value, later: i64) -> Option<String> {
    let report = Report { now: UnixTime(START.0.saturating_add(later)), ..report(TokenKind::Access, claims) };
    page(&report, SCREEN).lines().find(|line| line.contains('├')).map(str::to_string)
}

#[test]
fn the_timeline_marks_now_between_issue_and_end() {
    let claims = |nbf: i64| json!({ "iat": START.0, "nbf": START.0 + nbf, "exp": START.0 + 4000 });
    let line = |done: usize, now: &str, left: usize| format!("{}{now}{}", "━".repeat(done), "─".repeat(left));
    for (nbf, later, told) in [
        (0, 0, format!("  issued ├{}┤ expires   66 min of 66 min left", line(0, "●", 40))),
        (0, 2000, format!("  issued ├{}┤ expires   33 min of 66 min left", line(20, "●", 20))),
        (0, 3999, format!("  issued ├{}┤ expires   1 s of 66 min left", line(39, "●", 1))),
        (0, 4000, format!("  issued ├{}┤ expires   over for 0 s", line(40, "●", 0))),
        (0, 8000, format!("  issued ├{}┤ ● expires   over for 66 min", line(41, "", 0))),
        (0, -1, format!("  issued ● ├{}┤ expires   66 min of 66 min left", line(0, "", 41))),
        (0, -1000, format!("  issued ● ├{}┤ expires   83 min of 66 min left", line(0, "", 41))),
        (1000, 2000, format!("  issued ├{}|{}┤ expires   33 min of 66 min left", line(10, "", 0), line(9, "●", 20))),
        (3000, 2000, format!("  issued ├{}|{}┤ expires   33 min of 66 min left", line(20, "●", 9), line(0, "", 10))),
        // Marks on one another, and one that is off the line.
        (2000, 2000, format!("  issued ├{}┤ expires   33 min of 66 min left", line(20, "●", 20))),
        (9000, 2000, format!("  issued ├{}┤ expires   33 min of 66 min left", line(20, "●", 20))),
        (-50, 2000, format!("  issued ├{}┤ expires   33 min of 66 min left", line(20, "●", 20))),
    ] {
        assert_eq!(timeline(claims(nbf), later), Some(told), "{nbf} {later}");
    }
    let from_nbf = json!({ "nbf": START.0, "exp": START.0 + 4000 });
    assert_eq!(timeline(from_nbf, 2000).unwrap(), format!("  issued ├{}┤ expires   33 min of 66 min left", line(20, "●", 20)));
}

#[test]
fn there_is_no_timeline_without_a_length() {
    let at = START.0;
    for claims in [
        json!({}),
        json!({ "exp": at }),
        json!({ "iat": at }),
        json!({ "iat": at, "exp": at }),
        json!({ "iat": at + 1, "exp": at }),
        json!({ "iat": "1", "exp": at }),
        json!({ "iat": at, "exp": at * 1000 }),
        json!({ "iat": -1, "exp": 1e300 }),
    ] {
        assert_eq!(timeline(claims.clone(), 0), None, "{claims}");
    }
}

#[test]
fn no_time_is_too_absurd_for_the_timeline() {
    const LAST: i64 = 253_402_300_799;
    for (iat, exp) in [(0, 1), (0, LAST), (LAST - 1, LAST)] {
        for now in [i64::MIN, -1, 0, LAST, i64::MAX] {
            let report = Report { now: UnixTime(now), ..report(TokenKind::Access, json!({ "iat": iat, "nbf": LAST, "exp": exp })) };
            let page = page(&report, SCREEN);
            let line = page.lines().find(|line| line.contains('├')).unwrap();
            assert_eq!(line.contains("● ├"), now < iat, "{now}\n{line}");
            assert_eq!(line.contains("┤ ●"), now > exp, "{now}\n{line}");
        }
    }
    for end in [i64::MIN, i64::MAX] {
        let stored = Report { expires_at: Some(UnixTime(end)), ..report(TokenKind::Access, json!({ "iat": 0 })) };
        assert_eq!(page(&stored, SCREEN).contains('├'), end > 0);
    }
}
