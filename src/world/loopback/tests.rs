//! The redirect listener, with real sockets.

use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use super::*;
use crate::oauth::redirect::LoopbackHost;

/// A listener, and the calls that came in.
struct Stage {
    loopback: Loopback,
    calls: Receiver<Call>,
    address: SocketAddr,
    authority: String,
}

fn stage_with(limits: Limits) -> Stage {
    let (send, calls) = mpsc::channel();
    let loopback = Loopback::within(&Redirect::default(), limits, Box::new(move |call| drop(send.send(call)))).unwrap();
    let (address, authority) = (loopback.listeners[0].0, loopback.house.door.authority.clone());
    Stage { loopback, calls, address, authority }
}

fn stage() -> Stage {
    stage_with(LIMITS)
}

impl Stage {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // A test that would hang fails instead.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    fn redirect(&self, query: &str) -> String {
        format!("GET /callback?{query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.authority)
    }

    fn say(&self, request: &str) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// The whole answer to a request that is no call.
    fn ask(&self, request: &str) -> String {
        answer(self.say(request))
    }

    /// Brings one call in and answers it: the listener is well.
    fn serves(&self) {
        let stream = self.say(&self.redirect("code=good"));
        let call = self.calls.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(call.query.expose(), "code=good");
        call.answer(200, "welcome");
        assert!(answer(stream).ends_with("\r\n\r\nwelcome"));
    }

    fn nobody_called(&self) {
        assert!(self.calls.try_recv().is_err(), "a stray request was taken for a call");
    }
}

/// Everything the listener says until it hangs up.
fn answer(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let ended = stream.read_to_end(&mut heard);
    // A request cut off in the middle may end with a reset; what was said before it counts.
    assert!(ended.is_ok() || !heard.is_empty(), "{ended:?}");
    String::from_utf8(heard).unwrap()
}

/// Whether the listener hung up without a word.
fn hung_up(mut stream: &TcpStream) -> bool {
    !stream.read(&mut [0]).is_ok_and(|count| count > 0)
}

#[test]
fn a_call_gets_its_answer_with_every_header_and_then_the_end() {
    let stage = stage();
    let stream = stage.say(&stage.redirect("code=a%20b&state=c"));
    let call = stage.calls.recv().unwrap();
    assert_eq!(call.query.expose(), "code=a%20b&state=c");
    call.answer(200, "<p>é");
    let text = answer(stream);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html;charset=utf-8\r\nCache-Control: no-store\r\n"), "{text}");
    assert!(text.contains("\r\nContent-Length: 5\r\nConnection: close\r\n\r\n") && text.ends_with("<p>é"), "{text}");
}

#[test]
fn the_redirect_uri_is_the_one_that_was_bound() {
    let stage = stage();
    assert_eq!(stage.loopback.redirect_uri(), format!("http://127.0.0.1:{}/callback", stage.address.port()));
    assert!(stage.address.ip().is_loopback());
}

#[test]
fn r11_stray_requests_are_refused_and_the_listener_goes_on_waiting() {
    let stage = stage();
    let host = format!("Host: {}", stage.authority);
    for (request, status) in [
        (format!("GET /favicon.ico HTTP/1.1\r\n{host}\r\n\r\n"), 404),
        (format!("HEAD /callback?code=x HTTP/1.1\r\n{host}\r\n\r\n"), 405),
        (format!("POST /callback?code=x HTTP/1.1\r\n{host}\r\nContent-Length: 3\r\n\r\nabc"), 405),
        (
            format!("OPTIONS /callback HTTP/1.1\r\n{host}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\r\n"),
            405,
        ),
        (format!("GET http://{}/callback?code=x HTTP/1.1\r\n{host}\r\n\r\n", stage.authority), 400),
        (format!("GET /callback?code=x HTTP/1.1\r\n{host}\r\n{host}\r\n\r\n"), 400),
        ("GET /callback?code=x HTTP/1.1\r\nHost: evil.example\r\n\r\n".into(), 421),
        (format!("GET /callback?code=x HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", stage.address.port()), 421),
        ("\x16\x03\x01\x02\0\x01\0".into(), 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 400),
    ] {
        let text = stage.ask(&request);
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {text}");
        assert!(text.contains("\r\nCache-Control: no-store\r\n") && text.contains("default-src 'none'"), "R16: {text}");
        assert!(!text.contains("Access-Control") && !text.contains("code=x"), "{text}");
        assert_eq!(text.contains("\r\nAllow: GET\r\n"), status == 405);
        assert_eq!(text.ends_with("\r\n\r\n"), request.starts_with("HEAD"), "{text}");
    }
    stage.nobody_called();
    stage.serves();
}

