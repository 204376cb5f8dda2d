//! Large objects as each side sends them, against peers written out by hand (OMA
//! DM Protocol 1.2 clause 7): what is cut and what is not, and every answer that
//! a chunk can get.

use dm::client;
use dm::server::{self, Request};
use dm::session::Violation;
use dm::tree::{Node, NodeKind, Value};
use syncml::{Command, Format, Item, Message};

use crate::fake::{FakeClient, FakeServer, alert, item_command, octets, status};
use crate::kit::{add, get, names, statuses, text, uri};
use crate::large::{roomy_tree, values};
use crate::large_in::taking;

const X: &str = "./NAP/x";

/// A device that answers chunk by chunk, as told.
struct Device {
    fake: FakeClient,
    heard: Message,
}

impl Device {
    fn new(max_msg_size: u64, max_obj_size: Option<u64>, request: Request) -> Self {
        let mut fake = FakeClient::new();
        fake.max_msg_size = Some(max_msg_size);
        let mut opening = fake.opening(Vec::new());
        opening.header.meta.as_mut().unwrap().rare.max_obj_size = max_obj_size;
        fake.hand(&opening).unwrap();
        fake.server.push(request).unwrap();
        let heard = fake.next().unwrap();
        let mut device = Self { fake, heard };
        // Statuses may need a message of their own.
        while !device.heard.body.is_final && device.chunk().is_none() {
            let heard = device.heard.header.msg_id.number().unwrap();
            let asking = vec![status(1, heard, 0, "SyncHdr", 200), alert(2, 1222)];
            device.heard = device.fake.say(asking, false);
        }
        device
    }

    /// The chunk in the server's message.
    fn chunk(&self) -> Option<&Item> {
        let commands = self.heard.body.commands.iter();
        let mut others =
            commands.filter(|command| !matches!(command, Command::Status(_) | Command::Alert(_)));
        others.next().map(|command| &command.items()[0])
    }

    /// Answers the server's command, and asks for more if not Final.
    fn answer(&mut self, code: u16, is_final: bool) {
        let heard = self.heard.header.msg_id.number().unwrap();
        let command = self.heard.body.commands.last().unwrap();
        let (id, name) = (
            command.cmd_id().number().unwrap(),
            command.name().to_owned(),
        );
        let mut said = vec![
            status(1, heard, 0, "SyncHdr", 200),
            status(2, heard, id, &name, code),
        ];
        if !is_final {
            said.push(alert(3, 1222));
        }
        self.heard = self.fake.say(said, is_final);
    }

    fn has(&self, event: &server::Event) -> bool {
        self.fake.events.contains(event)
    }
}

fn big(len: usize) -> Request {
    add(X, NodeKind::Leaf(Value::octets(vec![7; len])))
}

#[test]
fn a_server_cuts_for_small_messages() {
    for max in [1300, 1301, 1501, 4000] {
        let mut device = Device::new(max, Some(5000), big(5000));
        let mut sizes = Vec::new();
        let mut sum = 0;
        loop {
            assert!(octets(&device.heard).len() as u64 <= max, "{max}");
            let item = device.chunk().unwrap();
            sum += item.octets(None).unwrap().unwrap().len();
            sizes.push(item.meta.as_ref().unwrap().size);
            assert_eq!(device.heard.body.is_final, !item.more_data);
            assert_eq!(item.meta.as_ref().unwrap().format, Some(Format::B64));
            assert_eq!(item.target_uri(), Some(X));
            if device.heard.body.is_final {
                break;
            }
            device.answer(213, false);
            assert!(sizes.len() < 100);
        }
        assert_eq!(sum, 5000);
        assert_eq!(sizes[0], Some(5000));
        assert!(sizes[1..].iter().all(Option::is_none) && sizes.len() > 1);
        device.answer(200, true);
        let codes: Vec<u16> = device
            .fake
            .events
            .iter()
            .filter_map(|event| match event {
                server::Event::Status { status, .. } => Some(status.0),
                _ => None,
            })
            .collect();
        assert_eq!(codes, [200], "one Status for the command, none for chunks");
        assert!(device.has(&server::Event::Finished));
    }
}

