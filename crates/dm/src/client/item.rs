//! What the items of commands say: which node, which value, which tree (OMA DM
//! RepPro 1.2 clauses 6.3 and 6.6; OMA DM TND 1.2 clause 8.2).

use secret::SecretBytes;
use syncml::{Format, Item, Meta};

use crate::Error;
use crate::session::{Encoding, item_value, wire_item};
use crate::tnds::{self, ManagementTree, TreeDocumentLimits};
use crate::tree::{Address, Listed, NodeKind, Overwrite, Value};

pub(super) fn address(item: &Item) -> Result<Address, Error> {
    item.target_uri()
        .ok_or(Error::Command("item without a target"))?
        .parse()
}

/// A node of a list; its value is left out unless it is asked for.
pub(super) fn listed_item(
    encoding: Encoding,
    node: &Listed,
    with_data: bool,
) -> Result<Item, Error> {
    let item = Item::source(node.uri.to_string());
    let (format, type_) = match &node.kind {
        NodeKind::Leaf(value) if with_data => return wire_item(encoding, item, value),
        NodeKind::Leaf(value) => (value.format().clone(), value.type_()),
        NodeKind::Interior { type_ } => (Format::Node, type_.as_deref()),
    };
    Ok(item.with_meta(Meta {
        format: Some(format),
        type_: type_.map(str::to_owned),
        ..Meta::default()
    }))
}

/// The new value of a property: text, whatever the meta-information says.
pub(super) fn property_text(item: &Item, meta: Option<&Meta>) -> Result<String, Error> {
    let octets = item.octets(meta)?.unwrap_or_default();
    String::from_utf8(octets.into_owned()).map_err(|_| Error::Command("a property is a text"))
}

/// Whether the item brings a serialised tree. One in WBXML that could not be
/// opened is none.
pub(super) fn is_serialised(item: &Item, meta: Option<&Meta>) -> Result<bool, Error> {
    let type_ = item.type_(meta).unwrap_or_default();
    if type_.eq_ignore_ascii_case(tnds::MEDIA_TYPE_WBXML) {
        return Err(Error::MediaType);
    }
    Ok(type_.eq_ignore_ascii_case(tnds::MEDIA_TYPE_XML))
}

pub(super) fn serialised(item: &Item, meta: Option<&Meta>) -> Result<ManagementTree, Error> {
    let octets = item.octets(meta)?;
    let octets = octets.ok_or(Error::Command("a serialised tree without data"))?;
    let xml = std::str::from_utf8(&octets).map_err(|_| Error::MediaType)?;
    tnds::read(xml, &TreeDocumentLimits::default())
}

/// The node that an Add creates. Format `node` makes it interior.
pub(super) fn new_node(item: &Item, meta: Option<&Meta>) -> Result<NodeKind, Error> {
    let value = item_value(item, meta)?;
    match item.format(meta) {
        Some(Format::Node) if value.as_ref().is_none_or(|value| value.size() == 0) => {
            Ok(NodeKind::Interior {
                type_: item.type_(meta).map(str::to_owned),
            })
        }
        Some(Format::Node) => Err(Error::Command("an interior node with a value")),
        Some(Format::Null) if value.is_none() => {
            let type_ = item.type_(meta).map(str::to_owned);
            Ok(NodeKind::Leaf(Value::new(Format::Null, type_, Vec::new())))
        }
        _ => value
            .map(NodeKind::Leaf)
            .ok_or(Error::Command("a leaf without data")),
    }
}

pub(super) fn overwrite(item: &Item, meta: Option<&Meta>) -> Result<Overwrite, Error> {
    let format = match item.format(meta) {
        Some(Format::B64) => Some(Format::Bin),
        other => other.cloned(),
    };
    let value = item_value(item, meta)?;
    let data = match value {
        Some(value) => value.data().to_vec(),
        None if matches!(format, Some(Format::Null | Format::Node)) => Vec::new(),
        None => return Err(Error::Command("a leaf without data")),
    };
    Ok(Overwrite {
        format,
        type_: item.type_(meta).map(str::to_owned),
        data: SecretBytes::new(data),
    })
}
