//! The fields of a signed object, read from its canonical octets only
//! (docs/operator-change.md section 3).

use crate::document_type::DocumentType;
use crate::error::{Fault, FieldProblem, XmlDsigError};
use crate::object::{OBJECT_ID, is_field_name};
use crate::tree::{self, Node};

/// The fields of an object or of a group, in document order. Names are local
/// names; all are in the document type's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(Vec<(String, Content)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Text(String),
    Group(Fields),
}

impl Fields {
    /// The text of the field that is there exactly once.
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when it is missing, repeated, or a group.
    pub fn field(&self, name: &str) -> Result<&str, XmlDsigError> {
        self.optional(name)?
            .ok_or_else(|| problem(name, FieldProblem::Missing))
    }

    /// The text of the field, if it is there.
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when it is repeated or a group.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, XmlDsigError> {
        let texts = self.repeated(name)?;
        match texts.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(problem(name, FieldProblem::Repeated)),
        }
    }

    /// The texts of every field of this name, in order; none is no error.
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when one of them is a group.
    pub fn repeated(&self, name: &str) -> Result<Vec<&str>, XmlDsigError> {
        self.named(name)
            .map(|content| match content {
                Content::Text(text) => Ok(text.as_str()),
                Content::Group(_) => Err(problem(name, FieldProblem::Missing)),
            })
            .collect()
    }

    /// The group that is there exactly once.
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when it is missing, repeated, or a text.
    pub fn group(&self, name: &str) -> Result<&Self, XmlDsigError> {
        let mut found = self.named(name);
        match (found.next(), found.next()) {
            (Some(Content::Group(fields)), None) => Ok(fields),
            (Some(_), Some(_)) => Err(problem(name, FieldProblem::Repeated)),
            _ => Err(problem(name, FieldProblem::Missing)),
        }
    }

    /// Every name, in document order, repeated ones as often as they are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Refuses names outside `known`.
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] naming the first unknown one.
    pub fn expect_only(&self, known: &[&str]) -> Result<(), XmlDsigError> {
        match self.names().find(|name| !known.contains(name)) {
            Some(unknown) => Err(problem(unknown, FieldProblem::Unknown)),
            None => Ok(()),
        }
    }

    fn named<'a, 'n>(&'a self, wanted: &'n str) -> impl Iterator<Item = &'a Content> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(name, _)| name == wanted)
            .map(|(_, content)| content)
    }
}

fn problem(name: &str, problem: FieldProblem) -> XmlDsigError {
    XmlDsigError::Field {
        name: name.to_owned(),
        problem,
    }
}

/// Reads canonical octets of an object of `document_type`: `Id` on the object
/// and no attribute elsewhere, texts, and groups of texts.
pub(crate) fn read(canonical: &[u8], document_type: DocumentType) -> Result<Fields, XmlDsigError> {
    let text = std::str::from_utf8(canonical).map_err(|_| Fault::Encoding)?;
    let document = tree::parse(text)?;
    let namespace = document_type.namespace();
    let object = Node::root(&document)?.named(namespace, document_type.object_name())?;
    if object.only_attribute("Id")? != OBJECT_ID {
        return Err(Fault::Attribute.into());
    }
    let mut fields = Vec::new();
    for child in object.elements()? {
        let name = field_name(child, namespace)?;
        let content = if child.has_elements() {
            Content::Group(group(child, namespace)?)
        } else {
            Content::Text(child.text()?.to_owned())
        };
        fields.push((name, content));
    }
    Ok(Fields(fields))
}

fn group(node: Node<'_, '_>, namespace: &str) -> Result<Fields, Fault> {
    let texts = node.elements()?.into_iter().map(|child| {
        let name = field_name(child, namespace)?;
        if child.has_elements() {
            return Err(Fault::ObjectStructure);
        }
        Ok((name, Content::Text(child.text()?.to_owned())))
    });
    Ok(Fields(texts.collect::<Result<_, Fault>>()?))
}

fn field_name(node: Node<'_, '_>, namespace: &str) -> Result<String, Fault> {
    let name = node.plain()?.name_in(namespace)?;
    if is_field_name(name) {
        Ok(name.to_owned())
    } else {
        Err(Fault::ObjectStructure)
    }
}
