//! git's credential helpers: gitcredentials(7), and the attributes of git-credential(1).

use crate::dialect::{Credential, Form, Request, malformed, unfit};
use crate::error::{Error, Result};
use crate::hosts::Host;
use crate::oauth::challenge::challenges_of;
use crate::secret::WireSecret;

/// git-credential(1): "Each line must be less than 65535 bytes".
const LONGEST_LINE: usize = 65_535;

/// What git says on standard input, as far as it counts here.
#[derive(Default)]
struct Attributes<'a> {
    protocol: Option<&'a str>,
    host: Option<&'a str>,
    /// The password, or the credential of another kind.
    secret: Option<&'a str>,
    /// Whether git can send what is no user name and password.
    authtype: bool,
    /// Whether the server offers Bearer. git can do the other whatever the server offers, so this decides.
    bearer: bool,
}

/// What git wants. An operation that is not known gets no answer and is no failure, as git asks for.
pub fn read(operation: &str, said: &[u8]) -> Result<Request> {
    match operation {
        "capability" => return Ok(Request::Fixed("version 0\ncapability authtype")),
        "get" | "erase" => {}
        // What is to be stored is here already, or it is none of ours.
        _ => return Ok(Request::Fixed("")),
    }
    let attributes = attributes(said)?;
    let host = attributes.protocol.zip(attributes.host).and_then(|(protocol, host)| {
        // Both are words and no URLs: what brings its own path or scheme is not what git sends.
        let words = matches!(protocol, "https" | "http") && !host.contains(['/', '?', '#']);
        if words { Host::parse(&format!("{protocol}://{host}")) } else { None }
    });
    Ok(match (operation, attributes.secret) {
        ("erase", Some(secret)) => Request::Erase(host, WireSecret::new(secret)),
        // Nothing is named that could be forgotten: the next one is new anyway when this one ends.
        ("erase", None) => Request::Fixed(""),
        _ if attributes.authtype && attributes.bearer => Request::Token(host, Form::Bearer),
        _ => Request::Token(host, Form::Password),
    })
}