/// Cut only for a device that takes it, and never more than it takes.
#[test]
fn what_a_server_does_not_send() {
    let group = Request::Sequence(vec![big(3000)]);
    for (what, limit, request, sent) in [
        ("no large objects", None, big(3000), false),
        ("at its limit", Some(3000), big(3000), true),
        ("over its limit", Some(2999), big(3000), false),
        ("over its limit, though it fits", Some(99), big(100), false),
        ("it fits", Some(100), big(100), true),
        (
            "in a group over the limit",
            Some(99),
            Request::Sequence(vec![big(100)]),
            false,
        ),
        ("a group is not cut", Some(3000), group, false),
        ("nor is a name", Some(9000), get(&"x".repeat(2000)), false),
    ] {
        let device = Device::new(1500, limit, request);
        assert_eq!(device.chunk().is_some(), sent, "{what}");
        let is_large = |event: &server::Event| matches!(event, server::Event::TooLarge { .. });
        assert_eq!(device.fake.events.iter().any(is_large), !sent, "{what}");
        let cut = device.chunk().is_some_and(|item| item.more_data);
        assert_eq!(cut, what == "at its limit", "{what}");
    }
    // The server's logic has read LrgObj.
    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(1500);
    fake.server.assume_large_objects();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.server.push(big(3000)).unwrap();
    assert!(fake.next().unwrap().body.commands.last().unwrap().items()[0].more_data);
}

/// Anything but 213 for a chunk is the end of the command.
#[test]
fn a_device_that_refuses_a_chunk() {
    for chunk in 0..3 {
        for code in [413, 406, 424, 411, 500] {
            let mut device = Device::new(1500, Some(5000), big(5000));
            for _ in 0..chunk {
                device.answer(213, false);
            }
            device.answer(code, false);
            assert!(device.chunk().is_none(), "no more chunks");
            assert!(device.heard.body.is_final);
            let told = device.fake.events.iter().any(
                |event| matches!(event, server::Event::Status { status, .. } if status.0 == code),
            );
            assert!(told);
        }
    }
    // A device that took the chunk for the whole.
    let mut device = Device::new(1500, Some(5000), big(5000));
    device.answer(200, false);
    assert!(device.chunk().is_none());
    assert!(device.has(&server::Event::Violation(Violation::ChunkTakenForWhole)));
    let is_open = |event: &server::Event| matches!(event, server::Event::Unanswered { .. });
    assert!(device.fake.events.iter().any(is_open));
    // One that has lost it: alert 1225.
    let mut device = Device::new(1500, Some(5000), big(5000));
    let heard = device.heard.header.msg_id.number().unwrap();
    let lost = vec![status(1, heard, 0, "SyncHdr", 200), alert(2, 1225)];
    device.heard = device.fake.say(lost, false);
    assert!(device.chunk().is_none());
    assert!(device.has(&server::Event::Violation(Violation::ObjectRefused)));
    assert!(device.fake.events.iter().any(is_open));
}

/// Final with each of the device's messages does not close the server's package.
#[test]
fn a_device_that_always_closes() {
    let mut device = Device::new(1500, Some(3000), big(3000));
    let packages = |device: &Device| {
        let is = |event: &&server::Event| **event == server::Event::PackageReceived;
        device.fake.events.iter().filter(is).count()
    };
    while device.chunk().unwrap().more_data {
        assert_eq!(packages(&device), 1);
        device.answer(213, true);
    }
    device.answer(200, true);
    assert_eq!(packages(&device), 2);
    assert!(device.has(&server::Event::Finished));
}

/// Statuses that take the room come first, and then the chunk has its message.
#[test]
fn a_chunk_after_statuses() {
    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(1500);
    let events = (3..20).map(|cmd_id| alert(cmd_id, 1224)).collect();
    let mut opening = fake.opening(events);
    opening.header.meta.as_mut().unwrap().rare.max_obj_size = Some(5000);
    fake.hand(&opening).unwrap();
    fake.server.push(big(2000)).unwrap();
    // One that fits into a message is not cut, whatever the statuses leave.
    fake.server
        .push(add("./NAP/y", text(&"y".repeat(700))))
        .unwrap();
    let mut heard = vec![fake.next().unwrap()];
    while !heard.last().unwrap().body.is_final {
        assert!(heard.len() < 30);
        let last = heard.last().unwrap();
        let msg_id = last.header.msg_id.number().unwrap();
        let mut said = vec![status(1, msg_id, 0, "SyncHdr", 200), alert(2, 1222)];
        if let Some(Command::Add(add)) = last.body.commands.last() {
            let cmd_id = add.cmd_id.number().unwrap();
            said.push(status(3, msg_id, cmd_id, "Add", 213));
        }
        heard.push(fake.say(said, false));
    }
    let adds: Vec<bool> = heard
        .iter()
        .flat_map(|message| &message.body.commands)
        .filter_map(|command| match command {
            Command::Add(add) => Some(add.items[0].more_data),
            _ => None,
        })
        .collect();
    assert!(adds.len() > 2 && !adds[adds.len() - 1]);
    assert!(adds[..adds.len() - 1].iter().all(|more_data| *more_data));
}

