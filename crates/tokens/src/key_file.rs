//! Private files on a POSIX file system: who may read them, and how they are
//! written so that after a power failure there is the whole file or none
//! (docs/operator-change.md section 1: keys are the operator's alone).

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clock::Random;
use data_encoding::HEXLOWER;
use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::TokenError;
use crate::os::OsRandom;

/// The longest private file that is read, in octets.
pub const MAX_LENGTH: u64 = 16 * 1024 * 1024;

/// Every right of group and others.
const OTHERS: u32 = 0o077;

/// Reads a private file of at most [`MAX_LENGTH`] octets. A symbolic link is
/// followed, since mounted secrets often are links; what it points to is judged.
///
/// # Errors
/// [`TokenError::Missing`]; [`TokenError::NotRegular`];
/// [`TokenError::FileOpenToOthers`] if `mode & 0o077` is not 0;
/// [`TokenError::Malformed`] if it is too long; [`TokenError::Io`].
pub fn read(path: &Path) -> Result<SecretBytes, TokenError> {
    let failed = || TokenError::io(path);
    // Opening a pipe would wait for its writer, hence the look before.
    if !fs::metadata(path).map_err(failed())?.is_file() {
        return Err(TokenError::NotRegular(path.to_owned()));
    }
    let file = File::open(path).map_err(failed())?;
    // The file that was opened counts, not what has the name by now.
    check_file(&file, path)?;
    read_whole(&file, path)
}

/// Makes a private file of mode 0600: written under another name, flushed, and
/// only then given its own. What has the name already stays as it is.
///
/// # Errors
/// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory is;
/// [`TokenError::PathUnusable`]; [`TokenError::Io`].
pub fn create(path: &Path, octets: &[u8]) -> Result<(), TokenError> {
    let parent = existing_parent(path)?;
    let temporary = sibling(path, &unique())?;
    let done = write_new(&temporary, octets).and_then(|()| {
        // Unlike rename, a link is refused where the name is taken.
        fs::hard_link(&temporary, path).map_err(TokenError::io(path))
    });
    let removed = fs::remove_file(&temporary);
    done?;
    removed.map_err(TokenError::io(&temporary))?;
    sync_directory(parent)
}

/// Puts new contents in place of a private file, or makes it: after a crash it
/// has the old contents or the new ones. For one writer at a time.
///
/// # Errors
/// [`TokenError::Missing`] if the directory is; [`TokenError::PathUnusable`];
/// [`TokenError::Io`].
pub fn replace(path: &Path, octets: &[u8]) -> Result<(), TokenError> {
    let parent = existing_parent(path)?;
    // Always the same name, so that crashes leave one stale file at most.
    let temporary = sibling(path, "new")?;
    remove_stale(&temporary)?;
    write_new(&temporary, octets)?;
    fs::rename(&temporary, path).map_err(TokenError::io(path))?;
    sync_directory(parent)
}

/// Refuses a directory on which group or others have any right.
///
/// # Errors
/// [`TokenError::Missing`]; [`TokenError::DirectoryOpenToOthers`];
/// [`TokenError::Malformed`] if it is no directory; [`TokenError::Io`].
pub fn check_directory(path: &Path) -> Result<(), TokenError> {
    let metadata = fs::metadata(path).map_err(TokenError::io(path))?;
    if !metadata.is_dir() {
        return Err(malformed(path, "not a directory"));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(TokenError::DirectoryOpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Refuses an open file that is not regular, or not its owner's alone.
pub(crate) fn check_file(file: &File, path: &Path) -> Result<(), TokenError> {
    let metadata = file.metadata().map_err(TokenError::io(path))?;
    if !metadata.is_file() {
        return Err(TokenError::NotRegular(path.to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(TokenError::FileOpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Reads into one buffer of the right size: a buffer that grows would leave
/// copies behind.
fn read_whole(file: &File, path: &Path) -> Result<SecretBytes, TokenError> {
    let length = file.metadata().map_err(TokenError::io(path))?.len();
    if length > MAX_LENGTH {
        return Err(malformed(path, "longer than any file of ours"));
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut octets = Zeroizing::new(vec![0; length]);
    let mut reader = file;
    reader
        .read_exact(&mut octets)
        .map_err(TokenError::io(path))?;
    Ok(Secret::new(std::mem::take(&mut *octets)))
}

/// Writes and flushes a file that must not exist yet. One that could not be
/// written whole is removed.
pub(crate) fn write_new(path: &Path, octets: &[u8]) -> Result<(), TokenError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(TokenError::io(path))?;
    let written = file.write_all(octets).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // The first error counts; that the removal failed adds nothing.
        let _ = fs::remove_file(path);
        TokenError::io(path)(error)
    })
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), TokenError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(TokenError::io(path))
}

/// The directory that a path is in.
pub(crate) fn parent(path: &Path) -> Result<&Path, TokenError> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(parent) => Ok(parent),
        None => Err(TokenError::PathUnusable(path.to_owned())),
    }
}

/// The same, refused by its own name if it is missing.
pub(crate) fn existing_parent(path: &Path) -> Result<&Path, TokenError> {
    let parent = parent(path)?;
    fs::metadata(parent).map_err(TokenError::io(parent))?;
    Ok(parent)
}

/// `.NAME.TAG.tmp` beside the path.
pub(crate) fn sibling(path: &Path, tag: &str) -> Result<PathBuf, TokenError> {
    let name = path
        .file_name()
        .ok_or_else(|| TokenError::PathUnusable(path.to_owned()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{tag}.tmp"));
    Ok(path.with_file_name(hidden))
}

/// A tag that no other process draws.
pub(crate) fn unique() -> String {
    HEXLOWER.encode(&OsRandom.array::<8>())
}

pub(crate) fn malformed(path: &Path, what: &'static str) -> TokenError {
    TokenError::Malformed {
        path: path.to_owned(),
        what,
    }
}

/// Removes a file if it is there.
pub(crate) fn remove_stale(path: &Path) -> Result<(), TokenError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TokenError::io(path)(error))
        }
        _ => Ok(()),
    }
}
