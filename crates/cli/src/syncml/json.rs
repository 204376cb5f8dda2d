//! Trees of elements as JSON: `{"element", "namespace"?, "attributes"?}` with
//! `text`, `base64` for octets, or `children`: elements, texts, and
//! `{"base64"}` for octets among others.

use std::fmt;

use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncml::infoset::{Attribute, Content, Element};

use super::path::{enter, leave};

/// An element, or octets among other content, which have no name.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<Piece>>,
}

/// A piece of an element's content.
enum Piece {
    Text(String),
    Node(Node),
}

/// An object whose members have an order.
#[derive(Default)]
struct Attributes(Vec<Attribute>);

impl Attributes {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a tree.
pub(super) fn read(octets: &[u8]) -> Result<Element> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let node: Node = serde_json::from_slice(octets).context("not the JSON of a document")?;
    element(node, &mut String::new())
}

/// Writes a tree, in lines.
pub(super) fn write(root: Element) -> Result<String> {
    let mut text = serde_json::to_string_pretty(&node(root, &mut String::new())?)?;
    text.push('\n');
    Ok(text)
}

fn node(element: Element, path: &mut String) -> Result<Node> {
    let before = enter(path, &element.name);
    for (at, attribute) in element.attributes.iter().enumerate() {
        let mut others = element.attributes.iter().take(at);
        if others.any(|other| other.name == attribute.name) {
            bail!("{path} has the attribute {} twice", attribute.name);
        }
    }
    let mut node = Node {
        element: Some(element.name),
        namespace: element.namespace,
        attributes: Attributes(element.attributes),
        ..Node::default()
    };
    let mut content = element.content;
    match content.as_mut_slice() {
        [] => {}
        [Content::Text(text)] => node.text = Some(std::mem::take(text)),
        [Content::Opaque(octets)] => node.base64 = Some(BASE64.encode(octets)),
        _ => {
            let pieces = content.into_iter().map(|content| piece(content, path));
            node.children = Some(pieces.collect::<Result<_>>()?);
        }
    }
    leave(path, before);
    Ok(node)
}

fn piece(content: Content, path: &mut String) -> Result<Piece> {
    Ok(match content {
        Content::Element(child) => Piece::Node(node(child, path)?),
        Content::Text(text) => Piece::Text(text),
        Content::Opaque(octets) => Piece::Node(Node {
            base64: Some(BASE64.encode(&octets)),
            ..Node::default()
        }),
    })
}

fn element(node: Node, path: &mut String) -> Result<Element> {
    let Some(name) = node.element else {
        bail!("an object without \"element\" in {}", place(path));
    };
    let before = enter(path, &name);
    let mut element = Element::new(node.namespace, name);
    element.attributes = node.attributes.0;
    let values = element.attributes.iter().map(|attribute| &attribute.value);
    for text in values.chain([&element.name, &element.namespace]) {
        check(text, path)?;
    }
    match (node.text, node.base64, node.children) {
        (None, None, None) => {}
        (Some(text), None, None) => push_text(&mut element, text, path)?,
        (None, Some(text), None) => element.content.push(octets(&text, path)?),
        (None, None, Some(pieces)) => {
            for piece in pieces {
                push(&mut element, piece, path)?;
            }
        }
        _ => bail!("{path} has more than one of \"text\", \"base64\" and \"children\""),
    }
    leave(path, before);
    Ok(element)
}

fn push(element: &mut Element, piece: Piece, path: &mut String) -> Result<()> {
    let content = match piece {
        Piece::Text(text) => return push_text(element, text, path),
        Piece::Node(Node {
            element: None,
            base64: Some(text),
            namespace,
            attributes,
            text: None,
            children: None,
        }) if namespace.is_empty() && attributes.is_empty() => octets(&text, path)?,
        Piece::Node(node) => Content::Element(self::element(node, path)?),
    };
    element.content.push(content);
    Ok(())
}

/// Texts follow no texts in a tree, and none is empty.
fn push_text(element: &mut Element, text: String, path: &str) -> Result<()> {
    check(&text, path)?;
    match element.content.last_mut() {
        _ if text.is_empty() => {}
        Some(Content::Text(before)) => before.push_str(&text),
        _ => element.content.push(Content::Text(text)),
    }
    Ok(())
}

/// Refuses what is no `Char` (XML 1.0 clause 2.2), which WBXML can't carry as
/// text either.
fn check(text: &str, path: &str) -> Result<()> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    match text.chars().find(|c| !allowed(*c)) {
        None => Ok(()),
        Some(c) => bail!(
            "{} has U+{:04X}, which text can't; base64 can",
            place(path),
            u32::from(c)
        ),
    }
}

fn octets(text: &str, path: &str) -> Result<Content> {
    let octets = BASE64.decode(text.as_bytes());
    let octets = octets.with_context(|| format!("{} has no base64", place(path)))?;
    Ok(Content::Opaque(octets))
}

fn place(path: &str) -> &str {
    if path.is_empty() {
        "the document"
    } else {
        path
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.iter();
        serializer.collect_map(pairs.map(|Attribute { name, value }| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfAttributes)
    }
}

struct OfAttributes;

impl<'de> Visitor<'de> for OfAttributes {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut all: Vec<Attribute> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if all.iter().any(|other| other.name == name) {
                return Err(A::Error::custom(format!("the attribute {name} twice")));
            }
            all.push(Attribute { name, value });
        }
        Ok(Attributes(all))
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Node(node) => node.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfPiece)
    }
}

struct OfPiece;

impl<'de> Visitor<'de> for OfPiece {
    type Value = Piece;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element or a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Piece, E> {
        Ok(Piece::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Piece, A::Error> {
        Node::deserialize(MapAccessDeserializer::new(map)).map(Piece::Node)
    }
}
