//! Receives a person who signs in: shows the way, waits, and takes the redirect from the listener or the terminal.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::mailbox::Mailbox;
use crate::oauth::redirect::Redirect;
use crate::oauth::world::{Arrival, Ending, Invitation};
use crate::secret::WireSecret;
use crate::text::escape;
use crate::time::Seconds;
use crate::world::loopback::{Call, Loopback};
use crate::world::terminal::Terminal;
use crate::world::{browser, page, qr};

/// How long a page may take to get to the browser before the process ends.
const FAREWELL: Duration = Duration::from_millis(500);

/// How a person is received.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The profile's name.
    pub profile: String,
    /// The server's host, for the page.
    pub server: String,
    /// Who opens the address.
    pub opener: Opener,
    /// Whether what is typed is read though there is no terminal.
    pub paste: bool,
    /// How long the sign-in may take.
    pub patience: Seconds,
    /// Variables that a browser does not get.
    pub hidden: Vec<String>,
}

/// Who opens the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A browser of this machine.
    Browser,
    /// The person, wherever they like: why.
    Person(String),
    /// Nobody: a server that needs no person is visited by this process.
    Itself,
}

/// One sign-in, from the invitation to the farewell.
pub struct Reception {
    manner: Manner,
    terminal: Terminal,
    environment: Environment,
    until: Instant,
    events: Mailbox<Event>,
    listener: Option<Loopback>,
    calls: Vec<Option<Call>>,
    foreign_told: bool,
    redirect_uri: String,
}

enum Event {
    Call(Call),
    Pasted(WireSecret),
    Opened(std::result::Result<String, String>),
}

impl Reception {
    /// Nothing is opened or listened to yet; the person's time begins.
    pub fn new(manner: Manner, terminal: Terminal, environment: Environment) -> Reception {
        let until = Instant::now() + manner.patience.duration();
        let (events, calls, redirect_uri) = (Mailbox::new(), Vec::new(), String::new());
        Reception { manner, terminal, environment, until, events, listener: None, calls, foreign_told: false, redirect_uri }
    }

    /// Binds the listener.
    pub fn listen(&mut self, redirect: &Redirect) -> Result<String> {
        let events = self.events.clone();
        let listener = Loopback::bind(redirect, move |call| events.put(Event::Call(call)))?;
        self.redirect_uri = listener.redirect_uri().to_string();
        self.listener = Some(listener);
        Ok(self.redirect_uri.clone())
    }

    /// Shows the way.
    pub fn invite(&mut self, invitation: &Invitation) {
        match invitation {
            Invitation::Browser { url, .. } => self.invite_to_browser(url),
            Invitation::Device { verification_uri, complete, user_code, expires_in } => {
                self.invite_to_device(verification_uri, complete.as_deref(), user_code, *expires_in);
            }
        }
    }

    fn invite_to_browser(&mut self, url: &str) {
        let (terminal, profile) = (self.terminal, self.manner.profile.clone());
        let reads = self.read_terminal();
        if terminal.json {
            terminal.object(&json!({ "authorization_url": url, "redirect_uri": self.redirect_uri }));
        } else {
            match &self.manner.opener {
                Opener::Itself => {
                    terminal.say(&format!("signing in to profile `{profile}`, whose server asks nobody"));
                    return self.open(url.to_string());
                }
                Opener::Person(why) => {
                    terminal.say(&format!("to sign in to profile `{profile}`, open this address in a browser ({}):", escape(why)));
                }
                Opener::Browser => {
                    terminal.say(&format!("signing in to profile `{profile}` in the browser; if no window comes up, open this address:"))
                }
            }
            terminal.address(url);
            if let Some(forward) = self.ssh_forward() {
                terminal.say(&format!("is the browser on another machine? let it reach this one first: {forward}"));
            }
            let paste = if reads { "; or paste the address here that the browser ends at" } else { "" };
            terminal.say(&format!("waiting up to {} for the redirect to {}{paste}", self.manner.patience, self.redirect_uri));
        }
        self.open(url.to_string());
    }

    /// Opens the address without waiting for it: a quick person may be back before a slow browser has started.
    fn open(&self, url: String) {
        let (events, environment, hidden) = (self.events.clone(), self.environment.clone(), self.manner.hidden.clone());
        let opener = self.manner.opener.clone();
        std::thread::spawn(move || {
            let opened = match opener {
                Opener::Browser => browser::open(&url, &environment, &hidden),
                Opener::Itself => browser::visit(&url).map(|()| "oat itself".into()),
                Opener::Person(_) => return,
            };
            events.put(Event::Opened(opened));
        });
    }

