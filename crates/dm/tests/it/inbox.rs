//! The Inbox: objects that go where their type belongs (OMA DM StdObj 1.2 clause
//! 5.3.4; OMA DM Bootstrap 1.2, transcription clauses 3.1.4.3 and 3.1.4.5).

use dm::objects::dm_account::Account;
use dm::objects::inbox;
use dm::objects::nap::Nap;
use dm::server::Request;
use dm::tnds::{self, MEDIA_TYPE_XML, TreeDocumentLimits};
use dm::tree::{Acl, Node, NodeKind, NodeUri, Property, Right, Tree, TreeLimits, Value};
use dm::{Error, client};
use syncml::{Command, Format, Item, Meta};

use crate::commands::{add, found, group, leaf, node, numbered};
use crate::fake::FakeServer;
use crate::kit::{
    Talk, id, idle_client, in_batches, interior, over, plain_client, plain_server, text, uri,
};

/// Only `a` may use the Inbox.
fn prepare(tree: &mut Tree) {
    inbox::write(tree, &uri("./Inbox"), &[id("a")]).unwrap();
    let places = vec![Account::place(uri("./DMAcc")), Nap::place(uri("./NAP"))];
    tree.set_inbox(uri("./Inbox"), places);
}

fn tree() -> Tree {
    let root = Acl::everybody(&[Right::Add, Right::Get]);
    let mut tree = Tree::new(root, TreeLimits::default());
    prepare(&mut tree);
    tree
}

/// A node of a document; `name` is left out where it is empty.
fn named(name: &str, rest: &str) -> String {
    format!("<Node><NodeName>{name}</NodeName>{rest}</Node>")
}

fn typed(name: &str, type_: &str, acl: &str, rest: &str) -> String {
    let properties = format!(
        "<RTProperties>{acl}<Format><node/></Format>\
         <Type><DDFName>{type_}</DDFName></Type></RTProperties>"
    );
    named(name, &format!("{properties}{rest}"))
}

fn value(name: &str, value: &str) -> String {
    named(name, &format!("<Value>{value}</Value>"))
}

const ACCOUNT: &str = "urn:oma:mo:oma-dm-dmacc:1.0";
const POINT: &str = "urn:oma:mo:oma-connmo-nap:1.0";

/// An account of the server `server` that goes by the access point `connection`.
fn account(name: &str, server: &str, acl: &str, connection: &str) -> String {
    let leaves = [
        value("AppID", "w7"),
        value("ServerID", server),
        named("ToConRef", &named("1", &value("ConRef", connection))),
        named(
            "AppAddr",
            &named("1", &value("Addr", "https://b.example/dm")),
        ),
        named(
            "AppAuth",
            &named(
                "c",
                &[
                    value("AAuthLevel", "CLCRED"),
                    value("AAuthType", "DIGEST"),
                    value("AAuthName", "device"),
                    value("AAuthSecret", "secret"),
                ]
                .concat(),
            ),
        ),
    ];
    typed(name, ACCOUNT, acl, &leaves.concat())
}

fn point(name: &str) -> String {
    let leaves = [
        value("NAPID", "net"),
        named("AuthInfo", &value("AuthSecret", "s")),
    ];
    typed(name, POINT, "", &leaves.concat())
}

fn document(nodes: &[String]) -> String {
    let nodes = nodes.concat();
    format!("<MgmtTree><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>")
}

fn bring(tree: &mut Tree, by: &str, at: &str, nodes: &[String]) -> u16 {
    let limits = TreeDocumentLimits::default();
    let document = tnds::read(&document(nodes), &limits).unwrap();
    status(tree.add_serialised(&id(by), &uri(at), &document))
}

fn status<T>(done: Result<T, Error>) -> u16 {
    done.map_or_else(|error| error.status().0, |_| 200)
}

fn nodes(tree: &Tree) -> Vec<(NodeUri, Node)> {
    let nodes = tree.export();
    nodes
        .map(|(uri, node)| (uri.clone(), node.clone()))
        .collect()
}

fn shown(tree: &Tree, at: &str) -> String {
    let value = tree.value(&uri(at)).unwrap();
    String::from_utf8(value.data().to_vec()).unwrap()
}

fn own_acl(tree: &Tree, at: &str) -> String {
    let node = tree.export().find(|(known, _)| **known == uri(at));
    let acl = node.unwrap().1.acl().map(ToString::to_string);
    acl.unwrap_or_default()
}

