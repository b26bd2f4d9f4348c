//! Four sources, one plan.

use std::path::Path;

use super::*;
use crate::keys::Key;
use crate::plan::setting::Origin;

fn plan(text: &str, flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Plan> {
    let config = Config::parse(Path::new("/c/config.toml"), text)?;
    let flags = flags.iter().map(|(name, text)| (Key::named(name).unwrap(), text.to_string())).collect();
    Plan::make(&Chosen { flags, ..Chosen::default() }, &config, &Environment::of(variables))
}

const ZERO: &str = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"https://zero.example\"\nclient_id = \"cli_1\"\nclient_secret = { env = \"S\" }\nscope = \"from-file\"\n";

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_preset() {
    let scope = |flags: &[(&str, &str)], variables: &[(&str, &str)]| plan(ZERO, flags, variables).unwrap().scope().map(str::to_string);
    assert_eq!(scope(&[("scope", "flag")], &[("OAT_SCOPE", "variable")]).as_deref(), Some("flag"));
    assert_eq!(scope(&[], &[("OAT_SCOPE", "variable")]).as_deref(), Some("variable"));
    assert_eq!(scope(&[], &[]).as_deref(), Some("from-file"));
    let made = plan(&format!("{ZERO}token_request_body = \"form\"\n"), &[], &[]).unwrap();
    assert_eq!(made.body, Body::Form);
    let client_auth = made.settings.all.iter().find(|setting| setting.key.name == "client_auth").unwrap();
    assert_eq!(client_auth.origin, Origin::Preset("vericerts".into()));
    assert_eq!(made.token_endpoint.unwrap().as_str(), "https://zero.example/v1/auth/token");
}

#[test]
fn vc1_the_base_url_may_come_from_a_variable_and_an_unset_one_is_named() {
    let text = ZERO.replace("https://zero.example", "${ZERO_URL}");
    let made = plan(&text, &[], &[("ZERO_URL", "https://z.example/")]).unwrap();
    assert_eq!(made.token_endpoint.unwrap().as_str(), "https://z.example/v1/auth/token");
    let error = plan(&text, &[], &[]).unwrap_err();
    assert!(error.message.contains("ZERO_URL") && error.message.contains("line 3"), "{}", error.message);
    let error = plan("[profile.zero]\nprovider = \"vericerts\"\n", &[], &[]).unwrap_err();
    assert!(error.message.contains("base_url") && error.hint.unwrap().contains("VERICERTS_API_URL"), "{}", error.message);
}

#[test]
fn no_file_is_needed_when_the_environment_brings_the_server() {
    let variables = [
        ("OAT_TOKEN_ENDPOINT", "https://a.example/t"),
        ("OAT_CLIENT_ID", "c"),
        ("OAT_CLIENT_SECRET", "s"),
        ("OAT_GRANT", "client_credentials"),
    ];
    let made = plan("", &[], &variables).unwrap();
    assert_eq!(made.profile.as_str(), "environment");
    assert_eq!(made.client_secret, Some(SecretReference::Env("OAT_CLIENT_SECRET".into())));
    let error = plan("", &[], &[("OAT_GRANT", "password"), ("OAT_ISSUER", "https://a.example")]).unwrap_err();
    assert!(error.message.contains("OAT_GRANT"), "{}", error.message);
}

#[test]
fn what_is_missing_is_named_with_the_line_to_write() {
    for (text, word) in [
        ("[profile.a]\nclient_id = \"x\"", "names no server"),
        ("[profile.a]\nissuer = \"https://a\"", "client_id"),
        ("[profile.a]\nissuer = \"https://a\"\nclient_id = \"x\"\ngrant = \"client_credentials\"", "client_secret"),
        ("[profile.a]\nprovider = \"abbyy-vantage\"", "region"),
        ("[profile.a]\nprovider = \"abbyy-vantage\"\nregion = \"de\"", "eu"),
        ("[profile.a]\nprovider = \"vantage\"", "unknown provider"),
        ("[profile.a]\nissuer = \"http://a.example\"", "plain http"),
        ("[profile.a]\n[profile.b]\n", "which profile"),
        ("default_profile = \"x\"\n[profile.a]\n", "no profile `x`"),
    ] {
        let error = plan(text, &[], &[]).unwrap_err();
        assert_eq!(error.kind, Kind::Config, "{text}");
        assert!(error.message.contains(word) && error.hint.is_some(), "{text}: {error:?}");
    }
}

#[test]
fn ab3_the_tenant_stands_in_the_path_only_where_there_is_one() {
    let text = "[profile.v]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\ngrant = \"client_credentials\"\n";
    let made = plan(text, &[], &[]).unwrap();
    assert_eq!(made.token_endpoint.as_ref().unwrap().as_str(), "https://vantage-eu.abbyy.com/auth2/connect/token");
    assert_eq!(made.parameters, [("scope".to_string(), Json::from("openid permissions global.wildcard"))]);
    let made = plan(text, &[("tenant", "t-1")], &[]).unwrap();
    assert_eq!(made.token_endpoint.unwrap().as_str(), "https://vantage-eu.abbyy.com/auth2/t-1/connect/token");
}

#[test]
fn a14_a_management_audience_on_another_host_is_warned_of() {
    let text = |audience: &str| {
        format!(
            "[profile.a]\nprovider = \"auth0\"\ndomain = \"login.example.com\"\ngrant = \"client_credentials\"\nclient_id = \"c\"\nclient_secret = {{ env = \"S\" }}\naudience = \"{audience}\"\n"
        )
    };
    assert_eq!(plan(&text("https://t.auth0.com/api/v2/"), &[], &[]).unwrap().warnings.len(), 1);
    assert_eq!(plan(&text("https://login.example.com/api/v2/"), &[], &[]).unwrap().warnings.len(), 0);
    assert_eq!(plan(&text("https://api.example.com"), &[], &[]).unwrap().warnings.len(), 0);
}

#[test]
fn every_word_for_a_grant_and_a_client_authentication_means_one() {
    use crate::keys::{CLIENT_AUTH, GRANTS};
    assert!(GRANTS.iter().all(|name| Grant::named(name).is_some_and(|grant| grant.name() == *name)));
    assert_eq!(CLIENT_AUTH, Method::ALL.map(Method::name));
}

#[test]
fn a_persons_scope_audience_and_resource_are_in_the_plan_as_a_machines_are() {
    let text = "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c\"\nscope = \"read\"\naudience = \"api\"\nresource = [\"https://r.example\"]\n";
    let made = plan(text, &[], &[]).unwrap();
    assert!(made.by_person());
    let names: Vec<&str> = made.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["scope", "audience", "resource"]);
    assert_ne!(made.request(), plan(text, &[("scope", "write")], &[]).unwrap().request(), "another scope is another token");
}
