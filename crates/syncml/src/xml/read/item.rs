//! Reading items (SyncML RepPro 1.2, "Item").

use super::MessageReader;
use crate::{Error, Item};

impl MessageReader<'_> {
    /// Reads the open `Item`. Unknown children are skipped; those that only
    /// data synchronisation has go to `foreign`.
    pub(super) fn item(&mut self, foreign: &mut Option<&'static str>) -> Result<Item, Error> {
        self.count_item()?;
        let mut item = Item::default();
        while let Some(child) = self.xml.child()? {
            match child {
                "Target" => self.location("Target", &mut item.target, Some(foreign))?,
                "Source" => self.location("Source", &mut item.source, Some(foreign))?,
                "Meta" => self.meta(&mut item.meta)?,
                "Data" => {
                    self.first("Data", item.data.as_ref())?;
                    item.data = Some(self.xml.data_value()?);
                }
                "MoreData" => self.flag("MoreData", &mut item.more_data)?,
                "SourceParent" => self.skip_foreign("SourceParent", foreign)?,
                "TargetParent" => self.skip_foreign("TargetParent", foreign)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(item)
    }

    /// Skips the open element `name`, which makes its command unsupported.
    pub(super) fn skip_foreign(
        &mut self,
        name: &'static str,
        foreign: &mut Option<&'static str>,
    ) -> Result<(), Error> {
        foreign.get_or_insert(name);
        self.xml.skip()
    }
}
