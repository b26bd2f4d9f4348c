//! ID tokens of every wrong kind, end to end: nobody is signed in, nothing is kept, and it is said why.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::KeyPair;
use sha2::{Digest, Sha256};
use support::redirect::*;
use support::*;

/// A provider whose token answers carry this ID token.
fn with(make: impl Fn(&Facts) -> String + Send + Sync + 'static) -> Provider {
    Provider::granting(move |_, facts| facts.granted_with(&make(facts)))
}

/// Good claims but for these; null takes a claim out.
fn but(changes: Value) -> Provider {
    with(move |facts| {
        let mut claims = facts.claims();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        facts.signed(&claims)
    })
}

#[track_caller]
fn refused_at(provider: &Provider, oat: &Oat, words: &[&str]) -> Output {
    let login = Login::start(oat, provider, &[]);
    assert!(login.approve().body.contains("The sign-in did not work"));
    let output = login.end();
    output.fails_saying(8, words);
    assert_eq!(provider.server.count_of("/token"), 1);
    assert!(oat.state_files().iter().all(|file| file.extension().is_none_or(|kind| kind != "record")), "something was kept");
    oat.get(&[]).fails_saying(3, &["oat login p"]);
    output
}

/// Nobody signs in by this provider's ID token, and these words say why.
#[track_caller]
fn refused(provider: Provider, words: &[&str]) {
    refused_at(&provider, &provider.oat(""), words);
}

#[track_caller]
fn taken(provider: Provider) {
    let output = sign_in(&provider.oat(""), &provider);
    output.says(&[SUBJECT]);
}

/// The left half of a SHA-256, as `at_hash` has it.
fn half(text: &str) -> String {
    base64url(&Sha256::digest(text)[..16])
}

fn hs256(key: &[u8], header: Value, claims: &Value) -> String {
    jwt(&header, claims, |signed| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed).as_ref().to_vec())
}

/// Of RFC 8017's RSAPublicKey: behind the headers of the sequence and of the integer, and its sign.
fn modulus() -> Vec<u8> {
    let key = rs256();
    key.public_key().as_ref()[9..9 + key.public().modulus_len()].to_vec()
}

fn rs256_jwk(changes: Value) -> Value {
    let mut jwk = json!({"kty": "RSA", "kid": "r1", "n": base64url(modulus()), "e": "AQAB"});
    for (name, value) in changes.as_object().unwrap() {
        jwk[name] = value.clone();
    }
    jwk
}

/// A provider with this key set whose ID token is signed with RS256 and the key `r1`.
fn rsa(keys: Value) -> Provider {
    Provider::new(move |request, facts| match request.path() {
        "/jwks" => Some(Answer::json(200, json!({ "keys": keys }))),
        "/token" => Some(facts.granted_with(&jwt(&json!({"alg": "RS256", "kid": "r1"}), &facts.claims(), sign_rs256))),
        _ => None,
    })
}

// ── R40, R41: who signed it, and how ────────────────────────────────────────────────────────────────────────────

#[test]
fn r40_a_token_that_holds_signs_in_whatever_key_of_the_set_signed_it() {
    taken(with(|facts| facts.signed(&facts.claims())));
    taken(with(|facts| jwt(&json!({"alg": "ES256"}), &facts.claims(), |signed| sign_es256("k1", signed))));
    taken(rsa(json!([jwk("k1"), rs256_jwk(json!({"use": "sig"}))])));
    taken(rsa(json!([{"kty": "AKP", "kid": "r1"}, rs256_jwk(json!({}))])));
}

#[test]
fn r40_a_changed_or_foreign_signature_is_refused() {
    let words = &["cannot be trusted"];
    refused(with(|facts| jwt(&json!({"alg": "ES256", "kid": "k1"}), &facts.claims(), |signed| sign_es256("stranger", signed))), words);
    refused(with(|facts| jwt(&json!({"alg": "ES256"}), &facts.claims(), |signed| sign_es256("stranger", signed))), words);
    refused(with(|facts| jwt(&json!({"alg": "ES256", "kid": "k1"}), &facts.claims(), |_| vec![0; 64])), words);
    refused(with(|facts| jwt(&json!({"alg": "ES256", "kid": "k1"}), &facts.claims(), |_| Vec::new())), words);
    // Another person's claims behind a good signature.
    let swapped = |facts: &Facts| {
        let (good, mut claims) = (facts.signed(&facts.claims()), facts.claims());
        claims["sub"] = json!("eve");
        let parts: Vec<&str> = good.split('.').collect();
        format!("{}.{}.{}", parts[0], base64url(claims.to_string()), parts[2])
    };
    refused(with(swapped), words);
}

