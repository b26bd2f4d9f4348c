//! Certificates made on the spot: a company's own authority, and leaves with one chosen fault.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose,
    NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Expired,
    NotYetValid,
    WrongHost,
    UnknownIssuer,
    /// The issuer bears the name of the trusted one, but has another key.
    RenewedIssuer,
    MissingIntermediate,
    NameConstraint,
    WrongUsage,
    ClientCertificateWanted,
    OldProtocol,
}

/// An authority that can sign one server after another, so that a repair keeps the `ca_file`.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        Authority::named("Test Root")
    }

    fn named(name: &str) -> Authority {
        let params = authority_params(name);
        Authority { root: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.root.pem()
    }

    /// A server for `localhost`, 127.0.0.1 and `host`, with one fault.
    pub fn server(&self, host: &str, fault: Fault) -> Arc<rustls::ServerConfig> {
        self.server_of(&[host], fault)
    }

    /// The same for several hosts.
    pub fn server_of(&self, hosts: &[&str], fault: Fault) -> Arc<rustls::ServerConfig> {
        let (stranger, renewed) = (Authority::named("Somebody Else"), Authority::new());
        let root = match fault {
            Fault::UnknownIssuer => &stranger.root,
            Fault::RenewedIssuer => &renewed.root,
            _ => &self.root,
        };
        let mut middle = authority_params("Test Intermediate");
        if fault == Fault::NameConstraint {
            middle.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("inside.example".into())],
                excluded_subtrees: vec![],
            });
        }
        let middle = CertifiedIssuer::signed_by(middle, KeyPair::generate().unwrap(), root).unwrap();

        let names = match fault {
            Fault::WrongHost => vec!["other.example".to_string()],
            _ => ["localhost"].iter().chain(hosts).map(|host| host.to_string()).collect(),
        };
        let mut leaf = CertificateParams::new(names).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "leaf");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![match fault {
            Fault::WrongUsage => ExtendedKeyUsagePurpose::ClientAuth,
            _ => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        (leaf.not_before, leaf.not_after) = match fault {
            Fault::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
            Fault::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
            _ => (date_time_ymd(2020, 1, 1), date_time_ymd(2089, 1, 1)),
        };
        let key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&key, &middle).unwrap();
        let mut chain = vec![leaf.der().clone()];
        if fault != Fault::MissingIntermediate {
            chain.push(middle.der().clone());
        }
        self.config(chain, &key, fault)
    }

    /// A client's certificate, and its key, in PEM. Until the year given.
    pub fn client(&self, name: &str, until: i32) -> (String, String) {
        let mut leaf = CertificateParams::new(Vec::new()).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, name);
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().unwrap();
        (leaf.signed_by(&key, &self.root).unwrap().pem(), key.serialize_pem())
    }

    fn config(&self, chain: Vec<CertificateDer<'static>>, key: &KeyPair, fault: Fault) -> Arc<rustls::ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions: &[&rustls::SupportedProtocolVersion] =
            if fault == Fault::OldProtocol { &[&rustls::version::TLS12] } else { rustls::ALL_VERSIONS };
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = if fault == Fault::ClientCertificateWanted {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.root.der().clone()).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2089, 1, 1));
    params
}
