//! Static nodes and what servers may do with them (OMA DM TND 1.2 clauses 6
//! and 7.7.1; the status tables of OMA DM RepPro 1.2 clause 6.6).

use dm::Error;
use dm::tree::{
    Acl, Node, NodeKind, NodeUri, Overwrite, Right, Rights, ServerId, Tree, TreeLimits, Value,
};
use proptest::prelude::*;
use secret::SecretBytes;
use syncml::Format;

use crate::kit::{device_tree, id, interior, new_operator, old_operator, over, text, uri};

/// The tree of clause 7.7.1.6, as far as its picture's text tells: NodeA with
/// Node1, NodeB with Node3 over Node4 and Node5.
fn example() -> Tree {
    let acl = |text: &str| text.parse::<Acl>().unwrap();
    let mut tree = Tree::new(acl("Add=*&Get=*"), TreeLimits::default());
    let nodes = [
        ("./NodeA", Some("Get=*&Replace=ServerC")),
        (
            "./NodeB",
            Some("Add=ServerA+ServerB&Replace=ServerA+ServerB"),
        ),
        ("./NodeB/Node3", None),
    ];
    for (at, own) in nodes {
        let mut node = Node::interior();
        if let Some(own) = own {
            node = node.with_acl(acl(own));
        }
        tree.put(uri(at), node).unwrap();
    }
    let node1 = Node::leaf(Value::text("1")).with_acl(acl("Get=*"));
    tree.put(uri("./NodeA/Node1"), node1).unwrap();
    tree.put(uri("./NodeB/Node3/Node4"), Node::leaf(Value::text("4")))
        .unwrap();
    tree.put(uri("./NodeB/Node3/Node5"), Node::leaf(Value::text("5")))
        .unwrap();
    tree
}

#[test]
fn the_example_of_the_specification() {
    let mut tree = example();
    for server in ["ServerA", "ServerB", "ServerC", "any"] {
        let value = tree.get(&id(server), &uri("./NodeA/Node1")).unwrap();
        assert_eq!(value.data(), b"1");
        // "No server can directly Delete or Replace the value."
        let node1 = uri("./NodeA/Node1");
        assert_eq!(
            tree.delete(&id(server), &node1).unwrap_err().status().0,
            425
        );
        let refused = tree.replace(&id(server), &node1, over("x")).unwrap_err();
        assert_eq!(refused.status().0, 425);
    }
    // "A Replace request on ./NodeB/Node3/Node5 by ServerA will be successful."
    tree.replace(&id("ServerA"), &uri("./NodeB/Node3/Node5"), over("new"))
        .unwrap();
    assert_eq!(
        tree.value(&uri("./NodeB/Node3/Node5")).unwrap().data(),
        b"new"
    );
    let refused = tree.replace(&id("ServerC"), &uri("./NodeB/Node3/Node5"), over("x"));
    assert_eq!(refused.unwrap_err().status().0, 425);
    // No right is added up along the path: NodeB has no Get.
    let hidden = tree.get(&id("ServerA"), &uri("./NodeB/Node3/Node4"));
    assert_eq!(hidden.unwrap_err().status().0, 425);
}

/// A command, a target, and the status that it gets.
struct Row(&'static str, &'static str, u16);

/// `./Own` belongs to "a" alone, `./Open` to everybody; `Leaf`s are leaves.
fn tables() -> Tree {
    let mut tree = device_tree();
    let all = Acl::everybody(&Right::ALL);
    let own = Acl::only(&id("a"), &Right::ALL);
    tree.put(uri("./Own"), Node::interior().with_acl(own))
        .unwrap();
    tree.put(uri("./Own/Leaf"), Node::leaf(Value::text("secret")))
        .unwrap();
    tree.put(uri("./Open"), Node::interior().with_acl(all))
        .unwrap();
    tree.put(uri("./Open/Leaf"), Node::leaf(Value::text("open")))
        .unwrap();
    tree.put(
        uri("./Open/Fixed"),
        Node::leaf(Value::text("fixed")).permanent(),
    )
    .unwrap();
    let write_only = Rights::of(&[Right::Replace]);
    tree.put(
        uri("./Open/Hidden"),
        Node::leaf(Value::text("hidden")).taking(write_only),
    )
    .unwrap();
    tree
}

