//! M2MMCIMMobj, step 7 (TR 33.812 B.2.3.4 V; docs/operator-change.md section 6).

use ::tre::TreId;
use xmldsig::{DocumentType, Fields, ObjectWriter, XmlDsigError};

use super::SignedDocument;
use super::fields::{base64, octets, parsed};
use crate::{McimId, Nonce, OrderId, ProvisioningError};

/// The sealed MCIM for one session: the object M2MMCIMMobj.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// For whom.
    pub tre_id: TreId,
    /// Of which order.
    pub order_id: OrderId,
    /// Which MCIM is inside.
    pub mcim_id: McimId,
    /// The nonce of the session in which it is given.
    pub nonce_b: Nonce,
    /// The envelope with the MCIM.
    pub envelope: Vec<u8>,
}

impl SignedDocument for Package {
    const TYPE: DocumentType = DocumentType::M2mmcimmObj;
    const FIELDS: &'static [&'static str] = &["TreId", "OrderId", "McimId", "NonceB", "Envelope"];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("OrderId", &self.order_id.to_string())?
            .field("McimId", &self.mcim_id.to_string())?
            .field("NonceB", &self.nonce_b.to_string())?
            .field("Envelope", &base64(&self.envelope))?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            order_id: parsed(fields, "OrderId")?,
            mcim_id: parsed(fields, "McimId")?,
            nonce_b: parsed(fields, "NonceB")?,
            envelope: octets(fields, "Envelope")?,
        })
    }
}
