//! The browser's way back to the client: an authorization response to a loopback redirect URI.

use url::{Host, Url};

use crate::sandbox::desk::{Code, Redirect};
use crate::sandbox::grant::Grant;
use crate::sandbox::http::Response;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::state::Sandbox;
use crate::sandbox::wanted::Wanted;
use crate::sandbox::{page, random};
use crate::time::{Seconds, UnixTime};

/// RFC 6749 section 4.1.2: ten minutes at most, and used once.
const CODE_LIFETIME: Seconds = Seconds(60);
/// How long a code is remembered, so that its reuse is seen.
const CODE_MEMORY: Seconds = Seconds(600);

/// Sends the browser back with a code.
pub fn allowed(sandbox: &Sandbox, redirect: Redirect, wanted: Wanted, sub: &str, now: UnixTime) -> Result<Response, Refusal> {
    let code = random::name()?;
    let response = sent(sandbox, &redirect, &[("code", &code)]);
    let (redirect_uri, challenge) = (redirect.redirect_uri, redirect.challenge);
    let grant = Grant::new(wanted, sub, now)?;
    let kept = Code { grant, redirect_uri, challenge, expires_at: now + CODE_LIFETIME, used: false };
    sandbox.desk().codes.put(code, now + CODE_MEMORY, now, kept);
    Ok(response)
}

/// Sends the browser back with an error.
pub fn refused(sandbox: &Sandbox, redirect: &Redirect, refusal: &Refusal) -> Response {
    sent(sandbox, redirect, &[("error", refusal.error()), ("error_description", &refusal.description)])
}

/// RFC 6749 section 4.1.2, RFC 9207 section 2: the query that is there stays, and the issuer is named.
fn sent(sandbox: &Sandbox, redirect: &Redirect, pairs: &[(&str, &str)]) -> Response {
    let Some(mut url) = loopback(&redirect.redirect_uri) else { return page::trouble("there is no way back") };
    url.query_pairs_mut()
        .extend_pairs(pairs)
        .extend_pairs(redirect.state.iter().map(|state| ("state", state)))
        .append_pair("iss", &sandbox.issuer);
    Response::see_other(url)
}

/// RFC 8252 section 7.3: this machine, any port. The characters are those of RFC 3986, because a browser drops some of
/// the others and would go somewhere else.
pub fn loopback(uri: &str) -> Option<Url> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&b);
    let url = Url::parse(uri).ok().filter(|_| uri.bytes().all(legal))?;
    let here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address == std::net::Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => address == std::net::Ipv6Addr::LOCALHOST,
    };
    (here && url.scheme() == "http" && url.username().is_empty() && url.password().is_none()).then_some(url)
}
