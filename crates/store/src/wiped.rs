//! A buffer for plaintext that grows without leaving copies behind: `Vec` would
//! free its old allocation unwiped (house rule 5).

use std::io::{self, Write};

use serde::Serialize;
use zeroize::Zeroizing;

/// Room for most aggregates, so that few of them have to move.
const FIRST: usize = 8 * 1024;

/// Octets that are wiped wherever they were.
pub(crate) struct WipedBuffer(Zeroizing<Vec<u8>>);

impl WipedBuffer {
    /// `value` as JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut buffer = Self(Zeroizing::new(Vec::with_capacity(FIRST)));
        serde_json::to_writer(&mut buffer, value)?;
        Ok(buffer)
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl Write for WipedBuffer {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let needed = self.0.len().saturating_add(octets.len());
        if needed > self.0.capacity() {
            let room = needed.max(self.0.capacity().saturating_mul(2));
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_first_room_comes_out_whole() {
        let text = "x".repeat(3 * FIRST);
        let buffer = WipedBuffer::json(&(&text, &text)).unwrap();
        assert_eq!(
            serde_json::from_slice::<(String, String)>(buffer.octets()).unwrap(),
            (text.clone(), text)
        );
    }
}
