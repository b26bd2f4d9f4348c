//! Tokens from the RFCs, and what is not one.

use serde_json::json;

use super::*;
use crate::jose::compact::{LONGEST, encrypted};
use crate::jose::jwa::Alg;
use crate::jose::jwk::{Jwk, PublicKey};
use crate::jose::jws;

// RFC 7515 appendix A.2.1: the payload is that of appendix A.1.1, the key's public half as printed.
const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A2_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

// RFC 7515 appendix A.3.1.
const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn a2_key() -> Jwk {
    Jwk::parse(&json!({ "kty": "RSA", "n": A2_N, "e": "AQAB" })).unwrap()
}

fn a3_key() -> Jwk {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    Jwk::parse(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })).unwrap()
}

#[test]
fn rfc_7515_appendix_a_2_rs256_verifies() {
    let jwt = Jwt::decode(A2).unwrap();
    jwt.verify(&a2_key()).unwrap();
    assert_eq!(jwt.alg(), Some(Alg::Rs256));
    assert_eq!(jwt.claims["http://example.com/is_root"], json!(true));
}

#[test]
fn rfc_7515_appendix_a_3_es256_verifies() {
    let jwt = Jwt::decode(A3).unwrap();
    jwt.verify(&a3_key()).unwrap();
    assert_eq!(jwt.claims["exp"], json!(1_300_819_380));
}

