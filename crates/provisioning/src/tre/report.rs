//! What the TRE signs: its own reports, by type (docs/operator-change.md
//! sections 3, 5 and 7). Each has the next Seq, stored before it is sent.

use std::cell::RefCell;

use ::tre::{Backend, KeyKind, KeySlot, PublicKey};
use xmldsig::{SignatureAlgorithm, Signer, SignerError};

use super::Tre;
use super::state::SignedReport;
use crate::documents::{PcidDropped, Refusal, SignedDocument, sign_without_leaf};
use crate::{Digest, ProvisioningError, Reason};

/// A signed report, to be sent until it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The signed octets.
    pub octets: Vec<u8>,
    /// The object's digest.
    pub digest: Digest,
}

/// The backend's signature slot as a signer, for the time of one signature.
struct SlotSigner<'a, B: Backend> {
    backend: RefCell<&'a mut B>,
    algorithm: SignatureAlgorithm,
}

impl<B: Backend> Signer for SlotSigner<'_, B> {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.backend
            .borrow_mut()
            .sign(KeySlot::Signature, message)
            .map_err(SignerError::new)
    }
}

impl<B: Backend> Tre<B> {
    /// Reports to the DRF why a document was not taken; `None` if it was
    /// reported before.
    ///
    /// # Errors
    /// A restored state; what the backend says.
    pub fn refuse(
        &mut self,
        document: Digest,
        reason: Reason,
    ) -> Result<Option<Report>, ProvisioningError> {
        self.require_current_state()?;
        if !self.state.first_refusal(document) {
            return Ok(None);
        }
        let seq = self.next_seq()?;
        let refusal = Refusal {
            tre_id: self.state.tre_id.clone(),
            document,
            reason,
            seq,
        };
        let (octets, digest) = self.sign(&refusal)?;
        Ok(Some(Report { octets, digest }))
    }

    /// Erases the PCID and says so, signed: from here on there is no way back to
    /// it. `None` if there is none any more.
    ///
    /// # Errors
    /// A restored state; an open order, which may need it; `pcid-active` while
    /// it is in use; what the backend says.
    pub fn drop_pcid(&mut self) -> Result<Option<Report>, ProvisioningError> {
        self.require_current_state()?;
        if self.state.order.is_some() {
            return Err(ProvisioningError::OutOfOrder("an order is open"));
        }
        let Some(slot) = self.state.pcid() else {
            return Ok(None);
        };
        let (mcim_id, home) = (slot.mcim_id, slot.home.clone());
        if mcim_id == self.state.active {
            return Err(ProvisioningError::refused("pcid-active"));
        }
        // A TRE that was made before PCIDs could be dropped does not know whose
        // it has.
        let sho_id = home.ok_or(ProvisioningError::refused("pcid-operator-unknown"))?;
        let dropped = PcidDropped {
            tre_id: self.state.tre_id.clone(),
            sho_id,
            mcim_id,
            seq: self.next_seq()?,
        };
        let (octets, digest) = self.sign(&dropped)?;
        self.state.erase(mcim_id);
        Ok(Some(Report { octets, digest }))
    }

    pub(super) fn sign<D: SignedDocument>(
        &mut self,
        document: &D,
    ) -> Result<(Vec<u8>, Digest), ProvisioningError> {
        let spki = self.backend.public_key(KeySlot::Signature)?;
        let algorithm = match PublicKey::from_spki(&spki)?.kind() {
            KeyKind::EcP256 => SignatureAlgorithm::EcdsaP256Sha256,
            KeyKind::Rsa => SignatureAlgorithm::RsaPkcs1Sha256,
        };
        let signer = SlotSigner {
            backend: RefCell::new(&mut self.backend),
            algorithm,
        };
        sign_without_leaf(document, &signer)
    }

    pub(super) fn sign_report<D: SignedDocument>(
        &mut self,
        document: &D,
        seq: u64,
    ) -> Result<SignedReport, ProvisioningError> {
        let (octets, digest) = self.sign(document)?;
        Ok(SignedReport {
            octets,
            digest,
            seq,
        })
    }

    pub(super) fn next_seq(&mut self) -> Result<u64, ProvisioningError> {
        let seq = self
            .state
            .seq
            .checked_add(1)
            .ok_or(ProvisioningError::refused("seq-exhausted"))?;
        self.state.seq = seq;
        self.changed = true;
        Ok(seq)
    }
}

impl From<SignedReport> for Report {
    fn from(report: SignedReport) -> Self {
        Self {
            octets: report.octets,
            digest: report.digest,
        }
    }
}
