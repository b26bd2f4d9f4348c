//! Who is connected to the redirect listener: bounded in number, each known by a number.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::world::loopback::Call;
use crate::world::loopback::request::Door;

/// What callers may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of a request.
    pub bytes: usize,
    /// The most connections at a time.
    pub connections: usize,
    /// How long one connection may take to send and to listen, all in all.
    pub patience: Duration,
}

/// What the threads of one listener share.
pub struct House {
    /// What callers have to ask for.
    pub door: Door,
    /// What they may take.
    pub limits: Limits,
    /// Gets each call.
    pub calls: Box<dyn Fn(Call) + Send + Sync>,
    guests: Mutex<Guests>,
    changed: Condvar,
}

#[derive(Default)]
struct Guests {
    /// In the order in which they came.
    present: Vec<Guest>,
    count: u64,
    closed: bool,
}

struct Guest {
    number: u64,
    stream: Arc<TcpStream>,
    stage: Stage,
}

enum Stage {
    /// Has not asked for anything that is to be had here.
    Idle,
    /// Waits for the answer to its call.
    Waiting,
    /// Its answer is on the way; it is taken by the thread of the connection.
    Answered(Option<String>),
}

impl House {
    /// A house without guests.
    pub fn new(door: Door, limits: Limits, calls: Box<dyn Fn(Call) + Send + Sync>) -> House {
        House { door, limits, calls, guests: Mutex::default(), changed: Condvar::new() }
    }

    /// Notes one more guest, and gives its number. In a full house the oldest has to go; None where all of them wait for
    /// an answer, which is theirs by right.
    pub fn enter(&self, stream: &Arc<TcpStream>) -> Option<u64> {
        let mut guests = self.guests();
        if guests.present.len() >= self.limits.connections && !guests.dismiss_oldest() {
            return None;
        }
        guests.count += 1;
        let number = guests.count;
        guests.present.push(Guest { number, stream: Arc::clone(stream), stage: Stage::Idle });
        Some(number)
    }

    /// Hangs up on the guest that has been here longest without a call.
    pub fn dismiss_oldest(&self) {
        self.guests().dismiss_oldest();
    }

    /// Notes that this guest has called. False where it was dismissed before.
    pub fn called(&self, number: u64) -> bool {
        self.guests().of(number).map(|guest| guest.stage = Stage::Waiting).is_some()
    }

    /// Gives this guest its answer, if it waits for one.
    pub fn answer(&self, number: u64, response: String) {
        if let Some(guest) = self.guests().of(number)
            && matches!(guest.stage, Stage::Waiting)
        {
            guest.stage = Stage::Answered(Some(response));
        }
        self.changed.notify_all();
    }

    /// Waits for the answer to this guest's call.
    pub fn await_answer(&self, number: u64) -> Option<String> {
        let waiting = |guests: &mut Guests| guests.of(number).is_some_and(|guest| matches!(guest.stage, Stage::Waiting));
        let mut guests = self.changed.wait_while(self.guests(), waiting).unwrap_or_else(PoisonError::into_inner);
        match &mut guests.of(number)?.stage {
            Stage::Answered(response) => response.take(),
            _ => None,
        }
    }

    /// Notes that this guest has its answer: nobody waits for it any more, though it may go on sending.
    pub fn told(&self, number: u64) {
        if let Some(guest) = self.guests().of(number) {
            guest.stage = Stage::Idle;
        }
        self.changed.notify_all();
    }

    /// Forgets this guest.
    pub fn leave(&self, number: u64) {
        self.guests().present.retain(|guest| guest.number != number);
        self.changed.notify_all();
    }

    /// Waits up to `patience` until no answer is on the way.
    pub fn finish(&self, patience: Duration) {
        drop(self.changed.wait_timeout_while(self.guests(), patience, |guests| guests.busy()));
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.guests().closed = true;
    }

    /// Whether nobody is let in any more.
    pub fn closed(&self) -> bool {
        self.guests().closed
    }

    /// Whether an answer is on the way.
    #[cfg(test)]
    pub fn busy(&self) -> bool {
        self.guests().busy()
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guests {
    fn of(&mut self, number: u64) -> Option<&mut Guest> {
        self.present.iter_mut().find(|guest| guest.number == number)
    }

    fn busy(&self) -> bool {
        self.present.iter().any(|guest| matches!(guest.stage, Stage::Answered(_)))
    }

    fn dismiss_oldest(&mut self) -> bool {
        let Some(oldest) = self.present.iter().position(|guest| matches!(guest.stage, Stage::Idle)) else { return false };
        // Its thread sees the end of the stream, and goes.
        let _ = self.present.remove(oldest).stream.shutdown(Shutdown::Both);
        true
    }
}
