//! The redirect of a sign-in as strangers see it: forged, silent, slow, huge and doubled requests to the port of `oat login`.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use support::redirect::*;
use support::*;

/// A login of a plain profile, and the provider it waits for.
fn waiting() -> (Provider, Oat, Login) {
    let provider = Provider::good();
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    (provider, oat, login)
}

/// The right redirect still works, and is the only one that led to a token request.
#[track_caller]
fn still_signs_in(provider: &Provider, login: Login) -> Output {
    assert_eq!(provider.server.count_of("/token"), 0, "something was sent before the right redirect");
    assert_eq!(login.approve().status, 200);
    let output = login.end();
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(provider.server.count_of("/token"), 1);
    output
}

// ── R10: where it listens ───────────────────────────────────────────────────────────────────────────────────────

/// The local addresses on which somebody listens on this port, as the kernel writes them.
fn listeners(port: u16) -> Vec<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let rows = tables.iter().flat_map(|table| table.lines()).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let listening = rows.filter(|row| row.get(3) == Some(&"0A")).filter_map(|row| row[1].split_once(':'));
    listening.filter(|(_, at)| u16::from_str_radix(at, 16) == Ok(port)).map(|(address, _)| address.to_string()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn r10_only_loopback_is_listened_on_and_any_free_port_is_in_the_redirect_uri() {
    let (provider, _oat, login) = waiting();
    assert_eq!(login.redirect_uri().as_str(), format!("http://127.0.0.1:{}/callback", login.port()));
    // 127.0.0.1 in the kernel's byte order.
    assert_eq!(listeners(login.port()), ["0100007F"]);
    still_signs_in(&provider, login);
}

#[cfg(target_os = "linux")]
#[test]
fn r10_localhost_is_listened_on_in_both_families_on_one_port() {
    let provider = Provider::good();
    let oat = provider.oat("redirect_uri = \"http://localhost/cb\"");
    let login = Login::start(&oat, &provider, &[]);
    let found = listeners(login.port());
    let has_v6 = TcpListener::bind("[::1]:0").is_ok();
    assert!(found.contains(&"0100007F".to_string()), "{found:?}");
    assert_eq!(found.len(), if has_v6 { 2 } else { 1 }, "{found:?}");
    let uri = format!("http://localhost:{}/cb", login.port());
    assert_eq!(login.query("redirect_uri").unwrap(), uri);
    if has_v6 {
        let stream = TcpStream::connect(format!("[::1]:{}", login.port())).unwrap();
        let page = Page::read(stream, login.request(&login.good()).as_bytes());
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(login.end().code, Some(0));
    } else {
        still_signs_in(&provider, login);
    }
    assert_eq!(field(&provider.token_forms()[0], "redirect_uri"), uri);
}

#[test]
fn r10_the_v6_loopback_is_taken_where_it_is_registered() {
    if TcpListener::bind("[::1]:0").is_err() {
        return; // This machine has no IPv6.
    }
    let provider = Provider::good();
    let oat = provider.oat("redirect_uri = \"http://[::1]/\"");
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!(login.query("redirect_uri").unwrap(), format!("http://[::1]:{}/", login.port()));
    still_signs_in(&provider, login);
}

#[test]
fn r10_a_fixed_port_that_is_busy_ends_the_login_and_is_named() {
    let provider = Provider::good();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let oat = provider.oat(&format!("redirect_uri = \"http://127.0.0.1:{port}/callback\""));
    let output = oat.run(&["login", "p", "--no-browser"]);
    output.fails_saying(5, &[&format!("port {port} is in use"), "redirect_ports"]);
    assert!(!output.stderr.contains("/authorize"), "nobody is sent where nobody listens: {output:?}");
    drop(other);
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!(login.port(), port);
    still_signs_in(&provider, login);
}

#[test]
fn r10_of_several_ports_the_first_free_one_is_taken() {
    let provider = Provider::good();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = busy.local_addr().unwrap().port();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let oat = provider.oat(&format!("redirect_ports = [{taken}, {free}]"));
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!(login.port(), free);
    still_signs_in(&provider, login);
}

#[test]
fn r10_two_logins_at_once_do_not_get_in_each_others_way() {
    let provider = Provider::good();
    let oat = Oat::new().config(&(provider.profile("p", "") + &provider.profile("q", "")));
    let first = Login::start(&oat, &provider, &[]);
    let second = Login::run(&oat, &provider, &["login", "q", "--no-browser"]);
    assert_ne!((first.port(), first.state()), (second.port(), second.state()));
    // A redirect that went to the wrong one is foreign there.
    assert_eq!(first.get(&second.good()).status, 400);
    assert_eq!(second.approve().status, 200);
    assert_eq!(second.end().code, Some(0));
    drop(first);
}

// ── R11: what is no redirect ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn r11_whatever_is_no_get_of_the_redirect_uri_is_refused_and_the_right_one_still_signs_in() {
    let (provider, _oat, login) = waiting();
    let (port, good) = (login.port(), login.good());
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let sent = |line: &str, headers: &str| login.send(format!("{line}\r\n{headers}\r\n"));
    for (line, headers, status) in [
        (format!("HEAD /callback?{good} HTTP/1.1"), host.clone(), 405),
        (format!("POST /callback?{good} HTTP/1.1"), format!("{host}Content-Length: 0\r\n"), 405),
        ("POST /callback HTTP/1.1".into(), format!("{host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n"), 405),
        (
            format!("OPTIONS /callback?{good} HTTP/1.1"),
            format!("{host}Origin: https://evil.example\r\nAccess-Control-Request-Private-Network: true\r\n"),
            405,
        ),
        (format!("PUT /callback?{good} HTTP/1.1"), host.clone(), 405),
        ("OPTIONS * HTTP/1.1".into(), host.clone(), 400),
        (format!("CONNECT 127.0.0.1:{port} HTTP/1.1"), host.clone(), 400),
        (format!("GET http://127.0.0.1:{port}/callback?{good} HTTP/1.1"), host.clone(), 400),
        (format!("GET /callback?{good} HTTP/1.1"), format!("Host: evil.example:{port}\r\n"), 421),
        (format!("GET /callback?{good} HTTP/1.1"), format!("Host: localhost:{port}\r\n"), 421),
        (format!("GET /callback?{good} HTTP/1.1"), "Host: 127.0.0.1\r\n".into(), 421),
        (format!("GET /callback?{good} HTTP/1.1"), format!("{host}{host}"), 400),
        (format!("GET /callback?{good} HTTP/1.1"), format!("{host}Host: evil.example\r\n"), 400),
        (format!("GET /callback?{good} HTTP/1.1"), String::new(), 400),
        (format!("GET /callback?{good} HTTP/1.1"), format!("{host}Content-Length: 4\r\n"), 400),
        (format!("GET /callback?{good} HTTP/1.1"), format!("{host}Transfer-Encoding: chunked\r\n"), 400),
        (format!("GET /callback?{good} HTTP/2.0"), host.clone(), 400),
        (format!("GET /callback?{good}"), host.clone(), 400),
        (format!("GET /?{good} HTTP/1.1"), host.clone(), 404),
        (format!("GET /callback/?{good} HTTP/1.1"), host.clone(), 404),
        (format!("GET //callback?{good} HTTP/1.1"), host.clone(), 404),
        (format!("GET /CALLBACK?{good} HTTP/1.1"), host.clone(), 404),
        (format!("GET /%63allback?{good} HTTP/1.1"), host.clone(), 404),
        (format!("GET /x/../callback?{good} HTTP/1.1"), host.clone(), 404),
        ("GET /favicon.ico HTTP/1.1".into(), host.clone(), 404),
        ("GET /.well-known/appspecific/com.chrome.devtools.json HTTP/1.1".into(), host.clone(), 404),
    ] {
        let page = sent(&line, &headers);
        assert_eq!(page.status, status, "{line} {headers}: {page:?}");
        for none in ["access-control-allow-origin", "access-control-allow-private-network", "upgrade", "server", "location"] {
            assert_eq!(page.header(none), None, "{line}");
        }
        assert!(!line.starts_with("HEAD") || page.body.is_empty());
    }
    // None of them was a redirect, so there is nothing to tell.
    still_signs_in(&provider, login).does_not_say(&["ignored"]);
}

