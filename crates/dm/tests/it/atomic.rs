//! Atomic: all or nothing, and a status for each command either way (OMA DM
//! RepPro 1.2 clause 6.6.3).

use dm::tree::{Acl, ManagementObject, ObjectNode, Right, Rights};
use syncml::{Alert, AlertCode, Command, Item};

use crate::commands::{add, exec, found, group, leaf, node, numbered, one, replace};
use crate::fake::{FakeServer, alert, item_command};
use crate::kit::{
    Log, MO, OrderObject, device_tree, install, order_tree, package, plain_client, uri,
};

#[test]
fn an_atomic_that_succeeds() {
    let (tree, log) = order_tree();
    let (mut fake, _) = FakeServer::with(plain_client(), tree);
    let inside = vec![
        numbered(3, add(node("./NAP/a"))),
        numbered(4, add(leaf("./NAP/a/b", "1"))),
        numbered(5, add(leaf(&package(), "sealed"))),
        numbered(6, replace(leaf("./NAP/a/b", "2"))),
    ];
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    assert_eq!(found(&codes), [200; 5]);
    assert_eq!(*log.lock().unwrap(), ["begin", "add 6", "commit"]);
    assert_eq!(fake.tree.value(&uri("./NAP/a/b")).unwrap().data(), b"2");
}

#[test]
fn an_atomic_that_fails_leaves_nothing() {
    let (tree, log) = order_tree();
    let (mut fake, _) = FakeServer::with(plain_client(), tree);
    let inside = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        numbered(4, add(leaf(&package(), "sealed"))),
        numbered(5, Command::Delete(one(Item::target("./None")))),
        numbered(6, add(leaf("./NAP/b", "1"))),
    ];
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    // 507 for the group, 216 for what was undone, the cause, 215 for the rest.
    assert_eq!(found(&codes), [507, 216, 216, 404, 215]);
    assert_eq!(*log.lock().unwrap(), ["begin", "add 6", "roll back"]);
    assert!(fake.tree.value(&uri("./NAP/a")).is_err());
    assert!(fake.tree.value(&uri("./NAP/b")).is_err());
    // The tree takes commands again.
    assert_eq!(found(&fake.codes(vec![add(leaf("./NAP/a", "1"))])), [200]);
}

#[test]
fn nothing_runs_in_an_atomic_after_the_failure() {
    let (mut fake, _) = FakeServer::new();
    let inside = vec![
        numbered(3, Command::Delete(one(Item::target("./None")))),
        numbered(4, alert(4, 1101)),
        numbered(5, add(leaf("./NAP/a", "1"))),
    ];
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    assert_eq!(found(&codes), [507, 404, 215, 215]);
}

#[test]
fn an_atomic_fails_within_a_command_of_several_items() {
    let (mut fake, _) = FakeServer::new();
    let items = vec![
        leaf("./NAP/a", "1"),
        leaf("./NAP/a", "2"),
        leaf("./NAP/c", "3"),
    ];
    let inside = vec![Command::Add(item_command(3, items))];
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    assert_eq!(found(&codes), [507, 216, 418, 215]);
    assert!(fake.tree.value(&uri("./NAP/a")).is_err());
}

#[test]
fn an_atomic_whose_commit_or_roll_back_fails() {
    let run = |can_commit, can_undo| {
        let log = Log::default();
        let mut object = OrderObject::new(&log);
        object.can_commit = can_commit;
        object.can_undo = can_undo;
        let mut tree = device_tree();
        tree.mount(uri("./M2MCIMM"), MO, None, Box::new(object))
            .unwrap();
        let (mut fake, _) = FakeServer::with(plain_client(), tree);
        let inside = vec![
            numbered(3, add(leaf(&package(), "sealed"))),
            numbered(4, add(leaf("./NAP/a", "1"))),
        ];
        let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
        assert!(fake.tree.value(&uri("./NAP/a")).is_err());
        assert_eq!(
            *log.lock().unwrap(),
            ["begin", "add 6", "commit", "roll back"]
        );
        found(&codes)
    };
    assert_eq!(run(false, true), [507, 216, 216]);
    assert_eq!(run(false, false), [507, 516, 516]);
}

/// An object without roll-back.
struct Stubborn;

impl ManagementObject for Stubborn {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        (path == ["leaf"]).then(|| ObjectNode {
            interior: false,
            acl: Some(Acl::everybody(&Right::ALL)),
            access: Rights::ORDINARY,
        })
    }

    fn children(&self, _: &[&str]) -> Vec<String> {
        vec!["leaf".to_owned()]
    }

    fn replace(&mut self, _: &[&str], _: dm::tree::Overwrite) -> Result<(), dm::Error> {
        Ok(())
    }
}

#[test]
fn an_atomic_does_not_touch_an_object_that_can_not_undo() {
    let mut tree = device_tree();
    tree.mount(uri("./S"), "x", None, Box::new(Stubborn))
        .unwrap();
    let (mut fake, _) = FakeServer::with(plain_client(), tree);
    let inside = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        numbered(4, replace(leaf("./S/leaf", "1"))),
    ];
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    assert_eq!(found(&codes), [507, 216, 406]);
    assert!(fake.tree.value(&uri("./NAP/a")).is_err());
    assert_eq!(
        found(&fake.codes(vec![replace(leaf("./S/leaf", "1"))])),
        [200]
    );
}

#[test]
fn an_atomic_with_what_it_may_not_have_does_nothing() {
    let illegal = [
        (
            "Get",
            numbered(4, Command::Get(one(Item::target("./DevInfo/Man")))),
            vec![500],
        ),
        (
            "Exec",
            numbered(4, exec(Item::target(install()))),
            vec![500],
        ),
        (
            "Atomic",
            Command::Atomic(group(4, vec![numbered(5, add(leaf("./NAP/c", "1")))])),
            vec![500, 215],
        ),
        (
            "Sequence",
            Command::Sequence(group(4, vec![numbered(5, add(leaf("./NAP/c", "1")))])),
            vec![500, 215],
        ),
    ];
    for (what, command, statuses) in illegal {
        let (tree, log) = order_tree();
        let (mut fake, _) = FakeServer::with(plain_client(), tree);
        let inside = vec![numbered(3, add(leaf("./NAP/a", "1"))), command];
        let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
        let mut expected = vec![500, 215];
        expected.extend(statuses);
        assert_eq!(found(&codes), expected, "{what}");
        assert!(fake.tree.value(&uri("./NAP/a")).is_err(), "{what}");
        assert!(log.lock().unwrap().is_empty(), "{what}");
    }
    // Both are legal; this Copy lacks its source, and user interaction is not
    // supported here.
    for (command, cause) in [
        (Command::Copy(one(Item::target("./NAP/x"))), 412),
        (
            Command::Alert(Alert::new("4", AlertCode::CONFIRM_OR_REJECT)),
            406,
        ),
    ] {
        let (mut fake, _) = FakeServer::new();
        let inside = vec![numbered(3, add(leaf("./NAP/a", "1"))), numbered(4, command)];
        let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
        assert_eq!(found(&codes), [507, 216, cause]);
        assert!(fake.tree.value(&uri("./NAP/a")).is_err());
    }
}
