//! The TRE's own engine (docs/operator-change.md sections 2, 5, 6 and 7;
//! TR 33.812 B.2.2 and B.2.3): it holds the MCIMs, the anchor of the current
//! SHO and the counters, verifies and opens what is meant for it, and signs the
//! reports of an order. It signs the types named there and nothing else.
//!
//! Every change of its state is sealed. [`Tre::stage`] gives the octets to
//! store; what a call returned may leave the device only after
//! [`Tre::stored`]. A restored copy of the state is noticed by the backend's
//! counter: it still attaches, but takes part in no order.

mod bootstrap;
mod package;
mod probation;
mod report;
mod state;
mod usim;

pub use bootstrap::Accepted;
pub use probation::Probation;
pub use report::Report;
pub use state::{MadeTre, Pcid, Phase, TreKind};
pub use usim::UsimAnswer;

use ::tre::state::{Pending, Standing};
use ::tre::{Backend, CertTre, Recipient, TreId};
use aka::Imsi;
use secret::Secret;
use trust::{Anchor, Certificate, ShoId};
use zeroize::Zeroizing;

use crate::{McimId, OrderId, ProvisioningError};
use state::{Order, TreState};

/// A TRE at work: its keys and its unsealed state.
pub struct Tre<B: Backend> {
    backend: B,
    state: TreState,
    limits: CertTre,
    standing: Standing,
    changed: bool,
}

impl<B: Backend> Tre<B> {
    /// A new TRE with what its supplier put in (TR 33.812 B.2.2.1). Nothing is
    /// stored yet.
    ///
    /// # Errors
    /// A CertTRE that does not say what the TRE can do.
    pub fn make(backend: B, made: MadeTre) -> Result<Self, ProvisioningError> {
        let limits = CertTre::from_certificate(&made.signature_certificate)?;
        let state = TreState::new(made)?;
        Ok(Self {
            backend,
            state,
            limits,
            standing: Standing::Current,
            changed: true,
        })
    }

    /// The TRE from the octets stored last. A state one ahead of the counter
    /// is caught up with.
    ///
    /// # Errors
    /// Octets that this backend did not seal, or a state of another version.
    pub fn open(mut backend: B, sealed: &[u8]) -> Result<Self, ProvisioningError> {
        let unsealed = ::tre::state::open(&mut backend, sealed)?;
        let state = TreState::from_json(unsealed.state().expose())?;
        let limits = CertTre::from_certificate(&state.signature_certificate)?;
        Ok(Self {
            backend,
            state,
            limits,
            standing: unsealed.standing(),
            changed: false,
        })
    }

    /// Closes the TRE and gives its backend back: what is not stored is lost.
    #[must_use]
    pub fn close(self) -> B {
        self.backend
    }

    /// The state to store, if it changed since the last call: store the octets,
    /// then give the value to [`Self::stored`].
    ///
    /// # Errors
    /// What the backend says.
    pub fn stage(&mut self) -> Result<Option<Pending>, ProvisioningError> {
        if !self.changed {
            return Ok(None);
        }
        let json = Zeroizing::new(serde_json::to_vec(&self.state)?);
        Ok(Some(::tre::state::seal(
            &mut self.backend,
            &Secret::new(json.to_vec()),
        )?))
    }

    /// Raises the counter: `pending` is durably stored.
    ///
    /// # Errors
    /// What the backend says.
    pub fn stored(&mut self, pending: Pending) -> Result<(), ProvisioningError> {
        pending.stored(&mut self.backend)?;
        self.changed = false;
        Ok(())
    }

    /// Whether the state is a restored copy.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        self.standing == Standing::Restored
    }

    /// The TRE's name.
    #[must_use]
    pub fn tre_id(&self) -> &TreId {
        &self.state.tre_id
    }

    /// The current selected home operator.
    #[must_use]
    pub fn current_sho(&self) -> &ShoId {
        &self.state.current.sho_id
    }

    /// The current SHO's anchor: what the device trusts for its DRF.
    ///
    /// # Errors
    /// A stored anchor that can't be read.
    pub fn current_anchor(&self) -> Result<Anchor, ProvisioningError> {
        self.state.current.anchor()
    }

    /// The open order's candidate anchor: what the device trusts for that
    /// order's DPF, and for nothing else.
    ///
    /// # Errors
    /// No open order, or a stored anchor that can't be read.
    pub fn candidate_anchor(&self) -> Result<Anchor, ProvisioningError> {
        self.order()?.to.anchor()
    }

    /// The count of changes of the current SHO.
    #[must_use]
    pub fn switch_counter(&self) -> u64 {
        self.state.switch_counter
    }

    /// The subscriber identity in use.
    #[must_use]
    pub fn active_imsi(&self) -> &Imsi {
        &self.state.active_slot().imsi
    }

    /// The MCIM in use.
    #[must_use]
    pub fn active_mcim(&self) -> McimId {
        self.state.active
    }

    /// Whether the PCID is in use.
    #[must_use]
    pub fn is_on_pcid(&self) -> bool {
        self.state.active_slot().is_pcid
    }

    /// Whether what is in use is shared with other TREs.
    #[must_use]
    pub fn is_on_shared_pcid(&self) -> bool {
        let slot = self.state.active_slot();
        slot.is_pcid && slot.shared
    }

    /// Whether there is a PCID that could be dropped now: one that is not in use,
    /// and no order.
    #[must_use]
    pub fn can_drop_pcid(&self) -> bool {
        let spare = self.state.pcid().filter(|_| !self.is_on_pcid());
        spare.is_some_and(|slot| slot.home.is_some()) && self.state.order.is_none()
    }

    /// The bootstrap that was taken last.
    #[must_use]
    pub fn last_bootstrap(&self) -> Option<crate::Digest> {
        self.state.last_bootstrap
    }

    /// The open order and where it stands.
    #[must_use]
    pub fn open_order(&self) -> Option<(OrderId, Phase)> {
        self.state
            .order
            .as_ref()
            .map(|order| (order.order_id, order.phase))
    }

    fn order(&self) -> Result<&Order, ProvisioningError> {
        self.state
            .order
            .as_ref()
            .ok_or(ProvisioningError::OutOfOrder("no order is open"))
    }

    fn order_mut(&mut self) -> Result<&mut Order, ProvisioningError> {
        self.changed = true;
        self.state
            .order
            .as_mut()
            .ok_or(ProvisioningError::OutOfOrder("no order is open"))
    }

    fn require_current_state(&self) -> Result<(), ProvisioningError> {
        if self.is_restored() {
            Err(::tre::TreError::StateRestored.into())
        } else {
            Ok(())
        }
    }

    /// The certificate that envelopes name.
    fn recipient(&self) -> Result<Recipient, ProvisioningError> {
        let der = self
            .state
            .envelope_certificate
            .as_ref()
            .unwrap_or(&self.state.signature_certificate);
        Ok(Recipient::from_certificate(der)?)
    }
}

fn certificate(der: &[u8]) -> Result<Certificate, ProvisioningError> {
    Ok(Certificate::from_der(der)?)
}
