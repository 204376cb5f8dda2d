//! MILENAGE, TS 35.206: the functions f1, f1*, f2, f3, f4, f5 and f5* over
//! AES-128 with an operator constant.

mod constants;

pub use constants::Constants;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use secret::Secret;

use crate::{Amf, Rand, Sqn};

/// The operator's constant, as an operator hands it out.
pub enum Operator {
    /// OP, the same for all subscribers; OPc is derived from it and K.
    Op(Secret<[u8; 16]>),
    /// OPc, derived for one K.
    Opc(Secret<[u8; 16]>),
}

/// One subscriber's MILENAGE: the key schedule is made once and wiped on drop.
#[derive(Clone)]
pub struct Milenage {
    cipher: Aes128,
    opc: Secret<[u8; 16]>,
    constants: Constants,
}

/// What f1 to f5* give for one RAND, SQN and AMF.
pub struct Outputs {
    /// f1: network authentication code, 8 octets.
    pub mac_a: [u8; 8],
    /// f1*: resynchronisation authentication code, 8 octets.
    pub mac_s: [u8; 8],
    /// f2: expected response, 8 octets.
    pub xres: Secret<[u8; 8]>,
    /// f3: cipher key.
    pub ck: Secret<[u8; 16]>,
    /// f4: integrity key.
    pub ik: Secret<[u8; 16]>,
    /// f5: anonymity key.
    pub ak: Secret<[u8; 6]>,
    /// f5*: anonymity key for resynchronisation.
    pub ak_s: Secret<[u8; 6]>,
}

impl Milenage {
    /// MILENAGE for `k` with the standard's example constants c and r.
    #[must_use]
    pub fn new(k: &Secret<[u8; 16]>, operator: &Operator) -> Self {
        Self::with_constants(k, operator, Constants::STANDARD)
    }

    /// MILENAGE with an operator's own constants (TS 35.206 clause 5.3).
    #[must_use]
    pub fn with_constants(k: &Secret<[u8; 16]>, operator: &Operator, constants: Constants) -> Self {
        let cipher = Aes128::new(k.expose().into());
        let opc = match operator {
            Operator::Opc(opc) => opc.clone(),
            Operator::Op(op) => {
                let op = u128::from_be_bytes(*op.expose());
                Secret::new((encrypt(&cipher, op) ^ op).to_be_bytes())
            }
        };
        Self {
            cipher,
            opc,
            constants,
        }
    }

    /// OPc, for provisioning: it goes into envelopes and sealed stores only.
    #[must_use]
    pub fn opc(&self) -> &Secret<[u8; 16]> {
        &self.opc
    }

    /// All seven functions at once (TS 35.206 clause 4.1).
    #[must_use]
    pub fn outputs(&self, rand: &Rand, sqn: Sqn, amf: Amf) -> Outputs {
        let temp = self.temp(rand);
        let (mac_a, mac_s) = self.f1(temp, sqn, amf);
        let out2 = self.out(temp, 1);
        Outputs {
            mac_a,
            mac_s,
            xres: Secret::new(low(out2)),
            ck: Secret::new(self.out(temp, 2).to_be_bytes()),
            ik: Secret::new(self.out(temp, 3).to_be_bytes()),
            ak: Secret::new(top(out2)),
            ak_s: Secret::new(top(self.out(temp, 4))),
        }
    }

    /// f1* and f5* alone, for an AUTS: MAC-S over `sqn` and `amf`, and AK*.
    pub(crate) fn resync(&self, rand: &Rand) -> (u128, Secret<[u8; 6]>) {
        let temp = self.temp(rand);
        (temp, Secret::new(top(self.out(temp, 4))))
    }

    /// f1 and f1* for a TEMP that [`Self::resync`] gave.
    pub(crate) fn f1(&self, temp: u128, sqn: Sqn, amf: Amf) -> ([u8; 8], [u8; 8]) {
        let half = u128::from(sqn.to_u64()) << 16 | u128::from(u16::from_be_bytes(amf.0));
        let in1 = half << 64 | half;
        let (rotation, constant) = self.constants.pair(0);
        let opc = self.opc();
        let opc = u128::from_be_bytes(*opc.expose());
        let block = temp ^ (in1 ^ opc).rotate_left(rotation) ^ constant;
        let out1 = encrypt(&self.cipher, block) ^ opc;
        (high(out1), low(out1))
    }

    fn temp(&self, rand: &Rand) -> u128 {
        let opc = u128::from_be_bytes(*self.opc.expose());
        encrypt(&self.cipher, u128::from_be_bytes(rand.0) ^ opc)
    }

    /// OUT2 to OUT5 for `index` 1 to 4.
    fn out(&self, temp: u128, index: usize) -> u128 {
        let opc = u128::from_be_bytes(*self.opc.expose());
        let (rotation, constant) = self.constants.pair(index);
        encrypt(&self.cipher, (temp ^ opc).rotate_left(rotation) ^ constant) ^ opc
    }
}

fn encrypt(cipher: &Aes128, block: u128) -> u128 {
    let mut block = block.to_be_bytes().into();
    cipher.encrypt_block(&mut block);
    u128::from_be_bytes(block.into())
}

/// The 48 most significant bits.
fn top(out: u128) -> [u8; 6] {
    let [a, b, c, d, e, f, ..] = out.to_be_bytes();
    [a, b, c, d, e, f]
}

/// The 64 most significant bits.
fn high(out: u128) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = out.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

/// The 64 least significant bits.
fn low(out: u128) -> [u8; 8] {
    let [.., a, b, c, d, e, f, g, h] = out.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}
