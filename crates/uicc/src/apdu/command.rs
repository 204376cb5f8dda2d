//! Command and response APDUs (TS 102 221 clauses 10.1 and 10.2).

use std::fmt;

use super::StatusWord;
use crate::UiccError;

/// A command: `CLA INS P1 P2 [Lc data] [Le]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CommandApdu {
    /// CLA
    pub class: u8,
    /// INS
    pub instruction: u8,
    /// P1
    pub p1: u8,
    /// P2
    pub p2: u8,
    /// At most 255 octets.
    pub data: Vec<u8>,
    /// How much is expected back at most: 1 to 256 octets, written as Le.
    pub expected: Option<u16>,
}

impl CommandApdu {
    /// One without data that expects nothing back.
    #[must_use]
    pub const fn new([class, instruction, p1, p2]: [u8; 4]) -> Self {
        Self {
            class,
            instruction,
            p1,
            p2,
            data: Vec::new(),
            expected: None,
        }
    }

    /// With data.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// With Le, 1 to 256 octets.
    #[must_use]
    pub const fn expecting(mut self, octets: u16) -> Self {
        self.expected = Some(octets);
        self
    }

    /// CLA, INS, P1, P2.
    #[must_use]
    pub const fn header(&self) -> [u8; 4] {
        [self.class, self.instruction, self.p1, self.p2]
    }

    /// The octets, without Lc if there is no data, without Le if nothing is expected.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 255 octets of data;
    /// [`UiccError::Length`] for an Le that is not 1 to 256.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let mut out = self.header().to_vec();
        if !self.data.is_empty() {
            let length = u8::try_from(self.data.len()).map_err(|_| UiccError::TooLong)?;
            out.push(length);
            out.extend(&self.data);
        }
        out.extend(self.le()?);
        Ok(out)
    }

    /// Le as it is written: 256 is 00.
    pub(crate) fn le(&self) -> Result<Option<u8>, UiccError> {
        match self.expected {
            None => Ok(None),
            Some(256) => Ok(Some(0)),
            Some(octets) => match u8::try_from(octets) {
                Ok(le @ 1..) => Ok(Some(le)),
                _ => Err(UiccError::Length("Le")),
            },
        }
    }

    /// Reads one whole command. `00` for Lc with nothing behind it is Le.
    ///
    /// # Errors
    /// [`UiccError::Truncated`]; [`UiccError::Length`], also for extended lengths.
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let (header, rest) = octets
            .split_first_chunk()
            .ok_or(UiccError::Truncated("the APDU"))?;
        let command = Self::new(*header);
        match rest {
            [] => Ok(command),
            [le] => Ok(command.expecting(from_le(*le))),
            [0, ..] => Err(UiccError::Length("Lc")),
            [length, rest @ ..] => {
                let (data, rest) = rest
                    .split_at_checked(usize::from(*length))
                    .ok_or(UiccError::Truncated("the APDU"))?;
                let command = command.with_data(data);
                match rest {
                    [] => Ok(command),
                    [le] => Ok(command.expecting(from_le(*le))),
                    _ => Err(UiccError::Length("APDU's length")),
                }
            }
        }
    }
}

/// How much an Le expects: 00 is 256.
pub(crate) const fn from_le(le: u8) -> u16 {
    match le {
        0 => 256,
        // `u16::from` is not const.
        le => le as u16,
    }
}

/// What it is and how long its data is: it may have keys in it.
impl fmt::Debug for CommandApdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [class, instruction, p1, p2] = self.header();
        write!(
            f,
            "CommandApdu({class:02x}{instruction:02x}{p1:02x}{p2:02x}, {} octets",
            self.data.len()
        )?;
        match self.expected {
            Some(octets) => write!(f, ", expects {octets})"),
            None => write!(f, ")"),
        }
    }
}

/// What a card says to a command: `[data] SW1 SW2`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResponseApdu {
    /// At most 256 octets.
    pub data: Vec<u8>,
    /// How it ended.
    pub status: StatusWord,
}

