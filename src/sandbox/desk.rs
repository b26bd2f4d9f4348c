//! What is under way: questions to people, codes and devices, each for a few minutes and bounded in number.

use std::collections::VecDeque;

use crate::sandbox::grant::Grant;
use crate::sandbox::wanted::Wanted;
use crate::time::{Seconds, UnixTime};

/// The most of each; beyond it the oldest is forgotten.
const MOST: usize = 1000;

/// Everything that is under way.
#[derive(Default)]
pub struct Desk {
    /// Pages that wait for a person, by a name that is good for one answer.
    pub questions: Shelf<Question>,
    /// Codes on their way to the token endpoint, used ones too, by code.
    pub codes: Shelf<Code>,
    /// Devices that wait for a person, by device_code.
    pub devices: Shelf<Device>,
}

/// A page that was shown.
pub struct Question {
    /// What the client asks for.
    pub wanted: Wanted,
    /// What the answer is for.
    pub purpose: Purpose,
    /// Who signed in; empty on the first page.
    pub sub: String,
}

/// What a person's answer is for.
#[derive(Clone)]
pub enum Purpose {
    /// An authorization response.
    Redirect(Redirect),
    /// The device with this device_code.
    Device(String),
}

/// Where an authorization response goes.
#[derive(Clone)]
pub struct Redirect {
    /// As sent; checked to be on loopback.
    pub redirect_uri: String,
    /// As sent.
    pub state: Option<String>,
    /// RFC 7636, by S256.
    pub challenge: Option<String>,
}

/// An authorization code.
pub struct Code {
    /// What it stands for.
    pub grant: Grant,
    /// The token request has to have the same one.
    pub redirect_uri: String,
    /// The token request has to have the verifier behind it.
    pub challenge: Option<String>,
    /// When it ends.
    pub expires_at: UnixTime,
    /// Whether a token request has used it up, with success or without.
    pub used: bool,
}

/// A device authorization.
pub struct Device {
    /// What the device asks for.
    pub wanted: Wanted,
    /// What the person types, without the dash.
    pub user_code: String,
    /// The polls have to have the verifier behind it.
    pub challenge: Option<String>,
    /// When it ends.
    pub expires_at: UnixTime,
    /// How far apart the polls have to be.
    pub interval: Seconds,
    /// When the last poll came.
    pub polled: Option<UnixTime>,
    /// What the person said.
    pub answer: Answer,
}

/// What a person said to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    None,
    /// Yes.
    Allowed(Grant),
    /// No.
    Denied,
}

/// Things by name, each until its time, oldest first.
pub struct Shelf<T>(VecDeque<(String, UnixTime, T)>);

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf(VecDeque::new())
    }
}

impl<T> Shelf<T> {
    /// Puts a thing there until `until`.
    pub fn put(&mut self, name: String, until: UnixTime, now: UnixTime, thing: T) {
        self.0.retain(|(_, until, _)| *until > now);
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((name, until, thing));
    }

    /// The thing of this name.
    pub fn find(&mut self, name: &str, now: UnixTime) -> Option<&mut T> {
        self.0.iter_mut().find(|(n, until, _)| n == name && *until > now).map(|(_, _, thing)| thing)
    }

    /// Takes the thing of this name away.
    pub fn take(&mut self, name: &str, now: UnixTime) -> Option<T> {
        let at = self.0.iter().position(|(n, until, _)| n == name && *until > now)?;
        self.0.remove(at).map(|(_, _, thing)| thing)
    }

    /// Names and things, those beyond their time too.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter().map(|(name, _, thing)| (name, thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_there_until_its_time_and_is_taken_once() {
        let mut shelf = Shelf::default();
        shelf.put("a".into(), UnixTime(10), UnixTime(0), 1);
        assert_eq!(shelf.find("a", UnixTime(9)), Some(&mut 1));
        assert!(shelf.find("a", UnixTime(10)).is_none() && shelf.find("b", UnixTime(0)).is_none());
        assert_eq!((shelf.take("a", UnixTime(9)), shelf.take("a", UnixTime(9))), (Some(1), None));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut shelf = Shelf::default();
        for number in 0..=MOST {
            shelf.put(number.to_string(), UnixTime(10), UnixTime(0), number);
        }
        assert_eq!(shelf.iter().count(), MOST);
        assert_eq!((shelf.take("0", UnixTime(0)), shelf.take("1", UnixTime(0))), (None, Some(1)));
        shelf.put("new".into(), UnixTime(20), UnixTime(10), 0);
        assert_eq!(shelf.iter().count(), 1);
    }
}
