//! The page that a person lands on at the end of a sign-in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::oauth::world::Ending;
use crate::text::escape;

const STYLE: &str = ":root{color-scheme:light dark;--b:#f3f4f6;--c:#fff;--t:#1b1f24;--m:#57606a;--l:#d9dde3;--y:#18794e;--n:#c62a2f}\
@media(prefers-color-scheme:dark){:root{--b:#0e1116;--c:#181c22;--t:#e9ecf0;--m:#9aa5b1;--l:#2c333c;--y:#4cc38a;--n:#ff8b82}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--b);color:var(--t);font:16px/1.5 system-ui,sans-serif}\
main{width:100%;max-width:448px;padding:32px;background:var(--c);border:1px solid var(--l);border-radius:14px;overflow-wrap:anywhere}\
svg{width:48px;fill:none;stroke:var(--m);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}\
.yes svg{stroke:var(--y)}\
.no svg{stroke:var(--n)}\
header{display:flex;justify-content:space-between;color:var(--m);font-weight:600}\
h1{font-size:22px;line-height:1.3;margin:16px 0 12px}\
p{margin:0 0 16px}\
p::first-letter{text-transform:uppercase}\
p:last-child{margin:0;color:var(--m)}\
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;margin:0 0 16px;padding:16px 0;border:solid var(--l);border-width:1px 0}\
dt{color:var(--m)}\
dd{margin:0}\
code{font:14px ui-monospace,monospace}\
@media(max-width:400px){main{padding:24px}}";

/// R17: the address with the code leaves the window and its history.
const SCRIPT: &str = "history.replaceState(null,'',location.pathname)";

/// The most bytes of one foreign text on a page, so that the whole stays below 4 KiB (R16).
const LONGEST: usize = 1400;

/// The status that a page goes out with: whatever the server's answer was, the redirect itself came in as it should.
pub fn status(ending: &Ending) -> u16 {
    if *ending == Ending::Foreign { 400 } else { 200 }
}

/// How it ended, for the person at the browser. A stranger's redirect learns neither the profile nor the server.
pub fn page(ending: &Ending, profile: &str, server: &str) -> String {
    let again = || format!("You may close this window; the terminal says more. To try again: <code>oat login {}</code>", html(profile, 64));
    let about = |subject: Option<&str>| {
        let rows = [("Account", subject), ("Profile", Some(profile)), ("Server", Some(server))];
        let rows = rows.iter().filter_map(|(name, value)| Some(format!("<dt>{name}<dd>{}", html((*value)?, LONGEST / 4))));
        format!("<dl>{}</dl>", rows.collect::<String>())
    };
    match ending {
        Ending::SignedIn { subject } => {
            let last = "You may close this window and go back to the terminal.";
            whole("yes", "You are signed in", &about(subject.as_deref()), last)
        }
        Ending::Refused { error, description } => {
            let words = description.iter().fold(error.clone(), |words, more| format!("{words}: {more}"));
            let middle = format!("<p>The server’s words: <code>{}</code></p>{}", html(&words, LONGEST), about(None));
            whole("no", "The sign-in was refused", &middle, &again())
        }
        Ending::Failed { reason } => {
            let middle = format!("<p>{}.</p>{}", html(reason, LONGEST), about(None));
            whole("no", "The sign-in did not work", &middle, &again())
        }
        Ending::Foreign => {
            let middle = "<p>This is not the answer to the sign-in that oat is waiting for; nothing was changed.</p>";
            whole("", "Not this sign-in", middle, "The terminal goes on waiting, and the sign-in goes on in the window where it began.")
        }
    }
}

/// A heading and a sentence of ours.
pub fn notice(heading: &str, text: &str) -> String {
    whole("", heading, "", text)
}

/// The content security policy of every page: nothing but its own style and script, known by their hashes.
pub fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!(
        "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// `tone` is `yes`, `no` or neither; `middle` and `last` are HTML.
fn whole(tone: &str, heading: &str, middle: &str, last: &str) -> String {
    let mark = if tone == "yes" { "m7.5 12.5 3 3 6-6.5" } else { "M12 7v6m0 4v.01" };
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>{heading} · oat</title>\
         <style>{STYLE}</style><main class=\"{tone}\"><header><svg viewBox=\"0 0 24 24\" aria-hidden=true><circle cx=12 cy=12 r=10 />\
         <path d=\"{mark}\"/></svg>oat</header><h1>{heading}</h1>{middle}<p>{last}</p></main><script>{SCRIPT}</script>"
    )
}

