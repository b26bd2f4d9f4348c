//! The device flow, from the device's side and from the person's.

use super::*;

fn begin(sandbox: &Sandbox, extra: &str) -> Value {
    let response = post(sandbox, "/device_authorization", &format!("client_id=sandbox-public&scope=openid{extra}"), NOW);
    assert_eq!(response.status, 200);
    response.value()
}

fn poll(sandbox: &Sandbox, device: &Value, extra: &str, now: UnixTime) -> Response {
    let code = device["device_code"].as_str().unwrap();
    token(sandbox, &format!("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={code}{extra}"), now)
}

fn enter(sandbox: &Sandbox, user_code: &str, name: &str) -> Response {
    post(sandbox, "/device", &format!("user_code={user_code}&username={name}"), NOW)
}

fn said(sandbox: &Sandbox, device: &Value, decision: &str) {
    let page = enter(sandbox, device["user_code"].as_str().unwrap(), "bob");
    assert_eq!(decide(sandbox, &page, decision).status, 200);
}

#[test]
fn the_codes_are_as_the_rfc_wants_them() {
    let sandbox = asking();
    let device = begin(&sandbox, "");
    let user_code = device["user_code"].as_str().unwrap();
    assert_eq!((user_code.len(), user_code.find('-')), (9, Some(4)));
    assert!(user_code.bytes().all(|b| b == b'-' || (b.is_ascii_uppercase() && !b"AEIOUY".contains(&b))), "{user_code}");
    assert_eq!(device["verification_uri"], "http://127.0.0.1:8417/device");
    assert_eq!(device["verification_uri_complete"], format!("http://127.0.0.1:8417/device?user_code={user_code}"));
    assert_eq!((&device["expires_in"], &device["interval"]), (&300.into(), &5.into()));
    assert_ne!(begin(&sandbox, "")["user_code"], device["user_code"]);
}

#[test]
fn a_device_waits_until_the_person_allows_and_gets_its_token_once() {
    let sandbox = asking();
    let device = begin(&sandbox, "");
    assert_eq!(error(&poll(&sandbox, &device, "", NOW)), (400, "authorization_pending".into()));
    let shown = device["user_code"].as_str().unwrap();
    let form = get(&sandbox, &format!("/device?user_code={shown}"));
    assert!(body(&form).contains(&format!("value=\"{shown}\"")));
    // A person may write it as they like.
    let page = enter(&sandbox, &shown.to_lowercase().replace('-', "%20"), "bob");
    assert!(body(&page).contains("<b>bob</b>") && body(&page).contains("know who you are"));
    let done = decide(&sandbox, &page, "allow");
    assert!(done.status == 200 && body(&done).contains("signed in"));
    let answer = poll(&sandbox, &device, "", later(5));
    assert!(answer.status == 200 && answer.value()["id_token"].is_string());
    assert_eq!(error(&poll(&sandbox, &device, "", later(10))), (400, "invalid_grant".into()));
}

#[test]
fn who_polls_too_fast_is_slowed_down_for_good() {
    let sandbox = asking();
    let device = begin(&sandbox, "");
    for (second, code) in [
        (0, "authorization_pending"),
        (4, "slow_down"),
        (13, "slow_down"),
        (28, "authorization_pending"),
        (43, "authorization_pending"),
        (57, "slow_down"),
    ] {
        assert_eq!(error(&poll(&sandbox, &device, "", later(second))), (400, code.into()), "{second}");
    }
}

#[test]
fn who_is_turned_away_or_too_late_is_told() {
    let sandbox = asking();
    let denied = begin(&sandbox, "");
    said(&sandbox, &denied, "deny");
    assert_eq!(error(&poll(&sandbox, &denied, "", NOW)), (400, "access_denied".into()));
    let late = begin(&sandbox, "");
    said(&sandbox, &late, "allow");
    assert_eq!(error(&poll(&sandbox, &late, "", later(300))), (400, "expired_token".into()));
    assert_eq!(error(&poll(&sandbox, &late, "", later(900))), (400, "invalid_grant".into()));
}

#[test]
fn a_device_code_is_bound_to_its_client_and_its_challenge() {
    let sandbox = asking();
    let device = begin(&sandbox, &format!("&{CHALLENGE}"));
    said(&sandbox, &device, "allow");
    let form = format!("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={}", device["device_code"].as_str().unwrap());
    let foreign = sandbox.respond(&Request::form("/token", &form).basic("sandbox:sandbox-secret"), NOW);
    assert_eq!(error(&foreign), (400, "invalid_grant".into()));
    assert_eq!(error(&poll(&sandbox, &device, "", NOW)), (400, "invalid_grant".into()));
    assert_eq!(error(&poll(&sandbox, &device, &format!("&{VERIFIER}x"), NOW)), (400, "invalid_grant".into()));
    assert_eq!(poll(&sandbox, &device, &format!("&{VERIFIER}"), NOW).status, 200);
}

#[test]
fn a_wrong_code_or_name_is_asked_for_again() {
    let sandbox = asking();
    let device = begin(&sandbox, "");
    let code = device["user_code"].as_str().unwrap();
    for page in
        [enter(&sandbox, "BBBB-BBBB", "alice"), enter(&sandbox, "", "alice"), enter(&sandbox, code, "mallory"), enter(&sandbox, code, "")]
    {
        assert!(page.status == 200 && body(&page).contains("role=alert") && body(&page).contains("action=device"));
    }
    said(&sandbox, &device, "allow");
    assert!(body(&enter(&sandbox, code, "alice")).contains("No device waits"), "one answer is enough");
}

#[test]
fn a_server_that_approves_by_itself_does_so_at_the_first_poll() {
    let sandbox = approving();
    let device = begin(&sandbox, "");
    assert_eq!(device["interval"], 1);
    assert_eq!(poll(&sandbox, &device, "", NOW).status, 200);
}

#[test]
fn a_device_request_is_refused_like_any_other() {
    let sandbox = asking();
    for (form, status, code) in [
        ("", 401, "invalid_client"),
        ("client_id=sandbox", 401, "invalid_client"),
        ("client_id=sandbox-public&scope=a%22b", 400, "invalid_scope"),
        ("client_id=sandbox-public&resource=x", 400, "invalid_target"),
        ("client_id=sandbox-public&code_challenge=x&code_challenge_method=plain", 400, "invalid_request"),
    ] {
        assert_eq!(error(&post(&sandbox, "/device_authorization", form, NOW)), (status, code.into()), "{form}");
    }
}
