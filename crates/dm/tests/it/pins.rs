//! The pin of an account's server, `<x>/Ext/rehome/Pin` (docs/certificate-status.md):
//! its own server's alone (ACLs of OMA DM TND 1.2 clause 7.7.1), and that one's only
//! after both sides have proved themselves (OMA DM Protocol 1.2 clause 9).

use dm::Error;
use dm::auth::{Credentials, Requirement};
use dm::client;
use dm::objects::dm_account::{Account, Address, AddressType};
use dm::objects::inbox;
use dm::tnds::{self, TreeDocumentLimits};
use dm::tree::{Acl, Node, Property, Right, ServerId, Tree, Value};
use secret::SecretBytes;
use syncml::{Chal, Command, Cred, Item, Message, NextNonce, StatusCode};

use crate::fake::{FakeServer, item_command};
use crate::kit::{
    device_credentials, device_tree, id, interior, new_operator, old_operator, over, plain_client,
    statuses, text, uri,
};

const AT: &str = "./DMAcc/a";
const PIN: &str = "./DMAcc/a/Ext/rehome/Pin";

fn account(pin: Option<&str>) -> Account {
    Account {
        server_id: new_operator(),
        name: Some("A".to_owned()),
        preferred_connection: None,
        connections: Vec::new(),
        addresses: vec![Address {
            address: "https://a.test/dm".to_owned(),
            type_: AddressType::Uri,
            ports: Vec::new(),
        }],
        preferred_auth: None,
        auth: Vec::new(),
        transport: None,
        pin: pin.map(str::to_owned),
    }
}

fn pinned() -> Tree {
    let mut tree = device_tree();
    account(Some("first")).write(&mut tree, &uri(AT)).unwrap();
    tree
}

fn status<T>(done: Result<T, Error>) -> u16 {
    done.map_or_else(|error| error.status().0, |_| 200)
}

fn pin(tree: &Tree) -> Option<String> {
    Account::read(tree, &uri(AT)).unwrap().pin
}

fn rename(tree: &mut Tree, by: &ServerId, at: &str, name: &str) -> u16 {
    status(tree.set_property(by, &uri(at), Property::Name, name))
}

#[test]
fn the_account_s_own_server_reads_and_replaces_it_and_no_other() {
    let (own, other) = (new_operator(), old_operator());
    let mut tree = pinned();
    assert_eq!(pin(&tree).as_deref(), Some("first"));
    assert_eq!(status(tree.get(&other, &uri(PIN))), 425);
    assert_eq!(status(tree.replace(&other, &uri(PIN), over("x"))), 425);
    assert_eq!(status(tree.delete(&other, &uri(AT))), 425);
    assert_eq!(rename(&mut tree, &other, AT, "b"), 425);
    assert_eq!(status(tree.get(&own, &uri(PIN))), 200);
    assert_eq!(status(tree.replace(&own, &uri(PIN), over("second"))), 200);
    assert_eq!(pin(&tree).as_deref(), Some("second"));
    // It can't take it away, nor let another server do what itself may.
    assert_eq!(status(tree.delete(&own, &uri(PIN))), 405);
    let everybody = "Get=*&Replace=*";
    let opened = tree.set_property(&own, &uri(PIN), Property::Acl, everybody);
    assert_eq!(status(opened), 405);
    for above in [AT, "./DMAcc/a/Ext", "./DMAcc/a/Ext/rehome"] {
        let opened = tree.set_property(&own, &uri(above), Property::Acl, everybody);
        assert_eq!(status(opened), 200, "{above}");
    }
    assert_eq!(status(tree.replace(&other, &uri(PIN), over("x"))), 425);
    assert_eq!(pin(&tree).as_deref(), Some("second"));
}

