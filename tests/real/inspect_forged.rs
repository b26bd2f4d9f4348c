//! `oat inspect` on forgeries: each is refused, and in a sentence that says what is wrong.

use crate::report::{Report, inspected_token};
use crate::support::parts::answer_of;
use crate::support::{Oat, json};
use crate::tokens::{decoded, encoded, resigned, tokens, with_claim_changed};
use serde_json::Value;
use std::collections::BTreeMap;

/// The report on a token, checked with this JWK set.
#[track_caller]
fn with_keys(token: &str, keys: &[&Value], more: &[&str]) -> Report {
    let oat = Oat::new();
    let file = oat.file("jwks.json", 0o644, json!({ "keys": keys }).to_string());
    inspected_token(oat, token, &[&["--jwks", file.to_str().unwrap()], more].concat())
}

/// A JWK with these members in place of its own; null takes one out.
fn changed(jwk: &Value, members: Value) -> Value {
    let mut jwk = jwk.as_object().unwrap().clone();
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            jwk.remove(name)
        } else {
            jwk.insert(name.clone(), value.clone())
        };
    }
    Value::Object(jwk)
}

#[test]
fn no_signature_is_no_algorithm_however_it_is_written() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        let token = tokens().at(&format!("/forged/{alg}"));
        for key in ["HS256", "RS256", "ES256", "EdDSA"] {
            let good = tokens().good(key);
            with_keys(token, &[&good["jwk"]], &[]).fails_at(&["alg"], &[alg]);
            with_keys(token, &[&changed(&good["jwk"], json!({ "alg": null, "kid": null }))], &[]).fails_at(&["alg"], &[alg]);
        }
        let oat = Oat::new();
        let pem = oat.file("key.pem", 0o644, tokens().at("/good/RS256/pem"));
        inspected_token(oat, token, &["--key", pem.to_str().unwrap()]).fails_at(&["alg"], &[alg]);
        let oat = Oat::new().env("HMAC_SECRET", tokens().at("/good/HS256/secret"));
        inspected_token(oat, token, &["--secret-from", "env:HMAC_SECRET"]).fails_at(&["alg"], &[alg]);
        inspected_token(Oat::new(), token, &[]).json["verified"].as_bool().map(|verified| assert!(!verified)).unwrap();
    }
}

/// RFC 8725 section 2.1.
#[test]
fn a_public_key_is_no_hmac_secret() {
    let good = tokens().good("RS256");
    let jwk = &good["jwk"];
    for forged in ["hs256_of_pem", "hs256_of_der", "hs256_of_nothing"] {
        let token = tokens().at(&format!("/forged/{forged}"));
        let at = ["alg", "kid", "signature"];
        for jwk in [jwk, &changed(jwk, json!({ "alg": null })), &changed(jwk, json!({ "alg": "HS256" }))] {
            with_keys(token, &[jwk], &[]).fails_at(&at, &["HS256"]);
        }
        for flag in ["--key", "--jwks"] {
            let oat = Oat::new();
            let file = oat.file("key.jwk", 0o644, json!({ "keys": [jwk] }).to_string());
            inspected_token(oat, token, &[flag, file.to_str().unwrap()]).fails_at(&at, &["HS256"]);
        }
        let oat = Oat::new();
        let pem = oat.file("key.pem", 0o644, good["pem"].as_str().unwrap());
        inspected_token(oat, token, &["--key", pem.to_str().unwrap()]).fails_at(&at, &["HS256"]);
    }
}

#[test]
fn a_key_that_the_token_brings_along_proves_nothing() {
    let good = tokens().good("ES256");
    for header in ["embedded_jwk", "embedded_jku", "embedded_x5u", "embedded_x5c"] {
        let token = tokens().at(&format!("/forged/{header}"));
        with_keys(token, &[&good["jwk"]], &[]).fails_at(&["signature"], &["signature"]);
        let oat = Oat::new();
        let pem = oat.file("key.pem", 0o644, good["pem"].as_str().unwrap());
        inspected_token(oat, token, &["--key", pem.to_str().unwrap()]).fails_at(&["signature"], &["signature"]);
        let alone = inspected_token(Oat::new(), token, &[]);
        assert_eq!(alone.json["verified"], false, "{alone:#?}");
    }
    tokens().nobody_was_lured();
}

#[test]
fn numbers_out_of_range_are_no_ecdsa_signature() {
    for (alg, curve, size) in [("ES256", "prime256v1", 32), ("ES384", "secp384r1", 48), ("ES512", "secp521r1", 66)] {
        let good = tokens().good(alg);
        let token = good["token"].as_str().unwrap();
        let (zero, order) = (&vec![0; size][..], &order_of(curve, size)[..]);
        let signature = decoded(token.rsplit('.').next().unwrap());
        let (r, s) = signature.split_at(size);
        for numbers in [[zero, s], [r, zero], [zero, zero], [order, s], [r, order]] {
            let token = resigned(token, |_| numbers.concat());
            with_keys(&token, &[&good["jwk"]], &[]).fails_at(&["signature"], &["signature"]);
        }
        let same = resigned(token, |_| [r, s].concat());
        with_keys(&same, &[&good["jwk"]], &[]).holds();
    }
}

