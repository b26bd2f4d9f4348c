//! When a request is sent again, and when it is not.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::error::{Error, Kind};
use crate::oauth::client_auth::Client;
use crate::oauth::client_auth::Method;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::token::Body;
use crate::oauth::world::Response;
use crate::oauth::world::script::{START, Script, answer, json};
use crate::secret::ClientSecret;
use crate::time::UnixTime;

const GOOD: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;

fn ask(world: &mut Script) -> Result<TokenSet> {
    ask_with(world, Body::Form, Method::ClientSecretPost, &[])
}

fn ask_with(world: &mut Script, body: Body, method: Method, parameters: &[(String, Value)]) -> Result<TokenSet> {
    let endpoint = Endpoint::parse("https://a.example/token").unwrap();
    let client = Client { id: "cli_1".into(), secret: Some(ClientSecret::new("CANARY s+cret")), method, ..Client::default() };
    client_credentials(world, &Ask { endpoint: &endpoint, client: &client, body, parameters, pointer: None, token_type: None })
}

fn good() -> Response {
    json(200, GOOD)
}

fn retry_after(status: u16, value: &str) -> Response {
    answer(status, &[("retry-after", value)], "")
}

fn ms(milliseconds: &[u64]) -> Vec<Duration> {
    milliseconds.iter().copied().map(Duration::from_millis).collect()
}

#[test]
fn a1_a_form_holds_the_grant_the_parameters_and_the_client_in_order() {
    let mut world = Script::of([good()]);
    let parameters = [("audience".to_string(), Value::from("https://api.example.com"))];
    ask_with(&mut world, Body::Form, Method::ClientSecretPost, &parameters).unwrap();
    let sent = &world.sent[0];
    assert_eq!(
        sent.body.as_deref(),
        Some("grant_type=client_credentials&audience=https%3A%2F%2Fapi.example.com&client_id=cli_1&client_secret=CANARY+s%2Bcret")
    );
    assert_eq!((sent.header("accept"), sent.header("content-type")), (Some("application/json"), Some("application/x-www-form-urlencoded")));
    assert_eq!((sent.header("authorization"), sent.url.as_str()), (None, "https://a.example/token"));
}

#[test]
fn vc4_the_secret_is_in_the_json_body_and_nowhere_else() {
    let mut world = Script::of([good()]);
    ask_with(&mut world, Body::Json, Method::ClientSecretPost, &[]).unwrap();
    let sent = &world.sent[0];
    let body: Value = serde_json::from_str(sent.body.as_deref().unwrap()).unwrap();
    assert_eq!(body, serde_json::json!({ "grant_type": "client_credentials", "client_id": "cli_1", "client_secret": "CANARY s+cret" }));
    assert_eq!((sent.header("content-type"), sent.header("authorization")), (Some("application/json"), None));
    assert!(!sent.url.contains("CANARY"));
}

#[test]
fn with_basic_the_body_has_neither_id_nor_secret() {
    let mut world = Script::of([good()]);
    ask_with(&mut world, Body::Form, Method::ClientSecretBasic, &[]).unwrap();
    assert_eq!(world.sent[0].body.as_deref(), Some("grant_type=client_credentials"));
    // `cli_1:CANARY+s%2Bcret`, each part form-encoded first (RFC 6749 section 2.3.1).
    assert_eq!(world.sent[0].header("authorization"), Some("Basic Y2xpXzE6Q0FOQVJZK3MlMkJjcmV0"));
}

#[test]
fn a_profiles_own_grant_type_replaces_ours() {
    let mut world = Script::of([good()]);
    let parameters = [("grant_type".to_string(), Value::from("account_credentials")), ("account_id".to_string(), Value::from("a1"))];
    ask_with(&mut world, Body::Form, Method::ClientSecretBasic, &parameters).unwrap();
    assert_eq!(world.bodies(), ["grant_type=account_credentials&account_id=a1"]);
}

#[test]
fn vc8_two_failures_of_the_server_are_outwaited() {
    for status in [500, 502, 503, 504] {
        let mut world = Script::of([answer(status, &[], ""), answer(status, &[], "<html>"), good()]);
        assert_eq!(ask(&mut world).unwrap().access_token.expose(), "t");
        assert_eq!(world.waits, ms(&[250, 500]), "{status}");
        assert!(world.sent.iter().all(|sent| *sent == world.sent[0]) && world.sent.len() == 3);
    }
}

