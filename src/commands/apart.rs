//! A refresh token is spent by a process of its own: whoever kills the one that asked does not lose the answer.
//!
//! The child is this program under another name, with the same words or with words that ask for the same token. Its standard input is the profile's lock, so that the lock is
//! held as long as either of the two lives; its standard output is a socket on which it gets the store's keys and says what
//! came of it. It is in a process group of its own, where ctrl-c does not reach it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use zeroize::Zeroizing;

use crate::cli;
use crate::cli::words::{Chosen, Command as Words};
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::keys::KEYS;
use crate::oauth::world::World;
use crate::output;
use crate::secret::ClientSecret;
use crate::session::apart::{decode, encode};
use crate::session::credentials::Secrets;
use crate::session::decision::Wish;
use crate::session::{self, Handed};
use crate::store::Store;
use crate::store::lock::Lock;
use crate::world::terminal::Terminal;

/// The program's name, by which the child knows what it is for.
pub const NAME: &str = "oat-renewal";

/// What the child says when all that is left to do is to ask the server: from then on nobody else may, with the same token.
const BEGUN: &[u8] = b".";

/// The most bytes that are handed over: keys, and three secrets of 1 MiB.
const LONGEST: usize = (3 << 20) + 256;

/// Has a child spend the refresh token under this lock; None where there can be no child, or none that could begin.
/// `line` are the words that it does it by, and whether the `OAT_…` variables are about the same profile.
pub fn renew(store: &Store, lock: &Lock, secrets: &Secrets, terminal: Terminal, line: (Vec<OsString>, bool)) -> Option<Result<Handed>> {
    let file = lock.to_hand_over()?;
    let (mut ours, theirs) = UnixStream::pair().ok()?;
    let mut command = Command::new(program()?);
    command.arg0(NAME).args(line.0).process_group(0);
    for key in KEYS.iter().filter(|_| !line.1) {
        command.env_remove(key.variable());
    }
    command.stdin(Stdio::from(file)).stdout(Stdio::from(OwnedFd::from(theirs)));
    // Its words come through this process: whoever waits for the end of ours is not kept waiting when we are killed.
    let mut child = command.stderr(Stdio::piped()).spawn().ok()?;
    let words = child.stderr.take().map(|words| std::thread::spawn(move || terminal.relay(words)));
    // Its ends of both are closed here, so that an end of the child is an end of the answer.
    drop(command);
    let told = ours.write_all(&handed_over(&store.keys_to_hand_over(), secrets)).and_then(|()| ours.shutdown(Shutdown::Write));
    let mut answer = Zeroizing::new(Vec::with_capacity(64 << 10));
    // However the reading ends, what was read counts: a child that had begun may have spent the token.
    let _ = told.and_then(|()| ours.read_to_end(&mut answer));
    let _ = child.wait();
    let _ = words.map(JoinHandle::join);
    came_of_it(&answer)
}

/// What the child said; None where it did not begin, so that the token is still to be spent.
fn came_of_it(answer: &[u8]) -> Option<Result<Handed>> {
    match answer.strip_prefix(BEGUN) {
        Some(answer) => Some(decode(answer).unwrap_or_else(|| {
            Err(Error::new(Kind::Unavailable, "the process that renewed the token ended before it had an answer").in_doubt())
        })),
        // What it could not even begin, this process may still be able to: a profile file from a pipe can be read only once.
        None => {
            let here = |error: &Error| matches!(error.kind, Kind::Usage | Kind::Config | Kind::Internal);
            decode(answer).filter(|handed| !handed.as_ref().is_err_and(here))
        }
    }
}

/// What the child gets: the keys and the client's secrets, each after its length in four bytes; 0 is what the child reads itself.
fn handed_over(keys: &[u8], secrets: &Secrets) -> Zeroizing<Vec<u8>> {
    let texts = secrets.iter().map(|secret| secret.as_ref().map(ClientSecret::expose).unwrap_or_default().as_bytes());
    let mut whole = Zeroizing::new(Vec::with_capacity(LONGEST.min(8192)));
    for part in [keys].into_iter().chain(texts) {
        whole.extend((part.len() as u32).to_be_bytes());
        whole.extend_from_slice(part);
    }
    whole
}

/// The program itself, also where it was replaced on the disk meanwhile.
pub fn program() -> Option<PathBuf> {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { Some(link) } else { std::env::current_exe().ok() }
}

