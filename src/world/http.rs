//! Sends one request over ureq and reads the whole answer, within its limits.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use ureq::http::Uri;
use ureq::tls::{ClientCert, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Proxy, Timeout};

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::{Request, Response};
use crate::secret::redact;
use crate::text::escape;
use crate::world::terminal::Terminal;
use crate::world::trace::Trace;
use crate::world::{Network, now, proxy, tls};

/// R54: connecting may take this much of the deadline.
const CONNECT: Duration = Duration::from_secs(10);
/// R53: the most bytes of an answer's headers.
const HEADERS: usize = 64 << 10;
/// Bytes of a buffer for what is sent. ureq would fill 128 KiB with zeros, which a fetch of a short token is charged for.
const OUTPUT: usize = 16 << 10;
/// Bytes of a buffer for what comes: headers that are too long have to be seen as such.
const INPUT: usize = HEADERS + (4 << 10);
/// Headers whose values a trace may show: they are about quotas, not about people.
const TOLD: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The network.
pub struct Http {
    network: Network,
    environment: Environment,
    terminal: Terminal,
    /// By origin: how many of the CA sources are known not to do; they are not tried again.
    passed: Vec<(String, usize)>,
    /// Requests to this authority go to this loopback port instead: the embedded server.
    detour: Option<(String, u16)>,
    /// Opened with the first request.
    trace: Option<Trace>,
}

impl Http {
    /// Connects to nothing yet.
    pub fn new(network: Network, environment: Environment, terminal: Terminal) -> Http {
        Http { network, environment, terminal, passed: Vec::new(), detour: None, trace: None }
    }

    /// From now on, requests to `authority` go to this loopback port.
    pub fn detour(&mut self, authority: String, port: u16) {
        self.detour = Some((authority, port));
    }

    /// Whether what is trusted can be read at all, before anything depends on it. Fails with `Config`.
    pub fn ready(&self) -> Result<()> {
        tls::sources(self.network.ca_file.as_deref(), &self.environment).first().map_or(Ok(()), |source| tls::load(source).map(drop))
    }

    /// Where a person's browser finds what we find under `url`.
    pub fn detoured(&self, url: &str) -> String {
        match &self.detour {
            Some((authority, port)) => {
                let (from, to) = (format!("http://{authority}/"), format!("http://127.0.0.1:{port}/"));
                url.strip_prefix(&from).map_or_else(|| url.to_string(), |rest| format!("{to}{rest}"))
            }
            None => url.to_string(),
        }
    }

    /// Sends a request once. Where the server's CA is unknown, nothing was sent, and the next source of CAs is tried.
    pub fn send(&mut self, request: &Request, deadline: Instant) -> Result<Response> {
        if let (None, Some(path)) = (&self.trace, &self.network.trace) {
            self.trace = Some(Trace::open(path)?);
        }
        let sources = tls::sources(self.network.ca_file.as_deref(), &self.environment);
        let https = request.url.url().scheme() == "https";
        if let Some(trace) = &mut self.trace {
            trace.request(request, now());
        }
        let origin = request.url.url().origin().ascii_serialization();
        let mut passed = self.passed.iter().rfind(|(known, _)| *known == origin).map_or(0, |(_, passed)| *passed);
        loop {
            let roots = if https { tls::load(&sources[passed])? } else { RootCerts::WebPki };
            let started = Instant::now();
            match self.try_once(request, roots, deadline) {
                Ok(response) => {
                    if let Some(trace) = &mut self.trace {
                        trace.response(request, &response, now());
                    }
                    self.told(request, &response, started.elapsed());
                    return Ok(response);
                }
                Err(Failure::Transport(error, through)) => match tls::fault(&error) {
                    Some(fault) if tls::unknown_issuer(fault) && passed + 1 < sources.len() => {
                        passed += 1;
                        self.passed.push((origin.clone(), passed));
                    }
                    Some(fault) => return Err(tls::explain(fault, request.url.host(), request.identity.is_some(), now())),
                    None => return Err(shown_in_vain(self.explain(&error, &request.url, through), request)),
                },
                Err(Failure::Told(error)) => return Err(error),
            }
        }
    }

