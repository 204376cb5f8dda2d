//! EAP-AKA': CK' and IK' of TS 33.402 annex A.2 (TS 33.501 annex A.3), the keys
//! of RFC 9048 clause 3.3, and KAUSF of TS 33.501 annex F.

use secret::Secret;

use crate::{AkaError, AuthenticationVector, Autn, NetworkName, Rand, Res, kdf};

const FC: u8 = 0x20;

/// An authentication vector whose CK' and IK' are bound to an access network.
pub struct EapVector {
    /// The challenge.
    pub rand: Rand,
    /// What the network proves itself with.
    pub autn: Autn,
    /// The response to expect.
    pub xres: Res,
    /// CK'.
    pub ck_prime: Secret<[u8; 16]>,
    /// IK'.
    pub ik_prime: Secret<[u8; 16]>,
}

/// The keys of one EAP-AKA' exchange.
pub struct EapKeys {
    /// Encrypts attributes.
    pub k_encr: Secret<[u8; 16]>,
    /// Authenticates messages.
    pub k_aut: Secret<[u8; 32]>,
    /// For a fast re-authentication.
    pub k_re: Secret<[u8; 32]>,
    /// Master session key.
    pub msk: Secret<[u8; 64]>,
    /// Extended master session key.
    pub emsk: Secret<[u8; 64]>,
}

impl EapVector {
    /// The vector for one access network.
    ///
    /// # Errors
    /// [`AkaError::SeparationBitMissing`] (TS 33.402 clause 6.2, TS 33.501 clause
    /// 6.1.3.1).
    pub fn new(vector: AuthenticationVector, network: &NetworkName) -> Result<Self, AkaError> {
        vector.autn.separated()?;
        let sqn = vector.autn.concealed_sqn();
        let (ck_prime, ik_prime) = primes(&vector.ck, &vector.ik, network, &sqn);
        Ok(Self {
            rand: vector.rand,
            autn: vector.autn,
            xres: vector.xres,
            ck_prime,
            ik_prime,
        })
    }
}

/// CK' and IK' from CK, IK and SQN ⊕ AK.
#[must_use]
pub fn primes(
    ck: &Secret<[u8; 16]>,
    ik: &Secret<[u8; 16]>,
    network: &NetworkName,
    concealed_sqn: &[u8; 6],
) -> (Secret<[u8; 16]>, Secret<[u8; 16]>) {
    kdf::halves(&kdf::derive(
        kdf::joined(ck, ik).expose(),
        FC,
        [network.as_str().as_bytes(), concealed_sqn],
    ))
}

impl EapKeys {
    /// The keys for the identity of the exchange, as RFC 9048 clause 3.3 says which
    /// one that is.
    #[must_use]
    pub fn new(ck_prime: &Secret<[u8; 16]>, ik_prime: &Secret<[u8; 16]>, identity: &[u8]) -> Self {
        let key = kdf::joined(ik_prime, ck_prime);
        let mut blocks = Blocks::new(key.expose(), identity);
        let (first, second) = (blocks.next(), blocks.next());
        let (third, fourth) = (blocks.next(), blocks.next());
        let (k_encr, head) = kdf::halves(&first);
        let (middle, re_head) = kdf::halves(&second);
        let (re_tail, msk0) = kdf::halves(&third);
        let (msk1, msk2) = kdf::halves(&fourth);
        let (msk3, emsk0) = kdf::halves(&blocks.next());
        let (emsk1, emsk2) = kdf::halves(&blocks.next());
        let (emsk3, _) = kdf::halves(&blocks.next());
        Self {
            k_encr,
            k_aut: kdf::joined(&head, &middle),
            k_re: kdf::joined(&re_head, &re_tail),
            msk: four([&msk0, &msk1, &msk2, &msk3]),
            emsk: four([&emsk0, &emsk1, &emsk2, &emsk3]),
        }
    }

    /// KAUSF: the first 32 octets of EMSK.
    #[must_use]
    pub fn kausf(&self) -> Secret<[u8; 32]> {
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(self.emsk.expose()) {
            *to = *from;
        }
        Secret::new(out)
    }
}

/// PRF' of RFC 9048 clause 3.4.1: T1 = HMAC(K, S | 1), Tn = HMAC(K, Tn-1 | S | n).
struct Blocks<'a> {
    key: &'a [u8],
    identity: &'a [u8],
    last: Option<Secret<[u8; 32]>>,
    count: u8,
}

impl<'a> Blocks<'a> {
    fn new(key: &'a [u8], identity: &'a [u8]) -> Self {
        Self {
            key,
            identity,
            last: None,
            count: 0,
        }
    }

    fn next(&mut self) -> Secret<[u8; 32]> {
        self.count += 1;
        let last = self
            .last
            .as_ref()
            .map_or(&[][..], |last| last.expose().as_slice());
        let block = kdf::hmac(self.key, &[last, b"EAP-AKA'", self.identity, &[self.count]]);
        self.last = Some(block.clone());
        block
    }
}

fn four(parts: [&Secret<[u8; 16]>; 4]) -> Secret<[u8; 64]> {
    let mut out = [0; 64];
    for (to, from) in out.as_chunks_mut::<16>().0.iter_mut().zip(parts) {
        *to = *from.expose();
    }
    Secret::new(out)
}
