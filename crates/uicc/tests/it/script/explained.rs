//! From octets to lines.

use uicc::remote::{Format, Stop};
use uicc::script::{DEFAULT_LIMIT, Script, explain, no_files};

use crate::support::hex;

/// What the octets are explained as; that gives the octets again.
fn explained(octets: &str) -> String {
    let octets = hex(octets);
    let explained = explain(&octets).unwrap();
    let text = explained.to_string();
    let script = Script::parse(&text, no_files).unwrap();
    assert_eq!(script.format(), Some(explained.format));
    let limit = script.limit().unwrap_or(DEFAULT_LIMIT);
    let packets = script.packets(explained.format, limit).unwrap();
    assert_eq!(packets.len(), 1, "{text}");
    assert_eq!(packets[0].data, octets, "{text}");
    text
}

/// `vectors/secured-packets.json`, `expanded_format`.
#[test]
fn scripts_of_other_programs() {
    assert_eq!(
        explained("aa14220880f24002024f0000220800a40004023f0000"),
        "format expanded\nget-status applications\nraw 00a40004023f0000  # SELECT\n"
    );
    assert_eq!(
        explained("ae80220580ca0085000000"),
        "format indefinite\nget-data 0085\n"
    );
    assert_eq!(
        explained("00a40004023f00"),
        "format compact\nraw 00a40004023f00  # SELECT\n"
    );
    // shadysim's form: each command fetches what it gives, in one script.
    assert_eq!(
        explained("80e40000094f07a000000151000100c000000080f24002024f0000c0000000"),
        "format compact\npackets one\ndelete a0000001510001\nget-status applications\n"
    );
}

#[test]
fn files_are_named() {
    let selects = "00a4000c023f0000a4000c027fff00a4000c026f07";
    assert_eq!(
        explained(&format!("{selects}00d6000009080910101032547698")),
        "format compact\nselect 3F00/7FFF/6F07  # imsi\nupdate-binary imsi 001010123456789\n"
    );
    assert_eq!(
        explained(&format!("{selects}00b0000009")),
        "format compact\nselect 3F00/7FFF/6F07  # imsi\nread-binary 0 9  # imsi\n"
    );
    // What is no IMSI, and a part of the file.
    let text = explained(&format!("{selects}00d6000001ff00d600010109"));
    assert!(text.contains("update-binary ff  # imsi: "), "{text}");
    assert!(text.ends_with("update-binary 1 09  # imsi\n"), "{text}");
    // Octets that are read, but would be written in another way (vectors/uicc-files.json).
    let text = explained("00a4000c027fff00a4000c026f6000d600000562f220488c");
    let value = "# plmnwact 26202:eutran,ngran,gsm\n";
    assert!(
        text.ends_with(&format!("update-binary 62f220488c  {value}")),
        "{text}"
    );
    // The octets of an IMSI for another file.
    let text = explained("00a4000c022fe200d6000009080910101032547698");
    assert!(
        text.ends_with("update-binary 080910101032547698\n"),
        "{text}"
    );
}

/// A path begins at the MF.
#[test]
fn selects_are_paths() {
    let text = explained("00a4000c023f0000a4000c022fe200a4000c023f0000a4000c022f0500a4000c027fff");
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines, ["select 3F00/2FE2", "select 3F00/2F05/7FFF"]);
}

/// What a statement would write in another way is raw, and says what it is like.
#[test]
fn what_no_statement_writes() {
    for (octets, line) in [
        (
            "80f24002024f00",
            "raw 80f24002024f00  # GET STATUS, like `get-status applications`",
        ),
        (
            "80f24002024f0000",
            "raw 80f24002024f0000  # GET STATUS, like `get-status applications`",
        ),
        ("80f24000024f00", "raw 80f24000024f00  # GET STATUS"),
        ("80d8000003010203", "raw 80d8000003010203  # PUT KEY"),
        ("00b0870009", "raw 00b0870009  # READ BINARY"),
        ("00d6000000", "raw 00d60000  # UPDATE BINARY"),
        ("00c0000000", "raw 00c0000000  # GET RESPONSE"),
        (
            "80e40000064f04a0000000",
            "raw 80e40000064f04a0000000  # DELETE",
        ),
    ] {
        assert_eq!(explained(octets), format!("format compact\n{line}\n"));
    }
    // Something behind the last field.
    let text = explained("80e602000b05aabbccddee00000000ff");
    assert!(text.ends_with("ff  # INSTALL\n"), "{text}");
    // Without Le in the expanded format, and a class that is not known.
    let text = explained("aa09220780f24002024f00");
    assert!(
        text.contains("raw 80f24002024f00  # GET STATUS, like"),
        "{text}"
    );
    let text = explained("aa062204ff000000");
    assert_eq!(text, "format expanded\nraw ff000000  # not known\n");
}

#[test]
fn what_stands_behind_what_is_wanted() {
    let text = explained("00b000000900b0000909");
    assert_eq!(
        text,
        "format compact\npackets one\nread-binary 0 9\nread-binary 9 9\n"
    );
    // Nothing at all is a script, too.
    assert_eq!(explained("aa00"), "format expanded\npackets one\n");
    assert_eq!(explained("ae800000"), "format indefinite\npackets one\n");
}

#[test]
fn long_scripts_have_their_limit() {
    let octets = "220580caff2100".repeat(DEFAULT_LIMIT / 7 + 1);
    let length = octets.len() / 2;
    let text = explained(&format!("aa82{length:04x}{octets}"));
    let header = format!("format expanded\nlimit {}\nget-data FF21\n", length + 4);
    assert!(text.starts_with(&header));
    assert!(explain(&vec![0; 0x1_0000]).is_err());
}

#[test]
fn what_can_not_be_read_further() {
    for (octets, stop, says) in [
        (
            "00b00000098010000001",
            Stop::UnknownInstruction {
                class: 0x80,
                instruction: 0x10,
            },
            "class 80 and instruction 10 are not known",
        ),
        ("00b000000900d6", Stop::WrongLength, "length of a command"),
        ("aa0a220500b0000009830101", Stop::Chaining, "chained"),
        (
            "aa0a220500b0000009820101",
            Stop::ErrorAction,
            "action for errors",
        ),
        (
            "aa0a220500b0000009810101",
            Stop::ImmediateAction,
            "immediate action",
        ),
    ] {
        let explained = explain(&hex(octets)).unwrap();
        assert_eq!(explained.stop, Some(stop));
        let text = explained.to_string();
        let (line, last) = (text.lines().nth(1).unwrap(), text.lines().last().unwrap());
        assert_eq!(line, "read-binary 0 9");
        assert!(last.starts_with("# it can't be read further: "), "{text}");
        assert!(last.contains(says), "{text}");
    }
    let text = explain(&hex("aa0a220500b0000009550101"))
        .unwrap()
        .to_string();
    assert!(text.contains("bad format 01"), "{text}");
    assert_eq!(
        explain(&hex("aa0a2205")).err().map(|error| error.code()),
        Some("length-wrong")
    );
    assert_eq!(
        explain(&[]).err().map(|error| error.code()),
        Some("truncated")
    );
    assert_eq!(explain(&hex("00b0")).unwrap().format, Format::Compact);
}
