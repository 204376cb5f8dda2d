//! Large objects as a device takes them (OMA DM Protocol 1.2 clause 7): what is
//! kept, what is refused, and that nothing is done before the last chunk.

use dm::client;
use dm::session::Handled;
use dm::tree::TreeLimits;
use syncml::{Command, Exec, Format, Item, ItemCommand, Message, Meta};

use crate::commands::{add, group, leaf, numbered, replace};
use crate::fake::{FakeServer, alert, item_command};
use crate::kit::{
    device_tree, install, interior, limited_tree, names, order_tree, package, plain_client,
    statuses, uri,
};

const X: &str = "./NAP/x";

/// A device that takes objects of up to `limit` octets.
pub(crate) fn taking(limit: usize) -> client::Config {
    let mut config = plain_client();
    config.max_object = Some(limit);
    config
}

pub(crate) fn fake() -> FakeServer {
    FakeServer::with(taking(1000), device_tree()).0
}

/// One chunk: Size in the first, MoreData in all but the last.
fn chunk(target: &str, data: &str, size: Option<u64>, more_data: bool) -> Item {
    let mut item = leaf(target, data);
    item.more_data = more_data;
    if size.is_some() {
        item.meta = Some(Meta {
            size,
            ..Meta::default()
        });
    }
    item
}

fn first(data: &str, size: u64) -> Command {
    add(chunk(X, data, Some(size), true))
}

fn next(data: &str) -> Command {
    add(chunk(X, data, None, true))
}

fn last(data: &str) -> Command {
    add(chunk(X, data, None, false))
}

/// The codes of command 2 and those behind it, and whether alert 1225 is there.
pub(crate) fn hear(message: &Message) -> (Vec<u16>, bool) {
    let codes = statuses(message)[1..]
        .iter()
        .map(|status| status.code.0)
        .collect();
    let is_end = |command: &Command| matches!(command, Command::Alert(alert) if alert.code.is_some_and(|code| code.0 == 1225));
    (codes, message.body.commands.iter().any(is_end))
}

fn say(fake: &mut FakeServer, commands: Vec<Command>, is_final: bool) -> (Vec<u16>, bool) {
    hear(&fake.say(commands, is_final).unwrap())
}

pub(crate) fn value(fake: &FakeServer) -> Option<Vec<u8>> {
    let value = fake.tree.value(&uri(X)).ok()?;
    Some(value.data().to_vec())
}

#[test]
fn an_object_in_three_chunks() {
    let (mut fake, opening) = FakeServer::with(taking(1000), device_tree());
    assert_eq!(opening.header.meta.unwrap().rare.max_obj_size, Some(1000));
    for (command, is_final) in [(first("one ", 13), false), (next("two "), false)] {
        let answer = fake.say(vec![command], is_final).unwrap();
        // 213, and the request for the rest; the package is not closed.
        assert_eq!(names(&answer), ["Status", "Status", "Alert"]);
        assert_eq!(hear(&answer), (vec![213], false));
        assert_eq!(statuses(&answer)[1].target_refs, [X]);
        assert!(!answer.body.is_final);
        assert_eq!(value(&fake), None);
    }
    let answer = fake.say(vec![last("three")], true).unwrap();
    assert_eq!(names(&answer), ["Status", "Status"]);
    assert_eq!(hear(&answer), (vec![200], false));
    assert!(answer.body.is_final);
    assert_eq!(value(&fake).unwrap(), b"one two three");
    let executed: Vec<u16> = fake
        .events
        .iter()
        .filter_map(|event| match event {
            client::Event::Executed { status, .. } => Some(status.0),
            _ => None,
        })
        .collect();
    assert_eq!(executed, [213, 213, 200]);
}

/// The announced limit is what the tree takes, if that is less.
#[test]
fn what_is_announced() {
    let max_value = 100;
    for (limit, announced) in [(Some(1000), Some(100)), (Some(99), Some(99)), (None, None)] {
        let limits = TreeLimits {
            max_value,
            ..TreeLimits::default()
        };
        let mut config = plain_client();
        config.max_object = limit;
        let (_, opening) = FakeServer::with(config, limited_tree(limits));
        assert_eq!(opening.header.meta.unwrap().rare.max_obj_size, announced);
    }
}

