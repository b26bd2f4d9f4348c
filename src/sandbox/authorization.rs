//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2).

use crate::sandbox::clients::{Client, UNKNOWN};
use crate::sandbox::desk::{Purpose, Question, Redirect};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::sandbox::user::{self, ALICE};
use crate::sandbox::wanted::Wanted;
use crate::sandbox::{page, pkce, redirect, sign_in};
use crate::time::UnixTime;

/// The values of `prompt` that are understood. There is never a session here, so each but `none` gets the same pages.
pub const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

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
        .unwrap_or_else(|refusal| redirect::refused(sandbox, &Redirect { redirect_uri, state, challenge: None }, &refusal))
}

/// Who asks and where the answer goes: what has to hold before anything is sent there.
fn whence(parameters: &Parameters) -> Result<(Client, Redirect), Refusal> {
    let invalid = |why: &str| Refusal::new(Code::InvalidRequest, why);
    if parameters.repeated("client_id") || parameters.repeated("redirect_uri") {
        return Err(invalid("client_id or redirect_uri was sent twice"));
    }
    let client = Client::named(parameters.required("client_id")?).ok_or_else(|| invalid(UNKNOWN))?;
    let redirect_uri = parameters.required("redirect_uri")?;
    if redirect::loopback(redirect_uri).is_none() {
        return Err(invalid("redirect_uri has to be http on 127.0.0.1, [::1] or localhost, with any port and path and no fragment"));
    }
    let state = parameters.one("state").map(String::from);
    Ok((client, Redirect { redirect_uri: redirect_uri.into(), state, challenge: None }))
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
        return redirect::allowed(sandbox, redirect, wanted, ALICE, now);
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
