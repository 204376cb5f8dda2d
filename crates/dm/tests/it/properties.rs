//! Properties of nodes, lists of nodes, Copy and serialised trees in commands
//! (OMA DM TND 1.2 clauses 7 and 8.2; OMA DM RepPro 1.2 clauses 6.6.1, 6.6.4,
//! 6.6.7 and 6.6.11).

use dm::tree::{Acl, Listing, Node, NodeKind, Property, Right, Tree, TreeLimits, Value};
use dm::{Error, tnds};
use syncml::{Command, Data, Format, Item, ItemCommand, Limits, Location, Meta, xml};

use crate::fake::FakeServer;
use crate::kit::{id, interior, over, plain_client, text, uri};

/// Everybody may everything, but below `./Other`, which is another server's.
fn tree() -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    let other = Acl::only(&id("other"), &Right::ALL);
    for (at, node) in [
        ("./DevInfo", Node::interior().permanent()),
        ("./DevInfo/DevId", Node::leaf(Value::text("d")).permanent()),
        ("./A", Node::object("urn:x:a")),
        ("./A/leaf", Node::leaf(Value::text("one"))),
        ("./A/bin", Node::leaf(Value::octets(vec![0, 1, 255]))),
        ("./A/B", Node::interior()),
        ("./A/B/c", Node::leaf(Value::text("two")).with_title("C")),
        ("./Other", Node::interior().with_acl(other)),
        ("./Other/secret", Node::leaf(Value::text("s"))),
    ] {
        tree.put(uri(at), node).unwrap();
    }
    tree
}

fn property(tree: &Tree, at: &str, name: &str) -> Result<String, u16> {
    let property = name.parse().map_err(|error: Error| error.status().0)?;
    tree.property(&id("me"), &uri(at), property)
        .map(|value| String::from_utf8(value.data().to_vec()).unwrap())
        .map_err(|error| error.status().0)
}

fn set(tree: &mut Tree, at: &str, property: Property, text: &str) -> u16 {
    let done = tree.set_property(&id("me"), &uri(at), property, text);
    done.map_or_else(|error| error.status().0, |()| 200)
}

fn found(text: &str) -> Result<String, u16> {
    Ok(text.to_owned())
}

/// TND clauses 7.3 and 7.7.
#[test]
fn properties_are_read() {
    let mut tree = tree();
    for (at, name, expected) in [
        (".", "ACL", found("Add=*&Delete=*&Exec=*&Get=*&Replace=*")),
        (".", "Name", found("")),
        ("./A", "ACL", found("")),
        ("./A", "Format", found("node")),
        ("./A", "Type", found("urn:x:a")),
        ("./A", "Name", found("A")),
        ("./A", "Size", Err(406)),
        ("./A/B", "Type", found("")),
        ("./A/leaf", "Format", found("chr")),
        ("./A/leaf", "Type", found("text/plain")),
        ("./A/leaf", "Size", found("3")),
        ("./A/bin", "Format", found("bin")),
        ("./A/bin", "Size", found("3")),
        ("./A/B/c", "Title", found("C")),
        ("./A/leaf", "Title", found("")),
        ("./A/leaf", "VerNo", found("0")),
        ("./A/leaf", "TStamp", Err(406)),
        ("./A/leaf", "acl", Err(406)),
        ("./A/leaf", "Nothing", Err(406)),
        ("./None", "ACL", Err(404)),
        ("./Other/secret", "ACL", Err(425)),
        ("./Other/secret", "Name", Err(425)),
    ] {
        assert_eq!(property(&tree, at, name), expected, "{at} {name}");
    }
    // What may not be read may still be looked at from outside.
    let read_by_nobody = Node::leaf(Value::text("x")).taking(dm::tree::Rights::NONE);
    tree.put(uri("./A/unread"), read_by_nobody).unwrap();
    assert_eq!(property(&tree, "./A/unread", "Size"), found("1"));
}

