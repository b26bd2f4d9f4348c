//! Token revocation (RFC 7009).

use crate::error::Result;
use crate::oauth::answer::{self, Expectation};
use crate::oauth::client_auth::Client;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::token;
use crate::oauth::world::World;
use crate::secret::WireSecret;

/// Has the server forget a token; `hint` is `refresh_token` or `access_token`. A token that it does not know counts as
/// forgotten (section 2.2).
pub fn revoke(world: &mut dyn World, endpoint: &Endpoint, client: &Client, token: &WireSecret, hint: &str) -> Result<()> {
    let request = token::about(world, endpoint, client, token, Some(hint))?;
    let response = world.send(&request)?;
    if (200..300).contains(&response.status) {
        return Ok(());
    }
    let expect = Expectation { ours: &request.ours, key: "revocation_endpoint", ..Expectation::default() };
    answer::object(&response, &expect).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::oauth::world::script::{Script, answer, json};

    fn revoked(response: crate::oauth::world::Response) -> (Result<()>, Script) {
        let mut world = Script::of([response]);
        let client = Client { id: "c".into(), ..Client::default() };
        let endpoint = Endpoint::parse("https://a.example/revoke").unwrap();
        let done = revoke(&mut world, &endpoint, &client, &WireSecret::new("t+1"), "refresh_token");
        (done, world)
    }

    #[test]
    fn the_request_is_that_of_rfc_7009_section_2_1() {
        let (done, world) = revoked(answer(200, &[], ""));
        assert!(done.is_ok());
        assert_eq!(world.bodies(), ["token=t%2B1&token_type_hint=refresh_token&client_id=c"]);
    }

    #[test]
    fn a_refusal_is_told_by_the_endpoints_name() {
        let error = revoked(json(400, r#"{"error":"unsupported_token_type"}"#)).0.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Denied, "revocation endpoint refused the request: unsupported_token_type"));
        assert_eq!(revoked(answer(503, &[], "")).0.unwrap_err().kind, Kind::Unavailable);
        assert!(revoked(answer(307, &[("location", "https://b.example/")], "")).0.is_err());
    }
}
