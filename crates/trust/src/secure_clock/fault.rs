//! Why a time or a stored state is refused, with a stable code for each.

use thiserror::Error;

/// A refusal by [`crate::secure_clock`]. Each variant's first word says who is
/// to blame.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockFault {
    /// Peer violation: a source that lies before what is known.
    #[error("the time lies before what is known already")]
    SetBack,
    /// Peer violation: a source that lies behind what is known.
    #[error("two sources of time contradict each other")]
    SourcesDisagree,
    /// Storage violation: the state is not the one that was stored last.
    #[error("the clock's state was restored from an earlier one")]
    StateRestored,
    /// Storage violation: there is no state, but there was one.
    #[error("the clock's state is missing")]
    StateMissing,
}

impl ClockFault {
    /// The stable reason code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SetBack => "clock-set-back",
            Self::SourcesDisagree => "clock-sources-disagree",
            Self::StateRestored => "clock-state-restored",
            Self::StateMissing => "clock-state-missing",
        }
    }
}
