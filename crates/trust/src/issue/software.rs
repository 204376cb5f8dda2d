//! An issuing key in memory (RFC 5280 clause 4.1.1.3 for what it signs).

use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use super::{IssuerKey, IssuerKeyError};
use crate::{PublicKey, SignatureAlgorithm, TrustError};

/// An OpenSSL private key that issues. OpenSSL wipes it when it is dropped, and
/// nothing prints it.
pub struct SoftwareIssuer {
    key: PKey<Private>,
    public: PublicKey,
}

impl SoftwareIssuer {
    /// Takes a private key.
    ///
    /// # Errors
    /// [`TrustError::KeyUnsupported`] unless it is P-256, P-384 or RSA of 3072
    /// to 8192 bits.
    pub fn new(key: PKey<Private>) -> Result<Self, TrustError> {
        let public = PublicKey::from_pkey(&key)?;
        Ok(Self { key, public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

impl IssuerKey for SoftwareIssuer {
    fn public_key_der(&self) -> Vec<u8> {
        self.public.spki_der().to_vec()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::of_key(self.public.kind())
    }

    fn sign(&self, tbs: &[u8]) -> Result<Vec<u8>, IssuerKeyError> {
        Signer::new(self.algorithm().digest(), &self.key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(tbs))
            .map_err(|error| IssuerKeyError(error.to_string()))
    }
}
