//! A sign-in without a browser: a scripted OpenID provider with its keys, a running `oat login`, and whoever sends its redirect.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

use super::oat::{Oat, Output};
use super::server::{Answer, Recorded, Server};
use super::{Value, json};

pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// What no output of a login may hold.
pub const CODE: &str = "CANARY-code+/=";
pub const ACCESS: &str = "CANARY-access-";
pub const REFRESH: &str = "CANARY-refresh-";
pub const SUBJECT: &str = "ada-17";
pub const CLIENT: &str = "cli";

/// No step of a login takes longer.
const LONGEST: Duration = Duration::from_secs(20);

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A P-256 key with this `kid`, the same for the whole test process; every other `kid` is another key.
pub fn es256(kid: &str) -> Arc<EcdsaKeyPair> {
    static KEYS: Mutex<BTreeMap<String, Arc<EcdsaKeyPair>>> = Mutex::new(BTreeMap::new());
    let make = || {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Arc::new(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap())
    };
    KEYS.lock().unwrap().entry(kid.into()).or_insert_with(make).clone()
}

/// The public half of [`es256`].
pub fn jwk(kid: &str) -> Value {
    let key = es256(kid);
    let point = key.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
}

/// The RSA key that the sandbox carries for tests.
pub fn rs256() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("../../src/sandbox/rs256-test-key.p8")).unwrap()
}

/// A JWT whose signature `sign` makes.
pub fn jwt(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = base64url(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub fn sign_es256(kid: &str, signed: &[u8]) -> Vec<u8> {
    es256(kid).sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec()
}

pub fn sign_rs256(signed: &[u8]) -> Vec<u8> {
    let key = rs256();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature).unwrap();
    signature
}

pub fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

// ── the provider ────────────────────────────────────────────────────────────────────────────────────────────────

/// What an answer is made of.
#[derive(Debug, Clone)]
pub struct Facts {
    pub origin: String,
    /// The nonce of the sign-in that was answered last.
    pub nonce: String,
    /// How many requests for the same path came before this one.
    pub nth: usize,
}

impl Facts {
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.origin);
        json!({
            "issuer": self.origin,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "device_authorization_endpoint": at("/device"),
            "revocation_endpoint": at("/revoke"),
            "jwks_uri": at("/jwks"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"]
        })
    }

    /// The metadata, with these members in place of its own.
    pub fn metadata_with(&self, changes: Value) -> Answer {
        let mut metadata = self.metadata();
        for (name, value) in changes.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        Answer::json(200, metadata)
    }

    /// The claims of an ID token that holds.
    pub fn claims(&self) -> Value {
        json!({"iss": self.origin, "sub": SUBJECT, "aud": CLIENT, "exp": now() + 600, "iat": now(), "nonce": self.nonce})
    }

    /// Signed with ES256 by the key `k1`.
    pub fn signed(&self, claims: &Value) -> String {
        jwt(&json!({"alg": "ES256", "kid": "k1"}), claims, |signed| sign_es256("k1", signed))
    }

    /// A token answer, numbered, with a life of `expires_in` seconds.
    pub fn granted(&self, expires_in: i64) -> Value {
        let n = self.nth;
        json!({
            "access_token": format!("{ACCESS}{n}"),
            "token_type": "Bearer",
            "expires_in": expires_in,
            "refresh_token": format!("{REFRESH}{n}"),
            "id_token": self.signed(&self.claims())
        })
    }

    /// [`Facts::granted`] with this ID token.
    pub fn granted_with(&self, id_token: &str) -> Answer {
        let mut granted = self.granted(3600);
        granted["id_token"] = json!(id_token);
        Answer::json(200, granted)
    }
}

/// A provider on loopback. Who signs in there is played by the test.
pub struct Provider {
    pub server: Server,
    nonce: Arc<Mutex<String>>,
}

