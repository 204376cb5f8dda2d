//! Sealing in software (operator-change profile, section 7: state is sealed):
//! `01 | nonce 12 | ciphertext | tag 16`, AES-256-GCM with the first octet as
//! associated data.

use clock::Random;
use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::TreError;
use crate::symmetric::{BLOCK, NONCE, gcm_decrypt, gcm_encrypt};

const VERSION: u8 = 1;

/// The key under which a software backend seals.
///
/// Nonces are random: a key serves for 2^32 sealings (NIST SP 800-38D
/// clause 8.3), which is one a second for a century.
#[derive(Clone)]
pub struct SealKey(Secret<[u8; 32]>);

impl SealKey {
    /// Draws a new key.
    #[must_use]
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut octets = Zeroizing::new([0; 32]);
        random.fill(&mut *octets);
        Self(Secret::new(*octets))
    }

    /// Takes a key that was stored.
    #[must_use]
    pub fn from_octets(octets: Secret<[u8; 32]>) -> Self {
        Self(octets)
    }

    /// The key, for a backend that stores it under a key of its own.
    #[must_use]
    pub fn to_octets(&self) -> Secret<[u8; 32]> {
        self.0.clone()
    }

    /// Seals `plaintext`; the result has 29 octets more.
    ///
    /// # Errors
    /// [`TreError::Library`].
    pub fn seal(&self, plaintext: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, TreError> {
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let sealed = gcm_encrypt(self.0.expose(), &nonce, &[VERSION], plaintext)?;
        let mut octets = vec![VERSION];
        octets.extend(nonce);
        octets.extend(sealed.ciphertext);
        octets.extend(sealed.tag);
        Ok(octets)
    }

    /// Undoes [`SealKey::seal`].
    ///
    /// # Errors
    /// [`TreError::SealedInvalid`] for anything that this key did not seal.
    pub fn unseal(&self, sealed: &[u8]) -> Result<SecretBytes, TreError> {
        let parts = || {
            let (version, rest) = sealed.split_first()?;
            let (nonce, rest) = rest.split_at_checked(NONCE)?;
            let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(BLOCK)?)?;
            (*version == VERSION).then_some((nonce, ciphertext, tag))
        };
        let (nonce, ciphertext, tag) = parts().ok_or(TreError::SealedInvalid)?;
        let (plain, genuine) = gcm_decrypt(self.0.expose(), nonce, &[VERSION], ciphertext, tag)?;
        if bool::from(genuine) {
            Ok(plain)
        } else {
            Err(TreError::SealedInvalid)
        }
    }
}
