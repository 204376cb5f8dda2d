//! Reading a device description (OMA DM TND 1.2 clause 9.4).

use syncml::Format;

use super::{
    AccessType, CaseSense, Described, Description, DfType, Occurrence, Scope, TreeDocumentLimits,
};
use crate::Error;
use crate::dmddf::{Cursor, Pieces, VERSION, check_version, read_format};
use crate::tree::{Right, Rights};

/// Reads a device description in XML. Run-time properties and values are
/// skipped: they are examples and say nothing about what may be.
///
/// # Errors
/// [`Error::TreeDocument`] with the place, [`Error::TreeDocumentTooLarge`] past
/// a limit, [`Error::Version`] for another major version of the DTD.
pub fn read(xml: &str, limits: &TreeDocumentLimits) -> Result<Description, Error> {
    let mut reader = DescriptionReader {
        cursor: Cursor::new(xml, limits)?,
        limits: *limits,
        nodes: 0,
    };
    reader.cursor.root()?;
    let description = reader.description()?;
    reader.cursor.finish()?;
    Ok(description)
}

struct DescriptionReader<'a> {
    cursor: Cursor<'a>,
    limits: TreeDocumentLimits,
    nodes: usize,
}

impl DescriptionReader<'_> {
    fn description(&mut self) -> Result<Description, Error> {
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
        let ver_dtd = version.unwrap_or_else(|| VERSION.to_owned());
        check_version(&ver_dtd)?;
        Ok(Description {
            ver_dtd,
            man,
            mod_,
            nodes,
        })
    }

    fn node(&mut self, depth: usize) -> Result<Described, Error> {
        self.nodes += 1;
        self.limits.check(self.nodes, depth)?;
        let (mut name, mut path, mut framework) = (None, None, None);
        let mut children = Vec::new();
        let mut has_value = false;
        while let Some(element) = self.cursor.next_child()? {
            match element {
                "NodeName" => self.cursor.once(&mut name, Cursor::field)?,
                "Path" => self.cursor.once(&mut path, Cursor::field)?,
                "DFProperties" => self.cursor.once(&mut framework, Framework::read)?,
                "RTProperties" => self.cursor.skip()?,
                "Value" => {
                    has_value = true;
                    self.cursor.skip()?;
                }
                "Node" => children.push(self.node(depth + 1)?),
                _ => return Err(self.cursor.misplaced()),
            }
        }
        let missing = || self.cursor.fault("a node without DFProperties");
        let described = framework.ok_or_else(missing)?.describe(&self.cursor)?;
        if !described.is_interior() && !children.is_empty() {
            return Err(self.cursor.fault("nodes in a leaf"));
        }
        if has_value && !children.is_empty() {
            return Err(self.cursor.fault("a value beside nodes"));
        }
        Ok(Described {
            name: name.filter(|name| !name.is_empty()),
            path: path.filter(|path| !path.is_empty()),
            children,
            ..described
        })
    }
}

/// `DFProperties` as far as it was read.
#[derive(Default)]
struct Framework {
    access: Option<AccessType>,
    default_value: Option<String>,
    description: Option<String>,
    format: Option<Format>,
    occurrence: Option<Occurrence>,
    scope: Option<Scope>,
    title: Option<String>,
    type_: Option<DfType>,
    case_sense: Option<CaseSense>,
}

impl Framework {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let mut found = Self::default();
        while let Some(element) = cursor.next_child()? {
            match element {
                "AccessType" => cursor.once(&mut found.access, access)?,
                "DefaultValue" => cursor.once(&mut found.default_value, value)?,
                "Description" => cursor.once(&mut found.description, Cursor::field)?,
                "DFFormat" => cursor.once(&mut found.format, format)?,
                "Occurrence" => cursor.once(&mut found.occurrence, occurrence)?,
                "Scope" => cursor.once(&mut found.scope, scope)?,
                "DFTitle" => cursor.once(&mut found.title, Cursor::field)?,
                "DFType" => cursor.once(&mut found.type_, type_)?,
                "CaseSense" => cursor.once(&mut found.case_sense, case_sense)?,
                _ => return Err(cursor.misplaced()),
            }
        }
        Ok(found)
    }

    /// A description without name, place and children.
    fn describe(self, cursor: &Cursor<'_>) -> Result<Described, Error> {
        let (Some(access), Some(format), Some(type_)) = (self.access, self.format, self.type_)
        else {
            return Err(cursor.fault("no AccessType, DFFormat or DFType"));
        };
        if format != Format::Node && matches!(type_, DfType::DdfName(_)) {
            return Err(cursor.fault("a leaf with an interior node's type"));
        }
        Ok(Described {
            name: None,
            path: None,
            access,
            default_value: self.default_value,
            description: self.description,
            format,
            occurrence: self.occurrence.unwrap_or_default(),
            scope: self.scope.unwrap_or_default(),
            title: self.title,
            type_,
            case_sense: self.case_sense,
            children: Vec::new(),
        })
    }
}