/// TND clause 7.5: which take Replace; clause 7.7.5: how long a Title may be.
#[test]
fn properties_are_set() {
    let mut tree = tree();
    for name in ["Format", "Size", "TStamp", "Type", "VerNo"] {
        assert_eq!(
            set(&mut tree, "./A/leaf", name.parse().unwrap(), "1"),
            405,
            "{name}"
        );
    }
    assert_eq!(
        set(&mut tree, "./A/leaf", Property::Title, &"t".repeat(255)),
        200
    );
    assert_eq!(
        property(&tree, "./A/leaf", "Title"),
        found(&"t".repeat(255))
    );
    assert_eq!(
        set(&mut tree, "./A/leaf", Property::Title, &"t".repeat(256)),
        413
    );
    assert_eq!(set(&mut tree, "./A/leaf", Property::Title, ""), 200);
    assert_eq!(property(&tree, "./A/leaf", "Title"), found(""));
    assert_eq!(set(&mut tree, "./Other/secret", Property::Title, "x"), 425);
    assert_eq!(set(&mut tree, "./None", Property::Title, "x"), 404);
}

/// TND clauses 7.7.6 and 7.7.8.
#[test]
fn changes_are_counted_and_stamped() {
    let mut tree = tree();
    let me = id("me");
    tree.replace(&me, &uri("./A/leaf"), over("1")).unwrap();
    assert_eq!(property(&tree, "./A/leaf", "VerNo"), found("1"));
    assert_eq!(property(&tree, "./A/leaf", "TStamp"), Err(406));
    // The specification's own example: 20010711T163817Z.
    tree.set_time(Some("2001-07-11T16:38:17Z".parse().unwrap()));
    assert_eq!(set(&mut tree, "./A/leaf", Property::Title, "t"), 200);
    assert_eq!(property(&tree, "./A/leaf", "VerNo"), found("2"));
    assert_eq!(
        property(&tree, "./A/leaf", "TStamp"),
        found("20010711T163817Z")
    );
    assert_eq!(property(&tree, "./A/bin", "VerNo"), found("0"));
    // FFFF, then 0000.
    let last = Node::leaf(Value::text("x")).with_history(None, u16::MAX);
    let mut tree = Tree::import(
        tree.export()
            .map(|(at, node)| (at.clone(), node.clone()))
            .chain([(uri("./A/old"), last)]),
        TreeLimits::default(),
    )
    .unwrap();
    assert_eq!(property(&tree, "./A/old", "VerNo"), found("65535"));
    tree.replace(&me, &uri("./A/old"), over("1")).unwrap();
    assert_eq!(property(&tree, "./A/old", "VerNo"), found("0"));
    // What was undone did not happen.
    let before = property(&tree, "./A/leaf", "VerNo");
    tree.begin().unwrap();
    tree.replace(&me, &uri("./A/leaf"), over("9")).unwrap();
    tree.roll_back().unwrap();
    assert_eq!(property(&tree, "./A/leaf", "VerNo"), before);
}

/// What changes without any server counts too (TND clause 7.5).
#[test]
fn changes_by_the_device_itself_are_counted_and_stamped() {
    let mut tree = tree();
    let me = id("me");
    tree.replace(&me, &uri("./A/leaf"), over("1")).unwrap();
    tree.set_time(Some("2001-07-11T16:38:17Z".parse().unwrap()));
    tree.put(uri("./A/leaf"), Node::leaf(Value::text("by the device")))
        .unwrap();
    assert_eq!(property(&tree, "./A/leaf", "VerNo"), found("2"));
    assert_eq!(
        property(&tree, "./A/leaf", "TStamp"),
        found("20010711T163817Z")
    );
    assert_eq!(property(&tree, "./A/bin", "VerNo"), found("0"));
}

