//! Who may ask: the sandbox's two clients, and how they prove it (RFC 6749 section 2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sandbox::http::Request;
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::secret::ClientSecret;

/// The client that has a secret.
pub const CLIENT_ID: &str = "sandbox";
/// Its secret, unless the options name another. It is public and worth nothing.
pub const CLIENT_SECRET: &str = "sandbox-secret";
/// The client that has none.
pub const PUBLIC_CLIENT_ID: &str = "sandbox-public";

/// What is said to any other.
pub const UNKNOWN: &str = "unknown client_id; this sandbox has sandbox and sandbox-public";

/// The methods that [`Clients::authenticate`] understands, by their registered names.
pub const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The clients of one sandbox.
pub struct Clients {
    secret: ClientSecret,
}

/// A client that has proved who it is, as far as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// [`CLIENT_ID`], with its secret.
    Confidential,
    /// [`PUBLIC_CLIENT_ID`]; anyone can say so.
    Public,
}

impl Client {
    /// The client of this client_id.
    pub fn named(id: &str) -> Option<Client> {
        [Client::Confidential, Client::Public].into_iter().find(|client| client.id() == id)
    }

    /// The client_id.
    pub fn id(self) -> &'static str {
        match self {
            Client::Confidential => CLIENT_ID,
            Client::Public => PUBLIC_CLIENT_ID,
        }
    }
}

impl Clients {
    /// The two clients; `secret` is the confidential one's.
    pub fn new(secret: ClientSecret) -> Clients {
        Clients { secret }
    }

    /// Finds out who asks, by HTTP Basic, by the body, or by the client_id alone.
    pub fn authenticate(&self, request: &Request, parameters: &Parameters) -> Result<Client, Refusal> {
        // RFC 6749 section 2.3.1: the parameters MUST NOT be included in the request URI.
        if url::form_urlencoded::parse(request.query().as_bytes()).any(|(name, _)| name == "client_secret") {
            return Err(Refusal::new(
                Code::InvalidRequest,
                "client_secret belongs in the body or the Authorization header, never in the URL",
            ));
        }
        let id = parameters.one("client_id");
        let secret = parameters.one("client_secret").map(ClientSecret::new);
        if !request.has_header("Authorization") {
            let id = id.ok_or_else(|| refused("no client authentication: send Basic credentials, or client_id and client_secret"))?;
            return self.recognise(id, secret);
        }
        // RFC 6749 section 2.3: no more than one method in one request.
        if secret.is_some() {
            return Err(Refusal::new(Code::InvalidRequest, "two client authentications: Authorization header and client_secret"));
        }
        let (basic_id, basic_secret) = basic(request.header("Authorization").unwrap_or_default())?;
        if id.is_some_and(|id| id != basic_id) {
            return Err(Refusal::new(Code::InvalidRequest, "client_id is not that of the Authorization header"));
        }
        self.recognise(&basic_id, Some(basic_secret))
    }

    /// An empty secret is none (RFC 6749 section 2.3.1 lets a client leave it out).
    fn recognise(&self, id: &str, secret: Option<ClientSecret>) -> Result<Client, Refusal> {
        match (id, secret.filter(|secret| !secret.expose().is_empty())) {
            (CLIENT_ID, Some(secret)) if secret == self.secret => Ok(Client::Confidential),
            (CLIENT_ID, Some(_)) => Err(refused("wrong client_secret")),
            (CLIENT_ID, None) => Err(refused("this client needs its client_secret")),
            (PUBLIC_CLIENT_ID, None) => Ok(Client::Public),
            (PUBLIC_CLIENT_ID, Some(_)) => Err(refused("this client has no client_secret")),
            _ => Err(refused(UNKNOWN)),
        }
    }
}

/// RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined and base64-encoded.
fn basic(header: &str) -> Result<(String, ClientSecret), Refusal> {
    let (scheme, credentials) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(refused("the one Authorization header has to be Basic"));
    }
    let bytes = STANDARD.decode(credentials.trim()).map_err(|_| refused("the Basic credentials are not base64"))?;
    let pair = String::from_utf8(bytes).map_err(|_| refused("the Basic credentials are not UTF-8"))?;
    let (id, secret) = pair.split_once(':').ok_or_else(|| refused("the Basic credentials have no colon"))?;
    Ok((form_decoded(id), ClientSecret::new(form_decoded(secret))))
}

