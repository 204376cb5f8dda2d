//! Step 12 at the recipient (docs/operator-change.md section 7): confirmation,
//! decision, outcome, release. The decision is stored before it is sent and
//! the same for ever after.

use std::time::Duration;

use clock::Timestamp;

use super::order::{Kept, Order, OrderState};
use crate::audit::{Action, Actor, AuditEntry};
use crate::documents::{
    Attachment, Confirmation, Decision, Outcome, Release, Signed, Verdict, sign,
};
use crate::donor::Subscription;
use crate::effect::Effect;
use crate::rules::refuse_unless;
use crate::watch::Sighting;
use crate::{Digest, OperatorKeys, ProvisioningError, Reason};

impl Order {
    /// Takes the TRE's confirmation and returns the decision to send. The same
    /// confirmation gets the same decision; another one is no reason to change
    /// it.
    ///
    /// # Errors
    /// Every refusal by its code; only the reason is kept then, or that a
    /// clone is suspected.
    pub fn confirm(
        &mut self,
        octets: &[u8],
        keys: &OperatorKeys,
    ) -> Result<Vec<u8>, ProvisioningError> {
        let result = self.check_confirmation(octets);
        let signed = match result {
            Ok(signed) => signed,
            Err(error) => {
                self.note_refusal(&error.reason());
                return Err(error);
            }
        };
        if let (Some(known), Some(decision)) = (&self.confirmation, &self.decision) {
            return if known.digest == signed.digest {
                Ok(decision.octets.clone())
            } else {
                self.clone_suspected = true;
                Err(ProvisioningError::refused("clone-suspected"))
            };
        }
        // A fork is noted, but the first confirmation is answered all the same:
        // silence would leave the device between two operators.
        let _ = self.note(signed.document.seq, signed.digest);
        self.decide(octets, &signed, keys)
    }

    fn check_confirmation(&self, octets: &[u8]) -> Result<Signed<Confirmation>, ProvisioningError> {
        let installed = self.installs > 0;
        let signed: Signed<Confirmation> = self
            .verify_report(octets)
            .map_err(|_| ProvisioningError::refused("confirmation-signature-invalid"))?;
        let report = &signed.document;
        let rules = [
            (installed, "confirmation-unexpected"),
            (report.tre_id == self.tre_id, "confirmation-other-tre"),
            (report.order_id == self.order_id, "confirmation-other-order"),
            (
                report.from == self.from && report.to == self.to,
                "confirmation-other-order",
            ),
            (report.mcim_id == self.mcim_id, "confirmation-other-mcim"),
            (report.anchor_spki == self.anchor_spki, "anchor-mismatch"),
            (report.attempt == self.attempt, "attempt-stale"),
            (self.nonce_b == Some(report.nonce_b), "nonce-b-stale"),
            (
                report.switch_counter == self.switch_counter,
                "switch-counter-mismatch",
            ),
        ];
        refuse_unless(&rules)?;
        Ok(signed)
    }

    fn decide(
        &mut self,
        octets: &[u8],
        signed: &Signed<Confirmation>,
        keys: &OperatorKeys,
    ) -> Result<Vec<u8>, ProvisioningError> {
        let verdict = match &signed.document.attachment {
            Attachment::Attached { .. } => Verdict::Commit,
            Attachment::Failed { cause } => {
                self.note_refusal(cause);
                Verdict::Rollback
            }
        };
        let decision = Decision {
            tre_id: self.tre_id.clone(),
            order_id: self.order_id,
            seq: signed.document.seq,
            confirmation: signed.digest,
            verdict,
        };
        let decision_octets = sign(&decision, &keys.decision)?;
        let digest = digest_of::<Decision>(&decision_octets, &keys.decision)?;
        let commit = verdict == Verdict::Commit;
        self.confirmation = Some(Kept {
            octets: octets.to_vec(),
            digest: signed.digest,
            commit,
            seq: signed.document.seq,
        });
        self.decision = Some(Kept {
            octets: decision_octets.clone(),
            digest,
            commit,
            seq: signed.document.seq,
        });
        self.state = OrderState::AwaitingOutcome;
        Ok(decision_octets)
    }

    /// The decision, once there is one.
    #[must_use]
    pub fn decision(&self) -> Option<&[u8]> {
        self.decision.as_ref().map(|kept| kept.octets.as_slice())
    }

    /// Takes the TRE's outcome: the order is settled, and the release goes to
    /// the donor. The same one again changes nothing.
    ///
    /// # Errors
    /// Every refusal by its code; only the reason is kept then, or that a
    /// clone is suspected.
    pub fn settle(
        &mut self,
        octets: &[u8],
        keys: &OperatorKeys,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        match self.take_outcome(octets, keys) {
            Ok(effects) => Ok(effects),
            Err(error) => {
                self.note_refusal(&error.reason());
                Err(error)
            }
        }
    }

