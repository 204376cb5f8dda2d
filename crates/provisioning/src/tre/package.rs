//! Steps 5 and 8 in the TRE (TR 33.812 B.2.3.4 II, VI and VII;
//! docs/operator-change.md section 6): the signed request with both nonces, and
//! the package that answers it.

use ::tre::Backend;
use ::tre::envelope::{self, ContentTag};
use clock::Random;
use trust::{Purpose, TimePolicy};
use xmldsig::VerifyingKey;

use super::state::Slot;
use super::{Phase, Report, Tre, TreKind, certificate};
use crate::documents::{Package, ProvisioningRequest, Signed, TreInfo, unverified};
use crate::payload::{Binding, Mcim};
use crate::rules::refuse_unless;
use crate::{Digest, McimId, Nonce, OrderId, ProvisioningError};

impl<B: Backend> Tre<B> {
    /// What the TRE says of its make and its room.
    #[must_use]
    pub fn info(&self) -> TreInfo {
        let free = usize::from(self.limits.slots).saturating_sub(self.state.used_slots());
        let TreKind {
            kind,
            model,
            firmware,
        } = self.state.kind.clone();
        TreInfo {
            kind,
            model,
            firmware,
            suites: self.limits.suites.clone(),
            algorithms: self.limits.algorithms.clone(),
            free_slots: u32::try_from(free).unwrap_or(u32::MAX),
        }
    }

    /// Begins a DM session of the open order: a new attempt with a new nonceB,
    /// which ends the one before.
    ///
    /// # Errors
    /// No such order, or one that has its decision to wait for; a restored
    /// state; what the backend says.
    pub fn request(
        &mut self,
        order_id: OrderId,
        random: &mut dyn Random,
    ) -> Result<Report, ProvisioningError> {
        self.require_current_state()?;
        let (tre_id, switch_counter) = (self.state.tre_id.clone(), self.state.switch_counter);
        let info = self.info();
        let order = self.order()?;
        if order.order_id != order_id || !matches!(order.phase, Phase::Candidate | Phase::Installed)
        {
            return Err(ProvisioningError::OutOfOrder(
                "the order needs no package now",
            ));
        }
        let request = ProvisioningRequest {
            tre_id,
            order_id,
            attempt: order.attempt.saturating_add(1),
            sho_id: order.to.sho_id.clone(),
            anchor_spki: anchor_digest(&order.to.anchor)?,
            switch_counter,
            info,
            nonce_a: order.nonce_a,
            nonce_b: Nonce::random(random),
        };
        let (octets, digest) = self.sign(&request)?;
        let order = self.order_mut()?;
        order.attempt = request.attempt;
        order.nonce_b = Some(request.nonce_b);
        Ok(Report { octets, digest })
    }

    /// Verifies a package, opens it and puts the MCIM into a slot. The same
    /// MCIM of the same order again changes nothing.
    ///
    /// # Errors
    /// Every refusal of section 6 by its code; nothing changed then.
    pub fn install(
        &mut self,
        octets: &[u8],
        time: TimePolicy,
        random: &mut dyn Random,
    ) -> Result<McimId, ProvisioningError> {
        self.require_current_state()?;
        let package = self.verify_package(octets, time)?;
        let order = self.order()?;
        match order.phase {
            Phase::Candidate => {}
            Phase::Installed if order.mcim_id == Some(package.mcim_id) => {
                return Ok(package.mcim_id);
            }
            _ => return Err(ProvisioningError::refused("order-in-progress")),
        }
        let mcim = self.open_mcim(&package, random)?;
        self.take_mcim(&mcim)?;
        let order = self.order_mut()?;
        order.mcim_id = Some(mcim.mcim_id);
        order.phase = Phase::Installed;
        Ok(mcim.mcim_id)
    }

