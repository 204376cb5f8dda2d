//! The steps of an operator change by their numbers (TR 33.812 B.2.3;
//! ARCHITECTURE.md), for whoever measures how long each takes.

use std::time::Duration;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// 0: a TRE is made.
    Manufacture,
    /// 0': the first attach, until the device has its connectivity bootstrap.
    FirstAttach,
    /// 1: the subscriber registers the device with the new operator.
    Registration,
    /// 2: the new operator announces the change to the old one.
    Announcement,
    /// 3: the old operator's DRF pushes the bootstrap, until it is taken.
    Bootstrap,
    /// 4: the TRE verifies the bootstrap and stores what it says.
    Acceptance,
    /// 5: the DPF judges the TRE's signed request.
    Request,
    /// 6: the PVA says whether the TRE is to be trusted.
    Vouching,
    /// 7: the DPF signs the package.
    Package,
    /// 8: the TRE verifies, opens and installs it.
    Install,
    /// 9: the DM session, until the new network's parameters are there.
    Network,
    /// 10: the attach with the new MCIM.
    Attach,
    /// 11: the first exchange with the DPF over the new network.
    Connectivity,
    /// 12: the release, until the old operator has taken it.
    Settlement,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 14] = [
        Self::Manufacture,
        Self::FirstAttach,
        Self::Registration,
        Self::Announcement,
        Self::Bootstrap,
        Self::Acceptance,
        Self::Request,
        Self::Vouching,
        Self::Package,
        Self::Install,
        Self::Network,
        Self::Attach,
        Self::Connectivity,
        Self::Settlement,
    ];

    /// The number in the paper: `0`, `0'`, `1` to `12`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Manufacture => "0",
            Self::FirstAttach => "0'",
            Self::Registration => "1",
            Self::Announcement => "2",
            Self::Bootstrap => "3",
            Self::Acceptance => "4",
            Self::Request => "5",
            Self::Vouching => "6",
            Self::Package => "7",
            Self::Install => "8",
            Self::Network => "9",
            Self::Attach => "10",
            Self::Connectivity => "11",
            Self::Settlement => "12",
        }
    }

    /// What happens, in a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manufacture => "TRE made",
            Self::FirstAttach => "first attach and connectivity",
            Self::Registration => "registration, MCIM made",
            Self::Announcement => "announcement",
            Self::Bootstrap => "bootstrap pushed",
            Self::Acceptance => "bootstrap verified in the TRE",
            Self::Request => "request verified at the DPF",
            Self::Vouching => "PVA asked",
            Self::Package => "package signed",
            Self::Install => "MCIM installed",
            Self::Network => "network parameters",
            Self::Attach => "attach with the new MCIM",
            Self::Connectivity => "DPF over the new network",
            Self::Settlement => "release",
        }
    }

    /// The step with this number.
    #[must_use]
    pub fn by_number(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }
}

/// Hears of each step that was done, and how long it took.
pub trait StepWatch: Send + Sync {
    /// A step was done. Must not block for long.
    fn done(&self, step: Step, took: Duration);
}

/// Listens to nothing.
impl StepWatch for () {
    fn done(&self, _step: Step, _took: Duration) {}
}
