//! What an API asks for with a refusal: the challenges of WWW-Authenticate (RFC 9110 section 11.6.1).

use crate::oauth::world::Response;

/// The most challenges of one answer; servers send one to three.
const MOST: usize = 20;
/// The most parameters of one challenge.
const PARAMETERS: usize = 50;

/// One challenge. All of it is foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it was written; one RFC 9110 token.
    pub scheme: String,
    /// Parameters in order, their names in lower case, their values without quotes. A token68 (`Negotiate abc==`) is none.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether it is of this scheme, in any case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter of this name, which is in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges of every WWW-Authenticate header, in order; at most 20, of at most 50 parameters each. What cannot be
/// read is passed over, and does not spoil what can.
pub fn challenges(response: &Response) -> Vec<Challenge> {
    let mut found = Vec::new();
    for (_, value) in response.headers.iter().filter(|(name, _)| name == "www-authenticate") {
        read(value, &mut found);
    }
    found
}

/// The challenges of one header's value.
pub fn challenges_of(value: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    read(value, &mut found);
    found
}

/// Reads one header, word by word. A word before `=` is a parameter, and any other a scheme: the comma that stands before
/// it in the grammar stands before parameters too.
fn read(text: &str, found: &mut Vec<Challenge>) {
    let (first, mut rest) = (found.len(), text);
    // Whether the last thing read was a value without quotes, which sloppy servers let go on after a space.
    let mut bare = false;
    loop {
        let (gap, at) = split(rest, |c| blank(c) || c == ',');
        let (word, after) = split(at, |c| !blank(c) && !matches!(c, ',' | '=' | '"'));
        let next = after.trim_start_matches(blank);
        let comma = gap.contains(',');
        let current = found[first..].last_mut();
        rest = after;
        if word.is_empty() {
            // Nothing is left, or a quote or `=` stands where none belongs.
            match at.strip_prefix('"') {
                Some(quoted) => rest = unquoted(quoted, '"').1,
                None if at.is_empty() => return,
                None => rest = &at[1..],
            }
        } else if current.as_ref().is_some_and(|challenge| !comma && challenge.parameters.is_empty()) && ends(next.trim_start_matches('='))
        {
            rest = next.trim_start_matches('=');
        } else if let Some(value) = next.strip_prefix('=') {
            let value = value.trim_start_matches(blank);
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, behind) = match quote {
                Some(quote) => unquoted(&value[1..], quote),
                None => {
                    let (value, behind) = split(value, |c| !blank(c) && c != ',');
                    (value.to_string(), behind)
                }
            };
            rest = behind;
            bare = false;
            if let Some(challenge) = current.filter(|challenge| is_token(word) && challenge.parameters.len() < PARAMETERS) {
                challenge.parameters.push((word.to_ascii_lowercase(), value));
                bare = quote.is_none();
            }
        } else if let Some((_, value)) = current.filter(|_| bare && !comma).and_then(|challenge| challenge.parameters.last_mut()) {
            value.push(' ');
            value.push_str(word);
        } else if is_token(word) && (!gap.is_empty() || at.len() == text.len()) {
            if found.len() == MOST {
                return;
            }
            found.push(Challenge { scheme: word.to_string(), parameters: Vec::new() });
            bare = false;
        }
    }
}

/// What stands in quotes, without its escapes, and what follows; the opening quote is gone already. A quote that is never
/// closed goes on to the end. A single quote, which the grammar does not know, closes at the end of a word only.
fn unquoted(text: &str, quote: char) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let behind = &text[at + c.len_utf8()..];
        if c == quote && (quote == '"' || behind.is_empty() || behind.starts_with([' ', '\t', ','])) {
            return (value, behind);
        }
        let escaped = if c == '\\' { chars.next() } else { None };
        value.push(escaped.map_or(c, |(_, c)| c));
    }
    (value, "")
}

/// Whether a list element ends here.
fn ends(text: &str) -> bool {
    let next = text.trim_start_matches(blank);
    next.is_empty() || next.starts_with(',')
}

