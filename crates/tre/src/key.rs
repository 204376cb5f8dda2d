//! A private key held in memory by libcrypto: what [`MemoryBackend`] uses, and
//! a backend that keeps keys in a file (operator-change profile, sections 1
//! to 3).
//!
//! [`MemoryBackend`]: crate::MemoryBackend

use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Signer;
use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::agreement::public_point;
use crate::{KeyKind, PublicKey, TreError};

/// Modulus of the RSA keys made here.
const RSA_BITS: u32 = 3072;
/// Octets of r and of s on P-256.
const SCALAR: i32 = 32;

/// An EC P-256 or RSA private key with the operations that
/// [`Backend`](crate::Backend) asks for. Clones share the key.
#[derive(Clone)]
pub struct SoftwareKey {
    key: PKey<Private>,
    public: PublicKey,
}

impl SoftwareKey {
    /// Makes a new key from libcrypto's own generator: P-256, or RSA with 3072
    /// bits, which takes up to some seconds.
    ///
    /// # Errors
    /// [`TreError::Library`].
    pub fn generate(kind: KeyKind) -> Result<Self, TreError> {
        let key = match kind {
            KeyKind::EcP256 => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                PKey::from_ec_key(EcKey::generate(&group)?)?
            }
            KeyKind::Rsa => PKey::from_rsa(Rsa::generate(RSA_BITS)?)?,
        };
        Self::new(key)
    }

    /// Reads an unencrypted PKCS#8 PrivateKeyInfo (RFC 5958) in DER.
    ///
    /// # Errors
    /// [`TreError::KeyUnsupported`].
    pub fn from_pkcs8(der: &SecretBytes) -> Result<Self, TreError> {
        let key = PKey::private_key_from_pkcs8(der.expose());
        Self::new(key.map_err(|_| TreError::KeyUnsupported)?)
    }

    /// Reads an unencrypted key in PEM. An encrypted one is refused; nobody is
    /// asked for a passphrase.
    ///
    /// # Errors
    /// [`TreError::KeyUnsupported`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, TreError> {
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0));
        Self::new(key.map_err(|_| TreError::KeyUnsupported)?)
    }

    /// PKCS#8 PrivateKeyInfo in DER, for a backend that stores keys under a
    /// key of its own.
    ///
    /// # Errors
    /// [`TreError::Library`].
    pub fn to_pkcs8(&self) -> Result<SecretBytes, TreError> {
        Ok(Secret::new(self.key.private_key_to_pkcs8()?))
    }

    fn new(key: PKey<Private>) -> Result<Self, TreError> {
        let public = PublicKey::from_spki(&key.public_key_to_der()?)?;
        Ok(Self { key, public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// As [`Backend::sign`](crate::Backend::sign).
    ///
    /// # Errors
    /// [`TreError::Library`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TreError> {
        let signature =
            Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(message)?;
        match self.public.kind() {
            KeyKind::Rsa => Ok(signature),
            KeyKind::EcP256 => Ok(fixed_size(&signature)?),
        }
    }

    /// As [`Backend::agree`](crate::Backend::agree).
    ///
    /// # Errors
    /// [`TreError::KeyOperationUnsupported`] for an RSA key,
    /// [`TreError::KeyOperationRefused`] for a bad point.
    pub fn agree(&self, peer_point: &[u8]) -> Result<SecretBytes, TreError> {
        if self.public.kind() != KeyKind::EcP256 {
            return Err(TreError::KeyOperationUnsupported);
        }
        let peer = public_point(peer_point).ok_or(TreError::KeyOperationRefused)?;
        let mut deriver = Deriver::new(&self.key)?;
        deriver
            .set_peer(&peer)
            .map_err(|_| TreError::KeyOperationRefused)?;
        Ok(Secret::new(deriver.derive_to_vec()?))
    }

    /// As [`Backend::oaep_decrypt`](crate::Backend::oaep_decrypt).
    ///
    /// # Errors
    /// [`TreError::KeyOperationUnsupported`] for an EC key,
    /// [`TreError::KeyOperationRefused`] for a bad ciphertext.
    pub fn oaep_decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, TreError> {
        if self.public.kind() != KeyKind::Rsa {
            return Err(TreError::KeyOperationUnsupported);
        }
        let mut decrypter = Decrypter::new(&self.key)?;
        decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
        decrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
        let mut plain = Zeroizing::new(vec![0; self.key.size()]);
        let length = decrypter
            .decrypt(ciphertext, &mut plain)
            .map_err(|_| TreError::KeyOperationRefused)?;
        plain.truncate(length);
        Ok(Secret::new(std::mem::take(&mut *plain)))
    }
}

/// r‖s from libcrypto's ECDSA-Sig-Value (RFC 3279 clause 2.2.3).
fn fixed_size(signature: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let value = EcdsaSig::from_der(signature)?;
    let mut octets = value.r().to_vec_padded(SCALAR)?;
    octets.extend(value.s().to_vec_padded(SCALAR)?);
    Ok(octets)
}