#[test]
fn statuses_of_a_server_without_rights() {
    let rows = [
        Row("get", "./Own", 425),
        Row("get", "./Own/Leaf", 425),
        Row("get", "./Own/None", 404),
        Row("add", "./Own/New", 425),
        Row("replace", "./Own/Leaf", 425),
        Row("replace", "./Own/None", 404),
        Row("delete", "./Own/Leaf", 425),
        Row("delete", "./Own", 425),
        Row("delete", "./None", 404),
        Row("exec", "./Own/Leaf", 425),
        Row("delete", ".", 405),
        Row("delete", "./DevInfo", 425),
        Row("replace", "./DevInfo/Man", 425),
        Row("add", "./DevInfo", 418),
        Row("add", ".", 418),
    ];
    check(&rows, "b");
}

#[test]
fn statuses_of_a_server_with_rights() {
    let rows = [
        Row("get", "./Open", 200),
        Row("get", "./Open/Leaf", 200),
        Row("get", "./Open/None", 404),
        Row("get", "./Open/Hidden", 405),
        Row("add", "./Open/New", 200),
        Row("add", "./Open/Leaf", 418),
        Row("add", "./Open/Leaf/Below", 405),
        Row("add", "./Open/None/Below", 404),
        Row("replace", "./Open/Leaf", 200),
        Row("replace", "./Open/Hidden", 200),
        Row("replace", "./Open", 405),
        Row("replace", "./Open/None", 404),
        Row("delete", "./Open/Leaf", 200),
        Row("delete", "./Open/Fixed", 405),
        Row("delete", "./Open/Hidden", 405),
        // A permanent node below keeps its parent.
        Row("delete", "./Open", 405),
        Row("exec", "./Open/Leaf", 405),
        Row("exec", "./Open", 405),
    ];
    check(&rows, "b");
}

fn check(rows: &[Row], server: &str) {
    let by = id(server);
    for Row(command, target, expected) in rows {
        let mut tree = tables();
        let before = dump(&tree);
        let at = uri(target);
        let outcome = match *command {
            "get" => tree.get(&by, &at).map(drop),
            "add" => tree.add(&by, &at, text("new")),
            "replace" => tree.replace(&by, &at, over("new")),
            "delete" => tree.delete(&by, &at),
            "exec" => tree
                .exec(&by, &at, &dm::tree::Execution::default())
                .map(drop),
            other => panic!("{other}"),
        };
        let status = outcome
            .as_ref()
            .map_or_else(|error| error.status().0, |()| 200);
        assert_eq!(status, *expected, "{command} {target} by {server}");
        if outcome.is_err() {
            assert_eq!(dump(&tree), before, "{command} {target} left a trace");
        }
    }
}

fn dump(tree: &Tree) -> Vec<(NodeUri, Node)> {
    tree.export()
        .map(|(uri, node)| (uri.clone(), node.clone()))
        .collect()
}

#[test]
fn an_interior_node_reads_as_the_list_of_its_children() {
    let mut tree = tables();
    let value = tree.get(&id("b"), &uri("./Open")).unwrap();
    assert_eq!(value.format(), &Format::Node);
    assert_eq!(value.type_(), Some("text/plain"));
    assert_eq!(value.data(), b"Fixed/Hidden/Leaf");
    tree.add(&id("b"), &uri("./Open/Empty"), interior())
        .unwrap();
    assert_eq!(
        tree.get(&id("b"), &uri("./Open/Empty")).unwrap().data(),
        b""
    );
    // Grandchildren are not children.
    tree.add(&id("b"), &uri("./Open/Empty/Deep"), text("x"))
        .unwrap();
    assert_eq!(
        tree.get(&id("b"), &uri("./Open")).unwrap().data(),
        b"Empty/Fixed/Hidden/Leaf"
    );
}

