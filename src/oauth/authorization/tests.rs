//! The request to the letter, and every answer that must not be believed.

use super::*;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::redirect::Redirect;

const ISSUER: &str = "https://login.example.com";

fn asked(endpoint: &str, parameters: &[(String, Value)], nonce: bool) -> Result<String> {
    let (endpoint, redirect) = (Endpoint::parse(endpoint).unwrap(), Redirect::default());
    let ask = Authorization {
        endpoint: &endpoint,
        client_id: "c 1",
        redirect: &redirect,
        parameters,
        nonce,
        issuer: None,
        issuer_pattern: None,
        iss_promised: false,
    };
    let nonce = nonce.then(|| Once::new("N"));
    url(&ask, "http://127.0.0.1:8400/callback", &Once::new("S"), "C", nonce.as_ref())
}

fn parameters(pairs: &[(&str, Value)]) -> Vec<(String, Value)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
}

#[test]
fn the_request_is_that_of_rfc_6749_and_7636_with_spaces_as_percent_20() {
    let url = asked("https://a.example/authorize", &parameters(&[("scope", "openid a+b".into())]), true).unwrap();
    assert_eq!(
        url,
        "https://a.example/authorize?response_type=code&client_id=c%201&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcallback\
         &scope=openid%20a%2Bb&state=S&code_challenge=C&code_challenge_method=S256&nonce=N"
    );
}

#[test]
fn r33_the_endpoints_own_query_is_kept_unless_it_says_what_is_ours_to_say() {
    let more = parameters(&[("resource", serde_json::json!(["https://a", "https://b"]))]);
    let url = asked("https://a.example/authorize?p=policy", &more, false).unwrap();
    assert!(url.starts_with("https://a.example/authorize?p=policy&response_type=code&"), "{url}");
    assert!(url.contains("resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&") && !url.contains("nonce"), "{url}");
    for own in PROTOCOL {
        let error = asked(&format!("https://a.example/authorize?{own}=x"), &[], false).unwrap_err();
        assert!(error.kind == Kind::Invalid && error.message.contains(own), "{error}");
    }
}

fn answer(query: &str, issuer: Option<&str>, iss_promised: bool) -> std::result::Result<String, Option<String>> {
    reading(query, false, issuer, iss_promised)
}

fn reading(text: &str, pasted: bool, issuer: Option<&str>, iss_promised: bool) -> std::result::Result<String, Option<String>> {
    let state = Once::new("s t+");
    let pattern = issuer.filter(|issuer| issuer.contains('{'));
    match read(text, pasted, &Expected { state: &state, issuer, issuer_pattern: pattern, iss_promised }) {
        Reading::Code(code) => Ok(code.expose().to_string()),
        Reading::Refused { error, description } => Err(Some(format!("{error}|{}", description.unwrap_or_default()))),
        Reading::Failed(error) => {
            assert_eq!(error.kind, Kind::Invalid);
            assert!(!error.message.contains("CANARY") && error.hint.is_some(), "{error}");
            Err(Some(error.message.clone().clone()))
        }
        Reading::Foreign => Err(None),
    }
}

#[test]
fn a_code_with_our_state_is_taken_and_unknown_parameters_are_passed_over() {
    assert_eq!(answer("code=abc%2Bd&state=s%20t%2B&session_state=x&x=1&x=2", None, false), Ok("abc+d".into()));
    assert_eq!(answer("state=s+t%2B&code=abc", Some(ISSUER), false), Ok("abc".into()));
}

#[test]
fn r13_without_the_right_state_nothing_counts_not_even_an_error() {
    for query in [
        "",
        "code=abc",
        "code=abc&state=",
        "code=abc&state=other",
        "code=abc&state=s%20t%2",
        "code=abc&state=s%20t%2B&state=s%20t%2B",
        "code=abc&state=s%20t%2B&state=other",
        "error=access_denied",
        "error=access_denied&state=other",
        "access_token=x&state=other",
        "%ff=%fe&&&===",
    ] {
        assert_eq!(answer(query, Some(ISSUER), true), Err(None), "{query}");
    }
}

