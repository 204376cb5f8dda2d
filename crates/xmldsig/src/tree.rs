//! A strict view of a parsed document: every question names exactly what may be
//! there, and anything else is a fault (docs/operator-change.md section 3). The
//! tree is the one that is canonicalised, so that there is one reading of the
//! octets.

use bergshamra_xml::uppsala::Parser;
use bergshamra_xml::{Document, Element, NodeId, NodeKind};

use crate::algorithm::DSIG_NAMESPACE;
use crate::error::Fault;
use crate::limits::MAX_DEPTH;

/// The one prefix that may be declared, and only for XML Signature's namespace.
const DSIG_PREFIX: &str = "ds";

/// Parses a text that has passed [`scan`](crate::scan::scan).
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Fault> {
    Parser::new()
        .with_max_depth(u32::try_from(MAX_DEPTH).unwrap_or(u32::MAX))
        .with_forbid_dtd(true)
        .parse(text)
        .map_err(|_| Fault::NotWellFormed)
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Node<'d, 't> {
    pub(crate) document: &'d Document<'t>,
    pub(crate) id: NodeId,
    element: &'d Element<'t>,
}

impl<'d, 't> Node<'d, 't> {
    /// The root element.
    pub(crate) fn root(document: &'d Document<'t>) -> Result<Self, Fault> {
        document
            .document_element()
            .and_then(|id| Self::at(document, id))
            .ok_or(Fault::NotWellFormed)
    }

    fn at(document: &'d Document<'t>, id: NodeId) -> Option<Self> {
        let element = document.element(id)?;
        Some(Self {
            document,
            id,
            element,
        })
    }

    /// Refuses every namespace declaration in the document except the default
    /// one for `namespace` or XML Signature's, and `ds` for XML Signature's.
    /// A declaration that nothing uses would not show in the canonical octets.
    pub(crate) fn check_namespaces(self, namespace: Option<&str>) -> Result<(), Fault> {
        let allowed = |(prefix, uri): (&str, &str)| match prefix {
            "" => uri == DSIG_NAMESPACE || Some(uri) == namespace,
            DSIG_PREFIX => uri == DSIG_NAMESPACE,
            _ => false,
        };
        let own = self.element.namespace_declarations.iter();
        let inner = self.document.descendants(self.id);
        let inner = inner.iter().filter_map(|id| self.document.element(*id));
        let inner = inner.flat_map(|element| element.namespace_declarations.iter());
        if own.chain(inner).all(|(prefix, uri)| allowed((prefix, uri))) {
            Ok(())
        } else {
            Err(Fault::Namespace)
        }
    }

    /// Local name, if the element is in `namespace`.
    pub(crate) fn name_in(self, namespace: &str) -> Result<&'d str, Fault> {
        if self.element.name.namespace_uri.as_deref() == Some(namespace) {
            Ok(&self.element.name.local_name)
        } else {
            Err(Fault::Element)
        }
    }

    /// This element, if it has this name.
    pub(crate) fn named(self, namespace: &str, local: &str) -> Result<Self, Fault> {
        if self.name_in(namespace)? == local {
            Ok(self)
        } else {
            Err(Fault::Element)
        }
    }

    /// This element, if it has no attribute.
    pub(crate) fn plain(self) -> Result<Self, Fault> {
        if self.element.attributes.is_empty() {
            Ok(self)
        } else {
            Err(Fault::Attribute)
        }
    }

    /// The value of the only attribute, which must have this name and no
    /// namespace.
    pub(crate) fn only_attribute(self, name: &str) -> Result<&'d str, Fault> {
        match self.element.attributes.as_slice() {
            [one] if one.name.namespace_uri.is_none() && one.name.local_name == name => {
                Ok(&one.value)
            }
            _ => Err(Fault::Attribute),
        }
    }

    /// The children, all of which must be elements.
    pub(crate) fn elements(self) -> Result<Vec<Self>, Fault> {
        self.document
            .children_iter(self.id)
            .map(|id| Self::at(self.document, id).ok_or(Fault::Text))
            .collect()
    }

    /// The children, exactly `N` elements.
    pub(crate) fn exactly<const N: usize>(self) -> Result<[Self; N], Fault> {
        let elements = self.elements()?;
        <[Self; N]>::try_from(elements).map_err(|_| Fault::Element)
    }

    /// The text of an element without child elements.
    pub(crate) fn text(self) -> Result<&'d str, Fault> {
        let mut children = self.document.children_iter(self.id);
        match (children.next(), children.next()) {
            (None, _) => Ok(""),
            (Some(only), None) => match self.document.node_kind(only) {
                Some(NodeKind::Text(text)) => Ok(text),
                _ => Err(Fault::Element),
            },
            _ => Err(Fault::Element),
        }
    }

    /// Whether a child element is there.
    pub(crate) fn has_elements(self) -> bool {
        self.document
            .children_iter(self.id)
            .any(|id| self.document.element(id).is_some())
    }
}