/// First chunks that are refused: so is everything that goes on with them, the
/// last chunk too, and a new object is welcome.
#[test]
fn first_chunks_that_are_refused() {
    let big = "y".repeat(101);
    for (what, limit, command, code) in [
        ("off", None, first("one", 6), 406),
        ("no Size", Some(100), next("one"), 411),
        ("too large", Some(100), first("one", 101), 413),
        ("absurd", Some(100), first("one", u64::MAX), 413),
        ("longer than its Size", Some(100), first("one", 2), 424),
        ("much longer", Some(100), first(&big, 100), 424),
    ] {
        let mut config = plain_client();
        config.max_object = limit;
        let (mut fake, _) = FakeServer::with(config, device_tree());
        assert_eq!(
            say(&mut fake, vec![command], false),
            (vec![code], false),
            "{what}"
        );
        assert_eq!(
            say(&mut fake, vec![next("two")], false),
            (vec![code], false),
            "{what}"
        );
        assert_eq!(
            say(&mut fake, vec![last("end")], true),
            (vec![code], false),
            "{what}"
        );
        assert_eq!(value(&fake), None, "{what}");
        assert_eq!(
            say(&mut fake, vec![last("whole")], true),
            (vec![200], false),
            "{what}"
        );
        assert_eq!(value(&fake).unwrap(), b"whole", "{what}");
    }
    // Size tells a new object from the rest of the refused one.
    let mut fake = fake();
    assert_eq!(say(&mut fake, vec![next("one")], false).0, [411]);
    assert_eq!(say(&mut fake, vec![first("one", 6)], false).0, [213]);
    assert_eq!(say(&mut fake, vec![last("two")], true).0, [200]);
    assert_eq!(value(&fake).unwrap(), b"onetwo");
    // At the limit is not over it.
    assert_eq!(
        say(
            &mut fake,
            vec![replace(chunk("./NAP/y", "", Some(1000), true))],
            true
        )
        .0,
        [213]
    );
}

#[test]
fn the_length_must_be_the_size() {
    for (size, rest, code) in [
        (6, "two", 200),
        (7, "two", 424),
        (5, "two", 424),
        (6, "", 424),
    ] {
        let mut fake = fake();
        assert_eq!(say(&mut fake, vec![first("one", size)], false).0, [213]);
        assert_eq!(say(&mut fake, vec![last(rest)], true), (vec![code], false));
        assert_eq!(value(&fake).is_some(), code == 200);
        // What fails at its end is over: the sender may begin again.
        if code != 200 {
            assert_eq!(say(&mut fake, vec![last("whole")], true).0, [200]);
        }
    }
    // The tree has the last word.
    let limits = TreeLimits {
        max_octets: 400,
        ..TreeLimits::default()
    };
    let (mut fake, _) = FakeServer::with(taking(1000), limited_tree(limits));
    let half = "x".repeat(200);
    assert_eq!(say(&mut fake, vec![first(&half, 400)], false).0, [213]);
    assert_eq!(say(&mut fake, vec![last(&half)], true).0, [420]);
    assert_eq!(value(&fake), None);
}

