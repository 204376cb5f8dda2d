//! What a TRE remembers (docs/operator-change.md section 7, "TRE state"), as
//! JSON inside the sealed octets.

use ::tre::TreId;
use aka::usim::SqnArray;
use aka::{Imsi, Ind, Seq};
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use trust::{Anchor, ShoId};

use super::certificate;
use crate::payload::SubscriberKeys;
use crate::stored;
use crate::{Digest, McimId, Nonce, OrderId, ProvisioningError, Terms};

const VERSION: u8 = 1;
/// How many nonceAs are remembered (section 5).
const NONCES: usize = 16;
/// How many refused documents are remembered, so that each is reported once.
const REFUSED: usize = 16;

/// The initial credentials: the PCID with its K (TR 33.812 B.2.2.1).
pub struct Pcid {
    /// Its form is an IMSI's.
    pub imsi: Imsi,
    /// Its keys.
    pub keys: SubscriberKeys,
    /// Whether a group of TREs has them: they prove no TRE_id then.
    pub shared: bool,
}

/// What the supplier puts into a TRE.
pub struct MadeTre {
    /// The TRE's name.
    pub tre_id: TreId,
    /// CertTRE for signatures (or for both uses), DER.
    pub signature_certificate: Vec<u8>,
    /// CertTRE for envelopes, DER, if there are two.
    pub envelope_certificate: Option<Vec<u8>>,
    /// SHO[0].
    pub sho_id: ShoId,
    /// CertSHO[0], DER.
    pub anchor: Vec<u8>,
    /// The initial credentials.
    pub pcid: Pcid,
    /// Their name among the MCIMs.
    pub pcid_mcim: McimId,
    /// What kind of TRE it is.
    pub kind: TreKind,
}

/// What TreInfo says of the make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreKind {
    /// `java`, `stip`, `native` or `other`.
    pub kind: String,
    /// The model's name.
    pub model: String,
    /// The firmware's version.
    pub firmware: String,
}

/// Where an order stands in the TRE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The bootstrap was accepted; waits for the package.
    Candidate,
    /// The MCIM is in its slot; waits for the DPF's Status.
    Installed,
    /// The new MCIM is active; waits for an attach, until T_attach.
    Probation,
    /// `attached` is signed; waits for the decision.
    Attached,
    /// `failed` is signed and the old MCIM active; waits for the decision.
    Failed,
    /// Committed; the outcome waits for its answer.
    Committed,
    /// Rolled back; the outcome waits for its answer.
    RolledBack,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TreState {
    version: u8,
    #[serde(with = "stored::text")]
    pub(super) tre_id: TreId,
    #[serde(with = "stored::base64")]
    pub(super) signature_certificate: Vec<u8>,
    #[serde(with = "stored::maybe_base64")]
    pub(super) envelope_certificate: Option<Vec<u8>>,
    pub(super) kind: TreKind,
    pub(super) current: Operator,
    pub(super) switch_counter: u64,
    pub(super) ctx_version: u32,
    #[serde(with = "stored::maybe_text")]
    pub(super) last_bootstrap: Option<Digest>,
    nonces: Vec<StoredNonce>,
    pub(super) seq: u64,
    refused: Vec<StoredDigest>,
    slots: Vec<Slot>,
    #[serde(with = "stored::text")]
    pub(super) active: McimId,
    erased: Vec<StoredMcim>,
    pub(super) order: Option<Order>,
}

/// An operator and its anchor.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Operator {
    #[serde(with = "stored::text")]
    pub(super) sho_id: ShoId,
    #[serde(with = "stored::base64")]
    pub(super) anchor: Vec<u8>,
}

/// One MCIM, or the PCID.
#[derive(Serialize, Deserialize)]
pub(super) struct Slot {
    #[serde(with = "stored::text")]
    pub(super) mcim_id: McimId,
    #[serde(with = "stored::text")]
    pub(super) imsi: Imsi,
    #[serde(flatten, with = "stored::keys")]
    keys: SubscriberKeys,
    /// The highest SEQ of each IND.
    seqs: Vec<u64>,
    pub(super) is_pcid: bool,
    /// Of a PCID: whose it is, and whether a group has it.
    #[serde(default, with = "stored::maybe_text")]
    pub(super) home: Option<ShoId>,
    #[serde(default)]
    pub(super) shared: bool,
}

