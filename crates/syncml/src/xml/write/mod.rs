//! Writing a message as XML, children in the order of the DTD (SyncML RepPro
//! 1.2 and SyncML MetaInfo 1.2, DTDs; OMA DM RepPro 1.2 for what must be there).

mod command;
mod header;
mod sink;

use self::sink::{Length, Sink};
use super::cursor::DEEPEST;
use super::{char, element};
use crate::{Command, Error, Message, SyncBody, Unwritable};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2">"#;
const TAIL: &str = "</SyncML>";

/// Writes `message`. The same message always gives the same octets.
///
/// # Errors
/// [`Error::Unwritable`] if an element would be wrong: a character that XML
/// forbids, markup that is not well-formed, an empty identifier, a command
/// without items where the DTD asks for one, a command that is not of device
/// management.
pub fn encode(message: &Message) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(String::new());
    writer.message(message)?;
    Ok(writer.out.into_bytes())
}

/// The number of octets that [`encode`] would give, without keeping them.
///
/// # Errors
/// As [`encode`].
pub fn encoded_len(message: &Message) -> Result<usize, Error> {
    let mut writer = Writer::new(Length::default());
    writer.message(message)?;
    Ok(writer.out.octets())
}

/// The number of octets by which `command` makes a message longer, so that a
/// sender can fill a message up to its peer's `MaxMsgSize`.
///
/// # Errors
/// As [`encode`].
pub fn command_len(command: &Command) -> Result<usize, Error> {
    let mut writer = Writer::new(Length::default());
    writer.command(command)?;
    Ok(writer.out.octets())
}

/// Writes elements to `out`.
struct Writer<S> {
    out: S,
    /// Open groups.
    depth: usize,
}

impl<S: Sink> Writer<S> {
    const fn new(out: S) -> Self {
        Self { out, depth: 0 }
    }

    fn message(&mut self, message: &Message) -> Result<(), Error> {
        self.out.put(HEAD);
        self.header(&message.header)?;
        self.body(&message.body)?;
        self.out.put(TAIL);
        Ok(())
    }

    fn body(&mut self, body: &SyncBody) -> Result<(), Error> {
        self.open("SyncBody");
        self.commands("SyncBody", &body.commands)?;
        self.flag("Final", body.is_final);
        self.close("SyncBody");
        Ok(())
    }

    /// The commands of `element`, one or more.
    fn commands(&mut self, element: &'static str, commands: &[Command]) -> Result<(), Error> {
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

    fn open(&mut self, element: &str) {
        self.out.put("<");
        self.out.put(element);
        self.out.put(">");
    }

    fn close(&mut self, element: &str) {
        self.out.put("</");
        self.out.put(element);
        self.out.put(">");
    }

    fn flag(&mut self, element: &str, set: bool) {
        if set {
            self.out.put("<");
            self.out.put(element);
            self.out.put("/>");
        }
    }

    fn text(&mut self, element: &'static str, text: &str) -> Result<(), Error> {
        self.open(element);
        self.characters(element, text)?;
        self.close(element);
        Ok(())
    }

    fn optional(&mut self, element: &'static str, text: Option<&str>) -> Result<(), Error> {
        text.map_or(Ok(()), |text| self.text(element, text))
    }

    /// A text that may not be empty.
    fn filled(&mut self, element: &'static str, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Err(unwritable(element, Unwritable::Empty));
        }
        self.text(element, text)
    }

    /// `text` with what XML reads otherwise as references. `>` is always one,
    /// so that `]]>` can't arise; a carriage return would be read as a line
    /// feed.
    fn characters(&mut self, element: &'static str, text: &str) -> Result<(), Error> {
        if !text.chars().all(char::is_char) {
            return Err(unwritable(element, Unwritable::Character));
        }
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '\r']) {
            let (plain, tail) = rest.split_at(at);
            self.out.put(plain);
            let mut tail = tail.chars();
            self.out.put(match tail.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                _ => "&#13;",
            });
            rest = tail.as_str();
        }
        self.out.put(rest);
        Ok(())
    }

    /// `text` as it stands, if it is markup of its own.
    fn markup(&mut self, element: &'static str, text: &str) -> Result<(), Error> {
        if !element::stands_alone(text) {
            return Err(unwritable(element, Unwritable::Markup));
        }
        self.out.put(text);
        Ok(())
    }
}

const fn unwritable(element: &'static str, cause: Unwritable) -> Error {
    Error::Unwritable { element, cause }
}