#[test]
fn a_signature_does_not_hold_for_another_text_or_another_key() {
    for (token, key, stranger) in [(A2, a2_key(), a3_key()), (A3, a3_key(), a2_key())] {
        assert!(Jwt::decode(token).unwrap().verify(&stranger).is_err());
        let forged = token.replacen("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqb2Uj", 1);
        assert!(Jwt::decode(&forged).map_or(true, |jwt| jwt.verify(&key).is_err()));
        let claims = base64url::encode(r#"{"iss":"eve"}"#);
        let parts: Vec<&str> = token.split('.').collect();
        let forged = format!("{}.{claims}.{}", parts[0], parts[2]);
        assert!(Jwt::decode(&forged).unwrap().verify(&key).is_err());
    }
}

#[test]
fn alg_none_and_critical_headers_are_refused() {
    let part = |json: Value| base64url::encode(json.to_string());
    let unsigned = format!("{}.{}.", part(json!({ "alg": "none" })), part(json!({})));
    assert!(Jwt::decode(&unsigned).unwrap().verify(&a3_key()).is_err());

    let key = SigningKey::new_es256();
    let header = |value: Value| value.as_object().unwrap().clone();
    let critical = encode(header(json!({ "crit": ["exp"], "exp": 1 })), &Map::new(), &key).unwrap();
    assert!(Jwt::decode(&critical).unwrap().verify(&key.jwk()).is_err());
    let lying = encode(header(json!({ "alg": "none", "kid": "k" })), &Map::new(), &key).unwrap();
    let jwt = Jwt::decode(&lying).unwrap();
    jwt.verify(&key.jwk()).unwrap();
    assert_eq!((jwt.alg(), jwt.kid()), (Some(Alg::Es256), Some("k")));
}

#[test]
fn r48_a_claim_that_is_there_twice_is_refused() {
    let (plain, twice) = (base64url::encode("{}"), base64url::encode(r#"{"sub":"a","sub":"b"}"#));
    for bad in [format!("{plain}.{twice}.AA"), format!("{twice}.{plain}.AA")] {
        assert!(Jwt::decode(&bad).unwrap_err().message.contains("has a member twice"));
    }
}

#[test]
fn r48_what_is_not_a_signed_jwt_is_refused_with_the_reason_in_one_line() {
    let (one, two, not_utf_8) = (base64url::encode("{}"), base64url::encode("[]"), base64url::encode(b"{\"sub\":\"\xff\"}"));
    let deep = base64url::encode(format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)));
    for (bad, reason) in [
        ("", "1 part instead of 3"),
        ("opaque", "1 part instead of 3"),
        ("a.b", "2 parts instead of 3"),
        (".", "2 parts instead of 3"),
        ("..", "its header cannot be read"),
        ("a.b.c", "its header is not base64url"),
        (r#"{"payload":"e30","signatures":[]}"#, "it is JSON"),
        (r#"{"payload":"a.b.c"}"#, "it is JSON"),
        (&format!("{one}.{two}.AA"), "its claims set cannot be read: it is not a JSON object but an array"),
        (&format!("{one}.{not_utf_8}.AA"), "its claims set cannot be read: it is not UTF-8"),
        (&format!("{one}.{deep}.AA"), "nested too deeply"),
        (&format!("{one}.{one}.A="), "its signature is not base64url"),
        (&format!("{one}.{one}.AB"), "its signature is not base64url"),
        (&format!("{one}.{one}\n.AA"), "its claims set is not base64url"),
        (&format!("{one}.AA.AA.AA.AA"), "it is encrypted (JWE)"),
        (&format!("{one}.AA.AA.AA"), "4 parts instead of 3"),
        (&".".repeat(400_000), "more than 5 parts"),
        (&"a".repeat(LONGEST + 1), "it is longer than 4 MiB"),
    ] {
        let error = Jwt::decode(bad).unwrap_err();
        assert!(error.kind == Kind::Invalid && error.message.starts_with("not a signed JWT: "), "{bad:.60}");
        assert!(error.message.contains(reason) && error.message.lines().count() == 1, "{bad:.60}: {}", error.message);
    }
}

#[test]
fn r46_claims_that_are_packed_otherwise_are_refused_and_not_unpacked() {
    let part = |json: Value| base64url::encode(json.to_string());
    for header in
        [json!({ "alg": "RS256", "b64": false }), json!({ "alg": "RS256", "b64": "false" }), json!({ "alg": "RS256", "zip": "DEF" })]
    {
        let error = Jwt::decode(&format!("{}.e30.AA", part(header))).unwrap_err();
        assert!(error.message.contains("packed otherwise"), "{}", error.message);
    }
    assert!(Jwt::decode(&format!("{}.e30.AA", part(json!({ "b64": true })))).is_ok());
    // The JWS can be looked at, and does not hold.
    for (header, told) in [
        (json!({ "alg": "RS256", "b64": false }), "RFC 7797"),
        (json!({ "alg": "RS256", "zip": "DEF" }), "nothing is unpacked"),
        (json!({ "alg": "RS256", "b64": false, "crit": ["b64"] }), "`crit` header that is not understood: [\"b64\"]"),
    ] {
        let jws = Jws::decode(&format!("{}.a!b.AA", part(header))).unwrap();
        assert_eq!(jws.payload, b"a!b");
        let error = jws.verify(&a3_key()).unwrap_err();
        assert!(error.message.contains(told), "{}", error.message);
    }
}

#[test]
fn of_an_encrypted_token_the_header_is_read_and_nothing_else() {
    let part = |json: Value| base64url::encode(json.to_string());
    let header = json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "zip": "DEF" });
    let token = format!("{}.AA.AA.AA.AA", part(header.clone()));
    assert_eq!(encrypted(&token).map(Value::Object), Some(header));
    for other in [A2, "a.b.c.d.e", &format!("{}.AA.AA.AA.AA", part(json!({}))), &format!("{token}.AA"), &".".repeat(400_000)] {
        assert_eq!(encrypted(other), None);
    }
}

#[test]
fn r45_a_key_that_comes_with_the_token_is_not_looked_at() {
    let key = SigningKey::new_es256();
    let header = json!({ "jwk": key.jwk().to_json(), "jku": "https://evil.example", "x5u": "https://evil.example", "x5c": ["AA=="] });
    let jwt = Jwt::decode(&encode(header.as_object().unwrap().clone(), &Map::new(), &key).unwrap()).unwrap();
    jwt.verify(&key.jwk()).unwrap();
    assert!(jwt.verify(&a3_key()).is_err());
}

/// The text that RFC 7520 section 4 signs, its key of section 3.4 and the secret of section 3.5.
const HOBBIT: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
const HOBBIT_N: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
const HOBBIT_K: &str = "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg";

fn octets(text: &str) -> Vec<u8> {
    base64url::decode(text).unwrap()
}

#[test]
fn rfc_7520_sections_4_1_and_4_2_rs256_and_ps384_verify() {
    let kid = "bilbo.baggins@hobbiton.example";
    let jwk = Jwk::parse(&json!({ "kty": "RSA", "kid": kid, "use": "sig", "n": HOBBIT_N, "e": "AQAB" })).unwrap();
    for (alg, header, signature) in [
        (
            Alg::Rs256,
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
        ),
        (
            Alg::Ps384,
            "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
        ),
    ] {
        let message = format!("{header}.{HOBBIT}");
        jws::verify(alg, &jwk, message.as_bytes(), &octets(signature)).unwrap();
        assert!(jws::verify(Alg::Rs384, &jwk, message.as_bytes(), &octets(signature)).is_err());
        assert!(jws::verify(alg, &jwk, format!("{message}A").as_bytes(), &octets(signature)).is_err());
    }
}

#[test]
fn rfc_7520_section_4_3_and_rfc_7515_appendix_a_4_es512_verify() {
    let key = |x: &str, y: &str| Jwk::parse(&json!({ "kty": "EC", "crv": "P-521", "x": x, "y": y })).unwrap();
    let hobbit = key(
        "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
        "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
    );
    let header = "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";
    Jws::decode(&format!("{header}.{HOBBIT}.{signature}")).unwrap().verify(&hobbit).unwrap();

    let a4_key = key(
        "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    );
    let a4 = Jws::decode("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn").unwrap();
    a4.verify(&a4_key).unwrap();
    assert_eq!((a4.payload.as_slice(), a4.alg()), (&b"Payload"[..], Some(Alg::Es512)));
    assert!(a4.verify(&hobbit).is_err() && a4.verify(&a3_key()).is_err());

    // As with the other curves: zeros, what is longer or shorter, and a point that is not on the curve.
    let message = format!("{header}.{HOBBIT}");
    let good = octets(signature);
    let cut = &good[..131];
    let longer = [&good[..], &[0]].concat();
    let half_zero = [&[0; 66], &good[66..]].concat();
    for bad in [&[0; 132][..], &[0xff; 132], cut, &longer, &half_zero, &[]] {
        assert!(jws::verify(Alg::Es512, &hobbit, message.as_bytes(), bad).is_err());
    }
    let off = Jwk::for_signatures(PublicKey::P521 { x: [1; 66], y: [1; 66] }, Alg::Es512);
    assert!(jws::verify(Alg::Es512, &off, message.as_bytes(), &good).is_err());
}

#[test]
fn an_algorithm_of_another_world_is_refused_by_its_name() {
    let jws = Jws::decode(&format!("{}.e30.AA", base64url::encode(r#"{"alg":"ES256K"}"#))).unwrap();
    assert_eq!((jws.alg(), jws.header["alg"].as_str()), (None, Some("ES256K")));
    assert_eq!(jws.verify(&a3_key()).unwrap_err().message, "the JWT's `alg` is not one that can be verified");
}

#[test]
fn rfc_7515_appendix_a_1_and_rfc_7520_section_4_4_hs256_verify() {
    // RFC 7515 appendix A.1.1, which is also RFC 7519 section 3.1.
    const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let secret = octets("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    let jwt = Jwt::decode(A1).unwrap();
    jwt.verify_hmac(&secret).unwrap();
    assert!(jwt.verify_hmac(&secret[1..]).is_err() && jwt.verify(&a2_key()).is_err());
    assert!(Jwt::decode(A2).unwrap().verify_hmac(&secret).is_err());

    let header = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9";
    let (message, mac) = (format!("{header}.{HOBBIT}"), octets("s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"));
    jws::verify_hmac(Alg::Hs256, &octets(HOBBIT_K), message.as_bytes(), &mac).unwrap();
    assert!(jws::verify_hmac(Alg::Hs512, &octets(HOBBIT_K), message.as_bytes(), &mac).is_err());
}

#[test]
fn rfc_8037_appendices_a_4_and_a_5_eddsa_verifies() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let jwk = Jwk::parse(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x })).unwrap();
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = octets("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    jws::verify(Alg::EdDsa, &jwk, message, &signature).unwrap();
    assert!(jws::verify(Alg::EdDsa, &jwk, &message[1..], &signature).is_err());
}
