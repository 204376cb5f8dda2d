//! The signing key as this crate sees it: something that signs
//! (docs/operator-change.md section 1; the key may live in a TRE or an HSM).

use std::error::Error;
use std::fmt;

use crate::algorithm::SignatureAlgorithm;

/// A private key that signs and is never shown.
pub trait Signer {
    /// The algorithm of this key.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs `message`, which is not yet hashed. Returns r‖s in 64 octets for
    /// ECDSA (each number left-padded with zeros to 32), or the RSA value in
    /// the length of the modulus.
    ///
    /// # Errors
    /// When the key can't be used; the cause is the owner's.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// Why the owner of a key did not sign.
#[derive(Debug)]
pub struct SignerError(Box<dyn Error + Send + Sync>);

impl SignerError {
    /// Wraps the owner's own error.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SignerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