// ── R12, R15: callers that take time and room ───────────────────────────────────────────────────────────────────

#[test]
fn r12_silent_sockets_and_tls_hellos_neither_block_nor_consume_the_login() {
    let (provider, _oat, login) = waiting();
    let silent: Vec<TcpStream> = (0..5).map(|_| login.connect()).collect();
    let hello = login.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03CANARY\r\n\r\n");
    assert_eq!(hello.status, 400);
    let http2 = login.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(http2.status, 400);
    // Gone in the middle of a request, also by force.
    login.connect().write_all(b"GET /callback?code=x").unwrap();
    let began = Instant::now();
    still_signs_in(&provider, login);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    drop(silent);
}

#[test]
fn r12_a_request_that_drips_blocks_nobody_and_is_read_when_it_is_whole() {
    let (provider, _oat, login) = waiting();
    let mut slow = login.connect();
    slow.set_nodelay(true).unwrap();
    let request = login.request(&login.good());
    let (first, last) = request.split_at(request.len() - 1);
    for byte in first.bytes() {
        slow.write_all(&[byte]).unwrap();
    }
    assert_eq!(login.get("state=x").status, 400, "someone else is served meanwhile");
    assert_eq!(provider.server.count_of("/token"), 0);
    let page = Page::read(slow, last.as_bytes());
    assert_eq!((page.status, login.end().code), (200, Some(0)));
}

