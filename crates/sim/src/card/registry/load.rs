//! INSTALL [for load] and LOAD (GlobalPlatform Card Specification 2.3 clauses 11.5.2.3.1
//! and 11.6): a load file in blocks, in one script or in several.

use serde::{Deserialize, Serialize};
use uicc::apdu::{CommandApdu, StatusWord};
use uicc::cap::{Aid, LoadFile};

use super::fields::{Fields, memory_of};
use super::{Given, Package, Registry, confirmed, done};
use crate::card::octets::Octets;

/// A load file on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loading {
    /// The AID that INSTALL [for load] announced.
    pub package: Octets,
    /// The number of the next block.
    next: u16,
    octets: Octets,
}

/// Blocks are numbered by one octet.
const BLOCKS: u16 = 256;

impl Registry {
    /// The load file's AID, a security domain (the issuer's or none), no hash, parameters,
    /// no token: this card checks no hashes of others.
    pub(super) fn install_for_load(&mut self, data: &[u8]) -> Given {
        let mut fields = Fields::new(data);
        let package = fields.aid()?;
        let domain = fields.next()?;
        let hash = fields.next()?;
        let parameters = fields.next()?;
        let token = fields.next()?;
        fields.end()?;
        if !hash.is_empty() || !token.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        if !domain.is_empty() && *domain != *self.isd.0 {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        if self.has(&package) {
            return Err(StatusWord::CONDITIONS);
        }
        if memory_of(parameters)? > self.free() {
            return Err(StatusWord::NO_MEMORY);
        }
        // Another one that was under way is given up.
        self.loading = Some(Loading {
            package: Octets(package.octets().to_vec()),
            next: 0,
            octets: Octets::default(),
        });
        confirmed()
    }

    /// A block by its number (P2); the last one (P1 80) makes the package, if it is the one
    /// that was announced.
    pub(super) fn load(&mut self, command: &CommandApdu) -> Given {
        let free = self.free();
        let is_last = match command.p1 {
            0x00 => false,
            0x80 => true,
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        let loading = self.loading.as_mut().ok_or(StatusWord::CONDITIONS)?;
        if u16::from(command.p2) != loading.next {
            return Err(StatusWord::WRONG_P1_P2);
        }
        if command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        loading.octets.0.extend(&command.data);
        loading.next += 1;
        let is_over = loading.octets.0.len() > free;
        if is_over || (!is_last && loading.next == BLOCKS) {
            self.loading = None;
            return Err(StatusWord::NO_MEMORY);
        }
        if !is_last {
            return done();
        }
        let loading = self.loading.take().ok_or(StatusWord::CONDITIONS)?;
        let package = loaded(&loading).ok_or(StatusWord::WRONG_DATA)?;
        self.packages.push(package);
        confirmed()
    }
}

/// The package of a whole load file.
fn loaded(loading: &Loading) -> Option<Package> {
    let octets = loading.octets.0.as_slice();
    let file = LoadFile::from_load_file_data_block(octets).ok()?;
    let version = file.version();
    let octets_of = |aid: &Aid| Octets(aid.octets().to_vec());
    let aid = octets_of(file.package());
    (aid == loading.package).then(|| Package {
        aid,
        version: (version.major, version.minor),
        modules: file.applets().iter().map(octets_of).collect(),
        size: u32::try_from(file.octets().len()).unwrap_or(u32::MAX),
    })
}
