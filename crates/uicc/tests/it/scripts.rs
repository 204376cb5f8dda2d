//! Scripts and their answers against known answers of other programs
//! (`vectors/secured-packets.json`, `expanded_format`) and clause by clause.

use serde_json::Value;
use uicc::UiccError;
use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};
use uicc::remote::{BadFormat, CommandScript, End, Format, ScriptResponse, Stop};

use crate::support::{VECTORS, field, hex};

fn vector(name: &str) -> Value {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = all["expanded_format"].as_array().unwrap();
    vectors
        .iter()
        .find(|vector| vector["name"] == name)
        .unwrap()
        .clone()
}

fn command(text: &str) -> CommandApdu {
    CommandApdu::parse(&hex(text)).unwrap()
}

fn both_ways(format: Format, commands: &[&str], octets: &[u8]) {
    let commands: Vec<_> = commands.iter().map(|text| command(text)).collect();
    let script = CommandScript::new(format, commands);
    assert_eq!(script.encode().unwrap(), octets);
    assert_eq!(CommandScript::read(octets).unwrap(), script);
}

#[test]
fn commands_are_those_of_other_programs() {
    for name in [
        "expanded single C-APDU definite",
        "expanded two C-APDUs definite",
    ] {
        let vector = vector(name);
        let commands = vector["apdus"].as_array().unwrap();
        let commands: Vec<_> = commands.iter().map(|it| it.as_str().unwrap()).collect();
        both_ways(Format::Expanded, &commands, &field(&vector, "script"));
    }
    let vector = vector("indefinite command script GET DATA 0085");
    let octets = field(&vector, "script");
    both_ways(Format::Indefinite, &["80ca008500"], &octets);
}

#[test]
fn long_commands() {
    // 4 + 1 + 195 octets of a command.
    let long = CommandApdu::new([0x00, 0xd6, 0, 0]).with_data([0x5a; 195]);
    let octets = CommandScript::new(Format::Expanded, vec![long]).encode();
    let prefix = field(&vector("expanded 200-octet C-APDU prefix"), "prefix");
    assert!(octets.unwrap().starts_with(&prefix));
    // An APDU's five octets before its data; BER lengths of 127, 128, 255, 256, 260.
    for (length, object) in [
        (127 - 5, "227f"),
        (128 - 5, "228180"),
        (255 - 5, "2281ff"),
        (256 - 5, "22820100"),
        (255, "22820104"),
    ] {
        let command = CommandApdu::new([0x00, 0xd6, 0, 0]).with_data(vec![0x5a; length]);
        let head = hex(&format!("{object}00d60000{length:02x}5a"));
        let one = CommandScript::new(Format::Indefinite, vec![command.clone()]);
        assert!(one.encode().unwrap()[2..].starts_with(&head), "{length}");
        for format in [Format::Compact, Format::Expanded, Format::Indefinite] {
            let script = CommandScript::new(format, vec![command.clone(); 3]);
            let octets = script.encode().unwrap();
            assert_eq!(CommandScript::read(&octets).unwrap(), script);
        }
    }
    let command = CommandApdu::new([0x00, 0xd6, 0, 0]).with_data([0; 256]);
    for format in [Format::Compact, Format::Expanded, Format::Indefinite] {
        let script = CommandScript::new(format, vec![command.clone()]);
        assert_eq!(script.encode(), Err(UiccError::TooLong));
    }
}

