//! All of `vectors/tuak.json` (TS 35.233 clause 6), and TUAK's lengths.

use aka::{AkaError, Algorithm, Tuak, TuakLengths, TuakOperator};
use secret::Secret;
use serde_json::Value;

use crate::support::{challenge, file, hex, iterations, octets, tuak, tuak_key, tuak_lengths};

fn sets() -> Vec<Value> {
    let sets = file("tuak.json")["tuak"].as_array().unwrap().clone();
    assert_eq!(sets.len(), 6);
    sets
}

fn check_functions(row: &Value, tuak: &Tuak) {
    let (rand, sqn, amf) = challenge(row);
    let out = tuak.outputs(&rand, sqn, amf);
    assert_eq!(out.mac_a.expose(), hex(row, "f1"), "f1 of {row}");
    assert_eq!(out.mac_s.expose(), hex(row, "f1*"), "f1* of {row}");
    assert_eq!(out.xres.expose(), hex(row, "f2"), "f2 of {row}");
    assert_eq!(out.ck.expose(), hex(row, "f3"), "f3 of {row}");
    assert_eq!(out.ik.expose(), hex(row, "f4"), "f4 of {row}");
    assert_eq!(*out.ak.expose(), octets::<6>(row, "f5"), "f5 of {row}");
    assert_eq!(*out.ak_s.expose(), octets::<6>(row, "f5*"), "f5* of {row}");
}

#[test]
fn every_function_of_every_set() {
    for row in &sets() {
        for name in ["TOP", "TOPc"] {
            let value = Secret::new(octets(row, name));
            let operator = match name {
                "TOP" => TuakOperator::Top(value),
                _ => TuakOperator::Topc(value),
            };
            let key = tuak_key(row, "K");
            let tuak = Tuak::new(&key, &operator, tuak_lengths(row), iterations(row));
            assert_eq!(*tuak.topc().expose(), octets::<32>(row, "TOPc"), "{row}");
            check_functions(row, &tuak);
        }
    }
}

/// The sets have each length of K, MAC, RES, CK and IK that TS 35.231 knows, and
/// more than one iteration, so that the test above stands for all.
#[test]
fn the_sets_have_every_length() {
    let sets = sets();
    let seen = |name: &str| {
        let mut seen: Vec<_> = sets
            .iter()
            .map(|row| row["lengths"][name].as_u64().unwrap())
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    };
    assert_eq!(seen("K"), [128, 256]);
    assert_eq!(seen("MAC"), [64, 128, 256]);
    assert_eq!(seen("RES"), [32, 64, 128, 256]);
    assert_eq!(seen("CK"), [128, 256]);
    assert_eq!(seen("IK"), [128, 256]);
    assert!(sets.iter().any(|row| iterations(row).get() > 1));
}

#[test]
fn lengths_that_tuak_does_not_have_are_refused() {
    for (mac, res, ck, ik, what, bits) in [
        (32, 64, 128, 128, "MAC", 32),
        (0, 64, 128, 128, "MAC", 0),
        (64, 96, 128, 128, "RES", 96),
        (64, 64, 64, 128, "CK", 64),
        (64, 64, 128, 512, "IK", 512),
    ] {
        assert_eq!(
            TuakLengths::new(mac, res, ck, ik),
            Err(AkaError::LengthUnsupported { what, bits })
        );
    }
}

#[test]
fn lengths_that_a_vector_does_not_carry_are_refused_by_name() {
    for (mac, res, ck, ik, what, bits) in [
        (128, 64, 128, 128, "MAC", 128),
        (256, 64, 128, 128, "MAC", 256),
        (64, 256, 128, 128, "RES", 256),
        (64, 64, 256, 128, "CK", 256),
        (64, 64, 128, 256, "IK", 256),
    ] {
        let lengths = TuakLengths::new(mac, res, ck, ik).unwrap();
        let refused = Algorithm::try_from(tuak(lengths, false, 1)).err().unwrap();
        assert_eq!(refused, AkaError::LengthUnsupported { what, bits });
        assert_eq!(refused.code(), "length-unsupported");
        assert!(refused.to_string().starts_with("unsupported"));
    }
    for res in [32, 64, 128] {
        let lengths = TuakLengths::new(64, res, 128, 128).unwrap();
        assert!(Algorithm::try_from(tuak(lengths, true, 1)).is_ok());
    }
}
