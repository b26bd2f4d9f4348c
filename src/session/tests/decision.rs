//! The decision, as a table.

use super::*;

fn kept(received_at: i64, lifetime: Option<i64>) -> CachedToken {
    CachedToken {
        request: "{}".into(),
        access_token: AccessToken::new("t"),
        token_type: "Bearer".into(),
        scope: None,
        received_at: START + Seconds(received_at),
        expires_at: lifetime.map(|length| START + Seconds(received_at) + Seconds(length)),
        extra: serde_json::Map::new(),
    }
}

/// Whether a token of this lifetime, received at START, is used so many seconds later under this leeway.
fn used(lifetime: i64, leeway: i64, later: i64) -> bool {
    decide(Some(&kept(0, Some(lifetime))), Renewal::Fetch, START + Seconds(later), Seconds(leeway), &Wish::default()) == Decision::Use
}

#[test]
fn vc10_a_token_of_an_hour_is_used_until_60_s_before_its_end_strictly() {
    for (later, hit) in [(0, true), (1, true), (3538, true), (3539, true), (3540, false), (3541, false), (3600, false), (99_999, false)] {
        assert_eq!(used(3600, 60, later), hit, "t={later}");
    }
}

#[test]
fn the_margin_is_at_most_a_tenth_of_the_lifetime() {
    for (lifetime, leeway, last) in [
        (3600, 0, 3599),
        (3600, 300, 3299),
        (3600, 3600, 3239),
        (600, 60, 539),
        (599, 60, 539),
        (300, 60, 269),
        (100, 60, 89),
        (60, 60, 53),
        (10, 60, 8),
        (9, 60, 8),
        (2, 60, 1),
        (1, 60, 0),
    ] {
        assert!(used(lifetime, leeway, last), "{lifetime} s, leeway {leeway}: at {last}");
        assert!(!used(lifetime, leeway, last + 1), "{lifetime} s, leeway {leeway}: at {}", last + 1);
    }
    assert!(!used(0, 60, 0) && !used(0, 0, 0) && !used(-1, 60, 0));
}

#[test]
fn a_negative_leeway_does_not_lengthen_a_token() {
    assert!(used(3600, -60, 3599) && !used(3600, -60, 3600));
}

#[test]
fn r104_a_token_received_in_the_future_is_not_trusted() {
    let wish = Wish::default();
    let at = |received: i64| decide(Some(&kept(received, Some(3600))), Renewal::Fetch, START, Seconds(60), &wish);
    assert_eq!(at(0), Decision::Use);
    assert_eq!(at(1), Decision::Fetch);
    assert_eq!(at(i64::MAX / 2), Decision::Fetch);
}

#[test]
fn r104_no_clock_and_no_record_overflows() {
    let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for received_at in extremes.map(UnixTime) {
        for expires_at in extremes.map(UnixTime) {
            for now in extremes.map(UnixTime) {
                for leeway in extremes.map(Seconds) {
                    let token = CachedToken { received_at, expires_at: Some(expires_at), ..kept(0, None) };
                    for wish in [Wish::default(), min_ttl(i64::MAX), min_ttl(i64::MIN)] {
                        let used = decide(Some(&token), Renewal::Fetch, now, leeway, &wish) == Decision::Use;
                        assert!(!used || (now < expires_at && received_at <= now), "{received_at:?} {expires_at:?} {now:?} {leeway:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_wish_of_min_ttl_is_honoured_as_given() {
    let token = kept(0, Some(3600));
    let at = |later: i64, least: i64| decide(Some(&token), Renewal::Fetch, START + Seconds(later), Seconds(60), &min_ttl(least));
    assert_eq!(at(0, 3600), Decision::Use);
    assert_eq!(at(0, 3601), Decision::Fetch);
    assert_eq!(at(600, 3000), Decision::Use);
    assert_eq!(at(601, 3000), Decision::Fetch);
    assert_eq!(at(3540, 1), Decision::Fetch);
}

#[test]
fn nothing_kept_an_unknown_end_and_force_all_ask_the_server() {
    let (good, endless) = (kept(0, Some(3600)), kept(0, None));
    for (token, wish) in [(None, Wish::default()), (Some(&endless), Wish::default()), (Some(&good), FORCE)] {
        assert_eq!(decide(token, Renewal::Fetch, START, Seconds(60), &wish), Decision::Fetch);
    }
    assert_eq!(decide(Some(&good), Renewal::Fetch, START, Seconds(60), &KEPT), Decision::Use);
}

#[test]
fn a_grant_of_a_person_uses_what_is_kept_then_refreshes_and_asks_for_a_sign_in_last() {
    let good = kept(0, Some(3600));
    for (renewal, decision) in [(Renewal::Refresh, Decision::Refresh), (Renewal::SignIn, Decision::LoginRequired)] {
        assert_eq!(decide(Some(&good), renewal, START, Seconds(60), &Wish::default()), Decision::Use);
        for (token, wish) in [(None, Wish::default()), (Some(&good), FORCE), (Some(&good), min_ttl(3601))] {
            assert_eq!(decide(token, renewal, START, Seconds(60), &wish), decision);
        }
    }
}

#[test]
fn ab10_a_refresh_token_past_its_own_end_is_not_tried() {
    let person = plan(&RAW.replace("client_credentials", "authorization_code"), &[]);
    let signed_in = |refresh_token: bool, end: Option<i64>| SignedIn {
        at: START,
        subject: None,
        name: None,
        refresh_token,
        refresh_token_expires_at: end.map(|end| START + Seconds(end)),
    };
    let at = |signed_in: Option<&SignedIn>| renewal(&person, signed_in, START);
    assert_eq!(at(Some(&signed_in(true, None))), Renewal::Refresh);
    assert_eq!(at(Some(&signed_in(true, Some(1)))), Renewal::Refresh);
    assert_eq!(at(Some(&signed_in(true, Some(0)))), Renewal::SignIn);
    assert_eq!(at(Some(&signed_in(false, None))), Renewal::SignIn);
    assert_eq!(at(None), Renewal::SignIn);
    assert_eq!(renewal(&plan(RAW, &[]), None, START), Renewal::Fetch);
}

#[test]
fn ab10_an_end_that_a_refresh_puts_off_is_no_end() {
    let text = RAW.replace("client_credentials", "authorization_code");
    let (person, sliding) = (plan(&text, &[]), plan(&format!("{text}refresh_token_sliding = true\n"), &[]));
    let until = |end: i64, refresh_token: bool| SignedIn {
        at: START,
        subject: None,
        name: None,
        refresh_token,
        refresh_token_expires_at: Some(START + Seconds(end)),
    };
    let month = 30 * 86_400;
    assert_eq!(over_at(&person, Some(&until(month, true))), Some(START + Seconds(month)));
    assert_eq!(over_at(&person, Some(&until(1800, true))), None, "half an hour from the start is what each refresh gives anew");
    assert_eq!(over_at(&person, Some(&until(month, false))), None, "there is nothing that could end");
    assert_eq!(over_at(&sliding, Some(&until(month, true))), None);
    assert_eq!(over_at(&person, None), None);
}
