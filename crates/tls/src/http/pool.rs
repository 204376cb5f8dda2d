//! Idle connections for reuse, and how many may be open to one host (RFC 9112
//! clauses 9.3 and 9.4).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::http1::SendRequest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::ClientLimits;
use super::message::Whole;
use crate::{ClientConfig, Error};

/// Connections are interchangeable only under the same host and the same
/// configuration: another one has other credentials and another verifier.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) host: String,
    pub(crate) config: ClientConfig,
}

impl Key {
    fn is_same(&self, other: &Self) -> bool {
        self.host == other.host && self.config.is_same(&other.config)
    }
}

/// An open connection: where requests go in, and what ends its task when it is
/// dropped.
pub(crate) struct Connection {
    pub(crate) sender: SendRequest<Whole>,
    pub(crate) _open: oneshot::Sender<()>,
}

struct Idle {
    key: Key,
    connection: Connection,
    since: Instant,
}

/// The permits of one host.
struct Lane {
    key: Key,
    permits: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    /// Oldest first.
    idle: Vec<Idle>,
    lanes: Vec<Lane>,
}

pub(crate) struct Pool {
    limits: ClientLimits,
    state: Mutex<State>,
}

impl Pool {
    pub(crate) fn new(limits: ClientLimits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
        }
    }

    /// Waits until this host may have one more request under way. Connections
    /// in use never outnumber the permits, and new ones are made only when no
    /// idle one is left, so neither do the open ones.
    pub(crate) async fn permit(&self, key: &Key) -> Result<OwnedSemaphorePermit, Error> {
        let permits = self.lane(key);
        let permit = permits.acquire_owned().await;
        permit.map_err(|_| Error::Closed)
    }

    fn lane(&self, key: &Key) -> Arc<Semaphore> {
        let mut state = self.lock();
        if let Some(lane) = state.lanes.iter().find(|lane| lane.key.is_same(key)) {
            return lane.permits.clone();
        }
        let permits = Arc::new(Semaphore::new(self.limits.connections_per_host));
        // Whoever waits or works holds the semaphore too.
        state
            .lanes
            .retain(|lane| Arc::strong_count(&lane.permits) > 1);
        state.lanes.push(Lane {
            key: key.clone(),
            permits: permits.clone(),
        });
        permits
    }

    /// The most recently used connection that is still good.
    pub(crate) fn take(&self, key: &Key) -> Option<Connection> {
        let mut state = self.lock();
        self.tidy(&mut state);
        let at = state.idle.iter().rposition(|idle| idle.key.is_same(key))?;
        Some(state.idle.remove(at).connection)
    }

    /// Keeps a connection whose exchange is over.
    pub(crate) fn keep(&self, key: Key, connection: Connection) {
        let mut state = self.lock();
        state.idle.push(Idle {
            key,
            connection,
            since: Instant::now(),
        });
        self.tidy(&mut state);
    }

    /// Drops what is closed, too old, or too many.
    fn tidy(&self, state: &mut State) {
        let max_age = self.limits.idle;
        state
            .idle
            .retain(|idle| idle.connection.sender.is_ready() && idle.since.elapsed() < max_age);
        let surplus = state
            .idle
            .len()
            .saturating_sub(self.limits.idle_connections);
        state.idle.drain(..surplus);
    }

    /// Nothing that holds the lock can panic half way through a change.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
