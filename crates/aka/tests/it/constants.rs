//! An operator's own r and c: TS 35.206 clause 4.1 done bit by bit, on drawn
//! inputs. No published set has other constants than the example's.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aka::{AlgorithmSet, Amf, Challenge, Constants, Milenage, Operator, Rand, Sqn};
use clock::Random;
use secret::Secret;

use crate::support::SplitMix;

type Octets = [u8; 16];

fn xor(a: Octets, b: Octets) -> Octets {
    std::array::from_fn(|at| a[at] ^ b[at])
}

/// y[i] = x[(i + r) mod 128], bit 0 the most significant.
fn rot(x: Octets, r: u8) -> Octets {
    let bit = |at: usize| x[at / 8] >> (7 - at % 8) & 1;
    std::array::from_fn(|octet| {
        (0..8).fold(0, |sum, at| {
            sum << 1 | bit((8 * octet + at + usize::from(r)) % 128)
        })
    })
}

fn e(k: Octets, block: Octets) -> Octets {
    let mut block = block.into();
    Aes128::new(&k.into()).encrypt_block(&mut block);
    block.into()
}

#[test]
fn own_constants_give_what_the_clause_says() {
    let mut random = SplitMix(0x3520_6053);
    for at in 0..200 {
        let (k, opc, rand): (Octets, Octets, Octets) =
            (random.array(), random.array(), random.array());
        let (sqn, amf): ([u8; 6], [u8; 2]) = (random.array(), random.array());
        let r = random.array::<5>().map(|octet| octet & 127);
        let c: [Octets; 5] = std::array::from_fn(|_| random.array());

        let temp = e(k, xor(rand, opc));
        let half = [&sqn[..], &amf[..]].concat();
        let in1: Octets = [half.clone(), half].concat().try_into().unwrap();
        let mixed = xor(xor(temp, rot(xor(in1, opc), r[0])), c[0]);
        let out1 = xor(e(k, mixed), opc);
        let out = |n: usize| xor(e(k, xor(rot(xor(temp, opc), r[n]), c[n])), opc);

        let ours = Milenage::with_constants(
            &Secret::new(k),
            &Operator::Opc(Secret::new(opc)),
            Constants::new(r, c).unwrap(),
        );
        let challenge = Challenge {
            rand: Rand(rand),
            sqn: Sqn::from_octets(sqn),
            amf: Amf(amf),
        };
        let got = ours.outputs(&challenge.rand, challenge.sqn, challenge.amf);
        assert_eq!(got.mac_a.expose(), &out1[..8], "{at}");
        assert_eq!(got.mac_s.expose(), &out1[8..], "{at}");
        assert_eq!(got.xres.expose(), &out(1)[8..], "{at}");
        assert_eq!(got.ck.expose(), out(2), "{at}");
        assert_eq!(got.ik.expose(), out(3), "{at}");
        assert_eq!(got.ak.expose(), &out(1)[..6], "{at}");
        assert_eq!(got.ak_s.expose(), &out(4)[..6], "{at}");

        let mut vectors = Vec::new();
        ours.vectors(&[challenge; 20], &mut vectors);
        let last = vectors.last().unwrap();
        let (.., mac_a) = last.autn.parts();
        assert_eq!(mac_a, out1[..8], "{at}");
        assert_eq!(last.xres.expose(), &out(1)[8..], "{at}");
        assert_eq!(*last.ck.expose(), out(2), "{at}");
        assert_eq!(*last.ik.expose(), out(3), "{at}");
    }
}