#[test]
fn r15_huge_requests_are_refused_and_the_right_one_still_signs_in() {
    let (provider, _oat, login) = waiting();
    let host = format!("Host: 127.0.0.1:{}\r\n", login.port());
    for huge in [
        format!("GET /callback?{} HTTP/1.1\r\n{host}\r\n", "a".repeat(64 << 10)),
        format!("GET /callback HTTP/1.1\r\n{host}X: {}\r\n\r\n", "a".repeat(1 << 20)),
        format!("GET /callback HTTP/1.1\r\n{host}{}\r\n", "X: y\r\n".repeat(1000)),
        format!("GET /callback HTTP/1.1\r\n{}", "X: y\r\n".repeat(20_000)),
    ] {
        let page = login.send(huge);
        // Where the sender goes on too long, it may lose the answer.
        assert!(matches!(page.status, 0 | 431), "{page:?}");
    }
    let page = login.get(&format!("{}&more={}", "x=y", "a".repeat(20_000)));
    assert_eq!(page.status, 400, "20 KiB of a stranger's query are read");
    still_signs_in(&provider, login);
}

#[test]
fn r15_eighty_connections_do_not_shut_the_right_one_out() {
    let (provider, _oat, login) = waiting();
    let mut silent: Vec<TcpStream> = (0..80).map(|_| login.connect()).collect();
    // The oldest have to go, and the youngest may stay.
    for guest in &mut silent[..16] {
        let end = guest.read(&mut [0; 1]);
        assert!(matches!(&end, Ok(0)) || end.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset), "{end:?}");
    }
    let youngest = silent.last_mut().unwrap();
    youngest.set_nonblocking(true).unwrap();
    assert_eq!(youngest.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    still_signs_in(&provider, login);
}

#[test]
fn r15_the_process_ends_within_a_second_though_others_hold_their_sockets_open() {
    let (_provider, _oat, login) = waiting();
    let silent: Vec<TcpStream> = (0..10).map(|_| login.connect()).collect();
    let mut half = login.connect();
    half.write_all(b"GET /callback?code=x HTTP/1.1\r\n").unwrap();
    // The right one too: it reads its page and does not hang up.
    let mut right = login.connect();
    right.write_all(login.request(&login.good()).as_bytes()).unwrap();
    let mut page = [0; 64];
    assert!(right.read(&mut page).unwrap() > 0);
    let answered = Instant::now();
    assert_eq!(login.end().code, Some(0));
    assert!(answered.elapsed() < Duration::from_secs(1), "{:?}", answered.elapsed());
    drop((silent, half, right));
}

#[test]
fn from_the_redirect_to_the_exit_there_is_next_to_nothing_but_the_servers_own_time() {
    let mut spent = Vec::new();
    for _ in 0..5 {
        let (provider, _oat, login) = waiting();
        let request = login.request(&login.good());
        let stream = login.connect();
        let sent = Instant::now();
        assert_eq!(Page::read(stream, request.as_bytes()).status, 200);
        let page = sent.elapsed();
        assert_eq!(login.end().code, Some(0));
        spent.push((sent.elapsed(), page));
        drop(provider);
    }
    spent.sort();
    println!("from the redirect to the exit: {:?} (page after {:?}); of five {:?} to {:?}", spent[2].0, spent[2].1, spent[0].0, spent[4].0);
    // A debug build on two loaded cores; the bound of the issue, 50 ms, is for the release build.
    assert!(spent[2].0 < Duration::from_millis(500), "{spent:?}");
}

