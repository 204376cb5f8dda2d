//! MILENAGE, TS 35.206: the functions f1, f1*, f2, f3, f4, f5 and f5* over
//! AES-128 with an operator constant. The key schedule is made once; blocks that
//! do not need each other go through AES together.

mod batch;
mod constants;

pub use constants::Constants;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};
use secret::Secret;
use zeroize::optimization_barrier;

use crate::algorithm::sealed::Sealed;
use crate::value::Value;
use crate::{AlgorithmSet, Amf, AuthenticationVector, Challenge, Keys, Outputs, Rand, Sqn};

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
                let [out] = encrypt(&cipher, [op]);
                Secret::new((out ^ op).to_be_bytes())
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
        let [out1, out2, out3, out4, out5] = self.outs([
            self.in1(temp, sqn, amf),
            self.in2345(temp, 1),
            self.in2345(temp, 2),
            self.in2345(temp, 3),
            self.in2345(temp, 4),
        ]);
        Outputs {
            mac_a: Value::new(&high(out1)),
            mac_s: Value::new(&low(out1)),
            xres: Value::new(&low(out2)),
            ck: Value::new(&out3.to_be_bytes()),
            ik: Value::new(&out4.to_be_bytes()),
            ak: Secret::new(top(out2)),
            ak_s: Secret::new(top(out5)),
        }
    }

    fn opc_number(&self) -> u128 {
        u128::from_be_bytes(*self.opc.expose())
    }

    fn temp(&self, rand: &Rand) -> u128 {
        let [temp] = encrypt(
            &self.cipher,
            [u128::from_be_bytes(rand.0) ^ self.opc_number()],
        );
        temp
    }

    /// What AES makes OUT1 of, but for the last addition of OPc.
    fn in1(&self, temp: u128, sqn: Sqn, amf: Amf) -> u128 {
        let half = u128::from(sqn.to_u64()) << 16 | u128::from(u16::from_be_bytes(amf.0));
        let in1 = half << 64 | half;
        let (rotation, constant) = self.constants.pair(0);
        temp ^ (in1 ^ self.opc_number()).rotate_left(rotation) ^ constant
    }

    /// The same for OUT2 to OUT5, `index` 1 to 4.
    fn in2345(&self, temp: u128, index: usize) -> u128 {
        let (rotation, constant) = self.constants.pair(index);
        (temp ^ self.opc_number()).rotate_left(rotation) ^ constant
    }

    /// OUT values of these inputs.
    fn outs<const N: usize>(&self, inputs: [u128; N]) -> [u128; N] {
        encrypt(&self.cipher, inputs).map(|out| out ^ self.opc_number())
    }
}

impl Sealed for Milenage {}

impl AlgorithmSet for Milenage {
    fn f1(&self, challenge: &Challenge) -> [u8; 8] {
        let temp = self.temp(&challenge.rand);
        let [out1] = self.outs([self.in1(temp, challenge.sqn, challenge.amf)]);
        high(out1)
    }

    fn f1_star(&self, challenge: &Challenge) -> [u8; 8] {
        let temp = self.temp(&challenge.rand);
        let [out1] = self.outs([self.in1(temp, challenge.sqn, challenge.amf)]);
        low(out1)
    }

    fn f2345(&self, rand: &Rand) -> Keys {
        let temp = self.temp(rand);
        let [out2, out3, out4] = self.outs([1, 2, 3].map(|index| self.in2345(temp, index)));
        Keys {
            res: Value::new(&low(out2)),
            ck: Secret::new(out3.to_be_bytes()),
            ik: Secret::new(out4.to_be_bytes()),
            ak: Secret::new(top(out2)),
        }
    }

    fn f5_star(&self, rand: &Rand) -> Secret<[u8; 6]> {
        let [out5] = self.outs([self.in2345(self.temp(rand), 4)]);
        Secret::new(top(out5))
    }

    fn vector(&self, challenge: &Challenge) -> AuthenticationVector {
        batch::one(self, challenge)
    }

    fn vectors(&self, challenges: &[Challenge], out: &mut Vec<AuthenticationVector>) {
        batch::vectors(self, challenges, out);
    }
}

/// AES over `N` blocks together; the blocks are wiped.
fn encrypt<const N: usize>(cipher: &Aes128, blocks: [u128; N]) -> [u128; N] {
    let mut blocks = blocks.map(|block| Block::from(block.to_be_bytes()));
    cipher.encrypt_blocks(&mut blocks);
    let out = blocks.each_ref().map(number);
    wipe(&mut blocks);
    out
}

fn number(block: &Block) -> u128 {
    u128::from_be_bytes((*block).into())
}

fn wipe(blocks: &mut [Block]) {
    blocks.fill(Block::default());
    optimization_barrier(blocks);
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
