//! The counters that date a TRE's state (docs/operator-change.md section 7,
//! "TRE state") and a secure clock's (docs/certificate-status.md): one
//! never falls, and a power failure during a write leaves a value that can be read.
//!
//! The file has two slots of 4096 octets, `value u64 BE | SHA-256(owner |
//! value) | zeros`. An even value lives in the first, an odd one in the second,
//! so that writing n+1 never touches n; they are a block apart, so that no disk
//! writes both at once. The highest value whose digest fits counts.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use openssl::sha::Sha256;
use tre::TreError;

use crate::TokenError;
use crate::key_file::{check_file, write_new};

const SLOT: usize = 4096;
const SLOTS: usize = 2;

/// An open counter file. The lock on it, which ends with the process, keeps
/// every other process out.
pub(crate) struct Counter {
    file: File,
    path: PathBuf,
    owner: [u8; 32],
    value: u64,
    uncertain: bool,
}

impl Counter {
    /// Makes the file with the value 0.
    pub(crate) fn create(path: &Path, owner: &[u8; 32]) -> Result<(), TokenError> {
        let mut octets = slot(owner, 0);
        octets.resize(SLOTS * SLOT, 0);
        write_new(path, &octets)
    }

    /// Opens and locks the file.
    pub(crate) fn open(path: &Path, owner: [u8; 32]) -> Result<Self, TokenError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(TokenError::io(path))?;
        check_file(&file, path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => TokenError::InUse(path.to_owned()),
            TryLockError::Error(error) => TokenError::io(path)(error),
        })?;
        let mut counter = Self {
            file,
            path: path.to_owned(),
            owner,
            value: 0,
            uncertain: false,
        };
        counter.value = read(&counter.file, path, &owner)?;
        Ok(counter)
    }

    /// The value in a file, whoever has it open.
    pub(crate) fn peek(path: &Path, owner: &[u8; 32]) -> Result<u64, TokenError> {
        let file = File::open(path).map_err(TokenError::io(path))?;
        check_file(&file, path)?;
        read(&file, path, owner)
    }

    /// The value.
    pub(crate) fn value(&self) -> Result<u64, TreError> {
        if self.uncertain {
            return Err(device(TokenError::CounterUncertain(self.path.clone())));
        }
        Ok(self.value)
    }

    /// Raises it by one; on return the disk has it.
    pub(crate) fn increment(&mut self) -> Result<u64, TreError> {
        let next = self
            .value()?
            .checked_add(1)
            .ok_or(TreError::CounterExhausted)?;
        let written = self
            .file
            .write_all_at(&slot(&self.owner, next), position(next))
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // After a failed flush nobody can say what the disk has.
            self.uncertain = true;
            return Err(device(TokenError::io(&self.path)(error)));
        }
        self.value = next;
        Ok(next)
    }
}

impl Drop for Counter {
    /// Closing alone would not do: a child process that another thread is just
    /// starting holds a copy of the descriptor, and with it the lock.
    fn drop(&mut self) {
        // Nothing can be reported from here; the lock ends with the process.
        let _ = self.file.unlock();
    }
}

fn device(error: TokenError) -> TreError {
    TreError::Device(Box::new(error))
}

fn position(value: u64) -> u64 {
    value % SLOTS as u64 * SLOT as u64
}

fn slot(owner: &[u8; 32], value: u64) -> Vec<u8> {
    let mut octets = value.to_be_bytes().to_vec();
    octets.extend(digest(owner, value));
    octets.resize(SLOT, 0);
    octets
}

fn digest(owner: &[u8; 32], value: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(owner);
    hash.update(&value.to_be_bytes());
    hash.finish()
}

/// A slot with a wrong digest was being written when power failed. Nothing of
/// ours changes the file's length, so another length is no torn write.
fn read(file: &File, path: &Path, owner: &[u8; 32]) -> Result<u64, TokenError> {
    let unreadable = || TokenError::CounterMalformed(path.to_owned());
    let length = file.metadata().map_err(TokenError::io(path))?.len();
    if length != (SLOTS * SLOT) as u64 {
        return Err(unreadable());
    }
    let mut octets = vec![0; SLOTS * SLOT];
    file.read_exact_at(&mut octets, 0)
        .map_err(TokenError::io(path))?;
    octets
        .chunks(SLOT)
        .zip(0..)
        .filter_map(|(found, index)| {
            let value = u64::from_be_bytes(*found.first_chunk()?);
            let whole = found == slot(owner, value) && position(value) == index * SLOT as u64;
            whole.then_some(value)
        })
        .max()
        .ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failed_write_nothing_is_said_until_reopened() {
        let path = std::env::temp_dir().join(format!("counter-{}", std::process::id()));
        let owner = [7; 32];
        Counter::create(&path, &owner).expect("a new file");
        let mut counter = Counter::open(&path, owner).expect("a whole file");
        // Without the right to write, every write fails.
        counter.file = File::open(&path).expect("the file");
        let failed = counter.increment().expect_err("no right to write");
        assert_eq!(failed.code(), "tre-device-failed");
        assert!(counter.value().is_err());
        assert!(counter.increment().is_err());
        drop(counter);
        let mut counter = Counter::open(&path, owner).expect("a whole file");
        assert_eq!(counter.increment().expect("a write"), 1);
        std::fs::remove_file(&path).expect("the file");
    }
}
