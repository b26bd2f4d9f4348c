//! A scripted HTTP/1.1 server on loopback: records every request, answers as told, however hostile that is.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    /// The request target as written: path and query, or an absolute URL at a proxy.
    pub target: String,
    /// Names as written, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
    /// How many requests came before this one.
    pub number: usize,
}

/// What a form is compared with.
pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    pairs.sort();
    pairs
}

impl Recorded {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Lower-case names of all headers, sorted.
    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.headers.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        names.sort();
        names
    }

    /// Sorted, as [`pairs`] are.
    pub fn form(&self) -> Vec<(String, String)> {
        assert_eq!(self.header("content-type").map(media_type), Some("application/x-www-form-urlencoded".into()), "{self:?}");
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(&self.body).into_owned().collect();
        pairs.sort();
        pairs
    }

    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type").map(media_type), Some("application/json".into()), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap().trim().to_ascii_lowercase()
}

/// What the server does with one request.
#[derive(Debug, Clone)]
pub struct Answer {
    delay: Duration,
    act: Act,
    headers: Vec<(String, String)>,
    declared: Option<usize>,
    drip: Option<Duration>,
    close_notify: bool,
}

#[derive(Debug, Clone)]
enum Act {
    Respond { status: u16, body: Vec<u8> },
    Raw { bytes: Vec<u8>, then_hang: bool },
    Endless { chunked: bool },
    Repeat { head: Vec<u8>, unit: Vec<u8> },
    Hang,
    Close,
}

impl Answer {
    fn of(act: Act) -> Answer {
        Answer { delay: Duration::ZERO, act, headers: Vec::new(), declared: None, drip: None, close_notify: true }
    }

    /// A body of `content_type`; an empty one sends no such header.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let answer = Answer::of(Act::Respond { status, body: body.into() });
        if content_type.is_empty() { answer } else { answer.header("Content-Type", content_type) }
    }

    pub fn json(status: u16, body: serde_json::Value) -> Answer {
        Answer::text(status, "application/json", body.to_string())
    }

    /// RFC 6749 section 5.1, an hour of life.
    pub fn token(token: &str) -> Answer {
        Answer::token_for(token, 3600)
    }

    pub fn token_for(token: &str, expires_in: i64) -> Answer {
        Answer::json(200, serde_json::json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in}))
    }

    /// RFC 6749 section 5.2.
    pub fn error(status: u16, code: &str, description: &str) -> Answer {
        Answer::json(status, serde_json::json!({"error": code, "error_description": description}))
    }

    pub fn redirect(status: u16, location: &str) -> Answer {
        Answer::text(status, "text/plain", "moved").header("Location", location)
    }

    /// These bytes and nothing else, then the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer::of(Act::Raw { bytes: bytes.into(), then_hang: false })
    }

    /// These bytes, then silence on an open connection.
    pub fn raw_then_hang(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer::of(Act::Raw { bytes: bytes.into(), then_hang: true })
    }

    /// 200 and zeros for ever.
    pub fn endless(chunked: bool) -> Answer {
        Answer::of(Act::Endless { chunked }).header("Content-Type", "application/json")
    }

    pub fn endless_headers() -> Answer {
        Answer::repeating("HTTP/1.1 200 OK\r\n", &format!("X-Fill: {}\r\n", "a".repeat(1000)))
    }

    /// These bytes, then those for ever.
    pub fn repeating(head: &str, unit: &str) -> Answer {
        Answer::of(Act::Repeat { head: head.into(), unit: unit.into() })
    }

    pub fn hang() -> Answer {
        Answer::of(Act::Hang)
    }

    pub fn close() -> Answer {
        Answer::of(Act::Close)
    }

    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }

    /// Lies about the length of the body.
    pub fn declaring(mut self, content_length: usize) -> Answer {
        self.declared = Some(content_length);
        self
    }

    /// One byte at a time.
    pub fn dripping(mut self, every: Duration) -> Answer {
        self.drip = Some(every);
        self
    }

    /// Over TLS: ends the connection without saying so first.
    pub fn without_close_notify(mut self) -> Answer {
        self.close_notify = false;
        self
    }

    pub fn without_length(mut self) -> Answer {
        self.declared = Some(usize::MAX);
        self
    }
}

type Handler = dyn Fn(&Recorded) -> Answer + Send + Sync;

