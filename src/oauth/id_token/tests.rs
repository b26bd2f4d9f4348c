//! ID tokens of every wrong kind, against a scripted World with keys of the tests' own.

use ring::hmac;
use serde_json::json;

use super::*;
use crate::jose::base64url;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::oauth::world::script::{START, Script, answer, json as json_answer};

const ISSUER: &str = "https://login.example.com";
const JWKS: &str = "https://login.example.com/jwks";
const CLIENT: &str = "s6BhdRkqt3";
const NONCE: &str = "n-0S6_WzA2Mj";
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const CODE: &str = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// An RSA key that is published, so worth nothing; ring makes none.
const RSA: &[u8] = include_bytes!("../../sandbox/rs256-test-key.p8");

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "24400320", "nonce": NONCE, "at_hash": Alg::Es256.half_hash(ACCESS),
        "exp": START.0 + 3600, "iat": START.0, "auth_time": START.0 - 10, "acr": "0", "email": "ada@example.com",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn access() -> AccessToken {
    AccessToken::new(ACCESS)
}

fn expected(access_token: &AccessToken) -> Expected<'_> {
    Expected {
        issuer: ISSUER,
        issuer_pattern: None,
        client_id: CLIENT,
        nonce: Some(NONCE),
        access_token: Some(access_token),
        code: None,
        subject: None,
        max_age: None,
        algs: Algs::supported(None),
        now: START,
    }
}

fn signed_with(key: &SigningKey, header: Value, claims: &Value) -> IdToken {
    let members = |value: &Value| value.as_object().unwrap().clone();
    IdToken::new(jwt::encode(members(&header), &members(claims), key).unwrap())
}

fn signed(key: &SigningKey, claims: &Value) -> IdToken {
    signed_with(key, json!({ "kid": key.jwk().kid }), claims)
}

/// A token with an HMAC, under any header.
fn mac(header: Value, claims: &Value, secret: &[u8]) -> IdToken {
    let message = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    IdToken::new(format!("{message}.{}", base64url::encode(tag)))
}

fn published(keys: &[&SigningKey]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk().to_json()).collect::<Vec<_>>() }).to_string()
}

fn world(keys: &[&SigningKey]) -> Script {
    Script::of([json_answer(200, published(keys))])
}

fn ask(world: &mut Script, token: &IdToken, expected: &Expected) -> Result<IdTokenClaims> {
    verify(world, token, expected, Some(&Endpoint::parse(JWKS).unwrap()), Some(&ClientSecret::new(SECRET)))
}

/// Signs these claims with a good key, and asks.
fn judge(claims: &Value, expected: &Expected) -> Result<IdTokenClaims> {
    let key = SigningKey::new_es256();
    ask(&mut world(&[&key]), &signed(&key, claims), expected)
}

/// What is told of a token that does not hold.
fn refusal(outcome: Result<IdTokenClaims>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid, "{error}");
    let hint = error.hint.clone().unwrap();
    for text in [&error.message, &hint] {
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}') && !text.ends_with('.'), "{text:?}");
    }
    assert!(error.message.starts_with("the ID token") && !hint.is_empty(), "{}", error.message);
    format!("{} ({hint})", error.message)
}

#[test]
fn a_token_that_holds_says_who_and_until_when() {
    let token = access();
    let told = judge(&claims(), &expected(&token)).unwrap();
    assert_eq!((told.subject.as_str(), told.name.as_deref()), ("24400320", Some("ada@example.com")));
    assert_eq!((told.expires_at, told.auth_time, told.acr.as_deref()), (START + Seconds(3600), Some(START - Seconds(10)), Some("0")));
    for (claims, name) in [
        (with("email", "".into()), None),
        (with("email", 7.into()), None),
        (with("preferred_username", "ada".into()), Some("ada@example.com")),
        (json!({ "iss": ISSUER, "aud": CLIENT, "sub": "x", "nonce": NONCE, "exp": START.0 + 1, "iat": START.0, "upn": "u" }), Some("u")),
    ] {
        assert_eq!(judge(&claims, &expected(&token)).unwrap().name.as_deref(), name);
    }
}

