//! The counter of a key set (TS 102 225 clauses 5.1.1 and 5.1.4): five octets that a
//! receiver compares with the last ones that it took. The caller stores the value
//! that [`CounterMode::judge`] gives before it acts on the command.

use super::{CounterMode, Status};

/// A counter's value, 40 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cntr(u64);

impl Cntr {
    /// The last value, at which a counter is blocked.
    pub const MAX: Self = Self((1 << 40) - 1);

    /// A value, unless it needs more than 40 bits.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value <= Self::MAX.0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// From five octets, most significant first.
    #[must_use]
    pub const fn from_octets([a, b, c, d, e]: [u8; 5]) -> Self {
        Self(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
    }

    /// Five octets, most significant first.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 5] {
        let [_, _, _, rest @ ..] = self.0.to_be_bytes();
        rest
    }

    /// The number itself.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The value after this one; none after one that would block the counter.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        if self.0 + 1 < Self::MAX.0 {
            Some(Self(self.0 + 1))
        } else {
            None
        }
    }
}

impl CounterMode {
    /// What becomes of the receiver's counter `last` by a command whose RC or CC was
    /// right (and by no other): its new value, to be stored before the command is
    /// carried out, or nothing where the mode changes nothing.
    ///
    /// # Errors
    /// [`Status::CounterLow`], [`Status::CounterHigh`], [`Status::CounterBlocked`] for
    /// the response; nothing is to be stored then. A command whose counter is all ones
    /// is refused as blocked: it would block the key set for ever.
    pub fn judge(self, last: Cntr, received: Cntr) -> Result<Option<Cntr>, Status> {
        match self {
            Self::None | Self::Unchecked => return Ok(None),
            Self::Higher | Self::Next => {}
        }
        if last == Cntr::MAX || received == Cntr::MAX {
            return Err(Status::CounterBlocked);
        }
        if received <= last {
            return Err(Status::CounterLow);
        }
        if self == Self::Next && received.0 != last.0 + 1 {
            return Err(Status::CounterHigh);
        }
        Ok(Some(received))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cntr(value: u64) -> Cntr {
        Cntr::new(value).unwrap()
    }

    #[test]
    fn the_four_modes() {
        let last = cntr(10);
        for received in [0, 9, 10, 11, 12, Cntr::MAX.0] {
            for mode in [CounterMode::None, CounterMode::Unchecked] {
                assert_eq!(mode.judge(last, cntr(received)), Ok(None));
                assert_eq!(mode.judge(Cntr::MAX, cntr(received)), Ok(None));
            }
        }
        let (low, high) = (Err(Status::CounterLow), Err(Status::CounterHigh));
        let blocked = Err(Status::CounterBlocked);
        for (received, higher, next) in [
            (9, low, low),
            (10, low, low),
            (11, Ok(Some(cntr(11))), Ok(Some(cntr(11)))),
            (12, Ok(Some(cntr(12))), high),
            (Cntr::MAX.0 - 1, Ok(Some(cntr(Cntr::MAX.0 - 1))), high),
            (Cntr::MAX.0, blocked, blocked),
        ] {
            assert_eq!(CounterMode::Higher.judge(last, cntr(received)), higher);
            assert_eq!(CounterMode::Next.judge(last, cntr(received)), next);
            assert_eq!(CounterMode::Next.judge(Cntr::MAX, cntr(received)), blocked);
        }
    }

    #[test]
    fn forty_bits() {
        assert_eq!(Cntr::new(1 << 40), None);
        assert_eq!(Cntr::MAX.to_octets(), [0xff; 5]);
        assert_eq!(Cntr::from_octets([1, 2, 3, 4, 5]).to_u64(), 0x01_0203_0405);
        assert_eq!(cntr(7).next(), Some(cntr(8)));
        assert_eq!(cntr(Cntr::MAX.0 - 1).next(), None);
    }
}