#[test]
fn r12_silent_sockets_keep_nobody_waiting() {
    let stage = stage();
    let silent: Vec<TcpStream> = (0..8).map(|_| stage.connect()).collect();
    let half = stage.say("GET /callback?code=x HTTP/1.1\r\n");
    stage.serves();
    stage.nobody_called();
    drop((silent, half));
}

#[test]
fn r12_a_silent_socket_may_speak_later() {
    let stage = stage();
    let mut early = stage.connect();
    stage.serves();
    early.write_all(stage.redirect("later").as_bytes()).unwrap();
    let call = stage.calls.recv().unwrap();
    assert_eq!(call.query.expose(), "later");
}

#[test]
fn r14_eight_parallel_tabs_each_get_an_answer_of_their_own() {
    let stage = stage();
    let tabs: Vec<TcpStream> = (0..8).map(|tab| stage.say(&stage.redirect(&format!("tab={tab}")))).collect();
    let mut calls: Vec<Call> = (0..8).map(|_| stage.calls.recv().unwrap()).collect();
    calls.reverse();
    for call in calls {
        let query = call.query.clone();
        call.answer(200, query.expose());
    }
    for (tab, stream) in tabs.into_iter().enumerate() {
        assert!(answer(stream).ends_with(&format!("\r\n\r\ntab={tab}")));
    }
}

#[test]
fn r15_who_drips_is_cut_off_when_the_time_is_over() {
    let stage = stage_with(Limits { patience: Duration::from_millis(40), ..LIMITS });
    let begun = Instant::now();
    let mut slow = stage.say("GET /callback?code=");
    // Each byte comes early enough for a time-out that would begin anew with it.
    slow.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    while begun.elapsed() < Duration::from_secs(30) {
        match slow.read(&mut [0]) {
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            _ => break,
        }
        if slow.write_all(b"x").is_err() {
            break;
        }
    }
    assert!(begun.elapsed() >= Duration::from_millis(40) && begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    stage.nobody_called();
}

#[test]
fn r15_who_says_nothing_is_cut_off_when_the_time_is_over() {
    let stage = stage_with(Limits { patience: Duration::from_millis(20), ..LIMITS });
    assert!(hung_up(&stage.connect()));
}

#[test]
fn r15_a_huge_request_is_refused_and_the_refusal_can_be_read() {
    let stage = stage();
    for request in [stage.redirect(&"x".repeat(300_000)), format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(50_000))] {
        let mut stream = stage.connect();
        // The listener may hang up before all is written.
        let _ = stream.write_all(request.as_bytes());
        assert!(answer(stream).starts_with("HTTP/1.1 431 "));
    }
    let fits = stage.say(&stage.redirect(&"x".repeat(30 * 1024)));
    stage.calls.recv().unwrap().answer(200, "ok");
    assert!(answer(fits).ends_with("ok"));
}

#[test]
fn r15_a_body_is_never_waited_for() {
    let stage = stage();
    let head = format!("GET /callback?code=x HTTP/1.1\r\nHost: {}\r\n", stage.authority);
    assert!(stage.ask(&format!("{head}Content-Length: 1000000\r\n\r\n")).starts_with("HTTP/1.1 400 "));
    assert!(stage.ask(&format!("{head}Transfer-Encoding: chunked\r\n\r\n")).starts_with("HTTP/1.1 400 "));
    stage.nobody_called();
}

