//! From WK to PIK and PCK without a sign of what went wrong on the way
//! (operator-change profile, section 2: one error with one timing).

use clock::Random;
use secret::{Secret, SecretBytes};
use subtle::{Choice, ConditionallySelectable};

use super::draw;
use super::padding::unpad;
use super::wrapped_key::{Transport, WrappedKey};
use crate::agreement::key_encryption_key;
use crate::symmetric::{cbc_decrypt, gcm_decrypt, unwrap};
use crate::{Backend, KeySlot, Suite, TreError};

/// `PIK|PCK` of a suite.
pub(super) struct Keys {
    suite: Suite,
    both: SecretBytes,
}

impl Keys {
    /// Takes `both` of [`Suite::both_keys`] octets.
    pub(super) fn new(suite: Suite, both: SecretBytes) -> Self {
        Self { suite, both }
    }

    pub(super) fn both(&self) -> &SecretBytes {
        &self.both
    }

    pub(super) fn pik(&self) -> &[u8] {
        self.parts().0
    }

    pub(super) fn pck(&self) -> &[u8] {
        self.parts().1
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        self.both
            .expose()
            .split_at_checked(self.suite.integrity_key())
            .unwrap_or_default()
    }
}

/// `yes` where `choice` is true, else `no`, in time that depends on the
/// lengths only. Both have the same length.
pub(super) fn select(yes: &[u8], no: &[u8], choice: Choice) -> SecretBytes {
    let octets = yes.iter().zip(no);
    Secret::new(
        octets
            .map(|(yes, no)| u8::conditional_select(no, yes, choice))
            .collect(),
    )
}

/// `came` if it is there and as long as `stand_in`, else `stand_in`.
fn or_stand_in(came: Option<SecretBytes>, stand_in: &SecretBytes) -> (SecretBytes, Choice) {
    let length = stand_in.expose().len();
    let came = came.filter(|octets| octets.expose().len() == length);
    let usable = Choice::from(u8::from(came.is_some()));
    let came = came.unwrap_or_else(|| Secret::new(vec![0; length]));
    (select(came.expose(), stand_in.expose(), usable), usable)
}

/// PIK and PCK and whether they are those of WK; if not, they are random.
///
/// An error is a fault of the backend or of libcrypto, not of the octets.
pub(super) fn unwrap_keys(
    backend: &mut dyn Backend,
    wrapped: &WrappedKey,
    random: &mut dyn Random,
) -> Result<(Keys, Choice), TreError> {
    let suite = wrapped.suite;
    let (content, came) = unwrap_plain(backend, wrapped, random)?;
    let other_keys = draw(random, suite.both_keys());
    let (both, length_right) = or_stand_in(Some(content), &other_keys);
    let genuine = came & length_right;
    let both = select(both.expose(), other_keys.expose(), genuine);
    Ok((Keys::new(suite, both), genuine))
}

/// The content of WK, and whether it is genuine. If not, it is not to be used.
pub(super) fn unwrap_plain(
    backend: &mut dyn Backend,
    wrapped: &WrappedKey,
    random: &mut dyn Random,
) -> Result<(SecretBytes, Choice), TreError> {
    let came = match &wrapped.transport {
        Transport::Rsa { encrypted_key, .. } => {
            allowed(backend.oaep_decrypt(KeySlot::Envelope, encrypted_key))?
        }
        Transport::Ec {
            ephemeral_point,
            encrypted_key,
        } => agreed(backend, wrapped, ephemeral_point, encrypted_key, random)?,
    };
    let other_content_key = draw(random, wrapped.suite.cipher_key());
    let (content_key, key_came) = or_stand_in(came, &other_content_key);
    let (content, content_came) = content(wrapped, &content_key)?;
    Ok((content, key_came & content_came))
}

/// A refused input is `None`; any other error stays one.
fn allowed(result: Result<SecretBytes, TreError>) -> Result<Option<SecretBytes>, TreError> {
    match result {
        Ok(octets) => Ok(Some(octets)),
        Err(TreError::KeyOperationRefused) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The content key by ECDH, KDF and key unwrap.
fn agreed(
    backend: &mut dyn Backend,
    wrapped: &WrappedKey,
    ephemeral_point: &[u8],
    encrypted_key: &[u8],
    random: &mut dyn Random,
) -> Result<Option<SecretBytes>, TreError> {
    let suite = wrapped.suite;
    let came = allowed(backend.agree(KeySlot::Envelope, ephemeral_point))?;
    let other_x = draw(random, 32);
    let (x, agreed) = or_stand_in(came, &other_x);
    let wrap = super::cms::wrap_algorithm(suite);
    let key = key_encryption_key(&x, &wrap, suite.cipher_key())?;
    let unwrapped = unwrap(&key, encrypted_key)?;
    Ok(unwrapped.filter(|_| bool::from(agreed)))
}

/// `PIK|PCK` out of the encrypted content. Its length on the wire is public,
/// so a wrong one needs no work.
fn content(
    wrapped: &WrappedKey,
    content_key: &SecretBytes,
) -> Result<(SecretBytes, Choice), TreError> {
    let key = content_key.expose();
    match wrapped.suite {
        Suite::One if wrapped.encrypted.is_empty() => {
            Ok((Secret::new(Vec::new()), Choice::from(0)))
        }
        Suite::One => {
            let padded = cbc_decrypt(key, &wrapped.nonce, &wrapped.encrypted)?;
            Ok(unpad(&padded, wrapped.suite.both_keys()))
        }
        Suite::Two => Ok(gcm_decrypt(
            key,
            &wrapped.nonce,
            &[],
            &wrapped.encrypted,
            &wrapped.tag,
        )?),
    }
}
