//! Authentication vectors and their parts, TS 33.102 clause 6.3.2.

use secret::Secret;

use crate::{Milenage, Outputs, Sqn};

/// The 16-octet challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rand(pub [u8; 16]);

/// The authentication management field, two octets. Bit 0, the first, is the
/// separation bit of EPS (TS 33.102 annex H).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amf(pub [u8; 2]);

impl Amf {
    /// The all-zero AMF* that every AUTS is made with (clause 6.3.3).
    pub const RESYNC: Self = Self([0, 0]);
}

/// (SQN ⊕ AK) | AMF | MAC-A, 16 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Autn(pub [u8; 16]);

/// What a home network gives a serving network for one authentication.
pub struct AuthenticationVector {
    /// The challenge.
    pub rand: Rand,
    /// What the network proves itself with.
    pub autn: Autn,
    /// The response to expect, 8 octets for MILENAGE.
    pub xres: Secret<[u8; 8]>,
    /// Cipher key.
    pub ck: Secret<[u8; 16]>,
    /// Integrity key.
    pub ik: Secret<[u8; 16]>,
}

impl Autn {
    /// Puts an AUTN together.
    #[must_use]
    pub fn new(sqn: Sqn, ak: &Secret<[u8; 6]>, amf: Amf, mac_a: [u8; 8]) -> Self {
        let mut out = [0; 16];
        let concealed = sqn.concealed(ak);
        for (to, from) in out
            .iter_mut()
            .zip(concealed.iter().chain(&amf.0).chain(&mac_a))
        {
            *to = *from;
        }
        Self(out)
    }

    /// SQN ⊕ AK, AMF and MAC-A.
    #[must_use]
    pub fn parts(&self) -> ([u8; 6], Amf, [u8; 8]) {
        let [s0, s1, s2, s3, s4, s5, a0, a1, mac @ ..] = self.0;
        ([s0, s1, s2, s3, s4, s5], Amf([a0, a1]), mac)
    }
}

impl AuthenticationVector {
    /// The vector of one RAND and SQN.
    #[must_use]
    pub fn new(milenage: &Milenage, rand: Rand, sqn: Sqn, amf: Amf) -> Self {
        let Outputs {
            mac_a,
            xres,
            ck,
            ik,
            ak,
            ..
        } = milenage.outputs(&rand, sqn, amf);
        Self {
            rand,
            autn: Autn::new(sqn, &ak, amf, mac_a),
            xres,
            ck,
            ik,
        }
    }
}