/// Clause 7.7.1.3: whoever adds an interior node without Replace on its parent
/// gets a node of its own.
#[test]
fn a_new_interior_node_belongs_to_its_maker_unless_it_rules_the_parent() {
    let mut tree = device_tree();
    tree.add(&old_operator(), &uri("./NAP/old"), interior())
        .unwrap();
    tree.add(&old_operator(), &uri("./NAP/old/APN"), text("internet"))
        .unwrap();
    for (target, right) in [("./NAP/old", Right::Get), ("./NAP/old/APN", Right::Get)] {
        assert!(tree.get(&old_operator(), &uri(target)).is_ok());
        let error = tree.get(&new_operator(), &uri(target)).unwrap_err();
        assert_eq!(error.status().0, 425, "{target} {right:?}");
    }
    let refused = tree.replace(&new_operator(), &uri("./NAP/old/APN"), over("evil"));
    assert_eq!(refused.unwrap_err().status().0, 425);
    tree.replace(&old_operator(), &uri("./NAP/old/APN"), over("m2m"))
        .unwrap();

    // With Replace on the parent the new node inherits.
    let mut tree = tables();
    tree.add(&id("b"), &uri("./Open/New"), interior()).unwrap();
    let (_, node) = tree
        .export()
        .find(|(at, _)| **at == uri("./Open/New"))
        .unwrap();
    assert_eq!(node.acl(), None);
}

/// PROTOCOL.md section 6: the old operator reaches neither the new one's nodes
/// nor, by way of an ancestor, what is below.
#[test]
fn an_ancestor_can_not_be_deleted_over_the_head_of_another_server() {
    let mut tree = device_tree();
    let all = Acl::everybody(&Right::ALL);
    tree.put(uri("./Shared"), Node::interior().with_acl(all))
        .unwrap();
    tree.add(&old_operator(), &uri("./Shared/group"), interior())
        .unwrap();
    tree.put(
        uri("./Shared/group/new"),
        Node::interior().with_acl(Acl::only(&new_operator(), &Right::ALL)),
    )
    .unwrap();
    tree.put(
        uri("./Shared/group/new/APN"),
        Node::leaf(Value::text("apn")),
    )
    .unwrap();
    let before = dump(&tree);
    for target in [
        "./Shared",
        "./Shared/group",
        "./Shared/group/new",
        "./Shared/group/new/APN",
    ] {
        let error = tree.delete(&old_operator(), &uri(target)).unwrap_err();
        assert_eq!(error.status().0, 425, "{target}");
        assert_eq!(dump(&tree), before, "{target}");
        let error = tree
            .replace(&old_operator(), &uri(target), over("x"))
            .unwrap_err();
        assert!([405, 425].contains(&error.status().0), "{target}");
        assert_eq!(dump(&tree), before, "{target}");
    }
    // The owner may, and then the ancestor is free.
    tree.delete(&new_operator(), &uri("./Shared/group/new"))
        .unwrap();
    tree.delete(&old_operator(), &uri("./Shared/group"))
        .unwrap();
}

#[test]
fn a_replace_keeps_format_and_type_unless_it_brings_them() {
    let mut tree = tables();
    let leaf = uri("./Open/Leaf");
    tree.replace(&id("b"), &leaf, over("again")).unwrap();
    let value = tree.value(&leaf).unwrap();
    assert_eq!(
        (value.format(), value.type_()),
        (&Format::Chr, Some("text/plain"))
    );
    let octets = || Overwrite {
        format: Some(Format::Bin),
        type_: Some("image/png".to_owned()),
        data: SecretBytes::new(vec![0, 255]),
    };
    tree.replace(&id("b"), &leaf, octets()).unwrap();
    let value = tree.value(&leaf).unwrap();
    assert_eq!(
        (value.format(), value.type_()),
        (&Format::Bin, Some("image/png"))
    );
    assert_eq!((value.data(), value.size()), ([0, 255].as_slice(), 2));
    // Those of a permanent node stay (RepPro clause 6.6.11).
    let error = tree
        .replace(&id("b"), &uri("./Open/Fixed"), octets())
        .unwrap_err();
    assert_eq!(error.status().0, 405);
    tree.replace(&id("b"), &uri("./Open/Fixed"), over("value"))
        .unwrap();
}

