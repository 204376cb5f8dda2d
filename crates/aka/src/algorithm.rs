//! The functions f1 to f5* of TS 33.102 clause 6.3.2, whichever algorithm set a
//! subscriber has.

use secret::Secret;

use crate::value::{Res, Value};
use crate::{AkaError, Amf, AuthenticationVector, Milenage, Rand, Sqn, Tuak};

/// The inputs of one authentication vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The random challenge.
    pub rand: Rand,
    /// The sequence number.
    pub sqn: Sqn,
    /// The authentication management field.
    pub amf: Amf,
}

/// What f1 to f5* give for one challenge, in the lengths that the algorithm is
/// set to.
pub struct Outputs {
    /// f1: network authentication code, 8, 16 or 32 octets.
    pub mac_a: Value<32>,
    /// f1*: resynchronisation authentication code, as long as MAC-A.
    pub mac_s: Value<32>,
    /// f2: expected response, 4, 8, 16 or 32 octets.
    pub xres: Value<32>,
    /// f3: cipher key, 16 or 32 octets.
    pub ck: Value<32>,
    /// f4: integrity key, 16 or 32 octets.
    pub ik: Value<32>,
    /// f5: anonymity key.
    pub ak: Secret<[u8; 6]>,
    /// f5*: anonymity key for resynchronisation.
    pub ak_s: Secret<[u8; 6]>,
}

/// What f2 to f5 give for one RAND, in the lengths of an authentication vector.
pub struct Keys {
    /// f2: response, 4 to 16 octets.
    pub res: Res,
    /// f3: cipher key.
    pub ck: Secret<[u8; 16]>,
    /// f4: integrity key.
    pub ik: Secret<[u8; 16]>,
    /// f5: anonymity key.
    pub ak: Secret<[u8; 6]>,
}

pub(crate) mod sealed {
    /// Only the algorithm sets of this crate.
    pub trait Sealed {}
}

/// An algorithm set with one subscriber's key, in the lengths of TS 33.102
/// clause 6.3.7: MAC of 64 bits, CK and IK of 128, RES of 32 to 128.
pub trait AlgorithmSet: sealed::Sealed {
    /// MAC-A.
    fn f1(&self, challenge: &Challenge) -> [u8; 8];

    /// MAC-S.
    fn f1_star(&self, challenge: &Challenge) -> [u8; 8];

    /// RES, CK, IK and AK.
    fn f2345(&self, rand: &Rand) -> Keys;

    /// AK* of a resynchronisation.
    fn f5_star(&self, rand: &Rand) -> Secret<[u8; 6]>;

    /// The vector of one challenge.
    fn vector(&self, challenge: &Challenge) -> AuthenticationVector;

    /// Appends a vector for each challenge, in their order. Many at once cost
    /// less than one by one. A `Vec` that has vectors and too little room leaves
    /// copies behind that are not wiped when it grows.
    fn vectors(&self, challenges: &[Challenge], out: &mut Vec<AuthenticationVector>);
}

/// MILENAGE or TUAK, in the lengths of an authentication vector.
#[derive(Clone)]
pub struct Algorithm(Set);

#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "MILENAGE, the larger one, is what nearly all subscribers have"
)]
enum Set {
    Milenage(Milenage),
    Tuak(Tuak),
}

impl From<Milenage> for Algorithm {
    fn from(milenage: Milenage) -> Self {
        Self(Set::Milenage(milenage))
    }
}

impl TryFrom<Tuak> for Algorithm {
    type Error = AkaError;

    /// # Errors
    /// [`AkaError::LengthUnsupported`] for a MAC that AUTN can't carry, a RES
    /// above 128 bits, or CK or IK of 256 bits (TS 33.102 clause 6.3.7).
    fn try_from(tuak: Tuak) -> Result<Self, AkaError> {
        tuak.lengths().for_vectors()?;
        Ok(Self(Set::Tuak(tuak)))
    }
}

impl sealed::Sealed for Algorithm {}

impl AlgorithmSet for Algorithm {
    fn f1(&self, challenge: &Challenge) -> [u8; 8] {
        match &self.0 {
            Set::Milenage(set) => set.f1(challenge),
            Set::Tuak(set) => set.short_f1(challenge),
        }
    }

    fn f1_star(&self, challenge: &Challenge) -> [u8; 8] {
        match &self.0 {
            Set::Milenage(set) => set.f1_star(challenge),
            Set::Tuak(set) => set.short_f1_star(challenge),
        }
    }

    fn f2345(&self, rand: &Rand) -> Keys {
        match &self.0 {
            Set::Milenage(set) => set.f2345(rand),
            Set::Tuak(set) => set.short_f2345(rand),
        }
    }

    fn f5_star(&self, rand: &Rand) -> Secret<[u8; 6]> {
        match &self.0 {
            Set::Milenage(set) => set.f5_star(rand),
            Set::Tuak(set) => set.f5_star(rand),
        }
    }

    fn vector(&self, challenge: &Challenge) -> AuthenticationVector {
        match &self.0 {
            Set::Milenage(set) => set.vector(challenge),
            Set::Tuak(set) => set.short_vector(challenge),
        }
    }

    fn vectors(&self, challenges: &[Challenge], out: &mut Vec<AuthenticationVector>) {
        match &self.0 {
            Set::Milenage(set) => set.vectors(challenges, out),
            Set::Tuak(set) => set.short_vectors(challenges, out),
        }
    }
}
