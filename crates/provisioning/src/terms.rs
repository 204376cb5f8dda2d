//! The times that both operators and the TRE hold to (docs/operator-change.md
//! sections 4 and 7), in seconds.

use serde::{Deserialize, Serialize};

use crate::ProvisioningError;

/// T_attach, T_ack and the windows for roll-back and retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long the new MCIM may take to attach, in seconds of powered-on time.
    pub t_attach: u32,
    /// How long an attached TRE waits for the decision before it tries both
    /// MCIMs in turn, in seconds of powered-on time.
    pub t_ack: u32,
    /// The window in which the TRE may go back.
    pub revert_s: u32,
    /// How long the donor keeps the released credentials.
    pub retention_s: u32,
}

impl Terms {
    /// The defaults of section 4.
    pub const DEFAULT: Self = Self {
        t_attach: 600,
        t_ack: 300,
        revert_s: 3600,
        retention_s: 30 * 86_400,
    };

    /// Checks the rules of section 4 against a TRE's floors.
    ///
    /// # Errors
    /// `terms-below-floor`, or `terms-contradict` unless T_attach + T_ack is
    /// below REVERT_S.
    pub fn check(&self, floor_attach: u32, floor_ack: u32) -> Result<(), ProvisioningError> {
        if self.t_attach < floor_attach.max(1) || self.t_ack < floor_ack.max(1) {
            return Err(ProvisioningError::refused("terms-below-floor"));
        }
        if u64::from(self.t_attach) + u64::from(self.t_ack) >= u64::from(self.revert_s) {
            return Err(ProvisioningError::refused("terms-contradict"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_and_the_revert_window_bound_the_timers() {
        assert!(Terms::DEFAULT.check(1, 1).is_ok());
        let code = |terms: Terms| terms.check(5, 5).unwrap_err().reason().code().to_owned();
        assert_eq!(
            code(Terms {
                t_attach: 4,
                ..Terms::DEFAULT
            }),
            "terms-below-floor"
        );
        assert_eq!(
            code(Terms {
                t_ack: 4,
                ..Terms::DEFAULT
            }),
            "terms-below-floor"
        );
        assert_eq!(
            code(Terms {
                revert_s: 900,
                ..Terms::DEFAULT
            }),
            "terms-contradict"
        );
        assert_eq!(
            code(Terms {
                t_attach: u32::MAX,
                t_ack: u32::MAX,
                ..Terms::DEFAULT
            }),
            "terms-contradict"
        );
    }
}
