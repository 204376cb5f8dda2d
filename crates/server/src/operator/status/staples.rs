//! Answers about the node's own leaves, ready for its handshakes (RFC 6066 clause
//! 8).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use clock::Timestamp;
use tls::Staples;
use trust::Certificate;
use trust::ocsp::{CertId, IssuerHash, Request};

use super::{Answers, WallClock};

/// A fresh answer for each leaf that is shown.
pub(crate) struct Shelf {
    ready: RwLock<HashMap<Vec<u8>, Staple>>,
    clock: WallClock,
}

struct Staple {
    answer: Vec<u8>,
    until: Timestamp,
}

impl Shelf {
    pub(crate) fn new(clock: WallClock) -> Self {
        Self {
            ready: RwLock::default(),
            clock,
        }
    }

    /// Puts the answers about these leaves there, and no others. The cache hands
    /// out the same one until half of its life is over.
    pub(super) async fn refresh(&self, answers: &Answers, leaves: &[Vec<u8>]) {
        let mut ready = HashMap::new();
        for leaf in leaves {
            let Ok(certificate) = Certificate::from_der(leaf) else {
                continue;
            };
            let issuer = answers.issuer();
            let Ok(id) = CertId::new(issuer, certificate.serial(), IssuerHash::Sha1) else {
                continue;
            };
            let reply = answers.answer(Request::new(id, None)).await;
            if let Some(until) = reply.cacheable_until() {
                let answer = reply.der().to_vec();
                ready.insert(leaf.clone(), Staple { answer, until });
            }
        }
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = ready;
    }
}

impl Staples for Shelf {
    fn staple(&self, leaf: &[u8]) -> Option<Vec<u8>> {
        let now = (self.clock)();
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        let staple = ready.get(leaf).filter(|staple| now < staple.until)?;
        Some(staple.answer.clone())
    }
}