/// Another command, or none, where the next chunk should be: alert 1225 names
/// the object, the other command is carried out, and what comes late is no
/// object of its own.
#[test]
fn an_object_without_its_end() {
    let item = || Item::target("./DevInfo/Man");
    let one = |item| item_command(2, vec![item]);
    let other = "./NAP/y";
    for (what, commands, codes) in [
        ("nothing", vec![], vec![]),
        ("a request for more", vec![alert(2, 1222)], vec![200]),
        ("Get", vec![Command::Get(one(item()))], vec![200]),
        (
            "Delete",
            vec![Command::Delete(one(Item::target("./None")))],
            vec![404],
        ),
        ("Copy", vec![Command::Copy(one(item()))], vec![412]),
        ("another alert", vec![alert(2, 1100)], vec![406]),
        (
            "Sequence",
            vec![Command::Sequence(group(2, vec![numbered(3, last("end"))]))],
            vec![200, 406],
        ),
        (
            "Atomic",
            vec![Command::Atomic(group(
                2,
                vec![numbered(3, add(leaf(other, "1")))],
            ))],
            vec![200, 200],
        ),
        ("another target", vec![add(leaf(other, "1"))], vec![200]),
        (
            "another object",
            vec![add(chunk(other, "1", Some(2), true))],
            vec![213],
        ),
        (
            "another chunk",
            vec![add(chunk(other, "1", None, true))],
            vec![411],
        ),
        (
            "another command",
            vec![replace(chunk(X, "1", None, false))],
            vec![404],
        ),
        ("the object again", vec![first("one ", 99)], vec![213]),
    ] {
        let mut fake = fake();
        assert_eq!(say(&mut fake, vec![first("one ", 9)], false).0, [213]);
        let answer = fake.say(commands, false).unwrap();
        assert_eq!(hear(&answer), (codes, true), "{what}");
        let end = answer
            .body
            .commands
            .iter()
            .find_map(|command| match command {
                Command::Alert(alert) if !alert.items.is_empty() => Some(alert.items.clone()),
                _ => None,
            });
        assert_eq!(end.unwrap(), [Item::target(X)], "{what}");
        let unfinished = dm::session::Violation::ObjectUnfinished;
        let violated = client::Event::Violation(unfinished);
        assert!(fake.events.contains(&violated), "{what}");
        assert_eq!(value(&fake), None, "{what}");
        // The server's Status for the alert is no surprise.
        let events = fake.events.len();
        let place = names(&answer)
            .iter()
            .position(|name| *name == "Alert")
            .unwrap();
        let cmd_id = u32::try_from(place).unwrap() + 1;
        let status = crate::fake::status(3, fake.heard, cmd_id, "Alert", 200);
        if !what.starts_with("another obj") && what != "the object again" {
            fake.say(vec![status, next("late")], false);
            assert!(!fake.events[events..].contains(&violated), "{what}");
            let unknown = dm::session::Violation::UnknownReference;
            assert!(
                !fake.events[events..].contains(&client::Event::Violation(unknown)),
                "{what}"
            );
        }
    }
}

/// Within a message the object's chunk may follow on other commands, and other
/// commands on its end.
#[test]
fn chunks_beside_other_commands() {
    let mut fake = fake();
    let before = numbered(3, add(leaf("./NAP/a", "1")));
    let items = vec![leaf("./NAP/b", "1"), chunk(X, "one ", Some(8), true)];
    let both = Command::Add(item_command(4, items));
    assert_eq!(
        say(&mut fake, vec![before, both], false),
        (vec![200, 200, 213], false)
    );
    let items = vec![chunk(X, "end.", None, false), leaf("./NAP/c", "1")];
    let both = Command::Add(item_command(3, items));
    let after = numbered(
        4,
        Command::Get(item_command(4, vec![Item::target("./NAP/b")])),
    );
    assert_eq!(
        say(&mut fake, vec![both, after], true),
        (vec![200, 200, 200], false)
    );
    assert_eq!(value(&fake).unwrap(), b"one end.");
    // Two objects in one message: the first can't have ended.
    let one = numbered(3, first("one ", 8));
    let two = numbered(4, add(chunk("./NAP/z", "two ", Some(8), true)));
    fake.tree.remove(&uri(X)).unwrap();
    assert_eq!(
        say(&mut fake, vec![one, two], false),
        (vec![213, 213], true)
    );
    assert_eq!(
        say(
            &mut fake,
            vec![add(chunk("./NAP/z", "end.", None, false))],
            true
        )
        .0,
        [200]
    );
}

/// The end of an object that has been given up is not taken for the whole: not
/// in the message that ended it, nor in the next.
#[test]
fn an_end_that_comes_too_late() {
    let read = || Command::Get(item_command(3, vec![Item::target("./DevInfo/Man")]));
    let elsewhere = || numbered(3, replace(leaf("./DevInfo/Man", "1")));
    for other in [read(), elsewhere()] {
        let mut fake = fake();
        assert_eq!(say(&mut fake, vec![first("one ", 7)], false).0, [213]);
        let late = say(&mut fake, vec![other, last("end")], false);
        let code = late.0[0];
        assert_eq!(late, (vec![code, 426], true));
        assert_eq!(value(&fake), None);
        assert_eq!(say(&mut fake, vec![last("whole")], true).0, [200]);
    }
    let mut fake = fake();
    assert_eq!(say(&mut fake, vec![first("one ", 7)], false).0, [213]);
    assert_eq!(say(&mut fake, vec![read()], false), (vec![200], true));
    assert_eq!(say(&mut fake, vec![last("end")], true).0, [426]);
    assert_eq!(say(&mut fake, vec![first("one ", 7)], false).0, [213]);
    assert_eq!(say(&mut fake, vec![read()], false), (vec![200], true));
    assert_eq!(say(&mut fake, vec![read()], true), (vec![200], false));
    // One message later it is what it says.
    assert_eq!(say(&mut fake, vec![last("whole")], true).0, [200]);
    assert_eq!(value(&fake).unwrap(), b"whole");
}

