//! One connection to the redirect listener: a request, an answer, and the end.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::secret::WireSecret;
use crate::world::loopback::Call;
use crate::world::loopback::house::House;
use crate::world::loopback::request::{Refusal, parse};

/// How long a caller may go on sending when it has its answer.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// One who is being listened to; forgotten when dropped, even by a panic.
struct Caller {
    house: Arc<House>,
    stream: Arc<TcpStream>,
    number: u64,
    /// What is left for everything together, however slowly the bytes drip.
    left: Duration,
}

/// Listens to a caller on a thread of its own, which ends with the process at the latest.
pub fn admit(house: &Arc<House>, stream: TcpStream) {
    let stream = Arc::new(stream);
    let Some(number) = house.enter(&stream) else { return };
    let caller = Caller { house: Arc::clone(house), stream, number, left: house.limits.patience };
    // Where no thread can be had, the caller is dropped with the closure.
    let _ = thread::Builder::new().name("redirect".into()).spawn(move || caller.converse());
}

impl Caller {
    fn converse(mut self) {
        let response = match self.hear() {
            Ok(query) => self.call(query),
            Err(refusal) => refusal.map(Refusal::response),
        };
        if response.is_some_and(|response| self.write_all(response.as_bytes()).is_ok()) {
            self.hang_up();
        }
    }

    /// The query of a call. Fails with what the caller is to be told; with None it is gone, or was too slow.
    fn hear(&mut self) -> Result<WireSecret, Option<Refusal>> {
        let house = Arc::clone(&self.house);
        // In one piece from the start: a code that is in it leaves no copies behind.
        let mut bytes = Zeroizing::new(vec![0; house.limits.bytes]);
        let mut filled = 0;
        while filled < bytes.len() {
            filled += match self.read(&mut bytes[filled..]) {
                Ok(0) => return Err(None),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(None),
            };
            if let Some(query) = parse(&bytes[..filled], &house.door).map_err(Some)? {
                return Ok(query);
            }
        }
        Err(Some(Refusal::new(431, "The request is too long.")))
    }

    fn call(&mut self, query: WireSecret) -> Option<String> {
        if !self.house.called(self.number) {
            return None;
        }
        (self.house.calls)(Call { query, number: self.number, house: Arc::clone(&self.house) });
        self.house.await_answer(self.number)
    }

    /// Closes so that the caller can read the answer first: a socket closed with bytes unread takes its answer back.
    fn hang_up(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.house.told(self.number);
        self.left = self.left.min(FAREWELL);
        let mut sink = [0; 16 * 1024];
        // At most 1 MiB.
        for _ in 0..64 {
            if !self.read(&mut sink).is_ok_and(|count| count > 0) {
                return;
            }
        }
    }

    fn timed<T>(&mut self, act: impl FnOnce(&TcpStream, Option<Duration>) -> io::Result<T>) -> io::Result<T> {
        if self.left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        let begun = Instant::now();
        let done = act(&self.stream, Some(self.left));
        self.left = self.left.saturating_sub(begun.elapsed());
        done
    }
}

impl Read for Caller {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.timed(|mut stream, left| {
            stream.set_read_timeout(left)?;
            stream.read(into)
        })
    }
}

impl Write for Caller {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.timed(|mut stream, left| {
            stream.set_write_timeout(left)?;
            stream.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.house.leave(self.number);
    }
}
