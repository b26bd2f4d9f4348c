//! Issuers and endpoints: URLs that are checked once, at the door.

use std::fmt;

use url::{Host, Url};

use crate::text::escape;

/// An endpoint's URL: https, or http on loopback; no user name, no fragment, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// The names of the metadata server of a Google machine. The last is link-local.
const METADATA_SERVERS: [&str; 3] = ["metadata.google.internal", "metadata", "169.254.169.254"];

/// An issuer identifier (RFC 8414 section 2): an endpoint's URL without a query, compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Endpoint,
}

impl Endpoint {
    /// Reads a URL. Fails with the reason in words, before any name is looked up.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let shown = escape(text);
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(format!("`{shown}` has a space, a backslash or a control character in it"));
        }
        if !text.is_ascii() {
            return Err(format!(
                "`{shown}` has characters beyond ASCII; a host name is written in its xn-- form, the rest percent-encoded"
            ));
        }
        let url = Url::parse(text).map_err(|error| format!("`{shown}` is not an absolute URL ({error})"))?;
        let host = url.host().ok_or_else(|| format!("`{shown}` names no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            // The URL is not repeated: what stands before the `@` may be a password.
            return Err(format!("the URL for `{}` has a user name or a password in it", escape(url.host_str().unwrap_or_default())));
        }
        if url.fragment().is_some() {
            return Err(format!("`{shown}` has a fragment"));
        }
        match url.scheme() {
            "https" => Ok(Endpoint(url)),
            "http" if is_loopback(&host) => Ok(Endpoint(url)),
            "http" => Err(format!("`{shown}` is plain http, which is only taken on loopback")),
            scheme => Err(format!("`{shown}` is {}, not https", escape(scheme))),
        }
    }

    /// An address on the metadata server of a Google machine, which has no certificate and is one step away: it, and loopback for
    /// a stand-in (GCE_METADATA_HOST), may be asked by plain http. Fails with the reason in words.
    pub fn at_metadata_server(authority: &str, path: &str) -> Result<Endpoint, String> {
        let text = format!("http://{authority}{path}");
        match Url::parse(&text) {
            Ok(url) if url.host_str() == Some(authority) && METADATA_SERVERS.contains(&authority) => Ok(Endpoint(url)),
            _ => Endpoint::parse(&text),
        }
    }

    /// The URL as it is sent.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL, parsed.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host without the port, as in `login.example.com` or `[::1]`.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether the host is this machine.
    pub fn on_loopback(&self) -> bool {
        self.0.host().is_some_and(|host| is_loopback(&host))
    }

    /// The URL without its query, for messages and traces.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.to_string()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_query())
    }
}

impl Issuer {
    /// Reads an issuer. Fails with the reason in words.
    pub fn parse(text: &str) -> Result<Issuer, String> {
        let url = Endpoint::parse(text)?;
        if url.url().query().is_some() {
            return Err(format!("`{}` has a query, which an issuer must not have", escape(text)));
        }
        Ok(Issuer { text: text.to_string(), url })
    }

    /// The issuer exactly as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its URL.
    pub fn endpoint(&self) -> &Endpoint {
        &self.url
    }

    /// Where the metadata may be, in the order to try: OpenID Connect Discovery section 4.1, then RFC 8414 section 3.1
    /// with its well-known part between host and path, then the same document behind the path (Okta).
    pub fn metadata_urls(&self) -> Vec<Endpoint> {
        let origin = self.url.url().origin().ascii_serialization();
        let path = self.url.url().path().trim_end_matches('/');
        let mut urls = vec![
            format!("{origin}{path}/.well-known/openid-configuration"),
            format!("{origin}/.well-known/oauth-authorization-server{path}"),
        ];
        if !path.is_empty() {
            urls.push(format!("{origin}{path}/.well-known/oauth-authorization-server"));
            urls.push(format!("{origin}/.well-known/openid-configuration{path}"));
        }
        urls.iter().filter_map(|url| Endpoint::parse(url).ok()).collect()
    }
}

