//! The serving nodes that are connected to an HLR now, and the way to ask one
//! of them something (InsertSubscriberData, LocationCancel).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gsup::Message;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::waiting::Job;
use crate::Error;

/// Procedures of one connection at one time that wait for what the node says.
/// Fewer than its requests at one time, so that some are always free to end.
const PROCEDURES: usize = 128;

/// One connection of a serving node.
pub(crate) struct Caller {
    node: Arc<str>,
    unit: String,
    jobs: mpsc::Sender<Job>,
    procedures: Semaphore,
}

impl Caller {
    pub(super) fn new(node: Arc<str>, unit: String, jobs: mpsc::Sender<Job>) -> Self {
        Self {
            node,
            unit,
            jobs,
            procedures: Semaphore::new(PROCEDURES),
        }
    }

    /// Who it is, by its certificate or its address.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    /// What it calls itself in IPA: tells the connections of one node apart,
    /// and decides nothing else.
    pub(crate) fn unit(&self) -> &str {
        &self.unit
    }

    /// Room for a procedure that asks the node back, if there is any.
    pub(crate) fn procedure(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.procedures.try_acquire().ok()
    }

    /// Asks the node, and waits for its answer.
    ///
    /// # Errors
    /// [`Error::Timeout`] if it is silent or gone.
    pub(crate) async fn ask(&self, request: Message, patience: Duration) -> Result<Message, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Job { request, answer };
        let asked = async {
            self.jobs.send(job).await.map_err(|_| Error::Timeout)?;
            answered.await.map_err(|_| Error::Timeout)
        };
        timeout(patience, asked).await.map_err(|_| Error::Timeout)?
    }
}

/// All connections.
#[derive(Default)]
pub(crate) struct Nodes(Mutex<Vec<Arc<Caller>>>);

impl Nodes {
    /// The connections of `node`, those alone that call themselves `unit` where
    /// it is given.
    pub(crate) fn of(&self, node: &str, unit: Option<&str>) -> Vec<Arc<Caller>> {
        self.lock()
            .iter()
            .filter(|caller| caller.node() == node)
            .filter(|caller| unit.is_none_or(|unit| caller.unit() == unit))
            .cloned()
            .collect()
    }

    /// The connection is there until the guard is dropped.
    pub(super) fn enter(self: &Arc<Self>, caller: &Arc<Caller>) -> Entered {
        self.lock().push(Arc::clone(caller));
        Entered(Arc::clone(self), Arc::clone(caller))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Caller>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is in the list.
pub(super) struct Entered(Arc<Nodes>, Arc<Caller>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.lock().retain(|known| !Arc::ptr_eq(known, &self.1));
    }
}
