//! What a donor asks of a transfer (docs/operator-change.md section 4, "Who may
//! take a device away").

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who may take a device away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferPolicy {
    /// Whoever shows a token that the subscriber got for this operator.
    #[default]
    Token,
    /// Whoever this operator's staff approves, one by one.
    Approve,
    /// Every registered peer.
    Open,
}

/// A donor's rules.
#[derive(Clone, Debug)]
pub struct DonorPolicy {
    /// Who may take a device away.
    pub transfer: TransferPolicy,
    /// The longest time from now to an order's expiry.
    pub longest_order: Duration,
}

impl Default for DonorPolicy {
    fn default() -> Self {
        Self {
            transfer: TransferPolicy::default(),
            longest_order: Duration::from_secs(7 * 86_400),
        }
    }
}