    fn try_once(&self, request: &Request, roots: RootCerts, deadline: Instant) -> std::result::Result<Response, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Told(self.out_of_time(&host_of(&request.url, false))));
        }
        let proxy = proxy::choose(&request.url, &self.environment).map_err(Failure::Told)?;
        let proxied = proxy.is_some();
        let identity = request.identity.as_deref().map(tls::client_certificate).transpose().map_err(Failure::Told)?;
        let agent = self.agent(proxy, roots, identity, left);
        let method = if request.body.is_some() { "POST" } else { "GET" };
        self.terminal.trace(1, &format!("{method} {}", escape(&request.url.without_query())));
        if self.terminal.verbose > 1 {
            let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
            self.terminal.trace(2, &format!("with headers {}; body [redacted]", names.join(", ")));
        }
        let answer = match &request.body {
            Some(body) => {
                let call =
                    request.headers.iter().fold(agent.post(request.url.as_str()), |call, (name, value)| call.header(*name, value.expose()));
                call.send(body.expose())
            }
            None => request
                .headers
                .iter()
                .fold(agent.get(request.url.as_str()), |call, (name, value)| call.header(*name, value.expose()))
                .call(),
        };
        self.read(answer.map_err(|error| Failure::Transport(error, proxied))?, request)
    }

    fn agent(&self, proxy: Option<Proxy>, roots: RootCerts, identity: Option<ClientCert>, left: Duration) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(left))
            .timeout_connect(Some(CONNECT.min(left)))
            .max_response_header_size(HEADERS)
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_connections(0)
            .proxy(proxy)
            .user_agent(concat!("oat/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .tls_config(TlsConfig::builder().root_certs(roots).client_cert(identity).build())
            .build();
        match &self.detour {
            None => Agent::new_with_config(config),
            Some((authority, port)) => {
                Agent::with_parts(config, DefaultConnector::default(), Detour { authority: authority.clone(), port: *port })
            }
        }
    }

    fn read(&self, answer: ureq::http::Response<Body>, request: &Request) -> std::result::Result<Response, Failure> {
        let (head, mut body) = answer.into_parts();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut response = Response { status: head.status.as_u16(), headers, ..Response::default() };
        if response.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Err(Failure::Told(
                Error::new(Kind::Invalid, format!("{} answered with a compressed body, which was not asked for", request.url))
                    .hint("tell the server's operator, or the proxy's"),
            ));
        }
        let limit = request.limit as u64;
        let read = body.as_reader().take(limit + 1).read_to_end(&mut response.body);
        if response.body.len() as u64 > limit {
            return Err(Failure::Told(
                Error::new(Kind::Invalid, format!("{} answered with more than {} KiB", request.url, limit >> 10))
                    .hint("is this the right address? nothing of the answer was used"),
            ));
        }
        if let Err(error) = read {
            let error = ureq::Error::from(error);
            if matches!(error, ureq::Error::Timeout(_)) {
                return Err(Failure::Transport(error, false));
            }
            response.cut_short = Some("the connection broke".into());
        }
        Ok(response)
    }

    fn told(&self, request: &Request, response: &Response, took: Duration) {
        if self.terminal.verbose == 0 {
            return;
        }
        let names: Vec<String> = response
            .headers
            .iter()
            .map(|(name, value)| {
                if TOLD.contains(&name.as_str()) && is_count(value) {
                    format!("{name}: {value}")
                } else {
                    escape(&redact(name, &request.ours))
                }
            })
            .collect();
        self.terminal.trace(
            1,
            &format!(
                "{} from {} in {} ms, {} bytes, headers {}",
                response.status,
                escape(request.url.host()),
                took.as_millis(),
                response.body.len(),
                names.join(", ")
            ),
        );
    }

    fn out_of_time(&self, whom: &str) -> Error {
        Error::new(Kind::Unavailable, format!("{whom} did not answer within {} s", self.network.timeout.as_secs()))
            .hint("try again later, or give it longer: --timeout 60s, OAT_TIMEOUT, or `timeout` in the profile")
    }

    /// In words. Before a tunnel stands, trouble is the proxy's.
    fn explain(&self, error: &ureq::Error, url: &Endpoint, proxied: bool) -> Error {
        let host = host_of(url, proxied);
        let unavailable = |message: String| Error::new(Kind::Unavailable, message);
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => unavailable(format!("no connection to {host} in time"))
                .hint("is the host right, and reachable from here? a proxy is set with HTTPS_PROXY"),
            ureq::Error::Timeout(_) => self.out_of_time(&host).in_doubt(),
            ureq::Error::HostNotFound => unavailable(format!("the name of {host} is not known to the name service"))
                .hint("is the name right, and is there a network?"),
            ureq::Error::ConnectProxyFailed(reason) => proxy_failed(reason),
            ureq::Error::Io(error) => io_failed(error, &host),
            ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
                Error::new(Kind::Invalid, format!("{host} answered with something that is not HTTP, or with too many or too large headers"))
                    .hint("is the address right?")
                    .in_doubt()
            }
            ureq::Error::LargeResponseHeader(..) => {
                Error::new(Kind::Invalid, format!("{host} answered with headers above {} KiB", HEADERS >> 10))
                    .hint("is the address right?")
                    .in_doubt()
            }
            ureq::Error::ConnectionFailed => {
                unavailable(format!("no connection to {host}")).hint("is the host right, and reachable from here?")
            }
            ureq::Error::BodyStalled => self.out_of_time(&host).in_doubt(),
            _ => unavailable(format!("the request to {host} failed")).hint("try again; `-v` shows how far it came"),
        }
    }
}

