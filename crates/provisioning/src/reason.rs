//! Why a step was refused: one stable kebab-case code for each cause, from the
//! TRE's signed refusal to the order's record and the API's problem.

use std::fmt;

/// A reason code. Codes that this version does not know are kept as text, so
/// that an operator sees what a newer TRE says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason(std::borrow::Cow<'static, str>);

/// The longest code that is taken from outside.
const MAX_LENGTH: usize = 64;

impl Reason {
    /// A code of this program.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(code))
    }

    /// A code from outside: 1 to 64 of `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shape = (1..=MAX_LENGTH).contains(&text.len())
            && text
                .bytes()
                .all(|o| o.is_ascii_lowercase() || o.is_ascii_digit() || o == b'-');
        shape.then(|| Self(std::borrow::Cow::Owned(text.to_owned())))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
