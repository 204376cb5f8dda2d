//! What a TRE's key store must be able to do (operator-change profile,
//! sections 1, 2 and 7), in operations that a TPM 2.0 and a PKCS#11 token have.

use secret::SecretBytes;

use crate::TreError;

/// A place for a private key. A TRE with a single key pair for both uses has
/// the same key in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySlot {
    /// Signs: what `provisioning::tre` lets it sign, and certificate requests.
    Signature,
    /// Opens envelopes, by agreement (EC) or decryption (RSA). Signs the
    /// request for its own certificate and nothing else.
    Envelope,
}

/// Holds the private keys, the sealing key and the counter of one TRE.
///
/// Whatever reaches the hardware takes `&mut self`, since a TPM session or a
/// PKCS#11 login has state; public keys are read once when the backend opens.
/// There is no way to ask for a private key.
///
/// Errors: [`TreError::KeyOperationUnsupported`] where the key's kind or the
/// token forbids an operation, [`TreError::Device`] where hardware or storage
/// fails for a reason that no input can provoke.
pub trait Backend {
    /// The slot's SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7), DER: a named
    /// curve with an uncompressed point, or rsaEncryption with NULL parameters.
    fn public_key(&self, slot: KeySlot) -> Result<Vec<u8>, TreError>;

    /// Signs `message`, which is hashed with SHA-256: ECDSA as r‖s of 64
    /// octets, or RSASSA-PKCS1-v1_5 as long as the modulus.
    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<Vec<u8>, TreError>;

    /// ECDH with the peer's uncompressed point of 65 octets (`04|x|y`): the 32
    /// octets of the shared point's x-coordinate, no KDF applied
    /// (`TPM2_ECDH_ZGen`; `CKM_ECDH1_DERIVE` with `CKD_NULL`).
    ///
    /// A point in another form or off the curve is
    /// [`TreError::KeyOperationRefused`].
    fn agree(&mut self, slot: KeySlot, peer_point: &[u8]) -> Result<SecretBytes, TreError>;

    /// RSAES-OAEP decryption (RFC 8017 clause 7.1.2) with SHA-256, MGF1 with
    /// SHA-256 and the empty label.
    ///
    /// Every fault of the ciphertext is [`TreError::KeyOperationRefused`],
    /// alike in kind and time, never [`TreError::Device`].
    fn oaep_decrypt(&mut self, slot: KeySlot, ciphertext: &[u8]) -> Result<SecretBytes, TreError>;

    /// Encrypts and authenticates `plaintext` so that only this backend
    /// recovers it. The format is the backend's own.
    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, TreError>;

    /// Undoes [`Backend::seal`]. Octets that this backend did not seal are
    /// [`TreError::SealedInvalid`].
    fn unseal(&mut self, sealed: &[u8]) -> Result<SecretBytes, TreError>;

    /// The counter's value. It never falls, over power cycles too.
    fn counter(&mut self) -> Result<u64, TreError>;

    /// Raises the counter by one, durably, and returns its new value.
    /// At the last value: [`TreError::CounterExhausted`].
    fn increment_counter(&mut self) -> Result<u64, TreError>;
}
