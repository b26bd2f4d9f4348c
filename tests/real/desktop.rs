//! A desktop session without a screen: a message bus of its own and, where wanted, gnome-keyring on it.

use crate::support::Oat;
use crate::support::parts::{part, succeeded};
use std::ffi::OsStr;
use std::fs::write;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &[u8] = b"keyring password";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";

/// Who answers when gnome-keyring asks a person for the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prompter {
    /// The installed one, which fails without a screen.
    Installed,
    /// One that comes up and never answers, like a dialogue nobody sees.
    Silent,
    /// None; nor does the bus start anything else by itself.
    Absent,
}

/// A message bus and the people on it; all gone when this value, or the test's process, is.
pub struct Desktop {
    bus: Child,
    address: String,
    folder: TempDir,
    keyring: Option<Child>,
}

impl Desktop {
    /// A bus without a Secret Service on it.
    pub fn start(prompter: Prompter) -> Desktop {
        let folder = tempfile::tempdir().unwrap();
        let mut command = part("dbus-run-session");
        if prompter != Prompter::Installed {
            let config = folder.path().join("bus.conf");
            write(&config, bus_config(&folder, prompter)).unwrap();
            command.arg(format!("--config-file={}", config.display()));
        }
        // The bus lives as long as the program it was started for, and that one as long as its standard input.
        command.args(["--", "sh", "-c", "echo \"$DBUS_SESSION_BUS_ADDRESS\"; exec cat"]);
        let command = command.env("HOME", folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("unix:"), "dbus-run-session started no bus: `{address}`");
        Desktop { bus, address: address.trim().to_string(), folder, keyring: None }
    }

    /// A bus with an unlocked keyring, as after a login.
    pub fn unlocked(prompter: Prompter) -> Desktop {
        let mut desktop = Desktop::start(prompter);
        desktop.log_in();
        desktop
    }

    /// Starts gnome-keyring with the password, as PAM does; an earlier one is ended first.
    pub fn log_in(&mut self) {
        self.end_keyring();
        // A container that forbids locked memory refuses to run a file with that capability; a copy of it has none.
        let copy = self.folder.path().join("gnome-keyring-daemon");
        // Another process copies it: a file that this one wrote may still be open for writing in a child of another test.
        let daemon = part("gnome-keyring-daemon").get_program().to_owned();
        assert!(Command::new("cp").arg(&daemon).arg(&copy).status().unwrap().success());
        let mut command = self.on_bus(copy);
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut keyring = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        keyring.stdin.take().unwrap().write_all(PASSWORD).unwrap();
        self.keyring = Some(keyring);
        let start = Instant::now();
        while !self
            .send("org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")
            .contains("true")
        {
            assert!(start.elapsed() < Duration::from_secs(10), "gnome-keyring-daemon did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Locks the login collection, as a screen lock may.
    pub fn lock(&self) {
        let locked = self.send(
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            &format!("array:objpath:{LOGIN}"),
        );
        assert!(locked.contains(LOGIN), "the collection did not lock: {locked}");
    }

    /// `oat` at this desktop: with its bus, and with the store that is the default.
    pub fn seat(&self, oat: Oat) -> Oat {
        oat.unset("OAT_STORE").env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    /// Everything said on the bus while `work` runs, as `dbus-monitor` tells it.
    pub fn overheard(&self, work: impl FnOnce()) -> String {
        let mut monitor = self
            .on_bus("dbus-monitor")
            .args(["--session", "type=method_call"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut heard = BufReader::new(monitor.stdout.take().unwrap());
        // The first call it hears is a greeting of our own; the last one, our good-bye.
        let greet =
            |word: &str| self.send("org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", &format!("string:oat.test.{word}"));
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while heard.read_line(&mut line).is_ok_and(|count| count > 0) {
                if tell.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let mut all = String::new();
        let mut until = |word: &str| {
            let start = Instant::now();
            let text = all.len();
            while !all[text..].contains(word) {
                assert!(start.elapsed() < Duration::from_secs(10), "dbus-monitor heard nothing of {word}");
                greet(word);
                while let Ok(line) = told.recv_timeout(Duration::from_millis(100)) {
                    all.push_str(&line);
                }
            }
        };
        until("greeting");
        work();
        until("goodbye");
        monitor.kill().unwrap();
        monitor.wait().unwrap();
        all
    }

    fn on_bus(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = part(program);
        command.env("HOME", self.folder.path()).env("XDG_RUNTIME_DIR", self.folder.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    fn send(&self, destination: &str, path: &str, method: &str, argument: &str) -> String {
        let destination = format!("--dest={destination}");
        let words = ["--session", "--print-reply", &destination, path, method, argument];
        succeeded("dbus-send", &self.on_bus("dbus-send").args(words).output().unwrap())
    }

    fn end_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            keyring.kill().unwrap();
            keyring.wait().unwrap();
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.end_keyring();
        drop(self.bus.stdin.take());
        self.bus.wait().unwrap();
    }
}

fn bus_config(folder: &TempDir, prompter: Prompter) -> String {
    let services = folder.path().display();
    let mut activation = String::new();
    if prompter == Prompter::Silent {
        let service = "[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=/bin/sleep 15\n";
        write(folder.path().join("org.gnome.keyring.SystemPrompter.service"), service).unwrap();
        activation = format!("<servicedir>{services}</servicedir>");
    }
    format!(
        "<busconfig><type>session</type><listen>unix:tmpdir={services}</listen><auth>EXTERNAL</auth>{activation}\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>\
         </busconfig>"
    )
}
