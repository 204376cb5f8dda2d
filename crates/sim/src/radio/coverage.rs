//! Where there is no cell.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The subscribers that no cell is in reach of. Clones are the same.
#[derive(Clone, Default)]
pub struct Coverage(Arc<Mutex<BTreeSet<String>>>);

impl Coverage {
    /// There is no cell for this IMSI from now on.
    pub fn deny(&self, imsi: &str) {
        self.lock().insert(imsi.to_owned());
    }

    /// There is one again.
    pub fn allow(&self, imsi: &str) {
        self.lock().remove(imsi);
    }

    /// Whether there is one.
    #[must_use]
    pub fn has(&self, imsi: &str) -> bool {
        !self.lock().contains(imsi)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