#[test]
fn the_device_s_owner_changes_it() {
    let mut tree = device_tree();
    account(None).write(&mut tree, &uri(AT)).unwrap();
    assert!(pin(&tree).is_none());
    Account::set_pin(&mut tree, &uri(AT), Some("first")).unwrap();
    assert_eq!(pin(&tree).as_deref(), Some("first"));
    assert_eq!(status(tree.get(&old_operator(), &uri(PIN))), 425);
    Account::set_pin(&mut tree, &uri(AT), None).unwrap();
    assert!(pin(&tree).is_none());
    let nobody = Account::set_pin(&mut tree, &uri("./DMAcc/b"), Some("x"));
    assert_eq!(status(nobody), 404);
    // What is no text is no pin, and still there.
    Account::set_pin(&mut tree, &uri(AT), Some("first")).unwrap();
    let node = Node::leaf(Value::octets(vec![0xFF]));
    tree.put(uri(PIN), node).unwrap();
    assert_eq!(pin(&tree).as_deref(), Some("\u{FFFD}"));
}

#[test]
fn a_guarded_pin_stays_whichever_way_it_is_tried() {
    let own = new_operator();
    let mut tree = pinned();
    tree.set_guard(&[uri(PIN)], false);
    let name = uri("./DMAcc/a/Name");
    assert_eq!(status(tree.get(&own, &uri(PIN))), 200);
    assert_eq!(status(tree.replace(&own, &uri(PIN), over("x"))), 425);
    assert_eq!(status(tree.copy(&own, &name, &uri(PIN))), 425);
    assert_eq!(status(tree.delete(&own, &uri(AT))), 425);
    assert_eq!(rename(&mut tree, &own, PIN, "Other"), 425);
    assert_eq!(rename(&mut tree, &own, "./DMAcc/a/Ext/rehome", "x"), 425);
    assert_eq!(rename(&mut tree, &own, AT, "b"), 425);
    assert_eq!(pin(&tree).as_deref(), Some("first"));
    // Nothing else is.
    assert_eq!(status(tree.replace(&own, &name, over("B"))), 200);
    tree.set_guard(&[uri(PIN)], true);
    assert_eq!(status(tree.replace(&own, &uri(PIN), over("x"))), 200);
    assert_eq!(status(tree.delete(&own, &uri(AT))), 200);
}

/// An account without a pin is not pinned by a server, and goes when it should.
#[test]
fn no_server_adds_a_pin() {
    let own = new_operator();
    let mut tree = device_tree();
    account(None).write(&mut tree, &uri(AT)).unwrap();
    let ext = Node::interior().with_acl(Acl::only(&own, &Right::ALL));
    tree.put(uri("./DMAcc/a/Ext"), ext).unwrap();
    tree.set_guard(&[uri(PIN)], true);
    let mut add = |at: &str, kind| status(tree.add(&own, &uri(at), kind));
    assert_eq!(add("./DMAcc/a/Ext/x", interior()), 200);
    assert_eq!(add("./DMAcc/a/Ext/x/Pin", text("x")), 200);
    assert_eq!(rename(&mut tree, &own, "./DMAcc/a/Ext/x", "rehome"), 405);
    let mut add = |at: &str, kind| status(tree.add(&own, &uri(at), kind));
    assert_eq!(add("./DMAcc/a/Ext/rehome", interior()), 200);
    assert_eq!(add(PIN, text("x")), 405);
    assert_eq!(add("./DMAcc/a/Ext/rehome/Pen", text("x")), 200);
    let at = "./DMAcc/a/Ext/rehome/Pen";
    assert_eq!(rename(&mut tree, &own, at, "Pin"), 405);
    assert!(pin(&tree).is_none());
    tree.set_guard(&[uri(PIN)], false);
    assert_eq!(status(tree.delete(&own, &uri(AT))), 200);
}

