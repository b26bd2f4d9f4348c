//! R97: every reader of foreign bytes under random abuse. None may panic, and what it lets through must hold.
//!
//! `OAT_FUZZ=200000 cargo test fuzz::` feeds each reader that many inputs instead of 20 000. The inputs are the same in
//! every run; one that fails is printed.

use std::io::{self, Read, Write};
use std::path::Path;

use ring::hmac;

use crate::config::Config;
use crate::dialect::{bazel, cargo, docker, git, go, kubectl, terraform};
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::hosts::{Host, listed};
use crate::inspection::page::{Look, page};
use crate::inspection::{Report, TokenKind, checks, comparison, input, signature};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::jose::jwks::JwkSet;
use crate::jose::jws;
use crate::jose::jwt::Jwt;
use crate::jose::key_file;
use crate::json;
use crate::name::ProfileName;
use crate::oauth::answer::{self, Expectation};
use crate::oauth::authorization::{self, Expected as Reply, Reading};
use crate::oauth::challenge;
use crate::oauth::client_auth::{self, Method};
use crate::oauth::document::Known;
use crate::oauth::endpoints::{Endpoint, Issuer};
use crate::oauth::id_token::{self, Expected};
use crate::oauth::introspection;
use crate::oauth::metadata::{self, Asked};
use crate::oauth::protected_resource;
use crate::oauth::redirect::Redirect;
use crate::oauth::signature::{Algs, Signer};
use crate::oauth::userinfo;
use crate::oauth::world::Response;
use crate::oauth::world::script::{self, Script};
use crate::sandbox::http::Request;
use crate::sandbox::state::Sandbox;
use crate::sandbox::wire;
use crate::secret::{AccessToken, ClientSecret, IdToken, Once, Secret};
use crate::store::record::{Access, LongLived, examples};
use crate::store::sealed::Record;
use crate::text::{escape, json_line};
use crate::time::{Seconds, UnixTime};
use crate::world::loopback::request::{self, Door};

/// How many inputs each reader gets.
const INPUTS: usize = 20_000;
/// Inputs stay about this short, because what breaks a reader is seldom long.
const LONGEST: usize = 4096;

/// Pieces that mean something to one reader or another.
const WORDS: [&[u8]; 48] = [
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"9223372036854775808",
    b"NaN",
    b"\\u0000",
    b"\\ud800",
    b"\\u202e",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\x00",
    b"\x1b[31m",
    b"\r\n",
    b"\n",
    b"\t",
    b"=",
    b"&",
    b"%",
    b"+",
    b".",
    b"..",
    b"/",
    b"//",
    b"@",
    b"#",
    b"?",
    b"error",
    b"access_token",
    b"expires_in",
    b"\"\"\"",
    b"[[",
    b"Content-Length: ",
    b"https://",
    b"127.0.0.1",
];

/// Marsaglia's xorshift64.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        (self.throw() % limit as u64) as usize
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// A part of `bytes`, at most 64 long and possibly empty.
    fn part<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let start = self.below(bytes.len() + 1);
        let length = self.below((bytes.len() - start).min(64) + 1);
        &bytes[start..start + length]
    }

    /// A seed, changed in up to eight ways.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.one_of(seeds).clone();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            match self.below(9) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.throw() as u8,
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..(at + self.below(16)).min(bytes.len()))),
                4 => {
                    let other = self.one_of(seeds);
                    let piece = self.part(other).to_vec();
                    drop(bytes.splice(at..at, piece));
                }
                5 => {
                    let piece = self.part(&bytes.clone()).repeat(1 + self.below(4));
                    drop(bytes.splice(at..at, piece));
                }
                6 => {
                    let word = self.one_of(&WORDS).repeat(if self.below(16) == 0 { 200 } else { 1 });
                    drop(bytes.splice(at..at, word));
                }
                _ => drop(bytes.splice(at..at, self.one_of(&WORDS).iter().copied())),
            }
            bytes.truncate(LONGEST);
        }
        bytes
    }
}

/// Prints the input when the check of it panics.
struct Culprit<'a>(&'a [u8]);

impl Drop for Culprit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input: b\"{}\"", self.0.escape_ascii());
        }
    }
}

