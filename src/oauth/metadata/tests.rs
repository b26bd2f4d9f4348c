//! Metadata as a stranger could send it, or leave it in the cache.

use serde_json::json;

use super::*;
use crate::oauth::document::REDIRECTS;
use crate::oauth::world::Response;
use crate::oauth::world::script::{Script, answer, json as json_answer};

const ISSUER: &str = "https://login.example.com";
const FIRST: &str = "https://login.example.com/.well-known/openid-configuration";
const SECOND: &str = "https://login.example.com/.well-known/oauth-authorization-server";

fn asked(issuer: &Issuer) -> Asked<'_> {
    Asked { issuer, also: None, pin_hosts: &[], known: Known::Kept }
}

fn issuer(text: &str) -> Issuer {
    Issuer::parse(text).unwrap()
}

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "token_endpoint": "https://tokens.example.com/token",
        "jwks_uri": "https://login.example.com/jwks",
        "token_endpoint_auth_methods_supported": ["client_secret_post", 7],
        "grant_types_supported": ["client_credentials"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut document = document();
    document[name] = value;
    document
}

fn read_value(document: &Value) -> Result<Metadata> {
    read(document.to_string().as_bytes(), asked(&issuer(ISSUER)))
}

fn found(world: &mut Script) -> Result<Metadata> {
    discover(world, asked(&issuer(ISSUER)))
}

#[test]
fn a_document_that_holds_gives_its_endpoint_and_methods() {
    let metadata = read_value(&document()).unwrap();
    assert_eq!(metadata.token_endpoint.unwrap().as_str(), "https://tokens.example.com/token");
    assert_eq!(metadata.auth_methods.unwrap(), ["client_secret_post"]);
    assert_eq!(metadata.grant_types.unwrap(), ["client_credentials"]);
    let asked = read_value(&json!({
        "issuer": ISSUER,
        "introspection_endpoint": "https://login.example.com/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "introspection_signing_alg_values_supported": ["ES256"],
        "userinfo_endpoint": "https://login.example.com/userinfo",
        "userinfo_signing_alg_values_supported": ["RS256", "none"],
    }))
    .unwrap();
    assert_eq!(asked.introspection_endpoint.unwrap().as_str(), "https://login.example.com/introspect");
    assert_eq!(asked.userinfo_endpoint.unwrap().as_str(), "https://login.example.com/userinfo");
    assert_eq!(
        (asked.introspection_auth_methods.unwrap(), asked.introspection_signing_algs.unwrap()),
        (vec!["client_secret_basic".into()], vec!["ES256".into()])
    );
    assert_eq!(asked.userinfo_signing_algs.unwrap(), ["RS256", "none"]);
    let bare = read_value(&json!({ "issuer": ISSUER })).unwrap();
    assert!(bare.introspection_endpoint.is_none() && bare.userinfo_endpoint.is_none() && bare.introspection_signing_algs.is_none());
    assert!(bare.token_endpoint.is_none() && bare.auth_methods.is_none() && bare.grant_types.is_none());
}

#[test]
fn r31_the_issuer_must_be_the_same_byte_for_byte() {
    for other in [
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "https://login.example.com:443",
        "https://login.example.com/x",
        "https://evil.example",
        "http://login.example.com",
        "",
        "https://login.example.com\u{1b}[31m",
    ] {
        let error = read_value(&with("issuer", other.into())).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{other}");
        assert!(error.message.contains(&format!("the server calls itself `{}`", escape(other))), "{}", error.message);
        assert!(error.hint.clone().unwrap().contains(&format!("issuer = \"{}\"", escape(other))), "{other}");
    }
}

#[test]
fn r31_a_slash_at_the_end_is_named_as_the_only_difference() {
    for (wanted, server, only_slash) in [
        ("https://t.auth0.com", "https://t.auth0.com/", true),
        ("https://t.auth0.com/", "https://t.auth0.com", true),
        ("https://a.example/x/", "https://a.example/x", true),
        ("https://a.example/x", "https://a.example/y", false),
    ] {
        let error = read(json!({ "issuer": server }).to_string().as_bytes(), asked(&issuer(wanted))).unwrap_err();
        assert_eq!(error.message.contains("only the slash at the end differs"), only_slash, "{}", error.message);
        assert!(error.hint.clone().unwrap().contains(&format!("issuer = \"{server}\"")));
    }
}

