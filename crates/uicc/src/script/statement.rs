//! The statements of the language and their commands: remote file management (TS 102
//! 226 clause 7, by TS 102 221 clause 11.1), remote application management (clause 8, by
//! the GlobalPlatform Card Specification 2.3 clause 11).

use std::fmt;

use data_encoding::HEXLOWER;

use super::management::{ForInstall, ForLoad, NO_PARAMETERS, Registry};
use super::step::Step;
use crate::UiccError;
use crate::apdu::CommandApdu;
use crate::cap::Aid;
use crate::files;

/// What one line asks for, but for `load` of a whole file.
#[derive(Clone, PartialEq)]
pub(super) enum Statement {
    Select(Vec<u16>),
    SelectApplication(Aid),
    ReadBinary {
        offset: u16,
        length: u16,
    },
    ReadRecord {
        number: u8,
        length: u16,
    },
    UpdateBinary {
        offset: u16,
        content: Content,
    },
    UpdateRecord {
        number: u8,
        content: Content,
    },
    ActivateFile,
    DeactivateFile,
    ForLoad(ForLoad),
    ForInstall(ForInstall),
    LoadBlock {
        number: u8,
        is_last: bool,
        data: Vec<u8>,
    },
    Delete {
        aid: Aid,
        related: bool,
    },
    GetStatus {
        of: Registry,
        is_next: bool,
        /// The first octets of an AID, or none for all.
        aid: Vec<u8>,
    },
    Lock {
        aid: Aid,
        is_locked: bool,
    },
    GetData {
        tag: u16,
        length: u16,
    },
    Raw(CommandApdu),
}

/// What a file gets.
#[derive(Clone, PartialEq)]
pub(super) enum Content {
    Octets(Vec<u8>),
    Value(files::Value),
}

impl Content {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Octets(octets) => octets.clone(),
            Self::Value(value) => value.encode(),
        }
    }
}

/// SELECT by file identifier, with no data back (TS 102 221 clause 11.1.1).
const SELECT_FILE: [u8; 4] = [0x00, 0xa4, 0x00, 0x0c];
/// SELECT by AID, with no data back.
const SELECT_AID: [u8; 4] = [0x00, 0xa4, 0x04, 0x0c];
/// A record by its number.
const ABSOLUTE: u8 = 0x04;

impl Statement {
    /// Its commands.
    ///
    /// # Errors
    ///
    /// [`UiccError::TooLong`] for what one APDU can't hold.
    pub(super) fn steps(&self) -> Result<Vec<Step>, UiccError> {
        let step = match self {
            Self::Select(path) => {
                let select = |identifier: &u16| {
                    Step::new(CommandApdu::new(SELECT_FILE).with_data(identifier.to_be_bytes()))
                };
                return Ok(path.iter().map(select).collect());
            }
            Self::SelectApplication(aid) => {
                Step::new(CommandApdu::new(SELECT_AID).with_data(aid.octets()))
            }
            Self::ReadBinary { offset, length } => {
                Step::new(binary(0xb0, *offset).expecting(*length))
            }
            Self::ReadRecord { number, length } => {
                Step::new(CommandApdu::new([0x00, 0xb2, *number, ABSOLUTE]).expecting(*length))
            }
            Self::UpdateBinary { offset, content } => {
                Step::new(binary(0xd6, *offset).with_data(content.octets()))
            }
            Self::UpdateRecord { number, content } => Step::new(
                CommandApdu::new([0x00, 0xdc, *number, ABSOLUTE]).with_data(content.octets()),
            ),
            Self::ActivateFile => Step::new(CommandApdu::new([0x00, 0x44, 0x00, 0x00])),
            Self::DeactivateFile => Step::new(CommandApdu::new([0x00, 0x04, 0x00, 0x00])),
            Self::ForLoad(fields) => {
                Step::fetching(CommandApdu::new([0x80, 0xe6, 0x02, 0x00]).with_data(fields.data()?))
            }
            Self::ForInstall(fields) => {
                Step::fetching(CommandApdu::new([0x80, 0xe6, 0x0c, 0x00]).with_data(fields.data()?))
            }
            Self::LoadBlock {
                number,
                is_last,
                data,
            } => {
                let p1 = if *is_last { 0x80 } else { 0x00 };
                let command =
                    CommandApdu::new([0x80, 0xe8, p1, *number]).with_data(data.as_slice());
                match is_last {
                    true => Step::fetching(command),
                    false => Step::unheeded(command),
                }
            }
            Self::Delete { aid, related } => {
                let p2 = if *related { 0x80 } else { 0x00 };
                let data = named(aid.octets())?;
                Step::fetching(CommandApdu::new([0x80, 0xe4, 0x00, p2]).with_data(data))
            }
            Self::GetStatus { of, is_next, aid } => {
                let p2 = if *is_next { 0x03 } else { 0x02 };
                let command = CommandApdu::new([0x80, 0xf2, of.p1(), p2]);
                Step::fetching(command.with_data(named(aid)?))
            }
            Self::Lock { aid, is_locked } => {
                let p2 = if *is_locked { 0x80 } else { 0x00 };
                Step::new(CommandApdu::new([0x80, 0xf0, 0x40, p2]).with_data(aid.octets()))
            }
            Self::GetData { tag, length } => {
                let [p1, p2] = tag.to_be_bytes();
                Step::new(CommandApdu::new([0x80, 0xca, p1, p2]).expecting(*length))
            }
            Self::Raw(command) => Step::new(command.clone()),
        };
        // 255 octets of data, and what Le may be.
        step.command().encode()?;
        Ok(vec![step])
    }
}

