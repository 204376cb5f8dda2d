//! How commands become packets (TS 102 226 clause 5): what ends one, what the next has
//! to repeat, and limits.

use uicc::remote::Format;
use uicc::script::{DEFAULT_LIMIT, Script, ScriptFault, no_files};

use super::{commands, compiled, packets};

fn fault(format: Format, limit: usize, text: &str) -> (usize, ScriptFault) {
    let error = Script::parse(text, no_files)
        .unwrap()
        .packets(format, limit)
        .unwrap_err();
    (error.line, error.fault)
}

fn of(line: usize, apdu: &str) -> (usize, String) {
    (line, apdu.to_owned())
}

const MF: &str = "00a4000c023f00";
const ADF: &str = "00a4000c027fff";

/// The answer to a compact script has the data of the last command alone.
#[test]
fn a_compact_packet_ends_with_what_is_wanted() {
    let text = "select imsi\nread-binary 0 9\n\nselect 6F46\nread-binary 0 17\nget-status isd\n";
    let found = commands(&packets(Format::Compact, DEFAULT_LIMIT, text));
    let (imsi, spn) = ("00a4000c026f07", "00a4000c026f46");
    let expected = [
        vec![of(1, MF), of(1, ADF), of(1, imsi), of(2, "00b0000009")],
        vec![
            of(1, MF),
            of(1, ADF),
            of(1, imsi),
            of(4, spn),
            of(5, "00b0000011"),
        ],
        vec![
            of(1, MF),
            of(1, ADF),
            of(4, spn),
            of(6, "80f28002024f00"),
            of(6, "00c0000000"),
        ],
    ];
    assert_eq!(found, expected);
    // The others answer every command.
    for format in [Format::Expanded, Format::Indefinite] {
        assert_eq!(commands(&packets(format, DEFAULT_LIMIT, text)).len(), 1);
    }
}

/// `vectors/secured-packets.json`, `expanded_format`.
#[test]
fn packets_are_those_of_other_programs() {
    let text = "get-status applications\nraw 00a40004023f0000";
    let expanded = "aa14220880f24002024f0000220800a40004023f0000";
    assert_eq!(compiled(Format::Expanded, text), [expanded]);
    let indefinite = compiled(Format::Indefinite, "get-data 0085");
    assert_eq!(indefinite, ["ae80220580ca0085000000"]);
}

/// From the MF nothing has to be repeated but the application that 7FFF stands for.
#[test]
fn what_begins_anew_repeats_nothing() {
    let text = "select imsi\nread-binary\nselect spn\nread-binary";
    let found = commands(&packets(Format::Compact, DEFAULT_LIMIT, text));
    assert_eq!(found[1][0], of(3, MF));
    assert_eq!(found[1].len(), 4);
    let text = "select aid a0000000871002\nselect imsi\nread-binary\nselect spn\nread-binary";
    let found = commands(&packets(Format::Compact, DEFAULT_LIMIT, text));
    assert_eq!(found[1][0], of(1, "00a4040c07a0000000871002"));
    assert_eq!(found[1][1], of(4, MF));
    assert_eq!(found[1].len(), 5);
}

#[test]
fn a_packet_has_its_limit() {
    // Each SELECT has 7 octets, each UPDATE BINARY 6.
    let text = "select 3F00/2F05\nupdate-binary 61\nupdate-binary 1 62\nupdate-binary 2 63";
    let lines = |limit| {
        let packets = packets(Format::Compact, limit, text);
        let all: Vec<Vec<usize>> = packets
            .iter()
            .map(|packet| {
                assert!(packet.data.len() <= limit);
                packet.commands.iter().map(|it| it.line).collect()
            })
            .collect();
        all
    };
    assert_eq!(lines(32), [vec![1, 1, 2, 3, 4]]);
    assert_eq!(lines(31), [vec![1, 1, 2, 3], vec![1, 1, 4]]);
    assert_eq!(lines(25), [vec![1, 1, 2], vec![1, 1, 3], vec![1, 1, 4]]);
    assert_eq!(lines(20), [vec![1, 1, 2], vec![1, 1, 3], vec![1, 1, 4]]);
    let too_long = |octets, limit| ScriptFault::DoesNotFit { octets, limit };
    assert_eq!(fault(Format::Compact, 19, text), (2, too_long(20, 19)));
    assert_eq!(fault(Format::Compact, 6, text), (1, too_long(7, 6)));
    // 22 and a length around each, AA and a length around all; AE 80 and 00 00.
    let wanted = 2 + 9 + 9 + 8;
    assert_eq!(
        fault(Format::Expanded, wanted - 1, text),
        (2, too_long(28, 27))
    );
    assert_eq!(packets(Format::Expanded, wanted, text).len(), 3);
    assert_eq!(
        fault(Format::Indefinite, wanted + 1, text),
        (2, too_long(30, 29))
    );
    assert_eq!(packets(Format::Indefinite, wanted + 2, text).len(), 3);
}