/// The open order.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    #[serde(with = "stored::text")]
    pub(super) order_id: OrderId,
    #[serde(with = "stored::text")]
    pub(super) from: ShoId,
    pub(super) to: Operator,
    pub(super) terms: Terms,
    #[serde(with = "stored::moment")]
    pub(super) expires: Timestamp,
    #[serde(with = "stored::text")]
    pub(super) nonce_a: Nonce,
    pub(super) attempt: u32,
    #[serde(with = "stored::maybe_text")]
    pub(super) nonce_b: Option<Nonce>,
    #[serde(with = "stored::maybe_text")]
    pub(super) mcim_id: Option<McimId>,
    /// The MCIM to go back to.
    #[serde(with = "stored::maybe_text")]
    pub(super) previous: Option<McimId>,
    pub(super) phase: Phase,
    /// Powered-on time in probation, or since the confirmation.
    pub(super) powered_ms: u64,
    /// The new MCIM authenticated a network in this probation.
    pub(super) authenticated: bool,
    pub(super) confirmation: Option<SignedReport>,
    #[serde(with = "stored::maybe_text")]
    pub(super) decision: Option<Digest>,
    pub(super) outcome: Option<SignedReport>,
    pub(super) sent: u32,
}

/// A report as signed: the same octets for ever after.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SignedReport {
    #[serde(with = "stored::base64")]
    pub(super) octets: Vec<u8>,
    #[serde(with = "stored::text")]
    pub(super) digest: Digest,
    pub(super) seq: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredNonce(#[serde(with = "stored::text")] Nonce);
#[derive(Serialize, Deserialize)]
struct StoredDigest(#[serde(with = "stored::text")] Digest);
#[derive(Serialize, Deserialize)]
struct StoredMcim(#[serde(with = "stored::text")] McimId);

impl TreState {
    pub(super) fn new(made: MadeTre) -> Result<Self, ProvisioningError> {
        let current = Operator {
            sho_id: made.sho_id,
            anchor: made.anchor,
        };
        current.anchor()?;
        let mut slot = Slot::new(made.pcid_mcim, made.pcid.imsi, made.pcid.keys, true);
        slot.home = Some(current.sho_id.clone());
        slot.shared = made.pcid.shared;
        Ok(Self {
            version: VERSION,
            tre_id: made.tre_id,
            signature_certificate: made.signature_certificate,
            envelope_certificate: made.envelope_certificate,
            kind: made.kind,
            current,
            switch_counter: 0,
            ctx_version: 0,
            last_bootstrap: None,
            nonces: Vec::new(),
            seq: 0,
            refused: Vec::new(),
            active: slot.mcim_id,
            slots: vec![slot],
            erased: Vec::new(),
            order: None,
        })
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, ProvisioningError> {
        let state: Self = serde_json::from_slice(json)?;
        let whole =
            state.version == VERSION && state.slots.iter().any(|slot| slot.mcim_id == state.active);
        if whole {
            Ok(state)
        } else {
            Err(ProvisioningError::Unsupported(
                "a TRE state of another version",
            ))
        }
    }

    pub(super) fn slot(&self, mcim_id: McimId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.mcim_id == mcim_id)
    }

    pub(super) fn slot_mut(&mut self, mcim_id: McimId) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.mcim_id == mcim_id)
    }

    /// The slot in use. `new` and `from_json` make sure that it is there, and
    /// [`Self::erase`] keeps it.
    #[expect(
        clippy::expect_used,
        reason = "the invariant is kept by every constructor and by erase"
    )]
    pub(super) fn active_slot(&self) -> &Slot {
        self.slot(self.active).expect("the active MCIM has a slot")
    }

    /// The PCID's slot, as long as there is one.
    pub(super) fn pcid(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.is_pcid)
    }

    pub(super) fn used_slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn was_erased(&self, mcim_id: McimId) -> bool {
        self.erased.iter().any(|erased| erased.0 == mcim_id)
    }

    pub(super) fn add_slot(&mut self, slot: Slot) {
        self.slots.push(slot);
    }

    /// Erases the keys of an MCIM that is not in use and remembers its name.
    pub(super) fn erase(&mut self, mcim_id: McimId) {
        if mcim_id != self.active {
            self.slots.retain(|slot| slot.mcim_id != mcim_id);
            self.erased.push(StoredMcim(mcim_id));
        }
    }

    /// Makes room: the oldest MCIM that is neither the PCID nor in use nor
    /// needed by the order goes.
    pub(super) fn make_room(&mut self, slots: usize) -> Result<(), ProvisioningError> {
        if self.slots.len() < slots {
            return Ok(());
        }
        let spare = self
            .slots
            .iter()
            .find(|slot| !slot.is_pcid && slot.mcim_id != self.active);
        let spare = spare
            .map(|slot| slot.mcim_id)
            .ok_or(ProvisioningError::refused("no-free-slot"))?;
        self.erase(spare);
        Ok(())
    }

    pub(super) fn has_seen(&self, nonce: Nonce) -> bool {
        self.nonces.iter().any(|seen| seen.0 == nonce)
    }

    pub(super) fn remember(&mut self, nonce: Nonce) {
        self.nonces.push(StoredNonce(nonce));
        let surplus = self.nonces.len().saturating_sub(NONCES);
        self.nonces.drain(..surplus);
    }

    /// Whether this refused document was not reported yet; it counts as
    /// reported from here on.
    pub(super) fn first_refusal(&mut self, document: Digest) -> bool {
        if self.refused.iter().any(|seen| seen.0 == document) {
            return false;
        }
        self.refused.push(StoredDigest(document));
        let surplus = self.refused.len().saturating_sub(REFUSED);
        self.refused.drain(..surplus);
        true
    }
}

