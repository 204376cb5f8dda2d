//! The registry of a card with GlobalPlatform (Card Specification 2.3 clauses 5 and 11):
//! the issuer's security domain, executable load files, applications.

mod fields;
mod install;
mod load;
mod status;

use serde::{Deserialize, Serialize};
use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};
use uicc::cap::Aid;

use super::commands;
use super::octets::Octets;
use super::session::Pending;
pub use load::Loading;

/// Octets that an application takes, whatever it is: nothing of it runs here.
const APPLICATION_SIZE: usize = 128;

/// What is on a card beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The AID of the issuer's security domain.
    pub isd: Octets,
    /// Octets for packages and applications.
    pub memory: u32,
    /// Executable load files.
    pub packages: Vec<Package>,
    /// Applications.
    pub applications: Vec<Application>,
    /// A load file whose last block has not come.
    pub loading: Option<Loading>,
}

/// An executable load file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its AID.
    pub aid: Octets,
    /// Major and minor.
    pub version: (u8, u8),
    /// AIDs of its executable modules.
    pub modules: Vec<Octets>,
    /// Octets of the load file.
    pub size: u32,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its AID.
    pub aid: Octets,
    /// The AID of its executable module.
    pub module: Octets,
    /// The AID of its executable load file.
    pub package: Octets,
    /// Whether it can be selected; else it is only installed.
    pub is_selectable: bool,
    /// Whether it is locked, whatever it is beside that.
    #[serde(default)]
    pub is_locked: bool,
    /// One or three octets.
    pub privileges: Octets,
}

/// What a script has open at the issuer's security domain.
#[derive(Default)]
pub(super) struct RemoteSession {
    pending: Pending,
    /// Where GET STATUS goes on: P1 and how many were given.
    given: Option<(u8, usize)>,
}

type Given = Result<ResponseApdu, StatusWord>;

impl Registry {
    pub(super) fn new(isd: &[u8], memory: u32) -> Self {
        Self {
            isd: Octets(isd.to_vec()),
            memory,
            packages: Vec::new(),
            applications: Vec::new(),
            loading: None,
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let packages = self.packages.iter().map(|package| &package.aid);
        let applications = self.applications.iter().map(|it| &it.aid);
        let mut all: Vec<&Octets> = packages.chain(applications).chain([&self.isd]).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        all.len() == count && all.iter().all(|aid| (5..=16).contains(&aid.0.len()))
    }

    fn has(&self, aid: &Aid) -> bool {
        let aid = aid.octets();
        let is_package = self.packages.iter().any(|it| it.aid.0 == aid);
        is_package || *aid == *self.isd.0 || self.applications.iter().any(|it| it.aid.0 == aid)
    }

    /// Octets that nothing takes.
    #[must_use]
    pub fn free(&self) -> usize {
        let packages = self.packages.iter().map(|package| package.size);
        let packages: u64 = packages.map(u64::from).sum();
        let applications = (self.applications.len() * APPLICATION_SIZE) as u64;
        let free = u64::from(self.memory).saturating_sub(packages + applications);
        usize::try_from(free).unwrap_or(usize::MAX)
    }

    /// A command for the issuer's security domain, in a script.
    pub(super) fn execute(
        &mut self,
        session: &mut RemoteSession,
        command: &CommandApdu,
    ) -> ResponseApdu {
        if (command.class, command.instruction) == (0, 0xc0) {
            let given = session.pending.get_response(command);
            return given.unwrap_or_else(ResponseApdu::from);
        }
        session.pending.forget();
        let given = match (command.class, command.instruction) {
            (0x80, 0xf2) => self.get_status(session, command),
            (0x80, 0xe6) => self.install(command),
            (0x80, 0xe8) => self.load(command),
            (0x80, 0xe4) => self.delete(command),
            (0x80, 0xca) => self.get_data(command),
            (0x80, 0xf0) => self.set_status(command),
            (class, _) => Err(commands::unknown(class)),
        };
        let given = given.unwrap_or_else(ResponseApdu::from);
        session.pending.hand_over(command, given)
    }
}

const fn done() -> Given {
    Ok(ResponseApdu {
        data: Vec::new(),
        status: StatusWord::OK,
    })
}

/// A confirmation of no octets (clause 11.1.6): a length of 00.
fn confirmed() -> Given {
    Ok(ResponseApdu {
        data: vec![0],
        status: StatusWord::OK,
    })
}
