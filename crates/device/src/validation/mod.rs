//! How a device judges that a server's certificate still holds
//! (docs/certificate-status.md): the policies of `trust::status` with what they
//! need from outside, an OCSP responder over HTTP ([`ask`]) and a clock ([`time`]),
//! whose state is stored under a counter ([`kept_clock`]).

mod ask;
mod judge;
mod kept_clock;
mod roots;
mod time;

use std::sync::Arc;
use std::time::Duration;

use trust::TrustError;
use trust::status::{Outcome, StatusConfig, ValidationPolicy};

pub use ask::{AskFault, Reply, Responder, ask};
pub(crate) use judge::{Judge, Server};
pub use kept_clock::{ClockView, KeptClock};
pub use roots::management_tls;
pub(crate) use time::Time;
pub use time::{BUILD_TIME, HardwareClock, SystemClock};

/// What a device demands of a server's certificate beyond its form and its dates.
#[derive(Clone)]
pub struct Validation {
    /// The policy with its limits, and a pin.
    pub status: StatusConfig,
    /// The responder's URL, whatever certificates say.
    pub responder: Option<String>,
    /// Whether questions have a nonce; without one they go by GET, so that answers
    /// can be kept on the way. The policy `ocsp-nonce-time` needs it.
    pub nonce: bool,
    /// From the beginning of a question to the end of its answer.
    pub patience: Duration,
    /// Is told of each judgement.
    pub watch: Arc<dyn StatusWatch>,
}

impl Validation {
    /// The policy with the engine's limits; questions with a nonce, ten seconds for
    /// each.
    #[must_use]
    pub fn new(policy: ValidationPolicy) -> Self {
        Self {
            status: StatusConfig::new(policy),
            responder: None,
            nonce: true,
            patience: Duration::from_secs(10),
            watch: Arc::new(()),
        }
    }
}

/// Is told how certificates were judged, for counts and logs.
pub trait StatusWatch: Send + Sync {
    /// A certificate was judged.
    fn judged(&self, judged: &Judged<'_>);
}

impl StatusWatch for () {
    fn judged(&self, _: &Judged<'_>) {}
}

/// One judgement.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The chain that the certificate is of: an operator, or an authority.
    pub chain: &'a str,
    /// Whether a responder was asked and answered.
    pub answered: bool,
    /// What came of it: how it was accepted, or the code of the refusal.
    pub verdict: Result<Outcome, &'a str>,
}

/// Why a server's certificate is refused: by the engine, or since the responder
/// could not be asked.
pub(crate) enum Refused {
    Engine(TrustError),
    Ask(AskFault),
}
