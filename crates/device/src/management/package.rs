//! The file with the package that is being fetched or installed: what is told
//! as stored is on the disk (OMA FUMO 1.0 clause 6.1, where the way of keeping
//! it is the device's own).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use openssl::sha::Sha256;

/// How many octets are hashed at a time.
const PIECE: usize = 1 << 16;

/// A package in the making.
pub(super) struct PackageFile {
    file: File,
    length: u64,
}

impl PackageFile {
    /// Opens the file to go on at `offset` and cuts off what is past it. A file
    /// that is shorter, or gone, begins anew.
    pub(super) fn open(path: &Path, offset: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        let length = match file.metadata()?.len() {
            there if there >= offset => offset,
            _ => 0,
        };
        file.set_len(length)?;
        if let Some(directory) = path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(Self { file, length })
    }

    /// Octets in the file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Appends octets.
    pub(super) fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)?;
        let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.length = self.length.saturating_add(count);
        Ok(())
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.length = 0;
        Ok(())
    }

    /// Makes what is in the file durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The length and the SHA-256 digest of the file.
pub(super) fn digest(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut length = 0;
    loop {
        let count = file.read(&mut piece)?;
        let Some(octets) = piece.get(..count).filter(|octets| !octets.is_empty()) else {
            return Ok((length, hash.finish()));
        };
        hash.update(octets);
        length += u64::try_from(count).unwrap_or(u64::MAX);
    }
}

/// Writes a package that came in a message.
pub(super) fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = PackageFile::open(path, 0)?;
    file.append(octets)?;
    file.sync()
}

/// Removes the file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
