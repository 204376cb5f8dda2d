//! What a server's requests are on the wire (OMA DM RepPro 1.2 clause 6, OMA DM
//! Protocol 1.2 clause 3.2, OMA DM TND 1.2 clause 7).

use std::collections::BTreeMap;

use dm::interaction::{Asked, Interaction};
use dm::server::Request;
use dm::session::Encoding;
use dm::tree::{Acl, Node, NodeKind, Right, Value};
use dm::{client, server};
use syncml::infoset::Element;
use syncml::{Command, Format, Limits};

use crate::kit::{
    From, Talk, add, client_config, device_tree, exec, get, idle_client, in_batches, in_step,
    install, order_tree, plain_client, plain_server, server_config, statuses, text, uri,
};

/// Protocol clause 3.2: targets are full device URIs. What is none is not sent;
/// a device's limits are its own affair.
#[test]
fn targets_are_full_device_uris() {
    let mut session = server::Session::new(plain_server());
    let copy = |source: &str, target: &str| Request::Copy {
        source: source.to_owned(),
        target: target.to_owned(),
    };
    let long = format!("./{}", "segment/".repeat(300) + "x");
    for good in [".", "./A", "A/b c", "./A?prop=ACL", long.as_str()] {
        session.push(get(good)).unwrap();
    }
    session.push(copy("./A/x", "./A/y")).unwrap();
    for bad in [
        "",
        "/A",
        "./A/",
        "./A//x",
        "./A/../B",
        "../A",
        "./A/./x",
        "https://dm.test/A",
        "./A/?prop=ACL",
        "?prop=ACL",
        "./A\n",
    ] {
        for request in [
            get(bad),
            add(bad, text("1")),
            exec(bad, None),
            copy(bad, "./A"),
            copy("./A", bad),
            Request::Sequence(vec![get("./A"), get(bad)]),
        ] {
            assert_eq!(
                session.push(request).unwrap_err().code(),
                "dm-uri-malformed",
                "{bad}"
            );
        }
    }
}

/// TND clause 7.7.7.1: whoever sets a value names its type; a property has
/// none (clause 7.4).
#[test]
fn a_value_goes_out_with_its_type() {
    let untyped = |format| Value::new(format, None, b"1".to_vec());
    let typed = Value::new(Format::Chr, Some("text/x".to_owned()), b"1".to_vec());
    let rows = [
        (untyped(Format::Chr), Some("text/plain")),
        (untyped(Format::Int), Some("text/plain")),
        (untyped(Format::Xml), Some("text/xml")),
        (untyped(Format::Bin), Some("application/octet-stream")),
        (Value::new(Format::Null, None, Vec::new()), None),
        (typed, Some("text/x")),
    ];
    let replace = |target: &str, value: &Value| Request::Replace {
        target: target.to_owned(),
        value: value.clone(),
    };
    for (value, expected) in rows {
        let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
        let kind = NodeKind::Leaf(value.clone());
        let batch = vec![add("./NAP/x", kind), replace("./NAP/x", &value)];
        talk.run(&mut in_batches(vec![batch]), &mut idle_client);
        let sent = &talk.messages[1].1.body.commands;
        let types: Vec<Option<&str>> = sent
            .iter()
            .filter(|command| ["Add", "Replace"].contains(&command.name()))
            .map(|command| command.items()[0].type_(None))
            .collect();
        assert_eq!(types, [expected; 2], "{value:?}");
    }
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let batch = vec![replace("./NAP?prop=Title", &untyped(Format::Chr))];
    talk.run(&mut in_batches(vec![batch]), &mut idle_client);
    let sent = talk.messages[1].1.body.commands.last().unwrap();
    assert_eq!(
        (sent.name(), sent.items()[0].type_(None)),
        ("Replace", None)
    );
}

