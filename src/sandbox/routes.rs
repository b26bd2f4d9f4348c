//! The table of endpoints, whose requests are counted.

use serde_json::{Value, json};

use crate::json::members;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::Sandbox;
use crate::sandbox::{about, authorization, device, exchange, introspection, logout, metadata, revocation, sign_in, token, userinfo};
use crate::time::UnixTime;

/// One endpoint and method.
struct Route {
    /// What its requests are counted as; empty where they are not.
    name: &'static str,
    path: &'static str,
    /// `GET` stands for `HEAD` too.
    method: &'static str,
    answer: Answer,
}

type Answer = fn(&Sandbox, &Request, UnixTime) -> Response;

const fn route(name: &'static str, method: &'static str, path: &'static str, answer: Answer) -> Route {
    Route { name, path, method, answer }
}

const ROUTES: &[Route] = &[
    route("", "GET", "/", about::page),
    route("metadata", "GET", "/.well-known/openid-configuration", metadata::document),
    route("metadata", "GET", "/.well-known/oauth-authorization-server", metadata::document),
    route("jwks", "GET", "/jwks", metadata::jwks),
    route("authorize", "GET", "/authorize", authorization::answer),
    // OpenID Connect Core section 3.1.2.1: both methods.
    route("authorize", "POST", "/authorize", authorization::answer),
    route("sign_in", "POST", "/sign-in", sign_in::name),
    route("consent", "POST", "/consent", sign_in::consent),
    route("token", "POST", "/token", token::answer),
    route("device_authorization", "POST", "/device_authorization", device::authorization),
    route("device", "GET", metadata::DEVICE, device::form),
    route("device", "POST", metadata::DEVICE, device::entered),
    route("revoke", "POST", "/revoke", revocation::answer),
    route("introspect", "POST", "/introspect", introspection::answer),
    route("userinfo", "GET", "/userinfo", userinfo::answer),
    route("userinfo", "POST", "/userinfo", userinfo::answer),
    route("identity", "GET", exchange::CI, exchange::ci),
    route("logout", "GET", "/logout", logout::answer),
    route("logout", "POST", "/logout", logout::answer),
    route("", "GET", "/requests", requests),
];

/// Counted besides the requests of each endpoint: refreshes that were granted, and codes and refresh tokens used twice.
const EVENTS: [&str; 2] = ["refresh", "reuse"];

impl Sandbox {
    /// The answer to `request` at the time `now`. No I/O, and no panic whatever comes in.
    pub fn respond(&self, request: &Request, now: UnixTime) -> Response {
        let mut allowed = Vec::new();
        for route in ROUTES.iter().filter(|route| route.path == request.path()) {
            if route.method == request.method || (route.method == "GET" && request.method == "HEAD") {
                self.count(route.name);
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

/// How many requests each endpoint has seen, so that a script can tell a cached token from a new one.
fn requests(sandbox: &Sandbox, _: &Request, _: UnixTime) -> Response {
    let count = |name: &'static str| (name.to_string(), json!(sandbox.counted(name)));
    // Some names come twice.
    let names = ROUTES.iter().map(|route| route.name).filter(|name| !name.is_empty());
    let counts = members(names.chain(EVENTS).map(count));
    Response::json(200, &Value::Object(counts))
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
            let readable = ROUTES.iter().any(|other| other.path == route.path && other.method == "GET");
            assert_eq!(with("HEAD").status == 405, !readable, "{}", route.path);
            let refused = with("DELETE");
            assert_eq!(refused.status, 405);
            assert!(refused.header("Allow").unwrap().contains(route.method));
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
