//! The authorization endpoint: who is sent back, with what, and who is not.

use super::*;

#[test]
fn an_approved_request_goes_back_with_code_state_and_issuer() {
    let sandbox = approving();
    let response = authorize(&sandbox, &good(""));
    assert!(response.header("Location").unwrap().starts_with("http://127.0.0.1:8400/callback?"));
    assert_eq!(sent(&response, "code").unwrap().len(), 32);
    assert_eq!(sent(&response, "state").unwrap(), "s");
    assert_eq!(sent(&response, "iss").unwrap(), "http://127.0.0.1:8417");
    assert_eq!(sent(&response, "error"), None);
    assert_eq!(response.header("Cache-Control"), Some("no-store"));
}

#[test]
fn the_request_may_come_as_a_form() {
    let response = post(&approving(), "/authorize", &good(""), NOW);
    assert!(sent(&response, "code").is_some());
}

#[test]
fn any_loopback_port_and_path_is_fine_and_its_query_stays() {
    let sandbox = approving();
    for (uri, start) in [
        ("http://127.0.0.1", "http://127.0.0.1/?code="),
        ("http://localhost:1/a/b?x=y%26z", "http://localhost:1/a/b?x=y%26z&code="),
        ("http://[::1]:65535/cb", "http://[::1]:65535/cb?code="),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let query = good("").replace(REDIRECT, &format!("redirect_uri={encoded}"));
        let response = authorize(&sandbox, &query);
        let location = response.header("Location").unwrap_or_default();
        assert!(location.starts_with(start), "{uri}: {location}");
    }
}

#[test]
fn a_redirect_uri_elsewhere_or_an_unknown_client_is_a_page_and_never_a_redirect() {
    let sandbox = approving();
    for uri in [
        "https://127.0.0.1:1/",
        "http://example.com/",
        "http://127.0.0.2:1/",
        "http://0.0.0.0:1/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:1%5C@example.com/",
        "http://127.0.0.1:1/%23fragment",
        "http://127.0.0.1:1/%0D%0ASet-Cookie:x",
        "http://127.0.0.1:1/%22%3E%3Cscript%3E",
        "javascript:alert(1)",
        "com.example:/cb",
        "/relative",
        "",
    ] {
        let response = authorize(&sandbox, &good("").replace(REDIRECT, &format!("redirect_uri={uri}")));
        assert_eq!((response.status, response.header("Location")), (400, None), "{uri}");
        assert!(body(&response).starts_with("<!doctype html>") && !body(&response).contains("<script>"));
    }
    for query in [
        good("").replace("sandbox-public", "stranger"),
        good("").replace("client_id=sandbox-public&", ""),
        good("").replace(&format!("{REDIRECT}&"), ""),
        good(&format!("&{REDIRECT}")),
        good("&client_id=sandbox-public"),
        String::new(),
    ] {
        let response = authorize(&sandbox, &query);
        assert_eq!((response.status, response.header("Location")), (400, None), "{query}");
    }
}

#[test]
fn every_other_error_goes_back_with_state_and_issuer() {
    let sandbox = approving();
    let without = |what: &str| good("").replace(what, "");
    for (query, code) in [
        (without("response_type=code&"), "invalid_request"),
        (good("").replace("response_type=code", "response_type=token"), "unsupported_response_type"),
        (good("").replace("response_type=code", "response_type=code+id_token"), "unsupported_response_type"),
        (good("&response_mode=fragment"), "invalid_request"),
        (without(CHALLENGE), "invalid_request"),
        (without("&code_challenge_method=S256"), "invalid_request"),
        (good("").replace("S256", "plain"), "invalid_request"),
        (good("&prompt=none"), "login_required"),
        (good("&prompt=none+login"), "invalid_request"),
        (good("&prompt=create"), "invalid_request"),
        (good("&max_age=soon"), "invalid_request"),
        (good("&scope=a%22b"), "invalid_scope"),
        (good("&resource=relative"), "invalid_target"),
        (good("&nonce=a&nonce=a"), "invalid_request"),
        (good("&response_type=code"), "invalid_request"),
        (good("&request=x.y.z"), "request_not_supported"),
        (good("&request_uri=urn:x"), "request_uri_not_supported"),
    ] {
        let response = authorize(&sandbox, &query);
        assert_eq!(sent(&response, "error").as_deref(), Some(code), "{query}");
        assert_eq!((sent(&response, "state").unwrap(), sent(&response, "iss").unwrap()), ("s".into(), "http://127.0.0.1:8417".into()));
        assert!(sent(&response, "error_description").is_some() && sent(&response, "code").is_none());
    }
}

#[test]
fn what_openid_connect_and_resource_indicators_add_is_taken() {
    let extra = "&scope=openid&nonce=n&max_age=0&acr_values=x&prompt=login+consent&login_hint=bob&ui_locales=de\
                 &resource=https://a.example&resource=https://b.example&audience=c&response_mode=query&unknown=1";
    assert!(sent(&authorize(&approving(), &good(extra)), "code").is_some());
}

#[test]
fn a_request_without_state_gets_none_back() {
    let response = authorize(&approving(), &good("").replace("&state=s", ""));
    assert_eq!(sent(&response, "state"), None);
}
