//! From the octets of a script back to lines of the language, which compile to the same
//! octets again.

use std::fmt;

use super::recognise::{alike, recognise};
use super::selected::Selected;
use super::statement::{Content, Statement};
use super::{DEFAULT_LIMIT, Script, no_files};
use crate::UiccError;
use crate::apdu::CommandApdu;
use crate::files::{Name, Value};
use crate::remote::{CommandScript, Format, Stop};

/// A script in words. Its text (`to_string`) is a whole script with its headers.
#[derive(Clone)]
pub struct Explained {
    /// How it is written.
    pub format: Format,
    /// Its header `limit`, for one that is longer than [`DEFAULT_LIMIT`].
    pub limit: Option<usize>,
    /// Its header `packets one`: it has something behind what would end a packet.
    pub is_one: bool,
    /// Its statements.
    pub lines: Vec<ExplainedLine>,
    /// Why it can't be read further.
    pub stop: Option<Stop>,
}

/// One statement.
#[derive(Clone)]
pub struct ExplainedLine {
    /// The statement.
    pub text: String,
    /// What more can be said of it; it may be empty.
    pub comment: String,
    /// The commands that it stands for.
    pub commands: Vec<CommandApdu>,
}

/// Explains the data of a command packet.
///
/// # Errors
///
/// Those of [`CommandScript::read`]; [`UiccError::TooLong`] for more than a packet holds.
pub fn explain(octets: &[u8]) -> Result<Explained, UiccError> {
    if octets.len() > usize::from(u16::MAX) {
        return Err(UiccError::TooLong);
    }
    let script = CommandScript::read(octets)?;
    let mut explained = Explained {
        format: script.format,
        limit: (octets.len() > DEFAULT_LIMIT).then_some(octets.len()),
        is_one: false,
        lines: Vec::new(),
        stop: script.stop,
    };
    let mut selected = Selected::default();
    let mut rest = script.commands.as_slice();
    while let Some((statement, count)) = recognise(script.format, rest, &selected) {
        let Some((commands, behind)) = rest.split_at_checked(count) else {
            break;
        };
        let before = selected.name();
        for command in commands {
            selected.note(0, command);
        }
        let name = match statement {
            Statement::Select(_) => selected.name(),
            _ => before,
        };
        explained.lines.push(ExplainedLine {
            comment: comment(&statement, name),
            text: statement.to_string(),
            commands: commands.to_vec(),
        });
        rest = behind;
    }
    explained.is_one = script.stop.is_none() && explained.compiled().as_deref() != Some(octets);
    Ok(explained)
}

impl Explained {
    /// Why it can't be read further, in words.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.stop.map(stopped)
    }

    /// The octets that its text compiles to, if they are one packet.
    fn compiled(&self) -> Option<Vec<u8>> {
        let script = Script::parse(&self.to_string(), no_files).ok()?;
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        let packets = script.packets(self.format, limit).ok()?;
        match packets.as_slice() {
            [packet] => Some(packet.data.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "format {}", self.format.word())?;
        if let Some(limit) = self.limit {
            writeln!(f, "limit {limit}")?;
        }
        if self.is_one {
            writeln!(f, "packets one")?;
        }
        for ExplainedLine { text, comment, .. } in &self.lines {
            match comment.as_str() {
                "" => writeln!(f, "{text}")?,
                comment => writeln!(f, "{text}  # {comment}")?,
            }
        }
        match self.stopped() {
            None => Ok(()),
            Some(why) => writeln!(f, "# it can't be read further: {why}"),
        }
    }
}

fn stopped(stop: Stop) -> String {
    let text = match stop {
        Stop::BadFormat(format) => {
            return format!(
                "bad format {:02x}: not one command after the other",
                format.octet()
            );
        }
        Stop::UnknownInstruction { class, instruction } => {
            return format!(
                "class {class:02x} and instruction {instruction:02x} are not known, so that P3 isn't either"
            );
        }
        Stop::WrongLength => "the length of a command is wrong",
        Stop::ImmediateAction => "an immediate action is not supported",
        Stop::ErrorAction => "an action for errors is not supported",
        Stop::Chaining => "a chained script is not supported",
    };
    text.to_owned()
}

/// What a statement does not say by itself, about the file of this name.
fn comment(statement: &Statement, name: Option<Name>) -> String {
    match (statement, name) {
        (Statement::Raw(command), _) => raw(command),
        (Statement::UpdateBinary { offset: 1.., .. }, Some(name)) => name.to_string(),
        (
            Statement::UpdateBinary { content, .. } | Statement::UpdateRecord { content, .. },
            Some(name),
        ) => match content {
            Content::Value(_) => String::new(),
            Content::Octets(octets) => match Value::decode(name, octets) {
                Err(UiccError::FileContent { file, why }) => format!("{file}: {why}"),
                Ok(value) => format!("{name} {}", value.to_words().join(" ")),
                Err(_) => name.to_string(),
            },
        },
        (
            Statement::Select(_)
            | Statement::ReadBinary { .. }
            | Statement::ReadRecord { .. }
            | Statement::ActivateFile
            | Statement::DeactivateFile,
            Some(name),
        ) => name.to_string(),
        _ => String::new(),
    }
}

/// What a command is called, and the statement that is like it.
fn raw(command: &CommandApdu) -> String {
    let name = instruction(command).unwrap_or("not known");
    match alike(command) {
        Some(statement) => format!("{name}, like `{statement}`"),
        None => name.to_owned(),
    }
}

/// What a command is called (TS 102 221 clause 10.1.2, GlobalPlatform Card Specification
/// 2.3 clause 11.1).
pub(super) const fn instruction(command: &CommandApdu) -> Option<&'static str> {
    let is_interindustry = matches!(command.class, 0x00..=0x0f | 0x40..=0x7f);
    Some(match (is_interindustry, command.instruction) {
        (true, 0xa4) => "SELECT",
        (true, 0xb0) => "READ BINARY",
        (true, 0xd6) => "UPDATE BINARY",
        (true, 0xb2) => "READ RECORD",
        (true, 0xdc) => "UPDATE RECORD",
        (true, 0xa2) => "SEARCH RECORD",
        (_, 0x32) => "INCREASE",
        (true, 0xc0) => "GET RESPONSE",
        (true, 0x20) => "VERIFY PIN",
        (true, 0x24) => "CHANGE PIN",
        (true, 0x26) => "DISABLE PIN",
        (true, 0x28) => "ENABLE PIN",
        (true, 0x2c) => "UNBLOCK PIN",
        (true, 0x04) => "DEACTIVATE FILE",
        (true, 0x44) => "ACTIVATE FILE",
        (true, 0xe0) => "CREATE FILE",
        (true, 0xe4) => "DELETE FILE",
        (true, 0xe6) => "TERMINATE DF",
        (true, 0xe8) => "TERMINATE EF",
        (false, 0xd4) => "RESIZE FILE",
        (false, 0xdb) => "SET DATA",
        (false, 0xcb) => "RETRIEVE DATA",
        (false, 0xca) => "GET DATA",
        (false, 0xd8) => "PUT KEY",
        (false, 0xe2) => "STORE DATA",
        (false, 0xe4) => "DELETE",
        (false, 0xe6) => "INSTALL",
        (false, 0xe8) => "LOAD",
        (false, 0xf0) => "SET STATUS",
        (false, 0xf2) => "GET STATUS",
        _ => return None,
    })
}