fn binary(instruction: u8, offset: u16) -> CommandApdu {
    let [p1, p2] = offset.to_be_bytes();
    CommandApdu::new([0x00, instruction, p1, p2])
}

/// 4F with an AID or its first octets.
fn named(aid: &[u8]) -> Result<Vec<u8>, UiccError> {
    let mut out = Vec::new();
    crate::ber::put(&mut out, 0x4f, aid)?;
    Ok(out)
}

/// The line.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(path) => {
                for (at, identifier) in path.iter().enumerate() {
                    let before = if at == 0 { "select " } else { "/" };
                    write!(f, "{before}{identifier:04X}")?;
                }
                Ok(())
            }
            Self::SelectApplication(aid) => write!(f, "select aid {aid}"),
            Self::ReadBinary {
                offset: 0,
                length: 256,
            } => f.write_str("read-binary"),
            Self::ReadBinary { offset, length } => write!(f, "read-binary {offset} {length}"),
            Self::ReadRecord { number, length } => write!(f, "read-record {number} {length}"),
            Self::UpdateBinary { offset: 0, content } => write!(f, "update-binary {content}"),
            Self::UpdateBinary { offset, content } => {
                write!(f, "update-binary {offset} {content}")
            }
            Self::UpdateRecord { number, content } => {
                write!(f, "update-record {number} {content}")
            }
            Self::ActivateFile => f.write_str("activate-file"),
            Self::DeactivateFile => f.write_str("deactivate-file"),
            Self::ForLoad(fields) => {
                write!(f, "install for-load {}", fields.package)?;
                if let Some(domain) = &fields.domain {
                    write!(f, " domain {domain}")?;
                }
                option(f, "hash", &fields.hash, &[])?;
                option(f, "parameters", &fields.parameters, &[])?;
                option(f, "token", &fields.token, &[])
            }
            Self::ForInstall(fields) => {
                let (package, class) = (&fields.package, &fields.class);
                write!(
                    f,
                    "install for-install {package} {class} {}",
                    fields.instance
                )?;
                option(f, "privileges", &fields.privileges, &[0])?;
                option(f, "parameters", &fields.parameters, &NO_PARAMETERS)?;
                option(f, "token", &fields.token, &[])
            }
            Self::LoadBlock {
                number,
                is_last,
                data,
            } => {
                write!(f, "load-block {number} {}", HEXLOWER.encode(data))?;
                f.write_str(if *is_last { " last" } else { "" })
            }
            Self::Delete { aid, related } => {
                write!(f, "delete {aid}")?;
                f.write_str(if *related { " related" } else { "" })
            }
            Self::GetStatus { of, is_next, aid } => {
                write!(f, "get-status {}", of.word())?;
                if !aid.is_empty() {
                    write!(f, " {}", HEXLOWER.encode(aid))?;
                }
                f.write_str(if *is_next { " next" } else { "" })
            }
            Self::Lock { aid, is_locked } => {
                write!(f, "{} {aid}", if *is_locked { "lock" } else { "unlock" })
            }
            Self::GetData { tag, length: 256 } => write!(f, "get-data {tag:04X}"),
            Self::GetData { tag, length } => write!(f, "get-data {tag:04X} {length}"),
            Self::Raw(command) => {
                let octets = command.encode().unwrap_or_default();
                write!(f, "raw {}", HEXLOWER.encode(&octets))
            }
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octets(octets) => f.write_str(&HEXLOWER.encode(octets)),
            Self::Value(value) => {
                write!(f, "{}", value.name())?;
                value
                    .to_words()
                    .iter()
                    .try_for_each(|word| write!(f, " {word}"))
            }
        }
    }
}

/// A word and its octets, unless they are what goes without saying.
fn option(f: &mut fmt::Formatter<'_>, word: &str, octets: &[u8], usual: &[u8]) -> fmt::Result {
    match octets {
        _ if octets == usual => Ok(()),
        [] => write!(f, " {word} none"),
        _ => write!(f, " {word} {}", HEXLOWER.encode(octets)),
    }
}
