//! What holds for any script and for any octets.

use proptest::prelude::*;
use uicc::apdu::CommandApdu;
use uicc::remote::{CommandScript, Format};
use uicc::script::{DEFAULT_LIMIT, Script, explain, explain_response, no_files};

fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}

fn octets(length: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), length).prop_map(|octets| hex(&octets))
}

fn path() -> impl Strategy<Value = String> {
    let element = prop_oneof![
        Just("3F00".to_owned()),
        Just("usim".to_owned()),
        Just("imsi".to_owned()),
        Just("6F46".to_owned()),
        any::<u16>().prop_map(|identifier| format!("{identifier:04x}")),
    ];
    prop::collection::vec(element, 1..4).prop_map(|path| path.join("/"))
}

/// A statement of any kind.
fn line() -> impl Strategy<Value = String> {
    let aid = || octets(5..=16);
    let length = || 1..=256_u16;
    let part = prop::sample::select(vec!["isd", "applications", "packages", "modules"]);
    let end = prop::sample::select(vec!["", " next"]);
    prop_oneof![
        4 => path().prop_map(|path| format!("select {path}")),
        1 => Just("select imsi\nupdate-binary imsi 001010123456789".to_owned()),
        1 => aid().prop_map(|aid| format!("select aid {aid}")),
        1 => (0..0x8000_u16, length()).prop_map(|(at, length)| format!("read-binary {at} {length}")),
        1 => (1..=254_u16, length()).prop_map(|(at, length)| format!("read-record {at} {length}")),
        2 => (0..0x8000_u16, octets(1..=255)).prop_map(|(at, it)| format!("update-binary {at} {it}")),
        2 => octets(1..=20).prop_map(|it| format!("update-binary {it}")),
        1 => (1..=254_u16, octets(1..=255)).prop_map(|(at, it)| format!("update-record {at} {it}")),
        1 => Just("activate-file\ndeactivate-file".to_owned()),
        1 => (aid(), aid(), octets(1..=40)).prop_map(|(package, domain, token)| {
            format!("install for-load {package} domain {domain} token {token}")
        }),
        1 => (aid(), aid(), aid(), octets(3..=3)).prop_map(|(package, class, instance, it)| {
            format!("install for-install {package} {class} {instance} privileges {it}")
        }),
        1 => (any::<u8>(), octets(1..=255)).prop_map(|(at, it)| format!("load-block {at} {it} last")),
        1 => (any::<u8>(), octets(1..=255)).prop_map(|(at, it)| format!("load-block {at} {it}")),
        1 => aid().prop_map(|aid| format!("delete {aid} related")),
        1 => (part, octets(1..=16), end).prop_map(|(part, aid, end)| {
            format!("get-status {part} {aid}{end}")
        }),
        1 => aid().prop_map(|aid| format!("lock {aid}\nunlock {aid}")),
        1 => (any::<u16>(), length()).prop_map(|(tag, length)| format!("get-data {tag:04x} {length}")),
        1 => octets(1..=30).prop_map(|key| format!("raw 80d80181{:02x}{key}", key.len() / 2)),
    ]
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(Format::ALL.to_vec())
}

/// Commands that a script may have: known instructions, any headers.
fn command() -> impl Strategy<Value = CommandApdu> {
    let known = vec![
        [0x00_u8, 0xa4],
        [0x00, 0xb0],
        [0x00, 0xd6],
        [0x00, 0xb2],
        [0x00, 0xdc],
        [0x00, 0xc0],
        [0x00, 0x44],
        [0x80, 0xca],
        [0x80, 0xd8],
        [0x80, 0xe4],
        [0x80, 0xe6],
        [0x80, 0xe8],
        [0x80, 0xf0],
        [0x80, 0xf2],
        [0x01, 0xb0],
    ];
    let p1 = prop_oneof![
        Just(0_u8),
        Just(4),
        Just(8),
        Just(0x0c),
        Just(2),
        Just(0x40),
        Just(0x80),
        any::<u8>()
    ];
    let p2 = prop_oneof![
        Just(0_u8),
        Just(0x0c),
        Just(4),
        Just(2),
        Just(0x80),
        any::<u8>()
    ];
    let data = prop_oneof![
        Just(vec![]),
        Just(vec![0x3f, 0]),
        Just(vec![0x7f, 0xff]),
        Just(vec![0x6f, 7]),
        Just(vec![8, 9, 0x10, 0x10, 0x10, 0x32, 0x54, 0x76, 0x98]),
        Just(vec![0x4f, 0]),
        Just(vec![0x4f, 5, 1, 2, 3, 4, 5]),
        Just(vec![5, 1, 2, 3, 4, 5, 0, 0, 0, 0]),
        prop::collection::vec(any::<u8>(), 0..=255),
    ];
    let le = prop_oneof![Just(None), Just(Some(256)), (1..=256_u16).prop_map(Some)];
    (prop::sample::select(known), p1, p2, data, le).prop_map(
        |([class, instruction], p1, p2, data, le)| CommandApdu {
            class,
            instruction,
            p1,
            p2,
            data,
            expected: le,
        },
    )
}

fn commands(packet: &uicc::script::Packet) -> Vec<CommandApdu> {
    packet
        .commands
        .iter()
        .map(|it| it.command.clone())
        .collect()
}

