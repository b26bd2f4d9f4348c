//! Every shape of an answer that servers were seen to send.

use super::*;
use crate::oauth::world::script::{answer, json};

fn good(body: &str) -> TokenSet {
    read(&json(200, body), &Expectation::default()).expect(body)
}

fn bad(response: &Response) -> Error {
    let error = read(response, &Expectation::default()).expect_err("an answer that does not hold");
    // The session adds the hint for a code, because remedies are the provider's and the grant's.
    assert!(error.hint.is_some() || error.oauth_error.is_some(), "{error}");
    for text in [Some(error.to_string()), error.hint.clone()].into_iter().flatten() {
        assert!(text.lines().count() == 1 && text.len() < 900 && !text.contains("CANARY"), "{text}");
    }
    error
}

/// The lifetime of a token whose answer has this as `expires_in`.
fn lifetime_of(expires_in: &str) -> Lifetime {
    good(&format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#)).lifetime
}

#[test]
fn a3_the_plain_answer_of_the_rfc_is_read() {
    let set = good(r#"{"access_token":"t","token_type":"Bearer","expires_in":86400,"scope":"a b","refresh_token":"r"}"#);
    assert_eq!((set.access_token.expose(), set.token_type.as_str(), set.scope.as_deref()), ("t", "Bearer", Some("a b")));
    assert_eq!(set.lifetime, Lifetime::Known(Seconds(86_400)));
    assert_eq!(set.refresh_token.unwrap().expose(), "r");
    assert!(set.id_token.is_none() && set.extra.is_empty());
}

#[test]
fn r65_expires_in_is_read_as_integer_float_or_numeric_string() {
    for (text, seconds) in [
        ("3600", 3600),
        ("3600.0", 3600),
        ("3599.9", 3599),
        ("3.6e3", 3600),
        ("\"3600\"", 3600),
        ("\" 3600 \"", 3600),
        ("\"3599.5\"", 3599),
        ("0", 0),
        ("\"0\"", 0),
        ("-1", 0),
        ("-9223372036854775808", 0),
        ("-1e300", 0),
        ("\"-5\"", 0),
        // Ten years: some servers' way of saying "long".
        ("315360000", 315_360_000),
    ] {
        assert_eq!(lifetime_of(text), Lifetime::Known(Seconds(seconds)), "{text}");
    }
}

#[test]
fn r65_an_absurd_expires_in_is_garbled_and_an_absent_one_missing() {
    for text in [
        "1e300",
        "9e18",
        "9223372036854775807",
        "18446744073709551615",
        "\"9e999\"",
        "\"inf\"",
        "\"NaN\"",
        "\"soon\"",
        "\"\"",
        "\"3600s\"",
        "true",
        "[3600]",
        "{}",
        // Milliseconds, and points in time: as a lifetime each would keep a dead token for decades.
        "3600000000",
        "1768213800",
    ] {
        assert_eq!(lifetime_of(text), Lifetime::Garbled, "{text}");
    }
    assert_eq!(lifetime_of("null"), Lifetime::Missing);
    assert_eq!(good(r#"{"access_token":"t"}"#).lifetime, Lifetime::Missing);
}

#[test]
fn facebooks_expires_is_read_where_there_is_no_expires_in() {
    assert_eq!(good(r#"{"access_token":"t","expires":"5183944"}"#).lifetime, Lifetime::Known(Seconds(5_183_944)));
    assert_eq!(good(r#"{"access_token":"t","expires_in":60,"expires":5}"#).lifetime, Lifetime::Known(Seconds(60)));
    assert_eq!(good(r#"{"access_token":"t","expires_in":null,"expires":5}"#).lifetime, Lifetime::Known(Seconds(5)));
}

#[test]
fn scope_is_read_as_text_list_or_commas() {
    for (scope, read) in [
        (r#""a b""#, Some("a b")),
        (r#""repo,gist""#, Some("repo gist")),
        (r#""a, b""#, Some("a b")),
        (r#"["a","b"]"#, Some("a b")),
        (r#"["a",1,"b"]"#, Some("a b")),
        (r#""  ""#, None),
        ("[]", None),
        ("null", None),
        ("7", None),
        ("{}", None),
    ] {
        assert_eq!(good(&format!(r#"{{"access_token":"t","scope":{scope}}}"#)).scope.as_deref(), read, "{scope}");
    }
}

#[test]
fn r64_bearer_is_known_in_any_case_and_may_be_left_out() {
    for token_type in [r#""bearer""#, r#""BEARER""#, r#""Bearer""#, "null"] {
        assert_eq!(good(&format!(r#"{{"access_token":"t","token_type":{token_type}}}"#)).token_type, "Bearer");
    }
    assert_eq!(good(r#"{"access_token":"t"}"#).token_type, "Bearer");
}

#[test]
fn r64_a_token_of_another_type_is_refused_unless_the_profile_knows_its_name() {
    for token_type in [r#""mac""#, r#""DPoP""#, r#""""#, "7", r#""Application Access Token""#] {
        let error = bad(&json(200, format!(r#"{{"access_token":"CANARY","token_type":{token_type}}}"#)));
        assert_eq!(error.kind, Kind::Invalid, "{token_type}");
        assert!(error.message.contains("oat knows only Bearer"), "{}", error.message);
    }
    let body = json(200, r#"{"access_token":"t","token_type":"Application Access Token"}"#);
    let expect = Expectation { token_type: Some("Application Access Token"), ..Expectation::default() };
    assert_eq!(read(&body, &expect).unwrap().token_type, "Bearer");
}

#[test]
fn r59_an_access_token_is_a_string_that_is_not_empty() {
    for (member, word) in [
        ("", "has no `access_token`"),
        (r#","access_token":null"#, "has no `access_token`"),
        (r#","access_token":"""#, "empty"),
        (r#","access_token":7"#, "a number"),
        (r#","access_token":{"v":"CANARY"}"#, "an object"),
        (r#","access_token":["CANARY"]"#, "an array"),
        (r#","access_token":true"#, "a boolean"),
    ] {
        let error = bad(&json(200, format!(r#"{{"token_type":"Bearer"{member}}}"#)));
        assert_eq!(error.kind, Kind::Invalid, "{member}");
        assert!(error.message.contains(word), "{member}: {}", error.message);
    }
}

#[test]
fn r61_a_token_with_a_byte_that_no_header_can_carry_is_refused() {
    for hostile in
        [r"CANARY\r\nX-Evil: 1", r"CANARY\n", r"\u0000CANARY", "CANARY x", r"CANARY\t", r"CANARY\u007f", "CANARYé", r"CANARY\u2028"]
    {
        for member in ["access_token", "refresh_token", "id_token"] {
            let body = match member {
                "access_token" => format!(r#"{{"access_token":"{hostile}"}}"#),
                other => format!(r#"{{"access_token":"t","{other}":"{hostile}"}}"#),
            };
            let error = bad(&json(200, body));
            assert_eq!(error.kind, Kind::Invalid, "{member} {hostile}");
            assert!(error.message.contains("with byte 0x"), "{}", error.message);
        }
    }
    let every: String = (0x21..=0x7e_u8).map(char::from).collect();
    let body = serde_json::json!({ "access_token": every }).to_string();
    assert_eq!(good(&body).access_token.expose(), every);
}

#[test]
fn r63_a_token_of_64_kib_and_more_is_read_whole() {
    for length in [64 << 10, 1 << 20] {
        let token = "x".repeat(length);
        assert_eq!(good(&format!(r#"{{"access_token":"{token}"}}"#)).access_token.expose(), token);
    }
}

#[test]
fn r71_an_absent_null_or_empty_refresh_token_is_none() {
    for member in ["", r#","refresh_token":null"#, r#","refresh_token":"""#, r#","refresh_token":7"#] {
        assert!(good(&format!(r#"{{"access_token":"t"{member}}}"#)).refresh_token.is_none(), "{member}");
    }
}

#[test]
fn a_refresh_tokens_own_lifetime_is_read_and_0_means_no_end() {
    let lifetime = |member: &str| good(&format!(r#"{{"access_token":"t",{member}}}"#)).refresh_token_lifetime;
    assert_eq!(lifetime(r#""refresh_token_expires_in":15811200"#), Some(Seconds(15_811_200)));
    assert_eq!(lifetime(r#""refresh_expires_in":"1800""#), Some(Seconds(1800)));
    assert_eq!(lifetime(r#""refresh_expires_in":0"#), None);
    assert_eq!(lifetime(r#""refresh_expires_in":"never""#), None);
}

#[test]
fn camel_case_is_read() {
    let set = good(r#"{"accessToken":"t","tokenType":"bearer","expiresIn":60,"refreshToken":"r","idToken":"i"}"#);
    assert_eq!((set.access_token.expose(), set.lifetime), ("t", Lifetime::Known(Seconds(60))));
    assert_eq!((set.refresh_token.unwrap().expose(), set.id_token.unwrap().expose()), ("r", "i"));
}

#[test]
fn a_nested_token_is_found_by_the_pointer_only() {
    let body = json(200, r#"{"ok":true,"access_token":"bot","authed_user":{"access_token":"user","scope":"a,b"}}"#);
    let nested = |pointer| read(&body, &Expectation { pointer, ..Expectation::default() }).unwrap();
    assert_eq!(nested(Some("/authed_user")).access_token.expose(), "user");
    assert_eq!(nested(Some("/authed_user")).scope.as_deref(), Some("a b"));
    assert_eq!(nested(Some("/not_there")).access_token.expose(), "bot");
    assert_eq!(nested(None).access_token.expose(), "bot");
}

#[test]
fn r57_a_json_object_is_read_under_any_content_type_or_none() {
    for media in ["text/html", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "image/png", ""] {
        let response = answer(200, &[("content-type", media)], " \n{\"access_token\":\"t\"}\n");
        assert_eq!(read(&response, &Expectation::default()).unwrap().access_token.expose(), "t", "{media}");
    }
    let response = answer(200, &[], "\u{feff}{\"access_token\":\"t\"}");
    assert!(read(&response, &Expectation::default()).is_ok());
}

#[test]
fn a_form_is_read_under_its_own_content_type_only() {
    let body = "access_token=gho_1&expires_in=28800&scope=repo%2Cgist&token_type=bearer&refresh_token=r";
    let form = answer(200, &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")], body);
    let set = read(&form, &Expectation::default()).unwrap();
    assert_eq!((set.access_token.expose(), set.lifetime), ("gho_1", Lifetime::Known(Seconds(28_800))));
    assert_eq!((set.scope.as_deref(), set.refresh_token.unwrap().expose()), (Some("repo gist"), "r"));
    assert_eq!(bad(&answer(200, &[("content-type", "text/plain")], body)).kind, Kind::Invalid);
    let twice = answer(200, &[("content-type", "application/x-www-form-urlencoded")], "access_token=CANARY&access_token=b");
    assert!(bad(&twice).message.contains("twice"));
    let cut = Response { cut_short: Some("2 bytes are missing".into()), ..form };
    assert_eq!(bad(&cut).kind, Kind::Unavailable);
}

#[test]
fn r59_error_wins_over_a_token_whatever_the_status() {
    for status in [200, 201, 400, 401, 403] {
        let error = bad(&json(status, r#"{"error":"invalid_grant","access_token":"CANARY"}"#));
        assert_eq!((error.kind, error.oauth_error.as_deref()), (Kind::Denied, Some("invalid_grant")), "{status}");
    }
    // GitHub, with its own Accept header left out.
    let form =
        answer(200, &[("content-type", "application/x-www-form-urlencoded")], "error=bad_verification_code&error_description=The+code");
    let error = bad(&form);
    assert_eq!(error.message, "token endpoint refused the request: bad_verification_code (The code)");
}

#[test]
fn an_empty_error_is_no_error() {
    for member in [r#""error":null"#, r#""error":"""#, r#""error":false"#, r#""errors":[]"#, r#""ok":true"#] {
        assert_eq!(good(&format!(r#"{{{member},"access_token":"t"}}"#)).access_token.expose(), "t", "{member}");
    }
}

#[test]
fn every_shape_of_an_error_gives_its_code_and_its_description() {
    for (body, code, description) in [
        (
            r#"{"error":"invalid_client","error_description":"Invalid client credentials"}"#,
            "invalid_client",
            Some("Invalid client credentials"),
        ),
        (r#"{"error":"invalid_client"}"#, "invalid_client", None),
        (r#"{"error":"invalid_client","error_description":null}"#, "invalid_client", None),
        (r#"{"error":"invalid_client","error_description":{"a":"CANARY"}}"#, "invalid_client", None),
        (r#"{"error":"invalid_client","errorDescription":"d"}"#, "invalid_client", Some("d")),
        (r#"{"error":"invalid_client","message":"d"}"#, "invalid_client", Some("d")),
        (r#"{"error":{"code":"invalid_client","message":"d"}}"#, "invalid_client", Some("d")),
        (r#"{"error":{"type":"OAuthException","code":190,"message":"d"}}"#, "OAuthException", Some("d")),
        (r#"{"error":{}}"#, "error", None),
        (r#"{"error":190,"message":"d"}"#, "190", Some("d")),
        (r#"{"error":true}"#, "error", None),
        (r#"{"error":["CANARY"]}"#, "error", None),
        (r#"{"errors":[{"errorType":"invalid_client","message":"d"}]}"#, "invalid_client", Some("d")),
        (r#"{"errors":["CANARY"]}"#, "error", None),
        (r#"{"errorCode":"invalid_client","message":"d"}"#, "invalid_client", Some("d")),
        (r#"{"error_code":"invalid_client","error_message":"d"}"#, "invalid_client", Some("d")),
        (r#"{"ok":false,"error":"invalid_auth"}"#, "invalid_auth", None),
        (r#"{"ok":false}"#, "error", None),
    ] {
        for status in [200, 400, 401] {
            let error = bad(&json(status, body));
            assert_eq!((error.kind, error.oauth_error.as_deref()), (Kind::Denied, Some(code)), "{status} {body}");
            let ending = description.map_or_else(|| code.to_string(), |text| format!("{code} ({text})"));
            assert!(error.message.ends_with(&ending), "{body}: {}", error.message);
        }
    }
}

#[test]
fn vc6_a_refused_client_is_told_with_code_and_description() {
    let error = bad(&json(401, r#"{"error":"invalid_client","error_description":"Invalid client credentials"}"#));
    assert_eq!(error.message, "token endpoint refused the client: invalid_client (Invalid client credentials)");
    assert_eq!(error.kind, Kind::Denied);
}

#[test]
fn trouble_of_the_server_is_told_as_trouble_and_never_as_a_sign_in() {
    for (status, body) in [
        (500, r#"{"error":"invalid_grant"}"#),
        (400, r#"{"error":"server_error"}"#),
        (200, r#"{"error":"temporarily_unavailable"}"#),
        (429, r#"{"error":"rate_limited"}"#),
        (400, r#"{"error":"slow_down"}"#),
        (503, ""),
        (502, "<html>CANARY</html>"),
        (504, r#"{"access_token":"CANARY"}"#),
        (429, ""),
    ] {
        let error = bad(&json(status, body));
        let hint = error.hint.clone().unwrap();
        assert_eq!(error.kind, Kind::Unavailable, "{status} {body}");
        assert!(hint.starts_with("try again later") && !hint.contains("sign in") && !hint.contains("log in"), "{hint}");
    }
}

#[test]
fn a18_what_the_server_says_of_its_quota_is_told() {
    let headers = [("retry-after", "120"), ("x-ratelimit-reset", "1768210260")];
    let hint = bad(&answer(429, &headers, "")).hint.clone().unwrap();
    assert_eq!(hint, "try again later; the server asks to wait: 120; the rate limit resets at 1768210260");
}

#[test]
fn vc14_a_refusal_without_json_names_the_status_and_what_came_instead() {
    for status in [400, 401, 403] {
        for (media, body, word) in [
            ("", "", "with an empty body"),
            ("application/json", "  \n", "with an empty body"),
            ("text/html", "CANARY", "looks like an HTML page"),
            ("text/plain", "<!DOCTYPE html>CANARY", "looks like an HTML page"),
            ("application/json", "<HTML>CANARY", "looks like an HTML page"),
            ("text/plain", "CANARY", "text/plain"),
            ("", "CANARY", "names no content type"),
            ("application/json", "{}", "it names no error"),
        ] {
            let error = bad(&answer(status, &[("content-type", media)], body));
            assert_eq!((error.kind, &error.oauth_error), (Kind::Denied, &None), "{status} {body}");
            assert!(error.message.contains(&super::status(status)) && error.message.contains(word), "{body}: {}", error.message);
        }
    }
}

#[test]
fn r50_nothing_of_a_body_that_cannot_be_read_is_quoted() {
    for status in [200, 204, 400, 404, 405, 415, 418, 500, 599] {
        for body in [
            "CANARY",
            "<html>CANARY",
            "{\"access_token\":\"CANARY",
            "{\"access_token\":\"CANARY\"} trailing CANARY",
            "{\"a\":1,\"a\":\"CANARY\"}",
            "{\"CANARY\":1,\"CANARY\":2}",
            "[\"CANARY\"]",
            "\"CANARY\"",
            "access_token=CANARY",
            "null",
            "\u{0}CANARY",
        ] {
            for media in ["application/json", "text/html", "text/plain", "application/jwt", ""] {
                bad(&answer(status, &[("content-type", media)], body));
            }
        }
    }
    bad(&answer(200, &[("content-type", "application/json")], b"{\"access_token\":\"CANARY\xff\"}".as_slice()));
    let utf16: Vec<u8> = "{\"access_token\":\"CANARY\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bad(&answer(200, &[], utf16));
}

#[test]
fn an_address_that_is_no_token_endpoint_is_told_as_such() {
    for (status, body) in [(404, "<html>not here"), (405, ""), (200, "<html>sign in"), (200, ""), (204, ""), (415, "")] {
        let error = bad(&answer(status, &[], body));
        assert_eq!(error.kind, Kind::Invalid, "{status}");
        assert!(error.hint.clone().unwrap().contains("`token_endpoint`"), "{status}");
    }
}

#[test]
fn r101_a_cut_answer_is_an_error_unless_it_is_one_whole_object() {
    let cut = |body: &str| Response { cut_short: Some("12 of 40 bytes".into()), ..json(200, body) };
    let error = bad(&cut(r#"{"access_token":"CANARY"#));
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("cut short (12 of 40 bytes) after 23 bytes"), "{}", error.message);
    assert_eq!(bad(&cut("")).kind, Kind::Unavailable);
    assert_eq!(read(&cut(r#"{"access_token":"t"}"#), &Expectation::default()).unwrap().access_token.expose(), "t");
}

#[test]
fn r105_a_redirect_is_refused_with_its_target_but_without_its_query() {
    for status in [300, 301, 302, 303, 307, 308, 399] {
        let headers = [("location", "https://evil.example/t?client_secret=CANARY#CANARY"), ("content-type", "application/json")];
        let error = bad(&answer(status, &headers, r#"{"access_token":"CANARY"}"#));
        assert_eq!(error.kind, Kind::Invalid, "{status}");
        assert!(error.message.contains("points to `https://evil.example/t`;"), "{}", error.message);
    }
    assert!(bad(&answer(302, &[], "")).message.contains("points to nowhere"));
}

#[test]
fn r66_a_hostile_description_moves_no_cursor() {
    let error = bad(&json(400, r#"{"error":"a\u001b]52;c;x\u0007","error_description":"\r\n::add-mask::\u202e\u009b31m"}"#));
    for text in [&error.message, error.oauth_error.as_ref().unwrap()] {
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text:?}");
    }
    assert!(error.message.contains(r"\r\n::add-mask::"), "{}", error.message);
}

#[test]
fn r70_our_own_secrets_are_redacted_wherever_a_server_echoes_them() {
    let ours = [WireSecret::new("CANARY s+cret"), WireSecret::new("CANARY+s%2Bcret")];
    let expect = Expectation { ours: &ours, ..Expectation::default() };
    let echo = "CANARY s+cret";
    for response in [
        json(401, format!(r#"{{"error":"invalid_client","error_description":"no client with {echo} or CANARY+s%2Bcret"}}"#)),
        json(401, format!(r#"{{"error":"{echo}"}}"#)),
        json(200, format!(r#"{{"access_token":"t","token_type":"{echo}"}}"#)),
        answer(302, &[("location", "https://a.example/CANARY+s%2Bcret")], ""),
        answer(429, &[("retry-after", echo), ("x-ratelimit-reset", echo)], ""),
        answer(500, &[("retry-after", echo)], r#"{"error":"server_error"}"#),
    ] {
        let error = read(&response, &expect).unwrap_err();
        let shown = format!("{error} {:?} {:?}", error.hint, error.oauth_error);
        assert!(!shown.contains("CANARY"), "{shown}");
    }
    let kept = json(200, format!(r#"{{"access_token":"t","scope":"CANARY+s%2Bcret","note":"{echo}"}}"#));
    let set = read(&kept, &expect).unwrap();
    assert!(set.extra.is_empty() && set.scope.as_deref() == Some("[redacted]"), "{set:?}");
}

#[test]
fn members_that_are_not_the_protocols_are_kept_when_they_are_harmless() {
    let body = r#"{"access_token":"t","instance_url":"https://eu.example","issued_at":"1768210200000","n":7,"b":true,
        "id_secret":"x","device_code":"x","signature":"x","api_key":"x","Password":"x","session_token":"x","client_assertion":"x",
        "object":{"a":1},"list":[1],"nothing":null,"lines":"a\nb","escape":"\u001b[0m"}"#;
    let extra = good(body).extra;
    let names: Vec<&str> = extra.keys().map(String::as_str).collect();
    assert_eq!(names, ["b", "instance_url", "issued_at", "n"]);
    let long = format!(r#"{{"access_token":"t","long":"{}","{}":1}}"#, "x".repeat(1025), "n".repeat(65));
    assert!(good(&long).extra.is_empty());
}

#[test]
fn debug_of_what_was_read_shows_no_token() {
    let set = good(r#"{"access_token":"CANARY","refresh_token":"CANARY","id_token":"CANARY"}"#);
    assert!(!format!("{set:?}").contains("CANARY"));
}
