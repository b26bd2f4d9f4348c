//! What proves the client, read from where it is kept.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::certificate::Certificate;
use crate::jose::jwa::Alg;
use crate::jose::jws::SigningKey;
use crate::jose::jwt::Jwt;
use crate::jose::private_key::{self, PrivateKey};
use crate::oauth::client_auth::{Client, Has, Method, Proof};
use crate::oauth::token::TokenSet;
use crate::oauth::world::{Identity, World};
use crate::plan::Plan;
use crate::plan::grant::Grant;
use crate::secret::{CLIENT_CERTIFICATE, CLIENT_KEY, CLIENT_SECRET, ClientSecret, SecretReference, Wanted, WireSecret};
use crate::session::server::Found;
use crate::store::Store;
use crate::text::escape;
use crate::time::UnixTime;

/// What a client may have, in the order of [`Secrets`].
const WANTED: [Wanted; 3] = [CLIENT_SECRET, CLIENT_KEY, CLIENT_CERTIFICATE];

/// The texts of a client's secret, key and certificate, where they were read already.
pub type Secrets = [Option<ClientSecret>; 3];

/// What proves the client.
#[derive(Debug, Default)]
pub struct Credentials {
    /// The secret.
    pub secret: Option<ClientSecret>,
    /// An assertion that someone else signed, ready to be sent (RFC 7523 section 2.2).
    pub assertion: Option<WireSecret>,
    key: Option<Arc<PrivateKey>>,
    certificate: Option<Arc<Certificate>>,
}

/// Where each comes from, of those that the plan's way of proving the client works with.
fn sources(plan: &Plan) -> [Option<&SecretReference>; 3] {
    let by_key = match plan.client_auth {
        Some(Method::None) => return [None; 3],
        Some(method) => !method.by_secret(),
        None => plan.client_key.is_some(),
    };
    // LINE's ID tokens are checked with it.
    let checks = plan.settings.text("id_token_signed_response_alg").is_some_and(|alg| alg.starts_with("HS"));
    [
        plan.client_secret.as_ref().filter(|_| !by_key || checks),
        plan.client_key.as_ref().filter(|_| by_key),
        plan.client_certificate.as_ref().filter(|_| by_key),
    ]
}

/// Reads those whose source is `such`, and leaves the others.
pub fn read_such(plan: &Plan, world: &mut dyn World, such: fn(&SecretReference) -> bool, secrets: &mut Secrets) -> Result<()> {
    for ((slot, source), wanted) in secrets.iter_mut().zip(sources(plan)).zip(WANTED) {
        if let (None, Some(reference)) = (&slot, source.filter(|reference| such(reference))) {
            *slot = Some(world.reveal(reference, wanted)?);
        }
    }
    Ok(())
}

/// The client's secret alone; None where none is sent.
pub fn secret(plan: &Plan, store: &Store, world: &mut dyn World) -> Result<Option<ClientSecret>> {
    match &plan.client_secret {
        _ if plan.client_auth == Some(Method::None) => Ok(None),
        None => Ok(None),
        Some(SecretReference::Keyring) => sealed(plan, store, CLIENT_SECRET).map(Some),
        Some(reference) => world.reveal(reference, CLIENT_SECRET).map(Some),
    }
}

fn sealed(plan: &Plan, store: &Store, wanted: Wanted) -> Result<ClientSecret> {
    store.open_secret(&plan.profile)?.ok_or_else(|| {
        Error::new(Kind::Config, format!("no {} is sealed for profile `{}`", wanted.called, plan.profile))
            .hint(format!("oat profile set-secret {}", plan.profile))
    })
}

impl Credentials {
    /// What stands for them where nothing is read: the same methods are chosen, and `redacted` is sent.
    pub fn foreseen(plan: &Plan, redacted: &str) -> Credentials {
        let [secret, key, _] = sources(plan);
        let secret = secret.map(|_| ClientSecret::new(redacted));
        Credentials { secret, assertion: key.map(|_| WireSecret::new(redacted)), ..Credentials::default() }
    }