#[test]
fn r15_of_eighty_connections_the_oldest_have_to_go() {
    let stage = stage();
    let crowd: Vec<TcpStream> = (0..80).map(|_| stage.connect()).collect();
    // Whoever is let in now comes after all of them, as the listener's queue is in order.
    stage.serves();
    assert!(crowd.iter().take(16).all(hung_up));
    let last = crowd.last().unwrap();
    last.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let mut last = last;
    assert!(last.read(&mut [0]).is_err(), "the newest is still welcome");
}

#[test]
fn r15_a_crowd_does_not_drive_out_a_call_that_waits_for_its_answer() {
    let stage = stage_with(Limits { connections: 4, ..LIMITS });
    let first = stage.say(&stage.redirect("code=first"));
    let call = stage.calls.recv().unwrap();
    let crowd: Vec<TcpStream> = (0..12).map(|_| stage.connect()).collect();
    assert!(crowd.iter().take(8).all(hung_up));
    call.answer(200, "first");
    assert!(answer(first).ends_with("first"));

    // Where all places are calls, whoever comes last is not let in.
    let _calls: Vec<(TcpStream, Call)> = (0..4).map(|_| (stage.say(&stage.redirect("code=x")), stage.calls.recv().unwrap())).collect();
    assert!(hung_up(&stage.connect()));
}

#[test]
fn r14_after_the_close_nobody_comes_in_and_who_is_in_gets_an_answer() {
    let mut stage = stage();
    let (first, second) = (stage.say(&stage.redirect("first")), stage.say(&stage.redirect("second")));
    let calls = [stage.calls.recv().unwrap(), stage.calls.recv().unwrap()];
    stage.loopback.close();
    nobody_listens(&stage.address);
    TcpListener::bind(stage.address).expect("the port is free again");
    for call in calls {
        call.answer(200, "welcome");
    }
    stage.loopback.finish(Duration::from_millis(20));
    assert!(answer(first).ends_with("welcome") && answer(second).ends_with("welcome"));
    stage.loopback.close();
}

#[test]
fn a_call_that_nobody_answers_is_told_that_the_sign_in_has_ended() {
    let stage = stage();
    let stream = stage.say(&stage.redirect("code=x"));
    drop(stage.calls.recv().unwrap());
    let text = answer(stream);
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("This sign-in has ended"), "{text}");
}

#[test]
fn a_call_whose_caller_has_gone_is_answered_without_harm() {
    let stage = stage();
    drop(stage.say(&stage.redirect("code=x")));
    stage.calls.recv().unwrap().answer(200, "welcome");
    stage.serves();
}

#[test]
fn the_answer_is_with_its_caller_when_finish_returns() {
    let mut stage = stage();
    let stream = stage.say(&stage.redirect("code=x"));
    let reader = thread::spawn(move || answer(stream));
    stage.calls.recv().unwrap().answer(200, "welcome");
    stage.loopback.finish(Duration::from_secs(30));
    assert!(!stage.loopback.house.busy());
    assert!(reader.join().unwrap().ends_with("welcome"));
}

#[test]
fn r15_finish_waits_for_no_one_who_holds_the_socket_open_and_not_for_the_silent() {
    let mut stage = stage();
    let silent = stage.connect();
    stage.loopback.finish(Duration::from_secs(30));
    let held = stage.say(&stage.redirect("code=x"));
    stage.calls.recv().unwrap().answer(200, "welcome");
    let begun = Instant::now();
    stage.loopback.finish(Duration::from_millis(20));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    stage.loopback.close();
    drop((silent, held));
}

