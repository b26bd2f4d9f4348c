//! `oat inspect` on tokens and keys that it did not make: of npm's jose, and of openssl.

use crate::report::{Report, inspected, inspected_token};
use crate::support::parts::{part, succeeded};
use crate::support::{Oat, json};
use crate::tokens::{ALGORITHMS, encoded, resigned, tokens, with_claim_changed};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The report on a token, checked with this key in a file of this name.
#[track_caller]
fn with_key(token: &str, flag: &str, name: &str, key: &str) -> Report {
    let oat = Oat::new();
    let file = oat.file(name, 0o600, key);
    inspected_token(oat, token, &[flag, file.to_str().unwrap()])
}

#[test]
fn a_good_token_of_every_algorithm_verifies_with_each_form_of_its_key() {
    for alg in ALGORITHMS {
        let good = tokens().good(alg);
        let (token, jwk) = (good["token"].as_str().unwrap(), &good["jwk"]);
        let set = json!({ "keys": [jwk] }).to_string();
        let mut reports = vec![with_key(token, "--key", "key.jwk", &jwk.to_string()), with_key(token, "--key", "keys.json", &set)];
        if let Some(secret) = good["secret"].as_str() {
            // A JWK set is public, so what it calls a secret is none.
            with_key(token, "--jwks", "jwks.json", &set).fails_at(&["alg"], &["symmetric"]);
            let oat = Oat::new().env("HMAC_SECRET", secret);
            reports.push(inspected_token(oat, token, &["--secret-from", "env:HMAC_SECRET"]));
            let oat = Oat::new();
            let file = oat.file("secret", 0o600, secret);
            reports.push(inspected_token(oat, token, &["--secret-from", &format!("file:{}", file.display())]));
            reports.iter().for_each(|report| report.output.assert_clean(&[secret, jwk["k"].as_str().unwrap()]));
        } else {
            reports.push(with_key(token, "--jwks", "jwks.json", &set));
            reports.push(with_key(token, "--key", "key.pem", good["pem"].as_str().unwrap()));
        }
        for report in reports {
            report.holds();
            assert_eq!(report.json["format"], "jwt", "{report:#?}");
            assert_eq!(report.json["header"], json!({ "alg": alg, "typ": "JWT", "kid": format!("key-{alg}") }), "{report:#?}");
            assert_eq!(report.json["claims"]["sub"], "alice", "{report:#?}");
        }
    }
}

#[test]
fn the_token_finds_its_own_key_among_all_others() {
    // Every kid twice, of two keys: which of them it is, only the signature tells.
    let keys: Vec<&Value> = ALGORITHMS.iter().flat_map(|alg| ["other_jwk", "jwk"].map(|name| &tokens().good(alg)[name])).collect();
    let jwks = json!({ "keys": keys }).to_string();
    for alg in ALGORITHMS {
        let good = tokens().good(alg);
        let flag = if good["secret"].is_string() { "--key" } else { "--jwks" };
        with_key(good["token"].as_str().unwrap(), flag, "jwks.json", &jwks).holds();
        with_key(good["other"].as_str().unwrap(), flag, "jwks.json", &jwks).holds();
        let strangers: Vec<&Value> = ALGORITHMS.iter().filter(|other| *other != &alg).map(|other| &tokens().good(other)["jwk"]).collect();
        let jwks = json!({ "keys": strangers }).to_string();
        let kid = format!("key-{alg}");
        let words = if flag == "--jwks" { [kid.as_str()] } else { ["signature does not hold"] };
        with_key(good["token"].as_str().unwrap(), flag, "jwks.json", &jwks).fails_at(&["signature"], &words);
    }
}

#[test]
fn a_token_of_any_algorithm_that_was_touched_is_refused() {
    for alg in ALGORITHMS {
        let good = tokens().good(alg);
        let token = good["token"].as_str().unwrap();
        let touched = [
            resigned(token, |mut bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                bytes
            }),
            with_claim_changed(token, "alice", "mallory"),
            good["other"].as_str().unwrap().to_string(),
            resigned(token, |bytes| bytes[..bytes.len() - 1].to_vec()),
            resigned(token, |bytes| [&bytes[..], &[0]].concat()),
            resigned(token, |_| Vec::new()),
        ];
        let jwks = json!({ "keys": [good["jwk"]] }).to_string();
        for token in &touched {
            with_key(token, "--key", "jwks.json", &jwks).fails_at(&["signature"], &["signature"]);
            with_key(token, "--key", "key.jwk", &good["jwk"].to_string()).fails_at(&["signature"], &["signature"]);
            match (good["secret"].as_str(), good["pem"].as_str()) {
                (Some(secret), _) => {
                    let oat = Oat::new().env("HMAC_SECRET", secret);
                    inspected_token(oat, token, &["--secret-from", "env:HMAC_SECRET"]).fails_at(&["signature"], &["signature"]);
                }
                (_, pem) => {
                    with_key(token, "--jwks", "jwks.json", &jwks).fails_at(&["signature"], &["signature"]);
                    with_key(token, "--key", "key.pem", pem.unwrap()).fails_at(&["signature"], &["signature"]);
                }
            }
        }
    }
}

