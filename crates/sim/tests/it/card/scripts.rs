//! Scripts in the three formats (ETSI TS 102 226 clause 5). Answers of bad formats are
//! those of another program (`vectors/secured-packets.json`, `expanded_format`).

use sim::card::{Card, Profile};
use uicc::packet::{Status, Tar};

use super::support::{Counting, ISSUER, PROFILE, USIM, apdu, card, hex, run, text};

/// What the card answers to a script, as text.
fn answer(tar: Tar, script: &str) -> String {
    let response = run(&mut card(), tar, 11, script);
    assert_eq!(response.status, Status::Ok);
    text(&response.data)
}

fn plain(octets: &str) -> String {
    text(&hex(octets))
}

#[test]
fn the_compact_format() {
    for (script, expected) in [
        // The number of commands, the last status word, what the last one gave.
        ("00a4000c026f46", "01 9000"),
        ("00a4000c026f46 00b0000002", "02 9000 01ff"),
        // The first error ends it.
        ("00a4000c026fff 00a4000c026f46", "01 6a82"),
        ("00a4000c026f46 00d6001002ffff 00d600010141", "02 6700"),
        ("00a4000c026f46 00d600110141", "02 6b00"),
        ("00a4000c026f42 00b0000001", "02 6981"),
        ("00b0000001", "01 6986"),
        ("00a4000c026f42 00b2020428", "02 6a83"),
        ("00a4000c026f42 00b2010427", "02 6c28"),
        ("00a4000f026f42", "01 6a86"),
        // What it can't be read beyond.
        ("00a4000c026f46 00fe000000 00b0000001", "02 6d00"),
        ("00a4000c026f46 a0b0000001", "02 6e00"),
        ("00a4000c026f46 00b00000", "02 6700"),
        ("00a4000c036f46", "01 6700"),
    ] {
        assert_eq!(answer(USIM, script), plain(expected), "{script}");
    }
}

/// The last of a compact script may have its Le, the others are asked by GET RESPONSE.
#[test]
fn data_of_commands_with_data() {
    let template = {
        let mut card = card();
        apdu(&mut card, "00a40004022fe200")
    };
    let (template, _) = template.split_at(template.len() - 4);
    let length = template.len() / 2;
    let all = answer(USIM, "00a4080c022fe2 00a40804022fe200");
    assert_eq!(all, format!("029000{template}"));
    let fetched = answer(USIM, &format!("00a40804022fe2 00c00000{length:02x}"));
    assert_eq!(fetched, format!("029000{template}"));
    let waiting = answer(USIM, "00a40804022fe2");
    assert_eq!(waiting, format!("0161{length:02x}"));
    // Anything in between, and it is gone.
    let gone = answer(USIM, "00a40804022fe2 00a4080c022fe2 00c0000001");
    assert_eq!(gone, plain("03 6985"));
}

/// A warning does not end a script: EF SPN is deactivated, then selected.
#[test]
fn warnings_do_not_stop() {
    let script = "00a4000c026f46 0004000000 00a4000c026f46 00a4000c026f07";
    assert_eq!(answer(USIM, script), plain("04 9000"));
    assert_eq!(
        answer(USIM, "00a4000c026f46 0004000000 00a4000c026f46"),
        plain("03 6283")
    );
}

#[test]
fn the_expanded_formats() {
    for (tar, script, expected) in [
        (
            USIM,
            "aa10 2207 00a4000c026f46 2205 00b0000002",
            "ab0d 800102 23029000 2304 01ff9000",
        ),
        (
            USIM,
            "ae80 2207 00a4000c026f46 2205 00b0000002 0000",
            "af80 800102 23029000 2304 01ff9000 0000",
        ),
        // The first error ends it; an empty script is one.
        (
            USIM,
            "aa10 2207 00a4000c026fff 2205 00b0000002",
            "ab07 800101 23026a82",
        ),
        (USIM, "aa00", "ab03 800100"),
        (USIM, "ae800000", "af80 800100 0000"),
        // As other programs have it.
        (USIM, "aa02 2100", "ab06800101900101"),
        (USIM, "aa03 810101", "ab06800101810101"),
        (USIM, "aa03 830100", "ab06800101830102"),
        (USIM, "aa03 820101", "ab06800101900101"),
        // A length that is longer than the script, and none at all.
        (USIM, "aa02 2205", "ab06 800101 900102"),
        (USIM, "aa01 22", "ab06 800101 900103"),
        // An object that is no command.
        (USIM, "aa04 2202 00a4", "ab07 800101 23026700"),
        // A template of another length, and one without an end: nothing is carried out.
        (USIM, "aa09 2207 00a4000c026f", "ab06 800100 900102"),
        (USIM, "ae80 2207 00a4000c026f46", "af80 800100 900103 0000"),
        // What was carried out before is told.
        (
            USIM,
            "aa0b 2207 00a4000c026f46 2100",
            "ab0a 800102 23029000 900101",
        ),
        // A file command to the issuer's security domain, and GET STATUS of nothing.
        (ISSUER, "aa09 2207 00a4000c026f46", "ab07 800101 23026d00"),
        (
            ISSUER,
            "aa14220880f24002024f0000220800a40004023f0000",
            "ab07 800101 23026a88",
        ),
    ] {
        assert_eq!(answer(tar, script), plain(expected), "{script}");
    }
}

