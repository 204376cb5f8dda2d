//! GSUP connections over sockets: the engine `gsup::Connection` between octets
//! and messages. Between our nodes the transport is mutual TLS, and the peer is
//! the operator that its certificate names; a GSUP client without TLS is known by
//! its address.

mod client;
mod nodes;
mod server;
#[cfg(test)]
mod silent;
mod waiting;

pub(crate) use client::{GsupClient, GsupTarget, Unasked};
pub(crate) use nodes::{Caller, Nodes};
pub(crate) use server::{Door, GsupServer, NodeHandler};

use std::io;
use std::time::Duration;

use clock::Tick;
use gsup::{Connection, Event};
use tokens::os::Monotonic;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};
use zeroize::{Zeroize, Zeroizing};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;
/// No frame of ours is longer: 2,048 octets of GSUP at most.
const LONGEST: usize = 4096;
/// How long a peer may take to read what is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection and its engine.
struct Link<S> {
    stream: S,
    patience: Duration,
    engine: Connection,
    ticks: Monotonic,
    began: Instant,
    chunk: Vec<u8>,
    /// What is being sent, wiped after it; never longer than it was made, so that
    /// no copy stays behind.
    out: Zeroizing<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    fn new(stream: S, engine: impl FnOnce(Tick) -> Connection) -> Self {
        let ticks = Monotonic::start();
        Self {
            stream,
            patience: PATIENCE,
            engine: engine(ticks.now()),
            ticks,
            began: Instant::now(),
            chunk: vec![0; CHUNK],
            out: Zeroizing::new(Vec::with_capacity(CHUNK)),
        }
    }

    /// Sends what waits. A peer that takes nothing for a while is gone.
    async fn flush(&mut self) -> io::Result<()> {
        let sent = async {
            while let Some(first) = self.engine.poll_transmit() {
                self.out.extend_from_slice(first.expose());
                // What is ready beside it goes out in the same write.
                while self.out.len() < CHUNK - LONGEST {
                    let Some(next) = self.engine.poll_transmit() else {
                        break;
                    };
                    self.out.extend_from_slice(next.expose());
                }
                let written = self.stream.write_all(&self.out).await;
                self.out.zeroize();
                written?;
            }
            self.stream.flush().await
        };
        timeout(self.patience, sent).await?
    }

    /// Waits for octets or for time, and lets the engine have them. `false`
    /// when the peer is gone. May be dropped while it waits.
    async fn turn(&mut self) -> io::Result<bool> {
        let due = self.engine.poll_timeout();
        let wake = due.map(|tick| self.began + tick.since(Tick::ZERO));
        tokio::select! {
            read = self.stream.read(&mut self.chunk) => {
                let count = read?;
                let octets = self.chunk.get(..count).unwrap_or_default();
                self.engine.handle_input(self.ticks.now(), octets);
                Ok(count > 0)
            }
            () = sleep(wake) => {
                self.engine.handle_timeout(self.ticks.now());
                Ok(true)
            }
        }
    }

    fn event(&mut self) -> Option<Event> {
        self.engine.poll_event()
    }
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