fn abuse(seeds: &[&[u8]], mut check: impl FnMut(&[u8])) {
    let count = Environment::process().get("OAT_FUZZ").map_or(INPUTS, |text| text.parse().unwrap());
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for seed in &seeds {
        check(seed);
    }
    for _ in 0..count {
        let input = dice.input(&seeds);
        let _culprit = Culprit(&input);
        check(&input);
    }
}

/// What a person is shown is short, of one line, and moves no cursor.
fn fit_for_a_terminal(text: &str) {
    assert!(text.chars().count() < 2000, "{} characters", text.chars().count());
    let chars: Vec<char> = text.chars().collect();
    for part in chars.chunks(300).map(String::from_iter) {
        assert_eq!(escape(&part), part);
    }
}

fn told(error: &Error) {
    fit_for_a_terminal(&error.to_string());
    fit_for_a_terminal(error.hint.as_deref().unwrap_or_default());
    fit_for_a_terminal(error.oauth_error.as_deref().unwrap_or_default());
}

#[test]
fn r97_json_objects() {
    abuse(&[br#"{"a":{"b":[1,-2.5e3,"x\u00e9\n",true,null]},"c":"d"}"#, br#"{"a":[[[[[[]]]]]],"":{}}"#], |input| {
        match json::object(input) {
            // Serde's own reader must agree, which takes more.
            Ok(map) => assert!(serde_json::to_string(&map).is_ok() && std::str::from_utf8(input).is_ok()),
            Err(reason) => fit_for_a_terminal(&reason),
        }
    });
}

#[test]
fn r97_token_answers() {
    let seeds: [&[u8]; 6] = [
        br#"{"access_token":"t0k3n","token_type":"Bearer","expires_in":3600,"scope":"a b","refresh_token":"r","id_token":"i","x":"y"}"#,
        br#"{"error":"invalid_client","error_description":"no","error_uri":"https://a"}"#,
        br#"{"ok":false,"error":{"code":190,"type":"x","message":"m"},"errors":[{"errorType":"e"}]}"#,
        br#"{"authed_user":{"accessToken":"t","expiresIn":"60"},"scope":["a","b"],"expires":5}"#,
        b"access_token=t&expires_in=60&scope=a%2Cb&token_type=bearer",
        b"<!DOCTYPE html><html>",
    ];
    let mut number = 0;
    abuse(&seeds, |input| {
        number += 1;
        let status = [200, 201, 204, 302, 400, 401, 429, 500, 503][number % 9];
        let media = ["application/json", "application/x-www-form-urlencoded", "text/html", ""][number % 4].to_string();
        let echo = String::from_utf8_lossy(&input[..input.len().min(80)]).into_owned();
        let headers =
            [("content-type", media), ("location", echo.clone()), ("retry-after", echo.clone()), ("x-ratelimit-reset", echo.clone())];
        let response = Response {
            status,
            headers: headers.map(|(name, value)| (name.to_string(), value)).to_vec(),
            body: input.to_vec(),
            cut_short: (number % 5 == 0).then_some(echo),
        };
        let expect = Expectation { pointer: (number % 3 == 0).then_some("/authed_user"), ..Expectation::default() };
        match answer::read(&response, &expect) {
            Ok(set) => {
                let printable = |text: &str| text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
                assert!((200..300).contains(&status) && !set.access_token.expose().is_empty() && printable(set.access_token.expose()));
                assert!(
                    set.refresh_token.is_none_or(|token| printable(token.expose()))
                        && set.id_token.is_none_or(|token| printable(token.expose()))
                );
                assert_eq!(set.token_type, "Bearer");
            }
            Err(error) => told(&error),
        }
    });
}

#[test]
fn r97_metadata() {
    let issuer = Issuer::parse("https://a.example").unwrap();
    let seed = br#"{"issuer":"https://a.example","token_endpoint":"https://a.example/token","jwks_uri":"https://a.example/jwks","token_endpoint_auth_methods_supported":["client_secret_post"],"grant_types_supported":["client_credentials"],"op_tos_uri":"x"}"#;
    abuse(&[seed], |input| match metadata::read(input, Asked { issuer: &issuer, also: None, pin_hosts: &[], known: Known::Kept }) {
        Ok(found) => {
            assert_eq!(json::object(input).unwrap()["issuer"], "https://a.example");
            assert!(found.token_endpoint.is_none_or(|url| url.url().scheme() == "https" || url.on_loopback()));
        }
        Err(error) => told(&error),
    });
}

