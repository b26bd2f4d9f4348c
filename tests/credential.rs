//! Other programs ask for a token in their own words, and no host gets the token of another.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::redirect::{ACCESS, Provider, sign_in};
use support::*;

const TOKEN: &str = "CANARY-token-of-p";

/// A profile `p` that lists a host and a domain, and one `q` whose token is for another host.
struct Case {
    server: Server,
    oat: Oat,
}

impl Case {
    fn new() -> Case {
        Case::answering(|request| Answer::token(&format!("CANARY-token-of-{}", field(request, "client_id"))))
    }

    fn answering(answer: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Case {
        let server = Server::start(answer);
        let config = format!(
            "{}{}",
            two(&server, "p", "hosts = [\"git.example\", \"*.corp.example\", \"127.0.0.1\"]"),
            two(&server, "q", "hosts = [\"q.example\"]")
        );
        let oat = Oat::new().env("P_SECRET", SECRET).config(&config);
        Case { server, oat }
    }

    /// Asks for a host in one of the dialects.
    fn ask(&self, dialect: &str, url: &str) -> Output {
        ask(&self.oat, dialect, None, url)
    }
}

fn two(server: &Server, name: &str, more: &str) -> String {
    let endpoint = server.url("/token");
    format!(
        "[profile.{name}]\ntoken_endpoint = {endpoint:?}\ngrant = \"client_credentials\"\nclient_id = {name:?}\nclient_secret = {{ env = \"P_SECRET\" }}\nclient_auth = \"client_secret_post\"\n{more}\n"
    )
}

fn field(request: &Recorded, name: &str) -> String {
    request.form().into_iter().find(|(other, _)| other == name).unwrap().1
}

const DIALECTS: [&str; 6] = ["git", "docker", "bazel", "cargo", "go", "terraform"];

/// Asks as that program asks, for the server of this URL.
fn ask(oat: &Oat, dialect: &str, profile: Option<&str>, url: &str) -> Output {
    let (scheme, authority) = url.split_once("://").unwrap_or(("https", url));
    let host = authority.split('/').next().unwrap();
    let (stdin, verbs): (String, &[&str]) = match dialect {
        "git" => (format!("protocol={scheme}\nhost={authority}\n\n"), &["get"]),
        "docker" => (url.into(), &["get"]),
        "bazel" => (json!({"uri": url}).to_string(), &["get"]),
        "cargo" => {
            let registry = json!({"index-url": format!("sparse+{url}"), "name": "corp"});
            (format!("{}\n", json!({"v": 1, "registry": registry, "kind": "get", "operation": "read", "args": []})), &[])
        }
        "go" => ("HTTP/1.1 401 Unauthorized\r\n\r\n".into(), &[url]),
        _ => (String::new(), &["get", host]),
    };
    let words: Vec<&str> = ["credential", dialect].into_iter().chain(profile).chain(verbs.iter().copied()).collect();
    oat.piped(stdin, &words)
}

/// The token of an answer; None where it is that dialect's word for "not mine".
#[track_caller]
fn token(dialect: &str, output: &Output) -> Option<String> {
    output.assert_told();
    let json = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {output:#?}"));
    let lines: Vec<&str> = output.stdout.lines().collect();
    let bearer = |text: &str| text.strip_prefix("Bearer ").unwrap().to_string();
    let found = match (dialect, lines.as_slice()) {
        ("git", []) | ("go", []) | ("docker", ["credentials not found in native keychain"]) | ("bazel" | "terraform", ["{}"]) => None,
        ("git", lines) => {
            let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
            assert!(value("username").is_some() && value("password_expiry_utc").is_some(), "{output:#?}");
            value("password").map(String::from)
        }
        ("docker", [line]) => json(line)["Secret"].as_str().map(String::from),
        ("bazel", [line]) => json(line)["headers"]["Authorization"][0].as_str().map(bearer),
        ("terraform", [line]) => json(line)["token"].as_str().map(String::from),
        ("go", [url, "", header, ""]) => {
            assert!(url.starts_with("https://"), "{output:#?}");
            header.strip_prefix("Authorization: ").map(bearer)
        }
        ("cargo", ["{\"v\":[1]}", line]) => match &json(line)["Err"]["kind"] {
            Value::String(kind) => (kind != "url-not-supported").then(|| panic!("{output:#?}")),
            _ => json(line)["Ok"]["token"].as_str().map(bearer),
        },
        _ => panic!("{output:#?}"),
    };
    assert_eq!(output.code, Some(if dialect == "docker" && found.is_none() { 1 } else { 0 }), "{output:#?}");
    found
}

#[test]
fn a_listed_host_gets_the_token_in_every_dialect_by_one_request() {
    let case = Case::new();
    for dialect in DIALECTS {
        for url in ["https://git.example/x", "https://a.b.corp.example/", "https://GIT.example:8443"] {
            let url = if dialect == "git" { url.trim_end_matches("/x").trim_end_matches('/') } else { url };
            assert_eq!(token(dialect, &case.ask(dialect, url)).as_deref(), Some(TOKEN), "{dialect} {url}");
        }
    }
    assert_eq!(case.server.count(), 1);
}

#[test]
fn another_host_gets_nothing_and_nobody_is_asked() {
    let case = Case::new();
    let hostile = [
        "https://git.example.evil.example",
        "https://evil.example",
        "https://corp.example",
        "https://xcorp.example",
        "https://git.example@evil.example",
        "https://evil.example@git.example",
        "https://git.example\\@evil.example",
        "https://git.example%2eevil.example",
        "https://git%2eexample",
        "http://git.example",
        "http://a.corp.example",
        "ftp://git.example",
        "https://127.1",
        "https://0x7f000001",
        "https://g\u{131}t.example",
        "https://git\u{3002}example",
        "https://[::ffff:127.0.0.1]",
        "https://git.example:99999",
    ];
    for dialect in DIALECTS {
        for url in hostile {
            // A host of terraform's has no scheme.
            if dialect == "terraform" && !url.starts_with("https:") {
                continue;
            }
            for profile in [None, Some("p")] {
                let output = ask(&case.oat, dialect, profile, url);
                assert_eq!((token(dialect, &output), output.stderr.as_str()), (None, ""), "{dialect} {url}");
            }
        }
    }
    assert_eq!(case.server.connections(), 0);
}

#[test]
fn over_plain_http_this_machine_alone_gets_a_token() {
    let case = Case::new();
    for dialect in ["git", "docker", "bazel", "cargo"] {
        assert_eq!(token(dialect, &case.ask(dialect, "http://127.0.0.1:8080")).as_deref(), Some(TOKEN), "{dialect}");
    }
    let asked = case.oat.piped("protocol=http\nhost=git.example\n", &["-v", "credential", "git", "get"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), ""));
    asked.says(&["plain http"]);
}

#[test]
fn a_named_profile_gives_its_token_to_its_own_hosts_alone() {
    let case = Case::new();
    for dialect in DIALECTS {
        assert_eq!(token(dialect, &ask(&case.oat, dialect, Some("q"), "https://git.example")), None, "{dialect}");
        assert_eq!(token(dialect, &ask(&case.oat, dialect, Some("q"), "https://q.example")).as_deref(), Some("CANARY-token-of-q"));
    }
    let oat = case.oat.env("OAT_PROFILE", "q");
    assert_eq!(token("git", &ask(&oat, "git", None, "https://git.example")), None);
    assert_eq!(token("git", &ask(&oat, "git", None, "https://q.example")).as_deref(), Some("CANARY-token-of-q"));
    // The command line wins over the variable.
    assert_eq!(token("git", &ask(&oat, "git", Some("p"), "https://git.example")).as_deref(), Some(TOKEN));
    ask(&oat, "git", Some("nobody"), "https://git.example").fails_saying(6, &["no profile `nobody`"]);
}

#[test]
fn a_named_profile_without_hosts_gives_its_token_to_nobody_and_that_is_said() {
    let server = Server::always(Answer::token(TOKEN));
    let oat = Oat::against(&server);
    let output = ask(&oat, "git", Some("p"), "https://git.example");
    assert_eq!(token("git", &output), None);
    output.says(&["has no `hosts`", "oat profile edit p --hosts git.example"]);
    let output = ask(&oat, "git", None, "https://git.example");
    assert_eq!((token("git", &output), output.stderr.as_str(), server.connections()), (None, "", 0));
    // Without a file, the variables say it all.
    let oat = oat.env("OAT_HOSTS", "git.example *.corp.example");
    assert_eq!(token("git", &ask(&oat, "git", None, "https://a.corp.example")).as_deref(), Some(TOKEN));
    assert_eq!(token("git", &ask(&oat, "git", None, "https://evil.example")), None);
}

#[test]
fn two_profiles_that_list_a_host_alike_are_named_and_neither_gives_its_token() {
    let server = Server::always(Answer::token(TOKEN));
    let config = ["a", "b"].map(|name| two(&server, name, "hosts = [\"x.example\"]")).concat();
    let oat = Oat::new().env("P_SECRET", SECRET).config(&config);
    ask(&oat, "git", None, "https://x.example").fails_saying(6, &["`a` and `b`", "x.example"]);
    assert_eq!(server.connections(), 0);
    assert_eq!(token("git", &ask(&oat, "git", Some("b"), "https://x.example")).as_deref(), Some(TOKEN));
    let bad = Oat::new().env("P_SECRET", SECRET).config(&two(&server, "a", "hosts = [\"https://x.example\"]"));
    ask(&bad, "git", None, "https://x.example").fails_saying(6, &["line", "`hosts`", "is no host"]);
    bad.run(&["token", "get", "a"]).fails_saying(6, &["line", "`hosts`"]);
}

#[test]
fn the_name_of_a_link_is_the_dialect() {
    let case = Case::new();
    let words: [(&str, &[&str], &str); 6] = [
        ("git-credential-oat", &["get"], "protocol=https\nhost=git.example\n\n"),
        ("docker-credential-oat", &["get"], "git.example"),
        ("bazel-credential-oat", &["get"], "{\"uri\":\"https://git.example\"}"),
        ("go-credential-oat", &["https://git.example"], ""),
        ("terraform-credentials-oat", &["p", "get", "git.example"], ""),
        ("kubectl-oat", &["p"], ""),
    ];
    let cargo =
        json!({"v": 1, "registry": {"index-url": "sparse+https://git.example/"}, "kind": "get", "operation": "read", "args": ["p"]});
    let cargo = format!("{cargo}\n");
    let more: [(&str, &[&str], &str); 2] = [("cargo-credential-oat", &["--cargo-plugin"], &cargo), ("oat", &["--cargo-plugin"], &cargo)];
    for (name, words, stdin) in words.into_iter().chain(more) {
        let link = case.oat.folder().join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_oat"), &link).unwrap();
        let input = case.oat.file("stdin", 0o600, stdin);
        let mut command = case.oat.command(&[]);
        let environment: Vec<_> = command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
        command = std::process::Command::new(link);
        let output = command.args(words).env_clear().envs(environment).stdin(std::fs::File::open(input).unwrap()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(TOKEN), "{name}: {text} {:?}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(case.server.count(), 1);
}

#[test]
fn a_failure_leaves_standard_output_empty_and_tells_cargo_in_its_own_form() {
    let case = Case::answering(|_| Answer::error(401, "invalid_client", "no\u{1b}[31m ::add-mask::x"));
    for dialect in DIALECTS.into_iter().filter(|dialect| *dialect != "cargo") {
        case.ask(dialect, "https://git.example").fails_saying(4, &["invalid_client"]);
    }
    let output = case.ask("cargo", "https://git.example");
    let answer: Value = serde_json::from_str(output.stdout.lines().nth(1).unwrap()).unwrap();
    assert_eq!((output.code, &answer["Err"]["kind"]), (Some(0), &json!("other")), "{output:#?}");
    assert!(answer["Err"]["message"].as_str().unwrap().contains("invalid_client"));
    output.assert_harmless();
    // Nobody is there.
    let config = "[profile.p]\ntoken_endpoint = \"http://127.0.0.1:1/token\"\nclient_id = \"c\"\nclient_auth = \"none\"\ngrant = \"client_credentials\"\nhosts = [\"git.example\"]";
    ask(&Oat::new().config(config), "docker", None, "git.example").fails(5);
    let people = "[profile.p]\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"c\"\nhosts = [\"git.example\"]";
    for dialect in DIALECTS.into_iter().filter(|dialect| *dialect != "cargo") {
        ask(&Oat::new().config(people), dialect, None, "https://git.example").fails_saying(3, &["oat login p"]);
    }
}

#[test]
fn what_a_program_says_is_capped_and_never_repeated() {
    let case = Case::new();
    let long = "x".repeat(3 << 20);
    for (dialect, stdin) in [
        ("git", format!("protocol=https\nhost=git.example\nCANARY={long}\n\n")),
        ("git", format!("protocol=https\nhost=git.example\nCANARY={}\n\n", &long[..65_535])),
        ("git", "protocol=https\nhost=git.example\0CANARY\n\n".into()),
        ("git", "protocol=https\nhost=git.example\nhost=CANARY\n\n".into()),
        ("git", "CANARY\n\n".into()),
        ("docker", format!("CANARY{long}")),
        ("bazel", format!("{{\"uri\":\"CANARY{long}\"}}")),
        ("bazel", "CANARY".into()),
        ("bazel", "{\"uri\":\"https://git.example\",\"uri\":\"CANARY\"}".into()),
    ] {
        let output = case.oat.piped(&stdin, &["credential", dialect, "get"]);
        output.fails(8);
        output.assert_clean(&["CANARY"]);
    }
    let output = case.oat.piped(format!("{{\"CANARY\":\"{long}\"}}\n"), &["--cargo-plugin"]);
    assert_eq!(output.code, Some(8), "{output:#?}");
    assert_eq!(case.server.connections(), 0);
}

#[test]
fn git_is_answered_operation_by_operation() {
    let case = Case::new();
    let git = |operation: &str, said: &str| case.oat.piped(said, &["credential", "git", operation]);
    assert_eq!(git("capability", "").lines(), "version 0\ncapability authtype");
    for operation in ["store", "anything", "fill"] {
        let output = git(operation, "protocol=https\nhost=git.example\nusername=x\npassword=CANARY-y\n");
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""), "{operation}");
    }
    assert_eq!(case.server.connections(), 0);
    let bearer = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=Bearer realm=\"y\"\n";
    let output = git("get", bearer);
    let lines: Vec<&str> = output.lines().lines().collect();
    let credential = format!("credential={TOKEN}");
    assert_eq!(lines[..4], ["capability[]=authtype", "authtype=Bearer", &credential, "ephemeral=1"]);
    // git announces it whatever the server offers, and older ones do not.
    for said in [&bearer.replace("wwwauth[]=Bearer", "wwwauth[]=Negotiate"), &bearer.replace("capability[]=authtype\n", "")] {
        let output = git("get", said);
        assert_eq!(output.lines().lines().next(), Some("username=oauth2"), "{said}");
    }
    case.oat.run(&["credential", "git"]).fails_saying(2, &["oat credential setup git"]);
    case.oat.run(&["credential", "git", "p", "get", "x"]).fails(2);
}

#[test]
fn git_erases_the_token_that_was_sent_and_no_other() {
    let case = Case::answering(|request| Answer::token(&format!("CANARY-{}", request.number)));
    let got = |oat: &Oat| token("git", &ask(oat, "git", None, "https://git.example")).unwrap();
    let erase = |said: &str| {
        let output = case.oat.piped(said, &["credential", "git", "erase"]);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""), "{output:#?}");
    };
    assert_eq!(got(&case.oat), "CANARY-0");
    let record = case.oat.state().join("sessions/p.record");
    let before = std::fs::read(&record).unwrap();
    for said in [
        "protocol=https\nhost=git.example\nusername=oauth2\npassword=another\n",
        "protocol=https\nhost=git.example\nusername=oauth2\n",
        "protocol=https\nhost=evil.example\nusername=oauth2\npassword=CANARY-0\n",
        "protocol=http\nhost=git.example\nusername=oauth2\npassword=CANARY-0\n",
    ] {
        erase(said);
        assert_eq!(got(&case.oat), "CANARY-0", "{said}");
    }
    // Each time it is sealed, it is other bytes.
    assert_eq!(std::fs::read(&record).unwrap(), before);
    erase("protocol=https\nhost=git.example\nusername=oauth2\npassword=CANARY-0\n");
    assert_eq!((got(&case.oat).as_str(), case.server.count()), ("CANARY-1", 2));
    erase("protocol=https\nhost=git.example\nauthtype=Bearer\ncredential=CANARY-1\n");
    assert_eq!(got(&case.oat), "CANARY-2");
    // What was refused is not what came since.
    erase("protocol=https\nhost=git.example\nusername=oauth2\npassword=CANARY-1\n");
    assert_eq!((got(&case.oat).as_str(), case.server.count()), ("CANARY-2", 3));
}

