//! Step 12 at the donor (docs/operator-change.md section 7): it verifies the
//! TRE's own word before it lets the device go.

use std::time::Duration;

use clock::Timestamp;
use trust::{Purpose, TimePolicy};

use super::dropped::audited;
use super::{DepartureState, Home, Subscription};
use crate::audit::{Action, Actor};
use crate::documents::{Attachment, Confirmation, Decision, Outcome, Release, Signed, Verdict};
use crate::effect::Effect;
use crate::peer::Peer;
use crate::rules::refuse_unless;
use crate::watch::Sighting;
use crate::{Digest, ProvisioningError};

/// The three documents of a release, each verified and linked to the others.
struct Chain {
    confirmation: Signed<Confirmation>,
    outcome: Signed<Outcome>,
}

impl Subscription {
    /// Takes a release from the peer that the client certificate names. The
    /// same one again changes nothing.
    ///
    /// # Errors
    /// Every refusal by its code; nothing changed then, except that reports
    /// that contradict each other raise `clone-suspected`.
    pub fn release(
        &mut self,
        now: Timestamp,
        peer: &Peer,
        octets: &[u8],
        time: TimePolicy,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let release: Signed<Release> = peer.verify(octets, Purpose::PeerDocument, time)?;
        let release = release.document;
        let known = self
            .departures
            .iter()
            .find(|departure| departure.order_id == release.order_id && departure.to == release.to);
        let rules = [
            (release.to == *peer.sho_id(), "release-other-peer"),
            (release.tre_id == self.tre_id, "release-other-tre"),
            (known.is_some(), "release-unknown-order"),
        ];
        refuse_unless(&rules)?;
        let chain = self.verify_chain(&release, peer, time)?;
        if known.and_then(|departure| departure.outcome) == Some(chain.outcome.digest) {
            return Ok(Vec::new());
        }
        if self.is_superseded(release.order_id) {
            return self.close_superseded(&release, &chain);
        }
        self.note(chain.confirmation.document.seq, chain.confirmation.digest);
        if self.note(chain.outcome.document.seq, chain.outcome.digest) == Sighting::Forked {
            return Err(ProvisioningError::refused("clone-suspected"));
        }
        self.settle(now, &release, &chain.outcome)
    }

    /// Whether the device has left by another order since.
    fn is_superseded(&self, order_id: crate::OrderId) -> bool {
        match &self.home {
            Home::Here => false,
            Home::Left { order_id: by, .. } => *by != order_id,
            Home::Gone => true,
        }
    }

    /// A release that comes after the device left by another order: a roll-back
    /// is history and changes nothing; a commit can't be, since the TRE
    /// committed elsewhere from the same count of changes.
    fn close_superseded(
        &mut self,
        release: &Release,
        chain: &Chain,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let outcome = &chain.outcome;
        if outcome.document.verdict == Verdict::Commit {
            self.clone_suspected = true;
            return Err(ProvisioningError::refused("clone-suspected"));
        }
        self.close(release, Verdict::Rollback, outcome.digest)?;
        Ok(Vec::new())
    }

    fn verify_chain(
        &self,
        release: &Release,
        peer: &Peer,
        time: TimePolicy,
    ) -> Result<Chain, ProvisioningError> {
        let confirmation: Signed<Confirmation> = self.verify_report(&release.confirmation)?;
        let decision: Signed<Decision> = peer.verify(&release.decision, Purpose::Decision, time)?;
        let outcome: Signed<Outcome> = self.verify_report(&release.outcome)?;
        let (first, second, third) = (
            &confirmation.document,
            &decision.document,
            &outcome.document,
        );
        let committed_unattached = second.verdict == Verdict::Commit
            && matches!(first.attachment, Attachment::Failed { .. });
        let rules = [
            (
                first.tre_id == self.tre_id
                    && second.tre_id == self.tre_id
                    && third.tre_id == self.tre_id,
                "release-other-tre",
            ),
            (
                [first.order_id, second.order_id, third.order_id]
                    .iter()
                    .all(|id| *id == release.order_id),
                "release-other-order",
            ),
            (
                first.from == release.from && first.to == release.to,
                "release-other-order",
            ),
            (
                second.seq == first.seq && second.confirmation == confirmation.digest,
                "release-contradicts",
            ),
            (
                third.decision == decision.digest && third.seq > first.seq,
                "release-contradicts",
            ),
            (
                second.verdict == third.verdict && !committed_unattached,
                "release-contradicts",
            ),
            (
                first.switch_counter == self.switch_counter,
                "release-contradicts",
            ),
            (
                third.switch_counter == expected_counter(first.switch_counter, third.verdict),
                "release-contradicts",
            ),
        ];
        refuse_unless(&rules)?;
        Ok(Chain {
            confirmation,
            outcome,
        })
    }

    fn settle(
        &mut self,
        now: Timestamp,
        release: &Release,
        outcome: &Signed<Outcome>,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let (retained, certificate) =
            self.close(release, outcome.document.verdict, outcome.digest)?;
        match outcome.document.verdict {
            Verdict::Commit => {
                self.home = Home::Left {
                    to: release.to.clone(),
                    order_id: release.order_id,
                    retained_until: now.plus(retained),
                };
                self.tokens
                    .iter_mut()
                    .for_each(|token| token.spend(release.order_id));
                self.certificate_until = Some(now.plus(certificate).unix_millis());
                let (actor, action) = (Actor::Tre, Action::McimDisabled);
                Ok(vec![
                    Effect::DisableSubscriber(self.imsi.clone()),
                    audited(now, actor, action, &self.imsi, "committed"),
                ])
            }
            Verdict::Rollback => {
                self.home = Home::Here;
                self.certificate_until = None;
                self.tokens
                    .iter_mut()
                    .for_each(|token| token.free(release.order_id));
                let (actor, action) = (Actor::Tre, Action::McimEnabled);
                Ok(vec![
                    Effect::EnableSubscriber(self.imsi.clone()),
                    audited(now, actor, action, &self.imsi, "rolled-back"),
                ])
            }
        }
    }

    fn close(
        &mut self,
        release: &Release,
        verdict: Verdict,
        digest: Digest,
    ) -> Result<(Duration, Duration), ProvisioningError> {
        let departure = self
            .departure(release.order_id, &release.to)
            .ok_or(ProvisioningError::refused("release-unknown-order"))?;
        departure.outcome = Some(digest);
        departure.state = match verdict {
            Verdict::Commit => DepartureState::Released,
            Verdict::Rollback => DepartureState::RolledBack,
        };
        Ok((
            Duration::from_secs(departure.terms.retention_s.into()),
            Duration::from_secs(departure.certificate_s),
        ))
    }
}

fn expected_counter(before: u64, verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Commit => before.saturating_add(1),
        Verdict::Rollback => before,
    }
}
