//! The DevDetail management object: what a server asks a device for when it
//! wants to know more (OMA DM StdObj 1.2 clause 5.3.3).

use syncml::Format;

use super::access::{GET, read_only};
use crate::Error;
use crate::tree::{Node, NodeUri, Rights, Tree, Value};

/// The values of `./DevDetail`. The limits of URIs are those of [`NodeUri`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevDetail {
    /// DevTyp: the kind of device.
    pub device_type: String,
    /// OEM: the original manufacturer.
    pub oem: String,
    /// FwV: the version of the firmware.
    pub firmware: String,
    /// SwV: the version of the software.
    pub software: String,
    /// HwV: the version of the hardware.
    pub hardware: String,
    /// LrgObj: whether large objects are taken.
    pub large_objects: bool,
}

impl DevDetail {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-dm-devdetail:1.0";

    /// Writes the object at `at`, as a rule `./DevDetail`: permanent nodes that
    /// take Get alone. After an update it is written again.
    ///
    /// # Errors
    /// As [`Tree::put`].
    pub fn write(&self, tree: &mut Tree, at: &NodeUri) -> Result<(), Error> {
        let get = Rights::of(GET);
        let top = Node::object(Self::TYPE).permanent().taking(get);
        tree.put(at.clone(), top)?;
        let leaves = [
            ("DevTyp", &self.device_type),
            ("OEM", &self.oem),
            ("FwV", &self.firmware),
            ("SwV", &self.software),
            ("HwV", &self.hardware),
        ];
        for (name, value) in leaves {
            tree.put(at.child(name)?, read_only(Value::text(value.as_str())))?;
        }
        Self::write_large_objects(tree, at, self.large_objects)?;
        let uri = at.child("URI")?;
        tree.put(uri.clone(), Node::interior().permanent().taking(get))?;
        let limits = [
            ("MaxDepth", NodeUri::MAX_DEPTH),
            ("MaxTotLen", NodeUri::MAX_TOTAL),
            ("MaxSegLen", NodeUri::MAX_SEGMENT),
        ];
        for (name, limit) in limits {
            let value = Value::text(limit.to_string());
            tree.put(uri.child(name)?, read_only(value))?;
        }
        Ok(())
    }

    /// Writes LrgObj of the object at `at`, unless it says so already: what a
    /// session takes has to be what the device shows (OMA DM Protocol 1.2
    /// clause 7).
    ///
    /// # Errors
    /// As [`Tree::put`]: [`Error::NotFound`] without the object.
    pub fn write_large_objects(tree: &mut Tree, at: &NodeUri, large: bool) -> Result<(), Error> {
        let type_ = Some("text/plain".to_owned());
        let flag = Value::new(Format::Bool, type_, large.to_string().into_bytes());
        let leaf = at.child("LrgObj")?;
        if tree
            .value(&leaf)
            .is_ok_and(|known| known.data() == flag.data())
        {
            return Ok(());
        }
        tree.put(leaf, read_only(flag))
    }
}