/// A URL as it may be handed to a browser's starter (R33): http or https to a plain host, and not one character that
/// any shell or quoting could take for its own. Fails with the reason in words.
pub fn for_browser(url: &Url) -> Result<String, String> {
    let host = url.host_str().unwrap_or_default();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("a URL to open in a browser is http or https, not {}", escape(url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the URL for `{}` has a user name or a password in it", escape(host)));
    }
    // The URL standard lets a host have `$`, `'` and more; the DNS does not.
    if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b)) {
        return Err(format!("`{}` is not the name of a host", escape(host)));
    }
    let mut safe = String::new();
    for byte in url.as_str().bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-._~:/?#[]@&=+,%".contains(&b) => safe.push(char::from(b)),
            b => safe.push_str(&format!("%{b:02X}")),
        }
    }
    Ok(safe)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        // RFC 6761 section 6.3; no name look-up is made to find out.
        Host::Domain(name) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r32_only_https_or_http_on_loopback_is_an_endpoint() {
        for good in ["https://a.example/token", "http://127.0.0.1:9/t", "http://[::1]/t", "http://localhost:1/t", "https://a.example/t?x=1"]
        {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/token",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://0.0.0.0/",
            "ftp://a/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://user:CANARY@a.example/",
            "https://user@a.example/",
            "https://a.example/#x",
            "https://a.example/\n",
            "https://a.example\\@b.example/",
            "token",
            "https://",
            "https://b\u{fc}cher.example/",
        ] {
            let error = Endpoint::parse(bad).unwrap_err();
            assert!(!error.contains("CANARY") && error.lines().count() == 1, "{bad}: {error}");
        }
    }

    #[test]
    fn r32_plain_http_goes_to_the_metadata_server_of_a_google_machine_and_nowhere_near_it() {
        for good in ["metadata.google.internal", "metadata", "169.254.169.254", "127.0.0.1:8080", "localhost:1"] {
            assert!(Endpoint::at_metadata_server(good, "/x?y=z").is_ok(), "{good}");
        }
        for bad in [
            "metadata.google.internal.evil.example",
            "metadata.google.internal:8080",
            "metadata@evil.example",
            "evil.example/metadata",
            "evil.example#metadata",
            "169.254.169.253",
            "0xa9fea9fe",
            "METADATA.evil.example",
            "",
        ] {
            assert!(Endpoint::at_metadata_server(bad, "/x").is_err(), "{bad}");
        }
    }

    #[test]
    fn metadata_is_looked_for_where_the_two_documents_say() {
        // RFC 8414 section 3.1 and OpenID Connect Discovery section 4.1: issuer1 stands between or before.
        let urls: Vec<String> =
            Issuer::parse("https://example.com/issuer1").unwrap().metadata_urls().iter().map(|u| u.as_str().into()).collect();
        assert_eq!(urls[0], "https://example.com/issuer1/.well-known/openid-configuration");
        assert_eq!(urls[1], "https://example.com/.well-known/oauth-authorization-server/issuer1");
        let urls = Issuer::parse("https://t.auth0.com/").unwrap().metadata_urls();
        assert_eq!(urls[0].as_str(), "https://t.auth0.com/.well-known/openid-configuration");
        assert_eq!(urls.len(), 2);
    }

    #[test]
    fn r33_a_url_for_the_browser_has_nothing_that_a_shell_could_read() {
        let open = |text: &str| for_browser(&Url::parse(text).unwrap());
        let hostile = "https://a.example/p'`$;|<>^\\()!*{} \"\u{e9}?q='`$;|<>^\\()!*{} \"\u{e9}\u{202e}\u{1}&a=1";
        let safe = open(hostile).unwrap();
        assert!(safe.bytes().all(|b| b.is_ascii_graphic() && !b"\"'`$;|<>^\\()!*{}".contains(&b)), "{safe}");
        let query = |text: &str| Url::parse(text).unwrap().query_pairs().into_owned().collect::<Vec<_>>();
        assert_eq!(query(&safe), query(hostile), "the server reads the same");
        for same in [
            "https://a.example/authorize?x=1&y=%27+a~b%2f:/?-._,@",
            "http://[::1]:8400/",
            "https://a.example/#/device",
            "http://127.0.0.1/",
        ] {
            assert_eq!(open(same).as_deref(), Ok(same));
        }
    }

    #[test]
    fn r33_what_is_no_web_address_is_never_opened() {
        for bad in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "ms-settings:",
            "smb://a.example/x",
            "https://user:CANARY@a.example/",
            "https://a.example@evil.example/",
            "https://a$(id).example/",
            "https://a'b.example/",
        ] {
            // Some of these are no URL in the first place.
            let Ok(url) = Url::parse(bad) else { continue };
            let error = for_browser(&url).unwrap_err();
            assert!(!error.contains("CANARY"), "{error}");
        }
    }
}