#[test]
fn objects_go_where_their_type_belongs() {
    let mut tree = tree();
    let acl = "<ACL>Get=b&amp;Replace=b</ACL>";
    let both = [account("b", "b", acl, "./Inbox/net"), point("net")];
    assert_eq!(bring(&mut tree, "a", "./Inbox", &both), 200);
    assert!(tree.names(&uri("./Inbox")).is_empty());
    assert_eq!(tree.names(&uri("./DMAcc")), ["b"]);
    assert_eq!(tree.names(&uri("./NAP")), ["net"]);
    // What one says of the other is where the other is now.
    let read = Account::read(&tree, &uri("./DMAcc/b")).unwrap();
    assert_eq!(read.connections, ["./NAP/net"]);
    assert_eq!(read.server_id, id("b"));
    // The ACL that came with it, or that of whoever made it (TND clause 7.7.1.3).
    assert_eq!(own_acl(&tree, "./DMAcc/b"), "Get=b&Replace=b");
    let makers = "Add=a&Delete=a&Get=a&Replace=a";
    assert_eq!(own_acl(&tree, "./NAP/net"), makers);
    let get = |tree: &Tree, by: &str, at: &str| status(tree.get(&id(by), &uri(at)));
    assert_eq!(get(&tree, "b", "./DMAcc/b/ServerID"), 200);
    assert_eq!(get(&tree, "a", "./DMAcc/b/ServerID"), 425);
    // The nodes take what they take in an account and an access point.
    assert_eq!(get(&tree, "b", "./DMAcc/b/AppAuth/c/AAuthSecret"), 405);
    assert_eq!(get(&tree, "a", "./NAP/net/AuthInfo/AuthSecret"), 405);
    let mut change = |at: &str| status(tree.replace(&id("b"), &uri(at), over("c")));
    assert_eq!(change("./DMAcc/b/ServerID"), 405);
    assert_eq!(change("./DMAcc/b/AppAuth/c/AAuthName"), 200);
    let inside = uri("./DMAcc/b/AppAddr/2");
    assert_eq!(status(tree.add(&id("b"), &inside, interior())), 425);
}

#[test]
fn a_name_that_is_taken_becomes_a_number() {
    let mut tree = tree();
    let one = |tree: &mut Tree, at: &str, name: &str, server: &str| {
        bring(tree, "a", at, &[account(name, server, "", "net")])
    };
    assert_eq!(one(&mut tree, "./Inbox/x", "", "s1"), 200);
    assert_eq!(one(&mut tree, "./Inbox/x", "", "s2"), 200);
    assert_eq!(one(&mut tree, "./Inbox", "x", "s3"), 200);
    // No name at all: the device chooses it (TNDS clause 6.3.1.6).
    assert_eq!(one(&mut tree, "./Inbox", "", "s4"), 200);
    let two = [account("", "s5", "", "net"), point("")];
    assert_eq!(bring(&mut tree, "a", "./Inbox", &two), 200);
    let accounts = Account::all(&tree).into_iter();
    let found: Vec<(String, String)> = accounts
        .map(|(at, account)| (at.to_string(), account.unwrap().server_id.to_string()))
        .collect();
    let wanted = [
        ("./DMAcc/1", "s2"),
        ("./DMAcc/2", "s3"),
        ("./DMAcc/3", "s4"),
        ("./DMAcc/4", "s5"),
        ("./DMAcc/x", "s1"),
    ];
    let wanted = wanted.map(|(at, server)| (at.to_owned(), server.to_owned()));
    assert_eq!(found, wanted);
    assert_eq!(tree.names(&uri("./NAP")).len(), 1);
}

#[test]
fn what_has_no_place_is_refused_and_nothing_of_it_stays() {
    let mut tree = tree();
    let first = [account("a", "a", "", "net")];
    assert_eq!(bring(&mut tree, "a", "./Inbox", &first), 200);
    let before = nodes(&tree);
    let good = point("net");
    let without = |what: &str| account("b", "b", "", "net").replace(what, "Title");
    let rows = [
        // No type, a type without a place, a leaf.
        (415, named("b", &value("AppID", "w7"))),
        (415, typed("b", "com.acme:mo:thing:1.0", "", "")),
        (415, value("b", "text")),
        // Accounts that no session can be held with.
        (400, typed("b", ACCOUNT, "", "")),
        (405, without("ServerID")),
        (400, account("b", "not an id", "", "net")),
        // Nodes that no account has.
        (405, account("b", "b", "", "net").replace("AppID", "AppID2")),
        // A second account of a server.
        (418, account("b", "a", "", "net")),
        // An access point without a name for itself.
        (412, typed("b", POINT, "", "")),
    ];
    for (code, wrong) in rows {
        let all = [good.clone(), wrong];
        assert_eq!(bring(&mut tree, "a", "./Inbox", &all), code, "{}", all[1]);
        assert!(nodes(&tree) == before, "something stays of {}", all[1]);
    }
    // A node by itself is no whole object.
    let bare = NodeKind::Interior {
        type_: Some(ACCOUNT.to_owned()),
    };
    let at = uri("./Inbox/b");
    assert_eq!(status(tree.add(&id("a"), &at, bare)), 400);
    assert_eq!(status(tree.add(&id("a"), &at, text("w7"))), 415);
    let below = uri("./Inbox/b/AppID");
    assert_eq!(status(tree.add(&id("a"), &below, text("w7"))), 404);
    assert!(nodes(&tree) == before);
}

