//! Contents of elementary files against `vectors/uicc-files.json` (3GPP TS 31.102 clause
//! 4.2).

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use serde_json::Value as Json;
use uicc::files::{
    AccessTechnologies, Name, Number, Smsp, Spn, Structure, ValidityPeriod, Value, split,
};

use crate::support::{field, hex};

fn vectors(kind: &str, count: usize) -> Vec<Json> {
    let vectors = include_str!("../../../../vectors/uicc-files.json");
    let vectors: Json = serde_json::from_str(vectors).unwrap();
    let vectors = vectors[kind].as_array().unwrap().clone();
    assert_eq!(vectors.len(), count);
    vectors
}

fn name(vector: &Json) -> Name {
    Name::parse(vector["file"].as_str().unwrap()).unwrap()
}

fn words(vector: &Json) -> Vec<&str> {
    split(vector["words"].as_str().unwrap()).unwrap()
}

#[test]
fn octets_are_read_as_words_and_written() {
    for vector in vectors("read", 56) {
        let (name, octets) = (name(&vector), field(&vector, "octets"));
        let value = Value::decode(name, &octets);
        let value = value.unwrap_or_else(|why| panic!("{why}: {vector}"));
        assert_eq!(value.to_words(), words(&vector), "{vector}");
        let written = vector["written"].as_str().map_or(octets, hex);
        assert_eq!(
            HEXLOWER.encode(&value.encode()),
            HEXLOWER.encode(&written),
            "{vector}"
        );
        let again = Value::from_words(name, &words(&vector)).unwrap();
        assert_eq!(again, value, "{vector}");
    }
}

#[test]
fn words_are_read_and_written_as_octets() {
    for vector in vectors("words_read", 13) {
        let value = Value::from_words(name(&vector), &words(&vector));
        let value = value.unwrap_or_else(|why| panic!("{why}: {vector}"));
        let octets = vector["octets"].as_str().unwrap();
        assert_eq!(HEXLOWER.encode(&value.encode()), octets, "{vector}");
    }
}

#[test]
fn other_octets_are_refused() {
    for vector in vectors("refused", 62) {
        let refused = Value::decode(name(&vector), &field(&vector, "octets"));
        let refused = refused.expect_err(&vector.to_string());
        assert_eq!(refused.code(), "file-malformed");
        let (said, why) = (refused.to_string(), vector["why"].as_str().unwrap());
        assert!(
            said.starts_with(name(&vector).as_str()) && said.contains(why),
            "{said}: {vector}"
        );
    }
}

#[test]
fn other_words_are_refused_with_what_is_allowed() {
    for vector in vectors("words_refused", 108) {
        let refused = Value::from_words(name(&vector), &words(&vector));
        let refused = refused.expect_err(&vector.to_string());
        assert_eq!(refused.code(), "file-words");
        let (said, allowed) = (refused.to_string(), vector["allowed"].as_str().unwrap());
        let (_, behind) = said.split_once("allowed: ").unwrap();
        assert!(behind.contains(allowed), "{said}: {vector}");
    }
}

#[test]
fn a_refusal_names_the_word_but_no_imsi() {
    let said = |name, words: &[&str]| Value::from_words(name, words).unwrap_err().to_string();
    let fplmn = said(Name::Fplmn, &["26201", "2620x"]);
    assert_eq!(
        fplmn,
        "fplmn: not `2620x`; allowed: MCC and MNC (5 or 6 digits)"
    );
    let imsi = said(Name::Imsi, &["26201123456789012"]);
    assert_eq!(imsi, "imsi: allowed: 6 to 15 decimal digits");
    let imsi = Value::from_words(Name::Imsi, &["262011234567890"]).unwrap();
    assert!(!format!("{imsi:?}").contains("1234567890"), "{imsi:?}");
    let number = Number::new("+491720000").unwrap();
    assert_eq!(format!("{number:?}"), "Number(…0000)");
}

/// The alphabet as `Encode::GSM0338` of Perl 5 has it, in the order of its codes.
#[test]
fn the_default_alphabet_is_that_of_another_program() {
    let alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    assert_eq!(alphabet.chars().count(), 128);
    for (code, character) in (0_u8..).zip(alphabet.chars()) {
        if character != '\u{1b}' {
            spn_is(&[code], character);
        }
    }
    let extension = "\u{c}^{}\\[~]|€".chars();
    let codes = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
    for (code, character) in codes.into_iter().zip(extension) {
        spn_is(&[0x1b, code], character);
    }
}

