//! Documents outside messages: serialised trees (OMA DM TNDS 1.2), descriptions
//! (OMA DM TND 1.2 clause 9), notifications (OMA DM Notification 1.2) and
//! provisioning documents (OMA Provisioning Content 1.1).

use dm::auth::Nonce;
use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::ddf::{Described, Description};
use dm::notification::{NotificationKey, Unverified};
use dm::tnds::{TndsNode, TndsValue, TreeDocumentLimits};
use dm::tree::NodeUri;
use secret::SecretBytes;

use crate::claim::bounded;

/// The most that a document asks for, as a multiple of its octets.
const MULTIPLE: usize = 200;

pub(crate) fn tnds(octets: &[u8]) {
    let limits = TreeDocumentLimits::default();
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    let Ok(tree) = bounded(octets, MULTIPLE, || dm::tnds::read(text, &limits)) else {
        return;
    };
    if let Ok(written) = dm::tnds::write(&tree) {
        // The writer fills in defaults; from there on nothing changes.
        let again = dm::tnds::read(&written, &limits).expect("what was written is read");
        assert_eq!(dm::tnds::write(&again).ok(), Some(written));
        assert!(
            values(&again.nodes) == values(&tree.nodes),
            "{again:?} was {tree:?}"
        );
    }
    if let Ok(nodes) = dm::tnds::flatten(&tree, &NodeUri::ROOT) {
        assert!(nodes.windows(2).all(|pair| pair[0].0 != pair[1].0));
    }
}

/// Names and values, parents first.
fn values(nodes: &[TndsNode]) -> Vec<(&str, Option<&TndsValue>)> {
    let mut all = Vec::new();
    for node in nodes {
        all.push((node.name.as_str(), node.value.as_ref()));
        all.extend(values(&node.children));
    }
    all
}

pub(crate) fn ddf(octets: &[u8]) {
    let limits = TreeDocumentLimits::default();
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    let read = bounded(octets, MULTIPLE, || dm::ddf::read(text, &limits));
    if let Ok(description) = read {
        let mut path = Vec::new();
        found(&description, &description.nodes, &mut path);
    }
}

/// Each node that stands below the one around it is found there, by its name
/// or, if it stands for any, by one that nothing else has.
fn found<'a>(description: &Description, nodes: &'a [Described], path: &mut Vec<&'a str>) {
    for node in nodes.iter().filter(|node| node.path.is_none()) {
        path.push(node.name.as_deref().unwrap_or("any name"));
        assert!(description.find(path).is_some(), "{path:?}");
        found(description, &node.children, path);
        path.pop();
    }
}

/// The key that the corpus is written with.
pub(crate) fn key() -> (NotificationKey, Nonce) {
    let server = "com.example.dm".parse().unwrap();
    let password = SecretBytes::new(b"password".to_vec());
    let nonce = Nonce::from_octets(b"nonce".to_vec()).unwrap();
    (NotificationKey::new(server, &password), nonce)
}

/// What verifies is, but for reserved bits, what its key's owner writes.
pub(crate) fn notification(octets: &[u8]) {
    let Ok(unverified) = bounded(octets, MULTIPLE, || Unverified::read(octets)) else {
        return;
    };
    let (key, nonce) = key();
    if let Ok(notification) = unverified.verify(&key, &nonce)
        && let Ok(written) = notification.write(&key, &nonce)
    {
        assert_eq!(written, octets, "it verifies and was not written");
    }
}

pub(crate) fn provisioning(octets: &[u8]) {
    let limits = DocumentLimits::default();
    let read = bounded(octets, MULTIPLE, || ProvisioningDoc::read(octets, &limits));
    let Ok(document) = read else {
        return;
    };
    if let Ok(written) = document.write() {
        let again = ProvisioningDoc::read(&written, &limits).expect("what was written is read");
        assert!(again == document, "{again:?} was {document:?}");
    }
    let _ = (
        document.accounts(),
        document.naps(),
        document.certificates(),
    );
}
