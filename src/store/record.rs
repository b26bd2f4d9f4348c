//! What is kept for one profile, as values and as plain bytes before they are sealed.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::json::object;
use crate::secret::{AccessToken, IdToken, RefreshToken, Secret};
use crate::time::UnixTime;

/// The access section: tokens that live for minutes or hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// Whose tokens these are.
    pub identity: Identity,
    /// Who signed in, where a person did.
    pub signed_in: Option<SignedIn>,
    /// One token a request; the order is the caller's.
    pub tokens: Vec<CachedToken>,
}

/// What is known of a sign-in without a secret: it can be told without the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// When the person signed in.
    pub at: UnixTime,
    /// `sub` of the ID token that was checked then.
    pub subject: Option<String>,
    /// What the person is called there: an address or a name.
    pub name: Option<String>,
    /// Whether there is a refresh token.
    pub refresh_token: bool,
    /// Its own end of life, where that is known.
    pub refresh_token_expires_at: Option<UnixTime>,
}

/// Whom a token was issued by, and to; tokens are never served to another identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer, or the token endpoint where no issuer is known.
    pub server: String,
    /// The client identifier (RFC 6749 section 2.2).
    pub client_id: String,
    /// The grant that the tokens came by.
    pub grant: String,
}

/// One access token and what it was asked for with.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedToken {
    /// The canonical text of scope, audience, resource …; tokens are found by it.
    pub request: String,
    /// The token.
    pub access_token: AccessToken,
    /// `Bearer`, as the server wrote it.
    pub token_type: String,
    /// The scope granted, where it is known.
    pub scope: Option<String>,
    /// When it was received, by this machine's clock.
    pub received_at: UnixTime,
    /// When it ends; None where nobody knows.
    pub expires_at: Option<UnixTime>,
    /// Further members of the answer that are not secret, such as `instance_url`.
    pub extra: Map<String, Value>,
}

/// The sealed section: what lives for days or longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongLived {
    /// Whose tokens these are.
    pub identity: Identity,
    /// The request that the person agreed to, as [`CachedToken::request`] has it.
    pub asked: String,
    /// Where the sign-in ended; some servers want to hear it again.
    pub redirect_uri: Option<String>,
    /// The refresh token, where the server gave one.
    pub refresh_token: Option<RefreshToken>,
    /// The ID token of the last sign-in or refresh; it was checked.
    pub id_token: Option<IdToken>,
}

impl Access {
    /// The plain bytes of this section; wiped on drop.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::default();
        out.identity(&self.identity);
        out.time(self.signed_in.as_ref().map(|signed_in| signed_in.at));
        if let Some(signed_in) = &self.signed_in {
            out.optional(signed_in.subject.as_deref());
            out.optional(signed_in.name.as_deref());
            out.number(signed_in.refresh_token.into());
            out.time(signed_in.refresh_token_expires_at);
        }
        out.number(self.tokens.len() as i64);
        for token in &self.tokens {
            out.text(&token.request);
            out.text(token.access_token.expose());
            out.text(&token.token_type);
            out.optional(token.scope.as_deref());
            out.number(token.received_at.0);
            out.time(token.expires_at);
            out.extra(&token.extra);
        }
        out.0
    }

    /// Reads what `encode` wrote; None where it did not.
    pub fn decode(bytes: &[u8]) -> Option<Access> {
        let mut from = Reader(bytes);
        let identity = from.identity()?;
        let signed_in = match from.time()? {
            None => None,
            Some(at) => Some(SignedIn {
                at,
                subject: from.optional()?,
                name: from.optional()?,
                refresh_token: from.number()? != 0,
                refresh_token_expires_at: from.time()?,
            }),
        };
        let count = from.number()?;
        let mut tokens = Vec::new();
        for _ in 0..count {
            tokens.push(CachedToken {
                request: from.text()?,
                access_token: Secret::new(from.text()?),
                token_type: from.text()?,
                scope: from.optional()?,
                received_at: UnixTime(from.number()?),
                expires_at: from.time()?,
                extra: from.extra()?,
            });
        }
        from.0.is_empty().then_some(Access { identity, signed_in, tokens })
    }
}

impl LongLived {
    /// The plain bytes of this section; wiped on drop.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::default();
        out.identity(&self.identity);
        out.text(&self.asked);
        out.optional(self.redirect_uri.as_deref());
        out.optional(self.refresh_token.as_ref().map(Secret::expose));
        out.optional(self.id_token.as_ref().map(Secret::expose));
        out.0
    }

    /// Reads what `encode` wrote; None where it did not.
    pub fn decode(bytes: &[u8]) -> Option<LongLived> {
        let mut from = Reader(bytes);
        let long_lived = LongLived {
            identity: from.identity()?,
            asked: from.text()?,
            redirect_uri: from.optional()?,
            refresh_token: from.optional()?.map(Secret::new),
            id_token: from.optional()?.map(Secret::new),
        };
        from.0.is_empty().then_some(long_lived)
    }
}

