//! The process that keeps the files of `oat exec --file-env` fresh while the command runs in the place of the one that started it.
//!
//! It is this program under another name, with oat's own words, the command's process id, and the folder in place of the command. It is
//! nobody's child, so that a command that waits for all of its children does not wait for it: a first process starts it and ends. Its
//! standard input is the folder, locked; its standard output is a socket on which it gets the tokens and says that it is ready.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, test_kill_process};
use zeroize::Zeroizing;

use crate::cli;
use crate::cli::words::{Command as Words, Common, Exec};
use crate::commands::apart::program;
use crate::commands::exec_targets::{plans, targets};
use crate::commands::house::House;
use crate::commands::keeping::{Kept, Manner, keep, open};
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::session::Handed;
use crate::session::apart::{decode, encode};
use crate::store::outbox::Outbox;
use crate::world;

/// The name of the first process, which starts the other and ends.
pub const FIRST: &str = "oat-keeper-start";
/// The name of the one that stays.
pub const NAME: &str = "oat-keeper";

/// What it says when the command may start.
const READY: &[u8] = b".";
/// So long it may take for that.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most bytes that are handed over.
const LONGEST: u64 = 256 << 20;
/// How often a process is looked for where the kernel does not tell its end.
const LOOK: Duration = Duration::from_secs(10);

/// Starts the process for a folder and the tokens in it, in the order of [`plans`]. It is ready when this returns.
pub fn start(house: &House, outbox: &Outbox, tokens: Vec<Handed>) -> Result<()> {
    let trouble = || Error::new(Kind::Internal, "cannot start the process that keeps the file fresh");
    let (mut ours, theirs) = UnixStream::pair().map_err(|error| trouble().because(error))?;
    let (Some(program), Some(lock)) = (program(), outbox.lock_to_hand_over()) else { return Err(trouble()) };
    let mut command = Command::new(program);
    command.arg0(FIRST).args(std::env::args_os().skip(1).take(house.own_words)).arg(std::process::id().to_string()).arg(outbox.path());
    let spawned = command.stdin(Stdio::from(lock)).stdout(Stdio::from(OwnedFd::from(theirs))).spawn();
    // Its ends of both are closed here, so that its end is an end of the answer.
    drop(command);
    let mut first = spawned.map_err(|error| trouble().because(error))?;
    let mut answer = Vec::new();
    let told = ours.write_all(&handed_over(tokens)).and_then(|()| ours.shutdown(Shutdown::Write));
    let _ = first.wait();
    let read = told.and_then(|()| ours.set_read_timeout(Some(PATIENCE))).and_then(|()| {
        let mut byte = [0];
        // It goes on living, so the answer has no end: what is ready says so in its first byte.
        ours.read_exact(&mut byte)?;
        answer.extend(byte);
        if byte == READY { Ok(0) } else { ours.read_to_end(&mut answer) }
    });
    match (answer == READY, decode(&answer)) {
        (true, _) => Ok(()),
        (_, Some(Err(error))) => {
            Err(error.saying(|said| format!("the process that keeps the file fresh cannot do what this one did: {said}")))
        }
        _ => Err(read.err().map_or_else(trouble, |error| trouble().because(error))),
    }
}

/// The tokens, each behind its length.
fn handed_over(tokens: Vec<Handed>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    for token in tokens {
        let token = encode(&Ok(token), world::now());
        // In one piece, so that no copy is left behind where the room grows.
        bytes = Zeroizing::new([bytes.as_slice(), &(token.len() as u64).to_be_bytes(), token.as_slice()].concat());
    }
    bytes
}

/// Takes the next of what [`handed_over`] made.
fn taken_over(bytes: &mut &[u8]) -> Option<Handed> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (token, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
    *bytes = rest;
    decode(token)?.ok()
}

/// The first process: starts the one that stays, away from the terminal and its signals.
#[allow(clippy::zombie_processes, reason = "it ends first, so that the other is nobody's child")]
pub fn begin(argv: &[OsString]) -> u8 {
    let _ = rustix::process::setsid();
    let started = program().is_some_and(|program| Command::new(program).arg0(NAME).args(argv.iter().skip(1)).spawn().is_ok());
    u8::from(!started)
}

/// The process that stays: keeps the files fresh until the command has ended, and takes them away. The exit code tells nothing.
pub fn serve(argv: Vec<OsString>) -> u8 {
    outlive_signals();
    let Ok(mut parent) = output::socket().map(UnixStream::from) else { return Kind::Internal.exit_code() };
    match Keeper::new(argv, &mut parent) {
        // Whoever started it may have been killed, and its number may be another's by now.
        Ok(keeper) if parent.write_all(READY).is_ok() => {
            drop(parent);
            keeper.keep();
        }
        Ok(_) => {}
        Err(error) => drop(parent.write_all(&encode(&Err(error), world::now()))),
    }
    0
}

