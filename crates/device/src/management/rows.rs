//! Nodes of the tree as rows of the store, and back (OMA DM TND 1.2 clause 7.7:
//! the properties that a node keeps).

use clock::Timestamp;
use dm::tree::{Acl, Node, NodeKind, NodeUri, Right, Rights, Value};
use secret::SecretBytes;
use store::StoredNode;
use syncml::Format;

use crate::Error;

const MALFORMED: Error = Error::Management("a stored node can't be read");

/// A node as it is stored.
pub(super) fn row(uri: &NodeUri, node: &Node) -> StoredNode {
    let (format, type_, value) = match node.kind() {
        NodeKind::Interior { type_ } => (None, type_.clone(), Vec::new()),
        NodeKind::Leaf(value) => (
            Some(value.format().as_str().to_owned()),
            value.type_().map(str::to_owned),
            value.data().to_vec(),
        ),
    };
    let access: Vec<&str> = node.access().iter().map(Right::as_str).collect();
    StoredNode {
        uri: uri.to_string(),
        format,
        type_,
        access: access.join(" "),
        permanent: node.is_permanent(),
        acl: node.acl().map(ToString::to_string),
        acl_fixed: node.has_fixed_acl(),
        title: node.title().map(str::to_owned),
        changed: node
            .changed()
            .map(|moment| i64::try_from(moment.unix_millis()).unwrap_or(i64::MAX)),
        ver_no: node.ver_no(),
        value: SecretBytes::new(value),
    }
}

/// The node of a row.
pub(super) fn node(row: StoredNode) -> Result<(NodeUri, Node), Error> {
    let uri: NodeUri = row.uri.parse().map_err(|_| MALFORMED)?;
    let kind = match row.format {
        None => NodeKind::Interior { type_: row.type_ },
        Some(format) => {
            let octets = row.value.expose().clone();
            NodeKind::Leaf(Value::new(Format::read(&format), row.type_, octets))
        }
    };
    let access = row
        .access
        .split_ascii_whitespace()
        .map(|word| Right::ALL.into_iter().find(|right| right.as_str() == word))
        .collect::<Option<Vec<Right>>>()
        .ok_or(MALFORMED)?;
    let mut node = Node::of(kind).taking(Rights::of(&access));
    if row.permanent {
        node = node.permanent();
    }
    if let Some(acl) = row.acl {
        // A list that allows nothing has no written form of its own.
        let acl = match acl.as_str() {
            "" => Acl::everybody(&[]),
            text => text.parse().map_err(|_| MALFORMED)?,
        };
        node = match row.acl_fixed {
            true => node.with_fixed_acl(acl),
            false => node.with_acl(acl),
        };
    }
    if let Some(title) = row.title {
        node = node.with_title(title);
    }
    let changed = row.changed.map(|millis| {
        let millis = u64::try_from(millis).unwrap_or_default();
        Timestamp::from_unix_millis(millis)
    });
    node = node.with_history(changed, row.ver_no);
    Ok((uri, node))
}
