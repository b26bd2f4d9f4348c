//! What outlives a token: the refresh tokens of each sign-in, and what was revoked.

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::json::members;
use crate::sandbox::clients::Client;
use crate::sandbox::grant::Grant;
use crate::sandbox::pkce::hash;
use crate::sandbox::random;
use crate::sandbox::wanted::Wanted;
use crate::secret::RefreshToken;
use crate::time::UnixTime;

/// The most sign-ins, and the most revoked names, that are remembered.
const MOST: usize = 1000;
/// How many characters of a refresh token are the same in all of its family: 96 bits that only its holders know.
const HANDLE: usize = 16;

/// All sign-ins with a refresh token. Of the tokens themselves it has hashes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sessions {
    families: Vec<Family>,
    /// `jti` of access tokens and `sid` of sign-ins, each with the time from which on it can be forgotten.
    revoked: Vec<(String, UnixTime)>,
}

/// The refresh tokens of one sign-in, of which one is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// What was allowed, and by whom.
    pub grant: Grant,
    handle: String,
    current: String,
    expires_at: UnixTime,
}

/// What a refresh token turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The good one of its family.
    Current(&'a mut Family),
    /// One that was rotated before. Its family is gone.
    Reused,
    /// Another client's.
    Foreign,
    /// Expired, revoked, forgotten or never issued.
    Unknown,
}

impl Sessions {
    /// The first refresh token of a sign-in.
    pub fn begin(&mut self, grant: &Grant, expires_at: UnixTime, now: UnixTime) -> Result<RefreshToken> {
        self.sweep(now);
        if self.families.len() >= MOST {
            self.families.remove(0);
        }
        let handle = random::name()?[..HANDLE].to_string();
        let token = made(&handle)?;
        let (handle, current) = (hash(&handle), hash(token.expose()));
        self.families.push(Family { grant: grant.clone(), handle, current, expires_at });
        Ok(token)
    }

    /// Looks up what `client` presents. A reused one revokes the sign-in it came from, until `until`, when the last
    /// access token of it has ended (RFC 9700 section 4.14.2).
    pub fn find(&mut self, token: &RefreshToken, client: Client, until: UnixTime, now: UnixTime) -> Found<'_> {
        self.sweep(now);
        let handle = token.expose().get(..HANDLE).map(hash);
        let Some(at) = self.families.iter().position(|family| Some(&family.handle) == handle.as_ref()) else { return Found::Unknown };
        if self.families[at].grant.wanted.client != client {
            return Found::Foreign;
        }
        if self.families[at].current != hash(token.expose()) {
            let sid = self.families[at].grant.sid.clone();
            self.revoke(&sid, until);
            return Found::Reused;
        }
        Found::Current(&mut self.families[at])
    }

    /// Revokes a sign-in or an access token by its name. It is forgotten at `until`.
    pub fn revoke(&mut self, name: &str, until: UnixTime) {
        self.families.retain(|family| family.grant.sid != name);
        self.revoked.retain(|(other, _)| other != name);
        if self.revoked.len() >= MOST
            && let Some((first, _)) = self.revoked.iter().enumerate().min_by_key(|(_, (_, until))| *until)
        {
            self.revoked.remove(first);
        }
        self.revoked.push((name.into(), until));
    }

    /// Whether an access token with these claims is revoked, by itself or with its sign-in.
    pub fn revoked(&self, claims: &Map<String, Value>) -> bool {
        ["jti", "sid"].iter().any(|name| claims.get(*name).and_then(Value::as_str).is_some_and(|name| self.named(name)))
    }

    fn named(&self, name: &str) -> bool {
        self.revoked.iter().any(|(other, _)| other == name)
    }

    /// As it is kept, as [`Sessions::read`] takes it.
    pub fn json(&self) -> Value {
        let families: Vec<Value> = self.families.iter().map(Family::json).collect();
        json!({ "families": families, "revoked": members(self.revoked.iter().map(|(name, until)| (name.as_str(), until.0.into()))) })
    }

    /// Reads what [`Sessions::json`] wrote; None where it did not.
    pub fn read(kept: &Map<String, Value>) -> Option<Sessions> {
        let revoked = kept.get("revoked")?.as_object()?.iter().map(|(name, until)| Some((name.clone(), UnixTime(until.as_i64()?))));
        let families = kept.get("families")?.as_array()?.iter().map(Family::read);
        Some(Sessions { families: families.collect::<Option<_>>()?, revoked: revoked.collect::<Option<_>>()? })
    }

    fn sweep(&mut self, now: UnixTime) {
        self.families.retain(|family| family.expires_at > now);
        self.revoked.retain(|(_, until)| *until > now);
    }
}

impl Family {
    fn json(&self) -> Value {
        let Grant { wanted, sub, auth_time, sid } = &self.grant;
        json!({
            "client": wanted.client.id(),
            "scope": wanted.scope,
            "targets": wanted.targets,
            "sub": sub,
            "auth_time": auth_time.0,
            "sid": sid,
            "handle": self.handle,
            "current": self.current,
            "expires_at": self.expires_at.0,
        })
    }

