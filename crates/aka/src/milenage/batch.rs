//! Many vectors of one key, TS 35.206 clause 4.1: TEMP of all challenges first,
//! then OUT1 to OUT4 of all, each through AES in one go.

use aes::Block;
use aes::cipher::BlockCipherEncrypt;
use secret::Secret;

use super::{Milenage, high, low, number, top, wipe};
use crate::value::Value;
use crate::{AuthenticationVector, Autn, Challenge};

/// Challenges that go through AES together: 64 blocks, which is what the widest
/// of today's AES instructions take at once.
const TOGETHER: usize = 16;

/// OUT1 to OUT4; OUT5 is for an AUTS alone.
const OUTS: usize = 4;

/// Up to here the buffers cost more than they save.
const FEW: usize = 2;

/// Appends a vector for each challenge.
pub(super) fn vectors(
    milenage: &Milenage,
    challenges: &[Challenge],
    out: &mut Vec<AuthenticationVector>,
) {
    out.reserve(challenges.len());
    if challenges.len() <= FEW {
        out.extend(challenges.iter().map(|challenge| one(milenage, challenge)));
        return;
    }
    let opc = milenage.opc_number();
    let mut temps = [Block::default(); TOGETHER];
    let mut outs = [[Block::default(); OUTS]; TOGETHER];
    for together in challenges.chunks(TOGETHER) {
        for (temp, challenge) in temps.iter_mut().zip(together) {
            let input = u128::from_be_bytes(challenge.rand.0) ^ opc;
            *temp = input.to_be_bytes().into();
        }
        let (used, _) = temps.split_at_mut(together.len());
        milenage.cipher.encrypt_blocks(used);
        for ((ins, temp), challenge) in outs.iter_mut().zip(used).zip(together) {
            let temp = number(temp);
            *ins = [
                milenage.in1(temp, challenge.sqn, challenge.amf),
                milenage.in2345(temp, 1),
                milenage.in2345(temp, 2),
                milenage.in2345(temp, 3),
            ]
            .map(|input| input.to_be_bytes().into());
        }
        let (used, _) = outs.split_at_mut(together.len());
        milenage.cipher.encrypt_blocks(used.as_flattened_mut());
        out.extend(used.iter().zip(together).map(|(outs, challenge)| {
            vector(challenge, outs.each_ref().map(|out| number(out) ^ opc))
        }));
    }
    wipe(&mut temps);
    wipe(outs.as_flattened_mut());
}

/// One vector: TEMP, then OUT1 to OUT4 together.
pub(super) fn one(milenage: &Milenage, challenge: &Challenge) -> AuthenticationVector {
    let temp = milenage.temp(&challenge.rand);
    let outs = milenage.outs([
        milenage.in1(temp, challenge.sqn, challenge.amf),
        milenage.in2345(temp, 1),
        milenage.in2345(temp, 2),
        milenage.in2345(temp, 3),
    ]);
    vector(challenge, outs)
}

fn vector(challenge: &Challenge, outs: [u128; OUTS]) -> AuthenticationVector {
    let [out1, out2, out3, out4] = outs;
    let ak = top(out2);
    AuthenticationVector {
        rand: challenge.rand,
        autn: Autn::concealing(challenge.sqn, &ak, challenge.amf, high(out1)),
        xres: Value::new(&low(out2)),
        ck: Secret::new(out3.to_be_bytes()),
        ik: Secret::new(out4.to_be_bytes()),
    }
}