/// Reads lines of `key=value` up to an empty one, or the end.
fn attributes(said: &[u8]) -> Result<Attributes<'_>> {
    let wrong = |why: &str| malformed("what git says on standard input", why);
    let mut found = Attributes::default();
    for line in said.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()) {
        if line.len() >= LONGEST_LINE {
            return Err(wrong("a line of more than 65,535 bytes"));
        }
        if line.contains(&0) {
            return Err(wrong("a NUL in a line"));
        }
        let mut parts = line.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { return Err(wrong("a line without `=`")) };
        // A path may be of any bytes; what counts here is text.
        let value = str::from_utf8(value);
        match key {
            b"protocol" => once(&mut found.protocol, value.ok(), wrong)?,
            b"host" => once(&mut found.host, value.ok(), wrong)?,
            b"password" | b"credential" => once(&mut found.secret, value.ok(), wrong)?,
            // An empty value begins such a list anew.
            b"capability[]" => found.authtype = value != Ok("") && (found.authtype || value == Ok("authtype")),
            b"wwwauth[]" => {
                let offers = |value: &str| challenges_of(value).iter().any(|challenge| challenge.is("Bearer"));
                found.bearer = value != Ok("") && (found.bearer || value.is_ok_and(offers));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Twice the same is a second line that got in through the first one's value.
fn once<'a>(slot: &mut Option<&'a str>, value: Option<&'a str>, wrong: impl Fn(&str) -> Error) -> Result<()> {
    match (slot.is_some(), value) {
        (true, _) => Err(wrong("the same attribute twice")),
        (_, None) => Err(wrong("what is no UTF-8 where text belongs")),
        (false, value) => {
            *slot = value;
            Ok(())
        }
    }
}

/// The answer to `get`, without its last line end. Fails with `Invalid` for a token that no line of git's can hold.
pub fn answer(form: Form, credential: &Credential) -> Result<WireSecret> {
    let (token, username) = (credential.token, credential.username);
    if token.len() + "credential=".len() >= LONGEST_LINE || username.len() >= LONGEST_LINE - 10 || username.contains(['\n', '\0', '\r']) {
        return unfit("git takes no line of more than 65,535 bytes, and the token or its user name is none that fits");
    }
    let mut text = match form {
        Form::Bearer => format!("capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1"),
        Form::Password => format!("username={username}\npassword={token}"),
    };
    if let Some(end) = credential.expires_at {
        text.push_str(&format!("\npassword_expiry_utc={}", end.0));
    }
    Ok(WireSecret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::time::UnixTime;

    fn host(request: &Request) -> Option<&str> {
        match request {
            Request::Token(host, _) | Request::Erase(host, _) => host.as_ref().map(|host| host.authority.as_str()),
            Request::Fixed(_) => None,
        }
    }

    fn form(said: &str) -> Form {
        match read("get", said.as_bytes()).unwrap() {
            Request::Token(_, form) => form,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_git_sends_is_understood() {
        // git-credential(1), and git 2.47 with an answer of a server before it.
        let said = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example:8443\npath=a=b\nusername=alice\nwwwauth[]=Basic realm=\"x\"\n\nhost=evil.example\n";
        let request = read("get", said.as_bytes()).unwrap();
        assert_eq!(host(&request), Some("git.example:8443"));
        assert_eq!(form(said), Form::Password);
        for bearer in ["wwwauth[]=Bearer realm=\"x\"\n", "wwwauth[]=Basic realm=\"a, b\", bearer\n", "wwwauth[]=Basic\nwwwauth[]=BEARER\n"]
        {
            assert_eq!(form(&format!("capability[]=authtype\nprotocol=https\nhost=a\n{bearer}")), Form::Bearer, "{bearer}");
            assert_ne!(form(&format!("protocol=https\nhost=a\n{bearer}")), Form::Bearer, "git 2.39: {bearer}");
        }
        for none in ["wwwauth[]=Bearer\nwwwauth[]=\n", "wwwauth[]=Basic realm=\"Bearer\"\n", "wwwauth[]=XBearer\n"] {
            assert_ne!(form(&format!("capability[]=authtype\nprotocol=https\nhost=a\n{none}")), Form::Bearer, "{none}");
        }
        assert_ne!(form("capability[]=authtype\ncapability[]=\nprotocol=https\nhost=a\nwwwauth[]=Bearer\n"), Form::Bearer);
    }

    #[test]
    fn what_is_erased_is_the_secret_that_was_sent() {
        for said in
            ["protocol=https\nhost=a\nusername=x\npassword=CANARY\n\n", "protocol=https\nhost=a\nauthtype=Bearer\ncredential=CANARY"]
        {
            match read("erase", said.as_bytes()).unwrap() {
                Request::Erase(Some(_), secret) => assert_eq!(secret.expose(), "CANARY"),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(read("erase", b"protocol=https\nhost=a\n"), Ok(Request::Fixed(""))));
    }

    #[test]
    fn other_operations_are_passed_over_in_silence() {
        for operation in ["store", "approve", "", "get-all"] {
            assert!(matches!(read(operation, b"\0"), Ok(Request::Fixed(""))), "{operation}");
        }
        assert!(matches!(read("capability", b""), Ok(Request::Fixed("version 0\ncapability authtype"))));
    }

    #[test]
    fn a_host_that_is_none_is_nobodys() {
        for said in [
            "",
            "\n",
            "protocol=https\n",
            "host=a\n",
            "protocol=ssh\nhost=a\n",
            "protocol=https\nhost=a@b\n",
            "protocol=https\nhost=a/b\n",
            "protocol=https\nhost=a\r\n",
            "protocol=https\nhost=https://a\n",
            "protocol=https://b/\nhost=a\n",
            "protocol=\nhost=a\n",
        ] {
            assert_eq!(host(&read("get", said.as_bytes()).unwrap()), None, "{said:?}");
        }
    }

    #[test]
    fn hostile_lines_are_refused_without_a_word_of_them() {
        let long = format!("protocol=https\nhost=a\nCANARY={}\n", "x".repeat(65_535));
        let lines: [&[u8]; 6] = [
            b"CANARY\n",
            b"protocol=https\nhost=CANARY\0evil\n",
            long.as_bytes(),
            b"protocol=https\nhost=CANARY\nhost=b\n",
            b"protocol=https\nprotocol=http\nhost=CANARY\n",
            b"protocol=https\nhost=CANARY\xff\n",
        ];
        for said in lines {
            let error = read("get", said).unwrap_err();
            assert!(error.kind == Kind::Invalid && !format!("{error:?}").contains("CANARY"), "{error:?}");
        }
        let path = format!("protocol=https\npath={}\nhost=a\n", "x".repeat(65_500));
        assert_eq!(host(&read("get", path.as_bytes()).unwrap()), Some("a"));
        assert_eq!(host(&read("get", b"protocol=https\npath=\xff\xfe\nhost=a").unwrap()), Some("a"));
    }

    #[test]
    fn answers_are_as_git_reads_them() {
        let credential = Credential { token: "T", username: "u", expires_at: Some(UnixTime(7)), renew_at: Some(UnixTime(5)) };
        let said = |form| answer(form, &credential).unwrap().expose().to_string();
        assert_eq!(said(Form::Password), "username=u\npassword=T\npassword_expiry_utc=7");
        assert_eq!(said(Form::Bearer), "capability[]=authtype\nauthtype=Bearer\ncredential=T\nephemeral=1\npassword_expiry_utc=7");
        let long = "x".repeat(65_530);
        for credential in
            [Credential { token: &long, ..credential }, Credential { token: "T", username: "u\nhost=b", expires_at: None, renew_at: None }]
        {
            assert_eq!(answer(Form::Bearer, &credential).unwrap_err().kind, Kind::Invalid);
        }
    }
}
