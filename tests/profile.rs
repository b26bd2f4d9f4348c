//! `oat profile add, list, show, edit, remove, set-secret`: what is written, what is refused, and what is never lost.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use support::*;

const VERICERTS: [&str; 8] =
    ["profile", "add", "zero", "--provider", "vericerts", "--base-url", "https://zero.example", "--client-id=cli_1"];

/// A file a person wrote, with everything that a tool likes to lose.
const OWN: &str = "# my servers\r\ndefault_profile = \"a\"   # the usual one\n\n\n[store]\n  key = 'file'\n\n# the old one\n[profile.a] # first\n\
                   scope=\"x\"   # because\nclient_id = 'A'\n# why\nclient_secret = {env=\"A_SECRET\"}\ntoken_endpoint = \"https://a.example/t\"\n\
                   grant = \"client_credentials\"\n\n\n# at the end\n";

fn written(oat: &Oat) -> String {
    fs::read_to_string(oat.config_file()).unwrap()
}

/// A command that says what it did on stderr, and nothing on stdout.
#[track_caller]
fn done(output: &Output, words: &[&str]) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.assert_well_behaved();
    output.says(words);
}

/// A refusal that leaves no file behind.
#[track_caller]
fn nothing_written(args: &[&str], code: i32, words: &[&str]) {
    let oat = Oat::new();
    oat.run(&[&["profile", "add", "p"], args].concat()).fails_saying(code, words);
    let left: Vec<_> = fs::read_dir(oat.folder()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["home"], "{args:?}");
}

fn metadata(request: &Recorded, issuer: &str) -> Answer {
    let host = request.header("host").unwrap();
    let endpoint = format!("http://{host}/token");
    Answer::json(
        200,
        json!({"issuer": issuer, "token_endpoint": endpoint, "authorization_endpoint": format!("http://{host}/authorize"), "jwks_uri": format!("http://{host}/jwks"), "response_types_supported": ["code"], "grant_types_supported": ["authorization_code", "client_credentials"]}),
    )
}

/// A server that knows itself by its own address.
fn provider() -> Server {
    Server::start(|r| match r.path() {
        "/.well-known/openid-configuration" => metadata(r, &format!("http://{}", r.header("host").unwrap())),
        "/token" => Answer::token("t"),
        _ => Answer::text(404, "text/plain", "no"),
    })
}

// ── add: a provider ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn add_writes_a_profile_of_each_provider_with_its_variables() {
    let oat = Oat::new();
    done(&oat.run(&[&VERICERTS[..], &["--client-secret-env", "ZERO_SECRET"]].concat()), &["`zero`", "config.toml", "oat token get zero"]);
    let auth0 =
        "profile add auth0-ci --provider auth0 --domain t.us.auth0.com --grant client_credentials --client-id c --client-secret-env S";
    done(&oat.run(&auth0.split(' ').chain(["--audience", "https://api.example.com"]).collect::<Vec<_>>()), &["`auth0-ci`"]);
    let vantage = "profile add vantage --provider abbyy-vantage --region eu --tenant t-1 --grant client_credentials --client-id c --client-secret-env S";
    done(&oat.run(&vantage.split(' ').collect::<Vec<_>>()), &["`vantage`"]);
    let expected = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"https://zero.example\"\nclient_id = \"cli_1\"\nclient_secret = { env = \"ZERO_SECRET\" }\n\n\
        [profile.auth0-ci]\nprovider = \"auth0\"\ndomain = \"t.us.auth0.com\"\nclient_id = \"c\"\ngrant = \"client_credentials\"\naudience = \"https://api.example.com\"\nclient_secret = { env = \"S\" }\n\n\
        [profile.vantage]\nprovider = \"abbyy-vantage\"\nregion = \"eu\"\ntenant = \"t-1\"\nclient_id = \"c\"\ngrant = \"client_credentials\"\nclient_secret = { env = \"S\" }\n";
    assert_eq!(written(&oat), expected);
    assert_eq!(mode(&oat.config_file()), 0o600);
    for name in ["zero", "auth0-ci", "vantage"] {
        assert_eq!(oat.run(&["profile", "show", name]).stderr, "", "{name} is complete");
    }
}

#[test]
fn add_names_the_variable_that_a_provider_lacks_with_its_flag() {
    nothing_written(&["--provider", "vericerts", "--client-id", "c"], 2, &["`base_url`", "--base-url https://", "VERICERTS_API_URL"]);
    nothing_written(&["--provider", "auth0", "--client-id", "c"], 2, &["`domain`", "--domain tenant.us.auth0.com"]);
    nothing_written(&["--provider", "abbyy-vantage", "--client-id", "c"], 2, &["`region`", "eu, us, au", "--region eu"]);
    nothing_written(&["--provider", "auth0", "--domain", "t.auth0.com"], 2, &["`client_id`", "--client-id"]);
    let oat = Oat::new().env("VERICERTS_API_URL", "https://zero.example").env("VERICERTS_CLIENT_ID", "cli_1");
    done(&oat.run(&["profile", "add", "zero", "--provider", "vericerts"]), &["`zero`"]);
    assert_eq!(written(&oat), "[profile.zero]\nprovider = \"vericerts\"\n", "what the preset's variables bring is left to them");
}

