//! The engines beside a reference tree written from the clauses (OMA DM TND 1.2,
//! OMA DM RepPro 1.2): two servers with different rights hold sessions with one
//! device; every status, every result and the tree in the end are those of the
//! reference.

mod acl;
mod command;
mod drive;
mod properties;
mod reading;
mod reference;

use std::collections::BTreeMap;

use dm::server::CommandId;
use dm::tree::{Acl, Node, NodeKind, Right, Rights, Tree, TreeLimits, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use syncml::Format;

use crate::kit::uri;
use command::{Content, HUGE, Kind, LONG, Meeting, SMALL, Story};
use drive::Told;
use reference::{Outcome, Reading, Reference, Room, Row};

const SEED: [u8; 32] = *b"dm: the same stories every time.";

fn runner() -> TestRunner {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4000;
    }
    println!("seed {}", String::from_utf8_lossy(&SEED));
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &SEED))
}

const ALL: &[&str] = &["Add", "Delete", "Get", "Replace"];

type Leaf = Option<(&'static str, &'static [u8])>;

/// Place, mark, value, ACL, AccessType. `!` marks a permanent node, `#` one
/// whose ACL is the device's own.
type Given = (
    &'static str,
    &'static str,
    Leaf,
    &'static str,
    &'static [&'static str],
);

const TREE: &[Given] = &[
    (".", "!", None, "Add=*&Get=*", ALL),
    ("./DevInfo", "!", None, "", ALL),
    ("./DevInfo/Mod", "!", Some(("chr", b"M1")), "", &["Get"]),
    ("./A", "", None, "Add=a+b&Delete=a&Get=*&Replace=a", ALL),
    ("./A/x", "", Some(("chr", b"1")), "", ALL),
    ("./A/B", "", None, "", ALL),
    ("./A/B/y", "", Some(("bin", &[0, 1, 255])), "", ALL),
    (
        "./A/B/own",
        "",
        Some(("chr", b"b's")),
        "Get=b&Replace=b",
        ALL,
    ),
    ("./A/kept", "", Some(("int", b"5")), "", &["Get", "Replace"]),
    (
        "./A/hidden",
        "",
        Some(("chr", b"h")),
        "",
        &["Replace", "Delete"],
    ),
    ("./A/old", "", Some(("chr", b"o")), "Get=*&Replace=*", ALL),
    ("./P", "!", None, "Add=*&Delete=b&Get=*&Replace=b", ALL),
    ("./P/fixed", "!", Some(("chr", b"f")), "", ALL),
    ("./P/n", "!", Some(("int", b"3")), "Get=*&Replace=a", ALL),
    ("./P/lock", "#", None, "Get=*", ALL),
    (
        "./P/lock/k",
        "",
        Some(("chr", b"k")),
        "Delete=b&Get=*&Replace=b",
        ALL,
    ),
    (
        "./R",
        "",
        None,
        "Add=*&Delete=*&Get=*&Replace=*",
        &["Get", "Delete", "Replace"],
    ),
    ("./R/v", "", Some(("chr", b"v")), "", ALL),
];

fn room(story: &Story) -> Room {
    Room {
        nodes: TREE.len() + if story.crowded { 3 } else { 100 },
        octets: if story.crowded { 9_000 } else { 100_000 },
        value: HUGE - 1,
    }
}

fn version(at: &str) -> u16 {
    if at == "./A/old" { 0xffff } else { 0 }
}

fn reference(story: &Story) -> Reference {
    let rows = TREE.iter().map(|(at, marks, leaf, acl, access)| Row {
        path: at.split('/').skip(1).map(str::to_owned).collect(),
        kind: match leaf {
            Some((format, data)) => Kind::Leaf(Content::new(format, Some("text/plain"), data)),
            None => Kind::Interior(None),
        },
        acl: acl::read(acl),
        acl_fixed: *marks == "#",
        permanent: *marks == "!",
        access: access.to_vec(),
        title: String::new(),
        ver_no: version(at),
    });
    Reference {
        rows: rows.collect(),
        room: room(story),
        implicit: story.implicit,
    }
}

fn rights(names: &[&str]) -> Rights {
    let named = |right: &Right| names.contains(&right.as_str());
    let rights: Vec<Right> = Right::ALL.into_iter().filter(named).collect();
    Rights::of(&rights)
}

fn device(story: &Story) -> Tree {
    let room = room(story);
    let limits = TreeLimits {
        max_nodes: room.nodes,
        max_octets: room.octets,
        max_value: room.value,
    };
    let nodes = TREE.iter().map(|(at, marks, leaf, acl, access)| {
        let mut node = match leaf {
            Some((format, data)) => Node::leaf(Value::new(
                Format::read(format),
                Some("text/plain".to_owned()),
                data.to_vec(),
            )),
            None => Node::interior(),
        };
        node = node.taking(rights(access)).with_history(None, version(at));
        if !acl.is_empty() {
            let acl: Acl = acl.parse().unwrap();
            node = match *marks {
                "#" => node.with_fixed_acl(acl),
                _ => node.with_acl(acl),
            };
        }
        if *marks == "!" {
            node = node.permanent();
        }
        (uri(at), node)
    });
    let mut tree = Tree::import(nodes, limits).unwrap();
    tree.set_implicit_add(story.implicit);
    tree
}

