//! A message for one recipient of any length: the CMS AuthEnvelopedData (RFC
//! 5083) that suite 2 wraps keys in, with other content (docs/
//! operator-change.md section 1: what operators and suppliers encipher for a
//! leaf of purpose A.5).

use clock::Random;
use secret::SecretBytes;

use super::unwrap::unwrap_plain;
use super::wrap_plain;
use super::wrapped_key::WrappedKey;
use crate::{Backend, Recipient, Suite, TreError};

/// Enciphers `plain` for `recipient`: DER of a ContentInfo with AES-256-GCM,
/// and RSAES-OAEP with SHA-256 or ECDH with the X9.63 KDF and AES-256 key wrap.
///
/// # Errors
/// [`TreError::RandomSource`].
pub fn seal_message(
    recipient: &Recipient,
    plain: &SecretBytes,
    random: &mut dyn Random,
) -> Result<Vec<u8>, TreError> {
    wrap_plain(recipient, Suite::Two, plain, random)?.encode()
}

/// Opens what [`seal_message`] made, with the key in `backend`'s envelope slot,
/// which `recipient` names.
///
/// # Errors
/// As [`super::open`]: [`TreError::EnvelopeInvalid`] for all that depends on
/// the key.
pub fn open_message(
    backend: &mut dyn Backend,
    recipient: &Recipient,
    octets: &[u8],
    random: &mut dyn Random,
) -> Result<SecretBytes, TreError> {
    let wrapped = WrappedKey::decode(Suite::Two, octets)?;
    wrapped.check_addressee(recipient)?;
    recipient.is_in(backend)?;
    let (plain, genuine) = unwrap_plain(backend, &wrapped, random)?;
    if bool::from(genuine) {
        Ok(plain)
    } else {
        Err(TreError::EnvelopeInvalid)
    }
}
