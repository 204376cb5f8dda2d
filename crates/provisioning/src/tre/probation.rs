//! Step 12 in the TRE (TR 33.812 B.2.3.4 NOTE Y; docs/operator-change.md
//! section 7): probation, the confirmation, the decision and what follows it.

use std::time::Duration;

use ::tre::Backend;
use trust::{Purpose, TimePolicy};
use xmldsig::VerifyingKey;

use super::package::anchor_digest;
use super::{Phase, Report, Tre, certificate};
use crate::documents::{Attachment, Confirmation, Decision, Outcome, Signed, Verdict, unverified};
use crate::rules::refuse_unless;
use crate::{ProvisioningError, Reason};

/// After so many sendings without an answer a rolled-back order is forgotten.
const MAX_REPORTS: u32 = 30;

/// What powered-on time did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probation {
    /// Nothing ended.
    Unchanged,
    /// T_attach ended: the old MCIM is active again and `failed` is signed.
    AttachTimeout,
    /// T_ack ended without a decision: the host may try both MCIMs in turn.
    AckTimeout,
}

impl<B: Backend> Tre<B> {
    /// The DPF has answered the install report with Status 200: the new MCIM
    /// becomes active and T_attach begins.
    ///
    /// # Errors
    /// No MCIM is installed.
    pub fn begin_probation(&mut self) -> Result<(), ProvisioningError> {
        self.require_current_state()?;
        let order = self.order()?;
        let (Phase::Installed, Some(mcim_id)) = (order.phase, order.mcim_id) else {
            return Err(ProvisioningError::OutOfOrder(
                "no MCIM waits for its probation",
            ));
        };
        let previous = self.state.active;
        let order = self.order_mut()?;
        order.previous = Some(previous);
        order.phase = Phase::Probation;
        order.powered_ms = 0;
        order.authenticated = false;
        self.state.active = mcim_id;
        Ok(())
    }

    /// Counts powered-on time. Only this ends T_attach: no reboot, no wall
    /// clock and no reject by a network does.
    ///
    /// # Errors
    /// What the backend says when the report is signed.
    pub fn powered(&mut self, elapsed: Duration) -> Result<Probation, ProvisioningError> {
        let Some(order) = &mut self.state.order else {
            return Ok(Probation::Unchanged);
        };
        let limit = match order.phase {
            Phase::Probation => order.terms.t_attach,
            Phase::Attached => order.terms.t_ack,
            _ => return Ok(Probation::Unchanged),
        };
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        order.powered_ms = order.powered_ms.saturating_add(millis);
        let over = order.powered_ms >= u64::from(limit) * 1000;
        let phase = order.phase;
        self.changed |= millis > 0;
        match (phase, over) {
            (Phase::Probation, true) => self.fail().map(|()| Probation::AttachTimeout),
            (Phase::Attached, true) => Ok(Probation::AckTimeout),
            _ => Ok(Probation::Unchanged),
        }
    }

    /// The host says that the network accepted it. Signed only if the TRE's own
    /// AKA with the new MCIM succeeded in this probation.
    ///
    /// # Errors
    /// No probation, or no authentication in it.
    pub fn attached(&mut self, serving_plmn: &str) -> Result<Report, ProvisioningError> {
        self.require_current_state()?;
        let order = self.order()?;
        if order.phase != Phase::Probation || !order.authenticated {
            return Err(ProvisioningError::OutOfOrder(
                "no authenticated attach in a probation",
            ));
        }
        self.confirm(
            Attachment::Attached {
                serving_plmn: serving_plmn.to_owned(),
            },
            Phase::Attached,
        )
    }

    /// The confirmation to send, while its answer is outstanding.
    #[must_use]
    pub fn confirmation(&self) -> Option<Report> {
        let order = self.state.order.as_ref()?;
        let waits = matches!(order.phase, Phase::Attached | Phase::Failed);
        order
            .confirmation
            .clone()
            .filter(|_| waits)
            .map(Report::from)
    }

    /// The outcome to send, until it is acknowledged.
    #[must_use]
    pub fn outcome(&self) -> Option<Report> {
        self.state.order.as_ref()?.outcome.clone().map(Report::from)
    }

    /// Obeys a decision of the order's recipient, from whatever carrier. The
    /// same one again gives the same outcome.
    ///
    /// # Errors
    /// Every refusal of section 7 by its code; nothing changed then.
    pub fn decide(&mut self, octets: &[u8], time: TimePolicy) -> Result<Report, ProvisioningError> {
        self.require_current_state()?;
        let decision = self.verify_decision(octets, time)?;
        let order = self.order()?;
        if let (Some(known), Some(outcome)) = (order.decision, &order.outcome) {
            return if known == decision.digest {
                Ok(outcome.clone().into())
            } else {
                Err(ProvisioningError::refused("decision-differs"))
            };
        }
        let verdict = decision.document.verdict;
        if verdict == Verdict::Commit && order.phase != Phase::Attached {
            return Err(ProvisioningError::refused("decision-contradicts"));
        }
        self.apply(&decision, verdict)
    }

