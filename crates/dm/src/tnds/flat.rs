//! From a serialised tree to nodes with URIs and back (OMA-TS-DM_TNDS-V1_2
//! clauses 6.3.1.5 to 6.3.1.8).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use syncml::Format;

use super::{ManagementTree, NodeType, RtProperties, TndsNode, TndsValue, ValueForm};
use crate::Error;
use crate::tree::{Acl, NodeKind, NodeUri, Value};

/// A node of a serialised tree on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatNode {
    /// Interior or leaf. A leaf whose document has no value has no octets.
    pub kind: NodeKind,
    /// Whether the document has a value for this leaf; without one its initial
    /// value is the device's affair (clause 6.3.1.8).
    pub has_value: bool,
    /// The access control list; `None` inherits.
    pub acl: Option<Acl>,
    /// A name for people.
    pub title: Option<String>,
    /// When the node was last changed.
    pub tstamp: Option<String>,
    /// How often it was changed, modulo 2^16.
    pub ver_no: Option<u16>,
    /// The document left the name open, and the target of the command gave it
    /// (clause 6.3.1.6).
    pub named_by_target: bool,
}

impl FlatNode {
    /// A node with nothing but its kind.
    #[must_use]
    pub const fn new(kind: NodeKind) -> Self {
        Self {
            has_value: matches!(kind, NodeKind::Leaf(_)),
            kind,
            acl: None,
            title: None,
            tstamp: None,
            ver_no: None,
            named_by_target: false,
        }
    }
}

/// The nodes of `tree`, parents first, where `base` is the target of the
/// command that brings it.
///
/// A `Path` from the root (`./A`) says where its node is; any other goes on
/// from `base` or the node around. What is not at or below `base` is refused,
/// so that a document does not reach where its command does not. A parent that
/// is nowhere in the document is not made up.
///
/// A topmost node without a name is the target itself. Where a node further
/// down has none, the caller names it first ([`ManagementTree::name_nodes`]).
///
/// # Errors
/// [`Error::Uri`] and [`Error::UriTooLong`] for names and paths,
/// [`Error::AlreadyExists`] for a node twice, [`Error::Unsupported`] for a
/// nameless node below the top, [`Error::TreeDocumentContent`] for a node that
/// is both interior and leaf.
pub fn flatten(tree: &ManagementTree, base: &NodeUri) -> Result<Vec<(NodeUri, FlatNode)>, Error> {
    let mut flat = Flattener {
        base,
        nodes: BTreeMap::new(),
    };
    for node in &tree.nodes {
        flat.node(node, base, true)?;
    }
    let is_leaf = |uri: &NodeUri| {
        let node = flat.nodes.get(uri);
        node.is_some_and(|node| matches!(node.kind, NodeKind::Leaf(_)))
    };
    let mut parents = flat.nodes.keys().filter_map(NodeUri::parent);
    if parents.any(|parent| is_leaf(&parent)) {
        return Err(Error::TreeDocumentContent("nodes in a leaf"));
    }
    Ok(flat.nodes.into_iter().collect())
}

struct Flattener<'a> {
    base: &'a NodeUri,
    /// In the order of URIs, in which parents are first.
    nodes: BTreeMap<NodeUri, FlatNode>,
}

impl Flattener<'_> {
    fn node(&mut self, node: &TndsNode, around: &NodeUri, top: bool) -> Result<(), Error> {
        let parent = match &node.path {
            Some(path) => at_path(around, path)?,
            None => around.clone(),
        };
        let uri = match node.name.as_str() {
            "" if top && node.path.is_none() && self.base.parent().is_some() => self.base.clone(),
            "" => return Err(Error::Unsupported("a node that the device is to name")),
            name => parent.child(name)?,
        };
        if uri != *self.base && uri.below(self.base).is_none() {
            return Err(Error::Uri("a path that leaves the target"));
        }
        match self.nodes.entry(uri.clone()) {
            Entry::Occupied(_) => return Err(Error::AlreadyExists),
            Entry::Vacant(place) => place.insert(alone(node)?),
        };
        for child in &node.children {
            self.node(child, &uri, false)?;
        }
        Ok(())
    }
}

fn at_path(around: &NodeUri, path: &str) -> Result<NodeUri, Error> {
    if path == "." || path.starts_with("./") {
        return path.parse();
    }
    path.split('/')
        .try_fold(around.clone(), |uri, segment| uri.child(segment))
}

fn alone(node: &TndsNode) -> Result<FlatNode, Error> {
    let kind = kind_of(node)?;
    let given = node.rt_properties.clone().unwrap_or_default();
    Ok(FlatNode {
        kind,
        has_value: node.value.is_some(),
        acl: given.acl,
        title: given.title,
        tstamp: given.tstamp,
        ver_no: given.ver_no,
        named_by_target: node.is_unnamed(),
    })
}