/// TND clause 7.7.1.3: whoever may Replace the parent may set an ACL; for an
/// interior node whoever may Replace the node too, for a leaf not.
#[test]
fn acls_are_set_by_whom_the_clause_names() {
    let acl = |entry: &str| entry.parse::<Acl>().unwrap();
    let rows = [
        // parent's, node's, interior, status
        ("Get=*&Replace=me", "Get=*", true, 200),
        ("Get=*&Replace=me", "Get=*", false, 200),
        ("Get=*", "Get=*&Replace=me", true, 200),
        ("Get=*", "Get=*&Replace=me", false, 425),
        ("Get=*", "Get=*", true, 425),
        ("Get=*", "Get=*", false, 425),
    ];
    for (parent, own, is_interior, expected) in rows {
        let mut tree = tree();
        let node = match is_interior {
            true => Node::interior(),
            false => Node::leaf(Value::text("1")),
        };
        tree.put(uri("./P"), Node::interior().with_acl(acl(parent)))
            .unwrap();
        tree.put(uri("./P/n"), node.with_acl(acl(own))).unwrap();
        let status = set(&mut tree, "./P/n", Property::Acl, "Replace=me");
        assert_eq!(status, expected, "{parent} {own} {is_interior}");
    }
    let mut tree = tree();
    for (text, expected) in [
        ("", 200),
        ("Get=a+me&Replace=*", 200),
        ("Get=", 400),
        ("Copy=*", 400),
        ("nonsense", 400),
    ] {
        assert_eq!(
            set(&mut tree, "./A", Property::Acl, text),
            expected,
            "{text}"
        );
    }
    assert_eq!(property(&tree, "./A", "ACL"), found("Get=a+me&Replace=*"));
}

/// TND clause 7.7.1.2.
#[test]
fn the_root_keeps_an_acl_and_who_may_add() {
    let mut tree = tree();
    assert_eq!(set(&mut tree, ".", Property::Acl, ""), 405);
    assert_eq!(
        set(&mut tree, ".", Property::Acl, "Add=me&Get=*&Replace=*"),
        405
    );
    assert_eq!(set(&mut tree, ".", Property::Acl, "Get=*&Replace=*"), 405);
    assert_eq!(
        set(&mut tree, ".", Property::Acl, "Add=*&Get=*&Replace=me"),
        200
    );
}

/// What the device has given to one server can't be taken by another, whatever
/// it may do above (docs/operator-change.md section 6).
#[test]
fn a_fixed_acl_is_the_devices_own() {
    let mut tree = tree();
    let new = Acl::only(&id("new"), &Right::ALL);
    tree.put(uri("./A/mine"), Node::interior().with_fixed_acl(new))
        .unwrap();
    tree.put(uri("./A/mine/x"), Node::leaf(Value::text("k")))
        .unwrap();
    let old = id("me");
    assert_eq!(
        set(&mut tree, "./A/mine", Property::Acl, "Get=*&Replace=*"),
        405
    );
    assert_eq!(set(&mut tree, "./A/mine/x", Property::Acl, "Get=*"), 425);
    assert_eq!(set(&mut tree, "./A/mine", Property::Name, "other"), 425);
    assert_eq!(set(&mut tree, "./A", Property::Name, "other"), 425);
    let denied = |result: Result<(), Error>| result.unwrap_err().status().0;
    assert_eq!(denied(tree.delete(&old, &uri("./A"))), 425);
    assert_eq!(
        denied(tree.replace(&old, &uri("./A/mine/x"), over("z"))),
        425
    );
    assert_eq!(
        denied(tree.copy(&old, &uri("./A/mine/x"), &uri("./A/leaf"))),
        425
    );
    assert_eq!(
        denied(tree.copy(&old, &uri("./A/leaf"), &uri("./A/mine/x"))),
        425
    );
    let nothing = tnds::ManagementTree::new(vec![tnds::TndsNode::text("only", "1")]);
    assert_eq!(
        denied(tree.replace_serialised(&old, &uri("./A"), &nothing)),
        425
    );
    let listed = tree.list(&old, &uri("./A")).unwrap();
    assert!(
        listed
            .iter()
            .all(|node| !node.uri.to_string().contains("mine"))
    );
    let value = tree
        .serialised(&old, &uri("./A"), &Listing::default())
        .unwrap();
    let xml = String::from_utf8(value.data().to_vec()).unwrap();
    assert!(!xml.contains("mine") && !xml.contains(">k<"), "{xml}");
    // Nothing has changed, and the new server has it all.
    assert!(tree.get(&id("new"), &uri("./A/mine/x")).is_ok());
    assert!(tree.value(&uri("./A/leaf")).is_ok());
}

