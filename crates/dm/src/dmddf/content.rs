//! The contents that both kinds of document have (OMA DM TND 1.2 clauses
//! 9.4.1.2 and 9.4.3.4), and their XML declaration (XML 1.0 clause 2.8).

use quick_xml::events::BytesDecl;
use syncml::Format;

use super::{Cursor, Pieces};
use crate::Error;

/// The version of the DTD.
pub(crate) const VERSION: &str = "1.2";

/// The content of `Format` or `DFFormat`: one empty element, or, as some
/// write, its name as text. Nothing is no format.
pub(crate) fn read_format(cursor: &Cursor<'_>, pieces: &Pieces) -> Result<Option<Format>, Error> {
    let name = match (pieces.text.as_str(), pieces.children.as_slice()) {
        ("", []) => return Ok(None),
        ("", [(name, text)]) if text.is_empty() => *name,
        (text, []) => text,
        _ => return Err(cursor.fault("not one format")),
    };
    match Format::read(name) {
        Format::Other(_) => Err(cursor.fault("unknown format")),
        format => Ok(Some(format)),
    }
}

/// A minor version changes nothing that a reader must know (clause 9.4.1.2).
pub(crate) fn check_version(version: &str) -> Result<(), Error> {
    match version.split_once('.') {
        Some(("1", _)) => Ok(()),
        _ => Err(Error::Version),
    }
}

/// Whether a declaration says XML 1.0 in UTF-8 or a part of it.
pub(super) fn is_readable(declaration: &BytesDecl<'_>) -> bool {
    let encoding = match declaration.encoding() {
        None => true,
        Some(Ok(name)) => ["utf-8", "us-ascii"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known)),
        Some(Err(_)) => false,
    };
    encoding && declaration.version().ok().as_deref() == Some("1.0")
}
