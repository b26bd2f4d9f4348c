//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2).

use url::{Host, Url};

use crate::sandbox::clients::{Client, UNKNOWN};
use crate::sandbox::desk::{Code as AuthorizationCode, Purpose, Question, Redirect};
use crate::sandbox::grant::Grant;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::sandbox::user::{self, ALICE};
use crate::sandbox::wanted::Wanted;
use crate::sandbox::{page, pkce, random, sign_in};
use crate::time::{Seconds, UnixTime};

/// The values of `prompt` that are understood. There is never a session here, so each but `none` gets the same pages.
pub const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// RFC 6749 section 4.1.2: ten minutes at most, and used once.
const CODE_LIFETIME: Seconds = Seconds(60);
/// How long a code is remembered, so that its reuse is seen.
const CODE_MEMORY: Seconds = Seconds(600);

/// Shows the sign-in page, or sends the browser back with a reason.
pub fn answer(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    let read = Parameters::unchecked(request).and_then(|parameters| Ok((whence(&parameters)?, parameters)));
    let (client, redirect, parameters) = match read {
        Ok(((client, redirect), parameters)) => (client, redirect, parameters),
        // RFC 6749 section 4.1.2.1: a person is told, and the browser is sent nowhere.
        Err(refusal) => return page::trouble(&refusal.description),
    };
    let state = redirect.state.clone();
    let redirect_uri = redirect.redirect_uri.clone();
    ask(sandbox, client, redirect, &parameters, now)
        .unwrap_or_else(|refusal| refused(sandbox, &Redirect { redirect_uri, state, challenge: None }, &refusal))
}

/// Who asks and where the answer goes: what has to hold before anything is sent there.
fn whence(parameters: &Parameters) -> Result<(Client, Redirect), Refusal> {
    let invalid = |why: &str| Refusal::new(Code::InvalidRequest, why);
    if parameters.repeated("client_id") || parameters.repeated("redirect_uri") {
        return Err(invalid("client_id or redirect_uri was sent twice"));
    }
    let client = Client::named(parameters.required("client_id")?).ok_or_else(|| invalid(UNKNOWN))?;
    let redirect_uri = parameters.required("redirect_uri")?;
    if loopback(redirect_uri).is_none() {
        return Err(invalid("redirect_uri has to be http on 127.0.0.1, [::1] or localhost, with any port and path and no fragment"));
    }
    let state = parameters.one("state").map(String::from);
    Ok((client, Redirect { redirect_uri: redirect_uri.into(), state, challenge: None }))
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

/// The request proper. What fails from here on goes back to the client.
fn ask(sandbox: &Sandbox, client: Client, redirect: Redirect, parameters: &Parameters, now: UnixTime) -> Result<Response, Refusal> {
    parameters.check()?;
    for (name, code) in [("request", Code::RequestNotSupported), ("request_uri", Code::RequestUriNotSupported)] {
        if parameters.one(name).is_some() {
            return Err(Refusal::new(code, format!("parameter not supported: {name}")));
        }
    }
    if parameters.required("response_type")? != "code" {
        return Err(Refusal::new(Code::UnsupportedResponseType, "response_type has to be code"));
    }
    if parameters.one("response_mode").is_some_and(|mode| mode != "query") {
        return Err(Refusal::new(Code::InvalidRequest, "response_mode has to be query"));
    }
    let challenge = pkce::challenge(parameters)?;
    if challenge.is_none() {
        return Err(Refusal::new(Code::InvalidRequest, "code_challenge is missing: this server asks for PKCE with S256"));
    }
    if parameters.one("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
        return Err(Refusal::new(Code::InvalidRequest, "max_age is not a number of seconds"));
    }
    let wanted = Wanted::read(client, parameters)?;
    prompted(parameters)?;
    let redirect = Redirect { challenge, ..redirect };
    if sandbox.auto_approve {
        return allowed(sandbox, redirect, wanted, ALICE, now);
    }
    // A hint may be anything; one that is no name here is no help.
    let hint = parameters.one("login_hint").and_then(|hint| user::named(hint).ok()).unwrap_or(ALICE);
    let question = Question { wanted, purpose: Purpose::Redirect(redirect), sub: String::new() };
    sign_in::question(sandbox, question, hint, "", now)
}

fn prompted(parameters: &Parameters) -> Result<(), Refusal> {
    let words: Vec<&str> = parameters.one("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| !PROMPTS.contains(word)) || (words.len() > 1 && words.contains(&"none")) {
        return Err(Refusal::new(Code::InvalidRequest, "prompt has a value that is not understood, or none with another"));
    }
    if words == ["none"] {
        return Err(Refusal::new(Code::LoginRequired, "there is never a session here, so prompt=none cannot succeed"));
    }
    Ok(())
}

/// Sends the browser back with a code.
pub fn allowed(sandbox: &Sandbox, redirect: Redirect, wanted: Wanted, sub: &str, now: UnixTime) -> Result<Response, Refusal> {
    let code = random::name()?;
    let response = sent(sandbox, &redirect, &[("code", &code)]);
    let (redirect_uri, challenge) = (redirect.redirect_uri, redirect.challenge);
    let grant = Grant::new(wanted, sub, now)?;
    let kept = AuthorizationCode { grant, redirect_uri, challenge, expires_at: now + CODE_LIFETIME, used: false };
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
