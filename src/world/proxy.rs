//! Which proxy a request goes through: from the environment, never for loopback.

use ureq::Proxy;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::endpoints::Endpoint;

/// The proxy for a URL. Fails with `Config` for a proxy variable that makes no sense; its value may hold a password
/// and is not repeated.
pub fn choose(url: &Endpoint, environment: &Environment) -> Result<Option<Proxy>> {
    // Plain http goes to loopback only, and to the metadata server of a Google machine, which is on this machine's own link.
    if url.on_loopback() || url.url().scheme() == "http" {
        return Ok(None);
    }
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let Some((name, text)) = names.iter().find_map(|name| environment.get(name).map(|text| (*name, text))) else { return Ok(None) };
    let exceptions = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).unwrap_or_default();
    if excepted(url.host(), url.url().port_or_known_default(), &exceptions) {
        return Ok(None);
    }
    let wrong = |why: &str| {
        Error::new(Kind::Config, format!("the environment variable `{name}` {why}"))
            .hint(format!("{name}=http://proxy.example:3128, with USER:PASSWORD@ before the host where the proxy wants it"))
    };
    let scheme = text.split_once("://").map_or("http", |(scheme, _)| scheme);
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err(wrong("names a proxy that is not http or https"));
    }
    // The proxy type itself takes ports above 65,535 and empty hosts.
    let whole = if text.contains("://") { text } else { format!("http://{text}") };
    let legal = url::Url::parse(&whole).is_ok_and(|url| url.has_host());
    Proxy::new(&whole).ok().filter(|_| legal).map(Some).ok_or_else(|| wrong("is not a proxy's URL"))
}

/// As curl reads NO_PROXY: `*`, hosts, domains with or without a leading dot or `*.`, each with or without a port.
fn excepted(host: &str, port: Option<u16>, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') && digits.parse::<u16>().is_ok() => (name.to_string(), digits.parse::<u16>().ok()),
            _ => (entry.clone(), None),
        };
        let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
        let same = name == "*" || host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        same && (wanted.is_none() || wanted == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let proxy = choose(&Endpoint::parse(url).unwrap(), &Environment::of(variables)).unwrap();
        proxy.map(|proxy| proxy.host().to_string())
    }

    #[test]
    fn r96_loopback_never_goes_through_a_proxy() {
        let set = [("HTTPS_PROXY", "http://p.example:3128"), ("HTTP_PROXY", "http://p.example:3128"), ("ALL_PROXY", "http://p.example")];
        for url in ["http://127.0.0.1:1/", "https://localhost/", "https://[::1]/"] {
            assert_eq!(chosen(url, &set), None, "{url}");
        }
        assert_eq!(chosen("https://a.example/", &set).as_deref(), Some("p.example"));
    }

    #[test]
    fn the_metadata_server_of_a_google_machine_is_never_asked_through_a_proxy() {
        let url = Endpoint::at_metadata_server("metadata.google.internal", "/x").unwrap();
        let set = Environment::of(&[("HTTPS_PROXY", "http://p.example:3128"), ("ALL_PROXY", "http://p.example")]);
        assert!(choose(&url, &set).unwrap().is_none());
    }

    #[test]
    fn r102_no_proxy_is_read_as_curl_reads_it() {
        for (list, bypassed) in [
            ("a.example", true),
            (".example", true),
            ("*.example", true),
            ("example", true),
            ("*", true),
            ("b.example", false),
            ("a.example:443", true),
            ("a.example:8443", false),
            ("ample", false),
            ("x, a.example", true),
        ] {
            let proxy = chosen("https://a.example/", &[("https_proxy", "http://p.example"), ("NO_PROXY", list)]);
            assert_eq!(proxy.is_none(), bypassed, "{list}");
        }
    }

    #[test]
    fn r102_a_bad_proxy_variable_is_named_and_not_repeated() {
        for bad in ["socks5://u:CANARY@p", "http://", "http://u:CANARY@:x"] {
            let error = choose(&Endpoint::parse("https://a.example/").unwrap(), &Environment::of(&[("HTTPS_PROXY", bad)])).unwrap_err();
            assert!(error.message.contains("HTTPS_PROXY") && !format!("{error:?}").contains("CANARY"), "{error:?}");
        }
    }
}