/// One form-encoded value; a client that forgot to encode `&` or `=` is still understood.
fn form_decoded(text: &str) -> String {
    let shielded = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(shielded.as_bytes()).next().map(|(value, _)| value.into_owned()).unwrap_or_default()
}

fn refused(description: impl AsRef<str>) -> Refusal {
    Refusal::new(Code::InvalidClient, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticate(secret: &str, request: Request) -> Result<Client, Code> {
        let parameters = Parameters::read(&request).ok().unwrap();
        Clients::new(ClientSecret::new(secret)).authenticate(&request, &parameters).map_err(|refusal| refusal.code)
    }

    fn form(body: &str) -> Request {
        Request::form("/token", body)
    }

    #[test]
    fn a_client_is_kept_under_its_client_id() {
        for client in [Client::Confidential, Client::Public] {
            assert_eq!(Client::named(client.id()), Some(client));
            assert!(UNKNOWN.contains(client.id()));
        }
        assert_eq!(Client::named("stranger"), None);
    }

    #[test]
    fn each_method_is_understood() {
        assert_eq!(authenticate("s", form("").basic("sandbox:s")), Ok(Client::Confidential));
        assert_eq!(authenticate("s", form("client_id=sandbox").basic("sandbox:s")), Ok(Client::Confidential));
        assert_eq!(authenticate("s", form("client_id=sandbox&client_secret=s")), Ok(Client::Confidential));
        assert_eq!(authenticate("s", form("client_id=sandbox-public")), Ok(Client::Public));
        assert_eq!(authenticate("s", form("").basic("sandbox-public:")), Ok(Client::Public));
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        for encoded in ["a%3Ab%25c%2Bd+e%C3%A9", "a:b%25c%2Bd%20e%C3%A9"] {
            assert_eq!(authenticate("a:b%c+d eé", form("").basic(&format!("sandbox:{encoded}"))), Ok(Client::Confidential));
        }
        assert_eq!(authenticate("a:b%c+d eé", form("").basic("sandbox:a:b%c+d eé")), Err(Code::InvalidClient));
        assert_eq!(authenticate("a=b&c", form("").basic("sandbox:a=b&c")), Ok(Client::Confidential));
        assert_eq!(authenticate("a=b&c", form("client_id=sandbox&client_secret=a%3Db%26c")), Ok(Client::Confidential));
    }

    #[test]
    fn who_does_not_prove_it_is_an_invalid_client() {
        for request in [
            form(""),
            form("client_id=sandbox"),
            form("client_id=sandbox&client_secret="),
            form("client_id=sandbox&client_secret=S"),
            form("client_id=stranger&client_secret=s"),
            form("client_id=sandbox-public&client_secret=s"),
            form("").basic("sandbox:x"),
            form("").basic("sandbox"),
            form("").basic("sandbox:s").basic("sandbox:s"),
        ] {
            assert_eq!(authenticate("s", request), Err(Code::InvalidClient));
        }
        for header in ["Bearer x", "Basic", "Basic !!!", "Basic /w==", ""] {
            let mut request = form("");
            request.headers.push(("Authorization".into(), header.into()));
            assert_eq!(authenticate("s", request), Err(Code::InvalidClient), "{header}");
        }
    }

    #[test]
    fn two_methods_at_once_and_secrets_in_the_url_are_invalid_requests() {
        let both = form("client_id=sandbox&client_secret=s").basic("sandbox:s");
        assert_eq!(authenticate("s", both), Err(Code::InvalidRequest));
        assert_eq!(authenticate("s", form("client_id=sandbox-public").basic("sandbox:s")), Err(Code::InvalidRequest));
        let url = Request::form("/token?client_secret=s", "client_id=sandbox&client_secret=s");
        assert_eq!(authenticate("s", url), Err(Code::InvalidRequest));
    }
}