/// The length that stands for "there is none".
const ABSENT: u32 = u32::MAX;

/// Lengths and bytes, little-endian. Not JSON, because a JSON writer and reader leave copies of tokens behind unwiped.
#[derive(Default)]
struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            // A Vec that grows by itself leaves its old bytes behind; this one wipes them.
            let mut larger = Zeroizing::new(Vec::with_capacity((2 * needed).max(4096)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        // A section of 4 GiB is refused when it is sealed, long after this.
        self.bytes(&u32::try_from(text.len()).unwrap_or(ABSENT - 1).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.bytes(&ABSENT.to_le_bytes()),
        }
    }

    fn number(&mut self, number: i64) {
        self.bytes(&number.to_le_bytes());
    }

    fn time(&mut self, time: Option<UnixTime>) {
        self.bytes(&[u8::from(time.is_some())]);
        if let Some(time) = time {
            self.number(time.0);
        }
    }

    fn extra(&mut self, extra: &Map<String, Value>) {
        // A map of strings to values always has a JSON text.
        let text = (!extra.is_empty()).then(|| serde_json::to_string(extra).unwrap_or_default());
        self.optional(text.as_deref());
    }

    fn identity(&mut self, identity: &Identity) {
        self.text(&identity.server);
        self.text(&identity.client_id);
        self.text(&identity.grant);
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn optional(&mut self) -> Option<Option<String>> {
        let length = u32::from_le_bytes(self.bytes(4)?.try_into().ok()?);
        if length == ABSENT {
            return Some(None);
        }
        let text = str::from_utf8(self.bytes(length as usize)?).ok()?;
        Some(Some(text.to_string()))
    }

    fn text(&mut self) -> Option<String> {
        self.optional()?
    }

    fn number(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    fn time(&mut self) -> Option<Option<UnixTime>> {
        match self.bytes(1)? {
            [0] => Some(None),
            [1] => Some(Some(UnixTime(self.number()?))),
            _ => None,
        }
    }

    fn extra(&mut self) -> Option<Map<String, Value>> {
        match self.optional()? {
            Some(text) => object(text.as_bytes()).ok(),
            None => Some(Map::new()),
        }
    }

    fn identity(&mut self) -> Option<Identity> {
        Some(Identity { server: self.text()?, client_id: self.text()?, grant: self.text()? })
    }
}

/// Values for the tests of this room.
#[cfg(test)]
pub mod examples {
    use super::*;

    /// An identity.
    pub fn identity() -> Identity {
        Identity { server: "https://login.example".into(), client_id: "cli".into(), grant: "authorization_code".into() }
    }

    /// An access section of one token.
    pub fn access(token: &str) -> Access {
        let extra = serde_json::json!({ "instance_url": "https://eu.example" }).as_object().unwrap().clone();
        Access {
            identity: identity(),
            signed_in: Some(SignedIn {
                at: UnixTime(-1),
                subject: Some("ada".into()),
                name: None,
                refresh_token: true,
                refresh_token_expires_at: Some(UnixTime(1_800_000_000)),
            }),
            tokens: vec![CachedToken {
                request: "scope=openid".into(),
                access_token: Secret::new(token),
                token_type: "Bearer".into(),
                scope: Some("openid".into()),
                received_at: UnixTime(1_768_210_200),
                expires_at: Some(UnixTime(1_768_213_800)),
                extra,
            }],
        }
    }

    /// A sealed section with this refresh token.
    pub fn long_lived(token: &str) -> LongLived {
        LongLived {
            identity: identity(),
            asked: "{}".into(),
            redirect_uri: Some("http://127.0.0.1:8400/callback".into()),
            refresh_token: Some(Secret::new(token)),
            id_token: Some(Secret::new("e30.e30.x")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut access = examples::access("at");
        access.tokens.push(CachedToken { scope: None, expires_at: None, extra: Map::new(), ..access.tokens[0].clone() });
        assert_eq!(Access::decode(&access.encode()).as_ref(), Some(&access));
        access.signed_in = None;
        assert_eq!(Access::decode(&access.encode()), Some(access));
        let long_lived = examples::long_lived("rt");
        assert_eq!(LongLived::decode(&long_lived.encode()), Some(long_lived));
        let none = LongLived { refresh_token: None, id_token: None, redirect_uri: None, ..examples::long_lived("") };
        assert_eq!(LongLived::decode(&none.encode()), Some(none));
    }

    #[test]
    fn no_cut_or_lengthened_text_is_taken_for_a_section() {
        let (access, long_lived) = (examples::access("at").encode(), examples::long_lived("rt").encode());
        for length in 0..access.len() {
            assert_eq!(Access::decode(&access[..length]), None, "{length}");
        }
        for length in 0..long_lived.len() {
            assert_eq!(LongLived::decode(&long_lived[..length]), None, "{length}");
        }
        assert_eq!(Access::decode(&[access.as_slice(), b"\0"].concat()), None);
        assert_eq!(LongLived::decode(&[long_lived.as_slice(), b"\0"].concat()), None);
    }
}
