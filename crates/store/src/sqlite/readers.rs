//! A few connections for reading, lent out one call at a time. Each call sees
//! all that was committed before it began.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;

pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// A connection that goes back when it is dropped, before its permit does.
struct Lease {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            idle: Arc::new(Mutex::new(connections)),
        }
    }

    /// Calls `query` where it may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::Closed)?;
        let conn = lock(&self.idle).pop();
        let lease = Lease {
            conn,
            idle: Arc::clone(&self.idle),
            _permit: permit,
        };
        let work = move || lease.conn.as_ref().ok_or(Error::Closed).and_then(query);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Error::Closed)?
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.idle).extend(self.conn.take());
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> MutexGuard<'_, Vec<Connection>> {
    // A push or pop leaves the list whole even if its thread ended there.
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
