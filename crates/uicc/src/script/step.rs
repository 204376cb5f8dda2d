//! A command of a statement, and how each format has it (TS 102 226 clauses 5.2.1.1 and
//! 5.2.2.1): in the compact format what a command with data gives is fetched by GET
//! RESPONSE, in the others it has an Le.

use crate::UiccError;
use crate::apdu::CommandApdu;
use crate::ber;
use crate::remote::{CommandScript, Format};

/// What becomes of what a command gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    /// As the command stands.
    AsIs,
    /// It is wanted, and in the compact format fetched.
    Fetched,
    /// It is not wanted: in the compact format nothing fetches it.
    Unheeded,
}

/// A command.
#[derive(Clone, Debug)]
pub(super) struct Step {
    command: CommandApdu,
    back: Back,
}

/// GET RESPONSE of all that there is.
const GET_RESPONSE: CommandApdu = CommandApdu::new([0x00, 0xc0, 0x00, 0x00]).expecting(256);

impl Step {
    /// One that both formats have as it is.
    pub(super) const fn new(command: CommandApdu) -> Self {
        Self {
            command,
            back: Back::AsIs,
        }
    }

    /// One with data that gives something.
    pub(super) const fn fetching(command: CommandApdu) -> Self {
        Self {
            command: command.expecting(256),
            back: Back::Fetched,
        }
    }

    /// One with data that gives something that nobody wants.
    pub(super) const fn unheeded(command: CommandApdu) -> Self {
        Self {
            command: command.expecting(256),
            back: Back::Unheeded,
        }
    }

    /// The command itself.
    pub(super) const fn command(&self) -> &CommandApdu {
        &self.command
    }

    /// The commands that a script has for it.
    pub(super) fn written(&self, format: Format) -> Vec<CommandApdu> {
        if format != Format::Compact || self.back == Back::AsIs {
            return vec![self.command.clone()];
        }
        let mut command = self.command.clone();
        command.expected = None;
        match self.back {
            Back::Fetched => vec![command, GET_RESPONSE],
            _ => vec![command],
        }
    }

    /// Whether what it gives is wanted: the answer to a compact script has the data of
    /// the last command alone.
    pub(super) const fn is_wanted(&self) -> bool {
        self.command.expected.is_some() && !matches!(self.back, Back::Unheeded)
    }
}

/// How many octets commands take in a script, without what is around them all.
///
/// # Errors
///
/// [`UiccError`] for one that the format can't write.
pub(super) fn size(format: Format, commands: &[CommandApdu]) -> Result<usize, UiccError> {
    if format == Format::Compact {
        let script = CommandScript::new(format, commands.to_vec());
        return script.encode().map(|octets| octets.len());
    }
    commands.iter().try_fold(0, |sum, command| {
        let length = command.encode()?.len();
        Ok(sum + 1 + ber::length(length)?.len() + length)
    })
}

/// How many octets a script has whose commands take so many.
///
/// # Errors
///
/// [`UiccError::TooLong`].
pub(super) fn whole(format: Format, value: usize) -> Result<usize, UiccError> {
    Ok(match format {
        Format::Compact => value,
        Format::Expanded => 1 + ber::length(value)?.len() + value,
        // Tag and 80 before them, 00 00 behind.
        Format::Indefinite => 4 + value,
    })
}