#[test]
fn an_answer_comes_through_at_once_and_without_a_reset_although_more_was_sent_than_was_asked_for() {
    let stage = stage();
    let mut stream = stage.say(&format!("{}{}", stage.redirect("code=x"), "y".repeat(100_000)));
    let begun = Instant::now();
    stage.calls.recv().unwrap().answer(200, "welcome");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    assert!(heard.ends_with("welcome") && begun.elapsed() < caller::FAREWELL, "{:?}", begun.elapsed());
}

#[test]
fn r10_localhost_is_served_on_both_families() {
    let (send, calls) = mpsc::channel();
    let redirect = Redirect { host: LoopbackHost::Localhost, ..Redirect::default() };
    let mut loopback = Loopback::bind(&redirect, move |call: Call| drop(send.send(call))).unwrap();
    let addresses: Vec<SocketAddr> = loopback.listeners.iter().map(|(address, _)| *address).collect();
    assert_eq!(addresses.len(), if TcpListener::bind("[::1]:0").is_ok() { 2 } else { 1 });
    for address in &addresses {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /callback?x HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", address.port()).unwrap();
        calls.recv().unwrap().answer(200, "welcome");
        assert!(answer(stream).ends_with("welcome"));
        assert!(
            answer({
                let mut stream = TcpStream::connect(address).unwrap();
                write!(stream, "GET /callback?x HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
                stream
            })
            .starts_with("HTTP/1.1 421 ")
        );
    }
    loopback.close();
    addresses.iter().for_each(nobody_listens);
}

#[test]
fn dropping_the_listener_stops_it() {
    let stage = stage();
    let address = stage.address;
    drop(stage);
    nobody_listens(&address);
}

/// Soon at the latest: a child that another test starts has the socket too, between its fork and its exec.
fn nobody_listens(address: &SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(1), "somebody listens on {address}");
    }
}

/// The word that makes this program a listener; to the test runner it is one more filter.
const ALONE: &str = "a-process-of-its-own";

/// With that word, a process that answers every call, for the tests below.
#[test]
fn a_process_that_listens_until_its_input_ends() {
    if !std::env::args().any(|word| word == ALONE) {
        return;
    }
    let mut loopback = Loopback::bind(&Redirect::default(), |call| call.answer(200, "welcome")).unwrap();
    println!("\nport {}", loopback.listeners[0].0.port());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    loopback.close();
    loopback.finish(Duration::from_millis(500));
}

/// Starts that process with as many file descriptors, and gives its port.
#[cfg(unix)]
fn another_process(descriptors: u32) -> (std::process::Child, u16) {
    use std::io::BufRead;
    use std::process::{Command, Stdio};
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "world::loopback::tests::a_process_that_listens_until_its_input_ends", ALONE, "--nocapture"])
        .args(["--test-threads", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.map_while(|line| line.ok()).find_map(|line| line.strip_prefix("port ")?.parse().ok()).unwrap();
    (child, port)
}

#[cfg(unix)]
fn hold(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

#[cfg(unix)]
#[test]
fn r15_a_process_ends_although_peers_hold_sockets_open() {
    let (mut child, port) = another_process(100);
    let silent: Vec<TcpStream> = (0..20).map(|_| hold(port)).collect();
    let mut caller = hold(port);
    write!(caller, "GET /callback?x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    let mut first = [0; 12];
    caller.read_exact(&mut first).unwrap();
    let begun = Instant::now();
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(answer(caller).ends_with("welcome"), "what was written before the end can still be read");
    drop(silent);
}

#[cfg(unix)]
#[test]
fn r103_without_a_free_file_descriptor_the_oldest_gives_up_its_own() {
    let (mut child, port) = another_process(16);
    let silent: Vec<TcpStream> = (0..24).map(|_| hold(port)).collect();
    let begun = Instant::now();
    let mut caller = hold(port);
    write!(caller, "GET /callback?x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    assert!(answer(caller).ends_with("welcome"));
    assert!(begun.elapsed() < LIMITS.patience / 2, "{:?}", begun.elapsed());
    drop(child.stdin.take());
    child.wait().unwrap();
    drop(silent);
}