fn split(text: &str, belongs: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// RFC 9110 section 5.6.2.
fn is_token(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::world::script::answer;

    /// The challenges of these headers, each as `scheme name=value; name=value`.
    fn told(headers: &[&str]) -> Vec<String> {
        let headers: Vec<(&str, &str)> = headers.iter().map(|value| ("www-authenticate", *value)).collect();
        let show = |challenge: &Challenge| {
            let parameters: Vec<String> = challenge.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}", challenge.scheme, parameters.join("; ")).trim_end().to_string()
        };
        challenges(&answer(401, &headers, "")).iter().map(show).collect()
    }

    #[test]
    fn the_examples_of_rfc_6750_section_3_are_read() {
        assert_eq!(told(&[r#"Bearer realm="example""#]), ["Bearer realm=example"]);
        // The line break of the document is a space on the wire.
        let expired = r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#;
        assert_eq!(told(&[expired]), ["Bearer realm=example; error=invalid_token; error_description=The access token expired"]);
        let found = challenges(&answer(401, &[("content-type", "text/html"), ("www-authenticate", expired)], ""));
        assert!(found[0].is("bearer") && !found[0].is("Basic"));
        assert_eq!((found[0].parameter("error"), found[0].parameter("scope")), (Some("invalid_token"), None));
        // The two scopes of the same section.
        let scopes = r#"Bearer scope="openid profile email", Bearer scope="urn:example:channel=HBO&urn:example:rating=G,PG-13""#;
        assert_eq!(
            told(&[scopes]),
            ["Bearer scope=openid profile email", "Bearer scope=urn:example:channel=HBO&urn:example:rating=G,PG-13"]
        );
    }

    #[test]
    fn the_challenges_of_rfc_9470_section_3_are_read() {
        let level = r#"Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR""#;
        assert_eq!(
            told(&[level]),
            [
                "Bearer error=insufficient_user_authentication; error_description=A different authentication level is required; acr_values=myACR"
            ]
        );
        let age =
            r#"Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5""#;
        assert_eq!(
            told(&[age]),
            ["Bearer error=insufficient_user_authentication; error_description=More recent authentication is required; max_age=5"]
        );
    }

    #[test]
    fn the_challenge_of_rfc_9728_section_5_1_is_read() {
        // With the line break of the document, which stands between `=` and the value.
        let url = "https://resource.example.com/.well-known/oauth-protected-resource";
        assert_eq!(
            told(&[&format!("Bearer resource_metadata=\n  \"{url}\"").replace('\n', "")]),
            [format!("Bearer resource_metadata={url}")]
        );
    }

    #[test]
    fn the_challenges_of_rfc_9449_section_7_are_read() {
        assert_eq!(told(&[r#"DPoP algs="ES256 PS256""#]), ["DPoP algs=ES256 PS256"]);
        assert_eq!(
            told(&[r#"DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256""#]),
            ["DPoP error=invalid_token; error_description=Invalid DPoP key binding; algs=ES256"]
        );
        assert_eq!(told(&[r#"Bearer, DPoP algs="ES256 PS256""#]), ["Bearer", "DPoP algs=ES256 PS256"]);
        assert_eq!(
            told(&[r#"Bearer error="invalid_token", error_description="Invalid token", DPoP algs="ES256 PS256""#]),
            ["Bearer error=invalid_token; error_description=Invalid token", "DPoP algs=ES256 PS256"]
        );
        let twice = r#"Bearer error="invalid_request", error_description="Multiple methods used to include access token", DPoP algs="ES256 PS256", error="invalid_request", error_description="Multiple methods used to include access token""#;
        assert_eq!(
            told(&[twice]),
            [
                "Bearer error=invalid_request; error_description=Multiple methods used to include access token",
                "DPoP algs=ES256 PS256; error=invalid_request; error_description=Multiple methods used to include access token",
            ]
        );
    }

    #[test]
    fn microsofts_claims_challenge_is_read() {
        // In the form of learn.microsoft.com/entra/identity-platform/claims-challenge; `claims` ends with padding there.
        let header = r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", claims="eyJhIjp7ImIiOm51bGx9fQ==""#;
        let found = challenges(&answer(401, &[("www-authenticate", header)], ""));
        assert_eq!((found.len(), found[0].parameters.len(), found[0].parameter("realm")), (1, 5, Some("")));
        assert_eq!(found[0].parameter("authorization_uri"), Some("https://login.microsoftonline.com/common/oauth2/authorize"));
        assert_eq!(
            (found[0].parameter("error"), found[0].parameter("claims")),
            (Some("insufficient_claims"), Some("eyJhIjp7ImIiOm51bGx9fQ=="))
        );
    }

    #[test]
    fn several_headers_and_several_challenges_keep_their_order() {
        // RFC 9110 section 11.6.1.
        let one = r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#;
        assert_eq!(told(&[one]), ["Basic realm=simple", r#"Newauth realm=apps; type=1; title=Login to "apps""#]);
        assert_eq!(told(&["Bearer", "Negotiate, NTLM", r#"bearer Realm="x""#]), ["Bearer", "Negotiate", "NTLM", "bearer realm=x"]);
        assert_eq!(told(&["Negotiate abc==", "NTLM TlRMTVNTUAAC, Basic realm=\"x\""]), ["Negotiate", "NTLM", "Basic realm=x"]);
        assert_eq!(told(&["Negotiate a87421000492aa874209af8bc028= , Bearer error=\"x\""]), ["Negotiate", "Bearer error=x"]);
    }

    #[test]
    fn sloppy_servers_are_understood() {
        for (header, wanted) in [
            (r#"Bearer realm="a" error="b" scope="c d""#, vec!["Bearer realm=a; error=b; scope=c d"]),
            (r#"Bearer realm="a"error="b""#, vec!["Bearer realm=a; error=b"]),
            (r#"Bearer realm = "a" , error= 'b c', max_age =5"#, vec!["Bearer realm=a; error=b c; max_age=5"]),
            ("Bearer error_description='the token's expired', error='x'", vec!["Bearer error_description=the token's expired; error=x"]),
            (
                "Bearer resource_metadata=https://a.example:8443/x?y=z,error=e",
                vec!["Bearer resource_metadata=https://a.example:8443/x?y=z; error=e"],
            ),
            ("Bearer error_description=The token expired, error=x", vec!["Bearer error_description=The token expired; error=x"]),
            (r#", ,Bearer ,, realm="a",, ,Basic,"#, vec!["Bearer realm=a", "Basic"]),
            ("\tBearer\trealm=a\t", vec!["Bearer realm=a"]),
            (r#"Bearer realm="a" DPoP algs="b""#, vec!["Bearer realm=a", "DPoP algs=b"]),
            (r#"Bearer error_description="a "b" c", error="x""#, vec!["Bearer error_description=a ; error=x"]),
            (r#"Bearer realm="never closed, error="#, vec!["Bearer realm=never closed, error="]),
            ("Bearer realm=, error=x", vec!["Bearer error=x"]),
            (r#"Bearer error=x, realm=, scope="s""#, vec!["Bearer error=x; realm=; scope=s"]),
            (r#"realm="nobody's", Bearer error="x""#, vec!["Bearer error=x"]),
            (r#"Bearer b@d="1", error="x""#, vec!["Bearer error=x"]),
            (r#"Bearer realm="é\\", error="x""#, vec![r"Bearer realm=é\; error=x"]),
            ("= \"stray\" é =", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(told(&[header]), wanted, "{header}");
        }
    }

    #[test]
    fn of_a_flood_only_so_much_is_kept() {
        assert_eq!(told(&[&"Bearer,".repeat(1000), "Basic"]).len(), MOST);
        let many = format!("Bearer {}, Basic realm=x", "a=b, ".repeat(1000));
        let found = challenges(&answer(401, &[("www-authenticate", &many)], ""));
        assert_eq!((found.len(), found[0].parameters.len()), (2, PARAMETERS));
    }
}
