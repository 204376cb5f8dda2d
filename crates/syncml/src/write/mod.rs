//! Writing a message, children in the order of the DTD (SyncML RepPro 1.2 and
//! SyncML MetaInfo 1.2, DTDs; OMA DM RepPro 1.2 for what must be there). A
//! [`Sink`] gives the elements their octets.

mod command;
mod header;
mod octets;

use crate::element::Element;
use crate::{Command, Data, Error, Format, Item, Message, Meta, SyncBody, Unwritable};

pub(crate) use self::octets::{Length, Octets, room};

/// No message goes deeper, whatever its reader's [`Limits`](crate::Limits)
/// say: readers and writers recurse once for each level of groups.
pub(crate) const DEEPEST: usize = 128;

/// Takes the elements of one document in order.
pub(crate) trait Sink {
    /// What stands before the root element.
    fn begin(&mut self);

    /// Opens an element.
    fn open(&mut self, element: Element);

    /// Closes the innermost open element, which is `element`.
    fn close(&mut self, element: Element);

    /// An element without content.
    fn empty(&mut self, element: Element);

    /// The text of the open `element`.
    fn text(&mut self, element: Element, text: &str) -> Result<(), Error>;

    /// The value of an item in the open element `Data`.
    fn data(&mut self, data: &Data, format: Option<&Format>) -> Result<(), Error>;

    /// The meta-information and value that stand for those of an item where
    /// the representation has another form of them.
    fn exchange(&self, _item: &Item, _command: Option<&Meta>) -> Option<(Meta, Data)> {
        None
    }

    /// A command has ended: from here on the octets don't depend on it.
    fn settle(&mut self) {}
}

/// Writes a whole message.
///
/// # Errors
/// [`Error::Unwritable`] if an element would be wrong.
pub(crate) fn message(sink: &mut impl Sink, message: &Message) -> Result<(), Error> {
    sink.begin();
    sink.open(Element::SyncMl);
    let mut writer = Writer {
        out: sink,
        depth: 0,
    };
    writer.header(&message.header)?;
    writer.body(&message.body)?;
    sink.close(Element::SyncMl);
    Ok(())
}

/// Writes one command.
///
/// # Errors
/// [`Error::Unwritable`] if an element would be wrong.
pub(crate) fn command(sink: &mut impl Sink, command: &Command) -> Result<(), Error> {
    Writer {
        out: sink,
        depth: 0,
    }
    .command(command)
}

/// Writes elements to `out`.
struct Writer<'a, S> {
    out: &'a mut S,
    /// Open groups.
    depth: usize,
}

impl<S: Sink> Writer<'_, S> {
    fn body(&mut self, body: &SyncBody) -> Result<(), Error> {
        self.out.open(Element::SyncBody);
        self.commands(Element::SyncBody, &body.commands)?;
        self.flag(Element::Final, body.is_final);
        self.out.close(Element::SyncBody);
        Ok(())
    }

    /// The commands of `element`, one or more.
    fn commands(&mut self, element: Element, commands: &[Command]) -> Result<(), Error> {
        if commands.is_empty() {
            return Err(unwritable(element, Unwritable::NoContent));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(unwritable(element, Unwritable::Depth));
        }
        for command in commands {
            self.command(command)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn flag(&mut self, element: Element, set: bool) {
        if set {
            self.out.empty(element);
        }
    }

    fn text(&mut self, element: Element, text: &str) -> Result<(), Error> {
        self.out.open(element);
        self.out.text(element, text)?;
        self.out.close(element);
        Ok(())
    }

    fn optional(&mut self, element: Element, text: Option<&str>) -> Result<(), Error> {
        match text {
            Some(text) => self.text(element, text),
            None => Ok(()),
        }
    }

    fn number(&mut self, element: Element, number: Option<u64>) -> Result<(), Error> {
        match number {
            Some(number) => self.text(element, &number.to_string()),
            None => Ok(()),
        }
    }

    /// A text that may not be empty.
    fn filled(&mut self, element: Element, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Err(unwritable(element, Unwritable::Empty));
        }
        self.text(element, text)
    }
}

pub(crate) const fn unwritable(element: Element, cause: Unwritable) -> Error {
    Error::Unwritable {
        element: element.name(),
        cause,
    }
}
