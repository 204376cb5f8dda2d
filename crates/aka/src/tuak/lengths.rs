//! The lengths of TUAK's outputs, TS 35.231 clause 5, and which of them an
//! authentication vector carries.

use crate::AkaError;

/// MAC, RES, CK and IK in bits, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuakLengths {
    mac: u16,
    res: u16,
    ck: u16,
    ik: u16,
}

impl TuakLengths {
    /// MAC and RES of 64 bits, CK and IK of 128: as MILENAGE has them.
    pub const LIKE_MILENAGE: Self = Self {
        mac: 64,
        res: 64,
        ck: 128,
        ik: 128,
    };

    /// Lengths in bits: MAC 64, 128 or 256; RES 32, 64, 128 or 256; CK and IK 128
    /// or 256.
    ///
    /// # Errors
    /// [`AkaError::LengthUnsupported`] for any other.
    pub fn new(mac: u16, res: u16, ck: u16, ik: u16) -> Result<Self, AkaError> {
        one_of("MAC", mac, &[64, 128, 256])?;
        one_of("RES", res, &[32, 64, 128, 256])?;
        one_of("CK", ck, &[128, 256])?;
        one_of("IK", ik, &[128, 256])?;
        Ok(Self { mac, res, ck, ik })
    }

    /// Whether an authentication vector can carry these (TS 33.102 clause 6.3.7).
    ///
    /// # Errors
    /// [`AkaError::LengthUnsupported`] for a MAC other than 64 bits, a RES of 256,
    /// CK or IK of 256.
    pub fn for_vectors(self) -> Result<(), AkaError> {
        one_of("MAC", self.mac, &[64])?;
        one_of("RES", self.res, &[32, 64, 128])?;
        one_of("CK", self.ck, &[128])?;
        one_of("IK", self.ik, &[128])
    }

    /// MAC in octets.
    #[must_use]
    pub fn mac(self) -> usize {
        usize::from(self.mac) / 8
    }

    /// RES in octets.
    #[must_use]
    pub fn res(self) -> usize {
        usize::from(self.res) / 8
    }

    /// CK in octets.
    #[must_use]
    pub fn ck(self) -> usize {
        usize::from(self.ck) / 8
    }

    /// IK in octets.
    #[must_use]
    pub fn ik(self) -> usize {
        usize::from(self.ik) / 8
    }

    /// Bits 2 to 4 of INSTANCE for f1 and f1* (clauses 6.3 and 6.5).
    pub(super) fn mac_bits(self) -> u8 {
        match self.mac {
            256 => 0x20,
            128 => 0x10,
            _ => 0x08,
        }
    }

    /// Bits 2 to 6 of INSTANCE for f2 to f5 (clause 6.4).
    pub(super) fn key_bits(self) -> u8 {
        let res = match self.res {
            256 => 0x20,
            128 => 0x10,
            64 => 0x08,
            _ => 0,
        };
        let ck = if self.ck == 256 { 0x04 } else { 0 };
        let ik = if self.ik == 256 { 0x02 } else { 0 };
        res | ck | ik
    }
}

fn one_of(what: &'static str, bits: u16, known: &[u16]) -> Result<(), AkaError> {
    if known.contains(&bits) {
        Ok(())
    } else {
        Err(AkaError::LengthUnsupported { what, bits })
    }
}