    fn read(kept: &Value) -> Option<Family> {
        let text = |name: &str| kept.get(name)?.as_str().map(str::to_string);
        let time = |name: &str| kept.get(name)?.as_i64().map(UnixTime);
        let targets = kept.get("targets")?.as_array()?.iter().map(|target| target.as_str().map(str::to_string));
        let wanted = Wanted {
            client: Client::named(&text("client")?)?,
            scope: text("scope"),
            targets: targets.collect::<Option<_>>()?,
            nonce: None,
        };
        let grant = Grant { wanted, sub: text("sub")?, auth_time: time("auth_time")?, sid: text("sid")? };
        Some(Family { grant, handle: text("handle")?, current: text("current")?, expires_at: time("expires_at")? })
    }

    /// A new good token; the one before it is good no more.
    pub fn rotate(&mut self, presented: &RefreshToken, expires_at: UnixTime) -> Result<RefreshToken> {
        let token = made(presented.expose().get(..HANDLE).unwrap_or_default())?;
        (self.current, self.expires_at) = (hash(token.expose()), expires_at);
        Ok(token)
    }
}

fn made(handle: &str) -> Result<RefreshToken> {
    Ok(RefreshToken::new(format!("{handle}{}", random::name()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1000);
    const LATER: UnixTime = UnixTime(2000);

    fn grant(sid: &str) -> Grant {
        let wanted = Wanted { client: Client::Public, scope: Some("offline_access".into()), targets: Vec::new(), nonce: None };
        Grant { wanted, sub: "alice".into(), auth_time: NOW, sid: sid.into() }
    }

    fn claims(name: &str, value: &str) -> Map<String, Value> {
        Map::from_iter([(name.to_string(), json!(value))])
    }

    #[test]
    fn a_rotated_token_takes_its_whole_family_down_and_no_other() {
        let mut sessions = Sessions::default();
        let first = sessions.begin(&grant("a"), LATER, NOW).unwrap();
        let other = sessions.begin(&grant("b"), LATER, NOW).unwrap();
        let Found::Current(family) = sessions.find(&first, Client::Public, LATER, NOW) else { panic!("not found") };
        let second = family.rotate(&first, LATER).unwrap();
        assert_ne!(first, second);
        assert!(matches!(sessions.find(&second, Client::Public, LATER, NOW), Found::Current(_)));
        assert_eq!(sessions.find(&first, Client::Public, LATER, NOW), Found::Reused);
        assert_eq!(sessions.find(&second, Client::Public, LATER, NOW), Found::Unknown);
        assert!(sessions.revoked(&claims("sid", "a")) && !sessions.revoked(&claims("sid", "b")));
        assert!(matches!(sessions.find(&other, Client::Public, LATER, NOW), Found::Current(_)));
    }

    #[test]
    fn an_expired_foreign_or_invented_token_is_not_found_and_does_no_harm() {
        let mut sessions = Sessions::default();
        let token = sessions.begin(&grant("a"), LATER, NOW).unwrap();
        assert_eq!(sessions.find(&token, Client::Confidential, LATER, NOW), Found::Foreign);
        for invented in ["", "x", "éééééééééééééééééééé", &"x".repeat(48)] {
            assert_eq!(sessions.find(&RefreshToken::new(invented), Client::Public, LATER, NOW), Found::Unknown);
        }
        assert!(matches!(sessions.find(&token, Client::Public, LATER, UnixTime(1999)), Found::Current(_)));
        assert_eq!(sessions.find(&token, Client::Public, LATER, LATER), Found::Unknown);
    }

    #[test]
    fn what_is_kept_has_no_token_in_it_and_comes_back_the_same() {
        let mut sessions = Sessions::default();
        let token = sessions.begin(&grant("a"), LATER, NOW).unwrap();
        sessions.revoke("jti", LATER);
        let kept = sessions.json().to_string();
        assert!(!kept.contains(&token.expose()[..HANDLE]) && !kept.contains(&token.expose()[HANDLE..]), "{kept}");
        let object = crate::json::object(kept.as_bytes()).unwrap();
        assert_eq!(Sessions::read(&object).unwrap(), sessions);
        for name in ["families", "revoked"] {
            let mut other = object.clone();
            other[name] = json!([{}]);
            assert_eq!(Sessions::read(&other), None, "{name}");
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut sessions = Sessions::default();
        let first = sessions.begin(&grant("first"), LATER, NOW).unwrap();
        for number in 0..MOST {
            sessions.begin(&grant("x"), LATER, NOW).unwrap();
            sessions.revoke(&format!("r{number}"), UnixTime(2000 + number as i64));
        }
        sessions.revoke("last", UnixTime(9000));
        assert_eq!((sessions.families.len(), sessions.revoked.len()), (MOST, MOST));
        assert_eq!(sessions.find(&first, Client::Public, LATER, NOW), Found::Unknown);
        assert!(!sessions.revoked(&claims("jti", "r0")) && sessions.revoked(&claims("jti", "last")));
    }
}
