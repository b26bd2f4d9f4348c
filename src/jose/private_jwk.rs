//! Private keys in JSON: a JWK, a JWK set, and the files that Google and Zitadel hand out.

use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Kind, Result};
use crate::jose::base64url;
use crate::jose::jwk::{Jwk, PublicKey};
use crate::jose::private_key::{NEW, PrivateKey, damaged, ec, ed25519, pem, rsa, unsupported, wrong};
use crate::json;
use crate::text::escape;

/// Reads a JWK, a JWK set, or the file of a service account. Fails as [`crate::jose::private_key::read`] does.
pub fn read(text: &str, kid: Option<&str>) -> Result<PrivateKey> {
    let members = json::object(text.as_bytes()).map_err(|reason| wrong(format!("not a JWK: {reason}"), "is it the right file?"))?;
    let mut members = Value::Object(members);
    let key = of_object(&members, kid);
    wipe(&mut members);
    key
}

fn of_object(file: &Value, kid: Option<&str>) -> Result<PrivateKey> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    // Google's names for a service account's key and its id, then Zitadel's.
    for (key, id) in [("private_key", "private_key_id"), ("key", "keyId")] {
        if let Some(pem_text) = text(key) {
            return Ok(PrivateKey { kid: text(id).map(str::to_string), ..pem(pem_text)? });
        }
    }
    let Some(keys) = file.get("keys").and_then(Value::as_array) else { return jwk(file) };
    let private = |key: &&Value| key.get("d").is_some() && (kid.is_none() || key.get("kid").and_then(Value::as_str) == kid);
    let found: Vec<&Value> = keys.iter().filter(private).collect();
    match found[..] {
        [key] => jwk(key),
        [] if kid.is_some() => Err(wrong("a JWK set without a private key of that `client_key_id`", "its `kid` must be the same")),
        [] => Err(wrong("a JWK set without a private key", "a private JWK has a member `d`")),
        _ => Err(wrong(format!("a JWK set with {} private keys", found.len()), "client_key_id = \"KID\" says which of them")),
    }
}

/// RFC 7518 section 6, RFC 8037 section 2.
fn jwk(value: &Value) -> Result<PrivateKey> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match (text("kty"), text("crv")) {
        (None, _) => return Err(wrong("JSON, but neither a JWK nor a service account's file", "a JWK has a member `kty`")),
        (Some("oct"), _) => {
            return Err(wrong(
                "a shared secret (`kty` is `oct`), not a private key",
                "client_secret, with client_auth = \"client_secret_jwt\"",
            ));
        }
        (_, Some("P-521")) => return Err(unsupported("an EC key on P-521")),
        (_, Some("secp256k1")) => return Err(unsupported("an EC key on secp256k1")),
        _ => {}
    }
    if let Some(usage) = text("use").filter(|usage| *usage != "sig") {
        return Err(wrong(format!("meant for something else: its `use` is `{}`", escape(usage)), NEW));
    }
    let public =
        Jwk::parse(value).map_err(|error| error.of(Kind::Config).saying(|said| format!("no JWK that can be used: {said}")).hint(NEW))?;
    if public.key_ops.is_some_and(|ops| !ops.iter().any(|word| word == "sign")) {
        return Err(wrong("not meant for signatures: its `key_ops` has no `sign`", NEW));
    }
    let number = |name: &str| text(name).and_then(base64url::decode).map(Zeroizing::new);
    let d = match value.get("d") {
        None => return Err(wrong("a public JWK, not a private one", "a private JWK has a member `d`")),
        Some(_) => number("d").ok_or_else(|| damaged("`d` is not base64url"))?,
    };
    let point = |x: &[u8], y: &[u8]| [&[4], x, y].concat();
    let key = match &public.key {
        PublicKey::P256 { x, y } => ec(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &point(x, y))?,
        PublicKey::P384 { x, y } => ec(&ECDSA_P384_SHA384_FIXED_SIGNING, &d, &point(x, y))?,
        PublicKey::Ed25519 { .. } => ed25519(&d)?,
        PublicKey::Rsa { n, e } => {
            let primes = ["p", "q", "dp", "dq", "qi"].map(number);
            let [Some(p), Some(q), Some(dp), Some(dq), Some(qi)] = &primes else {
                return Err(wrong("an RSA JWK without its primes", "export it with `p`, `q`, `dp`, `dq` and `qi`, or as PEM"));
            };
            rsa([n, e, &d, p, q, dp, dq, qi])?
        }
        PublicKey::P521 { .. } => return Err(unsupported(public.key.kind())),
    };
    if key.public != public.key {
        return Err(damaged("its private and its public half do not belong together"));
    }
    Ok(PrivateKey { kid: public.kid, alg: public.alg, ..key })
}

/// A tree of JSON with a secret in it.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}
