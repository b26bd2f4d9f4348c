//! Time-outs, certificates and proxies: what ends, what is said, and that nothing is sent where it must not be.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

#[cfg(feature = "real-parts")]
use std::io::{BufRead, BufReader};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
#[cfg(feature = "real-parts")]
use std::process::Stdio;
use std::thread;
use std::time::Duration;

#[cfg(feature = "real-parts")]
use support::parts::{part, succeeded};
use support::proxy::{Manner, Proxy};
use support::tls::{Authority, Fault};
use support::*;

const OBJECT: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;

/// A profile whose token_endpoint is at `host`, trusting `authority`.
fn trusting(authority: &Authority, endpoint: &str) -> Oat {
    let oat = Oat::at(endpoint, "");
    let ca = oat.file("ca.pem", 0o600, authority.pem());
    oat.env("OAT_CA_FILE", ca.to_str().unwrap())
}

// ── R54: one deadline ───────────────────────────────────────────────────────────────────────────────────────────

#[track_caller]
fn ends_at_the_deadline(answer: Answer) {
    let server = Server::always(answer);
    let output = Oat::against(&server).get(&["--timeout", "1s"]);
    output.fails_saying(5, &["1 s"]);
    assert!(output.duration > Duration::from_millis(700) && output.duration < Duration::from_millis(2500), "{:?}", output.duration);
    assert_eq!(server.count(), 1, "asked again after the time was up");
}

#[test]
fn r54_a_server_that_says_nothing_ends_at_the_deadline() {
    ends_at_the_deadline(Answer::hang());
}

#[test]
fn r54_a_server_that_drips_ends_at_the_deadline() {
    ends_at_the_deadline(Answer::text(200, "application/json", OBJECT).dripping(Duration::from_millis(50)));
}

#[test]
fn r54_a_body_that_never_ends_its_announced_length_ends_at_the_deadline() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"access_token\":\"CANARY-in-the-body\"";
    ends_at_the_deadline(Answer::raw_then_hang(head));
}

#[test]
fn r54_headers_that_never_end_end_at_the_deadline() {
    ends_at_the_deadline(Answer::raw_then_hang("HTTP/1.1 200 OK\r\nContent-Type: appl"));
}

#[test]
fn r54_the_deadline_comes_from_the_environment_too_and_the_flag_wins() {
    let server = Server::always(Answer::hang());
    let oat = Oat::against(&server).env("OAT_TIMEOUT", "1s");
    let output = oat.get(&[]);
    output.fails(5);
    assert!(output.duration < Duration::from_millis(2500), "{:?}", output.duration);
    let output = oat.env("OAT_TIMEOUT", "40s").get(&["--timeout", "1"]);
    output.fails(5);
    assert!(output.duration < Duration::from_millis(2500), "{:?}", output.duration);
}

