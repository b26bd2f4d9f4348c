//! The request of the RFC's own example.

use super::*;
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::token::Body;
use crate::oauth::world::script::{Script, json};

/// RFC 7523 section 4, whose token is cut there too.
const ASSERTION: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3MiOiJodHRwczovL2p3dC1pZHAuZXhhbXBsZS5jb20i.J9l-ZhwP";

fn asked(body: Body) -> String {
    let endpoint = Endpoint::parse("https://authz.example.net/token.oauth2").unwrap();
    let client = Client::default();
    let mut world = Script::of([json(200, r#"{"access_token":"t","token_type":"Bearer"}"#)]);
    let parameters = [("scope".to_string(), "read".into())];
    let ask = Ask { endpoint: &endpoint, client: &client, body, parameters: &parameters, pointer: None, token_type: None };
    jwt_bearer(&mut world, &ask, &mut |_| Ok(WireSecret::new(ASSERTION))).unwrap();
    assert!(world.sent[0].header("authorization").is_none());
    world.bodies()[0].to_string()
}

#[test]
fn the_example_of_rfc_7523_section_4() {
    // Anthropic wants the same as JSON.
    assert_eq!(
        asked(Body::Form),
        format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={ASSERTION}&scope=read")
    );
    let sent: serde_json::Value = serde_json::from_str(&asked(Body::Json)).unwrap();
    let expected =
        serde_json::json!({ "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": ASSERTION, "scope": "read" });
    assert_eq!(sent, expected);
}
