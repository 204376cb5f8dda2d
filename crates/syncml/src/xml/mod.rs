//! SyncML messages as XML 1.0 in UTF-8 (SyncML RepPro 1.2; OMA DM RepPro 1.2,
//! "SyncML", for the content type).
//!
//! What is written follows the DTD's order of children. What is read may have
//! its children in any order, as real peers do, and is otherwise held to this:
//!
//! - names count by their local part in a namespace that begins with
//!   `SYNCML:` in any case, or in none; any prefix may stand for it;
//! - unknown elements are skipped in `Meta`, `MetInf` and `Item`, and refused
//!   elsewhere; an element that may stand once is refused when it comes again;
//! - a DTD without an internal subset is skipped, one with it is refused, and
//!   so is every entity but the five of XML; nothing outside is ever fetched;
//! - white space around values is dropped, except in the `Data` of items.

mod attribute;
mod char;
mod cursor;
mod element;
mod names;
mod sink;
mod tags;
mod tree;

use self::cursor::Cursor;
use self::sink::XmlSink;
use crate::write::Length;
use crate::{Command, Error, Limits, Message, read, write};

pub(crate) use self::char::{first_forbidden, is_char, seems_forbidden, trim};
pub(crate) use self::tree::write_content;
pub use self::tree::{read_tree, write_tree};

/// The content type of a message in XML.
pub const CONTENT_TYPE: &str = "application/vnd.syncml.dm+xml";

/// The content type without the protocol, which some peers send and which
/// their answers then bear too.
pub const CONTENT_TYPE_PLAIN: &str = "application/vnd.syncml+xml";

/// Reads one message.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Unsupported`] and [`Error::Limit`] with the
/// place; [`Error::MissingCmdId`] with the whole message if commands without
/// `CmdID` are all that is wrong.
pub fn decode(octets: &[u8], limits: &Limits) -> Result<Message, Error> {
    let mut cursor = Cursor::new(octets, limits)?;
    cursor.root(crate::element::Element::SyncMl)?;
    let mut reading = read::message(cursor)?;
    reading.source.finish()?;
    reading.finish()
}

/// Writes `message`. The same message always gives the same octets.
///
/// # Errors
/// [`Error::Unwritable`] if an element would be wrong: a character that XML
/// forbids, markup that is not well-formed, an empty identifier, a command
/// without items where the DTD asks for one, a command that is not of device
/// management.
pub fn encode(message: &Message) -> Result<Vec<u8>, Error> {
    let mut sink = XmlSink(write::room(message, 1024, 224));
    write::message(&mut sink, message)?;
    Ok(sink.0)
}

/// The number of octets that [`encode`] would give, without keeping them.
///
/// # Errors
/// As [`encode`].
pub fn encoded_len(message: &Message) -> Result<usize, Error> {
    let mut sink = XmlSink(Length::default());
    write::message(&mut sink, message)?;
    Ok(sink.0.0)
}

/// The number of octets by which `command` makes a message longer, so that a
/// sender can fill a message up to its peer's `MaxMsgSize`.
///
/// # Errors
/// As [`encode`].
pub fn command_len(command: &Command) -> Result<usize, Error> {
    let mut sink = XmlSink(Length::default());
    write::command(&mut sink, command)?;
    Ok(sink.0.0)
}