#[test]
fn r41_alg_none_is_refused_in_any_case() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        refused(with(move |facts| jwt(&json!({"alg": alg, "kid": "k1"}), &facts.claims(), |_| Vec::new())), &["not signed"]);
    }
    refused(with(|facts| jwt(&json!({"kid": "k1"}), &facts.claims(), |_| Vec::new())), &[]);
    refused(with(|facts| jwt(&json!({"alg": ["ES256"], "kid": "k1"}), &facts.claims(), |signed| sign_es256("k1", signed))), &[]);
    refused(with(|facts| jwt(&json!({"alg": "es256", "kid": "k1"}), &facts.claims(), |signed| sign_es256("k1", signed))), &["es256"]);
}

#[test]
fn r41_an_hmac_with_a_public_key_is_refused_whatever_form_the_key_had() {
    let point = es256("k1").public_key().as_ref().to_vec();
    let rsa_der = rs256().public_key().as_ref().to_vec();
    let pem = format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", STANDARD.encode(&rsa_der));
    for key in [point, rsa_der, pem.into_bytes(), modulus(), jwk("k1").to_string().into_bytes(), Vec::new()] {
        for kid in ["k1", "r1"] {
            let key = key.clone();
            let provider = Provider::new(move |request, facts| match request.path() {
                "/jwks" => {
                    Some(Answer::json(200, json!({"keys": [jwk("k1"), rs256_jwk(json!({})), {"kty": "oct", "kid": "o1", "k": ""}]})))
                }
                "/token" => Some(facts.granted_with(&hs256(&key, json!({"alg": "HS256", "kid": kid}), &facts.claims()))),
                _ => None,
            });
            refused(provider, &["HS256"]);
        }
    }
}

#[test]
fn r41_an_hmac_is_taken_only_where_the_profile_names_it_and_with_the_client_secret() {
    let signed_with = |key: &'static str| with(move |facts| hs256(key.as_bytes(), json!({"alg": "HS256"}), &facts.claims()));
    let secret = "client_secret = { env = \"P_SECRET\" }";
    let registered = format!("{secret}\nid_token_signed_response_alg = \"HS256\"");
    let provider = signed_with(SECRET);
    refused_at(&provider, &provider.oat(secret).env("P_SECRET", SECRET), &["HS256"]);
    let provider = signed_with(SECRET);
    sign_in(&provider.oat(&registered).env("P_SECRET", SECRET), &provider).says(&[SUBJECT]);
    assert_eq!(provider.server.count_of("/jwks"), 0, "there is no public key to ask for");
    let provider = signed_with("another");
    refused_at(&provider, &provider.oat(&registered).env("P_SECRET", SECRET), &["client_secret"]);
    // And then nothing else is.
    let provider = Provider::good();
    refused_at(&provider, &provider.oat(&registered).env("P_SECRET", SECRET), &["ES256", "HS256"]);
}