impl ResponseApdu {
    /// The octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.data.as_slice(), &self.status.0.to_be_bytes()].concat()
    }

    /// Reads one whole response.
    ///
    /// # Errors
    /// [`UiccError::Truncated`]; [`UiccError::TooLong`] for more than 256 octets of
    /// data.
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let (data, status) = octets
            .split_last_chunk()
            .ok_or(UiccError::Truncated("the status word"))?;
        if data.len() > 256 {
            return Err(UiccError::TooLong);
        }
        Ok(Self {
            data: data.to_vec(),
            status: StatusWord(u16::from_be_bytes(*status)),
        })
    }
}

impl From<StatusWord> for ResponseApdu {
    fn from(status: StatusWord) -> Self {
        Self {
            data: Vec::new(),
            status,
        }
    }
}

/// How long its data is, and not what.
impl fmt::Debug for ResponseApdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ResponseApdu({:04x}, {} octets)",
            self.status.0,
            self.data.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> CommandApdu {
        let command = CommandApdu::parse(octets).unwrap();
        assert_eq!(command.encode().unwrap(), octets);
        command
    }

    /// The four cases of ISO/IEC 7816-4 clause 5.1.
    #[test]
    fn the_four_cases() {
        assert_eq!(read(&[0, 0x44, 1, 2]), CommandApdu::new([0, 0x44, 1, 2]));
        assert_eq!(read(&[0, 0xb0, 0, 0, 9]).expected, Some(9));
        assert_eq!(read(&[0, 0xb0, 0, 0, 0]).expected, Some(256));
        let select = read(&[0, 0xa4, 0, 4, 2, 0x3f, 0]);
        assert_eq!(
            (select.data.as_slice(), select.expected),
            (&[0x3f, 0][..], None)
        );
        let status = read(&[0x80, 0xf2, 0x40, 2, 2, 0x4f, 0, 0]);
        assert_eq!(status.data, [0x4f, 0]);
        assert_eq!(status.expected, Some(256));
    }

    #[test]
    fn lengths() {
        for length in [1_usize, 127, 128, 255] {
            let data = vec![0xaa; length];
            let command = CommandApdu::new([0, 0xd6, 0, 0]).with_data(data);
            assert_eq!(read(&command.encode().unwrap()), command);
        }
        let long = CommandApdu::new([0, 0xd6, 0, 0]).with_data([0; 256]);
        assert_eq!(long.encode(), Err(UiccError::TooLong));
        for expected in [0, 257] {
            let command = CommandApdu::new([0, 0xb0, 0, 0]).expecting(expected);
            assert_eq!(command.encode(), Err(UiccError::Length("Le")));
        }
        let truncated = UiccError::Truncated("the APDU");
        assert_eq!(CommandApdu::parse(&[0, 0xa4, 0]), Err(truncated.clone()));
        assert_eq!(
            CommandApdu::parse(&[0, 0xd6, 0, 0, 3, 1, 2]),
            Err(truncated)
        );
        let long = CommandApdu::parse(&[0, 0xd6, 0, 0, 1, 1, 0, 0]);
        assert_eq!(long, Err(UiccError::Length("APDU's length")));
        // Extended: 00, two octets of Lc, data.
        let extended = CommandApdu::parse(&[0, 0xd6, 0, 0, 0, 0, 1, 9]);
        assert_eq!(extended, Err(UiccError::Length("Lc")));
    }

    #[test]
    fn responses() {
        let response = ResponseApdu::parse(&[1, 2, 0x90, 0]).unwrap();
        assert_eq!(response.data, [1, 2]);
        assert_eq!(response.status, StatusWord::OK);
        assert_eq!(response.encode(), [1, 2, 0x90, 0]);
        assert!(ResponseApdu::parse(&[0x90]).is_err());
        assert!(ResponseApdu::parse(&[0; 258]).is_ok());
        assert_eq!(ResponseApdu::parse(&[0; 259]), Err(UiccError::TooLong));
    }

    /// A script may have keys in it.
    #[test]
    fn debug_has_no_data() {
        let command = CommandApdu::new([0x80, 0xd8, 0, 0]).with_data([0x5a; 3]);
        assert_eq!(format!("{command:?}"), "CommandApdu(80d80000, 3 octets)");
    }
}