/// Whoever stops a job as a whole, as systemd and CI runners do, means the command: with its end the file goes, and so does this process.
fn outlive_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        // Where that cannot be, such a signal ends it as before.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

struct Keeper {
    kept: Vec<Kept>,
    manner: Manner,
    watch: Watch,
}

impl Keeper {
    fn new(argv: Vec<OsString>, parent: &mut UnixStream) -> Result<Keeper> {
        let lost = || Error::new(Kind::Internal, "nothing was handed over");
        let own_words = argv.len().saturating_sub(3);
        let words = cli::parse(argv)?;
        let Words::Exec(exec) = words.command else { return Err(lost()) };
        let [id, path] = exec.command.as_slice() else { return Err(lost()) };
        let id = id.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw).ok_or_else(lost)?;
        let watch = Watch::new(id);
        let lock = std::io::stdin().as_fd().try_clone_to_owned().map_err(|error| lost().because(error))?;
        let outbox = Arc::new(Mutex::new(Some(Outbox::taken_over(path.into(), File::from(lock)))));
        let manner = Manner { common: words.common, own_words, require_scope: exec.require_scope, outbox };
        Ok(Keeper { kept: kept(&exec, &manner.common, parent)?, manner, watch })
    }

    fn keep(self) {
        let Keeper { kept, manner, watch } = self;
        for kept in kept.into_iter().filter(|kept| !kept.names.is_empty()) {
            let manner = manner.clone();
            // Each by itself: a server that hangs keeps no other profile waiting.
            std::thread::spawn(move || keep(kept, &manner));
        }
        watch.wait();
        // Nothing is written any more; whatever is under way ends with this process.
        drop(open(&manner.outbox).take());
    }
}

/// What is to be kept: the plans as the first process made them, and the tokens that it handed over.
fn kept(exec: &Exec, common: &Common, parent: &mut UnixStream) -> Result<Vec<Kept>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
    let read = parent.take(LONGEST).read_to_end(&mut bytes);
    read.map_err(|error| Error::new(Kind::Internal, "nothing was handed over").because(error))?;
    let mut bytes = bytes.as_slice();
    let targets = targets(exec)?;
    // They were told already.
    let house = House::new(Common { verbose: 0, ..common.clone() });
    let mut all = Vec::new();
    for planned in plans(&house, exec, &targets)? {
        let handed = taken_over(&mut bytes).ok_or_else(|| Error::new(Kind::Internal, "a token was not handed over"))?;
        let names = targets.iter().filter(|target| target.file && target.profile == planned.profile).map(|target| target.name.clone());
        all.push(Kept { names: names.collect(), plan: planned.plan, config: planned.config, token: handed.token });
    }
    Ok(all)
}

/// How the end of a process is noticed.
enum Watch {
    /// By the kernel.
    #[cfg(target_os = "linux")]
    Told(OwnedFd),
    /// By looking for it now and then.
    Looked(Pid),
}

impl Watch {
    fn new(id: Pid) -> Watch {
        #[cfg(target_os = "linux")]
        if let Ok(descriptor) = rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()) {
            return Watch::Told(descriptor);
        }
        Watch::Looked(id)
    }

    fn wait(&self) {
        match self {
            #[cfg(target_os = "linux")]
            Watch::Told(descriptor) => while poll(&mut [PollFd::new(descriptor, PollFlags::IN)], None) == Err(rustix::io::Errno::INTR) {},
            Watch::Looked(id) => {
                while test_kill_process(*id) != Err(rustix::io::Errno::SRCH) {
                    std::thread::park_timeout(LOOK);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::secret::AccessToken;
    use crate::session::Source;
    use crate::store::record::CachedToken;
    use crate::time::UnixTime;

    fn handed(token: &str) -> Handed {
        let token = CachedToken {
            request: "{}".into(),
            access_token: AccessToken::new(token),
            token_type: "Bearer".into(),
            scope: None,
            received_at: UnixTime(1),
            expires_at: Some(UnixTime(2)),
            extra: Map::new(),
        };
        Handed { token, source: Source::Cache, sign_in_ends_at: None }
    }

    #[test]
    fn tokens_are_taken_over_in_the_order_in_which_they_were_handed_over() {
        let bytes = handed_over(vec![handed("one"), handed(&"two".repeat(100_000))]);
        let mut rest = bytes.as_slice();
        assert_eq!(taken_over(&mut rest).unwrap().token, handed("one").token);
        assert_eq!(taken_over(&mut rest).unwrap().token, handed(&"two".repeat(100_000)).token);
        assert!(rest.is_empty() && taken_over(&mut rest).is_none());
        for length in [0, 7, 8, 9, 60] {
            assert!(taken_over(&mut &bytes[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn the_end_of_a_process_is_noticed_both_ways() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let id = Pid::from_child(&child);
        let watch = Watch::new(id);
        child.kill().unwrap();
        watch.wait();
        child.wait().unwrap();
        Watch::Looked(id).wait();
    }
}
