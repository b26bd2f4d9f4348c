//! Four sources, one plan.

use std::path::Path;

use serde_json::json;

use super::*;
use crate::keys::Key;
use crate::oauth::redirect::LoopbackHost;
use crate::plan::setting::Origin;
use crate::plan::sign_in::SignIn;

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
    assert!(error.message.contains("base_url") && error.hint.clone().unwrap().contains("VERICERTS_API_URL"), "{}", error.message);
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
fn a_subject_that_no_grant_hands_in_is_told_before_anything_that_is_missing() {
    let told = |more: &[(&str, &str)]| {
        let server = [("OAT_TOKEN_ENDPOINT", "https://a.example/t"), ("OAT_SUBJECT", "env:T")];
        let error = plan("", &[], &[&server[..], more].concat()).unwrap_err();
        assert!(error.hint.clone().unwrap().contains("token_exchange"), "{error:?}");
        error.message.clone()
    };
    assert!(told(&[]).contains("does not say what grant it is for"));
    assert!(told(&[("OAT_GRANT", "device_code")]).contains("device_code has no use"));
    assert!(told(&[("OAT_GRANT", "jwt_bearer"), ("OAT_ACTOR", "env:A")]).contains("`actor`"));
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

/// A person's profile at a server that no preset knows.
const PERSON: &str = "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c\"\n";
const VANTAGE: &str = "[profile.v]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n";
const AUTH0: &str = "[profile.a]\nprovider = \"auth0\"\ndomain = \"t.auth0.com\"\nclient_id = \"c\"\nscope = \"offline_access\"\naudience = \"https://api\"\n";

fn sign_in(text: &str) -> Result<SignIn> {
    SignIn::of(&plan(text, &[], &[])?)
}

/// The parameters of the authorization request of a profile with these lines more.
fn authorize(more: &str) -> Vec<(String, Json)> {
    sign_in(&format!("{PERSON}{more}")).unwrap().authorize
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, Json)> {
    pairs.iter().map(|(name, value)| (name.to_string(), Json::from(*value))).collect()
}

#[test]
fn ab4_ab6_ab10_what_abbyy_is_asked_in_each_request() {
    let product = ("productId", "a8548c9b-cb90-4c66-8567-d7372bb9b963");
    let made = sign_in(VANTAGE).unwrap();
    assert_eq!(made.authorize, named(&[("scope", "openid permissions global.wildcard"), product]));
    assert_eq!(made.code, named(&[("scope", "openid permissions global.wildcard offline_access")]));
    assert_eq!(made.refresh_token_lifetime, Some((Seconds(30 * 86_400), false)));
    assert!(made.openid() && made.offline());
    assert_eq!(made.authorization_endpoint.unwrap().as_str(), "https://vantage-eu.abbyy.com/auth2/connect/authorize");
}

#[test]
fn ab5_scope_and_product_of_abbyy_can_be_replaced() {
    let made = sign_in(&format!("{VANTAGE}scope = \"openid publicapi.all\"\nauthorize_params = {{ productId = \"p2\" }}\n")).unwrap();
    assert_eq!(made.authorize, named(&[("scope", "openid publicapi.all"), ("productId", "p2")]));
    assert_eq!(made.code, named(&[("scope", "openid publicapi.all offline_access")]));
}

#[test]
fn a5_a6_a17_what_auth0_is_asked_in_each_request() {
    let made = sign_in(AUTH0).unwrap();
    let asked = named(&[("scope", "offline_access"), ("audience", "https://api")]);
    assert_eq!((&made.authorize, &made.device, &made.code), (&asked, &asked, &named(&[])));
    assert!(made.offline() && !made.openid());
    assert_eq!(sign_in(&format!("{AUTH0}organization = \"o\"\n")).unwrap().authorize[2], named(&[("organization", "o")])[0]);
}

#[test]
fn what_the_person_agrees_to_tells_the_tokens_of_a_sign_in_apart() {
    let request = |flags: &[(&str, &str)]| plan(PERSON, flags, &[]).unwrap().request();
    for flag in [("scope", "read"), ("audience", "https://b"), ("organization", "o"), ("resource", "https://x")] {
        assert_ne!(request(&[flag]), request(&[]), "{flag:?}");
    }
    assert_eq!(request(&[("prompt", "login")]), request(&[]), "how a person is asked is no part of the token");
    assert_eq!(plan(VANTAGE, &[], &[]).unwrap().scope(), Some("openid permissions global.wildcard offline_access"));
}

#[test]
fn rfc_8707_resources_go_into_the_authorization_request_and_into_the_exchange() {
    for (more, resource) in [
        ("resource = \"https://x\"\n", json!("https://x")),
        ("resource = [\"https://x\", \"https://y\"]\n", json!(["https://x", "https://y"])),
    ] {
        let made = sign_in(&format!("{PERSON}{more}")).unwrap();
        let expected = [("resource".to_string(), resource)];
        assert!(made.authorize == expected && made.device == expected && made.code == expected, "{made:?}");
    }
}

#[test]
fn each_request_has_a_table_of_its_own_and_an_empty_text_takes_a_parameter_out() {
    let more = "scope = \"s\"\naudience = \"a\"\nauthorize_params = { audience = \"\", x = \"1\" }\ndevice_params = { scope = \"d\" }\ntoken_params = { y = \"2\", scope = \"\" }\n";
    let made = sign_in(&format!("{PERSON}{more}")).unwrap();
    assert_eq!(made.authorize, named(&[("scope", "s"), ("x", "1")]));
    assert_eq!(made.device, named(&[("audience", "a"), ("scope", "d")]));
    assert_eq!(made.code, named(&[("y", "2")]));
    // vc2: also for a machine's own token.
    let machine = format!("{PERSON}{more}grant = \"client_credentials\"\nclient_secret = {{ env = \"S\" }}\n");
    assert_eq!(plan(&machine, &[], &[]).unwrap().parameters, named(&[("audience", "a"), ("y", "2")]));
}

#[test]
fn offline_access_goes_with_consent_unless_the_profile_or_a_preset_knows_better() {
    let (scope, consent) = (("scope", "openid offline_access"), ("prompt", "consent"));
    let offline = "scope = \"openid offline_access\"\n";
    assert_eq!(authorize(offline), named(&[scope, consent]));
    assert_eq!(authorize("scope = \"openid\"\n"), named(&[("scope", "openid")]));
    assert_eq!(authorize(&format!("{offline}prompt = \"login\"\n")), named(&[scope, ("prompt", "login")]));
    assert_eq!(authorize(&format!("{offline}prompt = \"\"\n")), named(&[scope]));
    assert_eq!(authorize(&format!("{offline}authorize_params = {{ prompt = \"none\" }}\n")), named(&[scope, ("prompt", "none")]));
    assert_eq!(authorize(&format!("{offline}authorize_params = {{ prompt = \"\" }}\n")), named(&[scope]));
    assert_eq!(authorize("authorize_params = { scope = \"openid offline_access\" }\n"), named(&[scope, consent]));
    assert!(sign_in(AUTH0).unwrap().authorize.iter().all(|(name, _)| name != "prompt"));
}

#[test]
fn what_the_server_may_ask_the_person_is_passed_on() {
    let more = "prompt = \"login\"\nlogin_hint = \"ada@example.com\"\nacr_values = \"mfa\"\nmax_age = \"10m\"\n";
    let mut expected = named(&[("prompt", "login"), ("login_hint", "ada@example.com"), ("acr_values", "mfa")]);
    expected.push(("max_age".into(), 600.into()));
    assert_eq!(authorize(more), expected);
    assert_eq!(sign_in(&format!("{PERSON}{more}")).unwrap().max_age, Some(Seconds(600)));
}

#[test]
fn r33_what_oat_says_itself_is_refused_in_authorize_params() {
    use crate::oauth::authorization::PROTOCOL;
    for (name, value) in PROTOCOL.iter().flat_map(|name| [(name, "x"), (name, "query")]) {
        let made = sign_in(&format!("{PERSON}authorize_params = {{ {name} = \"{value}\" }}\n"));
        if (*name, value) == ("response_mode", "query") {
            assert_eq!(made.unwrap().authorize, named(&[("response_mode", "query")]));
            continue;
        }
        let error = made.unwrap_err();
        assert_eq!(error.kind, Kind::Config, "{name}");
        assert!(error.message.contains("line 4") && error.message.contains(name), "{error}");
        assert_eq!(error.hint, Some(format!("take `{name}` out")));
    }
    let flagged = plan(PERSON, &[("authorize_params", "state=x")], &[]).unwrap();
    assert_eq!(SignIn::of(&flagged).unwrap_err().kind, Kind::Usage);
}

#[test]
fn a19_ab11_where_the_redirect_may_end() {
    for (more, host, ports, path) in [
        ("", LoopbackHost::V4, vec![], "/callback"),
        ("redirect_ports = [8400, 8401]\n", LoopbackHost::V4, vec![8400, 8401], "/callback"),
        ("redirect_uri = \"http://127.0.0.1:8400/cb\"\n", LoopbackHost::V4, vec![8400], "/cb"),
        ("redirect_uri = \"http://localhost\"\n", LoopbackHost::Localhost, vec![], ""),
        ("redirect_uri = \"http://[::1]/x\"\nredirect_ports = [1]\n", LoopbackHost::V6, vec![1], "/x"),
    ] {
        let redirect = sign_in(&format!("{PERSON}{more}")).unwrap().redirect;
        assert_eq!((redirect.host, redirect.ports, redirect.path.as_str()), (host, ports, path), "{more}");
    }
    for bad in ["https://app.example/cb", "http://example.com/cb", "http://127.0.0.1/cb?x=1", "https://127.0.0.1/cb"] {
        let error = plan(&format!("{PERSON}redirect_uri = \"{bad}\"\n"), &[], &[]).and_then(|plan| SignIn::of(&plan)).unwrap_err();
        assert_eq!(error.kind, Kind::Config, "{bad}: {error}");
        assert!(error.message.contains("`redirect_uri`") && error.hint.is_some(), "{bad}: {error}");
    }
}

#[test]
fn a_tenant_by_its_id_has_one_issuer_and_any_other_name_stands_for_whoever_signs_in() {
    let entra = |tenant: &str| {
        sign_in(&format!("[profile.e]\nprovider = \"entra\"\ntenant = \"{tenant}\"\nclient_id = \"c\"\n")).unwrap().issuer_pattern
    };
    let pattern = Some("https://login.microsoftonline.com/{tenantid}/v2.0".to_string());
    assert_eq!(entra("7f1c0d3e-0000-4000-8000-000000000000"), None);
    for name in ["common", "organizations", "contoso.onmicrosoft.com", "7f1c0d3e-0000-4000-8000-00000000000g"] {
        assert_eq!(entra(name), pattern, "{name}");
    }
    assert_eq!(sign_in(PERSON).unwrap().issuer_pattern, None);
}

#[test]
fn presets_know_what_their_servers_want_of_a_sign_in() {
    let of = |text: &str| plan(&format!("[profile.x]\nclient_id = \"c\"\n{text}"), &[], &[]).unwrap();
    let entra = of("provider = \"entra\"\ntenant = \"contoso.onmicrosoft.com\"\n");
    assert!(entra.settings.on("send_scope_on_refresh") && !entra.settings.on("send_redirect_uri_on_refresh"));
    let keys = "https://login.microsoftonline.com/contoso.onmicrosoft.com/discovery/v2.0/keys";
    assert_eq!(entra.settings.text("jwks_uri").as_deref(), Some(keys));
    assert!(of("provider = \"gitlab\"\n").settings.on("send_redirect_uri_on_refresh"));
    assert_eq!(SignIn::of(&of("provider = \"line\"\n")).unwrap().id_token_alg.as_deref(), Some("HS256"));
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

#[test]
fn parameters_of_a_profile_stand_beside_those_of_its_preset_and_win_over_them() {
    let claims = |more: &str| {
        let text = "[profile.p]\nprovider = \"google-service-account\"\nclient_id = \"a@b\"\nclient_key = { env = \"K\" }\n";
        plan(&format!("{text}{more}"), &[], &[]).unwrap().settings.parameters("assertion_claims")
    };
    let scope = "https://www.googleapis.com/auth/cloud-platform";
    let acting = claims("assertion_claims = { sub = \"user@example.com\" }\n");
    assert_eq!((&acting["scope"], &acting["sub"]), (&scope.into(), &"user@example.com".into()));
    assert_eq!(claims("assertion_claims = { scope = \"s\" }\n")["scope"], "s");
    // As the preset's remedy says; a parameter that is there asks for no variable.
    let text = "[profile.p]\nprovider = \"anthropic\"\nrealm = \"r\"\ntenant = \"t\"\nsubject = \"env:J\"\n";
    let made = plan(&format!("{text}token_params = {{ workspace_id = \"w\", service_account_id = \"s\" }}\n"), &[], &[]).unwrap();
    let named = |name: &str| made.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str().unwrap());
    assert_eq!((named("federation_rule_id"), named("organization_id")), (Some("r"), Some("t")));
    assert_eq!((named("workspace_id"), named("service_account_id"), named("organization")), (Some("w"), Some("s"), None));
    assert_eq!(made.settings.origin("token_params"), "line 6");
}