#[test]
fn no_pin_comes_through_the_inbox() {
    let node = |name: &str, rest: &str| format!("<Node><NodeName>{name}</NodeName>{rest}</Node>");
    let value = |name: &str, text: &str| node(name, &format!("<Value>{text}</Value>"));
    for (leaf, code) in [("Pin", 405), ("Pen", 200)] {
        let mut tree = device_tree();
        inbox::write(&mut tree, &uri("./Inbox"), &[id("a")]).unwrap();
        tree.set_inbox(uri("./Inbox"), vec![Account::place(uri("./DMAcc"))]);
        let parts = [
            value("AppID", "w7"),
            value("ServerID", "b"),
            node("AppAddr", &node("1", &value("Addr", "https://b.test/dm"))),
            node("Ext", &node("rehome", &value(leaf, "x"))),
        ];
        let properties = "<RTProperties><ACL>Get=b&amp;Replace=*</ACL><Format><node/></Format>\
             <Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>";
        let whole = node("b", &format!("{properties}{}", parts.concat()));
        let document = format!("<MgmtTree><VerDTD>1.2</VerDTD>{whole}</MgmtTree>");
        let document = tnds::read(&document, &TreeDocumentLimits::default()).unwrap();
        let added = tree.add_serialised(&id("a"), &uri("./Inbox"), &document);
        assert_eq!(status(added), code, "{leaf}");
    }
}

fn basic() -> Credentials {
    let secret = SecretBytes::new(b"server secret".to_vec());
    Credentials::basic("server", &secret).unwrap()
}

/// A session of a device with a pin; the server has proved nothing yet.
fn session(verify: Requirement, prove: Option<Credentials>) -> FakeServer {
    let mut config: client::Config = plain_client();
    config.verify = verify;
    config.prove = prove;
    config.guarded = vec![uri(PIN)];
    FakeServer::with(config, pinned()).0
}

/// A Replace of the pin with a Status for the device's header, and what became of it.
fn replace(fake: &mut FakeServer, header: u16, chal: Option<Chal>, proved: bool) -> u16 {
    let item = Item::target(PIN).with_data("second".into());
    let command = Command::Replace(item_command(2, vec![item]));
    let mut message: Message = fake.message(vec![command], true);
    if let Some(Command::Status(status)) = message.body.commands.first_mut() {
        status.code = StatusCode(header);
        status.chal = chal;
    }
    if proved {
        let prover = dm::auth::Prover::new(Some(basic()), None);
        message.header.cred = prover.cred();
    }
    fake.hand(&message).unwrap();
    let answer = fake.next().unwrap();
    let mut found = statuses(&answer).into_iter();
    let found = found.find(|status| status.cmd_ref.number() == Some(2));
    found.unwrap().code.0
}

#[test]
fn it_is_replaced_after_both_sides_have_proved_themselves() {
    let verify = || Requirement::Credentials(basic());
    // Nobody's word, then the server's, while the device's is still asked for, then
    // both.
    let mut fake = session(verify(), Some(device_credentials()));
    let nonce = NextNonce::from_octets(&[1; 16]);
    let chal = || Some(Chal::b64(Cred::MD5, Some(nonce.clone())));
    assert_eq!(replace(&mut fake, 407, chal(), false), 407);
    assert_eq!(replace(&mut fake, 212, None, true), 200);
    assert_eq!(pin(&fake.tree).as_deref(), Some("second"));

    let mut fake = session(verify(), Some(device_credentials()));
    assert_eq!(replace(&mut fake, 407, chal(), true), 425);
    assert_eq!(pin(&fake.tree).as_deref(), Some("first"));
    assert_eq!(replace(&mut fake, 212, None, true), 200);
    assert_eq!(pin(&fake.tree).as_deref(), Some("second"));
}

#[test]
fn it_stays_where_a_side_proves_nothing_by_dm() {
    let credentials = || Requirement::Credentials(basic());
    // The server does not want the device's proof; the transport stands for a side.
    for (verify, prove) in [
        (credentials(), Some(device_credentials())),
        (credentials(), None),
        (Requirement::Transport, Some(device_credentials())),
        (Requirement::Transport, None),
    ] {
        let mut fake = session(verify, prove);
        assert_eq!(replace(&mut fake, 200, None, true), 425);
        assert_eq!(pin(&fake.tree).as_deref(), Some("first"));
    }
}
