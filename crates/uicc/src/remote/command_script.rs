//! Scripts on their way to a card (TS 102 226 clauses 5.2.1.1 and 5.2.2.1).

use super::{C_APDU, Format, contents, template};
use crate::apdu::{CommandApdu, Flow};
use crate::{UiccError, ber};

const DEFINITE: u8 = 0xaa;
const INDEFINITE: u8 = 0xae;
const IMMEDIATE_ACTION: u8 = 0x81;
const ERROR_ACTION: u8 = 0x82;
const CHAINING: u8 = 0x83;

/// A script as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandScript {
    /// How it is written.
    pub format: Format,
    /// Its commands, up to where it can't be read further.
    pub commands: Vec<CommandApdu>,
    /// Why it can't be read further: a card carries out the commands before that.
    pub stop: Option<Stop>,
}

/// What a script can't be read beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Expanded: an object that is no command.
    BadFormat(BadFormat),
    /// The octets of a command are none.
    WrongLength,
    /// Compact: a class and an instruction that are not known, so that P3 isn't either.
    UnknownInstruction {
        /// CLA
        class: u8,
        /// INS
        instruction: u8,
    },
    /// Expanded: an immediate action, which is not supported.
    ImmediateAction,
    /// Expanded: an action for errors, which is not supported.
    ErrorAction,
    /// Expanded: a script that goes on with an earlier one, which is not supported.
    Chaining,
}

/// What is wrong with an object (clause 5.2.2.2.2, tag 90).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFormat {
    /// 01
    UnknownTag,
    /// 02
    WrongLength,
    /// 03
    LengthNotFound,
}

impl BadFormat {
    /// Its octet.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::UnknownTag => 1,
            Self::WrongLength => 2,
            Self::LengthNotFound => 3,
        }
    }
}

impl Stop {
    const fn error(self) -> UiccError {
        match self {
            Self::BadFormat(BadFormat::UnknownTag) => UiccError::Reserved("a tag of the script"),
            Self::BadFormat(BadFormat::WrongLength) => UiccError::Length("length of an object"),
            Self::BadFormat(BadFormat::LengthNotFound) => UiccError::Truncated("the script"),
            Self::WrongLength => UiccError::Length("length of a command"),
            Self::UnknownInstruction { .. } => UiccError::Unsupported("an instruction"),
            Self::ImmediateAction => UiccError::Unsupported("an immediate action"),
            Self::ErrorAction => UiccError::Unsupported("an error action"),
            Self::Chaining => UiccError::Unsupported("script chaining"),
        }
    }
}

impl CommandScript {
    /// A script of these commands.
    #[must_use]
    pub const fn new(format: Format, commands: Vec<CommandApdu>) -> Self {
        Self {
            format,
            commands,
            stop: None,
        }
    }

    /// The commands of a script that could be read to its end.
    ///
    /// # Errors
    /// [`UiccError::Reserved`], [`UiccError::Length`], [`UiccError::Truncated`],
    /// [`UiccError::Unsupported`] for what it can't be read beyond.
    pub fn whole(self) -> Result<Vec<CommandApdu>, UiccError> {
        match self.stop {
            None => Ok(self.commands),
            Some(stop) => Err(stop.error()),
        }
    }

