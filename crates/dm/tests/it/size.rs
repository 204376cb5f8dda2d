//! MaxMsgSize (SyncML MetaInfo 1.2 clause 5.7) and messages of one package
//! (OMA DM Protocol 1.2 clause 6).

use dm::session::AbortReason;
use dm::tree::{Node, NodeKind, Tree, Value};
use dm::{client, server};
use syncml::{Command, Item, Message};

use crate::fake::{FakeClient, FakeServer, alert, item_command, octets, status};
use crate::kit::{
    From, Talk, add, device_tree, get, idle_client, names, plain_client, plain_server, statuses,
    text, uri,
};

fn with_leaves(count: usize, size: usize) -> Tree {
    let mut tree = device_tree();
    for index in 0..count {
        let value = Value::text(format!("{index:0>size$}"));
        tree.put(uri(&format!("./NAP/{index}")), Node::leaf(value))
            .unwrap();
    }
    tree
}

fn gets(count: usize) -> Vec<Command> {
    (0..count)
        .zip(2..)
        .map(|(index, cmd_id)| {
            let item = Item::target(format!("./NAP/{index}"));
            Command::Get(item_command(cmd_id, vec![item]))
        })
        .collect()
}

/// Package #3 over several messages, each asked for with alert 1222.
#[test]
fn a_client_splits_its_package_at_command_borders() {
    for max in [2000, 3000, 5000] {
        let (mut fake, _) = FakeServer::with(plain_client(), with_leaves(20, 300));
        fake.max_msg_size = Some(max);
        let mut answers = vec![fake.say(gets(20), true).unwrap()];
        let read = |answers: &[Message]| {
            let all = answers.iter().flat_map(|answer| names(answer));
            all.filter(|name| *name == "Results").count()
        };
        while read(&answers) < 20 {
            answers.push(fake.say(vec![alert(2, 1222)], false).unwrap());
            assert!(answers.len() < 60, "{max}");
        }
        assert!(answers.len() > 1, "{max}");
        for answer in &answers {
            assert!(octets(answer).len() as u64 <= max, "{max}");
            assert_eq!(names(answer)[0], "Status");
        }
        let values: Vec<usize> = answers
            .iter()
            .flat_map(|message| &message.body.commands)
            .filter_map(|command| match command {
                Command::Results(results) => results.items[0].data.as_ref()?.as_str()?.parse().ok(),
                _ => None,
            })
            .collect();
        assert_eq!(values, (0..20).collect::<Vec<_>>(), "{max}");
        let codes: Vec<u16> = answers
            .iter()
            .flat_map(statuses)
            .filter(|status| status.cmd == "Get")
            .map(|status| status.code.0)
            .collect();
        assert_eq!(codes, [200; 20], "{max}");
    }
}

/// The rule of clause 6.2: no Final from the client before the server's.
#[test]
fn a_client_does_not_close_its_package_before_the_servers() {
    let (mut fake, _) = FakeServer::new();
    let item = Item::target("./NAP/x").with_data("1".into());
    let add = Command::Add(item_command(2, vec![item]));
    let answer = fake.say(vec![add], false).unwrap();
    assert!(!answer.body.is_final);
    assert_eq!(names(&answer), ["Status", "Status", "Alert"]);
    // Nothing but the header: it still has to ask for more.
    let answer = fake.say(Vec::new(), false).unwrap();
    assert!(!answer.body.is_final);
    assert_eq!(names(&answer), ["Status", "Alert"]);
    let get = Command::Get(item_command(2, vec![Item::target("./NAP/x")]));
    let answer = fake.say(vec![get], true).unwrap();
    assert!(answer.body.is_final);
    assert_eq!(names(&answer), ["Status", "Status", "Results"]);
}