/// TND clauses 6.2.3 and 7.7.3.
#[test]
fn nodes_are_renamed_with_what_is_below() {
    let mut tree = tree();
    assert_eq!(set(&mut tree, "./A", Property::Name, "A/B"), 400);
    assert_eq!(set(&mut tree, "./A", Property::Name, ""), 400);
    assert_eq!(set(&mut tree, "./A/leaf", Property::Name, "bin"), 418);
    assert_eq!(set(&mut tree, "./DevInfo", Property::Name, "X"), 405);
    // A permanent leaf, with nothing below that could be in the way.
    assert_eq!(set(&mut tree, "./DevInfo/DevId", Property::Name, "X"), 405);
    assert_eq!(set(&mut tree, ".", Property::Name, "X"), 405);
    let before = tree.list(&id("me"), &uri("./A")).unwrap();
    assert_eq!(set(&mut tree, "./A", Property::Name, "Z"), 200);
    let after = tree.list(&id("me"), &uri("./Z")).unwrap();
    let moved = |text: String| text.replacen("./A", "./Z", 1);
    let names = |nodes: &[dm::tree::Listed]| -> Vec<String> {
        nodes.iter().map(|node| node.uri.to_string()).collect()
    };
    let expected: Vec<String> = names(&before).into_iter().map(moved).collect();
    assert_eq!(names(&after), expected);
    assert!(tree.get(&id("me"), &uri("./A")).is_err());
    assert_eq!(tree.value(&uri("./Z/B/c")).unwrap(), Value::text("two"));
    // One Name has changed (TND clauses 7.5 and 7.7.8).
    assert_eq!(property(&tree, "./Z", "VerNo"), found("1"));
    assert_eq!(property(&tree, "./Z/B/c", "VerNo"), found("0"));
}

/// RepPro clause 6.6.4.
#[test]
fn copy_overwrites_a_leaf() {
    let mut tree = tree();
    let me = id("me");
    let copy = |tree: &mut Tree, from: &str, to: &str| {
        let done = tree.copy(&me, &uri(from), &uri(to));
        done.map_or_else(|error| error.status().0, |()| 200)
    };
    assert_eq!(copy(&mut tree, "./A/bin", "./A/leaf"), 200);
    assert_eq!(
        tree.value(&uri("./A/leaf")).unwrap(),
        Value::octets(vec![0, 1, 255])
    );
    // The type is the value's; a permanent leaf keeps its own.
    let bare = |data: &[u8]| Value::new(syncml::Format::Chr, None, data.to_vec());
    tree.put(uri("./A/bare"), Node::leaf(bare(b"b"))).unwrap();
    assert_eq!(copy(&mut tree, "./A/bare", "./A/leaf"), 200);
    assert_eq!(tree.value(&uri("./A/leaf")).unwrap(), bare(b"b"));
    assert_eq!(copy(&mut tree, "./A/bare", "./DevInfo/DevId"), 403);
    assert_eq!(copy(&mut tree, "./A/bin", "./DevInfo/DevId"), 403);
    assert_eq!(copy(&mut tree, "./A/B/c", "./DevInfo/DevId"), 200);
    assert_eq!(copy(&mut tree, "./A/B", "./A/leaf"), 403);
    assert_eq!(copy(&mut tree, "./A/leaf", "./A/B"), 403);
    assert_eq!(copy(&mut tree, "./A/leaf", "./A/none"), 404);
    assert_eq!(copy(&mut tree, "./Other/secret", "./A/leaf"), 425);
    assert_eq!(copy(&mut tree, "./A/leaf", "./Other/secret"), 425);
}

/// The answer to one command: statuses, and the items of the Results.
fn ask(command: Command) -> (Vec<u16>, Vec<Item>) {
    let (mut fake, _) = FakeServer::with(plain_client(), tree());
    let answer = fake.say(vec![command], true).unwrap();
    let mut statuses = Vec::new();
    let mut items = Vec::new();
    for command in answer.body.commands {
        match command {
            Command::Status(status) if !status.cmd_ref.is_header() => statuses.push(status.code.0),
            Command::Results(results) => items.extend(results.items),
            _ => {}
        }
    }
    (statuses, items)
}

fn get(at: &str) -> (Vec<u16>, Vec<Item>) {
    ask(Command::Get(ItemCommand::new("2", vec![Item::target(at)])))
}

