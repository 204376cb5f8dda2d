//! The rotation and addition constants of MILENAGE, TS 35.206 clauses 4.1 and
//! 5.3: r1 to r5 in bits, c1 to c5 as 128-bit numbers.

use crate::AkaError;

/// r1 to r5 and c1 to c5, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constants {
    pairs: [(u32, u128); 5],
}

impl Constants {
    /// The values of TS 35.206 clause 4.1.
    pub const STANDARD: Self = Self {
        pairs: [(64, 0), (0, 1), (32, 2), (64, 4), (96, 8)],
    };

    /// An operator's own constants: `r` in bits, `c` as 16 octets each, most
    /// significant first.
    ///
    /// # Errors
    /// A rotation above 127, or two of the outputs OUT2 to OUT5 with equal
    /// constants, which would give equal values (clause 5.3).
    pub fn new(r: [u8; 5], c: [[u8; 16]; 5]) -> Result<Self, AkaError> {
        let mut pairs = [(0, 0); 5];
        for (pair, (r, c)) in pairs.iter_mut().zip(r.into_iter().zip(c)) {
            if r > 127 {
                return Err(AkaError::MalformedRotation);
            }
            *pair = (u32::from(r), u128::from_be_bytes(c));
        }
        let [_, rest @ ..] = &pairs;
        let collide = rest
            .iter()
            .enumerate()
            .any(|(at, pair)| rest.iter().skip(at + 1).any(|other| other == pair));
        if collide {
            Err(AkaError::ConstantsCollide)
        } else {
            Ok(Self { pairs })
        }
    }

    /// Rotation in bits and addition constant of OUT(index + 1).
    #[expect(
        clippy::indexing_slicing,
        reason = "the caller's index is a constant from 0 to 4"
    )]
    pub(super) fn pair(&self, index: usize) -> (u32, u128) {
        self.pairs[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(values: [u8; 5]) -> [[u8; 16]; 5] {
        values.map(|value| {
            let mut block = [0; 16];
            block[15] = value;
            block
        })
    }

    #[test]
    fn the_standard_values_are_the_checked_ones() {
        assert_eq!(
            Constants::new([64, 0, 32, 64, 96], c([0, 1, 2, 4, 8])),
            Ok(Constants::STANDARD)
        );
    }

    #[test]
    fn equal_outputs_and_long_rotations_are_refused() {
        assert_eq!(
            Constants::new([64, 0, 32, 32, 96], c([0, 1, 2, 2, 8])),
            Err(AkaError::ConstantsCollide)
        );
        assert_eq!(
            Constants::new([64, 0, 128, 64, 96], c([0, 1, 2, 4, 8])),
            Err(AkaError::MalformedRotation)
        );
    }
}
