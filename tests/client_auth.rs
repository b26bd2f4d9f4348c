//! A client that proves itself by a private key or a certificate: where the key may be, what is sent, and what is never said.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::redirect::{ACCESS, Provider, sign_in};
use support::tls::{Authority, Fault};
use support::*;

// Made by OpenSSL for the tests, and published with them.
const P256: &str = include_str!("../src/jose/private_key/test-keys/p256.sec1.pem");
const P256_PUBLIC: &str = include_str!("../src/jose/private_key/test-keys/p256.public.pem");
const ENCRYPTED: &str = include_str!("../src/jose/private_key/test-keys/p256-encrypted.pkcs8.pem");
const RSA: &str = include_str!("../src/jose/private_key/test-keys/rsa.pkcs8.pem");

/// A line of each key, which nothing may show or keep.
fn canaries() -> Vec<&'static str> {
    [P256, RSA].into_iter().flat_map(|pem| pem.lines().filter(|line| line.len() > 40 && !line.contains("oat"))).collect()
}

/// A profile `p` without a secret, with these lines.
fn keyed(token_endpoint: &str, more: &str) -> Oat {
    Oat::new()
        .config(&format!("[profile.p]\ngrant = \"client_credentials\"\nclient_id = \"cli\"\ntoken_endpoint = {token_endpoint:?}\n{more}\n"))
}

