//! Outputs whose length the algorithm decides: MAC, RES, CK and IK of TS 35.231
//! clause 6; RES of 32 to 128 bits in TS 33.102 clause 6.3.7.

use secret::ct_eq;
use zeroize::optimization_barrier;

/// Up to `MAX` octets, wiped when dropped; nothing prints them.
#[derive(Clone)]
pub struct Value<const MAX: usize> {
    octets: [u8; MAX],
    length: usize,
}

/// RES or XRES, 4 to 16 octets.
pub type Res = Value<16>;

impl<const MAX: usize> Value<MAX> {
    /// The first `MAX` of these octets, all of them where they are no more.
    pub(crate) fn new(from: &[u8]) -> Self {
        let mut octets = [0; MAX];
        for (to, from) in octets.iter_mut().zip(from) {
            *to = *from;
        }
        Self {
            octets,
            length: from.len().min(MAX),
        }
    }

    /// The octets. Keep the borrow short and never format it.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or(&self.octets)
    }

    /// Exactly `N` octets, if that is the length.
    #[must_use]
    pub fn array<const N: usize>(&self) -> Option<[u8; N]> {
        self.expose().try_into().ok()
    }

    /// All `MAX` octets, zeros after the value.
    pub(crate) fn padded(&self) -> &[u8; MAX] {
        &self.octets
    }

    /// Compares in time that depends on the lengths only.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        ct_eq(self.expose(), other.expose())
    }
}

impl<const MAX: usize> Drop for Value<MAX> {
    fn drop(&mut self) {
        self.octets = [0; MAX];
        optimization_barrier(&self.octets);
    }
}