#[test]
fn add_refuses_what_does_not_hold_and_writes_nothing() {
    for url in ["http://zero.example", "zero.example", "https://u:p@zero.example", "https://zero.example#x", "javascript:alert(1)", ""] {
        let output = Oat::new().run(&["profile", "add", "p", "--provider", "vericerts", "--client-id", "c", "--base-url", url]);
        assert!(matches!(output.code, Some(2 | 6)), "{url}: {output:?}");
        nothing_written(&["--provider", "vericerts", "--client-id", "c", "--base-url", url], output.code.unwrap(), &["base"]);
    }
    nothing_written(&["--provider", "auth0", "--client-id", "c", "--domain", "https://t.auth0.com"], 6, &["`domain`", "host name"]);
    nothing_written(&["--provider", "auth0", "--client-id", "c", "--domain", "t.auth0.com/x"], 6, &["`domain`"]);
    nothing_written(&["--provider", "abbyy-vantage", "--client-id", "c", "--region", "de"], 6, &["`region`", "`eu`"]);
    nothing_written(&["--provider", "vericert"], 6, &["`vericert`", "`vericerts`"]);
    nothing_written(&[], 2, &["--issuer URL", "--provider NAME"]);
    nothing_written(&["--token-endpoint", "http://a.example/t", "--client-id", "c"], 2, &["--token-endpoint", "plain http"]);
    nothing_written(&["--token-endpoint", "https://a.example/t", "--client-id", "c", "--grant", "password"], 2, &["--grant"]);
    nothing_written(&["--token-endpoint", "https://a.example/t", "--client-id", "c", "--leeway", "soon"], 2, &["--leeway"]);
    nothing_written(
        &["--token-endpoint", "https://a.example/t", "--client-id", "c", "--hosts", "a.example,b.example"],
        2,
        &["--hosts", "`a.example,b.example`"],
    );
    nothing_written(&["--token-endpoint", "https://a.example/t", "--client-id", "c", "--scopes", "x"], 2, &["--scopes"]);
    for name in ["../x", "a/b", "a b", ".x", ""] {
        let oat = Oat::new();
        let output = oat.run(&["profile", "add", "--token-endpoint", "https://a.example/t", "--client-id", "c", "--", name]);
        assert!(matches!(output.code, Some(2 | 6)), "{name:?}: {output:?}");
        assert!(!oat.config_file().exists(), "{name:?}");
    }
}

#[test]
fn add_says_where_the_secret_of_a_machine_is_still_missing() {
    let oat = Oat::new();
    let words = "profile add p --token-endpoint https://a.example/t --client-id c --grant client_credentials";
    done(&oat.run(&words.split(' ').collect::<Vec<_>>()), &["oat: warning", "set-secret p", "--client-secret-env"]);
}

// ── add: an issuer ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn add_asks_an_issuer_at_once_and_the_profile_works() {
    let server = provider();
    let oat = Oat::new().env("S", SECRET);
    let issuer = server.url("");
    let words =
        ["profile", "add", "api", "--issuer", &issuer, "--client-id", "c", "--grant", "client_credentials", "--client-secret-env", "S"];
    done(&oat.run(&words), &["the metadata of", "holds", "`api`"]);
    assert_eq!(server.requests().iter().map(Recorded::path).collect::<Vec<_>>(), ["/.well-known/openid-configuration"]);
    assert_eq!(oat.run(&["token", "get", "api"]).line(), "t");
}

#[test]
fn add_warns_of_a_grant_that_the_metadata_leaves_out_and_writes_it_all_the_same() {
    let server = provider();
    let oat = Oat::new();
    done(
        &oat.run(&["profile", "add", "api", "--issuer", &server.url(""), "--client-id", "c", "--grant", "device_code"]),
        &["oat: warning", "device_code"],
    );
    assert!(written(&oat).contains("device_code"));
}

#[test]
fn r30_add_writes_nothing_where_the_metadata_does_not_hold() {
    let other = Server::start(|r| metadata(r, "https://other.example"));
    nothing_written(&["--issuer", &other.url(""), "--client-id", "c"], 8, &["issuer", "https://other.example"]);
    let slash = Server::start(|r| metadata(r, &format!("http://{}/", r.header("host").unwrap())));
    nothing_written(&["--issuer", &slash.url(""), "--client-id", "c"], 8, &[&format!("{}/", slash.url(""))]);
    let page = Server::always(Answer::text(200, "text/html", format!("<html>{CANARY}</html>")));
    nothing_written(&["--issuer", &page.url(""), "--client-id", "c"], 8, &["html"]);
    let absent = Server::always(Answer::text(404, "text/plain", CANARY));
    let output = Oat::new().run(&["profile", "add", "p", "--issuer", &absent.url(""), "--client-id", "c"]);
    nothing_written(&["--issuer", &absent.url(""), "--client-id", "c"], output.code.unwrap(), &["token_endpoint"]);
    assert!(matches!(output.code, Some(6 | 8)), "{output:?}");
    nothing_written(&["--issuer", "http://login.example.com", "--client-id", "c"], 2, &["--issuer", "plain http"]);
}

#[test]
fn add_cannot_check_an_issuer_that_is_not_there_exits_5_and_writes_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    nothing_written(&["--issuer", &format!("http://127.0.0.1:{port}"), "--client-id", "c"], 5, &["refused"]);
    let hanging = Server::always(Answer::hang());
    nothing_written(&["--issuer", &hanging.url(""), "--client-id", "c", "--timeout", "1s"], 5, &["1 s"]);
    let broken = Server::always(Answer::text(503, "text/html", "<html>"));
    nothing_written(&["--issuer", &broken.url(""), "--client-id", "c", "--timeout", "1s"], 5, &["503"]);
}