#[test]
fn r54_a_time_out_that_is_no_time_is_a_usage_error() {
    for value in ["soon", "-1", "", "1.5.2"] {
        let server = Server::always(Answer::token("t"));
        let output = Oat::against(&server).get(&[&format!("--timeout={value}")]);
        assert!(matches!(output.code, Some(2 | 6)), "{value}: {output:?}");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn r54_retries_stay_inside_the_deadline() {
    let server = Server::always(Answer::error(503, "server_error", "").header("Retry-After", "5"));
    let output = Oat::against(&server).get(&["--timeout", "2s"]);
    output.fails(5);
    assert!(output.duration < Duration::from_millis(2600), "{:?}", output.duration);
}

/// A port on which nobody takes what comes: further connections are neither made nor refused.
#[cfg(target_os = "linux")]
struct Deaf {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
impl Deaf {
    fn start() -> Deaf {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let waiting: Vec<TcpStream> = (0..8192).map_while(connect).collect();
        assert!(waiting.len() < 8192, "this machine's queue of connections has no end");
        Deaf { listener, _waiting: waiting }
    }

    fn url(&self) -> String {
        format!("http://{}/token", self.listener.local_addr().unwrap())
    }
}

#[cfg(target_os = "linux")]
#[test]
fn r54_connecting_takes_ten_seconds_of_a_longer_deadline_and_all_of_a_shorter_one() {
    let deaf = Deaf::start();
    let oat = Oat::at(&deaf.url(), "");
    for (timeout, seconds) in [("1s", 1), ("30s", 10)] {
        let output = oat.get(&["--timeout", timeout]);
        output.fails_saying(5, &["127.0.0.1"]);
        let (least, most) = (Duration::from_millis(seconds * 1000 - 300), Duration::from_millis(seconds * 1000 + 2000));
        assert!(output.duration > least && output.duration < most, "{timeout}: {:?}", output.duration);
    }
}

#[test]
fn a_port_where_nobody_listens_is_told_with_host_and_port() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = Oat::at(&format!("http://127.0.0.1:{port}/token"), "").get(&["--timeout", "3s"]);
    output.fails_saying(5, &["127.0.0.1", "refused"]);
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let output = Oat::at("https://nobody.invalid/token", "").get(&["--timeout", "5s"]);
    output.fails_saying(5, &["nobody.invalid"]);
}

// ── R100: certificates ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_company_authority_given_by_flag_variable_or_profile_is_trusted() {
    let authority = Authority::new();
    let server = Server::always_tls(authority.server("127.0.0.1", Fault::None), Answer::token("t"));
    let plain = Oat::at(&server.url_as("localhost", "/token"), "");
    let ca = plain.file("ca.pem", 0o644, authority.pem());
    let ca = ca.to_str().unwrap();
    assert_eq!(plain.get(&["--ca-file", ca]).line(), "t");
    assert_eq!(Oat::at(&server.url("/token"), "").env("OAT_CA_FILE", ca).get(&[]).line(), "t");
    assert_eq!(Oat::at(&server.url("/token"), "").env("SSL_CERT_FILE", ca).get(&[]).line(), "t");
    assert_eq!(Oat::at(&server.url("/token"), &format!("ca_file = {ca:?}")).get(&[]).line(), "t");
}

#[test]
fn an_issuer_and_a_token_endpoint_of_two_authorities_are_both_trusted() {
    let (first, second) = (Authority::new(), Authority::new());
    let tokens = Server::always_tls(first.server("127.0.0.1", Fault::None), Answer::token("t"));
    let (endpoint, config) = (tokens.url_as("localhost", "/token"), second.server("127.0.0.1", Fault::None));
    let issuer = Server::start_tls(config, move |request| {
        let host = request.header("host").unwrap();
        Answer::json(200, serde_json::json!({ "issuer": format!("https://{host}"), "token_endpoint": endpoint }))
    });
    let oat = Oat::new().config(&format!(
        "[profile.p]\nissuer = \"{}\"\nclient_id = \"c\"\nclient_secret = {{ env = \"S\" }}\ngrant = \"client_credentials\"\n",
        issuer.url_as("localhost", "")
    ));
    let (ca, others) = (oat.file("ca.pem", 0o644, first.pem()), oat.file("others.pem", 0o644, second.pem()));
    let oat = oat.env("S", "s").env("SSL_CERT_FILE", others.to_str().unwrap());
    assert_eq!(oat.get(&["--ca-file", ca.to_str().unwrap()]).line(), "t");
}

#[test]
fn r100_a_ca_file_that_is_missing_or_empty_is_named() {
    let oat = Oat::at("https://127.0.0.1:1/token", "");
    let empty = oat.file("empty.pem", 0o644, "no certificate in here");
    for path in ["/nowhere/ca.pem", empty.to_str().unwrap()] {
        oat.get(&["--ca-file", path]).fails_saying(6, &[path]);
    }
}

/// One fault: it is told in these words and exits 8; no request gets through, nothing is kept, and after the repair
/// on the same profile the next call works.
#[track_caller]
fn told_and_repaired(fault: Fault, words: &[&str]) {
    let authority = Authority::new();
    let faulty = Server::always_tls(authority.server("127.0.0.1", fault), Answer::token("CANARY-in-the-body"));
    let oat = trusting(&authority, &faulty.url_as("localhost", "/token"));
    let output = oat.get(&["--timeout", "5s"]);
    output.fails_saying(8, words);
    output.says(&["oat: hint: "]);
    output.does_not_say(&["OtherError", "InvalidCertificate", "UnknownIssuer", "WebPki", "alert:", "0x", "[48,"]);
    assert_eq!(faulty.count(), 0, "a request was sent: {fault:?}");
    oat.assert_state_holds_none_of(&["CANARY"]);

    let repaired = Server::always_tls(authority.server("127.0.0.1", Fault::None), Answer::token("good"));
    let oat = oat.env("OAT_TOKEN_ENDPOINT", &repaired.url_as("localhost", "/token"));
    assert_eq!(oat.get(&[]).line(), "good", "{fault:?}");
}

#[test]
fn r100_an_expired_certificate_is_told() {
    told_and_repaired(Fault::Expired, &["certificate", "expired", "clock"]);
}

#[test]
fn r100_a_certificate_of_the_future_is_told_with_the_clock() {
    told_and_repaired(Fault::NotYetValid, &["certificate", "not valid", "2090", "clock"]);
}

#[test]
fn r100_a_certificate_for_another_host_is_told_with_the_host_it_is_for() {
    told_and_repaired(Fault::WrongHost, &["certificate", "localhost", "other.example"]);
}

#[test]
fn r100_an_unknown_issuer_is_told_with_ca_file_as_the_cure() {
    told_and_repaired(Fault::UnknownIssuer, &["certificate", "ca_file"]);
}

#[test]
fn r100_an_authority_renewed_under_its_old_name_is_told_with_ca_file_as_the_cure() {
    told_and_repaired(Fault::RenewedIssuer, &["certificate", "ca_file"]);
}

#[test]
fn r100_a_missing_intermediate_is_told() {
    told_and_repaired(Fault::MissingIntermediate, &["certificate", "intermediate"]);
}

#[test]
fn r100_a_name_constraint_is_told() {
    told_and_repaired(Fault::NameConstraint, &["certificate", "name"]);
}

#[test]
fn r100_a_certificate_for_another_use_is_told() {
    told_and_repaired(Fault::WrongUsage, &["certificate", "server"]);
}

#[test]
fn r100_a_wanted_client_certificate_is_told() {
    told_and_repaired(Fault::ClientCertificateWanted, &["client certificate"]);
}

#[test]
fn r100_a_server_that_only_knows_tls_1_2_works() {
    let authority = Authority::new();
    let server = Server::always_tls(authority.server("127.0.0.1", Fault::OldProtocol), Answer::token("t"));
    assert_eq!(trusting(&authority, &server.url("/token")).get(&[]).line(), "t");
}

#[test]
fn r100_a_plain_http_server_behind_https_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        // Two sources of CAs may both be tried; a third connection is this test's own.
        for mut stream in listener.incoming().map_while(Result::ok).take(3) {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let output = Oat::at(&format!("https://127.0.0.1:{port}/token"), "").get(&["--timeout", "3s"]);
    while TcpStream::connect(("127.0.0.1", port)).is_ok() && !server.is_finished() {}
    assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
    output.fails_saying(output.code.unwrap(), &["tls"]);
}

/// `openssl s_server` with a certificate that ring does not make or sign with.
#[cfg(feature = "real-parts")]
struct OpenSsl {
    child: std::process::Child,
    port: u16,
    output: BufReader<std::process::ChildStdout>,
}

#[cfg(feature = "real-parts")]
impl OpenSsl {
    fn start(folder: &std::path::Path, key: &str, digest: &str) -> OpenSsl {
        let run = |args: &str| {
            let output = part("openssl").args(args.split(' ')).current_dir(folder).output().unwrap();
            succeeded("openssl", &output);
        };
        let extensions = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false\n";
        std::fs::write(folder.join("leaf.cnf"), extensions).unwrap();
        run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Root -days 30");
        run(&format!("req -new -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf -newkey {key}"));
        run(&format!("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 30 -extfile leaf.cnf {digest}"));
        let serve = ["s_server", "-accept", "127.0.0.1:0", "-cert", "leaf.pem", "-key", "leaf.key", "-cipher", "DEFAULT:@SECLEVEL=0"];
        let mut server = part("openssl");
        server.args(serve).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = server.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let accepting = output.by_ref().lines().map_while(Result::ok).find(|line| line.starts_with("ACCEPT "));
        let port = accepting.and_then(|line| line.trim().rsplit(':').next().unwrap().parse().ok());
        let Some(port) = port else {
            let _ = child.kill();
            panic!("openssl s_server did not come up: {:?}", child.wait());
        };
        OpenSsl { child, port, output }
    }

    /// Stops it and gives back what it printed, which holds everything it was sent.
    fn end(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut rest = Vec::new();
        self.output.read_to_end(&mut rest).unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    }
}

#[cfg(feature = "real-parts")]
#[test]
fn r100_a_weak_key_or_hash_is_refused_in_words() {
    for (key, digest) in [("rsa:1024", "-sha256"), ("rsa:2048", "-sha1")] {
        let folder = tempfile::tempdir().unwrap();
        let server = OpenSsl::start(folder.path(), key, digest);
        let oat = Oat::at(&format!("https://localhost:{}/token", server.port), "");
        let output = oat.get(&["--timeout", "5s", "--ca-file", folder.path().join("ca.pem").to_str().unwrap()]);
        let seen = server.end();
        output.fails_saying(8, &["certificate", "oat: hint: "]);
        output.does_not_say(&["OtherError", "InvalidCertificate", "[48,", "UnsupportedSignatureAlgorithm"]);
        assert!(!seen.contains("POST"), "a request was sent: {seen}");
    }
}

// ── R101: missing close_notify ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn r101_a_whole_object_counts_without_close_notify_and_half_a_one_does_not() {
    let authority = Authority::new();
    let config = authority.server("127.0.0.1", Fault::None);
    let whole = Answer::text(200, "application/json", OBJECT).without_length().without_close_notify();
    let server = Server::always_tls(config.clone(), whole);
    assert_eq!(trusting(&authority, &server.url("/token")).get(&[]).line(), "t");
    let half =
        Answer::text(200, "application/json", r#"{"access_token":"CANARY-in-the-body","tok"#).without_length().without_close_notify();
    let server = Server::always_tls(config.clone(), half);
    let output = trusting(&authority, &server.url("/token")).get(&["--timeout", "3s"]);
    assert!(matches!(output.code, Some(5 | 8)), "{output:?}");
    output.fails(output.code.unwrap());
    let lying = Answer::text(200, "application/json", r#"{"access_token":"CANARY-in-the-body","tok"#).declaring(400).without_close_notify();
    let server = Server::always_tls(config, lying);
    let output = trusting(&authority, &server.url("/token")).get(&["--timeout", "3s"]);
    output.fails(output.code.unwrap());
}

// ── R96, R102: proxies ──────────────────────────────────────────────────────────────────────────────────────────

const FAR: &str = "login.far.example";

/// A server far away that only a proxy leads to.
fn far(answer: Answer) -> (Authority, Server) {
    let authority = Authority::new();
    let server = Server::always_tls(authority.server(FAR, Fault::None), answer);
    (authority, server)
}

#[test]
fn r102_https_proxy_carries_the_request_and_sees_no_secret() {
    let (authority, server) = far(Answer::token("t"));
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let proxy = Proxy::start(Manner::Tunnel(server.address));
        let oat = trusting(&authority, &format!("https://{FAR}/token")).env(variable, &proxy.url());
        assert_eq!(oat.get(&[]).line(), "t", "{variable}");
        let seen = proxy.requests();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("CONNECT", "login.far.example:443"));
        assert!(!format!("{seen:?}").contains("CANARY"));
    }
}

