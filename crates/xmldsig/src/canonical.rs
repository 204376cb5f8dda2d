//! Exclusive XML Canonicalization 1.0 of one element with all that it holds,
//! without comments and without a PrefixList.

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;

use crate::error::XmlDsigError;
use crate::tree::Node;

/// The canonical octets of `node`'s subtree.
pub(crate) fn canonical_octets(node: Node<'_, '_>) -> Result<Vec<u8>, XmlDsigError> {
    let subtree = NodeSet::tree_without_comments(node.id, node.document);
    let no_prefixes: &[&str] = &[];
    canonicalize_doc(
        node.document,
        C14nMode::Exclusive,
        Some(&subtree),
        no_prefixes,
    )
    .map_err(|_| XmlDsigError::Bug("a parsed document could not be canonicalised"))
}
