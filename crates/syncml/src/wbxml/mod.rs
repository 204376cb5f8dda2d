//! Documents in WBXML (WAP-192-WBXML 1.3): messages as types
//! (`application/vnd.syncml.dm+wbxml`, SyncML RepPro 1.2, "WBXML Definition"),
//! and documents of any language with tokens here as trees.
//!
//! Versions 1.0 to 1.3 are read, public identifiers as numbers or in the
//! string table, strings inline or there, OPAQUE data wherever text may stand.
//! What is written is version 1.2 in UTF-8 without a string table.
//!
//! Values of items travel as octets here and as base64 in XML where their
//! Format is `bin`. Documents in them, trees of OMA DM above all, are WBXML
//! documents in OPAQUE data here and markup in XML; their media type says
//! which. [`decode`] opens and [`encode`] closes them, so that the types are
//! the same for both representations.

mod cursor;
mod input;
mod language;
mod nested;
mod sink;
mod tokens;
mod tree;
mod vocabulary;

use self::cursor::Cursor;
use self::sink::WbxmlSink;
use crate::write::Length;
use crate::{Command, Error, Limits, Message, read, write};

pub use language::Language;
pub use nested::to_markup;
pub use tree::{read_tree, write_tree};

/// The content type of a message in WBXML.
pub const CONTENT_TYPE: &str = "application/vnd.syncml.dm+wbxml";

/// The content type without the protocol, which some peers send and which
/// their answers then bear too.
pub const CONTENT_TYPE_PLAIN: &str = "application/vnd.syncml+wbxml";

/// Reads one message.
///
/// # Errors
/// As [`xml::decode`](crate::xml::decode).
pub fn decode(octets: &[u8], limits: &Limits) -> Result<Message, Error> {
    let reading = read::message(Cursor::new(octets, limits)?)?;
    reading.source.finish()?;
    reading.finish()
}

/// Writes `message`. The same message always gives the same octets.
///
/// # Errors
/// As [`xml::encode`](crate::xml::encode), but octets need no Format here; and
/// [`Error::NotBase64`] for text of the Format `bin` that is not base64.
pub fn encode(message: &Message) -> Result<Vec<u8>, Error> {
    let mut sink = WbxmlSink::new(write::room(message, 256, 96));
    write::message(&mut sink, message)?;
    Ok(sink.out)
}

/// The number of octets that [`encode`] would give, without keeping them.
///
/// # Errors
/// As [`encode`].
pub fn encoded_len(message: &Message) -> Result<usize, Error> {
    let mut sink = WbxmlSink::new(Length::default());
    write::message(&mut sink, message)?;
    Ok(sink.out.0)
}

/// The number of octets by which `command` makes a message longer, so that a
/// sender can fill a message up to its peer's `MaxMsgSize`.
///
/// # Errors
/// As [`encode`].
pub fn command_len(command: &Command) -> Result<usize, Error> {
    let mut sink = WbxmlSink::new(Length::default());
    write::command(&mut sink, command)?;
    Ok(sink.out.0)
}