/// Text with the white space around it.
fn value(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    Ok(cursor.text()?.as_str().to_owned())
}

fn format(cursor: &mut Cursor<'_>) -> Result<Format, Error> {
    let pieces = cursor.pieces()?;
    read_format(cursor, &pieces)?.ok_or_else(|| cursor.fault("not one format"))
}

fn access(cursor: &mut Cursor<'_>) -> Result<AccessType, Error> {
    let Pieces { text, children } = cursor.pieces()?;
    let mut rights = Vec::new();
    let mut copy = false;
    for (name, inside) in &children {
        match Right::ALL.into_iter().find(|right| right.as_str() == *name) {
            Some(right) if inside.is_empty() => rights.push(right),
            None if *name == "Copy" && inside.is_empty() => copy = true,
            _ => return Err(cursor.fault("not a command")),
        }
    }
    if !text.is_empty() {
        return Err(cursor.fault("not a command"));
    }
    Ok(AccessType {
        rights: Rights::of(&rights),
        copy,
    })
}

fn occurrence(cursor: &mut Cursor<'_>) -> Result<Occurrence, Error> {
    let (name, inside) = one(cursor)?;
    let found = match (name, inside.as_str()) {
        ("One", "") => Some(Occurrence::One),
        ("ZeroOrOne", "") => Some(Occurrence::ZeroOrOne),
        ("ZeroOrMore", "") => Some(Occurrence::ZeroOrMore),
        ("OneOrMore", "") => Some(Occurrence::OneOrMore),
        ("ZeroOrN", text) => most(text).map(Occurrence::ZeroOrN),
        ("OneOrN", text) => most(text).map(Occurrence::OneOrN),
        _ => None,
    };
    found.ok_or_else(|| cursor.fault("not an occurrence"))
}

/// 2 to 65536, in decimal (clauses 9.4.3.18 and 9.4.3.20).
fn most(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let number = text.parse().ok()?;
    (digits && (2..=65_536).contains(&number)).then_some(number)
}

fn scope(cursor: &mut Cursor<'_>) -> Result<Scope, Error> {
    let (name, inside) = one(cursor)?;
    match (name, inside.as_str()) {
        ("Permanent", "") => Ok(Scope::Permanent),
        ("Dynamic", "") => Ok(Scope::Dynamic),
        _ => Err(cursor.fault("neither permanent nor dynamic")),
    }
}

fn case_sense(cursor: &mut Cursor<'_>) -> Result<CaseSense, Error> {
    let (name, inside) = one(cursor)?;
    match (name, inside.as_str()) {
        ("CS", "") => Ok(CaseSense::Sensitive),
        ("CIS", "") => Ok(CaseSense::Insensitive),
        _ => Err(cursor.fault("neither CS nor CIS")),
    }
}

/// One or more media types, or one name of a management object.
fn type_(cursor: &mut Cursor<'_>) -> Result<DfType, Error> {
    let Pieces { text, children } = cursor.pieces()?;
    if !text.is_empty() || children.is_empty() {
        return Err(cursor.fault("not a type"));
    }
    if let [("DDFName", name)] = children.as_slice() {
        return Ok(DfType::DdfName(name.clone()));
    }
    let types = children.into_iter().map(|(name, type_)| match name {
        // Real descriptions leave it empty.
        "MIME" if type_.is_empty() || is_media_type(&type_) => Ok(type_),
        _ => Err(cursor.fault("not a type")),
    });
    types.collect::<Result<_, _>>().map(DfType::Mime)
}

/// A type and a subtype (RFC 6838 clause 4.2), and what parameters there are.
fn is_media_type(text: &str) -> bool {
    let named = |name: &str| {
        let first = name.bytes().next();
        first.is_some_and(|octet| octet.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet))
    };
    let bare = text.split(';').next().unwrap_or_default().trim_end();
    bare.split_once('/')
        .is_some_and(|(type_, subtype)| named(type_) && named(subtype))
}

/// The one child of the open element, with its text.
fn one(cursor: &mut Cursor<'_>) -> Result<(&'static str, String), Error> {
    let Pieces { text, mut children } = cursor.pieces()?;
    match (text.is_empty(), children.pop(), children.is_empty()) {
        (true, Some(child), true) => Ok(child),
        _ => Err(cursor.fault("not one element")),
    }
}
