//! Scripts for a UICC and their language (ETSI TS 102 226).

use uicc::remote::{CommandScript, Format, ScriptResponse};
use uicc::script::{DEFAULT_LIMIT, Packet, Script, explain, explain_response, no_files};

use crate::claim::bounded;

/// The most that a reader of octets asks for, as a multiple of them.
const MULTIPLE: usize = 64;
/// The most that lines ask for: each of a few octets becomes words and a command.
const OF_LINES: usize = 256;
/// Octets of a packet.
const LIMIT: usize = 300;

/// The same octets as a script, as an answer and as text. What is read of a script is
/// written again as it was, and explained as a text that gives it again; so are the
/// packets of any text, none of which is over its limit. What is read of an answer reads
/// back.
pub(crate) fn script(octets: &[u8]) {
    commands(octets);
    for format in [Format::Compact, Format::Expanded] {
        let read = bounded(octets, MULTIPLE, || ScriptResponse::read(format, octets));
        if let Ok(read) = read {
            let written = read.encode().expect("what was read is written");
            assert_eq!(ScriptResponse::read(format, &written), Ok(read));
        }
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        language(text, octets);
    }
}

fn commands(octets: &[u8]) {
    let Ok(read) = bounded(octets, MULTIPLE, || CommandScript::read(octets)) else {
        assert!(explain(octets).is_err());
        return;
    };
    let explained = bounded(octets, OF_LINES, || explain(octets));
    let text = explained.expect("what is read is explained").to_string();
    let written = read.encode();
    if read.stop.is_none() && written.is_ok() {
        assert_eq!(written.as_deref(), Ok(octets), "written again");
        let packets = compiled(&text, read.format);
        assert!(
            matches!(packets.as_slice(), [packet] if packet.data == octets),
            "{text}"
        );
    } else {
        assert!(Script::parse(&text, no_files).is_ok(), "{text}");
    }
}

fn language(text: &str, octets: &[u8]) {
    let read = bounded(octets, OF_LINES, || Script::parse(text, no_files));
    let script = match read {
        Ok(script) => script,
        Err(error) => {
            assert!((1..=text.lines().count()).contains(&error.line));
            return;
        }
    };
    for format in Format::ALL {
        let Ok(packets) = script.packets(format, LIMIT) else {
            continue;
        };
        for packet in &packets {
            assert!(packet.data.len() <= LIMIT);
            let text = explain(&packet.data).expect("it was written").to_string();
            let again = compiled(&text, format);
            assert!(
                matches!(again.as_slice(), [it] if it.data == packet.data),
                "{text}"
            );
            // Whatever is said to it.
            let _ = explain_response(format, octets, Some(packet));
        }
    }
}

fn compiled(text: &str, format: Format) -> Vec<Packet> {
    let script = Script::parse(text, no_files).expect("an explanation is a script");
    let limit = script.limit().unwrap_or(DEFAULT_LIMIT);
    script
        .packets(format, limit)
        .expect("an explanation has its packet")
}