#[test]
fn git_erases_no_token_for_another_audience() {
    let case = Case::answering(|request| Answer::token(&format!("CANARY-{}", request.number)));
    let get = |oat: &Oat, audience: &str| oat.run(&["token", "get", "p", "--audience", audience]).line().to_string();
    assert_eq!((get(&case.oat, "a"), token("git", &case.ask("git", "https://git.example"))), ("CANARY-0".into(), Some("CANARY-1".into())));
    let said = "protocol=https\nhost=git.example\nusername=oauth2\npassword=CANARY-1\n";
    assert_eq!(case.oat.piped(said, &["credential", "git", "erase"]).code, Some(0));
    assert_eq!((get(&case.oat, "a").as_str(), case.server.count()), ("CANARY-0", 2));
}

#[test]
fn an_erased_token_takes_no_sign_in_with_it() {
    let provider = Provider::good();
    let oat = provider.oat("hosts = [\"git.example\"]");
    sign_in(&oat, &provider);
    let first = token("git", &ask(&oat, "git", None, "https://git.example")).unwrap();
    let said = format!("protocol=https\nhost=git.example\nusername=oauth2\npassword={first}\n");
    assert_eq!(oat.piped(said, &["credential", "git", "erase"]).code, Some(0));
    let second = token("git", &ask(&oat, "git", None, "https://git.example")).unwrap();
    assert!(second != first && second.starts_with(ACCESS));
}