#[test]
fn a_value_that_no_message_can_hold_is_413() {
    let mut tree = device_tree();
    tree.put(uri("./NAP/big"), Node::leaf(Value::text("x".repeat(3000))))
        .unwrap();
    tree.put(uri("./NAP/small"), Node::leaf(Value::text("x".repeat(300))))
        .unwrap();
    let (mut fake, _) = FakeServer::with(plain_client(), tree);
    fake.max_msg_size = Some(3000);
    let gets = ["./NAP/big", "./NAP/small"]
        .iter()
        .zip(2..)
        .map(|(target, cmd_id)| Command::Get(item_command(cmd_id, vec![Item::target(*target)])))
        .collect();
    let codes: Vec<u16> = fake.codes(gets).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, [413, 200]);
}

#[test]
fn an_alert_that_no_message_can_hold_is_dropped_and_said_so() {
    let (mut fake, _) = FakeServer::new();
    fake.max_msg_size = Some(2000);
    let large = |size| client::GenericAlert {
        type_: "urn:x".to_owned(),
        source: None,
        correlator: None,
        mark: None,
        value: Value::text("x".repeat(size)),
    };
    let dropped = fake.client.alert(large(3000)).unwrap();
    let sent = fake.client.alert(large(100)).unwrap();
    let answer = fake.say(Vec::new(), true).unwrap();
    assert_eq!(names(&answer), ["Status", "Alert"]);
    assert!(
        fake.events
            .contains(&client::Event::AlertDropped { alert: dropped })
    );
    fake.say(vec![status(2, 2, 2, "Alert", 200)], true);
    assert!(fake.events.iter().any(|event| matches!(
        event,
        client::Event::AlertAnswered { alert, .. } if *alert == sent
    )));
}

#[test]
fn a_limit_without_room_for_anything_ends_the_session() {
    let (mut fake, _) = FakeServer::new();
    fake.max_msg_size = Some(1);
    let item = Item::target("./NAP/x").with_data("1".into());
    let add = Command::Add(item_command(2, vec![item]));
    assert!(fake.say(vec![add], true).is_none());
    assert_eq!(
        fake.events.last(),
        Some(&client::Event::Aborted(AbortReason::MaxMsgSize))
    );

    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(0);
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    assert!(fake.next().is_none());
    assert_eq!(
        fake.events.last(),
        Some(&server::Event::Aborted(AbortReason::MaxMsgSize))
    );
}

/// A server does not send new commands before the old ones are answered, so
/// what does not fit goes into the next package.
#[test]
fn a_server_sends_what_does_not_fit_with_the_next_package() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let mut pushed = false;
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived && !pushed {
                pushed = true;
                for index in 0..12 {
                    let value = Value::octets(vec![index; 9000]);
                    let target = format!("./NAP/{index}");
                    session.push(add(&target, NodeKind::Leaf(value))).unwrap();
                }
            }
        },
        &mut idle_client,
    );
    let from_server: Vec<&Message> = talk
        .messages
        .iter()
        .filter(|(who, _)| *who == From::Server)
        .map(|(_, message)| message)
        .collect();
    let adds: Vec<usize> = from_server
        .iter()
        .map(|message| names(message).iter().filter(|name| **name == "Add").count())
        .collect();
    // 9,000 octets are 12,000 characters of base64: five fit into 65,536.
    assert_eq!(adds, [5, 5, 2, 0]);
    for message in from_server {
        assert!(octets(message).len() <= 65_536);
        assert!(message.body.is_final);
    }
    assert_eq!(talk.command_codes("Add"), [200; 12]);
    for index in 0..12u8 {
        let value = talk.tree.value(&uri(&format!("./NAP/{index}"))).unwrap();
        assert_eq!(value.data(), [index; 9000]);
    }
}