/// The order of a curve's base point, as openssl knows it, in so many bytes.
fn order_of(curve: &str, size: usize) -> Vec<u8> {
    let text = answer_of("openssl", &["ecparam", "-name", curve, "-param_enc", "explicit", "-text", "-noout"]);
    let order = text.split("Order:").nth(1).unwrap().split("Cofactor").next().unwrap();
    let digits: Vec<char> = order.chars().filter(char::is_ascii_hexdigit).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect();
    bytes[bytes.len() - size..].to_vec()
}

#[test]
fn every_kind_of_fault_is_refused_in_a_sentence_of_its_own() {
    let es256 = tokens().good("ES256");
    let (good, jwk) = (es256["token"].as_str().unwrap(), &es256["jwk"]);
    let rs256 = tokens().good("RS256");
    let forged = |name: &str| tokens().at(&format!("/forged/{name}")).to_string();
    let timed = |name: &str| tokens().at(&format!("/timed/{name}")).to_string();
    let mut y = decoded(jwk["y"].as_str().unwrap());
    y[31] ^= 1;
    let off_curve = changed(jwk, json!({ "y": encoded(&y) }));
    let as_oct = json!({ "kty": "oct", "k": jwk["x"], "kid": jwk["kid"] });
    let as_rsa = changed(&rs256["jwk"], json!({ "kid": jwk["kid"], "alg": null }));
    let weak = tokens().value("/weak/jwk");

    let key = ["signature", "kid", "alg"];
    // What it is, the token, the keys, more words, the checks that may tell, the words that may be in it.
    type Fault<'a> = (&'a str, String, &'a Value, &'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let faults: &[Fault] = &[
        ("a changed claim", with_claim_changed(good, "alice", "mallory"), jwk, &[], &["signature"], &["signature"]),
        ("a cut signature", resigned(good, |bytes| bytes[..63].to_vec()), jwk, &[], &["signature"], &["bytes", "length", "long", "short"]),
        ("no signature", resigned(good, |_| Vec::new()), jwk, &[], &["signature"], &["no signature", "empty", "bytes", "length"]),
        ("an algorithm that is none", forged("none"), jwk, &[], &["alg"], &["none"]),
        ("no algorithm", forged("no_alg"), jwk, &[], &["alg"], &["alg"]),
        ("an algorithm of another kind of key", forged("hs256_of_pem"), &rs256["jwk"], &[], &key, &["HS256"]),
        ("an unknown critical header", forged("crit"), jwk, &[], &["crit"], &["urn:example:unknown"]),
        ("an empty crit", forged("crit_empty"), jwk, &[], &["crit"], &["crit", "empty"]),
        ("an unencoded payload", forged("b64"), jwk, &[], &["crit"], &["b64"]),
        ("a short RSA key", tokens().at("/weak/token").to_string(), weak, &[], &key, &["1024", "2048"]),
        ("a point off the curve", good.to_string(), &off_curve, &[], &key, &["curve", "point"]),
        ("a key for encryption", good.to_string(), &changed(jwk, json!({ "use": "enc" })), &[], &key, &["use", "enc"]),
        (
            "a key that may not verify",
            good.to_string(),
            &changed(jwk, json!({ "use": null, "key_ops": ["encrypt"] })),
            &[],
            &key,
            &["key_ops"],
        ),
        ("a key of another algorithm", good.to_string(), &changed(jwk, json!({ "alg": "ES384" })), &[], &key, &["ES384"]),
        ("a secret in place of a key", good.to_string(), &as_oct, &[], &key, &["oct"]),
        ("an RSA key in place of an EC key", good.to_string(), &as_rsa, &[], &key, &["RSA"]),
        ("the end is past", timed("expired"), jwk, &[], &["exp"], &["expired"]),
        ("the beginning is to come", timed("early"), jwk, &[], &["nbf"], &["not valid for another"]),
        ("issued in the future", timed("future"), jwk, &[], &["iat"], &["future"]),
        ("another issuer", good.to_string(), jwk, &["--issuer", "https://other.example.com"], &["iss"], &["other.example.com"]),
        ("another audience", good.to_string(), jwk, &["--audience", "https://other.example.com"], &["aud"], &["other.example.com"]),
        ("too little scope", good.to_string(), jwk, &["--require-scope", "write"], &["scope"], &["write"]),
    ];
    let mut said: BTreeMap<String, &str> = BTreeMap::new();
    for (name, token, jwk, more, checks, words) in faults {
        let detail = with_keys(token, &[jwk], more).fails_at(checks, words);
        if let Some(other) = said.insert(detail.clone(), name) {
            panic!("{other} and {name} are told apart by nothing: {detail}");
        }
    }
    // What the faults were made from has none.
    with_keys(good, &[jwk], &["--issuer", "https://issuer.example.com", "--audience", "https://api.example.com"]).holds();
    with_keys(good, &[jwk], &["--require-scope", "read"]).holds();
    with_keys(good, &[&changed(jwk, json!({ "alg": null, "use": null, "key_ops": ["verify"] }))], &[]).holds();
}

