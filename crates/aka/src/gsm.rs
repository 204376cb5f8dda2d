//! Triplets for a GSM serving network, TS 33.102 clause 6.8.1.2 (the conversion
//! functions c2 and c3) and TS 55.205.

use secret::Secret;

use crate::AuthenticationVector;

/// Which of the two SRES derivations of TS 55.205 clause 4 to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SresConversion {
    /// SRES derivation 1: the quarters of XRES, zeros put after it up to 128 bits,
    /// added. This is c2 of TS 33.102.
    Folded,
    /// SRES derivation 2: the first four octets of XRES.
    Truncated,
}

/// SRES and Kc of one RAND.
pub struct GsmTriplet {
    /// The signed response, four octets.
    pub sres: Secret<[u8; 4]>,
    /// The cipher key of GSM, eight octets.
    pub kc: Secret<[u8; 8]>,
}

impl GsmTriplet {
    /// The triplet that goes with an authentication vector.
    #[must_use]
    pub fn new(vector: &AuthenticationVector, conversion: SresConversion) -> Self {
        let quarters = vector.xres.padded().as_chunks::<4>().0.iter();
        let mut quarters = quarters.map(|quarter| u32::from_be_bytes(*quarter));
        let sres = match conversion {
            SresConversion::Folded => quarters.fold(0, |sum, quarter| sum ^ quarter),
            SresConversion::Truncated => quarters.next().unwrap_or_default(),
        };
        let keys =
            u128::from_be_bytes(*vector.ck.expose()) ^ u128::from_be_bytes(*vector.ik.expose());
        let [_, _, _, _, _, _, _, _, kc @ ..] = (keys ^ (keys >> 64)).to_be_bytes();
        Self {
            sres: Secret::new(sres.to_be_bytes()),
            kc: Secret::new(kc),
        }
    }
}
