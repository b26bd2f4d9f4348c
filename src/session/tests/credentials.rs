//! A client that proves itself by a key or a certificate (RFC 7523, RFC 8705).

use super::people::*;
use super::*;
use crate::jose::certificate::Certificate;
use crate::jose::jwt::{self, Jwt};
use crate::jose::private_key;
use crate::oauth::ask::Ask;
use crate::oauth::client_auth::{Client, Method, Proof};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::grant::client_credentials::client_credentials;
use crate::oauth::token::Body;
use crate::oauth::world::script::Sent;
use crate::secret::WireSecret;

const P256: &str = include_str!("../../jose/private_key/test-keys/p256.sec1.pem");
const RSA: &str = include_str!("../../jose/private_key/test-keys/rsa.pkcs8.pem");
const CERTIFICATE: &str = include_str!("../../jose/private_key/test-keys/p256.certificate.pem");
/// A time at which that certificate holds.
const THEN: UnixTime = UnixTime(1_800_000_000);

const KEYED: &str = "[profile.p]\ntoken_endpoint = \"https://a.example/token\"\nclient_id = \"c1\"\nclient_key = { env = \"K\" }\nclient_key_id = \"k1\"\ngrant = \"client_credentials\"\n";
const BY_ISSUER: &str =
    "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c1\"\nclient_key = { env = \"K\" }\ngrant = \"client_credentials\"\n";
const MUTUAL: &str = "client_certificate = { env = \"C\" }\n";

fn keyed(key: &str, answers: impl IntoIterator<Item = Response>) -> Machine {
    let mut machine = Machine::new(answers);
    secrets(&mut machine, key);
    machine.world.clock = THEN;
    machine
}

fn secrets(machine: &mut Machine, key: &str) {
    machine.world.secrets.insert("`K`".into(), key.into());
    machine.world.secrets.insert("`C`".into(), CERTIFICATE.into());
}

fn parameters(sent: &Sent) -> Vec<(String, String)> {
    url::form_urlencoded::parse(sent.body.as_deref().unwrap().as_bytes()).into_owned().collect()
}

