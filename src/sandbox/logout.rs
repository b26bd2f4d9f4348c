//! The end of a session (OpenID Connect RP-Initiated Logout): a page, for there is no session to end.

use crate::sandbox::http::{Request, Response};
use crate::sandbox::page;
use crate::sandbox::parameters::Parameters;
use crate::sandbox::redirect::loopback;
use crate::sandbox::state::Sandbox;
use crate::time::UnixTime;

/// Says that the person is signed out, or sends the browser on to a place on this machine.
pub fn answer(_: &Sandbox, request: &Request, _: UnixTime) -> Response {
    let Ok(parameters) = Parameters::read(request) else { return page::done("Signed out") };
    // Section 3: a browser is never sent to a place that was not agreed on.
    let Some(mut url) = parameters.one("post_logout_redirect_uri").and_then(loopback) else { return page::done("Signed out") };
    if let Some(state) = parameters.one("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Response::see_other(url)
}