#[test]
fn r41_what_the_metadata_does_not_list_is_refused() {
    let provider = Provider::new(|request, facts| {
        (request.path() == DISCOVERY)
            .then(|| facts.metadata_with(json!({"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]})))
    });
    refused(provider, &["ES256", "RS256"]);
}

#[test]
fn r41_a_key_that_is_weak_or_for_something_else_checks_nothing() {
    for fault in [
        json!({"use": "enc"}),
        json!({"alg": "RS512"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"e": "AQ"}),
        json!({"n": base64url([0xff; 128])}),
        json!({"kty": "EC"}),
    ] {
        refused(rsa(json!([rs256_jwk(fault)])), &["the ID token"]);
    }
    refused(rsa(json!([jwk("r1")])), &["not of the type"]);
    refused(rsa(json!([])), &["r1"]);
}

// ── R42 to R44: what it says ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r42_another_issuer_audience_party_or_nobody_is_refused() {
    refused(but(json!({"iss": "https://evil.example"})), &["evil.example"]);
    refused(
        with(|facts| {
            facts.signed(&json!({"iss": format!("{}/", facts.origin), "sub": SUBJECT, "aud": CLIENT, "exp": now() + 9, "iat": now(), "nonce": facts.nonce}))
        }),
        &["slash"],
    );
    for (changes, words) in [
        (json!({"iss": null}), "`iss`"),
        (json!({"iss": 7}), "`iss`"),
        (json!({"aud": "other"}), "other"),
        (json!({"aud": null}), "`aud`"),
        (json!({"aud": []}), "nobody"),
        (json!({"aud": ["other"]}), "other"),
        (json!({"aud": [CLIENT, 7]}), "`aud`"),
        (json!({"aud": format!("{CLIENT} other")}), "other"),
        (json!({"aud": [CLIENT, "other"]}), "azp"),
        (json!({"aud": [CLIENT, "other"], "azp": "other"}), "other"),
        (json!({"azp": "other"}), "other"),
        (json!({"azp": 7}), "azp"),
        (json!({"sub": null}), "`sub`"),
        (json!({"sub": ""}), "nobody"),
        (json!({"sub": 7}), "`sub`"),
        (json!({"iss": "https://x.example/\u{1b}[2J\u{202e}"}), "x.example"),
    ] {
        refused(but(changes), &[words]);
    }
    taken(but(json!({"aud": [CLIENT, "other"], "azp": CLIENT})));
    taken(but(json!({"aud": [CLIENT]})));
}

#[test]
fn r43_times_that_are_wrong_missing_or_no_numbers_are_refused_and_the_skew_is_named() {
    for (changes, words) in [
        (json!({"exp": now() - 61}), ["expired", "60 s"]),
        (json!({"exp": null}), ["`exp`", ""]),
        (json!({"exp": (now() + 600).to_string()}), ["`exp`", "number"]),
        (json!({"exp": true}), ["`exp`", "number"]),
        (json!({"exp": -1}), ["`exp`", "point in time"]),
        (json!({"exp": 1e300}), ["`exp`", "point in time"]),
        (json!({"exp": (now() + 600) * 1000}), ["`exp`", "point in time"]),
        (json!({"iat": null}), ["`iat`", ""]),
        (json!({"iat": "x"}), ["`iat`", "number"]),
        (json!({"iat": [now()]}), ["`iat`", "number"]),
        (json!({"iat": now() + 300}), ["in the future", "60 s"]),
        (json!({"nbf": now() + 300}), ["not valid for another", "60 s"]),
        (json!({"nbf": "0"}), ["`nbf`", "number"]),
    ] {
        refused(but(changes), &words);
    }
    taken(but(json!({"exp": now() - 30, "iat": now() + 30, "nbf": now() + 30})));
    taken(but(json!({"exp": now() as f64 + 600.5})));
}

#[test]
fn r44_a_nonce_of_another_sign_in_or_none_is_refused() {
    refused(but(json!({"nonce": "another"})), &["another sign-in"]);
    refused(but(json!({"nonce": null})), &["nonce"]);
    refused(but(json!({"nonce": ["x"]})), &["nonce"]);
    refused(
        with(|facts| {
            facts.signed(&{
                let mut claims = facts.claims();
                claims["nonce"] = json!(&facts.nonce[..facts.nonce.len() - 1]);
                claims
            })
        }),
        &["another sign-in"],
    );
}

#[test]
fn r44_the_hashes_of_token_and_code_are_compared_where_they_are_there() {
    let access = format!("{ACCESS}0");
    refused(but(json!({"at_hash": half("another")})), &["at_hash"]);
    refused(but(json!({"at_hash": ""})), &["at_hash"]);
    refused(but(json!({"at_hash": 7})), &["at_hash"]);
    refused(but(json!({"c_hash": half("another")})), &["c_hash"]);
    taken(but(json!({"at_hash": half(&access), "c_hash": half(CODE)})));
}

#[test]
fn a_sign_in_that_is_older_than_max_age_is_refused() {
    for (claim, word) in [
        (json!({"auth_time": null}), "auth_time"),
        (json!({"auth_time": "x"}), "auth_time"),
        (json!({"auth_time": now() - 600}), "max_age"),
    ] {
        let provider = but(claim);
        refused_at(&provider, &provider.oat("max_age = \"5m\""), &[word]);
    }
    let provider = but(json!({"auth_time": now() - 200}));
    sign_in(&provider.oat("max_age = \"5m\""), &provider);
}

// ── R45 to R48: headers and forms ───────────────────────────────────────────────────────────────────────────────

#[test]
fn r45_a_key_or_an_address_in_the_header_is_not_looked_at() {
    let stranger = Server::always(Answer::json(200, json!({"keys": [jwk("stranger")]})));
    let (jku, x5u) = (stranger.url("/jwks"), stranger.url("/x5u"));
    refused(
        with(move |facts| {
            let header = json!({"alg": "ES256", "kid": "k1", "jwk": jwk("stranger"), "jku": jku, "x5u": x5u, "x5c": ["AAAA"]});
            jwt(&header, &facts.claims(), |signed| sign_es256("stranger", signed))
        }),
        &["cannot be trusted"],
    );
    assert_eq!(stranger.connections(), 0, "the stranger was asked");
    taken(with(|facts| {
        let header = json!({"alg": "ES256", "kid": "k1", "jwk": jwk("stranger"), "jku": "https://evil.example/"});
        jwt(&header, &facts.claims(), |signed| sign_es256("k1", signed))
    }));
}

#[test]
fn r45_a_kid_is_nothing_but_a_name() {
    for kid in [json!("../../../etc/passwd"), json!("' OR 1=1 --"), json!("http://127.0.0.1:1/"), json!("\u{1b}[2J\u{202e}\n"), json!("")] {
        refused(
            with(move |facts| jwt(&json!({"alg": "ES256", "kid": kid}), &facts.claims(), |signed| sign_es256("k1", signed))),
            &["jwks"],
        );
    }
    for kid in [json!(7), json!(["k1"]), json!(null)] {
        refused(with(move |facts| jwt(&json!({"alg": "ES256", "kid": kid}), &facts.claims(), |signed| sign_es256("k1", signed))), &["kid"]);
    }
}

#[test]
fn r46_headers_that_would_change_the_meaning_are_refused() {
    for (name, value) in
        [("crit", json!(["exp"])), ("crit", json!(["b64"])), ("crit", json!([])), ("b64", json!(false)), ("zip", json!("DEF"))]
    {
        let provider = with(move |facts| {
            let mut header = json!({"alg": "ES256", "kid": "k1"});
            header[name] = value.clone();
            jwt(&header, &facts.claims(), |signed| sign_es256("k1", signed))
        });
        refused(provider, &[name]);
    }
    for kind in ["at+jwt", "application/at+jwt", "AT+JWT", "logout+jwt"] {
        refused(
            with(move |facts| jwt(&json!({"alg": "ES256", "kid": "k1", "typ": kind}), &facts.claims(), |signed| sign_es256("k1", signed))),
            &["typ"],
        );
    }
}

#[test]
fn r48_what_is_no_compact_jwt_is_refused_with_a_reason_and_not_shown() {
    for text in [
        "CANARY",
        "CANARY.CANARY",
        "CANARY.CANARY.CANARY",
        "CANARY.CANARY.CANARY.CANARY.CANARY",
        "{\"payload\":\"CANARY\"}",
        "..",
        "%%%.%%%.%%%",
    ] {
        refused(with(move |_| text.into()), &["ID token"]);
    }
    refused(with(|_| ".".repeat(400_000)), &["ID token"]);
    refused(with(|facts| facts.signed(&facts.claims()) + "="), &["ID token"]);
    refused(with(|facts| facts.signed(&json!(["CANARY"]))), &["ID token"]);
    let doubled = |facts: &Facts| {
        let claims = facts.claims().to_string();
        let twice = format!("{},\"sub\":\"eve\"}}", &claims[..claims.len() - 1]);
        let signed = format!("{}.{}", base64url(r#"{"alg":"ES256","kid":"k1"}"#), base64url(twice));
        format!("{signed}.{}", base64url(sign_es256("k1", signed.as_bytes())))
    };
    refused(with(doubled), &["ID token"]);
}

#[test]
fn r47_a_key_that_is_not_known_yet_is_asked_for_once_more() {
    let signed_by_k2 = |facts: &Facts| jwt(&json!({"alg": "ES256", "kid": "k2"}), &facts.claims(), |signed| sign_es256("k2", signed));
    // The server has begun to sign with another key between the command's first look and the answer.
    let provider = Provider::new(move |request, facts| match request.path() {
        "/jwks" => Some(Answer::json(200, json!({"keys": [jwk(if facts.nth == 0 { "k1" } else { "k2" })]}))),
        "/token" => Some(facts.granted_with(&signed_by_k2(facts))),
        _ => None,
    });
    sign_in(&provider.oat(""), &provider);
    assert_eq!(provider.server.count_of("/jwks"), 2);
    // It never comes.
    let provider = with(signed_by_k2);
    refused_at(&provider, &provider.oat(""), &["k2"]);
    assert_eq!(provider.server.count_of("/jwks"), 2);
}

#[test]
fn r34_kept_keys_are_used_for_the_next_sign_in() {
    let provider = Provider::good();
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    sign_in(&oat, &provider);
    assert_eq!(provider.server.count_of("/jwks"), 1);
}

#[test]
fn keys_that_cannot_be_had_now_are_trouble_for_later() {
    let provider = Provider::new(|request, _| (request.path() == "/jwks").then(|| Answer::text(503, "", "")));
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    login.approve();
    login.end().fails_saying(5, &["/jwks"]);
    oat.get(&[]).fails(3);
}

#[test]
fn r75_a_clock_that_differs_from_the_servers_is_named() {
    let ago = |seconds: u64| httpdate::fmt_http_date(std::time::SystemTime::now() - std::time::Duration::from_secs(seconds));
    let ahead = |seconds: u64| httpdate::fmt_http_date(std::time::SystemTime::now() + std::time::Duration::from_secs(seconds));
    for (date, changes, words) in [
        (ago(7200), json!({"iat": now() - 7200, "exp": now() - 3600}), "ahead of the server's"),
        (ahead(7200), json!({"iat": now() + 7200, "exp": now() + 9000}), "behind the server's"),
    ] {
        let provider = Provider::granting(move |_, facts| {
            let mut claims = facts.claims();
            changes.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
            facts.granted_with(&facts.signed(&claims)).header("Date", &date)
        });
        refused(provider, &[words, "clock"]);
    }
}
