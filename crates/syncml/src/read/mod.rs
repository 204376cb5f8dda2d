//! Reading a message, whatever its representation (SyncML RepPro 1.2, "SyncML",
//! "SyncBody"). A [`Source`] gives the elements in order; here it is settled
//! which may stand where, how often, and how many.

mod command;
mod header;
mod item;
mod meta;

use std::borrow::Cow;

use crate::element::Element;
use crate::{
    Command, Data, Error, Item, Limit, Limits, Malformed, Message, Meta, Place, SyncBody, SyncHdr,
};

/// The elements of one document in order. An element that was opened is read
/// to its end by one of the other methods before the next one is opened.
pub(crate) trait Source {
    /// Opens the next child of the open element; `None` at the element's end.
    fn child(&mut self) -> Result<Option<Element>, Error>;

    /// Reads the open element as text, without the white space around it.
    fn text_value(&mut self) -> Result<Cow<'_, str>, Error>;

    /// Reads the open element, which must be empty.
    fn flag(&mut self) -> Result<(), Error>;

    /// Reads the open element and drops what is in it.
    fn skip(&mut self) -> Result<(), Error>;

    /// Reads the open element as the value of an item, every character kept.
    fn data_value(&mut self) -> Result<Data, Error>;

    /// Gives the value of a complete item the form that `Format` and `Type`
    /// ask for; they may have come behind it.
    fn settle(&self, _item: &mut Item, _command: Option<&Meta>) {}

    /// Reads the open element as a nonce.
    fn nonce_value(&mut self) -> Result<Written, Error> {
        Ok(Written::Text(self.text_value()?.into_owned()))
    }

    /// What the document may ask for.
    fn limits(&self) -> &Limits;

    /// Where the reader is.
    fn place(&self) -> Place;

    /// The innermost open element may not stand where it does.
    fn unexpected(&self) -> Error;
}

/// How a nonce was written.
pub(crate) enum Written {
    /// As text.
    Text(String),
    /// As octets.
    Octets(Vec<u8>),
}

/// Reads the message whose root element `source` has opened. The caller reads
/// the document's end, then calls [`Reading::finish`].
pub(crate) fn message<S: Source>(source: S) -> Result<Reading<S>, Error> {
    let mut reader = MessageReader {
        source,
        commands: 0,
        items: 0,
        missing_cmd_id: None,
    };
    let message = reader.message()?;
    Ok(Reading {
        source: reader.source,
        message,
        missing_cmd_id: reader.missing_cmd_id,
    })
}

/// A message whose document may go on.
pub(crate) struct Reading<S> {
    pub(crate) source: S,
    message: Message,
    missing_cmd_id: Option<(Place, &'static str)>,
}

impl<S> Reading<S> {
    /// The message, or what was wrong with it alone.
    pub(crate) fn finish(self) -> Result<Message, Error> {
        match self.missing_cmd_id {
            None => Ok(self.message),
            Some((at, command)) => Err(Error::MissingCmdId {
                at,
                command,
                message: Box::new(self.message),
            }),
        }
    }
}

/// Reads the elements of one message and counts what is limited.
struct MessageReader<S> {
    source: S,
    commands: usize,
    items: usize,
    /// The first command without a `CmdID`.
    missing_cmd_id: Option<(Place, &'static str)>,
}

impl<S: Source> MessageReader<S> {
    fn message(&mut self) -> Result<Message, Error> {
        let (mut header, mut body) = (None, None);
        while let Some(child) = self.source.child()? {
            match child {
                Element::SyncHdr => {
                    self.first(Element::SyncHdr, header.as_ref())?;
                    header = Some(self.header()?);
                }
                Element::SyncBody => {
                    self.first(Element::SyncBody, body.as_ref())?;
                    body = Some(self.body()?);
                }
                _ => return Err(self.source.unexpected()),
            }
        }
        let header: SyncHdr = self.need(Element::SyncHdr, header)?;
        let body = self.need(Element::SyncBody, body)?;
        Ok(Message { header, body })
    }

    fn body(&mut self) -> Result<SyncBody, Error> {
        let mut commands: Vec<Command> = Vec::new();
        let mut end = None;
        while let Some(child) = self.source.child()? {
            if child == Element::Final {
                self.first(Element::Final, end.as_ref())?;
                end = Some(self.source.flag()?);
            } else {
                commands.push(self.command(child, false)?);
            }
        }
        Ok(SyncBody {
            commands,
            is_final: end.is_some(),
        })
    }

    fn malformed(&self, cause: Malformed) -> Error {
        Error::Malformed {
            at: self.source.place(),
            cause,
        }
    }

    fn limit(&self, limit: Limit) -> Error {
        Error::Limit {
            at: self.source.place(),
            limit,
        }
    }

    /// Refuses the open element `name` if it was `seen` before.
    fn first<T>(&self, name: Element, seen: Option<&T>) -> Result<(), Error> {
        match seen {
            None => Ok(()),
            Some(_) => Err(self.malformed(Malformed::Duplicate(name.name()))),
        }
    }

    /// Reads the open element `name` as a text that may stand once.
    fn text(&mut self, name: Element, slot: &mut Option<String>) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        *slot = Some(self.source.text_value()?.into_owned());
        Ok(())
    }

    /// Reads the open element `name` as a number that may stand once.
    fn number<T: std::str::FromStr>(
        &mut self,
        name: Element,
        slot: &mut Option<T>,
    ) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        let text = self.source.text_value()?;
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        let number: Option<T> = text.parse().ok().filter(|_| digits);
        *slot = Some(number.ok_or_else(|| self.malformed(Malformed::Number(name.name())))?);
        Ok(())
    }

    /// Reads the open element `name` as a flag that may stand once.
    fn flag(&mut self, name: Element, slot: &mut bool) -> Result<(), Error> {
        self.first(name, slot.then_some(&()))?;
        *slot = true;
        self.source.flag()
    }

    /// The value of the mandatory child `name` of the element that ended.
    fn need<T>(&self, name: Element, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.malformed(Malformed::Missing(name.name())))
    }

    /// Counts what comes in numbers below the items.
    fn count_item(&mut self) -> Result<(), Error> {
        self.items += 1;
        if self.items > self.source.limits().max_items {
            return Err(self.limit(Limit::Items));
        }
        Ok(())
    }
}