/// TND clause 7.4: a text without meta-information.
#[test]
fn a_property_travels_as_a_bare_text() {
    let (statuses, items) = get("./A?prop=Type");
    assert_eq!(statuses, [200]);
    assert_eq!(
        items,
        [Item::source("./A?prop=Type").with_data(Data::text("urn:x:a"))]
    );
    let (statuses, items) = get("A/leaf?prop=ACL");
    assert_eq!(statuses, [200]);
    assert_eq!(items[0].data, Some(Data::text("")));
    let replace = Item::target("./A?prop=ACL").with_data(Data::text("Get=*"));
    let (statuses, _) = ask(Command::Replace(ItemCommand::new("2", vec![replace])));
    assert_eq!(statuses, [200]);
    for (at, expected) in [
        ("./A?prop=None", 406),
        ("./A?other=ACL", 406),
        ("./A?", 406),
        ("./A?list=None", 406),
        ("./A?list=TNDS+None", 406),
        ("./A?list=TNDS+Name", 406),
        ("./None?list=Struct", 404),
        ("./Other?list=TNDS", 425),
        ("./A/../B?prop=ACL", 400),
    ] {
        assert_eq!(get(at).0, [expected], "{at}");
    }
    let item = || Item::target("./A?prop=ACL").with_data(Data::text("Get=*"));
    for command in [
        Command::Add(ItemCommand::new("2", vec![item()])),
        Command::Delete(ItemCommand::new("2", vec![item()])),
    ] {
        assert_eq!(ask(command).0, [405]);
    }
}

/// TND clause 8.2, Struct and StructData.
#[test]
fn lists_have_an_item_for_each_node_that_may_be_read() {
    let described = |item: &Item| {
        let meta = item.meta.clone().unwrap();
        (
            item.source_uri().unwrap().to_owned(),
            meta.format.unwrap().to_string(),
            meta.type_.unwrap_or_default(),
            item.data.is_some(),
        )
    };
    let row = |at: &str, format: &str, type_: &str, data| {
        (at.to_owned(), format.to_owned(), type_.to_owned(), data)
    };
    let (statuses, items) = get("./A?list=Struct");
    assert_eq!(statuses, [200]);
    let octets = "application/octet-stream";
    let expected = [
        row("./A", "node", "urn:x:a", false),
        row("./A/B", "node", "", false),
        row("./A/B/c", "chr", "text/plain", false),
        row("./A/bin", "bin", octets, false),
        row("./A/leaf", "chr", "text/plain", false),
    ];
    assert_eq!(items.iter().map(described).collect::<Vec<_>>(), expected);
    let (_, items) = get("./A?list=StructData");
    let expected = [
        row("./A", "node", "urn:x:a", false),
        row("./A/B", "node", "", false),
        row("./A/B/c", "chr", "text/plain", true),
        row("./A/bin", "b64", octets, true),
        row("./A/leaf", "chr", "text/plain", true),
    ];
    assert_eq!(items.iter().map(described).collect::<Vec<_>>(), expected);
    let (_, items) = get(".?list=Struct");
    let names: Vec<&str> = items.iter().filter_map(Item::source_uri).collect();
    assert!(names.contains(&"./DevInfo/DevId"));
    assert!(!names.iter().any(|name| name.starts_with("./Other")));
}

fn markup(item: &Item) -> String {
    let Some(Data::Xml(markup)) = &item.data else {
        panic!("markup expected");
    };
    markup.clone()
}

/// TND clause 8.2, TNDS; read by a reader that knows nothing of trees.
#[test]
fn a_serialised_tree_has_what_was_asked_for() {
    let names = |at: &str| {
        let (statuses, items) = get(at);
        assert_eq!(statuses, [200], "{at}");
        assert_eq!(items[0].source_uri(), Some("./A"));
        let type_ = items[0].meta.as_ref().unwrap().type_.as_deref();
        assert_eq!(type_, Some("application/vnd.syncml.dmtnds+xml"));
        let root = xml::read_tree(markup(&items[0]).as_bytes(), &Limits::default()).unwrap();
        let mut names = std::collections::BTreeSet::new();
        let mut open = vec![root];
        while let Some(element) = open.pop() {
            open.extend(element.children().cloned());
            names.insert(element.name);
        }
        names
    };
    let all = names("./A?list=TNDS");
    for name in ["NodeName", "Value", "Title", "VerNo", "MIME", "DDFName"] {
        assert!(all.contains(name), "{name}: {all:?}");
    }
    let some = names("./A?list=TNDS+Title");
    assert!(some.contains("Title") && !some.contains("Value") && !some.contains("VerNo"));
    let without = names("./A?list=TNDS-Value-VerNo");
    assert!(without.contains("Title") && !without.contains("Value") && !without.contains("VerNo"));
}

