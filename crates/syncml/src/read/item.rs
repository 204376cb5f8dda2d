//! Reading items (SyncML RepPro 1.2, "Item").

use super::{MessageReader, Source};
use crate::element::Element;
use crate::{Error, Item};

impl<S: Source> MessageReader<S> {
    /// Reads the open `Item` into `item`, which is empty. Unknown children are
    /// skipped; those that only data synchronisation has go to `foreign`.
    pub(super) fn item(
        &mut self,
        item: &mut Item,
        foreign: &mut Option<&'static str>,
    ) -> Result<(), Error> {
        while let Some(child) = self.source.child()? {
            match child {
                Element::Target => self.location(child, &mut item.target, Some(foreign))?,
                Element::Source => self.location(child, &mut item.source, Some(foreign))?,
                Element::Meta => self.meta(&mut item.meta)?,
                Element::Data => {
                    self.first(Element::Data, item.data.as_ref())?;
                    item.data = Some(self.source.data_value()?);
                }
                Element::MoreData => self.flag(child, &mut item.more_data)?,
                Element::SourceParent => self.skip_foreign(child, foreign)?,
                Element::TargetParent => self.skip_foreign(child, foreign)?,
                _ => self.source.skip()?,
            }
        }
        Ok(())
    }

    /// Skips the open element `name`, which makes its command unsupported.
    pub(super) fn skip_foreign(
        &mut self,
        name: Element,
        foreign: &mut Option<&'static str>,
    ) -> Result<(), Error> {
        foreign.get_or_insert(name.name());
        self.source.skip()
    }
}
