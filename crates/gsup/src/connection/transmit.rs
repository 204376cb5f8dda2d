//! What waits to be sent, bounded.

use std::collections::VecDeque;

use secret::SecretBytes;

/// Frames in the order of sending, `limit` octets of them at most.
pub(super) struct TransmitQueue {
    frames: VecDeque<SecretBytes>,
    octets: usize,
    limit: usize,
}

impl TransmitQueue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            frames: VecDeque::new(),
            octets: 0,
            limit,
        }
    }

    /// Queues a frame; says whether there was room.
    #[must_use]
    pub(super) fn push(&mut self, frame: SecretBytes) -> bool {
        let octets = self.octets.saturating_add(frame.expose().len());
        if octets > self.limit {
            return false;
        }
        self.octets = octets;
        self.frames.push_back(frame);
        true
    }

    pub(super) fn pop(&mut self) -> Option<SecretBytes> {
        let frame = self.frames.pop_front()?;
        self.octets = self.octets.saturating_sub(frame.expose().len());
        Some(frame)
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.octets = 0;
    }
}