fn serialised(at: &str, nodes: Vec<tnds::TndsNode>) -> Item {
    let markup = tnds::write(&tnds::ManagementTree::new(nodes)).unwrap();
    let meta = Meta::typed(Format::Xml, tnds::MEDIA_TYPE_XML);
    Item::target(at)
        .with_meta(meta)
        .with_data(Data::Xml(markup))
}

/// RepPro clause 6.6.1: one status, that of the node that failed; the tree is
/// unchanged then.
#[test]
fn a_serialised_tree_is_added_whole_or_not_at_all() {
    let leaf = tnds::TndsNode::text;
    for (children, expected) in [
        (vec![leaf("x", "1"), leaf("y", "2")], 200),
        (vec![leaf("x", "1"), leaf("x", "2")], 418),
        (vec![leaf("x", "1"), leaf("a?b", "2")], 400),
    ] {
        let (mut fake, _) = FakeServer::with(plain_client(), tree());
        let top = tnds::TndsNode::interior("New", Some("urn:x:new"), children);
        let add = Command::Add(ItemCommand::new("2", vec![serialised("./A", vec![top])]));
        let codes = fake.codes(vec![add]);
        assert_eq!(codes, [("2".to_owned(), expected)]);
        let added = fake.tree.value(&uri("./A/New/x")).is_ok();
        assert_eq!(added, expected == 200);
        assert_eq!(fake.tree.get(&id("me"), &uri("./A/New")).is_ok(), added);
    }
    let wrong = Meta::typed(Format::Xml, tnds::MEDIA_TYPE_WBXML);
    let item = Item::target("./A/x")
        .with_meta(wrong)
        .with_data(Data::Opaque(b"ab".to_vec()));
    assert_eq!(
        ask(Command::Add(ItemCommand::new("2", vec![item]))).0,
        [415]
    );
}

/// RepPro clause 6.6.11.
#[test]
fn a_serialised_tree_replaces_a_whole_part() {
    let leaf = tnds::TndsNode::text;
    let nodes = vec![leaf("leaf", "new"), leaf("extra", "1")];
    let (mut fake, _) = FakeServer::with(plain_client(), tree());
    let item = serialised("./A", nodes);
    let codes = fake.codes(vec![Command::Replace(ItemCommand::new("2", vec![item]))]);
    assert_eq!(codes, [("2".to_owned(), 200)]);
    let names: Vec<String> = fake
        .tree
        .list(&id("me"), &uri("./A"))
        .unwrap()
        .iter()
        .map(|node| node.uri.to_string())
        .collect();
    assert_eq!(names, ["./A", "./A/extra", "./A/leaf"]);
    assert_eq!(
        fake.tree.value(&uri("./A/leaf")).unwrap(),
        Value::text("new")
    );
    for (at, expected) in [("./None", 404), ("./A/leaf", 405), ("./Other", 425)] {
        let item = serialised(at, vec![leaf("n", "1")]);
        let (statuses, _) = ask(Command::Replace(ItemCommand::new("2", vec![item])));
        assert_eq!(statuses, [expected], "{at}");
    }
}

/// RepPro clause 6.6.1: parents may be created.
#[test]
fn parents_are_created_where_the_device_does_so() {
    let mut tree = tree();
    let me = id("me");
    assert!(matches!(
        tree.add(&me, &uri("./A/x/y/z"), text("1")),
        Err(Error::NotFound)
    ));
    tree.set_implicit_add(true);
    tree.add(&me, &uri("./A/x/y/z"), text("1")).unwrap();
    assert_eq!(tree.value(&uri("./A/x/y/z")).unwrap(), Value::text("1"));
    let denied = tree.add(&me, &uri("./Other/x/y"), text("1"));
    assert!(matches!(denied, Err(Error::Denied)));
    let below_a_leaf = tree.add(&me, &uri("./A/leaf/x/y"), interior());
    assert!(matches!(below_a_leaf, Err(Error::NotAllowed)));
    let nodes = tree.list(&me, &uri("./A")).unwrap();
    assert!(
        nodes
            .iter()
            .all(|node| !node.uri.to_string().contains("leaf/x"))
    );
    assert!(matches!(nodes[0].kind, NodeKind::Interior { .. }));
}