#[test]
fn r42_each_wrong_claim_has_its_own_sentence() {
    let token = access();
    for (claims, told) in [
        (
            with("iss", "https://evil.example".into()),
            "the ID token is from `https://evil.example`, and the profile's issuer is `https://login.example.com` (",
        ),
        (with("iss", "https://login.example.com/".into()), "only the slash at the end differs"),
        (with("iss", "https://LOGIN.example.com".into()), "the ID token is from `https://LOGIN.example.com`"),
        (with("iss", "\u{1b}[31m\u{202e}".into()), "the ID token is from `\\u{1b}[31m\\u{202e}`"),
        (with("iss", json!([ISSUER])), "the ID token's `iss` is an array, not a string"),
        (without("iss"), "the ID token has no `iss`"),
        (with("aud", "other".into()), "the ID token is for `other`, not for the client `s6BhdRkqt3`"),
        (with("aud", json!(["a", "b"])), "the ID token is for `a`, `b`, not for the client"),
        (with("aud", json!([])), "the ID token is for nobody, not for the client"),
        (with("aud", "s6BhdRkqt3 ".into()), "the ID token is for `s6BhdRkqt3 `, not for the client"),
        (with("aud", json!([CLIENT, 7])), "the ID token's `aud` is an array, not a string or an array of strings"),
        (with("aud", json!({ CLIENT: true })), "the ID token's `aud` is an object, not a string or"),
        (without("aud"), "the ID token has no `aud`"),
        (with("aud", json!([CLIENT, "b"])), "does not say to which of them it was issued (`azp`)"),
        (with("azp", "other".into()), "the ID token was issued to the client `other`, not to `s6BhdRkqt3`"),
        (with("azp", Value::Null), "the ID token's `azp` is null, not a string"),
        (with("sub", "".into()), "the ID token is about nobody: `sub` is empty"),
        (with("sub", 24400320.into()), "the ID token's `sub` is a number, not a string"),
        (without("sub"), "the ID token has no `sub`"),
        (with("nonce", "n-0S6_WzA2Mk".into()), "the ID token answers another sign-in: its `nonce` is not the one that was sent"),
        (with("nonce", "".into()), "the ID token answers another sign-in"),
        (with("nonce", json!([NONCE])), "the ID token's `nonce` is an array, not a string"),
        (without("nonce"), "the ID token does not say which sign-in it answers: it has no `nonce`"),
        (with("at_hash", Alg::Es256.half_hash("another").into()), "not issued with the access token that it came with (`at_hash` differs)"),
        (with("at_hash", Alg::Es384.half_hash(ACCESS).into()), "(`at_hash` differs)"),
        (with("at_hash", "".into()), "(`at_hash` differs)"),
        (with("at_hash", 7.into()), "the ID token's `at_hash` is a number, not a string"),
    ] {
        let refusal = refusal(judge(&claims, &expected(&token)));
        assert!(refusal.contains(told), "{refusal}\n{told}");
    }
}

#[test]
fn r42_several_audiences_are_taken_where_azp_names_the_client() {
    let token = access();
    for claims in [
        with("aud", json!([CLIENT])),
        with("aud", json!([CLIENT, CLIENT])),
        with("azp", CLIENT.into()),
        json!({ "iss": ISSUER, "aud": ["b", CLIENT], "azp": CLIENT, "sub": "x", "nonce": NONCE, "exp": START.0 + 1, "iat": START.0 }),
    ] {
        judge(&claims, &expected(&token)).unwrap();
    }
}

#[test]
fn r43_times_are_numbers_and_a_wrong_type_is_not_the_same_as_none() {
    let token = access();
    for name in ["exp", "iat", "nbf"] {
        for (value, told) in [
            (json!((START.0 + 3600).to_string()), "is a string, not a number"),
            (json!(null), "is null, not a number"),
            (json!(true), "is a boolean, not a number"),
            (json!([START.0]), "is an array, not a number"),
            (json!(-1), "is no point in time: -1"),
            (json!(1e300), "is no point in time"),
            (json!(u64::MAX), "is no point in time: 18446744073709551615"),
            (json!(i64::MAX), "is no point in time: 9223372036854775807"),
            (json!(START.0 * 1000), "is no point in time: 1768210200000"),
        ] {
            let refusal = refusal(judge(&with(name, value), &expected(&token)));
            assert!(refusal.starts_with(&format!("the ID token's `{name}` {told}")), "{refusal}");
        }
    }
    assert!(refusal(judge(&without("exp"), &expected(&token))).contains("the ID token has no `exp`"));
    assert!(refusal(judge(&without("iat"), &expected(&token))).contains("the ID token has no `iat`"));
    for exp in [json!(START.0 as f64 + 3600.0), json!(START.0 as f64 + 3600.9)] {
        assert_eq!(judge(&with("exp", exp), &expected(&token)).unwrap().expires_at, START + Seconds(3600));
    }
}

