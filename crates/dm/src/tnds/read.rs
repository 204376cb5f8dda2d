//! Reading a serialised tree (OMA-TS-DM_TNDS-V1_2 clause 6.3; the DTD is that
//! of OMA DM TND 1.2 clause 9.4).

use clock::Timestamp;
use secret::SecretBytes;
use syncml::Format;
use zeroize::Zeroizing;

use super::value::from_base64;
use super::{
    ManagementTree, NodeType, RtProperties, TndsNode, TndsValue, TreeDocumentLimits, VERSION,
    ValueForm,
};
use crate::Error;
use crate::dmddf::{Cursor, Pieces, check_version, is_space, read_format};

/// Reads a serialised tree in XML. Framework properties are skipped: they say
/// nothing about a tree at run time.
///
/// # Errors
/// [`Error::TreeDocument`] with the place, [`Error::TreeDocumentContent`] for
/// what can't be, [`Error::Acl`] for a malformed ACL (none would mean an
/// inherited one), [`Error::TreeDocumentTooLarge`] past a limit,
/// [`Error::Version`] for another major version of the DTD.
pub fn read(xml: &str, limits: &TreeDocumentLimits) -> Result<ManagementTree, Error> {
    let mut reader = TreeReader {
        cursor: Cursor::new(xml, limits)?,
        limits: *limits,
        nodes: 0,
    };
    reader.cursor.root()?;
    let tree = reader.tree()?;
    reader.cursor.finish()?;
    Ok(tree)
}

struct TreeReader<'a> {
    cursor: Cursor<'a>,
    limits: TreeDocumentLimits,
    nodes: usize,
}

impl TreeReader<'_> {
    fn tree(&mut self) -> Result<ManagementTree, Error> {
        let (mut version, mut man, mut mod_) = (None, None, None);
        let mut nodes = Vec::new();
        while let Some(element) = self.cursor.next_child()? {
            match element {
                "VerDTD" => self.cursor.once(&mut version, Cursor::field)?,
                "Man" => self.cursor.once(&mut man, Cursor::field)?,
                "Mod" => self.cursor.once(&mut mod_, Cursor::field)?,
                "Node" => nodes.push(self.node(1)?),
                _ => return Err(self.cursor.misplaced()),
            }
        }
        let ver_dtd = filled(version).unwrap_or_else(|| VERSION.to_owned());
        check_version(&ver_dtd)?;
        Ok(ManagementTree {
            ver_dtd,
            man,
            mod_,
            nodes,
        })
    }

    fn node(&mut self, depth: usize) -> Result<TndsNode, Error> {
        self.nodes += 1;
        self.limits.check(self.nodes, depth)?;
        let (mut name, mut path, mut value) = (None, None, None);
        let mut rt_properties = None;
        let mut children = Vec::new();
        while let Some(element) = self.cursor.next_child()? {
            match element {
                "NodeName" => self.cursor.once(&mut name, Cursor::field)?,
                "Path" => self.cursor.once(&mut path, Cursor::field)?,
                "RTProperties" => self.cursor.once(&mut rt_properties, properties)?,
                "DFProperties" => self.cursor.skip()?,
                "Value" => self.cursor.once(&mut value, Cursor::text)?,
                "Node" => children.push(self.node(depth + 1)?),
                _ => return Err(self.cursor.misplaced()),
            }
        }
        if value.is_some() && !children.is_empty() {
            return Err(self.cursor.fault("a value beside nodes"));
        }
        let mut node = TndsNode {
            name: name.unwrap_or_default(),
            path: filled(path),
            rt_properties,
            value: None,
            children,
        };
        if let Some(text) = value {
            let read = read_value(&text, node.format());
            node.value = Some(read.ok_or_else(|| self.cursor.fault("a value that is not base64"))?);
        }
        Ok(node)
    }
}

/// The value that `text` is under `format`. White space belongs to text and to
/// nothing else.
fn read_value(text: &Zeroizing<String>, format: Option<&Format>) -> Option<TndsValue> {
    let whole = SecretBytes::new(text.as_bytes().to_vec());
    match format {
        Some(format) if format.is_base64_in_xml() => from_base64(text).map(TndsValue::octets),
        None | Some(Format::Chr | Format::Xml | Format::Other(_)) => {
            Some(TndsValue::new(whole, ValueForm::Text))
        }
        Some(_) => {
            let trimmed = text.trim_matches(is_space).as_bytes().to_vec();
            Some(TndsValue::new(SecretBytes::new(trimmed), ValueForm::Text))
        }
    }
}

fn properties(cursor: &mut Cursor<'_>) -> Result<RtProperties, Error> {
    let mut found = RtProperties::default();
    let mut seen = Vec::new();
    let mut type_ = None;
    while let Some(element) = cursor.next_child()? {
        if seen.contains(&element) {
            return Err(cursor.fault("an element twice"));
        }
        seen.push(element);
        match element {
            "ACL" => found.acl = parsed(&cursor.field()?)?,
            "Format" => {
                let pieces = cursor.pieces()?;
                found.format = read_format(cursor, &pieces)?;
            }
            "Name" => found.name = filled(Some(cursor.field()?)),
            "Size" => found.size = number(cursor)?,
            "Title" => found.title = filled(Some(cursor.field()?)),
            "TStamp" => found.tstamp = time(cursor)?,
            "Type" => type_ = Some(cursor.pieces()?),
            "VerNo" => found.ver_no = number(cursor)?,
            _ => return Err(cursor.misplaced()),
        }
    }
    if let Some(pieces) = type_ {
        let interior = found.format == Some(Format::Node);
        found.type_ = read_type(cursor, pieces, interior)?;
    }
    Ok(found)
}

/// The content of `Type`: `MIME` or `DDFName`, or, as some write, plain text.
fn read_type(
    cursor: &Cursor<'_>,
    pieces: Pieces,
    interior: bool,
) -> Result<Option<NodeType>, Error> {
    let Pieces { text, mut children } = pieces;
    match (text.is_empty(), children.pop(), children.is_empty()) {
        (true, None, _) => Ok(None),
        (true, Some(("MIME", type_)), true) => Ok(filled(Some(type_)).map(NodeType::Mime)),
        (true, Some(("DDFName", type_)), true) => Ok(Some(NodeType::DdfName(type_))),
        (false, None, _) if interior => Ok(Some(NodeType::DdfName(text))),
        (false, None, _) => Ok(Some(NodeType::Mime(text))),
        _ => Err(cursor.fault("not one type")),
    }
}

/// A number; nothing where the element is empty.
fn number<T: std::str::FromStr>(cursor: &mut Cursor<'_>) -> Result<Option<T>, Error> {
    let text = cursor.field()?;
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(cursor.fault("not a number")),
    }
}

/// A time in the basic form of ISO 8601, complete and in UTC (OMA DM TND 1.2
/// clause 7.7.6); nothing where the element is empty.
fn time(cursor: &mut Cursor<'_>) -> Result<Option<String>, Error> {
    let text = cursor.field()?;
    if text.is_empty() || is_time(&text) {
        Ok(filled(Some(text)))
    } else {
        Err(cursor.fault("not a time"))
    }
}

/// `20010711T163817Z`.
fn is_time(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (year, month, hour) = (part(0, 4), part(4, 6), part(6, 11));
    let (minute, rest) = (part(11, 13), text.get(13..).unwrap_or_default());
    let written = format!("{year}-{month}-{hour}:{minute}:{rest}");
    written.parse::<Timestamp>().is_ok()
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
