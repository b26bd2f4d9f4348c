//! What a person sees at `/`.

use crate::sandbox::clients::{CLIENT_ID, PUBLIC_CLIENT_ID};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::metadata::ENDPOINTS;
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

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
}
