//! One TRE's stream of signed reports as an operator sees it (docs/
//! operator-change.md section 7, "Clones"): a Seq names one document for ever.

use serde::{Deserialize, Serialize};

use crate::{Digest, stored};

/// The last reports seen of a TRE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeqWatch {
    seen: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    seq: u64,
    #[serde(with = "stored::text")]
    digest: Digest,
}

/// What a report is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Not seen before. Reports come by several carriers, so a lower Seq may
    /// come later than a higher one.
    New,
    /// Seen before, the same.
    Repeated,
    /// Another document under this Seq: two devices with one TRE, or a restored
    /// one.
    Forked,
}

/// How many reports are remembered.
const REMEMBERED: usize = 32;

impl SeqWatch {
    /// Judges a report whose signature is right, and remembers it.
    pub fn see(&mut self, seq: u64, digest: Digest) -> Sighting {
        if let Some(known) = self.seen.iter().find(|seen| seen.seq == seq) {
            return if known.digest == digest {
                Sighting::Repeated
            } else {
                Sighting::Forked
            };
        }
        self.seen.push(Seen { seq, digest });
        let surplus = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..surplus);
        Sighting::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(octet: u8) -> Digest {
        Digest([octet; 32])
    }

    #[test]
    fn a_seq_names_one_document() {
        let mut watch = SeqWatch::default();
        assert_eq!(watch.see(3, digest(1)), Sighting::New);
        assert_eq!(watch.see(3, digest(1)), Sighting::Repeated);
        assert_eq!(watch.see(3, digest(2)), Sighting::Forked);
        assert_eq!(watch.see(5, digest(3)), Sighting::New);
        assert_eq!(watch.see(4, digest(4)), Sighting::New);
        assert_eq!(watch.see(4, digest(5)), Sighting::Forked);
    }
}
