//! Management objects under mount points, and transactions over them (OMA DM
//! TND 1.2 clause 7.7.7.2; OMA DM RepPro 1.2 clause 6.6.3).

use dm::Error;
use dm::tree::{
    Acl, Executed, Execution, ManagementObject, Node, NodeKind, ObjectNode, Right, Rights, Value,
};

use crate::kit::{
    Log, MO, ORDER, OrderObject, device_tree, id, install, new_operator, old_operator, order_tree,
    over, package, text, uri,
};

fn octets(value: &[u8]) -> NodeKind {
    NodeKind::Leaf(Value::octets(value.to_vec()))
}

fn heard(log: &Log) -> Vec<String> {
    log.lock().unwrap().clone()
}

#[test]
fn the_owner_of_an_order_uses_its_object() {
    let (mut tree, log) = order_tree();
    let by = new_operator();
    let order = uri(&format!("./M2MCIMM/{ORDER}"));
    assert_eq!(
        tree.get(&by, &uri("./M2MCIMM")).unwrap().data(),
        ORDER.as_bytes()
    );
    assert_eq!(tree.get(&by, &order).unwrap().data(), b"Install/State");
    tree.add(&by, &uri(&package()), octets(b"sealed")).unwrap();
    assert_eq!(
        tree.get(&by, &order).unwrap().data(),
        b"Install/State/Package"
    );
    tree.replace(&by, &uri(&package()), over("sealed again"))
        .unwrap();
    let state = tree.get(&by, &uri(&format!("./M2MCIMM/{ORDER}/State")));
    assert_eq!(state.unwrap().data(), b"idle");
    let call = Execution {
        correlator: Some("c1".to_owned()),
        argument: None,
    };
    let executed = tree.exec(&by, &uri(&install()), &call).unwrap();
    assert_eq!(executed, Executed::Accepted);
    let order_log = [
        "add 6".to_owned(),
        "replace 12".to_owned(),
        format!("get {ORDER}/State"),
        "exec c1".to_owned(),
    ];
    assert_eq!(heard(&log), order_log);
}

#[test]
fn an_object_is_asked_only_after_access_type_and_acl() {
    let (mut tree, log) = order_tree();
    let by = new_operator();
    tree.add(&by, &uri(&package()), octets(b"sealed")).unwrap();
    log.lock().unwrap().clear();
    let call = Execution::default();
    let status = |outcome: Result<(), Error>| outcome.map_or_else(|e| e.status().0, |()| 200);
    let old = old_operator();
    let (at, exec_at) = (uri(&package()), uri(&install()));
    // Package is never read, Install never written, by anybody.
    assert_eq!(status(tree.get(&by, &at).map(drop)), 405);
    assert_eq!(status(tree.delete(&by, &at)), 405);
    assert_eq!(status(tree.replace(&by, &exec_at, over("x"))), 405);
    assert_eq!(status(tree.exec(&by, &at, &call).map(drop)), 405);
    assert_eq!(status(tree.add(&by, &at, octets(b"x"))), 418);
    let below = uri(&format!("{}/Below", package()));
    assert_eq!(status(tree.add(&by, &below, octets(b"x"))), 405);
    // The old operator gets nowhere.
    assert_eq!(status(tree.replace(&old, &at, over("x"))), 425);
    assert_eq!(status(tree.exec(&old, &exec_at, &call).map(drop)), 425);
    let order = format!("./M2MCIMM/{ORDER}");
    assert_eq!(status(tree.get(&old, &uri(&order)).map(drop)), 425);
    assert_eq!(status(tree.delete(&old, &uri(&order))), 425);
    assert_eq!(
        status(tree.add(&old, &uri(&format!("{order}/X")), text("x"))),
        425
    );
    assert_eq!(status(tree.delete(&old, &uri("./M2MCIMM"))), 425);
    let none = uri("./M2MCIMM/none/State");
    assert_eq!(status(tree.get(&by, &none).map(drop)), 404);
    assert!(heard(&log).is_empty(), "{:?}", heard(&log));
}

/// Even with every right on every ancestor (PROTOCOL.md section 6).
#[test]
fn rights_on_the_mount_point_do_not_reach_an_order() {
    let log = Log::default();
    let mut tree = device_tree();
    let all = Acl::only(&old_operator(), &Right::ALL);
    tree.mount(
        uri("./M2MCIMM"),
        MO,
        Some(all),
        Box::new(OrderObject::new(&log)),
    )
    .unwrap();
    let old = old_operator();
    for target in [format!("./M2MCIMM/{ORDER}"), install(), package()] {
        let error = tree.delete(&old, &uri(&target)).unwrap_err();
        assert!([404, 425].contains(&error.status().0), "{target}");
    }
    // The mount point itself is permanent.
    assert_eq!(
        tree.delete(&old, &uri("./M2MCIMM")).unwrap_err().status().0,
        405
    );
    assert!(heard(&log).is_empty());
}