#[test]
fn r43_clocks_may_differ_by_60_seconds_and_the_message_says_so() {
    let token = access();
    for (name, seconds, told) in [
        ("exp", -59, None),
        (
            "exp",
            -60,
            Some(
                "the ID token expired 60 s ago, and clocks may differ by 60 s (is this machine's clock right? it says 2026-01-12T09:30:00Z)",
            ),
        ),
        ("exp", -7200, Some("the ID token expired 2 h ago")),
        ("iat", 60, None),
        ("iat", 61, Some("the ID token was issued 61 s in the future, and clocks may differ by 60 s")),
        ("iat", -86_400, None),
        ("nbf", 60, None),
        ("nbf", 600, Some("the ID token is not valid for another 10 min, and clocks may differ by 60 s")),
    ] {
        let outcome = judge(&with(name, (START.0 + seconds).into()), &expected(&token));
        match told {
            None => drop(outcome.unwrap()),
            Some(told) => assert!(refusal(outcome).contains(told), "{name} {seconds}"),
        }
    }
}

#[test]
fn r44_nonce_and_hashes_are_compared_where_there_is_something_to_compare() {
    let token = access();
    judge(&without("at_hash"), &expected(&token)).unwrap();
    let bare = Expected { nonce: None, access_token: None, ..expected(&token) };
    for claims in [claims(), with("nonce", "another".into()), without("nonce"), with("at_hash", "another".into())] {
        judge(&claims, &bare).unwrap();
    }
    let coded = Expected { code: Some(CODE), ..expected(&token) };
    judge(&claims(), &coded).unwrap();
    judge(&with("c_hash", Alg::Es256.half_hash(CODE).into()), &coded).unwrap();
    judge(&with("c_hash", "another".into()), &expected(&token)).unwrap();
    assert!(refusal(judge(&with("c_hash", "another".into()), &coded)).contains("authorization code that it came with (`c_hash` differs)"));
}

#[test]
fn section_12_2_a_refreshed_token_is_about_the_same_person() {
    let token = access();
    let refreshed = Expected { nonce: None, subject: Some("24400320"), ..expected(&token) };
    judge(&without("nonce"), &refreshed).unwrap();
    let told = refusal(judge(&with("sub", "eve".into()), &refreshed));
    assert!(told.contains("the ID token is about `eve`, and the one before was about `24400320` (sign in again: oat login)"), "{told}");
}

#[test]
fn a_sign_in_longer_ago_than_max_age_is_refused() {
    let token = access();
    let within = |seconds| Expected { max_age: Some(Seconds(seconds)), ..expected(&token) };
    assert_eq!(judge(&claims(), &within(0)).unwrap().auth_time, Some(START - Seconds(10)));
    let old = with("auth_time", (START.0 - 7200).into());
    // 60 seconds more than was asked for, and not one beyond.
    judge(&old, &within(7140)).unwrap();
    assert!(refusal(judge(&old, &within(7139))).contains("`max_age`"));
    let told = refusal(judge(&old, &within(3600)));
    assert!(told.contains("from a sign-in 2 h ago, and `max_age` allows 60 min, with 60 s for clocks"), "{told}");
    assert!(refusal(judge(&without("auth_time"), &within(60))).contains("the ID token has no `auth_time`"));
    assert!(refusal(judge(&with("auth_time", "1".into()), &within(60))).contains("`auth_time` is a string"));
    assert_eq!(judge(&with("auth_time", "1".into()), &expected(&token)).unwrap().auth_time, None);
}

#[test]
fn entras_tenants_are_taken_by_their_pattern_and_nothing_else_is() {
    let token = access();
    let pattern = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let entra = Expected { issuer: pattern, issuer_pattern: Some(pattern), ..expected(&token) };
    let from = |tid: Value, iss: &str| {
        let mut claims = with("tid", tid);
        claims["iss"] = iss.into();
        judge(&claims, &entra)
    };
    let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
    from(tenant.into(), &format!("https://login.microsoftonline.com/{tenant}/v2.0")).unwrap();
    for (tid, iss) in [
        (json!("other"), format!("https://login.microsoftonline.com/{tenant}/v2.0")),
        (json!(""), "https://login.microsoftonline.com//v2.0".to_string()),
        (json!("a/../b"), "https://login.microsoftonline.com/a/../b/v2.0".to_string()),
        (json!("é"), "https://login.microsoftonline.com/é/v2.0".to_string()),
        (json!(7), "https://login.microsoftonline.com/7/v2.0".to_string()),
        (json!(tenant), format!("https://evil.example/{tenant}/v2.0")),
    ] {
        assert!(refusal(from(tid, &iss)).contains("the ID token is from"), "{iss}");
    }
    assert!(judge(&with("tid", tenant.into()), &Expected { issuer: "https://other.example", ..expected(&token) }).is_err());
}