/// Where a card is after these commands: the application, directories from the MF or the
/// ADF on, and the file in them, which is known by the first octet (TS 102 221 clause
/// 8.6).
fn place(commands: &[CommandApdu]) -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
    let (mut application, mut directories, mut file) = (Vec::new(), Vec::new(), Vec::new());
    for select in commands.iter().filter(|it| it.instruction == 0xa4) {
        let data = select.data.clone();
        match (select.p1, data.as_slice()) {
            (4, _) => (application, directories, file) = (data, Vec::new(), Vec::new()),
            (_, [0x3f, 0x00]) => (directories, file) = (vec![data], Vec::new()),
            (_, [0x2f | 0x6f | 0x4f, _]) => file = data,
            _ => {
                directories.push(data);
                file = Vec::new();
            }
        }
    }
    (application, directories, file)
}

/// The octets that an explanation compiles to.
fn again(octets: &[u8]) -> Option<Vec<u8>> {
    let explained = explain(octets).unwrap();
    let text = explained.to_string();
    let script = Script::parse(&text, no_files).unwrap_or_else(|error| panic!("{text}: {error}"));
    let limit = script.limit().unwrap_or(DEFAULT_LIMIT);
    let packets = script.packets(explained.format, limit);
    let packets = packets.unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(packets.len(), 1, "{text}");
    Some(packets[0].data.clone())
}

/// Whether a script was read to its end and can be written.
fn is_whole(octets: &[u8]) -> bool {
    let script = CommandScript::read(octets);
    script.is_ok_and(|script| script.stop.is_none() && script.encode().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Every packet is explained as a script of the same octets; none is over the limit,
    /// and the commands in order are those of the script in one packet, once the repeated
    /// SELECTs are left out, which lead to the same file (or to nothing, where a SELECT of
    /// the MF or of an application comes next).
    #[test]
    fn scripts_come_back(
        lines in prop::collection::vec(line(), 1..20),
        format in formats(),
        limit in 330..1200_usize,
    ) {
        let text = lines.join("\n");
        let script = Script::parse(&text, no_files).unwrap();
        let packets = script.packets(format, limit);
        // A long chain of SELECTs leaves no room in a small packet.
        prop_assume!(packets.is_ok());
        let packets = packets.unwrap();
        let one = Script::parse(&format!("packets one\n{text}"), no_files).unwrap();
        let one = one.packets(format, 0xffff).unwrap();
        let all: Vec<CommandApdu> = commands(&one[0]);
        let mut done = 0;
        for packet in packets {
            let carried_out = commands(&packet);
            let fits = (0..=carried_out.len()).find(|repeated| {
                let (before, rest) = carried_out.split_at(*repeated);
                let same = all[done..].starts_with(rest);
                let is_select = before.iter().all(|it| it.instruction == 0xa4);
                let anew = rest.first().is_some_and(|next| {
                    next.instruction == 0xa4 && (next.p1 == 4 || next.data == [0x3f, 0])
                });
                let (here, there) = (place(before), place(&all[..done]));
                let is_there = match rest.first() {
                    Some(next) if anew && next.p1 == 0 => here.0 == there.0,
                    _ => anew || here == there,
                };
                same && is_select && is_there
            });
            prop_assert!(fits.is_some(), "{}", text);
            done += carried_out.len() - fits.unwrap();
            prop_assert!(packet.data.len() <= limit);
            prop_assert_eq!(again(&packet.data), Some(packet.data));
        }
        prop_assert_eq!(done, all.len());
    }

    /// Commands that nobody wrote in the language.
    #[test]
    fn commands_come_back(
        commands in prop::collection::vec(command(), 0..12),
        format in formats(),
    ) {
        let octets = match CommandScript::new(format, commands.clone()).encode() {
            Ok(octets) if !octets.is_empty() => octets,
            _ => return Ok(()),
        };
        prop_assume!(is_whole(&octets));
        prop_assert_eq!(again(&octets), Some(octets));
    }

    /// Those that the compact format can write alone, one after the other.
    #[test]
    fn compact_commands_come_back(commands in prop::collection::vec(command(), 1..12)) {
        let each = commands.into_iter().filter_map(|mut command| {
            command.expected = command.expected.filter(|_| command.data.is_empty());
            CommandScript::new(Format::Compact, vec![command]).encode().ok()
        });
        let octets: Vec<u8> = each.flatten().collect();
        prop_assume!(!octets.is_empty());
        prop_assert!(is_whole(&octets));
        prop_assert_eq!(again(&octets), Some(octets));
    }

    #[test]
    fn any_octets_are_explained(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        if is_whole(&octets) {
            prop_assert_eq!(again(&octets), Some(octets));
        } else {
            let _ = explain(&octets).map(|explained| explained.to_string());
        }
    }

    #[test]
    fn any_answer_is_explained(
        octets in prop::collection::vec(any::<u8>(), 0..300),
        lines in prop::collection::vec(line(), 1..5),
        format in formats(),
    ) {
        let script = Script::parse(&lines.join("\n"), no_files).unwrap();
        let packets = script.packets(format, 9999).unwrap();
        let _ = explain_response(format, &octets, None);
        let _ = explain_response(format, &octets, packets.first());
    }

    #[test]
    fn any_text_is_a_script_or_is_refused(text in "\\PC{0,60}(\n\\PC{0,60}){0,3}") {
        if let Ok(script) = Script::parse(&text, no_files) {
            let _ = script.packets(Format::Compact, 200);
        }
    }
}
