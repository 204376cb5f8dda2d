//! The parts of meta-information that a header, a challenge or an alert may have
//! and nearly no item has (SyncML MetaInfo 1.2; OMA DM RepPro 1.2, "Meta
//! Information Elements").

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::{Anchor, NextNonce};

/// The children of `Meta` that are rare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RareMeta {
    /// How important an alert is (`fatal`, `critical`, `minor`, …; OMA DM
    /// Protocol 1.2, "Generic Alert").
    pub mark: Option<String>,
    /// Synchronisation anchors; not used by device management.
    pub anchor: Option<Anchor>,
    /// The version of the data.
    pub version: Option<String>,
    /// The nonce for the next credentials.
    pub next_nonce: Option<NextNonce>,
    /// The largest message that the sender takes, in octets.
    pub max_msg_size: Option<u64>,
    /// The largest object that the sender takes, in octets.
    pub max_obj_size: Option<u64>,
    /// Experimental meta-information, as written.
    pub emi: Vec<String>,
}

/// A [`RareMeta`] that takes one pointer's room until something is put into it:
/// messages have many items, and items are moved.
#[derive(Clone, Default)]
pub struct Rare(Option<Box<RareMeta>>);

impl Rare {
    const NOTHING: &RareMeta = &RareMeta {
        mark: None,
        anchor: None,
        version: None,
        next_nonce: None,
        max_msg_size: None,
        max_obj_size: None,
        emi: Vec::new(),
    };

    /// What is in it.
    #[must_use]
    pub fn into_inner(self) -> RareMeta {
        self.0.map_or_else(RareMeta::default, |rare| *rare)
    }
}

impl Deref for Rare {
    type Target = RareMeta;

    fn deref(&self) -> &RareMeta {
        self.0.as_deref().unwrap_or(Self::NOTHING)
    }
}

impl DerefMut for Rare {
    fn deref_mut(&mut self) -> &mut RareMeta {
        self.0.get_or_insert_default()
    }
}

impl From<RareMeta> for Rare {
    fn from(rare: RareMeta) -> Self {
        Self(Some(Box::new(rare)))
    }
}

/// One that was written to and emptied again is as one never touched.
impl PartialEq for Rare {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Rare {}

impl fmt::Debug for Rare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