    fn invite_to_device(&mut self, verification_uri: &str, complete: Option<&str>, user_code: &str, expires_in: Seconds) {
        let terminal = self.terminal;
        if terminal.json {
            let mut object = json!({ "verification_uri": verification_uri, "user_code": user_code, "expires_in": expires_in });
            if let Some(complete) = complete {
                object["verification_uri_complete"] = complete.into();
            }
            return terminal.object(&object);
        }
        // The code is what the person compares with the page, so that nobody else's sign-in is agreed to.
        terminal.say(&format!("to sign in to profile `{}`, open this address on any device:", self.manner.profile));
        terminal.address(verification_uri);
        terminal.say(&format!("code: {}", escape(user_code)));
        if terminal.on_screen()
            && let Some(picture) = qr::picture(complete.unwrap_or(verification_uri))
        {
            terminal.picture(&picture);
        }
        let wait = expires_in.min(self.manner.patience);
        terminal.say(&format!("enter the code there, or make sure that it is the one shown there; waiting up to {wait}"));
    }

    /// Reads pasted lines beside the listener; whether it does.
    fn read_terminal(&self) -> bool {
        let reads = self.manner.paste || (self.terminal.in_foreground() && self.manner.opener != Opener::Itself);
        if reads {
            let (events, terminal) = (self.events.clone(), self.terminal);
            std::thread::spawn(move || {
                while let Some(line) = terminal.pasted() {
                    if !line.expose().is_empty() {
                        events.put(Event::Pasted(line));
                    }
                }
            });
        }
        reads
    }

    /// The line that lets a browser on the other end of an SSH connection reach the listener.
    fn ssh_forward(&self) -> Option<String> {
        let connection = self.environment.get("SSH_CONNECTION")?;
        let words: Vec<&str> = connection.split_whitespace().collect();
        let [_, _, host, ssh_port] = words[..] else { return None };
        let (_, authority) = self.redirect_uri.split_once("://")?;
        let authority = authority.split('/').next()?;
        let (address, port) = authority.rsplit_once(':')?;
        let at = if ssh_port == "22" { String::new() } else { format!(" -p {}", escape(ssh_port)) };
        let user = self.environment.get("USER").map(|user| format!("{}@", escape(&user))).unwrap_or_default();
        Some(format!("ssh{at} -L {port}:{}:{port} {user}{}", address.replace("localhost", "127.0.0.1"), escape(host)))
    }

    /// The next one who comes in.
    pub fn arrival(&mut self) -> Result<Arrival> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            match self.events.take(left) {
                Some(Event::Call(call)) => {
                    let arrival = Arrival { query: call.query.clone(), pasted: false, number: self.calls.len() };
                    self.calls.push(Some(call));
                    return Ok(arrival);
                }
                Some(Event::Pasted(query)) => return Ok(Arrival { query, pasted: true, number: usize::MAX }),
                Some(Event::Opened(Ok(program))) => self.terminal.trace(1, &format!("opened with `{}`", escape(&program))),
                Some(Event::Opened(Err(why))) => {
                    self.terminal.warn(&format!("no browser could be opened: {why}; open the address yourself"));
                }
                None => return Err(self.nobody()),
            }
        }
    }

    /// Listens no more.
    pub fn close(&mut self) {
        if let Some(listener) = &mut self.listener {
            listener.close();
        }
    }

    /// Answers one who came in.
    pub fn answer(&mut self, arrival: &Arrival, ending: &Ending) {
        let foreign = *ending == Ending::Foreign;
        if let Some(call) = self.calls.get_mut(arrival.number).and_then(Option::take) {
            call.answer(page::status(ending), &page::page(ending, &self.manner.profile, &self.manner.server));
        }
        if foreign && arrival.pasted {
            let example = format!("{}?…", self.redirect_uri);
            self.terminal
                .say(&format!("that is not the answer to this sign-in; paste the whole address that the browser ends at: {example}"));
        } else if foreign && !self.foreign_told {
            self.foreign_told = true;
            self.terminal.say("ignored a redirect that is not this login's; still waiting");
        }
        if !foreign {
            self.part();
        }
    }

    /// Sends the other windows of the same sign-in away with a page: what is not answered before the process ends is to a person
    /// like a sign-in that went wrong.
    fn part(&mut self) {
        while let Some(event) = self.events.take(Duration::ZERO) {
            if let Event::Call(call) = event {
                let text = "Another window of this browser was first. The terminal says how the sign-in ended.";
                call.answer(200, &page::notice("This sign-in was answered", text));
            }
        }
        if let Some(listener) = &mut self.listener {
            listener.finish(FAREWELL);
        }
    }

    /// Waits for a person elsewhere, and shows on a terminal how much time is left.
    pub fn linger(&mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < time {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.nobody());
            }
            self.terminal.countdown(Seconds(left.as_secs() as i64));
            let pause = (time - begun.elapsed().min(time)).min(left).min(Duration::from_secs(1));
            // Nobody sends anything: this is a wait.
            let _ = self.events.take(pause);
        }
        Ok(())
    }

    fn nobody(&self) -> Error {
        let profile = &self.manner.profile;
        Error::new(Kind::LoginRequired, format!("nobody signed in to profile `{profile}` within {}", self.manner.patience)).hint(format!(
            "oat login {profile}; where no browser reaches this machine: `--no-browser` and `--paste`, or `--device` if the server knows it; `--timeout 10m` waits longer"
        ))
    }
}