/// Where the length of the template needs one octet more.
#[test]
fn lengths_of_127_128_255_and_256() {
    for length in [126_usize, 127, 128, 255] {
        let text = format!("update-binary {}", "5a".repeat(length));
        // CLA INS P1 P2 Lc; 22 and its length.
        let apdu = 5 + length;
        let object = apdu
            + if apdu < 128 {
                2
            } else if apdu < 256 {
                3
            } else {
                4
            };
        let template = object
            + if object < 128 {
                2
            } else if object < 256 {
                3
            } else {
                4
            };
        for (format, octets) in [
            (Format::Compact, apdu),
            (Format::Expanded, template),
            (Format::Indefinite, object + 4),
        ] {
            let packets = packets(format, octets, &text);
            assert_eq!(packets[0].data.len(), octets);
            let limit = octets - 1;
            let expected = ScriptFault::DoesNotFit { octets, limit };
            assert_eq!(fault(format, limit, &text), (1, expected));
        }
    }
}

/// The answer counts them in one octet.
#[test]
fn a_compact_packet_has_255_commands() {
    let text = "lock a000000062030101\n".repeat(256);
    let found = packets(Format::Compact, DEFAULT_LIMIT, &text);
    let counts: Vec<usize> = found.iter().map(|packet| packet.commands.len()).collect();
    assert_eq!(counts, [255, 1]);
    assert_eq!(packets(Format::Expanded, DEFAULT_LIMIT, &text).len(), 1);
    // GET RESPONSE stays with its command.
    let text = format!(
        "{}delete a000000062030101\n",
        "lock a000000062030101\n".repeat(254)
    );
    let found = packets(Format::Compact, DEFAULT_LIMIT, &text);
    let counts: Vec<usize> = found.iter().map(|packet| packet.commands.len()).collect();
    assert_eq!(counts, [254, 2]);
    let text = format!("packets one\n{}", "lock a000000062030101\n".repeat(256));
    let found = fault(Format::Compact, DEFAULT_LIMIT, &text);
    assert_eq!(found.0, 257);
    assert!(matches!(found.1, ScriptFault::Format(_)));
}

#[test]
fn one_packet_if_that_is_asked_for() {
    let text = "packets one\nselect 2FE2\nread-binary 0 10\nget-status isd\n";
    let packet = "00a4000c022fe200b000000a80f28002024f0000c0000000";
    assert_eq!(compiled(Format::Compact, text), [packet]);
    let (line, found) = fault(Format::Compact, 23, text);
    assert_eq!(
        (line, found),
        (
            4,
            ScriptFault::DoesNotFit {
                octets: 24,
                limit: 23
            }
        )
    );
    // An Le can stand at the end alone.
    let text = "packets one\nraw 80f24002024f0000\nread-binary 0 10\n";
    assert!(matches!(
        fault(Format::Compact, 99, text),
        (2, ScriptFault::Format(_))
    ));
}

#[test]
fn what_a_format_can_not_write() {
    // P3 of an instruction that is not known; READ BINARY without Le.
    for text in ["raw 801000000101", "raw 00b00000", "\nraw 00b000000101"] {
        let line = if text.starts_with('\n') { 2 } else { 1 };
        let found = fault(Format::Compact, 99, text);
        assert!(
            matches!(found, (at, ScriptFault::Format(_)) if at == line),
            "{text}"
        );
        assert_eq!(packets(Format::Expanded, 99, text).len(), 1);
    }
}

/// What is selected by READ BINARY with a short identifier can't be selected again.
#[test]
fn a_short_identifier_is_not_repeated() {
    let text = "select 3F00/7FFF\nraw 00b0870009\nupdate-binary 00";
    let found = fault(Format::Compact, 99, text);
    assert_eq!(found, (3, ScriptFault::ShortIdentifier));
    assert_eq!(packets(Format::Expanded, 99, text).len(), 1);
    let text = "select 3F00/7FFF\nraw 00b0870009\nselect 6F07\nupdate-binary 00";
    assert_eq!(packets(Format::Compact, 99, text).len(), 2);
}

