//! What a device shows of itself while it runs.

use provisioning::OrderId;
use provisioning::tre::Phase;
use trust::ShoId;

/// Where a device stands. No secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its operator.
    pub current_sho: ShoId,
    /// How often it changed operators.
    pub switch_counter: u64,
    /// The order under way.
    pub order: Option<(OrderId, Phase)>,
    /// The network that it is in.
    pub serving_plmn: Option<String>,
    /// Whether its TRE's state was restored from an older copy.
    pub restored: bool,
}
