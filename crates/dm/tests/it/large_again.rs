//! A challenge in the middle of a large object (OMA DM Protocol 1.2 clauses 7
//! and 9): the chunk that it refuses comes again, nothing else, and the object
//! is not given up on either side.

use dm::auth::Nonces;
use dm::server::{self, Request};
use dm::tree::{Node, NodeKind, Value};
use dm::{client, session::Violation};
use syncml::{Chal, Command, Cred, Item, Message, Meta, NextNonce, StatusCode};

use crate::fake::{FakeClient, FakeServer, alert, item_command, results, status};
use crate::kit::{
    add, device_credentials, get, names, nonce, plain_server, server_credentials, statuses, uri,
};
use crate::large::roomy_tree;
use crate::large_in::taking;

const X: &str = "./NAP/x";
const SIZE: usize = 3000;

fn value() -> Value {
    Value::text("0123456789".repeat(SIZE / 10))
}

/// The Status for the header `msg_ref`: 401 with a nonce.
fn challenge(msg_ref: u32) -> Command {
    let Command::Status(mut challenge) = status(1, msg_ref, 0, "SyncHdr", 401) else {
        panic!("no Status");
    };
    challenge.chal = Some(Chal::b64(
        Cred::MD5,
        Some(NextNonce::from_octets(b"new nonce")),
    ));
    Command::Status(challenge)
}

fn device() -> FakeServer {
    let mut config = taking(10_000);
    config.prove = Some(device_credentials());
    config.nonces = Nonces {
        prove: Some(nonce(1)),
        verify: None,
    };
    let mut tree = roomy_tree();
    tree.put(uri(X), Node::leaf(value())).unwrap();
    let (mut fake, _) = FakeServer::with(config, tree);
    fake.max_msg_size = Some(2000);
    fake
}

/// The last command that has items with data, and its item.
fn chunk(message: &Message) -> Option<(u32, Item)> {
    let commands = message.body.commands.iter().rev();
    let mut with_data = commands.filter(|command| {
        let is_value = !matches!(command, Command::Status(_) | Command::Alert(_));
        is_value && command.items().iter().any(|item| item.data.is_some())
    });
    let command = with_data.next()?;
    Some((command.cmd_id().number()?, command.items()[0].clone()))
}

#[test]
fn a_challenge_of_any_chunk_of_results() {
    for challenged in 0..4 {
        let mut fake = device();
        let read = Command::Get(item_command(2, vec![Item::target(X)]));
        let mut heard = fake.say(vec![read], true).unwrap();
        let mut got = String::new();
        let mut count = 0;
        loop {
            let (cmd_id, item) = chunk(&heard).unwrap();
            if count == challenged {
                let mut message = fake.message(vec![], false);
                message.body.commands = vec![
                    challenge(fake.heard),
                    status(2, fake.heard, cmd_id, "Results", 401),
                ];
                fake.hand(&message).unwrap();
                heard = fake.next().unwrap();
                assert!(heard.header.cred.is_some());
                let (_, again) = chunk(&heard).unwrap();
                assert_eq!(again.meta, item.meta, "{challenged}");
                count += 1;
                continue;
            }
            got.push_str(item.data.unwrap().as_str().unwrap());
            count += 1;
            if !item.more_data {
                break;
            }
            let kept = status(2, fake.heard, cmd_id, "Results", 213);
            heard = fake.say(vec![kept, alert(3, 1222)], false).unwrap();
        }
        assert_eq!(got.as_bytes(), value().data(), "{challenged}");
        assert!(heard.body.is_final);
        let is_bad = |event: &client::Event| matches!(event, client::Event::Violation(_));
        assert!(!fake.events.iter().any(is_bad));
    }
}

