//! CAP files and load files against `vectors/cap.json`, which a model in Python made from
//! the clauses (Java Card virtual machine specification, clause 6; GlobalPlatform card
//! specification, clause 11.6.2.3).

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use serde_json::Value as Json;
use uicc::cap::{Aid, LoadFile};

use crate::support::hex;

fn vectors(kind: &str, count: usize) -> Vec<Json> {
    let vectors = include_str!("../../../../vectors/cap.json");
    let vectors: Json = serde_json::from_str(vectors).unwrap();
    let vectors = vectors[kind].as_array().unwrap().clone();
    assert_eq!(vectors.len(), count);
    vectors
}

/// Hexadecimal with runs: `(COUNT*HEX)`.
fn octets(vector: &Json, name: &str) -> Vec<u8> {
    let (mut octets, text) = (Vec::new(), vector[name].as_str().unwrap());
    for part in text.split_inclusive(')') {
        let (plain, run) = part.split_once('(').unwrap_or((part, ""));
        octets.extend(hex(plain));
        if let Some((count, octet)) = run.trim_end_matches(')').split_once('*') {
            octets.extend(hex(octet).repeat(count.parse().unwrap()));
        }
    }
    octets
}

#[test]
fn packages_are_loaded() {
    for vector in vectors("packages", 5) {
        let name = vector["name"].as_str().unwrap();
        let (archive, load_file) = (octets(&vector, "archive"), octets(&vector, "load_file"));
        let loaded = LoadFile::from_cap(&archive).expect(name);
        assert_eq!(
            HEXLOWER.encode(loaded.octets()),
            HEXLOWER.encode(&load_file),
            "{name}"
        );
        assert_eq!(loaded.package().to_string(), vector["package"], "{name}");
        assert_eq!(loaded.version().to_string(), vector["version"], "{name}");
        let applets: Vec<String> = loaded.applets().iter().map(Aid::to_string).collect();
        assert_eq!(Json::from(applets), vector["applets"], "{name}");
        let block = loaded.load_file_data_block();
        let head = octets(&vector, "block_head");
        assert_eq!(block, [head, load_file.clone()].concat(), "{name}");
        for again in [
            LoadFile::from_file(&archive),
            LoadFile::from_file(&load_file),
            LoadFile::from_components(&load_file),
            LoadFile::from_load_file_data_block(&block),
        ] {
            assert_eq!(again.as_ref(), Ok(&loaded), "{name}");
        }
    }
}

/// A card also takes a length with more octets than it needs, and a Descriptor.
#[test]
fn a_card_takes_other_forms() {
    let packages = vectors("packages", 5);
    let loaded = LoadFile::from_file(&octets(&packages[0], "load_file")).unwrap();
    for count in 1..=4 {
        let length = loaded.octets().len().to_be_bytes();
        let length = &length[length.len() - count..];
        let head = [&[0xc4, 0x80 | count as u8], length].concat();
        let block = [head.as_slice(), loaded.octets()].concat();
        assert_eq!(
            LoadFile::from_load_file_data_block(&block).as_ref(),
            Ok(&loaded)
        );
    }
    // The Descriptor of the model: 18 octets, as the Directory says.
    let descriptor = [[0x0b, 0, 18, 1].as_slice(), &[0; 17]].concat();
    let whole = [loaded.octets(), &descriptor].concat();
    let whole = LoadFile::from_components(&whole).unwrap();
    assert_eq!(whole.octets().len(), loaded.octets().len() + 21);
    assert_eq!(whole.applets(), loaded.applets());
}

/// The length is short up to 127 octets, then it takes as many octets as it needs (ISO/IEC
/// 8825-1 clause 8.1.3). The components are of the least length that there is,
/// but Method.
#[test]
fn the_length_of_a_block_is_as_short_as_can_be() {
    let heads = [
        (127, "c47f"),
        (128, "c48180"),
        (255, "c481ff"),
        (256, "c4820100"),
        (65535, "c482ffff"),
        (65536, "c483010000"),
    ];
    for (length, head) in heads {
        let method = u16::try_from(length - 66).unwrap().to_be_bytes();
        let mut load_file = hex("01000fdecaffed0102000001050102030405020016");
        load_file.extend(hex("000f00160000000100010001"));
        load_file.extend(method);
        load_file.extend(hex(
            "00010001000000010400010006000100080001000500010009000100",
        ));
        load_file.extend([&[7], method.as_slice()].concat());
        load_file.resize(length, 0);
        let loaded = LoadFile::from_components(&load_file).unwrap();
        assert!(loaded.applets().is_empty());
        let block = loaded.load_file_data_block();
        assert_eq!(
            block.strip_suffix(load_file.as_slice()),
            Some(hex(head).as_slice())
        );
        assert_eq!(LoadFile::from_load_file_data_block(&block), Ok(loaded));
    }
}

#[test]
fn other_files_are_refused() {
    for vector in vectors("refused", 80) {
        let octets = octets(&vector, "octets");
        let (name, of) = (&vector["name"], vector["of"].as_str().unwrap());
        let refused = match of {
            "components" => LoadFile::from_components(&octets),
            "archive" => LoadFile::from_cap(&octets),
            _ => LoadFile::from_load_file_data_block(&octets),
        };
        let refused = refused.err().unwrap_or_else(|| panic!("{of}: {name}"));
        if let Some(code) = vector["code"].as_str() {
            assert_eq!(refused.code(), code, "{of}: {name}: {refused}");
        }
    }
}

#[test]
fn archives_are_bounded() {
    let packages = vectors("packages", 5);
    let archive = octets(&packages[0], "archive");
    // Octets before an archive are not looked at.
    let behind = |count: usize| [vec![0; count], archive.clone()].concat();
    let most = (4 << 20) - archive.len();
    assert!(LoadFile::from_cap(&behind(most)).is_ok());
    let refused = LoadFile::from_cap(&behind(most + 1)).unwrap_err();
    assert_eq!(refused.code(), "cap-too-large");
}

#[test]
fn aids_are_hexadecimal() {
    let aid: Aid = "A0000000871002ff".parse().unwrap();
    assert_eq!(aid.octets(), [0xa0, 0, 0, 0, 0x87, 0x10, 2, 0xff]);
    assert_eq!(aid.to_string(), "a0000000871002ff");
    assert_eq!(Aid::new(aid.octets()), Ok(aid));
    for text in [
        "",
        "a00000",
        "a0000000",
        "a000000087100",
        "a00000008g",
        "+000000087",
        "é00000087",
    ] {
        let refused = text.parse::<Aid>().unwrap_err();
        assert_eq!(refused.code(), "aid-malformed", "{text}");
    }
    for count in 0..20 {
        assert_eq!(Aid::new(&vec![1; count]).is_ok(), (5..=16).contains(&count));
        assert_eq!(
            "01".repeat(count).parse::<Aid>().is_ok(),
            (5..=16).contains(&count)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What was changed is refused, or is a load file that reads back.
    #[test]
    fn changed_files_are_taken_or_refused(
        package in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        keep in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let packages = vectors("packages", 5);
        for name in ["archive", "load_file"] {
            let mut octets = octets(&packages[package], name);
            for (place, octet) in &changes {
                let place = place.index(octets.len());
                octets[place] = *octet;
            }
            if is_cut {
                octets.truncate(keep.index(octets.len()));
            }
            if let Ok(loaded) = LoadFile::from_file(&octets) {
                let block = loaded.load_file_data_block();
                prop_assert_eq!(LoadFile::from_load_file_data_block(&block), Ok(loaded));
            }
        }
    }
}
