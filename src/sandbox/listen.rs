//! The sandbox on a loopback socket: a thread a connection, bounded in number, size and time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::mailbox::Mailbox;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::Sandbox;
use crate::sandbox::wire::{self, Fault, Incoming};
use crate::text::escape;
use crate::time::UnixTime;

/// The most connections at a time; the next one waits in the listener's queue.
const MOST_CONNECTIONS: usize = 64;
/// How long one request may take to come in, and one answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes one line a request: method, path, status. Never a query, a header or a body.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

struct Service {
    sandbox: Arc<Sandbox>,
    clock: fn() -> UnixTime,
    log: Option<Log>,
}

/// Serves until the process ends. Fails at once where `listener` is not bound to a loopback address, and later only
/// where the system refuses connection after connection.
pub fn serve(listener: TcpListener, sandbox: Arc<Sandbox>, clock: fn() -> UnixTime, log: Option<Log>) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().to_canonical().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the sandbox serves loopback addresses only, not {address}")));
    }
    let service = Arc::new(Service { sandbox, clock, log });
    let places = Arc::new(Places { free: Mutex::new(MOST_CONNECTIONS), freed: Condvar::new() });
    let mut failures = 0;
    loop {
        let place = Place::take(&places);
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            // A client that gave up, or no file descriptor left: both pass.
            Err(error) if failures == 100 => return Err(error),
            Err(_) => {
                failures += 1;
                wait(Duration::from_millis(50));
                continue;
            }
        };
        failures = 0;
        let service = Arc::clone(&service);
        // Where no thread can be had, the connection is dropped and its place freed with the closure.
        let _ = thread::Builder::new().name("sandbox".into()).spawn(move || service.converse(&stream, &place));
    }
}

impl Service {
    /// Answers request after request until one side has had enough.
    fn converse(&self, stream: &TcpStream, place: &Place) {
        let _ = stream.set_nodelay(true);
        let mut buffer = Vec::new();
        loop {
            let incoming = wire::read(&mut Timed { stream, until: Instant::now() + PATIENCE }, &mut buffer);
            let (response, keep_alive, head_only) = match incoming {
                Ok(Incoming { request, keep_alive }) => {
                    wait(self.sandbox.delay(&request));
                    let response = self.sandbox.respond(&request, (self.clock)());
                    self.note(&request, &response);
                    (response, keep_alive && place.plenty(), request.method == "HEAD")
                }
                Err(Fault::Refused(response)) => (response, false, false),
                Err(Fault::Gone) => return,
            };
            let mut timed = Timed { stream, until: Instant::now() + PATIENCE };
            if wire::write(&mut timed, &response, keep_alive, head_only).is_err() {
                return;
            }
            if !keep_alive {
                return hang_up(stream);
            }
        }
    }

    fn note(&self, request: &Request, response: &Response) {
        if let Some(log) = &self.log {
            log(&format!("{} {} {}", escape(&request.method), escape(request.path()), response.status));
        }
    }
}

/// Closes so that the client can read the answer first: a socket closed with bytes unread takes its answer back.
fn hang_up(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let mut timed = Timed { stream, until: Instant::now() + Duration::from_secs(1) };
    let mut sink = [0; 16 * 1024];
    // At most 2 MiB.
    for _ in 0..128 {
        if !timed.read(&mut sink).is_ok_and(|count| count > 0) {
            return;
        }
    }
}

/// Waits without `sleep`, which the house forbids: for a message that nobody sends.
fn wait(length: Duration) {
    let _: Option<()> = Mailbox::new().take(length);
}

/// A stream on which everything together has to be done by `until`, however slowly the bytes drip.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

struct Places {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of the places for a connection; given back when dropped, even by a panic.
struct Place(Arc<Places>);

impl Place {
    fn take(places: &Arc<Places>) -> Place {
        let free = places.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = places.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(Arc::clone(places))
    }

    /// Whether an idle connection may keep its place.
    fn plenty(&self) -> bool {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) > MOST_CONNECTIONS / 2
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use serde_json::{Value, json};

    use super::*;
    use crate::jose::jwk::Jwk;
    use crate::jose::jwt::Jwt;