#[test]
fn an_issuer_that_is_missing_or_no_string_is_refused() {
    for document in [json!({}), json!({ "issuer": null }), json!({ "issuer": 7 }), json!({ "issuer": [ISSUER] })] {
        assert!(read_value(&document).unwrap_err().message.contains("names no issuer"), "{document}");
    }
}

#[test]
fn entras_literal_tenantid_is_taken_only_where_the_preset_says_so() {
    let common = issuer("https://login.microsoftonline.com/common/v2.0");
    let literal = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let body = json!({ "issuer": literal, "token_endpoint": "https://login.microsoftonline.com/t" }).to_string();
    assert!(read(body.as_bytes(), Asked { issuer: &common, also: Some(literal), pin_hosts: &[], known: Known::Kept }).is_ok());
    assert_eq!(read(body.as_bytes(), asked(&common)).unwrap_err().kind, Kind::Invalid);
    let other = json!({ "issuer": "https://login.microsoftonline.com/{tenant}/v2.0" }).to_string();
    assert!(read(other.as_bytes(), Asked { issuer: &common, also: Some(literal), pin_hosts: &[], known: Known::Kept }).is_err());
}

#[test]
fn r32_one_hostile_endpoint_of_any_name_spoils_the_document() {
    for hostile in [
        "http://evil.example/token",
        "https://user:CANARY@login.example.com/token",
        "https://login.example.com/token#x",
        "https://login.example.com/\r\nX-Evil: 1",
        "https://login.example.com\\@evil.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "//login.example.com/token",
        "/token",
        "login.example.com",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1.evil.example/",
        "",
    ] {
        for name in
            ["token_endpoint", "jwks_uri", "authorization_endpoint", "device_authorization_endpoint", "revocation_endpoint", "x_endpoint"]
        {
            let error = read_value(&with(name, hostile.into())).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid, "{name} {hostile}");
            assert!(error.message.contains(&format!("a bad `{name}`")), "{}", error.message);
            assert!(!error.message.contains("CANARY") && error.message.lines().count() == 1, "{}", error.message);
            assert!(error.hint.clone().unwrap().contains("nothing was sent there"));
        }
    }
}

#[test]
fn r66_the_name_of_a_bad_endpoint_moves_no_cursor() {
    let error = read_value(&with("\u{1b}]52;c;x\u{7}\n_uri", "x".into())).unwrap_err();
    let told = format!("{} {}", error.message, error.hint.clone().unwrap());
    assert!(told.chars().all(|c| !c.is_control()), "{told:?}");
}

#[test]
fn links_for_people_are_not_endpoints() {
    for name in ["op_policy_uri", "op_tos_uri", "service_documentation"] {
        assert!(read_value(&with(name, "http://www.example.com/tos".into())).is_ok(), "{name}");
    }
}

#[test]
fn a_token_endpoint_of_another_type_is_refused_and_null_is_none() {
    for value in [json!(7), json!(["https://a.example"]), json!({}), json!(true)] {
        assert!(read_value(&with("token_endpoint", value.clone())).unwrap_err().message.contains("not a URL"), "{value}");
    }
    assert!(read_value(&with("token_endpoint", Value::Null)).unwrap().token_endpoint.is_none());
    assert!(read_value(&with("token_endpoint_auth_methods_supported", "client_secret_post".into())).unwrap().auth_methods.is_none());
}

#[test]
fn r32_pinned_hosts_hold_every_endpoint() {
    let body = document().to_string();
    let (server, pins) = (issuer(ISSUER), |hosts: &[&str]| hosts.iter().map(|host| host.to_string()).collect::<Vec<_>>());
    let read_pinned =
        |hosts: &[&str]| read(body.as_bytes(), Asked { issuer: &server, also: None, pin_hosts: &pins(hosts), known: Known::Kept });
    assert!(read_pinned(&["login.example.com", "TOKENS.example.com"]).is_ok());
    for hosts in [&["login.example.com"][..], &["tokens.example.com"], &["example.com"]] {
        assert!(read_pinned(hosts).unwrap_err().message.contains("`pin_hosts` does not list"), "{hosts:?}");
    }
}

