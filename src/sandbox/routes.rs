//! The table of endpoints.

use serde_json::json;

use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::Sandbox;
use crate::sandbox::{about, introspection, metadata, token};
use crate::time::UnixTime;

/// One endpoint.
struct Route {
    path: &'static str,
    /// `GET` stands for `HEAD` too.
    method: &'static str,
    answer: fn(&Sandbox, &Request, UnixTime) -> Response,
}

const ROUTES: &[Route] = &[
    Route { path: "/", method: "GET", answer: about::page },
    Route { path: "/.well-known/openid-configuration", method: "GET", answer: metadata::document },
    Route { path: "/.well-known/oauth-authorization-server", method: "GET", answer: metadata::document },
    Route { path: metadata::JWKS, method: "GET", answer: metadata::jwks },
    Route { path: metadata::TOKEN, method: "POST", answer: token::answer },
    Route { path: metadata::INTROSPECTION, method: "POST", answer: introspection::answer },
    Route { path: "/requests", method: "GET", answer: about::requests },
];

impl Sandbox {
    /// The answer to `request` at the time `now`. No I/O, and no panic whatever comes in.
    pub fn respond(&self, request: &Request, now: UnixTime) -> Response {
        let mut allowed = Vec::new();
        for route in ROUTES.iter().filter(|route| route.path == request.path()) {
            if route.method == request.method || (route.method == "GET" && request.method == "HEAD") {
                return (route.answer)(self, request, now);
            }
            allowed.push(route.method);
            allowed.extend((route.method == "GET").then_some("HEAD"));
        }
        if allowed.is_empty() {
            let description = format!("no such endpoint; {} lists them", self.url("/"));
            return Response::json(404, &json!({ "error": "not_found", "error_description": description }));
        }
        let allowed = allowed.join(", ");
        let description = format!("this endpoint takes {allowed}");
        Response::json(405, &json!({ "error": "method_not_allowed", "error_description": description })).with("Allow", allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_answers_its_method_and_refuses_others() {
        let sandbox = Sandbox::of_test(|_| {});
        for route in ROUTES {
            let with = |method: &str| sandbox.respond(&Request::of(method, route.path, &[], ""), UnixTime(0));
            assert!(![404, 405].contains(&with(route.method).status), "{}", route.path);
            assert_eq!(with("HEAD").status == 405, route.method == "POST", "{}", route.path);
            let refused = with("DELETE");
            assert_eq!(refused.status, 405);
            assert!(refused.header("Allow").unwrap().starts_with(route.method));
        }
    }

    #[test]
    fn an_unknown_path_is_a_404_in_json() {
        let sandbox = Sandbox::of_test(|_| {});
        for target in ["/nothing", "/token/", "//token", "/TOKEN", "*", "", "http://", "/%74oken"] {
            let response = sandbox.respond(&Request::of("GET", target, &[], ""), UnixTime(0));
            let expected = if target == "http://" { 200 } else { 404 };
            assert_eq!(response.status, expected, "{target}");
        }
        assert_eq!(sandbox.respond(&Request::of("GET", "/x", &[], ""), UnixTime(0)).value()["error"], "not_found");
    }
}
