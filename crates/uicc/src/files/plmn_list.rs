//! EF_PLMNwAcT and EF_FPLMN (TS 31.102 clauses 4.2.5, 4.2.16): lists in order of
//! priority, entries of five and of three octets. An entry may be unused; it keeps its
//! place.

use super::access::AccessTechnologies;
use super::plmn::{Plmn, UNUSED};
use super::words::{Fault, Words, fault, pad};

/// Octets of a list at most.
const MOST: usize = u16::MAX as usize;

/// Networks that the user prefers, the first before the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlmnWAct(Vec<Option<(Plmn, AccessTechnologies)>>);

/// Networks that are forbidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fplmn(Vec<Option<Plmn>>);

/// What an entry of a list is.
trait Entry: Sized {
    const OCTETS: usize;
    const EMPTY: &'static str;
    const BROKEN: &'static str;
    const ALLOWED: &'static str;
    const PAD: &'static str;

    fn write(entry: Option<&Self>, out: &mut Vec<u8>);
    /// None where a digit is not decimal.
    fn read(octets: &[u8]) -> Option<Option<Self>>;
    fn to_word(&self) -> String;
    fn from_word(word: &str) -> Option<Self>;
}

impl Entry for (Plmn, AccessTechnologies) {
    const OCTETS: usize = 5;
    const EMPTY: &'static str = "it has no entry";
    const BROKEN: &'static str = "its entries have 5 octets";
    const ALLOWED: &'static str = AccessTechnologies::ALLOWED;
    const PAD: &'static str = "a multiple of 5 that has room for the entries";

    fn write(entry: Option<&Self>, out: &mut Vec<u8>) {
        let (plmn, access) = entry.map_or((UNUSED, [0; 2]), |(plmn, access)| {
            (plmn.encode(), access.encode())
        });
        out.extend(plmn);
        out.extend(access);
    }

    fn read(octets: &[u8]) -> Option<Option<Self>> {
        let (plmn, access) = octets.split_first_chunk::<3>()?;
        let access = AccessTechnologies::decode(access.try_into().ok()?);
        let plmn = <Plmn as Entry>::read(plmn)?;
        Some(plmn.map(|plmn| (plmn, access)))
    }

    fn to_word(&self) -> String {
        format!("{}:{}", self.0, self.1.to_word())
    }

    fn from_word(word: &str) -> Option<Self> {
        let (plmn, access) = word.split_once(':')?;
        Some((Plmn::new(plmn)?, AccessTechnologies::from_word(access)?))
    }
}

impl Entry for Plmn {
    const OCTETS: usize = 3;
    const EMPTY: &'static str = "it has no entry";
    const BROKEN: &'static str = "its entries have 3 octets";
    const ALLOWED: &'static str = "MCC and MNC (5 or 6 digits)";
    const PAD: &'static str = "a multiple of 3 that has room for the entries";

    fn write(entry: Option<&Self>, out: &mut Vec<u8>) {
        out.extend(entry.map_or(UNUSED, |plmn| plmn.encode()));
    }

    fn read(octets: &[u8]) -> Option<Option<Self>> {
        match octets.try_into().ok()? {
            UNUSED => Some(None),
            octets => Self::decode(octets).map(Some),
        }
    }

    fn to_word(&self) -> String {
        self.to_string()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::new(word)
    }
}

fn encode<E: Entry>(entries: &[Option<E>]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(entries.len() * E::OCTETS);
    for entry in entries {
        E::write(entry.as_ref(), &mut octets);
    }
    octets
}

fn decode<E: Entry>(octets: &[u8]) -> Result<Vec<Option<E>>, &'static str> {
    if octets.is_empty() {
        return Err(E::EMPTY);
    }
    if !octets.len().is_multiple_of(E::OCTETS) {
        return Err(E::BROKEN);
    }
    if octets.len() > MOST {
        return Err("it has more than 65535 octets");
    }
    let entries = octets.chunks(E::OCTETS).map(E::read);
    let entries: Option<Vec<_>> = entries.collect();
    entries.ok_or("a digit of a network is not decimal")
}

/// Entries, `-` for unused ones between them, `pad` for those behind.
fn to_words<E: Entry>(entries: &[Option<E>]) -> Vec<String> {
    let used = entries
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last + 1);
    let mut words: Vec<String> = entries
        .iter()
        .take(used)
        .map(|entry| entry.as_ref().map_or_else(|| "-".to_owned(), E::to_word))
        .collect();
    if used < entries.len() {
        let length = entries.len() * E::OCTETS;
        words.extend(["pad".to_owned(), length.to_string()]);
    }
    words
}

fn from_words<E: Entry>(words: &mut Words<'_>) -> Result<Vec<Option<E>>, Fault> {
    let mut entries = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "-" => entries.push(None),
            "pad" => {
                let length = pad(words)?;
                let count = length / E::OCTETS;
                if !length.is_multiple_of(E::OCTETS) || count < entries.len() {
                    return Err(fault(&length.to_string(), E::PAD));
                }
                words.end()?;
                entries.resize_with(count, || None);
            }
            _ => {
                let entry = E::from_word(word).ok_or_else(|| fault(word, E::ALLOWED))?;
                entries.push(Some(entry));
            }
        }
    }
    match entries.len() * E::OCTETS {
        0 => Err(fault("", E::ALLOWED)),
        length if length > MOST => Err(fault("", "entries of at most 65535 octets")),
        _ => Ok(entries),
    }
}

macro_rules! list {
    ($list:ty, $entry:ty) => {
        impl $list {
            /// A list of these entries; none if there is none, or more than 65535 octets.
            #[must_use]
            pub fn new(entries: Vec<Option<$entry>>) -> Option<Self> {
                let length = entries.len() * <$entry as Entry>::OCTETS;
                (1..=MOST).contains(&length).then_some(Self(entries))
            }

            /// The entries in order; none for one that is not used.
            #[must_use]
            pub fn entries(&self) -> &[Option<$entry>] {
                &self.0
            }

            pub(super) fn encode(&self) -> Vec<u8> {
                encode(&self.0)
            }

            pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
                decode(octets).map(Self)
            }

            pub(super) fn to_words(&self) -> Vec<String> {
                to_words(&self.0)
            }

            pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
                from_words(words).map(Self)
            }
        }
    };
}

list!(PlmnWAct, (Plmn, AccessTechnologies));
list!(Fplmn, Plmn);
