//! Serialised management trees (OMA-TS-DM_TNDS-V1_2), in XML.
//!
//! [`read`] takes what real peers write: any prefix for the namespace or none,
//! white space, elements in any order, no `VerDTD`, base64 without padding.
//! [`write()`] gives the DTD's order and what TNDS clause 6.1 requires.
//! [`flatten`] and [`from_flat`] lead from a serialised tree to a list of nodes
//! with their URIs and back.

mod flat;
mod read;
mod value;
mod write;

pub use flat::{FlatNode, flatten, from_flat};
pub use read::read;
pub use value::{TndsValue, ValueForm};
pub use write::write;

use syncml::Format;

pub use crate::dmddf::TreeDocumentLimits;
use crate::tree::Acl;

/// The media type of a serialised tree in XML (TNDS clause 5.3).
pub const MEDIA_TYPE_XML: &str = "application/vnd.syncml.dmtnds+xml";
/// The media type of a serialised tree in WBXML, which is not read here.
pub const MEDIA_TYPE_WBXML: &str = "application/vnd.syncml.dmtnds+wbxml";
/// The version of the DTD (TNDS clause 6.3.1.2).
pub const VERSION: &str = crate::dmddf::VERSION;

/// A serialised tree (`MgmtTree`, TNDS clause 6.3.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementTree {
    /// The version of the DTD; [`VERSION`] where the document has none.
    pub ver_dtd: String,
    /// Who made the device that the tree is from (`Man`, clause 6.3.1.3).
    pub man: Option<String>,
    /// Its model (`Mod`, clause 6.3.1.4).
    pub mod_: Option<String>,
    /// The topmost nodes.
    pub nodes: Vec<TndsNode>,
}

impl ManagementTree {
    /// A tree of these nodes, from no device in particular.
    #[must_use]
    pub fn new(nodes: Vec<TndsNode>) -> Self {
        Self {
            ver_dtd: VERSION.to_owned(),
            man: None,
            mod_: None,
            nodes,
        }
    }

    /// Whether some node leaves its name to the device.
    #[must_use]
    pub fn has_unnamed(&self) -> bool {
        fn unnamed(nodes: &[TndsNode]) -> bool {
            nodes
                .iter()
                .any(|node| node.is_unnamed() || unnamed(&node.children))
        }
        unnamed(&self.nodes)
    }

    /// Gives every node that has no name the one that `choose` gives for it,
    /// parents first.
    pub fn name_nodes(&mut self, choose: &mut dyn FnMut(&TndsNode) -> String) {
        fn name(nodes: &mut [TndsNode], choose: &mut dyn FnMut(&TndsNode) -> String) {
            for node in nodes {
                if node.is_unnamed() {
                    node.name = choose(node);
                }
                name(&mut node.children, choose);
            }
        }
        name(&mut self.nodes, choose);
    }
}

/// A node (`Node`, TNDS clause 6.3.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TndsNode {
    /// The name (`NodeName`, clause 6.3.1.6). Empty, or not there in the
    /// document: the device chooses it.
    pub name: String,
    /// The URI of the parent, if it is not the node around this one (`Path`,
    /// clause 6.3.1.7).
    pub path: Option<String>,
    /// The run-time properties.
    pub rt_properties: Option<RtProperties>,
    /// The value of a leaf (`Value`, clause 6.3.1.8).
    pub value: Option<TndsValue>,
    /// The nodes in it. None may be there beside a value.
    pub children: Vec<TndsNode>,
}

impl TndsNode {
    /// An interior node, at the root of the management object `type_` if there
    /// is one.
    #[must_use]
    pub fn interior(name: impl Into<String>, type_: Option<&str>, children: Vec<Self>) -> Self {
        Self {
            name: name.into(),
            path: None,
            rt_properties: Some(RtProperties {
                format: Some(Format::Node),
                type_: Some(NodeType::DdfName(type_.unwrap_or_default().to_owned())),
                ..RtProperties::default()
            }),
            value: None,
            children,
        }
    }

    /// A leaf of the format `chr` and the type `text/plain`.
    #[must_use]
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: None,
            rt_properties: Some(RtProperties {
                format: Some(Format::Chr),
                type_: Some(NodeType::Mime("text/plain".to_owned())),
                ..RtProperties::default()
            }),
            value: Some(TndsValue::text(text)),
            children: Vec::new(),
        }
    }

    /// Whether the device is to choose the name (clause 6.3.1.6).
    #[must_use]
    pub const fn is_unnamed(&self) -> bool {
        self.name.is_empty()
    }

    fn format(&self) -> Option<&Format> {
        self.rt_properties.as_ref()?.format.as_ref()
    }

    fn type_(&self) -> Option<&NodeType> {
        self.rt_properties.as_ref()?.type_.as_ref()
    }
}

/// The run-time properties of a node (`RTProperties`, TNDS clause 6.3.1.9; OMA
/// DM TND 1.2 clause 7.7). An element without content is `None`, as one that
/// is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RtProperties {
    /// The access control list; `None` inherits.
    pub acl: Option<Acl>,
    /// The format of the value.
    pub format: Option<Format>,
    /// The name again. It is read and not written: TNDS clause 6.1 does not
    /// have it.
    pub name: Option<String>,
    /// The octets of the value. Read and not written, as `name`.
    pub size: Option<u32>,
    /// A name for people.
    pub title: Option<String>,
    /// When the node was last changed, as written.
    pub tstamp: Option<String>,
    /// What the value is, or which management object begins here.
    pub type_: Option<NodeType>,
    /// How often the node was changed, modulo 2^16.
    pub ver_no: Option<u16>,
}

/// The property Type (OMA DM TND 1.2 clauses 7.7.7 and 9.4.2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeType {
    /// The media type of a leaf.
    Mime(String),
    /// The identifier of the management object that an interior node is the
    /// root of, or nothing.
    DdfName(String),
}
