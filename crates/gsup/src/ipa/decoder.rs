//! Frames out of a stream of octets, however TCP cuts it.

use zeroize::Zeroizing;

use super::{Frame, HEADER};
use crate::GsupError;

/// Collects one frame at a time. Each octet is copied once, and no more is
/// ever held than one frame within the limit; it is wiped in the end.
pub struct FrameDecoder {
    buffer: Zeroizing<Vec<u8>>,
    limit: usize,
    delivered: bool,
}

impl FrameDecoder {
    /// A decoder for payloads of up to `limit` octets.
    #[must_use]
    pub fn new(limit: u16) -> Self {
        let limit = usize::from(limit);
        Self {
            // Growing would leave octets behind in memory.
            buffer: Zeroizing::new(Vec::with_capacity(HEADER + limit)),
            limit,
            delivered: false,
        }
    }

    /// Takes octets from the front of `input` up to the end of one frame.
    /// Returns that frame, or nothing once `input` is used up.
    ///
    /// # Errors
    /// [`GsupError::FrameTooLong`] or [`GsupError::EmptyFrame`]. There is no
    /// way to find the next frame after that; every later call fails alike.
    pub fn push(&mut self, input: &mut &[u8]) -> Result<Option<Frame<'_>>, GsupError> {
        if std::mem::take(&mut self.delivered) {
            self.buffer.clear();
        }
        self.fill(input, HEADER);
        let Some((&[high, low, stream], _)) = self.buffer.split_first_chunk() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > self.limit {
            let limit = self.limit;
            return Err(GsupError::FrameTooLong { length, limit });
        }
        self.fill(input, HEADER + length);
        if self.buffer.len() < HEADER + length {
            return Ok(None);
        }
        let payload = self.buffer.get(HEADER..).unwrap_or_default();
        let frame = Frame::split(stream, payload)?;
        self.delivered = true;
        Ok(Some(frame))
    }

    /// Moves octets from `input` until the buffer has `target` of them.
    fn fill(&mut self, input: &mut &[u8], target: usize) {
        let wanted = target.saturating_sub(self.buffer.len()).min(input.len());
        if let Some((head, rest)) = input.split_at_checked(wanted) {
            self.buffer.extend_from_slice(head);
            *input = rest;
        }
    }
}
