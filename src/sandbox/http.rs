//! A request and a response as values.

use serde_json::Value;

/// A request as it came in, its body complete. There is no Debug: it carries secrets.
pub struct Request {
    /// The method, as sent: `POST`.
    pub method: String,
    /// The request target: `/token?x=1`, or the absolute form that a client of a proxy sends.
    pub target: String,
    /// Names and values in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there was none.
    pub body: Vec<u8>,
}

/// A response on its way out. `Content-Length` and `Connection` are the listener's to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The one value of the header `name`, in any case; None where it is missing or came more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether the header `name` came at all.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The path, as sent: not decoded, without query.
    pub fn path(&self) -> &str {
        self.origin_form().split('?').next().unwrap_or_default()
    }

    /// The query, as sent; empty where there is none.
    pub fn query(&self) -> &str {
        self.origin_form().split_once('?').map_or("", |(_, query)| query)
    }

    /// RFC 9112 section 3.2.2: a server accepts the absolute form too.
    fn origin_form(&self) -> &str {
        let Some(rest) = self.target.strip_prefix("http://") else { return &self.target };
        rest.find(['/', '?']).map_or("/", |start| &rest[start..])
    }
}

impl Response {
    /// A JSON object. Never to be cached (RFC 6749 section 5.1), because every sandbox has its own answers.
    pub fn json(status: u16, value: &Value) -> Response {
        Response::new(status, "application/json", format!("{value}\n"))
    }

    /// Plain text for a person.
    pub fn text(status: u16, text: impl Into<String>) -> Response {
        Response::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// A page for a browser.
    pub fn html(status: u16, html: String) -> Response {
        Response::new(status, "text/html; charset=utf-8", html)
    }

    /// Sends a browser on, with GET whatever it came with (RFC 9110 section 15.4.4); `location` is ASCII without a line break.
    pub fn see_other(location: impl Into<String>) -> Response {
        // Neither the state nor the code is to be told to the next site.
        Response::text(303, "").with("Location", location).with("Referrer-Policy", "no-referrer")
    }

    /// Adds a header; the value holds no line break.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// The phrase behind the status code; empty where none is needed (RFC 9112 section 4).
    pub fn reason(&self) -> &'static str {
        match self.status {
            200 => "OK",
            303 => "See Other",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            411 => "Length Required",
            413 => "Content Too Large",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            _ => "",
        }
    }

    fn new(status: u16, content_type: &str, body: String) -> Response {
        let response = Response { status, headers: Vec::new(), body: body.into_bytes() };
        response.with("Content-Type", content_type).with("Cache-Control", "no-store").with("Pragma", "no-cache")
    }
}

#[cfg(test)]
impl Request {
    /// A request of a test.
    pub fn of(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Request { method: method.into(), target: target.into(), headers, body: body.as_bytes().to_vec() }
    }

    /// A form sent by POST, as a test of a token endpoint needs it.
    pub fn form(target: &str, body: &str) -> Request {
        Request::of("POST", target, &[("Content-Type", "application/x-www-form-urlencoded")], body)
    }

    /// The same with HTTP Basic credentials; `pair` is `id:secret`, already form-encoded.
    pub fn basic(mut self, pair: &str) -> Request {
        use base64::Engine;
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        self.headers.push(("authorization".into(), format!("Basic {pair}")));
        self
    }
}

#[cfg(test)]
impl Response {
    /// The body as JSON.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_same_in_origin_and_absolute_form() {
        for (target, path, query) in [
            ("/token", "/token", ""),
            ("/token?a=/b?c", "/token", "a=/b?c"),
            ("http://127.0.0.1:8417/token?a=b", "/token", "a=b"),
            ("http://127.0.0.1:8417", "/", ""),
            ("*", "*", ""),
        ] {
            let request = Request::of("GET", target, &[], "");
            assert_eq!((request.path(), request.query()), (path, query), "{target}");
        }
    }

    #[test]
    fn a_header_sent_twice_has_no_value() {
        let request = Request::of("GET", "/", &[("A", "1"), ("b", "2"), ("B", "3")], "");
        assert_eq!((request.header("a"), request.header("b"), request.header("c")), (Some("1"), None, None));
        assert!(request.has_header("b") && !request.has_header("c"));
    }
}
