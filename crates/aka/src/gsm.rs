//! Triplets for a GSM serving network, TS 33.102 clause 6.8.1.2 (the conversion
//! functions c2 and c3) and TS 55.205.

use secret::Secret;

use crate::AuthenticationVector;

/// Which of the two SRES derivations of TS 55.205 clause 4 to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SresConversion {
    /// SRES derivation 1: the halves of XRES, added. This is c2 of TS 33.102.
    Folded,
    /// SRES derivation 2: the first half of XRES.
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
        let xres = u64::from_be_bytes(*vector.xres.expose());
        let sres = match conversion {
            SresConversion::Folded => (xres >> 32) ^ (xres & 0xffff_ffff),
            SresConversion::Truncated => xres >> 32,
        };
        let [_, _, _, _, sres @ ..] = sres.to_be_bytes();
        let keys =
            u128::from_be_bytes(*vector.ck.expose()) ^ u128::from_be_bytes(*vector.ik.expose());
        let [_, _, _, _, _, _, _, _, kc @ ..] = (keys ^ (keys >> 64)).to_be_bytes();
        Self {
            sres: Secret::new(sres),
            kc: Secret::new(kc),
        }
    }
}
