//! The command Copy (OMA DM RepPro 1.2 clause 6.6.4): the value of one leaf
//! onto another. It has no right of its own; the server needs Get for the one
//! and Replace for the other (OMA DM TND 1.2 clause 7.7.1.5).

use secret::SecretBytes;

use super::find::Found;
use super::{NodeUri, Overwrite, Right, ServerId, Tree};
use crate::Error;

impl Tree {
    /// Overwrites the leaf at `target` with format, type and value of the one
    /// at `source`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for either; [`Error::Denied`];
    /// [`Error::Forbidden`] if one is interior or the target can't have the
    /// source's format or type; [`Error::NotAllowed`], [`Error::TooLarge`],
    /// [`Error::Full`], or what an object says.
    pub fn copy(&mut self, by: &ServerId, source: &NodeUri, target: &NodeUri) -> Result<(), Error> {
        const LEAVES: Error = Error::Forbidden("only leaves are copied, and onto leaves");
        if self.find_for(by, Right::Get, source)?.is_interior() {
            return Err(LEAVES);
        }
        let found = self.find_for(by, Right::Replace, target)?;
        if found.is_interior() {
            return Err(LEAVES);
        }
        let value = self.value(source)?;
        if let Found::Static(node) = found {
            let mut node = node.clone();
            let old = node.value().ok_or(LEAVES)?;
            if node.is_permanent()
                && (value.format() != old.format() || value.type_() != old.type_())
            {
                return Err(Error::Forbidden("a permanent leaf keeps format and type"));
            }
            self.check_room(value.size(), old.size(), 0)?;
            // Replace would keep a type where the source has none.
            node.set_value(value);
            self.set(target, Some(node));
            return Ok(());
        }
        let new = Overwrite {
            format: Some(value.format().clone()),
            type_: value.type_().map(str::to_owned),
            data: SecretBytes::new(value.data().to_vec()),
        };
        self.replace(by, target, new)
    }
}
