//! The MCIM payload, tag 01 of `data` (docs/operator-change.md section 2).

use aka::Imsi;
use secret::SecretBytes;

use super::{Binding, Reader, SubscriberKeys, Writer};
use crate::{McimId, ProvisioningError};

/// A machine communications identity module: what makes a TRE a subscriber of
/// the new operator.
#[derive(Clone)]
pub struct Mcim {
    /// What the payload belongs to.
    pub binding: Binding,
    /// Its name, for ever.
    pub mcim_id: McimId,
    /// The subscriber.
    pub imsi: Imsi,
    /// The authentication algorithm's keys.
    pub keys: SubscriberKeys,
    /// T_attach in seconds, equal to the bootstrap's.
    pub t_attach: u32,
    /// T_ack in seconds, equal to the bootstrap's.
    pub t_ack: u32,
}

impl Mcim {
    /// The payload's octets.
    ///
    /// # Errors
    /// A field that is too long.
    pub fn encode(&self) -> Result<SecretBytes, ProvisioningError> {
        let mut writer = Writer::new();
        self.binding.write(&mut writer)?;
        writer.put(0x10, &self.mcim_id.0)?;
        writer.put(0x11, self.imsi.digits().as_bytes())?;
        self.keys.write(&mut writer)?;
        writer.put(0x17, &self.t_attach.to_be_bytes())?;
        writer.put(0x18, &self.t_ack.to_be_bytes())?;
        Ok(writer.finish())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// Anything malformed; `algorithm-unsupported` for an algorithm that this
    /// version does not know; `length-unsupported` for a TUAK whose outputs no
    /// authentication vector carries.
    pub fn decode(octets: &[u8]) -> Result<Self, ProvisioningError> {
        let mut reader = Reader::new(octets)?;
        let binding = Binding::read(&mut reader)?;
        let keys = SubscriberKeys::read(&mut reader)?;
        let mcim = Self {
            binding,
            mcim_id: reader.octets(0x10)?.try_into()?,
            imsi: reader.text(0x11)?.parse()?,
            keys,
            t_attach: reader.number(0x17)?,
            t_ack: reader.number(0x18)?,
        };
        reader.finish()?;
        Ok(mcim)
    }
}
