//! `pcid-dropped` at the operator whose PCID it was (docs/pcids.md): a number
//! whose TRE says that it erased it serves another one.

use clock::Timestamp;

use super::{Home, Subscription};
use crate::audit::{Action, Actor, AuditEntry};
use crate::documents::{PcidDropped, Signed};
use crate::effect::Effect;
use crate::rules::refuse_unless;
use crate::watch::Sighting;
use crate::{McimId, ProvisioningError};

impl Subscription {
    /// What the TRE signed, under the certificate that is pinned here: for the
    /// operator that passes it on.
    ///
    /// # Errors
    /// A wrong signature, or another TRE's.
    pub fn read_dropped(&self, octets: &[u8]) -> Result<PcidDropped, ProvisioningError> {
        let signed: Signed<PcidDropped> = self.verify_report(octets)?;
        if signed.document.tre_id == self.tre_id {
            Ok(signed.document)
        } else {
            Err(ProvisioningError::refused("pcid-dropped-other-tre"))
        }
    }

    /// Takes the TRE's word that it erased the PCID that it had here. The same
    /// again changes nothing.
    ///
    /// # Errors
    /// A wrong signature; `pcid-dropped-other-tre`; `pcid-dropped-other-sho`;
    /// `pcid-in-use` from a TRE that is ours by this very PCID; `unknown-pcid`;
    /// `clone-suspected`.
    pub fn pcid_dropped(
        &mut self,
        now: Timestamp,
        own: &trust::ShoId,
        octets: &[u8],
    ) -> Result<Vec<Effect>, ProvisioningError> {
        let signed: Signed<PcidDropped> = self.verify_report(octets)?;
        let dropped = &signed.document;
        refuse_unless(&[
            (dropped.tre_id == self.tre_id, "pcid-dropped-other-tre"),
            (dropped.sho_id == *own, "pcid-dropped-other-sho"),
        ])?;
        let is_ours = |imsi: &aka::Imsi| McimId::of_pcid(&self.tre_id, imsi) == dropped.mcim_id;
        let earlier = self
            .retained
            .iter()
            .position(|retained| is_ours(&retained.imsi));
        let present = dropped.mcim_id == self.mcim_id;
        if present && self.home == Home::Here {
            return Err(ProvisioningError::refused("pcid-in-use"));
        }
        if !present && earlier.is_none() {
            return match self.watch.see(dropped.seq, signed.digest) {
                // Said again after the first time was taken.
                Sighting::Repeated => Ok(Vec::new()),
                _ => Err(ProvisioningError::refused("unknown-pcid")),
            };
        }
        match self.note(dropped.seq, signed.digest) {
            Sighting::Forked => return Err(ProvisioningError::refused("clone-suspected")),
            Sighting::Repeated => return Ok(Vec::new()),
            Sighting::New => {}
        }
        let imsi = match earlier {
            Some(at) => self.retained.remove(at).imsi,
            None => {
                // From here on the number is no business of this device's.
                self.gave_number_back = true;
                self.home = Home::Gone;
                self.imsi.clone()
            }
        };
        Ok(vec![Effect::DropPcid {
            imsi,
            tre_id: self.tre_id.clone(),
            at: now,
        }])
    }
}

impl Subscription {
    /// The PCID that the device was here expired and has rested: the number may
    /// be another device's now. Nothing here acts on it any more.
    pub fn number_freed(&mut self) {
        self.gave_number_back = true;
        self.home = Home::Gone;
    }
}

/// An entry about a subscriber, as an effect beside the one on the HLR.
pub(super) fn audited(
    now: Timestamp,
    actor: Actor,
    action: Action,
    imsi: &aka::Imsi,
    why: &'static str,
) -> Effect {
    Effect::Record(AuditEntry::subscriber(now, actor, action, imsi, why))
}
