//! Frames over a TCP connection. Reading can be dropped at any moment without
//! losing an octet.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::frame::{Frame, MAX_FRAME, RadioError, VERSION};

const HEAD: usize = 4;
const CHUNK: usize = 16 * 1024;

/// The receiving half.
pub(super) struct Reader {
    half: OwnedReadHalf,
    buffer: Vec<u8>,
    greeted: bool,
}

impl Reader {
    pub(super) fn new(half: OwnedReadHalf) -> Self {
        Self {
            half,
            buffer: Vec::new(),
            greeted: false,
        }
    }

    /// The next frame after the Hello; nothing at the end.
    pub(super) async fn next<F: Frame>(&mut self) -> Result<Option<F>, RadioError> {
        loop {
            while let Some((kind, payload)) = self.take()? {
                let frame = F::decode(kind, &payload).ok_or(RadioError::Frame(kind))?;
                match (frame.version(), self.greeted) {
                    (Some(VERSION), false) => self.greeted = true,
                    (Some(version), false) => return Err(RadioError::Version(version)),
                    (None, true) => return Ok(Some(frame)),
                    (Some(_), true) | (None, false) => return Err(RadioError::OutOfTurn),
                }
            }
            self.buffer.reserve(CHUNK);
            if self.half.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// A whole frame out of the buffer.
    fn take(&mut self) -> Result<Option<(u8, Vec<u8>)>, RadioError> {
        let Some((head, rest)) = self.buffer.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head) as usize;
        if !(1..=MAX_FRAME).contains(&length) {
            return Err(RadioError::Length(length));
        }
        let Some((kind, payload)) = rest.get(..length).and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        let frame = (*kind, payload.to_vec());
        self.buffer.drain(..HEAD + length);
        Ok(Some(frame))
    }
}

/// Sends a frame whole.
pub(super) async fn send<F: Frame>(half: &mut OwnedWriteHalf, frame: &F) -> Result<(), RadioError> {
    Ok(half.write_all(&frame.encode()).await?)
}
