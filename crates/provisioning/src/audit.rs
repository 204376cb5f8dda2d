//! What an operator's node did that cannot be undone, or that somebody asked it
//! to do (docs/pcids.md, docs/operator-change.md section 7): an entry for each,
//! kept for good. No entry has a secret in it, and no whole IMSI.

use aka::Imsi;
use clock::Timestamp;
use secret::MaskedImsi;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A deadline of a contract or a pool.
    Deadline,
    /// A TRE's signed word.
    Tre,
    /// Whoever has the API's token.
    Staff,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A subscriber may not authenticate any more.
    McimDisabled,
    /// A subscriber may authenticate again.
    McimEnabled,
    /// A subscriber is deleted, its keys with it.
    McimDeleted,
    /// A device's CertTRE is deleted.
    CertTreDeleted,
    /// PCIDs were drawn for a supplier.
    PcidsDrawn,
    /// A number may be given again.
    PcidFreed,
    /// A PCID's validity is over.
    PcidExpired,
    /// A batch that nobody used was given up.
    BatchGivenUp,
    /// A pool was made.
    PoolAdded,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// What it was done to: a masked IMSI, a TRE_id, the name of a pool or
    /// batch.
    pub subject: String,
    /// Why: a reason code.
    pub why: &'static str,
}

impl AuditEntry {
    /// Something done to a subscriber.
    #[must_use]
    pub fn subscriber(
        at: Timestamp,
        actor: Actor,
        action: Action,
        imsi: &Imsi,
        why: &'static str,
    ) -> Self {
        Self {
            at,
            actor,
            action,
            subject: MaskedImsi(imsi.digits()).to_string(),
            why,
        }
    }
}

impl Actor {
    /// The name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Tre => "tre",
            Self::Staff => "staff",
        }
    }
}

impl Action {
    /// The name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::McimDisabled => "mcim-disabled",
            Self::McimEnabled => "mcim-enabled",
            Self::McimDeleted => "mcim-deleted",
            Self::CertTreDeleted => "cert-tre-deleted",
            Self::PcidsDrawn => "pcids-drawn",
            Self::PcidFreed => "pcid-freed",
            Self::PcidExpired => "pcid-expired",
            Self::BatchGivenUp => "batch-given-up",
            Self::PoolAdded => "pool-added",
        }
    }
}