fn spn_is(codes: &[u8], character: char) {
    let mut octets = vec![0];
    octets.extend(codes);
    octets.resize(17, 0xff);
    let spn = Spn::new(&character.to_string(), false, false).unwrap();
    assert_eq!(Value::Spn(spn.clone()).encode(), octets, "{character:?}");
    let read = Value::decode(Name::Spn, &octets);
    assert_eq!(read, Ok(Value::Spn(spn)), "{character:?}");
}

#[test]
fn files_have_names_and_identifiers() {
    let identifiers = [0x6f07, 0x6f46, 0x6f60, 0x6f7b, 0x6f42, 0x6f78, 0x6f7e];
    let names = ["imsi", "spn", "plmnwact", "fplmn", "smsp", "acc", "loci"];
    for ((name, identifier), text) in Name::ALL.into_iter().zip(identifiers).zip(names) {
        assert_eq!((name.identifier(), name.as_str()), (identifier, text));
        assert_eq!(name.path(), [0x3f00, 0x7fff, identifier]);
        assert_eq!(Name::of_identifier(identifier), Some(name));
        assert_eq!(text.parse(), Ok(name));
        let is_linear = name.structure() == Structure::LinearFixed;
        assert_eq!(is_linear, text == "smsp");
    }
    assert_eq!(Name::of_identifier(0x6f08), None);
    for unknown in ["", "IMSI", "ef_imsi"] {
        let refused = Name::parse(unknown).unwrap_err();
        assert_eq!(refused.code(), "file-unknown");
    }
}

/// TS 23.040 clause 9.2.3.12.1, at both ends of each row.
#[test]
fn validity_periods_are_those_of_the_table() {
    let table = [
        (0, "5m", 5),
        (10, "55m", 55),
        (11, "1h", 60),
        (143, "12h", 720),
        (144, "750m", 750),
        (145, "13h", 780),
        (167, "24h", 1440),
        (168, "2d", 2880),
        (196, "30d", 43200),
        (197, "5w", 50400),
        (255, "63w", 635_040),
    ];
    for (octet, text, minutes) in table {
        let period = ValidityPeriod::from_octet(octet);
        assert_eq!(
            (period.minutes(), period.to_string().as_str()),
            (minutes, text)
        );
    }
    for octet in 0..=255 {
        let period = ValidityPeriod::from_octet(octet);
        assert_eq!(period.to_string().parse(), Ok(period));
        assert_eq!(ValidityPeriod::of_minutes(period.minutes()), Some(period));
    }
    assert_eq!("1w".parse(), Ok(ValidityPeriod::from_octet(173)));
}

#[test]
fn lines_are_cut_into_words() {
    assert_eq!(
        split("  a\t\"b \\\" c\"  d\n"),
        Some(vec!["a", "\"b \\\" c\"", "d"])
    );
    assert_eq!(split("\"\" \"\\\\\""), Some(vec!["\"\"", "\"\\\\\""]));
    assert_eq!(split(" "), Some(vec![]));
    for broken in ["\"a", "\"a\\\"", "\"a\"b", "a\"b\"", "a\""] {
        assert_eq!(split(broken), None, "{broken}");
    }
}

#[test]
fn values_of_a_program_are_bounded_as_those_of_a_card() {
    assert!(Spn::new(&"a".repeat(16), true, true).is_some());
    assert!(Spn::new(&"a".repeat(17), true, true).is_none());
    assert!(Smsp::new("a", Some(28)).is_none());
    assert_eq!(Smsp::new("a", None).unwrap().length(), 29);
    assert!(Smsp::new(&"a".repeat(227), None).is_some());
    assert!(Smsp::new(&"a".repeat(228), None).is_none());
    assert!(uicc::files::Fplmn::new(vec![]).is_none());
    assert!(uicc::files::Fplmn::new(vec![None; 21845]).is_some());
    assert!(uicc::files::Fplmn::new(vec![None; 21846]).is_none());
    let many: Vec<u8> = vec![0xff; 65538];
    assert!(Value::decode(Name::Fplmn, &many).is_err());
    let refused = Value::from_words(Name::Fplmn, &["26201"; 21846]).unwrap_err();
    assert!(
        refused.to_string().contains("at most 65535 octets"),
        "{refused}"
    );
    let lte = AccessTechnologies::EUTRAN_WB | AccessTechnologies::EUTRAN_NB;
    assert_eq!(lte, AccessTechnologies::EUTRAN);
}

