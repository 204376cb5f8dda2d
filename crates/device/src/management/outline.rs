//! The tree as people look at it: every node of the device, its objects' nodes
//! included, with values that no server may read masked (OMA DM StdObj 1.2
//! clause 5.3.1: the secrets of an account take no Get).

use std::path::Path;

use dm::tree::{Node, NodeUri, Right, Tree};
use syncml::Format;
use tokens::NodeKey;

use super::kept::Kept;
use crate::Error;

/// A stored tree to be looked at.
pub struct Outline {
    tree: Tree,
}

/// A node as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The node.
    pub uri: NodeUri,
    /// Whether it has children instead of a value.
    pub interior: bool,
    /// The format of a leaf.
    pub format: Option<String>,
    /// The media type of a leaf, or the object identifier of an interior node.
    pub type_: Option<String>,
    /// Its own ACL.
    pub acl: Option<String>,
    /// The value of a leaf: text, or the number of octets; nothing if it can't
    /// be read.
    pub value: Option<String>,
}

impl Outline {
    /// Reads what is stored in `dir`, also while a client works on it. Blocks.
    ///
    /// # Errors
    /// [`Error::Management`] if nothing is; [`Error::Store`], [`Error::Dm`].
    pub fn open(dir: &Path, key: &NodeKey) -> Result<Self, Error> {
        let kept = Kept::open(dir, key, Vec::new(), None)?;
        Ok(Self { tree: kept.tree })
    }

    /// The node `from` and everything below it, parents first.
    ///
    /// # Errors
    /// [`Error::Dm`] if there is no such node.
    pub fn entries(&self, from: &NodeUri) -> Result<Vec<Entry>, Error> {
        if matches!(self.tree.value(from), Err(dm::Error::NotFound)) {
            return Err(dm::Error::NotFound.into());
        }
        let nodes: std::collections::BTreeMap<_, _> = self.tree.export().collect();
        let mut entries = Vec::new();
        let mut open = vec![from.clone()];
        while let Some(uri) = open.pop() {
            let names = self.tree.names(&uri);
            for name in names.iter().rev() {
                open.push(uri.child(name)?);
            }
            entries.push(match nodes.get(&uri) {
                Some(node) => of_static(&uri, node),
                None => self.of_object(&uri, !names.is_empty()),
            });
        }
        Ok(entries)
    }

    fn of_object(&self, uri: &NodeUri, interior: bool) -> Entry {
        let value = self.tree.value(uri).ok().filter(|_| !interior);
        Entry {
            uri: uri.clone(),
            interior,
            format: value.as_ref().map(|value| value.format().to_string()),
            type_: value.as_ref().and_then(|it| it.type_().map(str::to_owned)),
            acl: None,
            value: value.as_ref().map(shown),
        }
    }
}

fn of_static(uri: &NodeUri, node: &Node) -> Entry {
    let (type_, value) = match node.kind() {
        dm::tree::NodeKind::Interior { type_ } => (type_.clone(), None),
        dm::tree::NodeKind::Leaf(value) => (value.type_().map(str::to_owned), Some(value)),
    };
    let readable = node.access().has(Right::Get);
    Entry {
        uri: uri.clone(),
        interior: value.is_none(),
        format: value.map(|value| value.format().to_string()),
        type_,
        acl: node.acl().map(ToString::to_string),
        value: value.map(|value| match readable {
            true => shown(value),
            false => "***".to_owned(),
        }),
    }
}

fn shown(value: &dm::tree::Value) -> String {
    match std::str::from_utf8(value.data()) {
        Ok(text) if *value.format() != Format::Bin => text.to_owned(),
        _ => format!("({} octets)", value.size()),
    }
}