#[test]
fn every_algorithm_with_a_public_key_is_taken_and_canailles_rs512_among_them() {
    let token = access();
    let (p384, ed25519) = {
        use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
        let random = ring::rand::SystemRandom::new();
        let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
        (p384.as_ref().to_vec(), Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref().to_vec())
    };
    // Nothing signs ES512 here; foreign tokens with it are checked with the real parts.
    for alg in Alg::ASYMMETRIC.into_iter().filter(|alg| *alg != Alg::Es512) {
        let pkcs8 = match alg {
            Alg::Es256 => SigningKey::generate_es256().unwrap(),
            Alg::Es384 => p384.clone(),
            Alg::EdDsa => ed25519.clone(),
            _ => RSA.to_vec(),
        };
        let key = SigningKey::from_pkcs8(alg, &pkcs8).unwrap();
        let claims = with("at_hash", alg.half_hash(ACCESS).into());
        for algs in [Algs::supported(None), Algs::supported(Some(&[alg.name().to_string()])), Algs::registered(alg.name()).unwrap()] {
            ask(&mut world(&[&key]), &signed(&key, &claims), &Expected { algs, ..expected(&token) }).unwrap();
        }
    }
}

#[test]
fn lines_hs256_is_taken_where_the_profile_says_so_and_only_with_the_secret() {
    let token = access();
    let line = || Expected { algs: Algs::registered("HS256").unwrap(), ..expected(&token) };
    let (header, mut world) = (json!({ "alg": "HS256", "typ": "JWT" }), Script::default());
    ask(&mut world, &mac(header.clone(), &claims(), SECRET.as_bytes()), &line()).unwrap();
    let told = refusal(ask(&mut world, &mac(header.clone(), &claims(), b"wrong"), &line()));
    assert!(told.contains("the ID token cannot be trusted: the HS256 signature does not hold (is `client_secret`"), "{told}");
    let told = refusal(verify(&mut world, &mac(header.clone(), &claims(), b""), &line(), None, None));
    assert!(told.contains("signed with HS256, which needs the client secret, and the profile has none"), "{told}");
    let empty = ClientSecret::new("");
    assert!(verify(&mut world, &mac(header, &claims(), b""), &line(), None, Some(&empty)).is_err());
    // And no other algorithm then.
    let key = SigningKey::new_es256();
    let told = refusal(ask(&mut world, &signed(&key, &claims()), &line()));
    assert!(told.contains("the ID token is signed with ES256, and what may be is HS256"), "{told}");
    assert!(world.sent.is_empty());
}

#[test]
fn r41_the_algorithm_is_allowed_before_a_key_is_looked_for() {
    let token = access();
    let key = SigningKey::new_es256();
    let only = |names: &[&str]| Algs::supported(Some(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>()));
    for (algs, token_given, told) in [
        (
            only(&["RS256"]),
            signed(&key, &claims()),
            "signed with ES256, and what may be is RS256 (if the client is registered for that, set id_token_signed_response_alg = \"ES256\"",
        ),
        (only(&["HS256", "none"]), signed(&key, &claims()), "what may be is nothing"),
        (only(&["HS256"]), mac(json!({ "alg": "HS256" }), &claims(), SECRET.as_bytes()), "signed with HS256, and what may be is nothing"),
        (
            Algs::supported(None),
            mac(json!({ "alg": "HS256" }), &claims(), SECRET.as_bytes()),
            "signed with HS256, and what may be is RS256,",
        ),
        (Algs::supported(None), mac(json!({ "alg": "none" }), &claims(), b""), "the ID token is not signed (`alg` is `none`)"),
        (Algs::supported(None), mac(json!({ "alg": "nOnE" }), &claims(), b""), "the ID token is not signed"),
        (Algs::supported(None), mac(json!({ "alg": "ES256K" }), &claims(), b""), "signed with `ES256K`, which cannot be checked"),
        (Algs::supported(None), mac(json!({ "alg": 7 }), &claims(), b""), "signed with ``, which cannot be checked"),
        (Algs::supported(None), mac(json!({ "alg": "ES256", "kid": 7 }), &claims(), b""), "the ID token's `kid` is not a string"),
    ] {
        let mut world = Script::default();
        let refusal = refusal(ask(&mut world, &token_given, &Expected { algs, ..expected(&token) }));
        assert!(refusal.contains(told) && world.sent.is_empty(), "{refusal}\n{told}");
    }
    for bad in ["none", "ES256K", "", "rs256"] {
        let error = Algs::registered(bad).unwrap_err();
        assert!(error.kind == Kind::Config && error.hint.clone().unwrap().contains("RS256, RS384"), "{bad}");
    }
}

