//! The registry of a card with GlobalPlatform (Card Specification 2.3 clauses 5 and 11):
//! the issuer's security domain, executable load files, applications.

mod status;

use serde::{Deserialize, Serialize};
use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};

use super::commands;
use super::octets::Octets;
use super::session::Pending;

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
            (class, _) => Err(commands::unknown(class)),
        };
        let given = given.unwrap_or_else(ResponseApdu::from);
        session.pending.hand_over(command, given)
    }
}
