//! The TRE's word that it erased its PCID (docs/operator-change.md section 9,
//! docs/pcids.md): the registration operator may use the number again.

use ::tre::TreId;
use trust::ShoId;
use xmldsig::{DocumentType, Fields, ObjectWriter, XmlDsigError};

use super::SignedDocument;
use super::fields::{number, parsed};
use crate::{McimId, ProvisioningError};

/// TRE to the operator of its PCID, by whatever carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcidDropped {
    /// Who signs.
    pub tre_id: TreId,
    /// The operator whose PCID it was.
    pub sho_id: ShoId,
    /// The name of what was erased.
    pub mcim_id: McimId,
    /// The TRE's count of signed reports.
    pub seq: u64,
}

impl SignedDocument for PcidDropped {
    const TYPE: DocumentType = DocumentType::PcidDropped;
    const FIELDS: &'static [&'static str] = &["TreId", "ShoId", "McimId", "Seq"];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("ShoId", &self.sho_id.to_string())?
            .field("McimId", &self.mcim_id.to_string())?
            .field("Seq", &self.seq.to_string())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            sho_id: parsed(fields, "ShoId")?,
            mcim_id: parsed(fields, "McimId")?,
            seq: number(fields, "Seq")?,
        })
    }
}