#[test]
fn a_token_that_no_line_of_gits_can_hold_is_told_and_docker_gets_it() {
    let long = "x".repeat(70_000);
    let answer = Answer::token(&long);
    let case = Case::answering(move |_| answer.clone());
    case.ask("git", "https://git.example").fails_saying(8, &["65,535"]);
    assert_eq!(token("docker", &case.ask("docker", "git.example")).as_deref(), Some(long.as_str()));
}

#[test]
fn the_user_name_is_the_profiles_else_the_hosts() {
    let server = Server::always(Answer::token(TOKEN));
    let config = two(&server, "a", "hosts = [\"github.com\", \"eu.gcr.io\", \"git.example\"]")
        + &two(&server, "b", "hosts = [\"b.example\"]\nusername = \"bot\"");
    let oat = Oat::new().env("P_SECRET", SECRET).config(&config);
    for (host, name) in
        [("github.com", "x-access-token"), ("eu.gcr.io", "oauth2accesstoken"), ("git.example", "oauth2"), ("b.example", "bot")]
    {
        let said: Value = serde_json::from_str(ask(&oat, "docker", None, host).line()).unwrap();
        assert_eq!((&said["Username"], &said["ServerURL"]), (&json!(name), &json!(host)));
        let said = ask(&oat, "git", None, &format!("https://{host}"));
        assert!(said.stdout.starts_with(&format!("username={name}\n")), "{said:#?}");
    }
}

