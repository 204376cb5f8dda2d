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

mod char;
mod cursor;
mod element;
mod names;
mod read;
mod tag;
mod write;

pub use read::decode;
pub use write::{command_len, encode, encoded_len};

/// The content type of a message in XML.
pub const CONTENT_TYPE: &str = "application/vnd.syncml.dm+xml";

/// The content type without the protocol, which some peers send and which
/// their answers then bear too.
pub const CONTENT_TYPE_PLAIN: &str = "application/vnd.syncml+xml";
