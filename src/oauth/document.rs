//! The public documents of a server: read by GET, within one origin.

use crate::error::{Error, Kind, Result};
use crate::oauth::answer::status;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::{Request, Response, World};
use crate::secret::WireSecret;
use crate::text::escape;

/// The most bytes of a document (R53).
const LIMIT: usize = 1 << 20;
/// How many redirects within the same origin are followed (R56).
pub const REDIRECTS: usize = 3;

/// Whether a document that an earlier command kept will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It will.
    Kept,
    /// The server is to be asked again.
    Anew,
}

/// What a person is told where a document is not where it should be.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Where the document may come from, as a sentence.
    pub rule: &'static str,
    /// What to type instead.
    pub hint: &'static str,
}

/// A GET that follows redirects within its own origin only. Fails with `Invalid` for a redirect elsewhere, before anything
/// is sent there.
pub fn get(world: &mut dyn World, url: &Endpoint, words: Words) -> Result<Response> {
    let mut url = url.clone();
    for _ in 0..=REDIRECTS {
        let request = Request {
            url: url.clone(),
            headers: vec![("accept", WireSecret::new("application/json"))],
            body: None,
            limit: LIMIT,
            ours: Vec::new(),
            identity: None,
        };
        let response = world.send(&request)?;
        if !(300..400).contains(&response.status) {
            return Ok(response);
        }
        let target = response.header("location").and_then(|to| url.url().join(to).ok());
        match target {
            Some(target) if target.origin() == url.url().origin() => {
                url = Endpoint::parse(target.as_str()).map_err(|reason| Error::new(Kind::Invalid, reason))?
            }
            target => {
                let to = target.map_or_else(|| "nowhere".into(), |t| format!("`{}`", escape(t.origin().ascii_serialization().as_str())));
                return Err(Error::new(Kind::Invalid, format!("{url} redirects to {to}; {}", words.rule)).hint(words.hint));
            }
        }
    }
    Err(Error::new(Kind::Invalid, format!("{url} redirects in circles")).hint(words.hint))
}

/// The body of a document that is there; for anything else [`unusable`] has the words.
pub fn body(response: &Response) -> Result<&[u8]> {
    if response.status == 200 { Ok(&response.body) } else { Err(Error::new(Kind::Invalid, status(response.status))) }
}

/// Why a document is of no use: `Unavailable` for a server in trouble or a body cut short, else `Invalid`. `what` it should
/// hold is in the plural, and `error` is from reading it.
pub fn unusable(response: &Response, url: &Endpoint, what: &str, hint: &str, error: Error) -> Error {
    let (kind, message) = match response.status {
        200 if response.cut_short.is_some() => (Kind::Unavailable, format!("the {what} at {url} were cut short")),
        200 => (Kind::Invalid, format!("{url} is {}", error.message)),
        429 | 500.. => (Kind::Unavailable, format!("{url} answered {}", error.message)),
        _ => (Kind::Invalid, format!("no {what} at {url}: {}", error.message)),
    };
    Error::new(kind, message).hint(if kind == Kind::Unavailable { "try again later" } else { hint })
}
