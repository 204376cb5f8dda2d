//! Each statement's octets. Those with a program's name are in its tests, or in a trace
//! of it; the others follow the clause.

use uicc::remote::Format;
use uicc::script::{DEFAULT_LIMIT, Script, explain};

use super::{commands, compiled, packets};
use crate::support::hex;

/// The APDUs of a line, with Le, in the expanded format, and its only packet in the
/// compact one. The line that explains either is the same.
fn line(text: &str, apdus: &[&str], compact: &str) {
    let expanded = packets(Format::Expanded, DEFAULT_LIMIT, text);
    let found: Vec<String> = commands(&expanded)
        .concat()
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(found, apdus, "{text}");
    assert_eq!(compiled(Format::Compact, text), [compact], "{text}");
    for octets in [expanded[0].data.clone(), hex(compact)] {
        let explained = explain(&octets).unwrap();
        let lines: Vec<&str> = explained
            .lines
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert_eq!(lines, [text]);
        assert!(!explained.is_one, "{text}");
    }
}

/// TS 102 221 clauses 11.1.1 to 11.1.6, 11.1.14, 11.1.15. The form of SELECT is that of
/// programs for NDEF: `00A4000C02E104`.
#[test]
fn files() {
    let path = "00a4000c023f0000a4000c027fff00a4000c026f07";
    let apdus = ["00a4000c023f00", "00a4000c027fff", "00a4000c026f07"];
    line("select 3F00/7FFF/6F07", &apdus, path);
    line(
        "select aid a0000000871002",
        &["00a4040c07a0000000871002"],
        "00a4040c07a0000000871002",
    );
    line("read-binary", &["00b0000000"], "00b0000000");
    line("read-binary 16 9", &["00b0001009"], "00b0001009");
    line("read-binary 32767 255", &["00b07fffff"], "00b07fffff");
    line("read-record 1 28", &["00b201041c"], "00b201041c");
    line("read-record 254 256", &["00b2fe0400"], "00b2fe0400");
    line("update-binary 00ff", &["00d600000200ff"], "00d600000200ff");
    line(
        "update-binary 16 deadbeef",
        &["00d6001004deadbeef"],
        "00d6001004deadbeef",
    );
    line("update-record 2 0a", &["00dc0204010a"], "00dc0204010a");
    line("activate-file", &["00440000"], "0044000000");
    line("deactivate-file", &["00040000"], "0004000000");
}

/// GlobalPlatform Card Specification 2.3 clause 11. The first INSTALLs are keycard's, the
/// one with EF is in a log of GPShell; GET STATUS and SET STATUS are GlobalPlatformPro's.
#[test]
fn card_content() {
    let install = |text: &str, command: &str| {
        line(
            text,
            &[&format!("{command}00")],
            &format!("{command}00c0000000"),
        );
    };
    install(
        "install for-load 53746174757357616c6c6574 domain a000000151000000",
        "80e60200190c53746174757357616c6c657408a000000151000000000000",
    );
    install(
        "install for-load a00000030800001000 domain a000000151000000 parameters ef04c60268f8",
        "80e602001c09a0000003080000100008a0000001510000000006ef04c60268f800",
    );
    install(
        "install for-load aabbccddee hash 0102 token 03",
        "80e602000d05aabbccddee00020102000103",
    );
    install(
        "install for-install 53746174757357616c6c6574 53746174757357616c6c6574417070 \
         53746174757357616c6c6574417070 privileges 01 parameters c90403aabbcc",
        "80e60c00370c53746174757357616c6c65740f53746174757357616c6c6574417070\
         0f53746174757357616c6c6574417070010106c90403aabbcc00",
    );
    install(
        "install for-install a0000001510000 a0000001510001 a0000001510001",
        "80e60c001e07a000000151000007a000000151000107a0000001510001010002c90000",
    );
    install("delete a0000001510001", "80e40000094f07a0000001510001");
    install(
        "delete f0414c46416101 related",
        "80e40080094f07f0414c46416101",
    );
    for (part, command) in [
        ("isd", "80f28002024f00"),
        ("applications", "80f24002024f00"),
        ("packages", "80f22002024f00"),
        ("modules", "80f21002024f00"),
        (
            "applications a000000003000000",
            "80f240020a4f08a000000003000000",
        ),
        ("applications next", "80f24003024f00"),
        ("applications a000 next", "80f24003044f02a000"),
    ] {
        install(&format!("get-status {part}"), command);
    }
    let lock = "80f0408008a000000062030101";
    line("lock a000000062030101", &[lock], lock);
    let unlock = "80f0400008a000000062030101";
    line("unlock a000000062030101", &[unlock], unlock);
    line("get-data FF21", &["80caff2100"], "80caff2100");
    line("get-data 0066 80", &["80ca006650"], "80ca006650");
}