/// Two levels under the object's top: the owner of the upper one is not that
/// of the lower.
struct Nested {
    deleted: bool,
}

impl ManagementObject for Nested {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        let acl = match path {
            ["top"] => Some(Acl::everybody(&Right::ALL)),
            ["top", "middle"] => None,
            ["top", "middle", "private"] => Some(Acl::only(&id("a"), &Right::ALL)),
            _ => return None,
        };
        Some(ObjectNode {
            interior: true,
            acl,
            access: Rights::ORDINARY,
        })
    }

    fn children(&self, path: &[&str]) -> Vec<String> {
        let name = match path {
            [] => "top",
            ["top"] => "middle",
            ["top", "middle"] => "private",
            _ => return Vec::new(),
        };
        vec![name.to_owned()]
    }

    fn delete(&mut self, _: &[&str]) -> Result<(), Error> {
        self.deleted = true;
        Ok(())
    }
}

#[test]
fn acls_inside_an_object_guard_what_is_below_too() {
    let mut tree = device_tree();
    tree.mount(uri("./N"), "x", None, Box::new(Nested { deleted: false }))
        .unwrap();
    for target in ["./N/top", "./N/top/middle", "./N/top/middle/private"] {
        let error = tree.delete(&id("b"), &uri(target)).unwrap_err();
        assert_eq!(error.status().0, 425, "{target}");
    }
    tree.delete(&id("a"), &uri("./N/top")).unwrap();
}

#[test]
fn objects_and_static_nodes_do_not_mix() {
    let (mut tree, log) = order_tree();
    let other = || Box::new(OrderObject::new(&Log::default()));
    let misuse = |outcome: Result<(), Error>| assert_eq!(outcome.unwrap_err().code(), "dm-misuse");
    misuse(tree.put(uri("./M2MCIMM/static"), Node::interior()));
    misuse(tree.put(uri("./M2MCIMM"), Node::leaf(Value::text("x"))));
    misuse(tree.mount(uri("./M2MCIMM"), MO, None, other()));
    misuse(tree.mount(uri("./M2MCIMM/deeper"), MO, None, other()));
    misuse(tree.mount(uri("./DevInfo"), MO, None, other()));
    misuse(tree.mount(uri("."), MO, None, other()));
    misuse(tree.remove(&uri("./M2MCIMM")).map(drop));
    assert!(tree.unmount(&uri("./M2MCIMM")).is_some());
    assert!(tree.unmount(&uri("./M2MCIMM")).is_none());
    assert!(tree.get(&new_operator(), &uri("./M2MCIMM")).is_err());
    assert!(heard(&log).is_empty());
}

#[test]
fn a_transaction_reaches_objects_once_they_are_touched() {
    let (mut tree, log) = order_tree();
    let by = new_operator();
    tree.begin().unwrap();
    tree.add(&by, &uri("./NAP/new"), text("apn")).unwrap();
    assert!(heard(&log).is_empty());
    tree.add(&by, &uri(&package()), octets(b"1")).unwrap();
    tree.replace(&by, &uri(&package()), over("22")).unwrap();
    tree.commit().unwrap();
    assert_eq!(heard(&log), ["begin", "add 1", "replace 2", "commit"]);
    assert_eq!(tree.commit().unwrap_err().code(), "dm-misuse");
    assert_eq!(tree.roll_back().unwrap_err().code(), "dm-misuse");
}

#[test]
fn a_roll_back_reaches_objects_and_static_nodes() {
    let (mut tree, log) = order_tree();
    let by = new_operator();
    tree.begin().unwrap();
    assert_eq!(tree.begin().unwrap_err().code(), "dm-misuse");
    tree.add(&by, &uri("./NAP/new"), text("apn")).unwrap();
    tree.add(&by, &uri(&package()), octets(b"1")).unwrap();
    tree.roll_back().unwrap();
    assert_eq!(heard(&log), ["begin", "add 1", "roll back"]);
    assert!(tree.value(&uri("./NAP/new")).is_err());
    let order = uri(&format!("./M2MCIMM/{ORDER}"));
    assert_eq!(tree.get(&by, &order).unwrap().data(), b"Install/State");
}

#[test]
fn an_object_that_can_not_undo_is_not_touched_in_a_transaction() {
    let mut tree = device_tree();
    tree.mount(uri("./N"), "x", None, Box::new(Nested { deleted: false }))
        .unwrap();
    tree.begin().unwrap();
    let error = tree.delete(&id("a"), &uri("./N/top")).unwrap_err();
    assert_eq!(error.status().0, 406);
    tree.roll_back().unwrap();
    // Outside of one it is.
    tree.delete(&id("a"), &uri("./N/top")).unwrap();
}
