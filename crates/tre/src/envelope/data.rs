//! `data = tag u8 | payload_length u32 BE | payload | version u16 BE |
//! 00 × 0..15` (operator-change profile, section 2; TR 33.812 clause B.2.3.6).

use secret::{Secret, SecretBytes};
use subtle::Choice;

use crate::symmetric::BLOCK;
use crate::{Suite, TreError};

/// The most octets that a payload has.
pub const MAX_PAYLOAD: usize = 65_536;

/// Octets of tag, length and version.
const FRAME: usize = 1 + 4 + 2;
/// The longest `data`, padded.
pub(super) const MAX_DATA: usize = (FRAME + MAX_PAYLOAD).next_multiple_of(BLOCK);

/// What kind of information a payload holds. Whether it is welcome is the
/// caller's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentTag {
    /// 01, an MCIM.
    Mcim,
    /// 02, an algorithm: identifier and constants.
    Algorithm,
    /// 03, an update.
    Update,
    /// 04, the credentials of a DM account.
    Credentials,
}

impl ContentTag {
    /// The octet that stands for it.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::Mcim => 1,
            Self::Algorithm => 2,
            Self::Update => 3,
            Self::Credentials => 4,
        }
    }

    /// The tag that `octet` stands for.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::Mcim),
            2 => Some(Self::Algorithm),
            3 => Some(Self::Update),
            4 => Some(Self::Credentials),
            _ => None,
        }
    }
}

/// What to seal.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// What the payload is.
    pub tag: ContentTag,
    /// The version of what the payload holds.
    pub version: u16,
    /// Up to [`MAX_PAYLOAD`] octets.
    pub payload: &'a [u8],
}

/// What came out of an envelope.
pub struct Opened {
    /// The suite that protected it.
    pub suite: Suite,
    /// What the payload is.
    pub tag: ContentTag,
    /// The version of what the payload holds.
    pub version: u16,
    /// The payload's octets.
    pub payload: SecretBytes,
}

/// Lays out `data`, padded with zeros to whole blocks.
pub(super) fn encode(content: &Content<'_>) -> Result<SecretBytes, TreError> {
    let too_long = TreError::PayloadTooLong(content.payload.len());
    let length = match u32::try_from(content.payload.len()) {
        Ok(length) if content.payload.len() <= MAX_PAYLOAD => length,
        _ => return Err(too_long),
    };
    let padded = (FRAME + content.payload.len()).next_multiple_of(BLOCK);
    // All of it at once: a vector that grows leaves copies behind.
    let mut octets = Vec::with_capacity(padded);
    octets.push(content.tag.octet());
    octets.extend(length.to_be_bytes());
    octets.extend(content.payload);
    octets.extend(content.version.to_be_bytes());
    octets.resize(padded, 0);
    Ok(Secret::new(octets))
}

/// Reads `data` out of whole blocks. The verdict of what came before joins
/// that on tag, length and padding here, in one error.
pub(super) fn decode(
    suite: Suite,
    plain: &SecretBytes,
    genuine: Choice,
) -> Result<Opened, TreError> {
    let parts = split(plain.expose());
    match parts {
        Some((tag, version, payload)) if bool::from(genuine) => Ok(Opened {
            suite,
            tag,
            version,
            payload: Secret::new(payload.to_vec()),
        }),
        _ => Err(TreError::EnvelopeInvalid),
    }
}

fn split(plain: &[u8]) -> Option<(ContentTag, u16, &[u8])> {
    let (tag, rest) = plain.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let (version, padding) = rest.split_first_chunk::<2>()?;
    let minimal = padding.len() < BLOCK && padding.iter().fold(0, |sum, octet| sum | octet) == 0;
    let fits = payload.len() <= MAX_PAYLOAD;
    let tag = ContentTag::from_octet(*tag)?;
    (minimal && fits).then_some((tag, u16::from_be_bytes(*version), payload))
}