#[test]
fn the_first_place_that_has_a_document_ends_the_search() {
    let mut world = Script::of([json_answer(200, document().to_string())]);
    found(&mut world).unwrap();
    assert_eq!(world.urls(), [FIRST]);
    assert_eq!(world.sent[0].headers, [("accept".to_string(), "application/json".to_string())]);
    assert_eq!(world.sent[0].body, None);
}

#[test]
fn every_place_is_tried_in_order() {
    let server = issuer("https://login.example.com/realm/one");
    let body = json!({ "issuer": server.as_str(), "token_endpoint": "https://login.example.com/t" }).to_string();
    let mut world =
        Script::of([answer(404, &[], "<html>"), answer(200, &[], "<html>for people"), answer(403, &[], ""), json_answer(200, body)]);
    assert!(discover(&mut world, asked(&server)).is_ok());
    assert_eq!(
        world.urls(),
        [
            "https://login.example.com/realm/one/.well-known/openid-configuration",
            "https://login.example.com/.well-known/oauth-authorization-server/realm/one",
            "https://login.example.com/realm/one/.well-known/oauth-authorization-server",
            "https://login.example.com/.well-known/openid-configuration/realm/one",
        ]
    );
}

#[test]
fn r30_where_there_is_no_document_the_first_failure_is_told() {
    let mut world = Script::of([answer(404, &[], "CANARY"), answer(410, &[], "CANARY")]);
    let error = found(&mut world).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, format!("no metadata at {FIRST}: 404 Not Found").as_str()));
    assert!(error.hint.clone().unwrap().contains("`token_endpoint`"));
    assert_eq!(world.urls(), [FIRST, SECOND]);
    assert!(world.cache.is_empty());
}

#[test]
fn r30_broken_metadata_is_one_line_without_a_word_of_the_document() {
    for (body, word) in [
        ("", "too early"),
        ("<!DOCTYPE html>CANARY", "looks like an HTML page"),
        ("[\"CANARY\"]", "an array"),
        ("{\"issuer\":\"CANARY", "too early"),
        ("{\"issuer\":\"https://login.example.com\",\"issuer\":\"CANARY\"}", "twice"),
        ("{} CANARY", "follows"),
    ] {
        let mut world = Script::of([json_answer(200, body), answer(404, &[], "")]);
        let error = found(&mut world).unwrap_err();
        let told = format!("{error} {:?}", error.hint);
        assert_eq!(error.kind, Kind::Invalid, "{body}");
        assert!(told.contains(word) && told.contains(FIRST) && !told.contains("CANARY") && told.lines().count() == 1, "{told}");
        assert!(world.cache.is_empty() && world.bodies().is_empty());
    }
}

#[test]
fn r30_a_document_that_lies_ends_the_search_at_once() {
    let lie = with("token_endpoint", "http://evil.example/".into()).to_string();
    let mut world = Script::of([json_answer(200, lie), json_answer(200, document().to_string())]);
    assert_eq!(found(&mut world).unwrap_err().kind, Kind::Invalid);
    assert_eq!(world.urls(), [FIRST]);
    assert!(world.cache.is_empty());
}

