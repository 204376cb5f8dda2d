//! What an account shows in TLS, below `Ext/rehome/Trsp` (OMA DM session security
//! clause 9.2.2 for the keys; as AAuthSecret of OMA DM StdObj 1.2 clause 5.3.1,
//! secrets take no Get).

use dm::Error;
use dm::objects::dm_account::{Account, Address, AddressType, TransportKey};
use dm::objects::inbox;
use dm::tnds::{self, TreeDocumentLimits};
use dm::tree::{Acl, Right, Tree, TreeLimits};
use secret::SecretBytes;

use crate::kit::{id, uri};

const AT: &str = "./DMAcc/a";
const TRSP: &str = "./DMAcc/a/Ext/rehome/Trsp";

fn psk() -> TransportKey {
    TransportKey::Psk {
        identity: "the device".to_owned(),
        key: SecretBytes::new((0..32).collect()),
    }
}

fn certificate() -> TransportKey {
    TransportKey::Certificate {
        chain: "-----BEGIN".to_owned(),
        key: SecretBytes::new(b"private".to_vec()),
    }
}

fn account(transport: Option<TransportKey>) -> Account {
    Account {
        server_id: id("a"),
        name: None,
        preferred_connection: None,
        connections: Vec::new(),
        addresses: vec![Address {
            address: "https://a.test/dm".to_owned(),
            type_: AddressType::Uri,
            ports: Vec::new(),
        }],
        preferred_auth: None,
        auth: Vec::new(),
        transport,
        pin: None,
    }
}

fn empty() -> Tree {
    let root = Acl::everybody(&[Right::Add, Right::Get]);
    Tree::new(root, TreeLimits::default())
}

fn status<T>(done: Result<T, Error>) -> u16 {
    done.map_or_else(|error| error.status().0, |_| 200)
}

/// As octets of the tree, whichever of the two it is.
fn read(tree: &Tree) -> Option<(String, Vec<u8>)> {
    match Account::read(tree, &uri(AT)).unwrap().transport? {
        TransportKey::Psk { identity, key } => Some((identity, key.expose().clone())),
        TransportKey::Certificate { chain, key } => Some((chain, key.expose().clone())),
    }
}

#[test]
fn secrets_are_written_and_never_read() {
    for (key, shown, secret) in [
        (psk(), "PSKIdentity", "PSKSecret"),
        (certificate(), "Certificate", "KeySecret"),
    ] {
        let mut tree = empty();
        account(Some(key)).write(&mut tree, &uri(AT)).unwrap();
        let (shown, secret) = (format!("{TRSP}/{shown}"), format!("{TRSP}/{secret}"));
        assert_eq!(status(tree.get(&id("a"), &uri(&shown))), 200);
        assert_eq!(status(tree.get(&id("a"), &uri(&secret))), 405);
        // No other server has a right to anything of it.
        assert_eq!(status(tree.get(&id("b"), &uri(&shown))), 425);
        assert!(read(&tree).is_some());
    }
}

#[test]
fn one_takes_the_place_of_another() {
    let mut tree = empty();
    account(Some(psk())).write(&mut tree, &uri(AT)).unwrap();
    assert_eq!(
        read(&tree).unwrap(),
        ("the device".to_owned(), (0..32).collect())
    );
    Account::set_transport(&mut tree, &uri(AT), Some(&certificate())).unwrap();
    let shown = ("-----BEGIN".to_owned(), b"private".to_vec());
    assert_eq!(read(&tree).unwrap(), shown);
    Account::set_transport(&mut tree, &uri(AT), None).unwrap();
    assert!(read(&tree).is_none());
    let nobody = Account::set_transport(&mut tree, &uri("./DMAcc/b"), Some(&psk()));
    assert_eq!(status(nobody), 404);
}

#[test]
fn a_key_that_can_not_be_is_not_written() {
    let key = |identity: &str, octets: usize| TransportKey::Psk {
        identity: identity.to_owned(),
        key: SecretBytes::new(vec![1; octets]),
    };
    let empty_certificate = TransportKey::Certificate {
        chain: String::new(),
        key: SecretBytes::new(b"private".to_vec()),
    };
    // RFC 4279 clause 5.3 asks for 128 octets of identity and 64 of key at least.
    for (transport, fits) in [
        (key("i", 16), true),
        (key(&"i".repeat(255), 512), true),
        (key("i", 15), false),
        (key("i", 513), false),
        (key("", 16), false),
        (key("a\nb", 16), false),
        (key(&"i".repeat(256), 16), false),
        (empty_certificate, false),
    ] {
        let mut tree = empty();
        let written = account(Some(transport.clone())).write(&mut tree, &uri(AT));
        assert_eq!(status(written), if fits { 200 } else { 400 });
        account(None).write(&mut tree, &uri(AT)).unwrap();
        let set = Account::set_transport(&mut tree, &uri(AT), Some(&transport));
        assert_eq!(status(set), if fits { 200 } else { 400 });
        assert_eq!(read(&tree).is_some(), fits);
    }
}

/// Half of a key is no account: a session would come without it.
#[test]
fn half_a_key_makes_an_account_unusable() {
    for (key, leaf) in [
        (psk(), "PSKSecret"),
        (psk(), "PSKIdentity"),
        (certificate(), "KeySecret"),
        (certificate(), "Certificate"),
    ] {
        let mut tree = empty();
        account(Some(key)).write(&mut tree, &uri(AT)).unwrap();
        tree.remove(&uri(&format!("{TRSP}/{leaf}"))).unwrap();
        assert_eq!(status(Account::read(&tree, &uri(AT))), 400, "{leaf}");
    }
}

/// The server that has left an account in the Inbox does not read the secret there
/// either.
#[test]
fn what_comes_through_the_inbox_is_not_readable() {
    let mut tree = empty();
    inbox::write(&mut tree, &uri("./Inbox"), &[id("a")]).unwrap();
    tree.set_inbox(uri("./Inbox"), vec![Account::place(uri("./DMAcc"))]);
    let node = |name: &str, rest: &str| format!("<Node><NodeName>{name}</NodeName>{rest}</Node>");
    let value = |name: &str, text: &str| node(name, &format!("<Value>{text}</Value>"));
    let key = [
        value("PSKIdentity", "the device"),
        value("PSKSecret", "0123456789abcdef"),
    ];
    let parts = [
        value("AppID", "w7"),
        value("ServerID", "b"),
        node("AppAddr", &node("1", &value("Addr", "https://b.test/dm"))),
        node("Ext", &node("rehome", &node("Trsp", &key.concat()))),
    ];
    let properties = "<RTProperties><ACL>Get=b&amp;Replace=b</ACL><Format><node/></Format>\
         <Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>";
    let whole = node("b", &format!("{properties}{}", parts.concat()));
    let document = format!("<MgmtTree><VerDTD>1.2</VerDTD>{whole}</MgmtTree>");
    let document = tnds::read(&document, &TreeDocumentLimits::default()).unwrap();
    let added = tree.add_serialised(&id("a"), &uri("./Inbox"), &document);
    assert_eq!(status(added), 200);
    let at = "./DMAcc/b/Ext/rehome/Trsp";
    let secret = uri(&format!("{at}/PSKSecret"));
    assert_eq!(status(tree.get(&id("b"), &secret)), 405);
    assert_eq!(
        tree.value(&secret).unwrap().data(),
        b"0123456789abcdef".as_slice()
    );
    let identity = uri(&format!("{at}/PSKIdentity"));
    assert_eq!(status(tree.get(&id("b"), &identity)), 200);
}
