//! Private keys at rest: AES-256-GCM (NIST SP 800-38D) under a key that HKDF
//! (RFC 5869 section 2.3) derives from the node key:
//! `"rehome-key" | 01 | nonce 12 | ciphertext | tag 16`. The associated data is
//! `"rehome-key" | 01 | context | file name`, so that a file opens in the one
//! place that it was written for.

use std::path::Path;

use clock::Random;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, Crypter, Mode};
use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::{NodeKey, TokenError};

const MAGIC: &[u8; 10] = b"rehome-key";
const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
/// HKDF's info: this use of the node key and no other.
const INFO: &[u8] = b"rehome key file 1";

/// How private keys are written, and the only form in which they are read back.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// Encrypted under the node key. A plain file is refused, since whoever
    /// put it there may have chosen the key in it.
    Encrypted(&'a NodeKey),
    /// Not encrypted: PKCS#8 that other programs read. For test fixtures, and
    /// where the disk is encrypted and backed up by nobody else.
    Plain,
}

impl Protection<'_> {
    /// What to write for `plain` in the file `name`.
    pub(crate) fn protect(
        self,
        name: &str,
        context: &[u8],
        plain: &SecretBytes,
        random: &mut dyn Random,
    ) -> Result<SecretBytes, TokenError> {
        let Self::Encrypted(key) = self else {
            return Ok(plain.clone());
        };
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let mut octets = head();
        octets.extend(nonce);
        let aad = associated(context, name);
        encrypt(&derived(key)?, &nonce, &aad, plain.expose(), &mut octets)?;
        Ok(Secret::new(octets))
    }

    /// Undoes [`Self::protect`] for the contents of the file at `path`.
    pub(crate) fn reveal(
        self,
        path: &Path,
        name: &str,
        context: &[u8],
        octets: &SecretBytes,
    ) -> Result<SecretBytes, TokenError> {
        let encrypted = octets.expose().strip_prefix(MAGIC);
        let (key, rest) = match (self, encrypted) {
            (Self::Plain, None) => return Ok(octets.clone()),
            (Self::Plain, Some(_)) => return Err(TokenError::Encrypted(path.to_owned())),
            (Self::Encrypted(_), None) => return Err(TokenError::NotEncrypted(path.to_owned())),
            (Self::Encrypted(key), Some(rest)) => (key, rest),
        };
        match rest.split_first() {
            Some((&VERSION, sealed)) => {
                decrypt(&derived(key)?, &associated(context, name), sealed)?
                    .ok_or_else(|| TokenError::NotOpened(path.to_owned()))
            }
            Some((&version, _)) => Err(TokenError::UnsupportedVersion {
                path: path.to_owned(),
                version,
            }),
            None => Err(TokenError::NotOpened(path.to_owned())),
        }
    }
}

fn head() -> Vec<u8> {
    let mut octets = MAGIC.to_vec();
    octets.push(VERSION);
    octets
}

/// Contexts have a fixed length for each name, so their border needs no mark.
fn associated(context: &[u8], name: &str) -> Vec<u8> {
    let mut aad = head();
    aad.extend(context);
    aad.extend(name.as_bytes());
    aad
}

/// HKDF-Expand with one block; the node key is random, so nothing is to be
/// extracted first (RFC 5869 section 3.3).
fn derived(key: &NodeKey) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
    let key = PKey::hmac(key.secret().expose())?;
    let mut hmac = Signer::new(MessageDigest::sha256(), &key)?;
    hmac.update(INFO)?;
    hmac.update(&[1])?;
    Ok(Zeroizing::new(hmac.sign_to_vec()?))
}

/// Appends ciphertext and tag to `out`.
fn encrypt(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plain: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    let mut crypter = Crypter::new(Cipher::aes_256_gcm(), Mode::Encrypt, key, Some(nonce))?;
    crypter.aad_update(aad)?;
    let mut ciphertext = vec![0; plain.len() + TAG];
    let written = crypter.update(plain, &mut ciphertext)?;
    crypter.finalize(&mut [0; TAG])?;
    ciphertext.truncate(written);
    let mut tag = [0; TAG];
    crypter.get_tag(&mut tag)?;
    out.extend(ciphertext);
    out.extend(tag);
    Ok(())
}

/// `None` where the tag is wrong or there is none.
fn decrypt(key: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Option<SecretBytes>, ErrorStack> {
    let parts = || {
        let (nonce, rest) = sealed.split_at_checked(NONCE)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        Some((nonce, ciphertext, tag))
    };
    let Some((nonce, ciphertext, tag)) = parts() else {
        return Ok(None);
    };
    let mut crypter = Crypter::new(Cipher::aes_256_gcm(), Mode::Decrypt, key, Some(nonce))?;
    crypter.aad_update(aad)?;
    crypter.set_tag(tag)?;
    let mut plain = Zeroizing::new(vec![0; ciphertext.len() + TAG]);
    let written = crypter.update(ciphertext, &mut plain)?;
    if crypter.finalize(&mut [0; TAG]).is_err() {
        return Ok(None);
    }
    plain.truncate(written);
    Ok(Some(Secret::new(std::mem::take(&mut *plain))))
}