// ── add: a person signs in ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn add_for_a_person_says_what_to_register_and_what_to_type_next() {
    let ports = "http://127.0.0.1:8400/callback, http://127.0.0.1:8401/callback, http://127.0.0.1:8402/callback";
    let local = ports.replace("127.0.0.1", "localhost");
    for (words, told) in [
        ("auth0 --domain t.us.auth0.com", &["type Native", ports, "\"Allow Offline Access\"", "--scope \"openid offline_access\""][..]),
        ("auth0 --domain t.us.auth0.com --grant device_code", &["\"Device Code\"", "\"Allow Offline Access\""]),
        (
            "abbyy-vantage --region eu",
            &[ports, "\"Allow issuing refresh tokens to refresh access tokens\"", "set-secret p", "--client-secret-env"],
        ),
        ("github", &["the callback URL http://127.0.0.1/callback, which stands for every port", "set-secret p"]),
        ("github --grant device_code", &["\"Enable Device Flow\"", "no client secret"]),
        ("entra --tenant common", &["\"Mobile and desktop applications\"", "the redirect URI http://localhost, which"]),
        ("google", &["\"Desktop app\"", "set-secret p"]),
        ("okta --domain dev-1.okta.com", &["Native", ports, "Refresh Token"]),
        ("spotify", &["http://127.0.0.1/callback, without a port"]),
        ("slack --scope users:read", &[&local, "User Token Scopes", "PKCE"]),
        ("atlassian", &["the callback URL http://127.0.0.1:8400/callback,", "set-secret p"]),
        ("gitlab --redirect-uri http://127.0.0.1:9000/x", &["the redirect URIs http://127.0.0.1:9000/x (one a line)"]),
        ("hydra --base-url https://h.example", &["hydra create oauth2-client", "--redirect-uri http://127.0.0.1/callback"]),
    ] {
        let oat = Oat::new();
        let words: Vec<&str> = "profile add p --client-id c --provider".split(' ').chain(words.split(' ')).collect();
        let output = oat.run(&words);
        done(&output, &["`p`", "oat: register first: ", "oat: try it: oat login p"]);
        output.says(told);
        output.does_not_say(&["{", "cannot do yet", "token get"]);
        assert_eq!(output.stderr.contains("warning"), told.contains(&"set-secret p"), "{output:#?}");
        assert!(written(&oat).contains("client_id = \"c\""));
        assert!(!written(&oat).contains("grant = \"authorization_code\""), "the default is not written down");
    }
}

#[test]
fn every_preset_for_people_says_what_to_register() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/providers.toml")).unwrap();
    for name in text.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).filter(|name| !name.contains('.')) {
        let remedies = text.split_once(&format!("\n[{name}.remedies]")).and_then(|(_, rest)| rest.split("\n[").next()).unwrap_or_default();
        // A preset that names its grant is for machines.
        let machines = text
            .split_once(&format!("\n[{name}]"))
            .and_then(|(_, rest)| rest.split("\n[").next())
            .unwrap_or_default()
            .contains("\ngrant = ");
        assert!(machines || name == "zoom" || remedies.contains("\nregister = "), "{name}");
    }
}

#[test]
fn add_of_a_job_needs_no_client_and_writes_the_subject_as_a_table() {
    let provider = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/v";
    let oat = Oat::new();
    let output =
        oat.run(&["profile", "add", "g", "--provider", "google-sts", "--audience", provider, "--subject", "github-actions,audience=x"]);
    done(&output, &["written"]);
    output.says(&["try it: oat token get g"]);
    assert!(written(&oat).contains("subject = { audience = \"x\", source = \"github-actions\" }"), "{}", written(&oat));
    let shown = oat.run(&["profile", "show", "g"]);
    assert!(shown.lines().contains("subject = { audience = \"x\", source = \"github-actions\" }"), "{shown:#?}");
    let output = oat.run(&[
        "profile",
        "add",
        "e",
        "--provider",
        "entra",
        "--tenant",
        "t",
        "--client-id",
        "c",
        "--grant",
        "client_credentials",
        "--subject",
        "auto",
    ]);
    done(&output, &["written"]);
    oat.run(&["profile", "add", "f", "--issuer", "https://a.example", "--grant", "token_exchange", "--subject", "gitlb"])
        .fails_saying(2, &["--subject", "did you mean `gitlab`?"]);
}

#[test]
fn add_of_an_issuer_hints_at_the_scope_and_a_public_client_is_news_for_the_curious_only() {
    let server = provider();
    let oat = Oat::new();
    let issuer = server.url("");
    let output = oat.run(&["profile", "add", "p", "--issuer", &issuer, "--client-id", "c"]);
    done(&output, &["the redirect URI http://127.0.0.1/callback, on any port", "--redirect-ports 8400,8401"]);
    output.says(&["oat profile edit p --scope \"openid offline_access\"", "try it: oat login p"]);
    output.does_not_say(&["warning", "public client"]);
    assert!(!written(&oat).contains("scope"));
    let words = ["-v", "profile", "add", "q", "--issuer", &issuer, "--client-id", "c", "--scope", "openid", "--redirect-ports", "8400"];
    let output = oat.run(&words);
    done(&output, &["public client", "the redirect URI http://127.0.0.1:8400/callback"]);
    output.does_not_say(&["no scope", "on any port"]);
}