/// GlobalPlatform Card Specification 2.3 clause 11.6.
#[test]
fn blocks_of_load() {
    line(
        "load-block 0 c40101",
        &["80e8000003c4010100"],
        "80e8000003c40101",
    );
    line(
        "load-block 255 aa last",
        &["80e880ff01aa00"],
        "80e880ff01aa00c0000000",
    );
}

/// PUT KEY has no statement. What P3 is in a command that is not known, the compact
/// format can't say.
#[test]
fn raw_commands() {
    let put_key = "80d8000003010203";
    line("raw 80d8000003010203", &[put_key], put_key);
    let packet = compiled(Format::Expanded, "raw 8010000003010203");
    assert_eq!(packet, ["aa0a22088010000003010203"]);
    // As it stands, with its Le.
    let packet = compiled(Format::Compact, "raw 80f24002024f0000");
    assert_eq!(packet, ["80f24002024f0000"]);
}

/// A name stands for an identifier; by itself for the whole path from the MF.
#[test]
fn names_of_files() {
    for (text, same) in [
        ("select mf", "select 3F00"),
        ("select usim", "select 7FFF"),
        ("select mf/usim/imsi", "select 3f00/7fff/6f07"),
        ("select imsi", "select 3F00/7FFF/6F07"),
        ("select smsp", "select 3F00/7FFF/6F42"),
        ("select mf/7F10/smsp", "select 3F00/7F10/6F42"),
    ] {
        assert_eq!(
            compiled(Format::Compact, text),
            compiled(Format::Compact, same)
        );
    }
}

/// Words in capitals, comments, blank lines, numbers in hexadecimal.
#[test]
fn how_lines_are_written() {
    let text = "# a script\n\n  select\t3f00/2FE2 # EF_ICCID\r\nread-binary 0x0 0x0A\n";
    assert_eq!(
        compiled(Format::Compact, text),
        ["00a4000c023f0000a4000c022fe200b000000a"]
    );
    let text = "raw 80CA0085 00";
    assert!(Script::parse(text, |_| Err(String::new())).is_err());
}

/// `vectors/uicc-files.json`, in a statement.
#[test]
fn typed_values() {
    let vectors = include_str!("../../../../../vectors/uicc-files.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let values = vectors["read"].as_array().unwrap();
    assert!(values.len() > 20);
    for vector in values {
        let field = |name: &str| vector[name].as_str();
        let file = field("file").unwrap();
        let octets = field("written").or(field("octets")).unwrap();
        let (update, command, identifier) = match file {
            "smsp" => ("update-record 1", "00dc0104", "6f42"),
            "imsi" => ("update-binary", "00d60000", "6f07"),
            "spn" => ("update-binary", "00d60000", "6f46"),
            "plmnwact" => ("update-binary", "00d60000", "6f60"),
            "acc" => ("update-binary", "00d60000", "6f78"),
            "fplmn" => ("update-binary", "00d60000", "6f7b"),
            "loci" => ("update-binary", "00d60000", "6f7e"),
            other => panic!("{other}"),
        };
        let text = format!("select {file}\n{update} {file} {}", field("words").unwrap());
        let selects = format!("00a4000c023f0000a4000c027fff00a4000c02{identifier}");
        let packet = format!("{selects}{command}{:02x}{octets}", octets.len() / 2);
        assert_eq!(
            compiled(Format::Compact, &text),
            [packet.as_str()],
            "{text}"
        );
        let explained = explain(&hex(&packet)).unwrap().to_string();
        let lines: Vec<&str> = explained.lines().collect();
        assert_eq!(lines[1].rsplit_once("# ").unwrap().1, file);
        assert!(
            lines[2].starts_with(&format!("{update} {file} ")),
            "{explained}"
        );
    }
}
