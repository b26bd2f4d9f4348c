//! Revocation and userinfo.

use super::*;

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap().to_string()
}

fn revoke(sandbox: &Sandbox, token: &str) -> Response {
    post(sandbox, "/revoke", &format!("client_id=sandbox-public&token={token}&token_type_hint=whatever"), NOW)
}

fn userinfo(sandbox: &Sandbox, authorization: &str) -> Response {
    sandbox.respond(&Request::of("GET", "/userinfo", &[("Authorization", authorization)], ""), NOW)
}

fn known(sandbox: &Sandbox, answer: &Value) -> bool {
    userinfo(sandbox, &format!("Bearer {}", text(answer, "access_token"))).status == 200
}

#[test]
fn a_revoked_refresh_token_takes_its_access_tokens_along() {
    let sandbox = approving();
    let answer = sandbox.signed_in("sandbox-public", "openid+offline_access", NOW);
    let other = sandbox.signed_in("sandbox-public", "openid+offline_access", NOW);
    assert_eq!(revoke(&sandbox, &text(&answer, "refresh_token")).status, 200);
    assert_eq!(error(&refresh(&sandbox, &answer, "", NOW)), (400, "invalid_grant".into()));
    assert!(!known(&sandbox, &answer) && known(&sandbox, &other));
    assert_eq!(revoke(&sandbox, &text(&answer, "refresh_token")).status, 200, "once more does no harm");
    assert_eq!(count(&sandbox, "reuse"), 0);
}

#[test]
fn a_rotated_refresh_token_still_ends_its_sign_in() {
    let sandbox = approving();
    let first = sandbox.signed_in("sandbox-public", "offline_access", NOW);
    let second = refresh(&sandbox, &first, "", NOW).value();
    assert_eq!(revoke(&sandbox, &text(&first, "refresh_token")).status, 200);
    assert_eq!(error(&refresh(&sandbox, &second, "", NOW)), (400, "invalid_grant".into()));
}

#[test]
fn a_revoked_access_token_leaves_the_sign_in_alone() {
    let sandbox = approving();
    let answer = sandbox.signed_in("sandbox-public", "openid+offline_access", NOW);
    assert_eq!(revoke(&sandbox, &text(&answer, "access_token")).status, 200);
    assert!(!known(&sandbox, &answer));
    assert!(known(&sandbox, &refresh(&sandbox, &answer, "", NOW).value()));
}

#[test]
fn an_unknown_token_is_revoked_enough_and_a_foreign_one_is_refused() {
    let sandbox = approving();
    for token in ["x", "a.b.c", &"x".repeat(48)] {
        assert_eq!(revoke(&sandbox, token).status, 200);
    }
    let foreign = sandbox.signed_in("sandbox", "openid+offline_access", NOW);
    for name in ["access_token", "refresh_token"] {
        assert_eq!(error(&revoke(&sandbox, &text(&foreign, name))), (400, "invalid_grant".into()));
    }
    assert!(known(&sandbox, &foreign));
    assert_eq!(error(&post(&sandbox, "/revoke", "token=x", NOW)), (401, "invalid_client".into()));
    assert_eq!(error(&revoke(&sandbox, "")), (400, "invalid_request".into()));
}

#[test]
fn userinfo_says_who_and_asks_for_a_bearer_token() {
    let sandbox = approving();
    let bearer = format!("Bearer {}", text(&sandbox.signed_in("sandbox-public", "openid", NOW), "access_token"));
    let expected = serde_json::json!({ "sub": "alice", "name": "Alice", "preferred_username": "alice", "email": "alice@sandbox.invalid" });
    assert_eq!(userinfo(&sandbox, &bearer).value(), expected);
    let posted = Request::of("POST", "/userinfo", &[("Authorization", &bearer)], "");
    assert_eq!(sandbox.respond(&posted, NOW).value(), expected);

    let without = get(&sandbox, "/userinfo");
    assert_eq!((without.status, without.header("WWW-Authenticate")), (401, Some(r#"Bearer realm="oat sandbox""#)));
    for header in ["Bearer x", "Bearer", "Basic eDp5"] {
        let refused = userinfo(&sandbox, header);
        assert_eq!(refused.status, 401);
        assert!(refused.header("WWW-Authenticate").unwrap().contains("invalid_token"), "{header}");
    }
    let narrow = format!("Bearer {}", text(&sandbox.signed_in("sandbox-public", "read", NOW), "access_token"));
    let client = token(&sandbox, "grant_type=client_credentials&scope=openid", NOW).value();
    for header in [narrow, format!("Bearer {}", text(&client, "access_token"))] {
        let refused = userinfo(&sandbox, &header);
        assert_eq!(refused.status, 403);
        assert!(refused.header("WWW-Authenticate").unwrap().contains("insufficient_scope"));
    }
}

#[test]
fn every_endpoint_counts_its_own_requests() {
    let sandbox = approving();
    let counts = get(&sandbox, "/requests").value();
    for name in
        ["token", "authorize", "device_authorization", "device", "revoke", "introspect", "userinfo", "jwks", "metadata", "refresh", "reuse"]
    {
        assert_eq!(counts[name], 0, "{name}");
    }
    sandbox.signed_in("sandbox-public", "openid", NOW);
    revoke(&sandbox, "x");
    get(&sandbox, "/userinfo");
    for name in ["token", "authorize", "revoke", "userinfo"] {
        assert_eq!(count(&sandbox, name), 1, "{name}");
    }
    assert_eq!(count(&sandbox, "introspect"), 0);
}