/// Clause 6.1: a group is in one message whole.
#[test]
fn no_chunks_in_groups() {
    let before = || numbered(3, add(leaf("./NAP/a", "1")));
    let part = || numbered(4, first("one", 6));
    let mut fake = fake();
    let sequence = Command::Sequence(group(2, vec![before(), part()]));
    assert_eq!(
        say(&mut fake, vec![sequence], false),
        (vec![200, 200, 406], false)
    );
    assert_eq!(say(&mut fake, vec![last("two")], true).0, [406]);
    fake.tree.remove(&uri("./NAP/a")).unwrap();
    let atomic = Command::Atomic(group(2, vec![before(), part()]));
    assert_eq!(
        say(&mut fake, vec![atomic], false),
        (vec![507, 216, 406], false)
    );
    let atomic = Command::Atomic(group(2, vec![before(), numbered(4, last("two"))]));
    assert_eq!(
        say(&mut fake, vec![atomic], true),
        (vec![507, 216, 406], false)
    );
    assert_eq!(value(&fake), None);
    assert!(fake.tree.value(&uri("./NAP/a")).is_err());
    assert_eq!(say(&mut fake, vec![last("whole")], true).0, [200]);
}

/// What real senders do differently, and what is clear all the same.
#[test]
fn what_is_tolerated() {
    // Final with every message.
    let mut fake = fake();
    let answer = fake.say(vec![first("one ", 7)], true).unwrap();
    assert_eq!(names(&answer), ["Status", "Status", "Alert"]);
    assert!(!answer.body.is_final);
    assert_eq!(say(&mut fake, vec![last("end")], true).0, [200]);
    // Size in every chunk, or beside the command.
    fake.tree.remove(&uri(X)).unwrap();
    assert_eq!(say(&mut fake, vec![first("one ", 7)], false).0, [213]);
    assert_eq!(
        say(&mut fake, vec![add(chunk(X, "end", Some(7), false))], true).0,
        [200]
    );
    assert_eq!(value(&fake).unwrap(), b"one end");
    fake.tree.remove(&uri(X)).unwrap();
    let mut command = item_command(2, vec![chunk(X, "AAEC", None, true)]);
    command.meta = Some(Meta {
        size: Some(6),
        ..Meta::typed(Format::B64, "image/png")
    });
    assert_eq!(say(&mut fake, vec![Command::Add(command)], false).0, [213]);
    assert_eq!(say(&mut fake, vec![last("AwQF")], true).0, [200]);
    let value = fake.tree.value(&uri(X)).unwrap();
    assert_eq!(
        (value.data(), value.type_()),
        ([0, 1, 2, 3, 4, 5].as_slice(), Some("image/png"))
    );
    // Size as the characters of the base64; base64 in lines.
    fake.tree.remove(&uri(X)).unwrap();
    let b64 = |item: Item, size| {
        item.with_meta(Meta {
            size,
            ..Meta::formatted(Format::B64)
        })
    };
    let one = add(b64(chunk(X, "AA\nEC\n", None, true), Some(8)));
    assert_eq!(say(&mut fake, vec![one], false).0, [213]);
    assert_eq!(say(&mut fake, vec![last("Aw QF")], true).0, [200]);
    // No base64 at all is 400, and not committed.
    fake.tree.remove(&uri(X)).unwrap();
    let one = add(b64(chunk(X, "AAEC", None, true), Some(6)));
    assert_eq!(say(&mut fake, vec![one], false).0, [213]);
    assert_eq!(say(&mut fake, vec![last("?wQF")], true).0, [400]);
    assert!(fake.tree.value(&uri(X)).is_err());
}

