//! The token request and what a good answer holds.

use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;
use zeroize::Zeroize;

use crate::error::Result;
use crate::json::members;
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::{Request, World};
use crate::secret::{AccessToken, IdToken, RefreshToken, WireSecret};
use crate::time::{Seconds, UnixTime};

/// The most bytes of an answer about a token (R53).
pub const LIMIT: usize = 4 << 20;

/// What a token endpoint answered (RFC 6749 section 5.1), made uniform.
#[derive(Debug)]
pub struct TokenSet {
    /// The token, of bytes 0x21 to 0x7E only.
    pub access_token: AccessToken,
    /// How to present it; `Bearer` in every case but a profile's own `token_type`.
    pub token_type: String,
    /// How long it lives, where the server said so in a form that makes sense.
    pub lifetime: Lifetime,
    /// The scope that was granted, separated by spaces; None where the answer does not say, which means as asked.
    pub scope: Option<String>,
    /// The refresh token; None where it is absent, null or empty.
    pub refresh_token: Option<RefreshToken>,
    /// How long the refresh token lives (`refresh_token_expires_in`, `refresh_expires_in`).
    pub refresh_token_lifetime: Option<Seconds>,
    /// The ID token, unchecked.
    pub id_token: Option<IdToken>,
    /// The server's clock when it answered, where it told.
    pub server_time: Option<UnixTime>,
    /// Members that are not the protocol's and hold no secret, such as Salesforce's `instance_url`.
    pub extra: Map<String, Value>,
}

/// What an answer says of the token's lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Seconds from now; 0 means it must not be kept.
    Known(Seconds),
    /// Nothing was said.
    Missing,
    /// What was said makes no sense.
    Garbled,
}

/// How the parameters of a token request travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// `application/x-www-form-urlencoded`, as RFC 6749 appendix B says.
    #[default]
    Form,
    /// A JSON object, as VeriCerts Zero, Atlassian and Anthropic want it.
    Json,
}

impl Body {
    /// The body of this name in a profile.
    pub fn named(name: &str) -> Option<Body> {
        match name {
            "form" => Some(Body::Form),
            "json" => Some(Body::Json),
            _ => None,
        }
    }
}

/// Builds one token request: `parameters` in order, then what proves the client, which is good for this request alone. An array
/// is sent as a repeated parameter of a form (RFC 8707 section 2), and as an array in JSON. Fails where nothing can be signed.
pub fn request(world: &mut dyn World, endpoint: &Endpoint, body: Body, client: &Client, parameters: &[(String, Value)]) -> Result<Request> {
    let mut parameters = parameters.to_vec();
    let mut headers = vec![("accept", WireSecret::new("application/json"))];
    let mut proof = Vec::new();
    client.authenticate(world, &mut headers, &mut proof)?;
    let mut ours = client.traces();
    // An echo of the signature alone would do for whoever knows the rest.
    let assertion = proof.iter().find(|(name, _)| name == "client_assertion").and_then(|(_, value)| value.as_str());
    ours.extend(assertion.into_iter().flat_map(|jwt| [Some(jwt), jwt.rsplit('.').next()]).flatten().map(WireSecret::new));
    // RFC 6749 section 3.2: no parameter twice; what proves the client wins over a profile's `token_params`.
    parameters.retain(|(name, _)| !proof.iter().any(|(own, _)| own == name));
    parameters.extend(proof);
    headers.push((
        "content-type",
        WireSecret::new(match body {
            Body::Form => "application/x-www-form-urlencoded",
            Body::Json => "application/json",
        }),
    ));
    let text = match body {
        Body::Form => form(&parameters),
        Body::Json => Value::Object(members(parameters.iter().cloned())).to_string(),
    };
    wipe(&mut parameters);
    let identity = client.proof.identity.clone();
    Ok(Request { url: endpoint.clone(), headers, body: Some(WireSecret::new(text)), limit: LIMIT, ours, identity })
}

/// A request about a token that the server issued (RFC 7009 section 2.1, RFC 7662 section 2.1); `hint` is the
/// `token_type_hint`.
pub fn about(world: &mut dyn World, endpoint: &Endpoint, client: &Client, token: &WireSecret, hint: Option<&str>) -> Result<Request> {
    let mut parameters = vec![("token".to_string(), Value::from(token.expose()))];
    parameters.extend(hint.map(|hint| ("token_type_hint".to_string(), Value::from(hint))));
    let request = request(world, endpoint, Body::Form, client, &parameters);
    wipe(&mut parameters);
    let mut request = request?;
    request.ours.push(token.clone());
    Ok(request)
}

fn form(parameters: &[(String, Value)]) -> String {
    let mut form = Serializer::new(String::new());
    for (name, value) in parameters {
        match value {
            Value::Array(values) => {
                for value in values {
                    form.append_pair(name, &plain(value));
                }
            }
            value => {
                form.append_pair(name, &plain(value));
            }
        }
    }
    form.finish()
}

/// Wipes the values of parameters, of which some are secrets.
pub fn wipe(parameters: &mut [(String, Value)]) {
    for (_, value) in parameters {
        if let Value::String(text) = value {
            text.zeroize();
        }
    }
}

/// A parameter's value as a form carries it.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client_auth::Method;
    use crate::oauth::world::script::Script;
    use crate::secret::ClientSecret;

    fn client(method: Method) -> Client {
        Client { id: "cli_1".into(), secret: Some(ClientSecret::new("s+1")), method, ..Client::default() }
    }

    fn made(endpoint: &Endpoint, body: Body, client: &Client, parameters: &[(String, Value)]) -> Request {
        request(&mut Script::default(), endpoint, body, client, parameters).unwrap()
    }

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://a.example/token").unwrap()
    }

    #[test]
    fn a_form_repeats_the_resource_and_encodes_the_rest() {
        let parameters =
            [("grant_type".into(), "client_credentials".into()), ("resource".into(), serde_json::json!(["https://a", "https://b"]))];
        let request = made(&endpoint(), Body::Form, &client(Method::ClientSecretPost), &parameters);
        let body = request.body.unwrap();
        assert_eq!(
            body.expose(),
            "grant_type=client_credentials&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&client_id=cli_1&client_secret=s%2B1"
        );
    }

    #[test]
    fn vc2_a_json_body_holds_exactly_what_was_asked() {
        let parameters = [("grant_type".into(), "client_credentials".into())];
        let request = made(&endpoint(), Body::Json, &client(Method::ClientSecretPost), &parameters);
        let body: Value = serde_json::from_str(request.body.as_ref().unwrap().expose()).unwrap();
        assert_eq!(body, serde_json::json!({"grant_type": "client_credentials", "client_id": "cli_1", "client_secret": "s+1"}));
        assert!(request.headers.iter().all(|(name, _)| *name != "authorization"));
    }

    #[test]
    fn debug_of_a_request_shows_no_secret() {
        let request = made(&endpoint(), Body::Form, &client(Method::ClientSecretBasic), &[]);
        let shown = format!("{request:?}");
        assert!(!shown.contains("s+1") && !shown.contains("s%2B1") && !shown.contains("Basic"), "{shown}");
    }
}
