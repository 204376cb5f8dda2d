//! Objects that go out in chunks (OMA DM Protocol 1.2 clause 7). Every chunk
//! repeats the item's meta-information; the first alone has Size, the number of
//! octets of the value (OMA DM TND 1.2 clause 7.7.4, the property Size); all
//! but the last have MoreData. In XML the base64 of each chunk decodes by
//! itself; text is cut between characters.

use syncml::{Command, Data, Format, Item};

use super::Encoding;
use crate::Error;
use crate::tree::Value;

/// A chunk with fewer octets of the value is not worth a message, unless it is
/// the last one.
const LEAST: usize = 16;

/// A command whose one item has a value that may be cut.
#[derive(Clone)]
pub(crate) struct Object {
    /// The command without the data.
    frame: Command,
    value: Value,
    /// The octets of the whole command.
    len: usize,
}

impl Object {
    /// The object of `command`, which has one item with `value`.
    ///
    /// # Errors
    /// As for writing it.
    pub(crate) fn new(encoding: Encoding, command: Command, value: Value) -> Result<Self, Error> {
        let mut frame = command;
        number_long(&mut frame);
        let len = encoding.command_len(&frame)?;
        if let Some(item) = item(&mut frame) {
            item.data = None;
        }
        Ok(Self { frame, value, len })
    }

    /// The octets of the value.
    pub(crate) fn size(&self) -> usize {
        self.value.size()
    }

    /// The octets of the command with all of it.
    pub(crate) const fn whole_len(&self) -> usize {
        self.len
    }

    /// The command with what fits into `room` octets of the value from `at` on,
    /// and where the next chunk begins; `None` if that is not worth it. All of
    /// the value fits without Size and MoreData or not at all.
    ///
    /// # Errors
    /// As for writing it.
    pub(crate) fn cut(
        &self,
        encoding: Encoding,
        at: usize,
        room: usize,
    ) -> Result<Option<(Command, usize)>, Error> {
        let rest = self.value.data().get(at..).unwrap_or_default();
        if rest.len() <= room {
            let last = self.chunk(encoding, at, rest, false)?;
            if encoding.command_len(&last)? <= room {
                return Ok(Some((last, self.size())));
            }
        }
        let frame = encoding.command_len(&self.chunk(encoding, at, &[], true)?)?;
        let fits = self.fits(encoding, rest, room.saturating_sub(frame));
        if fits < LEAST.min(rest.len()) || fits >= rest.len() {
            return Ok(None);
        }
        let piece = rest.get(..fits).unwrap_or_default();
        let chunk = self.chunk(encoding, at, piece, true)?;
        Ok(Some((chunk, at.saturating_add(fits))))
    }

    fn chunk(
        &self,
        encoding: Encoding,
        at: usize,
        piece: &[u8],
        more_data: bool,
    ) -> Result<Command, Error> {
        let mut command = self.frame.clone();
        let data = match self.value.format() {
            Format::Bin if encoding.is_wbxml() => Data::Opaque(piece.to_vec()),
            Format::Bin => Data::base64(piece),
            _ => std::str::from_utf8(piece)
                .map(Data::text)
                .map_err(|_| Error::Failed("a text value is not UTF-8"))?,
        };
        if let Some(item) = item(&mut command) {
            item.data = Some(data);
            item.more_data = more_data;
            if at == 0 && more_data {
                let size = u64::try_from(self.size()).ok();
                item.meta.get_or_insert_default().size = size;
            }
        }
        Ok(command)
    }

    /// How many octets of `rest` take no more than `room` when written.
    fn fits(&self, encoding: Encoding, rest: &[u8], room: usize) -> usize {
        // STR_I and its end, or OPAQUE and its length, in WBXML.
        let room = if encoding.is_wbxml() {
            room.saturating_sub(6)
        } else {
            room
        };
        if *self.value.format() == Format::Bin {
            return rest.len().min(if encoding.is_wbxml() {
                room
            } else {
                // Whole groups of base64, so that there is no padding inside.
                room / 4 * 3
            });
        }
        let text = std::str::from_utf8(rest).unwrap_or_default();
        let mut left = room;
        let mut end = 0;
        for character in text.chars() {
            let written = match character {
                '&' | '\r' if !encoding.is_wbxml() => 5,
                '<' | '>' if !encoding.is_wbxml() => 4,
                other => other.len_utf8(),
            };
            let Some(rest) = left.checked_sub(written) else {
                break;
            };
            left = rest;
            end += character.len_utf8();
        }
        end
    }
}

/// The one item of a command.
fn item(command: &mut Command) -> Option<&mut Item> {
    match command {
        Command::Add(command) | Command::Replace(command) => command.items.first_mut(),
        Command::Exec(exec) => exec.items.first_mut(),
        Command::Results(results) => results.items.first_mut(),
        Command::Alert(alert) => alert.items.first_mut(),
        _ => None,
    }
}

/// A CmdID longer than any that is given, for the measure.
fn number_long(command: &mut Command) {
    let cmd_id = u32::MAX.into();
    match command {
        Command::Add(command) | Command::Replace(command) => command.cmd_id = cmd_id,
        Command::Exec(exec) => exec.cmd_id = cmd_id,
        Command::Results(results) => results.cmd_id = cmd_id,
        Command::Alert(alert) => alert.cmd_id = cmd_id,
        _ => {}
    }
}