#[test]
fn dockers_other_verbs_let_logins_and_logouts_work() {
    let case = Case::new();
    for verb in ["store", "erase"] {
        let output =
            case.oat.piped("{\"ServerURL\":\"git.example\",\"Username\":\"x\",\"Secret\":\"CANARY\"}", &["credential", "docker", verb]);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""), "{output:#?}");
    }
    assert_eq!(case.oat.run(&["credential", "docker", "list"]).line(), "{}");
    assert!(case.oat.run(&["credential", "docker", "version"]).line().starts_with("docker-credential-oat 0."));
    case.oat.piped("x", &["credential", "docker", "steal"]).fails(2);
    assert_eq!(case.server.connections(), 0);
    assert!(case.oat.state_files().is_empty());
}

#[test]
fn go_says_nothing_before_a_url_was_refused() {
    let case = Case::new();
    for words in [&["credential", "go"][..], &["credential", "go", "p"]] {
        let output = case.oat.run(words);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""), "{words:?}");
    }
    assert_eq!(case.server.connections(), 0);
    let output = case.oat.run(&["credential", "go", "p", "https://git.example/mod"]);
    assert_eq!(output.stdout, format!("https://git.example\n\nAuthorization: Bearer {TOKEN}\n\n"));
}

#[test]
fn terraform_stores_and_forgets_nothing() {
    let case = Case::new();
    for verb in ["store", "forget", "steal"] {
        case.oat.piped("{\"token\":\"CANARY\"}", &["credential", "terraform", "p", verb, "git.example"]).fails(2);
    }
    assert!(case.oat.state_files().is_empty());
}

