//! Hosts as programs name them, and whether a profile lists one.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::text::escape;

/// A server that a program asks a token for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Host and port as they were written.
    pub authority: String,
    name: String,
    port: u16,
    plain: bool,
}

impl Host {
    /// Reads a URL (https or http), or a host with or without a port and a path, which then is https. None for all that two
    /// readers could take for two hosts: a user name, a backslash, an escape, a number in disguise, a letter beyond ASCII.
    pub fn parse(text: &str) -> Option<Host> {
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
            return None;
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        let plain = scheme.eq_ignore_ascii_case("http");
        if !plain && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let (name, port) = name_and_port(authority)?;
        Some(Host { authority: authority.to_string(), name, port: port.unwrap_or(if plain { 80 } else { 443 }), plain })
    }

    /// Whether a token may travel there at all: over TLS, or without leaving this machine.
    pub fn guarded(&self) -> bool {
        let ip = self.name.trim_matches(['[', ']']);
        let loopback = ip.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()) || ip.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
        !self.plain || loopback || self.name == "localhost"
    }

    fn is_ip(&self) -> bool {
        self.name.starts_with('[') || self.name.parse::<Ipv4Addr>().is_ok()
    }
}

/// How exactly the best of these entries names the host; None where none does. A whole name is more than a wildcard, a longer wildcard
/// more than a shorter one, and a port more than none. An entry that is none names nothing.
pub fn listed(entries: &[String], host: &Host) -> Option<usize> {
    entries.iter().filter_map(|text| entry(text).ok().and_then(|entry| entry.rank(host))).max()
}

/// Checks an entry of `hosts`. Fails with what is expected, in words.
pub fn check(text: &str) -> Result<(), String> {
    entry(text).map(|_| ())
}

struct Entry {
    wildcard: bool,
    name: String,
    port: Option<u16>,
}

impl Entry {
    fn rank(&self, host: &Host) -> Option<usize> {
        let named = match self.wildcard {
            true => !host.is_ip() && host.name.strip_suffix(&self.name).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            false => host.name == self.name,
        };
        let exact = if self.wildcard { 0 } else { 1 << 16 };
        (named && self.port.is_none_or(|port| port == host.port)).then(|| exact + 2 * self.name.len() + usize::from(self.port.is_some()))
    }
}

fn entry(text: &str) -> Result<Entry, String> {
    let wildcard = text.strip_prefix("*.");
    let of_a_name = |name: &str| wildcard.is_none() || !(name.starts_with('[') || name.parse::<Ipv4Addr>().is_ok());
    match name_and_port(wildcard.unwrap_or(text)).filter(|(name, _)| of_a_name(name)) {
        Some((name, port)) => Ok(Entry { wildcard: wildcard.is_some(), name, port }),
        None if !text.is_ascii() => Err(format!("`{}` has letters beyond ASCII; a host is written in its xn-- form", escape(text))),
        None => Err(format!("`{}` is no host such as api.example.com, api.example.com:8443 or *.corp.example", escape(text))),
    }
}