#[test]
fn r97_profile_files() {
    let seed = br#"default_profile = "api"
[store]
key = "file"
key_cache = "15m"
[profile.api]
issuer = "https://a.example"
client_id = 'c'
client_secret = { command = ["pass", "show", "x"] }
resource = ["https://a", "https://b"]
redirect_ports = [8400, 8401]
token_params = { scope = "x", n = 1, list = ["a"] }
leeway = "60s"
"#;
    let second = b"[profile.\"a.b\"]\nprovider = \"auth0\"\ndomain = \"\"\"t.auth0.com\"\"\"\nclient_secret = { env = \"S\" }\nrefresh_token_sliding = false\n";
    abuse(&[seed, second], |input| {
        if let Ok(text) = std::str::from_utf8(input)
            && let Err(error) = Config::parse(Path::new("/c/config.toml"), text)
        {
            assert_eq!(error.kind, Kind::Config);
            told(&error);
        }
    });
}

#[test]
fn r97_endpoints_and_issuers() {
    let seeds: [&[u8]; 7] = [
        b"https://login.example.com:8443/a/b?x=1&y=%20",
        b"http://127.0.0.1:8400/callback",
        b"http://[::1]/",
        b"http://localhost./x",
        b"https://xn--bcher-kva.example/\xc3\xbc",
        b"https://user:secret@a.example/#f",
        b"https://0x7f.1/..//%2e%2e/;x",
    ];
    abuse(&seeds, |input| {
        let text = String::from_utf8_lossy(input);
        match Endpoint::parse(&text) {
            Ok(endpoint) => {
                let url = endpoint.url();
                assert!(url.scheme() == "https" || endpoint.on_loopback(), "{url}");
                assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none() && !endpoint.host().is_empty());
                assert!(endpoint.as_str().bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{url}");
                assert_eq!(Endpoint::parse(endpoint.as_str()), Ok(endpoint.clone()));
                fit_for_a_terminal(&endpoint.without_query().chars().take(300).collect::<String>());
            }
            Err(reason) => fit_for_a_terminal(&reason),
        }
        if let Ok(issuer) = Issuer::parse(&text) {
            let origin = issuer.endpoint().url().origin();
            assert!(issuer.as_str() == text && issuer.metadata_urls().iter().all(|url| url.url().origin() == origin));
        }
    });
}

#[test]
fn r97_hosts_are_read_as_others_read_them() {
    let seeds: [&[u8]; 6] = [
        b"https://api.example.com:8443/a?b#c",
        b"https://api.example.com@evil.example",
        b"HTTP://127.0.0.1:80",
        b"https://[2001:DB8::1]:443/",
        b"a.example.:1",
        b"https://0x7f.1%2e\\",
    ];
    abuse(&seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Some(host) = Host::parse(&text) else { return };
        let whole = if text.contains("://") { text.into_owned() } else { format!("https://{text}") };
        // The reader of the URL standard, which forgives much, finds the same host and port.
        let url = url::Url::parse(&whole).unwrap_or_else(|error| panic!("{whole}: {error}"));
        let entry = format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap());
        assert!(listed(std::slice::from_ref(&entry), &host).is_some(), "{whole} is {entry} to others");
        assert!(url.username().is_empty() && url.password().is_none());
        assert!(host.guarded() || url.scheme() == "http");
    });
}

#[test]
fn r97_requests_of_other_programs() {
    let seeds: [&[u8]; 6] = [
        b"capability[]=authtype\nprotocol=https\nhost=a.example\nwwwauth[]=Bearer realm=\"x\"\npassword=p\n\n",
        br#"{"uri":"https://a.example/x"}"#,
        br#"{"v":1,"registry":{"index-url":"sparse+https://a.example/","name":"x"},"kind":"get","args":["p"]}"#,
        br#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":true,"cluster":{"server":"x"}}}"#,
        b"https://index.docker.io/v1/",
        b"app.terraform.io",
    ];
    abuse(&seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for failed in [
            git::read("get", bytes).err(),
            git::read("erase", bytes).err(),
            docker::read("get", bytes).err(),
            bazel::read("get", bytes).err(),
        ] {
            failed.iter().for_each(told);
        }
        cargo::read(bytes).err().iter().for_each(told);
        kubectl::read(Some(&text)).err().iter().for_each(told);
        terraform::read("get", &text).err().iter().for_each(told);
        let _ = go::read(Some(&text));
    });
}

