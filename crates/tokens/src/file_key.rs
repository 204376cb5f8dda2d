//! A private key that came from a file, as its users want it: to sign documents
//! (docs/operator-change.md section 3), certificates (RFC 5280 clause 4.1.1.3)
//! and handshakes.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use tre::{KeyKind, SoftwareKey};
use trust::PublicKey;
use trust::issue::{IssuerKey, IssuerKeyError};
use xmldsig::{SignatureAlgorithm, Signer, SignerError};

use crate::TokenError;

/// Octets of r and of s on P-256.
const SCALAR: usize = 32;

/// A P-256 or RSA private key in memory. Nothing prints it.
#[derive(Clone)]
pub struct FileKey {
    key: SoftwareKey,
    public: PublicKey,
}

impl FileKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`TokenError::Trust`] for one that certificates can't name.
    pub fn new(key: SoftwareKey) -> Result<Self, TokenError> {
        let public = PublicKey::from_spki_der(key.public_key().as_spki())?;
        Ok(Self { key, public })
    }

    /// Makes a new key from libcrypto's own generator.
    ///
    /// # Errors
    /// As [`SoftwareKey::generate`].
    pub fn generate(kind: KeyKind) -> Result<Self, TokenError> {
        Self::new(SoftwareKey::generate(kind)?)
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key for libssl.
    ///
    /// # Errors
    /// [`TokenError::Library`].
    pub fn to_pkey(&self) -> Result<PKey<Private>, TokenError> {
        let pkcs8 = self.key.to_pkcs8()?;
        Ok(PKey::private_key_from_pkcs8(pkcs8.expose())?)
    }

    pub(crate) fn software_key(&self) -> &SoftwareKey {
        &self.key
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.key.public_key().kind()
    }

    fn certificate_signature(&self, tbs: &[u8]) -> Result<Vec<u8>, TokenError> {
        let signature = self.key.sign(tbs)?;
        match self.kind() {
            KeyKind::EcP256 => Ok(sequence(&signature)?),
            KeyKind::Rsa => Ok(signature),
        }
    }
}

/// ECDSA-Sig-Value (RFC 3279 clause 2.2.3) from r‖s.
fn sequence(signature: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (r, s) = signature.split_at(SCALAR.min(signature.len()));
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()
}

impl Signer for FileKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        match self.kind() {
            KeyKind::EcP256 => SignatureAlgorithm::EcdsaP256Sha256,
            KeyKind::Rsa => SignatureAlgorithm::RsaPkcs1Sha256,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.key.sign(message).map_err(SignerError::new)
    }
}

impl IssuerKey for FileKey {
    fn public_key_der(&self) -> Vec<u8> {
        self.public.spki_der().to_vec()
    }

    fn algorithm(&self) -> trust::SignatureAlgorithm {
        trust::SignatureAlgorithm::of_key(self.public.kind())
    }

    fn sign(&self, tbs: &[u8]) -> Result<Vec<u8>, IssuerKeyError> {
        self.certificate_signature(tbs)
            .map_err(|error| IssuerKeyError(error.to_string()))
    }
}
