//! The IPA multiplex over TCP, as libosmocore and ip.access equipment speak
//! it: `length u16 BE | stream u8 | payload`, the length counting the payload
//! alone. Stream ee has one more octet, the extension, before the payload.

mod control;
mod decoder;

pub use control::{Control, IdTag, Identity};
pub use decoder::FrameDecoder;

use secret::SecretBytes;

use crate::GsupError;
use crate::octets::Writer;

/// The TCP port of a GSUP server.
pub const GSUP_PORT: u16 = 4222;

const CONTROL: u8 = 0xfe;
const OSMO: u8 = 0xee;
const EXTENSION_CTRL: u8 = 0x00;
const EXTENSION_GSUP: u8 = 0x05;
/// Length and stream.
const HEADER: usize = 3;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// fe: connection control messages, see [`Control`].
    Control,
    /// ee 05: GSUP.
    Gsup,
    /// ee 00: the ASCII control interface of Osmocom programs.
    Ctrl,
    /// Any other stream, extensions of ee included.
    Other(OtherStream),
}

/// A stream without a name in [`Stream`]. Made only while decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherStream {
    stream: u8,
    extension: Option<u8>,
}

impl Stream {
    /// The stream identifier, the third octet of the frame.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Control => CONTROL,
            Self::Gsup | Self::Ctrl => OSMO,
            Self::Other(other) => other.stream,
        }
    }

    /// The extension of stream ee.
    #[must_use]
    pub const fn extension(self) -> Option<u8> {
        match self {
            Self::Control => None,
            Self::Gsup => Some(EXTENSION_GSUP),
            Self::Ctrl => Some(EXTENSION_CTRL),
            Self::Other(other) => other.extension,
        }
    }
}

/// One frame, its payload without the extension octet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it carries.
    pub stream: Stream,
    /// The octets, which may be keys: there is no `Debug`.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    fn split(stream: u8, payload: &'a [u8]) -> Result<Self, GsupError> {
        let (first, rest) = payload.split_first().ok_or(GsupError::EmptyFrame)?;
        Ok(match (stream, *first) {
            (CONTROL, _) => Self {
                stream: Stream::Control,
                payload,
            },
            (OSMO, EXTENSION_GSUP) => Self {
                stream: Stream::Gsup,
                payload: rest,
            },
            (OSMO, EXTENSION_CTRL) => Self {
                stream: Stream::Ctrl,
                payload: rest,
            },
            (OSMO, extension) => Self {
                stream: Stream::Other(OtherStream {
                    stream,
                    extension: Some(extension),
                }),
                payload: rest,
            },
            _ => Self {
                stream: Stream::Other(OtherStream {
                    stream,
                    extension: None,
                }),
                payload,
            },
        })
    }
}

/// Writes one frame.
///
/// # Errors
/// [`GsupError::PayloadTooLong`] over 65,535 octets, extension included.
pub fn encode_frame(stream: Stream, payload: &[u8]) -> Result<SecretBytes, GsupError> {
    let extension = stream.extension();
    let counted = payload.len() + usize::from(extension.is_some());
    let length = u16::try_from(counted).map_err(|_| GsupError::PayloadTooLong {
        length: payload.len(),
    })?;
    let mut writer = Writer::with_capacity(HEADER + counted);
    writer.u16(length);
    writer.u8(stream.id());
    if let Some(extension) = extension {
        writer.u8(extension);
    }
    writer.octets(payload);
    Ok(writer.finish())
}