#[test]
fn base64_is_how_octets_travel_and_not_what_they_are() {
    assert_eq!(
        Value::new(Format::B64, None, vec![1]).format(),
        &Format::Bin
    );
}

#[test]
fn limits_hold_at_their_borders() {
    let limits = TreeLimits {
        max_nodes: 5,
        max_octets: 10,
        max_value: 6,
    };
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), limits);
    let by = id("a");
    let status =
        |outcome: Result<(), Error>| outcome.map_or_else(|error| error.status().0, |()| 200);
    assert_eq!(status(tree.add(&by, &uri("./A"), text("1234567"))), 413);
    assert_eq!(status(tree.add(&by, &uri("./A"), text("123456"))), 200);
    assert_eq!(status(tree.add(&by, &uri("./B"), text("12345"))), 420);
    assert_eq!(status(tree.add(&by, &uri("./B"), text("1234"))), 200);
    assert_eq!(status(tree.replace(&by, &uri("./B"), over("12345"))), 420);
    assert_eq!(status(tree.replace(&by, &uri("./B"), over("1234567"))), 413);
    assert_eq!(status(tree.replace(&by, &uri("./B"), over("123"))), 200);
    assert_eq!(status(tree.add(&by, &uri("./C"), text("1"))), 200);
    assert_eq!(status(tree.add(&by, &uri("./D"), interior())), 200);
    assert_eq!(status(tree.add(&by, &uri("./E"), interior())), 420);
    assert_eq!(status(tree.delete(&by, &uri("./A"))), 200);
    assert_eq!(status(tree.add(&by, &uri("./E"), text("123456"))), 200);
}

#[test]
fn a_value_never_prints_its_octets() {
    let printed = format!("{:?}", Node::leaf(Value::text("hunter2")));
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("7 octets"), "{printed}");
}

#[test]
fn what_the_device_puts_is_checked() {
    let mut tree = device_tree();
    let table = [
        ("./None/Below", Node::interior(), "dm-node-not-found"),
        (
            "./DevInfo/Man/Below",
            Node::interior(),
            "dm-command-not-allowed",
        ),
        ("./DevInfo", Node::leaf(Value::text("x")), "dm-misuse"),
        (".", Node::interior(), "dm-misuse"),
    ];
    for (at, node, code) in table {
        assert_eq!(tree.put(uri(at), node).unwrap_err().code(), code, "{at}");
    }
    assert_eq!(tree.remove(&NodeUri::ROOT).unwrap_err().code(), "dm-misuse");
    assert!(!tree.remove(&uri("./None")).unwrap());
    assert!(tree.remove(&uri("./DevInfo")).unwrap());
    assert!(tree.value(&uri("./DevInfo/Man")).is_err());
    assert!(tree.leaves(&uri("./DevInfo")).is_empty());
}

#[test]
fn import_takes_what_export_gave_and_nothing_else() {
    let tree = tables();
    let mut list = dump(&tree);
    list.reverse();
    let again = Tree::import(list.clone(), TreeLimits::default()).unwrap();
    assert_eq!(dump(&again), dump(&tree));
    assert_eq!(again.revision(), 0);

    let without = |name: &str| {
        let list: Vec<_> = list
            .iter()
            .filter(|(at, _)| *at != uri(name))
            .cloned()
            .collect();
        Tree::import(list, TreeLimits::default())
            .err()
            .map(|error| error.code())
    };
    assert_eq!(without("."), Some("dm-misuse"));
    assert_eq!(without("./Open"), Some("dm-node-not-found"));
    let twice = list.iter().chain(&list[..1]).cloned().collect::<Vec<_>>();
    assert!(Tree::import(twice, TreeLimits::default()).is_err());
    let small = TreeLimits {
        max_nodes: 3,
        ..TreeLimits::default()
    };
    assert_eq!(
        Tree::import(list, small).err().map(|error| error.code()),
        Some("dm-tree-full")
    );
}

