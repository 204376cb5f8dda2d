//! The random source that engines draw from.

/// A source of random octets. In a node it is the operating system's; in tests
/// it is seeded, so that a failing run can be replayed.
///
/// An implementation that can't provide randomness must end the process: a key
/// or nonce that was not random is worse than a stop.
pub trait Random {
    /// Fills `out` with random octets.
    fn fill(&mut self, out: &mut [u8]);

    /// Returns `N` random octets.
    fn array<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

impl<R: Random + ?Sized> Random for &mut R {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}
