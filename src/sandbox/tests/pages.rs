//! The pages, as a person and a browser see them.

use base64::Engine;
use sha2::{Digest, Sha256};

use super::*;

#[test]
fn a_person_signs_in_allows_and_goes_back_with_a_code() {
    let sandbox = asking();
    let page = authorize(&sandbox, &good("&scope=openid+offline_access+read"));
    assert!(body(&page).contains("value=\"alice\"") && body(&page).contains("sandbox-public"));
    let page = sign_in(&sandbox, &page, "bob");
    for said in ["<b>bob</b>", "know who you are", "stay signed in", "<code>read</code>", "http://127.0.0.1:8400/callback"] {
        assert!(body(&page).contains(said), "{said}");
    }
    let response = decide(&sandbox, &page, "allow");
    assert_eq!((sent(&response, "state").unwrap(), sent(&response, "iss").unwrap()), ("s".into(), "http://127.0.0.1:8417".into()));
    let form = format!("grant_type=authorization_code&code={}&{REDIRECT}&{VERIFIER}", sent(&response, "code").unwrap());
    let answer = token(&sandbox, &form, NOW).value();
    let info = sandbox.respond(&bearer(&answer), NOW).value();
    assert_eq!((&info["sub"], &info["email"]), (&"bob".into(), &"bob@sandbox.invalid".into()));
}

fn bearer(answer: &Value) -> Request {
    Request::of("GET", "/userinfo", &[("Authorization", &format!("Bearer {}", answer["access_token"].as_str().unwrap()))], "")
}

#[test]
fn what_is_not_a_clear_yes_is_access_denied() {
    let sandbox = asking();
    for decision in ["deny", "", "Allow"] {
        let page = sign_in(&sandbox, &authorize(&sandbox, &good("")), "alice");
        let response = decide(&sandbox, &page, decision);
        assert_eq!(sent(&response, "error").as_deref(), Some("access_denied"));
        assert_eq!((sent(&response, "state").unwrap(), sent(&response, "code")), ("s".into(), None));
    }
}

#[test]
fn who_may_not_sign_in_is_asked_again() {
    let sandbox = asking();
    let mut page = authorize(&sandbox, &good("&login_hint=carol"));
    assert!(body(&page).contains("value=\"carol\""));
    for name in ["mallory", "", "%3Cscript%3E"] {
        page = sign_in(&sandbox, &page, name);
        assert!(body(&page).contains("role=alert") && body(&page).contains("action=sign-in"), "{name}");
        assert!(!body(&page).contains("<script>"));
    }
    assert!(body(&sign_in(&sandbox, &page, "alice")).contains("action=consent"));
}

#[test]
fn a_page_is_answered_once_in_order_and_in_time() {
    let sandbox = asking();
    let first = authorize(&sandbox, &good(""));
    let refused = |response: Response| (response.status, response.header("Location").is_none()) == (400, true);
    assert!(refused(decide(&sandbox, &authorize(&sandbox, &good("")), "allow")), "nobody has signed in");
    let second = sign_in(&sandbox, &first, "alice");
    assert!(refused(sign_in(&sandbox, &first, "alice")), "answered before");
    assert_eq!(decide(&sandbox, &second, "allow").status, 303);
    assert!(refused(decide(&sandbox, &second, "allow")), "answered before");
    for form in ["", "transaction=", "transaction=invented&decision=allow"] {
        assert!(refused(post(&sandbox, "/consent", form, NOW)) && refused(post(&sandbox, "/sign-in", form, NOW)));
    }
    let late = authorize(&sandbox, &good(""));
    let form = format!("transaction={}&username=alice", transaction(&late));
    assert!(refused(post(&sandbox, "/sign-in", &form, later(1800))));
}

#[test]
fn a_page_has_no_script_loads_nothing_and_cannot_be_framed_or_kept() {
    let sandbox = asking();
    let sign_in_page = authorize(&sandbox, &good(""));
    let consent = sign_in(&sandbox, &sign_in_page, "alice");
    let ipv6 = authorize(&sandbox, &good("").replace("127.0.0.1", "%5B::1%5D"));
    let device = get(&sandbox, "/device");
    let trouble = authorize(&sandbox, "");
    for (page, back) in [
        (&sign_in_page, "'self' http://127.0.0.1:* http://localhost:*;"),
        (&consent, "'self' http://127.0.0.1:* http://localhost:*;"),
        // Content Security Policy has no word for an IPv6 address.
        (&ipv6, "'self' http:;"),
        (&device, "'self';"),
        (&trouble, "'self';"),
    ] {
        let html = body(page);
        let policy = page.header("Content-Security-Policy").unwrap();
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
        assert!(policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{hash}'; form-action {back}")), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        for (name, value) in [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")] {
            assert_eq!(page.header(name), Some(value));
        }
        for unwanted in ["<script", "src=", "href=", "style=", "url(", "@import", "action=\"/", "action=/", "action=http"] {
            assert!(!html.contains(unwanted), "{unwanted} in {html}");
        }
        assert!(html.len() < 4000, "{}", html.len());
    }
}

#[test]
fn what_a_client_or_person_wrote_is_escaped() {
    let sandbox = asking();
    let page = sign_in(&sandbox, &authorize(&sandbox, &good("&scope=%3Cb%3E'%26&audience=%22%3E%3Cscript%3E")), "alice");
    assert!(body(&page).contains("<code>&lt;b&gt;&#39;&amp;</code>") && body(&page).contains("&quot;&gt;&lt;script&gt;"));
    let page = get(&sandbox, "/device?user_code=%22%3E%3Cscript%3E");
    assert!(body(&page).contains("value=\"&quot;&gt;&lt;script&gt;\""));
}

#[test]
fn after_logout_a_browser_goes_on_to_this_machine_only() {
    let sandbox = asking();
    let logout = |query: &str| get(&sandbox, &format!("/logout?{query}"));
    assert!(body(&logout("")).contains("Signed out"));
    let response = logout("post_logout_redirect_uri=http://127.0.0.1:1/bye&state=s");
    assert_eq!(response.header("Location"), Some("http://127.0.0.1:1/bye?state=s"));
    let response = logout("post_logout_redirect_uri=https://example.com/");
    assert_eq!((response.status, response.header("Location")), (200, None));
    assert_eq!(post(&sandbox, "/logout", "state=s", NOW).status, 200);
}