    /// Reads what `typed` has not. Fails with `Config` for what is no key or no certificate, and with `Invalid` where the two do
    /// not belong together, or the certificate does not hold now.
    pub fn read(plan: &Plan, store: &Store, world: &mut dyn World, typed: &Secrets) -> Result<Credentials> {
        let mut texts = typed.clone();
        for ((slot, source), wanted) in texts.iter_mut().zip(sources(plan)).zip(WANTED) {
            match (&slot, source) {
                (None, Some(SecretReference::Keyring)) => *slot = Some(sealed(plan, store, wanted)?),
                (None, Some(reference)) => *slot = Some(world.reveal(reference, wanted)?),
                _ => {}
            }
        }
        let [secret, key, certificate] = texts;
        let kid = plan.settings.text("client_key_id");
        let key = key.map(|text| private_key::read(text.expose(), kid.as_deref()).map_err(|error| about_key(error, plan))).transpose()?;
        let from = whence(CLIENT_CERTIFICATE, &plan.client_certificate);
        let told = |error: Error| error.saying(|said| format!("{from} is {said}"));
        let certificate = certificate.map(|text| Certificate::read(text.expose()).map_err(told)).transpose()?;
        if let Some(certificate) = &certificate {
            holds(certificate, key.as_ref(), plan, world.now())?;
        }
        Ok(Credentials { secret, assertion: None, key: key.map(Arc::new), certificate: certificate.map(Arc::new) })
    }

    /// The client, ready to prove itself to a server as it was found.
    pub fn client(&self, plan: &Plan, found: &Found) -> Result<Client> {
        let has = Has {
            secret: self.secret.is_some(),
            key: self.key.is_some() || self.assertion.is_some(),
            certificate: plan.client_certificate.is_some() && plan.client_key.is_some(),
        };
        // A person's grant goes without a secret too: a native app has none (RFC 8252 section 8.4), whatever a preset says.
        // Who hands a token in may need none either.
        let chosen = plan.client_auth.filter(|method| !method.by_secret() || has.secret || plan.grant == Grant::ClientCredentials);
        let method = chosen.unwrap_or_else(|| Method::choose(has, found.auth_methods.as_deref()));
        let mut proof = Proof { audience: audience(plan, found), assertion: self.assertion.clone(), ..Proof::default() };
        let named = plan.settings.text("token_endpoint_auth_signing_alg").and_then(|name| Alg::parse(&name));
        match (method, &self.key) {
            (Method::ClientSecretJwt, _) => proof.alg = Some(hmac_alg(plan, named, found)?),
            (Method::PrivateKeyJwt, Some(key)) => {
                let alg = key.alg(named, found.auth_signing_algs.as_deref()).map_err(|error| about_key(error, plan))?;
                let key = SigningKey::new(Arc::clone(key), alg);
                proof.header = self.header(plan, &key);
                proof.key = Some(key);
            }
            (method, Some(key)) if method.by_tls() => proof.identity = self.identity(plan, key)?,
            _ => {}
        }
        let secret = self.secret.clone().filter(|_| method.by_secret());
        Ok(Client { id: plan.client_id.clone(), secret, method, proof })
    }

    /// What the server may know the key by (RFC 7515 section 4.1).
    fn header(&self, plan: &Plan, key: &SigningKey) -> Map<String, Value> {
        let mut header = Map::new();
        if let Some(kid) = plan.settings.text("client_key_id").filter(|kid| !kid.is_empty()).or(key.kid().map(str::to_string)) {
            header.insert("kid".into(), kid.into());
        }
        if let Some(certificate) = &self.certificate {
            // Entra knows a client's key by its certificate alone.
            header.insert("x5t".into(), certificate.x5t().into());
            header.insert("x5t#S256".into(), certificate.x5t_s256().into());
        }
        header
    }

