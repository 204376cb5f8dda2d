//! The file system (ETSI TS 102 221 clause 8): an MF, DFs, an ADF with its AID, and EFs
//! of three structures.

mod fcp;
mod keys;

use serde::{Deserialize, Serialize};
use uicc::apdu::StatusWord;

use super::access::Rules;
use super::octets::Octets;

pub use keys::holds_keys;

/// The master file.
pub(super) const MF: u16 = 0x3f00;
/// Stands for the ADF that was selected last.
pub(super) const CURRENT_ADF: u16 = 0x7fff;
/// Where the MF is among the files.
pub(super) const ROOT: usize = 0;
/// DFs within one another: the MF, an ADF, two levels below (clause 8.1 has no more).
const DEPTH: usize = 8;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its identifier.
    #[serde(with = "identifier")]
    pub identifier: u16,
    /// The place of the DF that it is in; the MF's own for the MF.
    pub(super) parent: usize,
    /// Whether it may be used.
    pub is_active: bool,
    /// Its access conditions.
    pub rules: Rules,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Content {
    /// A DF, or an ADF by its AID.
    Directory {
        /// Its AID.
        aid: Option<Octets>,
    },
    /// Octets.
    Transparent(Octets),
    /// Records of one length.
    LinearFixed(Vec<Octets>),
    /// Records of one length, the last written one first.
    Cyclic(Vec<Octets>),
}

mod identifier {
    //! Four hexadecimal digits.

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(value: &u16, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{value:04x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        let text = String::deserialize(deserializer)?;
        u16::from_str_radix(&text, 16).map_err(|_| D::Error::custom("no file identifier"))
    }
}

impl Content {
    /// Whether it is a DF or an ADF.
    #[must_use]
    pub const fn is_directory(&self) -> bool {
        matches!(self, Self::Directory { .. })
    }

    /// All its octets, records one after the other.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        match self {
            Self::Directory { .. } => Vec::new(),
            Self::Transparent(octets) => octets.0.clone(),
            Self::LinearFixed(records) | Self::Cyclic(records) => {
                records.iter().flat_map(|record| record.0.clone()).collect()
            }
        }
    }

    /// Its records.
    ///
    /// # Errors
    /// 6981 for another structure.
    pub(super) const fn records(&self) -> Result<&Vec<Octets>, StatusWord> {
        match self {
            Self::LinearFixed(records) | Self::Cyclic(records) => Ok(records),
            _ => Err(StatusWord::INCOMPATIBLE_FILE),
        }
    }

    /// Whether its lengths can be told in an FCP template and reached by commands.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Directory { aid } => aid
                .as_ref()
                .is_none_or(|aid| (5..=16).contains(&aid.0.len())),
            Self::Transparent(octets) => (1..=0x7fff).contains(&octets.0.len()),
            Self::LinearFixed(records) | Self::Cyclic(records) => {
                let length = records.first().map_or(0, |record| record.0.len());
                (1..=254).contains(&records.len())
                    && (1..=255).contains(&length)
                    && records.iter().all(|record| record.0.len() == length)
            }
        }
    }
}

/// The files of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileSystem(Vec<File>);

impl FileSystem {
    /// One with an MF and nothing else.
    pub(super) fn new(rules: Rules) -> Self {
        Self(vec![File {
            identifier: MF,
            parent: ROOT,
            is_active: true,
            rules,
            content: Content::Directory { aid: None },
        }])
    }

    /// Puts a file into a DF; its place. Nothing if the identifier is taken there or
    /// reserved, or the contents can't be.
    pub(super) fn add(
        &mut self,
        parent: usize,
        identifier: u16,
        rules: Rules,
        content: Content,
    ) -> Option<usize> {
        let is_free = self.child(parent, identifier).is_none()
            && ![MF, CURRENT_ADF, 0x3fff].contains(&identifier);
        let fits = self.get(parent)?.content.is_directory() && content.is_sound();
        if !is_free || !fits || self.chain(parent).len() >= DEPTH {
            return None;
        }
        self.0.push(File {
            identifier,
            parent,
            is_active: true,
            rules,
            content,
        });
        Some(self.0.len() - 1)
    }