/// C-APDUs with lengths of one and of two octets: 5 + 122, 123 and 250 octets of data.
#[test]
fn long_commands() {
    for (length, prefix) in [(122, "227f"), (123, "228180"), (250, "2281ff")] {
        let update = format!("{prefix}00d60000{length:02x}{}", "41".repeat(length));
        let value = format!("2207 00a4000c026f60 {update}").replace(' ', "");
        let octets = value.len() / 2;
        let script = match octets {
            ..=0xff => format!("aa81{octets:02x}{value}"),
            _ => format!("aa82{octets:04x}{value}"),
        };
        // EF PLMNwAcT has 40 octets: the command was read, and is too long for it.
        let answered = answer(USIM, &script);
        assert_eq!(answered, plain("ab0b 800102 23029000 23026700"), "{length}");
    }
}

/// C-APDUs of 256 octets and more, to a file that has room for them: 251 octets, 255, and
/// these with an Le. What stands behind an Le is no command.
#[test]
fn commands_of_256_octets_and_more() {
    let profile = format!(
        "{PROFILE}\n[[file]]\npath = \"3f00/7ff0/6f99\"\n\
         content = {{ transparent = \"{}\" }}\n\
         rules = {{ read = \"always\", update = \"adm1\" }}\n",
        "00".repeat(300)
    );
    let profile = Profile::read(&profile).unwrap();
    for (prefix, length, behind, status) in [
        ("0100", 251, "", "9000"),
        ("0103", 254, "", "9000"),
        ("0104", 255, "", "9000"),
        ("0105", 255, "00", "9000"),
        ("0106", 255, "0000", "6700"),
        ("0204", 255, &"00".repeat(256), "6700"),
        // Lc says 255, and there are 251 octets.
        ("0100", 0, &"41".repeat(251), "6700"),
    ] {
        let mut card = Card::power_on(profile.make(&mut Counting(0)).unwrap());
        let lc = if length == 0 { 0xff } else { length };
        let data = format!("{}{behind}", "41".repeat(length));
        let update = format!("2282{prefix}00d60000{lc:02x}{data}");
        let value = format!("220700a4000c026f99{update}");
        let script = format!("aa82{:04x}{value}", value.len() / 2);
        let response = run(&mut card, USIM, 11, &script);
        let expected = format!("ab0b 800102 23029000 2302{status}");
        assert_eq!(text(&response.data), plain(&expected), "{prefix} {length}");
        let file = card.state().files().find("3f00/7ff0/6f99").unwrap();
        let octets = file.content.octets();
        let written = octets.iter().filter(|octet| **octet == 0x41).count();
        assert_eq!(written, if status == "9000" { length } else { 0 });
    }
}

/// The answers of a script are bounded: EF SMS, 176 octets, again and again.
#[test]
fn a_script_that_gives_too_much_is_ended() {
    let reads = "220500b20104b0".repeat(100);
    let value = format!("220700a4000c026f3c{reads}");
    let script = format!("aa82{:04x}{value}", value.len() / 2);
    let given = answer(USIM, &script);
    assert!(
        given.ends_with("23026f00"),
        "{}",
        &given[given.len() - 20..]
    );
    assert!(given.len() / 2 < 9 * 1024);
}

#[test]
fn a_command_without_a_script() {
    assert_eq!(answer(USIM, ""), "");
}

/// GlobalPlatform Card Specification 2.3 clause 11.4.2: the issuer's security domain.
#[test]
fn get_status_of_the_issuer() {
    let given = answer(ISSUER, "80f28002024f0000");
    assert_eq!(
        given,
        plain("01 9000 e311 4f08a000000151000000 9f70010f c5019e")
    );
    let only = answer(ISSUER, "80f28002064f005c029f7000");
    assert_eq!(only, plain("01 9000 e304 9f70010f"));
    for (command, status) in [
        ("80f28002084f06a0000001520000", "6a88"),
        ("80f28003024f0000", "6985"),
        ("80f28000024f0000", "6a86"),
        ("80f2c002024f0000", "6a86"),
        ("80f280020100", "6a80"),
        ("80f2800200", "6a80"),
    ] {
        assert_eq!(
            answer(ISSUER, command),
            plain(&format!("01{status}")),
            "{command}"
        );
    }
}
