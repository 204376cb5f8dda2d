//! Load files for Java Card packages: the components of a CAP file (Java Card virtual
//! machine specification, clause 6) in the order in which cards take them, and the Load
//! File Data Block around them (GlobalPlatform card specification, clause 11.6.2.3).

mod aid;
mod archive;
mod component;

pub use aid::Aid;

use std::fmt;

use crate::UiccError;
use component::Components;

/// Tag of a Load File Data Block, of one that is ciphered, and of a DAP block before it.
const DATA_BLOCK: u8 = 0xc4;
const CIPHERED_BLOCK: u8 = 0xd4;
const DAP_BLOCK: u8 = 0xe2;

/// A version of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major.
    pub major: u8,
    /// Minor.
    pub minor: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A package as it is loaded: its components one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFile {
    package: Aid,
    version: Version,
    applets: Vec<Aid>,
    octets: Vec<u8>,
}

impl LoadFile {
    /// Reads a CAP file or, where it is no archive, its components (an IJC file).
    ///
    /// # Errors
    ///
    /// As [`Self::from_cap`] and [`Self::from_components`].
    pub fn from_file(octets: &[u8]) -> Result<Self, UiccError> {
        match octets.starts_with(archive::MAGIC) {
            true => Self::from_cap(octets),
            false => Self::from_components(octets),
        }
    }

    /// Reads a CAP file: an archive with `…/javacard/Header.cap` and the others. The
    /// Descriptor and Debug components are left out.
    ///
    /// # Errors
    ///
    /// [`UiccError::Cap`] for one that is broken; [`UiccError::CapUnsupported`] for the
    /// extended format of Java Card 3.1, several packages and custom components;
    /// [`UiccError::CapTooLarge`].
    pub fn from_cap(octets: &[u8]) -> Result<Self, UiccError> {
        Self::from_components(&archive::components(octets)?)
    }

    /// Reads components one after the other, the Header first, and keeps them as they
    /// are.
    ///
    /// # Errors
    ///
    /// As [`Self::from_cap`].
    pub fn from_components(octets: &[u8]) -> Result<Self, UiccError> {
        let components = Components::read(octets)?;
        let (package, version) = components.header()?;
        components.directory()?;
        Ok(Self {
            package,
            version,
            applets: components.applets()?,
            octets: octets.to_vec(),
        })
    }

    /// Reads a Load File Data Block: what a card was sent in LOAD commands.
    ///
    /// # Errors
    ///
    /// As [`Self::from_components`]; DAP blocks and ciphered data are unsupported.
    pub fn from_load_file_data_block(octets: &[u8]) -> Result<Self, UiccError> {
        let broken = UiccError::Cap("the load file data block");
        let (tag, rest) = octets.split_first().ok_or(broken.clone())?;
        match *tag {
            DATA_BLOCK => {}
            CIPHERED_BLOCK => return Err(UiccError::CapUnsupported("ciphered load file data")),
            DAP_BLOCK => return Err(UiccError::CapUnsupported("a DAP block")),
            _ => return Err(broken),
        }
        let (first, rest) = rest.split_first().ok_or(broken.clone())?;
        let (length, data) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let (length, data) = rest.split_at_checked(count).ok_or(broken.clone())?;
                let length = length
                    .iter()
                    .fold(0, |all, octet| all << 8 | usize::from(*octet));
                (length, data)
            }
            _ => return Err(broken),
        };
        match length == data.len() {
            true => Self::from_components(data),
            false => Err(broken),
        }
    }

    /// The package's AID, which is the load file's.
    #[must_use]
    pub const fn package(&self) -> &Aid {
        &self.package
    }

    /// The package's version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The AIDs of its applets' classes (executable modules); none in a library.
    #[must_use]
    pub fn applets(&self) -> &[Aid] {
        &self.applets
    }

    /// The load file data: the components.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The Load File Data Block: tag C4, a BER length, the data.
    #[must_use]
    pub fn load_file_data_block(&self) -> Vec<u8> {
        let length = self.octets.len().to_be_bytes();
        let mut block = vec![DATA_BLOCK];
        match self.octets.len() {
            0..0x80 => {}
            0x80..0x100 => block.push(0x81),
            0x100..0x1_0000 => block.push(0x82),
            // No package is longer: ten components of 65538 octets.
            _ => block.push(0x83),
        }
        let zeros = length.iter().take_while(|octet| **octet == 0).count();
        block.extend(length.iter().skip(zeros));
        block.extend(&self.octets);
        block
    }
}