#[test]
fn r51_a_server_in_trouble_is_not_asked_at_the_next_place() {
    for status in [429, 500, 503] {
        let mut world = Script::of([answer(status, &[], "")]);
        let error = found(&mut world).unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        assert!(error.hint.clone().unwrap().starts_with("try again later"));
        assert_eq!(world.sent.len(), 1, "{status}");
    }
    let mut world = Script::default().then(Err(Error::new(Kind::Unavailable, "no connection")));
    assert_eq!(found(&mut world).unwrap_err().message, "no connection");
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn r101_a_cut_document_is_an_error_unless_it_is_whole() {
    let cut = |body: &str| Response { cut_short: Some("missing bytes".into()), ..json_answer(200, body) };
    let error = found(&mut Script::of([cut("{\"issuer\":")])).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(found(&mut Script::of([cut(&document().to_string())])).is_ok());
}

#[test]
fn r56_a_redirect_within_the_origin_is_followed() {
    let to = answer(302, &[("location", "/moved/openid-configuration")], "");
    let mut world = Script::of([to, json_answer(200, document().to_string())]);
    assert!(found(&mut world).is_ok());
    assert_eq!(world.urls(), [FIRST, "https://login.example.com/moved/openid-configuration"]);
}

#[test]
fn r56_a_redirect_to_another_origin_is_refused_before_anything_is_sent_there() {
    for (to, shown) in [
        ("https://evil.example/x?CANARY", "`https://evil.example`"),
        ("http://login.example.com/.well-known/openid-configuration", "`http://login.example.com`"),
        ("https://login.example.com:8443/", "`https://login.example.com:8443`"),
        ("//evil.example/x", "`https://evil.example`"),
        ("file:///etc/passwd", "`null`"),
        ("http://[", "nowhere"),
    ] {
        let mut world = Script::of([answer(301, &[("location", to)], "")]);
        let error = found(&mut world).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{to}");
        assert!(error.message.contains(&format!("redirects to {shown};")) && !error.message.contains("CANARY"), "{}", error.message);
        assert_eq!(world.urls(), [FIRST]);
    }
    assert!(found(&mut Script::of([answer(302, &[], "")])).unwrap_err().message.contains("nowhere"));
}

#[test]
fn r56_a_redirect_with_a_password_or_in_circles_is_refused() {
    let to = answer(302, &[("location", "https://u:CANARY@login.example.com/x")], "");
    let error = found(&mut Script::of([to])).unwrap_err();
    assert!(error.kind == Kind::Invalid && !error.message.contains("CANARY"), "{}", error.message);
    let mut world = Script::of((0..9).map(|_| answer(302, &[("location", FIRST)], "")));
    assert!(found(&mut world).unwrap_err().message.contains("in circles"));
    assert_eq!(world.sent.len(), REDIRECTS + 1);
}

#[test]
fn r34_what_was_found_is_kept_under_the_issuer_and_serves_the_next_command() {
    let mut world = Script::of([json_answer(200, document().to_string())]);
    found(&mut world).unwrap();
    assert_eq!(world.cache[ISSUER], document().to_string().into_bytes());
    let mut later = Script { cache: world.cache, ..Script::default() };
    assert_eq!(found(&mut later).unwrap().token_endpoint.unwrap().as_str(), "https://tokens.example.com/token");
    assert!(later.sent.is_empty());
}

#[test]
fn r34_a_poisoned_cache_is_passed_over_and_replaced() {
    for poison in [
        "".to_string(),
        "<html>".into(),
        "\u{0}\u{1}".into(),
        with("token_endpoint", "http://evil.example/".into()).to_string(),
        with("issuer", "https://evil.example".into()).to_string(),
        "[".repeat(100_000),
    ] {
        let mut world = Script::of([json_answer(200, document().to_string())]);
        world.cache.insert(ISSUER.into(), poison.clone().into_bytes());
        assert_eq!(found(&mut world).unwrap().token_endpoint.unwrap().host(), "tokens.example.com", "{poison:.40}");
        assert_eq!(world.cache[ISSUER], document().to_string().into_bytes());
    }
    // What a poisoner could still do is stopped by pinned hosts, also for what the cache holds.
    let mut world = Script::of([json_answer(200, document().to_string())]);
    world.cache.insert(ISSUER.into(), with("token_endpoint", "https://evil.example/".into()).to_string().into_bytes());
    let (server, pins) = (issuer(ISSUER), ["tokens.example.com".to_string(), "login.example.com".to_string()]);
    let metadata = discover(&mut world, Asked { issuer: &server, also: None, pin_hosts: &pins, known: Known::Kept }).unwrap();
    assert_eq!(metadata.token_endpoint.unwrap().host(), "tokens.example.com");
}
