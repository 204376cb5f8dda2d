//! A backend that forgets everything when it is dropped: for tests, for the
//! demo's devices, and as the pattern for one that stores (operator-change
//! profile, section 1: one or two key pairs; section 7: the counter).

use clock::Random;
use secret::SecretBytes;

use crate::{Backend, KeyKind, KeySlot, SealKey, SoftwareKey, TreError};

/// The key in each slot.
#[derive(Clone)]
pub enum KeyPairs {
    /// One key pair for both uses (TR 33.812 allows it).
    One(SoftwareKey),
    /// A key pair for each use, the default.
    Two {
        /// For [`KeySlot::Signature`].
        signature: SoftwareKey,
        /// For [`KeySlot::Envelope`].
        envelope: SoftwareKey,
    },
}

impl KeyPairs {
    /// Makes two new key pairs of the same kind.
    ///
    /// # Errors
    /// As [`SoftwareKey::generate`].
    pub fn generate(kind: KeyKind) -> Result<Self, TreError> {
        Ok(Self::Two {
            signature: SoftwareKey::generate(kind)?,
            envelope: SoftwareKey::generate(kind)?,
        })
    }

    /// The key in `slot`.
    #[must_use]
    pub fn key(&self, slot: KeySlot) -> &SoftwareKey {
        match (self, slot) {
            (Self::One(key), _)
            | (Self::Two { signature: key, .. }, KeySlot::Signature)
            | (Self::Two { envelope: key, .. }, KeySlot::Envelope) => key,
        }
    }
}

/// Keys, sealing key and counter in memory. `R` feeds the nonces of sealing.
///
/// It does not notice that somebody restores an older state together with an
/// older counter; hardware does.
pub struct MemoryBackend<R> {
    keys: KeyPairs,
    seal_key: SealKey,
    counter: u64,
    random: R,
}

impl<R: Random> MemoryBackend<R> {
    /// A backend of these keys with a new sealing key and the counter at 0.
    pub fn new(keys: KeyPairs, mut random: R) -> Self {
        let seal_key = SealKey::generate(&mut random);
        Self::from_parts(keys, seal_key, 0, random)
    }

    /// A backend as it was when its parts were stored.
    pub fn from_parts(keys: KeyPairs, seal_key: SealKey, counter: u64, random: R) -> Self {
        Self {
            keys,
            seal_key,
            counter,
            random,
        }
    }
}

impl<R: Random> Backend for MemoryBackend<R> {
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
        Ok(self.counter)
    }

    fn increment_counter(&mut self) -> Result<u64, TreError> {
        self.counter = self
            .counter
            .checked_add(1)
            .ok_or(TreError::CounterExhausted)?;
        Ok(self.counter)
    }
}
