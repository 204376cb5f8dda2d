//! Whatever octets come, the engines neither panic nor act on what they refuse.

use dm::session::{Encoding, Received};
use proptest::prelude::*;

use crate::fake::{FakeClient, FakeServer, alert, item_command, octets};
use syncml::{Command, Group, Item};

/// A server's message with a bit of everything.
fn rich(fake: &mut FakeServer) -> Vec<u8> {
    let leaf = |target: &str| Item::target(target).with_data("v".into());
    let add = |cmd_id, target| Command::Add(item_command(cmd_id, vec![leaf(target)]));
    let group = |cmd_id: u32, commands| Group {
        cmd_id: cmd_id.into(),
        commands,
        ..Group::default()
    };
    let commands = vec![
        add(2, "./NAP/a"),
        Command::Atomic(group(3, vec![add(4, "./NAP/b"), add(5, "./NAP/b")])),
        Command::Sequence(group(6, vec![add(7, "./NAP/c")])),
        Command::Get(item_command(8, vec![Item::target("./NAP")])),
        Command::Delete(item_command(9, vec![Item::target("./NAP")])),
        alert(10, 1100),
    ];
    octets(&fake.message(commands, true))
}

proptest! {
    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Received::read(Encoding::Xml, &octets);
    }

    #[test]
    fn a_message_with_octets_changed_to_a_client(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let (mut fake, _) = FakeServer::new();
        let mut message = rich(&mut fake);
        for (at, octet) in changes {
            let at = at.index(message.len());
            message[at] = octet;
        }
        if fake.hand_octets(&message).is_ok() {
            let _ = fake.next();
        } else {
            prop_assert!(fake.events.is_empty());
            prop_assert!(fake.next().is_none());
        }
    }

    #[test]
    fn a_message_cut_and_joined_to_a_client(
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let (mut fake, _) = FakeServer::new();
        let message = rich(&mut fake);
        let (from, to) = (from.index(message.len()), to.index(message.len()));
        let joined = [&message[..from], &message[to..]].concat();
        if fake.hand_octets(&joined).is_ok() {
            let _ = fake.next();
        }
    }

    #[test]
    fn a_message_with_octets_changed_to_a_server(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut fake = FakeClient::new();
        let mut message = octets(&fake.opening(vec![alert(3, 1226), alert(4, 1224)]));
        for (at, octet) in changes {
            let at = at.index(message.len());
            message[at] = octet;
        }
        if fake.hand_octets(&message).is_ok() {
            prop_assert!(fake.next().is_some());
        } else {
            prop_assert!(fake.events.is_empty());
            prop_assert!(fake.next().is_none());
        }
    }
}

/// Facts: 200 kB of nested tags.
#[test]
fn nesting_without_end_is_refused() {
    for (open, count) in [("<Atomic>", 7000), ("<Sequence>", 6000), ("<a>", 20_000)] {
        let (mut fake, _) = FakeServer::new();
        let message = fake.message(vec![alert(9, 1222)], true);
        let written = String::from_utf8(octets(&message)).unwrap();
        let marker = "<Alert><CmdID>9</CmdID><Data>1222</Data></Alert>";
        let document = written.replace(marker, &open.repeat(count));
        assert!(fake.hand_octets(document.as_bytes()).is_err());
        assert!(fake.events.is_empty());
    }
}

/// As deep as the reader allows: groups inside groups are answered, not
/// followed.
#[test]
fn groups_inside_groups_are_answered() {
    let (mut fake, _) = FakeServer::new();
    let leaf = Item::target("./NAP/x").with_data("v".into());
    let mut command = Command::Add(item_command(99, vec![leaf]));
    for depth in (2..50u32).rev() {
        command = Command::Sequence(Group {
            cmd_id: depth.into(),
            commands: vec![command],
            ..Group::default()
        });
    }
    let codes = fake.codes(vec![command]);
    assert_eq!(codes.len(), 49);
    assert_eq!((codes[0].1, codes[1].1), (200, 500));
    assert!(codes[2..].iter().all(|(_, code)| *code == 215));
    assert!(fake.tree.value(&crate::kit::uri("./NAP/x")).is_err());
}
