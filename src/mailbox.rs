//! Values handed from thread to thread. The channels of the standard library do it too, and take 40 kB for five kinds of value.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A box that any number of threads put values in, and take them out in that order.
#[derive(Debug)]
pub struct Mailbox<T>(Arc<(Mutex<VecDeque<T>>, Condvar)>);

impl<T> Mailbox<T> {
    /// An empty box.
    pub fn new() -> Mailbox<T> {
        Mailbox(Arc::new((Mutex::new(VecDeque::new()), Condvar::new())))
    }

    /// Puts a value in.
    pub fn put(&self, value: T) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(value);
        self.0.1.notify_one();
    }

    /// Takes the next value out; None where none comes in that time.
    pub fn take(&self, patience: Duration) -> Option<T> {
        let until = Instant::now() + patience;
        let mut values = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(value) = values.pop_front() {
                return Some(value);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            values = self.0.1.wait_timeout(values, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Mailbox<T> {
        Mailbox(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_in_the_order_they_went_in_whoever_put_them() {
        let mailbox = Mailbox::new();
        let other = mailbox.clone();
        std::thread::spawn(move || (0..100).for_each(|number| other.put(number))).join().unwrap();
        assert_eq!((0..100).map_while(|_| mailbox.take(Duration::ZERO)).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert_eq!(mailbox.take(Duration::from_millis(1)), None);
    }

    #[test]
    fn who_waits_is_woken() {
        let mailbox = Mailbox::new();
        let other = mailbox.clone();
        let waiter = std::thread::spawn(move || other.take(Duration::from_secs(60)));
        mailbox.put("x");
        assert_eq!(waiter.join().unwrap(), Some("x"));
    }
}
