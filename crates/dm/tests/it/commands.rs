//! Every command that a server can send, and the status that it gets (OMA DM
//! RepPro 1.2 clause 6.6; what is not supported is told apart from what is
//! wrong).

use dm::client;
use dm::tree::Value;
use syncml::{Command, Data, Exec, Format, Group, Item, ItemCommand, Meta, Results};

use crate::fake::{FakeServer, alert, item_command};
use crate::kit::{ORDER, device_tree, install, order_tree, plain_client, statuses, uri};

fn with_order() -> FakeServer {
    let (tree, _) = order_tree();
    FakeServer::with(plain_client(), tree).0
}

pub(crate) fn leaf(target: &str, value: &str) -> Item {
    Item::target(target).with_data(value.into())
}

pub(crate) fn node(target: &str) -> Item {
    Item::target(target).with_meta(Meta::formatted(Format::Node))
}

pub(crate) fn one(item: Item) -> ItemCommand {
    item_command(2, vec![item])
}

pub(crate) fn add(item: Item) -> Command {
    Command::Add(one(item))
}

pub(crate) fn replace(item: Item) -> Command {
    Command::Replace(one(item))
}

fn more(mut item: Item) -> Item {
    item.more_data = true;
    item
}

fn tnds(target: &str, type_: &str) -> Item {
    leaf(target, "<MgmtTree/>").with_meta(Meta::typed(Format::Xml, type_))
}

pub(crate) fn exec(item: Item) -> Command {
    Command::Exec(Exec {
        cmd_id: 2.into(),
        items: vec![item],
        ..Exec::default()
    })
}

#[test]
fn each_command_and_its_status() {
    let b64 = |text: &str| leaf("./NAP/x", text).with_meta(Meta::formatted(Format::B64));
    let rows: Vec<(&str, Command, u16)> = vec![
        (
            "Get of a leaf",
            Command::Get(one(Item::target("./DevInfo/Man"))),
            200,
        ),
        (
            "Get without ./",
            Command::Get(one(Item::target("DevInfo/Man"))),
            200,
        ),
        ("Get of the root", Command::Get(one(Item::target("."))), 200),
        (
            "Get of nothing",
            Command::Get(one(Item::target("./None"))),
            404,
        ),
        (
            "Get of a property",
            Command::Get(one(Item::target("./NAP?prop=ACL"))),
            200,
        ),
        (
            "Get of a list",
            Command::Get(one(Item::target("./NAP?list=Struct"))),
            200,
        ),
        (
            "Get of a bad URI",
            Command::Get(one(Item::target("./NAP/../x"))),
            400,
        ),
        (
            "Get of a long URI",
            Command::Get(one(Item::target("x".repeat(300)))),
            414,
        ),
        (
            "Get without a target",
            Command::Get(one(Item::source("./NAP"))),
            412,
        ),
        (
            "Get of an object's leaf",
            Command::Get(one(Item::target(format!("./M2MCIMM/{ORDER}/State")))),
            200,
        ),
        ("Add of a leaf", add(leaf("./NAP/x", "1")), 200),
        ("Add of an interior node", add(node("./NAP/x")), 200),
        (
            "Add of an empty interior node",
            add(node("./NAP/x").with_data("".into())),
            200,
        ),
        ("Add of octets", add(b64("AAH/")), 200),
        ("Add of no base64", add(b64("?")), 400),
        (
            "Add of an interior node with a value",
            add(node("./NAP/x").with_data("v".into())),
            412,
        ),
        ("Add without data", add(Item::target("./NAP/x")), 412),
        (
            "Add of null",
            add(Item::target("./NAP/x").with_meta(Meta::formatted(Format::Null))),
            200,
        ),
        ("Add of what is there", add(leaf("./DevInfo/Man", "1")), 418),
        ("Add below nothing", add(leaf("./NAP/a/b", "1")), 404),
        ("Add below a leaf", add(leaf("./DevInfo/Man/b", "1")), 405),
        (
            "Add of a serialised tree",
            add(tnds("./NAP", "application/vnd.syncml.dmtnds+xml")),
            200,
        ),
        (
            "in WBXML",
            add(tnds("./NAP", "APPLICATION/vnd.syncml.dmtnds+wbxml")),
            415,
        ),
        ("Add of a property", add(leaf("./NAP?prop=Title", "1")), 405),
        (
            "Replace of a read-only leaf",
            replace(leaf("./DevInfo/Man", "1")),
            425,
        ),
        ("Replace of nothing", replace(leaf("./NAP/x", "1")), 404),
        (
            "Replace of an ACL",
            replace(leaf("./NAP?prop=ACL", "Add=*")),
            425,
        ),
        (
            "Replace of a serialised tree",
            replace(tnds("./NAP", "application/vnd.syncml.dmtnds+xml")),
            425,
        ),
        (
            "Replace without data",
            replace(Item::target("./DevInfo/Man")),
            412,
        ),
        (
            "Delete of what is not ours",
            Command::Delete(one(Item::target("./DevInfo"))),
            425,
        ),
        (
            "Delete of the root",
            Command::Delete(one(Item::target("."))),
            405,
        ),
        (
            "Delete of nothing",
            Command::Delete(one(Item::target("./None"))),
            404,
        ),
        ("Exec of a process", exec(Item::target(install())), 202),
        ("Exec of nothing", exec(Item::target("./None")), 404),
        ("Exec of a leaf", exec(Item::target("./DevInfo/Man")), 425),
        (
            "Exec of a property",
            exec(Item::target("./NAP?prop=ACL")),
            405,
        ),
        ("Copy", Command::Copy(one(Item::target("./NAP/x"))), 412),
        ("display", alert(2, 1100), 406),
        ("confirm", alert(2, 1101), 406),
        ("multiple choice", alert(2, 1104), 406),
        ("generic alert", alert(2, 1226), 406),
        ("unheard-of alert", alert(2, 4711), 406),
        ("next message", alert(2, 1222), 200),
        ("a chunk", add(more(leaf("./NAP/x", "1"))), 406),
        (
            "Results from a server",
            Command::Results(Results {
                cmd_id: 2.into(),
                cmd_ref: 1.into(),
                items: vec![leaf("./A", "1")],
                ..Results::default()
            }),
            405,
        ),
    ];
    for (what, command, expected) in rows {
        let mut fake = with_order();
        let codes = fake.codes(vec![command]);
        assert_eq!(codes, [("2".to_owned(), expected)], "{what}");
    }
}

