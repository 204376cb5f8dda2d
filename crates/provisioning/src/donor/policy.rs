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
    /// How long the CertTRE of a device that left is kept, in whole seconds. The
    /// MCIM's record has a term of its own, RETENTION_S of the order.
    pub cert_tre_retention: Duration,
}

impl Default for DonorPolicy {
    fn default() -> Self {
        Self {
            transfer: TransferPolicy::default(),
            longest_order: Duration::from_secs(7 * 86_400),
            cert_tre_retention: Duration::from_secs(90 * 86_400),
        }
    }
}
