//! An HLR/AuC outside of this program, as an operator's node uses one
//! (TS 23.002 clause 4.1.1.1; docs/hlr-connectors.md): the port that a connector
//! fills, and how a subscriber there is brought to what the node's own row says.

use std::future::Future;

use aka::{Imsi, Seq, Sqn};
use clock::Timestamp;
use thiserror::Error;

use crate::hlr::Subscriber;
use crate::payload::SubscriberKeys;

/// What an HLR says of one subscriber. It has keys: there is no `Debug`.
pub struct HlrRecord {
    /// Whether a serving node that asks gets vectors.
    pub authenticates: bool,
    /// Whether an UpdateLocation is taken; `None` where only some kinds of serving
    /// nodes may send one.
    pub attaches: Option<bool>,
    /// Its keys, if it has exactly one set of the form that ours have.
    pub keys: Option<SubscriberKeys>,
    /// The last SQN of a vector, where there are keys.
    pub sqn: Option<Sqn>,
    /// What the last serving node called itself: nobody has checked it.
    pub serving_node: Option<String>,
    /// When the last UpdateLocation came, to the second.
    pub located: Option<Timestamp>,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HlrProbe {
    /// The program's name.
    pub program: &'static str,
    /// The version of its database's schema.
    pub schema: i64,
    /// How many subscribers there are.
    pub subscribers: u64,
    /// Those of them that get vectors and may attach.
    pub enabled: u64,
    /// Those of them that a serving node has.
    pub located: u64,
}

/// Why an HLR was not read or not changed. No variant carries a key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HlrError {
    /// Environment: it does not answer, or its database can't be opened. The same
    /// call may go through later.
    #[error("the HLR can't be reached: {0}")]
    Unreachable(String),
    /// Peer: it said no.
    #[error("the HLR refused: {0}")]
    Refused(String),
    /// Peer: what was read is not what was written, or two ways of reading it
    /// disagree. Somebody else writes there, or it is another HLR's database.
    #[error("the HLR is not as it was written: {0}")]
    Differs(&'static str),
    /// Unsupported: this kind of HLR can't hold it, or its version is not known.
    #[error("the HLR does not support {0}")]
    Unsupported(String),
}

impl HlrError {
    /// The reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "hlr-unreachable",
            Self::Refused(_) => "hlr-refused",
            Self::Differs(_) => "hlr-differs",
            Self::Unsupported(_) => "hlr-unsupported",
        }
    }
}

/// What a call gives.
pub type HlrResult<T> = Result<T, HlrError>;

/// A connector. Every call that writes reads first, writes only what differs,
/// reads again and compares; called again, it writes nothing. No call ever brings
/// SQN down, and none but [`Self::set_auth`] with a higher floor brings it up.
pub trait HlrPort: Send + Sync {
    /// The subscriber, if there is one.
    fn read(&self, imsi: &Imsi) -> impl Future<Output = HlrResult<Option<HlrRecord>>> + Send;

    /// Makes the subscriber, disabled and without keys. One that is there stays
    /// as it is.
    fn create(&self, imsi: &Imsi) -> impl Future<Output = HlrResult<()>> + Send;

    /// Gives the subscriber these keys. SQN stays, or rises to the first of the
    /// SEQ `floor` where it is below; one that is disabled stays disabled.
    fn set_auth(
        &self,
        imsi: &Imsi,
        keys: &SubscriberKeys,
        floor: Seq,
    ) -> impl Future<Output = HlrResult<()>> + Send;

    /// Lets the subscriber authenticate and attach.
    fn enable(&self, imsi: &Imsi) -> impl Future<Output = HlrResult<()>> + Send;

    /// Gives out no more vectors and takes no UpdateLocation. Keys and SQN stay.
    /// One that is not there does not authenticate anyway.
    fn disable(&self, imsi: &Imsi) -> impl Future<Output = HlrResult<()>> + Send;

    /// Removes the subscriber with its keys, if it is there.
    fn delete(&self, imsi: &Imsi) -> impl Future<Output = HlrResult<()>> + Send;

    /// Whether the HLR can be read in every way that the connector wants. Changes
    /// nothing.
    fn probe(&self) -> impl Future<Output = HlrResult<HlrProbe>> + Send;
}

impl HlrRecord {
    /// Whether it is what the row says, with a SQN that was never used before.
    #[must_use]
    pub fn is(&self, wanted: &Subscriber) -> bool {
        let enabled = wanted.is_enabled();
        let floor = Seq::new(wanted.seq_bound()).unwrap_or(Seq::MAX);
        self.authenticates == enabled
            && self.attaches == Some(enabled)
            && self.has(wanted.keys())
            && self.sqn.is_some_and(|sqn| sqn.seq() >= floor)
    }

    /// Whether these are its keys, in constant time.
    #[must_use]
    pub fn has(&self, wanted: &SubscriberKeys) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.ct_eq(wanted))
    }
}

/// Brings a subscriber to what the node's own row says, `None` for one that is to
/// be gone, and returns when the HLR was read and is like it. Safe to repeat; two
/// calls for one subscriber must not run beside each other.
///
/// # Errors
/// Those of the port. The HLR may then be anywhere on the way.
pub async fn settle<P: HlrPort>(
    port: &P,
    imsi: &Imsi,
    wanted: Option<&Subscriber>,
) -> HlrResult<()> {
    let Some(wanted) = wanted else {
        return port.delete(imsi).await;
    };
    match port.read(imsi).await? {
        Some(record) if record.is(wanted) => return Ok(()),
        Some(_) => {}
        None => port.create(imsi).await?,
    }
    // No vectors first: whoever is to be disabled is so before anything else.
    if !wanted.is_enabled() {
        port.disable(imsi).await?;
    }
    let floor = Seq::new(wanted.seq_bound()).unwrap_or(Seq::MAX);
    port.set_auth(imsi, wanted.keys(), floor).await?;
    if wanted.is_enabled() {
        port.enable(imsi).await?;
    }
    match port.read(imsi).await? {
        Some(record) if record.is(wanted) => Ok(()),
        _ => Err(HlrError::Differs("the subscriber")),
    }
}
