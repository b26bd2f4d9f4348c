//! Whether the signature holds: whose key may have made it, and when the server is asked for keys.

use super::*;
use crate::inspection::signature::{Keys, check};
use crate::jose::key_file;
use crate::time::Seconds;
use zeroize::Zeroizing;

const JWKS: &str = "https://login.example.com/jwks";
const KEPT: &str = "jwks https://login.example.com/jwks";
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const CHANGED: &str = "(it was changed, or made by someone else: do not take it)";

fn kid(key: &SigningKey) -> String {
    key.jwk().kid.unwrap()
}

fn signed(key: &SigningKey, header: Value) -> String {
    jwt::encode(members(header), &members(json!({ "sub": "ada" })), key).unwrap()
}

fn named(key: &SigningKey) -> String {
    signed(key, json!({ "kid": kid(key) }))
}

/// A token with an HS256 tag, under any header.
fn mac(header: Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(r#"{"sub":"ada"}"#));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", base64url::encode(tag))
}

fn set_of(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn published(keys: &[&SigningKey]) -> String {
    set_of(&keys.iter().map(|key| key.jwk().to_json()).collect::<Vec<_>>())
}

fn oct(more: Value) -> Value {
    let mut jwk = json!({ "kty": "oct", "k": base64url::encode(SECRET) });
    jwk.as_object_mut().unwrap().extend(members(more));
    jwk
}

fn server() -> Keys {
    Keys::Server(Endpoint::parse(JWKS).unwrap())
}

fn file(text: &str) -> Keys {
    Keys::File(key_file::read(text.as_bytes()).unwrap(), "keys.json".into())
}

fn secret() -> Keys {
    Keys::Secret(Zeroizing::new(SECRET.to_vec()), "the variable `S`".into())
}

fn none() -> Keys {
    Keys::None("no keys are known".into())
}

fn asked(world: &mut Script, token: &str, keys: &Keys) -> Report {
    let (mut report, jws) = Report::of("the token".into(), TokenKind::Access, token, true, world.clock).unwrap();
    check(world, &mut report, &jws.unwrap(), keys);
    assert_eq!(report.verified, of("signature", &report).iter().any(|line| line.starts_with("ok ")), "{report:?}");
    assert_eq!(report.verified, report.reason.is_none(), "{report:?}");
    report
}

/// What the last check says, where nothing may be sent.
fn told(token: &str, keys: &Keys) -> String {
    let mut world = Script::default();
    let report = asked(&mut world, token, keys);
    assert!(world.sent.is_empty());
    said(&report).pop().unwrap()
}

fn kept(set: String, answers: &[String]) -> Script {
    let mut world = Script::of(answers.iter().map(|set| json_answer(200, set.as_str())));
    world.cache.insert(KEPT.into(), set.into_bytes());
    world
}

#[test]
fn keys_that_an_earlier_command_kept_are_used_without_a_request() {
    let key = SigningKey::new_es256();
    let mut world = kept(published(&[&key]), &[]);
    let report = asked(&mut world, &named(&key), &server());
    assert_eq!(said(&report), ["ok alg: ES256".into(), format!("ok signature: ES256, by the key `{}` in {JWKS}", kid(&key))]);
    assert!(report.holds() && world.sent.is_empty());
}

#[test]
fn r47_an_unknown_key_asks_once_more_and_not_again_within_a_minute() {
    let (old, new) = (SigningKey::new_es256(), SigningKey::new_es256());
    let unknown = format!(
        "FAIL signature: the token is signed with the key `{}`, which is not in {JWKS} (1 key there) (is it from another server, or older \
         than the server's keys? a new token is signed with a new key)",
        kid(&new)
    );
    let mut world = kept(published(&[&old]), &[published(&[&old]), published(&[&old, &new])]);
    for (later, requests) in [(0, 1), (0, 1), (59, 1)] {
        world.clock = START + Seconds(later);
        assert_eq!(of("signature", &asked(&mut world, &named(&new), &server())), [unknown.as_str()], "{later}");
        assert_eq!(world.urls(), vec![JWKS; requests], "{later}");
    }
    world.clock = START + Seconds(60);
    assert!(asked(&mut world, &named(&new), &server()).verified);
    assert_eq!(world.urls(), [JWKS, JWKS]);
    assert!(asked(&mut world, &named(&new), &server()).verified && world.sent.len() == 2, "and they are kept");
    // A clock that was put back, or a kept time that is none, keeps nobody from asking.
    for last in [(START.0 + 1).to_string(), "soon".into(), String::new(), i64::MIN.to_string(), i64::MAX.to_string()] {
        let mut world = kept(published(&[&old]), &[published(&[&new])]);
        world.cache.insert("jwks again https://login.example.com/jwks".into(), last.into_bytes());
        assert!(asked(&mut world, &named(&new), &server()).verified && world.sent.len() == 1);
    }
    // Fresh keys are as new as can be.
    let mut fresh = Script::of([json_answer(200, published(&[&old])), json_answer(200, published(&[&new]))]);
    assert!(!asked(&mut fresh, &named(&new), &server()).verified && fresh.sent.len() == 1);
    // Another key under the same name: a server that was set up anew.
    let renamed = |key: &SigningKey| {
        let mut jwk = key.jwk().to_json();
        jwk["kid"] = "1".into();
        set_of(&[jwk])
    };
    let mut reborn = kept(renamed(&old), &[renamed(&new)]);
    assert!(asked(&mut reborn, &signed(&new, json!({ "kid": "1" })), &server()).verified && reborn.sent.len() == 1);
}

#[test]
fn keys_that_cannot_be_had_leave_the_signature_unchecked() {
    let (key, other) = (SigningKey::new_es256(), SigningKey::new_es256());
    for (response, kind, why) in [
        (answer(503, &[], "CANARY"), Kind::Unavailable, format!("{JWKS} answered 503 Service Unavailable")),
        (answer(404, &[], "CANARY"), Kind::Invalid, format!("no keys at {JWKS}: 404 Not Found")),
        (json_answer(200, r#"{"keys":"CANARY"}"#), Kind::Invalid, format!("{JWKS} is not a JWK set: it has no array `keys`")),
    ] {
        let again = kept(published(&[&other]), &[]).then(Ok(response.clone()));
        for mut world in [Script::of([response]), again] {
            let mut report = asked(&mut world, &named(&key), &server());
            let told = format!("the keys cannot be had: {why}");
            assert_eq!(said(&report), ["ok alg: ES256".into(), format!("- signature: {told}")]);
            assert_eq!((report.reason.as_deref(), report.holds()), (Some(told.as_str()), false));
            assert_eq!(report.outcome().unwrap_err().kind, kind);
        }
    }
    let mut world = Script::default().then(Err(Error::new(Kind::Unavailable, "no connection")));
    assert_eq!(asked(&mut world, &named(&key), &server()).outcome().unwrap_err().message, "no connection");
}

#[test]
fn r41_a_token_that_is_not_signed_is_never_taken_however_that_is_spelled() {
    for name in ["none", "None", "NONE", "nOnE", " none", "none\t"] {
        let token = mac(json!({ "alg": name }), b"x");
        let bare = format!("{}.", token.rsplit_once('.').unwrap().0);
        for keys in [server(), secret(), none(), file(&set_of(&[oct(json!({}))]))] {
            for token in [&token, &bare] {
                assert_eq!(
                    told(token, &keys),
                    format!(
                        "FAIL alg: the token is not signed: its `alg` is `{}` (anyone can write such a token; never take one)",
                        name.replace('\t', " ")
                    )
                );
            }
        }
    }
    for (header, what) in [
        (json!({}), "the header names no `alg`: nothing says how it is signed"),
        (json!({ "alg": null }), "the token's `alg` is null, not a string"),
        (json!({ "alg": ["ES256"] }), "the token's `alg` is an array, not a string"),
        (json!({ "alg": "ES256K" }), "the token is signed with `ES256K`, which is not known here"),
        (json!({ "alg": "es256" }), "the token is signed with `es256`, which is not known here"),
        (json!({ "alg": "" }), "the token is signed with ``, which is not known here"),
        (json!({ "alg": "\u{202e}" }), "the token is signed with `\\u{202e}`, which is not known here"),
        (json!({ "alg": "ES256", "kid": 7 }), "the token's `kid` is a number, not a string"),
        (json!({ "alg": "ES256", "kid": null }), "the token's `kid` is null, not a string"),
        (json!({ "alg": "none", "kid": ["a"] }), "the token's `kid` is an array, not a string"),
    ] {
        for keys in [server(), secret(), none()] {
            assert_eq!(told(&mac(header.clone(), SECRET), &keys), format!("FAIL alg: {what}"));
        }
    }
    for (header, told_of) in [
        (json!({ "alg": "HS256", "crit": ["exp"] }), "FAIL crit: the JWT has a `crit` header that is not understood: [\"exp\"]"),
        (json!({ "alg": "HS256", "crit": [] }), "FAIL crit: the JWT has a `crit` header that is not understood: []"),
        (json!({ "alg": "HS256", "zip": "DEF" }), "FAIL payload: the JWT has `zip` in its header: nothing is unpacked here"),
    ] {
        assert_eq!(told(&mac(header, SECRET), &secret()), told_of);
    }
}

#[test]
fn r41_public_keys_check_no_hmac_and_a_secret_checks_nothing_else() {
    let key = SigningKey::new_es256();
    let public = key.jwk().to_json();
    let hs256 = mac(json!({ "alg": "HS256", "kid": kid(&key) }), public.to_string().as_bytes());
    for keys in [server(), file(&public.to_string()), file(&set_of(&[])), file(&set_of(std::slice::from_ref(&public)))] {
        assert_eq!(
            told(&hs256, &keys),
            "FAIL alg: the token is signed with HS256, which is symmetric: no public key can check it, only the secret that made it \
             (--secret-from env:NAME names the secret, if you have it; an API should have RS256 or ES256 instead)"
        );
    }
    for keys in [secret(), file(&oct(json!({})).to_string())] {
        assert_eq!(
            told(&named(&key), &keys),
            "FAIL alg: the token is signed with ES256, which is checked with a public key, not with a secret (--jwks or --key names the public key)"
        );
    }
    // Where a file has both, each checks its own.
    let both = file(&set_of(&[public, oct(json!({}))]));
    assert_eq!(told(&named(&key), &both), format!("ok signature: ES256, by the key `{}` in keys.json", kid(&key)));
    assert_eq!(told(&mac(json!({ "alg": "HS256" }), SECRET), &both), "ok signature: HS256, by the secret in keys.json");
    assert_eq!(told(&hs256, &both), format!("FAIL signature: the HS256 signature does not hold {CHANGED}"));
}

#[test]
fn without_keys_nothing_is_verified_and_the_reason_says_why() {
    for (token, reason) in [
        (named(&SigningKey::new_es256()), "no keys are known"),
        (mac(json!({ "alg": "HS256" }), SECRET), "HS256 is symmetric: it cannot be verified without the secret, which --secret-from names"),
    ] {
        let report = asked(&mut Script::default(), &token, &none());
        assert_eq!((report.reason.as_deref(), report.checks.len(), report.checks[0].ok), (Some(reason), 1, None));
    }
}

#[test]
fn a_shared_secret_checks_its_own_tokens_alone() {
    assert_eq!(told(&mac(json!({ "alg": "HS256", "kid": "any" }), SECRET), &secret()), "ok signature: HS256, by the variable `S`");
    for (token, why) in [
        (mac(json!({ "alg": "HS256" }), b"another"), "the HS256 signature does not hold"),
        (mac(json!({ "alg": "HS512" }), SECRET), "the HS512 signature does not hold: it is 32 bytes long, and 64 are right"),
    ] {
        assert_eq!(told(&token, &secret()), format!("FAIL signature: {why}"));
    }
    let empty = Keys::Secret(Zeroizing::new(Vec::new()), "the variable `S`".into());
    assert_eq!(told(&mac(json!({ "alg": "HS256" }), b""), &empty), "FAIL signature: an empty secret signs nothing");
}

#[test]
fn a_key_of_no_use_under_the_tokens_kid_is_named_with_its_reason() {
    let key = SigningKey::new_es256();
    let weak = |name: Value| json!({ "kty": "RSA", "kid": name, "n": base64url::encode([0x81; 128]), "e": "AQAB" });
    let small = "an RSA key has 1024 bits, and 2048 to 8192 are taken";
    let ours = key.jwk().to_json();
    let not_meant = |name: &str, value: Value| {
        let mut jwk = ours.clone();
        jwk[name] = value;
        jwk
    };
    for (header, set, why) in [
        (json!({ "kid": "w" }), vec![weak(json!("w"))], format!("the key `w` in {JWKS} cannot be used: {small}")),
        (json!({ "kid": "w" }), vec![ours.clone(), weak(json!("w"))], format!("the key `w` in {JWKS} cannot be used: {small}")),
        (json!({}), vec![weak(json!("w"))], format!("no key in {JWKS} can be used: {small}")),
        (
            json!({ "kid": "w" }),
            vec![oct(json!({ "kid": "w" }))],
            format!("the key `w` in {JWKS} cannot be used: a JWK is of a type that is not supported"),
        ),
        (
            json!({}),
            vec![not_meant("use", "enc".into()), weak(json!("w"))],
            format!("the token is signed with ES256, and no key in {JWKS} is for that (1 key there)"),
        ),
        (json!({}), vec![], format!("the token is signed with ES256, and no key in {JWKS} is for that (0 keys there)")),
        (
            json!({ "kid": kid(&key) }),
            vec![not_meant("use", "enc".into())],
            format!(
                "the key is not meant for ES256 signatures: its `use` is `enc` (checked with the key `{}` in {JWKS}) {CHANGED}",
                kid(&key)
            ),
        ),
        (
            json!({ "kid": kid(&key) }),
            vec![not_meant("alg", "ES384".into())],
            format!(
                "the key is not meant for ES256 signatures: its `alg` is `ES384` (checked with the key `{}` in {JWKS}) {CHANGED}",
                kid(&key)
            ),
        ),
        (
            json!({ "kid": kid(&key) }),
            vec![not_meant("key_ops", json!(["sign"])), not_meant("x", ours["y"].clone())],
            format!("the key is damaged: it is not a point on its curve (checked with the key `{}` in {JWKS}) {CHANGED}", kid(&key)),
        ),
    ] {
        let mut world = Script::of([json_answer(200, set_of(&set))]);
        assert_eq!(of("signature", &asked(&mut world, &signed(&key, header), &server())), [format!("FAIL signature: {why}")]);
    }
}

#[test]
fn in_a_file_a_key_without_a_name_may_be_any_and_at_a_server_it_is_none() {
    let (key, other) = (SigningKey::new_es256(), SigningKey::new_es256());
    let nameless = |key: &SigningKey| {
        let mut jwk = key.jwk().to_json();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    };
    let by = format!("ok signature: ES256, by the key with the thumbprint `{}` in keys.json", kid(&key));
    for keys in [nameless(&key).to_string(), set_of(&[nameless(&other), nameless(&key)])] {
        for header in [json!({ "kid": "any" }), json!({})] {
            assert_eq!(told(&signed(&key, header), &file(&keys)), by);
        }
    }
    let told_of = told(&named(&key), &file(&nameless(&other).to_string()));
    let thumbprint = kid(&other);
    assert_eq!(
        told_of,
        format!(
            "FAIL signature: the ES256 signature does not hold (checked with the key with the thumbprint `{thumbprint}` in keys.json) {CHANGED}"
        )
    );
    // A name that is another's stays another's.
    assert!(told(&signed(&key, json!({ "kid": "any" })), &file(&published(&[&key]))).contains("which is not in keys.json (1 key there)"));
    let mut world = Script::of([json_answer(200, set_of(&[nameless(&key)]))]);
    assert!(!asked(&mut world, &named(&key), &server()).verified);
    // A token that names no key is checked with every key that fits.
    let mut world = Script::of([json_answer(200, set_of(&[nameless(&other), nameless(&key)]))]);
    assert!(asked(&mut world, &signed(&key, json!({})), &server()).verified);
}

#[test]
fn a_secret_in_a_file_is_for_the_signatures_that_its_owner_means() {
    for (jwk, header, holds) in [
        (json!({}), json!({}), true),
        (json!({}), json!({ "kid": "a" }), true),
        (json!({ "kid": "a" }), json!({}), true),
        (json!({ "kid": "a", "alg": "HS256" }), json!({ "kid": "a" }), true),
        (json!({ "kid": "b" }), json!({ "kid": "a" }), false),
        (json!({ "alg": "HS512" }), json!({}), false),
        (json!({ "alg": "RS256" }), json!({}), false),
    ] {
        let mut header = header;
        header["alg"] = "HS256".into();
        let told = told(&mac(header.clone(), SECRET), &file(&set_of(&[oct(jwk.clone())])));
        let expected = if holds {
            "ok signature: HS256, by the secret in keys.json".to_string()
        } else {
            format!("FAIL signature: the HS256 signature does not hold {CHANGED}")
        };
        assert_eq!(told, expected, "{jwk} {header}");
    }
}

#[test]
fn a_token_for_one_of_microsofts_own_apis_is_told_as_such() {
    let (key, other) = (SigningKey::new_es256(), SigningKey::new_es256());
    let token = signed(&other, json!({ "kid": kid(&key), "nonce": "x" }));
    assert!(told(&token, &file(&published(&[&key]))).ends_with("such as Graph, and only they can verify it)"));
}
