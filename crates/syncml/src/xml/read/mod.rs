//! Reading a message from XML (SyncML RepPro 1.2, "SyncML", "SyncBody"; the
//! module above says what is taken).

mod command;
mod header;
mod item;
mod meta;

use super::cursor::Cursor;
use crate::{Command, Error, Limit, Limits, Malformed, Message, Place, SyncBody, SyncHdr};

/// Reads one message.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Unsupported`] and [`Error::Limit`] with the
/// place; [`Error::MissingCmdId`] with the whole message if commands without
/// `CmdID` are all that is wrong.
pub fn decode(octets: &[u8], limits: &Limits) -> Result<Message, Error> {
    let mut reader = MessageReader {
        xml: Cursor::new(octets, limits)?,
        commands: 0,
        items: 0,
        missing_cmd_id: None,
    };
    reader.xml.root("SyncML")?;
    let message = reader.message()?;
    reader.xml.finish()?;
    match reader.missing_cmd_id {
        None => Ok(message),
        Some((at, command)) => Err(Error::MissingCmdId {
            at,
            command,
            message: Box::new(message),
        }),
    }
}

/// Reads the elements of one message and counts what is limited.
struct MessageReader<'a> {
    xml: Cursor<'a>,
    commands: usize,
    items: usize,
    /// The first command without a `CmdID`.
    missing_cmd_id: Option<(Place, &'static str)>,
}

impl MessageReader<'_> {
    fn message(&mut self) -> Result<Message, Error> {
        let (mut header, mut body) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child {
                "SyncHdr" => {
                    self.first("SyncHdr", header.as_ref())?;
                    header = Some(self.header()?);
                }
                "SyncBody" => {
                    self.first("SyncBody", body.as_ref())?;
                    body = Some(self.body()?);
                }
                _ => return Err(self.xml.unexpected()),
            }
        }
        let header: SyncHdr = self.need("SyncHdr", header)?;
        let body = self.need("SyncBody", body)?;
        Ok(Message { header, body })
    }

    fn body(&mut self) -> Result<SyncBody, Error> {
        let mut commands: Vec<Command> = Vec::new();
        let mut end = None;
        while let Some(child) = self.xml.child()? {
            if child == "Final" {
                self.first("Final", end.as_ref())?;
                end = Some(self.xml.flag()?);
            } else {
                commands.push(self.command(child, false)?);
            }
        }
        Ok(SyncBody {
            commands,
            is_final: end.is_some(),
        })
    }

    /// Refuses the open element `name` if it was `seen` before.
    fn first<T>(&self, name: &'static str, seen: Option<&T>) -> Result<(), Error> {
        match seen {
            None => Ok(()),
            Some(_) => Err(self.xml.malformed(Malformed::Duplicate(name))),
        }
    }

    /// Reads the open element `name` as a text that may stand once.
    fn text(&mut self, name: &'static str, slot: &mut Option<String>) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        *slot = Some(self.xml.text_value()?);
        Ok(())
    }

    /// Reads the open element `name` as a number that may stand once.
    fn number<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        slot: &mut Option<T>,
    ) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        *slot = Some(self.xml.number_value(name)?);
        Ok(())
    }

    /// Reads the open element `name` as a flag that may stand once.
    fn flag(&mut self, name: &'static str, slot: &mut bool) -> Result<(), Error> {
        self.first(name, slot.then_some(&()))?;
        *slot = true;
        self.xml.flag()
    }

    /// The value of the mandatory child `name` of the element that ended.
    fn need<T>(&self, name: &'static str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.xml.malformed(Malformed::Missing(name)))
    }

    /// Counts what comes in numbers below the items.
    fn count_item(&mut self) -> Result<(), Error> {
        self.items += 1;
        if self.items > self.xml.limits.max_items {
            return Err(self.xml.limit(Limit::Items));
        }
        Ok(())
    }
}