    /// The octets. In the compact format a command with data has no Le, unless it is
    /// the last: what it gives is fetched by GET RESPONSE; P3 of a command without data
    /// is Le, or 00.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for data of over 255 octets, for a template of over
    /// 65,535, for over 255 commands in the compact format, whose answer counts them in
    /// one octet; [`UiccError::Length`] for an Le that can't be written;
    /// [`UiccError::Unsupported`] in the compact format for an instruction whose P3 is
    /// not known to be what it would be read as.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        match self.format {
            Format::Compact => self.compact(),
            format => {
                let mut value = Vec::new();
                for command in &self.commands {
                    ber::put(&mut value, C_APDU, &command.encode()?)?;
                }
                let tag = match format {
                    Format::Indefinite => INDEFINITE,
                    _ => DEFINITE,
                };
                template(format, tag, &value)
            }
        }
    }

    fn compact(&self) -> Result<Vec<u8>, UiccError> {
        if self.commands.len() > usize::from(u8::MAX) {
            return Err(UiccError::TooLong);
        }
        let mut out = Vec::new();
        let mut rest = self.commands.iter();
        while let Some(command) = rest.next() {
            let is_last = rest.len() == 0;
            match Flow::of(command.class, command.instruction) {
                Some(Flow::Out) if command.data.is_empty() => {
                    out.extend(command.header());
                    out.push(command.le()?.ok_or(UiccError::Length("Le"))?);
                }
                Some(Flow::In) if command.expected.is_none() => {
                    let data = command.data.as_slice();
                    let length = u8::try_from(data.len()).map_err(|_| UiccError::TooLong)?;
                    out.extend(command.header());
                    out.push(length);
                    out.extend(data);
                }
                Some(Flow::In) if is_last && !command.data.is_empty() => {
                    out.extend(command.encode()?);
                }
                Some(_) => return Err(UiccError::Length("P3")),
                None => return Err(UiccError::Unsupported("an instruction")),
            }
        }
        Ok(out)
    }

    /// Reads a script, in the format that its first octet says: AA and AE are no
    /// classes of commands.
    ///
    /// # Errors
    /// [`UiccError::Truncated`] for no octets at all and for an indefinite length
    /// without an end; [`UiccError::Length`] for a template of another length. What is
    /// wrong inside is in [`Self::stop`].
    pub fn read(octets: &[u8]) -> Result<Self, UiccError> {
        let format = match octets.first() {
            Some(&DEFINITE) => Format::Expanded,
            Some(&INDEFINITE) => Format::Indefinite,
            Some(_) => Format::Compact,
            None => return Err(UiccError::Truncated("the script")),
        };
        let mut script = Self::new(format, Vec::new());
        let mut rest = match format {
            Format::Compact => octets,
            _ => contents(format, octets)?,
        };
        while !rest.is_empty() {
            let next = match format {
                Format::Compact => next_of_compact(rest),
                _ => next_of_expanded(rest),
            };
            match next {
                Ok((command, behind)) => {
                    script.commands.push(command);
                    rest = behind;
                }
                Err(stop) => {
                    script.stop = Some(stop);
                    break;
                }
            }
        }
        Ok(script)
    }
}

type Next<'a> = Result<(CommandApdu, &'a [u8]), Stop>;

fn next_of_compact(octets: &[u8]) -> Next<'_> {
    let [class, instruction, p1, p2, p3, rest @ ..] = octets else {
        return Err(Stop::WrongLength);
    };
    let command = CommandApdu::new([*class, *instruction, *p1, *p2]);
    let flow = Flow::of(*class, *instruction).ok_or(Stop::UnknownInstruction {
        class: *class,
        instruction: *instruction,
    })?;
    if flow == Flow::Out {
        return Ok((command.expecting(crate::apdu::from_le(*p3)), rest));
    }
    let data = rest.split_at_checked(usize::from(*p3));
    let (data, rest) = data.ok_or(Stop::WrongLength)?;
    let command = command.with_data(data);
    // One octet is no command: it is the Le of the last.
    match rest {
        [le] if !data.is_empty() => Ok((command.expecting(crate::apdu::from_le(*le)), &[])),
        _ => Ok((command, rest)),
    }
}

fn next_of_expanded(octets: &[u8]) -> Next<'_> {
    let (tag, rest) = octets
        .split_first()
        .ok_or(Stop::BadFormat(BadFormat::LengthNotFound))?;
    match *tag {
        C_APDU => {}
        IMMEDIATE_ACTION => return Err(Stop::ImmediateAction),
        ERROR_ACTION => return Err(Stop::ErrorAction),
        CHAINING => return Err(Stop::Chaining),
        _ => return Err(Stop::BadFormat(BadFormat::UnknownTag)),
    }
    let (length, rest) = ber::read_length(rest, "the length").map_err(|error| {
        Stop::BadFormat(match error {
            UiccError::Truncated(_) => BadFormat::LengthNotFound,
            _ => BadFormat::WrongLength,
        })
    })?;
    let (value, rest) = rest
        .split_at_checked(length)
        .ok_or(Stop::BadFormat(BadFormat::WrongLength))?;
    let command = CommandApdu::parse(value).map_err(|_| Stop::WrongLength)?;
    Ok((command, rest))
}