/// What fits into a message is not cut because statuses leave less room: it waits
/// for its own.
#[test]
fn a_whole_command_after_statuses() {
    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(2500);
    let events = (3..8).map(|cmd_id| alert(cmd_id, 1224)).collect();
    let mut opening = fake.opening(events);
    opening.header.meta.as_mut().unwrap().rare.max_obj_size = Some(5000);
    fake.hand(&opening).unwrap();
    let whole = add("./NAP/y", text(&"y".repeat(1000)));
    fake.server.push(whole).unwrap();
    let first = fake.next().unwrap();
    assert!(!first.body.is_final && !names(&first).contains(&"Add"));
    let asking = vec![status(1, 1, 0, "SyncHdr", 200), alert(2, 1222)];
    let second = fake.say(asking, false);
    assert!(second.body.is_final);
    let Some(Command::Add(add)) = second.body.commands.last() else {
        panic!("no Add");
    };
    assert!(!add.items[0].more_data);
}

/// A session's device with a value, and its Get.
fn device_with(value: Value, limit: usize) -> FakeServer {
    let mut tree = roomy_tree();
    tree.put(uri(X), Node::leaf(value)).unwrap();
    let (mut fake, _) = FakeServer::with(taking(limit), tree);
    fake.max_msg_size = Some(2000);
    fake
}

fn read(cmd_id: u32) -> Command {
    Command::Get(item_command(cmd_id, vec![Item::target(X)]))
}

/// The Results in a message.
fn read_of(message: &Message) -> Option<&Item> {
    message
        .body
        .commands
        .iter()
        .find_map(|command| match command {
            Command::Results(results) => Some(&results.items[0]),
            _ => None,
        })
}

/// The server's answer to a chunk, and the next message.
fn go_on(fake: &mut FakeServer, answer: &Message, code: u16) -> Message {
    let results = answer
        .body
        .commands
        .iter()
        .find(|command| command.name() == "Results");
    let cmd_id = results.unwrap().cmd_id().number().unwrap();
    let status = status(2, fake.heard, cmd_id, "Results", code);
    fake.say(vec![status, alert(3, 1222)], false).unwrap()
}

#[test]
fn a_device_cuts_results() {
    for value in values(5000) {
        let mut fake = device_with(value.clone(), 1000);
        let get = Command::Get(item_command(2, vec![Item::target("./DevInfo/Man")]));
        let mut answer = fake.say(vec![read(3), get], true).unwrap();
        let mut got = Vec::new();
        let mut count = 0;
        loop {
            assert!(octets(&answer).len() <= 2000);
            let item = answer
                .body
                .commands
                .iter()
                .filter(|command| command.name() == "Results")
                .flat_map(Command::items)
                .find(|item| item.source_uri() == Some(X))
                .unwrap()
                .clone();
            let meta = item.meta.clone().unwrap();
            assert_eq!(meta.size, (count == 0).then_some(value.size() as u64));
            got.extend_from_slice(&item.octets(None).unwrap().unwrap());
            count += 1;
            assert_eq!(answer.body.is_final, !item.more_data);
            if !item.more_data {
                break;
            }
            // The server asks; the device does not ask back.
            assert!(!names(&answer).contains(&"Alert"));
            let place = names(&answer).iter().rposition(|name| *name == "Results");
            let cmd_id = u32::try_from(place.unwrap()).unwrap() + 1;
            let kept = status(2, fake.heard, cmd_id, "Results", 213);
            answer = fake.say(vec![kept, alert(3, 1222)], false).unwrap();
        }
        assert_eq!(got, value.data());
        assert!(count > 2);
        let is_bad = |event: &client::Event| matches!(event, client::Event::Violation(_));
        assert!(!fake.events.iter().any(is_bad));
    }
}