#[test]
fn vc8_server_error_is_outwaited_whatever_its_status() {
    for (status, code) in [(400, "server_error"), (200, "server_error"), (400, "temporarily_unavailable"), (401, "server_error")] {
        let mut world = Script::of([json(status, format!(r#"{{"error":"{code}"}}"#)), good()]);
        assert!(ask(&mut world).is_ok(), "{status} {code}");
        assert_eq!(world.waits, ms(&[250]));
    }
}

#[test]
fn a_request_is_sent_four_times_at_most() {
    let mut world = Script::of((0..9).map(|_| json(400, r#"{"error":"server_error","error_description":"down"}"#)));
    let error = ask(&mut world).unwrap_err();
    assert_eq!((error.kind, world.sent.len()), (Kind::Unavailable, 4));
    assert_eq!(world.waits, ms(&[250, 500, 1000]));
    assert_eq!(error.message, "token endpoint has trouble: server_error (down)");
}

#[test]
fn many_clients_do_not_come_back_together() {
    let mut world = Script { jitter: u16::MAX, ..Script::of([answer(500, &[], ""), answer(500, &[], ""), good()]) };
    ask(&mut world).unwrap();
    assert_eq!(world.waits, [Duration::from_micros(312_500), Duration::from_millis(625)]);
}

#[test]
fn r68_retry_after_in_seconds_is_honoured() {
    for status in [429, 500, 503] {
        for (text, wait) in [("7", 7), (" 10 ", 10), ("0", 0)] {
            let mut world = Script::of([retry_after(status, text), good()]);
            assert!(ask(&mut world).is_ok(), "{status} {text}");
            assert_eq!(world.waits, [Duration::from_secs(wait)]);
        }
    }
}

#[test]
fn r68_retry_after_as_a_date_is_honoured() {
    // START is Mon, 12 Jan 2026 09:30:00 GMT; the two obsolete forms are RFC 9110 section 5.6.7's.
    for date in ["Mon, 12 Jan 2026 09:30:04 GMT", "Monday, 12-Jan-26 09:30:04 GMT", "Mon Jan 12 09:30:04 2026"] {
        let mut world = Script::of([retry_after(503, date), good()]);
        assert!(ask(&mut world).is_ok(), "{date}");
        assert_eq!(world.waits, [Duration::from_secs(4)]);
        assert_eq!(world.clock, START + crate::time::Seconds(4));
    }
    let mut world = Script::of([retry_after(429, "Mon, 12 Jan 2026 09:29:00 GMT"), good()]);
    assert!(ask(&mut world).is_ok());
    assert_eq!(world.waits, [Duration::ZERO]);
}

#[test]
fn r68_a_longer_retry_after_fails_at_once_and_is_told() {
    for text in ["11", "3600", "Mon, 12 Jan 2026 09:30:11 GMT"] {
        for status in [429, 503] {
            let mut world = Script::of([retry_after(status, text), good()]);
            let error = ask(&mut world).unwrap_err();
            assert_eq!((error.kind, world.sent.len(), world.waits.len()), (Kind::Unavailable, 1, 0), "{text}");
            assert!(error.hint.clone().unwrap().contains(text));
        }
    }
}

#[test]
fn a18_a_429_that_does_not_say_when_is_not_sent_again() {
    for text in ["", "soon", "-1"] {
        let mut world = Script::of([retry_after(429, text), good()]);
        assert_eq!(ask(&mut world).unwrap_err().kind, Kind::Unavailable);
        assert_eq!((world.sent.len(), world.waits.len()), (1, 0), "{text}");
    }
}

#[test]
fn r54_no_wait_goes_past_the_deadline() {
    let mut world = Script { left: Duration::from_secs(5), ..Script::of([retry_after(503, "5"), good()]) };
    assert_eq!(ask(&mut world).unwrap_err().kind, Kind::Unavailable);
    assert_eq!((world.sent.len(), world.waits.len()), (1, 0));
    // The second wait no longer fits.
    let mut world = Script { left: Duration::from_millis(600), ..Script::of((0..4).map(|_| answer(500, &[], ""))) };
    assert!(ask(&mut world).is_err());
    assert_eq!((world.sent.len(), world.waits), (2, ms(&[250])));
}

#[test]
fn what_will_not_change_is_not_asked_twice() {
    for (status, body) in [
        (400, r#"{"error":"invalid_client"}"#),
        (401, r#"{"error":"invalid_client"}"#),
        (401, ""),
        (403, "<html>"),
        (404, ""),
        (400, r#"{"error":"invalid_scope"}"#),
        (400, r#"{"error":"slow_down"}"#),
        (200, "<html>"),
        (200, r#"{"token_type":"Bearer"}"#),
        (501, ""),
        (501, r#"{"error":"server_error"}"#),
        (302, ""),
    ] {
        let mut world = Script::of([json(status, body), good()]);
        assert!(ask(&mut world).is_err(), "{status} {body}");
        assert_eq!((world.sent.len(), world.waits.len()), (1, 0), "{status} {body}");
    }
}

#[test]
fn r55_a_request_whose_answer_never_came_is_not_sent_again() {
    for kind in [Kind::Unavailable, Kind::Invalid] {
        let mut world = Script::default().then(Err(Error::new(kind, "broke off"))).then(Ok(good()));
        assert_eq!(ask(&mut world).unwrap_err().kind, kind);
        assert_eq!((world.sent.len(), world.waits.len()), (1, 0));
    }
    let cut = Response { cut_short: Some("missing bytes".into()), ..json(200, "{\"access_token\":\"CAN") };
    let mut world = Script::of([cut, good()]);
    assert_eq!(ask(&mut world).unwrap_err().kind, Kind::Unavailable);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn r70_the_secret_is_not_shown_in_any_of_the_forms_in_which_it_was_sent() {
    for echo in ["CANARY s+cret", "CANARY+s%2Bcret", "Y2xpXzE6Q0FOQVJZK3MlMkJjcmV0"] {
        let mut world = Script::of([json(401, format!(r#"{{"error":"invalid_client","error_description":"got {echo}"}}"#))]);
        let error = ask_with(&mut world, Body::Form, Method::ClientSecretBasic, &[]).unwrap_err();
        assert_eq!(error.message, "token endpoint refused the client: invalid_client (got [redacted])");
    }
}

#[test]
fn r104_a_clock_before_1970_or_at_the_end_of_time_does_not_break_the_wait() {
    for clock in [i64::MIN, -1, 0, i64::MAX] {
        let mut world = Script { clock: UnixTime(clock), ..Script::of([retry_after(503, "Mon, 12 Jan 2026 09:30:04 GMT"), good()]) };
        assert_eq!(ask(&mut world).is_ok(), clock == i64::MAX, "{clock}");
    }
}