#[test]
fn a_copy_needs_both_places() {
    let copy = |source: Option<&str>| {
        let mut item = Item::target("./A/leaf");
        item.source = source.map(Location::new);
        ask(Command::Copy(ItemCommand::new("2", vec![item]))).0
    };
    assert_eq!(copy(Some("./A/B/c")), [200]);
    assert_eq!(copy(None), [412]);
    assert_eq!(copy(Some("./A/B/c?prop=ACL")), [400]);
}

/// TND clause 7.7.1.4.
#[test]
fn a_server_that_is_gone_is_in_no_acl() {
    let acl = |text: &str| text.parse::<Acl>().unwrap();
    let mut tree = Tree::new(acl("Add=*&Get=*&Replace=me"), TreeLimits::default());
    for (at, node) in [
        (
            "./a",
            Node::interior().with_acl(acl("Get=me+you&Delete=me")),
        ),
        ("./b", Node::interior().with_acl(acl("Get=me"))),
        ("./c", Node::interior().with_acl(acl("Get=you&Add=*"))),
        ("./d", Node::interior().with_fixed_acl(acl("Get=me"))),
    ] {
        tree.put(uri(at), node).unwrap();
    }
    tree.forget_server(&id("me"));
    let own = |at: &str| {
        let mut nodes = tree.export();
        let (_, node) = nodes.find(|(known, _)| **known == uri(at)).unwrap();
        node.acl().map(ToString::to_string)
    };
    assert_eq!(own("./a").as_deref(), Some("Get=you"));
    assert_eq!(own("./b"), None);
    assert_eq!(own("./c").as_deref(), Some("Add=*&Get=you"));
    // Empty, and not inherited: nobody reads it now.
    assert_eq!(own("./d").as_deref(), Some(""));
    assert!(matches!(
        tree.get(&id("you"), &uri("./d")),
        Err(Error::Denied)
    ));
    assert_eq!(own(".").as_deref(), Some("Add=*&Get=*&Replace=*"));
    assert!(tree.get(&id("you"), &uri("./b")).is_ok());
}

/// RepPro clauses 6.6.1 and 6.6.11: an ACL in a serialised tree needs the right
/// to set it (TND clause 7.7.1.3), and whatever fails leaves all as it was.
#[test]
fn what_fails_in_a_serialised_tree_leaves_all_as_it_was() {
    let acl = |text: &str| text.parse::<Acl>().unwrap();
    let leaf = |name: &str, value: &str| tnds::TndsNode::text(name, value);
    let with_acl = |name: &str| {
        let mut node = leaf(name, "1");
        node.rt_properties.as_mut().unwrap().acl = Some(acl("Get=*"));
        node
    };
    let me = id("me");
    // Add is given, Replace of the parent is not.
    let mut tree = tree();
    tree.put(uri("./P"), Node::interior().with_acl(acl("Add=me&Get=*")))
        .unwrap();
    let nodes = vec![leaf("x", "1"), with_acl("y")];
    let added = tree.add_serialised(&me, &uri("./P"), &tnds::ManagementTree::new(nodes));
    assert!(matches!(added, Err(Error::Denied)));
    assert_eq!(tree.list(&me, &uri("./P")).unwrap().len(), 1);
    // The last node of a Replace fails: nothing before it was done.
    let before: Vec<_> = tree
        .export()
        .map(|(at, node)| (at.clone(), node.clone()))
        .collect();
    for (last, expected) in [
        (leaf("B", "a leaf where a node is"), 405),
        (leaf(&"n".repeat(256), "1"), 414),
    ] {
        let nodes = vec![leaf("leaf", "new"), leaf("extra", "1"), last];
        let document = tnds::ManagementTree::new(nodes);
        let error = tree
            .replace_serialised(&me, &uri("./A"), &document)
            .unwrap_err();
        assert_eq!(error.status().0, expected);
        let after: Vec<_> = tree
            .export()
            .map(|(at, node)| (at.clone(), node.clone()))
            .collect();
        assert_eq!(after, before);
    }
}