#[test]
fn r22_iss_is_compared_byte_for_byte_and_missed_where_it_was_promised() {
    let with = |iss: &str| format!("code=abc&state=s%20t%2B&iss={iss}");
    assert_eq!(answer(&with("https%3A%2F%2Flogin.example.com"), Some(ISSUER), true), Ok("abc".into()));
    assert_eq!(answer(&with("https%3A%2F%2Flogin.example.com"), None, false), Ok("abc".into()));
    for wrong in ["https%3A%2F%2Flogin.example.com%2F", "https%3A%2F%2FLOGIN.example.com", "https%3A%2F%2Fevil.example", ""] {
        let told = answer(&with(wrong), Some(ISSUER), false).unwrap_err().unwrap();
        assert!(told.contains(ISSUER), "{told}");
    }
    let told = answer("code=abc&state=s%20t%2B", Some(ISSUER), true).unwrap_err().unwrap();
    assert!(told.contains("promises"), "{told}");
    // The error text of another server is not shown.
    let told = answer("error=CANARY&error_description=CANARY&state=s%20t%2B&iss=https%3A%2F%2Fevil.example", Some(ISSUER), false);
    assert!(told.unwrap_err().unwrap().contains("evil.example"));
}

#[test]
fn an_issuer_with_a_place_for_a_tenant_takes_any_one_tenant() {
    let pattern = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let with = |iss: &str| format!("code=abc&state=s%20t%2B&iss={iss}");
    assert_eq!(answer(&with("https://login.microsoftonline.com/7f1c-0d/v2.0"), Some(pattern), false), Ok("abc".into()));
    for wrong in ["https://login.microsoftonline.com//v2.0", "https://login.microsoftonline.com/a/b/v2.0", "https://evil/x/v2.0"] {
        assert!(answer(&with(wrong), Some(pattern), false).is_err(), "{wrong}");
    }
}

#[test]
fn r23_duplicate_mixed_and_malformed_parameters_are_refused() {
    let state = "&state=s%20t%2B";
    for query in [
        format!("code=abc&code=abc{state}"),
        format!("error=a&error=b{state}"),
        format!("code=abc&iss=https%3A%2F%2Flogin.example.com&iss=https%3A%2F%2Flogin.example.com{state}"),
        format!("code=abc&error=access_denied{state}"),
        format!("code=a%0Db{state}"),
        format!("code=%ff{state}"),
        format!("code={state}"),
        format!("access_token=x{state}"),
        "state=s%20t%2B".to_string(),
    ] {
        assert!(answer(&query, Some(ISSUER), false).unwrap_err().is_some(), "{query}");
    }
}

#[test]
fn r24_what_the_server_refuses_has_its_own_kind() {
    for (code, kind) in [
        ("access_denied", Kind::Denied),
        ("invalid_scope", Kind::Denied),
        ("login_required", Kind::LoginRequired),
        ("consent_required", Kind::LoginRequired),
        ("server_error", Kind::Unavailable),
        ("temporarily_unavailable", Kind::Unavailable),
        ("of_its_own", Kind::Denied),
    ] {
        assert_eq!(
            answer(&format!("error={code}&error_description=no+way&state=s%20t%2B"), None, false),
            Err(Some(format!("{code}|no way")))
        );
        let error = refused(code, Some("no\x1b[2J\r\nway"));
        assert_eq!((error.kind, error.oauth_error.as_deref()), (kind, Some(code)));
        assert!(error.message.contains("no\\u{1b}[2J\\r\\nway"), "{error}");
    }
}

#[test]
fn a_person_may_paste_the_address_its_query_or_the_bare_code() {
    let paste = |text: &str| reading(text, true, None, false);
    for text in [
        "http://127.0.0.1:8400/callback?code=abcdefgh&state=s%20t%2B",
        "  http://127.0.0.1:8400/callback?code=abcdefgh&state=s%20t%2B#_=_ \r",
        "http://127.0.0.1:8400/callback#code=abcdefgh&state=s%20t%2B",
        "?code=abcdefgh&state=s%20t%2B",
        "code=abcdefgh&state=s%20t%2B",
        "abcdefgh",
    ] {
        assert_eq!(paste(text), Ok("abcdefgh".into()), "{text}");
    }
    for text in ["http://127.0.0.1:8400/callback?code=abcdefgh&state=other", "http://127.0.0.1:8400/", "y", "not a code", ""] {
        assert_eq!(paste(text), Err(None), "{text}");
    }
    // A server that names itself in its answers is not to be taken without.
    assert_eq!(reading("abcdefgh", true, Some(ISSUER), true), Err(None));
    assert_eq!(reading("abcdefgh", false, None, false), Err(None), "from the network only with a state");
}
