//! Secured packets in messages (TS 31.115 clause 4): the element 70 or 71 in the first
//! part, 140 octets of user data in each.

use super::split::split;
use super::{Element, Reference, UserData};
use crate::UiccError;

/// The elements of commands and responses.
const COMMAND: u8 = 0x70;
const RESPONSE: u8 = 0x71;

/// Which packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// A command, element 70.
    Command,
    /// A response, element 71.
    Response,
}

impl PacketKind {
    const fn element(self) -> Element {
        Element {
            identifier: match self {
                Self::Command => COMMAND,
                Self::Response => RESPONSE,
            },
            value: Vec::new(),
        }
    }

    fn of(user_data: &UserData) -> Option<Self> {
        match (user_data.element(COMMAND), user_data.element(RESPONSE)) {
            (Some(_), None) => Some(Self::Command),
            (None, Some(_)) => Some(Self::Response),
            _ => None,
        }
    }
}

/// A packet's octets in as few messages as they need: one, if they fit, else parts
/// under `reference`.
///
/// # Errors
/// [`UiccError::TooLong`] for more than 255 parts.
pub fn parts(
    kind: PacketKind,
    packet: &[u8],
    reference: Reference,
) -> Result<Vec<UserData>, UiccError> {
    split(packet, reference, |place| match place {
        None => vec![kind.element()],
        Some(part) if part.number == 1 => vec![part.element(), kind.element()],
        Some(part) => vec![part.element()],
    })
}

/// A packet as messages brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Which packet.
    pub kind: PacketKind,
    /// From CPL or RPL on.
    pub packet: Vec<u8>,
}

/// The packet of one message that is whole. A response may come without a header of
/// the message's own: then its user data begins with `02 71 00`.
#[must_use]
pub fn packet_of(user_data: &UserData) -> Option<Carried> {
    let (kind, packet) = match PacketKind::of(user_data) {
        Some(kind) => (kind, user_data.body.as_slice()),
        None if user_data.elements.is_empty() => {
            let packet = user_data.body.strip_prefix(&[0x02, RESPONSE, 0x00])?;
            (PacketKind::Response, packet)
        }
        None => return None,
    };
    Some(Carried {
        kind,
        packet: packet.to_vec(),
    })
}