#[test]
fn there_is_an_end_to_packets() {
    let text = "get-data 0066\n".repeat(1000);
    assert_eq!(packets(Format::Compact, 99, &text).len(), 1000);
    let text = "get-data 0066\n".repeat(1001);
    assert_eq!(
        fault(Format::Compact, 99, &text),
        (1001, ScriptFault::Packets)
    );
    assert_eq!(packets(Format::Compact, 99, "# nothing\n"), []);
}

mod load {
    use data_encoding::HEXLOWER;
    use uicc::remote::Format;
    use uicc::script::{Script, ScriptFault};

    use super::super::commands;
    use crate::support::hex;

    /// A load file of `vectors/cap.json`.
    fn package(at: usize) -> Vec<u8> {
        let vectors = include_str!("../../../../../vectors/cap.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        hex(vectors["packages"][at]["load_file"].as_str().unwrap())
    }

    fn script(text: &str) -> Script {
        Script::parse(text, |name| match name {
            "a.cap" => Ok(package(0)),
            "long.cap" => Ok(package(1)),
            name => Err(format!("no file {name}")),
        })
        .unwrap()
    }

    /// GlobalPlatform Card Specification 2.3 clause 11.6.2: C4 with its length, P1 80 in
    /// the last block, the number in P2.
    #[test]
    fn a_package_is_cut_into_blocks() {
        let file = package(0);
        let object = [&[0xc4, 0x81, u8::try_from(file.len()).unwrap()][..], &file].concat();
        assert!((128..256).contains(&file.len()), "{}", file.len());
        let packets = script("load a.cap block 100")
            .packets(Format::Expanded, 9999)
            .unwrap();
        let found: Vec<String> = commands(&packets)
            .concat()
            .into_iter()
            .map(|it| it.1)
            .collect();
        let count = object.len().div_ceil(100);
        let expected: Vec<String> = (0..count)
            .map(|at| {
                let data = &object[at * 100..object.len().min(at * 100 + 100)];
                let p1 = if at + 1 == count { 0x80 } else { 0 };
                let head = [0x80, 0xe8, p1, at as u8, data.len() as u8];
                HEXLOWER.encode(&[&head, data, &[0]].concat())
            })
            .collect();
        assert_eq!(found, expected);
        // In the compact format only the last is asked for what it gives.
        let packets = script("load a.cap block 100")
            .packets(Format::Compact, 9999)
            .unwrap();
        let found: Vec<String> = commands(&packets)
            .concat()
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(found.last().unwrap(), "00c0000000");
        assert_eq!(found.len(), count + 1);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(*found, expected[..expected.len() - 2]);
        }
    }

    /// 240 octets, or as many as the limit has room for.
    #[test]
    fn blocks_fit_their_packet() {
        let object = 3 + package(0).len();
        for (limit, block) in [(9999, 240), (60, 50), (12, 2)] {
            let packets = script("load \"a.cap\"")
                .packets(Format::Compact, limit)
                .unwrap();
            assert!(packets.iter().all(|packet| packet.data.len() <= limit));
            let commands = commands(&packets).concat();
            assert_eq!(commands.len(), object.div_ceil(block) + 1, "{limit}");
        }
        let refused = script("\nload a.cap")
            .packets(Format::Compact, 10)
            .unwrap_err();
        let fault = ScriptFault::DoesNotFit {
            octets: 11,
            limit: 10,
        };
        assert_eq!((refused.line, refused.fault), (2, fault));
        let refused = script("load a.cap block 51")
            .packets(Format::Compact, 55)
            .unwrap_err();
        assert!(matches!(
            refused.fault,
            ScriptFault::DoesNotFit { octets: 56, .. }
        ));
    }

    /// P2 numbers no more.
    #[test]
    fn there_are_256_blocks() {
        let octets = 4 + package(1).len();
        assert!(octets.div_ceil(4) <= 256 && octets.div_ceil(3) > 256);
        let packets = script("load long.cap block 4").packets(Format::Expanded, 9999);
        assert!(packets.is_ok());
        let refused = script("load long.cap block 3").packets(Format::Expanded, 9999);
        assert_eq!(refused.unwrap_err().fault, ScriptFault::Blocks);
    }

    #[test]
    fn a_package_names_itself() {
        let package = "d276000085";
        let packets = script("install for-load a.cap")
            .packets(Format::Expanded, 99)
            .unwrap();
        let expected = format!("80e602000a05{package}0000000000");
        assert_eq!(commands(&packets)[0][0].1, expected);
    }
}
