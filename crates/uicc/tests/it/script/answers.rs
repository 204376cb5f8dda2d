//! Answers in words, by line.

use uicc::apdu::StatusWord;
use uicc::remote::Format;
use uicc::script::{Answer, DEFAULT_LIMIT, Packet, explain_response};

use super::packets;
use crate::support::hex;

fn answer(format: Format, octets: &str, packet: Option<&Packet>) -> Answer {
    explain_response(format, &hex(octets), packet).unwrap()
}

const UPDATES: &str = "select imsi\nupdate-binary imsi 001010123456789\nselect acc\n\
    update-binary 0001";

/// The answer in `vectors/secured-packets.json`: `016132`.
#[test]
fn compact_answers_have_the_last_command() {
    let found = answer(Format::Compact, "016132", None);
    assert_eq!(found.executed, Some(1));
    assert_eq!(
        (found.commands[0].number, found.commands[0].line),
        (1, None)
    );
    assert_eq!(found.commands[0].response.status, StatusWord(0x6132));
    assert!(found.failed().is_none() && found.notes.is_empty());
    // Three SELECTs, UPDATE BINARY, three SELECTs, UPDATE BINARY.
    let packet = &packets(Format::Compact, DEFAULT_LIMIT, UPDATES)[0];
    let found = answer(Format::Compact, "089000", Some(packet));
    assert_eq!(
        (found.commands[0].line, found.commands[0].name),
        (Some(4), Some("UPDATE BINARY"))
    );
    assert!(found.failed().is_none() && found.notes.is_empty());
    let found = answer(Format::Compact, "046982", Some(packet));
    let failed = found.failed().unwrap();
    assert_eq!((failed.number, failed.line), (4, Some(2)));
    assert_eq!(
        found.notes,
        ["4 commands were not carried out, from line 3 on"]
    );
    // It ended without an error, but too early; it says more than there was, and nothing.
    let found = answer(Format::Compact, "076283", Some(packet));
    assert!(found.failed().is_none());
    assert_eq!(
        found.notes,
        ["1 commands were not carried out, from line 4 on"]
    );
    let found = answer(Format::Compact, "099000", Some(packet));
    assert_eq!(found.notes, ["the packet has 8 commands"]);
    assert_eq!(found.commands[0].line, None);
    let found = answer(Format::Compact, "006f00", Some(packet));
    assert_eq!(found.notes.len(), 2);
    assert!(explain_response(Format::Compact, &hex("0190"), None).is_err());
}

/// `vectors/secured-packets.json`, `expanded_format`.
#[test]
fn expanded_answers_have_each_command() {
    let found = answer(Format::Expanded, "ab0780010123026132", None);
    assert_eq!((found.executed, found.commands.len()), (Some(1), 1));
    let found = answer(Format::Expanded, "ab06800101900101", None);
    assert_eq!(found.notes, ["bad format: unknown tag"]);
    let found = answer(Format::Indefinite, "af8023026a880000", None);
    assert_eq!(found.failed().unwrap().response.status, StatusWord(0x6a88));
    let packet = &packets(Format::Expanded, DEFAULT_LIMIT, UPDATES)[0];
    let all = "ab13800104230290002302900023029000230269 82".replace(' ', "");
    let found = answer(Format::Expanded, &all, Some(packet));
    let lines: Vec<_> = found
        .commands
        .iter()
        .map(|it| (it.number, it.line))
        .collect();
    assert_eq!(
        lines,
        [(1, Some(1)), (2, Some(1)), (3, Some(1)), (4, Some(2))]
    );
    assert_eq!(found.failed().unwrap().number, 4);
    assert_eq!(
        found.notes,
        ["4 commands were not carried out, from line 3 on"]
    );
    let found = answer(
        Format::Expanded,
        "ab07800103230290 00".replace(' ', "").as_str(),
        None,
    );
    assert_eq!(found.notes, ["it has 1 answers"]);
}

