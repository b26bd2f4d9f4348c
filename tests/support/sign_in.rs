//! A person at a browser, played by the test: `oat login --no-browser` says where to sign in, and the test answers as the server would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use url::Url;

use super::oat::{Oat, Output};

/// Nothing here takes longer.
const LONGEST: Duration = Duration::from_secs(60);

/// A sign-in that waits for its redirect.
pub struct SignIn {
    child: Child,
    stderr: Receiver<String>,
    seen: String,
    began: Instant,
    command: String,
    /// Where the person is sent.
    pub url: Url,
}

/// What a browser was answered.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub text: String,
}

impl Oat {
    /// Starts `oat login p --no-browser` with more words, and waits for the address.
    #[track_caller]
    pub fn sign_in(&self, more: &[&str]) -> SignIn {
        match self.try_sign_in(more) {
            Ok(sign_in) => sign_in,
            Err(output) => panic!("no address to sign in at: {output:#?}"),
        }
    }

    /// The same, where it may end before it says where to sign in.
    pub fn try_sign_in(&self, more: &[&str]) -> Result<SignIn, Output> {
        let args = [&["login", "p", "--no-browser", "--timeout", "50s"], more].concat();
        let mut command = self.command(&args);
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, stderr) = channel();
        let pipe = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut waiting = Waiting { child, stderr, seen: String::new(), began, command: args.join(" ") };
        while let Ok(line) = waiting.stderr.recv_timeout(LONGEST) {
            if line.starts_with("http") {
                let url = Url::parse(&line).unwrap();
                let Waiting { child, stderr, seen, began, command } = waiting;
                return Ok(SignIn { child, stderr, seen, began, command, url });
            }
            waiting.seen.push_str(&line);
            waiting.seen.push('\n');
        }
        Err(waiting.end())
    }

    /// A whole sign-in that works: where the person was sent, and what was said.
    #[track_caller]
    pub fn signed_in(&self, code: &str, more: &[&str]) -> (Url, Output) {
        self.signed_in_after(code, more, |_| {})
    }

    /// The same; before the person agrees, the server is told what they were sent with.
    #[track_caller]
    pub fn signed_in_after(&self, code: &str, more: &[&str], tell: impl FnOnce(&SignIn)) -> (Url, Output) {
        let sign_in = self.sign_in(more);
        tell(&sign_in);
        let url = sign_in.url.clone();
        let page = sign_in.redirect(&[("code", code), ("state", &sign_in.parameter("state"))]);
        let output = sign_in.end();
        assert_eq!((output.code, page.status), (Some(0), 200), "{output:#?}\n{page:#?}");
        output.assert_well_behaved();
        assert_eq!(output.stdout, "");
        (url, output)
    }
}

impl SignIn {
    /// A parameter of the authorization request, which has it once.
    #[track_caller]
    pub fn parameter(&self, name: &str) -> String {
        let all: Vec<String> = self.url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned()).collect();
        assert_eq!(all.len(), 1, "{name} in {}", self.url);
        all.into_iter().next().unwrap()
    }

    /// Sends the browser to the redirect URI with these parameters; the page that comes up there.
    #[track_caller]
    pub fn redirect(&self, parameters: &[(&str, &str)]) -> Page {
        let mut url = Url::parse(&self.parameter("redirect_uri")).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        visit(&url)
    }

    /// Waits for the end of the command. What it said holds no address.
    pub fn end(self) -> Output {
        let SignIn { child, stderr, seen, began, command, url: _ } = self;
        Waiting { child, stderr, seen, began, command }.end()
    }
}

/// A command whose address is not known.
struct Waiting {
    child: Child,
    stderr: Receiver<String>,
    seen: String,
    began: Instant,
    command: String,
}

impl Waiting {
    fn end(mut self) -> Output {
        while let Ok(line) = self.stderr.recv_timeout(LONGEST) {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        let (command, stderr, duration) = (self.command, self.seen, self.began.elapsed());
        Output { command, code, stdout, stderr, duration, peak_kib: 0 }
    }
}

/// The query of a URL as pairs, sorted.
pub fn query(url: &Url) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.sort();
    pairs
}

/// A GET as a browser sends it.
pub fn visit(url: &Url) -> Page {
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).unwrap();
    stream.set_read_timeout(Some(LONGEST)).unwrap();
    let target = &url[url::Position::BeforePath..];
    let target = if target.starts_with('/') { target.to_string() } else { format!("/{target}") };
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    Page { status: text.split(' ').nth(1).unwrap().parse().unwrap(), text }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
