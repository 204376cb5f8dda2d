//! Reading vector files, and a seeded random source.

use std::num::NonZeroU8;

use aka::{
    Algorithm, Amf, Milenage, Operator, Rand, Sqn, Tuak, TuakKey, TuakLengths, TuakOperator,
};
use clock::Random;
use secret::Secret;
use serde_json::Value;

pub(crate) fn vectors() -> Value {
    file("milenage.json")
}

pub(crate) fn file(name: &str) -> Value {
    let file = format!("{}/../../vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Octets of any length.
pub(crate) fn hex(row: &Value, name: &str) -> Vec<u8> {
    let text = row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {row}"));
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn octets<const N: usize>(row: &Value, name: &str) -> [u8; N] {
    hex(row, name).try_into().unwrap()
}

pub(crate) fn milenage(row: &Value, key: &str) -> Milenage {
    Milenage::new(
        &Secret::new(octets(row, key)),
        &Operator::Opc(Secret::new(octets(row, "OPc"))),
    )
}

/// K of 16 or 32 octets.
pub(crate) fn tuak_key(row: &Value, name: &str) -> TuakKey {
    match hex(row, name).len() {
        16 => TuakKey::Short(Secret::new(octets(row, name))),
        _ => TuakKey::Long(Secret::new(octets(row, name))),
    }
}

/// The member `lengths` of a row, whose names are written in either case.
pub(crate) fn tuak_lengths(row: &Value) -> TuakLengths {
    let bits = |name: &str| {
        let lengths = &row["lengths"];
        let either = lengths
            .get(name)
            .or_else(|| lengths.get(name.to_lowercase()));
        u16::try_from(either.unwrap().as_u64().unwrap()).unwrap()
    };
    TuakLengths::new(bits("MAC"), bits("RES"), bits("CK"), bits("IK")).unwrap()
}

pub(crate) fn iterations(row: &Value) -> NonZeroU8 {
    let number = row["keccak_iterations"].as_u64().unwrap();
    NonZeroU8::new(number.try_into().unwrap()).unwrap()
}

/// A TUAK subscriber of made-up keys.
pub(crate) fn tuak(lengths: TuakLengths, long: bool, iterations: u8) -> Tuak {
    let k = if long {
        TuakKey::Long(Secret::new([0x4b; 32]))
    } else {
        TuakKey::Short(Secret::new([0x4b; 16]))
    };
    let topc = TuakOperator::Topc(Secret::new([0x54; 32]));
    Tuak::new(&k, &topc, lengths, NonZeroU8::new(iterations).unwrap())
}

/// A subscriber of each kind that an AuC and a USIM may have.
pub(crate) fn subscribers() -> Vec<(&'static str, Algorithm)> {
    let lengths = |res| TuakLengths::new(64, res, 128, 128).unwrap();
    let short = Algorithm::try_from(tuak(lengths(32), false, 1)).unwrap();
    let long = Algorithm::try_from(tuak(lengths(128), true, 3)).unwrap();
    vec![
        ("MILENAGE", milenage(&vectors()["umts"][0], "K").into()),
        ("TUAK, K of 128 bits, RES of 32", short),
        ("TUAK, K of 256 bits, RES of 128, three iterations", long),
    ]
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