    fn verify_package(
        &self,
        octets: &[u8],
        time: TimePolicy,
    ) -> Result<Package, ProvisioningError> {
        let order = self.order()?;
        let invalid = |_| ProvisioningError::refused("package-signature-invalid");
        let document = unverified::<Package>(octets).map_err(invalid)?;
        let leaf = certificate(document.leaf().unwrap_or_default())?;
        let anchor = order.to.anchor()?;
        let leaf = trust::verify_leaf(&leaf, &anchor, Purpose::Object, &order.to.sho_id, time)?;
        let key = VerifyingKey::from_spki_der(leaf.certificate().public_key().spki_der())?;
        let package = Signed::<Package>::verify(document, &key)
            .map_err(invalid)?
            .document;
        let rules = [
            (package.tre_id == self.state.tre_id, "package-other-tre"),
            (package.order_id == order.order_id, "package-other-order"),
            (order.nonce_b == Some(package.nonce_b), "nonce-b-stale"),
        ];
        refuse_unless(&rules)?;
        Ok(package)
    }

    fn open_mcim(
        &mut self,
        package: &Package,
        random: &mut dyn Random,
    ) -> Result<Mcim, ProvisioningError> {
        let opened = self.open_envelope(&package.envelope, ContentTag::Mcim, random)?;
        let mcim = Mcim::decode(opened.expose())?;
        let order = self.order()?;
        mcim.binding.expect(&Binding {
            tre_id: self.state.tre_id.clone(),
            order_id: order.order_id,
            anchor_spki: anchor_digest(&order.to.anchor)?,
            sho_id: order.to.sho_id.clone(),
        })?;
        let terms = (order.terms.t_attach, order.terms.t_ack);
        let algorithm = mcim.keys.id().octet();
        let rules = [
            (
                self.limits.algorithms.contains(&algorithm),
                "algorithm-unsupported",
            ),
            (mcim.mcim_id == package.mcim_id, "mcim-id-mismatch"),
            (
                mcim.imsi.digits().starts_with(&order.to.sho_id.prefix()),
                "imsi-not-of-sho",
            ),
            ((mcim.t_attach, mcim.t_ack) == terms, "terms-differ"),
            (!self.state.was_erased(mcim.mcim_id), "mcim-erased"),
        ];
        refuse_unless(&rules)?;
        Ok(mcim)
    }

    /// Into a free slot, or the one that has it already with its SQN state.
    fn take_mcim(&mut self, mcim: &Mcim) -> Result<(), ProvisioningError> {
        if let Some(slot) = self.state.slot(mcim.mcim_id) {
            let same = slot.holds(&mcim.imsi, &mcim.keys);
            return if same {
                Ok(())
            } else {
                Err(ProvisioningError::refused("mcim-differs"))
            };
        }
        self.state.make_room(usize::from(self.limits.slots))?;
        self.state.add_slot(Slot::new(
            mcim.mcim_id,
            mcim.imsi.clone(),
            mcim.keys.clone(),
            false,
        ));
        self.changed = true;
        Ok(())
    }

    /// Opens an envelope if its suite and tag are welcome.
    pub(super) fn open_envelope(
        &mut self,
        octets: &[u8],
        tag: ContentTag,
        random: &mut dyn Random,
    ) -> Result<secret::SecretBytes, ProvisioningError> {
        if envelope::suite(octets)?.octet() < self.limits.min_suite {
            return Err(ProvisioningError::refused("suite-below-minimum"));
        }
        let recipient = self.recipient()?;
        let opened = envelope::open(&mut self.backend, &recipient, octets, random)?;
        match opened.tag {
            found if found == tag => Ok(opened.payload),
            ContentTag::Algorithm | ContentTag::Update => {
                Err(ProvisioningError::Unsupported("envelope tags 02 and 03"))
            }
            _ => Err(ProvisioningError::refused("envelope-tag-wrong")),
        }
    }
}

/// SHA-256 of the anchor's SubjectPublicKeyInfo.
pub(super) fn anchor_digest(der: &[u8]) -> Result<Digest, ProvisioningError> {
    Ok(Digest(certificate(der)?.public_key().spki_sha256()))
}
