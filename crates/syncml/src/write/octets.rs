//! Where a representation's octets go: kept, or only counted against a peer's
//! `MaxMsgSize` (SyncML MetaInfo 1.2).

use crate::Message;

/// Takes octets in order.
pub(crate) trait Octets {
    fn put(&mut self, octets: &[u8]);

    /// The first `length` octets of `block`.
    fn put_start<const ROOM: usize>(&mut self, block: &[u8; ROOM], length: usize);
}

impl Octets for Vec<u8> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    #[inline]
    fn put_start<const ROOM: usize>(&mut self, block: &[u8; ROOM], length: usize) {
        let end = self.len() + length;
        self.extend_from_slice(block);
        self.truncate(end);
    }
}

/// Counts the octets.
#[derive(Default)]
pub(crate) struct Length(pub(crate) usize);

impl Octets for Length {
    fn put(&mut self, octets: &[u8]) {
        self.0 += octets.len();
    }

    fn put_start<const ROOM: usize>(&mut self, _: &[u8; ROOM], length: usize) {
        self.0 += length;
    }
}

/// Room for `message`, if a header takes `header` octets and a command or an
/// item `each`. A guess: what is longer grows.
pub(crate) fn room(message: &Message, header: usize, each: usize) -> Vec<u8> {
    let commands = message.body.commands.iter();
    let parts: usize = commands.map(|command| 1 + command.items().len()).sum();
    Vec::with_capacity(header + parts * each)
}