    fn identity(&self, plan: &Plan, key: &PrivateKey) -> Result<Option<Arc<Identity>>> {
        let Some(certificate) = &self.certificate else { return Ok(None) };
        let (form, der) = key.der.as_ref().ok_or_else(|| {
            about_key(
                Error::new(Kind::Config, "a JWK, and mutual TLS takes PEM").hint("openssl genpkey writes PEM; so do most exports"),
                plan,
            )
        })?;
        Ok(Some(Arc::new(Identity { certificate: Arc::clone(certificate), key: der.clone(), form })))
    }

    /// RFC 8705 section 3.1: a token that is bound to a certificate is of use with that one only. Fails with `Invalid`.
    pub fn bound(&self, answer: &TokenSet) -> Result<()> {
        let Some(certificate) = &self.certificate else { return Ok(()) };
        let Ok(jwt) = Jwt::decode(answer.access_token.expose()) else { return Ok(()) };
        match jwt.claims.get("cnf").and_then(|cnf| cnf.get("x5t#S256")).and_then(Value::as_str) {
            Some(other) if other != certificate.x5t_s256() => {
                let told = format!("the server bound the token to another certificate (x5t#S256 `{}`) than this client's", escape(other));
                Err(Error::new(Kind::Invalid, told)
                    .hint("does something between here and the server show a certificate of its own? see `client_certificate`"))
            }
            _ => Ok(()),
        }
    }
}

/// Whom an assertion is for (R94): the issuer, where one is known, else the token endpoint; a profile may say another.
pub fn audience(plan: &Plan, found: &Found) -> String {
    match (plan.settings.text("assertion_audience").as_deref(), &plan.issuer) {
        (None | Some("issuer"), Some(issuer)) => issuer.as_str().into(),
        (None | Some("issuer" | "token_endpoint"), _) => found.token_endpoint.as_str().into(),
        (Some(other), _) => other.into(),
    }
}

fn hmac_alg(plan: &Plan, named: Option<Alg>, found: &Found) -> Result<Alg> {
    let offered = |alg: &Alg| found.auth_signing_algs.as_ref().is_some_and(|names| names.iter().any(|name| name == alg.name()));
    let alg = named.unwrap_or_else(|| Alg::SYMMETRIC.into_iter().find(offered).unwrap_or(Alg::Hs256));
    match alg.symmetric() {
        true => Ok(alg),
        false => Err(plan
            .settings
            .wrong("token_endpoint_auth_signing_alg", format!("client_secret_jwt signs with a secret, and {} with a key", alg.name()))
            .hint("set it to HS256, HS384 or HS512, or leave it out")),
    }
}

/// Whether a certificate can be shown now, and with this key (R100).
fn holds(certificate: &Certificate, key: Option<&PrivateKey>, plan: &Plan, now: UnixTime) -> Result<()> {
    let from = whence(CLIENT_CERTIFICATE, &plan.client_certificate);
    let invalid = |message: String| Error::new(Kind::Invalid, message);
    if key.is_some_and(|key| key.public != certificate.key) {
        return Err(invalid(format!("{from} is not for {}", whence(CLIENT_KEY, &plan.client_key)))
            .hint("these two must say the same: openssl x509 -in CERT.pem -noout -pubkey; openssl pkey -in KEY.pem -pubout"));
    }
    let renew = format!("this machine's clock says {now}; if that is right, have a new certificate made for the same key");
    match () {
        () if now > certificate.not_after => Err(invalid(format!("{from} expired on {}", certificate.not_after)).hint(renew)),
        () if now < certificate.not_before => Err(invalid(format!("{from} is not valid before {}", certificate.not_before)).hint(renew)),
        () => Ok(()),
    }
}

/// `the client key from the file …`
fn whence(wanted: Wanted, reference: &Option<SecretReference>) -> String {
    let place = reference.as_ref().map(|reference| format!(" from {}", reference.describe()));
    format!("the {}{}", wanted.called, place.unwrap_or_default())
}

fn about_key(error: Error, plan: &Plan) -> Error {
    error.saying(|said| format!("{} is {said}", whence(CLIENT_KEY, &plan.client_key)))
}
