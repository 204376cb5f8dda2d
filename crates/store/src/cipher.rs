//! Bodies at rest: AES-256-GCM (SP 800-38D) under the node's key, `01 | nonce 12
//! | ciphertext | tag 16`, bound to where the row stands.

use openssl::rand::rand_bytes;
use openssl::symm::{Cipher as Algorithm, decrypt_aead, encrypt_aead};
use provisioning::ports::StoreError;
use secret::{Secret, SecretBytes};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Encrypts and decrypts the bodies of one node.
#[derive(Clone)]
pub(crate) struct Cipher {
    key: Secret<[u8; 32]>,
}

impl Cipher {
    pub(crate) fn new(key: Secret<[u8; 32]>) -> Self {
        Self { key }
    }

    /// `place` is table, primary key and version: a body put into another row,
    /// or an old body put back, does not decrypt.
    pub(crate) fn encrypt(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        rand_bytes(&mut nonce).map_err(failed)?;
        let mut tag = [0; TAG];
        let algorithm = Algorithm::aes_256_gcm();
        let text = encrypt_aead(
            algorithm,
            self.key.expose(),
            Some(&nonce),
            place.as_bytes(),
            plain,
            &mut tag,
        )
        .map_err(failed)?;
        Ok([
            [VERSION].as_slice(),
            nonce.as_slice(),
            text.as_slice(),
            tag.as_slice(),
        ]
        .concat())
    }

    pub(crate) fn decrypt(&self, place: &str, body: &[u8]) -> Result<SecretBytes, StoreError> {
        let broken = || failed("a body that this node's key does not open");
        let (version, rest) = body.split_first().ok_or_else(broken)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let (text, tag) = rest.split_last_chunk::<TAG>().ok_or_else(broken)?;
        if *version != VERSION {
            return Err(broken());
        }
        let algorithm = Algorithm::aes_256_gcm();
        decrypt_aead(
            algorithm,
            self.key.expose(),
            Some(nonce),
            place.as_bytes(),
            text,
            tag,
        )
        .map(Secret::new)
        .map_err(|_| broken())
    }
}

/// Any other fault of the store.
pub(crate) fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Failed(cause.into())
}