// ── R13, R14: whose answer it is ────────────────────────────────────────────────────────────────────────────────

#[test]
fn r13_what_lacks_the_right_state_is_answered_400_ignored_and_told_once() {
    let (provider, _oat, login) = waiting();
    let state = login.state();
    let other = state.chars().rev().collect::<String>();
    for query in [
        String::new(),
        "code=x".into(),
        "code=x&state=".into(),
        format!("code=x&state={other}"),
        format!("code=x&state={}", &state[..state.len() - 1]),
        format!("code=x&state={state}x"),
        format!("code=x&state={}", state.to_uppercase()),
        format!("code=x&state={state}&state={state}"),
        format!("code=x&state={state}&state={other}"),
        format!("code=x&State={state}"),
        format!("code=x&state[]={state}"),
        format!("code=x;state={state}"),
        "error=access_denied".into(),
        "error=access_denied&error_description=forged%1b[2J".into(),
        format!("error=access_denied&state={other}"),
        format!("iss=https%3A%2F%2Fevil.example&code=x&state={other}"),
    ] {
        let page = login.get(&query);
        assert_eq!(page.status, 400, "{query}");
        assert!(page.body.contains("not the answer to the sign-in") && !page.body.contains("forged"), "{query}: {page:?}");
        assert!(!page.body.contains("access_denied"), "{query}");
    }
    let output = still_signs_in(&provider, login);
    let told = output.stderr.matches("oat: ignored a redirect that is not this login's; still waiting").count();
    assert_eq!(told, 1, "{output:?}");
    output.does_not_say(&["forged", "denied"]);
}

#[test]
fn r14_of_eight_parallel_tabs_one_is_exchanged_and_all_get_a_page() {
    let provider = Provider::granting(|_, facts| Answer::json(200, facts.granted(3600)).after(Duration::from_millis(100)));
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    let streams: Vec<TcpStream> = (0..8).map(|_| login.connect()).collect();
    // Who comes after them is served, so all of them were let in.
    assert_eq!(login.get("state=x").status, 400);
    let request = login.request(&login.good());
    let tabs: Vec<_> = streams
        .into_iter()
        .map(|stream| {
            let request = request.clone();
            thread::spawn(move || Page::read(stream, request.as_bytes()))
        })
        .collect();
    let pages: Vec<Page> = tabs.into_iter().map(|tab| tab.join().unwrap()).collect();
    let output = login.end();
    assert_eq!((output.code, provider.server.count_of("/token")), (Some(0), 1));
    let saying = |text: &str| pages.iter().filter(|page| page.status == 200 && page.body.contains(text)).count();
    assert_eq!((saying("You are signed in"), saying("Another window of this browser was first")), (1, 7), "{pages:#?}");
    output.does_not_say(&["warning"]);
}

#[test]
fn r14_after_the_first_answer_nobody_listens_and_a_replay_is_harmless() {
    let provider = Provider::granting(|_, facts| Answer::json(200, facts.granted(3600)).after(Duration::from_millis(300)));
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    let (port, request) = (login.port(), login.request(&login.good()));
    let mut first = login.connect();
    first.write_all(request.as_bytes()).unwrap();
    while provider.server.count_of("/token") == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    // The exchange is under way, and the port is closed.
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(Page::read(first, b"").status, 200);
    assert_eq!(login.end().code, Some(0));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(provider.server.count_of("/token"), 1);
    assert!(oat.get(&[]).line().starts_with(ACCESS));
}

// ── R16, R17, R25: the page ─────────────────────────────────────────────────────────────────────────────────────

const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\r\nSet-Cookie: a=b\r\n\r\n\u{1b}[2J\u{1b}]52;c;Zm9v\u{7}\u{202e}\u{9b}31m\noat: error: forged";