/// A server that stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    handler: Box<Handler>,
    requests: Mutex<Vec<Recorded>>,
    connections: AtomicUsize,
    stop: AtomicBool,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Server {
    pub fn start(handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Server {
        Server::listen(Box::new(handler), None)
    }

    pub fn start_tls(config: Arc<rustls::ServerConfig>, handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Server {
        Server::listen(Box::new(handler), Some(config))
    }

    pub fn always(answer: Answer) -> Server {
        Server::start(move |_| answer.clone())
    }

    pub fn always_tls(config: Arc<rustls::ServerConfig>, answer: Answer) -> Server {
        Server::start_tls(config, move |_| answer.clone())
    }

    /// One answer a request, in this order; the last one again and again.
    pub fn script(answers: Vec<Answer>) -> Server {
        Server::start(move |request| answers[request.number.min(answers.len() - 1)].clone())
    }

    fn listen(handler: Box<Handler>, tls: Option<Arc<rustls::ServerConfig>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared =
            Arc::new(Shared { handler, requests: Mutex::default(), connections: AtomicUsize::new(0), stop: AtomicBool::new(false), tls });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let serving = accepting.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        Server { address, scheme, shared }
    }

    /// `http://127.0.0.1:PORT` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The same by name, for certificates.
    pub fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// How many requests asked for `path`.
    pub fn count_of(&self, path: &str) -> usize {
        self.requests().iter().filter(|r| r.path() == path).count()
    }

    /// The one request that was made.
    pub fn only(&self) -> Recorded {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

/// A connection with or without TLS.
pub trait Wire: Read + Write {
    fn end(&mut self, close_notify: bool);
}

impl Wire for TcpStream {
    fn end(&mut self, _: bool) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Wire for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    fn end(&mut self, close_notify: bool) {
        // The peer is to see why, but one that speaks no TLS is not waited for.
        if self.conn.is_handshaking() {
            while self.conn.wants_write() && self.conn.write_tls(&mut self.sock).is_ok() {}
            let _ = self.sock.shutdown(Shutdown::Write);
            let _ = self.sock.set_read_timeout(Some(Duration::from_millis(300)));
            while self.sock.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
            return;
        }
        if close_notify {
            self.conn.send_close_notify();
        }
        let _ = self.flush();
        let _ = self.sock.shutdown(Shutdown::Write);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
        let _ = stream.set_write_timeout(Some(Duration::from_secs(30)));
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.answer(stream),
            Some(config) => {
                let connection = rustls::ServerConnection::new(config.clone()).unwrap();
                self.answer(rustls::StreamOwned::new(connection, stream));
            }
        }
    }

    fn answer(&self, mut wire: impl Wire) {
        let Some(mut request) = read_request(&mut wire) else { return wire.end(true) };
        {
            let mut requests = self.requests.lock().unwrap();
            request.number = requests.len();
            requests.push(request.clone());
        }
        let answer = (self.handler)(&request);
        self.pause(answer.delay);
        let _ = self.write(&answer, &mut wire);
        wire.end(answer.close_notify);
        // The peer reads what was sent before it sees the end.
        let _ = wire.read(&mut [0; 64]);
    }

    fn write(&self, answer: &Answer, wire: &mut impl Wire) -> std::io::Result<()> {
        let mut head = String::new();
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match &answer.act {
            Act::Respond { status, body } => {
                let length = match answer.declared {
                    Some(usize::MAX) => String::new(),
                    declared => format!("Content-Length: {}\r\n", declared.unwrap_or(body.len())),
                };
                let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n{head}{length}Connection: close\r\n\r\n").into_bytes();
                bytes.extend_from_slice(body);
                self.send(&bytes, answer.drip, wire)
            }
            Act::Raw { bytes, then_hang } => {
                self.send(bytes, answer.drip, wire)?;
                if *then_hang {
                    self.pause(Duration::from_secs(60));
                }
                Ok(())
            }
            Act::Endless { chunked } => {
                let framing = if *chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
                wire.write_all(format!("HTTP/1.1 200 OK\r\n{head}{framing}Connection: close\r\n\r\n").as_bytes())?;
                let zeros = vec![b'0'; 1 << 16];
                // 4 GiB are for ever here.
                for _ in 0..(1 << 16) {
                    if *chunked {
                        wire.write_all(b"10000\r\n")?;
                    }
                    wire.write_all(&zeros)?;
                    if *chunked {
                        wire.write_all(b"\r\n")?;
                    }
                }
                Ok(())
            }
            Act::Repeat { head, unit } => {
                wire.write_all(head)?;
                for _ in 0..(1 << 22) {
                    wire.write_all(unit)?;
                }
                Ok(())
            }
            Act::Hang => {
                self.pause(Duration::from_secs(60));
                Ok(())
            }
            Act::Close => Ok(()),
        }
    }

    fn send(&self, bytes: &[u8], drip: Option<Duration>, wire: &mut impl Wire) -> std::io::Result<()> {
        let Some(every) = drip else {
            wire.write_all(bytes)?;
            return wire.flush();
        };
        for byte in bytes {
            wire.write_all(&[*byte])?;
            wire.flush()?;
            self.pause(every);
        }
        Ok(())
    }

    /// Waits, but not longer than the server lives.
    fn pause(&self, length: Duration) {
        let end = Instant::now() + length;
        while !self.stop.load(Ordering::SeqCst) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}

/// Reads one request; None where the peer goes away before it is whole.
pub fn read_request(wire: &mut impl Read) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(position) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break position;
        }
        assert!(bytes.len() < 1 << 20, "a request head of a MiB");
        read_some(wire, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut body = bytes.split_off(head_end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_string(), first.next()?.to_string());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(n, v)| (n.to_string(), v.trim().to_string())).collect();
    let value = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
    if let Some(length) = value("content-length") {
        let length: usize = length.parse().unwrap();
        while body.len() < length {
            read_some(wire, &mut body)?;
        }
    } else if value("transfer-encoding").is_some() {
        while !body.ends_with(b"0\r\n\r\n") {
            read_some(wire, &mut body)?;
        }
    }
    Some(Recorded { method, target, headers, body, at: Instant::now(), number: 0 })
}

fn read_some(wire: &mut impl Read, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 16_384];
    match wire.read(&mut buffer) {
        // A child that ends interrupts a read with a time-out (signal(7)), though nobody handles its signal.
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => read_some(wire, bytes),
        Ok(0) | Err(_) => None,
        Ok(n) => {
            bytes.extend_from_slice(&buffer[..n]);
            Some(())
        }
    }
}