#[test]
fn the_revision_rises_with_changes_alone() {
    let mut tree = tables();
    let start = tree.revision();
    tree.get(&id("b"), &uri("./Open/Leaf")).unwrap();
    tree.delete(&id("b"), &uri("./Own")).unwrap_err();
    assert_eq!(tree.revision(), start);
    tree.replace(&id("b"), &uri("./Open/Leaf"), over("x"))
        .unwrap();
    assert!(tree.revision() > start);
}

/// What a server may try, over three levels of few names.
#[derive(Clone, Debug)]
struct Step {
    by: usize,
    command: usize,
    at: Vec<usize>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..2usize, 0..5usize, prop::collection::vec(0..3usize, 1..4))
        .prop_map(|(by, command, at)| Step { by, command, at });
    prop::collection::vec(step, 0..60)
}

fn apply(tree: &mut Tree, step: &Step) -> Result<(), Error> {
    let servers: [ServerId; 2] = [id("a"), id("b")];
    let by = &servers[step.by];
    let path: Vec<&str> = step.at.iter().map(|name| ["x", "y", "z"][*name]).collect();
    let at = uri(&path.join("/"));
    match step.command {
        0 => tree.add(by, &at, interior()),
        1 => tree.add(by, &at, text("leaf")),
        2 => tree.replace(by, &at, over("changed")),
        3 => tree.delete(by, &at),
        _ => tree.get(by, &at).map(drop),
    }
}

proptest! {
    #[test]
    fn a_roll_back_restores_every_node(before in steps(), inside in steps()) {
        let mut tree = device_tree();
        for step in &before {
            let _ = apply(&mut tree, step);
        }
        let state = dump(&tree);
        tree.begin().unwrap();
        for step in &inside {
            let _ = apply(&mut tree, step);
        }
        tree.roll_back().unwrap();
        prop_assert_eq!(dump(&tree), state.clone());
        // Counts are back too: the list still fits limits that just hold it.
        let limits = TreeLimits { max_nodes: state.len(), ..TreeLimits::default() };
        prop_assert!(Tree::import(state, limits).is_ok());
    }

    #[test]
    fn every_tree_that_servers_make_exports_and_imports(steps in steps()) {
        let mut tree = device_tree();
        for step in &steps {
            let _ = apply(&mut tree, step);
        }
        let again = Tree::import(dump(&tree), TreeLimits::default()).unwrap();
        prop_assert_eq!(dump(&again), dump(&tree));
    }

    /// Whatever "b" does, a node that "a" made for itself keeps standing with
    /// its value.
    #[test]
    fn nobody_reaches_what_is_anothers(steps in steps()) {
        let mut tree = device_tree();
        tree.add(&id("a"), &uri("./x"), interior()).unwrap();
        tree.add(&id("a"), &uri("./x/y"), interior()).unwrap();
        tree.add(&id("a"), &uri("./x/y/z"), text("mine")).unwrap();
        for step in steps.iter().filter(|step| step.by == 1) {
            let _ = apply(&mut tree, step);
        }
        let value = tree.value(&uri("./x/y/z")).unwrap();
        prop_assert_eq!(value.data(), b"mine".as_slice());
        prop_assert!(tree.get(&id("b"), &uri("./x/y/z")).is_err());
        let kind = matches!(
            tree.export().find(|(at, _)| **at == uri("./x")).unwrap().1.kind(),
            NodeKind::Interior { .. }
        );
        prop_assert!(kind);
    }
}
