//! The value of an item (SyncML RepPro 1.2 and OMA DM RepPro 1.2, "Data").

use std::borrow::Cow;

use data_encoding::BASE64;

use super::Format;
use crate::Error;

/// The content of `Data` in an item.
///
/// In XML a binary value travels as base64 [`Data::Text`] beside a Format
/// `b64` or `bin`. [`Data::Opaque`] always holds the value's own octets: that
/// is what WBXML carries, and what a caller may hand to either writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Characters, unescaped.
    Text(String),
    /// The octets of a value.
    Opaque(Vec<u8>),
    /// Markup, as the text that stood between `<Data>` and `</Data>`.
    Xml(String),
}

impl Data {
    /// Text data.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The base64 text of `octets`, for a Format `b64` or `bin`.
    #[must_use]
    pub fn base64(octets: &[u8]) -> Self {
        Self::Text(BASE64.encode(octets))
    }

    /// The text or markup as written; `None` for octets.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Xml(text) => Some(text),
            Self::Opaque(_) => None,
        }
    }

    /// The octets of the value under `format`: base64 text decoded for `b64`
    /// and `bin`, else the UTF-8 octets of the text or markup. Without a
    /// format the text is taken as it stands (`chr` is the default, SyncML
    /// MetaInfo 1.2, "Format").
    ///
    /// # Errors
    /// [`Error::NotBase64`] if the format asks for base64 and the text is not
    /// that; white space in it is allowed.
    pub fn octets(&self, format: Option<&Format>) -> Result<Cow<'_, [u8]>, Error> {
        match self {
            Self::Opaque(octets) => Ok(Cow::Borrowed(octets)),
            Self::Text(text) if format.is_some_and(Format::is_base64_in_xml) => {
                decode_base64(text).map(Cow::Owned).ok_or(Error::NotBase64)
            }
            Self::Text(text) | Self::Xml(text) => Ok(Cow::Borrowed(text.as_bytes())),
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// [`decode_base64`] of octets that should be such text.
pub(crate) fn decode_base64_octets(octets: &[u8]) -> Option<Vec<u8>> {
    decode_base64(std::str::from_utf8(octets).ok()?)
}

/// The octets of padded base64 text in which XML white space may stand.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text
        .bytes()
        .filter(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n'))
        .collect();
    // The decoder would take texts one behind the other.
    let digits = packed.split(|octet| *octet == b'=').next()?.len();
    let padding = packed.get(digits..)?;
    if padding.iter().any(|octet| *octet != b'=') {
        return None;
    }
    BASE64.decode(&packed).ok()
}
