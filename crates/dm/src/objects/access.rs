//! Shorthands for nodes of management objects and for what servers write into
//! them (OMA DM TND 1.2 clauses 7.7.2 and 9.3.1, Format and AccessType).

use syncml::Format;

use crate::Error;
use crate::tree::{Node, ObjectNode, Overwrite, Right, Rights, Value};

pub(super) const EXEC: &[Right] = &[Right::Exec];
pub(super) const EXEC_GET: &[Right] = &[Right::Exec, Right::Get];
pub(super) const GET: &[Right] = &[Right::Get];
pub(super) const GET_REPLACE: &[Right] = &[Right::Get, Right::Replace];

/// A node of an object with children and an inherited ACL.
pub(super) fn interior(rights: &[Right]) -> ObjectNode {
    ObjectNode {
        interior: true,
        acl: None,
        access: Rights::of(rights),
    }
}

/// A node of an object with a value and an inherited ACL.
pub(super) fn leaf(rights: &[Right]) -> ObjectNode {
    ObjectNode {
        interior: false,
        acl: None,
        access: Rights::of(rights),
    }
}

/// A permanent static leaf that takes Get alone.
pub(super) fn read_only(value: Value) -> Node {
    Node::leaf(value).permanent().taking(Rights::of(GET))
}

/// A number in the format `int`.
pub(super) fn number(value: u64) -> Value {
    let type_ = Some("text/plain".to_owned());
    Value::new(Format::Int, type_, value.to_string().into_bytes())
}

/// The text that a Replace brings, in the format `format` if it names one.
pub(super) fn text_of(new: &Overwrite, format: &Format) -> Result<String, Error> {
    if new.format.as_ref().is_some_and(|given| given != format) {
        return Err(Error::MediaType);
    }
    text(new.data.expose())
}

/// The octets as UTF-8.
pub(super) fn text(octets: &[u8]) -> Result<String, Error> {
    let text = std::str::from_utf8(octets);
    text.map(str::to_owned)
        .map_err(|_| Error::Command("text that is not UTF-8"))
}