/// Entries of a card in the tests of the GlobalPlatform library (SCP03, GET STATUS).
#[test]
fn entries_of_get_status() {
    let applications = "e33e4f10a0000005591010ffffffff89000010009f70013fc50380c000c407a000000151\
        5350ce020100cc10a0000005591010ffffffff8900000100ea028000e3304f09a0000005591010000\
        19f70020700c503000000c407a0000001515350ce020100cc08a000000151000000ea028000";
    let expected = [
        "a0000005591010ffffffff8900001000, state 3f, privileges 80c000, package a0000001515350, \
         version 0100, domain a0000005591010ffffffff8900000100",
        "a00000055910100001, SELECTABLE, privileges 000000, package a0000001515350, version 0100, \
         domain a000000151000000",
    ];
    let text = "get-status applications";
    for (format, before) in [(Format::Compact, "029000"), (Format::Expanded, "")] {
        let packet = &packets(format, DEFAULT_LIMIT, text)[0];
        let octets = match format {
            Format::Compact => format!("{before}{applications}"),
            _ => {
                let length = applications.len() / 2 + 2;
                format!("ab{:02x}23{length:02x}{applications}9000", length + 2)
            }
        };
        let found = answer(format, &octets, Some(packet));
        assert_eq!(found.commands[0].shown, expected);
        assert_eq!(found.commands[0].line, Some(1));
    }
    let isd = "e3324f08a0000001510000009f70020f00c50382fc80c407a0000001515350ce020100cc08a000000151\
        000000ea058003008000";
    let packet = &packets(Format::Compact, DEFAULT_LIMIT, "get-status isd")[0];
    let found = answer(Format::Compact, &format!("029000{isd}"), Some(packet));
    assert!(found.commands[0].shown[0].starts_with("a000000151000000, SECURED, privileges 82fc80"));
    // Without the script states have no names.
    let found = answer(Format::Compact, &format!("029000{isd}"), None);
    assert!(found.commands[0].shown[0].starts_with("a000000151000000, state 0f00, "));
    let modules = "e3194f07a00000006201019f70020100ce020105cc05a000000151";
    let packet = &packets(Format::Compact, DEFAULT_LIMIT, "get-status modules")[0];
    let found = answer(
        Format::Compact,
        &format!("026310{modules}e319"),
        Some(packet),
    );
    let shown = &found.commands[0].shown;
    assert_eq!(
        shown[0],
        "a0000000620101, LOADED, version 0105, domain a000000151"
    );
    assert_eq!(shown[1], "2 octets that are no whole entry");
    assert_eq!(shown[2], "more entries can be had: the same with `next`");
}

/// GlobalPlatform Card Specification 2.3 clause 11.1.1, tables 11-3 to 11-6.
#[test]
fn life_cycle_states() {
    let state = |part: &str, octet: &str, privileges: &str| {
        let packet = &packets(
            Format::Compact,
            DEFAULT_LIMIT,
            &format!("get-status {part}"),
        )[0];
        let entry = format!("e30e4f05a0000000039f7001{octet}c501{privileges}");
        let found = answer(Format::Compact, &format!("029000{entry}"), Some(packet));
        let shown = found.commands[0].shown[0].clone();
        shown.split(", ").nth(1).unwrap().to_owned()
    };
    for (octet, name) in [
        ("01", "OP_READY"),
        ("07", "INITIALIZED"),
        ("0f", "SECURED"),
        ("7f", "CARD_LOCKED"),
        ("ff", "TERMINATED"),
    ] {
        assert_eq!(state("isd", octet, "9e"), name);
    }
    assert_eq!(state("packages", "01", "00"), "LOADED");
    for (octet, privileges, name) in [
        ("03", "00", "INSTALLED"),
        ("07", "00", "SELECTABLE"),
        ("0f", "80", "PERSONALIZED"),
        ("0f", "00", "state 0f"),
        ("83", "00", "LOCKED"),
        ("87", "80", "LOCKED"),
        ("80", "00", "state 80"),
    ] {
        assert_eq!(state("applications", octet, privileges), name);
    }
}

/// Files whose values are known, and receipts.
#[test]
fn data_in_words() {
    let text = "select imsi\nread-binary 0 9";
    let packet = &packets(Format::Compact, DEFAULT_LIMIT, text)[0];
    let found = answer(Format::Compact, "049000080910101032547698", Some(packet));
    assert_eq!(found.commands[0].shown, ["imsi 001010123456789"]);
    assert!(!format!("{found:?}").contains("001010123456789"));
    // A part of it, another file, no script.
    let text = "select imsi\nread-binary 1 9";
    let part = &packets(Format::Compact, DEFAULT_LIMIT, text)[0];
    let other = &packets(
        Format::Compact,
        DEFAULT_LIMIT,
        "select 2FE2/2F05/2F06/2FE2\nread-binary",
    )[0];
    for packet in [Some(part), Some(other), None] {
        let found = answer(Format::Compact, "049000080910101032547698", packet);
        assert_eq!(found.commands[0].shown, [""; 0]);
    }
    let packet = &packets(Format::Compact, DEFAULT_LIMIT, "delete a000000003")[0];
    let found = answer(Format::Compact, "02900000", Some(packet));
    assert_eq!(found.commands[0].shown, ["no receipt"]);
    assert_eq!(found.commands[0].line, Some(1));
}
