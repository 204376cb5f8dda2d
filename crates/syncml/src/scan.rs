//! Octets looked at eight at a time: what reading and writing spend most of
//! their time on (XML 1.0 clauses 2.2 and 2.4 for what they look for).

/// Eight octets. What its methods give has the high bit of each octet that was
/// found set; above the lowest of them others may be set too.
#[derive(Clone, Copy)]
pub(crate) struct Word(u64);

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

impl Word {
    /// Octets that are `octet`.
    #[inline]
    pub(crate) const fn is(self, octet: u8) -> u64 {
        Self(self.0 ^ (ONES * octet as u64)).below(1)
    }

    /// Octets that are less than `bound`, which is 128 at most.
    #[inline]
    pub(crate) const fn below(self, bound: u8) -> u64 {
        self.0.wrapping_sub(ONES * bound as u64) & !self.0 & HIGH
    }

    /// This with both octets of a pair that differ in `bits` alone as the one
    /// that has them.
    #[inline]
    pub(crate) const fn with(self, bits: u8) -> Self {
        Self(self.0 | (ONES * bits as u64))
    }
}

/// Where the first octet stands that `look` finds, which must not find spaces.
#[inline]
pub(crate) fn find(octets: &[u8], look: impl Fn(Word) -> u64) -> Option<usize> {
    let found = |at: usize, octets: [u8; 8]| {
        let found = look(Word(u64::from_le_bytes(octets)));
        (found != 0).then(|| at + found.trailing_zeros() as usize / 8)
    };
    let Some(last) = octets.last_chunk() else {
        // Fewer than eight, filled up with spaces.
        let filled = octets.iter().rev();
        let filled = filled.fold(ONES * 0x20, |word, octet| word << 8 | u64::from(*octet));
        return found(0, filled.to_le_bytes());
    };
    let (words, _) = octets.as_chunks();
    let mut words = words.iter().enumerate();
    words
        .find_map(|(at, word)| found(at * 8, *word))
        .or_else(|| found(octets.len() - 8, *last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the search octet by octet, at every length and place.
    #[test]
    fn the_first_of_them_is_found() {
        for octet in 0..=u8::MAX {
            for len in 0..40 {
                for at in 0..len {
                    let mut octets = vec![b' '; len];
                    octets[at] = octet;
                    if at + 2 < len {
                        octets[at + 2] = b'<';
                    }
                    let seen = |look: fn(Word) -> u64| find(&octets, look);
                    let first = |one: fn(u8) -> bool| octets.iter().position(|octet| one(*octet));
                    assert_eq!(seen(|word| word.is(b'<')), first(|octet| octet == b'<'));
                    assert_eq!(seen(|word| word.is(0xef)), first(|octet| octet == 0xef));
                    assert_eq!(seen(|word| word.is(0)), first(|octet| octet == 0));
                    assert_eq!(seen(|word| word.below(b' ')), first(|octet| octet < b' '));
                    assert_eq!(
                        seen(|word| word.with(2).is(b'>')),
                        first(|octet| matches!(octet, b'<' | b'>'))
                    );
                    assert_eq!(
                        seen(|word| word.is(b'&') | word.is(b'<')),
                        first(|octet| matches!(octet, b'&' | b'<'))
                    );
                }
            }
        }
    }
}