#[test]
fn r97_jwts() {
    let seeds: [&[u8]; 4] = [
        // RFC 7519 section 3.1.
        b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        b"e30.e30.",
        b"eyJhbGciOiJub25lIn0.e30.AA",
        b"opaque",
    ];
    let decode = |token: &str| match Jwt::decode(token) {
        Ok(jwt) => drop((jwt.alg(), jwt.kid().map(str::len))),
        Err(error) => {
            assert_eq!(error.kind, Kind::Invalid);
            told(&error);
        }
    };
    abuse(&seeds, |input| decode(&String::from_utf8_lossy(input)));
    // What is inside, with the outside right.
    let insides: [&[u8]; 2] = [br#"{"alg":"RS256","kid":"k","crit":["x"]}"#, br#"{"iss":"a","aud":["b","c"],"exp":1300819380,"sub":null}"#];
    abuse(&insides, |input| {
        let (inside, whole) = (base64url::encode(input), base64url::encode("{}"));
        decode(&format!("{inside}.{whole}.AA"));
        decode(&format!("{whole}.{inside}.AA"));
    });
}

/// A stranger's token from its text to the page, the JSON and a comparison with another: nothing in it is believed without a
/// key, and nothing of it moves a cursor.
#[test]
fn r97_inspected_tokens() {
    let now = UnixTime(1_300_819_380);
    let expected = checks::Expected {
        issuer: Some("joe".into()),
        whose: "the issuer asked for".into(),
        audiences: vec!["b".into()],
        scopes: vec!["read".into()],
        standing: true,
        ..checks::Expected::default()
    };
    let other = Report::of("the other".into(), TokenKind::Unknown, "opaque", false, now).unwrap().0;
    let mut look = |bytes: &[u8]| {
        for kind in [TokenKind::Unknown, TokenKind::Id] {
            let token = match input::token(bytes, kind) {
                Ok(token) => token,
                Err(error) => {
                    told(&error);
                    continue;
                }
            };
            let (mut report, jws) = match Report::of("a token".into(), kind, token.expose(), kind == TokenKind::Id, now) {
                Ok(taken_apart) => taken_apart,
                Err(error) => {
                    told(&error);
                    continue;
                }
            };
            if let Some(jws) = jws {
                signature::check(&mut Script::default(), &mut report, &jws, &signature::Keys::Secret(b"x".to_vec().into(), "x".into()));
            }
            checks::claims(&mut report, &expected);
            assert!(!report.verified);
            for screen in [false, true] {
                page(&report, Look { colour: false, screen }).lines().for_each(fit_for_a_page);
            }
            fit_for_a_page(&json_line(&report.json()));
            let found = comparison::compare(&report, &other);
            comparison::page(&report, &other, &found).lines().for_each(fit_for_a_page);
        }
    };
    let seeds: [&[u8]; 5] = [
        b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        b"Authorization: Bearer opaque",
        br#"{"access_token":"e30.e30.","id_token":"eyJhbGciOiJub25lIn0.e30.AA"}"#,
        b"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA",
        b"..",
    ];
    abuse(&seeds, &mut look);
    let insides: [&[u8]; 3] = [
        br#"{"alg":"HS256","typ":"at+jwt","kid":"k","crit":["x"],"zip":"DEF","b64":false,"jku":"https://a"}"#,
        br#"{"iss":"joe","aud":["b","c"],"exp":1300819380,"nbf":1e99,"iat":-1,"sub":null,"scope":"read write","scp":["x"],"cnf":{"jkt":"x"}}"#,
        br###"{"realm_access":{"roles":["a","b c"]},"act":{"sub":"x"},"auth_time":"7","permissions":["read"],"::add-mask::":"##vso["}"###,
    ];
    abuse(&insides, |input| {
        let (inside, header) = (base64url::encode(input), base64url::encode(r#"{"alg":"HS256"}"#));
        look(format!("{header}.{inside}.AA").as_bytes());
        look(format!("{inside}.e30.AA").as_bytes());
    });
}

/// A line that goes out whole, however long it is.
fn fit_for_a_page(line: &str) {
    assert!(crate::text::harmless(line), "{line:?}");
    assert!(!line.trim_start().starts_with("::") && !line.starts_with("##vso["), "{line:?}");
}

#[test]
fn r97_files_of_keys() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap().self_signed(&pair).unwrap();
    let texts = [
        certificate.pem().into_bytes(),
        certificate.der().to_vec(),
        pair.public_key_pem().into_bytes(),
        pair.serialize_pem().into_bytes(),
        br#"{"keys":[{"kty":"oct","k":"AQID","kid":"a"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
            .to_vec(),
    ];
    let seeds: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    abuse(&seeds, |input| match key_file::read(input) {
        Ok(file) => {
            for key in &file.public.keys {
                assert_eq!(Jwk::parse(&key.to_json()).as_ref().ok(), Some(key));
            }
            assert!(file.secrets.iter().all(|oct| !oct.secret.is_empty()));
        }
        Err(error) => told(&error),
    });
}

#[test]
fn r97_jwk_sets() {
    let seeds: [&[u8]; 2] = [
        // RFC 8037 appendix A.2 and RFC 9449 section 6.
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a","use":"sig","key_ops":["verify"]},{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256","alg":"ES256"}]}"#,
        br#"{"keys":[{"kty":"RSA","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}]}"#,
    ];
    let algs = [Alg::Rs256, Alg::Ps512, Alg::Es256, Alg::EdDsa, Alg::Hs256];
    abuse(&seeds, |input| match JwkSet::parse(input) {
        Ok(set) => {
            for key in &set.keys {
                assert_eq!(Jwk::parse(&key.to_json()).as_ref().ok(), Some(key));
            }
            // No key, however odd, makes a signature of zeros hold.
            for alg in algs {
                assert!(set.find(None, alg).all(|key| jws::verify(alg, key, b"message", &[0; 64]).is_err()));
            }
        }
        Err(error) => told(&error),
    });
}

