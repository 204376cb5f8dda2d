//! TERMINAL RESPONSE (ETSI TS 102 223 clause 6.8): what became of a proactive command.

use super::{COMPREHENSION, CommandDetails, Objects, put};
use crate::UiccError;

const DEVICES: u8 = 0x02;
const RESULT: u8 = 0x03;
/// From the terminal to the card.
const TERMINAL_TO_CARD: [u8; 2] = [0x82, 0x81];

/// What became of a command (clause 8.12), by the ranges of the general result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 00 to 1F
    Done,
    /// 20 to 2F: it may be tried again.
    Later,
    /// 30 to 3F, and what is reserved.
    Never,
}

/// What a terminal says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalResponse {
    /// Of which command.
    pub details: CommandDetails,
    /// The general result: 00 is success.
    pub result: u8,
}

impl TerminalResponse {
    /// What the result means.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self.result {
            0x00..=0x1f => Outcome::Done,
            0x20..=0x2f => Outcome::Later,
            _ => Outcome::Never,
        }
    }

    /// The command's data.
    ///
    /// # Errors
    /// Never: all its lengths are known.
    pub fn encode(self) -> Result<Vec<u8>, UiccError> {
        let mut out = Vec::new();
        let details = self.details.octets();
        put(&mut out, COMPREHENSION | CommandDetails::TAG, &details)?;
        put(&mut out, COMPREHENSION | DEVICES, &TERMINAL_TO_CARD)?;
        put(&mut out, COMPREHENSION | RESULT, &[self.result])?;
        Ok(out)
    }

    /// Reads a command's data. What stands behind the general result, and objects that
    /// other commands have, are passed over.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`].
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let what = "the terminal's response";
        let (mut details, mut result) = (None, None);
        for object in Objects::new(octets, what) {
            let (tag, value) = object?;
            match tag & !COMPREHENSION {
                CommandDetails::TAG => details = Some(CommandDetails::read(value)?),
                RESULT => result = value.first().copied(),
                _ => {}
            }
        }
        let ends = UiccError::Truncated(what);
        Ok(Self {
            details: details.ok_or(ends.clone())?,
            result: result.ok_or(ends)?,
        })
    }
}
