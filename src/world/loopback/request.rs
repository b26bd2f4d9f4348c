//! What a redirect looks like on the wire, and what is answered (RFC 9112).

use httparse::{EMPTY_HEADER, Error, Request, Status};

use crate::oauth::redirect::Redirect;
use crate::secret::WireSecret;
use crate::world::page;

/// The most headers; browsers send about twenty.
const MOST_HEADERS: usize = 64;

/// What callers have to ask for, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The one `Host`: `127.0.0.1:8400`. A web page that has its own name point to this machine sends that name.
    pub authority: String,
    /// The path: `/callback`.
    pub path: String,
}

impl Door {
    /// The way in to a redirect URI on the port that was bound.
    pub fn of(redirect: &Redirect, port: u16) -> Door {
        let host = redirect.host.name();
        // RFC 9110 section 7.2: the default port is left out.
        let authority = if port == 80 { host.to_string() } else { format!("{host}:{port}") };
        Door { authority, path: redirect.request_path().into() }
    }
}

/// Why a request is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    reason: &'static str,
    /// An answer to HEAD has no body.
    head: bool,
}

impl Refusal {
    /// A status, and a sentence.
    pub fn new(status: u16, reason: &'static str) -> Refusal {
        Refusal { status, reason, head: false }
    }

    /// As it goes out.
    pub fn response(self) -> String {
        let mut response = response(self.status, &page::notice("Nothing to see here", self.reason));
        if self.head {
            let head = response.find("\r\n\r\n").map_or(0, |end| end + 4);
            response.truncate(head);
        }
        response
    }
}

/// The query of the request at the start of `bytes`; None where it is not complete yet. A body is never waited for.
pub fn parse(bytes: &[u8], door: &Door) -> Result<Option<WireSecret>, Refusal> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Refusal::new(431, "The request has too many headers.")),
        Err(_) => return Err(Refusal::new(400, "This is not a request of plain HTTP/1.1.")),
    }
    let head = request.method == Some("HEAD");
    query(&request, door).map(Some).map_err(|(status, reason)| Refusal { status, reason, head })
}

fn query(request: &Request, door: &Door) -> Result<WireSecret, (u16, &'static str)> {
    let target = request.path.unwrap_or_default();
    // RFC 9112 section 3.2.1; the absolute form is for proxies, a fragment for nobody.
    if !target.starts_with('/') || target.contains('#') {
        return Err((400, "This is not a request for a path."));
    }
    let mut hosts = named(request, "host");
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host == door.authority.as_bytes() => {}
        (Some(_), None) => return Err((421, "Nothing of this name is served here.")),
        _ => return Err((400, "A request has exactly one Host.")),
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != door.path {
        return Err((404, "There is nothing at this address."));
    }
    if request.method != Some("GET") {
        return Err((405, "This address is only there to be opened."));
    }
    if named(request, "transfer-encoding").next().is_some() || named(request, "content-length").any(|length| length != b"0") {
        return Err((400, "A request for this address has no body."));
    }
    Ok(WireSecret::new(query))
}

