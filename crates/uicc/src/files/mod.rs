//! Typed contents of the elementary files that fleets change over the air (3GPP TS
//! 31.102 clause 4.2): octets, values, and words for scripts and people.
//!
//! A value's words are those after the file's name: `imsi 001010123456789`,
//! `spn "Rehome" show-plmn`, `fplmn 26201 26203 pad 12`. `pad` is the length of the
//! whole file or record in octets: an update that is shorter leaves what is behind it.

mod acc;
mod access;
mod imsi;
mod loci;
mod name;
mod number;
mod plmn;
mod plmn_list;
mod smsp;
mod spn;
mod text;
mod words;

pub use acc::Acc;
pub use access::AccessTechnologies;
pub use imsi::Imsi;
pub use loci::{LocationStatus, Loci};
pub use name::{Name, Structure};
pub use number::Number;
pub use plmn::Plmn;
pub use plmn_list::{Fplmn, PlmnWAct};
pub use smsp::{Smsp, ValidityPeriod};
pub use spn::Spn;
pub use words::split;

use crate::UiccError;

/// What one of these files holds; of EF_SMSP, one record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// EF_IMSI.
    Imsi(Imsi),
    /// EF_SPN.
    Spn(Spn),
    /// EF_PLMNwAcT.
    PlmnWAct(PlmnWAct),
    /// EF_FPLMN.
    Fplmn(Fplmn),
    /// A record of EF_SMSP.
    Smsp(Smsp),
    /// EF_ACC.
    Acc(Acc),
    /// EF_LOCI.
    Loci(Loci),
}

impl Value {
    /// The file that it belongs to.
    #[must_use]
    pub const fn name(&self) -> Name {
        match self {
            Self::Imsi(_) => Name::Imsi,
            Self::Spn(_) => Name::Spn,
            Self::PlmnWAct(_) => Name::PlmnWAct,
            Self::Fplmn(_) => Name::Fplmn,
            Self::Smsp(_) => Name::Smsp,
            Self::Acc(_) => Name::Acc,
            Self::Loci(_) => Name::Loci,
        }
    }

    /// The octets of the file or record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Imsi(value) => value.encode(),
            Self::Spn(value) => value.encode(),
            Self::PlmnWAct(value) => value.encode(),
            Self::Fplmn(value) => value.encode(),
            Self::Smsp(value) => value.encode(),
            Self::Acc(value) => value.encode(),
            Self::Loci(value) => value.encode(),
        }
    }

    /// Reads the whole file or record. What is reserved for future use is not looked at,
    /// as the clause asks.
    ///
    /// # Errors
    ///
    /// [`UiccError::FileContent`].
    pub fn decode(name: Name, octets: &[u8]) -> Result<Self, UiccError> {
        let value = match name {
            Name::Imsi => Imsi::decode(octets).map(Self::Imsi),
            Name::Spn => Spn::decode(octets).map(Self::Spn),
            Name::PlmnWAct => PlmnWAct::decode(octets).map(Self::PlmnWAct),
            Name::Fplmn => Fplmn::decode(octets).map(Self::Fplmn),
            Name::Smsp => Smsp::decode(octets).map(Self::Smsp),
            Name::Acc => Acc::decode(octets).map(Self::Acc),
            Name::Loci => Loci::decode(octets).map(Self::Loci),
        };
        value.map_err(|why| UiccError::FileContent {
            file: name.as_str(),
            why,
        })
    }

    /// Reads words, the file's name not among them. A word in double quotes keeps its
    /// quotes ([`split`] leaves them).
    ///
    /// # Errors
    ///
    /// [`UiccError::FileWords`], which says what is allowed there.
    pub fn from_words(name: Name, words: &[&str]) -> Result<Self, UiccError> {
        let mut words = words::Words::new(words);
        let value = match name {
            Name::Imsi => Imsi::from_words(&mut words).map(Self::Imsi),
            Name::Spn => Spn::from_words(&mut words).map(Self::Spn),
            Name::PlmnWAct => PlmnWAct::from_words(&mut words).map(Self::PlmnWAct),
            Name::Fplmn => Fplmn::from_words(&mut words).map(Self::Fplmn),
            Name::Smsp => Smsp::from_words(&mut words).map(Self::Smsp),
            Name::Acc => Acc::from_words(&mut words).map(Self::Acc),
            Name::Loci => Loci::from_words(&mut words).map(Self::Loci),
        };
        let value = value.and_then(|value| words.end().map(|()| value));
        value.map_err(|fault| UiccError::FileWords {
            file: name.as_str(),
            word: match name {
                Name::Imsi => String::new(),
                _ => fault.word,
            },
            allowed: fault.allowed,
        })
    }

    /// The words that [`Self::from_words`] takes for it.
    #[must_use]
    pub fn to_words(&self) -> Vec<String> {
        match self {
            Self::Imsi(value) => vec![value.digits().to_owned()],
            Self::Spn(value) => value.to_words(),
            Self::PlmnWAct(value) => value.to_words(),
            Self::Fplmn(value) => value.to_words(),
            Self::Smsp(value) => value.to_words(),
            Self::Acc(value) => value.to_words(),
            Self::Loci(value) => value.to_words(),
        }
    }
}
