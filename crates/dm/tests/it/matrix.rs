//! Every command, plain, in Atomic and in Sequence, where it is allowed, denied
//! by an ACL, on a missing node and on one of the wrong kind, in XML and in
//! WBXML. The expected statuses are those of `vectors/oma-dm/statuses.toml`,
//! which were written from the clauses that they name.

use dm::client::Interactions;
use dm::interaction::Reply;
use dm::session::Encoding;
use dm::tree::{
    Acl, Executed, Execution, ManagementObject, Node, ObjectNode, Right, Rights, Tree, TreeLimits,
    Value,
};
use dm::{Error, client};
use syncml::{
    Alert, AlertCode, Command, Data, Exec, Format, Group, Item, ItemCommand, Location, Meta,
};
use toml::Value as Toml;

use crate::fake::FakeServer;
use crate::kit::{device_tree, id, plain_client, uri};

const TABLE: &str = include_str!("../../../../vectors/oma-dm/statuses.toml");

/// Two processes; one that only another server may run.
struct Processes;

impl ManagementObject for Processes {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        let acl = match path {
            ["go"] => None,
            ["held"] => Some(Acl::only(&id("another"), &Right::ALL)),
            _ => return None,
        };
        Some(ObjectNode {
            interior: false,
            acl,
            access: Rights::of(&[Right::Exec]),
        })
    }

    fn children(&self, _: &[&str]) -> Vec<String> {
        vec!["go".to_owned(), "held".to_owned()]
    }

    fn exec(&mut self, _: &[&str], _: &Execution) -> Result<Executed, Error> {
        Ok(Executed::Done)
    }
}

fn tree() -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    for (at, node) in device_tree().export() {
        if at.to_string().starts_with("./DevInfo") {
            tree.put(at.clone(), node.clone()).unwrap();
        }
    }
    let leaf = || Node::leaf(Value::text("1"));
    let others = || Acl::only(&id("another"), &Right::ALL);
    for (at, node) in [
        ("./M", Node::interior()),
        ("./M/leaf", leaf()),
        ("./M/leaf2", leaf()),
        ("./M/denied", leaf().with_acl(others())),
        ("./M/closed", Node::interior().with_acl(others())),
        ("./M/fixed", leaf().permanent()),
    ] {
        tree.put(uri(at), node).unwrap();
    }
    tree.mount(uri("./O"), "urn:x:o", None, Box::new(Processes))
        .unwrap();
    tree
}

fn text(at: &str) -> Item {
    let meta = Meta::typed(Format::Chr, "text/plain");
    Item::target(at).with_meta(meta).with_data(Data::text("2"))
}

fn one(id: u32, item: Item) -> ItemCommand {
    ItemCommand::new(id, vec![item])
}

fn add(id: u32, at: &str) -> Command {
    Command::Add(one(id, text(at)))
}

/// With a command before it and one behind it.
fn around(tested: Command) -> Vec<Command> {
    vec![add(3, "./M/before"), tested, add(6, "./M/after")]
}

/// The command of a row under the CmdID 4, one inside it under 5.
fn command(name: &str, case: &str, place: &str) -> Command {
    let at = |[allowed, denied, missing, wrong]: [&str; 4]| match case {
        "allowed" => allowed.to_owned(),
        "acl-denied" => denied.to_owned(),
        "missing" => missing.to_owned(),
        "wrong-type" => wrong.to_owned(),
        other => panic!("case {other}"),
    };
    let deleted = |id| {
        let at = at(["./M/leaf", "./M/denied", "./M/none", "./M/fixed"]);
        Command::Delete(one(id, Item::target(at)))
    };
    let group = |commands| Group {
        cmd_id: 4.into(),
        commands,
        ..Group::default()
    };
    match name {
        "Add" => add(
            4,
            &at(["./M/new", "./M/closed/new", "./None/new", "./M/leaf"]),
        ),
        "Copy" => {
            let mut item = Item::target(at(["./M/leaf2", "./M/denied", "./M/leaf2", "./M/leaf2"]));
            let source = at(["./M/leaf", "./M/leaf", "./M/none", "./M"]);
            item.source = Some(Location::new(source));
            Command::Copy(one(4, item))
        }
        "Delete" => deleted(4),
        "Exec" => Command::Exec(Exec {
            cmd_id: 4.into(),
            items: vec![Item::target(at([
                "./O/go", "./O/held", "./O/none", "./M/leaf",
            ]))],
            ..Exec::default()
        }),
        "Get" => {
            let at = at(["./M/leaf", "./M/denied", "./M/none", "./M/leaf?prop=None"]);
            Command::Get(one(4, Item::target(at)))
        }
        "Replace" => {
            let at = at(["./M/leaf", "./M/denied", "./M/none", "./M"]);
            Command::Replace(one(4, text(&at)))
        }
        "Alert-display" => {
            let mut alert = Alert::new(4u32, AlertCode::DISPLAY);
            if case == "allowed" {
                let text = |text: &str| Item::default().with_data(Data::text(text));
                alert.items = vec![text(""), text("Management is under way")];
            }
            Command::Alert(alert)
        }
        "Sequence" => Command::Sequence(group(vec![deleted(5)])),
        "Atomic" if place == "atomic" => Command::Atomic(group(vec![deleted(5)])),
        // What the table says of others is about those in this Atomic.
        "Atomic" => Command::Atomic(group(around(deleted(5)))),
        other => panic!("command {other}"),
    }
}

