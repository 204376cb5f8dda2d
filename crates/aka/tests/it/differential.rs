//! MILENAGE beside another implementation of TS 35.206, the crate `milenage`, on
//! drawn inputs. That crate prints keys in `Debug`: an oracle for tests only.

use aka::{AlgorithmSet, Amf, Challenge, Milenage, Operator, Rand, Sqn};
use clock::Random;
use secret::Secret;

use crate::support::SplitMix;

const INPUTS: usize = 10_000;
const SEED: u64 = 0x3520_6352;

#[test]
fn ten_thousand_drawn_inputs_give_what_another_implementation_gives() {
    let mut random = SplitMix(SEED);
    for at in 0..INPUTS {
        let (k, op): ([u8; 16], [u8; 16]) = (random.array(), random.array());
        let (rand, sqn, amf): ([u8; 16], [u8; 6], [u8; 2]) =
            (random.array(), random.array(), random.array());
        let (operator, mut other) = if at % 2 == 0 {
            (
                Operator::Op(Secret::new(op)),
                milenage::Milenage::new_with_op(k, op),
            )
        } else {
            (
                Operator::Opc(Secret::new(op)),
                milenage::Milenage::new_with_opc(k, op),
            )
        };
        let ours = Milenage::new(&Secret::new(k), &operator);
        let context = format!("input {at} of seed {SEED:x}");
        assert_eq!(ours.opc().expose(), other.opc(), "{context}");

        let mac_a = other.f1(&rand, &sqn, &amf);
        let mac_s = other.f1star(&rand, &sqn, &amf);
        let (res, ck, ik, ak) = other.f2345(&rand);
        let ak_s = other.f5star(&rand);

        let out = ours.outputs(&Rand(rand), Sqn::from_octets(sqn), Amf(amf));
        assert_eq!(out.mac_a.expose(), mac_a, "{context}");
        assert_eq!(out.mac_s.expose(), mac_s, "{context}");
        assert_eq!(out.xres.expose(), res, "{context}");
        assert_eq!(out.ck.expose(), ck, "{context}");
        assert_eq!(out.ik.expose(), ik, "{context}");
        assert_eq!(*out.ak.expose(), ak, "{context}");
        assert_eq!(*out.ak_s.expose(), ak_s, "{context}");

        let challenge = Challenge {
            rand: Rand(rand),
            sqn: Sqn::from_octets(sqn),
            amf: Amf(amf),
        };
        assert_eq!(ours.f1(&challenge), mac_a, "{context}");
        assert_eq!(ours.f1_star(&challenge), mac_s, "{context}");
        assert_eq!(*ours.f5_star(&challenge.rand).expose(), ak_s, "{context}");
        let mut vectors = Vec::new();
        ours.vectors(&[challenge; 3], &mut vectors);
        let vector = &vectors[2];
        let (concealed, sent, mac) = vector.autn.parts();
        let xor: Vec<u8> = sqn.iter().zip(ak).map(|(a, b)| a ^ b).collect();
        assert_eq!(concealed.as_slice(), xor, "{context}");
        assert_eq!((sent.0, mac), (amf, mac_a), "{context}");
        assert_eq!(vector.xres.expose(), res, "{context}");
        assert_eq!(*vector.ck.expose(), ck, "{context}");
        assert_eq!(*vector.ik.expose(), ik, "{context}");
    }
}
