//! How a client proves itself at the token endpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::secret::{ClientSecret, WireSecret};

/// A client authentication method, by its name in the IANA registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// RFC 6749 section 2.3.1, first form: HTTP Basic.
    ClientSecretBasic,
    /// RFC 6749 section 2.3.1, second form: in the body.
    ClientSecretPost,
    /// A public client: only its identifier is sent.
    None,
}

/// A client that is ready to prove itself.
#[derive(Debug)]
pub struct Client {
    /// The identifier.
    pub id: String,
    /// The secret, where the method wants one.
    pub secret: Option<ClientSecret>,
    /// How.
    pub method: Method,
}

impl Method {
    /// All methods, the preferred first.
    pub const ALL: [Method; 3] = [Method::ClientSecretBasic, Method::ClientSecretPost, Method::None];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Method::ClientSecretBasic => "client_secret_basic",
            Method::ClientSecretPost => "client_secret_post",
            Method::None => "none",
        }
    }

    /// The method of this registered name.
    pub fn named(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The method for a client whose profile names none. `offered` is the server's metadata; a server that names no
    /// method means client_secret_basic (RFC 8414 section 2), and one that names only others is asked all the same:
    /// glewlwyd and lemonldap-ng leave out methods that work.
    pub fn choose(has_secret: bool, offered: Option<&[String]>) -> Method {
        let offers = |method: Method| offered.is_some_and(|names| names.iter().any(|name| name == method.name()));
        match has_secret {
            false => Method::None,
            true if !offers(Method::ClientSecretBasic) && offers(Method::ClientSecretPost) => Method::ClientSecretPost,
            true => Method::ClientSecretBasic,
        }
    }
}

impl Client {
    /// Adds what proves the client: headers, and parameters of the body.
    pub fn authenticate(&self, headers: &mut Vec<(&'static str, WireSecret)>, parameters: &mut Vec<(String, Value)>) {
        let secret = self.secret.as_ref().map(ClientSecret::expose).unwrap_or_default();
        match self.method {
            Method::ClientSecretBasic => headers.push(("authorization", WireSecret::new(format!("Basic {}", basic(&self.id, secret))))),
            Method::ClientSecretPost => {
                parameters.push(("client_id".into(), self.id.as_str().into()));
                parameters.push(("client_secret".into(), secret.into()));
            }
            // Who hands a token in may have no name of its own (RFC 8693 section 2.1).
            Method::None if self.id.is_empty() => {}
            Method::None => parameters.push(("client_id".into(), self.id.as_str().into())),
        }
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

    #[test]
    fn basic_credentials_are_form_encoded_first() {
        // The example of RFC 6749 section 2.3.1.
        assert_eq!(basic("s6BhdRkqt3", "gX1fBat3bV"), "czZCaGRSa3F0MzpnWDFmQmF0M2JW");
        assert_eq!(STANDARD.decode(basic("a:b %+", "c d")).unwrap(), b"a%3Ab+%25%2B:c+d");
    }

    #[test]
    fn the_method_follows_the_metadata_and_falls_back_to_basic() {
        let post = ["client_secret_post".to_string()];
        let jwt = ["private_key_jwt".to_string()];
        assert_eq!(Method::choose(true, None), Method::ClientSecretBasic);
        assert_eq!(Method::choose(true, Some(&post)), Method::ClientSecretPost);
        assert_eq!(Method::choose(true, Some(&jwt)), Method::ClientSecretBasic);
        assert_eq!(Method::choose(false, Some(&post)), Method::None);
    }
}
