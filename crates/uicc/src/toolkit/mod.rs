//! Commands between a terminal and a card's toolkit (ETSI TS 102 223, 3GPP TS 31.111),
//! as far as secured packets need them: a card that sends short messages, and what the
//! terminal says of it. [`crate::sms::SmsPpDownload`] is the way in.

mod objects;
mod send_short_message;
mod terminal_response;

pub(crate) use objects::{Objects, passed_over, put};
pub use send_short_message::SendShortMessage;
pub use terminal_response::{Outcome, TerminalResponse};

/// Tags with the bit that asks for comprehension (TS 101 220 clause 7.1.1.1).
pub(crate) const COMPREHENSION: u8 = 0x80;

/// Command details (TS 102 223 clause 8.6): which command, and what kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandDetails {
    /// The command's number.
    pub number: u8,
    /// Its type: 13 is SEND SHORT MESSAGE.
    pub kind: u8,
    /// Its qualifier.
    pub qualifier: u8,
}

impl CommandDetails {
    const TAG: u8 = 0x01;

    const fn octets(self) -> [u8; 3] {
        [self.number, self.kind, self.qualifier]
    }

    fn read(value: &[u8]) -> Result<Self, crate::UiccError> {
        match value {
            [number, kind, qualifier] => Ok(Self {
                number: *number,
                kind: *kind,
                qualifier: *qualifier,
            }),
            _ => Err(crate::UiccError::Length("command details")),
        }
    }
}
