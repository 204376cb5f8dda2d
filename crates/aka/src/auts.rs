//! Resynchronisation, TS 33.102 clauses 6.3.3 and 6.3.5: AUTS = SQN_MS ⊕ AK* |
//! MAC-S, with MAC-S over SQN_MS and AMF* = 0.

use secret::ct_eq;

use crate::{AkaError, AlgorithmSet, Amf, Challenge, Rand, Sqn};

/// The 14 octets with which a USIM tells its highest SQN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auts(pub [u8; 14]);

impl Auts {
    /// What a USIM answers to `rand` when its highest accepted number is
    /// `sqn_ms`.
    #[must_use]
    pub fn new<A: AlgorithmSet + ?Sized>(algorithm: &A, rand: &Rand, sqn_ms: Sqn) -> Self {
        let ak = algorithm.f5_star(rand);
        let mac_s = algorithm.f1_star(&resync(rand, sqn_ms));
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
    pub fn verify<A: AlgorithmSet + ?Sized>(
        &self,
        algorithm: &A,
        rand: &Rand,
    ) -> Result<Sqn, AkaError> {
        match self.examine(algorithm, rand) {
            (sqn_ms, true) => Ok(sqn_ms),
            _ => Err(AkaError::AutsInvalid),
        }
    }

    /// What would be SQN_MS, and whether MAC-S holds: to look at an AUTS, not to
    /// act on it.
    #[must_use]
    pub fn examine<A: AlgorithmSet + ?Sized>(&self, algorithm: &A, rand: &Rand) -> (Sqn, bool) {
        let [s0, s1, s2, s3, s4, s5, received @ ..] = self.0;
        let sqn_ms = Sqn::revealed([s0, s1, s2, s3, s4, s5], &algorithm.f5_star(rand));
        let mac_s = algorithm.f1_star(&resync(rand, sqn_ms));
        (sqn_ms, ct_eq(&mac_s, &received))
    }
}

fn resync(rand: &Rand, sqn: Sqn) -> Challenge {
    Challenge {
        rand: *rand,
        sqn,
        amf: Amf::RESYNC,
    }
}