#[track_caller]
fn is_a_safe_page(page: &Page, secrets: &[&str]) {
    assert_eq!(page.header("content-type"), Some("text/html;charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("connection"), Some("close"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'; frame-ancestors 'none'"));
    for none in ["server", "set-cookie", "location", "access-control-allow-origin"] {
        assert_eq!(page.header(none), None, "{page:?}");
    }
    assert_eq!(page.header("content-length").unwrap().parse::<usize>().unwrap(), page.body.len());
    assert!(page.body.len() < 4096, "{} bytes", page.body.len());
    for tag in page.body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.split(' ').next().unwrap().trim_start_matches('/');
        let known =
            "!doctype html meta title style main header svg circle path h1 p dl dt dd code script".split(' ').any(|known| known == name);
        assert!(known && !["src", "href", " on", "url("].iter().any(|word| tag.contains(word)), "<{tag}> in {page:?}");
    }
    assert_eq!(page.body.matches("<script>").count(), 1, "{page:?}");
    assert!(!page.body.chars().any(|c| c.is_control() || c == '\u{202e}'), "{page:?}");
    for secret in secrets {
        assert!(!page.body.contains(secret) && !page.head.contains(secret), "{secret} in {page:?}");
    }
}

#[test]
fn r16_r17_every_page_is_safe_small_and_holds_neither_code_nor_state() {
    let (_provider, _oat, login) = waiting();
    let (state, nonce) = (login.state(), login.query("nonce").unwrap());
    let secrets = [CODE, "CANARY", &state, &nonce];
    is_a_safe_page(&login.get(&format!("code={CODE}&state=CANARY-wrong")), &secrets);
    is_a_safe_page(&login.send(format!("GET /CANARY HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", login.port())), &secrets);
    is_a_safe_page(&login.send("CANARY\r\n\r\n"), &secrets);
    let page = login.approve();
    is_a_safe_page(&page, &secrets);
    for word in ["You are signed in", SUBJECT, "close this window", "<dd>p", "history.replaceState(null,'',location.pathname)"] {
        assert!(page.body.contains(word), "{word} in {page:?}");
    }
    assert_eq!(login.end().code, Some(0));
}

#[test]
fn r24_r25_a_denial_ends_at_once_with_4_and_its_words_are_harmless_everywhere() {
    let (provider, oat, login) = waiting();
    let words = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>();
    let page = login.get(&format!("error=access_denied&error_description={words}&error_uri={words}&state={}", login.state()));
    assert_eq!(page.status, 200);
    is_a_safe_page(&page, &[&login.state()]);
    assert!(page.body.contains("access_denied") && page.body.contains("&lt;script&gt;alert(1)"), "{page:?}");
    let output = login.end();
    let stderr = output.fails_saying(4, &["the sign-in was denied", "access_denied"]);
    assert!(!stderr.contains('\u{202e}') && !stderr.lines().any(|line| line.starts_with("oat: error: forged")), "{stderr:?}");
    assert_eq!(provider.server.count_of("/token"), 0);
    oat.get(&[]).fails_saying(3, &["oat login p"]);
}

#[test]
fn r25_what_else_the_server_refuses_is_told_with_its_own_exit_code() {
    for (error, code) in [
        ("login_required", 3),
        ("interaction_required", 3),
        ("temporarily_unavailable", 5),
        ("server_error", 5),
        ("invalid_scope", 4),
        ("<b>odd</b>\r\n\u{1b}[1m", 4),
    ] {
        let (_provider, _oat, login) = waiting();
        let word = url::form_urlencoded::byte_serialize(error.as_bytes()).collect::<String>();
        let page = login.get(&format!("error={word}&state={}", login.state()));
        is_a_safe_page(&page, &[]);
        login.end().fails(code);
    }
}

#[test]
fn r16_a_failed_exchange_is_told_on_the_page_too() {
    let provider = Provider::granting(|_, _| Answer::error(400, "invalid_grant", HOSTILE));
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    let page = login.approve();
    assert_eq!(page.status, 200);
    is_a_safe_page(&page, &[CODE, &login.state()]);
    assert!(page.body.contains("did not work") && page.body.contains("invalid_grant") && page.body.contains("oat login p"), "{page:?}");
    login.end().fails_saying(4, &["invalid_grant"]);
    oat.get(&[]).fails(3);
}