fn assertion(request: &Recorded) -> String {
    let form = request.form();
    let of = |name: &str| form.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no {name}: {form:?}")).1.clone();
    assert_eq!(of("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(of("client_id"), "cli");
    assert!(form.iter().all(|(name, _)| name != "client_secret") && request.header("authorization").is_none(), "{form:?}");
    of("client_assertion")
}

/// What our own verifier says of an assertion, by the public half of the key.
#[track_caller]
fn verified(oat: &Oat, assertion: &str) -> Value {
    let key = oat.file("public.pem", 0o600, P256_PUBLIC);
    let output = oat.piped(assertion, &["inspect", "-", "--key", key.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_str(output.stdout.trim()).unwrap_or_else(|_| panic!("{output:#?}"));
    assert_eq!(report["verified"], true, "{output:#?}");
    report
}

/// A token was got, by an assertion that holds; nothing shows the key.
#[track_caller]
fn gets(server: &Server, oat: &Oat, output: &Output) {
    assert_eq!(output.line(), "t");
    output.assert_clean(&canaries());
    let sent = server.requests().pop().unwrap();
    let claims = verified(oat, &assertion(&sent))["claims"].clone();
    assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!("cli"), &json!("cli"), &json!(server.url("/token"))));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    oat.assert_state_holds_none_of(&canaries());
}

#[test]
fn r94_the_key_may_be_wherever_a_secret_may_be() {
    let server = Server::always(Answer::token("t"));
    let url = server.url("/token");
    let plain = || keyed(&url, "");
    for (words, oat) in [
        (vec!["--client-key-file", "key.pem"], plain()),
        (vec!["--client-key-env", "K"], plain().env("K", P256)),
        (vec!["--client-key-env", "K"], plain().env("K", &P256.replace('\n', "\\n"))),
        (vec!["--client-key-env", "K"], plain().env("K", &STANDARD.encode(P256))),
        (vec!["--client-key-command", "cat", "key.pem", ";"], plain()),
        (vec!["--client-key-stdin"], plain().stdin(P256)),
        (vec![], plain().env("OAT_CLIENT_KEY", P256)),
        (vec![], keyed(&url, "client_key = { file = \"~/key.pem\" }")),
        (vec![], keyed(&url, "client_key = { command = [\"cat\", \"key.pem\"] }")),
    ] {
        oat.file("key.pem", 0o600, P256);
        fs::copy(oat.folder().join("key.pem"), oat.home().join("key.pem")).unwrap();
        gets(&server, &oat, &oat.get(&words));
    }
    let oat = plain();
    oat.file("ci-key", 0o400, P256);
    let folder = oat.folder().to_str().unwrap().to_string();
    let oat = oat.env("CREDENTIALS_DIRECTORY", &folder);
    gets(&server, &oat, &oat.get(&["--client-key-credential", "ci-key"]));
}

#[test]
fn each_request_has_an_assertion_of_its_own_and_a_kept_token_needs_no_key() {
    let server = Server::script(vec![Answer::error(503, "server_error", "x"), Answer::token("t"), Answer::token("u")]);
    let oat = keyed(&server.url("/token"), "client_key = { file = \"~/key.pem\" }");
    let key = oat.home().join("key.pem");
    fs::write(&key, P256).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(oat.get(&[]).line(), "t");
    assert_eq!(oat.get(&["--force"]).line(), "u");
    fs::remove_file(&key).unwrap();
    assert_eq!(oat.get(&[]).line(), "u");
    let jti = |request: &Recorded| verified(&oat, &assertion(request))["claims"]["jti"].to_string();
    let mut seen: Vec<String> = server.requests().iter().map(jti).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[test]
fn a_sealed_key_is_read_from_the_store_and_stands_nowhere_in_plain_text() {
    let server = Server::always(Answer::token("t"));
    let oat = keyed(&server.url("/token"), "");
    oat.piped(ENCRYPTED, &["profile", "set-secret", "p"]).fails_saying(6, &["encrypted"]);
    let sealed = oat.piped(P256, &["profile", "set-secret", "p"]);
    assert_eq!(sealed.code, Some(0), "{sealed:#?}");
    sealed.says(&["client key", "sealed"]);
    let config = fs::read_to_string(oat.config_file()).unwrap();
    assert!(config.contains("client_key = { keyring = true }") && !config.contains("client_secret"), "{config}");
    gets(&server, &oat, &oat.get(&[]));
    // A secret in its place is no key any more.
    assert_eq!(oat.piped("s3cret\n", &["profile", "set-secret", "p"]).code, Some(0));
    let config = fs::read_to_string(oat.config_file()).unwrap();
    assert!(config.contains("client_secret = { keyring = true }") && !config.contains("client_key"), "{config}");
    assert_eq!(oat.get(&["--force"]).line(), "t");
    assert_eq!(server.requests().pop().unwrap().header("authorization"), Some(&*format!("Basic {}", STANDARD.encode("cli:s3cret"))));
}

#[test]
fn r83_a_key_that_others_can_read_is_refused_with_the_chmod_and_a_certificate_is_not() {
    let server = Server::always(Answer::token("t"));
    let certificate = include_str!("../src/jose/private_key/test-keys/p256.certificate.pem");
    let oat = keyed(&server.url("/token"), "");
    oat.file("cert.pem", 0o644, certificate);
    for mode in [0o644, 0o640, 0o604] {
        oat.file("key.pem", mode, P256);
        oat.get(&["--client-key-file", "key.pem"]).fails_saying(6, &["client key's file", &format!("{mode:04o}"), "chmod 600"]);
    }
    assert_eq!(server.count(), 0);
    oat.file("key.pem", 0o600, P256);
    let output = oat.get(&["--client-key-file", "key.pem", "--client-certificate-file", "cert.pem"]);
    assert_eq!(output.line(), "t");
    let header = verified(&oat, &assertion(&server.only()))["header"].clone();
    assert!(header["x5t"].is_string() && header["x5t#S256"].is_string(), "{header}");
}

#[test]
fn what_is_no_key_is_told_with_the_place_and_the_cure_and_never_shown() {
    let server = Server::always(Answer::token("t"));
    let oat = keyed(&server.url("/token"), "");
    let huge = format!("{P256}{}", "A".repeat(2 << 20));
    let wrong = [
        ("", &["empty"][..]),
        (&huge, &["longer than 1024 KiB"]),
        (ENCRYPTED, &["encrypted with a password", "openssl pkey -in"]),
        (P256_PUBLIC, &["a public key"]),
        ("CANARY-in-the-body", &["neither PEM nor a JWK"]),
        (&P256[..250], &["cut off"]),
        (r#"{"kty":"oct","k":"Q0FOQVJZ"}"#, &["shared secret", "client_secret_jwt"]),
        ("{\"keys\":[{\"d\":\"CANARY-in-the-body\"}]}", &["neither a JWK"]),
        (&format!("{{\"a\":{}", "[".repeat(100_000)), &["not a JWK"]),
        (&format!("{{\"kty\":\"RSA\",\"n\":\"{0}\",\"e\":\"AQAB\",\"d\":\"{0}\"}}", "_".repeat(500_000)), &["no JWK that can be used"]),
    ];
    for (text, words) in wrong {
        oat.file("key.pem", 0o600, text);
        let output = oat.get(&["--client-key-file", "key.pem"]);
        output.fails_saying(6, &[&["key.pem"], words].concat());
        output.assert_clean(&canaries());
    }
    oat.get(&["--client-key-file", "/nonexistent"]).fails_saying(6, &["client key", "/nonexistent", "client_key"]);
    oat.get(&["--client-key-file", "/"]).fails_saying(6, &["client key"]);
    oat.get(&["--client-key-env", "UNSET"]).fails_saying(6, &["`UNSET`", "client key"]);
    oat.file("key.pem", 0o600, RSA);
    let more = ["--client-key-file", "key.pem", "--token-endpoint-auth-signing-alg", "ES256"];
    oat.get(&more).fails_saying(6, &["an RSA key, which does not sign with ES256", "RS256"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn r72_no_flag_takes_a_key_and_what_was_typed_is_not_repeated() {
    let oat = keyed("https://a.example/token", "");
    for words in
        [&["--client-key", "CANARY-in-the-body"][..], &["--client-key=CANARY-in-the-body"], &["--client-certificate", "CANARY-in-the-body"]]
    {
        oat.get(words).fails_saying(2, &["never taken from the command line"]);
    }
    let twice = ["--client-key-env", "A", "--client-key-file", "b"];
    oat.get(&twice).fails_saying(2, &["more than one source", "client key"]);
    oat.get(&["--client-key-stdin", "--client-certificate-stdin"]).fails_saying(6, &["standard input"]);
}

#[test]
fn a_method_that_lacks_what_it_works_with_says_what_to_set() {
    for (more, words) in [
        ("client_auth = \"private_key_jwt\"", &["`client_key`", "private_key_jwt", "OAT_CLIENT_KEY"][..]),
        ("client_auth = \"client_secret_jwt\"", &["`client_secret`", "client_secret_jwt", "OAT_CLIENT_SECRET"]),
        ("client_auth = \"tls_client_auth\"\nclient_key = { env = \"K\" }", &["`client_certificate`", "tls_client_auth"]),
        (
            "client_auth = \"self_signed_tls_client_auth\"\nclient_certificate = { env = \"C\" }",
            &["`client_key`", "self_signed_tls_client_auth"],
        ),
        ("client_auth = \"private_key_jwts\"", &["did you mean `private_key_jwt`"]),
        ("token_endpoint_auth_signing_alg = \"ES512\"", &["ES384"]),
    ] {
        keyed("https://a.example/token", more).get(&[]).fails_saying(6, words);
    }
}

#[test]
fn r76_nothing_that_proves_the_client_is_in_a_trace_or_an_echo() {
    let server = Server::start(|request| {
        let form = request.form();
        let jwt = &form.iter().find(|(name, _)| name == "client_assertion").unwrap().1;
        Answer::error(401, "invalid_client", &format!("bad {jwt} and {}", jwt.rsplit('.').next().unwrap()))
    });
    let oat = keyed(&server.url("/token"), "client_key_id = \"k-1\"").env("OAT_CLIENT_KEY", P256);
    let output = oat.get(&["-vv", "--trace", "trace.txt"]);
    output.fails_saying(4, &["invalid_client", "bad [redacted] and [redacted]", "ES256", "`k-1`", "OAT_CLIENT_KEY", "assertion_audience"]);
    let jwt = assertion(&server.only());
    let trace = fs::read_to_string(oat.folder().join("trace.txt")).unwrap();
    assert!(trace.contains("client_assertion=[redacted]") && trace.contains("client-assertion-type:jwt-bearer"), "{trace}");
    for secret in canaries().into_iter().chain(jwt.split('.').skip(1)) {
        output.assert_clean(&[secret]);
        assert!(!trace.contains(secret), "{trace}");
    }
    let shown = oat.run(&["profile", "show", "p"]);
    shown.assert_clean(&canaries());
    assert!(shown.stdout.contains("client_key = { env = \"OAT_CLIENT_KEY\" }"), "{shown:#?}");
}

#[test]
fn a_key_in_the_file_itself_is_warned_of_and_another_program_does_not_get_the_variable() {
    let server = Server::always(Answer::token("t"));
    let oat = keyed(&server.url("/token"), &format!("client_key = '''{P256}'''"));
    oat.get(&[]).says(&["client key in the config file", "set-secret"]);
    let oat = keyed(
        &server.url("/token"),
        "client_secret = { command = [\"sh\", \"-c\", \"echo ${OAT_CLIENT_KEY:-unset}\"] }\nclient_auth = \"client_secret_post\"",
    );
    assert_eq!(oat.env("OAT_CLIENT_KEY", P256).get(&["--force"]).code, Some(0));
    let form = server.requests().pop().unwrap().form();
    assert!(form.contains(&("client_secret".into(), "unset".into())), "{form:?}");
}

#[test]
fn a_refresh_in_a_process_of_its_own_gets_a_key_that_a_program_prints() {
    let over_at_once = Provider::granting(|request, facts| {
        let by_code = request.form().iter().any(|(_, value)| value == "authorization_code");
        let mut granted = facts.granted(if by_code { 0 } else { 3600 });
        if !by_code {
            granted.as_object_mut().unwrap().remove("id_token");
        }
        Answer::json(200, granted)
    });
    let oat = over_at_once.oat("client_key = { command = [\"sh\", \"-c\", \"echo run >> runs; cat key.pem\"] }\nclient_key_id = \"k\"");
    oat.file("key.pem", 0o600, P256);
    sign_in(&oat, &over_at_once);
    assert_eq!(oat.get(&[]).line(), format!("{ACCESS}1"));
    assert_eq!(fs::read_to_string(oat.folder().join("runs")).unwrap().lines().count(), 2, "once a command");
    let forms = over_at_once.token_forms();
    let assertions: Vec<&String> = forms.iter().map(|form| &form.iter().find(|(name, _)| name == "client_assertion").unwrap().1).collect();
    assert!(assertions.len() == 2 && assertions[0] != assertions[1]);
    for jwt in assertions {
        assert_eq!(verified(&oat, jwt)["header"]["kid"], "k");
    }
}

// ── mutual TLS ──────────────────────────────────────────────────────────────────────────────────────────────────

/// A profile that shows `certificate` to a server of `authority` that wants one.
fn mutual(authority: &Authority, url: &str, certificate: &str, key: &str) -> Oat {
    let oat = keyed(
        url,
        "client_auth = \"tls_client_auth\"\nclient_key = { file = \"~/key.pem\" }\nclient_certificate = { file = \"~/cert.pem\" }",
    );
    fs::write(oat.home().join("key.pem"), key).unwrap();
    fs::set_permissions(oat.home().join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(oat.home().join("cert.pem"), certificate).unwrap();
    let ca = oat.file("ca.pem", 0o600, authority.pem());
    oat.env("OAT_CA_FILE", ca.to_str().unwrap())
}

fn wanting(authority: &Authority) -> Server {
    Server::always_tls(authority.server("127.0.0.1", Fault::ClientCertificateWanted), Answer::token("t"))
}

#[test]
fn rfc_8705_a_certificate_proves_the_client_and_only_its_id_is_sent() {
    let authority = Authority::new();
    let server = wanting(&authority);
    let (certificate, key) = authority.client("cli", 2089);
    assert_eq!(mutual(&authority, &server.url("/token"), &certificate, &key).get(&[]).line(), "t");
    assert_eq!(server.only().form(), [("client_id".into(), "cli".into()), ("grant_type".into(), "client_credentials".into())]);
}

#[test]
fn r100_what_is_wrong_with_a_client_certificate_is_told_in_words() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = wanting(&authority);
    let url = server.url("/token");
    let (certificate, _) = authority.client("cli", 2089);
    let (expired, its_key) = authority.client("cli", 2021);
    let (foreign, foreign_key) = stranger.client("cli", 2089);
    for (certificate, key, words) in [
        (&foreign, &foreign_key, &["does not take the client certificate"][..]),
        (&expired, &its_key, &["client certificate", "expired on 2021-01-01"]),
        (&certificate, &foreign_key, &["cert.pem", "is not for the client key", "openssl x509"]),
    ] {
        let output = mutual(&authority, &url, certificate, key).get(&[]);
        output.fails_saying(8, words);
        output.does_not_say(&["rustls", "Other", "AlertReceived"]);
    }
    // Without one, the hint says what to set.
    let oat = keyed(&url, "client_auth = \"none\"");
    let ca = oat.file("ca.pem", 0o600, authority.pem());
    oat.env("OAT_CA_FILE", ca.to_str().unwrap()).get(&[]).fails_saying(8, &["wants a client certificate", "client_certificate"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn rfc_8705_section_5_the_aliases_get_the_certificate_and_discovery_does_not() {
    let authority = Authority::new();
    let server = Arc::new(wanting(&authority));
    let alias = server.url("/token");
    let plain = Server::start(move |request| {
        let host = format!("http://{}", request.header("host").unwrap());
        assert_eq!(request.path(), "/.well-known/openid-configuration");
        Answer::json(
            200,
            json!({
                "issuer": host, "token_endpoint": format!("{host}/token"),
                "token_endpoint_auth_methods_supported": ["tls_client_auth"],
                "mtls_endpoint_aliases": { "token_endpoint": alias },
            }),
        )
    });
    let (certificate, key) = authority.client("cli", 2089);
    let oat = mutual(&authority, "x", &certificate, &key);
    let config = fs::read_to_string(oat.config_file()).unwrap();
    let config = config
        .replace("token_endpoint = \"x\"", &format!("issuer = \"{}\"", plain.url("")))
        .replace("client_auth = \"tls_client_auth\"", "");
    assert_eq!(oat.config(&config).get(&[]).line(), "t");
    assert_eq!((plain.count(), server.count()), (1, 1));
}