    /// The recipient has the outcome: the order is over.
    ///
    /// # Errors
    /// No outcome waits.
    pub fn acknowledge(&mut self) -> Result<(), ProvisioningError> {
        if self.order()?.outcome.is_none() {
            return Err(ProvisioningError::OutOfOrder(
                "no outcome waits for its answer",
            ));
        }
        self.state.order = None;
        self.changed = true;
        Ok(())
    }

    /// Counts a sending of the outcome; a rolled-back order is forgotten after
    /// 30 without an answer.
    pub fn count_sending(&mut self) {
        let Some(order) = &mut self.state.order else {
            return;
        };
        order.sent = order.sent.saturating_add(1);
        self.changed = true;
        if order.phase == Phase::RolledBack && order.sent > MAX_REPORTS {
            self.state.order = None;
        }
    }

    fn fail(&mut self) -> Result<(), ProvisioningError> {
        let previous = self.order()?.previous;
        let cause = Reason::new("attach-timeout");
        self.confirm(Attachment::Failed { cause }, Phase::Failed)?;
        if let Some(previous) = previous {
            self.state.active = previous;
        }
        Ok(())
    }

    fn confirm(
        &mut self,
        attachment: Attachment,
        phase: Phase,
    ) -> Result<Report, ProvisioningError> {
        let seq = self.next_seq()?;
        let order = self.order()?;
        let unready = ProvisioningError::OutOfOrder("no MCIM in this order");
        let (Some(mcim_id), Some(nonce_b)) = (order.mcim_id, order.nonce_b) else {
            return Err(unready);
        };
        let confirmation = Confirmation {
            from: order.from.clone(),
            to: order.to.sho_id.clone(),
            tre_id: self.state.tre_id.clone(),
            seq,
            order_id: order.order_id,
            mcim_id,
            anchor_spki: anchor_digest(&order.to.anchor)?,
            attempt: order.attempt,
            nonce_b,
            switch_counter: self.state.switch_counter,
            attachment,
        };
        let report = self.sign_report(&confirmation, seq)?;
        let order = self.order_mut()?;
        order.confirmation = Some(report.clone());
        order.phase = phase;
        order.powered_ms = 0;
        Ok(report.into())
    }

    fn verify_decision(
        &self,
        octets: &[u8],
        time: TimePolicy,
    ) -> Result<Signed<Decision>, ProvisioningError> {
        let order = self.order()?;
        let invalid = |_| ProvisioningError::refused("decision-signature-invalid");
        let document = unverified::<Decision>(octets).map_err(invalid)?;
        let leaf = certificate(document.leaf().unwrap_or_default())?;
        let anchor = order.to.anchor()?;
        let leaf = trust::verify_leaf(&leaf, &anchor, Purpose::Decision, &order.to.sho_id, time)?;
        let key = VerifyingKey::from_spki_der(leaf.certificate().public_key().spki_der())?;
        let decision = Signed::<Decision>::verify(document, &key).map_err(invalid)?;
        let confirmation = order
            .confirmation
            .as_ref()
            .ok_or(ProvisioningError::OutOfOrder("no confirmation was signed"))?;
        let rules = [
            (
                decision.document.tre_id == self.state.tre_id,
                "decision-other-tre",
            ),
            (
                decision.document.order_id == order.order_id,
                "decision-other-order",
            ),
            (
                decision.document.seq == confirmation.seq,
                "decision-mismatch",
            ),
            (
                decision.document.confirmation == confirmation.digest,
                "decision-mismatch",
            ),
        ];
        refuse_unless(&rules)?;
        Ok(decision)
    }

    fn apply(
        &mut self,
        decision: &Signed<Decision>,
        verdict: Verdict,
    ) -> Result<Report, ProvisioningError> {
        let seq = self.next_seq()?;
        let switch_counter = match verdict {
            Verdict::Commit => self
                .state
                .switch_counter
                .checked_add(1)
                .ok_or(ProvisioningError::refused("switch-counter-exhausted"))?,
            Verdict::Rollback => self.state.switch_counter,
        };
        let outcome = Outcome {
            tre_id: self.state.tre_id.clone(),
            order_id: self.order()?.order_id,
            seq,
            decision: decision.digest,
            verdict,
            switch_counter,
        };
        let report = self.sign_report(&outcome, seq)?;
        let order = self.order_mut()?;
        order.decision = Some(decision.digest);
        order.outcome = Some(report.clone());
        let (to, new, previous) = (order.to.clone(), order.mcim_id, order.previous);
        order.phase = match verdict {
            Verdict::Commit => Phase::Committed,
            Verdict::Rollback => Phase::RolledBack,
        };
        match verdict {
            Verdict::Commit => {
                self.state.current = to;
                self.state.switch_counter = switch_counter;
                self.state.ctx_version = 0;
                self.state.active = new.unwrap_or(self.state.active);
            }
            Verdict::Rollback => {
                self.state.active = previous.unwrap_or(self.state.active);
                new.into_iter()
                    .for_each(|mcim_id| self.state.erase(mcim_id));
            }
        }
        Ok(report.into())
    }
}
