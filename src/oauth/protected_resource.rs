//! What an API says of itself: which servers' tokens it takes, and which scopes there are (RFC 9728).

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::json;
use crate::oauth::answer::wrong;
use crate::oauth::document::{self, Words};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::World;
use crate::text::escape;

const WORDS: Words = Words { rule: "an API's metadata is only taken from its own origin", hint: "tell the API's operator" };

/// An API's metadata (section 2). All of it is foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    /// The API's own name for itself, which was checked against its URL.
    pub resource: String,
    /// The issuers whose tokens it takes; empty where it does not say.
    pub authorization_servers: Vec<String>,
    /// The scopes that it knows; empty where it does not say.
    pub scopes_supported: Vec<String>,
}

/// The metadata that the API at `api` points to, as the `resource_metadata` of its challenge says (section 5.1). Fails with
/// `Invalid` for another origin, before anything is sent, and for metadata of something else; with `Unavailable` for
/// network trouble and a server in trouble.
pub fn fetch(world: &mut dyn World, metadata_url: &str, api: &Endpoint) -> Result<ProtectedResource> {
    let invalid = |message: String| Error::new(Kind::Invalid, message).hint(WORDS.hint);
    let url = Endpoint::parse(metadata_url).map_err(|reason| invalid(format!("the API's metadata cannot be fetched: {reason}")))?;
    if url.url().origin() != api.url().origin() {
        return Err(invalid(format!("the metadata of {} is said to be at `{}`; {}", shown(api), shown(&url), WORDS.rule)));
    }
    let response = document::get(world, &url, WORDS)?;
    let parsed = |body| json::object(body).map_err(|reason| Error::new(Kind::Invalid, format!("no metadata: {reason}")));
    let members =
        document::body(&response).and_then(parsed).map_err(|error| document::unusable(&response, &url, "metadata", WORDS.hint, error))?;
    let resource = members.get("resource").and_then(Value::as_str);
    let resource = resource.ok_or_else(|| wrong("the API's metadata", &members, "resource", "a string"))?;
    if !Endpoint::parse(resource).is_ok_and(|resource| covers(&resource, api)) {
        return Err(invalid(format!("the metadata at {} is about `{}`, not about `{}`", shown(&url), escape(resource), shown(api))));
    }
    let list = |name: &str| {
        let items = members.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_string).collect()
    };
    Ok(ProtectedResource {
        resource: resource.to_string(),
        authorization_servers: list("authorization_servers"),
        scopes_supported: list("scopes_supported"),
    })
}

/// Section 3.3 wants the URL that was asked for. APIs name their root and mean all that lies below, so that will do, within
/// the origin.
fn covers(resource: &Endpoint, api: &Endpoint) -> bool {
    let (resource, api) = (resource.url(), api.url());
    let rest = api.path().strip_prefix(resource.path().trim_end_matches('/'));
    resource.origin() == api.origin()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && (resource.query().is_none() || resource.query() == api.query())
}