/// What a node is: its format says so, or else what it has. A node with
/// neither goes on elsewhere in the document, so it is interior (clause
/// 6.3.1.5).
fn kind_of(node: &TndsNode) -> Result<NodeKind, Error> {
    let interior = match node.format() {
        Some(format) => *format == Format::Node,
        None => node.value.is_none() && !matches!(node.type_(), Some(NodeType::Mime(_))),
    };
    match (interior, &node.value, node.type_()) {
        (true, Some(_), _) => Err(Error::TreeDocumentContent("a value in an interior node")),
        (true, None, Some(NodeType::DdfName(name))) if !name.is_empty() => {
            let type_ = Some(name.clone());
            Ok(NodeKind::Interior { type_ })
        }
        (true, None, _) => Ok(NodeKind::Interior { type_: None }),
        (false, _, Some(NodeType::DdfName(name))) if !name.is_empty() => Err(
            Error::TreeDocumentContent("a leaf with an interior node's type"),
        ),
        (false, value, type_) => Ok(NodeKind::Leaf(leaf(node, value.as_ref(), type_))),
    }
}

fn leaf(node: &TndsNode, value: Option<&TndsValue>, type_: Option<&NodeType>) -> Value {
    let format = node.format().cloned().unwrap_or(Format::Chr);
    let type_ = match type_ {
        Some(NodeType::Mime(type_)) => Some(type_.clone()),
        Some(NodeType::DdfName(_)) | None => None,
    };
    let octets = value.map(|value| value.data().expose().clone());
    Value::new(format, type_, octets.unwrap_or_default())
}

/// The serialised tree of `nodes`, in any order, for a command whose target is
/// `base`: what [`flatten`] makes `nodes` of again.
///
/// The node `base` itself is written without a name. A node whose parent is
/// not among `nodes` stands at the top, with a `Path` from the root unless its
/// parent is `base`.
///
/// # Errors
/// [`Error::Misuse`] for a node that is not at or below `base` or is there
/// twice, for the root itself, and for a node below a leaf.
pub fn from_flat(
    nodes: impl IntoIterator<Item = (NodeUri, FlatNode)>,
    base: &NodeUri,
) -> Result<ManagementTree, Error> {
    let mut sorted = BTreeMap::new();
    for (uri, node) in nodes {
        if uri != *base && uri.below(base).is_none() {
            return Err(Error::Misuse("a node outside of the target"));
        }
        if sorted.insert(uri, node).is_some() {
            return Err(Error::Misuse("a node twice in the list"));
        }
    }
    // Children are joined before their parents ask for them.
    let mut waiting: BTreeMap<NodeUri, Vec<TndsNode>> = BTreeMap::new();
    let mut target = None;
    for (uri, node) in sorted.into_iter().rev() {
        let mut children = waiting.remove(&uri).unwrap_or_default();
        children.reverse();
        let (Some(parent), Some(name)) = (uri.parent(), uri.name()) else {
            return Err(Error::Misuse("the root in a serialised tree"));
        };
        if uri == *base {
            target = Some(joined("", node, children)?);
        } else {
            let joined = joined(name, node, children)?;
            waiting.entry(parent).or_default().push(joined);
        }
    }
    let mut top: Vec<TndsNode> = target.into_iter().collect();
    for (parent, nodes) in waiting {
        let path = (parent != *base).then(|| parent.to_string());
        top.extend(nodes.into_iter().rev().map(|node| TndsNode {
            path: path.clone(),
            ..node
        }));
    }
    Ok(ManagementTree::new(top))
}

fn joined(name: &str, node: FlatNode, children: Vec<TndsNode>) -> Result<TndsNode, Error> {
    let (format, type_, value) = match node.kind {
        NodeKind::Interior { type_ } => {
            let type_ = NodeType::DdfName(type_.unwrap_or_default());
            (Format::Node, Some(type_), None)
        }
        NodeKind::Leaf(value) => {
            if !children.is_empty() || *value.format() == Format::Node {
                return Err(Error::Misuse("a node below a leaf"));
            }
            let form = match value.format().is_base64_in_xml() {
                true => ValueForm::Base64,
                false => ValueForm::Text,
            };
            let type_ = value.type_().map(|type_| NodeType::Mime(type_.to_owned()));
            let octets = TndsValue::new(value.data().to_vec().into(), form);
            let octets = node.has_value.then_some(octets);
            (value.format().clone(), type_, octets)
        }
    };
    Ok(TndsNode {
        name: name.to_owned(),
        path: None,
        rt_properties: Some(RtProperties {
            acl: node.acl,
            format: Some(format),
            title: node.title,
            tstamp: node.tstamp,
            type_,
            ver_no: node.ver_no,
            ..RtProperties::default()
        }),
        value,
        children,
    })
}
