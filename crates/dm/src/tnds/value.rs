//! The values of leaves in a serialised tree (OMA-TS-DM_TNDS-V1_2 clause
//! 6.3.1.8; OMA DM TND 1.2 clause 7.7.2 for base64).

use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use secret::SecretBytes;
use zeroize::Zeroizing;

use crate::dmddf::is_space;

/// How a value stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// As its own text.
    Text,
    /// As base64 text, for the formats `bin` and `b64`.
    Base64,
}

/// A value. Its octets are wiped when dropped and never printed.
#[derive(Clone)]
pub struct TndsValue {
    data: SecretBytes,
    form: ValueForm,
}

impl TndsValue {
    /// A value that stands as text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            data: SecretBytes::new(text.into().into_bytes()),
            form: ValueForm::Text,
        }
    }

    /// Octets that stand as base64 text.
    #[must_use]
    pub const fn octets(data: SecretBytes) -> Self {
        Self {
            data,
            form: ValueForm::Base64,
        }
    }

    pub(super) const fn new(data: SecretBytes, form: ValueForm) -> Self {
        Self { data, form }
    }

    /// The octets, not encoded.
    #[must_use]
    pub const fn data(&self) -> &SecretBytes {
        &self.data
    }

    /// How they stand in the document.
    #[must_use]
    pub const fn form(&self) -> ValueForm {
        self.form
    }

    /// The text in the document; `None` for octets that are no text and are to
    /// stand as such.
    pub(super) fn written(&self) -> Option<Zeroizing<String>> {
        let octets = self.data.expose();
        let text = match self.form {
            ValueForm::Text => std::str::from_utf8(octets).ok()?.to_owned(),
            ValueForm::Base64 => BASE64.encode(octets),
        };
        Some(Zeroizing::new(text))
    }
}

impl PartialEq for TndsValue {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form && self.data.ct_eq(&other.data)
    }
}

impl Eq for TndsValue {}

impl fmt::Debug for TndsValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.data.expose().len();
        write!(f, "TndsValue({:?}, {octets} octets)", self.form)
    }
}

/// The octets of base64 text with white space anywhere and its padding or
/// none.
pub(super) fn from_base64(text: &str) -> Option<SecretBytes> {
    let packed: Zeroizing<String> = Zeroizing::new(text.split(is_space).collect());
    let digits = packed.trim_end_matches('=');
    let padding = packed.len() - digits.len();
    if padding > 0 && !packed.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let octets = BASE64_NOPAD.decode(digits.as_bytes()).ok()?;
    Some(SecretBytes::new(octets))
}
