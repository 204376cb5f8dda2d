//! The subscribers that the HLR has in memory: the record, the algorithm with its
//! key schedule, and the sequence numbers that are reserved in the store and not
//! used yet. The store tells of each change, so that a record that was changed
//! is used no more; numbers above the stored bound never stay after a commit that
//! failed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aka::auc::SeqReservation;
use aka::{AlgorithmSet, Imsi};
use provisioning::hlr::Subscriber;
use provisioning::ports::{OperatorStore, Versioned};

use super::Shared;
use crate::Error;

/// Subscribers in memory. A record with its key schedule has about 2 KiB.
const SUBSCRIBERS: usize = 16_384;

/// All of them, by the digits of their IMSIs.
#[derive(Default)]
pub(super) struct Known {
    all: Mutex<HashMap<String, Arc<Entry>>>,
    uses: AtomicU64,
}

/// One subscriber.
#[derive(Default)]
pub(super) struct Entry {
    /// How often the store told of a change.
    changes: AtomicU64,
    /// When it was last asked for, in uses of all.
    used: AtomicU64,
    /// One request at a time has it.
    pub(super) slot: tokio::sync::Mutex<Slot>,
}

/// What is in memory of a subscriber. Taken out while something of it is
/// committed: if that fails, or nobody waits for it any more, it is gone.
#[derive(Default)]
pub(super) struct Slot {
    ready: Option<Ready>,
    numbers: Option<SeqReservation>,
}

/// A record as it is in the store.
pub(super) struct Ready {
    pub(super) known: Versioned<Subscriber>,
    pub(super) algorithm: Box<dyn AlgorithmSet + Send + Sync>,
    /// The changes that were told of before it was loaded.
    changes: u64,
}

impl Known {
    /// Of a subscriber that was asked for before.
    pub(super) fn get(&self, imsi: &Imsi) -> Option<Arc<Entry>> {
        let entry = self.lock().get(imsi.digits()).map(Arc::clone)?;
        self.touch(&entry);
        Some(entry)
    }

    /// Of one that is in the store.
    pub(super) fn put(&self, imsi: &Imsi) -> Arc<Entry> {
        let mut all = self.lock();
        if all.len() >= SUBSCRIBERS && !all.contains_key(imsi.digits()) {
            self.make_room(&mut all);
        }
        let entry = Arc::clone(all.entry(imsi.digits().to_owned()).or_default());
        drop(all);
        self.touch(&entry);
        entry
    }

    fn touch(&self, entry: &Entry) {
        let use_ = self.uses.fetch_add(1, Ordering::Relaxed);
        entry.used.store(use_, Ordering::Relaxed);
    }

    /// The half that was asked for longest ago goes. What somebody has in hand
    /// stays: two would otherwise give numbers for one subscriber, each in its
    /// own order.
    fn make_room(&self, all: &mut HashMap<String, Arc<Entry>>) {
        let mut uses: Vec<u64> = all
            .values()
            .map(|entry| entry.used.load(Ordering::Relaxed))
            .collect();
        let half = uses.len() / 2;
        let (_, middle, _) = uses.select_nth_unstable(half);
        let middle = *middle;
        all.retain(|_, entry| {
            entry.used.load(Ordering::Relaxed) > middle || Arc::strong_count(entry) > 1
        });
    }

    /// The store has changed the subscriber, or may have.
    pub(super) fn changed(&self, imsi: &str) {
        if let Some(entry) = self.lock().get(imsi) {
            entry.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Entry>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The subscriber's record as it is in the store now, out of memory where
    /// that is the same, and its unused numbers. Both are the caller's until it
    /// gives them back.
    ///
    /// # Errors
    /// [`Error::Unknown`]; what the store says.
    pub(super) async fn ready(
        &self,
        imsi: &Imsi,
        entry: &Entry,
        slot: &mut Slot,
    ) -> Result<(Ready, SeqReservation), Error> {
        let changes = entry.changes.load(Ordering::SeqCst);
        let ready = slot.ready.take().filter(|ready| ready.changes == changes);
        let ready = match ready {
            Some(ready) => ready,
            None => {
                let known = self.store.subscriber(imsi).await?;
                let known = known.ok_or(Error::Unknown("subscriber"))?;
                Ready {
                    algorithm: known.value.algorithm()?,
                    known,
                    changes,
                }
            }
        };
        let bound = ready.known.value.seq_bound();
        let numbers = slot.numbers.take();
        let numbers = numbers.filter(|numbers| numbers.bound().to_u64() == bound);
        let numbers = numbers.unwrap_or_else(|| ready.known.value.reservation());
        Ok((ready, numbers))
    }

    /// The subscriber's entry, if there is such a subscriber. A number that nobody
    /// has leaves no trace in memory.
    pub(super) async fn entry(&self, imsi: &Imsi) -> Result<Arc<Entry>, Error> {
        if let Some(entry) = self.hlr.get(imsi) {
            return Ok(entry);
        }
        let known = self.store.subscriber(imsi).await?;
        known.ok_or(Error::Unknown("subscriber"))?;
        Ok(self.hlr.put(imsi))
    }
}

impl Ready {
    /// It was committed as it is, and is the version after the one that it was.
    /// The store told of that commit once; of another one since, and the record
    /// is loaded anew.
    pub(super) fn committed(&mut self) {
        self.known.version += 1;
        self.changes += 1;
    }
}

impl Slot {
    /// Keeps what was taken out.
    pub(super) fn keep(&mut self, ready: Ready, numbers: SeqReservation) {
        self.ready = Some(ready);
        self.numbers = Some(numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_in_hand_stays() {
        let known = Known::default();
        let imsi = |number: usize| format!("00101{number:010}").parse::<Imsi>().unwrap();
        let held = known.put(&imsi(0));
        for number in 1..3 * SUBSCRIBERS {
            known.put(&imsi(number));
            assert!(known.lock().len() <= SUBSCRIBERS);
        }
        assert!(Arc::ptr_eq(&held, &known.get(&imsi(0)).unwrap()));
        assert!(known.get(&imsi(1)).is_none());
        assert!(known.get(&imsi(3 * SUBSCRIBERS - 1)).is_some());
    }
}
