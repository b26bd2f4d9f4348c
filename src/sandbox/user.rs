//! The people of the sandbox: whoever types a name.

use serde_json::{Value, json};

/// Who signs in where nobody is asked.
pub const ALICE: &str = "alice";
/// Who is never let in, in place of a wrong password.
const MALLORY: &str = "mallory";

/// The claims that [`claims`] makes, and `sub`.
pub const CLAIMS: [&str; 4] = ["sub", "name", "preferred_username", "email"];

/// A name as typed, checked; else what to tell the person.
pub fn named(typed: &str) -> Result<&str, &'static str> {
    let name = typed.trim();
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"._-+@".contains(&b);
    match name {
        "" => Err("Type a user name."),
        MALLORY => Err("mallory may not sign in. Take any other name."),
        _ if name.len() > 64 || !name.bytes().all(legal) => Err("A user name has up to 64 letters, digits and . _ - + @."),
        _ => Ok(name),
    }
}

/// What is known about a person besides `sub` (OpenID Connect Core section 5.1).
pub fn claims(sub: &str) -> [(String, Value); 3] {
    let (short, address) = match sub.split_once('@') {
        Some((short, _)) => (short, sub.to_string()),
        // RFC 2606 section 2: nobody will ever have mail there.
        None => (sub, format!("{sub}@sandbox.invalid")),
    };
    let mut letters = short.chars();
    let name = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    [("name".into(), json!(name)), ("preferred_username".into(), json!(sub)), ("email".into(), json!(address))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anyone_may_sign_in_but_mallory_and_who_has_no_name() {
        for (typed, name) in [(" alice ", "alice"), ("a.b+c@example.com", "a.b+c@example.com")] {
            assert_eq!(named(typed), Ok(name));
        }
        for bad in ["", "  ", "mallory", "a b", "<script>", "é", &"x".repeat(65)] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_person_has_a_name_and_an_address() {
        let values = |sub: &str| claims(sub).map(|(_, value)| value.as_str().unwrap_or_default().to_string());
        assert_eq!(values("alice"), ["Alice", "alice", "alice@sandbox.invalid"]);
        assert_eq!(values("bob@example.com"), ["Bob", "bob@example.com", "bob@example.com"]);
        assert!(claims("@").iter().any(|(name, value)| name == "name" && value.is_null()));
    }
}