/// TND clauses 7.2 and 7.7: what a server can ask of a leaf, the time of its
/// last change (the example of clause 7.7.6) included.
#[test]
fn a_server_reads_all_eight_properties() {
    let rows = [
        ("ACL", ""),
        ("Format", "chr"),
        ("Name", "x"),
        ("Size", "3"),
        ("Title", ""),
        ("TStamp", "20010711T163817Z"),
        ("Type", "text/plain"),
        ("VerNo", "1"),
    ];
    let mut tree = device_tree();
    let acl = Acl::everybody(&Right::ALL);
    tree.put(uri("./NAP"), Node::interior().with_acl(acl))
        .unwrap();
    tree.set_time(Some("2001-07-11T16:38:17Z".parse().unwrap()));
    let at = |name: &str| get(&format!("./NAP/x?prop={name}"));
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    let replace = Request::Replace {
        target: "./NAP/x".to_owned(),
        value: Value::text("new"),
    };
    let asked = rows.iter().map(|(name, _)| at(name)).collect();
    let batches = vec![vec![add("./NAP/x", text("1")), replace], asked];
    talk.run(&mut in_batches(batches), &mut idle_client);
    let read: Vec<(String, Vec<u8>)> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Results { source, value, .. } => {
                Some((source.clone().unwrap(), value.data().to_vec()))
            }
            _ => None,
        })
        .collect();
    let wanted: Vec<(String, Vec<u8>)> = rows
        .iter()
        .map(|(name, text)| (format!("./NAP/x?prop={name}"), text.as_bytes().to_vec()))
        .collect();
    assert_eq!(read, wanted);
}

/// A session with commands of every kind, both sides proving themselves.
fn rich(encoding: Encoding) -> Talk {
    let (tree, _) = order_tree();
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    client.encoding = encoding;
    let mut talk = Talk::new(client, server, tree);
    let delete = |target: &str| Request::Delete {
        target: target.to_owned(),
    };
    let copy = Request::Copy {
        source: "./NAP/x".to_owned(),
        target: "./NAP/y".to_owned(),
    };
    let mut logic = in_batches(vec![
        vec![
            add("./NAP/x", text("1")),
            Request::Atomic(vec![add("./NAP/y", text("2")), copy]),
            Request::Sequence(vec![get("./NAP?list=StructData"), delete("./NAP/y")]),
            exec(&install(), Some("c1")),
        ],
        vec![Request::Interaction(Interaction::new(Asked::Display, "x"))],
    ]);
    talk.run(&mut logic, &mut |session, event| {
        if let client::Event::Running { correlator, .. } = event {
            let done = client::GenericAlert {
                type_: "urn:x-rehome:test".to_owned(),
                source: None,
                correlator: correlator.clone(),
                mark: None,
                value: Value::text("1"),
            };
            session.alert(done).unwrap();
        }
    });
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    talk
}

/// RepPro clauses 6.1.1, .8, .14 to .16 and .19: elements that are not used.
#[test]
fn what_is_not_used_is_never_sent() {
    const UNUSED: [&str; 6] = [
        "Archive",
        "Lang",
        "NoResp",
        "NoResults",
        "NumberOfChanges",
        "SftDel",
    ];
    fn names(element: &Element, into: &mut Vec<String>) {
        into.push(element.name.clone());
        for child in element.children() {
            names(child, into);
        }
    }
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let talk = rich(encoding);
        let mut found = Vec::new();
        for transmit in &talk.transmits {
            let limits = Limits::default();
            let tree = match encoding {
                Encoding::Xml => syncml::xml::read_tree(&transmit.octets, &limits),
                _ => syncml::wbxml::read_tree(&transmit.octets, &limits),
            };
            names(&tree.unwrap(), &mut found);
        }
        for used in [
            "Atomic", "Sequence", "Exec", "Copy", "Alert", "Results", "Cred",
        ] {
            assert!(found.iter().any(|name| name == used), "{used}");
        }
        assert!(!found.iter().any(|name| UNUSED.contains(&name.as_str())));
    }
}