    /// Whether a state that was read has a tree, and contents that can be.
    pub(super) fn is_sound(&self) -> bool {
        let mut again = match self.0.first() {
            Some(first) if first.identifier == MF && first.content.is_directory() => {
                Self(vec![first.clone()])
            }
            _ => return false,
        };
        self.0.iter().skip(1).all(|file| {
            let (rules, content) = (file.rules, file.content.clone());
            again
                .add(file.parent, file.identifier, rules, content)
                .is_some()
        })
    }

    pub(super) fn get(&self, at: usize) -> Option<&File> {
        self.0.get(at)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut File> {
        self.0.get_mut(at)
    }

    /// The DF that a file is in; none for the MF.
    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        let parent = self.get(at)?.parent;
        (at != ROOT).then_some(parent)
    }

    /// The file with this identifier in a DF.
    pub(super) fn child(&self, directory: usize, identifier: u16) -> Option<usize> {
        let mut files = self.0.iter().enumerate().skip(1);
        let found =
            files.find(|(_, file)| file.parent == directory && file.identifier == identifier);
        found.map(|(at, _)| at)
    }

    pub(super) fn is_directory(&self, at: usize) -> bool {
        self.get(at).is_some_and(|file| file.content.is_directory())
    }

    /// The ADF whose AID begins so (clause 8.5: five octets at least).
    pub(super) fn by_aid(&self, prefix: &[u8]) -> Option<usize> {
        if prefix.len() < 5 {
            return None;
        }
        self.0.iter().position(|file| match &file.content {
            Content::Directory { aid: Some(aid) } => aid.0.starts_with(prefix),
            _ => false,
        })
    }

    /// The AID of an ADF.
    pub(super) fn aid(&self, at: usize) -> Option<&[u8]> {
        match &self.get(at)?.content {
            Content::Directory { aid } => aid.as_ref().map(|aid| aid.0.as_slice()),
            _ => None,
        }
    }

    /// The ADF that a file is in, or that it is.
    pub(super) fn application(&self, at: usize) -> Option<usize> {
        let mut chain = self.chain(at).into_iter();
        chain.find(|place| self.aid(*place).is_some())
    }

    /// The file of a path of identifiers, from a DF on.
    pub(super) fn by_path(&self, from: usize, path: &[u16]) -> Option<usize> {
        path.iter()
            .try_fold(from, |at, identifier| self.child(at, *identifier))
    }

    /// A file and what it is in, up to the MF.
    fn chain(&self, at: usize) -> Vec<usize> {
        let mut chain = vec![at];
        let mut now = at;
        while let Some(parent) = self.parent(now) {
            chain.push(parent);
            now = parent;
            if chain.len() > DEPTH {
                break;
            }
        }
        chain
    }

    /// Identifiers from the MF on.
    fn path(&self, at: usize) -> Vec<u16> {
        let chain = self.chain(at).into_iter().rev();
        chain
            .filter_map(|place| self.get(place).map(|file| file.identifier))
            .collect()
    }

    /// Every file with its path, as `3f00/7ff0/6f07`.
    pub fn all(&self) -> impl Iterator<Item = (String, &File)> {
        self.0.iter().enumerate().map(|(at, file)| {
            let path = self.path(at);
            let names: Vec<String> = path.iter().map(|name| format!("{name:04x}")).collect();
            (names.join("/"), file)
        })
    }

    /// The place of a path with the MF in front.
    pub(super) fn at(&self, path: &[u16]) -> Option<usize> {
        match path {
            [MF, rest @ ..] => self.by_path(ROOT, rest),
            _ => None,
        }
    }

    /// A file by its path with the MF in front, for example `3f00/7ff0/6f07`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&File> {
        self.get(self.at(&identifiers(path)?)?)
    }

    /// The FCP template (clause 11.1.1.3).
    pub(super) fn fcp(&self, at: usize) -> Vec<u8> {
        self.get(at).map(fcp::template).unwrap_or_default()
    }
}

/// The identifiers of a path, `3f00/7ff0/6f07`.
pub(super) fn identifiers(path: &str) -> Option<Vec<u16>> {
    let names = path.split('/');
    names
        .map(|name| match name.len() {
            4 => u16::from_str_radix(name, 16).ok(),
            _ => None,
        })
        .collect()
}