#[test]
fn r102_proxy_credentials_are_sent_as_basic_and_never_shown() {
    let (authority, server) = far(Answer::token("t"));
    let proxy = Proxy::start(Manner::Tunnel(server.address));
    let oat = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", &proxy.url_with("user:CANARY%2Dproxy%21"));
    let output = oat.run(&["-vv", "token", "get", "p"]);
    assert_eq!(output.stdout, "t\n", "{output:?}");
    output.assert_clean(&["CANARY-proxy", "CANARY%2Dproxy"]);
    let sent = proxy.requests()[0].header("proxy-authorization").unwrap().to_string();
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, sent.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(decoded).unwrap(), "user:CANARY-proxy!");
}

#[test]
fn r102_a_proxy_that_refuses_is_told_as_the_proxy() {
    let (authority, _server) = far(Answer::token("t"));
    for status in [403, 407, 502] {
        let proxy = Proxy::start(Manner::Refuse(status));
        let oat = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", &proxy.url_with("u:CANARY-proxy"));
        let output = oat.get(&["--timeout", "3s"]);
        output.fails_saying(5, &["proxy", &status.to_string()]);
        output.assert_clean(&["CANARY-proxy"]);
    }
}

#[test]
fn r102_a_proxy_that_hangs_ends_at_the_deadline() {
    let (authority, _server) = far(Answer::token("t"));
    let proxy = Proxy::start(Manner::Hang);
    let output = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", &proxy.url()).get(&["--timeout", "1s"]);
    output.fails_saying(5, &["proxy"]);
    assert!(output.duration < Duration::from_millis(2500), "{:?}", output.duration);
}

