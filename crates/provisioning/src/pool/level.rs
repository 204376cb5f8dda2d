//! How short a stock of numbers runs (TR 33.812 B.2.2.2, editor's note: the
//! shortage of IMSI numbers). A crossing upwards is said once.

/// How much of a stock is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Below 80 %.
    #[default]
    Enough,
    /// 80 % or more.
    Short,
    /// 95 % or more.
    Scarce,
    /// All of it.
    Exhausted,
}

impl Level {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Enough, Self::Short, Self::Scarce, Self::Exhausted];

    /// The level with `used` of `total` numbers taken.
    #[must_use]
    pub fn of(used: u64, total: u64) -> Self {
        let (used, total) = (u128::from(used), u128::from(total));
        if used >= total {
            Self::Exhausted
        } else if used * 100 >= total * 95 {
            Self::Scarce
        } else if used * 100 >= total * 80 {
            Self::Short
        } else {
            Self::Enough
        }
    }

    /// The level's name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enough => "enough",
            Self::Short => "short",
            Self::Scarce => "scarce",
            Self::Exhausted => "exhausted",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// What is to be said when a stock comes from `before` to this level: only
    /// that it became worse.
    #[must_use]
    pub fn worse_than(self, before: Self) -> Option<Self> {
        (self > before).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_reached_at_the_number_itself() {
        let cases = [
            (0, 1000, Level::Enough),
            (799, 1000, Level::Enough),
            (800, 1000, Level::Short),
            (949, 1000, Level::Short),
            (950, 1000, Level::Scarce),
            (999, 1000, Level::Scarce),
            (1000, 1000, Level::Exhausted),
            (1001, 1000, Level::Exhausted),
            // A single number has nothing between the two ends.
            (0, 1, Level::Enough),
            (1, 1, Level::Exhausted),
            (0, 0, Level::Exhausted),
            (u64::MAX - 1, u64::MAX, Level::Scarce),
        ];
        for (used, total, level) in cases {
            assert_eq!(Level::of(used, total), level, "{used} of {total}");
            assert_eq!(Level::by_name(level.name()), Some(level));
        }
    }

    #[test]
    fn only_a_turn_for_the_worse_is_said() {
        assert_eq!(Level::Short.worse_than(Level::Enough), Some(Level::Short));
        assert_eq!(
            Level::Exhausted.worse_than(Level::Short),
            Some(Level::Exhausted)
        );
        assert_eq!(Level::Short.worse_than(Level::Short), None);
        assert_eq!(Level::Enough.worse_than(Level::Scarce), None);
    }
}
