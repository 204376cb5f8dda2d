//! Values that must not leak: zeroised on drop, without `Debug`, `Display` or
//! `Serialize`, compared in constant time. Keeps the house rule that K, OPc,
//! passwords and envelope keys never reach a log (TS 33.102 clause 6.3, the
//! secrecy of K; TR 33.812 B.2.3.6 for PIK and PCK).

mod mask;

pub use mask::{MaskedImsi, MaskedMsisdn};

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A value that is wiped when dropped and that nothing prints.
///
/// The only way to the value is [`Secret::expose`], which is easy to search
/// for in a review.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

/// A secret of a length known only at run time.
pub type SecretBytes = Secret<Vec<u8>>;

impl<T: Zeroize> Secret<T> {
    /// Takes ownership of `value`. Copies made before stay the caller's care.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Keep the borrow short and never format it.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares with another secret in time that depends on the lengths only.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        ct_eq(self.expose().as_ref(), other.expose().as_ref())
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Compares two octet strings in time that depends on their lengths only.
/// Strings of different lengths are unequal.
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_only_when_every_octet_is() {
        assert!(ct_eq(b"abc", b"abc"));
        assert!(!ct_eq(b"abc", b"abd"));
        assert!(!ct_eq(b"abc", b"ab"));
        assert!(ct_eq(b"", b""));
        assert!(Secret::new([1u8; 16]).ct_eq(&Secret::new([1u8; 16])));
        assert!(!Secret::new([1u8; 16]).ct_eq(&Secret::new([2u8; 16])));
    }
}
