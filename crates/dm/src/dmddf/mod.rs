//! Documents of the DTD `DM_DDF` 1.2, in XML: what serialised trees (OMA DM
//! TNDS 1.2) and device descriptions (OMA DM TND 1.2 clause 9) have in common.

mod char;
mod content;
mod cursor;
mod names;

use crate::Error;

pub(crate) use self::char::{is_space, is_xml_char};
pub(crate) use content::{VERSION, check_version, read_format};
pub(crate) use cursor::{Cursor, Pieces};

/// The namespace of the documents (TNDS clause 5.3).
pub(crate) const NAMESPACE: &str = "syncml:dmddf1.2";

/// How much a document may ask of its reader. Reaching a bound is allowed,
/// passing it is [`Error::TreeDocumentTooLarge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeDocumentLimits {
    /// Octets of the document.
    pub max_octets: usize,
    /// Nodes inside each other. More than [`DEEPEST`](Self::DEEPEST) counts as
    /// that, so that no setting lets a document exhaust the stack.
    pub max_depth: usize,
    /// Nodes.
    pub max_nodes: usize,
}

impl TreeDocumentLimits {
    /// The most nodes inside each other, whatever the limits say.
    pub const DEEPEST: usize = 32;

    fn depth(&self) -> usize {
        self.max_depth.min(Self::DEEPEST)
    }

    /// Whether there may be a node at `depth` that is the document's
    /// `count`th.
    pub(crate) fn check(&self, count: usize, depth: usize) -> Result<(), Error> {
        if count > self.max_nodes {
            return Err(Error::TreeDocumentTooLarge("nodes"));
        }
        if depth > self.depth() {
            return Err(Error::TreeDocumentTooLarge("depth"));
        }
        Ok(())
    }
}

impl Default for TreeDocumentLimits {
    /// 1 MiB, 32 deep, 4,096 nodes.
    fn default() -> Self {
        Self {
            max_octets: 1 << 20,
            max_depth: Self::DEEPEST,
            max_nodes: 4096,
        }
    }
}