    fn take_outcome(
        &mut self,
        octets: &[u8],
        keys: &OperatorKeys,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let signed: Signed<Outcome> = self
            .verify_report(octets)
            .map_err(|_| ProvisioningError::refused("outcome-signature-invalid"))?;
        if self
            .outcome
            .as_ref()
            .is_some_and(|known| known.digest == signed.digest)
        {
            return Ok(Vec::new());
        }
        let outcome = &signed.document;
        let (Some(confirmation), Some(decision)) = (&self.confirmation, &self.decision) else {
            return Err(ProvisioningError::refused("outcome-unexpected"));
        };
        let commit = outcome.verdict == Verdict::Commit;
        let after = self.switch_counter.saturating_add(u64::from(commit));
        let rules = [
            (outcome.tre_id == self.tre_id, "outcome-other-tre"),
            (outcome.order_id == self.order_id, "outcome-other-order"),
            (outcome.decision == decision.digest, "outcome-contradicts"),
            (commit == decision.commit, "outcome-contradicts"),
            (outcome.seq > confirmation.seq, "outcome-contradicts"),
            (outcome.switch_counter == after, "outcome-contradicts"),
        ];
        refuse_unless(&rules)?;
        if self.outcome.is_some() || self.note(outcome.seq, signed.digest) == Sighting::Forked {
            self.clone_suspected = true;
            return Err(ProvisioningError::refused("clone-suspected"));
        }
        self.sign_release(octets, keys)?;
        self.outcome = Some(Kept {
            octets: octets.to_vec(),
            digest: signed.digest,
            commit,
            seq: outcome.seq,
        });
        self.state = OrderState::AwaitingReleaseAnswer;
        self.settled_effects(commit, outcome.switch_counter)
    }

    fn sign_release(
        &mut self,
        outcome: &[u8],
        keys: &OperatorKeys,
    ) -> Result<(), ProvisioningError> {
        let octets = |kept: &Option<Kept>| {
            kept.as_ref()
                .map(|kept| kept.octets.clone())
                .unwrap_or_default()
        };
        let release = Release {
            order_id: self.order_id,
            tre_id: self.tre_id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            confirmation: octets(&self.confirmation),
            decision: octets(&self.decision),
            outcome: outcome.to_vec(),
        };
        self.release = Some(sign(&release, &keys.peer_document)?);
        Ok(())
    }

    fn settled_effects(
        &self,
        commit: bool,
        switch_counter: u64,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let first = if commit {
            let subscription = Subscription::new(
                self.tre_id.clone(),
                self.signature_certificate.clone(),
                self.imsi.clone(),
                self.mcim_id,
                switch_counter,
            )?;
            Effect::BecomeHome(Box::new(subscription))
        } else {
            Effect::DisableSubscriber(self.imsi.clone())
        };
        Ok(vec![first, Effect::SendRelease(self.order_id)])
    }

    /// The donor's answer to the release. A refusal is kept as the reason and
    /// the order stays where it is: somebody has to look.
    pub fn release_answered(&mut self, status: u16, reason: Option<Reason>) {
        if self.state != OrderState::AwaitingReleaseAnswer {
            return;
        }
        match status {
            200..=299 => {
                let commit = self
                    .decision
                    .as_ref()
                    .is_some_and(|decision| decision.commit);
                self.state = if commit {
                    OrderState::Completed
                } else {
                    OrderState::RolledBack
                };
            }
            400..=499 => self.note_refusal(&reason.unwrap_or(Reason::new("release-refused"))),
            _ => {}
        }
    }

    /// What time does: an order that no device has taken up ends at its expiry.
    /// One with an installed MCIM never does: only the TRE's word ends it. The
    /// MCIM of an order that came to nothing is deleted after its retention.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return Vec::new();
        }
        let why = if self.is_over() {
            "retention-over"
        } else {
            self.fail(&Reason::new("expired"));
            "order-expired"
        };
        self.mcim_deleted = true;
        let (actor, action) = (Actor::Deadline, Action::McimDeleted);
        let entry = AuditEntry::subscriber(now, actor, action, &self.imsi, why);
        vec![
            Effect::DeleteSubscriber(self.imsi.clone()),
            Effect::Record(entry),
        ]
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let waits = matches!(
            self.state,
            OrderState::AwaitingAcceptance | OrderState::AwaitingDevice | OrderState::AwaitingPva
        );
        let came_to_nothing = matches!(self.state, OrderState::RolledBack | OrderState::Failed);
        let retention = Duration::from_secs(self.terms.retention_s.into());
        match (waits, came_to_nothing && !self.mcim_deleted) {
            (true, _) => Some(self.expires),
            (_, true) => Some(self.expires.plus(retention)),
            _ => None,
        }
    }
}

/// The digest of a document that we signed ourselves, read as others read it.
fn digest_of<D: crate::documents::SignedDocument>(
    octets: &[u8],
    key: &crate::SigningKey,
) -> Result<Digest, ProvisioningError> {
    let leaf = trust::Certificate::from_der(key.leaf())?;
    let key = xmldsig::VerifyingKey::from_spki_der(leaf.public_key().spki_der())?;
    Ok(Signed::<D>::verify(crate::documents::unverified::<D>(octets)?, &key)?.digest)
}
