//! Where written text goes: kept, or only counted against a peer's
//! `MaxMsgSize` (SyncML MetaInfo 1.2).

/// Takes text.
pub(super) trait Sink {
    fn put(&mut self, text: &str);
}

impl Sink for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Counts the octets of the text.
#[derive(Default)]
pub(super) struct Length(usize);

impl Length {
    pub(super) const fn octets(&self) -> usize {
        self.0
    }
}

impl Sink for Length {
    fn put(&mut self, text: &str) {
        self.0 += text.len();
    }
}