// ── add: secrets ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r72_add_writes_references_to_secrets_and_never_a_secret() {
    for (flags, line) in [
        (&["--client-secret-env", "S"][..], "client_secret = { env = \"S\" }"),
        (&["--client-secret-file", "/run/secret"], "client_secret = { file = \"/run/secret\" }"),
        (&["--client-secret-command", "pass", "show", "zero"], "client_secret = { command = [\"pass\", \"show\", \"zero\"] }"),
        (&["--client-secret-credential", "zero"], "client_secret = { credential = \"zero\" }"),
        (&["--client-secret-keyring"], "client_secret = { keyring = true }"),
    ] {
        let oat = Oat::new();
        done(&oat.run(&[&VERICERTS[..], flags].concat()), &["`zero`"]);
        assert_eq!(written(&oat).lines().last(), Some(line));
    }
    let output = Oat::new().run(&[&VERICERTS[..], &["--client-secret", SECRET]].concat());
    assert_eq!(output.code, Some(2));
    output.assert_clean(&[SECRET]);
    nothing_written(
        &["--token-endpoint=https://a/t", "--client-id=c", "--client-secret-env=A", "--client-secret-stdin"],
        2,
        &["more than one"],
    );
}

#[test]
fn r72_add_seals_a_secret_from_standard_input() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::new().stdin(format!("{SECRET}\n"));
    let url = server.url("/token");
    let words = [
        "profile",
        "add",
        "p",
        "--token-endpoint",
        &url,
        "--client-id",
        "c",
        "--grant",
        "client_credentials",
        "--client-auth",
        "client_secret_post",
    ];
    done(&oat.run(&[&words[..], &["--client-secret-stdin"]].concat()), &["sealed"]);
    assert!(written(&oat).contains("client_secret = { keyring = true }"));
    oat.assert_state_holds_none_of(&[SECRET]);
    oat.get(&[]).line();
    assert!(server.only().form().contains(&("client_secret".into(), SECRET.into())));
}

#[test]
fn r87_add_with_a_store_that_keeps_nothing_refuses_a_secret_before_anything_is_written() {
    let oat = Oat::new().env("OAT_STORE", "none").stdin(SECRET);
    oat.run(&[&VERICERTS[..], &["--client-secret-stdin"]].concat()).fails_saying(7, &["none", "OAT_STORE"]);
    assert!(!oat.config_file().exists());
}

// ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn every_byte_outside_the_change_stays_as_it_was() {
    let oat = Oat::new().config(OWN);
    done(&oat.run(&["profile", "edit", "a", "--scope", "y z"]), &["`a`"]);
    // TOML has one line end a file for toml_edit: a lone \r\n may become \n; nothing else may change.
    let plain = |text: &str| text.replace("\r\n", "\n");
    assert_eq!(plain(&written(&oat)), plain(&OWN.replace("scope=\"x\"", "scope=\"y z\"")));
    done(&oat.run(&["profile", "edit", "a", "--unset", "scope"]), &["`a`"]);
    let oat = Oat::new().config(OWN);
    done(&oat.run(&VERICERTS), &["`zero`"]);
    let text = plain(&written(&oat));
    for line in plain(OWN).lines() {
        assert!(text.contains(line), "`{line}` is lost:\n{text}");
    }
    assert_eq!(text.lines().filter(|l| l.starts_with("[profile.")).collect::<Vec<_>>(), ["[profile.a] # first", "[profile.zero]"]);
}

#[test]
fn the_mode_of_a_file_that_is_there_is_kept() {
    for wanted in [0o600, 0o644, 0o640] {
        let oat = Oat::new().config(OWN);
        fs::set_permissions(oat.config_file(), fs::Permissions::from_mode(wanted)).unwrap();
        done(&oat.run(&VERICERTS), &["`zero`"]);
        assert_eq!(mode(&oat.config_file()), wanted);
    }
}

#[test]
fn a_new_file_is_private_whatever_the_umask_and_so_is_its_folder() {
    let oat = Oat::new().unset("OAT_CONFIG").under(&["sh", "-c", "umask 000; exec \"$@\"", "sh"]);
    done(&oat.run(&VERICERTS), &["`zero`"]);
    let path = oat.home().join(".config/oat/config.toml");
    assert_eq!(mode(&path), 0o600);
    let folder = mode(path.parent().unwrap());
    assert_eq!(folder & 0o022, 0, "others may put files into it: {folder:o}");
}

#[test]
fn a_config_file_that_is_a_link_stays_one() {
    let oat = Oat::new();
    let dotfiles = oat.folder().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    let real = dotfiles.join("oat.toml");
    fs::write(&real, OWN).unwrap();
    for target in ["dotfiles/oat.toml", real.to_str().unwrap()] {
        let _ = fs::remove_file(oat.config_file());
        symlink(target, oat.config_file()).unwrap();
        done(&oat.run(&["profile", "edit", "a", "--scope", target]), &["`a`"]);
        assert!(fs::symlink_metadata(oat.config_file()).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains(target));
    }
    // One that leads to a file that is not there yet.
    fs::remove_file(&real).unwrap();
    done(&oat.run(&VERICERTS), &["`zero`"]);
    assert!(fs::symlink_metadata(oat.config_file()).unwrap().is_symlink(), "the link was replaced");
    assert!(fs::read_to_string(&real).unwrap().contains("[profile.zero]"));
}

#[test]
fn a_profile_that_is_there_is_not_added_again() {
    let oat = Oat::new().config(OWN);
    let output = oat.run(&["profile", "add", "a", "--token-endpoint", "https://b.example/t", "--client-id", "c"]);
    output.fails_saying(6, &["`a`", "already", "oat profile edit a"]);
    assert_eq!(written(&oat), OWN);
}

#[test]
fn a_file_that_does_not_hold_is_not_touched_by_any_command() {
    for broken in ["[profile.a\n", "[profile.a]\nscopes = 1\n", "x = 1\n", "[profile.a]\n[profile.a]\n"] {
        let oat = Oat::new().config(broken).stdin(SECRET);
        for args in
            [&VERICERTS[..], &["profile", "edit", "a", "--scope", "x"], &["profile", "remove", "a"], &["profile", "set-secret", "a"]]
        {
            oat.run(args).fails_saying(6, &["config.toml", "line"]);
            assert_eq!(written(&oat), broken);
        }
    }
}