impl Provider {
    /// Every request gets what `answer` says, or, where it says nothing, what a good provider answers.
    pub fn new(answer: impl Fn(&Recorded, &Facts) -> Option<Answer> + Send + Sync + 'static) -> Provider {
        let origin: Arc<OnceLock<String>> = Arc::default();
        let nonce: Arc<Mutex<String>> = Arc::default();
        let counts: Mutex<Vec<String>> = Mutex::default();
        let (own, asked) = (origin.clone(), nonce.clone());
        let server = Server::start(move |request| {
            let nth = {
                let mut counts = counts.lock().unwrap();
                counts.push(request.path().into());
                counts.iter().filter(|path| *path == request.path()).count() - 1
            };
            let facts = Facts { origin: own.wait().clone(), nonce: asked.lock().unwrap().clone(), nth };
            answer(request, &facts).unwrap_or_else(|| match request.path() {
                DISCOVERY => Answer::json(200, facts.metadata()),
                "/jwks" => Answer::json(200, json!({"keys": [jwk("k1")]})),
                "/token" => Answer::json(200, facts.granted(3600)),
                "/revoke" => Answer::text(200, "", ""),
                _ => Answer::text(404, "", ""),
            })
        });
        origin.set(server.url("")).unwrap();
        Provider { server, nonce }
    }

    pub fn good() -> Provider {
        Provider::new(|_, _| None)
    }

    /// The `/token` endpoint answers so.
    pub fn granting(answer: impl Fn(&Recorded, &Facts) -> Answer + Send + Sync + 'static) -> Provider {
        Provider::new(move |request, facts| (request.path() == "/token").then(|| answer(request, facts)))
    }

    /// Its metadata has these members.
    pub fn saying(changes: Value) -> Provider {
        Provider::new(move |request, facts| (request.path() == DISCOVERY).then(|| facts.metadata_with(changes.clone())))
    }

    /// A profile `p` for people, with `more` lines.
    pub fn oat(&self, more: &str) -> Oat {
        Oat::new().config(&self.profile("p", more))
    }

    /// Its ID tokens repeat this from now on.
    pub fn expect_nonce(&self, nonce: &str) {
        *self.nonce.lock().unwrap() = nonce.into();
    }

    /// The lines of a profile for people.
    pub fn profile(&self, name: &str, more: &str) -> String {
        let scope = if more.lines().any(|line| line.starts_with("scope")) { "" } else { "scope = \"openid offline_access\"\n" };
        format!("[profile.{name}]\nissuer = {:?}\nclient_id = {CLIENT:?}\n{scope}{more}\n", self.server.url(""))
    }

    /// The forms that were posted to the token endpoint, in order.
    pub fn token_forms(&self) -> Vec<Vec<(String, String)>> {
        self.server.requests().iter().filter(|request| request.path() == "/token").map(Recorded::form).collect()
    }
}

/// A value of a form, which is there once.
#[track_caller]
pub fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    let values: Vec<&str> = form.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
    assert_eq!(values.len(), 1, "`{name}` in {form:?}");
    values[0]
}

// ── a running login ─────────────────────────────────────────────────────────────────────────────────────────────

/// `oat login` while it waits.
pub struct Login {
    pub child: Child,
    command: String,
    began: Instant,
    /// The address to sign in at.
    pub url: url::Url,
    lines: Receiver<String>,
    seen: Vec<String>,
    stdout: Option<JoinHandle<String>>,
    pub stdin: Option<ChildStdin>,
    /// Where the provider looks.
    nonce: Arc<Mutex<String>>,
}

impl Login {
    /// `oat login p --no-browser` and more words, up to where it waits.
    pub fn start(oat: &Oat, provider: &Provider, more: &[&str]) -> Login {
        Login::run(oat, provider, &[&["login", "p", "--no-browser"], more].concat())
    }

    /// Any command that signs a person in, up to where it waits.
    pub fn run(oat: &Oat, provider: &Provider, args: &[&str]) -> Login {
        let mut command = oat.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        let mut stdout = child.stdout.take().unwrap();
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let stdin = child.stdin.take();
        let url = url::Url::parse("http://nowhere/").unwrap();
        let began = Instant::now();
        let mut login = Login {
            child,
            command: args.join(" "),
            began,
            url,
            lines,
            seen: Vec::new(),
            stdout: Some(stdout),
            stdin,
            nonce: provider.nonce.clone(),
        };
        let line = login.until("http");
        let object: Option<Value> = serde_json::from_str(&line).ok();
        let address = object.as_ref().map_or(line.as_str(), |object| object["authorization_url"].as_str().unwrap());
        login.url = url::Url::parse(address).unwrap();
        login
    }

