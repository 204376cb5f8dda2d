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
/// With so many devices, sessions that were left are looked for.
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
    /// Whether the device has proved itself in it.
    authenticated: bool,
}

impl Sessions {
    /// The place of a session that is open.
    pub(super) fn find(&self, tre_id: &TreId, session_id: &str) -> Option<Place> {
        let mut all = self.lock();
        let known = all
            .get_mut(tre_id)?
            .iter_mut()
            .find(|entry| entry.session_id == session_id)?;
        known.used = Instant::now();
        Some(Arc::clone(&known.place))
    }

    /// A place for a new session of a device that has an order. Where there are
    /// too many of one device, the oldest without credentials gives way.
    pub(super) fn make(&self, tre_id: &TreId, session_id: &str) -> Place {
        let mut all = self.lock();
        if all.len() >= OF_ALL {
            all.retain(|_, entries| {
                entries.retain(|entry| entry.used.elapsed() < PATIENCE);
                !entries.is_empty()
            });
        }
        let entries = all.entry(tre_id.clone()).or_default();
        entries.retain(|entry| entry.used.elapsed() < PATIENCE);
        if entries.len() >= OF_ONE {
            // Never the one in which the device has proved itself.
            let oldest = entries.iter().position(|entry| !entry.authenticated);
            entries.remove(oldest.unwrap_or(0));
        }
        let place = Place::default();
        entries.push(Entry {
            session_id: session_id.to_owned(),
            place: Arc::clone(&place),
            used: Instant::now(),
            authenticated: false,
        });
        place
    }

    /// This session has authenticated its device: it ends all others, and has its
    /// place even where strangers have taken it meanwhile.
    pub(super) fn keep_only(&self, tre_id: &TreId, session_id: &str, place: &Place) {
        let entry = Entry {
            session_id: session_id.to_owned(),
            place: Arc::clone(place),
            used: Instant::now(),
            authenticated: true,
        };
        self.lock().insert(tre_id.clone(), vec![entry]);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TreId, Vec<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tre_id() -> TreId {
        "urn:x-rehome:tre:acme:00000000000000000000000000000001"
            .parse()
            .unwrap()
    }

    #[test]
    fn whoever_opens_many_sessions_ends_none_that_is_newer() {
        let sessions = Sessions::default();
        assert!(sessions.find(&tre_id(), "1").is_none());
        let first = sessions.make(&tre_id(), "1");
        assert!(Arc::ptr_eq(&first, &sessions.find(&tre_id(), "1").unwrap()));
        for id in ["2", "3", "4", "5"] {
            sessions.make(&tre_id(), id);
        }
        assert!(sessions.find(&tre_id(), "1").is_none(), "four at most");
        for id in ["2", "3", "4", "5"] {
            assert!(sessions.find(&tre_id(), id).is_some(), "{id}");
        }
    }

    #[test]
    fn strangers_do_not_crowd_out_an_authenticated_session() {
        let sessions = Sessions::default();
        let place = sessions.make(&tre_id(), "device");
        // Before it has proved itself it may lose its place, and gets it back.
        for id in 100..110 {
            sessions.make(&tre_id(), &id.to_string());
        }
        assert!(sessions.find(&tre_id(), "device").is_none());
        sessions.keep_only(&tre_id(), "device", &place);
        for id in 0..50 {
            sessions.make(&tre_id(), &id.to_string());
        }
        assert!(sessions.find(&tre_id(), "device").is_some());
        assert!(sessions.find(&tre_id(), "49").is_some());
        assert!(sessions.find(&tre_id(), "10").is_none());
        // A later one that proves itself ends it.
        let later = sessions.find(&tre_id(), "49").unwrap();
        sessions.keep_only(&tre_id(), "49", &later);
        assert!(sessions.find(&tre_id(), "device").is_none());
    }

    #[test]
    fn an_authenticated_session_is_the_only_one() {
        let sessions = Sessions::default();
        let places = ["1", "2", "3"].map(|id| sessions.make(&tre_id(), id));
        sessions.keep_only(&tre_id(), "2", &places[1]);
        let open = ["1", "2", "3"].map(|id| sessions.find(&tre_id(), id).is_some());
        assert_eq!(open, [false, true, false]);
    }
}