#[test]
fn r97_id_tokens() {
    let issuer = "https://a.example";
    let expected = Expected {
        issuer,
        issuer_pattern: Some("https://b.example/{tenantid}/v2.0"),
        client_id: "c",
        nonce: Some("n"),
        access_token: None,
        code: None,
        subject: None,
        max_age: Some(Seconds(60)),
        algs: Algs::registered("HS256").unwrap(),
        now: UnixTime(1_768_210_200),
    };
    let secret = ClientSecret::new("secret");
    let check = |header: &[u8], claims: &[u8]| {
        let token = IdToken::new(mac(header, claims));
        match id_token::verify(&mut Script::default(), &token, &expected, None, Some(&secret)) {
            Ok(told) => {
                let (header, claims) = (json::object(header).unwrap(), json::object(claims).unwrap());
                assert!(header["alg"] == "HS256" && !header.contains_key("crit"));
                assert!(claims["iss"].as_str().is_some_and(|iss| iss == issuer || iss.starts_with("https://b.example/")));
                assert!(claims["nonce"] == "n" && claims["sub"] == told.subject.as_str() && !told.subject.is_empty());
                assert!(told.expires_at > UnixTime(1_768_210_200 - 60));
            }
            Err(error) => {
                assert!(error.kind == Kind::Invalid && error.message.starts_with("the ID token"), "{error}");
                assert!(error.hint.is_some());
                self::told(&error);
            }
        }
    };
    let header = br#"{"alg":"HS256","typ":"JWT","kid":"k","jku":"x"}"#;
    let claims = br#"{"iss":"https://a.example","aud":["c","d"],"azp":"c","sub":"s","nonce":"n","exp":1768210260,"iat":1768210200.5,"nbf":1,"auth_time":1768210190,"tid":"t","acr":"0"}"#;
    let tenant = br#"{"iss":"https://b.example/t-1/v2.0","aud":"c","sub":"s","nonce":"n","exp":1768210260,"iat":1768210200,"auth_time":1768210190,"tid":"t-1"}"#;
    abuse(&[header], |input| check(input, claims));
    abuse(&[claims, tenant], |input| check(header, input));
}

