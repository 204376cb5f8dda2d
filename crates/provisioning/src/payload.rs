//! The payload inside an envelope's `data` (docs/operator-change.md section 2):
//! TLV with a one-octet tag and a two-octet length, ascending, each tag at most
//! once. Unknown tags below 80 are refused, others skipped.

mod credentials;
mod keys;
mod mcim;
mod tlv;

pub use credentials::{Credentials, prov_urls_digest};
pub use keys::{AlgorithmId, MilenageKeys, OperatorConstants, SubscriberKeys, TuakKeys};
pub use mcim::Mcim;

use ::tre::TreId;
use trust::ShoId;

use crate::payload::tlv::{Reader, Writer};
use crate::{Digest, OrderId, ProvisioningError};

/// What every payload repeats from its outer message, so that neither can be
/// put with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The TRE that the payload is for.
    pub tre_id: TreId,
    /// The order.
    pub order_id: OrderId,
    /// SHA-256 of the SubjectPublicKeyInfo of the new operator's anchor.
    pub anchor_spki: Digest,
    /// The new operator.
    pub sho_id: ShoId,
}

impl Binding {
    fn write(&self, writer: &mut Writer) -> Result<(), ProvisioningError> {
        writer.put(0x01, self.tre_id.as_str().as_bytes())?;
        writer.put(0x02, &self.order_id.0)?;
        writer.put(0x03, &self.anchor_spki.0)?;
        writer.put(0x04, self.sho_id.to_string().as_bytes())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: reader.text(0x01)?.parse()?,
            order_id: reader.octets(0x02)?.try_into()?,
            anchor_spki: reader.octets(0x03)?.try_into()?,
            sho_id: reader.text(0x04)?.parse()?,
        })
    }

    /// Refuses a payload that was made for another message.
    ///
    /// # Errors
    /// `envelope-binding`: TRE_id, OrderId, SHO_id or anchor differ. This is
    /// what stops an old operator from passing on, in its own bootstrap, an
    /// envelope that the new one made for its own anchor.
    pub fn expect(&self, outer: &Self) -> Result<(), ProvisioningError> {
        if self == outer {
            Ok(())
        } else {
            Err(ProvisioningError::refused("envelope-binding"))
        }
    }
}
