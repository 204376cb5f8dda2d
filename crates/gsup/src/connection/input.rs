//! What a frame means to a GSUP connection.

use crate::ipa::{Control, Frame, Stream};
use crate::{GsupError, Message, Preamble};

/// A frame, read.
pub(super) enum Input {
    Control(Control),
    Message(Message),
    /// A GSUP message that can't be read.
    BadMessage(GsupError, Option<Preamble>),
    /// A frame that has no meaning here; the next one may have.
    Foreign(GsupError),
}

impl Input {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`GsupError::MalformedControl`].
    pub(super) fn read(frame: Frame<'_>) -> Result<Self, GsupError> {
        Ok(match frame.stream {
            Stream::Control => match Control::decode(frame.payload) {
                Ok(control) => Self::Control(control),
                Err(error @ GsupError::UnsupportedControl { .. }) => Self::Foreign(error),
                Err(error) => return Err(error),
            },
            Stream::Gsup => match Message::decode(frame.payload) {
                Ok(message) => Self::Message(message),
                Err(error) => Self::BadMessage(error, Preamble::decode(frame.payload).ok()),
            },
            other => Self::Foreign(GsupError::UnsupportedStream {
                stream: other.id(),
                extension: other.extension(),
            }),
        })
    }
}