#[test]
fn r97_challenges() {
    let seeds: [&[u8]; 5] = [
        br#"Bearer realm="example", error="invalid_token", error_description="a \"b\" c""#,
        br#"Bearer error="invalid_token", DPoP algs="ES256 PS256", Basic realm = 'x y'"#,
        b"Negotiate abc==, NTLM, Digest nonce=a/b:c=,,qop=auth",
        b"Bearer error=x error_description=not quoted at all, max_age=5",
        b"a=b,a=b,a=b,a=b,a=b,a=b,a=b,a=b,a=b,a=b,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c",
    ];
    abuse(&seeds, |input| {
        let text = String::from_utf8_lossy(input).into_owned();
        let length = text.len();
        let headers = [("www-authenticate".to_string(), text.clone()), ("www-authenticate".to_string(), text)].to_vec();
        let found = challenge::challenges(&Response { headers, ..Response::default() });
        let token = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&b));
        assert!(found.len() <= 20);
        for challenge in &found {
            assert!(token(&challenge.scheme) && challenge.is(&challenge.scheme.to_ascii_uppercase()) && challenge.parameters.len() <= 50);
            for (name, value) in &challenge.parameters {
                assert!(token(name) && *name == name.to_ascii_lowercase() && value.len() < length && challenge.parameter(name).is_some());
            }
        }
    });
}

/// A JWT of these parts with an HMAC that holds.
fn mac(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), message.as_bytes());
    format!("{message}.{}", base64url::encode(tag))
}

#[test]
fn r97_introspection_and_userinfo_answers() {
    let endpoint = Endpoint::parse("https://a.example/x").unwrap();
    let client = client_auth::Client { id: "c".into(), secret: Some(ClientSecret::new("secret")), method: Method::ClientSecretPost };
    let token = AccessToken::new("t0k3n");
    let ask = |media: &str, body: &[u8], issuer: Option<&str>| {
        let answer = script::answer(200, &[("content-type", media), ("www-authenticate", &String::from_utf8_lossy(body))], body);
        let refusal = Response { status: 401, ..answer.clone() };
        let signer = || {
            let algs = Algs::registered("HS256").unwrap();
            Signer { issuer, client_id: "c", jwks_uri: None, algs, client_secret: client.secret.as_ref(), offered: true }
        };
        let asked = introspection::Asked {
            endpoint: &endpoint,
            client: &client,
            token: &Secret::new(token.expose()),
            hint: None,
            signer: signer(),
        };
        let introspected = introspection::introspect(&mut Script::of([answer.clone()]), &asked);
        let person = userinfo::userinfo(&mut Script::of([answer]), &endpoint, &token, &signer());
        let refused = userinfo::userinfo(&mut Script::of([refusal]), &endpoint, &token, &signer());
        for error in [introspected.as_ref().err(), person.as_ref().err(), refused.as_ref().err()].into_iter().flatten() {
            told(error);
            assert!(!error.to_string().contains("t0k3n"), "{error}");
        }
        assert!(refused.is_err());
        if let Ok(said) = &introspected {
            assert!(said.members["active"] == said.active && said.signed.is_some() == media.ends_with("+jwt"));
        }
        if let Ok(said) = &person {
            assert!(said.members["sub"].as_str().is_some_and(|sub| !sub.is_empty()));
        }
    };
    let seeds: [&[u8]; 4] = [
        br#"{"active":true,"sub":"s","scope":"a b","aud":["c"],"exp":1}"#,
        br#"{"active":"true","sub":"","t0k3n":"t0k3n"}"#,
        br#"Bearer error="invalid_token", error_description="t0k3n""#,
        br#"{"error":"invalid_client","error_description":"t0k3n"}"#,
    ];
    abuse(&seeds, |input| ask("application/json", input, None));
    let header = br#"{"alg":"HS256","typ":"token-introspection+jwt","kid":"t0k3n"}"#;
    let claims = br#"{"iss":"https://a.example","aud":["c","d"],"sub":"s","token_introspection":{"active":true,"sub":"s"}}"#;
    let signed = |header: &[u8], claims: &[u8]| {
        ask("application/token-introspection+jwt", mac(header, claims).as_bytes(), Some("https://a.example"));
    };
    abuse(&[header], |input| signed(input, claims));
    abuse(&[claims], |input| signed(header, input));
    abuse(&[mac(header, claims).as_bytes()], |input| ask("application/token-introspection+jwt", input, Some("https://a.example")));
}

