//! What a client asks for: a scope, and whom the token is to be good for.

use crate::sandbox::clients::Client;
use crate::sandbox::parameters::Parameters;
use crate::sandbox::refusal::{Code, Refusal};

/// What was asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who asks.
    pub client: Client,
    /// Its words, as sent.
    pub scope: Option<String>,
    /// The values of `audience` and `resource`, each once.
    pub targets: Vec<String>,
    /// For the first ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Option<String>,
}

impl Wanted {
    /// What `client` asks for in `parameters`.
    pub fn read(client: Client, parameters: &Parameters) -> Result<Wanted, Refusal> {
        let scope = parameters.one("scope").map(legal).transpose()?.map(String::from);
        Ok(Wanted { client, scope, targets: targets(parameters)?, nonce: parameters.one("nonce").map(String::from) })
    }

    /// Whether this word is in the scope.
    pub fn has(&self, word: &str) -> bool {
        words(self.scope.as_deref()).any(|granted| granted == word)
    }

    /// The same for fewer targets, where the request names some (RFC 8707 section 2.2).
    pub fn chosen(&self, parameters: &Parameters) -> Result<Wanted, Refusal> {
        let targets = targets(parameters)?;
        if targets.is_empty() {
            return Ok(self.clone());
        }
        // Who was asked about none has not forbidden any.
        if !self.targets.is_empty() && targets.iter().any(|target| !self.targets.contains(target)) {
            return Err(Refusal::new(Code::InvalidTarget, "resource is not one that was granted"));
        }
        Ok(Wanted { targets, ..self.clone() })
    }

    /// The same for less scope, where the request names one (RFC 6749 section 6).
    pub fn narrowed(&self, parameters: &Parameters) -> Result<Wanted, Refusal> {
        let Some(scope) = parameters.one("scope").map(legal).transpose()? else { return Ok(self.clone()) };
        if let Some(word) = words(Some(scope)).find(|word| !self.has(word)) {
            return Err(Refusal::new(Code::InvalidScope, format!("scope was not granted: {word}")));
        }
        Ok(Wanted { scope: Some(scope.into()), ..self.clone() })
    }
}

/// The words of a scope.
pub fn words(scope: Option<&str>) -> impl Iterator<Item = &str> {
    scope.unwrap_or_default().split(' ').filter(|word| !word.is_empty())
}

fn targets(parameters: &Parameters) -> Result<Vec<String>, Refusal> {
    for resource in parameters.several("resource") {
        // RFC 8707 section 2: an absolute URI without a fragment.
        if !url::Url::parse(resource).is_ok_and(|url| url.fragment().is_none()) {
            return Err(Refusal::new(Code::InvalidTarget, "resource has to be an absolute URI without a fragment"));
        }
    }
    let mut targets: Vec<String> = Vec::new();
    for wanted in parameters.several("audience").chain(parameters.several("resource")) {
        if !targets.iter().any(|target| target == wanted) {
            targets.push(wanted.into());
        }
    }
    Ok(targets)
}

/// RFC 6749 section 3.3: words of printable ASCII without `"` and `\`, one space between two.
fn legal(text: &str) -> Result<&str, Refusal> {
    let legal = |word: &str| !word.is_empty() && word.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if text.split(' ').all(legal) {
        return Ok(text);
    }
    Err(Refusal::new(Code::InvalidScope, "scope has a character that is not allowed, or a space too many"))
}
