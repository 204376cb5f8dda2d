//! Who is in the visited network now, and how each is reached.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aka::Imsi;

use crate::gsup_link::Unasked;

/// The way down to one device.
pub trait Channel: Send + Sync {
    /// Hands octets to the device, and waits until it has stored them.
    fn push(
        &self,
        octets: Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + '_>>;
}

/// The device did not take it, or not in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered;

/// Names one attach: a later one of the same subscriber has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration(pub u64);

/// The devices by their subscribers' numbers.
type Here = HashMap<String, (Registration, Arc<dyn Channel>)>;

/// Who is here.
#[derive(Default)]
pub(super) struct Attached {
    next: AtomicU64,
    here: Mutex<Here>,
}

impl Attached {
    pub(super) fn put(&self, imsi: &Imsi, channel: Arc<dyn Channel>) -> Registration {
        let registration = Registration(self.next.fetch_add(1, Ordering::Relaxed));
        self.lock()
            .insert(imsi.digits().to_owned(), (registration, channel));
        registration
    }

    /// A device that has attached again since is left alone.
    /// Returns whether it was here.
    pub(super) fn remove(&self, imsi: &Imsi, registration: Registration) -> bool {
        let mut here = self.lock();
        let known = here.get(imsi.digits()).map(|(known, _)| *known);
        let there = known == Some(registration);
        if there {
            here.remove(imsi.digits());
        }
        there
    }

    pub(super) fn channel(&self, imsi: &Imsi) -> Option<Arc<dyn Channel>> {
        let here = self.lock();
        here.get(imsi.digits())
            .map(|(_, channel)| Arc::clone(channel))
    }

    fn lock(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unasked for Attached {
    fn cancelled(&self, imsi: &str) {
        self.lock().remove(imsi);
    }
}
