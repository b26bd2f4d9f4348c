//! The redirect listener: everyone who comes in at the loopback redirect URI, in order (RFC 8252 section 7.3).

pub mod caller;
pub mod house;
pub mod ports;
pub mod request;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::oauth::redirect::Redirect;
use crate::secret::WireSecret;
use crate::world::loopback::house::{House, Limits};
use crate::world::loopback::request::{Door, response};
use crate::world::page;

/// R15: what one caller may take, and how many there may be.
const LIMITS: Limits = Limits { bytes: 32 * 1024, connections: 64, patience: Duration::from_secs(10) };
/// How long the listener rests when the system gives it no connection, as without a free file descriptor.
const REST: Duration = Duration::from_millis(50);
/// The most that waking the listener may take; on loopback it takes no time.
const WAKE: Duration = Duration::from_secs(1);

/// Everyone who comes in at the redirect URI, in order.
pub struct Loopback {
    redirect_uri: String,
    house: Arc<House>,
    /// The address of each listener, and the thread that waits there.
    listeners: Vec<(SocketAddr, JoinHandle<()>)>,
}

/// A well-formed GET of the redirect URI. Nothing in it is to be believed. Dropped, it is told that the sign-in has ended.
pub struct Call {
    /// The query as sent, without the `?`; empty where there was none.
    pub query: WireSecret,
    number: u64,
    house: Arc<House>,
}

impl Loopback {
    /// Binds the first free one of the redirect's ports, or any where it names none; `calls` gets each call, on a thread of
    /// its own. Fails with `Unavailable`, naming each port that was tried.
    pub fn bind(redirect: &Redirect, calls: impl Fn(Call) + Send + Sync + 'static) -> Result<Loopback> {
        Loopback::within(redirect, LIMITS, Box::new(calls))
    }

    fn within(redirect: &Redirect, limits: Limits, calls: Box<dyn Fn(Call) + Send + Sync>) -> Result<Loopback> {
        let (port, listeners) = ports::bind(redirect)?;
        let house = Arc::new(House::new(Door::of(redirect, port), limits, calls));
        let mut loopback = Loopback { redirect_uri: redirect.uri(port), house, listeners: Vec::new() };
        for listener in listeners {
            let address = listener.local_addr().map_err(internal)?;
            let house = Arc::clone(&loopback.house);
            let thread = thread::Builder::new().name("redirect".into()).spawn(move || accept(&listener, &house)).map_err(internal)?;
            loopback.listeners.push((address, thread));
        }
        Ok(loopback)
    }

    /// The redirect URI with the port that was bound.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Stops listening at once. Who was let in before can still be answered.
    pub fn close(&mut self) {
        self.house.close();
        for (address, thread) in self.listeners.drain(..) {
            thread.thread().unpark();
            // `accept` waits for a connection and for nothing else, so it gets one. Without a descriptor for it, the
            // listener ends with whoever comes next.
            if TcpStream::connect_timeout(&address, WAKE).is_ok() {
                let _ = thread.join();
            }
        }
    }

    /// Waits up to `patience` until the answers that were given are with their callers, so that the process may end.
    pub fn finish(&mut self, patience: Duration) {
        self.house.finish(patience);
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.close();
    }
}

impl Call {
    /// Answers, and hangs up.
    pub fn answer(self, status: u16, page: &str) {
        self.house.answer(self.number, response(status, page));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Only where nothing was answered before.
        let text = "Nothing was changed. To sign in, start again in the terminal.";
        self.house.answer(self.number, response(503, &page::notice("This sign-in has ended", text)));
    }
}

/// Lets callers in until the house closes. None of them is waited for: browsers open connections that stay silent.
fn accept(listener: &TcpListener, house: &Arc<House>) {
    loop {
        let accepted = listener.accept();
        if house.closed() {
            return;
        }
        match accepted {
            Ok((stream, _)) => caller::admit(house, stream),
            // A caller that gave up before it was let in.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            // Most likely there is no file descriptor left: whoever has been here longest gives up theirs.
            Err(_) => {
                house.dismiss_oldest();
                thread::park_timeout(REST);
            }
        }
    }
}

fn internal(error: std::io::Error) -> Error {
    Error::new(Kind::Internal, "cannot listen for the redirect").because(error)
}

#[cfg(test)]
mod tests;