/// Text that the model can't be made of: commands outside device management
/// and commands without what they need.
#[test]
fn commands_that_only_a_document_can_hold() {
    let item = "<Item><Target><LocURI>./NAP/x</LocURI></Target><Data>1</Data></Item>";
    for (command, code) in [
        (format!("<Put><CmdID>2</CmdID>{item}</Put>"), 501),
        (
            "<Search><CmdID>2</CmdID><Data>x</Data></Search>".to_owned(),
            501,
        ),
        ("<Sync><CmdID>2</CmdID></Sync>".to_owned(), 501),
        (
            "<Add><CmdID>2</CmdID><Cred><Data>x</Data></Cred><Item/></Add>".to_owned(),
            406,
        ),
        ("<Get><CmdID>2</CmdID></Get>".to_owned(), 412),
        ("<Exec><CmdID>2</CmdID></Exec>".to_owned(), 412),
        ("<Alert><CmdID>2</CmdID></Alert>".to_owned(), 412),
        ("<Sequence><CmdID>2</CmdID></Sequence>".to_owned(), 412),
        ("<Atomic><CmdID>2</CmdID></Atomic>".to_owned(), 412),
    ] {
        let (mut fake, _) = FakeServer::new();
        let message = fake.message(vec![alert(9, 1222)], true);
        let written = String::from_utf8(crate::fake::octets(&message)).unwrap();
        let marker = "<Alert><CmdID>9</CmdID><Data>1222</Data></Alert>";
        let document = written.replace(marker, &command);
        assert_ne!(document, written);
        fake.hand_octets(document.as_bytes()).unwrap();
        let answer = fake.next().unwrap();
        assert_eq!(statuses(&answer)[1].code.0, code, "{command}");
        assert!(fake.tree.value(&uri("./NAP/x")).is_err());
    }
}

