//! Whole sessions with large objects (OMA DM Protocol 1.2 clause 7): commands of
//! a server, Results and alerts of a device.

use dm::client;
use dm::server::{self, Request};
use dm::session::Encoding;
use dm::tree::{Node, NodeKind, Tree, TreeLimits, Value};
use syncml::{Command, StatusCode};

use crate::kit::{
    From, Talk, add, exec, get, idle_client, in_batches, install, limited_tree, names, order_tree,
    plain_client, plain_server, text, uri,
};
use crate::large_in::taking;

const X: &str = "./NAP/x";

/// A tree with room for large values.
pub(crate) fn roomy_tree() -> Tree {
    limited_tree(TreeLimits {
        max_octets: 1 << 23,
        max_value: 1 << 20,
        ..TreeLimits::default()
    })
}

/// Octets, and text with everything that XML writes longer.
pub(crate) fn values(len: usize) -> [Value; 2] {
    let octets = (0..len).map(|index| (index * 31 / 7) as u8).collect();
    let mut text: String = "a<b>&\r\n é€\u{1f600}]]> "
        .chars()
        .cycle()
        .take(len)
        .collect();
    while text.len() > len {
        text.pop();
    }
    [Value::octets(octets), Value::text(text)]
}

/// The items of the chunks that `from` sent: command, Size, MoreData, octets.
fn chunks(talk: &Talk, from: From, name: &str) -> Vec<(Option<u64>, bool, usize)> {
    let messages = talk.messages.iter().filter(|(who, _)| *who == from);
    let commands = messages.flat_map(|(_, message)| &message.body.commands);
    let named = commands.filter(|command| command.name() == name);
    named
        .flat_map(Command::items)
        .map(|item| {
            let len = item.octets(None).unwrap().unwrap().len();
            (item.meta.as_ref().unwrap().size, item.more_data, len)
        })
        .collect()
}

/// Size in the first alone, MoreData in all but the last, the sum right.
fn check_chunks(chunks: &[(Option<u64>, bool, usize)], size: usize) {
    assert!(chunks.len() > 1);
    for (index, (given, more_data, _)) in chunks.iter().enumerate() {
        assert_eq!(*given, (index == 0).then_some(size as u64));
        assert_eq!(*more_data, index + 1 < chunks.len());
    }
    assert_eq!(chunks.iter().map(|(.., len)| len).sum::<usize>(), size);
}

#[test]
fn a_conversation_with_large_objects_both_ways() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for value in values(200_000) {
            let size = value.size();
            let mut config = taking(1 << 20);
            config.encoding = encoding;
            let mut talk = Talk::new(config, plain_server(), roomy_tree());
            let kind = NodeKind::Leaf(value.clone());
            let mut logic = in_batches(vec![
                vec![add("./NAP/a", text("1")), add(X, kind), get("./NAP/a")],
                vec![get(X), get("./NAP/a")],
            ]);
            talk.run(&mut logic, &mut idle_client);
            assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
            assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
            assert_eq!(talk.tree.value(&uri(X)).unwrap(), value);
            let sent = chunks(&talk, From::Server, "Add");
            assert_eq!(sent[0], (None, false, 1));
            check_chunks(&sent[1..], size);
            let read = chunks(&talk, From::Client, "Results");
            let (small, large): (Vec<_>, Vec<_>) = read.iter().partition(|(.., len)| *len == 1);
            assert_eq!(small, [(None, false, 1); 2]);
            check_chunks(&large, size);
            let found = talk.server_events.iter().find_map(|event| match event {
                server::Event::Results { source, value, .. } if source.as_deref() == Some(X) => {
                    Some(value)
                }
                _ => None,
            });
            assert_eq!(found.unwrap(), &value);
            let is_bad = |event: &server::Event| {
                use server::Event::{TooLarge, Unanswered, Violation};
                matches!(event, TooLarge { .. } | Unanswered { .. } | Violation(_))
            };
            assert!(!talk.server_events.iter().any(is_bad));
            check_packages(&talk);
        }
    }
}

/// No Final before the last chunk, nothing but statuses and alerts beside a
/// chunk that has others behind it, and every message within its limit.
fn check_packages(talk: &Talk) {
    for ((_, message), transmit) in talk.messages.iter().zip(&talk.transmits) {
        assert!(transmit.octets.len() <= 65_536);
        let commands = &message.body.commands;
        let goes_on = |command: &&Command| command.items().iter().any(|item| item.more_data);
        if let Some(chunk) = commands.iter().find(goes_on) {
            assert!(!message.body.is_final);
            let after = names(message);
            let place = after
                .iter()
                .rposition(|name| *name == chunk.name())
                .unwrap();
            assert!(after[place + 1..].iter().all(|name| *name == "Alert"));
        }
    }
}

#[test]
fn both_sides_announce_what_they_take() {
    let mut config = plain_server();
    config.max_object = 1234;
    let mut talk = Talk::new(taking(4321), config, roomy_tree());
    talk.run(&mut in_batches(vec![]), &mut idle_client);
    let announced: Vec<Option<u64>> = talk
        .messages
        .iter()
        .map(|(_, message)| message.header.meta.as_ref().unwrap().rare.max_obj_size)
        .collect();
    assert_eq!(announced, [Some(4321), Some(1234)]);
}

