//! What stands before CHL and RHL: in SMS a length of two octets, after the user data
//! header's `70 00` or `71 00` (TS 31.115 clause 4); over CAT_TP and TCP/IP an
//! identifier and a BER length, which the checksum covers (TS 102 225 clauses 5.1 and
//! 5.2 for packets without a header of their own); over USSD the same with an
//! identifier of its own (TS 31.115 clause 6.1).

use crate::{UiccError, ber};

/// How a packet travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// SMS point to point: TS 31.115 clause 4.
    Sms,
    /// CAT_TP or TCP/IP: TS 102 225 with identifiers 01 and 02.
    Ber,
    /// USSD in application mode, a command (TS 31.115 clause 6.1), which
    /// [`crate::ussd`] puts into a string. A response is [`UiccError::Unsupported`].
    Ussd,
}

/// Which of the two packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Response,
}

/// The user data header of a response in one SMS; the checksum covers it.
const RESPONSE_UDH: [u8; 3] = [0x02, 0x71, 0x00];

impl Framing {
    /// CPI or RPI where it is an octet of the packet.
    const fn identifier(self, kind: Kind) -> Result<u8, UiccError> {
        match (self, kind) {
            (Self::Ussd, Kind::Command) => Ok(3),
            (Self::Ussd, Kind::Response) => Err(UiccError::Unsupported("a response over USSD")),
            (_, Kind::Command) => Ok(1),
            (_, Kind::Response) => Ok(2),
        }
    }

    /// What stands before `length` octets.
    pub(super) fn prefix(self, kind: Kind, length: usize) -> Result<Vec<u8>, UiccError> {
        match self {
            Self::Sms => {
                let length = u16::try_from(length).map_err(|_| UiccError::TooLong)?;
                let header = match kind {
                    Kind::Command => [].as_slice(),
                    Kind::Response => &RESPONSE_UDH,
                };
                Ok([header, &length.to_be_bytes()].concat())
            }
            Self::Ber | Self::Ussd => {
                let mut prefix = vec![self.identifier(kind)?];
                prefix.extend(ber::length(length)?);
                Ok(prefix)
            }
        }
    }

    /// Octets before CHL or RHL, whose length is right. In SMS a response may come
    /// without its header: then `None` stands for what the checksum covers beside it.
    pub(super) fn split(self, kind: Kind, octets: &[u8]) -> Result<Split<'_>, UiccError> {
        let what = match kind {
            Kind::Command => "CPL",
            Kind::Response => "RPL",
        };
        let (before, length, rest) = match self {
            Self::Sms => {
                let bare = match kind {
                    Kind::Command => octets,
                    Kind::Response => octets.strip_prefix(&RESPONSE_UDH).unwrap_or(octets),
                };
                let [high, low, rest @ ..] = bare else {
                    return Err(UiccError::Truncated(what));
                };
                let before: &[u8] = match kind {
                    Kind::Command => &[],
                    Kind::Response => &RESPONSE_UDH,
                };
                (before, usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            Self::Ber | Self::Ussd => {
                let identifier = self.identifier(kind)?;
                let (found, rest) = octets.split_first().ok_or(UiccError::Truncated(what))?;
                if *found != identifier {
                    return Err(UiccError::Reserved("the packet's identifier"));
                }
                let (length, rest) = ber::read_length(rest, what)?;
                (&[][..], length, rest)
            }
        };
        if rest.len() != length {
            return Err(UiccError::Length(what));
        }
        let head = octets.len() - rest.len();
        Ok(Split {
            before,
            head: octets.get(..head).unwrap_or_default(),
            rest,
        })
    }
}

/// A packet behind its framing.
pub(super) struct Split<'a> {
    /// What the checksum covers before `head`: a header that may have been cut off.
    before: &'a [u8],
    head: &'a [u8],
    /// From CHL or RHL on.
    pub(super) rest: &'a [u8],
}

impl Split<'_> {
    /// All before CHL or RHL that the checksum covers.
    pub(super) fn covered(&self) -> Vec<u8> {
        let head = self.head.strip_prefix(self.before).unwrap_or(self.head);
        [self.before, head].concat()
    }
}