/// Both trees as lists of text, to be compared.
fn rows_of(reference: &Reference) -> Vec<String> {
    let mut rows = reference.rows.clone();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let row = |row: &Row| {
        let (format, type_, data) = match &row.kind {
            Kind::Interior(type_) => ("node", type_, &[][..]),
            Kind::Leaf(content) => (&*content.format, &content.type_, &*content.data),
        };
        let acl = row.acl.as_ref().map(acl::written);
        let at = row.path.join("/");
        let (title, ver_no) = (&row.title, row.ver_no);
        format!("{at} {format} {type_:?} {data:?} {acl:?} {title:?} {ver_no}")
    };
    rows.iter().map(row).collect()
}

fn nodes_of(tree: &Tree) -> Vec<String> {
    let row = |(uri, node): (&dm::tree::NodeUri, &Node)| {
        let at = uri.segments().collect::<Vec<_>>().join("/");
        let (format, type_, data) = match node.kind() {
            NodeKind::Interior { type_ } => ("node".to_owned(), type_.clone(), Vec::new()),
            NodeKind::Leaf(value) => {
                let type_ = value.type_().map(str::to_owned);
                (value.format().to_string(), type_, value.data().to_vec())
            }
        };
        let acl = node.acl().map(ToString::to_string);
        let (title, ver_no) = (node.title().unwrap_or_default(), node.ver_no());
        format!("{at} {format} {type_:?} {data:?} {acl:?} {title:?} {ver_no}")
    };
    tree.export().map(row).collect()
}

/// A message for the server of at most `SMALL` octets has no room for a long
/// value: 413 for the Get (RepPro 6.6.7).
fn as_it_fits(outcome: &mut Outcome, to_server: Option<u64>) {
    let long = |reading: &Reading| reading.data.len() >= LONG;
    if to_server == Some(SMALL) && outcome.read.iter().any(long) {
        outcome.status = 413;
        outcome.read.clear();
    }
    for inside in &mut outcome.inside {
        as_it_fits(inside, to_server);
    }
}

fn same(outcome: &Outcome, told: &Told) -> bool {
    let sorted = |read: &[Reading]| {
        let mut read = read.to_vec();
        read.sort();
        read
    };
    told.statuses == [outcome.status] && sorted(&told.read) == sorted(&outcome.read)
}

/// Holds a meeting in both worlds. The statuses that were seen go to `seen`.
fn compare(
    meeting: &Meeting,
    tree: &mut Tree,
    reference: &mut Reference,
    seen: &mut BTreeMap<u16, usize>,
) -> Result<usize, TestCaseError> {
    let met = drive::meet(meeting, tree);
    let none = Told::default();
    let find = |id: CommandId| met.told.get(&id).unwrap_or(&none);
    for (op, id) in meeting.packages.iter().flatten().zip(&met.pushed) {
        let top = find(*id);
        if top.too_large {
            let small = meeting.sizes.0.is_some() && op.weight() > 1000;
            prop_assert!(small, "not sent: {op:?}");
            continue;
        }
        prop_assert!(
            meeting.sizes.0.is_none() || op.weight() < LONG,
            "sent: {op:?}"
        );
        let mut outcome = reference.run(meeting.by, op);
        as_it_fits(&mut outcome, meeting.sizes.1);
        prop_assert!(
            same(&outcome, top),
            "{op:?}\nmodel  {outcome:?}\nengine {top:?}"
        );
        *seen.entry(outcome.status).or_default() += 1;
        for (index, inside) in (0..).zip(&outcome.inside) {
            let told = find(id.inside(index));
            prop_assert!(
                same(inside, told),
                "{index} of {op:?}\nmodel  {inside:?}\nengine {told:?}"
            );
            *seen.entry(inside.status).or_default() += 1;
        }
    }
    prop_assert_eq!(nodes_of(tree), rows_of(reference));
    Ok(met.messages)
}

#[test]
fn two_servers_see_what_the_clauses_say() {
    let mut runner = runner();
    let (mut seen, mut most) = (BTreeMap::new(), 0);
    let seen_ref = std::cell::RefCell::new((&mut seen, &mut most));
    let outcome = runner.run(&command::story(), |story| {
        let (mut tree, mut reference) = (device(&story), reference(&story));
        for meeting in &story.meetings {
            let (seen, most) = &mut *seen_ref.borrow_mut();
            let messages = compare(meeting, &mut tree, &mut reference, seen)?;
            **most = messages.max(**most);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    println!("statuses {seen:?}, up to {most} pairs of messages");
    // The stories are not about nothing.
    let expected = [
        200, 215, 216, 400, 403, 404, 405, 406, 413, 418, 420, 425, 507,
    ];
    for status in expected {
        assert!(seen.contains_key(&status), "{status} never came");
    }
    assert!(most > 4);
}