/// RFC 7515 section 4.1.11: what is critical has to be understood, also by who wants to know of the signature only.
#[test]
fn nothing_critical_is_passed_over() {
    let jwk = tokens().value("/good/ES256/jwk");
    for forged in ["crit", "crit_empty", "b64", "b64_signed_as_usual"] {
        for words in [&[][..], &["--signature-only"]] {
            with_keys(tokens().at(&format!("/forged/{forged}")), &[jwk], words)
                .fails_at(&["crit"], &["crit", "b64", "urn:example:unknown"]);
        }
    }
}

#[test]
fn a_signature_in_another_form_is_none() {
    let jwk = tokens().value("/good/ES256/jwk");
    for forged in ["der", "es256_by_rs256"] {
        with_keys(tokens().at(&format!("/forged/{forged}")), &[jwk], &[]).fails_at(&["signature"], &["signature"]);
    }
}

/// RFC 7515 section 2: a token in another spelling is another text, and something that counts tokens would count two.
#[test]
fn base64url_has_one_spelling_and_each_other_one_is_named() {
    let good = tokens().good("RS256");
    let parts: Vec<&str> = good["token"].as_str().unwrap().split('.').collect();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for (index, part) in ["header", "claims set", "signature"].into_iter().enumerate() {
        let text = parts[index];
        let middle = text.len() / 2;
        let with = |letter: &str| format!("{}{letter}{}", &text[..middle], &text[middle + 1..]);
        // A part of whole octets has no bits to spare.
        let spare = (!text.len().is_multiple_of(4)).then(|| format!("{}{}", &text[..text.len() - 1], next(text)));
        let cut = text.len() - (text.len() + 3) % 4;
        let faults = [
            ("padded", Some(format!("{text}{}", if text.len() % 4 == 2 { "==" } else { "=" }))),
            ("plain base64", Some(with("+"))),
            ("plain base64", Some(with("/"))),
            ("foreign", Some(with("~"))),
            ("spare bits", spare),
            ("cut off", Some(text[..cut].to_string())),
        ];
        for (told, text) in faults.into_iter().filter_map(|(told, text)| Some((told, text?))) {
            let mut parts = parts.clone();
            parts[index] = &text;
            let oat = Oat::new();
            let file = oat.file("key.pem", 0o644, good["pem"].as_str().unwrap());
            let output = oat.stdin(parts.join(".")).run(&["inspect", "-", "--json", "--key", file.to_str().unwrap()]);
            assert_eq!((output.code, output.stdout.as_str()), (Some(8), ""), "{part}: {told}: {output:#?}");
            let error: Value = serde_json::from_str(&output.stderr).unwrap();
            let error = error["error"].as_str().unwrap();
            assert!(error.contains(&format!("its {part} is not base64url")) && error.contains(told), "{part}: {told}: {error}");
            let name = format!("{part}: {told}");
            let other = said.insert(error.to_string(), name.clone()).unwrap_or(name.clone());
            assert_eq!(other, name, "told apart by nothing: {error}");
        }
    }
    // What a terminal or a mail breaks is put together again before it is looked at.
    let broken: String =
        parts.join(".").as_bytes().chunks(60).map(|line| format!("{}\r\n  ", std::str::from_utf8(line).unwrap())).collect();
    with_keys(&broken, &[&good["jwk"]], &[]).holds();
}

/// The letter that differs from the last one in its lowest bit.
fn next(text: &str) -> char {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = LETTERS.find(text.chars().last().unwrap()).unwrap();
    char::from(LETTERS.as_bytes()[place ^ 1])
}

#[test]
fn a_good_signature_does_not_outweigh_a_wrong_time_or_audience() {
    let jwk = tokens().value("/good/ES256/jwk");
    let good = tokens().at("/good/ES256/token");
    let audience: &[&str] = &["--audience", "https://other.example.com"];
    for (token, words) in [(tokens().at("/timed/expired"), &[][..]), (tokens().at("/timed/early"), &[]), (good, audience)] {
        let report = with_keys(token, &[jwk], words);
        report.fails();
        assert_eq!(report.check("signature"), true, "{report:#?}");
        let signature = with_keys(token, &[jwk], &["--signature-only"]);
        signature.holds();
    }
}
