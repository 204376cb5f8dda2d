//! The sessions that are open, in memory alone: a device whose session is gone
//! begins another. Anybody can open one in any name, so those in which nobody
//! has proved anything are few and short, and never end one of the others.
//! Whether a name has an account makes no difference here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::dialogue::Dialogue;

/// Sessions without proof, of all names together.
const STRANGERS: usize = 512;
/// Sessions without proof in one name.
const OF_ONE: usize = 4;
/// How long a session without proof is kept.
const STRANGER: Duration = Duration::from_secs(60);

/// A session while no message is being answered.
pub(super) type Place = Arc<tokio::sync::Mutex<Option<Dialogue>>>;

/// All sessions, by the Source of their messages.
pub(super) struct Sessions {
    all: Mutex<HashMap<String, Vec<Entry>>>,
    idle: Duration,
}

struct Entry {
    session_id: String,
    place: Place,
    used: Instant,
    authenticated: bool,
}

impl Sessions {
    pub(super) fn new(idle: Duration) -> Self {
        Self {
            all: Mutex::default(),
            idle,
        }
    }

    /// Sessions that a message may belong to: one with proof first, then the
    /// newest. Looking for one keeps it open only as long as it has no proof.
    pub(super) fn find(&self, source: &str, session_id: &str) -> Vec<Place> {
        let mut all = self.lock();
        let Some(entries) = all.get_mut(source) else {
            return Vec::new();
        };
        let mut found: Vec<&mut Entry> = entries
            .iter_mut()
            .rev()
            .filter(|entry| entry.session_id == session_id)
            .collect();
        found.sort_by_key(|entry| !entry.authenticated);
        found
            .iter_mut()
            .filter(|entry| !entry.authenticated)
            .for_each(|entry| entry.used = Instant::now());
        found.iter().map(|entry| Arc::clone(&entry.place)).collect()
    }

    /// A session has gone on.
    pub(super) fn touch(&self, source: &str, place: &Place) {
        let mut all = self.lock();
        let own = all.get_mut(source).into_iter().flatten();
        for entry in own.filter(|entry| Arc::ptr_eq(&entry.place, place)) {
            entry.used = Instant::now();
        }
    }

    /// A place for a new session.
    pub(super) fn make(&self, source: &str, session_id: &str) -> Place {
        let mut all = self.lock();
        let is_stranger = |entry: &Entry| !entry.authenticated;
        let own = all.entry(source.to_owned()).or_default();
        if own.iter().filter(|entry| is_stranger(entry)).count() >= OF_ONE
            && let Some(oldest) = own.iter().position(is_stranger)
        {
            own.remove(oldest);
        }
        let strangers = all.values().flatten().filter(|entry| is_stranger(entry));
        if strangers.count() >= STRANGERS {
            drop_oldest(&mut all);
        }
        let place = Place::default();
        all.entry(source.to_owned()).or_default().push(Entry {
            session_id: session_id.to_owned(),
            place: Arc::clone(&place),
            used: Instant::now(),
            authenticated: false,
        });
        place
    }

    /// This session has authenticated its device: it ends all others in that
    /// name, and has its place even where strangers have taken it meanwhile.
    pub(super) fn keep_only(&self, source: &str, session_id: &str, place: &Place) {
        let entry = Entry {
            session_id: session_id.to_owned(),
            place: Arc::clone(place),
            used: Instant::now(),
            authenticated: true,
        };
        self.lock().insert(source.to_owned(), vec![entry]);
    }

    /// Ends all sessions in a name.
    pub(super) fn forget(&self, source: &str) {
        self.lock().remove(source);
    }

    /// Takes out what nobody has used for too long; what had proof is given
    /// back, since something may have to be stored.
    pub(super) fn take_idle(&self) -> Vec<Place> {
        let mut idle = Vec::new();
        self.lock().retain(|_, entries| {
            entries.retain(|entry| {
                let patience = if entry.authenticated {
                    self.idle
                } else {
                    STRANGER
                };
                let keep = entry.used.elapsed() < patience;
                if !keep && entry.authenticated {
                    idle.push(Arc::clone(&entry.place));
                }
                keep
            });
            !entries.is_empty()
        });
        idle
    }

    /// Sessions that no message is being answered in, with messages that are
    /// not stored yet.
    pub(super) fn with_unstored(&self) -> Vec<Place> {
        let all = self.lock();
        let proved = all.values().flatten().filter(|entry| entry.authenticated);
        let waits = |place: &Place| {
            place
                .try_lock()
                .is_ok_and(|own| own.as_ref().is_some_and(Dialogue::has_messages))
        };
        proved
            .filter(|entry| waits(&entry.place))
            .map(|entry| Arc::clone(&entry.place))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Entry>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drop_oldest(all: &mut HashMap<String, Vec<Entry>>) {
    let oldest = all
        .iter()
        .flat_map(|(source, entries)| entries.iter().map(move |entry| (source, entry)))
        .filter(|(_, entry)| !entry.authenticated)
        .min_by_key(|(_, entry)| entry.used)
        .map(|(source, entry)| (source.clone(), Arc::clone(&entry.place)));
    let Some((source, place)) = oldest else {
        return;
    };
    if let Some(entries) = all.get_mut(&source) {
        entries.retain(|entry| !Arc::ptr_eq(&entry.place, &place));
        if entries.is_empty() {
            all.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_secs(300))
    }

    #[test]
    fn strangers_crowd_out_strangers_only() {
        let sessions = sessions();
        let place = sessions.make("device", "1");
        sessions.keep_only("device", "1", &place);
        for id in 0..10 {
            sessions.make("device", &id.to_string());
        }
        for name in 0..2 * STRANGERS {
            sessions.make(&format!("name {name}"), "1");
        }
        assert!(Arc::ptr_eq(&place, &sessions.find("device", "1")[0]));
        let strangers: usize = sessions.lock().values().map(Vec::len).sum::<usize>() - 1;
        assert_eq!(strangers, STRANGERS);
        assert!(sessions.find("name 0", "1").is_empty());
        assert_eq!(sessions.find("name 1000", "1").len(), 1);
    }

    #[test]
    fn a_name_has_a_few_sessions_without_proof_and_one_with() {
        let sessions = sessions();
        let places: Vec<Place> = (0..6).map(|_| sessions.make("device", "7")).collect();
        let found = sessions.find("device", "7");
        assert_eq!(found.len(), OF_ONE);
        assert!(Arc::ptr_eq(&found[0], &places[5]), "the newest first");
        sessions.keep_only("device", "7", &places[3]);
        let newest = sessions.make("device", "7");
        let found = sessions.find("device", "7");
        assert!(
            Arc::ptr_eq(&found[0], &places[3]),
            "the one with proof first"
        );
        assert!(Arc::ptr_eq(&found[1], &newest));
        sessions.forget("device");
        assert!(sessions.find("device", "7").is_empty());
    }

    #[test]
    fn only_sessions_with_proof_have_something_to_store() {
        let sessions = Sessions::new(Duration::ZERO);
        sessions.make("stranger", "1");
        let place = sessions.make("device", "1");
        sessions.keep_only("device", "1", &place);
        assert_eq!(sessions.take_idle().len(), 1);
        assert!(sessions.find("device", "1").is_empty());
        assert_eq!(sessions.find("stranger", "1").len(), 1);
    }
}