#[test]
fn a_multi_item_command_gets_a_status_for_each_item() {
    let (mut fake, _) = FakeServer::new();
    let items = vec![
        leaf("./NAP/a", "1"),
        leaf("./None/b", "2"),
        leaf("./NAP/c", "3"),
    ];
    let answer = fake
        .say(vec![Command::Add(item_command(2, items))], true)
        .unwrap();
    let found: Vec<_> = statuses(&answer)[1..]
        .iter()
        .map(|status| (status.target_refs.join(","), status.code.0))
        .collect();
    assert_eq!(
        found,
        [
            ("./NAP/a".to_owned(), 200),
            ("./None/b".to_owned(), 404),
            ("./NAP/c".to_owned(), 200)
        ]
    );
}

#[test]
fn the_meta_of_a_command_counts_for_items_without_their_own() {
    let (mut fake, _) = FakeServer::new();
    let own = leaf("./NAP/b", "AAEC").with_meta(Meta::typed(Format::Chr, "text/plain"));
    let mut command = item_command(2, vec![leaf("./NAP/a", "AAEC"), own]);
    command.meta = Some(Meta::typed(Format::B64, "image/png"));
    fake.codes(vec![Command::Add(command)]);
    let a = fake.tree.value(&uri("./NAP/a")).unwrap();
    assert_eq!(
        (a.data(), a.type_()),
        ([0, 1, 2].as_slice(), Some("image/png"))
    );
    assert_eq!(a.format(), &Format::Bin);
    let b = fake.tree.value(&uri("./NAP/b")).unwrap();
    assert_eq!((b.data(), b.format()), (b"AAEC".as_slice(), &Format::Chr));
}

/// OMA DM TND 1.2 clause 7.7.2: in XML octets travel as base64 with `b64`.
#[test]
fn octets_come_back_as_base64() {
    let (mut fake, _) = FakeServer::new();
    for format in [Format::B64, Format::Bin] {
        let target = format!("./NAP/{format}");
        let item = leaf(&target, " AAH/\n").with_meta(Meta::typed(format, "image/png"));
        assert_eq!(fake.codes(vec![add(item)]), [("2".to_owned(), 200)]);
        let get = Command::Get(one(Item::target(&target)));
        let answer = fake.say(vec![get], true).unwrap();
        let Some(Command::Results(results)) = answer.body.commands.last() else {
            panic!("no results");
        };
        let meta = results.items[0].meta.clone().unwrap();
        assert_eq!(meta, Meta::typed(Format::B64, "image/png"));
        assert_eq!(results.items[0].data, Some(Data::text("AAH/")));
        assert_eq!(results.items[0].source_uri(), Some(target.as_str()));
        assert_eq!(
            results.msg_ref.as_ref().unwrap().number(),
            Some(fake.msg_id)
        );
    }
}

#[test]
fn the_last_chunk_of_a_refused_object_is_not_taken_for_the_whole() {
    let (mut fake, _) = FakeServer::new();
    let refused = [("2".to_owned(), 406)];
    assert_eq!(
        fake.codes(vec![add(more(leaf("./NAP/x", "first ")))]),
        refused
    );
    assert_eq!(
        fake.codes(vec![add(more(leaf("./NAP/x", "second ")))]),
        refused
    );
    assert_eq!(fake.codes(vec![add(leaf("./NAP/x", "last"))]), refused);
    assert!(fake.tree.value(&uri("./NAP/x")).is_err());
    assert_eq!(
        fake.codes(vec![add(leaf("./NAP/x", "whole"))]),
        [("2".to_owned(), 200)]
    );
}

pub(crate) fn group(cmd_id: u32, commands: Vec<Command>) -> Group {
    Group {
        cmd_id: cmd_id.into(),
        commands,
        ..Group::default()
    }
}

pub(crate) fn numbered(cmd_id: u32, mut command: Command) -> Command {
    match &mut command {
        Command::Add(inner)
        | Command::Get(inner)
        | Command::Delete(inner)
        | Command::Copy(inner)
        | Command::Replace(inner) => inner.cmd_id = cmd_id.into(),
        Command::Exec(inner) => inner.cmd_id = cmd_id.into(),
        Command::Alert(inner) => inner.cmd_id = cmd_id.into(),
        Command::Atomic(inner) | Command::Sequence(inner) => inner.cmd_id = cmd_id.into(),
        other => panic!("{other:?}"),
    }
    command
}

