//! Every form in which a private key is kept, made by OpenSSL or copied from an RFC, and what is no key to sign with.
//!
//! The keys in `test-keys` were made for these tests and are published with them: they protect nothing.

use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::*;
use crate::jose::jws;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("test-keys/", $name, ".pem"))
    };
}

const RSA: &str = key!("rsa.pkcs8");
const P256: &str = key!("p256.sec1");

/// The key that signs, checked to make signatures that hold.
fn signs(text: &str, alg: Option<Alg>) -> SigningKey {
    let key = read(text, None).and_then(|key| key.signing(alg, None)).unwrap_or_else(|error| panic!("{error}: {text}"));
    let signature = key.sign(b"message").unwrap();
    jws::verify(key.alg(), &key.jwk(), b"message", &signature).unwrap();
    key
}

fn refused(text: &str) -> Error {
    let error = read(text, None).unwrap_err();
    assert!(error.kind == Kind::Config && error.hint.is_some(), "{error:?}");
    error
}

#[test]
fn every_form_that_openssl_writes_is_read() {
    for (text, alg) in [
        (RSA, Alg::Rs256),
        (key!("rsa.pkcs1"), Alg::Rs256),
        (key!("rsa-pss.pkcs8"), Alg::Ps256),
        (P256, Alg::Es256),
        (key!("p256.pkcs8"), Alg::Es256),
        (key!("p384.sec1"), Alg::Es384),
        (key!("p384.pkcs8"), Alg::Es384),
        (key!("ed25519.pkcs8"), Alg::EdDsa),
    ] {
        assert_eq!(signs(text, None).alg(), alg);
    }
    assert_eq!(signs(RSA, None).jwk(), signs(key!("rsa.pkcs1"), None).jwk(), "two forms of one key");
    assert_eq!(signs(P256, None).jwk(), signs(key!("p256.pkcs8"), None).jwk());
}

#[test]
fn a_key_survives_variables_and_editors() {
    let key = signs(P256, None).jwk();
    let url_safe = |text: &str| URL_SAFE.encode(text).trim_end_matches('=').to_string();
    let (_, body) = key!("p256.pkcs8").split_once("KEY-----").unwrap();
    for text in [
        P256.replace('\n', "\\n"),
        P256.replace('\n', "\\r\\n"),
        P256.replace('\n', "\r\n"),
        P256.replace('\n', " "),
        format!("\u{feff}\"{P256}\""),
        STANDARD.encode(P256),
        STANDARD.encode(P256).as_bytes().chunks(64).map(|line| format!("{}\n", str::from_utf8(line).unwrap())).collect(),
        url_safe(P256),
        body.split("-----").next().unwrap().to_string(),
        format!("{}{P256}", key!("p256.certificate")),
        format!("{P256}{}", key!("p256.certificate")),
    ] {
        assert_eq!(signs(&text, None).jwk(), key, "{text}");
    }
}

// RFC 7515 appendix A.2.1: the whole key.
const A2: [(&str, &str); 8] = [
    (
        "n",
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    ),
    ("e", "AQAB"),
    (
        "d",
        "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
    ),
    (
        "p",
        "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
    ),
    (
        "q",
        "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
    ),
    (
        "dp",
        "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
    ),
    (
        "dq",
        "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
    ),
    (
        "qi",
        "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
    ),
];

fn a2() -> Value {
    let members = A2.iter().map(|(name, text)| (name.to_string(), json!(text)));
    Value::Object(members.chain([("kty".to_string(), json!("RSA"))]).collect())
}

// RFC 7515 appendix A.3.1.
fn a3() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" })
}

// RFC 8037 appendix A.1.
fn ed25519_jwk() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

#[test]
fn rfc_7515_appendix_a_2_is_signed_as_printed() {
    let input = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let key = signs(&a2().to_string(), Some(Alg::Rs256));
    assert_eq!(base64url::encode(key.sign(input.as_bytes()).unwrap()), signature);
}

