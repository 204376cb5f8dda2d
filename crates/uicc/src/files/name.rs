//! The files by name, with their identifiers (TS 31.102 clause 4.2).

use std::fmt;
use std::str::FromStr;

use crate::UiccError;

/// One of the files whose contents are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Name {
    /// The subscriber's identity (clause 4.2.2).
    Imsi,
    /// The service provider's name (clause 4.2.12).
    Spn,
    /// Networks that the user prefers, with access technologies (clause 4.2.5).
    PlmnWAct,
    /// Forbidden networks (clause 4.2.16).
    Fplmn,
    /// Parameters of short messages (clause 4.2.27).
    Smsp,
    /// Access control classes (clause 4.2.15).
    Acc,
    /// Location information (clause 4.2.17).
    Loci,
}

/// How a file is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// One string of octets: UPDATE BINARY.
    Transparent,
    /// Records of one length: UPDATE RECORD.
    LinearFixed,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Imsi,
        Self::Spn,
        Self::PlmnWAct,
        Self::Fplmn,
        Self::Smsp,
        Self::Acc,
        Self::Loci,
    ];

    /// The name in scripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imsi => "imsi",
            Self::Spn => "spn",
            Self::PlmnWAct => "plmnwact",
            Self::Fplmn => "fplmn",
            Self::Smsp => "smsp",
            Self::Acc => "acc",
            Self::Loci => "loci",
        }
    }

    /// The file of this name in scripts.
    ///
    /// # Errors
    ///
    /// [`UiccError::FileUnknown`].
    pub fn parse(text: &str) -> Result<Self, UiccError> {
        let mut all = Self::ALL.into_iter();
        all.find(|name| name.as_str() == text)
            .ok_or(UiccError::FileUnknown)
    }

    /// The file of this identifier, in ADF_USIM.
    #[must_use]
    pub fn of_identifier(identifier: u16) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|name| name.identifier() == identifier)
    }

    /// The file identifier.
    #[must_use]
    pub const fn identifier(self) -> u16 {
        match self {
            Self::Imsi => 0x6f07,
            Self::Smsp => 0x6f42,
            Self::Spn => 0x6f46,
            Self::PlmnWAct => 0x6f60,
            Self::Acc => 0x6f78,
            Self::Fplmn => 0x6f7b,
            Self::Loci => 0x6f7e,
        }
    }

    /// The path from the MF, through the ADF of the USIM that is current.
    #[must_use]
    pub const fn path(self) -> [u16; 3] {
        [0x3f00, 0x7fff, self.identifier()]
    }

    /// Transparent, or records.
    #[must_use]
    pub const fn structure(self) -> Structure {
        match self {
            Self::Smsp => Structure::LinearFixed,
            _ => Structure::Transparent,
        }
    }
}

impl FromStr for Name {
    type Err = UiccError;

    fn from_str(text: &str) -> Result<Self, UiccError> {
        Self::parse(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
