//! How a client proves itself at the token endpoint.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jws::SigningKey;
use crate::oauth::assertion::{self, By};
use crate::oauth::world::{Identity, World};
use crate::secret::{ClientSecret, WireSecret};

/// RFC 7523 section 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client authentication method, by its name in the IANA registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// RFC 6749 section 2.3.1, first form: HTTP Basic.
    ClientSecretBasic,
    /// RFC 6749 section 2.3.1, second form: in the body.
    ClientSecretPost,
    /// OpenID Connect Core section 9: a JWT with an HMAC, of which the secret is the key.
    ClientSecretJwt,
    /// RFC 7523 section 2.2: a JWT that the client signs, or someone whom the server trusts.
    PrivateKeyJwt,
    /// RFC 8705 section 2.1: a certificate from a CA that the server trusts.
    TlsClientAuth,
    /// RFC 8705 section 2.2: a certificate that the server was told of.
    SelfSignedTlsClientAuth,
    /// A public client: only its identifier is sent.
    #[default]
    None,
}

/// A client that is ready to prove itself.
#[derive(Debug, Default)]
pub struct Client {
    /// The identifier.
    pub id: String,
    /// The secret, where the method wants one.
    pub secret: Option<ClientSecret>,
    /// How.
    pub method: Method,
    /// What the methods beyond a secret that is sent want.
    pub proof: Proof,
}

/// What a client proves itself with, where that is no secret that is sent.
#[derive(Debug, Default)]
pub struct Proof {
    /// private_key_jwt: what signs.
    pub key: Option<SigningKey>,
    /// private_key_jwt: what the server knows the key by (`kid`, `x5t`).
    pub header: Map<String, Value>,
    /// private_key_jwt: an assertion that someone else signed, which is sent as it is.
    pub assertion: Option<WireSecret>,
    /// client_secret_jwt: the algorithm; None is HS256.
    pub alg: Option<Alg>,
    /// Whom an assertion is for.
    pub audience: String,
    /// The forms of mutual TLS: what the handshake shows.
    pub identity: Option<Arc<Identity>>,
}

impl Method {
    /// All methods, in the order of the manual.
    pub const ALL: [Method; 7] = [
        Method::ClientSecretBasic,
        Method::ClientSecretPost,
        Method::ClientSecretJwt,
        Method::PrivateKeyJwt,
        Method::TlsClientAuth,
        Method::SelfSignedTlsClientAuth,
        Method::None,
    ];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Method::ClientSecretBasic => "client_secret_basic",
            Method::ClientSecretPost => "client_secret_post",
            Method::ClientSecretJwt => "client_secret_jwt",
            Method::PrivateKeyJwt => "private_key_jwt",
            Method::TlsClientAuth => "tls_client_auth",
            Method::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Method::None => "none",
        }
    }

    /// The method of this registered name.
    pub fn named(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether the client's secret is what proves it.
    pub fn by_secret(self) -> bool {
        matches!(self, Method::ClientSecretBasic | Method::ClientSecretPost | Method::ClientSecretJwt)
    }

    /// Whether a certificate in the TLS handshake is.
    pub fn by_tls(self) -> bool {
        matches!(self, Method::TlsClientAuth | Method::SelfSignedTlsClientAuth)
    }

    /// The method for a client whose profile names none, by what it has: a key goes before a secret. `offered` is the server's
    /// metadata, which decides between what is possible; a server that names no method means client_secret_basic (RFC 8414
    /// section 2), and one that names only others is asked all the same: glewlwyd and lemonldap-ng leave out methods that work.
    pub fn choose(has: Has, offered: Option<&[String]>) -> Method {
        use Method::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
        let offers = |method: &Method| offered.is_some_and(|names| names.iter().any(|name| name == method.name()));
        let possible: &[Method] = match has {
            Has { key: true, certificate: true, .. } => &[PrivateKeyJwt, TlsClientAuth, SelfSignedTlsClientAuth],
            Has { key: true, .. } => &[PrivateKeyJwt],
            Has { secret: true, .. } => &[ClientSecretBasic, ClientSecretPost, ClientSecretJwt],
            _ => &[Method::None],
        };
        possible.iter().copied().find(offers).unwrap_or(possible[0])
    }
}

