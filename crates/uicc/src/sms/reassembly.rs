//! Messages of several parts put together (TS 23.040 clause 9.2.3.24.1), in any order,
//! with parts that come twice, get lost, or belong to another message under the same
//! reference; with bounds in messages, parts, octets and time.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Tick;

use super::{Address, Concatenation, Reference, UserData};

/// Bounds of a [`Reassembler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages that wait for parts at one time.
    pub messages: usize,
    /// All their parts.
    pub parts: usize,
    /// Octets of all their parts, headers not counted.
    pub octets: usize,
    /// How long a message waits for its next part.
    pub patience: Duration,
}

impl Default for Limits {
    /// 64 messages, 2,048 parts, 256 KiB, an hour.
    fn default() -> Self {
        Self {
            messages: 64,
            parts: 2048,
            octets: 256 * 1024,
            patience: Duration::from_secs(3600),
        }
    }
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The message is whole: the elements of its first part, the bodies one after
    /// the other.
    Whole(UserData),
    /// It waits for others.
    Waits,
    /// It was there already.
    Again,
    /// There is no room for it.
    Full,
}

/// Who sent a message of several parts, under which reference.
type Key = (Address, Reference);

/// Messages that are not whole yet.
#[derive(Default)]
pub struct Reassembler {
    limits: Limits,
    waiting: Vec<(Key, Message)>,
    octets: usize,
}

struct Message {
    total: u8,
    parts: BTreeMap<u8, UserData>,
    /// When its last part came.
    at: Tick,
}

impl Message {
    fn octets(&self) -> usize {
        self.parts.values().map(|part| part.body.len()).sum()
    }
}

impl Reassembler {
    /// One with these bounds.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: Vec::new(),
            octets: 0,
        }
    }

    /// Takes a message from `sender`. One that is no part is whole by itself. A part
    /// that contradicts what waits under its reference begins another message: the
    /// sender has come round to the same reference, and the old one is given up.
    pub fn take(&mut self, now: Tick, sender: &Address, user_data: UserData) -> Taken {
        self.forget(now);
        let Some(part) = user_data.concatenation() else {
            return Taken::Whole(user_data);
        };
        let key = (sender.clone(), part.reference);
        let place = self.waiting.iter().position(|(known, _)| *known == key);
        let place = match place {
            Some(place) if self.contradicts(place, part, &user_data) => {
                self.give_up(place);
                None
            }
            other => other,
        };
        let place = match place {
            Some(place) => place,
            None if self.waiting.len() >= self.limits.messages => return Taken::Full,
            None => self.begin(key, part.total),
        };
        let size = user_data.body.len();
        let has_room = self.has_room(size);
        let Some((_, message)) = self.waiting.get_mut(place) else {
            return Taken::Full;
        };
        if message.parts.contains_key(&part.number) {
            message.at = now;
            return Taken::Again;
        }
        let is_last = message.parts.len() + 1 == usize::from(message.total);
        // The last part frees more than it takes.
        if !has_room && !is_last {
            if message.parts.is_empty() {
                self.give_up(place);
            }
            return Taken::Full;
        }
        message.at = now;
        message.parts.insert(part.number, user_data);
        self.octets += size;
        match is_last {
            true => self.whole(place),
            false => Taken::Waits,
        }
    }

    /// A message of which nothing is there yet; its place.
    fn begin(&mut self, key: Key, total: u8) -> usize {
        let message = Message {
            total,
            parts: BTreeMap::new(),
            at: Tick::ZERO,
        };
        self.waiting.push((key, message));
        self.waiting.len() - 1
    }

    fn has_room(&self, octets: usize) -> bool {
        let parts: usize = self.waiting.iter().map(|(_, it)| it.parts.len()).sum();
        parts < self.limits.parts && self.octets + octets <= self.limits.octets
    }

    /// When the next message is given up, if none of its parts comes.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        let ends = self.waiting.iter();
        ends.map(|(_, message)| message.at.plus(self.limits.patience))
            .min()
    }

    /// Gives up what has waited for too long; how many messages.
    pub fn handle_timeout(&mut self, now: Tick) -> usize {
        self.forget(now)
    }

    fn forget(&mut self, now: Tick) -> usize {
        let patience = self.limits.patience;
        let before = self.waiting.len();
        self.waiting
            .retain(|(_, message)| now < message.at.plus(patience));
        self.octets = self.waiting.iter().map(|(_, it)| it.octets()).sum();
        before - self.waiting.len()
    }

    fn contradicts(&self, place: usize, part: Concatenation, user_data: &UserData) -> bool {
        self.waiting.get(place).is_some_and(|(_, message)| {
            let known = message.parts.get(&part.number);
            message.total != part.total || known.is_some_and(|known| known != user_data)
        })
    }

    fn give_up(&mut self, place: usize) {
        let (_, message) = self.waiting.swap_remove(place);
        self.octets -= message.octets();
    }

    fn whole(&mut self, place: usize) -> Taken {
        let (_, message) = self.waiting.swap_remove(place);
        self.octets -= message.octets();
        let mut whole = UserData::default();
        for (number, part) in message.parts {
            if number == 1 {
                whole.elements = part.elements;
            }
            whole.body.extend(part.body);
        }
        Taken::Whole(whole)
    }
}