    /// The next line on stderr that has an address in it, or any other text.
    #[track_caller]
    pub fn until(&mut self, text: &str) -> String {
        let end = Instant::now() + LONGEST;
        loop {
            let line = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("`{}` never said `{text}`: {:#?}", self.command, self.seen));
            self.seen.push(line.clone());
            // The first address is on a line of its own, or in an object.
            let found =
                if text == "http" { line.starts_with(text) || line.starts_with("{\"authorization_url\"") } else { line.contains(text) };
            if found {
                return line;
            }
        }
    }

    /// A parameter of the authorization request; it is there at most once.
    #[track_caller]
    pub fn query(&self, name: &str) -> Option<String> {
        let mut values = self.url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned());
        let value = values.next();
        assert_eq!(values.next(), None, "`{name}` twice in {}", self.url);
        value
    }

    pub fn state(&self) -> String {
        self.query("state").unwrap()
    }

    pub fn redirect_uri(&self) -> url::Url {
        url::Url::parse(&self.query("redirect_uri").unwrap()).unwrap()
    }

    pub fn port(&self) -> u16 {
        self.redirect_uri().port().unwrap()
    }

    /// A connection to the listener.
    pub fn connect(&self) -> TcpStream {
        let host = self.redirect_uri();
        let address = if host.host_str() == Some("[::1]") { "[::1]" } else { "127.0.0.1" };
        let stream = TcpStream::connect(format!("{address}:{}", self.port())).unwrap();
        stream.set_read_timeout(Some(LONGEST)).unwrap();
        stream
    }

    /// Sends these bytes and reads to the end.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Page {
        Page::read(self.connect(), bytes.as_ref())
    }

    /// From now on its ID tokens repeat this login's nonce.
    fn signed_in_at_the_provider(&self) {
        *self.nonce.lock().unwrap() = self.query("nonce").unwrap_or_default();
    }

    /// A GET of the redirect URI with this query, as a browser sends it.
    pub fn request(&self, query: &str) -> String {
        self.signed_in_at_the_provider();
        let uri = self.redirect_uri();
        let host = format!("{}:{}", uri.host_str().unwrap(), self.port());
        format!(
            "GET {}?{query} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\nAccept: text/html\r\nConnection: keep-alive\r\n\r\n",
            uri.path()
        )
    }

    pub fn get(&self, query: &str) -> Page {
        self.send(self.request(query))
    }

    /// The query of a redirect with a code.
    pub fn good(&self) -> String {
        self.signed_in_at_the_provider();
        let pairs = [("code", CODE), ("state", &self.state())];
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// The person signs in.
    pub fn approve(&self) -> Page {
        self.get(&self.good())
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for the end. What the address line held, and every token, is nowhere else.
    #[track_caller]
    pub fn end(mut self) -> Output {
        let end = Instant::now() + LONGEST;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "`{}` goes on: {:#?}", self.command, self.seen);
            thread::sleep(Duration::from_millis(1));
        };
        let duration = self.began.elapsed();
        while let Ok(line) = self.lines.recv_timeout(LONGEST) {
            self.seen.push(line);
        }
        let others = self.seen.iter().filter(|line| !line.starts_with("http") && !line.starts_with("{\"authorization_url\""));
        let stderr: String = others.map(|line| format!("{line}\n")).collect();
        let stdout = self.stdout.take().unwrap().join().unwrap();
        let output = Output { command: self.command.clone(), code: status.code(), stdout, stderr, duration, peak_kib: 0 };
        output.assert_clean(&[CODE, ACCESS, REFRESH, "CANARY", &self.state(), &self.query("code_challenge").unwrap()]);
        if let Some(nonce) = self.query("nonce") {
            output.assert_clean(&[&nonce]);
        }
        output
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Signs in at a good moment; gives what was said.
#[track_caller]
pub fn sign_in(oat: &Oat, provider: &Provider) -> Output {
    let login = Login::start(oat, provider, &[]);
    let page = login.approve();
    let output = login.end();
    assert_eq!((output.code, page.status, output.stdout.as_str()), (Some(0), 200, ""), "{output:#?} {page:#?}");
    output.assert_well_behaved();
    output
}

/// What a browser got.
#[derive(Debug, Clone)]
pub struct Page {
    /// 0 where nothing came.
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Page {
    /// Sends these bytes on a connection and reads to its end.
    pub fn read(mut stream: TcpStream, bytes: &[u8]) -> Page {
        let _ = stream.write_all(bytes);
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer) {
                Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
                // The end of a child of the test interrupts a read with a time-out.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // An end by force counts as an end.
                Ok(0) | Err(_) => break,
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
        let text = String::from_utf8(read).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Page { status, head: head.into(), body: body.into() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}