pub(crate) fn found(codes: &[(String, u16)]) -> Vec<u16> {
    codes.iter().map(|(_, code)| *code).collect()
}

#[test]
fn a_sequence_goes_on_after_a_failure() {
    let (mut fake, _) = FakeServer::new();
    let inside = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        numbered(4, add(leaf("./NAP/a", "2"))),
        numbered(5, alert(5, 1101)),
        numbered(6, add(leaf("./NAP/b", "3"))),
    ];
    let codes = fake.codes(vec![Command::Sequence(group(2, inside))]);
    assert_eq!(found(&codes), [200, 200, 418, 406, 200]);
    let refs: Vec<_> = codes.iter().map(|(cmd_ref, _)| cmd_ref.as_str()).collect();
    assert_eq!(refs, ["2", "3", "4", "5", "6"]);
}

#[test]
fn a_sequence_in_a_sequence_is_refused_and_an_atomic_is_not() {
    let (mut fake, _) = FakeServer::new();
    let inner = Command::Sequence(group(3, vec![numbered(4, add(leaf("./NAP/a", "1")))]));
    let atomic = Command::Atomic(group(5, vec![numbered(6, add(leaf("./NAP/b", "1")))]));
    let codes = fake.codes(vec![Command::Sequence(group(2, vec![inner, atomic]))]);
    assert_eq!(found(&codes), [200, 500, 215, 200, 200]);
    assert!(fake.tree.value(&uri("./NAP/a")).is_err());
    assert!(fake.tree.value(&uri("./NAP/b")).is_ok());
}

#[test]
fn a_value_that_can_not_be_written_is_a_failed_get() {
    let mut tree = device_tree();
    for (name, format) in [("a", Format::Chr), ("b", Format::Xml)] {
        let value = Value::new(format, None, vec![b'x', 0, 0xff]);
        tree.put(uri(&format!("./NAP/{name}")), dm::tree::Node::leaf(value))
            .unwrap();
    }
    let control = Value::text("\u{1}");
    tree.put(uri("./NAP/c"), dm::tree::Node::leaf(control))
        .unwrap();
    let (mut fake, _) = FakeServer::with(plain_client(), tree);
    let gets = ["./NAP/a", "./NAP/b", "./NAP/c", "./DevInfo/Man"]
        .iter()
        .zip(2..)
        .map(|(target, cmd_id)| numbered(cmd_id, Command::Get(one(Item::target(*target)))))
        .collect();
    assert_eq!(found(&fake.codes(gets)), [500, 500, 500, 200]);
}

#[test]
fn a_foreign_command_is_named_in_its_status() {
    let (mut fake, _) = FakeServer::new();
    let message = fake.message(vec![alert(9, 1222)], true);
    let written = String::from_utf8(crate::fake::octets(&message)).unwrap();
    let marker = "<Alert><CmdID>9</CmdID><Data>1222</Data></Alert>";
    let put = "<Put><CmdID>2</CmdID><Item/></Put>";
    fake.hand_octets(written.replace(marker, put).as_bytes())
        .unwrap();
    let answer = fake.next().unwrap();
    let status = &statuses(&answer)[1];
    assert_eq!((status.cmd.as_str(), status.code.0), ("Put", 501));
    let executed = client::Event::Executed {
        command: "Put".to_owned(),
        target: None,
        status: syncml::StatusCode(501),
    };
    assert_eq!(fake.events, [executed]);
}

/// TND clause 5: what is no URI of a node is refused with 400 by every command,
/// and nothing is done.
#[test]
fn targets_that_are_no_uris() {
    for target in ["./NAP//x", "./NAP/", "./NAP/../NAP", "/NAP", ""] {
        let mut copied = Item::target("./NAP");
        copied.source = Some(target.into());
        let rows = [
            Command::Get(one(Item::target(target))),
            add(leaf(target, "1")),
            replace(leaf(target, "1")),
            Command::Delete(one(Item::target(target))),
            exec(Item::target(target)),
            Command::Copy(one(copied)),
        ];
        for command in rows {
            let what = format!("{} {target:?}", command.name());
            let mut fake = with_order();
            let before = fake.tree.export().count();
            assert_eq!(found(&fake.codes(vec![command])), [400], "{what}");
            assert_eq!(fake.tree.export().count(), before, "{what}");
        }
    }
}
