//! The server as a whole: what a client, a browser and a person see of it.

use serde_json::Value;
use url::Url;

use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{Options, Sandbox};
use crate::time::UnixTime;

mod authorize;
mod device;
mod pages;
mod revoke;
mod socket;
mod tokens;

const NOW: UnixTime = UnixTime(1_800_000_000);
const REDIRECT: &str = "redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcallback";
// RFC 7636 appendix B.
const VERIFIER: &str = "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn later(seconds: i64) -> UnixTime {
    UnixTime(NOW.0 + seconds)
}

fn asking() -> Sandbox {
    Sandbox::of_test(|_| {})
}

fn approving() -> Sandbox {
    changed(|_| {})
}

fn changed(change: impl FnOnce(&mut Options)) -> Sandbox {
    Sandbox::of_test(|options| {
        options.auto_approve = true;
        change(options);
    })
}

/// A good authorization request of the public client, with `extra`.
fn good(extra: &str) -> String {
    format!("response_type=code&client_id=sandbox-public&{REDIRECT}&{CHALLENGE}&state=s{extra}")
}

fn get(sandbox: &Sandbox, target: &str) -> Response {
    sandbox.respond(&Request::of("GET", target, &[], ""), NOW)
}

fn authorize(sandbox: &Sandbox, query: &str) -> Response {
    get(sandbox, &format!("/authorize?{query}"))
}

fn post(sandbox: &Sandbox, target: &str, form: &str, now: UnixTime) -> Response {
    sandbox.respond(&Request::form(target, form), now)
}

/// A token request of the public client.
fn token(sandbox: &Sandbox, form: &str, now: UnixTime) -> Response {
    post(sandbox, "/token", &format!("client_id=sandbox-public&{form}"), now)
}

/// The answer to a refresh by the public client.
fn refresh(sandbox: &Sandbox, answer: &Value, extra: &str, now: UnixTime) -> Response {
    let refresh_token = answer["refresh_token"].as_str().unwrap();
    token(sandbox, &format!("grant_type=refresh_token&refresh_token={refresh_token}{extra}"), now)
}

/// A parameter of the redirect's query.
fn sent(response: &Response, name: &str) -> Option<String> {
    assert_eq!(response.status, 303, "{}", body(response));
    let url = Url::parse(response.header("Location").unwrap()).unwrap();
    let mut values = url.query_pairs().filter(|(n, _)| n == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    assert!(values.next().is_none(), "{name} twice in {url}");
    value
}

fn error(response: &Response) -> (u16, String) {
    (response.status, response.value()["error"].as_str().unwrap_or_default().to_string())
}

fn body(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

/// The one-time name in a page's form.
fn transaction(page: &Response) -> String {
    assert_eq!(page.status, 200, "{}", body(page));
    let html = body(page);
    let (_, rest) = html.split_once("name=transaction value=\"").unwrap_or_else(|| panic!("no form in {html}"));
    rest.split('"').next().unwrap().to_string()
}

fn sign_in(sandbox: &Sandbox, page: &Response, name: &str) -> Response {
    post(sandbox, "/sign-in", &format!("transaction={}&username={name}", transaction(page)), NOW)
}

fn decide(sandbox: &Sandbox, page: &Response, decision: &str) -> Response {
    post(sandbox, "/consent", &format!("transaction={}&decision={decision}", transaction(page)), NOW)
}

fn count(sandbox: &Sandbox, name: &str) -> u64 {
    get(sandbox, "/requests").value()[name].as_u64().unwrap()
}
