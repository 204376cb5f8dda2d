//! What a step asks the node to do. The node stores the changed state together
//! with these in one transaction, and acts on them afterwards, at least once.

use ::tre::TreId;
use aka::Imsi;
use clock::Timestamp;

use crate::OrderId;
use crate::audit::AuditEntry;
use crate::donor::Subscription;
use crate::payload::SubscriberKeys;

/// One thing to do.
pub enum Effect {
    /// Put a subscriber into the HLR, disabled.
    CreateSubscriber {
        /// The subscriber.
        imsi: Imsi,
        /// Its keys.
        keys: SubscriberKeys,
    },
    /// Let the subscriber authenticate.
    EnableSubscriber(Imsi),
    /// Let it authenticate no more; keep its keys and numbers.
    DisableSubscriber(Imsi),
    /// Delete it: its retention is over.
    DeleteSubscriber(Imsi),
    /// The device has this PCID from now on, if the number is a pool's.
    AssignPcid {
        /// The number.
        imsi: Imsi,
        /// The device's TRE.
        tre_id: TreId,
        /// The time.
        at: Timestamp,
    },
    /// The TRE has signed that it erased this PCID: its subscriber goes, and the
    /// number may be given again, if it is a pool's and nobody shares it.
    DropPcid {
        /// The number.
        imsi: Imsi,
        /// The device's TRE.
        tre_id: TreId,
        /// The time.
        at: Timestamp,
    },
    /// An entry for the audit log.
    Record(AuditEntry),
    /// Delete what orders of this device that are over still have of it, its
    /// CertTREs: their retention is over.
    DeleteCertTre(TreId),
    /// Push a bootstrap to the device with this IMSI.
    Push {
        /// The subscriber that the device is here.
        imsi: Imsi,
        /// The bootstrap container.
        container: Vec<u8>,
    },
    /// Send the order's announcement to the donor.
    Announce(OrderId),
    /// Send the order's release to the donor.
    SendRelease(OrderId),
    /// The device is ours from now on.
    BecomeHome(Box<Subscription>),
}

impl Effect {
    /// The subscriber of the HLR that it changes.
    #[must_use]
    pub fn subscriber(&self) -> Option<&Imsi> {
        match self {
            Self::CreateSubscriber { imsi, .. }
            | Self::EnableSubscriber(imsi)
            | Self::DisableSubscriber(imsi)
            | Self::DeleteSubscriber(imsi) => Some(imsi),
            _ => None,
        }
    }

    /// The subscriber that may be nowhere any more.
    #[must_use]
    pub fn withdrawn(&self) -> Option<&Imsi> {
        match self {
            Self::DisableSubscriber(imsi) | Self::DeleteSubscriber(imsi) => Some(imsi),
            _ => None,
        }
    }
}