// ── R22, R23: which server it is from, and what is malformed ────────────────────────────────────────────────────

/// This login's redirect with more parameters ends it with 8, and nothing is sent.
#[track_caller]
fn does_not_hold(provider: &Provider, more: &str, words: &[&str], not: &[&str]) {
    let oat = provider.oat("");
    let login = Login::start(&oat, provider, &[]);
    let page = login.get(&format!("state={}&{more}", login.state()));
    assert_eq!(page.status, 200, "{more}");
    is_a_safe_page(&page, &[CODE, &login.state()]);
    let output = login.end();
    output.fails_saying(8, words);
    output.does_not_say(not);
    for word in not {
        assert!(!page.body.contains(word), "{word}: {page:?}");
    }
    assert_eq!(provider.server.count_of("/token"), 0, "{more}");
    oat.get(&[]).fails(3);
}

#[test]
fn r22_a_redirect_of_another_issuer_is_refused_and_its_error_text_is_not_shown() {
    let provider = Provider::good();
    let origin = provider.server.url("");
    for iss in ["https://evil.example", &format!("{origin}/"), &origin.to_uppercase(), "", "\u{1b}[2J"] {
        let iss: String = url::form_urlencoded::byte_serialize(iss.as_bytes()).collect();
        does_not_hold(&provider, &format!("code=CANARY-code&iss={iss}"), &["not from the issuer"], &["CANARY"]);
        does_not_hold(
            &provider,
            &format!("error=access_denied&error_description=FORGED&iss={iss}"),
            &["not from the issuer"],
            &["forged", "FORGED"],
        );
    }
}

#[test]
fn r22_a_server_that_promises_iss_must_send_it() {
    let provider = Provider::saying(json!({"authorization_response_iss_parameter_supported": true}));
    does_not_hold(&provider, "code=CANARY-code", &["does not say which server"], &["CANARY"]);
    does_not_hold(&provider, "error=access_denied&error_description=FORGED", &["does not say which server"], &["forged"]);
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    let iss: String = url::form_urlencoded::byte_serialize(provider.server.url("").as_bytes()).collect();
    assert_eq!(login.get(&format!("{}&iss={iss}", login.good())).status, 200);
    assert_eq!(login.end().code, Some(0));
}

#[test]
fn r23_doubled_mixed_and_missing_parameters_are_refused_and_unknown_ones_ignored() {
    let provider = Provider::good();
    let iss: String = url::form_urlencoded::byte_serialize(provider.server.url("").as_bytes()).collect();
    does_not_hold(&provider, "code=CANARY-a&code=CANARY-b", &["`code` more than once"], &["CANARY"]);
    does_not_hold(&provider, "code=CANARY-a&code=CANARY-a", &["`code` more than once"], &["CANARY"]);
    does_not_hold(&provider, "error=access_denied&error=x", &["`error` more than once"], &[]);
    does_not_hold(&provider, &format!("code=CANARY-a&iss={iss}&iss={iss}"), &["`iss` more than once"], &["CANARY"]);
    does_not_hold(&provider, "code=CANARY-a&error=access_denied", &["both a code and an error"], &["CANARY"]);
    does_not_hold(&provider, "", &["neither a code nor an error"], &[]);
    does_not_hold(&provider, "code=", &["neither a code nor an error"], &[]);
    does_not_hold(&provider, "code=CANARY%0d%0aX-Injected%3a+1", &["no code can have"], &["CANARY"]);
    does_not_hold(&provider, "code=CANARY%ff", &["no code can have"], &["CANARY"]);
    let oat = provider.oat("");
    let login = Login::start(&oat, &provider, &[]);
    assert_eq!(login.get(&format!("{}&session_state=x&session_state=y&scope=a&%00=%ff&&=", login.good())).status, 200);
    assert_eq!(login.end().code, Some(0));
}

#[test]
fn r23_the_code_is_sent_on_exactly_as_it_was_meant() {
    for code in ["4/0AX4+z=~", "a b", "%41", "a&state=b#c"] {
        let (provider, _oat, login) = waiting();
        let encoded: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
        assert_eq!(login.get(&format!("code={encoded}&state={}", login.state())).status, 200, "{code}");
        assert_eq!(login.end().code, Some(0));
        assert_eq!(field(&provider.token_forms()[0], "code"), code);
    }
}
