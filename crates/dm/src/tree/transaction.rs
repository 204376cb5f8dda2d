//! All or nothing: what an Atomic needs of the tree (OMA DM RepPro 1.2 clause
//! 6.6.3). Static nodes are put back from the state before; objects are told
//! to undo.

use super::{NodeUri, Open, Tree};
use crate::Error;

impl Tree {
    /// Opens a transaction. Everything that servers do from here on is undone
    /// by [`roll_back`](Self::roll_back).
    ///
    /// # Errors
    /// [`Error::Misuse`] if one is open.
    pub fn begin(&mut self) -> Result<(), Error> {
        if self.open.is_some() {
            return Err(Error::Misuse("a transaction is open"));
        }
        self.open = Some(Open::default());
        Ok(())
    }

    /// Whether a transaction is open: what servers did since
    /// [`begin`](Self::begin) may yet be undone and is not to be stored.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Makes what was done since [`begin`](Self::begin) final, and puts away what
    /// was left in the Inbox ([`set_inbox`](Self::set_inbox)).
    ///
    /// # Errors
    /// What the first object says that can't, or why something in the Inbox can't
    /// be put away; the transaction is still open then, to be rolled back.
    /// [`Error::Misuse`] if none is open.
    pub fn commit(&mut self) -> Result<(), Error> {
        let begun = self.begun()?;
        self.settle()?;
        for mount in begun {
            if let Some(object) = self.mounts.get_mut(&mount) {
                object.commit()?;
            }
        }
        self.open = None;
        Ok(())
    }

    /// Undoes what was done since [`begin`](Self::begin), as far as it goes.
    ///
    /// # Errors
    /// What the first object says that can't undo; all others and the static
    /// nodes are back even so. [`Error::Misuse`] if none is open.
    pub fn roll_back(&mut self) -> Result<(), Error> {
        let mut outcome = Ok(());
        for mount in self.begun()? {
            if let Some(object) = self.mounts.get_mut(&mount)
                && let Err(error) = object.roll_back()
            {
                outcome = outcome.and(Err(error));
            }
        }
        let before = self.open.take().map_or_else(Vec::new, |open| open.before);
        for (uri, node) in before.into_iter().rev() {
            self.put_as_it_is(&uri, node);
        }
        outcome
    }

    /// Runs `change` as a whole: what it did to static nodes before it failed
    /// is undone, and in objects too if no transaction was open.
    pub(super) fn whole<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(mark) = self.open.as_ref().map(|open| open.before.len()) else {
            self.begin()?;
            let changed = change(self).and_then(|changed| self.commit().map(|()| changed));
            if changed.is_err() {
                self.roll_back()?;
            }
            return changed;
        };
        let changed = change(self);
        if changed.is_err()
            && let Some(open) = &mut self.open
        {
            let undone = open.before.split_off(mark);
            for (uri, node) in undone.into_iter().rev() {
                self.put_as_it_is(&uri, node);
            }
            // What was put back is as it was at the mark.
            if let Some(open) = &mut self.open {
                open.before.truncate(mark);
            }
        }
        changed
    }

    /// The objects that the open transaction has reached.
    fn begun(&self) -> Result<Vec<NodeUri>, Error> {
        let open = self
            .open
            .as_ref()
            .ok_or(Error::Misuse("no transaction is open"))?;
        Ok(open.begun.iter().cloned().collect())
    }
}