fn named<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    request.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// An answer as it goes out, with the headers that every one has (R16).
pub fn response(status: u16, page: &str) -> String {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        // RFC 9110 section 15.5.6: with what is allowed.
        405 => "Method Not Allowed\r\nAllow: GET",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/html;charset=utf-8\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\nContent-Security-Policy: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page::policy(),
        page.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::redirect::LoopbackHost;

    fn door() -> Door {
        Door::of(&Redirect { path: "/callback".into(), ..Redirect::default() }, 8400)
    }

    fn ask(request: &str) -> Result<Option<WireSecret>, u16> {
        parse(request.as_bytes(), &door()).map_err(|refusal| refusal.status)
    }

    fn get(line: &str, headers: &str) -> Result<String, u16> {
        ask(&format!("{line}\r\n{headers}\r\n")).map(|query| query.unwrap().expose().to_string())
    }

    const HOST: &str = "Host: 127.0.0.1:8400\r\n";

    #[test]
    fn r11_the_exact_path_gives_its_query_as_it_was_sent() {
        assert_eq!(get("GET /callback?code=a%2Bb&state=c HTTP/1.1", HOST).unwrap(), "code=a%2Bb&state=c");
        assert_eq!(get("GET /callback?a?b HTTP/1.0", HOST).unwrap(), "a?b");
        assert_eq!(get("GET /callback HTTP/1.1", HOST).unwrap(), "");
        assert_eq!(get("GET /callback? HTTP/1.1", &format!("{HOST}Content-Length: 0\r\nUpgrade: websocket\r\n")).unwrap(), "");
    }

    #[test]
    fn r11_anything_else_is_refused_with_its_own_status() {
        for (line, headers, status) in [
            ("GET http://127.0.0.1:8400/callback?code=x HTTP/1.1", HOST, 400),
            ("GET callback HTTP/1.1", HOST, 400),
            ("OPTIONS * HTTP/1.1", HOST, 400),
            ("CONNECT 127.0.0.1:8400 HTTP/1.1", HOST, 400),
            ("GET /callback?a#b HTTP/1.1", HOST, 400),
            ("GET /callback HTTP/2.0", HOST, 400),
            ("GET /callback", HOST, 400),
            ("GET /callback HTTP/1.1", "", 400),
            ("GET /callback HTTP/1.0", "", 400),
            ("GET /callback HTTP/1.1", "Host: 127.0.0.1:8400\r\nhost: 127.0.0.1:8400\r\n", 400),
            ("GET /callback HTTP/1.1", "Host: 127.0.0.1:8400\r\nTransfer-Encoding: chunked\r\n", 400),
            ("GET /callback HTTP/1.1", "Host: 127.0.0.1:8400\r\nContent-Length: 5\r\n", 400),
            ("GET /callback HTTP/1.1", "Host: evil.example\r\n", 421),
            ("GET /callback HTTP/1.1", "Host: 127.0.0.1\r\n", 421),
            ("GET /callback HTTP/1.1", "Host: localhost:8400\r\n", 421),
            ("GET /callback HTTP/1.1", "Host: 127.0.0.1:8400.evil.example\r\n", 421),
            ("GET /callback HTTP/1.1", "Host: x@127.0.0.1:8400\r\n", 421),
            ("GET / HTTP/1.1", HOST, 404),
            ("GET /favicon.ico HTTP/1.1", HOST, 404),
            ("GET /callback/ HTTP/1.1", HOST, 404),
            ("GET /Callback HTTP/1.1", HOST, 404),
            ("GET //callback HTTP/1.1", HOST, 404),
            ("GET /%63allback HTTP/1.1", HOST, 404),
            ("GET /x/../callback HTTP/1.1", HOST, 404),
            ("POST /callback HTTP/1.1", HOST, 405),
            ("HEAD /callback?code=x HTTP/1.1", HOST, 405),
            ("OPTIONS /callback HTTP/1.1", HOST, 405),
            ("get /callback HTTP/1.1", HOST, 405),
        ] {
            assert_eq!(get(line, headers), Err(status), "{line} {headers}");
        }
    }

    #[test]
    fn r12_a_tls_hello_is_refused_at_its_first_bytes() {
        assert_eq!(parse(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &door()).unwrap_err().status, 400);
    }

    #[test]
    fn half_a_request_is_none_yet() {
        let whole = format!("GET /callback?code=x HTTP/1.1\r\n{HOST}\r\n");
        for end in 0..whole.len() {
            assert_eq!(ask(&whole[..end]), Ok(None), "{end}");
        }
        assert!(ask(&whole).unwrap().is_some());
    }

    #[test]
    fn the_default_port_is_not_part_of_the_host() {
        let door = Door::of(&Redirect { host: LoopbackHost::Localhost, ..Redirect::default() }, 80);
        assert!(parse(b"GET /callback HTTP/1.1\r\nHost: localhost\r\n\r\n", &door).unwrap().is_some());
    }

    #[test]
    fn r16_every_answer_has_the_same_headers_and_no_others() {
        for status in [200, 400, 404, 405, 421, 431, 503] {
            let text = response(status, "é");
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = head.lines().skip(1).map(|line| line.split_once(": ").unwrap().0).collect();
            let mut expected = vec![
                "Content-Type",
                "Cache-Control",
                "Referrer-Policy",
                "X-Content-Type-Options",
                "Content-Security-Policy",
                "Content-Length",
                "Connection",
            ];
            if status == 405 {
                expected.insert(0, "Allow");
            }
            assert_eq!(names, expected);
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && head.contains("Content-Length: 2\r\n") && body == "é");
            assert!(head.contains("Content-Type: text/html;charset=utf-8\r\nCache-Control: no-store\r\n"));
        }
    }

    #[test]
    fn r11_an_answer_to_head_has_no_body() {
        let refusal = parse(format!("HEAD /callback HTTP/1.1\r\n{HOST}\r\n").as_bytes(), &door()).unwrap_err();
        assert!(refusal.response().ends_with("\r\n\r\n") && refusal.response().contains("Allow: GET\r\n"));
    }

    #[test]
    fn garbage_is_never_a_call() {
        let mut random = 1_u32;
        for length in 0..2000 {
            let bytes: Vec<u8> = (0..length % 97)
                .map(|_| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as u8
                })
                .collect();
            assert!(!matches!(parse(&bytes, &door()), Ok(Some(_))));
        }
    }
}