#[test]
fn results_that_are_not_sent() {
    let value = || Value::text("x".repeat(3000));
    // Over the server's limit: 413, even where it would fit.
    let mut fake = device_with(value(), 10_000);
    for (limit, code) in [(3000, 200), (2999, 413)] {
        let mut message = fake.message(vec![read(2)], true);
        message.header.meta.as_mut().unwrap().rare.max_obj_size = Some(limit);
        fake.hand(&message).unwrap();
        let mut answer = fake.next().unwrap();
        assert_eq!(statuses(&answer)[1].code.0, code);
        while read_of(&answer).is_some_and(|item| item.more_data) {
            answer = go_on(&mut fake, &answer, 213);
        }
    }
    fake.max_msg_size = Some(60_000);
    let answer = fake.say(vec![read(2)], true).unwrap();
    // The limit holds until another is given.
    assert_eq!(statuses(&answer)[1].code.0, 413);
    // Past what the device keeps for sending at once: 417 for the second.
    for (limit, codes) in [(5999, [200, 417]), (6000, [200, 200])] {
        let mut fake = device_with(value(), limit);
        let answer = fake.say(vec![read(2), read(3)], true).unwrap();
        let found: Vec<u16> = statuses(&answer)[1..]
            .iter()
            .map(|status| status.code.0)
            .collect();
        assert_eq!(found, codes);
    }
}

/// Anything but 213 stops the object; the session goes on.
#[test]
fn a_server_that_refuses_results() {
    for code in [413, 424, 200] {
        let mut fake = device_with(Value::text("x".repeat(5000)), 10_000);
        let answer = fake.say(vec![read(2)], true).unwrap();
        let answer = go_on(&mut fake, &answer, 213);
        assert!(read_of(&answer).unwrap().more_data);
        let answer = go_on(&mut fake, &answer, code);
        assert!(read_of(&answer).is_none());
        assert!(answer.body.is_final);
        let refused = client::Event::Violation(Violation::ObjectRefused);
        assert!(fake.events.contains(&refused));
        assert_eq!(fake.codes(vec![read(2)])[0].1, 200);
    }
    let mut fake = device_with(Value::text("x".repeat(5000)), 10_000);
    fake.say(vec![read(2)], true).unwrap();
    let answer = fake.say(vec![alert(2, 1225)], false).unwrap();
    assert!(read_of(&answer).is_none() && answer.body.is_final);
    assert_eq!(statuses(&answer)[1].code.0, 200);
}

/// A MaxObjSize holds until a message brings another (Protocol clause 7).
#[test]
fn a_max_obj_size_holds_until_another_comes() {
    let mut fake = FakeClient::new();
    let mut opening = fake.opening(Vec::new());
    let limits = |max_obj_size| {
        syncml::Meta::from(syncml::RareMeta {
            max_obj_size,
            ..syncml::RareMeta::default()
        })
    };
    opening.header.meta = Some(limits(Some(1000)));
    fake.hand(&opening).unwrap();
    // What the device's message says, the size of the object, whether it goes.
    let steps = [
        (None, 1001, false),
        (None, 1000, true),
        (Some(500), 1000, false),
        (None, 501, false),
        (None, 500, true),
        (Some(2000), 2000, true),
        (None, 2001, false),
    ];
    let mut asked = false;
    for (index, (announced, size, goes)) in steps.into_iter().enumerate() {
        if index > 0 {
            let heard = u32::try_from(index).unwrap();
            let mut said = vec![status(1, heard, 0, "SyncHdr", 200)];
            if asked {
                let cmd_id = if heard == 1 { 4 } else { 2 };
                said.push(status(2, heard, cmd_id, "Add", 200));
            }
            let mut message = fake.message(said, true);
            message.header.meta = announced.map(|size| limits(Some(size)));
            fake.hand(&message).unwrap();
        }
        fake.events.clear();
        let first = fake.server.push(big(size)).unwrap();
        // The session goes on by this one.
        fake.server.push(get("./DevInfo/Man")).unwrap();
        let answer = fake.next().unwrap();
        assert_eq!(names(&answer).contains(&"Add"), goes, "step {index}");
        let kept = server::Event::TooLarge { command: first };
        assert_eq!(fake.events.contains(&kept), !goes, "step {index}");
        asked = goes;
    }
}
