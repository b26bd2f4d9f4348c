//! What one process tells another that waits for it: the token, or why there is none.

use zeroize::Zeroizing;

use crate::error::Result;
use crate::plan::Plan;
use crate::session::credentials::Secrets;
use crate::session::failure;
use crate::session::{Handed, Source};
use crate::store::lock::Lock;
use crate::store::record::{Access, Identity, SignedIn};
use crate::time::UnixTime;

/// Has another process spend the refresh token of a plan, under the lock that this one holds and with what of the client's secrets
/// this one read; None where there can be no other.
pub type Apart<'a> = dyn Fn(&Plan, &Lock, &Secrets) -> Option<Result<Handed>> + 'a;

/// What the failure's note is about here: two processes of one command, so anything will do.
const ABOUT: &str = "apart";

/// The outcome as bytes for a pipe between two processes of ours.
pub fn encode(outcome: &Result<Handed>, now: UnixTime) -> Zeroizing<Vec<u8>> {
    match outcome {
        Ok(handed) => {
            let nobody = Identity { server: String::new(), client_id: String::new(), grant: String::new() };
            let until = |end| SignedIn { at: now, subject: None, name: None, refresh_token: true, refresh_token_expires_at: Some(end) };
            let access = Access { identity: nobody, signed_in: handed.sign_in_ends_at.map(until), tokens: vec![handed.token.clone()] };
            Zeroizing::new([b"+", access.encode().as_slice()].concat())
        }
        Err(error) => Zeroizing::new([b"-", failure::write(error, ABOUT, now).as_slice()].concat()),
    }
}

/// Reads what [`encode`] wrote; None where the other process ended before it said all.
pub fn decode(bytes: &[u8]) -> Option<Result<Handed>> {
    match bytes.split_first()? {
        (b'+', rest) => {
            let access = Access::decode(rest)?;
            let token = access.tokens.into_iter().next()?;
            let sign_in_ends_at = access.signed_in.and_then(|signed_in| signed_in.refresh_token_expires_at);
            // It asks the server in any case: who else could have was seen to before it was started.
            Some(Ok(Handed { token, source: Source::Refreshed, sign_in_ends_at }))
        }
        (b'-', rest) => failure::read(rest, ABOUT).map(Err),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::error::{Error, Kind};
    use crate::secret::AccessToken;
    use crate::store::record::CachedToken;

    #[test]
    fn what_one_process_says_the_other_understands() {
        let token = CachedToken {
            request: "{}".into(),
            access_token: AccessToken::new("t"),
            token_type: "Bearer".into(),
            scope: None,
            received_at: UnixTime(1),
            expires_at: Some(UnixTime(2)),
            extra: Map::new(),
        };
        let handed = Ok(Handed { token: token.clone(), source: Source::Refreshed, sign_in_ends_at: Some(UnixTime(3)) });
        let read = decode(&encode(&handed, UnixTime(0))).unwrap().unwrap();
        assert_eq!((read.token, read.source, read.sign_in_ends_at), (token, Source::Refreshed, Some(UnixTime(3))));
        assert!(decode(b"*").is_none() && decode(b"-{}").is_none(), "neither a token nor a failure");
        let error: Result<Handed> = Err(Error::new(Kind::LoginRequired, "over").hint("oat login p").oauth("invalid_grant"));
        let read = decode(&encode(&error, UnixTime(0))).unwrap().unwrap_err();
        assert_eq!((read.kind, read.message.as_str(), read.hint.as_deref()), (Kind::LoginRequired, "over", Some("oat login p")));
        assert_eq!(read.oauth_error.as_deref(), Some("invalid_grant"));
        let whole = encode(&handed, UnixTime(0));
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_none(), "{length}");
        }
    }
}