#[test]
fn a_command_that_no_message_can_hold_is_not_sent() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let mut ids = Vec::new();
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived && ids.is_empty() {
                let big = NodeKind::Leaf(Value::octets(vec![1; 60_000]));
                for (target, kind) in [
                    ("./NAP/a", text("1")),
                    ("./NAP/b", big),
                    ("./NAP/c", text("2")),
                ] {
                    ids.push(session.push(add(target, kind)).unwrap());
                }
            }
        },
        &mut idle_client,
    );
    assert!(
        talk.server_events
            .contains(&server::Event::TooLarge { command: ids[1] })
    );
    assert!(talk.tree.value(&uri("./NAP/a")).is_ok());
    assert!(talk.tree.value(&uri("./NAP/b")).is_err());
    assert!(talk.tree.value(&uri("./NAP/c")).is_ok());
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
}

/// Package #1 over two messages: "Next Message" in between.
#[test]
fn a_server_asks_for_the_rest_of_a_package() {
    let mut fake = FakeClient::new();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let answer = fake.say(vec![alert(1, 1201)], false);
    assert!(!answer.body.is_final);
    assert_eq!(names(&answer), ["Status", "Status", "Alert"]);
    assert!(!fake.events.contains(&server::Event::PackageReceived));
    let info = Item::source("./DevInfo/Man").with_data("Acme".into());
    let replace = Command::Replace(item_command(3, vec![info]));
    let answer = fake.say(
        vec![
            status(1, 1, 0, "SyncHdr", 200),
            status(2, 1, 3, "Alert", 200),
            replace,
        ],
        true,
    );
    assert!(answer.body.is_final);
    assert_eq!(names(&answer), ["Status", "Status", "Get"]);
    assert!(fake.events.contains(&server::Event::PackageReceived));
}

/// More statuses than the device's limit has room for, then the commands.
#[test]
fn a_server_splits_statuses_and_keeps_commands_for_last() {
    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(1500);
    let events = (3..43).map(|cmd_id| alert(cmd_id, 1224)).collect();
    let opening = fake.opening(events);
    fake.hand(&opening).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let mut answers = vec![fake.next().unwrap()];
    while !answers.last().unwrap().body.is_final {
        let heard = fake.msg_id;
        let ask = vec![status(1, heard, 0, "SyncHdr", 200), alert(2, 1222)];
        answers.push(fake.say(ask, false));
        assert!(answers.len() < 60);
    }
    assert!(answers.iter().all(|answer| octets(answer).len() <= 1500));
    let about: Vec<String> = answers
        .iter()
        .flat_map(statuses)
        .filter(|status| status.msg_ref.number() == Some(1) && !status.cmd_ref.is_header())
        .map(|status| status.cmd_ref.to_string())
        .collect();
    let expected: Vec<String> = (1..43).map(|cmd_id: u32| cmd_id.to_string()).collect();
    assert_eq!(about, expected);
    let (last, before) = answers.split_last().unwrap();
    assert!(names(last).contains(&"Get"));
    assert!(before.iter().all(|answer| !names(answer).contains(&"Get")));
}

/// Answers that the peer does not take must not pile up without end.
#[test]
fn a_peer_that_only_asks_is_left() {
    let (mut fake, _) = FakeServer::new();
    fake.max_msg_size = Some(1500);
    let asking = |cmd_id: u32| {
        let items = vec![Item::target("./None"); 900];
        vec![Command::Delete(item_command(cmd_id, items))]
    };
    let mut rounds = 0;
    while fake.say(asking(2), false).is_some() {
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 5);
    assert_eq!(
        fake.events.last(),
        Some(&client::Event::Aborted(AbortReason::Overload))
    );

    let mut fake = FakeClient::new();
    fake.max_msg_size = Some(1500);
    let mut rounds = 0;
    while !fake.server.is_over() {
        rounds += 1;
        assert!(rounds < 20);
        fake.say((1..900).map(|cmd_id| alert(cmd_id, 1222)).collect(), false);
    }
    assert!(rounds > 5);
    assert_eq!(
        fake.events.last(),
        Some(&server::Event::Aborted(AbortReason::Overload))
    );
}
