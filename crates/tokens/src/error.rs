//! Why a key file, a key directory or a TRE on files is refused, who is to
//! blame, and what to do about it (docs/operator-change.md sections 1 and 7).

use std::io;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use provisioning::ProvisioningError;
use thiserror::Error;

/// A refusal by this crate. Each message names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Misuse: nothing is there.
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    /// Misuse: something is there already, and keys are never overwritten.
    #[error("{} exists already and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// Misuse: a path without a last name, such as `/` or `..`.
    #[error("{} does not name a file or directory", .0.display())]
    PathUnusable(PathBuf),
    /// Denied: a directory, a pipe or a device where a file belongs.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// Denied: group or others have a right on a private file.
    #[error(
        "{path} has mode {mode:04o}: group or others can read or write it; run `chmod 600 {path}`",
        path = .path.display()
    )]
    FileOpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Denied: group or others have a right on a directory of keys.
    #[error(
        "{path} has mode {mode:04o}: group or others have access to it; run `chmod 700 {path}`",
        path = .path.display()
    )]
    DirectoryOpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Malformed: the file's contents are not what they should be.
    #[error("{}: {what}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it is not.
        what: &'static str,
    },
    /// Unsupported: an encrypted file of another version.
    #[error("{}: version {version} of encrypted key files is not supported", .path.display())]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u8,
    },
    /// Denied: encrypted under another node key, for another file name or
    /// another directory of keys, or altered. Which of them can't be told.
    #[error(
        "{} does not open: another node key, another place than it was written for, or altered",
        .0.display()
    )]
    NotOpened(PathBuf),
    /// Misuse: encrypted, and no node key was given.
    #[error("{} is encrypted: give the node key", .0.display())]
    Encrypted(PathBuf),
    /// Denied: not encrypted although a node key was given. Whoever could put
    /// it there may have chosen the key in it.
    #[error("{} is not encrypted, though a node key was given", .0.display())]
    NotEncrypted(PathBuf),
    /// Denied: the private key is not the one that the certificate names.
    #[error("{} is not the key of its certificate", .0.display())]
    KeyMismatch(PathBuf),
    /// Denied: another process has the TRE's directory open.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// Malformed: neither slot of a counter file can be read.
    #[error("{}: the counter can't be read; it may belong to another TRE", .0.display())]
    CounterMalformed(PathBuf),
    /// The counter could not be written before; what the disk has is unknown
    /// until it is opened again.
    #[error("{}: an earlier write failed; open the directory again", .0.display())]
    CounterUncertain(PathBuf),
    /// The file system failed.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate was refused.
    #[error(transparent)]
    Trust(#[from] trust::TrustError),
    /// A key was refused.
    #[error(transparent)]
    Tre(#[from] tre::TreError),
    /// The TRE's engine refused what it was made or opened with.
    #[error(transparent)]
    Provisioning(#[from] ProvisioningError),
    /// Denied: the supplier did not sign this handover.
    #[error("the handover is not signed by the supplier's key for it")]
    HandoverSignature,
    /// Bug: libcrypto refused what it must accept.
    #[error("libcrypto failed")]
    Library(#[from] ErrorStack),
}

impl TokenError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "key-file-missing",
            Self::Exists(_) => "key-file-exists",
            Self::PathUnusable(_) => "key-path-unusable",
            Self::NotRegular(_) => "key-file-not-regular",
            Self::FileOpenToOthers { .. } => "key-file-readable-by-others",
            Self::DirectoryOpenToOthers { .. } => "key-directory-open-to-others",
            Self::Malformed { .. } => "key-file-malformed",
            Self::UnsupportedVersion { .. } => "key-file-unsupported-version",
            Self::NotOpened(_) => "key-file-not-opened",
            Self::Encrypted(_) => "key-file-encrypted",
            Self::NotEncrypted(_) => "key-file-not-encrypted",
            Self::KeyMismatch(_) => "key-certificate-mismatch",
            Self::InUse(_) => "tre-in-use",
            Self::CounterMalformed(_) => "counter-file-malformed",
            Self::CounterUncertain(_) => "counter-uncertain",
            Self::Io { .. } => "key-file-io",
            Self::Trust(error) => error.code(),
            Self::Tre(error) => error.code(),
            Self::Provisioning(error) => engine_code(error),
            Self::HandoverSignature => "handover-signature-invalid",
            Self::Library(_) => "crypto-failed",
        }
    }

    /// Sorts a system's error: what is missing or there already is the
    /// caller's affair, the rest the file system's.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing(path),
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            _ => Self::Io { path, source },
        }
    }
}

/// What making or opening a TRE can refuse: mostly what lies below the engine.
fn engine_code(error: &ProvisioningError) -> &'static str {
    match error {
        ProvisioningError::Tre(error) => error.code(),
        ProvisioningError::Trust(error) => error.code(),
        ProvisioningError::State(_) => "state-encoding",
        _ => "tre-refused",
    }
}