#[test]
fn cargo_asks_several_times_in_one_go() {
    let case = Case::new();
    let request =
        |kind: &str, index: &str| json!({"v": 1, "registry": {"index-url": index, "name": "x"}, "kind": kind, "operation": "read"});
    let lines = [
        request("get", "sparse+https://git.example/index/"),
        request("login", "sparse+https://git.example/"),
        request("logout", "sparse+https://git.example/"),
        request("get", "sparse+https://evil.example/"),
        // The owner of an index on a forge says where its token is sent.
        request("get", "https://git.example/somebody/index"),
        json!({"v": 2}),
    ];
    let said = lines.map(|line| format!("{line}\n")).concat();
    let output = case.oat.piped(said, &["--cargo-plugin"]);
    let answers: Vec<Value> = output.lines().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0], json!({"v": [1]}));
    let ok = &answers[1]["Ok"];
    assert_eq!((&ok["token"], &ok["cache"], &ok["kind"]), (&json!(format!("Bearer {TOKEN}")), &json!("expires"), &json!("get")));
    // When it is not to be used any more: an hour less the leeway.
    let left = ok["expiration"].as_i64().unwrap() - redirect::now();
    assert!((3400..=3540).contains(&left), "{left}");
    let errors: Vec<&Value> = answers[2..].iter().map(|answer| &answer["Err"]["kind"]).collect();
    assert_eq!(errors, ["operation-not-supported", "operation-not-supported", "url-not-supported", "url-not-supported", "other"]);
}

