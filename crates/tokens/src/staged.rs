//! Directories of keys that appear whole or not at all (docs/operator-change.md
//! section 1: a key without its certificate is of no use, and the other way
//! round).

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::TokenError;
use crate::key_file::{existing_parent, parent, sibling, sync_directory, unique};

/// A directory of mode 0700 under a name of its own beside the final one.
/// Dropped without [`StagedDir::commit`], it is removed with all that is in it.
pub(crate) struct StagedDir {
    target: PathBuf,
    temporary: PathBuf,
    committed: bool,
}

impl StagedDir {
    /// Begins a directory that is to be `target`, which must not exist.
    pub(crate) fn begin(target: &Path) -> Result<Self, TokenError> {
        refuse_existing(target)?;
        existing_parent(target)?;
        let temporary = sibling(target, &unique())?;
        DirBuilder::new()
            .mode(0o700)
            .create(&temporary)
            .map_err(TokenError::io(&temporary))?;
        Ok(Self {
            target: target.to_owned(),
            temporary,
            committed: false,
        })
    }

    /// Where to write until then.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the directory its name, durably. Its files were flushed when they
    /// were written.
    pub(crate) fn commit(mut self) -> Result<(), TokenError> {
        sync_directory(&self.temporary)?;
        refuse_existing(&self.target)?;
        // A directory with files that came in between is refused by rename.
        fs::rename(&self.temporary, &self.target).map_err(|error| match error.kind() {
            std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::NotADirectory => {
                TokenError::Exists(self.target.clone())
            }
            _ => TokenError::io(&self.target)(error),
        })?;
        self.committed = true;
        sync_directory(parent(&self.target)?)
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be reported from here; what stays is private.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

/// A dangling link counts as existing too.
fn refuse_existing(target: &Path) -> Result<(), TokenError> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(TokenError::Exists(target.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(TokenError::io(target)(error)),
    }
}
