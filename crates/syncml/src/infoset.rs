//! Documents of any vocabulary as trees of elements (XML Information Set 1.0,
//! as far as SyncML, trees of OMA DM and provisioning documents need it): what
//! XML and WBXML forms of a document have in common.

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The namespace; empty for none.
    pub namespace: String,
    /// The name without a prefix.
    pub name: String,
    /// The attributes, namespace declarations left out.
    pub attributes: Vec<Attribute>,
    /// What is in it, in order. Texts follow no texts.
    pub content: Vec<Content>,
}

/// An attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// The name as written.
    pub name: String,
    /// The value, references resolved.
    pub value: String,
}

/// A piece of an element's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An element.
    Element(Element),
    /// Characters, unescaped.
    Text(String),
    /// Octets, which only WBXML has.
    Opaque(Vec<u8>),
}

impl Element {
    /// An empty element.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            ..Self::default()
        }
    }

    /// The elements in it.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) | Content::Opaque(_) => None,
        })
    }

    /// The first element in it with this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children().find(|child| child.name == name)
    }

    pub(crate) fn child_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.content.iter_mut().find_map(|content| match content {
            Content::Element(child) if child.name == name => Some(child),
            _ => None,
        })
    }

    /// The characters in it, those of its elements left out.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|content| match content {
            Content::Text(text) => Some(text.as_str()),
            Content::Element(_) | Content::Opaque(_) => None,
        });
        texts.collect()
    }

    /// Adds characters, to those before them if there are any.
    pub(crate) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.content.last_mut() {
            Some(Content::Text(before)) => before.push_str(text),
            _ => self.content.push(Content::Text(text.to_owned())),
        }
    }
}
