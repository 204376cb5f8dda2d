//! Parts that wait for the rest of their message (3GPP TS 23.040 clause 9.2.3.24.1), as
//! a card stores them: it has no clock, so what came first goes when there is no room.

use std::time::Duration;

use clock::Tick;
use serde::{Deserialize, Serialize};
use uicc::sms::{Address, Deliver, Limits, Reassembler, Reference, Taken, UserData};

use super::octets::Octets;

/// Octets of TPDUs that wait: two messages of 255 parts.
const MOST: usize = 96 * 1024;

/// TPDUs in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Waiting(Vec<Octets>);

/// A message's sender and reference.
type Key = (Address, Reference);

fn key(deliver: &Deliver) -> Option<Key> {
    let part = deliver.user_data.concatenation()?;
    Some((deliver.originator.clone(), part.reference))
}

impl Waiting {
    /// How many parts.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_sound(&self) -> bool {
        let mut parts = self.0.iter().map(|tpdu| Deliver::parse(&tpdu.0));
        self.octets() <= MOST && parts.all(|part| part.is_ok_and(|part| key(&part).is_some()))
    }

    fn octets(&self) -> usize {
        self.0.iter().map(|tpdu| tpdu.0.len()).sum()
    }

    /// Takes a message: what is whole with it, if anything is.
    pub(super) fn take(&mut self, tpdu: &[u8], deliver: &Deliver) -> Option<UserData> {
        let Some(key) = key(deliver) else {
            return Some(deliver.user_data.clone());
        };
        while self.octets() + tpdu.len() > MOST && !self.is_empty() {
            self.give_up_first();
        }
        let mut reassembler = Reassembler::new(Limits {
            messages: self.len() + 1,
            parts: usize::MAX,
            octets: usize::MAX,
            patience: Duration::MAX,
        });
        let stored: Vec<Deliver> = self
            .0
            .iter()
            .filter_map(|tpdu| Deliver::parse(&tpdu.0).ok())
            .collect();
        for part in stored {
            reassembler.take(Tick::ZERO, &part.originator, part.user_data);
        }
        let taken = reassembler.take(Tick::ZERO, &key.0, deliver.user_data.clone());
        match taken {
            Taken::Whole(message) => {
                self.give_up(&key);
                Some(message)
            }
            Taken::Waits => {
                self.0.push(Octets(tpdu.to_vec()));
                None
            }
            Taken::Again | Taken::Full => None,
        }
    }

    fn give_up_first(&mut self) {
        let first = self.0.first().and_then(|tpdu| Deliver::parse(&tpdu.0).ok());
        match first.and_then(|first| key(&first)) {
            Some(key) => self.give_up(&key),
            None => self.0.clear(),
        }
    }

    fn give_up(&mut self, gone: &Key) {
        self.0.retain(|tpdu| {
            let kept = Deliver::parse(&tpdu.0).ok().and_then(|part| key(&part));
            kept.is_some_and(|key| key != *gone)
        });
    }
}