/// The assertion of a request, whose signature holds.
fn assertion(sent: &Sent, key: &str) -> Jwt {
    let parameters = parameters(sent);
    let of = |name: &str| parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap();
    assert_eq!((of("client_id"), of("client_assertion_type")), ("c1", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    assert!(parameters.iter().all(|(name, _)| name != "client_secret") && sent.header("authorization").is_none());
    let jwt = Jwt::decode(of("client_assertion")).unwrap();
    let key = private_key::read(key, None).unwrap().signing(jwt.alg(), None).unwrap();
    jwt.verify(&key.jwk()).unwrap();
    jwt
}

fn metadata(more: Value) -> Response {
    body(merged(json!({ "issuer": "https://a.example", "token_endpoint": TOKEN }), more))
}

#[test]
fn r94_a_key_proves_the_client_for_the_token_endpoint_where_no_issuer_is_known() {
    let mut machine = keyed(P256, [granted("at", 60)]);
    assert_eq!(machine.get(&plan(KEYED, &[]), Wish::default()), fetched("at"));
    let jwt = assertion(&machine.world.sent[0], P256);
    assert_eq!(jwt.claims["aud"], TOKEN);
    assert_eq!((&jwt.header["kid"], jwt.header["alg"].as_str()), (&"k1".into(), Some("ES256")));
    assert!(!jwt.header.contains_key("x5t"));
}

#[test]
fn r94_the_audience_is_the_issuer_unless_the_profile_says_another() {
    for (more, audience) in [
        ("", "https://a.example"),
        ("assertion_audience = \"issuer\"\n", "https://a.example"),
        ("assertion_audience = \"token_endpoint\"\n", TOKEN),
        ("assertion_audience = \"urn:x\"\n", "urn:x"),
    ] {
        let mut machine = keyed(P256, [metadata(json!({})), granted("at", 60)]);
        machine.get(&plan(&format!("{BY_ISSUER}{more}"), &[]), Wish::default());
        let jwt = assertion(&machine.world.sent[1], P256);
        assert_eq!((jwt.claims["aud"].as_str(), jwt.header.get("kid")), (Some(audience), None), "{more}");
    }
}

#[test]
fn r94_each_try_has_an_assertion_of_its_own() {
    let mut machine = keyed(P256, [json_answer(503, "{}"), json_answer(503, "{}"), granted("at", 60)]);
    machine.get(&plan(KEYED, &[]), Wish::default());
    let mut seen: Vec<String> = machine.world.sent.iter().map(|sent| assertion(sent, P256).claims["jti"].to_string()).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[test]
fn the_algorithm_is_the_profiles_else_one_that_the_server_offers() {
    let offered = json!({ "token_endpoint_auth_signing_alg_values_supported": ["PS256", "ES256"] });
    for (more, alg) in [("", "PS256"), ("token_endpoint_auth_signing_alg = \"RS384\"\n", "RS384")] {
        let mut machine = keyed(RSA, [metadata(offered.clone()), granted("at", 60)]);
        machine.get(&plan(&format!("{BY_ISSUER}{more}"), &[]), Wish::default());
        assert_eq!(assertion(&machine.world.sent[1], RSA).header["alg"], alg);
    }
}

#[test]
fn a4_a_key_beats_the_way_in_which_a_preset_sends_a_secret() {
    let text = "[profile.p]\nprovider = \"auth0\"\ndomain = \"t.auth0.com\"\nclient_id = \"c1\"\nclient_key = { env = \"K\" }\ngrant = \"client_credentials\"\naudience = \"https://api\"\n";
    let mut machine = keyed(RSA, [granted("at", 60)]);
    machine.get(&plan(text, &[]), Wish::default());
    let jwt = assertion(&machine.world.sent[0], RSA);
    assert_eq!((&jwt.claims["aud"], &jwt.header["alg"]), (&"https://t.auth0.com/".into(), &"RS256".into()));
    let error = keyed(RSA, [refused("invalid_client")]).run(&plan(text, &[]), Wish::default()).unwrap_err();
    assert!(error.hint.clone().unwrap().contains("Private Key JWT"), "{error:?}");
}

#[test]
fn entra_knows_a_key_by_its_certificate_and_takes_it_for_the_token_endpoint() {
    let text = format!(
        "[profile.p]\nprovider = \"entra\"\ntenant = \"t.example\"\nclient_id = \"c1\"\nclient_key = {{ env = \"K\" }}\ngrant = \"client_credentials\"\nscope = \"https://graph.microsoft.com/.default\"\n{MUTUAL}"
    );
    let mut machine = keyed(P256, [granted("at", 60)]);
    machine.get(&plan(&text, &[]), Wish::default());
    let sent = &machine.world.sent[0];
    let jwt = assertion(sent, P256);
    assert_eq!(jwt.claims["aud"], "https://login.microsoftonline.com/t.example/oauth2/v2.0/token");
    let certificate = Certificate::read(CERTIFICATE).unwrap();
    assert_eq!((&jwt.header["x5t"], &jwt.header["x5t#S256"]), (&certificate.x5t().into(), &certificate.x5t_s256().into()));
    assert_eq!(sent.certificate, None, "it is named, and not shown");
}

#[test]
fn a_secret_signs_where_the_profile_or_the_server_says_so() {
    let named = RAW.replace("grant", "client_auth = \"client_secret_jwt\"\ntoken_endpoint_auth_signing_alg = \"HS384\"\ngrant");
    let found = RAW.replace("token_endpoint = \"https://a.example/token\"", "issuer = \"https://a.example\"");
    let offered = metadata(json!({
        "token_endpoint_auth_methods_supported": ["client_secret_jwt", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "HS512"],
    }));
    for (text, answers, alg) in [(named, vec![granted("at", 60)], "HS384"), (found, vec![offered, granted("at", 60)], "HS512")] {
        let mut machine = Machine::new(answers);
        machine.get(&plan(&text, &[]), Wish::default());
        let sent = machine.world.sent.last().unwrap();
        let (_, jwt) = parameters(sent).into_iter().find(|(name, _)| name == "client_assertion").unwrap();
        let jwt = Jwt::decode(&jwt).unwrap();
        jwt.verify_hmac(b"CANARY-secret").unwrap();
        assert_eq!((jwt.header["alg"].as_str(), sent.body.as_ref().unwrap().contains("CANARY")), (Some(alg), false));
    }
    let wrong = RAW.replace("grant", "client_auth = \"client_secret_jwt\"\ntoken_endpoint_auth_signing_alg = \"ES256\"\ngrant");
    let error = Machine::new([]).run(&plan(&wrong, &[]), Wish::default()).unwrap_err();
    assert!(error.kind == Kind::Config && error.message.contains("line 6"), "{error}");
}

#[test]
fn a_certificate_is_shown_where_clients_are_and_nowhere_else() {
    let mtls = "https://mtls.a.example";
    let offered = json!({
        "token_endpoint_auth_methods_supported": ["tls_client_auth"],
        "revocation_endpoint": "https://a.example/revoke",
        "mtls_endpoint_aliases": { "token_endpoint": format!("{mtls}/token"), "revocation_endpoint": format!("{mtls}/revoke"), "x": 7 },
    });
    let mut machine = keyed(P256, [metadata(offered), granted("at", 60)]);
    let plan = plan(&format!("{BY_ISSUER}{MUTUAL}"), &[]);
    machine.get(&plan, Wish::default());
    let sent = &machine.world.sent;
    assert_eq!(machine.world.urls(), [METADATA, "https://mtls.a.example/token"]);
    assert_eq!((sent[0].certificate.as_deref(), sent[1].certificate.is_some()), (None, true));
    assert_eq!(sent[1].body.as_deref(), Some("grant_type=client_credentials&client_id=c1"));
    machine.goes_on([answer(200, &[], "")]);
    secrets(&mut machine, P256);
    let ended =
        crate::session::sign_out::sign_out(&plan, false, false, &store(&machine.folder, KeyPlace::File), &mut machine.world).unwrap();
    assert_eq!((ended.revoked, machine.world.urls()), (1, vec!["https://mtls.a.example/revoke"]));
    assert!(machine.world.sent[0].certificate.is_some());
}

#[test]
fn rfc_8705_section_5_a_certificate_goes_to_the_alias_of_a_presets_endpoint_too() {
    let issuer = "https://t.auth0.com/";
    let offered = json!({
        "issuer": issuer,
        "token_endpoint": "https://t.auth0.com/oauth/token",
        "mtls_endpoint_aliases": { "token_endpoint": "https://mtls.t.auth0.com/oauth/token" },
    });
    let text = format!(
        "[profile.p]\nprovider = \"auth0\"\ndomain = \"t.auth0.com\"\nclient_id = \"c1\"\nclient_key = {{ env = \"K\" }}\ngrant = \"client_credentials\"\n{MUTUAL}client_auth = \"tls_client_auth\"\n"
    );
    let mut machine = keyed(P256, [body(offered), granted("at", 60)]);
    machine.get(&plan(&text, &[]), Wish::default());
    assert_eq!(machine.world.urls()[1], "https://mtls.t.auth0.com/oauth/token");
    assert_eq!(plan(&text, &[]).settings.endpoint("revocation_endpoint").unwrap(), None, "it is found by metadata too");
    // What a person wrote is asked as it is.
    let mut machine = keyed(P256, [granted("at", 60)]);
    machine.get(&plan(&format!("{text}token_endpoint = \"https://own.example/token\"\n"), &[]), Wish::default());
    assert_eq!(machine.world.urls(), ["https://own.example/token"]);
}

#[test]
fn metadata_decides_between_what_is_possible_and_never_refuses() {
    for (offered, shown) in [
        (json!(["private_key_jwt", "tls_client_auth"]), false),
        (json!(["self_signed_tls_client_auth"]), true),
        (json!(["client_secret_basic"]), false),
    ] {
        let mut machine = keyed(P256, [metadata(json!({ "token_endpoint_auth_methods_supported": offered })), granted("at", 60)]);
        machine.get(&plan(&format!("{BY_ISSUER}{MUTUAL}"), &[]), Wish::default());
        assert_eq!(machine.world.sent[1].certificate.is_some(), shown, "{offered}");
    }
}

/// An access token that is bound to a certificate.
fn bound(thumbprint: &str) -> String {
    let key = private_key::read(P256, None).unwrap().signing(None, None).unwrap();
    let claims = json!({ "cnf": { "x5t#S256": thumbprint } });
    jwt::encode(serde_json::Map::new(), claims.as_object().unwrap(), &key).unwrap()
}

#[test]
fn a_token_that_is_bound_to_another_certificate_is_refused() {
    let own = Certificate::read(CERTIFICATE).unwrap().x5t_s256();
    let text = format!("{KEYED}{MUTUAL}client_auth = \"tls_client_auth\"\n");
    let token = bound(&own);
    let mut machine = keyed(P256, [granted(&token, 60)]);
    assert_eq!(machine.get(&plan(&text, &[]), Wish::default()), fetched(&token));
    // RFC 8705 section 3.1 has this thumbprint.
    let mut machine = keyed(P256, [granted(&bound("A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"), 60)]);
    let error = machine.run(&plan(&text, &[]), Wish::default()).unwrap_err();
    assert!(error.kind == Kind::Invalid && error.message.contains("bound the token to another certificate"), "{error}");
    assert!(machine.kept().is_none_or(|access| access.tokens.is_empty()));
}

#[test]
fn another_certificate_is_another_token() {
    let request = |text: &str| plan(text, &[]).request();
    let by_tls = format!("{KEYED}{MUTUAL}client_auth = \"tls_client_auth\"\n");
    assert_ne!(request(&by_tls), request(&by_tls.replace("env = \"C\"", "env = \"D\"")));
    assert_eq!(request(KEYED), request(&KEYED.replace("env = \"K\"", "env = \"L\"")));
}

#[test]
fn what_is_wrong_with_a_key_or_a_certificate_is_told_before_anything_is_sent() {
    let encrypted = include_str!("../../jose/private_key/test-keys/p256-encrypted.pkcs8.pem");
    let by_tls = format!("{KEYED}{MUTUAL}client_auth = \"tls_client_auth\"\n");
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","kid":"k1"}"#;
    for (text, key, clock, kind, told) in [
        (KEYED, encrypted, THEN, Kind::Config, "the client key from `K` is encrypted with a password"),
        (KEYED, CERTIFICATE, THEN, Kind::Config, "the client key from `K` is a certificate, not a private key"),
        (
            &KEYED.replace("grant", "token_endpoint_auth_signing_alg = \"RS256\"\ngrant"),
            P256,
            THEN,
            Kind::Config,
            "does not sign with RS256",
        ),
        (&by_tls, RSA, THEN, Kind::Invalid, "the client certificate from `C` is not for the client key from `K`"),
        (&by_tls, P256, START, Kind::Invalid, "the client certificate from `C` is not valid before 2026-"),
        (&by_tls, P256, UnixTime(i64::MAX / 2), Kind::Invalid, "the client certificate from `C` expired on "),
        (&by_tls, jwk, THEN, Kind::Invalid, "is not for the client key"),
        (
            &by_tls.replace("env = \"C\"", "env = \"K\""),
            P256,
            THEN,
            Kind::Config,
            "the client certificate from `K` is no certificate in PEM",
        ),
    ] {
        let mut machine = keyed(key, []);
        machine.world.clock = clock;
        let error = machine.run(&plan(text, &[]), Wish::default()).unwrap_err();
        assert!(error.kind == kind && error.message.contains(told) && error.hint.is_some(), "{told}: {error:?}");
        assert_eq!(machine.requests(), 0);
    }
}

#[test]
fn an_invalid_client_is_told_what_the_server_was_told() {
    let error = keyed(P256, [refused("invalid_client")]).run(&plan(KEYED, &[]), Wish::default()).unwrap_err();
    let hint = error.hint.clone().unwrap();
    for word in ["ES256", "`k1`", "`K`", TOKEN, "assertion_audience"] {
        assert!(hint.contains(word), "{word}: {hint}");
    }
    let text = format!("{KEYED}{MUTUAL}client_auth = \"self_signed_tls_client_auth\"\n");
    let error = keyed(P256, [refused("invalid_client")]).run(&plan(&text, &[]), Wish::default()).unwrap_err();
    assert!(error.hint.clone().unwrap().contains("shows the certificate from `C` by self_signed_tls_client_auth"), "{error:?}");
}

#[test]
fn r70_an_echo_of_the_assertion_is_not_shown() {
    let mut machine = keyed(P256, [granted("at", 60)]);
    machine.get(&plan(KEYED, &[]), Wish::default());
    // No two signatures are the same, so what was sent is sent once more, as it is.
    let assertion = parameters(&machine.world.sent[0]).into_iter().find(|(name, _)| name == "client_assertion").unwrap().1;
    let client = Client {
        id: "c1".into(),
        method: Method::PrivateKeyJwt,
        proof: Proof { assertion: Some(WireSecret::new(&*assertion)), ..Default::default() },
        ..Default::default()
    };
    let signature = assertion.rsplit('.').next().unwrap();
    for echo in [assertion.as_str(), signature] {
        let endpoint = Endpoint::parse(TOKEN).unwrap();
        let mut world =
            Script::of([json_answer(401, json!({ "error": "invalid_client", "error_description": format!("bad {echo}") }).to_string())]);
        let ask = Ask { endpoint: &endpoint, client: &client, body: Body::Form, parameters: &[], pointer: None, token_type: None };
        let error = client_credentials(&mut world, &ask).unwrap_err();
        assert!(error.message.contains("bad [redacted]") && !error.message.contains(signature), "{error}");
    }
}

const PERSON: &str = "[profile.p]\nauthorization_endpoint = \"https://a.example/authorize\"\ntoken_endpoint = \"https://a.example/token\"\nclient_id = \"c1\"\nclient_key = { env = \"K\" }\nscope = \"offline_access\"\n";

#[test]
fn a_code_and_a_refresh_token_go_with_an_assertion_each() {
    let mut machine = machine([session("at1", "rt1", json!({}))]);
    secrets(&mut machine, P256);
    machine.sign_in(&plan(PERSON, &[])).unwrap();
    let first = assertion(&machine.world.sent[0], P256);
    machine.goes_on([session("at2", "rt2", json!({}))]);
    secrets(&mut machine, P256);
    // What is random begins anew in a script; a new process has its own.
    machine.world.drawn = 100;
    assert_eq!(machine.get(&plan(PERSON, &[]), FORCE), refreshed("at2"));
    let second = assertion(&machine.world.sent[0], P256);
    assert_ne!(first.claims["jti"], second.claims["jti"]);
}

#[test]
fn r55_a_refresh_that_is_bound_to_another_certificate_loses_no_refresh_token() {
    let text = format!("{PERSON}{MUTUAL}client_auth = \"tls_client_auth\"\n");
    let mut machine = machine([session("at1", "rt1", json!({}))]);
    secrets(&mut machine, P256);
    machine.world.clock = THEN;
    machine.sign_in(&plan(&text, &[])).unwrap();
    machine.goes_on([session(&bound("other"), "rt2", json!({}))]);
    secrets(&mut machine, P256);
    assert_eq!(machine.run(&plan(&text, &[]), FORCE).unwrap_err().kind, Kind::Invalid);
    assert_eq!(machine.refresh_token().as_deref(), Some("rt2"));
}

#[test]
#[cfg(unix)]
fn a_key_that_only_this_process_can_read_is_handed_to_the_one_that_asks() {
    for source in ["stdin = true", "command = [\"pass\", \"show\", \"key\"]"] {
        let mut machine = machine([session("at1", "rt1", json!({}))]);
        secrets(&mut machine, P256);
        machine.sign_in(&plan(PERSON, &[])).unwrap();
        machine.goes_on([]);
        for place in ["standard input", "the command `pass`"] {
            machine.world.secrets.insert(place.into(), P256.into());
        }
        let plan = plan(&PERSON.replace("env = \"K\"", source), &[]);
        let seen = Mutex::new(None);
        let apart = |_: &Plan, _: &Lock, secrets: &Secrets| {
            *seen.lock().unwrap() = Some(secrets.clone());
            Some(Err(Error::new(Kind::Denied, "seen")))
        };
        let store = store(&machine.folder, KeyPlace::File);
        assert_eq!(token_apart(&plan, &FORCE, &store, &mut machine.world, &apart).unwrap_err().message, "seen");
        let [secret, key, certificate] = seen.into_inner().unwrap().unwrap();
        assert_eq!((secret, key.unwrap().expose(), certificate), (None, P256, None));
    }
}

/// What is told where a server answers with this error code.
fn hint(text: &str, code: &str) -> String {
    let refusal = json_answer(400, json!({ "error": code }).to_string());
    let mut machine = keyed(P256, [refusal]);
    machine.world.secrets.insert("`J`".into(), "job-token".into());
    machine.run(&plan(text, &[]), Wish::default()).unwrap_err().hint.clone().unwrap()
}

#[test]
fn a_grant_that_the_client_signed_and_that_is_refused_is_told_by_what_it_said() {
    let signed = KEYED.replace("client_credentials", "jwt_bearer");
    let told = hint(&signed, "invalid_grant");
    for word in ["ES256", "`k1`", "the audience `https://a.example/token`", "clock", "`sub`"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    for grant in ["client_credentials", "jwt_bearer"] {
        let told = hint(&KEYED.replace("client_credentials", grant), "unauthorized_client");
        assert!(told.starts_with(&format!("is the grant {grant} allowed")) && told.contains("`k1`"), "{told}");
    }
    let told = hint(KEYED, "invalid_scope");
    assert!(told.contains("wants a scope") && !told.contains("``"), "{told}");
}

#[test]
fn nobody_is_told_to_register_a_key_for_another_issuers_assertion() {
    for (provider, word) in [("entra\"\ntenant = \"t", "certificate"), ("okta\"\ndomain = \"d.okta.com", "Public key")] {
        let text = format!("[profile.p]\nprovider = \"{provider}\"\nclient_id = \"c1\"\ngrant = \"client_credentials\"\n");
        let told = hint(&format!("{text}subject = \"env:J\"\n"), "invalid_client");
        assert!(told.contains("assertion of another issuer") && !told.contains(word), "{told}");
        assert!(hint(&format!("{text}client_key = {{ env = \"K\" }}\n"), "invalid_client").contains(word));
    }
}
