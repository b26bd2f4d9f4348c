//! Which CAs are trusted, and what is wrong with a certificate, in words.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, CertificateError, InconsistentKeys, InvalidMessage, PeerIncompatible};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, parse_pem};
use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::world::Identity;
use crate::text::escape;
use crate::time::UnixTime;

/// The most bytes of a PEM file.
const LARGEST: u64 = 4 << 20;

/// Where CAs come from, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// The CAs in a PEM file: `ca_file`, `--ca-file`.
    File(PathBuf),
    /// The PEM file that `SSL_CERT_FILE` names, in place of all that follow.
    Variable(PathBuf),
    /// Mozilla's, built in.
    Mozilla,
    /// The operating system's, so that a company's CA works without a setting.
    System,
}

/// The sources to try one after the other, as long as the issuer is unknown and nothing was sent.
pub fn sources(ca_file: Option<&Path>, environment: &Environment) -> Vec<Roots> {
    let mut sources: Vec<Roots> = ca_file.map(|path| Roots::File(path.into())).into_iter().collect();
    match environment.get("SSL_CERT_FILE") {
        Some(path) => sources.push(Roots::Variable(path.into())),
        None => sources.extend([Roots::Mozilla, Roots::System]),
    }
    sources
}

/// Loads the CAs of a source. Fails with `Config` for a file that has none.
pub fn load(source: &Roots) -> Result<RootCerts> {
    match source {
        Roots::Mozilla => Ok(RootCerts::WebPki),
        Roots::File(path) => pem(path, "ca_file"),
        Roots::Variable(path) => pem(path, "SSL_CERT_FILE"),
        Roots::System => {
            let found = rustls_native_certs::load_native_certs().certs;
            let certificates: Vec<Certificate<'static>> = found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
            Ok(RootCerts::new_with_certs(&certificates))
        }
    }
}

fn pem(path: &Path, setting: &str) -> Result<RootCerts> {
    let wrong = |why: &str| {
        Error::new(Kind::Config, format!("`{setting}` names `{}`, {why}", escape(&path.to_string_lossy())))
            .hint("it must be a PEM file with `-----BEGIN CERTIFICATE-----` lines")
    };
    let mut text = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    read.map_err(|error| wrong("which cannot be read").because(error))?;
    if text.len() as u64 > LARGEST {
        return Err(wrong("which is larger than 4 MiB"));
    }
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(wrong("which is not well-formed PEM")),
        }
    }
    match certificates.is_empty() {
        true => Err(wrong("which has no certificate in it")),
        false => Ok(RootCerts::new_with_certs(&certificates)),
    }
}

/// The TLS library's error inside a failed request, where there is one.
pub fn fault(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(fault) => Some(fault),
        ureq::Error::Io(io) => io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    }
}

/// Whether other CAs may help.
pub fn unknown_issuer(fault: &rustls::Error) -> bool {
    // A CA that was renewed under its old name has another key: then the signature does not hold.
    matches!(fault, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature))
}

/// What is wrong, and the cure (R100); `shown` is whether a client certificate was. Kind `Invalid`; nothing of the request was
/// sent, or it was not looked at.
pub fn explain(fault: &rustls::Error, host: &str, shown: bool, now: UnixTime) -> Error {
    let host = escape(host);
    let (why, hint) = match fault {
        rustls::Error::InvalidCertificate(fault) => certificate(fault, &host, now),
        rustls::Error::NoCertificatesPresented => (format!("`{host}` showed no certificate"), operator(&host)),
        rustls::Error::AlertReceived(alert) => alerted(*alert, &host, shown),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnexpectedMessage(_)) => {
            (format!("`{host}` does not speak TLS on this port"), "is the port right, and is it an https address at all?".into())
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (format!("`{host}` only speaks TLS versions older than 1.2"), operator(&host)),
        rustls::Error::PeerIncompatible(_) => (format!("`{host}` and oat have no TLS parameters in common"), operator(&host)),
        _ => (
            format!("the TLS handshake with `{host}` failed"),
            "try again; if it stays, something between here and the server breaks TLS".into(),
        ),
    };
    Error::new(Kind::Invalid, why).hint(hint)
}

