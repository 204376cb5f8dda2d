//! Names of the two management objects and of their alerts
//! (docs/operator-change.md section 6; the DDFs are in docs/ddf).

use dm::tree::NodeUri;

use crate::{OrderId, ProvisioningError};

/// The object with what the TRE says of itself.
pub const MO_M2MM: &str = "urn:x-rehome:mo:m2mm:1.0";
/// The object that takes the MCIM.
pub const MO_M2MCIMM: &str = "urn:x-rehome:mo:m2mcimm:1.0";
/// The device has an order and waits for its package.
pub const ALERT_READY: &str = "urn:x-rehome:alert:m2mm:ready";
/// How the install went.
pub const ALERT_INSTALL: &str = "urn:x-rehome:alert:m2mcimm:install";
/// Documents 1 and 3 of section 7.
pub const ALERT_CONFIRMATION: &str = "urn:x-rehome:alert:m2mm:confirmation";

/// What the install alert says when all went well; otherwise a reason code.
pub(super) const INSTALLED: &str = "installed";

pub(super) const SIGNED: &str = "./M2MM/Signed";

/// A node below the order's M2MCIMM object.
pub(super) fn order_node(order_id: OrderId, leaf: &str) -> String {
    format!("./M2MCIMM/{order_id}/{leaf}")
}

/// A node of the network that the new operator provides.
pub(super) fn nap_node(order_id: OrderId, leaf: &str) -> String {
    format!("./NAP/{order_id}/{leaf}")
}

pub(super) fn uri(text: &str) -> Result<NodeUri, ProvisioningError> {
    Ok(text.parse()?)
}