#[test]
fn the_refresh_token_is_spent_by_a_process_of_its_own_for_the_right_profile() {
    let slow = Provider::granting(|request, facts| match field(request, "grant_type").as_str() {
        "authorization_code" => Answer::json(200, facts.granted(0)),
        _ => Answer::json(200, facts.granted(3600)).after(Duration::from_millis(400)),
    });
    // The words of the command do not say which profile it is, and the default is another one.
    let other = "default_profile = \"other\"\n[profile.other]\nissuer = \"https://other.example\"\nclient_id = \"x\"\n";
    let oat = Oat::new().config(&format!("{other}{}", slow.profile("p", "hosts = [\"git.example\"]")));
    sign_in(&oat, &slow);
    let asked = slow.server.count_of("/token");
    let input = oat.file("stdin", 0o600, "protocol=https\nhost=git.example\n");
    let mut command = oat.command(&["credential", "git", "get"]);
    command.process_group(0).stdin(std::fs::File::open(input).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    while slow.server.count_of("/token") == asked {
        assert!(began.elapsed() < Duration::from_secs(20), "no refresh");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(token("git", &ask(&oat, "git", None, "https://git.example")), Some(format!("{ACCESS}{asked}")));
    assert_eq!(slow.server.count_of("/token"), asked + 1);
}

#[test]
fn fifty_programs_at_once_make_one_request() {
    let case = Case::answering(|_| Answer::token(TOKEN).after(Duration::from_millis(200)));
    let outputs = case.oat.swarm(50, &["credential", "terraform", "get", "git.example"]);
    assert!(outputs.iter().all(|output| output.line() == format!("{{\"token\":\"{TOKEN}\"}}")));
    assert_eq!(case.server.count(), 1);
}

#[test]
fn setup_prints_what_to_write_where() {
    let case = Case::new();
    for (what, words) in [
        ("kubectl", &["client.authentication.k8s.io/v1", "interactiveMode: IfAvailable", "provideClusterInfo: true", "\"p\""][..]),
        ("git", &["[credential \"https://git.example\"]", "helper = \"!oat credential git p\""]),
        ("docker", &["ln -s", "docker-credential-oat", "\"git.example\": \"oat\""]),
        ("bazel", &["--credential_helper=*.corp.example=bazel-credential-oat"]),
        ("cargo", &["credential-provider = [\"oat\", \"p\"]", "sparse+https://git.example/"]),
        ("go", &["GOAUTH='oat credential go p'"]),
        ("terraform", &["terraform-credentials-oat", "args = [\"p\"]"]),
        ("npm", &["//git.example/:_authToken=${NPM_TOKEN}"]),
        ("pnpm", &["tokenHelper="]),
        ("curl", &["curl -K <(oat token get p --format curl) https://git.example/"]),
    ] {
        let output = case.oat.run(&["credential", "setup", what, "p"]);
        for word in words {
            assert!(output.lines().contains(word), "`{word}`: {output:#?}");
        }
        assert!(!output.stdout.contains("PROFILE") && !output.stdout.contains("HOST"), "{output:#?}");
    }
    case.oat.run(&["credential", "setup", "svn", "p"]).fails_saying(2, &["svn"]);
    case.oat.run(&["credential", "setup", "gti", "p"]).fails_saying(2, &["did you mean `git`?"]);
    case.oat.run(&["credential", "setup"]).fails(2);
    case.oat.run(&["credential", "setup", "git", "p", "x"]).fails(2);
    assert_eq!(case.server.connections(), 0);
    let bare = Oat::at("https://login.example/token", "");
    bare.run(&["credential", "setup", "git"]).fails_saying(6, &["no `hosts`", "oat profile edit p --hosts"]);
    assert_eq!(bare.run(&["credential", "setup", "kubectl"]).code, Some(0));
}
