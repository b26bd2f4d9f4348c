//! The pages: small, without scripts, with nothing from elsewhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::sandbox::desk::{Purpose, Question};
use crate::sandbox::http::Response;
use crate::sandbox::wanted::words;

const STYLE: &str = include_str!("page.css");

/// What the words of a scope mean to a person.
const MEANINGS: [(&str, &str); 4] = [
    ("openid", "know who you are"),
    ("profile", "see your name"),
    ("email", "see your e-mail address"),
    ("offline_access", "stay signed in when you are away"),
];

/// Asks for a user name. `typed` stands there already; `complaint` says why it is asked for again.
pub fn sign_in(transaction: &str, question: &Question, typed: &str, complaint: &str) -> Response {
    let client = question.wanted.client.id();
    let form = format!(
        "<p><b>{client}</b> asks you to sign in.</p>{}<form method=post action=sign-in>{}{}<button>Sign in</button></form>",
        told(complaint),
        hidden(transaction),
        field("username", "User name", typed, "autocomplete=username autofocus"),
    );
    html(200, "Sign in", &form, question)
}

/// Asks whether the client may.
pub fn consent(transaction: &str, question: &Question) -> Response {
    let wanted = &question.wanted;
    let mut may = String::new();
    for word in words(wanted.scope.as_deref()) {
        match MEANINGS.iter().find(|(known, _)| *known == word) {
            Some((_, meaning)) => may += &format!("<li>{meaning}"),
            None => may += &format!("<li>use the scope <code>{}</code>", escape(word)),
        }
    }
    for target in &wanted.targets {
        may += &format!("<li>use <code>{}</code> in your name", escape(target));
    }
    if may.is_empty() {
        may += "<li>get a token, for nothing in particular";
    }
    let back = match &question.purpose {
        Purpose::Redirect(redirect) => format!("After that you go back to <code>{}</code>.", escape(&redirect.redirect_uri)),
        Purpose::Device(_) => "After that you go back to your device.".into(),
    };
    let (client, sub, hidden) = (wanted.client.id(), escape(&question.sub), hidden(transaction));
    let form = format!(
        "<p><b>{client}</b> asks you, <b>{sub}</b>, whether it may</p><ul>{may}</ul><p>{back}</p>\
         <form method=post action=consent>{hidden}<button name=decision value=allow>Allow</button>\
         <button name=decision value=deny class=no>Deny</button></form>"
    );
    html(200, "Allow access?", &form, question)
}

/// Asks for the code that a device shows, and for a user name.
pub fn device(user_code: &str, username: &str, complaint: &str) -> Response {
    let hint = if user_code.is_empty() { "Type the code that your device shows." } else { "Go on only if your device shows this code." };
    let form = format!(
        "<p>{hint}</p>{}<form method=post action=device>{}{}<button>Sign in</button></form>",
        told(complaint),
        field("user_code", "Code", user_code, "autocomplete=off autocapitalize=characters spellcheck=false autofocus class=code"),
        field("username", "User name", username, "autocomplete=username"),
    );
    shown(200, "Connect a device", &form, "")
}

/// Says that all is done.
pub fn done(what: &str) -> Response {
    shown(200, what, "<p>You can close this page.</p>", "")
}

/// Says what is wrong with a request that cannot be sent back to where it came from.
pub fn trouble(why: &str) -> Response {
    shown(400, "That does not work", &format!("<p role=alert>{}</p>", escape(why)), "")
}

/// A page whose form leads back to the client in the end.
fn html(status: u16, title: &str, form: &str, question: &Question) -> Response {
    // Chromium holds a redirect after a form against `form-action`, and knows no IPv6 address there.
    let v6 = |uri: &str| Url::parse(uri).is_ok_and(|url| url.host_str() == Some("[::1]"));
    let back = match &question.purpose {
        Purpose::Redirect(redirect) if v6(&redirect.redirect_uri) => " http:",
        Purpose::Redirect(_) => " http://127.0.0.1:* http://localhost:*",
        Purpose::Device(_) => "",
    };
    shown(status, title, form, back)
}

fn shown(status: u16, title: &str, content: &str, back: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{title} - oat sandbox</title><style>{STYLE}</style><main><h1>{title}</h1>{content}</main>\
         <footer>oat sandbox, for trying and testing: any name will do, there are no passwords, and nothing here is worth anything.</footer>\n"
    );
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{style}'; form-action 'self'{back}; frame-ancestors 'none'; base-uri 'none'");
    Response::html(status, html)
        .with("Content-Security-Policy", policy)
        .with("X-Content-Type-Options", "nosniff")
        .with("Referrer-Policy", "no-referrer")
}

fn hidden(transaction: &str) -> String {
    format!("<input type=hidden name=transaction value=\"{transaction}\">")
}

fn field(name: &str, label: &str, value: &str, more: &str) -> String {
    format!("<label>{label}<input name={name} value=\"{}\" maxlength=64 required {more}></label>", escape(value))
}

fn told(complaint: &str) -> String {
    if complaint.is_empty() { String::new() } else { format!("<p role=alert>{complaint}</p>") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
