//! The pages on which a person signs in, then allows or denies.

use crate::sandbox::desk::{Answer, Purpose, Question};
use crate::sandbox::grant::Grant;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};
use crate::sandbox::state::Sandbox;
use crate::sandbox::{page, random, redirect, user};
use crate::time::{Seconds, UnixTime};

/// How long a page waits for a person.
const PATIENCE: Seconds = Seconds(1800);

/// Who typed a name is asked for consent.
pub fn name(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    taken(sandbox, request, now)
        .and_then(|(parameters, question)| {
            let typed = parameters.one("username").unwrap_or_default();
            match user::named(typed) {
                Ok(sub) => self::question(sandbox, Question { sub: sub.into(), ..question }, "", "", now),
                Err(complaint) => self::question(sandbox, question, typed, complaint, now),
            }
        })
        .unwrap_or_else(|refusal| page::trouble(&refusal.description))
}

/// Who answered goes back to the client, or to the device.
pub fn consent(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Response {
    taken(sandbox, request, now)
        .and_then(|(parameters, question)| {
            if question.sub.is_empty() {
                return Err(gone());
            }
            // What is not a clear yes is a no.
            let yes = parameters.one("decision") == Some("allow");
            match question.purpose {
                Purpose::Redirect(redirect) if yes => redirect::allowed(sandbox, redirect, question.wanted, &question.sub, now),
                Purpose::Redirect(redirect) => {
                    let refusal = Refusal::new(Code::AccessDenied, "the person said no");
                    Ok(redirect::refused(sandbox, &redirect, &refusal))
                }
                Purpose::Device(code) => {
                    let answer = if yes { Answer::Allowed(Grant::new(question.wanted, &question.sub, now)?) } else { Answer::Denied };
                    let mut desk = sandbox.desk();
                    desk.devices.find(&code, now).filter(|device| device.expires_at > now).ok_or_else(gone)?.answer = answer;
                    Ok(page::done(if yes { "Your device is signed in." } else { "Your device was turned away." }))
                }
            }
        })
        .unwrap_or_else(|refusal| page::trouble(&refusal.description))
}

/// Asks a person: for a name, and once there is one for consent.
pub fn question(sandbox: &Sandbox, question: Question, typed: &str, complaint: &str, now: UnixTime) -> Result<Response, Refusal> {
    let name = random::name()?;
    let shown = if question.sub.is_empty() { page::sign_in(&name, &question, typed, complaint) } else { page::consent(&name, &question) };
    sandbox.desk().questions.put(name, now + PATIENCE, now, question);
    Ok(shown)
}

/// The page that is being answered. It can be answered once, so that no click counts twice and nobody else's counts at all.
fn taken(sandbox: &Sandbox, request: &Request, now: UnixTime) -> Result<(Parameters, Question), Refusal> {
    let parameters = Parameters::read(request)?;
    let question = sandbox.desk().questions.take(parameters.required("transaction")?, now).ok_or_else(gone)?;
    Ok((parameters, question))
}

fn gone() -> Refusal {
    Refusal::new(Code::InvalidRequest, "this page was answered before, or is too old; start again")
}