/// The host in lower case and without the root's dot, an IPv6 address in its shortest form and in brackets; and the port.
fn name_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let behind = if authority.starts_with('[') { authority.find(']')? + 1 } else { authority.find(':').unwrap_or(authority.len()) };
    let (host, port) = authority.split_at_checked(behind)?;
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok().filter(|port| *port != 0)?),
        None if port.is_empty() => None,
        _ => return None,
    };
    if let Some(ip) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Some((format!("[{}]", ip.parse::<Ipv6Addr>().ok()?), port));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let legal = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // What ends in a number is an IPv4 address to some readers, in one of its many spellings: only the plain one is taken.
    let last = name.rsplit('.').next()?;
    let number =
        last.bytes().all(|b| b.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let plain_number = || !host.ends_with('.') && name.parse::<Ipv4Addr>().is_ok();
    (name.len() <= 253 && name.split('.').all(legal) && (!number || plain_number())).then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(entry: &str, asked: &str) -> bool {
        check(entry).unwrap();
        Host::parse(asked).is_some_and(|host| listed(&[entry.to_string()], &host).is_some())
    }

    #[test]
    fn an_entry_names_its_host_however_that_is_written() {
        for (entry, asked) in [
            ("api.example.com", "api.example.com"),
            ("api.example.com", "https://api.example.com"),
            ("api.example.com", "HTTPS://API.EXAMPLE.COM/v1/x?y#z"),
            ("API.example.com", "https://api.example.com./"),
            ("api.example.com.", "api.example.com"),
            // Without a port, an entry holds for each.
            ("api.example.com", "https://api.example.com:8443/"),
            ("api.example.com:8443", "api.example.com:8443"),
            ("api.example.com:443", "https://api.example.com/"),
            ("api.example.com:80", "http://api.example.com/"),
            ("*.corp.example", "https://a.corp.example/"),
            ("*.corp.example", "https://a.b.c.corp.example:9/"),
            ("*.corp.example:9", "https://a.corp.example:9/"),
            ("127.0.0.1", "http://127.0.0.1:8080/"),
            ("[::1]", "http://[::1]:8080/"),
            ("[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/"),
            ("[2001:DB8::1]", "https://[2001:db8:0::1]"),
            ("localhost", "localhost:5000"),
            ("my_host", "https://my_host/"),
            ("xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
            ("a-b.example", "https://A-b.example?x"),
        ] {
            assert!(lists(entry, asked), "{entry} {asked}");
        }
    }

    #[test]
    fn a_token_for_one_host_is_for_no_other() {
        for (entry, asked) in [
            ("api.example.com", "https://api.example.com.evil.example"),
            ("api.example.com", "https://evil.example/api.example.com"),
            ("api.example.com", "https://evil.example?api.example.com"),
            ("api.example.com", "https://evil.example#@api.example.com"),
            ("api.example.com", "https://xapi.example.com"),
            ("api.example.com", "https://api-example.com"),
            ("api.example.com", "https://example.com"),
            ("api.example.com", "https://a.api.example.com"),
            // What stands before an `@` is no host to one reader and one to another.
            ("api.example.com", "https://api.example.com@evil.example/"),
            ("api.example.com", "https://evil.example@api.example.com/"),
            ("api.example.com", "https://api.example.com:443@evil.example/"),
            ("api.example.com", "https://u:p@api.example.com"),
            ("api.example.com", "https://api.example.com\\@evil.example/"),
            ("api.example.com", "https://evil.example\\@api.example.com/"),
            ("api.example.com", "https:\\\\api.example.com"),
            ("api.example.com", "https:api.example.com"),
            ("api.example.com", "https:/api.example.com"),
            ("api.example.com", "https:///api.example.com"),
            ("api.example.com", "//api.example.com"),
            ("api.example.com", "https://api%2eexample.com"),
            ("api.example.com", "https://api.example.com%2f.evil.example"),
            ("api.example.com", "https://api.example.com%00.evil.example"),
            ("api.example.com", "https://api.example.com\n.evil.example"),
            ("api.example.com", "https://api.example.com\t"),
            ("api.example.com", " https://api.example.com"),
            ("api.example.com", "https://api.example.com\0"),
            ("api.example.com", "https://api.example.com.."),
            ("api.example.com", "https://.api.example.com"),
            ("api.example.com", "https://api..example.com"),
            ("api.example.com", "https://api.example.com,evil.example"),
            ("api.example.com", "https://api.example.com;evil.example"),
            ("api.example.com", "https://api.example.com&x"),
            ("api.example.com", "https://api.example.com:"),
            ("api.example.com", "https://api.example.com:0"),
            ("api.example.com", "https://api.example.com:65536"),
            ("api.example.com", "https://api.example.com:+443"),
            ("api.example.com", "https://api.example.com:443:443"),
            ("api.example.com", "ftp://api.example.com"),
            ("api.example.com", "ssh://api.example.com"),
            ("api.example.com", "javascript://api.example.com"),
            ("api.example.com", "https://\u{ff41}pi.example.com"),
            ("api.example.com", "https://api\u{3002}example.com"),
            ("api.example.com", "https://ap\u{456}.example.com"),
            ("api.example.com", ""),
            ("api.example.com", "https://"),
            ("api.example.com:8443", "https://api.example.com/"),
            ("api.example.com:8443", "https://api.example.com:443/"),
            ("api.example.com:443", "http://api.example.com/"),
            ("*.corp.example", "https://corp.example/"),
            ("*.corp.example", "https://xcorp.example/"),
            ("*.corp.example", "https://.corp.example/"),
            ("*.corp.example", "https://*.corp.example/"),
            ("*.corp.example", "https://a.corp.example.evil.example/"),
            ("*.corp.example:9", "https://a.corp.example/"),
            // The same machine to a resolver, and another text in the request and its certificate.
            ("127.0.0.1", "http://127.1/"),
            ("127.0.0.1", "http://0x7f.0.0.1/"),
            ("127.0.0.1", "http://2130706433/"),
            ("127.0.0.1", "http://0177.0.0.1/"),
            ("127.0.0.1", "http://127.0.0.1./"),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]/"),
            ("[::1]", "http://[::1%25lo]/"),
            ("[::1]", "http://[::1]evil.example/"),
            ("[::1]", "http://[::1/"),
            ("[::1]", "http://::1/"),
        ] {
            assert!(!lists(entry, asked), "{entry} {asked}");
        }
    }

    #[test]
    fn the_most_exact_entry_counts() {
        let host = Host::parse("https://a.b.corp.example:8443").unwrap();
        let ranks = [
            "*.example",
            "*.example:8443",
            "*.corp.example",
            "*.b.corp.example",
            "*.b.corp.example:8443",
            "a.b.corp.example",
            "a.b.corp.example:8443",
        ]
        .map(|entry| listed(&[entry.to_string()], &host).unwrap());
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        let both = ["*.example".to_string(), "other.example".into(), "a.b.corp.example".into()];
        assert_eq!(listed(&both, &host), Some(ranks[5]));
        assert_eq!(listed(&[], &host), None);
    }

    #[test]
    fn an_entry_that_is_no_host_is_refused_and_names_nothing() {
        for bad in [
            "",
            "*",
            "*.",
            "*.*.example",
            "a.*.example",
            "*a.example",
            "https://a.example",
            "a.example/",
            "a.example:",
            "a.example:0",
            "u@a.example",
            "a b",
            "b\u{fc}cher.example",
            "*.127.0.0.1",
            "*.[::1]",
            "127.1",
            "::1",
            "[::1",
            ".a",
            "-a.example",
            "a-.example",
            "a\\b",
            "a..b",
        ] {
            let told = check(bad).unwrap_err();
            assert!(!told.is_empty() && listed(&[bad.to_string()], &Host::parse("a.example").unwrap()).is_none(), "{bad}");
        }
        assert!(check("b\u{fc}cher.example").unwrap_err().contains("xn--"));
        assert!(check(&format!("{}.example", "a".repeat(64))).is_err() && check(&"a.".repeat(130)).is_err());
    }

    #[test]
    fn without_tls_a_token_stays_on_this_machine() {
        for (asked, guarded) in [
            ("https://a.example", true),
            ("a.example:80", true),
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://localhost.", true),
            ("http://a.example", false),
            ("http://localhost.evil.example", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://[::ffff:127.0.0.1]", false),
            ("http://127.0.0.1.evil.example", false),
        ] {
            assert_eq!(Host::parse(asked).unwrap().guarded(), guarded, "{asked}");
        }
    }
}