#[test]
fn the_compact_format() {
    // SELECT MF, READ BINARY, GET STATUS, GET RESPONSE: P3 is Lc or Le.
    let octets = hex("00a40004023f0000b000000a80f24002024f0000c0000000");
    let commands = [
        "00a40004023f00",
        "00b000000a",
        "80f24002024f00",
        "00c0000000",
    ];
    both_ways(Format::Compact, &commands, &octets);
    // The Le of the last command, and of no other.
    both_ways(
        Format::Compact,
        &["80f24002024f0000"],
        &hex("80f24002024f0000"),
    );
    let twice = vec![command("80f24002024f0000"); 2];
    let script = CommandScript::new(Format::Compact, twice);
    assert_eq!(script.encode(), Err(UiccError::Length("P3")));
    // A read with data, whose P3 can't be both.
    let both = vec![
        CommandApdu::new([0, 0xb0, 0, 0])
            .with_data([1])
            .expecting(1),
    ];
    let script = CommandScript::new(Format::Compact, both);
    assert_eq!(script.encode(), Err(UiccError::Length("P3")));
    // No data at all: P3 is 00, and an octet behind it is no Le.
    let script = CommandScript::read(&hex("004400000000")).unwrap();
    assert_eq!(script.stop, Some(Stop::WrongLength));
    let octets = hex("0044000000");
    let script = CommandScript::read(&octets).unwrap();
    assert_eq!(script.commands, [CommandApdu::new([0, 0x44, 0, 0])]);
    assert_eq!(script.encode().unwrap(), octets);
}

#[test]
fn what_a_compact_script_can_not_be_read_beyond() {
    for (octets, stop) in [
        (
            "00a40004023f00a0b0000005",
            Stop::UnknownInstruction {
                class: 0xa0,
                instruction: 0xb0,
            },
        ),
        ("00a40004023f0000d60000030102", Stop::WrongLength),
        ("00a40004023f0000d600", Stop::WrongLength),
    ] {
        let script = CommandScript::read(&hex(octets)).unwrap();
        assert_eq!(script.commands, [command("00a40004023f00")], "{octets}");
        assert_eq!(script.stop, Some(stop), "{octets}");
        assert!(script.whole().is_err());
    }
    let raw = CommandApdu::new([0xa0, 0xb0, 0, 0]).expecting(5);
    let script = CommandScript::new(Format::Compact, vec![raw]);
    assert_eq!(
        script.encode(),
        Err(UiccError::Unsupported("an instruction"))
    );
    let many = vec![command("00b0000001"); 256];
    let script = CommandScript::new(Format::Compact, many);
    assert_eq!(script.encode(), Err(UiccError::TooLong));
    let none = CommandScript::read(&[]);
    assert_eq!(none, Err(UiccError::Truncated("the script")));
}

#[test]
fn what_an_expanded_script_can_not_be_read_beyond() {
    let bad = Stop::BadFormat;
    for (object, stop) in [
        ("2401ff", bad(BadFormat::UnknownTag)),
        ("22050001020304aa", bad(BadFormat::UnknownTag)),
        ("2205000102", bad(BadFormat::WrongLength)),
        ("22817f", bad(BadFormat::WrongLength)),
        ("22", bad(BadFormat::LengthNotFound)),
        ("2281", bad(BadFormat::LengthNotFound)),
        ("2203000102", Stop::WrongLength),
        ("810181", Stop::ImmediateAction),
        ("820182", Stop::ErrorAction),
        ("830101", Stop::Chaining),
    ] {
        let value = [hex("220700a40004023f00"), hex(object)].concat();
        let definite = [&[0xaa, u8::try_from(value.len()).unwrap()], &value[..]].concat();
        let indefinite = [&[0xae, 0x80], &value[..], &[0, 0]].concat();
        for octets in [definite, indefinite] {
            let script = CommandScript::read(&octets).unwrap();
            assert_eq!(script.stop, Some(stop), "{object}");
            assert_eq!(script.commands[0], command("00a40004023f00"), "{object}");
        }
    }
}

