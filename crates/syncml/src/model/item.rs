//! Items and the places that they name (SyncML RepPro 1.2, "Item",
//! "Source" and "Target").

use std::borrow::Cow;

use super::{Data, Format, Meta};
use crate::Error;

/// A `Target` or `Source`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// `LocURI`, without the white space around it.
    pub uri: String,
    /// `LocName`; in the header's `Source` the user name of the MD5 scheme.
    pub name: Option<String>,
}

impl Location {
    /// The place `uri` without a name.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: None,
        }
    }
}

impl From<&str> for Location {
    fn from(uri: &str) -> Self {
        Self::new(uri)
    }
}

/// The element `Item`: what a command works on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// The node that the command changes or reads.
    pub target: Option<Location>,
    /// Where the data comes from; in `Results`, the node that was read.
    pub source: Option<Location>,
    /// Meta-information of this item, before the command's.
    pub meta: Option<Meta>,
    /// The value.
    pub data: Option<Data>,
    /// Whether `MoreData` says that the value goes on in the next message.
    pub more_data: bool,
}

impl Item {
    /// An item that names its target alone.
    pub fn target(uri: impl Into<String>) -> Self {
        Self {
            target: Some(Location::new(uri)),
            ..Self::default()
        }
    }

    /// An item that names its source alone.
    pub fn source(uri: impl Into<String>) -> Self {
        Self {
            source: Some(Location::new(uri)),
            ..Self::default()
        }
    }

    /// This item with `meta`.
    #[must_use]
    pub fn with_meta(mut self, meta: Meta) -> Self {
        self.meta = Some(meta);
        self
    }

    /// This item with `data`.
    #[must_use]
    pub fn with_data(mut self, data: Data) -> Self {
        self.data = Some(data);
        self
    }

    /// The `LocURI` of the target.
    #[must_use]
    pub fn target_uri(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.uri.as_str())
    }

    /// The `LocURI` of the source.
    #[must_use]
    pub fn source_uri(&self) -> Option<&str> {
        self.source.as_ref().map(|source| source.uri.as_str())
    }

    /// The format that counts: the item's own, else that of its command.
    #[must_use]
    pub fn format<'a>(&'a self, command: Option<&'a Meta>) -> Option<&'a Format> {
        let own = self.meta.as_ref().and_then(|meta| meta.format.as_ref());
        own.or_else(|| command?.format.as_ref())
    }

    /// The media type that counts: the item's own, else that of its command.
    #[must_use]
    pub fn type_<'a>(&'a self, command: Option<&'a Meta>) -> Option<&'a str> {
        let own = self.meta.as_ref().and_then(|meta| meta.type_.as_deref());
        own.or_else(|| command?.type_.as_deref())
    }

    /// The octets of the value under the format that counts; `None` without
    /// `Data`.
    ///
    /// # Errors
    /// [`Error::NotBase64`] as for [`Data::octets`].
    pub fn octets(&self, command: Option<&Meta>) -> Result<Option<Cow<'_, [u8]>>, Error> {
        let format = self.format(command).cloned();
        self.data
            .as_ref()
            .map(|data| data.octets(format.as_ref()))
            .transpose()
    }
}