/// What a client has to prove itself with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Has {
    /// A secret.
    pub secret: bool,
    /// A private key, or an assertion that is ready.
    pub key: bool,
    /// A certificate.
    pub certificate: bool,
}

impl Client {
    /// Adds what proves the client to one request: headers, and parameters of the body. Fails where nothing can be signed.
    pub fn authenticate(
        &self,
        world: &mut dyn World,
        headers: &mut Vec<(&'static str, WireSecret)>,
        parameters: &mut Vec<(String, Value)>,
    ) -> Result<()> {
        let secret = self.secret.as_ref().map(ClientSecret::expose).unwrap_or_default();
        if self.method == Method::ClientSecretBasic {
            headers.push(("authorization", WireSecret::new(format!("Basic {}", basic(&self.id, secret)))));
            return Ok(());
        }
        // Beside an assertion RFC 7521 section 4.2 leaves it to the client, and Entra and Okta want it.
        // Who hands a token in may have no name of its own (RFC 8693 section 2.1).
        if !self.id.is_empty() {
            parameters.push(("client_id".into(), self.id.as_str().into()));
        }
        match self.method {
            Method::ClientSecretPost => parameters.push(("client_secret".into(), secret.into())),
            Method::ClientSecretJwt | Method::PrivateKeyJwt => {
                let assertion = self.assertion(world, secret)?;
                parameters.push(("client_assertion_type".into(), JWT_BEARER.into()));
                parameters.push(("client_assertion".into(), assertion.expose().into()));
            }
            _ => {}
        }
        Ok(())
    }

    /// RFC 7523 section 3: the client speaks about itself. Each request has an assertion of its own, because its `jti` is good once.
    fn assertion(&self, world: &mut dyn World, secret: &str) -> Result<WireSecret> {
        let proof = &self.proof;
        if let Some(ready) = proof.assertion.as_ref().filter(|_| self.method == Method::PrivateKeyJwt) {
            return Ok(ready.clone());
        }
        let by = match (&proof.key, self.method) {
            (Some(key), Method::PrivateKeyJwt) => By::Key(key),
            (None, Method::PrivateKeyJwt) => return Err(Error::new(Kind::Internal, "there is no key to sign with")),
            _ => By::Secret(proof.alg.unwrap_or(Alg::Hs256), secret.as_bytes()),
        };
        let claims = assertion::claims(world, &self.id, &self.id, &proof.audience)?;
        assertion::sign(&claims, &by, proof.header.clone())
    }

    /// Every form in which this client's secret goes over the wire, so that a server's echo of it can be redacted.
    pub fn traces(&self) -> Vec<WireSecret> {
        let Some(secret) = &self.secret else { return Vec::new() };
        let form: String = byte_serialize(secret.expose().as_bytes()).collect();
        let percent = form.replace('+', "%20");
        let json = Value::from(secret.expose()).to_string();
        let alone = STANDARD.encode(secret.expose());
        let forms = [secret.expose(), &form, &percent, json.trim_matches('"'), &alone, &basic(&self.id, secret.expose())];
        forms.into_iter().map(WireSecret::new).collect()
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined, so that `:`, `%`, `+` and space survive.
fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwt::Jwt;
    use crate::json;
    use crate::oauth::world::script::Script;

    #[test]
    fn basic_credentials_are_form_encoded_first() {
        // The example of RFC 6749 section 2.3.1.
        assert_eq!(basic("s6BhdRkqt3", "gX1fBat3bV"), "czZCaGRSa3F0MzpnWDFmQmF0M2JW");
        assert_eq!(STANDARD.decode(basic("a:b %+", "c d")).unwrap(), b"a%3Ab+%25%2B:c+d");
    }

    #[test]
    fn the_method_follows_the_metadata_and_falls_back_to_basic() {
        let offered = |names: &[&str]| Some(names.iter().map(|name| name.to_string()).collect::<Vec<_>>());
        let secret = Has { secret: true, ..Has::default() };
        let key = Has { key: true, secret: true, ..Has::default() };
        let both = Has { certificate: true, ..key };
        for (has, names, method) in [
            (secret, None, Method::ClientSecretBasic),
            (secret, offered(&["client_secret_post"]), Method::ClientSecretPost),
            (secret, offered(&["client_secret_post", "client_secret_basic"]), Method::ClientSecretBasic),
            (secret, offered(&["private_key_jwt", "client_secret_jwt"]), Method::ClientSecretJwt),
            (secret, offered(&["private_key_jwt"]), Method::ClientSecretBasic),
            (Has::default(), offered(&["client_secret_post"]), Method::None),
            (key, None, Method::PrivateKeyJwt),
            (key, offered(&["client_secret_basic", "tls_client_auth"]), Method::PrivateKeyJwt),
            (both, None, Method::PrivateKeyJwt),
            (both, offered(&["tls_client_auth", "private_key_jwt"]), Method::PrivateKeyJwt),
            (both, offered(&["tls_client_auth", "client_secret_basic"]), Method::TlsClientAuth),
            (both, offered(&["self_signed_tls_client_auth"]), Method::SelfSignedTlsClientAuth),
        ] {
            assert_eq!(Method::choose(has, names.as_deref()), method, "{has:?} {names:?}");
        }
    }

    /// What one request carries.
    fn proven(client: &Client, world: &mut Script) -> Vec<(String, Value)> {
        let (mut headers, mut parameters) = (Vec::new(), Vec::new());
        client.authenticate(world, &mut headers, &mut parameters).unwrap();
        assert!(headers.is_empty());
        parameters
    }

    #[test]
    fn rfc_7523_section_2_2_a_key_proves_the_client_anew_in_each_request() {
        let key = SigningKey::new_es256();
        let jwk = key.jwk();
        let header = json::members([("kid".to_string(), Value::from("k"))]);
        let proof = Proof { key: Some(key), header, audience: "https://a.example".into(), ..Proof::default() };
        let client = Client { id: "c".into(), method: Method::PrivateKeyJwt, proof, ..Client::default() };
        let mut world = Script::default();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let parameters = proven(&client, &mut world);
            let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["client_id", "client_assertion_type", "client_assertion"]);
            assert_eq!(parameters[1].1, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            let jwt = Jwt::decode(parameters[2].1.as_str().unwrap()).unwrap();
            jwt.verify(&jwk).unwrap();
            assert_eq!((&jwt.claims["iss"], &jwt.claims["sub"], &jwt.header["kid"]), (&"c".into(), &"c".into(), &"k".into()));
            assert_eq!(jwt.claims["aud"], "https://a.example", "one text, not a list");
            seen.push(jwt.claims["jti"].clone());
        }
        assert_ne!(seen[0], seen[1]);
    }

    #[test]
    fn a_secret_proves_the_client_without_being_sent() {
        let client = |alg| Client {
            id: "c".into(),
            secret: Some(ClientSecret::new("CANARY-s")),
            method: Method::ClientSecretJwt,
            proof: Proof { alg, audience: "https://a.example".into(), ..Proof::default() },
        };
        for (alg, name) in [(None, "HS256"), (Some(Alg::Hs512), "HS512")] {
            let parameters = proven(&client(alg), &mut Script::default());
            assert!(!format!("{parameters:?}").contains("CANARY"));
            let jwt = Jwt::decode(parameters[2].1.as_str().unwrap()).unwrap();
            jwt.verify_hmac(b"CANARY-s").unwrap();
            assert_eq!(jwt.header["alg"], name);
        }
    }

    #[test]
    fn an_assertion_that_is_ready_is_sent_as_it_is() {
        let proof = Proof { assertion: Some(WireSecret::new("a.b.c")), ..Proof::default() };
        let client = Client { id: "c".into(), method: Method::PrivateKeyJwt, proof, ..Client::default() };
        assert_eq!(proven(&client, &mut Script::default())[2].1, "a.b.c");
    }

    #[test]
    fn mutual_tls_sends_the_identifier_alone() {
        for method in [Method::TlsClientAuth, Method::SelfSignedTlsClientAuth, Method::None] {
            let client = Client { id: "c".into(), method, ..Client::default() };
            assert_eq!(proven(&client, &mut Script::default()), [("client_id".to_string(), Value::from("c"))]);
        }
    }
}
