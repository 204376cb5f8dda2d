//! The borders inside an envelope, and what its MAC covers (operator-change
//! profile, section 2).

use der::{Reader, SliceReader};
use openssl::hash::MessageDigest;
use openssl::sha::sha256;

use super::data::MAX_DATA;
use crate::symmetric::{BLOCK, hmac};
use crate::{Suite, TreError};

/// WK for an RSA key of 8192 bits has under 1,400 octets.
const MAX_WRAPPED_KEY: usize = 4096;

/// The suite octet and WK, which ends where its outermost DER length says.
/// Nothing inside WK has been checked.
pub(super) struct Head<'a> {
    pub(super) suite: Suite,
    pub(super) wrapped_key: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    pub(super) fn split(octets: &'a [u8]) -> Result<Self, TreError> {
        let suite = super::suite(octets)?;
        let cut = || {
            let (_, rest) = octets.split_first()?;
            let wrapped_key = SliceReader::new(rest).ok()?.tlv_bytes().ok()?;
            let (_, rest) = rest.split_at_checked(wrapped_key.len())?;
            (wrapped_key.len() <= MAX_WRAPPED_KEY).then_some(Self {
                suite,
                wrapped_key,
                rest,
            })
        };
        cut().ok_or(TreError::EnvelopeMalformed)
    }

    /// The rest: the MAC has the suite's length, CT is what lies between the
    /// IV and it. A CT longer than any payload needs is a length fault like
    /// those inside; anybody can count, so it is refused before any work.
    pub(super) fn body(&self) -> Result<Body<'a>, TreError> {
        let cut = || {
            let end = self.rest.len().checked_sub(self.suite.mac())?;
            let (protected, mac) = self.rest.split_at_checked(end)?;
            let (iv, ciphertext) = protected.split_at_checked(BLOCK)?;
            let whole = !ciphertext.is_empty() && ciphertext.len().is_multiple_of(BLOCK);
            whole.then_some(Body {
                protected,
                iv,
                ciphertext,
                mac,
            })
        };
        let body = cut().ok_or(TreError::EnvelopeMalformed)?;
        if body.ciphertext.len() > MAX_DATA {
            return Err(TreError::EnvelopeInvalid);
        }
        Ok(body)
    }
}

/// What follows WK. CT is whole blocks, one at least.
pub(super) struct Body<'a> {
    /// `IV|CT`.
    pub(super) protected: &'a [u8],
    pub(super) iv: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) mac: &'a [u8],
}

/// Suite 1: HMAC-SHA1 over `IV|CT` (`protected`). Suite 2: HMAC-SHA-256 over
/// `suite|SHA-256(WK)|IV|CT`.
pub(super) fn mac(
    suite: Suite,
    pik: &[u8],
    wrapped_key: &[u8],
    protected: &[u8],
) -> Result<Vec<u8>, TreError> {
    let mac = match suite {
        Suite::One => hmac(MessageDigest::sha1(), pik, &[protected])?,
        Suite::Two => hmac(
            MessageDigest::sha256(),
            pik,
            &[&[suite.octet()], &sha256(wrapped_key), protected],
        )?,
    };
    Ok(mac)
}