#[test]
fn rfc_8037_appendix_a_4_is_signed_as_printed() {
    let key = signs(&ed25519_jwk().to_string(), None);
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(base64url::encode(key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").unwrap()), signature);
}

#[test]
fn a_jwk_signs_with_its_own_alg_and_is_named_by_its_kid() {
    let with = |key: Value, more: Value| {
        let mut key = key;
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key.to_string()
    };
    let key = signs(&with(a2(), json!({ "alg": "PS384", "kid": "k", "use": "sig", "key_ops": ["sign"] })), None);
    assert_eq!((key.alg(), key.kid()), (Alg::Ps384, Some("k")));
    assert_eq!(signs(&with(a2(), json!({ "alg": "PS384" })), Some(Alg::Rs512)).alg(), Alg::Rs512, "what is named wins");
    assert_eq!(signs(&a3().to_string(), None).alg(), Alg::Es256);
    // RFC 7518 section 6.2.2.1 wants whole octets; some writers leave the first out, where they are zero.
    let d = base64url::decode(a3()["d"].as_str().unwrap()).unwrap();
    assert_eq!(signs(&with(a3(), json!({ "d": base64url::encode([&[0], &d[..]].concat()) })), None).alg(), Alg::Es256);
    for (key, more, told) in [
        (a2(), json!({ "alg": "RSA-OAEP" }), "meant for `RSA-OAEP` alone"),
        (a2(), json!({ "alg": "ES256" }), "an RSA key, which does not sign with ES256"),
    ] {
        let error = read(&with(key, more), None).unwrap().signing(None, None).unwrap_err();
        assert!(error.kind == Kind::Config && error.message.starts_with(told), "{error}");
    }
    for (key, more, told) in [
        (a3(), json!({ "use": "enc" }), "its `use` is `enc`"),
        (a3(), json!({ "key_ops": ["verify"] }), "no `sign`"),
        (a3(), json!({ "d": 7 }), "damaged: `d` is not base64url"),
        (a3(), json!({ "d": "" }), "do not belong together"),
        (a3(), json!({ "d": "AQ" }), "do not belong together"),
        (a3(), json!({ "d": base64url::encode([7; 33]) }), "do not belong together"),
        (a3(), json!({ "x": "AAAA" }), "not 32 octets"),
        (a3(), json!({ "crv": "P-521" }), "an EC key on P-521, and nothing but"),
        (a3(), json!({ "crv": "secp256k1" }), "secp256k1"),
        (a3(), json!({ "kty": "AKP" }), "not supported"),
        (ed25519_jwk(), json!({ "d": base64url::encode([7; 32]) }), "do not belong together"),
        (ed25519_jwk(), json!({ "d": "AAAA" }), "32 octets"),
        (a2(), json!({ "p": null, "q": null, "dp": null, "dq": null, "qi": null }), "without its primes"),
        (a2(), json!({ "qi": "AQ" }), "do not belong together"),
        (a2(), json!({ "p": "AAAA" }), "do not belong together"),
        (a2(), json!({ "n": base64url::encode([0x81; 320]) }), "an RSA key of 2560 bits"),
    ] {
        let text = with(key, more);
        let error = refused(&text);
        assert!(error.message.contains(told), "{told}: {error}");
    }
}

#[test]
fn a_set_gives_the_one_private_key_or_the_one_that_is_named() {
    let named = |key: Value, kid: &str| {
        let mut key = key;
        key["kid"] = json!(kid);
        key
    };
    let public = json!({ "kty": "EC", "crv": "P-256", "x": a3()["x"], "y": a3()["y"], "kid": "p" });
    let one = json!({ "keys": [public, named(a3(), "a"), { "kty": "AKP" }, 7] }).to_string();
    assert_eq!(signs(&one, None).kid(), Some("a"));
    let two = json!({ "keys": [named(a3(), "a"), named(ed25519_jwk(), "b")] }).to_string();
    assert_eq!(read(&two, Some("b")).unwrap().signing(None, None).unwrap().alg(), Alg::EdDsa);
    assert!(refused(&two).message.contains("2 private keys") && refused(&two).hint.clone().unwrap().contains("client_key_id"));
    assert!(read(&two, Some("c")).unwrap_err().message.contains("`client_key_id`"));
    assert!(refused(&json!({ "keys": [public] }).to_string()).message.contains("without a private key"));
    assert!(refused(r#"{"keys":[]}"#).message.contains("without a private key"));
}

#[test]
fn the_files_that_google_and_zitadel_hand_out_are_read_with_the_keys_id() {
    let google = json!({ "type": "service_account", "private_key_id": "g1", "private_key": RSA, "client_email": "a@b.example" });
    assert_eq!(signs(&google.to_string(), None).kid(), Some("g1"));
    let zitadel = json!({ "type": "serviceaccount", "keyId": "z1", "key": key!("rsa.pkcs1"), "userId": "1" });
    assert_eq!(signs(&zitadel.to_string(), None).kid(), Some("z1"));
}

#[test]
fn rsa_signs_with_what_the_server_takes() {
    let chosen = |text: &str, offered: &[&str]| {
        let offered: Vec<String> = offered.iter().map(|name| name.to_string()).collect();
        read(text, None).unwrap().signing(None, Some(&offered)).unwrap().alg()
    };
    assert_eq!(chosen(RSA, &["PS256", "RS256"]), Alg::Rs256);
    assert_eq!(chosen(RSA, &["PS256", "ES256"]), Alg::Ps256);
    assert_eq!(chosen(RSA, &["HS256", "RS384"]), Alg::Rs384);
    // Metadata alone is no reason to refuse.
    assert_eq!(chosen(RSA, &["ES256"]), Alg::Rs256);
    assert_eq!(chosen(P256, &["RS256"]), Alg::Es256);
    for alg in [Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512] {
        assert_eq!(signs(RSA, Some(alg)).alg(), alg);
    }
    let error = read(P256, None).unwrap().signing(Some(Alg::Rs256), None).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.hint.as_deref()),
        ("an EC key on P-256, which does not sign with RS256", Some("it signs with ES256"))
    );
}

#[test]
fn what_signs_nothing_is_told_by_what_it_is() {
    for (text, told, hint) in [
        (key!("p256-encrypted.pkcs8"), "encrypted with a password", "openssl pkey -in"),
        (key!("rsa-encrypted.pkcs1"), "encrypted with a password", "openssl pkey -in"),
        (key!("p256.public"), "a public key, not a private one", ""),
        (key!("p256.certificate"), "a certificate, not a private key", ""),
        (key!("dsa.pkcs8"), "a DSA key", "openssl genpkey"),
        (key!("p521.sec1"), "an EC key on P-521", "openssl genpkey"),
        (key!("secp256k1.sec1"), "an EC key on secp256k1", "openssl genpkey"),
        (key!("ed448.pkcs8"), "a key of another type", "openssl genpkey"),
        (key!("x25519.pkcs8"), "a key of another type", "openssl genpkey"),
        (key!("rsa-1024.pkcs8"), "an RSA key of 1024 bits", "openssl genrsa"),
        (key!("p256-no-public.sec1"), "without its public half", "openssl ec -in"),
        (key!("ed25519.openssh"), "in the form of OpenSSH", "ssh-keygen"),
        ("-----BEGIN PRIVATE KEY-----\nMIGH", "cut off", "copy"),
        ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "damaged", "openssl pkey"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "damaged", "openssl pkey"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----", "damaged", "openssl pkey"),
        ("-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----", "damaged", "openssl pkey"),
        ("-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----", "PEM without a private key", ""),
        ("s3cr3t-CANARY", "neither PEM nor a JWK", ""),
        ("CANARY", "neither PEM nor a JWK", ""),
        ("Q0FOQVJZ", "neither PEM nor a JWK", ""),
        ("MAAA", "damaged", ""),
        ("", "neither PEM nor a JWK", ""),
        ("{", "not a JWK: the JSON ends too early", ""),
        ("{}", "neither a JWK nor", "`kty`"),
        (r#"{"kty":"oct","k":"Q0FOQVJZ"}"#, "a shared secret", "client_secret_jwt"),
        (
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "a public JWK",
            "`d`",
        ),
    ] {
        let error = refused(text);
        assert!(error.message.contains(told) && error.hint.as_ref().unwrap().contains(hint), "{told}: {error:?}");
        assert!(!format!("{error:?}").contains("CANARY") && !format!("{error:?}").contains("Q0FOQVJZ"), "{error:?}");
    }
}

#[test]
fn an_rsa_key_whose_damage_is_found_in_signing_is_told_as_damaged() {
    let text = key!("rsa.pkcs8");
    let mut der = unpacked(&sections(text)[0].1).unwrap();
    // In the middle of d mod (q - 1), which stands before the last number.
    let place = der.len() - 196;
    der[place] ^= 1;
    let key = read(&STANDARD.encode(&*der), None).unwrap().signing(None, None).unwrap();
    let error = key.sign(b"x").unwrap_err();
    assert!(error.kind == Kind::Config && error.message.contains("damaged") && error.hint.is_some(), "{error:?}");
}

#[test]
fn debug_shows_no_private_half() {
    let shown = format!("{:?}", read(&a3().to_string(), None).unwrap());
    assert!(shown.contains("[redacted]") && !shown.contains(a3()["d"].as_str().unwrap()), "{shown}");
}