fn shown(url: &Endpoint) -> String {
    escape(&url.without_query())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::world::Response;
    use crate::oauth::world::script::{Script, answer, json as json_answer};

    const METADATA: &str = "https://resource.example.com/.well-known/oauth-protected-resource";

    fn fetched(url: &str, api: &str, answers: Vec<Response>) -> (Result<ProtectedResource>, Script) {
        let mut world = Script::of(answers);
        let outcome = fetch(&mut world, url, &Endpoint::parse(api).unwrap());
        (outcome, world)
    }

    fn about(resource: &str, api: &str) -> Result<ProtectedResource> {
        fetched(METADATA, api, vec![json_answer(200, serde_json::json!({ "resource": resource }).to_string())]).0
    }

    #[test]
    fn the_metadata_of_an_api_names_its_servers_and_scopes() {
        // In the form of RFC 9728 section 3.2.
        let body = r#"{"resource":"https://resource.example.com","authorization_servers":["https://as1.example.com","https://as2.example.net",7],"bearer_methods_supported":["header","body"],"scopes_supported":["profile","email","phone"]}"#;
        let (found, world) = fetched(METADATA, "https://resource.example.com/v1/me?x=1", vec![json_answer(200, body)]);
        let found = found.unwrap();
        assert_eq!(found.resource, "https://resource.example.com");
        assert_eq!(found.authorization_servers, ["https://as1.example.com", "https://as2.example.net"]);
        assert_eq!(found.scopes_supported, ["profile", "email", "phone"]);
        assert_eq!(world.urls(), [METADATA]);
        assert!(world.sent[0].header("authorization").is_none() && world.sent[0].body.is_none());
        let bare = about("https://resource.example.com", "https://resource.example.com/").unwrap();
        assert!(bare.authorization_servers.is_empty() && bare.scopes_supported.is_empty());
    }

    #[test]
    fn nothing_is_sent_to_another_origin() {
        let api = "https://resource.example.com/v1";
        for (url, told) in [
            (
                "https://evil.example/.well-known/oauth-protected-resource",
                "is said to be at `https://evil.example/.well-known/oauth-protected-resource`",
            ),
            ("https://resource.example.com:8443/x", "is said to be at"),
            ("http://resource.example.com/x", "plain http"),
            ("/.well-known/oauth-protected-resource", "not an absolute URL"),
            ("", "not an absolute URL"),
        ] {
            let (found, world) = fetched(url, api, vec![]);
            let error = found.unwrap_err();
            assert!(error.kind == Kind::Invalid && error.message.contains(told) && world.sent.is_empty(), "{error}");
        }
        let (found, world) = fetched(METADATA, api, vec![answer(302, &[("location", "https://evil.example/")], "")]);
        assert!(found.unwrap_err().message.contains("only taken from its own origin") && world.sent.len() == 1);
    }

    #[test]
    fn metadata_of_something_else_is_not_used() {
        let api = "https://resource.example.com/v1/me";
        for good in [
            api,
            "https://resource.example.com/v1",
            "https://resource.example.com/v1/",
            "https://RESOURCE.example.com:443/",
            "https://resource.example.com/x/../v1",
        ] {
            assert_eq!(about(good, api).unwrap().resource, good);
        }
        for bad in [
            "https://resource.example.com/v1/m",
            "https://resource.example.com/v1/me/x",
            "https://resource.example.com/v",
            "https://resource.example.com/V1",
            "https://resource.example.com/v1?tenant=1",
            "https://resource.example.com.evil.example/v1",
            "https://resource.example.com:8443/v1",
            "http://resource.example.com/v1",
            "urn:x",
            "",
        ] {
            let error = about(bad, api).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid);
            assert_eq!(error.message, format!("the metadata at {METADATA} is about `{bad}`, not about `{api}`"));
        }
        let error = about("a\x1b[31m", api).unwrap_err();
        assert!(error.message.contains("`a\\u{1b}[31m`"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_is_told_in_one_line() {
        let cut = Response { cut_short: Some("missing bytes".into()), ..json_answer(200, "{") };
        for (response, kind, told) in [
            (
                answer(404, &[], "CANARY"),
                Kind::Invalid,
                "no metadata at https://resource.example.com/.well-known/oauth-protected-resource: 404 Not Found",
            ),
            (answer(200, &[], "<html>CANARY"), Kind::Invalid, "oauth-protected-resource is no metadata: it is not JSON"),
            (json_answer(200, "{}"), Kind::Invalid, "the API's metadata has no `resource`"),
            (json_answer(200, r#"{"resource":["CANARY"]}"#), Kind::Invalid, "the API's metadata's `resource` is an array, not a string"),
            (answer(503, &[], ""), Kind::Unavailable, "answered 503 Service Unavailable"),
            (cut, Kind::Unavailable, "cut short"),
        ] {
            let error = fetched(METADATA, "https://resource.example.com/", vec![response]).0.unwrap_err();
            assert!(error.kind == kind && error.message.contains(told) && !error.message.contains("CANARY"), "{error}");
        }
    }
}
