//! A TRE's keys, sealing key and counter in a directory (docs/
//! operator-change.md sections 1 and 7): for devices without a TPM or a token,
//! whose host is trusted as far as its disk is.

use std::path::Path;

use clock::Random;
use openssl::sha::sha256;
use secret::{Secret, SecretBytes};
use tre::{Backend, KeyPairs, KeySlot, SealKey, SoftwareKey, TreError};
use zeroize::Zeroizing;

use crate::counter::Counter;
use crate::key_file::{self, malformed};
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{Protection, TokenError};

const SIGNATURE: &str = "signature.key";
const ENVELOPE: &str = "envelope.key";
const BOTH: &str = "both.key";
const SEAL: &str = "seal.key";
const COUNTER: &str = "counter";

/// A backend whose parts are files: `signature.key` and `envelope.key`, or
/// `both.key`; `seal.key`; `counter`. One process at a time has it open. `R`
/// feeds the nonces of sealing.
///
/// State that is restored alone is noticed, since the counter has moved on.
/// **State restored together with the counter is not**: whoever can put the
/// whole directory back, a backup of the machine among them, puts the TRE back
/// to that day, and no software on the same disk can tell. So is a copy of the
/// directory a clone of the TRE. Where that matters the counter and the keys
/// belong into hardware.
pub struct FileBackend<R> {
    keys: KeyPairs,
    seal_key: SealKey,
    counter: Counter,
    random: R,
}

impl<R: Random> FileBackend<R> {
    /// Makes the directory, which must not exist, with these keys, a new
    /// sealing key and the counter at 0; then opens it. The directory appears
    /// whole or not at all.
    ///
    /// # Errors
    /// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory above
    /// it is; [`TokenError::Io`].
    pub fn create(
        dir: &Path,
        keys: &KeyPairs,
        protection: Protection<'_>,
        mut random: R,
    ) -> Result<Self, TokenError> {
        let staged = StagedDir::begin(dir)?;
        write_files(staged.path(), keys, protection, &mut random)?;
        staged.commit()?;
        Self::open(dir, protection, random)
    }

    /// Opens the directory. The counter has the value that the last
    /// [`Backend::increment_counter`] returned, or one more if that was cut off.
    ///
    /// # Errors
    /// [`TokenError::DirectoryOpenToOthers`], [`TokenError::FileOpenToOthers`]
    /// and their like; [`TokenError::NotOpened`], [`TokenError::Encrypted`] or
    /// [`TokenError::NotEncrypted`] by `protection`; [`TokenError::InUse`];
    /// [`TokenError::CounterMalformed`].
    pub fn open(dir: &Path, protection: Protection<'_>, random: R) -> Result<Self, TokenError> {
        key_file::check_directory(dir)?;
        let vault = Vault::new(dir, protection);
        let single = exists(&vault, BOTH)?;
        if single && exists(&vault, SIGNATURE)? {
            return Err(malformed(dir, "both.key beside signature.key"));
        }
        let first = vault.read_key(if single { BOTH } else { SIGNATURE })?;
        let owner = owner(&first);
        let vault = vault.bound_to(owner);
        let keys = if single {
            KeyPairs::One(first)
        } else {
            KeyPairs::Two {
                signature: first,
                envelope: vault.read_key(ENVELOPE)?,
            }
        };
        Ok(Self {
            keys,
            seal_key: read_seal_key(&vault)?,
            counter: Counter::open(&vault.path(COUNTER), owner)?,
            random,
        })
    }
}

/// Writes all files of a backend into an empty directory.
pub(crate) fn write_files(
    dir: &Path,
    keys: &KeyPairs,
    protection: Protection<'_>,
    random: &mut dyn Random,
) -> Result<(), TokenError> {
    let vault = Vault::new(dir, protection);
    let owner = owner(keys.key(KeySlot::Signature));
    let vault = match keys {
        KeyPairs::One(key) => {
            vault.write_key(BOTH, key, random)?;
            vault.bound_to(owner)
        }
        KeyPairs::Two {
            signature,
            envelope,
        } => {
            vault.write_key(SIGNATURE, signature, random)?;
            let vault = vault.bound_to(owner);
            vault.write_key(ENVELOPE, envelope, random)?;
            vault
        }
    };
    let seal_key = SealKey::generate(random).to_octets();
    vault.write_secret(SEAL, &Secret::new(seal_key.expose().to_vec()), random)?;
    Counter::create(&vault.path(COUNTER), &owner)
}

/// What the other files are bound to, so that the parts of two TREs under one
/// node key don't mix.
fn owner(signature: &SoftwareKey) -> [u8; 32] {
    sha256(signature.public_key().as_spki())
}

fn exists(vault: &Vault<'_>, name: &str) -> Result<bool, TokenError> {
    let path = vault.path(name);
    path.try_exists().map_err(TokenError::io(&path))
}

fn read_seal_key(vault: &Vault<'_>) -> Result<SealKey, TokenError> {
    let octets = vault.read_secret(SEAL)?;
    let octets = <[u8; 32]>::try_from(octets.expose().as_slice())
        .map(Zeroizing::new)
        .map_err(|_| malformed(&vault.path(SEAL), "not a sealing key of 32 octets"))?;
    Ok(SealKey::from_octets(Secret::new(*octets)))
}

impl<R: Random> Backend for FileBackend<R> {
    fn public_key(&self, slot: KeySlot) -> Result<Vec<u8>, TreError> {
        Ok(self.keys.key(slot).public_key().as_spki().to_vec())
    }

    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<Vec<u8>, TreError> {
        self.keys.key(slot).sign(message)
    }

    fn agree(&mut self, slot: KeySlot, peer_point: &[u8]) -> Result<SecretBytes, TreError> {
        self.keys.key(slot).agree(peer_point)
    }

    fn oaep_decrypt(&mut self, slot: KeySlot, ciphertext: &[u8]) -> Result<SecretBytes, TreError> {
        self.keys.key(slot).oaep_decrypt(ciphertext)
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, TreError> {
        self.seal_key.seal(plaintext, &mut self.random)
    }

    fn unseal(&mut self, sealed: &[u8]) -> Result<SecretBytes, TreError> {
        self.seal_key.unseal(sealed)
    }

    fn counter(&mut self) -> Result<u64, TreError> {
        self.counter.value()
    }

    fn increment_counter(&mut self) -> Result<u64, TreError> {
        self.counter.increment()
    }
}