#[test]
fn a_disk_without_room_leaves_the_old_file_and_no_other() {
    let oat = Oat::new().config(OWN).under(&["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]);
    for args in [&VERICERTS[..], &["profile", "edit", "a", "--scope", "y"], &["profile", "remove", "a"]] {
        oat.run(args).fails_saying(6, &["cannot write", "config.toml"]);
        assert_eq!(written(&oat), OWN);
        assert_eq!(fs::read_dir(oat.folder()).unwrap().count(), 2, "the home, the file and nothing else");
    }
}

#[test]
fn a_place_where_no_file_can_be_is_told() {
    for path in ["/proc/nowhere/config.toml", "/dev/null/config.toml"] {
        Oat::new().env("OAT_CONFIG", path).run(&VERICERTS).fails_saying(6, &[path]);
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn a_read_only_folder_leaves_the_old_file_as_it_was() {
    let oat = Oat::new();
    let folder = oat.folder().join("etc");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.toml"), OWN).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let path = folder.join("config.toml");
    let oat = oat.env("OAT_CONFIG", path.to_str().unwrap()).under(&support::parts::without_privileges());
    let outputs = [&VERICERTS[..], &["profile", "edit", "a", "--scope", "y"], &["profile", "remove", "a"]].map(|args| oat.run(args));
    let text = fs::read_to_string(&path).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    for output in outputs {
        output.fails_saying(6, &["cannot write", path.to_str().unwrap(), "writable"]);
    }
    assert_eq!(text, OWN);
}

#[test]
fn r81_kill_9_at_any_moment_leaves_the_old_or_the_new_file() {
    let oat = Oat::new().config(OWN);
    let other = OWN.replace("scope=\"x\"", "scope=\"y\"");
    for round in 0..30_u64 {
        let scope = if written(&oat).contains("\"x\"") { "y" } else { "x" };
        let mut child = oat.command(&["profile", "edit", "a", "--scope", scope]).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_micros(round * 200));
        child.kill().unwrap();
        child.wait().unwrap();
        let plain = written(&oat).replace("\r\n", "\n");
        assert!([OWN, &other].iter().any(|text| text.replace("\r\n", "\n") == plain), "{plain}");
    }
}

// ── list and show ───────────────────────────────────────────────────────────────────────────────────────────────

const TWO: &str = "default_profile = \"b\"\n[profile.a]\nprovider = \"vericerts\"\nbase_url = \"https://z.example\"\n[profile.b]\nissuer = \"https://b.example\"\nclient_id = \"B\"\n";

#[test]
fn list_names_each_profile_with_its_grant_and_server() {
    let oat = Oat::new().config(TWO);
    let output = oat.run(&["profile", "list"]);
    assert_eq!(output.lines(), "a  client_credentials  vericerts\nb  authorization_code  https://b.example");
    let told: Value = serde_json::from_str(oat.run(&["profile", "list", "--json"]).line()).unwrap();
    let row = |name: &str, grant: &str, server: &str, default: bool| json!({"profile": name, "grant": grant, "server": server, "default": default});
    let rows = [row("a", "client_credentials", "vericerts", false), row("b", "authorization_code", "https://b.example", true)];
    assert_eq!(told, json!({"profiles": rows}));
}

#[test]
fn list_of_nothing_says_how_to_begin() {
    let output = Oat::new().run(&["profile", "list"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""));
    output.says(&["oat profile add NAME --issuer URL"]);
    assert_eq!(Oat::new().run(&["profile", "list", "--json"]).line(), r#"{"profiles":[]}"#);
}

fn shown(oat: &Oat, name: &str) -> Vec<String> {
    let output = oat.run(&["profile", "show", name]);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    output.lines().lines().map(words).collect()
}

#[test]
fn show_says_of_every_value_where_it_comes_from() {
    let config = "[profile.zero]\nprovider = \"vericerts\"\nbase_url = \"${ZERO}\"\nscope = \"file\"\naudience = \"file\"\n";
    let oat = Oat::new().config(config).env("ZERO", "https://z.example").env("OAT_SCOPE", "variable").env("VERICERTS_CLIENT_ID", "cli_1");
    let lines = shown(&oat, "zero");
    for line in [
        "provider = \"vericerts\" # line 2",
        "base_url = \"https://z.example\" # line 3",
        "audience = \"file\" # line 5",
        "scope = \"variable\" # OAT_SCOPE",
        "client_id = \"cli_1\" # preset vericerts",
        "token_endpoint = \"https://z.example/v1/auth/token\" # preset vericerts",
        "client_secret = { env = \"VERICERTS_CLIENT_SECRET\" } # preset vericerts",
        "leeway = \"60s\" # preset vericerts",
    ] {
        assert!(lines.iter().any(|l| l == line), "no `{line}` in {lines:#?}");
    }
    assert!(shown(&Oat::new(), "sandbox").iter().any(|l| l == "grant = \"client_credentials\" # built in"));
    let told: Value = serde_json::from_str(oat.run(&["profile", "show", "zero", "--json"]).line()).unwrap();
    assert_eq!(told["profile"], "zero");
    assert_eq!(told["settings"]["scope"], json!({"value": "variable", "from": "OAT_SCOPE"}));
    assert_eq!(told["settings"]["leeway"], json!({"value": "60s", "from": "preset vericerts"}));
}

#[test]
fn show_never_shows_a_secret() {
    let config = format!(
        "[profile.p]\ntoken_endpoint = \"https://a.example/t\"\nclient_id = \"c\"\ngrant = \"client_credentials\"\nclient_secret = \"{SECRET}\"\n\
         token_params = {{ api_key = \"{SECRET}\", PASSWORD = \"{SECRET}\", client_assertion = \"{SECRET}\", subject_token = \"{SECRET}\", plain = \"seen\" }}\n"
    );
    let oat = Oat::new().config(&config);
    for args in [&["profile", "show", "p"][..], &["profile", "show", "p", "--json"]] {
        let output = oat.run(args);
        assert_eq!(output.code, Some(0));
        output.assert_clean(&[SECRET]);
        assert!(output.stdout.contains("[redacted]") && output.stdout.contains("seen"), "{output:?}");
    }
    assert!(shown(&oat, "p").iter().any(|l| l == "client_secret = [redacted] # line 5"));
    let told: Value = serde_json::from_str(oat.run(&["profile", "show", "p", "--json"]).stdout.trim_end()).unwrap();
    assert_eq!(told["settings"]["token_params"]["value"]["plain"], "seen");
    let oat = oat.env("OAT_CLIENT_SECRET", SECRET);
    let output = oat.run(&["profile", "show", "p"]);
    output.assert_clean(&[SECRET]);
    assert!(output.stdout.contains("OAT_CLIENT_SECRET"), "{output:?}");
}

#[test]
fn show_of_a_profile_that_is_not_complete_shows_what_there_is_and_says_what_is_missing() {
    let oat = Oat::new().config("[profile.zero]\nprovider = \"vericerts\"\nscope = \"x\"\n");
    let output = oat.run(&["profile", "show", "zero"]);
    assert!(output.lines().contains("scope = \"x\""), "{output:?}");
    output.says(&["oat: warning", "not complete", "base_url", "VERICERTS_API_URL"]);
    let output = oat.run(&["profile", "show", "zero", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(output.stdout.trim_end()).unwrap()["settings"]["scope"]["value"], "x");
}

// ── edit ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn edit_sets_and_unsets_keys() {
    let oat = Oat::new().config(TWO);
    let words = [
        "profile",
        "edit",
        "b",
        "--scope",
        "r w",
        "--leeway",
        "5m",
        "--resource",
        "https://a",
        "--resource",
        "https://b",
        "--redirect-ports",
        "8400,8401",
    ];
    done(&oat.run(&words), &["`b`"]);
    let text = written(&oat);
    for line in ["scope = \"r w\"", "leeway = \"300s\"", "resource = [\"https://a\", \"https://b\"]", "redirect_ports = [8400, 8401]"] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
    }
    done(&oat.run(&["profile", "edit", "b", "--unset", "scope", "--unset", "leeway", "--client-secret-env", "S"]), &["`b`"]);
    let text = written(&oat);
    assert!(!text.contains("scope") && !text.contains("leeway") && text.contains("client_secret = { env = \"S\" }"), "{text}");
    done(&oat.run(&["profile", "edit", "b", "--unset", "audience"]), &["oat: warning", "no `audience`"]);
}

#[test]
fn edit_refuses_what_does_not_hold_and_changes_nothing() {
    let oat = Oat::new().config(TWO);
    for (args, code, words) in [
        (&["b", "--unset", "scpe"][..], 2, &["`scpe`", "`scope`"][..]),
        (&["b", "--token-endpoint", "http://far.example/t"], 2, &["--token-endpoint", "plain http"]),
        (&["b", "--issuer", "http://far.example"], 2, &["--issuer", "plain http"]),
        (&["b", "--leeway", "soon"], 2, &["--leeway"]),
        (&["b", "--client-auth", "post"], 2, &["--client-auth", "client_secret_post"]),
        (&["c", "--scope", "x"], 6, &["`c`"]),
        (&["b"], 2, &["nothing to change", "--unset"]),
        (&["b", "--client-secret-stdin"], 2, &["set-secret"]),
    ] {
        oat.run(&[&["profile", "edit"], args].concat()).fails_saying(code, words);
        assert_eq!(written(&oat), TWO, "{args:?}");
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn edit_opens_the_file_in_the_editor_and_keeps_what_holds() {
    let oat = Oat::new().config(TWO);
    let editor = oat.file("editor", 0o700, "#!/bin/sh\nprintf '# edited\\nclient_auth = \"none\"\\n' >> \"$2\"\n");
    for variable in ["EDITOR", "VISUAL"] {
        let oat = Oat::new().config(TWO).env(variable, &format!("{} --wait", editor.display()));
        let (code, screen) = oat.on_terminal(&["profile", "edit", "b"], &[]);
        assert_eq!(code, Some(0), "{screen}");
        assert_eq!(written(&oat), format!("{TWO}# edited\nclient_auth = \"none\"\n"));
        assert_eq!(fs::read_dir(oat.folder()).unwrap().count(), 2, "no copy is left");
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn a_broken_edit_changes_nothing_and_no_edit_is_lost() {
    let oat = Oat::new().config(TWO);
    let editor = oat.file("editor", 0o700, "#!/bin/sh\nprintf '# %s\\n[profile.broken\\n' \"$EDIT\" >> \"$1\"\nexit ${FAILS:-0}\n");
    let mut oat = oat.env("EDITOR", editor.to_str().unwrap());
    let mut kept = Vec::new();
    for (name, fails) in [("one", "0"), ("two", "0"), ("three", "1")] {
        oat = oat.env("EDIT", name).env("FAILS", fails);
        let (code, screen) = oat.on_terminal(&["profile", "edit", "b"], &[]);
        assert_eq!(code, Some(6), "{screen}");
        assert!(screen.contains("nothing was changed; your text is kept in"), "{screen}");
        kept.push(screen.rsplit('`').nth(1).unwrap().to_string());
        assert_eq!(written(&oat), TWO);
    }
    for (path, name) in kept.iter().zip(["one", "two", "three"]) {
        assert_eq!(fs::read_to_string(path).unwrap(), format!("{TWO}# {name}\n[profile.broken\n"));
        assert_eq!(mode(path.as_ref()), 0o600);
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn an_edit_does_not_overwrite_what_came_in_meanwhile() {
    let oat = Oat::new().config(TWO);
    let script = format!("#!/bin/sh\n'{}' profile edit b --scope meanwhile\nprintf '# edited\\n' >> \"$1\"\n", env!("CARGO_BIN_EXE_oat"));
    let editor = oat.file("editor", 0o700, script);
    let oat = oat.env("EDITOR", editor.to_str().unwrap());
    let (code, screen) = oat.on_terminal(&["profile", "edit", "b"], &[]);
    assert_eq!(code, Some(6), "{screen}");
    assert!(screen.contains("nothing was overwritten"), "{screen}");
    assert!(written(&oat).contains("meanwhile") && !written(&oat).contains("# edited"));
}

// ── remove and set-secret ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r89_remove_takes_the_tokens_and_the_sealed_secret_with_it() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::at(&server.url("/token"), "client_secret = { keyring = true }").stdin(SECRET);
    done(&oat.run(&["profile", "set-secret", "p"]), &["sealed"]);
    oat.get(&[]).line();
    let kept = |oat: &Oat| oat.state_files().iter().filter(|f| f.to_str().unwrap().contains("/p.")).count();
    assert!(kept(&oat) >= 2, "{:?}", oat.state_files());
    done(&oat.run(&["profile", "remove", "p"]), &["`p` is gone", "tokens", "secret"]);
    let left: Vec<_> = oat.state_files().into_iter().filter(|f| fs::metadata(f).unwrap().len() > 0).collect();
    assert!(left.iter().all(|f| f.ends_with("store.key")), "{left:?}");
    assert!(!written(&oat).contains("profile.p"));
}

#[test]
fn remove_keeps_the_rest_and_takes_the_default_with_it() {
    let oat = Oat::new().config(TWO);
    done(&oat.run(&["profile", "remove", "b"]), &["`b` is gone", "nothing was kept"]);
    assert_eq!(written(&oat), "[profile.a]\nprovider = \"vericerts\"\nbase_url = \"https://z.example\"\n");
    oat.run(&["profile", "remove", "b"]).fails_saying(6, &["`b`"]);
}

#[test]
fn set_secret_seals_what_comes_in_and_token_get_uses_it() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::at(&server.url("/token"), "client_secret = { env = \"NOT_SET\" } # mine").stdin(format!("{SECRET}\nanother line\n"));
    let output = oat.run(&["profile", "set-secret", "p"]);
    done(&output, &["sealed", "store.key", "0600"]);
    assert!(written(&oat).contains("client_secret = { keyring = true } # mine"), "{}", written(&oat));
    oat.assert_state_holds_none_of(&[SECRET]);
    oat.get(&[]).line();
    assert!(server.only().form().contains(&("client_secret".into(), SECRET.into())));
    let again = oat.stdin("another-secret");
    done(&again.run(&["profile", "set-secret", "p"]), &["sealed"]);
    again.get(&["--force"]).line();
    assert!(server.requests()[1].form().contains(&("client_secret".into(), "another-secret".into())));
}

#[test]
fn set_secret_refuses_before_anything_is_changed() {
    let before = "[profile.p]\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n";
    let oat = Oat::new().config(before);
    oat.run(&["profile", "set-secret", "p"]).fails_saying(6, &["standard input"]);
    let oat = oat.stdin(SECRET);
    oat.run(&["profile", "set-secret", "q"]).fails_saying(6, &["`q`"]);
    let oat = oat.env("OAT_STORE", "none");
    oat.run(&["profile", "set-secret", "p"]).fails_saying(7, &["none", "OAT_STORE"]);
    let oat = oat.env("OAT_STORE", "keyring");
    oat.run(&["profile", "set-secret", "p"]).fails_saying(7, &["keyring"]);
    let oat = oat.env("OAT_STORE", "env");
    oat.run(&["profile", "set-secret", "p"]).fails_saying(6, &["OAT_STORE_KEY"]);
    let oat = oat.env("OAT_STORE", "file").env("OAT_STATE", "/proc/nowhere/oat");
    oat.run(&["profile", "set-secret", "p"]).fails_saying(7, &["/proc/nowhere/oat"]);
    assert_eq!(written(&oat), before);
    assert!(oat.state_files().iter().all(|file| file.extension().is_none_or(|e| e != "secret")), "{:?}", oat.state_files());
}

#[test]
fn a_sealed_secret_that_is_not_there_is_told_with_the_command_that_seals_one() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::at(&server.url("/token"), "client_secret = { keyring = true }");
    let output = oat.get(&[]);
    assert!(matches!(output.code, Some(6 | 7)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["oat profile set-secret p"]);
    assert_eq!(server.connections(), 0);
}

// ── on a terminal ───────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "real-parts")]
#[test]
fn add_on_a_terminal_asks_for_what_is_missing_and_never_shows_the_secret() {
    let oat = Oat::new();
    let answers = [
        ("issuer URL, or the name of a provider: ", "vericerts"),
        ("base_url", "https://zero.example"),
        ("environment variable with the client secret", ""),
        ("client secret: ", SECRET),
    ];
    let (code, screen) = oat.on_terminal(&["profile", "add", "zero", "--client-id", "cli_1", "--client-secret-keyring"], &answers[..2]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(written(&oat).contains("base_url = \"https://zero.example\""));

    let server = provider();
    let oat = Oat::new();
    let issuer = server.url("");
    let answers = [("issuer URL", issuer.as_str()), ("client_id: ", "cli"), answers[2], answers[3]];
    let (code, screen) = oat.on_terminal(&["profile", "add", "api", "--grant", "client_credentials"], &answers);
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains(SECRET), "{screen}");
    let text = written(&oat);
    for line in [&format!("issuer = \"{issuer}\""), "client_id = \"cli\"", "client_secret = { keyring = true }"] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
    }
    assert_eq!(oat.run(&["token", "get", "api"]).line(), "t");
}

#[cfg(feature = "real-parts")]
#[test]
fn add_on_a_terminal_offers_a_sign_in_and_asks_for_what_it_needs() {
    let server = provider();
    let (oat, issuer) = (Oat::new(), server.url(""));
    let answers = [
        ("issuer URL", issuer.as_str()),
        ("client_id: ", "cli"),
        ("grant (empty: authorization_code", ""),
        ("scope (empty: openid offline_access)", ""),
    ];
    let (code, screen) = oat.on_terminal(&["profile", "add", "work"], &answers);
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("try it: oat login work"), "{screen}");
    assert_eq!(written(&oat), format!("[profile.work]\nissuer = \"{issuer}\"\nclient_id = \"cli\"\nscope = \"openid offline_access\"\n"));

    let oat = Oat::new();
    let answers = [
        ("domain (such as", "t.us.auth0.com"),
        ("client_id: ", "cli"),
        ("grant (empty:", ""),
        ("scope (empty: openid offline_access)", "openid"),
        ("audience (empty: none)", "https://api.example.com"),
    ];
    let (code, screen) = oat.on_terminal(&["profile", "add", "p", "--provider", "auth0"], &answers);
    assert_eq!(code, Some(0), "{screen}");
    for line in ["scope = \"openid\"", "audience = \"https://api.example.com\""] {
        assert!(written(&oat).lines().any(|l| l == line), "no `{line}` in\n{}", written(&oat));
    }

    let oat = Oat::new();
    let answers =
        [("client_id: ", "cli"), ("grant (empty:", ""), ("environment variable with the client secret", ""), ("client secret: ", SECRET)];
    let (code, screen) = oat.on_terminal(&["profile", "add", "gh", "--provider", "github"], &answers);
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("sealed") && screen.contains("callback URL") && !screen.contains(SECRET), "{screen}");

    let (code, screen) = Oat::new()
        .on_terminal(&["profile", "add", "p", "--provider", "github", "--client-id", "c"], &[("grant (empty:", "authorisation_code")]);
    assert_eq!(code, Some(2), "{screen}");
    assert!(screen.contains("did you mean `authorization_code`?"), "{screen}");
}

#[cfg(feature = "real-parts")]
#[test]
fn add_on_a_terminal_takes_an_empty_answer_for_a_no_and_writes_nothing() {
    let oat = Oat::new();
    let (code, screen) = oat.on_terminal(&["profile", "add", "p"], &[("issuer URL", "")]);
    assert_eq!(code, Some(2), "{screen}");
    assert!(!oat.config_file().exists());
}

#[cfg(feature = "real-parts")]
#[test]
fn set_secret_on_a_terminal_hides_what_is_typed() {
    let server = Server::always(Answer::token("t"));
    let oat = Oat::at(&server.url("/token"), "");
    let (code, screen) = oat.on_terminal(&["profile", "set-secret", "p"], &[("client secret of profile `p`: ", SECRET)]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains(SECRET), "{screen}");
    oat.unset("P_SECRET").get(&[]).line();
    assert!(server.only().form().contains(&("client_secret".into(), SECRET.into())));
}

#[test]
fn twenty_profiles_that_are_added_at_once_are_all_there() {
    let oat = Oat::new();
    std::thread::scope(|scope| {
        for number in 0..20 {
            let oat = &oat;
            scope.spawn(move || {
                let name = format!("p{number}");
                let output = oat.run(&["profile", "add", &name, "--token-endpoint", "https://a.example/token", "--client-id", "c"]);
                assert_eq!(output.code, Some(0), "{output:?}");
            });
        }
    });
    let listed = oat.run(&["profile", "list"]).lines().lines().count();
    assert_eq!(listed, 20);
}

#[test]
fn what_is_no_regular_file_is_not_replaced_by_one() {
    let oat = Oat::new();
    let fifo = oat.config_file().with_extension("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    for path in ["/dev/null", fifo.to_str().unwrap()] {
        let output = oat.run(&["--config", path, "profile", "add", "p", "--token-endpoint", "https://a.example/t", "--client-id", "c"]);
        output.fails_saying(6, &["not a regular file"]);
        assert!(!std::fs::metadata(path).unwrap().is_file(), "{path}");
    }
}

#[test]
fn a_key_cannot_be_set_and_taken_out_at_once() {
    let oat = Oat::new().config("[profile.p]\ntoken_endpoint = \"https://a.example/t\"\nclient_id = \"c\"\n");
    oat.run(&["profile", "edit", "p", "--unset", "client_id", "--client-id", "z"]).fails_saying(2, &["client_id"]);
}
