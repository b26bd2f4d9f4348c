//! HTTP/1.1 as bytes: a request read from a stream, a response written to one (RFC 9112).

use std::io::{self, ErrorKind, Read, Write};

use serde_json::json;

use crate::sandbox::http::{Request, Response};

/// The longest request line and headers together, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// The most headers.
const MOST_HEADERS: usize = 100;
/// The longest body, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

/// A whole request, and whether the client wants to send another on the same connection.
pub struct Incoming {
    /// The request.
    pub request: Request,
    /// Whether the connection may stay.
    pub keep_alive: bool,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// The client went away, or stayed silent between two requests: nothing is to be said.
    Gone,
    /// The client is to be told this, and then the connection ends.
    Refused(Response),
}

/// What the head of a request says.
struct Head {
    request: Request,
    length: usize,
    body: usize,
    keep_alive: bool,
    expects_continue: bool,
}

/// Reads one request. `buffer` holds what was read of it before, and afterwards what was read beyond it.
pub fn read(stream: &mut (impl Read + Write), buffer: &mut Vec<u8>) -> Result<Incoming, Fault> {
    let head = loop {
        if let Some(head) = parse(buffer)? {
            break head;
        }
        more(stream, buffer)?;
    };
    buffer.drain(..head.length);
    if head.expects_continue && buffer.len() < head.body {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(|_| Fault::Gone)?;
    }
    while buffer.len() < head.body {
        more(stream, buffer)?;
    }
    let rest = buffer.split_off(head.body);
    let body = std::mem::replace(buffer, rest);
    Ok(Incoming { request: Request { body, ..head.request }, keep_alive: head.keep_alive })
}

/// Writes a response; of an answer to `HEAD` only the head.
pub fn write(stream: &mut impl Write, response: &Response, keep_alive: bool, head_only: bool) -> io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", response.status, response.reason()).into_bytes();
    for (name, value) in &response.headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    let connection = if keep_alive { "keep-alive" } else { "close" };
    bytes.extend(format!("Content-Length: {}\r\nConnection: {connection}\r\n\r\n", response.body.len()).bytes());
    if !head_only {
        bytes.extend(&response.body);
    }
    stream.write_all(&bytes)?;
    stream.flush()
}

/// The head at the start of `buffer`; None where it is not complete yet.
fn parse(buffer: &[u8]) -> Result<Option<Head>, Fault> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) if length <= LONGEST_HEAD => length,
        Ok(httparse::Status::Partial) if buffer.len() <= LONGEST_HEAD => return Ok(None),
        Ok(_) => return Err(refused(431, "the request's head is too long")),
        Err(httparse::Error::TooManyHeaders) => return Err(refused(431, "the request has too many headers")),
        Err(_) => return Err(refused(400, "this is not HTTP/1.1; the sandbox speaks plain http, not https")),
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let request = Request {
        method: parsed.method.unwrap_or_default().into(),
        target: parsed.path.unwrap_or_default().into(),
        headers: parsed.headers.iter().map(|header| (header.name.to_string(), text(header.value))).collect(),
        body: Vec::new(),
    };
    let recent = parsed.version == Some(1);
    // RFC 9112 section 3.2.
    if recent && request.header("Host").is_none() {
        return Err(refused(400, "a request has exactly one Host header"));
    }
    let connection = request.header("Connection").unwrap_or_default().to_ascii_lowercase();
    let says = |word: &str| connection.split(',').any(|token| token.trim() == word);
    Ok(Some(Head {
        length,
        body: body_length(&request)?,
        keep_alive: if recent { !says("close") } else { says("keep-alive") },
        expects_continue: request.header("Expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")),
        request,
    }))
}

/// RFC 9112 section 6: a body has a `Content-Length`; chunks are more than this server needs to understand.
fn body_length(request: &Request) -> Result<usize, Fault> {
    if request.has_header("Transfer-Encoding") {
        return Err(refused(411, "send the body with a Content-Length, not in chunks"));
    }
    let mut lengths =
        request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Content-Length")).map(|(_, value)| value.as_str());
    let Some(first) = lengths.next() else { return Ok(0) };
    if first.is_empty() || !first.bytes().all(|b| b.is_ascii_digit()) || lengths.any(|other| other != first) {
        return Err(refused(400, "the Content-Length does not make sense"));
    }
    first.parse().ok().filter(|length| *length <= LONGEST_BODY).ok_or_else(|| refused(413, "the body is too long"))
}

fn more(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Result<(), Fault> {
    let mut chunk = [0; 16 * 1024];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return Err(Fault::Gone),
            Ok(count) => {
                buffer.extend(&chunk[..count]);
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Unix says the one, Windows the other.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && !buffer.is_empty() => {
                return Err(refused(408, "the request did not come in time"));
            }
            Err(_) => return Err(Fault::Gone),
        }
    }
}