#[test]
fn r97_metadata_of_apis() {
    let api = Endpoint::parse("https://a.example/v1/me").unwrap();
    let url = "https://a.example/.well-known/oauth-protected-resource";
    let seed = br#"{"resource":"https://a.example/v1","authorization_servers":["https://b.example",1],"scopes_supported":["a","b"]}"#;
    abuse(&[seed], |input| match protected_resource::fetch(&mut Script::of([script::json(200, input)]), url, &api) {
        Ok(found) => assert_eq!(Endpoint::parse(&found.resource).unwrap().url().origin(), api.url().origin()),
        Err(error) => told(&error),
    });
    abuse(&[url.as_bytes(), b"https://b.example/x", b"http://[::1]:80/"], |input| {
        let mut world = Script::of([script::json(200, "{}")]);
        let error = protected_resource::fetch(&mut world, &String::from_utf8_lossy(input), &api).unwrap_err();
        assert!(world.urls().iter().all(|url| url.starts_with("https://a.example/")), "{:?}", world.urls());
        told(&error);
    });
}

/// A client that sends its bytes in pieces of one size and then hangs up.
struct Client<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Client<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.len().min(self.piece).min(into.len());
        let (now, later) = self.bytes.split_at(count);
        into[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

impl Write for Client<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn r97_requests_to_the_redirect_listener() {
    let redirect = Redirect::default();
    let door = Door::of(&redirect, 8400);
    let seeds: [&[u8]; 3] = [
        b"GET /callback?code=abc&state=xyz HTTP/1.1\r\nHost: 127.0.0.1:8400\r\nUser-Agent: x\r\n\r\n",
        b"GET http://127.0.0.1:8400/callback?code=a HTTP/1.1\r\nHost: 127.0.0.1:8400\r\nContent-Length: 3\r\n\r\nabc",
        b"HEAD /favicon.ico HTTP/1.0\r\n\r\n",
    ];
    abuse(&seeds, |input| match request::parse(input, &door) {
        Ok(Some(query)) => {
            let text = String::from_utf8_lossy(input);
            assert!(text.starts_with("GET /callback") && text.contains(query.expose()));
        }
        Ok(None) => {}
        Err(refusal) => assert!(refusal.response().starts_with("HTTP/1.1 4")),
    });
}

#[test]
fn r97_redirects() {
    let state = Once::new("s");
    let expected = Reply { state: &state, issuer: Some("https://a.example"), issuer_pattern: None, iss_promised: true };
    let seeds: [&[u8]; 4] = [
        b"code=abc&state=s&iss=https%3A%2F%2Fa.example",
        b"error=access_denied&error_description=no+way&state=s&iss=https%3A%2F%2Fa.example",
        b"http://127.0.0.1:8400/callback?code=abc&state=s&iss=https://a.example#x",
        b"%00%ff=%e2%80%ae&&=&state=s&state=s&code",
    ];
    let mut number = 0;
    abuse(&seeds, |input| {
        number += 1;
        let text = String::from_utf8_lossy(input);
        match authorization::read(&text, number % 2 == 0, &expected) {
            // Nothing is a code that does not come with our state and from our issuer.
            Reading::Code(code) => {
                assert!(
                    text.contains("state=s") && text.contains("a.example") && code.expose().bytes().all(|b| (b' '..=b'~').contains(&b))
                );
            }
            Reading::Refused { error, description } => told(&authorization::refused(&error, description.as_deref())),
            Reading::Failed(error) => told(&error),
            Reading::Foreign => {}
        }
    });
}

#[test]
fn r97_requests_to_the_sandbox() {
    let seeds: [&[u8]; 3] = [
        b"POST /token?x=1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n{\"a\":\"b c\"}\n",
        b"GET http://127.0.0.1/.well-known/openid-configuration HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    let mut number = 0;
    abuse(&seeds, |input| {
        number += 1;
        let mut buffer = Vec::new();
        let mut client = Client { bytes: input, piece: [1, 7, 64, 1 << 20][number % 4] };
        // As many requests as the connection holds.
        while let Ok(incoming) = wire::read(&mut client, &mut buffer) {
            let request = incoming.request;
            assert!(request.headers.len() <= 100 && request.body.len() <= input.len());
            assert!(request.target.contains(request.query()) && request.path().len() <= request.target.len());
        }
    });
}

#[test]
fn r97_parameters_to_the_sandbox() {
    let seeds: [&[u8]; 4] = [
        b"response_type=code&client_id=sandbox&redirect_uri=http://127.0.0.1:1/cb?a=b&state=s&scope=openid&prompt=login&max_age=1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        b"client_id=sandbox-public&grant_type=refresh_token&refresh_token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&scope=a&token=x.y.z",
        b"client_id=sandbox-public&scope=openid&user_code=BBBB-BBBB&username=alice&transaction=x&decision=allow",
        b"client_id=sandbox&client_secret=sandbox-secret&grant_type=client_credentials&resource=urn:x&audience=y&post_logout_redirect_uri=http://[::1]/",
    ];
    let paths = ["/authorize", "/token", "/device", "/device_authorization", "/revoke", "/sign-in", "/consent", "/introspect", "/logout"];
    let approving = Sandbox::of_test(|options| options.auto_approve = true);
    let asking = Sandbox::of_test(|_| {});
    let mut number = 0;
    abuse(&seeds, |input| {
        number += 1;
        let sandbox = if number % 2 == 0 { &approving } else { &asking };
        let request = Request::form(paths[number % paths.len()], &String::from_utf8_lossy(input));
        let response = sandbox.respond(&request, UnixTime(number as i64));
        // No header can be split, and no browser is sent off this machine.
        assert!(response.headers.iter().all(|(_, value)| value.bytes().all(|b| (b' '..=b'~').contains(&b))));
        if let Some(location) = response.header("Location") {
            let url = url::Url::parse(location).unwrap();
            assert!(["127.0.0.1", "[::1]", "localhost"].contains(&url.host_str().unwrap()), "{location}");
        }
        let html = response.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html"));
        assert!(!html || !String::from_utf8(response.body).unwrap().contains("<script"));
    });
}

#[test]
fn r97_records_of_the_store() {
    let (access, long_lived) = (examples::access("at"), examples::long_lived("rt"));
    let (access, long_lived) = (access.encode(), long_lived.encode());
    abuse(&[access.as_slice(), long_lived.as_slice()], |input| {
        if let Some(read) = Access::decode(input) {
            assert_eq!(Access::decode(&read.encode()), Some(read));
        }
        if let Some(read) = LongLived::decode(input) {
            assert_eq!(LongLived::decode(&read.encode()), Some(read));
        }
    });
}

#[test]
fn r97_files_of_the_store() {
    let mut file = b"oat-rec\x01".to_vec();
    file.extend([7; 8]);
    file.extend([3, 0, 0, 0, 5, 0, 0, 0]);
    file.extend(b"abcdefgh");
    abuse(&[file.as_slice()], |input| match Record::parse(input) {
        Ok(record) => assert!(record.sealed.len() + 24 <= input.len()),
        Err(why) => fit_for_a_terminal(&why.to_string()),
    });
}

#[test]
fn r97_short_texts() {
    abuse(&[b"1h 30m", b"90s", b"auth0-ci", b"COM1.x", b"a\x1b[31m\xe2\x80\xae\xc2\x9b"], |input| {
        let text = String::from_utf8_lossy(input);
        fit_for_a_terminal(&escape(&text));
        if let Some(length) = Seconds::parse(&text) {
            assert!(length >= Seconds(0) && UnixTime(i64::MAX) + length == UnixTime(i64::MAX));
            assert!(!(UnixTime(1_768_210_200) + length).to_string().is_empty() && !length.to_string().is_empty());
        }
        match ProfileName::parse(&text) {
            Ok(name) => assert!(!name.as_str().contains(['/', '\\', '\0'])),
            Err(error) => told(&error),
        }
        let secret: Secret<()> = Secret::new(text);
        assert_eq!(format!("{secret:?}"), "[redacted]");
    });
}
