//! M2MMobj, step 5 (TR 33.812 B.2.3.4 II; docs/operator-change.md section 6).

use ::tre::TreId;
use trust::ShoId;
use xmldsig::{DocumentType, Fields, ObjectWriter, XmlDsigError};

use super::SignedDocument;
use super::fields::{number, numbers, parsed};
use crate::{Digest, Nonce, OrderId, ProvisioningError};

/// What kind of TRE it is: the DPF picks the package's variant by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreInfo {
    /// `java`, `stip`, `native` or `other`.
    pub kind: String,
    /// The model's name.
    pub model: String,
    /// The firmware's version.
    pub firmware: String,
    /// Envelope suites.
    pub suites: Vec<u8>,
    /// Authentication algorithms: 1 MILENAGE, 2 TUAK.
    pub algorithms: Vec<u8>,
    /// Slots for an MCIM that are free.
    pub free_slots: u32,
}

/// The TRE's signed request for its MCIM: the object M2MMobj.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningRequest {
    /// Who asks.
    pub tre_id: TreId,
    /// For which order.
    pub order_id: OrderId,
    /// The count of sessions in this order, from 1.
    pub attempt: u32,
    /// The new operator.
    pub sho_id: ShoId,
    /// The new operator's anchor as the TRE holds it.
    pub anchor_spki: Digest,
    /// The TRE's count of changes.
    pub switch_counter: u64,
    /// What kind of TRE it is.
    pub info: TreInfo,
    /// The order's nonce, from the credentials.
    pub nonce_a: Nonce,
    /// This session's nonce.
    pub nonce_b: Nonce,
}

impl SignedDocument for ProvisioningRequest {
    const TYPE: DocumentType = DocumentType::M2mmObj;
    const FIELDS: &'static [&'static str] = &[
        "TreId",
        "OrderId",
        "Attempt",
        "ShoId",
        "AnchorSpkiSha256",
        "SwitchCounter",
        "TreInfo",
        "NonceA",
        "NonceB",
    ];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("OrderId", &self.order_id.to_string())?
            .field("Attempt", &self.attempt.to_string())?
            .field("ShoId", &self.sho_id.to_string())?
            .field("AnchorSpkiSha256", &self.anchor_spki.to_string())?
            .field("SwitchCounter", &self.switch_counter.to_string())?
            .group("TreInfo", |group| {
                group
                    .field("Type", &self.info.kind)?
                    .field("Model", &self.info.model)?
                    .field("FwVer", &self.info.firmware)?
                    .field("Suites", &list(&self.info.suites))?
                    .field("Algs", &list(&self.info.algorithms))?
                    .field("FreeSlots", &self.info.free_slots.to_string())?;
                Ok(())
            })?
            .field("NonceA", &self.nonce_a.to_string())?
            .field("NonceB", &self.nonce_b.to_string())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        let info = fields.group("TreInfo")?;
        info.expect_only(&["Type", "Model", "FwVer", "Suites", "Algs", "FreeSlots"])?;
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            order_id: parsed(fields, "OrderId")?,
            attempt: number(fields, "Attempt")?,
            sho_id: parsed(fields, "ShoId")?,
            anchor_spki: parsed(fields, "AnchorSpkiSha256")?,
            switch_counter: number(fields, "SwitchCounter")?,
            info: TreInfo {
                kind: info.field("Type")?.to_owned(),
                model: info.field("Model")?.to_owned(),
                firmware: info.field("FwVer")?.to_owned(),
                suites: numbers(info, "Suites")?,
                algorithms: numbers(info, "Algs")?,
                free_slots: number(info, "FreeSlots")?,
            },
            nonce_a: parsed(fields, "NonceA")?,
            nonce_b: parsed(fields, "NonceB")?,
        })
    }
}

fn list(numbers: &[u8]) -> String {
    numbers
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}