#[test]
fn without_a_key_a_token_is_shown_and_nothing_is_claimed() {
    let token = tokens().at("/good/ES256/token");
    for input in [
        token.to_string(),
        format!("Bearer {token}"),
        format!("Authorization: Bearer {token}\n"),
        json!({ "access_token": token }).to_string(),
    ] {
        let report = inspected_token(Oat::new(), &input, &[]);
        report.proves_nothing();
        assert_eq!(report.json["claims"]["sub"], "alice", "{report:#?}");
    }
    let shown = Oat::new().stdin(token).run(&["inspect", "-"]);
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    shown.says(&["NOT VERIFIED"]);
    assert!(shown.stdout.contains("alice") && shown.stdout.lines().next().unwrap().contains("NOT VERIFIED"), "{shown:#?}");
}

#[test]
fn people_are_told_of_a_forgery_in_the_same_words_as_programs() {
    let token = with_claim_changed(tokens().at("/good/ES256/token"), "alice", "mallory");
    let oat = Oat::new();
    let key = oat.file("key.pem", 0o644, tokens().at("/good/ES256/pem"));
    let oat = oat.stdin(token);
    let reason = inspected(&oat, &["-", "--key", key.to_str().unwrap()]).json["reason"].as_str().unwrap().to_string();
    let told = oat.run(&["inspect", "-", "--key", key.to_str().unwrap()]);
    assert_eq!(told.code, Some(8), "{told:#?}");
    told.assert_well_behaved();
    assert!(told.stderr.lines().any(|line| line.starts_with("oat: error: ")), "{told:#?}");
    told.says(&[&reason]);
    assert!(told.stdout.contains(&reason), "`{reason}` is not said: {told:#?}");
}

#[test]
fn an_encrypted_token_is_called_so_and_verifies_with_nothing() {
    let jwks = json!({ "keys": [tokens().value("/good/RS256/jwk")] }).to_string();
    for (name, header) in
        [("dir", json!({ "alg": "dir" })), ("rsa", json!({ "alg": "RSA-OAEP-256" })), ("deflated", json!({ "zip": "DEF" }))]
    {
        let token = tokens().at(&format!("/encrypted/{name}"));
        let shown = inspected_token(Oat::new(), token, &[]);
        shown.proves_nothing();
        assert_eq!((&shown.json["format"], &shown.json["claims"]), (&json!("jwe"), &Value::Null), "{shown:#?}");
        for (member, value) in header.as_object().unwrap() {
            assert_eq!(&shown.json["header"][member], value, "{shown:#?}");
        }
        let asked = with_key(token, "--jwks", "jwks.json", &jwks);
        assert!(asked.fails().join(" ").to_lowercase().contains("encrypted"), "{asked:#?}");
    }
}

#[test]
fn a_payload_that_is_no_json_is_checked_by_its_signature_only() {
    let (token, pem) = (tokens().at("/text"), tokens().at("/good/ES256/pem"));
    let oat = Oat::new();
    let key = oat.file("key.pem", 0o644, pem);
    let words = ["--key", key.to_str().unwrap(), "--signature-only"];
    let oat = oat.stdin(token);
    let report = inspected(&oat, &[&["-"], &words[..]].concat());
    report.holds();
    assert_eq!((&report.json["format"], &report.json["claims"]), (&json!("jws"), &Value::Null), "{report:#?}");
    let oat = oat.stdin(resigned(token, |bytes| bytes.iter().rev().copied().collect::<Vec<u8>>()));
    inspected(&oat, &[&["-"], &words[..]].concat()).fails_at(&["signature"], &["signature"]);
    let told = oat.stdin(token).run(&["inspect", "-", "--json", "--key", key.to_str().unwrap()]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(8), ""), "{told:#?}");
    told.says(&["claims set", "not JSON", "--signature-only"]);
}