    fn start(log: Option<Log>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sandbox = Sandbox::of_test(|options| options.issuer = format!("http://{address}"));
        thread::spawn(move || serve(listener, Arc::new(sandbox), || UnixTime(1_800_000_000), log));
        address
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Everything the server says until it hangs up.
    fn answer(mut stream: TcpStream, bytes: &[u8]) -> String {
        // The server may have hung up before all was written.
        let _ = stream.write_all(bytes);
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        String::from_utf8(heard).unwrap()
    }

    fn body(answer: &str) -> Value {
        serde_json::from_str(answer.rsplit_once("\r\n\r\n").unwrap().1).unwrap()
    }

    const JWKS: &[u8] = b"GET /jwks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    fn token_request() -> String {
        let form = "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret";
        let head = "POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length:";
        format!("{head} {}\r\n\r\n{form}", form.len())
    }

    #[test]
    fn a_token_over_a_real_socket_verifies_against_the_published_key() {
        let address = start(None);
        let token = answer(connect(address), token_request().replace("Host: a", "Host: a\r\nConnection: close").as_bytes());
        assert!(token.starts_with("HTTP/1.1 200 OK\r\n"), "{token}");
        let jwt = Jwt::decode(body(&token)["access_token"].as_str().unwrap()).unwrap();
        assert_eq!(jwt.claims["iss"], json!(format!("http://{address}")));
        jwt.verify(&Jwk::parse(&body(&answer(connect(address), JWKS))["keys"][0]).unwrap()).unwrap();
    }

    #[test]
    fn requests_one_after_another_share_a_connection_and_garbage_behind_them_ends_it() {
        let address = start(None);
        let pipelined = format!("{0}{0}\x16\x03\x01 garbage\r\n\r\n", token_request());
        let heard = answer(connect(address), pipelined.as_bytes());
        assert_eq!(heard.matches("HTTP/1.1 200 OK").count(), 2, "{heard}");
        assert_eq!(heard.matches("HTTP/1.1 400 Bad Request").count(), 1, "{heard}");
        let count = answer(connect(address), b"GET /requests HTTP/1.0\r\n\r\n");
        assert_eq!(body(&count)["token"], 2);
    }

    #[test]
    fn garbage_is_answered_and_the_server_lives_on() {
        let address = start(None);
        assert!(answer(connect(address), b"\x16\x03\x01\x02\x00\x01\x00").starts_with("HTTP/1.1 400 "));
        let huge = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(300_000));
        assert!(answer(connect(address), huge.as_bytes()).starts_with("HTTP/1.1 431 "));
        let huge = format!("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 1500000\r\n\r\n{}", "x".repeat(1_500_000));
        assert!(answer(connect(address), huge.as_bytes()).starts_with("HTTP/1.1 413 "));
        assert!(answer(connect(address), JWKS).starts_with("HTTP/1.1 200 "));
    }

    #[test]
    fn silent_connections_keep_nobody_waiting_until_there_is_no_place_left() {
        let address = start(None);
        let mut silent: Vec<TcpStream> = (0..MOST_CONNECTIONS - 1).map(|_| connect(address)).collect();
        assert!(answer(connect(address), JWKS).starts_with("HTTP/1.1 200 "));
        silent.push(connect(address));

        let mut late = connect(address);
        late.write_all(JWKS).unwrap();
        late.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert!(late.read(&mut [0]).is_err(), "there was a place for one too many");
        late.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        silent.pop();
        assert!(answer(late, b"").starts_with("HTTP/1.1 200 "));
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let error = serve(listener, Arc::new(Sandbox::of_test(|_| {})), || UnixTime(0), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("loopback"));
    }

    #[test]
    fn a_slow_token_endpoint_answers_after_its_delay() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sandbox = Sandbox::of_test(|options| options.delay = Duration::from_millis(80));
        thread::spawn(move || serve(listener, Arc::new(sandbox), || UnixTime(0), None));
        let begun = Instant::now();
        let slow = token_request().replace("Host: a", "Host: a\r\nConnection: close");
        assert!(answer(connect(address), slow.as_bytes()).starts_with("HTTP/1.1 200 "));
        assert!(begun.elapsed() >= Duration::from_millis(80));
    }

    #[test]
    fn the_log_holds_the_path_and_no_secret() {
        let (sender, lines) = std::sync::mpsc::channel();
        let sender = Mutex::new(sender);
        let address = start(Some(Box::new(move |line| sender.lock().unwrap().send(line.to_string()).unwrap())));
        answer(connect(address), b"GET /x%1b[2Jy?client_secret=CANARY HTTP/1.0\r\nAuthorization: Basic CANARY\r\n\r\n");
        assert_eq!(lines.recv().unwrap(), "GET /x%1b[2Jy 404");
    }
}
