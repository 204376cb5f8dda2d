//! The padding that RFC 5652 clause 6.3 puts around `PIK|PCK` inside the
//! EnvelopedData of suite 1. It is checked without branching on it.

use secret::{Secret, SecretBytes};
use subtle::{Choice, ConstantTimeEq};

use crate::symmetric::BLOCK;

/// Adds 1 to 16 octets, each with their number as its value.
pub(super) fn pad(plain: &SecretBytes) -> SecretBytes {
    let length = plain.expose().len();
    let added = padding(length);
    let mut octets = Vec::with_capacity(length + added.len());
    octets.extend(plain.expose());
    octets.extend(added);
    Secret::new(octets)
}

/// Undoes [`pad`] where `length` octets are expected. Apart from the length of
/// all, which is public, a fault shows in the choice only.
pub(super) fn unpad(padded: &SecretBytes, length: usize) -> (SecretBytes, Choice) {
    match padded.expose().split_at_checked(length) {
        Some((plain, found)) => (Secret::new(plain.to_vec()), found.ct_eq(&padding(length))),
        None => (Secret::new(Vec::new()), Choice::from(0)),
    }
}

fn padding(length: usize) -> Vec<u8> {
    let added = (length + 1).next_multiple_of(BLOCK) - length;
    vec![u8::try_from(added).unwrap_or_default(); added]
}