fn refused(status: u16, description: &str) -> Fault {
    Fault::Refused(Response::json(status, &json!({ "error": "invalid_request", "error_description": description })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client that sends its pieces one read at a time, then falls silent or hangs up.
    struct Client<'a> {
        pieces: Vec<&'a [u8]>,
        silent: bool,
        heard: Vec<u8>,
    }

    impl Read for Client<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.pieces.is_empty() {
                return if self.silent { Err(ErrorKind::TimedOut.into()) } else { Ok(0) };
            }
            let piece = self.pieces.remove(0);
            let count = piece.len().min(into.len());
            into[..count].copy_from_slice(&piece[..count]);
            if count < piece.len() {
                self.pieces.insert(0, &piece[count..]);
            }
            Ok(count)
        }
    }

    impl Write for Client<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.heard.extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn client<'a>(pieces: &[&'a [u8]]) -> Client<'a> {
        Client { pieces: pieces.to_vec(), silent: false, heard: Vec::new() }
    }

    fn status(bytes: &[u8]) -> Option<u16> {
        match read(&mut client(&[bytes]), &mut Vec::new()) {
            Ok(_) => Some(200),
            Err(Fault::Refused(response)) => Some(response.status),
            Err(Fault::Gone) => None,
        }
    }

    #[test]
    fn a_request_in_pieces_is_one_request_and_what_follows_is_kept() {
        let whole = b"POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HT";
        for size in [1, 2, 7, 1000] {
            let mut client = client(&whole.chunks(size).collect::<Vec<_>>());
            let mut buffer = Vec::new();
            let incoming = read(&mut client, &mut buffer).ok().unwrap();
            assert_eq!((incoming.request.path(), incoming.request.body.as_slice(), incoming.keep_alive), ("/token", &b"abc"[..], true));
            assert!(b"GET / HT".starts_with(&buffer));
        }
    }

    #[test]
    fn whether_the_connection_stays_is_the_clients_choice() {
        for (head, stays) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ] {
            let incoming = read(&mut client(&[head.as_bytes()]), &mut Vec::new()).ok().unwrap();
            assert_eq!(incoming.keep_alive, stays, "{head}");
        }
    }

    #[test]
    fn what_is_not_http_is_refused_and_never_a_panic() {
        // The first bytes of a TLS ClientHello.
        assert_eq!(status(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), Some(400));
        for bad in [
            "\0\0\0\0",
            "GET\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "é / HTTP/1.1\r\n",
        ] {
            assert_eq!(status(bad.as_bytes()), Some(400), "{bad:?}");
        }
        assert_eq!(status(b""), None);
        assert_eq!(status(b"GET / HT"), None);
        let mut random = 1_u32;
        for length in 0..2000 {
            let bytes: Vec<u8> = (0..length % 97)
                .map(|_| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as u8
                })
                .collect();
            assert_ne!(status(&bytes), Some(200));
        }
    }

    #[test]
    fn a_body_whose_length_is_in_doubt_is_refused() {
        let with = |headers: &str| status(format!("POST /token HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n").as_bytes());
        for bad in [
            "Content-Length: -1",
            "Content-Length: +1",
            "Content-Length: 1, 1",
            "Content-Length:",
            "Content-Length: 0\r\nContent-Length: 1",
        ] {
            assert_eq!(with(bad), Some(400), "{bad}");
        }
        assert_eq!(with("Content-Length: 0\r\nTransfer-Encoding: chunked"), Some(411));
        assert_eq!(with("Content-Length: 1048577"), Some(413));
        assert_eq!(with("Content-Length: 99999999999999999999999"), Some(413));
        assert_eq!(with("Content-Length: 0\r\ncontent-length: 0"), Some(200));
    }

    #[test]
    fn a_head_is_bounded_in_bytes_and_in_headers() {
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(LONGEST_HEAD));
        assert_eq!(status(long.as_bytes()), Some(431));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(MOST_HEADERS));
        assert_eq!(status(many.as_bytes()), Some(431));
    }

    #[test]
    fn who_stops_in_the_middle_is_told_and_who_says_nothing_is_not() {
        for (pieces, told) in [(&[&b"GET / HT"[..]][..], true), (&[], false)] {
            let mut client = Client { silent: true, ..client(pieces) };
            match read(&mut client, &mut Vec::new()).err().unwrap() {
                Fault::Refused(response) => assert!(told && response.status == 408),
                Fault::Gone => assert!(!told),
            }
        }
    }

    #[test]
    fn who_expects_100_continue_gets_it_before_the_body() {
        let mut client = client(&[b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", b"x"]);
        assert_eq!(read(&mut client, &mut Vec::new()).ok().unwrap().request.body, b"x");
        assert_eq!(client.heard, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    #[test]
    fn an_answer_to_head_keeps_the_length_and_drops_the_body() {
        let mut written = Vec::new();
        write(&mut written, &Response::text(200, "four"), false, true).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("Content-Length: 4\r\nConnection: close\r\n\r\n"), "{text}");
    }
}
