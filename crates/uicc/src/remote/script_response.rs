//! What came of a script (TS 102 226 clauses 5.2.1.2 and 5.2.2.2).

use super::{Format, R_APDU, contents, template};
use crate::apdu::ResponseApdu;
use crate::{UiccError, ber};

const DEFINITE: u8 = 0xab;
const INDEFINITE: u8 = 0xaf;
const EXECUTED: u8 = 0x80;
const IMMEDIATE_ACTION: u8 = 0x81;
const CHAINING: u8 = 0x83;
const BAD_FORMAT: u8 = 0x90;

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptResponse {
    /// Of a compact one.
    Compact {
        /// Commands carried out, the one that failed with them.
        executed: u8,
        /// What the last of them gave.
        last: ResponseApdu,
    },
    /// Of an expanded one.
    Expanded {
        /// With an indefinite length.
        is_indefinite: bool,
        /// Objects of the script that were carried out, if the card says so.
        executed: Option<u16>,
        /// What each of the commands gave.
        responses: Vec<ResponseApdu>,
        /// Why it went no further, beside what the last status word says.
        end: Option<End>,
    },
}

/// Why an expanded script went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Tag 90: 01 is an unknown tag, 02 a wrong length, 03 a length that was not
    /// found.
    BadFormat(u8),
    /// Tag 81: an immediate action: 01 is an error of suspension.
    ImmediateAction(u8),
    /// Tag 83: a chained script: 01 is that there was none before, 02 that chaining is
    /// not supported.
    Chaining(u8),
}

impl End {
    const fn tag(self) -> (u8, u8) {
        match self {
            Self::BadFormat(value) => (BAD_FORMAT, value),
            Self::ImmediateAction(value) => (IMMEDIATE_ACTION, value),
            Self::Chaining(value) => (CHAINING, value),
        }
    }

    const fn of(tag: u8, value: u8) -> Option<Self> {
        match tag {
            BAD_FORMAT => Some(Self::BadFormat(value)),
            IMMEDIATE_ACTION => Some(Self::ImmediateAction(value)),
            CHAINING => Some(Self::Chaining(value)),
            _ => None,
        }
    }

    /// What it says, in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::BadFormat(1) => "bad format: unknown tag",
            Self::BadFormat(2) => "bad format: wrong length",
            Self::BadFormat(3) => "bad format: length not found",
            Self::BadFormat(_) => "bad format",
            Self::ImmediateAction(1) => "immediate action: suspension failed",
            Self::ImmediateAction(_) => "immediate action: error",
            Self::Chaining(1) => "chained script: there is none before it",
            Self::Chaining(2) => "chained script: not supported or no room",
            Self::Chaining(_) => "chained script: error",
        }
    }
}

impl ScriptResponse {
    /// The octets.
    ///
    /// # Errors
    /// [`UiccError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        match self {
            Self::Compact { executed, last } => {
                let status = last.status.0.to_be_bytes();
                Ok([&[*executed], &status[..], &last.data].concat())
            }
            Self::Expanded {
                is_indefinite,
                executed,
                responses,
                end,
            } => {
                let mut value = Vec::new();
                if let Some(executed) = executed {
                    match executed.to_be_bytes() {
                        [0, low] => ber::put(&mut value, EXECUTED, &[low])?,
                        both => ber::put(&mut value, EXECUTED, &both)?,
                    }
                }
                for response in responses {
                    ber::put(&mut value, R_APDU, &response.encode())?;
                }
                if let Some((tag, octet)) = end.map(End::tag) {
                    ber::put(&mut value, tag, &[octet])?;
                }
                match is_indefinite {
                    true => template(Format::Indefinite, INDEFINITE, &value),
                    false => template(Format::Expanded, DEFINITE, &value),
                }
            }
        }
    }

    /// Reads the answer to a script of this format. Answers to expanded scripts come
    /// with a definite or an indefinite length, whatever the script had.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`],
    /// [`UiccError::TooLong`].
    pub fn read(format: Format, octets: &[u8]) -> Result<Self, UiccError> {
        if format == Format::Compact {
            let [executed, sw1, sw2, data @ ..] = octets else {
                return Err(UiccError::Truncated("the answer to the script"));
            };
            let last = ResponseApdu::parse(&[data, &[*sw1, *sw2]].concat())?;
            return Ok(Self::Compact {
                executed: *executed,
                last,
            });
        }
        let format = match octets.first() {
            Some(&DEFINITE) => Format::Expanded,
            Some(&INDEFINITE) => Format::Indefinite,
            Some(_) => return Err(UiccError::Reserved("the template's tag")),
            None => return Err(UiccError::Truncated("the answer to the script")),
        };
        read_expanded(format, contents(format, octets)?)
    }
}

fn read_expanded(format: Format, mut rest: &[u8]) -> Result<ScriptResponse, UiccError> {
    let (mut executed, mut responses, mut end) = (None, Vec::new(), None);
    let mut is_first = true;
    while let Some((tag, behind)) = rest.split_first() {
        let (length, behind) = ber::read_length(behind, "length of an object")?;
        let (value, behind) = behind
            .split_at_checked(length)
            .ok_or(UiccError::Truncated("an object of the answer"))?;
        rest = behind;
        match (*tag, value) {
            (EXECUTED, [low]) if is_first => executed = Some(u16::from(*low)),
            (EXECUTED, [high, low]) if is_first => {
                executed = Some(u16::from_be_bytes([*high, *low]));
            }
            (R_APDU, response) => responses.push(ResponseApdu::parse(response)?),
            (tag, [value]) if rest.is_empty() => {
                end = End::of(tag, *value);
                if end.is_none() {
                    return Err(UiccError::Reserved("a tag of the answer"));
                }
            }
            _ => return Err(UiccError::Reserved("a tag of the answer")),
        }
        is_first = false;
    }
    Ok(ScriptResponse::Expanded {
        is_indefinite: format == Format::Indefinite,
        executed,
        responses,
        end,
    })
}
