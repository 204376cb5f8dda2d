//! The `Format` of data (SyncML MetaInfo 1.2, "Format"; OMA DM TND 1.2,
//! "Format", for nodes).

use std::fmt;

/// How the octets of a value are written and what kind of value it is.
///
/// Read without regard to case (`Chr`), written in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Base64 text.
    B64,
    /// Octets; base64 text in XML.
    Bin,
    /// `true` or `false`.
    Bool,
    /// Text.
    Chr,
    /// A decimal number.
    Int,
    /// An interior node; the data is a list of children.
    Node,
    /// No value.
    Null,
    /// An XML document or element.
    Xml,
    /// ISO 8601 date.
    Date,
    /// ISO 8601 time.
    Time,
    /// A floating point number.
    Float,
    /// Anything else, as written.
    Other(String),
}

impl Format {
    const NAMED: [(&'static str, Self); 11] = [
        ("b64", Self::B64),
        ("bin", Self::Bin),
        ("bool", Self::Bool),
        ("chr", Self::Chr),
        ("int", Self::Int),
        ("node", Self::Node),
        ("null", Self::Null),
        ("xml", Self::Xml),
        ("date", Self::Date),
        ("time", Self::Time),
        ("float", Self::Float),
    ];

    /// Reads a format; a name outside the list stays as [`Format::Other`].
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text {
            "chr" => return Self::Chr,
            "node" => return Self::Node,
            "b64" => return Self::B64,
            _ => {}
        }
        Self::NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map_or_else(
                || Self::Other(text.to_owned()),
                |(_, format)| format.clone(),
            )
    }

    /// The name as written on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            named => Self::NAMED
                .iter()
                .find(|(_, format)| format == named)
                .map_or("", |(name, _)| name),
        }
    }

    /// Whether a value of this format stands as base64 text in XML.
    #[must_use]
    pub const fn is_base64_in_xml(&self) -> bool {
        matches!(self, Self::B64 | Self::Bin)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
