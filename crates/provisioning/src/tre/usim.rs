//! The USIM application in the TRE (TS 33.102 clause 6.3.3): it answers
//! challenges with the active MCIM.

use ::tre::Backend;
use aka::usim::{Answer, Response, authenticate};
use aka::{Autn, Auts, Rand, Sqn};

use super::{Phase, Tre};
use crate::{McimId, ProvisioningError};

/// What the device gives the network.
pub enum UsimAnswer {
    /// RES and the session keys.
    Response(Response),
    /// Ask the home network to resynchronise.
    SyncFailure(Auts),
}

impl<B: Backend> Tre<B> {
    /// Answers a challenge with the active MCIM.
    ///
    /// # Errors
    /// `mac-failure` for a challenge that its home network did not make;
    /// nothing changed then.
    pub fn authenticate(
        &mut self,
        rand: &Rand,
        autn: &Autn,
    ) -> Result<UsimAnswer, ProvisioningError> {
        let active = self.state.active;
        let slot = self.state.active_slot();
        let algorithm = slot.keys().algorithm()?;
        let mut sqn = slot.sqn();
        match authenticate(&algorithm, &mut sqn, rand, autn)? {
            Answer::SyncFailure(auts) => Ok(UsimAnswer::SyncFailure(auts)),
            Answer::Accepted(response) => {
                if let Some(slot) = self.state.slot_mut(active) {
                    slot.set_sqn(&sqn);
                }
                self.changed = true;
                self.note_authentication(active);
                Ok(UsimAnswer::Response(response))
            }
        }
    }

    /// SQN_MS of the active MCIM: the highest number that it has taken. On the
    /// air it is concealed, so this is the one place that shows it.
    #[must_use]
    pub fn highest_sqn(&self) -> Sqn {
        self.state.active_slot().sqn().highest()
    }

    /// Uses the new or the old MCIM while the decision is outstanding: both
    /// stay usable until it comes (section 7).
    ///
    /// # Errors
    /// Refused in every other phase, and for any other MCIM.
    pub fn select(&mut self, mcim_id: McimId) -> Result<(), ProvisioningError> {
        let order = self.order()?;
        let allowed = order.phase == Phase::Attached
            && (order.mcim_id == Some(mcim_id) || order.previous == Some(mcim_id));
        if !allowed {
            return Err(ProvisioningError::OutOfOrder(
                "the MCIM is not for the host to choose now",
            ));
        }
        if self.state.active != mcim_id {
            self.state.active = mcim_id;
            self.changed = true;
        }
        Ok(())
    }

    /// The two MCIMs between which the host may choose: new, then old.
    #[must_use]
    pub fn choices(&self) -> Option<(McimId, McimId)> {
        let order = self
            .state
            .order
            .as_ref()
            .filter(|order| order.phase == Phase::Attached)?;
        Some((order.mcim_id?, order.previous?))
    }

    fn note_authentication(&mut self, mcim_id: McimId) {
        if let Some(order) = &mut self.state.order
            && order.phase == Phase::Probation
            && order.mcim_id == Some(mcim_id)
        {
            order.authenticated = true;
        }
    }
}
