//! Authentication vectors and their parts, TS 33.102 clause 6.3.2.

use secret::Secret;

use crate::value::Res;
use crate::{AkaError, AlgorithmSet, Challenge, Sqn};

/// The 16-octet challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rand(pub [u8; 16]);

/// The authentication management field, two octets. Bit 0, the first, is the
/// separation bit (TS 33.102 annex H).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amf(pub [u8; 2]);

/// The separation bit in the first octet of AMF.
const SEPARATION: u8 = 0x80;

impl Amf {
    /// The all-zero AMF* that every AUTS is made with (clause 6.3.3).
    pub const RESYNC: Self = Self([0, 0]);

    /// Whether CK and IK of this vector are for EPS, 5G and EAP-AKA' alone.
    #[must_use]
    pub const fn separation(self) -> bool {
        let [first, _] = self.0;
        first & SEPARATION != 0
    }

    /// The same AMF with the separation bit set or cleared.
    #[must_use]
    pub const fn with_separation(self, set: bool) -> Self {
        let [first, second] = self.0;
        Self(if set {
            [first | SEPARATION, second]
        } else {
            [first & !SEPARATION, second]
        })
    }
}

/// (SQN ⊕ AK) | AMF | MAC-A, 16 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Autn(pub [u8; 16]);

/// What a home network gives a serving network for one authentication, and what
/// the vectors of EPS, 5G and EAP-AKA' are made of.
pub struct AuthenticationVector {
    /// The challenge.
    pub rand: Rand,
    /// What the network proves itself with.
    pub autn: Autn,
    /// The response to expect, 4 to 16 octets; 8 for MILENAGE.
    pub xres: Res,
    /// Cipher key.
    pub ck: Secret<[u8; 16]>,
    /// Integrity key.
    pub ik: Secret<[u8; 16]>,
}

impl Autn {
    /// Puts an AUTN together.
    #[must_use]
    pub fn new(sqn: Sqn, ak: &Secret<[u8; 6]>, amf: Amf, mac_a: [u8; 8]) -> Self {
        Self::concealing(sqn, ak.expose(), amf, mac_a)
    }

    pub(crate) fn concealing(sqn: Sqn, ak: &[u8; 6], amf: Amf, mac_a: [u8; 8]) -> Self {
        let [s0, s1, s2, s3, s4, s5] = sqn.xor(ak);
        let [f0, f1] = amf.0;
        let [m0, m1, m2, m3, m4, m5, m6, m7] = mac_a;
        Self([
            s0, s1, s2, s3, s4, s5, f0, f1, m0, m1, m2, m3, m4, m5, m6, m7,
        ])
    }

    /// SQN ⊕ AK, AMF and MAC-A.
    #[must_use]
    pub fn parts(&self) -> ([u8; 6], Amf, [u8; 8]) {
        let [s0, s1, s2, s3, s4, s5, a0, a1, mac @ ..] = self.0;
        ([s0, s1, s2, s3, s4, s5], Amf([a0, a1]), mac)
    }

    /// SQN ⊕ AK alone.
    #[must_use]
    pub fn concealed_sqn(&self) -> [u8; 6] {
        let (concealed, ..) = self.parts();
        concealed
    }

    /// That EPS, 5G or EAP-AKA' may use this vector: a home network looks before it
    /// derives their keys, a device before it takes them (TS 33.401 clause 6.1.1,
    /// TS 33.501 clause 6.1.3).
    ///
    /// # Errors
    /// [`AkaError::SeparationBitMissing`] if the AMF has no separation bit.
    pub fn separated(&self) -> Result<(), AkaError> {
        let (_, amf, _) = self.parts();
        if amf.separation() {
            Ok(())
        } else {
            Err(AkaError::SeparationBitMissing)
        }
    }
}

impl AuthenticationVector {
    /// The vector of one RAND and SQN. For many at once see
    /// [`AlgorithmSet::vectors`].
    #[must_use]
    pub fn new<A: AlgorithmSet + ?Sized>(algorithm: &A, rand: Rand, sqn: Sqn, amf: Amf) -> Self {
        algorithm.vector(&Challenge { rand, sqn, amf })
    }
}