/// Foreign text as text of a page: one line, at most `most` bytes, no markup (R25).
fn html(text: &str, most: usize) -> String {
    let mut safe = String::new();
    for c in escape(text).chars() {
        let mut plain = [0; 4];
        let shown: &str = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&#34;",
            '\'' => "&#39;",
            c => c.encode_utf8(&mut plain),
        };
        if safe.len() + shown.len() > most {
            safe.push('…');
            break;
        }
        safe.push_str(shown);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endings(text: &str) -> Vec<Ending> {
        vec![
            Ending::SignedIn { subject: Some(text.into()) },
            Ending::SignedIn { subject: None },
            Ending::Refused { error: text.into(), description: Some(text.into()) },
            Ending::Refused { error: text.into(), description: None },
            Ending::Failed { reason: text.into() },
            Ending::Foreign,
        ]
    }

    #[test]
    fn r16_every_page_is_under_4_kib_whatever_the_server_says() {
        for text in ["'".repeat(10_000), "\u{1f980}".repeat(10_000), "\u{202e}".repeat(10_000), "&".repeat(300), String::new()] {
            for ending in endings(&text) {
                let page = page(&ending, &"p".repeat(64), &text);
                assert!(page.len() < 4096, "{} {ending:?}", page.len());
            }
        }
    }

    #[test]
    fn r25_nothing_foreign_is_markup_or_a_line_of_its_own() {
        let hostile = "<script>alert(1)</script><img src=x onerror='a'>&\"\r\nSet-Cookie: x\u{202e}\u{1b}[2J";
        for ending in endings(hostile) {
            let page = page(&ending, "zero", hostile);
            assert_eq!(page.matches("<script>").count(), 1, "{page}");
            assert!(!page.contains("<img") && !page.contains('\u{202e}') && !page.chars().any(char::is_control), "{page}");
        }
        assert_eq!(html("a<b>&'\"", 99), "a&lt;b&gt;&amp;&#39;&#34;");
    }

    #[test]
    fn r16_no_page_reaches_for_anything_or_carries_what_the_policy_does_not_know() {
        for ending in endings("https://idp.example/x") {
            let page = page(&ending, "zero", "idp.example");
            for word in ["src=", "href", "url(", "@import", " style=", "onload", "<form", "<base", "<link"] {
                assert!(!page.contains(word), "{word}");
            }
            assert_eq!((page.matches("<style>").count(), page.matches("<script>").count()), (1, 1));
        }
        let inline = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
        let page = page(&Ending::Foreign, "", "");
        let between = |from: &str, to: &str| page.split_once(from).unwrap().1.split_once(to).unwrap().0.to_string();
        assert!(policy().contains(&format!("style-src 'sha256-{}'", inline(&between("<style>", "</style>")))));
        assert!(policy().contains(&format!("script-src 'sha256-{}'", inline(&between("<script>", "</script>")))));
        assert!(policy().starts_with("default-src 'none'; frame-ancestors 'none'; "));
    }

    #[test]
    fn a_page_says_who_and_where_and_what_next() {
        let signed_in = page(&Ending::SignedIn { subject: Some("ada@example.com".into()) }, "zero", "idp.example");
        for word in ["You are signed in", "ada@example.com", "zero", "idp.example", "close this window"] {
            assert!(signed_in.contains(word), "{word}");
        }
        let refused = Ending::Refused { error: "access_denied".into(), description: Some("You said no".into()) };
        let refused = page(&refused, "zero", "idp.example");
        for word in ["access_denied: You said no", "oat login zero", "idp.example"] {
            assert!(refused.contains(word), "{word}");
        }
        let foreign = page(&Ending::Foreign, "zero", "idp.example");
        assert!(foreign.contains("not the answer to the sign-in that oat is waiting for; nothing was changed"));
        assert!(!foreign.contains("zero") && !foreign.contains("idp.example"), "a stranger learns nothing");
    }

    #[test]
    fn only_a_sign_in_is_a_success() {
        assert_eq!(endings("x").iter().map(status).collect::<Vec<_>>(), [200, 200, 200, 200, 200, 400]);
    }
}