/// Else any text would pass a script that names its key.
#[test]
fn whoever_names_a_key_is_told_where_no_signature_was_checked() {
    let (good, pem) = (tokens().at("/good/ES256/token"), tokens().at("/good/ES256/pem"));
    for (flag, key) in [("--key", pem.to_string()), ("--jwks", json!({ "keys": [tokens().value("/good/ES256/jwk")] }).to_string())] {
        for token in ["opaque", "0123456789abcdef", tokens().at("/encrypted/dir")] {
            with_key(token, flag, "key", &key).fails_at(&["signature"], &["no signature was checked"]);
        }
        with_key(tokens().at("/encrypted/rsa"), flag, "key", &key).fails_at(&["signature"], &["encrypted"]);
        with_key("opaque", flag, "key", &key).fails_at(&["signature"], &["opaque"]);
    }
    inspected_token(Oat::new(), good, &["--signature-only"]).fails_at(&["signature"], &["--issuer"]);
    inspected_token(Oat::new(), "opaque", &["--audience", "https://api.example.com"]).fails_at(&["aud"], &["only its server"]);
    inspected_token(Oat::new(), "opaque", &["--require-scope", "read"]).fails_at(&["scope"], &["only its server"]);
    inspected_token(Oat::new(), "opaque", &[]).proves_nothing();
    // What one word leaves out, another may not ask for.
    for words in [["--signature-only", "--audience=x"], ["--signature-only", "--require-scope=x"], ["--refresh-token", "--jwks=x"]] {
        let output = Oat::new().stdin(good).run(&["inspect", "-", words[0], words[1]]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:#?}");
    }
}

#[test]
fn a_private_key_is_refused_and_nothing_of_it_is_shown() {
    for alg in ["RS256", "ES256"] {
        let key = OpensslKey::new(alg);
        let token = key.signs(&json!({ "sub": "alice" }));
        key.openssl(&["pkey", "-in", "key.pem", "-traditional", "-out", "traditional.pem"]);
        key.openssl(&["pkey", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]);
        for (file, told) in [("key.pem", "private key"), ("traditional.pem", "private key"), ("key.der", "public key")] {
            let file = key.folder.path().join(file);
            let report = inspected_token(Oat::new(), &token, &["--key", file.to_str().unwrap()]);
            assert_eq!((report.output.code, &report.json["verified"]), (Some(8), &json!(false)), "{report:#?}");
            assert!(report.json["reason"].as_str().unwrap().contains(told), "{report:#?}");
            let pem = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
            let lines: Vec<&str> = pem.lines().filter(|line| line.len() == 64 && line.is_ascii()).collect();
            report.output.assert_clean(&lines);
        }
    }
}

#[test]
fn openssl_keys_in_every_file_format_check_what_openssl_signed() {
    let (rsa, ec) = (OpensslKey::new("RS256"), OpensslKey::new("ES256"));
    for (key, other) in [(&rsa, &ec), (&ec, &rsa)] {
        let token = key.signs(&json!({ "sub": "alice" }));
        for file in key.public() {
            let report = inspected_token(Oat::new(), &token, &["--key", file.to_str().unwrap()]);
            report.holds();
            assert_eq!(report.json["header"]["alg"], key.alg);
        }
        let same_kind = OpensslKey::new(key.alg);
        for stranger in [same_kind.public(), other.public()].concat() {
            inspected_token(Oat::new(), &token, &["--key", stranger.to_str().unwrap()])
                .fails_at(&["signature", "alg"], &["key", "signature"]);
        }
    }
}

/// A key of openssl's in a folder, with its public halves.
struct OpensslKey {
    alg: &'static str,
    folder: TempDir,
}

impl OpensslKey {
    fn new(alg: &'static str) -> OpensslKey {
        let key = OpensslKey { alg, folder: tempfile::tempdir().unwrap() };
        let kind: &[&str] = if alg == "RS256" {
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        } else {
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        };
        key.openssl(&[&["genpkey"], kind, &["-out", "key.pem"]].concat());
        key.openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "spki.pem"]);
        key.openssl(&["req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=signer", "-days", "2", "-out", "certificate.pem"]);
        if alg == "RS256" {
            key.openssl(&["rsa", "-in", "key.pem", "-RSAPublicKey_out", "-out", "pkcs1.pem"]);
            let pem = fs::read_to_string(key.folder.path().join("pkcs1.pem")).unwrap();
            assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----"), "{pem}");
        }
        key
    }

    /// The files that hold its public half.
    fn public(&self) -> Vec<PathBuf> {
        let names = ["spki.pem", "certificate.pem", "pkcs1.pem"].map(|name| self.folder.path().join(name));
        names.into_iter().filter(|file| file.exists()).collect()
    }

    fn signs(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.alg, "typ": "JWT" });
        let input = format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
        fs::write(self.folder.path().join("input"), &input).unwrap();
        self.openssl(&["dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "input"]);
        let signature = fs::read(self.folder.path().join("signature")).unwrap();
        let signature = if self.alg == "ES256" { raw(&signature) } else { signature };
        format!("{input}.{}", encoded(&signature))
    }

    fn openssl(&self, words: &[&str]) {
        succeeded("openssl", &part("openssl").current_dir(self.folder.path()).args(words).output().unwrap());
    }
}

/// A DER signature as RFC 7518 section 3.4 wants it: both numbers in 32 bytes each.
fn raw(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut signature = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
        signature.resize(signature.len() + 32 - number.len(), 0);
        signature.extend(number);
        rest = &rest[2 + length..];
    }
    signature
}