#[test]
fn nobody_reads_it() {
    let mut tree = tree();
    for at in ["./Inbox", "./Inbox/x", "./Inbox/x/y"] {
        for by in ["a", "b"] {
            let (by, at) = (id(by), uri(at));
            assert_eq!(status(tree.get(&by, &at)), 405, "{at}");
            assert_eq!(status(tree.list(&by, &at)), 405, "{at}");
            let property = tree.property(&by, &at, Property::Acl);
            assert_eq!(status(property), 405, "{at}");
        }
    }
    let listed = tree.list(&id("a"), &uri(".")).unwrap();
    assert!(listed.iter().all(|node| node.uri != uri("./Inbox")));
    // Not even what an open Atomic has put there.
    tree.begin().unwrap();
    tree.add(&id("a"), &uri("./Inbox/x"), interior()).unwrap();
    let inside = uri("./Inbox/x/y");
    tree.add(&id("a"), &inside, text("1")).unwrap();
    assert_eq!(status(tree.get(&id("a"), &inside)), 405);
    let open = uri("./Open");
    tree.add(&id("a"), &open, text("2")).unwrap();
    assert_eq!(status(tree.copy(&id("a"), &inside, &open)), 405);
    tree.roll_back().unwrap();
    assert!(tree.names(&uri("./Inbox")).is_empty());
}

#[test]
fn only_the_servers_that_the_device_names_add_to_it() {
    let mut tree = tree();
    let before = nodes(&tree);
    assert_eq!(bring(&mut tree, "b", "./Inbox", &[point("net")]), 425);
    assert_eq!(bring(&mut tree, "b", "./Inbox/net", &[point("")]), 425);
    let inbox = uri("./Inbox");
    for by in ["a", "b"] {
        let by = id(by);
        let acl = tree.set_property(&by, &inbox, Property::Acl, "Add=*");
        assert_eq!(status(acl), 425);
        assert_eq!(status(tree.delete(&by, &inbox)), 425);
    }
    assert!(nodes(&tree) == before);
    // A device that names none has an Inbox for nobody.
    let mut closed = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    inbox::write(&mut closed, &inbox, &[]).unwrap();
    closed.set_inbox(inbox.clone(), vec![Nap::place(uri("./NAP"))]);
    assert_eq!(bring(&mut closed, "a", "./Inbox", &[point("net")]), 425);
    let acl = closed.set_property(&id("a"), &inbox, Property::Acl, "Add=*");
    assert_eq!(status(acl), 405, "only the device sets it");
}

fn object(target: &str, type_: &str) -> Item {
    let mut meta = Meta::formatted(Format::Node);
    meta.type_ = Some(type_.to_owned());
    node(target).with_meta(meta)
}

/// `a` is the server of the session.
fn client() -> client::Config {
    let mut config = plain_client();
    config.server_id = id("a");
    config
}

fn device() -> Tree {
    let mut tree = crate::kit::device_tree();
    prepare(&mut tree);
    tree
}

#[test]
fn an_atomic_fills_it_node_by_node() {
    let (mut fake, _) = FakeServer::with(client(), device());
    let point = |name: &str| {
        vec![
            numbered(3, add(object(&format!("./Inbox/{name}"), POINT))),
            numbered(4, add(leaf(&format!("./Inbox/{name}/NAPID"), "net"))),
        ]
    };
    let codes = fake.codes(vec![Command::Atomic(group(2, point("net")))]);
    assert_eq!(found(&codes), [200; 3]);
    assert_eq!(shown(&fake.tree, "./NAP/net/NAPID"), "net");
    let before = nodes(&fake.tree);
    let mut inside = point("other");
    inside.push(numbered(5, add(object("./Inbox/b", ACCOUNT))));
    let codes = fake.codes(vec![Command::Atomic(group(2, inside))]);
    assert_eq!(found(&codes), [507, 216, 216, 216]);
    assert!(nodes(&fake.tree) == before);
}

#[test]
fn a_session_leaves_an_account_in_it() {
    let bring = |nodes: &[String]| Request::Add {
        target: "./Inbox".to_owned(),
        kind: NodeKind::Leaf(Value::new(
            Format::Xml,
            Some(MEDIA_TYPE_XML.to_owned()),
            document(nodes).into_bytes(),
        )),
    };
    let new = account("b", "b", "", "./Inbox/net/NAPID");
    let requests = vec![
        bring(&[new.clone(), point("net")]),
        bring(&[new]),
        crate::kit::get("./Inbox/b"),
        crate::kit::get("./DMAcc/b/ToConRef/1/ConRef"),
    ];
    let mut talk = Talk::new(client(), plain_server(), device());
    talk.run(&mut in_batches(vec![requests]), &mut idle_client);
    assert_eq!(talk.command_codes("Add"), [200, 418]);
    assert_eq!(talk.command_codes("Get"), [405, 200]);
    let at = "./DMAcc/b/ToConRef/1/ConRef";
    assert_eq!(shown(&talk.tree, at), "./NAP/net/NAPID");
    assert!(talk.tree.names(&uri("./Inbox")).is_empty());
}
