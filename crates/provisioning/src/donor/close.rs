//! How a departure ends without a release (docs/operator-change.md sections 4
//! and 5): refused by the TRE, cancelled, or out of time.

use ::tre::TreId;
use clock::Timestamp;

use super::dropped::audited;
use super::subscription::Retained;
use super::{DepartureState, Home, Subscription};
use crate::audit::{Action, Actor, AuditEntry};
use crate::documents::{PcidDropped, Refusal, Signed, SignedDocument, unverified};
use crate::effect::Effect;
use crate::watch::Sighting;
use crate::{OrderId, ProvisioningError, Reason};

/// The TRE that a refusal names, before its signature is verified: good for
/// finding the certificate under which to verify it, and for nothing else.
///
/// # Errors
/// Octets that are no SignedRefusal, or that name no TRE.
pub fn refusing_tre(octets: &[u8]) -> Result<TreId, ProvisioningError> {
    named_tre::<Refusal>(octets)
}

/// The same of a SignedPcidDropped.
///
/// # Errors
/// The same.
pub fn dropping_tre(octets: &[u8]) -> Result<TreId, ProvisioningError> {
    named_tre::<PcidDropped>(octets)
}

fn named_tre<D: SignedDocument>(octets: &[u8]) -> Result<TreId, ProvisioningError> {
    let none = ProvisioningError::Malformed("TreId");
    // The structure is checked first: one object, no second reading of it.
    let _ = unverified::<D>(octets)?;
    let text = std::str::from_utf8(octets).map_err(|_| none)?;
    let named = text
        .split_once("<TreId>")
        .and_then(|(_, rest)| rest.split_once("</TreId>"))
        .ok_or(ProvisioningError::Malformed("TreId"))?;
    named
        .0
        .parse()
        .map_err(|_| ProvisioningError::Malformed("TreId"))
}

impl Subscription {
    /// Takes a refusal that the TRE signed. A refusal of the very bootstrap
    /// that we signed ends its order; one of other octets is only noted, since
    /// they were not ours.
    ///
    /// # Errors
    /// A wrong signature, another TRE, or a Seq that names another document.
    pub fn refusal(&mut self, octets: &[u8]) -> Result<Reason, ProvisioningError> {
        let signed: Signed<Refusal> = self.verify_report(octets)?;
        let refusal = signed.document;
        if refusal.tre_id != self.tre_id {
            return Err(ProvisioningError::refused("refusal-other-tre"));
        }
        match self.note(refusal.seq, signed.digest) {
            Sighting::Forked => return Err(ProvisioningError::refused("clone-suspected")),
            Sighting::Repeated => return Ok(refusal.reason),
            Sighting::New => {}
        }
        let mut freed = None;
        if let Some(departure) = self
            .departures
            .iter_mut()
            .find(|departure| departure.is_open())
        {
            departure.reason = Some(refusal.reason.code().to_owned());
            // What stands between the device and the DPF can be opened: the order
            // goes on.
            let stays = refusal.reason == crate::agent::DPF_UNREACHABLE;
            if departure.container_digest == Some(refusal.document) && !stays {
                departure.state = DepartureState::Refused;
                freed = Some(departure.order_id);
            }
        }
        self.free(freed);
        Ok(refusal.reason)
    }

    /// Ends an order before its bootstrap is sent.
    ///
    /// # Errors
    /// No such order, or its bootstrap is on its way.
    pub fn cancel(&mut self, order_id: OrderId) -> Result<(), ProvisioningError> {
        let departure = self
            .departures
            .iter_mut()
            .find(|departure| departure.order_id == order_id)
            .ok_or(ProvisioningError::refused("unknown-order"))?;
        if departure.state != DepartureState::AwaitingApproval {
            return Err(ProvisioningError::OutOfOrder("the bootstrap is on its way"));
        }
        departure.state = DepartureState::Cancelled;
        self.free(Some(order_id));
        Ok(())
    }

    /// What time does: an order without a release closes, retained credentials
    /// are deleted, those of an earlier stay too.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut closed = Vec::new();
        for departure in self
            .departures
            .iter_mut()
            .filter(|departure| departure.is_open())
        {
            if departure.closes_at() <= now {
                departure.state = DepartureState::Expired;
                closed.push(departure.order_id);
            }
        }
        closed
            .into_iter()
            .for_each(|order_id| self.free(Some(order_id)));
        let (over, kept) = std::mem::take(&mut self.retained)
            .into_iter()
            .partition(|retained| retained.until <= now);
        self.retained = kept;
        let over: Vec<Retained> = over;
        let mut effects: Vec<Effect> = over
            .into_iter()
            .flat_map(|retained| deleted(now, retained.imsi))
            .collect();
        match &self.home {
            Home::Left { retained_until, .. } if *retained_until <= now => {
                self.home = Home::Gone;
                effects.extend(deleted(now, self.imsi.clone()));
            }
            _ => {}
        }
        let over = self
            .certificate_until
            .is_some_and(|until| until <= now.unix_millis());
        if over {
            self.certificate_until = None;
            self.signature_certificate.clear();
            effects.push(Effect::DeleteCertTre(self.tre_id.clone()));
            effects.push(Effect::Record(AuditEntry {
                at: now,
                actor: Actor::Deadline,
                action: Action::CertTreDeleted,
                subject: self.tre_id.as_str().to_owned(),
                why: "retention-over",
            }));
        }
        effects
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let open = self.open().map(super::Departure::closes_at);
        let retained = match &self.home {
            Home::Left { retained_until, .. } => Some(*retained_until),
            Home::Here | Home::Gone => None,
        };
        let earlier = self.retained.iter().map(|retained| retained.until);
        let certificate = self.certificate_until.map(Timestamp::from_unix_millis);
        open.into_iter()
            .chain(retained)
            .chain(earlier)
            .chain(certificate)
            .min()
    }

    fn free(&mut self, order_id: Option<OrderId>) {
        if let Some(order_id) = order_id {
            self.tokens
                .iter_mut()
                .for_each(|token| token.free(order_id));
        }
    }
}

/// A subscriber whose retention is over.
fn deleted(now: Timestamp, imsi: aka::Imsi) -> [Effect; 2] {
    let (actor, action) = (Actor::Deadline, Action::McimDeleted);
    let entry = audited(now, actor, action, &imsi, "retention-over");
    [Effect::DeleteSubscriber(imsi), entry]
}