/// The child: renews what the words ask for, and says what came of it. The exit code tells nothing.
pub fn serve(argv: Vec<OsString>) -> u8 {
    let Ok(mut parent) = output::socket().map(UnixStream::from) else { return Kind::Internal.exit_code() };
    let outcome = renewed(argv, &mut parent);
    let _ = parent.write_all(&encode(&outcome, crate::world::now()));
    0
}

fn renewed(argv: Vec<OsString>, parent: &mut UnixStream) -> Result<Handed> {
    let words = cli::parse(argv)?;
    let (chosen, wish) = match words.command {
        Words::TokenGet(get) => {
            let wish = Wish { min_ttl: get.min_ttl, force: get.force, require_store: get.require_store, require_scope: get.require_scope };
            (get.chosen, wish)
        }
        // In the place of the command stands whose token it is about; the time that the command asks for was its first token's.
        Words::Exec(exec) => {
            let profile = exec.command.first().and_then(|profile| profile.to_str()).map(str::to_string);
            (Chosen { profile, ..exec.chosen }, Wish { require_scope: exec.require_scope, ..Wish::default() })
        }
        Words::Refresh(refresh) => (refresh.chosen, Wish { require_store: refresh.require_store, ..Wish::default() }),
        _ => (Chosen::default(), Wish::default()),
    };
    let house = House::new(words.common);
    let (plan, config) = house.plan(&chosen)?;
    let store = house.store(&config)?;
    let secrets = taken_over(&store, parent)?;
    let stdin = std::io::stdin().as_fd().try_clone_to_owned();
    let file = stdin.map_err(|error| Error::new(Kind::Internal, "no lock was handed over").because(error))?;
    let lock = store.inherited_lock(&plan.profile, File::from(file))?;
    let mut world = house.world(&plan);
    let _ = parent.write_all(BEGUN);
    let handed = session::renew_for_another(&plan, &wish, &store, &mut world as &mut dyn World, lock, secrets);
    house.told_by(&store);
    handed
}

/// Takes what [`handed_over`] made: the store gets the keys, and the client's secrets are given back where there are any.
fn taken_over(store: &Store, parent: &mut UnixStream) -> Result<Secrets> {
    let nothing = || Error::new(Kind::Internal, "nothing was handed over");
    let mut bytes = Zeroizing::new(Vec::with_capacity(8192));
    parent.take(LONGEST as u64).read_to_end(&mut bytes).map_err(|_| nothing())?;
    let mut rest = bytes.as_slice();
    let mut part = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = after;
        Some(part)
    };
    store.take_over_keys(part().ok_or_else(nothing)?);
    let mut secrets = Secrets::default();
    for slot in &mut secrets {
        let text = part().and_then(|part| str::from_utf8(part).ok()).ok_or_else(nothing)?;
        *slot = (!text.is_empty()).then(|| ClientSecret::new(text));
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    fn said(begun: &[u8], kind: Kind) -> Option<Result<Handed>> {
        let outcome = encode(&Err(Error::new(kind, "why")), UnixTime(0));
        came_of_it(&[begun, outcome.as_slice()].concat())
    }

    #[test]
    fn r55_a_child_that_had_begun_and_says_no_more_leaves_the_token_in_doubt() {
        let whole = [BEGUN, encode(&Err(Error::new(Kind::Denied, "why")), UnixTime(0)).as_slice()].concat();
        for length in BEGUN.len()..whole.len() {
            let error = came_of_it(&whole[..length]).unwrap().unwrap_err();
            assert!(error.in_doubt && error.kind == Kind::Unavailable, "{length}");
        }
        assert_eq!(came_of_it(&whole).unwrap().unwrap_err().kind, Kind::Denied);
    }

    #[test]
    fn a_child_that_could_not_begin_leaves_the_token_to_its_parent() {
        assert!(came_of_it(b"").is_none() && came_of_it(b"-").is_none());
        for kind in [Kind::Usage, Kind::Config, Kind::Internal] {
            assert!(said(b"", kind).is_none(), "{kind:?}");
            assert_eq!(said(BEGUN, kind).unwrap().unwrap_err().kind, kind);
        }
        assert_eq!(said(b"", Kind::Store).unwrap().unwrap_err().kind, Kind::Store);
    }
}
