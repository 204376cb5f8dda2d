//! Writing a serialised tree: no declaration, no white space, the order of the
//! DTD, and the properties that OMA-TS-DM_TNDS-V1_2 clause 6.1 allows; the
//! same tree always gives the same text.

use syncml::Format;

use super::{ManagementTree, NodeType, TndsNode, TreeDocumentLimits, VERSION, ValueForm};
use crate::Error;
use crate::dmddf::{NAMESPACE, is_space, is_xml_char};

/// Writes a serialised tree in XML.
///
/// `RTProperties` and `Type` are mandatory (clauses 6.1 and 6.3.1.9). A node
/// that lacks them, or a format, gets those of an interior node without a
/// type if it has no value, else those of plain text or plain octets.
///
/// # Errors
/// [`Error::Misuse`] for what can't be written so that it is read again as
/// the same: no nodes, another version, more levels than
/// [`TreeDocumentLimits::DEEPEST`], a value beside nodes or in an interior
/// node, a form of a value that its format does not have, a type that the
/// format does not have, an ACL that allows nothing, characters that XML
/// forbids, white space around a text that is no value.
pub fn write(tree: &ManagementTree) -> Result<String, Error> {
    if tree.ver_dtd != VERSION {
        return Err(Error::Misuse("another version of the DTD"));
    }
    if tree.nodes.is_empty() {
        return Err(Error::Misuse("a serialised tree without nodes"));
    }
    let mut out = format!("<MgmtTree xmlns=\"{NAMESPACE}\">");
    field(&mut out, "VerDTD", &tree.ver_dtd)?;
    optional(&mut out, "Man", tree.man.as_deref())?;
    optional(&mut out, "Mod", tree.mod_.as_deref())?;
    for node in &tree.nodes {
        write_node(&mut out, node, TreeDocumentLimits::DEEPEST)?;
    }
    out.push_str("</MgmtTree>");
    Ok(out)
}

/// Writes a node with at most `levels` levels.
fn write_node(out: &mut String, node: &TndsNode, levels: usize) -> Result<(), Error> {
    let below = levels
        .checked_sub(1)
        .ok_or(Error::Misuse("nodes too deep inside each other"))?;
    out.push_str("<Node>");
    field(out, "NodeName", &node.name)?;
    optional(out, "Path", node.path.as_deref())?;
    let format = format_of(node)?;
    properties(out, node, &format)?;
    if let Some(value) = &node.value {
        let text = value
            .written()
            .ok_or(Error::Misuse("a value that is not a text"))?;
        element(out, "Value", &text)?;
    }
    for child in &node.children {
        write_node(out, child, below)?;
    }
    out.push_str("</Node>");
    Ok(())
}

/// The format to write, if value and children are such that it may have them.
fn format_of(node: &TndsNode) -> Result<Format, Error> {
    let form = node.value.as_ref().map(super::TndsValue::form);
    let format = match (node.format(), form) {
        (Some(format), _) => format.clone(),
        (None, None) if matches!(node.type_(), Some(NodeType::Mime(_))) => Format::Chr,
        (None, None) => Format::Node,
        (None, Some(ValueForm::Text)) => Format::Chr,
        (None, Some(ValueForm::Base64)) => Format::Bin,
    };
    if matches!(format, Format::Other(_)) {
        return Err(Error::Misuse("a format that the DTD does not have"));
    }
    let interior = format == Format::Node;
    if interior && form.is_some() || !interior && !node.children.is_empty() {
        return Err(Error::Misuse("a value beside nodes"));
    }
    let base64 = format.is_base64_in_xml();
    if form.is_some_and(|form| base64 != (form == ValueForm::Base64)) {
        return Err(Error::Misuse("a value in the form of another format"));
    }
    Ok(format)
}

fn properties(out: &mut String, node: &TndsNode, format: &Format) -> Result<(), Error> {
    let given = node.rt_properties.as_ref();
    out.push_str("<RTProperties>");
    if let Some(acl) = given.and_then(|given| given.acl.as_ref()) {
        let text = acl.to_string();
        // An empty one would be read as one that inherits.
        if text.is_empty() {
            return Err(Error::Misuse("an ACL that allows nothing"));
        }
        field(out, "ACL", &text)?;
    }
    out.push_str("<Format><");
    out.push_str(format.as_str());
    out.push_str("/></Format>");
    optional(out, "Title", given.and_then(|given| given.title.as_deref()))?;
    optional(
        out,
        "TStamp",
        given.and_then(|given| given.tstamp.as_deref()),
    )?;
    write_type(out, node.type_(), format)?;
    if let Some(number) = given.and_then(|given| given.ver_no) {
        field(out, "VerNo", &number.to_string())?;
    }
    out.push_str("</RTProperties>");
    Ok(())
}

fn write_type(out: &mut String, type_: Option<&NodeType>, format: &Format) -> Result<(), Error> {
    out.push_str("<Type>");
    match (type_, format) {
        (Some(NodeType::DdfName(name)), Format::Node) => field(out, "DDFName", name)?,
        (None, Format::Node) => field(out, "DDFName", "")?,
        (Some(NodeType::DdfName(_)), _) | (Some(NodeType::Mime(_)), Format::Node) => {
            return Err(Error::Misuse("a type that the format does not have"));
        }
        (Some(NodeType::Mime(type_)), _) if type_.is_empty() => {
            return Err(Error::Misuse("an empty media type"));
        }
        (Some(NodeType::Mime(type_)), _) => field(out, "MIME", type_)?,
        (None, format) if format.is_base64_in_xml() => {
            field(out, "MIME", "application/octet-stream")?;
        }
        (None, _) => field(out, "MIME", "text/plain")?,
    }
    out.push_str("</Type>");
    Ok(())
}

fn optional(out: &mut String, name: &str, text: Option<&str>) -> Result<(), Error> {
    text.map_or(Ok(()), |text| field(out, name, text))
}

/// An element whose text is read without white space around it.
fn field(out: &mut String, name: &str, text: &str) -> Result<(), Error> {
    if text.starts_with(is_space) || text.ends_with(is_space) {
        return Err(Error::Misuse("white space around a text"));
    }
    element(out, name, text)
}

fn element(out: &mut String, name: &str, text: &str) -> Result<(), Error> {
    out.push('<');
    out.push_str(name);
    out.push('>');
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Readers make a line feed of it.
            '\r' => out.push_str("&#13;"),
            c if is_xml_char(c) => out.push(c),
            _ => return Err(Error::Misuse("a character that XML forbids")),
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    Ok(())
}
