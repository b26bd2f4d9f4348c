//! What a person sees at `/`, and what a test may count.

use serde_json::json;

use crate::sandbox::clients::{CLIENT_ID, PUBLIC_CLIENT_ID};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::metadata::{INTROSPECTION, JWKS, TOKEN};
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

/// A page of plain text: what this is and where everything is.
pub fn page(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    let lines = [
        "oat sandbox: a small OAuth 2.0 authorization server.".to_string(),
        "For trying and testing only: anyone on this machine can get a token, and its tokens are worth nothing.".to_string(),
        String::new(),
        format!("issuer         {}", sandbox.issuer),
        format!("metadata       {}", sandbox.url("/.well-known/oauth-authorization-server")),
        format!("token          {} (client_credentials)", sandbox.url(TOKEN)),
        format!("introspection  {}", sandbox.url(INTROSPECTION)),
        format!("jwks           {}", sandbox.url(JWKS)),
        format!("counts         {}", sandbox.url("/requests")),
        format!("clients        {CLIENT_ID} (with a secret), {PUBLIC_CLIENT_ID} (without)"),
        format!("served         {} token requests", sandbox.token_requests()),
    ];
    Response::text(200, lines.join("\n") + "\n")
}

/// How many requests each endpoint has seen, so that a script can tell a cached token from a new one.
pub fn requests(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    Response::json(200, &json!({ "token": sandbox.token_requests() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_this_is_and_shows_no_secret() {
        let sandbox = Sandbox::of_test(|options| options.client_secret = crate::secret::ClientSecret::new("CANARY"));
        let response = sandbox.respond(&Request::of("GET", "/", &[], ""), UnixTime(0));
        let text = String::from_utf8(response.body).unwrap();
        assert!(text.contains("testing only") && text.contains("http://127.0.0.1:8417/token"));
        assert!(!text.contains("CANARY"));
    }

    #[test]
    fn token_requests_are_counted_refused_ones_too() {
        let sandbox = Sandbox::of_test(|_| {});
        let count = || sandbox.respond(&Request::of("GET", "/requests", &[], ""), UnixTime(0)).value()["token"].clone();
        assert_eq!(count(), 0);
        let granted = Request::form("/token", "grant_type=client_credentials").basic("sandbox:sandbox-secret");
        assert_eq!(sandbox.respond(&granted, UnixTime(0)).status, 200);
        sandbox.respond(&Request::form("/token", ""), UnixTime(0));
        sandbox.respond(&Request::of("GET", "/token", &[], ""), UnixTime(0));
        assert_eq!(count(), 2);
    }
}
