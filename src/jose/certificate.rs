//! A client's certificate, with the chain that it is shown with (RFC 5280, RFC 8705).

use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use spki::der;
use spki::der::asn1::{GeneralizedTime, UtcTime};
use spki::der::{Decode, Reader, SliceReader, Tag};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::jose::jwk::PublicKey;
use crate::jose::key_file;
use crate::jose::private_key::{Open, open, sections, unpacked};
use crate::time::UnixTime;

/// A certificate that a client shows, or is known by.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate, then those above it, as DER.
    pub chain: Vec<Vec<u8>>,
    /// Its public key.
    pub key: PublicKey,
    /// From when on it holds.
    pub not_before: UnixTime,
    /// Until when.
    pub not_after: UnixTime,
}

impl Certificate {
    /// Reads PEM, with the client's own certificate first; also with `\n` for its line ends, as a whole in base64, or DER in
    /// base64. What is wrong is told as what it is. Fails with kind `Config`.
    pub fn read(text: &str) -> Result<Certificate> {
        let wrong = |what: &str| Error::new(Kind::Config, what).hint("it begins with `-----BEGIN CERTIFICATE-----`");
        let mut chain = Vec::new();
        match open(text) {
            Open::Text(text) => {
                for (label, body, ended) in sections(&text) {
                    if matches!(label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE") {
                        let whole = if ended { unpacked(&body) } else { Err(wrong("cut off: its END line is missing")) };
                        chain.push(whole?.to_vec());
                    }
                }
            }
            Open::Der(der) if der.first() == Some(&0x30) => chain.push(der.to_vec()),
            Open::Der(_) => {}
        }
        let own = chain.first().ok_or_else(|| wrong("no certificate in PEM"))?;
        let (validity, key) =
            key_file::parts(own).map_err(|error| error.of(Kind::Config).hint("openssl x509 -in CERT.pem -noout -text"))?;
        let times = SliceReader::new(validity).and_then(|mut reader| Ok((time(&mut reader)?, time(&mut reader)?)));
        let (not_before, not_after) = times.map_err(|_| wrong("damaged: it does not say how long it holds"))?;
        Ok(Certificate { key, not_before, not_after, chain })
    }

    /// RFC 8705 section 3.1: how a token names the certificate that it is bound to.
    pub fn x5t_s256(&self) -> String {
        self.thumbprint(&SHA256)
    }

    /// RFC 7515 section 4.1.7: the same with SHA-1, which Entra knows certificates by.
    pub fn x5t(&self) -> String {
        self.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY)
    }

    fn thumbprint(&self, algorithm: &'static Algorithm) -> String {
        self.chain.first().map(|der| base64url::encode(digest(algorithm, der))).unwrap_or_default()
    }
}

/// RFC 5280 section 4.1.2.5.
fn time(reader: &mut SliceReader) -> der::Result<UnixTime> {
    let since = match reader.peek_tag()? {
        Tag::UtcTime => UtcTime::decode(reader)?.to_unix_duration(),
        _ => GeneralizedTime::decode(reader)?.to_unix_duration(),
    };
    Ok(UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    // RFC 8705 appendix A, figures 5 and 6.
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx\nODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG\nSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ\n/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID\nSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV\nbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=\n-----END CERTIFICATE-----\n";
    const X5T_S256: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

    #[test]
    fn rfc_8705_appendix_a_has_the_thumbprint_as_printed() {
        let certificate = Certificate::read(PEM).unwrap();
        assert_eq!(certificate.x5t_s256(), X5T_S256);
        // openssl x509 -noout -dates -fingerprint -sha1
        assert_eq!(
            (certificate.not_before.to_string(), certificate.not_after.to_string()),
            ("2018-10-18T12:37:09Z".into(), "2022-05-02T12:37:09Z".into())
        );
        assert!(matches!(certificate.key, PublicKey::P256 { .. }));
        for text in [PEM.replace('\n', "\\n"), STANDARD.encode(PEM), format!("{PEM}{PEM}")] {
            assert_eq!(Certificate::read(&text).unwrap().x5t_s256(), X5T_S256);
        }
        assert_eq!(Certificate::read(&format!("{PEM}{PEM}")).unwrap().chain.len(), 2);
    }

    #[test]
    fn the_thumbprint_with_sha_1_is_openssls() {
        let certificate = Certificate::read(include_str!("private_key/test-keys/p256.certificate.pem")).unwrap();
        assert_eq!(certificate.x5t(), "YL0oF2BeWouNPrdL0EZTqDKXRSo");
        assert!(certificate.not_after > UnixTime(4_000_000_000), "a time beyond 2050 is written in another way");
    }

    #[test]
    fn what_is_no_certificate_is_told() {
        let key = include_str!("private_key/test-keys/p256.pkcs8.pem");
        for (text, told) in [
            ("", "no certificate"),
            ("CANARY", "no certificate"),
            (key, "no certificate"),
            (&PEM[..200], "cut off"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "damaged"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", "not base64"),
            ("MAAA", "damaged"),
        ] {
            let error = Certificate::read(text).unwrap_err();
            assert!(error.kind == Kind::Config && error.message.contains(told) && error.hint.is_some(), "{told}: {error}");
        }
    }
}