impl Operator {
    pub(super) fn anchor(&self) -> Result<Anchor, ProvisioningError> {
        Ok(Anchor::new(
            self.sho_id.clone(),
            certificate(&self.anchor)?,
        )?)
    }
}

impl Slot {
    pub(super) fn new(mcim_id: McimId, imsi: Imsi, keys: SubscriberKeys, is_pcid: bool) -> Self {
        Self {
            mcim_id,
            imsi,
            keys,
            seqs: vec![0; Ind::COUNT],
            is_pcid,
            home: None,
            shared: false,
        }
    }

    pub(super) fn keys(&self) -> &SubscriberKeys {
        &self.keys
    }

    pub(super) fn holds(&self, imsi: &Imsi, keys: &SubscriberKeys) -> bool {
        self.imsi == *imsi && self.keys.ct_eq(keys)
    }

    pub(super) fn sqn(&self) -> SqnArray {
        let mut seqs = [Seq::default(); Ind::COUNT];
        for (to, from) in seqs.iter_mut().zip(&self.seqs) {
            *to = Seq::new(*from).unwrap_or(Seq::MAX);
        }
        SqnArray::from_seqs(seqs)
    }

    pub(super) fn set_sqn(&mut self, array: &SqnArray) {
        self.seqs = array.seqs().iter().map(|seq| seq.to_u64()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the versions stored it that knew MILENAGE alone.
    #[test]
    fn a_slot_of_the_old_shape_is_read_and_its_keys_written_alike() {
        let old = r#"{"mcim_id":"01010101010101010101010101010101","imsi":"001010000000001","k":"BwcHBwcHBwcHBwcHBwcHBw==","opc":"CAgICAgICAgICAgICAgICA==","constants":null,"seqs":[3,4],"is_pcid":true}"#;
        let read: Slot = serde_json::from_str(old).unwrap();
        assert_eq!(read.keys().k(), [7; 16]);
        assert_eq!(read.keys().operator(), [8; 16]);
        let written = serde_json::to_string(&read).unwrap();
        let again: Slot = serde_json::from_str(&written).unwrap();
        assert!(again.keys().ct_eq(read.keys()));
        let keys =
            r#""k":"BwcHBwcHBwcHBwcHBwcHBw==","opc":"CAgICAgICAgICAgICAgICA==","constants":null"#;
        assert!(written.contains(keys), "{written}");
    }
}
