//! All of `vectors/milenage.json`: TS 35.208 clause 4.3, TS 55.205 and TS 35.207.

use aka::{AuthenticationVector, Auts, GsmTriplet, Milenage, Operator, Rand, SresConversion};
use secret::Secret;
use serde_json::Value;

use crate::support::{challenge, milenage, octets, vectors};

fn check_functions(row: &Value) {
    let (rand, sqn, amf) = challenge(row);
    let out = milenage(row, "K").outputs(&rand, sqn, amf);
    assert_eq!(out.mac_a.expose(), octets::<8>(row, "f1"), "f1 of {row}");
    assert_eq!(out.mac_s.expose(), octets::<8>(row, "f1*"), "f1* of {row}");
    assert_eq!(out.xres.expose(), octets::<8>(row, "f2"), "f2 of {row}");
    assert_eq!(out.ck.expose(), octets::<16>(row, "f3"), "f3 of {row}");
    assert_eq!(out.ik.expose(), octets::<16>(row, "f4"), "f4 of {row}");
    assert_eq!(*out.ak.expose(), octets::<6>(row, "f5"), "f5 of {row}");
    assert_eq!(*out.ak_s.expose(), octets::<6>(row, "f5*"), "f5* of {row}");
}

#[test]
fn every_function_of_every_set() {
    let file = vectors();
    let sets = ["umts", "umts_35207"].map(|list| file[list].as_array().unwrap());
    assert_eq!(sets.map(Vec::len), [20, 6]);
    sets.into_iter().flatten().for_each(check_functions);
}

#[test]
fn opc_comes_from_op() {
    let file = vectors();
    let rows = ["umts", "umts_35207"]
        .iter()
        .flat_map(|list| file[list].as_array().unwrap());
    for row in rows {
        let op = Operator::Op(Secret::new(octets(row, "OP")));
        let derived = Milenage::new(&Secret::new(octets(row, "K")), &op);
        assert_eq!(*derived.opc().expose(), octets::<16>(row, "OPc"), "{row}");
    }
}

#[test]
fn autn_and_auts_of_every_set() {
    for row in vectors()["umts"].as_array().unwrap() {
        let (rand, sqn, amf) = challenge(row);
        let milenage = milenage(row, "K");
        let derived = &row["derived"];
        let vector = AuthenticationVector::new(&milenage, rand, sqn, amf);
        assert_eq!(vector.autn.0, octets::<16>(derived, "AUTN"), "{row}");
        let auts = Auts::new(&milenage, &rand, sqn);
        assert_eq!(
            auts.0,
            octets::<14>(derived, "AUTS_for_SQNms=SQN_AMF0000"),
            "{row}"
        );
        assert_eq!(auts.verify(&milenage, &rand), Ok(sqn));
    }
}

#[test]
fn gsm_triplets_of_every_set() {
    let file = vectors();
    let rows = file["gsm"].as_array().unwrap();
    assert_eq!(rows.len(), 19);
    for row in rows {
        let milenage = milenage(row, "Ki");
        // f2 to f4 do not depend on SQN and AMF.
        let vector = AuthenticationVector::new(
            &milenage,
            Rand(octets(row, "RAND")),
            aka::Sqn::default(),
            aka::Amf::default(),
        );
        let folded = GsmTriplet::new(&vector, SresConversion::Folded);
        assert_eq!(*folded.sres.expose(), octets::<4>(row, "SRES_1"), "{row}");
        assert_eq!(*folded.kc.expose(), octets::<8>(row, "Kc"), "{row}");
        let truncated = GsmTriplet::new(&vector, SresConversion::Truncated);
        assert_eq!(
            *truncated.sres.expose(),
            octets::<4>(row, "SRES_2"),
            "{row}"
        );
    }
}

#[test]
fn auts_of_another_implementation() {
    for row in vectors()["auts"].as_array().unwrap() {
        let auts = Auts(octets(row, "AUTS"));
        let result = auts.verify(&milenage(row, "K"), &Rand(octets(row, "RAND")));
        if row["SQN_MS"].is_null() {
            assert_eq!(result, Err(aka::AkaError::AutsInvalid), "{row}");
        } else {
            assert_eq!(
                result.unwrap().to_octets(),
                octets::<6>(row, "SQN_MS"),
                "{row}"
            );
        }
    }
}