/// Generic alerts with large data, which clause 8.7 leaves to large objects.
#[test]
fn a_large_alert() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for (large, limit) in [(true, 1 << 20), (true, 100_000), (false, 1 << 20)] {
            let [value, _] = values(150_000);
            let mut config = taking(1 << 20);
            config.encoding = encoding;
            config.max_object = large.then_some(1 << 20);
            let mut other = plain_server();
            other.max_object = limit;
            let mut talk = Talk::new(config, other, roomy_tree());
            let alert = client::GenericAlert {
                type_: "urn:x".to_owned(),
                source: Some(uri(X)),
                correlator: Some("c".to_owned()),
                mark: Some("minor".to_owned()),
                value: value.clone(),
            };
            // Not in the first message, before the server has said anything.
            let mut queued = Some(alert);
            let mut id = None;
            let mut first = false;
            let mut on_client = |session: &mut client::Session, event: &client::Event| {
                if matches!(event, client::Event::Executed { .. }) && !first {
                    first = true;
                    id = queued.take().map(|alert| session.alert(alert).unwrap());
                }
            };
            let mut batches = in_batches(vec![vec![get("./DevInfo/Man")]]);
            let mut on_server = |session: &mut server::Session, event: &server::Event| {
                if let server::Event::Alert {
                    alert,
                    items,
                    correlator,
                    ..
                } = event
                {
                    assert_eq!(items[0].value.as_ref().unwrap().data(), value.data());
                    assert_eq!(items[0].mark.as_deref(), Some("minor"));
                    assert_eq!(items[0].type_.as_deref(), Some("urn:x"));
                    assert_eq!(correlator.as_deref(), Some("c"));
                    session.answer_alert(*alert, StatusCode::OK).unwrap();
                }
                batches(session, event);
            };
            talk.run(&mut on_server, &mut on_client);
            let alert = id.unwrap();
            let expected = if large && limit > 150_000 {
                let status = StatusCode::OK;
                client::Event::AlertAnswered { alert, status }
            } else {
                client::Event::AlertDropped { alert }
            };
            let told: Vec<_> = talk
                .client_events
                .iter()
                .filter(|event| {
                    use client::Event::{AlertAnswered, AlertDropped};
                    matches!(event, AlertAnswered { .. } | AlertDropped { .. })
                })
                .collect();
            assert_eq!(told, [&expected]);
            assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
            check_packages(&talk);
        }
    }
}

/// An Exec with a large argument; its answer and its late result are as ever.
#[test]
fn a_large_argument() {
    let (tree, log) = order_tree();
    let mut talk = Talk::new(taking(1 << 20), plain_server(), tree);
    let Request::Exec { target, .. } = exec(&install(), None) else {
        panic!("no Exec");
    };
    let request = Request::Exec {
        target,
        correlator: Some("c1".to_owned()),
        argument: Some(Value::octets(vec![1; 60_000])),
    };
    talk.run(
        &mut in_batches(vec![vec![request]]),
        &mut |session, event| {
            if let client::Event::Running { correlator, .. } = event {
                let result = client::GenericAlert {
                    type_: "urn:x".to_owned(),
                    source: None,
                    correlator: correlator.clone(),
                    mark: None,
                    value: Value::text("done"),
                };
                session.alert(result).unwrap();
            }
        },
    );
    assert_eq!(talk.command_codes("Exec"), [213, 202]);
    assert_eq!(*log.lock().unwrap(), ["exec c1"]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
}

/// Every message lost once: the session ends there, and the node is as it was or
/// as it should be.
#[test]
fn a_session_lost_at_any_message() {
    let [value, _] = values(200_000);
    for lost in 0..20 {
        let mut tree = roomy_tree();
        tree.put(uri(X), Node::leaf(Value::text("before"))).unwrap();
        let acl = dm::tree::Acl::everybody(&dm::tree::Right::ALL);
        let node = Node::leaf(Value::text("before")).with_acl(acl);
        tree.put(uri(X), node).unwrap();
        let mut talk = Talk::new(taking(1 << 20), plain_server(), tree);
        talk.lost = Some(lost);
        let request = Request::Replace {
            target: X.to_owned(),
            value: value.clone(),
        };
        talk.run(&mut in_batches(vec![vec![request]]), &mut idle_client);
        let arrived = talk.command_codes("Replace").contains(&200);
        let found = talk.tree.value(&uri(X)).unwrap();
        assert_eq!(found == value, arrived, "{lost}");
        assert_eq!(found.data() == b"before", !arrived, "{lost}");
    }
}

/// Several messages of answers end with Final: the server's package stays closed.
#[test]
fn a_package_of_several_messages_ends() {
    let mut tree = roomy_tree();
    for index in 0..5 {
        let value = Value::octets(vec![index; 30_000]);
        tree.put(uri(&format!("./NAP/{index}")), Node::leaf(value))
            .unwrap();
    }
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    let gets = (0..5).map(|index| get(&format!("./NAP/{index}"))).collect();
    talk.run(&mut in_batches(vec![gets]), &mut idle_client);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    let is_read = |event: &&server::Event| matches!(event, server::Event::Results { .. });
    assert_eq!(talk.server_events.iter().filter(is_read).count(), 5);
    let is_bad = |event: &server::Event| matches!(event, server::Event::Violation(_));
    assert!(!talk.server_events.iter().any(is_bad));
}