/// Replace and Exec in chunks; the object is told once, at the end.
#[test]
fn replace_and_exec() {
    let (mut tree, log) = order_tree();
    let by = crate::kit::new_operator();
    let id = package();
    tree.add(&by, &uri(&id), crate::kit::text("before"))
        .unwrap();
    let (mut fake, _) = FakeServer::with(taking(1000), tree);
    log.lock().unwrap().clear();
    let one = replace(chunk(&id, "one ", Some(7), true));
    assert_eq!(say(&mut fake, vec![one], false).0, [213]);
    let exec = |item| {
        Command::Exec(Exec {
            cmd_id: 2.into(),
            correlator: Some("c".to_owned()),
            items: vec![item],
            ..Exec::default()
        })
    };
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(
        say(
            &mut fake,
            vec![replace(chunk(&id, "end", None, false))],
            true
        )
        .0,
        [200]
    );
    assert_eq!(
        say(
            &mut fake,
            vec![exec(chunk(&install(), "arg ", Some(8), true))],
            false
        )
        .0,
        [213]
    );
    assert_eq!(*log.lock().unwrap(), ["replace 7"]);
    assert_eq!(
        say(
            &mut fake,
            vec![exec(chunk(&install(), "ment", None, false))],
            true
        )
        .0,
        [202]
    );
    assert_eq!(*log.lock().unwrap(), ["replace 7", "exec c"]);
    // An ACL is asked at the end too.
    let mut fake = crate::large_in::fake();
    let man = "./DevInfo/Man";
    assert_eq!(
        say(
            &mut fake,
            vec![replace(chunk(man, "A", Some(2), true))],
            false
        )
        .0,
        [213]
    );
    assert_eq!(
        say(&mut fake, vec![replace(chunk(man, "B", None, false))], true).0,
        [425]
    );
}

/// Wherever the session ends, the node is what it was.
#[test]
fn a_session_cut_at_any_chunk() {
    for chunks in 0..4 {
        let mut tree = device_tree();
        let by = crate::kit::new_operator();
        tree.add(&by, &uri("./NAP/d"), interior()).unwrap();
        tree.add(&by, &uri("./NAP/d/x"), crate::kit::text("before"))
            .unwrap();
        let revision = tree.revision();
        let (mut fake, _) = FakeServer::with(taking(1000), tree);
        for number in 0..chunks {
            let size = (number == 0).then_some(40);
            let item = chunk("./NAP/d/x", "0123456789", size, true);
            assert_eq!(say(&mut fake, vec![replace(item)], false).0, [213]);
        }
        match chunks {
            1 => fake.client.abort(),
            2 => {
                let message = fake.message(vec![alert(2, 1223)], true);
                fake.hand(&message).unwrap();
            }
            _ => drop(fake.client),
        }
        let value = fake.tree.value(&uri("./NAP/d/x")).unwrap();
        assert_eq!(
            (value.data(), fake.tree.revision()),
            (b"before".as_slice(), revision)
        );
    }
}

#[test]
fn a_repeated_chunk_counts_once_and_a_cancel_ends_the_object() {
    let mut config = taking(1000);
    config.interactions = client::Interactions::all();
    let (mut fake, _) = FakeServer::with(config, device_tree());
    let message = fake.message(vec![first("one ", 7)], false);
    assert_eq!(fake.hand(&message).unwrap(), Handled::Taken);
    assert_eq!(fake.hand(&message).unwrap(), Handled::Repeated);
    fake.next().unwrap();
    assert_eq!(fake.hand(&message).unwrap(), Handled::Repeated);
    assert_eq!(say(&mut fake, vec![last("end")], true).0, [200]);
    assert_eq!(value(&fake).unwrap(), b"one end");
    // Behind an interaction the chunk waits with the other commands.
    fake.tree.remove(&uri(X)).unwrap();
    for (reply, codes) in [
        (dm::interaction::Reply::Confirmed, vec![200, 213]),
        (dm::interaction::Reply::Cancelled, vec![214, 215]),
    ] {
        let asked = crate::interaction::asking(2, 1101, &["", "?"]);
        let ItemCommand { items, .. } = item_command(3, vec![chunk(X, "one ", Some(7), true)]);
        let part = Command::Add(item_command(3, items));
        crate::interaction::stop_at(&mut fake, vec![asked, part]);
        let answer = crate::interaction::reply(&mut fake, reply).unwrap();
        assert_eq!(hear(&answer).0, codes);
        let second = say(&mut fake, vec![last("end")], true);
        if codes[0] == 200 {
            assert_eq!(second, (vec![200], false));
            assert_eq!(value(&fake).unwrap(), b"one end");
        } else {
            // The end of what was not executed is not taken for the whole.
            assert_eq!(second, (vec![215], false));
            assert_eq!(value(&fake), None);
            assert_eq!(say(&mut fake, vec![last("end")], true).0, [200]);
        }
        fake.tree.remove(&uri(X)).unwrap();
    }
}