#[test]
fn templates_end_where_they_say() {
    let length = UiccError::Length("length of the template");
    for (octets, error) in [
        // Too short, too long, a length that needs no second octet.
        ("aa0a220700a40004023f00", length.clone()),
        ("aa08220700a40004023f00", length.clone()),
        ("aa8109220700a40004023f00", length.clone()),
        // Indefinite, but for the template with a definite length, and the reverse.
        ("aa80220700a40004023f000000", length.clone()),
        ("ae09220700a40004023f00", length),
        // Without an end, and with half of one.
        (
            "ae80220700a40004023f01",
            UiccError::Truncated("the template"),
        ),
        (
            "ae80220700a40004023f0100",
            UiccError::Truncated("the template"),
        ),
    ] {
        assert_eq!(CommandScript::read(&hex(octets)), Err(error), "{octets}");
    }
    // An end of contents before the end.
    let script = CommandScript::read(&hex("ae800000220700a40004023f000000")).unwrap();
    assert_eq!(script.stop, Some(Stop::BadFormat(BadFormat::UnknownTag)));
    assert!(script.commands.is_empty());
}

fn answer(octets: &[u8]) -> ScriptResponse {
    let response = ScriptResponse::read(Format::Expanded, octets).unwrap();
    assert_eq!(response.encode().unwrap(), octets);
    response
}

#[test]
fn answers_are_those_of_other_programs() {
    let one = |status| vec![ResponseApdu::from(StatusWord(status))];
    let expanded = |is_indefinite, executed, responses, end| ScriptResponse::Expanded {
        is_indefinite,
        executed,
        responses,
        end,
    };
    let mut with_data = one(0x9000);
    with_data[0].data = vec![0x93, 0x05];
    for (name, wanted) in [
        (
            "expanded response, one R-APDU SW6132",
            expanded(false, Some(1), one(0x6132), None),
        ),
        (
            "expanded bad format (unknown tag)",
            expanded(false, Some(1), vec![], Some(End::BadFormat(1))),
        ),
        (
            "expanded immediate action suspension error",
            expanded(false, Some(1), vec![], Some(End::ImmediateAction(1))),
        ),
        (
            "expanded script chaining not supported",
            expanded(false, Some(1), vec![], Some(End::Chaining(2))),
        ),
        (
            "indefinite response SW 6A88",
            expanded(true, None, one(0x6a88), None),
        ),
        (
            "indefinite response with executed count",
            expanded(true, Some(1), with_data, None),
        ),
    ] {
        assert_eq!(answer(&field(&vector(name), "script")), wanted, "{name}");
    }
    // 300 commands: clause 5.2.2.2 has a count of two octets.
    let many = answer(&hex("ab048002012c"));
    assert_eq!(many, expanded(false, Some(300), vec![], None));
    let long = ResponseApdu {
        data: vec![1; 198],
        status: StatusWord::OK,
    };
    let long = expanded(false, Some(1), vec![long], None).encode().unwrap();
    let prefix = field(&vector("expanded response 198+2 octets prefix"), "prefix");
    assert!(long.starts_with(&prefix));
    answer(&long);
}

#[test]
fn compact_answers() {
    let octets = hex("026132");
    let read = ScriptResponse::read(Format::Compact, &octets).unwrap();
    let last = ResponseApdu::from(StatusWord(0x6132));
    assert_eq!(read, ScriptResponse::Compact { executed: 2, last });
    assert_eq!(read.encode().unwrap(), octets);
    let octets = hex("03900001020304");
    let read = ScriptResponse::read(Format::Compact, &octets).unwrap();
    assert_eq!(read.encode().unwrap(), octets);
    assert!(
        matches!(read, ScriptResponse::Compact { executed: 3, last } if last.data == [1, 2, 3, 4])
    );
    let short = ScriptResponse::read(Format::Compact, &hex("0190"));
    assert!(matches!(short, Err(UiccError::Truncated(_))));
}

#[test]
fn answers_that_are_none() {
    for octets in [
        "",
        "aa00",
        "ab0301",
        "ab80800101",
        "af80800101",
        "ab0780010123026132ff",
        // An R-APDU of one octet, a count behind an answer, an end before one.
        "ab03230190",
        "ab0723026132800101",
        "ab0790010123026132",
        // A tag that is not known, a count of three octets.
        "ab03910101",
        "ab058003010203",
    ] {
        assert!(
            ScriptResponse::read(Format::Expanded, &hex(octets)).is_err(),
            "{octets}"
        );
    }
}