#[test]
fn r41_a_public_key_is_never_the_secret_of_an_hmac() {
    let token = access();
    let key = SigningKey::new_es256();
    let jwk = key.jwk().to_json();
    for secret in [jwk.to_string().into_bytes(), base64url::decode(jwk["x"].as_str().unwrap()).unwrap()] {
        let forged = mac(json!({ "alg": "HS256", "kid": key.jwk().kid }), &claims(), &secret);
        for algs in [Algs::supported(None), Algs::registered("HS256").unwrap()] {
            assert!(ask(&mut world(&[&key]), &forged, &Expected { algs, ..expected(&token) }).is_err());
        }
        let lying = mac(json!({ "alg": "ES256", "kid": key.jwk().kid }), &claims(), &secret);
        assert!(refusal(ask(&mut world(&[&key]), &lying, &expected(&token))).contains("the ES256 signature does not hold"));
    }
}

#[test]
fn r40_a_signature_of_a_stranger_or_over_something_else_is_refused() {
    let token = access();
    let (key, stranger) = (SigningKey::new_es256(), SigningKey::new_es256());
    let forged = signed_with(
        &stranger,
        json!({ "kid": key.jwk().kid, "jwk": stranger.jwk().to_json(), "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x" }),
        &claims(),
    );
    let mut world_of_key = world(&[&key]);
    let told = refusal(ask(&mut world_of_key, &forged, &expected(&token)));
    assert!(told.contains("the ID token cannot be trusted: the ES256 signature does not hold"), "{told}");
    assert_eq!(world_of_key.urls(), [JWKS], "R45: nothing is fetched from where the token points");

    let good = signed(&key, &claims());
    let parts: Vec<&str> = good.expose().split('.').collect();
    let changed = base64url::encode(with("sub", "eve".into()).to_string());
    for text in [format!("{}.{changed}.{}", parts[0], parts[2]), format!("{}.{}.", parts[0], parts[1])] {
        assert!(refusal(ask(&mut world(&[&key]), &IdToken::new(text), &expected(&token))).contains("does not hold"));
    }
    let critical = signed_with(&key, json!({ "kid": key.jwk().kid, "crit": ["exp"] }), &claims());
    assert!(refusal(ask(&mut world(&[&key]), &critical, &expected(&token))).contains("a `crit` header that is not understood"));
    let mut encrypting = key.jwk().to_json();
    encrypting["use"] = "enc".into();
    let mut other = Script::of([json_answer(200, json!({ "keys": [encrypting] }).to_string())]);
    assert!(refusal(ask(&mut other, &good, &expected(&token))).contains("the key is not meant for ES256 signatures"));
}

