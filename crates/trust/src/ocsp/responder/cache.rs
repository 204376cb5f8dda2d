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
    generation: u64,
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
            generation: 0,
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
        self.kept(request, now).unwrap_or_else(|| {
            let reply = responder.answer_request(request, now, source);
            self.keep(request, &reply, now, self.generation);
            reply
        })
    }

    /// The kept answer to a request, for callers that sign elsewhere than under
    /// the lock of this cache: they read [`Self::generation`] before they look
    /// the certificate up, and [`Self::keep`] what they have signed.
    #[must_use]
    pub fn kept(&self, request: &Request, now: Timestamp) -> Option<Reply> {
        let kept = self.kept.get(&key(request)?)?;
        kept.serves_at(now).then(|| kept.reply.clone())
    }

    /// Keeps a reply that may be kept, unless something was forgotten since
    /// `generation`: it may say what has changed meanwhile.
    pub fn keep(&mut self, request: &Request, reply: &Reply, now: Timestamp, generation: u64) {
        let (Some(key), [id]) = (key(request), request.certificates()) else {
            return;
        };
        self.kept.remove(&key);
        let (true, Some(end)) = (generation == self.generation, reply.cacheable_until()) else {
            return;
        };
        self.make_room(now);
        if self.kept.len() < self.capacity {
            let kept = Kept {
                serial: id.serial().to_vec(),
                reply: reply.clone(),
                from: now,
                until: now.plus(half(end.since(now))),
            };
            self.kept.insert(key, kept);
        }
    }

    /// A number that [`Self::forget`] changes.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Forgets what was said of a certificate, because that has changed.
    pub fn forget(&mut self, serial: &[u8]) {
        self.generation = self.generation.wrapping_add(1);
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

/// What an answer to the request is kept by; `None` if none is.
fn key(request: &Request) -> Option<Vec<u8>> {
    match (request.certificates(), request.nonce()) {
        ([id], None) => id.der().ok(),
        _ => None,
    }
}

fn half(whole: Duration) -> Duration {
    whole / 2
}
