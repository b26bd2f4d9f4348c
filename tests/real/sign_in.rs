//! `oat login` with somebody at the browser.

use crate::authorization_server::AuthorizationServer;
use crate::browser::Browser;
use crate::support::{Oat, Output};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(60);

/// A profile `p` of this server's, in a home of its own, signed in by alice at a real browser.
pub fn signed_in(server: &AuthorizationServer, client: &str) -> Oat {
    let browser = Browser::new("sign-in", &[]);
    let oat = browser.seat(server.person(client));
    signs_in(&oat, &browser, "p");
    oat
}

/// Signs in to `profile` and gives the report of the page that the browser ended on.
#[track_caller]
pub fn signs_in(oat: &Oat, browser: &Browser, profile: &str) -> Value {
    let output = told(oat.run(&["login", profile]));
    assert_eq!(output.code, Some(0), "{output:#?}\nthe browser: {}", browser.said());
    succeeded(&output);
    browser.report()
}

/// A login that worked printed nothing, and says so in its last line.
#[track_caller]
pub fn succeeded(output: &Output) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:#?}");
    output.assert_well_behaved();
    assert!(output.stderr.lines().last().unwrap_or_default().starts_with("oat: signed in to "), "{output:#?}");
}

/// The output without the authorization URL, the one line that is not `oat: …`: it is there to be copied.
#[track_caller]
pub fn told(mut output: Output) -> Output {
    let (urls, rest): (Vec<_>, Vec<_>) = output.stderr.lines().map(str::to_string).partition(|line| line.starts_with("http"));
    assert!(urls.len() <= 1, "more than one URL: {output:#?}");
    output.stderr = rest.iter().map(|line| format!("{line}\n")).collect();
    output
}

/// A login under way, whose stderr is read while it waits for the person.
pub struct Login {
    process: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    read: String,
    began: Instant,
    command: String,
}

impl Login {
    /// Starts `oat` with these words, its standard input at hand.
    pub fn start(oat: &Oat, words: &[&str]) -> Login {
        let mut command = oat.command(words);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = process.stdin.take();
        Login { process, stdin, lines, read: String::new(), began: Instant::now(), command: words.join(" ") }
    }

    /// What `find` sees in the first line in which it sees anything; all lines are kept.
    #[track_caller]
    pub fn hears<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        while let Ok(line) = self.lines.recv_timeout(LONGEST) {
            self.read.push_str(&format!("{line}\n"));
            if let Some(found) = find(&line) {
                return found;
            }
        }
        panic!("`oat {}` told no {what}: {}", self.command, self.read)
    }

    /// The authorization URL: alone on its line.
    #[track_caller]
    pub fn url(&mut self) -> String {
        self.hears("URL", |line| line.starts_with("http").then(|| line.to_string()))
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ends(mut self) -> Output {
        let code = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status.code();
            }
            if self.began.elapsed() > LONGEST {
                let _ = self.process.kill();
                panic!("`oat {}` ran for more than {LONGEST:?}: {}", self.command, self.read);
            }
            thread::sleep(Duration::from_millis(2));
        };
        let duration = self.began.elapsed();
        for line in self.lines {
            self.read.push_str(&format!("{line}\n"));
        }
        let mut stdout = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        told(Output { command: self.command, code, stdout, stderr: self.read, duration, peak_kib: 0 })
    }
}
