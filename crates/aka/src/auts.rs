//! Resynchronisation, TS 33.102 clauses 6.3.3 and 6.3.5: AUTS = SQN_MS ⊕ AK* |
//! MAC-S, with MAC-S over SQN_MS and AMF* = 0.

use secret::ct_eq;

use crate::{AkaError, Amf, Milenage, Rand, Sqn};

/// The 14 octets with which a USIM tells its highest SQN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auts(pub [u8; 14]);

impl Auts {
    /// What a USIM answers to `rand` when its highest accepted number is
    /// `sqn_ms`.
    #[must_use]
    pub fn new(milenage: &Milenage, rand: &Rand, sqn_ms: Sqn) -> Self {
        let (temp, ak) = milenage.resync(rand);
        let (_, mac_s) = milenage.f1(temp, sqn_ms, Amf::RESYNC);
        let mut out = [0; 14];
        for (to, from) in out
            .iter_mut()
            .zip(sqn_ms.concealed(&ak).iter().chain(&mac_s))
        {
            *to = *from;
        }
        Self(out)
    }

    /// SQN_MS, once MAC-S has shown that the subscriber's own USIM sent it for
    /// this `rand`.
    ///
    /// # Errors
    /// [`AkaError::AutsInvalid`] if MAC-S is wrong.
    pub fn verify(&self, milenage: &Milenage, rand: &Rand) -> Result<Sqn, AkaError> {
        let [s0, s1, s2, s3, s4, s5, received @ ..] = self.0;
        let (temp, ak) = milenage.resync(rand);
        let sqn_ms = Sqn::revealed([s0, s1, s2, s3, s4, s5], &ak);
        let (_, mac_s) = milenage.f1(temp, sqn_ms, Amf::RESYNC);
        if ct_eq(&mac_s, &received) {
            Ok(sqn_ms)
        } else {
            Err(AkaError::AutsInvalid)
        }
    }
}
