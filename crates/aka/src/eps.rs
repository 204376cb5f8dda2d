//! EPS authentication vectors, TS 33.401 clause 6.1.2, and KASME, annex A.2.

use secret::Secret;

use crate::value::Res;
use crate::{AkaError, AuthenticationVector, Autn, PlmnId, Rand, kdf};

/// FC of KASME.
const FC: u8 = 0x10;

/// What a home network gives an MME for one authentication. CK and IK stay at
/// home.
pub struct EpsVector {
    /// The challenge.
    pub rand: Rand,
    /// What the network proves itself with.
    pub autn: Autn,
    /// The response to expect.
    pub xres: Res,
    /// The key that all others of this access come from.
    pub kasme: Secret<[u8; 32]>,
}

impl EpsVector {
    /// The vector for one serving network.
    ///
    /// # Errors
    /// [`AkaError::SeparationBitMissing`] if the AMF does not keep CK and IK to
    /// EPS (TS 33.102 annex H).
    pub fn new(vector: AuthenticationVector, network: &PlmnId) -> Result<Self, AkaError> {
        vector.autn.separated()?;
        let kasme = kasme(
            &vector.ck,
            &vector.ik,
            network,
            &vector.autn.concealed_sqn(),
        );
        Ok(Self {
            rand: vector.rand,
            autn: vector.autn,
            xres: vector.xres,
            kasme,
        })
    }
}

/// KASME from CK, IK and SQN ⊕ AK; the device makes it in the same way.
#[must_use]
pub fn kasme(
    ck: &Secret<[u8; 16]>,
    ik: &Secret<[u8; 16]>,
    network: &PlmnId,
    concealed_sqn: &[u8; 6],
) -> Secret<[u8; 32]> {
    kdf::derive(
        kdf::joined(ck, ik).expose(),
        FC,
        [&network.sn_id(), concealed_sqn],
    )
}
