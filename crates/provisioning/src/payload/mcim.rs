//! The MCIM payload, tag 01 of `data` (docs/operator-change.md section 2).

use aka::{Constants, Imsi, Milenage, Operator};
use clock::Random;
use secret::{Secret, SecretBytes};

use super::{Binding, Reader, Writer};
use crate::{McimId, ProvisioningError};

const MILENAGE: u8 = 1;
/// r1 to r5 in an octet each, c1 to c5 in sixteen each.
const CONSTANTS: usize = 5 + 5 * 16;

/// K, OPc and, where the operator has its own, r and c.
#[derive(Clone)]
pub struct MilenageKeys {
    /// The subscriber key.
    pub k: Secret<[u8; 16]>,
    /// The operator's constant for this K.
    pub opc: Secret<[u8; 16]>,
    /// r1..r5 | c1..c5 in 85 octets; the standard's values when absent.
    pub constants: Option<Vec<u8>>,
}

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
    pub keys: MilenageKeys,
    /// T_attach in seconds, equal to the bootstrap's.
    pub t_attach: u32,
    /// T_ack in seconds, equal to the bootstrap's.
    pub t_ack: u32,
}

impl MilenageKeys {
    /// A new K, and the OPc that the operator's OP gives for it.
    pub fn random(op: &Secret<[u8; 16]>, random: &mut dyn Random) -> Self {
        let mut k = zeroize::Zeroizing::new([0; 16]);
        random.fill(k.as_mut());
        let k = Secret::new(*k);
        let opc = Milenage::new(&k, &Operator::Op(op.clone())).opc().clone();
        Self {
            k,
            opc,
            constants: None,
        }
    }

    /// The algorithm, ready to use.
    ///
    /// # Errors
    /// Constants that MILENAGE can't have.
    pub fn milenage(&self) -> Result<Milenage, ProvisioningError> {
        let operator = Operator::Opc(self.opc.clone());
        let constants = match &self.constants {
            None => Constants::STANDARD,
            Some(octets) => constants(octets)?,
        };
        Ok(Milenage::with_constants(&self.k, &operator, constants))
    }
}

fn constants(octets: &[u8]) -> Result<Constants, ProvisioningError> {
    let wrong = ProvisioningError::Malformed("r and c are 85 octets");
    if octets.len() != CONSTANTS {
        return Err(wrong);
    }
    let Some((r, rest)) = octets.split_first_chunk::<5>() else {
        return Err(wrong);
    };
    let mut c = [[0; 16]; 5];
    for (to, from) in c.iter_mut().zip(rest.as_chunks::<16>().0) {
        *to = *from;
    }
    Ok(Constants::new(*r, c)?)
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
        writer.put(0x12, self.keys.k.expose())?;
        writer.put(0x13, &[MILENAGE])?;
        writer.put(0x14, self.keys.opc.expose())?;
        if let Some(constants) = &self.keys.constants {
            writer.put(0x15, constants)?;
        }
        writer.put(0x17, &self.t_attach.to_be_bytes())?;
        writer.put(0x18, &self.t_ack.to_be_bytes())?;
        Ok(writer.finish())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// Anything malformed; `algorithm-unsupported` for TUAK and unknown
    /// algorithms.
    pub fn decode(octets: &[u8]) -> Result<Self, ProvisioningError> {
        let mut reader = Reader::new(octets)?;
        let binding = Binding::read(&mut reader)?;
        match reader.array(0x13)? {
            [MILENAGE] => {}

            _ => return Err(ProvisioningError::refused("algorithm-unsupported")),
        }
        let keys = MilenageKeys {
            k: Secret::new(reader.array(0x12)?),
            opc: Secret::new(reader.array(0x14)?),
            constants: reader.maybe(0x15).map(<[u8]>::to_vec),
        };
        keys.milenage()?;
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