/// What was read is written, and read again as the same; its words too.
fn reads_back(name: Name, octets: &[u8]) {
    if let Ok(value) = Value::decode(name, octets) {
        assert_eq!(value.name(), name);
        assert_eq!(value.encode().len(), octets.len());
        assert_eq!(Value::decode(name, &value.encode()).as_ref(), Ok(&value));
        let line = value.to_words().join(" ");
        let words = split(&line).expect(&line);
        assert_eq!(words, value.to_words());
        assert_eq!(Value::from_words(name, &words), Ok(value), "{line}");
    }
}

/// Names in each coding, with characters that several of them have.
fn texts(room: usize) -> impl Strategy<Value = Vec<u8>> {
    let septet = prop_oneof![
        4 => 0x20..0x7b_u8,
        1 => 0..0x80_u8,
        2 => 0x80..=0xff_u8,
    ];
    let body = prop::collection::vec(septet, 0..room);
    (0..4_u8, any::<u8>(), any::<u8>(), body).prop_map(move |(tag, high, low, body)| {
        let count = u8::try_from(body.len()).unwrap();
        let mut octets = match tag {
            0 => body.iter().map(|octet| octet & 0x7f).collect(),
            1 => [vec![0x80], body].concat(),
            2 => [vec![0x81, count, high], body].concat(),
            _ => [vec![0x82, count, high, low], body].concat(),
        };
        octets.resize(room, 0xff);
        octets
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn names_read_back(text in texts(16), condition in any::<u8>()) {
        reads_back(Name::Spn, &[vec![condition], text].concat());
    }

    #[test]
    fn records_read_back(
        text in texts(12),
        indicators in any::<u8>(),
        da in prop::collection::vec(0..0x21_u8, 1..2),
        sc in 0..14_u8,
        kind in any::<u8>(),
        digits in prop::collection::vec(any::<u8>(), 10),
        rest in any::<[u8; 3]>(),
    ) {
        let digits: Vec<u8> = digits.into_iter().map(|octet| octet & 0x77).collect();
        let mut record = [text, vec![indicators], da, vec![kind | 0x80]].concat();
        record.extend(&digits);
        record.extend([sc, 0x91]);
        record.extend(&digits);
        record.extend(rest);
        reads_back(Name::Smsp, &record);
    }

    #[test]
    fn any_octets_read_back_or_are_refused(
        file in 0..7_usize,
        octets in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff), 0..=9_u8], 0..48),
    ) {
        reads_back(Name::ALL[file], &octets);
    }

    #[test]
    fn lists_read_back(entries in prop::collection::vec(any::<(u8, u8, u8, u16)>(), 1..20)) {
        let mut octets = Vec::new();
        for (a, b, c, access) in entries {
            let used = [a & 0x77, b & 0x77 | if a & 8 == 0 { 0xf0 } else { 0 }, c & 0x77];
            octets.extend(if c & 8 == 0 { used } else { [0xff; 3] });
            octets.extend(access.to_be_bytes());
        }
        reads_back(Name::PlmnWAct, &octets);
        octets.truncate(octets.len() / 15 * 15);
        reads_back(Name::Fplmn, &octets);
    }

    #[test]
    fn imsis_and_locations_read_back(digits in "[0-9]{6,15}", octets in any::<[u8; 11]>()) {
        let value = Value::from_words(Name::Imsi, &[&digits]).unwrap();
        prop_assert_eq!(value.to_words(), vec![digits]);
        reads_back(Name::Imsi, &value.encode());
        let octets = octets.map(|octet| octet & 0x77);
        reads_back(Name::Loci, &octets);
    }

    #[test]
    fn any_words_are_taken_or_refused(file in 0..7_usize, line in "[ \"\\\\a-z0-9:,+u{}/-]{0,40}") {
        if let Some(words) = split(&line)
            && let Ok(value) = Value::from_words(Name::ALL[file], &words)
        {
            reads_back(Name::ALL[file], &value.encode());
        }
    }
}
