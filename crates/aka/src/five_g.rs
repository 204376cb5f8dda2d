//! 5G authentication vectors, TS 33.501 clause 6.1.3.2, and their keys, annexes
//! A.2 (KAUSF), A.4 (RES*), A.5 (HXRES*) and A.6 (KSEAF).

use secret::Secret;
use sha2::{Digest, Sha256};

use crate::{AkaError, AuthenticationVector, Autn, NetworkName, Rand, kdf};

const FC_KAUSF: u8 = 0x6a;
const FC_RES: u8 = 0x6b;
const FC_KSEAF: u8 = 0x6c;

/// What a UDM gives an AUSF for one authentication, bound to one serving network.
pub struct FiveGVector {
    /// The challenge.
    pub rand: Rand,
    /// What the network proves itself with.
    pub autn: Autn,
    /// The response to expect.
    pub xres_star: Secret<[u8; 16]>,
    /// The home network's key.
    pub kausf: Secret<[u8; 32]>,
}

impl FiveGVector {
    /// The vector for one serving network.
    ///
    /// # Errors
    /// [`AkaError::SeparationBitMissing`] if the AMF does not keep CK and IK from
    /// UMTS (clause 6.1.3.2).
    pub fn new(vector: AuthenticationVector, network: &NetworkName) -> Result<Self, AkaError> {
        let AuthenticationVector {
            rand,
            autn,
            xres,
            ck,
            ik,
        } = vector;
        autn.separated()?;
        Ok(Self {
            rand,
            autn,
            xres_star: res_star(&ck, &ik, network, &rand, xres.expose()),
            kausf: kausf(&ck, &ik, network, &autn.concealed_sqn()),
        })
    }

    /// HXRES*, with which the serving network checks RES* before the home network
    /// does.
    #[must_use]
    pub fn hxres_star(&self) -> [u8; 16] {
        hres_star(&self.rand, &self.xres_star)
    }
}

/// KAUSF from CK, IK and SQN ⊕ AK.
#[must_use]
pub fn kausf(
    ck: &Secret<[u8; 16]>,
    ik: &Secret<[u8; 16]>,
    network: &NetworkName,
    concealed_sqn: &[u8; 6],
) -> Secret<[u8; 32]> {
    kdf::derive(
        kdf::joined(ck, ik).expose(),
        FC_KAUSF,
        [network.as_str().as_bytes(), concealed_sqn],
    )
}

/// RES* or XRES*: the last 16 octets of the derived value.
#[must_use]
pub fn res_star(
    ck: &Secret<[u8; 16]>,
    ik: &Secret<[u8; 16]>,
    network: &NetworkName,
    rand: &Rand,
    res: &[u8],
) -> Secret<[u8; 16]> {
    let derived = kdf::derive(
        kdf::joined(ck, ik).expose(),
        FC_RES,
        [network.as_str().as_bytes(), &rand.0, res],
    );
    let (_, last) = kdf::halves(&derived);
    last
}

/// HRES* or HXRES*: the last 16 octets of SHA-256(RAND | RES*).
#[must_use]
pub fn hres_star(rand: &Rand, res_star: &Secret<[u8; 16]>) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(rand.0)
        .chain_update(res_star.expose())
        .finalize()
        .into();
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = digest;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// KSEAF, the key that the serving network gets.
#[must_use]
pub fn kseaf(kausf: &Secret<[u8; 32]>, network: &NetworkName) -> Secret<[u8; 32]> {
    kdf::derive(kausf.expose(), FC_KSEAF, [network.as_str().as_bytes()])
}
