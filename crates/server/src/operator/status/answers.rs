//! Answers about certificates: kept ones, and fresh ones signed where that keeps
//! nobody else waiting (RFC 6960 clause 2; RFC 5019 clause 3).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clock::Timestamp;
use tokens::{FileKey, OcspSigner};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use trust::ocsp::{AnswerCache, Reply, Request, Responder, ResponderConfig, ResponderError};
use trust::{Certificate, KeyKind, TrustError};

use super::{Records, WallClock};

/// Answers that are kept: some for each certificate, as issuers are named by
/// SHA-1 and by SHA-256.
const KEPT: usize = 4096;
/// Slow signatures at one time.
const SLOW: usize = 2;

/// The responder of one issuer with its records and the answers that it keeps.
pub(crate) struct Answers {
    signing: Arc<Signing>,
    cache: Mutex<AnswerCache>,
    clock: WallClock,
    /// Where a signature takes long: RSA, a millisecond or more.
    slow: Option<Semaphore>,
}

struct Signing {
    responder: Responder<FileKey>,
    records: Arc<Records>,
}

impl Answers {
    pub(crate) fn new(
        signer: OcspSigner,
        issuer: Certificate,
        config: ResponderConfig,
        records: Arc<Records>,
        clock: WallClock,
    ) -> Result<Self, TrustError> {
        let slow = signer.key.public_key().kind() == KeyKind::Rsa;
        let responder = Responder::new(signer.key, issuer, Some(signer.leaf), config)?;
        Ok(Self {
            signing: Arc::new(Signing { responder, records }),
            cache: Mutex::new(AnswerCache::new(KEPT)),
            clock,
            slow: slow.then(|| Semaphore::new(SLOW)),
        })
    }

    /// The answer to a question.
    pub(super) async fn answer(&self, request: Request) -> Reply {
        let now = self.now();
        let generation = {
            let cache = self.lock();
            if let Some(kept) = cache.kept(&request, now) {
                return kept;
            }
            cache.generation()
        };
        let (reply, request) = match &self.slow {
            None => (self.signing.sign(&request, now), request),
            Some(slots) => {
                // It fails only if it was closed, which nobody does.
                let _slot = slots.acquire().await;
                let signing = Arc::clone(&self.signing);
                let signed = spawn_blocking(move || (signing.sign(&request, now), request)).await;
                match signed {
                    Ok(signed) => signed,
                    Err(_) => return Reply::error(ResponderError::InternalError),
                }
            }
        };
        self.lock().keep(&request, &reply, now, generation);
        reply
    }

    /// What was said of a certificate does not hold any more.
    pub(super) fn forget(&self, serial: &[u8]) {
        self.lock().forget(serial);
    }

    pub(super) fn issuer(&self) -> &Certificate {
        self.signing.responder.issuer()
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn lock(&self) -> MutexGuard<'_, AnswerCache> {
        // Each of its calls leaves it whole.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signing {
    fn sign(&self, request: &Request, now: Timestamp) -> Reply {
        let records = &*self.records;
        self.responder.answer_request(request, now, records)
    }
}