fn certificate(fault: &CertificateError, host: &str, now: UnixTime) -> (String, String) {
    use CertificateError::*;
    let clock = format!("this machine's clock says {now}; if that is right, {}", operator(host));
    match fault {
        Expired => (format!("the certificate of `{host}` has expired"), clock),
        ExpiredContext { not_after, .. } => (format!("the certificate of `{host}` expired on {}", unix(*not_after)), clock),
        NotValidYet => (format!("the certificate of `{host}` is not valid yet"), clock),
        NotValidYetContext { not_before, .. } => (format!("the certificate of `{host}` is not valid before {}", unix(*not_before)), clock),
        UnknownIssuer => (
            format!("the certificate of `{host}` comes from a CA that is not trusted here (unknown issuer)"),
            format!(
                "if it is your own CA, set ca_file = \"/path/ca.pem\" in the profile or pass --ca-file; if not, `{host}` may fail to send its intermediate certificate"
            ),
        ),
        NotValidForName => (format!("the certificate is not for `{host}`"), "is the host name right?".into()),
        NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().take(5).map(|name| format!("`{}`", escape(presented_name(name)))).collect();
            (
                format!(
                    "the certificate is not for `{host}` but for {}",
                    if names.is_empty() { "no name at all".into() } else { names.join(", ") }
                ),
                "use the name that the certificate is for, or tell the server's operator".into(),
            )
        }
        Revoked => (format!("the certificate of `{host}` was revoked"), operator(host)),
        InvalidPurpose | InvalidPurposeContext { .. } => {
            (format!("the certificate of `{host}` is not meant for servers (wrong usage)"), operator(host))
        }
        BadSignature => (
            format!("the certificate of `{host}` has a signature that does not hold: no trusted CA of that name made it"),
            format!("if the CA was renewed, its new certificate belongs into `ca_file`; if not, {}", operator(host)),
        ),
        UnsupportedSignatureAlgorithmContext { .. } | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            (format!("the certificate of `{host}` has a weak or unknown key or hash"), operator(host))
        }
        BadEncoding => (format!("the certificate of `{host}` cannot be read"), operator(host)),
        UnhandledCriticalExtension => {
            (format!("the certificate of `{host}` has a critical extension that is not understood"), operator(host))
        }
        other => named(&other.to_string(), host),
    }
}

/// Faults that the library only tells by a name inside "Other(OtherError(…))".
fn named(text: &str, host: &str) -> (String, String) {
    for (name, why) in [
        ("CaUsedAsEndEntity", "is a CA's own certificate, used as a server's (a self-signed one, made for a CA?)"),
        ("EndEntityUsedAsCa", "was issued by a certificate that is not a CA's"),
        ("NameConstraintViolation", "breaks a name constraint of its CA"),
        ("PathLenConstraintViolated", "has a longer chain than its CA allows"),
        ("UnsupportedSignatureAlgorithm", "has a weak or unknown key or hash"),
        ("UnsupportedCertVersion", "is of an old version"),
        ("InvalidSerialNumber", "has a broken serial number"),
        ("ExtensionValueInvalid", "has a broken extension"),
    ] {
        if text.contains(name) {
            return (format!("the certificate of `{host}` {why}"), operator(host));
        }
    }
    (format!("the certificate of `{host}` does not hold"), operator(host))
}

fn alerted(alert: AlertDescription, host: &str, shown: bool) -> (String, String) {
    use AlertDescription::*;
    if shown && let Some(why) = refused(alert) {
        let why = format!("`{host}` does not take the client certificate: {why}");
        return (
            why,
            "is it the one that this server knows the client by? `client_certificate` holds its intermediate certificates too".into(),
        );
    }
    match alert {
        CertificateRequired | BadCertificate | UnknownCA => (
            format!("`{host}` wants a client certificate (mutual TLS)"),
            "set client_auth = \"tls_client_auth\", client_certificate and client_key in the profile, or use an endpoint for clients without one".into(),
        ),
        HandshakeFailure => (
            format!("`{host}` refused the TLS handshake"),
            format!("it may want a client certificate, or only older TLS versions; {}", operator(host)),
        ),
        ProtocolVersion => (format!("`{host}` only speaks TLS versions older than 1.2"), operator(host)),
        UnrecognisedName => {
            (format!("`{host}` says it is not the server of that name"), "is the host name right?".into())
        }
        _ => (format!("`{host}` broke the TLS connection off"), "try again; if it stays, tell the server's operator".into()),
    }
}

/// What a server says of a client's certificate (RFC 8446 section 6.2).
fn refused(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription::*;
    Some(match alert {
        UnknownCA => "it comes from a CA that the server does not know",
        CertificateExpired => "it has expired, by the server's clock",
        CertificateRevoked => "it was revoked",
        UnsupportedCertificate => "it is of a kind that the server does not take",
        CertificateRequired => "the server says that none was shown",
        DecryptError => "its signature does not hold",
        BadCertificate | CertificateUnknown | AccessDenied => "it does not hold for the server",
        _ => return None,
    })
}