/// A server that takes no certificate of ours may break the connection off without a word (Node does).
fn shown_in_vain(error: Error, request: &Request) -> Error {
    let broken = error.in_doubt && error.kind == Kind::Unavailable && request.identity.is_some();
    let hint = broken.then(|| "does the server know this client certificate, and its CA? if it does, try again".to_string());
    error.hint_maybe(hint)
}

/// The host in a message; with a proxy before it, both are named.
fn host_of(url: &Endpoint, proxied: bool) -> String {
    match proxied {
        false => format!("`{}`", escape(url.host())),
        true => format!("the proxy (HTTPS_PROXY) on the way to `{}`", escape(url.host())),
    }
}

fn proxy_failed(reason: &str) -> Error {
    let error = Error::new(Kind::Unavailable, format!("the proxy did not let the connection through ({})", escape(reason)));
    match reason.contains("407") {
        true => error.hint("it wants a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"),
        false => error.hint("is HTTPS_PROXY right? NO_PROXY lists hosts that need none"),
    }
}

fn io_failed(error: &std::io::Error, host: &str) -> Error {
    use std::io::ErrorKind::*;
    let unavailable = |message: String, hint: &str| Error::new(Kind::Unavailable, message).hint(hint);
    match error.kind() {
        ConnectionRefused => unavailable(format!("{host} refused the connection"), "is the server running, and the port right?"),
        ConnectionReset | BrokenPipe | ConnectionAborted | UnexpectedEof => {
            unavailable(format!("{host} broke the connection off before it had answered"), "try again").in_doubt()
        }
        TimedOut | WouldBlock => unavailable(format!("{host} did not answer in time"), "try again later").in_doubt(),
        _ if error.to_string().contains("lookup address") => {
            unavailable(format!("the name of {host} is not known to the name service"), "is the name right, and is there a network?")
        }
        HostUnreachable | NetworkUnreachable => unavailable(format!("there is no way to {host} from here"), "is there a network?"),
        _ => unavailable(
            format!("the connection to {host} failed ({})", escape(&error.to_string())),
            "try again; `-v` shows how far it came",
        )
        .in_doubt(),
    }
}

/// A quota or a time as a number: nothing else is worth showing, and nothing else is safe from being an echo.
fn is_count(value: &str) -> bool {
    !value.is_empty() && value.len() <= 20 && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Why a request came back without an answer.
enum Failure {
    /// The transport's own error, and whether a proxy stood in between.
    Transport(ureq::Error, bool),
    /// One that is told already.
    Told(Error),
}

/// Sends one authority to a loopback port: the embedded server is found under the address that its tokens name.
#[derive(Debug)]
struct Detour {
    authority: String,
    port: u16,
}

impl Resolver for Detour {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        if uri.authority().is_some_and(|authority| authority.as_str() == self.authority) {
            let mut addresses = self.empty();
            addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
            return Ok(addresses);
        }
        DefaultResolver::default().resolve(uri, config, timeout)
    }
}