/// Which CmdID a field of a row is about.
const FIELDS: [(u32, &str); 5] = [
    (2, "group_status"),
    (3, "others"),
    (4, "status"),
    (5, "child_status"),
    (6, "following"),
];

/// Whether the statuses are what the row has. Where it has several, equal
/// positions in lists of the same length belong together; a field that it does
/// not have (a command behind a failed one in a Sequence) may be anything.
fn fits(row: &Toml, said: &[(u32, i64)]) -> bool {
    let got = |id: u32| {
        said.iter()
            .find(|(known, _)| *known == id)
            .map(|pair| pair.1)
    };
    let lists: Vec<(u32, Vec<i64>)> = FIELDS
        .iter()
        .filter_map(|(id, field)| {
            let codes = match row.get(*field)? {
                Toml::Array(codes) => codes.iter().filter_map(Toml::as_integer).collect(),
                code => vec![code.as_integer()?],
            };
            Some((*id, codes))
        })
        .collect();
    let together = |length: usize| {
        let same: Vec<_> = lists
            .iter()
            .filter(|(_, codes)| codes.len() == length)
            .collect();
        (0..length).any(|at| same.iter().all(|(id, codes)| got(*id) == Some(codes[at])))
    };
    lists.iter().all(|(_, codes)| together(codes.len()))
}

fn said(row: &Toml, encoding: Encoding) -> Vec<(u32, i64)> {
    let field = |name: &str| row[name].as_str().unwrap().to_owned();
    let (name, place) = (field("command"), field("where"));
    let tested = command(&name, &field("case"), &place);
    let inside = |commands| Group {
        cmd_id: 2.into(),
        commands,
        ..Group::default()
    };
    let commands = match place.as_str() {
        "plain" => tested,
        "atomic" => Command::Atomic(inside(around(tested))),
        "sequence" if name == "Atomic" => Command::Sequence(inside(vec![tested])),
        "sequence" => Command::Sequence(inside(around(tested))),
        other => panic!("where {other}"),
    };
    let mut config: client::Config = plain_client();
    config.encoding = encoding;
    config.interactions = Interactions::all();
    let (mut fake, _) = FakeServer::with(config, tree());
    let message = fake.message(vec![commands], true);
    fake.hand(&message).unwrap();
    // Whoever reads what is displayed reads it at once.
    let asked = fake.events.iter().find_map(|event| match event {
        client::Event::Interaction { interaction, .. } => Some(*interaction),
        _ => None,
    });
    if let Some(id) = asked {
        fake.client.answer_interaction(id, Reply::Done).unwrap();
        assert!(fake.client.resume(fake.now, &mut fake.tree));
    }
    let answer = fake.next().unwrap();
    assert!(answer.body.is_final);
    let statuses = crate::kit::statuses(&answer);
    let own = statuses.iter().filter(|status| !status.cmd_ref.is_header());
    own.map(|status| (status.cmd_ref.number().unwrap(), i64::from(status.code.0)))
        .collect()
}

#[test]
fn every_command_gets_the_status_of_its_clause() {
    let table: Toml = toml::from_str(TABLE).unwrap();
    let rows = table["row"].as_array().unwrap();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for row in rows {
        let name = row["command"].as_str().unwrap();
        if row.get("applicable").and_then(Toml::as_bool) == Some(false) {
            assert_eq!(name, "Alert-display", "a command with a target");
            continue;
        }
        for encoding in [Encoding::Xml, Encoding::Wbxml] {
            seen += 1;
            let said = said(row, encoding);
            if !fits(row, &said) {
                wrong.push(format!("{row}\n{encoding:?}: {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(seen, (9 * 3 * 4 - 6) * 2);
}