#[test]
fn a_challenge_between_the_chunks_for_a_device() {
    let mut fake = device();
    let part = |data: &str, size, more_data| {
        let mut item = Item::target("./NAP/y").with_data(data.into());
        item.more_data = more_data;
        item.meta = Some(Meta {
            size,
            ..Meta::default()
        });
        Command::Add(item_command(2, vec![item]))
    };
    fake.say(vec![part("one ", Some(7), true)], false).unwrap();
    let mut message = fake.message(vec![], false);
    message.body.commands = vec![challenge(fake.heard)];
    fake.hand(&message).unwrap();
    let heard = fake.next().unwrap();
    assert!(
        !fake
            .events
            .contains(&client::Event::Violation(Violation::ObjectUnfinished))
    );
    assert!(heard.header.cred.is_some());
    let heard = fake.say(vec![part("end", None, false)], true).unwrap();
    assert_eq!(statuses(&heard).last().unwrap().code, StatusCode::OK);
    assert_eq!(fake.tree.value(&uri("./NAP/y")).unwrap().data(), b"one end");
}

fn server() -> FakeClient {
    let mut config = plain_server();
    config.prove = Some(server_credentials());
    config.nonces = Nonces {
        prove: Some(nonce(1)),
        verify: None,
    };
    let mut fake = FakeClient::with(config);
    fake.max_msg_size = Some(2000);
    fake
}

fn open(fake: &mut FakeClient, request: Request) -> Message {
    let mut opening = fake.opening(Vec::new());
    opening.header.meta.as_mut().unwrap().rare.max_obj_size = Some(10_000);
    fake.hand(&opening).unwrap();
    fake.server.push(request).unwrap();
    fake.next().unwrap()
}

#[test]
fn a_challenge_of_any_chunk_of_a_command() {
    for challenged in 0..4 {
        let mut fake = server();
        let mut heard = open(&mut fake, add(X, NodeKind::Leaf(value())));
        let mut got = String::new();
        let mut count = 0;
        loop {
            let msg_id = heard.header.msg_id.number().unwrap();
            let (cmd_id, item) = chunk(&heard).unwrap();
            let is_final = heard.body.is_final;
            assert_eq!(is_final, !item.more_data);
            let mut said = if count == challenged {
                vec![challenge(msg_id), status(2, msg_id, cmd_id, "Add", 401)]
            } else {
                got.push_str(item.data.as_ref().unwrap().as_str().unwrap());
                let code = if is_final { 200 } else { 213 };
                vec![
                    status(1, msg_id, 0, "SyncHdr", 200),
                    status(2, msg_id, cmd_id, "Add", code),
                ]
            };
            if !is_final {
                said.push(alert(3, 1222));
            }
            heard = fake.say(said, is_final);
            if count == challenged {
                let (_, again) = chunk(&heard).unwrap();
                assert_eq!(again.meta, item.meta, "{challenged}");
                assert!(heard.header.cred.is_some());
            } else if is_final {
                break;
            }
            count += 1;
        }
        assert_eq!(got.as_bytes(), value().data(), "{challenged}");
        assert!(fake.events.contains(&server::Event::Finished));
    }
}

#[test]
fn a_challenge_between_the_chunks_for_a_server() {
    let mut fake = server();
    let heard = open(&mut fake, get(X));
    let asked = heard.header.msg_id.number().unwrap();
    let part = |data: &str, size, more_data| {
        let mut item = Item::source(X).with_data(data.into());
        item.more_data = more_data;
        item.meta = Some(Meta {
            size,
            ..Meta::default()
        });
        results(3, asked, 4, item)
    };
    let first = vec![
        status(1, asked, 0, "SyncHdr", 200),
        status(2, asked, 4, "Get", 200),
        part("one ", Some(7), true),
    ];
    let heard = fake.say(first, false);
    let heard = heard.header.msg_id.number().unwrap();
    let heard = fake.say(vec![challenge(heard)], false);
    assert_eq!(
        names(&heard)
            .iter()
            .filter(|name| **name == "Alert")
            .count(),
        1
    );
    let heard = heard.header.msg_id.number().unwrap();
    let end = vec![
        status(1, heard, 0, "SyncHdr", 200),
        part("end", None, false),
    ];
    fake.say(end, true);
    let is_value = |event: &server::Event| matches!(event, server::Event::Results { value, .. } if value.data() == b"one end");
    assert!(fake.events.iter().any(is_value));
    let is_bad = |event: &server::Event| matches!(event, server::Event::Violation(_));
    assert!(!fake.events.iter().any(is_bad));
}
