//! Answers that were signed before (RFC 5019 clause 3): for questions about one
//! certificate without a nonce. One with a nonce is always signed anew.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;

use super::{Reply, Responder, StatusSource};
use crate::issue::IssuerKey;
use crate::ocsp::Request;

/// Answers by the certificate and the way that it was named. A node keeps one
/// beside its [`Responder`] and calls [`Self::forget`] when it revokes.
#[derive(Debug)]
pub struct AnswerCache {
    capacity: usize,
    kept: BTreeMap<Vec<u8>, Kept>,
}

#[derive(Debug)]
struct Kept {
    serial: Vec<u8>,
    reply: Reply,
    /// From here on it is signed anew: half of its life is left for clients.
    from: Timestamp,
    until: Timestamp,
}

impl AnswerCache {
    /// An empty one for at most `capacity` answers.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            kept: BTreeMap::new(),
        }
    }

    /// The answer to a request: a kept one, or one that `responder` signs now.
    pub fn answer<K: IssuerKey>(
        &mut self,
        responder: &Responder<K>,
        request: &Request,
        now: Timestamp,
        source: &dyn StatusSource,
    ) -> Reply {
        let ([id], None) = (request.certificates(), request.nonce()) else {
            return responder.answer_request(request, now, source);
        };
        let Ok(key) = id.der() else {
            return responder.answer_request(request, now, source);
        };
        if let Some(kept) = self.kept.get(&key).filter(|kept| kept.serves_at(now)) {
            return kept.reply.clone();
        }
        let reply = responder.answer_request(request, now, source);
        self.kept.remove(&key);
        if let Some(end) = reply.cacheable_until() {
            self.make_room(now);
            let kept = Kept {
                serial: id.serial().to_vec(),
                reply: reply.clone(),
                from: now,
                until: now.plus(half(end.since(now))),
            };
            if self.kept.len() < self.capacity {
                self.kept.insert(key, kept);
            }
        }
        reply
    }

    /// Forgets what was said of a certificate, because that has changed.
    pub fn forget(&mut self, serial: &[u8]) {
        self.kept.retain(|_, kept| kept.serial != serial);
    }

    /// How many answers are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// When it is full, what is over goes, or else what ends first.
    fn make_room(&mut self, now: Timestamp) {
        if self.kept.len() < self.capacity {
            return;
        }
        self.kept.retain(|_, kept| kept.serves_at(now));
        if self.kept.len() < self.capacity {
            return;
        }
        let first = self
            .kept
            .iter()
            .min_by_key(|(_, kept)| kept.until)
            .map(|(key, _)| key.clone());
        if let Some(key) = first {
            self.kept.remove(&key);
        }
    }
}

impl Kept {
    /// Not before it was made either: a clock that was set back.
    fn serves_at(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
    }
}

fn half(whole: Duration) -> Duration {
    whole / 2
}