#[test]
fn r47_an_unknown_kid_asks_for_the_keys_once_more_and_only_once() {
    let token = access();
    let (old, new) = (SigningKey::new_es256(), SigningKey::new_es256());
    let kept = |answers: &[&[&SigningKey]]| {
        let mut world = Script::of(answers.iter().map(|keys| json_answer(200, published(keys))));
        world.cache.insert(format!("jwks {JWKS}"), published(&[&old]).into_bytes());
        world
    };
    // What was kept does: nothing is sent.
    let mut world_kept = kept(&[]);
    ask(&mut world_kept, &signed(&old, &claims()), &expected(&token)).unwrap();
    assert!(world_kept.sent.is_empty());
    // The server has changed its keys.
    let mut world_kept = kept(&[&[&old, &new]]);
    ask(&mut world_kept, &signed(&new, &claims()), &expected(&token)).unwrap();
    assert_eq!(world_kept.urls(), [JWKS]);
    // It has not, and it is not asked again.
    let mut world_kept = kept(&[&[&old], &[&old, &new]]);
    let told = refusal(ask(&mut world_kept, &signed(&new, &claims()), &expected(&token)));
    assert!(told.contains(&format!("signed with the key `{}`, which is not at {JWKS}", new.jwk().kid.unwrap())), "{told}");
    assert_eq!(world_kept.urls(), [JWKS]);
    // Keys that are fresh are not asked for again.
    let mut fresh = Script::of([json_answer(200, published(&[&old])), json_answer(200, published(&[&new]))]);
    assert!(ask(&mut fresh, &signed(&new, &claims()), &expected(&token)).is_err());
    assert_eq!(fresh.sent.len(), 1);
    // A server that was set up anew may have another key under the same name.
    let renamed = signed_with(&new, json!({ "kid": "1" }), &claims());
    let named = |key: &SigningKey| {
        let mut jwk = key.jwk().to_json();
        jwk["kid"] = "1".into();
        json!({ "keys": [jwk] }).to_string()
    };
    let mut reborn = Script::of([json_answer(200, named(&new))]);
    reborn.cache.insert(format!("jwks {JWKS}"), named(&old).into_bytes());
    ask(&mut reborn, &renamed, &expected(&token)).unwrap();
    // Where the keys cannot be had, that is what is told.
    let mut away = Script::of([answer(503, &[], "")]);
    assert_eq!(ask(&mut away, &signed(&new, &claims()), &expected(&token)).unwrap_err().kind, Kind::Unavailable);
}

#[test]
fn without_a_kid_every_key_that_fits_is_tried() {
    let token = access();
    let (one, two) = (SigningKey::new_es256(), SigningKey::new_es256());
    let rsa = SigningKey::from_pkcs8(Alg::Rs256, RSA).unwrap();
    ask(&mut world(&[&rsa, &one, &two]), &signed_with(&two, json!({}), &claims()), &expected(&token)).unwrap();
    assert!(ask(&mut world(&[&one]), &signed_with(&two, json!({}), &claims()), &expected(&token)).is_err());
    let told = refusal(ask(&mut world(&[&rsa]), &signed_with(&two, json!({}), &claims()), &expected(&token)));
    assert!(told.contains("signed with ES256, and no key at https://login.example.com/jwks is for that"), "{told}");
    let told = refusal(verify(&mut Script::default(), &signed(&one, &claims()), &expected(&token), None, None));
    assert!(told.contains("signed with ES256, and no keys are known to check it with (set `jwks_uri`"), "{told}");
}

#[test]
fn r48_what_is_no_signed_jwt_is_told_as_what_it_is() {
    let token = access();
    let twice = base64url::encode(r#"{"sub":"a","sub":"b"}"#);
    let packed = base64url::encode(r#"{"alg":"ES256","b64":false}"#);
    for (text, told) in [
        ("opaque".to_string(), "the ID token is not a signed JWT: 1 part instead of 3"),
        ("e30.a.b.c.d".to_string(), "it is encrypted (JWE), and only whom it is for can read it"),
        (r#"{"payload":"e30"}"#.to_string(), "it is JSON"),
        (format!("e30.{twice}.AA"), "the JSON has a member twice"),
        (format!("{packed}.e30.AA"), "packed otherwise"),
        (".".repeat(400_000), "more than 5 parts"),
    ] {
        let mut world = Script::default();
        let refusal = refusal(ask(&mut world, &IdToken::new(text), &expected(&token)));
        assert!(refusal.contains(told) && world.sent.is_empty(), "{refusal}");
    }
}

#[test]
fn another_kind_of_token_by_the_same_issuer_is_refused() {
    let token = access();
    let key = SigningKey::new_es256();
    for kind in ["at+jwt", "application/at+jwt", "AT+JWT", "logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt"] {
        let other = signed_with(&key, json!({ "kid": key.jwk().kid, "typ": kind }), &claims());
        assert!(refusal(ask(&mut world(&[&key]), &other, &expected(&token))).contains("the ID token is another kind of token"), "{kind}");
    }
    let plain = signed_with(&key, json!({ "kid": key.jwk().kid, "typ": "JWT" }), &claims());
    ask(&mut world(&[&key]), &plain, &expected(&token)).unwrap();
}