/// RepPro clause 6.6.4: Copy stands in the body, in a Sequence or in an Atomic,
/// and joins two leaves; with anything else nothing is copied.
#[test]
fn a_copy_stands_in_three_places_between_leaves() {
    let copy = |source: &str, target: &str| Request::Copy {
        source: source.to_owned(),
        target: target.to_owned(),
    };
    let places: [fn(Request) -> Request; 3] = [
        |copy| copy,
        |copy| Request::Sequence(vec![copy]),
        |copy| Request::Atomic(vec![copy]),
    ];
    for (index, place) in places.into_iter().enumerate() {
        for (source, target, expected) in [
            ("./NAP/x", "./NAP/y", 200),
            ("./NAP/in", "./NAP/y", 403),
            ("./NAP/x", "./NAP/in", 403),
            ("./NAP/x", "./NAP", 403),
        ] {
            let mut tree = device_tree();
            let acl = Acl::everybody(&Right::ALL);
            tree.put(uri("./NAP"), Node::interior().with_acl(acl))
                .unwrap();
            for (at, value) in [("./NAP/x", "1"), ("./NAP/y", "2")] {
                tree.put(uri(at), Node::leaf(Value::text(value))).unwrap();
            }
            tree.put(uri("./NAP/in"), Node::interior()).unwrap();
            let mut talk = Talk::new(plain_client(), plain_server(), tree);
            let batch = vec![place(copy(source, target))];
            talk.run(&mut in_batches(vec![batch]), &mut idle_client);
            assert_eq!(talk.command_codes("Copy"), [expected], "{index} {target}");
            let copied = talk.tree.value(&uri("./NAP/y")).unwrap();
            let wanted = if expected == 200 { "1" } else { "2" };
            assert_eq!(copied, Value::text(wanted), "{index} {target}");
            let sent = talk.messages[1].1.body.commands.last().unwrap();
            let around = ["Copy", "Sequence", "Atomic"];
            assert_eq!(sent.name(), around[index]);
        }
    }
}

/// SyncML Common: MsgIDs count from 1 on each side, CmdIDs are unique in their
/// message, and each Status names a command that the other side has sent, the
/// header's first and the others in their order.
#[test]
fn messages_and_commands_are_numbered() {
    fn commands(all: &[Command], into: &mut Vec<(u32, String)>) {
        for command in all {
            let id = command.cmd_id().number().unwrap();
            into.push((id, command.name().to_owned()));
            if let Command::Atomic(group) | Command::Sequence(group) = command {
                commands(&group.commands, into);
            }
        }
    }
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let talk = rich(encoding);
        let mut sent: BTreeMap<(bool, u32, u32), String> = BTreeMap::new();
        let (mut last, mut judged) = ([0, 0], 0);
        for (from, message) in &talk.messages {
            let is_client = *from == From::Client;
            let msg_id = message.header.msg_id.number().unwrap();
            last[usize::from(is_client)] += 1;
            assert_eq!(msg_id, last[usize::from(is_client)]);
            sent.insert((is_client, msg_id, 0), "SyncHdr".to_owned());
            let mut all = Vec::new();
            commands(&message.body.commands, &mut all);
            for (cmd_id, name) in all {
                assert_ne!(cmd_id, 0);
                let before = sent.insert((is_client, msg_id, cmd_id), name);
                assert_eq!(before, None, "CmdID {cmd_id} twice");
            }
            let mut at = Vec::new();
            for status in statuses(message) {
                let msg_ref = status.msg_ref.number().unwrap();
                let cmd_ref = status.cmd_ref.number().unwrap();
                let meant = sent.get(&(!is_client, msg_ref, cmd_ref));
                assert_eq!(meant, Some(&status.cmd));
                at.push((msg_ref, cmd_ref));
                judged += 1;
            }
            assert!(at.is_sorted(), "{at:?}");
            // The first message of the session answers nothing.
            let first = message.body.commands.first().map(Command::name);
            assert_eq!(first == Some("Status"), msg_id > 1 || !is_client);
            assert!(at.is_empty() || at[0].1 == 0);
        }
        assert!(judged > 10, "{judged}");
    }
}
