//! The DevInfo management object: what a device tells every server in package
//! #1 (OMA DM StdObj 1.2 clause 5.3.2).

use super::access::{GET, read_only};
use crate::Error;
use crate::tree::{Node, NodeUri, Rights, Tree, Value};

/// The values of `./DevInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevInfo {
    /// DevId: the device's URN, unlike any other's.
    pub device_id: String,
    /// Man: the manufacturer.
    pub manufacturer: String,
    /// Mod: the model.
    pub model: String,
    /// DmV: the version of the management client.
    pub client_version: String,
    /// Lang: the language tag of RFC 1766.
    pub language: String,
}

impl DevInfo {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-dm-devinfo:1.0";

    /// Writes the object at `at`, as a rule `./DevInfo`: permanent nodes that
    /// take Get alone.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a DevId that is no URN and for an empty value;
    /// else as [`Tree::put`].
    pub fn write(&self, tree: &mut Tree, at: &NodeUri) -> Result<(), Error> {
        if !is_urn(&self.device_id) {
            return Err(Error::Misuse("DevId is not a URN"));
        }
        let leaves = [
            ("DevId", &self.device_id),
            ("Man", &self.manufacturer),
            ("Mod", &self.model),
            ("DmV", &self.client_version),
            ("Lang", &self.language),
        ];
        if leaves.iter().any(|(_, value)| value.is_empty()) {
            return Err(Error::Misuse("an empty value in DevInfo"));
        }
        let top = Node::object(Self::TYPE).permanent();
        tree.put(at.clone(), top.taking(Rights::of(GET)))?;
        for (name, value) in leaves {
            tree.put(at.child(name)?, read_only(Value::text(value.as_str())))?;
        }
        Ok(())
    }
}

/// `urn:`, a namespace and something in it (RFC 2141 clause 2); real devices
/// write the `IMEI:…` of the specification's examples as well.
fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let named = first.eq_ignore_ascii_case("urn") && rest.len() == 2;
    let short = ["IMEI", "MEID", "ESN"].contains(&first) && rest.len() == 1;
    (named || short)
        && text.bytes().all(|octet| octet.is_ascii_graphic())
        && rest.iter().all(|part| !part.is_empty())
}
