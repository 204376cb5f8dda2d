//! The DM sessions that are open at a DPF, in memory alone: a device whose
//! session is gone begins another. Anybody can open one, so they are few for
//! each device and end by themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use provisioning::session::DpfSession;
use tre::TreId;

/// How many sessions one device may have open: more than one, since whoever
/// knows its name could otherwise end it.
const OF_ONE: usize = 4;
/// How many sessions there may be.
const OF_ALL: usize = 20_000;
/// How long a session waits for its device's next message, or repeats its last
/// answer.
const PATIENCE: Duration = Duration::from_secs(300);

/// A session while no message is being answered.
pub(super) type Place = Arc<tokio::sync::Mutex<Option<DpfSession>>>;

/// All sessions.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<TreId, Vec<Entry>>>);

struct Entry {
    session_id: String,
    place: Place,
    used: Instant,
}

impl Sessions {
    /// The session's place, made if there is none.
    pub(super) fn place(&self, tre_id: &TreId, session_id: &str) -> Place {
        let mut all = self.lock();
        if all.len() >= OF_ALL {
            all.retain(|_, entries| {
                entries.retain(|entry| entry.used.elapsed() < PATIENCE);
                !entries.is_empty()
            });
        }
        if all.len() >= OF_ALL && !all.contains_key(tre_id) {
            // A flood of names: this one is served, and not remembered.
            return Place::default();
        }
        let entries = all.entry(tre_id.clone()).or_default();
        entries.retain(|entry| entry.used.elapsed() < PATIENCE);
        if let Some(known) = entries
            .iter_mut()
            .find(|entry| entry.session_id == session_id)
        {
            known.used = Instant::now();
            return Arc::clone(&known.place);
        }
        if entries.len() >= OF_ONE {
            entries.remove(0);
        }
        let place = Place::default();
        entries.push(Entry {
            session_id: session_id.to_owned(),
            place: Arc::clone(&place),
            used: Instant::now(),
        });
        place
    }

    /// This session has authenticated its device: it ends all older ones.
    pub(super) fn keep_only(&self, tre_id: &TreId, session_id: &str) {
        if let Some(entries) = self.lock().get_mut(tre_id) {
            entries.retain(|entry| entry.session_id == session_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TreId, Vec<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
