//! All that a card keeps without power: one value, stored as a whole.

use serde::{Deserialize, Serialize};
use uicc::packet::{KeySet, Tar};
use zeroize::Zeroizing;

use super::CardError;
use super::access::Pins;
use super::files::{FileSystem, identifiers};
use super::keys::StoredKeySet;
use super::outbox::Outbox;
use super::registry::Registry;
use super::target::{Kind, Target};
use super::waiting::Waiting;

/// The version of the stored form.
pub(super) const VERSION: u32 = 1;

/// What a card keeps.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub(super) version: u32,
    pub(super) files: FileSystem,
    pub(super) pins: Pins,
    pub(super) key_sets: Vec<StoredKeySet>,
    pub(super) targets: Vec<Target>,
    pub(super) waiting: Waiting,
    pub(super) outbox: Outbox,
    pub(super) registry: Registry,
}

impl State {
    /// The files.
    #[must_use]
    pub const fn files(&self) -> &FileSystem {
        &self.files
    }

    /// The key sets, with their counters.
    #[must_use]
    pub fn key_sets(&self) -> &[StoredKeySet] {
        &self.key_sets
    }

    /// The target applications.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Parts of messages that wait for the others.
    #[must_use]
    pub const fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Messages that wait for the terminal.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Packages and applications.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// PIN1 and ADM1 as they are typed, to be written where their owner finds them.
    #[must_use]
    pub fn pins_shown(&self) -> [(&'static str, Zeroizing<String>); 2] {
        let Pins { pin1, adm1 } = &self.pins;
        [("pin1", pin1.shown()), ("adm1", adm1.shown())]
    }

    pub(super) fn key_set(&self, number: u8) -> Option<KeySet> {
        let mut sets = self.key_sets.iter();
        let set = sets.find(|set| set.number == number)?;
        set.keys().ok()
    }

    pub(super) fn key_set_mut(&mut self, number: u8) -> Option<&mut StoredKeySet> {
        self.key_sets.iter_mut().find(|set| set.number == number)
    }

    pub(super) fn target(&self, tar: Tar) -> Option<&Target> {
        let mut targets = self.targets.iter();
        targets.find(|target| target.tar() == Some(tar))
    }

    /// The DF at which a target begins.
    pub(super) fn start_of(&self, kind: &Kind) -> Option<usize> {
        match kind {
            Kind::Applications => None,
            Kind::Files(path) => {
                let at = self.files.at(&identifiers(path)?)?;
                self.files.is_directory(at).then_some(at)
            }
        }
    }

    /// Refuses what no card of ours can have been.
    ///
    /// # Errors
    /// [`CardError::Version`], [`CardError::State`], [`CardError::Keys`].
    pub(super) fn check(&self) -> Result<(), CardError> {
        if self.version != VERSION {
            return Err(CardError::Version(self.version));
        }
        if !self.files.is_sound() {
            return Err(CardError::State("its files"));
        }
        for (place, set) in self.key_sets.iter().enumerate() {
            set.keys().map_err(CardError::Keys)?;
            let mut before = self.key_sets.iter().take(place);
            if before.any(|other| other.number == set.number) {
                return Err(CardError::State("two key sets of one number"));
            }
        }
        for (place, target) in self.targets.iter().enumerate() {
            if target.tar().is_none() || target.msl().is_none() {
                return Err(CardError::State("a TAR or its security level"));
            }
            let is_placed = match target.kind {
                Kind::Applications => true,
                Kind::Files(_) => self.start_of(&target.kind).is_some(),
            };
            if !is_placed {
                return Err(CardError::State("the DF of a TAR"));
            }
            let mut before = self.targets.iter().take(place);
            if before.any(|other| other.tar() == target.tar()) {
                return Err(CardError::State("a TAR twice"));
            }
        }
        if !self.waiting.is_sound() {
            return Err(CardError::State("parts that wait"));
        }
        if !self.registry.is_sound() {
            return Err(CardError::State("its applications"));
        }
        Ok(())
    }
}