/// What the handshake shows. It is taken by the TLS library here, because ureq panics where it is not.
pub fn client_certificate(identity: &Identity) -> Result<ClientCert> {
    let unusable = || {
        Error::new(Kind::Config, "the client key cannot be used for TLS")
            .hint("openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out NEW.pem writes it in its plainest form")
    };
    let chain: Vec<Certificate<'static>> = identity.certificate.chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let der = identity.key.as_slice();
    let key = match identity.form {
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(der.into()),
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(der.into()),
        _ => PrivateKeyDer::Pkcs8(der.into()),
    };
    let key = any_supported_type(&key).map_err(|_| unusable())?;
    let own = identity.certificate.chain.iter().map(|der| CertificateDer::from(der.as_slice()).into_owned()).collect();
    match CertifiedKey::new(own, key).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(_) => return Err(unshowable()),
    }
    // ureq has no name for the kinds of DER.
    let pem = Zeroizing::new(format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", identity.form, STANDARD.encode(der)));
    let key = PrivateKey::from_pem(pem.as_bytes()).map_err(|_| unusable())?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// `openssl x509 -req` without extensions makes version 1, which the library reads no more than a critical extension that is new to it.
fn unshowable() -> Error {
    Error::new(Kind::Config, "the client certificate cannot be shown: it is none of X.509 version 3 whose critical extensions are known")
        .hint("see `openssl x509 -in CERT.pem -noout -text`; `openssl req -x509 -key KEY.pem -out CERT.pem` makes one of version 3")
}

fn operator(host: &str) -> String {
    format!("tell the operator of `{host}`; certificates are always checked")
}

fn unix(time: rustls::pki_types::UnixTime) -> UnixTime {
    UnixTime(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// `DnsName("a.example")` or `IpAddress(127.0.0.1)` in the library's words is what stands inside in ours.
fn presented_name(name: &str) -> &str {
    if let Some(address) = name.strip_prefix("IpAddress(").and_then(|rest| rest.strip_suffix(')')) {
        return address;
    }
    name.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or(name, |(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssl_cert_file_replaces_the_built_in_cas_and_ca_file_is_tried_first() {
        let set = Environment::of(&[("SSL_CERT_FILE", "/s.pem")]);
        assert_eq!(sources(None, &Environment::of(&[])), [Roots::Mozilla, Roots::System]);
        assert_eq!(sources(Some(Path::new("/c.pem")), &set), [Roots::File("/c.pem".into()), Roots::Variable("/s.pem".into())]);
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(load(&Roots::File(path.clone())).unwrap_err().message.contains("cannot be read"));
        std::fs::write(&path, "hello").unwrap();
        assert!(load(&Roots::File(path)).unwrap_err().message.contains("no certificate"));
    }

    #[test]
    fn r98_a_key_that_the_tls_library_does_not_take_is_told_before_it_panics() {
        use crate::jose::certificate::Certificate;
        let certificate =
            std::sync::Arc::new(Certificate::read(include_str!("../jose/private_key/test-keys/p256.certificate.pem")).unwrap());
        for (form, key) in [("PRIVATE KEY", &b"garbage"[..]), ("RSA PRIVATE KEY", b"\x30\x00"), ("EC PRIVATE KEY", b"")] {
            let identity = Identity { certificate: certificate.clone(), key: Zeroizing::new(key.to_vec()), form };
            let error = client_certificate(&identity).unwrap_err();
            assert!(error.kind == Kind::Config && error.hint.is_some(), "{error:?}");
        }
    }

    #[test]
    fn r98_a_certificate_that_the_tls_library_does_not_take_is_told_before_it_panics() {
        use crate::jose::certificate::Certificate;
        use crate::jose::private_key;
        for (text, taken) in [
            (include_str!("../jose/private_key/test-keys/p256.certificate.pem"), true),
            (include_str!("../jose/private_key/test-keys/p256-version-1.certificate.pem"), false),
            (include_str!("../jose/private_key/test-keys/p256-critical.certificate.pem"), false),
        ] {
            let key = private_key::read(include_str!("../jose/private_key/test-keys/p256.pkcs8.pem"), None).unwrap();
            let (form, key) = key.der.unwrap();
            let identity = Identity { certificate: std::sync::Arc::new(Certificate::read(text).unwrap()), key, form };
            match client_certificate(&identity) {
                Ok(_) => assert!(taken, "{text}"),
                Err(error) => assert!(!taken && error.kind == Kind::Config && error.message.contains("version 3"), "{error:?}"),
            }
        }
    }

    #[test]
    fn r100_what_a_server_says_of_a_client_certificate_is_told_in_words() {
        use AlertDescription::*;
        for (alert, word) in
            [(UnknownCA, "a CA that the server does not know"), (CertificateExpired, "expired"), (CertificateRevoked, "revoked")]
        {
            let told = |shown| explain(&rustls::Error::AlertReceived(alert), "a.example", shown, UnixTime(0));
            assert!(told(true).message.contains(word) && told(true).kind == Kind::Invalid, "{}", told(true).message);
            assert!(!told(false).message.contains(word), "{}", told(false).message);
        }
        let wanted = explain(&rustls::Error::AlertReceived(CertificateRequired), "a.example", false, UnixTime(0));
        assert!(wanted.message.contains("wants a client certificate") && wanted.hint.as_ref().unwrap().contains("client_certificate"));
    }

    #[test]
    fn r100_the_librarys_own_words_never_come_through() {
        let fault = rustls::Error::InvalidCertificate(CertificateError::Other(rustls::OtherError(std::sync::Arc::new(
            std::io::Error::other("CaUsedAsEndEntity"),
        ))));
        let error = explain(&fault, "a.example", false, UnixTime(0));
        assert!(error.message.contains("CA's own certificate"), "{}", error.message);
        let fault = rustls::Error::General("Other(OtherError)".into());
        assert!(!explain(&fault, "a.example", false, UnixTime(0)).message.contains("OtherError"));
        assert_eq!(presented_name("DnsName(\"a.example\")"), "a.example");
    }
}
