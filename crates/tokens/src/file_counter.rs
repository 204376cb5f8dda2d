//! A counter of its own in a file, for what is dated apart from a TRE's state: a
//! secure clock's (docs/certificate-status.md, "Time from an answer").

use std::path::{Path, PathBuf};

use openssl::sha::Sha256;

use crate::counter::Counter;
use crate::{NodeKey, TokenError};

/// A counter that never falls. The file is bound to the key: whoever does not have
/// it can't write a value.
///
/// What [`FileBackend`](crate::FileBackend) says of its counter holds here too: a
/// file that is put back together with what it dates is not noticed.
pub struct FileCounter {
    counter: Counter,
    path: PathBuf,
}

impl FileCounter {
    /// Opens the file, or makes it with the value 0. One process at a time has it
    /// open. `label` says what it counts.
    ///
    /// # Errors
    /// [`TokenError::InUse`], [`TokenError::CounterMalformed`] for another key's or
    /// label's, [`TokenError::FileOpenToOthers`] and their like.
    pub fn open(path: &Path, key: &NodeKey, label: &str) -> Result<Self, TokenError> {
        let owner = owner(key, label);
        if !path.try_exists().map_err(TokenError::io(path))? {
            // Somebody else's hand in between shows in the opening.
            match Counter::create(path, &owner) {
                Ok(()) | Err(TokenError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            counter: Counter::open(path, owner)?,
            path: path.to_owned(),
        })
    }

    /// The value in a file that another process may have open; 0 if there is none.
    ///
    /// # Errors
    /// As [`Self::open`], but for [`TokenError::InUse`].
    pub fn peek(path: &Path, key: &NodeKey, label: &str) -> Result<u64, TokenError> {
        match Counter::peek(path, &owner(key, label)) {
            Err(TokenError::Missing(_)) => Ok(0),
            value => value,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// [`TokenError::CounterUncertain`] after a write that failed.
    pub fn value(&self) -> Result<u64, TokenError> {
        Ok(self.counter.value()?)
    }

    /// Raises it to `value`, one by one; on return the disk has it. A value that
    /// it has, or has passed, changes nothing.
    ///
    /// # Errors
    /// [`TokenError::Tre`] for what the file system says.
    pub fn raise_to(&mut self, value: u64) -> Result<(), TokenError> {
        while self.counter.value()? < value {
            self.counter.increment()?;
        }
        Ok(())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn owner(key: &NodeKey, label: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"rehome-counter|");
    hash.update(label.as_bytes());
    hash.update(b"|");
    hash.update(key.secret().expose());
    hash.finish()
}
