//! The general notification initiated session alert, package #0: how a server
//! asks a device to begin a session (OMA-TS-DM_Notification-V1_2 clause 6).
//!
//! The server builds one with [`Notification::write`]. The device reads it in
//! two steps, because the message names the server whose key it is to be
//! checked with: [`Unverified::read`], then [`Unverified::verify`] or
//! [`Unverified::verify_or_resync`].
//!
//! A message that verifies once does so again until the nonce changes; the
//! session that it asks for changes it. Until then a repeated SessionID asks
//! for the same session (clause 6.2.10).

mod key;
mod push;
mod read;

use std::fmt;

use clock::Random;

pub use key::{NotificationKey, ResyncNonce};
pub use push::{from_push, to_push};
pub use read::{NonceUsed, Unverified};

use crate::Error;
use crate::auth::Nonce;
use crate::tree::ServerId;

/// The media type of the message (clause 6).
pub const MEDIA_TYPE: &str = "application/vnd.syncml.notification";
/// The code of the media type in WSP headers (clause 6).
pub const WSP_CONTENT_TYPE: u8 = 0x44;
/// The code of the device management user agent in `X-Wap-Application-Id`
/// (clause 7.1).
pub const WAP_APPLICATION_ID: u8 = 0x07;
/// The port for WAP Push without security and connection (clause 7.1).
pub const WAP_PUSH_PORT: u16 = 2948;

/// Version 1.1 of the message, times ten: what DM 1.2 has (clause 6.2.6).
const VERSION: u16 = 0b00_0000_1011;
/// Octets of the digest.
const DIGEST: usize = 16;
/// Octets from the version to the length of the server identifier.
const HEADER: usize = 8;

/// What the server recommends about the user (clause 6.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UiMode {
    /// Nothing.
    NotSpecified,
    /// A session in the background.
    Background,
    /// A session that the user is told of.
    Informative,
    /// A session that the user is asked for first.
    UserInteraction,
}

impl UiMode {
    const fn bits(self) -> u16 {
        match self {
            Self::NotSpecified => 0b00,
            Self::Background => 0b01,
            Self::Informative => 0b10,
            Self::UserInteraction => 0b11,
        }
    }

    /// The mode in the two lowest bits.
    const fn of(bits: u16) -> Self {
        match bits & 0b11 {
            0b00 => Self::NotSpecified,
            0b01 => Self::Background,
            0b10 => Self::Informative,
            _ => Self::UserInteraction,
        }
    }
}

/// Who wanted the session (clause 6.2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// The user of the device.
    Client,
    /// The server.
    Server,
}

/// The identifier of the session that is asked for (clause 6.2.10).
///
/// The specification has it written in hexadecimal in the header of package
/// #1; there are devices that write it in decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u16);

impl SessionId {
    /// One that is drawn, and not known: different sessions have different ones
    /// (clause 6.2.10). Where nearly all are known, the first that is not counts
    /// from the one that was drawn; where all are, that one itself.
    pub fn draw(random: &mut dyn Random, is_known: impl Fn(Self) -> bool) -> Self {
        let mut octets = [0; 2];
        random.fill(&mut octets);
        let drawn = u16::from_be_bytes(octets).max(1);
        let all = (drawn..=u16::MAX).chain(1..drawn).map(Self);
        let mut unknown = all.filter(|id| !is_known(*id));
        unknown.next().unwrap_or(Self(drawn))
    }

    /// As the specification writes it: upper-case hexadecimal digits without
    /// leading zeros.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{:X}", self.0)
    }

    /// As some devices write it: decimal digits.
    #[must_use]
    pub fn to_decimal(self) -> String {
        self.0.to_string()
    }

    /// Whether `text`, the SessionID of a message, means this session in
    /// either notation.
    #[must_use]
    pub fn is_written(self, text: &str) -> bool {
        text.eq_ignore_ascii_case(&self.to_hex()) || text == self.to_decimal()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.0)
    }
}

/// A notification without its digest: the trigger (clause 6.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What the server recommends about the user.
    pub ui_mode: UiMode,
    /// Who wanted the session.
    pub initiator: Initiator,
    /// The session to begin.
    pub session_id: SessionId,
    /// The server to begin it with.
    pub server_id: ServerId,
    /// What the vendor adds (clause 6.2.13).
    pub vendor: Vec<u8>,
}

impl Notification {
    /// The most octets of a message. It is meant for one short message; this
    /// is room for about seven.
    pub const MAX_OCTETS: usize = 1024;

    /// A notification from `server_id` by its own wish, without a
    /// recommendation.
    #[must_use]
    pub const fn new(server_id: ServerId, session_id: SessionId) -> Self {
        Self {
            ui_mode: UiMode::NotSpecified,
            initiator: Initiator::Server,
            session_id,
            server_id,
            vendor: Vec::new(),
        }
    }

    /// The message, with the digest under `key` and `nonce` (clause 6.2.2).
    ///
    /// # Errors
    /// [`Error::Misuse`] for the session 0, which the specification does not
    /// have (clause 6.2.10), for another server's key, and past
    /// [`MAX_OCTETS`](Self::MAX_OCTETS).
    pub fn write(&self, key: &NotificationKey, nonce: &Nonce) -> Result<Vec<u8>, Error> {
        if self.session_id.0 == 0 {
            return Err(Error::Misuse("a notification for the session 0"));
        }
        if key.server_id() != &self.server_id {
            return Err(Error::Misuse("a notification under another server's key"));
        }
        let trigger = self.trigger()?;
        let mut message = key.digest(nonce, &trigger).to_vec();
        message.extend_from_slice(&trigger);
        if message.len() > Self::MAX_OCTETS {
            return Err(Error::Misuse("a notification that is too long"));
        }
        Ok(message)
    }

    fn trigger(&self) -> Result<Vec<u8>, Error> {
        let server = self.server_id.as_str().as_bytes();
        let length = u8::try_from(server.len())
            .map_err(|_| Error::Misuse("a server identifier that is too long"))?;
        let initiator = match self.initiator {
            Initiator::Client => 0,
            Initiator::Server => 1 << 3,
        };
        // Of the 27 reserved bits three are in the second octet.
        let head = VERSION << 6 | self.ui_mode.bits() << 4 | initiator;
        let mut trigger = Vec::with_capacity(HEADER + server.len() + self.vendor.len());
        trigger.extend_from_slice(&head.to_be_bytes());
        trigger.extend_from_slice(&[0; 3]);
        trigger.extend_from_slice(&self.session_id.0.to_be_bytes());
        trigger.push(length);
        trigger.extend_from_slice(server);
        trigger.extend_from_slice(&self.vendor);
        Ok(trigger)
    }
}
