//! What a person sees at `/`, and what a test may count.

use serde_json::{Map, Value, json};

use crate::sandbox::clients::{CLIENT_ID, PUBLIC_CLIENT_ID};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::metadata::ENDPOINTS;
use crate::sandbox::routes;
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

/// Counted besides the requests of each endpoint: refreshes that were granted, and codes and refresh tokens used twice.
const EVENTS: [&str; 2] = ["refresh", "reuse"];

/// A page of plain text: what this is and where everything is.
pub fn page(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    let mut lines = vec![
        "oat sandbox: a small OAuth 2.0 authorization server.".to_string(),
        "For trying and testing only: anyone on this machine can get a token, and its tokens are worth nothing.".to_string(),
        String::new(),
        format!("{:31}{}", "issuer", sandbox.issuer),
        format!("{:31}{}", "metadata", sandbox.url("/.well-known/oauth-authorization-server")),
    ];
    lines.extend(ENDPOINTS.iter().map(|(name, path)| format!("{name:31}{}", sandbox.url(path))));
    lines.extend([
        format!("{:31}{}", "counts", sandbox.url("/requests")),
        format!("{:31}{CLIENT_ID} (with a secret), {PUBLIC_CLIENT_ID} (without)", "clients"),
        format!("{:31}{} token requests", "served", sandbox.counted("token")),
    ]);
    Response::text(200, lines.join("\n") + "\n")
}

/// How many requests each endpoint has seen, so that a script can tell a cached token from a new one.
pub fn requests(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    let count = |name: &'static str| (name.to_string(), json!(sandbox.counted(name)));
    let counts: Map<String, Value> = routes::names().chain(EVENTS).map(count).collect();
    Response::json(200, &Value::Object(counts))
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
