//! What the server says about itself: RFC 8414 and OpenID Connect Discovery metadata, and its keys.

use serde_json::json;

use crate::sandbox::authorization::PROMPTS;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::Sandbox;
use crate::sandbox::token::GRANT_TYPES;
use crate::sandbox::{clients, pkce, user};
use crate::time::UnixTime;

/// The endpoints, as the metadata names them, and their paths.
pub const ENDPOINTS: [(&str, &str); 8] = [
    ("authorization_endpoint", "/authorize"),
    ("token_endpoint", "/token"),
    ("device_authorization_endpoint", "/device_authorization"),
    ("revocation_endpoint", "/revoke"),
    ("introspection_endpoint", "/introspect"),
    ("userinfo_endpoint", "/userinfo"),
    ("end_session_endpoint", "/logout"),
    ("jwks_uri", "/jwks"),
];

/// Where a person types the code of a device.
pub const DEVICE: &str = "/device";

/// The metadata document: one for RFC 8414 section 2 and OpenID Connect Discovery section 3.
pub fn document(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    let mut document = json!({
        "issuer": sandbox.issuer,
        "token_endpoint_auth_methods_supported": clients::METHODS,
        "revocation_endpoint_auth_methods_supported": clients::METHODS,
        // RFC 7662 section 2.1: a caller without a secret learns nothing.
        "introspection_endpoint_auth_methods_supported": clients::METHODS[..2],
        "grant_types_supported": GRANT_TYPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": pkce::METHODS,
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": PROMPTS,
        // Any other is granted too.
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": user::CLAIMS,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [sandbox.access_tokens.jwk().alg],
        "request_uri_parameter_supported": false,
        "service_documentation": sandbox.url("/"),
    });
    for (name, path) in ENDPOINTS {
        document[name] = json!(sandbox.url(path));
    }
    Response::json(200, &document)
}

/// The JWK set (RFC 7517 section 5) with the one public key.
pub fn jwks(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    Response::json(200, &json!({ "keys": [sandbox.access_tokens.jwk().to_json()] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_well_known_places_say_the_same_and_the_truth() {
        let sandbox = Sandbox::of_test(|_| {});
        let at = |path: &str| sandbox.respond(&Request::of("GET", path, &[], ""), UnixTime(0)).value();
        let document = at("/.well-known/oauth-authorization-server");
        assert_eq!(document, at("/.well-known/openid-configuration"));
        assert_eq!(document["issuer"], "http://127.0.0.1:8417");
        assert_eq!(
            document["grant_types_supported"],
            json!([
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ])
        );
        assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post", "none"]));
        assert_eq!(document["introspection_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post"]));
        for (endpoint, _) in document.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri") {
            let path = document[endpoint].as_str().unwrap().strip_prefix("http://127.0.0.1:8417").unwrap();
            assert_ne!(sandbox.respond(&Request::of("GET", path, &[], ""), UnixTime(0)).status, 404, "{endpoint}");
        }
    }

    #[test]
    fn the_jwk_set_has_one_public_key_and_nothing_private() {
        let keys = Sandbox::of_test(|_| {}).respond(&Request::of("GET", "/jwks", &[], ""), UnixTime(0)).value();
        let mut members: Vec<&str> = keys["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        assert_eq!((&keys["keys"][0]["alg"], &keys["keys"][0]["use"]), (&json!("ES256"), &json!("sig")));
    }
}
