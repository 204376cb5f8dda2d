//! What an object and its owner share, and what an Atomic puts back (OMA DM
//! RepPro 1.2 clause 6.6.3).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Error;

/// A state machine in the hands of both the tree and the owner. The owner never
/// sees what an open Atomic may still undo.
pub(super) struct Shared<M>(Arc<Mutex<Guarded<M>>>);

struct Guarded<M> {
    machine: M,
    /// The state at the beginning of the last Atomic, as long as it may be
    /// wanted back.
    before: Option<M>,
    open: bool,
}

impl<M> Clone for Shared<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Clone> Shared<M> {
    pub(super) fn new(machine: M) -> Self {
        Self(Arc::new(Mutex::new(Guarded {
            machine,
            before: None,
            open: false,
        })))
    }

    /// A poisoned lock is taken all the same: machines change in one go.
    fn lock(&self) -> MutexGuard<'_, Guarded<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the tree.
    pub(super) fn serve<T>(&self, call: impl FnOnce(&mut M) -> T) -> T {
        call(&mut self.lock().machine)
    }

    /// For the owner to look.
    pub(super) fn look<T>(&self, call: impl FnOnce(&M) -> T) -> T {
        let guarded = self.lock();
        match (&guarded.before, guarded.open) {
            (Some(before), true) => call(before),
            _ => call(&guarded.machine),
        }
    }

    /// For the owner to change something; after this the last Atomic can't be
    /// undone any more.
    pub(super) fn own<T>(&self, call: impl FnOnce(&mut M) -> Result<T, Error>) -> Result<T, Error> {
        let mut guarded = self.lock();
        if guarded.open {
            return Err(Error::Misuse("an Atomic is open"));
        }
        guarded.before = None;
        call(&mut guarded.machine)
    }

    pub(super) fn begin(&self) {
        let mut guarded = self.lock();
        guarded.before = Some(guarded.machine.clone());
        guarded.open = true;
    }

    pub(super) fn commit(&self) {
        self.lock().open = false;
    }

    pub(super) fn roll_back(&self) -> Result<(), Error> {
        let mut guarded = self.lock();
        let before = guarded.before.take();
        guarded.machine = before.ok_or(Error::Failed("nothing to go back to"))?;
        guarded.open = false;
        Ok(())
    }
}
