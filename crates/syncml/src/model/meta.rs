//! Meta-information about data, credentials and the session (SyncML MetaInfo
//! 1.2; OMA DM RepPro 1.2, "Meta Information Elements", for what DM uses of it).

use std::fmt;

use data_encoding::BASE64;

use super::{Format, Rare, RareMeta, data::decode_base64};

/// The element `Meta` with the children that device management knows. Others
/// are skipped when read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// How the data is written.
    pub format: Option<Format>,
    /// The media type of the data, or the scheme of credentials.
    pub type_: Option<String>,
    /// The size of the whole object, in octets.
    pub size: Option<u64>,
    /// What hardly any item has.
    pub rare: Rare,
}

impl Meta {
    /// Meta-information with `Format` and `Type` alone.
    pub fn typed(format: Format, type_: impl Into<String>) -> Self {
        Self {
            format: Some(format),
            type_: Some(type_.into()),
            ..Self::default()
        }
    }

    /// Meta-information with `Format` alone.
    #[must_use]
    pub fn formatted(format: Format) -> Self {
        Self {
            format: Some(format),
            ..Self::default()
        }
    }
}

/// Meta-information without anything about data.
impl From<RareMeta> for Meta {
    fn from(rare: RareMeta) -> Self {
        Self {
            rare: rare.into(),
            ..Self::default()
        }
    }
}

/// Synchronisation anchors (SyncML MetaInfo 1.2, "Anchor").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// The anchor of the last session.
    pub last: Option<String>,
    /// The anchor of this one.
    pub next: String,
}

/// A nonce for the next credentials: its octets and the text that carried
/// them. `Debug` hides both.
///
/// The digest is computed over the octets, never over the base64 text.
#[derive(Clone, PartialEq, Eq)]
pub struct NextNonce {
    written: String,
    octets: Option<Vec<u8>>,
}

impl NextNonce {
    /// The nonce of these octets, written in base64; its `Meta` or `Chal` must
    /// say Format `b64` (OMA DM RepPro 1.2, "Chal").
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        Self {
            written: BASE64.encode(octets),
            octets: Some(octets.to_vec()),
        }
    }

    /// The nonce read from `written`: base64 text, unless the `Format` beside
    /// it says something else than `b64` or `bin`; then the text's own octets.
    pub fn read(written: impl Into<String>, format: Option<&Format>) -> Self {
        let written = written.into();
        let octets = if format.is_none_or(Format::is_base64_in_xml) {
            decode_base64(&written)
        } else {
            Some(written.as_bytes().to_vec())
        };
        Self { written, octets }
    }

    /// The nonce that came as `octets`: base64 text in them if that is what the
    /// `Format` beside it says and they are that, else the nonce itself.
    #[must_use]
    pub fn read_octets(octets: Vec<u8>, format: Option<&Format>) -> Self {
        let text = match format {
            Some(Format::Bin) => None,
            _ => std::str::from_utf8(&octets).ok(),
        };
        match text.map(|text| Self::read(text, format)) {
            Some(read) if read.octets.is_some() => read,
            _ => Self::from_octets(&octets),
        }
    }

    /// The octets; `None` if the text is not the base64 that it should be.
    #[must_use]
    pub fn octets(&self) -> Option<&[u8]> {
        self.octets.as_deref()
    }

    /// The text as written.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }
}

impl fmt::Debug for NextNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextNonce(***)")
    }
}
