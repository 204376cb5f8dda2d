//! Reading vector files, and a seeded random source.

use aka::{Amf, Milenage, Operator, Rand, Sqn};
use clock::Random;
use secret::Secret;
use serde_json::Value;

pub(crate) fn vectors() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/milenage.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

pub(crate) fn octets<const N: usize>(row: &Value, name: &str) -> [u8; N] {
    let text = row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {row}"));
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .unwrap()
        .try_into()
        .unwrap()
}

pub(crate) fn milenage(row: &Value, key: &str) -> Milenage {
    Milenage::new(
        &Secret::new(octets(row, key)),
        &Operator::Opc(Secret::new(octets(row, "OPc"))),
    )
}

pub(crate) fn challenge(row: &Value) -> (Rand, Sqn, Amf) {
    (
        Rand(octets(row, "RAND")),
        Sqn::from_octets(octets(row, "SQN")),
        Amf(octets(row, "AMF")),
    )
}

/// Steele, Lea and Flood's SplitMix64: enough for test data, seeded.
pub(crate) struct SplitMix(pub(crate) u64);

impl Random for SplitMix {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