#[test]
fn r102_a_proxy_that_is_not_there_is_told_as_the_proxy_and_not_gone_around() {
    let (authority, server) = far(Answer::token("t"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = format!("http://u:CANARY-proxy@127.0.0.1:{port}");
    let output = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", &proxy).get(&["--timeout", "3s"]);
    output.fails_saying(5, &["proxy"]);
    output.assert_clean(&["CANARY-proxy"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn r96_loopback_never_goes_through_a_proxy() {
    let server = Server::always(Answer::token("t"));
    let proxy = Proxy::start(Manner::Refuse(403));
    for host in ["127.0.0.1", "localhost"] {
        let oat = Oat::at(&server.url_as(host, "/token"), "");
        let oat = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"].into_iter().fold(oat, |oat, name| oat.env(name, &proxy.url()));
        assert_eq!(oat.get(&[]).line(), "t");
    }
    assert!(proxy.requests().is_empty());
}

#[test]
fn r102_no_proxy_goes_around_the_proxy() {
    let (authority, server) = far(Answer::token("t"));
    let proxy = Proxy::start(Manner::Tunnel(server.address));
    for hosts in ["login.far.example", ".far.example", "far.example", "other.example, login.far.example", "*"] {
        let oat = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", &proxy.url()).env("NO_PROXY", hosts);
        // The name does not exist, and that is what is told.
        oat.get(&["--timeout", "5s"]).fails_saying(5, &[FAR]);
    }
    assert!(proxy.requests().is_empty());
}

#[test]
fn r96_a_proxy_is_not_read_from_a_profile() {
    let output = Oat::at("https://127.0.0.1:1/token", "proxy = \"http://127.0.0.1:1\"").get(&[]);
    output.fails_saying(6, &["proxy"]);
}

#[test]
fn r102_a_proxy_url_that_is_none_is_told_without_its_credentials() {
    let (authority, server) = far(Answer::token("t"));
    for url in ["ftp://u:CANARY-proxy@127.0.0.1:1", "http://u:CANARY-proxy@[::1", "http://u:CANARY-proxy@127.0.0.1:99999"] {
        let output = trusting(&authority, &format!("https://{FAR}/token")).env("HTTPS_PROXY", url).get(&["--timeout", "3s"]);
        output.fails_saying(6, &["https_proxy"]);
        output.assert_clean(&["CANARY-proxy"]);
    }
    assert_eq!(server.connections(), 0);
}
