//! Sequence numbers, TS 33.102 clause 6.3 and annex C.1.1: SQN = SEQ ‖ IND with
//! 43 bits of SEQ and 5 bits of IND.

use secret::Secret;

/// Bits of IND in SQN.
const IND_BITS: u32 = 5;

/// The 48-bit sequence number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sqn(u64);

/// The part of SQN that rises, 43 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(u64);

/// The index of the requesting node, 0 to 31 (annex C.1.1.1 and C.3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ind(u8);

impl Sqn {
    /// SEQ ‖ IND.
    #[must_use]
    pub const fn new(seq: Seq, ind: Ind) -> Self {
        Self(seq.0 << IND_BITS | ind.0 as u64)
    }

    /// From six octets, most significant first.
    #[must_use]
    pub const fn from_octets(octets: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = octets;
        Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// Six octets, most significant first.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 6] {
        let [_, _, rest @ ..] = self.0.to_be_bytes();
        rest
    }

    /// The number itself, below 2^48.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The part that rises.
    #[must_use]
    pub const fn seq(self) -> Seq {
        Seq(self.0 >> IND_BITS)
    }

    /// The index of the node that the vector was made for.
    #[must_use]
    pub const fn ind(self) -> Ind {
        Ind((self.0 & 0x1f) as u8)
    }

    /// SQN ⊕ AK, as AUTN and AUTS carry it.
    #[must_use]
    pub fn concealed(self, ak: &Secret<[u8; 6]>) -> [u8; 6] {
        self.xor(ak.expose())
    }

    pub(crate) fn xor(self, ak: &[u8; 6]) -> [u8; 6] {
        Self(self.0 ^ Self::from_octets(*ak).0).to_octets()
    }

    /// The inverse of [`Self::concealed`].
    #[must_use]
    pub fn revealed(concealed: [u8; 6], ak: &Secret<[u8; 6]>) -> Self {
        Self::from_octets(Self::from_octets(concealed).concealed(ak))
    }
}

impl Seq {
    /// The largest SEQ.
    pub const MAX: Self = Self((1 << 43) - 1);

    /// A SEQ from a number, unless it needs more than 43 bits.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value <= Self::MAX.0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The number itself, below 2^43.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The SEQ `steps` above, unless that needs more than 43 bits.
    #[must_use]
    pub const fn plus(self, steps: u64) -> Option<Self> {
        match self.0.checked_add(steps) {
            Some(value) => Self::new(value),
            None => None,
        }
    }

    /// How far this one is above `other`, zero if it is not.
    #[must_use]
    pub const fn above(self, other: Self) -> u64 {
        self.0.saturating_sub(other.0)
    }
}

impl Ind {
    /// How many indices there are.
    pub const COUNT: usize = 1 << IND_BITS;

    /// An index, unless it is above 31.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if (value as usize) < Self::COUNT {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The index as a place in an array of [`Self::COUNT`].
    #[must_use]
    pub const fn to_usize(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqn_is_43_bits_of_seq_and_5_of_ind() {
        let sqn = Sqn::from_octets([0xff, 0x9b, 0xb4, 0xd0, 0xb6, 0x07]);
        assert_eq!(sqn.ind(), Ind(0x07));
        assert_eq!(sqn.seq(), Seq(0xff9b_b4d0_b607 >> 5));
        assert_eq!(Sqn::new(sqn.seq(), sqn.ind()), sqn);
        assert_eq!(Sqn::new(Seq::MAX, Ind(31)).to_octets(), [0xff; 6]);
    }

    #[test]
    fn numbers_outside_their_bits_are_refused() {
        assert_eq!(Seq::new(1 << 43), None);
        assert_eq!(Seq::MAX.plus(1), None);
        assert_eq!(Ind::new(32), None);
    }
}
