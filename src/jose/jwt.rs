//! Compact JSON Web Tokens: a header and claims, signed (RFC 7519, RFC 7515 section 7.1).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jwk::Jwk;
use crate::jose::jws::{self, SigningKey};
use crate::json;

/// A token taken apart. Nothing in it is to be believed before [`Jwt::verify`].
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims set.
    pub claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// Signs `claims` under `header`; `alg` is set from the key, whatever the header says. Fails with kind `Internal`.
pub fn encode(mut header: Map<String, Value>, claims: &Map<String, Value>, key: &SigningKey) -> Result<String> {
    header.insert("alg".into(), key.alg().name().into());
    let part = |members: &Map<String, Value>| -> Result<String> {
        let json = serde_json::to_vec(members);
        Ok(base64url::encode(json.map_err(|e| Error::new(Kind::Internal, "cannot write a token").because(e))?))
    };
    let signing_input = format!("{}.{}", part(&header)?, part(claims)?);
    let signature = key.sign(signing_input.as_bytes())?;
    Ok(format!("{signing_input}.{}", base64url::encode(signature)))
}

impl Jwt {
    /// Takes a compact token apart: three strict base64url parts, the first two JSON objects. Fails with kind `Invalid`.
    pub fn decode(token: &str) -> Result<Jwt> {
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let [header, claims, signature] = parts[..] else {
            return Err(Error::new(Kind::Invalid, format!("not a signed JWT: {} parts instead of 3", parts.len())));
        };
        Ok(Jwt {
            header: object(header, "header")?,
            claims: object(claims, "claims set")?,
            signing_input: format!("{header}.{claims}"),
            signature: base64url::decode(signature).ok_or_else(|| malformed("signature", "base64url"))?,
        })
    }

    /// The `alg` header parameter, where it is one known here.
    pub fn alg(&self) -> Option<Alg> {
        Alg::parse(self.header.get("alg")?.as_str()?)
    }

    /// The `kid` header parameter.
    #[cfg_attr(not(test), expect(dead_code, reason = "inspect chooses a server's key by it"))]
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// Checks the signature alone, not the claims. Fails with kind `Invalid`, also on an unknown `alg` and on any
    /// `crit` (RFC 7515 section 4.1.11: what is critical and not understood is refused; nothing is understood yet).
    pub fn verify(&self, jwk: &Jwk) -> Result<()> {
        let alg = self.alg().ok_or_else(|| Error::new(Kind::Invalid, "the JWT's `alg` is not one that can be verified"))?;
        if self.header.contains_key("crit") {
            return Err(Error::new(Kind::Invalid, "the JWT has a `crit` header that is not understood"));
        }
        jws::verify(alg, jwk, self.signing_input.as_bytes(), &self.signature)
    }
}

fn object(part: &str, what: &str) -> Result<Map<String, Value>> {
    let bytes = base64url::decode(part).ok_or_else(|| malformed(what, "base64url"))?;
    json::object(&bytes).map_err(|_| malformed(what, "one JSON object without a member twice"))
}

fn malformed(what: &str, wanted: &str) -> Error {
    Error::new(Kind::Invalid, format!("not a signed JWT: the {what} is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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

        let key = SigningKey::from_pkcs8(Alg::Es256, &SigningKey::generate_es256().unwrap()).unwrap();
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
            assert!(Jwt::decode(&bad).unwrap_err().message.contains("without a member twice"));
        }
    }

    #[test]
    fn what_is_not_a_signed_jwt_is_refused() {
        let (one, two) = (base64url::encode("{}"), base64url::encode("[]"));
        for bad in
            ["", ".", "..", "a.b", "opaque", &format!("{one}.{two}.AA"), &format!("{one}.{one}.A="), &format!("{one}.{one}.AA.AA.AA")]
        {
            assert_eq!(Jwt::decode(bad).unwrap_err().kind, Kind::Invalid, "{bad:?}");
        }
    }
}
